/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xipc/xipc.h>

#include "args.h"
#include "figures.h"
#include "stream.h"
#include "system.h"

#define SECOND      ((int64_t)1000000000)
#define REDRAW_TIME (SECOND / 10)

enum {
    BAR_MAX = 40,
    BAR_MIN = 5,
    TEXT_SIZE = 128,
    LINE_SIZE = 256,
    LINE_MAX_COLUMNS = 200,
    COLUMNS_USUAL = 79,
    NAME_ROOM = 25 /* the name, and what stands between */
};

static struct {
    const char *name;
    uint64_t total;
    uint64_t done;
    int64_t began_at;
    int64_t drawn_at; /* 0: never */
    int is_wanted;
} state;

static int64_t now(void)
{
    return xipc_after_ns(0);
}

void progress_begin(const char *name, uint64_t total)
{
    int is_terminal = system_error_columns() > 0;

    state.name = name;
    state.total = total;
    state.done = 0;
    state.began_at = now();
    state.drawn_at = 0;
    state.is_wanted = common.progress == PROGRESS_ALWAYS ||
                      (common.progress == PROGRESS_AUTO && is_terminal);
}

void progress_total(uint64_t total)
{
    state.total = total;
}

/* "[####    ]" behind what is in the line, if there is room for it. */
static void add_bar(char *line, int size, double part)
{
    size_t at = strlen(line);

    if (size < BAR_MIN) {
        return;
    }
    size = size < BAR_MAX ? size : BAR_MAX;
    line[at++] = ' ';
    line[at++] = '[';
    for (int column = 0; column < size; column++) {
        line[at++] = column < (int)(part * size) ? '#' : ' ';
    }
    line[at++] = ']';
    line[at] = '\0';
}

/* "45% 12.0 MiB 3.1 MiB/s"; the share is left out where it is not known. */
static void describe(int64_t at, double *part, char *text, size_t capacity)
{
    double seconds = (double)(at - state.began_at) / SECOND;
    char done[FIGURE_SIZE];
    char rate[FIGURE_SIZE];

    if (seconds <= 0) {
        seconds = 1e-9;
    }
    figure_bytes(state.done, done);
    figure_bytes((uint64_t)((double)state.done / seconds), rate);
    if (state.total == STREAM_SIZE_UNKNOWN || state.total == 0) {
        *part = -1;
        (void)snprintf(text, capacity, "%s %s/s", done, rate);
        return;
    }
    *part = (double)state.done / (double)state.total;
    *part = *part > 1 ? 1 : *part;
    (void)snprintf(text, capacity, "%3.0f%% %s %s/s", *part * 100, done, rate);
}

/* Every line is as long as the terminal is wide, and one less, so that nothing
 * of the last one is left. */
static void draw(int64_t at)
{
    char line[LINE_SIZE];
    char text[TEXT_SIZE];
    int columns = system_error_columns();
    double part;

    columns = columns > 0 ? columns - 1 : COLUMNS_USUAL;
    columns = columns < LINE_MAX_COLUMNS ? columns : LINE_MAX_COLUMNS;
    describe(at, &part, text, sizeof text);
    (void)snprintf(line, sizeof line, "%.20s", state.name);
    if (part >= 0) {
        add_bar(line, columns - NAME_ROOM - (int)strlen(text), part);
    }
    (void)snprintf(
        line + strlen(line), sizeof line - strlen(line), " %s", text);
    (void)fprintf(stderr, "\r%-*.*s", columns, columns, line);
    (void)fflush(stderr);
    state.drawn_at = at;
}

void progress_add(uint64_t bytes)
{
    int64_t at;

    state.done += bytes;
    if (!state.is_wanted) {
        return;
    }
    at = now();
    if (common.progress == PROGRESS_AUTO && at - state.began_at < SECOND) {
        return;
    }
    if (state.drawn_at == 0 || at - state.drawn_at >= REDRAW_TIME) {
        draw(at);
    }
}

void progress_end(void)
{
    if (state.drawn_at != 0) {
        draw(now());
        (void)fputc('\n', stderr);
    }
    state.drawn_at = 0;
    state.is_wanted = 0;
}
