/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel: a local connection, on which the kernel tells who is at the other
 * end, and over which handles go where this system sends them (os/os_handle.h).
 * A stream of bytes else. What calls (call.h) begin with.
 *
 * It stands on a local socket where these send handles, else on a named pipe of
 * the system's; one who listens has a name of the kind XIPC_KIND_CALL.
 *
 * A thread may read while another one writes; else one at a time. A call that
 * fails has left a fault, but for XIPC_E_AGAIN, XIPC_E_TIMEOUT and
 * XIPC_E_CANCELED.
 */
#ifndef XIPC_CORE_CHANNEL_H
#define XIPC_CORE_CHANNEL_H

#include <stddef.h>

#include <xipc/name.h>

#include "core/object.h"
#include "os/os_handle.h"
#include "os/os_other.h"
#include "os/os_patience.h"

typedef struct xipci_channel xipci_channel;
typedef struct xipci_channel_listener xipci_channel_listener;

/* ---- listening ---- */

/* Takes the name, and listens. As xipc_pipe_listen() and xipc_socket_listen().
 */
xipc_status xipci_channel_listen(
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipci_channel_listener **listener_out);

/* The next one who has connected. XIPC_E_AGAIN; never waits. */
xipc_status xipci_channel_accept(
    xipci_channel_listener *listener, xipci_channel **channel_out);

/* For a poller: XIPC_READABLE. */
xipc_object *xipci_channel_listener_object(xipci_channel_listener *listener);

/* Frees the name. Accepts NULL. */
void xipci_channel_listener_close(xipci_channel_listener *listener);

/* ---- connecting ---- */

/*
 * Waits until somebody listens there who is trusted and has room for one more.
 * XIPC_E_NOT_FOUND: XIPC_NOW, and nobody listens.
 */
xipc_status xipci_channel_connect(
    const char *name,
    const xipc_naming *naming,
    const xipcos_patience *patience,
    xipci_channel **channel_out);

/* Accepts NULL. In good order: what was written arrives. In a forked child it
 * frees the child's copy only. */
void xipci_channel_close(xipci_channel *channel);

/* For a poller: XIPC_READABLE, XIPC_WRITABLE. */
xipc_object *xipci_channel_object(xipci_channel *channel);

/* Ends the sleep of the calls on it, to look at *is_interrupted. */
void xipci_channel_wake(xipci_channel *channel);

/* XIPC_READABLE, XIPC_WRITABLE, XIPC_HUNG_UP, without waiting. */
uint32_t xipci_channel_ready(xipci_channel *channel);

/* XIPC_E_NOT_SUPPORTED where nobody vouches. */
xipc_status
xipci_channel_other(const xipci_channel *channel, xipcos_other *other_out);

/* ---- what goes over ---- */

/* At least one byte, at most `capacity` (> 0). */
xipc_status xipci_channel_read(
    xipci_channel *channel,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);

/* All of it. On every status *written_out says how much was. */
xipc_status xipci_channel_write(
    xipci_channel *channel,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out);

/*
 * Bytes with handles beside them, as xipcos_socket_send_parcel(): whole, or not
 * at all, if they are few; and as xipcos_socket_receive_parcel(). Where handles
 * are copied, a parcel without any goes as well.
 */
xipc_status xipci_channel_send(
    xipci_channel *channel,
    const xipcos_parcel *parcel,
    const xipcos_patience *patience);
xipc_status xipci_channel_receive(
    xipci_channel *channel,
    xipcos_parcel *parcel,
    const xipcos_patience *patience);

#endif
