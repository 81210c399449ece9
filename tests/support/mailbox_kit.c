/* SPDX-License-Identifier: Apache-2.0 */
#include "support/mailbox_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_process.h"

/* A failure is told of the line in the case, not of the one here. */
#undef box_made
#undef box_sized
#undef box_joined
#undef box_fetch
#undef box_receive
#undef box_take
#undef box_sends
#undef box_gives
#undef box_receives
#undef box_reserves
#undef box_commits
#undef box_takes
#undef require_no_message
#undef require_no_room
#undef box_fill
#undef box_empty
#undef require_depth
#undef box_answer
#undef box_call_end
#undef tally_mark
#undef tally_has
#undef spec_thread_join

enum { CALL_SIZE = 16, SIZE_HERE = 256 };

xipc_mailbox_options box_of(uint32_t capacity, uint32_t message_max)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

    options.capacity =
        capacity == XIPC_UNBOUNDED ? capacity : box_room(capacity);
    options.message_max = message_max;
    if (box_is_native()) {
        options.provider = XIPC_PROVIDER_NATIVE;
    }
    return options;
}

xipc_mailbox_options box_flagged(uint32_t flags)
{
    xipc_mailbox_options options = box_of(16, SIZE_HERE);

    options.flags = flags;
    return options;
}

xipc_mailbox_options box_overflowing(uint32_t capacity, xipc_overflow overflow)
{
    xipc_mailbox_options options = box_of(capacity, SIZE_HERE);

    options.overflow = overflow;
    return options;
}

xipc_mailbox_options box_lasting(xipc_lifetime lifetime)
{
    xipc_mailbox_options options = box_of(16, SIZE_HERE);

    options.naming.lifetime = lifetime;
    return options;
}

/* ---- making and joining ---- */

static void require_ok(const char *what, xipc_status status)
{
    if (status != XIPC_OK) {
        spec_fail_here(
            "%s: %s, %s", what, xipc_status_name(status), xipc_detail());
    }
}

xipc_mailbox *box_made(const char *name, const xipc_mailbox_options *options)
{
    xipc_mailbox *box = NULL;

    if (!options) {
        options = box_options();
    }
    require_ok(
        "making it", xipc_mailbox_create(name, options, XIPC_FOREVER, &box));
    return box;
}

xipc_mailbox *box_sized(const char *name, uint32_t capacity)
{
    xipc_mailbox_options options = box_of(capacity, SIZE_HERE);

    return box_made(name, &options);
}

xipc_mailbox *box_joined(const char *name)
{
    xipc_mailbox *box = NULL;

    require_ok("joining it", xipc_mailbox_open(name, NULL, XIPC_FOREVER, &box));
    return box;
}

void for_each_capacity(capacity_body *body)
{
    static const uint32_t capacities[] = {0, 1, 16, XIPC_UNBOUNDED};
    static const char *const names[] = {
        "without room", "room for 1", "room for 16", "without bounds"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (box_can_have(capacities[i])) {
            spec_within(names[i]);
            body(box_is_native() ? box_room(capacities[i]) : capacities[i]);
        }
    }
    spec_within(NULL);
}

/* ---- one message ---- */

static void *room_for(size_t size)
{
    void *bytes = malloc(size + 1);

    if (!bytes) {
        spec_fail_here("no memory");
    }
    return bytes;
}

static xipc_postage postage_of(uint64_t number, uint32_t priority)
{
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)number;
    postage.priority = priority;
    return postage;
}

xipc_status box_send_at(
    xipc_mailbox *box,
    uint64_t number,
    size_t size,
    uint32_t priority,
    xipc_deadline when)
{
    xipc_postage postage = postage_of(number, priority);
    void *bytes = room_for(size);
    xipc_status status;

    message_fill(bytes, size, number);
    status = xipc_mailbox_send(box, bytes, size, &postage, when);
    free(bytes);
    return status;
}

xipc_status
box_send(xipc_mailbox *box, uint64_t number, size_t size, xipc_deadline when)
{
    return box_send_at(box, number, size, 0, when);
}

static const box_mail no_mail = {
    77, 77, {sizeof(xipc_envelope), 77, 78, 79, 80, 81, 82, 83}};

static void require_untouched(const box_mail *mail, int is_size_told)
{
    const xipc_envelope *envelope = &mail->envelope;

    if (!is_size_told && mail->size != no_mail.size) {
        spec_fail_here("size_out: changed");
    }
    if (envelope->type != 77 || envelope->priority != 78 ||
        envelope->flags != 79 || envelope->sender_process != 80 ||
        envelope->sender_user != 81 || envelope->sequence != 82 ||
        envelope->sent_at != 83) {
        spec_fail_here("the envelope: changed");
    }
}

static void require_sound(const void *bytes, box_mail *mail)
{
    mail->number = mail->envelope.type;
    if (mail->envelope.envelope_size != sizeof mail->envelope) {
        spec_fail_here("the envelope's size: changed");
    }
    if (mail->envelope.priority > XIPC_PRIORITY_MAX ||
        mail->envelope.sequence == 0) {
        spec_fail_here("the envelope: makes no sense");
    }
    if (!message_is(bytes, mail->size, mail->number)) {
        spec_fail_here(
            "message %llu of %zu bytes: is another",
            (unsigned long long)mail->number, mail->size);
    }
}

xipc_status box_fetch(xipc_mailbox *box, box_mail *mail, xipc_deadline when)
{
    size_t capacity = xipc_mailbox_message_max(box);
    void *bytes = room_for(capacity);
    xipc_status status;

    *mail = no_mail;
    status = xipc_mailbox_receive(
        box, bytes, capacity, &mail->size, &mail->envelope, when);
    if (status == XIPC_OK) {
        if (mail->size > capacity) {
            spec_fail_here("%zu bytes: too many", mail->size);
        }
        require_sound(bytes, mail);
    } else {
        require_untouched(mail, status == XIPC_E_TOO_SMALL);
    }
    free(bytes);
    return status;
}

static void require_this(const box_mail *mail, uint64_t number, size_t size)
{
    if (mail->number != number || mail->size != size) {
        spec_fail_here(
            "wanted message %llu of %zu bytes, got %llu of %zu",
            (unsigned long long)number, size, (unsigned long long)mail->number,
            mail->size);
    }
}

xipc_status
box_receive(xipc_mailbox *box, uint64_t number, size_t size, xipc_deadline when)
{
    box_mail mail;
    xipc_status status = box_fetch(box, &mail, when);

    if (status == XIPC_OK) {
        require_this(&mail, number, size);
    }
    return status;
}

xipc_status box_reserve(
    xipc_mailbox *box,
    uint64_t number,
    size_t size,
    void **data_out,
    xipc_deadline when)
{
    void *data = UNTOUCHED;
    xipc_status status = xipc_mailbox_reserve(box, size, &data, when);

    if ((data == UNTOUCHED) != (status != XIPC_OK)) {
        spec_fail_here("data_out: changed, or not");
    }
    if (status == XIPC_OK) {
        if ((uintptr_t)data % 8 != 0) {
            spec_fail_here("what is reserved: not on a multiple of 8");
        }
        message_fill(data, size, number);
        *data_out = data;
    }
    return status;
}

xipc_status box_commit(
    xipc_mailbox *box,
    void *data,
    uint64_t number,
    size_t size,
    xipc_deadline when)
{
    xipc_postage postage = postage_of(number, 0);

    return xipc_mailbox_commit(box, data, size, &postage, when);
}

xipc_status box_take(
    xipc_mailbox *box,
    box_mail *mail,
    const void **data_out,
    xipc_deadline when)
{
    const void *data = UNTOUCHED;
    xipc_status status;

    *mail = no_mail;
    status = xipc_mailbox_take(box, &data, &mail->size, &mail->envelope, when);
    if ((data == UNTOUCHED) != (status != XIPC_OK)) {
        spec_fail_here("data_out: changed, or not");
    }
    if (status != XIPC_OK) {
        require_untouched(mail, 0);
        return status;
    }
    if ((uintptr_t)data % 8 != 0) {
        spec_fail_here("what is taken: not on a multiple of 8");
    }
    if (mail->size > xipc_mailbox_message_max(box)) {
        spec_fail_here("%zu bytes: too many", mail->size);
    }
    require_sound(data, mail);
    *data_out = data;
    return XIPC_OK;
}

void box_sends(xipc_mailbox *box, uint64_t number, size_t size)
{
    require_ok("sending", box_send(box, number, size, XIPC_NOW));
}

void box_receives(xipc_mailbox *box, uint64_t number, size_t size)
{
    require_ok("receiving", box_receive(box, number, size, XIPC_NOW));
}

box_mail box_gives(xipc_mailbox *box)
{
    box_mail mail;

    require_ok("receiving", box_fetch(box, &mail, XIPC_NOW));
    return mail;
}

void *box_reserves(xipc_mailbox *box, uint64_t number, size_t size)
{
    void *data = NULL;

    require_ok("reserving", box_reserve(box, number, size, &data, XIPC_NOW));
    return data;
}

void box_commits(xipc_mailbox *box, void *data, uint64_t number, size_t size)
{
    require_ok("committing", box_commit(box, data, number, size, XIPC_NOW));
}

const void *box_takes(xipc_mailbox *box, uint64_t number, size_t size)
{
    const void *data = NULL;
    box_mail mail;

    require_ok("taking", box_take(box, &mail, &data, XIPC_NOW));
    require_this(&mail, number, size);
    return data;
}

void require_no_message(xipc_mailbox *box)
{
    box_mail mail;
    xipc_status status = box_fetch(box, &mail, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        spec_fail_here("receiving: %s", xipc_status_name(status));
    }
}

void require_no_room(xipc_mailbox *box, size_t size)
{
    xipc_status status = box_send(box, 0, size, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        spec_fail_here("sending: %s", xipc_status_name(status));
    }
}

uint64_t box_fill(xipc_mailbox *box, uint64_t number, size_t size)
{
    uint64_t count = 0;
    xipc_status status = box_send(box, number, size, XIPC_NOW);

    while (status == XIPC_OK) {
        count++;
        status = box_send(box, number + count, size, XIPC_NOW);
    }
    if (status != XIPC_E_AGAIN) {
        spec_fail_here("sending: %s", xipc_status_name(status));
    }
    return count;
}

void box_empty(xipc_mailbox *box, uint64_t number, uint64_t count, size_t size)
{
    for (uint64_t end = number + count; number < end; number++) {
        box_receives(box, number, size);
    }
    require_no_message(box);
}

void require_depth(const xipc_mailbox *box, uint64_t depth)
{
    while (xipc_mailbox_depth(box) != depth) {
        let_pass(1);
    }
}

/* ---- calls that wait ---- */

static xipc_status send_it(xipc_mailbox *box, xipc_deadline when)
{
    return box_send(box, 1, CALL_SIZE, when);
}

static xipc_status reserve_it(xipc_mailbox *box, xipc_deadline when)
{
    void *data = NULL;
    xipc_status status = box_reserve(box, 1, CALL_SIZE, &data, when);

    if (status == XIPC_OK) {
        require_ok("canceling", xipc_mailbox_cancel(box, data));
    }
    return status;
}

/* A box that its owner has ended refuses that, too. */
static void require_canceled(xipc_status status, xipc_status committed)
{
    if (status != XIPC_OK &&
        (status != XIPC_E_CLOSED || committed != XIPC_E_CLOSED)) {
        spec_fail_here("canceling: %s", xipc_status_name(status));
    }
}

static xipc_status commit_it(xipc_mailbox *box, xipc_deadline when)
{
    void *data = NULL;
    xipc_status status = box_reserve(box, 1, CALL_SIZE, &data, XIPC_NOW);

    if (status != XIPC_OK) {
        return status;
    }
    status = box_commit(box, data, 1, CALL_SIZE, when);
    if (status != XIPC_OK) {
        if (!message_is(data, CALL_SIZE, 1)) {
            spec_fail_here("what is still reserved: changed");
        }
        require_canceled(xipc_mailbox_cancel(box, data), status);
    }
    return status;
}

static xipc_status receive_it(xipc_mailbox *box, xipc_deadline when)
{
    return box_receive(box, 1, CALL_SIZE, when);
}

static xipc_status take_it(xipc_mailbox *box, xipc_deadline when)
{
    const void *data = NULL;
    box_mail mail;
    xipc_status status = box_take(box, &mail, &data, when);

    if (status == XIPC_OK) {
        require_this(&mail, 1, CALL_SIZE);
        require_ok("releasing", xipc_mailbox_release(box, data));
    }
    return status;
}

const box_deed box_deeds[BOX_DEED_COUNT] = {
    {"send", send_it, 4, 1},
    {"reserve", reserve_it, 4, 1},
    {"receive", receive_it, 4, 0},
    {"take", take_it, 4, 0},
    {"send to a receiver", send_it, 0, 1},
    {"commit to a receiver", commit_it, 0, 1},
    {"receive from a sender", receive_it, 0, 0},
    {"take from a sender", take_it, 0, 0},
};

/* There are no blocks in a queue of the system. */
static int can_do(const box_deed *deed)
{
    return !box_is_native() ||
           (box_can_have(deed->capacity) &&
            (deed->verb == send_it || deed->verb == receive_it));
}

void for_each_box_deed(box_deed_body *body)
{
    for (int i = 0; i < BOX_DEED_COUNT; i++) {
        if (can_do(&box_deeds[i])) {
            spec_within(box_deeds[i].doing);
            body(&box_deeds[i]);
        }
    }
    spec_within(NULL);
}

xipc_mailbox *box_to_wait_at(const char *name, const box_deed *deed)
{
    xipc_mailbox *box = box_sized(name, deed->capacity);

    if (deed->is_sending && deed->capacity > 0) {
        uint64_t count = 0;

        while (box_send(box, 1, CALL_SIZE, XIPC_NOW) == XIPC_OK) {
            count++;
        }
        if (count != deed->capacity) {
            spec_fail_here("room: for %llu", (unsigned long long)count);
        }
    }
    return box;
}

void box_answer(xipc_mailbox *box, const box_deed *deed)
{
    if (deed->is_sending) {
        require_ok("receiving", box_receive(box, 1, CALL_SIZE, XIPC_FOREVER));
    } else {
        require_ok("sending", box_send(box, 1, CALL_SIZE, XIPC_FOREVER));
    }
}

static void make_call(void *context)
{
    box_call *call = context;

    call->status = call->verb(call->box, call->deadline);
}

void box_call_begin(
    box_call *call, box_verb *verb, xipc_mailbox *box, xipc_deadline deadline)
{
    call->box = box;
    call->verb = verb;
    call->deadline = deadline;
    call->thread = spec_thread_start(make_call, call);
}

xipc_status box_call_end(box_call *call)
{
    spec_thread_join(call->thread);
    return call->status;
}

/* ---- each message once ---- */

xipc_map *tally_made(void)
{
    xipc_section *section = section_created("tally", sizeof(tally));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

xipc_map *tally_joined(void)
{
    xipc_section *section = section_opened("tally");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

tally *tally_of(const xipc_map *map)
{
    return xipc_map_address(map);
}

void tally_mark(tally *self, uint64_t number)
{
    if (number >= TALLY_MAX) {
        spec_fail_here("nobody sent %llu", (unsigned long long)number);
    }
    if (atomic_fetch_add(&self->times[number], 1) != 0) {
        spec_fail_here(
            "message %llu: was received before", (unsigned long long)number);
    }
}

int tally_has(const tally *self, uint64_t number)
{
    uint32_t times = atomic_load(&self->times[number]);

    if (times > 1) {
        spec_fail_here(
            "message %llu: was received %u times", (unsigned long long)number,
            (unsigned)times);
    }
    return times == 1;
}
