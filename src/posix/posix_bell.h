/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_BELL_H
#define XIPC_POSIX_BELL_H

#include <sys/stat.h>

#include "os/os_bell.h"

/* What a bell's name begins with, before and after it can be rung. */
#define POSIX_BELL_PREFIX        "xipc-b-"
#define POSIX_BELL_MAKING_PREFIX "xipc-v-"

/* Takes a dead process's bell away. Whether there was one under that path. */
int posix_bell_sweep(const char *path);

/* In a forked child: nobody shall take it for the parent. */
void posix_bell_forget(void);

/*
 * An end for writing of a bell that is read, and what file it is; -1 with errno
 * ENXIO or ENOENT: there is no such bell. Not under the leases' lock.
 */
int posix_bell_open(uint32_t number, struct stat *file);

/* Rings at such an end. 0, or errno: EAGAIN if it was rung often enough, EPIPE
 * (and SIGPIPE) if nobody reads any more. */
int posix_bell_write(int fd, uint32_t token);

/* Whether this process has that bell, which is rung then. Under the leases'
 * lock. */
int posix_bell_ring_own(uint32_t number, uint32_t token);

/* The descriptor that is readable when the bell was rung. */
int posix_bell_fd(const xipcos_bell *bell);

#endif
