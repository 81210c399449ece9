/* SPDX-License-Identifier: Apache-2.0 */
/* Open file description locks, Linux 3.15. */
#include "posix/posix_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static struct flock byte_range(short type, off_t at)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
}

/* A duplicate would share the locks with whoever has the descriptor. */
int posix_private_open(int fd, int *private_out)
{
    char self[64];
    int private_fd;

    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    private_fd = open(self, O_RDWR | O_CLOEXEC);
    if (private_fd < 0) {
        return errno == ENOENT ? ENOTSUP : errno; /* no /proc */
    }
    *private_out = private_fd;
    return 0;
}

int posix_private_lock(int fd, off_t at)
{
    struct flock range = byte_range(F_WRLCK, at);

    if (fcntl(fd, F_OFD_SETLK, &range) == 0) {
        return 0;
    }
    return errno == EACCES ? EAGAIN : errno;
}

void posix_private_unlock(int fd, off_t at)
{
    struct flock range = byte_range(F_UNLCK, at);

    fcntl(fd, F_OFD_SETLK, &range);
}

int posix_private_is_locked(int fd, off_t at)
{
    struct flock range = byte_range(F_WRLCK, at);

    return fcntl(fd, F_OFD_GETLK, &range) < 0 || range.l_type != F_UNLCK;
}
