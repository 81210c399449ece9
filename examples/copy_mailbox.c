/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another through a mailbox. Start both, in
 * either order:
 *
 *     copy_mailbox send HOW NAME FILE
 *     copy_mailbox receive HOW NAME FILE
 *
 * HOW is one of six ways to use a mailbox, the same on both sides:
 *
 *     messages     copied in and out; some wait in the box
 *     rendezvous   the same, but none waits there: a send is over when the
 *                  other side has the message
 *     blocks       without a copy: read from the file into the box itself, and
 *                  written to the file from there
 *     acked        the same, and what a receiver who died had not written comes
 *                  again: start another one, within some seconds and with the
 *                  same FILE, and it goes on there. FILE should not be there
 *                  before the first
 *     poller       as messages, but nothing waits except a poller, which could
 *                  wait for other things as well
 *     native       as messages, but they lie in a message queue of the system,
 *                  where it has those
 *
 * A mailbox does not end when a sender leaves it: there may be others. So the
 * end of the file is a message of its own type, and the receiver answers it.
 * Whoever is left alone by a dead partner says so after some seconds; of the
 * partner nothing is left.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define CAPACITY       16
#define PIECE_SIZE     65536
#define QUEUE_CAPACITY 8 /* what a queue of the system surely has */
#define QUEUE_PIECE    4096
#define PATIENCE       10000 /* milliseconds */

/* Types of messages. */
enum { PIECE, END };

typedef struct copy {
    FILE *file;
    const char *path;
    xipc_mailbox *box;
    xipc_mailbox *answers; /* from the receiver: it has it all */
    xipc_poller *poller;
    size_t piece_size;
    int is_begun; /* acked: the file stands where it is to be written */
    unsigned char piece[PIECE_SIZE];
} copy;

/* One message. Each returns 1, or 0 after the last, or -1 after it said what
 * failed. */
typedef int step(copy *self);

typedef struct way {
    const char *name;
    uint32_t capacity;
    uint32_t flags;
    int is_polled;
    int is_native;
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
        stderr, "copy_mailbox: %s: %s\n", xipc_status_name(status),
        xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_mailbox: %s: %s\n", self->path, strerror(errno));
    return -1;
}

/* Also says of what type the message is. */
static int
read_piece(copy *self, void *piece, size_t *size_out, xipc_postage *postage)
{
    *size_out = fread(piece, 1, self->piece_size, self->file);
    postage->type = *size_out > 0 ? PIECE : END;
    return ferror(self->file) ? fail_file(self) : 1;
}

/* How it goes on when this one is sent. */
static int sent(xipc_status status, const xipc_postage *postage)
{
    return done(status) == 1 ? postage->type == PIECE : -1;
}

/* It is in the file when this is done, not in a buffer of this process. */
static int
write_piece(copy *self, const void *piece, size_t size, uint32_t type)
{
    if (type == END) {
        return 0;
    }
    return fwrite(piece, 1, size, self->file) == size && fflush(self->file) == 0
               ? 1
               : fail_file(self);
}

/* ---- messages ---- */

static int send_message(copy *self)
{
    xipc_postage postage = XIPC_POSTAGE_INIT;
    size_t size;

    if (read_piece(self, self->piece, &size, &postage) != 1) {
        return -1;
    }
    return sent(
        xipc_mailbox_send(self->box, self->piece, size, &postage, soon()),
        &postage);
}

static int receive_message(copy *self)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    size_t size;
    int result = done(xipc_mailbox_receive(
        self->box, self->piece, PIECE_SIZE, &size, &envelope, soon()));

    return result == 1 ? write_piece(self, self->piece, size, envelope.type)
                       : result;
}

/* ---- without a copy ---- */

/* What was reserved and not committed was never there. */
static int send_block(copy *self)
{
    xipc_postage postage = XIPC_POSTAGE_INIT;
    void *block;
    size_t size;

    if (done(xipc_mailbox_reserve(self->box, PIECE_SIZE, &block, soon())) !=
            1 ||
        read_piece(self, block, &size, &postage) != 1) {
        return -1;
    }
    return sent(
        xipc_mailbox_commit(self->box, block, size, &postage, soon()),
        &postage);
}

static int write_and_release(
    copy *self, const void *block, size_t size, const xipc_envelope *envelope)
{
    int result = write_piece(self, block, size, envelope->type);

    if (result >= 0 && done(xipc_mailbox_release(self->box, block)) != 1) {
        return -1;
    }
    return result;
}

static int receive_block(copy *self)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    const void *block;
    size_t size;
    int result =
        done(xipc_mailbox_take(self->box, &block, &size, &envelope, soon()));

    return result == 1 ? write_and_release(self, block, size, &envelope)
                       : result;
}

/* ---- and none is lost with its receiver ---- */

/*
 * The messages of a box are numbered from 1 on, so the first one that this
 * receiver gets tells where the one before it has got to. A piece that the
 * other had written but not released, or not all of it, is written once more.
 */
static int find_begin(copy *self, const xipc_envelope *envelope)
{
    uint64_t offset = (envelope->sequence - 1) * PIECE_SIZE;

    if (offset > LONG_MAX) {
        errno = ERANGE;
        return fail_file(self);
    }
    self->is_begun = 1;
    return fseek(self->file, (long)offset, SEEK_SET) == 0 ? 1 : fail_file(self);
}

static int receive_acked(copy *self)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    const void *block;
    size_t size;
    int result =
        done(xipc_mailbox_take(self->box, &block, &size, &envelope, soon()));

    if (result == 1 && !self->is_begun) {
        result = find_begin(self, &envelope);
    }
    return result == 1 ? write_and_release(self, block, size, &envelope)
                       : result;
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
    xipc_postage postage = XIPC_POSTAGE_INIT;
    size_t size;
    int result = read_piece(self, self->piece, &size, &postage);

    while (result == 1) {
        xipc_status status =
            xipc_mailbox_send(self->box, self->piece, size, &postage, XIPC_NOW);

        if (status != XIPC_E_AGAIN) {
            return sent(status, &postage);
        }
        result = wait_in_poller(self);
    }
    return result;
}

static int receive_when_readable(copy *self)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    int result = 1;
    size_t size;

    while (result == 1) {
        xipc_status status = xipc_mailbox_receive(
            self->box, self->piece, PIECE_SIZE, &size, &envelope, XIPC_NOW);

        if (status != XIPC_E_AGAIN) {
            result = done(status);
            return result == 1
                       ? write_piece(self, self->piece, size, envelope.type)
                       : result;
        }
        result = wait_in_poller(self);
    }
    return result;
}

static const way ways[] = {
    {"messages", CAPACITY, 0, 0, 0, send_message, receive_message},
    {"rendezvous", 0, 0, 0, 0, send_message, receive_message},
    {"blocks", CAPACITY, 0, 0, 0, send_block, receive_block},
    {"acked", CAPACITY, XIPC_MAILBOX_ACKED, 0, 0, send_block, receive_acked},
    {"poller", CAPACITY, 0, 1, 0, send_when_writable, receive_when_readable},
    {"native", QUEUE_CAPACITY, 0, 0, 1, send_message, receive_message},
};

/* ---- the copy ---- */

/* Whoever comes first creates it. It is transient: it lives as long as one of
 * the two has it open. */
static int
join_box(const char *name, const way *how, size_t size, xipc_mailbox **out)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

    options.capacity = how ? how->capacity : 0;
    options.flags = how ? how->flags : 0;
    options.message_max = (uint32_t)size;
    return done(xipc_mailbox_open_or_create(name, &options, soon(), out, NULL));
}

/* An answer goes from the receiver to the sender, through a box of capacity 0:
 * so neither goes on before the other one knows. */
static int answer(copy *self, int is_send)
{
    size_t size;

    return done(
        is_send
            ? xipc_mailbox_receive(self->answers, NULL, 0, &size, NULL, soon())
            : xipc_mailbox_send(self->answers, NULL, 0, NULL, soon()));
}

/*
 * Some systems let nobody but its creator receive from a queue. So the receiver
 * creates it, and answers when it is there.
 */
static int join_queue(copy *self, const char *name, int is_send)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    int result = 1;

    options.provider = XIPC_PROVIDER_NATIVE;
    options.capacity = QUEUE_CAPACITY;
    options.message_max = QUEUE_PIECE;
    if (!is_send) {
        result = done(xipc_mailbox_create(name, &options, soon(), &self->box));
    }
    if (result == 1) {
        result = answer(self, is_send);
    }
    if (result == 1 && is_send) {
        result = done(xipc_mailbox_open(name, &options, soon(), &self->box));
    }
    return result;
}

/* "NAME", and "NAME.done" for the answer. */
static int join(copy *self, const way *how, const char *name, int is_send)
{
    char done_name[XIPC_NAME_MAX + 1];
    int result;

    snprintf(done_name, sizeof done_name, "%s.done", name);
    self->piece_size = how->is_native ? QUEUE_PIECE : PIECE_SIZE;
    result = join_box(done_name, NULL, 0, &self->answers);
    if (result == 1) {
        result = how->is_native ? join_queue(self, name, is_send)
                                : join_box(name, how, PIECE_SIZE, &self->box);
    }
    if (result == 1 && how->is_polled) {
        result = done(xipc_poller_create(&self->poller));
    }
    if (result == 1 && how->is_polled) {
        result = done(xipc_poller_add(
            self->poller, xipc_mailbox_object(self->box),
            is_send ? XIPC_WRITABLE : XIPC_READABLE, NULL));
    }
    return result;
}

/* A file that is to be written on is not emptied. */
static int open_file(copy *self, const way *how, int is_send)
{
    if (!is_send && how->receive == receive_acked) {
        self->file = fopen(self->path, "r+b");
    }
    if (!self->file) {
        self->file = fopen(self->path, is_send ? "rb" : "wb");
    }
    return self->file ? 1 : fail_file(self);
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
            stderr, "usage: copy_mailbox send|receive "
                    "messages|rendezvous|blocks|acked|poller|native "
                    "NAME FILE\n");
        return -1;
    }
    self->path = argv[4];
    result = open_file(self, how, is_send);
    if (result == 1) {
        result = join(self, how, argv[3], is_send);
    }
    while (result == 1) {
        result = is_send ? how->send(self) : how->receive(self);
    }
    /* The sender must not leave before the receiver has all of it: a transient
     * box that nobody has open is gone, and what is in it too. */
    return result == 0 ? answer(self, is_send) : result;
}

int main(int argc, char **argv)
{
    static copy self;
    int result = run(&self, argc, argv);

    if (self.file && fclose(self.file) != 0 && result == 1) {
        result = fail_file(&self);
    }
    xipc_poller_close(self.poller);
    xipc_mailbox_close(self.answers);
    xipc_mailbox_close(self.box);
    return result == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
