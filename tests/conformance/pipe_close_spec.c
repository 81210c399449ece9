/* SPDX-License-Identifier: Apache-2.0 */
/* How connections end: in good order, half, or by a death. */
#include "support/pipe_kit.h"

/* A listener, and a hand that is connected. */
typedef struct served {
    xipc_pipe_listener *listener;
    xipc_pipe *pipe;
    spec_peer *hand;
} served;

static served served_hand(xipc_pipe_mode mode)
{
    served self = {.listener = listening("a", mode), .hand = pipe_hand()};

    spec_tell(self.hand, "connect a");
    self.pipe = accepted(self.listener);
    hand_answers(self.hand, XIPC_OK);
    return self;
}

/* The hand is the server. */
static served serving_hand(xipc_pipe_mode mode)
{
    served self = {.hand = pipe_hand()};
    pipe_caller caller;

    hand_does(self.hand, mode ? "listen a 1" : "listen a 0", XIPC_OK);
    spec_tell(self.hand, "accept");
    caller_begins(&caller, "a", XIPC_FOREVER);
    hand_answers(self.hand, XIPC_OK);
    REQUIRE_OK(caller_ends(&caller));
    self.pipe = caller.pipe;
    return self;
}

static void served_closed(served *self)
{
    xipc_pipe_close(self->pipe);
    xipc_pipe_listener_close(self->listener);
}

typedef void end_body(served *self);

static void in_all_ways(end_body *body)
{
    for (int way = 0; way < 4; way++) {
        xipc_pipe_mode mode = (xipc_pipe_mode)(way & 1);
        served self = way < 2 ? served_hand(mode) : serving_hand(mode);

        spec_within(
            way < 2 ? "the other one is the client"
                    : "the other one is the server");
        body(&self);
        served_closed(&self);
        spec_within(NULL);
    }
}

static void close_after_data(served *self)
{
    hand_does(self->hand, "put 1 3000", XIPC_OK);
    hand_does(self->hand, "put 2 20000", XIPC_OK);
    hand_does(self->hand, "close", XIPC_OK);
    require_unheard(self->pipe, XIPC_E_CLOSED);
    pipe_gets(self->pipe, 1, 3000);
    pipe_gets(self->pipe, 2, 20000);
    require_end(self->pipe, XIPC_E_CLOSED);
    hand_ends(self->hand);
}

SPEC(what_was_written_before_a_close_arrives, "PIPE-6")
{
    in_all_ways(close_after_data);
}

static void die_after_data(served *self)
{
    hand_does(self->hand, "put 1 3000", XIPC_OK);
    hand_does(self->hand, "put 2 20000", XIPC_OK);
    spec_kill(self->hand);
    require_unheard(self->pipe, XIPC_E_PEER_DIED);
    pipe_gets(self->pipe, 1, 3000);
    pipe_gets(self->pipe, 2, 20000);
    require_end(self->pipe, XIPC_E_PEER_DIED);
}

SPEC(a_death_is_told_from_a_close_after_what_was_written, "PIPE-6 GEN-11")
{
    in_all_ways(die_after_data);
}

static void leave_without_closing(served *self)
{
    hand_does(self->hand, "put 1 100", XIPC_OK);
    hand_leaves(self->hand);
    pipe_gets(self->pipe, 1, 100);
    require_end(self->pipe, XIPC_E_PEER_DIED);
}

SPEC(who_ends_without_closing_has_died, "PIPE-6")
{
    in_all_ways(leave_without_closing);
}

static void half_close(served *self)
{
    hand_does(self->hand, "put 1 3000", XIPC_OK);
    hand_does(self->hand, "shutdown", XIPC_OK);
    hand_does(self->hand, "shutdown", XIPC_OK);
    hand_does(self->hand, "put 2 10", XIPC_E_CLOSED);
    pipe_gets(self->pipe, 1, 3000);
    require_end(self->pipe, XIPC_E_CLOSED);
    pipe_puts(self->pipe, 3, 4000);
    hand_does(self->hand, "get 3 4000", XIPC_OK);
    REQUIRE_OK(xipc_pipe_shutdown_write(self->pipe));
    hand_does(self->hand, "drain", XIPC_E_CLOSED);
    hand_ends(self->hand);
    require_end(self->pipe, XIPC_E_CLOSED);
}

SPEC(who_has_ended_to_write_still_reads, "PIPE-6")
{
    in_all_ways(half_close);
}

static void die_after_half_close(served *self)
{
    hand_does(self->hand, "put 1 100", XIPC_OK);
    hand_does(self->hand, "shutdown", XIPC_OK);
    pipe_puts(self->pipe, 2, 100);
    spec_kill(self->hand);
    require_unheard(self->pipe, XIPC_E_PEER_DIED);
    pipe_gets(self->pipe, 1, 100);
    require_end(self->pipe, XIPC_E_CLOSED);
}

SPEC(a_death_after_a_half_close_is_told_to_who_writes, "PIPE-6")
{
    in_all_ways(die_after_half_close);
}

static void die_after_our_half_close(served *self)
{
    REQUIRE_OK(xipc_pipe_shutdown_write(self->pipe));
    hand_does(self->hand, "put 1 100", XIPC_OK);
    spec_kill(self->hand);
    pipe_gets(self->pipe, 1, 100);
    require_end(self->pipe, XIPC_E_PEER_DIED);
}

SPEC(a_death_is_told_to_who_has_ended_to_write, "PIPE-6")
{
    SPEC_NEEDS(XIPC_FEATURE_PIPE_DEATH);
    in_all_ways(die_after_our_half_close);
}

static void close_after_our_half_close(served *self)
{
    REQUIRE_OK(xipc_pipe_shutdown_write(self->pipe));
    hand_does(self->hand, "put 1 100", XIPC_OK);
    hand_does(self->hand, "drain", XIPC_E_CLOSED);
    hand_does(self->hand, "close", XIPC_OK);
    pipe_gets(self->pipe, 1, 100);
    require_end(self->pipe, XIPC_E_CLOSED);
    hand_ends(self->hand);
}

SPEC(a_close_is_told_to_who_has_ended_to_write, "PIPE-6")
{
    in_all_ways(close_after_our_half_close);
}

static void die_in_the_middle(served *self)
{
    xipc_status status;

    hand_does(self->hand, "fill 150000", XIPC_E_AGAIN);
    spec_kill(self->hand);
    do {
        status = pipe_get(self->pipe, XIPC_FOREVER);
    } while (status == XIPC_OK);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    require_end(self->pipe, XIPC_E_PEER_DIED);
}

SPEC(who_dies_with_much_on_its_way_has_died_after_what_arrived, "PIPE-6")
{
    in_all_ways(die_in_the_middle);
}

static void a_waiting_read(void *context)
{
    require_end(context, XIPC_E_CLOSED);
}

static void close_wakes(served *self)
{
    spec_thread *thread = spec_thread_start(a_waiting_read, self->pipe);

    let_pass(3);
    hand_does(self->hand, "close", XIPC_OK);
    spec_thread_join(thread);
    hand_ends(self->hand);
}

SPEC(a_close_ends_the_read_that_waits, "PIPE-6")
{
    in_all_ways(close_wakes);
}

static void waits_to_write(void *context)
{
    REQUIRE_STATUS(
        XIPC_E_CLOSED, pipe_put(context, 0, PIPE_LONGEST, XIPC_FOREVER));
}

static void shutdown_wakes(served *self)
{
    spec_thread *thread;

    (void)pipe_fills(self->pipe, 4096);
    thread = spec_thread_start(waits_to_write, self->pipe);
    let_pass(3);
    REQUIRE_OK(xipc_pipe_shutdown_write(self->pipe));
    spec_thread_join(thread);
    hand_does(self->hand, "drain", XIPC_E_CLOSED);
    hand_ends(self->hand);
}

SPEC(ending_to_write_ends_the_write_that_waits, "PIPE-6 GEN-6")
{
    in_all_ways(shutdown_wakes);
}

SPEC(no_pipe_can_be_closed, "GEN-6 PIPE-6")
{
    xipc_pipe_close(NULL);
    xipc_pipe_listener_close(NULL);
    REQUIRE(xipc_pipe_object(NULL) == NULL);
    REQUIRE(xipc_pipe_listener_object(NULL) == NULL);
    REQUIRE_UINT(0, xipc_pipe_message_max(NULL));
}
