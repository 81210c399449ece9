/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a thread waits for what another process does, whatever it is.
 *
 * Beside the shared words that say what is the case (a count, an owner), an
 * object has a spot to sleep at (os/os_park.h):
 *
 *     waiter                               waker
 *     1  enter                             1  change the words
 *     2  look at the words; done?          2  wake, if anybody has entered
 *     3  sleep, for a slice at most
 *     4  leave, and look again
 *
 * Why no wake-up is lost: 1 and 2 on either side are sequentially consistent.
 * So either the waiter's look comes after the change and sees it, or the
 * waker's wake comes after the enter, and then the sleep does not begin, or
 * ends.
 *
 * What death does: a waker that dies between 1 and 2 wakes nobody; a waiter
 * that dies after it was woken keeps the wake-up from others. So nobody sleeps
 * longer than a slice before it looks again: 10 ms at first, then twice that
 * and so on up to the wait's longest slice while nothing happens. That bounds
 * what a death can cost, and nothing else does: no process watches another.
 *
 * The model of it is park.pml.
 */
#ifndef XIPC_CORE_PARK_H
#define XIPC_CORE_PARK_H

#include "core/object.h"
#include "os/os_park.h"

#define XIPCI_SLICE_FIRST_NS 10000000
#define XIPCI_SLICE_MAX_NS   200000000

#define XIPCI_WAKE_ALL UINT32_MAX

/*
 * One look at the words, which takes what it finds: XIPC_E_AGAIN if the caller
 * has to wait, else the wait's result. Records no fault for XIPC_E_AGAIN.
 *
 * `is_thorough` before sleeping, and with XIPC_NOW: the time for what costs
 * more than a look. What of the words decides about waiting is read, and by
 * wakers written, with sequential consistency.
 */
typedef xipc_status xipci_attempt(void *context, int is_thorough);

typedef struct xipci_wait {
    const atomic_int *is_interrupted; /* not 0 ends it; NULL: nothing does */
    xipcos_park *park;
    xipci_attempt *attempt;
    void *context;
    int64_t slice_max; /* nanoseconds of the longest sleep */
} xipci_wait;

/*
 * Makes attempts, sleeping between them, until one does not say XIPC_E_AGAIN.
 * Then what it said, or without having taken anything:
 *
 * XIPC_E_AGAIN     `deadline` is XIPC_NOW
 * XIPC_E_TIMEOUT   `deadline` has passed
 * XIPC_E_CANCELED  it was interrupted
 *
 * Leaves the fault of these three to the caller.
 */
xipc_status xipci_park_wait(const xipci_wait *wait, xipc_deadline deadline);

/*
 * What a waiting call returns: `status`, and where that is one of the three, or
 * XIPC_E_CLOSED or XIPC_E_PEER_DIED, a fault that says `what` it waited for
 * ("there was no room") and how the wait ended.
 */
xipc_status xipci_park_result(
    const xipc_object *object, xipc_status status, const char *what);

#endif
