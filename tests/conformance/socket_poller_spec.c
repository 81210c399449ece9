/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets in pollers. */
#include "support/socket_kit.h"

static xipc_poller *
poller_at(xipc_object *object, uint32_t events, void *cookie)
{
    xipc_poller *poller = poller_made();

    REQUIRE_OK(xipc_poller_add(poller, object, events, cookie));
    return poller;
}

/* The events of the one thing in it. */
static uint32_t is_told(xipc_poller *poller, xipc_deadline deadline)
{
    xipc_ready ready[4];
    size_t count = 0;
    xipc_status status = xipc_poller_wait(poller, ready, 4, deadline, &count);

    if (status != XIPC_OK) {
        REQUIRE(status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN);
        return 0;
    }
    REQUIRE_UINT(1, count);
    return ready[0].events;
}

static void is_readable_while_there_is_something(const char *uri)
{
    ends self = ends_of(uri);
    xipc_poller *poller =
        poller_at(xipc_socket_object(self.server), XIPC_READABLE, self.server);

    for (int round = 0; round < 20; round++) {
        REQUIRE_UINT(0, is_told(poller, xipc_after_ms(1)));
        says(self.client, "ab");
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        hears(self.server, "a");
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        hears(self.server, "b");
    }
    REQUIRE_UINT(0, is_told(poller, XIPC_NOW));
    xipc_socket_close(self.client);
    self.client = NULL;
    REQUIRE_UINT(XIPC_READABLE | XIPC_HUNG_UP, is_told(poller, soon()));
    hears_the_end(self.server);
    xipc_poller_close(poller);
    ends_close(&self);
}

SPEC(a_stream_is_readable_while_there_is_something, "WAIT-1 SOCK-2")
{
    with_all_streams(is_readable_while_there_is_something);
}

/* That an earlier one was refused changes nothing. */
SPEC(who_was_refused_is_told_of_what_comes_later, "WAIT-1 SOCK-2")
{
    xipc_socket *server = bound("udp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_socket *client;
    xipc_poller *poller;
    xipc_address from;
    char byte;
    size_t size;

    REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
    client = connected(uri);
    poller = poller_at(xipc_socket_object(client), XIPC_READABLE, client);
    xipc_socket_close(server);
    posts(client, NULL, "anybody?");
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_receive(client, &byte, 1, xipc_after_ms(20), &size, NULL));
    REQUIRE_UINT(0, is_told(poller, XIPC_NOW));

    REQUIRE_OK(xipc_socket_bind(uri, NULL, soon(), &server));
    posts(client, NULL, "now?");
    gets_letter(server, "now?", &from);
    for (int round = 0; round < 20; round++) {
        posts(server, &from, "yes");
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        gets_letter(client, "yes", NULL);
        REQUIRE_UINT(0, is_told(poller, xipc_after_ms(1)));
    }
    xipc_poller_close(poller);
    xipc_socket_close(server);
    xipc_socket_close(client);
}

static void is_writable_while_there_is_room(const char *uri)
{
    static char buffer[1 << 16];
    ends self = narrow_ends_of(uri);
    xipc_poller *poller =
        poller_at(xipc_socket_object(self.client), XIPC_WRITABLE, self.client);

    for (int round = 0; round < 3; round++) {
        size_t left;
        size_t size = 0;

        REQUIRE_UINT(XIPC_WRITABLE, is_told(poller, soon()));
        left = fills(self.client);
        /* The system may still be moving some of it to the other side. */
        while (is_told(poller, xipc_after_ms(60)) != 0) {
            left += fills(self.client);
        }
        while (left > 0) {
            REQUIRE_OK(xipc_socket_read(
                self.server, buffer, sizeof buffer, soon(), &size));
            left -= size;
        }
    }
    REQUIRE_UINT(XIPC_WRITABLE, is_told(poller, soon()));
    xipc_poller_close(poller);
    ends_close(&self);
}

SPEC(a_stream_is_writable_while_there_is_room, "WAIT-1 SOCK-2")
{
    with_all_streams(is_writable_while_there_is_room);
}

/* Who waits for room is told of room, not of what he cannot read. */
static void half_an_end_is_told_to_readers(const char *uri)
{
    ends self = narrow_ends_of(uri);
    xipc_poller *writes =
        poller_at(xipc_socket_object(self.server), XIPC_WRITABLE, self.server);
    xipc_poller *reads =
        poller_at(xipc_socket_object(self.server), XIPC_READABLE, self.server);

    REQUIRE_OK(xipc_socket_shutdown_write(self.client));
    REQUIRE_UINT(XIPC_READABLE | XIPC_HUNG_UP, is_told(reads, soon()));
    REQUIRE_UINT(XIPC_WRITABLE | XIPC_HUNG_UP, is_told(writes, soon()));
    do {
        (void)fills(self.server);
    } while (is_told(writes, xipc_after_ms(60)) != 0);
    REQUIRE_UINT(0, is_told(writes, XIPC_NOW));
    REQUIRE_UINT(XIPC_READABLE | XIPC_HUNG_UP, is_told(reads, XIPC_NOW));
    xipc_socket_close(self.client);
    self.client = NULL;
    REQUIRE_UINT(XIPC_WRITABLE | XIPC_HUNG_UP, is_told(writes, soon()));
    xipc_poller_close(writes);
    xipc_poller_close(reads);
    ends_close(&self);
}

SPEC(half_an_end_wakes_nobody_who_waits_for_room, "WAIT-1 SOCK-2")
{
    with_all_streams(half_an_end_is_told_to_readers);
}

/* Little at a time, so that it is full without a write that was refused. */
static void is_filled_slowly(const char *uri)
{
    static char buffer[1 << 16];
    ends self = narrow_ends_of(uri);
    xipc_socket *busy = bound("udp://127.0.0.1:0");
    xipc_address here = address_here(busy);
    xipc_poller *poller =
        poller_at(xipc_socket_object(self.client), XIPC_WRITABLE, self.client);
    xipc_deadline end = xipc_after_ms(10000);
    uint32_t seen = 0;
    size_t size;

    while (is_told(poller, xipc_after_ms(20)) != 0) {
        xipc_status status =
            xipc_socket_write(self.client, buffer, 500, XIPC_NOW, NULL);

        REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
    }
    posts(busy, &here, "always ready");
    REQUIRE_OK(
        xipc_poller_add(poller, xipc_socket_object(busy), XIPC_READABLE, busy));
    while (xipc_socket_read(
               self.server, buffer, sizeof buffer, xipc_after_ms(50), &size) ==
           XIPC_OK) {
    }
    /* Without a deadline, and never idle: nobody looks round for it. */
    while (seen == 0) {
        answer got = {.count = 0};

        REQUIRE(xipc_after_ms(0) < end);
        REQUIRE_OK(
            xipc_poller_wait(poller, got.ready, 4, XIPC_FOREVER, &got.count));
        seen = told_of(&got, self.client);
    }
    REQUIRE_UINT(XIPC_WRITABLE, seen);
    xipc_poller_close(poller);
    xipc_socket_close(busy);
    ends_close(&self);
}

SPEC(that_there_is_room_again_is_told_to_who_was_never_refused, "WAIT-1 SOCK-2")
{
    with_all_streams(is_filled_slowly);
}

static void a_listener_is_told(const char *uri)
{
    xipc_socket_listener *listener = socket_listening(uri);
    xipc_poller *poller = poller_at(
        xipc_socket_listener_object(listener), XIPC_READABLE, listener);

    for (int round = 0; round < 5; round++) {
        xipc_socket *one;
        xipc_socket *two;

        REQUIRE_UINT(0, is_told(poller, XIPC_NOW));
        one = connected(uri_of_listener(listener));
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        two = connected(uri_of_listener(listener));
        xipc_socket_close(socket_accepted(listener));
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        xipc_socket_close(socket_accepted(listener));
        xipc_socket_close(one);
        xipc_socket_close(two);
    }
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipc_poller_add(
                                  poller, xipc_socket_listener_object(listener),
                                  XIPC_WRITABLE, NULL));
    xipc_socket_listener_close(listener);
    REQUIRE_UINT(0, is_told(poller, xipc_after_ms(1)));
    xipc_poller_close(poller);
}

SPEC(a_listener_is_readable_while_somebody_waits_there, "WAIT-1 SOCK-2")
{
    with_all_streams(a_listener_is_told);
}

SPEC(a_socket_for_datagrams_is_readable_while_there_is_one, "WAIT-1 SOCK-2")
{
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_address here = address_here(one);
    xipc_poller *poller =
        poller_at(xipc_socket_object(one), XIPC_READABLE, one);

    for (int round = 0; round < 20; round++) {
        REQUIRE_UINT(0, is_told(poller, XIPC_NOW));
        posts(one, &here, "a");
        posts(one, &here, "b");
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        gets_letter(one, "a", NULL);
        REQUIRE_UINT(XIPC_READABLE, is_told(poller, soon()));
        gets_letter(one, "b", NULL);
    }
    xipc_poller_close(poller);
    xipc_socket_close(one);
}

PEER(says_hello_when_it_is_told)
{
    xipc_socket *socket = connected(spec_argument(0));

    spec_expect(NULL, "go");
    says(socket, "hello");
    spec_expect(NULL, "end");
    xipc_socket_close(socket);
}

SPEC(a_poller_that_sleeps_is_woken_by_another_process, "WAIT-1 SOCK-2")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    spec_peer *peer =
        START(says_hello_when_it_is_told, uri_of_listener(listener));
    xipc_socket *server = socket_accepted(listener);
    xipc_poller *poller =
        poller_at(xipc_socket_object(server), XIPC_READABLE, server);
    poll_call call;

    poll_begin(&call, poller, XIPC_FOREVER);
    let_pass(5);
    spec_tell(peer, "go");
    REQUIRE_OK(poll_end(&call));
    REQUIRE_UINT(XIPC_READABLE, told_of(&call.answer, server));
    hears(server, "hello");
    spec_tell(peer, "end");
    REQUIRE_UINT(XIPC_READABLE | XIPC_HUNG_UP, is_told(poller, soon()));
    hears_the_end(server);
    spec_join(peer);
    xipc_poller_close(poller);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}
