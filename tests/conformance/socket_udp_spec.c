/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams. On this machine's loopback none is lost while there is room. */
#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

static void letters_go(const char *uri)
{
    xipc_socket *one = bound(uri);
    xipc_socket *two = bound(uri);
    xipc_address to = address_here(two);
    xipc_address from;

    for (int round = 0; round < 50; round++) {
        posts(one, &to, "ping");
        gets_letter(two, "ping", &from);
        posts(two, &from, "pong!");
        gets_letter(one, "pong!", &from);
        REQUIRE(xipc_address_is_same(&from, &to));
    }
    xipc_socket_close(one);
    xipc_socket_close(two);
}

SPEC(datagrams_go_to_and_fro, "SOCK-2")
{
    xipc_socket *wide = UNTOUCHED;

    letters_go("udp://127.0.0.1:0");
    if (xipc_socket_bind("udp://[::1]:0", NULL, soon(), &wide) == XIPC_OK) {
        xipc_socket_close(wide);
        letters_go("udp://[::1]:0");
    } else {
        spec_note("no IPv6 here: %s", xipc_detail());
    }
}

SPEC(each_datagram_is_whole_and_may_be_empty, "SOCK-2")
{
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_address here = address_here(one);
    size_t size = 77;
    char byte = '!';

    posts(one, &here, "first");
    REQUIRE_OK(xipc_socket_send(one, &here, NULL, 0, soon()));
    posts(one, &here, "third");
    gets_letter(one, "first", NULL);
    REQUIRE_OK(xipc_socket_receive(one, &byte, 1, soon(), &size, NULL));
    REQUIRE_UINT(0, size);
    REQUIRE(byte == '!');
    gets_letter(one, "third", NULL);
    REQUIRE_OK(xipc_socket_send(one, &here, NULL, 0, soon()));
    REQUIRE_OK(xipc_socket_receive(one, NULL, 0, soon(), &size, NULL));
    xipc_socket_close(one);
}

SPEC(a_datagram_that_is_cut_says_how_long_it_was, "SOCK-2")
{
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_address here = address_here(one);
    static char bytes[XIPC_DATAGRAM_MAX];
    char buffer[8] = "";
    xipc_address from;
    size_t size = 0;

    memset(bytes, 'a', sizeof bytes);
    REQUIRE_OK(xipc_socket_send(one, &here, bytes, sizeof bytes, soon()));
    posts(one, &here, "next");
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_socket_receive(one, buffer, 7, soon(), &size, &from));
    REQUIRE_UINT(sizeof bytes, size);
    REQUIRE_TEXT("aaaaaaa", buffer);
    REQUIRE(xipc_address_is_same(&from, &here));
    gets_letter(one, "next", NULL);
    xipc_socket_close(one);
}

SPEC(the_longest_datagram_arrives_and_a_longer_one_is_refused, "SOCK-2")
{
    static unsigned char sent[XIPC_DATAGRAM_MAX + 1];
    static unsigned char got[XIPC_DATAGRAM_MAX + 1];
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_address here = address_here(one);
    size_t size = 0;

    for (size_t at = 0; at < sizeof sent; at++) {
        sent[at] = (unsigned char)(at * 11);
    }
    REQUIRE_STATUS(
        XIPC_E_TOO_BIG,
        xipc_socket_send(one, &here, sent, sizeof sent, soon()));
    REQUIRE_OK(xipc_socket_send(one, &here, sent, XIPC_DATAGRAM_MAX, soon()));
    REQUIRE_OK(xipc_socket_receive(one, got, sizeof got, soon(), &size, NULL));
    REQUIRE_UINT(XIPC_DATAGRAM_MAX, size);
    REQUIRE(memcmp(sent, got, size) == 0);
    xipc_socket_close(one);
}

SPEC(a_connected_socket_for_datagrams_needs_no_address, "SOCK-2")
{
    xipc_socket *server = bound("udp://127.0.0.1:0");
    xipc_socket *stranger = bound("udp://127.0.0.1:0");
    xipc_socket *client;
    xipc_address from;
    xipc_address here;
    char uri[XIPC_SOCKET_URI_SIZE];

    REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
    client = connected(uri);
    here = address_here(client);
    posts(client, NULL, "hello");
    gets_letter(server, "hello", &from);
    REQUIRE(xipc_address_is_same(&from, &here));
    posts(stranger, &here, "not for you");
    posts(server, &from, "for you");
    gets_letter(client, "for you", NULL);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_send(server, NULL, "x", 1, soon()));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_send(client, &from, "x", 1, soon()));
    xipc_socket_close(client);
    xipc_socket_close(server);
    xipc_socket_close(stranger);
}

SPEC(that_nobody_receives_is_told_to_no_sender, "SOCK-2")
{
    xipc_socket *server = bound("udp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_socket *client;
    char byte;
    size_t size;

    REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
    xipc_socket_close(server);
    client = connected(uri);
    for (int round = 0; round < 20; round++) {
        posts(client, NULL, "anybody?");
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_socket_receive(
                client, &byte, 1, xipc_after_ms(2), &size, NULL));
    }
    REQUIRE_OK(xipc_socket_bind(uri, NULL, soon(), &server));
    posts(client, NULL, "now?");
    gets_letter(server, "now?", NULL);
    xipc_socket_close(server);
    xipc_socket_close(client);
}

typedef struct caller {
    xipc_socket *socket;
    _Atomic int is_over;
} caller;

static void calls_without_end(void *context)
{
    caller *self = context;

    while (!self->is_over) {
        posts(self->socket, NULL, "anybody?");
    }
}

SPEC(that_nobody_receives_keeps_nobody_past_a_deadline, "SOCK-2 GEN-4")
{
    xipc_socket *server = bound("udp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];
    caller self = {.is_over = 0};
    spec_thread *thread;
    char byte;
    size_t size;

    REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
    self.socket = connected(uri);
    xipc_socket_close(server);
    thread = spec_thread_start(calls_without_end, &self);
    for (int round = 0; round < 5; round++) {
        xipc_deadline deadline = xipc_after_ms(40);

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_socket_receive(self.socket, &byte, 1, deadline, &size, NULL));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    self.is_over = 1;
    spec_thread_join(thread);
    xipc_socket_close(self.socket);
}

SPEC(receiving_waits_no_shorter_than_its_deadline, "SOCK-2 GEN-4")
{
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_address from;
    xipc_address before;
    char byte = 'x';
    size_t size = 77;

    memset(&from, 5, sizeof from);
    before = from;
    for (int64_t ms = 1; ms < 100; ms *= 5) {
        xipc_deadline deadline = xipc_after_ms(ms);

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_socket_receive(one, &byte, 1, deadline, &size, &from));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_socket_receive(one, &byte, 1, XIPC_NOW, &size, &from));
    REQUIRE_UINT(77, size);
    REQUIRE(xipc_address_is_same(&from, &before));
    xipc_socket_close(one);
}

SPEC(a_port_is_one_sockets, "SOCK-4")
{
    xipc_socket *one = bound("udp://127.0.0.1:0");
    xipc_socket *two = UNTOUCHED;
    char uri[XIPC_SOCKET_URI_SIZE];

    REQUIRE_OK(xipc_socket_uri(one, uri, sizeof uri));
    REQUIRE_STATUS(XIPC_E_EXISTS, xipc_socket_bind(uri, NULL, soon(), &two));
    REQUIRE(two == UNTOUCHED);
    xipc_socket_close(one);
    two = bound(uri);
    xipc_socket_close(two);
}

SPEC(broadcast_is_only_for_who_asked, "SOCK-4")
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_address all = address_of("udp://127.255.255.255:9");
    xipc_socket *plain = bound("udp://0.0.0.0:0");
    xipc_socket *wide;
    xipc_status status;

    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_socket_send(plain, &all, "x", 1, soon()));
    options.flags = XIPC_SOCKET_BROADCAST;
    REQUIRE_OK(xipc_socket_bind("udp://0.0.0.0:0", &options, soon(), &wide));
    status = xipc_socket_send(wide, &all, "x", 1, soon());
    REQUIRE(status == XIPC_OK || status == XIPC_E_NOT_FOUND);
    xipc_socket_close(plain);
    xipc_socket_close(wide);
}

SPEC(streams_and_datagrams_have_calls_of_their_own, "SOCK-2 GEN-7")
{
    xipc_socket *letters = bound("udp://127.0.0.1:0");
    ends stream = ends_of("tcp://127.0.0.1:0");
    char byte;
    size_t size = 7;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_write(letters, "x", 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_read(letters, &byte, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_shutdown_write(letters));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_send(stream.client, NULL, "x", 1, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_receive(stream.client, &byte, 1, XIPC_NOW, &size, NULL));
    REQUIRE_UINT(7, size);
    ends_close(&stream);
    xipc_socket_close(letters);
}
