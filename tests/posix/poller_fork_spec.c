/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's pollers: nothing that works,
 * and nothing that disturbs. And what a child made by exec() has: nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "posix/attack_kit.h"
#include "support/native_kit.h"

enum { DESCRIPTOR_MAX = 1024 };

/* Cookies. */
static char a;
static char n;

SPEC(every_descriptor_of_a_poller_closes_on_exec, "GEN-8 WAIT-3")
{
    static int was_open[DESCRIPTOR_MAX];
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller;
    int opened = 0;

    for (int fd = 0; fd < DESCRIPTOR_MAX; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    poller = poller_of(&one, &a);
    make_ready(&one);
    require_told(poller, &a);
    for (int fd = 0; fd < DESCRIPTOR_MAX; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !was_open[fd]) {
            REQUIRE((flags & FD_CLOEXEC) != 0);
            opened++;
        }
    }

    REQUIRE(opened > 0);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* What a forked child has of its parent's. */
typedef struct heirloom {
    thing one;
    native_thing native;
    xipc_poller *poller;
} heirloom;

static heirloom heirloom_made(void)
{
    heirloom self = {
        .one = thing_made(THING_MANUAL, "a"), .native = native_made()};

    self.poller = poller_of(&self.one, &a);
    REQUIRE_OK(xipc_poller_add_native(
        self.poller, self.native.handle, XIPC_READABLE, &n));
    require_silent(self.poller);
    return self;
}

static void heirloom_closed(heirloom *self)
{
    xipc_poller_close(self->poller);
    native_closed(&self->native);
    thing_closed(&self->one);
}

/* The parent is told what another process does, and what it does itself. */
static void require_undisturbed(heirloom *self)
{
    spec_peer *hand = hand_at("a");

    hand_does(hand, "set", XIPC_OK);
    require_told(self->poller, &a);
    native_set(&self->native);
    require_told_both(self->poller, &a, &n);
    hand_does(hand, "reset", XIPC_OK);
    native_reset(&self->native);
    require_silent(self->poller);
    hand_ends(hand);
}

static void finds_every_call_forked(void *context)
{
    heirloom *self = context;
    xipc_object *object = thing_object(&self->one);
    xipc_native_handle handle = 77;
    xipc_ready ready = {&kit_untouched, 77};
    size_t count = 77;

    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_wait(self->poller, &ready, 1, XIPC_NOW, &count));
    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_wait(self->poller, &ready, 1, XIPC_FOREVER, &count));
    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_add(self->poller, object, XIPC_READABLE, &a));
    REQUIRE_STATUS(XIPC_E_FORKED, xipc_poller_remove(self->poller, object));
    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_add_native(
            self->poller, self->native.other, XIPC_WRITABLE, &n));
    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_remove_native(self->poller, self->native.handle));
    REQUIRE_STATUS(
        XIPC_E_FORKED, xipc_poller_native_handle(self->poller, &handle));
    REQUIRE_STATUS(
        XIPC_E_FORKED, xipc_interrupt(xipc_poller_object(self->poller)));
    REQUIRE(handle == 77 && count == 77);
    REQUIRE(ready.cookie == &kit_untouched && ready.events == 77);
}

SPEC(a_poller_inherited_through_fork_tells_so, "GEN-8 WAIT-1")
{
    heirloom self = heirloom_made();

    attack_run(0, finds_every_call_forked, &self);
    require_undisturbed(&self);

    heirloom_closed(&self);
}

static void adds_its_parents_object(void *context)
{
    heirloom *self = context;
    xipc_poller *own = poller_made();
    thing same = thing_joined(THING_MANUAL, "a");

    REQUIRE_STATUS(
        XIPC_E_FORKED,
        xipc_poller_add(own, thing_object(&self->one), XIPC_READABLE, &a));
    poller_takes(own, thing_object(&same), &a);
    require_silent(own);
    make_ready(&same);
    require_told(own, &a);
    take_it(&same);
    xipc_poller_close(own);
    thing_closed(&same);
}

SPEC(a_child_has_pollers_of_its_own_and_joins_what_its_parent_has, "GEN-8")
{
    heirloom self = heirloom_made();

    attack_run(0, adds_its_parents_object, &self);
    require_undisturbed(&self);

    heirloom_closed(&self);
}

static void closes_all(void *context)
{
    heirloom *self = context;

    thing_closed(&self->one);
    xipc_poller_close(self->poller);
}

static void closes_all_in_another_order(void *context)
{
    heirloom *self = context;

    xipc_poller_close(self->poller);
    thing_closed(&self->one);
}

static void closes_nothing(void *context)
{
    REQUIRE(context != NULL);
}

/* Its place is still taken: there are seven others. */
static void require_place(heirloom *self)
{
    crowd all = crowd_at(thing_object(&self->one), 1);
    xipc_poller *ninth = poller_made();

    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_poller_add(ninth, thing_object(&self->one), XIPC_READABLE, &a));
    xipc_poller_close(ninth);
    crowd_leaves(&all);
}

SPEC(a_child_that_closes_or_leaves_a_poller_disturbs_nothing, "GEN-8 WAIT-1")
{
    heirloom self = heirloom_made();

    attack_run(0, closes_all, &self);
    require_place(&self);
    require_undisturbed(&self);
    attack_run(0, closes_all_in_another_order, &self);
    require_place(&self);
    require_undisturbed(&self);
    attack_run(0, closes_nothing, &self);
    require_place(&self);
    require_undisturbed(&self);

    heirloom_closed(&self);
}

/* Has all eight places but one, and a child that outlives it. */
PEER(a_process_with_pollers_whose_child_outlives_it)
{
    thing one = thing_joined(THING_COUNT, "a");
    crowd all = crowd_at(thing_object(&one), 1);
    int is_there[2];
    char line[32];
    pid_t child;

    REQUIRE(all.count == PLACE_COUNT - 1);
    REQUIRE(pipe(is_there) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        /* What it must not keep is closed by now. */
        REQUIRE(write(is_there[1], "y", 1) == 1);
        for (;;) {
            pause();
        }
    }
    REQUIRE(read(is_there[0], line, 1) == 1);
    snprintf(line, sizeof line, "%ld", (long)child);
    spec_tell(NULL, line);
    spec_expect(NULL, "never told");
}

/* Waits for its end by the one thing it has that nobody else has: its place. */
SPEC(a_killed_process_has_no_pollers_though_its_child_lives, "GEN-8 GEN-11")
{
    thing one = thing_made(THING_COUNT, "a");
    spec_peer *peer = START(a_process_with_pollers_whose_child_outlives_it);
    char line[32];
    long child;
    crowd all;

    spec_hear(peer, line, sizeof line);
    child = strtol(line, NULL, 10);
    REQUIRE(child > 0);
    spec_kill(peer);
    REQUIRE(kill((pid_t)child, 0) == 0);

    all = crowd_at(thing_object(&one), 0);
    make_ready(&one);
    for (unsigned i = 0; i < all.count; i++) {
        require_told(all.pollers[i], &kit_untouched);
    }
    REQUIRE(kill((pid_t)child, SIGKILL) == 0);

    crowd_leaves(&all);
    thing_closed(&one);
}

static atomic_int threads_may_stop;

static void comes_and_goes(void *context)
{
    xipc_poller *poller = context;

    while (!atomic_load(&threads_may_stop)) {
        thing same = thing_joined(THING_AUTO, "a");

        poller_takes(poller, thing_object(&same), &a);
        thing_closed(&same);
    }
}

static void uses_a_poller_of_its_own(void *context)
{
    thing same = thing_joined(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&same, &a);

    (void)context;
    make_ready(&same);
    require_told(poller, &a);
    xipc_poller_close(poller);
    thing_closed(&same);
}

SPEC(a_child_forked_while_others_are_busy_with_pollers_goes_on, "GEN-8 GEN-6")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_made();
    spec_thread *threads[2];

    atomic_store(&threads_may_stop, 0);
    for (int i = 0; i < 2; i++) {
        threads[i] = spec_thread_start(comes_and_goes, poller);
    }
    for (int i = 0; i < 200; i++) {
        attack_run(0, uses_a_poller_of_its_own, NULL);
    }
    atomic_store(&threads_may_stop, 1);
    for (int i = 0; i < 2; i++) {
        spec_thread_join(threads[i]);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}
