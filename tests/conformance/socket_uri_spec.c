/* SPDX-License-Identifier: Apache-2.0 */
/* One form of address for all sorts of sockets. */
#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

static void require_no_address(const char *uri)
{
    xipc_socket *socket = UNTOUCHED;
    xipc_socket_listener *listener = UNTOUCHED;

    spec_within(uri);
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_socket_connect(uri, NULL, XIPC_NOW, &socket));
    REQUIRE(strlen(xipc_detail()) > 20);
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_socket_listen(uri, NULL, XIPC_NOW, &listener));
    REQUIRE_STATUS(XIPC_E_NAME, xipc_socket_bind(uri, NULL, XIPC_NOW, &socket));
    REQUIRE(socket == UNTOUCHED && listener == UNTOUCHED);
    spec_within(NULL);
}

static const char *const wrong[] = {
    "",
    "tcp",
    "tcp:",
    "tcp://",
    "tcp:/a:1",
    "http://a:1",
    "TCP://a:1",
    " tcp://a:1",
    "tcp://a",
    "tcp://:1",
    "tcp://a:",
    "tcp://a:x",
    "tcp://a:1x",
    "tcp://a:-1",
    "tcp://a:+1",
    "tcp://a: 1",
    "tcp://a:65536",
    "tcp://a:99999",
    "tcp://a:100000",
    "tcp://a:18446744073709551617",
    "tcp://a:1 ",
    "tcp://a:1/",
    "tcp://a:1/b",
    "tcp://a b:1",
    "tcp://a\n:1",
    "tcp://\xff\xfe:1",
    "tcp://a@b:1",
    "tcp://::1:1",
    "tcp://[::1]",
    "tcp://[::1:1",
    "tcp://[]:1",
    "tcp://[a]:1",
    "tcp://[::g]:1",
    "tcp://[1:2]:1",
    "tcp://[::1%]x:1",
    "tcp://1.2.3.4.5:1",
    "tcp://256.1.1.1:1",
    "tcp://127.1:1",
    "tcp://0x7f.1:1",
    "tcp://0x7f000001:1",
    "tcp://2130706433:1",
    "tcp://0177.0.0.1:1",
    "tcp://a.7:1",
    "tcp://127.1.:1",
    "tcp://[::1]x:1",
    "tcp://**:1",
    "tcp://a:1?if=lo",
    "udp://a:1?",
    "udp://a:1?if",
    "udp://a:1?if=",
    "udp://a:1?if=a b",
    "udp://a:1?ttl=1",
    "udp://a:1?if=lo&ttl=1",
    "unix:",
    "unix:.a",
    "unix:-a",
    "unix:a b",
    "unix:a/b",
    "unix:native:/a",
};

SPEC(what_is_no_address_is_told_with_what_is_wrong, "SOCK-1 GEN-2 GEN-7")
{
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        require_no_address(wrong[at]);
    }
}

/* `count` times the letter, between two texts. */
static const char *
long_uri(const char *start, char letter, size_t count, const char *end)
{
    static char uri[70000];
    int size = snprintf(uri, sizeof uri, "%s", start);

    REQUIRE(size > 0 && (size_t)size + count + strlen(end) < sizeof uri);
    memset(uri + size, letter, count);
    (void)snprintf(
        uri + size + count, sizeof uri - (size_t)size - count, "%s", end);
    return uri;
}

SPEC(an_address_that_is_too_long_is_none, "SOCK-1 GEN-7")
{
    require_no_address(long_uri("tcp://", 'a', 256, ":1"));
    require_no_address(long_uri("tcp://", 'a', 60000, ":1"));
    require_no_address(long_uri("tcp://[", ':', 300, "]:1"));
    require_no_address(long_uri("tcp://a:", '1', 60000, ""));
    require_no_address(long_uri("udp://a:1?if=", 'a', 64, ""));
    require_no_address(long_uri("unix:", 'a', XIPC_NAME_MAX + 1, ""));
    require_no_address(long_uri("unix:/", 'a', 300, ""));
    require_no_address(long_uri("unix:/", 'a', 60000, ""));
    REQUIRE(strlen(xipc_detail()) < 512);
}

SPEC(an_address_is_read_and_written, "SOCK-1")
{
    static const char *const texts[][2] = {
        {"udp://127.0.0.1:5000", "udp://127.0.0.1:5000"},
        {"tcp://127.0.0.1:5000", "udp://127.0.0.1:5000"},
        {"udp://[::1]:65535", "udp://[::1]:65535"},
        {"udp://[0:0::0:1]:1", "udp://[::1]:1"},
        {"udp://[::ffff:1.2.3.4]:1", "udp://1.2.3.4:1"},
        {"udp://239.1.2.3:07", "udp://239.1.2.3:7"},
        {"udp://localhost:9", "udp://127.0.0.1:9"},
    };
    char text[XIPC_SOCKET_URI_SIZE];

    for (size_t at = 0; at < sizeof texts / sizeof texts[0]; at++) {
        xipc_address address;

        REQUIRE_OK(xipc_address_find(texts[at][0], XIPC_NOW, &address));
        REQUIRE_OK(xipc_address_text(&address, text, sizeof text));
        REQUIRE_TEXT(texts[at][1], text);
    }
}

SPEC(addresses_are_compared, "SOCK-1")
{
    xipc_address one = address_of("udp://127.0.0.1:5000");
    xipc_address same = address_of("tcp://localhost:5000");
    xipc_address other = address_of("udp://127.0.0.1:5001");
    xipc_address another = address_of("udp://127.0.0.2:5000");

    REQUIRE(xipc_address_is_same(&one, &same));
    REQUIRE(!xipc_address_is_same(&one, &other));
    REQUIRE(!xipc_address_is_same(&one, &another));
    REQUIRE(!xipc_address_is_same(NULL, &one));
    REQUIRE(!xipc_address_is_same(&one, NULL));
}

SPEC(a_buffer_that_is_too_short_for_an_address_is_told_of, "SOCK-1 GEN-7")
{
    xipc_address address = address_of("udp://127.0.0.1:5000");
    char text[20] = "untouched";

    REQUIRE_STATUS(XIPC_E_TOO_SMALL, xipc_address_text(&address, text, 20));
    REQUIRE_TEXT("untouched", text);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_address_text(&address, NULL, 20));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_address_text(NULL, text, 20));
}

SPEC(an_address_that_was_scribbled_on_is_none, "SOCK-1 GEN-10")
{
    xipc_socket *socket = bound("udp://127.0.0.1:0");
    char text[XIPC_SOCKET_URI_SIZE];
    uint32_t dice = dice_cast();

    for (int round = 0; round < 2000; round++) {
        xipc_address address = address_of("udp://127.0.0.1:9");
        unsigned char *bytes = (unsigned char *)&address;

        for (int times = 0; times < 4; times++) {
            dice = dice * 1664525u + 1013904223u;
            bytes[(dice >> 16) % 24] = (unsigned char)(dice >> 8);
        }
        if (xipc_address_text(&address, text, sizeof text) == XIPC_OK) {
            REQUIRE(memchr(text, 0, sizeof text) != NULL);
        }
        address.size = dice;
        REQUIRE(
            address.size <= 128 ||
            xipc_address_text(&address, text, sizeof text) == XIPC_E_INVALID);
        REQUIRE(
            address.size <= 128 ||
            xipc_socket_send(socket, &address, "", 0, XIPC_NOW) ==
                XIPC_E_INVALID);
    }
    xipc_socket_close(socket);
}

SPEC(each_call_takes_its_own_sort_of_address, "SOCK-1 GEN-7")
{
    xipc_socket *socket = UNTOUCHED;
    xipc_socket_listener *listener = UNTOUCHED;
    xipc_address address;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_listen("udp://127.0.0.1:0", NULL, XIPC_NOW, &listener));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_bind("tcp://127.0.0.1:0", NULL, XIPC_NOW, &socket));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_connect("tcp://*:1", NULL, XIPC_NOW, &socket));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_address_find("unix:a", XIPC_NOW, &address));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_address_find("udp://239.1.2.3:1?if=lo", XIPC_NOW, &address));
    REQUIRE(socket == UNTOUCHED && listener == UNTOUCHED);
}

SPEC(port_0_chooses_one_and_it_is_reported, "SOCK-1")
{
    xipc_socket_listener *one = socket_listening("tcp://127.0.0.1:0");
    xipc_socket_listener *two = socket_listening("tcp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];

    (void)snprintf(uri, sizeof uri, "%s", uri_of_listener(one));
    REQUIRE(strncmp(uri, "tcp://127.0.0.1:", 16) == 0);
    REQUIRE(strcmp(uri + 16, "0") != 0);
    REQUIRE(strcmp(uri, uri_of_listener(two)) != 0);
    REQUIRE_STATUS(XIPC_E_TOO_SMALL, xipc_socket_listener_uri(one, uri, 10));

    xipc_socket_listener_close(one);
    xipc_socket_listener_close(two);
}

SPEC(both_families_reach_who_listens_everywhere, "SOCK-1")
{
    xipc_socket_listener *listener = socket_listening("tcp://*:0");
    const char *listens = uri_of_listener(listener);
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_socket *client;
    xipc_socket *server;

    REQUIRE(strncmp(listens, "tcp://*:", 8) == 0);
    for (int wide = 0; wide < 2; wide++) {
        (void)snprintf(
            uri, sizeof uri, "tcp://%s:%s", wide ? "[::1]" : "127.0.0.1",
            listens + 8);
        if (wide && xipc_socket_connect(uri, NULL, soon(), &client) ==
                        XIPC_E_NOT_FOUND) {
            spec_note("no IPv6 here");
            break;
        }
        if (!wide) {
            client = connected(uri);
        }
        server = socket_accepted(listener);
        REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
        REQUIRE(
            strncmp(uri, wide ? "tcp://[::1]:" : "tcp://127.0.0.1:", 12) == 0);
        says(client, "hello");
        hears(server, "hello");
        xipc_socket_close(server);
        xipc_socket_close(client);
    }
    xipc_socket_listener_close(listener);
}

static void addresses_are_known(const char *uri)
{
    ends self = ends_of(uri);
    char ours[XIPC_SOCKET_URI_SIZE];
    char theirs[XIPC_SOCKET_URI_SIZE];

    REQUIRE_OK(xipc_socket_uri(self.server, ours, sizeof ours));
    REQUIRE_OK(xipc_socket_peer_uri(self.client, theirs, sizeof theirs));
    REQUIRE_TEXT(uri_of_listener(self.listener), ours);
    REQUIRE_TEXT(ours, theirs);
    REQUIRE_OK(xipc_socket_uri(self.client, ours, sizeof ours));
    REQUIRE_OK(xipc_socket_peer_uri(self.server, theirs, sizeof theirs));
    REQUIRE_TEXT(ours, theirs);

    ends_close(&self);
}

SPEC(both_sides_know_their_addresses, "SOCK-1")
{
    with_all_streams(addresses_are_known);
}
