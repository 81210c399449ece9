/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libuv: a uv_pipe_t, or a uv_tcp_t, and a loop in each process. Both are
 * streams of bytes, so each message goes with its size in front of it.
 *
 * What the stream takes at once goes by uv_try_write(); the rest by uv_write(),
 * which the loop runs until done, since the message is the caller's again when
 * `send` returns.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "road_peers.h"

#define READ_SIZE 65536 /* what libuv itself suggests for one read */

typedef uint32_t frame_head;

typedef union libuv_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
} libuv_stream;

typedef struct libuv_road {
    uv_loop_t loop;
    libuv_stream listener;
    libuv_stream line;
    int is_connected;
    int is_written;
    int is_over; /* the other end is closed */
    /* Bytes from `begin` to `end` of `buffer` have arrived and are not taken
       yet. */
    char *buffer;
    size_t capacity;
    size_t begin;
    size_t end;
} libuv_road;

static void require(int result)
{
    bench_require(result >= 0, result < 0 ? uv_strerror(result) : "");
}

static libuv_road *make(const road_plan *plan)
{
    libuv_road *road = peer_new(sizeof *road);

    require(uv_loop_init(&road->loop));
    road->capacity = READ_SIZE + sizeof(frame_head) + plan->size;
    road->buffer = peer_new(road->capacity);
    return road;
}

/* ---- reading ------------------------------------------------------------- */

/* Room for nothing stops a reading until what is there was taken; libuv then
 * says UV_ENOBUFS. */
static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room_out)
{
    libuv_road *road = handle->data;

    (void)suggested;
    *room_out = uv_buf_init(
        road->buffer + road->end, (unsigned)(road->capacity - road->end));
}

static void arrived(uv_stream_t *stream, ssize_t size, const uv_buf_t *room)
{
    libuv_road *road = stream->data;

    (void)room;
    if (size == UV_EOF) {
        road->is_over = 1;
    } else if (size != UV_ENOBUFS) {
        require((int)size);
        road->end += (size_t)size;
    }
}

static void wait_for(libuv_road *road, size_t size)
{
    if (road->end - road->begin >= size) {
        return;
    }
    memmove(road->buffer, road->buffer + road->begin, road->end - road->begin);
    road->end -= road->begin;
    road->begin = 0;
    while (road->end < size) {
        bench_require(!road->is_over, "libuv: closed by the other process");
        uv_run(&road->loop, UV_RUN_ONCE);
    }
}

static void receive_all(void *address, void *message, size_t size)
{
    libuv_road *road = address;
    frame_head head;

    wait_for(road, sizeof head + size);
    memcpy(&head, road->buffer + road->begin, sizeof head);
    bench_require(head == size, "libuv: a message of another size");
    memcpy(message, road->buffer + road->begin + sizeof head, size);
    road->begin += sizeof head + size;
}

/* ---- writing ------------------------------------------------------------- */

static void written(uv_write_t *request, int result)
{
    libuv_road *road = request->data;

    require(result);
    road->is_written = 1;
}

static void write_rest(libuv_road *road, uv_buf_t *parts, unsigned count)
{
    uv_write_t request = {.data = road};

    road->is_written = 0;
    require(uv_write(&request, &road->line.stream, parts, count, written));
    while (!road->is_written) {
        uv_run(&road->loop, UV_RUN_ONCE);
    }
}

/* Takes `size` bytes off the front of the two parts. */
static void skip(uv_buf_t parts[2], size_t size)
{
    for (int at = 0; at < 2; at++) {
        size_t step = size < parts[at].len ? size : parts[at].len;

        parts[at].base += step;
        parts[at].len -= step;
        size -= step;
    }
}

static void send_all(void *address, const void *message, size_t size)
{
    libuv_road *road = address;
    frame_head head = (frame_head)size;
    uv_buf_t parts[2] = {
        uv_buf_init((char *)&head, sizeof head),
        /* It takes what it reads from as not const. */
        uv_buf_init((char *)(uintptr_t)message, (unsigned)size)};
    int result = uv_try_write(&road->line.stream, parts, 2);

    if (result != UV_EAGAIN) {
        require(result);
        skip(parts, (size_t)result);
    }
    if (parts[0].len + parts[1].len > 0) {
        write_rest(road, parts, 2);
    }
}

/* ---- its life ------------------------------------------------------------ */

static void connected(uv_connect_t *request, int result)
{
    libuv_road *road = request->data;

    require(result);
    road->is_connected = 1;
}

static void came(uv_stream_t *listener, int result)
{
    libuv_road *road = listener->data;

    require(result);
    require(uv_accept(listener, &road->line.stream));
    road->is_connected = 1;
}

static void begin_reading(libuv_road *road)
{
    while (!road->is_connected) {
        uv_run(&road->loop, UV_RUN_ONCE);
    }
    require(uv_read_start(&road->line.stream, give_room, arrived));
}

static void accept_one(void *address)
{
    libuv_road *road = address;

    begin_reading(road);
    uv_close(&road->listener.handle, NULL);
}

static void *pipe_create(const road_plan *plan)
{
    libuv_road *road = make(plan);

    require(uv_pipe_init(&road->loop, &road->line.pipe, 0));
    require(uv_pipe_init(&road->loop, &road->listener.pipe, 0));
    road->line.handle.data = road->listener.handle.data = road;
    require(uv_pipe_bind(&road->listener.pipe, peer_path(plan, "")));
    require(uv_listen(&road->listener.stream, 1, came));
    return road;
}

static void *pipe_join(const road_plan *plan)
{
    libuv_road *road = make(plan);
    uv_connect_t request = {.data = road};

    require(uv_pipe_init(&road->loop, &road->line.pipe, 0));
    road->line.handle.data = road;
    uv_pipe_connect(&request, &road->line.pipe, peer_path(plan, ""), connected);
    begin_reading(road);
    return road;
}

/* The system chooses the port; a file tells the other process. */
static void tell_address(const road_plan *plan, const uv_tcp_t *listener)
{
    struct sockaddr_in address;
    int size = sizeof address;
    FILE *file = fopen(peer_path(plan, ""), "w");

    require(uv_tcp_getsockname(listener, (struct sockaddr *)&address, &size));
    bench_require(
        file && fwrite(&address, sizeof address, 1, file) == 1 &&
            fclose(file) == 0,
        "libuv: the address");
}

static struct sockaddr_in address_told(const road_plan *plan)
{
    struct sockaddr_in address = {0};
    FILE *file = fopen(peer_path(plan, ""), "r");

    bench_require(
        file && fread(&address, sizeof address, 1, file) == 1 &&
            fclose(file) == 0,
        "libuv: the address");
    return address;
}

static void tcp_begin(libuv_road *road)
{
    require(uv_tcp_init(&road->loop, &road->line.tcp));
    road->line.handle.data = road;
}

static void *tcp_create(const road_plan *plan)
{
    libuv_road *road = make(plan);
    struct sockaddr_in address;

    tcp_begin(road);
    require(uv_tcp_init(&road->loop, &road->listener.tcp));
    road->listener.handle.data = road;
    require(uv_ip4_addr("127.0.0.1", 0, &address));
    require(
        uv_tcp_bind(&road->listener.tcp, (const struct sockaddr *)&address, 0));
    require(uv_listen(&road->listener.stream, 1, came));
    tell_address(plan, &road->listener.tcp);
    return road;
}

static void tcp_accept(void *address)
{
    libuv_road *road = address;

    accept_one(road);
    require(uv_tcp_nodelay(&road->line.tcp, 1));
}

static void *tcp_join(const road_plan *plan)
{
    libuv_road *road = make(plan);
    uv_connect_t request = {.data = road};
    struct sockaddr_in address = address_told(plan);

    tcp_begin(road);
    require(uv_tcp_connect(
        &request, &road->line.tcp, (const struct sockaddr *)&address,
        connected));
    begin_reading(road);
    require(uv_tcp_nodelay(&road->line.tcp, 1));
    return road;
}

static void close_line(void *address)
{
    libuv_road *road = address;

    uv_close(&road->line.handle, NULL);
    uv_run(&road->loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&road->loop));
    free(road->buffer);
    free(road);
}

#define LIFE                                                   \
    .group = ROAD_PEER, .close = close_line, .send = send_all, \
    .receive = receive_all

const road_kind peer_libuv = {
    .name = "libuv pipe",
    .create = pipe_create,
    .join = pipe_join,
    .accept = accept_one,
    LIFE};

const road_kind peer_libuv_tcp = {
    .name = "libuv tcp",
    .create = tcp_create,
    .join = tcp_join,
    .accept = tcp_accept,
    LIFE};
