/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes in pollers: when there is a message, and when there is room. The
 * cookie of a box is its handle. */
#include <stdio.h>

#include "support/mailbox_kit.h"
#include "support/poller_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static xipc_poller *poller_at(xipc_mailbox *box, uint32_t events)
{
    xipc_poller *poller = poller_made();

    REQUIRE_OK(xipc_poller_add(poller, xipc_mailbox_object(box), events, box));
    return poller;
}

/* Waits, and the poller tells this of this box and of nothing else. */
static void
require_events(xipc_poller *poller, const xipc_mailbox *box, uint32_t events)
{
    xipc_ready ready[4];
    size_t count = 0;

    REQUIRE_OK(xipc_poller_wait(poller, ready, 4, XIPC_FOREVER, &count));
    REQUIRE_UINT(1, count);
    REQUIRE(ready[0].cookie == box);
    REQUIRE_UINT(events, ready[0].events);
}

/* ---- something to receive ---- */

/* What only blocks can do. */
static void
readable_by_blocks(xipc_poller *poller, xipc_mailbox *box, uint64_t number)
{
    void *block = box_reserves(box, number, 30);
    const void *data;

    require_silent(poller);
    box_commits(box, block, number, 30);
    require_events(poller, box, XIPC_READABLE);
    require_events(poller, box, XIPC_READABLE);
    data = box_takes(box, number, 30);
    require_silent(poller);
    REQUIRE_OK(xipc_mailbox_return(box, data));
    require_events(poller, box, XIPC_READABLE);
    data = box_takes(box, number, 30);
    REQUIRE_OK(xipc_mailbox_release(box, data));
    require_silent(poller);
}

static void readable(uint32_t capacity)
{
    xipc_mailbox *box;
    xipc_poller *poller;

    if (capacity == 0) {
        return;
    }
    box = box_sized("a", capacity);
    poller = poller_at(box, XIPC_READABLE);
    for (uint64_t number = 0; number < 100; number++) {
        require_silent(poller);
        if (!box_is_native()) {
            readable_by_blocks(poller, box, number);
        }
        REQUIRE_OK(box_send_at(
            box, number, 40, box_is_native() ? 0 : number % 32, XIPC_NOW));
        require_events(poller, box, XIPC_READABLE);
        require_events(poller, box, XIPC_READABLE);
        box_receives(box, number, 40);
    }
    require_silent(poller);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

BOX_SPEC(a_mailbox_is_readable_when_there_is_a_message, "WAIT-1 WAIT-2 MBOX-6")
{
    for_each_capacity(readable);
}

BOX_SPEC(
    a_mailbox_is_readable_until_the_last_message_is_received, "WAIT-1 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 8);
    xipc_poller *poller = poller_at(box, XIPC_READABLE);

    for (int lap = 0; lap < 5; lap++) {
        REQUIRE_UINT(8, box_fill(box, 0, 9));
        for (uint64_t number = 0; number < 8; number++) {
            require_events(poller, box, XIPC_READABLE);
            box_receives(box, number, 9);
        }
        require_silent(poller);
    }
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

static void woken_by_a_message(uint32_t capacity)
{
    xipc_mailbox *box = box_sized("a", capacity);
    xipc_poller *poller = poller_at(box, XIPC_READABLE);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(100, 20);

    hand_does(hand, "open", XIPC_OK);
    for (unsigned i = 0; i < rounds; i++) {
        require_silent(poller);
        spec_tell(hand, i % 3 == 0 ? "produce 7 1 50" : "produce 7 2 50");
        for (uint64_t number = 7; number < (i % 3 == 0 ? 8 : 9); number++) {
            require_events(poller, box, XIPC_READABLE);
            box_receives(box, number, message_size(number, 50));
        }
        hand_answers(hand, XIPC_OK);
        REQUIRE_UINT(i % 3 == 0 ? 1 : 2, hand_count(hand));
    }
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

BOX_SPEC(
    a_message_wakes_the_poller_that_the_mailbox_is_in, "WAIT-1 WAIT-2 MBOX-6")
{
    for_each_capacity(woken_by_a_message);
}

static void many_messages(uint32_t capacity)
{
    unsigned total = rounds_here(5000, 800);
    xipc_mailbox *box = box_sized("a", capacity);
    xipc_poller *poller = poller_at(box, XIPC_READABLE);
    spec_peer *hand = box_hand_at("a");
    char order[40];

    snprintf(order, sizeof order, "produce 0 %u 100", total);
    spec_tell(hand, order);
    for (uint64_t number = 0; number < total; number++) {
        require_events(poller, box, XIPC_READABLE);
        box_receives(box, number, message_size(number, 100));
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(total, hand_count(hand));
    require_silent(poller);
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

BOX_SPEC(one_who_sleeps_in_a_poller_receives_each_message, "WAIT-1 MBOX-5")
{
    for_each_capacity(many_messages);
}

/* ---- room ---- */

static void fill_but_one(xipc_poller *poller, xipc_mailbox *box, uint64_t count)
{
    void *block;

    if (box_is_native()) {
        for (uint64_t number = 0; number < count; number++) {
            box_sends(box, number, 8);
        }
        return;
    }
    block = box_reserves(box, 99, 10);
    REQUIRE_UINT(count, box_fill(box, 0, 8));
    require_silent(poller);
    REQUIRE_OK(xipc_mailbox_cancel(box, block));
}

BOX_SPEC(a_mailbox_is_writable_when_there_is_room, "WAIT-1 WAIT-2 MBOX-1")
{
    static const uint32_t capacities[] = {1, 5};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_mailbox *box = box_sized("a", capacities[i]);
        xipc_poller *poller = poller_at(box, XIPC_WRITABLE);

        for (int lap = 0; lap < 30; lap++) {
            uint64_t count = capacities[i] - 1;

            require_events(poller, box, XIPC_WRITABLE);
            require_events(poller, box, XIPC_WRITABLE);
            fill_but_one(poller, box, count);
            require_events(poller, box, XIPC_WRITABLE);
            box_sends(box, count, 8);
            require_silent(poller);
            box_receives(box, 0, 8);
            require_events(poller, box, XIPC_WRITABLE);
            box_empty(box, 1, count, 8);
        }
        xipc_poller_close(poller);
        xipc_mailbox_close(box);
    }
}

BOX_SPEC(a_poller_tells_of_messages_and_room_together, "WAIT-1 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 2);
    xipc_poller *poller = poller_at(box, XIPC_READABLE | XIPC_WRITABLE);

    for (int i = 0; i < 50; i++) {
        require_events(poller, box, XIPC_WRITABLE);
        box_sends(box, 1, 10);
        require_events(poller, box, XIPC_READABLE | XIPC_WRITABLE);
        box_sends(box, 2, 20);
        require_events(poller, box, XIPC_READABLE);
        box_receives(box, 1, 10);
        require_events(poller, box, XIPC_READABLE | XIPC_WRITABLE);
        box_receives(box, 2, 20);
    }
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_without_bounds_is_always_writable, "WAIT-1 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", XIPC_UNBOUNDED);
    xipc_poller *poller = poller_at(box, XIPC_WRITABLE);

    for (uint64_t number = 0; number < 500; number++) {
        require_events(poller, box, XIPC_WRITABLE);
        box_sends(box, number, 100);
    }
    box_empty(box, 0, 500, 100);
    require_events(poller, box, XIPC_WRITABLE);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_without_room_is_never_writable, "WAIT-1 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 0);
    xipc_poller *poller = poller_at(box, XIPC_READABLE | XIPC_WRITABLE);
    spec_peer *hand = box_hand_at("a");

    require_silent(poller);
    for (int i = 0; i < 5; i++) {
        spec_tell(hand, "send 1 10");
        require_events(poller, box, XIPC_READABLE);
        require_events(poller, box, XIPC_READABLE);
        box_receives(box, 1, 10);
        hand_answers(hand, XIPC_OK);
        require_silent(poller);
        spec_tell(hand, "receive 2 20 1");
        REQUIRE_STATUS(XIPC_E_TIMEOUT, hand_answer(hand));
        require_silent(poller);
        /* Nothing is left of one who has given up. */
        hand_does(hand, "send 3 30 3", XIPC_E_TIMEOUT);
        require_silent(poller);
    }
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

BOX_SPEC(room_wakes_the_poller_that_the_mailbox_is_in, "WAIT-1 WAIT-2 MBOX-1")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    unsigned total = rounds_here(3000, 600);
    xipc_mailbox *box = box_sized("a", 3);
    xipc_poller *poller = poller_at(box, XIPC_WRITABLE);
    spec_peer *hand = box_hand_at("a");
    char order[40];

    snprintf(order, sizeof order, "consume 0 %u 100", total);
    spec_tell(hand, order);
    for (uint64_t number = 0; number < total; number++) {
        require_events(poller, box, XIPC_WRITABLE);
        box_sends(box, number, message_size(number, 100));
    }
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(total, hand_count(hand));
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

/* ---- many ---- */

enum { BOX_COUNT = 20 };

/* Sends to some of them. */
static size_t
fill_some(xipc_mailbox *const *boxes, uint32_t *dice, int *is_full)
{
    size_t full_count = 0;

    while (full_count == 0 || thrown(dice, 8) != 0) {
        size_t at = thrown(dice, BOX_COUNT);

        if (!is_full[at]) {
            box_sends(boxes[at], at, 10);
            is_full[at] = 1;
            full_count++;
        }
    }
    return full_count;
}

static void
one_round(xipc_poller *poller, xipc_mailbox *const *boxes, uint32_t *dice)
{
    int is_full[BOX_COUNT] = {0};
    size_t full_count = fill_some(boxes, dice, is_full);
    answer all = told(poller);

    REQUIRE_UINT(full_count, all.count);
    for (size_t i = 0; i < BOX_COUNT; i++) {
        REQUIRE((told_of(&all, boxes[i]) != 0) == is_full[i]);
        if (is_full[i]) {
            box_receives(boxes[i], i, 10);
        }
    }
    require_silent(poller);
}

BOX_SPEC(one_poller_tells_of_many_mailboxes, "WAIT-1 MBOX-5")
{
    xipc_poller *poller = poller_made();
    xipc_mailbox *boxes[BOX_COUNT];
    uint32_t dice = dice_cast();
    char name[8];

    for (size_t i = 0; i < BOX_COUNT; i++) {
        snprintf(name, sizeof name, "a%u", (unsigned)i);
        boxes[i] = box_sized(name, 2);
        poller_takes(poller, xipc_mailbox_object(boxes[i]), boxes[i]);
    }
    for (int round = 0; round < 100; round++) {
        one_round(poller, boxes, &dice);
    }
    for (size_t i = 0; i < BOX_COUNT; i++) {
        xipc_mailbox_close(boxes[i]);
    }
    xipc_poller_close(poller);
}

BOX_SPEC(two_pollers_are_told_of_one_mailbox, "WAIT-1 MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = box_sized("a", 1);
    xipc_mailbox *other = box_joined("a");
    xipc_poller *readers[2] = {
        poller_at(box, XIPC_READABLE), poller_at(other, XIPC_READABLE)};
    xipc_poller *writer = poller_at(box, XIPC_WRITABLE);

    for (int i = 0; i < 30; i++) {
        poll_call calls[2];

        require_events(writer, box, XIPC_WRITABLE);
        for (size_t j = 0; j < 2; j++) {
            poll_begin(&calls[j], readers[j], XIPC_FOREVER);
        }
        box_sends(i % 2 == 0 ? box : other, 1, 10);
        for (size_t j = 0; j < 2; j++) {
            REQUIRE_OK(poll_end(&calls[j]));
            REQUIRE_UINT(1, calls[j].answer.count);
        }
        require_silent(writer);
        box_receives(other, 1, 10);
        require_silent(readers[0]);
        require_silent(readers[1]);
    }
    xipc_poller_close(writer);
    xipc_poller_close(readers[1]);
    xipc_poller_close(readers[0]);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* With an owner, so that a queue too has places: of its messages the system
 * tells as many as want to know. */
BOX_SPEC(eight_pollers_wait_for_a_mailbox_and_no_ninth, "WAIT-1 MBOX-5")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_OWNED);
    xipc_mailbox *box = box_made("a", &options);
    crowd all = crowd_at(xipc_mailbox_object(box), 0);
    xipc_poller *ninth = poller_made();

    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_poller_add(ninth, xipc_mailbox_object(box), XIPC_READABLE, box));
    box_sends(box, 1, 10);
    for (unsigned i = 0; i < all.count; i++) {
        require_told(all.pollers[i], &kit_untouched);
    }
    crowd_leaves(&all);
    poller_takes(ninth, xipc_mailbox_object(box), box);
    require_told(ninth, box);
    xipc_poller_close(ninth);
    xipc_mailbox_close(box);
}

PEER(a_poller_in_another_process)
{
    xipc_mailbox *box = box_joined("a");
    xipc_poller *poller = poller_at(box, XIPC_READABLE);
    char line[20];

    require_silent(poller);
    spec_tell(NULL, "waits");
    require_events(poller, box, XIPC_READABLE);
    spec_tell(NULL, "told");
    spec_hear(NULL, line, sizeof line);
    require_silent(poller);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

BOX_SPEC(pollers_of_two_processes_are_told_of_one_mailbox, "WAIT-1 MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = box_sized("a", 1);
    xipc_poller *poller = poller_at(box, XIPC_READABLE);
    spec_peer *peer = START(a_poller_in_another_process);

    spec_expect(peer, "waits");
    box_sends(box, 1, 10);
    require_events(poller, box, XIPC_READABLE);
    spec_expect(peer, "told");
    box_receives(box, 1, 10);
    spec_tell(peer, "received");
    spec_join(peer);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

/* ---- leaving ---- */

BOX_SPEC(a_mailbox_that_is_closed_leaves_its_pollers, "WAIT-1 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = box_sized("a", 2);
    xipc_mailbox *other = box_joined("a");
    xipc_poller *poller = poller_at(other, XIPC_READABLE | XIPC_WRITABLE);

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_poller_add(
            poller, xipc_mailbox_object(other), XIPC_READABLE, other));
    box_sends(box, 1, 10);
    require_events(poller, other, XIPC_READABLE | XIPC_WRITABLE);
    xipc_mailbox_close(other);
    require_silent(poller);
    other = box_joined("a");
    poller_takes(poller, xipc_mailbox_object(other), other);
    require_events(poller, other, XIPC_READABLE);
    poller_drops(poller, xipc_mailbox_object(other));
    require_silent(poller);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_poller_remove(poller, xipc_mailbox_object(other)));
    xipc_poller_close(poller);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* For a poller that sleeps, and for one that only looks. */
static xipc_deadline patience_here;

static xipc_status wait_here(xipc_poller *poller, xipc_ready *ready)
{
    size_t count = 0;
    xipc_status status;

    do {
        status = xipc_poller_wait(poller, ready, 1, patience_here, &count);
    } while (status == XIPC_E_AGAIN);
    REQUIRE(status != XIPC_OK || count == 1);
    return status;
}

/* What would not wait is ready: the call says XIPC_E_CLOSED at once. */
static int64_t time_to_tell_of_the_end(const char *name)
{
    spec_peer *owner = box_hand_at("a");
    xipc_mailbox *box;
    xipc_poller *poller;
    xipc_ready ready;
    int64_t start;
    box_mail mail;

    hand_does(owner, "own", XIPC_OK);
    box = box_joined(name);
    poller = poller_at(box, XIPC_READABLE);
    require_silent(poller);
    spec_kill(owner);
    start = spec_now_ns();
    REQUIRE_OK(wait_here(poller, &ready));
    start = spec_now_ns() - start;
    REQUIRE(ready.cookie == box);
    REQUIRE((ready.events & XIPC_READABLE) != 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, box_fetch(box, &mail, XIPC_NOW));
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
    return start;
}

BOX_SPEC(
    a_poller_tells_within_a_second_that_the_owner_died, "WAIT-1 MBOX-7 GEN-11")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    patience_here = XIPC_FOREVER;
    within_a_second(time_to_tell_of_the_end, "a");
}

BOX_SPEC(
    a_poller_that_never_sleeps_tells_within_a_second_that_the_owner_died,
    "WAIT-1 MBOX-7 GEN-11")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    patience_here = XIPC_NOW;
    within_a_second(time_to_tell_of_the_end, "a");
}
