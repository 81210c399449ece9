/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls the handler in a thread of its own, so everything may be
 * called there. A read of a console or a pipe that the main thread is in is
 * broken off; it may be about to begin one, so that is tried until the program
 * has come to its end. Where that does not help, as with some pipes under Wine,
 * the process is ended; then what it has open closes with it.
 */
#include "stop.h"

#include <stdatomic.h>
#include <windows.h>

#include "say.h"

/* Longer than a program that was started has to end (do_run.c). */
enum { ROUND_MS = 20, ROUND_MAX = 150 };

static CRITICAL_SECTION guard;
static xipc_object *watched;
static atomic_int asked;
static HANDLE main_thread;
static HANDLE ended;

static void interrupt_watched(void)
{
    if (watched && atomic_load(&asked)) {
        (void)!xipc_interrupt(watched);
    }
}

static BOOL WINAPI ask(DWORD why)
{
    (void)why;
    EnterCriticalSection(&guard);
    if (atomic_exchange(&asked, 1)) {
        TerminateProcess(GetCurrentProcess(), CODE_STOPPED);
    }
    interrupt_watched();
    LeaveCriticalSection(&guard);
    for (int round = 0; round < ROUND_MAX; round++) {
        CancelSynchronousIo(main_thread);
        if (WaitForSingleObject(ended, ROUND_MS) != WAIT_TIMEOUT) {
            return TRUE;
        }
    }
    return !TerminateProcess(GetCurrentProcess(), CODE_STOPPED);
}

void stop_begin(void)
{
    InitializeCriticalSection(&guard);
    ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (DuplicateHandle(
            GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
            &main_thread, 0, FALSE, DUPLICATE_SAME_ACCESS) &&
        ended) {
        SetConsoleCtrlHandler(ask, TRUE);
    }
}

void stop_end(void)
{
    stop_watch(NULL);
    if (ended) {
        SetEvent(ended);
    }
}

int stop_asked(void)
{
    return atomic_load(&asked);
}

void stop_watch(xipc_object *object)
{
    EnterCriticalSection(&guard);
    watched = object;
    interrupt_watched();
    LeaveCriticalSection(&guard);
}
