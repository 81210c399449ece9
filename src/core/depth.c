/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits in a ring, or in an inbox, for who only looks. Both sides may go
 * on meanwhile: it is told as it was somewhere in that time. Nothing is
 * believed that is not looked at here.
 */
#include "core/depth.h"

#include "core/peer.h"
#include "core/ring.h"
#include "core/ring_make.h"

/* So many records are looked at in each ring. */
#define RECORDS_MAX (UINT32_C(1) << 20)

/* As much of a handle as it takes to find records. 0: there is no ring. */
static int look_at(const void *bytes, uint64_t room, xipc_ring *ring)
{
    const volatile xipci_ring_head *head = bytes; /* read once */
    uint64_t capacity;

    if (room < XIPCI_RING_HEAD_SIZE || head->mark != xipci_ring_marks.made) {
        return 0;
    }
    capacity = head->capacity;
    ring->mode =
        head->mode == XIPC_RING_BYTES ? XIPC_RING_BYTES : XIPC_RING_MESSAGES;
    if (capacity == 0 || xipc_ring_size(capacity) == 0 ||
        xipc_ring_size(capacity) > room) {
        return 0;
    }
    ring->head = (xipci_ring_head *)(uintptr_t)bytes;
    ring->data = (unsigned char *)(uintptr_t)bytes + XIPCI_RING_HEAD_SIZE;
    ring->size = (uint32_t)(xipc_ring_size(capacity) - XIPCI_RING_HEAD_SIZE);
    ring->message_max = (uint32_t)(capacity / 2);
    return 1;
}

/* Acquire: a record is there when its word is, see ring.h. */
static uint32_t word_at(const xipc_ring *ring, uint32_t at)
{
    return atomic_load_explicit(
        xipci_ring_word(ring, at), memory_order_acquire);
}

/* What of a ring of bytes the consumer has had of its first record, if that is
 * there; each word is read once, for others write them. */
static uint32_t part_at(const xipc_ring *ring, uint32_t at)
{
    uint32_t word = word_at(ring, at);
    uint32_t part;

    if (ring->mode != XIPC_RING_BYTES || word == 0 || word == XIPCI_RING_PAD) {
        return 0;
    }
    part = atomic_load_explicit(
        xipci_ring_word(ring, at) + 1, memory_order_relaxed);
    return part < word - 1 ? part : 0;
}

/* Messages, or bytes, from `at` on; each place is passed once at most. */
static uint64_t count_from(const xipc_ring *ring, uint32_t at)
{
    uint64_t depth = 0;
    uint64_t passed = 0;

    for (uint32_t count = 0; count < RECORDS_MAX && passed < ring->size;
         count++) {
        uint32_t word = word_at(ring, at);
        uint32_t size;

        if (word == 0 || !xipci_ring_is_sound(ring, at, word)) {
            break;
        }
        if (word == XIPCI_RING_PAD) {
            passed += ring->size - at;
            at = 0;
            continue;
        }
        size = xipci_ring_record(word - 1);
        depth += ring->mode == XIPC_RING_BYTES ? word - 1 : 1;
        passed += size;
        at = xipci_ring_next(ring, at + size);
    }
    return depth;
}

uint64_t xipci_ring_depth(const void *bytes, uint64_t room)
{
    xipc_ring ring;
    uint64_t taken;
    uint64_t depth;
    uint32_t part;
    uint32_t at;

    if (!look_at(bytes, room, &ring)) {
        return 0;
    }
    taken = atomic_load_explicit(&ring.head->taken, memory_order_acquire);
    at = (uint32_t)(taken % ring.size);
    if (taken % XIPCI_RING_WORD != 0) {
        return 0;
    }
    depth = count_from(&ring, at);
    part = part_at(&ring, at);
    return part < depth ? depth - part : depth;
}

uint64_t xipci_inbox_depth(const void *bytes, uint64_t room)
{
    const volatile xipci_inbox_head *head = bytes; /* read once */
    xipci_inbox inbox = {.head = (xipci_inbox_head *)(uintptr_t)bytes};
    uint64_t depth = 0;

    if (room < sizeof *head || head->mark != xipci_inbox_marks.made) {
        return 0;
    }
    inbox.shape.link_max = head->link_max;
    inbox.shape.capacity = head->capacity;
    if (inbox.shape.link_max > XIPC_PEER_LINK_MAX_LIMIT ||
        xipc_ring_size(inbox.shape.capacity) == 0) {
        return 0;
    }
    for (uint32_t index = 0; index < inbox.shape.link_max; index++) {
        uint64_t at = xipci_inbox_lane(&inbox, index, NULL).offset;

        if (at >= room) {
            break;
        }
        if (atomic_load_explicit(
                &xipci_inbox_record(&inbox, index)->state,
                memory_order_acquire) != 0) {
            depth +=
                xipci_ring_depth((const unsigned char *)bytes + at, room - at);
        }
    }
    return depth;
}
