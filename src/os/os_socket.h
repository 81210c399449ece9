/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: sockets of the system, streams and for datagrams, of the
 * internet and local ones.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments, and that a call is made of a socket that it is for. All functions
 * are safe from any thread, except that closing is the last use. No call raises
 * a signal. A call that fails has left a fault (os_fault.h), but for
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT and XIPC_E_CANCELED, and its outputs alone,
 * unless it says otherwise.
 */
#ifndef XIPCOS_SOCKET_H
#define XIPCOS_SOCKET_H

#include <stddef.h>

#include <xipc/poller.h>
#include <xipc/socket.h>

#include "os/os_other.h"
#include "os/os_patience.h"
#include "os/os_section.h"

typedef struct xipcos_socket xipcos_socket;

/* ---- what there is ---- */

/* Whether this system, as it runs, has local sockets. */
int xipcos_socket_has_local(void);

/* Whether they tell the other's user. */
int xipcos_socket_has_credentials(void);

/* Whether handles can be sent over them, and whether they tell the other's
 * process so that the kernel vouches for it. */
int xipcos_socket_passes_handles(void);
int xipcos_socket_vouches_process(void);

/* ---- addresses ---- */

/* Of a host that is a number, as it stands in an address (without brackets).
 * 0: it is none. */
int xipcos_address_read(
    const char *host, uint16_t port, xipc_address *address_out);

/* Every address of this machine: with `is_both`, one for both families where
 * the system has both, else IPv4. */
void xipcos_address_any(int is_both, uint16_t port, xipc_address *address_out);

/* Where a path stands; where the socket of a companion with that place does.
 * XIPC_E_NAME: longer than the system takes; XIPC_E_ACCESS, XIPC_E_OS; with
 * `make` the directory is made. */
xipc_status xipcos_address_of_path(const char *path, xipc_address *address_out);
xipc_status xipcos_address_of_place(
    xipcos_place place, int make, xipc_address *address_out);

typedef enum xipcos_family {
    XIPCOS_FAMILY_NONE,
    XIPCOS_FAMILY_IPV4,
    XIPCOS_FAMILY_IPV6,
    XIPCOS_FAMILY_LOCAL
} xipcos_family;

/* What an address is, which anybody may have scribbled on; how it is written:
 * a host, with brackets if IPv6, and its port, or a path. */
xipcos_family xipcos_address_family(const xipc_address *address);
int xipcos_address_is_group(const xipc_address *address);
void xipcos_address_write(
    const xipc_address *address,
    char *host,
    size_t capacity,
    uint16_t *port_out);

/* ---- a socket's life ---- */

typedef struct xipcos_socket_plan {
    const xipc_socket_options *options;
    int is_datagram;
    /* The place is a companion's. Listening: what stands there is of the dead.
       Connecting: who is not let in yet is told XIPC_E_NOT_FOUND. */
    int is_companions;
    const char *network_interface; /* of a group; "": the system's choice */
} xipcos_socket_plan;

/*
 * Listens there. XIPC_E_EXISTS, XIPC_E_NOT_FOUND, XIPC_E_ACCESS, XIPC_E_AGAIN
 * (another process is taking that place), XIPC_E_NOT_SUPPORTED,
 * XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_socket_listen(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out);

/* XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS */
xipc_status xipcos_socket_accept(
    xipcos_socket *listener,
    const xipcos_patience *patience,
    xipcos_socket **socket_out);

/* For datagrams: there, and in that group. As xipcos_socket_listen(). */
xipc_status xipcos_socket_bind(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out);

/*
 * Begins to connect. On XIPC_OK *is_connected_out says whether that was all.
 *
 * XIPC_E_AGAIN      a local listener has no room for one more now
 * XIPC_E_NOT_FOUND  nobody listens there, or no way leads there
 * XIPC_E_ACCESS, XIPC_E_NOT_SUPPORTED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_socket_start_connect(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipcos_socket **socket_out,
    int *is_connected_out);

/*
 * Waits until the first of those that began to connect is connected (XIPC_OK)
 * or has failed (what xipcos_socket_start_connect() may say, and
 * XIPC_E_PEER_DIED); *index_out tells which, on either. Whoever interrupts need
 * not wake it, it looks now and then.
 *
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED  none is or has
 */
#define XIPCOS_CONNECT_MAX 16

xipc_status xipcos_socket_wait_connected(
    xipcos_socket *const *sockets,
    size_t count,
    const xipcos_patience *patience,
    size_t *index_out);

/* A copy of a connected stream, or one for datagrams; *is_datagram_out tells.
 * XIPC_E_INVALID, XIPC_E_NOT_SUPPORTED, XIPC_E_NO_MEMORY, XIPC_E_OS */
xipc_status xipcos_socket_adopt(
    intptr_t native, xipcos_socket **socket_out, int *is_datagram_out);

xipc_status xipcos_socket_shutdown_write(xipcos_socket *socket);

/* Accepts NULL. A stream in good order, without waiting. In a forked child it
 * touches nothing that the parent has; `is_own` is 0 there. */
void xipcos_socket_close(xipcos_socket *socket, int is_own);

/* Where it stands, and the other side. XIPC_E_NOT_FOUND: nowhere. */
xipc_status xipcos_socket_address(
    const xipcos_socket *socket, int is_peers, xipc_address *address_out);

/* ---- bytes, datagrams, handles ---- */

/* At least one byte, at most `capacity` (> 0). XIPC_E_CLOSED,
 * XIPC_E_PEER_DIED, XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED,
 * XIPC_E_NO_MEMORY, XIPC_E_OS */
xipc_status xipcos_socket_read(
    xipcos_socket *socket,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);

/* All of it. On every status *written_out says how much was. As read. */
xipc_status xipcos_socket_write(
    xipcos_socket *socket,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out);

/* `to` NULL: to whom it is connected. XIPC_E_TOO_BIG, XIPC_E_NOT_FOUND,
 * XIPC_E_ACCESS, XIPC_E_INVALID (not an address for it), XIPC_E_AGAIN,
 * XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS */
xipc_status xipcos_socket_send(
    xipcos_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    const xipcos_patience *patience);

typedef struct xipcos_datagram {
    void *buffer;
    size_t capacity;
    size_t size; /* of all of it, also if it did not fit */
    xipc_address from;
} xipcos_datagram;

xipc_status xipcos_socket_receive(
    xipcos_socket *socket,
    xipcos_datagram *datagram,
    const xipcos_patience *patience);

/* As write and read, of one byte. XIPC_E_NOT_SUPPORTED; XIPC_E_CORRUPT: it
 * brought no handle. */
xipc_status xipcos_socket_send_handle(
    xipcos_socket *socket, intptr_t native, const xipcos_patience *patience);
xipc_status xipcos_socket_receive_handle(
    xipcos_socket *socket,
    const xipcos_patience *patience,
    intptr_t *native_out);

/* XIPC_E_NOT_SUPPORTED: not a local stream, or the system does not tell. */
xipc_status
xipcos_socket_other(const xipcos_socket *socket, xipcos_other *other_out);

/* ---- waiting ---- */

/* Ends the sleep of the calls on it, to look at *is_interrupted. */
void xipcos_socket_wake(xipcos_socket *socket);

/* What is the case now: XIPC_READABLE, XIPC_WRITABLE, XIPC_HUNG_UP. A listener
 * is readable. */
uint32_t xipcos_socket_ready(xipcos_socket *socket);

/* A handle for a poller, still the socket's own, that may be ready whenever
 * one of these comes to be the case. */
intptr_t xipcos_socket_waitable(xipcos_socket *socket);

/* The system's own. Whoever asks for it may have others use it: from then on
 * nothing of how it is used here shows in what they have in common. */
intptr_t xipcos_socket_native_handle(xipcos_socket *socket);

#endif
