/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting. A host may have many addresses, some of which lead nowhere and
 * say so late, or never. So they race (RFC 8305): the next one starts when the
 * last has had a quarter of a second, or has failed; the first that is
 * connected wins, and the others are dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/local.h"
#include "core/socket.h"
#include "os/os_clock.h"

#define STAGGER_NS 250000000

/* ---- the race ---- */

typedef struct race {
    const xipcos_socket_plan *plan;
    xipc_address addresses[XIPCOS_CONNECT_MAX];
    size_t count;
    size_t next; /* the first that has not started */
    xipcos_socket *running[XIPCOS_CONNECT_MAX];
    size_t running_count;
    int64_t next_at; /* when the next one may start */
    xipcos_socket *winner;
    xipc_status status; /* of the last that failed */
} race;

static void drop(race *self, size_t index)
{
    xipcos_socket_close(self->running[index], 1);
    self->running_count--;
    memmove(
        &self->running[index], &self->running[index + 1],
        (self->running_count - index) * sizeof(xipcos_socket *));
}

static void start_next(race *self)
{
    xipcos_socket *socket;
    int is_connected;

    self->status = xipcos_socket_start_connect(
        self->plan, &self->addresses[self->next++], &socket, &is_connected);
    if (self->status != XIPC_OK) {
        return;
    }
    if (is_connected) {
        self->winner = socket;
    } else {
        self->running[self->running_count++] = socket;
    }
}

/* The next one's moment, or the deadline if that comes first. */
static xipc_deadline next_moment(const race *self, xipc_deadline deadline)
{
    return self->next < self->count && self->next_at < deadline ? self->next_at
                                                                : deadline;
}

/* Starts whose moment has come. With XIPC_NOW that is everybody's. */
static void start_some(race *self, xipc_deadline deadline)
{
    while (!self->winner && self->next < self->count &&
           (self->running_count == 0 || deadline == XIPC_NOW ||
            self->next_at <= xipcos_clock_ns())) {
        start_next(self);
        if (deadline != XIPC_NOW && self->status == XIPC_OK) {
            self->next_at = xipcos_clock_ns() + STAGGER_NS;
        }
    }
}

/* XIPC_E_AGAIN: nobody has won yet. */
static xipc_status wait_once(race *self, xipc_deadline deadline)
{
    const xipc_deadline moment = next_moment(self, deadline);
    const xipcos_patience patience = {moment, NULL};
    size_t index = 0;
    xipc_status status = xipcos_socket_wait_connected(
        self->running, self->running_count, &patience, &index);

    switch (status) {
    case XIPC_OK:
        self->winner = self->running[index];
        self->running[index] = NULL;
        return XIPC_OK;
    case XIPC_E_AGAIN: return deadline == XIPC_NOW ? XIPC_E_TIMEOUT : status;
    case XIPC_E_TIMEOUT: return moment == deadline ? status : XIPC_E_AGAIN;
    default:
        self->status = status;
        drop(self, index);
        self->next_at = 0;
        return XIPC_E_AGAIN;
    }
}

static xipc_status run(race *self, xipc_deadline deadline)
{
    xipc_status status = XIPC_E_AGAIN;

    while (status == XIPC_E_AGAIN) {
        start_some(self, deadline);
        if (self->winner) {
            status = XIPC_OK;
        } else if (self->running_count == 0) {
            return self->status; /* all have failed */
        } else {
            status = wait_once(self, deadline);
        }
    }
    if (status == XIPC_E_TIMEOUT && deadline == XIPC_NOW) {
        status = XIPC_E_AGAIN;
    }
    return status;
}

static xipc_status connect_internet(
    const char *text,
    const xipci_uri *uri,
    const xipcos_socket_plan *plan,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    race self = {.plan = plan};
    xipc_status status =
        xipci_address_find(text, uri, deadline, self.addresses, &self.count);

    if (status != XIPC_OK) {
        return status;
    }
    if (plan->is_datagram) {
        self.count = 1; /* nobody answers who could tell that it is right */
    }
    status = run(&self, deadline);
    for (size_t at = 0; at < self.running_count; at++) {
        xipcos_socket_close(self.running[at], 1);
    }
    if (status == XIPC_OK) {
        *native_out = self.winner;
    } else if (status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT) {
        return xipci_refuse(
            status, XIPC_KIND_SOCKET, text, "nobody answered",
            status == XIPC_E_TIMEOUT ? " until the deadline" : "");
    }
    return xipci_relay(status, XIPC_KIND_SOCKET, text);
}

/* ---- local ones ---- */

static xipc_status find_local(
    const char *text,
    const xipci_uri *uri,
    xipc_scope scope,
    xipc_address *address_out)
{
    return uri->scheme == XIPCI_SCHEME_PATH
               ? xipci_socket_relay(
                     text, xipcos_address_of_path(uri->place, address_out))
               : xipci_local_place(
                     XIPC_KIND_SOCKET, uri->place, scope, 0, address_out);
}

static xipc_status connect_local(
    const char *text,
    const xipci_uri *uri,
    const xipcos_socket_plan *plan,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    const xipc_naming *naming = &plan->options->naming;
    xipc_address address;
    xipc_status status = find_local(text, uri, naming->scope, &address);

    if (status == XIPC_OK) {
        status = xipci_local_connect(
            XIPC_KIND_SOCKET, text, plan, &address, deadline, native_out);
    }
    if (status != XIPC_OK || uri->scheme != XIPCI_SCHEME_NAME) {
        return status;
    }
    status =
        xipci_local_check_trust(XIPC_KIND_SOCKET, text, *native_out, naming);
    if (status != XIPC_OK) {
        xipcos_socket_close(*native_out, 1);
    }
    return status;
}

/* ---- the call ---- */

static xipc_status connect_native(
    const char *text,
    const xipci_uri *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    const xipcos_socket_plan plan = {
        .options = options,
        .is_datagram = uri->scheme == XIPCI_SCHEME_UDP,
        .is_companions = uri->scheme == XIPCI_SCHEME_NAME,
        .network_interface = uri->network_interface};

    return uri->place
               ? connect_local(text, uri, &plan, deadline, native_out)
               : connect_internet(text, uri, &plan, deadline, native_out);
}

static xipc_status connect_checked(
    const char *text,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    xipcos_socket *native = NULL;
    xipc_socket *socket;
    xipci_uri uri;
    xipc_status status;

    if (!socket_out) {
        return xipci_invalid("socket_out is NULL");
    }
    status = xipci_socket_check_call(text, &options, &uri);
    if (status == XIPC_OK && !uri.place && uri.host[0] == '\0') {
        status = xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SOCKET, text,
            "\"*\" is nobody to connect to");
    }
    if (status != XIPC_OK) {
        return status;
    }
    socket = xipci_socket_new(text, XIPCI_SIDE_THEIRS);
    if (!socket) {
        return XIPC_E_NO_MEMORY;
    }
    status = connect_native(text, &uri, options, deadline, &native);
    if (status != XIPC_OK) {
        free(socket);
        return status;
    }
    xipci_socket_begin(socket, native, uri.scheme == XIPCI_SCHEME_UDP);
    *socket_out = socket;
    return XIPC_OK;
}

xipc_status xipc_socket_connect(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out)
{
    return xipci_answer(connect_checked(uri, options, deadline, socket_out));
}
