/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock between the threads that share a handle, for what is private to it.
 *
 * Whoever has it gives it with a plain store: so what he wrote to shared memory
 * meanwhile need not have reached the other processor first, as it must for a
 * lock whose giver looks for sleepers. In return those who wait for it have
 * nothing to wake them, and only look again. All zeros is one that is free.
 */
#ifndef XIPC_CORE_LATCH_H
#define XIPC_CORE_LATCH_H

#include <stdatomic.h>

#include "core/object.h"

typedef struct xipci_latch {
    _Atomic uint32_t is_taken;
} xipci_latch;

static inline int xipci_latch_try(xipci_latch *latch)
{
    return atomic_exchange_explicit(
               &latch->is_taken, 1, memory_order_acquire) == 0;
}

static inline void xipci_latch_give(xipci_latch *latch)
{
    atomic_store_explicit(&latch->is_taken, 0, memory_order_release);
}

/* Looks for some microseconds whether it is given. 1: it is the caller's. */
int xipci_latch_look(xipci_latch *latch);

/* Waits as long as it takes: of one that nobody has while he waits. */
void xipci_latch_wait(xipci_latch *latch);

static inline void xipci_latch_take(xipci_latch *latch)
{
    if (!xipci_latch_try(latch)) {
        xipci_latch_wait(latch);
    }
}

/* Of one that somebody may have while he waits: XIPC_E_AGAIN, XIPC_E_TIMEOUT,
 * and XIPC_E_CANCELED by the object's interrupt. */
xipc_status xipci_latch_take_by(
    xipci_latch *latch, const xipc_object *object, xipc_deadline deadline);

#endif
