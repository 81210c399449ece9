/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line over a stream of bytes (call_line.h; docs/wire.md): of tcp://
 * addresses, of local names where rings cannot be (call_ring.h), and of those
 * of whose two sides one may not share memory with the other.
 *
 * Either side begins with 16 bytes, which say what it is. Then frames follow,
 * each a head of 40 bytes, its numbers of fixed width and the lowest byte
 * first, and its body. A frame of kind 0 is the last one: a stream that ends
 * without it has broken, or who wrote it has died.
 */
#ifndef XIPC_CORE_CALL_WIRE_H
#define XIPC_CORE_CALL_WIRE_H

#include "core/call_line.h"
#include "core/channel.h"

#define XIPCI_WIRE_GREETING_SIZE 16
#define XIPCI_WIRE_HEAD_SIZE     40
#define XIPCI_WIRE_PIECE_MAX     65536u

/* ---- call_wire_frame.c: bytes and numbers ---- */

void xipci_wire_write_greeting(unsigned char bytes[XIPCI_WIRE_GREETING_SIZE]);

/* XIPC_E_INCOMPATIBLE. */
xipc_status
xipci_wire_read_greeting(const unsigned char bytes[XIPCI_WIRE_GREETING_SIZE]);

void xipci_wire_write_head(
    const xipci_frame *frame, unsigned char bytes[XIPCI_WIRE_HEAD_SIZE]);

/* XIPC_E_CORRUPT: a size above XIPCI_WIRE_PIECE_MAX, handles, or something
 * where nothing is. */
xipc_status xipci_wire_read_head(
    const unsigned char bytes[XIPCI_WIRE_HEAD_SIZE], xipci_frame *frame_out);

/* ---- call_wire.c ---- */

/* At a tcp: address. */
xipc_status xipci_wire_line_listen(
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out);
xipc_status xipci_wire_line_connect(
    const char *address,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out);

/* Under a local name, over a channel. */
xipc_status xipci_wire_local_listen(
    const char *name,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out);
xipc_status xipci_wire_local_connect(
    const char *name,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out);

/* Over a channel that is there, from then on its own. `patience` NULL: it has
 * to be advanced. Of a failure the channel is still the caller's. */
xipc_status xipci_wire_line_over(
    xipci_channel *channel,
    const xipcos_patience *patience,
    xipci_line **line_out);

#endif
