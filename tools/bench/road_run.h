/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a table: a road and its processes, measured repeatedly. */
#ifndef XIPC_BENCH_ROAD_RUN_H
#define XIPC_BENCH_ROAD_RUN_H

#include "histogram.h"
#include "process.h"
#include "result.h"
#include "road_talk.h"

typedef struct road_run {
    const road_kind *kind;
    uint32_t kind_index;
    int is_filled;
    size_t size;
    road_task task; /* ROAD_ROUND_TRIPS, ROAD_STREAM or ROAD_CALLS */
    result_place place;
    unsigned crowd[ROAD_SIDES]; /* threads of each for a stream */
    unsigned clients;           /* processes that call */
    char label[96];
    char failure[192]; /* empty: all is well */
    /* While it is open. */
    int is_open;
    bench_process *processes[ROAD_END_MAX];
    road_talk talk;
    uint64_t count;     /* messages of one repetition */
    histogram all;      /* ticks */
    double cpu_sum;     /* nanoseconds, */
    double message_sum; /* for so many messages */
} road_run;

/*
 * Starts the processes, makes the road, sends some messages of which every byte
 * is checked, and finds out how many take `target_ns`.
 *
 * Each of these returns 0 if the row has failed, and has ended its processes
 * then; `failure` says why.
 */
int road_run_open(road_run *run, const char *folder, double target_ns);

/* One repetition: the median round trip in nanoseconds, messages or calls
 * a second. */
int road_run_measure(road_run *run, double *value_out);

/* Whether it has failed or not. */
int road_run_close(road_run *run);

#endif
