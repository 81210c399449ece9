/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_BENCH_CALLS_H
#define XIPC_BENCH_CALLS_H

#include "bench.h"
#include "result.h"

typedef struct calls_choice {
    bench_filter filter;
    unsigned repetitions;
    double target_ns; /* one side of one repetition */
} calls_choice;

/* Measures, and prints the table. The caller frees with calls_table_free(). */
void calls_table(const calls_choice *choice, result_table *table_out);
void calls_table_free(result_table *table);

#endif
