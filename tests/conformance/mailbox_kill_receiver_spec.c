/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A receiver dies at each step of what it does with a mailbox. What it was not
 * done with comes again, if it has not seen it or the box is of those that are
 * acknowledged; what it was done with does not; and the box has all its room.
 */
#include "support/mailbox_kill_kit.h"

enum { CAPACITY = 6 };

static survivor survivor_with(uint32_t flags, uint32_t capacity)
{
    xipc_mailbox_options options = box_of(capacity, BOX_LONGEST);
    survivor self;

    options.flags = flags;
    options.byte_max = 65536;
    self = survivor_of(&options);
    self.is_gapless = 0; /* others receive, too */
    return self;
}

static void some_are_there(void *context)
{
    survivor *self = context;

    while (self->end < self->next + BOX_BATCH) {
        survivor_sends(self);
    }
    box_ledger_set(self->page, self->next);
}

/* ---- what becomes of the one that the dead had ---- */

typedef enum fate {
    UNTOUCHED_YET, /* comes, as if nothing had been */
    COMES,         /* comes, marked or not */
    COMES_UNMARKED,
    COMES_MARKED,
    MAY_COME,        /* if it does, it is not marked */
    MAY_COME_MARKED, /* if it does, it is */
} fate;

typedef struct remains {
    survivor *self;
    uint64_t had; /* the number of that one */
    fate fate;
    int has_come;
} remains;

static void require_flags(const remains *all, const box_mail *mail)
{
    uint32_t flags = mail->envelope.flags;

    REQUIRE((flags & ~(uint32_t)XIPC_MESSAGE_REDELIVERED) == 0);
    if (mail->number != all->had || all->fate == UNTOUCHED_YET ||
        all->fate == COMES_UNMARKED || all->fate == MAY_COME) {
        REQUIRE_UINT(0, flags);
    } else if (all->fate != COMES) {
        REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, flags);
    }
}

/* The others in order; that one whenever somebody finds that its receiver is
 * dead. */
static void note_come(remains *all, const box_mail *mail, uint64_t *next)
{
    require_flags(all, mail);
    REQUIRE_UINT(message_size(mail->number, BOX_LONGEST), mail->size);
    if (mail->number == all->had && *next != all->had) {
        REQUIRE(!all->has_come);
        all->has_come = 1;
        return;
    }
    REQUIRE_UINT(*next, mail->number);
    all->has_come |= mail->number == all->had;
    ++*next;
}

static int is_sure(const remains *all)
{
    return all->fate != MAY_COME && all->fate != MAY_COME_MARKED;
}

/* Whether something has to come. */
static int is_due(const remains *all, uint64_t next)
{
    if (is_sure(all) && !all->has_come) {
        return 1;
    }
    return (next == all->had && !is_sure(all) ? next + 1 : next) <
           all->self->end;
}

static void require_remains(remains *all)
{
    survivor *self = all->self;
    uint64_t next = all->had;
    xipc_status status = XIPC_OK;
    box_mail mail;

    while (is_due(all, next)) {
        REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
        if (next == all->had && mail.number == next + 1 &&
            all->fate != UNTOUCHED_YET) {
            next++; /* it comes later, or not at all */
        }
        note_come(all, &mail, &next);
    }
    while (status == XIPC_OK && !all->has_come) {
        status = survivor_gets(self, &mail, xipc_after_ms(BOX_VAIN_MS));
        if (status == XIPC_OK) {
            note_come(all, &mail, &next);
        }
    }
    REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
    self->next = self->end;
}

/* Whoever had all of a message may have been done with it. */
static fate fate_of_received(box_ledger *page)
{
    uint64_t done = atomic_load(&page->done);
    size_t size = message_size(done, BOX_LONGEST);

    if (atomic_load(&page->tried) == done) {
        return UNTOUCHED_YET;
    }
    return message_is(page->room, size, done) ? MAY_COME : COMES_UNMARKED;
}

/* Nobody sends: what is there now is all there will be. */
static void the_rest_comes_once(void *context)
{
    survivor *self = context;
    uint64_t done = atomic_load(&self->page->done);
    remains all = {self, done, fate_of_received(self->page), 0};

    all.has_come = done == self->end;
    require_remains(&all);
    require_whole_again(self);
}

/* ---- receiving ---- */

static void receive_some(void)
{
    mortal self = mortal_joined();
    box_parcel got[BOX_BATCH];

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        mortal_receives(&self, &got[i]);
    }
    kill_end();
    for (unsigned i = 0; i < BOX_BATCH; i++) {
        require_parcel(&got[i], self.first + i);
    }
    mortal_ends(&self);
}

KILLED(receives_some)
{
    receive_some();
}

static void dies_receiving(uint32_t flags)
{
    survivor self = survivor_with(flags, CAPACITY);
    kill_plan plan = {some_are_there, the_rest_comes_once, NULL, &self};

    KILL_ANYWHERE(receives_some, &plan);
    survivor_ends(&self);
}

SPEC(a_message_that_its_receiver_died_copying_comes_again, "GEN-11 MBOX-8")
{
    dies_receiving(0);
}

/* A receive is over when it returns, also there. */
SPEC(what_was_received_of_an_acknowledged_box_does_not_come, "GEN-11 MBOX-8")
{
    dies_receiving(XIPC_MAILBOX_ACKED);
}

/* ---- taking ---- */

static void take_next(mortal *self, const void **data_out, size_t *size_out)
{
    mortal_tries(self);
    REQUIRE_OK(
        xipc_mailbox_take(self->box, data_out, size_out, NULL, XIPC_FOREVER));
    atomic_store(&self->page->taken, self->next);
}

static void take_and_release(void)
{
    mortal self = mortal_joined();
    const void *data = NULL;
    size_t size = 0;

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        take_next(&self, &data, &size);
        atomic_store(&self.page->letting, self.next);
        REQUIRE_OK(xipc_mailbox_release(self.box, data));
        mortal_has_done(&self);
    }
    kill_end();
    mortal_ends(&self);
}

KILLED(takes_and_releases)
{
    take_and_release();
}

static fate fate_of(const box_ledger *page, int is_acked)
{
    uint64_t done = atomic_load(&page->done);

    if (atomic_load(&page->tried) == done) {
        return UNTOUCHED_YET;
    }
    if (!is_acked) {
        /* Whoever sees a message has it, and it ends with him. */
        return MAY_COME;
    }
    if (atomic_load(&page->taken) == done) {
        return COMES;
    }
    return atomic_load(&page->letting) == done ? COMES_MARKED : MAY_COME_MARKED;
}

static void what_was_taken_ends_or_comes_again(void *context)
{
    survivor *self = context;
    int is_acked = (xipc_mailbox_flags(self->box) & XIPC_MAILBOX_ACKED) != 0;
    uint64_t done = atomic_load(&self->page->done);
    remains all = {self, done, fate_of(self->page, is_acked), 0};

    all.has_come = done == self->end;
    require_remains(&all);
    require_whole_again(self);
}

static void dies_taking(uint32_t flags, uint32_t capacity)
{
    survivor self = survivor_with(flags, capacity);
    kill_plan plan = {
        some_are_there, what_was_taken_ends_or_comes_again, NULL, &self};

    KILL_ANYWHERE(takes_and_releases, &plan);
    survivor_ends(&self);
}

SPEC(what_a_dead_receiver_had_taken_ends_with_him, "GEN-11 MBOX-8 MBOX-9")
{
    dies_taking(0, CAPACITY);
}

SPEC(what_a_dead_receiver_had_not_acknowledged_comes_again, "GEN-11 MBOX-8")
{
    dies_taking(XIPC_MAILBOX_ACKED, CAPACITY);
}

SPEC(that_is_so_in_a_box_without_bounds, "GEN-11 MBOX-8 MBOX-1")
{
    dies_taking(XIPC_MAILBOX_ACKED, XIPC_UNBOUNDED);
}

/* ---- returning ---- */

KILLED(takes_and_returns)
{
    mortal self = mortal_joined();
    const void *data = NULL;
    size_t size = 0;

    kill_begin();
    take_next(&self, &data, &size);
    for (int i = 0; i < BOX_BATCH; i++) {
        REQUIRE_OK(xipc_mailbox_return(self.box, data));
        REQUIRE_OK(
            xipc_mailbox_take(self.box, &data, &size, NULL, XIPC_FOREVER));
    }
    xipc_mailbox_close(self.box); /* and returns it once more */
    kill_end();
    xipc_map_close(self.map);
}

static void nothing_is_lost(void *context)
{
    survivor *self = context;
    uint64_t first = self->next;
    uint64_t taken = atomic_load(&self->page->taken);
    remains all = {self, first, taken == first ? COMES : COMES_MARKED, 0};

    require_remains(&all);
    require_whole_again(self);
}

SPEC(what_is_returned_is_there_wherever_its_receiver_dies, "GEN-11 MBOX-8")
{
    survivor self = survivor_with(XIPC_MAILBOX_ACKED, CAPACITY);
    kill_plan plan = {some_are_there, nothing_is_lost, NULL, &self};

    KILL_ANYWHERE(takes_and_returns, &plan);
    survivor_ends(&self);
}

/* ---- the only receiver ---- */

KILLED(comes_as_the_only_receiver)
{
    mortal self = mortal_here();
    box_parcel got;

    kill_begin();
    self.box = box_joined("a");
    mortal_receives(&self, &got);
    xipc_mailbox_close(self.box);
    kill_end();
    require_parcel(&got, self.first);
    xipc_map_close(self.map);
}

typedef struct heir {
    survivor base;
    xipc_mailbox *sender; /* who is never the receiver */
} heir;

/* Closed and opened: so it is the receiver no more. */
static void the_place_is_free(void *context)
{
    heir *self = context;

    xipc_mailbox_close(self->base.box);
    self->base.box = box_joined("a");
    some_are_there(&self->base);
}

static void the_place_is_to_be_had(void *context)
{
    heir *self = context;

    the_rest_comes_once(&self->base);
}

SPEC(the_place_of_a_dead_exclusive_receiver_is_free, "GEN-11 MBOX-5 MBOX-8")
{
    heir self = {.base = survivor_with(XIPC_MAILBOX_EXCLUSIVE, CAPACITY)};
    kill_plan plan = {the_place_is_free, the_place_is_to_be_had, NULL, &self};

    self.sender = box_joined("a");
    KILL_ANYWHERE(comes_as_the_only_receiver, &plan);
    survivor_ends(&self.base);
    xipc_mailbox_close(self.sender);
}

/* ---- a box that shrinks ---- */

enum { LARGE = 16384, MANY = 15 };

static void many_are_there(void *context)
{
    survivor *self = context;

    while (self->end < self->next + MANY) {
        survivor_sends(self);
    }
    box_ledger_set(self->page, self->next);
}

KILLED(empties_a_grown_box)
{
    mortal self = mortal_joined();
    box_parcel got = {.size = 0};

    kill_begin();
    for (int i = 0; i < MANY; i++) {
        mortal_receives(&self, &got);
    }
    kill_end();
    require_parcel(&got, self.next - 1);
    mortal_ends(&self);
}

SPEC(a_receiver_may_die_while_the_box_shrinks, "GEN-11 MBOX-8 MBOX-1")
{
    xipc_mailbox_options options = box_of(XIPC_UNBOUNDED, LARGE);
    survivor self;
    kill_plan plan = {many_are_there, the_rest_comes_once, NULL, &self};

    options.byte_max = (uint64_t)1 << 20;
    self = survivor_of(&options);
    self.is_gapless = 0;
    KILL_ANYWHERE(empties_a_grown_box, &plan);
    survivor_ends(&self);
}

/* ---- in vain ---- */

KILLED(receives_in_vain)
{
    mortal self = mortal_joined();
    const void *data = NULL;
    box_parcel got;

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_receive(
                            self.box, got.bytes, sizeof got.bytes, &got.size,
                            NULL, xipc_after_ms(BOX_VAIN_MS)));
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_mailbox_take(self.box, &data, &got.size, NULL, XIPC_NOW));
    kill_end();
    mortal_ends(&self);
}

static void what_is_sent_then_comes(void *context)
{
    survivor *self = context;

    survivor_sends(self);
    survivor_sends(self);
    self->next = survivor_drains(self);
    REQUIRE_UINT(self->end, self->next);
    require_whole_again(self);
}

SPEC(a_receiver_who_dies_waiting_takes_nothing_along, "GEN-11 MBOX-8 MBOX-6")
{
    survivor self = survivor_with(0, CAPACITY);
    kill_plan plan = {nothing_is_written, what_is_sent_then_comes, NULL, &self};

    KILL_ANYWHERE(receives_in_vain, &plan);
    survivor_ends(&self);
}

/* ---- one who sends all the while ---- */

PEER(a_sender_who_waits_for_room)
{
    xipc_map *map = box_ledger_joined();
    box_ledger *page = box_ledger_of(map);
    xipc_mailbox *box = box_joined("a");

    spec_tell(NULL, "here");
    for (uint64_t number = 0; !atomic_load(&page->is_over); number++) {
        REQUIRE_OK(box_send(
            box, number, message_size(number, BOX_LONGEST), XIPC_FOREVER));
        atomic_store(&page->other, number + 1);
    }
    atomic_store(&page->has_ended, 1);
    xipc_map_close(map);
    xipc_mailbox_close(box);
}

/* As it is said in the message, so that it does not matter in which order the
 * dead leave them. */
KILLED(receives_and_tallies)
{
    mortal self = mortal_joined();
    xipc_map *map = tally_joined();
    box_parcel got[BOX_BATCH];

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        mortal_receives(&self, &got[i]);
        tally_mark(tally_of(map), got[i].envelope.type);
    }
    kill_end();
    for (int i = 0; i < BOX_BATCH; i++) {
        require_parcel(&got[i], got[i].envelope.type);
    }
    mortal_ends(&self);
    xipc_map_close(map);
}

typedef struct host {
    survivor base;
    xipc_map *map;
    unsigned death_count;
} host;

/* As many as were received, and as many as there is room for. */
static void the_sender_has_room(void *context)
{
    host *self = context;
    box_ledger *page = self->base.page;
    uint64_t done = atomic_load(&page->done);
    int64_t start = spec_now_ns();

    while (atomic_load(&page->other) < done + CAPACITY) {
        REQUIRE(is_within(start, INT64_C(20000000000)));
        let_pass(1);
    }
    self->death_count++;
}

/* Until the sender has ended, who may be waiting. */
static void receive_the_rest(host *self)
{
    int has_ended;
    xipc_status status;
    box_mail mail;

    do {
        has_ended = atomic_load(&self->base.page->has_ended) != 0;
        status = survivor_gets(&self->base, &mail, xipc_after_ms(BOX_VAIN_MS));
        if (status == XIPC_OK) {
            tally_mark(tally_of(self->map), mail.number);
        }
    } while (!has_ended || status == XIPC_OK);
}

static void require_all_tallied(host *self, uint64_t end)
{
    uint64_t missing = 0;

    for (uint64_t number = 0; number < end; number++) {
        missing += tally_has(tally_of(self->map), number) ? 0U : 1U;
    }
    REQUIRE(missing <= self->death_count);
}

SPEC(who_waits_for_room_has_it_wherever_a_receiver_dies, "GEN-11 MBOX-8")
{
    host self = {.base = survivor_with(0, CAPACITY), .map = tally_made()};
    kill_plan plan = {NULL, the_sender_has_room, NULL, &self};
    spec_peer *sender = START(a_sender_who_waits_for_room);

    spec_expect(sender, "here");
    KILL_ANYWHERE(receives_and_tallies, &plan);
    atomic_store(&self.base.page->is_over, 1);
    receive_the_rest(&self);
    spec_join(sender);
    require_all_tallied(&self, atomic_load(&self.base.page->other));
    require_whole_again(&self.base);
    survivor_ends(&self.base);
    xipc_map_close(self.map);
}

/* ---- where there is always another one ---- */

PEER(a_receiver_with_one_in_its_hand)
{
    xipc_mailbox *box = box_joined("a");

    box_takes(box, 0, 16);
    spec_tell(NULL, "has it");
    spec_expect(NULL, "never told");
}

/* Nobody ever waits in vain there, but it is not forgotten. */
SPEC(what_the_dead_had_comes_also_to_a_box_that_is_never_empty, "GEN-11 MBOX-8")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_ACKED);
    xipc_mailbox *box = box_made("a", &options);
    uint64_t end = 1;
    spec_peer *peer;
    int64_t start;
    box_mail mail;

    box_sends(box, 0, 16);
    peer = START(a_receiver_with_one_in_its_hand);
    spec_expect(peer, "has it");
    box_sends(box, end++, 16);
    spec_kill(peer);
    start = spec_now_ns();
    do {
        box_sends(box, end++, 16);
        mail = box_gives(box);
        REQUIRE(is_within(start, INT64_C(1500000000)));
    } while (mail.number != 0);
    REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, mail.envelope.flags);
    xipc_mailbox_close(box);
}
