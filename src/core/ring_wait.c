/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a side of a ring waits for the other one.
 *
 * Whoever only looks (XIPC_RING_SPIN) needs nobody to wake him. Else a side
 * sleeps at its own end of the ring as core/park.h tells, and the other one
 * looks there after each change, to wake it:
 *
 *     side that waits                      the other one
 *     1  puts up the guard                 1  changes the words
 *     2  enters, looks, sleeps             2  guard up? fence, look who sleeps
 *
 * That fence costs as much as the message: it waits until the message has gone
 * over to the other processor. So it is left out while the guard is down. Then
 * nothing orders 1 and 2 on the right, and who puts up the guard makes up for
 * that: between 1 and 2 on the left, once, it makes every processor execute a
 * fence (os/os_barrier.h). Whoever has not seen the guard by then has made his
 * change before, and the look sees it. The guard stays up while sleeping goes
 * on, and comes down after a number of waits that were over without sleep.
 * Where there are no such barriers it is always up, for pollers it stays up
 * too.
 *
 * Before it sleeps an adaptive side looks for a while (core/look.h).
 *
 * A side that waits learns of the other one's end in order from a word; of its
 * death from the kernel, asked each time a slice of sleep has brought nothing.
 */
#include "core/failure.h"
#include "core/look.h"
#include "core/ring.h"
#include "os/os_barrier.h"
#include "os/os_clock.h"
#include "os/os_member.h"
#include "os/os_thread.h"

/* Between looks at the clock, of one who only looks; and so many of these
 * between questions to the kernel. */
#define SPIN_TURNS 1024
#define ASK_EVERY  16

/* To look at the consumer's line takes it away from him: not too often. */
#define PRODUCER_PAUSES 16

/* Consecutive refusals after which the kernel is asked, and so on. */
#define REFUSALS_FIRST 4
#define REFUSALS_EVERY 16

/* So many waits without sleep in a row show that the two are quick. */
#define WAKEFUL_WAITS 16

/* Why the guard is up. */
#define GUARD_SLEEP  UINT32_C(1)
#define GUARD_POLLER UINT32_C(2)

static _Atomic uint32_t *peer_word(const xipc_ring *ring)
{
    return ring->role == XIPC_RING_PRODUCER ? &ring->head->consumer
                                            : &ring->head->producer;
}

xipc_status xipci_ring_peer(const xipc_ring *ring, int is_thorough)
{
    uint32_t peer = atomic_load_explicit(peer_word(ring), memory_order_seq_cst);

    if (peer == 0) {
        return XIPC_OK;
    }
    if ((peer & XIPCI_RING_LEFT) != 0) {
        return XIPC_E_CLOSED;
    }
    return !is_thorough || xipcos_member_lives(ring->stand.native, peer)
               ? XIPC_OK
               : XIPC_E_PEER_DIED;
}

void xipci_ring_wake_peer(xipc_ring *ring)
{
    xipcos_park_wake(&ring->peer_park, 1);
    xipci_watch_ring(&ring->peer_end->watch);
}

/* The same for this side's own pollers, after a change of what is private. */
void xipci_ring_wake_own(xipc_ring *ring)
{
    atomic_thread_fence(memory_order_seq_cst);
    xipci_watch_ring(&ring->own_end->watch);
}

/* ---- the guard ---- */

static uint32_t guard_for(xipc_ring *ring, uint32_t reason)
{
    return atomic_fetch_or_explicit(
        &ring->own_end->guard, reason, memory_order_seq_cst);
}

/* The last one who had this side may have left it. */
void xipci_ring_begin_waits(xipc_ring *ring)
{
    ring->is_guarded = !ring->has_barrier;
    atomic_store_explicit(
        &ring->own_end->guard, ring->is_guarded ? GUARD_SLEEP : 0,
        memory_order_seq_cst);
}

static void guard(xipc_ring *ring)
{
    if (!ring->is_guarded) {
        guard_for(ring, GUARD_SLEEP);
        xipcos_barrier_all();
        ring->is_guarded = 1;
    }
    ring->wakeful = 0;
}

/* After a wait without sleep. */
static void unguard(xipc_ring *ring)
{
    if (ring->has_barrier && ring->is_guarded &&
        ++ring->wakeful == WAKEFUL_WAITS) {
        atomic_fetch_and_explicit(
            &ring->own_end->guard, ~GUARD_SLEEP, memory_order_relaxed);
        ring->is_guarded = 0;
    }
}

void xipci_ring_prepare(xipc_object *object)
{
    xipc_ring *ring = (xipc_ring *)object;

    if ((guard_for(ring, GUARD_POLLER) & GUARD_POLLER) == 0 &&
        ring->has_barrier) {
        xipcos_barrier_all();
    }
}

/* ---- looking ---- */

typedef struct ring_wait {
    xipc_ring *ring;
    xipci_attempt *attempt;
    void *context;
    int sleep_count;
} ring_wait;

static int is_interrupted(const xipc_ring *ring)
{
    return atomic_load_explicit(ring->interrupted, memory_order_seq_cst) != 0;
}

/* Turns between looks. */
static int step_of(const xipc_ring *ring)
{
    return ring->role == XIPC_RING_PRODUCER ? PRODUCER_PAUSES : 1;
}

static xipc_status look_for_long(const ring_wait *wait)
{
    return xipci_look_pausing(
        wait->attempt, wait->context, SPIN_TURNS, step_of(wait->ring));
}

/* XIPC_RING_SPIN. */
static xipc_status look_on(const ring_wait *wait, xipc_deadline deadline)
{
    xipc_status status = look_for_long(wait);

    for (unsigned round = 1; status == XIPC_E_AGAIN; round++) {
        if (is_interrupted(wait->ring)) {
            return XIPC_E_CANCELED;
        }
        if (deadline != XIPC_FOREVER && xipcos_clock_ns() >= deadline) {
            status = wait->attempt(wait->context, 1);
            return status == XIPC_E_AGAIN ? XIPC_E_TIMEOUT : status;
        }
        xipcos_thread_yield(); /* the other side may need this processor */
        status = wait->attempt(wait->context, round % ASK_EVERY == 0);
        if (status == XIPC_E_AGAIN) {
            status = look_for_long(wait);
        }
    }
    return status;
}

/* ---- sleeping ---- */

/* Only a slice of sleep that brought nothing is reason to ask the kernel. */
static xipc_status attempt_asleep(void *context, int is_thorough)
{
    ring_wait *wait = context;

    if (is_thorough) {
        wait->sleep_count++;
    }
    return wait->attempt(wait->context, is_thorough && wait->sleep_count > 1);
}

/* Who has hardly time to sleep is told of what costs more than a look too. */
static xipc_status sleep_on(ring_wait *wait, xipc_deadline deadline)
{
    const xipci_wait park = {
        wait->ring->interrupted, &wait->ring->own_park, attempt_asleep, wait,
        XIPCI_SLICE_MAX_NS};
    xipc_status status;

    guard(wait->ring);
    status = xipci_park_wait(&park, deadline);
    if (status == XIPC_E_TIMEOUT && wait->sleep_count <= 1) {
        status = wait->attempt(wait->context, 1);
        status = status == XIPC_E_AGAIN ? XIPC_E_TIMEOUT : status;
    }
    return status;
}

static xipc_status wait_on(ring_wait *wait, xipc_deadline deadline)
{
    xipc_ring *ring = wait->ring;
    xipc_status status = XIPC_E_AGAIN;

    if (ring->wait == XIPC_RING_SPIN) {
        return look_on(wait, deadline);
    }
    if (ring->wait == XIPC_RING_ADAPTIVE) {
        status = xipci_look(
            &ring->lookout, wait->attempt, wait->context, step_of(ring));
    }
    if (status == XIPC_E_AGAIN) {
        return sleep_on(wait, deadline);
    }
    unguard(ring);
    return status;
}

/* One who never waits is told of a death too, if not at once. */
static xipc_status refuse(const ring_wait *wait)
{
    uint32_t count = ++wait->ring->refusals;

    if (count <= REFUSALS_FIRST || count % REFUSALS_EVERY == 0) {
        return wait->attempt(wait->context, 1);
    }
    return wait->attempt(wait->context, 0);
}

xipc_status xipci_ring_wait(
    xipc_ring *ring,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline,
    const char *what)
{
    ring_wait wait = {ring, attempt, context, 0};
    xipc_status status =
        deadline == XIPC_NOW ? refuse(&wait) : wait_on(&wait, deadline);

    if (status == XIPC_OK) {
        ring->refusals = 0;
    }
    return xipci_park_result(&ring->object, status, what);
}

/* ---- somebody to talk to ---- */

static xipc_status find_peer(void *context, int is_thorough)
{
    const xipc_ring *ring = context;
    uint32_t peer = atomic_load_explicit(peer_word(ring), memory_order_seq_cst);

    (void)is_thorough;
    return peer != 0 && xipci_ring_peer(ring, 1) == XIPC_OK ? XIPC_OK
                                                            : XIPC_E_AGAIN;
}

/* Who waits for one who has left is told what to do instead. */
static const char *why_nobody(const xipc_ring *ring)
{
    if (xipci_ring_peer(ring, 0) != XIPC_E_CLOSED) {
        return "nobody was the other side";
    }
    return ring->role == XIPC_RING_PRODUCER
               ? "the consumer has closed it, and nobody took its place"
               : "receive what the producer sent: it has closed it, and nobody "
                 "took its place";
}

static xipc_status wait_peer(xipc_ring *ring, xipc_deadline deadline)
{
    xipci_wait wait = {.attempt = find_peer, .slice_max = XIPCI_SLICE_MAX_NS};
    xipc_status status;

    if (!ring) {
        return xipci_invalid("the ring is NULL");
    }
    status = xipci_object_check(&ring->object);
    if (status != XIPC_OK) {
        return status;
    }
    wait.is_interrupted = &ring->object.is_interrupted;
    wait.park = &ring->own_park;
    wait.context = ring;
    status = xipci_park_wait(&wait, deadline);
    return status == XIPC_OK
               ? status
               : xipci_park_result(&ring->object, status, why_nobody(ring));
}

xipc_status xipc_ring_wait_peer(xipc_ring *ring, xipc_deadline deadline)
{
    return xipci_answer(wait_peer(ring, deadline));
}
