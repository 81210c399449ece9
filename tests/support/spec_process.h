/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process of the suite: a case, a peer of it, or the audit after it. The
 * command line says which:
 *
 *     --case NAME FOLDER
 *     --peer NAME INDEX FOLDER INPUT OUTPUT INHERITED ARGUMENTS...
 *     --audit FOLDER
 *
 * FOLDER is the case's own, made by the runner:
 *
 *     record   see spec_record.h
 *     output   what the case and its peers print
 *     work     spec_directory()
 *     run      XIPC_RUNTIME_DIR
 */
#ifndef SPEC_PROCESS_H
#define SPEC_PROCESS_H

#include "support/spec.h"
#include "support/spec_record.h"
#include "support/spec_system.h"

enum { SPEC_EXIT_PASSED = 0, SPEC_EXIT_FAILED = 1, SPEC_EXIT_SKIPPED = 77 };

typedef struct spec_process {
    const spec_entry *entry; /* NULL in the runner */
    spec_record *record;
    spec_slot *slot;
    char folder[SPEC_PATH_SIZE];
    char directory[SPEC_PATH_SIZE];
    const char *const *arguments; /* a peer's; end with NULL */
    intptr_t inherited;
    spec_link parent;
    const char *second_run_reason; /* NULL in the first run of the body */
    const char *within;            /* see spec_within(); NULL: nothing */
} spec_process;

extern spec_process spec_self;

/* What main() does first: start-up code runs in no fixed order. */
void spec_entries_sort(void);

/* All entries, by file and line, so that every run of the program and every
 * process of a run has them in one order. NULL behind the last. */
const spec_entry *spec_entry_at(size_t index);
size_t spec_entry_index(const spec_entry *entry);

/* The case of that name, or NULL. */
const spec_entry *spec_case_named(const char *name);

/* Fails at the place where this process was last seen. */
_Noreturn void spec_fail_here(const char *format, ...) SPEC_FORMAT(1, 2);

/* Says that something was left behind, which fails the case. */
void spec_left(const char *format, ...) SPEC_FORMAT(1, 2);

/* What main() does in such a process; the results are exit codes. */
int spec_run_case(const char *name, const char *folder);
int spec_run_peer(int argument_count, const char *const *arguments);
int spec_run_audit(const char *folder);

/* --- spec_peer.c --- */

/* Says which peers were neither joined nor killed. */
void spec_peers_check(void);

/* --- spec_audit.c --- */

typedef struct spec_handles spec_handles;

spec_handles *spec_handles_take(void);
void spec_handles_free(spec_handles *handles);

/* Adds a line for each handle that is in `after` only, and for each that is
 * gone. Returns how many. */
size_t spec_handles_compare(
    const spec_handles *before, const spec_handles *after, spec_text *text);

/* Says which names this case left, and removes those that would stay. */
void spec_audit_names(void);

#endif
