/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of all sorts: what is written is read, until the end. */
#include <stdlib.h>
#include <string.h>

#include "support/socket_kit.h"

static void both_sides_talk(const char *uri)
{
    ends self = ends_of(uri);

    for (int round = 0; round < 100; round++) {
        says(self.client, "a question");
        hears(self.server, "a question");
        says(self.server, "answer");
        hears(self.client, "answer");
    }
    ends_close(&self);
}

SPEC(both_sides_of_a_stream_talk, "SOCK-2")
{
    with_all_streams(both_sides_talk);
}

static void pieces_become_one_stream(const char *uri)
{
    ends self = ends_of(uri);

    says(self.client, "one");
    says(self.client, "");
    says(self.client, "two");
    hears(self.server, "onet");
    hears(self.server, "wo");
    ends_close(&self);
}

SPEC(a_stream_keeps_no_borders, "SOCK-2")
{
    with_all_streams(pieces_become_one_stream);
}

static void the_end_comes_after_all(const char *uri)
{
    ends self = ends_of(uri);

    says(self.client, "last words");
    xipc_socket_close(self.client);
    self.client = NULL;
    hears(self.server, "last words");
    hears_the_end(self.server);
    hears_the_end(self.server);
    ends_close(&self);
}

SPEC(what_was_written_arrives_before_the_end, "SOCK-2")
{
    with_all_streams(the_end_comes_after_all);
}

static void half_is_closed(const char *uri)
{
    ends self = ends_of(uri);
    size_t written = 7;

    says(self.client, "all I have to say");
    REQUIRE_OK(xipc_socket_shutdown_write(self.client));
    REQUIRE_OK(xipc_socket_shutdown_write(self.client));
    hears(self.server, "all I have to say");
    hears_the_end(self.server);
    says(self.server, "but I have more");
    hears(self.client, "but I have more");
    REQUIRE_STATUS(
        XIPC_E_CLOSED,
        xipc_socket_write(self.client, "x", 1, soon(), &written));
    REQUIRE_UINT(0, written);
    ends_close(&self);
}

SPEC(one_direction_can_end_alone, "SOCK-2")
{
    with_all_streams(half_is_closed);
}

static void nobody_reads(const char *uri)
{
    ends self = ends_of(uri);
    xipc_status status = XIPC_OK;

    xipc_socket_close(self.server);
    self.server = NULL;
    while (status == XIPC_OK) {
        status = xipc_socket_write(self.client, "x", 1, soon(), NULL);
    }
    REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    ends_close(&self);
}

SPEC(writing_to_nobody_is_told_without_a_signal, "SOCK-2 GEN-3")
{
    with_all_streams(nobody_reads);
}

static void nothing_is_lost_on_closing(const char *uri)
{
    enum { SIZE = 50000 };
    static unsigned char sent[SIZE];
    static unsigned char got[SIZE];
    ends self = ends_of(uri);

    for (size_t at = 0; at < SIZE; at++) {
        sent[at] = (unsigned char)(at * 7);
    }
    says(self.server, "nobody will read this");
    REQUIRE_OK(xipc_socket_write(self.client, sent, SIZE, soon(), NULL));
    xipc_socket_close(self.client);
    self.client = NULL;
    REQUIRE_OK(reads_all(self.server, got, SIZE, soon()));
    REQUIRE(memcmp(sent, got, SIZE) == 0);
    hears_the_end(self.server);
    ends_close(&self);
}

SPEC(closing_loses_nothing_also_when_something_was_left_unread, "SOCK-2")
{
    with_all_streams(nothing_is_lost_on_closing);
}

static xipc_status read_byte(void *context, xipc_deadline deadline)
{
    char byte;
    size_t size;

    return xipc_socket_read(context, &byte, 1, deadline, &size);
}

static void reading_waits(const char *uri)
{
    ends self = ends_of(uri);
    int64_t lengths[] = {1, 30, 120};

    for (int at = 0; at < 3; at++) {
        xipc_deadline deadline = xipc_after_ms(lengths[at]);

        REQUIRE_STATUS(XIPC_E_TIMEOUT, read_byte(self.server, deadline));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, read_byte(self.server, xipc_after_ms(-5)));
    REQUIRE_STATUS(XIPC_E_AGAIN, read_byte(self.server, XIPC_NOW));
    says(self.client, "x");
    REQUIRE_OK(read_byte(self.server, xipc_after_ms(60000)));
    ends_close(&self);
}

SPEC(reading_waits_no_shorter_than_its_deadline, "SOCK-2 GEN-4")
{
    with_all_streams(reading_waits);
}

static void writing_says_how_much(const char *uri)
{
    enum { SIZE = 8 << 20 };
    unsigned char *bytes = malloc(SIZE);
    unsigned char *got = malloc(SIZE);
    ends self = ends_of(uri);
    xipc_deadline deadline = xipc_after_ms(30);
    size_t written = 0;

    REQUIRE(bytes && got);
    for (size_t at = 0; at < SIZE; at++) {
        bytes[at] = (unsigned char)(at >> 8 ^ at);
    }
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_write(self.client, bytes, SIZE, deadline, &written));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(written > 0 && written < SIZE);
    REQUIRE_OK(reads_all(self.server, got, written, soon()));
    REQUIRE(memcmp(bytes, got, written) == 0);
    REQUIRE_STATUS(XIPC_E_AGAIN, read_byte(self.server, XIPC_NOW));
    ends_close(&self);
    free(bytes);
    free(got);
}

SPEC(a_write_that_times_out_says_how_much_is_on_its_way, "SOCK-2 GEN-4 GEN-5")
{
    with_all_streams(writing_says_how_much);
}

SPEC(accepting_waits_no_shorter_than_its_deadline, "SOCK-2 GEN-4")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    xipc_socket *socket = UNTOUCHED;
    xipc_deadline deadline = xipc_after_ms(40);

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_socket_accept(listener, deadline, &socket));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_socket_accept(listener, XIPC_NOW, &socket));
    REQUIRE(socket == UNTOUCHED);
    xipc_socket_listener_close(listener);
}

static void an_address_is_taken(const char *uri)
{
    xipc_socket_listener *listener = socket_listening(uri);
    xipc_socket_listener *second = UNTOUCHED;
    char address[XIPC_SOCKET_URI_SIZE];

    strcpy(address, uri_of_listener(listener));
    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_socket_listen(address, NULL, XIPC_NOW, &second));
    REQUIRE(second == UNTOUCHED);
    xipc_socket_listener_close(listener);
    for (int round = 0; round < 50; round++) {
        xipc_socket *client;
        xipc_socket *server;

        listener = socket_listening(address);
        client = connected(address);
        server = socket_accepted(listener);
        xipc_socket_close(server);
        xipc_socket_close(client);
        xipc_socket_listener_close(listener);
    }
}

SPEC(an_address_is_one_listeners_and_free_after_it, "SOCK-1 SOCK-4 SOCK-5")
{
    with_all_streams(an_address_is_taken);
}

static void the_listener_goes(const char *uri)
{
    ends self = ends_of(uri);

    xipc_socket_listener_close(self.listener);
    self.listener = NULL;
    says(self.client, "still here");
    hears(self.server, "still here");
    ends_close(&self);
}

SPEC(connections_outlive_their_listener, "SOCK-2")
{
    with_all_streams(the_listener_goes);
}

static void nobody_listens(const char *uri)
{
    xipc_socket_listener *listener = socket_listening(uri);
    xipc_socket *socket = UNTOUCHED;
    char address[XIPC_SOCKET_URI_SIZE];

    strcpy(address, uri_of_listener(listener));
    xipc_socket_listener_close(listener);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_socket_connect(address, NULL, soon(), &socket));
    REQUIRE(socket == UNTOUCHED);
}

SPEC(where_nobody_listens_is_told_at_once, "SOCK-2")
{
    with_all_streams(nobody_listens);
}

static void buffers_are_as_asked(const char *uri)
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_socket_listener *listener = NULL;
    xipc_socket *small;
    xipc_socket *server;
    size_t little;

    options.send_buffer = 8192;
    options.receive_buffer = 8192;
    options.flags = XIPC_SOCKET_DELAY | XIPC_SOCKET_KEEP_ALIVE;
    REQUIRE_OK(xipc_socket_listen(uri, &options, soon(), &listener));
    REQUIRE_OK(xipc_socket_connect(
        uri_of_listener(listener), &options, soon(), &small));
    server = socket_accepted(listener);
    little = fills(small);
    spec_note("%s: %zu bytes fit", uri, little);
    REQUIRE(little < 400000);
    xipc_socket_close(small);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}

SPEC(buffers_are_about_as_large_as_asked, "SOCK-4")
{
    with_all_streams(buffers_are_as_asked);
}
