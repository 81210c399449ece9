/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes, semaphores, events and conditions inside sections. */
#include <stdio.h>
#include <string.h>

#include "support/sync_kit.h"

#define SIZE         65536
#define SLOT_COUNT   (SIZE / XIPC_SYNC_SIZE)
#define SLOT(number) ((uint64_t)(number)*XIPC_SYNC_SIZE)

static sync_handle
made_at(xipc_kind kind, xipc_section *section, uint64_t offset)
{
    sync_handle handle = {NULL};

    REQUIRE_OK(sync_create_at(kind, section, offset, XIPC_FOREVER, &handle));
    REQUIRE(handle.any != NULL);
    return handle;
}

static sync_handle
joined_at(xipc_kind kind, xipc_section *section, uint64_t offset)
{
    sync_handle handle = {NULL};

    REQUIRE_OK(sync_open_at(kind, section, offset, XIPC_FOREVER, &handle));
    REQUIRE(handle.any != NULL);
    return handle;
}

static void require_no_create_at(
    xipc_status want, xipc_kind kind, xipc_section *section, uint64_t offset)
{
    sync_handle handle = {UNTOUCHED};

    REQUIRE_STATUS(
        want, sync_create_at(kind, section, offset, XIPC_FOREVER, &handle));
    REQUIRE(handle.any == UNTOUCHED);
}

static void require_no_open_at(
    xipc_status want, xipc_kind kind, xipc_section *section, uint64_t offset)
{
    sync_handle handle = {UNTOUCHED};

    REQUIRE_STATUS(
        want, sync_open_at(kind, section, offset, XIPC_FOREVER, &handle));
    REQUIRE(handle.any == UNTOUCHED);
}

static void require_zeros(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        REQUIRE_UINT(0, bytes[i]);
    }
}

/* Every slot can hold one; nothing is written outside of it. */
static void slots(xipc_kind kind)
{
    static const uint64_t offsets[] = {
        0, XIPC_SYNC_SIZE, SIZE / 2, SIZE - XIPC_SYNC_SIZE};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        uint64_t offset = offsets[i];
        sync_handle handle = made_at(kind, section, offset);
        sync_handle again = joined_at(kind, section, offset);

        require_zeros(bytes_of(map), (size_t)offset);
        require_zeros(
            bytes_of(map) + offset + XIPC_SYNC_SIZE,
            SIZE - (size_t)offset - XIPC_SYNC_SIZE);
        sync_close(kind, again);
        sync_close(kind, handle);
        memset(bytes_of(map) + offset, 0, XIPC_SYNC_SIZE);
    }

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(each_kind_takes_its_own_bytes_of_a_section_and_no_more, "SYNC-1 SYNC-2")
{
    for_each_kind(slots);
}

static void full(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    sync_handle handle = made_at(kind, section, SLOT(2));

    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        require_no_create_at(XIPC_E_EXISTS, sync_kinds[i], section, SLOT(2));
        if (sync_kinds[i] != kind) {
            require_no_open_at(
                XIPC_E_INCOMPATIBLE, sync_kinds[i], section, SLOT(2));
        }
    }
    sync_close(kind, joined_at(kind, section, SLOT(2)));
    sync_close(kind, handle);
    require_no_create_at(XIPC_E_EXISTS, kind, section, SLOT(2));
    sync_close(kind, joined_at(kind, section, SLOT(2)));

    xipc_section_close(section);
}

SPEC(what_stands_in_a_section_keeps_its_place, "SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    for_each_kind(full);
}

static void empty(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    require_no_open_at(XIPC_E_NOT_FOUND, kind, section, 0);
    require_no_open_at(XIPC_E_NOT_FOUND, kind, section, SLOT(40));
    require_zeros(bytes_of(map), SIZE);

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(where_all_bytes_are_zero_nothing_is_found, "SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    for_each_kind(empty);
}

/* Whatever anybody keeps there is not taken for free room. */
static void occupied(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);
    unsigned char *slot = bytes_of(map) + SLOT(3);
    unsigned char before[XIPC_SYNC_SIZE];

    for (int i = 0; i < XIPC_SYNC_SIZE; i++) {
        static const unsigned char values[] = {1, 2, 0x80, 0xff};

        for (size_t j = 0; j < sizeof values; j++) {
            memset(slot, 0, XIPC_SYNC_SIZE);
            slot[i] = values[j];
            memcpy(before, slot, sizeof before);
            require_no_create_at(XIPC_E_EXISTS, kind, section, SLOT(3));
            REQUIRE(memcmp(before, slot, sizeof before) == 0);
        }
    }

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(bytes_that_are_not_all_zero_are_somebody_elses, "SYNC-1 SYNC-2 GEN-10")
{
    for_each_kind(occupied);
}

static void nonsense(xipc_kind kind)
{
    static const unsigned char fillings[] = {0xff, 0xa5, 0x7f, 0x11};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);
    unsigned char *slot = bytes_of(map) + SLOT(3);

    for (size_t i = 0; i < sizeof fillings; i++) {
        memset(slot, fillings[i], XIPC_SYNC_SIZE);
        require_no_open_at(XIPC_E_CORRUPT, kind, section, SLOT(3));
        require_no_create_at(XIPC_E_EXISTS, kind, section, SLOT(3));
    }

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(what_makes_no_sense_is_not_joined, "SYNC-1 SYNC-2 SYNC-3 GEN-9 GEN-10")
{
    for_each_kind(nonsense);
}

static void wiped(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (int i = 0; i < 10; i++) {
        sync_handle handle = made_at(kind, section, SLOT(1));

        sync_close(kind, handle);
        memset(bytes_of(map) + SLOT(1), 0, XIPC_SYNC_SIZE);
        require_no_open_at(XIPC_E_NOT_FOUND, kind, section, SLOT(1));
    }

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(zeros_take_one_away, "SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    for_each_kind(wiped);
}

static void outside(xipc_kind kind)
{
    static const uint64_t offsets[] = {
        1,
        8,
        XIPC_SYNC_SIZE - 1,
        XIPC_SYNC_SIZE + 1,
        XIPC_SYNC_SIZE / 2,
        SIZE - 1,
        SIZE - XIPC_SYNC_SIZE / 2,
        SIZE,
        SIZE + XIPC_SYNC_SIZE,
        SIZE * 2,
        UINT64_C(1) << 32,
        (UINT64_C(1) << 32) + XIPC_SYNC_SIZE,
        UINT64_C(1) << 63,
        (UINT64_C(1) << 63) - XIPC_SYNC_SIZE,
        UINT64_MAX,
        UINT64_MAX - XIPC_SYNC_SIZE + 2,
        UINT64_MAX - XIPC_SYNC_SIZE + 1,
        UINT64_MAX - 2 * XIPC_SYNC_SIZE + 1,
    };
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    REQUIRE_UINT(SIZE, xipc_section_size(section));
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        require_no_create_at(XIPC_E_INVALID, kind, section, offsets[i]);
        require_no_open_at(XIPC_E_INVALID, kind, section, offsets[i]);
    }
    require_zeros(bytes_of(map), SIZE);

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(an_offset_between_or_beyond_the_slots_is_refused, "GEN-7 SYNC-1 SYNC-2")
{
    for_each_kind(outside);
}

static void read_only(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    sync_handle handle = made_at(kind, section, 0);
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));

    require_no_open_at(XIPC_E_ACCESS, kind, reader, 0);
    require_no_create_at(XIPC_E_ACCESS, kind, reader, SLOT(1));
    require_no_open_at(XIPC_E_NOT_FOUND, kind, section, SLOT(1));

    xipc_section_close(reader);
    sync_close(kind, handle);
    xipc_section_close(section);
}

SPEC(a_section_for_reading_only_is_of_no_use, "SYNC-1 SYNC-2 SHM-3")
{
    for_each_kind(read_only);
}

static void keeps_the_memory(xipc_kind kind)
{
    xipc_section *section = section_created("a", SIZE);
    sync_handle handle = made_at(kind, section, SLOT(4));
    sync_handle again;

    xipc_section_close(section);
    section = section_opened("a");
    again = joined_at(kind, section, SLOT(4));
    xipc_section_close(section);
    sync_close(kind, handle);
    xipc_section_close(section_opened("a"));
    sync_close(kind, again);

    require_absent("a");
}

SPEC(a_handle_keeps_the_section_that_it_is_in, "SYNC-1 SYNC-2 LIFE-1 SHM-4")
{
    for_each_kind(keeps_the_memory);
}

SPEC(what_stands_in_a_section_is_in_no_list, "SYNC-1 SYNC-2 LIFE-7")
{
    xipc_section *section = section_created("a", SIZE);
    sync_handle handles[SYNC_KIND_COUNT];
    int i;

    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        handles[i] = made_at(sync_kinds[i], section, SLOT(i));
    }
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    require_holders("a", 1);
    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_close(sync_kinds[i], handles[i]);
    }

    xipc_section_close(section);
}

SPEC(a_section_full_of_semaphores_holds_as_many_counts, "SYNC-2")
{
    static xipc_semaphore *semaphores[SLOT_COUNT];
    xipc_section *section = section_created("a", SIZE);
    uint32_t i;

    for (i = 0; i < SLOT_COUNT; i++) {
        REQUIRE_OK(xipc_semaphore_create_at(
            section, SLOT(i), i, SLOT_COUNT, XIPC_FOREVER, &semaphores[i]));
    }
    for (i = 1; i < SLOT_COUNT; i += 2) {
        REQUIRE_OK(xipc_semaphore_wait(semaphores[i], XIPC_NOW));
    }

    for (i = 0; i < SLOT_COUNT; i++) {
        REQUIRE_UINT(i - i % 2, xipc_semaphore_count(semaphores[i]));
        xipc_semaphore_close(semaphores[i]);
    }
    xipc_section_close(section);
}

static void grown(xipc_kind kind)
{
    xipc_section *section =
        section_created_with("a", SIZE, growing_to(4 * SIZE));
    xipc_section *other = section_opened("a");
    sync_handle handle;

    require_no_create_at(XIPC_E_INVALID, kind, section, 3 * SIZE);
    REQUIRE_OK(xipc_section_grow(section, 4 * SIZE, XIPC_FOREVER));
    handle = made_at(kind, section, 3 * SIZE);
    REQUIRE_OK(xipc_section_refresh(other, NULL));
    sync_close(kind, joined_at(kind, other, 3 * SIZE));
    sync_close(kind, handle);
    sync_close(kind, made_at(kind, section, 4 * SIZE - XIPC_SYNC_SIZE));

    xipc_section_close(other);
    xipc_section_close(section);
}

SPEC(what_a_section_grew_by_has_room_too, "SYNC-1 SYNC-2 SHM-6")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    for_each_kind(grown);
}

SPEC(one_that_stays_in_a_persistent_section_is_joined_later, "SYNC-2 LIFE-2")
{
    xipc_section *section;
    xipc_semaphore *semaphore = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = section_created_with("a", SIZE, lasting(XIPC_PERSISTENT));
    REQUIRE_OK(
        xipc_semaphore_create_at(section, 0, 3, 9, XIPC_FOREVER, &semaphore));
    REQUIRE_OK(xipc_semaphore_post(semaphore, 4));
    xipc_section_close(section);
    xipc_semaphore_close(semaphore);

    section = section_opened("a");
    REQUIRE_OK(xipc_semaphore_open_at(section, 0, XIPC_FOREVER, &semaphore));
    xipc_section_close(section);
    REQUIRE_UINT(7, xipc_semaphore_count(semaphore));
    REQUIRE_UINT(9, xipc_semaphore_max(semaphore));
    xipc_semaphore_close(semaphore);
    require_removed("a");
}

/* Joins what another makes, or finds nothing; never anything between. */
static void look_for_it(void *context)
{
    xipc_section *section = context;
    unsigned rounds = rounds_here(2000, 300);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_semaphore *semaphore = NULL;
        xipc_status status =
            xipc_semaphore_open_at(section, 0, XIPC_FOREVER, &semaphore);

        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
            continue;
        }
        REQUIRE_UINT(5, xipc_semaphore_count(semaphore));
        REQUIRE_UINT(7, xipc_semaphore_max(semaphore));
        xipc_semaphore_close(semaphore);
        return;
    }
}

/* Makes it if nobody else has, and is counted then. */
typedef struct maker {
    xipc_section *section;
    atomic_uint *made_count;
} maker;

static void make_it(void *context)
{
    maker *self = context;
    xipc_semaphore *semaphore = NULL;
    xipc_status status = xipc_semaphore_create_at(
        self->section, 0, 5, 7, XIPC_FOREVER, &semaphore);

    if (status == XIPC_OK) {
        atomic_fetch_add(self->made_count, 1);
        xipc_semaphore_close(semaphore);
    } else {
        REQUIRE_STATUS(XIPC_E_EXISTS, status);
    }
}

SPEC(of_many_who_make_one_at_the_same_place_one_does, "SYNC-2 LIFE-3 LIFE-4")
{
    unsigned rounds = rounds_here(50, 10);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_section *section = section_created("a", SIZE);
        atomic_uint made_count;
        maker self = {section, &made_count};
        spec_thread *threads[4];
        int j;

        atomic_init(&made_count, 0);
        for (j = 0; j < 4; j++) {
            threads[j] = j % 2 == 0 ? spec_thread_start(look_for_it, section)
                                    : spec_thread_start(make_it, &self);
        }
        for (j = 0; j < 4; j++) {
            spec_thread_join(threads[j]);
        }
        REQUIRE_UINT(1, atomic_load(&made_count));
        xipc_section_close(section);
    }
}
