/* SPDX-License-Identifier: Apache-2.0 */
/* A ring as a stream of bytes: all of them, in order, in whatever pieces. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint64_t capacities[] = {1, 128, 300, 384, 1000, 4096, 65536};

/* How far both sides of a stream have come. */
typedef struct stream {
    sides ring;
    uint64_t written;
    uint64_t read;
} stream;

static stream stream_made(const char *place, uint64_t capacity)
{
    xipc_ring_options options = ring_of_bytes(capacity);

    return (stream){sides_made(place, &options), 0, 0};
}

/* As much as there is room for. */
static size_t write_some(stream *self, size_t size)
{
    size_t count = SIZE_MAX;
    xipc_status status =
        ring_write(self->ring.producer, self->written, size, &count, XIPC_NOW);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        REQUIRE(count == SIZE_MAX);
        REQUIRE(self->written > self->read);
        return 0;
    }
    REQUIRE(count <= size && (count > 0 || size == 0));
    self->written += count;
    return count;
}

static size_t read_some(stream *self, size_t capacity)
{
    size_t count = 0;
    xipc_status status =
        ring_read(self->ring.consumer, self->read, capacity, &count, XIPC_NOW);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        REQUIRE_UINT(self->written, self->read);
        return 0;
    }
    self->read += count;
    REQUIRE(self->read <= self->written);
    return count;
}

/* Reads all, which leaves nothing. */
static void stream_ends(stream *self)
{
    while (self->read < self->written) {
        REQUIRE(read_some(self, 1000) > 0);
    }
    require_empty(self->ring.consumer);
    sides_closed(&self->ring);
}

static void in_pieces(const char *place)
{
    uint32_t dice = dice_cast();

    for (size_t i = 0; i < COUNT(capacities); i++) {
        stream self = stream_made(place, capacities[i]);
        uint32_t all = (uint32_t)xipc_ring_capacity(self.ring.producer);

        for (int j = 0; j < 2000; j++) {
            uint32_t most = thrown(&dice, 4) == 0 ? 2 * all : 40;

            write_some(&self, thrown(&dice, most));
            read_some(&self, 1 + thrown(&dice, most));
        }
        stream_ends(&self);
    }
}

SPEC(bytes_arrive_in_order_in_whatever_pieces, "RING-1")
{
    in_both_forms(in_pieces);
}

SPEC(bytes_one_by_one_are_a_stream_too, "RING-1")
{
    for (size_t i = 0; i < COUNT(capacities) - 1; i++) {
        stream self = stream_made("a", capacities[i]);

        for (int j = 0; j < 1000; j++) {
            REQUIRE_UINT(1, write_some(&self, 1));
            REQUIRE_UINT(1, read_some(&self, 1));
        }
        while (write_some(&self, 1) == 1) {
            /* until it is full */
        }
        while (read_some(&self, 1) == 1) {
            /* until it is empty */
        }
        stream_ends(&self);
    }
}

SPEC(a_read_takes_what_is_there_whatever_the_pieces_were, "RING-1")
{
    stream self = stream_made("a", 4096);

    for (int i = 0; i < 200; i++) {
        REQUIRE_UINT(5, write_some(&self, 5));
        REQUIRE_UINT(1, write_some(&self, 1));
        REQUIRE_UINT(17, write_some(&self, 17));
        REQUIRE_UINT(23, read_some(&self, 1000));
        REQUIRE_UINT(100, write_some(&self, 100));
        REQUIRE_UINT(30, read_some(&self, 30));
        REQUIRE_UINT(70, read_some(&self, 70));
    }
    stream_ends(&self);
}

/* And one more, so that it begins elsewhere the next time. */
static void half_passes(stream *self, size_t half)
{
    size_t count = 0;

    REQUIRE_UINT(half, write_some(self, half));
    while (count < half) {
        count += read_some(self, half);
    }
    REQUIRE_UINT(1, write_some(self, 1));
    REQUIRE_UINT(1, read_some(self, 1));
}

SPEC(half_the_capacity_can_be_written_at_once_wherever_it_begins, "RING-1")
{
    for (size_t i = 0; i < COUNT(capacities) - 1; i++) {
        stream self = stream_made("a", capacities[i]);
        size_t half = xipc_ring_message_max(self.ring.producer);

        for (int j = 0; j < 300; j++) {
            half_passes(&self, half);
        }
        stream_ends(&self);
    }
}

SPEC(a_write_of_nothing_writes_nothing, "RING-1 RING-2")
{
    stream self = stream_made("a", 1000);
    size_t count = 77;

    REQUIRE_OK(xipc_ring_write(self.ring.producer, NULL, 0, &count, XIPC_NOW));
    REQUIRE_UINT(0, count);
    REQUIRE_OK(xipc_ring_write(self.ring.producer, "", 0, NULL, XIPC_FOREVER));
    require_empty(self.ring.consumer);
    while (write_some(&self, 500) > 0) {
        /* until it is full */
    }
    REQUIRE_OK(
        xipc_ring_write(self.ring.producer, "", 0, &count, XIPC_FOREVER));

    stream_ends(&self);
}

SPEC(how_much_was_written_need_not_be_told, "RING-1")
{
    stream self = stream_made("a", 1000);

    REQUIRE_OK(ring_write(self.ring.producer, 0, 100, NULL, XIPC_NOW));
    self.written = 100;
    stream_ends(&self);
}

static void deadlines(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1000, XIPC_RING_BYTES, wait);
    stream self = {sides_made("a", &options), 0, 0};
    xipc_deadline deadline = xipc_after_ms(15);
    size_t count = 0;

    REQUIRE_OK(ring_write(self.ring.producer, 0, 5000, &count, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(count >= 500 && count < 5000);
    self.written = count;
    count = 77;
    deadline = xipc_after_ms(15);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        ring_write(self.ring.producer, self.written, 5000, &count, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        ring_write(self.ring.producer, self.written, 5000, &count, XIPC_NOW));
    REQUIRE_UINT(77, count);

    stream_ends(&self);
}

SPEC(a_write_that_had_to_end_says_how_much_there_was_room_for, "RING-1 RING-2")
{
    for_each_wait(deadlines);
}

static void across_processes(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_BYTES, wait);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);
    size_t count = 0;

    spec_tell(hand, "drain 0 300000");
    REQUIRE_OK(ring_write(producer, 0, 200000, &count, XIPC_FOREVER));
    REQUIRE_UINT(200000, count);
    REQUIRE_OK(ring_write(producer, 200000, 100000, &count, XIPC_FOREVER));
    REQUIRE_UINT(100000, count);
    hand_answers(hand, XIPC_OK);

    hand_ends(hand);
    xipc_ring_close(producer);
}

SPEC(a_write_longer_than_the_ring_goes_on_as_room_comes, "RING-1 RING-2")
{
    for_each_wait(across_processes);
}

static void between_processes(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(4096, XIPC_RING_BYTES, wait);
    xipc_ring *both = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *writer;
    spec_peer *reader = ring_hand_at("a", XIPC_RING_CONSUMER);

    hand_does(reader, "open", XIPC_OK);
    xipc_ring_close(both);
    writer = ring_hand_at("a", XIPC_RING_PRODUCER);
    hand_does(writer, "open", XIPC_OK);
    spec_tell(writer, "pour 1000 500000");
    hand_does(reader, "drain 1000 500000", XIPC_OK);
    hand_answers(writer, XIPC_OK);
    hand_does(reader, "read 0 1 now", XIPC_E_AGAIN);

    hand_ends(writer);
    hand_ends(reader);
}

SPEC(a_process_reads_what_another_one_writes, "RING-1 RING-2")
{
    for_each_wait(between_processes);
}

/* ---- without copies ---- */

/* Peeks at what has to be the stream from there on. */
static size_t peek_stream(const stream *self, uint64_t position)
{
    const void *bytes = NULL;
    size_t size = 0;

    REQUIRE_OK(xipc_ring_peek(self->ring.consumer, &bytes, &size, XIPC_NOW));
    REQUIRE(size > 0);
    REQUIRE(position + size <= self->written);
    REQUIRE(stream_is(bytes, size, position));
    return size;
}

static void reserve_stream(const stream *self, uint64_t position, size_t size)
{
    void *block = NULL;

    REQUIRE_OK(xipc_ring_reserve(self->ring.producer, size, &block, XIPC_NOW));
    REQUIRE_UINT(0, (uintptr_t)block % 8);
    stream_fill(block, size, position);
}

/* So many bytes in one piece. */
static void run_of(stream *self, size_t size)
{
    reserve_stream(self, self->written, size);
    REQUIRE_OK(xipc_ring_commit(self->ring.producer, size));
    self->written += size;
}

SPEC(part_of_a_run_is_released_and_the_rest_comes_again, "RING-3 RING-1")
{
    stream self = stream_made("a", 1024);

    for (int i = 0; i < 100; i++) {
        uint64_t start = self.read;

        run_of(&self, 200);
        REQUIRE_UINT(200, peek_stream(&self, start));
        REQUIRE_OK(xipc_ring_release_bytes(self.ring.consumer, 0));
        REQUIRE_UINT(200, peek_stream(&self, start));
        REQUIRE_OK(xipc_ring_release_bytes(self.ring.consumer, 1));
        REQUIRE_UINT(199, peek_stream(&self, start + 1));
        REQUIRE_OK(xipc_ring_release_bytes(self.ring.consumer, 70));
        self.read = start + 71;
        REQUIRE_UINT(29, read_some(&self, 29));
        REQUIRE_UINT(100, peek_stream(&self, start + 100));
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_ring_release_bytes(self.ring.consumer, 101));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_ring_release_bytes(self.ring.consumer, SIZE_MAX));
        REQUIRE_OK(xipc_ring_release_bytes(self.ring.consumer, 100));
        self.read = start + 200;
        require_empty(self.ring.consumer);
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_ring_release_bytes(self.ring.consumer, 0));
    }
    stream_ends(&self);
}

static xipc_status peek_more(const stream *self)
{
    const void *bytes = NULL;
    size_t size = 0;

    return xipc_ring_peek(self->ring.consumer, &bytes, &size, XIPC_NOW);
}

SPEC(what_is_released_of_the_last_run_releases_those_before_it, "RING-3 RING-1")
{
    stream self = stream_made("a", 1024);

    for (int i = 0; i < 100; i++) {
        uint64_t start = self.read;

        for (int j = 0; j < 3; j++) {
            run_of(&self, 50);
        }
        for (int j = 0; j < 3; j++) {
            REQUIRE_UINT(50, peek_stream(&self, start + 50 * (uint64_t)j));
        }
        REQUIRE_STATUS(XIPC_E_AGAIN, peek_more(&self));
        REQUIRE_OK(xipc_ring_rewind(self.ring.consumer));
        REQUIRE_UINT(50, peek_stream(&self, start));
        REQUIRE_UINT(50, peek_stream(&self, start + 50));
        REQUIRE_OK(xipc_ring_release_bytes(self.ring.consumer, 10));
        self.read = start + 60;
        REQUIRE_UINT(90, read_some(&self, 1000));
    }
    stream_ends(&self);
}

SPEC(of_a_block_in_a_stream_only_what_is_committed_goes, "RING-3 RING-1")
{
    stream self = stream_made("a", 1024);

    for (int i = 0; i < 300; i++) {
        size_t size = (size_t)(i % 100) + 1;

        reserve_stream(&self, self.written, size);
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_ring_commit(self.ring.producer, size + 1));
        REQUIRE_OK(xipc_ring_commit(self.ring.producer, size / 2));
        self.written += size / 2;
        REQUIRE_UINT(size / 2, read_some(&self, 1000));
        require_empty(self.ring.consumer);
    }
    stream_ends(&self);
}

SPEC(blocks_of_a_stream_are_committed_together, "RING-3 RING-1")
{
    stream self = stream_made("a", 1024);

    for (int i = 0; i < 300; i++) {
        size_t used = (size_t)(i % 41);

        reserve_stream(&self, self.written, 30);
        reserve_stream(&self, self.written + 30, 7);
        require_empty(self.ring.consumer);
        reserve_stream(&self, self.written + 37, 40);
        REQUIRE_OK(xipc_ring_commit(self.ring.producer, used));
        self.written += 37 + used;
        REQUIRE_UINT(37 + used, read_some(&self, 1000));
        require_empty(self.ring.consumer);
        reserve_stream(&self, 0, 20);
        REQUIRE_OK(xipc_ring_cancel(self.ring.producer));
        require_empty(self.ring.consumer);
    }
    stream_ends(&self);
}

SPEC(a_block_of_no_bytes_is_none, "RING-3 GEN-7")
{
    stream self = stream_made("a", 1024);
    void *block = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_reserve(self.ring.producer, 0, &block, XIPC_NOW));
    REQUIRE(block == UNTOUCHED);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(self.ring.producer, 0));

    stream_ends(&self);
}

/* Reads, peeks, writes and blocks in any order. */
static void one_of_all(stream *self, uint32_t *dice)
{
    uint32_t room = (uint32_t)xipc_ring_message_max(self->ring.producer);
    void *block;
    size_t size = thrown(dice, room) + 1;

    switch (thrown(dice, 4)) {
    case 0: write_some(self, size); break;
    case 1: read_some(self, size); break;
    case 2:
        if (xipc_ring_reserve(self->ring.producer, size, &block, XIPC_NOW) ==
            XIPC_OK) {
            size_t used = thrown(dice, (uint32_t)size + 1);

            stream_fill(block, used, self->written);
            REQUIRE_OK(xipc_ring_commit(self->ring.producer, used));
            self->written += used;
        }
        break;
    default:
        if (self->read < self->written) {
            size_t seen = peek_stream(self, self->read);
            size_t used = thrown(dice, (uint32_t)seen + 1);

            REQUIRE_OK(xipc_ring_release_bytes(self->ring.consumer, used));
            self->read += used;
        }
        break;
    }
}

SPEC(a_stream_stays_whole_whichever_calls_are_mixed, "RING-1 RING-3")
{
    uint32_t dice = dice_cast();

    for (size_t i = 0; i < COUNT(capacities); i++) {
        stream self = stream_made("a", capacities[i]);

        for (int j = 0; j < 20000; j++) {
            one_of_all(&self, &dice);
        }
        stream_ends(&self);
    }
}
