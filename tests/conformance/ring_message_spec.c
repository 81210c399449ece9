/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in a ring: whole, in order, of every size, wherever they begin. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint64_t capacities[] = {1,   128, 129,  255,  256,
                                      300, 384, 1000, 4096, 65536};

static void many_sizes(const char *place)
{
    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_ring_options options = ring_of_messages(capacities[i]);
        sides ring = sides_made(place, &options);
        size_t max = xipc_ring_message_max(ring.consumer);

        for (uint64_t number = 0; number < 1000; number++) {
            sends(ring.producer, number, message_size(number, max));
            receives(ring.consumer, number, message_size(number, max));
            require_empty(ring.consumer);
        }
        sides_closed(&ring);
    }
}

SPEC(a_message_of_every_size_arrives_whole, "RING-1")
{
    in_both_forms(many_sizes);
}

/* As many as there is room for, then as many as there are, a few at a time. */
static void run_ahead(const sides *ring, size_t max, uint32_t *dice)
{
    uint64_t sent = 0;
    uint64_t received = 0;

    while (received < 2000) {
        uint32_t count = thrown(dice, 40);
        xipc_status status = XIPC_OK;

        for (; count > 0 && status == XIPC_OK; count--) {
            status = ring_send(
                ring->producer, sent, message_size(sent, max), XIPC_NOW);
            sent += status == XIPC_OK ? 1U : 0U;
        }
        REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
        REQUIRE(status == XIPC_OK || sent > received);
        for (count = thrown(dice, 40); count > 0 && received < sent; count--) {
            receives(ring->consumer, received, message_size(received, max));
            received++;
        }
    }
}

SPEC(messages_arrive_in_order_however_far_one_side_is_ahead, "RING-1")
{
    uint32_t dice = dice_cast();

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_ring_options options = ring_of_messages(capacities[i]);
        sides ring = sides_made("a", &options);

        run_ahead(&ring, xipc_ring_message_max(ring.producer), &dice);
        sides_closed(&ring);
    }
}

/* ---- where a message begins ---- */

/* Messages of nothing move on what comes next, by eight bytes each. */
static void move_on(const sides *ring)
{
    sends(ring->producer, 0, 0);
    receives(ring->consumer, 0, 0);
}

/* Until a block would begin `distance` bytes behind `start`. */
static void
move_to(const sides *ring, const unsigned char *start, ptrdiff_t distance)
{
    for (unsigned i = 0; next_place(ring->producer) != start + distance; i++) {
        REQUIRE(i < 100000);
        move_on(ring);
    }
}

/* How far blocks begin from each other, in the whole of an empty ring. */
static ptrdiff_t circle_of(const sides *ring, const unsigned char **start_out)
{
    const unsigned char *start = next_place(ring->producer);
    ptrdiff_t farthest = 0;

    do {
        ptrdiff_t distance = next_place(ring->producer) - start;

        REQUIRE(distance >= 0 && distance % 8 == 0);
        farthest = distance > farthest ? distance : farthest;
        move_on(ring);
    } while (next_place(ring->producer) != start);
    *start_out = start;
    return farthest;
}

static void every_size_everywhere(uint64_t capacity)
{
    xipc_ring_options options = ring_of_messages(capacity);
    sides ring = sides_made("a", &options);
    size_t max = xipc_ring_message_max(ring.producer);
    const unsigned char *start;
    ptrdiff_t farthest = circle_of(&ring, &start);

    for (ptrdiff_t at = 0; at <= farthest; at += 8) {
        for (size_t size = 0; size <= max; size++) {
            move_to(&ring, start, at);
            sends(ring.producer, size, size);
            receives(ring.consumer, size, size);
            require_empty(ring.consumer);
        }
    }
    REQUIRE(farthest >= (ptrdiff_t)capacity - 8);
    sides_closed(&ring);
}

SPEC(a_message_of_every_size_can_begin_anywhere, "RING-1")
{
    every_size_everywhere(128);
    every_size_everywhere(256);
}

static void longest_everywhere(uint64_t capacity)
{
    xipc_ring_options options = ring_of_messages(capacity);
    sides ring = sides_made("@a", &options);
    size_t max = xipc_ring_message_max(ring.producer);
    const unsigned char *start;
    ptrdiff_t farthest = circle_of(&ring, &start);

    for (ptrdiff_t at = 0; at <= farthest; at += 8) {
        for (size_t less = 0; less <= 8; less++) {
            move_to(&ring, start, at);
            sends(ring.producer, less, max - less);
            receives(ring.consumer, less, max - less);
        }
    }
    sides_closed(&ring);
}

SPEC(the_longest_message_passes_wherever_it_begins, "RING-1")
{
    for (size_t i = 0; i < COUNT(capacities) - 2; i++) {
        longest_everywhere(capacities[i]);
    }
}

/* As the header says what each takes. */
static void as_many_as_promised(uint64_t capacity)
{
    xipc_ring_options options = ring_of_messages(capacity);
    static const size_t sizes[] = {0, 1, 8, 9, 24, 56, 64};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        sides ring = sides_made("a", &options);
        uint64_t all = xipc_ring_capacity(ring.producer);
        uint64_t each = 8 + (sizes[i] + 7) / 8 * 8;
        uint64_t count = fill_up(ring.producer, 0, sizes[i]);

        REQUIRE(count >= all / each);
        for (uint64_t number = 0; number < count; number++) {
            receives(ring.consumer, number, sizes[i]);
        }
        require_empty(ring.consumer);
        sides_closed(&ring);
    }
}

SPEC(a_new_ring_holds_as_many_messages_as_its_capacity_says, "RING-1")
{
    as_many_as_promised(128);
    as_many_as_promised(300);
    as_many_as_promised(4096);
}

SPEC(messages_of_nothing_fill_a_ring_wherever_they_begin, "RING-1")
{
    xipc_ring_options options = ring_of_messages(256);
    sides ring = sides_made("a", &options);

    for (int i = 0; i < 60; i++) {
        uint64_t count = fill_up(ring.producer, 0, 0);

        REQUIRE(count >= 256 / 8);
        for (; count > 0; count--) {
            receives(ring.consumer, 0, 0);
        }
        move_on(&ring);
    }
    sides_closed(&ring);
}

/* ---- too long, too short ---- */

static void too_big(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1000, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("stock", &options);
    size_t max = xipc_ring_message_max(ring.producer);
    const size_t sizes[] = {max + 1, 2 * max, SIZE_MAX / 2, SIZE_MAX};
    static unsigned char bytes[2048];
    void *block = UNTOUCHED;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG,
            xipc_ring_send(ring.producer, bytes, sizes[i], XIPC_FOREVER));
        REQUIRE(strstr(xipc_detail(), "stock") != NULL);
        REQUIRE(strstr(xipc_detail(), "512") != NULL);
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG,
            xipc_ring_reserve(ring.producer, sizes[i], &block, XIPC_NOW));
        REQUIRE(strstr(xipc_detail(), "512") != NULL);
        REQUIRE(block == UNTOUCHED);
    }
    require_empty(ring.consumer);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring.producer, 0));

    sides_closed(&ring);
}

SPEC(a_message_above_half_the_capacity_is_too_big, "RING-1 GEN-2")
{
    for_each_wait(too_big);
}

static void too_small(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);
    sides ring = sides_made(place, &options);
    unsigned char bytes[100];
    size_t size;

    sends(ring.producer, 5, 60);
    sends(ring.producer, 6, 0);
    for (size_t capacity = 0; capacity < 60; capacity++) {
        memset(bytes, 0xee, sizeof bytes);
        size = 77;
        REQUIRE_STATUS(
            XIPC_E_TOO_SMALL,
            xipc_ring_receive(
                ring.consumer, capacity == 0 ? NULL : bytes, capacity, &size,
                capacity % 2 == 0 ? XIPC_NOW : XIPC_FOREVER));
        REQUIRE_UINT(60, size);
        for (size_t at = capacity; at < sizeof bytes; at++) {
            REQUIRE_UINT(0xee, bytes[at]);
        }
    }
    REQUIRE(strstr(xipc_detail(), "60") != NULL);
    receives(ring.consumer, 5, 60);
    REQUIRE_OK(xipc_ring_receive(ring.consumer, NULL, 0, &size, XIPC_NOW));
    REQUIRE_UINT(0, size);
    require_empty(ring.consumer);

    sides_closed(&ring);
}

SPEC(a_buffer_too_small_keeps_the_message_and_is_told_its_size, "RING-1 GEN-2")
{
    in_both_forms(too_small);
}

SPEC(a_receive_writes_no_further_than_the_message, "RING-1")
{
    sides ring = sides_made("a", NULL);
    unsigned char bytes[256];
    size_t size = 0;

    for (size_t want = 0; want < 200; want++) {
        memset(bytes, 0xee, sizeof bytes);
        sends(ring.producer, want, want);
        REQUIRE_OK(xipc_ring_receive(
            ring.consumer, bytes, sizeof bytes, &size, XIPC_NOW));
        REQUIRE_UINT(want, size);
        REQUIRE(message_is(bytes, size, want));
        for (size_t at = want; at < sizeof bytes; at++) {
            REQUIRE_UINT(0xee, bytes[at]);
        }
    }
    sides_closed(&ring);
}

/* ---- what a ring is ---- */

static void require_shape(
    const xipc_ring *ring, uint64_t capacity, const xipc_ring_options *options)
{
    REQUIRE_UINT(capacity, xipc_ring_capacity(ring));
    REQUIRE_UINT(capacity / 2, xipc_ring_message_max(ring));
    REQUIRE(xipc_ring_mode_of(ring) == options->mode);
    REQUIRE(xipc_ring_wait_of(ring) == options->wait);
}

static void shape(const char *place)
{
    static const struct {
        uint64_t asked;
        uint64_t got;
    } sizes[] = {
        {0, XIPC_RING_CAPACITY_DEFAULT},
        {1, 128},
        {127, 128},
        {128, 128},
        {129, 256},
        {1000, 1024},
        {(1 << 22) - 1, 1 << 22},
    };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_ring_options options = ring_shaped(
            sizes[i].asked, i % 2 == 0 ? XIPC_RING_MESSAGES : XIPC_RING_BYTES,
            ring_waits[i % RING_WAIT_COUNT]);
        sides ring = sides_made(place, &options);

        require_shape(ring.producer, sizes[i].got, &options);
        require_shape(ring.consumer, sizes[i].got, &options);
        sides_closed(&ring);
    }
}

SPEC(both_sides_see_the_ring_as_it_was_made, "RING-1 RING-2")
{
    in_both_forms(shape);
}

SPEC(whoever_opens_a_ring_has_no_say_in_what_it_is, "RING-1 RING-2 LIFE-3")
{
    xipc_ring_options options =
        ring_shaped(500, XIPC_RING_BYTES, XIPC_RING_PARK);
    xipc_ring_options others =
        ring_shaped(5000, XIPC_RING_MESSAGES, XIPC_RING_SPIN);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    xipc_ring *consumer = NULL;
    int created = 77;

    REQUIRE_OK(xipc_ring_open(
        "a", XIPC_RING_CONSUMER, &others, XIPC_FOREVER, &consumer));
    require_shape(consumer, 512, &options);
    xipc_ring_close(consumer);
    REQUIRE_OK(xipc_ring_open_or_create(
        "a", XIPC_RING_CONSUMER, &others, XIPC_FOREVER, &consumer, &created));
    REQUIRE(created == 0);
    require_shape(consumer, 512, &options);

    xipc_ring_close(consumer);
    xipc_ring_close(producer);
}

SPEC(the_size_inside_a_section_has_room_for_the_capacity, "RING-1")
{
    static const uint64_t asked[] = {1, 128, 129, 4096, 1 << 20};

    for (size_t i = 0; i < COUNT(asked); i++) {
        uint64_t size = xipc_ring_size(asked[i]);

        REQUIRE(size > asked[i]);
        REQUIRE(size < asked[i] + 4096);
        REQUIRE_UINT(0, size % XIPC_RING_ALIGNMENT);
    }
    REQUIRE_UINT(xipc_ring_size(XIPC_RING_CAPACITY_DEFAULT), xipc_ring_size(0));
    REQUIRE(xipc_ring_size(XIPC_RING_CAPACITY_MAX) > XIPC_RING_CAPACITY_MAX);
    REQUIRE_UINT(0, xipc_ring_size(XIPC_RING_CAPACITY_MAX + 1));
    REQUIRE_UINT(0, xipc_ring_size(UINT64_MAX));
}

SPEC(a_ring_of_messages_is_no_stream_and_a_stream_has_none, "RING-1 GEN-7")
{
    xipc_ring_options as_bytes = ring_of_bytes(1024);
    sides messages = sides_made("messages", NULL);
    sides bytes = sides_made("bytes", &as_bytes);
    char buffer[8] = "same";
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_send(bytes.producer, "x", 1, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_receive(bytes.consumer, buffer, 8, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_write(messages.producer, "x", 1, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(messages.consumer, buffer, 8, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_release_bytes(messages.consumer, 0));
    REQUIRE_TEXT("same", buffer);
    REQUIRE_UINT(77, size);
    require_empty(bytes.consumer);
    require_empty(messages.consumer);

    sides_closed(&bytes);
    sides_closed(&messages);
}

SPEC(a_process_receives_what_another_one_sends, "RING-1")
{
    uint64_t count = rounds_here(20000, 5000);
    xipc_ring_options options = ring_of_messages(4096);
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    size_t max = xipc_ring_message_max(consumer);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    spec_tell(
        hand, count == 20000 ? "produce 7 20000 2048" : "produce 7 5000 2048");
    for (uint64_t number = 7; number < 7 + count; number++) {
        REQUIRE_OK(ring_receive(
            consumer, number, message_size(number, max), XIPC_FOREVER));
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(count, hand_count(hand));
    require_empty(consumer);

    hand_ends(hand);
    xipc_ring_close(consumer);
}
