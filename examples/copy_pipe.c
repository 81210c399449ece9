/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another through a named pipe. Start both,
 * in either order:
 *
 *     copy_pipe send HOW NAME FILE
 *     copy_pipe receive HOW NAME FILE
 *
 * The receiver listens, and the sender connects, waiting for it to come. HOW is
 * one of three, and only the receiver's counts:
 *
 *     bytes     a stream
 *     messages  each piece is one
 *     poller    messages, and nothing waits except a poller, which could wait
 *               for other clients as well
 *
 * The sender ends writing, which is the end of the file, and waits for a last
 * word: that the receiver has all of it. Who is left alone by a dead partner is
 * told so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define PIECE_SIZE 65536
#define PATIENCE   10000 /* milliseconds */

typedef struct copy {
    FILE *file;
    const char *path;
    xipc_pipe_listener *listener; /* the receiver's */
    xipc_pipe *pipe;
    xipc_poller *poller; /* NULL: it waits in its calls */
    unsigned char piece[PIECE_SIZE];
} copy;

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
        stderr, "copy_pipe: %s: %s\n", xipc_status_name(status), xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_pipe: %s: %s\n", self->path, strerror(errno));
    return -1;
}

/* ---- sending ---- */

/* 1, or 0 after the last, or -1 after it said what failed. */
static int send_piece(copy *self)
{
    size_t size = fread(self->piece, 1, PIECE_SIZE, self->file);

    if (ferror(self->file)) {
        return fail_file(self);
    }
    if (size > 0) {
        return done(
            xipc_pipe_write(self->pipe, self->piece, size, soon(), NULL));
    }
    return done(xipc_pipe_shutdown_write(self->pipe)) == 1 ? 0 : -1;
}

static int send_file(copy *self, const char *name)
{
    size_t size;
    int result = done(xipc_pipe_connect(name, NULL, soon(), &self->pipe));

    while (result == 1) {
        result = send_piece(self);
    }
    return result == 0
               ? done(xipc_pipe_read(
                     self->pipe, self->piece, PIECE_SIZE, soon(), &size))
               : result;
}

/* ---- receiving ---- */

static xipc_status wait_ready(copy *self)
{
    xipc_ready ready;
    size_t count;

    return xipc_poller_wait(self->poller, &ready, 1, soon(), &count);
}

static xipc_status accept_client(copy *self)
{
    xipc_status status = XIPC_E_AGAIN;

    if (!self->poller) {
        return xipc_pipe_accept(self->listener, soon(), &self->pipe);
    }
    while (status == XIPC_E_AGAIN) {
        status = wait_ready(self);
        if (status == XIPC_OK) {
            status = xipc_pipe_accept(self->listener, XIPC_NOW, &self->pipe);
        }
    }
    return status;
}

/* What is ready may still be nothing: a look after each wait. */
static xipc_status read_piece(copy *self, size_t *size_out)
{
    xipc_status status = XIPC_E_AGAIN;

    if (!self->poller) {
        return xipc_pipe_read(
            self->pipe, self->piece, PIECE_SIZE, soon(), size_out);
    }
    while (status == XIPC_E_AGAIN) {
        status = wait_ready(self);
        if (status == XIPC_OK) {
            status = xipc_pipe_read(
                self->pipe, self->piece, PIECE_SIZE, XIPC_NOW, size_out);
        }
    }
    return status;
}

/* 1, or 0 after the last, or -1 after it said what failed. */
static int receive_piece(copy *self)
{
    size_t size;
    xipc_status status = read_piece(self, &size);

    if (status == XIPC_E_CLOSED) {
        return fflush(self->file) == 0 ? 0 : fail_file(self);
    }
    if (done(status) != 1) {
        return -1;
    }
    return fwrite(self->piece, 1, size, self->file) == size ? 1
                                                            : fail_file(self);
}

static int watch(copy *self, xipc_object *object)
{
    return self->poller ? done(xipc_poller_add(
                              self->poller, object, XIPC_READABLE, NULL))
                        : 1;
}

static int receive_file(copy *self, const char *name, const char *how)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    int result = 1;

    options.mode =
        strcmp(how, "bytes") == 0 ? XIPC_PIPE_BYTES : XIPC_PIPE_MESSAGES;
    options.message_max = PIECE_SIZE;
    if (strcmp(how, "poller") == 0) {
        result = done(xipc_poller_create(&self->poller));
    }
    if (result == 1) {
        result =
            done(xipc_pipe_listen(name, &options, soon(), &self->listener));
    }
    if (result == 1) {
        result = watch(self, xipc_pipe_listener_object(self->listener));
    }
    if (result == 1) {
        result = done(accept_client(self));
    }
    if (result == 1) {
        result = watch(self, xipc_pipe_object(self->pipe));
    }
    while (result == 1) {
        result = receive_piece(self);
    }
    return result == 0
               ? done(xipc_pipe_write(self->pipe, "all", 3, soon(), NULL))
               : result;
}

/* ---- the two ---- */

static int is_way(const char *how)
{
    return strcmp(how, "bytes") == 0 || strcmp(how, "messages") == 0 ||
           strcmp(how, "poller") == 0;
}

static int run(copy *self, int argc, char **argv)
{
    int is_send = argc == 5 && strcmp(argv[1], "send") == 0;

    if (argc != 5 || !is_way(argv[2]) ||
        (!is_send && strcmp(argv[1], "receive") != 0)) {
        fprintf(
            stderr,
            "usage: copy_pipe send|receive bytes|messages|poller NAME FILE\n");
        return -1;
    }
    self->path = argv[4];
    self->file = fopen(self->path, is_send ? "rb" : "wb");
    if (!self->file) {
        return fail_file(self);
    }
    return is_send ? send_file(self, argv[3])
                   : receive_file(self, argv[3], argv[2]);
}

int main(int argc, char **argv)
{
    static copy self;
    int result = run(&self, argc, argv);

    if (self.file && fclose(self.file) != 0 && result == 1) {
        result = fail_file(&self);
    }
    xipc_pipe_close(self.pipe);
    xipc_pipe_listener_close(self.listener);
    xipc_poller_close(self.poller);
    return result == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
