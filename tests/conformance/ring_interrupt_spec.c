/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits of one side of a ring, and not the other one's. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

SPEC(each_side_of_a_ring_is_an_object, "GEN-5 RING-2")
{
    sides ring = sides_made("a", NULL);
    xipc_ring *const both[] = {ring.producer, ring.consumer};

    for (size_t i = 0; i < COUNT(both); i++) {
        xipc_object *object = xipc_ring_object(both[i]);

        REQUIRE(object != NULL);
        REQUIRE(object == xipc_ring_object(both[i]));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
    }
    sides_closed(&ring);
}

/* ---- each call that waits ---- */

static void canceled(const ring_deed *deed, xipc_ring_wait wait)
{
    xipc_ring *ring = ring_to_wait_at("a", deed, wait);
    xipc_object *object = xipc_ring_object(ring);
    ring_call call;

    ring_call_begin(&call, deed->verb, ring, XIPC_FOREVER);
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, ring_call_end(&call));
    for (int i = 0; i < 3; i++) {
        REQUIRE_STATUS(XIPC_E_CANCELED, deed->verb(ring, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_CANCELED, deed->verb(ring, xipc_after_ms(600000)));
        REQUIRE_STATUS(XIPC_E_AGAIN, deed->verb(ring, XIPC_NOW));
    }
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, deed->verb(ring, xipc_after_ms(2)));
    ring_call_begin(&call, deed->verb, ring, xipc_after_ms(600000));
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, ring_call_end(&call));

    xipc_ring_close(ring);
}

SPEC(an_interrupt_ends_the_wait_of_one_side_until_it_is_cleared, "GEN-5 RING-2")
{
    for_each_deed(canceled);
}

static xipc_status wait_for_peer(xipc_ring *ring, xipc_deadline when)
{
    return xipc_ring_wait_peer(ring, when);
}

static void alone(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *ring = ring_made("@a", XIPC_RING_PRODUCER, &options);
    xipc_object *object = xipc_ring_object(ring);
    xipc_ring *other;
    ring_call call;

    ring_call_begin(&call, wait_for_peer, ring, XIPC_FOREVER);
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, ring_call_end(&call));
    REQUIRE_STATUS(XIPC_E_CANCELED, xipc_ring_wait_peer(ring, XIPC_FOREVER));
    other = ring_joined("@a", XIPC_RING_CONSUMER);
    REQUIRE_OK(xipc_ring_wait_peer(ring, XIPC_FOREVER));
    xipc_ring_close(other);
    REQUIRE_STATUS(XIPC_E_CANCELED, xipc_ring_wait_peer(ring, XIPC_FOREVER));
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_ring_wait_peer(ring, xipc_after_ms(2)));

    xipc_ring_close(ring);
}

SPEC(an_interrupt_ends_the_wait_for_the_other_side_to_come, "GEN-5 RING-4")
{
    for_each_wait(alone);
}

/* ---- what it leaves alone ---- */

static void need_not_wait(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);

    REQUIRE_OK(xipc_interrupt(xipc_ring_object(ring.producer)));
    REQUIRE_OK(xipc_interrupt(xipc_ring_object(ring.consumer)));
    for (uint64_t number = 0; number < 200; number++) {
        REQUIRE_OK(ring_send(ring.producer, number, 50, XIPC_FOREVER));
        REQUIRE_OK(ring_reserve(ring.producer, number, 60, XIPC_FOREVER));
        REQUIRE_OK(xipc_ring_commit(ring.producer, 60));
        REQUIRE_OK(ring_receive(ring.consumer, number, 50, XIPC_FOREVER));
        REQUIRE_OK(ring_peek(ring.consumer, number, 60, xipc_after_ms(600000)));
        REQUIRE_OK(xipc_ring_release(ring.consumer));
        REQUIRE_STATUS(
            XIPC_E_CANCELED, ring_peek(ring.consumer, 0, 0, XIPC_FOREVER));
    }
    sides_closed(&ring);
}

SPEC(an_interrupt_leaves_alone_what_needs_no_wait, "GEN-5 RING-2")
{
    for_each_wait(need_not_wait);
}

static void the_other_side(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring *producer = ring_made("a", XIPC_RING_PRODUCER, &options);
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

    for (uint64_t i = 0; i < 5; i++) {
        spec_tell(hand, "receive 1 20 60000");
        REQUIRE_OK(xipc_ring_wait_peer(producer, XIPC_FOREVER));
        REQUIRE_OK(xipc_interrupt(xipc_ring_object(producer)));
        let_pass(2);
        sends(producer, 1, 20);
        hand_answers(hand, XIPC_OK);
        REQUIRE_OK(xipc_interrupt_clear(xipc_ring_object(producer)));
    }
    hand_ends(hand);
    xipc_ring_close(producer);
}

SPEC(an_interrupt_of_one_side_leaves_the_other_one_waiting, "GEN-5 RING-2")
{
    for_each_wait(the_other_side);
}

/* ---- how much was done ---- */

typedef struct long_write {
    xipc_ring *ring;
    size_t count;
    xipc_status status;
} long_write;

static void write_much(void *context)
{
    long_write *self = context;

    self->status = ring_write(self->ring, 0, 5000, &self->count, XIPC_FOREVER);
}

static void partial_write(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_BYTES, wait);
    sides ring = sides_made("a", &options);
    long_write self = {ring.producer, 0, XIPC_OK};
    size_t untouched = 77;
    uint64_t position = 0;
    spec_thread *thread = spec_thread_start(write_much, &self);

    let_pass(4);
    REQUIRE_OK(xipc_interrupt(xipc_ring_object(ring.producer)));
    spec_thread_join(thread);
    if (self.status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_CANCELED, self.status);
        REQUIRE_UINT(0, self.count);
    }
    REQUIRE(self.count < 5000);
    while (position < self.count) {
        size_t count = 0;

        REQUIRE_OK(ring_read(ring.consumer, position, 70, &count, XIPC_NOW));
        position += count;
    }
    REQUIRE_UINT(self.count, position);
    require_empty(ring.consumer);
    /* What there is room for needs no wait. */
    REQUIRE_OK(ring_write(ring.producer, 0, 5000, &untouched, XIPC_FOREVER));
    REQUIRE(untouched >= 512 && untouched < 5000);
    untouched = 77;
    REQUIRE_STATUS(
        XIPC_E_CANCELED,
        ring_write(ring.producer, 0, 5000, &untouched, XIPC_FOREVER));
    REQUIRE_UINT(77, untouched);

    sides_closed(&ring);
}

SPEC(a_write_that_is_interrupted_says_how_much_it_wrote, "GEN-5 RING-1")
{
    for_each_wait(partial_write);
}

static xipc_status reserve_some(xipc_ring *ring, xipc_deadline when)
{
    void *block;

    return xipc_ring_reserve(ring, 300, &block, when);
}

static xipc_status peek_once(xipc_ring *ring, xipc_deadline when)
{
    return ring_peek(ring, 0, 0, when);
}

static void keeps_blocks(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);
    ring_call call;

    sends(ring.producer, 1, 400);
    sends(ring.producer, 2, 400);
    REQUIRE_OK(ring_reserve(ring.producer, 3, 100, XIPC_NOW));
    ring_call_begin(&call, reserve_some, ring.producer, XIPC_FOREVER);
    let_pass(2);
    REQUIRE_OK(xipc_interrupt(xipc_ring_object(ring.producer)));
    REQUIRE_STATUS(XIPC_E_CANCELED, ring_call_end(&call));
    REQUIRE_OK(xipc_ring_commit(ring.producer, 90));

    REQUIRE_OK(ring_peek(ring.consumer, 1, 400, XIPC_NOW));
    REQUIRE_OK(ring_peek(ring.consumer, 2, 400, XIPC_NOW));
    REQUIRE_OK(ring_peek(ring.consumer, 3, 90, XIPC_NOW));
    ring_call_begin(&call, peek_once, ring.consumer, XIPC_FOREVER);
    let_pass(2);
    REQUIRE_OK(xipc_interrupt(xipc_ring_object(ring.consumer)));
    REQUIRE_STATUS(XIPC_E_CANCELED, ring_call_end(&call));
    REQUIRE_OK(xipc_ring_rewind(ring.consumer));
    receives(ring.consumer, 1, 400);
    REQUIRE_OK(ring_peek(ring.consumer, 2, 400, XIPC_NOW));
    REQUIRE_OK(ring_peek(ring.consumer, 3, 90, XIPC_NOW));
    REQUIRE_OK(xipc_ring_release(ring.consumer));
    require_empty(ring.consumer);

    sides_closed(&ring);
}

SPEC(an_interrupt_keeps_what_was_reserved_and_peeked_at, "GEN-5 RING-3")
{
    for_each_wait(keeps_blocks);
}

/* ---- at the same moment ---- */

static xipc_status receive_one(xipc_ring *ring, xipc_deadline when)
{
    return ring_receive(ring, 1, 30, when);
}

/* One number behind those that fill the ring. */
static uint64_t last_number;

static xipc_status send_last(xipc_ring *ring, xipc_deadline when)
{
    return ring_send(ring, last_number, 30, when);
}

/* It is received, or it is still there. */
static void receive_races(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);
    xipc_object *object = xipc_ring_object(ring.consumer);
    unsigned rounds = rounds_here(300, 60);

    for (unsigned i = 0; i < rounds; i++) {
        ring_call call;
        xipc_status status;

        ring_call_begin(&call, receive_one, ring.consumer, XIPC_FOREVER);
        if (i % 2 == 0) {
            REQUIRE_OK(xipc_interrupt(object));
        }
        sends(ring.producer, 1, 30);
        REQUIRE_OK(xipc_interrupt(object));
        status = ring_call_end(&call);
        REQUIRE_OK(xipc_interrupt_clear(object));
        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_CANCELED, status);
            receives(ring.consumer, 1, 30);
        }
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

SPEC(a_receive_that_is_interrupted_has_taken_nothing, "GEN-5 RING-2")
{
    for_each_wait(receive_races);
}

/* It is sent, or the room is still there. */
static void send_races(xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    sides ring = sides_made("a", &options);
    xipc_object *object = xipc_ring_object(ring.producer);
    unsigned rounds = rounds_here(300, 60);

    for (unsigned i = 0; i < rounds; i++) {
        ring_call call;
        xipc_status status;

        last_number = fill_up(ring.producer, 0, 30);
        ring_call_begin(&call, send_last, ring.producer, XIPC_FOREVER);
        if (i % 2 == 0) {
            REQUIRE_OK(xipc_interrupt(object));
        }
        for (uint64_t number = 0; number < last_number; number++) {
            receives(ring.consumer, number, 30);
        }
        REQUIRE_OK(xipc_interrupt(object));
        status = ring_call_end(&call);
        REQUIRE_OK(xipc_interrupt_clear(object));
        if (status == XIPC_OK) {
            receives(ring.consumer, last_number, 30);
        } else {
            REQUIRE_STATUS(XIPC_E_CANCELED, status);
        }
        require_empty(ring.consumer);
    }
    sides_closed(&ring);
}

SPEC(a_send_that_is_interrupted_has_sent_nothing, "GEN-5 RING-2")
{
    for_each_wait(send_races);
}
