/* SPDX-License-Identifier: Apache-2.0 */
#include "support/call_kit.h"

#include <stdlib.h>
#include <string.h>

#undef calls_begin
#undef calls_begin_with
#undef calls_end
#undef linked
#undef await_number
#undef held
#undef echoes
#undef call_ends

#define LONG_MS 20000

void with_both_sorts(call_body *body)
{
    spec_within("over a local link");
    body("local");
    spec_within("over tcp");
    body("tcp://127.0.0.1:0");
    spec_within(NULL);
}

int is_remote(const char *address)
{
    return strncmp(address, "tcp:", 4) == 0;
}

xipc_deadline in_time(void)
{
    return xipc_after_ms(LONG_MS);
}

void await_number(_Atomic uint32_t *number, uint32_t want)
{
    int64_t start = spec_now_ns();

    while (atomic_load(number) != want && is_within(start, 20 * NS_PER_S)) {
        let_pass(1);
    }
    REQUIRE_UINT(want, atomic_load(number));
}

/* ---- the methods ---- */

static void do_echo(void *context, xipc_request *request)
{
    xipc_call_data reply = {0};

    (void)context;
    reply.data = xipc_request_data(request, &reply.size);
    (void)xipc_request_reply(request, (int32_t)reply.size, &reply);
}

static void do_fail(void *context, xipc_request *request)
{
    int32_t status = 0;
    size_t size;
    const void *data = xipc_request_data(request, &size);

    (void)context;
    REQUIRE_UINT(sizeof status, size);
    memcpy(&status, data, sizeof status);
    (void)xipc_request_fail(request, (xipc_status)status);
}

static void do_hold(void *context, xipc_request *request)
{
    call_board *board = context;
    uint32_t at = atomic_load(&board->held_count);

    REQUIRE(at < HELD_MAX);
    xipc_request_keep(request);
    atomic_store(&board->held[at], request);
    atomic_store(&board->held_count, at + 1);
}

static void do_watch(void *context, xipc_request *request)
{
    call_board *board = context;

    atomic_fetch_add(&board->watching, 1);
    while (!xipc_request_is_canceled(request)) {
        let_pass(1);
    }
    atomic_fetch_add(&board->canceled, 1);
    REQUIRE(xipc_request_reply(request, 0, NULL) != XIPC_OK);
}

static void do_count(void *context, xipc_request *request)
{
    call_board *board = context;

    (void)request;
    atomic_fetch_add(&board->counted, 1);
}

static void do_back(void *context, xipc_request *request)
{
    xipc_call_data data = {0};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_status status;

    (void)context;
    data.data = xipc_request_data(request, &data.size);
    answer.capacity = data.size + 1;
    answer.buffer = malloc(answer.capacity);
    REQUIRE(answer.buffer);
    status =
        xipc_call(xipc_request_link(request), ECHO, &data, &answer, in_time());
    if (status == XIPC_OK) {
        data.data = answer.buffer;
        data.size = answer.size;
        (void)xipc_request_reply(request, answer.result, &data);
    } else {
        (void)xipc_request_fail(request, status);
    }
    free(answer.buffer);
}

static void do_fill(void *context, xipc_request *request)
{
    uint64_t said[2];
    size_t size;
    const void *data = xipc_request_data(request, &size);
    xipc_call_data reply = {0};
    void *bytes;

    (void)context;
    REQUIRE_UINT(sizeof said, size);
    memcpy(said, data, sizeof said);
    bytes = malloc((size_t)said[1] + 1);
    REQUIRE(bytes);
    message_fill(bytes, (size_t)said[1], said[0]);
    reply.data = bytes;
    reply.size = (size_t)said[1];
    (void)xipc_request_reply(request, 0, &reply);
    free(bytes);
}

static void do_nothing(void *context, xipc_request *request)
{
    (void)context;
    (void)request;
}

static void hear_of_link(void *context, xipc_link *link, xipc_status what)
{
    call_board *board = context;

    switch (what) {
    case XIPC_OK:
        atomic_store(&board->last_link, link);
        atomic_fetch_add(&board->came, 1);
        break;
    case XIPC_E_CLOSED: atomic_fetch_add(&board->closed, 1); break;
    case XIPC_E_PEER_DIED: atomic_fetch_add(&board->died, 1); break;
    default:
        atomic_store(&board->why, (int32_t)what);
        atomic_fetch_add(&board->cut, 1);
        break;
    }
}

/* ---- a service, and a link to it ---- */

xipc_service *serving(call_board *board, const xipc_service_options *options)
{
    static xipc_handler *const handlers[] = {
        [ECHO] = do_echo,   [FAIL] = do_fail,      [HOLD] = do_hold,
        [WATCH] = do_watch, [COUNT] = do_count,    [BACK] = do_back,
        [FILL] = do_fill,   [NOTHING] = do_nothing};
    xipc_service_options with = XIPC_SERVICE_OPTIONS_INIT;
    xipc_service *service = NULL;

    if (options) {
        with = *options;
    }
    with.on_link = hear_of_link;
    with.context = board;
    REQUIRE_OK(xipc_service_create(&with, &service));
    for (uint32_t at = ECHO; at <= NOTHING; at++) {
        REQUIRE_OK(xipc_service_add(service, at, handlers[at], board));
    }
    return service;
}

xipc_link *linked(const char *address)
{
    xipc_link *link = NULL;

    REQUIRE_OK(xipc_call_connect(NULL, address, NULL, in_time(), &link));
    return link;
}

void calls_begin_with(
    call_pair *self,
    const char *address,
    const xipc_service_options *service_options,
    const xipc_call_options *options)
{
    memset(self, 0, sizeof *self);
    self->service = serving(&self->board, service_options);
    REQUIRE_OK(xipc_call_listen(
        self->service, address, options, in_time(), &self->listener));
    REQUIRE_OK(xipc_call_listener_address(
        self->listener, self->address, sizeof self->address));
    if (!service_options || service_options->workers > 0) {
        REQUIRE_OK(xipc_call_connect(
            NULL, self->address, options, in_time(), &self->link));
    }
}

void calls_begin(call_pair *self, const char *address)
{
    calls_begin_with(self, address, NULL, NULL);
}

void calls_end(call_pair *self)
{
    xipc_link_close(self->link);
    xipc_call_listener_close(self->listener);
    xipc_service_close(self->service);
}

xipc_request *held(call_board *board)
{
    int64_t start = spec_now_ns();

    while (atomic_load(&board->held_count) <= board->held_taken &&
           is_within(start, 20 * NS_PER_S)) {
        let_pass(1);
    }
    REQUIRE(atomic_load(&board->held_count) > board->held_taken);
    return atomic_load(&board->held[board->held_taken++]);
}

/* ---- calls ---- */

xipc_status
echo(xipc_link *link, uint64_t number, size_t size, xipc_deadline deadline)
{
    unsigned char *bytes = malloc(2 * size + 1);
    xipc_call_data request = {bytes, size, NULL, 0};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_status status;

    REQUIRE(bytes);
    message_fill(bytes, size, number);
    answer.buffer = bytes + size;
    answer.capacity = size;
    status = xipc_call(link, ECHO, &request, &answer, deadline);
    if (status == XIPC_OK) {
        REQUIRE_UINT(size, answer.size);
        REQUIRE_UINT(size, (uint64_t)answer.result);
        REQUIRE(message_is(answer.buffer, size, number));
    }
    free(bytes);
    return status;
}

void echoes(xipc_link *link, uint64_t number, size_t size)
{
    REQUIRE_OK(echo(link, number, size, in_time()));
}

xipc_status call_plain(xipc_link *link, uint32_t method, xipc_deadline deadline)
{
    return xipc_call(link, method, NULL, NULL, deadline);
}

static void run(void *context)
{
    call_thread *self = context;

    self->status = call_plain(self->link, self->method, self->deadline);
}

void call_begins(
    call_thread *self, xipc_link *link, uint32_t method, xipc_deadline end)
{
    *self = (call_thread){.link = link, .method = method, .deadline = end};
    self->thread = spec_thread_start(run, self);
}

xipc_status call_ends(call_thread *self)
{
    spec_thread_join(self->thread);
    return self->status;
}
