/* SPDX-License-Identifier: Apache-2.0 */
#include "core/park.h"

#include "core/failure.h"
#include "os/os_clock.h"

/*
 * A look or two for what another processor is just about to do. More does not
 * pay where the other side needs this processor to go on (with 64 turns an
 * event takes twice as long to go to and fro, docs/performance.md), nor where
 * many want one lock.
 */
#define SPIN_COUNT 4

static int is_interrupted(const xipci_wait *wait)
{
    /* Sequentially consistent: xipc_interrupt() is a waker. */
    return wait->is_interrupted &&
           atomic_load_explicit(wait->is_interrupted, memory_order_seq_cst) !=
               0;
}

static xipc_status spin(const xipci_wait *wait)
{
    xipc_status status = XIPC_E_AGAIN;

    for (int turn = 0; status == XIPC_E_AGAIN && turn < SPIN_COUNT; turn++) {
        xipcos_park_relax();
        status = wait->attempt(wait->context, 0);
    }
    return status;
}

/*
 * Waiter 1 to 4, once. XIPC_E_AGAIN: woken, or the slice is over. Whoever is
 * interrupted may have been woken for what another could take, and passes it
 * on.
 */
static xipc_status
sleep_once(const xipci_wait *wait, int64_t ns, int *was_woken_out)
{
    uint64_t ticket = xipcos_park_enter(wait->park);
    xipc_status status = wait->attempt(wait->context, 1);

    *was_woken_out = 0;
    if (status == XIPC_E_AGAIN && is_interrupted(wait)) {
        status = XIPC_E_CANCELED;
    }
    if (status == XIPC_E_AGAIN) {
        *was_woken_out = xipcos_park_sleep(wait->park, ticket, ns);
    }
    xipcos_park_leave(wait->park, ticket, *was_woken_out);
    if (status == XIPC_E_CANCELED) {
        xipcos_park_wake(wait->park, 1);
    }
    return status;
}

static int64_t next_slice(const xipci_wait *wait, int64_t slice, int was_woken)
{
    int64_t next = was_woken ? XIPCI_SLICE_FIRST_NS : slice * 2;

    return next < wait->slice_max ? next : wait->slice_max;
}

static xipc_status park(const xipci_wait *wait, xipc_deadline deadline)
{
    int64_t slice = next_slice(wait, 0, 1);
    int64_t left = XIPC_FOREVER; /* for which no clock is read */
    xipc_status status = XIPC_E_AGAIN;
    int was_woken;

    while (status == XIPC_E_AGAIN) {
        if (deadline != XIPC_FOREVER) {
            left = deadline - xipcos_clock_ns();
        }
        if (left <= 0) {
            status = wait->attempt(wait->context, 1);
            return status == XIPC_E_AGAIN ? XIPC_E_TIMEOUT : status;
        }
        status = sleep_once(wait, left < slice ? left : slice, &was_woken);
        slice = next_slice(wait, slice, was_woken);
    }
    return status;
}

xipc_status xipci_park_wait(const xipci_wait *wait, xipc_deadline deadline)
{
    xipc_status status = wait->attempt(wait->context, deadline == XIPC_NOW);

    if (status != XIPC_E_AGAIN || deadline == XIPC_NOW) {
        return status;
    }
    status = spin(wait);
    return status == XIPC_E_AGAIN ? park(wait, deadline) : status;
}

/* NULL: it did not end without what it was for, or that is said already. */
static const char *end_of(xipc_status status)
{
    switch (status) {
    case XIPC_E_AGAIN: return "";
    case XIPC_E_TIMEOUT: return " until the deadline";
    case XIPC_E_CANCELED: return ", and xipc_interrupt() ended the wait";
    case XIPC_E_CLOSED: return ", and the other side closed its handle";
    case XIPC_E_PEER_DIED: return ", and the other side died";
    default: return NULL;
    }
}

xipc_status xipci_park_result(
    const xipc_object *object, xipc_status status, const char *what)
{
    const char *end = end_of(status);

    return end ? xipci_refuse(status, object->kind, object->name, what, end)
               : status;
}
