/* SPDX-License-Identifier: Apache-2.0 */
#include "core/call_wire_stream.h"

xipc_status xipci_wire_stream_read(
    const xipci_wire_way *stream,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    return stream->socket
               ? xipcos_socket_read(
                     stream->socket->native, buffer, capacity, patience,
                     size_out)
               : xipci_channel_read(
                     stream->channel, buffer, capacity, patience, size_out);
}

xipc_status xipci_wire_stream_write(
    const xipci_wire_way *stream,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    return stream->socket
               ? xipcos_socket_write(
                     stream->socket->native, data, size, patience, written_out)
               : xipci_channel_write(
                     stream->channel, data, size, patience, written_out);
}

uint32_t xipci_wire_stream_ready(const xipci_wire_way *stream)
{
    return stream->socket ? xipcos_socket_ready(stream->socket->native)
                          : xipci_channel_ready(stream->channel);
}

xipc_object *xipci_wire_stream_object(const xipci_wire_way *stream)
{
    return stream->socket ? xipc_socket_object(stream->socket)
                          : xipci_channel_object(stream->channel);
}

void xipci_wire_stream_close(const xipci_wire_way *stream)
{
    xipc_socket_close(stream->socket);
    xipci_channel_close(stream->channel);
}
