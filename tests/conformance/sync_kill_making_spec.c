/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of making a mutex, a semaphore, an event or a
 * condition, by name or inside a section: then it is whole, or not there.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

enum { SIZE = 65536, OFFSET = 7 * XIPC_SYNC_SIZE };

/* Whoever comes now finds nothing, and makes one that works. */
static void require_free(xipc_kind kind)
{
    sync_handle handle = {UNTOUCHED};

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, sync_open(kind, "victim", NULL, XIPC_NOW, &handle));
    REQUIRE(handle.any == UNTOUCHED);
    REQUIRE_OK(sync_create(kind, "victim", NULL, XIPC_FOREVER, &handle));
    sync_close(kind, handle);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, sync_open(kind, "victim", NULL, XIPC_NOW, &handle));
}

static void the_mutex_is_gone(void *context)
{
    (void)context;
    require_free(XIPC_KIND_MUTEX);
}

KILLED(makes_a_mutex)
{
    xipc_mutex *mutex = NULL;

    kill_begin();
    REQUIRE_OK(xipc_mutex_create("victim", NULL, XIPC_FOREVER, &mutex));
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_NOW));
    kill_end();
    xipc_mutex_close(mutex);
}

SPEC(whoever_dies_making_a_mutex_leaves_its_name_free, "GEN-11 LIFE-1 SYNC-1")
{
    kill_plan plan = {NULL, the_mutex_is_gone, NULL, NULL};

    KILL_ANYWHERE(makes_a_mutex, &plan);
}

KILLED(closes_the_last_mutex)
{
    xipc_mutex *mutex = mutex_made("victim");

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_NOW));
    kill_begin();
    xipc_mutex_close(mutex);
    kill_end();
}

SPEC(whoever_dies_closing_the_last_mutex_leaves_its_name_free, "GEN-11 LIFE-1")
{
    kill_plan plan = {NULL, the_mutex_is_gone, NULL, NULL};

    KILL_ANYWHERE(closes_the_last_mutex, &plan);
}

static void the_semaphore_is_gone(void *context)
{
    (void)context;
    require_free(XIPC_KIND_SEMAPHORE);
}

KILLED(makes_or_opens_a_semaphore)
{
    xipc_semaphore *semaphore = NULL;

    kill_begin();
    REQUIRE_OK(xipc_semaphore_open_or_create(
        "victim", 3, 9, NULL, XIPC_FOREVER, &semaphore, NULL));
    kill_end();
    xipc_semaphore_close(semaphore);
}

SPEC(
    whoever_dies_making_a_semaphore_leaves_its_name_free,
    "GEN-11 LIFE-1 LIFE-3 SYNC-2")
{
    kill_plan plan = {NULL, the_semaphore_is_gone, NULL, NULL};

    KILL_ANYWHERE(makes_or_opens_a_semaphore, &plan);
}

/* With its count and its maximum, or not there; then the name is taken anew. */
static void it_is_whole_or_absent(void *context)
{
    xipc_semaphore *semaphore = NULL;
    xipc_status status =
        xipc_semaphore_open("victim", NULL, XIPC_NOW, &semaphore);

    (void)context;
    if (status == XIPC_OK) {
        REQUIRE_UINT(3, xipc_semaphore_count(semaphore));
        REQUIRE_UINT(9, xipc_semaphore_max(semaphore));
        xipc_semaphore_close(semaphore);
        REQUIRE_OK(xipc_remove(
            XIPC_KIND_SEMAPHORE, "victim", XIPC_SCOPE_USER, XIPC_FOREVER));
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
    require_free(XIPC_KIND_SEMAPHORE);
}

KILLED(makes_a_persistent_semaphore)
{
    xipc_sync_options options = sync_lasting(XIPC_PERSISTENT);
    xipc_semaphore *semaphore = NULL;

    kill_begin();
    REQUIRE_OK(xipc_semaphore_create(
        "victim", 3, 9, &options, XIPC_FOREVER, &semaphore));
    kill_end();
    xipc_semaphore_close(semaphore);
}

SPEC(
    whoever_dies_making_a_persistent_semaphore_leaves_it_whole_or_absent,
    "GEN-11 LIFE-2 LIFE-4 SYNC-2")
{
    kill_plan plan = {NULL, it_is_whole_or_absent, NULL, NULL};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);

    KILL_ANYWHERE(makes_a_persistent_semaphore, &plan);
}

/* The section "table", which the case keeps. */
typedef struct table {
    xipc_section *section;
    xipc_map *map;
} table;

static table table_made(void)
{
    table self = {section_created("table", SIZE), NULL};

    self.map = mapped(self.section);
    return self;
}

static void table_closed(table *self)
{
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

static void wipe(void *context)
{
    table *self = context;

    memset(bytes_of(self->map) + OFFSET, 0, XIPC_SYNC_SIZE);
}

/* Whole, or such that somebody else can make one. */
static void the_placed_semaphore_is_whole_or_absent(void *context)
{
    table *self = context;
    xipc_semaphore *semaphore = NULL;
    xipc_status status = xipc_semaphore_open_at(
        self->section, OFFSET, xipc_after_ms(900), &semaphore);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
        REQUIRE_OK(xipc_semaphore_create_at(
            self->section, OFFSET, 3, 9, xipc_after_ms(900), &semaphore));
    }
    REQUIRE_UINT(3, xipc_semaphore_count(semaphore));
    REQUIRE_UINT(9, xipc_semaphore_max(semaphore));
    REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    xipc_semaphore_close(semaphore);
}

KILLED(places_a_semaphore)
{
    xipc_section *section = section_opened("table");
    xipc_semaphore *semaphore = NULL;

    kill_begin();
    REQUIRE_OK(xipc_semaphore_create_at(
        section, OFFSET, 3, 9, XIPC_FOREVER, &semaphore));
    kill_end();
    xipc_semaphore_close(semaphore);
    xipc_section_close(section);
}

SPEC(
    whoever_dies_placing_a_semaphore_leaves_it_whole_or_absent,
    "GEN-11 LIFE-4 SYNC-2")
{
    table self = table_made();
    kill_plan plan = {
        NULL, the_placed_semaphore_is_whole_or_absent, wipe, &self};

    KILL_ANYWHERE(places_a_semaphore, &plan);
    table_closed(&self);
}

static void the_placed_mutex_is_whole_or_absent(void *context)
{
    table *self = context;
    xipc_mutex *mutex = NULL;
    xipc_status status =
        xipc_mutex_open_at(self->section, OFFSET, xipc_after_ms(900), &mutex);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
        REQUIRE_OK(xipc_mutex_create_at(
            self->section, OFFSET, xipc_after_ms(900), &mutex));
    }
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

KILLED(places_a_mutex)
{
    xipc_section *section = section_opened("table");
    xipc_mutex *mutex = NULL;

    kill_begin();
    REQUIRE_OK(xipc_mutex_create_at(section, OFFSET, XIPC_FOREVER, &mutex));
    kill_end();
    xipc_mutex_close(mutex);
    xipc_section_close(section);
}

SPEC(
    whoever_dies_placing_a_mutex_leaves_it_whole_or_absent,
    "GEN-11 LIFE-4 SYNC-1")
{
    table self = table_made();
    kill_plan plan = {NULL, the_placed_mutex_is_whole_or_absent, wipe, &self};

    KILL_ANYWHERE(places_a_mutex, &plan);
    table_closed(&self);
}
