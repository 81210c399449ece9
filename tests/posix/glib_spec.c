/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main loop of GLib's, which knows nothing of this library, waits at the
 * poller's handle as at any other descriptor. Built without GLib, the cases are
 * skipped.
 */
#include "support/native_kit.h"

#if defined(XIPC_HAS_GLIB)

#include <glib-unix.h>
#include <stdlib.h>

enum { IDLE_MS = 500, IDLE_WAKES_MAX = 50 };

/* Cookies. */
static char a;
static char n;

/* A main loop, and what came of it. */
typedef struct foreign {
    GMainContext *context;
    GMainLoop *loop;
    xipc_poller *poller;
    thing one;
    unsigned wakes; /* how often the loop called us */
    unsigned told;  /* how often there was something */
    unsigned want;  /* of these, until the loop ends */
} foreign;

/* What is told is taken. One call is enough: the loop comes again. */
static gboolean on_poller(gint fd, GIOCondition condition, gpointer context)
{
    foreign *self = context;
    xipc_ready ready;
    size_t count = 0;
    xipc_status status =
        xipc_poller_wait(self->poller, &ready, 1, XIPC_NOW, &count);

    (void)fd;
    REQUIRE((condition & G_IO_IN) != 0);
    self->wakes++;
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        return G_SOURCE_CONTINUE;
    }
    REQUIRE(ready.cookie == &a && ready.events == XIPC_READABLE);
    take_it(&self->one);
    self->told++;
    if (self->told == self->want) {
        g_main_loop_quit(self->loop);
    }
    return G_SOURCE_CONTINUE;
}

static void attach(foreign *self, GSource *source)
{
    g_source_attach(source, self->context);
    g_source_unref(source);
}

static foreign foreign_made(thing_kind kind, const char *place)
{
    foreign self = {.one = thing_made(kind, place)};

    self.poller = poller_of(&self.one, &a);
    self.context = g_main_context_new();
    self.loop = g_main_loop_new(self.context, FALSE);
    return self;
}

/* Each source has a callback of its own type, which GLib wants cast. */
static void watch_poller(foreign *self)
{
    xipc_native_handle handle;
    GSource *source;

    REQUIRE_OK(xipc_poller_native_handle(self->poller, &handle));
    source = g_unix_fd_source_new((gint)handle, G_IO_IN);
    g_source_set_callback(
        source, (GSourceFunc)(void (*)(void))on_poller, self, NULL);
    attach(self, source);
}

static void foreign_closed(foreign *self)
{
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    xipc_poller_close(self->poller);
    thing_closed(&self->one);
}

static void run_until_told(foreign *self, unsigned count)
{
    self->want = self->told + count;
    g_main_loop_run(self->loop);
}

static void set_by_another(thing_kind kind, const char *place)
{
    foreign self = foreign_made(kind, place);
    spec_peer *hand = hand_at(place);

    watch_poller(&self);
    for (unsigned i = 1; i <= 50; i++) {
        spec_tell(hand, order_ready(kind));
        run_until_told(&self, 1);
        hand_answers(hand, XIPC_OK);
        REQUIRE_UINT(i, self.told);
    }

    hand_ends(hand);
    foreign_closed(&self);
}

static void sets_are_dispatched(void)
{
    with_all_things(set_by_another);
}

PEER(a_process_that_posts_to_glib)
{
    xipc_semaphore *semaphore = semaphore_joined("a");
    unsigned total = (unsigned)strtoul(spec_argument(0), NULL, 10);

    spec_expect(NULL, "post");
    for (unsigned i = 0; i < total; i++) {
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    }
    xipc_semaphore_close(semaphore);
}

static void nothing_is_missed(void)
{
    foreign self = foreign_made(THING_COUNT, "a");
    spec_peer *peer = START(a_process_that_posts_to_glib, "20000");

    watch_poller(&self);
    spec_tell(peer, "post");
    run_until_told(&self, 20000);

    require_silent(self.poller);
    spec_join(peer);
    foreign_closed(&self);
}

static gboolean on_timeout(gpointer context)
{
    foreign *self = context;

    g_main_loop_quit(self->loop);
    return G_SOURCE_REMOVE;
}

static void run_for_a_while(foreign *self)
{
    GSource *source = g_timeout_source_new(IDLE_MS);

    g_source_set_callback(source, on_timeout, self, NULL);
    attach(self, source);
    self->wakes = 0;
    g_main_loop_run(self->loop);
}

/* A busy loop would come thousands of times; it may look now and then. */
static void it_sleeps(void)
{
    foreign self = foreign_made(THING_AUTO, "a");

    watch_poller(&self);
    for (int i = 0; i < 2; i++) {
        run_for_a_while(&self);
        REQUIRE(self.wakes < IDLE_WAKES_MAX);
        make_ready(&self.one);
        run_until_told(&self, 1);
    }
    spec_note("%u wakes in %d ms of nothing", self.wakes, IDLE_MS);

    foreign_closed(&self);
}

/* A descriptor of the loop's own. */
static gboolean on_native(gint fd, GIOCondition condition, gpointer context)
{
    native_thing *native = context;

    REQUIRE(fd == (gint)native->handle);
    REQUIRE((condition & G_IO_IN) != 0);
    native_reset(native);
    return G_SOURCE_CONTINUE;
}

static void watch_native(foreign *self, native_thing *native)
{
    GSource *source = g_unix_fd_source_new((gint)native->handle, G_IO_IN);

    g_source_set_callback(
        source, (GSourceFunc)(void (*)(void))on_native, native, NULL);
    attach(self, source);
}

static void its_own_are_dispatched(void)
{
    foreign self = foreign_made(THING_AUTO, "a");
    native_thing native = native_made();
    spec_peer *hand = hand_at("a");

    watch_poller(&self);
    watch_native(&self, &native);
    for (int i = 0; i < 20; i++) {
        native_set(&native);
        while (native_wait(&native.handle, 1, 0) == 0) {
            g_main_context_iteration(self.context, TRUE);
        }
        spec_tell(hand, "set");
        run_until_told(&self, 1);
        hand_answers(hand, XIPC_OK);
    }

    hand_ends(hand);
    foreign_closed(&self);
    native_closed(&native);
}

/* What GLib does not know but the poller does. */
static void descriptors_are_dispatched(void)
{
    foreign self = foreign_made(THING_AUTO, "a");
    native_thing native = native_made();
    int is_told = 0;
    xipc_ready ready;
    size_t count;

    watch_poller(&self);
    require_silent(self.poller);
    REQUIRE_OK(
        xipc_poller_add_native(self.poller, native.handle, XIPC_READABLE, &n));
    native_set(&native);
    for (int i = 0; i < 3 && !is_told; i++) {
        GPollFD polled = {.events = G_IO_IN};
        xipc_native_handle handle;

        REQUIRE_OK(xipc_poller_native_handle(self.poller, &handle));
        polled.fd = (gint)handle;
        REQUIRE(g_poll(&polled, 1, -1) == 1);
        if (xipc_poller_wait(self.poller, &ready, 1, XIPC_NOW, &count) ==
            XIPC_OK) {
            REQUIRE(ready.cookie == &n);
            is_told = 1;
        }
    }
    REQUIRE(is_told);

    foreign_closed(&self);
    native_closed(&native);
}

#else

static void no_glib(void)
{
    spec_skip("built without GLib (libglib2.0-dev)");
}

#define sets_are_dispatched        no_glib
#define nothing_is_missed          no_glib
#define it_sleeps                  no_glib
#define its_own_are_dispatched     no_glib
#define descriptors_are_dispatched no_glib

#endif

SPEC(what_another_process_sets_is_dispatched_by_glib, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    sets_are_dispatched();
}

SPEC(glib_misses_nothing_however_fast_it_comes, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    nothing_is_missed();
}

SPEC(glib_sleeps_while_nothing_is_ready, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    it_sleeps();
}

SPEC(glib_waits_for_its_own_descriptors_beside_the_pollers, "WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    its_own_are_dispatched();
}

SPEC(a_descriptor_in_the_poller_is_dispatched_by_glib, "WAIT-3 WAIT-1")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    descriptors_are_dispatched();
}
