/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While there is something to receive and room to send, and nobody else is at
 * it, a mailbox makes no system call but to read the clock, where that is one.
 * Linux ends a process that makes another one under this filter. (Under its
 * strictest one no processor's own clock may be read, either.)
 */
#include "support/mailbox_kit.h"

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 1000, NO_FILTER = 2 };

static int send_and_receive(xipc_mailbox *box, const void *bytes, size_t size)
{
    unsigned char got[256];
    size_t got_size = 0;

    return (xipc_mailbox_send(box, bytes, size, NULL, XIPC_FOREVER) !=
            XIPC_OK) +
           (xipc_mailbox_receive(
                box, got, sizeof got, &got_size, NULL, XIPC_FOREVER) !=
            XIPC_OK) +
           (got_size != size);
}

static int reserve_and_take(xipc_mailbox *box, size_t size)
{
    const void *data = NULL;
    void *block = NULL;
    size_t got_size = 0;
    int failures = 0;

    failures +=
        xipc_mailbox_reserve(box, size, &block, XIPC_FOREVER) != XIPC_OK;
    failures +=
        xipc_mailbox_commit(box, block, size, NULL, XIPC_FOREVER) != XIPC_OK;
    failures +=
        xipc_mailbox_take(box, &data, &got_size, NULL, XIPC_FOREVER) != XIPC_OK;
    failures += xipc_mailbox_release(box, data) != XIPC_OK;
    return failures + (got_size != size);
}

typedef struct boxes {
    xipc_mailbox *all[3];
} boxes;

/* How many of the calls failed. */
static int use_all(const boxes *self, int rounds)
{
    static const unsigned char bytes[64] = {1, 2, 3};
    int failures = 0;

    for (int round = 0; round < rounds; round++) {
        size_t size = (size_t)round % 60 + 1;

        for (int i = 0; i < 3; i++) {
            failures += send_and_receive(self->all[i], bytes, size);
            failures += reserve_and_take(self->all[i], size);
        }
    }
    return failures;
}

static boxes boxes_made(void)
{
    xipc_mailbox_options acked = box_flagged(XIPC_MAILBOX_ACKED);

    return (boxes){
        {box_sized("a", 16), box_made("b", &acked),
         box_sized("c", XIPC_UNBOUNDED)}};
}

#define ALLOWED(number)                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int filter_calls(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOWED(SYS_exit),
        ALLOWED(SYS_clock_gettime),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
    };
    struct sock_fprog program = {sizeof steps / sizeof steps[0], steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The first use draws what a process and a thread need once. */
static void be_quiet(int then_call)
{
    boxes self = boxes_made();
    int failures = use_all(&self, 1);

    if (!filter_calls()) {
        syscall(SYS_exit, NO_FILTER);
    }
    failures += use_all(&self, ROUNDS);
    if (then_call) {
        getppid();
    }
    syscall(SYS_exit, failures != 0);
}

static int end_of_quiet(int then_call)
{
    pid_t child = fork();
    int status = -1;

    REQUIRE(child >= 0);
    if (child == 0) {
        be_quiet(then_call);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER) {
        spec_skip("this kernel has no such filter");
    }
    return status;
}

SPEC(a_mailbox_that_need_not_wait_makes_no_system_call, "SYNC-5 MBOX-6")
{
    int status = end_of_quiet(0);

    REQUIRE(WIFEXITED(status));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(status));
}

SPEC(a_system_call_of_a_mailbox_would_have_been_noticed, "SYNC-5 MBOX-6")
{
    int status = end_of_quiet(1);

    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
#endif
