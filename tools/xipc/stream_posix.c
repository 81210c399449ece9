/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "say.h"
#include "stop.h"
#include "stop_posix.h"

struct stream {
    const char *name;
    int fd;
};

static void fail(const char *name)
{
    if (!stop_asked()) {
        say("%s: %s", name, strerror(errno));
    }
}

static stream *stream_make(const char *name, int fd)
{
    stream *self = malloc(sizeof *self);

    if (!self || fd < 0) {
        fail(name);
        free(self);
        return NULL;
    }
    self->name = name;
    self->fd = fd;
    return self;
}

stream *stream_open_to_read(const char *path)
{
    if (stream_is_standard(path)) {
        return stream_make("standard input", STDIN_FILENO);
    }
    return stream_make(path, open(path, O_RDONLY | O_CLOEXEC));
}

stream *stream_open_to_write(const char *path)
{
    if (stream_is_standard(path)) {
        return stream_make("standard output", STDOUT_FILENO);
    }
    return stream_make(
        path, open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
}

int stream_try_to_read(const char *path)
{
    if (!stream_is_standard(path) && access(path, R_OK) < 0) {
        fail(path);
        return -1;
    }
    return 0;
}

/* Whether a new file can be made beside it. */
static int try_folder(const char *path)
{
    char *folder = memory_text(path);
    char *slash = strrchr(folder, '/');
    int result;

    if (slash) {
        slash[1] = '\0';
    }
    result = access(slash ? folder : ".", W_OK | X_OK);
    if (result < 0) {
        fail(path);
    }
    free(folder);
    return result;
}

int stream_try_to_write(const char *path)
{
    struct stat found;
    int fd;

    if (stream_is_standard(path)) {
        return 0;
    }
    if (stat(path, &found) < 0) {
        /* A link that leads to nothing yet may lead to another folder. */
        return errno == ENOENT && lstat(path, &found) < 0 ? try_folder(path)
                                                          : 0;
    }
    /* To open a FIFO or a device is to do something with it. */
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
        return 0;
    }
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        fail(path);
        return -1;
    }
    (void)close(fd);
    return 0;
}

const char *stream_name(const stream *self)
{
    return self->name;
}

uint64_t stream_size(const stream *self)
{
    struct stat found;

    if (fstat(self->fd, &found) < 0 || !S_ISREG(found.st_mode)) {
        return STREAM_SIZE_UNKNOWN;
    }
    return (uint64_t)found.st_size;
}

/* 0 when a read or write will not wait, -1 when somebody asked to stop. */
static int wait_ready(int fd, short events)
{
    struct pollfd both[2] = {
        {.fd = fd, .events = events},
        {.fd = stop_descriptor(), .events = POLLIN}};

    while (poll(both, 2, -1) < 0) {
        if (errno != EINTR) {
            return 0;
        }
    }
    return stop_asked() ? -1 : 0;
}

int64_t stream_read(stream *self, void *buffer, size_t capacity)
{
    ssize_t got;

    do {
        if (wait_ready(self->fd, POLLIN) < 0) {
            return -1;
        }
        got = read(self->fd, buffer, capacity);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0) {
        fail(self->name);
    }
    return got;
}

int stream_write(stream *self, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t put;

        if (wait_ready(self->fd, POLLOUT) < 0) {
            return -1;
        }
        put = write(self->fd, at, size);
        if (put < 0 && errno != EINTR && errno != EAGAIN) {
            fail(self->name);
            return -1;
        }
        at += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return 0;
}

int stream_close(stream *self)
{
    int result = 0;

    if (!self) {
        return 0;
    }
    if (self->fd > STDERR_FILENO && close(self->fd) < 0) {
        fail(self->name);
        result = -1;
    }
    free(self);
    return result;
}
