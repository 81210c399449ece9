/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits at one handle of a mailbox, and not those at another. */
#include "support/mailbox_kit.h"

BOX_SPEC(each_handle_of_a_mailbox_is_an_object, "GEN-5 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 1);
    xipc_mailbox *other = box_joined("a");
    xipc_object *object = xipc_mailbox_object(box);

    REQUIRE(object != NULL);
    REQUIRE(object == xipc_mailbox_object(box));
    REQUIRE(object != xipc_mailbox_object(other));
    for (int i = 0; i < 2; i++) {
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
    }
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* ---- each call that waits ---- */

static void canceled(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    xipc_object *object = xipc_mailbox_object(box);
    box_call call;

    box_call_begin(&call, deed->verb, box, XIPC_FOREVER);
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, box_call_end(&call));
    for (int i = 0; i < 3; i++) {
        REQUIRE_STATUS(XIPC_E_CANCELED, deed->verb(box, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_CANCELED, deed->verb(box, xipc_after_ms(600000)));
        REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(box, XIPC_NOW));
    }
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(box, xipc_after_ms(2)));
    box_call_begin(&call, deed->verb, box, xipc_after_ms(600000));
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, box_call_end(&call));
    REQUIRE_OK(xipc_interrupt_clear(object));
    box_call_begin(&call, deed->verb, box, XIPC_FOREVER);
    box_answer(box, deed);
    REQUIRE_OK(box_call_end(&call));
    xipc_mailbox_close(box);
}

BOX_SPEC(
    an_interrupt_ends_the_waits_at_a_mailbox_until_it_is_cleared,
    "GEN-5 MBOX-6")
{
    for_each_box_deed(canceled);
}

static void all_threads(const box_deed *deed)
{
    enum { CALL_COUNT = 3 };
    xipc_mailbox *box = box_to_wait_at("a", deed);
    box_call calls[CALL_COUNT];

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < CALL_COUNT; i++) {
            box_call_begin(&calls[i], deed->verb, box, XIPC_FOREVER);
        }
        let_pass(round % 3);
        REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
        for (int i = 0; i < CALL_COUNT; i++) {
            REQUIRE_STATUS(XIPC_E_CANCELED, box_call_end(&calls[i]));
        }
        REQUIRE_OK(xipc_interrupt_clear(xipc_mailbox_object(box)));
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(
    an_interrupt_ends_the_waits_of_all_threads_at_a_mailbox,
    "GEN-5 GEN-6 MBOX-6")
{
    for_each_box_deed(all_threads);
}

/* ---- what it leaves alone ---- */

static void send_second(xipc_mailbox *box)
{
    void *block = NULL;

    if (box_is_native()) {
        REQUIRE_OK(box_send(box, 7, 60, XIPC_FOREVER));
        return;
    }
    REQUIRE_OK(box_reserve(box, 7, 60, &block, XIPC_FOREVER));
    REQUIRE_OK(box_commit(box, block, 7, 60, XIPC_FOREVER));
}

static void receive_second(xipc_mailbox *box)
{
    const void *data = NULL;
    box_mail mail;

    if (box_is_native()) {
        REQUIRE_OK(box_receive(box, 7, 60, XIPC_FOREVER));
        return;
    }
    REQUIRE_OK(box_take(box, &mail, &data, XIPC_FOREVER));
    REQUIRE_OK(xipc_mailbox_release(box, data));
}

BOX_SPEC(
    an_interrupt_leaves_alone_what_a_mailbox_can_do_at_once, "GEN-5 MBOX-6")
{
    xipc_mailbox *box = box_sized("a", 2);
    box_mail mail;

    REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
    for (uint64_t number = 0; number < 200; number++) {
        REQUIRE_OK(box_send(box, number, 50, XIPC_FOREVER));
        send_second(box);
        REQUIRE_STATUS(XIPC_E_CANCELED, box_send(box, 1, 1, XIPC_FOREVER));
        REQUIRE_OK(box_receive(box, number, 50, xipc_after_ms(600000)));
        receive_second(box);
        REQUIRE_STATUS(
            XIPC_E_CANCELED, box_fetch(box, &mail, xipc_after_ms(600000)));
    }
    xipc_mailbox_close(box);
}

static void other_handles(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    xipc_mailbox *other = box_joined("a");
    box_call call;

    for (int i = 0; i < 5; i++) {
        box_call_begin(&call, deed->verb, other, XIPC_FOREVER);
        let_pass(i % 2);
        REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
        let_pass(1);
        REQUIRE_OK(xipc_interrupt_clear(xipc_mailbox_object(box)));
        box_answer(box, deed);
        REQUIRE_OK(box_call_end(&call));
        if (deed->capacity > 0 && xipc_mailbox_depth(box) == 3) {
            box_sends(box, 1, 16); /* what was reserved was canceled */
        }
    }
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

BOX_SPEC(an_interrupt_of_one_handle_leaves_the_others_waiting, "GEN-5 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(other_handles);
}

SPEC(an_interrupt_keeps_what_was_reserved_and_taken, "GEN-5 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 2);
    void *block;
    void *none = NULL;
    const void *data;
    box_mail mail;

    box_sends(box, 1, 100);
    data = box_takes(box, 1, 100);
    block = box_reserves(box, 2, 200);
    REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
    REQUIRE_STATUS(XIPC_E_CANCELED, box_fetch(box, &mail, XIPC_FOREVER));
    while (box_reserve(box, 3, 30, &none, XIPC_FOREVER) == XIPC_OK) {
        box_commits(box, none, 3, 30);
    }
    REQUIRE(message_is(data, 100, 1));
    REQUIRE(message_is(block, 200, 2));
    REQUIRE_OK(xipc_mailbox_release(box, data));
    box_receives(box, 3, 30);
    box_commits(box, block, 2, 200);
    box_receives(box, 2, 200);
    xipc_mailbox_close(box);
}

SPEC(a_commit_that_is_interrupted_is_still_reserved, "GEN-5 MBOX-9 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 0);
    void *block = box_reserves(box, 1, 100);
    spec_peer *hand = box_hand_at("a");

    hand_does(hand, "open", XIPC_OK);
    for (int i = 0; i < 5; i++) {
        REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
        REQUIRE_STATUS(
            XIPC_E_CANCELED, box_commit(box, block, 1, 100, XIPC_FOREVER));
        require_no_message(box);
        REQUIRE(message_is(block, 100, 1));
        REQUIRE_OK(xipc_interrupt_clear(xipc_mailbox_object(box)));
    }
    spec_tell(hand, "receive 1 100");
    REQUIRE_OK(box_commit(box, block, 1, 100, XIPC_FOREVER));
    hand_answers(hand, XIPC_OK);
    hand_ends(hand);
    xipc_mailbox_close(box);
}

/* ---- at the same moment ---- */

static xipc_status receive_one(xipc_mailbox *box, xipc_deadline when)
{
    return box_receive(box, 1, 30, when);
}

static xipc_status send_one(xipc_mailbox *box, xipc_deadline when)
{
    return box_send(box, 1, 30, when);
}

/* So that what comes next comes before, while and after the call waits. */
static void spin_for(uint32_t ns)
{
    int64_t start = spec_now_ns();

    while (is_within(start, ns)) {
        /* lets the other thread get there */
    }
}

/* It is received, or it is still there. */
BOX_SPEC(
    a_receive_at_a_mailbox_that_is_interrupted_has_taken_nothing,
    "GEN-5 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = box_sized("a", 4);
    xipc_mailbox *other = box_joined("a");
    xipc_object *object = xipc_mailbox_object(box);
    unsigned rounds = rounds_here(500, 100);
    uint32_t dice = dice_cast();
    unsigned canceled_count = 0;

    for (unsigned i = 0; i < rounds; i++) {
        box_call call;
        xipc_status status;

        box_call_begin(&call, receive_one, box, XIPC_FOREVER);
        spin_for(thrown(&dice, 200000));
        if (i % 2 == 0) {
            REQUIRE_OK(xipc_interrupt(object));
            spin_for(thrown(&dice, 100000));
            let_pass(i % 16 == 0 ? 1 : 0);
        }
        box_sends(other, 1, 30);
        REQUIRE_OK(xipc_interrupt(object));
        status = box_call_end(&call);
        REQUIRE_OK(xipc_interrupt_clear(object));
        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_CANCELED, status);
            box_receives(other, 1, 30);
            canceled_count++;
        }
        require_no_message(other);
    }
    spec_note("%u of %u were interrupted", canceled_count, rounds);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* It is sent, or it never comes. */
static void send_races(uint32_t capacity)
{
    xipc_mailbox *box;
    xipc_mailbox *other;
    unsigned rounds = rounds_here(500, 100);
    uint32_t dice = dice_cast();
    unsigned canceled_count = 0;

    if (capacity == XIPC_UNBOUNDED) {
        return; /* never waits */
    }
    box = box_sized("a", capacity);
    other = box_joined("a");
    for (unsigned i = 0; i < rounds; i++) {
        box_call call;
        xipc_status received = XIPC_OK;
        xipc_status status;
        box_mail mail;

        for (uint32_t at = 0; at < capacity; at++) {
            box_sends(other, 0, 20);
        }
        box_call_begin(&call, send_one, box, XIPC_FOREVER);
        spin_for(thrown(&dice, 200000));
        if (i % 2 == 0) {
            REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
            spin_for(thrown(&dice, 100000));
            let_pass(i % 16 == 0 ? 1 : 0);
        }
        for (uint32_t at = 0; at < capacity; at++) {
            box_receives(other, 0, 20);
        }
        received = box_fetch(other, &mail, xipc_after_ns(i % 64 * 1000));
        REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
        status = box_call_end(&call);
        REQUIRE_OK(xipc_interrupt_clear(xipc_mailbox_object(box)));
        if (received != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_TIMEOUT, received);
            received = box_fetch(other, &mail, XIPC_NOW);
        }
        REQUIRE((status == XIPC_OK) == (received == XIPC_OK));
        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_CANCELED, status);
            canceled_count++;
        }
        require_no_message(other);
    }
    spec_note("%u of %u were interrupted", canceled_count, rounds);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

BOX_SPEC(
    a_send_to_a_mailbox_that_is_interrupted_has_sent_nothing, "GEN-5 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_capacity(send_races);
}
