/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing, whatever made the two ends. */
#include <stdlib.h>
#include <string.h>

#include "support/pipe_kit.h"

static void read_gives_what_is_there(pipe_pair *pair)
{
    char buffer[100] = "untouched";
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_pipe_read(pair->reader, buffer, 100, XIPC_NOW, &size));
    REQUIRE_UINT(77, size);
    REQUIRE_OK(xipc_pipe_write(pair->writer, "abcde", 5, XIPC_NOW, NULL));
    REQUIRE_OK(xipc_pipe_read(pair->reader, buffer, 2, XIPC_NOW, &size));
    REQUIRE_UINT(2, size);
    REQUIRE(memcmp(buffer, "ab", 2) == 0);
    REQUIRE_OK(xipc_pipe_read(pair->reader, buffer, 100, XIPC_NOW, &size));
    REQUIRE_UINT(3, size);
    REQUIRE(memcmp(buffer, "cde", 3) == 0);
    require_dry(pair->reader);
}

SPEC(a_read_gives_what_is_there_and_at_least_one_byte, "PIPE-2 GEN-4")
{
    with_all_pairs(XIPC_PIPE_BYTES, read_gives_what_is_there);
}

static void nothing_is_nothing(pipe_pair *pair)
{
    size_t written = 7;

    REQUIRE_OK(xipc_pipe_write(pair->writer, NULL, 0, XIPC_NOW, &written));
    REQUIRE_UINT(0, written);
    require_dry(pair->reader);
}

SPEC(writing_no_bytes_writes_nothing, "PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, nothing_is_nothing);
}

static void deadlines_pass(pipe_pair *pair)
{
    xipc_deadline deadline = xipc_after_ms(20);

    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(pair->reader, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    (void)pipe_fills(pair->writer, 4096);
    deadline = xipc_after_ms(20);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_put(pair->writer, 0, 4096, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, pipe_put(pair->writer, 0, 4096, xipc_after_ms(-1)));
}

SPEC(a_read_and_a_write_end_at_their_deadline_and_not_before, "GEN-4 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, deadlines_pass);
    with_all_pairs(XIPC_PIPE_MESSAGES, deadlines_pass);
}

enum { LARGE = 8 << 20 };

/* So many bytes of it came before the rest was given up. */
static void says_how_much(pipe_pair *pair)
{
    unsigned char *data = calloc(1, LARGE);
    unsigned char *got = malloc(LARGE);
    size_t written = 0;
    size_t total = 0;

    REQUIRE(data && got);
    stream_fill(data, LARGE, 0);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_pipe_write(pair->writer, data, LARGE, xipc_after_ms(5), &written));
    REQUIRE(written > 0 && written < LARGE);
    while (total < written) {
        size_t size;

        REQUIRE_OK(xipc_pipe_read(
            pair->reader, got + total, LARGE - total, XIPC_NOW, &size));
        total += size;
    }
    REQUIRE_UINT(written, total);
    REQUIRE(stream_is(got, total, 0));
    require_dry(pair->reader);
    free(data);
    free(got);
}

SPEC(a_write_that_ends_early_says_how_much_it_wrote, "PIPE-2 GEN-5")
{
    with_all_pairs(XIPC_PIPE_BYTES, says_how_much);
}

typedef struct pouring {
    xipc_pipe *writer;
    uint64_t count;
    size_t max;
    spec_thread *thread;
} pouring;

static void pour(void *context)
{
    const pouring *self = context;

    for (uint64_t number = 0; number < self->count; number++) {
        pipe_puts(self->writer, number, message_size(number, self->max));
    }
}

static void all_comes_in_order(pipe_pair *pair)
{
    pouring self = {pair->writer, rounds_here(2000, 300), 100000, NULL};

    self.thread = spec_thread_start(pour, &self);
    for (uint64_t number = 0; number < self.count; number++) {
        pipe_gets(pair->reader, number, message_size(number, self.max));
    }
    spec_thread_join(self.thread);
    require_dry(pair->reader);
}

SPEC(all_that_is_written_comes_in_order, "PIPE-2 PIPE-4")
{
    with_all_pairs(XIPC_PIPE_BYTES, all_comes_in_order);
}

SPEC(all_messages_come_whole_and_in_order, "PIPE-5 PIPE-4")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, all_comes_in_order);
}

static void buffer_size_is_advice(uint32_t size)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    xipc_pipe *reader;
    xipc_pipe *writer;

    options.buffer_size = size;
    REQUIRE_OK(xipc_pipe_create(&options, &reader, &writer));
    REQUIRE(pipe_fills(writer, 500) > 0);
    pipe_gets(reader, 0, 500);
    xipc_pipe_close(reader);
    xipc_pipe_close(writer);
}

SPEC(the_size_of_the_buffer_is_advice, "PIPE-2")
{
    buffer_size_is_advice(1);
    buffer_size_is_advice(10000);
    buffer_size_is_advice(1 << 20);
    buffer_size_is_advice(UINT32_MAX);
}
