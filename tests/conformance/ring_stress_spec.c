/* SPDX-License-Identifier: Apache-2.0 */
/* A great many messages between two processes, each way to wait, with and
 * without a copy; every byte of them is looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ring_kit.h"

enum { CAPACITY = 1 << 16, LONGEST = 400, BATCH_MAX = 8 };

static uint64_t message_count(void)
{
    return rounds_here(1000000, 100000);
}

/* ---- with a copy ---- */

static void send_copies(xipc_ring *ring, uint64_t end)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = 0; number < end; number++) {
        size_t size = message_size(number, LONGEST);

        message_fill(bytes, size, number);
        REQUIRE_OK(xipc_ring_send(ring, bytes, size, XIPC_FOREVER));
    }
}

static void receive_copies(xipc_ring *ring, uint64_t end)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = 0; number < end; number++) {
        size_t size = 0;

        REQUIRE_OK(
            xipc_ring_receive(ring, bytes, LONGEST, &size, XIPC_FOREVER));
        REQUIRE_UINT(message_size(number, LONGEST), size);
        REQUIRE(message_is(bytes, size, number));
    }
}

/* ---- without ---- */

static void send_blocks(xipc_ring *ring, uint64_t end)
{
    uint64_t number = 0;

    while (number < end) {
        uint64_t stop = number + number % BATCH_MAX + 1;
        size_t size = 0;

        stop = stop < end ? stop : end;
        for (; number < stop; number++) {
            void *block = NULL;

            size = message_size(number, LONGEST);
            REQUIRE_OK(xipc_ring_reserve(ring, size, &block, XIPC_FOREVER));
            message_fill(block, size, number);
        }
        REQUIRE_OK(xipc_ring_commit(ring, size));
    }
}

/* Now and then what was peeked at is not released, and comes again. */
static void receive_blocks(xipc_ring *ring, uint64_t end)
{
    uint64_t released = 0;
    uint64_t number = 0;
    int is_again = 0;

    while (released < end) {
        const void *data = NULL;
        size_t size = 0;

        REQUIRE_OK(xipc_ring_peek(ring, &data, &size, XIPC_FOREVER));
        REQUIRE_UINT(message_size(number, LONGEST), size);
        REQUIRE(message_is(data, size, number));
        number++;
        if (number % 64 == 0 && !is_again) {
            REQUIRE_OK(xipc_ring_rewind(ring));
            number = released;
            is_again = 1;
        } else if (number % (BATCH_MAX + 1) == 0 || number == end) {
            REQUIRE_OK(xipc_ring_release(ring));
            released = number;
            is_again = 0;
        }
    }
}

/* ---- both ---- */

static int is_copying(void)
{
    return strcmp(spec_argument(1), "copies") == 0;
}

PEER(a_producer_of_a_million)
{
    xipc_ring *ring = ring_joined(spec_argument(0), XIPC_RING_PRODUCER);

    if (is_copying()) {
        send_copies(ring, message_count());
    } else {
        send_blocks(ring, message_count());
    }
    spec_expect(NULL, "close");
    xipc_ring_close(ring);
}

static void carry(const char *place, xipc_ring_wait wait, int with_copies)
{
    xipc_ring_options options = ring_shaped(CAPACITY, XIPC_RING_MESSAGES, wait);
    xipc_ring *ring = ring_made(place, XIPC_RING_CONSUMER, &options);
    spec_peer *peer = START(
        a_producer_of_a_million, place, with_copies ? "copies" : "blocks");
    int64_t start;

    REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_FOREVER));
    start = spec_now_ns();
    if (with_copies) {
        receive_copies(ring, message_count());
    } else {
        receive_blocks(ring, message_count());
    }
    start = spec_now_ns() - start;
    require_empty(ring);
    spec_note(
        "%s: %llu messages, %lld ns each", with_copies ? "copies" : "blocks",
        (unsigned long long)message_count(),
        (long long)(start / (int64_t)message_count()));
    spec_tell(peer, "close");
    spec_join(peer);
    xipc_ring_close(ring);
}

static void a_million(xipc_ring_wait wait)
{
    carry("a", wait, 1);
    carry("@a", wait, 0);
}

SPEC(a_million_messages_arrive_by_adaptive_sides, "RING-1 RING-2 RING-3")
{
    a_million(XIPC_RING_ADAPTIVE);
}

SPEC(a_million_messages_arrive_by_spinning_sides, "RING-1 RING-2 RING-3")
{
    a_million(XIPC_RING_SPIN);
}

SPEC(a_million_messages_arrive_by_parking_sides, "RING-1 RING-2 RING-3")
{
    a_million(XIPC_RING_PARK);
}

PEER(a_writer_of_megabytes)
{
    xipc_ring *ring = ring_joined("a", XIPC_RING_PRODUCER);
    uint64_t end = rounds_here(16, 4) * (UINT64_C(1) << 20);
    static unsigned char bytes[100000];
    uint64_t position = 0;

    while (position < end) {
        size_t size = 1 + (size_t)(position * 7 % sizeof bytes);
        size_t count = 0;

        size = end - position < size ? (size_t)(end - position) : size;
        stream_fill(bytes, size, position);
        REQUIRE_OK(xipc_ring_write(ring, bytes, size, &count, XIPC_FOREVER));
        REQUIRE_UINT(size, count);
        position += count;
    }
    spec_expect(NULL, "close");
    xipc_ring_close(ring);
}

static void megabytes(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(CAPACITY, XIPC_RING_BYTES, wait);
    xipc_ring *ring = ring_made("a", XIPC_RING_CONSUMER, &options);
    spec_peer *peer = START(a_writer_of_megabytes);
    uint64_t end = rounds_here(16, 4) * (UINT64_C(1) << 20);
    static unsigned char bytes[70000];
    uint64_t position = 0;

    while (position < end) {
        size_t size = 0;

        REQUIRE_OK(xipc_ring_read(
            ring, bytes, 1 + (size_t)(position % sizeof bytes), &size,
            XIPC_FOREVER));
        REQUIRE(stream_is(bytes, size, position));
        position += size;
    }
    require_empty(ring);
    spec_tell(peer, "close");
    spec_join(peer);
    xipc_ring_close(ring);
}

SPEC(megabytes_arrive_as_they_were_written, "RING-1 RING-2")
{
    for_each_wait(megabytes);
}
