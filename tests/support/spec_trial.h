/* SPDX-License-Identifier: Apache-2.0 */
/* One run of one case: its folder, its processes, and what came of it. */
#ifndef SPEC_TRIAL_H
#define SPEC_TRIAL_H

#include "support/spec_record.h"
#include "support/spec_report.h"
#include "support/spec_system.h"

typedef enum spec_stop {
    SPEC_STOP_NONE,   /* the case's process ended by itself */
    SPEC_STOP_HUNG,   /* its time was over */
    SPEC_STOP_WAITED, /* one of its processes failed, and it went on */
    SPEC_STOP_UNASKED /* somebody interrupted the runner */
} spec_stop;

typedef struct spec_trial {
    const spec_entry *entry;
    const spec_options *options;
    char folder[SPEC_PATH_SIZE];
    spec_record *record;
    spec_child *child;
    int64_t started_ns;
    int64_t failed_ns; /* when a failure was first seen; 0: not yet */
    spec_stop stop;
    spec_ending ending; /* with SPEC_STOP_NONE */
} spec_trial;

/* Makes a folder in `parent` and starts the case. */
spec_trial *spec_trial_start(
    const spec_entry *entry,
    const spec_options *options,
    const char *parent,
    unsigned number);

/* 1 once it is over: the case ended, or its time did. */
int spec_trial_over(spec_trial *trial);

/* Ends what is left of it, judges, cleans up, and frees the trial. `shared`
 * are the lines of spec_file_each_shared() from before, or NULL. */
spec_result spec_trial_finish(spec_trial *trial, const char *shared);

/* The lines of spec_file_each_shared(). */
void spec_add_shared_files(spec_text *lines);

/* What this host is known for with this case; NULL: nothing. */
const spec_deviation *spec_deviation_of(const char *sentence);

#endif
