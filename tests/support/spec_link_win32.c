/* SPDX-License-Identifier: Apache-2.0 */
/* A peer is a process in the case's job; the channel is two pipes. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "support/spec_start_win32.h"
#include "support/spec_system.h"

/* The peer's two ends are inheritable, ours are not. */
typedef struct channel {
    HANDLE peer_input;
    HANDLE peer_output;
    HANDLE input;
    HANDLE output;
    HANDLE copy; /* what the peer inherits besides */
} channel;

static void close_if_open(HANDLE handle)
{
    if (handle) {
        (void)CloseHandle(handle);
    }
}

static DWORD channel_make(channel *made, intptr_t inherited)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};

    if (!CreatePipe(&made->peer_input, &made->output, &inheritable, 0) ||
        !CreatePipe(&made->input, &made->peer_output, &inheritable, 0) ||
        !SetHandleInformation(made->output, HANDLE_FLAG_INHERIT, 0) ||
        !SetHandleInformation(made->input, HANDLE_FLAG_INHERIT, 0)) {
        return GetLastError();
    }
    if (inherited != -1) {
        made->copy = spec_inheritable_copy((HANDLE)inherited);
        return made->copy ? 0 : GetLastError();
    }
    return 0;
}

static DWORD
start(const channel *made, const char **arguments, PROCESS_INFORMATION *started)
{
    spec_start_plan plan = {0};

    plan.arguments = arguments;
    plan.standard[0] = GetStdHandle(STD_INPUT_HANDLE);
    plan.standard[1] = GetStdHandle(STD_OUTPUT_HANDLE);
    plan.standard[2] = GetStdHandle(STD_ERROR_HANDLE);
    plan.inherited[0] = made->peer_input;
    plan.inherited[1] = made->peer_output;
    plan.inherited[2] = made->copy;
    plan.inherited_count = made->copy ? 3 : 2;
    return spec_start_process(&plan, started);
}

int64_t spec_link_start(
    spec_link *link,
    const char **arguments,
    size_t input_at,
    intptr_t inherited)
{
    channel made = {0};
    PROCESS_INFORMATION started;
    char texts[SPEC_LINK_ARGUMENTS][24];
    DWORD error = channel_make(&made, inherited);

    if (error == 0) {
        (void)snprintf(
            texts[0], sizeof texts[0], "%lld",
            (long long)(intptr_t)made.peer_input);
        (void)snprintf(
            texts[1], sizeof texts[1], "%lld",
            (long long)(intptr_t)made.peer_output);
        (void)snprintf(
            texts[2], sizeof texts[2], "%lld",
            made.copy ? (long long)(intptr_t)made.copy : -1);
        for (size_t index = 0; index < SPEC_LINK_ARGUMENTS; index++) {
            arguments[input_at + index] = texts[index];
        }
        error = start(&made, arguments, &started);
    }
    close_if_open(made.peer_input);
    close_if_open(made.peer_output);
    close_if_open(made.copy);
    if (error != 0) {
        close_if_open(made.input);
        close_if_open(made.output);
        return error;
    }
    (void)CloseHandle(started.hThread);
    *link = (spec_link){
        (int64_t)started.dwProcessId, (intptr_t)started.hProcess,
        (intptr_t)made.input, (intptr_t)made.output};
    return 0;
}

void spec_link_adopt(spec_link *link, intptr_t input, intptr_t output)
{
    (void)SetHandleInformation((HANDLE)input, HANDLE_FLAG_INHERIT, 0);
    (void)SetHandleInformation((HANDLE)output, HANDLE_FLAG_INHERIT, 0);
    *link = (spec_link){0, -1, input, output};
}

size_t spec_link_read(const spec_link *link, char *buffer, size_t capacity)
{
    DWORD got = 0;

    if (!ReadFile((HANDLE)link->input, buffer, (DWORD)capacity, &got, NULL)) {
        return 0;
    }
    return got;
}

int spec_link_write(const spec_link *link, const char *bytes, size_t size)
{
    while (size > 0) {
        DWORD put = 0;

        if (!WriteFile((HANDLE)link->output, bytes, (DWORD)size, &put, NULL)) {
            return -1;
        }
        bytes += put;
        size -= put;
    }
    return 0;
}

spec_ending spec_link_wait(spec_link *link)
{
    spec_ending ending = {0, 0};
    DWORD code = 0;

    (void)WaitForSingleObject((HANDLE)link->process, INFINITE);
    (void)GetExitCodeProcess((HANDLE)link->process, &code);
    ending.is_crash = code >= 0x80000000u;
    ending.code = code;
    return ending;
}

void spec_link_kill(const spec_link *link)
{
    (void)TerminateProcess((HANDLE)link->process, 0xDEAD);
}

/* Both have been in ntdll.dll since Windows XP; no header has them. */
static int call_by_name(const char *name, intptr_t process)
{
    typedef LONG WINAPI process_function(HANDLE process);
    process_function *function = NULL;
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    FARPROC found = ntdll ? GetProcAddress(ntdll, name) : NULL;

    memcpy(&function, &found, sizeof function);
    return function && function((HANDLE)process) >= 0 ? 0 : -1;
}

int spec_link_suspend(const spec_link *link)
{
    return call_by_name("NtSuspendProcess", link->process);
}

int spec_link_resume(const spec_link *link)
{
    return call_by_name("NtResumeProcess", link->process);
}

void spec_link_close(spec_link *link)
{
    close_if_open((HANDLE)link->process);
    close_if_open((HANDLE)link->input);
    close_if_open((HANDLE)link->output);
    *link = (spec_link){0, -1, -1, -1};
}
