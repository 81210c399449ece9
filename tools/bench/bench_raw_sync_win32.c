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
        bench_fail(what);
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
