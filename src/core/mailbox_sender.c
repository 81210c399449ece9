/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that send.
 *
 * To a box without capacity one sends by leaving the message in it and waiting
 * until it is taken; at the deadline it is taken back, or was taken. Who has no
 * time at all does that too, but only if a receiver is waiting, and for a
 * moment: `waiting` counts those. One who died waiting stays in it, until
 * somebody's moment was in vain; then it begins at 0, and all who wait are
 * woken to count themselves.
 */
#include <string.h>

#include "core/failure.h"
#include "core/mailbox_native.h"
#include "os/os_clock.h"

#define MOMENT_NS 50000000

/* ---- what is sent ---- */

static const xipc_postage no_postage = XIPC_POSTAGE_INIT;

static xipc_status
check_postage(const xipc_mailbox *box, const xipc_postage **postage)
{
    if (!*postage) {
        *postage = &no_postage;
    }
    if ((*postage)->postage_size != sizeof **postage) {
        return xipci_box_fail(
            box, XIPC_E_INVALID,
            "postage_size is unknown; use XIPC_POSTAGE_INIT");
    }
    if ((*postage)->priority > XIPC_PRIORITY_MAX) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, box->object.name,
            "priority %lu is above XIPC_PRIORITY_MAX, %u",
            (unsigned long)(*postage)->priority, XIPC_PRIORITY_MAX);
    }
    return XIPC_OK;
}

static xipc_status check_size(const xipc_mailbox *box, size_t size)
{
    if ((box->flags & XIPC_MAILBOX_FIXED_SIZE) != 0 &&
        size != box->message_max) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, box->object.name,
            "%zu bytes; each message of it has %lu", size,
            (unsigned long)box->message_max);
    }
    if (size <= box->message_max) {
        return XIPC_OK;
    }
    return xipci_fail(
        XIPC_E_TOO_BIG, XIPC_KIND_MAILBOX, box->object.name,
        "%zu bytes; a message of it has %lu at most", size,
        (unsigned long)box->message_max);
}

/* The envelope; the block is still the sender's. */
static void address(
    const xipc_mailbox *box,
    xipci_box_block *block,
    size_t size,
    const xipc_postage *postage)
{
    atomic_store_explicit(
        &block->sent_at, xipcos_clock_ns(), memory_order_relaxed);
    xipci_set32(&block->user, box->user);
    xipci_set32(&block->size, (uint32_t)size);
    xipci_set32(&block->type, postage->type);
    xipci_set32(&block->process, box->process);
    xipci_set32(&block->marks, postage->priority);
}

/* ---- to a box without capacity ---- */

/* The block may have come back and be another message by now, so what is seen
 * of it counts only if the number seen afterwards still is this one. */
static int is_taken(const xipci_reserving *call)
{
    xipci_box_state state = xipci_box_state_of(
        atomic_load_explicit(&call->block->state, memory_order_seq_cst));
    int is_redelivered = xipci_box_is_redelivered(call->block);

    return (state != XIPCI_BOX_SENT && state != XIPCI_BOX_QUEUED) ||
           is_redelivered ||
           atomic_load_explicit(&call->block->sequence, memory_order_seq_cst) !=
               call->sequence;
}

/* What is not in the box any more was taken, unless the next owner dropped it;
 * so little time has passed that its block still tells. */
static xipc_status how_it_went(const xipci_reserving *call)
{
    uint32_t marks =
        atomic_load_explicit(&call->block->marks, memory_order_acquire);

    return (marks >> XIPCI_BOX_MARKS & XIPCI_BOX_DROPPED) != 0 &&
                   atomic_load_explicit(
                       &call->block->sequence, memory_order_seq_cst) ==
                       call->sequence
               ? xipci_box_over(call->box)
               : XIPC_OK;
}

static xipc_status try_hand_over(void *context, int is_thorough)
{
    const xipci_reserving *call = context;

    if (is_taken(call)) {
        return how_it_went(call);
    }
    return is_thorough && xipci_box_ask_owner(call->box, 1) != XIPC_OK
               ? XIPC_E_CLOSED
               : XIPC_E_AGAIN;
}

static int is_awaited(xipc_mailbox *box)
{
    return atomic_load_explicit(&box->head->waiting, memory_order_seq_cst) > 0;
}

/* Those who wait count themselves again. */
static void count_again(xipc_mailbox *box)
{
    atomic_store_explicit(&box->head->waiting, 0, memory_order_seq_cst);
    xipcos_park_wake(&box->readable, XIPCI_WAKE_ALL);
}

static xipc_status hand_over(xipci_reserving *call)
{
    xipc_mailbox *box = call->box;
    xipc_deadline deadline = call->deadline;
    xipc_status status = xipci_box_wait(
        box, &box->handover, &box->sending, try_hand_over, call,
        deadline == XIPC_NOW ? xipcos_clock_ns() + MOMENT_NS : deadline);
    xipc_status back;

    if (status == XIPC_OK) {
        return XIPC_OK;
    }
    back = xipci_box_take_back(call);
    if (back != XIPC_OK) {
        call->is_gone = 1;
        if (back == XIPC_E_AGAIN) {
            return how_it_went(call);
        }
        /* Whether it was or will be taken is not known. */
        return back == XIPC_E_TIMEOUT ? xipci_box_corrupt(box) : back;
    }
    xipci_box_count_again(call);
    if (deadline == XIPC_NOW && status == XIPC_E_TIMEOUT) {
        count_again(box);
        status = XIPC_E_AGAIN;
    }
    return xipci_park_result(&box->object, status, "nobody took the message");
}

/* The block is this handle's, and its message in it. Still is, unless this
 * returns XIPC_OK. */
static xipc_status post(xipci_reserving *call)
{
    xipc_mailbox *box = call->box;
    xipc_status status;

    if (box->capacity == 0 && box->overflow == XIPC_OVERFLOW_FAIL) {
        call->deadline = XIPC_NOW;
    }
    if (box->capacity == 0 && call->deadline == XIPC_NOW && !is_awaited(box)) {
        return xipci_park_result(
            &box->object, XIPC_E_AGAIN, "nobody is waiting for a message");
    }
    status = xipci_box_post(call);
    return status == XIPC_OK && box->capacity == 0 ? hand_over(call) : status;
}

/* ---- the calls ---- */

static xipc_status send_message(
    xipc_mailbox *box,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline)
{
    xipci_reserving call = {.box = box, .deadline = deadline};
    xipc_status status = xipci_box_check(box);

    if (status == XIPC_OK && !data && size > 0) {
        return xipci_box_fail(box, XIPC_E_INVALID, "the data is NULL");
    }
    if (status == XIPC_OK) {
        status = check_size(box, size);
    }
    if (status == XIPC_OK) {
        status = check_postage(box, &postage);
    }
    if (status == XIPC_OK && box->native) {
        return xipci_native_send(box, data, size, postage, deadline);
    }
    if (status == XIPC_OK) {
        status = xipci_box_obtain(&call);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (size > 0) {
        memcpy(xipci_box_data(call.block), data, size);
    }
    address(box, call.block, size, postage);
    status = post(&call);
    if (status != XIPC_OK && !call.is_gone) {
        xipci_box_let_go(&call);
    }
    return status;
}

xipc_status xipc_mailbox_send(
    xipc_mailbox *mailbox,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline)
{
    return xipci_answer(send_message(mailbox, data, size, postage, deadline));
}

static xipc_status reserve_block(
    xipc_mailbox *box, size_t size, void **data_out, xipc_deadline deadline)
{
    xipci_reserving call = {.box = box, .deadline = deadline};
    xipc_status status = xipci_box_check(box);

    if (status == XIPC_OK && !data_out) {
        return xipci_box_fail(box, XIPC_E_INVALID, "data_out is NULL");
    }
    if (status == XIPC_OK) {
        status = check_size(box, size);
    }
    if (status == XIPC_OK && box->native) {
        status = xipci_native_refuse(box);
    }
    if (status == XIPC_OK) {
        status = xipci_box_reserve(&call);
    }
    if (status == XIPC_OK) {
        xipci_set32(&call.block->size, (uint32_t)size);
        xipci_box_count_held(box, 1);
        *data_out = xipci_box_data(call.block);
    }
    return status;
}

xipc_status xipc_mailbox_reserve(
    xipc_mailbox *mailbox, size_t size, void **data_out, xipc_deadline deadline)
{
    return xipci_answer(reserve_block(mailbox, size, data_out, deadline));
}

static xipc_status find_reserved(xipci_reserving *call, const void *data)
{
    xipc_status status = xipci_box_check(call->box);

    if (status == XIPC_OK && call->box->native) {
        status = xipci_native_refuse(call->box);
    }
    if (status == XIPC_OK) {
        call->block =
            xipci_box_held(call->box, data, XIPCI_BOX_RESERVED, &call->number);
        if (!call->block) {
            status = xipci_box_fail(
                call->box, XIPC_E_INVALID,
                "nothing is reserved at that address");
        }
    }
    return status;
}

static xipc_status commit_block(
    xipc_mailbox *box,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline)
{
    xipci_reserving call = {.box = box, .deadline = deadline, .is_claimed = 1};
    xipc_status status = find_reserved(&call, data);
    uint32_t reserved = status == XIPC_OK ? xipci_get32(&call.block->size) : 0;

    if (status == XIPC_OK && size > reserved) {
        status = xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, box->object.name,
            "%zu bytes; %lu were reserved", size, (unsigned long)reserved);
    }
    if (status == XIPC_OK) {
        status = check_size(box, size);
    }
    if (status == XIPC_OK) {
        status = check_postage(box, &postage);
    }
    if (status == XIPC_OK) {
        address(box, call.block, size, postage);
        status = post(&call);
        if (status == XIPC_OK || call.is_gone) {
            xipci_box_count_held(box, -1);
        } else if (status != XIPC_E_INVALID) {
            /* As it was: another commit may send more. */
            xipci_set32(&call.block->size, reserved);
        }
    }
    return status;
}

xipc_status xipc_mailbox_commit(
    xipc_mailbox *mailbox,
    void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline)
{
    return xipci_answer(commit_block(mailbox, data, size, postage, deadline));
}

static xipc_status cancel_block(xipc_mailbox *box, const void *data)
{
    xipci_reserving call = {.box = box};
    xipc_status status = find_reserved(&call, data);

    if (status == XIPC_OK) {
        status = xipci_box_unreserve(&call);
    }
    if (status == XIPC_OK) {
        xipci_box_count_held(box, -1);
    }
    return status;
}

xipc_status xipc_mailbox_cancel(xipc_mailbox *mailbox, void *data)
{
    return xipci_answer(cancel_block(mailbox, data));
}
