/* SPDX-License-Identifier: Apache-2.0 */
/* What goes over sockets. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_socket.h"
#include "posix/posix_status.h"

/* What a receiving call waits by itself. So long an interrupt may take. */
#define SLICE_US 10000
#define SLICE_NS 10000000

static xipc_status explain(int os_error, const char *what)
{
    switch (os_error) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
        return XIPC_E_AGAIN;
    case EPIPE:
        return xipcos_fault(
            XIPC_E_CLOSED, os_error,
            "nobody reads it any more, or this side has ended to write");
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
        return xipcos_fault(
            XIPC_E_PEER_DIED, os_error, "the connection broke (%s)",
            os_error == ECONNRESET ? "reset" : "no answer");
    case ENOBUFS:
        return xipcos_fault(
            XIPC_E_NO_MEMORY, os_error, "the system has no buffers");
    default: return posix_fault(os_error, "%s", what);
    }
}

/* ---- waiting ---- */

static int may_wait_long(const xipcos_patience *patience)
{
    if (patience->deadline == XIPC_NOW || posix_is_interrupted(patience)) {
        return 0;
    }
    return patience->deadline == XIPC_FOREVER ||
           patience->deadline - xipcos_clock_ns() > 2 * SLICE_NS;
}

static int has_slice(xipcos_socket *socket)
{
    const struct timeval slice = {0, SLICE_US};

    if (atomic_load_explicit(&socket->has_slice, memory_order_seq_cst) == 0 &&
        setsockopt(socket->fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice) ==
            0) {
        atomic_store_explicit(&socket->has_slice, 1, memory_order_seq_cst);
    }
    return atomic_load_explicit(&socket->has_slice, memory_order_seq_cst);
}

/* In one system call: what is there, or what comes within a slice. */
static xipc_status
try_in_slice(xipcos_socket *socket, posix_socket_attempt *take, void *context)
{
    xipc_status status = XIPC_E_AGAIN;

    atomic_fetch_add_explicit(&socket->in_slices, 1, memory_order_seq_cst);
    if (!atomic_load_explicit(&socket->is_shared, memory_order_seq_cst) &&
        has_slice(socket)) {
        status = take(socket, context, 0);
    }
    atomic_fetch_sub_explicit(&socket->in_slices, 1, memory_order_seq_cst);
    return status;
}

xipc_status posix_socket_transfer(
    xipcos_socket *socket,
    posix_socket_attempt *take,
    void *context,
    short events,
    const xipcos_patience *patience)
{
    xipc_status status = XIPC_E_AGAIN;
    uint32_t ticket;

    if (events == POLLIN && may_wait_long(patience)) {
        status = try_in_slice(socket, take, context);
    }
    while (status == XIPC_E_AGAIN) {
        ticket = posix_sleepers_ticket(&socket->sleepers);
        status = take(socket, context, MSG_DONTWAIT);
        if (status != XIPC_E_AGAIN) {
            return status;
        }
        status = posix_sleepers_wait(
            &socket->sleepers, ticket, socket->fd, events, patience);
        if (status != XIPC_OK) {
            return status;
        }
        status = XIPC_E_AGAIN;
    }
    return status;
}

/* ---- streams ---- */

/*
 * That a connection broke the system says once, to whichever call comes first;
 * from then on it looks like one that has ended in good order, and what was
 * lost like all there was. So it is kept in mind.
 */
xipc_status
posix_socket_explain(xipcos_socket *socket, int os_error, const char *what)
{
    xipc_status status = explain(os_error, what);

    if (status == XIPC_E_PEER_DIED) {
        atomic_store_explicit(&socket->is_broken, 1, memory_order_seq_cst);
    }
    if (status == XIPC_E_CLOSED &&
        atomic_load_explicit(&socket->is_broken, memory_order_seq_cst)) {
        status = xipcos_fault(
            XIPC_E_PEER_DIED, os_error, "the connection broke before");
    }
    return status;
}

xipc_status posix_socket_explain_end(const xipcos_socket *socket)
{
    return atomic_load_explicit(&socket->is_broken, memory_order_seq_cst)
               ? xipcos_fault(
                     XIPC_E_PEER_DIED, 0, "the connection broke before")
               : xipcos_fault(
                     XIPC_E_CLOSED, 0,
                     "all was read, and the other side has ended");
}

/* No more at once: some systems take a longer one for nonsense. */
#define PIECE_MAX ((size_t)1 << 30)

static size_t part_of(size_t size)
{
    return size < PIECE_MAX ? size : PIECE_MAX;
}

typedef struct piece {
    unsigned char *bytes;
    size_t size; /* in: at most; out: so many */
} piece;

static xipc_status take_bytes(xipcos_socket *socket, void *context, int flags)
{
    piece *wanted = context;
    ssize_t size =
        recv(socket->fd, wanted->bytes, part_of(wanted->size), flags);

    if (size > 0) {
        wanted->size = (size_t)size;
        return XIPC_OK;
    }
    if (size == 0) {
        return posix_socket_explain_end(socket);
    }
    return errno == EINTR ? XIPC_E_AGAIN
                          : posix_socket_explain(socket, errno, "reading");
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
        posix_socket_transfer(socket, take_bytes, &wanted, POLLIN, patience);

    if (status == XIPC_OK) {
        *size_out = wanted.size;
    }
    return status;
}

/* What fits now; what is left stays wanted. */
static xipc_status give_bytes(xipcos_socket *socket, void *context, int flags)
{
    piece *rest = context;
    ssize_t size;

    while (rest->size > 0) {
        size = send(
            socket->fd, rest->bytes, part_of(rest->size),
            flags | MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return posix_socket_explain(socket, errno, "writing");
        }
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
    piece rest = {(unsigned char *)data, size};
    xipc_status status =
        posix_socket_transfer(socket, give_bytes, &rest, POLLOUT, patience);

    *written_out = size - rest.size;
    return status;
}

/* ---- datagrams ---- */

typedef struct outgoing {
    const void *data;
    size_t size;
    const posix_sockaddr *to; /* NULL: as it is connected */
    socklen_t to_size;
} outgoing;

static xipc_status explain_send(int os_error, size_t size)
{
    switch (os_error) {
    case EMSGSIZE:
        return xipcos_fault(
            XIPC_E_TOO_BIG, os_error,
            "%zu bytes are more than the network takes in one datagram", size);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
        return xipcos_fault(XIPC_E_NOT_FOUND, os_error, "no way leads there");
    case EACCES:
        return xipcos_fault(
            XIPC_E_ACCESS, os_error,
            "it is a broadcast address, which takes XIPC_SOCKET_BROADCAST, or "
            "the system refuses it");
    case EDESTADDRREQ:
    case ENOTCONN:
        return xipcos_fault(
            XIPC_E_INVALID, os_error,
            "it is connected to nobody: an address is missing");
    case EAFNOSUPPORT:
    case EISCONN:
        return xipcos_fault(
            XIPC_E_INVALID, os_error, "not an address that it can send to");
    default: return explain(os_error, "sending");
    }
}

/*
 * What became of an earlier one, as routers and firewalls answer, is told to
 * the next call, once, and is no news.
 */
static int is_old_news(int os_error)
{
    switch (os_error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENOPROTOOPT:
    case EPROTO:
    case EMSGSIZE:
    case EACCES:
#if defined(ENONET)
    case ENONET:
#endif
        return 1;
    default: return 0;
    }
}

/* So often it is asked again; an error of its own stays. */
#define OLD_NEWS_MAX 8

static xipc_status
give_datagram(xipcos_socket *socket, void *context, int flags)
{
    const outgoing *letter = context;
    int told = 0;
    ssize_t size;

    do {
        size = letter->to ? sendto(
                                socket->fd, letter->data, letter->size,
                                flags | MSG_DONTWAIT | MSG_NOSIGNAL,
                                &letter->to->any, letter->to_size)
                          : send(
                                socket->fd, letter->data, letter->size,
                                flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (size < 0 &&
             (errno == EINTR || errno == ECONNREFUSED ||
              (!letter->to && is_old_news(errno) && told++ < OLD_NEWS_MAX)));
    return size >= 0 ? XIPC_OK : explain_send(errno, letter->size);
}

/* As only those are that others have made. */
static int is_for_both(const xipcos_socket *socket)
{
    int is_narrow = 1;
    socklen_t size = sizeof is_narrow;

    return socket->family == AF_INET6 &&
           getsockopt(
               socket->fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_narrow, &size) == 0 &&
           !is_narrow;
}

xipc_status xipcos_socket_send(
    xipcos_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    const xipcos_patience *patience)
{
    posix_sockaddr native;
    outgoing letter = {data, size, to ? &native : NULL, 0};

    if (to) {
        letter.to_size = posix_address_get(to, &native);
        if (letter.to_size != 0 && native.any.sa_family == AF_INET &&
            is_for_both(socket)) {
            letter.to_size = posix_address_widen(&native);
        }
        if (letter.to_size == 0 || native.any.sa_family != socket->family) {
            return xipcos_fault(
                XIPC_E_INVALID, 0, "not an address that it can send to");
        }
    }
    return posix_socket_transfer(
        socket, give_datagram, &letter, POLLOUT, patience);
}

/*
 * A datagram that is cut has its true size all the same: what does not fit, 64
 * KiB at most, goes to parts that lie in one place, for nobody reads them.
 * Every system takes 16 parts (_XOPEN_IOV_MAX).
 */
#define REST_SIZE  4400
#define PART_COUNT 16

static xipc_status
take_datagram(xipcos_socket *socket, void *context, int flags)
{
    xipcos_datagram *wanted = context;
    unsigned char rest[REST_SIZE];
    struct iovec parts[PART_COUNT] = {
        {wanted->buffer, part_of(wanted->capacity)}};
    posix_sockaddr from;
    struct msghdr message = {.msg_name = &from, .msg_iov = parts};
    int told = 0;
    ssize_t size;

    message.msg_iovlen = PART_COUNT;
    for (int at = 1; at < PART_COUNT; at++) {
        parts[at] = (struct iovec){rest, sizeof rest};
    }
    do {
        message.msg_namelen = sizeof from;
        size = recvmsg(
            socket->fd, &message, told > 0 ? flags | MSG_DONTWAIT : flags);
    } while (size < 0 && is_old_news(errno) && told++ < OLD_NEWS_MAX);
    if (size < 0) {
        /* Whoever sends without end to nobody makes news without end. */
        return errno == EINTR || is_old_news(errno)
                   ? XIPC_E_AGAIN
                   : explain(errno, "receiving");
    }
    wanted->size = (size_t)size;
    posix_address_put(&wanted->from, &from, message.msg_namelen);
    return XIPC_OK;
}

xipc_status xipcos_socket_receive(
    xipcos_socket *socket,
    xipcos_datagram *datagram,
    const xipcos_patience *patience)
{
    return posix_socket_transfer(
        socket, take_datagram, datagram, POLLIN, patience);
}
