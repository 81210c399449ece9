/* SPDX-License-Identifier: Apache-2.0 */
/* Local streams: names, who is there, and handles. */
#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

static xipc_credentials credentials_of(xipc_socket *socket)
{
    xipc_credentials found = XIPC_CREDENTIALS_INIT;

    REQUIRE_OK(xipc_peer_credentials(xipc_socket_object(socket), &found));
    return found;
}

PEER(connects_and_waits)
{
    xipc_socket *socket = connected("unix:a");
    char text[40];

    (void)snprintf(
        text, sizeof text, "%llu",
        (unsigned long long)credentials_of(socket).process);
    spec_tell(NULL, text);
    spec_expect(NULL, "go");
    xipc_socket_close(socket);
}

SPEC(both_sides_know_who_is_there, "SOCK-5 PIPE-7")
{
    xipc_socket_listener *listener;
    xipc_socket *server;
    xipc_credentials credentials;
    spec_peer *peer;
    char text[40];

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_CREDENTIALS);
    listener = socket_listening("unix:a");
    peer = START(connects_and_waits);
    server = socket_accepted(listener);
    credentials = credentials_of(server);
    spec_hear(peer, text, sizeof text);
    if (credentials.is_process_vouched) {
        char ours[40];

        REQUIRE_UINT(
            (uint64_t)spec_peer_id(peer), (uint64_t)credentials.process);
        (void)snprintf(
            ours, sizeof ours, "%llu",
            (unsigned long long)credentials_of(server).process);
        REQUIRE(strcmp(ours, text) != 0);
    }
    spec_tell(peer, "go");
    spec_join(peer);
    /* Also when it is gone. */
    REQUIRE_UINT(credentials.user, credentials_of(server).user);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}

SPEC(a_name_of_a_listener_is_told_by_the_list, "SOCK-5 LIFE-7")
{
    xipc_socket_listener *listener;
    sighting seen;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    listener = socket_listening("unix:a");
    seen = sighted(XIPC_SCOPE_USER, "a");
    REQUIRE_UINT(1, seen.count);
    REQUIRE_UINT(XIPC_KIND_SOCKET, seen.listing.kind);
    REQUIRE_TEXT("socket", xipc_kind_name(seen.listing.kind));
    xipc_socket_listener_close(listener);
    require_nothing_exists();
}

PEER(listens_until_it_is_killed)
{
    xipc_socket_listener *listener = socket_listening(spec_argument(0));

    (void)listener;
    spec_tell(NULL, "listening");
    spec_expect(NULL, "never");
}

static void a_stale_one_is_replaced(const char *uri)
{
    for (unsigned round = 0; round < rounds_here(10, 3); round++) {
        spec_peer *peer = START(listens_until_it_is_killed, uri);
        xipc_socket_listener *listener = UNTOUCHED;
        xipc_socket *socket = UNTOUCHED;

        spec_expect(peer, "listening");
        REQUIRE_STATUS(
            XIPC_E_EXISTS, xipc_socket_listen(uri, NULL, soon(), &listener));
        xipc_socket_close(connected(uri));
        spec_kill(peer);
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND, xipc_socket_connect(uri, NULL, soon(), &socket));
        listener = socket_listening(uri);
        socket = connected(uri);
        xipc_socket_close(socket_accepted(listener));
        xipc_socket_close(socket);
        xipc_socket_listener_close(listener);
    }
}

SPEC(a_killed_listeners_place_is_taken_a_living_ones_never, "SOCK-5 LIFE-1")
{
    char path[XIPC_SOCKET_URI_SIZE];

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    a_stale_one_is_replaced("unix:a");
    (void)snprintf(path, sizeof path, "%s", uri_of_path("s"));
    a_stale_one_is_replaced(path);
}

PEER(takes_the_place_now_and_then)
{
    unsigned refused = 0;

    spec_tell(NULL, "here");
    spec_expect(NULL, "go");
    for (unsigned taken = 0; taken < rounds_here(400, 20);) {
        xipc_socket_listener *listener;
        xipc_socket *socket;
        xipc_socket *server;
        xipc_status status =
            xipc_socket_listen(spec_argument(0), NULL, soon(), &listener);

        if (status == XIPC_E_EXISTS) {
            refused++;
            continue;
        }
        REQUIRE_OK(status);
        socket = connected(spec_argument(0));
        server = socket_accepted(listener);
        says(socket, "mine");
        hears(server, "mine");
        xipc_socket_close(server);
        xipc_socket_close(socket);
        xipc_socket_listener_close(listener);
        taken++;
    }
    spec_note("%u times refused", refused);
    spec_tell(NULL, "done");
}

static void many_want_one_place(const char *uri)
{
    enum { PEERS = 3 };
    spec_peer *peers[PEERS];

    for (int at = 0; at < PEERS; at++) {
        peers[at] = START(takes_the_place_now_and_then, uri);
        spec_expect(peers[at], "here");
    }
    for (int at = 0; at < PEERS; at++) {
        spec_tell(peers[at], "go");
    }
    for (int at = 0; at < PEERS; at++) {
        spec_expect(peers[at], "done");
        spec_join(peers[at]);
    }
    xipc_socket_listener_close(socket_listening(uri));
}

/* Whoever has it is the one who is met there. */
SPEC(of_many_who_want_one_place_one_has_it, "SOCK-5")
{
    char path[XIPC_SOCKET_URI_SIZE];

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    many_want_one_place("unix:a");
    (void)snprintf(path, sizeof path, "%s", uri_of_path("s"));
    many_want_one_place(path);
}

PEER(writes_through_a_handle_that_it_got)
{
    xipc_socket *socket = connected("unix:a");
    xipc_native_handle native = -1;
    xipc_socket *got;

    REQUIRE_OK(xipc_socket_receive_handle(socket, soon(), &native));
    REQUIRE_OK(xipc_socket_adopt(native, &got));
    says(got, "through it");
    hears(got, "and back");
    xipc_socket_close(got);
    spec_tell(NULL, "done");
    spec_expect(NULL, "end");
    xipc_socket_close(socket);
}

SPEC(a_connection_is_handed_to_another_process, "SOCK-5 CALL-9")
{
    xipc_socket_listener *listener;
    xipc_native_handle native;
    xipc_socket *server;
    spec_peer *peer;
    ends given;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    listener = socket_listening("unix:a");
    given = ends_of("tcp://127.0.0.1:0");
    peer = START(writes_through_a_handle_that_it_got);
    server = socket_accepted(listener);
    REQUIRE_OK(xipc_socket_native_handle(given.client, &native));
    REQUIRE_OK(xipc_socket_send_handle(server, native, soon()));
    /* It is the other one's now, and ours may go. */
    xipc_socket_close(given.client);
    given.client = NULL;
    hears(given.server, "through it");
    says(given.server, "and back");
    spec_expect(peer, "done");
    spec_tell(peer, "end");
    spec_join(peer);
    ends_close(&given);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}

PEER(reads_a_section_that_it_got)
{
    xipc_socket *socket = connected("unix:a");
    xipc_native_handle native = -1;
    xipc_section *section = NULL;
    xipc_map *map;

    hears(socket, "before");
    REQUIRE_OK(xipc_socket_receive_handle(socket, soon(), &native));
    hears(socket, "behind");
    REQUIRE_OK(xipc_section_adopt(native, &section));
    map = mapped(section);
    REQUIRE_TEXT("shared", (const char *)bytes_of(map));
    memcpy(bytes_of(map), "answer", 7);
    xipc_map_close(map);
    xipc_section_close(section);
    spec_tell(NULL, "done");
    spec_expect(NULL, "end");
    xipc_socket_close(socket);
}

SPEC(an_anonymous_section_travels_over_a_local_stream, "SOCK-5 SHM-5 CALL-9")
{
    xipc_socket_listener *listener;
    xipc_native_handle native;
    xipc_section *section;
    xipc_socket *server;
    xipc_map *map;
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    listener = socket_listening("unix:a");
    REQUIRE_OK(xipc_section_create_anonymous(4096, NULL, &section));
    map = mapped(section);
    memcpy(bytes_of(map), "shared", 7);
    peer = START(reads_a_section_that_it_got);
    server = socket_accepted(listener);
    says(server, "before");
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    REQUIRE_OK(xipc_socket_send_handle(server, native, soon()));
    says(server, "behind");
    spec_expect(peer, "done");
    REQUIRE_TEXT("answer", (const char *)bytes_of(map));
    spec_tell(peer, "end");
    spec_join(peer);
    xipc_map_close(map);
    xipc_section_close(section);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}

SPEC(a_byte_is_no_handle_and_a_network_carries_none, "SOCK-5 GEN-7")
{
    xipc_native_handle native = -7;
    ends local;
    ends remote;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    local = ends_of("unix:a");
    remote = ends_of("tcp://127.0.0.1:0");
    says(local.client, "xy");
    REQUIRE_STATUS(
        XIPC_E_CORRUPT,
        xipc_socket_receive_handle(local.server, soon(), &native));
    hears(local.server, "y");
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_socket_receive_handle(local.server, XIPC_NOW, &native));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_send_handle(local.client, -1, soon()));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_socket_send_handle(remote.client, 0, soon()));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_socket_receive_handle(remote.client, soon(), &native));
    REQUIRE(native == -7);
    ends_close(&local);
    ends_close(&remote);
}
