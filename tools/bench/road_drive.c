/* SPDX-License-Identifier: Apache-2.0 */
#include "road_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "road_end.h"
#include "road_run.h"
#include "ticks.h"

#define ROW_MAX 96

/* From here on it counts whether a message in place is written and read as a
 * whole, or only handed over. */
#define HEAD_ONLY_FROM 1024

static const char *group_name(road_group group)
{
    switch (group) {
    case ROAD_LIMIT: return "limit";
    case ROAD_XIPC: return "xipc";
    case ROAD_RAW: return "raw";
    case ROAD_PEER: break;
    }
    return "peer";
}

/* ---- which rows ---------------------------------------------------------- */

typedef struct selection {
    const road_choice *choice;
    result_measure measure;
    result_place place;
    size_t size;
    road_run *runs[ROW_MAX];
    const char *missing[ROW_MAX];
    unsigned count;
    unsigned named_count; /* that the filter lets through */
} selection;

/* This build does without it. */
static int is_absent(const road_kind *kind)
{
    return kind->create == NULL;
}

static int is_wanted(const selection *all, const road_kind *kind)
{
    unsigned no = all->measure == RESULT_ROUND_TRIP ? ROAD_ONLY_STREAM
                                                    : ROAD_ONLY_ROUND_TRIPS;

    if (all->measure == RESULT_CLIENTS) {
        return (kind->flags & ROAD_SERVES) != 0 && !is_absent(kind);
    }
    if ((kind->flags & no) != 0 || is_absent(kind)) {
        return 0;
    }
    if ((kind->flags & ROAD_SPINS) == 0) {
        return !all->choice->without_sleeping;
    }
    return !all->choice->without_spinning && all->place != RESULT_ONE &&
           bench_processor_count() > 1;
}

static const char *why_missing(const selection *all, const road_kind *kind)
{
    if (kind->size_max != 0 && all->size > kind->size_max) {
        return "too large for it";
    }
    return kind->is_missing ? kind->is_missing(all->size) : NULL;
}

/* A row of its own for the same kind. */
typedef struct variant {
    const char *name; /* "", ", 4 to 1" */
    int is_head_only;
    unsigned crowd[ROAD_SIDES];
    unsigned clients;
} variant;

static const variant plain = {"", 0, {1, 1}, 1};
static const variant head_only = {", head only", 1, {1, 1}, 1};
static const variant crowds[] = {
    {", 4 to 1", 0, {4, 1}, 1},
    {", 1 to 4", 0, {1, 4}, 1},
    {", 4 to 4", 0, {4, 4}, 1},
};
static const variant many_clients = {", 8 clients", 0, {1, 1}, ROAD_CLIENT_MAX};

static unsigned reference_flag(result_measure measure)
{
    return measure == RESULT_CLIENTS ? ROAD_SERVES_REFERENCE : ROAD_REFERENCE;
}

static road_task task_of(result_measure measure)
{
    switch (measure) {
    case RESULT_STREAM: return ROAD_STREAM;
    case RESULT_CLIENTS: return ROAD_CALLS;
    case RESULT_ROUND_TRIP:
    case RESULT_CALL: break;
    }
    return ROAD_ROUND_TRIPS;
}

/* What others are compared to is there in any case. */
static void
add(selection *all, const road_kind *kind, unsigned index, const variant *as)
{
    road_run *run = calloc(1, sizeof *run);
    int is_reference =
        (kind->flags & reference_flag(all->measure)) != 0 && as == &plain;
    int is_named;

    bench_require(run != NULL && all->count < ROW_MAX, "too many rows");
    run->kind = kind;
    run->kind_index = index;
    run->is_filled = (kind->flags & ROAD_IN_PLACE) != 0 && !as->is_head_only;
    run->size = all->size;
    run->place = all->place;
    run->crowd[ROAD_FIRST] = as->crowd[ROAD_FIRST];
    run->crowd[ROAD_SECOND] = as->crowd[ROAD_SECOND];
    run->clients = as->clients;
    run->task = task_of(all->measure);
    snprintf(run->label, sizeof run->label, "%s%s", kind->name, as->name);
    is_named = bench_lets_through(&all->choice->filter, run->label);
    if (!is_named && !is_reference) {
        free(run);
        return;
    }
    all->named_count += is_named ? 1 : 0;
    all->missing[all->count] = why_missing(all, kind);
    all->runs[all->count] = run;
    all->count++;
}

static void add_crowds(selection *all, const road_kind *kind, unsigned index)
{
    for (size_t at = 0; at < sizeof crowds / sizeof *crowds; at++) {
        add(all, kind, index, &crowds[at]);
    }
}

static void free_all(selection *all)
{
    while (all->count > 0) {
        free(all->runs[--all->count]);
    }
}

static void choose_rows(selection *all)
{
    const road_kind *kind;

    for (unsigned index = 0; (kind = road_kind_at(index)) != NULL; index++) {
        if (!is_wanted(all, kind)) {
            continue;
        }
        add(all, kind, index, &plain);
        if ((kind->flags & ROAD_IN_PLACE) != 0 && all->size >= HEAD_ONLY_FROM) {
            add(all, kind, index, &head_only);
        }
        if ((kind->flags & ROAD_MANY) != 0 && all->measure == RESULT_STREAM) {
            add_crowds(all, kind, index);
        }
        if (all->measure == RESULT_CLIENTS) {
            add(all, kind, index, &many_clients);
        }
    }
    if (all->named_count == 0) {
        free_all(all);
    }
}

/* ---- measuring ----------------------------------------------------------- */

static int is_running(const selection *all, unsigned at)
{
    return !all->missing[at] && all->runs[at]->failure[0] == '\0' &&
           !bench_is_interrupted();
}

static void open_all(selection *all, const char *folder)
{
    for (unsigned at = 0; at < all->count; at++) {
        if (is_running(all, at)) {
            road_run_open(all->runs[at], folder, all->choice->target_ns);
        }
    }
}

/* Each repetition begins with another row. */
static void measure_once(selection *all, result_row *rows, unsigned repetition)
{
    for (unsigned step = 0; step < all->count; step++) {
        unsigned at = (repetition + step) % all->count;

        if (is_running(all, at)) {
            road_run_measure(all->runs[at], &rows[at].values[repetition]);
        }
    }
}

static unsigned close_all(selection *all)
{
    unsigned failures = 0;

    for (unsigned at = 0; at < all->count; at++) {
        if (!all->missing[at] && !road_run_close(all->runs[at])) {
            fprintf(
                stderr, "xipc-bench: %s: %s\n", all->runs[at]->label,
                all->runs[at]->failure);
            failures++;
        }
    }
    return failures;
}

static char *copy_of(const char *text)
{
    char *copy = malloc(strlen(text) + 1);

    bench_require(copy != NULL, "no memory");
    return strcpy(copy, text);
}

static void describe(const selection *all, unsigned at, result_row *row)
{
    road_run *run = all->runs[at];
    const histogram *times = &run->all;
    double ns = ticks_ns();

    row->name = copy_of(run->label);
    row->group = group_name(run->kind->group);
    row->spins = (run->kind->flags & ROAD_SPINS) != 0;
    row->is_head_only =
        (run->kind->flags & ROAD_IN_PLACE) != 0 && !run->is_filled;
    if (all->missing[at] || run->failure[0] != '\0') {
        row->missing =
            copy_of(all->missing[at] ? all->missing[at] : run->failure);
    }
    row->repetitions = row->missing ? 0 : all->choice->repetitions;
    if (run->message_sum > 0) {
        row->cpu = run->cpu_sum / run->message_sum;
    }
    if (all->measure != RESULT_ROUND_TRIP || row->missing) {
        return;
    }
    row->p50 = histogram_quantile(times, 0.5) * ns;
    row->p99 = histogram_quantile(times, 0.99) * ns;
    row->p999 = histogram_quantile(times, 0.999) * ns;
    row->max = (double)times->max * ns;
    for (unsigned index = 0; index < RESULT_QUANTILE_COUNT; index++) {
        row->quantiles[index] =
            histogram_quantile(times, result_quantile_part(index)) * ns;
    }
}

/* The first row that others are compared to. */
static void form_ratios(const selection *all, result_row *rows)
{
    unsigned reference = 0;

    while (reference < all->count && ((all->runs[reference]->kind->flags &
                                       reference_flag(all->measure)) == 0 ||
                                      rows[reference].missing)) {
        reference++;
    }
    if (reference == all->count) {
        return;
    }
    rows[reference].is_reference = 1;
    for (unsigned at = 0; at < all->count; at++) {
        for (unsigned turn = 0; turn < rows[at].repetitions; turn++) {
            rows[at].ratios[turn] =
                rows[at].values[turn] / rows[reference].values[turn];
        }
    }
}

static const char *
title_of(result_measure measure, result_place place, size_t size)
{
    static const char *const places[] = {
        "each on a processor of its own", "both on one processor",
        "wherever the system puts them"};
    static const char *const measures[] = {
        [RESULT_ROUND_TRIP] = "Round trips",
        [RESULT_STREAM] = "One way",
        [RESULT_CLIENTS] = "Calls of one process or of 8",
        [RESULT_CALL] = "Calls"};
    char *title = malloc(128);

    bench_require(title != NULL, "no memory");
    snprintf(
        title, 128, "%s, %zu bytes, %s", measures[measure], size,
        places[place]);
    return title;
}

unsigned road_table(
    const road_choice *choice,
    result_measure measure,
    result_place place,
    size_t size,
    result_table *table_out)
{
    selection all = {choice, measure, place, size, {0}, {0}, 0, 0};
    const char *folder;
    result_row *rows;
    unsigned failures;

    bench_catch_interrupts();
    folder = bench_folder_make();
    choose_rows(&all);
    rows = calloc(all.count + 1, sizeof *rows);
    bench_require(rows != NULL, "no memory");
    open_all(&all, folder);
    for (unsigned at = 0; at < choice->repetitions; at++) {
        measure_once(&all, rows, at);
    }
    failures = close_all(&all);
    if (failures > 0) {
        bench_ok(xipc_sweep(XIPC_SCOPE_USER, NULL)); /* they were killed */
    }
    bench_folder_remove(folder);
    bench_release_interrupts();
    for (unsigned at = 0; at < all.count; at++) {
        describe(&all, at, &rows[at]);
    }
    form_ratios(&all, rows);
    *table_out = (result_table){
        title_of(measure, place, size), measure, place, size, rows, all.count};
    free_all(&all);
    if (table_out->row_count > 0) {
        result_print_table(stdout, table_out);
    }
    return failures;
}

void road_table_free(result_table *table)
{
    for (size_t at = 0; at < table->row_count; at++) {
        free((char *)table->rows[at].name);
        free((char *)table->rows[at].missing);
    }
    free((char *)table->title);
    free((result_row *)table->rows);
}

void road_list(void)
{
    const road_kind *kind;

    for (unsigned index = 0; (kind = road_kind_at(index)) != NULL; index++) {
        const char *missing = kind->is_missing ? kind->is_missing(8) : NULL;

        printf(
            "%-28s %-6s %-7s %s%s\n", kind->name, group_name(kind->group),
            (kind->flags & ROAD_SPINS) != 0 ? "spins" : "sleeps",
            missing ? "missing: " : "", missing ? missing : "");
    }
}

void road_print_absent(void)
{
    const char *before = "Not in this build: ";
    const road_kind *kind;

    for (unsigned index = 0; (kind = road_kind_at(index)) != NULL; index++) {
        if (is_absent(kind)) {
            printf("%s%s", before, kind->name);
            before = "; ";
        }
    }
    printf("%s", before[0] == ';' ? ".\n" : "");
}
