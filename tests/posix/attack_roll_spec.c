/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roll of processes, the library's own bookkeeping in the user's
 * directory, is a hint: whatever stands in its place, objects are made and
 * used as ever.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, ROLL_SIZE = 70000, PROMPTLY_MS = 5000 };

typedef struct spoilt_roll {
    attack_role *spoil;
    char path[ATTACK_PATH_SIZE];
    char canary[ATTACK_PATH_SIZE];
    atomic_int is_on;
} spoilt_roll;

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->native_name[0] != '\0');
    return 0;
}

static void live_with_the_roll(void *context)
{
    spoilt_roll *plan = context;
    xipc_section *section;
    int64_t start;

    plan->spoil(plan);
    start = spec_now_ns();
    section = section_saying("any", "as ever");
    xipc_section_close(section_opened("any"));
    require_section_says(section, "as ever");
    require_holders("any", 1);
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    xipc_section_close(section);
    require_absent("any");
    REQUIRE(ms_since(start) < PROMPTLY_MS);
}

static void make_the_directory(void *context)
{
    spoilt_roll *plan = context;
    char directory[ATTACK_PATH_SIZE];

    native_directory(directory);
    if (strncmp(directory, "/dev/shm/", 9) == 0) {
        REQUIRE(mkdir(directory, 0700) == 0);
    }
    snprintf(plan->path, sizeof(plan->path), "%.*s/roll", 400, directory);
}

static void clear_the_roll(void *context)
{
    const spoilt_roll *plan = context;

    if (unlink(plan->path) != 0) {
        rmdir(plan->path);
    }
}

/* In the directory of a user that nobody else is. */
static void withstand(attack_role *spoil)
{
    spoilt_roll *plan = attack_memory(sizeof(*plan));

    attack_needs_users();
    attack_run(attack_victim(), make_the_directory, plan);
    if (strncmp(plan->path, "/dev/shm/", 9) != 0) {
        spec_skip("the user's directory is chosen by the environment here");
    }
    plan->spoil = spoil;
    snprintf(
        plan->canary, sizeof(plan->canary), "/dev/shm/xipc-canary-%ld",
        (long)getpid());

    attack_run(attack_victim(), live_with_the_roll, plan);

    attack_run(attack_victim(), clear_the_roll, plan);
    attack_users_gone();
    attack_memory_free(plan, sizeof(*plan));
}

static void everybody_is_marked(void *context)
{
    const spoilt_roll *plan = context;
    unsigned char marks[ROLL_SIZE];

    memset(marks, 0xff, sizeof(marks));
    file_made(plan->path, marks, sizeof(marks), 0600);
}

SPEC(a_roll_that_marks_everybody_dead_costs_little, "GEN-10 LIFE-6")
{
    withstand(everybody_is_marked);
}

static void it_is_huge(void *context)
{
    const spoilt_roll *plan = context;

    file_made(plan->path, "\1", 1, 0600);
    REQUIRE(truncate(plan->path, (off_t)1 << 40) == 0);
}

SPEC(a_roll_of_a_terabyte_costs_little, "GEN-10 LIFE-6")
{
    withstand(it_is_huge);
}

enum { LONG_SIZE = 30000, SHORT_SIZE = 4096 };

static off_t roll_size(const spoilt_roll *plan)
{
    struct stat roll;

    REQUIRE(stat(plan->path, &roll) == 0);
    return roll.st_size;
}

/* Thousands lived at once; the last of them have left their marks. */
static void it_is_long(void *context)
{
    static char marks[LONG_SIZE];
    const spoilt_roll *plan = context;

    memset(marks + LONG_SIZE - 4, 1, 4);
    file_made(plan->path, marks, sizeof(marks), 0600);
}

static void it_was_long(void *context)
{
    const spoilt_roll *plan = context;

    it_is_long(context);
    xipc_section_close(section_saying("any", "as ever"));
    REQUIRE(roll_size(plan) <= SHORT_SIZE);
}

SPEC(a_roll_that_was_long_gets_short_when_all_have_left, "LIFE-6")
{
    withstand(it_was_long);
}

/* Has a slot, as a process has that is about to mark it. */
static void has_a_slot(void *context)
{
    spoilt_roll *plan = context;
    struct flock slot = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = LONG_SIZE - 5,
        .l_len = 1};
    int fd = open(plan->path, O_RDWR | O_CLOEXEC);

    REQUIRE(fd >= 0 && fcntl(fd, F_SETLK, &slot) == 0);
    atomic_store(&plan->is_on, 1);
    for (;;) {
        pause();
    }
}

static void one_of_many_lives(void *context)
{
    spoilt_roll *plan = context;
    pid_t other;

    it_is_long(context);
    other = attack_start(0, has_a_slot, plan);
    while (!atomic_load(&plan->is_on)) {
        /* the watchdog ends it */
    }
    xipc_section_close(section_saying("any", "as ever"));
    REQUIRE(roll_size(plan) == LONG_SIZE);
    attack_kill(other);
}

SPEC(a_roll_stays_long_as_long_as_somebody_needs_it, "LIFE-6")
{
    withstand(one_of_many_lives);
}

static void it_is_a_directory(void *context)
{
    const spoilt_roll *plan = context;

    REQUIRE(mkdir(plan->path, 0700) == 0);
}

SPEC(a_directory_instead_of_the_roll_disturbs_nobody, "GEN-10 LIFE-6")
{
    withstand(it_is_a_directory);
}

static void it_is_a_fifo(void *context)
{
    const spoilt_roll *plan = context;

    REQUIRE(mkfifo(plan->path, 0600) == 0);
}

SPEC(a_fifo_instead_of_the_roll_blocks_nobody, "GEN-10 LIFE-6")
{
    withstand(it_is_a_fifo);
}

static void it_is_a_link(void *context)
{
    const spoilt_roll *plan = context;

    file_made(plan->canary, "canary", 6, 0600);
    REQUIRE(symlink(plan->canary, plan->path) == 0);
}

static void require_canary(void *context)
{
    const spoilt_roll *plan = context;
    char bytes[16];

    REQUIRE_UINT(6, file_read(plan->canary, 0, bytes, sizeof(bytes)));
    REQUIRE(memcmp(bytes, "canary", 6) == 0);
    REQUIRE(unlink(plan->canary) == 0);
}

SPEC(a_symbolic_link_instead_of_the_roll_is_not_followed, "GEN-10 NAME-7")
{
    spoilt_roll seen;

    withstand(it_is_a_link);
    snprintf(
        seen.canary, sizeof(seen.canary), "/dev/shm/xipc-canary-%ld",
        (long)getpid());
    require_canary(&seen);
}

static void it_cannot_be_opened(void *context)
{
    const spoilt_roll *plan = context;

    file_made(plan->path, "", 0, 0);
}

SPEC(a_roll_that_cannot_be_opened_disturbs_nobody, "GEN-10 LIFE-6")
{
    withstand(it_cannot_be_opened);
}
