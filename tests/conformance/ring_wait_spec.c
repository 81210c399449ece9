/* SPDX-License-Identifier: Apache-2.0 */
/* Full and empty, and how each side waits for the other one, in each way. */
#include <stdio.h>
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { VAIN_MS = 15 };

static sides messages(const char *place, uint64_t capacity, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(capacity, XIPC_RING_MESSAGES, wait);

    return sides_made(place, &options);
}

/* ---- the four calls that wait, in vain ---- */

typedef xipc_status vain_call(const sides *ring, xipc_deadline deadline);

static xipc_status receive_in_vain(const sides *ring, xipc_deadline deadline)
{
    char bytes[16] = "untouched";
    xipc_status status = ring_receive(ring->consumer, 0, 16, deadline);
    size_t size = 77;

    REQUIRE_STATUS(
        status, xipc_ring_receive(ring->consumer, bytes, 16, &size, deadline));
    REQUIRE_TEXT("untouched", bytes);
    REQUIRE_UINT(77, size);
    return status;
}

static xipc_status peek_in_vain(const sides *ring, xipc_deadline deadline)
{
    return ring_peek(ring->consumer, 0, 0, deadline);
}

static xipc_status send_in_vain(const sides *ring, xipc_deadline deadline)
{
    return ring_send(ring->producer, 0, 16, deadline);
}

static xipc_status reserve_in_vain(const sides *ring, xipc_deadline deadline)
{
    void *block = UNTOUCHED;
    xipc_status status =
        xipc_ring_reserve(ring->producer, 16, &block, deadline);

    REQUIRE(block == UNTOUCHED);
    return status;
}

static void in_vain(const sides *ring, vain_call *call)
{
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);

    REQUIRE_STATUS(XIPC_E_AGAIN, call(ring, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(ring, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(ring, xipc_after_ms(-5)));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(ring, 1));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(ring, -1));
    REQUIRE_STATUS(XIPC_E_AGAIN, call(ring, XIPC_NOW));
}

static void empty_in_both_forms(xipc_ring_wait wait, const char *place)
{
    sides ring = messages(place, 1024, wait);

    in_vain(&ring, receive_in_vain);
    in_vain(&ring, peek_in_vain);
    sends(ring.producer, 1, 100);
    receives(ring.consumer, 1, 100);
    in_vain(&ring, receive_in_vain);

    sides_closed(&ring);
}

static void empty(xipc_ring_wait wait)
{
    empty_in_both_forms(wait, "a");
    empty_in_both_forms(wait, "@a");
}

SPEC(an_empty_ring_gives_nothing_until_the_deadline, "RING-2 GEN-4")
{
    for_each_wait(empty);
}

static void full_in_both_forms(xipc_ring_wait wait, const char *place)
{
    sides ring = messages(place, 1024, wait);
    uint64_t count = fill_up(ring.producer, 100, 16);

    in_vain(&ring, send_in_vain);
    in_vain(&ring, reserve_in_vain);
    for (uint64_t i = 0; i < count; i++) {
        receives(ring.consumer, 100 + i, 16);
    }
    require_empty(ring.consumer);

    sides_closed(&ring);
}

static void full(xipc_ring_wait wait)
{
    full_in_both_forms(wait, "a");
    full_in_both_forms(wait, "@a");
}

SPEC(a_full_ring_takes_nothing_until_the_deadline, "RING-2 GEN-4")
{
    for_each_wait(full);
}

static void alone(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = {NULL, NULL};

    ring.consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    in_vain(&ring, receive_in_vain);
    xipc_ring_close(ring.consumer);
    ring.producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    fill_up(ring.producer, 0, 16);
    in_vain(&ring, send_in_vain);

    xipc_ring_close(ring.producer);
}

SPEC(one_side_waits_for_another_that_never_came, "RING-2 GEN-4")
{
    for_each_wait(alone);
}

static void need_not_wait(xipc_ring_wait wait)
{
    sides ring = messages("a", 1024, wait);

    for (uint64_t number = 0; number < 200; number++) {
        REQUIRE_OK(ring_send(ring.producer, number, 30, XIPC_FOREVER));
        REQUIRE_OK(ring_send(ring.producer, number, 31, xipc_after_ms(-1)));
        REQUIRE_OK(ring_receive(ring.consumer, number, 30, XIPC_FOREVER));
        REQUIRE_OK(ring_receive(ring.consumer, number, 31, xipc_after_ms(-1)));
    }
    sides_closed(&ring);
}

SPEC(a_deadline_means_nothing_to_who_need_not_wait, "RING-2 GEN-4")
{
    for_each_wait(need_not_wait);
}

/* ---- woken by another process ---- */

static void consumer_is_woken_at(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
    uint64_t rounds = rounds_here(100, 40);

    for (uint64_t number = 0; number < rounds; number++) {
        char order[40];

        snprintf(
            order, sizeof order,
            number % 2 == 0 ? "receive %u 20" : "receive %u 20 60000",
            (unsigned)number);
        spec_tell(hand, order);
        if (number % 20 == 0) {
            let_pass((int64_t)number / 2);
        }
        sends(producer, number, 20);
        hand_answers(hand, XIPC_OK);
    }

    hand_ends(hand);
    xipc_ring_close(producer);
}

static void consumer_is_woken(xipc_ring_wait wait)
{
    consumer_is_woken_at("a", wait);
    consumer_is_woken_at("@a", wait);
}

SPEC(what_comes_ends_the_wait_of_the_consumer, "RING-2")
{
    for_each_wait(consumer_is_woken);
}

/* Each message that is taken is room for another one just like it. */
static void producer_is_woken_at(const char *place, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(512, XIPC_RING_MESSAGES, wait);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
    uint64_t rounds = rounds_here(60, 30);

    while (hand_does_or(hand, "send 0 0 now", XIPC_E_AGAIN)) {
        /* until it is full */
    }
    for (uint64_t i = 0; i < rounds; i++) {
        spec_tell(hand, i % 2 == 0 ? "send 0 0" : "send 0 0 60000");
        if (i % 15 == 0) {
            let_pass((int64_t)i);
        }
        receives(consumer, 0, 0);
        hand_answers(hand, XIPC_OK);
        hand_does(hand, "send 0 0 now", XIPC_E_AGAIN);
    }

    hand_ends(hand);
    xipc_ring_close(consumer);
}

static void producer_is_woken(xipc_ring_wait wait)
{
    producer_is_woken_at("a", wait);
    producer_is_woken_at("@a", wait);
}

SPEC(room_for_just_what_is_sent_ends_the_wait_of_the_producer, "RING-2")
{
    for_each_wait(producer_is_woken);
}

/* The longest message, which needs half of the ring, and one after another is
 * taken until it goes. */
static void long_wait(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    for (int i = 0; i < 10; i++) {
        unsigned count = 0;

        while (hand_does_or(hand, "send 3 3 now", XIPC_E_AGAIN)) {
            count++;
        }
        spec_tell(hand, "send 9 512");
        for (; count > 0; count--) {
            REQUIRE_OK(ring_receive(consumer, 3, 3, XIPC_FOREVER));
        }
        REQUIRE_OK(ring_receive(consumer, 9, 512, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
    }

    hand_ends(hand);
    xipc_ring_close(consumer);
}

SPEC(a_long_message_goes_when_enough_short_ones_are_taken, "RING-2")
{
    for_each_wait(long_wait);
}

/* What is taken is told at once, however little it is, to who needs no more. */
static int64_t time_to_go_on(const char *place)
{
    xipc_ring_options options =
        ring_shaped(1 << 16, XIPC_RING_MESSAGES, XIPC_RING_ADAPTIVE);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
    int64_t start;

    spec_tell(hand, "produce 0 1000000 64");
    for (uint64_t number = 0; number < 5000; number++) {
        REQUIRE_OK(ring_receive(
            consumer, number, message_size(number, 64), XIPC_FOREVER));
    }
    let_pass(30); /* it fills the ring meanwhile */
    start = spec_now_ns();
    for (uint64_t number = 5000; number < 20000; number++) {
        REQUIRE_OK(ring_receive(
            consumer, number, message_size(number, 64), XIPC_FOREVER));
    }
    start = spec_now_ns() - start;
    spec_kill(hand);
    xipc_ring_close(consumer);
    return start;
}

SPEC(a_producer_that_waited_goes_on_at_once, "RING-2 GEN-11")
{
    within_a_second(time_to_go_on, "a");
    within_a_second(time_to_go_on, "@a");
}

/* ---- one side faster than the other ---- */

/* The case is slow: now and then it does something else. */
static void slow_consumer(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(2048, XIPC_RING_MESSAGES, wait);
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    spec_tell(hand, "produce 0 4000 900");
    for (uint64_t number = 0; number < 4000; number++) {
        if (number % 400 == 0) {
            let_pass(3);
        }
        REQUIRE_OK(ring_receive(
            consumer, number, message_size(number, 900), XIPC_FOREVER));
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(4000, hand_count(hand));

    hand_ends(hand);
    xipc_ring_close(consumer);
}

SPEC(a_fast_producer_waits_for_a_slow_consumer, "RING-2 RING-1")
{
    for_each_wait(slow_consumer);
}

static void slow_producer(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(2048, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

    spec_tell(hand, "consume 0 4000 900");
    for (uint64_t number = 0; number < 4000; number++) {
        if (number % 400 == 0) {
            let_pass(3);
        }
        REQUIRE_OK(ring_send(
            producer, number, message_size(number, 900), XIPC_FOREVER));
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(4000, hand_count(hand));

    hand_ends(hand);
    xipc_ring_close(producer);
}

SPEC(a_fast_consumer_waits_for_a_slow_producer, "RING-2 RING-1")
{
    for_each_wait(slow_producer);
}

/* There and back: each side waits for the other one all the time. */
static void there_and_back(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(128, XIPC_RING_MESSAGES, wait);
    xipc_ring *there = ring_made("there", XIPC_RING_PRODUCER, &options);
    xipc_ring *back = ring_made("back", XIPC_RING_CONSUMER, &options);
    spec_peer *receiver = ring_hand_at("there", XIPC_RING_CONSUMER);
    spec_peer *sender = ring_hand_at("back", XIPC_RING_PRODUCER);

    spec_tell(receiver, "consume 0 3000 64");
    spec_tell(sender, "produce 0 3000 64");
    for (uint64_t number = 0; number < 3000; number++) {
        size_t size = message_size(number, 64);

        REQUIRE_OK(ring_send(there, number, size, XIPC_FOREVER));
        REQUIRE_OK(ring_receive(back, number, size, xipc_after_ms(60000)));
    }
    hand_answers(receiver, XIPC_OK);
    hand_answers(sender, XIPC_OK);

    hand_ends(sender);
    hand_ends(receiver);
    xipc_ring_close(back);
    xipc_ring_close(there);
}

SPEC(rings_of_all_ways_to_wait_run_side_by_side, "RING-2")
{
    for_each_wait(there_and_back);
}

/* ---- an adaptive side that was never in luck ---- */

/* However long the waits were so far, the next one ends when something comes.
 */
SPEC(waiting_in_vain_does_not_make_anybody_deaf, "RING-2")
{
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, NULL);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    hand_does(hand, "open", XIPC_OK);
    for (unsigned number = 0; number < 60; number++) {
        char order[40];

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            ring_receive(consumer, number, 8, xipc_after_ms(number % 4)));
        snprintf(order, sizeof order, "send %u 8", number);
        spec_tell(hand, order);
        REQUIRE_OK(ring_receive(consumer, number, 8, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
    }

    hand_ends(hand);
    xipc_ring_close(consumer);
}
