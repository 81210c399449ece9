/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parent that gives its child work in shared memory, and reads the results.
 *
 *     run_child NUMBER...
 *
 * The child is this same program. It finds the section by its label, adds up
 * the numbers in it, and says by its exit code whether it could. If the parent
 * is killed, the child is as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define LABEL      "work"
#define NUMBER_MAX 1000

typedef struct work {
    int64_t count;
    int64_t sum;
    int64_t numbers[NUMBER_MAX];
} work;

static int failed(const char *doing)
{
    fprintf(stderr, "run_child: %s: %s\n", doing, xipc_detail());
    return EXIT_FAILURE;
}

/* ---- the child ---- */

static int be_child(void)
{
    xipc_section *section;
    xipc_map *map;
    work *shared;

    if (xipc_inherited_section(LABEL, &section) ||
        xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map)) {
        return failed("taking the work");
    }
    shared = xipc_map_address(map);
    for (int64_t at = 0; at < shared->count && at < NUMBER_MAX; at++) {
        shared->sum += shared->numbers[at];
    }
    xipc_map_close(map);
    xipc_section_close(section);
    return EXIT_SUCCESS;
}

/* ---- the parent ---- */

/* Starts it, with nothing of this process's but the section and the streams. */
static int start(const char *program, xipc_section *section, xipc_process **out)
{
    const char *arguments[] = {program, "--child", NULL};
    const xipc_inherit inherits[] = {{LABEL, xipc_section_object(section), 0}};
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    options.inherits = inherits;
    options.inherit_count = 1;
    options.input.kind = XIPC_STREAM_NULL;
    if (xipc_capability(XIPC_FEATURE_DIE_WITH_PARENT, &info) == XIPC_OK &&
        info.support != XIPC_SUPPORT_ABSENT) {
        options.flags = XIPC_SPAWN_DIE_WITH_PARENT;
    }
    return xipc_spawn(program, arguments, &options, out);
}

static int run(const char *program, xipc_section *section, const work *shared)
{
    xipc_exit how = XIPC_EXIT_INIT;
    xipc_process *process;

    if (start(program, section, &process)) {
        return failed("starting the child");
    }
    if (xipc_process_wait(process, xipc_after_ms(60000), &how)) {
        failed("waiting for the child");
        xipc_process_close(process);
        return EXIT_FAILURE;
    }
    xipc_process_close(process);
    if (how.ending != XIPC_ENDED_EXIT || how.code != 0) {
        fprintf(
            stderr, "run_child: the child %s %lld\n",
            how.ending == XIPC_ENDED_CRASH ? "was killed by" : "ended with",
            (long long)how.code);
        return EXIT_FAILURE;
    }
    printf("%lld\n", (long long)shared->sum);
    return EXIT_SUCCESS;
}

static int be_parent(const char *program, int count, char **numbers)
{
    xipc_section *section;
    xipc_map *map;
    work *shared;
    int result;

    if (xipc_section_create_anonymous(sizeof *shared, NULL, &section) ||
        xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map)) {
        return failed("making the work");
    }
    shared = xipc_map_address(map);
    for (shared->count = 0; shared->count < count; shared->count++) {
        shared->numbers[shared->count] =
            strtoll(numbers[shared->count], NULL, 10);
    }
    result = run(program, section, shared);
    xipc_map_close(map);
    xipc_section_close(section);
    return result;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--child") == 0) {
        return be_child();
    }
    if (argc < 2 || argc > NUMBER_MAX) {
        fprintf(stderr, "usage: run_child NUMBER...\n");
        return 2;
    }
    return be_parent(argv[0], argc - 1, argv + 1);
}
