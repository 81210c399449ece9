/* SPDX-License-Identifier: Apache-2.0 */
#include "core/core_line_kit.h"

#include <string.h>

enum { PATIENCE_MS = 20000, BEAT_MS = 200, FRAME_MAX = 65536 };

const xipcos_patience line_now = {XIPC_NOW, NULL};

xipc_deadline line_soon(void)
{
    return xipc_after_ms(PATIENCE_MS);
}

xipcos_patience line_patience(void)
{
    return (xipcos_patience){line_soon(), NULL};
}

xipci_line_listener *line_listening(void)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipci_line_listener *listener = NULL;

    REQUIRE_OK(
        xipci_ring_line_listen(LINE_NAME, &options, line_soon(), &listener));
    return listener;
}

xipci_line *line_connected(uint32_t capacity)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipcos_patience patience = line_patience();
    xipci_line *line = NULL;

    options.ring_capacity = capacity;
    REQUIRE_OK(xipci_ring_line_connect(LINE_NAME, &options, &patience, &line));
    return line;
}

/* Waits at those of its objects that it has, for a beat. */
static void await_objects(xipc_object **objects, uint32_t *events, size_t count)
{
    xipc_poller *poller = NULL;
    xipc_ready ready;
    size_t told = 0;
    xipc_status status;

    REQUIRE_OK(xipc_poller_create(&poller));
    for (size_t at = 0; at < count; at++) {
        if (events[at] != 0) {
            REQUIRE_OK(xipc_poller_add(poller, objects[at], events[at], NULL));
        }
    }
    status = xipc_poller_wait(poller, &ready, 1, xipc_after_ms(BEAT_MS), &told);
    REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
    xipc_poller_close(poller);
}

void line_awaits_client(xipci_line_listener *listener)
{
    xipc_object *object = listener->kind->object(listener);
    uint32_t events = XIPC_READABLE;

    await_objects(&object, &events, 1);
}

void line_awaits_news(xipci_line *line)
{
    xipc_object *objects[2];
    uint32_t events[2];
    size_t count = line->kind->objects(line, 0, objects, events);

    await_objects(objects, events, count);
}

xipci_line *line_accepted(xipci_line_listener *listener)
{
    xipci_line *line = NULL;
    xipc_status status;

    while ((status = listener->kind->accept(listener, &line)) == XIPC_E_AGAIN) {
        line_awaits_client(listener);
    }
    REQUIRE_OK(status);
    while ((status = line->kind->advance(line)) == XIPC_E_AGAIN) {
        line_awaits_news(line);
    }
    REQUIRE_OK(status);
    return line;
}

void line_closed(xipci_line *line)
{
    line->kind->close(line);
}

void listener_closed(xipci_line_listener *listener)
{
    listener->kind->close(listener);
}

typedef struct connecting {
    uint32_t capacity;
    xipci_line *line;
} connecting;

static void connect_to_it(void *context)
{
    connecting *self = context;

    self->line = line_connected(self->capacity);
}

line_ends line_ends_of(uint32_t capacity)
{
    connecting client = {capacity, NULL};
    line_ends self;
    spec_thread *thread;

    self.listener = line_listening();
    thread = spec_thread_start(connect_to_it, &client);
    self.server = line_accepted(self.listener);
    spec_thread_join(thread);
    self.client = client.line;
    return self;
}

void line_ends_close(line_ends *self)
{
    line_closed(self->client);
    line_closed(self->server);
    listener_closed(self->listener);
}

/* ---- frames ---- */

static unsigned char byte_of(uint64_t call, uint32_t at)
{
    return (unsigned char)(call * 31 + at);
}

xipci_frame line_frame(uint64_t call, uint32_t size)
{
    xipci_frame frame = {.call = call, .kind = 1, .size = size};

    frame.total = size;
    frame.method = (uint32_t)(call * 7);
    return frame;
}

xipc_status
line_send(xipci_line *line, uint64_t call, uint32_t size, xipc_deadline until)
{
    static unsigned char body[FRAME_MAX];
    const xipcos_patience patience = {until, NULL};
    xipci_frame frame = line_frame(call, size);

    REQUIRE(size <= sizeof body);
    for (uint32_t at = 0; at < size; at++) {
        body[at] = byte_of(call, at);
    }
    return line->kind->send(line, &frame, body, NULL, &patience);
}

void line_sends(xipci_line *line, uint64_t call, uint32_t size)
{
    REQUIRE_OK(line_send(line, call, size, line_soon()));
}

void line_gets(xipci_line *line, uint64_t call, uint32_t size)
{
    const xipcos_patience patience = line_patience();
    xipci_frame want = line_frame(call, size);
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    xipci_frame frame;
    const void *body = NULL;

    REQUIRE_OK(line->kind->receive(line, &frame, &body, natives, &patience));
    REQUIRE(memcmp(&want, &frame, sizeof want) == 0);
    for (uint32_t at = 0; at < size; at++) {
        REQUIRE(((const unsigned char *)body)[at] == byte_of(call, at));
    }
    line->kind->release(line);
}

xipc_status line_end(xipci_line *line)
{
    const xipcos_patience patience = line_patience();
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    xipci_frame frame;
    const void *body;

    return line->kind->receive(line, &frame, &body, natives, &patience);
}
