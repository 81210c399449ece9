/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other libraries that the benchmark knows, each in a file of its own, and
 * what these files share. Which ones a build has is found out by
 * cmake/bench_peers.cmake.
 */
#ifndef XIPC_BENCH_ROAD_PEERS_H
#define XIPC_BENCH_ROAD_PEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "road.h"

extern const road_kind peer_atomic_queue; /* peer_atomic_queue.cpp */
extern const road_kind peer_boost;        /* peer_boost.cpp */
extern const road_kind peer_boost_try;    /* peer_boost.cpp */
extern const road_kind peer_lockfree;     /* peer_lockfree.cpp */
extern const road_kind peer_dbus;         /* peer_dbus.c */
extern const road_kind peer_grpc;         /* peer_grpc.cpp */
extern const road_kind peer_iceoryx;      /* peer_iceoryx.c */
extern const road_kind peer_iceoryx_try;  /* peer_iceoryx.c */
extern const road_kind peer_libuv;        /* peer_libuv.c */
extern const road_kind peer_libuv_tcp;    /* peer_libuv.c */
extern const road_kind peer_nanomsg;      /* peer_nanomsg.c */
extern const road_kind peer_nng;          /* peer_nng.c */
extern const road_kind peer_nng_call;     /* peer_nng.c */
extern const road_kind peer_zeromq;       /* peer_zeromq.c */

/* Zeroed memory. */
void *peer_new(size_t size);

/* "<scheme><directory>/<name>", until the next call. */
const char *peer_path(const road_plan *plan, const char *scheme);

/* How many messages of `size` bytes a queue is to hold: `most`, or as many as
 * 16 MiB have room for, but never fewer than 8. */
unsigned peer_depth(size_t size, unsigned most);

#ifdef __cplusplus
}
#endif

#endif
