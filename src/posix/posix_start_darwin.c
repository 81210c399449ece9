/* SPDX-License-Identifier: Apache-2.0 */
/* posix_spawn(), which on this system can keep back every descriptor that it is
 * not told of. */
#include "posix/posix_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_stream(int number)
{
    int flags = fcntl(number, F_GETFD);

    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

/* Where the sources are that would be in the way of a target: copies, which are
 * closed again. 0, or errno. */
static int move_sources(const posix_start *start, int *failed_index)
{
    for (int index = 0; index < start->count; index++) {
        int source = start->sources[index];
        int moved;

        if (source == POSIX_SOURCE_OWN && !is_stream(index)) {
            start->sources[index] = POSIX_SOURCE_NULL;
        }
        if (source < 0) {
            continue;
        }
        moved = fcntl(source, F_DUPFD_CLOEXEC, start->count);
        if (moved < 0) {
            *failed_index = index;
            return errno;
        }
        start->sources[index] = moved;
    }
    *failed_index = start->count;
    return 0;
}

/* Of the first `count`, which were moved. */
static void close_moved(const posix_start *start, int count)
{
    for (int index = 0; index < count; index++) {
        if (start->sources[index] >= 0) {
            close(start->sources[index]);
        }
    }
}

static int
add_actions(const posix_start *start, posix_spawn_file_actions_t *actions)
{
    int os_error =
        start->directory
            ? posix_spawn_file_actions_addchdir_np(actions, start->directory)
            : 0;

    for (int index = 0; os_error == 0 && index < start->count; index++) {
        switch (start->sources[index]) {
        case POSIX_SOURCE_OWN:
            os_error = posix_spawn_file_actions_addinherit_np(actions, index);
            break;
        case POSIX_SOURCE_NULL:
            os_error = posix_spawn_file_actions_addopen(
                actions, index, "/dev/null", O_RDWR, 0);
            break;
        default:
            os_error = posix_spawn_file_actions_adddup2(
                actions, start->sources[index], index);
            break;
        }
    }
    return os_error;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t usual;
    sigset_t none;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    sigaddset(&usual, SIGCHLD);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &usual);
    return posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_CLOEXEC_DEFAULT | POSIX_SPAWN_SETSIGMASK |
                        POSIX_SPAWN_SETSIGDEF);
}

/* The first that there is, as posix_become() does it. */
static int spawn(
    const posix_start *start,
    const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes,
    pid_t *process_out)
{
    int os_error = ENOENT;

    for (char **path = start->paths; *path; path++) {
        int seen = posix_spawn(
            process_out, *path, actions, attributes, start->arguments,
            start->environment);

        if (seen == ENOENT || seen == ENOTDIR) {
            continue;
        }
        os_error = seen;
        if (seen != EACCES) {
            break;
        }
    }
    return os_error;
}

static int spawn_moved(const posix_start *start, pid_t *process_out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int os_error = posix_spawnattr_init(&attributes);

    if (os_error != 0) {
        return os_error;
    }
    os_error = posix_spawn_file_actions_init(&actions);
    if (os_error == 0) {
        os_error = set_attributes(&attributes);
        if (os_error == 0) {
            os_error = add_actions(start, &actions);
        }
        if (os_error == 0) {
            os_error = spawn(start, &actions, &attributes, process_out);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return os_error;
}

/* posix_spawn() does not say what it was that is not there. */
static int is_directory(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 && S_ISDIR(file.st_mode);
}

int posix_start_process(
    const posix_start *start,
    pid_t *process_out,
    int *fd_out,
    posix_failure *failure_out)
{
    int moved_count = 0;
    int os_error = move_sources(start, &moved_count);

    *fd_out = -1;
    if (os_error != 0) {
        *failure_out =
            (posix_failure){os_error, POSIX_STEP_DESCRIPTOR, moved_count};
    } else {
        os_error = spawn_moved(start, process_out);
        *failure_out = (posix_failure){os_error, POSIX_STEP_PROGRAM, 0};
    }
    close_moved(start, moved_count);
    if (os_error != 0 && start->directory && !is_directory(start->directory)) {
        failure_out->step = POSIX_STEP_DIRECTORY;
    }
    return os_error;
}
