/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks that belong to one opening of a file instead of to the process: closing
 * another descriptor of the file does not drop them. For sections without a
 * name, of which a program has descriptors of its own.
 *
 * A forked child has them too, which is why it must close what it inherits of
 * them. posix_private_linux.c; posix_private_portable.c has none.
 */
#ifndef XIPC_POSIX_PRIVATE_H
#define XIPC_POSIX_PRIVATE_H

#include <sys/types.h>

/* Opens the file of `fd` once more, for writing. 0, or errno: ENOTSUP. */
int posix_private_open(int fd, int *private_out);

/* Write-locks the byte at `at`, without waiting. 0, or errno: EAGAIN. */
int posix_private_lock(int fd, off_t at);
void posix_private_unlock(int fd, off_t at);

/* Whether somebody else has locked that byte; 1 also if that is unknown. */
int posix_private_is_locked(int fd, off_t at);

#endif
