/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free blocks of a mailbox, all with the senders' lock.
 *
 * A free block is found on the stack; or among those that nobody used yet; or
 * in the circle through which they come back, which is emptied at once and not
 * too often, so that its lines do not go to and fro between the processors with
 * each message. Large blocks come from there before fresh ones: they may still
 * be in a cache.
 *
 * An unbounded box then grows. When it is empty again, and has become much
 * larger than it was, it gives back what it grew by.
 */
#include "core/failure.h"
#include "core/mailbox.h"
#include "core/shared.h"
#include "os/os_clock.h"

/* From here on a cold block costs more than a look for a warm one. */
#define LARGE_STRIDE 1024u

/* Messages after which what came back is taken in, so that blocks are used
 * again that are still in a cache; a power of two. */
#define ABSORB_EVERY 32

/* What an unbounded box grows by, at least. */
#define GROWTH_BYTES ((uint64_t)64 << 10)

/* It is not worth shrinking before it is so many times as large as at first. */
#define SHRINK_FROM     4
#define SHRINK_EVERY_NS 100000000

/* As long as somebody else may be joining the box. */
#define MOMENT_NS 50000000

void xipci_box_push_free(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number)
{
    xipci_box_senders *at = &box->head->senders;

    xipci_set32(&block->link, xipci_get32(&at->free));
    xipci_set32(&at->free, number);
    xipci_set32(&at->free_count, xipci_get32(&at->free_count) + 1);
}

xipc_status xipci_box_absorb(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;

    for (uint32_t round = 0; round <= box->entry_mask; round++) {
        uint64_t position = xipci_get64(&at->absorbed);
        _Atomic uint32_t *entry = &box->returned[position & box->entry_mask];
        /* Acquire: with the number comes the block. */
        uint32_t number = atomic_load_explicit(entry, memory_order_acquire);
        xipci_box_block *block = number ? xipci_box_at(box, number - 1) : NULL;

        if (number == 0) {
            return XIPC_OK;
        }
        if (!block ||
            xipci_box_state_of(xipci_box_word(block)) != XIPCI_BOX_RETURNED) {
            return xipci_box_corrupt(box);
        }
        xipci_box_fetch_ahead(box, box->returned, position);
        xipci_box_set(block, XIPCI_BOX_FREE, 0);
        xipci_box_push_free(box, block, number - 1);
        atomic_store_explicit(entry, 0, memory_order_release);
        xipci_set64(&at->absorbed, position + 1);
    }
    return XIPC_OK;
}

/* Another process may be making or joining something there, for a moment. */
static xipc_status grow_section(xipc_mailbox *box, uint64_t from, uint64_t to)
{
    xipc_deadline deadline = xipcos_clock_ns() + MOMENT_NS;
    /* Another process may have made it larger since, and given that back. */
    xipc_status status = xipcos_section_refresh(box->stand.native);
    uint64_t there = xipcos_section_size(box->stand.native);

    if (status == XIPC_OK && from < there) { /* what was given back */
        status = xipcos_section_reserve(
            box->stand.native, from, (to < there ? to : there) - from);
    }
    if (status != XIPC_OK || to <= there) {
        return xipci_object_relay(&box->object, status);
    }
    status = xipcos_section_grow(box->stand.native, to);
    for (unsigned round = 0; status == XIPC_E_AGAIN; round++) {
        status = xipcos_clock_pause(round, deadline);
        if (status == XIPC_OK) {
            status = xipcos_section_grow(box->stand.native, to);
        }
    }
    if (status == XIPC_E_TIMEOUT) {
        return XIPC_E_AGAIN; /* the call has a deadline of its own */
    }
    return xipci_object_relay(&box->object, status);
}

static uint64_t page_of(uint64_t offset)
{
    return offset - offset % xipcos_page_size();
}

static xipc_status grow(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    uint32_t count = xipci_get32(&at->count);
    uint64_t more = GROWTH_BYTES / box->stride + 1;
    uint64_t end;
    xipc_status status;

    if (count >= box->count_max) {
        return xipci_fail(
            XIPC_E_NO_SPACE, XIPC_KIND_MAILBOX, box->object.name,
            "it has grown to its byte_max, %llu bytes for %lu messages",
            (unsigned long long)box->byte_max, (unsigned long)box->count_max);
    }
    more = more < count / 2 ? count / 2 : more;
    end = count + more < box->count_max ? count + more : box->count_max;
    status = grow_section(
        box, page_of(box->blocks_at + count * (uint64_t)box->stride),
        xipci_shared_round_up(box->blocks_at + end * box->stride));
    if (status == XIPC_OK) {
        xipci_set32(&at->count, (uint32_t)end);
    }
    return status;
}

static xipc_status
find_on_stack(xipc_mailbox *box, uint32_t number, xipci_box_block **block_out)
{
    xipci_box_senders *at = &box->head->senders;
    xipci_box_block *block = xipci_box_at(box, number);

    if (!block || xipci_box_word(block) != xipci_box_of(XIPCI_BOX_FREE, 0)) {
        return xipci_box_corrupt(box);
    }
    xipci_set32(&at->free, xipci_get32(&block->link));
    xipci_set32(&at->free_count, xipci_get32(&at->free_count) - 1);
    *block_out = block;
    return XIPC_OK;
}

/* One that was never on the stack; XIPC_E_AGAIN: there is none. */
static xipc_status
find_fresh(xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out)
{
    xipci_box_senders *at = &box->head->senders;
    uint32_t fresh = xipci_get32(&at->fresh);
    xipci_box_block *block;

    if (fresh >= xipci_get32(&at->count)) {
        return XIPC_E_AGAIN;
    }
    block = xipci_box_at(box, fresh);
    if (!block || xipci_box_word(block) != xipci_box_of(XIPCI_BOX_FREE, 0)) {
        return xipci_box_corrupt(box);
    }
    xipci_set32(&at->fresh, fresh + 1);
    *number_out = fresh;
    *block_out = block;
    return XIPC_OK;
}

xipc_status xipci_box_find_free(
    xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out)
{
    xipci_box_senders *at = &box->head->senders;
    xipc_status status = XIPC_OK;

    if ((xipci_get64(&at->tail) & (ABSORB_EVERY - 1)) == 0 ||
        (box->stride > LARGE_STRIDE &&
         xipci_get32(&at->free) == XIPCI_BOX_NIL)) {
        status = xipci_box_absorb(box);
    }
    if (status == XIPC_OK && xipci_get32(&at->free) == XIPCI_BOX_NIL) {
        status = find_fresh(box, number_out, block_out);
        if (status != XIPC_E_AGAIN) {
            return status;
        }
        status = xipci_box_absorb(box);
    }
    if (status != XIPC_OK) {
        return status;
    }
    *number_out = xipci_get32(&at->free);
    if (*number_out != XIPCI_BOX_NIL) {
        return find_on_stack(box, *number_out, block_out);
    }
    if (box->capacity != XIPC_UNBOUNDED) {
        xipci_set32(&box->head->starved, 1);
        return XIPC_E_AGAIN;
    }
    status = grow(box);
    return status == XIPC_OK ? find_fresh(box, number_out, block_out) : status;
}

/* ---- back to the first size ---- */

/* Free ones below the first size, when those above it all are: they can go. */
static int stack_first(xipc_mailbox *box, uint32_t count)
{
    xipci_box_senders *at = &box->head->senders;

    for (uint32_t number = box->first_count; number < count; number++) {
        xipci_box_block *block = xipci_box_at(box, number);

        if (!block ||
            xipci_box_word(block) != xipci_box_of(XIPCI_BOX_FREE, 0)) {
            return 0;
        }
    }
    xipci_set32(&at->free, XIPCI_BOX_NIL);
    xipci_set32(&at->free_count, 0);
    xipci_set32(&at->fresh, box->first_count);
    for (uint32_t number = 0; number < box->first_count; number++) {
        xipci_box_block *block = xipci_box_at(box, number);

        if (block && xipci_box_word(block) == xipci_box_of(XIPCI_BOX_FREE, 0)) {
            xipci_box_push_free(box, block, number);
        }
    }
    return 1;
}

static void shrink(xipc_mailbox *box)
{
    xipci_box_senders *at = &box->head->senders;
    uint32_t count = xipci_get32(&at->count);
    uint64_t used = box->blocks_at + box->first_count * (uint64_t)box->stride;
    uint64_t first = xipci_shared_round_up(used);
    uint64_t last = page_of(box->blocks_at + count * (uint64_t)box->stride);

    if (xipci_box_absorb(box) != XIPC_OK ||
        xipci_box_reap_senders(box) != XIPC_OK || !stack_first(box, count)) {
        return;
    }
    xipci_set32(&at->count, box->first_count);
    if (first < last) {
        xipcos_section_give_back(box->stand.native, first, last - first);
    }
}

xipc_status xipci_box_help_absorb(xipc_mailbox *box)
{
    xipc_status status = xipci_box_enter_senders(box, 0, xipci_box_patience());

    if (status == XIPC_OK) {
        status = xipci_box_absorb(box);
        xipci_lock_give(&box->senders);
    }
    return status;
}

/* What others have no use for any more, and what the dead had: as much as the
 * circle takes, and again. */
static xipc_status collect(xipc_mailbox *box)
{
    _Atomic uint32_t *busy = &box->head->receivers.busy;
    uint32_t before = UINT32_MAX;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && xipci_get32(busy) < before) {
        status = xipci_box_enter_receivers(box, 0, xipci_box_patience());
        if (status == XIPC_OK) {
            before = xipci_get32(busy);
            status = xipci_box_reap_receivers(box);
            xipci_lock_give(&box->receivers);
        }
        if (status == XIPC_OK) {
            status = xipci_box_help_absorb(box);
        }
    }
    return status;
}

/* While somebody has a block in hand it will most probably be in vain, and to
 * see that takes a look at all of them: then only now and then. */
static int is_worth_it(xipc_mailbox *box)
{
    const xipci_box_head *head = box->head;
    int64_t now;

    if (xipci_get32(&head->receivers.busy) == 0 &&
        xipci_get32(&head->senders.reserved) == 0) {
        return 1;
    }
    now = xipcos_clock_ns();
    if (now - atomic_load_explicit(&box->shrunk_at, memory_order_relaxed) <
        SHRINK_EVERY_NS) {
        return 0;
    }
    atomic_store_explicit(&box->shrunk_at, now, memory_order_relaxed);
    return 1;
}

void xipci_box_shrink(xipc_mailbox *box)
{
    uint32_t count = xipci_get32(&box->head->senders.count);

    if (box->capacity == XIPC_UNBOUNDED && count > box->first_count &&
        count / SHRINK_FROM >= box->first_count && is_worth_it(box) &&
        collect(box) == XIPC_OK &&
        xipci_box_enter_senders(box, 0, xipci_box_patience()) == XIPC_OK) {
        shrink(box);
        xipci_lock_give(&box->senders);
    }
}
