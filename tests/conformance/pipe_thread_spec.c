/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads at one end. */
#include <stdatomic.h>
#include <string.h>

#include "support/pipe_kit.h"

enum { THREAD_COUNT = 4 };

typedef struct crew {
    xipc_pipe *pipe;
    uint64_t count; /* messages of each writer */
    size_t longest;
    _Atomic uint64_t next; /* writer */
    _Atomic uint64_t seen[THREAD_COUNT];
    _Atomic uint64_t total;
    spec_thread *threads[2 * THREAD_COUNT];
} crew;

/* Who wrote it, and its number among his. */
typedef struct label {
    uint64_t writer;
    uint64_t number;
} label;

static void write_many(void *context)
{
    crew *self = context;
    uint64_t writer = atomic_fetch_add(&self->next, 1);

    for (uint64_t number = 0; number < self->count; number++) {
        unsigned char bytes[20000];
        label mine = {writer, number};
        size_t size = message_size(number, self->longest);

        memcpy(bytes, &mine, sizeof mine);
        message_fill(bytes + sizeof mine, size, number);
        REQUIRE_OK(xipc_pipe_write(
            self->pipe, bytes, sizeof mine + size, XIPC_FOREVER, NULL));
    }
}

static void require_sound(crew *self, const unsigned char *bytes, size_t size)
{
    label its;

    REQUIRE(size >= sizeof its);
    memcpy(&its, bytes, sizeof its);
    REQUIRE(its.writer < THREAD_COUNT && its.number < self->count);
    REQUIRE_UINT(message_size(its.number, self->longest), size - sizeof its);
    REQUIRE(message_is(bytes + sizeof its, size - sizeof its, its.number));
    atomic_fetch_add(&self->seen[its.writer], 1);
}

static void read_many(void *context)
{
    crew *self = context;
    unsigned char bytes[20000];
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        size_t size;

        status = xipc_pipe_read(
            self->pipe, bytes, sizeof bytes, XIPC_FOREVER, &size);
        if (status == XIPC_OK) {
            require_sound(self, bytes, size);
        }
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
}

static void run_crews(pipe_pair *pair, size_t longest)
{
    crew writers = {
        .pipe = pair->writer,
        .count = rounds_here(1000, 100),
        .longest = longest};
    crew readers = {
        .pipe = pair->reader, .count = writers.count, .longest = longest};

    for (int i = 0; i < THREAD_COUNT; i++) {
        readers.threads[i] = spec_thread_start(read_many, &readers);
        writers.threads[i] = spec_thread_start(write_many, &writers);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(writers.threads[i]);
    }
    REQUIRE_OK(xipc_pipe_shutdown_write(pair->writer));
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(readers.threads[i]);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        REQUIRE_UINT(writers.count, atomic_load(&readers.seen[i]));
    }
}

static void short_messages(pipe_pair *pair)
{
    run_crews(pair, 300);
}

static void long_messages(pipe_pair *pair)
{
    run_crews(pair, 15000);
}

SPEC(messages_of_many_threads_are_not_mixed, "GEN-6 PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, short_messages);
    with_all_pairs(XIPC_PIPE_MESSAGES, long_messages);
}

/* Each writes blocks of one byte's value. */
static void write_blocks(void *context)
{
    crew *self = context;
    int writer = (int)atomic_fetch_add(&self->next, 1);
    unsigned char bytes[XIPC_PIPE_ATOMIC_SIZE];

    memset(bytes, 'a' + writer, sizeof bytes);
    for (uint64_t number = 0; number < self->count; number++) {
        REQUIRE_OK(xipc_pipe_write(
            self->pipe, bytes, sizeof bytes, XIPC_FOREVER, NULL));
    }
}

static void read_block(xipc_pipe *pipe)
{
    unsigned char bytes[XIPC_PIPE_ATOMIC_SIZE];
    size_t got = 0;

    while (got < sizeof bytes) {
        size_t size;

        REQUIRE_OK(xipc_pipe_read(
            pipe, bytes + got, sizeof bytes - got, XIPC_FOREVER, &size));
        got += size;
    }
    for (size_t at = 1; at < sizeof bytes; at++) {
        REQUIRE_UINT(bytes[0], bytes[at]);
    }
}

static void blocks_stay_whole(pipe_pair *pair)
{
    crew writers = {.pipe = pair->writer, .count = rounds_here(500, 50)};

    for (int i = 0; i < THREAD_COUNT; i++) {
        writers.threads[i] = spec_thread_start(write_blocks, &writers);
    }
    for (uint64_t i = 0; i < THREAD_COUNT * writers.count; i++) {
        read_block(pair->reader);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(writers.threads[i]);
    }
    require_dry(pair->reader);
}

SPEC(short_writes_of_many_threads_are_not_mixed, "GEN-6 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, blocks_stay_whole);
}

typedef struct acceptor {
    xipc_pipe_listener *listener;
    unsigned count;
    spec_thread *thread;
} acceptor;

static void accept_many(void *context)
{
    acceptor *self = context;

    for (;;) {
        xipc_pipe *pipe;
        unsigned char byte;
        size_t size;
        xipc_status status =
            xipc_pipe_accept(self->listener, XIPC_FOREVER, &pipe);

        if (status == XIPC_E_CANCELED) {
            break;
        }
        REQUIRE_OK(status);
        REQUIRE_OK(xipc_pipe_read(pipe, &byte, 1, XIPC_FOREVER, &size));
        REQUIRE_OK(xipc_pipe_write(pipe, &byte, 1, XIPC_FOREVER, NULL));
        xipc_pipe_close(pipe);
        self->count++;
    }
}

static void connect_many(void *context)
{
    const unsigned *count = context;

    for (unsigned i = 0; i < *count; i++) {
        xipc_pipe *pipe;

        REQUIRE_OK(xipc_pipe_connect("a", NULL, XIPC_FOREVER, &pipe));
        pipe_puts(pipe, i, 1);
        pipe_gets(pipe, i, 1);
        xipc_pipe_close(pipe);
    }
}

SPEC(many_threads_accept_and_many_connect, "GEN-6 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    acceptor acceptors[THREAD_COUNT];
    spec_thread *clients[THREAD_COUNT];
    unsigned each = rounds_here(200, 20);
    unsigned total = 0;

    for (int i = 0; i < THREAD_COUNT; i++) {
        acceptors[i] = (acceptor){listener, 0, NULL};
        acceptors[i].thread = spec_thread_start(accept_many, &acceptors[i]);
        clients[i] = spec_thread_start(connect_many, &each);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(clients[i]);
    }
    REQUIRE_OK(xipc_interrupt(xipc_pipe_listener_object(listener)));
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(acceptors[i].thread);
        total += acceptors[i].count;
    }
    REQUIRE_UINT(each * THREAD_COUNT, total);
    xipc_pipe_listener_close(listener);
}

/* One who writes when he is asked to; and one whose buffer is too small for
 * what another one waits for. */
typedef struct servants {
    pipe_pair *pair;
    pipe_pair asks;
    atomic_int is_over;
    uint64_t count;
    size_t size;
} servants;

static void write_when_asked(void *context)
{
    servants *self = context;

    for (uint64_t number = 0; number < self->count; number++) {
        pipe_gets(self->asks.reader, number, 1);
        pipe_puts(self->pair->writer, number, self->size);
    }
}

static void read_too_little(void *context)
{
    servants *self = context;

    while (!atomic_load(&self->is_over)) {
        size_t size;
        char byte;
        xipc_status status =
            xipc_pipe_read(self->pair->reader, &byte, 1, XIPC_NOW, &size);

        REQUIRE(status == XIPC_E_AGAIN || status == XIPC_E_TOO_SMALL);
    }
}

static void is_nibbled_at(pipe_pair *pair, size_t size)
{
    servants self = {
        .pair = pair,
        .asks = pair_anonymous(XIPC_PIPE_BYTES),
        .count = rounds_here(1000, 50),
        .size = size};
    spec_thread *writer = spec_thread_start(write_when_asked, &self);
    spec_thread *nibbler = spec_thread_start(read_too_little, &self);

    for (uint64_t number = 0; number < self.count; number++) {
        pipe_puts(self.asks.writer, number, 1);
        pipe_gets(pair->reader, number, size);
    }
    atomic_store(&self.is_over, 1);
    spec_thread_join(writer);
    spec_thread_join(nibbler);
    ends_closed(&self.asks);
}

static void nibbled_at(pipe_pair *pair)
{
    is_nibbled_at(pair, 100);
    is_nibbled_at(pair, 8000);
}

SPEC(a_message_too_long_for_one_thread_is_another_ones, "GEN-6 PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, nibbled_at);
}
