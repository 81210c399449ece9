/* SPDX-License-Identifier: Apache-2.0 */
/* Which cases run, in which order, and how many at a time. */
#include "support/spec_runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_process.h"
#include "support/spec_trial.h"

/* The runner's own directory, as long as it is there. */
static char temporary[SPEC_PATH_SIZE];

static void remove_temporary(void)
{
    if (temporary[0] != '\0') {
        spec_file_remove_tree(temporary);
        temporary[0] = '\0';
    }
}

int spec_runner_list(const spec_options *options)
{
    const spec_entry *entry;
    size_t count = 0;

    for (size_t index = 0; (entry = spec_entry_at(index)) != NULL; index++) {
        spec_text sentence = {NULL, 0};

        if (spec_options_select(options, entry)) {
            spec_text_add_sentence(&sentence, entry->name);
            printf("%s  %s\n", entry->clauses, spec_text_of(&sentence));
            spec_text_free(&sentence);
            count++;
        }
    }
    if (count == 0) {
        (void)fprintf(stderr, "%s: no case matches\n", options->program);
        return SPEC_RUN_IMPOSSIBLE;
    }
    return SPEC_RUN_PASSED;
}

/* 0 if every case can be called by its name, and so can each deviation's. */
static int check_names(const spec_options *options)
{
    const spec_entry *entry;

    for (size_t index = 0; (entry = spec_entry_at(index)) != NULL; index++) {
        if (entry->clauses && spec_case_named(entry->name) != entry) {
            (void)fprintf(
                stderr, "%s: two cases are called %s\n", options->program,
                entry->name);
            return -1;
        }
    }
    for (const spec_deviation *at = spec_deviations; at->host; at++) {
        if (!spec_case_named(at->sentence)) {
            (void)fprintf(
                stderr, "%s: no case for the deviation %s\n", options->program,
                at->sentence);
            return -1;
        }
    }
    return 0;
}

/* One place in the order of the starts. */
typedef struct planned {
    const spec_entry *entry;
} planned;

/* SplitMix64: one addition and a mix, and every seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static void shuffle(planned *cases, size_t count, uint64_t *state)
{
    for (size_t index = count; index > 1; index--) {
        size_t other = (size_t)(next_random(state) % index);
        planned moved = cases[index - 1];

        cases[index - 1] = cases[other];
        cases[other] = moved;
    }
}

/* Adds the cases that run, unless `cases` is NULL; returns their number. */
static size_t select_cases(const spec_options *options, planned *cases)
{
    const spec_entry *at;
    size_t count = 0;

    for (size_t index = 0; (at = spec_entry_at(index)) != NULL; index++) {
        if (!spec_options_select(options, at)) {
            continue;
        }
        if (cases) {
            cases[count].entry = at;
        }
        count++;
    }
    return count;
}

static planned *plan(spec_options *options, size_t *count_out)
{
    size_t count = select_cases(options, NULL);
    planned *cases = calloc(count * options->repeat + 1, sizeof *cases);
    uint64_t state;

    if (!cases) {
        spec_die("no memory");
    }
    if (options->is_shuffled && !options->has_seed) {
        options->seed = (uint64_t)spec_now_ns() % 1000000000;
    }
    state = options->seed;
    for (unsigned round = 0; round < options->repeat; round++) {
        (void)select_cases(options, cases + count * round);
        if (options->is_shuffled) {
            shuffle(cases + count * round, count, &state);
        }
    }
    *count_out = count * options->repeat;
    return cases;
}

/* The trials under way. */
typedef struct running {
    spec_trial *trials[SPEC_JOBS_MAX];
    size_t count;
    unsigned started_count;
    spec_text shared; /* see --alone */
} running;

static void
start_more(running *now, const spec_report *report, const planned *cases)
{
    const spec_options *options = report->options;

    while (now->count < options->jobs &&
           now->started_count < report->planned_count) {
        unsigned number = now->started_count++;

        now->trials[now->count++] =
            spec_trial_start(cases[number].entry, options, temporary, number);
    }
}

static void take_finished(running *now, spec_report *report)
{
    const char *shared =
        report->options->is_alone ? spec_text_of(&now->shared) : NULL;
    size_t index = 0;

    while (index < now->count) {
        spec_trial *trial = now->trials[index];

        if (!spec_trial_over(trial)) {
            index++;
            continue;
        }
        now->trials[index] = now->trials[--now->count];
        report->results[report->count++] = spec_trial_finish(trial, shared);
        spec_report_newest(report);
    }
}

static void wait_for_one(const running *now)
{
    spec_child *children[SPEC_JOBS_MAX];

    for (size_t index = 0; index < now->count; index++) {
        children[index] = now->trials[index]->child;
    }
    spec_children_wait(children, now->count, 50);
}

static void run_all(spec_report *report, const planned *cases)
{
    running now = {.count = 0};

    if (report->options->is_alone) {
        spec_add_shared_files(&now.shared);
    }
    while (report->count < report->planned_count &&
           !spec_children_interrupted()) {
        start_more(&now, report, cases);
        wait_for_one(&now);
        take_finished(&now, report);
    }
    while (now.count > 0) {
        spec_trial *trial = now.trials[--now.count];
        spec_result unasked;

        trial->stop = SPEC_STOP_UNASKED;
        unasked = spec_trial_finish(trial, NULL);
        spec_text_free(&unasked.diagnostics);
        spec_text_free(&unasked.reason);
    }
    spec_text_free(&now.shared);
}

static int exit_status(const spec_report *report)
{
    size_t skipped = spec_report_tally(report, SPEC_OUTCOME_SKIPPED);

    if (spec_report_tally(report, SPEC_OUTCOME_FAILED) > 0) {
        return SPEC_RUN_FAILED;
    }
    return skipped == report->count ? SPEC_RUN_SKIPPED : SPEC_RUN_PASSED;
}

static void free_results(spec_report *report)
{
    for (size_t index = 0; index < report->count; index++) {
        spec_text_free(&report->results[index].diagnostics);
        spec_text_free(&report->results[index].reason);
    }
    free(report->results);
}

static int run_planned(spec_report *report, const planned *cases)
{
    int64_t start = spec_now_ns();
    int status = SPEC_RUN_INTERRUPTED;

    spec_children_begin();
    if (atexit(remove_temporary) != 0) {
        spec_die("no memory");
    }
    spec_file_make_temporary(temporary, sizeof temporary);
    spec_report_begin(report);
    run_all(report, cases);
    report->ns = spec_now_ns() - start;
    if (spec_children_interrupted()) {
        printf("Bail out! interrupted\n");
    } else {
        spec_report_end(report);
        status = exit_status(report);
    }
    spec_children_end();
    remove_temporary();
    return status;
}

int spec_runner_run(spec_options *options)
{
    spec_report report = {.options = options};
    planned *cases;
    int status;

    if (check_names(options) != 0) {
        return SPEC_RUN_IMPOSSIBLE;
    }
    cases = plan(options, &report.planned_count);
    if (report.planned_count == 0) {
        (void)fprintf(stderr, "%s: no case matches\n", options->program);
        free(cases);
        return SPEC_RUN_IMPOSSIBLE;
    }
    report.results = calloc(report.planned_count, sizeof *report.results);
    report.started = time(NULL);
    if (!report.results) {
        spec_die("no memory");
    }
    status = run_planned(&report, cases);
    free_results(&report);
    free(cases);
    return status;
}
