/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A producer that lies about the size of what comes next, wherever in the ring
 * that stands: the consumer says so, or has what lies inside the ring.
 *
 * What a size stands in is the eight bytes before what is peeked at.
 */
#include <string.h>

#include "support/ring_kit.h"

/* The ring's first bytes, those before its data, hold no sizes. */
enum { HEAD = 512, CAPACITY = 128, LONGEST = 64, SIZE = 16 };

/* The only ring of the section "a", and the bytes of both. */
typedef struct liar {
    xipc_ring_mode mode;
    xipc_section *section;
    xipc_map *map;
    xipc_ring *consumer;
    unsigned char *word;        /* in front of what comes next */
    const unsigned char *first; /* where the consumer's data begins */
} liar;

static size_t data_size(void)
{
    return (size_t)xipc_ring_size(CAPACITY) - HEAD;
}

static unsigned char *data_of(const liar *self)
{
    return bytes_of(self->map) + RING_OFFSET + HEAD;
}

/* In one piece. */
static void send_some(xipc_ring *producer, size_t size)
{
    void *block = NULL;

    REQUIRE_OK(xipc_ring_reserve(producer, size, &block, XIPC_NOW));
    memset(block, 0xee, size);
    REQUIRE_OK(xipc_ring_commit(producer, size));
}

/* So many small ones have been there, and then one that is about to be lied
 * about; its producer is gone. */
static liar liar_behind(xipc_ring_mode mode, unsigned count)
{
    xipc_ring_options options = ring_shaped(CAPACITY, mode, XIPC_RING_ADAPTIVE);
    liar self = {.mode = mode};
    sides ring = sides_made("@a", &options);
    const void *data = NULL;
    size_t size = 0;

    self.section = section_opened("a");
    self.map = mapped(self.section);
    self.consumer = ring.consumer;
    for (unsigned i = 0; i <= count; i++) {
        send_some(ring.producer, i < count ? 1 : SIZE);
        REQUIRE_OK(xipc_ring_peek(ring.consumer, &data, &size, XIPC_NOW));
        if (i == 0) {
            self.first = (const unsigned char *)data - 8;
        }
        if (i < count) {
            REQUIRE_OK(xipc_ring_release(ring.consumer));
        }
    }
    REQUIRE_UINT(SIZE, size);
    REQUIRE_OK(xipc_ring_rewind(ring.consumer));
    self.word = data_of(&self) + ((const unsigned char *)data - self.first) - 8;
    xipc_ring_close(ring.producer);
    return self;
}

static void liar_ends(liar *self)
{
    xipc_ring_close(self->consumer);
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

static void lie(const liar *self, uint32_t word)
{
    memcpy(self->word, &word, sizeof word);
}

static void require_answer(xipc_status status)
{
    REQUIRE(
        status == XIPC_OK || status == XIPC_E_CORRUPT ||
        status == XIPC_E_CLOSED || status == XIPC_E_AGAIN ||
        status == XIPC_E_TOO_SMALL);
}

/* The lie is believed at most as far as the ring goes. */
static void require_harmless(const liar *self)
{
    static unsigned char bytes[4096];
    const void *data = NULL;
    size_t size = 0;
    xipc_status status = xipc_ring_peek(self->consumer, &data, &size, XIPC_NOW);

    require_answer(status);
    if (status == XIPC_OK) {
        const unsigned char *at = data;

        REQUIRE(size <= LONGEST);
        REQUIRE(at >= self->first && at + size <= self->first + data_size());
        REQUIRE_OK(xipc_ring_rewind(self->consumer));
    }
    size = 0;
    status = self->mode == XIPC_RING_MESSAGES
                 ? xipc_ring_receive(
                       self->consumer, bytes, sizeof bytes, &size, XIPC_NOW)
                 : xipc_ring_read(
                       self->consumer, bytes, sizeof bytes, &size, XIPC_NOW);
    require_answer(status);
    REQUIRE(
        size <= (self->mode == XIPC_RING_MESSAGES ? LONGEST : sizeof bytes));
}

/* All that a size of this ring could be, and some that none is. */
static const uint32_t too_much[] = {
    127,         128,         129,         256,         257,        0x7fffffffu,
    0x80000000u, 0x80000010u, 0xffffff80u, 0xfffffff8u, 0xfffffffeu};

static void lie_behind(xipc_ring_mode mode, unsigned count)
{
    uint32_t small_count = LONGEST + 20;

    for (uint32_t i = 0; i < small_count + sizeof too_much / 4; i += 3) {
        /* Each third one, another one each time. */
        uint32_t at = i + count % 3;
        liar self = liar_behind(mode, count);

        lie(&self, at < small_count
                       ? at
                       : too_much[(at - small_count) % (sizeof too_much / 4)]);
        require_harmless(&self);
        liar_ends(&self);
    }
}

SPEC(a_size_that_lies_is_believed_no_further_than_the_ring, "GEN-10 RING-1")
{
    unsigned stride = rounds_here(1, 5);

    for (unsigned count = 0; count < 40; count += stride) {
        lie_behind(XIPC_RING_MESSAGES, count);
        lie_behind(XIPC_RING_BYTES, count);
    }
}

/* Part of it has been consumed, and then it is said to have been shorter. */
static void shrink(unsigned count, uint32_t word, int by_blocks)
{
    liar self = liar_behind(XIPC_RING_BYTES, count);
    unsigned char bytes[10];
    const void *data = NULL;
    size_t size = 0;

    if (by_blocks) {
        REQUIRE_OK(xipc_ring_peek(self.consumer, &data, &size, XIPC_NOW));
        REQUIRE_OK(xipc_ring_release_bytes(self.consumer, sizeof bytes));
    } else {
        REQUIRE_OK(xipc_ring_read(
            self.consumer, bytes, sizeof bytes, &size, XIPC_NOW));
        REQUIRE_UINT(sizeof bytes, size);
    }
    lie(&self, word);
    require_harmless(&self);
    liar_ends(&self);
}

SPEC(what_is_consumed_in_part_cannot_shrink_below_that, "GEN-10 RING-1 RING-3")
{
    unsigned stride = rounds_here(1, 5);

    for (unsigned count = 0; count < 40; count += stride) {
        for (uint32_t word = 1; word <= LONGEST + 2; word += 5) {
            shrink(count, word, 0);
            shrink(count, word, 1);
        }
    }
}

/* A ring of nothing but pieces that seem to go on for ever. */
SPEC(who_peeks_at_what_never_ends_goes_around_once, "GEN-10 RING-3")
{
    liar self = liar_behind(XIPC_RING_MESSAGES, 0);
    unsigned count = 0;
    xipc_status status = XIPC_OK;

    for (size_t at = 0; at < data_size(); at += 8) {
        uint32_t word = 1; /* of a message of 0 bytes */

        memcpy(data_of(&self) + at, &word, sizeof word);
    }
    while (status == XIPC_OK) {
        const void *data = NULL;
        size_t size = 77;

        status = xipc_ring_peek(self.consumer, &data, &size, XIPC_NOW);
        REQUIRE(status != XIPC_OK || size == 0);
        REQUIRE(count <= data_size() / 8);
        count++;
    }
    require_answer(status);

    liar_ends(&self);
}
