/* SPDX-License-Identifier: Apache-2.0 */
/* xipc pipe listen, pipe connect. */
#include "args.h"
#include "carry.h"
#include "commands.h"
#include "say.h"
#include "stop.h"

static int is_messages;
static uint64_t message_max = XIPC_PIPE_MESSAGE_MAX_DEFAULT;

const option pipe_listen_options[] = {
    {"send", OPTION_FLAG, NULL, "send FILE to the client",
     &channel_chosen.is_send},
    {"messages", OPTION_FLAG, NULL, "messages, not bytes", &is_messages},
    {"message-max", OPTION_NUMBER, "SIZE", "the longest message: 64K",
     &message_max},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};
const option pipe_connect_options[] = {
    {"receive", OPTION_FLAG, NULL, "receive FILE, send nothing",
     &channel_chosen.is_receive},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

/* ---- files through it ---- */

static xipc_status pipe_write(
    channel *self, const void *bytes, size_t size, xipc_deadline deadline)
{
    return xipc_pipe_write(self->pipe, bytes, size, deadline, NULL);
}

static xipc_status pipe_read(
    channel *self,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    return xipc_pipe_read(self->pipe, buffer, capacity, deadline, size_out);
}

static int is_one_way(const channel *self)
{
    xipc_native_handle unused;

    return xipc_pipe_native_handle(self->pipe, XIPC_READABLE, &unused) !=
           XIPC_OK;
}

/* One way, it ends with its close. */
static xipc_status
pipe_end(channel *self, xipc_deadline deadline, int *hears_out)
{
    (void)deadline;
    return is_one_way(self)
               ? XIPC_OK
               : channel_ended(xipc_pipe_shutdown_write(self->pipe), hears_out);
}

static size_t pipe_piece_max(const channel *self)
{
    return xipc_pipe_message_max(self->pipe);
}

static xipc_object *pipe_object(const channel *self)
{
    return xipc_pipe_object(self->pipe);
}

static void pipe_close(channel *self)
{
    xipc_pipe_close(self->pipe);
}

static int pipe_is_end(channel *self)
{
    (void)self;
    return 1;
}

static const channel_kind kind = {
    .write = pipe_write,
    .read = pipe_read,
    .end = pipe_end,
    .piece_max = pipe_piece_max,
    .object = pipe_object,
    .close = pipe_close,
    .is_end = pipe_is_end};

/* ---- pipes ---- */

/* A pipe of the system's own goes one way, which must be said. */
static xipc_pipe_options options_for(const char *name, int is_send)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    options.naming.scope = scope_chosen();
    options.mode = is_messages ? XIPC_PIPE_MESSAGES : XIPC_PIPE_BYTES;
    if (is_native_name(name)) {
        options.flags = is_send ? XIPC_PIPE_WRITE_ONLY : XIPC_PIPE_READ_ONLY;
    }
    return options;
}

int do_pipe_listen(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    xipc_pipe_options options = options_for(self.name, channel_chosen.is_send);
    xipc_pipe_listener *listener = NULL;
    const char *path = count > 1 ? operands[1] : NULL;
    xipc_status status;
    int code = channel_check(path, channel_chosen.is_send);

    if (code != CODE_DONE) {
        return code;
    }
    if (message_max == 0 || message_max > XIPC_PIPE_MESSAGE_MAX_LIMIT) {
        return say_usage(
            "--message-max is 1 to %u", XIPC_PIPE_MESSAGE_MAX_LIMIT);
    }
    options.message_max = (uint32_t)message_max;
    status = xipc_pipe_listen(
        self.name, &options, deadline_after(common.timeout), &listener);
    if (status == XIPC_OK) {
        stop_watch(xipc_pipe_listener_object(listener));
        status = xipc_pipe_accept(
            listener, deadline_after(common.timeout), &self.pipe);
        stop_watch(NULL);
    }
    if (status != XIPC_OK) {
        code = say_status(status, self.name);
        xipc_pipe_listener_close(listener);
        return code;
    }
    /* A native one's name goes with its listener. */
    if (options.flags == 0) {
        xipc_pipe_listener_close(listener);
        listener = NULL;
    }
    code = channel_run(&self, path, channel_chosen.is_send);
    xipc_pipe_listener_close(listener);
    return code;
}

static xipc_status attempt(channel *self, xipc_deadline deadline)
{
    xipc_pipe_options options =
        options_for(self->name, !channel_chosen.is_receive);

    options.mode = XIPC_PIPE_BYTES;
    return xipc_pipe_connect(self->name, &options, deadline, &self->pipe);
}

int do_pipe_connect(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    const char *path = count > 1 ? operands[1] : NULL;
    int is_send = !channel_chosen.is_receive;
    int code = channel_check(path, is_send);

    if (code == CODE_DONE) {
        code = channel_meet(&self, attempt);
    }
    return code == CODE_DONE ? channel_run(&self, path, is_send) : code;
}
