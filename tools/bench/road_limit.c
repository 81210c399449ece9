/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine can do: the message stands in cache lines that both
 * processors look at. "Cache lines" are copied in and out, as by any road that
 * copies; "in place" they are written and read there.
 *
 * Round trips: two places each way in turn, so that nobody writes what the
 * other one has only just read; a word in front of each says which message is
 * there. A stream: such places in a circle of a megabyte; the receiver tells
 * now and then how far it is. "One memcpy" copies on the sender's side only.
 *
 * A message that shares its only line with the word is put there in one go: the
 * receiver, who looks at that line all the time, would take it away between the
 * one and the other.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "road.h"

#define LINE         128
#define CIRCLE       (1 << 20)
#define PLACES_LEAST 4
#define IN_TURN_MAX  (256 << 10) /* larger ones in turn outgrow the cache */
#define LINE_ROOM    56          /* of a line with a word in it */
#define RUN_MAX      64
#define AHEAD        1024

typedef struct limit_head {
    _Alignas(LINE) _Atomic uint64_t taken[2];  /* a line each way is enough: */
    _Alignas(LINE) unsigned char unused[LINE]; /* ... only streams use it */
} limit_head;

typedef struct limit {
    unsigned char *memory;
    unsigned char *copy; /* of one that copies */
    size_t stride;
    size_t count; /* of places each way */
    int is_stream;
    int is_second;
    uint64_t sent;
    uint64_t received;
    uint64_t room;
    unsigned run;
} limit;

/* How many places each way, and how far apart. */
static void lay_out(limit *road, size_t size)
{
    road->stride = size + sizeof(uint64_t);
    if (road->is_stream) {
        road->count = CIRCLE / road->stride;
        if (road->count < PLACES_LEAST) {
            road->count = PLACES_LEAST;
        }
    } else {
        road->count = size <= IN_TURN_MAX ? 2 : 1;
        road->stride = (road->stride + LINE - 1) / LINE * LINE;
    }
}

static limit *open_road(const road_plan *plan, int is_stream)
{
    limit *road = calloc(1, sizeof *road);
    size_t size;

    bench_require(road != NULL, "no memory");
    road->copy = calloc(1, plan->size);
    bench_require(road->copy != NULL, "no memory");
    road->is_stream = is_stream;
    road->is_second = plan->is_second;
    lay_out(road, plan->size);
    road->room = road->count;
    size = sizeof(limit_head) + 2 * road->count * road->stride;
    road->memory = plan->is_second ? road_memory_join(plan, size)
                                   : road_memory_create(plan, size);
    return road;
}

static void *open_round_trip(const road_plan *plan)
{
    return open_road(plan, 0);
}

static void *open_stream(const road_plan *plan)
{
    return open_road(plan, 1);
}

static void close_road(void *context)
{
    limit *road = context;

    road_memory_close(road->memory);
    free(road->copy);
    free(road);
}

/* The word in front of message `number`. */
static _Atomic uint64_t *
word_of(const limit *road, unsigned way, uint64_t number)
{
    size_t place = way * road->count + (size_t)(number % road->count);

    return (
        _Atomic uint64_t
            *)(void
                   *)(road->memory + sizeof(limit_head) + place * road->stride);
}

static _Atomic uint64_t *taken_of(const limit *road, unsigned way)
{
    return &((limit_head *)(void *)road->memory)->taken[way];
}

/* Room for one more; looks at the other side's word only when there is none
 * left that is known of. */
static void await_room(limit *road)
{
    while (road->room == 0) {
        uint64_t taken = atomic_load_explicit(
            taken_of(road, road->is_second ? 1 : 0), memory_order_acquire);

        road->room = road->count - (road->sent - taken);
        if (road->room == 0) {
            road_relax();
        }
    }
}

static _Atomic uint64_t *word_to_send(limit *road)
{
    if (road->is_stream) {
        await_room(road);
    }
    return word_of(road, road->is_second ? 1 : 0, road->sent);
}

static void tell(limit *road, _Atomic uint64_t *word)
{
    road->sent++;
    road->room--;
    atomic_store_explicit(word, road->sent, memory_order_release);
}

static void *reserve_copy(void *context, size_t size)
{
    (void)size;
    return ((limit *)context)->copy;
}

/* The line with the word comes last, as the receiver looks at it. */
static void send_copy(void *context, const void *message, size_t size)
{
    limit *road = context;
    _Atomic uint64_t *word = word_to_send(road);
    unsigned char *place = (unsigned char *)(word + 1);
    size_t first = size < LINE_ROOM ? size : LINE_ROOM;

    if (size > first) {
        memcpy(
            place + first, (const unsigned char *)message + first,
            size - first);
    }
    memcpy(place, message, first);
    tell(road, word);
}

static void commit_copy(void *context, size_t size)
{
    send_copy(context, ((limit *)context)->copy, size);
}

static void *reserve(void *context, size_t size)
{
    limit *road = context;

    if (size <= LINE_ROOM && !road->is_stream) {
        return reserve_copy(road, size);
    }
    return word_to_send(road) + 1;
}

static void commit(void *context, size_t size)
{
    limit *road = context;

    if (size <= LINE_ROOM && !road->is_stream) {
        commit_copy(road, size);
    } else {
        tell(road, word_of(road, road->is_second ? 1 : 0, road->sent));
    }
}

/* The circle's receiver keeps away from the line that is being written. */
static void await(limit *road, const _Atomic uint64_t *word)
{
    uint64_t wanted = road->received + 1;

    if (atomic_load_explicit(word, memory_order_acquire) == wanted) {
        road->run++;
        return;
    }
    for (unsigned pause = 0; pause < road->run / 2 && pause < RUN_MAX;
         pause++) {
        road_relax();
    }
    road->run = 0;
    while (atomic_load_explicit(word, memory_order_acquire) != wanted) {
        road_relax();
    }
}

static const void *peek(void *context, size_t size)
{
    limit *road = context;
    _Atomic uint64_t *word =
        word_of(road, road->is_second ? 0 : 1, road->received);

    await(road, word);
#if defined(__GNUC__)
    if (road->is_stream && size <= AHEAD / 2) {
        __builtin_prefetch((unsigned char *)word + AHEAD);
    }
#else
    (void)size;
#endif
    return (unsigned char *)word + sizeof(uint64_t);
}

static void release(void *context)
{
    limit *road = context;

    road->received++;
    if (road->is_stream && road->received % ((road->count + 7) / 8) == 0) {
        atomic_store_explicit(
            taken_of(road, road->is_second ? 0 : 1), road->received,
            memory_order_release);
    }
}

static void receive_copy(void *context, void *message, size_t size)
{
    memcpy(message, peek(context, size), size);
    release(context);
}

#define ROUND_TRIP                                                           \
    .group = ROAD_LIMIT, .create = open_round_trip, .join = open_round_trip, \
    .close = close_road
#define STREAM                                                       \
    .group = ROAD_LIMIT, .create = open_stream, .join = open_stream, \
    .close = close_road
#define COPYING .send = send_copy, .receive = receive_copy
#define IN_PLACE \
    .reserve = reserve, .commit = commit, .peek = peek, .release = release
#define ONE_COPY                                                  \
    .reserve = reserve_copy, .commit = commit_copy, .peek = peek, \
    .release = release

const road_kind road_limits[] = {
    {.name = "cache lines",
     .flags = ROAD_SPINS | ROAD_ONLY_ROUND_TRIPS | ROAD_REFERENCE,
     ROUND_TRIP,
     COPYING},
    {.name = "cache lines",
     .flags = ROAD_SPINS | ROAD_ONLY_STREAM | ROAD_REFERENCE,
     STREAM,
     COPYING},
    {.name = "cache lines in place",
     .flags = ROAD_SPINS | ROAD_IN_PLACE | ROAD_ONLY_ROUND_TRIPS,
     ROUND_TRIP,
     IN_PLACE},
    {.name = "cache lines in place",
     .flags = ROAD_SPINS | ROAD_IN_PLACE | ROAD_ONLY_STREAM,
     STREAM,
     IN_PLACE},
    {.name = "one memcpy",
     .flags = ROAD_SPINS | ROAD_IN_PLACE | ROAD_ONLY_ROUND_TRIPS,
     ROUND_TRIP,
     ONE_COPY},
    {.name = "one memcpy",
     .flags = ROAD_SPINS | ROAD_IN_PLACE | ROAD_ONLY_STREAM,
     STREAM,
     ONE_COPY},
    {.name = NULL},
};
