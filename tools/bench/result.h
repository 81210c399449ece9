/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was measured, as it goes into the tables, the JSON and the page.
 */
#ifndef XIPC_BENCH_RESULT_H
#define XIPC_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RESULT_REPETITION_MAX 101
#define RESULT_QUANTILE_COUNT 64

typedef enum result_measure {
    RESULT_ROUND_TRIP, /* nanoseconds */
    RESULT_STREAM,     /* messages per second */
    RESULT_CLIENTS,    /* calls per second, of many processes to one */
    RESULT_CALL        /* nanoseconds, ours and raw: the in-process rows */
} result_measure;

typedef enum result_place {
    RESULT_APART, /* each process on a processor of its own */
    RESULT_ONE,   /* both on one */
    RESULT_FREE   /* wherever the system puts them */
} result_place;

/* One row of one table. */
typedef struct result_row {
    const char *name;
    const char *group; /* "limit", "xipc", "raw", "peer" */
    int is_reference;  /* what the ratios of its table are to */
    int spins;
    int is_head_only;    /* the bytes stay where they are: none per second */
    const char *missing; /* why it was not measured, or NULL */
    unsigned repetitions;
    /* Of each repetition: the median round trip, or messages per second, or
       nanoseconds of a call; and that divided by the reference's of the same
       repetition, 0 without one. */
    double values[RESULT_REPETITION_MAX];
    double ratios[RESULT_REPETITION_MAX];
    /* Round trips only, of all repetitions together, nanoseconds: p50, p99,
       p99.9, the longest; and the distribution: quantile[i] is below it for
       the part quantile_part(i) of all. */
    double p50, p99, p999, max;
    double quantiles[RESULT_QUANTILE_COUNT];
    /* Calls only: the raw calls, and their median nanoseconds. */
    const char *raw_name;
    double raw;
    /* CPU nanoseconds of both processes for each message or round trip. */
    double cpu;
} result_row;

typedef struct result_table {
    const char *title; /* "Round trips, 64 bytes, two processors" */
    result_measure measure;
    result_place place;
    size_t size; /* bytes; 0: does not apply */
    const result_row *rows;
    size_t row_count;
} result_table;

typedef struct result_machine {
    char system[128];    /* "Linux 6.18.0 x86_64", "Wine 8.0 on ..." */
    char processor[128]; /* "Intel(R) Xeon(R) ...", and how many */
    char build[128];     /* compiler, options, library version */
    char command[512];
    char when[32]; /* UTC, ISO 8601 */
} result_machine;

typedef struct result_report {
    result_machine machine;
    const result_table *tables;
    size_t table_count;
} result_report;

/* More is better. */
static inline int result_is_rate(result_measure measure)
{
    return measure == RESULT_STREAM || measure == RESULT_CLIENTS;
}

/* Dense near 1: for a plot of latency over rank. 0 to 1, ascending. */
double result_quantile_part(unsigned index);

/* Median, and the range of the middle four fifths. */
typedef struct result_spread {
    double median, low, high;
} result_spread;
result_spread result_spread_of(const double *values, unsigned count);

void result_print_table(FILE *stream, const result_table *table); /* Markdown */

/* Nonzero if all was written. */
int result_write_json(const char *path, const result_report *report);
int result_write_html(const char *path, const result_report *report);

#endif
