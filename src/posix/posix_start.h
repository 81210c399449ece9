/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a process becomes another program. The way to a new process differs
 * (posix_start_linux.c, posix_start_portable.c); what it does then does not.
 *
 * It is of the class of vfork(): until the child executes the program, or has
 * failed to, it has this process's memory, and the thread that started it
 * stands still. So a failure is told by writing it down, and nothing need be
 * copied; but the child must not run a signal handler, take a lock, or call
 * what might do either.
 */
#ifndef XIPC_POSIX_START_H
#define XIPC_POSIX_START_H

#include <sys/types.h>

/* Instead of a descriptor: */
#define POSIX_SOURCE_OWN  (-1) /* the same number, if that is a stream here */
#define POSIX_SOURCE_NULL (-2) /* the null device */

typedef enum posix_step {
    POSIX_STEP_PROCESS,
    POSIX_STEP_PARENT,
    POSIX_STEP_DIRECTORY,
    POSIX_STEP_DESCRIPTOR,
    POSIX_STEP_PROGRAM
} posix_step;

typedef struct posix_start {
    char **paths; /* where the program may be, in turn; ends with NULL */
    char *const *arguments;
    char *const *environment;
    const char *directory; /* NULL: this one */
    int *sources;          /* what the child's descriptors 0, 1, ... are */
    int count;             /* it has no others */
    int is_to_die_with_us;
} posix_start;

/* Written by the child, read by its parent once it is gone or another program.
 */
typedef struct posix_failure {
    int os_error; /* 0: none */
    posix_step step;
    int index; /* of the descriptor */
} posix_failure;

/*
 * `*fd_out` is one that is readable once the process has ended; -1 where there
 * is no such thing. Returns 0, or errno; then there is no child.
 */
int posix_start_process(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure_out);

/*
 * In the child, with all signals blocked: returns only if it fails. Under a
 * sanitizer, what it does would be taken for the parent's doing, whose memory
 * and thread it has: so it is not looked at, and makes system calls itself.
 */
void posix_become(const posix_start *start, posix_failure *failure);

#if defined(__GNUC__)
#define POSIX_UNWATCHED __attribute__((no_sanitize_address, no_sanitize_thread))
#else
#define POSIX_UNWATCHED
#endif

/* The calls that posix_become() needs: as the C library's, but they do not tell
 * a sanitizer. A descriptor, or -1 with errno: */
int posix_call_open(const char *path, int flags);
int posix_call_fcntl(int fd, int command, int argument);
/* 0, or errno: */
int posix_call_chdir(const char *path);
int posix_call_dup2(int fd, int target);
int posix_call_execve(
    const char *path, char *const *arguments, char *const *environment);

/* Every descriptor from `first` on. */
void posix_call_close_from(int first);

/* What a program expects of signals: none blocked, see xipc_spawn(). */
void posix_call_reset_signals(void);

#endif
