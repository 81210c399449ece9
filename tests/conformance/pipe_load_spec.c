/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Five hundred connections at once, each of which gets its messages back, from
 * one thread with a poller. XIPC_LOAD_MESSAGES says how many messages each
 * sends; a thousand, where that does not take minutes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/pipe_kit.h"
#include "support/poller_kit.h"

enum { CLIENT_COUNT = 5, EACH = 100, LONGEST = 3000, AT_ONCE = 64 };

static unsigned long messages_here(void)
{
    return kill_setting("XIPC_LOAD_MESSAGES", rounds_here(1000, 10));
}

static uint64_t number_of(int at, unsigned long message)
{
    return (uint64_t)at * 1000003 + message;
}

PEER(a_client_of_many_connections)
{
    unsigned long messages = strtoul(spec_argument(0), NULL, 10);
    static xipc_pipe *pipes[EACH];

    for (int at = 0; at < EACH; at++) {
        REQUIRE_OK(xipc_pipe_connect("a", NULL, XIPC_FOREVER, &pipes[at]));
    }
    spec_tell(NULL, "connected");
    spec_expect(NULL, "go");
    for (unsigned long message = 0; message < messages; message++) {
        for (int at = 0; at < EACH; at++) {
            uint64_t number = number_of(at, message);

            pipe_puts(pipes[at], number, message_size(number, LONGEST));
        }
        for (int at = 0; at < EACH; at++) {
            uint64_t number = number_of(at, message);

            pipe_gets(pipes[at], number, message_size(number, LONGEST));
        }
    }
    for (int at = 0; at < EACH; at++) {
        require_dry(pipes[at]);
        xipc_pipe_close(pipes[at]);
    }
    spec_tell(NULL, "over");
}

typedef struct echo_server {
    xipc_pipe_listener *listener;
    xipc_poller *poller;
    unsigned accepted;
    unsigned open;
    uint64_t echoed;
} echo_server;

static void accept_all(echo_server *self)
{
    xipc_pipe *pipe;
    xipc_status status = xipc_pipe_accept(self->listener, XIPC_NOW, &pipe);

    while (status == XIPC_OK) {
        poller_takes(self->poller, xipc_pipe_object(pipe), pipe);
        self->accepted++;
        self->open++;
        status = xipc_pipe_accept(self->listener, XIPC_NOW, &pipe);
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
}

static void echo_all(echo_server *self, xipc_pipe *pipe)
{
    unsigned char bytes[LONGEST];
    size_t size;
    xipc_status status =
        xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_NOW, &size);

    while (status == XIPC_OK) {
        REQUIRE_OK(xipc_pipe_write(pipe, bytes, size, XIPC_FOREVER, NULL));
        self->echoed++;
        status = xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_NOW, &size);
    }
    if (status != XIPC_E_AGAIN) {
        REQUIRE_STATUS(XIPC_E_CLOSED, status);
        xipc_pipe_close(pipe);
        self->open--;
    }
}

static void serve_once(echo_server *self)
{
    xipc_ready ready[AT_ONCE];
    size_t count;

    REQUIRE_OK(
        xipc_poller_wait(self->poller, ready, AT_ONCE, XIPC_FOREVER, &count));
    for (size_t at = 0; at < count; at++) {
        if (ready[at].cookie == self) {
            accept_all(self);
        } else {
            echo_all(self, ready[at].cookie);
        }
    }
}

SPEC(five_hundred_connections_get_all_their_messages_back, "PIPE-4 WAIT-4")
{
    echo_server self = {
        .listener = listening("a", XIPC_PIPE_MESSAGES),
        .poller = poller_made()};
    unsigned long messages = messages_here();
    spec_peer *clients[CLIENT_COUNT];
    char text[24];
    int64_t start = spec_now_ns();

    (void)snprintf(text, sizeof text, "%lu", messages);
    poller_takes(self.poller, xipc_pipe_listener_object(self.listener), &self);
    for (int i = 0; i < CLIENT_COUNT; i++) {
        clients[i] = START(a_client_of_many_connections, text);
    }
    while (self.accepted < CLIENT_COUNT * EACH) {
        serve_once(&self);
    }
    spec_note(
        "%d connections in %lld ms", CLIENT_COUNT * EACH,
        (long long)((spec_now_ns() - start) / NS_PER_MS));
    for (int i = 0; i < CLIENT_COUNT; i++) {
        spec_expect(clients[i], "connected");
        spec_tell(clients[i], "go");
    }
    start = spec_now_ns();
    while (self.open > 0) {
        serve_once(&self);
    }
    for (int i = 0; i < CLIENT_COUNT; i++) {
        spec_expect(clients[i], "over");
        spec_join(clients[i]);
    }
    REQUIRE_UINT((uint64_t)CLIENT_COUNT * EACH * messages, self.echoed);
    spec_note(
        "%llu messages in %lld ms", (unsigned long long)self.echoed,
        (long long)((spec_now_ns() - start) / NS_PER_MS));
    xipc_poller_close(self.poller);
    xipc_pipe_listener_close(self.listener);
}
