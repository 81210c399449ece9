/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits on one end, and not those on another. */
#include <stdlib.h>

#include "support/pipe_kit.h"

typedef xipc_status pipe_verb(xipc_pipe *pipe, xipc_deadline when);

static xipc_status put_it(xipc_pipe *pipe, xipc_deadline when)
{
    return pipe_put(pipe, 1, 4096, when);
}

static xipc_status get_it(xipc_pipe *pipe, xipc_deadline when)
{
    return pipe_get(pipe, when);
}

typedef struct pipe_call {
    xipc_pipe *pipe;
    pipe_verb *verb;
    xipc_deadline deadline;
    xipc_status status;
    spec_thread *thread;
} pipe_call;

static void make_call(void *context)
{
    pipe_call *self = context;

    self->status = self->verb(self->pipe, self->deadline);
}

static void begins(
    pipe_call *self, xipc_pipe *pipe, pipe_verb *verb, xipc_deadline deadline)
{
    *self = (pipe_call){pipe, verb, deadline, XIPC_OK, NULL};
    self->thread = spec_thread_start(make_call, self);
}

static xipc_status ends(pipe_call *self)
{
    spec_thread_join(self->thread);
    return self->status;
}

enum { CALL_COUNT = 3 };

static void canceled(xipc_pipe *pipe, pipe_verb *verb)
{
    xipc_object *object = xipc_pipe_object(pipe);
    pipe_call calls[CALL_COUNT];

    for (int i = 0; i < CALL_COUNT; i++) {
        begins(
            &calls[i], pipe, verb,
            i == 0 ? xipc_after_ms(600000) : XIPC_FOREVER);
    }
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    for (int i = 0; i < CALL_COUNT; i++) {
        REQUIRE_STATUS(XIPC_E_CANCELED, ends(&calls[i]));
        REQUIRE_STATUS(XIPC_E_CANCELED, verb(pipe, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_AGAIN, verb(pipe, XIPC_NOW));
    }
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, verb(pipe, xipc_after_ms(2)));
}

static void a_read_is_canceled(pipe_pair *pair)
{
    pipe_call call;

    canceled(pair->reader, get_it);
    begins(&call, pair->reader, get_it, XIPC_FOREVER);
    pipe_puts(pair->writer, 1, 10);
    REQUIRE_OK(ends(&call));
}

SPEC(an_interrupt_ends_the_reads_of_an_end_until_it_is_cleared, "GEN-5 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, a_read_is_canceled);
    with_all_pairs(XIPC_PIPE_MESSAGES, a_read_is_canceled);
}

static void a_write_is_canceled(pipe_pair *pair)
{
    pipe_call call;

    (void)pipe_fills(pair->writer, 4096);
    canceled(pair->writer, put_it);
    begins(&call, pair->writer, put_it, XIPC_FOREVER);
    while (!(pipe_get(pair->reader, XIPC_NOW) == XIPC_E_AGAIN)) {
    }
    REQUIRE_OK(ends(&call));
}

SPEC(an_interrupt_ends_the_writes_of_an_end_until_it_is_cleared, "GEN-5 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, a_write_is_canceled);
    with_all_pairs(XIPC_PIPE_MESSAGES, a_write_is_canceled);
}

static void what_is_there_is_read(pipe_pair *pair)
{
    pipe_puts(pair->writer, 1, 10);
    REQUIRE_OK(xipc_interrupt(xipc_pipe_object(pair->reader)));
    pipe_gets(pair->reader, 1, 10);
    REQUIRE_STATUS(XIPC_E_CANCELED, pipe_get(pair->reader, XIPC_FOREVER));
}

SPEC(a_call_that_need_not_wait_is_not_canceled, "GEN-5 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, what_is_there_is_read);
    with_all_pairs(XIPC_PIPE_MESSAGES, what_is_there_is_read);
}

static void others_go_on(pipe_pair *pair)
{
    pipe_call call;

    REQUIRE_OK(xipc_interrupt(xipc_pipe_object(pair->writer)));
    begins(&call, pair->reader, get_it, XIPC_FOREVER);
    let_pass(3);
    REQUIRE_OK(pipe_put(pair->writer, 1, 10, XIPC_NOW));
    REQUIRE_OK(ends(&call));
}

SPEC(an_interrupt_of_one_end_is_nothing_to_the_other_one, "GEN-5 PIPE-1")
{
    with_all_pairs(XIPC_PIPE_BYTES, others_go_on);
}

typedef struct accept_call {
    xipc_pipe_listener *listener;
    xipc_status status;
    xipc_pipe *pipe;
    spec_thread *thread;
} accept_call;

static void accept_it(void *context)
{
    accept_call *self = context;

    self->status = xipc_pipe_accept(self->listener, XIPC_FOREVER, &self->pipe);
}

SPEC(an_interrupt_ends_an_accept_until_it_is_cleared, "GEN-5 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_object *object = xipc_pipe_listener_object(listener);
    accept_call calls[CALL_COUNT];
    pipe_caller caller;
    xipc_pipe *pipe;

    for (int i = 0; i < CALL_COUNT; i++) {
        calls[i] = (accept_call){listener, XIPC_OK, NULL, NULL};
        calls[i].thread = spec_thread_start(accept_it, &calls[i]);
    }
    let_pass(4);
    REQUIRE_OK(xipc_interrupt(object));
    for (int i = 0; i < CALL_COUNT; i++) {
        spec_thread_join(calls[i].thread);
        REQUIRE_STATUS(XIPC_E_CANCELED, calls[i].status);
    }
    REQUIRE_STATUS(
        XIPC_E_CANCELED, xipc_pipe_accept(listener, XIPC_FOREVER, &pipe));
    REQUIRE_OK(xipc_interrupt_clear(object));
    caller_begins(&caller, "a", XIPC_FOREVER);
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
    xipc_pipe_listener_close(listener);
}
