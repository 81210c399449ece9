/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of many clients with nothing but system calls: one poll() for all
 * their Unix-domain sockets, a read and a write. What calls are compared to.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "road_peers.h"
#include "road_raw_posix.h"
#include "road_talk.h"

typedef struct served {
    int listener;
    int is_server;
    /* Of the server all clients, of a client the one connection. */
    struct pollfd ends[ROAD_CLIENT_MAX];
    nfds_t count;
    nfds_t turn; /* whom it serves */
} served;

static served *make(const road_plan *plan, struct sockaddr_un *address_out)
{
    served *road = peer_new(sizeof *road);

    *address_out = raw_address(peer_path(plan, ""));
    road->is_server = plan->is_second;
    road->listener = -1;
    return road;
}

static void add(served *road, int fd)
{
    raw_require(fd >= 0, "connection");
    road->ends[road->count++] = (struct pollfd){fd, POLLIN, 0};
}

static void *serve(const road_plan *plan)
{
    struct sockaddr_un address;
    served *road = make(plan, &address);

    road->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    raw_require(
        road->listener >= 0 &&
            bind(
                road->listener, (const struct sockaddr *)&address,
                sizeof address) == 0 &&
            listen(road->listener, ROAD_CLIENT_MAX) == 0,
        "listen");
    return road;
}

static void accept_one(void *context)
{
    served *road = context;

    add(road, accept(road->listener, NULL, NULL));
}

static void *join(const road_plan *plan)
{
    struct sockaddr_un address;
    served *road = make(plan, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    raw_require(
        fd >= 0 &&
            connect(fd, (const struct sockaddr *)&address, sizeof address) == 0,
        "connect");
    add(road, fd);
    return road;
}

static void close_all(void *context)
{
    served *road = context;

    while (road->count > 0) {
        close(road->ends[--road->count].fd);
    }
    if (road->listener >= 0) {
        close(road->listener);
    }
    free(road);
}

/* The next one that has something, after the one that was served last. */
static void choose(served *road)
{
    raw_require(poll(road->ends, road->count, -1) > 0, "poll");
    do {
        road->turn = (road->turn + 1) % road->count;
    } while (road->ends[road->turn].revents == 0);
}

static void send_all(void *context, const void *message, size_t size)
{
    const served *road = context;
    const char *at = message;

    while (size > 0) {
        ssize_t done = write(road->ends[road->turn].fd, at, size);

        raw_require(done > 0, "write");
        at += done;
        size -= (size_t)done;
    }
}

static void receive_all(void *context, void *message, size_t size)
{
    served *road = context;
    char *at = message;

    if (road->is_server) {
        choose(road);
    }
    while (size > 0) {
        ssize_t done = read(road->ends[road->turn].fd, at, size);

        raw_require(done > 0, "read");
        at += done;
        size -= (size_t)done;
    }
}

const road_kind road_raw_served = {
    .name = "unix stream, poll",
    .group = ROAD_RAW,
    .flags = ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES | ROAD_SERVES_REFERENCE,
    .create = serve,
    .join = join,
    .accept = accept_one,
    .close = close_all,
    .send = send_all,
    .receive = receive_all,
};
