/* SPDX-License-Identifier: Apache-2.0 */
/* One handle in many threads. */
#include <string.h>

#include "support/socket_kit.h"

enum { SIZE = 1 << 20 };

typedef struct flow {
    xipc_socket *socket;
    unsigned char salt;
} flow;

static unsigned char byte_at(const flow *self, size_t at)
{
    return (unsigned char)(at * 13 + at / 251 + self->salt);
}

static void writes_all(void *context)
{
    const flow *self = context;
    unsigned char piece[5000];
    size_t at = 0;

    while (at < SIZE) {
        size_t size = 1 + at % sizeof piece;

        size = size < SIZE - at ? size : SIZE - at;
        for (size_t i = 0; i < size; i++) {
            piece[i] = byte_at(self, at + i);
        }
        REQUIRE_OK(
            xipc_socket_write(self->socket, piece, size, XIPC_FOREVER, NULL));
        at += size;
    }
}

static void reads_all_of(void *context)
{
    const flow *self = context;
    unsigned char piece[7000];
    size_t at = 0;

    while (at < SIZE) {
        size_t size = 0;

        REQUIRE_OK(xipc_socket_read(
            self->socket, piece, sizeof piece,
            at % 3 == 0 ? XIPC_FOREVER : soon(), &size));
        for (size_t i = 0; i < size; i++) {
            REQUIRE(piece[i] == byte_at(self, at + i));
        }
        at += size;
    }
}

static void both_ways_at_once(const char *uri)
{
    ends self = ends_of(uri);
    flow there = {self.client, 1};
    flow there_end = {self.server, 1};
    flow back = {self.server, 9};
    flow back_end = {self.client, 9};
    spec_thread *threads[] = {
        spec_thread_start(writes_all, &there),
        spec_thread_start(writes_all, &back),
        spec_thread_start(reads_all_of, &there_end),
        spec_thread_start(reads_all_of, &back_end)};

    for (int at = 0; at < 4; at++) {
        spec_thread_join(threads[at]);
    }
    ends_close(&self);
}

SPEC(a_stream_flows_both_ways_at_once_in_four_threads, "GEN-6 SOCK-2")
{
    with_all_streams(both_ways_at_once);
}

typedef struct door {
    xipc_socket_listener *listener;
    _Atomic unsigned count;
} door;

static void accepts_until_canceled(void *context)
{
    door *self = context;
    xipc_socket *socket;
    xipc_status status;

    for (;;) {
        status = xipc_socket_accept(self->listener, XIPC_FOREVER, &socket);
        if (status == XIPC_E_CANCELED) {
            return;
        }
        REQUIRE_OK(status);
        hears(socket, "knock");
        says(socket, "come in");
        self->count++;
        xipc_socket_close(socket);
    }
}

static void many_accept(const char *uri)
{
    enum { THREADS = 4, CLIENTS = 40 };
    door self = {.listener = socket_listening(uri)};
    spec_thread *threads[THREADS];

    for (int at = 0; at < THREADS; at++) {
        threads[at] = spec_thread_start(accepts_until_canceled, &self);
    }
    for (int at = 0; at < CLIENTS; at++) {
        xipc_socket *client = connected(uri_of_listener(self.listener));

        says(client, "knock");
        hears(client, "come in");
        xipc_socket_close(client);
    }
    REQUIRE_OK(xipc_interrupt(xipc_socket_listener_object(self.listener)));
    for (int at = 0; at < THREADS; at++) {
        spec_thread_join(threads[at]);
    }
    REQUIRE_UINT(CLIENTS, self.count);
    xipc_socket_listener_close(self.listener);
}

SPEC(many_threads_accept_and_each_client_meets_one, "GEN-6 SOCK-2")
{
    with_all_streams(many_accept);
}
