/* SPDX-License-Identifier: Apache-2.0 */
/* Making sockets: listening, bound, connected. */
#include <stdlib.h>
#include <string.h>

#include "win32/win32_crash.h"
#include "win32/win32_socket.h"

#include <iphlpapi.h>

/* In headers of some ages only. */
#if !defined(SIO_UDP_CONNRESET)
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

/* What a backlog is without a hint, and the most that a hint may say. */
#define BACKLOG_PLAIN 200
#define BACKLOG_MOST  65535

#define CONNECT_SLICE_MS 50

static xipc_status make(int family, int is_datagram, xipcos_socket **socket_out)
{
    xipcos_socket *socket;
    u_long yes = 1;
    int error;

    if (!win32_sockets_start()) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "this system has no sockets");
    }
    socket = win32_socket_new(family, is_datagram);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    socket->handle = WSASocketW(
        family, is_datagram ? SOCK_DGRAM : SOCK_STREAM, 0, NULL, 0,
        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (socket->handle == INVALID_SOCKET) {
        error = WSAGetLastError();
        xipcos_socket_close(socket, 1);
        return error == WSAEAFNOSUPPORT
                   ? xipcos_fault(
                         XIPC_E_NOT_FOUND, error,
                         "this machine has no such network")
                   : win32_fault((unsigned long)error, "cannot make a socket");
    }
    ioctlsocket(socket->handle, (long)FIONBIO, &yes);
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- what it is to be like ---- */

static int give(
    const xipcos_socket *socket,
    int level,
    int option,
    const void *value,
    size_t size)
{
    return setsockopt(socket->handle, level, option, value, (int)size);
}

/* Advice: a system that does not take it has its reasons. */
static void set(const xipcos_socket *socket, int level, int option, int value)
{
    (void)give(socket, level, option, &value, sizeof value);
}

static void
set_common(const xipcos_socket *socket, const xipc_socket_options *options)
{
    BOOL no = FALSE;
    DWORD size;

    if (options->send_buffer != 0) {
        set(socket, SOL_SOCKET, SO_SNDBUF, (int)options->send_buffer);
    }
    if (options->receive_buffer != 0) {
        set(socket, SOL_SOCKET, SO_RCVBUF, (int)options->receive_buffer);
    }
    if (socket->is_datagram) {
        /* That nobody received a datagram is no news of a socket for them. */
        WSAIoctl(
            socket->handle, (DWORD)SIO_UDP_CONNRESET, &no, sizeof no, NULL, 0,
            &size, NULL, NULL);
        return;
    }
    if (socket->family != AF_UNIX) {
        set(socket, IPPROTO_TCP, TCP_NODELAY,
            (options->flags & XIPC_SOCKET_DELAY) == 0);
        set(socket, SOL_SOCKET, SO_KEEPALIVE,
            (options->flags & XIPC_SOCKET_KEEP_ALIVE) != 0);
    }
}

/* An interface: one of its IPv4 addresses, or else its number. */
typedef struct interface_at {
    struct in_addr address;
    DWORD index; /* 0: the system chooses, or it has an address */
} interface_at;

static xipc_status find_interface(const char *text, interface_at *found)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *found = (interface_at){.index = 0};
    if (text[0] == '\0' || inet_pton(AF_INET, text, &found->address) == 1) {
        return XIPC_OK;
    }
    found->index =
        *end == '\0' && number <= INT32_MAX ? number : if_nametoindex(text);
    return found->index != 0
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_NOT_FOUND, 0, "there is no interface '%s'", text);
}

/* For IPv4 the system takes 0.n.n.n for a number. */
static struct in_addr narrow_interface(const interface_at *at)
{
    struct in_addr address = at->address;

    if (at->index != 0) {
        address.s_addr = htonl(at->index);
    }
    return address;
}

static xipc_status no_interface(const char *text)
{
    int error = WSAGetLastError();

    return xipcos_fault(
        XIPC_E_NOT_FOUND, error, "no interface '%s' leads there", text);
}

static xipc_status
set_sending(const xipcos_socket *socket, const xipcos_socket_plan *plan)
{
    const DWORD loops = (plan->options->flags & XIPC_SOCKET_NO_LOOP) == 0;
    const DWORD ttl = plan->options->ttl;
    interface_at at;
    struct in_addr narrow;
    xipc_status status = find_interface(plan->network_interface, &at);
    int result = 0;

    if (status != XIPC_OK) {
        return status;
    }
    if (socket->family == AF_INET6) {
        set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, (int)ttl);
        set(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, (int)loops);
        if (at.index != 0) {
            result = give(
                socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &at.index,
                sizeof at.index);
        }
    } else {
        narrow = narrow_interface(&at);
        set(socket, IPPROTO_IP, IP_MULTICAST_TTL, (int)ttl);
        set(socket, IPPROTO_IP, IP_MULTICAST_LOOP, (int)loops);
        if (plan->network_interface[0] != '\0') {
            result = give(
                socket, IPPROTO_IP, IP_MULTICAST_IF, &narrow, sizeof narrow);
        }
    }
    if (result != 0) {
        return no_interface(plan->network_interface);
    }
    if ((plan->options->flags & XIPC_SOCKET_BROADCAST) != 0) {
        set(socket, SOL_SOCKET, SO_BROADCAST, 1);
    }
    return XIPC_OK;
}

static xipc_status join(
    const xipcos_socket *socket,
    const win32_sockaddr *native,
    const char *interface_text)
{
    struct ip_mreq narrow;
    struct ipv6_mreq wide = {0};
    interface_at at;
    xipc_status status = find_interface(interface_text, &at);
    int result;

    if (status != XIPC_OK) {
        return status;
    }
    if (socket->family == AF_INET6) {
        wide.ipv6mr_multiaddr = native->wide.sin6_addr;
        wide.ipv6mr_interface = at.index;
        result =
            give(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &wide, sizeof wide);
    } else {
        narrow.imr_multiaddr = native->narrow.sin_addr;
        narrow.imr_interface = narrow_interface(&at);
        result =
            give(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &narrow, sizeof narrow);
    }
    return result == 0 ? XIPC_OK : no_interface(interface_text);
}

/* ---- at an address ---- */

static xipc_status explain_bind(int error)
{
    switch (error) {
    case WSAEADDRINUSE:
        return xipcos_fault(XIPC_E_EXISTS, error, "somebody has that address");
    /* So says the system of a port that somebody has for himself. */
    case WSAEACCES:
        return xipcos_fault(
            XIPC_E_EXISTS, error,
            "somebody has that address, or the system keeps it");
    case WSAEADDRNOTAVAIL:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, error,
            "none of this machine's interfaces has that address");
    default:
        return win32_fault((unsigned long)error, "cannot take that address");
    }
}

static xipc_status
bind_to(xipcos_socket *socket, const win32_sockaddr *native, int size)
{
    return bind(socket->handle, &native->any, size) == 0
               ? XIPC_OK
               : explain_bind(WSAGetLastError());
}

/* TCP takes a larger number for 200, unless it is a hint: SOMAXCONN_HINT(), in
 * headers of some ages only. A client that finds no room is refused. */
static int backlog_of(const xipcos_socket *socket, uint32_t wanted)
{
    int most = wanted < BACKLOG_MOST ? (int)wanted : BACKLOG_MOST;

    return socket->family != AF_UNIX && most > BACKLOG_PLAIN ? -most : most;
}

static xipc_status
begin_listening(xipcos_socket *socket, const xipc_socket_options *options)
{
    WIN32_CRASH_POINT();
    if (listen(socket->handle, backlog_of(socket, options->backlog)) != 0) {
        return explain_bind(WSAGetLastError());
    }
    socket->is_listener = 1;
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

static xipc_status listen_at(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    win32_sockaddr native;
    int size = win32_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, 0, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    if (socket->family == AF_INET6) {
        set(socket, IPPROTO_IPV6, IPV6_V6ONLY, !win32_address_is_both(address));
    }
    if (socket->family == AF_UNIX) {
        status = win32_local_bind(socket, &native, plan);
    } else {
        set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
        status = bind_to(socket, &native, size);
    }
    if (status == XIPC_OK) {
        status = begin_listening(socket, plan->options);
    }
    if (status != XIPC_OK) {
        socket->is_listener = 1; /* there is nobody to end with in order */
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

xipc_status xipcos_socket_listen(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    xipc_status status = listen_at(plan, address, socket_out);
    xipc_address narrow;
    char host[64];
    uint16_t port;

    /* A machine without IPv6. */
    if (status == XIPC_E_NOT_FOUND && win32_address_is_both(address)) {
        xipcos_address_write(address, host, sizeof host, &port);
        xipcos_address_any(0, port, &narrow);
        status = listen_at(plan, &narrow, socket_out);
    }
    return status;
}

/* Where the system takes a group for an address, what is sent to other groups
 * does not come here. Else it stands at every address. */
static xipc_status
bind_to_group(xipcos_socket *socket, const win32_sockaddr *native, int size)
{
    win32_sockaddr any = *native;

    set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(socket->handle, &native->any, size) == 0) {
        return XIPC_OK;
    }
    if (socket->family == AF_INET6) {
        memset(&any.wide.sin6_addr, 0, sizeof any.wide.sin6_addr);
    } else {
        any.narrow.sin_addr.s_addr = htonl(INADDR_ANY);
    }
    return bind_to(socket, &any, size);
}

xipc_status xipcos_socket_bind(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out)
{
    int is_group = xipcos_address_is_group(address);
    win32_sockaddr native;
    int size = win32_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, 1, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    status = set_sending(socket, plan);
    if (status == XIPC_OK && is_group) {
        status = bind_to_group(socket, &native, size);
    } else if (status == XIPC_OK) {
        set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
        status = bind_to(socket, &native, size);
    }
    if (status == XIPC_OK && is_group) {
        status = join(socket, &native, plan->network_interface);
        socket->group = *address;
    }
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* ---- connecting ---- */

static xipc_status explain_connect(int error)
{
    switch (error) {
    case WSAECONNREFUSED:
        return xipcos_fault(XIPC_E_NOT_FOUND, error, "nobody listens there");
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH:
    case WSAENETDOWN:
    case WSAEADDRNOTAVAIL:
    case WSAEAFNOSUPPORT:
        return xipcos_fault(XIPC_E_NOT_FOUND, error, "no way leads there");
    case WSAETIMEDOUT:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, error, "nobody has answered for long");
    case WSAECONNRESET:
        return xipcos_fault(
            XIPC_E_PEER_DIED, error, "it was broken off at once");
    default: return win32_fault((unsigned long)error, "cannot connect");
    }
}

static int is_to_itself(const xipcos_socket *socket)
{
    xipc_address ours;
    xipc_address theirs;

    return socket->family != AF_UNIX && !socket->is_datagram &&
           xipcos_socket_address(socket, 0, &ours) == XIPC_OK &&
           xipcos_socket_address(socket, 1, &theirs) == XIPC_OK &&
           xipc_address_is_same(&ours, &theirs);
}

/* A port that nobody has, and that the system chose for this side too. */
static xipc_status finish_connect(const xipcos_socket *socket)
{
    WIN32_CRASH_POINT();
    return is_to_itself(socket) ? explain_connect(WSAECONNREFUSED) : XIPC_OK;
}

static xipc_status begin(
    const xipcos_socket *socket,
    const win32_sockaddr *native,
    int size,
    int *is_connected_out)
{
    int error;

    WIN32_CRASH_POINT();
    *is_connected_out = connect(socket->handle, &native->any, size) == 0;
    if (*is_connected_out) {
        return finish_connect(socket);
    }
    error = WSAGetLastError();
    return error == WSAEWOULDBLOCK ? XIPC_OK : explain_connect(error);
}

xipc_status xipcos_socket_start_connect(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out,
    int *is_connected_out)
{
    win32_sockaddr native;
    int size = win32_address_get(address, &native);
    xipcos_socket *socket = NULL;
    xipc_status status = make(native.any.sa_family, plan->is_datagram, &socket);

    if (!socket) {
        return status;
    }
    set_common(socket, plan->options);
    if (plan->is_datagram) {
        status = set_sending(socket, plan);
    }
    if (status == XIPC_OK) {
        status = begin(socket, &native, size, is_connected_out);
    }
    if (status != XIPC_OK) {
        xipcos_socket_close(socket, 1);
        return status;
    }
    *socket_out = socket;
    return XIPC_OK;
}

/* One of those that select() has found, and how it went. */
static xipc_status outcome(
    xipcos_socket *const *sockets,
    size_t count,
    const fd_set *connected,
    size_t *index_out)
{
    int error = 0;
    int size = sizeof error;

    for (size_t at = 0; at < count; at++) {
        if (FD_ISSET(sockets[at]->handle, (fd_set *)connected)) {
            *index_out = at;
            return finish_connect(sockets[at]);
        }
    }
    for (size_t at = 0; at < count; at++) {
        if (getsockopt(
                sockets[at]->handle, SOL_SOCKET, SO_ERROR, (char *)&error,
                &size) == 0 &&
            error != 0) {
            *index_out = at;
            return explain_connect(error);
        }
    }
    return XIPC_E_AGAIN;
}

/* One look, of `ms` milliseconds. WSAPoll() of some ages does not tell of a
 * connection that failed. */
static xipc_status
look(xipcos_socket *const *sockets, size_t count, DWORD ms, size_t *index_out)
{
    struct timeval time = {0, (long)ms * 1000};
    fd_set connected = {.fd_count = (u_int)count};
    fd_set failed;

    for (size_t at = 0; at < count; at++) {
        connected.fd_array[at] = sockets[at]->handle;
    }
    failed = connected;
    return select(0, NULL, &connected, &failed, &time) > 0
               ? outcome(sockets, count, &connected, index_out)
               : XIPC_E_AGAIN;
}

xipc_status xipcos_socket_wait_connected(
    xipcos_socket *const *sockets,
    size_t count,
    const xipcos_patience *patience,
    size_t *index_out)
{
    xipc_status status;
    xipc_status end;

    do {
        DWORD ms = 0;

        end = win32_patience_left(patience, CONNECT_SLICE_MS, &ms);
        status = look(sockets, count, end == XIPC_OK ? ms : 0, index_out);
    } while (status == XIPC_E_AGAIN && end == XIPC_OK);
    return status == XIPC_E_AGAIN ? end : status;
}
