/* SPDX-License-Identifier: Apache-2.0 */
/* Processes where this one is not as usual: its streams, signals, children. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/alarm_kit.h"
#include "support/spawn_kit.h"

static xipc_stream stream_to(xipc_native_handle native)
{
    return (xipc_stream){XIPC_STREAM_NATIVE, NULL, native};
}

/* ---- streams ---- */

/* Its own files get the numbers of the streams that it closes. */
PEER(a_process_without_streams)
{
    xipc_spawn_options options = spawn_with(0);
    xipc_native_handle files[3];

    for (int fd = 0; fd < 3; fd++) {
        close(fd);
    }
    PROBE_DONE(NULL, "cat"); /* from and to the null device */
    files[0] = native_file_made("zero");
    text_written("one", "it was read");
    files[1] = native_file_opened("one");
    files[2] = native_file_made("two");
    REQUIRE_UINT(0, (uint64_t)files[0]);
    REQUIRE_UINT(2, (uint64_t)files[2]);

    PROBE_DONE(NULL, "complain", "into none of them");
    PROBE_DONE(NULL, "say", "into none of them");
    REQUIRE_UINT(0, handles_of_probe(NULL, "told"));
    options.input = stream_to(files[1]);
    options.output = stream_to(files[0]);
    options.error = stream_to(files[2]);
    PROBE_DONE(&options, "cat");
    PROBE_DONE(&options, "complain", "an error");
    options.input = stream_to(files[2]); /* and once around */
    options.output = stream_to(files[2]);
    options.error = stream_to(files[0]);
    PROBE_DONE(&options, "say", ", and more");
    PROBE_DONE(&options, "complain", ", and the other");
    REQUIRE_UINT(0, handles_of_probe(&options, "told"));
    for (int i = 0; i < 3; i++) {
        native_file_closed(files[i]);
    }
}

SPEC(closed_streams_confuse_nobody, "PROC-1")
{
    spec_join(START(a_process_without_streams));

    require_file("zero", "it was read, and the other");
    require_file("one", "it was read");
    require_file("two", "an error, and more");
}

PEER(a_process_whose_streams_are_exchanged)
{
    xipc_spawn_options options = spawn_with(0);
    int input = (int)native_file_opened("in");
    int output = (int)native_file_made("out");

    REQUIRE(dup2(input, 1) == 1);
    REQUIRE(dup2(output, 0) == 0);
    close(input);
    close(output);
    options.input = stream_to(1);
    options.output = stream_to(0);
    PROBE_DONE(&options, "cat");
}

SPEC(streams_can_be_exchanged, "PROC-1")
{
    text_written("in", "from one to the other");

    spec_join(START(a_process_whose_streams_are_exchanged));

    require_file("in", "from one to the other");
    require_file("out", "from one to the other");
}

/* ---- the program ---- */

SPEC(a_path_is_one_from_this_processs_directory, "PROC-1")
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    xipc_spawn_options options = spawn_with(0);
    xipc_process *process;

    REQUIRE(symlink(probe_path(), "link") == 0);
    options.directory = "/";

    REQUIRE_OK(xipc_spawn("./link", arguments, &options, &process));
    process_done(process);
    REQUIRE_OK(xipc_spawn("link", arguments, &options, &process));
    process_done(process);
    REQUIRE(unlink("link") == 0);
}

static xipc_status search(const char *path, xipc_process **process_out)
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);

    kit_set_environment("PATH", path);
    return xipc_spawn(PROBE_NAME, arguments, &options, process_out);
}

SPEC(a_search_passes_over_what_may_not_be_executed, "PROC-1")
{
    xipc_process *process = UNTOUCHED;
    char path[2048];

    text_written(PROBE_NAME, "no program");
    REQUIRE_STATUS(XIPC_E_ACCESS, search(".", &process));
    REQUIRE_STATUS(XIPC_E_ACCESS, search("/no-such-directory:", &process));
    REQUIRE_STATUS(XIPC_E_ACCESS, search(":/dev/null", &process));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, search("/no-such-directory", &process));
    REQUIRE(process == UNTOUCHED);

    snprintf(path, sizeof path, ".:/x:%s", probe_directory());
    REQUIRE_OK(search(path, &process));
    process_done(process);
    require_file(PROBE_NAME, "no program");
}

SPEC(what_the_system_cannot_execute_is_not_supported, "PROC-1")
{
    const char *arguments[] = {"text", NULL};
    xipc_process *process = UNTOUCHED;

    text_written("text", "no program");
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_spawn("./text", arguments, NULL, &process));
    REQUIRE(chmod("text", 0700) == 0);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipc_spawn("./text", arguments, NULL, &process));
    REQUIRE_STATUS(XIPC_E_ACCESS, xipc_spawn(".", arguments, NULL, &process));
    REQUIRE(process == UNTOUCHED);
    require_file("text", "no program");
}

SPEC(a_script_is_a_program, "PROC-1")
{
    const char *arguments[] = {"script", "3", NULL};
    xipc_process *process;

    text_written("script", "#!/bin/sh\nexit $1\n");
    REQUIRE(chmod("script", 0700) == 0);

    REQUIRE_OK(xipc_spawn("./script", arguments, NULL, &process));
    REQUIRE_UINT(3, (uint64_t)process_ended(process).code);
    REQUIRE(unlink("script") == 0);
}

/* ---- other waiters ---- */

static int has_children(void)
{
    siginfo_t unused;

    return waitid(P_ALL, 0, &unused, WEXITED | WNOHANG | WNOWAIT) == 0;
}

SPEC(a_failure_leaves_no_child, "PROC-1")
{
    const char *arguments[] = {"nothing", NULL};
    xipc_process *process;

    for (int i = 0; i < 3; i++) {
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND,
            xipc_spawn("./no-such-program", arguments, NULL, &process));
        REQUIRE(!has_children());
    }
}

SPEC(closed_processes_are_no_zombies_for_long, "PROC-2")
{
    for (int i = 0; i < 40; i++) {
        xipc_process_close(PROBE(NULL, "exit", "0"));
    }
    for (int i = 0; i < 100 && has_children(); i++) {
        PROBE_DONE(NULL, "exit", "0");
    }

    REQUIRE(!has_children());
}

/* Told if the kernel still tells it. */
static void require_code_if_known(xipc_process *process, int code)
{
    xipc_exit seen = process_ended(process);

    if (seen.ending == XIPC_ENDED_EXIT) {
        REQUIRE_UINT((uint64_t)code, (uint64_t)seen.code);
    } else {
        REQUIRE_UINT(XIPC_ENDED_UNKNOWN, seen.ending);
        REQUIRE_UINT(0, (uint64_t)seen.code);
    }
    spec_note(
        "%s", seen.ending == XIPC_ENDED_EXIT ? "it is told how it ended"
                                             : "it is told that it ended");
}

SPEC(an_end_that_somebody_else_was_told_of_is_told, "PROC-2")
{
    xipc_process *process = PROBE(NULL, "exit", "5");

    while (waitpid(-1, NULL, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    REQUIRE(!has_children());

    REQUIRE_OK(xipc_process_terminate(process));
    require_code_if_known(process, 5);
}

SPEC(a_program_may_ignore_its_children, "PROC-2")
{
    xipc_process *process;

    REQUIRE(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    process = PROBE(NULL, "sleep");
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(20), NULL));
    REQUIRE_OK(xipc_process_terminate(process));
    REQUIRE(process_ended(process).ending != XIPC_ENDED_EXIT);

    require_code_if_known(PROBE(NULL, "exit", "6"), 6);
    xipc_process_close(PROBE(NULL, "exit", "0"));
    require_code_if_known(PROBE(NULL, "exit", "7"), 7);
    REQUIRE(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/* ---- signals ---- */

static volatile sig_atomic_t handled_count;

static void handle(int number)
{
    (void)number;
    handled_count++;
}

/* What Linux says of a process's signals, as one of these lines. */
static uint64_t mask_of_child(const char *line)
{
    const char *arguments[] = {"grep", line, "/proc/self/status", NULL};
    xipc_native_handle file = native_file_made("told");
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);
    xipc_process *process;
    uint64_t mask;
    char *text;

    options.output = stream_to(file);
    REQUIRE_OK(xipc_spawn("grep", arguments, &options, &process));
    process_done(process);
    native_file_closed(file);
    text = file_taken("told", NULL);
    mask = strtoull(strchr(text, ':') + 1, NULL, 16);
    free(text);
    return mask;
}

static uint64_t bit_of(int number)
{
    return UINT64_C(1) << (number - 1);
}

SPEC(a_child_has_no_signal_blocked_and_the_usual_ones_not_ignored, "PROC-1")
{
    sigset_t blocked;
    sigset_t after;

    if (access("/proc/self/status", R_OK) != 0) {
        spec_skip("this system does not tell of a process's signals");
    }
    REQUIRE(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    REQUIRE(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    REQUIRE(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    REQUIRE(signal(SIGUSR1, handle) != SIG_ERR);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGTERM);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0);

    REQUIRE_UINT(0, mask_of_child("SigBlk"));
    /* Those that the C library keeps for itself, posix_spawn() ignores. */
    REQUIRE_UINT(
        bit_of(SIGHUP),
        mask_of_child("SigIgn") & ~(bit_of(32) | bit_of(33) | bit_of(34)));
    REQUIRE(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
    REQUIRE(sigismember(&after, SIGUSR2) == 1);
    REQUIRE(sigismember(&after, SIGUSR1) == 0);
    REQUIRE(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
    REQUIRE(signal(SIGUSR1, SIG_DFL) == handle);
}

static void spawn_under_signals(void *context)
{
    for (unsigned i = 0; i < 40; i++) {
        xipc_process *process = PROBE(NULL, "sleep");

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(3), NULL));
        process_killed(process);
        PROBE_DONE(NULL, "exit", "0");
    }
    *(int *)context = 1;
}

SPEC(signals_disturb_no_start_and_no_wait, "PROC-1 PROC-2 GEN-3")
{
    int is_done = 0;

    alarms_begin();
    spawn_under_signals(&is_done);
    alarms_end();

    REQUIRE(is_done);
}

/* ---- fork ---- */

static void in_a_forked_child(void (*body)(void *context), void *context)
{
    pid_t process;
    int status;

    fflush(NULL);
    process = fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        body(context);
        _exit(0);
    }
    REQUIRE(waitpid(process, &status, 0) == process);
    REQUIRE(WIFEXITED(status));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(status));
}

static void use_a_parents(void *context)
{
    xipc_process *process = context;
    xipc_spawn_options options = spawn_with(0);

    REQUIRE_STATUS(
        XIPC_E_FORKED, xipc_process_wait(process, XIPC_FOREVER, NULL));
    REQUIRE_STATUS(XIPC_E_FORKED, xipc_process_terminate(process));
    REQUIRE_STATUS(XIPC_E_FORKED, xipc_interrupt(xipc_process_object(process)));
    xipc_process_close(process);
    PROBE_DONE(NULL, "exit", "0");
#if defined(__linux__)
    if (strcmp(spec_host(), "linux") == 0) {
        xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

        REQUIRE_OK(xipc_capability(XIPC_FEATURE_DIE_WITH_PARENT, &info));
        if (info.support != XIPC_SUPPORT_ABSENT) {
            options.flags = XIPC_SPAWN_DIE_WITH_PARENT;
        }
    }
#endif
    PROBE_DONE(&options, "exit", "0");
}

SPEC(a_forked_child_has_processes_of_its_own, "PROC-2 GEN-8")
{
    xipc_process *process = PROBE(NULL, "sleep");

    in_a_forked_child(use_a_parents, process);

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_process_wait(process, XIPC_NOW, NULL));
    in_a_forked_child(use_a_parents, process);
    process_killed(process);
}

/* With orphans, and with a thread of the library's. */
SPEC(a_forked_child_does_not_wait_for_its_parents_orphans, "PROC-2 GEN-8")
{
    xipc_process *orphan = PROBE(NULL, "cat");
    xipc_process *process = PROBE(NULL, "sleep");
    xipc_process *other = PROBE(NULL, "sleep");

    xipc_process_close(orphan);
    in_a_forked_child(use_a_parents, process);

    process_killed(other);
    process_killed(process);
}

/* ---- what a variable says that nobody can believe ---- */

PEER(a_process_that_finds_nothing)
{
    xipc_section *section = UNTOUCHED;
    xipc_native_handle native = 77;

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_inherited_section("table", &section));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_inherited_native("table", &native));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(native == 77);
}

SPEC(a_variable_that_makes_no_sense_gives_nothing, "PROC-1 GEN-10")
{
    static const char *const nonsense[] = {
        "",
        ";",
        "|||;",
        "table",
        "table:n:0:0",
        "table:n:0:0|1",
        "table:n:0:0|1|0|0;", /* another file */
        "table:n:0:0|-1|0|0;",
        "table:n:0:0|99999999999999999999|0|0;",
        "table:n:0:0|900|0|0;", /* not open */
        "table:n:0:0|1|0|0",
        "table:s:zz:0|1|0|0;",
        ":n:0:0|1|0|0;",
        "table::0:0|1|0|0;table:n:0:9|2|0|0;"};

    for (size_t at = 0; at < sizeof nonsense / sizeof *nonsense; at++) {
        kit_set_environment("XIPC_INHERITED", nonsense[at]);
        spec_within(nonsense[at]);
        spec_join(START(a_process_that_finds_nothing));
        spec_within(NULL);
    }
}

/* The right file, under words that make none. */
SPEC(words_that_make_no_sense_give_nothing, "PROC-1 GEN-10")
{
    static const char *const words[] = {
        "table",        "table:n",      "table:n:0",
        "table:nn:0:0", "table:n::",    "table:n:0:2",
        "table:n:x:0",  ".table:n:0:0", "tables:n:0:0"};
    xipc_native_handle file = native_file_leaking("file");
    struct stat status;
    char text[256];

    REQUIRE(fstat((int)file, &status) == 0);
    for (size_t at = 0; at < sizeof words / sizeof *words; at++) {
        snprintf(
            text, sizeof text, "%s|%lld|%llx|%llx;", words[at], (long long)file,
            (unsigned long long)status.st_dev,
            (unsigned long long)status.st_ino);
        kit_set_environment("XIPC_INHERITED", text);
        spec_within(words[at]);
        spec_join(START(a_process_that_finds_nothing));
        spec_within(NULL);
    }
    native_file_closed(file);
    require_file("file", "");
}

PEER(a_process_that_finds_a_handle)
{
    xipc_native_handle native = 77;

    REQUIRE_OK(xipc_inherited_native("table", &native));
    REQUIRE((fcntl((int)native, F_GETFD) & FD_CLOEXEC) != 0);
    REQUIRE(close((int)native) == 0);
}

SPEC(a_program_can_be_given_handles_by_hand, "PROC-1")
{
    xipc_native_handle file = native_file_leaking("file");
    struct stat status;
    char text[256];

    REQUIRE(fstat((int)file, &status) == 0);
    snprintf(
        text, sizeof text, "table:n:0:0|%lld|%llx|%llx;", (long long)file,
        (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
    kit_set_environment("XIPC_INHERITED", text);
    spec_join(START(a_process_that_finds_a_handle));
    native_file_closed(file);
    require_file("file", "");
}
