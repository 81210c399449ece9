/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "road_peers.h"

#define ROOM      ((size_t)16 << 20)
#define FEWEST    8
#define PATH_SIZE 512

void *peer_new(size_t size)
{
    void *memory = calloc(1, size);

    bench_require(memory != NULL, "no memory");
    return memory;
}

const char *peer_path(const road_plan *plan, const char *scheme)
{
    static char path[PATH_SIZE];
    int length = snprintf(
        path, sizeof path, "%s%s/%s", scheme, plan->directory, plan->name);

    bench_require(
        length > 0 && length < (int)sizeof path, "too long a directory");
    return path;
}

unsigned peer_depth(size_t size, unsigned most)
{
    size_t depth = ROOM / size;

    if (depth < FEWEST) {
        return FEWEST;
    }
    return depth < most ? (unsigned)depth : most;
}

/* ---- those that this build does without ---------------------------------- */

#define ABSENT(kind, its_flags, its_name, library)    \
    static const char *kind##_is_missing(size_t size) \
    {                                                 \
        (void)size;                                   \
        return "built without " library;              \
    }                                                 \
    const road_kind kind = {                          \
        .name = (its_name),                           \
        .group = ROAD_PEER,                           \
        .flags = (its_flags),                         \
        .is_missing = kind##_is_missing,              \
    };

#ifndef BENCH_HAS_ATOMIC_QUEUE
ABSENT(peer_atomic_queue, ROAD_SPINS, "atomic_queue", "atomic_queue")
#endif
#ifndef BENCH_HAS_BOOST
ABSENT(peer_boost, ROAD_MANY, "Boost message_queue", "Boost.Interprocess")
ABSENT(
    peer_boost_try,
    ROAD_SPINS,
    "Boost message_queue, try",
    "Boost.Interprocess")
ABSENT(peer_lockfree, ROAD_SPINS, "Boost spsc_queue", "Boost.Lockfree")
#endif
#ifndef BENCH_HAS_DBUS
ABSENT(peer_dbus, ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES, "D-Bus call", "sd-bus")
#endif
#ifndef BENCH_HAS_GRPC
ABSENT(peer_grpc, ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES, "gRPC call", "gRPC")
#endif
#ifndef BENCH_HAS_ICEORYX
ABSENT(peer_iceoryx, 0, "iceoryx", "iceoryx")
ABSENT(peer_iceoryx_try, ROAD_SPINS, "iceoryx, polling", "iceoryx")
#endif
#ifndef BENCH_HAS_LIBUV
ABSENT(peer_libuv, 0, "libuv pipe", "libuv")
ABSENT(peer_libuv_tcp, 0, "libuv tcp", "libuv")
#endif
#ifndef BENCH_HAS_NANOMSG
ABSENT(peer_nanomsg, 0, "nanomsg ipc", "nanomsg")
#endif
#ifndef BENCH_HAS_NNG
ABSENT(peer_nng, 0, "nng ipc", "nng")
ABSENT(peer_nng_call, ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES, "nng req/rep", "nng")
#endif
#ifndef BENCH_HAS_ZEROMQ
ABSENT(peer_zeromq, 0, "ZeroMQ ipc", "ZeroMQ")
#endif

const road_kind *const road_peers[] = {
    &peer_lockfree, &peer_atomic_queue, &peer_boost_try,
    &peer_boost,    &peer_iceoryx_try,  &peer_iceoryx,
    &peer_libuv,    &peer_libuv_tcp,    &peer_zeromq,
    &peer_nng,      &peer_nanomsg,      &peer_dbus,
    &peer_nng_call, &peer_grpc,         NULL};
