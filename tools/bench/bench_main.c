/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "bench.h"

#define REPETITION_MAX 101
#define REPETITIONS    15
#define TARGET_NS      20000000 /* one side of one repetition */
#define FIRST_COUNT    64

typedef struct sample {
    double ours_ns;
    double raw_ns;
    double ratio;
} sample;

const char *bench_program;

void bench_require(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "xipc-bench: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double now_ns(void)
{
    return (double)xipc_after_ns(0);
}

static double time_body(bench_body *body, unsigned count)
{
    double before = now_ns();

    body(count);
    return (now_ns() - before) / count;
}

/* Enough rounds that the clock's own coarseness does not count. */
static unsigned calibrate(const bench_row *row)
{
    double ours = time_body(row->ours, FIRST_COUNT);
    double raw = time_body(row->raw, FIRST_COUNT);
    double each = ours > raw ? ours : raw;
    double count = TARGET_NS / (each > 1 ? each : 1);

    return count < FIRST_COUNT ? FIRST_COUNT : (unsigned)count;
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

static double
quantile(const sample *samples, int count, size_t offset, double part)
{
    double values[REPETITION_MAX];

    for (int at = 0; at < count; at++) {
        memcpy(
            &values[at], (const char *)&samples[at] + offset, sizeof(double));
    }
    qsort(values, (size_t)count, sizeof values[0], compare);
    return values[(int)(part * (count - 1) + 0.5)];
}

/* Ours and raw in turn, and which comes first in turn too. */
static void measure(const bench_row *row, sample *samples, int repetitions)
{
    unsigned count;

    if (row->begin) {
        row->begin();
    }
    count = calibrate(row);
    for (int at = 0; at < repetitions; at++) {
        if (at % 2 == 0) {
            samples[at].ours_ns = time_body(row->ours, count);
            samples[at].raw_ns = time_body(row->raw, count);
        } else {
            samples[at].raw_ns = time_body(row->raw, count);
            samples[at].ours_ns = time_body(row->ours, count);
        }
        samples[at].ratio = samples[at].ours_ns / samples[at].raw_ns;
    }
    if (row->end) {
        row->end();
    }
}

static void print_row(const bench_row *row, const sample *samples, int count)
{
    printf(
        "| %-32s | %8.0f | %8.0f | %5.2f | %4.2f-%4.2f | %s |\n", row->name,
        quantile(samples, count, offsetof(sample, ours_ns), 0.5),
        quantile(samples, count, offsetof(sample, raw_ns), 0.5),
        quantile(samples, count, offsetof(sample, ratio), 0.5),
        quantile(samples, count, offsetof(sample, ratio), 0.1),
        quantile(samples, count, offsetof(sample, ratio), 0.9), row->raw_name);
    fflush(stdout);
}

static int usage(FILE *stream, int exit_code)
{
    fprintf(
        stream,
        "usage: xipc-bench [--repetitions N] [--filter TEXT]\n"
        "\n"
        "Each row: nanoseconds through the library, nanoseconds with the raw\n"
        "system calls, the median of the ratios of one repetition, and the\n"
        "middle four fifths of these ratios.\n");
    return exit_code;
}

static void run_rows(const bench_row *rows, const char *filter, int repetitions)
{
    sample samples[REPETITION_MAX];

    for (const bench_row *row = rows; row->name; row++) {
        if (!filter || strstr(row->name, filter)) {
            measure(row, samples, repetitions);
            print_row(row, samples, repetitions);
        }
    }
}

static void run(const char *filter, int repetitions)
{
    printf(
        "| %-32s | %8s | %8s | %5s | %9s | %s |\n", "xipc", "ns", "raw ns",
        "ratio", "spread", "raw calls");
    printf("| --- | ---: | ---: | ---: | --- | --- |\n");
    run_rows(bench_section_rows, filter, repetitions);
    run_rows(bench_sync_rows, filter, repetitions);
    run_rows(bench_poller_rows, filter, repetitions);
}

int main(int argc, char **argv)
{
    const char *filter = NULL;
    int repetitions = REPETITIONS;

    bench_program = argv[0];
    if (argc == 3 && strcmp(argv[1], BENCH_SECOND) == 0) {
        bench_sync_second(argv[2]);
        return EXIT_SUCCESS;
    }
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--help") == 0) {
            return usage(stdout, EXIT_SUCCESS);
        }
        if (at + 1 == argc) {
            return usage(stderr, 2);
        }
        if (strcmp(argv[at], "--filter") == 0) {
            filter = argv[++at];
        } else if (strcmp(argv[at], "--repetitions") == 0) {
            repetitions = atoi(argv[++at]);
        } else {
            return usage(stderr, 2);
        }
    }
    if (repetitions < 1 || repetitions > REPETITION_MAX) {
        return usage(stderr, 2);
    }
    run(filter, repetitions);
    return EXIT_SUCCESS;
}
