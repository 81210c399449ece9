/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop of another kind sleeps at the poller's own handle and asks the poller
 * only when that is ready. Nothing but the handle wakes it, so what it is not
 * woken for is lost, and the case hangs.
 */
#include "support/native_kit.h"

enum { WHILE_MS = 600 };

/* Cookies. */
static char a;
static char b;
static char n;

/* Waits at other handles too. */
typedef struct loop {
    xipc_poller *poller;
    native_thing other;
    xipc_native_handle handles[2];
} loop;

static loop loop_around(xipc_poller *poller)
{
    loop self = {.poller = poller, .other = native_made()};

    self.handles[0] = self.other.handle;
    REQUIRE_OK(xipc_poller_native_handle(poller, &self.handles[1]));
    return self;
}

static void loop_ends(loop *self)
{
    native_closed(&self->other);
    xipc_poller_close(self->poller);
}

static void sleep_at(const loop *self)
{
    REQUIRE_UINT(1, native_wait(self->handles, 2, -1));
}

static int is_ready(const loop *self)
{
    return native_wait(self->handles, 2, 0) == 1;
}

/* Asks without waiting; an answer of none: nothing is ready. */
static answer asked(const loop *self)
{
    answer all = {.count = 0};
    xipc_status status = xipc_poller_wait(
        self->poller, all.ready, ANSWER_MAX, XIPC_NOW, &all.count);

    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        REQUIRE_UINT(0, all.count);
    }
    return all;
}

/* As the other loop does it: sleep, ask, and sleep again if it was nothing. */
static answer next_answer(const loop *self)
{
    answer all;

    do {
        sleep_at(self);
        all = asked(self);
    } while (all.count == 0);
    return all;
}

static void require_loop_told(const loop *self, const void *cookie)
{
    answer all = next_answer(self);

    REQUIRE_UINT(1, all.count);
    REQUIRE(told_of(&all, cookie) == XIPC_READABLE);
}

/* Nothing is there, and the handle has been asked until it says so. */
static void settle(const loop *self)
{
    require_silent(self->poller);
}

static void set_by_another(thing_kind kind, const char *place)
{
    unsigned rounds = rounds_here(200, 50);
    thing one = thing_made(kind, place);
    loop around = loop_around(poller_of(&one, &a));
    spec_peer *hand = hand_at(place);

    settle(&around);
    for (unsigned i = 0; i < rounds; i++) {
        spec_tell(hand, order_ready(kind));
        require_loop_told(&around, &a);
        hand_answers(hand, XIPC_OK);
        take_it(&one);
    }
    settle(&around);

    hand_ends(hand);
    loop_ends(&around);
    thing_closed(&one);
}

SPEC(the_pollers_handle_wakes_a_loop_of_another_kind, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    with_all_things(set_by_another);
}

static void ready_until_not(thing_kind kind, const char *place)
{
    thing one = thing_made(kind, place);
    loop around = loop_around(poller_of(&one, &a));
    answer all;

    settle(&around);
    make_ready(&one);
    for (int i = 0; i < 10; i++) {
        REQUIRE(is_ready(&around));
        all = asked(&around);
        REQUIRE_UINT(1, all.count);
        REQUIRE(is_ready(&around));
    }
    take_it(&one);
    REQUIRE(is_ready(&around));
    settle(&around);
    make_ready(&one);
    REQUIRE(is_ready(&around));
    require_told(around.poller, &a);
    REQUIRE(is_ready(&around));

    loop_ends(&around);
    thing_closed(&one);
}

SPEC(the_pollers_handle_is_ready_until_a_wait_finds_nothing, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    with_all_things(ready_until_not);
}

static void does_not_fit(void)
{
    thing one = thing_made(THING_AUTO, "a");
    thing other = thing_made(THING_AUTO, "b");
    loop around = loop_around(poller_of(&one, &a));
    answer first;
    answer second;

    poller_takes(around.poller, thing_object(&other), &b);
    settle(&around);
    make_ready(&one);
    make_ready(&other);
    sleep_at(&around);
    first = told_at_most(around.poller, 1);
    take_it(told_of(&first, &a) ? &one : &other);
    sleep_at(&around);
    second = told_at_most(around.poller, 1);
    REQUIRE(first.ready[0].cookie != second.ready[0].cookie);
    take_it(told_of(&second, &a) ? &one : &other);
    settle(&around);

    loop_ends(&around);
    thing_closed(&other);
    thing_closed(&one);
}

SPEC(what_does_not_fit_keeps_the_pollers_handle_ready, "WAIT-3 WAIT-1")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    does_not_fit();
}

static void was_told_before(void)
{
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);
    loop around;

    make_ready(&one);
    require_told(poller, &a);
    around = loop_around(poller);
    require_loop_told(&around, &a);
    take_it(&one);
    settle(&around);

    loop_ends(&around);
    thing_closed(&one);
}

SPEC(what_was_told_before_makes_the_pollers_handle_ready, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    was_told_before();
}

static void is_added_ready(void)
{
    thing one = thing_made(THING_MANUAL, "a");
    loop around = loop_around(poller_made());

    settle(&around);
    make_ready(&one);
    for (int i = 0; i < 3; i++) {
        poller_takes(around.poller, thing_object(&one), &a);
        require_loop_told(&around, &a);
        poller_drops(around.poller, thing_object(&one));
        settle(&around);
    }
    take_it(&one);
    poller_takes(around.poller, thing_object(&one), &b);
    make_ready(&one);
    require_loop_told(&around, &b);

    loop_ends(&around);
    thing_closed(&one);
}

SPEC(what_is_added_ready_makes_the_pollers_handle_ready, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    is_added_ready();
}

static void native_is_ready(void)
{
    thing one = thing_made(THING_COUNT, "a");
    native_thing native = native_made();
    loop around = loop_around(poller_of(&one, &a));

    settle(&around);
    REQUIRE_OK(xipc_poller_add_native(
        around.poller, native.handle, XIPC_READABLE, &n));
    for (int i = 0; i < 20; i++) {
        native_set(&native);
        require_loop_told(&around, &n);
        REQUIRE(is_ready(&around));
        native_reset(&native);
        settle(&around);
        make_ready(&one);
        require_loop_told(&around, &a);
        take_it(&one);
        settle(&around);
    }

    loop_ends(&around);
    native_closed(&native);
    thing_closed(&one);
}

SPEC(a_native_handle_makes_the_pollers_handle_ready, "WAIT-3 WAIT-1")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    native_is_ready();
}

/* Whatever else the poller's handle is ready for by then. */
static void native_stays_ready(void)
{
    thing one = thing_made(THING_COUNT, "a");
    native_thing native = native_made();
    loop around = loop_around(poller_of(&one, &a));
    int64_t end = spec_now_ns() + WHILE_MS * NS_PER_MS;
    xipc_ready ready;
    size_t count;

    settle(&around);
    REQUIRE_OK(xipc_poller_add_native(
        around.poller, native.handle, XIPC_READABLE, &n));
    native_set(&native);
    while (spec_now_ns() < end) {
        REQUIRE_OK(
            xipc_poller_wait(around.poller, &ready, 1, XIPC_NOW, &count));
        REQUIRE(ready.cookie == &n);
    }

    loop_ends(&around);
    native_closed(&native);
    thing_closed(&one);
}

SPEC(what_is_ready_is_told_however_long_a_loop_of_another_kind_waits, "WAIT-1")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    native_stays_ready();
}

static void has_its_own(void)
{
    thing one = thing_made(THING_AUTO, "a");
    loop around = loop_around(poller_of(&one, &a));

    settle(&around);
    native_set(&around.other);
    REQUIRE_UINT(0, native_wait(around.handles, 2, -1));
    native_reset(&around.other);
    make_ready(&one);
    require_loop_told(&around, &a);

    loop_ends(&around);
    thing_closed(&one);
}

SPEC(the_other_loop_goes_on_with_what_is_its_own, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    has_its_own();
}

static void one_handle(void)
{
    xipc_poller *poller = poller_made();
    xipc_poller *other = poller_made();
    xipc_native_handle handles[3] = {-1, -1, -1};

    REQUIRE_OK(xipc_poller_native_handle(poller, &handles[0]));
    REQUIRE_OK(xipc_poller_native_handle(poller, &handles[1]));
    REQUIRE_OK(xipc_poller_native_handle(other, &handles[2]));
    REQUIRE(handles[0] != -1 && handles[0] == handles[1]);
    REQUIRE(handles[0] != handles[2]);

    xipc_poller_close(other);
    xipc_poller_close(poller);
}

SPEC(a_poller_has_one_handle, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    one_handle();
}

SPEC(where_there_is_no_such_handle_it_is_said_so, "WAIT-3 CAP-1")
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    xipc_poller *poller = poller_made();
    xipc_native_handle handle = 77;
    xipc_status status = xipc_poller_native_handle(poller, &handle);

    REQUIRE_OK(xipc_capability(XIPC_FEATURE_POLLER_HANDLE, &info));
    REQUIRE_TEXT("poller.handle", info.name);
    if (info.support == XIPC_SUPPORT_ABSENT) {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, status);
        REQUIRE(handle == 77);
    } else {
        REQUIRE_OK(status);
    }

    xipc_poller_close(poller);
}

/* Pollers are what a poller can wait for, by their handles. */
static void one_in_another(void)
{
    thing one = thing_made(THING_AUTO, "a");
    loop inner = loop_around(poller_of(&one, &a));
    xipc_poller *outer = poller_made();
    spec_peer *hand = hand_at("a");

    REQUIRE_OK(
        xipc_poller_add_native(outer, inner.handles[1], XIPC_READABLE, &n));
    settle(&inner);
    for (int i = 0; i < 20; i++) {
        spec_tell(hand, "set");
        do {
            require_told(outer, &n);
        } while (asked(&inner).count == 0);
        hand_answers(hand, XIPC_OK);
        take_it(&one);
        settle(&inner);
    }

    hand_ends(hand);
    REQUIRE_OK(xipc_poller_remove_native(outer, inner.handles[1]));
    xipc_poller_close(outer);
    loop_ends(&inner);
    thing_closed(&one);
}

SPEC(a_poller_waits_for_another_ones_handle, "WAIT-3 WAIT-1")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    one_in_another();
}

/* ---- nothing is lost between ---- */

PEER(a_process_that_posts_on_and_on)
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

static void posted_on_and_on(const char *place)
{
    unsigned total = rounds_here(100000, 3000);
    xipc_semaphore *semaphore = semaphore_made(place, 0, total);
    loop around = loop_around(poller_made());
    spec_peer *peer = START(a_process_that_posts_on_and_on, place);
    unsigned taken = 0;

    poller_takes(around.poller, xipc_semaphore_object(semaphore), &a);
    settle(&around);
    spec_expect(peer, "ready");
    spec_tell(peer, "post");
    while (taken < total) {
        require_loop_told(&around, &a);
        while (xipc_semaphore_wait(semaphore, XIPC_NOW) == XIPC_OK) {
            taken++;
        }
    }

    settle(&around);
    spec_join(peer);
    loop_ends(&around);
    xipc_semaphore_close(semaphore);
}

SPEC(a_loop_of_another_kind_misses_nothing_however_fast_it_comes, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    in_both_forms(posted_on_and_on);
}

/* Has nothing to wake it but the answer. */
PEER(a_process_that_answers_each_time)
{
    xipc_event *ping = event_joined("ping");
    xipc_event *pong = event_joined("pong");
    loop around = loop_around(poller_made());
    unsigned rounds = rounds_here(20000, 1000);

    poller_takes(around.poller, xipc_event_object(ping), &a);
    spec_tell(NULL, "ready");
    for (unsigned i = 0; i < rounds; i++) {
        require_loop_told(&around, &a);
        REQUIRE_OK(xipc_event_wait(ping, XIPC_NOW));
        REQUIRE_OK(xipc_event_set(pong));
    }
    loop_ends(&around);
    xipc_event_close(pong);
    xipc_event_close(ping);
}

static void wake_each_other(void)
{
    unsigned rounds = rounds_here(20000, 1000);
    xipc_event *ping = event_made("ping", XIPC_EVENT_AUTO);
    xipc_event *pong = event_made("pong", XIPC_EVENT_AUTO);
    loop around = loop_around(poller_made());
    spec_peer *peer = START(a_process_that_answers_each_time);

    poller_takes(around.poller, xipc_event_object(pong), &b);
    spec_expect(peer, "ready");
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_event_set(ping));
        require_loop_told(&around, &b);
        REQUIRE_OK(xipc_event_wait(pong, XIPC_NOW));
    }

    spec_join(peer);
    loop_ends(&around);
    xipc_event_close(pong);
    xipc_event_close(ping);
}

SPEC(two_loops_of_another_kind_wake_each_other, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    wake_each_other();
}

/* A thread that adds and removes what is ready, while the loop sleeps. */
typedef struct visitor {
    xipc_poller *poller;
    thing guest;
    atomic_int may_stop;
} visitor;

static void visits(void *context)
{
    visitor *self = context;

    while (!atomic_load(&self->may_stop)) {
        poller_takes(self->poller, thing_object(&self->guest), &b);
        poller_drops(self->poller, thing_object(&self->guest));
    }
}

static void others_come_and_go(void)
{
    unsigned rounds = rounds_here(2000, 200);
    thing one = thing_made(THING_AUTO, "@a");
    loop around = loop_around(poller_of(&one, &a));
    visitor other = {
        .poller = around.poller, .guest = thing_made(THING_AUTO, "b")};
    spec_thread *thread = spec_thread_start(visits, &other);
    spec_peer *hand = hand_at("@a");

    for (unsigned i = 0; i < rounds; i++) {
        spec_tell(hand, "set");
        require_loop_told(&around, &a);
        hand_answers(hand, XIPC_OK);
        take_it(&one);
    }
    atomic_store(&other.may_stop, 1);
    spec_thread_join(thread);

    hand_ends(hand);
    loop_ends(&around);
    thing_closed(&other.guest);
    thing_closed(&one);
}

SPEC(a_loop_of_another_kind_misses_nothing_while_others_come_and_go, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    others_come_and_go();
}
