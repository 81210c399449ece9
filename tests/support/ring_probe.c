/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is one side of a ring and does what it reads from its input, a
 * command on each line, and ends with 1 at the first that does not come true.
 * Built for another word size, another compiler or another C library, it shows
 * that both see one ring.
 *
 *     open NAME ROLE             ROLE is producer or consumer
 *     shape CAPACITY MODE WAIT   as it has to be, MODE and WAIT in numbers
 *     send FIRST COUNT           messages of these numbers
 *     receive FIRST COUNT
 *     reserve NUMBER             and does not commit it
 *     peek NUMBER                and does not release it
 *     ended                      the other side is told to have closed or died
 *     close                      die
 *
 * Message n has n modulo 97 bytes, each of them n modulo 251.
 */
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "probe_orders.h"

static xipc_ring *ring;

static int do_open(const command *order)
{
    xipc_ring_role role = strcmp(order->words[2], "producer") == 0
                              ? XIPC_RING_PRODUCER
                              : XIPC_RING_CONSUMER;

    return succeeded(
        order,
        xipc_ring_open(order->words[1], role, NULL, XIPC_FOREVER, &ring));
}

static int do_shape(const command *order)
{
    if (xipc_ring_capacity(ring) != number(order, 1) ||
        (uint64_t)xipc_ring_mode_of(ring) != number(order, 2) ||
        (uint64_t)xipc_ring_wait_of(ring) != number(order, 3) ||
        xipc_ring_message_max(ring) != number(order, 1) / 2) {
        return complain(order, "it is another one");
    }
    return 1;
}

static int do_send(const command *order)
{
    uint64_t end = number(order, 1) + number(order, 2);
    unsigned char bytes[MESSAGE_LONGEST];
    int is_good = 1;

    for (uint64_t at = number(order, 1); is_good && at < end; at++) {
        memset(bytes, message_byte(at), message_length(at));
        is_good = succeeded(
            order,
            xipc_ring_send(ring, bytes, message_length(at), XIPC_FOREVER));
    }
    return is_good;
}

static int do_receive(const command *order)
{
    uint64_t end = number(order, 1) + number(order, 2);
    unsigned char bytes[MESSAGE_LONGEST];
    int is_good = 1;

    for (uint64_t at = number(order, 1); is_good && at < end; at++) {
        size_t size = 0;

        is_good = succeeded(
            order,
            xipc_ring_receive(ring, bytes, sizeof(bytes), &size, XIPC_FOREVER));
        if (is_good && !is_that_message(bytes, size, at)) {
            return complain(order, "another message came");
        }
    }
    return is_good;
}

static int do_reserve(const command *order)
{
    size_t size = message_length(number(order, 1));
    void *block = NULL;

    if (!succeeded(
            order, xipc_ring_reserve(ring, size, &block, XIPC_FOREVER))) {
        return 0;
    }
    memset(block, message_byte(number(order, 1)), size);
    return 1;
}

static int do_peek(const command *order)
{
    const void *data = NULL;
    size_t size = 0;

    if (!succeeded(order, xipc_ring_peek(ring, &data, &size, XIPC_FOREVER))) {
        return 0;
    }
    return is_that_message(data, size, number(order, 1)) ||
           complain(order, "another message came");
}

static int do_ended(const command *order)
{
    const void *data = NULL;
    size_t size = 0;
    xipc_status status = xipc_ring_peek(ring, &data, &size, XIPC_FOREVER);

    return status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED ||
           complain(order, xipc_status_name(status));
}

static int do_close(const command *order)
{
    (void)order;
    xipc_ring_close(ring);
    ring = NULL;
    return 1;
}

static const deed deeds[] = {
    {"open", 3, do_open},       {"shape", 4, do_shape},
    {"send", 3, do_send},       {"receive", 3, do_receive},
    {"reserve", 2, do_reserve}, {"peek", 2, do_peek},
    {"ended", 1, do_ended},     {"close", 1, do_close},
    {"die", 1, do_die},
};

int main(void)
{
    if (!does_what_it_reads(
            "ring_probe", deeds, sizeof(deeds) / sizeof(deeds[0]))) {
        return EXIT_FAILURE;
    }
    xipc_ring_close(ring);
    return EXIT_SUCCESS;
}
