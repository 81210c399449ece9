/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_start.h"

#include <errno.h>
#include <fcntl.h>

POSIX_UNWATCHED
static void
fail(posix_failure *failure, posix_step step, int index, int os_error)
{
    failure->step = step;
    failure->index = index;
    failure->os_error = os_error;
}

/*
 * This process's stream of that number. One that is closed on exec is no stream
 * but another file, which took the number while the stream was closed.
 */
POSIX_UNWATCHED
static int is_stream(int number)
{
    int flags = posix_call_fcntl(number, F_GETFD, 0);

    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

/*
 * Puts a source where no target is: at `count` or above. -1 with errno. What is
 * this process's own stream stays where it is.
 */
POSIX_UNWATCHED
static int move_source(int *sources, int index, int count)
{
    int source = sources[index];
    int moved;

    if (source == POSIX_SOURCE_OWN && !is_stream(index)) {
        source = POSIX_SOURCE_NULL;
    }
    if (source == POSIX_SOURCE_NULL) {
        source = posix_call_open("/dev/null", O_RDWR | O_CLOEXEC);
        if (source < 0) {
            return -1;
        }
    }
    moved = source == POSIX_SOURCE_OWN || source >= count
                ? source
                : posix_call_fcntl(source, F_DUPFD_CLOEXEC, count);
    if (moved < 0 && source != POSIX_SOURCE_OWN) {
        return -1;
    }
    sources[index] = moved;
    return 0;
}

/* All are moved out of the way before the first one takes its place. */
POSIX_UNWATCHED
static int place_descriptors(const posix_start *start, posix_failure *failure)
{
    for (int index = 0; index < start->count; index++) {
        if (move_source(start->sources, index, start->count) < 0) {
            fail(failure, POSIX_STEP_DESCRIPTOR, index, errno);
            return -1;
        }
    }
    for (int index = 0; index < start->count; index++) {
        int os_error = start->sources[index] == POSIX_SOURCE_OWN
                           ? 0
                           : posix_call_dup2(start->sources[index], index);

        if (os_error != 0) {
            fail(failure, POSIX_STEP_DESCRIPTOR, index, os_error);
            return -1;
        }
    }
    posix_call_close_from(start->count);
    return 0;
}

/* The first that there is; what may not be executed is passed over, and told
 * of if nothing else is found. */
POSIX_UNWATCHED
static void execute(const posix_start *start, posix_failure *failure)
{
    int os_error = ENOENT;

    for (char **path = start->paths; *path; path++) {
        int seen =
            posix_call_execve(*path, start->arguments, start->environment);

        if (seen == ENOENT || seen == ENOTDIR) {
            continue;
        }
        os_error = seen;
        if (seen != EACCES) {
            break;
        }
    }
    fail(failure, POSIX_STEP_PROGRAM, 0, os_error);
}

POSIX_UNWATCHED
void posix_become(const posix_start *start, posix_failure *failure)
{
    int os_error = start->directory ? posix_call_chdir(start->directory) : 0;

    if (os_error != 0) {
        fail(failure, POSIX_STEP_DIRECTORY, 0, os_error);
        return;
    }
    if (place_descriptors(start, failure) < 0) {
        return;
    }
    posix_call_reset_signals();
    execute(start, failure);
}
