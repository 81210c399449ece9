/* SPDX-License-Identifier: Apache-2.0 */
/* Calling: at once, one way, and to be collected later. */
#include <string.h>

#include "core/call.h"
#include "core/failure.h"
#include "core/park.h"
#include "os/os_clock.h"

/* ---- what all of them check ---- */

static xipc_status check_data(const xipc_link *link, const xipc_call_data *data)
{
    if (!data) {
        return XIPC_OK;
    }
    if ((!data->data && data->size > 0) ||
        (!data->handles && data->handle_count > 0)) {
        return xipci_invalid("data or handles is NULL");
    }
    if (data->handle_count > XIPC_CALL_HANDLE_MAX) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_CALL, link->object.name,
            "%zu handles; %u go at once", data->handle_count,
            XIPC_CALL_HANDLE_MAX);
    }
    return XIPC_OK;
}

static xipc_status check_limits(xipc_link *link, const xipc_call_data *data)
{
    int takes_handles = 1;

    if (link->their_request_max == 0) {
        return xipci_object_fail(
            &link->object, XIPC_E_NOT_SUPPORTED,
            "the other side has no service to call");
    }
    if (data && data->size > link->their_payload_max) {
        return xipci_fail(
            XIPC_E_TOO_BIG, XIPC_KIND_CALL, link->object.name,
            "the request has %zu bytes; the other side takes %u (payload_max)",
            data->size, link->their_payload_max);
    }
    if (data && data->handle_count > 0) {
        xipci_call_link_latch(link);
        takes_handles =
            !link->line || link->line->kind->takes_handles(link->line);
        xipci_call_link_unlatch(link);
    }
    return takes_handles ? XIPC_OK
                         : xipci_object_fail(
                               &link->object, XIPC_E_NOT_SUPPORTED,
                               "no handles go over this link (call.handles)");
}

static xipc_status check_answer(const xipc_call_answer *answer)
{
    if (!answer) {
        return XIPC_OK;
    }
    if (answer->answer_size != sizeof *answer) {
        return xipci_invalid(
            "answer_size is unknown; use XIPC_CALL_ANSWER_INIT");
    }
    return answer->buffer || answer->capacity == 0
               ? XIPC_OK
               : xipci_invalid("the answer's buffer is NULL");
}

static xipc_status check_call(xipc_link *link, const xipc_call_data *data)
{
    xipc_status status = xipci_call_link_check(link);

    if (status == XIPC_OK) {
        status = check_data(link, data);
    }
    if (status == XIPC_OK) {
        status = check_limits(link, data);
    }
    return status;
}

/* ---- how a call ends ---- */

static xipc_status tell(xipc_link *link, xipc_status status, const char *what)
{
    int is_over;

    switch (status) {
    case XIPC_OK: return status;
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED: return xipci_park_result(&link->object, status, what);
    default: break;
    }
    xipci_call_link_latch(link);
    is_over = link->state >= XIPCI_LINK_ENDED && link->end == status;
    xipci_call_link_unlatch(link);
    return is_over ? xipci_call_link_tell_end(link)
                   : xipci_object_relay(&link->object, status);
}

/* What the other side answered, in words. */
static xipc_status tell_refusal(const xipc_link *link, const xipc_pending *call)
{
    switch (call->status) {
    case XIPC_E_NOT_FOUND:
        return xipci_fail(
            call->status, XIPC_KIND_CALL, link->object.name,
            "method %u: the other side has none, or its handler said so",
            call->sending.frame.method);
    case XIPC_E_TOO_BIG:
        return xipci_fail(
            call->status, XIPC_KIND_CALL, link->object.name,
            "the reply of method %u is longer than %u bytes (payload_max)",
            call->sending.frame.method, link->payload_max);
    default:
        return xipci_fail(
            call->status, XIPC_KIND_CALL, link->object.name,
            "the handler of method %u answered with %s",
            call->sending.frame.method, xipc_status_name(call->status));
    }
}

static xipc_status too_small(
    const xipc_link *link, const xipc_pending *call, xipc_call_answer *answer)
{
    answer->size = call->cargo.total;
    return xipci_fail(
        XIPC_E_TOO_SMALL, XIPC_KIND_CALL, link->object.name,
        "the reply has %zu bytes, the buffer %zu", call->cargo.total,
        answer->capacity);
}

/* Of one that was answered with XIPC_OK. */
static xipc_status
fill_in(const xipc_link *link, xipc_pending *call, xipc_call_answer *answer)
{
    xipci_cargo *cargo = &call->cargo;

    if (!answer) {
        return XIPC_OK;
    }
    if (!call->is_at_hand && cargo->total > answer->capacity) {
        return too_small(link, call, answer);
    }
    if (!call->is_at_hand && cargo->total > 0) {
        memcpy(answer->buffer, cargo->room.bytes, cargo->total);
    }
    answer->size = cargo->total;
    answer->result = call->result;
    answer->handle_count = cargo->handle_count;
    for (uint32_t at = 0; at < cargo->handle_count; at++) {
        answer->handles[at] = cargo->natives[at];
    }
    cargo->handle_count = 0;
    return XIPC_OK;
}

/* Of one that is done, which stays. */
static xipc_status
result_of(xipc_link *link, xipc_pending *call, xipc_call_answer *answer)
{
    if (call->status == XIPC_OK) {
        return fill_in(link, call, answer);
    }
    if (call->is_refused) {
        return tell_refusal(link, call);
    }
    return tell(link, call->status, "the call was not answered");
}

/* ---- to begin one ---- */

static xipc_pending *begin(
    xipc_link *link,
    uint32_t kind,
    uint32_t method,
    const xipc_call_data *data,
    xipc_call_answer *answer,
    xipc_deadline deadline)
{
    xipc_pending *call;

    xipci_call_link_latch(link);
    call = xipci_pending_new(link);
    if (call) {
        call->is_held = 1;
        call->deadline = deadline;
        call->sending =
            (xipci_sending){.frame.kind = kind, .frame.method = method};
        if (data) {
            call->sending.bytes = data->data;
            call->sending.size = data->size;
            call->sending.natives = data->handles;
            call->sending.frame.handle_count = (uint32_t)data->handle_count;
        }
        call->answer = answer;
        call->has_turn = xipci_call_link_try_turn(link, call);
    }
    xipci_call_link_unlatch(link);
    if (!call) {
        xipci_object_fail(
            &link->object, XIPC_E_NO_MEMORY, "no memory for a call");
    }
    return call;
}

static void end(xipc_link *link, xipc_pending *call)
{
    int must_flush;

    xipci_call_link_latch(link);
    xipci_pending_let_go(call);
    must_flush = link->cancels != NULL;
    xipci_call_link_unlatch(link);
    if (must_flush) {
        xipci_call_link_flush(link);
    }
}

typedef struct awaited {
    xipc_pending *call;
    int may_be_over;
    int is_over; /* its answer was given, and it is gone */
} awaited;

/* The usual case, in one go: the reply lies where it is wanted. */
static int take_answer(xipc_pending *call)
{
    xipc_call_answer *answer = call->answer;

    if (!call->is_at_hand || call->status != XIPC_OK) {
        return 0;
    }
    answer->size = call->cargo.total;
    answer->result = call->result;
    answer->handle_count = 0;
    xipci_pending_let_go(call);
    return 1;
}

static xipci_verdict is_done(xipc_link *link, void *context, xipci_want *want)
{
    awaited *self = context;

    (void)link;
    *want = XIPCI_WANTS_RESULT;
    if (!self->call->is_done) {
        return XIPCI_NOT_YET;
    }
    self->is_over = self->may_be_over && take_answer(self->call);
    return XIPCI_IT_IS_SO;
}

/* `is_over_out` NULL: the call stays. */
static xipc_status await(
    xipc_link *link,
    xipc_pending *call,
    xipc_deadline deadline,
    int *is_over_out)
{
    awaited self = {call, is_over_out != NULL, 0};
    const xipci_waiting wait = {
        .link = link,
        .test = is_done,
        .context = &self,
        .deadline = deadline,
        .pending = call,
        .is_receiver = call->is_receiver};
    xipc_status status;

    call->is_receiver = 0;
    status = xipci_call_link_wait(&wait);
    if (is_over_out) {
        *is_over_out = self.is_over;
    }
    return status;
}

/* ---- the calls ---- */

static xipc_status call_checked(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *data,
    xipc_call_answer *answer,
    xipc_deadline deadline)
{
    xipc_status status = check_call(link, data);
    int is_over = 0;
    xipc_pending *call;

    if (status == XIPC_OK) {
        status = check_answer(answer);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (deadline == XIPC_NOW) {
        return xipci_park_result(
            &link->object, XIPC_E_AGAIN, "no call is answered at once");
    }
    call = begin(link, XIPCI_FRAME_REQUEST, method, data, answer, deadline);
    if (!call) {
        return XIPC_E_NO_MEMORY;
    }
    call->is_awaited = 1;
    status = xipci_send_call(link, call, deadline);
    if (status == XIPC_OK) {
        status = await(link, call, deadline, &is_over);
    }
    if (is_over) {
        return status;
    }
    status = status == XIPC_OK
                 ? result_of(link, call, answer)
                 : tell(link, status, "the call was not answered");
    end(link, call);
    return status;
}

xipc_status xipc_call(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    xipc_call_answer *answer,
    xipc_deadline deadline)
{
    return xipci_answer(call_checked(link, method, request, answer, deadline));
}

static xipc_status post_checked(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *data,
    xipc_deadline deadline)
{
    xipc_status status = check_call(link, data);
    xipc_pending *call;

    if (status != XIPC_OK) {
        return status;
    }
    call = begin(link, XIPCI_FRAME_POST, method, data, NULL, deadline);
    if (!call) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_send_call(link, call, deadline);
    if (status == XIPC_OK) {
        xipci_call_link_latch(link);
        call->is_done = 1; /* there is nothing to cancel */
        xipci_call_link_unlatch(link);
    }
    status = tell(link, status, "there was no room for it");
    end(link, call);
    return status;
}

xipc_status xipc_call_post(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    xipc_deadline deadline)
{
    return xipci_answer(post_checked(link, method, request, deadline));
}

static xipc_status submit_checked(
    xipc_link *link,
    const xipc_call_data *data,
    const xipc_pending *like,
    xipc_pending **pending_out)
{
    xipc_status status = check_call(link, data);
    xipc_pending *call;

    if (status != XIPC_OK) {
        return status;
    }
    if (!pending_out) {
        return xipci_invalid("pending_out is NULL");
    }
    if (like->deadline == XIPC_NOW) {
        return xipci_park_result(
            &link->object, XIPC_E_AGAIN, "no call is answered at once");
    }
    call = begin(
        link, XIPCI_FRAME_REQUEST, like->sending.frame.method, data, NULL,
        like->deadline);
    if (!call) {
        return XIPC_E_NO_MEMORY;
    }
    call->cookie = like->cookie;
    status = xipci_send_call(link, call, like->deadline);
    if (status != XIPC_OK) {
        status = tell(link, status, "there was no room for it");
        end(link, call);
        return status;
    }
    xipci_call_link_latch(link);
    xipci_pending_enlist(call);
    if (call->is_done) {
        xipci_call_link_wake(link, XIPCI_WANTS_ANY);
        link->is_to_stir = 1;
    }
    if (like->deadline != XIPC_FOREVER) {
        /* Who collects has one more deadline to keep. */
        xipci_call_link_nudge(link);
        xipci_call_link_wake(link, XIPCI_WANTS_ANY);
    }
    xipci_call_link_unlatch(link);
    *pending_out = call;
    return XIPC_OK;
}

xipc_status xipc_call_submit(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    void *cookie,
    xipc_deadline deadline,
    xipc_pending **pending_out)
{
    const xipc_pending like = {
        .sending.frame.method = method, .cookie = cookie, .deadline = deadline};

    return xipci_answer(submit_checked(link, request, &like, pending_out));
}

/* ---- collecting ---- */

static xipc_deadline earlier(xipc_deadline one, xipc_deadline other)
{
    return one < other ? one : other;
}

static int has_passed(xipc_deadline deadline)
{
    return deadline != XIPC_FOREVER && deadline <= xipcos_clock_ns();
}

typedef struct collection {
    xipci_waiting wait;
    xipc_deadline deadline; /* the caller's */
    xipc_pending *found;
} collection;

/* The deadline of each call that is over there is one at which to look. */
static xipci_verdict has_done(xipc_link *link, void *context, xipci_want *want)
{
    collection *self = context;
    xipc_deadline next = xipci_call_link_expire(link);

    *want = XIPCI_WANTS_ANY;
    self->wait.deadline = earlier(self->deadline, next);
    self->found = link->done;
    if (!self->found) {
        return XIPCI_NOT_YET;
    }
    xipci_pending_delist(self->found);
    return XIPCI_IT_IS_SO;
}

static xipc_status
collect_next(xipc_link *link, xipc_deadline deadline, xipc_pending **found_out)
{
    collection self = {.deadline = deadline};
    xipc_status status = XIPC_E_TIMEOUT;

    self.wait =
        (xipci_waiting){.link = link, .test = has_done, .context = &self};
    /* It may have waited for the deadline of a call that is gone. */
    do {
        self.wait.deadline = deadline;
        status = xipci_call_link_wait(&self.wait);
    } while (status == XIPC_E_TIMEOUT && !has_passed(deadline));
    *found_out = self.found;
    return status;
}

static xipc_status collect_checked(
    xipc_link *link,
    xipc_deadline deadline,
    xipc_pending **pending_out,
    void **cookie_out)
{
    xipc_status status = xipci_call_link_check(link);
    xipc_pending *found = NULL;

    if (status != XIPC_OK) {
        return status;
    }
    if (!pending_out) {
        return xipci_invalid("pending_out is NULL");
    }
    status = collect_next(link, deadline, &found);
    xipci_call_link_flush(link); /* those that have expired */
    if (status != XIPC_OK) {
        return tell(link, status, "no call was answered");
    }
    if (cookie_out) {
        *cookie_out = found->cookie;
    }
    *pending_out = found;
    return XIPC_OK;
}

xipc_status xipc_call_collect(
    xipc_link *link,
    xipc_deadline deadline,
    xipc_pending **pending_out,
    void **cookie_out)
{
    return xipci_answer(
        collect_checked(link, deadline, pending_out, cookie_out));
}

static int stays(xipc_status status)
{
    return status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT ||
           status == XIPC_E_CANCELED || status == XIPC_E_TOO_SMALL;
}

static xipc_status finish_checked(
    xipc_pending *call, xipc_call_answer *answer, xipc_deadline deadline)
{
    xipc_link *link;
    xipc_status status;

    if (!call) {
        return xipci_invalid("the pending call is NULL");
    }
    link = call->link;
    status = xipci_call_link_check(link);
    if (status == XIPC_OK) {
        status = check_answer(answer);
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = await(
        link, call,
        deadline == XIPC_NOW ? XIPC_NOW : earlier(deadline, call->deadline),
        NULL);
    if ((status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN) &&
        call->deadline <= xipcos_clock_ns()) {
        xipci_call_link_latch(link);
        xipci_pending_give_up(call, XIPC_E_TIMEOUT);
        xipci_call_link_unlatch(link);
        xipci_call_link_flush(link);
        status = await(link, call, XIPC_NOW, NULL);
    }
    if (status != XIPC_OK) {
        status = tell(link, status, "the call was not answered");
    } else {
        status = result_of(link, call, answer);
    }
    if (!stays(status)) {
        end(link, call);
    }
    return status;
}

xipc_status xipc_pending_finish(
    xipc_pending *pending, xipc_call_answer *answer, xipc_deadline deadline)
{
    return xipci_answer(finish_checked(pending, answer, deadline));
}

void xipc_pending_cancel(xipc_pending *pending)
{
    if (pending && xipci_object_is_own(&pending->link->object)) {
        end(pending->link, pending);
    }
}
