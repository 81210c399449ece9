/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A road is one way to move messages between two processes: a mechanism of the
 * library, the raw system calls it is made of, what the machine can do at best,
 * or another library. Each is driven in the same way by road_child.c;
 * road_end.c fills in what is sent and checks what arrives.
 *
 * The first process makes the road, the second one joins it. Both ends can send
 * and receive; a stream goes from the first to the second. Whatever fails ends
 * the program through bench_require().
 */
#ifndef XIPC_BENCH_ROAD_H
#define XIPC_BENCH_ROAD_H

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

enum {
    ROAD_SPINS = 1 << 0, /* looks without sleeping: needs two processors */
    /* Messages are written and read where they are: reserve and the like
       instead of send and receive. */
    ROAD_IN_PLACE = 1 << 1,
    /* Nothing but a round trip, or nothing but a stream, makes sense. */
    ROAD_ONLY_ROUND_TRIPS = 1 << 2,
    ROAD_ONLY_STREAM = 1 << 3,
    /* The first of these in a table is what the others are compared to. */
    ROAD_REFERENCE = 1 << 4,
    /* Many threads may use an end at once. Streams of many are measured too. */
    ROAD_MANY = 1 << 5,
    /* The second process serves: it makes the road, which others join, and they
       call it. Calls of many processes are measured too. */
    ROAD_SERVES = 1 << 6,
    /* What serves there is a thread of its own: that process itself does
       nothing, and what comes back is checked alone. */
    ROAD_ANSWERS = 1 << 7,
    /* ROAD_REFERENCE among those that serve. */
    ROAD_SERVES_REFERENCE = 1 << 8
};

typedef enum road_group {
    ROAD_LIMIT, /* what the machine can do */
    ROAD_XIPC,
    ROAD_RAW,
    ROAD_PEER
} road_group;

/* What one run of a road is for. */
typedef struct road_plan {
    const char *name;      /* this run's own; legal in a file name */
    const char *directory; /* for sockets and the like; exists, empty */
    size_t size;           /* bytes of every message, a multiple of 8 */
    int is_second;
    unsigned clients; /* that join; 1 but for ROAD_SERVES */
} road_plan;

typedef struct road_kind {
    const char *name; /* "ring", "pipe", "zeromq ipc" */
    road_group group;
    unsigned flags;
    size_t size_max; /* bytes; 0: any */
    /*
     * NULL: always there; else why it is not, or NULL if it is: "the message
     * queue has room for 8192 bytes". Asked in a process that outlives
     * all runs and is neither.
     */
    const char *(*is_missing)(size_t size);
    /* In the first process, in the second one after that has returned, and in
     * the first one again while the second one joins (may be NULL). Of
     * ROAD_SERVES the second one makes it, all others join, and it accepts each
     * of them. */
    void *(*create)(const road_plan *plan);
    void *(*join)(const road_plan *plan);
    void (*accept)(void *road);
    /* In both, when the other one uses it no more. */
    void (*close)(void *road);

    /* One message of plan->size bytes. */
    void (*send)(void *road, const void *message, size_t size);
    void (*receive)(void *road, void *message, size_t size);
    /* ROAD_IN_PLACE */
    void *(*reserve)(void *road, size_t size);
    void (*commit)(void *road, size_t size);
    const void *(*peek)(void *road, size_t size);
    void (*release)(void *road);
} road_kind;

/* Each ends with a kind whose name is NULL. */
extern const road_kind road_limits[];    /* road_limit.c */
extern const road_kind road_xipcs[];     /* road_xipc.c */
extern const road_kind road_mailboxes[]; /* road_mailbox.c */
extern const road_kind road_directs[];   /* road_direct.c */
extern const road_kind road_pipes[];     /* road_pipe.c */
extern const road_kind road_sockets[];   /* road_socket.c */
extern const road_kind road_calls[];     /* road_call.c */
/* These end with NULL. */
extern const road_kind *const road_raws[];  /* road_raws_posix.c, ..._win32.c */
extern const road_kind *const road_peers[]; /* road_peers.c */

/* Memory that both processes see, zeros at first, page-aligned; a section of
 * the library's, for what stands on shared memory. `create` in the first. */
void *road_memory_create(const road_plan *plan, size_t size);
void *road_memory_join(const road_plan *plan, size_t size);
void road_memory_close(void *memory);

/* Tells the processor that this thread waits for another one. */
void road_relax(void);

#endif
