/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots in shared memory, and how many of them are filled and free: what
 * anybody writes by hand. No system call, so it is every system's.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "road_raw_spin.h"
#include "road_slots.h"

#define COUNT_DISTANCE 128

/* What this process has counted of each, and up to where it has seen the
 * other's; each has one who posts and one who waits. */
typedef struct counted {
    uint64_t counts[SLOTS_COUNT_OF_COUNTS];
    uint64_t seen[SLOTS_COUNT_OF_COUNTS];
} counted;

static _Atomic uint64_t *count_of(const slots *road, unsigned which)
{
    return (_Atomic uint64_t *)(void *)(road->memory + which * COUNT_DISTANCE);
}

static void post(slots *road, unsigned which)
{
    uint64_t *mine = &((counted *)road->own)->counts[which];

    ++*mine;
    atomic_store_explicit(count_of(road, which), *mine, memory_order_release);
}

static void await_one(slots *road, unsigned which)
{
    counted *own = road->own;
    const _Atomic uint64_t *count = count_of(road, which);

    while (own->seen[which] == own->counts[which]) {
        own->seen[which] = atomic_load_explicit(count, memory_order_acquire);
        if (own->seen[which] == own->counts[which]) {
            road_relax();
        }
    }
    own->counts[which]++;
}

static void *open_road(const road_plan *plan)
{
    slots *road = slots_open(plan, post, await_one);

    road->own = calloc(1, sizeof(counted));
    bench_require(road->own != NULL, "no memory");
    return road;
}

static void close_road(void *context)
{
    slots *road = context;

    free(road->own);
    slots_close(road);
}

const road_kind road_raw_spin = {
    .name = "memory, spinning",
    .group = ROAD_RAW,
    .flags = ROAD_SPINS,
    .create = open_road,
    .join = open_road,
    .close = close_road,
    .send = slots_send,
    .receive = slots_receive};
