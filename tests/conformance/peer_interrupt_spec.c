/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits of one peer, and not those of another. */
#include "support/peer_kit.h"

/* One call of ann's that waits, and what lets it come to its end. */
typedef xipc_status peer_verb(xipc_peer *ann, xipc_deadline when);

static xipc_status send_it(xipc_peer *ann, xipc_deadline when)
{
    return peer_send(ann, "bob", 1, 100, when);
}

static xipc_status receive_it(xipc_peer *ann, xipc_deadline when)
{
    return peer_receive(ann, "bob", 1, 100, when);
}

static xipc_status receive_any(xipc_peer *ann, xipc_deadline when)
{
    xipc_peer_mail mail;

    return peer_fetch(ann, &mail, when);
}

typedef struct peer_call {
    xipc_peer *ann;
    peer_verb *verb;
    xipc_deadline deadline;
    xipc_status status;
    spec_thread *thread;
} peer_call;

static void make_call(void *context)
{
    peer_call *self = context;

    self->status = self->verb(self->ann, self->deadline);
}

static void call_begins(peer_call *self, xipc_deadline deadline)
{
    self->deadline = deadline;
    self->thread = spec_thread_start(make_call, self);
}

static xipc_status call_ends(peer_call *self)
{
    spec_thread_join(self->thread);
    return self->status;
}

static void canceled(const char *doing, peer_verb *verb)
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");
    xipc_object *object = xipc_peer_object(ann);
    peer_call calls[3] = {
        {ann, verb, 0, XIPC_OK, NULL},
        {ann, verb, 0, XIPC_OK, NULL},
        {ann, verb, 0, XIPC_OK, NULL}};

    spec_within(doing);
    if (verb == send_it) {
        peer_fill(ann, "bob", 1, 100);
    }
    for (int i = 0; i < 3; i++) {
        call_begins(&calls[i], i == 0 ? xipc_after_ms(600000) : XIPC_FOREVER);
    }
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    for (int i = 0; i < 3; i++) {
        REQUIRE_STATUS(XIPC_E_CANCELED, call_ends(&calls[i]));
        REQUIRE_STATUS(XIPC_E_CANCELED, verb(ann, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_AGAIN, verb(ann, XIPC_NOW));
    }
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, verb(ann, xipc_after_ms(2)));
    call_begins(&calls[0], XIPC_FOREVER);
    if (verb == send_it) {
        xipc_peer_mail mail;

        while (peer_fetch(bob, &mail, XIPC_NOW) == XIPC_OK) {
        }
    } else {
        peer_sends(bob, "ann", 1, 100);
    }
    REQUIRE_OK(call_ends(&calls[0]));
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
    spec_within(NULL);
}

SPEC(an_interrupt_ends_the_waits_of_a_peer_until_it_is_cleared, "GEN-5 PEER-2")
{
    canceled("sending", send_it);
    canceled("receiving", receive_it);
    canceled("receiving from anybody", receive_any);
}

SPEC(an_interrupt_ends_the_wait_for_a_link, "GEN-5 PEER-1")
{
    xipc_peer_options options = peer_shaped(1000, 1000, 1);
    xipc_peer *bob = peer_joined_with("bob", &options);
    xipc_peer *eve = peer_joined("eve");
    xipc_peer *ann = peer_joined("ann");
    peer_call call = {ann, send_it, 0, XIPC_OK, NULL};

    peer_sends(eve, "bob", 1, 10);
    call_begins(&call, XIPC_FOREVER);
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(xipc_peer_object(ann)));
    REQUIRE_STATUS(XIPC_E_CANCELED, call_ends(&call));
    xipc_peer_leave(ann);
    xipc_peer_leave(eve);
    xipc_peer_leave(bob);
}

SPEC(an_interrupt_is_nothing_to_the_other_peers, "GEN-5 PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");
    peer_call call = {ann, receive_it, 0, XIPC_OK, NULL};

    REQUIRE_OK(xipc_interrupt(xipc_peer_object(bob)));
    call_begins(&call, XIPC_FOREVER);
    let_pass(4);
    peer_sends(bob, "ann", 1, 100);
    REQUIRE_OK(call_ends(&call));
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}
