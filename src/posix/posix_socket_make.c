/* SPDX-License-Identifier: Apache-2.0 */
/* Making sockets: listening, bound, connected, adopted. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix/posix_socket.h"
#include "posix/posix_status.h"

xipcos_socket *posix_socket_new(int family, int is_datagram)
{
    xipcos_socket *socket = calloc(1, sizeof *socket);

    if (!socket) {
        xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a socket");
        return NULL;
    }
    socket->fd = -1;
    socket->place.lock_fd = -1;
    socket->family = family;
    socket->is_datagram = is_datagram;
    posix_sleepers_begin(&socket->sleepers);
    return socket;
}

static xipc_status make(int family, int is_datagram, xipcos_socket **socket_out)
{
    xipcos_socket *socket = posix_socket_new(family, is_datagram);
    int os_error;

    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    socket->fd =
        posix_socket_open(family, is_datagram ? SOCK_DGRAM : SOCK_STREAM);
    if (socket->fd < 0) {
        os_error = errno;
        xipcos_socket_close(socket, 1);
        return os_error == EAFNOSUPPORT
                   ? xipcos_fault(
                         XIPC_E_NOT_FOUND, os_error,
                         "this machine has no such network")
                   : posix_fault(os_error, "making a socket");
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- what it is to be like ---- */

void posix_socket_set(
    const xipcos_socket *socket, int level, int option, int value)
{
    (void)setsockopt(socket->fd, level, option, &value, sizeof value);
}

static void
set_common(const xipcos_socket *socket, const xipc_socket_options *options)
{
    if (options->send_buffer != 0) {
        posix_socket_set(
            socket, SOL_SOCKET, SO_SNDBUF, (int)options->send_buffer);
    }
    if (options->receive_buffer != 0) {
        posix_socket_set(
            socket, SOL_SOCKET, SO_RCVBUF, (int)options->receive_buffer);
    }
    if (socket->family == AF_UNIX || socket->is_datagram) {
        return;
    }
    if ((options->flags & XIPC_SOCKET_DELAY) == 0) {
        posix_socket_set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if ((options->flags & XIPC_SOCKET_KEEP_ALIVE) != 0) {
        posix_socket_set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    }
}

/* ---- at an address ---- */

static xipc_status explain_bind(int os_error)
{
    switch (os_error) {
    case EADDRINUSE:
        return xipcos_fault(
            XIPC_E_EXISTS, os_error, "somebody has that address");
    case EADDRNOTAVAIL:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, os_error,
            "none of this machine's interfaces has that address");
    default: return posix_fault(os_error, "taking that address");
    }
}

static xipc_status bind_to(
    xipcos_socket *socket,
    const xipcos_socket_plan *plan,
    const posix_sockaddr *native,
    socklen_t size)
{
    if (socket->family == AF_UNIX) {
        return posix_local_bind(socket, native, plan);
    }
    return bind(socket->fd, &native->any, size) == 0 ? XIPC_OK
                                                     : explain_bind(errno);
}

/* Its calls are accept(), which cannot be told one by one not to wait. */
static xipc_status
begin_listening(xipcos_socket *socket, const xipc_socket_options *options)
{
    if (listen(socket->fd, (int)options->backlog) < 0) {
        return explain_bind(errno);
    }
    socket->is_listening = 1;
    fcntl(socket->fd, F_SETFL, O_NONBLOCK);
    return XIPC_OK;
}

static xipc_status listen_at(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    posix_sockaddr native;
    socklen_t size = posix_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, 0, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    if (socket->family != AF_UNIX) {
        /* What the system keeps of connections that ended is in nobody's way;
           who listens is. */
        posix_socket_set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (socket->family == AF_INET6) {
        posix_socket_set(
            socket, IPPROTO_IPV6, IPV6_V6ONLY, !posix_address_is_both(address));
    }
    status = bind_to(socket, plan, &native, size);
    if (status == XIPC_OK) {
        status = begin_listening(socket, plan->options);
    }
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

static uint16_t port_of(const xipc_address *address)
{
    char host[64];
    uint16_t port;

    xipcos_address_write(address, host, sizeof host, &port);
    return port;
}

xipc_status xipcos_socket_listen(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    xipc_status status = listen_at(plan, address, socket_out);
    xipc_address narrow;

    /* A machine without IPv6. */
    if (status == XIPC_E_NOT_FOUND && posix_address_is_both(address)) {
        xipcos_address_any(0, port_of(address), &narrow);
        status = listen_at(plan, &narrow, socket_out);
    }
    return status;
}

xipc_status xipcos_socket_bind(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    int is_group = xipcos_address_is_group(address);
    posix_sockaddr native;
    socklen_t size = posix_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, 1, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    if (socket->family == AF_INET6) {
        posix_socket_set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (is_group) {
        posix_socket_set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
#if defined(SO_REUSEPORT) && !defined(__linux__)
        posix_socket_set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
#endif
    }
    status = posix_group_prepare(socket, plan);
    if (status == XIPC_OK && is_group) {
        status = posix_group_place(&native, plan);
    }
    if (status == XIPC_OK) {
        status = bind_to(socket, plan, &native, size);
    }
    if (status == XIPC_OK && is_group) {
        status = posix_group_join(socket, &native, plan);
    }
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- connecting ---- */

static xipc_status explain_connect(int os_error, const posix_sockaddr *native)
{
    switch (os_error) {
    case ECONNREFUSED:
    case ENOENT:
        return xipcos_fault(XIPC_E_NOT_FOUND, os_error, "nobody listens there");
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return xipcos_fault(XIPC_E_NOT_FOUND, os_error, "no way leads there");
    case ETIMEDOUT:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, os_error, "nobody has answered for long");
    case ECONNRESET:
        return xipcos_fault(
            XIPC_E_PEER_DIED, os_error, "it was broken off at once");
    case EAGAIN:
        if (native->any.sa_family == AF_UNIX) {
            return XIPC_E_AGAIN;
        }
        break;
    case EPROTOTYPE:
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, os_error,
            "what stands there is not for streams");
    default: break;
    }
    return posix_fault(os_error, "connecting");
}

/* A port that nobody has, and that the system chose for this side too. */
static int is_to_itself(const xipcos_socket *socket)
{
    xipc_address ours;
    xipc_address theirs;

    return socket->family != AF_UNIX && !socket->is_datagram &&
           xipcos_socket_address(socket, 0, &ours) == XIPC_OK &&
           xipcos_socket_address(socket, 1, &theirs) == XIPC_OK &&
           xipc_address_is_same(&ours, &theirs);
}

/* From now on its calls may wait. */
static xipc_status finish_connect(const xipcos_socket *socket)
{
    static const posix_sockaddr none;

    fcntl(socket->fd, F_SETFL, 0);
    return is_to_itself(socket) ? explain_connect(ECONNREFUSED, &none)
                                : XIPC_OK;
}

/*
 * XIPC_OK: it is connected, or will be. Denied access is looked into: whoever
 * makes the listener may only be about to give it; or has given it between the
 * denial and that look, and then another try tells.
 */
static xipc_status connect_or_explain(
    const xipcos_socket *socket,
    const xipcos_socket_plan *plan,
    const posix_sockaddr *native,
    socklen_t size,
    int *is_connected_out)
{
    int os_error = EACCES;

    for (int round = 0; round < 2 && os_error == EACCES; round++) {
        *is_connected_out = connect(socket->fd, &native->any, size) == 0;
        os_error = *is_connected_out ? 0 : errno;
        if (os_error == EACCES &&
            posix_local_is_being_made(native, plan->is_companions)) {
            return xipcos_fault(
                XIPC_E_NOT_FOUND, os_error, "its listener is being made");
        }
    }
    /* Interrupted, it goes on by itself. */
    return os_error == 0 || os_error == EINPROGRESS || os_error == EINTR
               ? XIPC_OK
               : explain_connect(os_error, native);
}

static xipc_status begin(
    const xipcos_socket *socket,
    const xipcos_socket_plan *plan,
    const posix_sockaddr *native,
    socklen_t size,
    int *is_connected_out)
{
    xipc_status status;

    fcntl(socket->fd, F_SETFL, O_NONBLOCK);
    status = connect_or_explain(socket, plan, native, size, is_connected_out);
    return status == XIPC_OK && *is_connected_out ? finish_connect(socket)
                                                  : status;
}

xipc_status xipcos_socket_start_connect(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out,
    int *is_connected_out)
{
    posix_sockaddr native;
    socklen_t size = posix_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, plan->is_datagram, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    if (plan->is_datagram) {
        status = posix_group_prepare(socket, plan);
    }
    if (status == XIPC_OK) {
        status = begin(socket, plan, &native, size, is_connected_out);
    }
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

static xipc_status outcome(const xipcos_socket *socket)
{
    static const posix_sockaddr none;
    int os_error = 0;
    socklen_t size = sizeof os_error;

    (void)getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &os_error, &size);
    return os_error == 0 ? finish_connect(socket)
                         : explain_connect(os_error, &none);
}

xipc_status xipcos_socket_wait_connected(
    xipcos_socket *const *sockets,
    size_t count,
    const xipcos_patience *patience,
    size_t *index_out)
{
    struct pollfd polled[XIPCOS_CONNECT_MAX];
    int64_t left;
    xipc_status status;
    int found;

    for (size_t at = 0; at < count; at++) {
        polled[at] = (struct pollfd){.fd = sockets[at]->fd, .events = POLLOUT};
    }
    do {
        status = posix_patience_left(patience, &left);
        found = poll(
            polled, (nfds_t)count, status == XIPC_OK ? posix_poll_ms(left) : 0);
    } while (found <= 0 && status == XIPC_OK);
    if (found <= 0) {
        return status;
    }
    *index_out = 0;
    while (polled[*index_out].revents == 0) {
        ++*index_out;
    }
    return outcome(sockets[*index_out]);
}

/* ---- adopting ---- */

static int ask(int fd, int option, int *value_out)
{
    socklen_t size = sizeof *value_out;

    return getsockopt(fd, SOL_SOCKET, option, value_out, &size);
}

static xipc_status check_adopted(int fd, int *family_out, int *type_out)
{
    posix_sockaddr native = {.storage = {0}};
    socklen_t size = sizeof native;
    int listens = 0;

    if (ask(fd, SO_TYPE, type_out) < 0 ||
        getsockname(fd, &native.any, &size) < 0) {
        return errno == EBADF
                   ? xipcos_fault(
                         XIPC_E_INVALID, EBADF, "descriptor %d is not open", fd)
                   : xipcos_fault(
                         XIPC_E_NOT_SUPPORTED, errno,
                         "descriptor %d is not a socket", fd);
    }
    *family_out = native.any.sa_family;
    (void)ask(fd, SO_ACCEPTCONN, &listens);
    if (listens != 0) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "the socket is one that listens");
    }
    if ((*family_out != AF_INET && *family_out != AF_INET6 &&
         (*family_out != AF_UNIX || *type_out != SOCK_STREAM)) ||
        (*type_out != SOCK_STREAM && *type_out != SOCK_DGRAM)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "the socket is neither a stream nor for datagrams");
    }
    size = sizeof native;
    if (*type_out == SOCK_STREAM && getpeername(fd, &native.any, &size) < 0 &&
        errno == ENOTCONN) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, ENOTCONN, "the stream is not connected");
    }
    return XIPC_OK;
}

xipc_status xipcos_socket_adopt(
    intptr_t native, xipcos_socket **socket_out, int *is_datagram_out)
{
    int fd = native >= 0 && native <= INT32_MAX ? (int)native : -1;
    int family = AF_UNSPEC;
    int type = 0;
    xipcos_socket *socket;
    xipc_status status = check_adopted(fd, &family, &type);

    if (status != XIPC_OK) {
        return status;
    }
    socket = posix_socket_new(family, type == SOCK_DGRAM);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    atomic_init(&socket->is_shared, 1);
    socket->fd = posix_socket_copy(fd);
    if (socket->fd < 0) {
        status = posix_fault(errno, "copying descriptor %d", fd);
        xipcos_socket_close(socket, 1);
        return status;
    }
    *is_datagram_out = type == SOCK_DGRAM;
    *socket_out = socket;
    return XIPC_OK;
}
