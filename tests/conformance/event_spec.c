/* SPDX-License-Identifier: Apache-2.0 */
/* What has happened, and who is told. */
#include "support/sync_kit.h"

#define THREAD_COUNT 4

static void require_set(xipc_event *event)
{
    REQUIRE_OK(xipc_event_wait(event, XIPC_NOW));
}

static void require_not_set(xipc_event *event)
{
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_event_wait(event, XIPC_NOW));
}

static void automatic(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);
    xipc_event *opened = event_joined(place);

    require_not_set(event);
    REQUIRE_OK(xipc_event_set(event));
    require_set(opened);
    require_not_set(event);
    require_not_set(opened);

    xipc_event_close(opened);
    xipc_event_close(event);
}

SPEC(an_automatic_event_lets_one_through_and_is_not_set_any_more, "SYNC-3")
{
    in_both_forms(automatic);
}

static void manual(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_MANUAL);
    xipc_event *opened = event_joined(place);

    require_not_set(event);
    REQUIRE_OK(xipc_event_set(event));
    for (int i = 0; i < 3; i++) {
        require_set(event);
        require_set(opened);
        REQUIRE_OK(xipc_event_wait(opened, XIPC_FOREVER));
    }
    REQUIRE_OK(xipc_event_reset(opened));
    require_not_set(event);
    require_not_set(opened);

    xipc_event_close(opened);
    xipc_event_close(event);
}

SPEC(a_manual_event_stays_set_until_it_is_reset, "SYNC-3")
{
    in_both_forms(manual);
}

static void set_twice(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);

    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_set(event));
    require_set(event);
    require_not_set(event);

    xipc_event_close(event);
}

SPEC(setting_what_is_set_changes_nothing, "SYNC-3")
{
    in_both_forms(set_twice);
}

static void reset_in_vain(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_MANUAL);
    xipc_event *other =
        event_made(place[0] == '@' ? "@b" : "b", XIPC_EVENT_AUTO);

    REQUIRE_OK(xipc_event_reset(event));
    REQUIRE_OK(xipc_event_reset(other));
    require_not_set(event);
    require_not_set(other);
    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_set(other));
    REQUIRE_OK(xipc_event_reset(event));
    REQUIRE_OK(xipc_event_reset(event));
    REQUIRE_OK(xipc_event_reset(other));
    require_not_set(event);
    require_not_set(other);
    REQUIRE_OK(xipc_event_set(event));
    require_set(event);

    xipc_event_close(other);
    xipc_event_close(event);
}

SPEC(a_reset_takes_back_what_nobody_saw, "SYNC-3")
{
    in_both_forms(reset_in_vain);
}

static void never_set(const char *place)
{
    static const int64_t distances[] = {0, 1, 9, 10, 11, 35, 250};
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(-1000)));
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        xipc_deadline deadline = xipc_after_ms(distances[i]);

        REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_event_wait(event, deadline));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_wait(event, xipc_after_ms(-1000)));

    xipc_event_close(event);
}

SPEC(a_wait_for_nothing_gives_up_no_earlier_than_its_deadline, "SYNC-3 GEN-4")
{
    in_both_forms(never_set);
}

static void across(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_MANUAL);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "pass now", XIPC_E_AGAIN);
    hand_does(hand, "pass 20", XIPC_E_TIMEOUT);
    REQUIRE_OK(xipc_event_set(event));
    hand_does(hand, "pass", XIPC_OK);
    hand_does(hand, "pass now", XIPC_OK);
    hand_does(hand, "reset", XIPC_OK);
    require_not_set(event);
    hand_does(hand, "set", XIPC_OK);
    require_set(event);

    hand_ends(hand);
    xipc_event_close(event);
}

SPEC(processes_set_and_reset_one_event, "SYNC-3")
{
    in_both_forms(across);
}

static void set_before(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);
    spec_peer *hand = hand_at(place);

    for (int i = 0; i < 50; i++) {
        spec_tell(hand, "pass");
        REQUIRE_OK(xipc_event_set(event));
        hand_answers(hand, XIPC_OK);
        REQUIRE_OK(xipc_event_set(event));
        hand_does(hand, "pass", XIPC_OK);
    }

    require_not_set(event);
    hand_ends(hand);
    xipc_event_close(event);
}

SPEC(what_was_set_before_the_wait_is_not_lost, "SYNC-3")
{
    in_both_forms(set_before);
}

/* Threads that wait, and how many came through. */
typedef struct turnstile {
    xipc_event *event;
    atomic_uint count;
    spec_thread *threads[THREAD_COUNT];
} turnstile;

static void come_through(void *context)
{
    turnstile *gate = context;

    REQUIRE_OK(xipc_event_wait(gate->event, XIPC_FOREVER));
    atomic_fetch_add(&gate->count, 1);
}

static void gate_begin(turnstile *gate, xipc_event *event)
{
    gate->event = event;
    atomic_init(&gate->count, 0);
    for (int i = 0; i < THREAD_COUNT; i++) {
        gate->threads[i] = spec_thread_start(come_through, gate);
    }
}

static void gate_end(turnstile *gate)
{
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(gate->threads[i]);
    }
}

static void one_by_one(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);
    turnstile gate;

    gate_begin(&gate, event);
    for (unsigned i = 1; i <= THREAD_COUNT; i++) {
        REQUIRE_OK(xipc_event_set(event));
        while (atomic_load(&gate.count) < i) {
            /* the watchdog ends it */
        }
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(15)));
        REQUIRE_UINT(i, atomic_load(&gate.count));
    }
    gate_end(&gate);

    require_not_set(event);
    xipc_event_close(event);
}

SPEC(an_automatic_event_wakes_one_of_those_who_wait, "SYNC-3 GEN-6")
{
    in_both_forms(one_by_one);
}

static void all_at_once(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_MANUAL);
    spec_peer *hand = hand_at(place);
    turnstile gate;

    hand_does(hand, "pass now", XIPC_E_AGAIN);
    spec_tell(hand, "pass");
    gate_begin(&gate, event);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(20)));
    REQUIRE_UINT(0, atomic_load(&gate.count));
    REQUIRE_OK(xipc_event_set(event));

    gate_end(&gate);
    hand_answers(hand, XIPC_OK);
    require_set(event);
    hand_ends(hand);
    xipc_event_close(event);
}

SPEC(a_manual_event_wakes_all_who_wait, "SYNC-3")
{
    in_both_forms(all_at_once);
}

/*
 * What a hand says that waits so long, with so much time to begin, and is
 * stopped while the event is set and reset again.
 */
static xipc_status
answer_to_a_pulse(const char *place, int64_t patience_ms, const char *order)
{
    xipc_event *event = event_made(place, XIPC_EVENT_MANUAL);
    spec_peer *hand = hand_at(place);
    xipc_status status;

    hand_does(hand, "pass now", XIPC_E_AGAIN);
    spec_tell(hand, order);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(patience_ms)));
    spec_suspend(hand);
    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_reset(event));
    spec_resume(hand);
    status = hand_answer(hand);

    require_not_set(event);
    hand_ends(hand);
    xipc_event_close(event);
    return status;
}

/*
 * Nothing tells when a hand has begun to wait. So a machine that is too slow
 * is given more time; whoever has begun is let through the first time.
 */
static void pulses(const char *place)
{
    static const char *const orders[] = {
        "pass 200", "pass 400", "pass 800", "pass 1600", "pass 6400"};
    static const int64_t patience_ms[] = {50, 100, 200, 400, 1600};
    xipc_status status = XIPC_E_TIMEOUT;

    for (int i = 0; i < 5 && status != XIPC_OK; i++) {
        status = answer_to_a_pulse(place, patience_ms[i], orders[i]);
    }
    REQUIRE_OK(status);
}

SPEC(a_manual_event_set_and_reset_lets_those_through_who_wait, "SYNC-3")
{
    in_both_forms(pulses);
}

static int64_t waiter_dies(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);
    spec_peer *first = hand_at(place);
    spec_peer *second = hand_at(place);
    int64_t start;
    int64_t took;

    hand_does(first, "pass now", XIPC_E_AGAIN);
    hand_does(second, "pass now", XIPC_E_AGAIN);
    spec_tell(first, "pass");
    spec_tell(second, "pass");
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(15)));
    spec_kill(first);
    start = spec_now_ns();
    REQUIRE_OK(xipc_event_set(event));
    hand_answers(second, XIPC_OK);
    took = spec_now_ns() - start;

    require_not_set(event);
    hand_ends(second);
    xipc_event_close(event);
    return took;
}

static void waiters_die(const char *place)
{
    for (int i = 0; i < 5; i++) {
        within_a_second(waiter_dies, place);
    }
}

SPEC(a_killed_waiter_takes_no_event_with_it, "SYNC-3 GEN-11")
{
    in_both_forms(waiters_die);
}

static void setter_dies(const char *place)
{
    xipc_event *event = event_made(place, XIPC_EVENT_AUTO);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "set", XIPC_OK);
    spec_kill(hand);

    require_set(event);
    require_not_set(event);
    xipc_event_close(event);
}

SPEC(what_was_set_stays_set_when_its_setter_dies, "SYNC-3 GEN-11")
{
    in_both_forms(setter_dies);
}

SPEC(an_existing_event_keeps_its_mode_and_stays_set, "SYNC-3 LIFE-3")
{
    xipc_event *event = event_made("a", XIPC_EVENT_MANUAL);
    xipc_event *joined = NULL;
    int created = 77;

    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_open_or_create(
        "a", XIPC_EVENT_AUTO, NULL, XIPC_FOREVER, &joined, &created));

    REQUIRE(created == 0);
    require_set(joined);
    require_set(joined);
    xipc_event_close(joined);
    xipc_event_close(event);
}

SPEC(a_persistent_event_stays_set, "SYNC-3 LIFE-2")
{
    xipc_sync_options options = sync_lasting(XIPC_PERSISTENT);
    xipc_event *event = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    REQUIRE_OK(xipc_event_create(
        "a", XIPC_EVENT_AUTO, &options, XIPC_FOREVER, &event));
    REQUIRE_OK(xipc_event_set(event));
    xipc_event_close(event);

    event = event_joined("a");
    require_set(event);
    require_not_set(event);
    xipc_event_close(event);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_EVENT, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}
