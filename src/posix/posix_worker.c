/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of the library's own, and a place for each thread to sleep at. */
#include "os/os_worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "os/os_clock.h"
#include "posix/posix_status.h"

#define NS_PER_S  1000000000
#define STACK_MIN ((size_t)1 << 20)

/* ---- threads ---- */

struct xipcos_worker {
    pthread_t thread;
    xipcos_work *work;
    void *context;
};

static void *run(void *context)
{
    const xipcos_worker *worker = context;

    worker->work(worker->context);
    return NULL;
}

/* Signals are the program's own threads' business. */
static int start(xipcos_worker *worker)
{
    pthread_attr_t attributes;
    size_t stack_size = 0;
    sigset_t all;
    sigset_t before;
    int os_error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    /* Some systems give little, and users' handlers run here. */
    if (pthread_attr_getstacksize(&attributes, &stack_size) == 0 &&
        stack_size < STACK_MIN) {
        pthread_attr_setstacksize(&attributes, STACK_MIN);
    }
    pthread_sigmask(SIG_SETMASK, &all, &before);
    os_error = pthread_create(&worker->thread, &attributes, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return os_error;
}

xipc_status xipcos_worker_start(
    xipcos_work *work, void *context, xipcos_worker **worker_out)
{
    xipcos_worker *worker = calloc(1, sizeof *worker);
    int os_error;

    if (!worker) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a thread");
    }
    worker->work = work;
    worker->context = context;
    os_error = start(worker);
    if (os_error != 0) {
        free(worker);
        return os_error == EAGAIN
                   ? xipcos_fault(
                         XIPC_E_NO_MEMORY, os_error,
                         "the system starts no more threads for this process "
                         "or user (ulimit -u)")
                   : posix_fault(os_error, "starting a thread");
    }
    *worker_out = worker;
    return XIPC_OK;
}

void xipcos_worker_join(xipcos_worker *worker)
{
    if (worker) {
        pthread_join(worker->thread, NULL);
        free(worker);
    }
}

void xipcos_worker_forget(xipcos_worker *worker)
{
    free(worker);
}

/* ---- sleep ---- */

struct xipcos_sleeper {
    pthread_mutex_t lock;
    pthread_cond_t condition;
    int is_woken; /* guarded by the lock */
};

/* Deadlines are on the monotonic clock. Darwin has no condition on it, but one
 * that takes a distance. */
static int begin_condition(pthread_cond_t *condition)
{
#if defined(__APPLE__)
    return pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t attributes;
    int os_error = pthread_condattr_init(&attributes);

    if (os_error != 0) {
        return os_error;
    }
    os_error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (os_error == 0) {
        os_error = pthread_cond_init(condition, &attributes);
    }
    pthread_condattr_destroy(&attributes);
    return os_error;
#endif
}

xipc_status xipcos_sleeper_create(xipcos_sleeper **sleeper_out)
{
    xipcos_sleeper *sleeper = calloc(1, sizeof *sleeper);
    int os_error;

    if (!sleeper) {
        return xipcos_fault(
            XIPC_E_NO_MEMORY, 0, "no memory for a place to sleep at");
    }
    os_error = begin_condition(&sleeper->condition);
    if (os_error != 0) {
        free(sleeper);
        return posix_fault(os_error, "making a place to sleep at");
    }
    pthread_mutex_init(&sleeper->lock, NULL);
    *sleeper_out = sleeper;
    return XIPC_OK;
}

void xipcos_sleeper_free(xipcos_sleeper *sleeper)
{
    if (sleeper) {
        pthread_cond_destroy(&sleeper->condition);
        pthread_mutex_destroy(&sleeper->lock);
        free(sleeper);
    }
}

static struct timespec moment(int64_t ns)
{
    return (struct timespec){
        .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/* With the lock. So far a moment that a time_t of 32 bits has. */
#define FAR_NS ((int64_t)1000000 * NS_PER_S)

static void wait_until(xipcos_sleeper *sleeper, xipc_deadline deadline)
{
    int64_t now = xipcos_clock_ns();
    int64_t left = deadline - now < FAR_NS ? deadline - now : FAR_NS;
    struct timespec end;

    if (left <= 0) {
        return;
    }
#if defined(__APPLE__)
    end = moment(left);
    pthread_cond_timedwait_relative_np(
        &sleeper->condition, &sleeper->lock, &end);
#else
    end = moment(now + left);
    pthread_cond_timedwait(&sleeper->condition, &sleeper->lock, &end);
#endif
}

void xipcos_sleeper_sleep(xipcos_sleeper *sleeper, xipc_deadline deadline)
{
    pthread_mutex_lock(&sleeper->lock);
    if (!sleeper->is_woken && deadline == XIPC_FOREVER) {
        pthread_cond_wait(&sleeper->condition, &sleeper->lock);
    } else if (!sleeper->is_woken) {
        wait_until(sleeper, deadline);
    }
    sleeper->is_woken = 0;
    pthread_mutex_unlock(&sleeper->lock);
}

void xipcos_sleeper_wake(xipcos_sleeper *sleeper)
{
    pthread_mutex_lock(&sleeper->lock);
    sleeper->is_woken = 1;
    pthread_cond_signal(&sleeper->condition);
    pthread_mutex_unlock(&sleeper->lock);
}
