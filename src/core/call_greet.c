/* SPDX-License-Identifier: Apache-2.0 */
/* Links that come to a service: from its listeners to the first call. */
#include <string.h>

#include "core/call_service.h"
#include "core/failure.h"
#include "os/os_clock.h"

#define ACCEPT_MAX 16

/* So long a client may take to say what it is, and so often that is looked at.
 */
#define GREETING_NS   ((int64_t)5000000000)
#define GREETING_LOOK ((int64_t)50000000)

#define REST_NS ((int64_t)100000000)

/* Links that are refused in words; more are dropped. */
#define REFUSED_MAX 64

static const xipcos_patience at_once = {XIPC_NOW, NULL};

/* Puts it in the list. */
xipc_status xipci_service_adopt(xipc_service *service, xipc_link *link)
{
    xipc_status status = XIPC_OK;

    xipci_call_link_hold(link);
    xipci_latch_take(&service->latch);
    if (service->is_closed) {
        status = xipci_object_fail(
            &service->object, XIPC_E_CLOSED, "the service is closed");
    } else {
        link->next_of_service = service->links;
        link->service_link = &service->links;
        if (link->next_of_service) {
            link->next_of_service->service_link = &link->next_of_service;
        }
        service->links = link;
        service->link_count += (uint32_t)link->is_accepted;
        service->greeting_count += (uint32_t)link->is_greeting;
        link->is_refused =
            link->is_accepted && service->link_count > service->link_max;
    }
    xipci_latch_give(&service->latch);
    if (status != XIPC_OK) {
        xipci_call_link_drop(link);
        return status;
    }
    xipci_call_link_arrange(link);
    return XIPC_OK;
}

static void has_greeted(xipc_service *service, xipc_link *link)
{
    xipci_latch_take(&service->latch);
    service->greeting_count -= (uint32_t)link->is_greeting;
    link->is_greeting = 0;
    xipci_latch_give(&service->latch);
}

void xipci_service_tell_link(
    xipc_service *service, xipc_link *link, xipc_status what)
{
    if (service->on_link) {
        service->on_link(service->context, link, what);
    }
}

static xipc_status send_hello(xipc_link *link)
{
    xipci_frame frame = {
        .kind = XIPCI_FRAME_HELLO,
        .call = XIPCI_CALL_VERSION,
        .method = link->payload_max,
        .result = link->request_max};

    if (link->is_refused) {
        frame = (xipci_frame){
            .kind = XIPCI_FRAME_REFUSAL,
            .method = (uint32_t)(int32_t)XIPC_E_LIMIT};
    }
    return link->line->kind->send(link->line, &frame, NULL, NULL, &at_once);
}

xipc_status
xipci_call_link_take_hello(xipc_link *link, const xipci_frame *frame)
{
    if (frame->kind != XIPCI_FRAME_HELLO || frame->size != 0 ||
        frame->handle_count != 0) {
        return xipci_object_fail(
            &link->object, XIPC_E_CORRUPT,
            "the other side did not begin with a hello");
    }
    if (frame->call != XIPCI_CALL_VERSION) {
        return xipci_object_fail(
            &link->object, XIPC_E_INCOMPATIBLE,
            "the other side speaks another version");
    }
    if (frame->method == 0 || frame->method > XIPC_CALL_PAYLOAD_LIMIT ||
        frame->result > XIPC_CALL_REQUEST_LIMIT) {
        return xipci_object_fail(
            &link->object, XIPC_E_CORRUPT, "the hello has impossible limits");
    }
    link->their_payload_max = frame->method;
    link->their_request_max = frame->result;
    link->credits = frame->result;
    link->bytes_max = xipci_call_bytes_max(frame->method);
    return XIPC_OK;
}

/* Both roles are this thread's. XIPC_OK: it is up. */
static xipc_status answer_hello(xipc_link *link)
{
    const xipci_line_kind *kind = link->line->kind;
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    const void *body = NULL;
    xipci_frame frame;
    xipc_status status =
        kind->receive(link->line, &frame, &body, natives, &at_once);

    if (status != XIPC_OK) {
        return status;
    }
    xipci_natives_close(natives, frame.handle_count);
    kind->release(link->line);
    status = xipci_call_link_take_hello(link, &frame);
    if (status == XIPC_OK) {
        status = send_hello(link);
    }
    if (status == XIPC_OK && link->is_refused) {
        return xipci_object_fail(
            &link->object, XIPC_E_LIMIT, "there are too many links");
    }
    return status == XIPC_E_AGAIN ? XIPC_E_CORRUPT : status;
}

/* Whoever wakes it has the latch. */
static void replace_line(xipc_link *link, xipci_line *line)
{
    xipci_line *before = link->line;

    xipci_latch_take(&link->latch);
    link->line = line;
    link->is_costly = line->kind->is_costly;
    xipci_latch_give(&link->latch);
    before->kind->close(before);
}

/* Both roles are this thread's. */
static xipc_status advance(xipc_link *link)
{
    const xipci_line_kind *kind = link->line->kind;
    xipci_line *next = NULL;
    xipc_status status = kind->advance(link->line);

    if (status == XIPC_OK && kind->succeed) {
        status = kind->succeed(link->line, &next);
    }
    if (next) {
        replace_line(link, next);
        status = next->kind->advance(next);
    }
    return status;
}

/* One step of what comes before the first call. */
static xipc_status rise(xipc_link *link, xipci_call_link_state *state)
{
    xipc_status status = XIPC_OK;

    if (*state == XIPCI_LINK_RISING) {
        status = advance(link);
        if (status != XIPC_OK) {
            return status;
        }
        *state = XIPCI_LINK_GREETED;
        link->other_status = link->line->kind->other(link->line, &link->other);
    }
    status = answer_hello(link);
    if (status == XIPC_OK) {
        *state = XIPCI_LINK_UP;
    }
    return status;
}

void xipci_service_greet(xipc_service *service, xipc_link *link)
{
    xipci_call_link_state before;
    xipci_call_link_state state;
    xipc_status status;

    xipci_call_link_latch(link);
    state = link->state;
    if (state > XIPCI_LINK_GREETED) {
        xipci_call_link_unlatch(link);
        return;
    }
    before = state;
    link->is_receiving = 1;
    link->is_sending = 1;
    xipci_latch_give(&link->latch);
    status = rise(link, &state);
    if (status != XIPC_OK && status != XIPC_E_AGAIN) {
        xipci_call_link_end(link, status, NULL);
    }
    if (state == XIPCI_LINK_UP || status != XIPC_E_AGAIN) {
        has_greeted(service, link);
    }
    xipci_call_link_latch(link);
    link->is_receiving = 0;
    link->is_sending = 0;
    if (link->state < XIPCI_LINK_ENDED) {
        link->state = state;
    }
    xipci_call_link_unlatch(link);
    if (state != before || status == XIPC_E_AGAIN) {
        xipci_call_link_arrange(link);
    }
    if (state == XIPCI_LINK_UP) {
        link->is_told = 1;
        xipci_service_tell_link(service, link, XIPC_OK);
        /* Of what came with the hello no poller tells. */
        (void)xipci_call_link_pump(link, 1, XIPCI_PUMP_MAX);
    }
}

/* Those that have not said what they are take at most half of the places. */
static int is_crowded(xipc_service *service)
{
    uint32_t half = service->link_max / 2;
    int is_crowded;

    xipci_latch_take(&service->latch);
    is_crowded =
        service->link_count >= (uint64_t)service->link_max + REFUSED_MAX ||
        service->greeting_count >= (half > REFUSED_MAX ? half : REFUSED_MAX);
    xipci_latch_give(&service->latch);
    return is_crowded;
}

static void adopt_line(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipci_line *line)
{
    xipc_link *link = NULL;

    if (is_crowded(service) ||
        xipci_call_link_new(address, service, options, line, &link) !=
            XIPC_OK) {
        line->kind->close(line);
        return;
    }
    link->is_accepted = 1;
    link->is_greeting = 1;
    link->greet_by = xipcos_clock_ns() + GREETING_NS;
    if (xipci_service_adopt(service, link) == XIPC_OK) {
        xipci_service_greet(service, link);
    } else {
        xipci_call_link_end(link, XIPC_E_CLOSED, "the service is closed");
    }
    xipci_call_link_drop(link);
}

/* The listener may have been closed since the poller told of it. */
static xipc_status take_line(
    xipc_service *service,
    const void *cookie,
    xipc_call_options *options,
    char address[XIPC_CALL_ADDRESS_SIZE],
    xipci_line **line_out)
{
    xipc_call_listener *at;
    xipc_status status = XIPC_E_AGAIN;

    xipci_latch_take(&service->door);
    at = service->listeners;
    while (at && xipci_listener_cookie(at) != cookie) {
        at = at->next;
    }
    if (at) {
        *options = at->options;
        memcpy(address, at->object.name, sizeof at->object.name);
        status = at->line_listener->kind->accept(at->line_listener, line_out);
    }
    xipci_latch_give(&service->door);
    return status;
}

/* Of a listener the poller gives an address that is none of an object: it may
 * have been closed and freed since. */
void *xipci_listener_cookie(const xipc_call_listener *listener)
{
    return (char *)listener + 1;
}

/*
 * Nobody can be taken in, most often for want of handles; those who come stay
 * where they are. So nobody listens for a while, instead of being told of them
 * all the time.
 */
static void rest(xipc_service *service)
{
    xipci_latch_take(&service->door);
    for (xipc_call_listener *at = service->listeners; at; at = at->next) {
        (void)xipc_poller_remove(
            service->poller,
            at->line_listener->kind->object(at->line_listener));
    }
    xipci_latch_give(&service->door);
    service->rest_until = xipcos_clock_ns() + REST_NS;
}

static void end_rest(xipc_service *service)
{
    xipc_status status = XIPC_OK;

    if (service->rest_until == 0 || service->rest_until > xipcos_clock_ns()) {
        return;
    }
    xipci_latch_take(&service->door);
    for (xipc_call_listener *at = service->listeners; at; at = at->next) {
        xipc_status added = xipc_poller_add(
            service->poller, at->line_listener->kind->object(at->line_listener),
            XIPC_READABLE, xipci_listener_cookie(at));

        if (added != XIPC_OK && added != XIPC_E_EXISTS) {
            status = added;
        }
    }
    xipci_latch_give(&service->door);
    service->rest_until = status == XIPC_OK ? 0 : xipcos_clock_ns() + REST_NS;
}

/* `cookie` is of a listener that was there when the poller looked. */
void xipci_service_accept(xipc_service *service, const void *cookie)
{
    char address[XIPC_CALL_ADDRESS_SIZE];
    xipc_call_options options;
    xipci_line *line = NULL;
    xipc_status status = XIPC_OK;
    int count = 0;

    while (count < ACCEPT_MAX && status != XIPC_E_AGAIN &&
           status != XIPC_E_NO_MEMORY) {
        status = take_line(service, cookie, &options, address, &line);
        if (status == XIPC_OK) {
            adopt_line(service, address, &options, line);
        }
        count++;
    }
    if (status == XIPC_E_NO_MEMORY) {
        rest(service);
    }
}

/* Who has not said what it is by then. */
/* The next one that has not said what it is, behind `last`; it stays: only who
 * leads lets go of links. */
static xipc_link *next_greeting(xipc_service *service, const xipc_link *last)
{
    xipc_link *link;

    xipci_latch_take(&service->latch);
    link = last ? last->next_of_service : service->links;
    if (service->greeting_count == 0) {
        link = NULL;
    }
    while (link && !link->is_greeting) {
        link = link->next_of_service;
    }
    xipci_latch_give(&service->latch);
    return link;
}

/* Not all that a line waits for is told by its objects. Who takes too long is
 * thrown out. */
void xipci_service_end_greetings(xipc_service *service)
{
    int64_t now;
    xipc_link *link;

    end_rest(service);
    link = next_greeting(service, NULL);
    now = link ? xipcos_clock_ns() : 0;
    if (!link || now < service->greetings_at) {
        return;
    }
    service->greetings_at = now + GREETING_LOOK;
    while (link) {
        xipci_service_greet(service, link);
        if (link->is_greeting && link->greet_by <= now) {
            has_greeted(service, link);
            xipci_call_link_end(
                link, XIPC_E_TIMEOUT, "it did not say what it is");
        }
        link = next_greeting(service, link);
    }
}

xipc_deadline xipci_until_greetings(xipc_service *service, xipc_deadline until)
{
    uint32_t greeting_count;
    int64_t look;

    xipci_latch_take(&service->latch);
    greeting_count = service->greeting_count;
    xipci_latch_give(&service->latch);
    if (until == XIPC_NOW) {
        return until;
    }
    if (service->rest_until != 0 && service->rest_until < until) {
        until = service->rest_until;
    }
    if (greeting_count == 0) {
        return until;
    }
    look = xipcos_clock_ns() + GREETING_LOOK;
    return look < until ? look : until;
}
