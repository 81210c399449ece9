/* SPDX-License-Identifier: Apache-2.0 */
/* A child that runs or has ended. */
#include "win32/win32_child.h"

#include <stdlib.h>

#include "win32/win32_status.h"

#define NS_PER_MS   1000000
#define WAIT_MAX_MS 0x7fffffff

/* What one that was terminated ends with: STATUS_PROCESS_IS_TERMINATING. */
#define TERMINATED 0xc000010aU

/* An exit code says also of what exception a process has died: the system's own
 * begin with a C, a program's with an E. */
static int is_exception(DWORD code)
{
    return code >> 28 == 0xc || code >> 28 == 0xe;
}

xipc_status xipcos_child_ended(xipcos_child *child, xipc_exit *exit_out)
{
    DWORD code = 0;

    if (WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0) {
        return XIPC_E_AGAIN;
    }
    GetExitCodeProcess(child->process, &code);
    exit_out->ending = is_exception(code) ? XIPC_ENDED_CRASH : XIPC_ENDED_EXIT;
    exit_out->code = code;
    return XIPC_OK;
}

static HANDLE to_handle(intptr_t native)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return (HANDLE)native;
}

/* Of several that make one at once, one stays. NULL: the system has none. */
static HANDLE wake_of(xipcos_child *child)
{
    intptr_t seen = atomic_load(&child->wake);
    HANDLE made;

    if (seen != 0) {
        return to_handle(seen);
    }
    made = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (made &&
        !atomic_compare_exchange_strong(&child->wake, &seen, (intptr_t)made)) {
        CloseHandle(made);
        return to_handle(seen);
    }
    return made;
}

static DWORD milliseconds(int64_t ns)
{
    int64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);

    if (ns == XIPC_FOREVER) {
        return INFINITE;
    }
    return ms < WAIT_MAX_MS ? (DWORD)ms : WAIT_MAX_MS;
}

/*
 * The event is there before the look, so that whoever interrupts after it finds
 * it. One that is set for an interrupt which was cleared since is reset; and
 * set again if another one came meanwhile, for those who sleep here as well.
 */
void xipcos_child_wait(
    xipcos_child *child, const atomic_int *is_interrupted, int64_t ns)
{
    HANDLE either[2] = {child->process, wake_of(child)};
    DWORD count = either[1] ? 2 : 1;
    DWORD result;

    if (atomic_load(is_interrupted)) {
        return;
    }
    result = WaitForMultipleObjects(
        count, either, FALSE, either[1] ? milliseconds(ns) : 1);
    if (result == WAIT_OBJECT_0 + 1 && !atomic_load(is_interrupted)) {
        ResetEvent(either[1]);
        if (atomic_load(is_interrupted)) {
            SetEvent(either[1]);
        }
    }
}

void xipcos_child_wake(xipcos_child *child)
{
    intptr_t wake = atomic_load(&child->wake);

    if (wake != 0) {
        SetEvent(to_handle(wake));
    }
}

xipc_status xipcos_child_terminate(xipcos_child *child)
{
    xipc_exit unused;
    DWORD error;

    if (TerminateProcess(child->process, TERMINATED)) {
        return XIPC_OK;
    }
    error = GetLastError();
    /* So it is answered of one that has ended, or is about to. */
    if (xipcos_child_ended(child, &unused) == XIPC_OK) {
        return XIPC_OK;
    }
    return win32_fault(error, "terminating it");
}

int64_t xipcos_child_id(const xipcos_child *child)
{
    return child->id;
}

int xipcos_child_native(const xipcos_child *child, intptr_t *native_out)
{
    *native_out = (intptr_t)child->process;
    return 1;
}

void xipcos_child_close(xipcos_child *child)
{
    intptr_t wake = atomic_load(&child->wake);

    if (wake != 0) {
        CloseHandle(to_handle(wake));
    }
    if (child->process) {
        CloseHandle(child->process);
    }
    free(child);
}
