/* SPDX-License-Identifier: Apache-2.0 */
/* Many rings in one poller, one ring in many, and other threads at it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ring_poller_kit.h"

/* Cookies. */
static char a;
static char b;

SPEC(two_pollers_are_told_of_one_ring, "WAIT-1 WAIT-2")
{
    sides ring = sides_of("a", 1024, XIPC_RING_PARK);
    xipc_poller *one = poller_at(ring.consumer, XIPC_READABLE);
    xipc_poller *two = poller_at(ring.consumer, XIPC_READABLE);

    for (uint64_t number = 0; number < 50; number++) {
        require_silent(one);
        require_silent(two);
        sends(ring.producer, number, 30);
        require_events(two, ring.consumer, XIPC_READABLE);
        require_events(one, ring.consumer, XIPC_READABLE);
        receives(ring.consumer, number, 30);
    }
    xipc_ring_close(ring.producer);
    require_events(one, ring.consumer, XIPC_HUNG_UP);
    require_events(two, ring.consumer, XIPC_HUNG_UP);

    xipc_poller_close(two);
    xipc_poller_close(one);
    xipc_ring_close(ring.consumer);
}

/* ---- by another thread ---- */

typedef struct looker {
    xipc_poller *poller;
    atomic_int may_stop;
    unsigned told_count;
} looker;

static void look_on(void *context)
{
    looker *self = context;

    while (!atomic_load(&self->may_stop) || self->told_count == 0) {
        xipc_ready ready[2];
        size_t count = 0;
        xipc_status status =
            xipc_poller_wait(self->poller, ready, 2, xipc_after_ms(1), &count);

        REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
        self->told_count += (unsigned)count;
    }
}

/* The sides are used meanwhile, each by one thread as always. */
static void looked_at(const char *place, xipc_ring_wait wait)
{
    unsigned rounds = rounds_here(3000, 500);
    sides ring = sides_of(place, 1024, wait);
    looker self = {.poller = poller_at(ring.consumer, XIPC_READABLE)};
    spec_thread *thread;

    atomic_init(&self.may_stop, 0);
    poller_takes_side(self.poller, ring.producer, XIPC_WRITABLE);
    thread = spec_thread_start(look_on, &self);
    for (uint64_t number = 0; number < rounds; number++) {
        uint64_t count = number % 50 == 0 ? fill_up(ring.producer, 0, 40) : 0;

        for (uint64_t other = 0; other < count; other++) {
            receives(ring.consumer, other, 40);
        }
        REQUIRE_OK(ring_reserve(ring.producer, number, 30, XIPC_NOW));
        REQUIRE_OK(xipc_ring_commit(ring.producer, 30));
        REQUIRE_OK(ring_peek(ring.consumer, number, 30, XIPC_NOW));
        REQUIRE_OK(xipc_ring_rewind(ring.consumer));
        receives(ring.consumer, number, 30);
    }
    atomic_store(&self.may_stop, 1);
    spec_thread_join(thread);
    xipc_poller_close(self.poller);
    sides_closed(&ring);
}

SPEC(a_poller_of_another_thread_may_look_at_a_side_in_use, "WAIT-1 GEN-6")
{
    with_sleepers(looked_at);
}

/* ---- many ---- */

enum { MANY = 200, EACH = 256 };

static uint64_t place_of(unsigned index)
{
    return index * xipc_ring_size(EACH);
}

/* Sends to those it is told. */
PEER(a_producer_of_many)
{
    xipc_section *section = section_opened("many");
    xipc_ring **rings = calloc(MANY, sizeof(xipc_ring *));
    char line[16];

    REQUIRE(rings != NULL);
    for (unsigned i = 0; i < MANY; i++) {
        REQUIRE_OK(xipc_ring_open_at(
            section, place_of(i), XIPC_RING_PRODUCER, XIPC_FOREVER, &rings[i]));
    }
    spec_tell(NULL, "here");
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0) {
        unsigned index = (unsigned)strtoul(line, NULL, 10);

        sends(rings[index], index, 40);
        spec_hear(NULL, line, sizeof line);
    }
    for (unsigned i = 0; i < MANY; i++) {
        xipc_ring_close(rings[i]);
    }
    free(rings);
    xipc_section_close(section);
}

static void send_to(spec_peer *peer, unsigned index)
{
    char line[16];

    snprintf(line, sizeof line, "%u", index);
    spec_tell(peer, line);
}

SPEC(of_many_rings_in_a_poller_those_that_have_something_are_told, "WAIT-1")
{
    static xipc_ring *rings[MANY];
    xipc_ring_options options = ring_of_messages(EACH);
    xipc_section *section = section_created("many", place_of(MANY));
    xipc_poller *poller = poller_made();
    spec_peer *peer;
    unsigned i;

    for (i = 0; i < MANY; i++) {
        REQUIRE_OK(xipc_ring_create_at(
            section, place_of(i), XIPC_RING_CONSUMER, &options, XIPC_FOREVER,
            &rings[i]));
        poller_takes_side(poller, rings[i], XIPC_READABLE);
    }
    peer = START(a_producer_of_many);
    spec_expect(peer, "here");
    require_silent(poller);
    for (unsigned round = 0; round < 100; round++) {
        unsigned one = round * 37 % MANY;

        send_to(peer, one);
        require_events(poller, rings[one], XIPC_READABLE);
        receives(rings[one], one, 40);
        require_silent(poller);
    }
    spec_tell(peer, "end");
    spec_join(peer);
    for (i = 0; i < MANY; i++) {
        xipc_ring_close(rings[i]);
    }
    xipc_poller_close(poller);
    xipc_section_close(section);
}

SPEC(rings_and_other_things_are_in_one_poller, "WAIT-1 WAIT-2")
{
    sides ring = sides_of("a", 1024, XIPC_RING_ADAPTIVE);
    thing event = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&event, &b);

    REQUIRE_OK(xipc_poller_add(
        poller, xipc_ring_object(ring.consumer), XIPC_READABLE, &a));
    for (uint64_t number = 0; number < 20; number++) {
        require_silent(poller);
        sends(ring.producer, number, 20);
        require_told(poller, &a);
        make_ready(&event);
        require_told_both(poller, &a, &b);
        receives(ring.consumer, number, 20);
        require_told(poller, &b);
        take_it(&event);
    }
    xipc_poller_close(poller);
    thing_closed(&event);
    sides_closed(&ring);
}
