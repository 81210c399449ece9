/* SPDX-License-Identifier: Apache-2.0 */
/* How long a wait at a poller lasts, what ends it, and who may wait at once. */
#include <string.h>

#include "support/poller_kit.h"

enum { THREAD_COUNT = 4 };

/* Cookies. */
static char a;
static char b;

/* Nothing comes until the deadline, and not a moment earlier. */
static void require_timeout(xipc_poller *poller, int64_t ms)
{
    xipc_deadline deadline = xipc_after_ms(ms);
    xipc_ready ready = {&kit_untouched, 77};
    size_t count = 77;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_poller_wait(poller, &ready, 1, deadline, &count));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(ready.cookie == &kit_untouched && ready.events == 77);
    REQUIRE(count == 77);
}

static void in_vain(thing_kind kind, const char *place)
{
    static const int64_t distances[] = {-1000, 0, 1, 9, 10, 11, 35, 250, 900};
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);

    require_silent(poller);
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        require_timeout(poller, distances[i]);
    }
    require_silent(poller);
    make_ready(&one);
    require_told(poller, &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(a_wait_at_a_poller_in_vain_gives_up_no_earlier_than_its_deadline, "GEN-4")
{
    in_vain(THING_AUTO, "a");
    in_vain(THING_COUNT, "@a");
}

SPEC(an_empty_poller_waits_for_its_deadline_too, "GEN-4 WAIT-1")
{
    xipc_poller *poller = poller_made();

    require_silent(poller);
    require_timeout(poller, -1);
    require_timeout(poller, 15);
    require_timeout(poller, 300);

    xipc_poller_close(poller);
}

SPEC(a_deadline_of_less_than_a_millisecond_is_not_cut_short, "GEN-4")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);

    for (int64_t ns = 1; ns < 3000000; ns = ns * 2 + 1) {
        xipc_deadline deadline = xipc_after_ns(ns);
        xipc_ready ready;
        size_t count;

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_poller_wait(poller, &ready, 1, deadline, &count));
        REQUIRE(xipc_after_ns(0) >= deadline);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_is_ready_is_told_whatever_the_deadline, "GEN-4 WAIT-1")
{
    const xipc_deadline deadlines[] = {
        XIPC_NOW, XIPC_FOREVER, xipc_after_ms(-1000), xipc_after_ms(600000), 1};
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);

    make_ready(&one);
    for (size_t i = 0; i < sizeof deadlines / sizeof deadlines[0]; i++) {
        xipc_ready ready = {NULL, 0};
        size_t count = 0;

        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, deadlines[i], &count));
        REQUIRE_UINT(1, count);
        REQUIRE(ready.cookie == &a && ready.events == XIPC_READABLE);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

/* A wait that is woken for nothing begins no new one. */
SPEC(what_another_process_takes_first_does_not_lengthen_the_wait, "GEN-4")
{
    thing one = thing_made(THING_COUNT, "a");
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("a");
    xipc_deadline deadline = xipc_after_ms(200);
    xipc_status status = XIPC_OK;
    xipc_ready ready;
    size_t count;

    for (int i = 0; i < 4; i++) {
        spec_tell(hand, "post");
        spec_tell(hand, "take");
    }
    while (status == XIPC_OK) {
        status = xipc_poller_wait(poller, &ready, 1, deadline, &count);
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
    REQUIRE(xipc_after_ms(0) >= deadline);
    for (int i = 0; i < 8; i++) {
        hand_answers(hand, XIPC_OK);
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* ---- interrupting ---- */

static void require_canceled(xipc_poller *poller, xipc_deadline deadline)
{
    xipc_ready ready = {&kit_untouched, 77};
    size_t count = 77;

    REQUIRE_STATUS(
        XIPC_E_CANCELED, xipc_poller_wait(poller, &ready, 1, deadline, &count));
    REQUIRE(ready.cookie == &kit_untouched && ready.events == 77);
    REQUIRE(count == 77);
}

SPEC(an_interrupt_ends_the_waits_at_a_poller_now_and_later, "GEN-5")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_object *object = xipc_poller_object(poller);
    poll_call calls[2];

    REQUIRE(object != NULL && object == xipc_poller_object(poller));
    for (int i = 0; i < 20; i++) {
        poll_begin(&calls[0], poller, XIPC_FOREVER);
        poll_begin(&calls[1], poller, xipc_after_ms(600000));
        REQUIRE_OK(xipc_interrupt(object));
        REQUIRE_STATUS(XIPC_E_CANCELED, poll_end(&calls[0]));
        REQUIRE_STATUS(XIPC_E_CANCELED, poll_end(&calls[1]));
        require_canceled(poller, XIPC_FOREVER);
        require_canceled(poller, xipc_after_ms(600000));
        REQUIRE_OK(xipc_interrupt_clear(object));
        require_silent(poller);
        require_timeout(poller, 1);
        make_ready(&one);
        require_told(poller, &a);
        take_it(&one);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

/* Nothing but the interrupt wakes any of them. */
SPEC(an_interrupt_ends_all_waits_at_an_empty_poller, "GEN-5 GEN-6")
{
    unsigned rounds = rounds_here(100, 20);
    xipc_poller *poller = poller_made();
    xipc_object *object = xipc_poller_object(poller);
    poll_call calls[THREAD_COUNT];

    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < THREAD_COUNT; i++) {
            poll_begin(&calls[i], poller, XIPC_FOREVER);
        }
        REQUIRE_OK(xipc_interrupt(object));
        for (int i = 0; i < THREAD_COUNT; i++) {
            REQUIRE_STATUS(XIPC_E_CANCELED, poll_end(&calls[i]));
        }
        require_canceled(poller, XIPC_FOREVER);
        REQUIRE_OK(xipc_interrupt_clear(object));
    }

    xipc_poller_close(poller);
}

/* A call that would not block is not cancelled. */
SPEC(what_is_ready_is_told_in_spite_of_an_interrupt, "GEN-5")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);

    REQUIRE_OK(xipc_interrupt(xipc_poller_object(poller)));
    require_silent(poller);
    make_ready(&one);
    require_told(poller, &a);
    require_told(poller, &a);
    take_it(&one);
    require_canceled(poller, XIPC_FOREVER);
    make_ready(&one);
    require_told(poller, &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(an_interrupt_of_one_poller_or_of_an_object_in_it_ends_no_others, "GEN-5")
{
    thing one = thing_made(THING_COUNT, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_poller *other = poller_of(&one, &b);
    poll_call call;

    poll_begin(&call, poller, XIPC_FOREVER);
    REQUIRE_OK(xipc_interrupt(xipc_poller_object(other)));
    require_canceled(other, XIPC_FOREVER);
    REQUIRE_OK(xipc_interrupt(thing_object(&one)));
    REQUIRE_STATUS(
        XIPC_E_CANCELED, xipc_semaphore_wait(one.semaphore, XIPC_FOREVER));
    make_ready(&one);
    REQUIRE_OK(poll_end(&call));
    REQUIRE(told_of(&call.answer, &a) == XIPC_READABLE);
    require_told(other, &b);

    xipc_poller_close(other);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* ---- several threads ---- */

SPEC(all_threads_that_wait_at_a_poller_are_told, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(20, 5);
    thing one = thing_made(THING_MANUAL, "@a");
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("@a");
    poll_call calls[THREAD_COUNT];

    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < THREAD_COUNT; i++) {
            poll_begin(&calls[i], poller, XIPC_FOREVER);
        }
        hand_does(hand, "set", XIPC_OK);
        for (int i = 0; i < THREAD_COUNT; i++) {
            REQUIRE_OK(poll_end(&calls[i]));
            REQUIRE_UINT(1, calls[i].answer.count);
            REQUIRE(told_of(&calls[i].answer, &a) == XIPC_READABLE);
        }
        take_it(&one);
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* All sleep when there is nothing in it, and until somebody wakes them. */
SPEC(all_threads_that_wait_are_told_of_what_is_added, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(100, 20);
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_made();
    poll_call calls[THREAD_COUNT];

    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < THREAD_COUNT; i++) {
            poll_begin(&calls[i], poller, XIPC_FOREVER);
        }
        poller_takes(poller, thing_object(&one), &a);
        make_ready(&one);
        for (int i = 0; i < THREAD_COUNT; i++) {
            REQUIRE_OK(poll_end(&calls[i]));
            REQUIRE(told_of(&calls[i].answer, &a) == XIPC_READABLE);
        }
        poller_drops(poller, thing_object(&one));
        take_it(&one);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

/* Threads that take from a semaphore what their poller tells of. */
typedef struct workers {
    xipc_poller *poller;
    xipc_semaphore *work;
    xipc_event *end;
    atomic_uint done;
} workers;

static void works_until_the_end(void *context)
{
    workers *self = context;
    answer all = {.count = 0};

    while (told_of(&all, &b) == 0) {
        all = told(self->poller);
        if (told_of(&all, &a) != 0 &&
            xipc_semaphore_wait(self->work, XIPC_NOW) == XIPC_OK) {
            atomic_fetch_add(&self->done, 1);
        }
    }
}

SPEC(threads_share_what_a_poller_tells_of, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(2000, 200);
    workers all = {
        poller_made(), semaphore_made("a", 0, rounds),
        event_made("a", XIPC_EVENT_MANUAL), 0};
    spec_peer *hand = hand_at("a");
    spec_thread *threads[THREAD_COUNT];

    poller_takes(all.poller, xipc_semaphore_object(all.work), &a);
    poller_takes(all.poller, xipc_event_object(all.end), &b);
    for (int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = spec_thread_start(works_until_the_end, &all);
    }
    for (unsigned i = 0; i < rounds; i++) {
        hand_does(hand, "post", XIPC_OK);
    }
    while (atomic_load(&all.done) < rounds) {
        /* the watchdog ends it */
    }
    hand_does(hand, "set", XIPC_OK);
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE_UINT(rounds, atomic_load(&all.done));
    hand_ends(hand);
    xipc_poller_close(all.poller);
    xipc_event_close(all.end);
    xipc_semaphore_close(all.work);
}

/* Posts as often as it is told, without waiting for anybody. */
PEER(a_process_that_posts)
{
    xipc_semaphore *semaphore = semaphore_joined(spec_argument(0));
    uint32_t max = xipc_semaphore_max(semaphore);

    spec_tell(NULL, "ready");
    spec_expect(NULL, "post");
    for (uint32_t i = 0; i < max; i++) {
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    }
    xipc_semaphore_close(semaphore);
}

SPEC(no_post_is_missed_however_fast_they_come, "WAIT-1 WAIT-2")
{
    unsigned total = rounds_here(200000, 5000);
    xipc_semaphore *semaphore = semaphore_made("a", 0, total);
    xipc_poller *poller = poller_made();
    spec_peer *peer = START(a_process_that_posts, "a");
    unsigned taken = 0;

    poller_takes(poller, xipc_semaphore_object(semaphore), &a);
    spec_expect(peer, "ready");
    spec_tell(peer, "post");
    while (taken < total) {
        require_told(poller, &a);
        while (xipc_semaphore_wait(semaphore, XIPC_NOW) == XIPC_OK) {
            taken++;
        }
    }

    require_silent(poller);
    spec_join(peer);
    xipc_poller_close(poller);
    xipc_semaphore_close(semaphore);
}

/* Two processes that have nothing but each other's events to wake them. */
PEER(a_process_that_answers)
{
    xipc_event *ping = event_joined("ping");
    xipc_event *pong = event_joined("pong");
    xipc_poller *poller = poller_made();
    unsigned rounds = rounds_here(20000, 1000);

    poller_takes(poller, xipc_event_object(ping), &a);
    spec_tell(NULL, "ready");
    for (unsigned i = 0; i < rounds; i++) {
        require_told(poller, &a);
        REQUIRE_OK(xipc_event_wait(ping, XIPC_NOW));
        REQUIRE_OK(xipc_event_set(pong));
    }
    xipc_poller_close(poller);
    xipc_event_close(pong);
    xipc_event_close(ping);
}

SPEC(two_processes_wake_each_other_at_their_pollers, "WAIT-1 WAIT-2")
{
    unsigned rounds = rounds_here(20000, 1000);
    xipc_event *ping = event_made("ping", XIPC_EVENT_AUTO);
    xipc_event *pong = event_made("pong", XIPC_EVENT_AUTO);
    xipc_poller *poller = poller_made();
    spec_peer *peer = START(a_process_that_answers);

    poller_takes(poller, xipc_event_object(pong), &b);
    spec_expect(peer, "ready");
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_event_set(ping));
        require_told(poller, &b);
        REQUIRE_OK(xipc_event_wait(pong, XIPC_NOW));
    }

    spec_join(peer);
    xipc_poller_close(poller);
    xipc_event_close(pong);
    xipc_event_close(ping);
}
