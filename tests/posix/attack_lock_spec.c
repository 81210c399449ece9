/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever may open an object may lock its file, past the library. That costs
 * the others a deadline at most, never a hang, and ends with the attacker.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, WAIT_MS = 60, PROMPTLY_MS = 5000 };

/*
 * The kernel shows the locks of one process after those of another. So the
 * first process takes the middle, the second the middles of both halves, and
 * so on: whoever counts by halves then meets the most.
 */
enum { HOARD_DEPTH = 14, HOARD_SPAN = 1 << (HOARD_DEPTH + 1) };

typedef struct hoard {
    char path[ATTACK_PATH_SIZE];
    short type; /* F_WRLCK, F_RDLCK */
    off_t start;
    off_t size; /* of each lock; 0 to the end */
    off_t stride;
    unsigned count;
    atomic_int is_ready;
} hoard;

static void lock_bytes(int fd, const hoard *plan)
{
    struct flock range;
    unsigned index;

    for (index = 0; index < plan->count; index++) {
        memset(&range, 0, sizeof(range));
        range.l_type = plan->type;
        range.l_whence = SEEK_SET;
        range.l_start = plan->start + (off_t)index * plan->stride;
        range.l_len = plan->size;
        REQUIRE(fcntl(fd, F_SETLK, &range) == 0);
    }
}

static void attacker_locks(void *context)
{
    hoard *plan = context;
    int fd = open(
        plan->path, (plan->type == F_WRLCK ? O_RDWR : O_RDONLY) | O_CLOEXEC);

    REQUIRE(fd >= 0);
    lock_bytes(fd, plan);
    atomic_store(&plan->is_ready, 1);
    for (;;) {
        pause();
    }
}

static pid_t hoard_start(hoard *plan)
{
    pid_t pid = attack_start(0, attacker_locks, plan);

    while (!atomic_load(&plan->is_ready)) {
        sched_yield();
    }
    return pid;
}

static void hoard_end(hoard *plan, pid_t pid)
{
    attack_kill(pid);
    attack_memory_free(plan, sizeof(*plan));
}

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->native_name[0] != '\0');
    return 0;
}

static void require_looking_is_prompt(void)
{
    int64_t start = spec_now_ns();

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    REQUIRE(ms_since(start) < PROMPTLY_MS);
}

SPEC(
    who_locks_the_whole_file_costs_others_a_deadline_and_no_hang,
    "GEN-4 GEN-10")
{
    hoard *plan = attack_memory(sizeof(*plan));
    xipc_section *section = UNTOUCHED;
    int64_t start;
    pid_t pid;

    xipc_section_close(
        section_created_with("locked", SIZE, lasting(XIPC_PERSISTENT)));
    native_path_of(XIPC_SCOPE_USER, "locked", plan->path);
    plan->type = F_WRLCK;
    plan->count = 1;
    pid = hoard_start(plan);
    start = spec_now_ns();

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_section_open("locked", NULL, xipc_after_ms(WAIT_MS), &section));
    REQUIRE(ms_since(start) >= WAIT_MS);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_section_open("locked", NULL, XIPC_NOW, &section));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_remove(
                            XIPC_KIND_SECTION, "locked", XIPC_SCOPE_USER,
                            xipc_after_ms(WAIT_MS)));
    REQUIRE(ms_since(start) < PROMPTLY_MS);
    require_looking_is_prompt();
    REQUIRE(section == UNTOUCHED);

    hoard_end(plan, pid);
    xipc_section_close(section_opened("locked"));
    require_removed("locked");
}

SPEC(who_locks_what_is_held_does_not_keep_the_holder_from_closing, "GEN-10")
{
    hoard *plan = attack_memory(sizeof(*plan));
    xipc_section *section = section_saying("locked", "held");
    int64_t start;
    pid_t pid;

    native_path_of(XIPC_SCOPE_USER, "locked", plan->path);
    plan->type = F_RDLCK;
    plan->count = 1;
    pid = hoard_start(plan);
    start = spec_now_ns();

    require_section_says(section, "held");
    xipc_section_close(section);
    REQUIRE(ms_since(start) < PROMPTLY_MS);
    require_looking_is_prompt();

    hoard_end(plan, pid);
    require_absent("locked");
    xipc_section_close(section_created("locked", SIZE));
}

/* The layout's first holder's byte; see posix_lease.h. */
static off_t first_holder(void)
{
    return ((off_t)1 << 62) + 1;
}

SPEC(a_hoard_of_locks_does_not_make_listing_slow, "GEN-10 LIFE-7")
{
    hoard *plans[HOARD_DEPTH];
    pid_t pids[HOARD_DEPTH];
    xipc_section *section = section_saying("locked", "held");
    int level;

    for (level = 0; level < HOARD_DEPTH; level++) {
        plans[level] = attack_memory(sizeof(hoard));
        native_path_of(XIPC_SCOPE_USER, "locked", plans[level]->path);
        plans[level]->type = F_RDLCK;
        plans[level]->size = 1;
        plans[level]->stride = HOARD_SPAN >> level;
        plans[level]->start = first_holder() + plans[level]->stride / 2;
        plans[level]->count = 1U << level;
        pids[level] = hoard_start(plans[level]);
    }

    require_looking_is_prompt();
    require_section_says(section, "held");

    for (level = 0; level < HOARD_DEPTH; level++) {
        hoard_end(plans[level], pids[level]);
    }
    require_holders("locked", 1);
    xipc_section_close(section);
    require_absent("locked");
}

static void require_still_held(void *context)
{
    const char *name = context;
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    xipc_section *section = UNTOUCHED;

    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create(name, SIZE, &options, XIPC_FOREVER, &section));
}

/*
 * The kernel drops a process's locks on a file with the first descriptor of it
 * that the process closes. One and the same file can be reached by two names.
 */
SPEC(
    closing_the_native_name_of_ones_own_object_gives_up_no_hold_on_it,
    "NAME-4 LIFE-6")
{
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    char native_name[XIPC_NATIVE_NAME_SIZE];
    char alias[XIPC_NATIVE_NAME_SIZE + 16] = "native:/";
    char path[ATTACK_PATH_SIZE];
    char name[] = "twice";
    xipc_section *section;
    xipc_section *raw = NULL;

    native_path_of(XIPC_SCOPE_MACHINE, "twice", path);
    if (strncmp(path, "/dev/shm/", 9) != 0) {
        spec_skip("objects are not among the system's own names here");
    }
    section = section_created_with("twice", SIZE, options);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "twice", XIPC_SCOPE_MACHINE, native_name,
        sizeof(native_name)));
    strcat(alias, native_name);
    REQUIRE_OK(xipc_section_open(alias, NULL, XIPC_FOREVER, &raw));
    xipc_section_close(raw);

    attack_run(0, require_still_held, name);

    REQUIRE(file_exists(path));
    xipc_section_close(section);
    REQUIRE(!file_exists(path));
}
