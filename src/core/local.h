/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local sockets of the system under names of ours.
 *
 * Who listens under a name has a small transient section of that name, its
 * companion, which says so to all others, and goes with him. Beside it stands
 * the system's socket, which nobody but him makes or takes away, and which goes
 * with the companion.
 *
 * `kind` is that of whoever listens. Each call names `text` in front of the
 * fault it leaves.
 */
#ifndef XIPC_CORE_LOCAL_H
#define XIPC_CORE_LOCAL_H

#include <xipc/name.h>

#include "os/os_socket.h"

/* XIPC_E_EXISTS: somebody living listens under that name. */
xipc_status xipci_local_take_name(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipcos_section **companion_out);

/* Where the socket of that name stands; with `make` its directory is made. */
xipc_status xipci_local_place(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    int make,
    xipc_address *address_out);

/* Listens there, whatever sort of address it is; waits for one who is just
 * taking it. As xipcos_socket_listen(). */
xipc_status xipci_local_listen(
    xipc_kind kind,
    const char *text,
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipc_deadline deadline,
    xipcos_socket **native_out);

/* Connects there, waiting until the listener has room. XIPC_E_NOT_FOUND. */
xipc_status xipci_local_connect(
    xipc_kind kind,
    const char *text,
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipc_deadline deadline,
    xipcos_socket **native_out);

/* Whoever else can have made a socket there must be trusted. XIPC_E_ACCESS. */
xipc_status xipci_local_check_trust(
    xipc_kind kind,
    const char *text,
    const xipcos_socket *native,
    const xipc_naming *naming);

#endif
