/* SPDX-License-Identifier: Apache-2.0 */
/* One way, and the other way round. */
#include "support/call_kit.h"

static void goes_one_way(const char *address)
{
    enum { MANY = 1000 };
    call_pair self;

    calls_begin(&self, address);
    for (int at = 0; at < MANY; at++) {
        REQUIRE_OK(xipc_call_post(self.link, COUNT, NULL, in_time()));
    }
    await_number(&self.board.counted, MANY);
    REQUIRE_OK(xipc_call_post(self.link, UNKNOWN, NULL, in_time()));
    echoes(self.link, 1, 10);
    calls_end(&self);
}

SPEC(a_one_way_call_runs_its_handler_once, "CALL-4")
{
    with_both_sorts(goes_one_way);
}

static void holds_back_posts(const char *address)
{
    enum { WINDOW = 4 };
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    call_pair self;

    options.request_max = WINDOW;
    calls_begin_with(&self, address, &options, NULL);
    for (int at = 0; at < WINDOW; at++) {
        REQUIRE_OK(xipc_call_post(self.link, HOLD, NULL, in_time()));
    }
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_call_post(self.link, HOLD, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_call_post(self.link, HOLD, NULL, xipc_after_ms(20)));
    for (int at = 0; at < WINDOW; at++) {
        xipc_request *request = held(&self.board);

        REQUIRE(xipc_request_is_one_way(request));
        REQUIRE_OK(xipc_request_reply(request, 0, NULL));
    }
    for (int at = 0; at < 20; at++) {
        REQUIRE_OK(xipc_call_post(self.link, COUNT, NULL, in_time()));
        echoes(self.link, 1, 10);
    }
    REQUIRE_UINT(20, atomic_load(&self.board.counted));
    calls_end(&self);
}

SPEC(one_way_calls_wait_for_room_too, "CALL-4 CALL-10")
{
    with_both_sorts(holds_back_posts);
}

static void posts_are_long(const char *address)
{
    static unsigned char bytes[500000];
    const xipc_call_data data = {bytes, sizeof bytes, NULL, 0};
    call_pair self;

    calls_begin(&self, address);
    for (int at = 0; at < 100; at++) {
        REQUIRE_OK(xipc_call_post(self.link, COUNT, &data, in_time()));
    }
    await_number(&self.board.counted, 100);
    calls_end(&self);
}

SPEC(one_way_calls_may_be_long, "CALL-4 CALL-3")
{
    with_both_sorts(posts_are_long);
}

static void calls_back(const char *address)
{
    call_board board = {0};
    xipc_service *ours = serving(&board, NULL);
    unsigned char bytes[3000];
    call_pair self;

    calls_begin(&self, address);
    xipc_link_close(self.link);
    REQUIRE_OK(
        xipc_call_connect(ours, self.address, NULL, in_time(), &self.link));
    for (uint64_t at = 0; at < 200; at++) {
        const size_t size = (size_t)(at * 13);
        xipc_call_data request = {bytes, size, NULL, 0};
        xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
        unsigned char got[3000];

        message_fill(bytes, size, at);
        answer.buffer = got;
        answer.capacity = sizeof got;
        REQUIRE_OK(xipc_call(self.link, BACK, &request, &answer, in_time()));
        REQUIRE_UINT(size, answer.size);
        REQUIRE(message_is(got, size, at));
    }
    xipc_link_close(self.link);
    self.link = NULL;
    calls_end(&self);
    xipc_service_close(ours);
}

SPEC(a_handler_calls_back_over_the_link_that_called_it, "CALL-4")
{
    with_both_sorts(calls_back);
}

static void long_ones_both_ways(const char *address)
{
    call_board board = {0};
    xipc_service *ours = serving(&board, NULL);
    static unsigned char bytes[3000000];
    static unsigned char got[3000000];
    const xipc_call_data request = {bytes, sizeof bytes, NULL, 0};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    call_pair self;

    calls_begin(&self, address);
    xipc_link_close(self.link);
    REQUIRE_OK(
        xipc_call_connect(ours, self.address, NULL, in_time(), &self.link));
    message_fill(bytes, sizeof bytes, 5);
    answer.buffer = got;
    answer.capacity = sizeof got;
    for (int at = 0; at < 3; at++) {
        REQUIRE_OK(xipc_call(self.link, BACK, &request, &answer, in_time()));
        REQUIRE(message_is(got, sizeof got, 5));
    }
    xipc_link_close(self.link);
    self.link = NULL;
    calls_end(&self);
    xipc_service_close(ours);
}

SPEC(long_messages_go_both_ways_at_once, "CALL-4 CALL-3")
{
    with_both_sorts(long_ones_both_ways);
}

static void has_nobody_to_call(const char *address)
{
    call_pair self;

    calls_begin(&self, address);
    echoes(self.link, 1, 1);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, call_plain(self.link, BACK, in_time()));
    echoes(self.link, 1, 1);
    calls_end(&self);
}

SPEC(a_client_without_a_service_is_not_called, "CALL-4")
{
    with_both_sorts(has_nobody_to_call);
}

/* Not from a handler: a link that on_link told of. */
static void calls_by_itself(const char *address)
{
    call_board board = {0};
    xipc_service *ours = serving(&board, NULL);
    xipc_link *back;
    call_pair self;

    calls_begin(&self, address);
    xipc_link_close(self.link);
    REQUIRE_OK(
        xipc_call_connect(ours, self.address, NULL, in_time(), &self.link));
    await_number(&self.board.came, 2);
    back = atomic_load(&self.board.last_link);
    REQUIRE_OK(xipc_link_keep(back));
    for (uint64_t at = 0; at < 100; at++) {
        echoes(back, at, 100);
        REQUIRE_OK(xipc_call_post(back, COUNT, NULL, in_time()));
        echoes(self.link, at, 100);
    }
    await_number(&board.counted, 100);
    xipc_link_close(self.link);
    self.link = NULL;
    await_number(&self.board.closed, 2);
    REQUIRE_STATUS(XIPC_E_CLOSED, call_plain(back, ECHO, in_time()));
    xipc_link_close(back);
    calls_end(&self);
    xipc_service_close(ours);
}

SPEC(a_server_calls_its_clients_by_itself, "CALL-4")
{
    with_both_sorts(calls_by_itself);
}
