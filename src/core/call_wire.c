/* SPDX-License-Identifier: Apache-2.0 */
/* A line over a stream of bytes. */
#include "core/call_wire.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call_wire_stream.h"
#include "core/failure.h"
#include "core/socket.h"

#define ROOM (XIPCI_WIRE_HEAD_SIZE + XIPCI_WIRE_PIECE_MAX)

typedef struct wire_line {
    xipci_line line; /* first */
    xipci_wire_way stream;
    int has_greeted; /* our greeting is in `out` */
    int is_up;
    int has_last_word; /* it is in `out`, or written */
    /* Of who sends: what is still to be written. */
    unsigned char *out;
    size_t out_start;
    size_t out_end;
    int is_cut; /* nobody read it any more */
    /* Of who receives: what was read, and not released. */
    unsigned char *in;
    size_t in_start;
    size_t in_end;
    size_t released; /* with the next release */
    int is_over;     /* the other side has said so */
    /* A whole frame is in `in`: by who receives, for all; relaxed, as who gives
       up that role tells the others. */
    atomic_int has_more;
} wire_line;

typedef struct wire_listener {
    xipci_line_listener listener; /* first */
    xipc_socket_listener *socket;
    xipci_channel_listener *channel;
    char address[XIPC_CALL_ADDRESS_SIZE];
} wire_listener;

static const xipcos_patience at_once = {XIPC_NOW, NULL};

static int is_only_waiting(xipc_status status)
{
    return status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT ||
           status == XIPC_E_CANCELED;
}

/* ---- to send ---- */

static wire_line *wire_of(xipci_line *line)
{
    return (wire_line *)line;
}

/* As much as goes. That nobody reads it does not tell how the other side ended,
 * whose last word may be here: once it is as written, and who receives finds
 * out. */
static xipc_status write_out(wire_line *wire, const xipcos_patience *patience)
{
    size_t written = 0;
    xipc_status status;

    if (wire->out_start == wire->out_end) {
        return XIPC_OK;
    }
    status = xipci_wire_stream_write(
        &wire->stream, wire->out + wire->out_start,
        wire->out_end - wire->out_start, patience, &written);
    if ((status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED) &&
        !wire->is_cut) {
        wire->is_cut = 1;
        written = wire->out_end - wire->out_start;
        status = XIPC_OK;
    }
    wire->out_start += written;
    if (wire->out_start == wire->out_end) {
        wire->out_start = 0;
        wire->out_end = 0;
    }
    return status;
}

static xipc_status send(
    xipci_line *line,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    const xipcos_patience *patience)
{
    wire_line *wire = wire_of(line);
    xipc_status status = write_out(wire, patience);

    (void)natives;
    if (status != XIPC_OK) {
        return status;
    }
    if (frame->handle_count > 0) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "no handles go over a network");
    }
    xipci_wire_write_head(frame, wire->out);
    if (frame->size > 0) {
        memcpy(wire->out + XIPCI_WIRE_HEAD_SIZE, body, frame->size);
    }
    wire->out_end = XIPCI_WIRE_HEAD_SIZE + frame->size;
    status = write_out(wire, patience);
    if (status == XIPC_OK || (is_only_waiting(status) && wire->out_start > 0)) {
        return XIPC_OK; /* the rest is written with the next flush */
    }
    if (wire->out_start == 0) {
        wire->out_end = 0;
    }
    return status;
}

static xipc_status flush(xipci_line *line, const xipcos_patience *patience)
{
    return write_out(wire_of(line), patience);
}

/* ---- to receive ---- */

static size_t in_size(const wire_line *wire)
{
    return wire->in_end - wire->in_start;
}

/* Reads until so much is there. */
static xipc_status
fill(wire_line *wire, size_t wanted, const xipcos_patience *patience)
{
    if (wire->in_start > 0 && ROOM - wire->in_start < wanted) {
        memmove(wire->in, wire->in + wire->in_start, in_size(wire));
        wire->in_end -= wire->in_start;
        wire->in_start = 0;
    }
    while (in_size(wire) < wanted) {
        size_t size = 0;
        xipc_status status = xipci_wire_stream_read(
            &wire->stream, wire->in + wire->in_end, ROOM - wire->in_end,
            patience, &size);

        if (status == XIPC_E_CLOSED) {
            return xipcos_fault(
                XIPC_E_PEER_DIED, 0,
                "the connection ended without a last word");
        }
        if (status != XIPC_OK) {
            return status;
        }
        wire->in_end += size;
    }
    return XIPC_OK;
}

static xipc_status receive(
    xipci_line *line,
    xipci_frame *frame_out,
    const void **body_out,
    intptr_t *natives_out,
    const xipcos_patience *patience)
{
    wire_line *wire = wire_of(line);
    xipci_frame frame;
    xipc_status status;

    natives_out[0] = -1; /* none come */
    if (wire->is_over) {
        return xipcos_fault(XIPC_E_CLOSED, 0, "the other side has ended it");
    }
    status = fill(wire, XIPCI_WIRE_HEAD_SIZE, patience);
    if (status == XIPC_OK) {
        status = xipci_wire_read_head(wire->in + wire->in_start, &frame);
    }
    if (status == XIPC_OK) {
        status = fill(wire, XIPCI_WIRE_HEAD_SIZE + frame.size, patience);
    }
    if (status != XIPC_OK) {
        return status;
    }
    wire->released = XIPCI_WIRE_HEAD_SIZE + frame.size;
    if (frame.kind == 0) {
        wire->is_over = 1;
        return xipcos_fault(XIPC_E_CLOSED, 0, "the other side has ended it");
    }
    *frame_out = frame;
    *body_out = wire->in + wire->in_start + XIPCI_WIRE_HEAD_SIZE;
    return XIPC_OK;
}

/* A head that makes no sense is something to be received, too. */
static void look_ahead(wire_line *wire)
{
    xipci_frame frame;
    size_t size = in_size(wire);
    int has_more = 0;

    if (size >= XIPCI_WIRE_HEAD_SIZE) {
        has_more = xipci_wire_read_head(wire->in + wire->in_start, &frame) !=
                       XIPC_OK ||
                   size >= XIPCI_WIRE_HEAD_SIZE + frame.size;
    }
    atomic_store_explicit(&wire->has_more, has_more, memory_order_relaxed);
}

static int has_more(const xipci_line *line)
{
    return atomic_load_explicit(
        &((const wire_line *)line)->has_more, memory_order_relaxed);
}

static void release(xipci_line *line)
{
    wire_line *wire = wire_of(line);

    wire->in_start += wire->released;
    wire->released = 0;
    if (wire->in_start == wire->in_end) {
        wire->in_start = 0;
        wire->in_end = 0;
    }
    look_ahead(wire);
}

/* ---- waiting ---- */

static uint32_t ready(xipci_line *line)
{
    wire_line *wire = wire_of(line);
    uint32_t events = xipci_wire_stream_ready(&wire->stream);

    if ((events & XIPC_HUNG_UP) != 0) {
        events |= XIPC_READABLE | XIPC_WRITABLE;
    }
    if (has_more(line)) {
        events |= XIPC_READABLE;
    }
    return events & (XIPC_READABLE | XIPC_WRITABLE);
}

static size_t objects(
    xipci_line *line,
    int wants_room,
    xipc_object *objects_out[2],
    uint32_t events_out[2])
{
    objects_out[0] = xipci_wire_stream_object(&wire_of(line)->stream);
    events_out[0] = XIPC_READABLE | (wants_room ? XIPC_WRITABLE : 0);
    return 1;
}

static void wake(xipci_line *line)
{
    const xipci_wire_way *stream = &wire_of(line)->stream;

    if (stream->socket) {
        xipcos_socket_wake(stream->socket->native);
    } else {
        xipci_channel_wake(stream->channel);
    }
}

static xipc_status other(const xipci_line *line, xipcos_other *other_out)
{
    const xipci_wire_way *stream = &((const wire_line *)line)->stream;

    return stream->channel ? xipci_channel_other(stream->channel, other_out)
                           : XIPC_E_NOT_SUPPORTED;
}

static int takes_handles(const xipci_line *line)
{
    (void)line;
    return 0;
}

/* ---- its life ---- */

static xipc_status greet(wire_line *wire, const xipcos_patience *patience)
{
    xipc_status status;

    if (!wire->has_greeted) {
        xipci_wire_write_greeting(wire->out);
        wire->out_end = XIPCI_WIRE_GREETING_SIZE;
        wire->has_greeted = 1;
    }
    status = write_out(wire, patience);
    if (status == XIPC_OK && !wire->is_up) {
        status = fill(wire, XIPCI_WIRE_GREETING_SIZE, patience);
    }
    if (status == XIPC_OK && !wire->is_up) {
        status = xipci_wire_read_greeting(wire->in + wire->in_start);
        wire->in_start += XIPCI_WIRE_GREETING_SIZE;
        look_ahead(wire);
        wire->is_up = status == XIPC_OK;
    }
    return status;
}

static xipc_status advance(xipci_line *line)
{
    return greet(wire_of(line), &at_once);
}

static void discard(wire_line *wire)
{
    xipci_wire_stream_close(&wire->stream);
    free(wire->in);
    free(wire->out);
    free(wire);
}

/* What is left of the last frame, and the last word. */
static xipc_status finish(xipci_line *line, const xipcos_patience *patience)
{
    static const xipci_frame last = {.kind = 0};
    wire_line *wire = wire_of(line);
    xipc_status status = XIPC_OK;

    if (wire->is_up && !wire->has_last_word) {
        status = send(line, &last, NULL, NULL, patience);
        wire->has_last_word = status == XIPC_OK;
    }
    return status == XIPC_OK ? write_out(wire, patience) : status;
}

/* The last word, if there is room for it: without it the other side takes it
 * for a death. */
static void close_line(xipci_line *line)
{
    wire_line *wire = wire_of(line);

    if (xipci_object_is_own(xipci_wire_stream_object(&wire->stream))) {
        (void)finish(line, &at_once);
    }
    discard(wire);
}

static const xipci_line_kind wire_kind = {
    .send = send,
    .receive = receive,
    .release = release,
    .ready = ready,
    .objects = objects,
    .wake = wake,
    .other = other,
    .takes_handles = takes_handles,
    .advance = advance,
    .flush = flush,
    .finish = finish,
    .close = close_line,
    .has_more = has_more,
    .is_costly = 1};

static xipc_status no_memory(void)
{
    return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a connection");
}

/* Takes the stream over. NULL: no memory, and it is still the caller's. */
static wire_line *wire_new(xipci_wire_way stream)
{
    wire_line *wire = calloc(1, sizeof *wire);

    if (!wire) {
        return NULL;
    }
    wire->line.kind = &wire_kind;
    wire->line.piece_max = XIPCI_WIRE_PIECE_MAX;
    wire->in = malloc(ROOM);
    wire->out = malloc(ROOM);
    if (!wire->in || !wire->out) {
        discard(wire);
        return NULL;
    }
    wire->stream = stream;
    return wire;
}

/* `patience` NULL: it has to be advanced. */
static xipc_status make(
    xipci_wire_way stream,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    wire_line *wire = wire_new(stream);
    xipc_status status;

    if (!wire) {
        return no_memory();
    }
    status = patience ? greet(wire, patience) : XIPC_OK;
    if (status != XIPC_OK) {
        wire->stream = (xipci_wire_way){NULL, NULL};
        discard(wire);
        return status;
    }
    *line_out = &wire->line;
    return XIPC_OK;
}

/* The stream is closed if it fails. */
static xipc_status begin(
    xipci_wire_way stream,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    xipc_status status = make(stream, patience, line_out);

    if (status != XIPC_OK) {
        xipci_wire_stream_close(&stream);
    }
    return status;
}

xipc_status xipci_wire_line_over(
    xipci_channel *channel,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    return make((xipci_wire_way){NULL, channel}, patience, line_out);
}

xipc_status xipci_wire_line_connect(
    const char *address,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    xipci_wire_way stream = {NULL, NULL};
    xipc_status status =
        xipc_socket_connect(address, NULL, patience->deadline, &stream.socket);

    (void)options;
    return status == XIPC_OK
               ? xipci_relay(
                     begin(stream, patience, line_out), XIPC_KIND_CALL, address)
               : status;
}

xipc_status xipci_wire_local_connect(
    const char *name,
    const xipc_call_options *options,
    const xipcos_patience *patience,
    xipci_line **line_out)
{
    xipci_wire_way stream = {NULL, NULL};
    xipc_status status = xipci_channel_connect(
        name, &options->naming, patience, &stream.channel);

    return status == XIPC_OK
               ? xipci_relay(
                     begin(stream, patience, line_out), XIPC_KIND_CALL, name)
               : status;
}

/* ---- listening ---- */

static xipc_status
accept_line(xipci_line_listener *listener, xipci_line **line_out)
{
    const wire_listener *self = (const wire_listener *)listener;
    xipci_wire_way stream = {NULL, NULL};
    xipc_status status =
        self->socket
            ? xipc_socket_accept(self->socket, XIPC_NOW, &stream.socket)
            : xipci_channel_accept(self->channel, &stream.channel);

    return status == XIPC_OK ? begin(stream, NULL, line_out) : status;
}

static xipc_object *listener_object(xipci_line_listener *listener)
{
    wire_listener *self = (wire_listener *)listener;

    return self->socket ? xipc_socket_listener_object(self->socket)
                        : xipci_channel_listener_object(self->channel);
}

static const char *listener_address(const xipci_line_listener *listener)
{
    return ((const wire_listener *)listener)->address;
}

static void close_listener(xipci_line_listener *listener)
{
    wire_listener *self = (wire_listener *)listener;

    xipc_socket_listener_close(self->socket);
    xipci_channel_listener_close(self->channel);
    free(self);
}

static const xipci_line_listener_kind listener_kind = {
    .accept = accept_line,
    .object = listener_object,
    .address = listener_address,
    .close = close_listener};

static wire_listener *listener_new(void)
{
    wire_listener *self = calloc(1, sizeof *self);

    if (!self) {
        (void)no_memory();
        return NULL;
    }
    self->listener.kind = &listener_kind;
    return self;
}

xipc_status xipci_wire_line_listen(
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out)
{
    wire_listener *self = listener_new();
    xipc_status status;

    (void)options;
    if (!self) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipc_socket_listen(address, NULL, deadline, &self->socket);
    if (status == XIPC_OK) {
        status = xipc_socket_listener_uri(
            self->socket, self->address, sizeof self->address);
    }
    if (status != XIPC_OK) {
        close_listener(&self->listener);
        return status;
    }
    *listener_out = &self->listener;
    return XIPC_OK;
}

xipc_status xipci_wire_local_listen(
    const char *name,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipci_line_listener **listener_out)
{
    wire_listener *self = listener_new();
    xipc_status status;

    if (!self) {
        return XIPC_E_NO_MEMORY;
    }
    snprintf(self->address, sizeof self->address, "%s", name);
    status =
        xipci_channel_listen(name, &options->naming, deadline, &self->channel);
    if (status != XIPC_OK) {
        close_listener(&self->listener);
        return status;
    }
    *listener_out = &self->listener;
    return XIPC_OK;
}
