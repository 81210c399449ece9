/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While there is something to take and room to give, a ring makes no system
 * call. Linux ends a process that makes one under its strictest filter: only to
 * read, to write and to exit is allowed there.
 */
#include "support/ring_kit.h"

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 1000, NO_FILTER = 2 };

static int send_and_receive(const sides *ring, const void *bytes, size_t size)
{
    unsigned char got[64];
    size_t got_size = 0;

    return (xipc_ring_send(ring->producer, bytes, size, XIPC_FOREVER) !=
            XIPC_OK) +
           (xipc_ring_receive(
                ring->consumer, got, sizeof got, &got_size, XIPC_FOREVER) !=
            XIPC_OK) +
           (got_size != size);
}

static int reserve_and_peek(const sides *ring, size_t size)
{
    const void *data = NULL;
    void *block = NULL;
    size_t got_size = 0;

    return (xipc_ring_reserve(ring->producer, size, &block, XIPC_FOREVER) !=
            XIPC_OK) +
           (xipc_ring_commit(ring->producer, size) != XIPC_OK) +
           (xipc_ring_peek(ring->consumer, &data, &got_size, XIPC_FOREVER) !=
            XIPC_OK) +
           (xipc_ring_release(ring->consumer) != XIPC_OK) + (got_size != size);
}

static int write_and_read(const sides *ring, const void *bytes, size_t size)
{
    unsigned char got[64];
    size_t got_size = 0;

    return (xipc_ring_write(
                ring->producer, bytes, size, &got_size, XIPC_FOREVER) !=
            XIPC_OK) +
           (xipc_ring_read(
                ring->consumer, got, sizeof got, &got_size, XIPC_FOREVER) !=
            XIPC_OK);
}

typedef struct rings {
    sides messages;
    sides bytes;
} rings;

/* How many of the calls failed. */
static int use_both(const rings *all, int rounds)
{
    static const unsigned char bytes[64] = {1, 2, 3};
    int failures = 0;

    for (int round = 0; round < rounds; round++) {
        size_t size = (size_t)round % 60 + 1;

        failures += send_and_receive(&all->messages, bytes, size);
        failures += reserve_and_peek(&all->messages, size);
        failures += write_and_read(&all->bytes, bytes, size);
    }
    return failures;
}

static rings rings_made(xipc_ring_wait wait)
{
    xipc_ring_options messages = ring_shaped(1024, XIPC_RING_MESSAGES, wait);
    xipc_ring_options bytes = ring_shaped(1024, XIPC_RING_BYTES, wait);

    return (rings){
        sides_made("messages", &messages), sides_made("bytes", &bytes)};
}

/* The first use draws what a process and a thread need once. */
static void be_quiet(xipc_ring_wait wait, int then_call)
{
    rings all = rings_made(wait);
    int failures = use_both(&all, 1);

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) {
        syscall(SYS_exit, NO_FILTER);
    }
    failures += use_both(&all, ROUNDS);
    if (then_call) {
        getppid();
    }
    syscall(SYS_exit, failures != 0);
}

static int end_of_quiet(xipc_ring_wait wait, int then_call)
{
    pid_t child = fork();
    int status = -1;

    REQUIRE(child >= 0);
    if (child == 0) {
        be_quiet(wait, then_call);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER) {
        spec_skip("this kernel has no strict filter");
    }
    return status;
}

static void makes_none(xipc_ring_wait wait)
{
    int status = end_of_quiet(wait, 0);

    REQUIRE(WIFEXITED(status));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(status));
}

SPEC(a_ring_that_need_not_wait_makes_no_system_call, "SYNC-5 RING-2")
{
    for_each_wait(makes_none);
}

SPEC(a_system_call_of_a_ring_would_have_been_noticed, "SYNC-5 RING-2")
{
    int status = end_of_quiet(XIPC_RING_PARK, 1);

    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
#endif
