/* SPDX-License-Identifier: Apache-2.0 */
/* What goes over sockets. */
#include "win32/win32_socket.h"

#include <string.h>

#include "win32/win32_crash.h"

#define PIECE_MAX (1 << 20)

static xipc_status explain(int error, const char *what)
{
    switch (error) {
    case WSAEWOULDBLOCK: return XIPC_E_AGAIN;
    case WSAESHUTDOWN:
        return xipcos_fault(
            XIPC_E_CLOSED, error, "this side has ended to write");
    case WSAECONNRESET:
    case WSAECONNABORTED:
    case WSAENETRESET:
    case WSAENOTCONN: /* so says the system of one that broke before */
    case WSAETIMEDOUT:
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH:
    case WSAENETDOWN:
        return xipcos_fault(
            XIPC_E_PEER_DIED, error, "the connection broke (%s)",
            error == WSAECONNRESET ? "reset" : "no answer");
    default: return win32_fault((unsigned long)error, "%s", what);
    }
}

/* ---- streams ---- */

typedef struct piece {
    char *bytes;
    size_t size; /* in: at most; out: so many */
} piece;

static int at_most(size_t size)
{
    return size < PIECE_MAX ? (int)size : PIECE_MAX;
}

static xipc_status take_bytes(xipcos_socket *socket, void *context)
{
    piece *wanted = context;
    int size = recv(socket->handle, wanted->bytes, at_most(wanted->size), 0);

    if (size < 0) {
        return explain(WSAGetLastError(), "cannot read");
    }
    WIN32_CRASH_POINT();
    if (size == 0) {
        return xipcos_fault(
            XIPC_E_CLOSED, 0, "all was read, and the other side has ended");
    }
    wanted->size = (size_t)size;
    return XIPC_OK;
}

xipc_status xipcos_socket_read(
    xipcos_socket *socket,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    piece wanted = {buffer, capacity};
    xipc_status status =
        win32_socket_try(socket, take_bytes, &wanted, patience);

    if (status == XIPC_OK) {
        *size_out = wanted.size;
    }
    return status;
}

/* What fits now; what is left stays wanted. */
static xipc_status give_bytes(xipcos_socket *socket, void *context)
{
    piece *rest = context;
    int size;
    int error;

    while (rest->size > 0) {
        size = send(socket->handle, rest->bytes, at_most(rest->size), 0);
        error = size < 0 ? WSAGetLastError() : 0;
        win32_socket_set_full(socket, error == WSAEWOULDBLOCK);
        if (error != 0) {
            return explain(error, "cannot write");
        }
        WIN32_CRASH_POINT();
        rest->bytes += size;
        rest->size -= (size_t)size;
    }
    return XIPC_OK;
}

xipc_status xipcos_socket_write(
    xipcos_socket *socket,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    piece rest = {(char *)data, size};
    xipc_status status = win32_socket_try(socket, give_bytes, &rest, patience);

    *written_out = size - rest.size;
    return status;
}

/* ---- datagrams ---- */

typedef struct outgoing {
    const void *data;
    size_t size;
    const win32_sockaddr *to; /* NULL: as it is connected */
    int to_size;
} outgoing;

static xipc_status explain_send(int error, size_t size)
{
    switch (error) {
    case WSAEMSGSIZE:
        return xipcos_fault(
            XIPC_E_TOO_BIG, error,
            "%zu bytes are more than the network takes in one datagram", size);
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH:
    case WSAENETDOWN:
    case WSAEADDRNOTAVAIL:
        return xipcos_fault(XIPC_E_NOT_FOUND, error, "no way leads there");
    case WSAEACCES:
        return xipcos_fault(
            XIPC_E_ACCESS, error,
            "it is a broadcast address, which takes XIPC_SOCKET_BROADCAST, or "
            "the system refuses it");
    case WSAEDESTADDRREQ:
    case WSAENOTCONN:
        return xipcos_fault(
            XIPC_E_INVALID, error,
            "it is connected to nobody: an address is missing");
    case WSAEAFNOSUPPORT:
    case WSAEISCONN:
        return xipcos_fault(
            XIPC_E_INVALID, error, "not an address that it can send to");
    default: return explain(error, "cannot send");
    }
}

/* That nobody received an earlier one is no news. */
static int is_old_news(xipcos_socket *socket, int error)
{
    if (error != WSAECONNRESET && error != WSAENETRESET &&
        error != WSAECONNREFUSED) {
        return 0;
    }
    win32_socket_set_refused(socket);
    return 1;
}

static xipc_status give_datagram(xipcos_socket *socket, void *context)
{
    const outgoing *letter = context;
    int size;
    int error = 0;

    do {
        size = letter->to
                   ? sendto(
                         socket->handle, letter->data, (int)letter->size, 0,
                         &letter->to->any, letter->to_size)
                   : send(socket->handle, letter->data, (int)letter->size, 0);
        error = size < 0 ? WSAGetLastError() : 0;
    } while (is_old_news(socket, error));
    win32_socket_set_full(socket, error == WSAEWOULDBLOCK);
    return error == 0 ? XIPC_OK : explain_send(error, letter->size);
}

xipc_status xipcos_socket_send(
    xipcos_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    const xipcos_patience *patience)
{
    win32_sockaddr native;
    outgoing letter = {data, size, to ? &native : NULL, 0};

    if (to) {
        letter.to_size = win32_address_get(to, &native);
        if (letter.to_size == 0 || native.any.sa_family != socket->family) {
            return xipcos_fault(
                XIPC_E_INVALID, 0, "not an address that it can send to");
        }
    }
    return win32_socket_try(socket, give_datagram, &letter, patience);
}

/* A datagram that is cut has its true size all the same: what does not fit goes
 * here. */
#define REST_SIZE 65536

static xipc_status take_datagram(xipcos_socket *socket, void *context)
{
    xipcos_datagram *wanted = context;
    char rest[REST_SIZE];
    WSABUF parts[2] = {
        {(ULONG)at_most(wanted->capacity), wanted->buffer},
        {sizeof rest, rest}};
    win32_sockaddr from;
    int from_size;
    DWORD size;
    DWORD flags;
    int error;

    do {
        from_size = sizeof from;
        flags = 0;
        error = WSARecvFrom(
                    socket->handle, parts, 2, &size, &flags, &from.any,
                    &from_size, NULL, NULL) == 0
                    ? 0
                    : WSAGetLastError();
    } while (is_old_news(socket, error));
    if (error != 0) {
        return explain(error, "cannot receive");
    }
    wanted->size = size;
    win32_address_put(&wanted->from, &from, from_size);
    return XIPC_OK;
}

xipc_status xipcos_socket_receive(
    xipcos_socket *socket,
    xipcos_datagram *datagram,
    const xipcos_patience *patience)
{
    return win32_socket_try(socket, take_datagram, datagram, patience);
}
