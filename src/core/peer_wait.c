/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a receiver waits at its inbox. First it looks for a while (core/look.h),
 * then it puts up the guard and sleeps as core/park.h tells. The guard is that
 * of ring_wait.c, for many threads: whoever is the first to sleep puts it up
 * and makes every processor execute a fence, before he or anybody else goes to
 * sleep behind it; it comes down when nobody sleeps and a number of waits were
 * over without.
 */
#include "core/peer.h"
#include "core/waitable.h"
#include "os/os_barrier.h"

#define GUARD_SLEEP  UINT32_C(1)
#define GUARD_POLLER UINT32_C(2)

/* So many waits without sleep in a row show that senders are quick. */
#define WAKEFUL_WAITS 16

static uint32_t raise_guard(const xipci_inbox *inbox, uint32_t reason)
{
    return atomic_fetch_or_explicit(
        &inbox->head->guard, reason, memory_order_seq_cst);
}

/* ---- the guard ---- */

static void begin_sleep(xipc_peer *peer)
{
    const xipci_inbox *inbox = &peer->inbox;

    xipci_latch_take(&peer->guarding);
    peer->sleeper_count++;
    peer->wakeful = 0;
    if (inbox->shape.has_barrier && atomic_load(&peer->is_guarded) == 0) {
        raise_guard(inbox, GUARD_SLEEP);
        xipcos_barrier_all();
        atomic_store(&peer->is_guarded, 1);
    }
    xipci_latch_give(&peer->guarding);
}

static void end_sleep(xipc_peer *peer)
{
    xipci_latch_take(&peer->guarding);
    peer->sleeper_count--;
    xipci_latch_give(&peer->guarding);
}

/* After a wait without sleep. */
static void lower_guard(xipc_peer *peer)
{
    if (atomic_load_explicit(&peer->is_guarded, memory_order_relaxed) == 0) {
        return;
    }
    xipci_latch_take(&peer->guarding);
    if (peer->sleeper_count == 0 && ++peer->wakeful >= WAKEFUL_WAITS) {
        atomic_fetch_and_explicit(
            &peer->inbox.head->guard, ~GUARD_SLEEP, memory_order_relaxed);
        atomic_store(&peer->is_guarded, 0);
    }
    xipci_latch_give(&peer->guarding);
}

void xipci_inbox_tell(xipci_inbox *inbox)
{
    atomic_thread_fence(memory_order_seq_cst);
    /* They may wait for different senders. */
    xipcos_park_wake(&inbox->park, XIPCI_WAKE_ALL);
    xipci_watch_ring(&inbox->head->watch);
}

/* ---- waiting ---- */

typedef struct asleep {
    xipci_attempt *attempt;
    void *context;
    int sleep_count;
} asleep;

/* Only a slice of sleep that brought nothing is reason to ask the kernel. */
static xipc_status attempt_asleep(void *context, int is_thorough)
{
    asleep *self = context;

    if (is_thorough) {
        self->sleep_count++;
    }
    return self->attempt(self->context, is_thorough && self->sleep_count > 1);
}

xipc_status xipci_peer_wait(
    xipc_peer *peer,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline)
{
    asleep self = {attempt, context, 0};
    const xipci_wait wait = {
        &peer->object.is_interrupted, &peer->inbox.park, attempt_asleep, &self,
        XIPCI_SLICE_MAX_NS};
    xipc_status status = xipci_look(&peer->lookout, attempt, context, 1);

    if (status != XIPC_E_AGAIN) {
        lower_guard(peer);
        return status;
    }
    begin_sleep(peer);
    status = xipci_park_wait(&wait, deadline);
    end_sleep(peer);
    /* Who has hardly time to sleep is told of what costs more than a look. */
    if (status == XIPC_E_TIMEOUT && self.sleep_count <= 1) {
        status = attempt(context, 1);
        status = status == XIPC_E_AGAIN ? XIPC_E_TIMEOUT : status;
    }
    return status;
}

/* ---- pollers ---- */

/* With the process's lock, so it waits for no latch: whoever has it is faster
 * if something is there. */
static uint32_t look(xipc_object *object)
{
    xipc_peer *peer = (xipc_peer *)object;
    int has_mail = 1;

    if (xipci_latch_try(&peer->receiving)) {
        has_mail = xipci_peer_has_mail(peer);
        xipci_latch_give(&peer->receiving);
    }
    return has_mail ? XIPC_READABLE : 0;
}

static xipci_watch *watch_of(xipc_object *object)
{
    return &((xipc_peer *)object)->inbox.head->watch;
}

static void prepare(xipc_object *object)
{
    const xipc_peer *peer = (const xipc_peer *)object;

    if ((raise_guard(&peer->inbox, GUARD_POLLER) & GUARD_POLLER) == 0 &&
        peer->inbox.shape.has_barrier) {
        xipcos_barrier_all();
    }
}

const xipci_waitable xipci_peer_waitable = {
    XIPC_READABLE, look, watch_of, prepare, NULL};
