/* SPDX-License-Identifier: Apache-2.0 */
/* A call: bytes in, bytes out, the handler's status. */
#include <stdlib.h>
#include <string.h>

#include "support/call_kit.h"

static const size_t sizes[] = {0,    1,     8,     63,    64,     65,
                               4096, 65535, 65536, 65537, 300000, 1000003};

static void answers_all_sizes(const char *address)
{
    call_pair self;

    calls_begin(&self, address);
    for (size_t at = 0; at < sizeof sizes / sizeof sizes[0]; at++) {
        echoes(self.link, at, sizes[at]);
    }
    calls_end(&self);
}

SPEC(a_call_brings_the_handlers_bytes_and_result, "CALL-1 CALL-2 CALL-3")
{
    with_both_sorts(answers_all_sizes);
}

static void has_a_limit(const char *address)
{
    enum { LIMIT = 200000 };
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    call_pair self;

    options.payload_max = LIMIT;
    calls_begin_with(&self, address, NULL, &options);
    echoes(self.link, 1, LIMIT);
    REQUIRE_STATUS(XIPC_E_TOO_BIG, echo(self.link, 2, LIMIT + 1, in_time()));
    REQUIRE(strstr(xipc_detail(), "200000"));
    echoes(self.link, 3, LIMIT);
    REQUIRE_OK(xipc_link_get_info(self.link, &info));
    REQUIRE_UINT(LIMIT, info.payload_max);
    REQUIRE_UINT(64, info.request_max);
    REQUIRE_UINT(2, info.calls);
    calls_end(&self);
}

SPEC(a_request_of_payload_max_goes_and_one_byte_more_does_not, "CALL-3")
{
    with_both_sorts(has_a_limit);
}

static xipc_status
fill(xipc_link *link, uint64_t number, uint64_t size, xipc_call_answer *answer)
{
    const uint64_t said[2] = {number, size};
    const xipc_call_data request = {said, sizeof said, NULL, 0};

    return xipc_call(link, FILL, &request, answer, in_time());
}

static void refuses_a_long_reply(const char *address)
{
    enum { LIMIT = 100000 };
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    call_pair self;

    options.payload_max = LIMIT;
    calls_begin_with(&self, address, NULL, &options);
    answer.capacity = LIMIT + 1;
    answer.buffer = malloc(answer.capacity);
    REQUIRE(answer.buffer);
    answer.size = 7;
    REQUIRE_STATUS(XIPC_E_TOO_BIG, fill(self.link, 1, LIMIT + 1, &answer));
    REQUIRE_UINT(7, answer.size);
    REQUIRE_OK(fill(self.link, 1, LIMIT, &answer));
    REQUIRE(message_is(answer.buffer, LIMIT, 1));
    free(answer.buffer);
    calls_end(&self);
}

SPEC(a_reply_longer_than_the_caller_takes_is_told, "CALL-3")
{
    with_both_sorts(refuses_a_long_reply);
}

static void tells_what_is_too_small(const char *address)
{
    char room[16];
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    call_pair self;

    calls_begin(&self, address);
    answer.buffer = room;
    answer.capacity = sizeof room;
    REQUIRE_STATUS(XIPC_E_TOO_SMALL, fill(self.link, 1, 17, &answer));
    REQUIRE_UINT(17, answer.size);
    REQUIRE_STATUS(XIPC_E_TOO_SMALL, fill(self.link, 1, 170000, &answer));
    REQUIRE_UINT(170000, answer.size);
    REQUIRE_OK(fill(self.link, 2, 16, &answer));
    REQUIRE(message_is(room, 16, 2));
    REQUIRE_OK(xipc_call(self.link, NOTHING, NULL, NULL, in_time()));
    calls_end(&self);
}

SPEC(a_buffer_that_is_too_small_is_told_how_large_the_reply_is, "CALL-2")
{
    with_both_sorts(tells_what_is_too_small);
}

static xipc_status fail(xipc_link *link, xipc_status status)
{
    const int32_t said = (int32_t)status;
    const xipc_call_data request = {&said, sizeof said, NULL, 0};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;

    return xipc_call(link, FAIL, &request, &answer, in_time());
}

static void brings_statuses(const char *address)
{
    static const xipc_status good[] = {
        XIPC_E_ACCESS, XIPC_E_BUSY, XIPC_E_NOT_FOUND, XIPC_E_NO_SPACE,
        XIPC_E_CORRUPT};
    static const xipc_status bad[] = {
        XIPC_OK,          XIPC_E_TIMEOUT, XIPC_E_AGAIN,
        XIPC_E_CANCELED,  XIPC_E_CLOSED,  XIPC_E_PEER_DIED,
        XIPC_E_TOO_SMALL, XIPC_E_FORKED,  (xipc_status)-100};
    call_pair self;

    calls_begin(&self, address);
    for (size_t at = 0; at < sizeof good / sizeof good[0]; at++) {
        REQUIRE_STATUS(good[at], fail(self.link, good[at]));
    }
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        REQUIRE_STATUS(XIPC_E_OS, fail(self.link, bad[at]));
    }
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, call_plain(self.link, UNKNOWN, in_time()));
    REQUIRE(strstr(xipc_detail(), "99"));
    REQUIRE_OK(call_plain(self.link, NOTHING, in_time()));
    echoes(self.link, 1, 10);
    calls_end(&self);
}

SPEC(the_handlers_status_is_what_the_call_returns, "CALL-2 CALL-1")
{
    with_both_sorts(brings_statuses);
}

static void answers_later(const char *address)
{
    call_thread caller;
    xipc_request *request;
    const xipc_call_data reply = {"later", 5, NULL, 0};
    size_t size;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&caller, self.link, HOLD, in_time());
    request = held(&self.board);
    echoes(self.link, 1, 100);
    REQUIRE_UINT(HOLD, xipc_request_method(request));
    REQUIRE(xipc_request_data(request, &size));
    REQUIRE_UINT(0, size);
    REQUIRE(!xipc_request_is_canceled(request));
    REQUIRE(!xipc_request_is_one_way(request));
    REQUIRE_OK(xipc_request_reply(request, 3, &reply));
    REQUIRE_OK(call_ends(&caller));
    calls_end(&self);
}

SPEC(a_request_that_is_kept_is_answered_after_the_handler, "CALL-1")
{
    with_both_sorts(answers_later);
}

typedef struct hand_case {
    call_pair *self;
    spec_thread *thread;
    xipc_status status;
} hand_case;

static void take_and_answer(void *context)
{
    hand_case *hand = context;
    xipc_request *request = NULL;

    hand->status = xipc_service_take(hand->self->service, in_time(), &request);
    if (hand->status == XIPC_OK) {
        REQUIRE_UINT(UNKNOWN, xipc_request_method(request));
        REQUIRE_OK(xipc_request_reply(request, 0, NULL));
    }
    hand->status =
        xipc_service_take(hand->self->service, XIPC_FOREVER, &request);
}

static void is_taken_by_hand(const char *address)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_request *request = UNTOUCHED;
    hand_case hand = {0};
    call_pair self;

    options.workers = 0;
    calls_begin_with(&self, address, &options, NULL);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_service_take(self.service, XIPC_NOW, &request));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_service_take(self.service, xipc_after_ms(5), &request));
    REQUIRE(request == UNTOUCHED);
    hand.self = &self;
    hand.thread = spec_thread_start(take_and_answer, &hand);
    self.link = linked(self.address);
    echoes(self.link, 1, 1000);
    REQUIRE_OK(call_plain(self.link, UNKNOWN, in_time()));
    echoes(self.link, 2, 1000);
    REQUIRE_OK(xipc_interrupt(xipc_service_object(self.service)));
    spec_thread_join(hand.thread);
    REQUIRE_STATUS(XIPC_E_CANCELED, hand.status);
    calls_end(&self);
}

SPEC(a_service_without_threads_is_served_by_hand, "CALL-1")
{
    with_both_sorts(is_taken_by_hand);
}

static void listens_at_both(const char *address)
{
    xipc_call_listener *other = NULL;
    char where[XIPC_CALL_ADDRESS_SIZE];
    xipc_link *link;
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_OK(xipc_call_listen(
        self.service, is_remote(address) ? "other" : "tcp://127.0.0.1:0", NULL,
        in_time(), &other));
    REQUIRE_OK(xipc_call_listener_address(other, where, sizeof where));
    link = linked(where);
    echoes(link, 1, 70000);
    echoes(self.link, 2, 70000);
    xipc_call_listener_close(other);
    echoes(link, 3, 100);
    xipc_link_close(link);
    calls_end(&self);
}

SPEC(one_service_listens_at_many_addresses, "CALL-8 CALL-1")
{
    with_both_sorts(listens_at_both);
}

static void frees_the_name(const char *address)
{
    xipc_call_listener *second = UNTOUCHED;
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_call_listen(self.service, self.address, NULL, XIPC_NOW, &second));
    REQUIRE(second == UNTOUCHED);
    xipc_call_listener_close(self.listener);
    echoes(self.link, 1, 10);
    REQUIRE_OK(xipc_call_listen(
        self.service, self.address, NULL, in_time(), &self.listener));
    calls_end(&self);
}

SPEC(a_listener_that_closes_frees_its_address_and_no_link, "CALL-1")
{
    with_both_sorts(frees_the_name);
}

static int must_be_told(const char *address)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    REQUIRE_OK(xipc_capability(XIPC_FEATURE_SOCKET_CREDENTIALS, &info));
    return !is_remote(address) && info.support != XIPC_SUPPORT_ABSENT;
}

static void knows_the_caller(const char *address)
{
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;
    xipc_credentials ours = XIPC_CREDENTIALS_INIT;
    call_thread caller;
    xipc_request *request;
    xipc_status told;
    call_pair self;

    calls_begin(&self, address);
    call_begins(&caller, self.link, HOLD, in_time());
    request = held(&self.board);
    told = xipc_peer_credentials(xipc_link_object(self.link), &ours);
    if (is_remote(address) || (told != XIPC_OK && !must_be_told(address))) {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, told);
        REQUIRE_STATUS(
            XIPC_E_NOT_SUPPORTED,
            xipc_request_credentials(request, &credentials));
    } else {
        REQUIRE_OK(told);
        REQUIRE_OK(xipc_request_credentials(request, &credentials));
        REQUIRE(credentials.process != 0);
        REQUIRE_UINT(ours.process, credentials.process); /* both are here */
        REQUIRE_UINT(ours.user, credentials.user);
    }
    REQUIRE_OK(xipc_request_reply(request, 0, NULL));
    REQUIRE_OK(call_ends(&caller));
    calls_end(&self);
}

SPEC(a_handler_knows_who_calls_where_the_kernel_does, "CALL-7")
{
    with_both_sorts(knows_the_caller);
}
