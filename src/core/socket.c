/* SPDX-License-Identifier: Apache-2.0 */
/* A socket's life, and a listener's. */
#include "core/socket.h"

#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/local.h"
#include "core/name.h"
#include "core/park.h"
#include "core/waitable.h"

#define ALL_FLAGS                                                         \
    (XIPC_SOCKET_DELAY | XIPC_SOCKET_KEEP_ALIVE | XIPC_SOCKET_BROADCAST | \
     XIPC_SOCKET_NO_LOOP)

#define TTL_MAX    255
#define BUFFER_MAX ((uint32_t)INT32_MAX)

static const xipc_socket_options default_options = XIPC_SOCKET_OPTIONS_INIT;

/* ---- what calls have in common ---- */

static xipc_status refuse(const char *uri, const char *why)
{
    return xipci_fail(XIPC_E_INVALID, XIPC_KIND_SOCKET, uri, "%s", why);
}

static xipc_status
check_options(const char *uri, const xipc_socket_options *options)
{
    if (options->options_size != sizeof *options) {
        return refuse(
            uri, "options_size is unknown; use XIPC_SOCKET_OPTIONS_INIT");
    }
    if ((options->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return refuse(uri, "options has an unknown flag");
    }
    if (options->ttl > TTL_MAX || options->backlog > BUFFER_MAX ||
        options->send_buffer > BUFFER_MAX ||
        options->receive_buffer > BUFFER_MAX) {
        return refuse(uri, "a number in options is too large");
    }
    if (options->naming.lifetime != XIPC_TRANSIENT) {
        return refuse(uri, "a socket goes with its process: XIPC_TRANSIENT");
    }
    return xipci_naming_check(XIPC_KIND_SOCKET, uri, &options->naming);
}

xipc_status xipci_socket_check_call(
    const char *uri, const xipc_socket_options **options, xipci_uri *uri_out)
{
    xipc_status status = xipci_uri_read(uri, uri_out);

    if (!*options) {
        *options = &default_options;
    }
    if (status == XIPC_OK) {
        status = check_options(uri, *options);
    }
    if (status == XIPC_OK && uri_out->place && !xipcos_socket_has_local()) {
        status = xipci_fail(
            XIPC_E_NOT_SUPPORTED, XIPC_KIND_SOCKET, uri,
            "this system has no local sockets (socket.local)");
    }
    return status;
}

xipc_status xipci_socket_relay(const char *uri, xipc_status status)
{
    return xipci_relay(status, XIPC_KIND_SOCKET, uri);
}

xipc_status xipci_socket_result(
    const xipc_object *object, xipc_status status, const char *what)
{
    switch (status) {
    case XIPC_OK: return status;
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED: return xipci_park_result(object, status, what);
    default: return xipci_object_relay(object, status);
    }
}

void xipci_socket_rename(xipc_object *object, const char *uri)
{
    size_t size = strnlen(uri, sizeof object->name - 1);

    memcpy(object->name, uri, size);
    object->name[size] = '\0';
}

/* ---- in a poller ---- */

static uint32_t look_at_socket(xipc_object *object)
{
    return xipcos_socket_ready(((xipc_socket *)object)->native) |
           XIPCI_HUNG_UP_IS_HALF;
}

static uint32_t
socket_handle(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    *native_out = xipcos_socket_waitable(((xipc_socket *)object)->native);
    return events;
}

static uint32_t look_at_listener(xipc_object *object)
{
    return xipcos_socket_ready(((xipc_socket_listener *)object)->native) &
           XIPC_READABLE;
}

static uint32_t
listener_handle(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    *native_out =
        xipcos_socket_waitable(((xipc_socket_listener *)object)->native);
    return events;
}

/* The system tells all there is. */
static xipci_watch *no_watch(xipc_object *object)
{
    (void)object;
    return NULL;
}

static const xipci_waitable socket_waitable = {
    XIPC_READABLE | XIPC_WRITABLE, look_at_socket, no_watch, NULL,
    socket_handle};
static const xipci_waitable listener_waitable = {
    XIPC_READABLE, look_at_listener, no_watch, NULL, listener_handle};

static void wake_socket(xipc_object *object)
{
    xipcos_socket_wake(((xipc_socket *)object)->native);
}

static void wake_listener(xipc_object *object)
{
    xipcos_socket_wake(((xipc_socket_listener *)object)->native);
}

/* ---- a socket ---- */

static xipc_status
tell_other(const xipc_object *object, xipcos_other *other_out)
{
    return xipcos_socket_other(
        ((const xipc_socket *)object)->native, other_out);
}

xipc_socket *xipci_socket_new(const char *uri, xipci_socket_side side)
{
    xipc_socket *socket = calloc(1, sizeof *socket);

    if (!socket) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_SOCKET, uri, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&socket->object, XIPC_KIND_SOCKET, uri);
    socket->object.wake = wake_socket;
    socket->object.waitable = &socket_waitable;
    socket->object.other = tell_other;
    socket->side = side;
    return socket;
}

void xipci_socket_begin(
    xipc_socket *socket, xipcos_socket *native, int is_datagram)
{
    socket->native = native;
    socket->is_datagram = is_datagram;
}

void xipc_socket_close(xipc_socket *socket)
{
    if (!socket) {
        return;
    }
    xipci_poller_forget(&socket->object);
    xipcos_socket_close(socket->native, xipci_object_is_own(&socket->object));
    free(socket);
}

xipc_object *xipc_socket_object(xipc_socket *socket)
{
    return socket ? &socket->object : NULL;
}

/* ---- listening ---- */

static xipc_status find_place(
    const char *text,
    const xipci_uri *uri,
    xipc_scope scope,
    xipc_deadline deadline,
    xipc_address *address_out)
{
    xipc_address addresses[XIPCOS_CONNECT_MAX];
    size_t count = 0;
    xipc_status status;

    if (uri->scheme == XIPCI_SCHEME_PATH) {
        return xipci_socket_relay(
            text, xipcos_address_of_path(uri->place, address_out));
    }
    if (uri->scheme == XIPCI_SCHEME_NAME) {
        return xipci_local_place(
            XIPC_KIND_SOCKET, uri->place, scope, 1, address_out);
    }
    status = xipci_address_find(text, uri, deadline, addresses, &count);
    if (status == XIPC_OK) {
        *address_out = addresses[0];
    }
    return status;
}

static xipc_status listen_at(
    xipc_socket_listener *listener,
    const xipci_uri *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline)
{
    const char *text = listener->object.name;
    const xipcos_socket_plan plan = {
        .options = options,
        .is_companions = listener->companion != NULL,
        .network_interface = ""};
    xipc_address address;
    xipc_status status =
        find_place(text, uri, options->naming.scope, deadline, &address);

    if (status != XIPC_OK) {
        return status;
    }
    return xipci_local_listen(
        XIPC_KIND_SOCKET, text, &plan, &address, deadline, &listener->native);
}

/* With the port that was chosen. Of "*" the system knows one family's part. */
static void name_address(
    xipc_object *object, const xipci_uri *uri, const xipcos_socket *native)
{
    char text[XIPC_SOCKET_URI_SIZE];
    xipc_address address;

    if (xipcos_socket_address(native, 0, &address) != XIPC_OK) {
        return;
    }
    xipci_address_show(&address, uri->scheme == XIPCI_SCHEME_UDP, text);
    if (uri->host[0] == '\0') {
        const char *port = strrchr(text, ':');
        size_t start = strlen("tcp://");

        text[start] = '*';
        memmove(text + start + 1, port, strlen(port) + 1);
    }
    xipci_socket_rename(object, text);
}

static void discard(xipc_socket_listener *listener, int is_own)
{
    /* The socket goes first: who finds the name free finds no socket. */
    xipcos_socket_close(listener->native, is_own);
    xipcos_section_close(listener->companion);
    free(listener);
}

static xipc_status listen_checked(
    const char *text,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket_listener **listener_out)
{
    xipc_socket_listener *listener;
    xipci_uri uri;
    xipc_status status;

    if (!listener_out) {
        return xipci_invalid("listener_out is NULL");
    }
    status = xipci_socket_check_call(text, &options, &uri);
    if (status == XIPC_OK && uri.scheme == XIPCI_SCHEME_UDP) {
        status = refuse(text, "datagrams have no listener: xipc_socket_bind()");
    }
    if (status != XIPC_OK) {
        return status;
    }
    listener = calloc(1, sizeof *listener);
    if (!listener) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_SOCKET, text, "no memory for a handle");
    }
    xipci_object_init(&listener->object, XIPC_KIND_SOCKET, text);
    listener->object.wake = wake_listener;
    listener->object.waitable = &listener_waitable;
    if (uri.scheme == XIPCI_SCHEME_NAME) {
        status = xipci_local_take_name(
            XIPC_KIND_SOCKET, uri.place, &options->naming, deadline,
            &listener->companion);
    }
    if (status == XIPC_OK) {
        status = listen_at(listener, &uri, options, deadline);
    }
    if (status != XIPC_OK) {
        discard(listener, 1);
        return status;
    }
    if (!uri.place) {
        name_address(&listener->object, &uri, listener->native);
    }
    *listener_out = listener;
    return XIPC_OK;
}

xipc_status xipc_socket_listen(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket_listener **listener_out)
{
    return xipci_answer(listen_checked(uri, options, deadline, listener_out));
}

static xipc_status accept_checked(
    xipc_socket_listener *listener,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    xipcos_patience patience = {deadline, NULL};
    xipcos_socket *native;
    xipc_socket *socket;
    xipc_status status;

    if (!listener || !socket_out) {
        return xipci_invalid("listener or socket_out is NULL");
    }
    status = xipci_object_check(&listener->object);
    if (status != XIPC_OK) {
        return status;
    }
    socket = xipci_socket_new(listener->object.name, XIPCI_SIDE_OURS);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    patience.is_interrupted = &listener->object.is_interrupted;
    status = xipcos_socket_accept(listener->native, &patience, &native);
    if (status != XIPC_OK) {
        free(socket);
        return xipci_socket_result(&listener->object, status, "nobody came");
    }
    xipci_socket_begin(socket, native, 0);
    *socket_out = socket;
    return XIPC_OK;
}

xipc_status xipc_socket_accept(
    xipc_socket_listener *listener,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    return xipci_answer(accept_checked(listener, deadline, socket_out));
}

void xipc_socket_listener_close(xipc_socket_listener *listener)
{
    if (!listener) {
        return;
    }
    xipci_poller_forget(&listener->object);
    discard(listener, xipci_object_is_own(&listener->object));
}

static xipc_status tell_listener_uri(
    const xipc_socket_listener *listener, char *buffer, size_t capacity)
{
    xipc_status status;

    if (!listener) {
        return xipci_invalid("the listener is NULL");
    }
    status = xipci_object_check(&listener->object);
    return status == XIPC_OK
               ? xipci_uri_give(listener->object.name, buffer, capacity)
               : status;
}

xipc_status xipc_socket_listener_uri(
    const xipc_socket_listener *listener, char *buffer, size_t capacity)
{
    return xipci_answer(tell_listener_uri(listener, buffer, capacity));
}

xipc_object *xipc_socket_listener_object(xipc_socket_listener *listener)
{
    return listener ? &listener->object : NULL;
}

/* ---- for datagrams ---- */

static xipc_status bind_native(
    const char *text,
    const xipci_uri *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    const xipcos_socket_plan plan = {
        .options = options,
        .is_datagram = 1,
        .network_interface = uri->network_interface};
    xipc_address address;
    xipc_status status =
        find_place(text, uri, XIPC_SCOPE_USER, deadline, &address);

    return status == XIPC_OK
               ? xipci_socket_relay(
                     text, xipcos_socket_bind(&plan, &address, native_out))
               : status;
}

static xipc_status bind_checked(
    const char *text,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    xipcos_socket *native;
    xipc_socket *socket;
    xipci_uri uri;
    xipc_status status;

    if (!socket_out) {
        return xipci_invalid("socket_out is NULL");
    }
    status = xipci_socket_check_call(text, &options, &uri);
    if (status == XIPC_OK && uri.scheme != XIPCI_SCHEME_UDP) {
        status = refuse(text, "only a udp: address is for datagrams");
    }
    if (status != XIPC_OK) {
        return status;
    }
    socket = xipci_socket_new(text, XIPCI_SIDE_UNKNOWN);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    status = bind_native(text, &uri, options, deadline, &native);
    if (status != XIPC_OK) {
        free(socket);
        return status;
    }
    xipci_socket_begin(socket, native, 1);
    name_address(&socket->object, &uri, native);
    *socket_out = socket;
    return XIPC_OK;
}

xipc_status xipc_socket_bind(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    return xipci_answer(bind_checked(uri, options, deadline, socket_out));
}
