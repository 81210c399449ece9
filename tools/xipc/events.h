/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `xipc serve --json` tells: an object a line for each thing that happens.
 * Threads that serve note it, and the one that waits tells it. Without --json
 * nothing is noted.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stddef.h>

#include <xipc/xipc.h>

#include "pieces.h"

/* One request, and the answer. */
typedef struct event_answer {
    uint32_t method;
    int is_one_way;
    size_t received;
    size_t sent;
    xipc_status status; /* XIPC_OK: `result` is that of the call */
    int32_t result;
    int64_t time; /* nanoseconds */
} event_answer;

/* Any thread. The link is as on_link is told of it, or of a request that is not
 * answered yet. 1: there is something to tell now. */
int events_note_link(xipc_link *link, xipc_status what);
int events_note_answer(const xipc_link *link, const event_answer *answer);

/* The thread that waits: what was noted, in order; and what it knows itself. */
void events_tell(void);
void events_tell_address(const char *address);
void events_tell_file(const char *path, const pieces_moved *moved);
void events_tell_end(uint64_t answered, int code);

#endif
