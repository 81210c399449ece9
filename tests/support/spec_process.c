/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_process.h"

#include <stdio.h>
#include <stdlib.h>

/* A forked process has no place of its own to be seen at; and may well end
 * without closing what it opened. */
static void on_fork(void)
{
    static spec_slot unseen;

    spec_self.slot = &unseen;
    atomic_store(&spec_self.record->may_leave_stale, 1);
}

static void begin(const spec_entry *entry, const char *folder)
{
    char path[SPEC_PATH_SIZE];

    spec_self.entry = entry;
    (void)snprintf(spec_self.folder, sizeof spec_self.folder, "%s", folder);
    (void)snprintf(
        spec_self.directory, sizeof spec_self.directory, "%s/work", folder);
    (void)snprintf(path, sizeof path, "%s/run", folder);
    spec_host_set_environment("XIPC_RUNTIME_DIR", path);
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    spec_self.record = spec_record_map(folder, 0);
}

static void take_place(const char *role)
{
    spec_self.slot =
        spec_record_claim(spec_self.record, spec_host_process(), role);
    spec_host_on_fork(on_fork);
}

static void do_nothing(void *context)
{
    (void)context;
}

/* What the library and the host open once and keep is no leak of the case's.
 */
static void warm_up(void)
{
    xipc_section *section = NULL;

    spec_thread_join(spec_thread_start(do_nothing, NULL));
    if (xipc_section_create_anonymous(1, NULL, &section) == XIPC_OK) {
        xipc_section_close(section);
    }
    if (xipc_section_create("warm-up", 1, NULL, XIPC_NOW, &section) ==
        XIPC_OK) {
        xipc_section_close(section);
    }
    atomic_store(&spec_self.slot->line, 0);
}

static int has_failed(void)
{
    return atomic_load(&spec_self.record->verdict) == SPEC_FAILED;
}

#define RUNS_AGAIN 3

/* A thread that was joined may still be taken apart, and its handles with it:
 * what is left is what does not go within a second. */
static size_t compare_with_now(const spec_handles *before, spec_text *text)
{
    const int64_t end = spec_now_ns() + INT64_C(1000000000);
    spec_handles *now;
    size_t count;

    do {
        spec_text_free(text);
        now = spec_handles_take();
        count = spec_handles_compare(before, now, text);
        spec_handles_free(now);
    } while (count > 0 && spec_now_ns() < end);
    return count;
}

/* Runs it once more. How many handles that left. */
static size_t run_again(const spec_entry *entry, spec_text *text)
{
    spec_handles *before = spec_handles_take();
    size_t count;

    spec_self.second_run_reason = spec_text_of(text);
    entry->run();
    spec_peers_check();
    spec_self.second_run_reason = NULL;
    count = compare_with_now(before, text);
    spec_handles_free(before);
    return count;
}

/*
 * Says what `entry` left: handles that are not in `before`, and names. Where
 * the host opens handles late, what does not grow when the case is run again
 * was the host's; it may open more than one, each when it first needs it.
 */
static void check_left(const spec_entry *entry, const spec_handles *before)
{
    spec_handles *after = spec_handles_take();
    spec_text text = {NULL, 0};
    const char *rest;
    const char *line;
    size_t count;
    size_t size;

    spec_audit_names();
    count = spec_handles_compare(before, after, &text);
    spec_handles_free(after);
    for (int turn = 0; turn < RUNS_AGAIN && count > 0 &&
                       spec_host_opens_late() && !has_failed();
         turn++) {
        count = run_again(entry, &text);
    }
    rest = spec_text_of(&text);
    while ((line = spec_text_line(&rest, &size)) != NULL) {
        spec_left("%.*s", (int)size, line);
    }
    spec_text_free(&text);
}

static int exit_code(void)
{
    switch (atomic_load(&spec_self.record->verdict)) {
    case SPEC_PASSED: return SPEC_EXIT_PASSED;
    case SPEC_SKIPPED: return SPEC_EXIT_SKIPPED;
    default: return SPEC_EXIT_FAILED;
    }
}

int spec_run_case(const char *name, const char *folder)
{
    const spec_entry *entry = spec_case_named(name);
    spec_handles *before;

    if (!entry) {
        spec_die("no case is called %s", name);
    }
    spec_host_tame(1);
    begin(entry, folder);
    take_place("the case");
    spec_file_enter(spec_self.directory);
    warm_up();

    before = spec_handles_take();
    entry->run();
    spec_peers_check();
    check_left(entry, before);
    spec_handles_free(before);

    spec_record_conclude(spec_self.record, SPEC_PASSED);
    spec_record_release(spec_self.record, spec_host_process());
    return exit_code();
}

int spec_run_peer(int argument_count, const char *const *arguments)
{
    enum { NAME, INDEX, FOLDER, INPUT, OUTPUT, INHERITED, OTHERS };
    const spec_entry *entry;
    spec_handles *before;
    spec_handles *after;
    spec_text text = {NULL, 0};

    entry = argument_count < OTHERS
                ? NULL
                : spec_entry_at((size_t)strtoul(arguments[INDEX], NULL, 10));
    if (!entry || entry->clauses) {
        spec_die("no such peer");
    }
    spec_host_tame(0);
    begin(entry, arguments[FOLDER]);
    take_place(entry->name);
    spec_link_adopt(
        &spec_self.parent, (intptr_t)strtoll(arguments[INPUT], NULL, 10),
        (intptr_t)strtoll(arguments[OUTPUT], NULL, 10));
    spec_self.inherited = (intptr_t)strtoll(arguments[INHERITED], NULL, 10);
    spec_self.arguments = arguments + OTHERS;

    before = spec_handles_take();
    entry->run();
    spec_peers_check();
    after = spec_handles_take();
    if (spec_handles_compare(before, after, &text) > 0) {
        atomic_store(&spec_self.record->may_leave_stale, 1);
    }
    spec_handles_free(before);
    spec_handles_free(after);
    spec_text_free(&text);
    spec_record_release(spec_self.record, spec_host_process());
    return SPEC_EXIT_PASSED;
}

/* After a case that could not look for itself: killed, crashed or failed, so
 * that stale objects are nobody's fault. */
int spec_run_audit(const char *folder)
{
    spec_host_tame(1);
    begin(NULL, folder);
    atomic_store(&spec_self.record->may_leave_stale, 1);
    spec_audit_names();
    return SPEC_EXIT_PASSED;
}
