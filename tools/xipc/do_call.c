/* SPDX-License-Identifier: Apache-2.0 */
/* xipc call: calls a method of a service, and writes the reply. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "carry.h"
#include "commands.h"
#include "json.h"
#include "memory.h"
#include "pieces.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"

enum { RESULT_CODE_MAX = 255 };

static uint64_t method = 1;
static uint64_t call_count = 1;
static uint64_t payload_max = XIPC_CALL_PAYLOAD_DEFAULT;
static const char *text;
static const char *output;
static int is_post;
static int is_pieces;

const option call_options[] = {
    {"method", OPTION_NUMBER, "N", "which method: 1", &method},
    {"text", OPTION_TEXT, "TEXT", "send this, no FILE", &text},
    {"pieces", OPTION_FLAG, NULL, "FILE of any size to xipc serve --into",
     &is_pieces},
    {"output", OPTION_TEXT, "FILE", "write the reply to FILE", &output},
    {"post", OPTION_FLAG, NULL, "one way: wait for no reply", &is_post},
    {"count", OPTION_NUMBER, "N", "call so often, and tell how fast it went: 1",
     &call_count},
    {"payload-max", OPTION_NUMBER, "SIZE", "the longest reply: 16M",
     &payload_max},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

typedef struct caller {
    const char *address;
    xipc_link *link;
    xipc_call_data request;
    unsigned char *bytes; /* of the request, if they were read */
    xipc_call_answer answer;
    uint64_t done;
    int64_t time; /* nanoseconds that the calls took */
} caller;

/* ---- the request ---- */

/* As it comes, and no more than can be sent, and one byte. */
static int read_all(caller *self, stream *file)
{
    size_t capacity = 0;
    size_t size = 0;
    int64_t got = 1;

    progress_begin(stream_name(file), stream_size(file));
    while (got > 0 && size <= XIPC_CALL_PAYLOAD_LIMIT) {
        if (size == capacity) {
            capacity += capacity > PIECE_SIZE ? capacity : PIECE_SIZE;
            self->bytes = memory_resize(self->bytes, capacity);
        }
        got = stream_read(file, self->bytes + size, capacity - size);
        size += got > 0 ? (size_t)got : 0;
        progress_add(got > 0 ? (uint64_t)got : 0);
    }
    progress_end();
    self->request.data = self->bytes;
    self->request.size = size;
    return got < 0 ? code_of_failure() : CODE_DONE;
}

static int read_request(caller *self, const char *path)
{
    stream *file;
    int code;

    if (text) {
        self->request.data = text;
        self->request.size = strlen(text);
        return CODE_DONE;
    }
    file = stream_open_to_read(path);
    if (!file) {
        return CODE_FAILED;
    }
    code = read_all(self, file);
    (void)stream_close(file);
    return code;
}

/* ---- calling ---- */

static xipc_status attempt(channel *self, xipc_deadline deadline)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;

    options.naming.scope = scope_chosen();
    options.payload_max = (uint32_t)payload_max;
    return xipc_call_connect(NULL, self->name, &options, deadline, &self->link);
}

static int connect_to(caller *self)
{
    channel meeting = {.name = self->address};
    int code = channel_meet(&meeting, attempt);

    self->link = meeting.link;
    return code;
}

static int call_failed(const caller *self, xipc_status status)
{
    if (status == XIPC_E_NOT_FOUND) {
        say("%s: it has no method %" PRIu64 " (%s); --method N is another",
            self->address, method, xipc_status_name(status));
        return CODE_NOT_FOUND;
    }
    if (status == XIPC_E_TOO_BIG) {
        return say_remedy(
            status, self->address,
            "--payload-max SIZE lets this side take more, and that of xipc "
            "serve the other one");
    }
    return say_status(status, self->address);
}

/* The reply's size is not known before it is there: room is made then. */
static xipc_status
take_reply(caller *self, xipc_pending *pending, xipc_deadline deadline)
{
    xipc_status status = xipc_pending_finish(pending, &self->answer, deadline);

    if (status == XIPC_E_TOO_SMALL) {
        self->answer.capacity = self->answer.size;
        self->answer.buffer =
            memory_resize(self->answer.buffer, self->answer.capacity);
        status = xipc_pending_finish(pending, &self->answer, deadline);
    }
    if (status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN ||
        status == XIPC_E_CANCELED) {
        xipc_pending_cancel(pending);
    }
    return status;
}

static xipc_status call_once(caller *self)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    xipc_pending *pending = NULL;
    xipc_status status;

    if (is_post) {
        return xipc_call_post(
            self->link, (uint32_t)method, &self->request, deadline);
    }
    status = xipc_call_submit(
        self->link, (uint32_t)method, &self->request, NULL, deadline, &pending);
    return status == XIPC_OK ? take_reply(self, pending, deadline) : status;
}

static int call_all(caller *self)
{
    xipc_status status = XIPC_OK;
    int64_t began = xipc_after_ns(0);

    stop_watch(xipc_link_object(self->link));
    while (self->done < call_count && status == XIPC_OK) {
        status = call_once(self);
        self->done += status == XIPC_OK;
    }
    stop_watch(NULL);
    self->time = xipc_after_ns(0) - began;
    return status == XIPC_OK ? CODE_DONE : call_failed(self, status);
}

/* ---- the reply ---- */

static int write_all(const caller *self, stream *file)
{
    const unsigned char *bytes = self->answer.buffer;
    size_t left = self->answer.size;
    int result = 0;

    progress_begin(stream_name(file), left);
    while (left > 0 && result == 0) {
        size_t size = left < PIECE_SIZE ? left : PIECE_SIZE;

        result = stream_write(file, bytes, size);
        bytes += size;
        left -= size;
        progress_add(result == 0 ? size : 0);
    }
    progress_end();
    return result < 0 ? code_of_failure() : CODE_DONE;
}

static int write_reply(const caller *self)
{
    stream *file;
    int code;

    if (is_post || (common.is_json && !output)) {
        return CODE_DONE;
    }
    file = stream_open_to_write(output);
    if (!file) {
        return CODE_FAILED;
    }
    code = write_all(self, file);
    if (stream_close(file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    return code;
}

static void tell_speed(const caller *self)
{
    double seconds = (double)self->time / 1e9;

    if (call_count > 1 && !common.is_json && self->done > 0 && seconds > 0) {
        say("%" PRIu64 " calls in %.3f s, %.0f a second, %.2f us each",
            self->done, seconds, (double)self->done / seconds,
            seconds * 1e6 / (double)self->done);
    }
}

static void tell(const caller *self)
{
    json out = {stdout, 0};

    if (!common.is_json) {
        return;
    }
    json_object_begin(&out, NULL);
    json_text(&out, "address", self->address);
    json_number(&out, "method", method);
    json_number(&out, "calls", self->done);
    json_signed(&out, "ns", self->time);
    json_number(&out, "sent", self->request.size);
    if (!is_post) {
        json_signed(&out, "result", self->answer.result);
        json_number(&out, "received", self->answer.size);
    }
    if (!is_post && !output) {
        json_bytes(
            &out, "text", "base64", self->answer.buffer, self->answer.size);
    }
    json_object_end(&out);
    json_end(&out);
}

/* As the program at the other side ended, so does this one. */
static int code_of_result(const caller *self)
{
    int32_t result = self->answer.result;

    if (result == 0) {
        return CODE_DONE;
    }
    say("%s: method %" PRIu64 " ended with %" PRId32, self->address, method,
        result);
    return result > 0 && result <= RESULT_CODE_MAX ? (int)result : CODE_FAILED;
}

/* ---- in pieces ---- */

static void tell_pieces(const caller *self, const pieces_moved *moved)
{
    json out = {stdout, 0};

    if (common.is_json) {
        json_object_begin(&out, NULL);
        json_text(&out, "address", self->address);
        json_number(&out, "pieces", moved->pieces);
        json_number(&out, "bytes", moved->bytes);
        json_signed(&out, "ns", moved->time);
        json_object_end(&out);
        json_end(&out);
    }
}

static int call_in_pieces(caller *self, const char *path)
{
    pieces_moved moved = {0, 0, 0};
    stream *file = stream_open_to_read(path);
    int code;

    if (!file) {
        return CODE_FAILED;
    }
    code = connect_to(self);
    if (code == CODE_DONE) {
        code = pieces_send(self->address, self->link, file, &moved);
    }
    (void)stream_close(file);
    if (code == CODE_DONE) {
        tell_pieces(self, &moved);
    }
    return code;
}

/* ---- call ---- */

static int check_pieces(void)
{
    if (text || output || is_post || call_count != 1 || method != 1) {
        return say_usage(
            "--pieces sends a file, and goes without --text, --output, --post, "
            "--count and --method");
    }
    return CODE_DONE;
}

static int check(size_t count)
{
    if (method > UINT32_MAX) {
        return say_usage("--method is 0 to %" PRIu32, UINT32_MAX);
    }
    if (payload_max == 0 || payload_max > XIPC_CALL_PAYLOAD_LIMIT) {
        return say_usage(
            "--payload-max is 1 to %" PRIu32, XIPC_CALL_PAYLOAD_LIMIT);
    }
    if (call_count == 0) {
        return say_usage("--count is 1 or more");
    }
    if (text && count > 1) {
        return say_usage("--text or FILE, not both");
    }
    if (is_pieces) {
        return check_pieces();
    }
    return is_post && output ? say_usage("--post has no reply for --output")
                             : CODE_DONE;
}

static int call(caller *self)
{
    int code = connect_to(self);

    if (code == CODE_DONE) {
        code = call_all(self);
    }
    if (code != CODE_DONE) {
        return code;
    }
    code = write_reply(self);
    tell_speed(self);
    tell(self);
    return code == CODE_DONE ? code_of_result(self) : code;
}

/* What cannot be written is told before anybody is called. */
static int check_output(void)
{
    return output && stream_try_to_write(output) < 0 ? CODE_FAILED : CODE_DONE;
}

int do_call(char **operands, size_t count)
{
    caller self = {.address = operands[0], .answer = XIPC_CALL_ANSWER_INIT};
    const char *path;
    int code = check(count);

    if (code == CODE_DONE) {
        code = check_output();
    }
    if (code != CODE_DONE) {
        return code;
    }
    path = count > 1 ? operands[1] : NULL;
    code = is_pieces ? call_in_pieces(&self, path) : read_request(&self, path);
    if (code == CODE_DONE && !is_pieces) {
        code = call(&self);
    }
    xipc_link_close(self.link);
    free(self.answer.buffer);
    free(self.bytes);
    return code;
}
