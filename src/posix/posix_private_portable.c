/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX has no such locks. */
#include "posix/posix_private.h"

#include <errno.h>

int posix_private_open(int fd, int *private_out)
{
    (void)fd;
    (void)private_out;
    return ENOTSUP;
}

int posix_private_lock(int fd, off_t at)
{
    (void)fd;
    (void)at;
    return ENOTSUP;
}

void posix_private_unlock(int fd, off_t at)
{
    (void)fd;
    (void)at;
}

int posix_private_is_locked(int fd, off_t at)
{
    (void)fd;
    (void)at;
    return 1;
}
