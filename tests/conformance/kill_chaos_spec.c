/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many processes make, use and remove the same few names, and die at moments
 * that chance chooses. Whatever one of them finds is whole, and in the end
 * exactly the persistent ones are left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/section_kit.h"

enum { WORKERS = 4, NAMES = 3, STEP = 65536 };

static const char *const transient_names[NAMES] = {"t0", "t1", "t2"};
static const char *const persistent_names[NAMES] = {"p0", "p1", "p2"};

/* What each object says of itself: its name, once its maker got that far. */
static void write_own_name(xipc_section *section, const char *name)
{
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), name, strlen(name) + 1);
    xipc_map_close(map);
}

/* Byte for byte the name, or as much of it as its maker had time for. */
static void require_own_name(xipc_section *section, const char *name)
{
    xipc_map *map = mapped(section);
    const unsigned char *bytes = bytes_of(map);
    size_t index;

    REQUIRE_UINT(STEP, xipc_map_size(map));
    for (index = 0; index <= strlen(name); index++) {
        REQUIRE(
            bytes[index] == 0 || bytes[index] == (unsigned char)name[index]);
    }
    REQUIRE(bytes[STEP - 1] == 0);
    xipc_map_close(map);
}

static void try_to_create(const char *name, xipc_lifetime lifetime)
{
    xipc_section_options options = lasting(lifetime);
    xipc_section *section = NULL;
    xipc_status status;

    status =
        xipc_section_create(name, STEP, &options, xipc_after_ms(900), &section);
    if (status == XIPC_OK) {
        require_own_name(section, name);
        write_own_name(section, name);
        xipc_section_close(section);
        return;
    }
    REQUIRE_STATUS(XIPC_E_EXISTS, status);
}

static void try_to_open(const char *name)
{
    xipc_section *section = NULL;
    xipc_status status;

    status = xipc_section_open(name, NULL, xipc_after_ms(900), &section);
    if (status == XIPC_OK) {
        require_own_name(section, name);
        xipc_section_close(section);
        return;
    }
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
}

static void have_it_either_way(const char *name, xipc_lifetime lifetime)
{
    xipc_section_options options = lasting(lifetime);
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_open_or_create(
        name, STEP, &options, xipc_after_ms(900), &section, NULL));
    require_own_name(section, name);
    write_own_name(section, name);
    xipc_section_close(section);
}

static void try_to_remove(const char *name)
{
    xipc_status status = xipc_remove(
        XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, xipc_after_ms(900));

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
}

static void do_anything(uint32_t *dice)
{
    xipc_lifetime lifetime =
        thrown(dice, 2) == 0 ? XIPC_TRANSIENT : XIPC_PERSISTENT;
    const char *name = lifetime == XIPC_TRANSIENT
                           ? transient_names[thrown(dice, NAMES)]
                           : persistent_names[thrown(dice, NAMES)];

    switch (thrown(dice, 6)) {
    case 0:
    case 1: try_to_create(name, lifetime); break;
    case 2: try_to_open(name); break;
    case 3: have_it_either_way(name, lifetime); break;
    case 4: try_to_remove(persistent_names[thrown(dice, NAMES)]); break;
    default: REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL)); break;
    }
}

PEER(does_anything_until_killed)
{
    uint32_t dice = (uint32_t)strtoul(spec_argument(0), NULL, 10);

    spec_tell(NULL, "at work");
    for (;;) {
        do_anything(&dice);
    }
}

static spec_peer *worker_started(uint32_t *dice)
{
    char seed[16];
    spec_peer *peer;

    snprintf(seed, sizeof(seed), "%u", thrown(dice, 1000000) + 1);
    peer = START(does_anything_until_killed, seed);
    spec_expect(peer, "at work");
    return peer;
}

static int none_but_persistent(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    /* What makes no sense tells no name, and may be another case's. */
    if (listing->name[0] == '\0') {
        return 0;
    }
    REQUIRE(listing->lifetime == XIPC_PERSISTENT);
    REQUIRE(!listing->is_stale);
    REQUIRE_UINT(0, listing->holder_count);
    REQUIRE(listing->name[0] == 'p');
    (*count)++;
    return 0;
}

/* Every worker is dead. What they left is what they were told to leave. */
static void require_exact_end(void)
{
    unsigned shown_count = 0;
    unsigned open_count = 0;
    xipc_section *section = NULL;
    size_t index;

    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, none_but_persistent, &shown_count));
    for (index = 0; index < NAMES; index++) {
        require_absent(transient_names[index]);
        if (xipc_section_open(
                persistent_names[index], NULL, XIPC_NOW, &section) == XIPC_OK) {
            require_own_name(section, persistent_names[index]);
            xipc_section_close(section);
            require_removed(persistent_names[index]);
            open_count++;
        }
        require_absent(persistent_names[index]);
    }
    REQUIRE_UINT(shown_count, open_count);
    require_nothing_exists();
}

SPEC(
    peers_that_die_at_random_moments_leave_every_name_usable,
    "GEN-11 LIFE-1 LIFE-2 LIFE-3 LIFE-4 LIFE-6")
{
    uint32_t seed =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;
    int64_t end =
        spec_now_ns() + (int64_t)kill_setting("XIPC_CHAOS_MS", 5000) * 1000000;
    uint32_t dice = seed;
    spec_peer *workers[WORKERS];
    unsigned kill_count = 0;
    unsigned pause;
    unsigned chosen;

    spec_note("XIPC_SEED=%u", seed);
    for (chosen = 0; chosen < WORKERS; chosen++) {
        workers[chosen] = worker_started(&dice);
    }

    while (spec_now_ns() < end) {
        for (pause = thrown(&dice, 20); pause > 0; pause--) {
            do_anything(&dice);
        }
        chosen = thrown(&dice, WORKERS);
        spec_kill(workers[chosen]);
        kill_count++;
        workers[chosen] = worker_started(&dice);
    }
    for (chosen = 0; chosen < WORKERS; chosen++) {
        spec_kill(workers[chosen]);
    }

    spec_note("%u processes killed", kill_count + WORKERS);
    require_exact_end();
}
