/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of making something ready that another process's
 * poller waits for: if it is ready, that poller tells so, and all the survivors
 * can make it ready again. And a process dies at each step of what it does with
 * a poller of its own, and nobody else's minds.
 *
 * The one that waits is a process too; how it waits, its name says.
 */
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/native_kit.h"

/* Cookies. */
static char a;
static char b;

/* ---- those that wait ---- */

/* What all of them have: "a", or "@a", a manual event or a semaphore. */
typedef struct watch {
    thing one;
    xipc_poller *poller;
} watch;

static thing_kind kind_said(const char *word)
{
    return strcmp(word, "post") == 0 ? THING_COUNT : THING_MANUAL;
}

static watch watch_begun(void)
{
    watch self = {
        .one = thing_joined(kind_said(spec_argument(1)), spec_argument(0))};

    self.poller = poller_of(&self.one, &a);
    return self;
}

static void watch_ends(watch *self)
{
    xipc_poller_close(self->poller);
    thing_closed(&self->one);
}

/* Calls `wait` whenever it is told to. */
static void keep_watch(watch *self, void (*wait)(watch *self))
{
    char line[16];

    spec_tell(NULL, "here");
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "watch") == 0) {
        require_silent(self->poller);
        spec_tell(NULL, "watching");
        wait(self);
        spec_tell(NULL, "told");
        spec_hear(NULL, line, sizeof line);
    }
    watch_ends(self);
}

static void sleeps(watch *self)
{
    require_told(self->poller, &a);
}

PEER(who_sleeps_at_a_poller)
{
    watch self = watch_begun();

    keep_watch(&self, sleeps);
}

/* There is always something else that is ready. */
static void has_other_work(watch *self)
{
    answer all;

    do {
        all = told(self->poller);
    } while (told_of(&all, &a) == 0);
}

PEER(who_always_has_other_work)
{
    watch self = watch_begun();
    thing other = thing_made(THING_MANUAL, "other");
    char line[16];

    spec_tell(NULL, "here");
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "watch") == 0) {
        require_silent(self.poller);
        make_ready(&other);
        poller_takes(self.poller, thing_object(&other), &b);
        require_told(self.poller, &b);
        spec_tell(NULL, "watching");
        has_other_work(&self);
        poller_drops(self.poller, thing_object(&other));
        spec_tell(NULL, "told");
        spec_hear(NULL, line, sizeof line);
    }
    thing_closed(&other);
    watch_ends(&self);
}

/* Never sleeps for more than a moment. */
static void looks_often(watch *self)
{
    xipc_status status = XIPC_E_TIMEOUT;
    xipc_ready ready;
    size_t count;

    while (status == XIPC_E_TIMEOUT) {
        status =
            xipc_poller_wait(self->poller, &ready, 1, xipc_after_ms(2), &count);
    }
    REQUIRE_OK(status);
    REQUIRE(ready.cookie == &a);
}

PEER(who_looks_often)
{
    watch self = watch_begun();

    keep_watch(&self, looks_often);
}

/* The same, with more in the poller than anybody looks at each time. */
PEER(who_looks_often_at_thousands)
{
    unsigned count = rounds_here(10000, 2000);
    xipc_event **events = calloc(count, sizeof(xipc_event *));
    xipc_section *section =
        section_created("many", (uint64_t)count * XIPC_SYNC_SIZE);
    watch self = watch_begun();

    REQUIRE(events != NULL);
    for (unsigned i = 0; i < count; i++) {
        events[i] = event_placed(section, (uint64_t)i * XIPC_SYNC_SIZE);
        poller_takes(self.poller, xipc_event_object(events[i]), &b);
    }
    keep_watch(&self, looks_often);
    for (unsigned i = 0; i < count; i++) {
        xipc_event_close(events[i]);
    }
    free(events);
    xipc_section_close(section);
}

/* Never sleeps at all. */
static void looks_all_the_time(watch *self)
{
    xipc_status status = XIPC_E_AGAIN;
    xipc_ready ready;
    size_t count;

    while (status == XIPC_E_AGAIN) {
        status = xipc_poller_wait(self->poller, &ready, 1, XIPC_NOW, &count);
    }
    REQUIRE_OK(status);
    REQUIRE(ready.cookie == &a);
}

PEER(who_looks_all_the_time)
{
    watch self = watch_begun();

    keep_watch(&self, looks_all_the_time);
}

/* Is woken by the poller's handle and by nothing else. */
static void sleeps_at_the_handle(watch *self)
{
    xipc_status status = XIPC_E_AGAIN;
    xipc_native_handle handle;
    xipc_ready ready;
    size_t count;

    REQUIRE_OK(xipc_poller_native_handle(self->poller, &handle));
    while (status == XIPC_E_AGAIN) {
        REQUIRE_UINT(0, native_wait(&handle, 1, -1));
        status = xipc_poller_wait(self->poller, &ready, 1, XIPC_NOW, &count);
    }
    REQUIRE_OK(status);
    REQUIRE(ready.cookie == &a);
}

PEER(who_sleeps_at_the_pollers_handle)
{
    watch self = watch_begun();

    keep_watch(&self, sleeps_at_the_handle);
}

/* ---- the case, which survives ---- */

typedef struct survivor {
    thing one;
    spec_peer *watcher;
} survivor;

static survivor survivor_with(const spec_entry *watcher, thing_kind kind)
{
    survivor self = {.one = thing_made(kind, "a")};
    const char *arguments[] = {"a", order_ready(kind), NULL};

    self.watcher = spec_start(watcher->name, arguments);
    spec_expect(self.watcher, "here");
    return self;
}

static void survivor_ends(survivor *self)
{
    spec_tell(self->watcher, "end");
    spec_join(self->watcher);
    thing_closed(&self->one);
}

static int is_ready(const thing *one)
{
    if (one->kind == THING_COUNT) {
        return xipc_semaphore_count(one->semaphore) > 0;
    }
    return xipc_event_wait(one->event, XIPC_NOW) == XIPC_OK;
}

static void the_watcher_waits(void *context)
{
    survivor *self = context;

    while (is_ready(&self->one)) {
        take_it(&self->one);
    }
    spec_tell(self->watcher, "watch");
    spec_expect(self->watcher, "watching");
}

/* Whoever died having made it ready has made it ready; if not, it can still be
 * made so. */
static void it_is_told_if_it_is_ready(void *context)
{
    survivor *self = context;

    if (!is_ready(&self->one)) {
        make_ready(&self->one);
    }
    spec_expect(self->watcher, "told");
}

static void it_is_told_if_it_is_made_ready_again(void *context)
{
    survivor *self = context;

    make_ready(&self->one);
    spec_expect(self->watcher, "told");
}

KILLED(sets_it)
{
    thing one = thing_joined(THING_MANUAL, "a");

    kill_begin();
    make_ready(&one);
    kill_end();
    thing_closed(&one);
}

KILLED(posts_it)
{
    thing one = thing_joined(THING_COUNT, "a");

    kill_begin();
    make_ready(&one);
    kill_end();
    thing_closed(&one);
}

SPEC(what_a_process_sets_and_dies_is_told, "GEN-11 WAIT-2")
{
    survivor self = survivor_with(&who_sleeps_at_a_poller_entry, THING_MANUAL);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(sets_it, &plan);
    survivor_ends(&self);
}

SPEC(what_a_process_posts_and_dies_is_told, "GEN-11 WAIT-2")
{
    survivor self = survivor_with(&who_sleeps_at_a_poller_entry, THING_COUNT);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(posts_it, &plan);
    survivor_ends(&self);
}

SPEC(who_sets_what_a_dead_process_was_setting_is_heard, "GEN-11 WAIT-2")
{
    survivor self = survivor_with(&who_sleeps_at_a_poller_entry, THING_MANUAL);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_made_ready_again, NULL, &self};

    KILL_ANYWHERE(sets_it, &plan);
    survivor_ends(&self);
}

SPEC(who_posts_what_a_dead_process_was_posting_is_heard, "GEN-11 WAIT-2")
{
    survivor self = survivor_with(&who_sleeps_at_a_poller_entry, THING_COUNT);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_made_ready_again, NULL, &self};

    KILL_ANYWHERE(posts_it, &plan);
    survivor_ends(&self);
}

SPEC(what_dies_being_set_is_told_to_who_always_has_other_work, "GEN-11 WAIT-1")
{
    survivor self =
        survivor_with(&who_always_has_other_work_entry, THING_MANUAL);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(sets_it, &plan);
    survivor_ends(&self);
}

SPEC(what_dies_being_posted_is_told_to_who_looks_often, "GEN-11 WAIT-1")
{
    survivor self = survivor_with(&who_looks_often_entry, THING_COUNT);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(posts_it, &plan);
    survivor_ends(&self);
}

SPEC(
    what_dies_being_posted_is_told_to_who_looks_often_at_thousands,
    "GEN-11 WAIT-4")
{
    survivor self =
        survivor_with(&who_looks_often_at_thousands_entry, THING_COUNT);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(posts_it, &plan);
    survivor_ends(&self);
}

SPEC(what_dies_being_set_is_told_to_who_looks_all_the_time, "GEN-11 WAIT-1")
{
    survivor self = survivor_with(&who_looks_all_the_time_entry, THING_MANUAL);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(sets_it, &plan);
    survivor_ends(&self);
}

static void dies_and_another_loop(void)
{
    survivor self =
        survivor_with(&who_sleeps_at_the_pollers_handle_entry, THING_MANUAL);
    kill_plan plan = {
        the_watcher_waits, it_is_told_if_it_is_ready, NULL, &self};

    KILL_ANYWHERE(sets_it, &plan);
    survivor_ends(&self);
}

SPEC(what_dies_being_set_wakes_a_loop_of_another_kind, "GEN-11 WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    dies_and_another_loop();
}

/* ---- who dies with a poller of its own ---- */

/* Seven places are taken by the living, so that the dead one's is counted. */
typedef struct hosts {
    survivor self;
    crowd crowd;
    xipc_poller *guest;
} hosts;

static hosts hosts_with(thing_kind kind)
{
    hosts all = {
        .self = survivor_with(&who_sleeps_at_a_poller_entry, kind),
        .guest = poller_made()};

    /* The watcher has one place, one is left. */
    all.crowd = crowd_at(thing_object(&all.self.one), 2);
    return all;
}

static void hosts_end(hosts *all)
{
    xipc_poller_close(all->guest);
    crowd_leaves(&all->crowd);
    survivor_ends(&all->self);
}

static void all_wait(void *context)
{
    hosts *all = context;

    the_watcher_waits(&all->self);
}

/* Told are the watcher, the crowd, and whoever takes the dead one's place. */
static void all_are_told(void *context)
{
    hosts *all = context;

    poller_takes(all->guest, thing_object(&all->self.one), &b);
    it_is_told_if_it_is_ready(&all->self);
    require_told(all->guest, &b);
    for (unsigned i = 0; i < all->crowd.count; i++) {
        require_told(all->crowd.pollers[i], &kit_untouched);
    }
    poller_drops(all->guest, thing_object(&all->self.one));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
}

KILLED(has_a_poller_for_a_while)
{
    thing one = thing_joined(THING_COUNT, "a");
    xipc_poller *poller;
    xipc_ready ready;
    size_t count;

    kill_begin();
    poller = poller_made();
    poller_takes(poller, thing_object(&one), &a);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_poller_wait(poller, &ready, 1, xipc_after_ms(12), &count));
    poller_drops(poller, thing_object(&one));
    xipc_poller_close(poller);
    kill_end();
    thing_closed(&one);
}

SPEC(whoever_dies_with_a_poller_takes_nothing_along, "GEN-11 WAIT-2")
{
    hosts all = hosts_with(THING_COUNT);
    kill_plan plan = {all_wait, all_are_told, NULL, &all};

    KILL_ANYWHERE(has_a_poller_for_a_while, &plan);
    hosts_end(&all);
}

KILLED(is_told_by_a_poller)
{
    thing one = thing_joined(THING_MANUAL, "a");
    xipc_poller *poller = poller_made();
    xipc_ready ready;
    size_t count;

    poller_takes(poller, thing_object(&one), &a);
    require_silent(poller);
    kill_begin();
    make_ready(&one);
    REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
    take_it(&one);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count));
    make_ready(&one);
    thing_closed(&one);
    xipc_poller_close(poller);
    kill_end();
}

SPEC(whoever_dies_being_told_keeps_it_from_nobody, "GEN-11 WAIT-2")
{
    hosts all = hosts_with(THING_MANUAL);
    kill_plan plan = {all_wait, all_are_told, NULL, &all};

    KILL_ANYWHERE(is_told_by_a_poller, &plan);
    hosts_end(&all);
}

/* Everything of its own: nobody but itself ever knew of it. */
KILLED(makes_a_poller_for_what_is_its_own)
{
    native_thing native = native_made();
    xipc_poller *poller;
    thing one;

    kill_begin();
    one = thing_made(THING_AUTO, "own");
    poller = poller_of(&one, &a);
    REQUIRE_OK(
        xipc_poller_add_native(poller, native.handle, XIPC_READABLE, &b));
    native_set(&native);
    require_told(poller, &b);
    thing_closed(&one);
    xipc_poller_close(poller);
    kill_end();
    native_closed(&native);
}

static void its_name_is_free(void *context)
{
    thing one = thing_made(THING_AUTO, "own");
    xipc_poller *poller = poller_of(&one, &a);

    (void)context;
    make_ready(&one);
    require_told(poller, &a);
    xipc_poller_close(poller);
    thing_closed(&one);
    require_nothing_exists();
}

SPEC(whoever_dies_with_a_poller_and_its_objects_leaves_nothing, "GEN-11 WAIT-2")
{
    kill_plan plan = {NULL, its_name_is_free, NULL, NULL};

    KILL_ANYWHERE(makes_a_poller_for_what_is_its_own, &plan);
}
