/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of one process that wait until another one has done its part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

/* What another process does so that one call comes to its end. */
static const char *answer_to(const box_deed *deed)
{
    return deed->is_sending ? "receive 1 16" : "send 1 16";
}

static void answered(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(40, 10);

    hand_does(hand, "open", XIPC_OK);
    for (unsigned i = 0; i < rounds; i++) {
        box_call call;

        box_call_begin(&call, deed->verb, box, XIPC_FOREVER);
        let_pass(i % 4 / 3);
        hand_does(hand, answer_to(deed), XIPC_OK);
        REQUIRE_OK(box_call_end(&call));
        if (strcmp(deed->doing, "reserve") == 0) {
            box_sends(box, 1, 16); /* it was canceled again */
        }
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

BOX_SPEC(
    a_call_that_waits_at_a_mailbox_is_ended_by_another_process, "MBOX-6 MBOX-1")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(answered);
}

/* One answer ends one wait, and no other. */
static void one_at_a_time(const box_deed *deed)
{
    enum { CALL_COUNT = 4 };
    xipc_mailbox *box = box_to_wait_at("a", deed);
    xipc_mailbox *other = box_joined("a");
    unsigned rounds = rounds_here(20, 5);

    if (strcmp(deed->doing, "reserve") == 0) {
        rounds = 0; /* what one gives up the next one gets */
    }
    for (unsigned round = 0; round < rounds; round++) {
        box_call calls[CALL_COUNT];
        unsigned done = 0;

        for (int i = 0; i < CALL_COUNT; i++) {
            box_call_begin(
                &calls[i], deed->verb, i % 2 == 0 ? box : other,
                i == CALL_COUNT - 1 ? xipc_after_ms(8) : XIPC_FOREVER);
        }
        for (int i = 0; i < CALL_COUNT - 1; i++) {
            box_answer(other, deed);
        }
        /* Who gave up has left the answer to the others. */
        done = box_call_end(&calls[CALL_COUNT - 1]) == XIPC_OK;
        if (done) {
            box_answer(other, deed);
        } else {
            REQUIRE_STATUS(XIPC_E_TIMEOUT, calls[CALL_COUNT - 1].status);
        }
        for (int i = 0; i < CALL_COUNT - 1; i++) {
            REQUIRE_OK(box_call_end(&calls[i]));
        }
        REQUIRE_UINT(
            deed->is_sending ? deed->capacity : 0, xipc_mailbox_depth(box));
    }
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

BOX_SPEC(each_answer_at_a_mailbox_ends_one_wait, "MBOX-5 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(one_at_a_time);
}

/* ---- back and forth ---- */

/* Argument 0: how many times. */
PEER(an_echo_of_mailboxes)
{
    xipc_mailbox *there = box_joined("there");
    xipc_mailbox *back = box_joined("back");
    uint64_t end = strtoull(spec_argument(0), NULL, 10);

    for (uint64_t number = 0; number < end; number++) {
        REQUIRE_OK(box_receive(there, number, 33, XIPC_FOREVER));
        REQUIRE_OK(box_send(back, number, 34, XIPC_FOREVER));
    }
    xipc_mailbox_close(back);
    xipc_mailbox_close(there);
}

static void ping_pong(uint32_t capacity)
{
    xipc_mailbox *there = box_sized("there", capacity);
    xipc_mailbox *back = box_sized("back", capacity);
    unsigned rounds = rounds_here(2000, 300);
    spec_peer *peer;
    char text[16];

    snprintf(text, sizeof text, "%u", rounds);
    peer = START(an_echo_of_mailboxes, text);
    for (uint64_t number = 0; number < rounds; number++) {
        REQUIRE_OK(box_send(there, number, 33, XIPC_FOREVER));
        REQUIRE_OK(box_receive(back, number, 34, XIPC_FOREVER));
    }
    spec_join(peer);
    xipc_mailbox_close(back);
    xipc_mailbox_close(there);
}

BOX_SPEC(two_processes_answer_each_other_through_mailboxes, "MBOX-1 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_capacity(ping_pong);
}
