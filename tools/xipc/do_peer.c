/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xipc peer send, peer recv: files from one peer to another.
 *
 * Who receives has the name; who sends greets him until he is there. The end is
 * a message of its own, and is answered when the file is written.
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "carry.h"
#include "commands.h"
#include "say.h"
#include "stop.h"

/* Types of messages. */
enum { GREETING, PIECE, END, ANSWER };

enum { PIECES = 16 }; /* that can wait at who receives */

/* What a sender is called behind the receiver's name. */
#define SENDER ".sender"

static const char *own_name;
static uint64_t message_max = 1 << 16;

#define OPTION_MESSAGE_MAX                                                \
    {                                                                     \
        "message-max", OPTION_NUMBER, "SIZE", "the longest message: 64K", \
            &message_max                                                  \
    }

const option peer_send_options[] = {
    {"as", OPTION_TEXT, "NAME", "the sender's name: that with .sender behind",
     &own_name},
    OPTION_MESSAGE_MAX,
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};
const option peer_receive_options[] = {OPTION_MESSAGE_MAX, OPTION_SCOPE,
                                       OPTION_TIMEOUT,     OPTION_PROGRESS,
                                       OPTION_JSON,        OPTION_END};

/* ---- files between them ---- */

static xipc_status peer_write(
    channel *self, const void *bytes, size_t size, xipc_deadline deadline)
{
    return xipc_peer_send(
        self->peer, self->other, bytes, size, PIECE, deadline);
}

/* Whoever sends first is the one whose file it is. */
static xipc_status receive(
    channel *self,
    void *buffer,
    size_t capacity,
    xipc_peer_mail *mail,
    xipc_deadline deadline)
{
    xipc_status status;

    if (self->other[0] != '\0') {
        return xipc_peer_receive(
            self->peer, self->other, buffer, capacity, mail, deadline);
    }
    status =
        xipc_peer_receive_any(self->peer, buffer, capacity, mail, deadline);
    if (status == XIPC_OK) {
        (void)snprintf(self->other, sizeof self->other, "%s", mail->sender);
    }
    return status;
}

/* Who left before the end has not sent all. */
static xipc_status peer_read(
    channel *self,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    xipc_status status;

    do {
        status = receive(self, buffer, capacity, &mail, deadline);
    } while (status == XIPC_OK && mail.type != PIECE && mail.type != END);
    *size_out = mail.size;
    if (status == XIPC_OK && mail.type == END) {
        return XIPC_E_CLOSED;
    }
    return status == XIPC_E_CLOSED ? XIPC_E_PEER_DIED : status;
}

static xipc_status
peer_end(channel *self, xipc_deadline deadline, int *hears_out)
{
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    xipc_status status =
        xipc_peer_send(self->peer, self->other, NULL, 0, END, deadline);

    *hears_out = 0;
    while (status == XIPC_OK && mail.type != ANSWER) {
        status = xipc_peer_receive(
            self->peer, self->other, NULL, 0, &mail, deadline);
    }
    if (status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED) {
        say("'%s' has not said that the file is written", self->other);
    }
    return status;
}

static xipc_status peer_confirm(channel *self, xipc_deadline deadline)
{
    return xipc_peer_send(self->peer, self->other, NULL, 0, ANSWER, deadline);
}

static size_t peer_piece_max(const channel *self)
{
    return xipc_peer_message_max(self->peer);
}

static xipc_object *peer_object(const channel *self)
{
    return xipc_peer_object(self->peer);
}

static void peer_close(channel *self)
{
    xipc_peer_leave(self->peer);
}

static const channel_kind kind = {
    .write = peer_write,
    .read = peer_read,
    .end = peer_end,
    .confirm = peer_confirm,
    .piece_max = peer_piece_max,
    .object = peer_object,
    .close = peer_close,
    .too_big = "--message-max SIZE makes shorter messages"};

/* ---- peers ---- */

static uint64_t capacity_for(uint64_t size)
{
    uint64_t most = 2 * (uint64_t)XIPC_PEER_MESSAGE_MAX_LIMIT;

    return PIECES * size < most ? PIECES * size : most;
}

static int join(channel *self, const char *name)
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    xipc_status status;

    if (message_max == 0 || message_max > XIPC_PEER_MESSAGE_MAX_LIMIT) {
        return say_usage(
            "--message-max is 1 to %u", XIPC_PEER_MESSAGE_MAX_LIMIT);
    }
    options.naming.scope = scope_chosen();
    options.message_max = (uint32_t)message_max;
    options.capacity = (uint32_t)capacity_for(message_max);
    status = xipc_peer_join(
        name, &options, deadline_after(common.timeout), &self->peer);
    return status == XIPC_OK ? CODE_DONE : say_status(status, name);
}

/* He may come. */
static xipc_status greet(channel *self, xipc_deadline deadline)
{
    xipc_status status =
        xipc_peer_send(self->peer, self->other, NULL, 0, GREETING, deadline);

    return status == XIPC_E_NOT_FOUND ? XIPC_E_TIMEOUT : status;
}

static int meet(channel *self)
{
    int code;

    stop_watch(xipc_peer_object(self->peer));
    code = channel_meet(self, greet);
    stop_watch(NULL);
    if (code != CODE_DONE) {
        peer_close(self);
    }
    return code;
}

int do_peer_send(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    char name[XIPC_NAME_MAX + sizeof SENDER];
    const char *path = count > 1 ? operands[1] : NULL;
    int code = channel_check(path, 1);

    if (code != CODE_DONE) {
        return code;
    }
    (void)snprintf(
        name, sizeof name, "%.*s" SENDER, XIPC_NAME_MAX, operands[0]);
    (void)snprintf(self.other, sizeof self.other, "%s", operands[0]);
    code = join(&self, own_name ? own_name : name);
    if (code == CODE_DONE) {
        code = meet(&self);
    }
    return code == CODE_DONE ? channel_run(&self, path, 1) : code;
}

int do_peer_recv(char **operands, size_t count)
{
    channel self = {.name = operands[0], .kind = &kind};
    const char *path = count > 1 ? operands[1] : NULL;
    int code = channel_check(path, 0);

    if (code == CODE_DONE) {
        code = join(&self, operands[0]);
    }
    return code == CODE_DONE ? channel_run(&self, path, 0) : code;
}
