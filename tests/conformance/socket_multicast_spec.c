/* SPDX-License-Identifier: Apache-2.0 */
/* One datagram for many. */
#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

#define FIRST_TRY 20000

/* A group at a port that nobody has: the first one joins at a port that only it
 * wants, and the others come to it. */
static xipc_socket *first_member(const char *group, const char *interface)
{
    xipc_socket *socket = NULL;
    char uri[XIPC_SOCKET_URI_SIZE];
    uint32_t dice = dice_cast();

    (void)snprintf(
        uri, sizeof uri, "udp://%s:%u?if=%s", group,
        FIRST_TRY + (unsigned)(dice % 10000), interface);
    REQUIRE_OK(xipc_socket_bind(uri, NULL, soon(), &socket));
    return socket;
}

static uint16_t port_of(const xipc_socket *socket)
{
    char uri[XIPC_SOCKET_URI_SIZE];
    unsigned port = 0;

    REQUIRE_OK(xipc_socket_uri(socket, uri, sizeof uri));
    REQUIRE(sscanf(strrchr(uri, ':'), ":%u", &port) == 1);
    return (uint16_t)port;
}

static xipc_socket *
member(const char *group, unsigned port, const char *interface)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    (void)snprintf(
        uri, sizeof uri, "udp://%s:%u?if=%s", group, port, interface);
    return bound(uri);
}

static xipc_address group_address(const char *group, unsigned port)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    (void)snprintf(uri, sizeof uri, "udp://%s:%u", group, port);
    return address_of(uri);
}

PEER(a_member_of_the_group)
{
    unsigned port;
    xipc_socket *socket;
    char line[20];

    REQUIRE(sscanf(spec_argument(0), "%u", &port) == 1);
    socket = member("239.77.1.1", port, "127.0.0.1");
    spec_tell(NULL, "joined");
    gets_letter(socket, "to all", NULL);
    spec_tell(NULL, "received");
    spec_hear(NULL, line, sizeof line);
    xipc_socket_close(socket);
}

SPEC(one_datagram_reaches_every_receiver_that_joined, "SOCK-3")
{
    xipc_socket *near = first_member("239.77.1.1", "127.0.0.1");
    xipc_socket *second;
    xipc_socket *sender = bound("udp://0.0.0.0:0?if=127.0.0.1");
    char port[12];
    xipc_address group;
    spec_peer *far;

    (void)snprintf(port, sizeof port, "%u", (unsigned)port_of(near));
    second = member("239.77.1.1", port_of(near), "127.0.0.1");
    group = group_address("239.77.1.1", port_of(near));
    far = START(a_member_of_the_group, port);
    spec_expect(far, "joined");
    posts(sender, &group, "to all");
    gets_letter(near, "to all", NULL);
    gets_letter(second, "to all", NULL);
    spec_expect(far, "received");
    spec_tell(far, "go");
    spec_join(far);
    xipc_socket_close(second);
    xipc_socket_close(near);
    xipc_socket_close(sender);
}

SPEC(who_is_connected_to_a_group_sends_to_it, "SOCK-3")
{
    xipc_socket *receiver = first_member("239.77.1.2", "127.0.0.1");
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_socket *sender;

    (void)snprintf(
        uri, sizeof uri, "udp://239.77.1.2:%u?if=127.0.0.1",
        (unsigned)port_of(receiver));
    sender = connected(uri);
    posts(sender, NULL, "hello");
    gets_letter(receiver, "hello", NULL);
    xipc_socket_close(sender);
    xipc_socket_close(receiver);
}

SPEC(who_has_not_joined_receives_nothing, "SOCK-3")
{
    xipc_socket *receiver = first_member("239.77.1.3", "127.0.0.1");
    xipc_socket *sender = bound("udp://0.0.0.0:0?if=127.0.0.1");
    xipc_address other = group_address("239.77.1.4", port_of(receiver));
    xipc_address own = group_address("239.77.1.3", port_of(receiver));
    xipc_socket *elsewhere =
        member("239.77.1.4", port_of(receiver), "127.0.0.1");

    posts(sender, &other, "not for you");
    posts(sender, &own, "for you");
    gets_letter(elsewhere, "not for you", NULL);
    gets_letter(receiver, "for you", NULL);
    xipc_socket_close(elsewhere);
    xipc_socket_close(sender);
    xipc_socket_close(receiver);
}

SPEC(an_interface_that_is_not_there_is_told, "SOCK-3")
{
    xipc_socket *socket = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_socket_bind(
            "udp://239.77.1.6:0?if=no-such-one", NULL, soon(), &socket));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_socket_bind(
            "udp://239.77.1.6:0?if=203.0.113.9", NULL, soon(), &socket));
    REQUIRE(socket == UNTOUCHED);
}
