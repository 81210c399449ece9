/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another user was there first: the name, or the directory that names stand
 * in, is taken by something made to deceive.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536 };

typedef struct squat {
    char path[ATTACK_PATH_SIZE];
    char target[ATTACK_PATH_SIZE];
    mode_t mode;
} squat;

static squat *squat_new(void)
{
    return attack_memory(sizeof(squat));
}

static xipc_section_options anybodys(xipc_access access)
{
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);

    options.naming.access = access;
    options.naming.trust = XIPC_TRUST_EVERYONE;
    return options;
}

/* The name of scope MACHINE cannot be had, and costs no time. */
static void require_refused(xipc_status trusting)
{
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("squat", SIZE, &options, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_section_open("squat", &options, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_section_open_or_create(
            "squat", SIZE, &options, XIPC_FOREVER, &section, NULL));
    options.naming.trust = XIPC_TRUST_EVERYONE;
    if (trusting != XIPC_OK) {
        REQUIRE_STATUS(
            trusting,
            xipc_section_open("squat", &options, XIPC_FOREVER, &section));
    }
    REQUIRE(section == UNTOUCHED);
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_remove(
            XIPC_KIND_SECTION, "squat", XIPC_SCOPE_MACHINE, XIPC_FOREVER));
}

static void victim_meets_garbage(void *context)
{
    (void)context;
    require_refused(XIPC_E_CORRUPT);
}

static void stranger_makes_garbage(void *context)
{
    squat *plan = context;
    unsigned char garbage[1000];

    memset(garbage, 0xa5, sizeof(garbage));
    file_made(plan->path, garbage, sizeof(garbage), 0666);
}

SPEC(
    a_file_that_another_user_put_under_our_name_is_refused,
    "NAME-8 NAME-5 GEN-9")
{
    squat *plan = squat_new();

    attack_needs_users();
    native_path_of(XIPC_SCOPE_MACHINE, "squat", plan->path);

    attack_run(attack_stranger(), stranger_makes_garbage, plan);
    attack_run(attack_victim(), victim_meets_garbage, NULL);

    REQUIRE(unlink(plan->path) == 0);
    attack_memory_free(plan, sizeof(*plan));
    attack_users_gone();
}

static void stranger_makes_nothing(void *context)
{
    squat *plan = context;

    file_made(plan->path, "", 0, 0666);
}

SPEC(
    an_empty_file_that_another_user_put_under_our_name_is_refused,
    "NAME-8 NAME-5 GEN-9")
{
    squat *plan = squat_new();

    attack_needs_users();
    native_path_of(XIPC_SCOPE_MACHINE, "squat", plan->path);

    attack_run(attack_stranger(), stranger_makes_nothing, plan);
    attack_run(attack_victim(), victim_meets_garbage, NULL);

    REQUIRE(unlink(plan->path) == 0);
    attack_memory_free(plan, sizeof(*plan));
    attack_users_gone();
}

static void stranger_makes_a_good_one(void *context)
{
    xipc_section_options options = anybodys(XIPC_ACCESS_EVERYONE_WRITE);
    xipc_section *section;

    (void)context;
    options.naming.lifetime = XIPC_PERSISTENT;
    section = section_created_with("squat", SIZE, options);
    xipc_section_close(section);
}

static void victim_meets_a_good_one(void *context)
{
    xipc_section_options options = anybodys(XIPC_ACCESS_PRIVATE);
    xipc_section *section;

    (void)context;
    require_refused(XIPC_OK);
    section = section_opened_with("squat", options);
    REQUIRE_UINT(SIZE, xipc_section_size(section));
    xipc_section_close(section);
}

SPEC(
    a_whole_section_of_another_user_is_opened_only_by_who_trusts_everyone,
    "NAME-8 NAME-6")
{
    attack_needs_users();

    attack_run(attack_stranger(), stranger_makes_a_good_one, NULL);
    attack_run(attack_victim(), victim_meets_a_good_one, NULL);

    REQUIRE_OK(xipc_remove(
        XIPC_KIND_SECTION, "squat", XIPC_SCOPE_MACHINE, XIPC_FOREVER));
    attack_users_gone();
}

static void victim_tells_its_directory(void *context)
{
    squat *plan = context;

    native_directory(plan->path);
}

static void victim_is_refused_its_directory(void *context)
{
    xipc_section *section = UNTOUCHED;
    size_t removed_count = 7;

    (void)context;
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_section_create("mine", SIZE, NULL, XIPC_FOREVER, &section));
    REQUIRE(strstr(xipc_detail(), "not safe to use") != NULL);
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_section_open("mine", NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_section_open_or_create(
                           "mine", SIZE, NULL, XIPC_FOREVER, &section, NULL));
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_remove(XIPC_KIND_SECTION, "mine", XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_ACCESS, xipc_sweep(XIPC_SCOPE_USER, &removed_count));
    REQUIRE(section == UNTOUCHED);
    REQUIRE_UINT(7, removed_count);
}

/*
 * A plan whose path is the directory that a user without one would make.
 * Where the directory is chosen by the environment nobody can squat it.
 */
static squat *squat_of_directory(void)
{
    squat *plan = squat_new();

    attack_needs_users();
    attack_run(attack_victim(), victim_tells_its_directory, plan);
    if (strncmp(plan->path, "/dev/shm/", 9) != 0) {
        spec_skip("the user's directory does not stand in a shared one here");
    }
    snprintf(
        plan->target, sizeof(plan->target), "/dev/shm/xipc-squat-%ld",
        (long)getpid());
    attack_users_gone();
    REQUIRE(!file_exists(plan->path));
    return plan;
}

static void stranger_makes_the_directory(void *context)
{
    squat *plan = context;

    REQUIRE(mkdir(plan->path, 0700) == 0);
    REQUIRE(chmod(plan->path, plan->mode) == 0);
}

SPEC(a_directory_that_another_user_made_for_us_is_refused, "NAME-7 NAME-8")
{
    static const mode_t modes[] = {0700, 0755, 0777, 01777};
    squat *plan = squat_of_directory();
    size_t index;

    for (index = 0; index < sizeof(modes) / sizeof(modes[0]); index++) {
        plan->mode = modes[index];
        attack_run(attack_stranger(), stranger_makes_the_directory, plan);

        attack_run(attack_victim(), victim_is_refused_its_directory, NULL);

        /* It is empty: nothing of the victim's got into the wrong hands. */
        REQUIRE(rmdir(plan->path) == 0);
    }
    attack_memory_free(plan, sizeof(*plan));
}

static void stranger_links_the_directory(void *context)
{
    squat *plan = context;

    REQUIRE(mkdir(plan->target, 0700) == 0);
    REQUIRE(chmod(plan->target, 0777) == 0);
    REQUIRE(symlink(plan->target, plan->path) == 0);
}

SPEC(a_symbolic_link_instead_of_our_directory_is_refused, "NAME-7 NAME-8")
{
    squat *plan = squat_of_directory();

    attack_run(attack_stranger(), stranger_links_the_directory, plan);
    attack_run(attack_victim(), victim_is_refused_its_directory, NULL);

    REQUIRE(unlink(plan->path) == 0);
    REQUIRE(rmdir(plan->target) == 0);
    attack_memory_free(plan, sizeof(*plan));
}

static void stranger_makes_a_fifo(void *context)
{
    squat *plan = context;

    REQUIRE(mkfifo(plan->path, 0600) == 0);
    REQUIRE(chmod(plan->path, 0666) == 0);
}

SPEC(a_fifo_instead_of_our_directory_is_refused, "NAME-7 NAME-8")
{
    squat *plan = squat_of_directory();

    attack_run(attack_stranger(), stranger_makes_a_fifo, plan);
    attack_run(attack_victim(), victim_is_refused_its_directory, NULL);

    REQUIRE(unlink(plan->path) == 0);
    attack_memory_free(plan, sizeof(*plan));
    attack_users_gone();
}

static void victim_opens_its_directory(void *context)
{
    squat *plan = context;

    REQUIRE(mkdir(plan->path, 0700) == 0);
    REQUIRE(chmod(plan->path, plan->mode) == 0);
}

SPEC(a_directory_of_our_own_that_is_open_to_others_is_refused, "NAME-7")
{
    static const mode_t modes[] = {0701, 0704, 0702, 0710, 0720, 0740, 0777};
    squat *plan = squat_of_directory();
    size_t index;

    for (index = 0; index < sizeof(modes) / sizeof(modes[0]); index++) {
        plan->mode = modes[index];
        attack_run(attack_victim(), victim_opens_its_directory, plan);
        attack_run(attack_victim(), victim_is_refused_its_directory, NULL);
        REQUIRE(rmdir(plan->path) == 0);
    }
    attack_memory_free(plan, sizeof(*plan));
}
