/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a socket: addresses, credentials, the system's handle. */
#include <stdlib.h>

#include "core/failure.h"
#include "core/socket.h"

static xipc_status
tell_uri(const xipc_socket *socket, int is_peers, char *buffer, size_t capacity)
{
    char text[XIPC_SOCKET_URI_SIZE];
    xipc_address address;
    xipc_status status;

    if (!socket) {
        return xipci_invalid("the socket is NULL");
    }
    status = xipci_object_check(&socket->object);
    if (status != XIPC_OK) {
        return status;
    }
    status = xipcos_socket_address(socket->native, is_peers, &address);
    if (status != XIPC_OK) {
        return xipci_object_relay(&socket->object, status);
    }
    /* Of a local one the system does not know the NAME. */
    if (xipcos_address_family(&address) != XIPCOS_FAMILY_LOCAL ||
        socket->side == XIPCI_SIDE_UNKNOWN) {
        xipci_address_show(&address, socket->is_datagram, text);
        return xipci_uri_give(text, buffer, capacity);
    }
    return xipci_uri_give(
        (socket->side == XIPCI_SIDE_THEIRS) == is_peers ? socket->object.name
                                                        : "unix:",
        buffer, capacity);
}

xipc_status
xipc_socket_uri(const xipc_socket *socket, char *buffer, size_t capacity)
{
    return xipci_answer(tell_uri(socket, 0, buffer, capacity));
}

xipc_status
xipc_socket_peer_uri(const xipc_socket *socket, char *buffer, size_t capacity)
{
    return xipci_answer(tell_uri(socket, 1, buffer, capacity));
}

static xipc_status
get_native(xipc_socket *socket, xipc_native_handle *native_out)
{
    xipc_status status;

    if (!socket || !native_out) {
        return xipci_invalid("socket or native_out is NULL");
    }
    status = xipci_object_check(&socket->object);
    if (status == XIPC_OK) {
        *native_out = xipcos_socket_native_handle(socket->native);
    }
    return status;
}

xipc_status
xipc_socket_native_handle(xipc_socket *socket, xipc_native_handle *native_out)
{
    return xipci_answer(get_native(socket, native_out));
}

static xipc_status
adopt_checked(xipc_native_handle native, xipc_socket **socket_out)
{
    xipcos_socket *adopted;
    xipc_socket *socket;
    int is_datagram;
    xipc_status status;

    if (!socket_out) {
        return xipci_invalid("socket_out is NULL");
    }
    socket = xipci_socket_new("", XIPCI_SIDE_UNKNOWN);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipcos_socket_adopt(native, &adopted, &is_datagram);
    if (status != XIPC_OK) {
        free(socket);
        return xipci_socket_relay("", status);
    }
    xipci_socket_begin(socket, adopted, is_datagram);
    *socket_out = socket;
    return XIPC_OK;
}

xipc_status
xipc_socket_adopt(xipc_native_handle native, xipc_socket **socket_out)
{
    return xipci_answer(adopt_checked(native, socket_out));
}
