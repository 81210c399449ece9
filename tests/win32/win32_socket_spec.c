/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets beside Winsock's own calls, as a program without the library uses
 * them. */
#include <winsock2.h>

#include <windows.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <string.h>

#include "support/socket_kit.h"

static u_short port_of(const char *uri)
{
    unsigned port = 0;

    REQUIRE(sscanf(strrchr(uri, ':'), ":%u", &port) == 1);
    return (u_short)port;
}

static struct sockaddr_in here(u_short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void is_not_inherited(xipc_socket *socket)
{
    xipc_native_handle native;
    DWORD flags = HANDLE_FLAG_INHERIT;

    REQUIRE_OK(xipc_socket_native_handle(socket, &native));
    REQUIRE(GetHandleInformation((HANDLE)native, &flags));
    REQUIRE((flags & HANDLE_FLAG_INHERIT) == 0);
}

SPEC(no_socket_is_inherited, "GEN-8")
{
    ends self = ends_of("tcp://127.0.0.1:0");
    xipc_socket *letters = bound("udp://127.0.0.1:0");

    is_not_inherited(self.client);
    is_not_inherited(self.server);
    is_not_inherited(letters);
    xipc_socket_close(letters);
    ends_close(&self);
}

SPEC(a_port_is_not_taken_from_who_listens_there, "SOCK-4 NAME-8")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    struct sockaddr_in address = here(port_of(uri_of_listener(listener)));
    SOCKET thief = socket(AF_INET, SOCK_STREAM, 0);
    BOOL yes = TRUE;

    REQUIRE(thief != INVALID_SOCKET);
    REQUIRE(
        setsockopt(
            thief, SOL_SOCKET, SO_REUSEADDR, (const char *)&yes, sizeof yes) ==
        0);
    REQUIRE(bind(thief, (struct sockaddr *)&address, sizeof address) != 0);
    closesocket(thief);
    xipc_socket_listener_close(listener);
}

SPEC(a_winsock_client_is_served, "SOCK-2")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    struct sockaddr_in address = here(port_of(uri_of_listener(listener)));
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    xipc_socket *server;
    char bytes[6] = "";

    REQUIRE(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    server = socket_accepted(listener);
    REQUIRE(send(client, "hello", 5, 0) == 5);
    hears(server, "hello");
    says(server, "world");
    REQUIRE(recv(client, bytes, 5, MSG_WAITALL) == 5);
    REQUIRE_TEXT("world", bytes);
    closesocket(client);
    hears_the_end(server);
    xipc_socket_close(server);
    xipc_socket_listener_close(listener);
}

SPEC(a_winsock_server_is_met_and_its_socket_adopted, "SOCK-2")
{
    struct sockaddr_in address = here(0);
    int size = sizeof address;
    SOCKET listener;
    SOCKET raw;
    xipc_socket *client;
    xipc_socket *server;
    char uri[XIPC_SOCKET_URI_SIZE];

    xipc_socket_close(bound("udp://127.0.0.1:0")); /* starts Winsock */
    listener = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    (void)snprintf(
        uri, sizeof uri, "tcp://127.0.0.1:%u",
        (unsigned)ntohs(address.sin_port));
    client = connected(uri);
    raw = accept(listener, NULL, NULL);
    REQUIRE(raw != INVALID_SOCKET);
    REQUIRE_OK(xipc_socket_adopt((xipc_native_handle)raw, &server));
    says(server, "hello");
    hears(client, "hello");
    says(client, "world");
    hears(server, "world");
    xipc_socket_close(server);
    REQUIRE(send(raw, "raw", 3, 0) == 3); /* the original lives on */
    hears(client, "raw");
    closesocket(raw);
    hears_the_end(client);
    xipc_socket_close(client);
    closesocket(listener);
}

SPEC(what_is_not_adopted_is_not_copied, "SOCK-2 GEN-7")
{
    struct sockaddr_in address = here(0);
    int size = sizeof address;
    xipc_socket *got = NULL;
    SOCKET listener;
    SOCKET second;

    xipc_socket_close(bound("udp://127.0.0.1:0")); /* starts Winsock */
    listener = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_socket_adopt((xipc_native_handle)listener, &got));
    closesocket(listener);
    /* A copy would still listen there. */
    second = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(connect(second, (struct sockaddr *)&address, size) != 0);
    closesocket(second);
}
