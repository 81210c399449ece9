/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that is a peer and does as it is told. */
#include <stdlib.h>
#include <string.h>

#include "support/peer_kit.h"
#include "support/spec_process.h"

#undef peer_receive
#undef peer_hand_at
/* Nor does what the hand's starter does here move its place. */
#undef spec_tell
#undef spec_hear

enum { NUMBER_MAX = 3 };

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static xipc_peer *held;

typedef struct peer_order {
    char name[XIPC_NAME_MAX + 1];
    uint64_t numbers[NUMBER_MAX];
    xipc_deadline when;
} peer_order;

static xipc_status do_join(const peer_order *self)
{
    (void)self;
    return XIPC_OK;
}

static xipc_status do_quit(const peer_order *self)
{
    (void)self;
    xipc_peer_leave(held);
    held = NULL;
    return XIPC_OK;
}

static xipc_status do_send(const peer_order *self)
{
    return peer_send(
        held, self->name, self->numbers[0], (size_t)self->numbers[1],
        self->when);
}

static xipc_status do_receive(const peer_order *self)
{
    return peer_receive(
        held, self->name, self->numbers[0], (size_t)self->numbers[1],
        self->when);
}

typedef xipc_status one_call(
    xipc_peer *peer,
    const char *other,
    uint64_t number,
    size_t size,
    xipc_deadline when);

static xipc_status many(const peer_order *self, one_call *call)
{
    xipc_status status = XIPC_OK;

    for (uint64_t i = 0; status == XIPC_OK && i < self->numbers[1]; i++) {
        uint64_t number = self->numbers[0] + i;

        status = call(
            held, self->name, number,
            message_size(number, (size_t)self->numbers[2]), XIPC_FOREVER);
    }
    return status;
}

static xipc_status do_produce(const peer_order *self)
{
    return many(self, peer_send);
}

static xipc_status do_consume(const peer_order *self)
{
    return many(self, peer_receive);
}

typedef struct verb {
    const char *word;
    int number_count;
    int has_name;
    xipc_status (*run)(const peer_order *self);
} verb;

static const verb verbs[] = {
    {"join", 0, 0, do_join},       {"quit", 0, 0, do_quit},
    {"send", 2, 1, do_send},       {"receive", 2, 1, do_receive},
    {"produce", 3, 1, do_produce}, {"consume", 3, 1, do_consume},
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
    spec_fail(__FILE__, __LINE__, line, "is no order for a peer's hand");
}

static peer_order order_said(const verb *what, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    peer_order self = {.when = XIPC_FOREVER};
    char *end;

    if (what->has_name) {
        size_t size = strcspn(rest + 1, " ");

        REQUIRE(size < sizeof self.name);
        memcpy(self.name, rest + 1, size);
        rest += 1 + size;
    }
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

static void obey(const char *line)
{
    const verb *what = verb_said(line);
    peer_order self = order_said(what, line);
    xipc_status status = XIPC_OK;

    if (!held) {
        status = xipc_peer_join(spec_argument(0), NULL, XIPC_FOREVER, &held);
    }
    if (status == XIPC_OK) {
        status = what->run(&self);
    }
    spec_tell(NULL, xipc_status_name(status));
}

PEER(a_hand_that_is_a_peer)
{
    char line[300];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0 && strcmp(line, "leave") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
    if (strcmp(line, "end") == 0) {
        xipc_peer_leave(held);
    }
}

spec_peer *peer_hand_at(const char *name)
{
    return spec_start(
        a_hand_that_is_a_peer_entry.name, (const char *const[]){name, NULL});
}
