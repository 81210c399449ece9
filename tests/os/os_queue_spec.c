/* SPDX-License-Identifier: Apache-2.0 */
/* The seam's own spec: the system's own queue of messages, where it has one. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <xipc/poller.h>

#include "os/os_clock.h"
#include "os/os_fault.h"
#include "os/os_name_kit.h"
#include "os/os_process.h"
#include "os/os_queue.h"
#include "support/spec.h"

enum { CAPACITY = 4, LONGEST = 100, MS = 1000000 };

#if defined(_WIN32)
#define NAME_START ""
#else
#define NAME_START "/"
#endif

/* So much as the system surely has; none of it fails. */
static xipcos_queue_bounds bounds_here(void)
{
    xipcos_queue_bounds bounds;

    if (!xipcos_queue_limits(&bounds)) {
        spec_skip("this system has no queues of messages");
    }
    REQUIRE(bounds.capacity_max >= CAPACITY);
    REQUIRE(bounds.message_max >= LONGEST);
    REQUIRE(bounds.priority_count >= 1);
    return bounds;
}

/* Of the system's names, one that no other run of this case has. */
static xipcos_queue_place own_place(void)
{
    static char name[64];

    snprintf(name, sizeof name, NAME_START "xipc-os-%u", xipcos_process_id());
    return (xipcos_queue_place){NULL, name};
}

static const xipcos_queue_plan plan = {CAPACITY, LONGEST, XIPC_ACCESS_PRIVATE};

static xipcos_queue *created(xipcos_queue_place place)
{
    xipcos_queue *queue = NULL;

    REQUIRE_OK(xipcos_queue_create(place, &plan, &queue));
    return queue;
}

static xipcos_queue *opened(xipcos_queue_place place)
{
    xipcos_queue *queue = NULL;

    REQUIRE_OK(xipcos_queue_open(place, &queue));
    return queue;
}

/* Nothing of it is left. */
static void ended(xipcos_queue *queue, xipcos_queue_place place)
{
    xipcos_queue_close(queue);
    if (bounds_here().outlives_creator) {
        REQUIRE_OK(xipcos_queue_remove(place.native_name));
    }
}

static xipc_status put(xipcos_queue *queue, const char *head, const char *data)
{
    const xipcos_letter letter = {head, strlen(head), data, strlen(data), 0};

    return xipcos_queue_send(queue, &letter, XIPC_NOW);
}

static xipc_status get(xipcos_queue *queue, char *text)
{
    uint32_t priority = 7;
    size_t size = 0;
    xipc_status status =
        xipcos_queue_receive(queue, text, LONGEST, &size, &priority);

    if (status == XIPC_OK) {
        REQUIRE_UINT(0, priority);
        text[size] = '\0';
    }
    return status;
}

/* Waits for it. */
static void require_next(xipcos_queue *queue, const char *wanted)
{
    char text[LONGEST + 1];
    xipc_status status;
    uint32_t ticket;

    do {
        ticket = xipcos_queue_ticket(queue);
        status = get(queue, text);
        if (status == XIPC_E_AGAIN) {
            xipcos_queue_wait(queue, XIPC_READABLE, ticket, 1000 * MS);
        }
    } while (status == XIPC_E_AGAIN);
    REQUIRE_OK(status);
    REQUIRE_TEXT(wanted, text);
}

SPEC(a_queue_gives_whole_messages_in_the_order_of_their_sending, "MBOX-3")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));
    xipcos_queue *other = opened(place);
    char text[LONGEST + 1];

    REQUIRE_OK(put(other, "head ", "and data"));
    REQUIRE_OK(put(other, "", "only data"));
    REQUIRE_OK(put(queue, "only head", ""));
    REQUIRE_OK(put(other, "", ""));
    require_next(queue, "head and data");
    require_next(queue, "only data");
    require_next(queue, "only head");
    require_next(queue, "");
    REQUIRE_STATUS(XIPC_E_AGAIN, get(queue, text));

    xipcos_queue_close(other);
    ended(queue, place);
}

SPEC(a_queue_knows_what_it_was_made_with, "MBOX-1 MBOX-2")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));
    uint32_t capacity = 0;
    uint32_t longest = 0;

    xipcos_queue_geometry(queue, &capacity, &longest);
    REQUIRE_UINT(CAPACITY, capacity);
    REQUIRE_UINT(LONGEST, longest);
    ended(queue, place);
}

SPEC(a_queues_name_is_one_queues, "NAME-4")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *none = NULL;
    xipcos_queue *queue;

    bounds_here();
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipcos_queue_open(place, &none));
    queue = created(place);
    REQUIRE_STATUS(XIPC_E_EXISTS, xipcos_queue_create(place, &plan, &none));
    ended(queue, place);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipcos_queue_open(place, &none));
    REQUIRE(none == NULL);
    ended(created(place), place);
}

/* The sentence tells the limit. */
static void require_limit(xipcos_queue_plan larger, uint32_t limit)
{
    xipcos_queue *none = NULL;
    char number[16];

    snprintf(number, sizeof number, "%u", limit);
    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipcos_queue_create(own_place(), &larger, &none));
    REQUIRE(none == NULL);
    REQUIRE(strstr(xipcos_fault_text(), number) != NULL);
}

SPEC(what_is_over_a_limit_of_the_system_is_told_with_that_limit, "MBOX-1 GEN-3")
{
    xipcos_queue_bounds bounds = bounds_here();
    xipcos_queue_plan larger = plan;

    larger.capacity = bounds.capacity_max + 1;
    require_limit(larger, bounds.capacity_max);
    larger.capacity = CAPACITY;
    larger.message_max = bounds.message_max + 1;
    require_limit(larger, bounds.message_max);
}

SPEC(a_wait_for_a_message_ends_with_its_time, "MBOX-6")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));
    char text[LONGEST + 1];

    for (int turn = 0; turn < 5; turn++) {
        uint32_t ticket = xipcos_queue_ticket(queue);

        REQUIRE_STATUS(XIPC_E_AGAIN, get(queue, text));
        REQUIRE((xipcos_queue_ready(queue) & XIPC_READABLE) == 0);
        xipcos_queue_wait(queue, XIPC_READABLE, ticket, 2 * MS);
    }
    ended(queue, place);
}

SPEC(a_wake_between_the_ticket_and_the_wait_is_not_lost, "GEN-5")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));

    for (int turn = 0; turn < 100; turn++) {
        uint32_t ticket = xipcos_queue_ticket(queue);

        xipcos_queue_wake(queue);
        xipcos_queue_wait(
            queue, XIPC_READABLE, ticket, (int64_t)3600 * 1000 * MS);
    }
    ended(queue, place);
}

static void wake_it(void *queue)
{
    xipcos_queue_wake(queue);
}

SPEC(a_wake_ends_a_wait_of_another_thread, "GEN-5")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));

    for (int turn = 0; turn < 20; turn++) {
        uint32_t ticket = xipcos_queue_ticket(queue);
        spec_thread *thread = spec_thread_start(wake_it, queue);

        while (xipcos_queue_ticket(queue) == ticket) {
            xipcos_queue_wait(
                queue, XIPC_READABLE, ticket, (int64_t)3600 * 1000 * MS);
        }
        spec_thread_join(thread);
    }
    ended(queue, place);
}

/* Those who sleep again after each wake, until they are told to end. */
typedef struct sleeper {
    xipcos_queue *queue;
    _Atomic int is_over;
} sleeper;

static void sleep_again(void *context)
{
    sleeper *self = context;

    for (;;) {
        uint32_t ticket = xipcos_queue_ticket(self->queue);

        if (atomic_load(&self->is_over)) {
            return;
        }
        xipcos_queue_wait(
            self->queue, XIPC_READABLE, ticket, (int64_t)3600 * 1000 * MS);
    }
}

/* Whether a wait lasts as long as it may, once those who were woken have come
 * out; longer than a thread of several that are busy has to wait for its turn.
 */
static int sleeps_again(xipcos_queue *queue)
{
    const int64_t nap = (int64_t)200 * MS;
    int64_t end = xipcos_clock_ns() + (int64_t)10 * 1000 * MS;
    int64_t start;

    do {
        uint32_t ticket = xipcos_queue_ticket(queue);

        start = xipcos_clock_ns();
        xipcos_queue_wait(queue, XIPC_READABLE, ticket, nap);
        if (xipcos_clock_ns() - start >= nap) {
            return 1;
        }
    } while (start < end);
    return 0;
}

SPEC(who_waits_on_after_a_wake_sleeps_again, "GEN-5")
{
    enum { SLEEPERS = 4, WAKES = 3 };
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));
    sleeper all = {queue, 0};
    spec_thread *threads[SLEEPERS];

    for (int at = 0; at < SLEEPERS; at++) {
        threads[at] = spec_thread_start(sleep_again, &all);
    }
    for (int turn = 0; turn < WAKES; turn++) {
        xipcos_queue_wake(queue);
        REQUIRE(sleeps_again(queue));
    }
    atomic_store(&all.is_over, 1);
    xipcos_queue_wake(queue);
    for (int at = 0; at < SLEEPERS; at++) {
        spec_thread_join(threads[at]);
    }
    ended(queue, place);
}

SPEC(a_queue_with_a_message_is_ready, "WAIT-1")
{
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = (bounds_here(), created(place));
    intptr_t handle = 0;

    REQUIRE_OK(xipcos_queue_native_handle(queue, &handle));
    REQUIRE((xipcos_queue_ready(queue) & XIPC_READABLE) == 0);
    REQUIRE_OK(put(queue, "", "a"));
    while ((xipcos_queue_ready(queue) & XIPC_READABLE) == 0) {
        xipcos_queue_wait(
            queue, XIPC_READABLE, xipcos_queue_ticket(queue), 1000 * MS);
    }
    REQUIRE_UINT(1, xipcos_queue_depth(queue));
    require_next(queue, "a");
    REQUIRE((xipcos_queue_ready(queue) & XIPC_READABLE) == 0);
    REQUIRE_UINT(0, xipcos_queue_depth(queue));
    ended(queue, place);
}

/* Where nobody counts, core does. */
SPEC(a_full_queue_takes_no_more, "MBOX-1")
{
    xipcos_queue_bounds bounds = bounds_here();
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = created(place);

    for (int count = 0; count < CAPACITY; count++) {
        REQUIRE_OK(put(queue, "", "a"));
    }
    if (bounds.is_bounded) {
        REQUIRE_STATUS(XIPC_E_AGAIN, put(queue, "", "b"));
    }
    for (int count = 0; count < CAPACITY; count++) {
        require_next(queue, "a");
    }
    ended(queue, place);
}

SPEC(a_queue_that_ends_with_its_creator_is_closed_to_senders, "MBOX-7")
{
    xipcos_queue_bounds bounds = bounds_here();
    xipcos_queue_place place = own_place();
    xipcos_queue *queue = created(place);
    xipcos_queue *other = opened(place);
    char text[LONGEST + 1];

    if (bounds.outlives_creator) {
        REQUIRE_OK(put(other, "", "a"));
        xipcos_queue_close(queue);
        require_next(other, "a");
        ended(other, place);
        return;
    }
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, get(other, text));
    REQUIRE_OK(put(other, "", "a"));
    xipcos_queue_close(queue);
    REQUIRE_STATUS(XIPC_E_CLOSED, put(other, "", "a"));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipcos_queue_remove(place.native_name));
    xipcos_queue_close(other);
}

SPEC(a_queue_goes_with_its_companion, "LIFE-1")
{
    static unsigned char head[XIPCOS_HEAD_SIZE] = "the head";
    const xipcos_section_plan memory = {
        .size = xipcos_map_granularity(),
        .max_size = xipcos_map_granularity(),
        .has_queue = 1,
        .head = head};
    const char *name = own_native_name('s', 'q');
    xipcos_place place = {.scope = XIPC_SCOPE_USER, .native_name = name};

    bounds_here();
    for (int turn = 0; turn < 3; turn++) {
        xipcos_queue_place where = {NULL, name};
        xipcos_section *section = NULL;
        xipcos_queue *none = NULL;
        xipcos_queue *queue;
        xipcos_queue *other;

        REQUIRE_OK(
            xipcos_section_create(place, &memory, XIPC_FOREVER, &section));
        where.companion = section;
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipcos_queue_open(where, &none));
        queue = created(where);
        other = opened(where);
        REQUIRE_OK(put(other, "a", "b"));
        require_next(queue, "ab");
        REQUIRE_OK(put(other, "what is left", "in it"));
        /* In the order of core's close. */
        xipcos_queue_close(other);
        xipcos_queue_close(queue);
        xipcos_section_close(section);
    }
}
