/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "win32/win32_gate.h"
#include "win32/win32_nt.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define LEASE_ACCESS (SYNCHRONIZE | READ_CONTROL)

struct win32_lease {
    uint64_t instance;
    xipc_scope scope;
    size_t holder_count; /* sections of this process that stand on it */
    HANDLE event;
    win32_lease *next;
};

/* Where a lease's event comes from. */
typedef xipc_status
event_source(xipc_scope scope, uint64_t instance, HANDLE *event_out);

/* All leases of this process. The lock guards the list and every field. */
static SRWLOCK leases_lock = SRWLOCK_INIT;
static win32_lease *leases;

static void
lease_name(xipc_scope scope, uint64_t instance, wchar_t *kernel_name)
{
    char name[40];

    snprintf(name, sizeof name, "xipc-%016" PRIx64, instance);
    win32_kernel_name(scope, name, "-l", kernel_name);
}

static xipc_status
make_event(xipc_scope scope, uint64_t instance, HANDLE *event_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    win32_security security;
    xipc_status status = win32_security_make(WIN32_OTHERS_WAIT, &security);
    HANDLE event;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    lease_name(scope, instance, name);
    event = CreateEventExW(
        &security.attributes, name, CREATE_EVENT_MANUAL_RESET, LEASE_ACCESS);
    error = GetLastError();
    win32_security_drop(&security);
    if (!event) {
        return win32_fault_as(
            error == ERROR_INVALID_HANDLE ? XIPC_E_ACCESS
                                          : xipcos_status(error),
            error, "cannot make the lease '%ls'", name);
    }
    *event_out = event;
    return XIPC_OK;
}

static xipc_status
open_event(xipc_scope scope, uint64_t instance, HANDLE *event_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];

    lease_name(scope, instance, name);
    *event_out = OpenEventW(LEASE_ACCESS, FALSE, name);
    if (!*event_out) {
        return win32_fault(GetLastError(), "nobody holds it any more");
    }
    return XIPC_OK;
}

/* With the lock held. */
static win32_lease *find(xipc_scope scope, uint64_t instance)
{
    win32_lease *lease;

    for (lease = leases; lease; lease = lease->next) {
        if (lease->instance == instance && lease->scope == scope) {
            break;
        }
    }
    return lease;
}

/* With the lock held. */
static xipc_status
add(xipc_scope scope,
    uint64_t instance,
    event_source *source,
    win32_lease **lease_out)
{
    win32_lease *lease = calloc(1, sizeof *lease);
    xipc_status status;

    if (!lease) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for its lease");
    }
    status = source(scope, instance, &lease->event);
    if (status != XIPC_OK) {
        free(lease);
        return status;
    }
    lease->instance = instance;
    lease->scope = scope;
    lease->next = leases;
    leases = lease;
    *lease_out = lease;
    return XIPC_OK;
}

static xipc_status share(
    xipc_scope scope,
    uint64_t instance,
    event_source *source,
    win32_lease **lease_out)
{
    win32_lease *lease;
    xipc_status status = XIPC_OK;

    AcquireSRWLockExclusive(&leases_lock);
    lease = find(scope, instance);
    if (!lease) {
        status = add(scope, instance, source, &lease);
    }
    if (lease && status == XIPC_OK) {
        lease->holder_count++;
        *lease_out = lease;
    }
    ReleaseSRWLockExclusive(&leases_lock);
    return status;
}

xipc_status
win32_lease_take(xipc_scope scope, uint64_t instance, win32_lease **lease_out)
{
    return share(scope, instance, make_event, lease_out);
}

xipc_status
win32_lease_join(xipc_scope scope, uint64_t instance, win32_lease **lease_out)
{
    return share(scope, instance, open_event, lease_out);
}

void win32_lease_drop(win32_lease *lease)
{
    win32_lease **link;

    if (!lease) {
        return;
    }
    AcquireSRWLockExclusive(&leases_lock);
    if (--lease->holder_count == 0) {
        for (link = &leases; *link != lease; link = &(*link)->next) {
        }
        *link = lease->next;
        CloseHandle(lease->event);
        free(lease);
    }
    ReleaseSRWLockExclusive(&leases_lock);
}

uint64_t win32_lease_count(xipc_scope scope, uint64_t instance)
{
    win32_handle_facts facts = {0, 1};
    HANDLE probe;

    if (open_event(scope, instance, &probe) != XIPC_OK) {
        return 0;
    }
    if (win32_nt_handle(probe, &facts) != XIPC_OK || facts.handle_count == 0) {
        facts.handle_count = 1;
    }
    CloseHandle(probe);
    return facts.handle_count - 1; /* the probe is nobody's hold */
}
