/* SPDX-License-Identifier: Apache-2.0 */
/* The local line's life, and that of those who listen for it. */
#include "core/call_ring.h"

#include <stdlib.h>
#include <string.h>

#include "core/call_ring_line.h"
#include "core/call_wire.h"
#include "core/failure.h"
#include "core/ring.h"
#include "core/waitable.h"
#include "os/os_capability.h"
#include "os/os_clock.h"

/* Of each ring: enough for both sides to be at work on a long payload at once;
 * and all of it is memory that is there. */
#define CAPACITY_DEFAULT UINT32_C(65536)

#define GIVE_UP_NS INT64_C(5000000000)

typedef struct ring_line_listener {
    xipci_line_listener listener; /* first */
    xipci_channel_listener *channels;
    char name[XIPC_NAME_MAX + 1];
} ring_line_listener;

int xipci_ring_line_is_there(void)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    return xipc_capability(XIPC_FEATURE_SYNC_ANONYMOUS, &info) == XIPC_OK &&
           info.support != XIPC_SUPPORT_ABSENT;
}

xipc_status xipci_ring_line_fail(
    const xipci_ring_line *self, xipc_status status, const char *why)
{
    return xipci_fail(status, XIPC_KIND_CALL, self->name, "%s", why);
}

static void copy_name(char to[XIPC_NAME_MAX + 1], const char *name)
{
    size_t size = strnlen(name, XIPC_NAME_MAX);

    memcpy(to, name, size);
    to[size] = '\0';
}

/* ---- a line ---- */

xipci_ring_line *
xipci_ring_line_new(const char *name, xipci_channel *channel, int is_server)
{
    xipci_ring_line *self = calloc(1, sizeof *self);

    if (!self) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, name, "no memory for a link");
        return NULL;
    }
    self->line.kind = &xipci_ring_line_kind;
    copy_name(self->name, name);
    self->channel = channel;
    self->is_server = is_server;
    self->give_up_at = xipcos_clock_ns() + GIVE_UP_NS;
    self->has_other = xipci_channel_other(channel, &self->other) == XIPC_OK;
    return self;
}

/* What the ring says of itself says the line's name. */
static void rename_ring(const xipci_ring_line *self, xipc_ring *ring)
{
    ring->object.kind = XIPC_KIND_CALL;
    memcpy(ring->object.name, self->name, strlen(self->name) + 1);
}

/* Where handles are copied, or not sent at all, the channel has done all it was
 * for: what was written to it still arrives. */
void xipci_ring_line_begin(xipci_ring_line *self)
{
    self->stage = XIPCI_LINE_UP;
    self->line.piece_max =
        xipci_ring_line_piece_max(xipc_ring_capacity(self->out));
    rename_ring(self, self->in);
    rename_ring(self, self->out);
}

void xipci_ring_line_close(xipci_line *line)
{
    xipci_ring_line *self = (xipci_ring_line *)line;

    if (self->stage == XIPCI_LINE_UP &&
        xipcos_handles_go() == XIPCOS_HANDLES_COPIED) {
        xipci_ring_line_leave(self);
    }
    xipc_ring_close(self->in);
    xipc_ring_close(self->out);
    xipc_map_close(self->map);
    if (!self->has_passed) {
        xipci_channel_close(self->channel);
    }
    xipcos_fellow_close(self->fellow);
    if (self->has_section) {
        xipcos_handle_drop(self->section_native);
    }
    free(self);
}

static int has_ended(const xipci_ring_line *self)
{
    return atomic_load_explicit(&self->broken, memory_order_relaxed) !=
               XIPC_OK ||
           xipci_ring_has_left(self->in);
}

/* Whether there is room is looked at only after there was none: to look takes
 * the consumer's line away from him. */
static int has_room(const xipci_ring_line *self)
{
    return !atomic_load_explicit(&self->is_full, memory_order_relaxed) ||
           xipci_ring_has_room(self->out) || xipci_ring_has_left(self->out);
}

static uint32_t ready(xipci_line *line)
{
    xipci_ring_line *self = (xipci_ring_line *)line;
    uint32_t events = 0;

    if (self->stage != XIPCI_LINE_UP) {
        return 0;
    }
    if (xipci_ring_is_there(self->in)) {
        events |= XIPC_READABLE;
    }
    if (has_room(self)) {
        events |= XIPC_WRITABLE;
    }
    return has_ended(self) ? XIPC_READABLE | XIPC_WRITABLE : events;
}

/* Of the channel. That the client is done with its rings it does not tell, but
 * it would tell all the time of what came behind the hello. */
static uint32_t events_before_up(const xipci_ring_line *self)
{
    switch (self->stage) {
    case XIPCI_LINE_HEARS: return XIPC_READABLE;
    case XIPCI_LINE_ANSWERS: return XIPC_WRITABLE;
    default: return 0;
    }
}

static size_t objects(
    xipci_line *line,
    int wants_room,
    xipc_object *objects_out[2],
    uint32_t events_out[2])
{
    xipci_ring_line *self = (xipci_ring_line *)line;

    if (self->stage != XIPCI_LINE_UP) {
        objects_out[0] = xipci_channel_object(self->channel);
        events_out[0] = events_before_up(self);
        return 1;
    }
    objects_out[0] = &self->in->object;
    events_out[0] = XIPC_READABLE;
    objects_out[1] = &self->out->object;
    events_out[1] = wants_room ? XIPC_WRITABLE : 0;
    return 2;
}

/* Who receives and who sends. */
static void wake(xipci_line *line)
{
    const xipci_ring_line *self = (const xipci_ring_line *)line;

    if (self->stage != XIPCI_LINE_UP) {
        xipci_channel_wake(self->channel);
        return;
    }
    self->in->object.wake(&self->in->object);
    self->out->object.wake(&self->out->object);
    if (self->channel) {
        xipci_channel_wake(self->channel);
    }
}

static xipc_status other(const xipci_line *line, xipcos_other *other_out)
{
    const xipci_ring_line *self = (const xipci_ring_line *)line;

    if (!self->has_other) {
        return xipci_ring_line_fail(
            self, XIPC_E_NOT_SUPPORTED,
            "the system does not tell who is at the other end");
    }
    *other_out = self->other;
    return XIPC_OK;
}

static int takes_handles(const xipci_line *line)
{
    return ((const xipci_ring_line *)line)->takes_handles;
}

const xipci_line_kind xipci_ring_line_kind = {
    .send = xipci_ring_line_send,
    .receive = xipci_ring_line_receive,
    .release = xipci_ring_line_release,
    .ready = ready,
    .objects = objects,
    .wake = wake,
    .other = other,
    .takes_handles = takes_handles,
    .advance = xipci_ring_line_advance,
    .succeed = xipci_ring_line_succeed,
    .close = xipci_ring_line_close,
};

/* ---- listening ---- */

static xipc_status
accept_line(xipci_line_listener *listener, xipci_line **line_out)
{
    ring_line_listener *self = (ring_line_listener *)listener;
    xipci_channel *channel;
    xipci_ring_line *line;
    xipc_status status = xipci_channel_accept(self->channels, &channel);

    if (status != XIPC_OK) {
        return status;
    }
    line = xipci_ring_line_new(self->name, channel, 1);
    if (!line) {
        xipci_channel_close(channel);
        return XIPC_E_NO_MEMORY;
    }
    *line_out = &line->line;
    return XIPC_OK;
}

static xipc_object *listener_object(xipci_line_listener *listener)
{
    return xipci_channel_listener_object(
        ((ring_line_listener *)listener)->channels);
}

static const char *listener_address(const xipci_line_listener *listener)
{
    return ((const ring_line_listener *)listener)->name;
}

static void close_listener(xipci_line_listener *listener)
{
    xipci_channel_listener_close(((ring_line_listener *)listener)->channels);
    free(listener);
}

static const xipci_line_listener_kind listener_kind = {
    accept_line, listener_object, listener_address, close_listener};

xipc_status xipci_ring_line_listen(
    const char *name,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out)
{
    ring_line_listener *self = calloc(1, sizeof *self);
    xipc_status status;

    if (!self) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, name, "no memory for a listener");
    }
    self->listener.kind = &listener_kind;
    copy_name(self->name, name);
    status =
        xipci_channel_listen(name, &options->naming, deadline, &self->channels);
    if (status != XIPC_OK) {
        free(self);
        return status;
    }
    *listener_out = &self->listener;
    return XIPC_OK;
}

/* ---- connecting ---- */

static xipc_status greet_result(const xipci_ring_line *self, xipc_status status)
{
    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED:
        return xipci_refuse(
            status, XIPC_KIND_CALL, self->name,
            "the listener did not take this client in", "");
    case XIPC_E_CLOSED:
    case XIPC_E_PEER_DIED:
        return xipci_ring_line_fail(
            self, status, "the listener ended, or would not have this client");
    default: return status;
    }
}

/* The listener may not share this process's memory. */
static xipc_status pass_on(
    xipci_ring_line *self,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    xipc_status status = xipci_relay(
        xipci_wire_line_over(self->channel, patience, line_out), XIPC_KIND_CALL,
        self->name);

    self->has_passed = status == XIPC_OK;
    return status;
}

xipc_status xipci_ring_line_connect(
    const char *name,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    xipci_channel *channel;
    xipci_ring_line *self;
    xipc_status status =
        xipci_channel_connect(name, &options->naming, patience, &channel);

    if (status != XIPC_OK) {
        return status;
    }
    self = xipci_ring_line_new(name, channel, 0);
    if (!self) {
        xipci_channel_close(channel);
        return XIPC_E_NO_MEMORY;
    }
    self->trusts = xipcos_handles_go() == XIPCOS_HANDLES_SENT ||
                   options->naming.trust == XIPC_TRUST_SELF;
    status = xipci_ring_line_greet(
        self,
        options->ring_capacity != 0 ? options->ring_capacity : CAPACITY_DEFAULT,
        patience);
    if (status == XIPC_OK && !self->is_stream) {
        *line_out = &self->line;
        return XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = pass_on(self, patience, line_out);
    }
    status = greet_result(self, status);
    xipci_ring_line_close(&self->line);
    return status;
}
