/* SPDX-License-Identifier: Apache-2.0 */
/* The exit of a mailbox: from the circle `sent` into a list for each priority,
 * and from there to receivers, or back. */
#include "core/failure.h"
#include "core/mailbox.h"
#include "core/waitable.h"
#include "os/os_clock.h"

/* How often it is asked whether a receiver died, where nobody waits in vain. */
#define REAP_EVERY_NS 100000000

xipc_status xipci_box_enter_receivers(
    xipc_mailbox *box, int is_asked, xipc_deadline deadline)
{
    int is_inherited;
    xipc_status status = xipci_lock_take(
        &box->receivers, is_asked ? &box->object : NULL, deadline,
        &is_inherited);

    if (status == XIPC_OK && is_inherited) {
        status = xipci_box_repair_receivers(box);
        if (status != XIPC_OK) {
            xipci_lock_give(&box->receivers);
        }
    }
    return status;
}

void xipci_box_tell_receivers(xipc_mailbox *box)
{
    xipcos_park_wake(&box->readable, 1);
    xipci_watch_ring(&box->head->watch);
}

/* ---- lists; with the lock ---- */

/* `more` may be one less. Both are read by those who decide about waiting;
 * what they see is ordered by the exchange that gives the lock (core/lock.h).
 */
static void add_queued(xipc_mailbox *box, uint32_t more)
{
    _Atomic uint32_t *queued = &box->head->receivers.queued;

    xipci_set32(queued, xipci_get32(queued) + more);
}

static void add_gone(xipc_mailbox *box, uint64_t more)
{
    _Atomic uint64_t *gone = &box->head->receivers.gone;

    xipci_set64(gone, xipci_get64(gone) + more);
}

void xipci_box_enqueue(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t priority = xipci_box_priority(block);
    uint32_t used = xipci_get32(&at->used);
    xipci_box_block *last = NULL;

    xipci_set32(&block->link, XIPCI_BOX_NIL);
    if ((used >> priority & 1) != 0) {
        last = xipci_box_at(box, xipci_get32(&at->tails[priority]));
    }
    if (last) {
        xipci_set32(&last->link, number);
    } else {
        xipci_set32(&at->heads[priority], number);
        xipci_set32(&at->used, used | UINT32_C(1) << priority);
    }
    xipci_set32(&at->tails[priority], number);
}

xipc_status xipci_box_move(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;

    /* Before the entries: what comes later makes it move again. Acquire: whose
       number is seen, his entry is. */
    xipci_set32(
        &at->raised,
        atomic_load_explicit(&box->head->raised, memory_order_acquire));
    for (uint32_t round = 0; round <= box->entry_mask; round++) {
        uint64_t position = xipci_get64(&at->at);
        _Atomic uint32_t *entry = &box->sent[position & box->entry_mask];
        /* Acquire: with the number comes the block. And sequentially
           consistent: it may decide about waiting. */
        uint32_t number = atomic_load_explicit(entry, memory_order_seq_cst);
        xipci_box_block *block = number ? xipci_box_at(box, number - 1) : NULL;

        if (number == 0) {
            return XIPC_OK;
        }
        if (!block ||
            xipci_box_word(block) != xipci_box_of(XIPCI_BOX_SENT, 0)) {
            return xipci_box_corrupt(box);
        }
        xipci_box_fetch_ahead(box, box->sent, position);
        xipci_box_set(block, XIPCI_BOX_QUEUED, 0);
        xipci_box_enqueue(box, block, number - 1);
        add_queued(box, 1);
        atomic_store_explicit(entry, 0, memory_order_release);
        xipci_set64(&at->at, position + 1);
    }
    return XIPC_OK;
}

int xipci_box_must_move(const xipc_mailbox *box)
{
    const xipci_box_receivers *at = &box->head->receivers;

    return xipci_get32(&at->queued) == 0 ||
           xipci_get32(&at->raised) !=
               atomic_load_explicit(&box->head->raised, memory_order_acquire);
}

static xipc_status head_of(
    xipc_mailbox *box,
    uint32_t priority,
    uint32_t *number_out,
    xipci_box_block **block_out)
{
    uint32_t number = xipci_get32(&box->head->receivers.heads[priority]);
    xipci_box_block *block = xipci_box_at(box, number);

    if (!block || xipci_box_word(block) != xipci_box_of(XIPCI_BOX_QUEUED, 0) ||
        xipci_box_priority(block) != priority) {
        return xipci_box_corrupt(box);
    }
    *number_out = number;
    *block_out = block;
    return XIPC_OK;
}

static uint32_t highest(uint32_t used)
{
    uint32_t priority = 0;

    for (uint32_t step = 16; step > 0; step /= 2) {
        if (used >> step != 0) {
            used >>= step;
            priority += step;
        }
    }
    return priority;
}

xipc_status xipci_box_first(
    xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out)
{
    uint32_t used = xipci_get32(&box->head->receivers.used);

    return used == 0 ? XIPC_E_AGAIN
                     : head_of(box, highest(used), number_out, block_out);
}

void xipci_box_unlink_first(
    xipc_mailbox *box, const xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t priority = xipci_box_priority(block);

    if (xipci_get32(&at->tails[priority]) == number) {
        xipci_set32(
            &at->used, xipci_get32(&at->used) & ~(UINT32_C(1) << priority));
    } else {
        xipci_set32(&at->heads[priority], xipci_get32(&block->link));
    }
    add_queued(box, UINT32_MAX);
    add_gone(box, 1);
}

/* The last one in its list with a lower number; NULL: it would be the first. */
static xipci_box_block *find_before(
    xipc_mailbox *box, const xipci_box_block *block, uint32_t *number_out)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t priority = xipci_box_priority(block);
    uint64_t sequence = xipci_get64(&block->sequence);
    uint32_t left = xipci_get32(&at->queued);
    uint32_t number = xipci_get32(&at->heads[priority]);
    xipci_box_block *before = NULL;

    if ((xipci_get32(&at->used) >> priority & 1) == 0) {
        return NULL;
    }
    for (; left > 0; left--) {
        xipci_box_block *next = xipci_box_at(box, number);

        if (!next || xipci_get64(&next->sequence) >= sequence) {
            break;
        }
        before = next;
        *number_out = number;
        number = xipci_get32(&next->link);
    }
    return before;
}

void xipci_box_put_back(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t priority = xipci_box_priority(block);
    uint32_t previous = XIPCI_BOX_NIL;
    xipci_box_block *before;

    xipci_set64(&block->returned, 0); /* somebody may have begun to */
    xipci_box_set(block, XIPCI_BOX_QUEUED, 0);
    before = find_before(box, block, &previous);
    if ((xipci_get32(&at->used) >> priority & 1) == 0 ||
        (before && xipci_get32(&at->tails[priority]) == previous)) {
        xipci_box_enqueue(box, block, number);
    } else if (before) {
        xipci_set32(&block->link, xipci_get32(&before->link));
        xipci_set32(&before->link, number);
    } else {
        xipci_set32(&block->link, xipci_get32(&at->heads[priority]));
        xipci_set32(&at->heads[priority], number);
    }
    add_queued(box, 1);
    add_gone(box, UINT64_MAX);
}

static xipc_status
unlink_any(xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t priority = xipci_box_priority(block);
    uint32_t previous = XIPCI_BOX_NIL;
    xipci_box_block *before;

    if ((xipci_get32(&at->used) >> priority & 1) != 0 &&
        xipci_get32(&at->heads[priority]) == number) {
        xipci_box_unlink_first(box, block, number);
        return XIPC_OK;
    }
    before = find_before(box, block, &previous);
    if (!before || xipci_get32(&before->link) != number) {
        return xipci_box_corrupt(box);
    }
    xipci_set32(&before->link, xipci_get32(&block->link));
    if (xipci_get32(&at->tails[priority]) == number) {
        xipci_set32(&at->tails[priority], previous);
    }
    add_queued(box, UINT32_MAX);
    add_gone(box, 1);
    return XIPC_OK;
}

xipc_status
xipci_box_send_back(xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint64_t position = xipci_get64(&at->finished);
    _Atomic uint32_t *entry = &box->returned[position & box->entry_mask];

    if (atomic_load_explicit(entry, memory_order_acquire) != 0) {
        return XIPC_E_AGAIN;
    }
    xipci_set64(&block->returned, position + 1);
    xipci_box_set(block, XIPCI_BOX_RETURNED, 0);
    atomic_store_explicit(entry, number + 1, memory_order_release);
    xipci_set64(&at->finished, position + 1);
    return XIPC_OK;
}

/* ---- what senders do here ---- */

static xipc_status drop_first(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t used = xipci_get32(&at->used);
    uint32_t number = XIPCI_BOX_NIL;
    xipci_box_block *block = NULL;
    xipc_status status;

    if (used == 0) {
        return XIPC_E_AGAIN;
    }
    status = head_of(box, highest(used & (~used + 1)), &number, &block);
    if (status == XIPC_OK) {
        /* As one who takes it and has done with it at once. A circle of a
           bounded box has room for all its blocks. */
        xipci_set64(&at->dropped, xipci_get64(&at->dropped) + 1);
        xipci_box_mark(block, XIPCI_BOX_DROPPED);
        xipci_box_set(block, XIPCI_BOX_DONE, box->member);
        xipci_box_unlink_first(box, block, number);
        status = xipci_box_send_back(box, block, number);
    }
    return status == XIPC_E_AGAIN ? xipci_box_corrupt(box) : status;
}

xipc_status xipci_box_empty(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;
    xipc_status status = xipci_box_move(box);

    /* Each one, and once more to find none. */
    for (uint32_t round = 0; status == XIPC_OK && round <= box->count_max;
         round++) {
        uint64_t back = xipci_get64(&at->finished) & box->entry_mask;

        status = atomic_load_explicit(
                     &box->returned[back], memory_order_acquire) != 0
                     ? XIPC_E_BUSY
                     : drop_first(box);
    }
    if (status == XIPC_OK) {
        return xipci_box_corrupt(box);
    }
    return status == XIPC_E_AGAIN ? XIPC_OK : status;
}

xipc_status xipci_box_drop(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_status status = xipci_box_enter_receivers(box, 1, deadline);

    if (status == XIPC_OK) {
        status = xipci_box_move(box);
        /* Whoever died dropping one may have left the room. */
        if (status == XIPC_OK) {
            status =
                xipci_box_looks_free(box, 1) ? XIPC_E_AGAIN : drop_first(box);
        }
        xipci_lock_give(&box->receivers);
    }
    return status;
}

static xipc_status take_back(xipci_reserving *call)
{
    xipc_mailbox *box = call->box;
    xipci_box_block *block = call->block;
    xipc_status status = xipci_box_move(box);

    if (status != XIPC_OK) {
        return status;
    }
    if (xipci_box_word(block) != xipci_box_of(XIPCI_BOX_QUEUED, 0) ||
        xipci_get64(&block->sequence) != call->sequence ||
        xipci_box_is_redelivered(block)) {
        return XIPC_E_AGAIN;
    }
    status = unlink_any(box, block, call->number);
    if (status == XIPC_OK) {
        xipci_set64(&block->returned, 0); /* somebody may have begun to */
        xipci_box_hold(
            box, block,
            call->is_claimed ? XIPCI_BOX_RESERVED : XIPCI_BOX_SPARE);
    }
    return status;
}

xipc_status xipci_box_take_back(xipci_reserving *call)
{
    xipc_mailbox *box = call->box;
    xipc_status status =
        xipci_box_enter_receivers(box, 0, xipci_box_patience());

    if (status == XIPC_OK) {
        status = take_back(call);
        xipci_lock_give(&box->receivers);
    }
    return status;
}

/* ---- pollers ---- */

int xipci_box_looks_ready(const xipc_mailbox *box)
{
    const xipci_box_receivers *at = &box->head->receivers;
    uint64_t position = atomic_load_explicit(&at->at, memory_order_seq_cst);

    return atomic_load_explicit(&at->queued, memory_order_seq_cst) > 0 ||
           atomic_load_explicit(
               &box->sent[position & box->entry_mask], memory_order_seq_cst) !=
               0;
}

int xipci_box_is_time_to_reap(xipc_mailbox *box)
{
    int64_t now = xipcos_clock_ns();

    if (now - atomic_load_explicit(&box->reaped_at, memory_order_relaxed) <
        REAP_EVERY_NS) {
        return 0;
    }
    atomic_store_explicit(&box->reaped_at, now, memory_order_relaxed);
    return 1;
}

/* What the dead had in their hands, or left half-way. */
static void look_for_dead(xipc_mailbox *box)
{
    xipc_status status;

    if (!xipci_box_is_time_to_reap(box)) {
        return;
    }
    status = xipci_box_enter_receivers(box, 0, XIPC_NOW);
    if (status == XIPC_OK) {
        status = xipci_box_reap_receivers(box);
        xipci_lock_give(&box->receivers);
    }
    if (status == XIPC_OK) {
        status = xipci_box_enter_senders(box, 0, XIPC_NOW);
    }
    if (status == XIPC_OK) {
        status = xipci_box_reap_senders(box);
        xipci_lock_give(&box->senders);
    }
    (void)status; /* a call on the box will be told */
}

static uint32_t look_at(const xipc_mailbox *box)
{
    uint32_t events = xipci_box_looks_ready(box) ? XIPC_READABLE : 0;

    if (box->capacity != 0 && xipci_box_looks_roomy(box)) {
        events |= XIPC_WRITABLE;
    }
    return events;
}

static uint32_t look(xipc_object *object)
{
    xipc_mailbox *box = (xipc_mailbox *)object;
    uint32_t events;

    if (xipci_box_ask_owner(box, 1) != XIPC_OK) {
        return XIPC_READABLE | XIPC_WRITABLE | XIPC_HUNG_UP;
    }
    events = look_at(box);
    if (events != (XIPC_READABLE | XIPC_WRITABLE)) {
        look_for_dead(box);
        events = look_at(box);
    }
    return events;
}

static xipci_watch *watch_of(xipc_object *object)
{
    return &((xipc_mailbox *)object)->head->watch;
}

const xipci_waitable xipci_box_waitable = {
    XIPC_READABLE | XIPC_WRITABLE, look, watch_of, NULL, NULL};
