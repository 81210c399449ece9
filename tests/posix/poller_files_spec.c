/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody dies at each step of what it does with a poller, and after the next
 * listing, or the next poller of anybody's, nothing of it is left in the
 * directory. The case has that directory to itself, so that no other case's
 * bells are in it.
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

#include "posix/bell_kit.h"
#include "support/kill_anywhere.h"

#if defined(CLONE_NEWNS)

/* Cookies. */
static char a;

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

/* Whatever it is, and whether it has its name already. */
static unsigned file_count(void)
{
    DIR *directory = opendir("/dev/shm");
    const struct dirent *entry;
    unsigned count = 0;

    REQUIRE(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char path[ATTACK_PATH_SIZE];
        struct stat file;

        snprintf(path, sizeof path, "/dev/shm/%.200s", entry->d_name);
        count += lstat(path, &file) == 0 && !S_ISDIR(file.st_mode) ? 1U : 0U;
    }
    closedir(directory);
    return count;
}

KILLED(has_a_poller)
{
    xipc_poller *poller;
    thing one;

    kill_begin();
    one = thing_made(THING_AUTO, "own");
    poller = poller_of(&one, &a);
    make_ready(&one);
    require_told(poller, &a);
    xipc_poller_close(poller);
    thing_closed(&one);
    kill_end();
}

/* It is the user's, and stands in another directory. */
static void its_event_is_gone_too(void)
{
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    require_nothing_exists();
}

static int counts_one(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    REQUIRE(listing != NULL);
    *count += 1;
    return 0;
}

static void a_listing_leaves_nothing(void *context)
{
    unsigned count = 0;

    (void)context;
    REQUIRE_OK(xipc_list(XIPC_SCOPE_MACHINE, counts_one, &count));
    REQUIRE_UINT(0, count);
    REQUIRE_UINT(0, file_count());
    its_event_is_gone_too();
}

SPEC(a_listing_takes_away_what_dead_pollers_left, "GEN-11 LIFE-6 WAIT-2")
{
    kill_plan plan = {NULL, a_listing_leaves_nothing, NULL, NULL};

    memory_of_our_own();
    KILL_ANYWHERE(has_a_poller, &plan);
    memory_as_before();
}

static void a_sweep_leaves_nothing(void *context)
{
    size_t removed_count = 77;

    (void)context;
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    REQUIRE_UINT(0, file_count());
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, &removed_count));
    REQUIRE_UINT(0, removed_count);
    its_event_is_gone_too();
}

SPEC(a_sweep_takes_away_what_dead_pollers_left, "GEN-11 LIFE-6 WAIT-2")
{
    kill_plan plan = {NULL, a_sweep_leaves_nothing, NULL, NULL};

    memory_of_our_own();
    KILL_ANYWHERE(has_a_poller, &plan);
    memory_as_before();
}

static void has_a_poller_too(void *context)
{
    (void)context;
    xipc_poller_close(poller_made());
}

/* Without anybody's asking for it. Another process's: this one's own list of
 * who lives stands in the directory that it had before. */
static void the_next_poller_leaves_nothing(void *context)
{
    (void)context;
    attack_run(0, has_a_poller_too, NULL);
    REQUIRE_UINT(0, file_count());
    its_event_is_gone_too();
}

SPEC(the_next_poller_takes_away_what_dead_ones_left, "GEN-11 WAIT-2")
{
    kill_plan plan = {NULL, the_next_poller_leaves_nothing, NULL, NULL};

    memory_of_our_own();
    KILL_ANYWHERE(has_a_poller, &plan);
    memory_as_before();
}

SPEC(a_living_pollers_bell_is_swept_by_nobody, "LIFE-6 WAIT-2")
{
    char path[ATTACK_PATH_SIZE];
    xipc_poller *poller;
    size_t removed_count = 77;

    memory_of_our_own();
    poller = poller_made();
    bell_path(poller, path);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, &removed_count));
    REQUIRE_UINT(0, removed_count);
    REQUIRE(file_exists(path));
    REQUIRE_UINT(1, file_count());
    xipc_poller_close(poller);
    REQUIRE_UINT(0, file_count());
    memory_as_before();
}

#endif
