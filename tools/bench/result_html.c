/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page for people: one file with nothing around it, no scripts; pictures
 * are SVG. It is to be read on a screen, light or dark, and on paper.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_html.h"

/* ---- what is written in many places -------------------------------------- */

void html_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", stream); break;
        case '<': fputs("&lt;", stream); break;
        case '>': fputs("&gt;", stream); break;
        case '"': fputs("&quot;", stream); break;
        default: fputc(*text, stream);
        }
    }
}

static const char *const units[][5] = {
    [HTML_TIME] = {"ns", "&#181;s", "ms", "s", "ks"},
    [HTML_RATE] = {"/s", "k/s", "M/s", "G/s", "T/s"},
    [HTML_TRAFFIC] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"}};

/* 999.5 would be written as 1000. */
void html_value(char text[HTML_VALUE_SIZE], double value, html_unit unit)
{
    unsigned power = 0;
    int digits;

    while (value >= 999.5 && power < 4) {
        value /= 1000;
        power++;
    }
    digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    if (value == floor(value)) {
        digits = 0;
    }
    snprintf(
        text, HTML_VALUE_SIZE, "%.*f %s", digits, value, units[unit][power]);
}

void html_size(char text[HTML_VALUE_SIZE], size_t size)
{
    if (size >= (size_t)1 << 20 && size % ((size_t)1 << 20) == 0) {
        snprintf(text, HTML_VALUE_SIZE, "%zu MiB", size >> 20);
    } else if (size >= 1024 && size % 1024 == 0) {
        snprintf(text, HTML_VALUE_SIZE, "%zu KiB", size >> 10);
    } else {
        snprintf(text, HTML_VALUE_SIZE, "%zu B", size);
    }
}

html_unit html_unit_of(const result_table *table)
{
    return result_is_rate(table->measure) ? HTML_RATE : HTML_TIME;
}

int html_is_there(const result_row *row)
{
    return !row->missing && row->repetitions > 0 && html_median(row) > 0;
}

double html_median(const result_row *row)
{
    return result_spread_of(row->values, row->repetitions).median;
}

const result_table *html_find(
    const result_report *report,
    result_place place,
    result_measure measure,
    size_t size)
{
    for (size_t at = 0; at < report->table_count; at++) {
        const result_table *table = &report->tables[at];

        if (table->place == place && table->measure == measure &&
            table->size == size) {
            return table;
        }
    }
    return NULL;
}

static int compare(const void *left, const void *right)
{
    size_t one = *(const size_t *)left;
    size_t other = *(const size_t *)right;

    return (one > other) - (one < other);
}

unsigned html_sizes(
    const result_report *report,
    result_place place,
    result_measure measure,
    size_t sizes[HTML_SIZE_MAX])
{
    unsigned count = 0;

    for (size_t at = 0; at < report->table_count; at++) {
        const result_table *table = &report->tables[at];

        if (table->place == place && table->measure == measure &&
            table->size > 0 && count < HTML_SIZE_MAX &&
            html_find(report, place, measure, table->size) == table) {
            sizes[count++] = table->size;
        }
    }
    qsort(sizes, count, sizeof sizes[0], compare);
    return count;
}

/* ---- the page ------------------------------------------------------------ */

static void fact(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, "<dt>%s</dt><dd>", name);
    html_text(stream, text);
    fputs("</dd>\n", stream);
}

static void head(FILE *stream, const result_machine *machine)
{
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>xipc-bench</title>\n<style>\n",
        stream);
    for (size_t at = 0; html_styles[at]; at++) {
        fputs(html_styles[at], stream);
    }
    fputs(
        "</style>\n</head>\n<body>\n<header>\n<h1>xipc-bench</h1>\n"
        "<p class=\"lead\">What a message between two processes costs: through "
        "xipc, through the raw system calls, through other libraries, and "
        "at best on this machine.</p>\n<dl>\n",
        stream);
    fact(stream, "Machine", machine->processor);
    fact(stream, "System", machine->system);
    fact(stream, "Build", machine->build);
    fact(stream, "Measured", machine->when);
    fputs("<dt>To repeat</dt><dd><code>", stream);
    html_text(stream, machine->command);
    fputs("</code></dd>\n</dl>\n", stream);
}

static void legend(FILE *stream)
{
    fputs(
        "<ul class=\"legend\">\n"
        "<li class=\"xipc\"><i></i>xipc</li>\n"
        "<li class=\"limit\"><i></i>the machine&#8217;s limit</li>\n"
        "<li class=\"raw\"><i></i>raw system calls and plain memory</li>\n"
        "<li class=\"peer\"><i></i>other libraries</li>\n</ul>\n"
        "<p>The rows of a table were measured in turn, again and again, in "
        "one run. A <b>median</b> is that of the repetitions, and the "
        "<b>spread</b> the range of their middle four fifths. A <b>ratio</b> "
        "is to the row that "
        "is underlined, formed within each repetition: it holds better than "
        "times do on a machine that others use too. <b>CPU</b> is what both "
        "processes spent on a message or round trip.</p>\n</header>\n",
        stream);
}

static const char *const places[] = {
    [RESULT_APART] = "Two processors: each process has its own",
    [RESULT_ONE] = "One processor: both processes on it",
    [RESULT_FREE] = "Anywhere: the system places the processes"};

static int has_place(const result_report *report, result_place place)
{
    size_t sizes[HTML_SIZE_MAX];

    return html_sizes(report, place, RESULT_ROUND_TRIP, sizes) > 0 ||
           html_sizes(report, place, RESULT_STREAM, sizes) > 0 ||
           html_sizes(report, place, RESULT_CLIENTS, sizes) > 0;
}

static void
tables_of(FILE *stream, const result_report *report, result_place place)
{
    for (size_t at = 0; at < report->table_count; at++) {
        const result_table *table = &report->tables[at];

        if (table->place == place && table->measure != RESULT_CALL) {
            html_table(stream, table);
        }
    }
}

static void
section(FILE *stream, const result_report *report, result_place place)
{
    size_t sizes[HTML_SIZE_MAX];

    if (!has_place(report, place)) {
        return;
    }
    fprintf(stream, "<section>\n<h2>%s</h2>\n", places[place]);
    html_glance(stream, report, place, RESULT_ROUND_TRIP);
    html_glance(stream, report, place, RESULT_STREAM);
    if (html_sizes(report, place, RESULT_ROUND_TRIP, sizes) > 0) {
        fputs("<h3>How long a round trip takes, and how often</h3>\n", stream);
        html_distributions(stream, report, place);
    }
    html_over_sizes(stream, report, place);
    fputs("<h3>Every row</h3>\n", stream);
    tables_of(stream, report, place);
    fputs("</section>\n", stream);
}

static void calls(FILE *stream, const result_report *report)
{
    int is_first = 1;

    for (size_t at = 0; at < report->table_count; at++) {
        if (report->tables[at].measure != RESULT_CALL) {
            continue;
        }
        fputs(
            is_first ? "<section>\n<h2>Calls within one process</h2>\n" : "",
            stream);
        is_first = 0;
        html_table(stream, &report->tables[at]);
    }
    fputs(is_first ? "" : "</section>\n", stream);
}

int result_write_html(const char *path, const result_report *report)
{
    FILE *stream = fopen(path, "w");
    int is_written;

    if (!stream) {
        return 0;
    }
    head(stream, &report->machine);
    legend(stream);
    section(stream, report, RESULT_APART);
    section(stream, report, RESULT_ONE);
    section(stream, report, RESULT_FREE);
    calls(stream, report);
    fputs("</body>\n</html>\n", stream);
    is_written = !ferror(stream);
    return fclose(stream) == 0 && is_written;
}
