/* SPDX-License-Identifier: Apache-2.0 */
/* What the specs of rings in pollers say over and over. The cookie of a side is
 * its handle. */
#ifndef RING_POLLER_KIT_H
#define RING_POLLER_KIT_H

#include "support/poller_kit.h"
#include "support/ring_kit.h"

/* Runs the body for each way to wait that a poller takes, in both forms. */
typedef void sleeper_body(const char *place, xipc_ring_wait wait);
void with_sleepers(sleeper_body *body);

/* Both sides of a ring of messages. */
sides sides_of(const char *place, uint64_t capacity, xipc_ring_wait wait);

void poller_takes_side(xipc_poller *poller, xipc_ring *ring, uint32_t events);
xipc_poller *poller_at(xipc_ring *ring, uint32_t events);

/* Waits, and the poller tells this of this side and of nothing else. */
void require_events(
    xipc_poller *poller, const xipc_ring *ring, uint32_t events);

#define poller_takes_side(...) \
    (spec_at(__FILE__, __LINE__), poller_takes_side(__VA_ARGS__))
#define poller_at(...) (spec_at(__FILE__, __LINE__), poller_at(__VA_ARGS__))
#define require_events(...) \
    (spec_at(__FILE__, __LINE__), require_events(__VA_ARGS__))

#endif
