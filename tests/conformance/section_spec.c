/* SPDX-License-Identifier: Apache-2.0 */
/* Making and opening sections: sizes, contents, and which of two it was. */
#include <string.h>

#include "support/section_kit.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

static int is_all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static void require_zero_filled(uint64_t size, xipc_section_options options)
{
    xipc_section *section = section_created_with("zeros", size, options);
    xipc_map *map = mapped(section);

    REQUIRE(xipc_map_size(map) >= size);
    REQUIRE(is_all_zero(bytes_of(map), xipc_map_size(map)));
    memset(bytes_of(map), 0xee, xipc_map_size(map));
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_new_section_is_filled_with_zeros, "SHM-1")
{
    require_zero_filled(1, flagged(0));
    require_zero_filled(100000, flagged(0));
    require_zero_filled(3 * MIB + 1, flagged(0));
}

SPEC(a_section_that_follows_another_of_its_name_is_zero_again, "SHM-1 LIFE-1")
{
    for (int i = 0; i < 20; i++) {
        require_zero_filled(64 * KIB, flagged(0));
    }
}

SPEC(a_lazy_section_is_filled_with_zeros_and_writable, "SHM-1 SHM-2")
{
    require_zero_filled(3 * MIB, flagged(XIPC_SECTION_LAZY));
}

SPEC(asking_for_huge_pages_is_never_an_error, "SHM-7")
{
    require_zero_filled(1, flagged(XIPC_SECTION_HUGE));
    require_zero_filled(4 * MIB, flagged(XIPC_SECTION_HUGE));
    require_zero_filled(
        4 * MIB, flagged(XIPC_SECTION_HUGE | XIPC_SECTION_LAZY));
}

SPEC(a_size_is_rounded_up_to_the_page, "SHM-1")
{
    xipc_section *smallest = section_created("one", 1);
    uint64_t page = xipc_section_size(smallest);
    xipc_section *exact = section_created("exact", page);
    xipc_section *more = section_created("more", page + 1);

    REQUIRE(page >= 4096);
    REQUIRE((page & (page - 1)) == 0);
    REQUIRE_UINT(page, xipc_section_size(exact));
    REQUIRE_UINT(2 * page, xipc_section_size(more));

    xipc_section_close(more);
    xipc_section_close(exact);
    xipc_section_close(smallest);
}

SPEC(every_byte_of_the_rounded_size_can_be_written, "SHM-1 SHM-2")
{
    xipc_section *section = section_created("a", 5 * KIB);
    xipc_map *map = mapped(section);

    REQUIRE_UINT(xipc_section_size(section), xipc_map_size(map));
    memset(bytes_of(map), 0x5a, xipc_map_size(map));

    xipc_map_close(map);
    xipc_section_close(section);
}

/* Tells the size of the section that argument 0 names. */
PEER(a_process_that_tells_the_size)
{
    xipc_section *section = section_opened(spec_argument(0));
    uint64_t size = xipc_section_size(section);
    char line[32];
    size_t at = sizeof line - 1;

    line[at] = '\0';
    for (; size != 0; size /= 10) {
        line[--at] = (char)('0' + size % 10);
    }
    spec_tell(NULL, line + at);
    xipc_section_close(section);
}

SPEC(every_opener_sees_the_same_size, "SHM-1")
{
    xipc_section *section = section_created("a", 2 * MIB);
    xipc_section *opened = section_opened("a");
    spec_peer *peer = START(a_process_that_tells_the_size, "a");

    REQUIRE_UINT(xipc_section_size(section), xipc_section_size(opened));
    spec_expect(peer, "2097152");

    spec_join(peer);
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_section_that_does_not_grow_has_its_size_as_its_limit, "SHM-6")
{
    xipc_section *section = section_created("a", 100 * KIB);
    xipc_section *opened = section_opened("a");

    REQUIRE_UINT(xipc_section_size(section), xipc_section_max_size(section));
    REQUIRE_UINT(xipc_section_size(section), xipc_section_max_size(opened));

    xipc_section_close(opened);
    xipc_section_close(section);
}

#define BIG      (5 * GIB)
#define FAR_AWAY (4 * GIB + 4 * MIB)

/* Maps 64 KiB of it, writable. */
static xipc_map *window_at(xipc_section *section, uint64_t offset)
{
    xipc_map *map = NULL;

    REQUIRE_OK(
        xipc_section_map(section, offset, 64 * KIB, XIPC_MAP_WRITE, &map));
    return map;
}

SPEC(a_section_larger_than_4_gib_is_seen_through_ranges, "SHM-1 SHM-3")
{
    xipc_section *section =
        section_created_with("big", BIG, flagged(XIPC_SECTION_LAZY));
    xipc_section *opened = section_opened("big");
    xipc_map *far_one = window_at(section, FAR_AWAY);
    xipc_map *far_two = window_at(opened, FAR_AWAY);
    xipc_map *near_by = window_at(opened, FAR_AWAY - 4 * GIB);

    bytes_of(far_one)[7] = 42;

    REQUIRE_UINT(BIG, xipc_section_size(opened));
    REQUIRE(bytes_of(far_two)[7] == 42);
    REQUIRE(bytes_of(near_by)[7] == 0);
    xipc_map_close(near_by);
    xipc_map_close(far_two);
    xipc_map_close(far_one);
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_section_larger_than_4_gib_is_mapped_whole_where_it_fits, "SHM-1 SHM-3")
{
    xipc_section *section =
        section_created_with("big", BIG, flagged(XIPC_SECTION_LAZY));
    xipc_map *far_away = window_at(section, FAR_AWAY);
    xipc_map *whole = UNTOUCHED;

    if (sizeof(void *) < 8) {
        REQUIRE_STATUS(
            XIPC_E_NO_MEMORY, xipc_section_map(section, 0, 0, 0, &whole));
        REQUIRE(whole == UNTOUCHED);
    } else {
        whole = mapped(section);
        bytes_of(whole)[(size_t)FAR_AWAY + 7] = 42;
        REQUIRE_UINT(BIG, xipc_map_size(whole));
        REQUIRE(bytes_of(far_away)[7] == 42);
        REQUIRE(bytes_of(whole)[(size_t)(FAR_AWAY - 4 * GIB) + 7] == 0);
        xipc_map_close(whole);
    }
    xipc_map_close(far_away);
    xipc_section_close(section);
}

SPEC(creating_a_taken_name_says_so_and_leaves_what_is_there, "LIFE-3 GEN-1")
{
    xipc_section *section = section_saying("a", "first");
    xipc_section *second = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("a", 10 * MIB, NULL, XIPC_FOREVER, &second));

    REQUIRE(second == UNTOUCHED);
    require_section_says(section, "first");
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(opening_what_is_not_there_finds_nothing_and_makes_nothing, "LIFE-3 GEN-1")
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_section_open("a", NULL, XIPC_FOREVER, &section));

    REQUIRE(section == UNTOUCHED);
    require_nothing_exists();
}

SPEC(open_or_create_creates_what_is_not_there_and_says_so, "LIFE-3")
{
    xipc_section *section = NULL;
    int created = 77;

    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &section, &created));

    REQUIRE(created == 1);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(open_or_create_opens_what_is_there_and_says_so, "LIFE-3")
{
    xipc_section *section = section_saying("a", "there");
    xipc_section *joined = NULL;
    int created = 77;

    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &joined, &created));

    REQUIRE(created == 0);
    require_section_says(joined, "there");
    xipc_section_close(joined);
    xipc_section_close(section);
}

SPEC(open_or_create_need_not_say_which_it_was, "LIFE-3")
{
    xipc_section *section = NULL;
    xipc_section *joined = NULL;

    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &section, NULL));
    REQUIRE_OK(
        xipc_section_open_or_create("a", 1, NULL, XIPC_FOREVER, &joined, NULL));

    xipc_section_close(joined);
    xipc_section_close(section);
}

SPEC(an_existing_section_keeps_its_own_size, "LIFE-3 SHM-1")
{
    xipc_section *section = section_created("a", 64 * KIB);
    xipc_section *smaller = NULL;
    xipc_section *larger = NULL;

    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &smaller, NULL));
    REQUIRE_OK(xipc_section_open_or_create(
        "a", 10 * MIB, NULL, XIPC_FOREVER, &larger, NULL));

    REQUIRE_UINT(64 * KIB, xipc_section_size(smaller));
    REQUIRE_UINT(64 * KIB, xipc_section_size(larger));
    xipc_section_close(larger);
    xipc_section_close(smaller);
    xipc_section_close(section);
}

SPEC(an_open_takes_the_options_its_creator_used, "GEN-7 LIFE-3")
{
    xipc_section_options options = growing_to(MIB);
    xipc_section *section;
    xipc_section *opened;

    options.flags = XIPC_SECTION_LAZY | XIPC_SECTION_HUGE;
    section = section_created_with("a", 64 * KIB, options);
    opened = section_opened_with("a", options);

    REQUIRE_UINT(64 * KIB, xipc_section_size(opened));
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(sections_of_different_names_do_not_meet, "NAME-3 SHM-1")
{
    xipc_section *one = section_saying("one", "first");
    xipc_section *two = section_saying("two", "second");

    require_section_says(one, "first");
    require_section_says(two, "second");

    xipc_section_close(two);
    xipc_section_close(one);
}

#define MANY_SECTIONS 100

SPEC(a_hundred_sections_live_side_by_side, "SHM-1 LIFE-7")
{
    xipc_section *sections[MANY_SECTIONS];
    char name[] = "n00";

    for (int i = 0; i < MANY_SECTIONS; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        sections[i] = section_saying(name, name);
    }

    REQUIRE_UINT(MANY_SECTIONS, listed_count(XIPC_SCOPE_USER));
    for (int i = 0; i < MANY_SECTIONS; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        require_section_says(sections[i], name);
        xipc_section_close(sections[i]);
    }
    require_nothing_exists();
}

SPEC(closing_nothing_is_fine, "GEN-6")
{
    xipc_section_close(NULL);
    xipc_map_close(NULL);
    require_nothing_exists();
}

SPEC(a_section_larger_than_the_system_can_hold_finds_no_space, "SHM-2 GEN-7")
{
    xipc_section *section = UNTOUCHED;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_RESERVE);
    REQUIRE_STATUS(
        XIPC_E_NO_SPACE,
        xipc_section_create(
            "a", UINT64_C(1) << 44, NULL, XIPC_FOREVER, &section));

    REQUIRE(section == UNTOUCHED);
    require_nothing_exists();
}
