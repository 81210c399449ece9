/* SPDX-License-Identifier: Apache-2.0 */
/* xipc ring send, ring recv: files through a ring. */
#include "args.h"
#include "carry.h"
#include "commands.h"
#include "say.h"

static int is_messages;
static uint64_t capacity = XIPC_RING_CAPACITY_DEFAULT;

const option ring_options[] = {
    {"messages", OPTION_FLAG, NULL, "made for messages, not bytes",
     &is_messages},
    {"capacity", OPTION_NUMBER, "SIZE", "made with that much room: 1M",
     &capacity},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

/* ---- files through it ---- */

static int has_messages(const channel *self)
{
    return xipc_ring_mode_of(self->ring) == XIPC_RING_MESSAGES;
}

static xipc_status ring_write(
    channel *self, const void *bytes, size_t size, xipc_deadline deadline)
{
    const unsigned char *at = bytes;
    xipc_status status = XIPC_OK;

    if (has_messages(self)) {
        return xipc_ring_send(self->ring, bytes, size, deadline);
    }
    while (size > 0 && status == XIPC_OK) {
        size_t written = 0;

        status = xipc_ring_write(self->ring, at, size, &written, deadline);
        at += written;
        size -= written;
    }
    return status;
}

static xipc_status ring_read(
    channel *self,
    void *buffer,
    size_t room,
    xipc_deadline deadline,
    size_t *size_out)
{
    return has_messages(self)
               ? xipc_ring_receive(self->ring, buffer, room, size_out, deadline)
               : xipc_ring_read(self->ring, buffer, room, size_out, deadline);
}

/* What is in the ring stays as long as somebody has it. */
static xipc_status
ring_end(channel *self, xipc_deadline deadline, int *hears_out)
{
    *hears_out = 0;
    return xipc_ring_wait_peer(self->ring, deadline);
}

static size_t ring_piece_max(const channel *self)
{
    return has_messages(self) ? xipc_ring_message_max(self->ring) : 0;
}

static xipc_object *ring_object(const channel *self)
{
    return xipc_ring_object(self->ring);
}

static void ring_close(channel *self)
{
    xipc_ring_close(self->ring);
}

/* If nobody is there, nobody will take it for one: the ring goes. */
static int ring_is_end(channel *self)
{
    return xipc_ring_wait_peer(self->ring, XIPC_NOW) == XIPC_OK;
}

static const channel_kind kind = {
    .write = ring_write,
    .read = ring_read,
    .end = ring_end,
    .piece_max = ring_piece_max,
    .object = ring_object,
    .close = ring_close,
    .is_end = ring_is_end};

/* ---- rings ---- */

static int carry(char **operands, size_t count, xipc_ring_role role)
{
    channel self = {.name = operands[0], .kind = &kind};
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    const char *path = count > 1 ? operands[1] : NULL;
    xipc_status status;
    int code = channel_check(path, role == XIPC_RING_PRODUCER);

    if (code != CODE_DONE) {
        return code;
    }
    if (capacity == 0 || capacity > XIPC_RING_CAPACITY_MAX) {
        return say_usage("--capacity is 1 to 2G");
    }
    options.naming.scope = scope_chosen();
    options.capacity = capacity;
    options.mode = is_messages ? XIPC_RING_MESSAGES : XIPC_RING_BYTES;
    status = xipc_ring_open_or_create(
        self.name, role, &options, deadline_after(common.timeout), &self.ring,
        NULL);
    if (status != XIPC_OK) {
        return say_status(status, self.name);
    }
    return channel_run(&self, path, role == XIPC_RING_PRODUCER);
}

int do_ring_send(char **operands, size_t count)
{
    return carry(operands, count, XIPC_RING_PRODUCER);
}

int do_ring_recv(char **operands, size_t count)
{
    return carry(operands, count, XIPC_RING_CONSUMER);
}
