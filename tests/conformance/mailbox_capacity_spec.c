/* SPDX-License-Identifier: Apache-2.0 */
/* How many messages a mailbox has room for, and how long a call waits when
 * there is none. */
#include <stdio.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- room ---- */

BOX_SPEC(a_mailbox_has_room_for_exactly_its_capacity, "MBOX-1")
{
    static const uint32_t capacities[] = {1, 2, 3, 7, 64, 65, 1000};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        uint32_t capacity = box_room(capacities[i]);
        xipc_mailbox *box = box_sized("a", capacity);

        REQUIRE_UINT(capacity, xipc_mailbox_capacity(box));
        for (uint64_t lap = 0; lap < 4; lap++) {
            REQUIRE_UINT(capacity, box_fill(box, lap, 200));
            REQUIRE_UINT(capacity, xipc_mailbox_depth(box));
            box_receives(box, lap, 200);
            box_sends(box, lap + capacity, 200);
            require_no_room(box, 200);
            require_no_room(box, 0);
            box_empty(box, lap + 1, capacity, 200);
            REQUIRE_UINT(0, xipc_mailbox_depth(box));
        }
        xipc_mailbox_close(box);
    }
}

SPEC(a_mailbox_has_room_for_a_hundred_thousand_messages, "MBOX-1")
{
    xipc_mailbox_options options = box_of(100000, 8);
    xipc_mailbox *box = box_made("a", &options);

    REQUIRE_UINT(100000, box_fill(box, 0, 8));
    box_empty(box, 0, 100000, 8);
    xipc_mailbox_close(box);
}

BOX_SPEC(a_mailbox_is_as_large_for_all_who_open_it, "MBOX-1")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox_options options = box_of(5, 100);
    xipc_mailbox_options others = box_of(50, 1000);
    xipc_mailbox *box = NULL;
    xipc_mailbox *other = NULL;
    int created = 77;

    options.flags = XIPC_MAILBOX_EXCLUSIVE;
    if (!box_is_native()) {
        options.flags |= XIPC_MAILBOX_ACKED;
    }
    box = box_made("a", &options);
    for (int i = 0; i < 2; i++) {
        if (i == 0) {
            REQUIRE_OK(xipc_mailbox_open("a", &others, XIPC_FOREVER, &other));
        } else {
            REQUIRE_OK(xipc_mailbox_open_or_create(
                "a", &others, XIPC_FOREVER, &other, &created));
            REQUIRE(created == 0);
        }
        REQUIRE_UINT(5, xipc_mailbox_capacity(other));
        REQUIRE_UINT(100, xipc_mailbox_message_max(other));
        REQUIRE_UINT(options.flags, xipc_mailbox_flags(other));
        REQUIRE_UINT(5, box_fill(other, 0, 100));
        box_empty(box, 0, 5, 100);
        xipc_mailbox_close(other);
    }
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_of_no_options_is_as_the_header_says, "MBOX-1")
{
    xipc_mailbox *box = box_made("a", NULL);

    REQUIRE_UINT(XIPC_MAILBOX_CAPACITY_DEFAULT, xipc_mailbox_capacity(box));
    REQUIRE_UINT(
        XIPC_MAILBOX_MESSAGE_MAX_DEFAULT, xipc_mailbox_message_max(box));
    REQUIRE_UINT(0, xipc_mailbox_flags(box));
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    REQUIRE_UINT(0, xipc_mailbox_dropped(box));
    REQUIRE_UINT(
        XIPC_MAILBOX_CAPACITY_DEFAULT,
        box_fill(box, 0, XIPC_MAILBOX_MESSAGE_MAX_DEFAULT));
    xipc_mailbox_close(box);
}

SPEC(what_is_reserved_counts_as_a_message_in_the_mailbox, "MBOX-1 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 4);

    for (uint64_t lap = 0; lap < 20; lap++) {
        void *blocks[4];

        for (size_t i = 0; i < 2; i++) {
            blocks[i] = box_reserves(box, i, 10);
        }
        REQUIRE_UINT(2, box_fill(box, 2, 10));
        box_receives(box, 2, 10);
        blocks[2] = box_reserves(box, 4, 256);
        require_no_room(box, 10);
        REQUIRE_OK(xipc_mailbox_cancel(box, blocks[0]));
        blocks[3] = box_reserves(box, 5, 10);
        require_no_room(box, 10);
        box_commits(box, blocks[2], 4, 256);
        box_commits(box, blocks[1], 1, 10);
        require_no_room(box, 10);
        box_receives(box, 3, 10);
        box_receives(box, 4, 256);
        box_commits(box, blocks[3], 5, 10);
        box_receives(box, 1, 10);
        box_receives(box, 5, 10);
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_has_all_of_its_memory_when_it_is_made, "MBOX-1 SHM-2")
{
    xipc_mailbox_options options =
        box_of(XIPC_MAILBOX_CAPACITY_MAX, XIPC_MAILBOX_MESSAGE_MAX_LIMIT);
    xipc_mailbox *box = UNTOUCHED;
    /* A process of 32 bits could not address so much. */
    xipc_status want = sizeof(size_t) > 4 ? XIPC_E_NO_SPACE : XIPC_E_INVALID;

    REQUIRE_STATUS(
        want, xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    REQUIRE(strstr(xipc_detail(), "a") != NULL);
    REQUIRE(box == UNTOUCHED);
    require_nothing_exists();
}

/* ---- how long ---- */

/* A deadline that passed is one that passes at once. */
static void times_out(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);

    for (int64_t ms = -3; ms <= 18; ms += 7) {
        xipc_deadline deadline = xipc_after_ms(ms);

        REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(box, deadline));
        REQUIRE(xipc_after_ns(0) >= deadline);
    }
    for (int i = 0; i < 20; i++) {
        REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(box, XIPC_NOW));
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(a_call_on_a_mailbox_times_out_no_earlier_than_it_may, "MBOX-6 GEN-4")
{
    for_each_box_deed(times_out);
}

static void leaves_nothing(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    uint64_t depth = xipc_mailbox_depth(box);

    for (int i = 0; i < 10; i++) {
        REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(box, xipc_after_ms(1)));
        REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(box, XIPC_NOW));
    }
    REQUIRE_UINT(depth, xipc_mailbox_depth(box));
    for (uint64_t i = 0; i < depth; i++) {
        box_receives(box, 1, 16);
    }
    require_no_message(box);
    if (deed->capacity > 0) {
        REQUIRE_UINT(deed->capacity, box_fill(box, 1, 16));
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(a_call_on_a_mailbox_that_timed_out_has_done_nothing, "MBOX-6")
{
    for_each_box_deed(leaves_nothing);
}

static void a_long_deadline(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    box_call call;

    for (int i = 0; i < 5; i++) {
        box_call_begin(
            &call, deed->verb, box,
            i % 2 == 0 ? xipc_after_ms(INT64_C(1) << 40) : XIPC_FOREVER);
        box_answer(box, deed);
        REQUIRE_STATUS(XIPC_OK, box_call_end(&call));
        /* What was reserved was given up again, so it is not full. */
        if (strcmp(deed->doing, "reserve") == 0) {
            box_sends(box, 1, 16);
        }
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(a_call_on_a_mailbox_waits_as_long_as_it_may, "MBOX-6 GEN-4")
{
    for_each_box_deed(a_long_deadline);
}

/* ---- many who wait ---- */

BOX_SPEC(all_who_wait_for_room_get_it, "MBOX-1 MBOX-5")
{
    enum { HAND_COUNT = 4 };
    xipc_mailbox *box = box_sized("a", 1);
    spec_peer *hands[HAND_COUNT];
    unsigned rounds = rounds_here(20, 4);
    char order[64];

    for (int i = 0; i < HAND_COUNT; i++) {
        hands[i] = box_hand_at("a");
        hand_does(hands[i], "open", XIPC_OK);
    }
    for (unsigned round = 0; round < rounds; round++) {
        unsigned seen = 0;

        box_sends(box, 99, 5);
        for (int i = 0; i < HAND_COUNT; i++) {
            snprintf(order, sizeof order, "send %d 8", i);
            spec_tell(hands[i], order);
        }
        REQUIRE_OK(box_receive(box, 99, 5, XIPC_FOREVER));
        for (int i = 0; i < HAND_COUNT; i++) {
            box_mail mail;

            REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
            REQUIRE(mail.number < HAND_COUNT);
            REQUIRE((seen & 1U << mail.number) == 0);
            seen |= 1U << mail.number;
        }
        for (int i = 0; i < HAND_COUNT; i++) {
            hand_answers(hands[i], XIPC_OK);
        }
        require_no_message(box);
    }
    for (int i = 0; i < HAND_COUNT; i++) {
        hand_ends(hands[i]);
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(all_who_wait_for_a_message_get_one, "MBOX-1 MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    enum { HAND_COUNT = 4 };
    xipc_mailbox *box = box_sized("a", HAND_COUNT);
    spec_peer *hands[HAND_COUNT];
    unsigned rounds = rounds_here(20, 4);

    for (int i = 0; i < HAND_COUNT; i++) {
        hands[i] = box_hand_at("a");
        hand_does(hands[i], "open", XIPC_OK);
    }
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t sum = 0;

        for (int i = 0; i < HAND_COUNT; i++) {
            spec_tell(hands[i], "fetch");
        }
        let_pass(round % 3);
        for (uint64_t number = 0; number < HAND_COUNT; number++) {
            box_sends(box, UINT64_C(1) << 8 * number, 8);
        }
        for (int i = 0; i < HAND_COUNT; i++) {
            hand_answers(hands[i], XIPC_OK);
            sum += hand_count(hands[i]);
        }
        REQUIRE_UINT(0x01010101, sum);
        require_no_message(box);
    }
    for (int i = 0; i < HAND_COUNT; i++) {
        hand_ends(hands[i]);
    }
    xipc_mailbox_close(box);
}
