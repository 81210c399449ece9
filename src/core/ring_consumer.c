/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer's side: what is there, and when it is room again. */
#include <string.h>

#include "core/failure.h"
#include "core/ring.h"
#include "core/waitable.h"

/* Larger records the processor fetches ahead by itself. */
#define FETCH_SIZE_MAX 512
#define FETCH_DISTANCE 1024

/* Pauses of a processor: a microsecond or two. */
#define START_MAX 64

/* Acquire: with the word comes what is behind it. And sequentially consistent,
 * as core/park.h asks of what decides about waiting. */
static uint32_t word_at(const xipc_ring *ring, uint32_t at)
{
    return atomic_load_explicit(
        xipci_ring_word(ring, at), memory_order_seq_cst);
}

/* Whether that is as far as the producer waits for. */
static int is_wanted(const xipc_ring *ring, uint64_t position)
{
    uint64_t wanted =
        atomic_load_explicit(&ring->peer_end->wanted, memory_order_seq_cst);

    return (int64_t)(position - wanted) >= 0;
}

/* Release: what is released has been read. A producer who waits for more than
 * that is not worth waking. */
static void publish(xipc_ring *ring, uint64_t position)
{
    atomic_store_explicit(&ring->position, position, memory_order_relaxed);
    atomic_store_explicit(&ring->head->taken, position, memory_order_release);
    if (xipci_ring_must_look(ring) && is_wanted(ring, position)) {
        xipci_ring_wake_peer(ring);
    }
}

/* ---- what is there ---- */

/* Over a pad, to the beginning. */
static void skip_pad(xipc_ring *ring, uint32_t at)
{
    uint32_t rest = ring->size - at;

    xipci_ring_set_at(ring, 0);
    if (ring->pending > 0) {
        ring->pending += rest;
    } else {
        publish(ring, xipci_ring_position(ring) + rest);
    }
}

/* How much of the next record is consumed: of the first one there may be. */
static uint32_t part_of(const xipc_ring *ring)
{
    return ring->pending == 0 ? ring->part : 0;
}

/*
 * Whether the record at `at` makes sense besides. One of which some is consumed
 * was seen before, and may be another by now; and whoever goes once around the
 * ring meets a zero first.
 */
static int is_in_order(const xipc_ring *ring, uint32_t word)
{
    return (part_of(ring) == 0 || word - 1 > part_of(ring)) &&
           xipci_ring_record(word - 1) <=
               ring->size - XIPCI_RING_WORD - ring->pending;
}

/* The word of the next record, looked at once. XIPC_E_AGAIN: there is none. */
static xipc_status find_word(xipc_ring *ring, uint32_t *word_out)
{
    uint32_t at = xipci_ring_at(ring);
    uint32_t word = word_at(ring, at);

    if (word == XIPCI_RING_PAD && at >= ring->pending + XIPCI_RING_WORD) {
        skip_pad(ring, at);
        at = 0;
        word = word_at(ring, 0);
    }
    if (word == 0) {
        return XIPC_E_AGAIN;
    }
    if (word == XIPCI_RING_PAD || !xipci_ring_is_sound(ring, at, word) ||
        !is_in_order(ring, word)) {
        return xipci_ring_corrupt(ring);
    }
    *word_out = word;
    return XIPC_OK;
}

/*
 * A consumer who catches up with a producer at work, and stays at his heels,
 * takes from him the very line that he is writing: both then go at half the
 * speed. So after a run of records that were there he gives him a start, in
 * proportion to the run, before he looks again. Who answers each message has
 * no runs.
 */
void xipci_ring_give_a_start(xipc_ring *ring)
{
    uint32_t pauses = ring->run / 2 < START_MAX ? ring->run / 2 : START_MAX;

    ring->run = 0;
    while (pauses-- > 0) {
        xipcos_park_relax();
    }
}

typedef struct record_wait {
    xipc_ring *ring;
    uint32_t word;
} record_wait;

static xipc_status find_record(void *context, int is_thorough)
{
    record_wait *wait = context;
    xipc_status status = find_word(wait->ring, &wait->word);
    xipc_status peer;

    if (status != XIPC_E_AGAIN) {
        return status;
    }
    peer = xipci_ring_peer(wait->ring, is_thorough);
    if (peer == XIPC_OK) {
        return XIPC_E_AGAIN;
    }
    /* What he committed before he went comes first. */
    status = find_word(wait->ring, &wait->word);
    return status == XIPC_E_AGAIN ? peer : status;
}

/*
 * While the producer is ahead, what he wrote comes sooner if it is asked for
 * sooner. Where he is not, his next line is left to him.
 */
static void fetch_ahead(const xipc_ring *ring, uint32_t size)
{
    uint32_t next = xipci_ring_at(ring) + xipci_ring_record(size);

    if (size <= FETCH_SIZE_MAX && next + FETCH_DISTANCE < ring->size &&
        atomic_load_explicit(
            xipci_ring_word(ring, next), memory_order_relaxed) != 0) {
        XIPCOS_FETCH(ring->data + next + FETCH_DISTANCE);
    }
}

/* The size of the next record, once there is one. */
static xipc_status
await_record(xipc_ring *ring, uint32_t *size_out, xipc_deadline deadline)
{
    record_wait wait = {ring, 0};
    xipc_status status = find_word(ring, &wait.word);

    if (status == XIPC_E_AGAIN && deadline != XIPC_NOW) {
        xipci_ring_give_a_start(ring);
    }
    if (status == XIPC_E_AGAIN) {
        status = xipci_ring_wait(
            ring, find_record, &wait, deadline, "there was nothing");
    }
    if (status == XIPC_OK) {
        *size_out = wait.word - 1;
        ring->run++;
    }
    return status;
}

/* The same, of one who takes more than one at a time. */
static xipc_status
await_next(xipc_ring *ring, uint32_t *size_out, xipc_deadline deadline)
{
    xipc_status status = await_record(ring, size_out, deadline);

    if (status == XIPC_OK) {
        fetch_ahead(ring, *size_out);
    }
    return status;
}

/* ---- calls ---- */

/* The record at `at` is consumed. */
static void finish_record(xipc_ring *ring, uint32_t size)
{
    uint32_t total = xipci_ring_record(size);

    xipci_ring_set_at(ring, xipci_ring_next(ring, xipci_ring_at(ring) + total));
    ring->part = 0;
    publish(ring, xipci_ring_position(ring) + total);
}

static xipc_status
too_small(const xipc_ring *ring, size_t size, size_t capacity)
{
    return xipci_fail(
        XIPC_E_TOO_SMALL, XIPC_KIND_RING, ring->object.name,
        "the message has %zu bytes, the buffer %zu", size, capacity);
}

static xipc_status receive(
    xipc_ring *ring,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline)
{
    uint32_t size = 0;
    xipc_status status = xipci_ring_check(ring, XIPC_RING_CONSUMER);

    if (status == XIPC_OK &&
        !xipci_ring_can_copy(ring, XIPC_RING_MESSAGES, buffer, capacity)) {
        status = xipci_ring_cannot_copy(ring, XIPC_RING_MESSAGES);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (!size_out) {
        return xipci_ring_fail(ring, XIPC_E_INVALID, "size_out is NULL");
    }
    status = await_next(ring, &size, deadline);
    if (status != XIPC_OK) {
        return status;
    }
    *size_out = size;
    if (size > capacity) {
        return too_small(ring, size, capacity);
    }
    if (size > 0) {
        memcpy(
            buffer, ring->data + xipci_ring_at(ring) + XIPCI_RING_WORD, size);
    }
    finish_record(ring, size);
    return XIPC_OK;
}

xipc_status xipc_ring_receive(
    xipc_ring *ring,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline)
{
    return xipci_answer(receive(ring, buffer, capacity, size_out, deadline));
}

/* So much of the record at `at` is consumed, and some is left. */
static void consume_part(xipc_ring *ring, uint32_t part)
{
    uint32_t at = xipci_ring_at(ring);

    ring->part = part;
    /* Relaxed: for whoever takes this side's place, with the claim. */
    atomic_store_explicit(
        xipci_ring_word(ring, at) + 1, part, memory_order_relaxed);
}

/* From the record at `at`, which has `size` bytes. Returns how many. */
static size_t read_record(
    xipc_ring *ring, uint32_t size, unsigned char *bytes, size_t capacity)
{
    size_t count = size - ring->part;

    if (count > capacity) {
        count = capacity;
    }
    memcpy(
        bytes, ring->data + xipci_ring_at(ring) + XIPCI_RING_WORD + ring->part,
        count);
    if (ring->part + count == size) {
        finish_record(ring, size);
    } else {
        consume_part(ring, ring->part + (uint32_t)count);
    }
    return count;
}

static xipc_status read_bytes(
    xipc_ring *ring,
    unsigned char *bytes,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline)
{
    uint32_t size = 0;
    size_t count = 0;
    uint32_t word = 0;
    xipc_status status = await_next(ring, &size, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    count = read_record(ring, size, bytes, capacity);
    while (count < capacity && find_word(ring, &word) == XIPC_OK) {
        count += read_record(ring, word - 1, bytes + count, capacity - count);
    }
    *size_out = count;
    return XIPC_OK;
}

xipc_status xipc_ring_read(
    xipc_ring *ring,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_CONSUMER);

    if (status == XIPC_OK &&
        !xipci_ring_can_copy(ring, XIPC_RING_BYTES, buffer, capacity)) {
        status = xipci_ring_cannot_copy(ring, XIPC_RING_BYTES);
    }
    if (status == XIPC_OK && (!size_out || capacity == 0)) {
        status = xipci_ring_fail(
            ring, XIPC_E_INVALID, "size_out is NULL, or the capacity 0");
    }
    if (status == XIPC_OK) {
        status = read_bytes(ring, buffer, capacity, size_out, deadline);
    }
    return xipci_answer(status);
}

/* Takes the record at `at`, which has `size` bytes, among those peeked at. */
static void add_peeked(xipc_ring *ring, uint32_t size)
{
    uint32_t total = xipci_ring_record(size);
    uint32_t at = xipci_ring_at(ring);

    ring->last = at;
    ring->last_size = size;
    if (ring->pending == 0) {
        ring->first = at;
    }
    ring->pending += total;
    xipci_ring_set_at(ring, xipci_ring_next(ring, at + total));
}

static xipc_status peek(
    xipc_ring *ring,
    const void **data_out,
    size_t *size_out,
    xipc_deadline deadline)
{
    uint32_t size = 0;
    xipc_status status = xipci_ring_check(ring, XIPC_RING_CONSUMER);

    if (status != XIPC_OK) {
        return status;
    }
    if (!data_out || !size_out) {
        return xipci_ring_fail(
            ring, XIPC_E_INVALID, "data_out or size_out is NULL");
    }
    status = await_next(ring, &size, deadline);
    if (status != XIPC_OK) {
        return status;
    }
    *data_out =
        ring->data + xipci_ring_at(ring) + XIPCI_RING_WORD + part_of(ring);
    *size_out = size - part_of(ring);
    add_peeked(ring, size);
    return XIPC_OK;
}

xipc_status xipci_ring_get(
    xipc_ring *ring,
    const unsigned char **bytes_out,
    size_t *size_out,
    xipc_deadline deadline)
{
    uint32_t size = 0;
    xipc_status status = await_record(ring, &size, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    *bytes_out = ring->data + xipci_ring_at(ring) + XIPCI_RING_WORD;
    *size_out = size;
    add_peeked(ring, size);
    return XIPC_OK;
}

xipc_status xipc_ring_peek(
    xipc_ring *ring,
    const void **data_out,
    size_t *size_out,
    xipc_deadline deadline)
{
    return xipci_answer(peek(ring, data_out, size_out, deadline));
}

static xipc_status check_peeked(const xipc_ring *ring)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_CONSUMER);

    if (status == XIPC_OK && ring->pending == 0) {
        status = xipci_ring_fail(ring, XIPC_E_INVALID, "nothing is peeked at");
    }
    return status;
}

static void release_all(xipc_ring *ring)
{
    uint64_t position = xipci_ring_position(ring) + ring->pending;

    ring->pending = 0;
    ring->part = 0;
    publish(ring, position);
}

void xipci_ring_got(xipc_ring *ring)
{
    release_all(ring);
}

xipc_status xipc_ring_release(xipc_ring *ring)
{
    xipc_status status = check_peeked(ring);

    if (status == XIPC_OK) {
        release_all(ring);
    }
    return xipci_answer(status);
}

/* All but the last record, and some bytes of that. */
static void release_part(xipc_ring *ring, uint32_t part)
{
    uint64_t position = xipci_ring_position(ring) + ring->pending -
                        xipci_ring_record(ring->last_size);
    int is_same = ring->last == ring->first;

    xipci_ring_set_at(ring, ring->last);
    ring->pending = 0;
    /* In this order: the part counts of the record that `taken` is at. */
    if (!is_same) {
        publish(ring, position);
    }
    consume_part(ring, part);
    xipci_ring_wake_own(ring); /* for the rest of it */
}

static xipc_status release_bytes(xipc_ring *ring, size_t size)
{
    xipc_status status = check_peeked(ring);
    uint32_t before;

    if (status == XIPC_OK && ring->mode != XIPC_RING_BYTES) {
        status = xipci_ring_fail(
            ring, XIPC_E_INVALID,
            "it carries messages, which are released whole");
    }
    if (status != XIPC_OK) {
        return status;
    }
    before = ring->last == ring->first ? ring->part : 0;
    if (size > ring->last_size - before) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_RING, ring->object.name,
            "%zu bytes to release, %lu were peeked at last", size,
            (unsigned long)(ring->last_size - before));
    }
    if (before + size == ring->last_size) {
        release_all(ring);
    } else {
        release_part(ring, before + (uint32_t)size);
    }
    return XIPC_OK;
}

xipc_status xipc_ring_release_bytes(xipc_ring *ring, size_t size)
{
    return xipci_answer(release_bytes(ring, size));
}

xipc_status xipc_ring_rewind(xipc_ring *ring)
{
    xipc_status status = xipci_ring_check(ring, XIPC_RING_CONSUMER);

    if (status == XIPC_OK && ring->pending > 0) {
        ring->pending = 0;
        xipci_ring_set_at(ring, ring->first);
        xipci_ring_wake_own(ring);
    }
    return xipci_answer(status);
}

/* ---- the side ---- */

/* Where the last consumer was. A part counts only of a record that is there. */
xipc_status xipci_ring_resume_consumer(xipc_ring *ring)
{
    uint64_t taken =
        atomic_load_explicit(&ring->head->taken, memory_order_seq_cst);
    uint32_t at = (uint32_t)(taken % ring->size);
    uint32_t word;

    if (taken % XIPCI_RING_WORD != 0) {
        return xipci_ring_corrupt(ring);
    }
    atomic_store_explicit(&ring->position, taken, memory_order_relaxed);
    xipci_ring_set_at(ring, at);
    word = word_at(ring, at);
    if (ring->mode != XIPC_RING_BYTES || word == 0 || word == XIPCI_RING_PAD) {
        return XIPC_OK;
    }
    ring->part = atomic_load_explicit(
        xipci_ring_word(ring, at) + 1, memory_order_relaxed);
    return ring->part < word - 1 ? XIPC_OK : xipci_ring_corrupt(ring);
}

int xipci_ring_is_there(const xipc_ring *ring)
{
    uint32_t at = xipci_ring_at(ring);
    uint32_t word = word_at(ring, at);

    if (word == XIPCI_RING_PAD && at != 0) {
        word = word_at(ring, 0);
    }
    return word != 0;
}

/* With the process's lock. */
static uint32_t look(xipc_object *object)
{
    const xipc_ring *ring = (const xipc_ring *)object;
    uint32_t events = xipci_ring_is_there(ring) ? XIPC_READABLE : 0;

    if (xipci_ring_peer(ring, events == 0) == XIPC_OK) {
        return events;
    }
    return XIPC_HUNG_UP | (xipci_ring_is_there(ring) ? XIPC_READABLE : 0);
}

static xipci_watch *watch_of(xipc_object *object)
{
    return &((xipc_ring *)object)->own_end->watch;
}

const xipci_waitable xipci_ring_consumer_waitable = {
    XIPC_READABLE, look, watch_of, xipci_ring_prepare, NULL};
