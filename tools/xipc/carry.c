/* SPDX-License-Identifier: Apache-2.0 */
#include "carry.h"

#include <inttypes.h>
#include <stdlib.h>

#include "args.h"
#include "json.h"
#include "memory.h"
#include "nap.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"
#include "system.h"

#define PIECE_SIZE ((size_t)1 << 16)
#define SLICE_MS   500
#define RETRY_MS   50

channel_choices channel_chosen;

xipc_status channel_ended(xipc_status status, int *hears_out)
{
    switch (status) {
    case XIPC_OK: *hears_out = 1; return XIPC_OK;
    case XIPC_E_NOT_SUPPORTED:
    case XIPC_E_ACCESS:
    case XIPC_E_CLOSED:
    case XIPC_E_PEER_DIED: return XIPC_OK; /* it has ended */
    default: return status;
    }
}

/* ---- files ---- */

typedef struct transfer {
    channel *channel;
    stream *file;
    unsigned char *bytes;
    size_t capacity;
    uint64_t byte_count;
} transfer;

static int say_not_written(const channel *self, xipc_status status)
{
    return status == XIPC_E_TOO_BIG && self->kind->too_big
               ? say_remedy(status, self->name, self->kind->too_big)
               : say_status(status, self->name);
}

static int pump_out(transfer *self)
{
    int code = CODE_DONE;
    int64_t size = 1;

    progress_begin(self->channel->name, stream_size(self->file));
    while (code == CODE_DONE && size > 0) {
        xipc_status status;

        size = stream_read(self->file, self->bytes, self->capacity);
        if (size < 0) {
            code = code_of_failure();
        }
        if (size <= 0) {
            break;
        }
        status = self->channel->kind->write(
            self->channel, self->bytes, (size_t)size,
            deadline_after(common.timeout));
        if (status != XIPC_OK) {
            code = say_not_written(self->channel, status);
            break;
        }
        self->byte_count += (uint64_t)size;
        progress_add((uint64_t)size);
    }
    progress_end();
    return code;
}

static int pump_in(transfer *self)
{
    int code = CODE_DONE;

    progress_begin(self->channel->name, STREAM_SIZE_UNKNOWN);
    while (code == CODE_DONE) {
        size_t size = 0;
        xipc_status status = self->channel->kind->read(
            self->channel, self->bytes, self->capacity,
            deadline_after(common.timeout), &size);

        if (status == XIPC_E_CLOSED) {
            break;
        }
        if (status != XIPC_OK) {
            code = say_status(status, self->channel->name);
        } else if (stream_write(self->file, self->bytes, size) < 0) {
            code = code_of_failure();
        } else {
            self->byte_count += size;
            progress_add(size);
        }
    }
    progress_end();
    return code;
}

/* Ends this side, and writes what the other one says before it ends too. */
static int end_and_hear(transfer *self)
{
    int hears = 0;
    xipc_status status = self->channel->kind->end(
        self->channel, deadline_after(common.timeout), &hears);
    int code;

    if (status != XIPC_OK) {
        return say_status(status, self->channel->name);
    }
    if (!hears) {
        return CODE_DONE;
    }
    self->file = stream_open_to_write(NULL);
    if (!self->file) {
        return CODE_FAILED;
    }
    code = pump_in(self);
    (void)stream_close(self->file);
    return code;
}

static int send_through(transfer *self, const char *path)
{
    int code;
    uint64_t sent;

    self->file = stream_open_to_read(path);
    if (!self->file) {
        return CODE_FAILED;
    }
    code = pump_out(self);
    (void)stream_close(self->file);
    sent = self->byte_count;
    if (code == CODE_DONE) {
        code = end_and_hear(self);
    }
    self->byte_count = sent;
    return code;
}

/* Whoever sent it may wait to know. */
static int confirm(const transfer *self)
{
    const channel_kind *kind = self->channel->kind;
    xipc_status status =
        kind->confirm
            ? kind->confirm(self->channel, deadline_after(common.timeout))
            : XIPC_OK;

    return status == XIPC_OK ? CODE_DONE
                             : say_status(status, self->channel->name);
}

static int receive_through(transfer *self, const char *path)
{
    int code;

    self->file = stream_open_to_write(path);
    if (!self->file) {
        return CODE_FAILED;
    }
    code = pump_in(self);
    if (stream_close(self->file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    return code == CODE_DONE ? confirm(self) : code;
}

static void tell(const transfer *self)
{
    json out = {stdout, 0};

    if (common.is_json) {
        json_object_begin(&out, NULL);
        json_text(&out, "name", self->channel->name);
        json_number(&out, "bytes", self->byte_count);
        json_object_end(&out);
        json_end(&out);
    }
}

static void channel_close(channel *self)
{
    stop_watch(NULL);
    self->kind->close(self);
}

/* Until this process ends. */
static void channel_leave(const channel *self)
{
    static channel left;

    stop_watch(NULL);
    left = *self;
    (void)left;
}

/* As long as the longest message, or as much as is carried at once. */
static size_t piece_size(const channel *self)
{
    size_t max = self->kind->piece_max(self);

    return max > 0 ? max : PIECE_SIZE;
}

int channel_check(const char *path, int is_send)
{
    if (common.is_json && !is_send && !path) {
        return say_usage("--json needs a FILE: the standard output is taken");
    }
    return (is_send ? stream_try_to_read(path) : stream_try_to_write(path)) < 0
               ? CODE_FAILED
               : CODE_DONE;
}

int channel_run(channel *self, const char *path, int is_send)
{
    transfer way = {.channel = self, .capacity = piece_size(self)};
    int code;

    way.bytes = memory_resize(NULL, way.capacity);
    stop_watch(self->kind->object(self));
    code = is_send ? send_through(&way, path) : receive_through(&way, path);
    if (is_send && code != CODE_DONE && self->kind->is_end &&
        self->kind->is_end(self)) {
        channel_leave(self);
    } else {
        channel_close(self);
    }
    if (code == CODE_DONE) {
        tell(&way);
    }
    free(way.bytes);
    return code;
}

/* ---- meeting ---- */

static int is_early(xipc_status status)
{
    return status == XIPC_E_NOT_FOUND || status == XIPC_E_TIMEOUT ||
           status == XIPC_E_AGAIN;
}

/* That nobody is there yet is no news: what it was tried for is not in time. */
static int
say_not_met(const channel *self, xipc_status status, xipc_deadline deadline)
{
    if (status == XIPC_E_NOT_FOUND && deadline != XIPC_NOW) {
        (void)say_remedy(status, self->name, "--timeout TIME waits longer");
        return CODE_TIMEOUT;
    }
    return say_status(status, self->name);
}

int channel_meet(channel *self, channel_attempt *attempt)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    int is_told = system_error_columns() == 0;

    for (;;) {
        xipc_deadline slice = xipc_after_ms(SLICE_MS);
        xipc_status status = attempt(self, slice < deadline ? slice : deadline);

        if (status == XIPC_OK) {
            return CODE_DONE;
        }
        if (!is_early(status) || xipc_after_ns(0) >= deadline) {
            return say_not_met(self, status, deadline);
        }
        if (!is_told) {
            say("%s: nobody answers yet; waiting", self->name);
            is_told = 1;
        }
        if (stop_asked() || nap_before(deadline, RETRY_MS) < 0) {
            return CODE_STOPPED;
        }
    }
}
