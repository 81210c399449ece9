/* SPDX-License-Identifier: Apache-2.0 */
/* What is missing on POSIX systems beside Linux: another opening of the same
 * pipe, a file without an opening, and the size of a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "posix/posix_pipe.h"

ssize_t posix_pipe_writev(int fd, const struct iovec *parts, int count)
{
    return posix_pipe_write_masked(fd, parts, count);
}

static int prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
                   fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
               ? errno
               : 0;
}

int posix_pipe_ends(int ends[2])
{
    int made[2];
    int os_error;

    if (pipe(made) < 0) {
        return errno;
    }
    os_error = prepare(made[0]);
    if (os_error == 0) {
        os_error = prepare(made[1]);
    }
    if (os_error != 0) {
        close(made[0]);
        close(made[1]);
        return os_error;
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return 0;
}

int posix_pipe_bell(int ends[2])
{
    return posix_pipe_ends(ends);
}

void posix_pipe_ring(int end)
{
    ssize_t size = write(end, "", 1);

    (void)size; /* full is as good as rung, and its other end is ours */
}

int posix_pipe_poll(struct pollfd *polled, unsigned count, int64_t ns)
{
    return poll(polled, count, posix_poll_ms(ns));
}

int posix_pipe_reopen(int fd, int way)
{
    (void)fd;
    (void)way;
    errno = ENOTSUP;
    return -1;
}

int posix_pipe_keep(int fd)
{
    (void)fd;
    errno = ENOTSUP;
    return -1;
}

void posix_pipe_replace(int fd, int over)
{
    (void)dup2(fd, over); /* both are open, and two */
    (void)fcntl(over, F_SETFD, FD_CLOEXEC);
}

int posix_pipe_can_keep(void)
{
    return 0;
}

void posix_pipe_grow(int fd, uint32_t size)
{
    (void)fd;
    (void)size;
}
