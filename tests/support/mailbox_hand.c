/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that has a mailbox open and does as it is told. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"
#include "support/spec_process.h"

#undef box_fetch
#undef box_receive
#undef box_take
#undef box_hand_at
/* Nor does what the hand's starter does here move its place. */
#undef spec_tell
#undef spec_hear

enum { NUMBER_MAX = 3 };

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static xipc_mailbox *held;
static void *reserved;
static const void *taken;

typedef struct box_order {
    uint64_t numbers[NUMBER_MAX];
    xipc_deadline when;
    uint64_t count; /* to be told, where the verb says so */
} box_order;

/* ---- verbs ---- */

static xipc_status do_open(box_order *self)
{
    (void)self;
    return XIPC_OK;
}

static xipc_status do_close(box_order *self)
{
    (void)self;
    xipc_mailbox_close(held);
    held = NULL;
    return XIPC_OK;
}

static xipc_status do_send(box_order *self)
{
    return box_send(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_post(box_order *self)
{
    return box_send_at(
        held, self->numbers[0], (size_t)self->numbers[1],
        (uint32_t)self->numbers[2], self->when);
}

static xipc_status do_receive(box_order *self)
{
    return box_receive(
        held, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_fetch(box_order *self)
{
    box_mail mail;
    xipc_status status = box_fetch(held, &mail, self->when);

    self->count = status == XIPC_OK ? mail.number : 0;
    return status;
}

static xipc_status do_reserve(box_order *self)
{
    return box_reserve(
        held, self->numbers[0], (size_t)self->numbers[1], &reserved,
        self->when);
}

static xipc_status do_commit(box_order *self)
{
    return box_commit(
        held, reserved, self->numbers[0], (size_t)self->numbers[1], self->when);
}

static xipc_status do_cancel(box_order *self)
{
    (void)self;
    return xipc_mailbox_cancel(held, reserved);
}

static xipc_status do_take_out(box_order *self)
{
    box_mail mail;
    xipc_status status = box_take(held, &mail, &taken, self->when);

    if (status == XIPC_OK) {
        REQUIRE_UINT(self->numbers[0], mail.number);
        REQUIRE_UINT(self->numbers[1], mail.size);
    }
    return status;
}

static xipc_status do_release(box_order *self)
{
    (void)self;
    return xipc_mailbox_release(held, taken);
}

static xipc_status do_return(box_order *self)
{
    (void)self;
    return xipc_mailbox_return(held, taken);
}

typedef xipc_status
one_call(xipc_mailbox *box, uint64_t number, size_t size, xipc_deadline when);

static xipc_status many(box_order *self, one_call *call)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && self->count < self->numbers[1]) {
        uint64_t number = self->numbers[0] + self->count;

        status = call(
            held, number, message_size(number, (size_t)self->numbers[2]),
            XIPC_FOREVER);
        self->count += status == XIPC_OK ? 1U : 0U;
    }
    return status;
}

static xipc_status do_produce(box_order *self)
{
    return many(self, box_send);
}

static xipc_status do_consume(box_order *self)
{
    return many(self, box_receive);
}

typedef struct verb {
    const char *word;
    int number_count;
    int is_counting;
    xipc_status (*run)(box_order *self);
} verb;

static const verb verbs[] = {
    {"open", 0, 0, do_open},       {"close", 0, 0, do_close},
    {"own", 0, 0, do_open},        {"send", 2, 0, do_send},
    {"post", 3, 0, do_post},       {"receive", 2, 0, do_receive},
    {"fetch", 0, 1, do_fetch},     {"reserve", 2, 0, do_reserve},
    {"commit", 2, 0, do_commit},   {"cancel", 0, 0, do_cancel},
    {"take", 2, 0, do_take_out},   {"release", 0, 0, do_release},
    {"return", 0, 0, do_return},   {"produce", 3, 1, do_produce},
    {"consume", 3, 1, do_consume},
};

/* ---- the hand ---- */

static const verb *verb_said(const char *line)
{
    size_t size = strcspn(line, " ");

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].word) == size &&
            memcmp(verbs[i].word, line, size) == 0) {
            return &verbs[i];
        }
    }
    spec_fail(__FILE__, __LINE__, line, "is no order for a hand at a mailbox");
}

static box_order order_said(const verb *what, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    box_order self = {{0, 0, 0}, XIPC_FOREVER, 0};
    char *end;

    for (int i = 0; i < what->number_count; i++) {
        self.numbers[i] = strtoull(rest, &end, 10);
        REQUIRE(end != rest);
        rest = end;
    }
    if (strcmp(rest, " now") == 0) {
        self.when = XIPC_NOW;
    } else if (*rest != '\0') {
        self.when = xipc_after_ms(strtol(rest, NULL, 10));
    }
    return self;
}

static xipc_status join(const verb *what)
{
    xipc_mailbox_options owned = box_flagged(XIPC_MAILBOX_OWNED);

    if (held) {
        return XIPC_OK;
    }
    return strcmp(what->word, "own") == 0
               ? xipc_mailbox_create(
                     spec_argument(0), &owned, XIPC_FOREVER, &held)
               : xipc_mailbox_open(spec_argument(0), NULL, XIPC_FOREVER, &held);
}

static void obey(const char *line)
{
    const verb *what = verb_said(line);
    box_order self = order_said(what, line);
    xipc_status status = join(what);
    char count[32];

    if (status == XIPC_OK) {
        status = what->run(&self);
    }
    spec_tell(NULL, xipc_status_name(status));
    if (what->is_counting) {
        snprintf(count, sizeof count, "%" PRIu64, self.count);
        spec_tell(NULL, count);
    }
}

PEER(a_hand_at_a_mailbox)
{
    char line[100];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0 && strcmp(line, "leave") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
    if (strcmp(line, "end") == 0) {
        xipc_mailbox_close(held);
    }
}

spec_peer *box_hand_at(const char *name)
{
    return spec_start(
        a_hand_at_a_mailbox_entry.name, (const char *const[]){name, NULL});
}
