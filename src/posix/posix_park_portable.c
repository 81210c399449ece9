/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With nothing but POSIX: no call of it sleeps until a word in shared memory
 * changes, and what can be waited for (a FIFO, a lock, a signal) would have to
 * be made, found and cleaned up for each word. So the sleeper looks now and
 * then, more and more seldom up to a thousand times a second. A wake-up takes
 * that long at most and costs the waker nothing.
 */
#include "posix/posix_park.h"

#include <sched.h>
#include <time.h>

#define YIELD_COUNT  16
#define NAP_FIRST_NS 20000
#define NAP_MAX_NS   1000000
#define NS_PER_S     1000000000

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int has_changed(_Atomic uint32_t *word, uint32_t expected)
{
    /* Acquire: what the waker did before it changed the word is seen. */
    return atomic_load_explicit(word, memory_order_acquire) != expected;
}

static int changes_soon(_Atomic uint32_t *word, uint32_t expected)
{
    int turn = 0;

    while (turn < YIELD_COUNT && !has_changed(word, expected)) {
        sched_yield();
        turn++;
    }
    return turn < YIELD_COUNT;
}

int posix_word_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t ns)
{
    int64_t until = now_ns() + ns;
    int64_t nap = NAP_FIRST_NS;
    int64_t left = ns;

    if (changes_soon(word, expected)) {
        return 1;
    }
    while (left > 0 && !has_changed(word, expected)) {
        struct timespec wait = {0, (long)(nap < left ? nap : left)};

        nanosleep(&wait, NULL);
        nap = nap * 2 < NAP_MAX_NS ? nap * 2 : NAP_MAX_NS;
        left = until - now_ns();
    }
    return has_changed(word, expected);
}

int posix_word_wake(_Atomic uint32_t *word, uint32_t count)
{
    (void)word; /* it has changed: that is all a sleeper looks for */
    (void)count;
    return -1;
}
