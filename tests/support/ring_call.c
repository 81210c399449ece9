/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of a ring that wait, one like the other, and such in threads. */
#include <stdio.h>

#include "support/ring_kit.h"
#include "support/spec_process.h"

#undef ring_made
#undef ring_receive
#undef ring_peek
#undef ring_read
#undef fill_up
#undef ring_to_wait_at
#undef ring_call_end
#undef spec_thread_join

enum { CALL_SIZE = 16 };

static xipc_status send_it(xipc_ring *ring, xipc_deadline when)
{
    return ring_send(ring, 1, CALL_SIZE, when);
}

static xipc_status reserve_it(xipc_ring *ring, xipc_deadline when)
{
    void *block = UNTOUCHED;
    xipc_status status = xipc_ring_reserve(ring, CALL_SIZE, &block, when);

    if ((block == UNTOUCHED) != (status != XIPC_OK)) {
        spec_fail_here("block_out: changed, or not");
    }
    return status;
}

static xipc_status write_it(xipc_ring *ring, xipc_deadline when)
{
    size_t count = SIZE_MAX;
    xipc_status status = ring_write(ring, 0, CALL_SIZE, &count, when);

    if ((count == SIZE_MAX) != (status != XIPC_OK)) {
        spec_fail_here("written_out: changed, or not");
    }
    return status;
}

static xipc_status receive_it(xipc_ring *ring, xipc_deadline when)
{
    return ring_receive(ring, 1, CALL_SIZE, when);
}

static xipc_status peek_it(xipc_ring *ring, xipc_deadline when)
{
    return ring_peek(ring, 1, CALL_SIZE, when);
}

static xipc_status read_it(xipc_ring *ring, xipc_deadline when)
{
    size_t count;

    return ring_read(ring, 0, CALL_SIZE, &count, when);
}

const ring_deed ring_deeds[RING_DEED_COUNT] = {
    {"send", send_it, XIPC_RING_PRODUCER, XIPC_RING_MESSAGES},
    {"reserve", reserve_it, XIPC_RING_PRODUCER, XIPC_RING_MESSAGES},
    {"write", write_it, XIPC_RING_PRODUCER, XIPC_RING_BYTES},
    {"receive", receive_it, XIPC_RING_CONSUMER, XIPC_RING_MESSAGES},
    {"peek", peek_it, XIPC_RING_CONSUMER, XIPC_RING_MESSAGES},
    {"read", read_it, XIPC_RING_CONSUMER, XIPC_RING_BYTES},
};

void for_each_deed(deed_body *body)
{
    static char doing[40];

    for (int i = 0; i < RING_DEED_COUNT * RING_WAIT_COUNT; i++) {
        const ring_deed *deed = &ring_deeds[i % RING_DEED_COUNT];
        xipc_ring_wait wait = ring_waits[i / RING_DEED_COUNT];

        snprintf(doing, sizeof doing, "%s, way %d", deed->doing, (int)wait);
        spec_within(doing);
        body(deed, wait);
    }
    spec_within(NULL);
}

xipc_ring *
ring_to_wait_at(const char *place, const ring_deed *deed, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, deed->mode, wait);
    xipc_ring *ring = ring_made(place, deed->role, &options);
    xipc_status status = XIPC_OK;

    if (deed->role == XIPC_RING_CONSUMER) {
        return ring;
    }
    if (deed->mode == XIPC_RING_MESSAGES) {
        fill_up(ring, 1, CALL_SIZE);
        return ring;
    }
    for (uint64_t at = 0; status == XIPC_OK; at++) {
        status = ring_write(ring, at, 1, NULL, XIPC_NOW);
    }
    if (status != XIPC_E_AGAIN) {
        spec_fail_here("writing: %s", xipc_status_name(status));
    }
    return ring;
}

xipc_ring_role other_role(xipc_ring_role role)
{
    return role == XIPC_RING_PRODUCER ? XIPC_RING_CONSUMER : XIPC_RING_PRODUCER;
}

static void make_call(void *context)
{
    ring_call *call = context;

    call->status = call->verb(call->ring, call->deadline);
}

void ring_call_begin(
    ring_call *call, ring_verb *verb, xipc_ring *ring, xipc_deadline deadline)
{
    call->ring = ring;
    call->verb = verb;
    call->deadline = deadline;
    call->thread = spec_thread_start(make_call, call);
}

xipc_status ring_call_end(ring_call *call)
{
    spec_thread_join(call->thread);
    return call->status;
}
