/* SPDX-License-Identifier: Apache-2.0 */
/* Listening under a name, and accepting. */
#include <stdlib.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/park.h"
#include "core/pipe.h"
#include "core/waitable.h"
#include "os/os_random.h"

/* ---- what a poller asks ---- */

static uint32_t look(xipc_object *object)
{
    return xipcos_listener_ready(((xipc_pipe_listener *)object)->native);
}

static xipci_watch *no_watch(xipc_object *object)
{
    (void)object;
    return NULL;
}

static uint32_t
native_of(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    return events & xipcos_listener_waitable(
                        ((xipc_pipe_listener *)object)->native, native_out);
}

static const xipci_waitable waitable = {
    XIPC_READABLE, look, no_watch, NULL, native_of};

/* ---- the handle ---- */

static void wake(xipc_object *object)
{
    xipcos_listener_wake(((xipc_pipe_listener *)object)->native);
}

static xipc_status check_call(
    const char *name,
    const xipc_pipe_options **options,
    xipc_pipe_listener **listener_out)
{
    xipc_status status = xipci_name_check(XIPC_KIND_PIPE, name);

    if (!listener_out) {
        return xipci_invalid("listener_out is NULL");
    }
    if (status == XIPC_OK) {
        status = xipci_pipe_check_options(name, options);
    }
    return status == XIPC_OK ? xipci_pipe_check_name(name, *options) : status;
}

static xipc_pipe_listener *
new_handle(const char *name, const xipc_pipe_options *options)
{
    xipc_pipe_listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_PIPE, name, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&listener->object, XIPC_KIND_PIPE, name);
    listener->object.scope = options->naming.scope;
    listener->object.wake = wake;
    return listener;
}

/* The name first, so that there is only one who listens under it. */
static xipc_status listen_here(
    xipc_pipe_listener *listener,
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline)
{
    const xipcos_pipe_plan plan = xipci_pipe_plan(options);
    const uint64_t spot[2] = {xipcos_random(), xipcos_random()};
    char text[XIPCOS_SPOT_SIZE];
    xipcos_pipe_place place = {.spot = text, .scope = options->naming.scope};
    xipc_status status = xipci_pipe_take_name(
        &listener->taken, &listener->object, name, &options->naming, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    xipci_pipe_write_spot(XIPC_KIND_PIPE, name, place.scope, spot, text);
    place.companion = listener->taken.claim.native;
    status = xipci_object_relay(
        &listener->object,
        xipcos_listener_create(place, &plan, &listener->native));
    if (status == XIPC_OK) {
        xipci_pipe_publish(&listener->taken, spot, plan.message_max);
    }
    return status;
}

static xipc_status listen_native(
    xipc_pipe_listener *listener,
    const char *native_name,
    const xipc_pipe_options *options)
{
    const xipcos_pipe_plan plan = xipci_pipe_plan(options);

    return xipci_object_relay(
        &listener->object, xipcos_listener_create_native(
                               native_name, xipci_pipe_directions(options),
                               &plan, &listener->native));
}

static xipc_status listen_at(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe_listener **listener_out)
{
    xipc_pipe_listener *listener;
    intptr_t unused;
    xipc_status status = check_call(name, &options, listener_out);

    if (status != XIPC_OK) {
        return status;
    }
    listener = new_handle(name, options);
    if (!listener) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_name_native(name)
                 ? listen_native(listener, xipci_name_native(name), options)
                 : listen_here(listener, name, options, deadline);
    if (status != XIPC_OK) {
        xipci_pipe_free_name(&listener->taken);
        free(listener);
        return status;
    }
    if (xipcos_listener_waitable(listener->native, &unused) != 0) {
        listener->object.waitable = &waitable;
    }
    *listener_out = listener;
    return XIPC_OK;
}

xipc_status xipc_pipe_listen(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe_listener **listener_out)
{
    return xipci_answer(listen_at(name, options, deadline, listener_out));
}

/* Nobody new finds the name before those who have come are sent away. In a
 * forked child the name is the parent's. */
void xipc_pipe_listener_close(xipc_pipe_listener *listener)
{
    if (!listener) {
        return;
    }
    xipci_poller_forget(&listener->object);
    if (!xipci_object_is_own(&listener->object)) {
        listener->taken.has_name = 0;
    }
    xipci_pipe_free_name(&listener->taken);
    xipcos_listener_close(listener->native);
    free(listener);
}

/* ---- accepting ---- */

static xipc_status accept_into(
    const xipc_pipe_listener *listener,
    xipc_deadline deadline,
    xipcos_pipe **native_out)
{
    const xipcos_patience patience = {
        deadline, &listener->object.is_interrupted};
    xipc_status status =
        xipcos_listener_accept(listener->native, &patience, native_out);

    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED:
        return xipci_park_result(
            &listener->object, status, "nobody came to connect");
    default: return xipci_object_relay(&listener->object, status);
    }
}

static xipc_status accept_next(
    const xipc_pipe_listener *listener,
    xipc_deadline deadline,
    xipc_pipe **pipe_out)
{
    xipcos_pipe *native;
    xipc_pipe *pipe;
    xipc_status status;

    if (!listener || !pipe_out) {
        return xipci_invalid("the listener or pipe_out is NULL");
    }
    status = xipci_object_check(&listener->object);
    if (status != XIPC_OK) {
        return status;
    }
    pipe = xipci_pipe_new(listener->object.name, listener->object.scope);
    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    status = accept_into(listener, deadline, &native);
    if (status != XIPC_OK) {
        free(pipe);
        return status;
    }
    xipci_pipe_begin(pipe, native);
    *pipe_out = pipe;
    return XIPC_OK;
}

xipc_status xipc_pipe_accept(
    xipc_pipe_listener *listener, xipc_deadline deadline, xipc_pipe **pipe_out)
{
    return xipci_answer(accept_next(listener, deadline, pipe_out));
}

xipc_object *xipc_pipe_listener_object(xipc_pipe_listener *listener)
{
    return listener ? &listener->object : NULL;
}
