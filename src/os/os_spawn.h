/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: to start a program with exactly the handles it is to have, to
 * learn of its end, and in the child to find what it was given.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments: pointers are not NULL unless a comment allows it, there is an
 * argument, each entry of the environment has a name and a `=`.
 *
 * A call that does not return XIPC_OK or XIPC_E_AGAIN has left a fault
 * (os_fault.h), its outputs alone, and nothing behind.
 */
#ifndef XIPCOS_SPAWN_H
#define XIPCOS_SPAWN_H

#include <stdatomic.h>

#include <xipc/process.h>

typedef struct xipcos_child xipcos_child;

typedef enum xipcos_source {
    XIPCOS_SOURCE_OWN,  /* this process's; the null device if it has none */
    XIPCOS_SOURCE_NULL, /* the null device */
    XIPCOS_SOURCE_NATIVE
} xipcos_source;

typedef struct xipcos_stream {
    xipcos_source source;
    intptr_t native;
} xipcos_stream;

enum { XIPCOS_STREAM_COUNT = 3 }; /* input, output, error */

/* Something for the child to find. `words` are core's, of letters, digits and
 * `.` `_` `-` `:`. */
typedef struct xipcos_gift {
    const char *words;
    intptr_t native;
} xipcos_gift;

typedef struct xipcos_spawn_plan {
    const char *program;
    const char *const *arguments;
    const char *const *environment; /* NULL: this process's own */
    const char *directory;          /* NULL: this process's own */
    xipcos_stream streams[XIPCOS_STREAM_COUNT];
    const xipcos_gift *gifts;
    size_t gift_count;
    int is_searched;       /* in PATH, if it is a name and no path */
    int is_to_die_with_us; /* with this process, not this thread */
} xipcos_spawn_plan;

/* The statuses of xipc_spawn(). */
xipc_status
xipcos_spawn(const xipcos_spawn_plan *plan, xipcos_child **child_out);

/* XIPC_OK: it has ended, now and for ever, and how; XIPC_E_AGAIN: it runs. */
xipc_status xipcos_child_ended(xipcos_child *child, xipc_exit *exit_out);

/*
 * Sleeps until it has ended, for `ns` (> 0) nanoseconds, until
 * `*is_interrupted` is not 0, or for no reason at all. Whoever sets that wakes
 * all who sleep.
 */
void xipcos_child_wait(
    xipcos_child *child, const atomic_int *is_interrupted, int64_t ns);
void xipcos_child_wake(xipcos_child *child);

/* XIPC_OK also if it has ended. */
xipc_status xipcos_child_terminate(xipcos_child *child);

int64_t xipcos_child_id(const xipcos_child *child);

/* A handle that is readable or signalled once it has ended. 0: there is none,
 * and whoever waits looks now and then. */
int xipcos_child_native(const xipcos_child *child, intptr_t *native_out);

/* It goes on, and leaves nothing when it ends. In a forked child it touches
 * nothing that the parent has. */
void xipcos_child_close(xipcos_child *child);

/*
 * Shows what this process was given and still has, each with the `size` bytes
 * of its words. From then on none of it goes to this process's children. Once
 * in a process.
 */
typedef void xipcos_gift_visit(
    const char *words, size_t size, intptr_t native, void *context);
void xipcos_gifts_visit(xipcos_gift_visit *visit, void *context);

/* A handle that a visit showed, and nobody else has. */
void xipcos_gift_close(intptr_t native);

#endif
