/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nng over ipc://: a pair0 socket in each process; or a req0 socket in those
 * that call, and a rep0 socket in the one that serves.
 */
#include <stdlib.h>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "road_peers.h"

/* Without buffers of its own, as it comes, a sender waits for the receiver at
 * every message. */
#define DEPTH_MAX 128

typedef struct nng_road {
    nng_socket socket;
} nng_road;

static void require(int error)
{
    bench_require(error == 0, error ? nng_strerror(error) : "");
}

static nng_road *make(const road_plan *plan)
{
    nng_road *road = peer_new(sizeof *road);
    int depth = (int)peer_depth(plan->size, DEPTH_MAX);

    require(nng_pair0_open(&road->socket));
    require(nng_socket_set_int(road->socket, NNG_OPT_SENDBUF, depth));
    require(nng_socket_set_int(road->socket, NNG_OPT_RECVBUF, depth));
    require(nng_socket_set_size(road->socket, NNG_OPT_RECVMAXSZ, 0));
    return road;
}

static void *nng_create(const road_plan *plan)
{
    nng_road *road = make(plan);

    require(nng_listen(road->socket, peer_path(plan, "ipc://"), NULL, 0));
    return road;
}

static void *nng_join(const road_plan *plan)
{
    nng_road *road = make(plan);

    require(nng_dial(road->socket, peer_path(plan, "ipc://"), NULL, 0));
    return road;
}

static void nng_road_close(void *address)
{
    nng_road *road = address;

    nng_close(road->socket);
    free(road);
}

static void nng_road_send(void *address, const void *message, size_t size)
{
    nng_road *road = address;

    /* It takes what it copies from as not const. */
    require(nng_send(road->socket, (void *)(uintptr_t)message, size, 0));
}

static void nng_road_receive(void *address, void *message, size_t size)
{
    nng_road *road = address;
    size_t received = size;

    require(nng_recv(road->socket, message, &received, 0));
    bench_require(received == size, "nng: a message of another size");
}

/* ---- calls: each request has its reply, and nothing is kept ---------------
 */

static void *make_caller(const road_plan *plan)
{
    nng_road *road = peer_new(sizeof *road);

    require(
        plan->is_second ? nng_rep0_open(&road->socket)
                        : nng_req0_open(&road->socket));
    require(nng_socket_set_size(road->socket, NNG_OPT_RECVMAXSZ, 0));
    return road;
}

static void *nng_serve(const road_plan *plan)
{
    nng_road *road = make_caller(plan);

    require(nng_listen(road->socket, peer_path(plan, "ipc://"), NULL, 0));
    return road;
}

static void *nng_call(const road_plan *plan)
{
    nng_road *road = make_caller(plan);

    require(nng_dial(road->socket, peer_path(plan, "ipc://"), NULL, 0));
    return road;
}

const road_kind peer_nng_call = {
    .name = "nng req/rep",
    .group = ROAD_PEER,
    .flags = ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES,
    .create = nng_serve,
    .join = nng_call,
    .close = nng_road_close,
    .send = nng_road_send,
    .receive = nng_road_receive,
};

const road_kind peer_nng = {
    .name = "nng ipc",
    .group = ROAD_PEER,
    .create = nng_create,
    .join = nng_join,
    .close = nng_road_close,
    .send = nng_road_send,
    .receive = nng_road_receive,
};
