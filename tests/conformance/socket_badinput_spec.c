/* SPDX-License-Identifier: Apache-2.0 */
/* What no call takes. */
#include "support/socket_kit.h"

SPEC(sockets_take_no_null, "GEN-7 SOCK-2")
{
    ends self = ends_of("tcp://127.0.0.1:0");
    xipc_native_handle native;
    xipc_socket *socket = UNTOUCHED;
    char byte;
    size_t size;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_listen("tcp://*:0", NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_connect("tcp://127.0.0.1:9", NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_connect(NULL, NULL, XIPC_NOW, &socket));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_accept(NULL, XIPC_NOW, &socket));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_accept(self.listener, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_socket_write(NULL, "x", 1, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_write(self.client, NULL, 1, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_read(self.client, NULL, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_read(self.client, &byte, 0, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_read(self.client, &byte, 1, XIPC_NOW, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_shutdown_write(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_uri(NULL, &byte, 1));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_uri(self.client, NULL, 1));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_native_handle(NULL, &native));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_adopt(-1, &socket));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_adopt(-1, NULL));
    REQUIRE(xipc_socket_object(NULL) == NULL);
    REQUIRE(xipc_socket_listener_object(NULL) == NULL);
    REQUIRE(socket == UNTOUCHED);
    xipc_socket_close(NULL);
    xipc_socket_listener_close(NULL);
    ends_close(&self);
}

static void require_refused(const xipc_socket_options *options)
{
    xipc_socket_listener *listener = UNTOUCHED;
    xipc_socket *socket = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_listen("tcp://127.0.0.1:0", options, XIPC_NOW, &listener));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_connect("tcp://127.0.0.1:9", options, XIPC_NOW, &socket));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_socket_bind("udp://127.0.0.1:0", options, XIPC_NOW, &socket));
    REQUIRE(listener == UNTOUCHED && socket == UNTOUCHED);
}

SPEC(options_of_sockets_are_checked, "GEN-7 SOCK-4")
{
    const xipc_socket_options good = XIPC_SOCKET_OPTIONS_INIT;
    xipc_socket_options options = good;

    options.options_size--;
    require_refused(&options);
    options = good;
    options.flags = 1u << 20;
    require_refused(&options);
    options = good;
    options.ttl = 256;
    require_refused(&options);
    options = good;
    options.send_buffer = UINT32_MAX;
    require_refused(&options);
    options = good;
    options.naming.lifetime = XIPC_PERSISTENT;
    require_refused(&options);
    options = good;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    require_refused(&options);
    options = good;
    options.naming.trust = (xipc_trust)9;
    require_refused(&options);
}

SPEC(credentials_are_of_connections_only, "GEN-7 SOCK-5")
{
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;
    ends self = ends_of("tcp://127.0.0.1:0");

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_peer_credentials(xipc_socket_object(self.client), &credentials));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_peer_credentials(
            xipc_socket_listener_object(self.listener), &credentials));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_credentials(xipc_socket_object(self.client), NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_peer_credentials(NULL, &credentials));
    credentials.credentials_size = 3;
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_credentials(xipc_socket_object(self.client), &credentials));
    ends_close(&self);
}
