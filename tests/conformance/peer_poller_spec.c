/* SPDX-License-Identifier: Apache-2.0 */
/* Peers in pollers: when there is a message, from whomever. */
#include "support/peer_kit.h"
#include "support/poller_kit.h"

static xipc_poller *poller_at(xipc_peer *peer)
{
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_peer_object(peer), peer);
    return poller;
}

SPEC(a_peer_is_readable_when_there_is_a_message, "WAIT-1 WAIT-2 PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");
    xipc_peer *eve = peer_joined("eve");
    xipc_poller *poller = poller_at(bob);

    for (uint64_t number = 0; number < 50; number++) {
        require_silent(poller);
        peer_sends(ann, "bob", number, 10);
        require_told(poller, bob);
        require_told(poller, bob);
        peer_sends(eve, "bob", number, 10);
        require_told(poller, bob);
        peer_receives(bob, "ann", number, 10);
        require_told(poller, bob);
        peer_receives(bob, "eve", number, 10);
    }
    require_silent(poller);
    peer_sends(ann, "bob", 1, 10);
    xipc_peer_leave(ann);
    require_told(poller, bob);
    peer_receives(bob, "ann", 1, 10);
    require_silent(poller);

    xipc_poller_close(poller);
    xipc_peer_leave(bob);
    xipc_peer_leave(eve);
}

SPEC(a_poller_that_waits_is_told_of_a_message, "WAIT-1 WAIT-2 PEER-2")
{
    xipc_peer *bob = peer_joined("bob");
    spec_peer *hand = peer_hand_at("ann");
    xipc_poller *poller = poller_at(bob);

    hand_does(hand, "join", XIPC_OK);
    for (uint64_t number = 0; number < rounds_here(100, 20); number++) {
        poll_call call;

        poll_begin(&call, poller, XIPC_FOREVER);
        let_pass((int64_t)(number % 3));
        hand_does(hand, "send bob 7 10 now", XIPC_OK);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(XIPC_READABLE, told_of(&call.answer, bob));
        peer_receives(bob, "ann", 7, 10);
        require_silent(poller);
    }
    hand_ends(hand);
    xipc_poller_close(poller);
    xipc_peer_leave(bob);
}

SPEC(a_peer_cannot_be_waited_for_to_write, "WAIT-1 PEER-2")
{
    xipc_peer *bob = peer_joined("bob");
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(poller, xipc_peer_object(bob), XIPC_WRITABLE, NULL));
    xipc_poller_close(poller);
    xipc_peer_leave(bob);
}

SPEC(leaving_takes_a_peer_out_of_its_pollers, "WAIT-1 PEER-1")
{
    xipc_peer *bob = peer_joined("bob");
    xipc_poller *poller = poller_at(bob);

    xipc_peer_leave(bob);
    require_silent(poller);
    xipc_poller_close(poller);
}
