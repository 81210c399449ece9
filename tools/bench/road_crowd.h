/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream that many threads of the one process send, and many of the other
 * receive. All of a side use one end of the road. Which message comes next is
 * anybody's guess, so each is checked for itself, and all of them by their
 * sums.
 */
#ifndef XIPC_BENCH_ROAD_CROWD_H
#define XIPC_BENCH_ROAD_CROWD_H

#include "road_end.h"

/* `count` messages in all. */
void road_crowd_send(const road_end *end, unsigned threads, uint64_t count);

/* From the first message to the last: nanoseconds. */
double
road_crowd_receive(const road_end *end, unsigned threads, uint64_t count);

#endif
