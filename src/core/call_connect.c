/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: to listen there, and to connect. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call_service.h"
#include "core/call_wire.h"
#include "core/failure.h"
#include "core/name.h"
#include "core/park.h"
#include "core/uri.h"

static const xipc_call_options default_options = XIPC_CALL_OPTIONS_INIT;

/* ---- what both check ---- */

static int is_remote(const char *address)
{
    return strncmp(address, "tcp:", 4) == 0;
}

static xipc_status refuse(const char *address, const char *why)
{
    char shown[XIPCI_URI_SHOWN_SIZE];

    xipci_uri_show(address, shown);
    return xipci_fail(XIPC_E_INVALID, XIPC_KIND_CALL, shown, "%s", why);
}

static xipc_status check_address(const char *address)
{
    xipci_uri unused;
    xipc_status status;

    if (is_remote(address)) {
        return xipci_uri_read(address, &unused);
    }
    status = xipci_name_check(XIPC_KIND_CALL, address);
    return status == XIPC_OK ? xipci_name_check_native(XIPC_KIND_CALL, address)
                             : status;
}

static xipc_status
check_options(const char *address, const xipc_call_options *options)
{
    if (options->options_size != sizeof *options) {
        return refuse(
            address, "options_size is unknown; use XIPC_CALL_OPTIONS_INIT");
    }
    if (options->payload_max == 0 ||
        options->payload_max > XIPC_CALL_PAYLOAD_LIMIT) {
        return refuse(address, "a payload_max of 0, or above the limit");
    }
    if (options->naming.lifetime != XIPC_TRANSIENT) {
        return refuse(
            address, "who listens goes with his process: XIPC_TRANSIENT");
    }
    return is_remote(address)
               ? XIPC_OK
               : xipci_naming_check(XIPC_KIND_CALL, address, &options->naming);
}

static xipc_status check(const char *address, const xipc_call_options **options)
{
    xipc_status status;

    if (!address) {
        return xipci_invalid("the address is NULL");
    }
    *options = *options ? *options : &default_options;
    status = check_address(address);
    return status == XIPC_OK ? check_options(address, *options) : status;
}

static xipc_status check_service(const xipc_service *service)
{
    return xipci_object_check(&service->object);
}

/* ---- listening ---- */

static xipc_status listen_line(
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out)
{
    if (is_remote(address)) {
        return xipci_wire_line_listen(address, options, deadline, listener_out);
    }
    return xipci_ring_line_is_there()
               ? xipci_ring_line_listen(
                     address, options, deadline, listener_out)
               : xipci_wire_local_listen(
                     address, options, deadline, listener_out);
}

static int is_closed(xipc_service *service)
{
    int is_closed;

    xipci_latch_take(&service->latch);
    is_closed = service->is_closed;
    xipci_latch_give(&service->latch);
    return is_closed;
}

/* The service's, unless that is closed. */
static xipc_status put_up(xipc_call_listener *listener)
{
    xipc_service *service = listener->service;
    xipci_line_listener *line_listener = listener->line_listener;
    xipc_status status;

    xipci_latch_take(&service->door);
    if (is_closed(service)) {
        status = xipci_object_fail(
            &service->object, XIPC_E_CLOSED, "the service is closed");
    } else {
        status = xipc_poller_add(
            service->poller, line_listener->kind->object(line_listener),
            XIPC_READABLE, xipci_listener_cookie(listener));
    }
    if (status == XIPC_OK) {
        listener->next = service->listeners;
        service->listeners = listener;
    }
    xipci_latch_give(&service->door);
    return status;
}

static xipc_status listen_checked(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_call_listener **listener_out)
{
    xipc_call_listener *listener;
    xipc_status status;

    if (!service || !listener_out) {
        return xipci_invalid("service or listener_out is NULL");
    }
    status = check_service(service);
    if (status == XIPC_OK) {
        status = check(address, &options);
    }
    if (status != XIPC_OK) {
        return status;
    }
    listener = calloc(1, sizeof *listener);
    if (!listener) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, address,
            "no memory for a handle");
    }
    xipci_object_init(&listener->object, XIPC_KIND_CALL, address);
    listener->options = *options;
    listener->service = service;
    xipci_service_hold(service);
    status = listen_line(address, options, deadline, &listener->line_listener);
    if (status == XIPC_OK) {
        const char *whole =
            listener->line_listener->kind->address(listener->line_listener);

        xipci_object_init(&listener->object, XIPC_KIND_CALL, whole);
        snprintf(listener->address, sizeof listener->address, "%s", whole);
        status = put_up(listener);
    }
    if (status != XIPC_OK) {
        xipc_call_listener_close(listener);
        return status;
    }
    *listener_out = listener;
    return XIPC_OK;
}

xipc_status xipc_call_listen(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_call_listener **listener_out)
{
    return xipci_answer(
        listen_checked(service, address, options, deadline, listener_out));
}

static xipc_status
tell_address(const xipc_call_listener *listener, char *buffer, size_t capacity)
{
    xipc_status status;

    if (!listener) {
        return xipci_invalid("the listener is NULL");
    }
    status = xipci_object_check(&listener->object);
    return status == XIPC_OK
               ? xipci_uri_give(listener->address, buffer, capacity)
               : status;
}

xipc_status xipc_call_listener_address(
    const xipc_call_listener *listener, char *buffer, size_t capacity)
{
    return xipci_answer(tell_address(listener, buffer, capacity));
}

/* Whoever leads may be at it right now. */
static void take_down(xipc_call_listener *listener)
{
    xipc_service *service = listener->service;
    xipc_call_listener **at = &service->listeners;

    xipci_latch_take(&service->door);
    while (*at && *at != listener) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = listener->next;
    }
    if (listener->line_listener) {
        listener->line_listener->kind->close(listener->line_listener);
    }
    xipci_latch_give(&service->door);
    xipci_service_drop(service);
}

void xipc_call_listener_close(xipc_call_listener *listener)
{
    if (!listener) {
        return;
    }
    if (xipci_object_is_own(&listener->object)) {
        take_down(listener);
    } else if (listener->line_listener) {
        listener->line_listener->kind->close(listener->line_listener);
    }
    free(listener);
}

/* ---- connecting ---- */

static xipc_status connect_line(
    const char *address,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    if (is_remote(address)) {
        return xipci_wire_line_connect(address, options, patience, line_out);
    }
    return xipci_ring_line_is_there()
               ? xipci_ring_line_connect(address, options, patience, line_out)
               : xipci_wire_local_connect(address, options, patience, line_out);
}

static xipc_status send_hello(xipc_link *link, const xipcos_patience *patience)
{
    const xipci_frame frame = {
        .kind = XIPCI_FRAME_HELLO,
        .call = XIPCI_CALL_VERSION,
        .method = link->payload_max,
        .result = link->request_max};
    const xipci_line_kind *kind = link->line->kind;
    xipc_status status = kind->send(link->line, &frame, NULL, NULL, patience);

    if (status == XIPC_OK && kind->flush) {
        status = kind->flush(link->line, patience);
    }
    return xipci_object_relay(&link->object, status);
}

static xipc_status await_hello(xipc_link *link, const xipcos_patience *patience)
{
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    const void *body = NULL;
    xipci_frame frame;
    xipc_status status =
        link->line->kind->receive(link->line, &frame, &body, natives, patience);

    if (status != XIPC_OK) {
        return xipci_object_relay(&link->object, status);
    }
    xipci_natives_close(natives, frame.handle_count);
    link->line->kind->release(link->line);
    if (frame.kind == XIPCI_FRAME_REFUSAL &&
        (xipc_status)(int32_t)frame.method == XIPC_E_LIMIT) {
        return xipci_object_fail(
            &link->object, XIPC_E_LIMIT,
            "the other side has as many links as it takes (link_max)");
    }
    return xipci_call_link_take_hello(link, &frame);
}

/* Nobody else has it yet. */
static xipc_status begin(xipc_link *link, const xipcos_patience *patience)
{
    xipc_status status = send_hello(link, patience);

    link->other_status = link->line->kind->other(link->line, &link->other);
    if (status == XIPC_OK) {
        status = await_hello(link, patience);
    }
    if (status == XIPC_OK) {
        xipci_call_link_latch(link);
        link->state = XIPCI_LINK_UP;
        xipci_call_link_unlatch(link);
        if (link->service) {
            status = xipci_service_adopt(link->service, link);
            /* Of what came with the hello no poller tells. */
            (void)xipci_call_link_pump(link, 0, XIPCI_PUMP_MAX);
        }
    }
    return status;
}

static xipc_status tell(const char *address, xipc_status status)
{
    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
        return xipci_refuse(
            status, XIPC_KIND_CALL, address, "nobody took this client in",
            status == XIPC_E_TIMEOUT ? " until the deadline" : "");
    default: return status;
    }
}

static xipc_status connect_checked(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_link **link_out)
{
    const xipcos_patience patience = {deadline, NULL};
    xipci_line *line = NULL;
    xipc_link *link = NULL;
    xipc_status status = check(address, &options);

    if (!link_out) {
        return xipci_invalid("link_out is NULL");
    }
    if (status == XIPC_OK && service) {
        status = check_service(service);
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = connect_line(address, options, &patience, &line);
    if (status != XIPC_OK) {
        return tell(address, status);
    }
    status = xipci_call_link_new(address, service, options, line, &link);
    if (status != XIPC_OK) {
        line->kind->close(line);
        return status;
    }
    status = begin(link, &patience);
    if (status != XIPC_OK) {
        status = tell(address, status);
        xipc_link_close(link);
        return status;
    }
    *link_out = link;
    return XIPC_OK;
}

xipc_status xipc_call_connect(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_link **link_out)
{
    return xipci_answer(
        connect_checked(service, address, options, deadline, link_out));
}
