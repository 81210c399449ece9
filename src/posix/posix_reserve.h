/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_RESERVE_H
#define XIPC_POSIX_RESERVE_H

#include <sys/types.h>

/*
 * Makes the bytes [from, to) of the file real and the file at least `to` bytes
 * long, in one step of the file system's own: on failure its length is what it
 * was. Returns 0 or errno; EINTR: a signal came.
 */
int posix_reserve(int fd, off_t from, off_t to);

#endif
