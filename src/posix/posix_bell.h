/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_BELL_H
#define XIPC_POSIX_BELL_H

#include "os/os_bell.h"

/* What a bell's name begins with, before and after it can be rung. */
#define POSIX_BELL_PREFIX        "xipc-b-"
#define POSIX_BELL_MAKING_PREFIX "xipc-v-"

/* Takes a dead process's bell away. Whether there was one under that path. */
int posix_bell_sweep(const char *path);

/* In a forked child: nobody shall take it for the parent. */
void posix_bell_forget(void);

/* The descriptor that is readable when the bell was rung. */
int posix_bell_fd(const xipcos_bell *bell);

#endif
