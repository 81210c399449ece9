/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting within a deadline, to whatever the address leads to. */
#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

SPEC(localhost_is_found_in_either_family, "SOCK-1 SOCK-2")
{
    static const char *const hosts[] = {"127.0.0.1", "[::1]"};

    for (int wide = 0; wide < 2; wide++) {
        char uri[XIPC_SOCKET_URI_SIZE];
        xipc_socket_listener *listener;
        xipc_socket *client;
        xipc_socket *server;
        xipc_status status;

        (void)snprintf(uri, sizeof uri, "tcp://%s:0", hosts[wide]);
        status = xipc_socket_listen(uri, NULL, soon(), &listener);
        if (wide && status == XIPC_E_NOT_FOUND) {
            spec_note("no IPv6 here");
            return;
        }
        REQUIRE_OK(status);
        (void)snprintf(
            uri, sizeof uri, "tcp://localhost%s",
            strrchr(uri_of_listener(listener), ':'));
        client = connected(uri);
        server = socket_accepted(listener);
        says(client, "x");
        hears(server, "x");
        xipc_socket_close(client);
        xipc_socket_close(server);
        xipc_socket_listener_close(listener);
    }
}

/* Some systems answer nothing to whoever comes to a listener that is full, as
 * to a machine that is not there; others refuse. */
SPEC(who_does_not_answer_makes_the_deadline, "SOCK-2 GEN-4")
{
    enum { MANY = 512 };
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    static xipc_socket *clients[MANY];
    xipc_socket_listener *listener;
    xipc_deadline deadline = 0;
    xipc_status status = XIPC_OK;
    int count = 0;

    options.backlog = 1;
    REQUIRE_OK(
        xipc_socket_listen("tcp://127.0.0.1:0", &options, soon(), &listener));
    while (status == XIPC_OK && count < MANY) {
        deadline = xipc_after_ms(150);
        status = xipc_socket_connect(
            uri_of_listener(listener), NULL, deadline, &clients[count]);
        count += status == XIPC_OK;
    }
    spec_note(
        "after %d: %s: %s", count, xipc_status_name(status), xipc_detail());
    REQUIRE(
        status == XIPC_E_TIMEOUT || status == XIPC_E_NOT_FOUND ||
        count == MANY);
    if (status == XIPC_E_TIMEOUT) {
        REQUIRE(xipc_after_ms(0) >= deadline);
        REQUIRE(xipc_after_ms(-5000) < deadline);
    }
    while (count > 0) {
        xipc_socket_close(clients[--count]);
    }
    xipc_socket_listener_close(listener);
}

SPEC(what_is_on_this_machine_is_connected_to_without_waiting, "SOCK-2 GEN-4")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    xipc_socket *client = UNTOUCHED;
    xipc_status status =
        xipc_socket_connect(uri_of_listener(listener), NULL, XIPC_NOW, &client);

    if (status != XIPC_E_AGAIN) {
        REQUIRE_OK(status);
        xipc_socket_close(client);
    } else {
        spec_note("here it takes a moment");
        REQUIRE(client == UNTOUCHED);
    }
    xipc_socket_listener_close(listener);
}

SPEC(an_interface_that_is_not_there_leads_nowhere, "SOCK-1")
{
    xipc_socket *socket = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_socket_connect(
            "tcp://[fe80::1%no-such-one]:9", NULL, XIPC_NOW, &socket));
    REQUIRE(socket == UNTOUCHED);
}

SPEC(a_name_is_not_looked_up_without_waiting, "SOCK-1 GEN-4")
{
    xipc_socket *socket = UNTOUCHED;
    xipc_address address;

    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_socket_connect("tcp://name.invalid:9", NULL, XIPC_NOW, &socket));
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_address_find("udp://name.invalid:9", XIPC_NOW, &address));
    REQUIRE(socket == UNTOUCHED);
}

/* Where nobody answers who knows names, that makes the deadline. The system may
 * go on asking, with handles of its own, until this process is killed. */
PEER(asks_for_a_name_that_nobody_has)
{
    xipc_socket *socket = UNTOUCHED;
    xipc_deadline deadline = xipc_after_ms(300);
    xipc_status status =
        xipc_socket_connect("tcp://name.invalid:9", NULL, deadline, &socket);

    spec_note("%s: %s", xipc_status_name(status), xipc_detail());
    REQUIRE(status == XIPC_E_NOT_FOUND || status == XIPC_E_TIMEOUT);
    REQUIRE(status != XIPC_E_TIMEOUT || xipc_after_ms(0) >= deadline);
    REQUIRE(xipc_after_ms(-5000) < deadline);
    REQUIRE(socket == UNTOUCHED);
    spec_tell(NULL, "told");
    spec_expect(NULL, "never");
}

SPEC(a_name_that_nobody_has_is_not_found_or_makes_the_deadline, "SOCK-1 GEN-4")
{
    spec_peer *peer = START(asks_for_a_name_that_nobody_has);

    spec_expect(peer, "told");
    spec_kill(peer);
}

SPEC(a_full_local_listener_makes_the_deadline, "SOCK-2 GEN-4")
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    enum { MANY = 64 };
    xipc_socket *clients[MANY];
    xipc_socket_listener *listener;
    xipc_status status = XIPC_OK;
    int count = 0;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    options.backlog = 2;
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    while (status == XIPC_OK && count < MANY) {
        status = xipc_socket_connect("unix:a", NULL, XIPC_NOW, &clients[count]);
        count += status == XIPC_OK;
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_connect("unix:a", NULL, xipc_after_ms(30), &clients[0]));
    while (count > 0) {
        xipc_socket_close(socket_accepted(listener));
        xipc_socket_close(clients[--count]);
    }
    xipc_socket_listener_close(listener);
}
