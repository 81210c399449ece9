/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets: what the system does (os/os_socket.h), at addresses of one form.
 *
 * Who listens under a NAME has a small transient section of that name, its
 * companion, which says so to all others, and goes with him. Beside it stands
 * the system's socket, which nobody but him makes or takes away, and which goes
 * with the companion.
 */
#ifndef XIPC_CORE_SOCKET_H
#define XIPC_CORE_SOCKET_H

#include <xipc/socket.h>

#include "core/object.h"
#include "core/uri.h"
#include "os/os_socket.h"

/* Whose address the object's name is. */
typedef enum xipci_socket_side {
    XIPCI_SIDE_UNKNOWN,
    XIPCI_SIDE_OURS,  /* accepted, bound */
    XIPCI_SIDE_THEIRS /* connected */
} xipci_socket_side;

struct xipc_socket {
    xipc_object object;
    xipcos_socket *native;
    int is_datagram;
    xipci_socket_side side;
};

struct xipc_socket_listener {
    xipc_object object;
    xipcos_socket *native;
    xipcos_section *companion; /* NULL: it has no NAME */
};

/* ---- socket.c ---- */

/* A handle, in which `native` is then put. NULL: no memory, with a fault. */
xipc_socket *xipci_socket_new(const char *uri, xipci_socket_side side);
void xipci_socket_begin(
    xipc_socket *socket, xipcos_socket *native, int is_datagram);

/* `*options` may become the default; the URI is read. */
xipc_status xipci_socket_check_call(
    const char *uri, const xipc_socket_options **options, xipci_uri *uri_out);

/* Names the address in front of the fault, or says how a wait ended: "nobody
 * came", until the deadline. */
xipc_status xipci_socket_relay(const char *uri, xipc_status status);
xipc_status xipci_socket_result(
    const xipc_object *object, xipc_status status, const char *what);

/* For words, and for xipc_socket_uri(). */
void xipci_socket_rename(xipc_object *object, const char *uri);

/* ---- socket_address.c ---- */

/*
 * All addresses of the host, those of both families in turn; of "*" one.
 * XIPC_E_NOT_FOUND, XIPC_E_AGAIN, XIPC_E_TIMEOUT and the like, with a fault.
 */
xipc_status xipci_address_find(
    const char *text,
    const xipci_uri *uri,
    xipc_deadline deadline,
    xipc_address addresses[XIPCOS_CONNECT_MAX],
    size_t *count_out);

/* "tcp://127.0.0.1:5000", "unix:/path". */
void xipci_address_show(
    const xipc_address *address,
    int is_datagram,
    char text[XIPC_SOCKET_URI_SIZE]);

#endif
