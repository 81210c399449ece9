/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are not answered in time, or are interrupted. */
#include "support/call_kit.h"

static void frees_the_caller(const char *address)
{
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    int64_t start;
    xipc_deadline deadline;
    xipc_request *request;
    call_pair self;

    calls_begin(&self, address);
    start = spec_now_ns();
    deadline = xipc_after_ms(50);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_plain(self.link, HOLD, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(is_within(start, 2 * NS_PER_S));
    request = held(&self.board);
    echoes(self.link, 1, 100); /* the cancel came before */
    REQUIRE(xipc_request_is_canceled(request));
    REQUIRE_STATUS(XIPC_E_CANCELED, xipc_request_reply(request, 0, NULL));
    echoes(self.link, 2, 100); /* the late reply came before */
    REQUIRE_OK(xipc_link_get_info(self.link, &info));
    REQUIRE_UINT(1, info.late_replies);
    calls_end(&self);
}

SPEC(a_deadline_frees_the_caller_and_the_late_reply_is_counted, "CALL-5 GEN-4")
{
    with_both_sorts(frees_the_caller);
}

static void is_seen_by_the_handler(const char *address)
{
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, call_plain(self.link, WATCH, xipc_after_ms(30)));
    await_number(&self.board.canceled, 1);
    echoes(self.link, 2, 100);
    calls_end(&self);
}

SPEC(a_handler_that_runs_sees_that_nobody_waits_any_more, "CALL-5")
{
    with_both_sorts(is_seen_by_the_handler);
}

static void never_starts(const char *address)
{
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_STATUS(XIPC_E_AGAIN, call_plain(self.link, COUNT, XIPC_NOW));
    echoes(self.link, 1, 10);
    REQUIRE_UINT(0, atomic_load(&self.board.counted));
    calls_end(&self);
}

SPEC(a_call_without_time_is_not_begun, "CALL-2 GEN-4")
{
    with_both_sorts(never_starts);
}

static void is_interrupted(const char *address)
{
    call_thread caller;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&caller, self.link, WATCH, XIPC_FOREVER);
    await_number(&self.board.watching, 1);
    REQUIRE_OK(xipc_interrupt(xipc_link_object(self.link)));
    REQUIRE_STATUS(XIPC_E_CANCELED, call_ends(&caller));
    REQUIRE_STATUS(XIPC_E_CANCELED, call_plain(self.link, WATCH, XIPC_FOREVER));
    REQUIRE_OK(xipc_interrupt_clear(xipc_link_object(self.link)));
    await_number(&self.board.canceled, 2); /* the second one had begun */
    echoes(self.link, 1, 10);
    calls_end(&self);
}

SPEC(an_interrupt_ends_the_calls_over_a_link, "GEN-5 CALL-5")
{
    with_both_sorts(is_interrupted);
}

/* One worker, which waits in a handler. */
static void keeps_a_deadline_behind_another(const char *address)
{
    call_thread first;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&first, self.link, WATCH, xipc_after_ms(300));
    await_number(&self.board.watching, 1);
    for (int round = 0; round < 3; round++) {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, call_plain(self.link, COUNT, xipc_after_ms(20)));
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_ends(&first));
    await_number(&self.board.canceled, 1);
    echoes(self.link, 1, 10);
    calls_end(&self);
}

SPEC(a_call_behind_one_that_hangs_has_its_own_deadline, "CALL-5")
{
    with_both_sorts(keeps_a_deadline_behind_another);
}

/* The service does not read: its process's only thread is in a handler. */
static void a_long_request_has_a_deadline(const char *address)
{
    int64_t start;
    call_thread first;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&first, self.link, HOLD, in_time());
    (void)held(&self.board);
    start = spec_now_ns();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, echo(self.link, 1, 16000000, xipc_after_ns(1000000)));
    REQUIRE(is_within(start, 10 * NS_PER_S)); /* it did not hang */
    echoes(self.link, 2, 100000);
    REQUIRE_OK(xipc_request_reply(atomic_load(&self.board.held[0]), 0, NULL));
    REQUIRE_OK(call_ends(&first));
    calls_end(&self);
}

SPEC(a_request_that_was_cut_short_leaves_the_link_whole, "CALL-5 CALL-3")
{
    with_both_sorts(a_long_request_has_a_deadline);
}
