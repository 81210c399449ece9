/* SPDX-License-Identifier: Apache-2.0 */
/* How transient sections go with their last holder, however it ends. */
#include <string.h>

#include "support/section_kit.h"

/* Creates argument 0 holding the text of argument 1, then does as told. */
PEER(a_process_that_creates)
{
    xipc_section *section = section_saying(spec_argument(0), spec_argument(1));

    spec_tell(NULL, "created");
    spec_expect(NULL, "close");
    xipc_section_close(section);
    spec_tell(NULL, "closed");
    spec_expect(NULL, "end");
}

/* Opens argument 0, which says argument 1, then does as told. */
PEER(a_process_that_opens)
{
    xipc_section *section = section_opened(spec_argument(0));

    spec_tell(NULL, "opened");
    spec_expect(NULL, "close");
    require_section_says(section, spec_argument(1));
    xipc_section_close(section);
    spec_tell(NULL, "closed");
}

PEER(a_process_that_exits_without_closing)
{
    /* Static, so that to a leak checker they are kept and not lost. */
    static xipc_section *section;
    static xipc_map *map;

    section = section_saying(spec_argument(0), spec_argument(1));
    map = mapped(section);

    REQUIRE(bytes_of(map)[0] == (unsigned char)spec_argument(1)[0]);
    spec_tell(NULL, "created");
}

/* Creates argument 0 and keeps only a map of it. */
PEER(a_process_that_keeps_only_a_map)
{
    xipc_section *section = section_saying(spec_argument(0), spec_argument(1));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    spec_tell(NULL, "mapped");
    spec_expect(NULL, "unmap");
    xipc_map_close(map);
    spec_tell(NULL, "unmapped");
    spec_expect(NULL, "end");
}

static spec_peer *creator_of(const char *name, const char *text)
{
    spec_peer *peer = START(a_process_that_creates, name, text);

    spec_expect(peer, "created");
    return peer;
}

static spec_peer *opener_of(const char *name, const char *text)
{
    spec_peer *peer = START(a_process_that_opens, name, text);

    spec_expect(peer, "opened");
    return peer;
}

static void told_to_close(spec_peer *peer)
{
    spec_tell(peer, "close");
    spec_expect(peer, "closed");
}

/* The name is free: nothing to open, nothing in the way of a create. */
static void require_free(const char *name)
{
    require_absent(name);
    xipc_section_close(section_saying(name, "the next one"));
}

SPEC(a_section_is_transient_unless_asked_otherwise, "LIFE-1")
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_create("a", 1, NULL, XIPC_FOREVER, &section));
    xipc_section_close(section);

    require_free("a");
}

SPEC(a_transient_section_goes_when_its_last_holder_closes, "LIFE-1")
{
    spec_peer *peer = creator_of("a", "theirs");

    told_to_close(peer);

    require_free("a");
    spec_tell(peer, "end");
    spec_join(peer);
}

SPEC(a_transient_section_goes_when_its_last_holder_just_exits, "LIFE-1")
{
    spec_peer *peer =
        START(a_process_that_exits_without_closing, "a", "theirs");

    spec_expect(peer, "created");
    spec_join(peer);

    require_free("a");
}

SPEC(a_transient_section_goes_when_its_last_holder_is_killed, "LIFE-1 GEN-11")
{
    spec_kill(creator_of("a", "theirs"));

    require_free("a");
}

SPEC(a_create_needs_no_open_before_it_to_replace_a_dead_one, "LIFE-1 GEN-11")
{
    xipc_section *section;

    spec_kill(creator_of("a", "a text of the dead"));
    section = section_created("a", 1);

    require_section_says(section, "");
    xipc_section_close(section);
}

SPEC(open_or_create_creates_in_place_of_a_dead_one, "LIFE-1 LIFE-3")
{
    xipc_section *section = NULL;
    int created = 77;

    spec_kill(creator_of("a", "a text of the dead"));
    REQUIRE_OK(xipc_section_open_or_create(
        "a", 1, NULL, XIPC_FOREVER, &section, &created));

    REQUIRE(created == 1);
    require_section_says(section, "");
    xipc_section_close(section);
}

SPEC(a_name_can_be_taken_after_each_of_many_deaths, "LIFE-1 GEN-11")
{
    unsigned rounds = rounds_here(50, 10);

    for (unsigned i = 0; i < rounds; i++) {
        spec_kill(creator_of("again", "theirs"));
        require_free("again");
    }
}

SPEC(a_second_holder_keeps_what_a_killed_creator_made, "LIFE-1 GEN-11")
{
    spec_peer *creator = creator_of("a", "still here");
    xipc_section *section = section_opened("a");
    xipc_section *opened;

    spec_kill(creator);

    require_section_says(section, "still here");
    opened = section_opened("a");
    require_section_says(opened, "still here");
    xipc_section_close(opened);
    xipc_section_close(section);
    require_free("a");
}

SPEC(the_creator_keeps_what_a_killed_opener_had, "LIFE-1 GEN-11")
{
    xipc_section *section = section_saying("a", "mine");
    xipc_section *opened;

    spec_kill(opener_of("a", "mine"));
    opened = section_opened("a");

    require_section_says(opened, "mine");
    xipc_section_close(opened);
    xipc_section_close(section);
    require_free("a");
}

SPEC(the_last_of_several_killed_holders_takes_it_along, "LIFE-1 GEN-11")
{
    spec_peer *creator = creator_of("a", "theirs");
    spec_peer *opener = opener_of("a", "theirs");

    spec_kill(creator);
    spec_kill(opener);

    require_free("a");
}

SPEC(the_creators_close_leaves_it_to_the_other_holders, "LIFE-1")
{
    spec_peer *creator = creator_of("a", "handed on");
    spec_peer *opener = opener_of("a", "handed on");

    told_to_close(creator);
    xipc_section_close(section_opened("a"));
    told_to_close(opener);

    require_free("a");
    spec_join(opener);
    spec_tell(creator, "end");
    spec_join(creator);
}

SPEC(a_map_alone_keeps_a_section_alive, "SHM-4 LIFE-1")
{
    spec_peer *peer = START(a_process_that_keeps_only_a_map, "a", "mapped");
    xipc_section *section;

    spec_expect(peer, "mapped");
    section = section_opened("a");
    require_section_says(section, "mapped");
    xipc_section_close(section);
    spec_tell(peer, "unmap");
    spec_expect(peer, "unmapped");

    require_free("a");
    spec_tell(peer, "end");
    spec_join(peer);
}

SPEC(a_section_goes_when_the_holder_of_its_last_map_is_killed, "SHM-4 LIFE-1")
{
    spec_peer *peer = START(a_process_that_keeps_only_a_map, "a", "mapped");

    spec_expect(peer, "mapped");
    spec_kill(peer);

    require_free("a");
}

SPEC(one_of_two_handles_in_a_process_keeps_it_alive, "LIFE-1")
{
    xipc_section *section = section_saying("a", "twice");
    xipc_section *opened = section_opened("a");
    spec_peer *peer;

    xipc_section_close(section);
    peer = opener_of("a", "twice");
    told_to_close(peer);
    spec_join(peer);
    require_section_says(opened, "twice");
    xipc_section_close(opened);

    require_free("a");
}

SPEC(an_opener_that_closes_again_leaves_it_to_the_same_process, "LIFE-1")
{
    xipc_section *section = section_saying("a", "mine");
    spec_peer *peer;

    xipc_section_close(section_opened("a"));
    peer = opener_of("a", "mine");

    told_to_close(peer);
    spec_join(peer);
    xipc_section_close(section);
    require_free("a");
}

PEER(a_process_that_knows_nothing_of_it)
{
    spec_tell(NULL, "started");
    spec_expect(NULL, "end");
}

SPEC(a_child_process_does_not_keep_alive_what_it_never_opened, "GEN-8 LIFE-1")
{
    xipc_section *section = section_created("a", 1);
    xipc_map *map = mapped(section);
    spec_peer *peer = START(a_process_that_knows_nothing_of_it);

    spec_expect(peer, "started");
    xipc_map_close(map);
    xipc_section_close(section);

    require_free("a");
    spec_tell(peer, "end");
    spec_join(peer);
}

SPEC(a_name_of_one_process_is_taken_for_all_others, "LIFE-3")
{
    spec_peer *peer = creator_of("a", "theirs");
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("a", 1, NULL, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);

    told_to_close(peer);
    spec_tell(peer, "end");
    spec_join(peer);
}
