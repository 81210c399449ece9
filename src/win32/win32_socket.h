/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of the system. None of them blocks: who has to wait sleeps at an
 * event that the system sets when something happens to the socket
 * (win32_socket_wait.c).
 */
#ifndef XIPC_WIN32_SOCKET_H
#define XIPC_WIN32_SOCKET_H

/* Before <windows.h>, which else brings an older one. */
#include <winsock2.h>

#include <ws2tcpip.h>

#include <afunix.h>

#include "os/os_socket.h"
#include "win32/win32_status.h"
#include "win32/win32_system.h"

/* Where a local listener stands; without a lock a companion's. */
typedef struct win32_local_place {
    wchar_t path[UNIX_PATH_MAX + 1]; /* L"": it is not bound there */
    HANDLE lock;                     /* of "path.lock"; NULL */
} win32_local_place;

struct xipcos_socket {
    SOCKET handle;
    int family;
    int is_datagram;
    int is_listener;
    int is_shared; /* others have it too */
    win32_local_place place;
    xipc_address group; /* that it is in; size 0: none */
    /* The last send found no room, and the system will say when there is some.
     * Relaxed: who reads it late is told so by the next send. */
    _Atomic int is_full;
    /* The rest with the lock, but `wakes`, which anybody reads. */
    SRWLOCK lock;
    HANDLE event; /* the system's, by WSAEventSelect(); NULL: not yet */
    HANDLE wake;  /* set from a wake on until all who slept then have left */
    HANDLE clock; /* that sets the event too; NULL: the system does alone */
    unsigned sleeper_count;
    unsigned to_leave;
    _Atomic uint32_t wakes;
};

/* Once in each process. 0: this system has no sockets. */
int win32_sockets_start(void);

/* ---- win32_socket_address.c ---- */

typedef union win32_sockaddr {
    struct sockaddr any;
    struct sockaddr_in narrow;
    struct sockaddr_in6 wide;
    struct sockaddr_un local;
    SOCKADDR_STORAGE storage;
} win32_sockaddr;

/* As posix_address_get() and the like. */
int win32_address_get(const xipc_address *address, win32_sockaddr *native);
void win32_address_put(
    xipc_address *address, const win32_sockaddr *native, int size);
int win32_address_is_both(const xipc_address *address);

/* ---- win32_socket.c ---- */

xipcos_socket *win32_socket_new(int family, int is_datagram);

/* ---- win32_socket_local.c ---- */

xipc_status win32_local_bind(
    xipcos_socket *socket,
    const win32_sockaddr *native,
    const xipcos_socket_plan *plan);
void win32_local_leave(xipcos_socket *socket);

/* ---- win32_socket_wait.c ---- */

/* After each send: whether it found no room. */
void win32_socket_set_full(xipcos_socket *socket, int is_full);

/* After each datagram that is told to have been refused. */
void win32_socket_set_refused(xipcos_socket *socket);

/* Nobody waits any more. */
void win32_socket_end_waits(xipcos_socket *socket);

/* One try; XIPC_E_AGAIN: it would have to wait. */
typedef xipc_status win32_socket_attempt(xipcos_socket *socket, void *context);

/* Tries until it does not have to wait, or patience is over. */
xipc_status win32_socket_try(
    xipcos_socket *socket,
    win32_socket_attempt *attempt,
    void *context,
    const xipcos_patience *patience);

/* How long patience lasts, in milliseconds, INFINITE for ever, but at most
 * `most`; or why it is over. */
xipc_status
win32_patience_left(const xipcos_patience *patience, DWORD most, DWORD *ms_out);

#endif
