/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/bell_kit.h"

#include <stdio.h>

#include "core/poller.h"
#include "posix/posix_bell.h"
#include "posix/posix_directory.h"

static void write_path(const char *prefix, uint32_t number, char *path)
{
    char directory[ATTACK_PATH_SIZE / 2];

    REQUIRE_OK(
        posix_directory(XIPC_SCOPE_MACHINE, 0, directory, sizeof directory));
    snprintf(
        path, ATTACK_PATH_SIZE, "%s/%s%08lx", directory, prefix,
        (unsigned long)number);
}

void bell_path_of(uint32_t number, char *path)
{
    write_path(POSIX_BELL_PREFIX, number, path);
}

void bell_path_in_the_making(uint32_t number, char *path)
{
    write_path(POSIX_BELL_MAKING_PREFIX, number, path);
}

void bell_path(const xipc_poller *poller, char *path)
{
    bell_path_of(xipcos_bell_number(poller->bell), path);
}

void bell_directory(char *path)
{
    REQUIRE_OK(posix_directory(XIPC_SCOPE_MACHINE, 0, path, ATTACK_PATH_SIZE));
}

assault *assault_on(const xipc_poller *poller)
{
    assault *plan = attack_memory(sizeof *plan);

    if (poller) {
        bell_path(poller, plan->path);
    }
    return plan;
}

void assault_over(assault *plan)
{
    attack_memory_free(plan, sizeof *plan);
}

pid_t assault_begins(assault *plan, attack_role *role)
{
    pid_t attacker = attack_start(0, role, plan);

    while (!atomic_load(&plan->is_on)) {
        /* the watchdog ends it */
    }
    return attacker;
}
