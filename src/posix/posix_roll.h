/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether anything may be stale, asked without looking at every object.
 *
 * One file per user, one byte per process. A process that has ever held a
 * transient object has its byte locked and set to 1 for the rest of its life.
 * A byte that is 1 and not locked was left by a process that has ended, in
 * good order or not: only then is it worth looking for stale objects.
 *
 * The roll is a hint about when to look. What is stale is decided at each
 * object's own locks (posix_lease.h), so a wrong byte costs time, no object.
 */
#ifndef XIPC_POSIX_ROLL_H
#define XIPC_POSIX_ROLL_H

#include <xipc/base.h>

/* This process is about to hold a transient object. Costs something only the
 * first time. Under the leases' lock. */
void posix_roll_enter(void);

/* In a forked child: the parent's entry is not ours. */
void posix_roll_forget(void);

/* Removes what is stale, of both scopes, if a process died holding something
 * since this was last done. Not under the leases' lock. */
void posix_sweep_if_needed(void);

#endif
