/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message that its receiver has done with. Its block goes back with the next
 * message that is received, in the same round of the lock; or at once where
 * somebody needs it.
 */
#include "core/mailbox.h"

/* With the lock, with which alone `done` is emptied: what this handle has no
 * use for any more. XIPC_E_AGAIN: it still has it, the circle is full. */
xipc_status xipci_box_return_done(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t number = atomic_load_explicit(&box->done, memory_order_acquire);
    xipci_box_block *block;
    xipc_status status = XIPC_OK;

    if (number == XIPCI_BOX_NIL) {
        return XIPC_OK;
    }
    block = xipci_box_at(box, number);
    /* Somebody may have found it already. */
    if (block &&
        xipci_box_word(block) == xipci_box_of(XIPCI_BOX_DONE, box->member)) {
        status = xipci_box_send_back(box, block, number);
        if (status != XIPC_OK) {
            return status;
        }
        xipci_box_count_less(&at->busy);
    }
    atomic_store_explicit(&box->done, XIPCI_BOX_NIL, memory_order_release);
    return XIPC_OK;
}

/* At once. The circle of an unbounded box may be full: then the other side is
 * helped along. */
void xipci_box_flush_done(xipc_mailbox *box, xipc_deadline deadline)
{
    int is_full = 1;

    for (int round = 0; is_full && round < XIPCI_BOX_ROUNDS_MAX; round++) {
        if ((round > 0 && xipci_box_help_absorb(box) != XIPC_OK) ||
            xipci_box_enter_receivers(box, 0, deadline) != XIPC_OK) {
            break;
        }
        is_full = xipci_box_return_done(box) == XIPC_E_AGAIN;
        xipci_lock_give(&box->receivers);
    }
    xipci_box_tell_senders(box);
    xipci_set32(&box->head->starved, 0);
}

/* Somebody needs it now; or an unbounded box may be empty. */
static int is_needed(const xipc_mailbox *box)
{
    if (xipci_get32(&box->head->starved) != 0) {
        return 1;
    }
    return box->capacity == XIPC_UNBOUNDED && !xipci_box_looks_ready(box);
}

/* It is DONE. Where there is no place for it, because other threads were faster
 * or somebody is stopped who has the lock, others will find it. */
static void put_done(xipc_mailbox *box, uint32_t number)
{
    uint32_t none = XIPCI_BOX_NIL;

    /* The exchange also orders the state before the look at who needs it. */
    if (!atomic_compare_exchange_strong_explicit(
            &box->done, &none, number, memory_order_seq_cst,
            memory_order_relaxed)) {
        xipci_box_flush_done(box, XIPC_NOW);
        none = XIPCI_BOX_NIL;
        atomic_compare_exchange_strong_explicit(
            &box->done, &none, number, memory_order_seq_cst,
            memory_order_relaxed);
    }
    if (is_needed(box)) {
        xipci_box_flush_done(box, XIPC_NOW);
        xipci_box_shrink(box);
    }
}

/* Of one that this call has taken, and nobody else knows. */
xipc_status xipci_box_finish_taking(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    if (xipci_box_word(block) != xipci_box_of(XIPCI_BOX_TAKING, box->member)) {
        return xipci_box_corrupt(box);
    }
    xipci_box_set(block, XIPCI_BOX_DONE, box->member);
    put_done(box, number);
    return XIPC_OK;
}

/* XIPC_E_INVALID: another thread has released it. */
xipc_status xipci_box_finish_taken(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    if (!xipci_box_change(
            block, xipci_box_of(XIPCI_BOX_TAKEN, box->member), XIPCI_BOX_DONE,
            box->member)) {
        return xipci_box_fail(
            box, XIPC_E_INVALID, "nothing is taken at that address");
    }
    put_done(box, number);
    return XIPC_OK;
}
