/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of single calls: each does one thing through the library and the same
 * thing with the raw system calls it needs, in turn, in one run. What counts
 * is the ratio of the two, formed within each repetition; absolute figures
 * belong to the machine. Rows of messages between processes: road.h.
 */
#ifndef XIPC_BENCH_H
#define XIPC_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <xipc/base.h>

/* Does the thing `count` times. */
typedef void bench_body(unsigned count);

typedef struct bench_row {
    const char *name;     /* "open, map, close" */
    const char *raw_name; /* the raw calls, in words */
    bench_body *ours;
    bench_body *raw;
    void (*begin)(void); /* NULL, or makes what both need */
    void (*end)(void);
} bench_row;

/* Each ends with a row whose name is NULL. */
extern const bench_row bench_section_rows[];
extern const bench_row bench_sync_rows[];
extern const bench_row bench_mailbox_rows[];
extern const bench_row bench_pipe_rows[];
extern const bench_row bench_poller_rows[];
extern const bench_row bench_spawn_rows[];

/* Bytes of the sections that the rows use. */
#define BENCH_SECTION_SIZE ((uint64_t)1 << 20)

/*
 * The raw calls of the running system. `open` rows work on what
 * bench_raw_begin() made: the same kind of object as the library's, made with
 * the same calls, without the library.
 */
void bench_raw_begin(void);
void bench_raw_end(void);
bench_body bench_raw_map;
bench_body bench_raw_open;
bench_body bench_raw_open_map;
bench_body bench_raw_create;

/*
 * Synchronisation. The rows stand with the raw calls of the running system,
 * since those say what there is to compare with; the library's side, and the
 * second process, are in bench_sync.c.
 */
void bench_sync_begin(void);
void bench_sync_begin_two(void);    /* and starts the second process, */
void bench_sync_begin_pinned(void); /* ... both on one processor, */
void bench_sync_begin_apart(void);  /* ... or each on one of its own */
void bench_sync_end(void);
bench_body bench_sync_mutex;
bench_body bench_sync_semaphore;
bench_body bench_sync_event;
bench_body bench_sync_condition;
bench_body bench_sync_contended;
bench_body bench_sync_turns;

/*
 * What two processes do together: `count` rounds the one, and the other
 * (`is_second`) as many, or until bench_sync_is_over(). Both look it up in
 * bench_sync_duets, which ends with NULL.
 */
typedef void bench_duet(unsigned count, int is_second);

extern bench_duet *const bench_sync_duets[];
bench_duet bench_sync_contend;
bench_duet bench_sync_take_turns;

/* In the first process; returns when both are done. */
void bench_sync_together(bench_duet *duet, unsigned count);
int bench_sync_is_over(void);

/* The whole life of the second process, which was started with `name`. */
void bench_sync_second(const char *name);

/* Bytes of shared memory for the raw calls; `name` is this run's own. Whatever
 * else the second process needs it inherits or opens. */
#define BENCH_RAW_SYNC_SIZE 4096
void bench_raw_sync_begin(void *memory, const char *name, int is_second);
void bench_raw_sync_end(void);

/* The second process is this program with BENCH_SECOND and a name. */
#define BENCH_SECOND "--second"
extern const char *bench_program; /* what this one was started as */

/*
 * Mailboxes. Here too the rows stand with the raw calls.
 */
#define BENCH_MAILBOX_MESSAGE_SIZE 64
#define BENCH_MAILBOX_CAPACITY     10 /* a POSIX message queue has no more */
void bench_mailbox_begin(void);
void bench_queue_begin(void);
void bench_mailbox_end(void);
bench_body bench_mailbox_copy;
bench_body bench_mailbox_in_place;
bench_body bench_mailbox_open;
bench_body bench_mailbox_create;
bench_body bench_queue_create;
void bench_raw_mailbox_begin(void);
void bench_raw_mailbox_end(void);

/*
 * Many native handles, and the system's own way to wait for them; as many as
 * asked for, or as the system allows, which is returned. From one to the next
 * is far, so that no cache line is met twice soon.
 */
#define BENCH_POLLER_STRIDE 7919
unsigned bench_raw_poller_begin(unsigned count);
void bench_raw_poller_end(void);
intptr_t bench_raw_poller_handle(unsigned at);
void bench_raw_poller_set(unsigned at);
void bench_raw_poller_take(unsigned at);
extern const char bench_raw_poller_name[];
bench_body bench_raw_poller;

/*
 * Pipes. The rows stand with the raw calls.
 */
#define BENCH_PIPE_SIZE 8
void bench_pipe_begin(void);
void bench_pipe_end(void);
bench_body bench_pipe;
void bench_raw_pipe_begin(void);
void bench_raw_pipe_end(void);

/*
 * Processes. A program that does nothing, and its arguments: argv[0] is its
 * path. On some systems it is this one with BENCH_NOTHING.
 */
#define BENCH_NOTHING "--nothing"
extern const char bench_raw_spawn_name[];
const char *const *bench_raw_spawn_words(void);
bench_body bench_raw_spawn;

/* Rows whose name has one of these texts; all if there is none. */
#define BENCH_FILTER_MAX 16
typedef struct bench_filter {
    const char *texts[BENCH_FILTER_MAX];
    unsigned count;
} bench_filter;
int bench_lets_through(const bench_filter *filter, const char *name);

#if defined(__cplusplus)
#define BENCH_NORETURN [[noreturn]]
#else
#define BENCH_NORETURN _Noreturn
#endif

/*
 * Ends the program with what failed; a benchmark has nothing to rescue. That is
 * said where bench_fail_into() has asked for it, or else on stderr.
 */
BENCH_NORETURN void bench_fail(const char *what);
void bench_fail_into(char *text, size_t size);

static inline void bench_require(int condition, const char *what)
{
    if (!condition) {
        bench_fail(what);
    }
}

/* Costs nothing worth speaking of, beside calls that take so little. */
static inline void bench_ok(xipc_status status)
{
    if (status != XIPC_OK) {
        const char *detail = xipc_detail();

        bench_fail(detail[0] ? detail : xipc_status_name(status));
    }
}

#endif
