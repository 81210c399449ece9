/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread has begun ends with it, and what other threads do goes on: what
 * the system cancels then was for all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "os/os_clock.h"
#include "os/os_pipe_kit.h"

/* ---- who looks for room, while another one writes ---- */

typedef struct asker {
    xipcos_pipe *pipe;
    intptr_t answer; /* an event */
    HANDLE has_asked;
    HANDLE may_end;
} asker;

static void ask_for_room(void *context)
{
    asker *self = context;

    REQUIRE_UINT(
        XIPC_WRITABLE,
        xipcos_pipe_waitable(self->pipe, XIPC_WRITABLE, &self->answer));
    REQUIRE_UINT(0, xipcos_pipe_ready(self->pipe) & XIPC_WRITABLE);
    SetEvent(self->has_asked);
    REQUIRE(WaitForSingleObject(self->may_end, INFINITE) == WAIT_OBJECT_0);
}

/* It is so when the writer has taken back what was asked. */
static int is_set(intptr_t event)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return WaitForSingleObject((HANDLE)event, 0) == WAIT_OBJECT_0;
}

typedef struct writer {
    xipcos_pipe *pipe;
    const unsigned char *data;
    size_t size;
    xipc_status status;
} writer;

static void write_all(void *context)
{
    writer *self = context;
    size_t written;

    self->status = xipcos_pipe_write(
        self->pipe, self->data, self->size, &forever, &written);
}

/* Bytes that were read by nobody, those of a write that waits too. */
static DWORD bytes_in(xipcos_pipe *reader)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    HANDLE handle = (HANDLE)xipcos_pipe_native_handle(reader, XIPC_READABLE);
    DWORD size = 0;

    REQUIRE(PeekNamedPipe(handle, NULL, 0, NULL, &size, NULL));
    return size;
}

static void
require_all(xipcos_pipe *pipe, const unsigned char *data, size_t size)
{
    static unsigned char got[4096];
    size_t total = 0;
    size_t count = 0;

    while (total < size) {
        REQUIRE_OK(xipcos_pipe_read(pipe, got, sizeof got, &forever, &count));
        REQUIRE(count <= size - total);
        REQUIRE(memcmp(got, data + total, count) == 0);
        total += count;
    }
}

SPEC(who_has_looked_for_room_may_end_while_another_one_writes, "PIPE-1 WAIT-1")
{
    place made = place_made(&bytes);
    two ends = two_connected(&made);
    unsigned char *data = numbered();
    size_t filled = fill(ends.second, data, MUCH);
    asker one = {
        ends.second, 0, CreateEventW(NULL, TRUE, FALSE, NULL),
        CreateEventW(NULL, TRUE, FALSE, NULL)};
    writer other = {ends.second, data + filled, 100, XIPC_OK};
    spec_thread *threads[2];
    DWORD before;

    REQUIRE(one.has_asked && one.may_end);
    threads[0] = spec_thread_start(ask_for_room, &one);
    REQUIRE(WaitForSingleObject(one.has_asked, INFINITE) == WAIT_OBJECT_0);
    before = bytes_in(ends.first);
    threads[1] = spec_thread_start(write_all, &other);
    while (bytes_in(ends.first) == before && !is_set(one.answer)) {
        (void)xipcos_clock_pause(9, XIPC_FOREVER);
    }
    SetEvent(one.may_end);
    spec_thread_join(threads[0]);
    require_all(ends.first, data, filled + 100);
    spec_thread_join(threads[1]);
    REQUIRE_OK(other.status);
    REQUIRE_OK(put(ends.second, "and on"));
    require_next(ends.first, "and on");
    CloseHandle(one.has_asked);
    CloseHandle(one.may_end);
    free(data);
    closed(ends);
    place_ended(&made);
}

/* ---- who has begun to listen ---- */

typedef struct opener {
    const char *name;
    xipcos_listener *listener;
} opener;

static void begin_to_listen(void *context)
{
    const xipcos_pipe_plan *plan = &bytes;
    opener *self = context;

    REQUIRE_OK(xipcos_listener_create_native(
        self->name, XIPC_READABLE | XIPC_WRITABLE, plan, &self->listener));
}

SPEC(clients_come_while_no_thread_is_there_that_has_begun_to_listen, "PIPE-8")
{
    const xipcos_patience soon = {xipc_after_ms(20000), NULL};
    char path[64] = "\\\\.\\pipe\\";
    opener made = {path + strlen(path), NULL};
    xipcos_pipe *pipe = NULL;
    HANDLE client;
    DWORD size;

    snprintf(
        path + strlen(path), sizeof path - strlen(path), "xipc-spec-%lu",
        (unsigned long)GetCurrentProcessId());
    spec_thread_join(spec_thread_start(begin_to_listen, &made));
    client = CreateFileA(
        path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(client != INVALID_HANDLE_VALUE);
    REQUIRE(WriteFile(client, "hello", 5, &size, NULL) && size == 5);
    REQUIRE_OK(xipcos_listener_accept(made.listener, &soon, &pipe));
    require_next(pipe, "hello");
    xipcos_pipe_close(pipe);
    CloseHandle(client);
    xipcos_listener_close(made.listener);
}
