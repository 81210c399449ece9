/* SPDX-License-Identifier: Apache-2.0 */
/* nanomsg: a NN_PAIR socket in each process, over ipc://. */
#include <stdlib.h>

#include <nanomsg/nn.h>
#include <nanomsg/pair.h>

#include "road_peers.h"

#define ANY_SIZE (-1)

typedef struct nanomsg_road {
    int socket;
} nanomsg_road;

static void require(int condition)
{
    bench_require(condition, condition ? "" : nn_strerror(nn_errno()));
}

static nanomsg_road *make(void)
{
    nanomsg_road *road = peer_new(sizeof *road);
    int size_max = ANY_SIZE;

    road->socket = nn_socket(AF_SP, NN_PAIR);
    require(road->socket >= 0);
    require(
        nn_setsockopt(
            road->socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &size_max,
            sizeof size_max) == 0);
    return road;
}

static void *nanomsg_create(const road_plan *plan)
{
    nanomsg_road *road = make();

    require(nn_bind(road->socket, peer_path(plan, "ipc://")) >= 0);
    return road;
}

static void *nanomsg_join(const road_plan *plan)
{
    nanomsg_road *road = make();

    require(nn_connect(road->socket, peer_path(plan, "ipc://")) >= 0);
    return road;
}

static void nanomsg_close(void *address)
{
    nanomsg_road *road = address;

    nn_close(road->socket);
    free(road);
}

static void nanomsg_send(void *address, const void *message, size_t size)
{
    nanomsg_road *road = address;

    require(nn_send(road->socket, message, size, 0) == (int)size);
}

static void nanomsg_receive(void *address, void *message, size_t size)
{
    nanomsg_road *road = address;

    require(nn_recv(road->socket, message, size, 0) == (int)size);
}

const road_kind peer_nanomsg = {
    .name = "nanomsg ipc",
    .group = ROAD_PEER,
    .create = nanomsg_create,
    .join = nanomsg_join,
    .close = nanomsg_close,
    .send = nanomsg_send,
    .receive = nanomsg_receive,
};
