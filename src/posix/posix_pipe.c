/* SPDX-License-Identifier: Apache-2.0 */
/* An end: bytes, and the end of them. */
#include "posix/posix_pipe.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os_process.h"
#include "posix/posix_status.h"

#define PARTS_MAX 3

/* A quarter of what the kernel allows: all pipes of a user share 64 MiB, and
 * beyond those even a new pipe is small, in all programs of this user. */
#define BUFFER_BYTES ((uint32_t)1 << 18)

/* Of more at once some systems say that it is no size. */
#define AT_ONCE_MAX ((size_t)INT_MAX)

uint32_t xipcos_pipe_directions(const xipcos_pipe *pipe)
{
    return pipe->directions;
}

uint32_t xipcos_pipe_message_max(const xipcos_pipe *pipe)
{
    return pipe->message_max;
}

/* ---- how the other side ended ---- */

static int is_shut(const xipcos_pipe *pipe)
{
    return atomic_load_explicit(&pipe->is_shut, memory_order_seq_cst);
}

static mode_t marks_of(int fd)
{
    struct stat file;

    return fd >= 0 && fstat(fd, &file) == 0 ? file.st_mode & POSIX_MARKS
                                            : POSIX_MARKS;
}

/* If another thread has ended to write meanwhile, what was looked at may have
 * been something else already. */
mode_t posix_pipe_marks_of_other(const xipcos_pipe *pipe)
{
    mode_t marks = is_shut(pipe) ? 0 : marks_of(pipe->write_fd);

    return is_shut(pipe) ? marks_of(pipe->other_fd) : marks;
}

static xipc_status other_died(void)
{
    return xipcos_fault(XIPC_E_PEER_DIED, 0, "the other side died");
}

xipc_status posix_pipe_ended(const xipcos_pipe *pipe, int is_cut)
{
    if (pipe->is_connection ? (posix_pipe_marks_of_other(pipe) &
                               (POSIX_MARK_WRITES | POSIX_MARK_ALL)) == 0
                            : is_cut) {
        return other_died();
    }
    return xipcos_fault(
        XIPC_E_CLOSED, 0, "the other side has ended, and all was read");
}

static xipc_status is_not_read(const xipcos_pipe *pipe, int os_error)
{
    if (pipe->is_connection &&
        (posix_pipe_marks_of_other(pipe) & POSIX_MARK_ALL) == 0) {
        return other_died();
    }
    return xipcos_fault(XIPC_E_CLOSED, os_error, "nobody reads it any more");
}

/* ---- one try ---- */

static int is_ready(int fd, short events)
{
    struct pollfd polled = {.fd = fd, .events = events};

    return poll(&polled, 1, 0) > 0;
}

static int blocks(const atomic_int *flag)
{
    return atomic_load_explicit(flag, memory_order_relaxed);
}

/* Until somebody has come to write, an end to read looks as if all had left. */
static int has_met(xipcos_pipe *pipe)
{
    struct pollfd polled = {.fd = pipe->read_fd, .events = POLLIN};

    if (!atomic_load_explicit(&pipe->has_met, memory_order_relaxed) &&
        poll(&polled, 1, 0) > 0) {
        atomic_store_explicit(&pipe->has_met, 1, memory_order_relaxed);
    }
    return atomic_load_explicit(&pipe->has_met, memory_order_relaxed);
}

xipc_status posix_pipe_try_read(
    xipcos_pipe *pipe, const struct iovec *parts, int count, size_t *size_out)
{
    ssize_t size;

    if (blocks(&pipe->read_blocks) && !is_ready(pipe->read_fd, POLLIN)) {
        return XIPC_E_AGAIN;
    }
    do {
        size = count == 1 ? read(pipe->read_fd, parts->iov_base, parts->iov_len)
                          : readv(pipe->read_fd, parts, count);
    } while (size < 0 && errno == EINTR);
    if (size > 0) {
        *size_out = (size_t)size;
        return XIPC_OK;
    }
    if (size == 0) {
        return has_met(pipe) ? XIPC_E_CLOSED : XIPC_E_AGAIN;
    }
    return errno == EAGAIN ? XIPC_E_AGAIN
                           : posix_fault(errno, "reading from a pipe");
}

/* Of an opening that blocks only as much as surely has room. */
static ssize_t write_little(int fd, const struct iovec *parts, int count)
{
    struct iovec little[PARTS_MAX];
    size_t left = PIPE_BUF;

    if (!is_ready(fd, POLLOUT)) {
        errno = EAGAIN;
        return -1;
    }
    for (int at = 0; at < count; at++) {
        little[at] = parts[at];
        if (little[at].iov_len > left) {
            little[at].iov_len = left;
        }
        left -= little[at].iov_len;
    }
    return posix_pipe_writev(fd, little, count);
}

static ssize_t
write_once(const xipcos_pipe *pipe, const struct iovec *parts, int count)
{
    ssize_t size;

    do {
        size = blocks(&pipe->write_blocks)
                   ? write_little(pipe->write_fd, parts, count)
                   : posix_pipe_writev(pipe->write_fd, parts, count);
    } while (size < 0 && errno == EINTR);
    return size;
}

/* The first time that there is too little room. Whether there may be more now.
 */
static int grow(xipcos_pipe *pipe)
{
    if (atomic_exchange_explicit(&pipe->has_grown, 1, memory_order_relaxed)) {
        return 0;
    }
    posix_pipe_grow(
        pipe->write_fd, pipe->buffer_size ? pipe->buffer_size : BUFFER_BYTES);
    return 1;
}

xipc_status posix_pipe_try_write(
    xipcos_pipe *pipe, const struct iovec *parts, int count, size_t *size_out)
{
    ssize_t size = write_once(pipe, parts, count);

    if (size < 0 && errno == EAGAIN && grow(pipe)) {
        size = write_once(pipe, parts, count);
    }
    if (size >= 0) {
        *size_out = (size_t)size;
        return XIPC_OK;
    }
    if (errno == EAGAIN) {
        return XIPC_E_AGAIN;
    }
    if (is_shut(pipe)) {
        return xipcos_fault(XIPC_E_CLOSED, 0, "this end has ended to write");
    }
    return errno == EPIPE ? is_not_read(pipe, errno)
                          : posix_fault(errno, "writing to a pipe");
}

/* ---- bytes ---- */

typedef struct byte_look {
    xipcos_pipe *pipe;
    const struct iovec *part;
    size_t size;
} byte_look;

static xipc_status look_for_bytes(void *context)
{
    byte_look *look = context;

    return posix_pipe_try_read(look->pipe, look->part, 1, &look->size);
}

static xipc_status read_bytes(
    xipcos_pipe *pipe,
    const struct iovec *part,
    const xipcos_patience *patience,
    size_t *size_out)
{
    byte_look look = {pipe, part, 0};
    xipc_status status;

    do {
        uint32_t ticket = posix_sleepers_ticket(&pipe->sleepers);

        status = patience->deadline == XIPC_NOW
                     ? look_for_bytes(&look)
                     : posix_look(&pipe->yielder, look_for_bytes, &look);
        if (status == XIPC_OK) {
            *size_out = look.size;
        }
        if (status != XIPC_E_AGAIN) {
            return status == XIPC_E_CLOSED ? posix_pipe_ended(pipe, 0) : status;
        }
        status = posix_sleepers_wait(
            &pipe->sleepers, ticket, pipe->read_fd, POLLIN, patience);
    } while (status == XIPC_OK);
    return status;
}

xipc_status xipcos_pipe_read(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    const struct iovec part = {
        buffer, capacity < AT_ONCE_MAX ? capacity : AT_ONCE_MAX};

    return pipe->message_max == 0
               ? read_bytes(pipe, &part, patience, size_out)
               : posix_pipe_read_message(
                     pipe, buffer, capacity, patience, size_out);
}

static xipc_status write_bytes(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status = XIPC_OK;
    size_t done = 0;

    while (done < size && status == XIPC_OK) {
        uint32_t ticket = posix_sleepers_ticket(&pipe->sleepers);
        const size_t left = size - done;
        const struct iovec part = {
            (char *)data + done, left < AT_ONCE_MAX ? left : AT_ONCE_MAX};
        size_t written = 0;

        status = posix_pipe_try_write(pipe, &part, 1, &written);
        done += written;
        if (status == XIPC_E_AGAIN) {
            status = posix_sleepers_wait(
                &pipe->sleepers, ticket, pipe->write_fd, POLLOUT, patience);
        }
    }
    *written_out = done;
    return status;
}

xipc_status xipcos_pipe_write(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    if (pipe->message_max == 0) {
        return write_bytes(pipe, data, size, patience, written_out);
    }
    *written_out = 0;
    return posix_pipe_write_message(pipe, data, size, patience);
}

/* ---- ending ---- */

/* The file is this user's, who made it; if that is another one now, the other
 * side takes it for a death. */
void posix_pipe_mark(xipcos_pipe *pipe, mode_t mode)
{
    pipe->mode = mode;
    (void)fchmod(pipe->read_fd, pipe->mode);
}

/*
 * With the writer's lock. The number of the descriptor stays, for those who use
 * it just now; what is behind it cannot be written to any more, and belongs to
 * nobody who waits for an end.
 */
static xipc_status end_writing(xipcos_pipe *pipe)
{
    int ends[2] = {-1, -1};
    int os_error = posix_pipe_ends(ends);

    if (os_error != 0) {
        return posix_fault(os_error, "ending to write");
    }
    if (pipe->is_connection) {
        posix_pipe_mark(pipe, pipe->mode | POSIX_MARK_WRITES);
        pipe->other_fd = posix_pipe_keep(pipe->write_fd);
    }
    atomic_store_explicit(&pipe->is_shut, 1, memory_order_seq_cst);
    posix_pipe_replace(ends[0], pipe->write_fd);
    close(ends[0]);
    close(ends[1]);
    return XIPC_OK;
}

xipc_status xipcos_pipe_shutdown_write(xipcos_pipe *pipe)
{
    xipc_status status = XIPC_OK;

    pthread_mutex_lock(&pipe->writer.lock);
    if (!is_shut(pipe)) {
        status = end_writing(pipe);
    }
    pthread_mutex_unlock(&pipe->writer.lock);
    /* A sleep keeps what it sleeps at open. */
    posix_sleepers_wake(&pipe->sleepers);
    return status;
}

void xipcos_pipe_close(xipcos_pipe *pipe)
{
    if (!pipe) {
        return;
    }
    if (pipe->is_connection && pipe->epoch == xipcos_fork_epoch()) {
        posix_pipe_mark(pipe, pipe->mode | POSIX_MARK_WRITES | POSIX_MARK_ALL);
    }
    posix_pipe_free(pipe);
}

void xipcos_pipe_wake(xipcos_pipe *pipe)
{
    posix_sleepers_wake(&pipe->sleepers);
}

/* ---- what is the case ---- */

static uint32_t ready_to_read(xipcos_pipe *pipe, short seen)
{
    uint32_t events = (seen & POLLHUP) != 0 ? XIPC_HUNG_UP : 0U;

    int is_readable = (seen & (POLLIN | POLLHUP | POLLERR)) != 0;

    if (pipe->message_max == 0 ? is_readable
                               : posix_pipe_has_message(pipe, is_readable)) {
        events |= XIPC_READABLE;
    }
    return events;
}

static uint32_t ready_to_write(short seen)
{
    return ((seen & (POLLOUT | POLLERR)) != 0 ? XIPC_WRITABLE : 0U) |
           ((seen & POLLERR) != 0 ? XIPC_HUNG_UP : 0U);
}

uint32_t xipcos_pipe_ready(xipcos_pipe *pipe)
{
    int has_ended = is_shut(pipe);
    struct pollfd polled[2] = {
        {.fd = pipe->read_fd, .events = POLLIN},
        {.fd = has_ended ? -1 : pipe->write_fd, .events = POLLOUT}};
    uint32_t events = has_ended ? XIPC_WRITABLE : 0U;

    if (poll(polled, 2, 0) < 0) {
        return 0;
    }
    if ((pipe->directions & XIPC_READABLE) != 0) {
        events |= ready_to_read(pipe, polled[0].revents);
    }
    if ((pipe->directions & XIPC_WRITABLE) != 0) {
        events |= ready_to_write(polled[1].revents);
    }
    return events;
}

uint32_t
xipcos_pipe_waitable(xipcos_pipe *pipe, uint32_t events, intptr_t *native_out)
{
    uint32_t told = events & pipe->directions;

    if ((told & XIPC_READABLE) != 0) {
        *native_out = pipe->read_fd;
        return XIPC_READABLE;
    }
    if (told == 0 || is_shut(pipe)) {
        return 0;
    }
    *native_out = pipe->write_fd;
    return XIPC_WRITABLE;
}

intptr_t xipcos_pipe_native_handle(const xipcos_pipe *pipe, uint32_t direction)
{
    return direction == XIPC_READABLE ? pipe->read_fd : pipe->write_fd;
}

xipc_status xipcos_pipe_other(const xipcos_pipe *pipe, xipcos_other *other_out)
{
    if (!pipe->is_connection) {
        return xipcos_fault(XIPC_E_NOT_SUPPORTED, 0, "it is not a connection");
    }
    *other_out = pipe->other;
    return XIPC_OK;
}

/* A file says whose it is, not which process made it. */
int xipcos_pipe_vouches_process(void)
{
    return 0;
}
