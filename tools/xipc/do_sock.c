/* SPDX-License-Identifier: Apache-2.0 */
/* xipc sock listen, sock connect: files over streams. */
#include <string.h>

#include "args.h"
#include "carry.h"
#include "commands.h"
#include "say.h"
#include "stop.h"

const option sock_stream_options[] = {
    {"send", OPTION_FLAG, NULL, "send FILE", &channel_chosen.is_send},
    {"receive", OPTION_FLAG, NULL, "receive FILE", &channel_chosen.is_receive},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

/* ---- files over it ---- */

static xipc_status sock_write(
    channel *self, const void *bytes, size_t size, xipc_deadline deadline)
{
    return xipc_socket_write(self->socket, bytes, size, deadline, NULL);
}

static xipc_status sock_read(
    channel *self,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    return xipc_socket_read(self->socket, buffer, capacity, deadline, size_out);
}

static xipc_status
sock_end(channel *self, xipc_deadline deadline, int *hears_out)
{
    (void)deadline;
    return channel_ended(xipc_socket_shutdown_write(self->socket), hears_out);
}

static size_t sock_piece_max(const channel *self)
{
    (void)self;
    return 0;
}

static xipc_object *sock_object(const channel *self)
{
    return xipc_socket_object(self->socket);
}

static void sock_close(channel *self)
{
    xipc_socket_close(self->socket);
}

static const channel_kind kind = {
    .write = sock_write,
    .read = sock_read,
    .end = sock_end,
    .piece_max = sock_piece_max,
    .object = sock_object,
    .close = sock_close};

/* ---- sockets ---- */

static xipc_socket_options options_for(void)
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;

    options.naming.scope = scope_chosen();
    return options;
}

static int check_way(const char *uri, const char *path, int is_send)
{
    if (channel_chosen.is_send && channel_chosen.is_receive) {
        return say_usage("--send or --receive, not both");
    }
    if (strncmp(uri, "udp://", 6) == 0) {
        return say_usage(
            "%s takes datagrams, no stream; xipc sock send and sock recv are "
            "for those",
            uri);
    }
    return channel_check(path, is_send);
}

/* Where it really is: the system may have chosen the port. */
static void tell_place(const xipc_socket_listener *listener)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    if (xipc_socket_listener_uri(listener, uri, sizeof uri) == XIPC_OK) {
        say("listening at %s", uri);
    }
}

static int accept_one(channel *self)
{
    xipc_socket_options options = options_for();
    xipc_socket_listener *listener = NULL;
    xipc_status status = xipc_socket_listen(
        self->name, &options, deadline_after(common.timeout), &listener);
    int code = CODE_DONE;

    if (status == XIPC_OK) {
        tell_place(listener);
        stop_watch(xipc_socket_listener_object(listener));
        status = xipc_socket_accept(
            listener, deadline_after(common.timeout), &self->socket);
        stop_watch(NULL);
    }
    if (status != XIPC_OK) {
        code = say_status(status, self->name);
    }
    xipc_socket_listener_close(listener);
    return code;
}

int do_sock_listen(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    const char *path = count > 1 ? operands[1] : NULL;
    int is_send = channel_chosen.is_send;
    int code = check_way(self.name, path, is_send);

    if (code == CODE_DONE) {
        code = accept_one(&self);
    }
    return code == CODE_DONE ? channel_run(&self, path, is_send) : code;
}

static xipc_status attempt(channel *self, xipc_deadline deadline)
{
    xipc_socket_options options = options_for();

    return xipc_socket_connect(self->name, &options, deadline, &self->socket);
}

int do_sock_connect(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    const char *path = count > 1 ? operands[1] : NULL;
    int is_send = !channel_chosen.is_receive;
    int code = check_way(self.name, path, is_send);

    if (code == CODE_DONE) {
        code = channel_meet(&self, attempt);
    }
    return code == CODE_DONE ? channel_run(&self, path, is_send) : code;
}
