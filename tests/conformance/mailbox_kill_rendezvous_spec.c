/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sender or a receiver dies at each step of handing a message over, in a
 * mailbox of capacity 0. What a send had returned for is received once, and
 * whoever is on the other side goes on.
 */
#include <string.h>

#include "support/mailbox_kill_kit.h"

static survivor survivor_with(uint32_t flags)
{
    xipc_mailbox_options options = box_of(0, BOX_LONGEST);
    survivor self;

    options.flags = flags;
    self = survivor_of(&options);
    self.is_gapless = 0;
    return self;
}

/* ---- the sender dies ---- */

/* Numbers that were perhaps sent are not used again, so each is higher. */
PEER(a_receiver_who_waits)
{
    xipc_map *map = box_ledger_joined();
    box_ledger *page = box_ledger_of(map);
    xipc_mailbox *box = box_joined("a");
    uint64_t sequence = 0;
    uint64_t next = 0;
    box_mail mail;

    spec_tell(NULL, "here");
    do {
        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE(mail.envelope.sequence > sequence);
        REQUIRE_UINT(0, mail.envelope.flags);
        sequence = mail.envelope.sequence;
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

typedef struct pair {
    survivor base;
    spec_peer *peer;
} pair;

static void a_new_one_begins(void *context)
{
    pair *self = context;

    box_ledger_set(self->base.page, self->base.next);
}

static void all_that_was_handed_over_was_received(void *context)
{
    pair *self = context;
    box_ledger *page = self->base.page;
    uint64_t done = atomic_load(&page->done);
    uint64_t got;

    /* What the dead had sent is before it. */
    REQUIRE_OK(box_send(self->base.box, BOX_MARKER, 0, XIPC_FOREVER));
    spec_expect(self->peer, "done");
    got = atomic_load(&page->other);
    REQUIRE(done == self->base.next || got >= done);
    REQUIRE(got <= atomic_load(&page->tried));
    self->base.next = atomic_load(&page->tried);
    REQUIRE_UINT(0, xipc_mailbox_depth(self->base.box));
}

static void sender_dies(void (*run)(const kill_plan *plan))
{
    pair self = {.base = survivor_with(0)};
    kill_plan plan = {
        a_new_one_begins, all_that_was_handed_over_was_received, NULL, &self};

    self.peer = START(a_receiver_who_waits);
    spec_expect(self.peer, "here");
    run(&plan);
    REQUIRE_OK(box_send(self.base.box, BOX_MARKER, 8, XIPC_FOREVER));
    spec_expect(self.peer, "done");
    spec_join(self.peer);
    require_whole_again(&self.base);
    survivor_ends(&self.base);
}

KILLED(hands_over_some)
{
    mortal self = mortal_joined();

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        mortal_sends(&self);
    }
    kill_end();
    mortal_ends(&self);
}

static void hand_over_some(const kill_plan *plan)
{
    KILL_ANYWHERE(hands_over_some, plan);
}

SPEC(what_a_dead_sender_had_handed_over_is_received_once, "GEN-11 MBOX-8")
{
    sender_dies(hand_over_some);
}

KILLED(hands_over_blocks)
{
    mortal self = mortal_joined();

    kill_begin();
    for (size_t i = 0; i < BOX_BATCH; i++) {
        xipc_postage postage = XIPC_POSTAGE_INIT;
        void *data = NULL;

        postage.type = (uint32_t)self.next;
        REQUIRE_OK(
            xipc_mailbox_reserve(self.box, self.sizes[i], &data, XIPC_FOREVER));
        memcpy(data, self.bytes[i], self.sizes[i]);
        mortal_tries(&self);
        REQUIRE_OK(xipc_mailbox_commit(
            self.box, data, self.sizes[i], &postage, XIPC_FOREVER));
        mortal_has_done(&self);
    }
    kill_end();
    mortal_ends(&self);
}

static void hand_over_blocks(const kill_plan *plan)
{
    KILL_ANYWHERE(hands_over_blocks, plan);
}

SPEC(what_a_dead_sender_had_committed_is_received_once, "GEN-11 MBOX-8 MBOX-9")
{
    sender_dies(hand_over_blocks);
}

/* ---- the sender dies and nobody receives ---- */

KILLED(hands_over_in_vain)
{
    mortal self = mortal_joined();
    xipc_postage postage = XIPC_POSTAGE_INIT;
    void *data = NULL;

    postage.type = (uint32_t)self.next;
    kill_begin();
    mortal_tries(&self);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_send(
                            self.box, self.bytes[0], self.sizes[0], &postage,
                            xipc_after_ms(BOX_VAIN_MS)));
    atomic_store(&self.page->taken, 1);
    REQUIRE_OK(
        xipc_mailbox_reserve(self.box, self.sizes[0], &data, XIPC_FOREVER));
    memcpy(data, self.bytes[0], self.sizes[0]);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_commit(
                            self.box, data, self.sizes[0], &postage,
                            xipc_after_ms(BOX_VAIN_MS)));
    REQUIRE_OK(xipc_mailbox_cancel(self.box, data));
    atomic_store(&self.page->taken, 2);
    kill_end();
    mortal_ends(&self);
}

static void a_new_one_tries(void *context)
{
    survivor *self = context;

    box_ledger_set(self->page, self->next);
    atomic_store(&self->page->taken, 0);
}

/* One that was being offered may have stayed there, and is received once. */
static void at_most_one_is_left(void *context)
{
    survivor *self = context;
    unsigned count = 0;
    xipc_status status;
    box_mail mail;
    void *data;

    /* Who died at the entrance is found by the next one who comes there. */
    REQUIRE_OK(xipc_mailbox_reserve(self->box, 1, &data, XIPC_FOREVER));
    REQUIRE_OK(xipc_mailbox_cancel(self->box, data));
    status = survivor_gets(self, &mail, xipc_after_ms(BOX_VAIN_MS));
    while (status == XIPC_OK) {
        REQUIRE_UINT(self->next, mail.number);
        REQUIRE_UINT(message_size(self->next, BOX_LONGEST), mail.size);
        count++;
        status = survivor_gets(self, &mail, xipc_after_ms(BOX_VAIN_MS));
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
    REQUIRE(count <= (atomic_load(&self->page->taken) < 2 ? 1 : 0));
    self->next++;
    require_whole_again(self);
}

SPEC(a_sender_whom_nobody_answers_may_die_taking_back, "GEN-11 MBOX-8 MBOX-6")
{
    survivor self = survivor_with(0);
    kill_plan plan = {a_new_one_tries, at_most_one_is_left, NULL, &self};

    KILL_ANYWHERE(hands_over_in_vain, &plan);
    survivor_ends(&self);
}

/* ---- the receiver dies ---- */

PEER(a_sender_who_waits)
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

static void note_which(mortal *self, xipc_map *map, uint64_t number)
{
    tally_mark(tally_of(map), number);
    mortal_has_done(self);
}

KILLED(is_handed_some)
{
    mortal self = mortal_joined();
    xipc_map *map = tally_joined();
    box_parcel got[BOX_BATCH];

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        mortal_receives(&self, &got[i]);
        note_which(&self, map, got[i].envelope.type);
    }
    kill_end();
    for (int i = 0; i < BOX_BATCH; i++) {
        require_parcel(&got[i], got[i].envelope.type);
    }
    mortal_ends(&self);
    xipc_map_close(map);
}

/* What is not tallied was in the hand of one who died: in an acknowledged box
 * it comes again until its release was begun. */
KILLED(takes_what_is_handed_over)
{
    mortal self = mortal_joined();
    xipc_map *map = tally_joined();

    kill_begin();
    for (int i = 0; i < BOX_BATCH; i++) {
        xipc_envelope envelope = XIPC_ENVELOPE_INIT;
        const void *data = NULL;
        size_t size = 0;

        mortal_tries(&self);
        REQUIRE_OK(
            xipc_mailbox_take(self.box, &data, &size, &envelope, XIPC_FOREVER));
        atomic_store(&self.page->letting, envelope.type + UINT64_C(1));
        REQUIRE_OK(xipc_mailbox_release(self.box, data));
        note_which(&self, map, envelope.type);
    }
    kill_end();
    mortal_ends(&self);
    xipc_map_close(map);
}

typedef struct heir {
    survivor base;
    spec_peer *peer;
    xipc_map *map;
    uint64_t end; /* no number from here on was received */
    unsigned death_count;
} heir;

static void another_one_begins(void *context)
{
    heir *self = context;

    box_ledger_set(self->base.page, 0);
}

/* The sender is waiting, and what comes now has the next numbers, but one that
 * the dead may have had. */
static void what_comes_was_not_received(void *context)
{
    heir *self = context;

    for (int i = 0; i < BOX_BATCH; i++) {
        box_mail mail;

        REQUIRE_OK(survivor_gets(&self->base, &mail, XIPC_FOREVER));
        REQUIRE(!tally_has(tally_of(self->map), mail.number));
        REQUIRE_UINT(message_size(mail.number, BOX_LONGEST), mail.size);
        tally_mark(tally_of(self->map), mail.number);
    }
    self->death_count++;
}

/* Each of those that were sent, but as many as may have ended with a
 * receiver. */
static void require_all_received(const heir *self)
{
    uint64_t end = atomic_load(&self->base.page->other);
    uint64_t missing = 0;

    for (uint64_t number = 0; number < end; number++) {
        missing += tally_has(tally_of(self->map), number) ? 0U : 1U;
    }
    REQUIRE(missing <= self->death_count);
    spec_note(
        "%llu received, %llu ended with their receivers",
        (unsigned long long)(end - missing), (unsigned long long)missing);
}

/* Until the sender has ended, who may be waiting. */
static void receive_the_rest(heir *self)
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

static void receiver_dies(uint32_t flags, void (*run)(const kill_plan *plan))
{
    heir self = {.base = survivor_with(flags), .map = tally_made()};
    kill_plan plan = {
        another_one_begins, what_comes_was_not_received, NULL, &self};

    self.peer = START(a_sender_who_waits);
    spec_expect(self.peer, "here");
    run(&plan);
    atomic_store(&self.base.page->is_over, 1);
    receive_the_rest(&self);
    spec_join(self.peer);
    require_all_received(&self);
    require_whole_again(&self.base);
    survivor_ends(&self.base);
    xipc_map_close(self.map);
}

static void hand_some_to_it(const kill_plan *plan)
{
    KILL_ANYWHERE(is_handed_some, plan);
}

SPEC(what_was_handed_to_a_dying_receiver_comes_once, "GEN-11 MBOX-8 MBOX-6")
{
    receiver_dies(0, hand_some_to_it);
}

static void let_it_take_some(const kill_plan *plan)
{
    KILL_ANYWHERE(takes_what_is_handed_over, plan);
}

SPEC(what_was_handed_over_and_not_acknowledged_comes_again, "GEN-11 MBOX-8")
{
    receiver_dies(XIPC_MAILBOX_ACKED, let_it_take_some);
}

KILLED(waits_for_what_nobody_sends)
{
    mortal self = mortal_joined();
    box_parcel got;

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_receive(
                            self.box, got.bytes, sizeof got.bytes, &got.size,
                            NULL, xipc_after_ms(BOX_VAIN_MS)));
    kill_end();
    mortal_ends(&self);
}

/* The dead one may still count as waiting, but nothing is sent to it. */
static void nobody_is_there(void *context)
{
    survivor *self = context;
    int64_t start = spec_now_ns();

    REQUIRE_STATUS(XIPC_E_AGAIN, box_send(self->box, 7, 16, XIPC_NOW));
    REQUIRE(is_within(start, 1000000000));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, box_send(self->box, 7, 16, xipc_after_ms(BOX_VAIN_MS)));
    require_no_message(self->box);
    require_whole_again(self);
}

SPEC(nothing_is_handed_to_a_receiver_who_died_waiting, "GEN-11 MBOX-8 MBOX-6")
{
    survivor self = survivor_with(0);
    kill_plan plan = {nothing_is_written, nobody_is_there, NULL, &self};

    KILL_ANYWHERE(waits_for_what_nobody_sends, &plan);
    survivor_ends(&self);
}
