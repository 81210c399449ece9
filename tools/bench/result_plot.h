/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One plot as SVG: lines over a logarithmic y axis, each with its name and
 * first value to the left of it, where the lines lie furthest apart.
 */
#ifndef XIPC_BENCH_RESULT_PLOT_H
#define XIPC_BENCH_RESULT_PLOT_H

#include <stdio.h>

#include "result.h"
#include "result_html.h"

#define PLOT_POINT_MAX (RESULT_QUANTILE_COUNT + 1)

typedef struct plot_point {
    double x;         /* as far along the x axis as the plot says */
    double y;         /* above 0 */
    double low, high; /* 0: none */
} plot_point;

typedef struct plot_line {
    const char *name;
    const char *group; /* of its row: how it is drawn */
    double value;      /* stands with its name */
    unsigned count;
    plot_point points[PLOT_POINT_MAX];
    /* Where its first point and its name are; plot_draw() sets them. */
    double begin, label, pushed;
} plot_line;

typedef struct plot_tick {
    double x;
    char label[HTML_VALUE_SIZE];
} plot_tick;

typedef struct plot_figure {
    const char *title;
    const char *caption; /* of the x axis */
    html_unit unit;
    int has_dots;
    const plot_tick
        *ticks; /* the first and the last are the ends of the axis */
    unsigned tick_count;
    plot_line *lines;
    size_t line_count;
    size_t line_room; /* as high as for so many lines, or more */
} plot_figure;

/* Sorts the lines. */
void plot_draw(FILE *stream, plot_figure *plot);

#endif
