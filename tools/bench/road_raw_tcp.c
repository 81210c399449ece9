/* SPDX-License-Identifier: Apache-2.0 */
/* TCP on the loopback, with the raw system calls. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "road_raw_posix.h"

#define PATH_SIZE 512

typedef struct tcp {
    int fd;
    int listener;
    char path[PATH_SIZE]; /* of the file that tells the address */
} tcp;

static tcp *new_road(const road_plan *plan)
{
    tcp *road = calloc(1, sizeof *road);

    bench_require(road != NULL, "no memory");
    road->fd = road->listener = -1;
    snprintf(
        road->path, sizeof road->path, "%s/%s-port", plan->directory,
        plan->name);
    return road;
}

static void without_delay(int fd)
{
    const int yes = 1;

    raw_require(
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0,
        "TCP_NODELAY");
}

static void *listen_tcp(const road_plan *plan)
{
    tcp *road = new_road(plan);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    FILE *file;

    road->listener = socket(AF_INET, SOCK_STREAM, 0);
    raw_require(road->listener >= 0, "socket");
    raw_require(
        bind(road->listener, (const struct sockaddr *)&address, size) == 0 &&
            listen(road->listener, 1) == 0 &&
            getsockname(road->listener, (struct sockaddr *)&address, &size) ==
                0,
        "listen");
    file = fopen(road->path, "w");
    raw_require(
        file && fwrite(&address, sizeof address, 1, file) == 1 &&
            fclose(file) == 0,
        "the address");
    return road;
}

static void *connect_tcp(const road_plan *plan)
{
    tcp *road = new_road(plan);
    struct sockaddr_in address;
    FILE *file = fopen(road->path, "r");

    raw_require(
        file && fread(&address, sizeof address, 1, file) == 1, "the address");
    fclose(file);
    road->fd = socket(AF_INET, SOCK_STREAM, 0);
    raw_require(
        connect(road->fd, (const struct sockaddr *)&address, sizeof address) ==
            0,
        "connect");
    without_delay(road->fd);
    return road;
}

static void accept_one(void *context)
{
    tcp *road = context;

    road->fd = accept(road->listener, NULL, NULL);
    raw_require(road->fd >= 0, "accept");
    without_delay(road->fd);
    close(road->listener);
}

static void close_tcp(void *context)
{
    tcp *road = context;

    close(road->fd);
    unlink(road->path);
    free(road);
}

static void send_all(void *context, const void *message, size_t size)
{
    const tcp *road = context;
    const char *at = message;

    while (size > 0) {
        ssize_t done = write(road->fd, at, size);

        raw_require(done > 0, "write");
        at += done;
        size -= (size_t)done;
    }
}

static void receive_all(void *context, void *message, size_t size)
{
    const tcp *road = context;
    char *at = message;

    while (size > 0) {
        ssize_t done = read(road->fd, at, size);

        raw_require(done > 0, "read");
        at += done;
        size -= (size_t)done;
    }
}

const road_kind road_raw_tcp = {
    .name = "tcp",
    .group = ROAD_RAW,
    .create = listen_tcp,
    .join = connect_tcp,
    .accept = accept_one,
    .close = close_tcp,
    .send = send_all,
    .receive = receive_all};
