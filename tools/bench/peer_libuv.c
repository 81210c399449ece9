/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libuv: a uv_pipe_t and a loop in each process. A pipe is a stream of bytes,
 * so each message goes with its size in front of it.
 *
 * What the pipe takes at once goes by uv_try_write(); the rest by uv_write(),
 * which the loop runs until done, since the message is the caller's again when
 * `send` returns.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "road_peers.h"

#define READ_SIZE 65536 /* what libuv itself suggests for one read */

typedef uint32_t frame_head;

typedef struct libuv_road {
    uv_loop_t loop;
    uv_pipe_t listener;
    uv_pipe_t pipe;
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
    require(uv_pipe_init(&road->loop, &road->pipe, 0));
    road->pipe.data = road;
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

static void libuv_receive(void *address, void *message, size_t size)
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
    require(
        uv_write(&request, (uv_stream_t *)&road->pipe, parts, count, written));
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

static void libuv_send(void *address, const void *message, size_t size)
{
    libuv_road *road = address;
    frame_head head = (frame_head)size;
    uv_buf_t parts[2] = {
        uv_buf_init((char *)&head, sizeof head),
        /* It takes what it reads from as not const. */
        uv_buf_init((char *)(uintptr_t)message, (unsigned)size)};
    int result = uv_try_write((uv_stream_t *)&road->pipe, parts, 2);

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
    require(uv_accept(listener, (uv_stream_t *)&road->pipe));
    road->is_connected = 1;
}

static void begin_reading(libuv_road *road)
{
    while (!road->is_connected) {
        uv_run(&road->loop, UV_RUN_ONCE);
    }
    require(uv_read_start((uv_stream_t *)&road->pipe, give_room, arrived));
}

static void *libuv_create(const road_plan *plan)
{
    libuv_road *road = make(plan);

    require(uv_pipe_init(&road->loop, &road->listener, 0));
    road->listener.data = road;
    require(uv_pipe_bind(&road->listener, peer_path(plan, "")));
    require(uv_listen((uv_stream_t *)&road->listener, 1, came));
    return road;
}

static void libuv_accept(void *address)
{
    libuv_road *road = address;

    begin_reading(road);
    uv_close((uv_handle_t *)&road->listener, NULL);
}

static void *libuv_join(const road_plan *plan)
{
    libuv_road *road = make(plan);
    uv_connect_t request = {.data = road};

    uv_pipe_connect(&request, &road->pipe, peer_path(plan, ""), connected);
    begin_reading(road);
    return road;
}

static void libuv_close(void *address)
{
    libuv_road *road = address;

    uv_close((uv_handle_t *)&road->pipe, NULL);
    uv_run(&road->loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&road->loop));
    free(road->buffer);
    free(road);
}

const road_kind peer_libuv = {
    .name = "libuv pipe",
    .group = ROAD_PEER,
    .create = libuv_create,
    .join = libuv_join,
    .accept = libuv_accept,
    .close = libuv_close,
    .send = libuv_send,
    .receive = libuv_receive,
};
