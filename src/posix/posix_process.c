/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os_random.h"
#include "posix/posix_user.h"

/*
 * What is true of one process stands in a page of its own, which the kernel
 * zeroes in every child (MADV_WIPEONFORK, Linux 4.14), also behind the C
 * library's back. Where there is no such advice, a fork handler zeroes it. Zero
 * means: draw a number, or ask for it.
 *
 * Written by whichever thread first asks after start or fork; read by all.
 * Relaxed, because the numbers order nothing else.
 */
typedef struct process_page {
    _Atomic uint64_t epoch;
    _Atomic int64_t id;
} process_page;

static pthread_once_t page_once = PTHREAD_ONCE_INIT;
static process_page page_fallback;

/* Points at the page once there is one; stored by page_start() with release,
 * loaded with acquire by whoever asks. */
static process_page *_Atomic page = &page_fallback;

static process_page *page_place(void)
{
    return atomic_load_explicit(&page, memory_order_acquire);
}

static void page_forget(void)
{
    atomic_store_explicit(&page_place()->epoch, 0, memory_order_relaxed);
    atomic_store_explicit(&page_place()->id, 0, memory_order_relaxed);
}

static void page_start(void)
{
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    void *address = mmap(
        NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
        -1, 0);

    if (address != MAP_FAILED) {
        atomic_store_explicit(
            &page, (process_page *)address, memory_order_release);
#if defined(MADV_WIPEONFORK)
        /* A kernel that does not know it leaves the work to the handler. */
        madvise(address, page_size, MADV_WIPEONFORK);
#endif
    }
    pthread_atfork(NULL, NULL, page_forget);
}

uint64_t xipcos_fork_epoch(void)
{
    uint64_t seen =
        atomic_load_explicit(&page_place()->epoch, memory_order_relaxed);
    uint64_t drawn;

    if (seen != 0) {
        return seen;
    }
    pthread_once(&page_once, page_start);
    drawn = xipcos_random();
    if (atomic_compare_exchange_strong_explicit(
            &page_place()->epoch, &seen, drawn, memory_order_relaxed,
            memory_order_relaxed)) {
        return drawn;
    }
    return seen;
}

pid_t posix_process_id(void)
{
    int64_t id = atomic_load_explicit(&page_place()->id, memory_order_relaxed);

    if (id == 0) {
        pthread_once(&page_once, page_start);
        id = getpid();
        atomic_store_explicit(&page_place()->id, id, memory_order_relaxed);
    }
    return (pid_t)id;
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

uint64_t xipcos_user(void)
{
    return posix_user_number(geteuid());
}

uint32_t xipcos_process_id(void)
{
    return (uint32_t)posix_process_id();
}

uint64_t xipcos_user_id(void)
{
    return geteuid();
}
