/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of messages to and from those that are not there any more. */
#include "support/peer_kit.h"

SPEC(nobody_is_sent_to_under_a_name_that_nobody_has, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_FOREVER));
    xipc_peer_leave(ann);
}

static spec_peer *
friend_of(xipc_peer *ann, const char *order, uint64_t number, size_t size)
{
    spec_peer *hand = peer_hand_at("bob");

    hand_does(hand, order, XIPC_OK);
    if (size > 0) {
        peer_sends(ann, "bob", number, size);
    }
    return hand;
}

SPEC(sending_to_one_that_died_says_so_once, "PEER-3 GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "join", 1, 10);

    spec_kill(hand);
    let_pass(20);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send_until(ann, "bob", XIPC_OK));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(answering_one_that_died_says_so, "PEER-3 GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);

    peer_receives(ann, "bob", 1, 10);
    spec_kill(hand);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send_until(ann, "bob", XIPC_OK));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(a_death_that_a_send_tells_of_is_not_told_by_another_one, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 2, 10);

    peer_receives(ann, "bob", 1, 10);
    spec_kill(hand);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send_until(ann, "bob", XIPC_OK));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(an_answer_to_one_that_died_is_not_its_successors, "PEER-1 PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);
    xipc_peer *bob;

    peer_receives(ann, "bob", 1, 10);
    spec_kill(hand);
    bob = peer_joined_soon("bob");
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send(ann, "bob", 2, 10, XIPC_NOW));
    peer_sends(ann, "bob", 3, 10);
    peer_receives(bob, "ann", 3, 10);
    require_no_mail(bob);
    xipc_peer_leave(bob);
    xipc_peer_leave(ann);
}

SPEC(sending_to_one_that_left_finds_nobody, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "join", 1, 10);

    hand_does(hand, "quit", XIPC_OK);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    hand_ends(hand);
    xipc_peer_leave(ann);
}

SPEC(the_last_messages_of_the_dead_come_before_word_of_its_death, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);

    hand_does(hand, "send ann 2 20", XIPC_OK);
    spec_kill(hand);
    peer_receives(ann, "bob", 1, 10);
    peer_receives(ann, "bob", 2, 20);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(who_was_told_of_a_death_sends_nothing_more, "PEER-3 GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 2, 10);

    peer_receives(ann, "bob", 1, 10);
    spec_kill(hand);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send(ann, "bob", 5, 10, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 5, 10, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(the_last_messages_of_one_who_left_come_first_too, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);

    hand_does(hand, "send ann 2 20", XIPC_OK);
    hand_ends(hand);
    peer_receives(ann, "bob", 1, 10);
    peer_receives(ann, "bob", 2, 20);
    REQUIRE_STATUS(XIPC_E_CLOSED, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(a_message_survives_the_death_of_its_sender_before_it_is_seen, "GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);
    xipc_peer_mail mail;

    spec_kill(hand);
    hand = friend_of(ann, "send ann 2 20", 0, 0);
    spec_kill(hand);
    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    REQUIRE_UINT(1, mail.type);
    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    REQUIRE_UINT(2, mail.type);
    require_no_mail(ann);
    xipc_peer_leave(ann);
}

SPEC(who_receives_from_anybody_can_ask_for_one_that_died, "PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);
    xipc_peer_mail mail;

    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    spec_kill(hand);
    /* Long enough to have asked who lives. */
    REQUIRE_STATUS(XIPC_E_TIMEOUT, peer_fetch(ann, &mail, xipc_after_ms(60)));
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(one_whose_place_was_needed_is_told_of_to_who_sends, "PEER-3")
{
    xipc_peer_options options = peer_shaped(100, 1000, 1);
    xipc_peer *ann = peer_joined_with("ann", &options);
    spec_peer *hand = friend_of(ann, "send ann 1 10", 2, 10);
    xipc_peer_mail mail;

    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    spec_kill(hand);
    while (xipc_peer_link_count(ann) > 0) {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, peer_fetch(ann, &mail, xipc_after_ms(20)));
    }
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send(ann, "bob", 3, 1, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 3, 1, XIPC_NOW));
    xipc_peer_leave(ann);
}

static xipc_status try_to_receive(xipc_peer *peer, const char *from)
{
    xipc_peer_mail mail;

    return peer_fetch_from(peer, from, &mail, XIPC_NOW);
}

SPEC(who_only_tries_one_after_the_other_is_told, "PEER-3 GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *eve = peer_joined("eve");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 0, 0);
    xipc_status status;
    int64_t start;

    peer_sends(eve, "ann", 2, 10);
    peer_receives(ann, "eve", 2, 10);
    peer_receives(ann, "bob", 1, 10);
    for (int turn = 0; turn < 10; turn++) {
        REQUIRE_STATUS(XIPC_E_AGAIN, try_to_receive(ann, "bob"));
        REQUIRE_STATUS(XIPC_E_AGAIN, try_to_receive(ann, "eve"));
    }
    spec_kill(hand);
    start = spec_now_ns();
    do {
        let_pass(1);
        status = try_to_receive(ann, "bob");
        REQUIRE_STATUS(XIPC_E_AGAIN, try_to_receive(ann, "eve"));
    } while (status == XIPC_E_AGAIN && is_within(start, INT64_C(1000000000)));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    xipc_peer_leave(eve);
    xipc_peer_leave(ann);
}

/* ---- those who wait ---- */

typedef struct waiter {
    xipc_peer *peer;
    xipc_status status;
    spec_thread *thread;
} waiter;

static void wait_for_bob(void *context)
{
    waiter *self = context;
    xipc_peer_mail mail;

    self->status = peer_fetch_from(self->peer, "bob", &mail, XIPC_FOREVER);
}

static void wait_for_room_at_bob(void *context)
{
    waiter *self = context;

    do {
        self->status = peer_send(self->peer, "bob", 1, 500, XIPC_FOREVER);
    } while (self->status == XIPC_OK);
}

static void require_told(spec_thread_body *body, int is_death)
{
    xipc_peer *ann = peer_joined("ann");
    /* Whoever waits has sent something: it is that link which ends. */
    spec_peer *hand = friend_of(ann, "join", 1, 10);
    waiter self = {ann, XIPC_OK, NULL};
    xipc_status gone = is_death ? XIPC_E_PEER_DIED : XIPC_E_CLOSED;
    int64_t start;

    self.thread = spec_thread_start(body, &self);
    let_pass(20);
    if (is_death) {
        spec_kill(hand);
    } else {
        hand_does(hand, "quit", XIPC_OK);
    }
    start = spec_now_ns();
    spec_thread_join(self.thread);
    spec_note("told after %lld us", (long long)(spec_now_ns() - start) / 1000);
    REQUIRE(is_within(start, INT64_C(1000000000)));
    REQUIRE_STATUS(
        body == wait_for_bob ? gone : (is_death ? gone : XIPC_E_NOT_FOUND),
        self.status);
    if (!is_death) {
        hand_ends(hand);
    }
    xipc_peer_leave(ann);
}

SPEC(who_waits_for_a_message_of_one_that_dies_is_told, "PEER-3 GEN-11")
{
    require_told(wait_for_bob, 1);
}

SPEC(who_waits_for_a_message_of_one_that_leaves_is_told, "PEER-3")
{
    require_told(wait_for_bob, 0);
}

SPEC(who_waits_for_room_at_one_that_dies_is_told, "PEER-3 GEN-11")
{
    require_told(wait_for_room_at_bob, 1);
}

SPEC(who_waits_for_room_at_one_that_leaves_is_told, "PEER-3")
{
    require_told(wait_for_room_at_bob, 0);
}

PEER(one_that_takes_a_single_link)
{
    xipc_peer_options options = peer_shaped(1000, 4000, 1);
    xipc_peer *bob = peer_joined_with("bob", &options);

    spec_tell(NULL, "here");
    spec_expect(NULL, "leave");
    xipc_peer_leave(bob);
    spec_tell(NULL, "left");
    spec_expect(NULL, "end");
}

/* Another one has the only place, so what is waited for is that. */
static void require_told_of_no_place(int is_death)
{
    spec_peer *bob = START(one_that_takes_a_single_link);
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *eve = peer_joined("eve");
    waiter self = {ann, XIPC_OK, NULL};

    spec_expect(bob, "here");
    peer_sends(eve, "bob", 1, 10);
    self.thread = spec_thread_start(wait_for_room_at_bob, &self);
    let_pass(20);
    if (is_death) {
        spec_kill(bob);
    } else {
        spec_tell(bob, "leave");
    }
    spec_thread_join(self.thread);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, self.status);
    if (!is_death) {
        spec_expect(bob, "left");
        spec_tell(bob, "end");
        spec_join(bob);
    }
    xipc_peer_leave(eve);
    xipc_peer_leave(ann);
}

SPEC(who_waits_for_a_place_at_one_that_dies_is_told, "PEER-3 GEN-11")
{
    require_told_of_no_place(1);
}

SPEC(who_waits_for_a_place_at_one_that_leaves_is_told, "PEER-3")
{
    require_told_of_no_place(0);
}

/* Whoever begins to wait after a send was told waits for the next one of that
 * name. 0: so it was. */
static int is_told_of_what_a_send_meets(void)
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = friend_of(ann, "join", 1, 10);
    waiter self = {ann, XIPC_OK, NULL};
    xipc_peer *bob;

    self.thread = spec_thread_start(wait_for_bob, &self);
    let_pass(20);
    spec_kill(hand);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send_until(ann, "bob", XIPC_OK));
    bob = peer_joined_soon("bob");
    peer_sends(bob, "ann", 2, 10);
    spec_thread_join(self.thread);
    REQUIRE(self.status == XIPC_OK || self.status == XIPC_E_PEER_DIED);
    xipc_peer_leave(bob);
    xipc_peer_leave(ann);
    return self.status == XIPC_E_PEER_DIED;
}

SPEC(who_waits_for_one_is_told_of_its_death_that_a_send_meets, "PEER-3 GEN-6")
{
    int is_told = 0;

    for (int round = 0; !is_told && round < 20; round++) {
        is_told = is_told_of_what_a_send_meets();
    }
    REQUIRE(is_told);
}

SPEC(the_death_of_one_peer_is_nothing_to_the_others, "PEER-3 GEN-11")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *eve = peer_joined("eve");
    spec_peer *hand = friend_of(ann, "send ann 1 10", 2, 10);
    xipc_peer_mail mail;

    peer_sends(eve, "ann", 3, 10);
    spec_kill(hand);
    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    REQUIRE_OK(peer_fetch(ann, &mail, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, peer_fetch(ann, &mail, xipc_after_ms(50)));
    peer_sends(eve, "ann", 4, 10);
    peer_receives(ann, "eve", 4, 10);
    xipc_peer_leave(eve);
    xipc_peer_leave(ann);
}
