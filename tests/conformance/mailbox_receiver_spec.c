/* SPDX-License-Identifier: Apache-2.0 */
/* Many senders and many receivers, and boxes with one receiver at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { LAST = 60000, EACH_MAX = 300 };

/* ---- each message once ---- */

/* Argument 0: its first message; as many as argument 1 says. */
PEER(one_of_many_senders)
{
    xipc_mailbox *box = box_joined("a");
    uint64_t first = strtoull(spec_argument(0), NULL, 10);
    uint64_t end = first + strtoull(spec_argument(1), NULL, 10);

    for (uint64_t number = first; number < end; number++) {
        size_t size = message_size(number, 256);

        if (number % 3 == 0 && !box_is_native()) {
            void *block = NULL;

            REQUIRE_OK(box_reserve(box, number, size, &block, XIPC_FOREVER));
            REQUIRE_OK(box_commit(box, block, number, size, XIPC_FOREVER));
        } else {
            REQUIRE_OK(box_send(box, number, size, XIPC_FOREVER));
        }
    }
    spec_tell(NULL, "done");
    spec_expect(NULL, "close");
    xipc_mailbox_close(box);
}

static uint64_t fetch_or_take(xipc_mailbox *box, int is_taking)
{
    const void *data = NULL;
    box_mail mail;

    if (is_taking) {
        REQUIRE_OK(box_take(box, &mail, &data, XIPC_FOREVER));
        REQUIRE_OK(xipc_mailbox_release(box, data));
    } else {
        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
    }
    REQUIRE_UINT(0, mail.envelope.flags);
    if (mail.number != LAST) {
        REQUIRE_UINT(message_size(mail.number, 256), mail.size);
    }
    return mail.number;
}

/* Of each sender the numbers rise. */
PEER(one_of_many_receivers)
{
    xipc_mailbox *box = box_joined("a");
    xipc_map *map = tally_joined();
    uint64_t due[8] = {0};
    uint64_t number = fetch_or_take(box, 0);

    while (number != LAST) {
        size_t sender = (size_t)(number / EACH_MAX);

        REQUIRE(sender < COUNT(due));
        REQUIRE(number >= due[sender]);
        due[sender] = number + 1;
        tally_mark(tally_of(map), number);
        number = fetch_or_take(box, number % 4 == 0 && !box_is_native());
    }
    xipc_map_close(map);
    xipc_mailbox_close(box);
}

static void many_to_many(uint32_t capacity)
{
    enum { PEER_COUNT = 4 };
    unsigned each = rounds_here(EACH_MAX, 60);
    xipc_mailbox *box = box_sized("a", capacity);
    xipc_map *map = tally_made();
    spec_peer *senders[PEER_COUNT];
    spec_peer *receivers[PEER_COUNT];
    char texts[2][24];

    snprintf(texts[1], sizeof texts[1], "%u", each);
    for (unsigned i = 0; i < PEER_COUNT; i++) {
        snprintf(texts[0], sizeof texts[0], "%u", i * EACH_MAX);
        receivers[i] = START(one_of_many_receivers);
        senders[i] = START(one_of_many_senders, texts[0], texts[1]);
    }
    for (unsigned i = 0; i < PEER_COUNT; i++) {
        spec_expect(senders[i], "done");
        spec_tell(senders[i], "close");
        spec_join(senders[i]);
    }
    for (unsigned i = 0; i < PEER_COUNT; i++) {
        REQUIRE_OK(box_send(box, LAST, 0, XIPC_FOREVER));
    }
    for (unsigned i = 0; i < PEER_COUNT; i++) {
        spec_join(receivers[i]);
    }
    for (unsigned i = 0; i < PEER_COUNT * each; i++) {
        REQUIRE(tally_has(tally_of(map), i / each * EACH_MAX + i % each));
    }
    require_no_message(box);
    xipc_map_close(map);
    xipc_mailbox_close(box);
}

BOX_SPEC(each_message_goes_to_exactly_one_receiver, "MBOX-5 MBOX-3 MBOX-1")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_capacity(many_to_many);
}

/* ---- nobody starves ---- */

typedef struct greedy {
    xipc_mailbox *box;
    atomic_int *is_over;
    uint64_t count;
} greedy;

static void take_all_there_is(void *context)
{
    greedy *self = context;
    box_mail mail;

    while (!atomic_load(self->is_over)) {
        self->count += box_fetch(self->box, &mail, XIPC_NOW) == XIPC_OK;
    }
}

BOX_SPEC(a_receiver_that_waits_gets_its_messages_beside_greedy_ones, "MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    unsigned wanted = rounds_here(50, 10);
    xipc_mailbox *box = box_sized("a", 4);
    xipc_mailbox *other = box_joined("a");
    spec_peer *hand = box_hand_at("a");
    atomic_int is_over;
    greedy greedies[2] = {{box, &is_over, 0}, {other, &is_over, 0}};
    spec_thread *threads[2];
    char order[40];

    atomic_init(&is_over, 0);
    snprintf(order, sizeof order, "produce 1 %u 100", 1000000000U);
    spec_tell(hand, order);
    for (size_t i = 0; i < 2; i++) {
        threads[i] = spec_thread_start(take_all_there_is, &greedies[i]);
    }
    for (unsigned i = 0; i < wanted; i++) {
        box_mail mail;

        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
    }
    atomic_store(&is_over, 1);
    for (size_t i = 0; i < 2; i++) {
        spec_thread_join(threads[i]);
    }
    spec_note(
        "%u beside %llu", wanted,
        (unsigned long long)greedies[0].count + greedies[1].count);
    spec_kill(hand);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* ---- one at a time ---- */

static xipc_mailbox *exclusive_box(void)
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_EXCLUSIVE);

    return box_made("a", &options);
}

static void require_busy(xipc_mailbox *box)
{
    const void *data = NULL;
    box_mail mail;

    REQUIRE_STATUS(XIPC_E_BUSY, box_fetch(box, &mail, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_BUSY, box_fetch(box, &mail, XIPC_FOREVER));
    if (box_is_native()) {
        return;
    }
    REQUIRE_STATUS(XIPC_E_BUSY, box_take(box, &mail, &data, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_BUSY, box_take(box, &mail, &data, xipc_after_ms(600000)));
}

BOX_SPEC(whoever_receives_first_is_the_only_receiver, "MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = exclusive_box();
    xipc_mailbox *other = box_joined("a");
    spec_peer *hand = box_hand_at("a");

    REQUIRE_UINT(XIPC_MAILBOX_EXCLUSIVE, xipc_mailbox_flags(other));
    for (uint64_t lap = 0; lap < 3; lap++) {
        /* Whether there is something or not. */
        hand_does(hand, "send 1 10 now", XIPC_OK);
        box_sends(other, 2, 20);
        box_sends(box, 3, 30);
        box_receives(box, 1, 10);
        require_busy(other);
        hand_does(hand, "fetch", XIPC_E_BUSY);
        REQUIRE_UINT(0, hand_count(hand));
        if (box_is_native()) {
            box_receives(box, 2, 20);
        } else {
            hand_does(hand, "take 2 20", XIPC_E_BUSY);
            REQUIRE_OK(xipc_mailbox_release(box, box_takes(box, 2, 20)));
        }
        box_receives(box, 3, 30);
        require_no_message(box);
        require_busy(other);
        hand_does(hand, "fetch", XIPC_E_BUSY);
        REQUIRE_UINT(0, hand_count(hand));
    }
    hand_ends(hand);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

BOX_SPEC(a_receiver_that_closes_lets_another_one_be_it, "MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = exclusive_box();
    xipc_mailbox *other = box_joined("a");
    spec_peer *hand = box_hand_at("a");

    for (uint64_t lap = 0; lap < 5; lap++) {
        box_sends(box, 1, 10);
        box_sends(box, 2, 20);
        box_sends(box, 3, 30);
        hand_does(hand, "receive 1 10 now", XIPC_OK);
        require_busy(other);
        hand_does(hand, "close", XIPC_OK);
        box_receives(other, 2, 20);
        require_busy(box);
        hand_does(hand, "receive 3 30 now", XIPC_E_BUSY);
        xipc_mailbox_close(other);
        box_receives(box, 3, 30);
        other = box_joined("a");
        require_busy(other);
        xipc_mailbox_close(box);
        box = box_joined("a");
    }
    hand_ends(hand);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* As long as GEN-11 gives. */
static xipc_status receive_soon(xipc_mailbox *box, uint64_t number, size_t size)
{
    int64_t start = spec_now_ns();
    xipc_status status = box_receive(box, number, size, XIPC_NOW);

    while (status == XIPC_E_BUSY && is_within(start, NS_PER_S)) {
        let_pass(1);
        status = box_receive(box, number, size, XIPC_NOW);
    }
    return status;
}

BOX_SPEC(a_receiver_that_is_killed_lets_another_one_be_it, "MBOX-5 GEN-11")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = exclusive_box();

    for (uint64_t lap = 0; lap < 3; lap++) {
        xipc_mailbox *other = box_joined("a");
        spec_peer *hand = box_hand_at("a");

        box_sends(box, 1, 10);
        hand_does(hand, "receive 1 10", XIPC_OK);
        require_busy(other);
        spec_tell(hand, "receive 2 20");
        let_pass((int64_t)lap);
        spec_kill(hand);
        box_sends(box, 3, 30);
        REQUIRE_OK(receive_soon(other, 3, 30));
        require_busy(box);
        xipc_mailbox_close(other);
    }
    xipc_mailbox_close(box);
}

static xipc_status fetch_any(xipc_mailbox *box, xipc_deadline when)
{
    box_mail mail;

    return box_fetch(box, &mail, when);
}

BOX_SPEC(all_threads_of_the_exclusive_receiver_receive, "MBOX-5 GEN-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = exclusive_box();
    xipc_mailbox *other = box_joined("a");
    box_call calls[3];

    box_sends(other, 1, 10);
    box_receives(box, 1, 10);
    for (size_t i = 0; i < COUNT(calls); i++) {
        box_call_begin(&calls[i], fetch_any, box, XIPC_FOREVER);
    }
    for (size_t i = 0; i < COUNT(calls); i++) {
        require_busy(other);
        box_sends(other, i, 10);
    }
    for (size_t i = 0; i < COUNT(calls); i++) {
        REQUIRE_OK(box_call_end(&calls[i]));
    }
    require_no_message(box);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_without_room_has_one_receiver_too, "MBOX-5 MBOX-1")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_EXCLUSIVE);
    xipc_mailbox *box;
    spec_peer *hand = box_hand_at("a");

    options.capacity = 0;
    box = box_made("a", &options);
    spec_tell(hand, "receive 1 10");
    REQUIRE_OK(box_send(box, 1, 10, XIPC_FOREVER));
    hand_answers(hand, XIPC_OK);
    require_busy(box);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, box_send(box, 1, 10, xipc_after_ms(2)));
    hand_ends(hand);
    require_no_message(box);
    xipc_mailbox_close(box);
}
