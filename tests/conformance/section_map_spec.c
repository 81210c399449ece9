/* SPDX-License-Identifier: Apache-2.0 */
/* Seeing a section through maps. */
#include <string.h>

#include "support/section_kit.h"

/* A section of four steps of the granularity, and its size. */
static xipc_section *section_of_four_steps(const char *name)
{
    return section_created(name, 4 * (uint64_t)xipc_map_granularity());
}

SPEC(the_granularity_is_a_power_of_two_and_stays, "SHM-3")
{
    size_t granularity = xipc_map_granularity();

    REQUIRE(granularity >= 4096);
    REQUIRE((granularity & (granularity - 1)) == 0);
    REQUIRE_UINT(granularity, xipc_map_granularity());
}

SPEC(a_whole_map_is_as_large_as_the_section, "SHM-3")
{
    xipc_section *section = section_of_four_steps("a");
    xipc_map *map = mapped(section);

    REQUIRE_UINT(xipc_section_size(section), xipc_map_size(map));

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_map_begins_on_a_page, "SHM-3")
{
    xipc_section *smallest = section_created("smallest", 1);
    uintptr_t page = (uintptr_t)xipc_section_size(smallest);
    xipc_map *map = mapped(smallest);

    REQUIRE(xipc_map_address(map) != NULL);
    REQUIRE((uintptr_t)xipc_map_address(map) % page == 0);

    xipc_map_close(map);
    xipc_section_close(smallest);
}

SPEC(what_is_written_through_one_map_is_seen_through_all, "SHM-3")
{
    xipc_section *section = section_of_four_steps("a");
    xipc_section *opened = section_opened("a");
    xipc_map *one = mapped(section);
    xipc_map *two = mapped(section);
    xipc_map *three = mapped(opened);

    bytes_of(one)[1000] = 17;
    bytes_of(three)[2000] = 18;

    REQUIRE(bytes_of(two)[1000] == 17);
    REQUIRE(bytes_of(three)[1000] == 17);
    REQUIRE(bytes_of(one)[2000] == 18);
    REQUIRE(bytes_of(two)[2000] == 18);
    xipc_map_close(three);
    xipc_map_close(two);
    xipc_map_close(one);
    xipc_section_close(opened);
    xipc_section_close(section);
}

PEER(a_process_that_answers_through_its_map)
{
    xipc_section *section = section_opened(spec_argument(0));
    xipc_map *map = mapped(section);

    spec_expect(NULL, "asked");
    REQUIRE_TEXT("a question", (const char *)bytes_of(map));
    memcpy(bytes_of(map), "the answer", 11);
    spec_tell(NULL, "answered");
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(what_one_process_writes_another_reads, "SHM-3")
{
    xipc_section *section = section_of_four_steps("a");
    xipc_map *map = mapped(section);
    spec_peer *peer = START(a_process_that_answers_through_its_map, "a");

    memcpy(bytes_of(map), "a question", 11);
    spec_tell(peer, "asked");
    spec_expect(peer, "answered");

    REQUIRE_TEXT("the answer", (const char *)bytes_of(map));
    spec_join(peer);
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_range_shows_its_part_of_the_section, "SHM-3")
{
    size_t step = xipc_map_granularity();
    xipc_section *section = section_of_four_steps("a");
    xipc_map *whole = mapped(section);
    xipc_map *range = NULL;

    REQUIRE_OK(
        xipc_section_map(section, 2 * step, step, XIPC_MAP_WRITE, &range));
    bytes_of(range)[0] = 1;
    bytes_of(whole)[2 * step + step - 1] = 2;

    REQUIRE_UINT(step, xipc_map_size(range));
    REQUIRE(bytes_of(whole)[2 * step] == 1);
    REQUIRE(bytes_of(range)[step - 1] == 2);
    xipc_map_close(range);
    xipc_map_close(whole);
    xipc_section_close(section);
}

SPEC(a_range_need_not_end_on_the_granularity, "SHM-3")
{
    size_t step = xipc_map_granularity();
    xipc_section *section = section_of_four_steps("a");
    xipc_map *range = NULL;

    REQUIRE_OK(xipc_section_map(section, step, 100, XIPC_MAP_WRITE, &range));

    REQUIRE(xipc_map_size(range) >= 100);
    REQUIRE(xipc_map_size(range) <= step);
    bytes_of(range)[99] = 1;
    xipc_map_close(range);
    xipc_section_close(section);
}

SPEC(a_range_of_size_zero_reaches_to_the_end, "SHM-3")
{
    size_t step = xipc_map_granularity();
    xipc_section *section = section_of_four_steps("a");
    xipc_map *range = NULL;

    REQUIRE_OK(xipc_section_map(section, 3 * step, 0, 0, &range));

    REQUIRE_UINT(step, xipc_map_size(range));
    xipc_map_close(range);
    xipc_section_close(section);
}

static void require_no_map(uint64_t offset, size_t size, uint32_t flags)
{
    xipc_section *section = section_of_four_steps("a");
    xipc_map *map = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_map(section, offset, size, flags, &map));
    REQUIRE(map == UNTOUCHED);
    xipc_section_close(section);
}

SPEC(an_offset_off_the_granularity_is_refused, "SHM-3 GEN-7")
{
    size_t step = xipc_map_granularity();

    require_no_map(1, 1, 0);
    require_no_map(step / 2, 0, 0);
    require_no_map(step - 1, 1, 0);
    require_no_map(step + 1, 1, XIPC_MAP_WRITE);
}

SPEC(a_range_past_the_end_is_refused, "SHM-3 GEN-7")
{
    size_t step = xipc_map_granularity();

    require_no_map(0, 4 * step + 1, 0);
    require_no_map(3 * step, step + 1, 0);
    require_no_map(4 * step, 1, 0);
    require_no_map(4 * step, 0, 0);
    require_no_map(5 * step, 0, 0);
    require_no_map(5 * step, step, 0);
}

SPEC(a_range_that_overflows_is_refused, "SHM-3 GEN-7")
{
    size_t step = xipc_map_granularity();

    require_no_map(0, SIZE_MAX, 0);
    require_no_map(step, SIZE_MAX, 0);
    require_no_map(step, SIZE_MAX - step + 1, 0);
    require_no_map(UINT64_MAX - step + 1, 0, 0);
    require_no_map(UINT64_MAX - step + 1, step, 0);
    require_no_map(UINT64_C(1) << 32, step, 0);
    require_no_map(UINT64_C(1) << 63, step, 0);
}

SPEC(unknown_map_flags_are_refused, "GEN-7")
{
    for (unsigned bit = 1; bit < 32; bit++) {
        require_no_map(0, 0, UINT32_C(1) << bit);
    }
    require_no_map(0, 0, UINT32_MAX);
}

SPEC(a_read_only_section_cannot_be_mapped_writable, "SHM-3")
{
    xipc_section *section = section_saying("a", "read me");
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));
    xipc_map *map = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_section_map(reader, 0, 0, XIPC_MAP_WRITE, &map));
    REQUIRE(map == UNTOUCHED);
    require_section_says(reader, "read me");

    xipc_section_close(reader);
    xipc_section_close(section);
}

SPEC(a_reader_does_not_make_the_writers_of_its_process_readers, "SHM-3")
{
    xipc_section *section = section_created("a", 1);
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));
    xipc_section *writer = section_opened("a");
    xipc_map *map = mapped(writer);

    bytes_of(map)[0] = 'w';

    require_section_says(reader, "w");
    xipc_map_close(map);
    xipc_section_close(writer);
    xipc_section_close(reader);
    xipc_section_close(section);
}

SPEC(a_reader_sees_what_is_written_later, "SHM-3")
{
    xipc_section *section = section_created("a", 1);
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));
    xipc_map *map = mapped(section);
    xipc_map *view = NULL;

    REQUIRE_OK(xipc_section_map(reader, 0, 0, 0, &view));
    bytes_of(map)[0] = 5;

    REQUIRE(bytes_of(view)[0] == 5);
    xipc_map_close(view);
    xipc_map_close(map);
    xipc_section_close(reader);
    xipc_section_close(section);
}

SPEC(a_map_outlives_the_handle_it_came_from, "SHM-4")
{
    xipc_section *section = section_saying("a", "alive");
    xipc_map *map = mapped(section);
    xipc_section *opened;

    xipc_section_close(section);
    opened = section_opened("a");
    bytes_of(map)[0] = 'A';

    require_section_says(opened, "Alive");
    xipc_section_close(opened);
    xipc_map_close(map);
    require_absent("a");
}

SPEC(a_range_alone_keeps_the_whole_section, "SHM-4")
{
    size_t step = xipc_map_granularity();
    xipc_section *section = section_of_four_steps("a");
    xipc_map *range = NULL;
    xipc_section *opened;

    REQUIRE_OK(xipc_section_map(section, step, step, 0, &range));
    xipc_section_close(section);
    opened = section_opened("a");

    REQUIRE_UINT(4 * (uint64_t)step, xipc_section_size(opened));
    xipc_section_close(opened);
    xipc_map_close(range);
    require_absent("a");
}

#define MANY_MAPS 500

SPEC(five_hundred_maps_of_one_section_all_see_the_same, "SHM-3")
{
    xipc_section *section = section_created("a", 1);
    static xipc_map *maps[MANY_MAPS];

    for (int i = 0; i < MANY_MAPS; i++) {
        maps[i] = mapped(section);
    }
    bytes_of(maps[0])[0] = 99;

    for (int i = 0; i < MANY_MAPS; i++) {
        REQUIRE(i == 0 || bytes_of(maps[i]) != bytes_of(maps[i - 1]));
        REQUIRE(bytes_of(maps[i])[0] == 99);
    }
    for (int i = 0; i < MANY_MAPS; i++) {
        xipc_map_close(maps[i]);
    }
    xipc_section_close(section);
}

SPEC(maps_come_and_go_ten_thousand_times, "SHM-3")
{
    xipc_section *section = section_created("a", 64);
    unsigned rounds = rounds_here(10000, 2000);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_map *map = mapped(section);

        REQUIRE(bytes_of(map)[i % 64] == (unsigned char)(i / 64));
        bytes_of(map)[i % 64]++;
        xipc_map_close(map);
    }
    xipc_section_close(section);
}
