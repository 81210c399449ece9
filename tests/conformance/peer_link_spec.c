/* SPDX-License-Identifier: Apache-2.0 */
/* Links: one for each pair, made on first use, both ways. */
#include <stdio.h>

#include "support/peer_kit.h"

static unsigned inbox_count;

static int count_inbox(const xipc_listing *listing, void *context)
{
    (void)context;
    if (listing->kind == XIPC_KIND_INBOX) {
        inbox_count++;
    }
    return 0;
}

SPEC(two_peers_have_one_link_from_the_first_message_on, "PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");

    REQUIRE_UINT(0, xipc_peer_link_count(ann));
    peer_sends(ann, "bob", 1, 10);
    REQUIRE_UINT(1, xipc_peer_link_count(ann));
    REQUIRE_UINT(1, xipc_peer_link_count(bob));
    peer_receives(bob, "ann", 1, 10);
    peer_sends(bob, "ann", 2, 10);
    peer_receives(ann, "bob", 2, 10);
    REQUIRE_UINT(1, xipc_peer_link_count(ann));
    REQUIRE_UINT(1, xipc_peer_link_count(bob));
    inbox_count = 0;
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, count_inbox, NULL));
    REQUIRE_UINT(2, inbox_count);

    xipc_peer_leave(ann);
    REQUIRE_STATUS(XIPC_E_CLOSED, peer_receive(bob, "ann", 0, 0, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(bob, "ann", 1, 1, XIPC_NOW));
    REQUIRE_UINT(0, xipc_peer_link_count(bob));
    xipc_peer_leave(bob);
}

SPEC(receiving_alone_makes_no_link, "PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");

    REQUIRE_STATUS(XIPC_E_AGAIN, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_receive(ann, "bob", 0, 0, xipc_after_ms(20)));
    REQUIRE_UINT(0, xipc_peer_link_count(ann));
    REQUIRE_UINT(0, xipc_peer_link_count(bob));
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

typedef struct starter {
    xipc_peer *peer;
    const char *to;
    uint64_t number;
    spec_thread *thread;
} starter;

static void send_first(void *context)
{
    starter *self = context;

    REQUIRE_OK(peer_send(self->peer, self->to, self->number, 10, XIPC_FOREVER));
}

SPEC(there_is_one_link_though_both_begin_at_once, "PEER-1 GEN-6")
{
    for (unsigned i = 0; i < rounds_here(100, 20); i++) {
        xipc_peer *ann = peer_joined("ann");
        xipc_peer *bob = peer_joined("bob");
        starter starters[4] = {
            {ann, "bob", 1, NULL},
            {bob, "ann", 1, NULL},
            {ann, "bob", 1, NULL},
            {bob, "ann", 1, NULL}};

        for (int k = 0; k < 4; k++) {
            starters[k].thread = spec_thread_start(send_first, &starters[k]);
        }
        for (int k = 0; k < 4; k++) {
            spec_thread_join(starters[k].thread);
        }
        REQUIRE_UINT(1, xipc_peer_link_count(ann));
        REQUIRE_UINT(1, xipc_peer_link_count(bob));
        for (int k = 0; k < 2; k++) {
            peer_receives(ann, "bob", 1, 10);
            peer_receives(bob, "ann", 1, 10);
        }
        require_no_mail(ann);
        require_no_mail(bob);
        xipc_peer_leave(ann);
        xipc_peer_leave(bob);
    }
}

SPEC(a_peer_has_links_with_many, "PEER-1 PEER-2")
{
    enum { COUNT = 40 };
    xipc_peer *eve = peer_joined("eve");
    xipc_peer *others[COUNT];
    char name[16];

    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "p%d", i);
        others[i] = peer_joined(name);
        peer_sends(others[i], "eve", (uint64_t)i, 10);
    }
    REQUIRE_UINT(COUNT, xipc_peer_link_count(eve));
    for (int i = COUNT - 1; i >= 0; i--) {
        snprintf(name, sizeof name, "p%d", i);
        peer_receives(eve, name, (uint64_t)i, 10);
        peer_sends(eve, name, (uint64_t)i, 20);
    }
    REQUIRE_UINT(COUNT, xipc_peer_link_count(eve));
    for (int i = 0; i < COUNT; i++) {
        peer_receives(others[i], "eve", (uint64_t)i, 20);
        xipc_peer_leave(others[i]);
    }
    require_no_mail(eve);
    xipc_peer_leave(eve);
}

/* ---- no more than that ---- */

SPEC(a_peer_takes_as_many_links_as_it_said, "PEER-1")
{
    xipc_peer_options options = peer_shaped(100, 1000, 2);
    xipc_peer *eve = peer_joined_with("eve", &options);
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");
    xipc_peer *cat = peer_joined("cat");

    peer_sends(ann, "eve", 1, 10);
    peer_sends(bob, "eve", 2, 10);
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_send(cat, "eve", 3, 10, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_send(cat, "eve", 3, 10, xipc_after_ms(20)));
    REQUIRE_UINT(0, xipc_peer_link_count(cat));

    xipc_peer_leave(ann);
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_send(cat, "eve", 3, 10, XIPC_NOW));
    peer_receives(eve, "ann", 1, 10);
    peer_receives(eve, "bob", 2, 10);
    require_no_mail(eve);
    peer_sends(cat, "eve", 3, 10);
    peer_receives(eve, "cat", 3, 10);

    xipc_peer_leave(bob);
    xipc_peer_leave(cat);
    xipc_peer_leave(eve);
}

/* Receives from ann only, and yet makes room for those who come. */
PEER(a_peer_with_two_links)
{
    xipc_peer_options options = peer_shaped(100, 1000, 2);
    xipc_peer *eve = peer_joined_with("eve", &options);

    spec_tell(NULL, "here");
    REQUIRE_OK(peer_receive(eve, "ann", 1, 10, XIPC_FOREVER));
    REQUIRE_OK(peer_receive(eve, "ann", 2, 10, XIPC_FOREVER));
    REQUIRE_OK(peer_receive(eve, "cat", 3, 10, XIPC_FOREVER));
    xipc_peer_leave(eve);
}

SPEC(a_new_link_takes_the_place_of_one_that_ended, "PEER-1 GEN-11")
{
    spec_peer *eve = START(a_peer_with_two_links);
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *cat = peer_joined("cat");
    spec_peer *hand = peer_hand_at("bob");

    spec_expect(eve, "here");
    peer_sends(ann, "eve", 1, 10);
    /* Nobody receives it; so it is all there is of that link. */
    hand_does(hand, "join", XIPC_OK);
    hand_ends(hand);
    REQUIRE_OK(peer_send(cat, "eve", 3, 10, XIPC_FOREVER));
    peer_sends(ann, "eve", 2, 10);

    spec_join(eve);
    xipc_peer_leave(ann);
    xipc_peer_leave(cat);
}

/* It waits by name for one who waits for a place, which nobody frees but by
 * leaving meanwhile. */
PEER(one_that_waits_for_who_has_no_place_yet)
{
    xipc_peer_options options = peer_shaped(100, 1000, 1);
    xipc_peer *eve = peer_joined_with("eve", &options);

    spec_tell(NULL, "here");
    REQUIRE_OK(peer_receive(eve, "ann", 1, 10, XIPC_FOREVER));
    spec_tell(NULL, "received");
    REQUIRE_OK(peer_receive(eve, "cat", 3, 10, XIPC_FOREVER));
    xipc_peer_leave(eve);
}

static void send_to_eve(void *context)
{
    REQUIRE_OK(peer_send(context, "eve", 3, 10, XIPC_FOREVER));
}

SPEC(a_place_that_is_free_later_goes_to_who_waits_for_it, "PEER-1")
{
    spec_peer *eve = START(one_that_waits_for_who_has_no_place_yet);
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *cat = peer_joined("cat");
    spec_thread *thread;

    spec_expect(eve, "here");
    peer_sends(ann, "eve", 1, 10);
    spec_expect(eve, "received");
    thread = spec_thread_start(send_to_eve, cat);
    let_pass(20);
    xipc_peer_leave(ann);
    spec_thread_join(thread);
    spec_join(eve);
    xipc_peer_leave(cat);
}

/* ---- coming and going ---- */

SPEC(who_comes_later_under_a_name_has_a_link_of_its_own, "PEER-1 PEER-3")
{
    xipc_peer *ann = peer_joined("ann");

    for (unsigned i = 0; i < rounds_here(50, 20); i++) {
        xipc_peer *bob = peer_joined("bob");

        require_no_mail(bob);
        peer_sends(ann, "bob", i, 10);
        peer_sends(bob, "ann", i, 20);
        if (i % 2 == 0) {
            peer_receives(bob, "ann", i, 10);
        }
        xipc_peer_leave(bob);
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 0, 0, XIPC_NOW));
    }
    /* What those sent who left is still there, in their order. */
    for (unsigned i = 0; i < rounds_here(50, 20); i++) {
        peer_receives(ann, "bob", i, 20);
        REQUIRE_STATUS(
            XIPC_E_CLOSED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_receive(ann, "bob", 0, 0, XIPC_NOW));
    xipc_peer_leave(ann);
}

SPEC(a_peer_answers_more_than_it_has_links_for, "PEER-1 LIFE-1")
{
    unsigned count = rounds_here(400, 80);
    xipc_peer_options options = peer_shaped(100, 1000, 4);
    xipc_peer *eve = peer_joined_with("eve", &options);
    xipc_peer_mail mail;

    for (unsigned i = 0; i < count; i++) {
        char name[16];
        xipc_peer *one;

        snprintf(name, sizeof name, "p%u", i);
        one = peer_joined_with(name, &options);
        REQUIRE_OK(peer_send(one, "eve", i, 10, XIPC_NOW));
        REQUIRE_OK(peer_fetch(eve, &mail, XIPC_NOW));
        REQUIRE_TEXT(name, mail.sender);
        peer_sends(eve, name, i, 20);
        peer_receives(one, "eve", i, 20);
        xipc_peer_leave(one);
        require_no_mail(eve); /* and sees that it has left */
    }
    REQUIRE(xipc_peer_link_count(eve) < 4);
    xipc_peer_leave(eve);
    require_nothing_exists();
}

/* Who joins and leaves all the time is there, or is not, and nothing else. */
PEER(one_that_comes_and_goes)
{
    spec_tell(NULL, "here");
    for (unsigned i = 0; i < rounds_here(300, 40); i++) {
        xipc_peer *bob = peer_joined("bob");
        xipc_peer_mail mail;

        if (i % 4 == 0) {
            REQUIRE_OK(peer_fetch(bob, &mail, XIPC_FOREVER));
        }
        while (peer_fetch(bob, &mail, XIPC_NOW) == XIPC_OK) {
        }
        xipc_peer_leave(bob);
    }
    spec_tell(NULL, "done");
    spec_expect(NULL, "end");
}

typedef struct hurried {
    xipc_peer *ann;
    _Atomic int is_over;
    uint64_t sent;
} hurried;

static void send_all_the_time(void *context)
{
    hurried *self = context;

    while (!self->is_over) {
        xipc_status status =
            peer_send(self->ann, "bob", 1, 20, xipc_after_ms(10000));

        REQUIRE(status == XIPC_OK || status == XIPC_E_NOT_FOUND);
        self->sent += status == XIPC_OK ? 1U : 0U;
    }
}

SPEC(sending_to_one_that_comes_and_goes_finds_it_or_nobody, "PEER-1 PEER-3")
{
    hurried self = {peer_joined("ann"), 0, 0};
    spec_peer *bob = START(one_that_comes_and_goes);
    spec_thread *thread;

    spec_expect(bob, "here");
    thread = spec_thread_start(send_all_the_time, &self);
    spec_expect(bob, "done");
    self.is_over = 1;
    spec_thread_join(thread);
    REQUIRE(self.sent > 0);
    spec_tell(bob, "end");
    spec_join(bob);
    xipc_peer_leave(self.ann);
}

SPEC(what_was_sent_to_one_who_left_is_not_its_successors, "PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = peer_hand_at("bob");

    hand_does(hand, "join", XIPC_OK);
    peer_sends(ann, "bob", 1, 10);
    hand_does(hand, "quit", XIPC_OK);
    hand_does(hand, "join", XIPC_OK);
    peer_sends(ann, "bob", 2, 20);
    hand_does(hand, "receive ann 2 20", XIPC_OK);
    hand_ends(hand);
    xipc_peer_leave(ann);
}
