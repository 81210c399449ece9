/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes use one mutex, one condition and one semaphore, and die at moments
 * that chance chooses. Whoever comes after a death is told of it exactly when
 * there may be something to put in order, and nobody is left waiting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

enum { WORKER_COUNT = 4 };

/* The section "ledger": two sums that are equal whenever nobody is at them, and
 * what there is to fetch. */
typedef struct ledger {
    volatile uint64_t left;
    volatile uint64_t right;
    volatile uint64_t repaired; /* how often the two differed */
    volatile uint64_t available;
    _Atomic uint64_t done; /* by anybody */
} ledger;

typedef struct place_of_work {
    sync_set set;
    xipc_section *section;
    xipc_map *map;
    ledger *page;
    uint32_t dice;
} place_of_work;

static place_of_work joined_work(const char *place, uint32_t dice)
{
    xipc_section *section = section_opened("ledger");
    xipc_map *map = mapped(section);

    return (place_of_work){
        {.mutex = mutex_joined(place), .condition = condition_joined(place)},
        section,
        map,
        xipc_map_address(map),
        dice};
}

static void work_closed(place_of_work *self)
{
    xipc_condition_close(self->set.condition);
    xipc_mutex_close(self->set.mutex);
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

/* Locked, and told whether somebody died. Then the two may differ, else not. */
static void put_in_order(place_of_work *self, xipc_status status)
{
    ledger *page = self->page;

    if (status == XIPC_OK) {
        REQUIRE_UINT(page->left, page->right);
        return;
    }
    REQUIRE_STATUS(XIPC_E_OWNER_DIED, status);
    if (page->left != page->right) {
        page->repaired++;
        page->right = page->left;
    }
    REQUIRE_OK(xipc_mutex_recovered(self->set.mutex));
}

static void go_in(place_of_work *self)
{
    put_in_order(self, xipc_mutex_lock(self->set.mutex, XIPC_FOREVER));
}

static void add_to_both(place_of_work *self)
{
    uint32_t patience = thrown(&self->dice, 200);

    self->page->left++;
    for (volatile uint32_t i = 0; i < patience; i++) {
        /* a death here leaves the two different */
    }
    self->page->right++;
}

static void fetch_or_bring(place_of_work *self)
{
    ledger *page = self->page;

    if (thrown(&self->dice, 2) == 0) {
        page->available++;
        REQUIRE_OK(xipc_condition_notify_one(self->set.condition));
    } else if (page->available == 0) {
        xipc_status status = xipc_condition_wait(
            self->set.condition, self->set.mutex, xipc_after_ms(20));

        put_in_order(self, status == XIPC_E_TIMEOUT ? XIPC_OK : status);
    } else {
        page->available--;
    }
}

static void work_once(place_of_work *self)
{
    go_in(self);
    add_to_both(self);
    if (thrown(&self->dice, 4) == 0) {
        fetch_or_bring(self);
    }
    REQUIRE_OK(xipc_mutex_unlock(self->set.mutex));
    atomic_fetch_add(&self->page->done, 1);
}

PEER(works_until_killed)
{
    place_of_work self = joined_work(
        spec_argument(0), (uint32_t)strtoul(spec_argument(1), NULL, 10));

    spec_tell(NULL, "at work");
    for (;;) {
        work_once(&self);
    }
}

static spec_peer *worker_started(const char *place, uint32_t *dice)
{
    char seed[16];
    spec_peer *peer;

    snprintf(seed, sizeof seed, "%u", thrown(dice, 1000000) + 1);
    peer = START(works_until_killed, place, seed);
    spec_expect(peer, "at work");
    return peer;
}

/* Kills one after another until the end, at work itself in between. */
static unsigned kill_at_random(
    place_of_work *self, const char *place, spec_peer **workers, int64_t end)
{
    unsigned kill_count = 0;

    while (spec_now_ns() < end) {
        uint32_t chosen = thrown(&self->dice, WORKER_COUNT);
        uint32_t pause = thrown(&self->dice, 20);

        for (; pause > 0; pause--) {
            work_once(self);
        }
        spec_kill(workers[chosen]);
        kill_count++;
        workers[chosen] = worker_started(place, &self->dice);
    }
    return kill_count;
}

static void chaos(const char *place)
{
    uint32_t seed =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;
    int64_t end = spec_now_ns() +
                  (int64_t)kill_setting("XIPC_CHAOS_MS", 5000) / 2 * NS_PER_MS;
    xipc_section *section = section_created("ledger", sizeof(ledger));
    xipc_mutex *mutex = mutex_made(place);
    xipc_condition *condition = condition_made(place);
    place_of_work self = joined_work(place, seed);
    spec_peer *workers[WORKER_COUNT];
    unsigned kill_count;
    int i;

    spec_note("XIPC_SEED=%u", seed);
    for (i = 0; i < WORKER_COUNT; i++) {
        workers[i] = worker_started(place, &self.dice);
    }
    kill_count = kill_at_random(&self, place, workers, end);
    for (i = 0; i < WORKER_COUNT; i++) {
        spec_kill(workers[i]);
    }
    go_in(&self);
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    require_unlocked(mutex);

    spec_note(
        "%u killed, %llu rounds, %llu repairs", kill_count + WORKER_COUNT,
        (unsigned long long)atomic_load(&self.page->done),
        (unsigned long long)self.page->repaired);
    work_closed(&self);
    xipc_condition_close(condition);
    xipc_mutex_close(mutex);
    xipc_section_close(section);
}

SPEC(
    owners_that_die_at_random_leave_a_mutex_that_tells_so,
    "SYNC-1 SYNC-4 GEN-11")
{
    in_both_forms(chaos);
}

/* Takes one, and puts it back, for ever. */
PEER(takes_and_posts_until_killed)
{
    xipc_semaphore *semaphore = semaphore_joined(spec_argument(0));

    spec_tell(NULL, "at work");
    for (;;) {
        xipc_status status = xipc_semaphore_wait(semaphore, xipc_after_ms(50));

        if (status == XIPC_OK) {
            REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
        } else {
            REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
        }
    }
}

/*
 * A process that dies takes one with it at most, and brings none. So after
 * each death at most one is missing, and nobody waits for what is there.
 */
static void taken_along(const char *place)
{
    unsigned rounds = rounds_here(100, 15);
    xipc_semaphore *semaphore = semaphore_made(place, 3, 3);
    unsigned lost_count = 0;

    for (unsigned i = 0; i < rounds; i++) {
        spec_peer *one = START(takes_and_posts_until_killed, place);
        spec_peer *two = START(takes_and_posts_until_killed, place);
        uint32_t count;

        spec_expect(one, "at work");
        spec_expect(two, "at work");
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_FOREVER));
        spec_kill(one);
        spec_kill(two);
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
        count = xipc_semaphore_count(semaphore);
        REQUIRE(count >= 1 && count <= 3);
        lost_count += 3 - count;
        for (; count < 3; count++) {
            REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
        }
        REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 1));
    }

    spec_note("%u taken along by %u processes", lost_count, 2 * rounds);
    xipc_semaphore_close(semaphore);
}

SPEC(takers_that_die_at_random_take_one_along_at_most, "SYNC-2 GEN-11")
{
    in_both_forms(taken_along);
}
