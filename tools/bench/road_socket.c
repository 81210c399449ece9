/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own sockets: a local stream, and TCP on the loopback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "road_peers.h"

#define PATH_SIZE 512

typedef struct stream {
    xipc_socket_listener *listener;
    xipc_socket *socket;
    char path[PATH_SIZE]; /* of the file that tells the address */
} stream;

static const char *local_is_missing(size_t size)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    (void)size;
    bench_ok(xipc_capability(XIPC_FEATURE_SOCKET_LOCAL, &info));
    return info.support == XIPC_SUPPORT_ABSENT ? info.text : NULL;
}

static stream *new_stream(const road_plan *plan)
{
    stream *road = peer_new(sizeof *road);

    snprintf(
        road->path, sizeof road->path, "%s/%s-uri", plan->directory,
        plan->name);
    return road;
}

static void *listen_at(const road_plan *plan, const char *uri)
{
    stream *road = new_stream(plan);
    char chosen[XIPC_SOCKET_URI_SIZE];
    FILE *file;

    bench_ok(xipc_socket_listen(uri, NULL, XIPC_FOREVER, &road->listener));
    bench_ok(xipc_socket_listener_uri(road->listener, chosen, sizeof chosen));
    file = fopen(road->path, "w");
    bench_require(file && fputs(chosen, file) >= 0, "cannot tell the address");
    bench_require(fclose(file) == 0, "cannot tell the address");
    return road;
}

static void *listen_local(const road_plan *plan)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    snprintf(uri, sizeof uri, "unix:%.150s", plan->name);
    return listen_at(plan, uri);
}

static void *listen_tcp(const road_plan *plan)
{
    return listen_at(plan, "tcp://127.0.0.1:0");
}

static void *connect_to(const road_plan *plan)
{
    stream *road = new_stream(plan);
    char uri[XIPC_SOCKET_URI_SIZE];
    FILE *file = fopen(road->path, "r");

    bench_require(
        file && fgets(uri, sizeof uri, file), "cannot read the address");
    fclose(file);
    bench_ok(xipc_socket_connect(uri, NULL, XIPC_FOREVER, &road->socket));
    return road;
}

static void accept_one(void *context)
{
    stream *road = context;

    bench_ok(xipc_socket_accept(road->listener, XIPC_FOREVER, &road->socket));
}

static void close_stream(void *context)
{
    stream *road = context;

    xipc_socket_close(road->socket);
    xipc_socket_listener_close(road->listener);
    remove(road->path);
    free(road);
}

static void send_all(void *context, const void *message, size_t size)
{
    const stream *road = context;

    bench_ok(
        xipc_socket_write(road->socket, message, size, XIPC_FOREVER, NULL));
}

static void receive_all(void *context, void *message, size_t size)
{
    const stream *road = context;
    char *at = message;
    size_t got;

    while (size > 0) {
        bench_ok(xipc_socket_read(road->socket, at, size, XIPC_FOREVER, &got));
        at += got;
        size -= got;
    }
}

#define STREAM                                                    \
    .group = ROAD_XIPC, .join = connect_to, .accept = accept_one, \
    .close = close_stream, .send = send_all, .receive = receive_all

const road_kind road_sockets[] = {
    {.name = "socket, unix",
     .is_missing = local_is_missing,
     .create = listen_local,
     STREAM},
    {.name = "socket, tcp", .create = listen_tcp, STREAM},
    {.name = NULL},
};
