/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that interrupt the waits of a ring again and again, and do not change
 * them. */
#include "posix/alarm_kit.h"
#include "support/ring_kit.h"

enum { VAIN_MS = 40 };

static void in_vain(const ring_deed *deed, xipc_ring_wait wait)
{
    xipc_ring *ring = ring_to_wait_at("a", deed, wait);
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);

    alarms_begin();
    REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(ring, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_ring_wait_peer(ring, xipc_after_ms(5)));
    alarms_end();

    xipc_ring_close(ring);
}

SPEC(a_signal_does_not_shorten_the_wait_of_a_side, "GEN-3 GEN-4 RING-2")
{
    for_each_deed(in_vain);
}

static void comes_true(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(512, XIPC_RING_MESSAGES, wait);
    xipc_ring *consumer = ring_made("a", XIPC_RING_CONSUMER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_PRODUCER);

    hand_does(hand, "open", XIPC_OK);
    alarms_begin();
    for (uint64_t i = 0; i < 20; i++) {
        spec_tell(hand, "produce 0 40 250");
        for (uint64_t number = 0; number < 40; number++) {
            REQUIRE_OK(ring_receive(
                consumer, number, message_size(number, 250), XIPC_FOREVER));
        }
        hand_answers(hand, XIPC_OK);
        REQUIRE_UINT(40, hand_count(hand));
    }
    require_empty(consumer);
    let_pass(5);
    alarms_end();

    hand_ends(hand);
    xipc_ring_close(consumer);
}

SPEC(a_signal_does_not_end_a_wait_of_a_side_that_comes_true, "GEN-3 RING-2")
{
    for_each_wait(comes_true);
}
