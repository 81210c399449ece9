/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a death leaves in a mailbox is put in order by whoever comes upon it.
 *
 * Who inherits a lock makes all that it guards again from the states of the
 * blocks, of which the other lock may change some meanwhile. Of the three steps
 * by which a block goes into a circle, or comes out, the last ones may be
 * missing. The block tells, by the number that it went in with:
 *
 *     went into `sent`      it has the next number and is neither free, SPARE
 *                           nor RESERVED any more
 *     came out of `sent`    it has the next number and is QUEUED
 *     went into `returned`  it has the next number and is neither QUEUED,
 *                           TAKING, TAKEN nor DONE any more
 *     came out of it        it has the next number and is free
 *
 * What went in and has no entry may have come out already. But an entry is
 * zeroed after the state has changed: so if it is zero when looked at first,
 * and then the state is still that of one in the circle, it was never there.
 * And an entry that is there may be one of the next round, when the zero was
 * written and not counted. A number that somebody gave and did not go on with
 * is cleared before the block goes another way.
 *
 * What is somebody's who died is looked for by those who wait in vain.
 */
#include "core/mailbox.h"
#include "os/os_member.h"

/* Numbers are sorted by digits of 8 bits. */
#define DIGIT_BITS  8
#define DIGIT_COUNT (1u << DIGIT_BITS)

/* Blocks that there are; what is written there is not believed. */
static uint32_t count_of(xipc_mailbox *box)
{
    uint32_t count = xipci_get32(&box->head->senders.count);

    return count < box->count_max ? count : box->count_max;
}

/* ---- whether somebody lives, asked once for many blocks ---- */

typedef struct life {
    uint32_t member;
    int is_dead;
} life;

static int is_dead(const xipc_mailbox *box, uint64_t word, life *known)
{
    uint32_t member = (uint32_t)word;

    if (member == box->member) {
        return 0;
    }
    if (known->member != member) {
        known->member = member;
        known->is_dead = !xipcos_member_lives(box->stand.native, member);
    }
    return known->is_dead;
}

/* ---- circles ---- */

/* The block went into the circle with that position, as the one in `inside`
 * does: the entry, if it is missing. */
static void put_in(
    xipci_box_block *block,
    uint32_t number,
    _Atomic uint32_t *entry,
    xipci_box_state inside)
{
    /* Acquire: who zeroed it had changed the state before. */
    if (atomic_load_explicit(entry, memory_order_acquire) == 0 &&
        xipci_box_word(block) == xipci_box_of(inside, 0)) {
        atomic_store_explicit(entry, number + 1, memory_order_release);
    }
}

/* The block came out: its entry, if that is still there. */
static void take_out(uint32_t number, _Atomic uint32_t *entry)
{
    uint32_t expected = number + 1;

    atomic_compare_exchange_strong_explicit(
        entry, &expected, 0, memory_order_release, memory_order_relaxed);
}

/* ---- the entrance ---- */

typedef struct entrance {
    uint64_t tail;
    uint64_t absorbed;
    uint32_t sent; /* the block that went into the circle; NIL */
    uint32_t back; /* that came out of the other one; NIL */
    uint32_t reserved;
    uint32_t spare;
    life known;
} entrance;

static int is_in_hand(xipci_box_state state)
{
    return state == XIPCI_BOX_RESERVED || state == XIPCI_BOX_SPARE;
}

static void see_entrance(
    xipc_mailbox *box, entrance *all, xipci_box_block *block, uint32_t number)
{
    uint64_t word = xipci_box_word(block);
    xipci_box_state state = xipci_box_state_of(word);

    if (is_in_hand(state) && is_dead(box, word, &all->known)) {
        xipci_box_set(block, XIPCI_BOX_FREE, 0);
        xipci_box_push_free(box, block, number);
    } else if (state == XIPCI_BOX_RESERVED) {
        all->reserved++;
    } else if (state == XIPCI_BOX_SPARE) {
        all->spare++;
    } else if (state == XIPCI_BOX_FREE) {
        xipci_box_push_free(box, block, number);
        if (xipci_get64(&block->returned) == all->absorbed + 1) {
            all->back = number;
        }
    } else if (xipci_get64(&block->sequence) == all->tail + 1) {
        all->sent = number;
    }
}

xipc_status xipci_box_repair_senders(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    uint32_t count = count_of(box);
    entrance all = {
        .tail = xipci_get64(&at->tail),
        .absorbed = xipci_get64(&at->absorbed),
        .sent = XIPCI_BOX_NIL,
        .back = XIPCI_BOX_NIL};

    xipci_set32(&at->free, XIPCI_BOX_NIL);
    xipci_set32(&at->free_count, 0);
    xipci_set32(&at->fresh, count);
    xipci_set32(&at->credit, 0);
    for (uint32_t number = 0; number < count; number++) {
        xipci_box_block *block = xipci_box_at(box, number);

        if (!block) {
            return xipci_box_corrupt(box);
        }
        see_entrance(box, &all, block, number);
    }
    xipci_set32(&at->reserved, all.reserved);
    xipci_set32(&at->spare, all.spare);
    if (all.back != XIPCI_BOX_NIL) {
        take_out(all.back, &box->returned[all.absorbed & box->entry_mask]);
        xipci_set64(&at->absorbed, all.absorbed + 1);
    }
    if (all.sent != XIPCI_BOX_NIL) {
        put_in(
            xipci_box_at(box, all.sent), all.sent,
            &box->sent[all.tail & box->entry_mask], XIPCI_BOX_SENT);
        xipci_box_raise(box); /* it may have a priority */
        atomic_store_explicit(&at->tail, all.tail + 1, memory_order_seq_cst);
    }
    return XIPC_OK;
}

xipc_status xipci_box_reap_senders(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    uint32_t count = count_of(box);
    life known = {0, 0};

    for (uint32_t number = 0; number < count; number++) {
        xipci_box_block *block = xipci_box_at(box, number);
        uint64_t word = block ? xipci_box_word(block) : 0;
        xipci_box_state state = xipci_box_state_of(word);

        if (is_in_hand(state) && is_dead(box, word, &known)) {
            xipci_box_set(block, XIPCI_BOX_FREE, 0);
            xipci_box_push_free(box, block, number);
            xipci_box_count_less(
                state == XIPCI_BOX_SPARE ? &at->spare : &at->reserved);
        }
    }
    return XIPC_OK;
}

/* ---- lists of blocks, sorted by number ---- */

typedef struct chain {
    uint32_t first;
    uint32_t last;
    uint32_t count;
} chain;

static void
add(xipc_mailbox *box, chain *to, xipci_box_block *block, uint32_t number)
{
    xipci_box_block *last = to->count ? xipci_box_at(box, to->last) : NULL;

    xipci_set32(&block->link, XIPCI_BOX_NIL);
    if (last) {
        xipci_set32(&last->link, number);
    } else {
        to->first = number;
    }
    to->last = number;
    to->count++;
}

/* By one digit; those with the same stay in order. 0: scribbled on. */
static int sort_by(xipc_mailbox *box, chain *all, unsigned shift)
{
    chain digits[DIGIT_COUNT] = {{0, 0, 0}};
    uint32_t number = all->first;
    uint32_t count = all->count;

    for (uint32_t left = count; left > 0; left--) {
        xipci_box_block *block = xipci_box_at(box, number);
        uint32_t next = block ? xipci_get32(&block->link) : XIPCI_BOX_NIL;

        if (!block) {
            return 0;
        }
        add(box,
            &digits[xipci_get64(&block->sequence) >> shift & (DIGIT_COUNT - 1)],
            block, number);
        number = next;
    }
    *all = (chain){0, 0, 0};
    for (unsigned digit = 0; digit < DIGIT_COUNT; digit++) {
        xipci_box_block *last =
            all->count ? xipci_box_at(box, all->last) : NULL;

        if (digits[digit].count == 0) {
            continue;
        }
        if (last) {
            xipci_set32(&last->link, digits[digit].first);
        } else {
            all->first = digits[digit].first;
        }
        all->last = digits[digit].last;
        all->count += digits[digit].count;
    }
    return 1;
}

static xipc_status make_lists(xipc_mailbox *box, chain *all)
{
    uint32_t number;
    uint32_t count = all->count;

    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if (!sort_by(box, all, shift)) {
            return xipci_box_corrupt(box);
        }
    }
    xipci_set32(&box->head->receivers.used, 0);
    number = all->first;
    for (; count > 0; count--) {
        xipci_box_block *block = xipci_box_at(box, number);
        uint32_t next = block ? xipci_get32(&block->link) : XIPCI_BOX_NIL;

        if (!block) {
            return xipci_box_corrupt(box);
        }
        xipci_box_enqueue(box, block, number);
        number = next;
    }
    return XIPC_OK;
}

/* ---- the exit ---- */

typedef struct way_out {
    uint64_t at;
    uint64_t finished;
    uint32_t moved; /* the block that came out of the circle; NIL */
    uint32_t back;  /* that went into the other one; NIL */
    uint32_t busy;
    chain queued;
} way_out;

static int is_received(xipci_box_state state)
{
    return state == XIPCI_BOX_TAKING || state == XIPCI_BOX_TAKEN ||
           state == XIPCI_BOX_DONE;
}

static void see_exit(
    xipc_mailbox *box, way_out *all, xipci_box_block *block, uint32_t number)
{
    xipci_box_state state = xipci_box_state_of(xipci_box_word(block));

    if (is_received(state)) {
        all->busy++;
    } else if (state == XIPCI_BOX_QUEUED) {
        add(box, &all->queued, block, number);
        if (xipci_get64(&block->sequence) == all->at + 1) {
            all->moved = number;
        }
    } else if (xipci_get64(&block->returned) == all->finished + 1) {
        all->back = number;
    }
}

xipc_status xipci_box_repair_receivers(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t count = count_of(box);
    way_out all = {
        .at = xipci_get64(&at->at),
        .finished = xipci_get64(&at->finished),
        .moved = XIPCI_BOX_NIL,
        .back = XIPCI_BOX_NIL};
    uint64_t absorbed;

    for (uint32_t number = 0; number < count; number++) {
        xipci_box_block *block = xipci_box_at(box, number);

        if (!block) {
            return xipci_box_corrupt(box);
        }
        see_exit(box, &all, block, number);
    }
    if (all.moved != XIPCI_BOX_NIL) {
        take_out(all.moved, &box->sent[all.at & box->entry_mask]);
        atomic_store_explicit(&at->at, ++all.at, memory_order_seq_cst);
    }
    if (all.back != XIPCI_BOX_NIL) {
        put_in(
            xipci_box_at(box, all.back), all.back,
            &box->returned[all.finished & box->entry_mask], XIPCI_BOX_RETURNED);
        xipci_set64(&at->finished, ++all.finished);
    }
    /* What came back and was given back with its memory tells nothing. */
    absorbed = xipci_get64(&box->head->senders.absorbed);
    if (absorbed > all.finished) {
        xipci_set64(&at->finished, absorbed);
    }
    xipci_set32(&at->busy, all.busy);
    xipci_set32(&at->raised, xipci_get32(&box->head->raised) - 1);
    atomic_store_explicit(&at->queued, all.queued.count, memory_order_seq_cst);
    atomic_store_explicit(
        &at->gone, all.at - all.queued.count, memory_order_seq_cst);
    return make_lists(box, &all.queued);
}

/* Of one who died, or DONE: XIPC_OK, or why it stays as it is for now. */
static xipc_status bury(
    xipc_mailbox *box,
    xipci_box_block *block,
    uint32_t number,
    xipci_box_state state)
{
    if (state == XIPCI_BOX_DONE || xipci_box_is_of_before(box, block) ||
        (state == XIPCI_BOX_TAKEN && (box->flags & XIPC_MAILBOX_ACKED) == 0)) {
        return xipci_box_send_back(box, block, number);
    }
    if (state == XIPCI_BOX_TAKEN) {
        xipci_box_mark(block, XIPC_MESSAGE_REDELIVERED);
    }
    xipci_box_put_back(box, block, number);
    return XIPC_OK;
}

/*
 * What a received block is, if it is nobody's any more: DONE, or in the hand of
 * somebody dead. A receiver sets DONE without the lock, and may have done so
 * just before he died: so the state counts that is seen when he is known to be
 * dead, which he cannot change any more.
 */
static int
is_left(xipc_mailbox *box, xipci_box_block *block, life *known, uint64_t *word)
{
    *word = xipci_box_word(block);
    if (!is_received(xipci_box_state_of(*word))) {
        return 0;
    }
    if (xipci_box_state_of(*word) != XIPCI_BOX_DONE &&
        !is_dead(box, *word, known)) {
        return 0;
    }
    *word = xipci_box_word(block);
    return is_received(xipci_box_state_of(*word));
}

xipc_status xipci_box_reap_receivers(xipc_mailbox *box)
{
    xipci_box_receivers *at = &box->head->receivers;
    uint32_t count = count_of(box);
    life known = {0, 0};

    for (uint32_t number = 0; number < count && xipci_get32(&at->busy) > 0;
         number++) {
        xipci_box_block *block = xipci_box_at(box, number);
        uint64_t word;

        if (block && is_left(box, block, &known, &word) &&
            bury(box, block, number, xipci_box_state_of(word)) == XIPC_OK) {
            xipci_box_count_less(&at->busy);
        }
    }
    return XIPC_OK;
}
