/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A producer and a consumer at work, and all the time one of them is killed at
 * a moment that chance chooses, and replaced. All accounts are exact.
 *
 * A message says in which producer's life it was sent and as which one. What a
 * send returned for is in the book; so is what the consumer had last. He either
 * receives a message and then notes it, and may take one along that he did not
 * note; or notes it and then releases it, and it may come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/ring_kit.h"

enum { LIFE_MAX = 1 << 16, CAPACITY = 4096, LONGEST = 600, BATCH_MAX = 4 };

/* The section "book". Messages here are life << 32 | index. */
typedef struct book {
    _Atomic uint64_t seen;  /* noted last */
    _Atomic uint32_t again; /* it may come again */
    _Atomic uint32_t slack; /* so many may have been taken along since then */
    _Atomic uint64_t received;
    _Atomic uint32_t sent[LIFE_MAX]; /* in each life; the 0th had one */
} book;

#define LIFE(message)  ((uint32_t)((message) >> 32))
#define INDEX(message) ((uint32_t)(message))

typedef struct worker {
    xipc_ring *ring;
    xipc_section *section;
    xipc_map *map;
    book *page;
    uint32_t dice;
} worker;

static worker worker_of(xipc_ring *ring, uint32_t dice)
{
    worker self = {.ring = ring, .dice = dice};

    self.section = section_opened("book");
    self.map = mapped(self.section);
    self.page = xipc_map_address(self.map);
    return self;
}

static void worker_ends(worker *self)
{
    xipc_ring_close(self->ring);
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

static size_t size_of(uint64_t message)
{
    return sizeof message + message_size(message, LONGEST - sizeof message);
}

static void write_message(unsigned char *bytes, uint64_t message)
{
    memcpy(bytes, &message, sizeof message);
    message_fill(
        bytes + sizeof message, size_of(message) - sizeof message, message);
}

static uint64_t read_message(const unsigned char *bytes, size_t size)
{
    uint64_t message;

    REQUIRE(size >= sizeof message);
    memcpy(&message, bytes, sizeof message);
    REQUIRE_UINT(size_of(message), size);
    REQUIRE(message_is(bytes + sizeof message, size - sizeof message, message));
    return message;
}

/* The other side died, or has yet to come: 1, once it is there. Only the one
 * who made the ring ever closes it. */
static int goes_on(const worker *self, xipc_status status)
{
    if (status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED) {
        REQUIRE_OK(xipc_ring_wait_peer(self->ring, XIPC_FOREVER));
        return 1;
    }
    return status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT;
}

static xipc_deadline some_deadline(worker *self)
{
    switch (thrown(&self->dice, 4)) {
    case 0: return XIPC_NOW;
    case 1: return xipc_after_ms(thrown(&self->dice, 5));
    default: return XIPC_FOREVER;
    }
}

/* ---- the producer ---- */

static void send_copy(worker *self, uint64_t message)
{
    unsigned char bytes[LONGEST];
    xipc_status status;

    write_message(bytes, message);
    do {
        status = xipc_ring_send(
            self->ring, bytes, size_of(message), some_deadline(self));
    } while (goes_on(self, status));
    REQUIRE_OK(status);
}

static void send_blocks(worker *self, uint64_t first, uint32_t count)
{
    for (uint64_t message = first; message < first + count; message++) {
        void *block = NULL;
        xipc_status status;

        do {
            status = xipc_ring_reserve(
                self->ring, size_of(message), &block, some_deadline(self));
        } while (goes_on(self, status));
        REQUIRE_OK(status);
        write_message(block, message);
    }
    REQUIRE_OK(xipc_ring_commit(self->ring, size_of(first + count - 1)));
}

PEER(a_producer_until_killed)
{
    uint32_t life = (uint32_t)strtoul(spec_argument(1), NULL, 10);
    worker self =
        worker_of(ring_joined(spec_argument(0), XIPC_RING_PRODUCER), life | 1);
    uint32_t sent = 0;

    spec_tell(NULL, "at work");
    while (sent < UINT32_MAX - BATCH_MAX) {
        uint64_t first = (uint64_t)life << 32 | sent;
        uint32_t count = thrown(&self.dice, BATCH_MAX) + 1;

        if (thrown(&self.dice, 2) == 0) {
            count = 1;
            send_copy(&self, first);
        } else {
            send_blocks(&self, first, count);
        }
        sent += count;
        atomic_store(&self.page->sent[life], sent);
    }
}

/* ---- the consumer ---- */

/* Nothing was committed between the two that must not be lost. */
static int follows(book *page, uint64_t before, uint64_t message)
{
    uint32_t life = LIFE(before);

    if (LIFE(message) == life) {
        return message == before + 1;
    }
    if (LIFE(message) < life || INDEX(message) != 0 ||
        INDEX(before) + 1 < atomic_load(&page->sent[life])) {
        return 0;
    }
    for (life++; life < LIFE(message); life++) {
        if (atomic_load(&page->sent[life]) > 0) {
            return 0;
        }
    }
    return 1;
}

/* ... but at most so many. */
static int
is_after(book *page, uint64_t before, uint64_t message, uint32_t slack)
{
    if (follows(page, before, message)) {
        return 1;
    }
    if (slack == 0 || message <= before) {
        return 0;
    }
    if (is_after(page, before + 1, message, slack - 1)) {
        return 1;
    }
    for (uint32_t life = LIFE(before) + 1; life < LIFE(message); life++) {
        uint64_t first = (uint64_t)life << 32;

        if (follows(page, before, first) &&
            is_after(page, first, message, slack - 1)) {
            return 1;
        }
    }
    return INDEX(message) > 0 &&
           follows(page, before, message - INDEX(message)) &&
           INDEX(message) <= slack;
}

static void require_due(book *page, uint64_t message)
{
    uint64_t seen = atomic_load(&page->seen);
    uint32_t slack = atomic_load(&page->slack);

    if (message == seen && atomic_load(&page->again)) {
        return;
    }
    if (!is_after(page, seen, message, slack)) {
        spec_note(
            "%u.%u came after %u.%u, %u may be missing", LIFE(message),
            INDEX(message), LIFE(seen), INDEX(seen), slack);
        spec_fail(
            __FILE__, __LINE__, "a message", "lost, twice, or out of order");
    }
}

static void note(worker *self, uint64_t message, uint32_t again)
{
    book *page = self->page;

    require_due(page, message);
    /* Whoever dies between these is allowed too much, for one message. */
    atomic_store(&page->again, 1);
    atomic_store(&page->seen, message);
    atomic_store(&page->again, again);
    atomic_store(&page->slack, again ? 0 : 1);
    atomic_fetch_add(&page->received, 1);
}

static xipc_status receive_and_note(worker *self, xipc_deadline when)
{
    unsigned char bytes[LONGEST];
    size_t size = 0;
    xipc_status status =
        xipc_ring_receive(self->ring, bytes, LONGEST, &size, when);

    if (status == XIPC_OK) {
        note(self, read_message(bytes, size), 0);
    }
    return status;
}

static xipc_status note_and_release(worker *self, xipc_deadline when)
{
    const void *bytes = NULL;
    size_t size = 0;
    xipc_status status = xipc_ring_peek(self->ring, &bytes, &size, when);

    if (status == XIPC_OK) {
        note(self, read_message(bytes, size), 1);
        REQUIRE_OK(xipc_ring_release(self->ring));
    }
    return status;
}

PEER(a_consumer_until_killed)
{
    worker self = worker_of(
        ring_joined(spec_argument(0), XIPC_RING_CONSUMER),
        (uint32_t)strtoul(spec_argument(1), NULL, 10) | 1);
    int is_copying = thrown(&self.dice, 2) == 0;
    xipc_status status = XIPC_OK;

    if (is_copying) {
        atomic_fetch_add(&self.page->slack, 1);
    }
    spec_tell(NULL, "at work");
    while (status == XIPC_OK || goes_on(&self, status)) {
        xipc_deadline when = some_deadline(&self);

        status = is_copying ? receive_and_note(&self, when)
                            : note_and_release(&self, when);
    }
    REQUIRE_OK(status);
}

/* ---- the case, which kills ---- */

typedef struct show {
    const char *place;
    book *page;
    spec_peer *producer;
    spec_peer *consumer;
    uint32_t life;
    uint32_t dice;
    unsigned kill_count;
    unsigned slow_count; /* in a row */
    int64_t longest_ns;
} show;

static spec_peer *started(show *self, const char *role, uint32_t number)
{
    char argument[16];
    spec_peer *peer;

    snprintf(argument, sizeof argument, "%u", number);
    peer = spec_start(role, (const char *const[]){self->place, argument, NULL});
    spec_expect(peer, "at work");
    return peer;
}

static void start_producer(show *self)
{
    self->life++;
    REQUIRE(self->life < LIFE_MAX);
    self->producer =
        started(self, a_producer_until_killed_entry.name, self->life);
}

static void start_consumer(show *self)
{
    self->consumer = started(
        self, a_consumer_until_killed_entry.name, thrown(&self->dice, 1 << 20));
}

/* Sometimes both are dead at once: then the case must have the section. */
static void kill_and_replace(show *self)
{
    uint32_t whom = thrown(&self->dice, self->place[0] == '@' ? 7 : 6);

    if (whom < 3 || whom == 6) {
        spec_kill(self->producer);
    }
    if (whom >= 3) {
        spec_kill(self->consumer);
        start_consumer(self);
    }
    if (whom < 3 || whom == 6) {
        start_producer(self);
    }
    self->kill_count += whom == 6 ? 2 : 1;
}

/* Within a second there is something new. A crowded machine is slow once. */
static void require_progress(show *self)
{
    uint64_t before = atomic_load(&self->page->received);
    int64_t start = spec_now_ns();

    while (atomic_load(&self->page->received) < before + 2) {
        REQUIRE(is_within(start, 20 * NS_PER_S));
        let_pass(1);
    }
    start = spec_now_ns() - start;
    self->longest_ns = start > self->longest_ns ? start : self->longest_ns;
    self->slow_count = start > NS_PER_S ? self->slow_count + 1 : 0;
    REQUIRE(self->slow_count < 3);
}

/* What is left is received by the case; then nothing must be missing. */
static void require_exact_end(show *self)
{
    xipc_status status = XIPC_OK;
    book *page = self->page;
    worker last;
    uint64_t seen;

    spec_kill(self->consumer);
    atomic_fetch_add(&page->slack, 1);
    last =
        worker_of(ring_joined(self->place, XIPC_RING_CONSUMER), self->dice | 1);
    spec_kill(self->producer);
    while (status == XIPC_OK) {
        status = receive_and_note(&last, XIPC_FOREVER);
    }
    REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    seen = atomic_load(&page->seen);
    REQUIRE(INDEX(seen) + 2 >= atomic_load(&page->sent[LIFE(seen)]));
    for (uint32_t life = LIFE(seen) + 1; life <= self->life; life++) {
        REQUIRE(atomic_load(&page->sent[life]) <= 1);
    }
    self->kill_count += 2;
    worker_ends(&last);
}

static void chaos(const char *place)
{
    int64_t end = spec_now_ns() +
                  (int64_t)kill_setting("XIPC_CHAOS_MS", 2000) / 2 * NS_PER_MS;
    xipc_section *section = section_created("book", sizeof(book));
    xipc_section *table = NULL;
    xipc_map *map = mapped(section);
    show self = {.place = place, .dice = dice_cast()};
    xipc_ring_options options = ring_shaped(
        CAPACITY, XIPC_RING_MESSAGES,
        ring_waits[thrown(&self.dice, RING_WAIT_COUNT)]);
    xipc_ring *maker = ring_made(place, XIPC_RING_PRODUCER, &options);

    self.page = xipc_map_address(map);
    if (place[0] == '@') {
        table = section_opened(place + 1);
    }
    atomic_store(&self.page->sent[0], 1);
    start_consumer(&self);
    xipc_ring_close(maker);
    start_producer(&self);
    while (spec_now_ns() < end) {
        require_progress(&self);
        let_pass((int64_t)thrown(&self.dice, 60));
        kill_and_replace(&self);
    }
    require_progress(&self);
    require_exact_end(&self);
    spec_note(
        "waiting %d: %u killed, %llu messages, the longest pause %lld us",
        (int)options.wait, self.kill_count,
        (unsigned long long)atomic_load(&self.page->received),
        (long long)(self.longest_ns / 1000));
    xipc_section_close(table);
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(
    sides_that_die_at_random_lose_nothing_and_repeat_nothing,
    "RING-4 GEN-11 RING-1 RING-3")
{
    in_both_forms(chaos);
}
