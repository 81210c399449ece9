/* SPDX-License-Identifier: Apache-2.0 */
/* Many connections at one poller, and one thread that serves them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/socket_kit.h"

enum { PIECE = 16384, LONGEST = 3000, PEERS = 4 };

/* ---- the server: echoes ---- */

typedef struct served {
    xipc_socket *socket;
    size_t begin; /* what was read and is not written yet */
    size_t end;
    char bytes[PIECE];
} served;

typedef struct server {
    xipc_socket_listener *listener;
    xipc_poller *poller;
    unsigned expected; /* connections to come */
    unsigned living;
} server;

static void waits_for(server *self, served *one, uint32_t events)
{
    xipc_object *object = xipc_socket_object(one->socket);

    (void)xipc_poller_remove(self->poller, object);
    REQUIRE_OK(xipc_poller_add(self->poller, object, events, one));
}

static void takes_in(server *self)
{
    xipc_socket *socket;

    while (xipc_socket_accept(self->listener, XIPC_NOW, &socket) == XIPC_OK) {
        served *one = calloc(1, sizeof *one);

        REQUIRE(one != NULL);
        one->socket = socket;
        waits_for(self, one, XIPC_READABLE);
        self->expected--;
        self->living++;
    }
}

static void lets_go(server *self, served *one)
{
    xipc_socket_close(one->socket);
    free(one);
    self->living--;
}

/* 0: all is written. */
static int has_left(served *one)
{
    size_t written = 0;
    xipc_status status = xipc_socket_write(
        one->socket, one->bytes + one->begin, one->end - one->begin, XIPC_NOW,
        &written);

    REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
    one->begin += written;
    return one->begin < one->end;
}

static void serves(server *self, served *one)
{
    int was_full = one->begin < one->end;
    xipc_status status;

    if (was_full && has_left(one)) {
        return;
    }
    if (was_full) {
        waits_for(self, one, XIPC_READABLE);
    }
    one->begin = 0;
    one->end = 0;
    status =
        xipc_socket_read(one->socket, one->bytes, PIECE, XIPC_NOW, &one->end);
    if (status == XIPC_E_CLOSED) {
        lets_go(self, one);
    } else if (status != XIPC_E_AGAIN) {
        REQUIRE_OK(status);
        if (has_left(one)) {
            waits_for(self, one, XIPC_WRITABLE);
        }
    }
}

static server server_made(unsigned expected)
{
    server self = {
        .listener = socket_listening("tcp://127.0.0.1:0"),
        .poller = poller_made(),
        .expected = expected};

    REQUIRE_OK(xipc_poller_add(
        self.poller, xipc_socket_listener_object(self.listener), XIPC_READABLE,
        NULL));
    return self;
}

static void hears_of(server *self, const xipc_ready *ready)
{
    if (ready->cookie == NULL) {
        takes_in(self);
    } else {
        serves(self, ready->cookie);
    }
}

/* Until all that were to come have come and gone. */
static void server_runs(server *self)
{
    while (self->expected > 0 || self->living > 0) {
        xipc_ready ready[64];
        size_t count = 0;

        REQUIRE_OK(xipc_poller_wait(self->poller, ready, 64, soon(), &count));
        for (size_t at = 0; at < count; at++) {
            hears_of(self, &ready[at]);
        }
    }
}

static void server_ends(server *self)
{
    xipc_poller_close(self->poller);
    xipc_socket_listener_close(self->listener);
}

/* ---- clients ---- */

static size_t size_of(unsigned who, unsigned round)
{
    return 1 + (who * 7919u + round * 104729u) % LONGEST;
}

static char byte_of(unsigned who, unsigned round, size_t at)
{
    return (char)(who * 31u + round * 17u + (unsigned)at);
}

static void client_says(xipc_socket *socket, unsigned who, unsigned round)
{
    char bytes[LONGEST + 1];
    size_t size = size_of(who, round);

    for (size_t at = 0; at < size; at++) {
        bytes[at] = byte_of(who, round, at);
    }
    REQUIRE_OK(xipc_socket_write(socket, bytes, size, XIPC_FOREVER, NULL));
}

static void client_hears(xipc_socket *socket, unsigned who, unsigned round)
{
    char bytes[LONGEST + 1];
    size_t size = size_of(who, round);

    REQUIRE_OK(reads_all(socket, bytes, size, XIPC_FOREVER));
    for (size_t at = 0; at < size; at++) {
        REQUIRE(bytes[at] == byte_of(who, round, at));
    }
}

PEER(has_many_connections)
{
    const char *uri = spec_argument(0);
    unsigned count = (unsigned)strtoul(spec_argument(1), NULL, 10);
    unsigned rounds = (unsigned)strtoul(spec_argument(2), NULL, 10);
    xipc_socket **sockets = calloc(count, sizeof(xipc_socket *));

    REQUIRE(sockets != NULL);
    for (unsigned who = 0; who < count; who++) {
        sockets[who] = connected(uri);
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned who = 0; who < count; who++) {
            client_says(sockets[who], who, round);
        }
        for (unsigned who = 0; who < count; who++) {
            client_hears(sockets[who], who, round);
        }
    }
    for (unsigned who = 0; who < count; who++) {
        REQUIRE_OK(xipc_socket_shutdown_write(sockets[who]));
        hears_the_end(sockets[who]);
        xipc_socket_close(sockets[who]);
    }
    free(sockets);
}

/* As many as this process can have, and some to spare. */
static unsigned room_for(unsigned wanted)
{
    xipc_socket **sockets = calloc(wanted + 100, sizeof(xipc_socket *));
    unsigned count = 0;

    REQUIRE(sockets != NULL);
    while (count < wanted + 100 && xipc_socket_bind(
                                       "udp://127.0.0.1:0", NULL, XIPC_NOW,
                                       &sockets[count]) == XIPC_OK) {
        count++;
    }
    for (unsigned at = 0; at < count; at++) {
        xipc_socket_close(sockets[at]);
    }
    free(sockets);
    REQUIRE(count > 100);
    return count - 100;
}

SPEC(two_thousand_connections_at_one_poller_lose_nothing, "SOCK-2 WAIT-1")
{
    unsigned each = room_for(2000) / PEERS;
    server self = server_made(each * PEERS);
    spec_peer *peers[PEERS];
    char count[12];
    char rounds[12];

    spec_note("%u connections", each * PEERS);
    (void)snprintf(count, sizeof count, "%u", each);
    (void)snprintf(rounds, sizeof rounds, "%u", rounds_here(10, 3));
    for (int at = 0; at < PEERS; at++) {
        peers[at] = START(
            has_many_connections, uri_of_listener(self.listener), count,
            rounds);
    }
    server_runs(&self);
    for (int at = 0; at < PEERS; at++) {
        spec_join(peers[at]);
    }
    server_ends(&self);
}

/* ---- one who does not read ---- */

PEER(one_does_not_read_and_others_talk)
{
    const char *uri = spec_argument(0);
    xipc_socket *slow = connected(uri);
    xipc_socket *quick = connected(uri);
    size_t filled = fills(slow);
    char *bytes = malloc(filled);

    REQUIRE(bytes != NULL);
    for (unsigned round = 0; round < 200; round++) {
        client_says(quick, 1, round);
        client_hears(quick, 1, round);
    }
    REQUIRE_OK(reads_all(slow, bytes, filled, XIPC_FOREVER));
    for (size_t at = 0; at < filled; at++) {
        REQUIRE(bytes[at] == 0);
    }
    spec_note("%zu bytes were held back", filled);
    free(bytes);
    xipc_socket_close(slow);
    xipc_socket_close(quick);
}

SPEC(who_does_not_read_holds_back_nobody_else, "SOCK-2 WAIT-1")
{
    server self = server_made(2);
    spec_peer *peer = START(
        one_does_not_read_and_others_talk, uri_of_listener(self.listener));

    server_runs(&self);
    spec_join(peer);
    server_ends(&self);
}
