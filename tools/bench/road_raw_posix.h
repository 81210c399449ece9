/* SPDX-License-Identifier: Apache-2.0 */
/* The raw roads of POSIX, by file. */
#ifndef XIPC_BENCH_ROAD_RAW_POSIX_H
#define XIPC_BENCH_ROAD_RAW_POSIX_H

#include "road.h"

/* road_raw_posix.c */
extern const road_kind road_raw_pipe;
extern const road_kind road_raw_large_pipe; /* Linux */
extern const road_kind road_raw_stream;
extern const road_kind road_raw_seqpacket; /* Linux */

/* road_raw_slots.c */
extern const road_kind road_raw_sem;
extern const road_kind road_raw_futex;   /* Linux */
extern const road_kind road_raw_eventfd; /* Linux */

/* road_raw_mq.c, Linux */
extern const road_kind road_raw_mq;

#endif
