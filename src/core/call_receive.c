/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes over a link. Each frame is hostile input: its head is a private
 * copy, which is checked here, and its body is copied once.
 */
#include <string.h>

#include "core/call_service.h"
#include "core/failure.h"
#include "os/os_clock.h"

static xipc_status breaks_rules(const xipc_link *link, const char *why)
{
    return xipci_object_fail(&link->object, XIPC_E_CORRUPT, why);
}

static int is_last(const xipci_frame *frame)
{
    return (frame->flags & XIPCI_FRAME_LAST) != 0;
}

static int is_first(const xipci_frame *frame)
{
    return (frame->flags & XIPCI_FRAME_FIRST) != 0;
}

/* Some that came were lost, for want of room in this process. */
static int has_lost_handles(const xipci_frame *frame, const intptr_t *natives)
{
    uint32_t at = 0;

    while (at < frame->handle_count && natives[at] != XIPCI_NO_NATIVE) {
        at++;
    }
    return at < frame->handle_count;
}

/* ---- the end of a call, where it was made; all with the latch ---- */

void xipci_pending_enlist(xipc_pending *pending)
{
    xipc_link *link = pending->link;

    if (pending->is_done) {
        pending->next = NULL;
        pending->list_link = link->done_end;
        *link->done_end = pending;
        link->done_end = &pending->next;
        return;
    }
    if (!link->submitted || pending->deadline < link->next_expiry) {
        link->next_expiry = pending->deadline;
    }
    pending->next = link->submitted;
    pending->list_link = &link->submitted;
    if (pending->next) {
        pending->next->list_link = &pending->next;
    }
    link->submitted = pending;
}

void xipci_pending_delist(xipc_pending *pending)
{
    xipc_link *link = pending->link;

    if (!pending->list_link) {
        return;
    }
    *pending->list_link = pending->next;
    if (pending->next) {
        pending->next->list_link = pending->list_link;
    }
    if (link->done_end == &pending->next) {
        link->done_end = pending->list_link;
    }
    pending->list_link = NULL;
}

void xipci_pending_end(xipc_pending *pending, xipc_status status)
{
    xipc_link *link = pending->link;

    pending->is_done = 1;
    pending->status = status;
    if (pending->list_link) {
        xipci_pending_delist(pending);
        xipci_pending_enlist(pending);
        xipci_call_link_wake(link, XIPCI_WANTS_ANY);
        link->is_to_stir = 1;
    }
    xipci_waiter_wake(link, pending->waiter);
}

/* The other side is told, when there is time. */
static void cancel(xipc_pending *pending)
{
    xipc_link *link = pending->link;

    if (link->state == XIPCI_LINK_UP && !pending->is_to_cancel) {
        pending->is_to_cancel = 1;
        pending->next_cancel = link->cancels;
        link->cancels = pending;
    }
}

void xipci_pending_give_up(xipc_pending *pending, xipc_status status)
{
    if (pending->is_done) {
        return;
    }
    xipci_pending_end(pending, status);
    cancel(pending);
    if (pending->link->taking != pending) {
        xipci_cargo_release(&pending->cargo); /* else who receives does it */
    }
}

void xipci_pending_let_go(xipc_pending *pending)
{
    xipci_pending_delist(pending);
    xipci_pending_give_up(pending, XIPC_E_CANCELED);
    pending->is_held = 0;
    pending->answer = NULL;
    if (!pending->is_in_table && !pending->is_to_cancel) {
        xipci_pending_free(pending);
    }
}

xipc_deadline xipci_call_link_expire(xipc_link *link)
{
    xipc_pending *at = link->submitted;
    xipc_deadline next = XIPC_FOREVER;
    int64_t now = at ? xipcos_clock_ns() : 0;

    if (at && now < link->next_expiry) {
        return link->next_expiry;
    }
    while (at) {
        xipc_pending *after = at->next;

        if (at->deadline <= now) {
            xipci_pending_give_up(at, XIPC_E_TIMEOUT);
        } else if (at->deadline < next) {
            next = at->deadline;
        }
        at = after;
    }
    link->next_expiry = next;
    return next;
}

/* ---- replies ---- */

/* What a handler may answer with, which is not what the library says. */
static int is_answer(xipc_status status)
{
    switch (status) {
    case XIPC_OK:
    case XIPC_E_INVALID:
    case XIPC_E_NAME:
    case XIPC_E_NO_MEMORY:
    case XIPC_E_NO_SPACE:
    case XIPC_E_EXISTS:
    case XIPC_E_NOT_FOUND:
    case XIPC_E_ACCESS:
    case XIPC_E_OWNER_DIED:
    case XIPC_E_NOT_RECOVERABLE:
    case XIPC_E_NOT_OWNER:
    case XIPC_E_LIMIT:
    case XIPC_E_TOO_BIG:
    case XIPC_E_BUSY:
    case XIPC_E_NOT_SUPPORTED:
    case XIPC_E_INCOMPATIBLE:
    case XIPC_E_CORRUPT:
    case XIPC_E_OS: return 1;
    default: return 0;
    }
}

int xipci_status_is_answer(xipc_status status)
{
    return is_answer(status);
}

/* The caller reads it where he wants it, and waits in this very thread. */
static int is_at_hand(
    const xipc_pending *pending,
    const xipc_pending *own,
    const xipci_frame *frame)
{
    return pending == own && pending->answer && is_first(frame) &&
           is_last(frame) && frame->size == frame->total &&
           frame->handle_count == 0 && frame->size <= pending->answer->capacity;
}

static xipc_status take_piece(
    xipc_pending *pending,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    int is_wanted,
    int is_at_hand)
{
    xipci_cargo *cargo = &pending->cargo;
    size_t max = pending->link->payload_max;
    xipc_status status;

    if (!is_wanted) {
        xipci_cargo_release(cargo);
    }
    if (is_at_hand || !is_wanted) {
        status = xipci_cargo_skip(cargo, frame, natives, max);
        if (status == XIPC_OK && is_at_hand && frame->size > 0) {
            memcpy(pending->answer->buffer, body, frame->size);
        }
        pending->is_at_hand = is_at_hand;
        return status;
    }
    status = xipci_cargo_add(cargo, frame, body, natives, max);
    if (has_lost_handles(frame, natives)) {
        pending->trouble = XIPC_E_NO_MEMORY;
    }
    if (status == XIPC_E_NO_MEMORY) {
        pending->trouble = status;
        status = XIPC_OK;
    }
    return status;
}

/* With the latch: all of it is there. */
static xipc_status end_reply(xipc_pending *pending, const xipci_frame *frame)
{
    xipc_link *link = pending->link;
    xipc_status status = (xipc_status)(int32_t)frame->method;
    int was_given_up = pending->is_done || !pending->is_held;

    xipci_table_take(&link->pendings, &pending->numbered);
    pending->is_in_table = 0;
    xipci_call_link_give_credit(link, 1, pending->sending.size);
    if (was_given_up) {
        link->late_count++;
        if (!pending->is_held && !pending->is_to_cancel) {
            xipci_pending_free(pending);
        }
        return XIPC_OK;
    }
    if (!is_answer(status) ||
        (status != XIPC_OK && pending->cargo.total != 0)) {
        xipci_pending_end(pending, XIPC_E_CORRUPT);
        return breaks_rules(link, "a reply with a status that none has");
    }
    pending->result = (int32_t)frame->result;
    pending->is_refused = status != XIPC_OK;
    xipci_pending_end(pending, status == XIPC_OK ? pending->trouble : status);
    return XIPC_OK;
}

/* With the latch again. It may have been given up meanwhile. */
static void end_taking(xipc_pending *pending)
{
    pending->link->taking = NULL;
    if (pending->is_done || !pending->is_held) {
        xipci_cargo_release(&pending->cargo);
    }
}

/* With the latch, which is given meanwhile if it is long. */
static xipc_status take_reply(
    xipc_link *link,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    const xipc_pending *own)
{
    xipc_pending *pending;
    int is_wanted;
    int is_amiss;
    int is_short = is_last(frame) && frame->size <= XIPCI_SHORT_MAX;
    xipc_status status;

    pending = (xipc_pending *)xipci_table_find(&link->pendings, frame->call);
    is_wanted = pending && pending->is_held && !pending->is_done &&
                pending->trouble == XIPC_OK;
    is_amiss = !pending || is_first(frame) == pending->has_begun;
    if (is_amiss) {
        xipci_natives_close(natives, frame->handle_count);
        return breaks_rules(link, "a reply to no call, or that begins amiss");
    }
    /* From here on the call stays, whatever its caller does. */
    pending->has_begun = 1;
    if (!is_short) {
        link->taking = pending;
        xipci_call_link_unlatch(link);
    }
    status = take_piece(
        pending, frame, body, natives, is_wanted,
        is_wanted && is_at_hand(pending, own, frame));
    if (!is_short) {
        xipci_call_link_latch(link);
        end_taking(pending);
    }
    return status == XIPC_OK && is_last(frame) ? end_reply(pending, frame)
                                               : status;
}

/* With the latch. */
static xipc_status take_credit(xipc_link *link, const xipci_frame *frame)
{
    xipc_status status = XIPC_OK;

    if (frame->size != 0 || frame->method == 0 ||
        frame->method > link->posts_begun ||
        frame->result > link->posts_bytes_begun) {
        status = breaks_rules(link, "more posts are done than were sent");
    } else {
        link->posts_begun -= frame->method;
        link->posts_bytes_begun -= frame->result;
        xipci_call_link_give_credit(link, frame->method, frame->result);
    }
    return status;
}

/* ---- requests ---- */

uint64_t xipci_call_bytes_max(uint32_t payload_max)
{
    uint64_t max = 2 * (uint64_t)payload_max;

    return max > XIPCI_BYTES_MIN ? max : XIPCI_BYTES_MIN;
}

static int has_room_for(const xipc_link *link, uint32_t size)
{
    return link->request_bytes + link->posts_bytes + size <=
           xipci_call_bytes_max(link->payload_max);
}

/* With the latch. One that brings too many is refused, once it is whole. */
static void keep_handles(xipc_request *request, uint32_t count)
{
    xipc_link *link = request->link;

    request->handles = 0;
    if (link->request_handles + count > XIPCI_HANDLES_KEPT_MAX) {
        request->trouble = XIPC_E_LIMIT;
        return;
    }
    request->handles = count;
    link->request_handles += count;
}

/* With the latch. NULL: it breaks the rules, or there is no memory. */
static xipc_request *
begin_request(xipc_link *link, const xipci_frame *frame, xipc_status *status)
{
    xipc_request *request = NULL;

    *status = XIPC_E_CORRUPT;
    if (frame->call <= link->last_request) {
        breaks_rules(link, "the numbers of requests do not rise");
    } else if (link->request_count + link->posts_done >= link->request_max) {
        breaks_rules(link, "more requests than this side takes at once");
    } else if (!has_room_for(link, frame->total)) {
        breaks_rules(link, "more bytes of requests than this side takes");
    } else {
        *status = XIPC_E_NO_MEMORY;
        request = xipci_request_new(link);
    }
    if (!request) {
        return NULL;
    }
    link->holds++;
    link->last_request = frame->call;
    link->request_count++;
    link->request_bytes += frame->total;
    link->request_total++;
    request->bytes = frame->total;
    request->numbered.call = frame->call;
    request->method = frame->method;
    request->is_one_way = frame->kind == XIPCI_FRAME_POST;
    request->is_counted = 1;
    request->is_in_table = 1;
    request->is_whole = 0;
    keep_handles(request, frame->handle_count);
    xipci_table_put(&link->requests, &request->numbered);
    return request;
}

/* With the latch. NULL: as begin_request(). */
static xipc_request *
find_request(xipc_link *link, const xipci_frame *frame, xipc_status *status)
{
    xipc_request *request;

    if (is_first(frame)) {
        request = begin_request(link, frame, status);
    } else {
        request =
            (xipc_request *)xipci_table_find(&link->requests, frame->call);
        if (!request || request->is_whole) {
            *status = breaks_rules(link, "a piece of no request");
            request = NULL;
        }
    }
    return request;
}

/* Of posts: word of so many is sent at once. */
#define MANY_BYTES 4096

/* Who is not told in time that posts are done has no credit left. */
static int must_tell_posts(const xipc_link *link)
{
    uint32_t many = link->request_max / 4;

    return link->posts_done > 0 &&
           (link->posts_done >= many || link->posts_bytes >= MANY_BYTES ||
            link->request_count + link->posts_done >= link->request_max);
}

int xipci_call_link_owes_credit(const xipc_link *link)
{
    return must_tell_posts(link);
}

/* Its next piece. With the latch, if it is short. */
static xipc_status add_piece(
    xipc_request *request,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives)
{
    size_t max = request->link->payload_max;
    xipc_status status;

    if (request->trouble == XIPC_OK) {
        status = xipci_cargo_add(&request->cargo, frame, body, natives, max);
    } else {
        status = xipci_cargo_skip(&request->cargo, frame, natives, max);
    }
    if (has_lost_handles(frame, natives)) {
        request->trouble = XIPC_E_NO_MEMORY;
    }
    if (status == XIPC_E_NO_MEMORY) {
        request->trouble = status;
        status = XIPC_OK;
    }
    return status;
}

/* With the latch, which is given meanwhile. */
static void enqueue(xipc_request *request)
{
    xipc_link *link = request->link;

    xipci_call_link_unlatch(link);
    if (!xipci_service_enqueue(link->service, request)) {
        /* First: then nobody is told that it was answered. */
        xipci_latch_take(&link->latch);
        if (link->state == XIPCI_LINK_UP) {
            link->part_by = link->service->part_by;
        }
        xipci_latch_give(&link->latch);
        xipci_call_link_end(link, XIPC_E_CLOSED, "the service was closed");
        (void)xipci_send_answer(request);
    }
    xipci_call_link_latch(link);
}

/* With the latch, which is given meanwhile unless it is short, and who leads
 * receives it. */
static xipc_status take_request(
    xipc_link *link,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives)
{
    xipc_status status = XIPC_E_CORRUPT;
    xipc_request *request = find_request(link, frame, &status);
    int is_owed = 0;

    if (!request) {
        xipci_natives_close(natives, frame->handle_count);
        return status;
    }
    if (frame->size > XIPCI_SHORT_MAX) {
        xipci_call_link_unlatch(link);
    }
    status = add_piece(request, frame, body, natives);
    if (frame->size > XIPCI_SHORT_MAX) {
        xipci_call_link_latch(link);
    }
    request->is_whole = status == XIPC_OK && is_last(frame);
    if (!request->is_whole) {
        return status;
    }
    is_owed = must_tell_posts(link);
    if (link->is_led) {
        xipci_service_put(link->service, request);
    } else {
        enqueue(request);
    }
    if (is_owed) {
        xipci_call_link_unlatch(link);
        xipci_call_link_flush(link);
        xipci_call_link_latch(link);
    }
    return status;
}

/* With the latch, which is given meanwhile. What is not whole and will not be
 * is answered for. */
static xipc_status take_cancel(xipc_link *link, const xipci_frame *frame)
{
    xipc_request *request;
    xipc_request *cut = NULL;

    if (frame->size != 0 || frame->call > link->last_request) {
        return breaks_rules(link, "a cancel of what never was");
    }
    request = (xipc_request *)xipci_table_find(&link->requests, frame->call);
    if (request) {
        atomic_store_explicit(&request->is_canceled, 1, memory_order_relaxed);
        if (!request->is_whole) {
            request->is_whole = 1;
            cut = request;
        }
    }
    if (cut) {
        xipci_call_link_unlatch(link);
        cut->sending =
            (xipci_sending){.frame.method = (uint32_t)(int32_t)XIPC_E_CANCELED};
        (void)xipci_send_answer(cut);
        xipci_call_link_latch(link);
    }
    return XIPC_OK;
}

/* ---- all of them ---- */

xipc_status xipci_call_link_take_frame(
    xipc_link *link,
    const xipci_frame *frame,
    const void *body,
    intptr_t *natives,
    xipc_pending *own)
{
    switch (frame->kind) {
    case XIPCI_FRAME_REPLY: return take_reply(link, frame, body, natives, own);
    case XIPCI_FRAME_REQUEST:
    case XIPCI_FRAME_POST: return take_request(link, frame, body, natives);
    default: break;
    }
    if (frame->handle_count > 0) {
        xipci_natives_close(natives, frame->handle_count);
        return breaks_rules(link, "handles where none are");
    }
    switch (frame->kind) {
    case XIPCI_FRAME_CANCEL: return take_cancel(link, frame);
    case XIPCI_FRAME_CREDIT: return take_credit(link, frame);
    default: return breaks_rules(link, "a frame of no kind");
    }
}
