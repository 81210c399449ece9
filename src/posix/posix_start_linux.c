/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone(), because it alone gives a descriptor of the child together with the
 * child: whoever else waits for children of this process cannot have taken its
 * number away before that.
 */
#include "posix/posix_start.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/posix_keeper.h"

#if !defined(CLONE_PIDFD)
#define CLONE_PIDFD 0x1000
#endif
#if !defined(SYS_close_range)
#define SYS_close_range 436
#endif

/*
 * The name clone() a thread sanitizer has taken for itself, and takes the child
 * for one with memory of its own.
 */
#if defined(__GLIBC__)
int __clone(/* NOLINT(bugprone-reserved-identifier) */
            int (*body)(void *context),
            void *stack,
            int flags,
            void *context,
            ...);
#define CLONE __clone
#else
#define CLONE clone
#endif

#define WAIT_FOR_PIDFD ((idtype_t)3)

/* What the kernel takes for a set of signals, and where in its structure for
 * one the handler stands. */
#if defined(__mips__)
#define SIGNAL_SET_SIZE 16
#define HANDLER_AT      1
#else
#define SIGNAL_SET_SIZE 8
#define HANDLER_AT      0
#endif

/* More descriptors than this a process has only if the system was told to allow
 * it. */
#define DESCRIPTOR_MAX (1 << 20)

#define STACK_SIZE   8192
#define FAILURE_CODE 127

/* ---- the child's calls ---- */

POSIX_UNWATCHED
int posix_call_chdir(const char *path)
{
    return syscall(SYS_chdir, path) < 0 ? errno : 0;
}

POSIX_UNWATCHED
int posix_call_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

POSIX_UNWATCHED
int posix_call_fcntl(int fd, int command, int argument)
{
#if defined(SYS_fcntl64)
    return (int)syscall(SYS_fcntl64, fd, command, argument);
#else
    return (int)syscall(SYS_fcntl, fd, command, argument);
#endif
}

POSIX_UNWATCHED
int posix_call_dup2(int fd, int target)
{
    /* Never one and the same. */
    return syscall(SYS_dup3, fd, target, 0) < 0 ? errno : 0;
}

POSIX_UNWATCHED
int posix_call_execve(
    const char *path, char *const *arguments, char *const *environment)
{
    syscall(SYS_execve, path, arguments, environment);
    return errno;
}

/* The numbers in a directory of descriptors, as the kernel writes them. */
typedef struct entry_head {
    uint64_t inode;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
} entry_head;

POSIX_UNWATCHED
static int number_of(const char *name)
{
    int number = 0;

    for (; *name >= '0' && *name <= '9'; name++) {
        number = number * 10 + (*name - '0');
    }
    return *name == '\0' ? number : -1; /* "." and ".." */
}

/* Of those in a piece of the list, which is `list` itself. Whether any was. */
POSIX_UNWATCHED
static int close_some(const char *piece, long size, int first, int list)
{
    int has_closed = 0;

    for (long at = 0; at < size;) {
        const entry_head *entry = (const void *)(piece + at);
        int fd = number_of(entry->name);

        at += entry->size;
        if (fd >= first && fd != list) {
            has_closed |= syscall(SYS_close, fd) == 0;
        }
    }
    return has_closed;
}

/* Where no list can be had: whatever may be open. The limit may have been
 * higher than it is. */
POSIX_UNWATCHED
static void close_counted(int first)
{
    uint64_t limits[2] = {0, DESCRIPTOR_MAX};

    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limits);
    for (int fd = first; fd < DESCRIPTOR_MAX && (uint64_t)fd < limits[1];
         fd++) {
        syscall(SYS_close, fd);
    }
}

/*
 * Linux before 5.9, or a filter of system calls that does not know the newer
 * one. The list needs a descriptor, and there may be none left but those that
 * are to go. What is closed may shift what is read next; so it is read from the
 * start until nothing is left.
 */
POSIX_UNWATCHED
static void close_listed(int first)
{
    alignas(8) char piece[1024];
    int has_closed;
    int list;
    long size;

    syscall(SYS_close, first);
    list = posix_call_open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    if (list < 0) {
        close_counted(first);
        return;
    }
    do {
        has_closed = 0;
        syscall(SYS_lseek, list, 0, SEEK_SET);
        while ((size = syscall(SYS_getdents64, list, piece, sizeof piece)) >
               0) {
            has_closed |= close_some(piece, size, first, list);
        }
    } while (has_closed);
    syscall(SYS_close, list);
}

POSIX_UNWATCHED
void posix_call_close_from(int first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) < 0) {
        close_listed(first);
    }
}

/*
 * A handler of the parent's would run in its memory. All zeros is the usual
 * disposition, whatever else stands in the kernel's structure.
 */
POSIX_UNWATCHED
void posix_call_reset_signals(void)
{
    unsigned long usual[8] = {0};
    unsigned long seen[8];
    unsigned char none[SIGNAL_SET_SIZE] = {0};

    for (int number = 1; number < _NSIG; number++) {
        if (number == SIGKILL || number == SIGSTOP ||
            syscall(SYS_rt_sigaction, number, NULL, seen, sizeof none) < 0) {
            continue;
        }
        if (seen[HANDLER_AT] == (unsigned long)SIG_IGN && number != SIGPIPE &&
            number != SIGXFSZ && number != SIGCHLD) {
            continue;
        }
        if (seen[HANDLER_AT] != (unsigned long)SIG_DFL) {
            syscall(SYS_rt_sigaction, number, usual, NULL, sizeof none);
        }
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, sizeof none);
}

/* ---- the parent ---- */

typedef struct birth {
    const posix_start *start;
    pid_t parent;
    posix_failure *failure;
} birth;

/*
 * The signal comes when the thread ends that started this process, which is the
 * keeper; and it does not come if that ended before.
 */
POSIX_UNWATCHED
static int tie_to_parent(const birth *self)
{
    long parent;

    if (syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
        *self->failure = (posix_failure){errno, POSIX_STEP_PARENT, 0};
        return -1;
    }
    parent = syscall(SYS_getppid);
    /* 0: it is the first one of another container, which cannot see. */
    return parent == self->parent || parent == 0 ? 0 : -1;
}

POSIX_UNWATCHED
static int be_born(void *context)
{
    const birth *self = context;

    if (!self->start->is_to_die_with_us || tie_to_parent(self) == 0) {
        posix_become(self->start, self->failure);
    }
    syscall(SYS_exit_group, FAILURE_CODE);
    return FAILURE_CODE;
}

/* It is dead or dying, and may have been taken away by another waiter. */
static void bury(pid_t process, int fd)
{
    siginfo_t unused;

    if (fd < 0 || (waitid(WAIT_FOR_PIDFD, (id_t)fd, &unused, WEXITED) < 0 &&
                   errno == EINVAL)) {
        waitid(P_PID, (id_t)process, &unused, WEXITED);
    }
}

/*
 * Its stack is a piece of this one, which stands still meanwhile; it needs
 * little, and no signal comes to it there. A kernel that knows no descriptors
 * of processes (before 5.2) passes the flag over.
 */
static int give_birth(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure)
{
    alignas(64) char stack[STACK_SIZE];
    birth self = {start, (pid_t)syscall(SYS_getpid), failure};
    int fd = -1;
    pid_t process = CLONE(
        be_born, stack + sizeof stack,
        CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &self, &fd, NULL, NULL);

    if (process < 0) {
        failure->os_error = errno;
        return errno;
    }
    if (failure->os_error != 0) {
        bury(process, fd);
        if (fd >= 0) {
            close(fd);
        }
        return failure->os_error;
    }
    *process_out = process;
    *fd_out = fd;
    return 0;
}

static int start_quietly(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure_out)
{
    sigset_t all;
    sigset_t before;
    int os_error;

    *failure_out = (posix_failure){.step = POSIX_STEP_PROCESS};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    os_error = give_birth(start, process_out, fd_out, failure_out);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return os_error;
}

typedef struct kept_start {
    const posix_start *start;
    pid_t *process_out;
    int *fd_out;
    posix_failure *failure_out;
} kept_start;

static int start_kept(void *context)
{
    const kept_start *call = context;

    return start_quietly(
        call->start, call->process_out, call->fd_out, call->failure_out);
}

int posix_start_process(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure_out)
{
    kept_start call = {start, process_out, fd_out, failure_out};

    if (start->is_to_die_with_us) {
        *failure_out = (posix_failure){.step = POSIX_STEP_PARENT};
        return posix_keeper_do(start_kept, &call);
    }
    return start_quietly(start, process_out, fd_out, failure_out);
}
