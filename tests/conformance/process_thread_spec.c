/* SPDX-License-Identifier: Apache-2.0 */
/* Eight threads start processes at once, and nothing gets mixed up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spawn_kit.h"

/* Each child has exactly what its own thread gave it. */
static void start_with_one_of_mine(void *context)
{
    unsigned number = *(const unsigned *)context;
    char file_name[32];
    char told_name[32];
    char label[32];

    snprintf(file_name, sizeof file_name, "file-%u", number);
    snprintf(told_name, sizeof told_name, "told-%u", number);
    snprintf(label, sizeof label, "label-%u", number);
    for (unsigned round = 0; round < rounds_here(25, 3); round++) {
        xipc_native_handle file = native_file_made(file_name);
        const xipc_inherit inherits[] = {{label, NULL, file}};
        xipc_spawn_options options = spawn_with(0);

        options.inherits = inherits;
        options.inherit_count = 1;
        REQUIRE_UINT(1, handles_of_probe(&options, told_name));
        PROBE_DONE(&options, "spend", label);
        REQUIRE_UINT(0, handles_of_probe(NULL, told_name));
        native_file_closed(file);
        require_file(file_name, "spent");
    }
}

SPEC(eight_threads_leak_nothing_into_each_others_children, "PROC-1 GEN-6")
{
    in_a_crowd(start_with_one_of_mine);
}

static void start_and_lose(void *context)
{
    unsigned number = *(const unsigned *)context;
    xipc_spawn_options options = spawn_with(0);

    for (unsigned round = 0; round < rounds_here(30, 3); round++) {
        char code[16];
        xipc_exit seen;

        snprintf(code, sizeof code, "%u", number * 10 + round % 10);
        seen = process_ended(PROBE(&options, "exit", code));
        REQUIRE_UINT(number * 10 + round % 10, (uint64_t)seen.code);
        xipc_process_close(PROBE(&options, "exit", "0"));
    }
}

SPEC(eight_threads_learn_of_the_ends_of_their_own_children, "PROC-2 GEN-6")
{
    in_a_crowd(start_and_lose);
}

static void start_tied(void *context)
{
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_DIE_WITH_PARENT);

    (void)context;
    for (unsigned round = 0; round < rounds_here(10, 2); round++) {
        PROBE_DONE(&options, "exit", "0");
    }
}

SPEC(eight_threads_start_children_that_die_with_this_process, "PROC-2 GEN-6")
{
    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    in_a_crowd(start_tied);
}
