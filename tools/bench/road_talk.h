/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a row's processes are told what to do, and tell how it went: beside
 * the road, in a section of their own. The process that drives them uses no
 * road itself, so that it outlives one that hangs.
 */
#ifndef XIPC_BENCH_ROAD_TALK_H
#define XIPC_BENCH_ROAD_TALK_H

#include <xipc/xipc.h>

#include "histogram.h"
#include "road.h"

/* They are this program with one of these and a name. */
#define ROAD_OPTION_FIRST  "--first-end"
#define ROAD_OPTION_SECOND "--second-end"
#define ROAD_OPTION_MORE   "--more-end" /* another one that calls */

typedef enum road_side { ROAD_FIRST, ROAD_SECOND, ROAD_SIDES } road_side;

/* Ends: the two sides', and those of more processes on the first one's. */
#define ROAD_CLIENT_MAX 8u
#define ROAD_END_MAX    (ROAD_CLIENT_MAX + 1)

typedef enum road_task {
    ROAD_CREATE, /* who makes it, alone */
    ROAD_JOIN,
    ROAD_ROUND_TRIPS,
    ROAD_STREAM,
    ROAD_CALLS, /* of many processes to the second */
    ROAD_LEAVE
} road_task;

/* What one of them has to say. */
typedef struct road_report {
    double elapsed_ns; /* the task */
    double stream_ns;  /* the second: from the first message to the last */
    xipc_deadline began, ended; /* calls */
    double cpu_ns;
    char failure[160]; /* why it has ended */
} road_report;

/* Written by one before it sets an event, read by others after it: plain. */
typedef struct road_words {
    uint32_t kind; /* index among all, road_kind_at() */
    uint32_t is_filled;
    uint64_t size;
    char name[96];
    char folder[256];
    uint32_t task;
    uint32_t checks_all;
    uint64_t count;
    uint32_t crowd[ROAD_SIDES]; /* threads of each for a stream */
    uint32_t clients;           /* that call */
    _Atomic uint32_t more;      /* of them that have an end of their own */
    uint64_t clock_cost;        /* ticks */
    road_report reports[ROAD_END_MAX];
    histogram times; /* of round trips, ticks */
} road_words;

typedef struct road_talk {
    xipc_section *section;
    xipc_map *map;
    road_words *words;
    xipc_event *go[ROAD_END_MAX];
    xipc_event *done[ROAD_END_MAX];
} road_talk;

void road_talk_create(road_talk *talk, const char *name);
void road_talk_join(road_talk *talk, const char *name);
void road_talk_close(road_talk *talk);

/* The whole life of one of them: road_child.c. */
typedef enum road_end_kind {
    ROAD_END_FIRST,
    ROAD_END_SECOND,
    ROAD_END_MORE
} road_end_kind;
void road_child(const char *name, road_end_kind which);

#endif
