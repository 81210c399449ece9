/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_lease.h"

#include <stdlib.h>

#include "win32/win32_gate.h"
#include "win32/win32_nt.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define LEASE_ACCESS (SYNCHRONIZE | READ_CONTROL)
#define LEASE_TAIL   "-l"

struct win32_lease {
    uint64_t instance;
    xipc_scope scope;
    size_t holder_count; /* sections of this process that stand on it */
    HANDLE event;
    win32_member member; /* guarded by the claim instead */
    win32_lease *next;
};

/* Where a lease's event comes from. */
typedef xipc_status
event_source(xipc_scope scope, uint64_t instance, HANDLE *event_out);

/* All leases of this process. The lock guards the list and every field. */
static SRWLOCK leases_lock = SRWLOCK_INIT;
static win32_lease *leases;

static HANDLE make_lease(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateEventExW(
        attributes, name, CREATE_EVENT_MANUAL_RESET, LEASE_ACCESS);
}

static xipc_status
make_event(xipc_scope scope, uint64_t instance, HANDLE *event_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];

    win32_instance_name(scope, instance, LEASE_TAIL, name);
    return win32_kernel_make(
        make_lease, name, WIN32_OTHERS_WAIT, event_out, NULL);
}

static xipc_status
open_event(xipc_scope scope, uint64_t instance, HANDLE *event_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];

    win32_instance_name(scope, instance, LEASE_TAIL, name);
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
        if (lease->member.event) {
            CloseHandle(lease->member.event);
        }
        free(lease);
    }
    ReleaseSRWLockExclusive(&leases_lock);
}

win32_member *win32_lease_member(win32_lease *lease)
{
    return &lease->member;
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
