/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that receive. */
#include <string.h>

#include "core/failure.h"
#include "core/mailbox_native.h"
#include "os/os_member.h"

/* Messages are fetched so many turns before they are received. */
#define FETCH_AHEAD 2

typedef struct taking {
    xipc_mailbox *box;
    xipc_deadline deadline;
    xipci_box_state into; /* TAKING or TAKEN */
    size_t capacity;      /* of the buffer */
    size_t size;
    uint32_t number;
    xipci_box_block *block;
    uint64_t taken; /* of a box of capacity 0: which one it is */
    int is_counted; /* among those who wait */
} taking;

/* ---- whose box it is to receive from ---- */

static uint64_t name_of(const xipc_mailbox *box)
{
    return (uint64_t)box->member << 32 | box->serial;
}

static int exchange_receiver(xipc_mailbox *box, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(
        &box->head->receiver, &from, to, memory_order_seq_cst,
        memory_order_relaxed);
}

/* Whether that one is nobody, or dead. */
static int is_gone(const xipc_mailbox *box, uint64_t receiver)
{
    uint32_t member = (uint32_t)(receiver >> 32);

    return receiver == 0 || (member != box->member &&
                             !xipcos_member_lives(box->stand.native, member));
}

static xipc_status become_receiver(xipc_mailbox *box)
{
    uint64_t own = name_of(box);
    uint64_t seen;

    if ((box->flags & XIPC_MAILBOX_EXCLUSIVE) == 0) {
        return XIPC_OK;
    }
    seen = atomic_load_explicit(&box->head->receiver, memory_order_seq_cst);
    if (seen == own) {
        return XIPC_OK;
    }
    if (is_gone(box, seen) && exchange_receiver(box, seen, own)) {
        if (!xipci_box_is_over(box)) {
            return XIPC_OK;
        }
        exchange_receiver(box, own, 0); /* the next owner's receivers' */
        return xipci_box_over(box);
    }
    return xipci_box_fail(
        box, XIPC_E_BUSY, "another one receives from it, and only one may");
}

/* ---- taking ---- */

/* Whoever waits for a message that somebody hands over is known to wait. */
static void count_in(taking *call)
{
    if (call->box->capacity == 0 && !call->is_counted) {
        atomic_fetch_add_explicit(
            &call->box->head->waiting, 1, memory_order_seq_cst);
        call->is_counted = 1;
    }
}

/* It may have begun at 0 again meanwhile. */
static void count_out(taking *call)
{
    _Atomic uint32_t *waiting = &call->box->head->waiting;
    uint32_t count = atomic_load_explicit(waiting, memory_order_relaxed);

    while (call->is_counted && count > 0 &&
           !atomic_compare_exchange_weak_explicit(
               waiting, &count, count - 1, memory_order_seq_cst,
               memory_order_relaxed)) {
    }
    call->is_counted = 0;
}

/* One who was counted before it began at 0. */
static void count_again(taking *call)
{
    if (call->is_counted &&
        atomic_load_explicit(&call->box->head->waiting, memory_order_seq_cst) ==
            0) {
        call->is_counted = 0;
        count_in(call);
    }
}

/* Those behind it, if they are there: they will be received next. */
static void fetch_next(xipc_mailbox *box, const xipci_box_block *block)
{
    uint32_t known = xipci_get32(&box->known_count);

    for (int ahead = 0; ahead < FETCH_AHEAD; ahead++) {
        uint32_t number = xipci_get32(&block->link);

        if (number >= known) {
            return;
        }
        xipci_box_fetch(box, number);
        block = xipci_box_at(box, number);
    }
}

/* With the lock. */
static xipc_status take_first(taking *call)
{
    xipc_mailbox *box = call->box;
    xipci_box_receivers *at = &box->head->receivers;
    xipc_status status = xipci_box_first(box, &call->number, &call->block);

    if (status != XIPC_OK) {
        return status;
    }
    call->size = xipci_get32(&call->block->size);
    if (call->size > box->message_max) {
        return xipci_box_corrupt(box);
    }
    if (call->into == XIPCI_BOX_TAKING && call->size > call->capacity) {
        return XIPC_E_TOO_SMALL;
    }
    fetch_next(box, call->block);
    xipci_box_unlink_first(box, call->block, call->number);
    xipci_box_hold(box, call->block, call->into);
    xipci_set32(&at->busy, xipci_get32(&at->busy) + 1);
    if (box->capacity == 0) {
        call->taken = xipci_get64(&at->taken) + 1;
        xipci_set64(&at->taken, call->taken);
    }
    return XIPC_OK;
}

/* With the lock: what the dead have not released. Now and then also where there
 * is always another message. */
static xipc_status reap(xipc_mailbox *box, int is_thorough)
{
    const xipci_box_receivers *at = &box->head->receivers;
    int is_in_vain = is_thorough && xipci_get32(&at->queued) == 0;

    return xipci_get32(&at->busy) > 0 &&
                   (is_in_vain || xipci_box_is_time_to_reap(box))
               ? xipci_box_reap_receivers(box)
               : XIPC_OK;
}

static xipc_status take_now(taking *call, int is_thorough)
{
    xipc_mailbox *box = call->box;
    xipc_status status = xipci_box_enter_receivers(box, 1, call->deadline);

    if (status != XIPC_OK) {
        return status;
    }
    if (xipci_box_is_over(box)) {
        xipci_lock_give(&box->receivers);
        return xipci_box_over(box);
    }
    /* One that cannot be returned yet is, before there is another one. */
    status = xipci_box_return_done(box);
    if (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = xipci_box_must_move(box) ? xipci_box_move(box) : XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = reap(box, is_thorough);
    }
    if (status == XIPC_OK) {
        status = take_first(call);
    }
    xipci_lock_give(&box->receivers);
    return status;
}

static xipc_status try_take(void *context, int is_thorough)
{
    taking *call = context;
    xipc_mailbox *box = call->box;
    xipc_status status = xipci_box_ask_owner(box, is_thorough);

    if (is_thorough) {
        count_in(call);
        count_again(call);
    }
    if (status != XIPC_OK) {
        return status;
    }
    return is_thorough || xipci_box_looks_ready(box)
               ? take_now(call, is_thorough)
               : XIPC_E_AGAIN;
}

/* Who never waits looks thoroughly for the dead too, if not each time. */
static xipc_status take_in_vain(taking *call)
{
    xipc_status status = try_take(call, 0);

    return status == XIPC_E_AGAIN && xipci_box_is_time_to_ask(call->box)
               ? try_take(call, 1)
               : status;
}

static void tell_taken(xipc_mailbox *box)
{
    if (box->capacity == 0) {
        xipcos_park_wake(&box->handover, XIPCI_WAKE_ALL);
    } else if (box->capacity != XIPC_UNBOUNDED) {
        xipci_box_tell_senders(box);
    }
}

static xipc_status wait_and_take(taking *call)
{
    xipc_mailbox *box = call->box;
    xipc_status status = call->deadline == XIPC_NOW
                             ? take_in_vain(call)
                             : xipci_box_wait(
                                   box, &box->readable, &box->receiving,
                                   try_take, call, call->deadline);

    count_out(call);
    return status;
}

static xipc_status take(taking *call)
{
    xipc_mailbox *box = call->box;
    xipc_status status = XIPC_E_AGAIN;

    /* As a rule somebody receives where there is a message, and alone. */
    if (xipci_box_looks_ready(box)) {
        status = take_now(call, 0);
    }
    if (status == XIPC_E_AGAIN) {
        status = wait_and_take(call);
    }
    if (status == XIPC_OK) {
        tell_taken(box);
        return XIPC_OK;
    }
    return xipci_park_result(&box->object, status, "no message was there");
}

static xipc_status
check_envelope(const xipc_mailbox *box, const xipc_envelope *envelope)
{
    if (!envelope || envelope->envelope_size == sizeof *envelope) {
        return XIPC_OK;
    }
    return xipci_box_fail(
        box, XIPC_E_INVALID,
        "envelope_size is unknown; use XIPC_ENVELOPE_INIT");
}

static void tell_of(const taking *call, xipc_envelope *envelope)
{
    const xipci_box_head *head = call->box->head;
    const xipci_box_block *block = call->block;

    if (!envelope) {
        return;
    }
    envelope->type = xipci_get32(&block->type);
    envelope->priority = xipci_box_priority(block);
    envelope->flags =
        xipci_box_is_redelivered(block) ? XIPC_MESSAGE_REDELIVERED : 0;
    envelope->sender_process = xipci_get32(&block->process);
    envelope->sender_user = xipci_get32(&block->user);
    envelope->sequence =
        call->box->capacity == 0
            ? call->taken
            : xipci_get64(&block->sequence) - xipci_get64(&head->base);
    envelope->sent_at =
        atomic_load_explicit(&block->sent_at, memory_order_relaxed);
}

/* ---- the calls ---- */

static xipc_status check_receive(
    xipc_mailbox *box,
    const void *buffer,
    size_t capacity,
    const size_t *size_out,
    const xipc_envelope *envelope)
{
    xipc_status status = xipci_box_check(box);

    if (status == XIPC_OK && !buffer && capacity > 0) {
        status = xipci_box_fail(box, XIPC_E_INVALID, "the buffer is NULL");
    }
    if (status == XIPC_OK && !size_out) {
        status = xipci_box_fail(box, XIPC_E_INVALID, "size_out is NULL");
    }
    if (status == XIPC_OK) {
        status = check_envelope(box, envelope);
    }
    /* Before it is an exclusive receiver. */
    if (status == XIPC_OK && box->native) {
        status = xipci_native_check_receiver(box);
    }
    return status == XIPC_OK ? become_receiver(box) : status;
}

static xipc_status too_small(const taking *call, size_t *size_out)
{
    /* It may have been woken for what another one can take. */
    xipcos_park_wake(&call->box->readable, 1);
    *size_out = call->size;
    return xipci_fail(
        XIPC_E_TOO_SMALL, XIPC_KIND_MAILBOX, call->box->object.name,
        "the message has %zu bytes, the buffer %zu", call->size,
        call->capacity);
}

/* One more than six: what is received, how much of it, what is said of it, and
 * when at the latest. NOLINTNEXTLINE(readability-function-size) */
static xipc_status receive(
    xipc_mailbox *box,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline)
{
    taking call = {
        .box = box,
        .deadline = deadline,
        .into = XIPCI_BOX_TAKING,
        .capacity = capacity};
    xipc_status status =
        check_receive(box, buffer, capacity, size_out, envelope);

    if (status == XIPC_OK && box->native) {
        return xipci_native_receive(
            box, &(xipci_native_receiving){
                     buffer, capacity, size_out, envelope, deadline});
    }
    if (status == XIPC_OK) {
        status = take(&call);
    }
    if (status == XIPC_E_TOO_SMALL) {
        return too_small(&call, size_out);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (call.size > 0) {
        memcpy(buffer, xipci_box_data(call.block), call.size);
    }
    tell_of(&call, envelope);
    status = xipci_box_finish_taking(box, call.block, call.number);
    if (status == XIPC_OK) {
        *size_out = call.size;
    }
    return status;
}

xipc_status xipc_mailbox_receive(
    xipc_mailbox *mailbox,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline)
{
    return xipci_answer(
        receive(mailbox, buffer, capacity, size_out, envelope, deadline));
}

static xipc_status take_block(
    xipc_mailbox *box,
    const void **data_out,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline)
{
    taking call = {.box = box, .deadline = deadline, .into = XIPCI_BOX_TAKEN};
    xipc_status status = xipci_box_check(box);

    if (status == XIPC_OK && (!data_out || !size_out)) {
        status = xipci_box_fail(
            box, XIPC_E_INVALID,
            data_out ? "size_out is NULL" : "data_out is NULL");
    }
    if (status == XIPC_OK) {
        status = check_envelope(box, envelope);
    }
    if (status == XIPC_OK && box->native) {
        status = xipci_native_refuse(box);
    }
    if (status == XIPC_OK) {
        status = become_receiver(box);
    }
    if (status == XIPC_OK) {
        status = take(&call);
    }
    if (status == XIPC_OK) {
        tell_of(&call, envelope);
        xipci_box_count_held(box, 1);
        *data_out = xipci_box_data(call.block);
        *size_out = call.size;
    }
    return status;
}

xipc_status xipc_mailbox_take(
    xipc_mailbox *mailbox,
    const void **data_out,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline)
{
    return xipci_answer(
        take_block(mailbox, data_out, size_out, envelope, deadline));
}

static xipc_status find_taken(
    xipc_mailbox *box,
    const void *data,
    xipci_box_block **block_out,
    uint32_t *number_out)
{
    xipc_status status = xipci_box_check(box);

    if (status == XIPC_OK && box->native) {
        status = xipci_native_refuse(box);
    }
    if (status == XIPC_OK) {
        *block_out = xipci_box_held(box, data, XIPCI_BOX_TAKEN, number_out);
        if (!*block_out) {
            status = xipci_box_fail(
                box, XIPC_E_INVALID, "nothing is taken at that address");
        }
    }
    return status;
}

static xipc_status release(xipc_mailbox *box, const void *data)
{
    xipci_box_block *block;
    uint32_t number;
    xipc_status status = find_taken(box, data, &block, &number);

    if (status == XIPC_OK) {
        status = xipci_box_finish_taken(box, block, number);
    }
    if (status == XIPC_OK) {
        xipci_box_count_held(box, -1);
    }
    return status;
}

xipc_status xipc_mailbox_release(xipc_mailbox *mailbox, const void *data)
{
    return xipci_answer(release(mailbox, data));
}

static xipc_status
put_back(xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_receivers *at = &box->head->receivers;
    xipc_status status =
        xipci_box_enter_receivers(box, 0, xipci_box_patience());

    if (status != XIPC_OK) {
        return xipci_box_impatient(box, status);
    }
    if (xipci_box_word(block) != xipci_box_of(XIPCI_BOX_TAKEN, box->member)) {
        xipci_lock_give(&box->receivers);
        return xipci_box_fail(
            box, XIPC_E_INVALID, "nothing is taken at that address");
    }
    if (xipci_box_is_of_before(box, block)) {
        xipci_lock_give(&box->receivers);
        return xipci_box_finish_taken(box, block, number);
    }
    xipci_box_mark(block, XIPC_MESSAGE_REDELIVERED);
    xipci_box_put_back(box, block, number);
    xipci_box_count_less(&at->busy);
    xipci_lock_give(&box->receivers);
    xipci_box_count_room(box);
    xipci_box_tell_receivers(box);
    return XIPC_OK;
}

static xipc_status give_back(xipc_mailbox *box, const void *data)
{
    xipci_box_block *block;
    uint32_t number;
    xipc_status status = find_taken(box, data, &block, &number);

    if (status == XIPC_OK) {
        status = put_back(box, block, number);
    }
    if (status == XIPC_OK) {
        xipci_box_count_held(box, -1);
    }
    return status;
}

xipc_status xipc_mailbox_return(xipc_mailbox *mailbox, const void *data)
{
    return xipci_answer(give_back(mailbox, data));
}

/* ---- the end of a handle ---- */

static void leave_block(xipc_mailbox *box, uint32_t number)
{
    xipci_box_block *block = xipci_box_at(box, number);
    const void *data = block ? xipci_box_data(block) : NULL;
    xipci_reserving reserved = {.box = box, .number = number, .block = block};
    xipc_status status = XIPC_OK;

    if (!block) {
        return;
    }
    if (xipci_box_held(box, data, XIPCI_BOX_RESERVED, &number)) {
        status = xipci_box_unreserve(&reserved);
    } else if (xipci_box_held(box, data, XIPCI_BOX_TAKEN, &number)) {
        status = (box->flags & XIPC_MAILBOX_ACKED) != 0
                     ? put_back(box, block, number)
                     : xipci_box_finish_taken(box, block, number);
    }
    (void)status; /* of a box that makes no sense nothing is left to leave */
}

void xipci_box_leave(xipc_mailbox *box)
{
    uint32_t count = xipci_get32(&box->head->senders.count);

    if (xipci_get32(&box->held) > 0) {
        for (uint32_t number = 0; number < count && number < box->count_max;
             number++) {
            leave_block(box, number);
        }
    }
    xipci_box_let_kept_go(box);
    if (xipci_get32(&box->done) != XIPCI_BOX_NIL) {
        xipci_box_flush_done(box, xipci_box_patience());
    }
    if ((box->flags & XIPC_MAILBOX_EXCLUSIVE) != 0) {
        exchange_receiver(box, name_of(box), 0);
    }
    if (box->is_owner) {
        xipci_box_end(box);
    }
}
