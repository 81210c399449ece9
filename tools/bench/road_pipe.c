/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own named pipes: one connection, both ways. */
#include <stdlib.h>

#include <xipc/xipc.h>

#include "road_peers.h"

typedef struct line {
    xipc_pipe_listener *listener; /* in the first process */
    xipc_pipe *pipe;
} line;

static void *listen_as(const road_plan *plan, xipc_pipe_mode mode)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    line *self = peer_new(sizeof *self);

    options.mode = mode;
    options.message_max = (uint32_t)plan->size;
    bench_ok(
        xipc_pipe_listen(plan->name, &options, XIPC_FOREVER, &self->listener));
    return self;
}

static void *listen_for_bytes(const road_plan *plan)
{
    return listen_as(plan, XIPC_PIPE_BYTES);
}

static void *listen_for_messages(const road_plan *plan)
{
    return listen_as(plan, XIPC_PIPE_MESSAGES);
}

static void accept_one(void *road)
{
    line *self = road;

    bench_ok(xipc_pipe_accept(self->listener, XIPC_FOREVER, &self->pipe));
}

static void *connect_to(const road_plan *plan)
{
    line *self = peer_new(sizeof *self);

    bench_ok(xipc_pipe_connect(plan->name, NULL, XIPC_FOREVER, &self->pipe));
    return self;
}

static void close_line(void *road)
{
    line *self = road;

    xipc_pipe_close(self->pipe);
    xipc_pipe_listener_close(self->listener);
    free(self);
}

static void write_all(void *road, const void *message, size_t size)
{
    bench_ok(xipc_pipe_write(
        ((line *)road)->pipe, message, size, XIPC_FOREVER, NULL));
}

static void read_all(void *road, void *message, size_t size)
{
    char *at = message;

    while (size > 0) {
        size_t got;

        bench_ok(
            xipc_pipe_read(((line *)road)->pipe, at, size, XIPC_FOREVER, &got));
        at += got;
        size -= got;
    }
}

static void read_message(void *road, void *message, size_t size)
{
    size_t got;

    bench_ok(xipc_pipe_read(
        ((line *)road)->pipe, message, size, XIPC_FOREVER, &got));
    bench_require(got == size, "a message of another size");
}

#define LINE                                                      \
    .group = ROAD_XIPC, .join = connect_to, .accept = accept_one, \
    .close = close_line, .send = write_all

const road_kind road_pipes[] = {
    {.name = "pipe", LINE, .create = listen_for_bytes, .receive = read_all},
    {.name = "pipe, messages",
     LINE,
     .create = listen_for_messages,
     .receive = read_message},
    {.name = NULL},
};
