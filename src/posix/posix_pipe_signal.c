/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing without SIGPIPE where only the signal mask can prevent it. The signal
 * of a write goes to the thread that wrote; so if it is blocked meanwhile, it
 * is found pending afterwards, and is taken away. One that was pending before
 * is the program's own, and stays: it cannot be told from ours, and there is
 * never more than one.
 */
#include <errno.h>
#include <signal.h>

#include "posix/posix_pipe.h"

static int is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void take_pending(const sigset_t *only_pipe)
{
    int signal_number;

    if (is_pending()) {
        sigwait(only_pipe, &signal_number);
    }
}

ssize_t posix_pipe_write_masked(int fd, const struct iovec *parts, int count)
{
    sigset_t only_pipe;
    sigset_t before;
    int was_pending;
    int os_error;
    ssize_t size;

    sigemptyset(&only_pipe);
    sigaddset(&only_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only_pipe, &before);
    /* What is not blocked is not pending either. */
    was_pending = sigismember(&before, SIGPIPE) == 1 && is_pending();
    size = writev(fd, parts, count);
    os_error = errno;
    if (size < 0 && os_error == EPIPE && !was_pending) {
        take_pending(&only_pipe);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = os_error;
    return size;
}
