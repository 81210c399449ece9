/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os_sync_wait_on_address, which macOS has from 14.4 on and older headers do
 * not know: looked up when first needed. Without it, as posix_park_portable.c.
 * Its interface: https://developer.apple.com/documentation/os/synchronization
 */
#include "posix/posix_park.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

#define FLAG_SHARED   1u  /* OS_SYNC_WAIT_ON_ADDRESS_SHARED, and of the wake */
#define CLOCK_NUMBER  32u /* OS_CLOCK_MACH_ABSOLUTE_TIME */
#define NAP_NS        500000
#define ADDRESS_BYTES sizeof(uint32_t)

typedef int wait_call(
    void *address,
    uint64_t value,
    size_t size,
    uint32_t flags,
    uint32_t clock,
    uint64_t timeout_ns);
typedef int wake_call(void *address, size_t size, uint32_t flags);

static pthread_once_t found_once = PTHREAD_ONCE_INIT;
static wait_call *wait_on_address;
static wake_call *wake_any;

static void find_calls(void)
{
    wait_call *wait = (wait_call *)dlsym(
        RTLD_DEFAULT, "os_sync_wait_on_address_with_timeout");
    wake_call *wake =
        (wake_call *)dlsym(RTLD_DEFAULT, "os_sync_wake_by_address_any");

    if (wait && wake) {
        wait_on_address = wait;
        wake_any = wake;
    }
}

/* A short sleep: the caller looks again, and again. */
static int nap(int64_t ns)
{
    struct timespec wait = {0, (long)(ns < NAP_NS ? ns : NAP_NS)};

    nanosleep(&wait, NULL);
    return ns > NAP_NS;
}

int posix_word_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t ns)
{
    if (ns == 0) {
        return 0; /* which the call would take for ever */
    }
    pthread_once(&found_once, find_calls);
    if (!wait_on_address) {
        return nap(ns);
    }
    return wait_on_address(
               (void *)word, expected, ADDRESS_BYTES, FLAG_SHARED, CLOCK_NUMBER,
               (uint64_t)ns) >= 0 ||
           errno != ETIMEDOUT;
}

/* Wakes one at a time; fails with ENOENT when nobody is left. */
int posix_word_wake(_Atomic uint32_t *word, uint32_t count)
{
    int woken = 0;

    pthread_once(&found_once, find_calls);
    if (!wake_any) {
        return -1;
    }
    while ((uint32_t)woken < count &&
           wake_any((void *)word, ADDRESS_BYTES, FLAG_SHARED) == 0) {
        woken++;
    }
    return woken;
}
