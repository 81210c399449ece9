/* SPDX-License-Identifier: Apache-2.0 */
/* What Linux has for pipes. See posix_pipe_portable.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "posix/posix_pipe.h"

#define NS_PER_S 1000000000

/* From Linux 6.18 on; headers may be older. */
#define NO_SIGNAL 0x00000100

/* 1: this kernel is older. Written by whoever finds out, relaxed: it orders
 * nothing. */
static atomic_int is_old;

static ssize_t
write_without_signal(int fd, const struct iovec *parts, int count)
{
    /* The place -1 is the current one, as of writev(). */
    return syscall(SYS_pwritev2, fd, parts, count, -1L, -1L, NO_SIGNAL);
}

ssize_t posix_pipe_writev(int fd, const struct iovec *parts, int count)
{
    ssize_t size;

    if (atomic_load_explicit(&is_old, memory_order_relaxed)) {
        return posix_pipe_write_masked(fd, parts, count);
    }
    size = write_without_signal(fd, parts, count);
    if (size < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        atomic_store_explicit(&is_old, 1, memory_order_relaxed);
        return posix_pipe_write_masked(fd, parts, count);
    }
    return size;
}

int posix_pipe_ends(int ends[2])
{
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? errno : 0;
}

int posix_pipe_bell(int ends[2])
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0) {
        return errno;
    }
    ends[0] = fd;
    ends[1] = fd;
    return 0;
}

void posix_pipe_ring(int end)
{
    const uint64_t one = 1;
    ssize_t size = write(end, &one, sizeof one);

    (void)size; /* it cannot be full */
}

int posix_pipe_poll(struct pollfd *polled, unsigned count, int64_t ns)
{
    const struct timespec time = {
        .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};

    return ppoll(polled, count, ns == XIPC_FOREVER ? NULL : &time, NULL);
}

static int open_again(int fd, int flags)
{
    char path[40];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, flags | O_CLOEXEC);
}

int posix_pipe_reopen(int fd, int way)
{
    return open_again(fd, way | O_NONBLOCK);
}

int posix_pipe_keep(int fd)
{
    return open_again(fd, O_PATH);
}

void posix_pipe_replace(int fd, int over)
{
    (void)dup3(fd, over, O_CLOEXEC); /* both are open, and two */
}

int posix_pipe_can_keep(void)
{
    return 1;
}

void posix_pipe_grow(int fd, uint32_t size)
{
    int wanted = size < (uint32_t)1 << 30 ? (int)size : 1 << 30;

    /* Refused above a limit of this user's; then it stays as it is. */
    (void)fcntl(fd, F_SETPIPE_SZ, wanted);
}
