/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that break the rules of docs/wire.md. Each loses its own connection,
 * and nobody else anything.
 */
#include <string.h>

#include "support/call_kit.h"
#include "support/socket_kit.h"

enum {
    HELLO = 1,
    REFUSAL = 2,
    REQUEST = 3,
    POST = 4,
    REPLY = 5,
    CANCEL = 6,
    CREDIT = 7
};
enum { FIRST = 1, LAST = 2, WHOLE = 3 };

#define HEAD_SIZE 40

/* What stands in a head, in its order. */
typedef struct head {
    uint64_t call;
    uint32_t words[8]; /* kind, flags, method, result, size, total, 0, 0 */
} head;

static head head_of(uint32_t kind, uint64_t call)
{
    return (head){call, {kind, 0, 0, 0, 0, 0, 0, 0}};
}

static head request_of(uint64_t call, uint32_t method, uint32_t size)
{
    return (head){call, {REQUEST, WHOLE, method, 0, size, size, 0, 0}};
}

static void put(unsigned char *bytes, uint64_t value, int size)
{
    for (int at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(value >> (8 * at));
    }
}

static void write_head(unsigned char bytes[HEAD_SIZE], const head *its)
{
    put(bytes, its->call, 8);
    for (int at = 0; at < 8; at++) {
        put(bytes + 8 + 4 * at, its->words[at], 4);
    }
}

/* It may have been thrown out already. */
static void send_bytes(xipc_socket *socket, const void *bytes, size_t size)
{
    xipc_status status = xipc_socket_write(socket, bytes, size, soon(), NULL);

    REQUIRE(
        status == XIPC_OK || status == XIPC_E_CLOSED ||
        status == XIPC_E_PEER_DIED);
}

static void send_head(xipc_socket *socket, head its)
{
    unsigned char bytes[HEAD_SIZE];

    write_head(bytes, &its);
    send_bytes(socket, bytes, sizeof bytes);
}

static const unsigned char greeting[16] = {
    'x', 'i', 'p', 'c', 'c', 'a', 'l', 'l', 1, 0, 0, 0, 40, 0, 0, 0};

/* Connected, and nothing said. */
static xipc_socket *raw(const call_pair *self)
{
    return connected(self->address);
}

static void takes(xipc_socket *socket, size_t size)
{
    unsigned char bytes[256];

    REQUIRE_OK(reads_all(socket, bytes, size, soon()));
}

/* It has said what it is, and is a link. */
static xipc_socket *raw_link(const call_pair *self)
{
    xipc_socket *socket = raw(self);
    head hello = head_of(HELLO, 1);

    hello.words[2] = 1 << 20;
    send_bytes(socket, greeting, sizeof greeting);
    send_head(socket, hello);
    takes(socket, sizeof greeting + HEAD_SIZE);
    return socket;
}

/* Whatever still comes, the end comes too. */
static void is_thrown_out(xipc_socket *socket)
{
    xipc_status status;

    do {
        unsigned char bytes[4096];
        size_t size;

        status = xipc_socket_read(socket, bytes, sizeof bytes, soon(), &size);
    } while (status == XIPC_OK);
    REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    xipc_socket_close(socket);
}

static void begin(call_pair *self)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;

    options.payload_max = 100000;
    calls_begin_with(self, "tcp://127.0.0.1:0", NULL, &options);
    echoes(self->link, 1, 1000);
}

static void end(call_pair *self)
{
    echoes(self->link, 2, 100000);
    calls_end(self);
}

SPEC(a_client_that_speaks_something_else_is_thrown_out, "CALL-10 CALL-8")
{
    static const char *const words[] = {
        "GET / HTTP/1.1\r\nHost: nobody\r\n\r\n", "xipccall\2\0\0\0\50\0\0\0",
        "XIPCCALL\1\0\0\0\50\0\0\0"};
    call_pair self;

    begin(&self);
    for (size_t at = 0; at < 3; at++) {
        xipc_socket *socket = raw(&self);

        send_bytes(socket, words[at], 16);
        is_thrown_out(socket);
    }
    REQUIRE_UINT(1, atomic_load(&self.board.came));
    end(&self);
}

/* Greeting, hello and one request. */
static size_t write_at_once(unsigned char bytes[], uint32_t request_max)
{
    const head heads[] = {
        {1, {HELLO, 0, 1 << 20, request_max, 0, 0, 0, 0}},
        {1, {REQUEST, WHOLE, NOTHING, 0, 0, 0, 0, 0}}};

    memcpy(bytes, greeting, sizeof greeting);
    write_head(bytes + sizeof greeting, &heads[0]);
    write_head(bytes + sizeof greeting + HEAD_SIZE, &heads[1]);
    return sizeof greeting + sizeof heads / sizeof heads[0] * HEAD_SIZE;
}

/* What was read with the hello lies where no poller sees it. */
SPEC(a_client_that_says_all_at_once_is_answered, "CALL-8 CALL-2")
{
    unsigned char bytes[100];
    const size_t size = write_at_once(bytes, 0);
    call_pair self;
    xipc_socket *socket;

    begin(&self);
    socket = raw(&self);
    send_bytes(socket, bytes, size);
    takes(socket, sizeof greeting + HEAD_SIZE); /* the hello */
    takes(socket, HEAD_SIZE);                   /* the reply */
    xipc_socket_close(socket);
    await_number(&self.board.died, 1);
    end(&self);
}

typedef struct newcomer {
    const char *address;
    xipc_service *service;
    xipc_link *link;
} newcomer;

static void connect_newcomer(void *context)
{
    newcomer *self = context;

    REQUIRE_OK(xipc_call_connect(
        self->service, self->address, NULL, in_time(), &self->link));
}

SPEC(a_server_that_calls_with_its_hello_is_answered, "CALL-8 CALL-4")
{
    unsigned char bytes[100];
    const size_t size = write_at_once(bytes, 1);
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    call_board board = {0};
    newcomer self = {uri_of_listener(listener), serving(&board, NULL), NULL};
    spec_thread *thread = spec_thread_start(connect_newcomer, &self);
    xipc_socket *socket = socket_accepted(listener);

    send_bytes(socket, bytes, size);
    takes(socket, sizeof greeting + HEAD_SIZE);
    takes(socket, HEAD_SIZE);
    spec_thread_join(thread);
    xipc_socket_close(socket);
    xipc_link_close(self.link);
    xipc_service_close(self.service);
    xipc_socket_listener_close(listener);
}

SPEC(a_client_that_ends_in_the_middle_leaves_nothing, "CALL-10 CALL-6")
{
    call_pair self;
    xipc_socket *socket;
    head half = request_of(1, HOLD, 50);

    begin(&self);
    socket = raw(&self);
    xipc_socket_close(socket);
    socket = raw(&self);
    send_bytes(socket, greeting, 7);
    xipc_socket_close(socket);
    socket = raw(&self);
    send_bytes(socket, greeting, sizeof greeting);
    send_bytes(socket, greeting, 3);
    xipc_socket_close(socket);
    socket = raw_link(&self);
    send_head(socket, half);
    send_bytes(socket, greeting, 5);
    xipc_socket_close(socket);
    await_number(&self.board.died, 1);
    REQUIRE_UINT(0, atomic_load(&self.board.held_count));
    end(&self);
}

SPEC(a_client_that_says_nothing_is_given_up, "CALL-10")
{
    call_pair self;
    xipc_socket *silent;
    xipc_socket *slow;

    begin(&self);
    silent = raw(&self);
    slow = raw(&self);
    send_bytes(slow, greeting, sizeof greeting);
    echoes(self.link, 1, 100);
    is_thrown_out(silent);
    is_thrown_out(slow);
    end(&self);
}

static void is_cut_off(call_pair *self, const head *heads, size_t count)
{
    uint32_t cut = atomic_load(&self->board.cut);
    xipc_socket *socket = raw_link(self);

    for (size_t at = 0; at < count; at++) {
        unsigned char body[100] = {0};

        send_head(socket, heads[at]);
        if (heads[at].words[4] <= sizeof body) {
            send_bytes(socket, body, heads[at].words[4]);
        }
    }
    is_thrown_out(socket);
    await_number(&self->board.cut, cut + 1);
    REQUIRE_STATUS(XIPC_E_CORRUPT, (xipc_status)atomic_load(&self->board.why));
    echoes(self->link, cut, 10);
}

#define PIECE(call, flags, size, total)                \
    {                                                  \
        call,                                          \
        {                                              \
            REQUEST, flags, ECHO, 0, size, total, 0, 0 \
        }                                              \
    }

SPEC(a_client_that_breaks_a_rule_is_cut_off, "CALL-10")
{
    static const head one[][2] = {
        {{1, {99, 0, 0, 0, 0, 0, 0, 0}}, {0}},
        {{1, {HELLO, 0, 1, 1, 0, 0, 0, 0}}, {0}},
        {{1, {REFUSAL, 0, 0, 0, 0, 0, 0, 0}}, {0}},
        {{1, {REPLY, WHOLE, 0, 0, 0, 0, 0, 0}}, {0}},
        {{1, {CREDIT, 0, 1, 0, 0, 0, 0, 0}}, {0}},
        {{1, {CREDIT, 0, 0, 0, 0, 0, 0, 0}}, {0}},
        {{1, {CANCEL, 0, 0, 0, 1, 1, 0, 0}}, {0}},
        {{1, {CANCEL, 0, 0, 0, 0, 0, 0, 0}}, {0}},
        {{1, {REQUEST, WHOLE, ECHO, 0, 0, 0, 1, 0}}, {0}},
        {{1, {REQUEST, WHOLE, ECHO, 0, 0, 0, 0, 1}}, {0}},
        {PIECE(1, WHOLE, 65537, 65537), {0}},
        {PIECE(1, WHOLE, UINT32_MAX, UINT32_MAX), {0}},
        {PIECE(1, FIRST, 10, 100001), {0}},
        {PIECE(1, FIRST, 10, UINT32_MAX), {0}},
        {PIECE(1, WHOLE, 10, 11), {0}},
        {PIECE(1, WHOLE, 10, 9), {0}},
        {PIECE(1, FIRST, 10, 10), {0}},
        {PIECE(1, FIRST, 0, 10), {0}},
        {PIECE(1, LAST, 10, 10), {0}},
        {PIECE(1, 0, 10, 10), {0}},
        {PIECE(0, WHOLE, 1, 1), {0}}};
    static const head two[][2] = {
        {PIECE(1, WHOLE, 1, 1), PIECE(1, WHOLE, 1, 1)},
        {PIECE(2, WHOLE, 1, 1), PIECE(1, WHOLE, 1, 1)},
        {PIECE(1, FIRST, 1, 5), PIECE(1, FIRST, 1, 5)},
        {PIECE(1, FIRST, 1, 5), PIECE(1, LAST, 5, 5)},
        {PIECE(1, FIRST, 1, 5), PIECE(1, LAST, 3, 5)},
        {PIECE(1, FIRST, 1, 5), PIECE(1, 0, 4, 5)},
        {PIECE(1, FIRST, 1, 5), PIECE(1, 0, 0, 5)},
        {PIECE(1, FIRST, 1, 5), PIECE(2, LAST, 4, 5)},
        {PIECE(1, FIRST, 1, 5), {1, {REPLY, LAST, 0, 0, 4, 5, 0, 0}}}};
    call_pair self;

    begin(&self);
    for (size_t at = 0; at < sizeof one / sizeof one[0]; at++) {
        is_cut_off(&self, one[at], 1);
    }
    for (size_t at = 0; at < sizeof two / sizeof two[0]; at++) {
        is_cut_off(&self, two[at], 2);
    }
    end(&self);
}

SPEC(a_client_that_begins_more_than_request_max_is_cut_off, "CALL-10")
{
    call_pair self;
    xipc_socket *socket;

    begin(&self);
    socket = raw_link(&self);
    for (uint64_t at = 1; at <= 65; at++) {
        send_head(socket, request_of(at, HOLD, 0));
    }
    is_thrown_out(socket);
    await_number(&self.board.cut, 1);
    for (uint32_t at = 0; at < atomic_load(&self.board.held_count); at++) {
        (void)xipc_request_reply(atomic_load(&self.board.held[at]), 0, NULL);
    }
    end(&self);
}

/* What is owed to it is kept for it, and no more than that. */
SPEC(a_client_that_never_reads_stands_still_alone, "CALL-10")
{
    enum { SIZE = 90000, PIECES = 2, MANY = 64, PART = 40000 };
    unsigned char said[16] = {0};
    static unsigned char bytes[PART];
    size_t left = (size_t)MANY * (SIZE + PIECES * HEAD_SIZE);
    call_pair self;
    xipc_socket *socket;

    begin(&self);
    socket = raw_link(&self);
    put(said + 8, SIZE, 8); /* as this machine's numbers are */
    for (uint64_t at = 1; at <= MANY; at++) {
        send_head(socket, request_of(at, FILL, sizeof said));
        send_bytes(socket, said, sizeof said);
    }
    for (uint64_t at = 0; at < 100; at++) {
        echoes(self.link, at, 10000);
    }
    /* It gets all of them once it does read. */
    while (left > 0) {
        size_t part = left < PART ? left : PART;

        REQUIRE_OK(reads_all(socket, bytes, part, soon()));
        left -= part;
    }
    send_head(socket, request_of(MANY + 1, ECHO, 0));
    takes(socket, HEAD_SIZE);
    xipc_socket_close(socket);
    await_number(&self.board.died, 1);
    end(&self);
}

SPEC(
    a_client_that_sends_more_bytes_than_there_is_room_for_is_cut_off, "CALL-10")
{
    static unsigned char bytes[60000];
    call_pair self;
    xipc_socket *socket;

    begin(&self);
    socket = raw_link(&self);
    for (uint64_t at = 1; at <= 20; at++) {
        send_head(socket, request_of(at, HOLD, sizeof bytes));
        send_bytes(socket, bytes, sizeof bytes);
    }
    is_thrown_out(socket);
    await_number(&self.board.cut, 1);
    for (uint32_t at = 0; at < atomic_load(&self.board.held_count); at++) {
        (void)xipc_request_reply(atomic_load(&self.board.held[at]), 0, NULL);
    }
    end(&self);
}

/* One worker; the flood is a good client's. */
static void flood(void *context)
{
    const call_pair *self = context;
    xipc_link *link = linked(self->address);

    while (!atomic_load(&self->board.counted)) {
        REQUIRE_OK(xipc_call_post(link, NOTHING, NULL, in_time()));
    }
    xipc_link_close(link);
}

static void comes_through(const char *address)
{
    spec_thread *flooder;
    call_pair self;

    calls_begin(&self, address);
    flooder = spec_thread_start(flood, &self);
    for (uint64_t at = 0; at < 100; at++) {
        xipc_link *link = linked(self.address);

        echoes(link, at, 100);
        echoes(self.link, at, 100);
        xipc_link_close(link);
    }
    REQUIRE_OK(call_plain(self.link, COUNT, in_time()));
    spec_thread_join(flooder);
    calls_end(&self);
}

SPEC(a_client_that_floods_keeps_no_other_one_out, "CALL-10 CALL-1")
{
    with_both_sorts(comes_through);
}

SPEC(a_client_that_floods_cancels_keeps_nobody_from_calling, "CALL-10")
{
    static unsigned char bytes[1000 * HEAD_SIZE];
    call_pair self;
    xipc_socket *socket;

    begin(&self);
    for (uint64_t at = 0; at < 1000; at++) {
        const head cancel = head_of(CANCEL, at);

        write_head(bytes + at * HEAD_SIZE, &cancel);
    }
    socket = raw_link(&self);
    send_head(socket, request_of(1000, ECHO, 0));
    for (uint64_t at = 0; at < 200; at++) {
        send_bytes(socket, bytes, sizeof bytes);
        if (at % 10 == 0) {
            echoes(self.link, at, 100);
        }
    }
    xipc_socket_close(socket);
    end(&self);
}

/* A number that follows from the one before it. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static size_t write_talk(unsigned char *bytes)
{
    const head talk[] = {
        {1, {HELLO, 0, 1 << 20, 0, 0, 0, 0, 0}},
        {1, {REQUEST, WHOLE, ECHO, 0, 20, 20, 0, 0}},
        {2, {REQUEST, FIRST, COUNT, 0, 20, 60, 0, 0}},
        {3, {POST, WHOLE, COUNT, 0, 0, 0, 0, 0}},
        {2, {REQUEST, 0, COUNT, 0, 20, 60, 0, 0}},
        {1, {CANCEL, 0, 0, 0, 0, 0, 0, 0}},
        {2, {REQUEST, LAST, COUNT, 0, 20, 60, 0, 0}},
        {4, {POST, FIRST, COUNT, 0, 20, 40, 0, 0}},
        {4, {CANCEL, 0, 0, 0, 0, 0, 0, 0}},
        {5, {REQUEST, WHOLE, NOTHING, 0, 0, 0, 0, 0}}};
    size_t size = sizeof greeting;

    memcpy(bytes, greeting, sizeof greeting);
    for (size_t at = 0; at < sizeof talk / sizeof talk[0]; at++) {
        write_head(bytes + size, &talk[at]);
        size += HEAD_SIZE;
        memset(bytes + size, 'x', talk[at].words[4]);
        size += talk[at].words[4];
    }
    return size;
}

SPEC(a_talk_with_any_byte_changed_harms_nobody_else, "CALL-10 CALL-8")
{
    unsigned char good[1000];
    const size_t size = write_talk(good);
    uint64_t state = 8;
    call_pair self;

    begin(&self);
    for (uint64_t round = 0; round < 600; round++) {
        unsigned char bytes[1000];
        xipc_socket *socket = raw(&self);
        uint32_t changes = 1 + next_random(&state) % 3;

        memcpy(bytes, good, size);
        for (; changes > 0; changes--) {
            bytes[next_random(&state) % size] =
                (unsigned char)next_random(&state);
        }
        send_bytes(socket, bytes, size);
        xipc_socket_close(socket);
        if (round % 20 == 0) {
            echoes(self.link, round, 500);
        }
    }
    end(&self);
}
