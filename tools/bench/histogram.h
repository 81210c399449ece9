/* SPDX-License-Identifier: Apache-2.0 */
/* Many times, each known to within one part in 64. */
#ifndef XIPC_BENCH_HISTOGRAM_H
#define XIPC_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SIZE (64 * 58)

typedef struct histogram {
    uint64_t total;
    uint64_t max;
    uint64_t counts[HISTOGRAM_SIZE];
} histogram;

void histogram_add(histogram *times, uint64_t time);
void histogram_merge(histogram *times, const histogram *more);

/* The time that `part` (0 to 1) of all are below; those of one place are taken
 * to be spread evenly. */
double histogram_quantile(const histogram *times, double part);

#endif
