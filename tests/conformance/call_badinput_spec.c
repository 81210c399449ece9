/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller must not do with calls, and what it is told. */
#include <string.h>

#include "support/call_kit.h"

SPEC(making_a_service_refuses_options_that_make_no_sense, "GEN-1 GEN-7 CALL-1")
{
    const xipc_service_options good = XIPC_SERVICE_OPTIONS_INIT;
    xipc_service_options options[5] = {good, good, good, good, good};
    xipc_service *service = UNTOUCHED;

    options[0].options_size--;
    options[1].request_max = 0;
    options[2].request_max = XIPC_CALL_REQUEST_LIMIT + 1;
    options[3].link_max = 0;
    options[4].workers = XIPC_CALL_WORKER_LIMIT + 1;
    for (int at = 0; at < 5; at++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_service_create(&options[at], &service));
        REQUIRE(service == UNTOUCHED);
        REQUIRE(strlen(xipc_detail()) > 0);
    }
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_service_create(&good, NULL));
}

static void
require_nowhere(xipc_status want, const char *address, xipc_call_options *with)
{
    call_board board = {0};
    xipc_service *service = serving(&board, NULL);
    xipc_call_listener *listener = UNTOUCHED;
    xipc_link *link = UNTOUCHED;

    REQUIRE_STATUS(
        want, xipc_call_listen(service, address, with, XIPC_NOW, &listener));
    REQUIRE(listener == UNTOUCHED);
    REQUIRE(strlen(xipc_detail()) > 0);
    REQUIRE_STATUS(
        want, xipc_call_connect(NULL, address, with, XIPC_NOW, &link));
    REQUIRE(link == UNTOUCHED);
    xipc_service_close(service);
}

SPEC(listening_and_connecting_refuse_what_makes_no_sense, "GEN-1 GEN-7 CALL-1")
{
    const xipc_call_options good = XIPC_CALL_OPTIONS_INIT;
    xipc_call_options options = good;

    options.options_size++;
    require_nowhere(XIPC_E_INVALID, "a", &options);
    options = good;
    options.payload_max = 0;
    require_nowhere(XIPC_E_INVALID, "a", &options);
    options.payload_max = XIPC_CALL_PAYLOAD_LIMIT + 1;
    require_nowhere(XIPC_E_INVALID, "tcp://127.0.0.1:0", &options);
    options = good;
    options.naming.lifetime = XIPC_PERSISTENT;
    require_nowhere(XIPC_E_INVALID, "a", &options);
    options = good;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    require_nowhere(XIPC_E_INVALID, "a", &options);
    require_nowhere(XIPC_E_INVALID, NULL, NULL);
    require_nowhere(XIPC_E_NAME, "", NULL);
    require_nowhere(XIPC_E_NAME, "a b", NULL);
    require_nowhere(XIPC_E_NAME, "tcp://", NULL);
    require_nowhere(XIPC_E_NAME, "udp://127.0.0.1:1", NULL);
    require_nowhere(XIPC_E_NOT_SUPPORTED, "native:a", NULL);
}

static void refuses_bad_calls(const char *address)
{
    static const xipc_native_handle handles[XIPC_CALL_HANDLE_MAX + 1];
    const xipc_call_data no_data = {NULL, 1, NULL, 0};
    const xipc_call_data no_handles = {NULL, 0, NULL, 1};
    const xipc_call_data many = {NULL, 0, handles, XIPC_CALL_HANDLE_MAX + 1};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    xipc_pending *pending = UNTOUCHED;
    call_pair self;

    calls_begin(&self, address);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call(NULL, ECHO, NULL, NULL, in_time()));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call(self.link, ECHO, &no_data, NULL, in_time()));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_call_post(self.link, ECHO, &no_handles, in_time()));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_call_submit(self.link, ECHO, &many, NULL, in_time(), &pending));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_call_submit(self.link, ECHO, NULL, NULL, in_time(), NULL));
    REQUIRE(pending == UNTOUCHED);
    answer.capacity = 1;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call(self.link, ECHO, NULL, &answer, in_time()));
    answer.capacity = 0;
    answer.answer_size = 1;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call(self.link, ECHO, NULL, &answer, in_time()));
    info.info_size = 1;
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_link_get_info(self.link, &info));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_link_get_info(NULL, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call_collect(self.link, XIPC_NOW, NULL, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pending_finish(NULL, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_request_reply(NULL, 0, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_request_fail(NULL, XIPC_E_OS));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_link_hang_up(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_link_keep(NULL));
    REQUIRE(!xipc_link_object(NULL) && !xipc_service_object(NULL));
    echoes(self.link, 1, 1);
    calls_end(&self);
}

SPEC(calls_refuse_what_makes_no_sense_and_the_link_goes_on, "GEN-1 CALL-2")
{
    with_both_sorts(refuses_bad_calls);
}

static void nothing_is_done(void *context, xipc_request *request)
{
    (void)context;
    (void)request;
}

SPEC(a_method_has_one_handler, "CALL-1 GEN-1")
{
    call_board board = {0};
    xipc_service *service = serving(&board, NULL);
    xipc_request *request = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_service_add(service, ECHO, nothing_is_done, NULL));
    for (uint32_t at = 1000; at > 100; at--) {
        REQUIRE_OK(xipc_service_add(service, at, nothing_is_done, NULL));
    }
    REQUIRE_OK(xipc_service_add(service, UINT32_MAX, nothing_is_done, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_service_add(service, 9, NULL, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_service_add(NULL, 9, nothing_is_done, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_service_take(service, XIPC_NOW, &request));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_service_take(NULL, XIPC_NOW, &request));
    REQUIRE(request == UNTOUCHED);
    xipc_service_close(service);
    xipc_service_close(NULL);
    xipc_link_close(NULL);
    xipc_call_listener_close(NULL);
}

static void refuses_one_more(const char *address)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_link *second;
    xipc_link *third = UNTOUCHED;
    call_pair self;

    options.link_max = 2;
    calls_begin_with(&self, address, &options, NULL);
    second = linked(self.address);
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_call_connect(NULL, self.address, NULL, in_time(), &third));
    REQUIRE(third == UNTOUCHED);
    echoes(second, 1, 1);
    xipc_link_close(second);
    await_number(&self.board.closed, 1);
    third = linked(self.address);
    echoes(third, 1, 1);
    xipc_link_close(third);
    calls_end(&self);
}

SPEC(more_than_link_max_links_are_refused, "CALL-10 CALL-1")
{
    with_both_sorts(refuses_one_more);
}

SPEC(nobody_who_does_not_listen_is_connected_to, "CALL-2 GEN-4")
{
    xipc_link *link = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_call_connect(NULL, "nobody", NULL, XIPC_NOW, &link));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_call_connect(NULL, "nobody", NULL, xipc_after_ms(20), &link));
    REQUIRE(link == UNTOUCHED);
    REQUIRE(strstr(xipc_detail(), "nobody"));
}
