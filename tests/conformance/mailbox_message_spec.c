/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of mailboxes: how long they may be, that they arrive whole, and what
 * the envelope says of them. */
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- how long ---- */

BOX_SPEC(mailbox_messages_of_every_size_arrive_whole, "MBOX-2 MBOX-1")
{
    static const uint32_t capacities[] = {1, 5, XIPC_UNBOUNDED};

    for (size_t i = 0; i < COUNT(capacities) && box_can_have(capacities[i]);
         i++) {
        xipc_mailbox_options options = box_of(capacities[i], 301);
        xipc_mailbox *box = box_made("a", &options);

        for (uint64_t number = 0; number <= 2 * 301; number++) {
            box_sends(box, number, (size_t)number % 302);
            box_receives(box, number, (size_t)number % 302);
            require_no_message(box);
        }
        xipc_mailbox_close(box);
    }
}

SPEC(mailbox_messages_of_a_megabyte_arrive_whole, "MBOX-2")
{
    xipc_mailbox_options options = box_of(2, (1 << 20) + 1);
    xipc_mailbox *box = box_made("a", &options);
    spec_peer *hand = box_hand_at("a");

    box_sends(box, 1, (1 << 20) + 1);
    hand_does(hand, "receive 1 1048577", XIPC_OK);
    hand_does(hand, "send 2 1048576", XIPC_OK);
    hand_does(hand, "send 3 1048577", XIPC_OK);
    box_receives(box, 2, 1 << 20);
    box_receives(box, 3, (1 << 20) + 1);
    hand_ends(hand);
    xipc_mailbox_close(box);
}

static void too_long(uint32_t capacity)
{
    static const size_t sizes[] = {65, 66, 72, 1000, SIZE_MAX / 2, SIZE_MAX};
    xipc_mailbox_options options = box_of(capacity, 64);
    xipc_mailbox *box = box_made("a", &options);
    void *data = UNTOUCHED;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG,
            xipc_mailbox_send(box, "x", sizes[i], NULL, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG,
            xipc_mailbox_send(box, "x", sizes[i], NULL, XIPC_NOW));
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG,
            xipc_mailbox_reserve(box, sizes[i], &data, XIPC_FOREVER));
    }
    REQUIRE(data == UNTOUCHED);
    require_no_message(box);
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    if (capacity > 0) {
        box_sends(box, 1, 64);
        box_receives(box, 1, 64);
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(a_message_too_long_for_the_mailbox_is_not_sent, "MBOX-2")
{
    for_each_capacity(too_long);
}

SPEC(a_mailbox_of_no_bytes_carries_empty_messages, "MBOX-2 MBOX-9")
{
    xipc_mailbox_options options = box_of(3, 0);

    for (int fixed = 0; fixed < 2; fixed++) {
        xipc_mailbox *box;
        const void *taken;
        size_t size = 77;
        xipc_envelope envelope = XIPC_ENVELOPE_INIT;
        xipc_postage postage = XIPC_POSTAGE_INIT;

        options.flags = fixed ? XIPC_MAILBOX_FIXED_SIZE : 0;
        box = box_made("a", &options);
        postage.type = 7;
        REQUIRE_UINT(0, xipc_mailbox_message_max(box));
        REQUIRE_OK(xipc_mailbox_send(box, NULL, 0, &postage, XIPC_NOW));
        box_sends(box, 8, 0);
        box_commits(box, box_reserves(box, 9, 0), 9, 0);
        require_no_room(box, 0);
        REQUIRE_OK(
            xipc_mailbox_receive(box, NULL, 0, &size, &envelope, XIPC_FOREVER));
        REQUIRE_UINT(0, size);
        REQUIRE_UINT(7, envelope.type);
        taken = box_takes(box, 8, 0);
        REQUIRE_OK(xipc_mailbox_release(box, taken));
        box_receives(box, 9, 0);
        require_no_message(box);
        xipc_mailbox_close(box);
    }
}

/* ---- of one size only ---- */

BOX_SPEC(a_mailbox_of_one_size_refuses_any_other, "MBOX-2")
{
    static const size_t sizes[] = {0, 1, 31, 33, 64, SIZE_MAX};
    static const uint32_t capacities[] = {0, 4, XIPC_UNBOUNDED};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_mailbox_options options = box_of(capacities[i], 32);
        xipc_mailbox *box;

        if (!box_can_have(capacities[i])) {
            continue;
        }
        options.flags = XIPC_MAILBOX_FIXED_SIZE;
        box = box_made("a", &options);
        for (size_t j = 0; j < COUNT(sizes); j++) {
            REQUIRE_STATUS(
                XIPC_E_INVALID,
                xipc_mailbox_send(box, "x", sizes[j], NULL, XIPC_FOREVER));
        }
        require_no_message(box);
        REQUIRE((xipc_mailbox_flags(box) & XIPC_MAILBOX_FIXED_SIZE) != 0);
        if (capacities[i] > 0) {
            box_sends(box, 1, 32);
            box_receives(box, 1, 32);
        }
        xipc_mailbox_close(box);
    }
}

SPEC(a_block_of_one_size_is_committed_whole_or_not, "MBOX-2 MBOX-9")
{
    xipc_mailbox_options options = box_of(1, 32);
    xipc_mailbox *box;
    void *data;

    options.flags = XIPC_MAILBOX_FIXED_SIZE;
    box = box_made("a", &options);
    data = box_reserves(box, 1, 32);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(box, data, 31, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(box, data, 0, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(box, data, 33, NULL, XIPC_FOREVER));
    require_no_message(box);
    REQUIRE(message_is(data, 32, 1));
    box_commits(box, data, 1, 32);
    box_receives(box, 1, 32);
    xipc_mailbox_close(box);
}

/* ---- a buffer too short ---- */

static void too_short(xipc_mailbox *box, uint64_t number, size_t size)
{
    unsigned char buffer[256];

    for (size_t capacity = 0; capacity < size; capacity += 7) {
        box_mail mail = {0, 77, XIPC_ENVELOPE_INIT};

        mail.envelope.type = 78;
        REQUIRE_STATUS(
            XIPC_E_TOO_SMALL,
            xipc_mailbox_receive(
                box, capacity == 0 ? NULL : buffer, capacity, &mail.size,
                &mail.envelope, capacity % 2 == 0 ? XIPC_NOW : XIPC_FOREVER));
        REQUIRE_UINT(size, mail.size);
        REQUIRE_UINT(78, mail.envelope.type);
        REQUIRE_UINT(0, mail.envelope.sequence);
    }
    REQUIRE(size <= sizeof buffer);
    REQUIRE_OK(xipc_mailbox_receive(box, buffer, size, &size, NULL, XIPC_NOW));
    REQUIRE(message_is(buffer, size, number));
}

BOX_SPEC(a_buffer_too_short_leaves_the_message_in_the_mailbox, "MBOX-2 MBOX-3")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    xipc_mailbox *box = box_sized("a", 8);

    box_sends(box, 1, 50);
    box_sends(box, 2, 256);
    box_sends(box, 3, 1);
    REQUIRE_OK(box_send_at(box, 4, 200, 9, XIPC_NOW));
    too_short(box, 4, 200);
    too_short(box, 1, 50);
    REQUIRE_UINT(2, xipc_mailbox_depth(box));
    too_short(box, 2, 256);
    too_short(box, 3, 1);
    require_no_message(box);
    xipc_mailbox_close(box);
}

static xipc_status receive_short(xipc_mailbox *box, xipc_deadline when)
{
    unsigned char buffer[8];
    size_t size = 77;
    xipc_status status =
        xipc_mailbox_receive(box, buffer, sizeof buffer, &size, NULL, when);

    REQUIRE_UINT(20, size);
    return status;
}

BOX_SPEC(a_receiver_that_waits_with_too_little_is_told_so, "MBOX-2")
{
    xipc_mailbox *box = box_sized("a", 1);
    unsigned rounds = rounds_here(50, 10);

    for (unsigned i = 0; i < rounds; i++) {
        box_call call;

        box_call_begin(&call, receive_short, box, XIPC_FOREVER);
        box_sends(box, i, 20);
        REQUIRE_STATUS(XIPC_E_TOO_SMALL, box_call_end(&call));
        REQUIRE_UINT(1, xipc_mailbox_depth(box));
        box_receives(box, i, 20);
    }
    xipc_mailbox_close(box);
}

/* ---- the envelope ---- */

BOX_SPEC(the_envelope_says_what_the_sender_said, "MBOX-4")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    static const uint32_t types[] = {0, 1, 0x7fffffff, 0x80000000, UINT32_MAX};
    xipc_mailbox *box = box_sized("a", 1);

    for (size_t i = 0; i < COUNT(types); i++) {
        for (uint32_t priority = 0; priority <= XIPC_PRIORITY_MAX; priority++) {
            box_mail mail;

            REQUIRE_OK(box_send_at(box, types[i], 9, priority, XIPC_NOW));
            mail = box_gives(box);
            REQUIRE_UINT(types[i], mail.envelope.type);
            REQUIRE_UINT(priority, mail.envelope.priority);
            REQUIRE_UINT(0, mail.envelope.flags);
        }
    }
    xipc_mailbox_close(box);
}

SPEC(a_message_without_postage_has_type_and_priority_0, "MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 2);
    void *data = NULL;

    REQUIRE_OK(xipc_mailbox_send(box, NULL, 0, NULL, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_reserve(box, 0, &data, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_commit(box, data, 0, NULL, XIPC_NOW));
    for (uint64_t i = 0; i < 2; i++) {
        box_mail mail = box_gives(box);

        REQUIRE_UINT(0, mail.envelope.type);
        REQUIRE_UINT(0, mail.envelope.priority);
        REQUIRE_UINT(i + 1, mail.envelope.sequence);
    }
    xipc_mailbox_close(box);
}

SPEC(an_envelope_nobody_wants_is_not_needed, "MBOX-4 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 2);
    unsigned char bytes[8];
    const void *data = NULL;
    size_t size = 77;

    box_sends(box, 1, 8);
    box_sends(box, 2, 8);
    REQUIRE_OK(xipc_mailbox_receive(box, bytes, 8, &size, NULL, XIPC_NOW));
    REQUIRE(size == 8 && message_is(bytes, 8, 1));
    REQUIRE_OK(xipc_mailbox_take(box, &data, &size, NULL, XIPC_NOW));
    REQUIRE(size == 8 && message_is(data, 8, 2));
    REQUIRE_OK(xipc_mailbox_release(box, data));
    xipc_mailbox_close(box);
}

/* All that are sent and received one after the other, whoever sends. */
SPEC(the_sequence_of_a_mailbox_has_no_gaps, "MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 5);
    spec_peer *hand = box_hand_at("a");
    uint64_t sequence = 0;

    for (int i = 0; i < 20; i++) {
        xipc_mailbox *other = box_joined("a");

        box_sends(box, 1, 10);
        REQUIRE_OK(box_send_at(other, 2, 300 % 256, 31, XIPC_NOW));
        xipc_mailbox_close(other);
        hand_does(hand, "send 3 4 now", XIPC_OK);
        hand_does(hand, "post 4 0 7 now", XIPC_OK);
        box_commits(box, box_reserves(box, 5, 6), 5, 6);
        require_no_room(box, 10);
        REQUIRE_UINT(sequence + 2, box_gives(box).envelope.sequence);
        REQUIRE_UINT(sequence + 4, box_gives(box).envelope.sequence);
        REQUIRE_UINT(sequence + 1, box_gives(box).envelope.sequence);
        REQUIRE_UINT(sequence + 3, box_gives(box).envelope.sequence);
        REQUIRE_UINT(sequence + 5, box_gives(box).envelope.sequence);
        sequence += 5;
        if (i % 5 == 0) {
            hand_does(hand, "close", XIPC_OK);
        }
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(what_was_canceled_or_refused_has_no_number_in_the_sequence, "MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 1);

    for (uint64_t number = 1; number <= 50; number++) {
        REQUIRE_OK(xipc_mailbox_cancel(box, box_reserves(box, 0, 10)));
        REQUIRE_STATUS(
            XIPC_E_TOO_BIG, xipc_mailbox_send(box, "x", 999, NULL, XIPC_NOW));
        box_sends(box, number, 10);
        require_no_room(box, 10);
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, box_send(box, 0, 10, xipc_after_ns(1000)));
        REQUIRE_UINT(number, box_gives(box).envelope.sequence);
    }
    xipc_mailbox_close(box);
}

static void sent_between(xipc_mailbox *box, uint64_t number)
{
    xipc_deadline before = xipc_after_ns(0);
    xipc_deadline after;
    box_mail mail;

    box_sends(box, number, 10);
    after = xipc_after_ns(0);
    let_pass(2);
    mail = box_gives(box);
    REQUIRE(mail.envelope.sent_at >= before);
    REQUIRE(mail.envelope.sent_at <= after);
}

BOX_SPEC(the_envelope_says_when_a_message_was_sent, "MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 1);
    spec_peer *hand = box_hand_at("a");

    for (uint64_t number = 0; number < 5; number++) {
        xipc_deadline before;
        xipc_deadline after;
        box_mail mail;

        sent_between(box, number);
        before = xipc_after_ns(0);
        hand_does(hand, "send 1 10 now", XIPC_OK);
        after = xipc_after_ns(0);
        mail = box_gives(box);
        REQUIRE(mail.envelope.sent_at >= before);
        REQUIRE(mail.envelope.sent_at <= after);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

BOX_SPEC(the_envelope_says_who_sent_a_message, "MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 4);
    spec_peer *one = box_hand_at("a");
    spec_peer *two = box_hand_at("a");
    box_mail mails[4];

    box_sends(box, 1, 1);
    hand_does(one, "send 2 2 now", XIPC_OK);
    hand_does(two, "send 3 3 now", XIPC_OK);
    if (box_is_native()) {
        hand_does(one, "send 4 4 now", XIPC_OK);
    } else {
        hand_does(one, "reserve 4 4 now", XIPC_OK);
        hand_does(one, "commit 4 4 now", XIPC_OK);
    }
    for (size_t i = 0; i < COUNT(mails); i++) {
        mails[i] = box_gives(box);
        REQUIRE_UINT(
            mails[0].envelope.sender_user, mails[i].envelope.sender_user);
    }
    REQUIRE_UINT((uint64_t)spec_peer_id(one), mails[1].envelope.sender_process);
    REQUIRE_UINT((uint64_t)spec_peer_id(two), mails[2].envelope.sender_process);
    REQUIRE_UINT((uint64_t)spec_peer_id(one), mails[3].envelope.sender_process);
    REQUIRE(mails[0].envelope.sender_process != 0);
    REQUIRE(
        mails[0].envelope.sender_process != mails[1].envelope.sender_process);
    REQUIRE(
        mails[0].envelope.sender_process != mails[2].envelope.sender_process);
    hand_ends(two);
    hand_ends(one);
    xipc_mailbox_close(box);
}
