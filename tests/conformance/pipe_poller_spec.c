/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes and listeners in pollers. */
#include "support/pipe_kit.h"
#include "support/poller_kit.h"

static void
adds(xipc_poller *poller, xipc_pipe *pipe, uint32_t events, void *cookie)
{
    REQUIRE_OK(xipc_poller_add(poller, xipc_pipe_object(pipe), events, cookie));
}

/* XIPC_NOW; 0: nothing. */
static uint32_t events_now(xipc_poller *poller)
{
    xipc_ready ready;
    size_t count;
    xipc_status status = xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count);

    if (status == XIPC_E_AGAIN) {
        return 0;
    }
    REQUIRE_OK(status);
    return ready.events;
}

static uint32_t events_soon(xipc_poller *poller)
{
    xipc_ready ready;
    size_t count;

    REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
    REQUIRE_UINT(1, count);
    return ready.events;
}

/* It is told within a second. */
static void require_soon(xipc_poller *poller, uint32_t want)
{
    int64_t start = spec_now_ns();
    uint32_t events = events_soon(poller);

    while (events != want && is_within(start, NS_PER_S)) {
        events = events_soon(poller);
    }
    REQUIRE_UINT(want, events);
}

static void readable_when_there_is_something(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();

    adds(poller, pair->reader, XIPC_READABLE, pair);
    for (uint64_t number = 0; number < 20; number++) {
        require_silent(poller);
        pipe_puts(pair->writer, number, 100);
        require_told(poller, pair);
        require_told(poller, pair);
        pipe_gets(pair->reader, number, 100);
    }
    require_silent(poller);
    xipc_pipe_close(pair->writer);
    pair->writer = NULL;
    require_soon(poller, XIPC_READABLE | XIPC_HUNG_UP);
    require_end(pair->reader, XIPC_E_CLOSED);
    REQUIRE((events_now(poller) & XIPC_HUNG_UP) != 0);
    xipc_poller_close(poller);
}

SPEC(a_pipe_is_readable_when_a_read_will_not_wait, "WAIT-1 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, readable_when_there_is_something);
    with_all_pairs(XIPC_PIPE_MESSAGES, readable_when_there_is_something);
}

static void writable_when_there_is_room(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();
    uint64_t count;

    adds(poller, pair->writer, XIPC_WRITABLE, pair);
    REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
    count = pipe_fills(pair->writer, 4000);
    require_silent(poller);
    for (uint64_t number = 0; number < count; number++) {
        pipe_gets(pair->reader, number, 4000);
    }
    REQUIRE_UINT(XIPC_WRITABLE, events_soon(poller));
    xipc_pipe_close(pair->reader);
    pair->reader = NULL;
    require_soon(poller, XIPC_WRITABLE | XIPC_HUNG_UP);
    require_unheard(pair->writer, XIPC_E_CLOSED);
    xipc_poller_close(poller);
}

SPEC(a_pipe_is_writable_when_there_is_room, "WAIT-1 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, writable_when_there_is_room);
}

static void both_ways(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();

    if (pair->is_duplex) {
        adds(poller, pair->reader, XIPC_READABLE | XIPC_WRITABLE, pair);
        REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
        pipe_puts(pair->writer, 1, 100);
        require_soon(poller, XIPC_READABLE | XIPC_WRITABLE);
        pipe_gets(pair->reader, 1, 100);
        REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
        (void)pipe_fills(pair->reader, 4000);
        REQUIRE_UINT(0, events_now(poller));
        pipe_puts(pair->writer, 1, 100);
        require_soon(poller, XIPC_READABLE);
    }
    xipc_poller_close(poller);
}

SPEC(a_pipe_is_waited_for_both_ways_at_once, "WAIT-1 PIPE-4")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, both_ways);
}

/* Another wait that began before it, and told nothing, is told. */
static void a_wait_is_ended(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_pipe_object(pair->reader), pair);
    for (uint64_t number = 0; number < rounds_here(30, 6); number++) {
        poll_call call;

        poll_begin(&call, poller, XIPC_FOREVER);
        let_pass((int64_t)(number % 3));
        pipe_puts(pair->writer, number, 20000);
        REQUIRE_OK(poll_end(&call));
        REQUIRE_UINT(XIPC_READABLE, told_of(&call.answer, pair));
        pipe_gets(pair->reader, number, 20000);
    }
    xipc_poller_close(poller);
}

SPEC(a_poller_that_waits_is_told_of_what_was_written, "WAIT-1 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, a_wait_is_ended);
}

/* What one poller has seen another one is told too, and a thread that reads. */
static void told_in_two(pipe_pair *pair)
{
    xipc_poller *one = poller_made();
    xipc_poller *two = poller_made();

    poller_takes(one, xipc_pipe_object(pair->reader), pair);
    poller_takes(two, xipc_pipe_object(pair->reader), pair);
    pipe_puts(pair->writer, 1, 0);
    require_told(one, pair);
    (void)told(two);
    pipe_gets(pair->reader, 1, 0);
    pipe_puts(pair->writer, 2, 30000);
    require_told(two, pair);
    (void)told(one);
    pipe_gets(pair->reader, 2, 30000);
    require_silent(one);
    require_silent(two);
    xipc_poller_close(one);
    xipc_poller_close(two);
}

SPEC(a_message_is_told_in_every_poller, "WAIT-1 PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, told_in_two);
}

static void closed_in_a_poller(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();

    adds(poller, pair->reader, XIPC_READABLE, pair);
    adds(poller, pair->writer, XIPC_WRITABLE, pair);
    xipc_pipe_close(pair->writer);
    xipc_pipe_close(pair->reader);
    pair->writer = NULL;
    pair->reader = NULL;
    require_silent(poller);
    xipc_poller_close(poller);
}

SPEC(closing_takes_a_pipe_out_of_its_pollers, "WAIT-1 PIPE-6")
{
    with_all_pairs(XIPC_PIPE_BYTES, closed_in_a_poller);
}

static void shut_in_a_poller(pipe_pair *pair)
{
    xipc_poller *poller = poller_made();

    adds(poller, pair->writer, XIPC_WRITABLE, pair);
    (void)pipe_fills(pair->writer, 4096);
    require_silent(poller);
    REQUIRE_OK(xipc_pipe_shutdown_write(pair->writer));
    REQUIRE((events_soon(poller) & XIPC_WRITABLE) != 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, pipe_put(pair->writer, 0, 1, XIPC_NOW));
    xipc_poller_close(poller);
}

SPEC(who_has_ended_to_write_does_not_wait_for_room, "WAIT-1 PIPE-6")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, shut_in_a_poller);
}

SPEC(an_end_is_waited_for_only_in_its_direction, "WAIT-1 PIPE-1")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_pipe_object(pair.reader), XIPC_WRITABLE, NULL));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_pipe_object(pair.writer), XIPC_READABLE, NULL));
    xipc_poller_close(poller);
    ends_closed(&pair);
}

SPEC(a_listener_is_readable_when_a_client_waits, "WAIT-1 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_pipe_listener_object(listener), listener);
    require_silent(poller);
    for (unsigned round = 0; round < rounds_here(30, 6); round++) {
        pipe_caller callers[2];
        xipc_pipe *pipe = NULL;

        caller_begins(&callers[0], "a", XIPC_FOREVER);
        caller_begins(&callers[1], "a", XIPC_FOREVER);
        for (int i = 0; i < 2; i++) {
            require_told(poller, listener);
            REQUIRE_OK(xipc_pipe_accept(listener, XIPC_NOW, &pipe));
            xipc_pipe_close(pipe);
        }
        for (int i = 0; i < 2; i++) {
            REQUIRE_OK(caller_ends(&callers[i]));
            require_end(callers[i].pipe, XIPC_E_CLOSED);
            xipc_pipe_close(callers[i].pipe);
        }
        require_silent(poller);
    }
    xipc_poller_close(poller);
    xipc_pipe_listener_close(listener);
}

SPEC(a_listener_is_told_in_every_poller, "WAIT-1 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_poller *one = poller_made();
    xipc_poller *two = poller_made();
    pipe_caller caller;
    xipc_pipe *pipe;

    poller_takes(one, xipc_pipe_listener_object(listener), listener);
    poller_takes(two, xipc_pipe_listener_object(listener), listener);
    caller_begins(&caller, "a", XIPC_FOREVER);
    require_told(one, listener);
    require_told(two, listener);
    require_told(one, listener);
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    require_silent(one);
    require_silent(two);
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
    xipc_poller_close(one);
    xipc_poller_close(two);
    xipc_pipe_listener_close(listener);
}
