/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between peers: what arrives, from whom, and when one has to wait. */
#include <stdio.h>

#include "support/peer_kit.h"

typedef struct couple {
    xipc_peer *ann;
    xipc_peer *bob;
} couple;

static couple couple_made(void)
{
    couple self = {peer_joined("ann"), peer_joined("bob")};

    return self;
}

static void couple_leaves(couple *self)
{
    xipc_peer_leave(self->ann);
    xipc_peer_leave(self->bob);
}

SPEC(messages_between_two_peers_arrive_whole_and_in_order, "PEER-2")
{
    couple self = couple_made();

    for (uint64_t lap = 0; lap < 200; lap++) {
        for (uint64_t i = 0; i < 5; i++) {
            peer_sends(
                self.ann, "bob", lap * 5 + i, message_size(lap * 5 + i, 900));
        }
        for (uint64_t i = 0; i < 5; i++) {
            peer_receives(
                self.bob, "ann", lap * 5 + i, message_size(lap * 5 + i, 900));
        }
        require_no_mail(self.bob);
    }
    couple_leaves(&self);
}

SPEC(a_message_may_have_no_bytes, "PEER-2")
{
    couple self = couple_made();
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;

    REQUIRE_OK(xipc_peer_send(self.ann, "bob", NULL, 0, 7, XIPC_NOW));
    REQUIRE_OK(xipc_peer_receive_any(self.bob, NULL, 0, &mail, XIPC_NOW));
    REQUIRE_UINT(0, mail.size);
    REQUIRE_UINT(7, mail.type);
    couple_leaves(&self);
}

SPEC(the_receiver_from_anybody_learns_who_it_was, "PEER-2")
{
    couple self = couple_made();
    xipc_peer *eve = peer_joined("eve");
    spec_peer *hand = peer_hand_at("hal");
    xipc_peer_mail mail;

    peer_sends(self.ann, "eve", 1, 10);
    REQUIRE_OK(peer_fetch(eve, &mail, XIPC_NOW));
    REQUIRE_TEXT("ann", mail.sender);
    peer_sends(self.bob, "eve", 2, 10);
    REQUIRE_OK(peer_fetch(eve, &mail, XIPC_NOW));
    REQUIRE_TEXT("bob", mail.sender);
    hand_does(hand, "send eve 3 10 now", XIPC_OK);
    REQUIRE_OK(peer_fetch(eve, &mail, XIPC_NOW));
    REQUIRE_TEXT("hal", mail.sender);
    REQUIRE_UINT((uint64_t)spec_peer_id(hand), mail.sender_process);

    hand_ends(hand);
    xipc_peer_leave(eve);
    couple_leaves(&self);
}

SPEC(whoever_names_a_sender_gets_only_what_is_from_it, "PEER-2")
{
    couple self = couple_made();
    xipc_peer *eve = peer_joined("eve");
    xipc_peer_mail mail;

    peer_sends(self.ann, "eve", 1, 10);
    peer_sends(self.ann, "eve", 2, 10);
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_fetch_from(eve, "bob", &mail, XIPC_NOW));
    peer_sends(self.bob, "eve", 3, 10);
    peer_receives(eve, "bob", 3, 10);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_fetch_from(eve, "bob", &mail, xipc_after_ms(20)));
    peer_receives(eve, "ann", 1, 10);
    peer_receives(eve, "ann", 2, 10);

    xipc_peer_leave(eve);
    couple_leaves(&self);
}

SPEC(those_who_send_take_turns, "PEER-2")
{
    xipc_peer *eve = peer_joined("eve");
    xipc_peer *others[4];
    const char *const names[4] = {"a", "b", "c", "d"};
    unsigned counts[4] = {0};
    xipc_peer_mail mail;

    for (int i = 0; i < 4; i++) {
        others[i] = peer_joined(names[i]);
        for (uint64_t number = 0; number < 20; number++) {
            peer_sends(others[i], "eve", number, 10);
        }
    }
    for (unsigned i = 0; i < 80; i++) {
        unsigned who;

        REQUIRE_OK(peer_fetch(eve, &mail, XIPC_NOW));
        who = (unsigned)(mail.sender[0] - 'a');
        REQUIRE(who < 4);
        REQUIRE_UINT(counts[who], mail.type);
        counts[who]++;
        REQUIRE_UINT(i / 4 + 1, counts[who]);
    }
    require_no_mail(eve);
    for (int i = 0; i < 4; i++) {
        xipc_peer_leave(others[i]);
    }
    xipc_peer_leave(eve);
}

SPEC(a_peer_that_floods_another_keeps_nobody_else_from_it, "PEER-2 PEER-1")
{
    couple self = couple_made();
    xipc_peer *eve = peer_joined("eve");
    uint64_t count = peer_fill(self.ann, "eve", 0, 100);

    REQUIRE(count > 100);
    peer_sends(self.bob, "eve", 7, 10);
    peer_receives(eve, "bob", 7, 10);
    peer_sends(self.ann, "bob", 8, 10);
    peer_receives(self.bob, "ann", 8, 10);
    peer_sends(eve, "ann", 9, 10);
    peer_receives(self.ann, "eve", 9, 10);
    for (uint64_t number = 0; number < count; number++) {
        peer_receives(eve, "ann", number, 100);
    }
    require_no_mail(eve);
    REQUIRE(peer_fill(self.ann, "eve", 0, 100) + 2 >= count);

    xipc_peer_leave(eve);
    couple_leaves(&self);
}

SPEC(a_capacity_has_room_for_two_of_the_longest_messages, "PEER-2")
{
    xipc_peer_options options = peer_shaped(1000, 0, 2);
    xipc_peer *bob = peer_joined_with("bob", &options);
    xipc_peer *ann = peer_joined("ann");

    for (uint64_t number = 0; number < 30; number++) {
        REQUIRE(peer_fill(ann, "bob", number, 1000) >= 1);
        peer_receives(bob, "ann", number, 1000);
        while (peer_receive(bob, "ann", number + 1, 1000, XIPC_NOW) ==
               XIPC_OK) {
        }
    }
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(a_message_that_is_too_big_is_not_sent, "PEER-2")
{
    xipc_peer_options options = peer_shaped(100, 5000, 2);
    xipc_peer *bob = peer_joined_with("bob", &options);
    xipc_peer *ann = peer_joined("ann");

    REQUIRE_STATUS(XIPC_E_TOO_BIG, peer_send(ann, "bob", 1, 101, XIPC_NOW));
    REQUIRE_UINT(0, xipc_peer_link_count(ann));
    require_no_mail(bob);
    peer_sends(ann, "bob", 2, 100);
    REQUIRE_STATUS(XIPC_E_TOO_BIG, peer_send(ann, "bob", 3, 101, XIPC_NOW));
    peer_receives(bob, "ann", 2, 100);
    require_no_mail(bob);
    peer_sends(bob, "ann", 4, 101);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(a_message_stays_for_whom_it_is_too_large, "PEER-2")
{
    couple self = couple_made();
    char buffer[10] = "untouched";
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;

    peer_sends(self.ann, "bob", 1, 11);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_peer_receive_any(self.bob, buffer, 10, &mail, XIPC_FOREVER));
    REQUIRE_UINT(11, mail.size);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_peer_receive(self.bob, "ann", buffer, 10, &mail, XIPC_FOREVER));
    REQUIRE_TEXT("untouched", buffer);
    REQUIRE_TEXT("", mail.sender);
    peer_receives(self.bob, "ann", 1, 11);
    couple_leaves(&self);
}

SPEC(receiving_when_nothing_comes_ends_at_its_deadline, "PEER-2 GEN-4")
{
    couple self = couple_made();
    xipc_deadline deadline = xipc_after_ms(30);
    xipc_peer_mail mail;

    REQUIRE_STATUS(XIPC_E_TIMEOUT, peer_fetch(self.bob, &mail, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    deadline = xipc_after_ms(30);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_fetch_from(self.bob, "ann", &mail, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, peer_fetch_from(self.bob, "ann", &mail, XIPC_NOW));
    couple_leaves(&self);
}

SPEC(sending_without_room_ends_at_its_deadline, "PEER-2 GEN-4")
{
    couple self = couple_made();
    uint64_t count = peer_fill(self.ann, "bob", 0, 100);
    xipc_deadline deadline = xipc_after_ms(30);

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_send(self.ann, "bob", count, 100, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    for (uint64_t number = 0; number < count; number++) {
        peer_receives(self.bob, "ann", number, 100);
    }
    require_no_mail(self.bob);
    couple_leaves(&self);
}

SPEC(a_receiver_waits_for_a_message, "PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = peer_hand_at("bob");

    hand_does(hand, "join", XIPC_OK);
    for (uint64_t number = 0; number < rounds_here(100, 20); number++) {
        spec_tell(
            hand,
            number % 2 == 0 ? "receive ann 5 10" : "receive ann 5 10 20000");
        let_pass(number % 3 == 0 ? 2 : 0);
        peer_sends(ann, "bob", 5, 10);
        hand_answers(hand, XIPC_OK);
    }
    hand_ends(hand);
    xipc_peer_leave(ann);
}

SPEC(a_receiver_waits_for_a_peer_to_come, "PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = peer_hand_at("bob");

    spec_tell(hand, "send ann 5 10");
    REQUIRE_OK(peer_receive(ann, "bob", 5, 10, XIPC_FOREVER));
    hand_answers(hand, XIPC_OK);
    hand_ends(hand);
    xipc_peer_leave(ann);
}

SPEC(a_sender_waits_for_room, "PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = peer_hand_at("bob");
    uint64_t count;

    hand_does(hand, "join", XIPC_OK);
    count = peer_fill(ann, "bob", 0, 100);
    /* At the end of its memory one takes the room of two. */
    hand_does(hand, "receive ann 0 100", XIPC_OK);
    for (uint64_t number = 0; number < rounds_here(100, 20); number++) {
        char order[64];

        snprintf(
            order, sizeof order, "receive ann %llu 100",
            (unsigned long long)number + 1);
        spec_tell(hand, order);
        REQUIRE_OK(peer_send(ann, "bob", number + count, 100, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
    }
    hand_ends(hand);
    xipc_peer_leave(ann);
}

SPEC(two_peers_talk_both_ways_at_once, "PEER-1 PEER-2")
{
    spec_peer *hand = peer_hand_at("bob");
    spec_peer *other = peer_hand_at("ann");
    unsigned count = rounds_here(20000, 2000);
    char order[64];

    hand_does(hand, "join", XIPC_OK);
    hand_does(other, "join", XIPC_OK);
    for (int lap = 0; lap < 2; lap++) {
        snprintf(
            order, sizeof order, "produce %s 0 %u 900", lap ? "ann" : "bob",
            count);
        spec_tell(lap ? hand : other, order);
        snprintf(
            order, sizeof order, "consume %s 0 %u 900", lap ? "bob" : "ann",
            count);
        hand_does(lap ? other : hand, order, XIPC_OK);
        hand_answers(lap ? hand : other, XIPC_OK);
    }
    hand_ends(hand);
    hand_ends(other);
}
