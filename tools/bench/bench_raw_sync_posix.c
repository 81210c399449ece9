/* SPDX-License-Identifier: Apache-2.0 */
/* What the synchronisation rows would be without a library, on POSIX. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#endif

#include "bench.h"

#define NAME_SIZE 96

/* In shared memory. */
typedef struct raw_memory {
    pthread_mutex_t plain;
    pthread_mutex_t robust;
    pthread_cond_t condition;
    int is_set;
    _Atomic uint32_t turn; /* odd: the second process's */
    int ping_fd;           /* the second process has them under these numbers */
    int pong_fd;
} raw_memory;

_Static_assert(sizeof(raw_memory) <= BENCH_RAW_SYNC_SIZE, "it fits");

static raw_memory *raw;
static char ping_name[NAME_SIZE];
static char pong_name[NAME_SIZE];
static sem_t *ping;
static sem_t *pong;

static void zero(int error, const char *what)
{
    if (error != 0) {
        bench_fail(what);
    }
}

/* ---- objects ------------------------------------------------------------- */

static void make_mutexes(void)
{
    pthread_mutexattr_t attributes;
    pthread_condattr_t shared;

    zero(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
    zero(
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
        "pthread_mutexattr_setpshared");
    zero(pthread_mutex_init(&raw->plain, &attributes), "pthread_mutex_init");
#if !defined(__APPLE__)
    zero(
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST),
        "pthread_mutexattr_setrobust");
    zero(pthread_mutex_init(&raw->robust, &attributes), "pthread_mutex_init");
#endif
    zero(pthread_condattr_init(&shared), "pthread_condattr_init");
    zero(
        pthread_condattr_setpshared(&shared, PTHREAD_PROCESS_SHARED),
        "pthread_condattr_setpshared");
    zero(pthread_cond_init(&raw->condition, &shared), "pthread_cond_init");
    pthread_condattr_destroy(&shared);
    pthread_mutexattr_destroy(&attributes);
}

static void make_descriptors(void)
{
#if defined(__linux__)
    raw->ping_fd = eventfd(0, 0);
    raw->pong_fd = eventfd(0, 0);
    bench_require(raw->ping_fd >= 0 && raw->pong_fd >= 0, "eventfd");
#endif
}

static sem_t *open_semaphore(const char *name, int flags)
{
    sem_t *semaphore = sem_open(name, flags, 0600, 0);

    bench_require(semaphore != SEM_FAILED, "sem_open");
    return semaphore;
}

void bench_raw_sync_begin(void *memory, const char *name, int is_second)
{
    int flags = is_second ? 0 : O_CREAT | O_EXCL;

    raw = memory;
    if (!is_second) {
        make_mutexes();
        make_descriptors();
    }
    snprintf(ping_name, sizeof ping_name, "/%s-ping", name);
    snprintf(pong_name, sizeof pong_name, "/%s-pong", name);
    ping = open_semaphore(ping_name, flags);
    pong = open_semaphore(pong_name, flags);
}

void bench_raw_sync_end(void)
{
    sem_close(ping);
    sem_close(pong);
    sem_unlink(ping_name);
    sem_unlink(pong_name);
#if defined(__linux__)
    close(raw->ping_fd);
    close(raw->pong_fd);
#endif
    pthread_cond_destroy(&raw->condition);
    pthread_mutex_destroy(&raw->plain);
#if !defined(__APPLE__)
    pthread_mutex_destroy(&raw->robust);
#endif
}

/* ---- alone --------------------------------------------------------------- */

static void lock_each(pthread_mutex_t *mutex, unsigned count)
{
    while (count-- > 0) {
        zero(pthread_mutex_lock(mutex), "pthread_mutex_lock");
        zero(pthread_mutex_unlock(mutex), "pthread_mutex_unlock");
    }
}

static void plain(unsigned count)
{
    lock_each(&raw->plain, count);
}

static void semaphore(unsigned count)
{
    while (count-- > 0) {
        zero(sem_post(ping), "sem_post");
        zero(sem_wait(ping), "sem_wait");
    }
}

static void put(int is_set)
{
    zero(pthread_mutex_lock(&raw->plain), "pthread_mutex_lock");
    raw->is_set = is_set;
    if (is_set) {
        zero(pthread_cond_signal(&raw->condition), "pthread_cond_signal");
    }
    zero(pthread_mutex_unlock(&raw->plain), "pthread_mutex_unlock");
}

static void event(unsigned count)
{
    while (count-- > 0) {
        put(1);
        put(0);
    }
}

static void condition(unsigned count)
{
    while (count-- > 0) {
        zero(pthread_cond_signal(&raw->condition), "pthread_cond_signal");
    }
}

/* ---- two processes ------------------------------------------------------- */

static void contend(pthread_mutex_t *mutex, unsigned count, int is_second)
{
    if (!is_second) {
        lock_each(mutex, count);
        return;
    }
    while (!bench_sync_is_over()) {
        lock_each(mutex, 1);
    }
}

static void contend_plain(unsigned count, int is_second)
{
    contend(&raw->plain, count, is_second);
}

static void contended_plain(unsigned count)
{
    bench_sync_together(contend_plain, count);
}

static void turn_semaphores(unsigned count, int is_second)
{
    while (count-- > 0) {
        if (is_second) {
            zero(sem_wait(ping), "sem_wait");
            zero(sem_post(pong), "sem_post");
        } else {
            zero(sem_post(ping), "sem_post");
            zero(sem_wait(pong), "sem_wait");
        }
    }
}

static void semaphore_turns(unsigned count)
{
    bench_sync_together(turn_semaphores, count);
}

#if !defined(__APPLE__)
static void robust(unsigned count)
{
    lock_each(&raw->robust, count);
}

static void contend_robust(unsigned count, int is_second)
{
    contend(&raw->robust, count, is_second);
}

static void contended_robust(unsigned count)
{
    bench_sync_together(contend_robust, count);
}
#endif

#if defined(__linux__)
static uint32_t turn(void)
{
    return atomic_load_explicit(&raw->turn, memory_order_acquire);
}

/* The shortest that is right: change the word and wake, wait until the other
 * has changed it. */
static void turn_futex(unsigned count, int is_second)
{
    uint32_t mine = is_second ? 1 : 0;

    while (count-- > 0) {
        uint32_t seen = turn();

        while (seen % 2 != mine) {
            syscall(SYS_futex, &raw->turn, FUTEX_WAIT, seen, NULL, NULL, 0);
            seen = turn();
        }
        atomic_store_explicit(&raw->turn, seen + 1, memory_order_release);
        syscall(SYS_futex, &raw->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

static void futex_turns(unsigned count)
{
    bench_sync_together(turn_futex, count);
}

static void put_one(int fd)
{
    uint64_t one = 1;

    bench_require(write(fd, &one, sizeof one) == sizeof one, "write");
}

static void get_one(int fd)
{
    uint64_t one;

    bench_require(read(fd, &one, sizeof one) == sizeof one, "read");
}

static void turn_eventfd(unsigned count, int is_second)
{
    while (count-- > 0) {
        if (is_second) {
            get_one(raw->ping_fd);
            put_one(raw->pong_fd);
        } else {
            put_one(raw->ping_fd);
            get_one(raw->pong_fd);
        }
    }
}

static void eventfd_turns(unsigned count)
{
    bench_sync_together(turn_eventfd, count);
}
#endif

/* ---- rows ---------------------------------------------------------------- */

bench_duet *const bench_sync_duets[] = {
    bench_sync_contend,
    bench_sync_take_turns,
    contend_plain,
    turn_semaphores,
#if !defined(__APPLE__)
    contend_robust,
#endif
#if defined(__linux__)
    turn_futex,
    turn_eventfd,
#endif
    NULL};

const bench_row bench_sync_rows[] = {
    {"mutex: lock, unlock", "pthread mutex", bench_sync_mutex, plain,
     bench_sync_begin, bench_sync_end},
#if !defined(__APPLE__)
    {"mutex: lock, unlock", "robust pthread mutex", bench_sync_mutex, robust,
     bench_sync_begin, bench_sync_end},
#endif
    {"semaphore: post, wait", "sem_post, sem_wait", bench_sync_semaphore,
     semaphore, bench_sync_begin, bench_sync_end},
    {"event: set, reset", "pthread mutex, flag, condition", bench_sync_event,
     event, bench_sync_begin, bench_sync_end},
    {"condition: notify nobody", "pthread_cond_signal", bench_sync_condition,
     condition, bench_sync_begin, bench_sync_end},
    {"mutex: contended by another", "pthread mutex", bench_sync_contended,
     contended_plain, bench_sync_begin_apart, bench_sync_end},
#if !defined(__APPLE__)
    {"mutex: contended by another", "robust pthread mutex",
     bench_sync_contended, contended_robust, bench_sync_begin_apart,
     bench_sync_end},
#endif
    {"event: ping, pong", "sem_post, sem_wait", bench_sync_turns,
     semaphore_turns, bench_sync_begin_two, bench_sync_end},
#if defined(__linux__)
    {"event: ping, pong", "futex", bench_sync_turns, futex_turns,
     bench_sync_begin_two, bench_sync_end},
    {"event: ping, pong", "eventfd", bench_sync_turns, eventfd_turns,
     bench_sync_begin_two, bench_sync_end},
    {"event: ping, pong, one processor", "futex", bench_sync_turns, futex_turns,
     bench_sync_begin_pinned, bench_sync_end},
    {"event: ping, pong, one processor", "eventfd", bench_sync_turns,
     eventfd_turns, bench_sync_begin_pinned, bench_sync_end},
    {"event: ping, pong, one processor", "sem_post, sem_wait", bench_sync_turns,
     semaphore_turns, bench_sync_begin_pinned, bench_sync_end},
#endif
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
