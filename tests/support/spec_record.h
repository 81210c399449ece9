/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of one case leave for the runner.
 *
 * The runner makes the file; the case's process and every peer map it, and
 * close it again, so that it costs them no handle. It outlives a kill. Many
 * processes write at once: each owns one slot, text is claimed piece by piece
 * with one addition, and the rest are single atomic words. The runner reads
 * while they write, so it takes nothing in here for granted: texts are cut at
 * the end of their field.
 */
#ifndef SPEC_RECORD_H
#define SPEC_RECORD_H

#include <stdatomic.h>
#include <stdint.h>

#include "support/spec_text.h"

enum { SPEC_SLOT_COUNT = 64, SPEC_RECORD_TEXT = 48 * 1024 };

typedef enum spec_verdict {
    SPEC_RUNNING = 0,
    SPEC_PASSED = 1,
    SPEC_SKIPPED = 2,
    SPEC_FAILED = 3
} spec_verdict;

/* What a line in the record says; its first byte. */
typedef enum spec_tag {
    SPEC_TAG_FAILURE = 'F',
    SPEC_TAG_NOTE = 'N',
    SPEC_TAG_SKIP = 'S',
    SPEC_TAG_LEFT = 'L'
} spec_tag;

/* Where one process stands. Written by that process alone. */
typedef struct spec_slot {
    _Atomic int32_t process; /* 0 while the slot is free */
    _Atomic int32_t line;    /* 0 before the first REQUIRE */
    char file[72];
    char role[180];
} spec_slot;

typedef struct spec_record {
    _Atomic int32_t verdict;    /* only ever rises */
    _Atomic int32_t is_audited; /* the names were looked at after the body */
    _Atomic int32_t may_leave_stale;
    _Atomic uint32_t text_size; /* claimed; may be above the capacity */
    spec_slot slots[SPEC_SLOT_COUNT];
    char text[SPEC_RECORD_TEXT];
} spec_record;

/* Maps `folder`/record, for the runner a new one. */
spec_record *spec_record_map(const char *folder, int is_new);
void spec_record_unmap(spec_record *record);

/* A slot for this process; one that nobody reads if none is free. */
spec_slot *
spec_record_claim(spec_record *record, int32_t process, const char *role);

/* Frees the slot of a process that ended in good order. */
void spec_record_release(spec_record *record, int64_t process);

void spec_record_conclude(spec_record *record, spec_verdict verdict);

/* Adds one line; what would be the end of it becomes a space. */
void spec_record_say(spec_record *record, spec_tag tag, const char *line);

/* Adds the lines of the tags in `tags`, as they were said. */
void spec_record_tell(
    const spec_record *record, const char *tags, spec_text *text);

/* "at os_spec.c:12", or that it passed no REQUIRE yet. */
void spec_slot_place(const spec_slot *slot, spec_text *text);

/* Those that have not ended in good order. */
size_t spec_record_process_count(const spec_record *record);

/* One line for each process that has not ended in good order. */
void spec_record_tell_places(const spec_record *record, spec_text *text);

#endif
