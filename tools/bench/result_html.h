/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the page that result_write_html() puts together. */
#ifndef XIPC_BENCH_RESULT_HTML_H
#define XIPC_BENCH_RESULT_HTML_H

#include <stdio.h>

#include "result.h"

extern const char *const html_styles[]; /* the style sheet; ends with NULL */

/* Text that comes from outside, with what means something in HTML escaped. */
void html_text(FILE *stream, const char *text);

typedef enum html_unit {
    HTML_TIME,   /* from nanoseconds */
    HTML_RATE,   /* messages a second */
    HTML_TRAFFIC /* bytes a second */
} html_unit;

/* Three digits and a unit: "2.19 &#181;s". */
#define HTML_VALUE_SIZE 32
void html_value(char text[HTML_VALUE_SIZE], double value, html_unit unit);

/* "64 bytes", "64 KiB" */
void html_size(char text[HTML_VALUE_SIZE], size_t size);

html_unit html_unit_of(const result_table *table);

/* Nonzero if the row was measured. */
int html_is_there(const result_row *row);
double html_median(const result_row *row);

/* The table of this place, measure and size, or NULL. */
const result_table *html_find(
    const result_report *report,
    result_place place,
    result_measure measure,
    size_t size);

/* The sizes of all tables of a place and measure, in order, at most
 * HTML_SIZE_MAX; returns how many. */
#define HTML_SIZE_MAX 16
unsigned html_sizes(
    const result_report *report,
    result_place place,
    result_measure measure,
    size_t sizes[HTML_SIZE_MAX]);

/* The best of each kind, for every size. */
void html_glance(
    FILE *stream,
    const result_report *report,
    result_place place,
    result_measure measure);
void html_table(FILE *stream, const result_table *table);

/* Latency over rank for every size, and medians and throughput over size. */
void html_distributions(
    FILE *stream, const result_report *report, result_place place);
void html_over_sizes(
    FILE *stream, const result_report *report, result_place place);

#endif
