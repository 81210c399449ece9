/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits on one handle, and nobody else's. */
#include "support/sync_kit.h"

/* How a wait for each kind begins, ends, and is called off. */
typedef struct waiting {
    xipc_kind kind;
    sync_verb *verb;
    const char *order; /* the same for a hand */
} waiting;

static const waiting waits[] = {
    {XIPC_KIND_MUTEX, do_visit, "visit"},
    {XIPC_KIND_SEMAPHORE, do_take, "take"},
    {XIPC_KIND_EVENT, do_pass, "pass"},
    {XIPC_KIND_CONDITION, do_attend, "attend"},
};

#define WAIT_COUNT (sizeof waits / sizeof waits[0])

/* Nothing of it is to be had, except the condition's mutex. */
static sync_set all_made(const char *place)
{
    return (sync_set){
        mutex_made(place), semaphore_made(place, 0, 10),
        event_made(place, XIPC_EVENT_AUTO), condition_made(place)};
}

static sync_set all_joined(const char *place)
{
    return (sync_set){
        mutex_joined(place), semaphore_joined(place), event_joined(place),
        condition_joined(place)};
}

static void all_closed(sync_set set)
{
    xipc_condition_close(set.condition);
    xipc_event_close(set.event);
    xipc_semaphore_close(set.semaphore);
    xipc_mutex_close(set.mutex);
}

static xipc_object *object_of(const sync_set *set, xipc_kind kind)
{
    switch (kind) {
    case XIPC_KIND_MUTEX: return xipc_mutex_object(set->mutex);
    case XIPC_KIND_SEMAPHORE: return xipc_semaphore_object(set->semaphore);
    case XIPC_KIND_EVENT: return xipc_event_object(set->event);
    default: return xipc_condition_object(set->condition);
    }
}

/* The mutex is waited for while this thread has it; all else is not there. */
static void withhold(const sync_set *set, xipc_kind kind)
{
    if (kind == XIPC_KIND_MUTEX) {
        REQUIRE_OK(xipc_mutex_lock(set->mutex, XIPC_NOW));
    }
}

/* Lets one through who waits for it. */
static void grant(const sync_set *set, xipc_kind kind)
{
    switch (kind) {
    case XIPC_KIND_MUTEX: REQUIRE_OK(xipc_mutex_unlock(set->mutex)); break;
    case XIPC_KIND_SEMAPHORE:
        REQUIRE_OK(xipc_semaphore_post(set->semaphore, 1));
        break;
    case XIPC_KIND_EVENT: REQUIRE_OK(xipc_event_set(set->event)); break;
    default: REQUIRE_OK(xipc_condition_notify_one(set->condition)); break;
    }
}

SPEC(each_kind_is_an_object, "GEN-5 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    sync_set set = all_made("a");

    for (size_t i = 0; i < WAIT_COUNT; i++) {
        xipc_object *object = object_of(&set, waits[i].kind);

        REQUIRE(object != NULL);
        REQUIRE(object == object_of(&set, waits[i].kind));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
        REQUIRE_OK(xipc_interrupt_clear(object));
    }

    all_closed(set);
}

/* Until the deadline, which is far; or because it was interrupted before. */
static void blocked(const char *place)
{
    for (size_t i = 0; i < WAIT_COUNT; i++) {
        sync_set set = all_made(place);
        sync_set same = all_joined(place);
        xipc_object *object = object_of(&same, waits[i].kind);
        sync_call calls[2];

        withhold(&set, waits[i].kind);
        call_begin(&calls[0], waits[i].verb, same, XIPC_FOREVER);
        call_begin(&calls[1], waits[i].verb, same, xipc_after_ms(600000));
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_event_wait(set.event, xipc_after_ms(15)));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_STATUS(XIPC_E_CANCELED, call_end(&calls[0]));
        REQUIRE_STATUS(XIPC_E_CANCELED, call_end(&calls[1]));
        call_begin(&calls[0], waits[i].verb, same, XIPC_FOREVER);
        REQUIRE_STATUS(XIPC_E_CANCELED, call_end(&calls[0]));
        REQUIRE_OK(xipc_interrupt_clear(object));
        call_begin(&calls[0], waits[i].verb, same, xipc_after_ms(10));
        REQUIRE_STATUS(XIPC_E_TIMEOUT, call_end(&calls[0]));

        all_closed(same);
        all_closed(set);
    }
}

SPEC(
    an_interrupt_ends_every_wait_on_a_handle,
    "GEN-5 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    in_both_forms(blocked);
}

/* An interrupted handle does all that it need not wait for. */
static void not_blocked(const char *place)
{
    sync_set set = all_made(place);

    for (size_t i = 0; i < WAIT_COUNT; i++) {
        REQUIRE_OK(xipc_interrupt(object_of(&set, waits[i].kind)));
    }
    for (int i = 0; i < 10; i++) {
        REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_AGAIN,
            xipc_condition_wait(set.condition, set.mutex, XIPC_NOW));
        REQUIRE_OK(xipc_mutex_unlock(set.mutex));
        REQUIRE_STATUS(
            XIPC_E_AGAIN, xipc_semaphore_wait(set.semaphore, XIPC_NOW));
        REQUIRE_OK(xipc_semaphore_post(set.semaphore, 1));
        REQUIRE_OK(xipc_semaphore_wait(set.semaphore, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_AGAIN, xipc_event_wait(set.event, XIPC_NOW));
        REQUIRE_OK(xipc_event_set(set.event));
        REQUIRE_OK(xipc_event_wait(set.event, xipc_after_ms(600000)));
        REQUIRE_OK(xipc_condition_notify_one(set.condition));
        REQUIRE_OK(xipc_condition_notify_all(set.condition));
    }

    all_closed(set);
}

SPEC(an_interrupt_leaves_alone_what_need_not_wait, "GEN-5 GEN-4 SYNC-1 SYNC-2")
{
    in_both_forms(not_blocked);
}

/* Two who wait by other handles, one of them in another process. */
static void others(const char *place)
{
    for (size_t i = 0; i < WAIT_COUNT; i++) {
        sync_set set = all_made(place);
        sync_set same = all_joined(place);
        spec_peer *hand = hand_at(place);
        sync_call call;

        withhold(&set, waits[i].kind);
        call_begin(&call, waits[i].verb, same, XIPC_FOREVER);
        spec_tell(hand, waits[i].order);
        for (int j = 0; j < 5; j++) {
            REQUIRE_OK(xipc_interrupt(object_of(&set, waits[i].kind)));
            REQUIRE_STATUS(
                XIPC_E_TIMEOUT, xipc_event_wait(same.event, xipc_after_ms(5)));
        }
        REQUIRE(!atomic_load(&call.is_over));
        REQUIRE_OK(xipc_interrupt(object_of(&same, waits[i].kind)));
        REQUIRE_STATUS(XIPC_E_CANCELED, call_end(&call));
        grant(&set, waits[i].kind);
        if (waits[i].kind != XIPC_KIND_CONDITION) {
            hand_answers(hand, XIPC_OK);
            hand_ends(hand);
        } else {
            spec_kill(hand);
        }
        all_closed(same);
        all_closed(set);
    }
}

SPEC(
    an_interrupt_of_one_handle_leaves_others_waiting,
    "GEN-5 SYNC-1 SYNC-2 SYNC-3")
{
    in_both_forms(others);
}

static void with_the_mutex(const char *place)
{
    sync_set set = all_made(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_interrupt(xipc_condition_object(set.condition)));
    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    for (int i = 0; i < 10; i++) {
        REQUIRE_STATUS(
            XIPC_E_CANCELED,
            xipc_condition_wait(set.condition, set.mutex, XIPC_FOREVER));
        hand_does(hand, "lock now", XIPC_E_AGAIN);
    }
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    all_closed(set);
}

SPEC(a_wait_for_a_condition_that_is_interrupted_has_the_mutex, "GEN-5 SYNC-4")
{
    in_both_forms(with_the_mutex);
}

static void mutex_interrupted(const char *place)
{
    sync_set set = all_made(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_interrupt(xipc_mutex_object(set.mutex)));
    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_condition_wait(set.condition, set.mutex, xipc_after_ms(10)));
    spec_tell(hand, "visit");
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_condition_wait(set.condition, set.mutex, xipc_after_ms(10)));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_answers(hand, XIPC_OK);

    hand_ends(hand);
    all_closed(set);
}

SPEC(an_interrupted_mutex_comes_back_from_a_condition_too, "GEN-5 SYNC-4")
{
    in_both_forms(mutex_interrupted);
}

/* Two who share all, and an event that is never set. */
typedef struct race {
    sync_set set;
    sync_set same;
    xipc_event *never;
} race;

static race race_made(const char *place)
{
    return (race){
        all_made(place), all_joined(place),
        event_made("never", XIPC_EVENT_AUTO)};
}

static void race_closed(race *self)
{
    xipc_event_close(self->never);
    all_closed(self->same);
    all_closed(self->set);
}

/* Somebody waits, perhaps already, and it is granted and interrupted in either
 * order. 1 if he got it. */
static unsigned race_once(const race *self, const waiting *wait, unsigned round)
{
    xipc_object *object = object_of(&self->same, wait->kind);
    sync_call call;
    xipc_status status;

    withhold(&self->set, wait->kind);
    call_begin(&call, wait->verb, self->same, XIPC_FOREVER);
    if (round % 4 >= 2) {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_event_wait(self->never, xipc_after_ms(1)));
    }
    if (round % 2 == 1) {
        REQUIRE_OK(xipc_interrupt(object));
    }
    grant(&self->set, wait->kind);
    REQUIRE_OK(xipc_interrupt(object));
    status = call_end(&call);
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE(status == XIPC_OK || status == XIPC_E_CANCELED);
    return status == XIPC_OK ? 1U : 0U;
}

/* What the interrupted one has not taken is still there, and nothing else. */
static void
require_left(const sync_set *set, xipc_kind kind, unsigned taken_count)
{
    xipc_status want = taken_count > 0 ? XIPC_E_AGAIN : XIPC_OK;

    switch (kind) {
    case XIPC_KIND_SEMAPHORE:
        REQUIRE_STATUS(want, xipc_semaphore_wait(set->semaphore, XIPC_NOW));
        REQUIRE_UINT(0, xipc_semaphore_count(set->semaphore));
        break;
    case XIPC_KIND_EVENT:
        REQUIRE_STATUS(want, xipc_event_wait(set->event, XIPC_NOW));
        break;
    default: require_unlocked(set->mutex); break;
    }
}

static void races(const char *place)
{
    unsigned rounds = rounds_here(400, 60);
    race self = race_made(place);
    unsigned taken_count = 0;

    for (unsigned i = 0; i < rounds; i++) {
        const waiting *wait = &waits[i % (WAIT_COUNT - 1)];
        unsigned taken = race_once(&self, wait, i);

        require_left(&self.set, wait->kind, taken);
        taken_count += taken;
    }

    spec_note("%u of %u waits were not interrupted", taken_count, rounds);
    race_closed(&self);
}

SPEC(an_interrupted_wait_has_taken_nothing, "GEN-5 SYNC-1 SYNC-2 SYNC-3")
{
    in_both_forms(races);
}

/* One is interrupted who may just have been woken for what there is: then the
 * other has it. */
static void pass_on_once(const race *self, const waiting *wait, unsigned round)
{
    xipc_object *object = object_of(&self->same, wait->kind);
    sync_call one;
    sync_call other;
    xipc_status status;

    withhold(&self->set, wait->kind);
    call_begin(&one, wait->verb, self->same, XIPC_FOREVER);
    call_begin(&other, wait->verb, self->set, XIPC_FOREVER);
    if (round % 2 == 1) {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_event_wait(self->never, xipc_after_ms(1)));
    }
    grant(&self->set, wait->kind);
    REQUIRE_OK(xipc_interrupt(object));
    status = call_end(&one);
    if (status == XIPC_OK && wait->kind != XIPC_KIND_MUTEX) {
        grant(&self->set, wait->kind);
    }
    REQUIRE_OK(call_end(&other));
    REQUIRE_OK(xipc_interrupt_clear(object));
    require_left(&self->set, wait->kind, wait->kind != XIPC_KIND_MUTEX);
}

static void passed_on(const char *place)
{
    unsigned rounds = rounds_here(200, 30);
    race self = race_made(place);

    for (unsigned i = 0; i < rounds; i++) {
        pass_on_once(&self, &waits[i % (WAIT_COUNT - 1)], i);
    }

    race_closed(&self);
}

SPEC(what_an_interrupted_wait_leaves_goes_to_the_others, "GEN-5 SYNC-1 SYNC-2")
{
    in_both_forms(passed_on);
}
