/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes over a link. Who has the role to send gives it up between two
 * pieces if anybody else wants it, and before that sends what lies in the
 * outbox: answers, whose threads do not wait, cancels, and word of posts that
 * are done.
 */
#include <stdlib.h>
#include <string.h>

#include "core/call_send.h"
#include "core/call_service.h"
#include "core/failure.h"
#include "os/os_clock.h"
#include "os/os_handle.h"

/* Nobody sends for others without end: what is left goes with the next one, or
 * when a poller tells that there is room. */
#define TURNS_MAX 64

/* Who sends without end, and takes nothing, is not heard out. */
#define LAST_TURNS_MAX 1000

const xipcos_patience xipci_at_once = {XIPC_NOW, NULL};

int xipci_is_only_waiting(xipc_status status)
{
    return status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT ||
           status == XIPC_E_CANCELED;
}

int xipci_is_end(xipc_status status)
{
    return status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED ||
           status == XIPC_E_CORRUPT || status == XIPC_E_OS;
}

/* ---- pieces; with the role ---- */

int xipci_is_sent(const xipci_sending *sending)
{
    return sending->is_begun && sending->sent == sending->size;
}

static size_t next_size(const xipc_link *link, const xipci_sending *sending)
{
    size_t left = sending->size - sending->sent;

    return left < link->line->piece_max ? left : link->line->piece_max;
}

xipc_status xipci_send_piece(
    xipc_link *link, xipci_sending *sending, const xipcos_patience *patience)
{
    xipci_frame frame = sending->frame;
    size_t size = next_size(link, sending);
    xipc_status status;

    frame.flags = sending->is_begun ? 0 : XIPCI_FRAME_FIRST;
    if (sending->sent + size == sending->size) {
        frame.flags |= XIPCI_FRAME_LAST;
    }
    frame.size = (uint32_t)size;
    frame.total = (uint32_t)sending->size;
    if (sending->is_begun) {
        frame.handle_count = 0;
    }
    status = link->line->kind->send(
        link->line, &frame, size > 0 ? sending->bytes + sending->sent : NULL,
        sending->natives, patience);
    if (status == XIPC_OK) {
        sending->is_begun = 1;
        sending->sent += size;
    }
    return status;
}

xipc_status xipci_flush_line(xipc_link *link, const xipcos_patience *patience)
{
    return link->line->kind->flush
               ? link->line->kind->flush(link->line, patience)
               : XIPC_OK;
}

/*
 * Nothing more can be sent. What the other side had sent before it ended is
 * still received, by who receives, or here.
 */
void xipci_meet_end(xipc_link *link, xipc_status status)
{
    int is_received_elsewhere;
    int turn = 0;

    while (turn < LAST_TURNS_MAX &&
           xipci_call_link_pump(link, 0, XIPCI_PUMP_MAX)) {
        turn++;
    }
    xipci_call_link_latch(link);
    is_received_elsewhere = link->is_receiving;
    xipci_call_link_unlatch(link);
    if (!is_received_elsewhere || status == XIPC_E_CORRUPT ||
        status == XIPC_E_OS) {
        xipci_call_link_end(link, status, NULL);
    }
}

/* ---- the outbox; with the role ---- */

/* With the latch. */
int xipci_has_work(const xipc_link *link)
{
    return link->state == XIPCI_LINK_UP &&
           (link->outbox || link->cancels || link->is_behind ||
            xipci_call_link_owes_credit(link));
}

/* With the latch: how it is counted. */
void xipci_request_uncount(xipc_request *request)
{
    if (request->is_counted) {
        request->is_counted = 0;
        request->link->request_count--;
        request->link->request_bytes -= request->bytes;
    }
}

/* With the latch. Counted again: it takes up room here. */
void xipci_request_recount(xipc_request *request)
{
    if (!request->is_counted) {
        request->is_counted = 1;
        request->link->request_count++;
        request->link->request_bytes += request->bytes;
    }
}

/* With the latch. */
void xipci_request_done(xipc_request *request)
{
    request->link->outbox_bytes -= request->kept_size;
    request->kept_size = 0;
    request->link->request_handles -= request->handles;
    xipci_request_uncount(request);
    request->link->holds--;
    xipci_request_free(request);
}

void xipci_outbox_put_first(xipc_link *link, xipc_request *request)
{
    request->next = link->outbox;
    link->outbox = request;
    if (!request->next) {
        link->outbox_end = &request->next;
    }
}

void xipci_outbox_put_last(xipc_link *link, xipc_request *request)
{
    request->next = NULL;
    *link->outbox_end = request;
    link->outbox_end = &request->next;
}

static xipc_request *take_first(xipc_link *link)
{
    xipc_request *request = link->outbox;

    if (request) {
        link->outbox = request->next;
        if (!link->outbox) {
            link->outbox_end = &link->outbox;
        }
    }
    return request;
}

int xipci_is_last_piece(const xipc_link *link, const xipci_sending *sending)
{
    return sending->sent + next_size(link, sending) == sending->size;
}

/* The next piece of one of them. */
static xipc_status send_first(xipc_link *link)
{
    xipc_request *request;
    xipc_status status;

    xipci_call_link_latch(link);
    request = take_first(link);
    if (request && xipci_is_last_piece(link, &request->sending)) {
        xipci_request_uncount(request);
    }
    xipci_call_link_unlatch(link);
    if (!request) {
        return XIPC_OK;
    }
    status = xipci_send_piece(link, &request->sending, &xipci_at_once);
    xipci_call_link_latch(link);
    if (status == XIPC_OK && xipci_is_sent(&request->sending)) {
        xipci_request_done(request);
    } else if (status == XIPC_OK) {
        xipci_outbox_put_last(link, request);
    } else {
        xipci_request_recount(request);
        xipci_outbox_put_first(link, request);
        if (!request->sending.is_begun && !xipci_is_only_waiting(status) &&
            !xipci_is_end(status)) {
            xipci_refuse_instead(request, status); /* with the next turn */
            status = XIPC_OK;
        }
    }
    xipci_call_link_unlatch(link);
    return status;
}

static xipc_status send_cancel(xipc_link *link)
{
    xipci_frame frame = {.kind = XIPCI_FRAME_CANCEL};
    xipc_pending *pending;
    xipc_status status = XIPC_OK;
    int is_pointless = 1;

    xipci_call_link_latch(link);
    pending = link->cancels;
    if (pending) {
        frame.call = pending->numbered.call;
        is_pointless = !pending->is_in_table &&
                       pending->sending.frame.kind != XIPCI_FRAME_POST;
    }
    xipci_call_link_unlatch(link);
    if (!pending) {
        return XIPC_OK;
    }
    if (!is_pointless) {
        status = link->line->kind->send(
            link->line, &frame, NULL, NULL, &xipci_at_once);
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipci_call_link_latch(link);
    /* Others may have been put before it meanwhile. */
    for (xipc_pending **at = &link->cancels; *at; at = &(*at)->next_cancel) {
        if (*at == pending) {
            *at = pending->next_cancel;
            break;
        }
    }
    pending->is_to_cancel = 0;
    if (!pending->is_held && !pending->is_in_table) {
        xipci_pending_free(pending);
    }
    xipci_call_link_unlatch(link);
    return XIPC_OK;
}

static xipc_status send_credit(xipc_link *link)
{
    xipci_frame frame = {.kind = XIPCI_FRAME_CREDIT};
    xipc_status status;

    xipci_call_link_latch(link);
    if (xipci_call_link_owes_credit(link)) {
        frame.method = link->posts_done;
        frame.result = (uint32_t)link->posts_bytes;
        link->posts_done = 0;
        link->posts_bytes = 0;
    }
    xipci_call_link_unlatch(link);
    if (frame.method == 0) {
        return XIPC_OK;
    }
    status =
        link->line->kind->send(link->line, &frame, NULL, NULL, &xipci_at_once);
    if (status != XIPC_OK) {
        xipci_call_link_latch(link);
        link->posts_done += frame.method;
        link->posts_bytes += frame.result;
        xipci_call_link_unlatch(link);
    }
    return status;
}

/* One thing of each sort. */
static xipc_status send_some(xipc_link *link)
{
    xipc_status status = xipci_flush_line(link, &xipci_at_once);

    if (status == XIPC_OK) {
        status = send_cancel(link);
    }
    if (status == XIPC_OK) {
        status = send_credit(link);
    }
    if (status == XIPC_OK) {
        status = send_first(link);
    }
    if (status == XIPC_OK) {
        status = xipci_flush_line(link, &xipci_at_once);
    }
    return status;
}

/*
 * Gives the role up, with nothing left to send, or no room for it. Who comes
 * back for it at once promises it to who waits for it longest: he would take it
 * again before anybody has woken.
 */
void xipci_leave_role(xipc_link *link, int is_promised)
{
    xipc_status status = XIPC_OK;
    int must_arrange;
    int turn = 0;

    xipci_call_link_latch(link);
    while (xipci_has_work(link) && status == XIPC_OK && turn < TURNS_MAX) {
        xipci_latch_give(&link->latch);
        status = send_some(link);
        xipci_call_link_latch(link);
        link->is_behind = status == XIPC_E_AGAIN || ++turn == TURNS_MAX;
    }
    link->is_sending = 0;
    must_arrange = xipci_has_work(link) != link->wants_room;
    if (must_arrange) {
        link->wants_room = !link->wants_room;
        link->holds++;
    }
    if (is_promised) {
        link->promised = xipci_call_link_first(link, XIPCI_WANTS_ROLE);
    }
    xipci_call_link_wake(link, XIPCI_WANTS_ROLE);
    xipci_call_link_unlatch(link);
    if (status != XIPC_OK && !xipci_is_only_waiting(status)) {
        xipci_meet_end(link, status);
    }
    if (must_arrange) {
        xipci_call_link_arrange(link);
        xipci_call_link_drop(link);
    }
}

/* With the latch: gives the role up, if there is nothing to be sent before. */
int xipci_leave_at_once(xipc_link *link)
{
    if (xipci_has_work(link) || link->wants_room) {
        return 0;
    }
    link->is_sending = 0;
    xipci_call_link_wake(link, XIPCI_WANTS_ROLE);
    return 1;
}

/* With the latch. */
int xipci_take_role(xipc_link *link)
{
    if (link->is_sending || link->promised || link->state != XIPCI_LINK_UP) {
        return 0;
    }
    link->is_sending = 1;
    return 1;
}

void xipci_call_link_flush(xipc_link *link)
{
    int is_ours;

    xipci_call_link_latch(link);
    is_ours = xipci_has_work(link) && xipci_take_role(link);
    xipci_call_link_unlatch(link);
    if (is_ours) {
        xipci_leave_role(link, 0);
    }
}
