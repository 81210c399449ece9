/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lock.h"

#include "core/look.h"
#include "os/os_clock.h"
#include "os/os_member.h"
#include "os/os_thread.h"

/* Turns of looking before letting go of the processor, and how often that. */
#define LOOK_TURNS  200
#define LOOK_STEP   4
#define YIELD_TURNS 16

#define SLICE_MAX_NS 20000000

/* How long it is tried by whoever has no time. */
#define TRY_NS 20000000

typedef struct lock_call {
    xipci_lock *lock;
    int is_inherited;
} lock_call;

static int exchange(xipci_lock *lock, uint32_t from)
{
    return atomic_compare_exchange_strong_explicit(
        &lock->body->owner, &from, lock->member, memory_order_acquire,
        memory_order_relaxed);
}

static xipc_status attempt(void *context, int is_thorough)
{
    lock_call *call = context;
    xipci_lock *lock = call->lock;
    /* Sequentially consistent: this may be the look before a sleep. */
    uint32_t owner =
        atomic_load_explicit(&lock->body->owner, memory_order_seq_cst);

    if (owner == 0) {
        return exchange(lock, 0) ? XIPC_OK : XIPC_E_AGAIN;
    }
    if (!is_thorough || owner == lock->member ||
        xipcos_member_lives(lock->native, owner)) {
        return XIPC_E_AGAIN;
    }
    call->is_inherited = exchange(lock, owner);
    return call->is_inherited ? XIPC_OK : XIPC_E_AGAIN;
}

static xipc_status look(lock_call *call)
{
    xipc_status status =
        xipci_look_pausing(attempt, call, LOOK_TURNS, LOOK_STEP);

    for (int turn = 0; status == XIPC_E_AGAIN && turn < YIELD_TURNS; turn++) {
        xipcos_thread_yield();
        status = attempt(call, 0);
    }
    return status;
}

static xipc_status
wait_for(lock_call *call, const xipc_object *object, xipc_deadline deadline)
{
    const xipci_wait wait = {
        xipci_object_interrupts(object), &call->lock->park, attempt, call,
        SLICE_MAX_NS};
    xipc_deadline patience = deadline;
    xipc_status status;

    if (deadline != XIPC_FOREVER) {
        int64_t shortest = xipcos_clock_ns() + TRY_NS;

        patience = deadline > shortest ? deadline : shortest;
    }
    status = xipci_park_wait(&wait, patience);
    return status == XIPC_E_TIMEOUT && deadline == XIPC_NOW ? XIPC_E_AGAIN
                                                            : status;
}

xipc_status xipci_lock_take(
    xipci_lock *lock,
    const xipc_object *object,
    xipc_deadline deadline,
    int *is_inherited_out)
{
    lock_call call = {lock, 0};
    xipc_status status;

    *is_inherited_out = 0;
    if (xipci_lock_try(lock)) {
        return XIPC_OK;
    }
    status = look(&call);
    if (status == XIPC_E_AGAIN) {
        status = wait_for(&call, object, deadline);
    }
    *is_inherited_out = call.is_inherited;
    return status;
}
