/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of poller.h that break the contract, and nonsense in the shared
 * words that pollers and objects meet at: the right status, outputs unchanged,
 * no crash, no hang.
 */
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/native_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where pollers stand is the end of an object's bytes. */
enum { WATCH_SIZE = 72, WATCH_OFFSET = XIPC_SYNC_SIZE - WATCH_SIZE };

/* Cookies. */
static char a;
static char b;

SPEC(calls_on_no_poller_are_refused, "GEN-7 WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    native_thing native = native_made();
    xipc_native_handle handle = 77;
    xipc_ready ready = {&kit_untouched, 77};
    size_t count = 77;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_poller_create(NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_add(NULL, thing_object(&one), XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_poller_remove(NULL, thing_object(&one)));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_add_native(NULL, native.handle, XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_poller_remove_native(NULL, native.handle));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_wait(NULL, &ready, 1, XIPC_FOREVER, &count));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_poller_native_handle(NULL, &handle));
    REQUIRE(xipc_poller_object(NULL) == NULL);
    xipc_poller_close(NULL);

    REQUIRE(handle == 77 && count == 77);
    REQUIRE(ready.cookie == &kit_untouched && ready.events == 77);
    native_closed(&native);
    thing_closed(&one);
}

SPEC(no_object_is_refused_by_a_poller, "GEN-7 WAIT-1")
{
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_poller_add(poller, NULL, XIPC_READABLE, &a));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_poller_remove(poller, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_add(poller, xipc_event_object(NULL), XIPC_READABLE, &a));
    require_silent(poller);

    xipc_poller_close(poller);
}

static void require_no_room(
    xipc_poller *poller, xipc_ready *ready, size_t capacity, size_t *count)
{
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_wait(poller, ready, capacity, XIPC_NOW, count));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_wait(poller, ready, capacity, XIPC_FOREVER, count));
}

SPEC(a_wait_without_room_for_its_answer_is_refused, "GEN-7 WAIT-1")
{
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_ready ready = {&kit_untouched, 77};
    size_t count = 77;

    for (int round = 0; round < 2; round++) {
        require_no_room(poller, NULL, 1, &count);
        require_no_room(poller, NULL, 0, &count);
        require_no_room(poller, &ready, 0, &count);
        require_no_room(poller, &ready, 1, NULL);
        require_no_room(poller, NULL, 0, NULL);
        REQUIRE(count == 77);
        REQUIRE(ready.cookie == &kit_untouched && ready.events == 77);
        make_ready(&one);
    }
    require_told(poller, &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(a_wait_with_more_room_than_there_is_memory_tells_what_there_is, "WAIT-1")
{
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_ready ready[2];
    size_t count = 0;

    make_ready(&one);
    REQUIRE_OK(xipc_poller_wait(poller, ready, SIZE_MAX, XIPC_NOW, &count));
    REQUIRE_UINT(1, count);
    REQUIRE(ready[0].cookie == &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(no_events_or_unknown_ones_are_refused, "GEN-7 WAIT-1")
{
    static const uint32_t events[] = {
        0,         XIPC_HUNG_UP,      XIPC_READABLE | XIPC_HUNG_UP,
        8,         XIPC_READABLE | 8, XIPC_READABLE | 0x80000000U,
        UINT32_MAX};
    thing one = thing_made(THING_MANUAL, "a");
    xipc_mutex *mutex = mutex_made("a");
    native_thing native = native_made();
    xipc_poller *poller = poller_made();

    make_ready(&one);
    native_set(&native);
    for (size_t i = 0; i < COUNT(events); i++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_poller_add(poller, thing_object(&one), events[i], &a));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_poller_add(poller, xipc_mutex_object(mutex), events[i], &a));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_poller_add_native(poller, native.handle, events[i], &a));
    }
    require_silent(poller);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove(poller, thing_object(&one)));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, native.handle));

    xipc_poller_close(poller);
    native_closed(&native);
    xipc_mutex_close(mutex);
    thing_closed(&one);
}

SPEC(no_place_for_the_pollers_handle_is_refused, "GEN-7 WAIT-3")
{
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_poller_native_handle(poller, NULL));

    xipc_poller_close(poller);
}

SPEC(a_poller_interrupted_that_is_none_is_refused, "GEN-7 GEN-5")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_interrupt(xipc_poller_object(NULL)));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_interrupt_clear(xipc_poller_object(NULL)));
}

/* ---- nonsense in shared words ---- */

/* An event, a semaphore, and the pollers that wait for both. */
typedef struct victim {
    thing event;
    thing semaphore;
    xipc_poller *pollers[2];
    xipc_map *map;
    uint32_t dice;
} victim;

static victim victim_made(void)
{
    xipc_section *section = table_of("a");
    victim self = {
        .event = thing_made(THING_MANUAL, "@a"),
        .semaphore = thing_made(THING_COUNT, "@a"),
        .map = mapped(section),
        .dice =
            (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) |
            1};

    spec_note("XIPC_SEED=%u", self.dice);
    xipc_section_close(section);
    for (int i = 0; i < 2; i++) {
        self.pollers[i] = poller_of(&self.event, &a);
        poller_takes(self.pollers[i], thing_object(&self.semaphore), &b);
        require_silent(self.pollers[i]);
    }
    return self;
}

static void victim_closed(victim *self)
{
    for (int i = 0; i < 2; i++) {
        xipc_poller_close(self->pollers[i]);
    }
    xipc_map_close(self->map);
    thing_closed(&self->semaphore);
    thing_closed(&self->event);
}

static unsigned char *watch_of(const xipc_map *map, uint32_t offset)
{
    return bytes_of(map) + offset + WATCH_OFFSET;
}

/* Random bits, single bits, and what stands at the other object: bells that
 * live, and tokens that mean another one. */
static void spoil(const xipc_map *map, uint32_t offset, uint32_t *dice)
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    uint32_t other = offset == EVENT_OFFSET ? SEMAPHORE_OFFSET : EVENT_OFFSET;
    unsigned char *watch = watch_of(map, offset);
    uint32_t place = 8 * (1 + thrown(dice, 8));

    switch (thrown(dice, 6)) {
    case 0: memset(watch, fillings[thrown(dice, 5)], WATCH_SIZE); break;
    case 1: memset(watch, fillings[thrown(dice, 5)], 4); break;
    case 2: memcpy(watch, watch_of(map, other), WATCH_SIZE); break;
    case 3: memcpy(watch + 8 * (1 + thrown(dice, 8)), watch + place, 8); break;
    case 4: watch[place] = (unsigned char)thrown(dice, 256); break;
    default:
        for (uint32_t at = 0; at < WATCH_SIZE; at++) {
            watch[at] = (unsigned char)thrown(dice, 256);
        }
        break;
    }
}

static void spoil_one(victim *self)
{
    spoil(
        self->map, thrown(&self->dice, 2) ? EVENT_OFFSET : SEMAPHORE_OFFSET,
        &self->dice);
}

/* Nothing that is told is nonsense, whatever it is. */
static void look_in(victim *self, xipc_poller *poller)
{
    xipc_ready ready[4];
    size_t count = 0;
    xipc_status status = xipc_poller_wait(
        poller, ready, 4,
        thrown(&self->dice, 64) == 0 ? xipc_after_ms(1) : XIPC_NOW, &count);

    if (status != XIPC_OK) {
        REQUIRE(status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT);
        return;
    }
    REQUIRE(count == 1 || count == 2);
    for (size_t at = 0; at < count; at++) {
        REQUIRE(ready[at].cookie == &a || ready[at].cookie == &b);
        REQUIRE(ready[at].events == XIPC_READABLE);
    }
}

static void come_and_go(victim *self)
{
    xipc_poller *poller = self->pollers[thrown(&self->dice, 2)];
    thing *one = thrown(&self->dice, 2) ? &self->event : &self->semaphore;
    void *cookie = one == &self->event ? &a : &b;
    xipc_status status = xipc_poller_remove(poller, thing_object(one));

    REQUIRE(status == XIPC_OK || status == XIPC_E_NOT_FOUND);
    status = xipc_poller_add(poller, thing_object(one), XIPC_READABLE, cookie);
    REQUIRE(status == XIPC_OK || status == XIPC_E_LIMIT);
}

static void use_all(victim *self)
{
    make_ready(&self->event);
    make_ready(&self->semaphore);
    look_in(self, self->pollers[0]);
    look_in(self, self->pollers[1]);
    take_it(&self->event);
    take_it(&self->semaphore);
    look_in(self, self->pollers[0]);
    if (thrown(&self->dice, 4) == 0) {
        come_and_go(self);
    }
}

/* All out, all zero, all in again: as if nothing had been. */
static void mend(victim *self)
{
    for (int i = 0; i < 2; i++) {
        (void)xipc_poller_remove(self->pollers[i], thing_object(&self->event));
        (void)xipc_poller_remove(
            self->pollers[i], thing_object(&self->semaphore));
    }
    memset(watch_of(self->map, EVENT_OFFSET), 0, WATCH_SIZE);
    memset(watch_of(self->map, SEMAPHORE_OFFSET), 0, WATCH_SIZE);
    for (int i = 0; i < 2; i++) {
        poller_takes(self->pollers[i], thing_object(&self->event), &a);
        poller_takes(self->pollers[i], thing_object(&self->semaphore), &b);
        require_silent(self->pollers[i]);
    }
    make_ready(&self->event);
    require_told(self->pollers[0], &a);
    require_told(self->pollers[1], &a);
    take_it(&self->event);
    require_silent(self->pollers[0]);
    require_silent(self->pollers[1]);
}

static int64_t spoiled_rounds(victim *self, unsigned rounds)
{
    int64_t start = spec_now_ns();

    for (unsigned i = 0; i < rounds; i++) {
        spoil_one(self);
        use_all(self);
    }
    return spec_now_ns() - start;
}

/* A hundred rounds are over in a second, or somebody waits for nothing. */
SPEC(pollers_and_setters_survive_whatever_they_find, "GEN-10 WAIT-2")
{
    victim self = victim_made();
    unsigned batches = rounds_here(100, 20);
    unsigned slow_count = 0;

    for (unsigned i = 0; i < batches; i++) {
        slow_count = spoiled_rounds(&self, 100) > NS_PER_S ? slow_count + 1 : 0;
        REQUIRE(slow_count < 3);
        mend(&self);
    }

    victim_closed(&self);
}

PEER(a_process_that_scribbles_where_pollers_stand)
{
    xipc_section *section = table_of("a");
    xipc_map *map = mapped(section);
    uint32_t dice = (uint32_t)strtoul(spec_argument(0), NULL, 10) | 1;

    spec_tell(NULL, "at it");
    for (;;) {
        spoil(map, thrown(&dice, 2) ? EVENT_OFFSET : SEMAPHORE_OFFSET, &dice);
    }
}

SPEC(pollers_and_setters_survive_while_another_process_scribbles, "GEN-10")
{
    victim self = victim_made();
    spec_peer *peer =
        START(a_process_that_scribbles_where_pollers_stand, "4711");
    unsigned rounds = rounds_here(10000, 1000);

    spec_expect(peer, "at it");
    for (unsigned i = 0; i < rounds; i++) {
        use_all(&self);
    }
    spec_kill(peer);
    mend(&self);

    victim_closed(&self);
}

/* Nothing rings for them any more; they find what is ready all the same. */
SPEC(what_is_told_does_not_hang_on_what_stands_in_shared_memory, "GEN-10")
{
    victim self = victim_made();

    for (int round = 0; round < 5; round++) {
        memset(watch_of(self.map, EVENT_OFFSET), 0, WATCH_SIZE);
        make_ready(&self.event);
        require_told(self.pollers[0], &a);
        require_told(self.pollers[1], &a);
        take_it(&self.event);
        require_silent(self.pollers[0]);
        require_silent(self.pollers[1]);
    }

    victim_closed(&self);
}

/* Eight places that nobody has. */
SPEC(places_that_name_no_living_poller_are_free, "GEN-10 WAIT-2")
{
    thing one = thing_made(THING_COUNT, "@a");
    xipc_section *section = table_of("a");
    xipc_map *map = mapped(section);
    uint32_t dice =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;

    spec_note("XIPC_SEED=%u", dice);
    for (int round = 0; round < 50; round++) {
        unsigned char *watch = watch_of(map, SEMAPHORE_OFFSET);
        crowd all;

        for (int at = 0; at < WATCH_SIZE; at++) {
            watch[at] = (unsigned char)thrown(&dice, 256);
        }
        all = crowd_at(thing_object(&one), 0);
        make_ready(&one);
        for (unsigned i = 0; i < all.count; i++) {
            require_told(all.pollers[i], &kit_untouched);
        }
        take_it(&one);
        crowd_leaves(&all);
    }

    xipc_map_close(map);
    xipc_section_close(section);
    thing_closed(&one);
}
