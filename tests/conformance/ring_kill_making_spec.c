/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of making a ring, by name or inside a section:
 * then it is whole, or not there.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/ring_kit.h"

enum { CAPACITY = 1000, ROUNDED = 1024 };

static void require_no_ring(void)
{
    xipc_ring *ring = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, ring_try_join("a", XIPC_RING_PRODUCER, &ring));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, ring_try_join("a", XIPC_RING_CONSUMER, &ring));
    REQUIRE(ring == UNTOUCHED);
}

/* Both sides are to be had, and work, and nothing is in it. */
static void require_whole(const char *place)
{
    sides ring = {
        ring_joined(place, XIPC_RING_PRODUCER),
        ring_joined(place, XIPC_RING_CONSUMER)};

    REQUIRE_UINT(ROUNDED, xipc_ring_capacity(ring.producer));
    REQUIRE(xipc_ring_wait_of(ring.consumer) == XIPC_RING_PARK);
    require_empty(ring.consumer);
    for (uint64_t number = 0; number < 5; number++) {
        sends(ring.producer, number, ROUNDED / 2);
        receives(ring.consumer, number, ROUNDED / 2);
    }
    sides_closed(&ring);
}

static xipc_ring_options options_here(void)
{
    return ring_shaped(CAPACITY, XIPC_RING_MESSAGES, XIPC_RING_PARK);
}

static void its_name_is_free(void *context)
{
    (void)context;
    require_no_ring();
    xipc_ring_close(ring_made("a", XIPC_RING_CONSUMER, NULL));
    require_no_ring();
}

KILLED(makes_and_closes)
{
    xipc_ring_options options = options_here();
    xipc_ring *ring = NULL;

    kill_begin();
    REQUIRE_OK(xipc_ring_create(
        "a", XIPC_RING_PRODUCER, &options, XIPC_FOREVER, &ring));
    xipc_ring_close(ring);
    kill_end();
}

SPEC(
    whoever_dies_making_or_closing_a_ring_leaves_its_name_free,
    "GEN-11 LIFE-1 RING-4")
{
    kill_plan plan = {NULL, its_name_is_free, NULL, NULL};

    KILL_ANYWHERE(makes_and_closes, &plan);
}

static void it_is_whole_or_absent(void *context)
{
    xipc_ring *ring = NULL;
    xipc_status status = ring_try_join("a", XIPC_RING_PRODUCER, &ring);

    (void)context;
    if (status == XIPC_OK) {
        xipc_ring_close(ring);
        require_whole("a");
        REQUIRE_OK(
            xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
    its_name_is_free(NULL);
}

KILLED(makes_a_persistent_one)
{
    xipc_ring_options options = options_here();
    xipc_ring *ring = NULL;

    options.naming.lifetime = XIPC_PERSISTENT;
    kill_begin();
    REQUIRE_OK(xipc_ring_open_or_create(
        "a", XIPC_RING_CONSUMER, &options, XIPC_FOREVER, &ring, NULL));
    kill_end();
    xipc_ring_close(ring);
}

SPEC(
    whoever_dies_making_a_persistent_ring_leaves_it_whole_or_absent,
    "GEN-11 LIFE-2 LIFE-4 RING-4")
{
    kill_plan plan = {NULL, it_is_whole_or_absent, NULL, NULL};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);

    KILL_ANYWHERE(makes_a_persistent_one, &plan);
}

/* The section "a", which the case keeps. */
typedef struct table {
    xipc_section *section;
    xipc_map *map;
} table;

static void the_placed_one_is_whole_or_absent(void *context)
{
    table *self = context;
    xipc_ring_options options = options_here();
    xipc_ring *ring = NULL;
    xipc_status status = xipc_ring_open_at(
        self->section, RING_OFFSET, XIPC_RING_PRODUCER, xipc_after_ms(900),
        &ring);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
        REQUIRE_OK(xipc_ring_create_at(
            self->section, RING_OFFSET, XIPC_RING_PRODUCER, &options,
            xipc_after_ms(900), &ring));
    }
    xipc_ring_close(ring);
    require_whole("@a");
}

static void wipe(void *context)
{
    table *self = context;

    memset(bytes_of(self->map) + RING_OFFSET, 0, 512);
    /* What is behind that need not be zero. */
    memset(bytes_of(self->map) + RING_OFFSET + 512, 0x55, ROUNDED);
}

KILLED(places_one)
{
    xipc_section *section = section_opened("a");
    xipc_ring_options options = options_here();
    xipc_ring *ring = NULL;

    kill_begin();
    REQUIRE_OK(xipc_ring_create_at(
        section, RING_OFFSET, XIPC_RING_CONSUMER, &options, XIPC_FOREVER,
        &ring));
    kill_end();
    xipc_ring_close(ring);
    xipc_section_close(section);
}

SPEC(
    whoever_dies_placing_a_ring_leaves_it_whole_or_absent,
    "GEN-11 LIFE-4 RING-4")
{
    table self = {
        section_created("a", RING_OFFSET + xipc_ring_size(CAPACITY)), NULL};
    kill_plan plan = {NULL, the_placed_one_is_whole_or_absent, wipe, &self};

    self.map = mapped(self.section);
    KILL_ANYWHERE(places_one, &plan);
    xipc_map_close(self.map);
    xipc_section_close(self.section);
}
