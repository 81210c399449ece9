/* SPDX-License-Identifier: Apache-2.0 */
/* This process, its threads, its clock and its handles on Windows. */
#include <windows.h>
#include <winternl.h>

#include <process.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/spec_process.h"

#undef spec_thread_join

static const struct {
    uint32_t code;
    const char *name;
} exceptions[] = {
    {0x80000003, "breakpoint"},
    {0xC0000005, "access violation"},
    {0xC0000006, "page of a file is gone"},
    {0xC000001D, "illegal instruction"},
    {0xC0000094, "division by zero"},
    {0xC00000FD, "stack overflow"},
    {0xC0000135, "a DLL is missing"},
    {0xC0000139, "a DLL lacks a function"},
    {0xC0000374, "heap corruption"},
    {0xC0000409, "stack buffer overrun"},
};

void spec_ending_text(spec_ending ending, char *buffer, size_t capacity)
{
    if (!ending.is_crash) {
        (void)snprintf(
            buffer, capacity, "exit code %lld", (long long)ending.code);
        return;
    }
    (void)snprintf(
        buffer, capacity, "0x%08lX", (unsigned long)(uint32_t)ending.code);
    for (size_t index = 0; index < sizeof exceptions / sizeof exceptions[0];
         index++) {
        if (exceptions[index].code == (uint32_t)ending.code) {
            (void)snprintf(
                buffer, capacity, "0x%08lX (%s)",
                (unsigned long)exceptions[index].code, exceptions[index].name);
        }
    }
}

/* A debugger that starts itself would outlive the case. */
static LONG WINAPI end_with_code(EXCEPTION_POINTERS *exception)
{
    (void)TerminateProcess(
        GetCurrentProcess(), exception->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* The job ends the process with the runner. */
void spec_host_tame(int is_case)
{
    (void)is_case;
    (void)SetErrorMode(
        SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX |
        SEM_NOOPENFILEERRORBOX);
    (void)SetUnhandledExceptionFilter(end_with_code);
}

void spec_host_on_fork(void (*hook)(void))
{
    (void)hook;
}

int32_t spec_host_process(void)
{
    return (int32_t)GetCurrentProcessId();
}

const char *spec_host_program(void)
{
    static char path[SPEC_PATH_SIZE];
    DWORD size = GetModuleFileNameA(NULL, path, sizeof path);

    if (size == 0 || size >= sizeof path) {
        spec_die("the path of this program is unknown");
    }
    return path;
}

void spec_host_set_environment(const char *name, const char *value)
{
    if (_putenv_s(name, value) != 0) {
        spec_die("cannot set %s", name);
    }
}

void spec_host_exit(int code)
{
    _exit(code);
}

/* Wine's ntdll says so itself. */
const char *spec_host(void)
{
    static char name[32];
    const char *(*wine_version)(void) = NULL;
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    FARPROC found = ntdll ? GetProcAddress(ntdll, "wine_get_version") : NULL;

    if (!found) {
        return "windows";
    }
    memcpy(&wine_version, &found, sizeof wine_version);
    (void)snprintf(name, sizeof name, "wine-%s", wine_version());
    return name;
}

int64_t spec_now_ns(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER now;

    (void)QueryPerformanceFrequency(&frequency);
    (void)QueryPerformanceCounter(&now);
    return now.QuadPart / frequency.QuadPart * 1000000000 +
           now.QuadPart % frequency.QuadPart * 1000000000 / frequency.QuadPart;
}

struct spec_thread {
    HANDLE thread;
    spec_thread_body *body;
    void *context;
};

static unsigned __stdcall run_thread(void *argument)
{
    spec_thread *thread = argument;

    thread->body(thread->context);
    return 0;
}

spec_thread *spec_thread_start(spec_thread_body *body, void *context)
{
    spec_thread *thread = calloc(1, sizeof *thread);

    if (!thread) {
        spec_fail_here("no memory for a thread");
    }
    thread->body = body;
    thread->context = context;
    thread->thread =
        (HANDLE)_beginthreadex(NULL, 0, run_thread, thread, 0, NULL);
    if (!thread->thread) {
        spec_fail_here("cannot start a thread");
    }
    return thread;
}

void spec_thread_join(spec_thread *thread)
{
    if (WaitForSingleObject(thread->thread, INFINITE) != WAIT_OBJECT_0) {
        spec_fail_here("cannot join a thread");
    }
    (void)CloseHandle(thread->thread);
    free(thread);
}

enum { OBJECT_NAME = 1, OBJECT_TYPE = 2 };

static void
add_object_text(HANDLE handle, OBJECT_INFORMATION_CLASS what, spec_text *text)
{
    union {
        UNICODE_STRING string;
        char bytes[1024];
    } answer;
    char narrow[256];
    int size;

    if (NtQueryObject(handle, what, &answer, sizeof answer, NULL) < 0 ||
        answer.string.Length == 0) {
        return;
    }
    size = WideCharToMultiByte(
        CP_UTF8, 0, answer.string.Buffer, answer.string.Length / 2, narrow,
        sizeof narrow - 1, NULL, NULL);
    if (size > 0) {
        spec_text_add(text, "%s%.*s", text->size ? " " : "", size, narrow);
    }
}

/* A file's name is not asked for: on a pipe that somebody reads it would wait
 * for the reader. */
static void visit_handle(HANDLE handle, spec_handle_visit *visit, void *context)
{
    spec_text text = {NULL, 0};

    add_object_text(handle, (OBJECT_INFORMATION_CLASS)OBJECT_TYPE, &text);
    if (strcmp(spec_text_of(&text), "File") != 0) {
        add_object_text(handle, (OBJECT_INFORMATION_CLASS)OBJECT_NAME, &text);
    }
    visit((intptr_t)handle, spec_text_of(&text), context);
    spec_text_free(&text);
}

/* Handles are multiples of 4, low ones first. After so many numbers that are
 * none there is no other. */
enum { HANDLE_STEP = 4, UNUSED_NUMBERS_MAX = 1024 };

/*
 * Asks about one number after the other. The system's list of the handles of
 * all processes is no way: Wine 8's server reads past the end of its memory
 * when it makes the list while any process on the machine has none yet.
 */
void spec_host_each_handle(spec_handle_visit *visit, void *context)
{
    unsigned unused_count = 0;
    DWORD flags;

    for (uintptr_t number = HANDLE_STEP; unused_count < UNUSED_NUMBERS_MAX;
         number += HANDLE_STEP) {
        if (GetHandleInformation((HANDLE)number, &flags)) {
            visit_handle((HANDLE)number, visit, context);
            unused_count = 0;
        } else {
            unused_count++;
        }
    }
}

int spec_host_opens_late(void)
{
    return 1;
}
