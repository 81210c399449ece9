/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which order messages of mailboxes are received: in plain cases, and in a
 * great many mixed ones that are compared with a reference made here, the
 * simplest that could be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { PRIORITY_COUNT = XIPC_PRIORITY_MAX + 1 };

/* ---- plain ---- */

BOX_SPEC(the_highest_priority_is_received_first, "MBOX-3")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    uint32_t count = box_room(PRIORITY_COUNT);
    xipc_mailbox *box = box_sized("a", count);

    /* 11 and 32, or 8, have no divisor in common: each comes once. */
    for (uint32_t step = 1; step < PRIORITY_COUNT; step += 10) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t priority = i * step % count;

            REQUIRE_OK(box_send_at(box, priority, 9, priority, XIPC_NOW));
        }
        for (uint32_t i = count; i > 0; i--) {
            box_receives(box, i - 1, 9);
        }
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

BOX_SPEC(within_a_priority_the_first_one_sent_is_received_first, "MBOX-3")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    uint32_t count = box_room(400);
    xipc_mailbox *box = box_sized("a", count);
    uint32_t dice = dice_cast();
    uint64_t next[PRIORITY_COUNT] = {0};
    uint64_t due[PRIORITY_COUNT] = {0};
    uint32_t last = XIPC_PRIORITY_MAX;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t priority = thrown(&dice, PRIORITY_COUNT);

        REQUIRE_OK(box_send_at(box, next[priority]++, 30, priority, XIPC_NOW));
    }
    for (uint32_t i = 0; i < count; i++) {
        box_mail mail = box_gives(box);

        REQUIRE(mail.envelope.priority <= last);
        last = mail.envelope.priority;
        REQUIRE_UINT(due[last]++, mail.number);
    }
    require_no_message(box);
    xipc_mailbox_close(box);
}

BOX_SPEC(what_is_sent_later_with_a_higher_priority_overtakes, "MBOX-3")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    xipc_mailbox *box = box_sized("a", 8);

    for (int i = 0; i < 50; i++) {
        box_sends(box, 1, 1);
        box_sends(box, 2, 2);
        box_receives(box, 1, 1);
        REQUIRE_OK(box_send_at(box, 3, 3, 31, XIPC_NOW));
        REQUIRE_OK(box_send_at(box, 4, 4, 1, XIPC_NOW));
        box_receives(box, 3, 3);
        REQUIRE_OK(box_send_at(box, 5, 5, 1, XIPC_NOW));
        box_receives(box, 4, 4);
        box_receives(box, 5, 5);
        box_receives(box, 2, 2);
    }
    xipc_mailbox_close(box);
}

/* Numbers of one priority only rise, whoever else sends meanwhile. */
BOX_SPEC(what_one_sender_sends_arrives_in_its_order, "MBOX-3 MBOX-5")
{
    enum { SENDER_COUNT = 3 };
    unsigned each = rounds_here(3000, 600);
    xipc_mailbox *box = box_sized("a", 10);
    spec_peer *hands[SENDER_COUNT];
    uint64_t due[SENDER_COUNT];
    char order[64];

    for (unsigned i = 0; i < SENDER_COUNT; i++) {
        due[i] = 100000 * (uint64_t)i;
        hands[i] = box_hand_at("a");
        snprintf(order, sizeof order, "produce %u %u 200", 100000 * i, each);
        spec_tell(hands[i], order);
    }
    for (unsigned i = 0; i < SENDER_COUNT * each; i++) {
        box_mail mail;

        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE(mail.number / 100000 < SENDER_COUNT);
        REQUIRE_UINT(due[mail.number / 100000]++, mail.number);
        REQUIRE_UINT(i + 1, mail.envelope.sequence);
    }
    require_no_message(box);
    for (unsigned i = 0; i < SENDER_COUNT; i++) {
        hand_answers(hands[i], XIPC_OK);
        REQUIRE_UINT(each, hand_count(hands[i]));
        hand_ends(hands[i]);
    }
    xipc_mailbox_close(box);
}

/* ---- compared with a reference ---- */

enum { MODEL_MAX = 4096, HELD_MAX = 4, MODEL_SIZE = 64 };

typedef struct model_message {
    uint64_t number;
    uint64_t sequence;
    size_t size;
    uint32_t priority;
    int came_again;
} model_message;

typedef struct model_block {
    void *data;
    uint64_t number;
} model_block;

typedef struct model_taken {
    const void *data;
    model_message message;
} model_taken;

typedef struct model {
    xipc_mailbox *boxes[2];
    uint32_t capacity;
    int is_dropping;
    uint32_t dice;
    uint64_t number;
    uint64_t sequence;
    uint64_t received;
    uint64_t dropped;
    size_t count;
    size_t block_count;
    size_t taken_count;
    model_message waiting[MODEL_MAX];
    /* Of each handle: what is one's is not the other one's. */
    model_block blocks[HELD_MAX];
    model_taken taken[HELD_MAX];
    int is_block_of[HELD_MAX];
    int is_taken_of[HELD_MAX];
} model;

static int is_sooner(const model_message *one, const model_message *other)
{
    if (one->priority != other->priority) {
        return one->priority > other->priority;
    }
    if (one->came_again != other->came_again) {
        return one->came_again;
    }
    return one->sequence < other->sequence;
}

static void forget(model *self, size_t at)
{
    self->count--;
    memmove(
        &self->waiting[at], &self->waiting[at + 1],
        (self->count - at) * sizeof self->waiting[0]);
}

/* The oldest of the lowest priority. */
static void drop(model *self)
{
    size_t first = 0;

    for (size_t at = 1; at < self->count; at++) {
        const model_message *best = &self->waiting[first];
        const model_message *it = &self->waiting[at];

        if (it->priority < best->priority ||
            (it->priority == best->priority && is_sooner(it, best))) {
            first = at;
        }
    }
    self->dropped++;
    forget(self, first);
}

static size_t next_of(const model *self)
{
    size_t next = 0;

    for (size_t at = 1; at < self->count; at++) {
        if (is_sooner(&self->waiting[at], &self->waiting[next])) {
            next = at;
        }
    }
    return next;
}

static void arrives(model *self, uint64_t number, size_t size, uint32_t place)
{
    self->waiting[self->count++] =
        (model_message){number, ++self->sequence, size, place, 0};
}

static size_t back_count(const model *self)
{
    size_t count = 0;

    for (size_t at = 0; at < self->count; at++) {
        count += self->waiting[at].came_again ? 1U : 0U;
    }
    return count;
}

/* What there is surely room for, and surely not: what is taken may still be in
 * the way, and what came again takes nobody's place. */
static void require_room(model *self, xipc_status status)
{
    size_t used = self->count + self->block_count;

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        REQUIRE(used + self->taken_count >= self->capacity);
        REQUIRE(!self->is_dropping);
    } else if (self->is_dropping && used >= self->capacity) {
        drop(self);
    } else {
        REQUIRE(used - back_count(self) < self->capacity);
    }
}

static void model_send(model *self, xipc_mailbox *box)
{
    size_t size = thrown(&self->dice, MODEL_SIZE + 1);
    uint32_t priority = thrown(&self->dice, 3) * thrown(&self->dice, 16);
    xipc_status status;

    if (self->is_dropping && self->block_count >= self->capacity) {
        return;
    }
    status = box_send_at(box, self->number, size, priority, XIPC_NOW);
    require_room(self, status);
    if (status == XIPC_OK) {
        arrives(self, self->number, size, priority);
    }
    self->number++;
}

static void model_reserve(model *self, xipc_mailbox *box, int whose)
{
    void *data = NULL;
    xipc_status status;

    if (self->block_count == HELD_MAX ||
        (self->is_dropping && self->block_count + 1 >= self->capacity)) {
        return;
    }
    status = box_reserve(box, self->number, MODEL_SIZE, &data, XIPC_NOW);
    require_room(self, status);
    if (status == XIPC_OK) {
        self->is_block_of[self->block_count] = whose;
        self->blocks[self->block_count++] = (model_block){data, self->number};
    }
    self->number++;
}

static void model_commit(model *self, int is_kept)
{
    size_t at;
    model_block block;
    xipc_mailbox *box;

    if (self->block_count == 0) {
        return;
    }
    at = thrown(&self->dice, (uint32_t)self->block_count);
    block = self->blocks[at];
    box = self->boxes[self->is_block_of[at]];
    self->block_count--;
    self->blocks[at] = self->blocks[self->block_count];
    self->is_block_of[at] = self->is_block_of[self->block_count];
    if (is_kept) {
        size_t size = thrown(&self->dice, MODEL_SIZE + 1);

        box_commits(box, block.data, block.number, size);
        arrives(self, block.number, size, 0);
    } else {
        REQUIRE_OK(xipc_mailbox_cancel(box, block.data));
    }
}

static void require_next(model *self, const box_mail *mail, size_t next)
{
    const model_message *want = &self->waiting[next];

    REQUIRE_UINT(want->number, mail->number);
    REQUIRE_UINT(want->size, mail->size);
    REQUIRE_UINT(want->priority, mail->envelope.priority);
    /* A queue's messages are counted when they are received. */
    self->received++;
    REQUIRE_UINT(
        box_is_native() ? self->received : want->sequence,
        mail->envelope.sequence);
    REQUIRE_UINT(
        want->came_again ? XIPC_MESSAGE_REDELIVERED : 0, mail->envelope.flags);
}

static void model_receive(model *self, xipc_mailbox *box)
{
    box_mail mail;
    size_t next = next_of(self);

    if (self->count == 0) {
        require_no_message(box);
        return;
    }
    mail = box_gives(box);
    require_next(self, &mail, next);
    forget(self, next);
}

static void model_take(model *self, xipc_mailbox *box, int whose)
{
    size_t next = next_of(self);
    const void *data = NULL;
    box_mail mail;

    if (self->taken_count == HELD_MAX || self->count == 0) {
        return;
    }
    REQUIRE_OK(box_take(box, &mail, &data, XIPC_NOW));
    require_next(self, &mail, next);
    self->is_taken_of[self->taken_count] = whose;
    self->taken[self->taken_count++] = (model_taken){data, self->waiting[next]};
    forget(self, next);
}

static int is_another_back(const model *self, uint32_t priority)
{
    for (size_t at = 0; at < self->count; at++) {
        if (self->waiting[at].came_again &&
            self->waiting[at].priority == priority) {
            return 1;
        }
    }
    return 0;
}

/* Which of two that come again is the next one nobody promises. */
static void model_finish(model *self, int is_returned)
{
    size_t at;
    model_taken taken;
    xipc_mailbox *box;

    if (self->taken_count == 0) {
        return;
    }
    at = thrown(&self->dice, (uint32_t)self->taken_count);
    taken = self->taken[at];
    box = self->boxes[self->is_taken_of[at]];
    self->taken_count--;
    self->taken[at] = self->taken[self->taken_count];
    self->is_taken_of[at] = self->is_taken_of[self->taken_count];
    REQUIRE(message_is(taken.data, taken.message.size, taken.message.number));
    if (!is_returned || self->is_dropping ||
        is_another_back(self, taken.message.priority)) {
        REQUIRE_OK(xipc_mailbox_release(box, taken.data));
        return;
    }
    REQUIRE_OK(xipc_mailbox_return(box, taken.data));
    taken.message.came_again = 1;
    self->waiting[self->count++] = taken.message;
}

/* Whether sending or receiving has the upper hand changes all the time. */
static void model_step(model *self, unsigned step)
{
    uint32_t what = thrown(&self->dice, 20);
    int whose = (int)thrown(&self->dice, 2);
    xipc_mailbox *box = self->boxes[whose];
    int is_rising = step / 200 % 2 == 0;

    if (self->count + HELD_MAX + 1 >= MODEL_MAX) {
        what = 6;
    }
    if (box_is_native() && what < 6) {
        what += 8; /* no blocks */
    }
    switch (what) {
    case 0: model_reserve(self, box, whose); break;
    case 1: model_commit(self, 1); break;
    case 2: model_commit(self, 0); break;
    case 3: model_take(self, box, whose); break;
    case 4: model_finish(self, 0); break;
    case 5: model_finish(self, 1); break;
    case 6: model_receive(self, box); break;
    case 7: model_send(self, box); break;
    default:
        if (is_rising) {
            model_send(self, box);
        } else {
            model_receive(self, box);
        }
        break;
    }
    REQUIRE_UINT(self->count, xipc_mailbox_depth(box));
}

static void model_end(model *self)
{
    while (self->taken_count > 0) {
        model_finish(self, 0);
    }
    while (self->block_count > 0) {
        model_commit(self, 0);
    }
    while (self->count > 0) {
        model_receive(self, self->boxes[0]);
    }
    require_no_message(self->boxes[1]);
    REQUIRE_UINT(self->dropped, xipc_mailbox_dropped(self->boxes[1]));
    if (self->capacity <= MODEL_MAX) {
        xipc_mailbox_options options =
            box_overflowing(self->capacity, XIPC_OVERFLOW_WAIT);

        if (!self->is_dropping) {
            REQUIRE_UINT(
                options.capacity, box_fill(self->boxes[0], 0, MODEL_SIZE));
            box_empty(self->boxes[1], 0, options.capacity, MODEL_SIZE);
        }
    }
}

static void compare(uint32_t capacity, xipc_overflow overflow)
{
    unsigned steps = rounds_here(20000, 8000);
    xipc_mailbox_options options = box_overflowing(capacity, overflow);
    model *self = calloc(1, sizeof *self);

    REQUIRE(self != NULL);
    options.message_max = MODEL_SIZE;
    self->boxes[0] = box_made("a", &options);
    self->boxes[1] = box_joined("a");
    self->capacity = options.capacity;
    self->is_dropping = overflow == XIPC_OVERFLOW_DROP_OLDEST;
    self->dice = dice_cast();
    for (unsigned step = 0; step < steps; step++) {
        model_step(self, step);
    }
    model_end(self);
    xipc_mailbox_close(self->boxes[1]);
    xipc_mailbox_close(self->boxes[0]);
    free(self);
}

BOX_SPEC(
    a_bounded_mailbox_does_what_the_simplest_one_would, "MBOX-3 MBOX-1 MBOX-9")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    compare(1, XIPC_OVERFLOW_WAIT);
    compare(5, XIPC_OVERFLOW_WAIT);
    compare(64, XIPC_OVERFLOW_FAIL);
    compare(1000, XIPC_OVERFLOW_WAIT);
}

SPEC(an_unbounded_mailbox_does_what_the_simplest_one_would, "MBOX-3 MBOX-1")
{
    compare(XIPC_UNBOUNDED, XIPC_OVERFLOW_WAIT);
}

SPEC(a_dropping_mailbox_does_what_the_simplest_one_would, "MBOX-3 MBOX-10")
{
    compare(1, XIPC_OVERFLOW_DROP_OLDEST);
    compare(7, XIPC_OVERFLOW_DROP_OLDEST);
    compare(64, XIPC_OVERFLOW_DROP_OLDEST);
}
