/* SPDX-License-Identifier: Apache-2.0 */
#include "support/mailbox_kill_kit.h"

#include <string.h>

enum { HELD_MAX = 512, HELD_SIZE = 8 };

/* ---- ledgers ---- */

xipc_map *box_ledger_made(void)
{
    xipc_section *section = section_created("ledger", sizeof(box_ledger));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

xipc_map *box_ledger_joined(void)
{
    xipc_section *section = section_opened("ledger");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

box_ledger *box_ledger_of(const xipc_map *map)
{
    return xipc_map_address(map);
}

void box_ledger_set(box_ledger *ledger, uint64_t start)
{
    atomic_store(&ledger->tried, start);
    atomic_store(&ledger->taken, start);
    atomic_store(&ledger->letting, start);
    atomic_store(&ledger->done, start);
    atomic_store(&ledger->is_over, 0);
    atomic_store(&ledger->has_ended, 0);
}

/* ---- the one that survives ---- */

static void note_sequence(survivor *self, const xipc_envelope *envelope)
{
    if (self->is_gapless) {
        REQUIRE_UINT(self->sequence + 1, envelope->sequence);
    }
    self->sequence = envelope->sequence;
}

xipc_status survivor_gets(survivor *self, box_mail *mail, xipc_deadline when)
{
    int64_t start = spec_now_ns();
    xipc_status status = box_fetch(self->box, mail, when);

    while (status == XIPC_E_BUSY && is_within(start, 1000000000)) {
        let_pass(1);
        status = box_fetch(self->box, mail, when);
    }
    if (status == XIPC_OK) {
        note_sequence(self, &mail->envelope);
    }
    return status;
}

void survivor_sends(survivor *self)
{
    REQUIRE_OK(box_send(
        self->box, self->end, message_size(self->end, BOX_LONGEST),
        XIPC_FOREVER));
    self->end++;
}

uint64_t survivor_drains(survivor *self)
{
    uint64_t next = self->next;
    box_mail mail = {.number = 0};

    REQUIRE_OK(box_send(self->box, BOX_MARKER, 0, XIPC_FOREVER));
    REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
    while (mail.number != BOX_MARKER) {
        REQUIRE_UINT(next, mail.number);
        REQUIRE_UINT(message_size(next, BOX_LONGEST), mail.size);
        REQUIRE_UINT(0, mail.envelope.flags);
        next++;
        REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
    }
    return next;
}

/* One more in hand; without a copy, so that each has a block of its own. */
static xipc_status
hold_one(survivor *self, const void **data_out, xipc_deadline when)
{
    uint32_t capacity = xipc_mailbox_capacity(self->box);
    void *data = NULL;
    xipc_status status;
    box_mail mail;

    if (capacity == 0 || capacity == XIPC_UNBOUNDED) {
        status = xipc_mailbox_reserve(self->box, HELD_SIZE, &data, when);
        *data_out = data;
        return status;
    }
    status = box_send(self->box, BOX_MARKER, HELD_SIZE, when);
    if (status == XIPC_OK) {
        REQUIRE_OK(box_take(self->box, &mail, data_out, XIPC_FOREVER));
        REQUIRE_UINT(BOX_MARKER, mail.number);
        note_sequence(self, &mail.envelope);
    }
    return status;
}

static void let_go(const survivor *self, const void *data)
{
    uint32_t capacity = xipc_mailbox_capacity(self->box);

    if (capacity == 0 || capacity == XIPC_UNBOUNDED) {
        REQUIRE_OK(xipc_mailbox_cancel(self->box, (void *)(uintptr_t)data));
    } else {
        REQUIRE_OK(xipc_mailbox_release(self->box, data));
    }
}

/* So many surely, and then as many as there are. */
static uint64_t hold_all(survivor *self, uint64_t sure_count)
{
    const void *held[HELD_MAX];
    uint64_t count = 0;
    xipc_status status = XIPC_OK;

    if (box_is_native()) {
        return sure_count; /* a queue has no blocks */
    }
    while (status == XIPC_OK) {
        REQUIRE(count < HELD_MAX);
        status = hold_one(
            self, &held[count], count < sure_count ? XIPC_FOREVER : XIPC_NOW);
        count += status == XIPC_OK ? 1U : 0U;
    }
    REQUIRE(status == XIPC_E_AGAIN || status == XIPC_E_NO_SPACE);
    for (uint64_t i = 0; i < count; i++) {
        let_go(self, held[i]);
    }
    return count;
}

static void fill_and_empty(survivor *self, uint32_t capacity)
{
    box_mail mail;

    for (uint32_t i = 0; i < capacity; i++) {
        REQUIRE_OK(box_send(self->box, i, HELD_SIZE, XIPC_FOREVER));
    }
    REQUIRE_UINT(capacity, xipc_mailbox_depth(self->box));
    if (!self->is_dropping) {
        require_no_room(self->box, HELD_SIZE);
    }
    for (uint32_t i = 0; i < capacity; i++) {
        REQUIRE_OK(survivor_gets(self, &mail, XIPC_FOREVER));
        REQUIRE_UINT(i, mail.number);
        REQUIRE_UINT(0, mail.envelope.flags);
    }
}

/* A handle that sends keeps a block for its next message. */
static void come_anew(survivor *self)
{
    xipc_mailbox *box = box_joined("a");

    xipc_mailbox_close(self->box);
    self->box = box;
}

void require_whole_again(survivor *self)
{
    uint32_t capacity = xipc_mailbox_capacity(self->box);

    if (capacity == 0 || capacity == XIPC_UNBOUNDED) {
        come_anew(self);
    }
    if (capacity != 0 && capacity != XIPC_UNBOUNDED) {
        fill_and_empty(self, capacity);
    }
    /* Last, so that whoever sends next finds all of them given back. */
    REQUIRE_UINT(self->block_count, hold_all(self, self->block_count));
    require_no_message(self->box);
    REQUIRE_UINT(0, xipc_mailbox_depth(self->box));
}

survivor survivor_of(const xipc_mailbox_options *options)
{
    survivor self = {.box = box_made("a", options), .map = box_ledger_made()};

    self.page = box_ledger_of(self.map);
    self.is_dropping = options->overflow == XIPC_OVERFLOW_DROP_OLDEST;
    self.is_gapless = !self.is_dropping;
    self.block_count = hold_all(&self, 0);
    require_whole_again(&self);
    return self;
}

void survivor_ends(survivor *self)
{
    xipc_mailbox_close(self->box);
    xipc_map_close(self->map);
}

void nothing_is_written(void *context)
{
    survivor *self = context;

    box_ledger_set(self->page, self->next);
}

void all_that_was_sent_comes_once(void *context)
{
    survivor *self = context;
    uint64_t next = survivor_drains(self);

    REQUIRE(next >= atomic_load(&self->page->done));
    REQUIRE(next <= atomic_load(&self->page->tried));
    self->next = next;
    require_whole_again(self);
}

/* ---- the one that dies ---- */

mortal mortal_here(void)
{
    mortal self = {.map = box_ledger_joined()};

    self.page = box_ledger_of(self.map);
    self.first = atomic_load(&self.page->done);
    self.next = self.first;
    for (uint64_t i = 0; i < BOX_BATCH; i++) {
        self.sizes[i] = message_size(self.first + i, BOX_LONGEST);
        message_fill(self.bytes[i], self.sizes[i], self.first + i);
    }
    return self;
}

mortal mortal_joined(void)
{
    mortal self = mortal_here();

    self.box = box_joined("a");
    return self;
}

void mortal_ends(mortal *self)
{
    xipc_mailbox_close(self->box);
    xipc_map_close(self->map);
}

void mortal_tries(mortal *self)
{
    self->next++;
    atomic_store(&self->page->tried, self->next);
}

void mortal_has_done(mortal *self)
{
    atomic_store(&self->page->done, self->next);
}

void mortal_sends(mortal *self)
{
    size_t i = (size_t)(self->next - self->first) % BOX_BATCH;
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)self->next;
    mortal_tries(self);
    REQUIRE_OK(xipc_mailbox_send(
        self->box, self->bytes[i], self->sizes[i], &postage, XIPC_FOREVER));
    mortal_has_done(self);
}

void mortal_receives(mortal *self, box_parcel *parcel)
{
    parcel->envelope = (xipc_envelope)XIPC_ENVELOPE_INIT;
    mortal_tries(self);
    REQUIRE_OK(xipc_mailbox_receive(
        self->box, self->page->room, sizeof self->page->room, &parcel->size,
        &parcel->envelope, XIPC_FOREVER));
    mortal_has_done(self);
    memcpy(parcel->bytes, self->page->room, sizeof parcel->bytes);
}

void require_parcel(const box_parcel *parcel, uint64_t number)
{
    REQUIRE_UINT(number, parcel->envelope.type);
    REQUIRE_UINT(message_size(number, BOX_LONGEST), parcel->size);
    REQUIRE(message_is(parcel->bytes, parcel->size, number));
}
