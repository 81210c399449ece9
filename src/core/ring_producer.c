/* SPDX-License-Identifier: Apache-2.0 */
/* The producer's side: room, records, and when they become the consumer's. */
#include <string.h>

#include "core/failure.h"
#include "core/ring.h"
#include "core/waitable.h"

/* The word that a record follows and the one that follows it. */
#define LEAST_NEED (3 * XIPCI_RING_WORD)

static void set_word(const xipc_ring *ring, uint32_t at, uint32_t word)
{
    /* Relaxed: nobody looks before the first record's word is there. */
    atomic_store_explicit(
        xipci_ring_word(ring, at), word, memory_order_relaxed);
}

/* Nothing of it is consumed. */
static void clear_part(const xipc_ring *ring, uint32_t at)
{
    atomic_store_explicit(
        xipci_ring_word(ring, at) + 1, 0, memory_order_relaxed);
}

/* Release: what was written before is there for whoever sees the word. */
static void publish(xipc_ring *ring, uint32_t at, uint32_t word)
{
    atomic_store_explicit(
        xipci_ring_word(ring, at), word, memory_order_release);
    if (xipci_ring_must_look(ring)) {
        xipci_ring_wake_peer(ring);
    }
}

/* ---- room ---- */

/* How far the consumer has come. */
static xipc_status look_for_room(xipc_ring *ring)
{
    /* Acquire, at least: he has read what he gives back. */
    uint64_t taken =
        atomic_load_explicit(&ring->head->taken, memory_order_seq_cst);
    uint64_t used = xipci_ring_position(ring) - taken;

    if (used > ring->size - XIPCI_RING_WORD - ring->pending ||
        taken % XIPCI_RING_WORD != 0) {
        return xipci_ring_corrupt(ring);
    }
    ring->credit = ring->size - (uint32_t)used - ring->pending;
    return XIPC_OK;
}

/* What a wait for room is after. */
typedef struct room_wait {
    xipc_ring *ring;
    uint32_t need; /* without which it cannot go on */
    uint32_t want; /* without which it had better not */
} room_wait;

static void tell_wanted(const xipc_ring *ring, uint32_t want)
{
    /* Sequentially consistent: the consumer reads it after `taken`, which is
       read after this. */
    atomic_store_explicit(
        &ring->own_end->wanted,
        xipci_ring_position(ring) + ring->pending + want - ring->size,
        memory_order_seq_cst);
}

/* After a slice of sleep what is needed is enough: the consumer is slow, and
 * the next time every bit of room counts. Then he has to be told before `taken`
 * is looked at. */
static void lower_want(room_wait *wait)
{
    wait->ring->is_streaming = wait->ring->credit >= wait->want;
    if (!wait->ring->is_streaming && wait->want > wait->need) {
        wait->want = wait->need;
        tell_wanted(wait->ring, wait->want);
    }
}

static xipc_status find_room(void *context, int is_thorough)
{
    room_wait *wait = context;
    xipc_ring *ring = wait->ring;
    xipc_status status = look_for_room(ring);
    xipc_status peer;

    if (status == XIPC_OK && is_thorough) {
        lower_want(wait);
        status = look_for_room(ring);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (ring->credit >= wait->want) {
        ring->is_streaming |= !is_thorough;
        return XIPC_OK;
    }
    peer = xipci_ring_peer(ring, is_thorough);
    if (peer == XIPC_OK) {
        return XIPC_E_AGAIN;
    }
    /* What he released before he went. */
    status = look_for_room(ring);
    if (status != XIPC_OK || ring->credit >= wait->need) {
        return status;
    }
    return peer;
}

static xipc_status
wait_for_room(xipc_ring *ring, uint32_t need, xipc_deadline deadline)
{
    room_wait wait = {ring, need, need};
    xipc_status status;

    if (need > ring->size - ring->pending) {
        return xipci_ring_fail(
            ring, XIPC_E_NO_SPACE,
            "what is reserved and not committed leaves no room for it");
    }
    status = look_for_room(ring);
    if (status != XIPC_OK || need <= ring->credit) {
        return status;
    }
    /* Where the consumer is quick, it is let go on for a while: to be woken for
       each message costs more than the message. */
    if (ring->is_streaming && need < ring->size / 8 && ring->pending == 0) {
        wait.want = ring->size / 8;
    }
    atomic_store_explicit(
        &ring->need, need + ring->pending, memory_order_relaxed);
    tell_wanted(ring, wait.want);
    return xipci_ring_wait(
        ring, find_room, &wait, deadline, "there was no room");
}

/* ---- records ---- */

/* Goes on at the beginning: what is left before the end is too short. The pad
 * is reserved, and becomes the consumer's with what follows it. */
static void pad(xipc_ring *ring, uint32_t rest)
{
    uint32_t at = xipci_ring_at(ring);

    if (ring->pending == 0) {
        ring->first = at;
        ring->first_word = XIPCI_RING_PAD;
    } else {
        set_word(ring, at, XIPCI_RING_PAD);
    }
    ring->pending += rest;
    ring->credit -= rest;
    xipci_ring_set_at(ring, 0);
}

/* The last record has the size that was reserved, since another follows. */
static void settle_last(xipc_ring *ring)
{
    if (ring->last == ring->first) {
        ring->first_word = ring->last_size + 1;
    } else {
        set_word(ring, ring->last, ring->last_size + 1);
    }
}

/* There is room. */
static void begin_record(xipc_ring *ring, uint32_t size)
{
    uint32_t total = xipci_ring_record(size);
    uint32_t at = xipci_ring_at(ring);

    if (ring->pending == 0) {
        ring->first = at;
    }
    ring->last = at;
    ring->last_size = size;
    ring->pending += total;
    ring->credit -= total;
    xipci_ring_set_at(ring, xipci_ring_next(ring, at + total));
    /* Before the contents, so that these and their word go over together. */
    set_word(ring, xipci_ring_at(ring), 0);
}

static xipc_status
reserve(xipc_ring *ring, uint32_t size, xipc_deadline deadline)
{
    uint32_t total = xipci_ring_record(size);
    uint32_t rest = ring->size - xipci_ring_at(ring);
    uint32_t need = total + XIPCI_RING_WORD + (total > rest ? rest : 0);

    if (need > ring->credit) {
        xipc_status status = wait_for_room(ring, need, deadline);

        if (status != XIPC_OK) {
            return status;
        }
    }
    if (ring->pending > 0) {
        settle_last(ring);
    }
    if (total > rest) {
        pad(ring, rest);
    }
    begin_record(ring, size);
    return XIPC_OK;
}

/* What is reserved ends at `end`, with that word in the last record. */
static void commit_until(xipc_ring *ring, uint32_t end, uint32_t last_word)
{
    uint32_t word = last_word;

    if (end != xipci_ring_at(ring)) {
        xipci_ring_set_at(ring, end);
        set_word(ring, end, 0);
    }
    if (ring->last != ring->first) {
        word = ring->first_word;
        set_word(ring, ring->last, last_word);
    }
    atomic_store_explicit(
        &ring->position, xipci_ring_position(ring) + ring->pending,
        memory_order_relaxed);
    ring->pending = 0;
    publish(ring, ring->first, word);
}

static void commit(xipc_ring *ring, uint32_t size)
{
    uint32_t total = xipci_ring_record(size);
    uint32_t back = xipci_ring_record(ring->last_size) - total;

    ring->pending -= back;
    ring->credit += back;
    commit_until(ring, xipci_ring_next(ring, ring->last + total), size + 1);
}

static void cancel(xipc_ring *ring)
{
    if (ring->pending > 0) {
        ring->credit += ring->pending;
        ring->pending = 0;
        xipci_ring_set_at(ring, ring->first);
        xipci_ring_wake_own(ring);
    }
}

/* ---- calls ---- */

static xipc_status too_big(const xipc_ring *ring, size_t size)
{
    return xipci_fail(
        XIPC_E_TOO_BIG, XIPC_KIND_RING, ring->object.name,
        "%zu bytes, it carries %lu at most, half its capacity", size,
        (unsigned long)ring->message_max);
}

static xipc_status
send(xipc_ring *ring, const void *data, size_t size, xipc_deadline deadline)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_PRODUCER);

    if (status == XIPC_OK &&
        !xipci_ring_can_copy(ring, XIPC_RING_MESSAGES, data, size)) {
        status = xipci_ring_cannot_copy(ring, XIPC_RING_MESSAGES);
    }
    if (status == XIPC_OK && size > ring->message_max) {
        status = too_big(ring, size);
    }
    if (status == XIPC_OK) {
        status = reserve(ring, (uint32_t)size, deadline);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (size > 0) {
        memcpy(ring->data + ring->last + XIPCI_RING_WORD, data, size);
    }
    commit(ring, (uint32_t)size);
    return XIPC_OK;
}

xipc_status xipc_ring_send(
    xipc_ring *ring, const void *data, size_t size, xipc_deadline deadline)
{
    return xipci_answer(send(ring, data, size, deadline));
}

/* Words at a time, without a call, as long as that is quicker. */
#define BY_WORDS_MAX 64

static inline void copy_body(unsigned char *to, const void *from, size_t size)
{
    const unsigned char *bytes = from;
    size_t at = 0;

    if (size > BY_WORDS_MAX) {
        memcpy(to, from, size);
        return;
    }
    for (; size - at >= XIPCI_RING_WORD; at += XIPCI_RING_WORD) {
        memcpy(to + at, bytes + at, XIPCI_RING_WORD);
    }
    for (; at < size; at++) {
        to[at] = bytes[at];
    }
}

xipc_status xipci_ring_put(
    xipc_ring *ring,
    uint64_t first,
    uint64_t second,
    const void *body,
    uint32_t body_size,
    xipc_deadline deadline)
{
    const uint32_t size = 2 * XIPCI_RING_WORD + body_size;
    xipc_status status = reserve(ring, size, deadline);
    unsigned char *at;

    if (status != XIPC_OK) {
        return status;
    }
    at = ring->data + ring->last + XIPCI_RING_WORD;
    memcpy(at, &first, sizeof first);
    memcpy(at + XIPCI_RING_WORD, &second, sizeof second);
    copy_body(at + 2 * XIPCI_RING_WORD, body, body_size);
    commit(ring, size);
    return XIPC_OK;
}

/* Bytes that can be written in one piece where the next record begins. */
static uint32_t room_in_one(const xipc_ring *ring)
{
    uint32_t rest = ring->size - xipci_ring_at(ring);
    uint32_t room = ring->credit;

    if (rest == XIPCI_RING_WORD) { /* nothing but a pad fits there */
        room = room > rest ? room - rest : 0;
        rest = ring->size;
    }
    room = room > 2 * XIPCI_RING_WORD ? room - 2 * XIPCI_RING_WORD : 0;
    room = room < rest - XIPCI_RING_WORD ? room : rest - XIPCI_RING_WORD;
    return room < ring->message_max ? room : ring->message_max;
}

/* XIPC_OK: some of `left` bytes can be written. */
static xipc_status
room_for_some(xipc_ring *ring, size_t left, xipc_deadline deadline)
{
    xipc_status status = XIPC_OK;

    if (room_in_one(ring) < left) {
        status = look_for_room(ring);
    }
    if (status == XIPC_OK && room_in_one(ring) == 0) {
        status = wait_for_room(ring, LEAST_NEED + XIPCI_RING_WORD, deadline);
    }
    return status;
}

static xipc_status write_bytes(
    xipc_ring *ring,
    const unsigned char *bytes,
    size_t size,
    size_t *written_out,
    xipc_deadline deadline)
{
    xipc_status status = XIPC_OK;
    size_t written = 0;

    while (written < size) {
        size_t piece = size - written;

        status = room_for_some(ring, piece, deadline);
        if (status != XIPC_OK) {
            break;
        }
        if (piece > room_in_one(ring)) {
            piece = room_in_one(ring);
        }
        status = reserve(ring, (uint32_t)piece, XIPC_NOW);
        if (status != XIPC_OK) {
            break;
        }
        clear_part(ring, ring->last);
        memcpy(
            ring->data + ring->last + XIPCI_RING_WORD, bytes + written, piece);
        commit(ring, (uint32_t)piece);
        written += piece;
    }
    if (written > 0) {
        status = XIPC_OK; /* the rest is for the next call to meet */
    }
    if (status == XIPC_OK && written_out) {
        *written_out = written;
    }
    return status;
}

xipc_status xipc_ring_write(
    xipc_ring *ring,
    const void *data,
    size_t size,
    size_t *written_out,
    xipc_deadline deadline)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_PRODUCER);

    if (status == XIPC_OK &&
        !xipci_ring_can_copy(ring, XIPC_RING_BYTES, data, size)) {
        status = xipci_ring_cannot_copy(ring, XIPC_RING_BYTES);
    }
    if (status == XIPC_OK) {
        status = write_bytes(ring, data, size, written_out, deadline);
    }
    return xipci_answer(status);
}

static xipc_status reserve_block(
    xipc_ring *ring, size_t size, void **block_out, xipc_deadline deadline)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_PRODUCER);

    if (status != XIPC_OK) {
        return status;
    }
    if (!block_out) {
        return xipci_ring_fail(ring, XIPC_E_INVALID, "block_out is NULL");
    }
    if (size == 0 && ring->mode == XIPC_RING_BYTES) {
        status = xipci_ring_fail(ring, XIPC_E_INVALID, "0 bytes are nothing");
    }
    if (status == XIPC_OK && size > ring->message_max) {
        status = too_big(ring, size);
    }
    if (status == XIPC_OK) {
        status = reserve(ring, (uint32_t)size, deadline);
    }
    if (status == XIPC_OK) {
        clear_part(ring, ring->last);
        *block_out = ring->data + ring->last + XIPCI_RING_WORD;
    }
    return status;
}

xipc_status xipc_ring_reserve(
    xipc_ring *ring, size_t size, void **block_out, xipc_deadline deadline)
{
    return xipci_answer(reserve_block(ring, size, block_out, deadline));
}

/* The last block of a ring of bytes was not used at all. */
static void commit_without_last(xipc_ring *ring)
{
    uint32_t back = xipci_ring_record(ring->last_size);

    if (ring->last == ring->first) {
        cancel(ring);
        return;
    }
    ring->pending -= back;
    ring->credit += back;
    /* Its word is the zero behind the others. */
    commit_until(ring, ring->last, 0);
}

static xipc_status commit_block(xipc_ring *ring, size_t size)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_PRODUCER);

    if (status != XIPC_OK) {
        return status;
    }
    if (ring->pending == 0) {
        return xipci_ring_fail(ring, XIPC_E_INVALID, "nothing is reserved");
    }
    if (size > ring->last_size) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_RING, ring->object.name,
            "%zu bytes to commit, %lu were reserved", size,
            (unsigned long)ring->last_size);
    }
    if (size == 0 && ring->mode == XIPC_RING_BYTES) {
        commit_without_last(ring);
    } else {
        commit(ring, (uint32_t)size);
    }
    return XIPC_OK;
}

xipc_status xipc_ring_commit(xipc_ring *ring, size_t size)
{
    return xipci_answer(commit_block(ring, size));
}

xipc_status xipc_ring_cancel(xipc_ring *ring)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_PRODUCER);

    if (status == XIPC_OK) {
        cancel(ring);
    }
    return xipci_answer(status);
}

/* ---- the side ---- */

/*
 * Walks over what was committed and not released, to the zero behind it. The
 * consumer may release meanwhile; the records stay as they are.
 */
xipc_status xipci_ring_resume_producer(xipc_ring *ring)
{
    uint64_t taken =
        atomic_load_explicit(&ring->head->taken, memory_order_seq_cst);
    uint32_t at = (uint32_t)(taken % ring->size);
    uint64_t used = 0;
    uint32_t word;

    if (taken % XIPCI_RING_WORD != 0) {
        return xipci_ring_corrupt(ring);
    }
    while ((word = atomic_load_explicit(
                xipci_ring_word(ring, at), memory_order_acquire)) != 0) {
        uint32_t total = word == XIPCI_RING_PAD ? ring->size - at
                                                : xipci_ring_record(word - 1);

        if (!xipci_ring_is_sound(ring, at, word) ||
            used + total > ring->size - XIPCI_RING_WORD) {
            return xipci_ring_corrupt(ring);
        }
        used += total;
        at = xipci_ring_next(ring, at + total);
    }
    atomic_store_explicit(&ring->position, taken + used, memory_order_relaxed);
    xipci_ring_set_at(ring, at);
    ring->credit = 0; /* and looks for room at the first call */
    return XIPC_OK;
}

/* What `taken` has to reach before there is the room that was looked for. */
static uint64_t wanted_by(const xipc_ring *ring)
{
    return xipci_ring_position(ring) - ring->size +
           atomic_load_explicit(&ring->need, memory_order_relaxed);
}

int xipci_ring_has_room(const xipc_ring *ring)
{
    uint64_t taken =
        atomic_load_explicit(&ring->head->taken, memory_order_seq_cst);

    return (int64_t)(taken - wanted_by(ring)) >= 0;
}

/* With the process's lock. */
static uint32_t look(xipc_object *object)
{
    const xipc_ring *ring = (const xipc_ring *)object;
    uint32_t events;

    atomic_store_explicit(
        &ring->own_end->wanted, wanted_by(ring), memory_order_seq_cst);
    events = xipci_ring_has_room(ring) ? XIPC_WRITABLE : 0;
    return xipci_ring_peer(ring, events == 0) == XIPC_OK
               ? events
               : events | XIPC_HUNG_UP;
}

static xipci_watch *watch_of(xipc_object *object)
{
    return &((xipc_ring *)object)->own_end->watch;
}

const xipci_waitable xipci_ring_producer_waitable = {
    XIPC_WRITABLE, look, watch_of, xipci_ring_prepare, NULL};
