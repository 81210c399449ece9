/* SPDX-License-Identifier: Apache-2.0 */
#include "support/pipe_kit.h"

#include <stdlib.h>
#include <string.h>

#undef pair_connected
#undef listening
#undef listening_soon
#undef accepted
#undef pipe_puts
#undef pipe_gets
#undef require_dry
#undef require_end
#undef require_unheard
#undef pipe_fills

xipc_pipe_options pipe_options(xipc_pipe_mode mode)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    options.mode = mode;
    options.message_max = PIPE_LONGEST;
    return options;
}

/* ---- pairs ---- */

pipe_pair pair_anonymous(xipc_pipe_mode mode)
{
    xipc_pipe_options options = pipe_options(mode);
    pipe_pair pair = {.what = "an anonymous pipe"};

    REQUIRE_OK(xipc_pipe_create(&options, &pair.reader, &pair.writer));
    return pair;
}

pipe_pair pair_duplex(xipc_pipe_mode mode)
{
    xipc_pipe_options options = pipe_options(mode);
    pipe_pair pair = {.what = "an anonymous duplex pipe", .is_duplex = 1};

    REQUIRE_OK(xipc_pipe_create_duplex(&options, &pair.reader, &pair.writer));
    return pair;
}

pipe_pair pair_connected(xipc_pipe_mode mode, int server_writes)
{
    pipe_pair pair = {
        .what = server_writes ? "a connection from its server"
                              : "a connection from its client",
        .listener = listening("pair", mode),
        .is_duplex = 1,
        .is_connection = 1};
    pipe_caller caller;
    xipc_pipe *server;

    caller_begins(&caller, "pair", XIPC_FOREVER);
    server = accepted(pair.listener);
    REQUIRE_OK(caller_ends(&caller));
    pair.writer = server_writes ? server : caller.pipe;
    pair.reader = server_writes ? caller.pipe : server;
    return pair;
}

void ends_closed(pipe_pair *pair)
{
    xipc_pipe_close(pair->writer);
    xipc_pipe_close(pair->reader);
    xipc_pipe_listener_close(pair->listener);
}

static void with(pipe_pair pair, pair_body *body)
{
    spec_within(pair.what);
    body(&pair);
    ends_closed(&pair);
    spec_within(NULL);
}

void with_all_pairs(xipc_pipe_mode mode, pair_body *body)
{
    with(pair_anonymous(mode), body);
    with(pair_duplex(mode), body);
    with(pair_connected(mode, 0), body);
    with(pair_connected(mode, 1), body);
}

/* ---- listeners and callers ---- */

xipc_pipe_listener *listening(const char *name, xipc_pipe_mode mode)
{
    xipc_pipe_options options = pipe_options(mode);
    xipc_pipe_listener *listener = NULL;

    REQUIRE_OK(xipc_pipe_listen(name, &options, XIPC_FOREVER, &listener));
    return listener;
}

xipc_pipe_listener *listening_soon(const char *name, xipc_pipe_mode mode)
{
    xipc_pipe_options options = pipe_options(mode);
    xipc_pipe_listener *listener = NULL;
    int64_t start = spec_now_ns();
    xipc_status status;

    do {
        status = xipc_pipe_listen(name, &options, XIPC_FOREVER, &listener);
        if (status == XIPC_E_EXISTS) {
            let_pass(1);
        }
    } while (status == XIPC_E_EXISTS && is_within(start, NS_PER_S));
    REQUIRE_OK(status);
    return listener;
}

xipc_pipe *accepted(xipc_pipe_listener *listener)
{
    xipc_pipe *pipe = NULL;

    REQUIRE_OK(xipc_pipe_accept(listener, XIPC_FOREVER, &pipe));
    return pipe;
}

static void call(void *context)
{
    pipe_caller *caller = context;

    caller->status = xipc_pipe_connect(
        caller->name, &caller->options, caller->deadline, &caller->pipe);
}

void caller_begins(
    pipe_caller *caller, const char *name, xipc_deadline deadline)
{
    xipc_pipe_options options = pipe_options(XIPC_PIPE_BYTES);

    caller_begins_with(caller, name, &options, deadline);
}

void caller_begins_with(
    pipe_caller *caller,
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline)
{
    caller->name = name;
    caller->deadline = deadline;
    caller->options = *options;
    caller->pipe = NULL;
    caller->thread = spec_thread_start(call, caller);
}

xipc_status caller_ends(pipe_caller *caller)
{
    spec_thread_join(caller->thread);
    return caller->status;
}

/* ---- what goes through ---- */

static unsigned char *room_of(size_t size)
{
    unsigned char *bytes = malloc(size + 1);

    REQUIRE(bytes);
    return bytes;
}

xipc_status
pipe_put(xipc_pipe *pipe, uint64_t number, size_t size, xipc_deadline deadline)
{
    unsigned char *bytes = room_of(size);
    xipc_status status;

    message_fill(bytes, size, number);
    status = xipc_pipe_write(pipe, bytes, size, deadline, NULL);
    free(bytes);
    return status;
}

void pipe_puts(xipc_pipe *pipe, uint64_t number, size_t size)
{
    REQUIRE_OK(pipe_put(pipe, number, size, XIPC_FOREVER));
}

static void get_pieces(xipc_pipe *pipe, unsigned char *bytes, size_t size)
{
    size_t got = 0;

    while (got < size) {
        size_t piece = 0;

        REQUIRE_OK(xipc_pipe_read(
            pipe, bytes + got, size - got, XIPC_FOREVER, &piece));
        REQUIRE(piece > 0 && piece <= size - got);
        got += piece;
    }
}

void pipe_gets(xipc_pipe *pipe, uint64_t number, size_t size)
{
    unsigned char *bytes = room_of(size);
    size_t got = SIZE_MAX;

    if (xipc_pipe_message_max(pipe) == 0) {
        get_pieces(pipe, bytes, size);
    } else {
        REQUIRE_OK(xipc_pipe_read(pipe, bytes, size + 1, XIPC_FOREVER, &got));
        REQUIRE_UINT(size, got);
    }
    REQUIRE(message_is(bytes, size, number));
    free(bytes);
}

xipc_status pipe_get(xipc_pipe *pipe, xipc_deadline deadline)
{
    unsigned char *bytes = room_of(PIPE_LONGEST);
    size_t got;
    xipc_status status =
        xipc_pipe_read(pipe, bytes, PIPE_LONGEST, deadline, &got);

    free(bytes);
    return status;
}

void require_dry(xipc_pipe *pipe)
{
    REQUIRE_STATUS(XIPC_E_AGAIN, pipe_get(pipe, XIPC_NOW));
}

void require_end(xipc_pipe *pipe, xipc_status want)
{
    REQUIRE_STATUS(want, pipe_get(pipe, XIPC_FOREVER));
    REQUIRE_STATUS(want, pipe_get(pipe, XIPC_NOW));
}

void require_unheard(xipc_pipe *pipe, xipc_status want)
{
    int64_t start = spec_now_ns();
    xipc_status status;

    do {
        status = pipe_put(pipe, 0, 1, XIPC_NOW);
    } while ((status == XIPC_OK || status == XIPC_E_AGAIN) &&
             is_within(start, NS_PER_S));
    REQUIRE_STATUS(want, status);
    REQUIRE_STATUS(want, pipe_put(pipe, 0, 1, XIPC_FOREVER));
}

uint64_t pipe_fills(xipc_pipe *pipe, size_t size)
{
    uint64_t count = 0;
    xipc_status status = pipe_put(pipe, count, size, XIPC_NOW);

    while (status == XIPC_OK) {
        count++;
        status = pipe_put(pipe, count, size, XIPC_NOW);
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    return count;
}
