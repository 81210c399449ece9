/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's pipes: nothing that works,
 * nothing that disturbs, and nothing that keeps the other side from seeing the
 * parent's end.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "support/pipe_kit.h"

typedef int child_body(pipe_pair *pair);

static void require_child_succeeds(child_body *body, pipe_pair *pair)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(pair));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_every_call_forked(pipe_pair *pair)
{
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;
    xipc_native_handle native;
    xipc_pipe *pipe;
    size_t size;
    char byte;

    if (xipc_pipe_write(pair->writer, "x", 1, XIPC_NOW, NULL) !=
            XIPC_E_FORKED ||
        xipc_pipe_read(pair->reader, &byte, 1, XIPC_FOREVER, &size) !=
            XIPC_E_FORKED ||
        xipc_pipe_shutdown_write(pair->writer) != XIPC_E_FORKED) {
        return 1;
    }
    if (xipc_pipe_native_handle(pair->reader, XIPC_READABLE, &native) !=
            XIPC_E_FORKED ||
        xipc_peer_credentials(xipc_pipe_object(pair->reader), &credentials) !=
            XIPC_E_FORKED ||
        xipc_interrupt(xipc_pipe_object(pair->reader)) != XIPC_E_FORKED) {
        return 2;
    }
    return !pair->listener ||
                   xipc_pipe_accept(pair->listener, XIPC_FOREVER, &pipe) ==
                       XIPC_E_FORKED
               ? 0
               : 3;
}

static int closes_all(pipe_pair *pair)
{
    ends_closed(pair);
    return 0;
}

static int just_ends(pipe_pair *pair)
{
    return pair == NULL;
}

static void with_a_child(pipe_pair *pair)
{
    static child_body *const bodies[] = {
        finds_every_call_forked, closes_all, just_ends};

    pipe_puts(pair->writer, 1, 100);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        require_child_succeeds(bodies[i], pair);
        pipe_puts(pair->writer, 2 + i, 100);
    }
    for (uint64_t number = 1; number < 5; number++) {
        pipe_gets(pair->reader, number, 100);
    }
    require_dry(pair->reader);
    if (pair->listener) {
        pipe_caller caller;
        xipc_pipe *pipe;

        caller_begins(&caller, "pair", XIPC_FOREVER);
        pipe = accepted(pair->listener);
        REQUIRE_OK(caller_ends(&caller));
        xipc_pipe_close(pipe);
        xipc_pipe_close(caller.pipe);
    }
}

SPEC(a_forked_child_uses_no_pipe_and_disturbs_none, "GEN-8 PIPE-1")
{
    with_all_pairs(XIPC_PIPE_BYTES, with_a_child);
    with_all_pairs(XIPC_PIPE_MESSAGES, with_a_child);
}

/* It lives until its word is closed. */
static pid_t living_child(int *word_out)
{
    int word[2];
    pid_t child;
    char byte;

    REQUIRE(pipe(word) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(word[1]);
        _exit(read(word[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(word[0]);
    *word_out = word[1];
    return child;
}

static void end_is_seen(pipe_pair *pair)
{
    int word;
    pid_t child = living_child(&word);
    int how;

    xipc_pipe_close(pair->writer);
    pair->writer = NULL;
    require_end(pair->reader, XIPC_E_CLOSED);
    close(word);
    REQUIRE(waitpid(child, &how, 0) == child);
}

SPEC(a_forked_child_that_lives_on_keeps_no_stream_from_ending, "GEN-8 PIPE-6")
{
    with_all_pairs(XIPC_PIPE_BYTES, end_is_seen);
}

PEER(one_that_connects_forks_and_waits)
{
    xipc_pipe *pipe;
    int word;

    REQUIRE_OK(xipc_pipe_connect("a", NULL, XIPC_FOREVER, &pipe));
    (void)living_child(&word);
    pipe_puts(pipe, 1, 10);
    spec_tell(NULL, "here");
    spec_expect(NULL, "never");
}

SPEC(a_death_is_seen_though_a_forked_child_lives_on, "GEN-8 PIPE-6 GEN-11")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    spec_peer *peer = START(one_that_connects_forks_and_waits);
    xipc_pipe *pipe = accepted(listener);

    spec_expect(peer, "here");
    spec_kill(peer);
    pipe_gets(pipe, 1, 10);
    require_end(pipe, XIPC_E_PEER_DIED);
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);
}
