/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of each call, and of what it left behind
 * nothing stands in anybody's way.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/section_kit.h"

enum { STEP = 65536, NS_PER_S = 1000000000 };

/* What the case holds while others die. */
typedef struct survivor {
    xipc_section *section; /* NULL: nothing */
    unsigned check_count;
} survivor;

#define WORDS "written by the survivor"

static int count_stale(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    *count += listing->is_stale ? 1U : 0U;
    return 0;
}

/*
 * What is stale is shown once and then gone, unless a process of another case
 * is just removing it, perhaps one that is stopped at each step: then within
 * the second that GEN-11 allows.
 */
static void require_nothing_stale(void)
{
    int64_t until = spec_now_ns() + NS_PER_S;
    unsigned count = 0;

    do {
        count = 0;
        REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, count_stale, &count));
    } while (count > 0 && spec_now_ns() < until);
    REQUIRE_UINT(0, count);
}

static int count_kept(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    *count += listing->name[0] != '\0' && !listing->is_stale ? 1U : 0U;
    return 0;
}

/*
 * Whoever dies taking a stale name away has hidden it meanwhile, so one may be
 * seen, and go, after nothing was.
 */
static void require_kept(unsigned want)
{
    unsigned count = 0;

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, count_kept, &count));
    REQUIRE_UINT(want, count);
}

static void require_zeros(xipc_section *section)
{
    xipc_map *map = mapped(section);
    const unsigned char *bytes = bytes_of(map);

    REQUIRE(bytes[0] == 0);
    REQUIRE(memcmp(bytes, bytes + 1, xipc_map_size(map) - 1) == 0);
    xipc_map_close(map);
}

/* Anybody can have the name now. Leaves it free. */
static void require_free(const char *name)
{
    xipc_section *section;

    section = section_created_with(name, 2 * STEP, growing_to(8 * STEP));
    REQUIRE_UINT(2 * STEP, xipc_section_size(section));
    require_zeros(section);
    xipc_section_close(section);
    require_absent(name);
}

/*
 * The dead one was its only holder. Every other time listing comes first, so
 * that what is left is found by either.
 */
static void it_is_gone_and_free(void *context)
{
    survivor *self = context;

    require_absent("victim");
    if (self->check_count++ % 2 == 0) {
        require_nothing_stale();
    }
    require_free("victim");
    require_nothing_stale();
}

KILLED(creates_a_transient_section)
{
    xipc_section *section;

    kill_begin();
    section = section_created("victim", STEP);
    kill_end();
    xipc_section_close(section);
}

SPEC(
    a_creator_that_dies_at_any_step_leaves_the_name_free,
    "GEN-11 LIFE-1 LIFE-4")
{
    survivor self = {NULL, 0};
    kill_plan plan = {NULL, it_is_gone_and_free, NULL, &self};

    KILL_ANYWHERE(creates_a_transient_section, &plan);
}

KILLED(creates_a_growable_section)
{
    xipc_section *section;

    kill_begin();
    section = section_created_with("victim", STEP, growing_to(4 * STEP));
    kill_end();
    xipc_section_close(section);
}

SPEC(
    a_creator_of_a_growable_section_that_dies_leaves_the_name_free,
    "GEN-11 LIFE-1 SHM-6")
{
    survivor self = {NULL, 0};
    kill_plan plan = {NULL, it_is_gone_and_free, NULL, &self};

    KILL_ANYWHERE(creates_a_growable_section, &plan);
}

KILLED(opens_or_creates_a_section)
{
    xipc_section *section = NULL;

    kill_begin();
    REQUIRE_OK(xipc_section_open_or_create(
        "victim", STEP, NULL, XIPC_FOREVER, &section, NULL));
    kill_end();
    xipc_section_close(section);
}

SPEC(
    one_that_dies_in_open_or_create_leaves_the_name_free,
    "GEN-11 LIFE-1 LIFE-3")
{
    survivor self = {NULL, 0};
    kill_plan plan = {NULL, it_is_gone_and_free, NULL, &self};

    KILL_ANYWHERE(opens_or_creates_a_section, &plan);
}

KILLED(closes_as_the_last_holder)
{
    xipc_section *section = section_created("victim", STEP);

    kill_begin();
    xipc_section_close(section);
    kill_end();
}

SPEC(the_last_holder_may_die_in_the_middle_of_closing, "GEN-11 LIFE-1")
{
    survivor self = {NULL, 0};
    kill_plan plan = {NULL, it_is_gone_and_free, NULL, &self};

    KILL_ANYWHERE(closes_as_the_last_holder, &plan);
}

PEER(holds_until_killed)
{
    xipc_section *section = section_saying("victim", "left by the dead");

    spec_tell(NULL, "held");
    spec_expect(NULL, "let go");
    xipc_section_close(section);
}

static void leave_one_without_holders(void *context)
{
    spec_peer *peer = START(holds_until_killed);

    (void)context;
    spec_expect(peer, "held");
    spec_kill(peer);
}

SPEC(
    one_that_dies_while_replacing_what_the_dead_left_leaves_the_name_free,
    "GEN-11 LIFE-1")
{
    survivor self = {NULL, 0};
    kill_plan plan = {
        leave_one_without_holders, it_is_gone_and_free, NULL, &self};

    KILL_ANYWHERE(creates_a_transient_section, &plan);
}

/* Whole and zero-filled, or not there at all. */
static void it_is_whole_or_absent(void *context)
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);
    xipc_section *section = NULL;
    xipc_status status;

    (void)context;
    status = xipc_section_open("victim", NULL, XIPC_NOW, &section);
    if (status == XIPC_OK) {
        REQUIRE_UINT(STEP, xipc_section_size(section));
        require_zeros(section);
        xipc_section_close(section);
        require_removed("victim");
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
    section = section_created_with("victim", 2 * STEP, options);
    require_removed("victim");
    require_free("victim");
    xipc_section_close(section);
    require_nothing_stale();
}

KILLED(creates_a_persistent_section)
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);
    xipc_section *section;

    kill_begin();
    section = section_created_with("victim", STEP, options);
    kill_end();
    xipc_section_close(section);
}

SPEC(
    a_creator_that_dies_leaves_a_persistent_section_whole_or_absent,
    "GEN-11 LIFE-2 LIFE-4")
{
    kill_plan plan = {NULL, it_is_whole_or_absent, NULL, NULL};

    KILL_ANYWHERE(creates_a_persistent_section, &plan);
}

/* The survivor has what it had, and so has whoever comes now. */
static void the_survivor_keeps_it(void *context)
{
    survivor *self = context;
    xipc_section *again;

    require_section_says(self->section, WORDS);
    again = section_opened("victim");
    require_section_says(again, WORDS);
    xipc_section_close(again);
    require_holders("victim", 1);
    require_nothing_stale();
}

static survivor survivor_holding(uint64_t max_size)
{
    survivor self = {NULL, 0};
    xipc_map *map;

    self.section = section_created_with("victim", STEP, growing_to(max_size));
    map = mapped(self.section);
    memcpy(bytes_of(map), WORDS, sizeof(WORDS));
    xipc_map_close(map);
    return self;
}

static void survivor_ends(survivor *self)
{
    xipc_section_close(self->section);
    require_absent("victim");
    require_free("victim");
}

KILLED(opens_a_section)
{
    xipc_section *section;

    kill_begin();
    section = section_opened("victim");
    kill_end();
    xipc_section_close(section);
}

SPEC(an_opener_that_dies_at_any_step_disturbs_nobody, "GEN-11 LIFE-6")
{
    survivor self = survivor_holding(0);
    kill_plan plan = {NULL, the_survivor_keeps_it, NULL, &self};

    KILL_ANYWHERE(opens_a_section, &plan);
    survivor_ends(&self);
}

SPEC(
    one_that_dies_in_open_or_create_of_what_is_held_disturbs_nobody,
    "GEN-11 LIFE-3 LIFE-6")
{
    survivor self = survivor_holding(0);
    kill_plan plan = {NULL, the_survivor_keeps_it, NULL, &self};

    KILL_ANYWHERE(opens_or_creates_a_section, &plan);
    survivor_ends(&self);
}

KILLED(closes_what_the_survivor_holds)
{
    xipc_section *section = section_opened("victim");

    kill_begin();
    xipc_section_close(section);
    kill_end();
}

SPEC(
    one_of_two_holders_may_die_in_the_middle_of_closing, "GEN-11 LIFE-1 LIFE-6")
{
    survivor self = survivor_holding(0);
    kill_plan plan = {NULL, the_survivor_keeps_it, NULL, &self};

    KILL_ANYWHERE(closes_what_the_survivor_holds, &plan);
    survivor_ends(&self);
}

KILLED(maps_what_the_survivor_holds)
{
    xipc_section *section = section_opened("victim");
    xipc_map *map;

    kill_begin();
    map = mapped(section);
    bytes_of(map)[STEP - 1] = 1;
    xipc_map_close(map);
    kill_end();
    xipc_section_close(section);
}

SPEC(one_that_dies_while_mapping_disturbs_nobody, "GEN-11 SHM-3 SHM-4")
{
    survivor self = survivor_holding(0);
    kill_plan plan = {NULL, the_survivor_keeps_it, NULL, &self};

    KILL_ANYWHERE(maps_what_the_survivor_holds, &plan);
    survivor_ends(&self);
}

static void hold_one_that_grows(void *context)
{
    survivor *self = context;

    *self = survivor_holding(4 * STEP);
}

/* It has grown or it has not; the survivor can grow it either way. */
static void it_can_still_grow(void *context)
{
    survivor *self = context;
    uint64_t size = 0;
    xipc_map *map;

    REQUIRE_OK(xipc_section_refresh(self->section, &size));
    REQUIRE(size == STEP || size == 2 * STEP);
    REQUIRE_OK(xipc_section_grow(self->section, 3 * STEP, XIPC_FOREVER));
    REQUIRE_UINT(3 * STEP, xipc_section_size(self->section));
    map = mapped(self->section);
    REQUIRE_UINT(3 * STEP, xipc_map_size(map));
    REQUIRE(bytes_of(map)[STEP] == 0);
    REQUIRE(
        memcmp(bytes_of(map) + STEP, bytes_of(map) + STEP + 1, 2 * STEP - 1) ==
        0);
    xipc_map_close(map);
    the_survivor_keeps_it(context);
}

static void let_go(void *context)
{
    survivor_ends(context);
}

KILLED(grows_what_the_survivor_holds)
{
    xipc_section *section = section_opened("victim");

    kill_begin();
    REQUIRE_OK(xipc_section_grow(section, 2 * STEP, XIPC_FOREVER));
    kill_end();
    xipc_section_close(section);
}

SPEC(one_that_dies_while_growing_leaves_a_section_that_can_grow, "GEN-11 SHM-6")
{
    survivor self = {NULL, 0};
    kill_plan plan = {hold_one_that_grows, it_can_still_grow, let_go, &self};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);

    KILL_ANYWHERE(grows_what_the_survivor_holds, &plan);
}

static void hold_a_persistent_one(void *context)
{
    survivor *self = context;
    xipc_map *map;

    self->section =
        section_created_with("victim", STEP, lasting(XIPC_PERSISTENT));
    map = mapped(self->section);
    memcpy(bytes_of(map), WORDS, sizeof(WORDS));
    xipc_map_close(map);
}

static void leave_a_persistent_one(void *context)
{
    survivor *self = context;

    hold_a_persistent_one(context);
    xipc_section_close(self->section);
    self->section = NULL;
}

/* The old one with all it said, or nothing; then the name is taken anew. */
static void it_is_there_or_removed(void *context)
{
    survivor *self = context;
    xipc_section *section = NULL;
    xipc_status status;

    status = xipc_section_open("victim", NULL, XIPC_NOW, &section);
    if (status == XIPC_OK) {
        require_section_says(section, WORDS);
        xipc_section_close(section);
        require_removed("victim");
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
    require_absent("victim");
    section = section_saying("victim", "the next one");
    if (self->section) {
        require_section_says(self->section, WORDS);
    }
    require_section_says(section, "the next one");
    xipc_section_close(section);
    require_nothing_stale();
}

static void drop(void *context)
{
    survivor *self = context;

    xipc_section_close(self->section);
    self->section = NULL;
    require_absent("victim");
}

KILLED(removes_a_persistent_section)
{
    kill_begin();
    require_removed("victim");
    kill_end();
}

SPEC(
    one_that_dies_while_removing_leaves_it_there_or_gone,
    "GEN-11 LIFE-2 LIFE-5")
{
    survivor self = {NULL, 0};
    kill_plan plan = {
        leave_a_persistent_one, it_is_there_or_removed, drop, &self};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);

    KILL_ANYWHERE(removes_a_persistent_section, &plan);
}

SPEC(
    one_that_dies_while_removing_what_is_held_takes_nothing_from_the_holder,
    "GEN-11 LIFE-2 LIFE-5 LIFE-6")
{
    survivor self = {NULL, 0};
    kill_plan plan = {
        hold_a_persistent_one, it_is_there_or_removed, drop, &self};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);

    KILL_ANYWHERE(removes_a_persistent_section, &plan);
}

/* The survivor's two are shown, and nothing of the dead. */
static void only_the_survivors_are_listed(void *context)
{
    survivor *self = context;
    sighting seen;

    require_nothing_stale();
    require_kept(2);
    require_holders("victim", 1);
    seen = sighted(XIPC_SCOPE_USER, "lasting");
    REQUIRE_UINT(1, seen.count);
    REQUIRE(!seen.listing.is_stale);
    require_section_says(self->section, WORDS);
}

static survivor survivor_of_two_kinds(void)
{
    survivor self = survivor_holding(0);
    xipc_section *section;

    section = section_created_with("lasting", STEP, lasting(XIPC_PERSISTENT));
    xipc_section_close(section);
    return self;
}

static int see_anything(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    REQUIRE(listing->native_name[0] != '\0');
    (*count)++;
    return 0;
}

KILLED(lists_what_the_dead_left)
{
    unsigned count = 0;

    kill_begin();
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_anything, &count));
    kill_end();
    REQUIRE(count >= 2);
}

KILLED(sweeps_what_the_dead_left)
{
    kill_begin();
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    kill_end();
}

PEER(holds_another_until_killed)
{
    xipc_section *section = section_created("another", STEP);

    spec_tell(NULL, "held");
    spec_expect(NULL, "let go");
    xipc_section_close(section);
}

static void leave_another_without_holders(void *context)
{
    spec_peer *peer = START(holds_another_until_killed);

    (void)context;
    spec_expect(peer, "held");
    spec_kill(peer);
}

SPEC(
    one_that_dies_while_listing_takes_nothing_that_is_held,
    "GEN-11 LIFE-6 LIFE-7")
{
    survivor self = survivor_of_two_kinds();
    kill_plan plan = {
        leave_another_without_holders, only_the_survivors_are_listed, NULL,
        &self};

    KILL_ANYWHERE(lists_what_the_dead_left, &plan);
    survivor_ends(&self);
    require_removed("lasting");
}

SPEC(
    one_that_dies_while_sweeping_takes_nothing_that_is_held,
    "GEN-11 LIFE-6 LIFE-7")
{
    survivor self = survivor_of_two_kinds();
    kill_plan plan = {
        leave_another_without_holders, only_the_survivors_are_listed, NULL,
        &self};

    KILL_ANYWHERE(sweeps_what_the_dead_left, &plan);
    survivor_ends(&self);
    require_removed("lasting");
}
