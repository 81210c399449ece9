/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose replies are collected later. */
#include <string.h>

#include <xipc/poller.h>

#include "support/call_kit.h"

enum { MANY = 50 };

static xipc_pending *submit(
    xipc_link *link, uint32_t method, uint64_t number, xipc_deadline deadline)
{
    const xipc_call_data request = {&number, sizeof number, NULL, 0};
    xipc_pending *pending = NULL;

    REQUIRE_OK(xipc_call_submit(
        link, method, &request, (void *)(uintptr_t)number, deadline, &pending));
    return pending;
}

static void finish(xipc_pending *pending, uint64_t number)
{
    uint64_t got = 0;
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;

    answer.buffer = &got;
    answer.capacity = sizeof got;
    REQUIRE_OK(xipc_pending_finish(pending, &answer, in_time()));
    REQUIRE_UINT(number, got);
}

static void collects_many(const char *address)
{
    xipc_pending *pending = UNTOUCHED;
    uint64_t seen[MANY] = {0};
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_call_collect(self.link, XIPC_NOW, &pending, NULL));
    REQUIRE(pending == UNTOUCHED);
    for (uint64_t at = 0; at < MANY; at++) {
        (void)submit(self.link, ECHO, at, in_time());
    }
    for (uint64_t at = 0; at < MANY; at++) {
        void *cookie = NULL;

        REQUIRE_OK(xipc_call_collect(self.link, in_time(), &pending, &cookie));
        seen[(uintptr_t)cookie]++;
        finish(pending, (uintptr_t)cookie);
    }
    for (uint64_t at = 0; at < MANY; at++) {
        REQUIRE_UINT(1, seen[at]);
    }
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_call_collect(self.link, xipc_after_ms(10), &pending, NULL));
    calls_end(&self);
}

SPEC(calls_that_were_submitted_are_each_collected_once, "CALL-2")
{
    with_both_sorts(collects_many);
}

static void finishes_in_any_order(const char *address)
{
    xipc_pending *pending[MANY];
    call_pair self;

    calls_begin(&self, address);
    for (uint64_t at = 0; at < MANY; at++) {
        pending[at] = submit(self.link, ECHO, at, in_time());
    }
    for (uint64_t at = MANY; at > 0; at--) {
        finish(pending[at - 1], at - 1);
    }
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_call_collect(self.link, XIPC_NOW, &pending[0], NULL));
    calls_end(&self);
}

SPEC(a_call_that_was_submitted_is_finished_by_itself, "CALL-2")
{
    with_both_sorts(finishes_in_any_order);
}

static void waits_for_room(const char *address)
{
    enum { WINDOW = 4, CALLS = 40 };
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_pending *pending[CALLS];
    xipc_pending *one_more = UNTOUCHED;
    call_pair self;

    options.request_max = WINDOW;
    calls_begin_with(&self, address, &options, NULL);
    for (uint64_t at = 0; at < CALLS; at++) {
        pending[at] = submit(self.link, ECHO, at, in_time());
    }
    for (uint64_t at = 0; at < CALLS; at++) {
        finish(pending[at], at);
    }
    for (uint64_t at = 0; at < WINDOW; at++) {
        pending[at] = submit(self.link, HOLD, at, in_time());
    }
    for (uint64_t at = 0; at < WINDOW; at++) {
        (void)held(&self.board);
    }
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_call_submit(
            self.link, HOLD, NULL, NULL, xipc_after_ms(20), &one_more));
    REQUIRE(one_more == UNTOUCHED);
    REQUIRE_OK(xipc_request_reply(atomic_load(&self.board.held[2]), 0, NULL));
    REQUIRE_OK(xipc_pending_finish(pending[2], NULL, in_time()));
    echoes(self.link, 1, 10);
    xipc_pending_cancel(pending[0]);
    xipc_pending_cancel(pending[1]);
    xipc_pending_cancel(pending[3]);
    for (uint64_t at = 0; at < WINDOW; at++) {
        if (at != 2) {
            (void)xipc_request_reply(
                atomic_load(&self.board.held[at]), 0, NULL);
        }
    }
    echoes(self.link, 1, 10);
    REQUIRE_UINT(WINDOW, atomic_load(&self.board.held_count));
    calls_end(&self);
}

SPEC(more_than_request_max_calls_wait_at_the_caller, "CALL-2 CALL-10")
{
    with_both_sorts(waits_for_room);
}

static void gives_up_by_itself(const char *address)
{
    xipc_pending *pending;
    xipc_pending *collected = NULL;
    void *cookie = NULL;
    call_pair self;

    calls_begin(&self, address);
    pending = submit(self.link, HOLD, 3, xipc_after_ms(30));
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_pending_finish(pending, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pending_finish(pending, NULL, xipc_after_ms(1)));
    REQUIRE_OK(xipc_call_collect(self.link, in_time(), &collected, &cookie));
    REQUIRE(collected == pending && (uintptr_t)cookie == 3);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pending_finish(pending, NULL, in_time()));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pending_finish(pending, NULL, in_time()));
    xipc_pending_cancel(pending);
    echoes(self.link, 1, 10);
    REQUIRE(xipc_request_is_canceled(held(&self.board)));
    (void)xipc_request_reply(atomic_load(&self.board.held[0]), 0, NULL);
    calls_end(&self);
}

SPEC(a_submitted_call_gives_up_at_its_own_deadline, "CALL-5")
{
    with_both_sorts(gives_up_by_itself);
}

/* The one who collects has both deadlines in mind, and one of them is gone. */
static void outlasts_a_deadline(const char *address)
{
    xipc_pending *brief;
    xipc_pending *other;
    xipc_pending *unused = UNTOUCHED;
    int64_t start;
    call_pair self;

    calls_begin(&self, address);
    brief = submit(self.link, HOLD, 1, xipc_after_ms(30));
    other = submit(self.link, HOLD, 2, XIPC_FOREVER);
    xipc_pending_cancel(brief);
    start = spec_now_ns();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_call_collect(self.link, xipc_after_ms(200), &unused, NULL));
    REQUIRE(!is_within(start, 200 * NS_PER_MS));
    REQUIRE(unused == UNTOUCHED);
    for (int at = 0; at < 2; at++) {
        (void)xipc_request_reply(held(&self.board), 0, NULL);
    }
    REQUIRE_OK(xipc_pending_finish(other, NULL, in_time()));
    calls_end(&self);
}

SPEC(who_collects_waits_no_shorter_for_a_call_that_is_gone, "CALL-5 WAIT-1")
{
    with_both_sorts(outlasts_a_deadline);
}

static void is_canceled(const char *address)
{
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    xipc_pending *pending;
    call_pair self;

    calls_begin(&self, address);
    pending = submit(self.link, WATCH, 0, XIPC_FOREVER);
    await_number(&self.board.watching, 1);
    xipc_pending_cancel(pending);
    xipc_pending_cancel(NULL);
    await_number(&self.board.canceled, 1);
    echoes(self.link, 1, 10);
    REQUIRE_OK(xipc_link_get_info(self.link, &info));
    REQUIRE_UINT(1, info.late_replies);
    calls_end(&self);
}

SPEC(a_submitted_call_can_be_canceled, "CALL-5")
{
    with_both_sorts(is_canceled);
}

static void is_told_by_a_poller(const char *address)
{
    xipc_poller *poller = NULL;
    xipc_ready ready;
    xipc_pending *pending = NULL;
    size_t count = 0;
    int found = 0;
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_OK(xipc_poller_create(&poller));
    REQUIRE_OK(xipc_poller_add(
        poller, xipc_link_object(self.link), XIPC_READABLE, &self));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_poller_wait(poller, &ready, 1, xipc_after_ms(10), &count));
    for (uint64_t round = 0; round < 20; round++) {
        (void)submit(self.link, ECHO, round, in_time());
        found = 0;
        while (!found) {
            xipc_status status;

            REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, in_time(), &count));
            REQUIRE(ready.cookie == &self);
            status = xipc_call_collect(self.link, XIPC_NOW, &pending, NULL);
            REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
            found = status == XIPC_OK;
        }
        finish(pending, round);
    }
    xipc_service_close(self.service);
    self.service = NULL;
    do {
        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, in_time(), &count));
        REQUIRE(
            xipc_call_collect(self.link, XIPC_NOW, &pending, NULL) != XIPC_OK);
    } while ((ready.events & XIPC_HUNG_UP) == 0);
    REQUIRE_STATUS(
        XIPC_E_CLOSED,
        xipc_call_collect(self.link, XIPC_FOREVER, &pending, NULL));
    xipc_link_close(self.link);
    self.link = NULL;
    xipc_poller_close(poller);
    calls_end(&self);
}

SPEC(a_poller_tells_that_a_call_can_be_collected, "WAIT-1 CALL-2")
{
    with_both_sorts(is_told_by_a_poller);
}

typedef struct collector {
    xipc_link *link;
    _Atomic uint32_t count;
} collector;

static void collect_until_closed(void *context)
{
    collector *self = context;
    xipc_pending *pending = NULL;

    while (xipc_call_collect(self->link, XIPC_FOREVER, &pending, NULL) ==
           XIPC_OK) {
        REQUIRE_OK(xipc_pending_finish(pending, NULL, XIPC_NOW));
        atomic_fetch_add(&self->count, 1);
    }
}

static void one_submits_another_collects(const char *address)
{
    collector other = {NULL, 0};
    spec_thread *thread;
    call_pair self;

    calls_begin(&self, address);
    other.link = self.link;
    thread = spec_thread_start(collect_until_closed, &other);
    for (uint32_t at = 0; at < 500; at++) {
        xipc_pending *unused = NULL;

        REQUIRE_OK(
            xipc_call_submit(self.link, ECHO, NULL, NULL, in_time(), &unused));
        if (at % 100 == 0) {
            echoes(self.link, at, 1000);
        }
    }
    await_number(&other.count, 500);
    REQUIRE_OK(xipc_link_hang_up(self.link));
    spec_thread_join(thread);
    calls_end(&self);
}

SPEC(one_thread_submits_and_another_one_collects, "CALL-2 GEN-6")
{
    with_both_sorts(one_submits_another_collects);
}
