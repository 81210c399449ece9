/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: accepting, waiting, closing. */
#include "posix/posix_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os_handle.h"
#include "os/os_thread.h"
#include "posix/posix_status.h"

/* What is read on closing, so that the system need not break off a connection
 * over bytes that nobody wants. */
#define DRAIN_MAX (1 << 20)

int xipcos_socket_has_local(void)
{
    return 1;
}

int xipcos_socket_passes_handles(void)
{
    return 1;
}

/* ---- accepting ---- */

/* The one who came first has gone again; the next one may be there. */
static int is_gone(int os_error)
{
    return os_error == ECONNABORTED || os_error == EINTR || os_error == EPROTO;
}

/* So many are passed over before the deadline is looked at. */
#define GONE_MAX 64

static xipc_status take_next(const xipcos_socket *listener, int *fd_out)
{
    posix_sockaddr native;
    socklen_t size;
    int gone = 0;

    do {
        size = sizeof native;
        *fd_out = posix_socket_take_next(listener->fd, &native, &size);
    } while (*fd_out < 0 && is_gone(errno) && gone++ < GONE_MAX);
    if (*fd_out >= 0) {
        return XIPC_OK;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || is_gone(errno)
               ? XIPC_E_AGAIN
               : posix_fault(errno, "accepting a connection");
}

xipc_status xipcos_socket_accept(
    xipcos_socket *listener,
    const xipcos_patience *patience,
    xipcos_socket **socket_out)
{
    xipcos_socket *socket = posix_socket_new(listener->family, 0);
    uint32_t ticket;
    xipc_status status = XIPC_OK;

    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    do {
        ticket = posix_sleepers_ticket(&listener->sleepers);
        status = take_next(listener, &socket->fd);
        if (status != XIPC_E_AGAIN) {
            break;
        }
        status = posix_sleepers_wait(
            &listener->sleepers, ticket, listener->fd, POLLIN, patience);
    } while (status == XIPC_OK);
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- its end ---- */

xipc_status xipcos_socket_shutdown_write(xipcos_socket *socket)
{
    if (shutdown(socket->fd, SHUT_WR) < 0 && errno != ENOTCONN) {
        return posix_fault(errno, "ending to write");
    }
    return XIPC_OK;
}

static int is_stream(const xipcos_socket *socket)
{
    return !socket->is_datagram && !socket->is_listening;
}

/* How many bytes. Handles that came with them may linger, see
 * xipcos_handle_drop(). */
static ssize_t drain(xipcos_socket *socket, void *bytes, size_t size)
{
    const xipcos_patience at_once = {XIPC_NOW, NULL};
    xipcos_parcel parcel = {.data = bytes, .size = size};

    if (socket->family != AF_UNIX) {
        return recv(socket->fd, bytes, size, MSG_DONTWAIT);
    }
    if (xipcos_socket_receive_parcel(socket, &parcel, &at_once) != XIPC_OK) {
        return 0;
    }
    for (size_t at = 0; at < parcel.count; at++) {
        xipcos_handle_drop(parcel.natives[at]);
    }
    return (ssize_t)parcel.size;
}

/*
 * A stream that is closed with bytes that nobody read is broken off, and the
 * other side may lose what was written to it. So those are read.
 */
static void end_in_order(xipcos_socket *socket)
{
    char bytes[16384];
    size_t drained = 0;
    ssize_t size = 0;

    if (shutdown(socket->fd, SHUT_WR) < 0) {
        return;
    }
    do {
        drained += (size_t)size;
        size = drain(socket, bytes, sizeof bytes);
    } while (size > 0 && drained < DRAIN_MAX);
}

void xipcos_socket_close(xipcos_socket *socket, int is_own)
{
    if (!socket) {
        return;
    }
    if (socket->fd >= 0) {
        if (is_own && is_stream(socket) &&
            !atomic_load_explicit(&socket->is_shared, memory_order_relaxed)) {
            end_in_order(socket);
        }
        if (is_own && socket->is_listening) {
            /* Where a forked child has it too, it listens no more either. */
            (void)shutdown(socket->fd, SHUT_RDWR);
        }
        posix_local_leave(socket, is_own);
        close(socket->fd);
    }
    posix_sleepers_end(&socket->sleepers);
    free(socket);
}

/* ---- what it is ---- */

xipc_status xipcos_socket_address(
    const xipcos_socket *socket, int is_peers, xipc_address *address_out)
{
    posix_sockaddr native;
    socklen_t size = sizeof native;
    int result;

    memset(&native, 0, sizeof native);
    result = is_peers ? getpeername(socket->fd, &native.any, &size)
                      : getsockname(socket->fd, &native.any, &size);
    if (result < 0) {
        return errno == ENOTCONN
                   ? xipcos_fault(
                         XIPC_E_NOT_FOUND, errno, "there is no other side")
                   : posix_fault(errno, "asking for an address");
    }
    if (size > sizeof native) {
        size = sizeof native;
    }
    posix_address_put(address_out, &native, size);
    return XIPC_OK;
}

/* Who is in a slice must have left it before there are none any more. */
intptr_t xipcos_socket_native_handle(xipcos_socket *socket)
{
    const struct timeval none = {0, 0};

    atomic_store_explicit(&socket->is_shared, 1, memory_order_seq_cst);
    while (atomic_load_explicit(&socket->in_slices, memory_order_seq_cst) > 0) {
        xipcos_thread_yield();
    }
    if (atomic_load_explicit(&socket->has_slice, memory_order_seq_cst)) {
        (void)setsockopt(
            socket->fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
        atomic_store_explicit(&socket->has_slice, 0, memory_order_seq_cst);
    }
    return socket->fd;
}

/* ---- waiting ---- */

void xipcos_socket_wake(xipcos_socket *socket)
{
    posix_sleepers_wake(&socket->sleepers);
}

/* Where poll() does not tell: at the latest when all was read. */
static int has_ended(const xipcos_socket *socket, short seen)
{
    char byte;

    if ((seen & (POLLHUP | POLLERR | POLLRDHUP)) != 0) {
        return 1;
    }
    return POLLRDHUP == 0 && (seen & POLLIN) != 0 &&
           recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static uint32_t events_of(const xipcos_socket *socket, short seen)
{
    uint32_t events = 0;

    if ((seen & (POLLIN | POLLHUP | POLLERR | POLLRDHUP)) != 0) {
        events |= XIPC_READABLE;
    }
    if ((seen & (POLLOUT | POLLHUP | POLLERR)) != 0) {
        events |= XIPC_WRITABLE;
    }
    if (!socket->is_datagram && has_ended(socket, seen)) {
        events |= XIPC_HUNG_UP;
    }
    return events;
}

/* That nobody received a datagram is no news of a socket for them; once asked
 * for, it is gone. */
static void forget_refusal(const xipcos_socket *socket)
{
    int os_error;
    socklen_t size = sizeof os_error;

    (void)getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &os_error, &size);
}

uint32_t xipcos_socket_ready(xipcos_socket *socket)
{
    struct pollfd polled = {
        .fd = socket->fd, .events = POLLIN | POLLOUT | POLLRDHUP};

    if (poll(&polled, 1, 0) <= 0) {
        return 0;
    }
    if (socket->is_datagram && (polled.revents & POLLERR) != 0) {
        forget_refusal(socket);
        if (poll(&polled, 1, 0) <= 0) {
            return 0;
        }
    }
    return events_of(socket, polled.revents);
}

intptr_t xipcos_socket_waitable(xipcos_socket *socket)
{
    return socket->fd;
}
