/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entrance of a mailbox: room for a message.
 *
 * While it only looks, a sender waits for room for some messages more, so that
 * it does not need to look again after each. Before it sleeps, and when it is
 * woken, any will do.
 */
#include "core/failure.h"
#include "core/mailbox.h"
#include "os/os_clock.h"

/* Of its capacity. */
#define ROOM_SHARE 8

/* Blocks that senders keep at most; a box has more than that to spare. */
#define SPARE_MAX 3

/* Looks for a message to drop, when there was none. */
#define DROPS_IN_VAIN 100

xipc_status
xipci_box_enter_senders(xipc_mailbox *box, int is_asked, xipc_deadline deadline)
{
    int is_inherited;
    xipc_status status = xipci_lock_take(
        &box->senders, is_asked ? &box->object : NULL, deadline, &is_inherited);

    if (status == XIPC_OK && is_inherited) {
        status = xipci_box_repair_senders(box);
        if (status != XIPC_OK) {
            xipci_lock_give(&box->senders);
        }
    }
    return status;
}

/* Of those who wait some want a block, some room: where blocks are short, all
 * have to look. */
void xipci_box_tell_senders(xipc_mailbox *box)
{
    xipcos_park_wake(
        &box->room, xipci_get32(&box->head->starved) != 0 ? XIPCI_WAKE_ALL : 1);
    xipci_watch_ring(&box->head->watch);
}

static int is_counted(const xipc_mailbox *box)
{
    return box->capacity != 0 && box->capacity != XIPC_UNBOUNDED;
}

/* A message may be taken before its sender has counted it. */
static uint64_t messages(const xipc_mailbox *box)
{
    uint64_t gone =
        atomic_load_explicit(&box->head->receivers.gone, memory_order_seq_cst);
    uint64_t tail =
        atomic_load_explicit(&box->head->senders.tail, memory_order_seq_cst);

    return tail > gone ? tail - gone : 0;
}

/* With the lock: whether one more is not above the capacity. */
static int has_room(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    uint64_t used;

    if (!is_counted(box) || xipci_get32(&at->credit) > 0) {
        return 1;
    }
    used = messages(box) + xipci_get32(&at->reserved);
    if (used >= box->capacity) {
        return 0;
    }
    xipci_set32(&at->credit, box->capacity - (uint32_t)used);
    return 1;
}

static void use_room(xipc_mailbox *box)
{
    if (is_counted(box)) {
        xipci_set32(
            &box->head->senders.credit,
            xipci_get32(&box->head->senders.credit) - 1);
    }
}

/* ---- looking, without the lock ---- */

int xipci_box_looks_free(const xipc_mailbox *box, uint32_t share)
{
    const xipci_box_senders *at = &box->head->senders;

    return !is_counted(box) || xipci_get32(&at->credit) > 0 ||
           messages(box) + xipci_get32(&at->reserved) + share <= box->capacity;
}

static int has_blocks(const xipc_mailbox *box)
{
    const xipci_box_senders *at = &box->head->senders;
    uint64_t back = xipci_get64(&at->absorbed) & box->entry_mask;

    return box->capacity == XIPC_UNBOUNDED ||
           xipci_get32(&at->free) != XIPCI_BOX_NIL ||
           xipci_get32(&at->fresh) < xipci_get32(&at->count) ||
           atomic_load_explicit(&box->returned[back], memory_order_seq_cst) !=
               0;
}

int xipci_box_looks_roomy(const xipc_mailbox *box)
{
    return xipci_box_looks_free(box, 1) && has_blocks(box);
}

static uint32_t share_of(const xipc_mailbox *box)
{
    return box->capacity / ROOM_SHARE + 1;
}

/* ---- blocks in hand ---- */

/* With the lock: a free one becomes this handle's. */
static xipc_status
get_spare(xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out)
{
    xipci_box_senders *at = &box->head->senders;
    xipc_status status = xipci_box_find_free(box, number_out, block_out);

    if (status == XIPC_OK) {
        xipci_box_hold(box, *block_out, XIPCI_BOX_SPARE);
        xipci_set32(&at->spare, xipci_get32(&at->spare) + 1);
    }
    return status;
}

/* With the lock. */
static void
put_spare(xipc_mailbox *box, uint32_t number, xipci_box_block *block)
{
    xipci_box_senders *at = &box->head->senders;

    xipci_box_set(block, XIPCI_BOX_FREE, 0);
    xipci_box_push_free(box, block, number);
    xipci_box_count_less(&at->spare);
}

/* The one that this handle keeps for its next message. */
static int keep(xipc_mailbox *box, uint32_t number)
{
    uint32_t none = XIPCI_BOX_NIL;

    return atomic_compare_exchange_strong_explicit(
        &box->kept, &none, number, memory_order_acq_rel, memory_order_relaxed);
}

static void fetch(xipc_mailbox *box, uint32_t number)
{
    if (number < xipci_get32(&box->known_count)) {
        xipci_box_fetch(box, number);
    }
}

/* With the lock: one for the next message, while it costs nothing. */
static void keep_next(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    xipci_box_block *block;
    uint32_t number;

    if (xipci_get32(&box->kept) != XIPCI_BOX_NIL ||
        xipci_get32(&at->spare) >= SPARE_MAX ||
        (xipci_get32(&at->free) == XIPCI_BOX_NIL &&
         xipci_get32(&at->fresh) >= xipci_get32(&at->count))) {
        return;
    }
    /* Where an unbounded box grew it has to become empty to shrink. */
    if (get_spare(box, &number, &block) != XIPC_OK) {
        return;
    }
    if (number >= box->first_count || !keep(box, number)) {
        put_spare(box, number, block);
    } else {
        fetch(box, number);
        fetch(box, xipci_get32(&at->free)); /* the one after it */
    }
}

static int take_kept(xipci_reserving *call)
{
    uint32_t number = xipci_get32(&call->box->kept);

    if (number == XIPCI_BOX_NIL) {
        return 0;
    }
    number = atomic_exchange_explicit(
        &call->box->kept, XIPCI_BOX_NIL, memory_order_acq_rel);
    call->number = number;
    call->block = xipci_box_at(call->box, number);
    return number != XIPCI_BOX_NIL && call->block;
}

void xipci_box_let_go(xipci_reserving *call)
{
    if ((call->number < call->box->first_count &&
         keep(call->box, call->number)) ||
        xipci_box_enter_senders(call->box, 0, xipci_box_patience()) !=
            XIPC_OK) {
        return;
    }
    put_spare(call->box, call->number, call->block);
    xipci_lock_give(&call->box->senders);
    xipci_box_tell_senders(call->box);
}

void xipci_box_let_kept_go(xipc_mailbox *box)
{
    xipci_reserving call = {.box = box};

    if (take_kept(&call) &&
        xipci_box_enter_senders(box, 0, xipci_box_patience()) == XIPC_OK) {
        put_spare(box, call.number, call.block);
        xipci_lock_give(&box->senders);
        xipci_box_tell_senders(box);
    }
}

/* ---- waiting for it ---- */

/* With the lock: XIPC_E_AGAIN if it cannot be done now. */
typedef xipc_status room_step(xipci_reserving *call);

static xipc_status step_obtain(xipci_reserving *call)
{
    if (call->box->overflow != XIPC_OVERFLOW_DROP_OLDEST &&
        !has_room(call->box)) {
        return XIPC_E_AGAIN;
    }
    return get_spare(call->box, &call->number, &call->block);
}

static xipc_status step_reserve(xipci_reserving *call)
{
    xipci_box_senders *at = &call->box->head->senders;
    xipc_status status = XIPC_E_AGAIN;

    if (!has_room(call->box)) {
        return XIPC_E_AGAIN;
    }
    if (take_kept(call)) {
        xipci_box_count_less(&at->spare);
        status = XIPC_OK;
    } else {
        status = xipci_box_find_free(call->box, &call->number, &call->block);
    }
    if (status == XIPC_OK) {
        xipci_box_hold(call->box, call->block, XIPCI_BOX_RESERVED);
        xipci_set32(&at->reserved, xipci_get32(&at->reserved) + 1);
        use_room(call->box);
    }
    return status;
}

/* The number, the state, the entry, the end: see mailbox.h. */
static void put(xipci_reserving *call, uint64_t tail)
{
    xipc_mailbox *box = call->box;

    xipci_set64(&call->block->sequence, tail + 1);
    xipci_box_set(call->block, XIPCI_BOX_SENT, 0);
    atomic_store_explicit(
        &box->sent[tail & box->entry_mask], call->number + 1,
        memory_order_release);
    if (xipci_box_priority(call->block) > 0) {
        xipci_box_raise(box);
    }
    xipci_set64(&box->head->senders.tail, tail + 1);
    call->sequence = tail + 1;
}

/* With the lock: two threads may have been at it. */
static int is_reserved(const xipci_reserving *call)
{
    return xipci_box_word(call->block) ==
           xipci_box_of(XIPCI_BOX_RESERVED, call->box->member);
}

/* XIPC_E_BUSY: the circle has no entry for it. */
static xipc_status step_post(xipci_reserving *call)
{
    xipc_mailbox *box = call->box;
    xipci_box_senders *at = &box->head->senders;
    uint64_t tail = xipci_get64(&at->tail);

    if (xipci_box_is_over(box)) {
        return xipci_box_over(box);
    }
    if (call->is_claimed && !is_reserved(call)) {
        return xipci_box_fail(
            box, XIPC_E_INVALID, "nothing is reserved at that address");
    }
    if (!call->is_claimed && !has_room(box)) {
        return XIPC_E_AGAIN;
    }
    if (atomic_load_explicit(
            &box->sent[tail & box->entry_mask], memory_order_acquire) != 0) {
        return XIPC_E_BUSY;
    }
    put(call, tail);
    if (call->is_claimed) {
        xipci_box_count_less(&at->reserved);
    } else {
        xipci_box_count_less(&at->spare);
        use_room(box);
    }
    keep_next(box);
    return XIPC_OK;
}

/* There may be no receiver left who empties the circle; or, `is_thorough`, who
 * puts in order what the dead left there. */
static xipc_status look_after_exit(xipci_reserving *call, int is_thorough)
{
    xipc_mailbox *box = call->box;
    xipc_status status = xipci_box_enter_receivers(box, 1, call->deadline);

    if (status == XIPC_OK) {
        status = xipci_box_move(box);
        if (status == XIPC_OK && is_thorough) {
            status = xipci_box_reap_receivers(box);
        }
        xipci_lock_give(&box->receivers);
    }
    return status;
}

/* Once with the lock; `is_thorough`: and once more without the dead. */
static xipc_status
step_locked(xipci_reserving *call, room_step *step, int is_thorough)
{
    xipc_mailbox *box = call->box;
    xipc_status status = xipci_box_enter_senders(box, 1, call->deadline);

    if (status != XIPC_OK) {
        return status;
    }
    status = is_thorough ? xipci_box_reap_senders(box) : XIPC_OK;
    if (is_thorough) {
        xipci_set32(&box->head->senders.credit, 0);
    }
    if (status == XIPC_OK) {
        status = step(call);
    }
    xipci_lock_give(&box->senders);
    return status;
}

static xipc_status step_now(xipci_reserving *call, int is_thorough)
{
    room_step *step = call->step;
    xipc_status status = step_locked(call, step, 0);

    for (int round = 0; status == XIPC_E_BUSY && round < XIPCI_BOX_ROUNDS_MAX;
         round++) {
        status = look_after_exit(call, 0);
        if (status == XIPC_OK) {
            status = step_locked(call, step, 0);
        }
    }
    if ((status == XIPC_E_AGAIN && is_thorough) || status == XIPC_E_NO_SPACE) {
        status = look_after_exit(call, 1);
        if (status == XIPC_OK) {
            status = step_locked(call, step, 1);
        }
    }
    return status == XIPC_E_BUSY ? xipci_box_corrupt(call->box) : status;
}

static int is_worth_it(const xipci_reserving *call)
{
    return xipci_box_looks_free(call->box, share_of(call->box)) &&
           (call->step == step_post || has_blocks(call->box));
}

static xipc_status try_step(void *context, int is_thorough)
{
    xipci_reserving *call = context;
    xipc_status status = xipci_box_ask_owner(call->box, is_thorough);

    if (status != XIPC_OK) {
        return status;
    }
    return is_thorough || is_worth_it(call) ? step_now(call, is_thorough)
                                            : XIPC_E_AGAIN;
}

/* Others fill what one has emptied, but each of them has sent then; or empty it
 * themselves, and then there is room. In vain only where all the room is
 * reserved. */
static xipc_status step_dropping(xipci_reserving *call)
{
    xipc_status status = step_now(call, 0);
    int in_vain = 0;

    while (status == XIPC_E_AGAIN && in_vain < DROPS_IN_VAIN) {
        status = xipci_box_drop(call->box, call->deadline);
        in_vain += status == XIPC_E_AGAIN;
        if (status == XIPC_OK || status == XIPC_E_AGAIN) {
            status = step_now(call, in_vain > 0);
        }
    }
    return status == XIPC_E_TIMEOUT ? XIPC_E_AGAIN : status;
}

/* Who never waits looks thoroughly for the dead too, if not each time. */
static xipc_status step_in_vain(xipci_reserving *call)
{
    xipc_status status = step_now(call, 0);

    return status == XIPC_E_AGAIN && xipci_box_is_time_to_ask(call->box)
               ? step_now(call, 1)
               : status;
}

/* A box that does not wait for room waits for a lock at most, and not for ever.
 * A lock that is not to be had is XIPC_E_TIMEOUT then, also with XIPC_NOW: no
 * room, which is XIPC_E_AGAIN, would be a reason to drop something. */
static xipc_deadline soon(xipc_deadline deadline)
{
    xipc_deadline latest = xipci_box_patience();

    if (deadline == XIPC_NOW) {
        return xipcos_clock_ns();
    }
    return deadline < latest ? deadline : latest;
}

static xipc_status wait_for(xipci_reserving *call, room_step *step)
{
    xipc_mailbox *box = call->box;
    xipc_status status;

    call->step = step;
    if (box->overflow != XIPC_OVERFLOW_WAIT && !call->is_claimed) {
        call->deadline = soon(call->deadline);
    }
    if (call->is_claimed || box->overflow == XIPC_OVERFLOW_DROP_OLDEST) {
        status = call->is_claimed ? step_now(call, 0) : step_dropping(call);
    } else if (
        box->overflow == XIPC_OVERFLOW_FAIL || call->deadline == XIPC_NOW) {
        status = step_in_vain(call);
        if (status == XIPC_E_TIMEOUT && box->overflow == XIPC_OVERFLOW_FAIL) {
            status = XIPC_E_AGAIN;
        }
    } else {
        status = step_now(call, 0);
        if (status == XIPC_E_AGAIN) {
            status = xipci_box_wait(
                box, &box->room, &box->sending, try_step, call, call->deadline);
        }
    }
    return status == XIPC_OK
               ? XIPC_OK
               : xipci_park_result(
                     &box->object, status, "there was no room for a message");
}

xipc_status xipci_box_obtain(xipci_reserving *call)
{
    return take_kept(call) ? XIPC_OK : wait_for(call, step_obtain);
}

xipc_status xipci_box_reserve(xipci_reserving *call)
{
    return wait_for(call, step_reserve);
}

xipc_status xipci_box_post(xipci_reserving *call)
{
    xipc_status status = XIPC_E_AGAIN;

    /* As a rule there is room, and nobody at the entrance. */
    if (xipci_lock_try(&call->box->senders)) {
        status = step_post(call);
        xipci_lock_give(&call->box->senders);
    }
    if (status == XIPC_E_AGAIN || status == XIPC_E_BUSY) {
        status = wait_for(call, step_post);
    }

    if (status == XIPC_OK) {
        xipci_box_tell_receivers(call->box);
    }
    return status;
}

xipc_status xipci_box_unreserve(xipci_reserving *call)
{
    xipci_box_senders *at = &call->box->head->senders;
    xipc_status status =
        xipci_box_enter_senders(call->box, 0, xipci_box_patience());

    if (status != XIPC_OK) {
        return xipci_box_impatient(call->box, status);
    }
    if (!is_reserved(call)) {
        status = xipci_box_fail(
            call->box, XIPC_E_INVALID, "nothing is reserved at that address");
    } else {
        xipci_box_set(call->block, XIPCI_BOX_FREE, 0);
        xipci_box_push_free(call->box, call->block, call->number);
        xipci_box_count_less(&at->reserved);
    }
    xipci_lock_give(&call->box->senders);
    xipci_box_tell_senders(call->box);
    return status;
}

void xipci_box_count_room(xipc_mailbox *box)
{
    if (is_counted(box) &&
        xipci_box_enter_senders(box, 0, xipci_box_patience()) == XIPC_OK) {
        xipci_set32(&box->head->senders.credit, 0);
        xipci_lock_give(&box->senders);
    }
}

void xipci_box_count_again(xipci_reserving *call)
{
    xipci_box_senders *at = &call->box->head->senders;
    _Atomic uint32_t *count = call->is_claimed ? &at->reserved : &at->spare;

    if (xipci_box_enter_senders(call->box, 0, xipci_box_patience()) ==
        XIPC_OK) {
        xipci_set32(count, xipci_get32(count) + 1);
        xipci_lock_give(&call->box->senders);
    }
}
