/* SPDX-License-Identifier: Apache-2.0 */
/* Sections that grow. */
#include <stdlib.h>
#include <string.h>

#include "support/section_kit.h"

#define STEP UINT64_C(65536)

/* One step large, may grow to sixteen. */
static xipc_section *growable(const char *name)
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    return section_created_with(name, STEP, growing_to(16 * STEP));
}

static void grow(xipc_section *section, uint64_t size)
{
    REQUIRE_OK(xipc_section_grow(section, size, XIPC_FOREVER));
    REQUIRE(xipc_section_size(section) >= size);
}

SPEC(a_growable_section_begins_with_the_size_asked_for, "SHM-6")
{
    xipc_section *section = growable("a");
    xipc_section *opened = section_opened("a");

    REQUIRE_UINT(STEP, xipc_section_size(section));
    REQUIRE_UINT(16 * STEP, xipc_section_max_size(section));
    REQUIRE_UINT(STEP, xipc_section_size(opened));
    REQUIRE_UINT(16 * STEP, xipc_section_max_size(opened));

    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(growing_adds_zeros_and_keeps_what_was_there, "SHM-6 SHM-1")
{
    xipc_section *section = growable("a");
    xipc_map *map = mapped(section);

    memset(bytes_of(map), 0x77, (size_t)STEP);
    grow(section, 3 * STEP);

    REQUIRE_UINT(3 * STEP, xipc_map_size(map));
    REQUIRE(bytes_of(map)[STEP - 1] == 0x77);
    for (size_t i = (size_t)STEP; i < (size_t)(3 * STEP); i++) {
        REQUIRE(bytes_of(map)[i] == 0);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(the_base_address_of_a_map_stays_when_its_section_grows, "SHM-6")
{
    xipc_section *section = growable("a");
    xipc_map *map = mapped(section);
    void *address = xipc_map_address(map);

    for (uint64_t steps = 2; steps <= 16; steps++) {
        grow(section, steps * STEP);
        REQUIRE(xipc_map_address(map) == address);
        REQUIRE_UINT(steps * STEP, xipc_map_size(map));
        bytes_of(map)[steps * STEP - 1] = (unsigned char)steps;
    }
    REQUIRE(bytes_of(map)[2 * STEP - 1] == 2);

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_size_to_grow_to_is_rounded_up_to_the_page, "SHM-6")
{
    xipc_section *section = growable("a");

    grow(section, STEP + 1);

    REQUIRE(xipc_section_size(section) > STEP);
    REQUIRE(xipc_section_size(section) < 2 * STEP);
    REQUIRE(xipc_section_size(section) % 4096 == 0);
    xipc_section_close(section);
}

SPEC(another_handle_sees_the_growth_when_it_refreshes, "SHM-6")
{
    xipc_section *section = growable("a");
    xipc_section *other = section_opened("a");
    xipc_map *map = mapped(other);
    void *address = xipc_map_address(map);
    uint64_t size = 0;

    grow(section, 4 * STEP);
    REQUIRE_UINT(STEP, xipc_section_size(other));
    REQUIRE_UINT(STEP, xipc_map_size(map));
    REQUIRE_OK(xipc_section_refresh(other, &size));

    REQUIRE_UINT(4 * STEP, size);
    REQUIRE_UINT(4 * STEP, xipc_section_size(other));
    REQUIRE_UINT(4 * STEP, xipc_map_size(map));
    REQUIRE(xipc_map_address(map) == address);
    xipc_map_close(map);
    xipc_section_close(other);
    xipc_section_close(section);
}

SPEC(a_refresh_need_not_tell_the_size, "SHM-6")
{
    xipc_section *section = growable("a");

    REQUIRE_OK(xipc_section_refresh(section, NULL));

    REQUIRE_UINT(STEP, xipc_section_size(section));
    xipc_section_close(section);
}

SPEC(a_new_opener_sees_the_grown_size_at_once, "SHM-6 SHM-1")
{
    xipc_section *section = growable("a");
    xipc_section *opened;

    grow(section, 5 * STEP);
    opened = section_opened("a");

    REQUIRE_UINT(5 * STEP, xipc_section_size(opened));
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(what_is_written_into_the_growth_is_shared, "SHM-6 SHM-3")
{
    xipc_section *section = growable("a");
    xipc_section *other = section_opened("a");
    xipc_map *before = mapped(other);
    xipc_map *map = mapped(section);

    grow(section, 16 * STEP);
    bytes_of(map)[16 * STEP - 1] = 61;
    REQUIRE_OK(xipc_section_refresh(other, NULL));

    REQUIRE(bytes_of(before)[16 * STEP - 1] == 61);
    xipc_map_close(map);
    xipc_map_close(before);
    xipc_section_close(other);
    xipc_section_close(section);
}

SPEC(a_range_does_not_grow_with_its_section, "SHM-6 SHM-3")
{
    xipc_section *section = growable("a");
    xipc_map *range = NULL;

    REQUIRE_OK(xipc_section_map(section, 0, (size_t)STEP, 0, &range));
    grow(section, 4 * STEP);

    REQUIRE_UINT(STEP, xipc_map_size(range));
    xipc_map_close(range);
    xipc_section_close(section);
}

SPEC(the_room_to_grow_cannot_be_mapped_before_it_is_there, "SHM-6 GEN-7")
{
    xipc_section *section = growable("a");
    xipc_map *range = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_section_map(section, STEP, (size_t)STEP, 0, &range));
    REQUIRE(range == UNTOUCHED);
    grow(section, 2 * STEP);
    REQUIRE_OK(xipc_section_map(section, STEP, (size_t)STEP, 0, &range));

    xipc_map_close(range);
    xipc_section_close(section);
}

SPEC(growing_to_less_or_to_the_same_changes_nothing, "SHM-6")
{
    xipc_section *section = growable("a");

    grow(section, 4 * STEP);
    grow(section, 4 * STEP);
    grow(section, 1);

    REQUIRE_UINT(4 * STEP, xipc_section_size(section));
    xipc_section_close(section);
}

SPEC(a_handle_cannot_shrink_what_another_has_grown, "SHM-6")
{
    xipc_section *section = growable("a");
    xipc_section *other = section_opened("a");

    grow(section, 8 * STEP);
    grow(other, 2 * STEP);
    REQUIRE_OK(xipc_section_refresh(section, NULL));

    REQUIRE_UINT(8 * STEP, xipc_section_size(section));
    xipc_section_close(other);
    xipc_section_close(section);
}

static void require_limit(xipc_section *section, uint64_t size)
{
    uint64_t before = xipc_section_size(section);
    uint64_t after = 0;

    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipc_section_grow(section, size, XIPC_FOREVER));
    REQUIRE_OK(xipc_section_refresh(section, &after));
    REQUIRE_UINT(before, after);
}

SPEC(growing_past_the_limit_is_refused_and_changes_nothing, "SHM-6")
{
    xipc_section *section = growable("a");

    require_limit(section, 16 * STEP + 1);
    require_limit(section, 17 * STEP);
    require_limit(section, UINT64_C(1) << 40);
    require_limit(section, UINT64_MAX / 2 + 1);
    require_limit(section, UINT64_MAX - 1);
    require_limit(section, UINT64_MAX);

    grow(section, 16 * STEP);
    xipc_section_close(section);
}

SPEC(a_section_without_max_size_does_not_grow, "SHM-6")
{
    xipc_section *section = section_created("a", STEP);

    require_limit(section, STEP + 1);
    REQUIRE_OK(xipc_section_grow(section, STEP, XIPC_FOREVER));

    REQUIRE_UINT(STEP, xipc_section_size(section));
    xipc_section_close(section);
}

SPEC(growing_by_nothing_at_all_is_refused, "SHM-6 GEN-7")
{
    xipc_section *section = growable("a");

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_grow(section, 0, XIPC_FOREVER));

    xipc_section_close(section);
}

SPEC(a_reader_cannot_grow_a_section_and_sees_it_grow, "SHM-6 SHM-3")
{
    xipc_section *section = growable("a");
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));

    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_section_grow(reader, 2 * STEP, XIPC_FOREVER));
    grow(section, 3 * STEP);
    REQUIRE_OK(xipc_section_refresh(reader, NULL));

    REQUIRE_UINT(3 * STEP, xipc_section_size(reader));
    xipc_section_close(reader);
    xipc_section_close(section);
}

SPEC(a_persistent_section_keeps_its_growth, "SHM-6 LIFE-2")
{
    xipc_section_options options = growing_to(16 * STEP);
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    options.naming.lifetime = XIPC_PERSISTENT;
    section = section_created_with("a", STEP, options);
    grow(section, 6 * STEP);
    xipc_section_close(section);
    section = section_opened("a");

    REQUIRE_UINT(6 * STEP, xipc_section_size(section));
    REQUIRE_UINT(16 * STEP, xipc_section_max_size(section));
    xipc_section_close(section);
    require_removed("a");
}

PEER(a_process_that_grows_and_waits)
{
    xipc_section *section = section_opened(spec_argument(0));
    xipc_map *map = mapped(section);

    grow(section, 7 * STEP);
    bytes_of(map)[7 * STEP - 1] = 7;
    spec_tell(NULL, "grown");
    spec_expect(NULL, "end");
}

SPEC(the_growth_stays_when_the_one_who_grew_it_is_killed, "SHM-6 GEN-11")
{
    xipc_section *section = growable("a");
    xipc_map *map = mapped(section);
    spec_peer *peer = START(a_process_that_grows_and_waits, "a");

    spec_expect(peer, "grown");
    spec_kill(peer);
    REQUIRE_OK(xipc_section_refresh(section, NULL));

    REQUIRE_UINT(7 * STEP, xipc_section_size(section));
    REQUIRE(bytes_of(map)[7 * STEP - 1] == 7);
    xipc_map_close(map);
    xipc_section_close(section);
}

#define GROWER_COUNT 4
#define GROWER_STEPS 64

/*
 * Grows to every fourth step, beginning at argument 1, and marks the last byte
 * of each step that it brought. Sizes never go back, whoever grows.
 */
PEER(a_process_that_grows_in_turns)
{
    xipc_section *section = section_opened(spec_argument(0));
    xipc_map *map = mapped(section);
    uint64_t steps = strtoul(spec_argument(1), NULL, 10);
    uint64_t last = 0;

    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
    for (; steps <= GROWER_STEPS; steps += GROWER_COUNT) {
        grow(section, steps * STEP);
        REQUIRE(xipc_section_size(section) >= last);
        REQUIRE_UINT(xipc_section_size(section), xipc_map_size(map));
        last = xipc_section_size(section);
        bytes_of(map)[steps * STEP - 1] = (unsigned char)steps;
    }
    spec_tell(NULL, "done");
    spec_expect(NULL, "end");
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(of_processes_that_grow_at_once_none_undoes_another, "SHM-6")
{
    static const char *const first_steps[GROWER_COUNT] = {"1", "2", "3", "4"};
    spec_peer *peers[GROWER_COUNT];
    xipc_section *section;
    xipc_map *map;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    section = section_created_with("a", STEP, growing_to(GROWER_STEPS * STEP));
    map = mapped(section);
    for (int i = 0; i < GROWER_COUNT; i++) {
        peers[i] = START(a_process_that_grows_in_turns, "a", first_steps[i]);
        spec_expect(peers[i], "ready");
    }
    for (int i = 0; i < GROWER_COUNT; i++) {
        spec_tell(peers[i], "go");
    }
    for (int i = 0; i < GROWER_COUNT; i++) {
        spec_expect(peers[i], "done");
    }
    REQUIRE_OK(xipc_section_refresh(section, NULL));

    REQUIRE_UINT(GROWER_STEPS * STEP, xipc_section_size(section));
    for (uint64_t steps = 1; steps <= GROWER_STEPS; steps++) {
        REQUIRE(bytes_of(map)[steps * STEP - 1] == (unsigned char)steps);
    }
    for (int i = 0; i < GROWER_COUNT; i++) {
        spec_tell(peers[i], "end");
        spec_join(peers[i]);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

static void grow_by_pages(void *context)
{
    xipc_section *section = context;

    for (uint64_t size = STEP; size <= 16 * STEP; size += 4096) {
        REQUIRE_OK(xipc_section_grow(section, size, XIPC_FOREVER));
        REQUIRE(xipc_section_size(section) >= size);
    }
}

SPEC(threads_may_grow_one_section_at_once, "SHM-6 GEN-6")
{
    xipc_section *section = growable("a");
    xipc_map *map = mapped(section);
    spec_thread *threads[4];

    for (int i = 0; i < 4; i++) {
        threads[i] = spec_thread_start(grow_by_pages, section);
    }
    for (int i = 0; i < 4; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE_UINT(16 * STEP, xipc_section_size(section));
    REQUIRE_UINT(16 * STEP, xipc_map_size(map));
    xipc_map_close(map);
    xipc_section_close(section);
}
