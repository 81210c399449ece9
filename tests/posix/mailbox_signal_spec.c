/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that interrupt the waits of a mailbox again and again, and do not
 * change them. */
#include "posix/alarm_kit.h"
#include "support/mailbox_kit.h"

enum { VAIN_MS = 40, ROUNDS = 20, MANY = 40 };

static void in_vain(const box_deed *deed)
{
    xipc_mailbox *box = box_to_wait_at("a", deed);
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);

    alarms_begin();
    REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(box, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    alarms_end();

    xipc_mailbox_close(box);
}

BOX_SPEC(a_signal_does_not_shorten_the_wait_at_a_mailbox, "GEN-3 GEN-4 MBOX-6")
{
    for_each_box_deed(in_vain);
}

static void comes_true(uint32_t capacity)
{
    xipc_mailbox *box = box_sized("a", capacity);
    spec_peer *hand = box_hand_at("a");

    hand_does(hand, "open", XIPC_OK);
    alarms_begin();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        spec_tell(hand, "produce 0 40 250");
        for (uint64_t number = 0; number < MANY; number++) {
            REQUIRE_OK(box_receive(
                box, number, message_size(number, 250), XIPC_FOREVER));
        }
        hand_answers(hand, XIPC_OK);
        REQUIRE_UINT(MANY, hand_count(hand));
        spec_tell(hand, "consume 0 40 250");
        for (uint64_t number = 0; number < MANY; number++) {
            REQUIRE_OK(
                box_send(box, number, message_size(number, 250), XIPC_FOREVER));
        }
        hand_answers(hand, XIPC_OK);
        REQUIRE_UINT(MANY, hand_count(hand));
    }
    require_no_message(box);
    let_pass(5);
    alarms_end();

    hand_ends(hand);
    xipc_mailbox_close(box);
}

BOX_SPEC(
    a_signal_does_not_end_a_wait_at_a_mailbox_that_comes_true, "GEN-3 MBOX-6")
{
    for_each_capacity(comes_true);
}
