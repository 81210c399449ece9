/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of posix_pipe_knock.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_pipe_knock.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

#define OWNER_ONLY    0600
#define ALL_MAY_WRITE 0622

typedef struct knocking {
    xipc_scope scope;
    uid_t owner; /* whose listener it must be */
    const xipcos_patience *patience;
    xipcos_pipe *pipe;
    int knock_fd; /* where the listener reads */
    char letters[XIPCOS_SPOT_SIZE];
    char path[POSIX_FIFO_PATH]; /* of this side's FIFO; "": no name */
} knocking;

static xipc_status nobody(void)
{
    return xipcos_fault(XIPC_E_NOT_FOUND, 0, "nobody listens there any more");
}

static xipc_status not_theirs(void)
{
    return xipcos_fault(
        XIPC_E_ACCESS, 0, "what stands there is not the listener's");
}

/* ---- the listener ---- */

static xipc_status find_owner(knocking *call, const xipcos_section *companion)
{
    struct stat file;

    if (fstat(companion->fd, &file) < 0) {
        return posix_fault(errno, "looking at the listener's section");
    }
    call->owner = file.st_uid;
    return XIPC_OK;
}

static xipc_status open_listener(knocking *call, const char *spot)
{
    char path[POSIX_FIFO_PATH];
    struct stat file;
    int os_error;
    xipc_status status = posix_fifo_knock_path(call->scope, spot, path);

    if (status != XIPC_OK) {
        return status;
    }
    os_error = posix_fifo_open(path, &call->knock_fd, &file);
    if (os_error == ENOENT || os_error == ENXIO) {
        return nobody();
    }
    if (os_error != 0) {
        return posix_fault(os_error, "opening the listener's FIFO");
    }
    return file.st_uid == call->owner ? XIPC_OK : not_theirs();
}

/*
 * Sleeps until `fd` is ready for `events`, or the listener is gone. XIPC_OK:
 * look. Before there is a handle nobody can interrupt.
 */
static xipc_status
wait_for(const knocking *call, int fd, short events, int *is_gone_out)
{
    struct pollfd polled[2] = {
        {.fd = fd, .events = events}, {.fd = call->knock_fd, .events = 0}};
    int64_t left = XIPC_FOREVER;

    if (call->patience->deadline != XIPC_FOREVER) {
        left = call->patience->deadline - xipcos_clock_ns();
        if (left <= 0) {
            return XIPC_E_TIMEOUT;
        }
    }
    (void)posix_pipe_poll(polled, 2, left);
    *is_gone_out = (polled[1].revents & POLLERR) != 0;
    return XIPC_OK;
}

static xipc_status
knock(const knocking *call, posix_knock_kind kind, const char *letters)
{
    posix_knock record;
    const struct iovec part = {&record, sizeof record};
    xipc_status status = XIPC_OK;

    posix_knock_fill(&record, kind, letters);
    while (status == XIPC_OK) {
        int is_gone = 0;

        if (posix_pipe_writev(call->knock_fd, &part, 1) > 0) {
            return XIPC_OK;
        }
        if (errno == EPIPE) {
            return nobody();
        }
        if (errno != EAGAIN && errno != EINTR) {
            return posix_fault(errno, "knocking at the listener's FIFO");
        }
        status = wait_for(call, call->knock_fd, POLLOUT, &is_gone);
    }
    return status;
}

/* ---- this side's FIFO ---- */

static xipc_status make_own(knocking *call)
{
    xipcos_pipe *pipe = call->pipe;
    xipc_status status;

    posix_fifo_draw(call->letters);
    status =
        posix_fifo_wire_path(call->scope, geteuid(), call->letters, call->path);
    if (status == XIPC_OK) {
        pipe->mode = call->owner == geteuid() ? OWNER_ONLY : ALL_MAY_WRITE;
        status = posix_fifo_make(call->path, pipe->mode, &pipe->read_fd);
    }
    if (status != XIPC_OK) {
        call->path[0] = '\0';
    }
    return status;
}

static void forget_name(knocking *call)
{
    if (call->path[0] != '\0') {
        unlink(call->path);
        call->path[0] = '\0';
    }
}

/* XIPC_E_AGAIN: nothing has come. */
static xipc_status read_answer(const knocking *call, posix_knock *record)
{
    ssize_t size;

    do {
        size = read(call->pipe->read_fd, record, sizeof *record);
    } while (size < 0 && errno == EINTR);
    if (size == (ssize_t)sizeof *record) {
        return XIPC_OK;
    }
    return size <= 0 ? XIPC_E_AGAIN : not_theirs();
}

/* Whether somebody had opened it to write, and has closed. */
static int was_left(const knocking *call)
{
    struct pollfd polled = {.fd = call->pipe->read_fd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN) == 0;
}

static xipc_status wait_for_answer(const knocking *call, posix_knock *record)
{
    xipc_status status = read_answer(call, record);

    while (status == XIPC_E_AGAIN) {
        int is_gone = 0;

        if (was_left(call)) {
            return nobody(); /* the listener had no room, or is gone */
        }
        status = wait_for(call, call->pipe->read_fd, POLLIN, &is_gone);
        if (status != XIPC_OK) {
            return status;
        }
        status = read_answer(call, record);
        if (status == XIPC_E_AGAIN && is_gone) {
            return nobody();
        }
    }
    return status;
}

/* ---- the other side's FIFO ---- */

static xipc_status
open_other(knocking *call, const posix_knock *welcome, const char *letters)
{
    char path[POSIX_FIFO_PATH];
    struct stat file;
    int os_error;
    xipc_status status =
        posix_fifo_wire_path(call->scope, call->owner, letters, path);

    if (status != XIPC_OK) {
        return status;
    }
    os_error = posix_fifo_open(path, &call->pipe->write_fd, &file);
    if (os_error == ENOENT || os_error == ENXIO) {
        return nobody();
    }
    if (os_error != 0) {
        return posix_fault(os_error, "opening the listener's side");
    }
    if (file.st_uid != call->owner) {
        return not_theirs();
    }
    unlink(path); /* another user's it takes away itself */
    call->pipe->is_connection = 1;
    call->pipe->other =
        (xipcos_other){.user = file.st_uid, .process = welcome->process};
    return XIPC_OK;
}

/*
 * The listener may have let go of this side, for want of room. It marks its
 * FIFO first, and then looks whether this one is marked; this side does the
 * same the other way round. So at least one of them sees the other one's.
 */
static xipc_status come_in(const knocking *call, const char *letters)
{
    xipcos_pipe *pipe = call->pipe;

    posix_pipe_mark(pipe, pipe->mode | POSIX_MARK_HERE);
    return (posix_pipe_marks_of_other(pipe) & POSIX_MARK_ALL) == 0
               ? knock(call, POSIX_KNOCK_HERE, letters)
               : nobody();
}

static xipc_status meet(knocking *call)
{
    char letters[XIPCOS_SPOT_SIZE];
    posix_knock record;
    xipc_status status = wait_for_answer(call, &record);

    if (status != XIPC_OK) {
        return status;
    }
    forget_name(call);
    if (!posix_knock_check(&record, letters)) {
        return not_theirs();
    }
    if (record.kind != POSIX_KNOCK_WELCOME) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the listener takes no connection of this user");
    }
    status = open_other(call, &record, letters);
    return status == XIPC_OK ? come_in(call, letters) : status;
}

static xipc_status connect_with(knocking *call, const xipcos_pipe_place *place)
{
    xipc_status status = find_owner(call, place->companion);

    if (status == XIPC_OK) {
        status = open_listener(call, place->spot);
    }
    if (status == XIPC_OK && call->patience->deadline == XIPC_NOW) {
        status = XIPC_E_AGAIN; /* the listener would have to be waited for */
    }
    if (status == XIPC_OK) {
        status = make_own(call);
    }
    if (status == XIPC_OK) {
        status = knock(call, POSIX_KNOCK_HELLO, call->letters);
    }
    return status == XIPC_OK ? meet(call) : status;
}

/* A side that never was one has nothing to mark. */
static void give_up(xipcos_pipe *pipe)
{
    posix_pipe_free(pipe);
}

xipc_status xipcos_pipe_connect(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    knocking call = {
        .scope = place.scope, .patience = patience, .knock_fd = -1};
    xipc_status status;

    call.pipe = posix_pipe_new(XIPC_READABLE | XIPC_WRITABLE, plan);
    if (!call.pipe) {
        return XIPC_E_NO_MEMORY;
    }
    status = connect_with(&call, &place);
    forget_name(&call);
    if (call.knock_fd >= 0) {
        close(call.knock_fd);
    }
    if (status != XIPC_OK) {
        give_up(call.pipe);
        return status;
    }
    atomic_init(&call.pipe->has_met, 1);
    if (plan->buffer_size != 0) {
        posix_pipe_grow(call.pipe->write_fd, plan->buffer_size);
        atomic_init(&call.pipe->has_grown, 1);
    }
    *pipe_out = call.pipe;
    return XIPC_OK;
}
