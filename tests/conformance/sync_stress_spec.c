/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes at once, and exact accounts of what they did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/sync_kit.h"

#define WORKER_COUNT 8
#define RING_COUNT   4
#define SLOT_COUNT   8
#define SIDE_COUNT   2

/* Where the events of the ring stand in its section. */
#define RING_OFFSET(number) ((uint64_t)((number) + 1) * XIPC_SYNC_SIZE)

/* The section "ledger". Nothing of it is atomic: only what is proved here keeps
 * it right. */
typedef struct ledger {
    uint64_t count;
    uint32_t is_inside;
    uint32_t next_item;
    uint32_t produced;
    uint32_t consumed;
    uint32_t first; /* of the buffer */
    uint32_t filled;
    uint32_t slots[SLOT_COUNT];
    uint8_t seen[1 << 16]; /* how often each item was consumed */
} ledger;

typedef struct book {
    xipc_section *section;
    xipc_map *map;
    ledger *page;
} book;

static book book_of(xipc_section *section)
{
    xipc_map *map = mapped(section);

    return (book){section, map, xipc_map_address(map)};
}

static void book_closed(book *self)
{
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

/* Starts that many workers of a role; argument 1 is the worker's number. */
static void workers_started(
    spec_peer **workers, unsigned count, const char *role, const char *place)
{
    for (unsigned i = 0; i < count; i++) {
        char number[16];

        snprintf(number, sizeof number, "%u", i);
        workers[i] =
            spec_start(role, (const char *const[]){place, number, NULL});
    }
    for (unsigned i = 0; i < count; i++) {
        spec_expect(workers[i], "ready");
    }
    for (unsigned i = 0; i < count; i++) {
        spec_tell(workers[i], "go");
    }
}

static void workers_joined(spec_peer **workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        spec_join(workers[i]);
    }
}

static void ready_to_go(void)
{
    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
}

static unsigned worker_number(void)
{
    return (unsigned)strtoul(spec_argument(1), NULL, 10);
}

/* What only one may do at a time. */
static void count_up(ledger *page)
{
    REQUIRE_UINT(0, page->is_inside);
    page->is_inside = 1;
    page->count++;
    page->is_inside = 0;
}

static unsigned count_rounds(void)
{
    return rounds_here(5000, 300);
}

/* Eight times this is a million. */
static unsigned mutex_rounds(void)
{
    return 125000;
}

PEER(a_process_that_counts_with_a_mutex)
{
    book accounts = book_of(section_opened("ledger"));
    xipc_mutex *mutex = mutex_joined(spec_argument(0));
    unsigned rounds = mutex_rounds();

    ready_to_go();
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
        count_up(accounts.page);
        REQUIRE_OK(xipc_mutex_unlock(mutex));
    }
    xipc_mutex_close(mutex);
    book_closed(&accounts);
}

static void count_with_a_mutex(const char *place)
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *workers[WORKER_COUNT];

    workers_started(
        workers, WORKER_COUNT, a_process_that_counts_with_a_mutex_entry.name,
        place);
    workers_joined(workers, WORKER_COUNT);

    REQUIRE_UINT((uint64_t)WORKER_COUNT * mutex_rounds(), accounts.page->count);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    book_closed(&accounts);
}

SPEC(eight_processes_count_exactly_with_a_mutex, "SYNC-1")
{
    in_both_forms(count_with_a_mutex);
}

PEER(a_process_that_counts_with_a_semaphore)
{
    book accounts = book_of(section_opened("ledger"));
    xipc_semaphore *semaphore = semaphore_joined(spec_argument(0));
    unsigned rounds = count_rounds();

    ready_to_go();
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_FOREVER));
        count_up(accounts.page);
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    }
    xipc_semaphore_close(semaphore);
    book_closed(&accounts);
}

static void count_with_a_semaphore(const char *place)
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_semaphore *semaphore = semaphore_made(place, 1, 1);
    spec_peer *workers[WORKER_COUNT];

    workers_started(
        workers, WORKER_COUNT,
        a_process_that_counts_with_a_semaphore_entry.name, place);
    workers_joined(workers, WORKER_COUNT);

    REQUIRE_UINT((uint64_t)WORKER_COUNT * count_rounds(), accounts.page->count);
    REQUIRE_UINT(1, xipc_semaphore_count(semaphore));
    xipc_semaphore_close(semaphore);
    book_closed(&accounts);
}

SPEC(eight_processes_count_exactly_with_a_semaphore_of_one, "SYNC-2")
{
    in_both_forms(count_with_a_semaphore);
}

/* Deadlines and polls among those who wait for ever. */
PEER(a_process_that_is_in_a_hurry)
{
    book accounts = book_of(section_opened("ledger"));
    xipc_mutex *mutex = mutex_joined(spec_argument(0));
    unsigned number = worker_number();
    unsigned rounds = count_rounds() / 4;
    uint32_t dice = number + 1;

    ready_to_go();
    for (unsigned i = 0; i < rounds;) {
        xipc_deadline deadlines[] = {
            XIPC_NOW, XIPC_FOREVER, xipc_after_ns(thrown(&dice, 100000))};
        uint32_t chosen = thrown(&dice, 3);
        xipc_status status = xipc_mutex_lock(mutex, deadlines[chosen]);

        if (status == XIPC_OK) {
            count_up(accounts.page);
            REQUIRE_OK(xipc_mutex_unlock(mutex));
            i++;
        } else {
            REQUIRE_STATUS(chosen == 0 ? XIPC_E_AGAIN : XIPC_E_TIMEOUT, status);
        }
    }
    xipc_mutex_close(mutex);
    book_closed(&accounts);
}

static void count_in_a_hurry(const char *place)
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *workers[RING_COUNT];

    workers_started(
        workers, RING_COUNT, a_process_that_is_in_a_hurry_entry.name, place);
    workers_joined(workers, RING_COUNT);

    REQUIRE_UINT(
        (uint64_t)RING_COUNT * (count_rounds() / 4), accounts.page->count);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    book_closed(&accounts);
}

SPEC(processes_that_give_up_at_times_count_exactly, "SYNC-1 GEN-4")
{
    in_both_forms(count_in_a_hurry);
}

static unsigned ring_rounds(void)
{
    return rounds_here(2000, 200);
}

static xipc_event *ring_event(xipc_section *ring, unsigned number)
{
    xipc_event *event = NULL;

    REQUIRE_OK(
        xipc_event_open_at(ring, RING_OFFSET(number), XIPC_FOREVER, &event));
    return event;
}

PEER(a_process_in_the_ring)
{
    book accounts = book_of(section_opened("ledger"));
    xipc_section *ring = section_opened("ring");
    unsigned number = worker_number();
    xipc_event *mine = ring_event(ring, number);
    xipc_event *next = ring_event(ring, (number + 1) % RING_COUNT);
    unsigned rounds = ring_rounds();

    xipc_section_close(ring);
    ready_to_go();
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_event_wait(mine, XIPC_FOREVER));
        REQUIRE_UINT((uint64_t)i * RING_COUNT + number, accounts.page->count);
        count_up(accounts.page);
        REQUIRE_OK(xipc_event_set(next));
    }
    xipc_event_close(next);
    xipc_event_close(mine);
    book_closed(&accounts);
}

SPEC(a_token_goes_around_a_ring_of_automatic_events, "SYNC-3")
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_section *ring = section_created("ring", 4096);
    spec_peer *workers[RING_COUNT];
    xipc_event *events[RING_COUNT];

    for (unsigned i = 0; i < RING_COUNT; i++) {
        REQUIRE_OK(xipc_event_create_at(
            ring, RING_OFFSET(i), XIPC_EVENT_AUTO, XIPC_FOREVER, &events[i]));
    }
    workers_started(
        workers, RING_COUNT, a_process_in_the_ring_entry.name, "ring");
    REQUIRE_OK(xipc_event_set(events[0]));
    workers_joined(workers, RING_COUNT);

    REQUIRE_UINT((uint64_t)RING_COUNT * ring_rounds(), accounts.page->count);
    REQUIRE_OK(xipc_event_wait(events[0], XIPC_NOW));
    for (unsigned i = 0; i < RING_COUNT; i++) {
        REQUIRE_STATUS(XIPC_E_AGAIN, xipc_event_wait(events[i], XIPC_NOW));
        xipc_event_close(events[i]);
    }
    xipc_section_close(ring);
    book_closed(&accounts);
}

static xipc_semaphore *ring_semaphore(xipc_section *ring, unsigned number)
{
    xipc_semaphore *semaphore = NULL;

    REQUIRE_OK(xipc_semaphore_open_at(
        ring, RING_OFFSET(number), XIPC_FOREVER, &semaphore));
    return semaphore;
}

PEER(a_process_in_the_ring_of_semaphores)
{
    book accounts = book_of(section_opened("ledger"));
    xipc_section *ring = section_opened("ring");
    unsigned number = worker_number();
    xipc_semaphore *mine = ring_semaphore(ring, number);
    xipc_semaphore *next = ring_semaphore(ring, (number + 1) % RING_COUNT);
    unsigned rounds = ring_rounds();

    xipc_section_close(ring);
    ready_to_go();
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_semaphore_wait(mine, XIPC_FOREVER));
        REQUIRE_UINT((uint64_t)i * RING_COUNT + number, accounts.page->count);
        count_up(accounts.page);
        REQUIRE_OK(xipc_semaphore_post(next, 1));
    }
    xipc_semaphore_close(next);
    xipc_semaphore_close(mine);
    book_closed(&accounts);
}

SPEC(a_token_goes_around_a_ring_of_semaphores, "SYNC-2")
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_section *ring = section_created("ring", 4096);
    spec_peer *workers[RING_COUNT];
    xipc_semaphore *semaphores[RING_COUNT];

    for (unsigned i = 0; i < RING_COUNT; i++) {
        REQUIRE_OK(xipc_semaphore_create_at(
            ring, RING_OFFSET(i), 0, 1, XIPC_FOREVER, &semaphores[i]));
    }
    workers_started(
        workers, RING_COUNT, a_process_in_the_ring_of_semaphores_entry.name,
        "ring");
    REQUIRE_OK(xipc_semaphore_post(semaphores[0], 1));
    workers_joined(workers, RING_COUNT);

    REQUIRE_UINT((uint64_t)RING_COUNT * ring_rounds(), accounts.page->count);
    for (unsigned i = 0; i < RING_COUNT; i++) {
        REQUIRE_UINT(i == 0 ? 1 : 0, xipc_semaphore_count(semaphores[i]));
        xipc_semaphore_close(semaphores[i]);
    }
    xipc_section_close(ring);
    book_closed(&accounts);
}

/* A bounded buffer: the mutex "a", and what there is to wait for. */
typedef struct buffer {
    book accounts;
    xipc_mutex *mutex;
    xipc_condition *has_room;
    xipc_condition *has_items;
} buffer;

static uint32_t item_count(void)
{
    return rounds_here(20000, 1000);
}

static buffer buffer_joined(const char *place)
{
    return (buffer){
        book_of(section_opened("ledger")), mutex_joined(place),
        condition_joined(place), condition_joined("@items")};
}

static void buffer_closed(buffer *self)
{
    xipc_condition_close(self->has_items);
    xipc_condition_close(self->has_room);
    xipc_mutex_close(self->mutex);
    book_closed(&self->accounts);
}

/* With the mutex. 0: all have been produced. */
static int put_one(buffer *self)
{
    ledger *page = self->accounts.page;

    while (page->filled == SLOT_COUNT && page->next_item < item_count()) {
        REQUIRE_OK(
            xipc_condition_wait(self->has_room, self->mutex, XIPC_FOREVER));
    }
    if (page->next_item == item_count()) {
        return 0;
    }
    page->slots[(page->first + page->filled) % SLOT_COUNT] = page->next_item++;
    page->filled++;
    page->produced++;
    return 1;
}

/* With the mutex. 0: all have been consumed. */
static int get_one(buffer *self)
{
    ledger *page = self->accounts.page;

    while (page->filled == 0 && page->consumed < item_count()) {
        REQUIRE_OK(
            xipc_condition_wait(self->has_items, self->mutex, XIPC_FOREVER));
    }
    if (page->filled == 0) {
        return 0;
    }
    page->seen[page->slots[page->first]]++;
    page->first = (page->first + 1) % SLOT_COUNT;
    page->filled--;
    page->consumed++;
    return 1;
}

PEER(a_process_that_produces)
{
    buffer self = buffer_joined(spec_argument(0));
    int goes_on = 1;

    ready_to_go();
    while (goes_on) {
        REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
        goes_on = put_one(&self);
        REQUIRE_OK(xipc_mutex_unlock(self.mutex));
        REQUIRE_OK(xipc_condition_notify_one(self.has_items));
    }
    REQUIRE_OK(xipc_condition_notify_all(self.has_room));
    buffer_closed(&self);
}

PEER(a_process_that_consumes)
{
    buffer self = buffer_joined(spec_argument(0));
    int goes_on = 1;

    ready_to_go();
    while (goes_on) {
        REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
        goes_on = get_one(&self);
        REQUIRE_OK(xipc_condition_notify_one(self.has_room));
        REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    }
    REQUIRE_OK(xipc_condition_notify_all(self.has_items));
    buffer_closed(&self);
}

static void produce_and_consume(const char *place)
{
    book accounts = book_of(section_created("ledger", sizeof(ledger)));
    xipc_mutex *mutex = mutex_made(place);
    xipc_condition *has_room = condition_made(place);
    xipc_condition *has_items = condition_made("@items");
    spec_peer *producers[SIDE_COUNT];
    spec_peer *consumers[SIDE_COUNT];

    workers_started(
        producers, SIDE_COUNT, a_process_that_produces_entry.name, place);
    workers_started(
        consumers, SIDE_COUNT, a_process_that_consumes_entry.name, place);
    workers_joined(producers, SIDE_COUNT);
    workers_joined(consumers, SIDE_COUNT);

    REQUIRE_UINT(item_count(), accounts.page->produced);
    REQUIRE_UINT(item_count(), accounts.page->consumed);
    REQUIRE_UINT(0, accounts.page->filled);
    for (uint32_t i = 0; i < item_count(); i++) {
        REQUIRE_UINT(1, accounts.page->seen[i]);
    }
    xipc_condition_close(has_items);
    xipc_condition_close(has_room);
    xipc_mutex_close(mutex);
    book_closed(&accounts);
}

SPEC(
    producers_and_consumers_lose_nothing_and_get_nothing_twice, "SYNC-4 SYNC-1")
{
    in_both_forms(produce_and_consume);
}
