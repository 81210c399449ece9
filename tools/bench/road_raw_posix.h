/* SPDX-License-Identifier: Apache-2.0 */
/* The raw roads of POSIX, by file. */
#ifndef XIPC_BENCH_ROAD_RAW_POSIX_H
#define XIPC_BENCH_ROAD_RAW_POSIX_H

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "road.h"

/* Ends the program with what failed and why, if it did. */
static inline void raw_require(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        bench_require(0, what);
    }
}

/* Of a socket at that path. */
struct sockaddr_un raw_address(const char *path);

/* road_raw_posix.c */
extern const road_kind road_raw_pipe;
extern const road_kind road_raw_large_pipe; /* Linux */
extern const road_kind road_raw_stream;
extern const road_kind road_raw_seqpacket; /* Linux */

/* road_raw_served.c */
extern const road_kind road_raw_served;

/* road_raw_tcp.c */
extern const road_kind road_raw_tcp;

/* road_raw_slots.c */
extern const road_kind road_raw_sem;
extern const road_kind road_raw_futex;   /* Linux */
extern const road_kind road_raw_eventfd; /* Linux */

/* road_raw_mq.c, Linux */
extern const road_kind road_raw_mq;

#endif
