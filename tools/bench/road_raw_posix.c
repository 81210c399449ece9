/* SPDX-License-Identifier: Apache-2.0 */
/* The raw system calls of POSIX that carry bytes or messages. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "road_raw_posix.h"

#define PATH_SIZE 512

/* Descriptors to write to and to read from; a socket is both. */
typedef struct pair {
    int out;
    int in;
    int listener;
    char paths[2][PATH_SIZE]; /* of what stands in the folder */
} pair;

struct sockaddr_un raw_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    bench_require(strlen(path) < sizeof address.sun_path, "too long a path");
    memcpy(address.sun_path, path, strlen(path) + 1);
    return address;
}

static pair *new_pair(void)
{
    pair *road = calloc(1, sizeof *road);

    bench_require(road != NULL, "no memory");
    road->out = road->in = road->listener = -1;
    return road;
}

static void path_of(const road_plan *plan, const char *way, char *path)
{
    int size =
        snprintf(path, PATH_SIZE, "%s/%s-%s", plan->directory, plan->name, way);

    bench_require(size > 0 && size < PATH_SIZE, "too long a path");
}

static void close_pair(void *context)
{
    pair *road = context;

    if (road->in != road->out) {
        close(road->in);
    }
    close(road->out);
    unlink(road->paths[0]);
    unlink(road->paths[1]);
    free(road);
}

static void send_all(void *context, const void *message, size_t size)
{
    int fd = ((pair *)context)->out;
    const char *at = message;

    while (size > 0) {
        ssize_t done = write(fd, at, size);

        raw_require(done > 0, "write");
        at += done;
        size -= (size_t)done;
    }
}

static void receive_all(void *context, void *message, size_t size)
{
    int fd = ((pair *)context)->in;
    char *at = message;

    while (size > 0) {
        ssize_t done = read(fd, at, size);

        raw_require(done > 0, "read");
        at += done;
        size -= (size_t)done;
    }
}

/* ---- a pair of FIFOs ----------------------------------------------------- */

static int open_fifo(const char *path, int larger)
{
    int fd = open(path, O_RDWR | O_CLOEXEC); /* which waits for nobody */

    raw_require(fd >= 0, path);
#if defined(F_SETPIPE_SZ)
    if (larger) {
        raw_require(fcntl(fd, F_SETPIPE_SZ, 1 << 20) > 0, "F_SETPIPE_SZ");
    }
#else
    (void)larger;
#endif
    return fd;
}

static void *open_fifos(const road_plan *plan, int larger)
{
    pair *road = new_pair();
    int fds[2];

    path_of(plan, "there", road->paths[0]);
    path_of(plan, "back", road->paths[1]);
    for (int way = 0; way < 2; way++) {
        raw_require(
            plan->is_second || mkfifo(road->paths[way], 0600) == 0, "mkfifo");
        fds[way] = open_fifo(road->paths[way], larger);
    }
    road->out = fds[plan->is_second ? 1 : 0];
    road->in = fds[plan->is_second ? 0 : 1];
    return road;
}

static void *open_small_fifos(const road_plan *plan)
{
    return open_fifos(plan, 0);
}

#if defined(F_SETPIPE_SZ)
static void *open_large_fifos(const road_plan *plan)
{
    return open_fifos(plan, 1);
}
#endif

/* ---- sockets ------------------------------------------------------------- */

static void *listen_at(const road_plan *plan, int type)
{
    pair *road = new_pair();
    struct sockaddr_un address;

    path_of(plan, "socket", road->paths[0]);
    address = raw_address(road->paths[0]);
    road->listener = socket(AF_UNIX, type, 0);
    raw_require(road->listener >= 0, "socket");
    raw_require(
        bind(
            road->listener, (const struct sockaddr *)&address,
            sizeof address) == 0 &&
            listen(road->listener, 1) == 0,
        "listen");
    return road;
}

static void *connect_to(const road_plan *plan, int type)
{
    pair *road = new_pair();
    struct sockaddr_un address;

    path_of(plan, "socket", road->paths[0]);
    address = raw_address(road->paths[0]);
    road->in = road->out = socket(AF_UNIX, type, 0);
    raw_require(
        connect(road->out, (const struct sockaddr *)&address, sizeof address) ==
            0,
        "connect");
    return road;
}

static void accept_one(void *context)
{
    pair *road = context;

    road->in = road->out = accept(road->listener, NULL, NULL);
    raw_require(road->out >= 0, "accept");
    close(road->listener);
}

static void *listen_stream(const road_plan *plan)
{
    return listen_at(plan, SOCK_STREAM);
}

static void *connect_stream(const road_plan *plan)
{
    return connect_to(plan, SOCK_STREAM);
}

#if defined(__linux__)

/* A message has to fit into the send buffer. */
#define SEQPACKET_MAX 65536

static void *listen_packet(const road_plan *plan)
{
    return listen_at(plan, SOCK_SEQPACKET);
}

static void *connect_packet(const road_plan *plan)
{
    return connect_to(plan, SOCK_SEQPACKET);
}

#endif

#define DESCRIPTORS                                           \
    .group = ROAD_RAW, .close = close_pair, .send = send_all, \
    .receive = receive_all

const road_kind road_raw_pipe = {
    .name = "FIFO pair",
    .create = open_small_fifos,
    .join = open_small_fifos,
    DESCRIPTORS};

#if defined(F_SETPIPE_SZ)
const road_kind road_raw_large_pipe = {
    .name = "FIFO pair, 1 MiB",
    .create = open_large_fifos,
    .join = open_large_fifos,
    DESCRIPTORS};
#endif

const road_kind road_raw_stream = {
    .name = "unix stream",
    .create = listen_stream,
    .join = connect_stream,
    .accept = accept_one,
    DESCRIPTORS};

#if defined(__linux__)
const road_kind road_raw_seqpacket = {
    .name = "unix seqpacket",
    .size_max = SEQPACKET_MAX,
    .create = listen_packet,
    .join = connect_packet,
    .accept = accept_one,
    DESCRIPTORS};
#endif
