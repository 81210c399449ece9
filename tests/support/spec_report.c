/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_report.h"

#include <stdio.h>

size_t spec_report_tally(const spec_report *report, spec_outcome outcome)
{
    size_t count = 0;

    for (size_t index = 0; index < report->count; index++) {
        count += report->results[index].outcome == outcome;
    }
    return count;
}

size_t spec_report_passed(const spec_report *report)
{
    return spec_report_tally(report, SPEC_OUTCOME_PASSED) +
           spec_report_tally(report, SPEC_OUTCOME_DEVIATED);
}

void spec_report_begin(const spec_report *report)
{
    const spec_options *options = report->options;

    printf("TAP version 13\n1..%zu\n", report->planned_count);
    printf(
        "# %s, library %s, host %s\n", options->program, xipc_version(),
        spec_host());
    if (options->is_shuffled) {
        printf("# seed %llu\n", (unsigned long long)options->seed);
    }
    (void)fflush(stdout);
}

static void print_comment(const char *lines)
{
    const char *line;
    size_t size;

    while ((line = spec_text_line(&lines, &size)) != NULL) {
        printf("#   %.*s\n", (int)size, line);
    }
}

void spec_report_newest(const spec_report *report)
{
    const spec_result *result = &report->results[report->count - 1];
    spec_text sentence = {NULL, 0};

    spec_text_add_sentence(&sentence, result->entry->name);
    printf(
        "%sok %zu - %s%s%s",
        result->outcome == SPEC_OUTCOME_FAILED ? "not " : "", report->count,
        result->entry->clauses, result->entry->clauses[0] ? " " : "",
        spec_text_of(&sentence));
    if (result->outcome == SPEC_OUTCOME_SKIPPED) {
        printf(" # SKIP %s", spec_text_of(&result->reason));
    } else if (result->outcome == SPEC_OUTCOME_DEVIATED) {
        printf(" # deviation: %s", spec_text_of(&result->reason));
    }
    printf("\n");
    print_comment(spec_text_of(&result->diagnostics));
    (void)fflush(stdout);
    spec_text_free(&sentence);
}

static void write_file(
    const char *path,
    const spec_report *report,
    void (*add)(const spec_report *report, spec_text *text))
{
    spec_text text = {NULL, 0};

    if (!path) {
        return;
    }
    add(report, &text);
    if (spec_text_write(&text, path) < 0) {
        spec_die("cannot write %s", path);
    }
    spec_text_free(&text);
}

void spec_report_end(const spec_report *report)
{
    write_file(report->options->junit, report, spec_report_junit);
    write_file(report->options->json, report, spec_report_json);
    write_file(report->options->page, report, spec_report_page);
    printf(
        "%zu passed, %zu failed, %zu skipped\n", spec_report_passed(report),
        spec_report_tally(report, SPEC_OUTCOME_FAILED),
        spec_report_tally(report, SPEC_OUTCOME_SKIPPED));
    (void)fflush(stdout);
}
