/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a mailbox is: one with XIPC_MAILBOX_OWNED ends with its owner.
 *
 * The word `owner` tells the owner's member number and, above it, how many
 * owners there were; XIPCI_BOX_LEFT is set when he is at his end, by himself or
 * by who finds him dead. A handle knows the word as it was when it joined: with
 * any other one its box is over.
 *
 * Others may keep an ended box open, and then its name too. Whoever wants to
 * create the same box again takes that one over:
 *
 *     1  with the claim, alone: the next number of owners, still XIPCI_BOX_LEFT
 *     2  with the senders' lock: `base`, the number of the last message
 *     3  with the receivers' lock: all messages are dropped
 *     4  the word without XIPCI_BOX_LEFT
 *
 * Whoever sends or takes looks at the word again with the lock: after 2 nothing
 * more is sent by who joined before 1, and after 3 nothing more is taken.
 * Blocks that they still have in hand come back as they are let go. A message
 * up to `base` never comes again, whatever happens to who has it. Dead between
 * 1 and 4: nobody owns it, and the next one begins at 1.
 */
#include "core/failure.h"
#include "core/mailbox_make.h"
#include "core/mailbox_native.h"
#include "os/os_clock.h"
#include "os/os_member.h"

/* How often a call that need not wait asks whether the owner lives. */
#define ASK_EVERY_NS 100000000

/* How long a creator that lives can take from giving the name to owning it. */
#define BECOMES_OWNER_NS 500000000

#define ONE_OWNER (UINT64_C(1) << 32)

static uint64_t word_of(const xipc_mailbox *box)
{
    return atomic_load_explicit(&box->head->owner, memory_order_seq_cst);
}

static int is_at_end(const xipc_mailbox *box, uint64_t word)
{
    return (word & XIPCI_BOX_LEFT) != 0 ||
           !xipcos_member_lives(
               box->stand.native, (uint32_t)word & XIPCI_BOX_OWNER);
}

/* ---- whether it is over ---- */

xipc_status xipci_box_over(const xipc_mailbox *box)
{
    return xipci_box_fail(
        box, XIPC_E_CLOSED, "its owner has ended it, or died");
}

xipc_status xipci_box_ask(xipc_mailbox *box, int is_thorough)
{
    uint64_t word = word_of(box);

    if (is_thorough && !box->is_owner && word == box->owner &&
        is_at_end(box, word)) {
        xipci_box_end(box);
        word |= XIPCI_BOX_LEFT;
    }
    return word == box->owner ? XIPC_OK : xipci_box_over(box);
}

void xipci_box_end(xipc_mailbox *box)
{
    uint64_t word = box->owner;

    atomic_compare_exchange_strong_explicit(
        &box->head->owner, &word, word | XIPCI_BOX_LEFT, memory_order_seq_cst,
        memory_order_relaxed);
    xipcos_park_wake(&box->readable, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->room, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->handover, XIPCI_WAKE_ALL);
    if (box->native) {
        xipci_native_wake(box);
    }
    xipci_watch_ring(&box->head->watch);
}

/* Whoever need not wait would not learn of the owner's death. */
static int is_time_to_ask(xipc_mailbox *box)
{
    int64_t seen_at =
        atomic_load_explicit(&box->owner_seen_at, memory_order_relaxed);
    int64_t now;

    if ((box->flags & XIPC_MAILBOX_OWNED) == 0 || box->is_owner) {
        return 0;
    }
    now = xipcos_clock_ns();
    if (now - seen_at < ASK_EVERY_NS) {
        return 0;
    }
    atomic_store_explicit(&box->owner_seen_at, now, memory_order_relaxed);
    return 1;
}

xipc_status xipci_box_explain(xipc_mailbox *box)
{
    xipc_status status;

    if (!box) {
        return xipci_invalid("the mailbox is NULL");
    }
    status = xipci_object_check(&box->object);
    return status == XIPC_OK ? xipci_box_ask_owner(box, is_time_to_ask(box))
                             : status;
}

/* ---- its owner, and those who join ---- */

static void own(xipc_mailbox *box, uint64_t word)
{
    box->owner = word;
    box->is_owner = 1;
    atomic_store_explicit(&box->head->owner, word, memory_order_seq_cst);
}

void xipci_box_become_owner(xipc_mailbox *box)
{
    own(box, box->member);
}

/* Its creator gives it a name first and owns it then. One who died between is
 * not waited for. */
xipc_status xipci_box_meet_owner(xipc_mailbox *box, xipc_deadline deadline)
{
    int64_t until = xipcos_clock_ns() + BECOMES_OWNER_NS;
    xipc_status status = XIPC_OK;

    if ((box->flags & XIPC_MAILBOX_OWNED) == 0) {
        return XIPC_OK;
    }
    box->owner = word_of(box);
    for (unsigned round = 0;
         status == XIPC_OK && box->owner == 0 && xipcos_clock_ns() < until;
         round++) {
        status = xipci_object_pause(&box->object, round, deadline);
        box->owner = word_of(box);
    }
    if (status == XIPC_OK && (box->owner == 0 || is_at_end(box, box->owner))) {
        status = xipci_box_fail(
            box, XIPC_E_NOT_FOUND, "its owner has ended it, or died");
    }
    return status;
}

/* ---- the next owner ---- */

int xipci_box_is_ended(const xipc_mailbox *box)
{
    uint64_t word;

    if ((box->flags & XIPC_MAILBOX_OWNED) == 0) {
        return 0;
    }
    word = word_of(box);
    return word != 0 && is_at_end(box, word);
}

/* Nobody who joined before sends any more. */
static xipc_status begin_anew(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_status status = xipci_box_enter_senders(box, 0, deadline);

    if (status == XIPC_OK) {
        atomic_store_explicit(
            &box->head->base, xipci_get64(&box->head->senders.tail),
            memory_order_release);
        xipci_lock_give(&box->senders);
    }
    return status;
}

/* Where the way back is full, the entrance is made to take what is there. */
static xipc_status drop_all(xipc_mailbox *box, xipc_deadline deadline)
{
    xipci_box_receivers *at = &box->head->receivers;
    xipc_status status = XIPC_E_BUSY;

    /* With each round at least one of them goes. */
    for (uint32_t round = 0; status == XIPC_E_BUSY && round <= box->count_max;
         round++) {
        status = xipci_box_help_absorb(box);
        if (status == XIPC_OK) {
            status = xipci_box_enter_receivers(box, 0, deadline);
        }
        if (status == XIPC_OK) {
            status = xipci_box_empty(box);
            xipci_set64(&at->taken, 0);
            xipci_set64(&at->dropped, 0);
            xipci_lock_give(&box->receivers);
        }
    }
    xipcos_park_wake(&box->handover, XIPCI_WAKE_ALL);
    return status == XIPC_E_BUSY ? xipci_box_corrupt(box) : status;
}

xipc_status xipci_box_take_over(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_deadline patience = xipci_box_patience();
    uint64_t word = word_of(box);
    xipc_status status;

    patience = deadline < patience ? deadline : patience;
    if (!xipci_box_is_ended(box)) {
        return xipci_box_fail(
            box, XIPC_E_EXISTS, "it is there, and its owner too");
    }
    word = ((word & ~(ONE_OWNER - 1)) + ONE_OWNER) | box->member;
    atomic_store_explicit(
        &box->head->owner, word | XIPCI_BOX_LEFT, memory_order_seq_cst);
    atomic_store_explicit(&box->head->receiver, 0, memory_order_seq_cst);
    status = begin_anew(box, patience);
    if (status == XIPC_OK) {
        status = drop_all(box, patience);
    }
    if (status == XIPC_OK) {
        own(box, word);
    }
    return status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN
               ? xipci_box_impatient(box, status)
               : status;
}
