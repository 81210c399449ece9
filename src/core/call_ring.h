/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local line (call_line.h): two rings in one anonymous section that both
 * sides have, beside a channel (channel.h), over which the section went.
 *
 *     client                                server
 *     connects the channel
 *     makes section and rings
 *     hello, with the section ............. checks it, joins the rings
 *     (reads)  ............................ welcome
 *
 * From then on frames go over the rings, and the channel, where it is still
 * needed, carries handles. Nothing of it has a name. The rings tell how the
 * other side has ended.
 *
 * Where the server has to open the client's process to get the section, and may
 * not, it says so in welcome, and both go on over the channel (call_wire.h),
 * without handles.
 *
 * Only where rings can be in anonymous sections (XIPC_FEATURE_SYNC_ANONYMOUS).
 */
#ifndef XIPC_CORE_CALL_RING_H
#define XIPC_CORE_CALL_RING_H

#include "core/call_line.h"

/* In the place of a handle that came and was lost, because this process had no
 * room for one more. */
#define XIPCI_NO_NATIVE (-1)

/* Whether there is such a line on this system. */
int xipci_ring_line_is_there(void);

/* Takes the name. As xipc_call_listen(). `options` are checked. */
xipc_status xipci_ring_line_listen(
    const char *name,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out);

/*
 * Waits until somebody listens there and has taken this client in. XIPC_NOW:
 * XIPC_E_NOT_FOUND, or XIPC_E_AGAIN if somebody does, who would have to be
 * waited for. XIPC_E_CLOSED, XIPC_E_PEER_DIED: the listener did not want it, or
 * ended meanwhile. Else as xipc_call_connect().
 */
xipc_status xipci_ring_line_connect(
    const char *name,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out);

#endif
