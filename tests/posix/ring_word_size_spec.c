/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of 32 and 64 bits are the two sides of one ring. XIPC_PROBE32 in the
 * environment is the path of a section_probe built for the other word size;
 * beside it stands a ring_probe.
 */
#include <stdio.h>
#include <string.h>

#include "posix/probe_kit.h"
#include "support/ring_kit.h"

enum { LONGEST = 96, CAPACITY = 512, DIED = 3 };

/* As the probe makes them. */
static size_t size_of(uint64_t number)
{
    return (size_t)(number % 97);
}

static void send_them(xipc_ring *ring, uint64_t first, uint64_t count)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = first; number < first + count; number++) {
        memset(bytes, (int)(number % 251), size_of(number));
        REQUIRE_OK(xipc_ring_send(ring, bytes, size_of(number), XIPC_FOREVER));
    }
}

static void receive_them(xipc_ring *ring, uint64_t first, uint64_t count)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = first; number < first + count; number++) {
        size_t size = 0;

        REQUIRE_OK(
            xipc_ring_receive(ring, bytes, sizeof bytes, &size, XIPC_FOREVER));
        REQUIRE_UINT(size_of(number), size);
        for (size_t at = 0; at < size; at++) {
            REQUIRE_UINT(number % 251, bytes[at]);
        }
    }
}

static void to_the_other(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(CAPACITY, XIPC_RING_MESSAGES, wait);
    FILE *probe = probe_started("ring_probe");
    xipc_ring *ring = ring_made("mixed", XIPC_RING_PRODUCER, &options);
    char shape[40];

    snprintf(shape, sizeof shape, "shape 512 0 %d", (int)wait);
    order(probe, "open mixed consumer");
    order(probe, shape);
    order(probe, "receive 0 5000");
    send_them(ring, 0, 5000);
    order(probe, "receive 5000 7");
    order(probe, "ended");
    send_them(ring, 5000, 7);
    REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_FOREVER));
    xipc_ring_close(ring);
    probe_ended(probe, 0);
}

SPEC(another_word_size_receives_what_is_sent_here, "GEN-9 RING-1 RING-2")
{
    for_each_wait(to_the_other);
}

static void from_the_other(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(CAPACITY, XIPC_RING_MESSAGES, wait);
    FILE *probe = probe_started("ring_probe");
    xipc_ring *ring = ring_made("mixed", XIPC_RING_CONSUMER, &options);

    order(probe, "open mixed producer");
    order(probe, "send 0 5000");
    receive_them(ring, 0, 5000);
    order(probe, "send 5000 3");
    order(probe, "reserve 9999");
    receive_them(ring, 5000, 3);
    order(probe, "close");
    probe_ended(probe, 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, ring_receive(ring, 0, 0, XIPC_FOREVER));
    xipc_ring_close(ring);
}

SPEC(what_another_word_size_sends_is_received_here, "GEN-9 RING-1 RING-2")
{
    for_each_wait(from_the_other);
}

SPEC(what_another_word_size_left_is_gone_on_with_here, "GEN-9 RING-4 GEN-11")
{
    xipc_ring_options options = ring_of_messages(CAPACITY);
    FILE *probe = probe_started("ring_probe");
    xipc_ring *ring = ring_made("mixed", XIPC_RING_PRODUCER, &options);
    xipc_ring *consumer;

    send_them(ring, 0, 5);
    order(probe, "open mixed consumer");
    order(probe, "receive 0 3");
    order(probe, "peek 3");
    order(probe, "die");
    probe_ended(probe, DIED);
    consumer = ring_joined("mixed", XIPC_RING_CONSUMER);
    receive_them(consumer, 3, 2);
    xipc_ring_close(ring);

    probe = probe_started("ring_probe");
    order(probe, "open mixed producer");
    order(probe, "send 5 4");
    order(probe, "reserve 9");
    order(probe, "die");
    probe_ended(probe, DIED);
    receive_them(consumer, 5, 4);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, ring_receive(consumer, 0, 0, XIPC_FOREVER));
    ring = ring_joined("mixed", XIPC_RING_PRODUCER);
    send_them(ring, 9, 20);
    receive_them(consumer, 9, 20);

    xipc_ring_close(consumer);
    xipc_ring_close(ring);
}
