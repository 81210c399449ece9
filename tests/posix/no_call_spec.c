/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nobody contends for makes no system call. Linux ends a process that
 * makes one under its strictest filter: only to read, to write and to exit is
 * allowed there.
 */
#include "support/spec.h"

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 1000 };

/* All that a child needs, opened by itself after the fork. */
typedef struct objects {
    xipc_mutex *mutex;
    xipc_semaphore *semaphore;
    xipc_event *event;
    xipc_condition *condition;
} objects;

static void open_all(objects *all)
{
    REQUIRE_OK(xipc_mutex_open_or_create(
        "quiet", NULL, XIPC_FOREVER, &all->mutex, NULL));
    REQUIRE_OK(xipc_semaphore_open_or_create(
        "quiet", 1, 8, NULL, XIPC_FOREVER, &all->semaphore, NULL));
    REQUIRE_OK(xipc_event_open_or_create(
        "quiet", XIPC_EVENT_AUTO, NULL, XIPC_FOREVER, &all->event, NULL));
    REQUIRE_OK(xipc_condition_open_or_create(
        "quiet", NULL, XIPC_FOREVER, &all->condition, NULL));
}

static void close_all(objects *all)
{
    xipc_condition_close(all->condition);
    xipc_event_close(all->event);
    xipc_semaphore_close(all->semaphore);
    xipc_mutex_close(all->mutex);
}

/* How many of the calls failed. */
static int use_all(const objects *all, int rounds)
{
    int failures = 0;

    for (int round = 0; round < rounds; round++) {
        failures += xipc_mutex_lock(all->mutex, XIPC_FOREVER) != XIPC_OK;
        failures += xipc_mutex_unlock(all->mutex) != XIPC_OK;
        failures += xipc_mutex_lock(all->mutex, XIPC_NOW) != XIPC_OK;
        failures += xipc_condition_notify_one(all->condition) != XIPC_OK;
        failures += xipc_condition_notify_all(all->condition) != XIPC_OK;
        failures += xipc_mutex_unlock(all->mutex) != XIPC_OK;
        failures += xipc_semaphore_post(all->semaphore, 2) != XIPC_OK;
        failures +=
            xipc_semaphore_wait(all->semaphore, XIPC_FOREVER) != XIPC_OK;
        failures += xipc_semaphore_wait(all->semaphore, XIPC_NOW) != XIPC_OK;
        failures += xipc_event_set(all->event) != XIPC_OK;
        failures += xipc_event_wait(all->event, XIPC_FOREVER) != XIPC_OK;
        failures += xipc_event_reset(all->event) != XIPC_OK;
    }
    return failures;
}

static int end_of(pid_t child)
{
    int status = -1;

    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

/* The first use draws what a process and a thread need once. */
static void be_quiet(int then_call)
{
    objects all = {NULL, NULL, NULL, NULL};
    int failures;

    open_all(&all);
    failures = use_all(&all, 1);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) {
        syscall(SYS_exit, 2);
    }
    failures += use_all(&all, ROUNDS);
    if (then_call) {
        getppid();
    }
    syscall(SYS_exit, failures != 0);
}

SPEC(what_nobody_contends_for_makes_no_system_call, "SYNC-5")
{
    objects all = {NULL, NULL, NULL, NULL};
    pid_t child;
    int status;

    open_all(&all);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        be_quiet(0);
    }
    status = end_of(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        close_all(&all);
        spec_skip("this kernel has no strict filter");
    }
    REQUIRE(WIFEXITED(status));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(status));

    close_all(&all);
}

SPEC(a_system_call_would_have_been_noticed, "SYNC-5")
{
    objects all = {NULL, NULL, NULL, NULL};
    pid_t child;
    int status;

    open_all(&all);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        be_quiet(1);
    }
    status = end_of(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        close_all(&all);
        spec_skip("this kernel has no strict filter");
    }
    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    close_all(&all);
}
#endif
