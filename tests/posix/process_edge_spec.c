/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are started where something is missing or comes between. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/spawn_kit.h"

#if defined(__linux__)
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

static xipc_stream stream_to(xipc_native_handle native)
{
    return (xipc_stream){XIPC_STREAM_NATIVE, NULL, native};
}

/* ---- a directory that is gone ---- */

static void
require_only_found_by_its_path(const char *name, const char *directory)
{
    const char *arguments[] = {name, "exit", "0", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);
    xipc_process *process = UNTOUCHED;

    options.directory = directory;
    kit_set_environment("PATH", ":.");
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_spawn(name, arguments, &options, &process));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_spawn("./" PROBE_NAME, arguments, &options, &process));
    REQUIRE(process == UNTOUCHED);
    kit_set_environment("PATH", directory);
    REQUIRE_OK(xipc_spawn(name, arguments, &options, &process));
    process_done(process);
    REQUIRE_OK(xipc_spawn(probe_path(), arguments, &options, &process));
    process_done(process);
}

PEER(a_process_without_a_directory)
{
    REQUIRE(mkdir("gone", 0700) == 0);
    REQUIRE(chdir("gone") == 0);
    REQUIRE(rmdir("../gone") == 0);
    require_only_found_by_its_path(PROBE_NAME, probe_directory());
}

SPEC(what_is_in_the_childs_directory_is_not_taken_for_ours, "PROC-1")
{
    spec_join(START(a_process_without_a_directory));
}

/* ---- descriptors that are not open ---- */

/* The lowest numbers that are free, which a child opens and moves to. */
SPEC(what_a_child_opens_is_not_taken_for_a_closed_descriptor, "PROC-1 GEN-7")
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    xipc_native_handle file = native_file_made("file");
    xipc_native_handle next = native_file_opened("file");
    xipc_spawn_options options = spawn_with(0);
    xipc_process *process = UNTOUCHED;

    native_file_closed(next);
    options.input.kind = XIPC_STREAM_NULL;
    options.output = stream_to(next);
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_spawn(probe_path(), arguments, &options, &process));
    native_file_closed(file);
    options.input = stream_to(2);
    options.output = stream_to(file);
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_spawn(probe_path(), arguments, &options, &process));

    REQUIRE(process == UNTOUCHED);
    require_file("file", "");
}

/* ---- signals and cancels in between ---- */

static pid_t this_process;
static atomic_int is_handled_here;
static atomic_int is_handled_elsewhere;

/* One in a child that has this memory still counts here. */
static void handle(int number)
{
    (void)number;
    atomic_store(
        getpid() == this_process ? &is_handled_here : &is_handled_elsewhere, 1);
}

static atomic_int is_over;

/* Of one that programs ignore unless they ask for it. */
static void send_to_all(void *context)
{
    (void)context;
    while (!atomic_load(&is_over)) {
        REQUIRE(kill(0, SIGURG) == 0);
        sched_yield();
    }
}

PEER(a_process_whose_group_is_sent_signals)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    spec_thread *sender;

    REQUIRE(setpgid(0, 0) == 0);
    this_process = getpid();
    REQUIRE(sigaction(SIGURG, &action, NULL) == 0);
    sender = spec_thread_start(send_to_all, NULL);
    for (int i = 0; i < 100; i++) {
        PROBE_DONE(NULL, "exit", "0");
    }
    atomic_store(&is_over, 1);
    spec_thread_join(sender);
    REQUIRE(atomic_load(&is_handled_here));
    REQUIRE(!atomic_load(&is_handled_elsewhere));
}

SPEC(no_handler_runs_in_a_child, "PROC-1 GEN-3")
{
    spec_join(START(a_process_whose_group_is_sent_signals));
}

typedef struct cancelled_call {
    xipc_spawn_options options;
    xipc_process *process;
    xipc_status status;
} cancelled_call;

/* A call that is no point of cancellation says so by coming back. */
static void *start_when_cancelled(void *context)
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    cancelled_call *call = context;
    const char *path = probe_path();

    pthread_cancel(pthread_self());
    call->status = xipc_spawn(path, arguments, &call->options, &call->process);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return context;
}

static void require_started_when_cancelled(uint32_t flags)
{
    cancelled_call call = {.options = spawn_with(flags)};
    pthread_t thread;
    void *result;

    REQUIRE(pthread_create(&thread, NULL, start_when_cancelled, &call) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);

    REQUIRE(result == &call);
    REQUIRE_OK(call.status);
    process_done(call.process);
}

SPEC(a_cancelled_thread_starts_a_process, "PROC-1")
{
    require_started_when_cancelled(0);
}

SPEC(a_cancelled_thread_starts_one_that_dies_with_its_parent, "PROC-2")
{
    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    require_started_when_cancelled(XIPC_SPAWN_DIE_WITH_PARENT);
}

static void *look_when_cancelled(void *context)
{
    xipc_process *process = context;

    pthread_cancel(pthread_self()); /* which takes effect if it ever waits */
    return xipc_process_wait(process, XIPC_NOW, NULL) == XIPC_E_AGAIN ? process
                                                                      : NULL;
}

SPEC(a_cancelled_thread_keeps_nobody_from_a_process, "PROC-2 GEN-4")
{
    xipc_process *process = PROBE(NULL, "sleep");
    pthread_t thread;
    void *result;

    REQUIRE(pthread_create(&thread, NULL, look_when_cancelled, process) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);

    REQUIRE(result == process);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(20), NULL));
    process_killed(process);
}

#if defined(__linux__) && defined(SYS_openat)

/* ---- system calls that a filter refuses ---- */

#if !defined(SYS_close_range)
#define SYS_close_range 436
#endif

#define REFUSED BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define FIELD(name) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))

/* To close many at once and, if it is said, to open a directory. */
static void refuse_calls(int directories_too)
{
    struct sock_filter steps[] = {
        FIELD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        REFUSED,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
        FIELD(args[2]),
        BPF_JUMP(
            BPF_JMP | BPF_JSET | BPF_K, directories_too ? O_DIRECTORY : 0, 0,
            1),
        REFUSED,
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof steps / sizeof steps[0], steps};

    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

PEER(a_process_that_cannot_close_many_at_once)
{
    xipc_native_handle leaking = native_file_leaking("leaking");

    refuse_calls(strcmp(spec_argument(0), "no list") == 0);
    REQUIRE_UINT(0, handles_of_probe(NULL, "told"));
    native_file_closed(leaking);
}

/* One is left for the process, and its child moves a stream to that number. */
PEER(a_process_that_has_no_descriptor_left)
{
    struct rlimit limit = {100, 100};
    xipc_spawn_options options = spawn_with(0);
    int last = -1;
    int fd;

    refuse_calls(0);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while ((fd = dup(1)) >= 0) {
        last = fd;
    }
    REQUIRE(close(last) == 0);
    options.error = stream_to(1);
    REQUIRE_UINT(0, handles_of_probe(&options, "told"));
}

static void filters_needed(void)
{
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0) {
        spec_skip("this kernel has no filter of system calls, or has one now");
    }
}

SPEC(nothing_leaks_where_descriptors_are_closed_one_by_one, "PROC-1 GEN-8")
{
    filters_needed();
    spec_join(START(a_process_that_cannot_close_many_at_once, "list"));
    require_file("leaking", "");
    spec_join(START(a_process_that_cannot_close_many_at_once, "no list"));
    require_file("leaking", "");
}

SPEC(nothing_leaks_where_no_descriptor_is_left, "PROC-1 GEN-8")
{
    filters_needed();
    spec_join(START(a_process_that_has_no_descriptor_left));
}

#endif
