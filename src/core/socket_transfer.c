/* SPDX-License-Identifier: Apache-2.0 */
/* What goes over sockets: bytes, datagrams, handles. */
#include <inttypes.h>

#include "core/failure.h"
#include "core/socket.h"

static xipc_status
check(const xipc_socket *socket, int is_datagram, const char *instead)
{
    xipc_status status;

    if (!socket) {
        return xipci_invalid("the socket is NULL");
    }
    status = xipci_object_check(&socket->object);
    if (status == XIPC_OK && socket->is_datagram != is_datagram) {
        status = xipci_object_fail(&socket->object, XIPC_E_INVALID, instead);
    }
    return status;
}

static xipc_status check_stream(const xipc_socket *socket)
{
    return check(
        socket, 0,
        "it is for datagrams: xipc_socket_send(), xipc_socket_receive()");
}

static xipc_status check_datagrams(const xipc_socket *socket)
{
    return check(
        socket, 1, "it is a stream: xipc_socket_write(), xipc_socket_read()");
}

static xipcos_patience
patience_of(const xipc_socket *socket, xipc_deadline deadline)
{
    return (xipcos_patience){deadline, &socket->object.is_interrupted};
}

/* ---- streams ---- */

static xipc_status write_checked(
    xipc_socket *socket,
    const void *data,
    size_t size,
    xipc_deadline deadline,
    size_t *written_out)
{
    xipc_status status = check_stream(socket);
    xipcos_patience patience;
    size_t written = 0;

    if (status == XIPC_OK && !data && size > 0) {
        status = xipci_invalid("data is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (size > 0) {
        patience = patience_of(socket, deadline);
        status = xipcos_socket_write(
            socket->native, data, size, &patience, &written);
    }
    if (written_out) {
        *written_out = written;
    }
    return status == XIPC_OK
               ? status
               : xipci_socket_result(
                     &socket->object, status, "there was not enough room");
}

xipc_status xipc_socket_write(
    xipc_socket *socket,
    const void *data,
    size_t size,
    xipc_deadline deadline,
    size_t *written_out)
{
    return xipci_answer(
        write_checked(socket, data, size, deadline, written_out));
}

static xipc_status read_checked(
    xipc_socket *socket,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    xipc_status status = check_stream(socket);
    xipcos_patience patience;

    if (status == XIPC_OK && (!buffer || !size_out || capacity == 0)) {
        status = xipci_invalid("buffer or size_out is NULL, or no room");
    }
    if (status != XIPC_OK) {
        return status;
    }
    patience = patience_of(socket, deadline);
    status = xipcos_socket_read(
        socket->native, buffer, capacity, &patience, size_out);
    return status == XIPC_OK
               ? status
               : xipci_socket_result(&socket->object, status, "nothing came");
}

xipc_status xipc_socket_read(
    xipc_socket *socket,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    return xipci_answer(
        read_checked(socket, buffer, capacity, deadline, size_out));
}

static xipc_status shutdown_checked(xipc_socket *socket)
{
    xipc_status status = check_stream(socket);

    return status == XIPC_OK ? xipci_object_relay(
                                   &socket->object,
                                   xipcos_socket_shutdown_write(socket->native))
                             : status;
}

xipc_status xipc_socket_shutdown_write(xipc_socket *socket)
{
    return xipci_answer(shutdown_checked(socket));
}

/* ---- datagrams ---- */

static xipc_status send_checked(
    xipc_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    xipc_deadline deadline)
{
    xipc_status status = check_datagrams(socket);
    xipcos_patience patience;

    if (status == XIPC_OK && !data && size > 0) {
        status = xipci_invalid("data is NULL");
    }
    if (status == XIPC_OK && to && socket->side == XIPCI_SIDE_THEIRS) {
        status = xipci_object_fail(
            &socket->object, XIPC_E_INVALID,
            "it was connected: an address is one too many");
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (size > XIPC_DATAGRAM_MAX) {
        return xipci_fail(
            XIPC_E_TOO_BIG, XIPC_KIND_SOCKET, socket->object.name,
            "%zu bytes; a datagram has %u at most", size, XIPC_DATAGRAM_MAX);
    }
    patience = patience_of(socket, deadline);
    status = xipcos_socket_send(
        socket->native, to, size > 0 ? data : "", size, &patience);
    return status == XIPC_OK
               ? status
               : xipci_socket_result(
                     &socket->object, status, "there was no room");
}

xipc_status xipc_socket_send(
    xipc_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    xipc_deadline deadline)
{
    return xipci_answer(send_checked(socket, to, data, size, deadline));
}

static xipc_status
take_datagram(xipc_socket *socket, xipcos_datagram *to, xipc_deadline deadline)
{
    const xipcos_patience patience = patience_of(socket, deadline);
    xipc_status status = xipcos_socket_receive(socket->native, to, &patience);

    if (status == XIPC_OK && to->size > to->capacity) {
        return xipci_fail(
            XIPC_E_TOO_SMALL, XIPC_KIND_SOCKET, socket->object.name,
            "the datagram had %zu bytes, the buffer %zu; the rest is lost",
            to->size, to->capacity);
    }
    return status == XIPC_OK
               ? status
               : xipci_socket_result(&socket->object, status, "nothing came");
}

static xipc_status receive_checked(
    xipc_socket *socket,
    xipcos_datagram *to,
    xipc_deadline deadline,
    size_t *size_out,
    xipc_address *from_out)
{
    xipc_status status = check_datagrams(socket);

    if (!size_out || (!to->buffer && to->capacity > 0)) {
        return xipci_invalid("buffer or size_out is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = take_datagram(socket, to, deadline);
    if (status == XIPC_OK || status == XIPC_E_TOO_SMALL) {
        *size_out = to->size;
        if (from_out) {
            *from_out = to->from;
        }
    }
    return status;
}

xipc_status xipc_socket_receive(
    xipc_socket *socket,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out,
    xipc_address *from_out)
{
    xipcos_datagram datagram = {.buffer = buffer, .capacity = capacity};

    return xipci_answer(
        receive_checked(socket, &datagram, deadline, size_out, from_out));
}

/* ---- handles ---- */

static xipc_status check_handles(const xipc_socket *socket)
{
    xipc_status status = check_stream(socket);

    if (status == XIPC_OK && !xipcos_socket_passes_handles()) {
        status = xipci_object_fail(
            &socket->object, XIPC_E_NOT_SUPPORTED,
            "no handles go over this system's sockets (socket.handles)");
    }
    return status;
}

static xipc_status send_handle_checked(
    xipc_socket *socket, xipc_native_handle native, xipc_deadline deadline)
{
    xipc_status status = check_handles(socket);
    xipcos_patience patience;

    if (status != XIPC_OK) {
        return status;
    }
    patience = patience_of(socket, deadline);
    status = xipcos_socket_send_handle(socket->native, native, &patience);
    return status == XIPC_OK
               ? status
               : xipci_socket_result(
                     &socket->object, status, "there was no room");
}

xipc_status xipc_socket_send_handle(
    xipc_socket *socket, xipc_native_handle native, xipc_deadline deadline)
{
    return xipci_answer(send_handle_checked(socket, native, deadline));
}

static xipc_status receive_handle_checked(
    xipc_socket *socket, xipc_deadline deadline, xipc_native_handle *native_out)
{
    xipc_status status = check_handles(socket);
    xipcos_patience patience;

    if (status == XIPC_OK && !native_out) {
        status = xipci_invalid("native_out is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    patience = patience_of(socket, deadline);
    status =
        xipcos_socket_receive_handle(socket->native, &patience, native_out);
    return status == XIPC_OK
               ? status
               : xipci_socket_result(&socket->object, status, "nothing came");
}

xipc_status xipc_socket_receive_handle(
    xipc_socket *socket, xipc_deadline deadline, xipc_native_handle *native_out)
{
    return xipci_answer(receive_handle_checked(socket, deadline, native_out));
}
