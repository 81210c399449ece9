/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of the system.
 *
 * A stream's descriptor blocks. Calls that may not wait say so one by one
 * (MSG_DONTWAIT). One that may wait long first lets the receiving call itself
 * wait, for a slice (SO_RCVTIMEO), and only then sleeps in poll(), where it can
 * be woken: where messages go to and fro, that is one system call for each
 * instead of three. Whoever interrupts need not wake who is in a slice.
 *
 * Of a descriptor that others have too (`is_shared`) nothing is set, and
 * closing it is all that its end is: what a connection is like belongs to all
 * who have it.
 */
#ifndef XIPC_POSIX_SOCKET_H
#define XIPC_POSIX_SOCKET_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

#include "os/os_socket.h"
#include "posix/posix_sleepers.h"

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 /* then the socket has SO_NOSIGPIPE */
#endif
#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

/* Where a local listener stands. */
typedef struct posix_local_place {
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
    int lock_fd; /* of "path.lock"; -1: a companion's, or not local */
    dev_t device;
    ino_t inode;
    int is_bound;
} posix_local_place;

struct xipcos_socket {
    int fd;
    int family;
    int is_datagram;
    atomic_int is_shared;
    atomic_int has_slice; /* SO_RCVTIMEO is set */
    atomic_int is_broken; /* the system says so once, to one call */
    int is_listening;
    atomic_uint in_slices; /* calls that wait in one */
    posix_sleepers sleepers;
    posix_local_place place;
};

/* ---- posix_socket_address.c ---- */

/* As the system has it, and back; what was mapped into IPv6 is IPv4 again. */
typedef union posix_sockaddr {
    struct sockaddr any;
    struct sockaddr_storage storage;
    struct sockaddr_un local;
} posix_sockaddr;

/* 0: what is in it is no address. */
socklen_t
posix_address_get(const xipc_address *address, posix_sockaddr *native);
void posix_address_put(
    xipc_address *address, const posix_sockaddr *native, socklen_t size);

/* 0: it has none. */
int posix_address_set_port(posix_sockaddr *native, uint16_t port);

/* "*" in both families. */
int posix_address_is_both(const xipc_address *address);

/* IPv4 as IPv6 has it, which a socket for both families sends to. */
socklen_t posix_address_widen(posix_sockaddr *native);

/* ---- posix_socket_make.c ---- */

/* One without a descriptor, which closes as it is. NULL: no memory. */
xipcos_socket *posix_socket_new(int family, int is_datagram);

/* Advice: a system that does not take it has its reasons. */
void posix_socket_set(
    const xipcos_socket *socket, int level, int option, int value);

/* ---- posix_socket_transfer.c ---- */

/* One try to do it, with these flags more; XIPC_E_AGAIN: it would have to wait.
 */
typedef xipc_status
posix_socket_attempt(xipcos_socket *socket, void *context, int flags);

/* Tries until it need not wait. `events` is what has to be the case: POLLIN or
 * POLLOUT. */
xipc_status posix_socket_transfer(
    xipcos_socket *socket,
    posix_socket_attempt *take,
    void *context,
    short events,
    const xipcos_patience *patience);

/* Of a stream: what an error means, and that there is nothing more to read. */
xipc_status
posix_socket_explain(xipcos_socket *socket, int os_error, const char *what);
xipc_status posix_socket_explain_end(const xipcos_socket *socket);

/* ---- posix_socket_group.c ---- */

/* How it sends to groups, and to everybody. XIPC_E_NOT_FOUND: there is no such
 * interface. */
xipc_status posix_group_prepare(
    const xipcos_socket *socket, const xipcos_socket_plan *plan);

/* A group of one link is that of an interface, which its address has to say. */
xipc_status
posix_group_place(posix_sockaddr *native, const xipcos_socket_plan *plan);

/* XIPC_E_NOT_FOUND: no interface leads to that group. */
xipc_status posix_group_join(
    const xipcos_socket *socket,
    const posix_sockaddr *native,
    const xipcos_socket_plan *plan);

/* ---- posix_socket_local.c ---- */

/*
 * Clears the place for one that is to be bound there, and binds it.
 * XIPC_E_EXISTS, XIPC_E_AGAIN, XIPC_E_ACCESS, ...
 */
xipc_status posix_local_bind(
    xipcos_socket *socket,
    const posix_sockaddr *native,
    const xipcos_socket_plan *plan);

/* Of a place to which this process was denied access: whether its listener is
 * only about to say who may have it. */
int posix_local_is_being_made(const posix_sockaddr *native, int is_companions);

/* Takes socket and lock away, if they are still its own. */
void posix_local_leave(xipcos_socket *socket, int is_own);

/* Of the companion whose file is `path`: its socket, whoever has left it. */
void posix_socket_unlink(const char *path);

/* ---- posix_socket_*, by system ---- */

/* A descriptor that goes with this process's program; -1 with errno. */
int posix_socket_open(int family, int type);
int posix_socket_copy(int fd);
int posix_socket_take_next(int fd, posix_sockaddr *native, socklen_t *size);

#endif
