/* SPDX-License-Identifier: Apache-2.0 */
/* Listening under a name, and connecting. */
#include <string.h>

#include "support/pipe_kit.h"

SPEC(a_client_and_a_server_talk_both_ways, "PIPE-4")
{
    pipe_pair pair = pair_connected(XIPC_PIPE_BYTES, 0);

    pipe_puts(pair.writer, 1, 1000);
    pipe_puts(pair.reader, 2, 2000);
    pipe_gets(pair.writer, 2, 2000);
    pipe_gets(pair.reader, 1, 1000);
    require_dry(pair.reader);
    require_dry(pair.writer);
    ends_closed(&pair);
}

SPEC(another_process_connects, "PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    spec_peer *hand = pipe_hand();
    xipc_pipe *pipe;

    spec_tell(hand, "connect a");
    pipe = accepted(listener);
    hand_answers(hand, XIPC_OK);
    pipe_puts(pipe, 1, 30000);
    hand_does(hand, "get 1 30000", XIPC_OK);
    hand_does(hand, "put 2 20000", XIPC_OK);
    pipe_gets(pipe, 2, 20000);
    hand_ends(hand);
    require_end(pipe, XIPC_E_CLOSED);
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);
}

SPEC(who_connects_follows_the_mode_of_the_listener, "PIPE-4 PIPE-5")
{
    xipc_pipe_options options = pipe_options(XIPC_PIPE_MESSAGES);
    xipc_pipe_listener *listener;
    pipe_caller caller;
    xipc_pipe *pipe;

    options.message_max = 777;
    REQUIRE_OK(xipc_pipe_listen("a", &options, XIPC_NOW, &listener));
    caller_begins(&caller, "a", XIPC_FOREVER);
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    REQUIRE_UINT(777, xipc_pipe_message_max(pipe));
    REQUIRE_UINT(777, xipc_pipe_message_max(caller.pipe));
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
    xipc_pipe_listener_close(listener);
}

enum { CLIENT_COUNT = 20 };

SPEC(each_client_has_a_connection_of_its_own, "PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_MESSAGES);
    pipe_caller callers[CLIENT_COUNT];
    xipc_pipe *pipes[CLIENT_COUNT];

    for (uint64_t i = 0; i < CLIENT_COUNT; i++) {
        caller_begins(&callers[i], "a", XIPC_FOREVER);
    }
    for (uint64_t i = 0; i < CLIENT_COUNT; i++) {
        pipes[i] = accepted(listener);
    }
    for (uint64_t i = 0; i < CLIENT_COUNT; i++) {
        REQUIRE_OK(caller_ends(&callers[i]));
        pipe_puts(callers[i].pipe, i, 100);
        pipe_puts(pipes[i], CLIENT_COUNT + i, 200);
    }
    for (uint64_t i = 0; i < CLIENT_COUNT; i++) {
        unsigned char bytes[200];
        size_t size;

        REQUIRE_OK(xipc_pipe_read(pipes[i], bytes, 200, XIPC_FOREVER, &size));
        REQUIRE_UINT(100, size);
        REQUIRE_OK(
            xipc_pipe_read(callers[i].pipe, bytes, 200, XIPC_FOREVER, &size));
        REQUIRE_UINT(200, size);
        require_dry(pipes[i]);
        require_dry(callers[i].pipe);
    }
    for (uint64_t i = 0; i < CLIENT_COUNT; i++) {
        xipc_pipe_close(pipes[i]);
        xipc_pipe_close(callers[i].pipe);
    }
    xipc_pipe_listener_close(listener);
}

static void require_taken(const char *name)
{
    xipc_pipe_listener *listener = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_pipe_listen(name, NULL, XIPC_FOREVER, &listener));
    REQUIRE(listener == UNTOUCHED);
}

SPEC(a_name_has_one_listener_at_a_time, "PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    spec_peer *hand = pipe_hand();

    require_taken("a");
    hand_does(hand, "listen a 0", XIPC_E_EXISTS);
    xipc_pipe_listener_close(listener);
    hand_does(hand, "listen a 0", XIPC_OK);
    require_taken("a");
    hand_does(hand, "deafen", XIPC_OK);
    listener = listening("a", XIPC_PIPE_BYTES);
    hand_ends(hand);
    xipc_pipe_listener_close(listener);
}

SPEC(the_name_of_a_listener_that_died_is_free, "PIPE-4 GEN-11")
{
    spec_peer *hand = pipe_hand();
    xipc_pipe_listener *listener;

    hand_does(hand, "listen a 0", XIPC_OK);
    require_taken("a");
    spec_kill(hand);
    listener = listening_soon("a", XIPC_PIPE_BYTES);
    xipc_pipe_listener_close(listener);
}

SPEC(nobody_listens_is_told_at_once_or_at_the_deadline, "PIPE-4 GEN-4")
{
    xipc_pipe *pipe = UNTOUCHED;
    xipc_deadline deadline = xipc_after_ms(20);
    xipc_pipe_listener *listener;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_pipe_connect("a", NULL, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pipe_connect("a", NULL, deadline, &pipe));
    REQUIRE(xipc_after_ms(0) >= deadline);
    listener = listening("a", XIPC_PIPE_BYTES);
    xipc_pipe_listener_close(listener);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_pipe_connect("a", NULL, XIPC_NOW, &pipe));
    REQUIRE(pipe == UNTOUCHED);
}

SPEC(a_connect_waits_for_a_listener_to_come, "PIPE-4")
{
    for (unsigned round = 0; round < rounds_here(30, 5); round++) {
        pipe_caller caller;
        xipc_pipe_listener *listener;
        xipc_pipe *pipe;

        caller_begins(&caller, "a", XIPC_FOREVER);
        let_pass(round % 3);
        listener = listening("a", XIPC_PIPE_BYTES);
        pipe = accepted(listener);
        REQUIRE_OK(caller_ends(&caller));
        pipe_puts(caller.pipe, round, 10);
        pipe_gets(pipe, round, 10);
        xipc_pipe_close(caller.pipe);
        xipc_pipe_close(pipe);
        xipc_pipe_listener_close(listener);
    }
}

SPEC(an_accept_waits_for_a_client_until_its_deadline, "PIPE-4 GEN-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_pipe *pipe = UNTOUCHED;
    xipc_deadline deadline = xipc_after_ms(20);

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_pipe_accept(listener, XIPC_NOW, &pipe));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_pipe_accept(listener, deadline, &pipe));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(pipe == UNTOUCHED);
    xipc_pipe_listener_close(listener);
}

SPEC(a_connection_outlives_its_listener, "PIPE-4 PIPE-6")
{
    pipe_pair pair = pair_connected(XIPC_PIPE_MESSAGES, 1);

    xipc_pipe_listener_close(pair.listener);
    pair.listener = NULL;
    pipe_puts(pair.writer, 1, 10000);
    pipe_gets(pair.reader, 1, 10000);
    ends_closed(&pair);
    require_nothing_exists();
}

/* It meets whoever listens after it, or is told that it was sent away. */
SPEC(a_client_whose_listener_closes_is_not_kept_waiting, "PIPE-4 PIPE-6")
{
    for (unsigned round = 0; round < rounds_here(50, 5); round++) {
        xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
        pipe_caller caller;
        xipc_pipe *pipe;

        caller_begins(&caller, "a", xipc_after_ms(60000));
        let_pass(round % 3);
        xipc_pipe_listener_close(listener);
        listener = listening("a", XIPC_PIPE_BYTES);
        if (xipc_pipe_accept(listener, xipc_after_ms(100), &pipe) == XIPC_OK) {
            REQUIRE_OK(caller_ends(&caller));
            pipe_puts(pipe, 1, 10);
            pipe_gets(caller.pipe, 1, 10);
            xipc_pipe_close(pipe);
        } else {
            REQUIRE_OK(caller_ends(&caller));
            require_end(caller.pipe, XIPC_E_CLOSED);
        }
        xipc_pipe_close(caller.pipe);
        xipc_pipe_listener_close(listener);
    }
}

SPEC(closing_and_listening_again_is_never_refused, "PIPE-9")
{
    unsigned rounds = rounds_here(10000, 500);
    xipc_pipe_options options = pipe_options(XIPC_PIPE_BYTES);

    for (unsigned round = 0; round < rounds; round++) {
        xipc_pipe_listener *listener = NULL;
        xipc_pipe *pipe;

        /* Whoever lists names may have this one in hand for a moment. */
        REQUIRE_OK(
            xipc_pipe_listen("a", &options, xipc_after_ms(5000), &listener));
        if (round % 100 == 0) {
            REQUIRE_STATUS(
                XIPC_E_AGAIN, xipc_pipe_accept(listener, XIPC_NOW, &pipe));
        }
        xipc_pipe_listener_close(listener);
    }
    require_nothing_exists();
}

/* A client of the last round would be met in the next one. */
SPEC(listening_again_meets_no_stale_client, "PIPE-9 PIPE-4")
{
    unsigned rounds = rounds_here(500, 50);

    for (unsigned round = 0; round < rounds; round++) {
        xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
        pipe_caller caller;
        xipc_pipe *pipe;

        caller_begins(&caller, "a", XIPC_FOREVER);
        pipe = accepted(listener);
        REQUIRE_OK(caller_ends(&caller));
        pipe_puts(caller.pipe, round, 20);
        pipe_gets(pipe, round, 20);
        xipc_pipe_close(caller.pipe);
        require_end(pipe, XIPC_E_CLOSED);
        xipc_pipe_close(pipe);
        xipc_pipe_listener_close(listener);
    }
}

static int find_pipe(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    if (listing->kind == XIPC_KIND_PIPE && strcmp(listing->name, "a") == 0) {
        REQUIRE_TEXT("pipe", xipc_kind_name(listing->kind));
        REQUIRE_UINT(1, listing->holder_count);
        ++*count;
    }
    return 0;
}

SPEC(a_listener_is_listed_as_long_as_it_is_there, "LIFE-7 PIPE-4")
{
    unsigned count = 0;
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, find_pipe, &count));
    REQUIRE_UINT(1, count);
    xipc_pipe_listener_close(listener);
    require_nothing_exists();
}

SPEC(names_of_pipes_do_not_meet_those_of_other_kinds, "NAME-2 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_section *section = section_created("a", 100);

    xipc_section_close(section);
    xipc_pipe_listener_close(listener);
}

SPEC(a_machines_pipes_are_others_than_a_users, "NAME-5 PIPE-4")
{
    xipc_pipe_options options = pipe_options(XIPC_PIPE_BYTES);
    xipc_pipe_listener *own = listening("a", XIPC_PIPE_BYTES);
    xipc_pipe_listener *machines;
    pipe_caller caller;
    xipc_pipe *pipe;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    options.naming.scope = XIPC_SCOPE_MACHINE;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    REQUIRE_OK(xipc_pipe_listen("a", &options, XIPC_FOREVER, &machines));
    caller_begins_with(&caller, "a", &options, XIPC_FOREVER);
    pipe = accepted(machines);
    REQUIRE_OK(caller_ends(&caller));
    pipe_puts(pipe, 1, 100);
    pipe_gets(caller.pipe, 1, 100);
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_pipe_accept(own, XIPC_NOW, &pipe));
    xipc_pipe_close(caller.pipe);
    require_end(pipe, XIPC_E_CLOSED);
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(machines);
    xipc_pipe_listener_close(own);
}

enum { CROWD_SIZE = 150 };

/* All knock before anybody is accepted, and none is sent away once he is
 * connected, also if he has ended by then. */
SPEC(a_crowd_of_clients_is_connected, "PIPE-4 PIPE-6")
{
    static pipe_caller callers[CROWD_SIZE];
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    unsigned count = rounds_here(CROWD_SIZE, 100);

    for (unsigned i = 0; i < count; i++) {
        caller_begins(&callers[i], "a", XIPC_FOREVER);
    }
    for (unsigned i = 0; i < count; i++) {
        xipc_pipe *pipe = accepted(listener);

        pipe_puts(pipe, i, 10);
        xipc_pipe_close(pipe);
    }
    for (unsigned i = 0; i < count; i++) {
        REQUIRE_OK(caller_ends(&callers[i]));
        REQUIRE_OK(pipe_get(callers[i].pipe, XIPC_FOREVER));
        require_end(callers[i].pipe, XIPC_E_CLOSED);
        xipc_pipe_close(callers[i].pipe);
    }
    xipc_pipe_listener_close(listener);
}
