/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes without room: a send is over when a receiver has taken the message,
 * and one that was not is as if it had never been. */
#include <stdio.h>
#include <stdlib.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- one and one ---- */

SPEC(a_send_without_a_receiver_is_not_over, "MBOX-1 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");

    REQUIRE_UINT(0, xipc_mailbox_capacity(box));
    hand_does(hand, "send 1 10 20", XIPC_E_TIMEOUT);
    require_no_message(box);
    hand_does(hand, "send 1 10 now", XIPC_E_AGAIN);
    require_no_message(box);
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(a_send_is_over_when_a_receiver_has_taken_it, "MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(200, 40);

    for (uint64_t number = 0; number < rounds; number++) {
        box_mail mail;
        char order[40];

        snprintf(order, sizeof order, "send %u 200", (unsigned)number);
        spec_tell(hand, order);
        let_pass((int64_t)(number % 16 / 15));
        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE(mail.number == number && mail.size == 200);
        REQUIRE_UINT(number + 1, mail.envelope.sequence);
        hand_answers(hand, XIPC_OK);
        require_no_message(box);
        REQUIRE_UINT(0, xipc_mailbox_depth(box));
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(a_receiver_waits_for_a_sender, "MBOX-1 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(200, 40);

    for (unsigned i = 0; i < rounds; i++) {
        spec_tell(hand, i % 2 == 0 ? "receive 1 20" : "take 1 20");
        let_pass(i % 16 / 15);
        REQUIRE_OK(box_send(box, 1, 20, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        if (i % 2 != 0) {
            hand_does(hand, "release", XIPC_OK);
        }
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(a_sender_is_released_before_its_message_is, "MBOX-1 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 20; i++) {
        const void *data = NULL;
        box_mail mail;

        spec_tell(hand, "send 1 100");
        REQUIRE_OK(box_take(box, &mail, &data, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        REQUIRE(mail.number == 1 && mail.size == 100);
        REQUIRE(message_is(data, 100, 1));
        REQUIRE_OK(xipc_mailbox_release(box, data));
        require_no_message(box);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(what_is_returned_to_a_mailbox_without_room_is_received, "MBOX-1 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 20; i++) {
        const void *data = NULL;
        box_mail mail;

        spec_tell(hand, "send 1 100");
        REQUIRE_OK(box_take(box, &mail, &data, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        REQUIRE_OK(xipc_mailbox_return(box, data));
        mail = box_gives(box);
        REQUIRE_UINT(1, mail.number);
        REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, mail.envelope.flags);
        require_no_message(box);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* How many were told that they have too little. */
static atomic_int little_count;

static xipc_status receive_little(xipc_mailbox *box, xipc_deadline when)
{
    char bytes[4];
    size_t size = 77;
    xipc_status status =
        xipc_mailbox_receive(box, bytes, sizeof bytes, &size, NULL, when);

    REQUIRE_UINT(100, size);
    atomic_fetch_add(&little_count, 1);
    return status;
}

static xipc_status send_hundred(xipc_mailbox *box, xipc_deadline when)
{
    return box_send(box, 1, 100, when);
}

SPEC(one_who_has_too_little_room_has_not_taken_it, "MBOX-1 MBOX-2 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);

    for (int i = 0; i < 5; i++) {
        box_call receiver;
        box_call sender;

        box_call_begin(&sender, send_hundred, box, XIPC_FOREVER);
        box_call_begin(&receiver, receive_little, box, XIPC_FOREVER);
        REQUIRE_STATUS(XIPC_E_TOO_SMALL, box_call_end(&receiver));
        atomic_store(&little_count, i);
        REQUIRE_OK(box_receive(box, 1, 100, XIPC_FOREVER));
        REQUIRE_OK(box_call_end(&sender));
        box_call_begin(&receiver, receive_little, box, XIPC_FOREVER);
        while (atomic_load(&little_count) <= i) {
            REQUIRE_STATUS(
                XIPC_E_TIMEOUT, box_send(box, 1, 100, xipc_after_ms(2)));
        }
        REQUIRE_STATUS(XIPC_E_TOO_SMALL, box_call_end(&receiver));
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

/* ---- at once ---- */

static xipc_status fetch_one(xipc_mailbox *box, xipc_deadline when)
{
    return box_receive(box, 7, 70, when);
}

/* Sends that do not wait. */
static void finds_one_who_waits(xipc_mailbox *box, xipc_deadline deadline)
{
    unsigned rounds = rounds_here(100, 20);

    for (unsigned i = 0; i < rounds; i++) {
        box_call call;
        xipc_status status = XIPC_E_AGAIN;

        REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 6, 60, deadline));
        box_call_begin(&call, fetch_one, box, XIPC_FOREVER);
        while (status == XIPC_E_AGAIN) {
            status = box_send(box, 7, 70, deadline);
        }
        REQUIRE_STATUS(XIPC_OK, status);
        REQUIRE_OK(box_call_end(&call));
        REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 6, 60, deadline));
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

SPEC(a_send_that_does_not_wait_finds_one_who_does, "MBOX-1 MBOX-6")
{
    finds_one_who_waits(box_sized("a", 0), XIPC_NOW);
}

SPEC(a_mailbox_without_room_that_fails_does_not_wait, "MBOX-1 MBOX-10")
{
    xipc_mailbox_options options = box_overflowing(0, XIPC_OVERFLOW_FAIL);

    finds_one_who_waits(box_made("a", &options), XIPC_FOREVER);
}

SPEC(a_send_that_does_not_wait_finds_one_in_another_process, "MBOX-1 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(100, 20);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_status status = XIPC_E_AGAIN;

        spec_tell(hand, "receive 7 70");
        while (status == XIPC_E_AGAIN) {
            status = box_send(box, 7, 70, XIPC_NOW);
        }
        REQUIRE_STATUS(XIPC_OK, status);
        hand_answers(hand, XIPC_OK);
        REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 6, 60, XIPC_NOW));
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* ---- blocks ---- */

SPEC(a_block_that_nobody_takes_stays_reserved, "MBOX-1 MBOX-6 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hand = box_hand_at("a");

    hand_does(hand, "open", XIPC_OK);
    for (uint64_t i = 0; i < 10; i++) {
        void *block = box_reserves(box, 1, 100);
        xipc_deadline deadline = xipc_after_ms(4);

        REQUIRE_STATUS(XIPC_E_AGAIN, box_commit(box, block, 1, 30, XIPC_NOW));
        REQUIRE_STATUS(XIPC_E_TIMEOUT, box_commit(box, block, 1, 0, deadline));
        REQUIRE(xipc_after_ns(0) >= deadline);
        REQUIRE(message_is(block, 100, 1));
        require_no_message(box);
        spec_tell(hand, "receive 1 100");
        REQUIRE_OK(box_commit(box, block, 1, 100, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_cancel(box, block));
        block = box_reserves(box, 2, 100);
        REQUIRE_STATUS(XIPC_E_AGAIN, box_commit(box, block, 1, 90, XIPC_NOW));
        REQUIRE_OK(xipc_mailbox_cancel(box, block));
        require_no_message(box);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* ---- which one ---- */

/* Of two who wait for 60 ms the one is told OK whose message it was. */
SPEC(exactly_the_sender_whose_message_was_taken_is_released, "MBOX-1 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hands[2] = {box_hand_at("a"), box_hand_at("a")};
    unsigned rounds = rounds_here(20, 8);
    unsigned received_count = 0;

    for (unsigned i = 0; i < rounds; i++) {
        box_mail mail = {.number = 77};
        xipc_status status;

        spec_tell(hands[0], "send 0 10 60");
        spec_tell(hands[1], "send 1 10 60");
        status = box_fetch(box, &mail, xipc_after_ms(30));
        if (status == XIPC_OK) {
            received_count++;
        } else {
            REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
        }
        for (uint64_t number = 0; number < 2; number++) {
            hand_answers(
                hands[number], mail.number == number && status == XIPC_OK
                                   ? XIPC_OK
                                   : XIPC_E_TIMEOUT);
        }
        require_no_message(box);
    }
    REQUIRE(received_count > 0);
    hand_ends(hands[1]);
    hand_ends(hands[0]);
    xipc_mailbox_close(box);
}

SPEC(of_those_who_wait_to_send_the_highest_priority_is_first, "MBOX-1 MBOX-3")
{
    xipc_mailbox *box = box_sized("a", 0);
    spec_peer *hands[3] = {
        box_hand_at("a"), box_hand_at("a"), box_hand_at("a")};

    for (int i = 0; i < 10; i++) {
        spec_tell(hands[0], "post 10 1 4");
        spec_tell(hands[1], "post 11 2 31");
        spec_tell(hands[2], "post 12 3 0");
        require_depth(box, 3);
        box_receives(box, 11, 2);
        hand_answers(hands[1], XIPC_OK);
        box_receives(box, 10, 1);
        hand_answers(hands[0], XIPC_OK);
        box_receives(box, 12, 3);
        hand_answers(hands[2], XIPC_OK);
    }
    for (size_t i = 0; i < COUNT(hands); i++) {
        hand_ends(hands[i]);
    }
    xipc_mailbox_close(box);
}

/* ---- at the same moment ---- */

typedef struct hasty {
    xipc_mailbox *box;
    tally *sent;
    tally *received;
    uint64_t first;
    uint64_t count;
    uint32_t dice;
    atomic_uint *sender_count;
} hasty;

/* So short that it ends before, while and after somebody takes. */
static xipc_deadline soon(uint32_t *dice)
{
    return thrown(dice, 8) == 0 ? XIPC_NOW : xipc_after_ns(thrown(dice, 60000));
}

/* So that nobody is always there in time. */
static void dawdle(uint32_t *dice)
{
    int64_t start = spec_now_ns();
    int64_t ns = thrown(dice, 6000);

    while (is_within(start, ns)) {
        /* the other side gives up, or not */
    }
}

static void send_hastily(void *context)
{
    hasty *self = context;

    for (uint64_t number = self->first; number < self->first + self->count;
         number++) {
        xipc_deadline when = soon(&self->dice);
        xipc_status status = box_send(self->box, number, 24, when);

        if (status == XIPC_OK) {
            tally_mark(self->sent, number);
        } else {
            REQUIRE_STATUS(
                when == XIPC_NOW ? XIPC_E_AGAIN : XIPC_E_TIMEOUT, status);
        }
    }
    atomic_fetch_sub(self->sender_count, 1);
}

static void receive_hastily(void *context)
{
    hasty *self = context;

    while (atomic_load(self->sender_count) > 0) {
        box_mail mail;
        xipc_deadline when = soon(&self->dice);
        xipc_status status = box_fetch(self->box, &mail, when);

        dawdle(&self->dice);
        if (status == XIPC_OK) {
            tally_mark(self->received, mail.number);
        } else {
            REQUIRE_STATUS(
                when == XIPC_NOW ? XIPC_E_AGAIN : XIPC_E_TIMEOUT, status);
        }
    }
}

/* What comes for the first time goes back at once: it was taken, and so it was
 * sent, whoever may have it at last. */
static void return_hastily(void *context)
{
    hasty *self = context;

    while (atomic_load(self->sender_count) > 0) {
        const void *data = NULL;
        box_mail mail;

        dawdle(&self->dice);
        if (box_take(self->box, &mail, &data, soon(&self->dice)) != XIPC_OK) {
            continue;
        }
        if (mail.envelope.flags == 0) {
            tally_mark(self->received, mail.number);
            REQUIRE_OK(xipc_mailbox_return(self->box, data));
        } else {
            REQUIRE(tally_has(self->received, mail.number));
            REQUIRE_OK(xipc_mailbox_release(self->box, data));
        }
    }
}

static unsigned compared(const tally *sent, const tally *received)
{
    unsigned count = 0;

    for (uint64_t number = 0; number < TALLY_MAX; number++) {
        REQUIRE_UINT(
            (unsigned)tally_has(sent, number),
            (unsigned)tally_has(received, number));
        count += (unsigned)tally_has(sent, number);
    }
    return count;
}

static void in_haste(
    unsigned sender_count, unsigned receiver_count, spec_thread_body *receive)
{
    static tally sent;
    static tally received;
    uint64_t each = rounds_here(20000, 3000) / sender_count;
    xipc_mailbox *box = box_sized("a", 0);
    uint32_t dice = dice_cast();
    atomic_uint left;
    hasty all[8];
    spec_thread *threads[8];

    sent = (tally){{0}, 0};
    received = (tally){{0}, 0};
    atomic_init(&left, sender_count);
    for (unsigned i = 0; i < sender_count + receiver_count; i++) {
        all[i] = (hasty){box,  &sent,         &received, each * i,
                         each, dice + i * 2U, &left};
        threads[i] = spec_thread_start(
            i < sender_count ? send_hastily : receive, &all[i]);
    }
    for (unsigned i = 0; i < sender_count + receiver_count; i++) {
        spec_thread_join(threads[i]);
    }
    while (receive == return_hastily && xipc_mailbox_depth(box) > 0) {
        REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, box_gives(box).envelope.flags);
    }
    require_no_message(box);
    spec_note(
        "%u to %u: %u of %u", sender_count, receiver_count,
        compared(&sent, &received), (unsigned)each * sender_count);
    xipc_mailbox_close(box);
}

SPEC(a_send_that_timed_out_is_never_received, "MBOX-6 MBOX-1")
{
    in_haste(1, 1, receive_hastily);
    in_haste(2, 1, receive_hastily);
    in_haste(1, 2, receive_hastily);
    in_haste(5, 3, receive_hastily);
}

SPEC(a_send_that_timed_out_was_never_taken, "MBOX-6 MBOX-1 MBOX-9")
{
    in_haste(1, 1, return_hastily);
    in_haste(2, 1, return_hastily);
    in_haste(4, 2, return_hastily);
}

/* Argument 0: the first of its messages. */
PEER(a_hasty_sender)
{
    xipc_mailbox *box = box_joined("a");
    xipc_map *map = tally_joined();
    uint64_t first = strtoull(spec_argument(0), NULL, 10);
    uint64_t count = rounds_here(3000, 800);
    uint32_t dice = dice_cast() + (uint32_t)first;

    for (uint64_t number = first; number < first + count; number++) {
        xipc_status status = box_send(box, number, 24, soon(&dice));

        if (status != XIPC_OK) {
            /* As if somebody had received it: whoever does is the second. */
            tally_mark(tally_of(map), number);
            atomic_fetch_add(&tally_of(map)->failed_count, 1);
        }
    }
    spec_tell(NULL, "done");
    spec_expect(NULL, "close");
    xipc_map_close(map);
    xipc_mailbox_close(box);
}

/* Receives for a moment; how many numbers have come to their end. */
static uint64_t received_or_failed(xipc_mailbox *box, tally *marks)
{
    uint64_t end = 2 * (uint64_t)rounds_here(3000, 800);
    uint64_t count = 0;
    box_mail mail;

    for (int i = 0; i < 100; i++) {
        if (box_fetch(box, &mail, xipc_after_ns(30000)) == XIPC_OK) {
            tally_mark(marks, mail.number);
        }
    }
    for (uint64_t number = 0; number < end; number++) {
        count += (uint64_t)tally_has(marks, number);
    }
    return count;
}

SPEC(a_send_of_another_process_that_timed_out_is_never_received, "MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 0);
    xipc_map *map = tally_made();
    unsigned each = rounds_here(3000, 800);
    char second[24];
    spec_peer *peers[2];

    snprintf(second, sizeof second, "%u", each);
    peers[0] = START(a_hasty_sender, "0");
    peers[1] = START(a_hasty_sender, second);
    while (received_or_failed(box, tally_of(map)) < 2 * (uint64_t)each) {
        /* until each was received, or not sent */
    }
    for (size_t i = 0; i < COUNT(peers); i++) {
        spec_expect(peers[i], "done");
        spec_tell(peers[i], "close");
        spec_join(peers[i]);
    }
    require_no_message(box);
    spec_note(
        "%u of %u were not received",
        (unsigned)atomic_load(&tally_of(map)->failed_count), 2 * each);
    xipc_map_close(map);
    xipc_mailbox_close(box);
}
