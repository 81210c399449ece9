/* SPDX-License-Identifier: Apache-2.0 */
/* A case is a job of its own: no process gets out of it, and all of them end
 * when the runner does. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_start_win32.h"
#include "support/spec_system.h"

struct spec_child {
    HANDLE job;
    HANDLE process;
};

static HANDLE interrupted_event;

static BOOL WINAPI on_interrupt(DWORD kind)
{
    (void)kind;
    (void)SetEvent(interrupted_event);
    return TRUE;
}

void spec_children_begin(void)
{
    interrupted_event = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!interrupted_event || !SetConsoleCtrlHandler(on_interrupt, TRUE)) {
        spec_die("cannot be interrupted: error %lu", GetLastError());
    }
}

void spec_children_end(void)
{
    (void)SetConsoleCtrlHandler(on_interrupt, FALSE);
    (void)CloseHandle(interrupted_event);
}

int spec_children_interrupted(void)
{
    return WaitForSingleObject(interrupted_event, 0) == WAIT_OBJECT_0;
}

void spec_children_wait(spec_child *const *children, size_t count, int ms)
{
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD handle_count = 0;

    handles[handle_count++] = interrupted_event;
    for (size_t index = 0; index < count; index++) {
        if (handle_count < MAXIMUM_WAIT_OBJECTS) {
            handles[handle_count++] = children[index]->process;
        }
    }
    (void)WaitForMultipleObjects(handle_count, handles, FALSE, (DWORD)ms);
}

static HANDLE make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    HANDLE job = CreateJobObjectA(NULL, NULL);

    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (!job ||
        !SetInformationJobObject(
            job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        spec_die("cannot make a job: error %lu", GetLastError());
    }
    return job;
}

static HANDLE open_inheritable(const char *path, DWORD access, DWORD how)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE file = CreateFileA(
        path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        &inheritable, how, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file == INVALID_HANDLE_VALUE) {
        spec_die("cannot open %s: error %lu", path, GetLastError());
    }
    return file;
}

spec_child *spec_child_start(const char *const *arguments, const char *output)
{
    spec_start_plan plan = {0};
    PROCESS_INFORMATION started;
    spec_child *child = calloc(1, sizeof *child);
    DWORD error;

    if (!child) {
        spec_die("no memory");
    }
    plan.arguments = arguments;
    plan.standard[0] = open_inheritable("NUL", GENERIC_READ, OPEN_EXISTING);
    plan.standard[1] = open_inheritable(output, FILE_APPEND_DATA, OPEN_ALWAYS);
    plan.standard[2] = plan.standard[1];
    plan.flags = CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP;

    child->job = make_job();
    error = spec_start_process(&plan, &started);
    if (error != 0) {
        spec_die("cannot start %s: error %lu", spec_host_program(), error);
    }
    if (!AssignProcessToJobObject(child->job, started.hProcess)) {
        error = GetLastError();
        (void)TerminateProcess(started.hProcess, 1);
        spec_die("cannot put a process into a job: error %lu", error);
    }
    (void)ResumeThread(started.hThread);
    (void)CloseHandle(started.hThread);
    (void)CloseHandle(plan.standard[0]);
    (void)CloseHandle(plan.standard[1]);
    child->process = started.hProcess;
    return child;
}

int spec_child_ended(spec_child *child, spec_ending *ending_out)
{
    DWORD code = 0;

    if (WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0) {
        return 0;
    }
    (void)GetExitCodeProcess(child->process, &code);
    ending_out->is_crash = code >= 0x80000000u;
    ending_out->code = code;
    return 1;
}

static int job_lives(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;

    memset(&accounting, 0, sizeof accounting);
    (void)QueryInformationJobObject(
        job, JobObjectBasicAccountingInformation, &accounting,
        sizeof accounting, NULL);
    return accounting.ActiveProcesses > 0;
}

int spec_child_left_any(spec_child *child)
{
    enum { PATIENCE_MS = 5000, STEP_MS = 10 };

    for (DWORD waited = 0; job_lives(child->job); waited += STEP_MS) {
        if (waited >= PATIENCE_MS) {
            return 1;
        }
        Sleep(STEP_MS);
    }
    return 0;
}

void spec_child_free(spec_child *child)
{
    enum { PATIENCE_MS = 10000 };

    (void)TerminateJobObject(child->job, 0xDEAD);
    (void)WaitForSingleObject(child->process, PATIENCE_MS);
    for (int waited = 0; job_lives(child->job) && waited < PATIENCE_MS;
         waited++) {
        Sleep(1);
    }
    (void)CloseHandle(child->process);
    (void)CloseHandle(child->job);
    free(child);
}
