/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds an object: an event that every process that has the object open
 * holds one handle of, however often it opened the object. The kernel counts
 * the handles and drops those of a process that dies.
 *
 * The event's name is made from the object's instance number, which nobody can
 * guess who may not read the object. The event itself is never signalled.
 *
 * A process's number in the object (win32_member.c) lives as long as its hold.
 */
#ifndef XIPC_WIN32_LEASE_H
#define XIPC_WIN32_LEASE_H

#include <xipc/base.h>
#include <xipc/name.h>

#include "win32/win32_system.h"

typedef struct win32_lease win32_lease;

/* All zeros: none has been drawn. Read and written with the claim. */
typedef struct win32_member {
    uint32_t number;
    HANDLE event; /* by which others see that it is a living one's */
} win32_member;

/* The creator's, the first. `scope` is where the event's name stands. */
xipc_status
win32_lease_take(xipc_scope scope, uint64_t instance, win32_lease **lease_out);

/*
 * An opener's: XIPC_E_NOT_FOUND if nobody has one. Then the last holder is
 * gone, and what was opened exists only because somebody looks at it.
 */
xipc_status
win32_lease_join(xipc_scope scope, uint64_t instance, win32_lease **lease_out);

/* Accepts NULL. */
void win32_lease_drop(win32_lease *lease);

/* This process's number in the object of that lease. */
win32_member *win32_lease_member(win32_lease *lease);

/* How many processes hold a lease of that instance; a process that asks the
 * same meanwhile may count as one. */
uint64_t win32_lease_count(xipc_scope scope, uint64_t instance);

#endif
