/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of events in one section and in one poller. Another process sets
 * some of them; told are these and no others.
 *
 * Which ones, both processes know from dice with the same seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/poller_kit.h"

/* One of the many. Its own address is its cookie. */
typedef struct member {
    xipc_event *event;
    int is_in;
    int is_due; /* set, and not yet told */
} member;

typedef struct multitude {
    xipc_section *section;
    xipc_poller *poller;
    member *members;
    unsigned count;
    unsigned due_count;
} multitude;

static unsigned count_here(void)
{
    return rounds_here(10000, 2000);
}

static void enters(multitude *self, member *one)
{
    poller_takes(self->poller, xipc_event_object(one->event), one);
    one->is_in = 1;
}

static void leaves(multitude *self, member *one)
{
    poller_drops(self->poller, xipc_event_object(one->event));
    one->is_in = 0;
}

static multitude multitude_made(void)
{
    multitude self = {.poller = poller_made(), .count = count_here()};

    self.section =
        section_created("many", (uint64_t)self.count * XIPC_SYNC_SIZE);
    self.members = calloc(self.count, sizeof *self.members);
    REQUIRE(self.members != NULL);
    for (unsigned i = 0; i < self.count; i++) {
        self.members[i].event =
            event_placed(self.section, (uint64_t)i * XIPC_SYNC_SIZE);
        enters(&self, &self.members[i]);
    }
    require_silent(self.poller);
    return self;
}

static void multitude_closed(multitude *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        xipc_event_close(self->members[i].event);
    }
    free(self->members);
    xipc_poller_close(self->poller);
    xipc_section_close(self->section);
}

/* Whom a throw hits; each at most once as long as it is due. */
static void due(multitude *self, unsigned index)
{
    member *one = &self->members[index];

    if (one->is_in && !one->is_due) {
        one->is_due = 1;
        self->due_count++;
    }
}

/* Sets what the dice say, at the section's events. */
static void set_thrown(xipc_section *section, uint32_t dice, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t index = thrown(&dice, count_here());
        xipc_event *event = event_found(section, index * XIPC_SYNC_SIZE);

        REQUIRE_OK(xipc_event_set(event));
        xipc_event_close(event);
    }
}

static void set_all(xipc_section *section)
{
    for (uint64_t i = 0; i < count_here(); i++) {
        xipc_event *event = event_found(section, i * XIPC_SYNC_SIZE);

        REQUIRE_OK(xipc_event_set(event));
        xipc_event_close(event);
    }
}

/* Is told "seed count", and sets as many; or "all". */
PEER(a_process_that_sets_many)
{
    xipc_section *section = section_opened("many");
    char line[64];

    spec_tell(NULL, "ready");
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0) {
        char *rest = line;
        uint32_t dice = (uint32_t)strtoul(line, &rest, 10);

        if (dice == 0) {
            set_all(section);
        } else {
            set_thrown(section, dice, (unsigned)strtoul(rest, NULL, 10));
        }
        spec_tell(NULL, "set");
        spec_hear(NULL, line, sizeof line);
    }
    xipc_section_close(section);
}

static spec_peer *setter(void)
{
    spec_peer *peer = START(a_process_that_sets_many);

    spec_expect(peer, "ready");
    return peer;
}

static void setter_ends(spec_peer *peer)
{
    spec_tell(peer, "end");
    spec_join(peer);
}

static void tell_thrown(spec_peer *peer, uint32_t dice, unsigned count)
{
    char line[64];

    (void)snprintf(line, sizeof line, "%lu %u", (unsigned long)dice, count);
    spec_tell(peer, line);
}

static void all_thrown(multitude *self, uint32_t dice, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        due(self, thrown(&dice, self->count));
    }
}

/* Takes what is told, which is due, until nothing is. */
static void collect(multitude *self, size_t capacity)
{
    while (self->due_count > 0) {
        answer all = told_at_most(self->poller, capacity);

        for (size_t at = 0; at < all.count; at++) {
            member *one = all.ready[at].cookie;

            REQUIRE(one >= self->members && one < self->members + self->count);
            REQUIRE(one->is_due);
            REQUIRE_OK(xipc_event_wait(one->event, XIPC_NOW));
            one->is_due = 0;
            self->due_count--;
        }
    }
}

/* Those that are in no poller were set as well. */
static void forget_the_rest(multitude *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        REQUIRE_OK(xipc_event_reset(self->members[i].event));
    }
    require_silent(self->poller);
}

static uint32_t first_dice(void)
{
    uint32_t dice =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;

    spec_note("XIPC_SEED=%u", dice);
    return dice;
}

SPEC(of_thousands_those_few_are_told_that_were_set, "WAIT-1 WAIT-4")
{
    static const unsigned counts[] = {1, 1, 2, 10, 1, 100, 3};
    multitude all = multitude_made();
    spec_peer *peer = setter();
    uint32_t dice = first_dice();

    for (unsigned i = 0; i < 10 * sizeof counts / sizeof counts[0]; i++) {
        unsigned count = counts[i % (sizeof counts / sizeof counts[0])];

        (void)thrown(&dice, 2);
        tell_thrown(peer, dice, count);
        all_thrown(&all, dice, count);
        spec_expect(peer, "set");
        collect(&all, i % 2 == 0 ? ANSWER_MAX : 3);
        require_silent(all.poller);
    }

    setter_ends(peer);
    multitude_closed(&all);
}

/* The poller waits while the other process is setting. */
SPEC(of_thousands_none_is_forgotten_that_is_set_meanwhile, "WAIT-1 WAIT-4")
{
    multitude all = multitude_made();
    unsigned rounds = rounds_here(20, 5);
    spec_peer *peer = setter();

    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned at = 0; at < all.count; at++) {
            due(&all, at);
        }
        spec_tell(peer, "all");
        collect(&all, 1 + i * 7 % ANSWER_MAX);
        spec_expect(peer, "set");
        require_silent(all.poller);
    }

    setter_ends(peer);
    multitude_closed(&all);
}

/* More than any bell may hold before somebody hears it. */
SPEC(thousands_that_are_set_before_anybody_looks_are_all_told, "WAIT-1 WAIT-4")
{
    multitude all = multitude_made();
    spec_peer *peer = setter();

    for (int round = 0; round < 3; round++) {
        for (unsigned at = 0; at < all.count; at++) {
            due(&all, at);
        }
        spec_tell(peer, "all");
        spec_expect(peer, "set");
        collect(&all, ANSWER_MAX);
        require_silent(all.poller);
    }

    setter_ends(peer);
    multitude_closed(&all);
}

static void half_change_sides(multitude *all, uint32_t *dice)
{
    for (unsigned at = 0; at < all->count; at++) {
        member *one = &all->members[at];

        if (thrown(dice, 2) == 0) {
            (one->is_in ? leaves : enters)(all, one);
        }
        due(all, at);
    }
}

SPEC(of_thousands_those_are_told_that_were_not_removed, "WAIT-1 WAIT-4")
{
    multitude all = multitude_made();
    spec_peer *peer = setter();
    uint32_t dice = first_dice();

    for (int round = 0; round < 4; round++) {
        half_change_sides(&all, &dice);
        spec_tell(peer, "all");
        spec_expect(peer, "set");
        collect(&all, ANSWER_MAX);
        forget_the_rest(&all);
    }

    setter_ends(peer);
    multitude_closed(&all);
}

/* All that were told stay ready, and come again when it is their turn. */
SPEC(of_thousands_that_are_ready_each_has_its_turn, "WAIT-1")
{
    multitude all = multitude_made();
    unsigned seen = 0;
    unsigned waits = 0;

    for (unsigned at = 0; at < all.count; at++) {
        REQUIRE_OK(xipc_event_set(all.members[at].event));
    }
    while (seen < all.count) {
        answer some = told(all.poller);

        REQUIRE_UINT(ANSWER_MAX, some.count);
        for (size_t at = 0; at < some.count; at++) {
            member *one = some.ready[at].cookie;

            seen += one->is_due ? 0U : 1U;
            one->is_due = 1;
        }
        waits++;
        REQUIRE(waits <= 2 * (all.count / ANSWER_MAX + 1));
    }

    forget_the_rest(&all);
    multitude_closed(&all);
}

SPEC(thousands_go_with_their_section_and_their_poller, "WAIT-1")
{
    multitude all = multitude_made();
    xipc_poller *second = poller_made();

    for (unsigned at = 0; at < all.count; at++) {
        poller_takes(
            second, xipc_event_object(all.members[at].event), &all.members[at]);
    }
    xipc_poller_close(all.poller);
    REQUIRE_OK(xipc_event_set(all.members[all.count / 3].event));
    require_told(second, &all.members[all.count / 3]);
    all.poller = second;

    multitude_closed(&all);
}
