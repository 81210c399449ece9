/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody writes nonsense into the bytes of a mutex, a semaphore, an event or
 * a condition. Every call answers, in time, with a status of sync.h; and when
 * the bytes are right again, so is everything.
 */
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All that stands in the section "a", which `map` shows. */
typedef struct victim {
    sync_set set;
    xipc_section *section;
    xipc_map *map;
    uint32_t dice;
} victim;

static victim victim_made(void)
{
    victim self = {
        .section = table_of("a"),
        .set =
            {mutex_made("@a"), semaphore_made("@a", 1, 3),
             event_made("@a", XIPC_EVENT_MANUAL), condition_made("@a")},
        .dice =
            (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) |
            1};

    self.map = mapped(self.section);
    spec_note("XIPC_SEED=%u", self.dice);
    return self;
}

static void victim_closed(victim *self)
{
    xipc_map_close(self->map);
    xipc_section_close(self->section);
    xipc_condition_close(self->set.condition);
    xipc_event_close(self->set.event);
    xipc_semaphore_close(self->set.semaphore);
    xipc_mutex_close(self->set.mutex);
}

static int is_one_of(const xipc_status *statuses, size_t count, xipc_status got)
{
    for (size_t i = 0; i < count; i++) {
        if (statuses[i] == got) {
            return 1;
        }
    }
    return 0;
}

#define REQUIRE_ONE_OF(statuses, call)                                    \
    do {                                                                  \
        xipc_status got_status = (call);                                  \
        if (!is_one_of(statuses, COUNT(statuses), got_status)) {          \
            spec_fail(                                                    \
                __FILE__, __LINE__, #call, xipc_status_name(got_status)); \
        }                                                                 \
    } while (0)

/* What each call may say, whatever it finds. */
static const xipc_status of_waits[] = {
    XIPC_OK, XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CORRUPT};
static const xipc_status of_lock[] = {
    XIPC_OK,        XIPC_E_AGAIN,      XIPC_E_TIMEOUT,        XIPC_E_CORRUPT,
    XIPC_E_INVALID, XIPC_E_OWNER_DIED, XIPC_E_NOT_RECOVERABLE};
static const xipc_status of_unlock[] = {
    XIPC_OK, XIPC_E_NOT_OWNER, XIPC_E_CORRUPT};
static const xipc_status of_recovered[] = {
    XIPC_OK, XIPC_E_NOT_OWNER, XIPC_E_INVALID, XIPC_E_CORRUPT};
static const xipc_status of_post[] = {XIPC_OK, XIPC_E_LIMIT, XIPC_E_CORRUPT};
static const xipc_status of_others[] = {XIPC_OK, XIPC_E_CORRUPT};
static const xipc_status of_open[] = {
    XIPC_OK, XIPC_E_NOT_FOUND, XIPC_E_INCOMPATIBLE, XIPC_E_CORRUPT};
static const xipc_status of_create[] = {XIPC_OK, XIPC_E_EXISTS, XIPC_E_CORRUPT};

/* XIPC_NOW nearly always: a millisecond each would be a long time. */
static xipc_deadline some_deadline(victim *self)
{
    return thrown(&self->dice, 64) == 0 ? xipc_after_ms(1) : XIPC_NOW;
}

static void use_mutex(victim *self)
{
    xipc_mutex *mutex = self->set.mutex;

    REQUIRE_ONE_OF(of_lock, xipc_mutex_lock(mutex, some_deadline(self)));
    REQUIRE_ONE_OF(of_recovered, xipc_mutex_recovered(mutex));
    REQUIRE_ONE_OF(of_unlock, xipc_mutex_unlock(mutex));
}

static void use_semaphore(victim *self)
{
    xipc_semaphore *semaphore = self->set.semaphore;

    REQUIRE_ONE_OF(
        of_waits, xipc_semaphore_wait(semaphore, some_deadline(self)));
    REQUIRE_ONE_OF(of_post, xipc_semaphore_post(semaphore, 2));
    REQUIRE_UINT(3, xipc_semaphore_max(semaphore));
    (void)xipc_semaphore_count(semaphore);
}

static void use_event(victim *self)
{
    xipc_event *event = self->set.event;

    REQUIRE_ONE_OF(of_waits, xipc_event_wait(event, some_deadline(self)));
    REQUIRE_ONE_OF(of_others, xipc_event_set(event));
    REQUIRE_ONE_OF(of_others, xipc_event_reset(event));
}

/* Its mutex is not scribbled on, so it comes back with it. */
static void use_condition(victim *self)
{
    sync_set set = self->set;

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_NOW));
    REQUIRE_ONE_OF(
        of_waits,
        xipc_condition_wait(set.condition, set.mutex, some_deadline(self)));
    REQUIRE_ONE_OF(of_others, xipc_condition_notify_one(set.condition));
    REQUIRE_ONE_OF(of_others, xipc_condition_notify_all(set.condition));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
}

static const struct target {
    xipc_kind kind;
    uint64_t offset;
    void (*use)(victim *self);
} targets[SYNC_KIND_COUNT] = {
    {XIPC_KIND_MUTEX, MUTEX_OFFSET, use_mutex},
    {XIPC_KIND_SEMAPHORE, SEMAPHORE_OFFSET, use_semaphore},
    {XIPC_KIND_EVENT, EVENT_OFFSET, use_event},
    {XIPC_KIND_CONDITION, CONDITION_OFFSET, use_condition},
};

/* Whoever comes now is told what is there, or uses it and goes. */
static void come_anew(victim *self, const struct target *target)
{
    sync_handle handle = {UNTOUCHED};
    xipc_status status = sync_open_at(
        target->kind, self->section, target->offset, XIPC_FOREVER, &handle);

    REQUIRE(is_one_of(of_open, COUNT(of_open), status));
    if (status == XIPC_OK) {
        sync_close(target->kind, handle);
    } else {
        REQUIRE(handle.any == UNTOUCHED);
    }
}

static void spoil(unsigned char *slot, uint32_t *dice)
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    uint32_t word = thrown(dice, XIPC_SYNC_SIZE / 4) * 4;
    uint32_t count = thrown(dice, 6) + 1;

    switch (thrown(dice, 4)) {
    case 0: memset(slot, fillings[thrown(dice, 5)], XIPC_SYNC_SIZE); break;
    case 1: memset(slot + word, fillings[thrown(dice, 5)], 4); break;
    default:
        for (; count > 0; count--) {
            slot[thrown(dice, XIPC_SYNC_SIZE)] =
                (unsigned char)thrown(dice, 256);
        }
        break;
    }
}

/* As it was, and as it must then work. */
static void mend(victim *self, const unsigned char *good)
{
    memcpy(bytes_of(self->map), good, xipc_map_size(self->map));
    require_unlocked(self->set.mutex);
    REQUIRE_OK(xipc_semaphore_wait(self->set.semaphore, XIPC_NOW));
    REQUIRE_OK(xipc_semaphore_post(self->set.semaphore, 1));
    REQUIRE_OK(xipc_event_set(self->set.event));
    REQUIRE_OK(xipc_event_wait(self->set.event, XIPC_NOW));
    REQUIRE_OK(xipc_event_reset(self->set.event));
    memcpy(bytes_of(self->map), good, xipc_map_size(self->map));
}

SPEC(
    calls_survive_whatever_they_find,
    "GEN-10 GEN-9 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    victim self = victim_made();
    size_t size = xipc_map_size(self.map);
    unsigned char *good = malloc(size);
    unsigned rounds = rounds_here(20000, 2000);

    REQUIRE(good != NULL);
    memcpy(good, bytes_of(self.map), size);
    for (unsigned i = 0; i < rounds; i++) {
        const struct target *target = &targets[i % SYNC_KIND_COUNT];

        spoil(bytes_of(self.map) + target->offset, &self.dice);
        target->use(&self);
        come_anew(&self, target);
        mend(&self, good);
    }

    free(good);
    victim_closed(&self);
}

SPEC(what_is_made_over_nonsense_is_refused_or_whole, "GEN-10 SYNC-1 SYNC-2")
{
    xipc_section *section = table_of("a");
    xipc_map *map = mapped(section);
    uint32_t dice =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;
    unsigned rounds = rounds_here(5000, 500);

    spec_note("XIPC_SEED=%u", dice);
    for (unsigned i = 0; i < rounds; i++) {
        xipc_kind kind = sync_kinds[i % SYNC_KIND_COUNT];
        sync_handle handle = {UNTOUCHED};
        xipc_status status;

        memset(bytes_of(map), 0, XIPC_SYNC_SIZE);
        spoil(bytes_of(map), &dice);
        status = sync_create_at(kind, section, 0, XIPC_FOREVER, &handle);
        REQUIRE(is_one_of(of_create, COUNT(of_create), status));
        if (status == XIPC_OK) {
            sync_close(kind, handle);
            REQUIRE_OK(sync_open_at(kind, section, 0, XIPC_NOW, &handle));
            sync_close(kind, handle);
        }
    }

    xipc_map_close(map);
    xipc_section_close(section);
}

PEER(a_process_that_scribbles)
{
    xipc_section *section = section_opened("a");
    xipc_map *map = mapped(section);
    uint32_t dice = (uint32_t)strtoul(spec_argument(0), NULL, 10) | 1;

    spec_tell(NULL, "at it");
    for (;;) {
        /* Not the mutex: the condition would rightly wait for it. */
        uint32_t target = thrown(&dice, SYNC_KIND_COUNT - 1) + 1;

        spoil(bytes_of(map) + targets[target].offset, &dice);
    }
}

SPEC(
    calls_survive_while_another_process_scribbles,
    "GEN-10 SYNC-2 SYNC-3 SYNC-4")
{
    victim self = victim_made();
    spec_peer *peer = START(a_process_that_scribbles, "12345");
    unsigned rounds = rounds_here(20000, 2000);

    spec_expect(peer, "at it");
    for (unsigned i = 0; i < rounds; i++) {
        const struct target *target = &targets[i % (SYNC_KIND_COUNT - 1) + 1];

        target->use(&self);
        come_anew(&self, target);
    }
    spec_kill(peer);

    memset(bytes_of(self.map), 0, xipc_map_size(self.map));
    victim_closed(&self);
}
