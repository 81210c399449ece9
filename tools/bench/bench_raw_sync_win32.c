/* SPDX-License-Identifier: Apache-2.0 */
/* What the synchronisation rows would be without a library, on Windows. */
#include <stdio.h>
#include <windows.h>

#include "bench.h"

#define NAME_SIZE 96

static HANDLE mutex;
static HANDLE semaphore;
static HANDLE ping;
static HANDLE pong;

static void yes(BOOL is_done, const char *what)
{
    if (!is_done) {
        bench_require(0, what);
    }
}

static void wait_for(HANDLE object)
{
    yes(WaitForSingleObject(object, INFINITE) == WAIT_OBJECT_0,
        "WaitForSingleObject");
}

/* ---- objects ------------------------------------------------------------- */

static const char *name_of(const char *run, const char *what)
{
    static char name[NAME_SIZE];

    snprintf(name, sizeof name, "Local\\%s-%s", run, what);
    return name;
}

/* The second process opens what the first one has made: the calls are one. */
void bench_raw_sync_begin(void *memory, const char *name, int is_second)
{
    (void)memory;
    (void)is_second;
    mutex = CreateMutexA(NULL, FALSE, name_of(name, "mutex"));
    semaphore = CreateSemaphoreA(NULL, 0, 1, name_of(name, "semaphore"));
    ping = CreateEventA(NULL, FALSE, FALSE, name_of(name, "ping"));
    pong = CreateEventA(NULL, FALSE, FALSE, name_of(name, "pong"));
    bench_require(mutex && semaphore && ping && pong, "kernel objects");
}

void bench_raw_sync_end(void)
{
    CloseHandle(pong);
    CloseHandle(ping);
    CloseHandle(semaphore);
    CloseHandle(mutex);
}

/* ---- the second process -------------------------------------------------- */

static HANDLE second;
static HANDLE life; /* a pipe that nothing comes through, its standard input */

static void start(char *command, STARTUPINFOA *how)
{
    PROCESS_INFORMATION process;

    yes(CreateProcessA(
            NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, how, &process),
        "CreateProcess");
    CloseHandle(process.hThread);
    second = process.hProcess;
}

void bench_raw_start(const char *name)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES};
    char program[MAX_PATH];
    char command[MAX_PATH + NAME_SIZE];

    yes(CreatePipe(&how.hStdInput, &life, &inherited, 0), "CreatePipe");
    yes(SetHandleInformation(life, HANDLE_FLAG_INHERIT, 0), "inheritance");
    how.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    how.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    yes(GetModuleFileNameA(NULL, program, sizeof program) > 0, "own name");
    snprintf(
        command, sizeof command, "\"%s\" " BENCH_SECOND " %s", program, name);
    start(command, &how);
    CloseHandle(how.hStdInput);
}

void bench_raw_stop(void)
{
    CloseHandle(life);
    wait_for(second);
    CloseHandle(second);
}

static DWORD WINAPI watch(void *unused)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    char byte;
    DWORD size;

    (void)unused;
    while (ReadFile(input, &byte, 1, &size, NULL)) {
    }
    ExitProcess(0);
}

void bench_raw_end_with_first(void)
{
    HANDLE thread = CreateThread(NULL, 0, watch, NULL, 0, NULL);

    bench_require(thread != NULL, "CreateThread");
    CloseHandle(thread);
}

/* The mask of the processor with that index; with fewer, of the last one. */
static DWORD_PTR only(int index, DWORD_PTR all)
{
    DWORD_PTR rest = all & (all - 1);

    while (index-- > 0 && rest != 0) {
        all = rest;
        rest = all & (all - 1);
    }
    return all & ~rest;
}

void bench_raw_pin(int processor)
{
    static DWORD_PTR mine;
    DWORD_PTR all;

    if (mine == 0) {
        yes(GetProcessAffinityMask(GetCurrentProcess(), &mine, &all),
            "GetProcessAffinityMask");
    }
    yes(SetProcessAffinityMask(
            GetCurrentProcess(),
            processor == BENCH_ANY_PROCESSOR ? mine : only(processor, mine)),
        "SetProcessAffinityMask");
}

/* ---- alone --------------------------------------------------------------- */

static void lock_each(unsigned count)
{
    while (count-- > 0) {
        wait_for(mutex);
        yes(ReleaseMutex(mutex), "ReleaseMutex");
    }
}

static void post_and_wait(unsigned count)
{
    while (count-- > 0) {
        yes(ReleaseSemaphore(semaphore, 1, NULL), "ReleaseSemaphore");
        wait_for(semaphore);
    }
}

static void set_and_reset(unsigned count)
{
    while (count-- > 0) {
        yes(SetEvent(ping), "SetEvent");
        yes(ResetEvent(ping), "ResetEvent");
    }
}

/* There is no condition between processes; this is the least it would do. */
static void set(unsigned count)
{
    while (count-- > 0) {
        yes(SetEvent(ping), "SetEvent");
    }
    yes(ResetEvent(ping), "ResetEvent");
}

/* ---- two processes ------------------------------------------------------- */

static void contend(unsigned count, int is_second)
{
    if (!is_second) {
        lock_each(count);
        return;
    }
    while (!bench_sync_is_over()) {
        lock_each(1);
    }
}

static void contended(unsigned count)
{
    bench_sync_together(contend, count);
}

static void take_turns(unsigned count, int is_second)
{
    while (count-- > 0) {
        if (is_second) {
            wait_for(ping);
            yes(SetEvent(pong), "SetEvent");
        } else {
            yes(SetEvent(ping), "SetEvent");
            wait_for(pong);
        }
    }
}

static void turns(unsigned count)
{
    bench_sync_together(take_turns, count);
}

/* ---- rows ---------------------------------------------------------------- */

bench_duet *const bench_sync_duets[] = {
    bench_sync_contend, bench_sync_take_turns, contend, take_turns, NULL};

const bench_row bench_sync_rows[] = {
    {"mutex: lock, unlock", "kernel mutex", bench_sync_mutex, lock_each,
     bench_sync_begin, bench_sync_end},
    {"semaphore: post, wait", "kernel semaphore", bench_sync_semaphore,
     post_and_wait, bench_sync_begin, bench_sync_end},
    {"event: set, reset", "SetEvent, ResetEvent", bench_sync_event,
     set_and_reset, bench_sync_begin, bench_sync_end},
    {"condition: notify nobody", "SetEvent", bench_sync_condition, set,
     bench_sync_begin, bench_sync_end},
    {"mutex: contended by another", "kernel mutex", bench_sync_contended,
     contended, bench_sync_begin_apart, bench_sync_end},
    {"event: ping, pong", "kernel events", bench_sync_turns, turns,
     bench_sync_begin_two, bench_sync_end},
    {"event: ping, pong, one processor", "kernel events", bench_sync_turns,
     turns, bench_sync_begin_pinned, bench_sync_end},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
