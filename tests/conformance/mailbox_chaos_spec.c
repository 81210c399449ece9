/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three senders and three receivers at work, and all the time one of the six is
 * killed at a moment that chance chooses, and replaced. All accounts are exact.
 *
 * Each message has a number, and in the section "book" its account: whoever
 * sends or receives it writes there what he is about to do, and what he has
 * done. The box is one whose messages are acknowledged, so none is lost with
 * its receiver, and none comes again that is not marked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/mailbox_kit.h"

enum {
    SIDE_COUNT = 3,
    WORKER_COUNT = 2 * SIDE_COUNT,
    LONGEST = 300,
    KILL_EVERY_MS = 50,
    NUMBERS_PER_MS = 2000
};

/* What stands in the account of a message. */
enum {
    TRIED = 1 << 0,    /* its send was begun */
    SENT = 1 << 1,     /* and returned */
    REFUSED = 1 << 2,  /* or said that it has not sent */
    SEEN = 1 << 3,     /* it was taken */
    LETTING = 1 << 4,  /* its release was begun */
    RELEASED = 1 << 5, /* and returned */
};

typedef struct book {
    _Atomic uint64_t number_count; /* given to messages so far */
    _Atomic uint64_t received;
    _Atomic uint64_t number_max;
    _Atomic unsigned char accounts[1];
} book;

typedef struct worker {
    xipc_mailbox *box;
    xipc_map *map;
    book *page;
    uint32_t dice;
} worker;

static worker worker_here(void)
{
    xipc_section *section = section_opened("book");
    worker self = {.box = box_joined("a"), .map = mapped(section)};

    xipc_section_close(section);
    self.page = xipc_map_address(self.map);
    self.dice = (uint32_t)strtoul(spec_argument(0), NULL, 10) | 1;
    return self;
}

static void fail_with(uint64_t number, unsigned account, const char *why)
{
    spec_note("message %llu, %#x", (unsigned long long)number, account);
    spec_fail(__FILE__, __LINE__, "a message", why);
}

/* What stood there before. */
static unsigned write_down(book *page, uint64_t number, unsigned what)
{
    REQUIRE(number < atomic_load(&page->number_max));
    return atomic_fetch_or(&page->accounts[number], (unsigned char)what);
}

/* ---- senders ---- */

static xipc_deadline some_deadline(uint32_t *dice)
{
    switch (thrown(dice, 4)) {
    case 0: return XIPC_NOW;
    case 1: return xipc_after_ms(thrown(dice, 5));
    default: return XIPC_FOREVER;
    }
}

static xipc_postage some_postage(worker *self, uint64_t number)
{
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)number;
    postage.priority = thrown(&self->dice, 4) == 0 ? 7 : 0;
    return postage;
}

static xipc_status
send_copy(worker *self, uint64_t number, const xipc_postage *postage)
{
    unsigned char bytes[LONGEST];
    size_t size = message_size(number, LONGEST);

    message_fill(bytes, size, number);
    return xipc_mailbox_send(
        self->box, bytes, size, postage, some_deadline(&self->dice));
}

static xipc_status
send_block(worker *self, uint64_t number, const xipc_postage *postage)
{
    size_t size = message_size(number, LONGEST);
    void *data = NULL;
    xipc_status status = xipc_mailbox_reserve(
        self->box, size, &data, some_deadline(&self->dice));

    if (status != XIPC_OK) {
        return status;
    }
    message_fill(data, size, number);
    status = thrown(&self->dice, 8) == 0 ? XIPC_E_AGAIN
                                         : xipc_mailbox_commit(
                                               self->box, data, size, postage,
                                               some_deadline(&self->dice));
    if (status != XIPC_OK) {
        REQUIRE_OK(xipc_mailbox_cancel(self->box, data));
    }
    return status;
}

static void send_one(worker *self)
{
    uint64_t number = atomic_fetch_add(&self->page->number_count, 1);
    xipc_postage postage = some_postage(self, number);
    xipc_status status;
    unsigned before;

    write_down(self->page, number, TRIED);
    status = thrown(&self->dice, 2) == 0 ? send_copy(self, number, &postage)
                                         : send_block(self, number, &postage);
    before = write_down(self->page, number, status == XIPC_OK ? SENT : REFUSED);
    if (status != XIPC_OK) {
        REQUIRE(
            status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT ||
            status == XIPC_E_NO_SPACE);
        if ((before & SEEN) != 0) {
            fail_with(number, before, "received, though it was not sent");
        }
    }
}

PEER(a_sender_until_killed)
{
    worker self = worker_here();

    spec_tell(NULL, "at work");
    while (atomic_load(&self.page->number_count) + 2 * WORKER_COUNT <
           atomic_load(&self.page->number_max)) {
        send_one(&self);
    }
    spec_expect(NULL, "the end"); /* of the book: it waits to be killed */
}

/* ---- receivers ---- */

/* Of what was taken for the first time each is later than the last one of its
 * priority. */
typedef struct order {
    uint64_t last[XIPC_PRIORITY_MAX + 1];
} order;

static void require_due(
    book *page, order *seen, uint64_t number, const xipc_envelope *envelope)
{
    int is_marked = (envelope->flags & XIPC_MESSAGE_REDELIVERED) != 0;
    unsigned before = write_down(page, number, SEEN);

    REQUIRE(envelope->priority <= XIPC_PRIORITY_MAX);
    if ((before & TRIED) == 0 || (before & REFUSED) != 0) {
        fail_with(number, before, "received, though it was not sent");
    }
    if ((before & RELEASED) != 0) {
        fail_with(number, before, "received again after its release");
    }
    if ((before & SEEN) != 0 && !is_marked) {
        fail_with(number, before, "received again and not marked");
    }
    if (!is_marked) {
        REQUIRE(envelope->sequence > seen->last[envelope->priority]);
        seen->last[envelope->priority] = envelope->sequence;
    }
}

/* One; `may_return`: sometimes it is put back. */
static xipc_status
receive_one(worker *self, order *seen, int may_return, xipc_deadline deadline)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    const void *data = NULL;
    size_t size = 0;
    uint64_t number;
    xipc_status status =
        xipc_mailbox_take(self->box, &data, &size, &envelope, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    number = envelope.type;
    require_due(self->page, seen, number, &envelope);
    REQUIRE_UINT(message_size(number, LONGEST), size);
    REQUIRE(message_is(data, size, number));
    if (may_return && thrown(&self->dice, 16) == 0) {
        REQUIRE_OK(xipc_mailbox_return(self->box, data));
        return XIPC_OK;
    }
    write_down(self->page, number, LETTING);
    REQUIRE_OK(xipc_mailbox_release(self->box, data));
    write_down(self->page, number, RELEASED);
    atomic_fetch_add(&self->page->received, 1);
    return XIPC_OK;
}

PEER(a_receiver_until_killed)
{
    worker self = worker_here();
    order seen = {{0}};
    xipc_status status = XIPC_OK;

    spec_tell(NULL, "at work");
    while (status == XIPC_OK || status == XIPC_E_AGAIN ||
           status == XIPC_E_TIMEOUT) {
        status = receive_one(&self, &seen, 1, some_deadline(&self.dice));
    }
    REQUIRE_OK(status);
}

/* ---- the case, which kills ---- */

typedef struct show {
    book *page;
    spec_peer *peers[WORKER_COUNT];
    uint32_t dice;
    unsigned sender_deaths;
    unsigned receiver_deaths;
    unsigned slow_count; /* in a row */
    int64_t longest_ns;
} show;

static void start_worker(show *self, int index)
{
    const char *role = index < SIDE_COUNT ? a_sender_until_killed_entry.name
                                          : a_receiver_until_killed_entry.name;
    char seed[16];

    snprintf(seed, sizeof seed, "%u", thrown(&self->dice, 1 << 20));
    self->peers[index] = spec_start(role, (const char *const[]){seed, NULL});
    spec_expect(self->peers[index], "at work");
}

static void kill_worker(show *self, int index)
{
    spec_kill(self->peers[index]);
    self->peers[index] = NULL;
    if (index < SIDE_COUNT) {
        self->sender_deaths++;
    } else {
        self->receiver_deaths++;
    }
}

static int is_full(book *page)
{
    return atomic_load(&page->number_count) + 4 * WORKER_COUNT >
           atomic_load(&page->number_max);
}

/* Within a second there is something new. A crowded machine is slow once. */
static void require_progress(show *self)
{
    uint64_t before = atomic_load(&self->page->received);
    int64_t start = spec_now_ns();

    while (atomic_load(&self->page->received) < before + 2 &&
           !is_full(self->page)) {
        REQUIRE(is_within(start, INT64_C(20000000000)));
        let_pass(1);
    }
    start = spec_now_ns() - start;
    self->longest_ns = start > self->longest_ns ? start : self->longest_ns;
    self->slow_count = start > 1000000000 ? self->slow_count + 1 : 0;
    REQUIRE(self->slow_count < 3);
}

static void
settle_account(book *page, uint64_t number, unsigned *unsure, unsigned *ended)
{
    unsigned account = atomic_load(&page->accounts[number]);

    if ((account & (TRIED | REFUSED)) != TRIED) {
        if ((account & SEEN) != 0) {
            fail_with(number, account, "received, though it was not sent");
        }
    } else if ((account & RELEASED) == 0) {
        if ((account & LETTING) != 0) {
            ++*ended;
        } else if ((account & (SENT | SEEN)) != 0) {
            fail_with(number, account, "lost");
        }
    }
    *unsure += (account & (TRIED | SENT | REFUSED)) == TRIED ? 1U : 0U;
}

static void receive_rest(worker *last, order *seen)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        status = receive_one(last, seen, 0, xipc_after_ms(5));
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
}

/* All that is left is received here. Whoever reserves puts in order what a dead
 * sender left half-way. */
static void require_exact_end(show *self, worker *last)
{
    order seen = {{0}};
    unsigned unsure = 0;
    unsigned ended = 0;
    uint64_t count;
    void *data = NULL;

    receive_rest(last, &seen);
    REQUIRE_OK(xipc_mailbox_reserve(last->box, 0, &data, XIPC_FOREVER));
    REQUIRE_OK(xipc_mailbox_cancel(last->box, data));
    receive_rest(last, &seen);
    REQUIRE_UINT(0, xipc_mailbox_depth(last->box));
    count = atomic_load(&self->page->number_count);
    for (uint64_t number = 0; number < count; number++) {
        settle_account(self->page, number, &unsure, &ended);
    }
    REQUIRE(unsure <= self->sender_deaths);
    REQUIRE(ended <= self->receiver_deaths);
    spec_note(
        "%u senders and %u receivers killed, %llu messages, of %u and %u their "
        "ends are not known, the longest pause %lld us",
        self->sender_deaths, self->receiver_deaths, (unsigned long long)count,
        unsure, ended, (long long)(self->longest_ns / 1000));
}

/* As it was when it was new. */
static void require_room(xipc_mailbox *box, uint32_t capacity)
{
    if (capacity == 0 || capacity == XIPC_UNBOUNDED) {
        return;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        REQUIRE_OK(box_send(box, i, 20, XIPC_FOREVER));
    }
    require_no_room(box, 20);
    box_empty(box, 0, capacity, 20);
}

static void chaos(uint32_t capacity)
{
    int64_t ms = (int64_t)kill_setting("XIPC_CHAOS_MS", 2000) / 3;
    int64_t end = spec_now_ns() + ms * 1000000;
    uint64_t number_max = (uint64_t)(ms + 200) * NUMBERS_PER_MS;
    xipc_mailbox_options options = box_of(capacity, LONGEST);
    xipc_section *section = section_created("book", sizeof(book) + number_max);
    show self = {.dice = dice_cast()};
    worker last = {.map = mapped(section), .dice = 1};

    options.flags = XIPC_MAILBOX_ACKED;
    options.byte_max = 1 << 20;
    last.box = box_made("a", &options);
    last.page = xipc_map_address(last.map);
    self.page = last.page;
    atomic_store(&self.page->number_max, number_max);
    for (int i = 0; i < WORKER_COUNT; i++) {
        start_worker(&self, i);
    }
    while (spec_now_ns() < end && !is_full(self.page)) {
        int whom = (int)thrown(&self.dice, WORKER_COUNT);

        let_pass(KILL_EVERY_MS);
        kill_worker(&self, whom);
        start_worker(&self, whom);
        require_progress(&self);
    }
    for (int i = 0; i < WORKER_COUNT; i++) {
        kill_worker(&self, i);
    }
    require_exact_end(&self, &last);
    require_room(last.box, capacity);
    xipc_mailbox_close(last.box);
    xipc_map_close(last.map);
    xipc_section_close(section);
}

SPEC(
    senders_and_receivers_die_at_random_and_no_message_is_lost,
    "MBOX-8 GEN-11 MBOX-5")
{
    chaos(1 + (uint32_t)(spec_now_ns() / 1000 % 40));
}

SPEC(
    those_who_hand_over_die_at_random_and_no_message_is_lost,
    "MBOX-8 GEN-11 MBOX-6")
{
    chaos(0);
}

SPEC(
    a_box_without_bounds_outlives_those_who_die_at_random,
    "MBOX-8 GEN-11 MBOX-1")
{
    chaos(XIPC_UNBOUNDED);
}
