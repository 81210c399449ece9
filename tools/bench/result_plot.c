/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_plot.h"

/* In units of the SVG's own, which the page scales to the width it has. */
#define WIDTH       606
#define LEFT_MIN    250 /* names stand there */
#define LEFT_MAX    340
#define LETTER      6.9 /* how wide one is, about */
#define VALUE_SIZE  11  /* letters of what follows a name */
#define RIGHT       544
#define TOP         30
#define BOTTOM_ROOM 42
#define HEIGHT_MIN  230
#define LABEL_STEP  13.4
#define LEADER      12

typedef struct plot_area {
    double left;
    double x_min, x_max;
    double y_min, y_max; /* powers of ten */
    double top, bottom;
} plot_area;

static double place_x(const plot_area *area, double x)
{
    return area->left + (x - area->x_min) / (area->x_max - area->x_min) *
                            (RIGHT - area->left);
}

static double place_y(const plot_area *area, double y)
{
    return area->bottom - (log10(y) - area->y_min) /
                              (area->y_max - area->y_min) *
                              (area->bottom - area->top);
}

/* ---- the area ----------------------------------------------------------- */

static void include(plot_area *area, double y)
{
    double power = log10(y);

    if (power < area->y_min) {
        area->y_min = power;
    }
    if (power > area->y_max) {
        area->y_max = power;
    }
}

/* With a little room above and below, and never without height. */
static void fit(plot_area *area, const plot_figure *plot)
{
    double room;

    area->y_min = HUGE_VAL;
    area->y_max = -HUGE_VAL;
    for (size_t at = 0; at < plot->line_count; at++) {
        const plot_line *line = &plot->lines[at];

        for (unsigned point = 0; point < line->count; point++) {
            include(area, line->points[point].y);
        }
    }
    room = (area->y_max - area->y_min) * 0.03 + 0.05;
    area->y_min -= room;
    area->y_max += room;
}

static double left_of(const plot_figure *plot)
{
    double left = LEFT_MIN;

    for (size_t at = 0; at < plot->line_count; at++) {
        size_t size = strlen(plot->lines[at].name) + VALUE_SIZE;

        left = fmax(left, LETTER * (double)size);
    }
    return fmin(left, LEFT_MAX);
}

static plot_area area_of(const plot_figure *plot)
{
    size_t lines =
        plot->line_room > plot->line_count ? plot->line_room : plot->line_count;
    double height = LABEL_STEP * (double)lines;
    plot_area area;

    if (height < HEIGHT_MIN) {
        height = HEIGHT_MIN;
    }
    area.left = left_of(plot);
    area.top = TOP;
    area.bottom = TOP + height;
    area.x_min = plot->ticks[0].x;
    area.x_max = plot->ticks[plot->tick_count - 1].x;
    fit(&area, plot);
    return area;
}

/* ---- grid and axes ------------------------------------------------------- */

static void
draw_x_axis(FILE *stream, const plot_area *area, const plot_figure *plot)
{
    for (unsigned at = 0; at < plot->tick_count; at++) {
        double x = place_x(area, plot->ticks[at].x);

        fprintf(
            stream,
            "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>"
            "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
            "text-anchor=\"middle\">%s</text>\n",
            x, area->top, area->bottom, x, area->bottom + 16,
            plot->ticks[at].label);
    }
    fprintf(
        stream,
        "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
        "text-anchor=\"middle\">%s</text>\n",
        (area->left + RIGHT) / 2, area->bottom + 33, plot->caption);
}

static void draw_y_tick_at(
    FILE *stream, const plot_area *area, html_unit unit, double value)
{
    char label[HTML_VALUE_SIZE];
    double y = place_y(area, value);

    html_value(label, value, unit);
    fprintf(
        stream,
        "<path class=\"grid\" d=\"M%.1f %.1fH%d\"/>"
        "<text class=\"tick\" x=\"%d\" y=\"%.1f\">%s</text>\n",
        area->left, y, RIGHT, RIGHT + 6, y + 3.5, label);
}

static void
draw_y_tick(FILE *stream, const plot_area *area, html_unit unit, double value)
{
    double power = log10(value);

    if (power >= area->y_min && power <= area->y_max) {
        draw_y_tick_at(stream, area, unit, value);
    }
}

/* Powers of ten, and 2 and 5 times those where there are few. */
static void draw_y_axis(FILE *stream, const plot_area *area, html_unit unit)
{
    int is_short = area->y_max - area->y_min < 2.2;
    int last = (int)floor(area->y_max);

    for (int power = (int)floor(area->y_min); power <= last; power++) {
        double value = pow(10, power);

        draw_y_tick(stream, area, unit, value);
        if (is_short) {
            draw_y_tick(stream, area, unit, 2 * value);
            draw_y_tick(stream, area, unit, 5 * value);
        }
    }
}

/* ---- lines --------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    const plot_line *one = left;
    const plot_line *other = right;

    return (one->begin > other->begin) - (one->begin < other->begin);
}

/* Moves names down, or up, until none is nearer than it may be to the one
 * before it, nor the first one to the edge. */
static void push_down(const plot_area *area, plot_figure *plot)
{
    double limit = area->top + LABEL_STEP / 2;

    for (size_t at = 0; at < plot->line_count; at++) {
        plot->lines[at].label = fmax(plot->lines[at].label, limit);
        limit = plot->lines[at].label + LABEL_STEP;
    }
}

static void push_up(const plot_area *area, plot_figure *plot)
{
    double limit = area->bottom - LABEL_STEP / 2;

    for (size_t at = plot->line_count; at-- > 0;) {
        plot->lines[at].label = fmin(plot->lines[at].label, limit);
        limit = plot->lines[at].label - LABEL_STEP;
    }
}

/* The names stand in the order of their lines, as near to them as room for
 * each allows: half-way between pushing them down only and up only. */
static void set_labels(const plot_area *area, plot_figure *plot)
{
    plot_line *lines = plot->lines;

    for (size_t at = 0; at < plot->line_count; at++) {
        lines[at].label = lines[at].begin;
    }
    push_down(area, plot);
    for (size_t at = 0; at < plot->line_count; at++) {
        lines[at].pushed = lines[at].label;
        lines[at].label = lines[at].begin;
    }
    push_up(area, plot);
    for (size_t at = 0; at < plot->line_count; at++) {
        lines[at].label = (lines[at].label + lines[at].pushed) / 2;
    }
    push_up(area, plot);
    push_down(area, plot);
}

static void arrange(const plot_area *area, plot_figure *plot)
{
    for (size_t at = 0; at < plot->line_count; at++) {
        plot->lines[at].begin = place_y(area, plot->lines[at].points[0].y);
    }
    qsort(plot->lines, plot->line_count, sizeof plot->lines[0], compare);
    set_labels(area, plot);
}

static void
draw_marks(FILE *stream, const plot_area *area, const plot_line *line)
{
    for (unsigned at = 0; at < line->count; at++) {
        const plot_point *point = &line->points[at];
        double x = place_x(area, point->x);

        fprintf(
            stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\"/>", x,
            place_y(area, point->y));
        if (point->low > 0 && point->high > point->low) {
            fprintf(
                stream, "<path class=\"spread\" d=\"M%.1f %.1fV%.1f\"/>", x,
                fmin(place_y(area, point->low), area->bottom),
                fmax(place_y(area, point->high), area->top));
        }
    }
}

static void
draw_label(FILE *stream, double left, const plot_line *line, html_unit unit)
{
    char value[HTML_VALUE_SIZE];

    html_value(value, line->value, unit);
    fprintf(
        stream, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
        left - LEADER - 4, line->label + 3.5);
    html_text(stream, line->name);
    fprintf(stream, " <tspan class=\"value\">%s</tspan></text>", value);
}

/* From its name to its first point, and on through the others. */
static void draw_line(
    FILE *stream,
    const plot_area *area,
    const plot_figure *plot,
    const plot_line *line)
{
    fprintf(stream, "<g class=\"line %s\"><title>", line->group);
    html_text(stream, line->name);
    fprintf(
        stream, "</title><path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
        area->left - LEADER, line->label, place_x(area, line->points[0].x),
        line->begin);
    fputs("<path d=\"", stream);
    for (unsigned at = 0; at < line->count; at++) {
        fprintf(
            stream, "%c%.1f %.1f", at == 0 ? 'M' : 'L',
            place_x(area, line->points[at].x),
            place_y(area, line->points[at].y));
    }
    fputs("\"/>", stream);
    if (plot->has_dots) {
        draw_marks(stream, area, line);
    }
    draw_label(stream, area->left, line, plot->unit);
    fputs("</g>\n", stream);
}

static void draw_lines(
    FILE *stream, const plot_area *area, const plot_figure *plot, int is_ours)
{
    for (size_t at = 0; at < plot->line_count; at++) {
        const plot_line *line = &plot->lines[at];

        if ((strcmp(line->group, "xipc") == 0) == is_ours) {
            draw_line(stream, area, plot, line);
        }
    }
}

void plot_draw(FILE *stream, plot_figure *plot)
{
    plot_area area = area_of(plot);

    arrange(&area, plot);
    fprintf(
        stream,
        "<svg viewBox=\"0 0 %d %.0f\" role=\"img\">"
        "<text class=\"title\" x=\"%.1f\" y=\"16\">%s</text>\n",
        WIDTH, area.bottom + BOTTOM_ROOM, area.left, plot->title);
    draw_x_axis(stream, &area, plot);
    draw_y_axis(stream, &area, plot->unit);
    /* Ours come last, and so on top. */
    draw_lines(stream, &area, plot, 0);
    draw_lines(stream, &area, plot, 1);
    fputs("</svg>\n", stream);
}
