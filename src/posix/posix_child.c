/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child is waited for by its number, or by a descriptor of it. The end of one
 * whose handle was closed while it ran is taken note of when a process is next
 * started or a handle closed: nobody else can, and this library has no signal
 * handler to be told by. So of such processes some may be zombies for a while,
 * but not more as time goes on.
 */
#include "posix/posix_child.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os_process.h"
#include "os/os_thread.h"
#include "posix/posix_status.h"

#define NS_PER_MS 1000000

/* Where nothing tells of its end: from 1 to 32 ms. */
#define SLICE_SHIFT_MAX 5

/* So many orphans are looked at in one call, and it makes one at most. */
#define ORPHANS_AT_ONCE 8

/* By the process's lock; in turn. */
static xipcos_child *orphans;
static xipcos_child **orphans_end = &orphans;

xipcos_child *posix_child_new(void)
{
    xipcos_child *child = calloc(1, sizeof *child);

    if (child) {
        child->exit_fd = -1;
        child->epoch = xipcos_fork_epoch();
        atomic_init(&child->wake_fd, -1);
        pthread_mutex_init(&child->lock, NULL);
        child->exit = (xipc_exit)XIPC_EXIT_INIT;
    }
    return child;
}

static void close_descriptors(xipcos_child *child)
{
    int wake_fd = atomic_exchange(&child->wake_fd, -1);

    if (wake_fd >= 0) {
        close(wake_fd);
    }
    if (child->exit_fd >= 0) {
        close(child->exit_fd);
        child->exit_fd = -1;
    }
}

void posix_child_free(xipcos_child *child)
{
    if (child) {
        close_descriptors(child);
        pthread_mutex_destroy(&child->lock);
        free(child);
    }
}

/* ---- its end ---- */

static void note_end(xipcos_child *child, xipc_ending ending, int code)
{
    child->has_ended = 1;
    child->exit.ending = ending;
    child->exit.code = code;
}

static int is_at_end(const xipcos_child *child)
{
    struct pollfd polled = {.fd = child->exit_fd, .events = POLLIN};

    return child->exit_fd < 0 || poll(&polled, 1, 0) != 0;
}

/* Its parent ignores SIGCHLD, or waits for any child. */
static void note_unseen_end(xipcos_child *child)
{
    int status = 0;

    if (!is_at_end(child)) {
        return;
    }
    if (!posix_child_recall(child, &status)) {
        note_end(child, XIPC_ENDED_UNKNOWN, 0);
    } else if (WIFSIGNALED(status)) {
        note_end(child, XIPC_ENDED_CRASH, WTERMSIG(status));
    } else {
        note_end(child, XIPC_ENDED_EXIT, WEXITSTATUS(status));
    }
}

/* With the child's lock; or with the process's if nobody else has the child. */
static void look(xipcos_child *child)
{
    siginfo_t info = {.si_pid = 0};
    int os_error;

    if (child->has_ended) {
        return;
    }
    os_error = posix_child_ask(child, &info);
    if (os_error == ECHILD) {
        note_unseen_end(child);
    } else if (os_error == 0 && info.si_pid != 0) {
        note_end(
            child,
            info.si_code == CLD_EXITED ? XIPC_ENDED_EXIT : XIPC_ENDED_CRASH,
            info.si_status);
    }
}

/* A thread that is cancelled in waitid() would keep the lock for good. Returns
 * what unlock() wants. */
static int lock(xipcos_child *child)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_mutex_lock(&child->lock);
    return before;
}

static void unlock(xipcos_child *child, int before)
{
    pthread_mutex_unlock(&child->lock);
    pthread_setcancelstate(before, NULL);
}

xipc_status xipcos_child_ended(xipcos_child *child, xipc_exit *exit_out)
{
    int before = lock(child);
    int has_ended;

    look(child);
    has_ended = child->has_ended;
    unlock(child, before);
    if (has_ended) {
        *exit_out = child->exit; /* which stays */
    }
    return has_ended ? XIPC_OK : XIPC_E_AGAIN;
}

xipc_status xipcos_child_terminate(xipcos_child *child)
{
    int before = lock(child);
    int os_error = 0;

    look(child);
    if (!child->has_ended) {
        os_error = posix_child_kill(child);
    }
    unlock(child, before);
    return os_error == 0 || os_error == ESRCH
               ? XIPC_OK
               : posix_fault(os_error, "killing it");
}

int64_t xipcos_child_id(const xipcos_child *child)
{
    return child->id;
}

int xipcos_child_native(const xipcos_child *child, intptr_t *native_out)
{
    *native_out = child->exit_fd;
    return child->exit_fd >= 0;
}

/* ---- waiting ---- */

/* Of several that make one at once, one stays. */
static int wake_fd_of(xipcos_child *child)
{
    int seen = atomic_load(&child->wake_fd);
    int made;

    if (seen >= 0) {
        return seen;
    }
    made = posix_child_wake_open();
    if (made >= 0 &&
        !atomic_compare_exchange_strong(&child->wake_fd, &seen, made)) {
        close(made);
        return seen;
    }
    return made;
}

/* Rounded up, and no longer than a slice where not all is told. */
static int milliseconds(xipcos_child *child, int has_all, int64_t ns)
{
    int64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);

    if (!has_all) {
        unsigned shift = atomic_fetch_add(&child->slices, 1);
        int64_t slice = INT64_C(1)
                        << (shift < SLICE_SHIFT_MAX ? shift : SLICE_SHIFT_MAX);

        return (int)(ms < slice ? ms : slice);
    }
    if (ns == XIPC_FOREVER) {
        return -1;
    }
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

/*
 * The wake was meant for an interrupt that was cleared since; or for one that
 * came between the look and this. Then others who sleep here may not have seen
 * it, and it is set again.
 */
static void take_wake(int wake_fd, const atomic_int *is_interrupted)
{
    posix_child_wake_reset(wake_fd);
    if (atomic_load(is_interrupted)) {
        posix_child_wake_set(wake_fd);
    }
}

/* The descriptor is made before the look, so that whoever interrupts after it
 * finds it. */
void xipcos_child_wait(
    xipcos_child *child, const atomic_int *is_interrupted, int64_t ns)
{
    int wake_fd = wake_fd_of(child);
    struct pollfd polled[2] = {
        {.fd = child->exit_fd, .events = POLLIN},
        {.fd = wake_fd, .events = POLLIN}};
    int has_all = child->exit_fd >= 0 && wake_fd >= 0;

    if (atomic_load(is_interrupted)) {
        return;
    }
    if (poll(polled, 2, milliseconds(child, has_all, ns)) > 0 &&
        polled[1].revents != 0 && !atomic_load(is_interrupted)) {
        take_wake(wake_fd, is_interrupted);
    }
}

void xipcos_child_wake(xipcos_child *child)
{
    int wake_fd = atomic_load(&child->wake_fd);

    if (wake_fd >= 0) {
        posix_child_wake_set(wake_fd);
    }
}

/* ---- orphans; with the process's lock ---- */

static void append(xipcos_child *child)
{
    child->next = NULL;
    *orphans_end = child;
    orphans_end = &child->next;
}

static xipcos_child *take_first(void)
{
    xipcos_child *first = orphans;

    orphans = first->next;
    if (!orphans) {
        orphans_end = &orphans;
    }
    return first;
}

/* A forked child has its parent's list, and no such children. */
static int is_over(xipcos_child *child)
{
    if (child->epoch != xipcos_fork_epoch()) {
        return 1;
    }
    look(child);
    return child->has_ended;
}

static void look_at_orphans(void)
{
    xipcos_child *last = NULL;

    for (int at = 0; orphans && at < ORPHANS_AT_ONCE; at++) {
        xipcos_child *child = take_first();

        if (is_over(child)) {
            posix_child_free(child);
            continue;
        }
        append(child);
        last = last ? last : child;
        if (orphans == last) {
            break; /* once around */
        }
    }
}

/* Its number is another process's now: somebody else has waited for it. */
static void forget_orphan(pid_t id)
{
    xipcos_child **link = &orphans;

    while (*link && (*link)->id != id) {
        link = &(*link)->next;
    }
    if (*link) {
        xipcos_child *child = *link;

        *link = child->next;
        if (!*link) {
            orphans_end = link;
        }
        posix_child_free(child);
    }
}

void posix_child_begin(xipcos_child *child)
{
    xipcos_thread_lock();
    if (orphans) {
        forget_orphan(child->id);
        look_at_orphans();
    }
    xipcos_thread_unlock();
}

/* The number alone is kept: nobody is given it anew before it is waited for. */
void xipcos_child_close(xipcos_child *child)
{
    int before;

    if (child->epoch != xipcos_fork_epoch()) {
        posix_child_free(child);
        return;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    xipcos_thread_lock();
    if (is_over(child)) {
        posix_child_free(child);
    } else {
        close_descriptors(child);
        append(child);
    }
    look_at_orphans();
    xipcos_thread_unlock();
    pthread_setcancelstate(before, NULL);
}
