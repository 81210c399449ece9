/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plots of the page. Rows that spin and rows that sleep stand side by
 * side, not in one: they answer different questions, and lie far apart. The
 * limit is in both.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_html.h"
#include "result_plot.h"

#define TITLE_SIZE   64
#define NINES_BEYOND 0.9 /* how far the longest is drawn after the rest */

static const char *const ways[] = {"sleeping", "spinning"};

static plot_line *lines_of(size_t count)
{
    plot_line *lines = calloc(count ? count : 1, sizeof *lines);

    if (!lines) {
        fputs("xipc-bench: no memory for the page\n", stderr);
        exit(EXIT_FAILURE);
    }
    return lines;
}

static int is_limit(const result_row *row)
{
    return strcmp(row->group, "limit") == 0;
}

static int belongs(const result_row *row, int spins)
{
    return html_is_there(row) && (is_limit(row) || !row->spins == !spins);
}

static size_t count_rows(const result_table *table, int spins)
{
    size_t count = 0;

    for (size_t at = 0; at < table->row_count; at++) {
        count += belongs(&table->rows[at], spins) != 0;
    }
    return count;
}

/* Whether there is anything but the limit. */
static int has_rows(const result_table *table, int spins)
{
    for (size_t at = 0; at < table->row_count; at++) {
        if (belongs(&table->rows[at], spins) && !is_limit(&table->rows[at])) {
            return 1;
        }
    }
    return 0;
}

/* Plots side by side are of one height. */
static size_t room_for(const result_table *table)
{
    size_t sleeping = count_rows(table, 0);
    size_t spinning = has_rows(table, 1) ? count_rows(table, 1) : 0;

    return sleeping > spinning ? sleeping : spinning;
}

/* ---- latency over rank --------------------------------------------------- */

/* 0.9 is at 1, 0.99 at 2, 0.999 at 3. */
static double nines(double part)
{
    return -log10(1 - part);
}

static double nines_max(void)
{
    double most = 0;

    for (unsigned at = 0; at < RESULT_QUANTILE_COUNT; at++) {
        double part = result_quantile_part(at);

        if (part < 1 && nines(part) > most) {
            most = nines(part);
        }
    }
    return most;
}

static unsigned rank_ticks(plot_tick ticks[])
{
    static const plot_tick plain[] = {
        {0, ""},       {0.30103, "50 %"}, {1, "90"},
        {2, "99"},     {3, "99.9"},       {4, "99.99"},
        {5, "99.999"}, {6, "99.9999"},    {7, "99.99999"}};
    double most = nines_max();
    unsigned count = 0;

    while (count < sizeof plain / sizeof plain[0] && plain[count].x <= most) {
        ticks[count] = plain[count];
        count++;
    }
    ticks[count].x = most + NINES_BEYOND;
    strcpy(ticks[count].label, "max");
    return count + 1;
}

static void add_rank(plot_line *line, double x, double y)
{
    if (y > 0 && line->count < PLOT_POINT_MAX) {
        line->points[line->count].x = x;
        line->points[line->count].y = y;
        line->count++;
    }
}

static void rank_line(plot_line *line, const result_row *row)
{
    line->name = row->name;
    line->group = row->group;
    line->value = row->p50;
    for (unsigned at = 0; at < RESULT_QUANTILE_COUNT; at++) {
        double part = result_quantile_part(at);

        if (part < 1) {
            add_rank(line, nines(part), row->quantiles[at]);
        }
    }
    add_rank(line, nines_max() + NINES_BEYOND, row->max);
}

static void rank_plot(FILE *stream, const result_table *table, int spins)
{
    plot_tick ticks[16];
    plot_line *lines = lines_of(table->row_count);
    char title[TITLE_SIZE];
    char size[HTML_VALUE_SIZE];
    plot_figure plot = {
        .title = title,
        .caption = "per cent of the round trips are faster",
        .unit = HTML_TIME,
        .ticks = ticks,
        .tick_count = rank_ticks(ticks),
        .lines = lines,
        .line_room = room_for(table)};

    html_size(size, table->size);
    snprintf(title, sizeof title, "%s, %s", size, ways[spins]);
    for (size_t at = 0; at < table->row_count; at++) {
        if (belongs(&table->rows[at], spins)) {
            rank_line(&lines[plot.line_count], &table->rows[at]);
            plot.line_count += lines[plot.line_count].count > 0;
        }
    }
    if (plot.line_count > 0) {
        plot_draw(stream, &plot);
    }
    free(lines);
}

static void rank_plots(FILE *stream, const result_table *table)
{
    for (int spins = 1; spins >= 0; spins--) {
        if (has_rows(table, spins)) {
            rank_plot(stream, table, spins);
        }
    }
}

void html_distributions(
    FILE *stream, const result_report *report, result_place place)
{
    size_t sizes[HTML_SIZE_MAX];
    unsigned count = html_sizes(report, place, RESULT_ROUND_TRIP, sizes);

    fputs("<div class=\"plots\">\n", stream);
    for (unsigned at = 0; at < count; at++) {
        rank_plots(
            stream, html_find(report, place, RESULT_ROUND_TRIP, sizes[at]));
    }
    fputs("</div>\n", stream);
}

/* ---- over size ----------------------------------------------------------- */

/* What one plot over all sizes shows. */
typedef struct size_series {
    const result_report *report;
    result_place place;
    result_measure measure;
    const char *title;
    html_unit unit;
    size_t sizes[HTML_SIZE_MAX];
    unsigned size_count;
} size_series;

static const result_table *table_of(const size_series *series, unsigned at)
{
    return html_find(
        series->report, series->place, series->measure, series->sizes[at]);
}

static plot_line *find_line(plot_figure *plot, const result_row *row)
{
    plot_line *line;

    for (size_t at = 0; at < plot->line_count; at++) {
        if (strcmp(plot->lines[at].name, row->name) == 0) {
            return &plot->lines[at];
        }
    }
    line = &plot->lines[plot->line_count++];
    line->name = row->name;
    line->group = row->group;
    return line;
}

static void
add_point(plot_figure *plot, const result_row *row, size_t size, html_unit unit)
{
    result_spread spread = result_spread_of(row->values, row->repetitions);
    double factor = unit == HTML_TRAFFIC ? (double)size : 1;
    plot_line *line = find_line(plot, row);
    plot_point *point;

    if (line->count == PLOT_POINT_MAX) {
        return;
    }
    point = &line->points[line->count++];
    point->x = log10((double)size);
    point->y = spread.median * factor;
    point->low = spread.low * factor;
    point->high = spread.high * factor;
    if (line->count == 1) {
        line->value = point->y;
    }
}

static void add_points(
    plot_figure *plot, const result_table *table, html_unit unit, int spins)
{
    for (size_t at = 0; at < table->row_count; at++) {
        const result_row *row = &table->rows[at];
        int is_told = unit != HTML_TRAFFIC || !row->is_head_only;

        if (is_told && belongs(row, spins)) {
            add_point(plot, row, table->size, unit);
        }
    }
}

static void size_ticks(plot_tick ticks[], const size_series *series)
{
    for (unsigned at = 0; at < series->size_count; at++) {
        ticks[at].x = log10((double)series->sizes[at]);
        html_size(ticks[at].label, series->sizes[at]);
    }
}

static size_t row_count(const size_series *series)
{
    size_t count = 0;

    for (unsigned at = 0; at < series->size_count; at++) {
        count += table_of(series, at)->row_count;
    }
    return count;
}

static size_t room_of(const size_series *series)
{
    size_t most = 0;

    for (unsigned at = 0; at < series->size_count; at++) {
        size_t room = room_for(table_of(series, at));

        most = room > most ? room : most;
    }
    return most;
}

static int series_has_rows(const size_series *series, int spins)
{
    for (unsigned at = 0; at < series->size_count; at++) {
        if (has_rows(table_of(series, at), spins)) {
            return 1;
        }
    }
    return 0;
}

static void size_plot(FILE *stream, const size_series *series, int spins)
{
    plot_tick ticks[HTML_SIZE_MAX];
    char title[TITLE_SIZE];
    plot_figure plot = {
        .title = title,
        .caption = "bytes of a message",
        .unit = series->unit,
        .has_dots = 1,
        .ticks = ticks,
        .tick_count = series->size_count,
        .lines = lines_of(row_count(series)),
        .line_room = room_of(series)};

    snprintf(title, sizeof title, "%s, %s", series->title, ways[spins]);
    size_ticks(ticks, series);
    for (unsigned at = 0; at < series->size_count; at++) {
        add_points(&plot, table_of(series, at), series->unit, spins);
    }
    plot_draw(stream, &plot);
    free(plot.lines);
}

/* A line needs two sizes at least. */
static void size_plots(FILE *stream, size_series series)
{
    series.size_count =
        html_sizes(series.report, series.place, series.measure, series.sizes);
    for (int spins = 1; spins >= 0 && series.size_count > 1; spins--) {
        if (series_has_rows(&series, spins)) {
            size_plot(stream, &series, spins);
        }
    }
}

void html_over_sizes(
    FILE *stream, const result_report *report, result_place place)
{
    size_series series = {.report = report, .place = place};

    if (html_sizes(report, place, RESULT_ROUND_TRIP, series.sizes) < 2 &&
        html_sizes(report, place, RESULT_STREAM, series.sizes) < 2) {
        return;
    }
    fputs(
        "<h3>Over the size of a message</h3>\n<div class=\"plots\">\n", stream);
    series.measure = RESULT_ROUND_TRIP;
    series.title = "Round trip, median";
    series.unit = HTML_TIME;
    size_plots(stream, series);
    series.measure = RESULT_STREAM;
    series.title = "Messages one way";
    series.unit = HTML_RATE;
    size_plots(stream, series);
    series.title = "Bytes one way";
    series.unit = HTML_TRAFFIC;
    size_plots(stream, series);
    fputs("</div>\n", stream);
}
