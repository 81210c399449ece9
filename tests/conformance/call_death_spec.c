/* SPDX-License-Identifier: Apache-2.0 */
/* One side ends, in good order or not. */
#include <stdio.h>
#include <string.h>

#include "support/call_kit.h"

/*
 * Wine's server keeps the sockets of a process that was killed in a socket
 * call, and so nobody is told over tcp there.
 */
static void with_sorts_that_tell(call_body *body)
{
    if (strncmp(spec_host(), "wine", 4) != 0) {
        with_both_sorts(body);
        return;
    }
    spec_note("over a local link only: Wine keeps a dead process's sockets");
    body("local");
}

static void loses_its_server(const char *address)
{
    char where[XIPC_CALL_ADDRESS_SIZE];
    spec_peer *server = call_server(address, where);
    xipc_link *link = linked(where);
    xipc_pending *pending = NULL;
    call_thread caller;
    int64_t start;

    echoes(link, 1, 100);
    call_begins(&caller, link, WATCH, XIPC_FOREVER);
    spec_tell(server, "await watching");
    spec_expect(server, "XIPC_OK");
    REQUIRE_OK(
        xipc_call_submit(link, ECHO, NULL, NULL, XIPC_FOREVER, &pending));
    spec_kill(server);
    start = spec_now_ns();
    REQUIRE_STATUS(XIPC_E_PEER_DIED, call_ends(&caller));
    REQUIRE(is_within(start, NS_PER_S));
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, xipc_pending_finish(pending, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, call_plain(link, ECHO, XIPC_FOREVER));
    REQUIRE(strlen(xipc_detail()) > 0);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, xipc_call_post(link, ECHO, NULL, XIPC_FOREVER));
    xipc_link_close(link);
}

SPEC(a_call_ends_when_its_server_dies, "CALL-6 GEN-11")
{
    with_sorts_that_tell(loses_its_server);
}

static void loses_an_idle_server(const char *address)
{
    char where[XIPC_CALL_ADDRESS_SIZE];
    spec_peer *server = call_server(address, where);
    xipc_link *link = linked(where);
    int64_t start;
    xipc_status status;

    echoes(link, 1, 100);
    spec_kill(server);
    start = spec_now_ns();
    status = call_plain(link, ECHO, in_time());
    REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    REQUIRE(is_within(start, NS_PER_S));
    xipc_link_close(link);
}

SPEC(a_call_to_one_who_died_before_ends, "CALL-6 GEN-11")
{
    with_sorts_that_tell(loses_an_idle_server);
}

static void loses_its_client(const char *address)
{
    spec_peer *client = call_hand();
    char order[XIPC_CALL_ADDRESS_SIZE + 16];
    int64_t start;
    call_pair self;

    calls_begin(&self, address);
    snprintf(order, sizeof order, "connect %s", self.address);
    spec_tell(client, order);
    spec_expect(client, "XIPC_OK");
    spec_tell(client, "begin 4");
    spec_expect(client, "XIPC_OK");
    await_number(&self.board.watching, 1);
    spec_kill(client);
    start = spec_now_ns();
    await_number(&self.board.canceled, 1);
    await_number(&self.board.died, 1);
    REQUIRE(is_within(start, 2 * NS_PER_S));
    echoes(self.link, 1, 100);
    calls_end(&self);
}

SPEC(a_service_is_told_that_a_client_died, "CALL-6 GEN-11")
{
    with_sorts_that_tell(loses_its_client);
}

static void closes_while_calls_run(const char *address)
{
    call_thread callers[5];
    xipc_request *request[5];
    call_pair self;

    calls_begin(&self, address);
    for (int at = 0; at < 5; at++) {
        call_begins(&callers[at], self.link, HOLD, XIPC_FOREVER);
        request[at] = held(&self.board);
    }
    xipc_service_close(self.service);
    self.service = NULL;
    for (int at = 0; at < 5; at++) {
        REQUIRE_STATUS(XIPC_E_CLOSED, call_ends(&callers[at]));
    }
    REQUIRE(xipc_request_is_canceled(request[0]));
    for (int at = 0; at < 5; at++) {
        REQUIRE(xipc_request_reply(request[at], 0, NULL) != XIPC_OK);
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, call_plain(self.link, ECHO, XIPC_FOREVER));
    calls_end(&self);
}

SPEC(a_service_that_closes_ends_its_calls_in_good_order, "CALL-6")
{
    with_both_sorts(closes_while_calls_run);
}

enum { CALLERS = 12, CLOSES = 5 };

/*
 * Who closes a TCP connection resets it for those who still send, and Windows
 * drops with that what had come before: the last word, too. Some versions of
 * Wine do so.
 */
static int may_lose_the_last_word(const char *address)
{
    return is_remote(address) && (strncmp(spec_host(), "windows", 7) == 0 ||
                                  strncmp(spec_host(), "wine", 4) == 0);
}

static void require_closed(const char *address, xipc_status status)
{
    if (status != XIPC_E_PEER_DIED || !may_lose_the_last_word(address)) {
        REQUIRE_STATUS(XIPC_E_CLOSED, status);
    }
}

static void call_until_it_ends(void *context)
{
    call_thread *self = context;

    do {
        self->status = call_plain(self->link, COUNT, XIPC_FOREVER);
    } while (self->status == XIPC_OK);
}

/* Requests come while the service is about to end its links. */
static void closes_under_load(const char *address)
{
    for (int round = 0; round < CLOSES; round++) {
        call_thread callers[CALLERS];
        call_pair self;

        calls_begin(&self, address);
        for (int at = 0; at < CALLERS; at++) {
            callers[at].link = linked(self.address);
            callers[at].thread =
                spec_thread_start(call_until_it_ends, &callers[at]);
        }
        while (atomic_load(&self.board.counted) < 100) {
            let_pass(1);
        }
        xipc_service_close(self.service);
        self.service = NULL;
        for (int at = 0; at < CALLERS; at++) {
            require_closed(address, call_ends(&callers[at]));
            xipc_link_close(callers[at].link);
        }
        REQUIRE_UINT(0, atomic_load(&self.board.cut));
        calls_end(&self);
    }
}

SPEC(a_service_that_closes_at_work_ends_in_good_order, "CALL-6")
{
    with_both_sorts(closes_under_load);
}

static void is_hung_up(const char *address)
{
    call_thread caller;
    xipc_request *request;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&caller, self.link, HOLD, XIPC_FOREVER);
    request = held(&self.board);
    REQUIRE_OK(xipc_link_hang_up(xipc_request_link(request)));
    REQUIRE_STATUS(XIPC_E_CLOSED, call_ends(&caller));
    REQUIRE(xipc_request_is_canceled(request));
    REQUIRE_STATUS(XIPC_E_CLOSED, xipc_request_reply(request, 0, NULL));
    await_number(&self.board.closed, 1);
    xipc_link_close(self.link);
    self.link = linked(self.address);
    echoes(self.link, 1, 1);
    REQUIRE_OK(xipc_link_hang_up(self.link));
    REQUIRE_STATUS(XIPC_E_CLOSED, call_plain(self.link, ECHO, XIPC_FOREVER));
    await_number(&self.board.closed, 2);
    calls_end(&self);
}

SPEC(either_side_hangs_up, "CALL-6")
{
    with_both_sorts(is_hung_up);
}

static void a_closing_client_cancels(const char *address)
{
    xipc_pending *pending = NULL;
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_OK(
        xipc_call_submit(self.link, WATCH, NULL, NULL, XIPC_FOREVER, &pending));
    await_number(&self.board.watching, 1);
    xipc_pending_cancel(pending);
    xipc_link_close(self.link);
    self.link = NULL;
    await_number(&self.board.canceled, 1);
    await_number(&self.board.closed, 1);
    calls_end(&self);
}

SPEC(a_service_is_told_that_a_client_closed, "CALL-6 CALL-5")
{
    with_both_sorts(a_closing_client_cancels);
}

static void what_was_posted_arrives(const char *address)
{
    call_pair self;

    calls_begin(&self, address);
    for (int at = 0; at < 50; at++) {
        REQUIRE_OK(xipc_call_post(self.link, COUNT, NULL, in_time()));
    }
    xipc_link_close(self.link);
    self.link = NULL;
    await_number(&self.board.counted, 50);
    calls_end(&self);
}

SPEC(what_was_posted_before_a_close_arrives, "CALL-4 CALL-6")
{
    with_both_sorts(what_was_posted_arrives);
}
