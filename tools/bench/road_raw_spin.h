/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_BENCH_ROAD_RAW_SPIN_H
#define XIPC_BENCH_ROAD_RAW_SPIN_H

#include "road.h"

extern const road_kind road_raw_spin;

#endif
