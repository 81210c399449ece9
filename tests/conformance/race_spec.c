/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many processes make, open, drop and remove one name at once.
 *
 * How two sections under one name would be found out. The case holds a second
 * section, the referee, that all runners share. A runner that has the
 * contested section open learns which one it has from a stamp in its data:
 * whoever finds the stamp zero puts a fresh one there, by compare and swap, so
 * that all who share these bytes agree and two sections never have one stamp.
 * It then writes the stamp into its own seat at the referee's table, reads all
 * other seats, works, empties its seat, and only then closes.
 *
 * A seat is filled after an open and emptied before the close, so the runner
 * in it holds that section at every moment in between. If a runner that sits
 * with stamp s reads t in another seat, two transient sections of one name
 * were alive at that moment: no false alarm is possible. And all writes and
 * reads of seats have one order, so of two runners whose sittings overlap the
 * later one to sit down reads the earlier one's stamp: none is missed.
 *
 * A killed runner leaves its stamp behind. So each seat counts condemnations:
 * odd from before its runner is killed until the stamp has been wiped away.
 * Who reads one even number before and after the stamp read it while no
 * runner of that seat was dead or about to be.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/section_kit.h"

#define SEAT_COUNT 16
#define SIZE       UINT64_C(65536)

typedef struct seat {
    _Atomic uint32_t stamp; /* 0: holds nothing */
    _Atomic uint32_t condemnations;
} seat;

typedef struct referee {
    _Atomic uint32_t last_stamp;
    _Atomic uint32_t created_count;
    _Atomic uint32_t removed_count;
    seat seats[SEAT_COUNT];
} referee;

/* The data of the contested section, from its first byte. */
typedef struct contested {
    _Atomic uint32_t stamp;
    _Atomic uint32_t mirror; /* ~stamp, a little later; 0 before */
} contested;

typedef struct runner {
    referee *table;
    xipc_map *map;
    unsigned number;
    uint32_t dice;
} runner;

static uint32_t stamp_of(referee *table, xipc_section *section)
{
    xipc_map *map = mapped(section);
    contested *data = xipc_map_address(map);
    uint32_t stamp = atomic_load(&data->stamp);
    uint32_t mirror = atomic_load(&data->mirror);

    REQUIRE_UINT(SIZE, xipc_section_size(section));
    REQUIRE_UINT(SIZE, xipc_map_size(map));
    REQUIRE(mirror == 0 || mirror == ~atomic_load(&data->stamp));
    if (stamp == 0) {
        uint32_t fresh = atomic_fetch_add(&table->last_stamp, 1) + 1;

        if (atomic_compare_exchange_strong(&data->stamp, &stamp, fresh)) {
            stamp = fresh;
        }
    }
    REQUIRE(stamp <= atomic_load(&table->last_stamp));
    atomic_store(&data->mirror, ~stamp);
    xipc_map_close(map);
    return stamp;
}

/* Reads the stamp of a runner that was certainly alive; else 0. */
static uint32_t stamp_seen(seat *other)
{
    uint32_t before = atomic_load(&other->condemnations);
    uint32_t stamp = atomic_load(&other->stamp);
    uint32_t after = atomic_load(&other->condemnations);

    return before == after && before % 2 == 0 ? stamp : 0;
}

static void sit_down(runner *self, uint32_t stamp)
{
    referee *table = self->table;

    atomic_store(&table->seats[self->number].stamp, stamp);
    for (unsigned i = 0; i < SEAT_COUNT; i++) {
        uint32_t other = stamp_seen(&table->seats[i]);

        REQUIRE(other == 0 || other == stamp);
    }
}

static void stand_up(runner *self)
{
    atomic_store(&self->table->seats[self->number].stamp, 0);
}

/* XIPC_NOW in one of four throws: then it may be refused, but not wait. */
static xipc_deadline some_deadline(runner *self)
{
    return thrown(&self->dice, 4) == 0 ? XIPC_NOW : XIPC_FOREVER;
}

/* One of the three calls, with the answers it may give in a crowd. */
static xipc_section *get_hold(runner *self, const char *name)
{
    xipc_deadline deadline = some_deadline(self);
    xipc_status allowed = deadline == XIPC_NOW ? XIPC_E_AGAIN : XIPC_OK;
    xipc_section *section = NULL;
    xipc_status status;
    int created = 77;

    switch (thrown(&self->dice, 3)) {
    case 0:
        status = xipc_section_create(name, SIZE, NULL, deadline, &section);
        REQUIRE(
            status == XIPC_OK || status == XIPC_E_EXISTS || status == allowed);
        break;
    case 1:
        status = xipc_section_open(name, NULL, deadline, &section);
        REQUIRE(
            status == XIPC_OK || status == XIPC_E_NOT_FOUND ||
            status == allowed);
        break;
    default:
        status = xipc_section_open_or_create(
            name, SIZE, NULL, deadline, &section, &created);
        REQUIRE(status == XIPC_OK || status == allowed);
        REQUIRE(status != XIPC_OK || created == 0 || created == 1);
        break;
    }
    REQUIRE((status == XIPC_OK) == (section != NULL));
    return section;
}

/* While it is held, nobody creates it and everybody opens the same one. */
static void require_stays(runner *self, const char *name, uint32_t stamp)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create(name, SIZE, NULL, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);
    section = section_opened(name);
    REQUIRE_UINT(stamp, stamp_of(self->table, section));
    xipc_section_close(section);
}

static void run_one_round(runner *self, const char *name)
{
    xipc_section *section = get_hold(self, name);
    uint32_t stamp;

    if (section == NULL) {
        return;
    }
    stamp = stamp_of(self->table, section);
    sit_down(self, stamp);
    if (thrown(&self->dice, 2) == 0) {
        require_stays(self, name, stamp);
    }
    stand_up(self);
    xipc_section_close(section);
}

/* A runner's arguments are its seat's number and its count of rounds. */
static runner runner_at_the_table(void)
{
    xipc_section *section = section_opened("referee");
    runner self;

    self.map = mapped(section);
    self.table = xipc_map_address(self.map);
    self.number = (unsigned)strtoul(spec_argument(0), NULL, 10);
    self.dice = 2654435761u * (self.number + 1);
    xipc_section_close(section);
    return self;
}

static unsigned round_count(void)
{
    return (unsigned)strtoul(spec_argument(1), NULL, 10);
}

PEER(a_runner)
{
    runner self = runner_at_the_table();
    unsigned rounds = round_count();

    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
    for (unsigned i = 0; i < rounds; i++) {
        run_one_round(&self, "contested");
    }
    spec_tell(NULL, "done");
    xipc_map_close(self.map);
}

/* Runs until it is killed. */
PEER(a_runner_without_an_end)
{
    runner self = runner_at_the_table();

    spec_tell(NULL, "running");
    for (;;) {
        run_one_round(&self, "contested");
    }
}

static spec_peer *
runner_started(spec_entry role, unsigned number, unsigned rounds)
{
    char seat_text[16];
    char rounds_text[16];
    const char *arguments[3] = {seat_text, rounds_text, NULL};

    snprintf(seat_text, sizeof seat_text, "%u", number);
    snprintf(rounds_text, sizeof rounds_text, "%u", rounds);
    return spec_start(role.name, arguments);
}

#define CROWD 10
#define FEW   3

/* `count` runners of `role` share `rounds` rounds, all at once. */
static void run_at_once(spec_entry role, unsigned count, unsigned rounds)
{
    spec_peer *peers[CROWD];

    for (unsigned i = 0; i < count; i++) {
        peers[i] = runner_started(role, i, rounds / count);
        spec_expect(peers[i], "ready");
    }
    for (unsigned i = 0; i < count; i++) {
        spec_tell(peers[i], "go");
    }
    for (unsigned i = 0; i < count; i++) {
        spec_expect(peers[i], "done");
        spec_join(peers[i]);
    }
}

static void require_never_two(unsigned count, unsigned rounds)
{
    xipc_section *section = section_created("referee", sizeof(referee));
    xipc_map *map = mapped(section);
    referee *table = xipc_map_address(map);

    run_at_once(a_runner_entry, count, rounds);

    spec_note("%u sections", (unsigned)atomic_load(&table->last_stamp));
    REQUIRE(atomic_load(&table->last_stamp) > 0);
    require_absent("contested");
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(of_one_transient_name_there_are_never_two_sections, "LIFE-1 LIFE-3 LIFE-4")
{
    require_never_two(CROWD, rounds_here(10000, 300));
}

/* Fewer runners leave the name free more often: more beginnings and ends. */
SPEC(nor_when_it_comes_and_goes_all_the_time, "LIFE-1 LIFE-3 LIFE-4")
{
    require_never_two(FEW, rounds_here(30000, 600));
}

#define KILLED_AT_ONCE 4

static void kill_in_its_seat(seat *condemned, spec_peer *peer)
{
    atomic_fetch_add(&condemned->condemnations, 1);
    spec_kill(peer);
    atomic_store(&condemned->stamp, 0);
    atomic_fetch_add(&condemned->condemnations, 1);
}

SPEC(nor_when_its_holders_are_killed_at_any_moment, "LIFE-1 LIFE-4 GEN-11")
{
    xipc_section *section = section_created("referee", sizeof(referee));
    xipc_map *map = mapped(section);
    spec_peer *peers[KILLED_AT_ONCE];
    runner self = {xipc_map_address(map), map, KILLED_AT_ONCE, 88172645u};
    unsigned kills = rounds_here(150, 15);

    for (unsigned i = 0; i < KILLED_AT_ONCE; i++) {
        peers[i] = runner_started(a_runner_without_an_end_entry, i, 0);
        spec_expect(peers[i], "running");
    }
    for (unsigned i = 0; i < kills; i++) {
        unsigned chosen = thrown(&self.dice, KILLED_AT_ONCE);

        for (uint32_t rounds = thrown(&self.dice, 20); rounds > 0; rounds--) {
            run_one_round(&self, "contested");
        }
        kill_in_its_seat(&self.table->seats[chosen], peers[chosen]);
        peers[chosen] =
            runner_started(a_runner_without_an_end_entry, chosen, 0);
        spec_expect(peers[chosen], "running");
    }
    for (unsigned i = 0; i < KILLED_AT_ONCE; i++) {
        kill_in_its_seat(&self.table->seats[i], peers[i]);
    }

    require_absent("contested");
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_map_close(map);
    xipc_section_close(section);
}

/* The same crowd around a persistent name, some removing it. Holders may then
 * have different sections, so seats say nothing; the books must balance. */
static void run_one_persistent_round(runner *self, const char *name)
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);
    xipc_section *section = NULL;
    xipc_status status;
    int created = 0;

    switch (thrown(&self->dice, 3)) {
    case 0:
        status =
            xipc_section_create(name, SIZE, &options, XIPC_FOREVER, &section);
        REQUIRE(status == XIPC_OK || status == XIPC_E_EXISTS);
        created = status == XIPC_OK;
        break;
    case 1:
        REQUIRE_OK(xipc_section_open_or_create(
            name, SIZE, &options, XIPC_FOREVER, &section, &created));
        break;
    default:
        status =
            xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER);
        REQUIRE(status == XIPC_OK || status == XIPC_E_NOT_FOUND);
        atomic_fetch_add(&self->table->removed_count, status == XIPC_OK);
        break;
    }
    atomic_fetch_add(&self->table->created_count, (uint32_t)created);
    if (section != NULL) {
        REQUIRE(stamp_of(self->table, section) != 0);
        xipc_section_close(section);
    }
}

PEER(a_runner_that_removes)
{
    runner self = runner_at_the_table();
    unsigned rounds = round_count();

    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
    for (unsigned i = 0; i < rounds; i++) {
        run_one_persistent_round(&self, "contested");
    }
    spec_tell(NULL, "done");
    xipc_map_close(self.map);
}

/*
 * Each creation takes the name and each removal that says XIPC_OK frees it, so
 * after all of them the difference is 1 if the name is taken and else 0. A
 * second section under a taken name, a removal told to two, or one that took
 * a newer section away than it found, would break that.
 */
SPEC(creations_and_removals_of_one_name_balance, "LIFE-3 LIFE-4 LIFE-5")
{
    xipc_section *section;
    xipc_map *map;
    referee *table;
    uint32_t left;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = section_created("referee", sizeof(referee));
    map = mapped(section);
    table = xipc_map_address(map);

    run_at_once(a_runner_that_removes_entry, CROWD, rounds_here(10000, 300));

    left =
        atomic_load(&table->created_count) - atomic_load(&table->removed_count);
    spec_note("%u creations", (unsigned)atomic_load(&table->created_count));
    REQUIRE(atomic_load(&table->removed_count) > 0);
    REQUIRE_UINT(left, sighted(XIPC_SCOPE_USER, "contested").count);
    if (left == 1) {
        require_removed("contested");
    }
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_map_close(map);
    xipc_section_close(section);
}

/* Joins in each round it is told of, and says whether it created. */
PEER(a_process_that_opens_or_creates)
{
    char line[16];

    for (;;) {
        xipc_section *section = NULL;
        int created = 77;

        spec_hear(NULL, line, sizeof line);
        if (strcmp(line, "end") == 0) {
            return;
        }
        REQUIRE_OK(xipc_section_open_or_create(
            "contested", SIZE, NULL, XIPC_FOREVER, &section, &created));
        REQUIRE_UINT(SIZE, xipc_section_size(section));
        spec_tell(NULL, created == 1 ? "created" : "opened");
        spec_expect(NULL, "close");
        xipc_section_close(section);
        spec_tell(NULL, "closed");
    }
}

#define STARTER_COUNT 4

static unsigned count_creators(spec_peer *const *peers)
{
    unsigned created = 0;

    for (unsigned i = 0; i < STARTER_COUNT; i++) {
        char line[16];

        spec_hear(peers[i], line, sizeof line);
        REQUIRE(strcmp(line, "created") == 0 || strcmp(line, "opened") == 0);
        created += strcmp(line, "created") == 0;
    }
    return created;
}

SPEC(of_many_that_open_or_create_at_once_exactly_one_creates, "LIFE-3")
{
    spec_peer *peers[STARTER_COUNT];
    unsigned rounds = rounds_here(500, 25);

    for (unsigned i = 0; i < STARTER_COUNT; i++) {
        peers[i] = START(a_process_that_opens_or_creates);
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < STARTER_COUNT; i++) {
            spec_tell(peers[i], "go");
        }
        REQUIRE_UINT(1, count_creators(peers));
        for (unsigned i = 0; i < STARTER_COUNT; i++) {
            spec_tell(peers[i], "close");
        }
        for (unsigned i = 0; i < STARTER_COUNT; i++) {
            spec_expect(peers[i], "closed");
        }
        require_absent("contested");
    }
    for (unsigned i = 0; i < STARTER_COUNT; i++) {
        spec_tell(peers[i], "end");
        spec_join(peers[i]);
    }
}
