/* SPDX-License-Identifier: Apache-2.0 */
/* A block of a mailbox: a message, or room for one; see mailbox.h. */
#ifndef XIPC_CORE_MAILBOX_BLOCK_H
#define XIPC_CORE_MAILBOX_BLOCK_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include <xipc/mailbox.h>

/* What the upper half of a block's state says; the lower one is a member number
 * where it belongs to somebody, else 0. A block that was never used is free. */
typedef enum xipci_box_state {
    XIPCI_BOX_FREE = 0,
    XIPCI_BOX_RESERVED,
    XIPCI_BOX_SENT,
    XIPCI_BOX_QUEUED,
    XIPCI_BOX_TAKING,
    XIPCI_BOX_TAKEN,
    XIPCI_BOX_RETURNED,
    XIPCI_BOX_SPARE, /* a sender's who has claimed no room yet */
    XIPCI_BOX_DONE   /* a receiver's who has no use for it any more */
} xipci_box_state;

/*
 * Shared. `state`: written by whoever has the lock that the step above needs,
 * release; read by the other lock's repair, and by a sender who waits until his
 * message is taken, acquire. `sequence` (0: none) and `returned` are the
 * positions, plus one, at which it went into a circle last: written before the
 * state with that lock, read by repairs. The rest is written by the sender
 * before the state is SENT, and `link` by whoever has the lock of the list, or
 * stack, that it is in; where it is somebody's, it says which handle has it.
 */
typedef struct xipci_box_block {
    alignas(8) _Atomic uint64_t state;
    _Atomic uint64_t sequence;
    _Atomic uint64_t returned;
    _Atomic int64_t sent_at;
    _Atomic uint32_t user;
    _Atomic uint32_t link;
    _Atomic uint32_t size;
    _Atomic uint32_t type;
    _Atomic uint32_t process;
    _Atomic uint32_t marks; /* the priority, and XIPC_MESSAGE_* above it */
} xipci_box_block;

#define XIPCI_BOX_BLOCK_SIZE 56
#define XIPCI_BOX_MARKS      8 /* bits of the priority */

_Static_assert(
    sizeof(xipci_box_block) == XIPCI_BOX_BLOCK_SIZE, "part of the layout");

/* Words that a lock guards. */
static inline uint32_t xipci_get32(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void xipci_set32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/* Somebody may have scribbled on it, or died between two counts. */
static inline void xipci_box_count_less(_Atomic uint32_t *count)
{
    if (xipci_get32(count) > 0) {
        xipci_set32(count, xipci_get32(count) - 1);
    }
}

static inline uint64_t xipci_get64(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void xipci_set64(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline unsigned char *xipci_box_data(xipci_box_block *block)
{
    return (unsigned char *)block + XIPCI_BOX_BLOCK_SIZE;
}

static inline uint64_t xipci_box_of(xipci_box_state state, uint32_t member)
{
    return (uint64_t)state << 32 | member;
}

static inline uint64_t xipci_box_word(xipci_box_block *block)
{
    return atomic_load_explicit(&block->state, memory_order_acquire);
}

static inline xipci_box_state xipci_box_state_of(uint64_t word)
{
    return (xipci_box_state)(word >> 32);
}

static inline int xipci_box_change(
    xipci_box_block *block, uint64_t from, xipci_box_state to, uint32_t member)
{
    return atomic_compare_exchange_strong_explicit(
        &block->state, &from, xipci_box_of(to, member), memory_order_acq_rel,
        memory_order_relaxed);
}

static inline void
xipci_box_set(xipci_box_block *block, xipci_box_state state, uint32_t member)
{
    atomic_store_explicit(
        &block->state, xipci_box_of(state, member), memory_order_release);
}

static inline uint32_t xipci_box_priority(const xipci_box_block *block)
{
    return atomic_load_explicit(&block->marks, memory_order_relaxed) &
           XIPC_PRIORITY_MAX;
}

static inline int xipci_box_is_redelivered(const xipci_box_block *block)
{
    return (atomic_load_explicit(&block->marks, memory_order_acquire) >>
                XIPCI_BOX_MARKS &
            XIPC_MESSAGE_REDELIVERED) != 0;
}

/* XIPC_MESSAGE_REDELIVERED, or that nobody was given it. */
#define XIPCI_BOX_DROPPED (UINT32_C(1) << 8)

static inline void xipci_box_mark(xipci_box_block *block, uint32_t mark)
{
    atomic_fetch_or_explicit(
        &block->marks, mark << XIPCI_BOX_MARKS, memory_order_release);
}

#endif
