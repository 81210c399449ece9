/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consumer dies at each step of what it does with a ring. The next one goes
 * on behind what it released, and the producer has all the room that there is.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/ring_kit.h"

enum { CAPACITY = 384, LONGEST = 100, BATCH = 3, PIECE = 61 };

typedef struct survivor {
    const char *place;
    xipc_ring *producer;
    xipc_map *map;
    ring_ledger *page;
    uint64_t sent; /* messages, or bytes */
    uint64_t next; /* the first that nobody took yet */
    unsigned step; /* they are taken in so many */
    unsigned death_count;
} survivor;

/* Who only asks is told sooner; who waits must be told too. */
static xipc_deadline some_deadline(survivor *self)
{
    return self->death_count++ % 8 == 0 ? XIPC_FOREVER : XIPC_NOW;
}

static survivor survivor_at(const char *place, xipc_ring_mode mode)
{
    xipc_ring_options options = ring_shaped(CAPACITY, mode, XIPC_RING_PARK);
    sides ring = sides_made(place, &options);
    survivor self = {place, ring.producer, ledger_made(), NULL, 0, 0, 1, 0};

    self.page = ledger_of(self.map);
    xipc_ring_close(ring.consumer);
    return self;
}

static void survivor_ends(survivor *self)
{
    xipc_ring_close(self->producer);
    xipc_map_close(self->map);
}

static xipc_status send_next(survivor *self, xipc_deadline when)
{
    xipc_status status = ring_send(
        self->producer, self->sent, message_size(self->sent, LONGEST), when);

    self->sent += status == XIPC_OK ? 1U : 0U;
    return status;
}

/* A few messages are there, for those who die. */
static void some_are_sent(void *context)
{
    survivor *self = context;

    while (self->sent < self->next + BATCH) {
        REQUIRE_OK(send_next(self, XIPC_NOW));
    }
    ledger_set(self->page, self->next);
}

/* The producer finds the ring full, and the other side gone. */
static void require_full_of(survivor *self)
{
    xipc_deadline when = some_deadline(self);
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = send_next(self, when);
    }
    REQUIRE(status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED);
    REQUIRE(self->sent - self->next >= CAPACITY / (LONGEST + 12));
}

/* Which message comes next: one of those that may. */
static uint64_t found_next(const survivor *self, xipc_ring *consumer)
{
    uint64_t number = atomic_load(&self->page->done);
    uint64_t end = atomic_load(&self->page->tried);
    const void *data = NULL;
    size_t size = 0;

    REQUIRE_OK(xipc_ring_peek(consumer, &data, &size, XIPC_NOW));
    while (number <= end && (size != message_size(number, LONGEST) ||
                             !message_is(data, size, number))) {
        number++;
    }
    REQUIRE(number <= end);
    REQUIRE_OK(xipc_ring_rewind(consumer));
    return number;
}

static void the_rest_comes_once(void *context)
{
    survivor *self = context;
    xipc_ring *consumer;

    require_full_of(self);
    consumer = ring_joined(self->place, XIPC_RING_CONSUMER);
    self->next = found_next(self, consumer);
    REQUIRE_UINT(0, (self->next - atomic_load(&self->page->done)) % self->step);
    for (; self->next < self->sent; self->next++) {
        receives(consumer, self->next, message_size(self->next, LONGEST));
    }
    require_empty(consumer);
    xipc_ring_close(consumer);
}

/* ---- the one who dies ---- */

typedef struct mortal {
    xipc_ring *ring;
    xipc_map *map;
    ring_ledger *page;
    uint64_t next;
} mortal;

static mortal mortal_here(void)
{
    mortal self = {NULL, ledger_joined(), NULL, 0};

    self.page = ledger_of(self.map);
    self.next = atomic_load(&self.page->done);
    return self;
}

static mortal mortal_at(const char *place)
{
    mortal self = mortal_here();

    self.ring = ring_joined(place, XIPC_RING_CONSUMER);
    return self;
}

static void mortal_ends(mortal *self)
{
    xipc_ring_close(self->ring);
    xipc_map_close(self->map);
}

static void is_trying(mortal *self, uint64_t count)
{
    self->next += count;
    atomic_store(&self->page->tried, self->next);
}

static void has_done(mortal *self)
{
    atomic_store(&self->page->done, self->next);
}

/* What it got is looked at later: of that no instruction matters. */
typedef struct message {
    unsigned char bytes[LONGEST];
    size_t size;
} message;

static void receive_next(mortal *self, message *got)
{
    is_trying(self, 1);
    REQUIRE_OK(xipc_ring_receive(
        self->ring, got->bytes, LONGEST, &got->size, XIPC_FOREVER));
    has_done(self);
}

static void require_message(const message *got, uint64_t number)
{
    REQUIRE_UINT(message_size(number, LONGEST), got->size);
    REQUIRE(message_is(got->bytes, got->size, number));
}

KILLED(receives_some)
{
    mortal self = mortal_at("a");
    uint64_t first = self.next;
    message got[BATCH];

    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        receive_next(&self, &got[i]);
    }
    kill_end();
    for (unsigned i = 0; i < BATCH; i++) {
        require_message(&got[i], first + i);
    }
    mortal_ends(&self);
}

SPEC(a_message_whose_receive_was_begun_comes_again_or_not, "GEN-11 RING-4")
{
    survivor self = survivor_at("a", XIPC_RING_MESSAGES);
    kill_plan plan = {some_are_sent, the_rest_comes_once, NULL, &self};

    KILL_ANYWHERE(receives_some, &plan);
    survivor_ends(&self);
}

KILLED(receives_a_batch)
{
    mortal self = mortal_at("@a");
    const void *data;
    size_t size;

    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        REQUIRE_OK(xipc_ring_peek(self.ring, &data, &size, XIPC_FOREVER));
        if (i == 0) {
            REQUIRE_OK(xipc_ring_rewind(self.ring));
            REQUIRE_OK(xipc_ring_peek(self.ring, &data, &size, XIPC_FOREVER));
        }
    }
    is_trying(&self, BATCH);
    REQUIRE_OK(xipc_ring_release(self.ring));
    has_done(&self);
    kill_end();
    mortal_ends(&self);
}

SPEC(a_batch_comes_again_as_a_whole_or_not_at_all, "GEN-11 RING-4 RING-3")
{
    survivor self = survivor_at("@a", XIPC_RING_MESSAGES);
    kill_plan plan = {some_are_sent, the_rest_comes_once, NULL, &self};

    self.step = BATCH;
    KILL_ANYWHERE(receives_a_batch, &plan);
    survivor_ends(&self);
}

KILLED(comes_and_goes)
{
    mortal self = mortal_here();
    const void *data;
    size_t size;
    message got;

    kill_begin();
    self.ring = ring_joined("a", XIPC_RING_CONSUMER);
    receive_next(&self, &got);
    REQUIRE_OK(xipc_ring_peek(self.ring, &data, &size, XIPC_FOREVER));
    xipc_ring_close(self.ring);
    kill_end();
    xipc_map_close(self.map);
}

SPEC(a_consumer_may_die_coming_and_going, "GEN-11 RING-4 LIFE-6")
{
    survivor self = survivor_at("a", XIPC_RING_MESSAGES);
    kill_plan plan = {some_are_sent, the_rest_comes_once, NULL, &self};

    KILL_ANYWHERE(comes_and_goes, &plan);
    survivor_ends(&self);
}

/* ---- a stream ---- */

static xipc_status write_next(survivor *self, size_t size, xipc_deadline when)
{
    size_t count = 0;
    xipc_status status =
        ring_write(self->producer, self->sent, size, &count, when);

    self->sent += count;
    return status;
}

static void some_is_written(void *context)
{
    survivor *self = context;

    while (self->sent < self->next + 3 * PIECE) {
        REQUIRE_OK(write_next(self, 41, XIPC_NOW));
    }
    ledger_set(self->page, self->next);
}

/* Where the bytes that come next belong: to one of the places that may be. */
static uint64_t found_position(const survivor *self, xipc_ring *consumer)
{
    uint64_t position = atomic_load(&self->page->done);
    uint64_t end = atomic_load(&self->page->tried);
    unsigned char bytes[8];
    size_t count = 0;

    while (count < sizeof bytes) {
        const void *data = NULL;
        size_t size = 0;

        REQUIRE_OK(xipc_ring_peek(consumer, &data, &size, XIPC_NOW));
        size = size < sizeof bytes - count ? size : sizeof bytes - count;
        memcpy(bytes + count, data, size);
        count += size;
    }
    REQUIRE_OK(xipc_ring_rewind(consumer));
    while (position <= end && !stream_is(bytes, sizeof bytes, position)) {
        position++;
    }
    REQUIRE(position <= end);
    return position;
}

static void the_rest_is_read_once(void *context)
{
    survivor *self = context;
    xipc_deadline when = some_deadline(self);
    xipc_status status = XIPC_OK;
    xipc_ring *consumer;

    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = write_next(self, 10, when);
    }
    REQUIRE(status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED);
    consumer = ring_joined(self->place, XIPC_RING_CONSUMER);
    self->next = found_position(self, consumer);
    while (self->next < self->sent) {
        size_t count = 0;

        REQUIRE_OK(ring_read(consumer, self->next, 50, &count, XIPC_NOW));
        self->next += count;
    }
    require_empty(consumer);
    xipc_ring_close(consumer);
}

KILLED(reads_some)
{
    mortal self = mortal_at("a");
    unsigned char bytes[PIECE];
    const void *data;
    size_t size = 0;

    kill_begin();
    is_trying(&self, PIECE);
    REQUIRE_OK(xipc_ring_read(self.ring, bytes, PIECE, &size, XIPC_FOREVER));
    self.next -= PIECE - size;
    has_done(&self);
    REQUIRE_OK(xipc_ring_peek(self.ring, &data, &size, XIPC_FOREVER));
    is_trying(&self, size / 2);
    REQUIRE_OK(xipc_ring_release_bytes(self.ring, size / 2));
    has_done(&self);
    kill_end();
    mortal_ends(&self);
}

SPEC(of_a_read_that_was_begun_a_first_part_is_gone, "GEN-11 RING-4 RING-1")
{
    survivor self = survivor_at("a", XIPC_RING_BYTES);
    kill_plan plan = {some_is_written, the_rest_is_read_once, NULL, &self};

    KILL_ANYWHERE(reads_some, &plan);
    survivor_ends(&self);
}
