/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener is a FIFO that clients knock at. It is what a poller and those who
 * wait for a client sleep at; so as long as there is a client to accept, there
 * is something in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os_process.h"
#include "posix/posix_lease.h"
#include "posix/posix_pipe_knock.h"
#include "posix/posix_status.h"

/* All of this process, so that a forked child can let go of them. */
static xipcos_listener *listeners;

static void enlist(xipcos_listener *listener)
{
    posix_leases_lock();
    listener->next = listeners;
    listeners = listener;
    posix_leases_unlock();
}

/* A child has forgotten those that it inherited. */
static void delist(const xipcos_listener *listener)
{
    posix_leases_lock();
    for (xipcos_listener **at = &listeners; *at; at = &(*at)->next) {
        if (*at == listener) {
            *at = listener->next;
            break;
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

static void close_all(xipcos_listener *listener)
{
    close_one(&listener->read_fd);
    close_one(&listener->keep_fd);
    close_one(&listener->native.fd);
}

void posix_listener_forget(void)
{
    for (xipcos_listener *listener = listeners; listener;
         listener = listener->next) {
        close_all(listener);
        posix_sleepers_forget(&listener->sleepers);
    }
    listeners = NULL;
}

/* NULL: no memory, with a fault. */
static xipcos_listener *
new_listener(xipc_scope scope, const xipcos_pipe_plan *plan)
{
    xipcos_listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a handle");
        return NULL;
    }
    listener->epoch = xipcos_fork_epoch();
    listener->scope = scope;
    listener->plan = *plan;
    listener->read_fd = -1;
    listener->keep_fd = -1;
    listener->native.fd = -1;
    listener->here_end = &listener->here;
    pthread_mutex_init(&listener->lock, NULL);
    pthread_mutex_init(&listener->native.lock, NULL);
    posix_sleepers_begin(&listener->sleepers);
    enlist(listener);
    return listener;
}

static void free_listener(xipcos_listener *listener)
{
    delist(listener);
    close_all(listener);
    posix_sleepers_end(&listener->sleepers);
    pthread_mutex_destroy(&listener->lock);
    pthread_mutex_destroy(&listener->native.lock);
    free(listener->native.path);
    free(listener);
}

static mode_t mode_of(xipc_access access)
{
    switch (access) {
    case XIPC_ACCESS_GROUP_WRITE: return 0620;
    case XIPC_ACCESS_EVERYONE_WRITE: return 0622;
    case XIPC_ACCESS_GROUP_READ: /* whoever connects writes */
    case XIPC_ACCESS_EVERYONE_READ:
    case XIPC_ACCESS_PRIVATE: break;
    }
    return 0600;
}

static xipc_status hang(xipcos_listener *listener, const char *spot)
{
    struct stat file;
    int os_error;
    xipc_status status =
        posix_fifo_knock_path(listener->scope, spot, listener->path);

    if (status == XIPC_OK) {
        status = posix_fifo_make(
            listener->path, mode_of(listener->plan.access), &listener->read_fd);
    }
    if (status != XIPC_OK) {
        return status;
    }
    os_error = posix_fifo_open(listener->path, &listener->keep_fd, &file);
    if (os_error != 0) {
        unlink(listener->path);
        return posix_fault(os_error, "opening the FIFO to listen at");
    }
    return XIPC_OK;
}

xipc_status xipcos_listener_create(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out)
{
    xipcos_listener *listener = new_listener(place.scope, plan);
    xipc_status status;

    if (!listener) {
        return XIPC_E_NO_MEMORY;
    }
    status = hang(listener, place.spot);
    if (status != XIPC_OK) {
        free_listener(listener);
        return status;
    }
    *listener_out = listener;
    return XIPC_OK;
}

static void take_away(const xipcos_listener *listener)
{
    if (listener->native.path) {
        posix_native_unlink(&listener->native);
    } else {
        unlink(listener->path);
    }
}

void xipcos_listener_close(xipcos_listener *listener)
{
    if (!listener) {
        return;
    }
    if (listener->epoch == xipcos_fork_epoch()) {
        take_away(listener);
    }
    posix_listener_drop_all(listener);
    free_listener(listener);
}

void xipcos_listener_wake(xipcos_listener *listener)
{
    posix_sleepers_wake(&listener->sleepers);
}

/* One who is here, without waiting. XIPC_E_AGAIN: nobody, no fault. */
static xipc_status accept_one(xipcos_listener *listener, xipcos_pipe **pipe_out)
{
    xipc_status status = XIPC_OK;
    xipcos_pipe *pipe;

    pthread_mutex_lock(&listener->lock);
    pipe = posix_listener_take(listener);
    if (!pipe) {
        status = posix_listener_serve(listener);
        pipe = posix_listener_take(listener);
    }
    posix_listener_nudge(listener);
    pthread_mutex_unlock(&listener->lock);
    if (pipe) {
        *pipe_out = pipe;
        return XIPC_OK;
    }
    return status == XIPC_OK ? XIPC_E_AGAIN : status;
}

xipc_status xipcos_listener_accept(
    xipcos_listener *listener,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    xipc_status status;

    if (listener->native.path) {
        return posix_native_accept(
            &listener->native, &listener->sleepers, patience, pipe_out);
    }
    do {
        uint32_t ticket = posix_sleepers_ticket(&listener->sleepers);

        status = accept_one(listener, pipe_out);
        if (status != XIPC_E_AGAIN) {
            return status;
        }
        status = posix_sleepers_wait(
            &listener->sleepers, ticket, listener->read_fd, POLLIN, patience);
    } while (status == XIPC_OK);
    return status;
}

/* An accept that would say why it cannot does not wait either. */
uint32_t xipcos_listener_ready(xipcos_listener *listener)
{
    xipc_status status = XIPC_OK;
    int is_ready;

    pthread_mutex_lock(&listener->lock);
    if (!listener->here) {
        status = posix_listener_serve(listener);
    }
    is_ready = listener->here || status != XIPC_OK;
    posix_listener_nudge(listener);
    pthread_mutex_unlock(&listener->lock);
    return is_ready ? XIPC_READABLE : 0;
}

uint32_t
xipcos_listener_waitable(xipcos_listener *listener, intptr_t *native_out)
{
    if (listener->native.path) {
        return 0;
    }
    *native_out = listener->read_fd;
    return XIPC_READABLE;
}

/* ---- of a native name ---- */

static xipc_status
hang_native(xipcos_listener *listener, const char *native_name, uint32_t way)
{
    struct stat file;

    if (mkfifo(native_name, mode_of(XIPC_ACCESS_PRIVATE)) < 0 ||
        lstat(native_name, &file) < 0) {
        return posix_fault(errno, "making the FIFO");
    }
    listener->native.device = file.st_dev;
    listener->native.inode = file.st_ino;
    listener->native.directions = way;
    listener->native.path = posix_native_full_path(native_name);
    if (!listener->native.path) {
        unlink(native_name);
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a path");
    }
    return XIPC_OK;
}

xipc_status xipcos_listener_create_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out)
{
    xipcos_listener *listener;
    xipc_status status = posix_native_check(directions);

    if (status != XIPC_OK) {
        return status;
    }
    listener = new_listener(XIPC_SCOPE_USER, plan);
    if (!listener) {
        return XIPC_E_NO_MEMORY;
    }
    status = hang_native(listener, native_name, directions);
    if (status != XIPC_OK) {
        free_listener(listener);
        return status;
    }
    *listener_out = listener;
    return XIPC_OK;
}
