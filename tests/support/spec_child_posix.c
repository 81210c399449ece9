/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case is a process group of its own. On Linux the runner also becomes the
 * parent of every orphan, so that nothing a case started can get away.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "support/spec.h"
#include "support/spec_system.h"

extern char **environ;

struct spec_child {
    pid_t process;
    int has_ended;
    spec_ending ending;
};

/* Signals become bytes here, so that one poll() waits for all of them. */
static int wakeups[2] = {-1, -1};
static volatile sig_atomic_t interrupted;
static int running_count;

static const int handled[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
enum { HANDLED_COUNT = sizeof handled / sizeof handled[0] };

static void on_signal(int number)
{
    int error = errno;

    if (number != SIGCHLD) {
        interrupted = number;
    }
    /* A full pipe wakes as well as one more byte does. */
    (void)!write(wakeups[1], "", 1);
    errno = error;
}

static void keep_from_children(intptr_t number, const char *text, void *context)
{
    (void)text;
    (void)context;
    if (number > STDERR_FILENO) {
        (void)fcntl((int)number, F_SETFD, FD_CLOEXEC);
    }
}

void spec_children_begin(void)
{
    struct sigaction action;

    if (pipe(wakeups) != 0) {
        spec_die("no pipe: %s", strerror(errno));
    }
    (void)fcntl(wakeups[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(wakeups[1], F_SETFL, O_NONBLOCK);
    spec_host_each_handle(keep_from_children, NULL);

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    for (int index = 0; index < HANDLED_COUNT; index++) {
        (void)sigaction(handled[index], &action, NULL);
    }
#if defined(__linux__)
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

int spec_children_interrupted(void)
{
    return interrupted;
}

void spec_children_wait(spec_child *const *children, size_t count, int ms)
{
    struct pollfd pipe_end = {.fd = wakeups[0], .events = POLLIN};
    char bytes[64];

    (void)children;
    (void)count;
    (void)poll(&pipe_end, 1, ms);
    while (read(wakeups[0], bytes, sizeof bytes) > 0) {
        /* what they say is asked from the kernel */
    }
}

static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t signals;

    (void)posix_spawnattr_init(attributes);
    (void)sigemptyset(&signals);
    (void)posix_spawnattr_setsigmask(attributes, &signals);
    (void)sigaddset(&signals, SIGPIPE);
    for (int index = 0; index < HANDLED_COUNT; index++) {
        (void)sigaddset(&signals, handled[index]);
    }
    (void)posix_spawnattr_setsigdefault(attributes, &signals);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setflags(
        attributes,
        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

spec_child *spec_child_start(const char *const *arguments, const char *output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *line[8] = {(char *)spec_host_program()};
    spec_child *child = calloc(1, sizeof *child);
    int error;

    for (size_t index = 0; arguments[index] && index < 6; index++) {
        line[index + 1] = (char *)arguments[index];
    }
    set_attributes(&attributes);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(
        &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(
        &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND,
        S_IRUSR | S_IWUSR);
    (void)posix_spawn_file_actions_adddup2(
        &actions, STDOUT_FILENO, STDERR_FILENO);
    if (!child) {
        spec_die("no memory");
    }
    error = posix_spawn(
        &child->process, line[0], &actions, &attributes, line, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        spec_die("cannot start %s: %s", line[0], strerror(error));
    }
    running_count++;
    return child;
}

static void note_end(spec_child *child, int status)
{
    child->has_ended = 1;
    child->ending.is_crash = WIFSIGNALED(status);
    child->ending.code =
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

int spec_child_ended(spec_child *child, spec_ending *ending_out)
{
    int status;

    if (!child->has_ended &&
        waitpid(child->process, &status, WNOHANG) == child->process) {
        note_end(child, status);
    }
    *ending_out = child->ending;
    return child->has_ended;
}

/* Orphans that left the group. Only where no other case is running can they
 * be told from that case's. */
static int end_strays(void)
{
    int count = 0;

#if defined(__linux__)
    char path[64];
    FILE *list;
    long process;

    (void)snprintf(
        path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    list = fopen(path, "re");
    while (list && fscanf(list, "%ld", &process) == 1) {
        (void)kill((pid_t)process, SIGKILL);
        (void)waitpid((pid_t)process, NULL, 0);
        count++;
    }
    if (list) {
        (void)fclose(list);
    }
#endif
    return count;
}

/* Takes the dead of the group away; 1 if others are left in it. */
static int group_lives(pid_t group)
{
    while (waitpid(-group, NULL, WNOHANG) > 0) {
        /* an orphan that became the runner's */
    }
    return kill(-group, 0) == 0;
}

int spec_child_left_any(spec_child *child)
{
    enum { PATIENCE_MS = 5000, STEP_MS = 10 };

    for (int waited = 0; group_lives(child->process); waited += STEP_MS) {
        if (waited >= PATIENCE_MS) {
            return 1;
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    return running_count == 1 && end_strays() > 0;
}

void spec_child_free(spec_child *child)
{
    (void)kill(-child->process, SIGKILL);
    if (!child->has_ended) {
        /* In case it was killed before it had its group. */
        (void)kill(child->process, SIGKILL);
        (void)waitpid(child->process, NULL, 0);
    }
    while (group_lives(child->process)) {
        (void)kill(-child->process, SIGKILL);
        (void)poll(NULL, 0, 1);
    }
    if (running_count == 1) {
        while (end_strays() > 0) {
            /* the orphans of those */
        }
    }
    running_count--;
    free(child);
}

void spec_children_end(void)
{
    while (end_strays() > 0) {
        /* the orphans of those */
    }
}
