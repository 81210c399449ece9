/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the page: the best at a glance, and every row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_html.h"

#define ROW_MAX 256

/* ---- at a glance --------------------------------------------------------- */

/* One line of it: the best row of that group and way, of those that touch all
 * of a message. */
typedef struct glance_row {
    const char *group;
    int spins;
    const char *words;
} glance_row;

static const glance_row choices[] = {
    {"limit", 1, "the machine's limit"},
    {"xipc", 1, "xipc, spinning"},
    {"raw", 1, "raw, spinning"},
    {"peer", 1, "best other library, spinning"},
    {"xipc", 0, "xipc, sleeping"},
    {"raw", 0, "raw system calls, sleeping"},
    {"peer", 0, "best other library, sleeping"}};

static int is_better(const result_table *table, double one, double other)
{
    return result_is_rate(table->measure) ? one > other : one < other;
}

static int is_chosen(const glance_row *choice, const result_row *row)
{
    return html_is_there(row) && !row->is_head_only &&
           strcmp(row->group, choice->group) == 0 &&
           (!row->spins == !choice->spins ||
            strcmp(choice->group, "limit") == 0);
}

static const result_row *
best(const result_table *table, const glance_row *choice)
{
    const result_row *found = NULL;

    for (size_t at = 0; at < table->row_count; at++) {
        const result_row *row = &table->rows[at];

        if (is_chosen(choice, row) &&
            (!found ||
             is_better(table, html_median(row), html_median(found)))) {
            found = row;
        }
    }
    return found;
}

static void
glance_cell(FILE *stream, const result_table *table, const glance_row *choice)
{
    const result_row *row = table ? best(table, choice) : NULL;
    char value[HTML_VALUE_SIZE];

    if (!row) {
        fputs("<td>&ndash;</td>", stream);
        return;
    }
    html_value(value, html_median(row), html_unit_of(table));
    fprintf(stream, "<td>%s<small>", value);
    html_text(stream, row->name);
    fputs("</small></td>", stream);
}

static int is_anywhere(
    const result_report *report,
    const result_table *like,
    const glance_row *choice)
{
    for (size_t at = 0; at < report->table_count; at++) {
        const result_table *table = &report->tables[at];

        if (table->place == like->place && table->measure == like->measure &&
            best(table, choice)) {
            return 1;
        }
    }
    return 0;
}

static void glance_head(FILE *stream, const size_t *sizes, unsigned count)
{
    char size[HTML_VALUE_SIZE];

    fputs("<thead><tr><th></th>", stream);
    for (unsigned at = 0; at < count; at++) {
        html_size(size, sizes[at]);
        fprintf(stream, "<th>%s</th>", size);
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
}

void html_glance(
    FILE *stream,
    const result_report *report,
    result_place place,
    result_measure measure)
{
    size_t sizes[HTML_SIZE_MAX];
    unsigned count = html_sizes(report, place, measure, sizes);
    const result_table like = {.place = place, .measure = measure};

    if (count == 0) {
        return;
    }
    fprintf(
        stream, "<table class=\"glance\"><caption>%s</caption>",
        measure == RESULT_STREAM ? "Messages a second, one way"
                                 : "Round trip, median");
    glance_head(stream, sizes, count);
    for (size_t at = 0; at < sizeof choices / sizeof choices[0]; at++) {
        if (!is_anywhere(report, &like, &choices[at])) {
            continue;
        }
        fprintf(
            stream, "<tr class=\"%s\"><th scope=\"row\">%s</th>",
            choices[at].group, choices[at].words);
        for (unsigned size = 0; size < count; size++) {
            glance_cell(
                stream, html_find(report, place, measure, sizes[size]),
                &choices[at]);
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table>\n", stream);
}

/* ---- every row ----------------------------------------------------------- */

static void cell(FILE *stream, double value, html_unit unit)
{
    char text[HTML_VALUE_SIZE] = "";

    if (value > 0) {
        html_value(text, value, unit);
    }
    fprintf(stream, "<td>%s</td>", text);
}

static void spread_cells(FILE *stream, result_spread spread, html_unit unit)
{
    char low[HTML_VALUE_SIZE];
    char high[HTML_VALUE_SIZE];

    cell(stream, spread.median, unit);
    html_value(low, spread.low, unit);
    html_value(high, spread.high, unit);
    fprintf(stream, "<td class=\"spread\">%s &ndash; %s</td>", low, high);
}

/* Three digits. */
static void ratio_text(char text[HTML_VALUE_SIZE], double ratio)
{
    int digits = ratio >= 99.95 ? 0 : ratio >= 9.995 ? 1 : 2;

    snprintf(
        text, HTML_VALUE_SIZE, ratio < 0.0995 ? "%.*g" : "%.*f", digits, ratio);
}

static void ratio_cells(FILE *stream, const result_row *row)
{
    result_spread ratio = result_spread_of(row->ratios, row->repetitions);
    char median[HTML_VALUE_SIZE];
    char low[HTML_VALUE_SIZE];
    char high[HTML_VALUE_SIZE];

    if (!(ratio.median > 0)) {
        fputs("<td></td><td></td>", stream);
        return;
    }
    ratio_text(median, ratio.median);
    ratio_text(low, ratio.low);
    ratio_text(high, ratio.high);
    fprintf(
        stream, "<td>%s</td><td class=\"spread\">%s &ndash; %s</td>", median,
        low, high);
}

static void round_trip_cells(FILE *stream, const result_row *row)
{
    cell(stream, row->p99, HTML_TIME);
    cell(stream, row->p999, HTML_TIME);
    cell(stream, row->max, HTML_TIME);
    cell(stream, row->cpu, HTML_TIME);
}

static void call_cells(FILE *stream, const result_row *row)
{
    cell(stream, row->raw, HTML_TIME);
    fputs("<td class=\"words\">", stream);
    html_text(stream, row->raw_name ? row->raw_name : "");
    fputs("</td>", stream);
}

static void
row_cells(FILE *stream, const result_table *table, const result_row *row)
{
    result_spread spread = result_spread_of(row->values, row->repetitions);

    spread_cells(stream, spread, html_unit_of(table));
    ratio_cells(stream, row);
    switch (table->measure) {
    case RESULT_ROUND_TRIP: round_trip_cells(stream, row); break;
    case RESULT_STREAM:
    case RESULT_CLIENTS:
        cell(
            stream, row->is_head_only ? 0 : spread.median * (double)table->size,
            HTML_TRAFFIC);
        cell(stream, row->cpu, HTML_TIME);
        break;
    case RESULT_CALL: call_cells(stream, row); break;
    }
}

static void
table_row(FILE *stream, const result_table *table, const result_row *row)
{
    fprintf(
        stream, "<tr class=\"%s%s\"><th scope=\"row\">", row->group,
        row->is_reference ? " reference" : "");
    html_text(stream, row->name);
    if (table->measure != RESULT_CALL) {
        fprintf(
            stream, "<small>%s</small>", row->spins ? "spinning" : "sleeping");
    }
    fputs("</th>", stream);
    row_cells(stream, table, row);
    fputs("</tr>\n", stream);
}

static void table_head(FILE *stream, const result_table *table)
{
    static const char *const medians[] = {
        [RESULT_ROUND_TRIP] = "median",
        [RESULT_STREAM] = "messages",
        [RESULT_CLIENTS] = "calls",
        [RESULT_CALL] = "median"};
    static const char *const more[] = {
        [RESULT_ROUND_TRIP] = ("<th>p99</th><th>p99.9</th><th>longest</th>"
                               "<th>CPU</th>"),
        [RESULT_STREAM] = "<th>bytes</th><th>CPU</th>",
        [RESULT_CLIENTS] = "<th>bytes</th><th>CPU</th>",
        [RESULT_CALL] = "<th>raw</th><th class=\"words\">raw calls</th>"};

    fprintf(
        stream,
        "<thead><tr><th></th><th>%s</th><th class=\"spread\">spread</th>"
        "<th>ratio</th><th class=\"spread\">spread</th>%s</tr></thead>\n"
        "<tbody>\n",
        medians[table->measure], more[table->measure]);
}

/* Best first; calls stay in their order. */
static size_t sort_rows(const result_table *table, const result_row **rows)
{
    size_t count = 0;

    for (size_t at = 0; at < table->row_count && count < ROW_MAX; at++) {
        const result_row *row = &table->rows[at];
        size_t place = count;

        if (!html_is_there(row)) {
            continue;
        }
        while (
            place > 0 && table->measure != RESULT_CALL &&
            is_better(table, html_median(row), html_median(rows[place - 1]))) {
            rows[place] = rows[place - 1];
            place--;
        }
        rows[place] = row;
        count++;
    }
    return count;
}

static void table_missing(FILE *stream, const result_table *table)
{
    const char *before = "<p class=\"missing\">Not measured: ";

    for (size_t at = 0; at < table->row_count; at++) {
        const result_row *row = &table->rows[at];

        if (!html_is_there(row)) {
            fputs(before, stream);
            html_text(stream, row->name);
            fputs(" (", stream);
            html_text(stream, row->missing ? row->missing : "no values");
            fputs(")", stream);
            before = "; ";
        }
    }
    fputs(before[0] == ';' ? ".</p>\n" : "", stream);
}

void html_table(FILE *stream, const result_table *table)
{
    const result_row *rows[ROW_MAX];
    size_t count = sort_rows(table, rows);

    fputs("<details open><summary>", stream);
    html_text(stream, table->title);
    fputs("</summary>\n", stream);
    if (count > 0) {
        fputs("<table class=\"rows\">", stream);
        table_head(stream, table);
        for (size_t at = 0; at < count; at++) {
            table_row(stream, table, rows[at]);
        }
        fputs("</tbody></table>\n", stream);
    }
    table_missing(stream, table);
    fputs("</details>\n", stream);
}
