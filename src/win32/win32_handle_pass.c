/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles are copied from process to process by whoever may open the other one
 * for that (PROCESS_DUP_HANDLE): the same user, of no lower integrity.
 */
#include "os/os_handle.h"

#include <stdlib.h>

#include "win32/win32_handle.h"
#include "win32/win32_status.h"

struct xipcos_fellow {
    HANDLE process;
};

xipcos_handle_way xipcos_handles_go(void)
{
    return XIPCOS_HANDLES_COPIED;
}

static HANDLE to_handle(int64_t number)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return (HANDLE)(intptr_t)number;
}

/* Numbers have 32 bits, also where pointers have more. */
static int is_number(int64_t number)
{
    return number > 0 && number <= INT32_MAX &&
           win32_is_handle(to_handle(number));
}

static xipc_status explain(DWORD error, int64_t number)
{
    switch (error) {
    case ERROR_INVALID_HANDLE:
        return xipcos_fault(
            XIPC_E_INVALID, (int64_t)error, "%lld is no open handle",
            (long long)number);
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_TOO_MANY_OPEN_FILES:
        return xipcos_fault(
            XIPC_E_NO_MEMORY, (int64_t)error, "no room for one more handle");
    default:
        return win32_fault(error, "cannot copy handle %lld", (long long)number);
    }
}

/* Tells of the end of a process instead of what that makes of a copy. */
static xipc_status
explain_with(const xipcos_fellow *fellow, DWORD error, int64_t number)
{
    return WaitForSingleObject(fellow->process, 0) == WAIT_OBJECT_0
               ? xipcos_fault(
                     XIPC_E_PEER_DIED, (int64_t)error,
                     "the other process has ended")
               : explain(error, number);
}

xipc_status xipcos_handle_copy(intptr_t native, intptr_t *copy_out)
{
    HANDLE copy;
    DWORD error;

    if (!is_number(native)) {
        return explain(ERROR_INVALID_HANDLE, native);
    }
    if (!DuplicateHandle(
            GetCurrentProcess(), to_handle(native), GetCurrentProcess(), &copy,
            0, FALSE, DUPLICATE_SAME_ACCESS)) {
        error = GetLastError();
        return explain(error, native);
    }
    *copy_out = (intptr_t)copy;
    return XIPC_OK;
}

void xipcos_handle_close(intptr_t native)
{
    if (is_number(native)) {
        CloseHandle(to_handle(native));
    }
}

void xipcos_handle_drop(intptr_t native)
{
    xipcos_handle_close(native);
}

/* ---- sent: not here ---- */

static xipc_status no_sending(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0, "no handles go over this system's sockets");
}

xipc_status xipcos_socket_send_parcel(
    xipcos_socket *socket,
    const xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    (void)socket;
    (void)parcel;
    (void)patience;
    return no_sending();
}

xipc_status xipcos_socket_receive_parcel(
    xipcos_socket *socket,
    xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    (void)socket;
    (void)parcel;
    (void)patience;
    return no_sending();
}

/* ---- copied ---- */

xipc_status xipcos_fellow_open(uint32_t process, xipcos_fellow **fellow_out)
{
    xipcos_fellow *fellow = calloc(1, sizeof *fellow);
    DWORD error;

    if (!fellow) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a process");
    }
    fellow->process =
        OpenProcess(PROCESS_DUP_HANDLE | SYNCHRONIZE, FALSE, process);
    if (!fellow->process) {
        error = GetLastError();
        free(fellow);
        return error == ERROR_INVALID_PARAMETER
                   ? xipcos_fault(
                         XIPC_E_NOT_FOUND, (int64_t)error,
                         "there is no process %lu", (unsigned long)process)
                   : win32_fault(
                         error, "cannot open process %lu to copy handles",
                         (unsigned long)process);
    }
    *fellow_out = fellow;
    return XIPC_OK;
}

void xipcos_fellow_close(xipcos_fellow *fellow)
{
    if (fellow) {
        CloseHandle(fellow->process);
        free(fellow);
    }
}

xipc_status xipcos_fellow_give(
    const xipcos_fellow *fellow, intptr_t native, int64_t *theirs_out)
{
    HANDLE copy;
    DWORD error;

    if (!is_number(native)) {
        return explain(ERROR_INVALID_HANDLE, native);
    }
    if (!DuplicateHandle(
            GetCurrentProcess(), to_handle(native), fellow->process, &copy, 0,
            FALSE, DUPLICATE_SAME_ACCESS)) {
        error = GetLastError();
        return explain_with(fellow, error, native);
    }
    *theirs_out = (intptr_t)copy;
    return XIPC_OK;
}

xipc_status xipcos_fellow_take(
    const xipcos_fellow *fellow, int64_t theirs, intptr_t *native_out)
{
    HANDLE copy;
    DWORD error;

    if (!is_number(theirs)) {
        return explain(ERROR_INVALID_HANDLE, theirs);
    }
    if (!DuplicateHandle(
            fellow->process, to_handle(theirs), GetCurrentProcess(), &copy, 0,
            FALSE, DUPLICATE_SAME_ACCESS)) {
        error = GetLastError();
        return explain_with(fellow, error, theirs);
    }
    *native_out = (intptr_t)copy;
    return XIPC_OK;
}

/* The copy that comes with it is closed at once: some systems want to make one.
 */
void xipcos_fellow_take_back(const xipcos_fellow *fellow, int64_t theirs)
{
    HANDLE copy;

    if (DuplicateHandle(
            fellow->process, to_handle(theirs), GetCurrentProcess(), &copy, 0,
            FALSE, DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS)) {
        CloseHandle(copy);
    }
}
