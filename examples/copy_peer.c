/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another, which are peers. Start both, in
 * either order:
 *
 *     copy_peer send HOW NAME FILE
 *     copy_peer receive HOW NAME FILE
 *
 * The sender joins as "NAME.from", the receiver as "NAME.to". HOW is one of
 * three ways to receive, and only the receiver's counts:
 *
 *     named    from the sender, by its name; whatever else comes stays
 *     any      from anybody, and it is looked at from whom
 *     poller   as any, but nothing waits except a poller, which could wait for
 *              other things as well
 *
 * Nobody can send to one who has not joined. So each greets the other one when
 * it has joined itself: who is the first finds nobody, and is greeted by the
 * second. The end of the file is a message of its own type, and the receiver
 * answers it. Whoever is left alone by a dead partner is told so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define PIECE_SIZE 65536
#define PATIENCE   10000 /* milliseconds */

/* Types of messages. */
enum { GREETING, PIECE, END, ANSWER };

typedef struct copy {
    FILE *file;
    const char *path;
    xipc_peer *peer;
    char other[XIPC_NAME_MAX + 1];
    xipc_poller *poller;
    xipc_peer_mail mail; /* what was received last */
    unsigned char piece[PIECE_SIZE];
} copy;

/* Receives the next message of the other one. */
typedef xipc_status way_to_receive(copy *self);

typedef struct way {
    const char *name;
    way_to_receive *receive;
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
        stderr, "copy_peer: %s: %s\n", xipc_status_name(status), xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_peer: %s: %s\n", self->path, strerror(errno));
    return -1;
}

/* ---- receiving ---- */

static xipc_status receive_named(copy *self)
{
    return xipc_peer_receive(
        self->peer, self->other, self->piece, PIECE_SIZE, &self->mail, soon());
}

/* That somebody else sends is nothing to us. */
static xipc_status receive_any(copy *self)
{
    xipc_status status;

    do {
        status = xipc_peer_receive_any(
            self->peer, self->piece, PIECE_SIZE, &self->mail, soon());
    } while (status == XIPC_OK && strcmp(self->mail.sender, self->other) != 0);
    return status;
}

static xipc_status wait_ready(copy *self)
{
    xipc_ready ready;
    size_t count;

    return xipc_poller_wait(self->poller, &ready, 1, soon(), &count);
}

/* What is ready may still be nothing: a look after each wait. */
static xipc_status receive_polled(copy *self)
{
    xipc_status status = XIPC_E_AGAIN;

    while (status == XIPC_E_AGAIN ||
           (status == XIPC_OK && strcmp(self->mail.sender, self->other) != 0)) {
        status = wait_ready(self);
        if (status == XIPC_OK) {
            status = xipc_peer_receive_any(
                self->peer, self->piece, PIECE_SIZE, &self->mail, XIPC_NOW);
        }
    }
    return status;
}

static const way ways[] = {
    {"named", receive_named},
    {"any", receive_any},
    {"poller", receive_polled},
};

/* ---- the file ---- */

static int send_one(copy *self, uint32_t type, size_t size)
{
    return done(xipc_peer_send(
        self->peer, self->other, self->piece, size, type, soon()));
}

/* 1, or 0 after the last, or -1 after it said what failed. */
static int send_piece(copy *self)
{
    size_t size = fread(self->piece, 1, PIECE_SIZE, self->file);

    if (ferror(self->file)) {
        return fail_file(self);
    }
    if (size > 0) {
        return send_one(self, PIECE, size);
    }
    return send_one(self, END, 0) == 1 ? 0 : -1;
}

static int receive_piece(copy *self, const way *how)
{
    if (done(how->receive(self)) != 1) {
        return -1;
    }
    if (self->mail.type == END) {
        return fflush(self->file) == 0 ? 0 : fail_file(self);
    }
    if (self->mail.type == PIECE &&
        fwrite(self->piece, 1, self->mail.size, self->file) !=
            self->mail.size) {
        return fail_file(self);
    }
    return 1;
}

/* ---- the two ---- */

/* Whoever finds nobody is the first, and is greeted. */
static int meet(copy *self, const way *how)
{
    xipc_status status =
        xipc_peer_send(self->peer, self->other, NULL, 0, GREETING, soon());

    return done(status == XIPC_E_NOT_FOUND ? how->receive(self) : status);
}

static int join(copy *self, const char *name, int is_send)
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    char own[XIPC_NAME_MAX + 1];
    int result;

    options.message_max = PIECE_SIZE;
    options.capacity = 16 * PIECE_SIZE;
    snprintf(own, sizeof own, "%.190s.%s", name, is_send ? "from" : "to");
    snprintf(
        self->other, sizeof self->other, "%.190s.%s", name,
        is_send ? "to" : "from");
    result = done(xipc_peer_join(own, &options, soon(), &self->peer));
    if (result == 1) {
        result = done(xipc_poller_create(&self->poller));
    }
    return result == 1 ? done(xipc_poller_add(
                             self->poller, xipc_peer_object(self->peer),
                             XIPC_READABLE, NULL))
                       : result;
}

/* The sender must not leave before the receiver has all of it, or it would not
 * know whether it has. */
static int part(copy *self, const way *how, int is_send)
{
    int result = 1;

    if (!is_send) {
        return send_one(self, ANSWER, 0);
    }
    do {
        result = done(how->receive(self));
    } while (result == 1 && self->mail.type != ANSWER);
    return result;
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
            stderr,
            "usage: copy_peer send|receive named|any|poller NAME FILE\n");
        return -1;
    }
    self->path = argv[4];
    self->mail.mail_size = sizeof self->mail;
    self->file = fopen(self->path, is_send ? "rb" : "wb");
    result = self->file ? join(self, argv[3], is_send) : fail_file(self);
    if (result == 1) {
        result = meet(self, how);
    }
    while (result == 1) {
        result = is_send ? send_piece(self) : receive_piece(self, how);
    }
    return result == 0 ? part(self, how, is_send) : result;
}

int main(int argc, char **argv)
{
    static copy self;
    int result = run(&self, argc, argv);

    if (self.file && fclose(self.file) != 0 && result == 1) {
        result = fail_file(&self);
    }
    xipc_poller_close(self.poller);
    xipc_peer_leave(self.peer);
    return result == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
