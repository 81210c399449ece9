/* SPDX-License-Identifier: Apache-2.0 */
/* FIFOs that other programs use too. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_lease.h"
#include "posix/posix_pipe.h"
#include "posix/posix_status.h"

xipc_status posix_native_check(uint32_t directions)
{
    return directions == XIPC_READABLE || directions == XIPC_WRITABLE
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_INVALID, 0,
                     "a FIFO goes one way: XIPC_PIPE_READ_ONLY or "
                     "XIPC_PIPE_WRITE_ONLY");
}

char *posix_native_full_path(const char *path)
{
    return realpath(path, NULL);
}

/* Only a FIFO: what else may stand there would be read or written as it is. 0,
 * or errno; ENODEV: something else. */
static int open_fifo(const char *path, int way, int *fd_out)
{
    struct stat file;
    int fd;

    /* Opening may do something with what is none. */
    if (stat(path, &file) < 0) {
        return errno;
    }
    if (!S_ISFIFO(file.st_mode)) {
        return ENODEV;
    }
    fd = open(path, way | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    if (fstat(fd, &file) < 0 || !S_ISFIFO(file.st_mode)) {
        posix_lease_close_any(fd);
        return ENODEV;
    }
    *fd_out = fd;
    return 0;
}

static xipc_status explain(int os_error, const char *path)
{
    if (os_error == ENODEV) {
        return xipcos_fault(XIPC_E_NOT_SUPPORTED, 0, "%s is not a FIFO", path);
    }
    return posix_fault(os_error, "opening the FIFO");
}

static xipc_status
over(int fd, uint32_t direction, int has_met, xipcos_pipe **pipe_out)
{
    const xipcos_pipe_plan plan = {.message_max = 0};
    xipcos_pipe *pipe = posix_pipe_new(direction, &plan);

    if (!pipe) {
        close(fd);
        return XIPC_E_NO_MEMORY;
    }
    if (direction == XIPC_READABLE) {
        pipe->read_fd = fd;
    } else {
        pipe->write_fd = fd;
    }
    atomic_init(&pipe->has_met, has_met);
    *pipe_out = pipe;
    return XIPC_OK;
}

/* Between two looks whether somebody reads, which nothing tells. */
static xipc_status
pause_between(unsigned round, const xipcos_patience *patience)
{
    if (patience->deadline != XIPC_NOW && patience->is_interrupted &&
        atomic_load_explicit(patience->is_interrupted, memory_order_seq_cst) !=
            0) {
        return XIPC_E_CANCELED;
    }
    return xipcos_clock_pause(round, patience->deadline);
}

static xipc_status open_to_write(
    const char *path, const xipcos_patience *patience, xipcos_pipe **pipe_out)
{
    xipc_status status = XIPC_OK;
    int fd = -1;
    int os_error = open_fifo(path, O_WRONLY, &fd);

    for (unsigned round = 0; os_error == ENXIO && status == XIPC_OK; round++) {
        status = pause_between(round, patience);
        if (status == XIPC_OK) {
            os_error = open_fifo(path, O_WRONLY, &fd);
        }
    }
    if (status != XIPC_OK) {
        return status;
    }
    return os_error == 0 ? over(fd, XIPC_WRITABLE, 1, pipe_out)
                         : explain(os_error, path);
}

xipc_status xipcos_pipe_open_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    int fd = -1;
    int os_error;
    xipc_status status = posix_native_check(directions);

    if (status != XIPC_OK) {
        return status;
    }
    if (directions == XIPC_WRITABLE) {
        return open_to_write(native_name, patience, pipe_out);
    }
    os_error = open_fifo(native_name, O_RDONLY, &fd);
    return os_error == 0 ? over(fd, XIPC_READABLE, 0, pipe_out)
                         : explain(os_error, native_name);
}

/* ---- listening ---- */

void posix_native_unlink(const posix_native_listener *listener)
{
    struct stat file;

    if (lstat(listener->path, &file) == 0 && S_ISFIFO(file.st_mode) &&
        file.st_dev == listener->device && file.st_ino == listener->inode) {
        unlink(listener->path);
    }
}

static int has_come(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0;
}

/*
 * Open from the first accept on, until somebody has written or come and gone,
 * so that a program that has opened its side is not sent away by a deadline.
 * One thread's is given out; others open their own.
 */
static xipc_status accept_to_read(
    posix_native_listener *listener,
    posix_sleepers *sleepers,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        uint32_t ticket = posix_sleepers_ticket(sleepers);
        int fd = -1;
        int is_here;

        pthread_mutex_lock(&listener->lock);
        if (listener->fd < 0) {
            int os_error = open_fifo(listener->path, O_RDONLY, &listener->fd);

            status =
                os_error == 0 ? XIPC_OK : explain(os_error, listener->path);
        }
        fd = listener->fd;
        is_here = status == XIPC_OK && has_come(fd);
        if (is_here) {
            listener->fd = -1;
        }
        pthread_mutex_unlock(&listener->lock);
        if (is_here) {
            return over(fd, XIPC_READABLE, 1, pipe_out);
        }
        if (status == XIPC_OK) {
            status =
                posix_sleepers_wait(sleepers, ticket, fd, POLLIN, patience);
        }
    }
    return status;
}

xipc_status posix_native_accept(
    posix_native_listener *listener,
    posix_sleepers *sleepers,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    return listener->directions == XIPC_WRITABLE
               ? open_to_write(listener->path, patience, pipe_out)
               : accept_to_read(listener, sleepers, patience, pipe_out);
}
