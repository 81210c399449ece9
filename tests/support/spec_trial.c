/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* How long a case may take to notice that a process of it failed. */
    NOTICE_MS = 1000,
    AUDIT_MS = 10000,
    OUTPUT_MAX = 16 * 1024
};

static void make_folder(const char *parent, const char *name)
{
    char path[SPEC_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", parent, name);
    spec_file_make_directory(path);
}

static spec_child *
start_child(const spec_trial *trial, const char *role, const char *name)
{
    const char *arguments[] = {role, name, trial->folder, NULL};
    char output[SPEC_PATH_SIZE + 16];

    if (!name) {
        arguments[1] = trial->folder;
        arguments[2] = NULL;
    }
    (void)snprintf(output, sizeof output, "%s/output", trial->folder);
    return spec_child_start(arguments, output);
}

spec_trial *spec_trial_start(
    const spec_entry *entry,
    const spec_options *options,
    const char *parent,
    unsigned number)
{
    spec_trial *trial = calloc(1, sizeof *trial);

    if (!trial) {
        spec_die("no memory");
    }
    trial->entry = entry;
    trial->options = options;
    (void)snprintf(
        trial->folder, sizeof trial->folder, "%s/%u", parent, number);
    spec_file_make_directory(trial->folder);
    make_folder(trial->folder, "work");
    make_folder(trial->folder, "run");
    trial->record = spec_record_map(trial->folder, 1);
    trial->started_ns = spec_now_ns();
    trial->child = start_child(trial, "--case", entry->name);
    return trial;
}

int spec_trial_over(spec_trial *trial)
{
    int64_t now = spec_now_ns();

    if (spec_child_ended(trial->child, &trial->ending)) {
        return 1;
    }
    if (now - trial->started_ns > trial->options->timeout_ns) {
        trial->stop = SPEC_STOP_HUNG;
        return 1;
    }
    if (atomic_load(&trial->record->verdict) >= SPEC_SKIPPED &&
        trial->failed_ns == 0) {
        trial->failed_ns = now;
    }
    if (trial->failed_ns != 0 &&
        now - trial->failed_ns > NOTICE_MS * INT64_C(1000000)) {
        trial->stop = SPEC_STOP_WAITED;
        return 1;
    }
    return 0;
}

/* Lists and removes what a case left that could not do so itself. */
static void audit(const spec_trial *trial)
{
    spec_child *child = start_child(trial, "--audit", NULL);
    int64_t start = spec_now_ns();
    spec_ending ending;

    while (!spec_child_ended(child, &ending) &&
           spec_now_ns() - start < AUDIT_MS * INT64_C(1000000)) {
        spec_children_wait(&child, 1, 50);
    }
    spec_child_free(child);
}

static int says(const spec_record *record, spec_tag tag)
{
    char tags[2] = {(char)tag, '\0'};
    spec_text text = {NULL, 0};
    int any;

    spec_record_tell(record, tags, &text);
    any = text.size > 0;
    spec_text_free(&text);
    return any;
}

static void add_prefixed(spec_text *text, const char *prefix, const char *lines)
{
    const char *line;
    size_t size;

    while ((line = spec_text_line(&lines, &size)) != NULL) {
        spec_text_add(text, "%s", prefix);
        spec_text_add_bytes(text, line, size);
        spec_text_add_bytes(text, "\n", 1);
    }
}

static void add_said(
    const spec_record *record,
    spec_tag tag,
    const char *prefix,
    spec_text *diagnostics)
{
    char tags[2] = {(char)tag, '\0'};
    spec_text text = {NULL, 0};

    spec_record_tell(record, tags, &text);
    add_prefixed(diagnostics, prefix, spec_text_of(&text));
    spec_text_free(&text);
}

/* Says how the case's process ended, if that alone makes it a failure. */
static int judge_ending(const spec_trial *trial, spec_text *diagnostics)
{
    int32_t verdict = atomic_load(&trial->record->verdict);
    char how[80];

    if (trial->stop == SPEC_STOP_HUNG) {
        spec_text_add(
            diagnostics, "did not end within %g s; stopped\n",
            (double)trial->options->timeout_ns / 1e9);
        return 1;
    }
    if (trial->stop == SPEC_STOP_WAITED) {
        spec_text_add(
            diagnostics,
            "went on for a second after one of its processes had %s; "
            "stopped\n",
            verdict == SPEC_SKIPPED ? "skipped it" : "failed");
        return verdict == SPEC_FAILED;
    }
    spec_ending_text(trial->ending, how, sizeof how);
    if (verdict == SPEC_RUNNING || trial->ending.is_crash) {
        spec_text_add(
            diagnostics, "%s with %s before its end\n",
            trial->ending.is_crash ? "crashed" : "ended", how);
        return 1;
    }
    if (verdict == SPEC_PASSED && trial->ending.code != 0) {
        spec_text_add(diagnostics, "ended with %s after it had passed\n", how);
        return 1;
    }
    return 0;
}

typedef struct file_search {
    spec_text *diagnostics;
    size_t folder_size;
    size_t count;
} file_search;

/* The library's own, which stays: who may have left something (see the POSIX
 * backend). It is no object's. */
static int is_the_roll(const char *path)
{
    static const char end[] = "/roll";
    size_t size = strlen(path);

    return size >= sizeof end - 1 &&
           strcmp(path + size - (sizeof end - 1), end) == 0;
}

static void found_file(const char *path, void *context)
{
    file_search *search = context;

    if (is_the_roll(path)) {
        return;
    }

    spec_text_add(
        search->diagnostics, "left behind: file %s\n",
        path + search->folder_size + 1);
    search->count++;
}

static int judge_files(const spec_trial *trial, spec_text *diagnostics)
{
    file_search search = {diagnostics, strlen(trial->folder), 0};
    char path[SPEC_PATH_SIZE + 16];

    (void)snprintf(path, sizeof path, "%s/work", trial->folder);
    spec_file_each(path, found_file, &search);
    (void)snprintf(path, sizeof path, "%s/run", trial->folder);
    spec_file_each(path, found_file, &search);
    return search.count > 0;
}

static void add_path_line(const char *path, void *context)
{
    spec_text_add(context, "%s\n", path);
}

void spec_add_shared_files(spec_text *lines)
{
    spec_file_each_shared(add_path_line, lines);
}

/* The library's list of processes is there for good. */
static int is_roll(const char *path, size_t size)
{
    static const char roll[] = "/roll";
    size_t roll_size = sizeof roll - 1;

    return size > roll_size &&
           memcmp(path + size - roll_size, roll, roll_size) == 0;
}

static int judge_shared_files(const char *before, spec_text *diagnostics)
{
    spec_text after = {NULL, 0};
    const char *rest;
    const char *line;
    size_t size;
    int any = 0;

    spec_add_shared_files(&after);
    rest = spec_text_of(&after);
    while ((line = spec_text_line(&rest, &size)) != NULL) {
        if (!spec_text_has_line(before, line, size) && !is_roll(line, size)) {
            spec_text_add(
                diagnostics, "left behind: file %.*s\n", (int)size, line);
            any = 1;
        }
    }
    spec_text_free(&after);
    return any;
}

static void make_text(char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        if (bytes[index] == '\0' || bytes[index] == '\r') {
            bytes[index] = ' ';
        }
    }
}

static void add_output(const spec_trial *trial, spec_text *diagnostics)
{
    char path[SPEC_PATH_SIZE + 16];
    char *bytes = calloc(1, OUTPUT_MAX + 1);
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/output", trial->folder);
    file = fopen(path, "rb");
    if (file && bytes) {
        make_text(bytes, fread(bytes, 1, OUTPUT_MAX, file));
        add_prefixed(diagnostics, "output: ", bytes);
    }
    if (file) {
        (void)fclose(file);
    }
    free(bytes);
}

const spec_deviation *spec_deviation_of(const char *sentence)
{
    for (const spec_deviation *at = spec_deviations; at->host; at++) {
        if (strcmp(at->sentence, sentence) == 0 &&
            strncmp(at->host, spec_host(), strlen(at->host)) == 0) {
            return at;
        }
    }
    return NULL;
}

static void apply_deviation(spec_result *result)
{
    const spec_deviation *deviation = spec_deviation_of(result->entry->name);

    if (!deviation) {
        return;
    }
    if (result->outcome == SPEC_OUTCOME_FAILED) {
        result->outcome = SPEC_OUTCOME_DEVIATED;
        spec_text_add(&result->reason, "%s", deviation->reason);
    } else if (result->outcome == SPEC_OUTCOME_PASSED) {
        result->outcome = SPEC_OUTCOME_FAILED;
        spec_text_add(
            &result->diagnostics,
            "passed, but is in the table of deviations (%s: %s): the host has "
            "been mended: remove it from the table\n",
            deviation->host, deviation->reason);
    }
}

/* Everything but what its processes left in the record themselves. */
static int judge(spec_trial *trial, const char *shared, spec_result *result)
{
    spec_text *diagnostics = &result->diagnostics;
    int is_failed = judge_ending(trial, diagnostics);
    int is_settled = is_failed || trial->stop != SPEC_STOP_NONE ||
                     says(trial->record, SPEC_TAG_FAILURE);

    if (!is_settled && spec_child_left_any(trial->child)) {
        spec_text_add(diagnostics, "left behind: a process\n");
        is_settled = is_failed = 1;
    }
    if (is_failed || (atomic_load(&trial->record->verdict) == SPEC_FAILED &&
                      spec_record_process_count(trial->record) > 1)) {
        spec_record_tell_places(trial->record, diagnostics);
    }
    spec_child_free(trial->child);
    if (!atomic_load(&trial->record->is_audited) ||
        says(trial->record, SPEC_TAG_LEFT)) {
        audit(trial);
    }
    if (!is_settled) {
        is_failed |= judge_files(trial, diagnostics);
        is_failed |= shared && judge_shared_files(shared, diagnostics);
    }
    return is_failed;
}

spec_result spec_trial_finish(spec_trial *trial, const char *shared)
{
    spec_result result = {.entry = trial->entry};
    spec_result judged = {.entry = trial->entry};
    int is_failed;

    result.ns = spec_now_ns() - trial->started_ns;
    is_failed = judge(trial, shared, &judged);
    add_said(trial->record, SPEC_TAG_FAILURE, "", &result.diagnostics);
    add_prefixed(&result.diagnostics, "", spec_text_of(&judged.diagnostics));
    add_said(
        trial->record, SPEC_TAG_LEFT, "left behind: ", &result.diagnostics);
    add_said(trial->record, SPEC_TAG_NOTE, "", &result.diagnostics);
    add_output(trial, &result.diagnostics);
    spec_text_free(&judged.diagnostics);

    is_failed |= atomic_load(&trial->record->verdict) == SPEC_FAILED;
    if (is_failed) {
        result.outcome = SPEC_OUTCOME_FAILED;
    } else if (atomic_load(&trial->record->verdict) == SPEC_SKIPPED) {
        result.outcome = SPEC_OUTCOME_SKIPPED;
        spec_record_tell(trial->record, "S", &result.reason);
        if (result.reason.size > 0) {
            result.reason.bytes[strcspn(result.reason.bytes, "\n")] = '\0';
        }
    }
    apply_deviation(&result);

    spec_record_unmap(trial->record);
    spec_file_remove_tree(trial->folder);
    free(trial);
    return result;
}
