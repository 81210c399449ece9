/* SPDX-License-Identifier: Apache-2.0 */
/* Who closes, and from where, while something is on its way. */
#include <stdlib.h>
#include <string.h>

#include "support/call_kit.h"

/* ---- something is half sent ---- */

enum { POST_SIZE = 400000, LONG_SIZE = 8000000 };

typedef struct newcomer {
    const char *address;
    xipc_service *service; /* may be NULL */
    xipc_link *link;
    _Atomic uint32_t done; /* threads */
} newcomer;

static void connect_it(void *context)
{
    newcomer *self = context;

    REQUIRE_OK(xipc_call_connect(
        self->service, self->address, NULL, in_time(), &self->link));
    atomic_fetch_add(&self->done, 1);
}

/* Nobody reads of a service without threads while nobody takes. */
static void takes_for_a_moment(xipc_service *service)
{
    xipc_request *request = NULL;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_service_take(service, xipc_after_ms(5), &request));
}

static void begin_by_hand(
    call_pair *self, newcomer *client, xipc_service *service, const char *where)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    spec_thread *thread;

    options.workers = 0;
    calls_begin_with(self, where, &options, NULL);
    *client = (newcomer){self->address, service, NULL, 0};
    thread = spec_thread_start(connect_it, client);
    while (atomic_load(&client->done) == 0) {
        takes_for_a_moment(self->service);
    }
    spec_thread_join(thread);
    atomic_store(&client->done, 0);
}

/* Until there is no more room; how many. */
static uint32_t post_all(xipc_link *link)
{
    unsigned char *bytes = calloc(1, POST_SIZE);
    const xipc_call_data request = {bytes, POST_SIZE, NULL, 0};
    uint32_t count = 0;
    xipc_status status;

    REQUIRE(bytes);
    do {
        status = xipc_call_post(link, COUNT, &request, XIPC_NOW);
        count += status == XIPC_OK;
    } while (status == XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    free(bytes);
    return count;
}

static void close_service(void *context)
{
    newcomer *self = context;

    xipc_service_close(self->service);
}

static void wait_for_the_end(void *context)
{
    newcomer *self = context;
    xipc_pending *pending = NULL;

    REQUIRE_STATUS(
        XIPC_E_CLOSED,
        xipc_call_collect(self->link, XIPC_FOREVER, &pending, NULL));
    atomic_fetch_add(&self->done, 1);
}

/* Of two who wait one at least is told before the last word goes. */
static void close_while_nobody_reads(call_pair *self, newcomer *client)
{
    spec_thread *threads[] = {
        spec_thread_start(wait_for_the_end, client),
        spec_thread_start(wait_for_the_end, client),
        spec_thread_start(close_service, client)};

    while (atomic_load(&client->done) == 0) {
        let_pass(1);
    }
    while (atomic_load(&self->board.closed) + atomic_load(&self->board.died) +
               atomic_load(&self->board.cut) ==
           0) {
        takes_for_a_moment(self->service);
    }
    for (int at = 0; at < 3; at++) {
        spec_thread_join(threads[at]);
    }
    xipc_link_close(client->link);
}

static void closes_in_the_middle(const char *address)
{
    call_board board = {0};
    newcomer client;
    call_pair self;
    uint32_t count;

    begin_by_hand(&self, &client, serving(&board, NULL), address);
    count = post_all(client.link);
    close_while_nobody_reads(&self, &client);
    REQUIRE_UINT(1, atomic_load(&self.board.closed));
    REQUIRE_UINT(count, atomic_load(&self.board.counted));
    calls_end(&self);
}

SPEC(
    a_service_closed_with_something_half_sent_ends_in_good_order,
    "CALL-4 CALL-6")
{
    with_both_sorts(closes_in_the_middle);
}

/* ---- an answer that is longer than there is room for ---- */

static void call_for_long(void *context)
{
    newcomer *self = context;
    unsigned char *bytes = malloc(LONG_SIZE);
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;

    REQUIRE(bytes);
    answer.buffer = bytes;
    answer.capacity = LONG_SIZE;
    REQUIRE_OK(xipc_call(self->link, UNKNOWN, NULL, &answer, in_time()));
    REQUIRE_UINT(LONG_SIZE, answer.size);
    REQUIRE(message_is(bytes, LONG_SIZE, 7));
    free(bytes);
    atomic_fetch_add(&self->done, 1);
}

static void answers_at_length(const char *address)
{
    unsigned char *bytes = malloc(LONG_SIZE);
    const xipc_call_data reply = {bytes, LONG_SIZE, NULL, 0};
    xipc_request *request = NULL;
    spec_thread *thread;
    newcomer client;
    call_pair self;

    REQUIRE(bytes);
    message_fill(bytes, LONG_SIZE, 7);
    begin_by_hand(&self, &client, NULL, address);
    thread = spec_thread_start(call_for_long, &client);
    REQUIRE_OK(xipc_service_take(self.service, in_time(), &request));
    REQUIRE_OK(xipc_request_reply(request, 0, &reply));
    free(bytes);
    while (atomic_load(&client.done) == 0) {
        takes_for_a_moment(self.service);
    }
    spec_thread_join(thread);
    xipc_link_close(client.link);
    calls_end(&self);
}

SPEC(a_long_answer_given_by_hand_goes_while_somebody_takes, "CALL-1 CALL-3")
{
    with_both_sorts(answers_at_length);
}

/* ---- from where it cannot be ---- */

typedef struct inner {
    xipc_service *service;
    _Atomic uint32_t refused;
} inner;

static void try_to_close(inner *self)
{
    xipc_service_close(self->service);
    REQUIRE(strstr(xipc_detail(), "on_link"));
    atomic_fetch_add(&self->refused, 1);
}

static void close_in_handler(void *context, xipc_request *request)
{
    try_to_close(context);
    (void)xipc_request_reply(request, 0, NULL);
}

static void close_in_on_link(void *context, xipc_link *link, xipc_status what)
{
    (void)link;
    (void)what;
    try_to_close(context);
}

static void closes_from_inside(const char *address)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_call_listener *listener = NULL;
    char where[XIPC_CALL_ADDRESS_SIZE];
    inner self = {NULL, 0};
    xipc_link *link;

    options.on_link = close_in_on_link;
    options.context = &self;
    options.workers = 0;
    REQUIRE_OK(xipc_service_create(&options, &self.service));
    xipc_service_close(self.service);
    options.workers = 2;
    REQUIRE_OK(xipc_service_create(&options, &self.service));
    REQUIRE_OK(xipc_service_add(self.service, COUNT, close_in_handler, &self));
    REQUIRE_OK(
        xipc_call_listen(self.service, address, NULL, in_time(), &listener));
    REQUIRE_OK(xipc_call_listener_address(listener, where, sizeof where));
    link = linked(where);
    REQUIRE_OK(call_plain(link, COUNT, in_time()));
    REQUIRE_OK(call_plain(link, COUNT, in_time()));
    await_number(&self.refused, 3);
    xipc_call_listener_close(listener);
    xipc_service_close(self.service); /* tells on_link of the end */
    REQUIRE_UINT(4, atomic_load(&self.refused));
    REQUIRE(call_plain(link, COUNT, in_time()) != XIPC_OK);
    xipc_link_close(link);
}

SPEC(a_service_is_not_closed_from_inside, "CALL-1 LIFE-1")
{
    with_both_sorts(closes_from_inside);
}

/* ---- two processes, both of which serve and call ---- */

enum { CALLERS = 2, ROUNDS = 4, CALLS = 40 };

typedef struct side {
    call_board board;
    xipc_service *service;
    xipc_link *link;
    size_t size_max;
    _Atomic uint32_t called;
    spec_thread *threads[CALLERS];
} side;

static void call_to_the_end(void *context)
{
    side *self = context;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        uint64_t number = atomic_fetch_add(&self->called, 1);

        status = echo(
            self->link, number, message_size(number, self->size_max),
            in_time());
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
}

static void start_calls(side *self)
{
    for (int at = 0; at < CALLERS; at++) {
        self->threads[at] = spec_thread_start(call_to_the_end, self);
    }
}

static void await_calls(side *self)
{
    int64_t start = spec_now_ns();

    while (atomic_load(&self->called) < CALLS &&
           is_within(start, 20 * NS_PER_S)) {
        let_pass(1);
    }
    REQUIRE(atomic_load(&self->called) >= CALLS);
}

/* What is hung up does not wait for room: only what there is room for. */
static size_t size_of_round(uint32_t round)
{
    return round % 2 == 0 ? 300000 : 3000;
}

/* Ends it under all calls, if it is this side's turn. */
static void end_side(side *self, uint32_t round, int is_turn)
{
    if (is_turn) {
        await_calls(self);
    }
    if (is_turn && round % 2 == 0) {
        xipc_service_close(self->service);
        self->service = NULL;
    } else if (is_turn) {
        REQUIRE_OK(xipc_link_hang_up(self->link));
    }
    for (int at = 0; at < CALLERS; at++) {
        spec_thread_join(self->threads[at]);
    }
    xipc_link_close(self->link);
    xipc_service_close(self->service);
    REQUIRE_UINT(0, atomic_load(&self->board.died));
    REQUIRE_UINT(0, atomic_load(&self->board.cut));
}

PEER(a_hand_that_calls_and_serves)
{
    static side self;
    char address[XIPC_CALL_ADDRESS_SIZE];

    for (uint32_t round = 0; round < ROUNDS; round++) {
        memset(&self, 0, sizeof self);
        spec_hear(NULL, address, sizeof address);
        self.size_max = size_of_round(round);
        self.service = serving(&self.board, NULL);
        REQUIRE_OK(xipc_call_connect(
            self.service, address, NULL, in_time(), &self.link));
        spec_expect(NULL, "begin");
        start_calls(&self);
        end_side(&self, round, round / 2 % 2 != 0);
        spec_tell(NULL, "over");
    }
}

static void both_sides_call(const char *address)
{
    spec_peer *other = spec_start(
        a_hand_that_calls_and_serves_entry.name, (const char *const[]){NULL});

    for (uint32_t round = 0; round < ROUNDS; round++) {
        char where[XIPC_CALL_ADDRESS_SIZE];
        xipc_call_listener *listener = NULL;
        side self = {.size_max = size_of_round(round)};

        self.service = serving(&self.board, NULL);
        REQUIRE_OK(xipc_call_listen(
            self.service, address, NULL, in_time(), &listener));
        REQUIRE_OK(xipc_call_listener_address(listener, where, sizeof where));
        spec_tell(other, where);
        await_number(&self.board.came, 1);
        self.link = atomic_load(&self.board.last_link);
        REQUIRE_OK(xipc_link_keep(self.link));
        spec_tell(other, "begin");
        start_calls(&self);
        end_side(&self, round, round / 2 % 2 == 0);
        spec_expect(other, "over");
        xipc_call_listener_close(listener);
    }
    spec_join(other);
}

SPEC(two_that_call_each_other_close_under_load, "CALL-4 CALL-6")
{
    if (strncmp(spec_host(), "wine", 4) == 0 ||
        strncmp(spec_host(), "windows", 7) == 0) {
        spec_note("over a local link only: Windows drops what came before a "
                  "connection was reset");
        both_sides_call("local");
        return;
    }
    with_both_sorts(both_sides_call);
}
