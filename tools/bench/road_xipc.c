/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own roads. */
#include <stdio.h>
#include <stdlib.h>

#include <xipc/xipc.h>

#include "road_slots.h"

#define NAME_SIZE  160
#define LARGE      32768
#define RING_LARGE ((uint64_t)2 << 20)

/* ---- rings --------------------------------------------------------------- */

typedef struct ring_pair {
    xipc_ring *out;
    xipc_ring *in;
} ring_pair;

static xipc_ring *open_ring(
    const road_plan *plan,
    const char *way,
    int is_producer,
    xipc_ring_wait wait)
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    char name[NAME_SIZE];
    xipc_ring *ring;

    options.wait = wait;
    if (plan->size > LARGE) {
        options.capacity =
            plan->size * 4 > RING_LARGE ? plan->size * 4 : RING_LARGE;
    }
    snprintf(name, sizeof name, "%.140s-%s", plan->name, way);
    bench_ok(xipc_ring_open_or_create(
        name, is_producer ? XIPC_RING_PRODUCER : XIPC_RING_CONSUMER, &options,
        XIPC_FOREVER, &ring, NULL));
    return ring;
}

static void *open_rings(const road_plan *plan, xipc_ring_wait wait)
{
    ring_pair *pair = calloc(1, sizeof *pair);
    xipc_ring *there;
    xipc_ring *back;

    bench_require(pair != NULL, "no memory");
    there = open_ring(plan, "there", !plan->is_second, wait);
    back = open_ring(plan, "back", plan->is_second, wait);
    pair->out = plan->is_second ? back : there;
    pair->in = plan->is_second ? there : back;
    return pair;
}

static void *open_adaptive(const road_plan *plan)
{
    return open_rings(plan, XIPC_RING_ADAPTIVE);
}

static void *open_spinning(const road_plan *plan)
{
    return open_rings(plan, XIPC_RING_SPIN);
}

static void *open_parking(const road_plan *plan)
{
    return open_rings(plan, XIPC_RING_PARK);
}

static void close_rings(void *road)
{
    ring_pair *pair = road;

    xipc_ring_close(pair->out);
    xipc_ring_close(pair->in);
    free(pair);
}

static void ring_send(void *road, const void *message, size_t size)
{
    bench_ok(
        xipc_ring_send(((ring_pair *)road)->out, message, size, XIPC_FOREVER));
}

static void ring_receive(void *road, void *message, size_t size)
{
    bench_ok(xipc_ring_receive(
        ((ring_pair *)road)->in, message, size, &size, XIPC_FOREVER));
}

static void *ring_reserve(void *road, size_t size)
{
    void *block;

    bench_ok(xipc_ring_reserve(
        ((ring_pair *)road)->out, size, &block, XIPC_FOREVER));
    return block;
}

static void ring_commit(void *road, size_t size)
{
    bench_ok(xipc_ring_commit(((ring_pair *)road)->out, size));
}

static const void *ring_peek(void *road, size_t size)
{
    const void *data;
    size_t there;

    bench_ok(
        xipc_ring_peek(((ring_pair *)road)->in, &data, &there, XIPC_FOREVER));
    bench_require(there == size, "a message of another size");
    return data;
}

static void ring_release(void *road)
{
    bench_ok(xipc_ring_release(((ring_pair *)road)->in));
}

/* ---- slots in a section, and semaphores or events ------------------------ */

typedef struct counts {
    xipc_semaphore *semaphores[SLOTS_COUNT_OF_COUNTS];
    xipc_event *events[SLOTS_COUNT_OF_COUNTS];
} counts;

static counts *counts_of(const slots *road)
{
    return road->own;
}

static void post_semaphore(slots *road, unsigned which)
{
    bench_ok(xipc_semaphore_post(counts_of(road)->semaphores[which], 1));
}

static void wait_semaphore(slots *road, unsigned which)
{
    bench_ok(
        xipc_semaphore_wait(counts_of(road)->semaphores[which], XIPC_FOREVER));
}

static void post_event(slots *road, unsigned which)
{
    slots_count_up(road, which);
    bench_ok(xipc_event_set(counts_of(road)->events[which]));
}

static void wait_event(slots *road, unsigned which)
{
    while (!slots_count_down(road, which)) {
        bench_ok(xipc_event_wait(counts_of(road)->events[which], XIPC_FOREVER));
    }
}

static slots *
open_slots(const road_plan *plan, slots_step *post, slots_step *wait)
{
    slots *road = slots_open(plan, post, wait);

    road->own = calloc(1, sizeof(counts));
    bench_require(road->own != NULL, "no memory");
    return road;
}

static void *open_semaphores(const road_plan *plan)
{
    slots *road = open_slots(plan, post_semaphore, wait_semaphore);
    char name[NAME_SIZE];

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        snprintf(name, sizeof name, "%.140s-%u", plan->name, at);
        bench_ok(xipc_semaphore_open_or_create(
            name, 0, UINT32_MAX, NULL, XIPC_FOREVER,
            &counts_of(road)->semaphores[at], NULL));
    }
    return road;
}

static void *open_events(const road_plan *plan)
{
    slots *road = open_slots(plan, post_event, wait_event);
    char name[NAME_SIZE];

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        snprintf(name, sizeof name, "%.140s-%u", plan->name, at);
        bench_ok(xipc_event_open_or_create(
            name, XIPC_EVENT_AUTO, NULL, XIPC_FOREVER,
            &counts_of(road)->events[at], NULL));
    }
    return road;
}

static void close_slots(void *context)
{
    slots *road = context;

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        xipc_semaphore_close(counts_of(road)->semaphores[at]);
        xipc_event_close(counts_of(road)->events[at]);
    }
    free(road->own);
    slots_close(road);
}

#define RINGS(its_name, its_flags, open_function)                 \
    .name = (its_name), .group = ROAD_XIPC, .flags = (its_flags), \
    .create = (open_function), .join = (open_function), .close = close_rings

#define COPYING .send = ring_send, .receive = ring_receive
#define IN_PLACE                                                       \
    .reserve = ring_reserve, .commit = ring_commit, .peek = ring_peek, \
    .release = ring_release

const road_kind road_xipcs[] = {
    {RINGS("ring", 0, open_adaptive), COPYING},
    {RINGS("ring, spinning", ROAD_SPINS, open_spinning), COPYING},
    {RINGS("ring, parking", 0, open_parking), COPYING},
    {RINGS("ring in place", ROAD_IN_PLACE, open_adaptive), IN_PLACE},
    {RINGS(
         "ring in place, spinning", ROAD_SPINS | ROAD_IN_PLACE, open_spinning),
     IN_PLACE},
    {.name = "section, semaphores",
     .group = ROAD_XIPC,
     .create = open_semaphores,
     .join = open_semaphores,
     .close = close_slots,
     .send = slots_send,
     .receive = slots_receive},
    {.name = "section, events",
     .group = ROAD_XIPC,
     .create = open_events,
     .join = open_events,
     .close = close_slots,
     .send = slots_send,
     .receive = slots_receive},
    {.name = NULL},
};
