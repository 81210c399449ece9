/* SPDX-License-Identifier: Apache-2.0 */
/* What comes into a poller and goes out of it, and how many can have it. */
#include <string.h>

#include "support/poller_kit.h"

/* Cookies. */
static char a;
static char b;
static char c;

SPEC(an_object_is_in_a_poller_once, "WAIT-1")
{
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_poller_add(poller, thing_object(&one), XIPC_READABLE, &b));
    REQUIRE(strstr(xipc_detail(), "'a'") != NULL);
    make_ready(&one);
    require_told(poller, &a);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_poller_add(poller, thing_object(&one), XIPC_READABLE, &b));
    require_told(poller, &a);
    poller_drops(poller, thing_object(&one));
    poller_takes(poller, thing_object(&one), &b);
    require_told(poller, &b);

    xipc_poller_close(poller);
    thing_closed(&one);
}

static void removed(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);

    make_ready(&one);
    require_told(poller, &a);
    poller_drops(poller, thing_object(&one));
    require_silent(poller);
    take_it(&one);
    make_ready(&one);
    require_silent(poller);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove(poller, thing_object(&one)));
    poller_takes(poller, thing_object(&one), &b);
    require_told(poller, &b);
    take_it(&one);
    require_silent(poller);
    make_ready(&one);
    poller_drops(poller, thing_object(&one));
    require_silent(poller);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_was_removed_is_not_told_and_can_come_again, "WAIT-1")
{
    with_all_things(removed);
}

SPEC(what_is_not_in_a_poller_cannot_be_removed, "WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    thing same = thing_joined(THING_AUTO, "a");
    xipc_poller *poller = poller_made();
    xipc_poller *other = poller_of(&one, &a);

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove(poller, thing_object(&one)));
    poller_takes(poller, thing_object(&one), &b);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove(poller, thing_object(&same)));
    poller_drops(poller, thing_object(&one));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove(poller, thing_object(&one)));
    make_ready(&one);
    require_silent(poller);
    require_told(other, &a);

    xipc_poller_close(other);
    xipc_poller_close(poller);
    thing_closed(&same);
    thing_closed(&one);
}

static void closed(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    thing same = thing_joined(kind, place);
    thing other = thing_made(kind, place[0] == '@' ? "@b" : "b");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_poller *second = poller_of(&one, &b);

    poller_takes(poller, thing_object(&other), &c);
    make_ready(&one);
    require_told(second, &b);
    thing_closed(&one);
    require_silent(poller);
    require_silent(second);
    make_ready(&same);
    require_silent(poller);
    make_ready(&other);
    require_told(poller, &c);
    poller_takes(poller, thing_object(&same), &a);
    require_told_both(poller, &a, &c);

    xipc_poller_close(second);
    xipc_poller_close(poller);
    thing_closed(&other);
    thing_closed(&same);
}

SPEC(closing_a_handle_takes_it_out_of_every_poller, "WAIT-1")
{
    with_all_things(closed);
}

static void outlived(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);

    make_ready(&one);
    require_told(poller, &a);
    xipc_poller_close(poller);
    take_it(&one);
    make_ready(&one);
    poller = poller_of(&one, &b);
    require_told(poller, &b);
    xipc_poller_close(poller);
    take_it(&one);

    thing_closed(&one);
}

SPEC(what_is_in_a_poller_that_closes_stays_open, "WAIT-1")
{
    with_all_things(outlived);
}

static void added_meanwhile(thing_kind kind, const char *place)
{
    unsigned rounds = rounds_here(50, 20);
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_made();
    poll_call call;

    for (unsigned i = 0; i < rounds; i++) {
        poll_begin(&call, poller, XIPC_FOREVER);
        if (i % 2 == 0) {
            make_ready(&one);
        }
        poller_takes(poller, thing_object(&one), &a);
        if (i % 2 == 1) {
            make_ready(&one);
        }
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &a) == XIPC_READABLE);
        poller_drops(poller, thing_object(&one));
        take_it(&one);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_is_added_while_a_thread_waits_ends_its_wait, "WAIT-1 GEN-6")
{
    with_all_things(added_meanwhile);
}

SPEC(what_is_removed_while_a_thread_waits_does_not_end_its_wait, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(50, 20);
    thing one = thing_made(THING_AUTO, "a");
    thing other = thing_made(THING_AUTO, "@b");
    xipc_poller *poller = poller_of(&one, &a);
    poll_call call;

    for (unsigned i = 0; i < rounds; i++) {
        poller_takes(poller, thing_object(&other), &b);
        poll_begin(&call, poller, XIPC_FOREVER);
        poller_drops(poller, thing_object(&other));
        make_ready(&other);
        make_ready(&one);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &a) == XIPC_READABLE);
        take_it(&one);
        take_it(&other);
    }

    xipc_poller_close(poller);
    thing_closed(&other);
    thing_closed(&one);
}

SPEC(what_is_closed_while_a_thread_waits_is_no_more_waited_for, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(50, 20);
    thing one = thing_made(THING_COUNT, "a");
    xipc_poller *poller = poller_of(&one, &a);
    poll_call call;

    for (unsigned i = 0; i < rounds; i++) {
        thing other = thing_made(THING_MANUAL, "b");

        poller_takes(poller, thing_object(&other), &b);
        poll_begin(&call, poller, XIPC_FOREVER);
        thing_closed(&other);
        make_ready(&one);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &a) == XIPC_READABLE);
        take_it(&one);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

/* What a thread adds and removes all the time. */
typedef struct restless {
    xipc_poller *poller;
    thing one;
    void *cookie;
    atomic_int may_stop;
} restless;

static void comes_and_goes(void *context)
{
    restless *self = context;

    while (!atomic_load(&self->may_stop)) {
        poller_takes(self->poller, thing_object(&self->one), self->cookie);
        poller_drops(self->poller, thing_object(&self->one));
    }
}

/* What is added anew meanwhile may be told anew in the same answer. */
static void wait_for_a(xipc_poller *poller)
{
    answer all = {.count = 0};

    while (told_of(&all, &a) == 0) {
        REQUIRE_OK(xipc_poller_wait(
            poller, all.ready, ANSWER_MAX, XIPC_FOREVER, &all.count));
        REQUIRE(told_of(&all, &b) == 0);
    }
}

SPEC(threads_add_and_remove_while_others_wait, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(2000, 200);
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    restless idle = {
        .poller = poller, .one = thing_made(THING_AUTO, "b"), .cookie = &b};
    restless busy = {
        .poller = poller, .one = thing_made(THING_MANUAL, "@c"), .cookie = &c};
    spec_thread *threads[2];

    make_ready(&busy.one);
    threads[0] = spec_thread_start(comes_and_goes, &idle);
    threads[1] = spec_thread_start(comes_and_goes, &busy);
    for (unsigned i = 0; i < rounds; i++) {
        make_ready(&one);
        wait_for_a(poller);
        take_it(&one);
    }
    atomic_store(&idle.may_stop, 1);
    atomic_store(&busy.may_stop, 1);
    spec_thread_join(threads[0]);
    spec_thread_join(threads[1]);

    require_silent(poller);
    thing_closed(&busy.one);
    thing_closed(&idle.one);
    xipc_poller_close(poller);
    thing_closed(&one);
}

static void require_no_place(xipc_poller *poller, const thing *one)
{
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_poller_add(poller, thing_object(one), XIPC_READABLE, &a));
    REQUIRE(strstr(xipc_detail(), "8") != NULL);
}

static void nine(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    thing same = thing_joined(kind, place);
    thing other = thing_made(THING_MANUAL, "other");
    crowd all = crowd_at(thing_object(&one), 0);
    xipc_poller *ninth = poller_of(&other, &b);

    require_no_place(ninth, &one);
    require_no_place(ninth, &same);
    make_ready(&one);
    for (int i = 0; i < PLACE_COUNT; i++) {
        require_told(all.pollers[i], &kit_untouched);
    }
    require_silent(ninth);
    make_ready(&other);
    require_told(ninth, &b);
    poller_drops(all.pollers[3], thing_object(&one));
    poller_takes(ninth, thing_object(&one), &a);
    require_told_both(ninth, &a, &b);
    require_no_place(all.pollers[3], &one);
    poller_drops(ninth, thing_object(&one));

    xipc_poller_close(ninth);
    crowd_leaves(&all);
    thing_closed(&other);
    thing_closed(&same);
    thing_closed(&one);
}

SPEC(eight_pollers_wait_for_an_object_and_not_nine, "WAIT-2")
{
    with_all_things(nine);
}

SPEC(a_place_is_free_when_its_poller_or_its_handle_is_closed, "WAIT-2")
{
    thing one = thing_made(THING_AUTO, "a");
    thing same = thing_joined(THING_AUTO, "a");
    crowd all = crowd_at(thing_object(&one), 1);
    xipc_poller *poller = poller_made();
    xipc_poller *ninth = poller_made();

    for (int i = 0; i < 20; i++) {
        xipc_poller *last = poller_of(&same, &a);

        require_no_place(poller, &one);
        xipc_poller_close(last);
    }
    poller_takes(poller, thing_object(&same), &a);
    require_no_place(ninth, &one);
    thing_closed(&same);
    poller_takes(ninth, thing_object(&one), &b);
    make_ready(&one);
    require_told(ninth, &b);

    xipc_poller_close(ninth);
    xipc_poller_close(poller);
    crowd_leaves(&all);
    thing_closed(&one);
}

/* Pollers at what stands there, until it is told to end or is killed. */
PEER(a_process_with_pollers)
{
    thing one = thing_joined(THING_COUNT, spec_argument(0));
    unsigned count = (unsigned)(spec_argument(1)[0] - '0');
    crowd all = crowd_at(thing_object(&one), PLACE_COUNT - count);

    require_silent(all.pollers[0]);
    spec_tell(NULL, "waiting");
    spec_expect(NULL, "end");
    crowd_leaves(&all);
    thing_closed(&one);
}

static spec_peer *pollers_elsewhere(const char *place, const char *count)
{
    spec_peer *peer = START(a_process_with_pollers, place, count);

    spec_expect(peer, "waiting");
    return peer;
}

static void of_all_processes(const char *place)
{
    thing one = thing_made(THING_COUNT, place);
    spec_peer *three = pollers_elsewhere(place, "3");
    spec_peer *four = pollers_elsewhere(place, "4");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_poller *ninth = poller_made();

    require_no_place(ninth, &one);
    spec_tell(three, "end");
    spec_join(three);
    poller_takes(ninth, thing_object(&one), &a);
    make_ready(&one);
    require_told(poller, &a);
    require_told(ninth, &a);

    spec_tell(four, "end");
    spec_join(four);
    xipc_poller_close(ninth);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(the_places_are_those_of_all_processes_together, "WAIT-2")
{
    in_both_forms(of_all_processes);
}

static void died(const char *place)
{
    thing one = thing_made(THING_COUNT, place);
    xipc_poller *poller = poller_of(&one, &a);

    for (int round = 0; round < 3; round++) {
        spec_peer *seven = pollers_elsewhere(place, "7");
        crowd all;

        spec_kill(seven);
        all = crowd_at(thing_object(&one), 1);
        make_ready(&one);
        require_told(poller, &a);
        for (unsigned i = 0; i < all.count; i++) {
            require_told(all.pollers[i], &kit_untouched);
        }
        take_it(&one);
        crowd_leaves(&all);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(the_places_of_pollers_that_died_are_free, "WAIT-2 GEN-11")
{
    in_both_forms(died);
}

static void rings_the_dead(const char *place)
{
    thing one = thing_made(THING_COUNT, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at(place);

    for (int round = 0; round < 3; round++) {
        spec_kill(pollers_elsewhere(place, "7"));
        for (int i = 0; i < 5; i++) {
            hand_does(hand, "post", XIPC_OK);
            require_told(poller, &a);
            take_it(&one);
            require_silent(poller);
        }
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(who_makes_ready_what_dead_pollers_waited_for_goes_on, "WAIT-2 GEN-11")
{
    in_both_forms(rings_the_dead);
}

/* ---- what cannot be waited for ---- */

static void require_not_waitable(xipc_poller *poller, xipc_object *object)
{
    REQUIRE(object != NULL);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(poller, object, XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(poller, object, XIPC_WRITABLE, &a));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_poller_remove(poller, object));
}

static void guards(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_condition *condition = condition_made(place);
    xipc_poller *poller = poller_made();

    require_not_waitable(poller, xipc_mutex_object(mutex));
    require_not_waitable(poller, xipc_condition_object(condition));
    require_silent(poller);

    xipc_poller_close(poller);
    xipc_condition_close(condition);
    xipc_mutex_close(mutex);
}

SPEC(a_mutex_and_a_condition_cannot_be_waited_for_in_a_poller, "WAIT-2")
{
    in_both_forms(guards);
}

SPEC(a_section_cannot_be_waited_for_in_a_poller, "WAIT-1")
{
    xipc_section *section = section_created("a", 1);
    xipc_poller *poller = poller_made();

    require_not_waitable(poller, xipc_section_object(section));
    require_silent(poller);

    xipc_poller_close(poller);
    xipc_section_close(section);
}

SPEC(a_poller_is_no_object_that_a_poller_waits_for, "WAIT-1")
{
    xipc_poller *poller = poller_made();
    xipc_poller *other = poller_made();

    require_not_waitable(poller, xipc_poller_object(other));
    require_not_waitable(poller, xipc_poller_object(poller));
    require_silent(poller);

    xipc_poller_close(other);
    xipc_poller_close(poller);
}

static void not_for_writing(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_made();

    make_ready(&one);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(poller, thing_object(&one), XIPC_WRITABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, thing_object(&one), XIPC_READABLE | XIPC_WRITABLE, &a));
    require_silent(poller);
    poller_takes(poller, thing_object(&one), &a);
    require_told(poller, &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(an_event_and_a_semaphore_are_not_waited_for_to_write, "WAIT-2")
{
    with_all_things(not_for_writing);
}
