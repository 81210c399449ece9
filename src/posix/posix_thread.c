/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "posix/posix_lease.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int has_key;

/* Written once, before any thread has a number under the key; read by threads
 * that have one. */
static _Atomic(xipcos_thread_exit *) exit_callback;

static void end(void *value)
{
    xipcos_thread_exit *callback =
        atomic_load_explicit(&exit_callback, memory_order_acquire);

    callback((uint32_t)(uintptr_t)value);
}

/*
 * Whoever has this lock may take the leases' lock, so a fork takes this one
 * first: what is registered last. xipcos_thread_lock() would wait for itself
 * here.
 */
static void fork_lock(void)
{
    pthread_mutex_lock(&lock);
}

static void start(void)
{
    has_key = pthread_key_create(&key, end) == 0;
    posix_leases_lock();
    posix_leases_unlock();
    pthread_atfork(fork_lock, xipcos_thread_unlock, xipcos_thread_unlock);
}

/* A library that is unloaded must not be called when a thread ends. */
__attribute__((destructor)) static void stop(void)
{
    if (has_key) {
        pthread_key_delete(key);
    }
}

static uint32_t draw(xipcos_thread_exit *on_exit)
{
    static _Atomic uint32_t last;
    xipcos_thread_exit *none = NULL;
    /* Relaxed: the number is all. */
    uint32_t number =
        1 + atomic_fetch_add_explicit(&last, 1, memory_order_relaxed);

    pthread_once(&once, start);
    atomic_compare_exchange_strong_explicit(
        &exit_callback, &none, on_exit, memory_order_acq_rel,
        memory_order_acquire);
    if (has_key) {
        pthread_setspecific(key, (void *)(uintptr_t)number);
    }
    return number;
}

uint32_t xipcos_thread_number(xipcos_thread_exit *on_exit)
{
    static _Thread_local uint32_t own;

    while (own == 0) {
        own = draw(on_exit);
    }
    return own;
}

void xipcos_thread_lock(void)
{
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
}

void xipcos_thread_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void xipcos_thread_yield(void)
{
    sched_yield();
}
