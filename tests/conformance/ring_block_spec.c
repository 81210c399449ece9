/* SPDX-License-Identifier: Apache-2.0 */
/* Without a copy: blocks that are reserved, committed, peeked at and released,
 * one at a time or many in one step. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static sides messages(uint64_t capacity)
{
    xipc_ring_options options = ring_of_messages(capacity);

    return sides_made("a", &options);
}

static void reserves(xipc_ring *ring, uint64_t number, size_t size)
{
    REQUIRE_OK(ring_reserve(ring, number, size, XIPC_NOW));
}

static void peeks(xipc_ring *ring, uint64_t number, size_t size)
{
    REQUIRE_OK(ring_peek(ring, number, size, XIPC_NOW));
}

/* ---- one ---- */

static void one_block(const char *place)
{
    xipc_ring_options options = ring_of_messages(1000);
    sides ring = sides_made(place, &options);

    for (uint64_t number = 0; number < 3000; number++) {
        size_t size = message_size(number, 512);
        const void *data = NULL;
        void *block = NULL;
        size_t got_size = 0;

        REQUIRE_OK(xipc_ring_reserve(ring.producer, size, &block, XIPC_NOW));
        REQUIRE_UINT(0, (uintptr_t)block % 8);
        message_fill(block, size, number);
        require_empty(ring.consumer);
        REQUIRE_OK(xipc_ring_commit(ring.producer, size));
        REQUIRE_OK(xipc_ring_peek(ring.consumer, &data, &got_size, XIPC_NOW));
        REQUIRE_UINT(0, (uintptr_t)data % 8);
        REQUIRE_UINT(size, got_size);
        REQUIRE(message_is(data, size, number));
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

SPEC(a_block_is_one_piece_of_memory_whatever_its_size, "RING-3")
{
    in_both_forms(one_block);
}

SPEC(with_and_without_a_copy_are_the_same_messages, "RING-3 RING-1")
{
    sides ring = messages(1000);

    for (uint64_t number = 0; number < 1000; number++) {
        reserves(ring.producer, number, 40);
        REQUIRE_OK(xipc_ring_commit(ring.producer, 40));
        receives(ring.consumer, number, 40);
        sends(ring.producer, number, 41);
        peeks(ring.consumer, number, 41);
        REQUIRE_OK(xipc_ring_release(ring.consumer));
    }
    sides_closed(&ring);
}

/* Where a message of the consumer's stands in the section. */
static unsigned char *
place_of(const xipc_map *map, const void *message, size_t size)
{
    unsigned char *bytes = bytes_of(map);
    unsigned char *found = NULL;

    for (size_t at = 0; at + size <= xipc_map_size(map); at++) {
        if (memcmp(bytes + at, message, size) == 0) {
            REQUIRE(found == NULL);
            found = bytes + at;
        }
    }
    REQUIRE(found != NULL);
    return found;
}

SPEC(blocks_are_the_memory_of_the_ring_itself, "RING-3")
{
    xipc_ring_options options = ring_of_messages(1024);
    sides ring = sides_made("@a", &options);
    xipc_section *section = section_opened("a");
    xipc_map *map = mapped(section);
    unsigned char *block = NULL;
    unsigned char *shared;
    const unsigned char *data = NULL;
    size_t size = 0;

    REQUIRE_OK(xipc_ring_reserve(ring.producer, 64, (void **)&block, XIPC_NOW));
    message_fill(block, 64, 3);
    REQUIRE_OK(xipc_ring_commit(ring.producer, 64));
    REQUIRE_OK(
        xipc_ring_peek(ring.consumer, (const void **)&data, &size, XIPC_NOW));
    shared = place_of(map, data, 64);
    REQUIRE((size_t)(shared - bytes_of(map)) >= RING_OFFSET);
    REQUIRE(
        (size_t)(shared - bytes_of(map)) + 64 <=
        RING_OFFSET + xipc_ring_size(1024));
    for (int i = 0; i < 64; i++) {
        shared[i] = (unsigned char)(i + 100);
        REQUIRE_UINT((unsigned)i + 100, block[i]);
        REQUIRE_UINT((unsigned)i + 100, data[i]);
    }
    REQUIRE_OK(xipc_ring_release(ring.consumer));

    xipc_map_close(map);
    xipc_section_close(section);
    sides_closed(&ring);
}

SPEC(a_block_may_be_used_in_part, "RING-3")
{
    sides ring = messages(1024);

    for (uint64_t number = 0; number < 500; number++) {
        size_t size = (size_t)(number * 7 % 513);
        size_t used = (size_t)(number * 5) % (size + 1);

        reserves(ring.producer, number, size);
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_ring_commit(ring.producer, size + 1));
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_ring_commit(ring.producer, SIZE_MAX));
        REQUIRE_OK(xipc_ring_commit(ring.producer, used));
        receives(ring.consumer, number, used);
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

SPEC(what_is_left_of_a_block_is_room_again, "RING-3 RING-2")
{
    sides ring = messages(1024);
    uint64_t all = fill_up(ring.producer, 0, 8);

    for (uint64_t number = 0; number < all; number++) {
        receives(ring.consumer, number, 8);
    }
    for (int i = 0; i < 200; i++) {
        uint64_t count = 0;

        for (; count < all / 2; count++) {
            reserves(ring.producer, count, 200);
            REQUIRE_OK(xipc_ring_commit(ring.producer, 8));
        }
        for (; count > 0; count--) {
            receives(ring.consumer, all / 2 - count, 8);
        }
    }
    sides_closed(&ring);
}

SPEC(what_is_canceled_was_never_reserved, "RING-3")
{
    sides ring = messages(512);

    for (uint64_t number = 0; number < 300; number++) {
        reserves(ring.producer, 77, 200);
        if (number % 2 == 0) {
            reserves(ring.producer, 78, (size_t)number % 100);
        }
        REQUIRE_OK(xipc_ring_cancel(ring.producer));
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring.producer, 0));
        require_empty(ring.consumer);
        sends(ring.producer, number, 256);
        receives(ring.consumer, number, 256);
        REQUIRE_OK(xipc_ring_cancel(ring.producer));
    }
    sides_closed(&ring);
}

/* ---- many ---- */

static void all_or_nothing(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

    for (int i = 0; i < 40; i++) {
        reserves(producer, 1, 10);
        hand_does(hand, "receive 1 10 now", XIPC_E_AGAIN);
        reserves(producer, 2, 0);
        reserves(producer, 3, 100);
        hand_does(hand, "peek 1 10 now", XIPC_E_AGAIN);
        reserves(producer, 4, 200);
        hand_does(hand, "receive 1 10 now", XIPC_E_AGAIN);
        spec_tell(hand, "receive 1 10");
        REQUIRE_OK(xipc_ring_commit(producer, 37));
        hand_answers(hand, XIPC_OK);
        hand_does(hand, "receive 2 0 now", XIPC_OK);
        hand_does(hand, "receive 3 100 now", XIPC_OK);
        hand_does(hand, "receive 4 37 now", XIPC_OK);
        hand_does(hand, "receive 5 0 now", XIPC_E_AGAIN);
    }

    hand_ends(hand);
    xipc_ring_close(producer);
}

SPEC(blocks_reserved_together_are_committed_in_one_step, "RING-3")
{
    for_each_wait(all_or_nothing);
}

SPEC(what_is_peeked_at_together_is_released_in_one_step, "RING-3 RING-2")
{
    xipc_ring_options options = ring_of_messages(2048);
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    for (uint64_t i = 0; i < 40; i++) {
        hand_does(hand, "send 1 700", XIPC_OK);
        hand_does(hand, "send 2 3", XIPC_OK);
        hand_does(hand, "send 3 700", XIPC_OK);
        peeks(consumer, 1, 700);
        peeks(consumer, 2, 3);
        hand_does(hand, "send 4 1024 now", XIPC_E_AGAIN);
        peeks(consumer, 3, 700);
        require_empty(consumer);
        hand_does(hand, "send 4 1024 now", XIPC_E_AGAIN);
        spec_tell(hand, "send 4 1024");
        REQUIRE_OK(xipc_ring_release(consumer));
        hand_answers(hand, XIPC_OK);
        receives(consumer, 4, 1024);
        require_empty(consumer);
    }

    hand_ends(hand);
    xipc_ring_close(consumer);
}

/* They stay what they are until they are released. */
SPEC(what_is_peeked_at_can_be_read_until_it_is_released, "RING-3")
{
    sides ring = messages(1024);

    for (int i = 0; i < 100; i++) {
        const void *data[5];
        size_t size[5];

        for (uint64_t number = 0; number < 5; number++) {
            sends(ring.producer, number, 30 + (size_t)number);
        }
        for (int j = 0; j < 5; j++) {
            REQUIRE_OK(
                xipc_ring_peek(ring.consumer, &data[j], &size[j], XIPC_NOW));
        }
        fill_up(ring.producer, 100, 9);
        for (uint64_t number = 0; number < 5; number++) {
            REQUIRE_UINT(30 + number, size[number]);
            REQUIRE(message_is(data[number], size[number], number));
        }
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        for (uint64_t number = 100;
             ring_receive(ring.consumer, number, 9, XIPC_NOW) == XIPC_OK;
             number++) {
            /* until it is empty */
        }
    }
    sides_closed(&ring);
}

SPEC(what_is_not_released_comes_again, "RING-3")
{
    sides ring = messages(1000);

    for (uint64_t number = 0; number < 1000; number += 4) {
        for (uint64_t more = 0; more < 4; more++) {
            sends(ring.producer, number + more, 50);
        }
        REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        peeks(ring.consumer, number, 50);
        peeks(ring.consumer, number + 1, 50);
        REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        peeks(ring.consumer, number, 50);
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release(ring.consumer));
        for (uint64_t more = 1; more < 4; more++) {
            peeks(ring.consumer, number + more, 50);
        }
        require_empty(ring.consumer);
        REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        receives(ring.consumer, number + 1, 50);
        receives(ring.consumer, number + 2, 50);
        peeks(ring.consumer, number + 3, 50);
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

/* ---- no room ---- */

/* Nobody can make room but who has it reserved: that is said at once. */
static void never_any_room(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);
    void *block = UNTOUCHED;

    for (uint64_t i = 0; i < 30; i++) {
        uint64_t count = 0;
        xipc_status status = XIPC_OK;

        while (status == XIPC_OK) {
            status = ring_reserve(
                ring.producer, count, 100,
                i % 2 == 0 ? XIPC_FOREVER : XIPC_NOW);
            count += status == XIPC_OK ? 1U : 0U;
        }
        REQUIRE_STATUS(XIPC_E_NO_SPACE, status);
        REQUIRE(count >= 1024 / 2 / 112);
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_ring_reserve(ring.producer, 512, &block, XIPC_FOREVER));
        REQUIRE(block == UNTOUCHED);
        require_empty(ring.consumer);
        REQUIRE_OK(xipc_ring_commit(ring.producer, 99));
        for (uint64_t number = 0; number < count; number++) {
            receives(ring.consumer, number, number + 1 < count ? 100 : 99);
        }
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

SPEC(what_reserved_blocks_leave_no_room_for_is_not_waited_for, "RING-3 RING-2")
{
    for_each_wait(never_any_room);
}

/* What the consumer has yet to take is waited for. */
static void room_to_come(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

    for (int i = 0; i < 20; i++) {
        sends(producer, 1, 300);
        sends(producer, 2, 300);
        reserves(producer, 3, 200);
        REQUIRE_STATUS(XIPC_E_AGAIN, ring_reserve(producer, 4, 400, XIPC_NOW));
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, ring_reserve(producer, 4, 400, xipc_after_ms(2)));
        hand_does(hand, "receive 1 300", XIPC_OK);
        spec_tell(hand, "receive 2 300");
        REQUIRE_OK(ring_reserve(producer, 4, 400, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        hand_does(hand, "receive 3 200 now", XIPC_E_AGAIN);
        REQUIRE_OK(xipc_ring_commit(producer, 400));
        hand_does(hand, "receive 3 200 now", XIPC_OK);
        hand_does(hand, "receive 4 400 now", XIPC_OK);
    }

    hand_ends(hand);
    xipc_ring_close(producer);
}

SPEC(a_block_waits_for_what_the_consumer_has_yet_to_take, "RING-3 RING-2")
{
    for_each_wait(room_to_come);
}

/* ---- what does not go together ---- */

static void mixed_messages(void)
{
    sides ring = messages(1024);
    char bytes[64] = "same";
    size_t size = 77;

    sends(ring.producer, 1, 20);
    sends(ring.producer, 2, 20);
    reserves(ring.producer, 3, 20);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_send(ring.producer, "x", 1, XIPC_FOREVER));
    peeks(ring.consumer, 1, 20);
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_receive(ring.consumer, bytes, 64, &size, XIPC_FOREVER));
    REQUIRE_TEXT("same", bytes);
    REQUIRE_UINT(77, size);
    REQUIRE_OK(xipc_ring_commit(ring.producer, 20));
    REQUIRE_OK(xipc_ring_release(ring.consumer));
    receives(ring.consumer, 2, 20);
    receives(ring.consumer, 3, 20);
    require_empty(ring.consumer);

    sides_closed(&ring);
}

static void mixed_bytes(void)
{
    xipc_ring_options options = ring_of_bytes(1024);
    sides ring = sides_made("a", &options);
    char bytes[64] = "same";
    void *block = NULL;
    const void *data = NULL;
    size_t size = 77;

    REQUIRE_OK(xipc_ring_write(ring.producer, "abc", 3, NULL, XIPC_NOW));
    REQUIRE_OK(xipc_ring_reserve(ring.producer, 3, &block, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_write(ring.producer, "x", 1, &size, XIPC_FOREVER));
    REQUIRE_UINT(77, size);
    REQUIRE_OK(xipc_ring_peek(ring.consumer, &data, &size, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(ring.consumer, bytes, 64, &size, XIPC_FOREVER));
    REQUIRE_TEXT("same", bytes);
    memcpy(block, "def", 3);
    REQUIRE_OK(xipc_ring_commit(ring.producer, 3));
    REQUIRE_OK(xipc_ring_rewind(ring.consumer));
    REQUIRE_OK(xipc_ring_read(ring.consumer, bytes, 64, &size, XIPC_NOW));
    REQUIRE_UINT(6, size);
    REQUIRE(memcmp(bytes, "abcdef", 6) == 0);

    sides_closed(&ring);
}

SPEC(copies_wait_until_blocks_are_committed_and_released, "RING-3 GEN-7")
{
    mixed_messages();
    mixed_bytes();
}

SPEC(nothing_can_be_ended_that_was_not_begun, "RING-3 GEN-7")
{
    sides ring = messages(1024);

    for (int i = 0; i < 3; i++) {
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring.producer, 0));
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release(ring.consumer));
        REQUIRE_OK(xipc_ring_cancel(ring.producer));
        REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        sends(ring.producer, 1, 100);
        receives(ring.consumer, 1, 100);
    }
    sides_closed(&ring);
}

/* ---- all of it, in any order ---- */

enum { BATCH_MAX = 6 };

typedef struct traffic {
    sides ring;
    size_t max;
    uint64_t sent;
    uint64_t received;
    uint32_t dice;
} traffic;

static size_t size_of(const traffic *self, uint64_t number)
{
    return message_size(number, self->max);
}

static void send_a_batch(traffic *self)
{
    uint32_t count = thrown(&self->dice, BATCH_MAX) + 1;
    uint64_t number = self->sent;
    xipc_status status = XIPC_OK;

    for (; count > 0 && status == XIPC_OK; count--) {
        status = ring_reserve(
            self->ring.producer, number, size_of(self, number), XIPC_NOW);
        number += status == XIPC_OK ? 1U : 0U;
    }
    REQUIRE(
        status == XIPC_OK || status == XIPC_E_AGAIN ||
        status == XIPC_E_NO_SPACE);
    if (number == self->sent || thrown(&self->dice, 5) == 0) {
        REQUIRE_OK(xipc_ring_cancel(self->ring.producer));
        return;
    }
    REQUIRE_OK(
        xipc_ring_commit(self->ring.producer, size_of(self, number - 1)));
    self->sent = number;
}

static void receive_a_batch(traffic *self)
{
    uint32_t count = thrown(&self->dice, BATCH_MAX) + 1;
    uint64_t number = self->received;

    for (; count > 0 && number < self->sent; count--) {
        peeks(self->ring.consumer, number, size_of(self, number));
        number++;
    }
    if (number == self->sent) {
        require_empty(self->ring.consumer);
    }
    if (number == self->received || thrown(&self->dice, 5) == 0) {
        REQUIRE_OK(xipc_ring_rewind(self->ring.consumer));
        return;
    }
    REQUIRE_OK(xipc_ring_release(self->ring.consumer));
    self->received = number;
}

static void act(traffic *self)
{
    switch (thrown(&self->dice, 4)) {
    case 0:
        if (ring_send(
                self->ring.producer, self->sent, size_of(self, self->sent),
                XIPC_NOW) == XIPC_OK) {
            self->sent++;
        }
        break;
    case 1: send_a_batch(self); break;
    case 2:
        if (self->received < self->sent) {
            receives(
                self->ring.consumer, self->received,
                size_of(self, self->received));
            self->received++;
        }
        break;
    default: receive_a_batch(self); break;
    }
}

SPEC(
    messages_stay_whole_and_in_order_whichever_calls_are_mixed, "RING-3 RING-1")
{
    static const uint64_t capacities[] = {128, 384, 1000, 4096};
    traffic self = {.dice = dice_cast()};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        self.ring = messages(capacities[i]);
        self.max = xipc_ring_message_max(self.ring.producer);
        self.sent = 0;
        self.received = 0;
        for (int j = 0; j < 20000; j++) {
            act(&self);
        }
        REQUIRE(self.received > 1000);
        sides_closed(&self.ring);
    }
}
