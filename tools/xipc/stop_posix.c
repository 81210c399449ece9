/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread waits for the signals, which are blocked in all others: no handler
 * runs, so everything may be called. A pipe that becomes readable wakes who
 * waits in poll() (stream_posix.c).
 */
#include "stop_posix.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"
#include "stop.h"

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static xipc_object *watched;
static atomic_int asked;
static int wake[2] = {-1, -1};
static sigset_t signals;

static void interrupt_watched(void)
{
    if (watched && atomic_load(&asked)) {
        (void)!xipc_interrupt(watched);
    }
}

static void ask(void)
{
    pthread_mutex_lock(&guard);
    if (atomic_exchange(&asked, 1)) {
        _exit(CODE_STOPPED);
    }
    interrupt_watched();
    pthread_mutex_unlock(&guard);
    (void)!write(wake[1], "", 1);
}

static void *wait_for_signals(void *unused)
{
    int number;

    (void)unused;
    while (sigwait(&signals, &number) == 0) {
        ask();
    }
    return NULL;
}

/* What is ignored, as in the background of a script, stays ignored. */
static void add_signal(int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
        sigaddset(&signals, number);
    }
}

void stop_begin(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    sigemptyset(&signals);
    add_signal(SIGINT);
    add_signal(SIGTERM);
    add_signal(SIGHUP);
    if (pipe(wake) < 0) {
        return;
    }
    (void)fcntl(wake[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(wake[1], F_SETFD, FD_CLOEXEC);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, &attributes, wait_for_signals, NULL) != 0) {
        pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    }
    pthread_attr_destroy(&attributes);
}

void stop_end(void)
{
    stop_watch(NULL);
}

int stop_asked(void)
{
    return atomic_load(&asked);
}

void stop_watch(xipc_object *object)
{
    pthread_mutex_lock(&guard);
    watched = object;
    interrupt_watched();
    pthread_mutex_unlock(&guard);
}

int stop_descriptor(void)
{
    return wake[0];
}
