/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sync_kit.h"

#include <string.h>

enum { TABLE_SIZE = 65536, VAIN_MS = 20, SLOW_IN_A_ROW = 3 };

void in_both_forms(place_body *body)
{
    spec_within("with a name");
    body("a");
    spec_within("inside a section");
    body("@a");
    spec_within(NULL);
}

xipc_section *table_of(const char *name)
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_open_or_create(
        name, TABLE_SIZE, NULL, XIPC_FOREVER, &section, NULL));
    return section;
}

/*
 * The section of a place inside one, NULL for a name; of "+", the one that this
 * process was given. What is made or joined there keeps the memory, so the
 * caller closes the section at once.
 */
static xipc_section *table_at(const char *place)
{
    xipc_section *section = NULL;

    if (place[0] == '@') {
        section = table_of(place + 1);
    }
    if (place[0] == '+') {
        REQUIRE_OK(xipc_section_adopt(spec_inherited(), &section));
    }
    return section;
}

xipc_mutex *mutex_made(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_mutex *mutex = NULL;

    if (table) {
        REQUIRE_OK(
            xipc_mutex_create_at(table, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
    } else {
        REQUIRE_OK(xipc_mutex_create(place, NULL, XIPC_FOREVER, &mutex));
    }
    xipc_section_close(table);
    REQUIRE(mutex != NULL);
    return mutex;
}

xipc_mutex *mutex_joined(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_mutex *mutex = NULL;

    if (table) {
        REQUIRE_OK(
            xipc_mutex_open_at(table, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
    } else {
        REQUIRE_OK(xipc_mutex_open(place, NULL, XIPC_FOREVER, &mutex));
    }
    xipc_section_close(table);
    REQUIRE(mutex != NULL);
    return mutex;
}

xipc_semaphore *
semaphore_made(const char *place, uint32_t initial, uint32_t max)
{
    xipc_section *table = table_at(place);
    xipc_semaphore *semaphore = NULL;

    if (table) {
        REQUIRE_OK(xipc_semaphore_create_at(
            table, SEMAPHORE_OFFSET, initial, max, XIPC_FOREVER, &semaphore));
    } else {
        REQUIRE_OK(xipc_semaphore_create(
            place, initial, max, NULL, XIPC_FOREVER, &semaphore));
    }
    xipc_section_close(table);
    REQUIRE(semaphore != NULL);
    return semaphore;
}

xipc_semaphore *semaphore_joined(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_semaphore *semaphore = NULL;

    if (table) {
        REQUIRE_OK(xipc_semaphore_open_at(
            table, SEMAPHORE_OFFSET, XIPC_FOREVER, &semaphore));
    } else {
        REQUIRE_OK(xipc_semaphore_open(place, NULL, XIPC_FOREVER, &semaphore));
    }
    xipc_section_close(table);
    REQUIRE(semaphore != NULL);
    return semaphore;
}

xipc_event *event_made(const char *place, xipc_event_mode mode)
{
    xipc_section *table = table_at(place);
    xipc_event *event = NULL;

    if (table) {
        REQUIRE_OK(xipc_event_create_at(
            table, EVENT_OFFSET, mode, XIPC_FOREVER, &event));
    } else {
        REQUIRE_OK(xipc_event_create(place, mode, NULL, XIPC_FOREVER, &event));
    }
    xipc_section_close(table);
    REQUIRE(event != NULL);
    return event;
}

xipc_event *event_joined(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_event *event = NULL;

    if (table) {
        REQUIRE_OK(
            xipc_event_open_at(table, EVENT_OFFSET, XIPC_FOREVER, &event));
    } else {
        REQUIRE_OK(xipc_event_open(place, NULL, XIPC_FOREVER, &event));
    }
    xipc_section_close(table);
    REQUIRE(event != NULL);
    return event;
}

xipc_condition *condition_made(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_condition *condition = NULL;

    if (table) {
        REQUIRE_OK(xipc_condition_create_at(
            table, CONDITION_OFFSET, XIPC_FOREVER, &condition));
    } else {
        REQUIRE_OK(
            xipc_condition_create(place, NULL, XIPC_FOREVER, &condition));
    }
    xipc_section_close(table);
    REQUIRE(condition != NULL);
    return condition;
}

xipc_condition *condition_joined(const char *place)
{
    xipc_section *table = table_at(place);
    xipc_condition *condition = NULL;

    if (table) {
        REQUIRE_OK(xipc_condition_open_at(
            table, CONDITION_OFFSET, XIPC_FOREVER, &condition));
    } else {
        REQUIRE_OK(xipc_condition_open(place, NULL, XIPC_FOREVER, &condition));
    }
    xipc_section_close(table);
    REQUIRE(condition != NULL);
    return condition;
}

sync_set pair_made(const char *place)
{
    return (sync_set){
        .mutex = mutex_made(place), .condition = condition_made(place)};
}

void pair_closed(sync_set set)
{
    xipc_condition_close(set.condition);
    xipc_mutex_close(set.mutex);
}

xipc_status do_lock(const sync_set *set, xipc_deadline deadline)
{
    return xipc_mutex_lock(set->mutex, deadline);
}

xipc_status do_take(const sync_set *set, xipc_deadline deadline)
{
    return xipc_semaphore_wait(set->semaphore, deadline);
}

xipc_status do_pass(const sync_set *set, xipc_deadline deadline)
{
    return xipc_event_wait(set->event, deadline);
}

xipc_status do_await(const sync_set *set, xipc_deadline deadline)
{
    return xipc_condition_wait(set->condition, set->mutex, deadline);
}

/* What a call left locked that said this, is unlocked in good order. */
static void unlock_after(xipc_mutex *mutex, xipc_status status)
{
    if (status == XIPC_E_OWNER_DIED) {
        REQUIRE_OK(xipc_mutex_recovered(mutex));
    }
    REQUIRE_OK(xipc_mutex_unlock(mutex));
}

xipc_status do_visit(const sync_set *set, xipc_deadline deadline)
{
    xipc_status status = xipc_mutex_lock(set->mutex, deadline);

    if (status == XIPC_OK || status == XIPC_E_OWNER_DIED) {
        unlock_after(set->mutex, status);
    }
    return status;
}

xipc_status do_linger(const sync_set *set, xipc_deadline deadline)
{
    xipc_status status =
        xipc_condition_wait(set->condition, set->mutex, deadline);

    if (status != XIPC_E_NOT_RECOVERABLE) {
        unlock_after(set->mutex, status);
    }
    return status;
}

xipc_status do_attend(const sync_set *set, xipc_deadline deadline)
{
    xipc_status status = xipc_mutex_lock(set->mutex, XIPC_FOREVER);

    if (status == XIPC_E_OWNER_DIED) {
        REQUIRE_OK(xipc_mutex_recovered(set->mutex));
    } else {
        REQUIRE_OK(status);
    }
    return do_linger(set, deadline);
}

static void make_call(void *context)
{
    sync_call *call = context;

    call->status = call->verb(&call->set, call->deadline);
    atomic_store(&call->is_over, 1);
}

void call_begin(
    sync_call *call, sync_verb *verb, sync_set set, xipc_deadline deadline)
{
    call->set = set;
    call->verb = verb;
    call->deadline = deadline;
    atomic_init(&call->is_over, 0);
    call->thread = spec_thread_start(make_call, call);
}

xipc_status call_end(sync_call *call)
{
    spec_thread_join(call->thread);
    return call->status;
}

unsigned deaths_told(xipc_status status)
{
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_OWNER_DIED, status);
    }
    return status == XIPC_E_OWNER_DIED ? 1U : 0U;
}

xipc_map *words_made(void)
{
    xipc_section *section = section_created("words", sizeof(uint32_t));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

xipc_map *words_joined(void)
{
    xipc_section *section = section_opened("words");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

void words_say(const xipc_map *words, uint32_t number)
{
    _Atomic uint32_t *shared = xipc_map_address(words);

    atomic_store(shared, number);
}

uint32_t words_said(const xipc_map *words)
{
    _Atomic uint32_t *shared = xipc_map_address(words);

    return atomic_load(shared);
}

void require_locked(xipc_mutex *mutex)
{
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
}

void require_unlocked(xipc_mutex *mutex)
{
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
}

void require_owner_died(xipc_mutex *mutex)
{
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(mutex, xipc_after_ms(1000)));
    REQUIRE_OK(xipc_mutex_recovered(mutex));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
}

void within_a_second(timed_round *round, const char *place)
{
    unsigned slow_count = 0;

    while (round(place) > NS_PER_S) {
        slow_count++;
        REQUIRE(slow_count < SLOW_IN_A_ROW);
    }
}
