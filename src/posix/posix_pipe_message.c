/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in a stream of bytes.
 *
 *     4 bytes   the size, in the machine's own order
 *     size      the message
 *     1 byte    of long messages only: 1, or 0: it was given up, and is none
 *
 * A message that fits into PIPE_BUF with its size is short: the system takes it
 * whole or not at all, from whatever thread or process, so nobody ever waits in
 * the middle of one. A long one goes in pieces. A writer whose time is up in
 * the middle has not sent it: what is missing he owes, and whoever writes next
 * through this handle first fills it with zeros, the last of which says that it
 * is none.
 *
 * A reader takes what is there and keeps the pieces, so that no thread holds
 * the lock while it sleeps, and a read whose time is up loses nothing.
 */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "posix/posix_pipe.h"
#include "posix/posix_status.h"

#define HEAD_SIZE 4
#define WHOLE     1

static int is_long(size_t size)
{
    return size > PIPE_BUF - HEAD_SIZE;
}

/* ---- writing; with the writer's lock but where it says otherwise ---- */

/* XIPC_E_AGAIN: there is no room, no fault. */
static xipc_status pay(xipcos_pipe *pipe)
{
    static unsigned char zeros[PIPE_BUF];
    xipc_status status = XIPC_OK;

    while (pipe->writer.owed > 0 && status == XIPC_OK) {
        size_t now = pipe->writer.owed < sizeof zeros
                         ? (size_t)pipe->writer.owed
                         : sizeof zeros;
        const struct iovec part = {zeros, now};
        size_t size = 0;

        status = posix_pipe_try_write(pipe, &part, 1, &size);
        pipe->writer.owed -= size;
    }
    return status;
}

static xipc_status put_short(xipcos_pipe *pipe, const void *data, uint32_t size)
{
    uint32_t head = size;
    const struct iovec parts[2] = {
        {&head, HEAD_SIZE}, {(void *)data, (size_t)size}};
    size_t written;

    return posix_pipe_try_write(pipe, parts, size > 0 ? 2 : 1, &written);
}

static xipc_status put_head(xipcos_pipe *pipe, uint32_t size)
{
    const struct iovec part = {&size, HEAD_SIZE};
    size_t written;

    return posix_pipe_try_write(pipe, &part, 1, &written);
}

/* What is left of it from `*done` on. */
static xipc_status
put_rest(xipcos_pipe *pipe, const void *data, size_t size, size_t *done)
{
    unsigned char whole = WHOLE;
    xipc_status status = XIPC_OK;

    while (*done < size + 1 && status == XIPC_OK) {
        const struct iovec parts[2] = {
            {(char *)data + *done, size - *done}, {&whole, 1}};
        int is_trailer = *done == size;
        size_t written = 0;

        status = posix_pipe_try_write(
            pipe, parts + is_trailer, 2 - is_trailer, &written);
        *done += written;
    }
    return status;
}

/* A message being written: `done` of it are out, of a long one. */
typedef struct outgoing {
    xipcos_pipe *pipe;
    const void *data;
    size_t size;
    size_t done;
    int is_begun; /* a long one whose head is out */
} outgoing;

static xipc_status put_long(outgoing *message)
{
    xipc_status status = XIPC_OK;

    if (!message->is_begun) {
        status = put_head(message->pipe, (uint32_t)message->size);
        message->is_begun = status == XIPC_OK;
        message->pipe->writer.is_amid = message->is_begun;
    }
    return status == XIPC_OK ? put_rest(
                                   message->pipe, message->data, message->size,
                                   &message->done)
                             : status;
}

static xipc_status put(outgoing *message)
{
    xipcos_pipe *pipe = message->pipe;
    xipc_status status = message->is_begun ? XIPC_OK : pay(pipe);

    if (status != XIPC_OK) {
        return status;
    }
    return is_long(message->size)
               ? put_long(message)
               : put_short(pipe, message->data, (uint32_t)message->size);
}

/* It is over, one way or the other; others who write go on. */
static void finish(outgoing *message, xipc_status status)
{
    posix_pipe_writer *writer = &message->pipe->writer;

    if (!message->is_begun) {
        return;
    }
    pthread_mutex_lock(&writer->lock);
    writer->is_amid = 0;
    if (status != XIPC_OK) {
        writer->owed = (uint64_t)(message->size - message->done) + 1;
    }
    pthread_mutex_unlock(&writer->lock);
    posix_sleepers_wake(&message->pipe->sleepers);
}

/* One try, without the lock. *turn_out is 0 if another thread is amid. */
static xipc_status try_put(outgoing *message, int *turn_out)
{
    posix_pipe_writer *writer = &message->pipe->writer;
    xipc_status status = XIPC_E_AGAIN;

    pthread_mutex_lock(&writer->lock);
    *turn_out = message->is_begun || !writer->is_amid;
    if (*turn_out) {
        status = put(message);
    }
    pthread_mutex_unlock(&writer->lock);
    return status;
}

xipc_status posix_pipe_write_message(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience)
{
    outgoing message = {.pipe = pipe, .data = data, .size = size};
    xipc_status status;

    do {
        uint32_t ticket = posix_sleepers_ticket(&pipe->sleepers);
        int is_our_turn;

        status = try_put(&message, &is_our_turn);
        if (status != XIPC_E_AGAIN) {
            break;
        }
        status = posix_sleepers_wait(
            &pipe->sleepers, ticket, is_our_turn ? pipe->write_fd : -1, POLLOUT,
            patience);
    } while (status == XIPC_OK);
    finish(&message, status);
    return status;
}

/* ---- reading; with the reader's lock ---- */

static xipc_status corrupt(posix_pipe_reader *reader)
{
    reader->is_corrupt = 1;
    return xipcos_fault(
        XIPC_E_CORRUPT, 0, "what the other side wrote is no message");
}

static void begin_next(posix_pipe_reader *reader)
{
    reader->head_got = 0;
    reader->got = 0;
}

/* All that follows the head. */
static size_t size_behind(const posix_pipe_reader *reader)
{
    return (size_t)reader->size + (is_long(reader->size) ? 1 : 0);
}

static xipc_status get_head(xipcos_pipe *pipe)
{
    posix_pipe_reader *reader = &pipe->reader;
    xipc_status status = XIPC_OK;

    while (reader->head_got < HEAD_SIZE && status == XIPC_OK) {
        const struct iovec part = {
            reader->head + reader->head_got, HEAD_SIZE - reader->head_got};
        size_t size = 0;

        status = posix_pipe_try_read(pipe, &part, 1, &size);
        reader->head_got += size;
    }
    if (status != XIPC_OK) {
        return status;
    }
    memcpy(&reader->size, reader->head, HEAD_SIZE);
    return reader->size <= pipe->message_max ? XIPC_OK : corrupt(reader);
}

/* Before a piece is taken there must be a place for it. For a short message
 * there is one from the start. */
static xipc_status make_stash(posix_pipe_reader *reader)
{
    size_t needed = size_behind(reader);
    unsigned char *stash;

    if (reader->stash_size >= needed) {
        return XIPC_OK;
    }
    stash = realloc(reader->stash, needed);
    if (!stash) {
        return xipcos_fault(
            XIPC_E_NO_MEMORY, 0, "no memory for the pieces of a message");
    }
    reader->stash = stash;
    reader->stash_size = needed;
    return XIPC_OK;
}

/* The rest into the stash. */
static xipc_status get_rest(xipcos_pipe *pipe)
{
    posix_pipe_reader *reader = &pipe->reader;
    size_t needed = size_behind(reader);
    xipc_status status = XIPC_OK;

    while (reader->got < needed && status == XIPC_OK) {
        const struct iovec part = {
            reader->stash + reader->got, needed - reader->got};
        size_t size = 0;

        status = posix_pipe_try_read(pipe, &part, 1, &size);
        reader->got += size;
    }
    return status;
}

/* Whole, straight into the caller's buffer, if it is all there; what is not is
 * in the stash. */
static xipc_status
get_at_once(xipcos_pipe *pipe, void *buffer, unsigned char *trailer)
{
    posix_pipe_reader *reader = &pipe->reader;
    const struct iovec parts[2] = {{buffer, reader->size}, {trailer, 1}};
    size_t size = 0;
    xipc_status status =
        posix_pipe_try_read(pipe, parts, is_long(reader->size) ? 2 : 1, &size);

    if (status == XIPC_OK && size < size_behind(reader)) {
        memcpy(
            reader->stash, buffer, size < reader->size ? size : reader->size);
        reader->got = size;
        return XIPC_E_AGAIN;
    }
    return status;
}

/* The message behind the head; XIPC_E_AGAIN: it is not all there. NULL: only to
 * see that it is. */
static xipc_status
get_body(xipcos_pipe *pipe, void *buffer, unsigned char *trailer)
{
    posix_pipe_reader *reader = &pipe->reader;
    xipc_status status = make_stash(reader);

    if (status == XIPC_OK && buffer && reader->got == 0) {
        status = get_at_once(pipe, buffer, trailer);
        if (status != XIPC_E_AGAIN || reader->got == 0) {
            return status;
        }
        status = XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = get_rest(pipe);
    }
    if (status == XIPC_OK) {
        *trailer = reader->stash[size_behind(reader) - 1];
        if (buffer) {
            memcpy(buffer, reader->stash, reader->size);
        }
    }
    return status;
}

/* Who writes one of ours writes it whole; but it may be anybody who writes. */
static xipc_status get_short(xipcos_pipe *pipe, void *buffer)
{
    unsigned char unused;

    return pipe->reader.size > 0 ? get_body(pipe, buffer, &unused) : XIPC_OK;
}

static xipc_status get_long(xipcos_pipe *pipe, void *buffer)
{
    unsigned char trailer = 0;
    xipc_status status = get_body(pipe, buffer, &trailer);

    if (status == XIPC_OK && trailer != WHOLE) {
        begin_next(&pipe->reader);
        return trailer == 0 ? XIPC_E_BUSY : corrupt(&pipe->reader);
    }
    return status;
}

/*
 * The next message, into `buffer`; NULL: only whether it is there.
 * XIPC_E_CLOSED: the stream has ended, without a fault. XIPC_E_BUSY: there was
 * one that was given up, look again.
 */
static xipc_status
get_next(xipcos_pipe *pipe, void *buffer, size_t capacity, size_t *size_out)
{
    posix_pipe_reader *reader = &pipe->reader;
    xipc_status status = reader->is_corrupt ? corrupt(reader) : get_head(pipe);

    if (status != XIPC_OK) {
        return status;
    }
    *size_out = reader->size;
    if (buffer && reader->size > capacity) {
        /* Only of one that comes: that is known at its end. */
        status = is_long(reader->size) ? get_long(pipe, NULL)
                                       : get_short(pipe, NULL);
        return status == XIPC_OK ? XIPC_E_TOO_SMALL : status;
    }
    status = is_long(reader->size) ? get_long(pipe, buffer)
                                   : get_short(pipe, buffer);
    if (status == XIPC_OK && buffer) {
        begin_next(reader);
    }
    return status;
}

static xipc_status
get(xipcos_pipe *pipe, void *buffer, size_t capacity, size_t *size_out)
{
    posix_pipe_reader *reader = &pipe->reader;
    xipc_status status;

    do {
        status = get_next(pipe, buffer, capacity, size_out);
    } while (status == XIPC_E_BUSY);
    if (status == XIPC_E_CLOSED) {
        status = posix_pipe_ended(pipe, reader->head_got > 0);
    }
    return status;
}

static xipc_status
try_get(xipcos_pipe *pipe, void *buffer, size_t capacity, size_t *size_out)
{
    xipc_status status;

    pthread_mutex_lock(&pipe->reader.lock);
    status = get(pipe, buffer, capacity, size_out);
    pthread_mutex_unlock(&pipe->reader.lock);
    return status;
}

typedef struct message_look {
    xipcos_pipe *pipe;
    void *buffer;
    size_t capacity;
    size_t size;
} message_look;

static xipc_status look_for_message(void *context)
{
    message_look *look = context;

    return try_get(look->pipe, look->buffer, look->capacity, &look->size);
}

xipc_status posix_pipe_read_message(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    unsigned char nothing;
    message_look look = {pipe, buffer ? buffer : &nothing, capacity, 0};
    xipc_status status;

    do {
        uint32_t ticket = posix_sleepers_ticket(&pipe->sleepers);

        status = patience->deadline == XIPC_NOW
                     ? look_for_message(&look)
                     : posix_look(&pipe->yielder, look_for_message, &look);
        if (status == XIPC_OK || status == XIPC_E_TOO_SMALL) {
            *size_out = look.size;
        }
        if (status == XIPC_E_TOO_SMALL || status == XIPC_E_CORRUPT) {
            /* Others who sleep at the descriptor do not see what is kept. */
            posix_sleepers_wake(&pipe->sleepers);
        }
        if (status != XIPC_E_AGAIN) {
            return status;
        }
        status = posix_sleepers_wait(
            &pipe->sleepers, ticket, pipe->read_fd, POLLIN, patience);
    } while (status == XIPC_OK);
    return status;
}

/* What a look has taken in, others who sleep at the descriptor do not see. */
int posix_pipe_has_message(xipcos_pipe *pipe, int is_readable)
{
    posix_pipe_reader *reader = &pipe->reader;
    size_t unused;
    size_t before;
    int has_taken;
    xipc_status status = XIPC_E_AGAIN;

    pthread_mutex_lock(&reader->lock);
    before = reader->head_got + reader->got;
    if (is_readable || before > 0) {
        status = get(pipe, NULL, 0, &unused);
    }
    has_taken = reader->head_got + reader->got != before;
    pthread_mutex_unlock(&reader->lock);
    if (has_taken) {
        posix_sleepers_wake(&pipe->sleepers);
    }
    return status != XIPC_E_AGAIN;
}
