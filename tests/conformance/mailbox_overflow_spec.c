/* SPDX-License-Identifier: Apache-2.0 */
/* What a send to a full mailbox does: wait, fail, or drop what is oldest. */
#include <stdio.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static xipc_mailbox *box_that(xipc_overflow overflow, uint32_t capacity)
{
    xipc_mailbox_options options = box_overflowing(capacity, overflow);

    return box_made("a", &options);
}

/* ---- fails ---- */

SPEC(a_full_mailbox_that_fails_does_so_at_once, "MBOX-10")
{
    static const uint32_t capacities[] = {1, 4};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_mailbox *box = box_that(XIPC_OVERFLOW_FAIL, capacities[i]);
        void *data = NULL;

        for (uint64_t lap = 0; lap < 5; lap++) {
            uint64_t count = box_fill(box, lap, 10);

            REQUIRE_UINT(capacities[i], count);
            REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 9, 9, XIPC_FOREVER));
            REQUIRE_STATUS(
                XIPC_E_AGAIN, box_send(box, 9, 9, xipc_after_ms(600000)));
            REQUIRE_STATUS(
                XIPC_E_AGAIN, box_reserve(box, 9, 9, &data, XIPC_FOREVER));
            box_empty(box, lap, count, 10);
        }
        REQUIRE_UINT(0, xipc_mailbox_dropped(box));
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, box_receive(box, 0, 0, xipc_after_ms(1)));
        xipc_mailbox_close(box);
    }
}

SPEC(one_who_does_not_wait_can_send_to_one_who_does, "MBOX-10 MBOX-6")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_FAIL, 2);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 20; i++) {
        spec_tell(hand, "receive 1 10");
        REQUIRE_OK(box_send(box, 1, 10, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* ---- drops ---- */

SPEC(a_full_mailbox_that_drops_keeps_the_newest, "MBOX-10")
{
    static const uint32_t capacities[] = {1, 2, 5, 64};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        uint64_t capacity = capacities[i];
        xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, capacities[i]);
        xipc_mailbox *other = box_joined("a");

        for (uint64_t number = 0; number < 5 * capacity; number++) {
            REQUIRE_OK(box_send(
                box, number, 20, number % 2 == 0 ? XIPC_NOW : XIPC_FOREVER));
            REQUIRE(xipc_mailbox_depth(box) <= capacity);
        }
        REQUIRE_UINT(4 * capacity, xipc_mailbox_dropped(box));
        REQUIRE_UINT(4 * capacity, xipc_mailbox_dropped(other));
        REQUIRE_UINT(capacity, xipc_mailbox_depth(other));
        for (uint64_t number = 4 * capacity; number < 5 * capacity; number++) {
            box_mail mail = box_gives(other);

            REQUIRE_UINT(number, mail.number);
            REQUIRE_UINT(number + 1, mail.envelope.sequence);
        }
        require_no_message(box);
        REQUIRE_UINT(4 * capacity, xipc_mailbox_dropped(box));
        xipc_mailbox_close(other);
        xipc_mailbox_close(box);
    }
}

SPEC(what_is_dropped_is_the_oldest_of_the_lowest_priority, "MBOX-10 MBOX-3")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 4);

    for (int i = 0; i < 20; i++) {
        REQUIRE_OK(box_send_at(box, 1, 1, 9, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 2, 2, 3, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 3, 3, 31, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 4, 4, 3, XIPC_NOW));
        /* 2 is dropped, and then 4; then 1, which is lower than 3 and 5. */
        REQUIRE_OK(box_send_at(box, 5, 5, 12, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 6, 6, 31, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 7, 7, 20, XIPC_NOW));
        /* Its own does not help it: 5 is the lowest of those that are there. */
        REQUIRE_OK(box_send_at(box, 8, 8, 0, XIPC_NOW));
        box_receives(box, 3, 3);
        box_receives(box, 6, 6);
        box_receives(box, 7, 7);
        box_receives(box, 8, 8);
        require_no_message(box);
    }
    REQUIRE_UINT(20 * 4, xipc_mailbox_dropped(box));
    xipc_mailbox_close(box);
}

SPEC(room_that_is_reserved_is_not_dropped, "MBOX-10 MBOX-9")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 3);

    for (int i = 0; i < 30; i++) {
        void *block = box_reserves(box, 7, 100);

        for (uint64_t number = 0; number < 10; number++) {
            REQUIRE_OK(box_send(box, number, 50, XIPC_FOREVER));
        }
        REQUIRE(message_is(block, 100, 7));
        box_commits(box, block, 7, 100);
        box_receives(box, 8, 50);
        box_receives(box, 9, 50);
        box_receives(box, 7, 100);
        require_no_message(box);
    }
    REQUIRE_UINT(30 * 8, xipc_mailbox_dropped(box));
    xipc_mailbox_close(box);
}

SPEC(to_reserve_in_a_full_mailbox_that_drops_needs_no_wait, "MBOX-10 MBOX-9")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 3);
    void *block = NULL;

    for (uint64_t number = 0; number < 30; number++) {
        REQUIRE_OK(box_reserve(box, number, 40, &block, XIPC_FOREVER));
        box_commits(box, block, number, 40);
    }
    REQUIRE_UINT(27, xipc_mailbox_dropped(box));
    box_empty(box, 27, 3, 40);
    xipc_mailbox_close(box);
}

/* However many are kept beside what is taken. */
static void require_last(xipc_mailbox *box, uint64_t number)
{
    uint64_t count = xipc_mailbox_depth(box);

    REQUIRE(count == 1 || count == 2);
    box_empty(box, number + 1 - count, count, 70);
}

SPEC(what_is_taken_is_not_dropped, "MBOX-10 MBOX-9")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 2);
    const void *data;

    for (int i = 0; i < 20; i++) {
        box_sends(box, 1, 60);
        data = box_takes(box, 1, 60);
        for (uint64_t number = 2; number < 10; number++) {
            REQUIRE_OK(box_send(box, number, 70, XIPC_FOREVER));
        }
        REQUIRE(message_is(data, 60, 1));
        REQUIRE_OK(xipc_mailbox_release(box, data));
        require_last(box, 9);
    }
    xipc_mailbox_close(box);
}

/* What is not dropped is received, in order, by one who is slower. */
SPEC(each_message_is_received_or_counted_as_dropped, "MBOX-10 MBOX-4")
{
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 4);
    spec_peer *hand = box_hand_at("a");
    uint64_t total = rounds_here(30000, 5000);
    uint64_t received = 0;
    uint64_t last = 0;
    char order[64];

    snprintf(order, sizeof order, "produce 1 %u 200", (unsigned)total);
    spec_tell(hand, order);
    while (last < total) {
        box_mail mail;

        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE(mail.number > last && mail.number <= total);
        REQUIRE_UINT(mail.number, mail.envelope.sequence);
        last = mail.number;
        received++;
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(total, hand_count(hand));
    require_no_message(box);
    REQUIRE_UINT(total - received, xipc_mailbox_dropped(box));
    spec_note(
        "%u of %u dropped", (unsigned)(total - received), (unsigned)total);
    hand_ends(hand);
    xipc_mailbox_close(box);
}

typedef struct flood {
    xipc_mailbox *box;
    uint64_t first;
    uint64_t count;
} flood;

static void flood_it(void *context)
{
    flood *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        REQUIRE_OK(box_send(self->box, self->first + i, 30, XIPC_FOREVER));
    }
}

static void fetch_last(xipc_mailbox *box, tally *marks, uint64_t *received)
{
    box_mail mail;

    while (box_fetch(box, &mail, XIPC_NOW) == XIPC_OK) {
        tally_mark(marks, mail.number);
        ++*received;
    }
}

SPEC(many_who_drop_at_once_drop_no_more_than_they_must, "MBOX-10 MBOX-5")
{
    enum { SENDER_COUNT = 3 };
    uint64_t each = rounds_here(10000, 2000);
    xipc_mailbox *box = box_that(XIPC_OVERFLOW_DROP_OLDEST, 8);
    xipc_map *map = tally_made();
    flood floods[SENDER_COUNT];
    spec_thread *threads[SENDER_COUNT];
    uint64_t received = 0;

    for (uint64_t i = 0; i < SENDER_COUNT; i++) {
        floods[i] = (flood){box, each * i, each};
        threads[i] = spec_thread_start(flood_it, &floods[i]);
    }
    for (int i = 0; i < 200; i++) {
        fetch_last(box, tally_of(map), &received);
    }
    for (size_t i = 0; i < SENDER_COUNT; i++) {
        spec_thread_join(threads[i]);
    }
    REQUIRE(xipc_mailbox_depth(box) <= 8);
    fetch_last(box, tally_of(map), &received);
    REQUIRE_UINT(each * SENDER_COUNT, received + xipc_mailbox_dropped(box));
    xipc_map_close(map);
    xipc_mailbox_close(box);
}
