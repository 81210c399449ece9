/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: whole, or not at all. */
#include <stdlib.h>
#include <string.h>

#include "support/pipe_kit.h"

static void edges_are_kept(pipe_pair *pair)
{
    REQUIRE_UINT(PIPE_LONGEST, xipc_pipe_message_max(pair->writer));
    REQUIRE_UINT(PIPE_LONGEST, xipc_pipe_message_max(pair->reader));
    pipe_puts(pair->writer, 1, 10);
    pipe_puts(pair->writer, 2, 0);
    pipe_puts(pair->writer, 3, 4092);
    pipe_puts(pair->writer, 4, 4093);
    pipe_puts(pair->writer, 5, 1);
    pipe_gets(pair->reader, 1, 10);
    pipe_gets(pair->reader, 2, 0);
    pipe_gets(pair->reader, 3, 4092);
    pipe_gets(pair->reader, 4, 4093);
    pipe_gets(pair->reader, 5, 1);
    require_dry(pair->reader);
}

SPEC(each_read_gives_one_message_whole, "PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, edges_are_kept);
}

static void an_empty_one_is_no_end(pipe_pair *pair)
{
    size_t size = 7;

    REQUIRE_OK(xipc_pipe_write(pair->writer, NULL, 0, XIPC_NOW, NULL));
    REQUIRE_OK(xipc_pipe_write(pair->writer, NULL, 0, XIPC_NOW, NULL));
    REQUIRE_OK(xipc_pipe_read(pair->reader, NULL, 0, XIPC_FOREVER, &size));
    REQUIRE_UINT(0, size);
    pipe_gets(pair->reader, 0, 0);
    require_dry(pair->reader);
}

SPEC(an_empty_message_is_one_and_not_the_end, "PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, an_empty_one_is_no_end);
}

static void too_small(xipc_pipe *reader, size_t capacity, size_t want)
{
    char buffer[64];
    size_t size = 0;

    REQUIRE(capacity <= sizeof buffer);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_pipe_read(reader, buffer, capacity, XIPC_NOW, &size));
    REQUIRE_UINT(want, size);
}

static void it_stays(pipe_pair *pair)
{
    pipe_puts(pair->writer, 1, 65);
    pipe_puts(pair->writer, 2, 9000);
    too_small(pair->reader, 64, 65);
    too_small(pair->reader, 0, 65);
    pipe_gets(pair->reader, 1, 65);
    too_small(pair->reader, 64, 9000);
    too_small(pair->reader, 64, 9000);
    pipe_gets(pair->reader, 2, 9000);
    require_dry(pair->reader);
}

SPEC(a_message_that_the_buffer_is_too_short_for_stays, "PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, it_stays);
}

static void too_big(pipe_pair *pair)
{
    unsigned char *data = calloc(1, PIPE_LONGEST + 1);
    size_t written = 7;

    REQUIRE(data);
    REQUIRE_STATUS(
        XIPC_E_TOO_BIG,
        xipc_pipe_write(
            pair->writer, data, PIPE_LONGEST + 1, XIPC_NOW, &written));
    REQUIRE_UINT(0, written);
    require_dry(pair->reader);
    free(data);
}

SPEC(a_message_longer_than_message_max_is_not_sent, "PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, too_big);
}

typedef struct slow {
    xipc_pipe *writer;
    uint64_t first;
    uint64_t count;
    size_t size;
    spec_thread *thread;
} slow;

static void write_slowly(void *context)
{
    const slow *self = context;

    for (uint64_t number = 0; number < self->count; number++) {
        pipe_puts(self->writer, self->first + number, self->size);
    }
}

/* A thread writes it while it is read. */
static void comes_whole(const pipe_pair *pair, uint64_t number, size_t size)
{
    slow self = {pair->writer, number, 1, size, NULL};

    self.thread = spec_thread_start(write_slowly, &self);
    pipe_gets(pair->reader, number, size);
    spec_thread_join(self.thread);
}

/* Fills it with long ones, the last of which is given up in the middle. */
static void a_given_up_one_never_comes(pipe_pair *pair)
{
    const size_t size = 150000;
    uint64_t count = pipe_fills(pair->writer, size);
    unsigned char *data = malloc(size);
    size_t written = 7;

    REQUIRE(data);
    message_fill(data, size, count);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_pipe_write(pair->writer, data, size, xipc_after_ms(2), &written));
    REQUIRE_UINT(0, written);
    free(data);
    for (uint64_t number = 0; number < count; number++) {
        pipe_gets(pair->reader, number, size);
    }
    require_dry(pair->reader);
    /* What comes next is whole, whether what was given up had begun or not. */
    for (uint64_t number = 0; number < 3; number++) {
        comes_whole(pair, 1000 + number, 100 + (size_t)number * 20000);
    }
}

SPEC(a_message_that_was_given_up_never_comes, "PIPE-5 GEN-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, a_given_up_one_never_comes);
}

static void the_last_one_was_given_up(pipe_pair *pair)
{
    const size_t size = 150000;
    uint64_t count = pipe_fills(pair->writer, size);

    xipc_pipe_close(pair->writer);
    pair->writer = NULL;
    for (uint64_t number = 0; number < count; number++) {
        pipe_gets(pair->reader, number, size);
    }
    if (pair->is_connection) {
        require_end(pair->reader, XIPC_E_CLOSED);
    } else {
        xipc_status status = pipe_get(pair->reader, XIPC_FOREVER);

        REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    }
}

SPEC(a_message_that_was_given_up_is_not_the_last, "PIPE-5 PIPE-6")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, the_last_one_was_given_up);
}

/* A message that is on its way is waited for, or not, and lost neither way. */
static void pieces_are_kept(pipe_pair *pair)
{
    slow self = {pair->writer, 0, rounds_here(60, 10), PIPE_LONGEST, NULL};
    unsigned char *buffer = malloc(PIPE_LONGEST);
    uint64_t number = 0;

    REQUIRE(buffer);
    self.thread = spec_thread_start(write_slowly, &self);
    while (number < self.count) {
        size_t size;
        xipc_status status =
            xipc_pipe_read(pair->reader, buffer, PIPE_LONGEST, XIPC_NOW, &size);

        if (status == XIPC_OK) {
            REQUIRE_UINT(PIPE_LONGEST, size);
            REQUIRE(message_is(buffer, size, number));
            number++;
        } else {
            REQUIRE_STATUS(XIPC_E_AGAIN, status);
        }
    }
    spec_thread_join(self.thread);
    free(buffer);
}

SPEC(a_read_that_finds_a_piece_of_a_message_loses_nothing, "PIPE-5 GEN-4")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, pieces_are_kept);
}
