/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that all do the same at the same moment: take over a stale name,
 * or be the last to close.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, RACERS = 4, ROUNDS = 400 };

typedef struct race {
    char path[ATTACK_PATH_SIZE];
    atomic_uint arrived_count;
    atomic_uint created_count;
    atomic_uint broken; /* a racer failed: the others need not wait */
} race;

/* All meet here. Every racer and the case pass it equally often. */
static void meet(race *track, unsigned *passed_count)
{
    unsigned everybody = (RACERS + 1) * ++*passed_count;

    atomic_fetch_add(&track->arrived_count, 1);
    while (atomic_load(&track->arrived_count) < everybody) {
        REQUIRE(!atomic_load(&track->broken));
        sched_yield();
    }
}

static void dies_holding(void *context)
{
    (void)context;
    REQUIRE(section_created("prize", SIZE) != NULL);
    /* Ends without closing: the name is stale from here on. */
}

/* What each of the holders adds to shows whether all have the same memory. */
static void join_in(race *track)
{
    xipc_section *section = NULL;
    atomic_uint *joined_count;
    xipc_map *map;
    int created = 0;

    REQUIRE_OK(xipc_section_open_or_create(
        "prize", SIZE, NULL, XIPC_FOREVER, &section, &created));
    map = mapped(section);
    joined_count = xipc_map_address(map);
    atomic_fetch_add(joined_count, 1);
    atomic_fetch_add(&track->created_count, created ? 1U : 0U);
    while (atomic_load(joined_count) < RACERS) {
        REQUIRE(!atomic_load(&track->broken));
        sched_yield();
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

static void takes_over(void *context)
{
    race *track = context;
    unsigned passed_count = 0;
    unsigned round;

    for (round = 0; round < ROUNDS; round++) {
        meet(track, &passed_count);
        join_in(track);
        meet(track, &passed_count);
    }
}

SPEC(
    of_all_who_take_over_a_stale_name_at_once_one_creates_and_all_share,
    "LIFE-3 LIFE-1 LIFE-6 GEN-11")
{
    race *track = attack_memory(sizeof(*track));
    pid_t racers[RACERS];
    unsigned passed_count = 0;
    unsigned round;
    unsigned index;

    native_path_of(XIPC_SCOPE_USER, "prize", track->path);
    for (index = 0; index < RACERS; index++) {
        racers[index] = attack_start(0, takes_over, track);
    }
    for (round = 0; round < ROUNDS; round++) {
        attack_run(0, dies_holding, NULL);
        atomic_store(&track->created_count, 0);
        meet(track, &passed_count);
        meet(track, &passed_count);
        REQUIRE_UINT(1, atomic_load(&track->created_count));
        require_absent("prize");
    }
    for (index = 0; index < RACERS; index++) {
        attack_join(racers[index]);
    }
    attack_memory_free(track, sizeof(*track));
}

static void closes_with_the_others(void *context)
{
    race *track = context;
    xipc_section *section;
    unsigned passed_count = 0;
    unsigned round;

    for (round = 0; round < ROUNDS; round++) {
        meet(track, &passed_count);
        section = section_opened("prize");
        meet(track, &passed_count);
        meet(track, &passed_count);
        xipc_section_close(section);
        meet(track, &passed_count);
    }
}

SPEC(when_the_last_holders_close_at_once_the_file_goes_with_them, "LIFE-1")
{
    race *track = attack_memory(sizeof(*track));
    pid_t racers[RACERS];
    xipc_section *section;
    unsigned passed_count = 0;
    unsigned left_count = 0;
    unsigned round;
    unsigned index;

    native_path_of(XIPC_SCOPE_USER, "prize", track->path);
    for (index = 0; index < RACERS; index++) {
        racers[index] = attack_start(0, closes_with_the_others, track);
    }
    for (round = 0; round < ROUNDS; round++) {
        section = section_created("prize", SIZE);
        meet(track, &passed_count);
        meet(track, &passed_count);
        xipc_section_close(section);
        meet(track, &passed_count);
        meet(track, &passed_count);
        left_count += file_exists(track->path) ? 1U : 0U;
        require_absent("prize");
    }
    for (index = 0; index < RACERS; index++) {
        attack_join(racers[index]);
    }
    REQUIRE_UINT(0, left_count);
    attack_memory_free(track, sizeof(*track));
}

/* Whoever has the name creates, all others find it taken or gone. */
static void creates_and_closes(void *context)
{
    race *track = context;
    xipc_section *section;
    xipc_status status;
    unsigned round;

    for (round = 0; round < ROUNDS * 5; round++) {
        section = NULL;
        status = xipc_section_create(
            "prize", SIZE, NULL, xipc_after_ms(5000), &section);
        if (status == XIPC_OK) {
            REQUIRE_UINT(1, atomic_fetch_add(&track->created_count, 1) + 1);
            atomic_fetch_sub(&track->created_count, 1);
        } else {
            REQUIRE_STATUS(XIPC_E_EXISTS, status);
        }
        xipc_section_close(section);
    }
}

SPEC(a_name_never_has_two_creators_at_once, "LIFE-3")
{
    race *track = attack_memory(sizeof(*track));
    pid_t racers[RACERS];
    unsigned index;

    for (index = 0; index < RACERS; index++) {
        racers[index] = attack_start(0, creates_and_closes, track);
    }
    for (index = 0; index < RACERS; index++) {
        attack_join(racers[index]);
    }
    require_absent("prize");
    attack_memory_free(track, sizeof(*track));
}
