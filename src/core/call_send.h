/* SPDX-License-Identifier: Apache-2.0 */
/* What those who send over a link have in common (call_send.c). */
#ifndef XIPC_CORE_CALL_SEND_H
#define XIPC_CORE_CALL_SEND_H

#include "core/call.h"

extern const xipcos_patience xipci_at_once;

int xipci_is_only_waiting(xipc_status status);
/* Nothing more can be sent. */
int xipci_is_end(xipc_status status);

int xipci_is_sent(const xipci_sending *sending);
int xipci_is_last_piece(const xipc_link *link, const xipci_sending *sending);
/* With the role: the next piece. */
xipc_status xipci_send_piece(
    xipc_link *link, xipci_sending *sending, const xipcos_patience *patience);

/* With the role: what the line has kept back. */
xipc_status xipci_flush_line(xipc_link *link, const xipcos_patience *patience);

/* Without the role: nothing more can be sent. What the other side had sent
 * before is still received. */
void xipci_meet_end(xipc_link *link, xipc_status status);

/* With the latch: there is something in the outbox. */
int xipci_has_work(const xipc_link *link);

/* With the latch: as one that is answered; as one that is not. */
void xipci_request_uncount(xipc_request *request);

void xipci_request_recount(xipc_request *request);
/* With the latch: its answer is sent, and it is gone. */
void xipci_request_done(xipc_request *request);

/* Of what cannot be sent as it is the caller is told why. */
void xipci_refuse_instead(xipc_request *request, xipc_status status);

/* With the latch. */
void xipci_outbox_put_first(xipc_link *link, xipc_request *request);

void xipci_outbox_put_last(xipc_link *link, xipc_request *request);
/* With the latch: 1, it is the caller's. */
int xipci_take_role(xipc_link *link);

/* With the latch: gives it up, unless something is to be sent before. */
int xipci_leave_at_once(xipc_link *link);

/* Gives it up, with nothing left to send, or no room for it. `is_promised`: to
 * who waits for it longest. */
void xipci_leave_role(xipc_link *link, int is_promised);

#endif
