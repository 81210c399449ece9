/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: what there is, accepting, adopting, closing. */
#include "win32/win32_socket.h"

#include <stdlib.h>
#include <string.h>

#include "win32/win32_crash.h"

#define DRAIN_MAX (1 << 20)

/* ---- what there is ---- */

static int has_started;
static int has_local;

/* What the process has started is never ended: others in it may use it. */
static BOOL CALLBACK start(PINIT_ONCE once, void *parameter, void **context)
{
    WSADATA data;
    SOCKET probe;

    (void)once;
    (void)parameter;
    (void)context;
    has_started = WSAStartup(MAKEWORD(2, 2), &data) == 0;
    if (has_started) {
        probe = WSASocketW(
            AF_UNIX, SOCK_STREAM, 0, NULL, 0,
            WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
        has_local = probe != INVALID_SOCKET;
        if (has_local) {
            closesocket(probe);
        }
    }
    return TRUE;
}

int win32_sockets_start(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, start, NULL, NULL);
    return has_started;
}

int xipcos_socket_has_local(void)
{
    return win32_sockets_start() && has_local;
}

int xipcos_socket_has_credentials(void)
{
    return 0;
}

int xipcos_socket_passes_handles(void)
{
    return 0;
}

int xipcos_socket_vouches_process(void)
{
    return 0;
}

xipc_status
xipcos_socket_other(const xipcos_socket *socket, xipcos_other *other_out)
{
    (void)socket;
    (void)other_out;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "sockets of this system do not tell who is at the other end "
        "(socket.credentials)");
}

static xipc_status no_handles(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "no handles go over this system's sockets (socket.handles)");
}

xipc_status xipcos_socket_send_handle(
    xipcos_socket *socket, intptr_t native, const xipcos_patience *patience)
{
    (void)socket;
    (void)native;
    (void)patience;
    return no_handles();
}

xipc_status xipcos_socket_receive_handle(
    xipcos_socket *socket,
    const xipcos_patience *patience,
    intptr_t *native_out) /* NOLINT(readability-non-const-parameter) */
{
    (void)socket;
    (void)patience;
    (void)native_out;
    return no_handles();
}

/* ---- a socket ---- */

xipcos_socket *win32_socket_new(int family, int is_datagram)
{
    xipcos_socket *socket = calloc(1, sizeof *socket);

    if (!socket) {
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a socket");
        return NULL;
    }
    socket->handle = INVALID_SOCKET;
    socket->family = family;
    socket->is_datagram = is_datagram;
    InitializeSRWLock(&socket->lock);
    return socket;
}

/* The new one has what the listener watches for; it is to have its own. */
static xipc_status take_next(xipcos_socket *listener, void *context)
{
    xipcos_socket *socket = context;
    u_long yes = 1;
    int error = 0;

    do {
        socket->handle = accept(listener->handle, NULL, NULL);
        error = socket->handle == INVALID_SOCKET ? WSAGetLastError() : 0;
    } while (error == WSAECONNRESET); /* who came first has gone again */
    if (error != 0) {
        return error == WSAEWOULDBLOCK
                   ? XIPC_E_AGAIN
                   : win32_fault(
                         (unsigned long)error, "cannot accept a connection");
    }
    WIN32_CRASH_POINT();
    SetHandleInformation((HANDLE)socket->handle, HANDLE_FLAG_INHERIT, 0);
    WSAEventSelect(socket->handle, NULL, 0);
    ioctlsocket(socket->handle, (long)FIONBIO, &yes);
    return XIPC_OK;
}

xipc_status xipcos_socket_accept(
    xipcos_socket *listener,
    const xipcos_patience *patience,
    xipcos_socket **socket_out)
{
    xipcos_socket *socket = win32_socket_new(listener->family, 0);
    xipc_status status;

    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    status = win32_socket_try(listener, take_next, socket, patience);
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- adopting ---- */

static int ask(SOCKET handle, int option, int *value_out)
{
    int size = sizeof *value_out;

    return getsockopt(handle, SOL_SOCKET, option, (char *)value_out, &size);
}

static xipc_status check_adopted(SOCKET handle, int family, int type)
{
    win32_sockaddr native;
    int size = sizeof native;
    int listens = 0;

    (void)ask(handle, SO_ACCEPTCONN, &listens);
    if (listens != 0) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "the socket is one that listens");
    }
    if ((family != AF_INET && family != AF_INET6 && family != AF_UNIX) ||
        (type != SOCK_STREAM && type != SOCK_DGRAM)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "the socket is neither a stream nor for datagrams");
    }
    if (type == SOCK_STREAM && getpeername(handle, &native.any, &size) != 0 &&
        WSAGetLastError() == WSAENOTCONN) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, WSAENOTCONN, "the stream is not connected");
    }
    return XIPC_OK;
}

/*
 * The copy is there from WSADuplicateSocketW() on, and nothing but the second
 * call tells its handle: so nothing that can fail stands between.
 */
static xipc_status copy(SOCKET handle, SOCKET *copy_out)
{
    WSAPROTOCOL_INFOW info;
    u_long yes = 1;
    int error;

    *copy_out = INVALID_SOCKET;
    if (WSADuplicateSocketW(handle, GetCurrentProcessId(), &info) == 0) {
        *copy_out = WSASocketW(
            FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info,
            0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    }
    if (*copy_out == INVALID_SOCKET) {
        error = WSAGetLastError();
        return win32_fault((unsigned long)error, "cannot copy the socket");
    }
    ioctlsocket(*copy_out, (long)FIONBIO, &yes);
    return XIPC_OK;
}

xipc_status xipcos_socket_adopt(
    intptr_t native, xipcos_socket **socket_out, int *is_datagram_out)
{
    SOCKET handle = (SOCKET)native;
    WSAPROTOCOL_INFOW info;
    int size = sizeof info;
    xipcos_socket *socket;
    xipc_status status;
    int error;

    if (!win32_sockets_start() ||
        getsockopt(
            handle, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &size) != 0) {
        error = WSAGetLastError();
        return xipcos_fault(
            XIPC_E_INVALID, error, "that is no socket that is open");
    }
    status = check_adopted(handle, info.iAddressFamily, info.iSocketType);
    if (status != XIPC_OK) {
        return status;
    }
    socket =
        win32_socket_new(info.iAddressFamily, info.iSocketType == SOCK_DGRAM);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    socket->is_shared = 1;
    status = copy(handle, &socket->handle);
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *is_datagram_out = socket->is_datagram;
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- its end ---- */

xipc_status xipcos_socket_shutdown_write(xipcos_socket *socket)
{
    int error;

    if (shutdown(socket->handle, SD_SEND) == 0) {
        return XIPC_OK;
    }
    error = WSAGetLastError();
    return error == WSAENOTCONN || error == WSAESHUTDOWN ||
                   error == WSAECONNRESET || error == WSAECONNABORTED
               ? XIPC_OK
               : win32_fault((unsigned long)error, "cannot end to write");
}

/* See posix_socket.c. */
static void end_in_order(const xipcos_socket *socket)
{
    char bytes[16384];
    size_t drained = 0;
    int size = 0;

    if (shutdown(socket->handle, SD_SEND) != 0) {
        return;
    }
    WIN32_CRASH_POINT();
    do {
        drained += (size_t)size;
        size = recv(socket->handle, bytes, sizeof bytes, 0);
    } while (size > 0 && drained < DRAIN_MAX);
}

void xipcos_socket_close(xipcos_socket *socket, int is_own)
{
    if (!socket) {
        return;
    }
    (void)is_own; /* nothing is inherited without being asked for */
    if (socket->handle != INVALID_SOCKET) {
        if (!socket->is_datagram && !socket->is_listener &&
            !socket->is_shared) {
            end_in_order(socket);
        }
        win32_local_leave(socket);
        closesocket(socket->handle);
    }
    win32_socket_end_waits(socket);
    free(socket);
}

/* ---- what it is ---- */

/* Of one in a group the system knows only the port. */
static void put_group(
    const xipcos_socket *socket,
    win32_sockaddr *native,
    xipc_address *address_out)
{
    win32_sockaddr group;
    int size = win32_address_get(&socket->group, &group);

    if (group.any.sa_family == AF_INET) {
        group.narrow.sin_port = native->narrow.sin_port;
    } else {
        group.wide.sin6_port = native->wide.sin6_port;
    }
    win32_address_put(address_out, &group, size);
}

xipc_status xipcos_socket_address(
    const xipcos_socket *socket, int is_peers, xipc_address *address_out)
{
    win32_sockaddr native;
    int size = sizeof native;
    int result;
    int error;

    memset(&native, 0, sizeof native);
    result = is_peers ? getpeername(socket->handle, &native.any, &size)
                      : getsockname(socket->handle, &native.any, &size);
    if (result != 0) {
        error = WSAGetLastError();
        return error == WSAENOTCONN
                   ? xipcos_fault(
                         XIPC_E_NOT_FOUND, error, "there is no other side")
                   : win32_fault(
                         (unsigned long)error, "cannot ask for an address");
    }
    if (!is_peers && socket->group.size != 0) {
        put_group(socket, &native, address_out);
    } else {
        win32_address_put(address_out, &native, size);
    }
    return XIPC_OK;
}

intptr_t xipcos_socket_native_handle(xipcos_socket *socket)
{
    socket->is_shared = 1;
    return (intptr_t)socket->handle;
}
