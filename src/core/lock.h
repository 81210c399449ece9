/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock inside an object, for the few steps that change several of its words
 * at once: never held across a wait, a copy, or anything else that takes long.
 *
 *     owner   0, or the number of the process (os/os_member.h) that has it
 *
 * Whoever finds an owner that does not live takes the lock over from him, and
 * is told so: what the lock guards may be between two states, and he has to
 * repair it before he goes on. If he dies doing that, so must the next one. A
 * repair can therefore begin anywhere, also in the middle of another one.
 *
 * Threads of one process have one number: of them no one dies alone here,
 * because nothing between taking and giving ends a thread.
 *
 * A waiter sleeps in slices (core/park.h); only when one has brought nothing is
 * the kernel asked whether the owner lives.
 */
#ifndef XIPC_CORE_LOCK_H
#define XIPC_CORE_LOCK_H

#include <stdatomic.h>

#include "core/object.h"
#include "core/park.h"
#include "os/os_section.h"

/*
 * Shared; all zeros is one that is free. `owner`: taken by compare and exchange
 * with acquire, given by exchange, sequentially consistent: whoever gives it is
 * a waker. The exchange also orders what was changed before what is looked at
 * afterwards: who sleeps for that.
 */
typedef struct xipci_lock_body {
    _Atomic uint32_t owner;
    uint32_t unused;
    xipcos_spot spot;
} xipci_lock_body;

_Static_assert(sizeof(xipci_lock_body) == 24, "part of the layout");

/* A process's own end of one. */
typedef struct xipci_lock {
    xipci_lock_body *body;
    xipcos_park park;
    xipcos_section *native;
    uint32_t member;
} xipci_lock;

/*
 * Takes the lock. `object` is whose interrupt ends the wait; NULL: nobody's.
 * `*is_inherited_out` is 1 if its last owner died having it.
 *
 * A lock is free again in a moment, so with XIPC_NOW, or at a deadline that has
 * passed, it is tried for some milliseconds all the same.
 *
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT  somebody, who lives, keeps it
 * XIPC_E_CANCELED
 */
xipc_status xipci_lock_take(
    xipci_lock *lock,
    const xipc_object *object,
    xipc_deadline deadline,
    int *is_inherited_out);

/* The same without a wait, when it is free. */
static inline int xipci_lock_try(xipci_lock *lock)
{
    uint32_t nobody = 0;

    return atomic_compare_exchange_strong_explicit(
        &lock->body->owner, &nobody, lock->member, memory_order_acquire,
        memory_order_relaxed);
}

static inline void xipci_lock_give(xipci_lock *lock)
{
    atomic_exchange_explicit(&lock->body->owner, 0, memory_order_seq_cst);
    xipcos_park_wake(&lock->park, 1);
}

#endif
