/* SPDX-License-Identifier: Apache-2.0 */
/* xipc sock send, sock recv: files in datagrams. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "json.h"
#include "memory.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"

#define SIZE_USUAL 1400 /* fits most networks in one piece */

static uint64_t size_chosen = SIZE_USUAL;
static uint64_t ttl_chosen = 1;
static int is_endless;
static uint64_t count_chosen;

const option sock_send_options[] = {
    {"size", OPTION_NUMBER, "SIZE", "bytes of each: 1400", &size_chosen},
    {"ttl", OPTION_NUMBER, "N", "routers on the way to a group: 1",
     &ttl_chosen},
    {"no-end", OPTION_FLAG, NULL, "no empty one behind each file", &is_endless},
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};
const option sock_receive_options[] = {
    {"count", OPTION_NUMBER, "N", "how many, with 0 until an empty one: 0",
     &count_chosen},
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

typedef struct datagrams {
    const char *uri;
    xipc_socket *socket;
    const char *path; /* of what is received; opened when something has come */
    stream *file;
    unsigned char *bytes;
    size_t capacity;
    uint64_t count;
    uint64_t byte_count;
} datagrams;

static int finish(datagrams *self, int code)
{
    json out = {stdout, 0};

    stop_watch(NULL);
    xipc_socket_close(self->socket);
    free(self->bytes);
    if (common.is_json && code == CODE_DONE) {
        json_object_begin(&out, NULL);
        json_text(&out, "uri", self->uri);
        json_number(&out, "datagrams", self->count);
        json_number(&out, "bytes", self->byte_count);
        json_object_end(&out);
        json_end(&out);
    }
    return code;
}

/* ---- send ---- */

static int post(datagrams *self, size_t size)
{
    xipc_status status = xipc_socket_send(
        self->socket, NULL, self->bytes, size, deadline_after(common.timeout));

    if (status != XIPC_OK) {
        return say_status(status, self->uri);
    }
    /* The empty one is where the file ends, and none of it. */
    self->count += size > 0;
    self->byte_count += size;
    progress_add(size);
    return CODE_DONE;
}

static int post_file(datagrams *self, const char *path)
{
    int code = CODE_DONE;
    int64_t size = 1;

    self->file = stream_open_to_read(path);
    if (!self->file) {
        return CODE_FAILED;
    }
    progress_begin(self->uri, stream_size(self->file));
    while (code == CODE_DONE && size > 0) {
        size = stream_fill(self->file, self->bytes, self->capacity);
        if (size < 0) {
            code = code_of_failure();
        } else if (size > 0) {
            code = post(self, (size_t)size);
        }
    }
    if (code == CODE_DONE && !is_endless) {
        code = post(self, 0);
    }
    progress_end();
    (void)stream_close(self->file);
    return code;
}

int do_sock_send(char **operands, size_t count)
{
    datagrams self = {.uri = operands[0]};
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_status status;
    int code = CODE_DONE;

    if (size_chosen == 0 || size_chosen > XIPC_DATAGRAM_MAX) {
        return say_usage("--size is 1 to %u", XIPC_DATAGRAM_MAX);
    }
    if (ttl_chosen > 255) {
        return say_usage("--ttl is at most 255");
    }
    if (strncmp(self.uri, "tcp://", 6) == 0 ||
        strncmp(self.uri, "unix:", 5) == 0) {
        return say_usage(
            "%s takes a stream, no datagrams; xipc sock connect sends one",
            self.uri);
    }
    options.ttl = (uint32_t)ttl_chosen;
    status = xipc_socket_connect(
        self.uri, &options, deadline_after(common.timeout), &self.socket);
    if (status != XIPC_OK) {
        return say_status(status, self.uri);
    }
    self.capacity = (size_t)size_chosen;
    self.bytes = memory_resize(NULL, self.capacity);
    stop_watch(xipc_socket_object(self.socket));
    if (count == 1) {
        code = post_file(&self, NULL);
    }
    for (size_t at = 1; at < count && code == CODE_DONE; at++) {
        code = post_file(&self, operands[at]);
    }
    return finish(&self, code);
}

/* ---- recv ---- */

static void tell_place(const xipc_socket *socket)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    if (xipc_socket_uri(socket, uri, sizeof uri) == XIPC_OK) {
        say("listening at %s", uri);
    }
}

/* 1 when that was the last one. */
static int take(datagrams *self, int *code)
{
    size_t size;
    xipc_status status = xipc_socket_receive(
        self->socket, self->bytes, self->capacity,
        deadline_after(common.timeout), &size, NULL);

    if (status != XIPC_OK) {
        *code = say_status(status, self->uri);
        return 1;
    }
    if (size == 0 && count_chosen == 0) {
        return 1;
    }
    if (!self->file) {
        self->file = stream_open_to_write(self->path);
    }
    if (!self->file || stream_write(self->file, self->bytes, size) < 0) {
        *code = code_of_failure();
        return 1;
    }
    self->count++;
    self->byte_count += size;
    progress_add(size);
    return self->count == count_chosen;
}

int do_sock_recv(char **operands, size_t count)
{
    datagrams self = {.uri = operands[0], .capacity = XIPC_DATAGRAM_MAX};
    xipc_status status;
    int code = CODE_DONE;

    if (common.is_json && count == 1) {
        return say_usage("--json needs a FILE: the standard output is taken");
    }
    self.path = count > 1 ? operands[1] : NULL;
    if (stream_try_to_write(self.path) < 0) {
        return CODE_FAILED;
    }
    status = xipc_socket_bind(
        self.uri, NULL, deadline_after(common.timeout), &self.socket);
    if (status != XIPC_OK) {
        return say_status(status, self.uri);
    }
    self.bytes = memory_resize(NULL, self.capacity);
    tell_place(self.socket);
    stop_watch(xipc_socket_object(self.socket));
    progress_begin(self.uri, STREAM_SIZE_UNKNOWN);
    while (!take(&self, &code)) {
    }
    progress_end();
    if (stream_close(self.file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    return finish(&self, code);
}
