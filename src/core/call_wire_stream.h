/* SPDX-License-Identifier: Apache-2.0 */
/* The stream under a line (call_wire.h): of a socket, or of a channel. */
#ifndef XIPC_CORE_CALL_WIRE_STREAM_H
#define XIPC_CORE_CALL_WIRE_STREAM_H

#include "core/channel.h"
#include "core/socket.h"

/* One of the two. */
typedef struct xipci_wire_way {
    xipc_socket *socket;
    xipci_channel *channel;
} xipci_wire_way;

xipc_status xipci_wire_stream_read(
    const xipci_wire_way *stream,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);

xipc_status xipci_wire_stream_write(
    const xipci_wire_way *stream,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out);

uint32_t xipci_wire_stream_ready(const xipci_wire_way *stream);

xipc_object *xipci_wire_stream_object(const xipci_wire_way *stream);

void xipci_wire_stream_close(const xipci_wire_way *stream);

#endif
