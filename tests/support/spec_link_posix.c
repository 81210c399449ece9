/* SPDX-License-Identifier: Apache-2.0 */
/* A peer is a child process; the channel is a pair of connected sockets. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/spec_system.h"
#include "support/spec_text.h"

extern char **environ;

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif

enum {
    /* Where a peer finds its channel and its inherited descriptor: so high
       that they do not hide what the library lets through by mistake. */
    PEER_CHANNEL = 30,
    PEER_INHERITED = 31,
    /* Above these, so that making one there cannot close another. */
    OWN_FIRST = 32
};

/* Moves a descriptor out of the way of those that a peer gets. */
static int raised(int fd)
{
    int raised_fd = fcntl(fd, F_DUPFD_CLOEXEC, OWN_FIRST);
    int error = errno;

    (void)close(fd);
    errno = error;
    return raised_fd;
}

static int make_channel(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        return errno;
    }
    ends[0] = raised(ends[0]);
    ends[1] = raised(ends[1]);
    if (ends[0] < 0 || ends[1] < 0) {
        return EMFILE;
    }
#if defined(SO_NOSIGPIPE)
    (void)setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
    (void)setsockopt(ends[1], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    return 0;
}

/* A peer starts with no signal blocked, whatever this thread blocks. */
static int spawn(pid_t *process, char **arguments, int channel, int inherited)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int error;

    (void)sigemptyset(&none);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, channel, PEER_CHANNEL);
    if (inherited >= 0) {
        (void)posix_spawn_file_actions_adddup2(
            &actions, inherited, PEER_INHERITED);
    }
    error = posix_spawn(
        process, arguments[0], &actions, &attributes, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return error;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

int64_t spec_link_start(
    spec_link *link,
    const char **arguments,
    size_t input_at,
    intptr_t inherited)
{
    char channel_text[16];
    char inherited_text[16];
    char *line[64] = {NULL};
    int ends[2] = {-1, -1};
    int copy = -1;
    pid_t process = -1;
    int error;

    (void)snprintf(channel_text, sizeof channel_text, "%d", PEER_CHANNEL);
    (void)snprintf(
        inherited_text, sizeof inherited_text, "%d",
        inherited >= 0 ? PEER_INHERITED : -1);
    arguments[input_at] = channel_text;
    arguments[input_at + 1] = channel_text;
    arguments[input_at + 2] = inherited_text;
    /* posix_spawn() writes to none of them; its type is older than const. */
    line[0] = (char *)spec_host_program();
    for (size_t index = 0; arguments[index] && index < 62; index++) {
        line[index + 1] = (char *)arguments[index];
    }

    error = make_channel(ends);
    if (error == 0 && inherited >= 0) {
        copy = fcntl((int)inherited, F_DUPFD_CLOEXEC, OWN_FIRST);
        error = copy < 0 ? errno : 0;
    }
    if (error == 0) {
        error = spawn(&process, line, ends[1], copy);
    }
    close_if_open(copy);
    close_if_open(ends[1]);
    if (error != 0) {
        close_if_open(ends[0]);
        return error;
    }
    *link = (spec_link){process, process, ends[0], ends[0]};
    return 0;
}

void spec_link_adopt(spec_link *link, intptr_t input, intptr_t output)
{
    (void)fcntl((int)input, F_SETFD, FD_CLOEXEC);
    *link = (spec_link){0, -1, input, output};
}

size_t spec_link_read(const spec_link *link, char *buffer, size_t capacity)
{
    ssize_t got;

    do {
        got = recv((int)link->input, buffer, capacity, 0);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

int spec_link_write(const spec_link *link, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = send((int)link->output, bytes, size, MSG_NOSIGNAL);

        if (put < 0 && errno != EINTR) {
            return -1;
        }
        if (put > 0) {
            bytes += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

spec_ending spec_link_wait(spec_link *link)
{
    spec_ending ending = {0, 0};
    int status = 0;

    while (waitpid((pid_t)link->process, &status, 0) < 0) {
        if (errno != EINTR) {
            return ending;
        }
    }
    ending.is_crash = WIFSIGNALED(status);
    ending.code = ending.is_crash ? WTERMSIG(status) : WEXITSTATUS(status);
    return ending;
}

void spec_link_kill(const spec_link *link)
{
    (void)kill((pid_t)link->process, SIGKILL);
}

/* Every thread has stopped once the kernel says that the process has. */
int spec_link_suspend(const spec_link *link)
{
    siginfo_t info;

    if (kill((pid_t)link->process, SIGSTOP) != 0) {
        return -1;
    }
    while (waitid(P_PID, (id_t)link->process, &info, WSTOPPED) != 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int spec_link_resume(const spec_link *link)
{
    siginfo_t info;

    if (kill((pid_t)link->process, SIGCONT) != 0) {
        return -1;
    }
    while (waitid(P_PID, (id_t)link->process, &info, WCONTINUED) != 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

void spec_link_close(spec_link *link)
{
    close_if_open((int)link->input);
    *link = (spec_link){0, -1, -1, -1};
}
