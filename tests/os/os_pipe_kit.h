/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the seam's specs of pipes say over and over. Every function here fails
 * the case if it cannot do what it says.
 */
#ifndef OS_PIPE_KIT_H
#define OS_PIPE_KIT_H

#include "os/os_pipe.h"
#include "support/spec.h"

enum {
    LONGEST = 1000,        /* of messages */
    MUCH = 3 * 1024 * 1024 /* more than any pipe keeps */
};

extern const xipcos_patience now;
extern const xipcos_patience forever;
extern const xipcos_pipe_plan bytes;
extern const xipcos_pipe_plan messages;

/* ---- two ends ---- */

typedef struct two {
    xipcos_pipe *first; /* of a listener: the server's */
    xipcos_pipe *second;
} two;

two made_together(const xipcos_pipe_plan *plan, int is_duplex);
void closed(two ends);

/* ---- a listener with a companion ---- */

typedef struct place {
    const xipcos_pipe_plan *plan;
    xipcos_section *companion;
    xipcos_listener *listener;
    xipcos_pipe_place at;
} place;

place place_made(const xipcos_pipe_plan *plan);
void place_ended(place *made);

/* A connect for a thread of its own. */
typedef struct caller {
    xipcos_pipe_place at;
    const xipcos_pipe_plan *plan;
    xipcos_patience patience;
    xipc_status status;
    xipcos_pipe *pipe;
} caller;

void call_in(void *context);

two two_connected(place *made);

/* ---- what they carry; nothing here waits ---- */

xipc_status put(xipcos_pipe *pipe, const char *text);
/* `text` has room for a byte more. */
xipc_status get(xipcos_pipe *pipe, char *text, size_t capacity);
/* What a read says that gets nothing. */
xipc_status end_of(xipcos_pipe *pipe);

void require_next(xipcos_pipe *pipe, const char *wanted);
/* Several messages, empty ones too. */
void require_messages(xipcos_pipe *from, xipcos_pipe *to);

/* MUCH bytes that are not all alike; to be freed. */
unsigned char *numbered(void);
/* Writes until there is no room; returns how much the other side can get. */
size_t fill(xipcos_pipe *pipe, const unsigned char *data, size_t size);
/* Exactly so much is there, read in such steps, and nothing after it. */
void require_exactly(
    xipcos_pipe *pipe, const unsigned char *data, size_t size, size_t step);

#endif
