/* SPDX-License-Identifier: Apache-2.0 */
/* The raw roads of POSIX, in the order of the tables. */
#include "road_raw_posix.h"
#include "road_raw_spin.h"

const road_kind *const road_raws[] = {
    &road_raw_spin,
#if defined(__linux__)
    &road_raw_futex,
    &road_raw_eventfd,
#endif
    &road_raw_sem,
    &road_raw_pipe,
#if defined(__linux__)
    &road_raw_large_pipe,
#endif
    &road_raw_stream,
    &road_raw_served,
    &road_raw_tcp,
#if defined(__linux__)
    &road_raw_seqpacket,
    &road_raw_mq,
#endif
    NULL};
