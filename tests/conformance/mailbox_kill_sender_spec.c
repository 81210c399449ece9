/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sender dies at each step of what it does with a mailbox. All that it had
 * sent comes once and in order, what it was about to send once or not at all,
 * and the box has all its room.
 */
#include <string.h>

#include "support/mailbox_kill_kit.h"

enum { CAPACITY = 6, BEFORE = 2 };

static xipc_mailbox_options options_here(void)
{
    return box_of(CAPACITY, BOX_LONGEST);
}

static void send_all(mortal *self)
{
    for (int i = 0; i < BOX_BATCH; i++) {
        mortal_sends(self);
    }
}

KILLED(sends_some)
{
    mortal self = mortal_joined();

    kill_begin();
    send_all(&self);
    kill_end();
    mortal_ends(&self);
}

BOX_SPEC(a_message_that_its_sender_died_sending_comes_or_not, "GEN-11 MBOX-8")
{
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {
        nothing_is_written, all_that_was_sent_comes_once, NULL, &self};

    KILL_ANYWHERE(sends_some, &plan);
    survivor_ends(&self);
}

/* ---- urgent ones ---- */

static uint32_t priority_of(uint64_t number)
{
    return number % 2 == 0 ? XIPC_PRIORITY_MAX : 3;
}

static void send_urgently(mortal *self)
{
    size_t i = (size_t)(self->next - self->first);
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)self->next;
    postage.priority = priority_of(self->next);
    mortal_tries(self);
    REQUIRE_OK(xipc_mailbox_send(
        self->box, self->bytes[i], self->sizes[i], &postage, XIPC_FOREVER));
    mortal_has_done(self);
}

KILLED(sends_urgent_ones)
{
    mortal self = mortal_joined();

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        send_urgently(&self);
    }
    kill_end();
    mortal_ends(&self);
}

/* The marker has priority 0, and the even ones come first. */
static void the_urgent_ones_come_first(void *context)
{
    survivor *self = context;
    uint64_t next[2] = {self->next + self->next % 2, self->next | 1};
    uint64_t count = 0;
    uint32_t priority = XIPC_PRIORITY_MAX;
    box_mail mail;

    REQUIRE_OK(box_send(self->box, BOX_MARKER, 0, XIPC_FOREVER));
    REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
    for (; mail.number != BOX_MARKER; count++) {
        REQUIRE_UINT(next[mail.number % 2], mail.number);
        REQUIRE_UINT(priority_of(mail.number), mail.envelope.priority);
        REQUIRE(mail.envelope.priority <= priority);
        priority = mail.envelope.priority;
        next[mail.number % 2] += 2;
        REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
    }
    REQUIRE(self->next + count >= atomic_load(&self->page->done));
    REQUIRE(self->next + count <= atomic_load(&self->page->tried));
    self->next += count;
    require_whole_again(self);
}

BOX_SPEC(priorities_outlive_their_sender, "GEN-11 MBOX-8 MBOX-3")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {
        nothing_is_written, the_urgent_ones_come_first, NULL, &self};

    self.is_gapless = 0;
    KILL_ANYWHERE(sends_urgent_ones, &plan);
    survivor_ends(&self);
}

/* ---- without a copy ---- */

static void *reserve_next(mortal *self)
{
    size_t i = (size_t)(self->next - self->first);
    void *data = NULL;

    REQUIRE_OK(
        xipc_mailbox_reserve(self->box, self->sizes[i], &data, XIPC_FOREVER));
    memcpy(data, self->bytes[i], self->sizes[i]);
    return data;
}

static void commit_next(mortal *self, void *data)
{
    size_t size = self->sizes[self->next - self->first];
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)self->next;
    mortal_tries(self);
    REQUIRE_OK(
        xipc_mailbox_commit(self->box, data, size, &postage, XIPC_FOREVER));
    mortal_has_done(self);
}

KILLED(reserves_some)
{
    mortal self = mortal_joined();
    void *data;
    void *other;

    kill_begin();
    data = reserve_next(&self);
    other = reserve_next(&self);
    commit_next(&self, data);
    REQUIRE_OK(xipc_mailbox_cancel(self.box, other));
    data = reserve_next(&self);
    reserve_next(&self);
    commit_next(&self, data);
    xipc_mailbox_close(self.box); /* and gives up the other one */
    kill_end();
    xipc_map_close(self.map);
}

SPEC(what_its_sender_died_writing_is_room_again, "GEN-11 MBOX-8 MBOX-9")
{
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {
        nothing_is_written, all_that_was_sent_comes_once, NULL, &self};

    KILL_ANYWHERE(reserves_some, &plan);
    survivor_ends(&self);
}

KILLED(joins_and_sends)
{
    mortal self = mortal_here();

    kill_begin();
    self.box = box_joined("a");
    mortal_sends(&self);
    mortal_sends(&self);
    xipc_mailbox_close(self.box);
    kill_end();
    xipc_map_close(self.map);
}

BOX_SPEC(a_sender_may_die_coming_and_going, "GEN-11 MBOX-8 LIFE-6")
{
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {
        nothing_is_written, all_that_was_sent_comes_once, NULL, &self};

    KILL_ANYWHERE(joins_and_sends, &plan);
    survivor_ends(&self);
}

/* ---- to a full box ---- */

static void the_box_is_full(void *context)
{
    survivor *self = context;

    while (self->end < self->next + CAPACITY) {
        survivor_sends(self);
    }
    box_ledger_set(self->page, self->end);
}

KILLED(sends_in_vain)
{
    mortal self = mortal_joined();
    void *data = NULL;

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_send(
                            self.box, self.bytes[0], self.sizes[0], NULL,
                            xipc_after_ms(BOX_VAIN_MS)));
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_mailbox_send(
            self.box, self.bytes[0], self.sizes[0], NULL, XIPC_NOW));
    if (!box_is_native()) {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_mailbox_reserve(
                self.box, 8, &data, xipc_after_ms(BOX_VAIN_MS)));
    }
    kill_end();
    mortal_ends(&self);
}

static void nothing_was_sent(void *context)
{
    survivor *self = context;

    require_no_room(self->box, 8);
    for (; self->next < self->end; self->next++) {
        box_mail mail;

        REQUIRE_OK(survivor_gets(self, &mail, XIPC_NOW));
        REQUIRE_UINT(self->next, mail.number);
    }
    require_no_message(self->box);
    require_whole_again(self);
}

BOX_SPEC(a_sender_who_dies_waiting_for_room_has_sent_nothing, "GEN-11 MBOX-8")
{
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {the_box_is_full, nothing_was_sent, NULL, &self};

    KILL_ANYWHERE(sends_in_vain, &plan);
    survivor_ends(&self);
}

/* ---- dropping the oldest ---- */

typedef struct dropping {
    survivor base;
    uint64_t dropped; /* before */
    uint64_t first;   /* of those in the box */
} dropping;

static void the_box_overflows(void *context)
{
    dropping *self = context;

    self->first = self->base.next;
    self->base.end = self->first;
    self->dropped = xipc_mailbox_dropped(self->base.box);
    while (self->base.end < self->first + CAPACITY) {
        survivor_sends(&self->base);
    }
    REQUIRE_UINT(self->dropped, xipc_mailbox_dropped(self->base.box));
    box_ledger_set(self->base.page, self->base.end);
}

/* The last ones before the marker, none of them missing. Of those that are not
 * there each was counted; so may be one that was about to be dropped. */
static void the_last_ones_are_there(void *context)
{
    dropping *self = context;
    survivor *base = &self->base;
    uint64_t next = 0;
    uint64_t count = 0;
    uint64_t dropped;
    box_mail mail;

    REQUIRE_OK(box_send(base->box, BOX_MARKER, 0, XIPC_FOREVER));
    REQUIRE_OK(survivor_gets(base, &mail, XIPC_FOREVER));
    for (; mail.number != BOX_MARKER; count++) {
        REQUIRE(count == 0 || mail.number == next);
        next = mail.number + 1;
        REQUIRE_OK(survivor_gets(base, &mail, XIPC_FOREVER));
    }
    /* Also one that the dead was about to drop, and had counted already. */
    REQUIRE(count == CAPACITY - 1 || count == CAPACITY);
    REQUIRE(next >= atomic_load(&base->page->done));
    REQUIRE(next <= atomic_load(&base->page->tried));
    dropped = next - count - self->first;
    REQUIRE(xipc_mailbox_dropped(base->box) >= self->dropped + dropped);
    REQUIRE(xipc_mailbox_dropped(base->box) <= self->dropped + dropped + 1);
    base->next = next;
    require_whole_again(base);
}

SPEC(a_sender_may_die_dropping_the_oldest, "GEN-11 MBOX-8 MBOX-10")
{
    xipc_mailbox_options options = options_here();
    dropping self = {.dropped = 0};
    kill_plan plan = {the_box_overflows, the_last_ones_are_there, NULL, &self};

    options.overflow = XIPC_OVERFLOW_DROP_OLDEST;
    self.base = survivor_of(&options);
    KILL_ANYWHERE(sends_some, &plan);
    survivor_ends(&self.base);
}

/* ---- a box that grows ---- */

enum { LARGE = 16384, MANY = 15 };

static xipc_mailbox_options options_without_bounds(void)
{
    xipc_mailbox_options options = box_of(XIPC_UNBOUNDED, LARGE);

    options.byte_max = (uint64_t)1 << 20;
    return options;
}

/* Its memory is what LARGE ones would need; that it is never touched keeps the
 * steps few. */
KILLED(sends_many)
{
    mortal self = mortal_joined();
    unsigned char bytes[MANY][BOX_LONGEST];

    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t number = self.first + i;

        message_fill(bytes[i], message_size(number, BOX_LONGEST), number);
    }
    kill_begin();
    for (uint64_t i = 0; i < MANY; i++) {
        xipc_postage postage = XIPC_POSTAGE_INIT;
        size_t size = message_size(self.next, BOX_LONGEST);

        postage.type = (uint32_t)self.next;
        mortal_tries(&self);
        REQUIRE_OK(xipc_mailbox_send(
            self.box, bytes[i], size, &postage, XIPC_FOREVER));
        mortal_has_done(&self);
    }
    kill_end();
    mortal_ends(&self);
}

SPEC(a_sender_may_die_while_the_box_grows, "GEN-11 MBOX-8 MBOX-1")
{
    xipc_mailbox_options options = options_without_bounds();
    survivor self = survivor_of(&options);
    kill_plan plan = {
        nothing_is_written, all_that_was_sent_comes_once, NULL, &self};

    KILL_ANYWHERE(sends_many, &plan);
    survivor_ends(&self);
}

/* ---- one who sleeps all the while ---- */

PEER(a_receiver_who_sleeps)
{
    xipc_map *map = box_ledger_joined();
    box_ledger *page = box_ledger_of(map);
    xipc_mailbox *box = box_joined("a");
    uint64_t next = 0;
    box_mail mail;

    spec_tell(NULL, "here");
    do {
        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        if (mail.number == BOX_MARKER) {
            spec_tell(NULL, "done");
        } else {
            /* The last ones of those who died may be missing. */
            REQUIRE(
                mail.number == next ||
                mail.number == atomic_load(&page->letting));
            next = mail.number + 1;
            atomic_store(&page->other, next);
        }
    } while (mail.number != BOX_MARKER || mail.size == 0);
    xipc_map_close(map);
    xipc_mailbox_close(box);
}

typedef struct watch {
    survivor base;
    spec_peer *sleeper;
} watch;

/* Numbers that were perhaps sent are not used again. */
static void a_new_one_begins(void *context)
{
    watch *self = context;

    box_ledger_set(self->base.page, self->base.next);
}

static void who_sleeps_has_all(void *context)
{
    watch *self = context;
    box_ledger *page = self->base.page;
    uint64_t done = atomic_load(&page->done);
    int64_t start = spec_now_ns();

    /* One that was perhaps sent before is not waited for. */
    while (done > self->base.next && atomic_load(&page->other) < done) {
        REQUIRE(is_within(start, INT64_C(20000000000)));
        let_pass(1);
    }
    REQUIRE_OK(box_send(self->base.box, BOX_MARKER, 0, XIPC_FOREVER));
    spec_expect(self->sleeper, "done");
    REQUIRE(atomic_load(&page->other) <= atomic_load(&page->tried));
    self->base.next = atomic_load(&page->tried);
}

BOX_SPEC(who_sleeps_has_all_that_was_sent_to_him, "GEN-11 MBOX-8 MBOX-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox_options options = options_here();
    watch self = {.base = survivor_of(&options)};
    kill_plan plan = {a_new_one_begins, who_sleeps_has_all, NULL, &self};

    self.sleeper = START(a_receiver_who_sleeps);
    spec_expect(self.sleeper, "here");
    KILL_ANYWHERE(sends_some, &plan);
    REQUIRE_OK(box_send(self.base.box, BOX_MARKER, 8, XIPC_FOREVER));
    spec_expect(self.sleeper, "done");
    spec_join(self.sleeper);
    survivor_ends(&self.base);
}
