/* SPDX-License-Identifier: Apache-2.0 */
/* A child that runs or has ended; posix_child_linux.c and
 * posix_child_portable.c for what only one of them can do. */
#ifndef XIPC_POSIX_CHILD_H
#define XIPC_POSIX_CHILD_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "os/os_spawn.h"

struct xipcos_child {
    pid_t id;
    int exit_fd;    /* readable once it has ended; -1: there is no such thing */
    uint64_t epoch; /* of the process that it is a child of */
    /* Readable while a thread that waits is to look up; -1: none has waited
       yet, or there is no such thing. Made once, by whoever waits first. */
    atomic_int wake_fd;
    atomic_uint slices;   /* waited for it, where there is no descriptor */
    pthread_mutex_t lock; /* guards the rest */
    int has_ended;
    xipc_exit exit;
    xipcos_child *next; /* among the orphans; by the process's lock */
};

/* NULL: no memory. Freeing closes the descriptors; accepts NULL. */
xipcos_child *posix_child_new(void);
void posix_child_free(xipcos_child *child);

/* It was started just now. */
void posix_child_begin(xipcos_child *child);

/* Whether a child can be made to die with this process. */
int posix_can_tie(void);

/*
 * waitid(), with WNOHANG, on the descriptor if there is one. 0, and
 * info->si_pid is 0 if it runs; or errno.
 */
int posix_child_ask(const xipcos_child *child, siginfo_t *info);

/* Somebody else has waited for it. Whether the system still tells how it ended:
 * then as wait() would. */
int posix_child_recall(const xipcos_child *child, int *status_out);

/* 0, or errno. It has not been waited for by this library. */
int posix_child_kill(const xipcos_child *child);

/* -1: there is no such thing, or none left. */
int posix_child_wake_open(void);
void posix_child_wake_set(int fd);
void posix_child_wake_reset(int fd);

#endif
