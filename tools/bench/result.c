/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double result_quantile_part(unsigned index)
{
    /* From none to all but one of a hundred thousand. */
    return 1 - pow(10, -5.0 * index / (RESULT_QUANTILE_COUNT - 1));
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

result_spread result_spread_of(const double *values, unsigned count)
{
    double sorted[RESULT_REPETITION_MAX];
    result_spread spread = {0, 0, 0};

    if (count == 0) {
        return spread;
    }
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    spread.median = sorted[count / 2];
    spread.low = sorted[(count - 1) / 10];
    spread.high = sorted[count - 1 - (count - 1) / 10];
    return spread;
}

/* Three figures, and no more than they are worth. */
static const char *figure(double value, char text[16])
{
    if (value >= 1e9) {
        snprintf(text, 16, "%.3g G", value / 1e9);
    } else if (value >= 1e6) {
        snprintf(text, 16, "%.3g M", value / 1e6);
    } else if (value >= 1e5) {
        snprintf(text, 16, "%.0f k", value / 1e3);
    } else if (value >= 100) {
        snprintf(text, 16, "%.0f", value);
    } else {
        snprintf(text, 16, "%.3g", value);
    }
    return text;
}

static void print_ratio(FILE *stream, const result_row *row)
{
    char text[3][16];
    result_spread ratio = result_spread_of(row->ratios, row->repetitions);

    if (ratio.median == 0) {
        fprintf(stream, " | |");
    } else if (row->is_reference) {
        fprintf(stream, " 1 | |");
    } else {
        fprintf(
            stream, " %s | %s-%s |", figure(ratio.median, text[0]),
            figure(ratio.low, text[1]), figure(ratio.high, text[2]));
    }
}

static void print_round_trip(FILE *stream, const result_row *row)
{
    char text[5][16];
    result_spread value = result_spread_of(row->values, row->repetitions);

    fprintf(stream, " %s |", figure(value.median, text[0]));
    print_ratio(stream, row);
    fprintf(
        stream, " %s | %s | %s | %s |\n", figure(row->p99, text[1]),
        figure(row->p999, text[2]), figure(row->max, text[3]),
        figure(row->cpu, text[4]));
}

static void
print_stream(FILE *stream, const result_table *table, const result_row *row)
{
    char text[3][16];
    result_spread value = result_spread_of(row->values, row->repetitions);
    double traffic = value.median * (double)table->size / 1e9;

    fprintf(
        stream, " %s | %s |", figure(value.median, text[0]),
        row->is_head_only ? "" : figure(traffic, text[1]));
    print_ratio(stream, row);
    fprintf(stream, " %s |\n", figure(row->cpu, text[2]));
}

static void print_call(FILE *stream, const result_row *row)
{
    char text[2][16];
    result_spread value = result_spread_of(row->values, row->repetitions);

    fprintf(
        stream, " %s | %s |", figure(value.median, text[0]),
        figure(row->raw, text[1]));
    print_ratio(stream, row);
    fprintf(stream, " %s |\n", row->raw_name);
}

static const char *heading(result_measure measure)
{
    switch (measure) {
    case RESULT_ROUND_TRIP:
        return "| | | ns | ratio | spread | p99 | p99.9 | longest | CPU ns |\n"
               "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: "
               "|\n";
    case RESULT_STREAM:
        return "| | | messages/s | GB/s | ratio | spread | CPU ns |\n"
               "| --- | --- | ---: | ---: | ---: | --- | ---: |\n";
    case RESULT_CLIENTS:
        return "| | | calls/s | GB/s | ratio | spread | CPU ns |\n"
               "| --- | --- | ---: | ---: | ---: | --- | ---: |\n";
    case RESULT_CALL: break;
    }
    return "| | ns | raw ns | ratio | spread | raw calls |\n"
           "| --- | ---: | ---: | ---: | --- | --- |\n";
}

static void
print_row(FILE *stream, const result_table *table, const result_row *row)
{
    fprintf(stream, "| %s |", row->name);
    if (table->measure != RESULT_CALL) {
        fprintf(stream, " %s%s |", row->group, row->spins ? ", spins" : "");
    }
    switch (table->measure) {
    case RESULT_ROUND_TRIP: print_round_trip(stream, row); break;
    case RESULT_STREAM:
    case RESULT_CLIENTS: print_stream(stream, table, row); break;
    case RESULT_CALL: print_call(stream, row); break;
    }
}

void result_print_table(FILE *stream, const result_table *table)
{
    const char *before = "\nNot measured: ";

    fprintf(stream, "\n%s:\n\n%s", table->title, heading(table->measure));
    for (size_t at = 0; at < table->row_count; at++) {
        if (!table->rows[at].missing) {
            print_row(stream, table, &table->rows[at]);
        }
    }
    for (size_t at = 0; at < table->row_count; at++) {
        const result_row *row = &table->rows[at];

        if (row->missing) {
            fprintf(stream, "%s%s (%s)", before, row->name, row->missing);
            before = "; ";
        }
    }
    fprintf(stream, "%s", before[0] == ';' ? ".\n" : "");
    fflush(stream);
}
