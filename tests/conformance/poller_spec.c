/* SPDX-License-Identifier: Apache-2.0 */
/* What a poller tells: what is ready, all of it, and as long as it is so. */
#include "support/poller_kit.h"

/* Cookies. */
static char a;
static char b;
static char c;

static void by_this_process(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    thing same = thing_joined(kind, place);
    xipc_poller *poller = poller_of(&one, &a);

    require_silent(poller);
    make_ready(&one);
    require_told(poller, &a);
    take_it(&one);
    require_silent(poller);
    make_ready(&same);
    require_told(poller, &a);
    take_it(&same);
    require_silent(poller);

    xipc_poller_close(poller);
    thing_closed(&same);
    thing_closed(&one);
}

SPEC(what_this_process_makes_ready_is_told, "WAIT-1 WAIT-2")
{
    with_all_things(by_this_process);
}

static void by_another_process(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at(place);

    require_silent(poller);
    for (int i = 0; i < 20; i++) {
        hand_does(hand, order_ready(kind), XIPC_OK);
        require_told(poller, &a);
        take_it(&one);
        require_silent(poller);
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_another_process_makes_ready_is_told, "WAIT-1 WAIT-2")
{
    with_all_things(by_another_process);
}

static void while_waiting(thing_kind kind, const char *place)
{
    unsigned rounds = rounds_here(200, 50);
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at(place);

    for (unsigned i = 0; i < rounds; i++) {
        spec_tell(hand, order_ready(kind));
        require_told(poller, &a);
        take_it(&one);
        hand_answers(hand, XIPC_OK);
    }
    require_silent(poller);

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_another_process_makes_ready_ends_the_wait, "WAIT-1 WAIT-2")
{
    with_all_things(while_waiting);
}

/* Long after the poller has gone to sleep. */
static void after_a_while(thing_kind kind, const char *place)
{
    static const int64_t whiles[] = {5, 15, 40, 900};
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    xipc_poller *empty = poller_made();
    xipc_ready ready;
    size_t count;
    poll_call call;

    for (size_t i = 0; i < sizeof whiles / sizeof whiles[0]; i++) {
        poll_begin(&call, poller, XIPC_FOREVER);
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_poller_wait(
                empty, &ready, 1, xipc_after_ms(whiles[i]), &count));
        make_ready(&one);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &a) == XIPC_READABLE);
        take_it(&one);
    }

    xipc_poller_close(empty);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_a_thread_makes_ready_ends_the_wait_however_long_it_was, "WAIT-1")
{
    after_a_while(THING_AUTO, "a");
    after_a_while(THING_COUNT, "@a");
}

static void as_long_as(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at(place);

    make_ready(&one);
    for (int i = 0; i < 10; i++) {
        require_told(poller, &a);
    }
    hand_does(hand, order_take(kind), XIPC_OK);
    require_silent(poller);
    hand_does(hand, order_ready(kind), XIPC_OK);
    hand_does(hand, order_ready(kind), XIPC_OK);
    require_told(poller, &a);
    require_told(poller, &a);
    take_it(&one);
    if (kind == THING_COUNT) {
        require_told(poller, &a);
        take_it(&one);
    }
    require_silent(poller);

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_is_ready_is_told_at_each_wait_until_it_is_not, "WAIT-1")
{
    with_all_things(as_long_as);
}

static void before_anybody_looked(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at(place);

    for (int i = 0; i < 20; i++) {
        hand_does(hand, order_ready(kind), XIPC_OK);
        hand_does(hand, order_take(kind), XIPC_OK);
        if (i % 2 == 0) {
            require_silent(poller);
        }
    }
    make_ready(&one);
    require_told(poller, &a);

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_was_ready_and_is_no_more_is_not_told, "WAIT-1 WAIT-2")
{
    with_all_things(before_anybody_looked);
}

static void was_ready_before(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller;

    make_ready(&one);
    poller = poller_of(&one, &a);
    require_told(poller, &a);
    require_told(poller, &a);
    take_it(&one);
    require_silent(poller);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(what_is_ready_when_it_is_added_is_told, "WAIT-1")
{
    with_all_things(was_ready_before);
}

SPEC(each_count_of_a_semaphore_is_told_until_none_is_left, "WAIT-1 WAIT-2")
{
    xipc_semaphore *semaphore = semaphore_made("a", 3, 10);
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_semaphore_object(semaphore), &a);
    for (int i = 0; i < 3; i++) {
        require_told(poller, &a);
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    }
    require_silent(poller);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 10));
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 1));
    for (int i = 0; i < 10; i++) {
        require_told(poller, &a);
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    }
    require_silent(poller);

    xipc_poller_close(poller);
    xipc_semaphore_close(semaphore);
}

SPEC(the_cookie_comes_back_as_it_was_given, "WAIT-1")
{
    void *const cookies[] = {NULL, &a, (void *)(intptr_t)-1, (void *)1};
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_made();

    make_ready(&one);
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        poller_takes(poller, thing_object(&one), cookies[i]);
        require_told(poller, cookies[i]);
        poller_drops(poller, thing_object(&one));
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}

/* Three things of three kinds in one poller. */
typedef struct trio {
    thing a;
    thing b;
    thing c;
    xipc_poller *poller;
} trio;

static trio trio_made(void)
{
    trio self = {
        thing_made(THING_AUTO, "a"), thing_made(THING_MANUAL, "@b"),
        thing_made(THING_COUNT, "c"), poller_made()};

    poller_takes(self.poller, thing_object(&self.a), &a);
    poller_takes(self.poller, thing_object(&self.b), &b);
    poller_takes(self.poller, thing_object(&self.c), &c);
    return self;
}

static void trio_closed(trio *self)
{
    xipc_poller_close(self->poller);
    thing_closed(&self->c);
    thing_closed(&self->b);
    thing_closed(&self->a);
}

SPEC(of_many_those_are_told_that_are_ready, "WAIT-1 WAIT-2")
{
    trio all = trio_made();

    require_silent(all.poller);
    make_ready(&all.b);
    require_told(all.poller, &b);
    make_ready(&all.c);
    require_told_both(all.poller, &b, &c);
    require_told_both(all.poller, &b, &c);
    take_it(&all.b);
    require_told(all.poller, &c);
    make_ready(&all.a);
    require_told_both(all.poller, &a, &c);
    take_it(&all.c);
    require_told(all.poller, &a);
    take_it(&all.a);
    require_silent(all.poller);

    trio_closed(&all);
}

SPEC(one_cookie_may_be_given_to_many, "WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    thing other = thing_made(THING_COUNT, "b");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_ready ready[3];
    size_t count = 0;

    poller_takes(poller, thing_object(&other), &a);
    make_ready(&one);
    make_ready(&other);
    REQUIRE_OK(xipc_poller_wait(poller, ready, 3, XIPC_NOW, &count));
    REQUIRE_UINT(2, count);
    REQUIRE(ready[0].cookie == &a && ready[1].cookie == &a);
    take_it(&one);
    require_told(poller, &a);
    take_it(&other);
    require_silent(poller);

    xipc_poller_close(poller);
    thing_closed(&other);
    thing_closed(&one);
}

/* What was just told and what has just become ready, in one answer. */
SPEC(nothing_is_told_twice_in_one_answer, "WAIT-1")
{
    trio all = trio_made();
    spec_peer *hand = hand_at("c");

    make_ready(&all.b);
    for (int i = 0; i < 20; i++) {
        require_told(all.poller, &b);
        hand_does(hand, "post", XIPC_OK);
        require_told_both(all.poller, &b, &c);
        require_told_both(all.poller, &b, &c);
        take_it(&all.c);
    }

    hand_ends(hand);
    trio_closed(&all);
}

/* Each of those that are ready within as many waits as there are. */
static void require_turns(xipc_poller *poller, int has_a)
{
    int a_count = 0;
    int b_count = 0;
    int c_count = 0;

    for (int i = 0; i < 30; i++) {
        answer one = told_at_most(poller, 1);

        a_count += told_of(&one, &a) != 0;
        b_count += told_of(&one, &b) != 0;
        c_count += told_of(&one, &c) != 0;
    }
    REQUIRE_UINT(30, (unsigned)(a_count + b_count + c_count));
    REQUIRE(has_a ? a_count >= 5 : a_count == 0);
    REQUIRE(b_count >= 5);
    REQUIRE(c_count >= 5);
}

SPEC(what_does_not_fit_is_told_next_and_nothing_starves, "WAIT-1")
{
    trio all = trio_made();

    make_ready(&all.a);
    make_ready(&all.b);
    make_ready(&all.c);
    require_turns(all.poller, 1);
    take_it(&all.a);
    require_turns(all.poller, 0);

    trio_closed(&all);
}

/* Nobody ever takes what "b" and "c" have. */
SPEC(what_is_always_ready_starves_nothing_that_comes_later, "WAIT-1")
{
    trio all = trio_made();
    spec_peer *hand = hand_at("a");

    make_ready(&all.b);
    make_ready(&all.c);
    for (int i = 0; i < 5; i++) {
        require_turns(all.poller, 0);
        hand_does(hand, "set", XIPC_OK);
        require_turns(all.poller, 1);
        take_it(&all.a);
    }

    hand_ends(hand);
    trio_closed(&all);
}

static void in_two_pollers(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *first = poller_of(&one, &a);
    xipc_poller *second = poller_of(&one, &b);
    spec_peer *hand = hand_at(place);

    require_silent(second);
    for (int i = 0; i < 5; i++) {
        hand_does(hand, order_ready(kind), XIPC_OK);
        require_told(first, &a);
        require_told(second, &b);
        require_told(first, &a);
        take_it(&one);
        require_silent(first);
        require_silent(second);
    }

    hand_ends(hand);
    xipc_poller_close(second);
    xipc_poller_close(first);
    thing_closed(&one);
}

SPEC(each_poller_of_an_object_is_told, "WAIT-2")
{
    with_all_things(in_two_pollers);
}

/* Waits at a poller of its own whenever it is told to. */
PEER(a_watcher)
{
    thing_kind kind = spec_argument(1)[0] == 'p' ? THING_COUNT : THING_MANUAL;
    thing one = thing_joined(kind, spec_argument(0));
    xipc_poller *poller = poller_of(&one, &b);
    char line[16];

    require_silent(poller);
    spec_tell(NULL, "watching");
    spec_hear(NULL, line, sizeof line);
    while (line[0] == 'w') {
        require_told(poller, &b);
        spec_tell(NULL, "told");
        spec_hear(NULL, line, sizeof line);
    }
    xipc_poller_close(poller);
    thing_closed(&one);
}

static void in_many_processes(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *watchers[3];

    for (int i = 0; i < 3; i++) {
        watchers[i] = START(a_watcher, place, order_ready(kind));
        spec_expect(watchers[i], "watching");
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++) {
            spec_tell(watchers[i], "watch");
        }
        make_ready(&one);
        for (int i = 0; i < 3; i++) {
            spec_expect(watchers[i], "told");
        }
        require_told(poller, &a);
        take_it(&one);
        require_silent(poller);
    }

    for (int i = 0; i < 3; i++) {
        spec_tell(watchers[i], "end");
        spec_join(watchers[i]);
    }
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(the_pollers_of_all_processes_are_told, "WAIT-2")
{
    in_many_processes(THING_MANUAL, "a");
    in_many_processes(THING_MANUAL, "@a");
    in_many_processes(THING_COUNT, "a");
    in_many_processes(THING_COUNT, "@a");
}

/* The hand takes one at some time, so that of two posts one is left. */
SPEC(whoever_waits_at_a_poller_shares_with_whoever_waits_by_the_call, "WAIT-2")
{
    unsigned rounds = rounds_here(2000, 200);
    thing one = thing_made(THING_COUNT, "a");
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("a");
    unsigned taken = 0;

    spec_tell(hand, "take");
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_semaphore_post(one.semaphore, 2));
        require_told(poller, &a);
        while (xipc_semaphore_wait(one.semaphore, XIPC_NOW) == XIPC_OK) {
            taken++;
        }
    }
    REQUIRE(taken == 2 * rounds || taken + 1 == 2 * rounds);
    if (taken == 2 * rounds) {
        make_ready(&one);
    }
    hand_answers(hand, XIPC_OK);
    require_silent(poller);

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}
