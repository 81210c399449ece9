/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_keeper.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "os/os_process.h"
#include "os/os_thread.h"

/* What start and TLS of a thread need, and a child's stack. */
#define STACK_SIZE (256 << 10)

typedef struct request request;

struct request {
    int (*deed)(void *context);
    void *context;
    int result;
    sem_t is_done;
    request *next;
};

/* One in each process: a forked child has no use of its parent's. Never freed,
 * for the thread may be in it until the process ends. */
typedef struct keeper {
    uint64_t epoch;
    sem_t is_wanted;
    request *first; /* of the last ones asked for; by the process's lock */
} keeper;

/* By the process's lock. */
static keeper *current;

static void sleep_at(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR) {
    }
}

static void *keep(void *context)
{
    keeper *self = context;
    request *next;

    for (;;) {
        sleep_at(&self->is_wanted);
        xipcos_thread_lock();
        next = self->first;
        self->first = next->next;
        xipcos_thread_unlock();
        next->result = next->deed(next->context);
        sem_post(&next->is_done);
    }
    return NULL;
}

/* It has the signal mask of who makes it. 0, or errno. */
static int begin_quietly(keeper *self)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t before;
    sigset_t all;
    int os_error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    os_error = pthread_create(&thread, &attributes, keep, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return os_error;
}

/* With the lock. */
static int begin(void)
{
    keeper *self = calloc(1, sizeof *self);
    int os_error;

    if (!self) {
        return ENOMEM;
    }
    self->epoch = xipcos_fork_epoch();
    sem_init(&self->is_wanted, 0, 0);
    os_error = begin_quietly(self);
    if (os_error != 0) {
        free(self);
        return os_error;
    }
    current = self;
    return 0;
}

/* With the lock. */
static int ask(request *wanted)
{
    int os_error = 0;

    if (!current || current->epoch != xipcos_fork_epoch()) {
        os_error = begin();
    }
    if (os_error == 0) {
        wanted->next = current->first;
        current->first = wanted;
        sem_post(&current->is_wanted);
    }
    return os_error;
}

int posix_keeper_do(int (*deed)(void *context), void *context)
{
    request wanted = {.deed = deed, .context = context};
    int os_error;

    sem_init(&wanted.is_done, 0, 0);
    xipcos_thread_lock();
    os_error = ask(&wanted);
    xipcos_thread_unlock();
    if (os_error == 0) {
        sleep_at(&wanted.is_done);
        os_error = wanted.result;
    }
    sem_destroy(&wanted.is_done);
    return os_error;
}
