/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A producer dies at each step of what it does with a ring. The consumer has
 * all that was committed, in order and once, and is told; the next producer
 * goes on behind it.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/ring_kit.h"

enum { CAPACITY = 384, LONGEST = 192, BATCH = 3, PIECE = 61 };

/* What the case holds while others die. */
typedef struct survivor {
    const char *place;
    xipc_ring *consumer;
    xipc_map *map;
    ring_ledger *page;
    uint64_t next; /* message, or position */
    unsigned step; /* they are committed in so many */
    unsigned death_count;
} survivor;

/* Who only asks is told sooner; who waits must be told too. */
static xipc_deadline some_deadline(survivor *self)
{
    return self->death_count++ % 8 == 0 ? XIPC_FOREVER : XIPC_NOW;
}

/* Somebody was the producer, so that its end can be told. */
static survivor survivor_at(const char *place, xipc_ring_mode mode)
{
    xipc_ring_options options = ring_shaped(CAPACITY, mode, XIPC_RING_PARK);
    sides ring = sides_made(place, &options);
    survivor self = {place, ring.consumer, ledger_made(), NULL, 0, 1, 0};

    self.page = ledger_of(self.map);
    xipc_ring_close(ring.producer);
    return self;
}

static void survivor_ends(survivor *self)
{
    xipc_ring_close(self->consumer);
    xipc_map_close(self->map);
}

static void nothing_is_done(void *context)
{
    survivor *self = context;

    ledger_set(self->page, self->next);
}

static void require_over(xipc_status status)
{
    REQUIRE(status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED);
}

/* As far as is surely done, at most as far as was tried, in whole steps. */
static void require_accounts(survivor *self, uint64_t next)
{
    REQUIRE(next >= atomic_load(&self->page->done));
    REQUIRE(next <= atomic_load(&self->page->tried));
    REQUIRE_UINT(0, (next - self->next) % self->step);
    self->next = next;
}

static void every_message_is_there_once(void *context)
{
    survivor *self = context;
    uint64_t next = self->next;
    xipc_deadline when = some_deadline(self);
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = ring_receive(
            self->consumer, next, message_size(next, LONGEST), when);
        next += status == XIPC_OK ? 1U : 0U;
    }
    require_over(status);
    require_accounts(self, next);
}

static void every_byte_is_there_once(void *context)
{
    survivor *self = context;
    uint64_t next = self->next;
    xipc_deadline when = some_deadline(self);
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        size_t count = 0;

        status = ring_read(self->consumer, next, 50, &count, when);
        next += count;
    }
    require_over(status);
    require_accounts(self, next);
}

/* ---- the one who dies ---- */

/* What it sends is ready before: of that no instruction matters. */
typedef struct mortal {
    xipc_ring *ring;
    xipc_map *map;
    ring_ledger *page;
    uint64_t next;
    uint64_t first;
    unsigned char bytes[BATCH][LONGEST];
    size_t sizes[BATCH];
} mortal;

static mortal mortal_here(void)
{
    mortal self = {.map = ledger_joined()};

    self.page = ledger_of(self.map);
    self.first = atomic_load(&self.page->done);
    self.next = self.first;
    for (uint64_t i = 0; i < BATCH; i++) {
        self.sizes[i] = message_size(self.first + i, LONGEST);
        message_fill(self.bytes[i], self.sizes[i], self.first + i);
    }
    return self;
}

static mortal mortal_at(const char *place)
{
    mortal self = mortal_here();

    self.ring = ring_joined(place, XIPC_RING_PRODUCER);
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

static void send_next(mortal *self)
{
    size_t i = (size_t)(self->next - self->first);

    is_trying(self, 1);
    REQUIRE_OK(xipc_ring_send(
        self->ring, self->bytes[i], self->sizes[i], XIPC_FOREVER));
    has_done(self);
}

static void send_some(const char *place)
{
    mortal self = mortal_at(place);

    kill_begin();
    send_next(&self);
    send_next(&self);
    send_next(&self);
    kill_end();
    mortal_ends(&self);
}

KILLED(sends_some)
{
    send_some("a");
}

SPEC(a_message_whose_send_was_begun_is_there_or_not, "GEN-11 RING-4 RING-1")
{
    survivor self = survivor_at("a", XIPC_RING_MESSAGES);
    kill_plan plan = {
        nothing_is_done, every_message_is_there_once, NULL, &self};

    /* Three never need more room than there is. */
    KILL_ANYWHERE(sends_some, &plan);
    survivor_ends(&self);
}

/* The longest would not always fit together. */
static size_t size_in_batch(uint64_t number)
{
    return message_size(number, LONGEST) % 64;
}

KILLED(sends_a_batch)
{
    mortal self = mortal_at("@a");
    size_t size = 0;
    void *block;

    kill_begin();
    is_trying(&self, BATCH);
    for (int i = 0; i < BATCH; i++) {
        size = self.sizes[i] % 64;
        REQUIRE_OK(xipc_ring_reserve(self.ring, size, &block, XIPC_FOREVER));
        memcpy(block, self.bytes[i], size);
    }
    REQUIRE_OK(xipc_ring_commit(self.ring, size));
    has_done(&self);
    kill_end();
    mortal_ends(&self);
}

static void whole_batches_are_there_once(void *context)
{
    survivor *self = context;
    uint64_t next = self->next;
    xipc_deadline when = some_deadline(self);
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK || status == XIPC_E_AGAIN) {
        status = ring_receive(self->consumer, next, size_in_batch(next), when);
        next += status == XIPC_OK ? 1U : 0U;
    }
    require_over(status);
    require_accounts(self, next);
}

SPEC(a_batch_is_there_as_a_whole_or_not_at_all, "GEN-11 RING-4 RING-3")
{
    survivor self = survivor_at("@a", XIPC_RING_MESSAGES);
    kill_plan plan = {
        nothing_is_done, whole_batches_are_there_once, NULL, &self};

    self.step = BATCH;
    KILL_ANYWHERE(sends_a_batch, &plan);
    survivor_ends(&self);
}

KILLED(writes_some)
{
    mortal self = mortal_at("a");
    unsigned char bytes[3 * PIECE];
    size_t count;

    stream_fill(bytes, sizeof bytes, self.first);
    kill_begin();
    for (int i = 0; i < 3; i++) {
        is_trying(&self, PIECE);
        REQUIRE_OK(xipc_ring_write(
            self.ring, bytes + i * PIECE, PIECE, &count, XIPC_FOREVER));
        has_done(&self);
    }
    kill_end();
    mortal_ends(&self);
}

SPEC(of_a_write_that_was_begun_a_first_part_is_there, "GEN-11 RING-4 RING-1")
{
    survivor self = survivor_at("a", XIPC_RING_BYTES);
    kill_plan plan = {nothing_is_done, every_byte_is_there_once, NULL, &self};

    KILL_ANYWHERE(writes_some, &plan);
    survivor_ends(&self);
}

/* Takes the place, uses it, leaves something behind and closes. */
static void come_and_go(const char *place)
{
    mortal self = mortal_here();
    void *block;

    kill_begin();
    self.ring = ring_joined(place, XIPC_RING_PRODUCER);
    send_next(&self);
    REQUIRE_OK(xipc_ring_reserve(self.ring, 20, &block, XIPC_FOREVER));
    memset(block, 0xee, 20);
    xipc_ring_close(self.ring);
    kill_end();
    xipc_map_close(self.map);
}

KILLED(comes_and_goes)
{
    come_and_go("a");
}

SPEC(a_producer_may_die_coming_and_going, "GEN-11 RING-4 LIFE-6")
{
    survivor self = survivor_at("a", XIPC_RING_MESSAGES);
    kill_plan plan = {
        nothing_is_done, every_message_is_there_once, NULL, &self};

    KILL_ANYWHERE(comes_and_goes, &plan);
    survivor_ends(&self);
}

/* ---- one who sleeps all the while ---- */

typedef struct sleeper {
    xipc_ring *ring;
    ring_ledger *page;
    uint64_t next;
} sleeper;

static void wait_for_the_next_one(const sleeper *self)
{
    xipc_status status = xipc_ring_wait_peer(self->ring, xipc_after_ns(100000));

    REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
}

/* Sleeps in a receive until nobody comes any more. */
static void sleep_through(sleeper *self)
{
    xipc_status status = XIPC_OK;
    uint32_t is_over = 0;

    while (status == XIPC_OK || !is_over) {
        is_over = atomic_load(&self->page->is_over);
        status = ring_receive(
            self->ring, self->next, message_size(self->next, LONGEST),
            XIPC_FOREVER);
        if (status == XIPC_OK) {
            self->next++;
        } else {
            require_over(status);
            wait_for_the_next_one(self);
        }
    }
    REQUIRE(self->next >= atomic_load(&self->page->done));
    REQUIRE(self->next <= atomic_load(&self->page->tried));
}

PEER(a_consumer_who_sleeps)
{
    xipc_map *map = ledger_joined();
    sleeper self = {ring_joined("a", XIPC_RING_CONSUMER), ledger_of(map), 0};
    char line[16];

    spec_tell(NULL, "here");
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "go") == 0) {
        sleep_through(&self);
        ledger_set(self.page, self.next);
        spec_tell(NULL, "done");
        spec_hear(NULL, line, sizeof line);
    }
    xipc_map_close(map);
    xipc_ring_close(self.ring);
}

typedef struct watch {
    spec_peer *peer;
    ring_ledger *page;
} watch;

static void the_consumer_sleeps(void *context)
{
    watch *self = context;

    spec_tell(self->peer, "go");
}

static void the_consumer_is_told(void *context)
{
    watch *self = context;

    atomic_store(&self->page->is_over, 1);
    spec_expect(self->peer, "done");
}

SPEC(who_sleeps_is_told_wherever_the_producer_dies, "GEN-11 RING-4 RING-2")
{
    xipc_ring_options options =
        ring_shaped(CAPACITY, XIPC_RING_MESSAGES, XIPC_RING_PARK);
    xipc_map *map = ledger_made();
    xipc_ring *maker = ring_made("a", XIPC_RING_PRODUCER, &options);
    watch self = {START(a_consumer_who_sleeps), ledger_of(map)};
    kill_plan plan = {the_consumer_sleeps, the_consumer_is_told, NULL, &self};

    spec_expect(self.peer, "here");
    xipc_ring_close(maker);
    KILL_ANYWHERE(sends_some, &plan);
    spec_tell(self.peer, "end");
    spec_join(self.peer);
    xipc_map_close(map);
}
