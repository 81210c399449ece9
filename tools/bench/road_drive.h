/* SPDX-License-Identifier: Apache-2.0 */
/* Which roads are measured, and how their results become tables. */
#ifndef XIPC_BENCH_ROAD_DRIVE_H
#define XIPC_BENCH_ROAD_DRIVE_H

#include "bench.h"
#include "result.h"

#define ROAD_SIZE_MAX_COUNT 16

typedef struct road_choice {
    bench_filter filter;
    unsigned repetitions;
    double target_ns; /* one row of one repetition */
    size_t sizes[ROAD_SIZE_MAX_COUNT];
    unsigned size_count;
    int without_spinning;
    int without_sleeping;
} road_choice;

/* Measures, and prints the table. The caller frees with road_table_free().
 * Returns how many rows have failed; one that is missing here has not. */
unsigned road_table(
    const road_choice *choice,
    result_measure measure,
    result_place place,
    size_t size,
    result_table *table_out);
void road_table_free(result_table *table);

/* All kinds, with what they are and why they are missing. */
void road_list(void);

/* Says which ones this build does without, if any. */
void road_print_absent(void);

#endif
