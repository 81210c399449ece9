/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes and signals: waits that are interrupted again and again, and SIGPIPE,
 * which no call raises. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "posix/alarm_kit.h"
#include "posix/posix_pipe.h"
#include "support/pipe_kit.h"

enum { VAIN_MS = 40 };

static void in_vain(pipe_pair *pair)
{
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);

    alarms_begin();
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(pair->reader, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    (void)pipe_fills(pair->writer, 4096);
    deadline = xipc_after_ms(VAIN_MS);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_put(pair->writer, 0, 4096, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    alarms_end();
}

SPEC(a_signal_does_not_shorten_the_wait_at_a_pipe, "GEN-3 GEN-4 PIPE-2")
{
    with_all_pairs(XIPC_PIPE_BYTES, in_vain);
    with_all_pairs(XIPC_PIPE_MESSAGES, in_vain);
}

SPEC(
    a_signal_does_not_shorten_the_wait_for_a_client_or_a_server, "GEN-3 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    xipc_deadline deadline = xipc_after_ms(VAIN_MS);
    xipc_pipe *pipe;

    alarms_begin();
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_pipe_accept(listener, deadline, &pipe));
    REQUIRE(xipc_after_ms(0) >= deadline);
    deadline = xipc_after_ms(VAIN_MS);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pipe_connect("a", NULL, deadline, &pipe));
    REQUIRE(xipc_after_ms(0) >= deadline);
    alarms_end();
    xipc_pipe_listener_close(listener);
}

static volatile sig_atomic_t pipe_signals;

static void count_it(int signal_number)
{
    (void)signal_number;
    pipe_signals++;
}

static void handle(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    REQUIRE(sigaction(SIGPIPE, &action, NULL) == 0);
}

static void set_blocked(int is_blocked)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    REQUIRE(sigprocmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0);
}

static int is_pending(void)
{
    sigset_t set;

    REQUIRE(sigpending(&set) == 0);
    return sigismember(&set, SIGPIPE);
}

static void nobody_reads(pipe_pair *pair)
{
    xipc_pipe_close(pair->reader);
    pair->reader = NULL;
    pipe_signals = 0;
    require_unheard(pair->writer, XIPC_E_CLOSED);
    REQUIRE_UINT(0, (uint64_t)pipe_signals);
    set_blocked(1);
    require_unheard(pair->writer, XIPC_E_CLOSED);
    REQUIRE(!is_pending());
    set_blocked(0);
    REQUIRE_UINT(0, (uint64_t)pipe_signals);
}

SPEC(no_write_raises_sigpipe, "GEN-3 PIPE-1 PIPE-6")
{
    handle(count_it);
    with_all_pairs(XIPC_PIPE_BYTES, nobody_reads);
    with_all_pairs(XIPC_PIPE_MESSAGES, nobody_reads);
    handle(SIG_DFL);
    with_all_pairs(XIPC_PIPE_BYTES, nobody_reads);
}

/* As on a system where only the signal mask helps. */
static void masked_write_fails(void)
{
    int ends[2];
    struct iovec part = {"x", 1};

    REQUIRE(pipe(ends) == 0);
    REQUIRE(posix_pipe_write_masked(ends[1], &part, 1) == 1);
    close(ends[0]);
    REQUIRE(posix_pipe_write_masked(ends[1], &part, 1) == -1);
    REQUIRE(errno == EPIPE);
    close(ends[1]);
}

SPEC(a_masked_write_raises_no_sigpipe_and_leaves_none, "GEN-3 PIPE-1")
{
    handle(count_it);
    pipe_signals = 0;
    masked_write_fails();
    REQUIRE(!is_pending());
    set_blocked(1);
    masked_write_fails();
    REQUIRE(!is_pending());
    set_blocked(0);
    REQUIRE_UINT(0, (uint64_t)pipe_signals);
    handle(SIG_IGN);
    masked_write_fails();
    REQUIRE(!is_pending());
    handle(SIG_DFL);
    masked_write_fails();
}

SPEC(a_masked_write_keeps_a_sigpipe_of_the_programs_own, "GEN-3 PIPE-1")
{
    handle(count_it);
    pipe_signals = 0;
    set_blocked(1);
    REQUIRE(raise(SIGPIPE) == 0);
    masked_write_fails();
    REQUIRE(is_pending());
    set_blocked(0);
    REQUIRE_UINT(1, (uint64_t)pipe_signals);
    handle(SIG_DFL);
}
