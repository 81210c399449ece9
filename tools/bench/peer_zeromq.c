/* SPDX-License-Identifier: Apache-2.0 */
/* ZeroMQ: a PAIR socket in each process, over ipc://. */
#include <stdlib.h>
#include <zmq.h>

#include "road_peers.h"

#define DEPTH_MAX 1000 /* the library's own default */

typedef struct zeromq_road {
    void *context;
    void *socket;
} zeromq_road;

static void require(int condition)
{
    bench_require(condition, condition ? "" : zmq_strerror(zmq_errno()));
}

static void set(void *socket, int option, int value)
{
    require(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static zeromq_road *make(const road_plan *plan)
{
    zeromq_road *road = peer_new(sizeof *road);
    int depth = (int)peer_depth(plan->size, DEPTH_MAX);

    road->context = zmq_ctx_new();
    require(road->context != NULL);
    road->socket = zmq_socket(road->context, ZMQ_PAIR);
    require(road->socket != NULL);
    set(road->socket, ZMQ_SNDHWM, depth);
    set(road->socket, ZMQ_RCVHWM, depth);
    set(road->socket, ZMQ_LINGER, 0);
    return road;
}

static void *zeromq_create(const road_plan *plan)
{
    zeromq_road *road = make(plan);

    require(zmq_bind(road->socket, peer_path(plan, "ipc://")) == 0);
    return road;
}

static void *zeromq_join(const road_plan *plan)
{
    zeromq_road *road = make(plan);

    require(zmq_connect(road->socket, peer_path(plan, "ipc://")) == 0);
    return road;
}

static void zeromq_close(void *address)
{
    zeromq_road *road = address;

    zmq_close(road->socket);
    zmq_ctx_term(road->context);
    free(road);
}

static void zeromq_send(void *address, const void *message, size_t size)
{
    zeromq_road *road = address;

    require(zmq_send(road->socket, message, size, 0) == (int)size);
}

static void zeromq_receive(void *address, void *message, size_t size)
{
    zeromq_road *road = address;

    require(zmq_recv(road->socket, message, size, 0) == (int)size);
}

const road_kind peer_zeromq = {
    .name = "ZeroMQ ipc",
    .group = ROAD_PEER,
    .create = zeromq_create,
    .join = zeromq_join,
    .close = zeromq_close,
    .send = zeromq_send,
    .receive = zeromq_receive,
};
