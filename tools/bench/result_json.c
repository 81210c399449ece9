/* SPDX-License-Identifier: Apache-2.0 */
/* The report for programs. Numbers are nanoseconds, or messages a second. */
#include <float.h>

#include "result.h"

static void put_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; text && *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\') {
            fprintf(file, "\\%c", byte);
        } else if (byte < ' ') {
            fprintf(file, "\\u%04x", byte);
        } else {
            putc(byte, file);
        }
    }
    putc('"', file);
}

static void put_field(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\": ", name);
    put_text(file, text);
    fprintf(file, ", ");
}

/* There is no way to write what is not one. */
static double number_of(double value)
{
    return value >= -DBL_MAX && value <= DBL_MAX ? value : 0;
}

static void put_number(FILE *file, const char *name, double value)
{
    fprintf(file, "\"%s\": %.10g, ", name, number_of(value));
}

static void
put_numbers(FILE *file, const char *name, const double *values, size_t count)
{
    fprintf(file, "\"%s\": [", name);
    for (size_t at = 0; at < count; at++) {
        fprintf(file, "%s%.10g", at > 0 ? ", " : "", number_of(values[at]));
    }
    fprintf(file, "]");
}

static void
put_row(FILE *file, const result_table *table, const result_row *row)
{
    fprintf(file, "\n      {");
    put_field(file, "name", row->name);
    put_field(file, "group", row->group);
    fprintf(file, "\"spins\": %s, ", row->spins ? "true" : "false");
    if (row->missing) {
        put_field(file, "missing", row->missing);
    }
    if (row->is_head_only) {
        fprintf(file, "\"head_only\": true, ");
    }
    if (row->is_reference) {
        fprintf(file, "\"reference\": true, ");
    }
    if (table->measure == RESULT_ROUND_TRIP && !row->missing) {
        put_number(file, "p50", row->p50);
        put_number(file, "p99", row->p99);
        put_number(file, "p99.9", row->p999);
        put_number(file, "max", row->max);
        put_numbers(file, "quantiles", row->quantiles, RESULT_QUANTILE_COUNT);
        fprintf(file, ", ");
    }
    if (table->measure == RESULT_CALL) {
        put_field(file, "raw_name", row->raw_name);
        put_number(file, "raw", row->raw);
    } else {
        put_number(file, "cpu", row->cpu);
    }
    put_numbers(file, "ratios", row->ratios, row->repetitions);
    fprintf(file, ", ");
    put_numbers(file, "values", row->values, row->repetitions);
    fprintf(file, "}");
}

static const char *measure_name(result_measure measure)
{
    switch (measure) {
    case RESULT_ROUND_TRIP: return "round trip";
    case RESULT_STREAM: return "one way";
    case RESULT_CLIENTS: return "clients";
    case RESULT_CALL: break;
    }
    return "call";
}

static void put_table(FILE *file, const result_table *table)
{
    static const char *const places[] = {"apart", "one", "free"};

    fprintf(file, "\n    {");
    put_field(file, "title", table->title);
    put_field(file, "measure", measure_name(table->measure));
    put_field(file, "place", places[table->place]);
    fprintf(file, "\"size\": %zu, \"rows\": [", table->size);
    for (size_t at = 0; at < table->row_count; at++) {
        if (at > 0) {
            putc(',', file);
        }
        put_row(file, table, &table->rows[at]);
    }
    fprintf(file, "]}");
}

int result_write_json(const char *path, const result_report *report)
{
    double parts[RESULT_QUANTILE_COUNT];
    FILE *file = fopen(path, "w");
    int is_written;

    if (!file) {
        return 0;
    }
    for (unsigned index = 0; index < RESULT_QUANTILE_COUNT; index++) {
        parts[index] = result_quantile_part(index);
    }
    fprintf(file, "{");
    put_field(file, "system", report->machine.system);
    put_field(file, "processor", report->machine.processor);
    put_field(file, "build", report->machine.build);
    put_field(file, "command", report->machine.command);
    put_field(file, "when", report->machine.when);
    put_numbers(file, "quantile_parts", parts, RESULT_QUANTILE_COUNT);
    fprintf(file, ", \"tables\": [");
    for (size_t at = 0; at < report->table_count; at++) {
        if (at > 0) {
            putc(',', file);
        }
        put_table(file, &report->tables[at]);
    }
    fprintf(file, "]}\n");
    is_written = !ferror(file);
    return fclose(file) == 0 && is_written;
}
