/* SPDX-License-Identifier: Apache-2.0 */
/* vfork(), which all systems have, though POSIX has dropped it. */
#include "posix/posix_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(SIGRTMAX)
#define SIGNAL_END (SIGRTMAX + 1)
#else
#define SIGNAL_END NSIG
#endif

#define AT_ONCE      256
#define LIMIT_MAX    (1 << 24)
#define FAILURE_CODE 127

int posix_call_chdir(const char *path)
{
    return chdir(path) < 0 ? errno : 0;
}

int posix_call_open(const char *path, int flags)
{
    return open(path, flags);
}

int posix_call_fcntl(int fd, int command, int argument)
{
    return fcntl(fd, command, argument);
}

int posix_call_dup2(int fd, int target)
{
    return dup2(fd, target) < 0 ? errno : 0;
}

int posix_call_execve(
    const char *path, char *const *arguments, char *const *environment)
{
    execve(path, arguments, environment);
    return errno;
}

static int descriptor_end(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_max > (rlim_t)LIMIT_MAX) {
        return LIMIT_MAX;
    }
    return (int)limit.rlim_max; /* it may have been higher than it is */
}

/* poll() says of many at once which are open; of fewer than are asked for where
 * the limit is lower, and then each is closed. */
static void close_some(int from)
{
    struct pollfd polled[AT_ONCE];
    int knows;

    for (int at = 0; at < AT_ONCE; at++) {
        polled[at] = (struct pollfd){.fd = from + at};
    }
    knows = poll(polled, AT_ONCE, 0) >= 0;
    for (int at = 0; at < AT_ONCE; at++) {
        if (!knows || (polled[at].revents & POLLNVAL) == 0) {
            close(from + at);
        }
    }
}

void posix_call_close_from(int first)
{
    int end = descriptor_end();

    for (int from = first; from < end; from += AT_ONCE) {
        close_some(from);
    }
}

static int stays_ignored(int number)
{
    return number != SIGPIPE && number != SIGXFSZ && number != SIGCHLD;
}

/* A handler of the parent's would run in its memory, between this and
 * execve(). */
void posix_call_reset_signals(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    struct sigaction seen;
    sigset_t none;

    for (int number = 1; number < SIGNAL_END; number++) {
        if (sigaction(number, NULL, &seen) < 0 || seen.sa_handler == SIG_DFL ||
            (seen.sa_handler == SIG_IGN && stays_ignored(number))) {
            continue;
        }
        sigaction(number, &usual, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * What the child says stands in memory that is shared also where vfork() is
 * taken for a fork(), as by a thread sanitizer. But there nobody waits for it,
 * and a failure that comes later is an end with FAILURE_CODE.
 */
static int
start_noting(const posix_start *start, pid_t *process_out, posix_failure *note)
{
    pid_t process = vfork(); /* NOLINT(*vfork) */

    if (process == 0) {
        posix_become(start, note); /* NOLINT(*Vfork): it is made for this */
        _exit(FAILURE_CODE);
    }
    if (process < 0) {
        note->step = POSIX_STEP_PROCESS;
        note->os_error = errno;
    } else if (note->os_error != 0) {
        waitpid(process, NULL, 0);
    }
    *process_out = process;
    return note->os_error;
}

int posix_start_process(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure_out)
{
    posix_failure *note = mmap(
        NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
        -1, 0);
    sigset_t all;
    sigset_t before;
    int os_error;

    *failure_out = (posix_failure){.step = POSIX_STEP_PROCESS};
    if (note == MAP_FAILED) {
        return errno;
    }
    *note = *failure_out;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    os_error = start_noting(start, process_out, note);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *failure_out = *note;
    munmap(note, sizeof *note);
    *fd_out = -1;
    return os_error;
}
