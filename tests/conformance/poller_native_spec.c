/* SPDX-License-Identifier: Apache-2.0 */
/* A poller waits for what is not the library's, and for both together. */
#include <string.h>

#include "support/native_kit.h"

enum { MANY = 100 };

/* Cookies. */
static char a;
static char b;
static char n;

static void poller_takes_native(
    xipc_poller *poller, const native_thing *native, void *cookie)
{
    REQUIRE_OK(
        xipc_poller_add_native(poller, native->handle, XIPC_READABLE, cookie));
}

static void poller_drops_native(xipc_poller *poller, const native_thing *native)
{
    REQUIRE_OK(xipc_poller_remove_native(poller, native->handle));
}

static xipc_poller *poller_of_native(const native_thing *native, void *cookie)
{
    xipc_poller *poller = poller_made();

    poller_takes_native(poller, native, cookie);
    return poller;
}

SPEC(a_native_handle_is_told_as_long_as_it_is_ready, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *poller = poller_of_native(&native, &n);

    require_silent(poller);
    for (int i = 0; i < 5; i++) {
        native_set(&native);
        require_told(poller, &n);
        require_told(poller, &n);
        native_reset(&native);
        require_silent(poller);
    }

    xipc_poller_close(poller);
    native_closed(&native);
}

SPEC(a_native_handle_that_is_ready_when_it_is_added_is_told, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *poller;

    native_set(&native);
    poller = poller_of_native(&native, NULL);
    require_told(poller, NULL);
    native_reset(&native);
    require_silent(poller);

    xipc_poller_close(poller);
    native_closed(&native);
}

/* Has the other end. */
PEER(a_process_that_sets_a_native_handle)
{
    char line[16];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "set") == 0) {
        native_set_from_afar(spec_inherited());
        spec_tell(NULL, "set");
        spec_hear(NULL, line, sizeof line);
    }
    native_let_go(spec_inherited());
}

SPEC(a_native_handle_that_another_process_sets_ends_the_wait, "WAIT-1")
{
    unsigned rounds = rounds_here(200, 50);
    native_thing native = native_made();
    xipc_poller *poller = poller_of_native(&native, &n);
    spec_peer *peer =
        START_WITH(native.other, a_process_that_sets_a_native_handle);

    for (unsigned i = 0; i < rounds; i++) {
        spec_tell(peer, "set");
        require_told(poller, &n);
        spec_expect(peer, "set");
        native_reset(&native);
        require_silent(poller);
    }

    spec_tell(peer, "end");
    spec_join(peer);
    xipc_poller_close(poller);
    native_closed(&native);
}

SPEC(a_native_handle_is_in_a_poller_once, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *poller = poller_of_native(&native, &n);

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_poller_add_native(poller, native.handle, XIPC_READABLE, &a));
    native_set(&native);
    require_told(poller, &n);
    poller_drops_native(poller, &native);
    require_silent(poller);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, native.handle));
    poller_takes_native(poller, &native, &a);
    require_told(poller, &a);

    xipc_poller_close(poller);
    native_closed(&native);
}

SPEC(what_is_no_open_handle_is_refused, "WAIT-1 GEN-7")
{
    native_thing native = native_made();
    native_thing closed = native_made();
    xipc_poller *poller = poller_of_native(&native, &n);

    native_closed(&closed);
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_poller_add_native(poller, closed.handle, XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_poller_add_native(poller, -1, XIPC_READABLE, &a));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, closed.handle));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, -1));
    native_set(&native);
    require_told(poller, &n);

    xipc_poller_close(poller);
    native_closed(&native);
}

/* Of a pipe's end for writing; a HANDLE has no such thing. */
SPEC(a_native_handle_is_waited_for_to_write_or_refused, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *poller = poller_made();
    xipc_status status =
        xipc_poller_add_native(poller, native.other, XIPC_WRITABLE, &n);
    xipc_ready ready = {NULL, 0};
    size_t count = 0;

    if (status == XIPC_OK) {
        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
        REQUIRE_UINT(1, count);
        REQUIRE(ready.cookie == &n && ready.events == XIPC_WRITABLE);
        REQUIRE_OK(xipc_poller_remove_native(poller, native.other));
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, status);
    }
    require_silent(poller);

    xipc_poller_close(poller);
    native_closed(&native);
}

SPEC(each_poller_of_a_native_handle_is_told, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *first = poller_of_native(&native, &a);
    xipc_poller *second = poller_of_native(&native, &b);

    native_set(&native);
    require_told(first, &a);
    require_told(second, &b);
    xipc_poller_close(first);
    require_told(second, &b);
    native_reset(&native);
    require_silent(second);

    xipc_poller_close(second);
    native_closed(&native);
}

SPEC(a_native_handle_stays_the_callers, "WAIT-1")
{
    native_thing native = native_made();
    xipc_poller *poller = poller_of_native(&native, &n);

    native_set(&native);
    xipc_poller_close(poller);
    REQUIRE_UINT(0, native_wait(&native.handle, 1, -1));
    native_reset(&native);

    native_closed(&native);
}

/* ---- while others wait ---- */

SPEC(a_native_handle_added_while_a_thread_waits_ends_its_wait, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(50, 20);
    native_thing native = native_made();
    xipc_poller *poller = poller_made();
    poll_call call;

    for (unsigned i = 0; i < rounds; i++) {
        poll_begin(&call, poller, XIPC_FOREVER);
        if (i % 2 == 0) {
            native_set(&native);
        }
        poller_takes_native(poller, &native, &n);
        if (i % 2 == 1) {
            native_set(&native);
        }
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &n) == XIPC_READABLE);
        poller_drops_native(poller, &native);
        native_reset(&native);
    }

    xipc_poller_close(poller);
    native_closed(&native);
}

SPEC(a_native_handle_removed_while_a_thread_waits_is_not_told, "WAIT-1 GEN-6")
{
    unsigned rounds = rounds_here(50, 20);
    native_thing one = native_made();
    xipc_poller *poller = poller_of_native(&one, &n);
    poll_call call;

    for (unsigned i = 0; i < rounds; i++) {
        native_thing other = native_made();

        poller_takes_native(poller, &other, &a);
        poll_begin(&call, poller, XIPC_FOREVER);
        poller_drops_native(poller, &other);
        native_set(&other);
        native_closed(&other);
        native_set(&one);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(1, call.answer.count);
        REQUIRE(told_of(&call.answer, &n) == XIPC_READABLE);
        native_reset(&one);
    }

    xipc_poller_close(poller);
    native_closed(&one);
}

/* ---- together with objects ---- */

SPEC(objects_and_native_handles_are_told_together, "WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    native_thing native = native_made();
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("a");

    poller_takes_native(poller, &native, &n);
    for (int i = 0; i < 20; i++) {
        hand_does(hand, "set", XIPC_OK);
        require_told(poller, &a);
        native_set(&native);
        require_told_both(poller, &a, &n);
        require_told_both(poller, &n, &a);
        take_it(&one);
        require_told(poller, &n);
        hand_does(hand, "set", XIPC_OK);
        require_told_both(poller, &a, &n);
        native_reset(&native);
        require_told(poller, &a);
        take_it(&one);
        require_silent(poller);
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    native_closed(&native);
    thing_closed(&one);
}

/* Room for one, and something that was ready and is no more. */
SPEC(a_native_handle_is_told_though_others_were_ready_before, "WAIT-1 GEN-4")
{
    thing one = thing_made(THING_AUTO, "a");
    native_thing native = native_made();
    xipc_poller *poller = poller_of(&one, &a);
    xipc_ready ready;
    size_t count;

    for (int i = 0; i < 20; i++) {
        require_silent(poller);
        if (i % 2 == 0) {
            make_ready(&one);
            take_it(&one);
        }
        native_set(&native);
        poller_takes_native(poller, &native, &n);
        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count));
        REQUIRE(ready.cookie == &n);
        poller_drops_native(poller, &native);
        native_reset(&native);
    }

    xipc_poller_close(poller);
    native_closed(&native);
    thing_closed(&one);
}

/* Two objects and a native handle; how often each is told in 30 answers. */
typedef struct tally {
    unsigned a;
    unsigned b;
    unsigned n;
} tally;

static tally tallied(xipc_poller *poller)
{
    tally seen = {0, 0, 0};

    for (int i = 0; i < 30; i++) {
        answer one = told_at_most(poller, 1);

        seen.a += told_of(&one, &a) != 0 ? 1U : 0U;
        seen.b += told_of(&one, &b) != 0 ? 1U : 0U;
        seen.n += told_of(&one, &n) != 0 ? 1U : 0U;
    }
    REQUIRE_UINT(30, seen.a + seen.b + seen.n);
    return seen;
}

SPEC(objects_that_are_always_ready_starve_no_native_handle, "WAIT-1")
{
    thing one = thing_made(THING_MANUAL, "a");
    thing other = thing_made(THING_COUNT, "b");
    native_thing native = native_made();
    xipc_poller *poller = poller_of(&one, &a);
    tally seen;

    poller_takes(poller, thing_object(&other), &b);
    poller_takes_native(poller, &native, &n);
    make_ready(&one);
    make_ready(&other);
    seen = tallied(poller);
    REQUIRE(seen.a >= 5 && seen.b >= 5 && seen.n == 0);
    native_set(&native);
    seen = tallied(poller);
    REQUIRE(seen.a >= 5 && seen.b >= 5 && seen.n >= 5);

    xipc_poller_close(poller);
    native_closed(&native);
    thing_closed(&other);
    thing_closed(&one);
}

SPEC(a_native_handle_that_is_always_ready_starves_no_object, "WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    native_thing native = native_made();
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("a");
    tally seen;

    poller_takes_native(poller, &native, &n);
    native_set(&native);
    for (int i = 0; i < 5; i++) {
        seen = tallied(poller);
        REQUIRE(seen.a == 0 && seen.n == 30);
        hand_does(hand, "set", XIPC_OK);
        seen = tallied(poller);
        REQUIRE(seen.a >= 5 && seen.n >= 5);
        take_it(&one);
    }

    hand_ends(hand);
    xipc_poller_close(poller);
    native_closed(&native);
    thing_closed(&one);
}

/* ---- many ---- */

typedef struct herd {
    native_thing natives[MANY];
    xipc_poller *poller;
} herd;

static void herd_made(herd *all)
{
    all->poller = poller_made();
    for (int i = 0; i < MANY; i++) {
        all->natives[i] = native_made();
        poller_takes_native(all->poller, &all->natives[i], &all->natives[i]);
    }
}

static void herd_closed(herd *all)
{
    xipc_poller_close(all->poller);
    for (int i = 0; i < MANY; i++) {
        native_closed(&all->natives[i]);
    }
}

/* Resets those that are told, which must be those from `first` on in steps. */
static void collect(const herd *all, int first, int step)
{
    int left = 0;

    for (int i = first; i < MANY; i += step) {
        left++;
    }
    while (left > 0) {
        answer some = told(all->poller);

        for (size_t at = 0; at < some.count; at++) {
            const native_thing *native = some.ready[at].cookie;
            long index = (long)(native - all->natives);

            REQUIRE(index >= first && index < MANY);
            REQUIRE((index - first) % step == 0);
            native_reset(native);
            left--;
        }
    }
    require_silent(all->poller);
}

SPEC(of_many_native_handles_those_are_told_that_are_ready, "WAIT-1")
{
    static const int steps[] = {1, 7, MANY, 2, 33, 1};
    herd all;

    herd_made(&all);
    for (size_t at = 0; at < sizeof steps / sizeof steps[0]; at++) {
        for (int i = (int)at; i < MANY; i += steps[at]) {
            native_set(&all.natives[i]);
        }
        collect(&all, (int)at, steps[at]);
    }

    herd_closed(&all);
}

SPEC(of_many_native_handles_each_one_alone_is_told, "WAIT-1")
{
    herd all;

    herd_made(&all);
    for (int i = 0; i < MANY; i++) {
        native_set(&all.natives[i]);
        require_told(all.poller, &all.natives[i]);
        native_reset(&all.natives[i]);
    }
    require_silent(all.poller);

    herd_closed(&all);
}

SPEC(many_native_handles_that_are_always_ready_starve_no_object, "WAIT-1")
{
    thing one = thing_made(THING_AUTO, "a");
    spec_peer *hand = hand_at("a");
    answer some;
    herd all;

    herd_made(&all);
    poller_takes(all.poller, thing_object(&one), &a);
    for (int i = 0; i < MANY; i++) {
        native_set(&all.natives[i]);
    }
    for (int round = 0; round < 5; round++) {
        unsigned waits = 0;

        hand_does(hand, "set", XIPC_OK);
        do {
            some = told_at_most(all.poller, 8);
            waits++;
        } while (told_of(&some, &a) == 0);
        REQUIRE(waits <= MANY);
        take_it(&one);
    }

    hand_ends(hand);
    herd_closed(&all);
    thing_closed(&one);
}
