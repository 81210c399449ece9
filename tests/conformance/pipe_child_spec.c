/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of pipes that a child has: as its standard streams, or by a label. */
#include <string.h>

#include "support/pipe_kit.h"
#include "support/poller_kit.h"
#include "support/spawn_kit.h"

static xipc_stream stream_of(xipc_pipe *pipe)
{
    return (xipc_stream){XIPC_STREAM_OBJECT, xipc_pipe_object(pipe), 0};
}

static void let_go(xipc_pipe **pipe)
{
    xipc_pipe_close(*pipe);
    *pipe = NULL;
}

SPEC(an_end_is_a_childs_standard_output, "PIPE-3 PROC-1 PIPE-1")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_spawn_options options = spawn_with(0);
    xipc_process *child;
    char text[16] = "";
    size_t got = 0;

    options.output = stream_of(pair.writer);
    child = PROBE(&options, "say", "some words");
    let_go(&pair.writer);
    while (got < 10) {
        size_t size = 0;

        REQUIRE_OK(xipc_pipe_read(
            pair.reader, text + got, sizeof text - 1 - got, XIPC_FOREVER,
            &size));
        got += size;
    }
    REQUIRE_TEXT("some words", text);
    require_end(pair.reader, XIPC_E_CLOSED);
    process_done(child);
    ends_closed(&pair);
}

enum { FLOOD_SIZE = 2000000 };

static void pour(void *context)
{
    xipc_pipe *pipe = context;

    pipe_puts(pipe, 7, FLOOD_SIZE);
    xipc_pipe_close(pipe);
}

/* More than fits into both pipes, so that all wait for each other. */
static void pour_through_a_child(pipe_pair *to, pipe_pair *from)
{
    xipc_spawn_options options = spawn_with(0);
    xipc_process *child;
    spec_thread *thread;

    options.input = stream_of(to->reader);
    options.output = stream_of(from->writer);
    child = PROBE(&options, "cat");
    let_go(&to->reader);
    let_go(&from->writer);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(from->reader, xipc_after_ms(5)));
    thread = spec_thread_start(pour, to->writer);
    pipe_gets(from->reader, 7, FLOOD_SIZE);
    require_end(from->reader, XIPC_E_CLOSED);
    spec_thread_join(thread);
    process_done(child);
    let_go(&from->reader);
}

SPEC(ends_are_a_childs_standard_input_and_output, "PIPE-3 PIPE-2 PROC-1")
{
    pipe_pair to = pair_anonymous(XIPC_PIPE_BYTES);
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);

    pour_through_a_child(&to, &from);
}

/* In use, they are what they were made for; a plain program reads all of it. */
SPEC(ends_that_a_poller_has_are_a_childs_too, "PIPE-3 PIPE-2 PROC-1 WAIT-1")
{
    pipe_pair to = pair_anonymous(XIPC_PIPE_BYTES);
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_poller *poller = poller_made();
    xipc_ready ready;
    size_t count;

    poller_takes(poller, xipc_pipe_object(to.reader), NULL);
    poller_takes(poller, xipc_pipe_object(from.reader), NULL);
    REQUIRE_OK(xipc_poller_add(
        poller, xipc_pipe_object(to.writer), XIPC_WRITABLE, &to));
    REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
    REQUIRE(ready.cookie == &to);
    xipc_poller_close(poller);
    pour_through_a_child(&to, &from);
}

SPEC(a_killed_childs_standard_output_ends, "PIPE-3 PIPE-1")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_spawn_options options = spawn_with(0);
    xipc_process *child;

    options.output = stream_of(pair.writer);
    child = PROBE(&options, "sleep");
    let_go(&pair.writer);
    require_dry(pair.reader);
    REQUIRE_OK(xipc_process_terminate(child));
    require_end(pair.reader, XIPC_E_CLOSED);
    process_killed(child);
    ends_closed(&pair);
}

/* What it is given, and its own reads as it likes. */
static void is_echoed(pipe_pair *pair, const size_t *sizes, size_t count)
{
    const xipc_inherit inherits[] = {
        {"line", xipc_pipe_object(pair->reader), 0}};
    xipc_spawn_options options = spawn_with(0);
    xipc_process *child;

    options.inherits = inherits;
    options.inherit_count = 1;
    child = PROBE(&options, "echo", "line");
    let_go(&pair->reader);
    for (size_t at = 0; at < count; at++) {
        pipe_puts(pair->writer, at, sizes[at]);
        pipe_gets(pair->writer, at, sizes[at]);
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(pair->writer, xipc_after_ms(5)));
    REQUIRE_OK(xipc_pipe_shutdown_write(pair->writer));
    require_end(pair->writer, XIPC_E_CLOSED);
    process_done(child);
    ends_closed(pair);
}

SPEC(a_child_claims_an_end_that_goes_both_ways, "PIPE-3 PROC-1 PIPE-1")
{
    const size_t sizes[] = {1, 4096, 3, 30000};
    pipe_pair pair = pair_duplex(XIPC_PIPE_BYTES);

    is_echoed(&pair, sizes, sizeof sizes / sizeof *sizes);
}

SPEC(what_a_child_claims_carries_messages_if_it_did, "PIPE-3 PROC-1 PIPE-5")
{
    const size_t sizes[] = {1, 0, 4096, 3, PIPE_LONGEST, 0, 70000};
    pipe_pair pair = pair_duplex(XIPC_PIPE_MESSAGES);

    is_echoed(&pair, sizes, sizeof sizes / sizeof *sizes);
}

SPEC(what_was_claimed_is_no_pipe_if_it_was_none, "PIPE-3 PROC-1")
{
    xipc_section *section = NULL;
    xipc_inherit inherits[] = {{"line", NULL, 0}};
    xipc_spawn_options options = spawn_with(0);

    REQUIRE_OK(xipc_section_create_anonymous(65536, NULL, &section));
    inherits[0].object = xipc_section_object(section);
    options.inherits = inherits;
    options.inherit_count = 1;
    PROBE_DONE(&options, "no_pipe", "line");
    xipc_section_close(section);
}

static void is_refused(xipc_status want, const xipc_spawn_options *options)
{
    const char *const arguments[] = {"probe", "exit", "0", NULL};
    xipc_process *process = UNTOUCHED;

    REQUIRE_STATUS(
        want, xipc_spawn(probe_path(), arguments, options, &process));
    REQUIRE(process == UNTOUCHED);
}

SPEC(an_end_goes_to_a_child_only_the_way_it_goes, "PIPE-3 PROC-1 GEN-7")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_spawn_options options = spawn_with(0);

    options.input = stream_of(pair.writer);
    is_refused(XIPC_E_ACCESS, &options);
    options = spawn_with(0);
    options.error = stream_of(pair.reader);
    is_refused(XIPC_E_ACCESS, &options);
    pipe_puts(pair.writer, 1, 10);
    pipe_gets(pair.reader, 1, 10);
    ends_closed(&pair);
}

SPEC(a_connection_goes_to_no_child, "PIPE-3 PROC-1")
{
    pipe_pair pair = pair_connected(XIPC_PIPE_BYTES, 0);
    const xipc_inherit inherits[] = {
        {"line", xipc_pipe_object(pair.reader), 0}};
    xipc_spawn_options options = spawn_with(0);

    options.input = stream_of(pair.reader);
    is_refused(XIPC_E_NOT_SUPPORTED, &options);
    options = spawn_with(0);
    options.inherits = inherits;
    options.inherit_count = 1;
    is_refused(XIPC_E_NOT_SUPPORTED, &options);
    pipe_puts(pair.writer, 1, 10);
    pipe_gets(pair.reader, 1, 10);
    ends_closed(&pair);
}

SPEC(an_end_that_has_ended_to_write_goes_to_no_child, "PIPE-3 PROC-1 PIPE-6")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    const xipc_inherit inherits[] = {
        {"line", xipc_pipe_object(pair.writer), 0}};
    xipc_spawn_options options = spawn_with(0);

    REQUIRE_OK(xipc_pipe_shutdown_write(pair.writer));
    options.output = stream_of(pair.writer);
    is_refused(XIPC_E_NOT_SUPPORTED, &options);
    options = spawn_with(0);
    options.inherits = inherits;
    options.inherit_count = 1;
    is_refused(XIPC_E_NOT_SUPPORTED, &options);
    require_end(pair.reader, XIPC_E_CLOSED);
    ends_closed(&pair);
}
