/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another through a ring. Start both, in
 * either order:
 *
 *     copy_ring send HOW NAME FILE
 *     copy_ring receive HOW NAME FILE
 *
 * HOW is one of four ways to use a ring, the same on both sides:
 *
 *     messages   copied in and out, whole
 *     bytes      a stream, in whatever pieces come
 *     blocks     without a copy: read from the file into the ring itself, and
 *                written to the file from there
 *     poller     as messages, but nothing waits except a poller, which could
 *                wait for other things as well
 *
 * The end of the file is the end of the ring: the sender closes it, and the
 * receiver, who is given all that was sent first, is told XIPC_E_CLOSED. A
 * sender that died is XIPC_E_PEER_DIED: then the file is not whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define CAPACITY   ((uint64_t)1 << 20)
#define PIECE_SIZE 65536
#define PATIENCE   10000 /* milliseconds */

typedef struct copy {
    FILE *file;
    const char *path;
    xipc_ring *ring;
    xipc_poller *poller;
    unsigned char piece[PIECE_SIZE];
} copy;

/* One piece of the file. Each returns 1, or 0 at the end, or -1 after it said
 * what failed. */
typedef int step(copy *self);

typedef struct way {
    const char *name;
    xipc_ring_mode mode;
    int is_polled;
    step *send;
    step *receive;
} way;

static xipc_deadline soon(void)
{
    return xipc_after_ms(PATIENCE);
}

/* 1 for XIPC_OK, else -1 and a line about it. */
static int done(xipc_status status)
{
    if (status == XIPC_OK) {
        return 1;
    }
    fprintf(
        stderr, "copy_ring: %s: %s\n", xipc_status_name(status), xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_ring: %s: %s\n", self->path, strerror(errno));
    return -1;
}

/* Of a call that fetches: the end is not a failure. */
static int got(xipc_status status)
{
    return status == XIPC_E_CLOSED ? 0 : done(status);
}

/* 1, or 0 at the end of the file. */
static int read_piece(copy *self, void *piece, size_t *size_out)
{
    *size_out = fread(piece, 1, PIECE_SIZE, self->file);
    if (ferror(self->file)) {
        return fail_file(self);
    }
    return *size_out > 0;
}

static int write_piece(copy *self, const void *piece, size_t size)
{
    return fwrite(piece, 1, size, self->file) == size ? 1 : fail_file(self);
}

/* ---- messages ---- */

static int send_message(copy *self)
{
    size_t size;
    int result = read_piece(self, self->piece, &size);

    return result == 1
               ? done(xipc_ring_send(self->ring, self->piece, size, soon()))
               : result;
}

static int receive_message(copy *self)
{
    size_t size;
    int result = got(
        xipc_ring_receive(self->ring, self->piece, PIECE_SIZE, &size, soon()));

    return result == 1 ? write_piece(self, self->piece, size) : result;
}

/* ---- a stream of bytes ---- */

static int send_bytes(copy *self)
{
    size_t size;
    size_t written = 0;
    int result = read_piece(self, self->piece, &size);

    /* It may write less than all, if the deadline comes first. */
    for (size_t at = 0; result == 1 && at < size; at += written) {
        result = done(xipc_ring_write(
            self->ring, self->piece + at, size - at, &written, soon()));
    }
    return result;
}

static int receive_bytes(copy *self)
{
    size_t size;
    int result =
        got(xipc_ring_read(self->ring, self->piece, PIECE_SIZE, &size, soon()));

    return result == 1 ? write_piece(self, self->piece, size) : result;
}

/* ---- without a copy ---- */

/* What was reserved and not committed was never there. */
static int send_block(copy *self)
{
    void *block;
    size_t size;
    int result =
        done(xipc_ring_reserve(self->ring, PIECE_SIZE, &block, soon()));

    if (result == 1) {
        result = read_piece(self, block, &size);
    }
    return result == 1 ? done(xipc_ring_commit(self->ring, size)) : result;
}

static int receive_block(copy *self)
{
    const void *data;
    size_t size;
    int result = got(xipc_ring_peek(self->ring, &data, &size, soon()));

    if (result == 1) {
        result = write_piece(self, data, size);
    }
    return result == 1 ? done(xipc_ring_release(self->ring)) : result;
}

/* ---- in a poller ---- */

static int wait_in_poller(copy *self)
{
    xipc_ready ready;
    size_t count;

    return done(xipc_poller_wait(self->poller, &ready, 1, soon(), &count));
}

static int send_when_writable(copy *self)
{
    xipc_status status = XIPC_OK;
    size_t size;
    int result = read_piece(self, self->piece, &size);

    while (result == 1) {
        status = xipc_ring_send(self->ring, self->piece, size, XIPC_NOW);
        if (status != XIPC_E_AGAIN) {
            return done(status);
        }
        result = wait_in_poller(self);
    }
    return result;
}

static int receive_when_readable(copy *self)
{
    int result = 1;
    size_t size;

    while (result == 1) {
        xipc_status status = xipc_ring_receive(
            self->ring, self->piece, PIECE_SIZE, &size, XIPC_NOW);

        if (status != XIPC_E_AGAIN) {
            result = got(status);
            return result == 1 ? write_piece(self, self->piece, size) : result;
        }
        result = wait_in_poller(self);
    }
    return result;
}

static const way ways[] = {
    {"messages", XIPC_RING_MESSAGES, 0, send_message, receive_message},
    {"bytes", XIPC_RING_BYTES, 0, send_bytes, receive_bytes},
    {"blocks", XIPC_RING_MESSAGES, 0, send_block, receive_block},
    {"poller", XIPC_RING_MESSAGES, 1, send_when_writable,
     receive_when_readable},
};

/* ---- the copy ---- */

/* The ring is transient: it lives as long as one of the two has it open. So the
 * sender does not leave before the receiver is there. The receiver waits for
 * what was sent, not for the sender: he may have sent it all and left. */
static int join(copy *self, const way *how, const char *name, int is_send)
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    int result;

    options.capacity = CAPACITY;
    options.mode = how->mode;
    result = done(xipc_ring_open_or_create(
        name, is_send ? XIPC_RING_PRODUCER : XIPC_RING_CONSUMER, &options,
        soon(), &self->ring, NULL));
    if (result == 1 && how->is_polled) {
        result = done(xipc_poller_create(&self->poller));
    }
    if (result == 1 && how->is_polled) {
        result = done(xipc_poller_add(
            self->poller, xipc_ring_object(self->ring),
            is_send ? XIPC_WRITABLE : XIPC_READABLE, NULL));
    }
    return result == 1 && is_send
               ? done(xipc_ring_wait_peer(self->ring, soon()))
               : result;
}

static int run(copy *self, int argc, char **argv)
{
    int is_send = argc == 5 && strcmp(argv[1], "send") == 0;
    const way *how = NULL;
    int result;

    for (size_t at = 0; argc == 5 && at < sizeof ways / sizeof *ways; at++) {
        if (strcmp(argv[2], ways[at].name) == 0) {
            how = &ways[at];
        }
    }
    if (!how || (!is_send && strcmp(argv[1], "receive") != 0)) {
        fprintf(
            stderr, "usage: copy_ring send|receive "
                    "messages|bytes|blocks|poller NAME FILE\n");
        return -1;
    }
    self->path = argv[4];
    self->file = fopen(self->path, is_send ? "rb" : "wb");
    if (!self->file) {
        return fail_file(self);
    }
    result = join(self, how, argv[3], is_send);
    while (result == 1) {
        result = is_send ? how->send(self) : how->receive(self);
    }
    return result;
}

int main(int argc, char **argv)
{
    static copy self;
    int result = run(&self, argc, argv);

    if (self.file && fclose(self.file) != 0 && result == 0) {
        result = fail_file(&self);
    }
    xipc_poller_close(self.poller);
    /* Whoever failed leaves it open, and the end of his process tells the other
       one that the file is not whole. */
    if (result == 0) {
        xipc_ring_close(self.ring);
    }
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
