/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another over a socket. Start both, in
 * either order:
 *
 *     copy_socket send HOW ADDRESS FILE
 *     copy_socket receive HOW ADDRESS FILE
 *
 * HOW is one of three ways, the same on both sides:
 *
 *     stream     over tcp://HOST:PORT, unix:NAME or unix:/PATH
 *     poller     the same, but nothing waits except a poller, which could wait
 *                for other things as well
 *     datagrams  over udp://HOST:PORT, where pieces may get lost, so each is
 *                answered, and sent again until it is
 *
 * The sender ends writing when it has sent all, and waits for the receiver to
 * close: so it knows that it was received.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define PIECE_SIZE  65536
#define LETTER_SIZE 1200  /* fits into one packet of nearly any network */
#define PATIENCE    10000 /* milliseconds */
#define IMPATIENCE  50    /* until it is tried again */

typedef struct copy {
    FILE *file;
    const char *path;
    const char *uri;
    xipc_socket_listener *listener;
    xipc_socket *socket;
    xipc_poller *poller;
    unsigned char piece[PIECE_SIZE];
} copy;

/* 1 for success, or -1 after it said what failed. */
typedef int way_body(copy *self);

typedef struct way {
    const char *name;
    way_body *send;
    way_body *receive;
} way;

static xipc_deadline soon(void)
{
    return xipc_after_ms(PATIENCE);
}

static int done(xipc_status status)
{
    if (status == XIPC_OK) {
        return 1;
    }
    fprintf(
        stderr, "copy_socket: %s: %s\n", xipc_status_name(status),
        xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_socket: %s: %s\n", self->path, strerror(errno));
    return -1;
}

static int read_piece(copy *self, size_t capacity, size_t *size_out)
{
    *size_out = fread(self->piece, 1, capacity, self->file);
    return ferror(self->file) ? fail_file(self) : 1;
}

static int write_piece(copy *self, const void *piece, size_t size)
{
    return fwrite(piece, 1, size, self->file) == size ? 1 : fail_file(self);
}

/* ---- a stream ---- */

/* A poller with nothing in it lets the time pass. */
static int pause_a_little(copy *self)
{
    xipc_ready ready;
    size_t count;
    xipc_status status;

    if (!self->poller && done(xipc_poller_create(&self->poller)) != 1) {
        return -1;
    }
    status = xipc_poller_wait(
        self->poller, &ready, 1, xipc_after_ms(IMPATIENCE), &count);
    return status == XIPC_E_TIMEOUT ? 1 : done(status);
}

/* The receiver may not be there yet. */
static int connect_to(copy *self)
{
    xipc_deadline deadline = soon();
    int result = 1;

    while (result == 1) {
        xipc_status status =
            xipc_socket_connect(self->uri, NULL, deadline, &self->socket);

        if (status != XIPC_E_NOT_FOUND || xipc_after_ms(0) > deadline) {
            return done(status);
        }
        result = pause_a_little(self);
    }
    return result;
}

static int accept_one(copy *self)
{
    int result =
        done(xipc_socket_listen(self->uri, NULL, soon(), &self->listener));

    return result == 1
               ? done(xipc_socket_accept(self->listener, soon(), &self->socket))
               : result;
}

/* All was written; the other side closes when it has it. */
static int end_sending(copy *self)
{
    char byte;
    size_t size;
    xipc_status status;

    if (done(xipc_socket_shutdown_write(self->socket)) != 1) {
        return -1;
    }
    status = xipc_socket_read(self->socket, &byte, 1, soon(), &size);
    return status == XIPC_E_CLOSED ? 1 : done(status);
}

static int send_stream(copy *self)
{
    int result = connect_to(self);
    size_t size = 1;

    while (result == 1 && size > 0) {
        result = read_piece(self, PIECE_SIZE, &size);
        if (result == 1) {
            result = done(xipc_socket_write(
                self->socket, self->piece, size, soon(), NULL));
        }
    }
    return result == 1 ? end_sending(self) : result;
}

static int receive_stream(copy *self)
{
    int result = accept_one(self);

    while (result == 1) {
        size_t size;
        xipc_status status = xipc_socket_read(
            self->socket, self->piece, PIECE_SIZE, soon(), &size);

        if (status == XIPC_E_CLOSED) {
            return 1;
        }
        result = done(status);
        if (result == 1) {
            result = write_piece(self, self->piece, size);
        }
    }
    return result;
}

/* ---- in a poller ---- */

static int watch(copy *self, xipc_object *object, uint32_t events)
{
    int result = 1;

    if (!self->poller) {
        result = done(xipc_poller_create(&self->poller));
    }
    return result == 1
               ? done(xipc_poller_add(self->poller, object, events, NULL))
               : result;
}

static int wait_in_poller(copy *self)
{
    xipc_ready ready;
    size_t count;

    return done(xipc_poller_wait(self->poller, &ready, 1, soon(), &count));
}

/* What the socket takes at once, and when there is room the rest. */
static int write_when_writable(copy *self, size_t size)
{
    size_t sent = 0;
    int result = 1;

    while (result == 1 && sent < size) {
        size_t written = 0;
        xipc_status status = xipc_socket_write(
            self->socket, self->piece + sent, size - sent, XIPC_NOW, &written);

        sent += written;
        result = status == XIPC_E_AGAIN ? wait_in_poller(self) : done(status);
    }
    return result;
}

static int send_in_poller(copy *self)
{
    int result = connect_to(self);
    size_t size = 1;

    if (result == 1) {
        result = watch(self, xipc_socket_object(self->socket), XIPC_WRITABLE);
    }
    while (result == 1 && size > 0) {
        result = read_piece(self, PIECE_SIZE, &size);
        if (result == 1) {
            result = write_when_writable(self, size);
        }
    }
    return result == 1 ? end_sending(self) : result;
}

static int accept_in_poller(copy *self)
{
    xipc_object *object = NULL;
    int result =
        done(xipc_socket_listen(self->uri, NULL, soon(), &self->listener));

    if (result == 1) {
        object = xipc_socket_listener_object(self->listener);
        result = watch(self, object, XIPC_READABLE);
    }
    while (result == 1) {
        xipc_status status =
            xipc_socket_accept(self->listener, XIPC_NOW, &self->socket);

        if (status != XIPC_E_AGAIN) {
            /* Nobody else is accepted: who knocks need not be told of. */
            (void)xipc_poller_remove(self->poller, object);
            return done(status);
        }
        result = wait_in_poller(self);
    }
    return result;
}

static int receive_in_poller(copy *self)
{
    int result = accept_in_poller(self);

    if (result == 1) {
        result = watch(self, xipc_socket_object(self->socket), XIPC_READABLE);
    }
    while (result == 1) {
        size_t size;
        xipc_status status = xipc_socket_read(
            self->socket, self->piece, PIECE_SIZE, XIPC_NOW, &size);

        if (status == XIPC_E_CLOSED) {
            return 1;
        }
        if (status == XIPC_E_AGAIN) {
            result = wait_in_poller(self);
            continue;
        }
        result = done(status);
        if (result == 1) {
            result = write_piece(self, self->piece, size);
        }
    }
    return result;
}

/* ---- datagrams ---- */

/* In front of each piece, and all there is in an answer. The last one is empty.
 */
typedef struct letter_head {
    unsigned char number[4]; /* the lowest byte first */
} letter_head;

static letter_head head_of(uint32_t number)
{
    letter_head head;

    for (int at = 0; at < 4; at++) {
        head.number[at] = (unsigned char)(number >> at * 8);
    }
    return head;
}

/* 1: it was answered; 0: not in time. Older answers may still come. */
static int is_answered(copy *self, const letter_head *head)
{
    xipc_deadline deadline = xipc_after_ms(IMPATIENCE);
    xipc_status status = XIPC_OK;
    letter_head answer;
    size_t size = 0;

    while (status == XIPC_OK || status == XIPC_E_TOO_SMALL) {
        status = xipc_socket_receive(
            self->socket, &answer, sizeof answer, deadline, &size, NULL);
        if (status == XIPC_OK && size == sizeof answer &&
            memcmp(&answer, head, size) == 0) {
            return 1;
        }
    }
    return status == XIPC_E_TIMEOUT ? 0 : done(status);
}

static int send_letter(copy *self, uint32_t number, size_t size)
{
    const letter_head head = head_of(number);
    xipc_deadline deadline = soon();
    int result = 0;

    memmove(self->piece + sizeof head, self->piece, size);
    memcpy(self->piece, &head, sizeof head);
    while (result == 0) {
        if (xipc_after_ms(0) > deadline) {
            fprintf(stderr, "copy_socket: nobody answers\n");
            return -1;
        }
        result = done(xipc_socket_send(
            self->socket, NULL, self->piece, sizeof head + size, deadline));
        if (result == 1) {
            result = is_answered(self, &head);
        }
    }
    return result;
}

static int send_letters(copy *self)
{
    int result =
        done(xipc_socket_connect(self->uri, NULL, soon(), &self->socket));
    size_t size = 1;

    for (uint32_t number = 0; result == 1 && size > 0; number++) {
        result = read_piece(self, LETTER_SIZE, &size);
        if (result == 1) {
            result = send_letter(self, number, size);
        }
    }
    return result;
}

/* 1: the next piece; 0: one that came before, whose answer was lost. */
static int receive_letter(copy *self, uint32_t number, size_t *size_out)
{
    const letter_head next = head_of(number);
    xipc_address from;
    int result;

    do {
        result = done(xipc_socket_receive(
            self->socket, self->piece, PIECE_SIZE, soon(), size_out, &from));
    } while (result == 1 && *size_out < sizeof next);
    if (result == 1) {
        result = done(xipc_socket_send(
            self->socket, &from, self->piece, sizeof next, soon()));
    }
    return result == 1 ? memcmp(self->piece, &next, sizeof next) == 0 : result;
}

/* The sender ends when it has the last answer; if that is lost, in vain. */
static int receive_letters(copy *self)
{
    int result = done(xipc_socket_bind(self->uri, NULL, soon(), &self->socket));
    uint32_t number = 0;

    while (result >= 0) {
        size_t size = 0;

        result = receive_letter(self, number, &size);
        if (result == 1 && size == sizeof(letter_head)) {
            return 1;
        }
        if (result == 1) {
            number++;
            result = write_piece(
                self, self->piece + sizeof(letter_head),
                size - sizeof(letter_head));
        }
    }
    return result;
}

static const way ways[] = {
    {"stream", send_stream, receive_stream},
    {"poller", send_in_poller, receive_in_poller},
    {"datagrams", send_letters, receive_letters},
};

/* ---- the copy ---- */

static int run(copy *self, int argc, char **argv)
{
    int is_send = argc == 5 && strcmp(argv[1], "send") == 0;
    const way *how = NULL;

    for (size_t at = 0; argc == 5 && at < sizeof ways / sizeof *ways; at++) {
        if (strcmp(argv[2], ways[at].name) == 0) {
            how = &ways[at];
        }
    }
    if (!how || (!is_send && strcmp(argv[1], "receive") != 0)) {
        fprintf(
            stderr, "usage: copy_socket send|receive stream|poller|datagrams "
                    "ADDRESS FILE\n");
        return -1;
    }
    self->uri = argv[3];
    self->path = argv[4];
    self->file = fopen(self->path, is_send ? "rb" : "wb");
    if (!self->file) {
        return fail_file(self);
    }
    return is_send ? how->send(self) : how->receive(self);
}

int main(int argc, char **argv)
{
    static copy self;
    int result = run(&self, argc, argv);

    /* Closing tells the sender that all was received: so the file first. */
    if (self.file && fclose(self.file) != 0 && result == 1) {
        result = fail_file(&self);
    }
    xipc_poller_close(self.poller);
    xipc_socket_close(self.socket);
    xipc_socket_listener_close(self.listener);
    return result == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
