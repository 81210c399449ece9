/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of the library's own, and a place for each thread to sleep at. */
#include "os/os_worker.h"

#include <stdlib.h>

#include "os/os_clock.h"
#include "win32/win32_status.h"
#include "win32/win32_system.h"

#define NS_PER_MS 1000000

/* ---- threads ---- */

struct xipcos_worker {
    HANDLE thread;
    xipcos_work *work;
    void *context;
};

static DWORD WINAPI run(void *context)
{
    const xipcos_worker *worker = context;

    worker->work(worker->context);
    return 0;
}

xipc_status xipcos_worker_start(
    xipcos_work *work, void *context, xipcos_worker **worker_out)
{
    xipcos_worker *worker = calloc(1, sizeof *worker);
    DWORD error;

    if (!worker) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a thread");
    }
    worker->work = work;
    worker->context = context;
    worker->thread = CreateThread(NULL, 0, run, worker, 0, NULL);
    if (!worker->thread) {
        error = GetLastError();
        free(worker);
        return win32_fault(error, "cannot start a thread");
    }
    *worker_out = worker;
    return XIPC_OK;
}

void xipcos_worker_join(xipcos_worker *worker)
{
    if (worker) {
        WaitForSingleObject(worker->thread, INFINITE);
        CloseHandle(worker->thread);
        free(worker);
    }
}

/* There is no fork. */
void xipcos_worker_forget(xipcos_worker *worker)
{
    if (worker) {
        CloseHandle(worker->thread);
        free(worker);
    }
}

/* ---- sleep ---- */

struct xipcos_sleeper {
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
    int is_woken; /* guarded by the lock */
};

xipc_status xipcos_sleeper_create(xipcos_sleeper **sleeper_out)
{
    xipcos_sleeper *sleeper = calloc(1, sizeof *sleeper);

    if (!sleeper) {
        return xipcos_fault(
            XIPC_E_NO_MEMORY, 0, "no memory for a place to sleep at");
    }
    InitializeSRWLock(&sleeper->lock);
    InitializeConditionVariable(&sleeper->condition);
    *sleeper_out = sleeper;
    return XIPC_OK;
}

void xipcos_sleeper_free(xipcos_sleeper *sleeper)
{
    free(sleeper);
}

/* Rounded up, so that nobody looks too early again and again. */
static DWORD ms_until(xipc_deadline deadline)
{
    int64_t left;

    if (deadline == XIPC_FOREVER) {
        return INFINITE;
    }
    left = deadline - xipcos_clock_ns();
    if (left <= 0) {
        return 0;
    }
    left = left / NS_PER_MS + (left % NS_PER_MS != 0);
    return left < INT32_MAX ? (DWORD)left : INT32_MAX;
}

void xipcos_sleeper_sleep(xipcos_sleeper *sleeper, xipc_deadline deadline)
{
    AcquireSRWLockExclusive(&sleeper->lock);
    if (!sleeper->is_woken) {
        SleepConditionVariableSRW(
            &sleeper->condition, &sleeper->lock, ms_until(deadline), 0);
    }
    sleeper->is_woken = 0;
    ReleaseSRWLockExclusive(&sleeper->lock);
}

void xipcos_sleeper_wake(xipcos_sleeper *sleeper)
{
    AcquireSRWLockExclusive(&sleeper->lock);
    sleeper->is_woken = 1;
    ReleaseSRWLockExclusive(&sleeper->lock);
    WakeConditionVariable(&sleeper->condition);
}
