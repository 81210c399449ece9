/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_process.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os_random.h"
#include "posix/posix_user.h"

/*
 * The epoch stands in a page of its own, which the kernel zeroes in every
 * child (MADV_WIPEONFORK, Linux 4.14), also behind the C library's back. Where
 * there is no such advice, a fork handler zeroes it. Zero means: draw a number.
 *
 * Written by whichever thread first asks after start or fork; read by all.
 * Relaxed, because the number orders nothing else.
 */
typedef _Atomic uint64_t epoch_word;

static pthread_once_t epoch_once = PTHREAD_ONCE_INIT;
static epoch_word epoch_fallback;

/* Points at the page once there is one; stored by epoch_start() with release,
 * loaded with acquire by whoever asks. */
static epoch_word *_Atomic epoch = &epoch_fallback;

static epoch_word *epoch_place(void)
{
    return atomic_load_explicit(&epoch, memory_order_acquire);
}

static void epoch_forget(void)
{
    atomic_store_explicit(epoch_place(), 0, memory_order_relaxed);
}

static void epoch_start(void)
{
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(
        NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
        -1, 0);

    if (page != MAP_FAILED) {
        atomic_store_explicit(&epoch, (epoch_word *)page, memory_order_release);
#if defined(MADV_WIPEONFORK)
        /* A kernel that does not know it leaves the work to the handler. */
        madvise(page, page_size, MADV_WIPEONFORK);
#endif
    }
    pthread_atfork(NULL, NULL, epoch_forget);
}

uint64_t xipcos_fork_epoch(void)
{
    uint64_t seen = atomic_load_explicit(epoch_place(), memory_order_relaxed);
    uint64_t drawn;

    if (seen != 0) {
        return seen;
    }
    pthread_once(&epoch_once, epoch_start);
    drawn = xipcos_random();
    if (atomic_compare_exchange_strong_explicit(
            epoch_place(), &seen, drawn, memory_order_relaxed,
            memory_order_relaxed)) {
        return drawn;
    }
    return seen;
}

size_t posix_user_write(uid_t user, char text[POSIX_USER_SIZE])
{
    char digits[POSIX_USER_SIZE];
    size_t count = 0;
    uint64_t rest = user;

    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    for (size_t at = 0; at < count; at++) {
        text[at] = digits[count - 1 - at];
    }
    text[count] = '\0';
    return count;
}

size_t xipcos_user(char *buffer, size_t capacity)
{
    assert(capacity >= POSIX_USER_SIZE);
    (void)capacity;
    return posix_user_write(geteuid(), buffer);
}
