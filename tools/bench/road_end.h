/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a road, and what goes over it. */
#ifndef XIPC_BENCH_ROAD_END_H
#define XIPC_BENCH_ROAD_END_H

#include "road.h"

typedef struct road_end {
    const road_kind *kind;
    void *road;
    size_t size;
    int is_filled;  /* in place: the whole message is written and read */
    int checks_all; /* every byte, not only the first and last */
    unsigned char *message; /* of a road that copies: what is sent, */
    unsigned char *buffer;  /* and what was received */
    volatile uint64_t seen; /* so that what is read has to be */
} road_end;

void road_end_begin(
    road_end *end, const road_kind *kind, size_t size, int is_filled);
void road_end_finish(road_end *end);

/* Message number `number`; what is wrong with it ends the program. */
void road_send(road_end *end, uint64_t number);
void road_receive(road_end *end, uint64_t number);

/* Whichever comes, of a road that copies: its number. */
uint64_t road_receive_any(road_end *end);

/* All kinds of roads there are; NULL behind the last. */
const road_kind *road_kind_at(unsigned index);

#endif
