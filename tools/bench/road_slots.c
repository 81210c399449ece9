/* SPDX-License-Identifier: Apache-2.0 */
#include "road_slots.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HEAD        4096
#define LINE        128
#define LARGE       65536
#define CIRCLE      (1 << 20) /* as a ring has by default */
#define COUNT_LARGE 4
#define COUNT_LEAST 32

enum { FILLED, FREE };

/* An even number. */
static unsigned count_of(size_t size, size_t stride)
{
    size_t count = CIRCLE / stride / 2 * 2;

    if (size > LARGE) {
        return COUNT_LARGE;
    }
    return count > COUNT_LEAST ? (unsigned)count : COUNT_LEAST;
}

slots *slots_open(const road_plan *plan, slots_step *post, slots_step *wait)
{
    slots *road = calloc(1, sizeof *road);
    size_t size;

    bench_require(road != NULL, "no memory");
    road->stride = (plan->size + LINE - 1) / LINE * LINE;
    road->count = count_of(plan->size, road->stride);
    road->is_second = plan->is_second;
    road->post = post;
    road->wait = wait;
    size = HEAD + 2 * road->count * road->stride;
    road->memory = plan->is_second ? road_memory_join(plan, size)
                                   : road_memory_create(plan, size);
    return road;
}

void slots_close(slots *road)
{
    road_memory_close(road->memory);
    free(road);
}

static unsigned char *slot(const slots *road, unsigned way, uint64_t number)
{
    return road->memory + HEAD +
           (way * road->count + number % road->count) * road->stride;
}

void slots_send(void *context, const void *message, size_t size)
{
    slots *road = context;
    unsigned way = road->is_second ? 1 : 0;
    unsigned half = road->count / 2;

    if (road->sent % half == 0 && road->sent >= road->count) {
        road->wait(road, way * 2 + FREE);
    }
    memcpy(slot(road, way, road->sent), message, size);
    road->sent++;
    road->post(road, way * 2 + FILLED);
}

void slots_receive(void *context, void *message, size_t size)
{
    slots *road = context;
    unsigned way = road->is_second ? 0 : 1;
    unsigned half = road->count / 2;

    road->wait(road, way * 2 + FILLED);
    memcpy(message, slot(road, way, road->received), size);
    road->received++;
    if (road->received % half == 0) {
        road->post(road, way * 2 + FREE);
    }
}

static _Atomic uint32_t *word_of(const slots *road, unsigned which)
{
    return (_Atomic uint32_t *)(void *)(road->memory + which * LINE);
}

void slots_count_up(slots *road, unsigned which)
{
    atomic_fetch_add_explicit(word_of(road, which), 1, memory_order_release);
}

/* Only one process takes off it. */
int slots_count_down(slots *road, unsigned which)
{
    _Atomic uint32_t *word = word_of(road, which);

    if (atomic_load_explicit(word, memory_order_acquire) == 0) {
        return 0;
    }
    atomic_fetch_sub_explicit(word, 1, memory_order_relaxed);
    return 1;
}
