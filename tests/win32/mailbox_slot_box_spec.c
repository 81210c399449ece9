/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailboxes with a name of ours that lie in a mailslot: the count of what is in
 * it, which is ours, and its owner.
 */
#include <stdio.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/poller_kit.h"
#include "win32/slot_kit.h"

/* More than the slot itself has room for, and while nobody receives. */
SPEC(a_native_mailbox_has_the_capacity_that_was_asked_for, "MBOX-1")
{
    enum { CAPACITY = 1000 };
    xipc_mailbox_options options = slot_box_of(CAPACITY);
    xipc_mailbox *box = box_made("a", &options);
    xipc_mailbox *sender = box_joined("a");

    for (unsigned count = 0; count < CAPACITY; count++) {
        REQUIRE_OK(slot_send(sender, XIPC_FOREVER));
        REQUIRE_UINT(count + 1, xipc_mailbox_depth(sender));
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, slot_send(sender, XIPC_NOW));
    REQUIRE_OK(slot_receive(box, XIPC_FOREVER));
    REQUIRE_OK(slot_send(sender, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, slot_send(sender, xipc_after_ms(20)));

    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
}

SPEC(a_native_mailbox_says_whose_message_it_is, "MBOX-4 MBOX-2")
{
    xipc_mailbox_options options = slot_box_of(4);
    xipc_mailbox *box = box_made("a", &options);
    spec_peer *hand = box_hand_at("a");
    unsigned char got[SLOT_LONGEST];
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    size_t size = 0;

    hand_does(hand, "send 1 0 now", XIPC_OK);
    hand_does(hand, "send 2 100 now", XIPC_OK);
    hand_does(hand, "fetch now", XIPC_E_NOT_SUPPORTED);
    for (uint32_t number = 1; number <= 2; number++) {
        /* One that is too long for the buffer stays, and stays the first. */
        if (number == 2) {
            REQUIRE_STATUS(
                XIPC_E_TOO_SMALL,
                xipc_mailbox_receive(box, got, 99, &size, &envelope, XIPC_NOW));
            REQUIRE_UINT(100, size);
            REQUIRE_UINT(1, xipc_mailbox_depth(box));
        }
        REQUIRE_OK(xipc_mailbox_receive(
            box, got, sizeof got, &size, &envelope, XIPC_NOW));
        REQUIRE_UINT(number == 1 ? 0 : 100, size);
        REQUIRE_UINT(number, envelope.type);
        REQUIRE_UINT((uint64_t)spec_peer_id(hand), envelope.sender_process);
        REQUIRE_UINT(number, envelope.sequence);
        REQUIRE(envelope.sent_at > 0 && envelope.sent_at <= xipc_after_ms(0));
    }

    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* More than fits, and each comes once, in its sender's order. */
SPEC(many_processes_send_to_a_native_mailbox, "MBOX-5 MBOX-3 MBOX-1")
{
    enum { HANDS = 3, EACH = 400, ROOM = 5 };
    xipc_mailbox_options options = slot_box_of(ROOM);
    xipc_mailbox *box = box_made("a", &options);
    uint64_t next[HANDS] = {0, EACH, 2 * EACH};
    spec_peer *hands[HANDS];
    char order[48];
    box_mail mail;

    for (int at = 0; at < HANDS; at++) {
        hands[at] = box_hand_at("a");
        snprintf(order, sizeof order, "produce %d %d 100", at * EACH, EACH);
        spec_tell(hands[at], order);
    }
    for (int count = 0; count < HANDS * EACH; count++) {
        REQUIRE(xipc_mailbox_depth(box) <= ROOM);
        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE(mail.number < (uint64_t)HANDS * EACH);
        REQUIRE_UINT(next[mail.number / EACH], mail.number);
        next[mail.number / EACH]++;
    }
    require_no_message(box);
    for (int at = 0; at < HANDS; at++) {
        hand_answers(hands[at], XIPC_OK);
        hand_ends(hands[at]);
    }
    xipc_mailbox_close(box);
}

/* It owns the place of one message and may be killed with it. */
KILLED(sends_to_a_native_mailbox)
{
    xipc_mailbox *box = box_joined("a");

    kill_begin();
    REQUIRE_OK(slot_send(box, XIPC_FOREVER));
    kill_end();
    xipc_mailbox_close(box);
}

static void it_has_one_place_as_before(void *context)
{
    xipc_mailbox *box = context;
    unsigned count = 0;

    /* The dead one's, or not; and then one fits, and no other. */
    while (slot_receive(box, xipc_after_ms(50)) == XIPC_OK) {
        count++;
    }
    REQUIRE(count <= 1);
    for (int round = 0; round < 3; round++) {
        REQUIRE_OK(slot_send(box, xipc_after_ms(900)));
        REQUIRE_UINT(1, xipc_mailbox_depth(box));
        REQUIRE_STATUS(XIPC_E_AGAIN, slot_send(box, XIPC_NOW));
        REQUIRE_OK(slot_receive(box, xipc_after_ms(900)));
        REQUIRE_UINT(0, xipc_mailbox_depth(box));
    }
}

SPEC(a_sender_killed_anywhere_keeps_no_place_in_a_mailslot, "MBOX-8 GEN-11")
{
    xipc_mailbox_options options = slot_box_of(1);
    xipc_mailbox *box = box_made("a", &options);
    kill_plan plan = {NULL, it_has_one_place_as_before, NULL, box};

    KILL_ANYWHERE(sends_to_a_native_mailbox, &plan);
    xipc_mailbox_close(box);
}

KILLED(makes_a_native_mailbox)
{
    xipc_mailbox_options options = slot_box_of(4);
    xipc_mailbox *box;

    kill_begin();
    box = box_made("a", &options);
    REQUIRE_OK(slot_send(box, XIPC_NOW));
    REQUIRE_OK(slot_receive(box, XIPC_NOW));
    xipc_mailbox_close(box);
    kill_end();
}

static void the_name_is_free(void *context)
{
    xipc_mailbox_options options = slot_box_of(4);
    xipc_mailbox *box = box_made("a", &options);
    xipc_mailbox *sender = box_joined("a");

    (void)context;
    REQUIRE_OK(slot_send(sender, XIPC_NOW));
    REQUIRE_OK(slot_receive(box, XIPC_NOW));
    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
    require_nothing_exists();
}

SPEC(who_makes_a_native_mailbox_may_die_anywhere, "MBOX-7 GEN-11 LIFE-1")
{
    kill_plan plan = {NULL, the_name_is_free, NULL, NULL};

    KILL_ANYWHERE(makes_a_native_mailbox, &plan);
}

/* ---- and its owner's death ---- */

/* What stands in the slot goes on being taken under Wine. */
static int64_t time_to_end(const char *name)
{
    spec_peer *owner = slot_owner_at(name);
    xipc_status status = XIPC_OK;
    xipc_mailbox *box;
    int64_t start;

    box = box_joined(name);
    REQUIRE_OK(slot_send(box, XIPC_NOW));
    spec_kill(owner);
    start = spec_now_ns();
    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = slot_send(box, XIPC_NOW);
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    start = spec_now_ns() - start;
    REQUIRE_STATUS(XIPC_E_CLOSED, slot_send(box, XIPC_FOREVER));
    xipc_mailbox_close(box);
    return start;
}

SPEC(a_native_mailbox_ends_within_a_second_of_its_owners_death, "MBOX-7 GEN-11")
{
    within_a_second(time_to_end, "a");
}

static int64_t time_to_be_told(const char *name)
{
    spec_peer *owner = slot_owner_at(name);
    xipc_mailbox *box;
    box_call call;
    int64_t start;

    box = box_joined(name);
    for (int count = 0; count < 4; count++) {
        REQUIRE_OK(slot_send(box, XIPC_NOW));
    }
    box_call_begin(&call, slot_send, box, XIPC_FOREVER);
    spec_kill(owner);
    start = spec_now_ns();
    REQUIRE_STATUS(XIPC_E_CLOSED, box_call_end(&call));
    start = spec_now_ns() - start;
    xipc_mailbox_close(box);
    return start;
}

SPEC(who_waits_to_send_is_told_of_the_owners_death_in_a_second, "MBOX-7 GEN-11")
{
    within_a_second(time_to_be_told, "a");
}

static int64_t time_to_be_polled(const char *name)
{
    spec_peer *owner = slot_owner_at(name);
    xipc_poller *poller = poller_made();
    xipc_ready ready = {NULL, 0};
    size_t count = 0;
    xipc_mailbox *box;
    int64_t start;

    box = box_joined(name);
    for (int sent = 0; sent < 4; sent++) {
        REQUIRE_OK(slot_send(box, XIPC_NOW));
    }
    REQUIRE_OK(
        xipc_poller_add(poller, xipc_mailbox_object(box), XIPC_WRITABLE, box));
    require_silent(poller);
    spec_kill(owner);
    start = spec_now_ns();
    REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
    start = spec_now_ns() - start;
    REQUIRE(ready.cookie == box);
    REQUIRE((ready.events & XIPC_HUNG_UP) != 0);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
    return start;
}

SPEC(a_poller_tells_a_native_sender_of_the_owners_death, "WAIT-1 MBOX-7 GEN-11")
{
    within_a_second(time_to_be_polled, "a");
}
