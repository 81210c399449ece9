/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps by ptrace: the role runs in a forked child of the case and stops at
 * both ends of every system call, or after single instructions.
 *
 * To reach the n-th instruction quickly, the child runs freely to the last
 * system call before it and goes by instructions only from there. The stretch
 * between two system calls is a segment; one counting pass over the whole role
 * tells how long each is.
 */
#include "support/kill_anywhere.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define STEPS_ARE_AFFORDABLE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STEPS_ARE_AFFORDABLE 0
#endif
#endif
#if !defined(STEPS_ARE_AFFORDABLE)
/* Every access of a program under the thread sanitizer is a call into it. */
#define STEPS_ARE_AFFORDABLE 1
#endif

enum { SEGMENT_MAX = 1024, COUNTED_STEPS_MAX = 40000, EXIT_NO_PTRACE = 97 };

typedef enum role_stop {
    STOP_STEP,    /* after one instruction */
    STOP_SYSCALL, /* at an end of a system call */
    STOP_MARK,    /* at kill_begin() or kill_end() */
    STOP_GONE     /* the process has ended */
} role_stop;

typedef enum role_gait { GAIT_FREE, GAIT_BY_SYSCALL, GAIT_BY_STEP } role_gait;

typedef struct role_run {
    const spec_entry *role;
    pid_t pid;
    int status; /* as waitpid() told it last */
} role_run;

/* lengths[s]: instructions from the s-th system call to the next. */
typedef struct role_shape {
    unsigned long lengths[SEGMENT_MAX];
    size_t segment_count;
    unsigned long step_count;
} role_shape;

void kill_enter(void)
{
}

void kill_begin(void)
{
    kill(getpid(), SIGSTOP);
}

void kill_end(void)
{
    kill(getpid(), SIGSTOP);
}

static void run_fail(const role_run *run, const char *got)
{
    spec_fail(run->role->file, run->role->line, run->role->name, got);
}

static role_stop run_wait(role_run *run)
{
    char got[64];
    int stop_signal;

    while (waitpid(run->pid, &run->status, __WALL) < 0) {
        REQUIRE(errno == EINTR);
    }
    if (!WIFSTOPPED(run->status)) {
        return STOP_GONE;
    }
    stop_signal = WSTOPSIG(run->status);
    switch (stop_signal) {
    case SIGTRAP | 0x80: return STOP_SYSCALL;
    case SIGTRAP: return STOP_STEP;
    case SIGSTOP: return STOP_MARK;
    default:
        snprintf(got, sizeof(got), "it raised signal %d", stop_signal);
        kill(run->pid, SIGKILL);
        run_fail(run, got);
        return STOP_GONE;
    }
}

static role_stop run_on(role_run *run, role_gait gait)
{
    long refused = 1;

    /* C libraries do not agree on the type of a request kept in a variable. */
    switch (gait) {
    case GAIT_FREE: refused = ptrace(PTRACE_CONT, run->pid, NULL, NULL); break;
    case GAIT_BY_SYSCALL:
        refused = ptrace(PTRACE_SYSCALL, run->pid, NULL, NULL);
        break;
    case GAIT_BY_STEP:
        refused = ptrace(PTRACE_SINGLESTEP, run->pid, NULL, NULL);
        break;
    }
    REQUIRE(refused == 0);
    return run_wait(run);
}

/* A child that stands at its kill_begin(). */
static role_run run_start(const spec_entry *role)
{
    role_run run = {role, 0, 0};
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

    run.pid = fork();
    REQUIRE(run.pid >= 0);
    if (run.pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(EXIT_NO_PTRACE);
        }
        role->run();
        _exit(0);
    }
    if (run_wait(&run) == STOP_MARK) {
        REQUIRE(
            ptrace(
                PTRACE_SETOPTIONS, run.pid, NULL, (void *)(intptr_t)options) ==
            0);
        return run;
    }
    if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == EXIT_NO_PTRACE) {
        run_fail(&run, "this host does not permit ptrace, which kills need");
    }
    run_fail(&run, "it ended before its kill_begin()");
    return run;
}

/* Lets a role that has reached its kill_end() come to its own end. */
static void run_finish(role_run *run)
{
    role_stop stop;

    do {
        stop = run_on(run, GAIT_FREE);
    } while (stop != STOP_GONE);
    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != 0) {
        run_fail(run, "it failed after its kill_end()");
    }
}

/*
 * Kills the child and asks the survivor. The dead process is not reaped until
 * the check is over: to some it still looks alive then. 1: do it again.
 */
static int run_kill(role_run *run, const kill_plan *plan, const char *place)
{
    siginfo_t ended;
    int reaped_status;
    int again;

    kill(run->pid, SIGKILL);
    while (waitid(P_PID, (id_t)run->pid, &ended, WEXITED | WNOWAIT) != 0) {
        REQUIRE(errno == EINTR);
    }
    again = kill_check(plan, place);
    while (waitpid(run->pid, &reaped_status, __WALL) < 0) {
        REQUIRE(errno == EINTR);
    }
    return again;
}

static role_run prepared_start(const spec_entry *role, const kill_plan *plan)
{
    if (plan->prepare) {
        plan->prepare(plan->context);
    }
    return run_start(role);
}

/* 1 if it made `count` stops of this kind, 0 if it came to its end before. */
static int run_stops(role_run *run, role_gait gait, unsigned long count)
{
    unsigned long done;
    role_stop stop;

    for (done = 0; done < count; done++) {
        stop = run_on(run, gait);
        if (stop == STOP_MARK) {
            return 0;
        }
        if (stop == STOP_GONE) {
            run_fail(run, "it ended before its kill_end()");
        }
    }
    return 1;
}

/* Is the next instruction a system call? */
static int run_enters_kernel(const role_run *run)
{
    struct __ptrace_syscall_info info;
    unsigned long word;
    void *address;

    if (ptrace(
            PTRACE_GET_SYSCALL_INFO, run->pid, (void *)sizeof(info), &info) <=
        0) {
        return 0;
    }
    address = (void *)(uintptr_t)info.instruction_pointer;
    word = (unsigned long)ptrace(PTRACE_PEEKTEXT, run->pid, address, NULL);
#if defined(__x86_64__) || defined(__i386__)
    word &= 0xffff;
    return word == 0x050f || word == 0x340f || word == 0x80cd;
#elif defined(__aarch64__)
    return (word & 0xffffffff) == 0xd4000001;
#else
    (void)word;
    return 0;
#endif
}

/* One pass by instructions. A role that is too long is measured in part. */
static void
shape_measure(role_shape *shape, const spec_entry *role, const kill_plan *plan)
{
    role_run run = prepared_start(role, plan);
    unsigned long limit =
        kill_setting("XIPC_KILL_EVERY", 0) ? ULONG_MAX : COUNTED_STEPS_MAX;
    unsigned long in_segment = 0;
    int enters_kernel;

    memset(shape, 0, sizeof(*shape));
    do {
        enters_kernel = run_enters_kernel(&run);
        shape->step_count++;
        in_segment++;
        if (enters_kernel && shape->segment_count < SEGMENT_MAX - 1) {
            shape->lengths[shape->segment_count++] = in_segment;
            in_segment = 0;
        }
    } while (shape->step_count < limit && run_stops(&run, GAIT_BY_STEP, 1));
    shape->lengths[shape->segment_count++] = in_segment;
    run_kill(&run, plan, "the counting pass");
}

static void kill_at_instruction(
    const spec_entry *role,
    const kill_plan *plan,
    const role_shape *shape,
    unsigned long instruction)
{
    unsigned long rest = instruction;
    size_t segment = 0;
    char place[160];
    role_run run;

    while (segment + 1 < shape->segment_count &&
           rest > shape->lengths[segment]) {
        rest -= shape->lengths[segment];
        segment++;
    }
    snprintf(
        place, sizeof(place),
        "%s, killed after instruction %lu of %lu: %lu after system call %zu",
        role->name, instruction, shape->step_count, rest, segment);

    do {
        run = prepared_start(role, plan);
        if (run_stops(&run, GAIT_BY_SYSCALL, 2 * (unsigned long)segment)) {
            run_stops(&run, GAIT_BY_STEP, rest);
        }
    } while (run_kill(&run, plan, place));
}

/* Every n-th one. */
static unsigned kill_at_every_instruction(
    const spec_entry *role, const kill_plan *plan, unsigned long stride)
{
    role_shape shape;
    unsigned long instruction;
    unsigned death_count = 1;

    shape_measure(&shape, role, plan);
    for (instruction = 1; instruction <= shape.step_count;
         instruction += stride) {
        kill_at_instruction(role, plan, &shape, instruction);
        death_count++;
    }
    spec_note(
        "%s: killed after every %lu. of %lu instructions", role->name, stride,
        shape.step_count);
    return death_count;
}

/*
 * As many as the time allows. Steps of the golden ratio around the circle
 * cover it evenly wherever they stop.
 */
static unsigned
kill_at_some_instructions(const spec_entry *role, const kill_plan *plan)
{
    int64_t budget = (int64_t)kill_setting("XIPC_KILL_MS", 4000) * 1000000;
    uint32_t turn = (uint32_t)spec_now_ns();
    role_shape shape;
    unsigned long instruction;
    unsigned long sample_count = 0;
    int64_t start;

    shape_measure(&shape, role, plan);
    start = spec_now_ns();
    while (sample_count < shape.step_count && spec_now_ns() - start < budget) {
        instruction =
            (unsigned long)(((uint64_t)turn * shape.step_count) >> 32) + 1;
        kill_at_instruction(role, plan, &shape, instruction);
        turn += UINT32_C(2654435769);
        sample_count++;
    }
    spec_note(
        "%s: killed after %lu of %lu instructions", role->name, sample_count,
        shape.step_count);
    return (unsigned)sample_count + 1;
}

/* At both ends of every system call, until the role ends by itself. */
static unsigned
kill_at_every_system_call(const spec_entry *role, const kill_plan *plan)
{
    char place[160];
    unsigned stop_count = 0;
    int again = 0;
    role_run run;

    for (;;) {
        stop_count += again ? 0 : 1;
        run = prepared_start(role, plan);
        if (!run_stops(&run, GAIT_BY_SYSCALL, stop_count)) {
            break;
        }
        snprintf(
            place, sizeof(place), "%s, killed at the %s of system call %u",
            role->name, stop_count % 2 == 1 ? "entry" : "exit",
            (stop_count + 1) / 2);
        again = run_kill(&run, plan, place);
    }
    run_finish(&run);
    snprintf(place, sizeof(place), "%s, not killed", role->name);
    kill_check(plan, place);
    spec_note(
        "%s: killed at all %u ends of system calls", role->name,
        stop_count - 1);
    return stop_count - 1;
}

unsigned kill_anywhere(const spec_entry *role, const kill_plan *plan)
{
    unsigned long stride = kill_setting("XIPC_KILL_EVERY", 0);
    unsigned death_count = kill_at_every_system_call(role, plan);

    if (!STEPS_ARE_AFFORDABLE) {
        return death_count;
    }
    if (stride > 0) {
        return death_count + kill_at_every_instruction(role, plan, stride);
    }
    return death_count + kill_at_some_instructions(role, plan);
}
