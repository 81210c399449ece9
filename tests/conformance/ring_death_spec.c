/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side of a ring dies, or closes its handle, or just exits. The other side
 * has all that was committed, and all the room that was released; then it is
 * told, however it waits, within a second.
 */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* How a hand ends, and what is then said of it. */
typedef struct ending {
    const char *word;
    void (*end)(spec_peer *hand);
    xipc_status told;
} ending;

static void is_killed(spec_peer *hand)
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

static const ending endings[] = {
    {"killed", is_killed, XIPC_E_PEER_DIED},
    {"exits", exits, XIPC_E_PEER_DIED},
    {"closes", closes, XIPC_E_CLOSED},
};

/* One who never waits is told after a few calls at the latest. */
static void require_told_now(
    xipc_status want, ring_verb *verb, xipc_ring *ring, int64_t since)
{
    xipc_status status;

    do {
        status = verb(ring, XIPC_NOW);
    } while (status == XIPC_E_AGAIN && is_within(since, 5 * NS_PER_S));
    REQUIRE_STATUS(want, status);
}

static void
require_told_by(xipc_status want, const ring_deed *deed, xipc_ring *ring)
{
    int64_t start = spec_now_ns();

    require_told_now(want, deed->verb, ring, start);
    REQUIRE_STATUS(want, deed->verb(ring, XIPC_FOREVER));
    REQUIRE_STATUS(want, deed->verb(ring, xipc_after_ms(600000)));
    REQUIRE_STATUS(want, deed->verb(ring, XIPC_FOREVER));
    require_told_now(want, deed->verb, ring, start);
}

/* ---- the calls that wait, each way ---- */

static const ending *how_it_ends;

/* All that it had to wait for has gone before. */
static void later(const ring_deed *deed, xipc_ring_wait wait)
{
    xipc_ring *ring = ring_to_wait_at("a", deed, wait);
    spec_peer *hand = ring_hand_at("a", other_role(deed->role));

    hand_does(hand, "open", XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(ring, XIPC_NOW));
    how_it_ends->end(hand);
    require_told_by(how_it_ends->told, deed, ring);

    xipc_ring_close(ring);
}

SPEC(who_comes_to_wait_for_a_dead_side_is_told, "RING-4 RING-2")
{
    how_it_ends = &endings[0];
    for_each_deed(later);
}

SPEC(who_comes_to_wait_for_a_side_that_is_closed_is_told, "RING-4 RING-2")
{
    how_it_ends = &endings[2];
    for_each_deed(later);
}

static int64_t
time_blocked(const ring_deed *deed, xipc_ring_wait wait, xipc_deadline deadline)
{
    xipc_ring *ring = ring_to_wait_at("@a", deed, wait);
    spec_peer *hand = ring_hand_at("@a", other_role(deed->role));
    ring_call call;
    int64_t start;

    hand_does(hand, "open", XIPC_OK);
    ring_call_begin(&call, deed->verb, ring, deadline);
    let_pass(5);
    how_it_ends->end(hand);
    start = spec_now_ns();
    REQUIRE_STATUS(how_it_ends->told, ring_call_end(&call));
    start = spec_now_ns() - start;
    require_told_by(how_it_ends->told, deed, ring);
    xipc_ring_close(ring);
    return start;
}

static void blocked(const ring_deed *deed, xipc_ring_wait wait)
{
    unsigned slow_count = 0;

    /* A crowded machine is slow once. */
    while (time_blocked(deed, wait, XIPC_FOREVER) > NS_PER_S) {
        REQUIRE(++slow_count < 3);
    }
}

static void blocked_until_a_deadline(xipc_ring_wait wait)
{
    time_blocked(&ring_deeds[0], wait, xipc_after_ms(600000));
    time_blocked(&ring_deeds[3], wait, xipc_after_ms(600000));
}

SPEC(who_waits_when_the_other_side_dies_is_told, "RING-4 GEN-11 RING-2")
{
    how_it_ends = &endings[0];
    for_each_deed(blocked);
}

SPEC(who_waits_when_the_other_side_exits_is_told, "RING-4 GEN-11 RING-2")
{
    how_it_ends = &endings[1];
    for_each_wait(blocked_until_a_deadline);
}

SPEC(who_waits_when_the_other_side_closes_is_told, "RING-4 RING-2")
{
    how_it_ends = &endings[2];
    for_each_deed(blocked);
}

/* ---- what a producer leaves ---- */

/* What it did last, besides sending. */
typedef struct last_deed {
    const char *doing;
    const char *const *orders;
} last_deed;

static const char *const nothing[] = {NULL};
static const char *const one_block[] = {"reserve 77 100", NULL};
static const char *const some_blocks[] = {
    "reserve 77 30", "reserve 78 0", "reserve 79 200", NULL};
static const char *const taken_back[] = {
    "reserve 77 30", "cancel", "reserve 78 30", NULL};

static const last_deed last_deeds[] = {
    {"idle", nothing},
    {"with a block", one_block},
    {"with some blocks", some_blocks},
    {"with a block after one", taken_back},
};

static void leave_some(spec_peer *hand, const last_deed *deed)
{
    hand_does(hand, "send 0 20", XIPC_OK);
    hand_does(hand, "reserve 1 0", XIPC_OK);
    hand_does(hand, "reserve 2 256", XIPC_OK);
    hand_does(hand, "commit 256", XIPC_OK);
    for (int i = 0; deed->orders[i]; i++) {
        hand_does(hand, deed->orders[i], XIPC_OK);
    }
}

static void require_some(xipc_ring *consumer)
{
    receives(consumer, 0, 20);
    REQUIRE_OK(ring_peek(consumer, 1, 0, XIPC_FOREVER));
    REQUIRE_OK(xipc_ring_release(consumer));
    REQUIRE_OK(ring_receive(consumer, 2, 256, XIPC_FOREVER));
}

static void what_was_committed(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);
    const ring_deed *receive = &ring_deeds[3];

    for (size_t i = 0; i < COUNT(last_deeds) * COUNT(endings); i++) {
        const ending *how = &endings[i % COUNT(endings)];
        const last_deed *deed = &last_deeds[i / COUNT(endings)];
        xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, &options);
        spec_peer *hand = ring_hand_at(place, XIPC_RING_PRODUCER);

        spec_within(deed->doing);
        leave_some(hand, deed);
        how->end(hand);
        require_some(consumer);
        require_told_by(how->told, receive, consumer);
        xipc_ring_close(consumer);
    }
    spec_within(NULL);
}

SPEC(what_was_committed_is_there_after_its_producer, "RING-4 RING-3")
{
    in_both_forms(what_was_committed);
}

SPEC(a_producer_that_dies_waiting_for_room_has_sent_what_it_sent, "RING-4")
{
    xipc_ring_options options = ring_of_messages(1024);

    for (int i = 0; i < 5; i++) {
        xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
        spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);
        unsigned count = 0;

        while (hand_does_or(hand, "send 5 40 now", XIPC_E_AGAIN)) {
            count++;
        }
        spec_tell(hand, i % 2 == 0 ? "send 6 40" : "reserve 6 40");
        let_pass(2);
        spec_kill(hand);
        for (; count > 0; count--) {
            receives(consumer, 5, 40);
        }
        require_told_by(XIPC_E_PEER_DIED, &ring_deeds[3], consumer);
        xipc_ring_close(consumer);
    }
}

SPEC(what_was_written_is_there_after_its_producer, "RING-4 RING-1")
{
    xipc_ring_options options = ring_of_bytes(1024);

    for (size_t i = 0; i < COUNT(endings); i++) {
        xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
        spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);
        uint64_t position = 0;

        hand_does(hand, "write 0 100", XIPC_OK);
        hand_does(hand, "write 100 333", XIPC_OK);
        hand_does(hand, "reserve 7 20", XIPC_OK);
        endings[i].end(hand);
        while (position < 433) {
            size_t count = 0;

            REQUIRE_OK(ring_read(consumer, position, 50, &count, XIPC_FOREVER));
            position += count;
        }
        REQUIRE_UINT(433, position);
        require_told_by(endings[i].told, &ring_deeds[5], consumer);
        xipc_ring_close(consumer);
    }
}

static void send_and_close(void *context)
{
    xipc_ring *producer = context;

    sends(producer, 1, 30);
    xipc_ring_close(producer);
}

static void last_words(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);
    unsigned rounds = rounds_here(300, 60);

    for (unsigned i = 0; i < rounds; i++) {
        spec_thread *thread = spec_thread_start(send_and_close, ring.producer);

        REQUIRE_OK(ring_receive(ring.consumer, 1, 30, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_CLOSED, ring_receive(ring.consumer, 2, 30, XIPC_FOREVER));
        spec_thread_join(thread);
        ring.producer = ring_joined("a", XIPC_RING_PRODUCER);
    }
    sides_closed(&ring);
}

SPEC(what_is_sent_just_before_the_end_is_received, "RING-4 RING-2")
{
    for_each_wait(last_words);
}

/* ---- what a consumer leaves ---- */

static const char *const has_received[] = {"receive 0 8", NULL};
static const char *const has_peeked[] = {
    "receive 0 8", "peek 1 8", "peek 2 8", NULL};
static const char *const has_rewound[] = {"peek 0 8", "rewind", NULL};

static const last_deed ends_of_consumers[] = {
    {"idle", nothing},
    {"having received", has_received},
    {"having peeked", has_peeked},
    {"having rewound", has_rewound},
};

/* As much as the ring holds goes in, and is not lost; then it is told. */
static void room_is_left(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);

    for (size_t i = 0; i < COUNT(ends_of_consumers) * COUNT(endings); i++) {
        const ending *how = &endings[i % COUNT(endings)];
        const last_deed *deed = &ends_of_consumers[i / COUNT(endings)];
        xipc_ring *producer = ring_made(place, XIPC_RING_PRODUCER, &options);
        spec_peer *hand = ring_hand_at(place, XIPC_RING_CONSUMER);
        unsigned count = 0;

        spec_within(deed->doing);
        hand_does(hand, "open", XIPC_OK);
        for (uint64_t number = 0; number < 3; number++) {
            sends(producer, number, 8);
        }
        for (int j = 0; deed->orders[j]; j++) {
            hand_does(hand, deed->orders[j], XIPC_OK);
        }
        how->end(hand);
        while (count < 1024 / 24 - 3) {
            REQUIRE_OK(ring_send(producer, 9, 16, XIPC_FOREVER));
            count++;
        }
        while (ring_send(producer, 9, 16, XIPC_NOW) == XIPC_OK) {
            /* until it is full */
        }
        require_told_by(how->told, &ring_deeds[0], producer);
        xipc_ring_close(producer);
    }
    spec_within(NULL);
}

SPEC(a_producer_is_told_of_its_consumer_when_there_is_no_room, "RING-4")
{
    in_both_forms(room_is_left);
}

SPEC(a_consumer_that_dies_waiting_is_told_of, "RING-4 RING-2")
{
    for (int i = 0; i < RING_WAIT_COUNT; i++) {
        xipc_ring_options options =
            ring_shaped(1024, XIPC_RING_MESSAGES, ring_waits[i]);
        xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
        spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

        spec_tell(hand, "receive 0 8");
        REQUIRE_OK(xipc_ring_wait_peer(producer, XIPC_FOREVER));
        let_pass(3);
        spec_kill(hand);
        while (ring_send(producer, 9, 16, XIPC_NOW) == XIPC_OK) {
            /* until it is full */
        }
        require_told_by(XIPC_E_PEER_DIED, &ring_deeds[0], producer);
        xipc_ring_close(producer);
    }
}

SPEC(what_reserved_blocks_leave_room_for_is_no_matter_of_the_dead, "RING-4")
{
    sides ring = sides_made("a", NULL);
    spec_peer *hand;

    xipc_ring_close(ring.consumer);
    hand = ring_hand_at("a", XIPC_RING_CONSUMER);
    hand_does(hand, "open", XIPC_OK);
    REQUIRE_OK(ring_reserve(ring.producer, 1, 100, XIPC_FOREVER));
    spec_kill(hand);
    REQUIRE_OK(ring_reserve(ring.producer, 2, 100, XIPC_FOREVER));
    REQUIRE_OK(xipc_ring_commit(ring.producer, 100));
    ring.consumer = ring_joined("a", XIPC_RING_CONSUMER);
    receives(ring.consumer, 1, 100);
    receives(ring.consumer, 2, 100);

    sides_closed(&ring);
}

SPEC(the_detail_says_which_ring_and_what_became_of_the_other_side, "RING-4")
{
    xipc_ring *consumer = ring_made("stock", XIPC_RING_CONSUMER, NULL);
    spec_peer *hand = ring_hand_at("stock", XIPC_RING_PRODUCER);

    hand_does(hand, "open", XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, ring_receive(consumer, 0, 8, XIPC_NOW));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
    spec_kill(hand);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, ring_receive(consumer, 0, 8, XIPC_FOREVER));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
    REQUIRE(strstr(xipc_detail(), "died") != NULL);

    xipc_ring_close(consumer);
}

/* ---- somebody to talk to ---- */

static void peers_come_and_go(xipc_ring_role role, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *ring = ring_made("a", role, &options);
    xipc_deadline deadline = xipc_after_ms(15);

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_ring_wait_peer(ring, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_ring_wait_peer(ring, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    for (size_t i = 0; i < COUNT(endings); i++) {
        spec_peer *hand = ring_hand_at("a", other_role(role));
        int64_t start;

        spec_tell(hand, "open");
        REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_NOW));
        hand_does(hand, "peer now", XIPC_OK);
        endings[i].end(hand);
        start = spec_now_ns();
        while (xipc_ring_wait_peer(ring, XIPC_NOW) == XIPC_OK) {
            REQUIRE(is_within(start, 5 * NS_PER_S));
        }
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_ring_wait_peer(ring, xipc_after_ms(10)));
        /* It says why nobody is there, if he has left in order. */
        REQUIRE(
            (strstr(xipc_detail(), "closed") != NULL) ==
            (endings[i].told == XIPC_E_CLOSED));
    }
    xipc_ring_close(ring);
}

static void wait_for_peers(xipc_ring_wait wait)
{
    peers_come_and_go(XIPC_RING_PRODUCER, wait);
    peers_come_and_go(XIPC_RING_CONSUMER, wait);
}

SPEC(one_side_waits_until_somebody_alive_is_the_other, "RING-4 GEN-4")
{
    for_each_wait(wait_for_peers);
}
