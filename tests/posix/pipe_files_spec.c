/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FIFOs of a listener and of connections: gone as soon as nobody needs
 * them, and after a death with the next sweep.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "posix/attack_kit.h"
#include "posix/bell_kit.h"
#include "support/kill_anywhere.h"
#include "support/pipe_kit.h"

#if defined(CLONE_NEWNS)

/* Seen by this process and by those that it starts. */
static void memory_of_our_own(void)
{
    char directory[ATTACK_PATH_SIZE];

    bell_directory(directory);
    if (strcmp(directory, "/dev/shm") != 0) {
        spec_skip("names do not stand in /dev/shm here");
    }
    if (!attack_unshare(
            geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev/shm", "tmpfs", 0, "size=4m,mode=1777") != 0) {
        spec_skip("this user may not mount a file system of its own");
    }
}

static void memory_as_before(void)
{
    REQUIRE(umount2("/dev/shm", MNT_DETACH) == 0);
}

static unsigned fifos_in(const char *directory, int depth)
{
    DIR *open_directory = opendir(directory);
    const struct dirent *entry;
    unsigned count = 0;

    REQUIRE(open_directory != NULL);
    while ((entry = readdir(open_directory)) != NULL) {
        char path[ATTACK_PATH_SIZE];
        struct stat file;

        snprintf(path, sizeof path, "%.200s/%.200s", directory, entry->d_name);
        if (entry->d_name[0] == '.' || lstat(path, &file) != 0) {
            continue;
        }
        if (S_ISDIR(file.st_mode) && depth > 0) {
            count += fifos_in(path, depth - 1);
        }
        count += S_ISFIFO(file.st_mode) ? 1U : 0U;
    }
    closedir(open_directory);
    return count;
}

static unsigned fifo_count(void)
{
    return fifos_in("/dev/shm", 1);
}

static void names_are_gone(xipc_scope scope)
{
    xipc_pipe_options options = pipe_options(XIPC_PIPE_BYTES);
    xipc_pipe_listener *listener;
    pipe_caller caller;
    xipc_pipe *pipe;

    options.naming.scope = scope;
    REQUIRE_UINT(0, fifo_count());
    REQUIRE_OK(xipc_pipe_listen("a", &options, XIPC_NOW, &listener));
    REQUIRE_UINT(1, fifo_count());
    caller_begins_with(&caller, "a", &options, XIPC_FOREVER);
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    REQUIRE_UINT(1, fifo_count());
    xipc_pipe_listener_close(listener);
    REQUIRE_UINT(0, fifo_count());
    pipe_puts(pipe, 1, 10);
    pipe_gets(caller.pipe, 1, 10);
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
}

SPEC(the_names_of_a_connection_are_gone_once_both_have_it, "PIPE-4 LIFE-1")
{
    memory_of_our_own();
    names_are_gone(XIPC_SCOPE_USER);
    names_are_gone(XIPC_SCOPE_MACHINE);
    memory_as_before();
}

static void a_sweep_leaves_nothing(void *context)
{
    (void)context;
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    REQUIRE_UINT(0, fifo_count());
    require_nothing_exists();
}

static void serves_itself(xipc_scope scope)
{
    xipc_pipe_options options = pipe_options(XIPC_PIPE_BYTES);
    xipc_pipe_listener *listener;
    pipe_caller caller;
    xipc_pipe *pipe;

    options.naming.scope = scope;
    kill_begin();
    REQUIRE_OK(xipc_pipe_listen("a", &options, XIPC_NOW, &listener));
    caller_begins_with(&caller, "a", &options, XIPC_FOREVER);
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
    xipc_pipe_listener_close(listener);
    kill_end();
}

KILLED(serves_itself_as_a_user)
{
    serves_itself(XIPC_SCOPE_USER);
}

KILLED(serves_itself_as_the_machine)
{
    serves_itself(XIPC_SCOPE_MACHINE);
}

SPEC(a_sweep_takes_away_the_fifos_of_the_dead, "GEN-11 LIFE-6 PIPE-4")
{
    kill_plan plan = {NULL, a_sweep_leaves_nothing, NULL, NULL};

    memory_of_our_own();
    KILL_ANYWHERE(serves_itself_as_a_user, &plan);
    KILL_ANYWHERE(serves_itself_as_the_machine, &plan);
    memory_as_before();
}

static void listens_too(void *context)
{
    (void)context;
    xipc_pipe_listener_close(listening("b", XIPC_PIPE_BYTES));
}

/* Another process: this one's own list of who lives stands in the directory
 * that it had before. */
static void the_next_one_leaves_nothing(void *context)
{
    (void)context;
    attack_run(0, listens_too, NULL);
    REQUIRE_UINT(0, fifo_count());
}

SPEC(whoever_listens_next_takes_away_the_fifos_of_the_dead, "GEN-11 LIFE-1")
{
    kill_plan plan = {NULL, the_next_one_leaves_nothing, NULL, NULL};

    memory_of_our_own();
    KILL_ANYWHERE(serves_itself_as_a_user, &plan);
    memory_as_before();
}

#endif
