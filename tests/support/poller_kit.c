/* SPDX-License-Identifier: Apache-2.0 */
#include "support/poller_kit.h"

#include "support/spec_process.h"

/* A failure is told of the line in the case, not of the one here. */
#undef told
#undef told_at_most
#undef require_told
#undef require_told_both
#undef require_silent
#undef poll_end

/* ---- things ---- */

void with_all_things(thing_body *body)
{
    static const struct variety {
        thing_kind kind;
        const char *place;
        const char *doing;
    } varieties[] = {
        {THING_AUTO, "a", "an automatic event with a name"},
        {THING_AUTO, "@a", "an automatic event inside a section"},
        {THING_MANUAL, "a", "a manual event with a name"},
        {THING_MANUAL, "@a", "a manual event inside a section"},
        {THING_COUNT, "a", "a semaphore with a name"},
        {THING_COUNT, "@a", "a semaphore inside a section"},
    };

    for (size_t at = 0; at < sizeof varieties / sizeof varieties[0]; at++) {
        spec_within(varieties[at].doing);
        body(varieties[at].kind, varieties[at].place);
    }
    spec_within(NULL);
}

thing thing_made(thing_kind kind, const char *place)
{
    thing self = {.kind = kind};

    switch (kind) {
    case THING_AUTO: self.event = event_made(place, XIPC_EVENT_AUTO); break;
    case THING_MANUAL: self.event = event_made(place, XIPC_EVENT_MANUAL); break;
    case THING_COUNT: self.semaphore = semaphore_made(place, 0, 1000000); break;
    }
    return self;
}

thing thing_joined(thing_kind kind, const char *place)
{
    thing self = {.kind = kind};

    if (kind == THING_COUNT) {
        self.semaphore = semaphore_joined(place);
    } else {
        self.event = event_joined(place);
    }
    return self;
}

void thing_closed(thing *self)
{
    xipc_event_close(self->event);
    xipc_semaphore_close(self->semaphore);
}

xipc_object *thing_object(const thing *self)
{
    return self->kind == THING_COUNT ? xipc_semaphore_object(self->semaphore)
                                     : xipc_event_object(self->event);
}

void make_ready(const thing *self)
{
    if (self->kind == THING_COUNT) {
        REQUIRE_OK(xipc_semaphore_post(self->semaphore, 1));
    } else {
        REQUIRE_OK(xipc_event_set(self->event));
    }
}

void take_it(const thing *self)
{
    switch (self->kind) {
    case THING_AUTO: REQUIRE_OK(xipc_event_wait(self->event, XIPC_NOW)); break;
    case THING_MANUAL: REQUIRE_OK(xipc_event_reset(self->event)); break;
    case THING_COUNT:
        REQUIRE_OK(xipc_semaphore_wait(self->semaphore, XIPC_NOW));
        break;
    }
}

const char *order_ready(thing_kind kind)
{
    return kind == THING_COUNT ? "post" : "set";
}

const char *order_take(thing_kind kind)
{
    switch (kind) {
    case THING_AUTO: return "pass now";
    case THING_MANUAL: return "reset";
    default: return "take now";
    }
}

xipc_event *event_placed(xipc_section *section, uint64_t offset)
{
    xipc_event *event = NULL;

    REQUIRE_OK(xipc_event_create_at(
        section, offset, XIPC_EVENT_AUTO, XIPC_FOREVER, &event));
    return event;
}

xipc_event *event_found(xipc_section *section, uint64_t offset)
{
    xipc_event *event = NULL;

    REQUIRE_OK(xipc_event_open_at(section, offset, XIPC_FOREVER, &event));
    return event;
}

/* ---- pollers ---- */

xipc_poller *poller_made(void)
{
    xipc_poller *poller = NULL;

    REQUIRE_OK(xipc_poller_create(&poller));
    REQUIRE(poller != NULL);
    return poller;
}

void poller_takes(xipc_poller *poller, xipc_object *object, void *cookie)
{
    REQUIRE_OK(xipc_poller_add(poller, object, XIPC_READABLE, cookie));
}

void poller_drops(xipc_poller *poller, xipc_object *object)
{
    REQUIRE_OK(xipc_poller_remove(poller, object));
}

xipc_poller *poller_of(const thing *self, void *cookie)
{
    xipc_poller *poller = poller_made();

    poller_takes(poller, thing_object(self), cookie);
    return poller;
}

/* ---- answers ---- */

/* None of those before it has its cookie. */
static int is_told_first(const answer *self, size_t at)
{
    for (size_t other = 0; other < at; other++) {
        if (self->ready[at].cookie == self->ready[other].cookie) {
            return 0;
        }
    }
    return 1;
}

static void require_sensible(const answer *self)
{
    for (size_t at = 0; at < self->count; at++) {
        if (self->ready[at].events != XIPC_READABLE) {
            spec_fail_here("what is ready: not for reading");
        }
        if (!is_told_first(self, at)) {
            spec_fail_here("what is ready: told twice");
        }
    }
}

answer told_at_most(xipc_poller *poller, size_t capacity)
{
    answer self = {.count = 0};
    xipc_status status = xipc_poller_wait(
        poller, self.ready, capacity, XIPC_FOREVER, &self.count);

    if (status != XIPC_OK) {
        spec_fail_here("waiting: %s", xipc_status_name(status));
    }
    if (self.count == 0 || self.count > capacity) {
        spec_fail_here("what is ready: none, or too many");
    }
    require_sensible(&self);
    return self;
}

answer told(xipc_poller *poller)
{
    return told_at_most(poller, ANSWER_MAX);
}

uint32_t told_of(const answer *self, const void *cookie)
{
    for (size_t at = 0; at < self->count; at++) {
        if (self->ready[at].cookie == cookie) {
            return self->ready[at].events;
        }
    }
    return 0;
}

void require_told(xipc_poller *poller, const void *cookie)
{
    answer all = told(poller);

    if (all.count != 1 || told_of(&all, cookie) == 0) {
        spec_fail_here("what is ready: not just what should");
    }
}

void require_told_both(
    xipc_poller *poller, const void *one, const void *another)
{
    answer all = told(poller);

    if (all.count != 2 || told_of(&all, one) == 0 ||
        told_of(&all, another) == 0) {
        spec_fail_here("what is ready: not just these two");
    }
}

void require_silent(xipc_poller *poller)
{
    xipc_ready ready[2] = {{&ready, 77}, {&ready, 77}};
    size_t count = 77;
    xipc_status status;

    status = xipc_poller_wait(poller, ready, 2, XIPC_NOW, &count);
    if (status != XIPC_E_AGAIN) {
        spec_fail_here("waiting: %s", xipc_status_name(status));
    }
    if (count != 77 || ready[0].cookie != &ready || ready[0].events != 77 ||
        ready[1].cookie != &ready || ready[1].events != 77) {
        spec_fail_here("an output: changed");
    }
}

/* ---- waits in threads ---- */

static void wait_in_thread(void *context)
{
    poll_call *call = context;

    call->status = xipc_poller_wait(
        call->poller, call->answer.ready, ANSWER_MAX, call->deadline,
        &call->answer.count);
}

void poll_begin(poll_call *call, xipc_poller *poller, xipc_deadline deadline)
{
    call->poller = poller;
    call->deadline = deadline;
    call->answer.count = 0;
    call->thread = spec_thread_start(wait_in_thread, call);
}

xipc_status poll_end(poll_call *call)
{
    spec_thread_join(call->thread);
    require_sensible(&call->answer);
    return call->status;
}

/* ---- crowds ---- */

crowd crowd_at(xipc_object *object, unsigned left)
{
    crowd self = {.count = PLACE_COUNT - left};

    for (unsigned at = 0; at < self.count; at++) {
        self.pollers[at] = poller_made();
        poller_takes(self.pollers[at], object, &kit_untouched);
    }
    return self;
}

void crowd_leaves(crowd *self)
{
    for (unsigned at = 0; at < self->count; at++) {
        xipc_poller_close(self->pollers[at]);
    }
}
