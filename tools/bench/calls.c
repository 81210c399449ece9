/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of one process: through the library and with the raw calls in turn,
 * within each repetition. */
#include "calls.h"

#include <stdlib.h>
#include <string.h>

#include <xipc/base.h>

#include "bench.h"
#include "process.h"

#define FIRST_COUNT 64
#define SLOW_COUNT  2
#define SLOW_NS     5e6
#define PATIENCE_S  60

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
static unsigned calibrate(const bench_row *row, double target_ns)
{
    unsigned first =
        time_body(row->raw, 1) > SLOW_NS ? SLOW_COUNT : FIRST_COUNT;
    double ours = time_body(row->ours, first);
    double raw = time_body(row->raw, first);
    double each = ours > raw ? ours : raw;
    double count = target_ns / (each > 1 ? each : 1);

    return count < first ? first : (unsigned)count;
}

/* Which of the two comes first changes from turn to turn. */
static void
measure(const bench_row *row, const calls_choice *choice, result_row *result)
{
    double raw[RESULT_REPETITION_MAX];
    unsigned count;

    if (row->begin) {
        row->begin();
    }
    count = calibrate(row, choice->target_ns);
    for (unsigned at = 0; at < choice->repetitions; at++) {
        if (at % 2 == 0) {
            result->values[at] = time_body(row->ours, count);
            raw[at] = time_body(row->raw, count);
        } else {
            raw[at] = time_body(row->raw, count);
            result->values[at] = time_body(row->ours, count);
        }
        result->ratios[at] = result->values[at] / raw[at];
    }
    if (row->end) {
        row->end();
    }
    result->name = row->name;
    result->group = "xipc";
    result->raw_name = row->raw_name;
    result->raw = result_spread_of(raw, choice->repetitions).median;
    result->repetitions = choice->repetitions;
}

static const bench_row *const lists[] = {
    bench_section_rows,
    bench_sync_rows,
    bench_mailbox_rows,
    bench_pipe_rows,
    bench_poller_rows,
    bench_spawn_rows,
    NULL};

static size_t count_rows(void)
{
    size_t count = 0;

    for (const bench_row *const *list = lists; *list; list++) {
        for (const bench_row *row = *list; row->name; row++) {
            count++;
        }
    }
    return count;
}

static size_t measure_list(
    const bench_row *list, const calls_choice *choice, result_row *results)
{
    size_t count = 0;

    for (const bench_row *row = list; row->name; row++) {
        if (bench_lets_through(&choice->filter, row->name)) {
            bench_process_watch(PATIENCE_S, row->name);
            measure(row, choice, &results[count++]);
        }
    }
    bench_process_watch(0, "");
    return count;
}

void calls_table(const calls_choice *choice, result_table *table_out)
{
    result_row *rows = calloc(count_rows() + 1, sizeof *rows);
    size_t count = 0;

    bench_require(rows != NULL, "no memory");
    for (const bench_row *const *list = lists; *list; list++) {
        count += measure_list(*list, choice, rows + count);
    }
    *table_out = (result_table){
        "Calls beside the raw calls they are made of",
        RESULT_CALL,
        RESULT_FREE,
        0,
        rows,
        count};
    if (count > 0) {
        result_print_table(stdout, table_out);
    }
}

void calls_table_free(result_table *table)
{
    free((result_row *)table->rows);
}
