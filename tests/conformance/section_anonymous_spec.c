/* SPDX-License-Identifier: Apache-2.0 */
/* Sections without a name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/section_kit.h"

static xipc_section *anonymous(uint64_t size, xipc_section_options options)
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(size, &options, &section));
    REQUIRE(section != NULL);
    return section;
}

SPEC(an_anonymous_section_is_zero_filled_and_shared_by_its_maps, "SHM-5 SHM-1")
{
    xipc_section *section = anonymous(100000, flagged(0));
    xipc_map *one = mapped(section);
    xipc_map *two = mapped(section);

    REQUIRE(xipc_map_size(one) >= 100000);
    for (size_t i = 0; i < xipc_map_size(one); i++) {
        REQUIRE(bytes_of(one)[i] == 0);
    }
    bytes_of(one)[99999] = 9;

    REQUIRE(bytes_of(two)[99999] == 9);
    xipc_map_close(two);
    xipc_map_close(one);
    xipc_section_close(section);
}

SPEC(an_anonymous_section_needs_no_options, "SHM-5")
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));

    REQUIRE(xipc_section_size(section) >= 1);
    xipc_section_close(section);
}

SPEC(an_anonymous_section_is_rounded_like_a_named_one, "SHM-5 SHM-1")
{
    xipc_section *section = anonymous(5000, flagged(0));
    xipc_section *named = section_created("a", 5000);

    REQUIRE_UINT(xipc_section_size(named), xipc_section_size(section));
    REQUIRE_UINT(xipc_section_size(named), xipc_section_max_size(section));

    xipc_section_close(named);
    xipc_section_close(section);
}

SPEC(an_anonymous_section_stands_in_no_list, "SHM-5")
{
    xipc_section *section = anonymous(1, flagged(0));

    require_nothing_exists();

    xipc_section_close(section);
}

SPEC(two_anonymous_sections_share_nothing, "SHM-5")
{
    xipc_section *one = anonymous(1, flagged(0));
    xipc_section *two = anonymous(1, flagged(0));
    xipc_map *map_one = mapped(one);
    xipc_map *map_two = mapped(two);

    bytes_of(map_one)[0] = 1;

    REQUIRE(bytes_of(map_two)[0] == 0);
    xipc_map_close(map_two);
    xipc_map_close(map_one);
    xipc_section_close(two);
    xipc_section_close(one);
}

SPEC(the_map_of_an_anonymous_section_outlives_the_handle, "SHM-5 SHM-4")
{
    xipc_section *section = anonymous(1, flagged(0));
    xipc_map *map = mapped(section);

    bytes_of(map)[0] = 3;
    xipc_section_close(section);

    REQUIRE(bytes_of(map)[0] == 3);
    bytes_of(map)[0] = 4;
    xipc_map_close(map);
}

SPEC(an_anonymous_section_grows_too, "SHM-5 SHM-6")
{
    xipc_section *section;
    xipc_map *map;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    section = anonymous(65536, growing_to(UINT64_C(1) << 20));
    map = mapped(section);
    REQUIRE_OK(xipc_section_grow(section, UINT64_C(1) << 20, XIPC_FOREVER));

    bytes_of(map)[(1 << 20) - 1] = 1;
    REQUIRE_UINT(UINT64_C(1) << 20, xipc_map_size(map));
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_section_grow(section, (UINT64_C(1) << 20) + 1, XIPC_FOREVER));
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(an_anonymous_section_takes_every_flag_of_create, "SHM-5 SHM-7")
{
    xipc_section *section =
        anonymous(1 << 20, flagged(XIPC_SECTION_LAZY | XIPC_SECTION_HUGE));
    xipc_map *map = mapped(section);

    bytes_of(map)[(1 << 20) - 1] = 1;

    REQUIRE(bytes_of(map)[0] == 0);
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(what_has_no_name_takes_nothing_about_names, "SHM-5 GEN-7")
{
    xipc_section_options options[4];

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    for (int i = 0; i < 4; i++) {
        options[i] = flagged(0);
    }
    options[0].naming.scope = XIPC_SCOPE_MACHINE;
    options[1].naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    options[2].naming.lifetime = XIPC_PERSISTENT;
    options[3].naming.trust = XIPC_TRUST_EVERYONE;

    for (int i = 0; i < 4; i++) {
        xipc_section *section = UNTOUCHED;

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_section_create_anonymous(1, &options[i], &section));
        REQUIRE(section == UNTOUCHED);
    }
}

SPEC(the_native_handle_of_an_anonymous_section_stays_the_same, "SHM-5")
{
    xipc_section *section = anonymous(1, flagged(0));
    xipc_native_handle native = -1;
    xipc_native_handle again = -1;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    REQUIRE_OK(xipc_section_native_handle(section, &again));

    REQUIRE(native != -1);
    REQUIRE(native == again);
    xipc_section_close(section);
}

SPEC(a_named_section_gives_no_native_handle, "SHM-5 GEN-1")
{
    xipc_section *section = section_created("a", 1);
    xipc_native_handle native = 77;

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipc_section_native_handle(section, &native));

    REQUIRE(native == 77);
    xipc_section_close(section);
}

/* Adopts what it inherited, which says argument 0, and answers through it. */
PEER(a_process_that_adopts)
{
    xipc_section *section = NULL;
    xipc_map *map;

    REQUIRE(spec_inherited() != -1);
    REQUIRE_OK(xipc_section_adopt(spec_inherited(), &section));
    require_section_says(section, spec_argument(0));
    map = mapped(section);
    memcpy(bytes_of(map), "adopted", 8);
    spec_tell(NULL, "adopted");
    spec_expect(NULL, "end");
    xipc_map_close(map);
    xipc_section_close(section);
}

/* An anonymous section saying "for you", with a peer that has adopted it. */
static spec_peer *adopted_by_a_peer(xipc_section **section_out)
{
    xipc_section *section = anonymous(65536, growing_to(1 << 20));
    xipc_map *map = mapped(section);
    xipc_native_handle native = -1;
    spec_peer *peer;

    memcpy(bytes_of(map), "for you", 8);
    xipc_map_close(map);
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    peer = START_WITH(native, a_process_that_adopts, "for you");
    spec_expect(peer, "adopted");
    *section_out = section;
    return peer;
}

static void end(spec_peer *peer)
{
    spec_tell(peer, "end");
    spec_join(peer);
}

SPEC(an_anonymous_section_reaches_another_process_by_inheritance, "SHM-5")
{
    xipc_section *section;
    spec_peer *peer = adopted_by_a_peer(&section);

    require_section_says(section, "adopted");

    end(peer);
    xipc_section_close(section);
}

SPEC(
    a_process_that_adopted_a_section_and_is_killed_leaves_it_whole,
    "SHM-5 GEN-11")
{
    xipc_section *section;
    spec_peer *peer = adopted_by_a_peer(&section);

    spec_kill(peer);

    require_section_says(section, "adopted");
    REQUIRE_OK(xipc_section_grow(section, 1 << 20, XIPC_FOREVER));
    xipc_section_close(section);
}

/* Tries the number of a handle that its starter has open. */
PEER(a_process_that_got_nothing)
{
    xipc_section *section = UNTOUCHED;
    xipc_native_handle native =
        (xipc_native_handle)strtoll(spec_argument(0), NULL, 10);

    REQUIRE(xipc_section_adopt(native, &section) != XIPC_OK);
    REQUIRE(section == UNTOUCHED);
}

SPEC(a_native_handle_is_not_inherited_unless_it_is_given, "SHM-5 GEN-8")
{
    xipc_section *section = anonymous(1, flagged(0));
    xipc_native_handle native = -1;
    char number[32];

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    snprintf(number, sizeof number, "%lld", (long long)native);

    spec_join(START(a_process_that_got_nothing, number));

    xipc_section_close(section);
}

SPEC(what_is_not_an_open_handle_cannot_be_adopted, "SHM-5 GEN-7")
{
    static const xipc_native_handle nonsense[] = {
        -1, -2, INTPTR_MIN, 0x7ffffff0, 0x3ffffffc};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        xipc_section *section = UNTOUCHED;

        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_section_adopt(nonsense[i], &section));
        REQUIRE(section == UNTOUCHED);
    }
}

SPEC(a_hundred_anonymous_sections_come_and_go, "SHM-5")
{
    xipc_section *sections[100];

    for (int i = 0; i < 100; i++) {
        xipc_map *map;

        sections[i] = anonymous(65536, flagged(0));
        map = mapped(sections[i]);
        bytes_of(map)[65535] = 1;
        xipc_map_close(map);
    }
    for (int i = 0; i < 100; i++) {
        xipc_section_close(sections[i]);
    }
    require_nothing_exists();
}
