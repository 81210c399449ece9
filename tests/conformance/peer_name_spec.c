/* SPDX-License-Identifier: Apache-2.0 */
/* Names of peers: who has one, and when it is free. */
#include <string.h>

#include "support/peer_kit.h"

static void require_taken(const char *name)
{
    xipc_peer *peer = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_peer_join(name, NULL, XIPC_FOREVER, &peer));
    REQUIRE(peer == UNTOUCHED);
}

SPEC(a_peer_knows_what_it_joined_as, "PEER-1")
{
    xipc_peer_options options = peer_shaped(100, 5000, 3);
    xipc_peer *ann = peer_joined_with("ann", &options);
    xipc_peer *bob = peer_joined("bob");

    REQUIRE_TEXT("ann", xipc_peer_name(ann));
    REQUIRE_UINT(100, xipc_peer_message_max(ann));
    REQUIRE_UINT(XIPC_PEER_MESSAGE_MAX_DEFAULT, xipc_peer_message_max(bob));
    REQUIRE_UINT(0, xipc_peer_link_count(ann));

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(a_name_has_one_peer_at_a_time, "PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    spec_peer *hand = peer_hand_at("ann");

    require_taken("ann");
    hand_does(hand, "join", XIPC_E_EXISTS);
    xipc_peer_leave(ann);

    hand_does(hand, "join", XIPC_OK);
    require_taken("ann");
    hand_does(hand, "quit", XIPC_OK);
    ann = peer_joined("ann");
    hand_ends(hand);
    xipc_peer_leave(ann);
}

SPEC(a_dead_peers_name_is_free, "PEER-1 GEN-11")
{
    spec_peer *hand = peer_hand_at("ann");
    xipc_peer *ann;

    hand_does(hand, "join", XIPC_OK);
    require_taken("ann");
    spec_kill(hand);
    ann = peer_joined_soon("ann");
    xipc_peer_leave(ann);
}

SPEC(the_name_of_one_who_ended_without_leaving_is_free, "PEER-1 GEN-11")
{
    spec_peer *hand = peer_hand_at("ann");
    xipc_peer *ann;

    hand_does(hand, "join", XIPC_OK);
    hand_leaves(hand);
    ann = peer_joined_soon("ann");
    xipc_peer_leave(ann);
}

SPEC(a_dead_peers_name_is_free_while_others_still_have_a_link_with_it, "PEER-1")
{
    xipc_peer *bob = peer_joined("bob");
    spec_peer *hand = peer_hand_at("ann");
    xipc_peer *ann;

    hand_does(hand, "send bob 1 10 now", XIPC_OK);
    peer_sends(bob, "ann", 2, 20);
    spec_kill(hand);
    ann = peer_joined_soon("ann");
    require_no_mail(ann);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

typedef struct joiner {
    spec_thread *thread;
    unsigned count;
} joiner;

static void join_and_leave(void *context)
{
    joiner *self = context;

    for (unsigned i = 0; i < rounds_here(300, 40); i++) {
        xipc_peer *peer = NULL;
        xipc_status status = xipc_peer_join("ann", NULL, XIPC_FOREVER, &peer);

        if (status == XIPC_OK) {
            self->count++;
            require_taken("ann");
            xipc_peer_leave(peer);
        } else {
            REQUIRE_STATUS(XIPC_E_EXISTS, status);
        }
    }
}

SPEC(of_many_who_join_at_once_one_has_the_name, "PEER-1 GEN-6")
{
    joiner joiners[3] = {{NULL, 0}};
    unsigned count = 0;

    for (int i = 0; i < 3; i++) {
        joiners[i].thread = spec_thread_start(join_and_leave, &joiners[i]);
    }
    for (int i = 0; i < 3; i++) {
        spec_thread_join(joiners[i].thread);
        count += joiners[i].count;
    }
    REQUIRE(count > 0);
}

SPEC(a_process_can_be_many_peers, "PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");

    peer_sends(ann, "bob", 1, 10);
    peer_sends(bob, "ann", 2, 20);
    peer_receives(ann, "bob", 2, 20);
    peer_receives(bob, "ann", 1, 10);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(names_of_peers_do_not_meet_those_of_other_kinds, "NAME-2 PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_section *section = section_created("ann", 100);

    xipc_section_close(section);
    xipc_peer_leave(ann);
}

SPEC(the_longest_names_have_a_link, "NAME-1 PEER-1")
{
    char names[2][XIPC_NAME_MAX + 1];
    xipc_peer *ann;
    xipc_peer *bob;
    xipc_peer_mail mail;

    for (int i = 0; i < 2; i++) {
        memset(names[i], 'n', XIPC_NAME_MAX);
        names[i][XIPC_NAME_MAX - 1] = (char)('a' + i);
        names[i][XIPC_NAME_MAX] = '\0';
    }
    ann = peer_joined(names[0]);
    bob = peer_joined(names[1]);
    peer_sends(ann, names[1], 1, 10);
    REQUIRE_OK(peer_fetch(bob, &mail, XIPC_NOW));
    REQUIRE_TEXT(names[0], mail.sender);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

static int find_peer(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    if (listing->kind == XIPC_KIND_PEER && strcmp(listing->name, "ann") == 0) {
        REQUIRE_TEXT("peer", xipc_kind_name(listing->kind));
        REQUIRE_UINT(1, listing->holder_count);
        ++*count;
    }
    return 0;
}

SPEC(a_peer_is_listed_as_long_as_it_is_there, "LIFE-7 PEER-1")
{
    unsigned count = 0;
    xipc_peer *ann = peer_joined("ann");

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, find_peer, &count));
    REQUIRE_UINT(1, count);
    xipc_peer_leave(ann);
    require_nothing_exists();
}

SPEC(when_all_peers_are_gone_nothing_is_left, "LIFE-1 PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");

    peer_sends(ann, "bob", 1, 10);
    peer_sends(bob, "ann", 1, 10);
    xipc_peer_leave(bob);
    xipc_peer_leave(ann);
    require_nothing_exists();
}

SPEC(a_machines_peers_are_others_than_a_users, "NAME-5 PEER-1")
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *other;
    xipc_peer *bob;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    options.naming.scope = XIPC_SCOPE_MACHINE;
    other = peer_joined_with("ann", &options);
    bob = peer_joined_with("bob", &options);
    peer_sends(bob, "ann", 1, 10);
    require_no_mail(ann);
    peer_receives(other, "bob", 1, 10);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 10, XIPC_NOW));

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
    xipc_peer_leave(other);
}
