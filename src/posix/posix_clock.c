/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_clock.h"

#include <time.h>

#include "posix/posix_status.h"

#define NS_PER_S       1000000000
#define PAUSE_FIRST_NS 20000
#define PAUSE_MAX_NS   1000000

int64_t xipcos_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t xipcos_clock_wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t xipcos_clock_about_ns(void)
{
#if defined(CLOCK_MONOTONIC_COARSE)
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
#else
    return xipcos_clock_ns();
#endif
}

xipc_status xipcos_clock_pause(unsigned round, xipc_deadline deadline)
{
    int64_t pause = round < 6 ? (int64_t)PAUSE_FIRST_NS << round : PAUSE_MAX_NS;
    int64_t left;
    struct timespec wait;

    if (deadline == XIPC_NOW) {
        return xipcos_fault(
            XIPC_E_AGAIN, 0, "another process is making or removing it");
    }
    if (deadline != XIPC_FOREVER) {
        left = deadline - xipcos_clock_ns();
        if (left <= 0) {
            return xipcos_fault(
                XIPC_E_TIMEOUT, 0,
                "another process was still making or removing it");
        }
        pause = pause < left ? pause : left;
    }
    /* A signal may end it early: the caller looks again, which is harmless. */
    wait = (struct timespec){.tv_sec = 0, .tv_nsec = (long)pause};
    nanosleep(&wait, NULL);
    return XIPC_OK;
}
