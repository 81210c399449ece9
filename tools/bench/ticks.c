/* SPDX-License-Identifier: Apache-2.0 */
#include "ticks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define CALIBRATION_NS 50000000
#define COST_LOOKS     1000

/* The leaf that says so, and its bit. */
#define POWER_LEAF   0x80000007u
#define INVARIANT_IS (1u << 8)

int ticks_are_counter(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;

    return __get_cpuid(POWER_LEAF, &a, &b, &c, &d) && (d & INVARIANT_IS) != 0;
#else
    return 0;
#endif
}

double ticks_ns(void)
{
    static double ns;
    int is_counter = ticks_are_counter();
    uint64_t first;
    xipc_deadline start;
    xipc_deadline end;

    if (ns == 0) {
        first = ticks_now(is_counter);
        start = xipc_after_ns(0);
        do {
            end = xipc_after_ns(0);
        } while (end - start < CALIBRATION_NS);
        ns = (double)(end - start) / (double)(ticks_now(is_counter) - first);
    }
    return ns;
}

uint64_t ticks_cost(void)
{
    int is_counter = ticks_are_counter();
    uint64_t least = UINT64_MAX;

    for (int look = 0; look < COST_LOOKS; look++) {
        uint64_t first = ticks_now(is_counter);
        uint64_t passed = ticks_now(is_counter) - first;

        if (passed < least) {
            least = passed;
        }
    }
    return least;
}
