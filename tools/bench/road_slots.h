/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots in shared memory, there and back, and four counts that keep the two
 * processes in step: of filled slots and of free ones, either way. Which sort
 * of semaphore counts is the road's. Free slots are counted by the half of all,
 * so that a message costs one post and one wait.
 */
#ifndef XIPC_BENCH_ROAD_SLOTS_H
#define XIPC_BENCH_ROAD_SLOTS_H

#include "road.h"

#define SLOTS_COUNT_OF_COUNTS 4

typedef struct slots slots;

typedef void slots_step(slots *road, unsigned which);

struct slots {
    unsigned char *memory; /* one page for the road's own, then the slots */
    size_t stride;
    unsigned count;
    int is_second;
    uint64_t sent;
    uint64_t received;
    slots_step *post;
    slots_step *wait;
    void *own; /* the road's */
};

slots *slots_open(const road_plan *plan, slots_step *post, slots_step *wait);
void slots_close(slots *road);

/* For road_kind. */
void slots_send(void *context, const void *message, size_t size);
void slots_receive(void *context, void *message, size_t size);

/*
 * Counts in the memory, for what wakes but does not count. Down says whether
 * there was one. Woken before it looked, a process only looks once more.
 */
void slots_count_up(slots *road, unsigned which);
int slots_count_down(slots *road, unsigned which);

#endif
