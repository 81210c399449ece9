/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_handle.h"

#include "win32/win32_status.h"

#define BASIC_INFORMATION    0
#define NOTIFICATION_EVENT   0
#define STATUS_IS_OK(status) ((status) >= 0)
#define WRONG_TYPE           ((LONG)0xc0000024) /* STATUS_OBJECT_TYPE_MISMATCH */

typedef struct event_answer {
    LONG type;
    LONG state;
} event_answer;

typedef struct mutant_answer {
    LONG count;
    BOOLEAN is_owned_by_caller;
    BOOLEAN is_abandoned;
} mutant_answer;

/* NtQueryEvent() and NtQueryMutant(). */
typedef LONG NTAPI query_object(HANDLE, int, PVOID, ULONG, ULONG *);

/* WRONG_TYPE also where this system has no such question. */
static LONG
ask(const char *question, HANDLE handle, void *answer, size_t answer_size)
{
    query_object *query = (query_object *)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"ntdll.dll"), question);

    return query ? query(
                       handle, BASIC_INFORMATION, answer, (ULONG)answer_size,
                       NULL)
                 : WRONG_TYPE;
}

/* Also one that this process may not ask. */
static int is_mutex(HANDLE handle)
{
    mutant_answer answer;

    return ask("NtQueryMutant", handle, &answer, sizeof answer) != WRONG_TYPE;
}

static int is_manual_event(HANDLE handle)
{
    event_answer answer;

    return STATUS_IS_OK(ask("NtQueryEvent", handle, &answer, sizeof answer)) &&
           answer.type == NOTIFICATION_EVENT;
}

/*
 * A wait for both of two, of which one never comes while this runs: nothing is
 * taken, and the system says whether the other one can be waited for.
 */
static int can_be_waited_for(HANDLE handle)
{
    HANDLE both[2] = {handle, GetCurrentProcess()};

    return WaitForMultipleObjects(2, both, TRUE, 0) != WAIT_FAILED;
}

xipc_status win32_handle_check(HANDLE handle, int *is_constant_out)
{
    DWORD error;
    DWORD flags;

    if (!win32_is_handle(handle) || !GetHandleInformation(handle, &flags)) {
        return xipcos_fault(
            XIPC_E_INVALID, ERROR_INVALID_HANDLE, "%p is no open handle",
            handle);
    }
    if (!can_be_waited_for(handle)) {
        error = GetLastError();
        return win32_fault_as(
            XIPC_E_NOT_SUPPORTED, error, "handle %p cannot be waited for",
            handle);
    }
    if (is_mutex(handle)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "handle %p is a mutex, which would belong to a thread of the "
            "system's that waits for many",
            handle);
    }
    *is_constant_out = is_manual_event(handle);
    return XIPC_OK;
}
