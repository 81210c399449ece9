/* SPDX-License-Identifier: Apache-2.0 */
/* A clock for single round trips: the processor's own counter where it says
 * that this runs evenly, else the monotonic clock. */
#ifndef XIPC_BENCH_TICKS_H
#define XIPC_BENCH_TICKS_H

#include <stdint.h>

#include <xipc/base.h>

/* The counter is not to be read before what was asked for has arrived. */
static inline uint64_t ticks_now(int is_counter)
{
#if defined(__x86_64__)
    if (is_counter) {
        __builtin_ia32_lfence();
        return __builtin_ia32_rdtsc();
    }
#endif
    (void)is_counter;
    return (uint64_t)xipc_after_ns(0);
}

int ticks_are_counter(void);

/* Nanoseconds of a tick, measured once against the monotonic clock; and ticks
 * that pass between two looks. */
double ticks_ns(void);
uint64_t ticks_cost(void);

#endif
