/* SPDX-License-Identifier: Apache-2.0 */
#include "core/channel.h"

#include <assert.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/local.h"
#include "core/name.h"
#include "core/park.h"
#include "core/pipe.h"
#include "core/waitable.h"
#include "os/os_clock.h"
#include "os/os_random.h"

/* One of the two, as the system has it. */
struct xipci_channel {
    xipc_object object;
    xipcos_socket *socket;
    xipcos_pipe *pipe;
};

struct xipci_channel_listener {
    xipc_object object;
    /* A socket, and the companion that has the name. */
    xipcos_socket *socket;
    xipcos_section *companion;
    /* A pipe, and the name. */
    xipcos_listener *pipes;
    xipci_pipe_name taken;
};

static const xipcos_patience not_at_all = {XIPC_NOW, NULL};

static int stands_on_socket(void)
{
    return xipcos_handles_go() == XIPCOS_HANDLES_SENT;
}

/* ---- what a poller asks ---- */

static xipci_watch *no_watch(xipc_object *object)
{
    (void)object;
    return NULL;
}

uint32_t xipci_channel_ready(xipci_channel *channel)
{
    return channel->socket ? xipcos_socket_ready(channel->socket)
                           : xipcos_pipe_ready(channel->pipe);
}

static uint32_t look(xipc_object *object)
{
    return xipci_channel_ready((xipci_channel *)object);
}

static uint32_t
native_of(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    const xipci_channel *channel = (const xipci_channel *)object;

    if (channel->pipe) {
        return xipcos_pipe_waitable(channel->pipe, events, native_out);
    }
    *native_out = xipcos_socket_waitable(channel->socket);
    return events;
}

static const xipci_waitable channel_waitable = {
    XIPC_READABLE | XIPC_WRITABLE, look, no_watch, NULL, native_of};

static uint32_t look_at_listener(xipc_object *object)
{
    xipci_channel_listener *listener = (xipci_channel_listener *)object;

    return XIPC_READABLE &
           (listener->socket ? xipcos_socket_ready(listener->socket)
                             : xipcos_listener_ready(listener->pipes));
}

static uint32_t
native_of_listener(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    const xipci_channel_listener *listener =
        (const xipci_channel_listener *)object;

    if (listener->pipes) {
        return events & xipcos_listener_waitable(listener->pipes, native_out);
    }
    *native_out = xipcos_socket_waitable(listener->socket);
    return events;
}

static const xipci_waitable listener_waitable = {
    XIPC_READABLE, look_at_listener, no_watch, NULL, native_of_listener};

/* ---- a channel ---- */

void xipci_channel_wake(xipci_channel *channel)
{
    if (channel->socket) {
        xipcos_socket_wake(channel->socket);
    } else {
        xipcos_pipe_wake(channel->pipe);
    }
}

static void wake(xipc_object *object)
{
    xipci_channel_wake((xipci_channel *)object);
}

xipc_status
xipci_channel_other(const xipci_channel *channel, xipcos_other *other_out)
{
    return xipci_object_relay(
        &channel->object, channel->socket
                              ? xipcos_socket_other(channel->socket, other_out)
                              : xipcos_pipe_other(channel->pipe, other_out));
}

static xipc_status get_other(const xipc_object *object, xipcos_other *other_out)
{
    return xipci_channel_other((const xipci_channel *)object, other_out);
}

static xipci_channel *new_channel(const char *name, xipc_scope scope)
{
    xipci_channel *channel = calloc(1, sizeof *channel);

    if (!channel) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, name, "no memory for a channel");
        return NULL;
    }
    xipci_object_init(&channel->object, XIPC_KIND_CALL, name);
    channel->object.scope = scope;
    channel->object.wake = wake;
    channel->object.waitable = &channel_waitable;
    channel->object.other = get_other;
    return channel;
}

void xipci_channel_close(xipci_channel *channel)
{
    if (!channel) {
        return;
    }
    xipci_poller_forget(&channel->object);
    if (channel->socket) {
        xipcos_socket_close(
            channel->socket, xipci_object_is_own(&channel->object));
    }
    xipcos_pipe_close(channel->pipe);
    free(channel);
}

xipc_object *xipci_channel_object(xipci_channel *channel)
{
    return &channel->object;
}

/* ---- listening ---- */

static xipc_socket_options socket_options(const xipc_naming *naming)
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;

    options.naming = *naming;
    return options;
}

static xipc_status listen_on_socket(
    xipci_channel_listener *listener,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline)
{
    const xipc_socket_options options = socket_options(naming);
    const xipcos_socket_plan plan = {
        .options = &options, .is_companions = 1, .network_interface = ""};
    xipc_address address;
    xipc_status status = xipci_local_take_name(
        XIPC_KIND_CALL, name, naming, deadline, &listener->companion);

    if (status == XIPC_OK) {
        status =
            xipci_local_place(XIPC_KIND_CALL, name, naming->scope, 1, &address);
    }
    return status == XIPC_OK ? xipci_local_listen(
                                   XIPC_KIND_CALL, name, &plan, &address,
                                   deadline, &listener->socket)
                             : status;
}

static xipc_status listen_on_pipe(
    xipci_channel_listener *listener,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline)
{
    const xipcos_pipe_plan plan = {.access = naming->access};
    const uint64_t spot[2] = {xipcos_random(), xipcos_random()};
    char text[XIPCOS_SPOT_SIZE];
    xipcos_pipe_place place = {.spot = text, .scope = naming->scope};
    xipc_status status = xipci_pipe_take_name(
        &listener->taken, &listener->object, name, naming, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    xipci_pipe_write_spot(XIPC_KIND_CALL, name, naming->scope, spot, text);
    place.companion = listener->taken.claim.native;
    status = xipci_object_relay(
        &listener->object,
        xipcos_listener_create(place, &plan, &listener->pipes));
    if (status == XIPC_OK) {
        xipci_pipe_publish(&listener->taken, spot, 0);
    }
    return status;
}

static void wake_listener(xipc_object *object)
{
    xipci_channel_listener *listener = (xipci_channel_listener *)object;

    if (listener->socket) {
        xipcos_socket_wake(listener->socket);
    } else {
        xipcos_listener_wake(listener->pipes);
    }
}

xipc_status xipci_channel_listen(
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipci_channel_listener **listener_out)
{
    xipci_channel_listener *listener = calloc(1, sizeof *listener);
    xipc_status status;

    if (!listener) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, name, "no memory for a handle");
    }
    xipci_object_init(&listener->object, XIPC_KIND_CALL, name);
    listener->object.scope = naming->scope;
    listener->object.wake = wake_listener;
    listener->object.waitable = &listener_waitable;
    status = stands_on_socket()
                 ? listen_on_socket(listener, name, naming, deadline)
                 : listen_on_pipe(listener, name, naming, deadline);
    if (status != XIPC_OK) {
        xipci_channel_listener_close(listener);
        return status;
    }
    *listener_out = listener;
    return XIPC_OK;
}

static xipc_status
accept_into(xipci_channel_listener *listener, xipci_channel *channel)
{
    return listener->socket
               ? xipcos_socket_accept(
                     listener->socket, &not_at_all, &channel->socket)
               : xipcos_listener_accept(
                     listener->pipes, &not_at_all, &channel->pipe);
}

xipc_status xipci_channel_accept(
    xipci_channel_listener *listener, xipci_channel **channel_out)
{
    xipci_channel *channel =
        new_channel(listener->object.name, listener->object.scope);
    xipc_status status;

    if (!channel) {
        return XIPC_E_NO_MEMORY;
    }
    status = accept_into(listener, channel);
    if (status != XIPC_OK) {
        free(channel);
        return status == XIPC_E_AGAIN
                   ? status
                   : xipci_object_relay(&listener->object, status);
    }
    *channel_out = channel;
    return XIPC_OK;
}

xipc_object *xipci_channel_listener_object(xipci_channel_listener *listener)
{
    return &listener->object;
}

/* Where there is a companion the socket goes first: who finds the name free
 * finds no socket. Where there is a name that goes first, before those who have
 * come are sent away. In a forked child both are the parent's. */
void xipci_channel_listener_close(xipci_channel_listener *listener)
{
    int is_own;

    if (!listener) {
        return;
    }
    is_own = xipci_object_is_own(&listener->object);
    xipci_poller_forget(&listener->object);
    if (listener->socket) {
        xipcos_socket_close(listener->socket, is_own);
    }
    xipcos_section_close(listener->companion);
    if (!is_own) {
        listener->taken.has_name = 0;
    }
    xipci_pipe_free_name(&listener->taken);
    xipcos_listener_close(listener->pipes);
    free(listener);
}

/* ---- connecting ---- */

typedef struct connect_call {
    xipci_channel *channel;
    const char *name;
    const xipc_naming *naming;
    const xipcos_patience *patience;
} connect_call;

static xipc_status try_socket(const connect_call *call)
{
    const xipc_socket_options options = socket_options(call->naming);
    const xipcos_socket_plan plan = {
        .options = &options, .is_companions = 1, .network_interface = ""};
    xipcos_socket *native;
    xipc_address address;
    xipc_status status = xipci_local_place(
        XIPC_KIND_CALL, call->name, call->naming->scope, 0, &address);

    if (status == XIPC_OK) {
        status = xipci_local_connect(
            XIPC_KIND_CALL, call->name, &plan, &address,
            call->patience->deadline, &native);
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = xipci_local_check_trust(
        XIPC_KIND_CALL, call->name, native, call->naming);
    if (status == XIPC_OK) {
        call->channel->socket = native;
    } else {
        xipcos_socket_close(native, 1);
    }
    return status;
}

static xipc_status try_pipe(const connect_call *call)
{
    const xipcos_pipe_plan plan = {.message_max = 0};
    xipci_pipe_found found;
    xipc_status status = xipci_pipe_look_up(
        &call->channel->object, call->name, call->naming,
        call->patience->deadline, &found);

    if (status != XIPC_OK) {
        return status;
    }
    status = xipcos_pipe_connect(
        (xipcos_pipe_place){
            found.stand.native, found.spot, call->naming->scope},
        &plan, call->patience, &call->channel->pipe);
    xipci_stand_leave(&found.stand);
    return status;
}

static xipc_status try_once(const connect_call *call)
{
    return stands_on_socket() ? try_socket(call) : try_pipe(call);
}

static int is_interrupted(const xipcos_patience *patience)
{
    return patience->is_interrupted &&
           atomic_load_explicit(
               patience->is_interrupted, memory_order_seq_cst) != 0;
}

/* Somebody may come to listen, or a successor of one who went away while he was
 * asked. With XIPC_NOW it is told that nobody does. */
static xipc_status try_until(const connect_call *call)
{
    const xipc_deadline deadline = call->patience->deadline;
    xipc_status status = try_once(call);

    for (unsigned round = 0; status == XIPC_E_NOT_FOUND && deadline != XIPC_NOW;
         round++) {
        status = is_interrupted(call->patience)
                     ? XIPC_E_CANCELED
                     : xipcos_clock_pause(round, deadline);
        if (status == XIPC_OK) {
            status = try_once(call);
        }
    }
    return status;
}

static xipc_status connect_result(const xipc_object *object, xipc_status status)
{
    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED:
        return xipci_park_result(
            object, status, "nobody listened there and took this client in");
    case XIPC_E_NOT_FOUND:
        return xipci_object_fail(
            object, status, "nobody listens under that name");
    default: return xipci_object_relay(object, status);
    }
}

xipc_status xipci_channel_connect(
    const char *name,
    const xipc_naming *naming,
    const xipcos_patience *patience,
    xipci_channel **channel_out)
{
    connect_call call = {NULL, name, naming, patience};
    xipc_status status;

    call.channel = new_channel(name, naming->scope);
    if (!call.channel) {
        return XIPC_E_NO_MEMORY;
    }
    status = try_until(&call);
    if (status != XIPC_OK) {
        status = connect_result(&call.channel->object, status);
        free(call.channel);
        return status;
    }
    *channel_out = call.channel;
    return XIPC_OK;
}

/* ---- what goes over ---- */

xipc_status xipci_channel_read(
    xipci_channel *channel,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    return channel->socket
               ? xipcos_socket_read(
                     channel->socket, buffer, capacity, patience, size_out)
               : xipcos_pipe_read(
                     channel->pipe, buffer, capacity, patience, size_out);
}

xipc_status xipci_channel_write(
    xipci_channel *channel,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status;

    if (channel->socket) {
        return xipcos_socket_write(
            channel->socket, data, size, patience, written_out);
    }
    status =
        xipcos_pipe_write(channel->pipe, data, size, patience, written_out);
    if (status == XIPC_OK) {
        *written_out = size;
    }
    return status;
}

xipc_status xipci_channel_send(
    xipci_channel *channel,
    const xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    size_t written = 0;

    if (channel->socket) {
        return xipcos_socket_send_parcel(channel->socket, parcel, patience);
    }
    assert(parcel->count == 0);
    return xipci_channel_write(
        channel, parcel->data, parcel->size, patience, &written);
}

xipc_status xipci_channel_receive(
    xipci_channel *channel,
    xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    parcel->count = 0;
    parcel->has_lost = 0;
    return channel->socket
               ? xipcos_socket_receive_parcel(channel->socket, parcel, patience)
               : xipcos_pipe_read(
                     channel->pipe, parcel->data, parcel->size, patience,
                     &parcel->size);
}
