/* SPDX-License-Identifier: Apache-2.0 */
/* How persistent sections stay, and how xipc_remove() takes them away. */
#include <string.h>

#include "support/section_kit.h"

static xipc_section *persistent_saying(const char *name, const char *text)
{
    xipc_section *section =
        section_created_with(name, strlen(text) + 1, lasting(XIPC_PERSISTENT));
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), text, strlen(text) + 1);
    xipc_map_close(map);
    return section;
}

static void require_opens_and_says(const char *name, const char *text)
{
    xipc_section *section = section_opened(name);

    require_section_says(section, text);
    xipc_section_close(section);
}

/* Creates argument 0 saying argument 1, and ends in the way it is told. */
PEER(a_process_that_leaves_something_behind)
{
    xipc_section *section =
        persistent_saying(spec_argument(0), spec_argument(1));

    spec_tell(NULL, "created");
    spec_expect(NULL, "close");
    xipc_section_close(section);
}

SPEC(a_persistent_section_stays_when_its_last_holder_closes, "LIFE-2")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "kept"));

    require_opens_and_says("a", "kept");
    require_removed("a");
}

SPEC(a_persistent_section_stays_when_its_creator_has_gone, "LIFE-2")
{
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    peer = START(a_process_that_leaves_something_behind, "a", "kept");
    spec_expect(peer, "created");
    spec_tell(peer, "close");
    spec_join(peer);

    require_opens_and_says("a", "kept");
    require_removed("a");
}

SPEC(a_persistent_section_stays_when_its_last_holder_is_killed, "LIFE-2 GEN-11")
{
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    peer = START(a_process_that_leaves_something_behind, "a", "kept");
    spec_expect(peer, "created");
    spec_kill(peer);

    require_opens_and_says("a", "kept");
    require_removed("a");
}

SPEC(listing_and_sweeping_leave_a_persistent_section, "LIFE-2 LIFE-6")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "kept"));
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    require_nothing_to_sweep();

    require_opens_and_says("a", "kept");
    require_removed("a");
}

SPEC(a_removed_section_is_gone_at_once, "LIFE-5")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "old"));
    require_removed("a");

    require_absent("a");
    require_nothing_exists();
}

SPEC(holders_of_a_removed_section_keep_working_on_it, "LIFE-5")
{
    xipc_section *section;
    xipc_map *before;
    xipc_map *after;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = persistent_saying("a", "old");
    before = mapped(section);
    require_removed("a");
    after = mapped(section);
    memcpy(bytes_of(before), "new", 4);

    REQUIRE(memcmp(bytes_of(after), "new", 4) == 0);
    REQUIRE_OK(xipc_section_refresh(section, NULL));

    xipc_map_close(after);
    xipc_map_close(before);
    xipc_section_close(section);
}

SPEC(a_removed_name_is_free_for_a_new_section_while_it_is_held, "LIFE-5")
{
    xipc_section *old_one;
    xipc_section *new_one;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    old_one = persistent_saying("a", "the old one");
    require_removed("a");
    new_one = persistent_saying("a", "the new one");

    require_opens_and_says("a", "the new one");
    require_section_says(old_one, "the old one");
    xipc_section_close(old_one);
    require_opens_and_says("a", "the new one");

    xipc_section_close(new_one);
    require_removed("a");
}

SPEC(a_removed_name_is_free_for_a_transient_section_too, "LIFE-5")
{
    xipc_section *old_one;
    xipc_section *new_one;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    old_one = persistent_saying("a", "the old one");
    require_removed("a");
    new_one = section_saying("a", "the new one");
    xipc_section_close(old_one);

    require_opens_and_says("a", "the new one");

    xipc_section_close(new_one);
    require_nothing_exists();
}

PEER(a_process_that_works_on_after_the_remove)
{
    xipc_section *section = section_opened(spec_argument(0));
    xipc_map *map = mapped(section);

    spec_tell(NULL, "opened");
    spec_expect(NULL, "removed");
    memcpy(bytes_of(map), "theirs", 7);
    spec_tell(NULL, "written");
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(what_one_process_removes_another_keeps_sharing, "LIFE-5")
{
    xipc_section *section;
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = persistent_saying("a", "before");
    peer = START(a_process_that_works_on_after_the_remove, "a");
    spec_expect(peer, "opened");
    require_removed("a");
    spec_tell(peer, "removed");
    spec_expect(peer, "written");

    require_section_says(section, "theirs");
    spec_join(peer);
    xipc_section_close(section);
}

SPEC(removing_what_is_not_there_finds_nothing, "LIFE-5")
{
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(
            XIPC_KIND_SECTION, "nowhere", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(removing_twice_finds_nothing_the_second_time, "LIFE-5")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "once"));
    require_removed("a");

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(a_transient_section_cannot_be_removed_from_under_its_holders, "LIFE-5")
{
    xipc_section *section = section_saying("a", "stays");

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, XIPC_FOREVER));

    require_opens_and_says("a", "stays");
    xipc_section_close(section);
}

PEER(a_process_that_holds_something_transient)
{
    xipc_section *section = section_created(spec_argument(0), 1);

    spec_tell(NULL, "created");
    spec_expect(NULL, "close");
    xipc_section_close(section);
}

SPEC(removing_what_a_killed_process_left_finds_nothing, "LIFE-1 LIFE-5")
{
    spec_peer *peer = START(a_process_that_holds_something_transient, "a");

    spec_expect(peer, "created");
    spec_kill(peer);

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    require_nothing_exists();
}

static void require_taken(const char *name, xipc_lifetime lifetime)
{
    xipc_section_options options = lasting(lifetime);
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create(name, 1, &options, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);
}

SPEC(a_transient_section_takes_the_name_for_both_lifetimes, "LIFE-3")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = section_created("a", 1);

    require_taken("a", XIPC_TRANSIENT);
    require_taken("a", XIPC_PERSISTENT);

    xipc_section_close(section);
}

SPEC(a_held_persistent_section_takes_the_name_for_both_lifetimes, "LIFE-3")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = persistent_saying("a", "held");

    require_taken("a", XIPC_TRANSIENT);
    require_taken("a", XIPC_PERSISTENT);

    xipc_section_close(section);
    require_removed("a");
}

SPEC(a_persistent_section_nobody_holds_takes_the_name_as_well, "LIFE-2 LIFE-3")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "left alone"));

    require_taken("a", XIPC_TRANSIENT);
    require_taken("a", XIPC_PERSISTENT);

    require_opens_and_says("a", "left alone");
    require_removed("a");
}

SPEC(open_or_create_joins_whatever_lifetime_is_there, "LIFE-3")
{
    xipc_section *section = NULL;
    int created = 77;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "there"));
    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &section, &created));

    REQUIRE(created == 0);
    require_section_says(section, "there");
    xipc_section_close(section);
    require_removed("a");
}

SPEC(who_joins_a_persistent_section_does_not_make_it_transient, "LIFE-2 LIFE-3")
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(persistent_saying("a", "there"));
    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &section, NULL));
    xipc_section_close(section);

    require_opens_and_says("a", "there");
    require_removed("a");
}
