/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A side of a ring dies at each step of waiting in vain for the other one.
 * Nothing is lost by it, and the other side goes on.
 */
#include <stdio.h>

#include "support/kill_anywhere.h"
#include "support/ring_kit.h"

enum { CAPACITY = 256, SIZE = 16, VAIN_MS = 12 };

/* The side of the dead, which the case has after them; the other one is a
 * process. */
typedef struct survivor {
    xipc_ring *ring;
    spec_peer *hand;
    unsigned next; /* the first message that nobody took yet */
    unsigned end;  /* the first that was not sent */
} survivor;

static survivor survivor_of(xipc_ring_role role)
{
    xipc_ring_options options =
        ring_shaped(CAPACITY, XIPC_RING_MESSAGES, XIPC_RING_PARK);
    survivor self = {
        ring_made("a", role, &options), ring_hand_at("a", other_role(role)), 0,
        0};

    hand_does(self.hand, "open", XIPC_OK);
    return self;
}

static void survivor_ends(survivor *self)
{
    xipc_ring_close(self->ring);
    hand_ends(self->hand);
}

static void the_place_is_free(void *context)
{
    survivor *self = context;

    xipc_ring_close(self->ring);
    self->ring = NULL;
}

static void hand_has(survivor *self, const char *verb, unsigned number)
{
    char order[40];

    snprintf(order, sizeof order, "%s %u 16", verb, number);
    hand_does(self->hand, order, XIPC_OK);
}

/* Whoever comes next has it, and nothing else. */
static void what_is_sent_then_comes(void *context)
{
    survivor *self = context;

    hand_has(self, "send", self->end++);
    hand_has(self, "send", self->end++);
    self->ring = ring_joined("a", XIPC_RING_CONSUMER);
    for (; self->next < self->end; self->next++) {
        receives(self->ring, self->next, SIZE);
    }
    require_empty(self->ring);
}

KILLED(waits_for_a_message)
{
    xipc_ring *ring = ring_joined("a", XIPC_RING_CONSUMER);
    unsigned char bytes[SIZE];
    size_t size = 0;

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_ring_receive(ring, bytes, SIZE, &size, xipc_after_ms(VAIN_MS)));
    kill_end();
    xipc_ring_close(ring);
}

SPEC(a_consumer_who_dies_waiting_takes_nothing_along, "GEN-11 RING-4 RING-2")
{
    survivor self = survivor_of(XIPC_RING_CONSUMER);
    kill_plan plan = {the_place_is_free, what_is_sent_then_comes, NULL, &self};

    KILL_ANYWHERE(waits_for_a_message, &plan);
    survivor_ends(&self);
}

static void the_ring_is_full(void *context)
{
    survivor *self = context;

    self->end += (unsigned)fill_up(self->ring, self->end, SIZE);
    the_place_is_free(context);
}

/* The first is taken: then one more goes in, and that is the next one. */
static void the_next_one_goes_in(void *context)
{
    survivor *self = context;

    hand_has(self, "receive", self->next++);
    self->ring = ring_joined("a", XIPC_RING_PRODUCER);
    sends(self->ring, self->end++, SIZE);
    for (; self->next < self->end; self->next++) {
        hand_has(self, "receive", self->next);
    }
    hand_does(self->hand, "receive 0 16 now", XIPC_E_AGAIN);
}

KILLED(waits_for_room)
{
    xipc_ring *ring = ring_joined("a", XIPC_RING_PRODUCER);
    unsigned char bytes[SIZE] = {0};

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_ring_send(ring, bytes, SIZE, xipc_after_ms(VAIN_MS)));
    kill_end();
    xipc_ring_close(ring);
}

SPEC(a_producer_who_dies_waiting_has_sent_nothing, "GEN-11 RING-4 RING-2")
{
    survivor self = survivor_of(XIPC_RING_PRODUCER);
    kill_plan plan = {the_ring_is_full, the_next_one_goes_in, NULL, &self};

    KILL_ANYWHERE(waits_for_room, &plan);
    survivor_ends(&self);
}
