/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking a host's name up. The system's call waits as long as it likes, and
 * nothing ends it. So a thread makes it, which belongs to the question and not
 * to who asked: the last of the two frees it.
 */
#include "os/os_resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os_clock.h"
#include "os/os_process.h"
#include "posix/posix_sleepers.h"
#include "posix/posix_socket.h"
#include "posix/posix_status.h"

/* Threads at once, of which each may hang as long as the system lets it. */
#define THREADS_MAX 64

#define STACK_SIZE (256 * 1024)

/* `answer`, the errors and `is_done`: with the lock; with it done, the asker's.
 */
typedef struct question {
    pthread_mutex_t lock;
    unsigned use_count;
    int is_done;
    int error;
    int os_error; /* of EAI_SYSTEM */
    struct addrinfo *answer;
    char host[256];
} question;

/*
 * How many there are, in the lowest byte, and above it the process they are of:
 * a child of fork() has none of its parent's. Relaxed: the number is all.
 */
static _Atomic uint64_t threads;

#define THREADS_MASK ((uint64_t)0xff)

static void drop(question *self)
{
    unsigned left;

    pthread_mutex_lock(&self->lock);
    left = --self->use_count;
    pthread_mutex_unlock(&self->lock);
    if (left == 0) {
        if (self->answer) {
            freeaddrinfo(self->answer);
        }
        pthread_mutex_destroy(&self->lock);
        free(self);
    }
}

static void *look_up(void *context)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
    question *self = context;
    struct addrinfo *answer = NULL;
    int error = getaddrinfo(self->host, NULL, &wanted, &answer);
    int os_error = errno;

    pthread_mutex_lock(&self->lock);
    self->answer = answer;
    self->error = error;
    self->os_error = os_error;
    self->is_done = 1;
    pthread_mutex_unlock(&self->lock);
    drop(self);
    atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
    return NULL;
}

/* Signals are the program's own threads' business. */
static int start_thread(question *self)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int os_error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    os_error = pthread_create(&thread, &attributes, look_up, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return os_error;
}

/* 0: there are too many. */
static int count_in(void)
{
    const uint64_t process = xipcos_fork_epoch() & ~THREADS_MASK;
    uint64_t seen = atomic_load_explicit(&threads, memory_order_relaxed);
    uint64_t count;

    do {
        count = (seen & ~THREADS_MASK) == process ? seen & THREADS_MASK : 0;
        if (count == THREADS_MAX) {
            return 0;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        &threads, &seen, process + count + 1, memory_order_relaxed,
        memory_order_relaxed));
    return 1;
}

/* On any status but XIPC_OK nobody has it but the caller. */
static xipc_status begin(question *self)
{
    int os_error;

    if (!count_in()) {
        return xipcos_fault(
            XIPC_E_LIMIT, 0, "%d names are being looked up already",
            THREADS_MAX);
    }
    os_error = start_thread(self);
    if (os_error != 0) {
        atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
        return posix_fault(os_error, "starting a thread to look a name up");
    }
    return XIPC_OK;
}

static xipc_status ask(const char *host, question **question_out)
{
    question *self = calloc(1, sizeof *self);
    xipc_status status;

    if (!self) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a question");
    }
    pthread_mutex_init(&self->lock, NULL);
    self->use_count = 2;
    memcpy(self->host, host, strlen(host) + 1); /* core keeps it this short */
    status = begin(self);
    if (status != XIPC_OK) {
        self->use_count = 1;
        drop(self);
        return status;
    }
    *question_out = self;
    return XIPC_OK;
}

static int is_done(question *self)
{
    int done;

    pthread_mutex_lock(&self->lock);
    done = self->is_done;
    pthread_mutex_unlock(&self->lock);
    return done;
}

/* Short rounds: looking a name up takes long as a rule. */
static xipc_status wait_for(question *self, const xipcos_patience *patience)
{
    int64_t left;
    xipc_status status = XIPC_OK;

    for (unsigned round = 0; !is_done(self); round++) {
        status = posix_patience_left(patience, &left);
        if (status != XIPC_OK) {
            return is_done(self) ? XIPC_OK : status;
        }
        (void)xipcos_clock_pause(round < 8 ? round : 8, patience->deadline);
    }
    return XIPC_OK;
}

static size_t take_all(
    const question *self,
    uint16_t port,
    xipc_address *addresses,
    size_t capacity)
{
    size_t count = 0;

    for (const struct addrinfo *at = self->answer; at && count < capacity;
         at = at->ai_next) {
        posix_sockaddr native;

        memset(&native, 0, sizeof native);
        memcpy(&native, at->ai_addr, at->ai_addrlen);
        if (posix_address_set_port(&native, port)) {
            posix_address_put(&addresses[count++], &native, at->ai_addrlen);
        }
    }
    return count;
}

static xipc_status explain(const question *self)
{
    switch (self->error) {
    case 0:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, 0, "there is no host '%s': no address",
            self->host);
    case EAI_MEMORY:
        return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a name");
    case EAI_SYSTEM:
        return posix_fault(self->os_error, "looking '%s' up", self->host);
    default:
        return xipcos_fault(
            XIPC_E_NOT_FOUND, 0, "there is no host '%s': %s", self->host,
            gai_strerror(self->error));
    }
}

xipc_status xipcos_resolve(
    const char *host,
    uint16_t port,
    const xipcos_patience *patience,
    xipc_address *addresses,
    size_t capacity,
    size_t *count_out)
{
    question *self = NULL;
    size_t count;
    xipc_status status = ask(host, &self);

    if (!self) {
        return status;
    }
    status = wait_for(self, patience);
    if (status == XIPC_OK) {
        count = take_all(self, port, addresses, capacity);
        if (count > 0) {
            *count_out = count;
        } else {
            status = explain(self);
        }
    }
    drop(self);
    return status;
}
