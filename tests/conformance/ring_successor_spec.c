/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever takes the place of a side that died or was closed goes on exactly
 * where that one was: nothing is lost, nothing comes twice. The place of a side
 * that lives nobody takes.
 */
#include <stdio.h>
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const xipc_ring_role roles[] = {XIPC_RING_PRODUCER, XIPC_RING_CONSUMER};

static void dies(spec_peer *hand)
{
    spec_kill(hand);
}

static void exits(spec_peer *hand)
{
    hand_leaves(hand);
}

static void closes(spec_peer *hand)
{
    hand_ends(hand);
}

static void (*const endings[])(spec_peer *hand) = {dies, exits, closes};

/* ---- a place that is taken ---- */

static void require_taken(const char *place, xipc_ring_role role)
{
    xipc_ring *ring = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(XIPC_E_BUSY, ring_try_join(place, role, &ring));
    if (place[0] != '@') {
        REQUIRE_STATUS(
            XIPC_E_BUSY, xipc_ring_open(place, role, NULL, XIPC_NOW, &ring));
        REQUIRE(strstr(xipc_detail(), place) != NULL);
        REQUIRE_STATUS(
            XIPC_E_BUSY, xipc_ring_open_or_create(
                             place, role, NULL, XIPC_FOREVER, &ring, &created));
        REQUIRE(created == 77);
    }
    REQUIRE(ring == UNTOUCHED);
}

static void taken(const char *place)
{
    for (size_t i = 0; i < COUNT(roles); i++) {
        xipc_ring *ring = ring_made(place, roles[i], NULL);
        spec_peer *same = ring_hand_at(place, roles[i]);
        spec_peer *other = ring_hand_at(place, other_role(roles[i]));

        require_taken(place, roles[i]);
        hand_does(same, "open", XIPC_E_BUSY);
        hand_does(other, "open", XIPC_OK);
        require_taken(place, other_role(roles[i]));
        require_taken(place, roles[i]);
        hand_does(same, "open", XIPC_E_BUSY);
        hand_does(other, "close", XIPC_OK);
        xipc_ring_close(ring_joined(place, other_role(roles[i])));
        hand_does(other, "open", XIPC_OK);
        require_taken(place, other_role(roles[i]));
        xipc_ring_close(ring);
        hand_does(same, "open", XIPC_OK);
        require_taken(place, roles[i]);
        hand_ends(same);
        hand_ends(other);
    }
}

SPEC(the_place_of_one_who_lives_is_taken, "RING-4")
{
    in_both_forms(taken);
}

/* A refused one leaves the ring as it is, and can be told apart from a death.
 */
SPEC(who_is_refused_disturbs_nobody, "RING-4")
{
    sides ring = sides_made("a", NULL);
    spec_peer *producer = ring_hand_at("a", XIPC_RING_PRODUCER);
    spec_peer *consumer = ring_hand_at("a", XIPC_RING_CONSUMER);

    /* A hand tries for a second each time. */
    for (uint64_t number = 0; number < 3; number++) {
        hand_does(producer, "send 7 7", XIPC_E_BUSY);
        sends(ring.producer, number, 40);
        hand_does(consumer, "receive 7 7", XIPC_E_BUSY);
        receives(ring.consumer, number, 40);
        require_empty(ring.consumer);
    }
    spec_kill(producer);
    hand_leaves(consumer);
    require_empty(ring.consumer);
    REQUIRE_OK(xipc_ring_wait_peer(ring.consumer, XIPC_NOW));
    REQUIRE_OK(xipc_ring_wait_peer(ring.producer, XIPC_NOW));

    sides_closed(&ring);
}

/* ---- producers, one after another ---- */

/* Each sends a few, reserves what nobody ever sees, and ends. */
static void producers(const char *place)
{
    xipc_ring_options options = ring_of_messages(500);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    unsigned rounds = rounds_here(60, 24);
    unsigned number = 0;

    for (unsigned i = 0; i < rounds; i++) {
        spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
        char order[60];

        snprintf(order, sizeof order, "produce %u %u 100", number, i % 4);
        hand_does(hand, order, XIPC_OK);
        REQUIRE_UINT(i % 4, hand_count(hand));
        snprintf(order, sizeof order, "reserve 7777 %u", i % 9 * 8);
        hand_does(hand, order, XIPC_OK);
        if (i % 2 == 0) {
            hand_does(hand, "reserve 7778 3", XIPC_OK);
        }
        endings[i % 3](hand);
        for (unsigned end = number + i % 4; number < end; number++) {
            receives(consumer, number, message_size(number, 100));
        }
    }
    xipc_ring_close(consumer);
}

SPEC(a_new_producer_goes_on_behind_what_was_committed, "RING-4 GEN-11")
{
    in_both_forms(producers);
}

/* Some of what each sent is still unread when the next one comes. */
static void producers_ahead(const char *place)
{
    xipc_ring_options options = ring_of_messages(500);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
    unsigned rounds = rounds_here(60, 24);
    uint64_t sent = 0;
    uint64_t received = 0;

    for (unsigned i = 0; i < rounds; i++) {
        spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
        char order[60];

        snprintf(
            order, sizeof order, "send %u %u now", (unsigned)sent,
            (unsigned)message_size(sent, 250));
        while (hand_does_or(hand, order, XIPC_E_AGAIN)) {
            sent++;
            snprintf(
                order, sizeof order, "send %u %u now", (unsigned)sent,
                (unsigned)message_size(sent, 250));
        }
        endings[i % 3](hand);
        for (unsigned j = 0; j < 3 && received < sent; j++) {
            receives(consumer, received, message_size(received, 250));
            received++;
        }
    }
    for (; received < sent; received++) {
        receives(consumer, received, message_size(received, 250));
    }
    REQUIRE(sent > rounds);
    xipc_ring_close(consumer);
}

SPEC(a_new_producer_leaves_alone_what_is_still_unread, "RING-4 GEN-11")
{
    in_both_forms(producers_ahead);
}

static void a_long_block(const char *place)
{
    xipc_ring_options options = ring_of_messages(512);
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);

    for (unsigned number = 0; number < 40; number++) {
        spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);
        xipc_ring *producer;

        hand_does(hand, "reserve 7777 256", XIPC_OK);
        if (number % 2 == 0) {
            hand_does(hand, "reserve 7778 90", XIPC_OK);
        }
        spec_kill(hand);
        producer = ring_joined(place, XIPC_RING_PRODUCER);
        sends(producer, number, number % 8 * 8);
        receives(consumer, number, number % 8 * 8);
        require_empty(consumer);
        xipc_ring_close(producer);
    }
    xipc_ring_close(consumer);
}

SPEC(what_a_dead_producer_had_reserved_is_room_again, "RING-4 RING-3")
{
    in_both_forms(a_long_block);
}

/* ---- consumers, one after another ---- */

static void consumers(const char *place)
{
    xipc_ring_options options = ring_of_messages(500);
    xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
    unsigned rounds = rounds_here(60, 24);
    uint64_t sent = 0;
    unsigned received = 0;

    for (unsigned i = 0; i < rounds; i++) {
        spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
        char order[60];

        while (ring_send(producer, sent, message_size(sent, 60), XIPC_NOW) ==
               XIPC_OK) {
            sent++;
        }
        snprintf(order, sizeof order, "consume %u %u 60", received, i % 4);
        hand_does(hand, order, XIPC_OK);
        REQUIRE_UINT(i % 4, hand_count(hand));
        received += i % 4;
        snprintf(
            order, sizeof order, "peek %u %u now", received,
            (unsigned)message_size(received, 60));
        hand_does(hand, order, XIPC_OK);
        if (i % 2 == 0) {
            snprintf(
                order, sizeof order, "peek %u %u now", received + 1,
                (unsigned)message_size(received + 1, 60));
            hand_does(hand, order, XIPC_OK);
        }
        endings[i % 3](hand);
    }
    REQUIRE(received > rounds / 2);
    xipc_ring_close(producer);
}

SPEC(a_new_consumer_goes_on_behind_what_was_released, "RING-4 GEN-11")
{
    in_both_forms(consumers);
}

static void readers(const char *place)
{
    xipc_ring_options options = ring_of_bytes(500);
    xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
    unsigned rounds = rounds_here(60, 24);
    uint64_t written = 0;
    unsigned position = 0;

    for (unsigned i = 0; i < rounds; i++) {
        spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
        char order[60];
        size_t count = 0;

        if (ring_write(producer, written, 400, &count, XIPC_NOW) == XIPC_OK) {
            written += count;
        }
        snprintf(order, sizeof order, "drain %u %u", position, i * 7 % 100);
        hand_does(hand, order, XIPC_OK);
        position += i * 7 % 100;
        endings[i % 3](hand);
    }
    REQUIRE(position > 500);
    xipc_ring_close(producer);
}

SPEC(a_new_consumer_of_a_stream_misses_no_byte, "RING-4 RING-1 GEN-11")
{
    in_both_forms(readers);
}

/* ---- both sides ---- */

/* The two are never the same for long, and the case only counts. */
static void third_parties(const char *place)
{
    xipc_ring_options options = ring_of_messages(500);
    xipc_ring *keeper = ring_made(place, XIPC_RING_PRODUCER, &options);
    spec_peer *consumer = ring_hand_at(place, XIPC_RING_CONSUMER);
    spec_peer *producer;
    unsigned rounds = rounds_here(30, 12);

    hand_does(consumer, "open", XIPC_OK);
    xipc_ring_close(keeper);
    producer = ring_hand_at(place, XIPC_RING_PRODUCER);
    for (unsigned i = 0; i < rounds; i++) {
        char order[60];

        snprintf(order, sizeof order, "send %u 30", i);
        hand_does(producer, order, XIPC_OK);
        if (i % 3 != 0) {
            endings[i % 2](consumer);
            consumer = ring_hand_at(place, XIPC_RING_CONSUMER);
        }
        snprintf(order, sizeof order, "receive %u 30", i);
        hand_does(consumer, order, XIPC_OK);
        hand_does(consumer, "receive 0 0 now", XIPC_E_AGAIN);
        if (i % 3 != 1) {
            endings[i / 2 % 3](producer);
            producer = ring_hand_at(place, XIPC_RING_PRODUCER);
        }
    }
    hand_ends(producer);
    hand_ends(consumer);
}

SPEC(any_process_can_take_the_place_of_either_side, "RING-4")
{
    in_both_forms(third_parties);
}

/* What ends the wait of the other side. */
static const char *order_to_go_on(const ring_deed *deed)
{
    if (deed->role == XIPC_RING_CONSUMER) {
        return deed->mode == XIPC_RING_BYTES ? "write 0 16" : "send 1 16";
    }
    return deed->mode == XIPC_RING_BYTES ? "drain 0 40" : "receive 1 16";
}

/* Told of the death, it goes on with the one who comes then. */
static void told_and_goes_on(const ring_deed *deed, xipc_ring_wait wait)
{
    xipc_ring *ring = ring_to_wait_at("a", deed, wait);
    spec_peer *hand = ring_hand_at("a", other_role(deed->role));

    hand_does(hand, "open", XIPC_OK);
    spec_kill(hand);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, deed->verb(ring, XIPC_FOREVER));
    hand = ring_hand_at("a", other_role(deed->role));
    spec_tell(hand, "open");
    REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_FOREVER));
    hand_answers(hand, XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(ring, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(ring, xipc_after_ms(1)));
    spec_tell(hand, order_to_go_on(deed));
    REQUIRE_OK(deed->verb(ring, XIPC_FOREVER));
    hand_answers(hand, XIPC_OK);

    hand_ends(hand);
    xipc_ring_close(ring);
}

SPEC(who_was_told_of_a_death_goes_on_with_the_next_one, "RING-4 RING-2")
{
    for_each_deed(told_and_goes_on);
}

/* The place is taken anew before the other side has noticed anything. */
SPEC(who_never_waited_notices_no_change_of_the_other_side, "RING-4")
{
    sides ring = sides_made("a", NULL);

    for (uint64_t number = 0; number < 300; number++) {
        sends(ring.producer, number, 30);
        if (number % 2 == 0) {
            xipc_ring_close(ring.consumer);
            ring.consumer = ring_joined("a", XIPC_RING_CONSUMER);
        }
        if (number % 3 == 0) {
            xipc_ring_close(ring.producer);
            ring.producer = ring_joined("a", XIPC_RING_PRODUCER);
        }
        REQUIRE_OK(ring_receive(ring.consumer, number, 30, XIPC_FOREVER));
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

/* What is peeked at comes again, and again, until somebody releases it. */
SPEC(a_handle_that_is_closed_gives_back_what_it_peeked_at, "RING-4 RING-3")
{
    sides ring = sides_made("a", NULL);

    sends(ring.producer, 1, 10);
    sends(ring.producer, 2, 20);
    for (int i = 0; i < 10; i++) {
        REQUIRE_OK(ring_peek(ring.consumer, 1, 10, XIPC_NOW));
        REQUIRE_OK(ring_peek(ring.consumer, 2, 20, XIPC_NOW));
        xipc_ring_close(ring.consumer);
        ring.consumer = ring_joined("a", XIPC_RING_CONSUMER);
    }
    receives(ring.consumer, 1, 10);
    REQUIRE_OK(ring_reserve(ring.producer, 3, 30, XIPC_NOW));
    REQUIRE_OK(ring_reserve(ring.producer, 4, 40, XIPC_NOW));
    xipc_ring_close(ring.producer);
    receives(ring.consumer, 2, 20);
    REQUIRE_STATUS(
        XIPC_E_CLOSED, ring_receive(ring.consumer, 3, 30, XIPC_FOREVER));
    ring.producer = ring_joined("a", XIPC_RING_PRODUCER);
    require_empty(ring.consumer);

    sides_closed(&ring);
}

/* ---- when all have gone ---- */

static spec_peer *hand_with(const char *place, xipc_ring_role role)
{
    spec_peer *hand = ring_hand_at(place, role);

    hand_does(hand, "open", XIPC_OK);
    return hand;
}

SPEC(a_ring_that_all_left_is_gone, "RING-4 LIFE-1")
{
    for (size_t i = 0; i < COUNT(endings) * COUNT(endings); i++) {
        xipc_ring *ring = ring_made("a", XIPC_RING_PRODUCER, NULL);
        spec_peer *consumer = hand_with("a", XIPC_RING_CONSUMER);
        spec_peer *producer;

        sends(ring, 1, 10);
        xipc_ring_close(ring);
        ring = UNTOUCHED;
        producer = hand_with("a", XIPC_RING_PRODUCER);
        endings[i % COUNT(endings)](producer);
        endings[i / COUNT(endings)](consumer);
        for (size_t j = 0; j < COUNT(roles); j++) {
            REQUIRE_STATUS(
                XIPC_E_NOT_FOUND, ring_try_join("a", roles[j], &ring));
        }
        REQUIRE(ring == UNTOUCHED);
        xipc_ring_close(ring_made("a", XIPC_RING_CONSUMER, NULL));
    }
}

SPEC(a_persistent_ring_keeps_what_was_committed, "RING-4 LIFE-2")
{
    xipc_ring_options options = ring_of_messages(1000);
    xipc_ring *ring;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    options.naming.lifetime = XIPC_PERSISTENT;
    xipc_ring_close(ring_made("a", XIPC_RING_CONSUMER, &options));
    for (unsigned i = 0; i < 12; i++) {
        spec_peer *producer = ring_hand_at("a", XIPC_RING_PRODUCER);
        spec_peer *consumer = ring_hand_at("a", XIPC_RING_CONSUMER);

        hand_does(producer, "send 1 10", XIPC_OK);
        hand_does(producer, "send 2 20", XIPC_OK);
        hand_does(producer, "send 3 30", XIPC_OK);
        hand_does(producer, "reserve 4 40", XIPC_OK);
        hand_does(consumer, "receive 1 10", XIPC_OK);
        hand_does(consumer, "peek 2 20", XIPC_OK);
        endings[i % 3](producer);
        endings[i / 3 % 3](consumer);
        ring = ring_joined("a", XIPC_RING_CONSUMER);
        REQUIRE_UINT(1024, xipc_ring_capacity(ring));
        receives(ring, 2, 20);
        receives(ring, 3, 30);
        REQUIRE_STATUS(
            i % 3 == 2 ? XIPC_E_CLOSED : XIPC_E_PEER_DIED,
            ring_receive(ring, 4, 40, XIPC_FOREVER));
        xipc_ring_close(ring);
    }
    REQUIRE_OK(xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(one_side_that_is_left_keeps_the_ring, "RING-4 LIFE-1")
{
    xipc_ring *ring = ring_made("a", XIPC_RING_PRODUCER, NULL);
    spec_peer *consumer = hand_with("a", XIPC_RING_CONSUMER);
    spec_peer *producer;

    sends(ring, 1, 10);
    xipc_ring_close(ring);
    for (int i = 0; i < 6; i++) {
        producer = hand_with("a", XIPC_RING_PRODUCER);
        endings[i % 3](producer);
    }
    hand_does(consumer, "receive 1 10 now", XIPC_OK);

    hand_ends(consumer);
}
