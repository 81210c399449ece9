/* SPDX-License-Identifier: Apache-2.0 */
/* Rings in pollers: when there is something, when there is room, and when the
 * other side is gone. */
#include "support/ring_poller_kit.h"

/* A cookie. */
static char a;

/* ---- something to peek at ---- */

static void readable(const char *place, xipc_ring_wait wait)
{
    sides ring = sides_of(place, 1024, wait);
    xipc_poller *poller = poller_at(ring.consumer, XIPC_READABLE);

    for (uint64_t number = 0; number < 100; number++) {
        size_t size = (size_t)(number % 300);

        require_silent(poller);
        sends(ring.producer, number, size);
        sends(ring.producer, number, 0);
        require_events(poller, ring.consumer, XIPC_READABLE);
        receives(ring.consumer, number, size);
        require_events(poller, ring.consumer, XIPC_READABLE);
        REQUIRE_OK(ring_peek(ring.consumer, number, 0, XIPC_NOW));
        require_silent(poller);
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        require_silent(poller);
        REQUIRE_OK(ring_reserve(ring.producer, 0, 100, XIPC_NOW));
        require_silent(poller);
        REQUIRE_OK(xipc_ring_cancel(ring.producer));
    }
    xipc_poller_close(poller);
    sides_closed(&ring);
}

SPEC(a_consumer_is_readable_when_there_is_something, "WAIT-1 WAIT-2 RING-2")
{
    with_sleepers(readable);
}

/* What is peeked at is not there for the next peek, until it comes again. */
static void again(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_BYTES, wait);
    sides ring = sides_made(place, &options);
    xipc_poller *poller = poller_at(ring.consumer, XIPC_READABLE);
    const void *data;
    size_t size = 0;

    for (int i = 0; i < 10; i++) {
        REQUIRE_OK(ring_write(ring.producer, 0, 8, NULL, XIPC_NOW));
        require_events(poller, ring.consumer, XIPC_READABLE);
        REQUIRE_OK(xipc_ring_peek(ring.consumer, &data, &size, XIPC_NOW));
        require_silent(poller);
        if (i % 2 == 0) {
            REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        } else {
            REQUIRE_OK(xipc_ring_release_bytes(ring.consumer, 3));
        }
        require_events(poller, ring.consumer, XIPC_READABLE);
        REQUIRE_OK(xipc_ring_peek(ring.consumer, &data, &size, XIPC_NOW));
        REQUIRE_UINT(i % 2 == 0 ? 8 : 5, size);
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        require_silent(poller);
    }
    xipc_poller_close(poller);
    sides_closed(&ring);
}

SPEC(what_comes_again_is_told_again, "WAIT-1 RING-3")
{
    with_sleepers(again);
}

static void woken_by_a_message(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    xipc_poller *poller = poller_at(consumer, XIPC_READABLE);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
    unsigned rounds = rounds_here(100, 30);

    hand_does(hand, "open", XIPC_OK);
    for (unsigned i = 0; i < rounds; i++) {
        require_silent(poller);
        spec_tell(hand, i % 3 == 0 ? "produce 7 1 50" : "produce 7 2 50");
        require_events(poller, consumer, XIPC_READABLE);
        hand_answers(hand, XIPC_OK);
        for (uint64_t count = hand_count(hand); count > 0; count--) {
            uint64_t number = i % 3 != 0 && count == 1 ? 8 : 7;

            receives(consumer, number, message_size(number, 50));
        }
    }
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_ring_close(consumer);
}

SPEC(a_message_wakes_the_poller_that_the_consumer_is_in, "WAIT-1 WAIT-2 RING-2")
{
    with_sleepers(woken_by_a_message);
}

/* The stream is never empty for long, and every byte of it is told of. */
static void a_stream(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_BYTES, wait);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    xipc_poller *poller = poller_at(consumer, XIPC_READABLE);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
    uint64_t position = 0;

    spec_tell(hand, "pour 0 100000");
    while (position < 100000) {
        size_t count = 0;

        require_events(poller, consumer, XIPC_READABLE);
        REQUIRE_OK(ring_read(consumer, position, 300, &count, XIPC_NOW));
        position += count;
    }
    hand_answers(hand, XIPC_OK);
    require_silent(poller);

    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_ring_close(consumer);
}

SPEC(a_stream_is_read_by_one_who_sleeps_in_a_poller, "WAIT-1 RING-2")
{
    with_sleepers(a_stream);
}

/* ---- room ---- */

static void writable(const char *place, xipc_ring_wait wait)
{
    sides ring = sides_of(place, 1024, wait);
    xipc_poller *poller = poller_at(ring.producer, XIPC_WRITABLE);

    require_events(poller, ring.producer, XIPC_WRITABLE);
    for (int i = 0; i < 30; i++) {
        uint64_t count = fill_up(ring.producer, 0, 8);

        require_silent(poller);
        for (uint64_t number = 0; number < count; number++) {
            receives(ring.consumer, number, 8);
        }
        require_events(poller, ring.producer, XIPC_WRITABLE);
    }
    xipc_poller_close(poller);
    sides_closed(&ring);
}

SPEC(a_producer_is_writable_when_there_is_room, "WAIT-1 WAIT-2 RING-2")
{
    with_sleepers(writable);
}

static int is_writable(xipc_poller *poller)
{
    xipc_ready ready;
    size_t told_count;
    xipc_status status =
        xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &told_count);

    REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
    REQUIRE(status != XIPC_OK || ready.events == XIPC_WRITABLE);
    return status == XIPC_OK;
}

/* Takes what was sent until the producer is told that there
 * is room. Returns what comes next. */
static uint64_t received_until_writable(
    xipc_ring *consumer, xipc_poller *poller, uint64_t count, unsigned *silent)
{
    uint64_t number = 0;

    while (number < count) {
        receives(consumer, number++, 8);
        if (is_writable(poller)) {
            break;
        }
        ++*silent;
    }
    return number;
}

/* After a refusal it is told when what was refused would go, and not before. */
static void what_was_refused(const char *place, xipc_ring_wait wait)
{
    sides ring = sides_of(place, 1024, wait);
    xipc_poller *poller = poller_at(ring.producer, XIPC_WRITABLE);
    uint32_t dice = dice_cast();
    unsigned silent_count = 0;

    for (int i = 0; i < 300; i++) {
        size_t size = 8 + thrown(&dice, 505);
        uint64_t count = fill_up(ring.producer, 0, 8);
        uint64_t number;

        require_full(ring.producer, size);
        number = received_until_writable(
            ring.consumer, poller, count, &silent_count);
        sends(ring.producer, 7, size);
        while (number < count) {
            receives(ring.consumer, number++, 8);
        }
        receives(ring.consumer, 7, size);
    }
    REQUIRE(silent_count > 1000);
    xipc_poller_close(poller);
    sides_closed(&ring);
}

SPEC(a_producer_is_told_when_what_was_refused_would_go, "WAIT-1 RING-2")
{
    with_sleepers(what_was_refused);
}

static void woken_by_room(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
    xipc_poller *poller = poller_at(producer, XIPC_WRITABLE);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
    uint64_t sent = 0;
    xipc_status status = XIPC_OK;

    hand_does(hand, "open", XIPC_OK);
    spec_tell(hand, "consume 0 3000 500");
    while (sent < 3000) {
        status = ring_send(producer, sent, message_size(sent, 500), XIPC_NOW);
        if (status == XIPC_OK) {
            sent++;
            continue;
        }
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        require_events(poller, producer, XIPC_WRITABLE);
        sends(producer, sent, message_size(sent, 500));
        sent++;
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(3000, hand_count(hand));

    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_ring_close(producer);
}

SPEC(room_wakes_the_poller_that_the_producer_is_in, "WAIT-1 WAIT-2 RING-2")
{
    with_sleepers(woken_by_room);
}

/* ---- the other side is gone ---- */

static void closed_at(const char *place, xipc_ring_wait wait)
{
    sides ring = sides_of(place, 1024, wait);
    xipc_poller *reads = poller_at(ring.consumer, XIPC_READABLE);
    xipc_poller *writes;

    require_silent(reads);
    sends(ring.producer, 1, 10);
    sends(ring.producer, 2, 20);
    xipc_ring_close(ring.producer);
    require_events(reads, ring.consumer, XIPC_READABLE | XIPC_HUNG_UP);
    receives(ring.consumer, 1, 10);
    require_events(reads, ring.consumer, XIPC_READABLE | XIPC_HUNG_UP);
    receives(ring.consumer, 2, 20);
    require_events(reads, ring.consumer, XIPC_HUNG_UP);
    require_events(reads, ring.consumer, XIPC_HUNG_UP);
    ring.producer = ring_joined(place, XIPC_RING_PRODUCER);
    require_silent(reads);
    sends(ring.producer, 3, 30);
    require_events(reads, ring.consumer, XIPC_READABLE);

    writes = poller_at(ring.producer, XIPC_WRITABLE);
    require_events(writes, ring.producer, XIPC_WRITABLE);
    fill_up(ring.producer, 0, 8);
    require_silent(writes);
    xipc_poller_close(reads);
    xipc_ring_close(ring.consumer);
    require_events(writes, ring.producer, XIPC_HUNG_UP);
    ring.consumer = ring_joined(place, XIPC_RING_CONSUMER);
    require_silent(writes);
    receives(ring.consumer, 3, 30);
    REQUIRE_OK(ring_send(ring.producer, 0, 8, XIPC_NOW));
    xipc_poller_close(writes);
    sides_closed(&ring);
}

SPEC(a_poller_tells_that_the_other_side_was_closed, "WAIT-1 RING-4")
{
    with_sleepers(closed_at);
}

/* Nobody rings for the dead; it is told all the same, within a second. */
static int64_t time_to_tell(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    xipc_poller *poller = poller_at(consumer, XIPC_READABLE);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
    int64_t start;

    hand_does(hand, "send 1 10", XIPC_OK);
    require_events(poller, consumer, XIPC_READABLE);
    receives(consumer, 1, 10);
    require_silent(poller);
    spec_kill(hand);
    start = spec_now_ns();
    require_events(poller, consumer, XIPC_HUNG_UP);
    start = spec_now_ns() - start;

    xipc_poller_close(poller);
    xipc_ring_close(consumer);
    return start;
}

SPEC(a_poller_tells_within_a_second_that_the_producer_died, "WAIT-1 GEN-11")
{
    within_a_second(time_to_tell, "a");
    within_a_second(time_to_tell, "@a");
}

static int64_t time_to_tell_of_a_consumer(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);
    xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
    xipc_poller *poller = poller_at(producer, XIPC_WRITABLE);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
    int64_t start;

    hand_does(hand, "open", XIPC_OK);
    fill_up(producer, 0, 8);
    require_silent(poller);
    spec_kill(hand);
    start = spec_now_ns();
    require_events(poller, producer, XIPC_HUNG_UP);
    start = spec_now_ns() - start;

    xipc_poller_close(poller);
    xipc_ring_close(producer);
    return start;
}

SPEC(a_poller_tells_within_a_second_that_the_consumer_died, "WAIT-1 GEN-11")
{
    within_a_second(time_to_tell_of_a_consumer, "a");
    within_a_second(time_to_tell_of_a_consumer, "@a");
}

/* ---- what goes into a poller ---- */

SPEC(a_side_that_only_looks_is_not_for_a_poller, "WAIT-1 RING-2")
{
    sides ring = sides_of("a", 1024, XIPC_RING_SPIN);
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_ring_object(ring.consumer), XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_ring_object(ring.producer), XIPC_WRITABLE, &a));
    sends(ring.producer, 1, 10);
    require_silent(poller);

    xipc_poller_close(poller);
    sides_closed(&ring);
}

SPEC(each_side_is_waited_for_what_it_can_do, "WAIT-1 GEN-7")
{
    sides ring = sides_of("a", 1024, XIPC_RING_ADAPTIVE);
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_ring_object(ring.consumer), XIPC_WRITABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_ring_object(ring.producer), XIPC_READABLE, &a));
    poller_takes_side(poller, ring.consumer, XIPC_READABLE);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_poller_add(
            poller, xipc_ring_object(ring.consumer), XIPC_READABLE, &a));
    poller_takes_side(poller, ring.producer, XIPC_WRITABLE);
    require_events(poller, ring.producer, XIPC_WRITABLE);
    poller_drops(poller, xipc_ring_object(ring.producer));
    require_silent(poller);
    sends(ring.producer, 1, 10);
    require_events(poller, ring.consumer, XIPC_READABLE);
    xipc_ring_close(ring.consumer);
    require_silent(poller);

    xipc_poller_close(poller);
    xipc_ring_close(ring.producer);
}
