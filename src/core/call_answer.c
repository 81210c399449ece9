/* SPDX-License-Identifier: Apache-2.0 */
/* Answers on their way. Nobody waits for room: what there is none for is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "core/call_send.h"
#include "core/failure.h"
#include "os/os_handle.h"

/* As much as the window has of the longest that this side takes itself. */
static uint64_t kept_max(const xipc_link *link)
{
    uint64_t ours = (uint64_t)link->request_max * link->payload_max;
    uint64_t theirs = 2 * (uint64_t)link->their_payload_max;

    return ours > theirs ? ours : theirs;
}

/* Who does not take his answers is not kept any number of them. */
static xipc_status reserve(xipc_request *request)
{
    xipc_link *link = request->link;
    const xipci_sending *sending = &request->sending;
    size_t left = sending->size - sending->sent;
    int is_too_much;

    xipci_call_link_latch(link);
    is_too_much = !sending->is_begun && link->outbox_bytes > 0 &&
                  link->outbox_bytes + left > kept_max(link);
    if (!is_too_much) {
        link->outbox_bytes += left;
        request->kept_size = left;
    }
    xipci_call_link_unlatch(link);
    return is_too_much ? xipci_object_fail(
                             &link->object, XIPC_E_LIMIT,
                             "the caller does not take what was answered "
                             "before")
                       : XIPC_OK;
}

/* What is still to be sent of it is the caller's no longer. */
static xipc_status keep_rest(xipc_request *request)
{
    xipci_sending *sending = &request->sending;
    size_t left = sending->size - sending->sent;

    if (left > 0) {
        unsigned char *kept = xipci_room_for(&request->kept, left);

        if (!kept) {
            return XIPC_E_NO_MEMORY;
        }
        memcpy(kept, sending->bytes + sending->sent, left);
        sending->bytes = kept;
        sending->size = left;
        sending->sent = 0;
    }
    for (uint32_t at = 0;
         !sending->is_begun && at < sending->frame.handle_count; at++) {
        xipc_status status = xipcos_handle_copy(
            sending->natives[at], &request->kept_natives[at]);

        if (status != XIPC_OK) {
            return status;
        }
        request->kept_count = at + 1;
    }
    sending->natives = request->kept_natives;
    return XIPC_OK;
}

/* Of what cannot be sent as it is the caller is told why. */
void xipci_refuse_instead(xipc_request *request, xipc_status status)
{
    request->sending = (xipci_sending){
        .frame = {
            .call = request->numbered.call,
            .kind = XIPCI_FRAME_REPLY,
            .method = (uint32_t)(int32_t)status}};
}

/* Without the role, or with it and no room. */
static xipc_status put_by(xipc_request *request, int is_first)
{
    xipc_link *link = request->link;
    xipc_status status = reserve(request);

    if (status == XIPC_OK) {
        status = keep_rest(request);
    }

    if (status != XIPC_OK && request->sending.is_begun) {
        xipci_call_link_end(link, status, "no memory for the rest of a reply");
    } else if (status != XIPC_OK) {
        xipci_refuse_instead(request, status);
    }
    xipci_call_link_latch(link);
    if (link->state != XIPCI_LINK_UP) {
        status = link->end;
        xipci_request_done(request);
    } else if (is_first) {
        xipci_request_recount(request);
        xipci_outbox_put_first(link, request);
    } else {
        xipci_outbox_put_last(link, request);
    }
    xipci_call_link_unlatch(link);
    return status;
}

/* With the role: as much as there is room for. */
static xipc_status send_now(xipc_request *request)
{
    xipc_link *link = request->link;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && !xipci_is_sent(&request->sending)) {
        if (request->is_counted &&
            xipci_is_last_piece(link, &request->sending)) {
            xipci_call_link_latch(link);
            xipci_request_uncount(request);
            xipci_call_link_unlatch(link);
        }
        status = xipci_send_piece(link, &request->sending, &xipci_at_once);
    }
    if (status != XIPC_OK && !request->sending.is_begun &&
        !xipci_is_end(status) && status != XIPC_E_AGAIN) {
        xipc_status failed;

        xipci_refuse_instead(request, status);
        failed = xipci_send_piece(link, &request->sending, &xipci_at_once);
        return failed == XIPC_OK ? status : failed;
    }
    return status;
}

/* The role is given up; the request is gone. */
static xipc_status send_with_role(xipc_request *request)
{
    xipc_link *link = request->link;
    xipc_status status = send_now(request);
    int is_to_wait = status == XIPC_E_AGAIN;

    xipci_call_link_latch(link);
    link->holds++;
    if (link->line->kind->flush) {
        link->is_behind = 1;
    }
    if (!is_to_wait) {
        xipci_request_done(request);
    }
    if (status == XIPC_OK && xipci_leave_at_once(link)) {
        link->holds--;
        xipci_call_link_unlatch(link);
        return status;
    }
    xipci_call_link_unlatch(link);
    if (is_to_wait) {
        status = put_by(request, 1);
    }
    xipci_leave_role(link, 0);
    if (xipci_is_end(status)) {
        xipci_meet_end(link, status);
    }
    xipci_call_link_drop(link);
    return status;
}

static xipc_status end_post(xipc_request *request)
{
    xipc_link *link = request->link;
    xipc_status status = XIPC_OK;
    int is_ours;

    xipci_call_link_latch(link);
    if (link->state != XIPCI_LINK_UP) {
        status = link->end;
    }
    link->holds++;
    link->posts_done++;
    link->posts_bytes += request->bytes;
    xipci_request_done(request);
    is_ours = xipci_has_work(link) && xipci_take_role(link);
    xipci_call_link_unlatch(link);
    if (is_ours) {
        xipci_leave_role(link, 0);
    }
    xipci_call_link_drop(link);
    return status;
}

xipc_status xipci_send_answer(xipc_request *request)
{
    xipc_link *link = request->link;
    xipci_sending *sending = &request->sending;
    xipc_status status = XIPC_OK;
    int is_ours = 0;

    sending->frame.call = request->numbered.call;
    sending->frame.kind = XIPCI_FRAME_REPLY;
    xipci_call_link_latch(link);
    if (request->is_in_table) {
        xipci_table_take(&link->requests, &request->numbered);
        request->is_in_table = 0;
    }
    if (request->is_one_way) {
        xipci_call_link_unlatch(link);
        return end_post(request);
    }
    if (link->state != XIPCI_LINK_UP) {
        status = link->end;
        xipci_request_done(request);
        xipci_call_link_unlatch(link);
        return status;
    }
    is_ours = !link->outbox && xipci_take_role(link);
    link->holds += !is_ours;
    if (is_ours && sending->size <= link->line->piece_max) {
        xipci_request_uncount(request);
    }
    xipci_call_link_unlatch(link);
    if (is_ours) {
        return send_with_role(request);
    }
    status = put_by(request, 0);
    xipci_call_link_flush(link);
    xipci_call_link_drop(link);
    return status;
}
