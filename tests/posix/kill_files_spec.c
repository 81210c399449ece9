/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A creator or closer dies at each step, and after the next create of that
 * name the directory holds no file of it.
 */
#include "posix/attack_kit.h"
#include "support/kill_anywhere.h"

enum { SIZE = 65536 };

static void require_no_file(void *context)
{
    char path[ATTACK_PATH_SIZE];

    (void)context;
    xipc_section_close(section_created("victim", SIZE));
    native_path_of(XIPC_SCOPE_USER, "victim", path);
    REQUIRE(!file_exists(path));
}

KILLED(creates_and_closes)
{
    xipc_section *section;

    kill_begin();
    section = section_created("victim", SIZE);
    xipc_section_close(section);
    kill_end();
}

SPEC(a_dead_creators_file_is_gone_after_the_next_create, "LIFE-1 GEN-11")
{
    kill_plan plan = {NULL, require_no_file, NULL, NULL};

    KILL_ANYWHERE(creates_and_closes, &plan);
}

/* What another name left: gone once anybody creates or lists anything. */
static void require_no_file_of_another_name(void *context)
{
    char path[ATTACK_PATH_SIZE];

    (void)context;
    xipc_section_close(section_created("another", SIZE));
    native_path_of(XIPC_SCOPE_USER, "victim", path);
    REQUIRE(!file_exists(path));
}

SPEC(a_dead_creators_memory_returns_when_any_name_is_created, "LIFE-1 GEN-11")
{
    kill_plan plan = {NULL, require_no_file_of_another_name, NULL, NULL};

    KILL_ANYWHERE(creates_and_closes, &plan);
}
