/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_gate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "os/os_clock.h"
#include "win32/win32_crash.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define NS_PER_MS 1000000

/* The longest single wait; then the clock is read again. */
#define WAIT_MAX_MS 10000

static wchar_t *append(wchar_t *end, const char *text)
{
    while (*text) {
        *end++ = (wchar_t)*text++;
    }
    *end = L'\0';
    return end;
}

void win32_kernel_name(
    xipc_scope scope,
    const char *name,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT])
{
    wchar_t *end = kernel_name;

    assert(strlen(name) + strlen(tail) < WIN32_KERNEL_NAME_COUNT - 8);
    end = append(end, scope == XIPC_SCOPE_MACHINE ? "Global\\" : "Local\\");
    end = append(end, name);
    append(end, tail);
}

void win32_instance_name(
    xipc_scope scope,
    uint64_t instance,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT])
{
    char name[40];

    snprintf(name, sizeof name, "xipc-%016" PRIx64, instance);
    win32_kernel_name(scope, name, tail, kernel_name);
}

xipc_status win32_kernel_make(
    win32_maker *make,
    const wchar_t *kernel_name,
    const char *others,
    HANDLE *object_out,
    int *is_new_out)
{
    win32_security security;
    xipc_status status = win32_security_make(others, &security);
    HANDLE object;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    SetLastError(ERROR_SUCCESS); /* success does not clear it everywhere */
    object = make(&security.attributes, kernel_name);
    error = GetLastError();
    win32_security_drop(&security);
    if (!object) {
        return win32_fault_as(
            error == ERROR_INVALID_HANDLE ? XIPC_E_ACCESS
                                          : xipcos_status(error),
            error, "cannot make '%ls'", kernel_name);
    }
    if (is_new_out) {
        *is_new_out = error != ERROR_ALREADY_EXISTS;
    }
    *object_out = object;
    return XIPC_OK;
}

/* Milliseconds to wait, rounded up so that no wait ends before `deadline`. */
static DWORD wait_ms(xipc_deadline deadline)
{
    int64_t left;

    if (deadline == XIPC_NOW) {
        return 0;
    }
    if (deadline == XIPC_FOREVER) {
        return INFINITE;
    }
    left = deadline - xipcos_clock_ns();
    if (left <= 0) {
        return 0;
    }
    if (left >= (int64_t)WAIT_MAX_MS * NS_PER_MS) {
        return WAIT_MAX_MS;
    }
    return (DWORD)((left + NS_PER_MS - 1) / NS_PER_MS);
}

static xipc_status wait_for(HANDLE gate, xipc_deadline deadline)
{
    DWORD ms;
    DWORD result;

    do {
        ms = wait_ms(deadline);
        result = WaitForSingleObject(gate, ms);
    } while (result == WAIT_TIMEOUT && ms > 0);
    switch (result) {
    case WAIT_OBJECT_0:
    case WAIT_ABANDONED: /* whoever died left nothing half-made: see create */
        return XIPC_OK;
    case WAIT_TIMEOUT:
        return xipcos_fault(
            deadline == XIPC_NOW ? XIPC_E_AGAIN : XIPC_E_TIMEOUT, 0,
            "another process is making or removing it");
    default:
        return win32_fault(
            GetLastError(), "cannot wait for whoever is making or removing it");
    }
}

static HANDLE make_gate(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateMutexExW(attributes, name, 0, SYNCHRONIZE | READ_CONTROL);
}

xipc_status win32_gate_enter_at(
    const wchar_t *kernel_name,
    const char *others,
    xipc_deadline deadline,
    HANDLE *gate_out)
{
    HANDLE gate = NULL;
    xipc_status status =
        win32_kernel_make(make_gate, kernel_name, others, &gate, NULL);

    if (status != XIPC_OK) {
        return status;
    }
    status = wait_for(gate, deadline);
    if (status != XIPC_OK) {
        CloseHandle(gate);
        return status;
    }
    WIN32_CRASH_POINT();
    *gate_out = gate;
    return XIPC_OK;
}

xipc_status
win32_gate_enter(xipcos_place place, xipc_deadline deadline, HANDLE *gate_out)
{
    /* What all users share must have a gate that all users can wait at. */
    const char *others =
        place.scope == XIPC_SCOPE_MACHINE ? WIN32_OTHERS_WAIT : NULL;
    wchar_t name[WIN32_KERNEL_NAME_COUNT];

    win32_kernel_name(place.scope, place.native_name, "-g", name);
    return win32_gate_enter_at(name, others, deadline, gate_out);
}

void win32_gate_leave(HANDLE gate)
{
    WIN32_CRASH_POINT();
    ReleaseMutex(gate);
    CloseHandle(gate);
}
