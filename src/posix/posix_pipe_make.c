/* SPDX-License-Identifier: Apache-2.0 */
/* How an end comes to be, with its descriptors, and how it goes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os_process.h"
#include "posix/posix_lease.h"
#include "posix/posix_pipe.h"
#include "posix/posix_status.h"

/* All of this process, so that a forked child can let go of them. */
static xipcos_pipe *pipes;

static void enlist(xipcos_pipe *pipe)
{
    posix_leases_lock();
    pipe->next = pipes;
    pipe->link = &pipes;
    if (pipes) {
        pipes->link = &pipe->next;
    }
    pipes = pipe;
    posix_leases_unlock();
}

/* A child has forgotten those that it inherited. */
static void delist(xipcos_pipe *pipe)
{
    posix_leases_lock();
    if (pipe->link) {
        *pipe->link = pipe->next;
        if (pipe->next) {
            pipe->next->link = pipe->link;
        }
    }
    posix_leases_unlock();
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void close_all(xipcos_pipe *pipe)
{
    close_one(&pipe->read_fd);
    close_one(&pipe->write_fd);
    close_one(&pipe->other_fd);
}

/* What a child had open would keep others from seeing that the parent ended. */
void posix_pipe_forget(void)
{
    xipcos_pipe *next;

    for (xipcos_pipe *pipe = pipes; pipe; pipe = next) {
        next = pipe->next;
        close_all(pipe);
        posix_sleepers_forget(&pipe->sleepers);
        pipe->link = NULL;
    }
    pipes = NULL;
}

xipcos_pipe *posix_pipe_new(uint32_t directions, const xipcos_pipe_plan *plan)
{
    size_t stash_size = plan->message_max > 0 ? PIPE_BUF : 0;
    xipcos_pipe *pipe = calloc(1, sizeof *pipe);
    unsigned char *stash = pipe && stash_size ? malloc(stash_size) : NULL;

    if (!pipe || (stash_size > 0 && !stash)) {
        free(pipe);
        xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a pipe");
        return NULL;
    }
    pipe->epoch = xipcos_fork_epoch();
    pipe->read_fd = -1;
    pipe->write_fd = -1;
    pipe->other_fd = -1;
    pipe->directions = directions;
    pipe->message_max = plan->message_max;
    pipe->buffer_size = plan->buffer_size;
    pipe->reader.stash = stash;
    pipe->reader.stash_size = stash_size;
    pthread_mutex_init(&pipe->reader.lock, NULL);
    pthread_mutex_init(&pipe->writer.lock, NULL);
    posix_sleepers_begin(&pipe->sleepers);
    enlist(pipe);
    return pipe;
}

void posix_pipe_free(xipcos_pipe *pipe)
{
    if (!pipe) {
        return;
    }
    delist(pipe);
    close_all(pipe);
    posix_sleepers_end(&pipe->sleepers);
    pthread_mutex_destroy(&pipe->reader.lock);
    pthread_mutex_destroy(&pipe->writer.lock);
    free(pipe->reader.stash);
    free(pipe);
}

/* ---- two ends at once ---- */

/* A pipe from one to the other. */
static xipc_status join(xipcos_pipe *reader, xipcos_pipe *writer)
{
    int ends[2];
    int os_error = posix_pipe_ends(ends);

    if (os_error != 0) {
        return posix_fault(os_error, "making a pipe");
    }
    reader->read_fd = ends[0];
    writer->write_fd = ends[1];
    atomic_init(&reader->has_met, 1);
    if (writer->buffer_size != 0) {
        posix_pipe_grow(writer->write_fd, writer->buffer_size);
        atomic_init(&writer->has_grown, 1);
    }
    return XIPC_OK;
}

xipc_status xipcos_pipe_create(
    const xipcos_pipe_plan *plan,
    int is_duplex,
    xipcos_pipe **first_out,
    xipcos_pipe **second_out)
{
    const uint32_t both = XIPC_READABLE | XIPC_WRITABLE;
    xipcos_pipe *first =
        posix_pipe_new(is_duplex ? both : (uint32_t)XIPC_READABLE, plan);
    xipcos_pipe *second =
        first ? posix_pipe_new(is_duplex ? both : (uint32_t)XIPC_WRITABLE, plan)
              : NULL;
    xipc_status status = second ? join(first, second) : XIPC_E_NO_MEMORY;

    if (status == XIPC_OK && is_duplex) {
        status = join(second, first);
    }
    if (status != XIPC_OK) {
        posix_pipe_free(first);
        posix_pipe_free(second);
        return status;
    }
    *first_out = first;
    *second_out = second;
    return XIPC_OK;
}

/* ---- openings that others have too ---- */

/*
 * Another opening of what `fd` is, one way, in *own_out; or a copy, which then
 * may block. 0, or errno.
 */
static int
copy(int fd, int flags, int way, int *own_out, atomic_int *blocks_out)
{
    *own_out = posix_pipe_reopen(fd, way);
    if (*own_out < 0) {
        *own_out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        atomic_init(blocks_out, (flags & O_NONBLOCK) == 0);
    }
    return *own_out < 0 ? errno : 0;
}

static uint32_t directions_of(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDONLY: return XIPC_READABLE;
    case O_WRONLY: return XIPC_WRITABLE;
    default: return XIPC_READABLE | XIPC_WRITABLE;
    }
}

static xipc_status adopt(xipcos_pipe *pipe, int fd, int flags)
{
    uint32_t directions = directions_of(flags);
    int os_error = 0;

    if ((pipe->directions & directions) != 0) {
        return xipcos_fault(
            XIPC_E_INVALID, 0, "descriptor %d goes the same way as another",
            fd);
    }
    if ((directions & XIPC_READABLE) != 0) {
        os_error =
            copy(fd, flags, O_RDONLY, &pipe->read_fd, &pipe->read_blocks);
    }
    if (os_error == 0 && (directions & XIPC_WRITABLE) != 0) {
        os_error =
            copy(fd, flags, O_WRONLY, &pipe->write_fd, &pipe->write_blocks);
    }
    pipe->directions |= directions;
    return os_error == 0 ? XIPC_OK
                         : posix_fault(os_error, "copying descriptor %d", fd);
}

static xipc_status check_and_adopt(xipcos_pipe *pipe, intptr_t native)
{
    int fd = native >= 0 && native <= INT32_MAX ? (int)native : -1;
    int flags = fcntl(fd, F_GETFL);
    struct stat file;

    if (flags < 0 || fstat(fd, &file) < 0) {
        return xipcos_fault(
            XIPC_E_INVALID, errno, "%lld is no open descriptor",
            (long long)native);
    }
    if (!S_ISFIFO(file.st_mode)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "descriptor %d is not of a pipe", fd);
    }
    return adopt(pipe, fd, flags);
}

xipc_status xipcos_pipe_adopt(
    const intptr_t *natives,
    unsigned count,
    const xipcos_pipe_plan *plan,
    xipcos_pipe **pipe_out)
{
    xipcos_pipe *pipe = posix_pipe_new(0, plan);
    xipc_status status = pipe ? XIPC_OK : XIPC_E_NO_MEMORY;

    for (unsigned at = 0; status == XIPC_OK && at < count; at++) {
        status = check_and_adopt(pipe, natives[at]);
    }
    if (status != XIPC_OK) {
        posix_pipe_free(pipe);
        return status;
    }
    atomic_init(&pipe->has_met, 1);
    *pipe_out = pipe;
    return XIPC_OK;
}

static int set_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? errno : 0;
}

/* Without another opening there is this one for both, which blocks then. */
static int share(int fd, atomic_int *blocks, int *given_out)
{
    int os_error = set_blocking(fd);

    if (os_error == 0) {
        atomic_store_explicit(blocks, 1, memory_order_relaxed);
        *given_out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        os_error = *given_out < 0 ? errno : 0;
    }
    return os_error;
}

xipc_status
xipcos_pipe_give(xipcos_pipe *pipe, uint32_t direction, intptr_t *native_out)
{
    int reads = direction == XIPC_READABLE;
    int fd = reads ? pipe->read_fd : pipe->write_fd;
    int given = posix_pipe_reopen(fd, reads ? O_RDONLY : O_WRONLY);
    int os_error;

    if (given >= 0) {
        os_error = set_blocking(given);
    } else {
        os_error =
            share(fd, reads ? &pipe->read_blocks : &pipe->write_blocks, &given);
    }
    if (os_error != 0) {
        if (given >= 0) {
            close(given);
        }
        return posix_fault(os_error, "copying a pipe's end for another one");
    }
    *native_out = given;
    return XIPC_OK;
}
