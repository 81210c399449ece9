/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ring_poller_kit.h"

#include "support/spec_process.h"

/* A failure is told of the line in the case, not of the one here. */
#undef poller_takes_side
#undef poller_at
#undef require_events

void with_sleepers(sleeper_body *body)
{
    static const xipc_ring_wait waits[] = {XIPC_RING_ADAPTIVE, XIPC_RING_PARK};
    static const char *const names[] = {"adaptive", "parking"};

    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        spec_within(names[i]);
        body("a", waits[i]);
        body("@a", waits[i]);
    }
    spec_within(NULL);
}

sides sides_of(const char *place, uint64_t capacity, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(capacity, XIPC_RING_MESSAGES, wait);

    return sides_made(place, &options);
}

void poller_takes_side(xipc_poller *poller, xipc_ring *ring, uint32_t events)
{
    xipc_status status =
        xipc_poller_add(poller, xipc_ring_object(ring), events, ring);

    if (status != XIPC_OK) {
        spec_fail_here("adding it: %s", xipc_status_name(status));
    }
}

xipc_poller *poller_at(xipc_ring *ring, uint32_t events)
{
    xipc_poller *poller = poller_made();

    poller_takes_side(poller, ring, events);
    return poller;
}

void require_events(xipc_poller *poller, const xipc_ring *ring, uint32_t events)
{
    xipc_ready ready[4];
    size_t count = 0;
    xipc_status status =
        xipc_poller_wait(poller, ready, 4, XIPC_FOREVER, &count);

    if (status != XIPC_OK) {
        spec_fail_here("waiting: %s", xipc_status_name(status));
    }
    if (count != 1 || ready[0].cookie != ring) {
        spec_fail_here("what is ready: not just this side");
    }
    if (ready[0].events != events) {
        spec_fail_here(
            "what is told: %u, not %u", (unsigned)ready[0].events,
            (unsigned)events);
    }
}
