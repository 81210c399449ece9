/* SPDX-License-Identifier: Apache-2.0 */
/* The listener's side of posix_pipe_knock.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os_process.h"
#include "posix/posix_pipe_knock.h"
#include "posix/posix_status.h"
#include "posix/posix_user.h"

#define WELCOMED_MAX  64
#define TURNS_MAX     16
#define OWNER_ONLY    0600
#define ALL_MAY_WRITE 0622

/* ---- what a knock is ---- */

void posix_knock_fill(
    posix_knock *knock, posix_knock_kind kind, const char *letters)
{
    *knock = (posix_knock){
        .mark = POSIX_KNOCK_MARK,
        .kind = (uint32_t)kind,
        .process = (uint32_t)posix_process_id(),
        .user = (uint32_t)geteuid()};
    if (letters) {
        memcpy(knock->letters, letters, sizeof knock->letters);
    }
}

static int is_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '2' && letter <= '7');
}

/* Zeros, so that one that is only begun takes nothing of the next one. */
static int has_no_letters(const posix_knock *knock)
{
    static const char none[sizeof knock->letters];

    return memcmp(knock->letters, none, sizeof none) == 0;
}

int posix_knock_check(const posix_knock *knock, char letters[XIPCOS_SPOT_SIZE])
{
    if (knock->mark != POSIX_KNOCK_MARK || knock->kind < POSIX_KNOCK_HELLO ||
        knock->kind > POSIX_KNOCK_NUDGE) {
        return 0;
    }
    if (knock->kind == POSIX_KNOCK_REFUSED ||
        knock->kind == POSIX_KNOCK_NUDGE) {
        return has_no_letters(knock);
    }
    for (size_t at = 0; at < sizeof knock->letters; at++) {
        if (!is_letter(knock->letters[at])) {
            return 0;
        }
    }
    memcpy(letters, knock->letters, sizeof knock->letters);
    letters[XIPCOS_SPOT_SIZE - 1] = '\0';
    return 1;
}

/* ---- callers ---- */

/* In good order: it finds that this side has closed. */
static void drop(posix_caller *caller)
{
    xipcos_pipe_close(caller->pipe);
    free(caller);
}

static void unlink_wire(const xipcos_listener *listener, const char *letters)
{
    char path[POSIX_FIFO_PATH];

    /* A forked child's parent still needs it. */
    if (listener->epoch == xipcos_fork_epoch() &&
        posix_fifo_wire_path(listener->scope, geteuid(), letters, path) ==
            XIPC_OK) {
        unlink(path);
    }
}

static int is_gone(const posix_caller *caller)
{
    struct pollfd polled = {.fd = caller->pipe->write_fd, .events = 0};

    return poll(&polled, 1, 0) > 0; /* nobody reads there any more */
}

static int has_written(const posix_caller *caller)
{
    struct pollfd polled = {.fd = caller->pipe->read_fd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN) != 0;
}

/* It is connected, though its HERE may be far behind. Whoever is gone was so
 * for certain if it has written or closed; if not, nobody misses it. */
static int has_come(const posix_caller *caller)
{
    int is_dead = is_gone(caller); /* before its marks: they come first */
    mode_t marks = posix_pipe_marks_of_other(caller->pipe);

    return (marks & POSIX_MARK_HERE) != 0 &&
           (!is_dead || (marks & POSIX_MARK_ALL) != 0 || has_written(caller));
}

/* Whether it was told in time that it is not to come in: come_in() of
 * posix_pipe_connect.c. */
static int is_let_go(const posix_caller *caller)
{
    xipcos_pipe *pipe = caller->pipe;
    mode_t before = pipe->mode;

    posix_pipe_mark(pipe, before | POSIX_MARK_WRITES | POSIX_MARK_ALL);
    if (!has_come(caller)) {
        return 1;
    }
    posix_pipe_mark(pipe, before);
    return 0;
}

/* The FIFO made for it goes with it. */
static void drop_welcomed(xipcos_listener *listener, posix_caller **at)
{
    posix_caller *caller = *at;

    *at = caller->next;
    listener->welcomed_count--;
    unlink_wire(listener, caller->letters);
    drop(caller);
}

static void come_in(xipcos_listener *listener, posix_caller **at)
{
    posix_caller *caller = *at;

    *at = caller->next;
    listener->welcomed_count--;
    unlink_wire(listener, caller->letters);
    atomic_init(&caller->pipe->has_met, 1);
    if (listener->plan.buffer_size != 0) {
        posix_pipe_grow(caller->pipe->write_fd, listener->plan.buffer_size);
        atomic_init(&caller->pipe->has_grown, 1);
    }
    caller->next = NULL;
    *listener->here_end = caller;
    listener->here_end = &caller->next;
}

/* Of those who have come and those who are gone, and if that is not enough of
 * the one who was welcomed first: he comes again, if he lives. */
static void make_room(xipcos_listener *listener)
{
    posix_caller **at = &listener->welcomed;

    if (listener->welcomed_count < WELCOMED_MAX) {
        return;
    }
    while (*at) {
        int is_full = !(*at)->next && listener->welcomed_count >= WELCOMED_MAX;

        if (has_come(*at) || (is_full && !is_let_go(*at))) {
            come_in(listener, at);
        } else if (is_full || is_gone(*at)) {
            drop_welcomed(listener, at);
        } else {
            at = &(*at)->next;
        }
    }
}

/* ---- HELLO ---- */

/* Of this user, who needs no other one's rights, or of another one. */
static mode_t mode_for(uid_t user)
{
    return user == geteuid() ? OWNER_ONLY : ALL_MAY_WRITE;
}

/* Who could write the knock may connect, but for a private listener. */
static int is_welcome(const xipcos_listener *listener, uid_t user)
{
    return user == geteuid() || user == 0 ||
           listener->plan.access == XIPC_ACCESS_GROUP_WRITE ||
           listener->plan.access == XIPC_ACCESS_EVERYONE_WRITE;
}

static int answer(int fd, posix_knock_kind kind, const char *letters)
{
    posix_knock knock;
    const struct iovec part = {&knock, sizeof knock};

    posix_knock_fill(&knock, kind, letters);
    return posix_pipe_writev(fd, &part, 1) == (ssize_t)sizeof knock;
}

/* The client's FIFO, and who it is. 0, or errno. */
static int open_client(
    const xipcos_listener *listener,
    const posix_knock *hello,
    const char *letters,
    int *fd_out,
    struct stat *file_out)
{
    char path[POSIX_FIFO_PATH];
    int os_error;

    if (posix_fifo_wire_path(
            listener->scope, (uid_t)hello->user, letters, path) != XIPC_OK) {
        return EACCES;
    }
    os_error = posix_fifo_open(path, fd_out, file_out);
    if (os_error == 0 && file_out->st_uid != (uid_t)hello->user) {
        close(*fd_out);
        os_error = EACCES;
    }
    if (os_error == 0) {
        unlink(path); /* another user's it takes away itself */
    }
    return os_error;
}

/* This side's FIFO, and the answer. */
static xipc_status
welcome(xipcos_listener *listener, posix_caller *caller, uid_t user)
{
    char path[POSIX_FIFO_PATH];
    xipcos_pipe *pipe = caller->pipe;
    xipc_status status;

    posix_fifo_draw(caller->letters);
    status =
        posix_fifo_wire_path(listener->scope, geteuid(), caller->letters, path);
    if (status == XIPC_OK) {
        pipe->mode = mode_for(user);
        status = posix_fifo_make(path, pipe->mode, &pipe->read_fd);
    }
    if (status != XIPC_OK) {
        return status;
    }
    pipe->is_connection = 1;
    if (!answer(pipe->write_fd, POSIX_KNOCK_WELCOME, caller->letters)) {
        unlink(path);
        return XIPC_E_CLOSED; /* it is gone */
    }
    caller->next = listener->welcomed;
    listener->welcomed = caller;
    listener->welcomed_count++;
    return XIPC_OK;
}

/* Takes the descriptor over. */
static xipc_status greet(
    xipcos_listener *listener,
    const posix_knock *hello,
    int fd,
    const struct stat *file)
{
    posix_caller *caller;
    xipc_status status;

    if (!is_welcome(listener, file->st_uid)) {
        (void)answer(fd, POSIX_KNOCK_REFUSED, NULL);
        close(fd);
        return XIPC_OK;
    }
    caller = calloc(1, sizeof *caller);
    if (caller) {
        caller->pipe =
            posix_pipe_new(XIPC_READABLE | XIPC_WRITABLE, &listener->plan);
    }
    if (!caller || !caller->pipe) {
        free(caller);
        close(fd);
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a connection");
    }
    caller->pipe->write_fd = fd;
    caller->pipe->other =
        (xipcos_other){.user = file->st_uid, .process = hello->process};
    status = welcome(listener, caller, file->st_uid);
    if (status != XIPC_OK) {
        drop(caller);
    }
    return status;
}

/* XIPC_E_NO_MEMORY: it is to be heard again. What is wrong with the client is
 * no fault of ours. */
static xipc_status hear_hello(
    xipcos_listener *listener, const posix_knock *hello, const char *letters)
{
    struct stat file;
    int fd;
    int os_error;
    xipc_status status = XIPC_OK;

    make_room(listener);
    os_error = open_client(listener, hello, letters, &fd, &file);
    if (os_error == EMFILE || os_error == ENFILE || os_error == ENOMEM) {
        return posix_fault(os_error, "opening a client's FIFO");
    }
    if (os_error == 0) {
        status = greet(listener, hello, fd, &file);
    }
    return status == XIPC_E_NO_MEMORY ? status : XIPC_OK;
}

/* ---- HERE ---- */

static void hear_here(xipcos_listener *listener, const char *letters)
{
    posix_caller **at = &listener->welcomed;

    while (*at && strcmp((*at)->letters, letters) != 0) {
        at = &(*at)->next;
    }
    if (*at) {
        come_in(listener, at);
    }
}

/* ---- all knocks ---- */

static xipc_status
hear(xipcos_listener *listener, const posix_knock *knock, const char *letters)
{
    switch ((posix_knock_kind)knock->kind) {
    case POSIX_KNOCK_HELLO: return hear_hello(listener, knock, letters);
    case POSIX_KNOCK_HERE: hear_here(listener, letters); break;
    case POSIX_KNOCK_NUDGE: listener->is_nudged = 0; break;
    case POSIX_KNOCK_WELCOME:
    case POSIX_KNOCK_REFUSED: break;
    }
    return XIPC_OK;
}

/* Whoever may connect may write anything; what is no knock is skipped byte by
 * byte, until there is one again. */
static xipc_status hear_all(xipcos_listener *listener)
{
    xipc_status status = XIPC_OK;
    size_t at = 0;

    while (listener->byte_count - at >= sizeof(posix_knock)) {
        char letters[XIPCOS_SPOT_SIZE];
        posix_knock knock;

        memcpy(&knock, listener->bytes + at, sizeof knock);
        if (!posix_knock_check(&knock, letters)) {
            at++;
            continue;
        }
        status = hear(listener, &knock, letters);
        if (status != XIPC_OK) {
            break;
        }
        at += sizeof knock;
    }
    listener->byte_count -= at;
    memmove(listener->bytes, listener->bytes + at, listener->byte_count);
    return status;
}

xipc_status posix_listener_serve(xipcos_listener *listener)
{
    xipc_status status = hear_all(listener); /* what was kept */
    ssize_t size = 1;

    for (int turn = 0; turn < TURNS_MAX && status == XIPC_OK; turn++) {
        do {
            size = read(
                listener->read_fd, listener->bytes + listener->byte_count,
                sizeof listener->bytes - listener->byte_count);
        } while (size < 0 && errno == EINTR);
        if (size <= 0) {
            break;
        }
        listener->byte_count += (size_t)size;
        status = hear_all(listener);
    }
    return status;
}

xipcos_pipe *posix_listener_take(xipcos_listener *listener)
{
    posix_caller *caller = listener->here;
    xipcos_pipe *pipe;

    if (!caller) {
        return NULL;
    }
    listener->here = caller->next;
    if (!listener->here) {
        listener->here_end = &listener->here;
    }
    pipe = caller->pipe;
    free(caller);
    return pipe;
}

void posix_listener_nudge(xipcos_listener *listener)
{
    posix_knock knock;
    const struct iovec part = {&knock, sizeof knock};

    if (!listener->here || listener->is_nudged) {
        return;
    }
    posix_knock_fill(&knock, POSIX_KNOCK_NUDGE, NULL);
    /* One that is full is readable. */
    listener->is_nudged = posix_pipe_writev(listener->keep_fd, &part, 1) > 0;
}

void posix_listener_drop_all(xipcos_listener *listener)
{
    while (listener->welcomed) {
        drop_welcomed(listener, &listener->welcomed);
    }
    while (listener->here) {
        xipcos_pipe_close(posix_listener_take(listener));
    }
}
