/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that is one side of a ring and does as it is told. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ring_kit.h"
#include "support/spec_process.h"

#undef ring_receive
#undef ring_peek
#undef ring_read
#undef ring_hand_at
#undef ring_hand_given
#undef hand_count
#undef hand_does_or
#undef hand_answer
/* Nor does what the hand's starter does here move its place. */
#undef spec_tell
#undef spec_hear

enum { NUMBER_MAX = 3 };

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static xipc_ring *held;

typedef struct ring_order {
    uint64_t numbers[NUMBER_MAX];
    xipc_deadline when;
    uint64_t count; /* of `produce` and the like, to be told */
} ring_order;

/* ---- verbs ---- */

static xipc_status do_open(ring_order *self)
{
    (void)self;
    return XIPC_OK;
}

static xipc_status do_close(ring_order *self)
{
    (void)self;
    xipc_ring_close(held);
    held = NULL;
    return XIPC_OK;
}

static xipc_status do_peer(ring_order *self)
{
    return xipc_ring_wait_peer(held, self->when);
}

static xipc_status do_send(ring_order *self)
{
    return ring_send(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_receive(ring_order *self)
{
    return ring_receive(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_reserve(ring_order *self)
{
    return ring_reserve(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_peek(ring_order *self)
{
    return ring_peek(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_commit(ring_order *self)
{
    return xipc_ring_commit(held, (size_t)self->numbers[0]);
}

static xipc_status do_cancel(ring_order *self)
{
    (void)self;
    return xipc_ring_cancel(held);
}

static xipc_status do_release(ring_order *self)
{
    (void)self;
    return xipc_ring_release(held);
}

static xipc_status do_rewind(ring_order *self)
{
    (void)self;
    return xipc_ring_rewind(held);
}

static xipc_status do_write(ring_order *self)
{
    size_t size = (size_t)self->numbers[1];
    size_t count = size;
    xipc_status status =
        ring_write(held, self->numbers[0], size, &count, self->when);

    REQUIRE_UINT(size, count);
    return status;
}

static xipc_status do_read(ring_order *self)
{
    size_t size = (size_t)self->numbers[1];
    size_t count = size;
    xipc_status status =
        ring_read(held, self->numbers[0], size, &count, self->when);

    REQUIRE_UINT(size, count);
    return status;
}

/* Pieces of many sizes. */
static size_t piece_of(uint64_t left)
{
    size_t piece = 1 + message_size(left, 3000);

    return piece < left ? piece : (size_t)left;
}

static xipc_status do_pour(ring_order *self)
{
    uint64_t position = self->numbers[0];
    uint64_t end = position + self->numbers[1];
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && position < end) {
        size_t count = 0;

        status = ring_write(
            held, position, piece_of(end - position), &count, XIPC_FOREVER);
        position += count;
    }
    return status;
}

static xipc_status do_drain(ring_order *self)
{
    uint64_t position = self->numbers[0];
    uint64_t end = position + self->numbers[1];
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && position < end) {
        size_t count = 0;

        status = ring_read(
            held, position, piece_of(end - position), &count, XIPC_FOREVER);
        position += count;
    }
    return status;
}

typedef xipc_status
one_call(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when);

static xipc_status many(ring_order *self, one_call *call)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && self->count < self->numbers[1]) {
        uint64_t number = self->numbers[0] + self->count;

        status = call(
            held, number, message_size(number, (size_t)self->numbers[2]),
            XIPC_FOREVER);
        self->count += status == XIPC_OK ? 1U : 0U;
    }
    return status;
}

static xipc_status do_produce(ring_order *self)
{
    return many(self, ring_send);
}

static xipc_status do_consume(ring_order *self)
{
    return many(self, ring_receive);
}

typedef struct verb {
    const char *word;
    int number_count;
    xipc_status (*run)(ring_order *self);
} verb;

static const verb verbs[] = {
    {"open", 0, do_open},       {"close", 0, do_close},
    {"peer", 0, do_peer},       {"send", 2, do_send},
    {"receive", 2, do_receive}, {"reserve", 2, do_reserve},
    {"peek", 2, do_peek},       {"commit", 1, do_commit},
    {"cancel", 0, do_cancel},   {"release", 0, do_release},
    {"rewind", 0, do_rewind},   {"write", 2, do_write},
    {"read", 2, do_read},       {"pour", 2, do_pour},
    {"drain", 2, do_drain},     {"produce", 3, do_produce},
    {"consume", 3, do_consume},
};

/* ---- the hand ---- */

static const verb *verb_said(const char *line)
{
    size_t size = strcspn(line, " ");

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].word) == size &&
            memcmp(verbs[i].word, line, size) == 0) {
            return &verbs[i];
        }
    }
    spec_fail(__FILE__, __LINE__, line, "is no order for a hand at a ring");
}

static ring_order order_said(const verb *what, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    ring_order self = {{0, 0, 0}, XIPC_FOREVER, 0};
    char *end;

    for (int i = 0; i < what->number_count; i++) {
        self.numbers[i] = strtoull(rest, &end, 10);
        REQUIRE(end != rest);
        rest = end;
    }
    if (strcmp(rest, " now") == 0) {
        self.when = XIPC_NOW;
    } else if (*rest != '\0') {
        self.when = xipc_after_ms(strtol(rest, NULL, 10));
    }
    return self;
}

static xipc_ring_role role_said(void)
{
    return strcmp(spec_argument(1), "producer") == 0 ? XIPC_RING_PRODUCER
                                                     : XIPC_RING_CONSUMER;
}

static xipc_status join(void)
{
    return held ? XIPC_OK
                : ring_join_soon(spec_argument(0), role_said(), &held);
}

static void obey(const char *line)
{
    const verb *what = verb_said(line);
    ring_order self = order_said(what, line);
    xipc_status status = join();
    char count[32];

    if (status == XIPC_OK) {
        status = what->run(&self);
    }
    spec_tell(NULL, xipc_status_name(status));
    if (what->number_count == NUMBER_MAX) {
        snprintf(count, sizeof count, "%" PRIu64, self.count);
        spec_tell(NULL, count);
    }
}

PEER(a_hand_at_a_ring)
{
    char line[100];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0 && strcmp(line, "leave") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
    if (strcmp(line, "end") == 0) {
        xipc_ring_close(held);
    }
}

static const char *word_of(xipc_ring_role role)
{
    return role == XIPC_RING_PRODUCER ? "producer" : "consumer";
}

spec_peer *ring_hand_at(const char *place, xipc_ring_role role)
{
    return spec_start(
        a_hand_at_a_ring_entry.name,
        (const char *const[]){place, word_of(role), NULL});
}

spec_peer *ring_hand_given(xipc_native_handle native, xipc_ring_role role)
{
    return spec_start_with(
        native, a_hand_at_a_ring_entry.name,
        (const char *const[]){"+", word_of(role), NULL});
}

uint64_t hand_count(spec_peer *hand)
{
    char line[32];

    spec_hear(hand, line, sizeof line);
    return strtoull(line, NULL, 10);
}

int hand_does_or(spec_peer *hand, const char *order, xipc_status otherwise)
{
    xipc_status status;

    spec_tell(hand, order);
    status = hand_answer(hand);
    if (status != XIPC_OK && status != otherwise) {
        spec_fail_here("%s: %s", order, xipc_status_name(status));
    }
    return status == XIPC_OK;
}
