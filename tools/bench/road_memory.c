/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory for the roads that stand on it. */
#include <stdio.h>

#include <xipc/xipc.h>

#include "road.h"

#define OPEN_MAX 256

static struct {
    xipc_section *section;
    xipc_map *map;
} opened[OPEN_MAX];

static void *map_section(xipc_section *section)
{
    unsigned at = 0;

    while (at < OPEN_MAX && opened[at].section) {
        at++;
    }
    bench_require(at < OPEN_MAX, "too many roads on memory");
    opened[at].section = section;
    bench_ok(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &opened[at].map));
    return xipc_map_address(opened[at].map);
}

static const char *name_of(const road_plan *plan)
{
    static char name[XIPC_NAME_MAX + 1];

    snprintf(name, sizeof name, "%.190s-memory", plan->name);
    return name;
}

void *road_memory_create(const road_plan *plan, size_t size)
{
    xipc_section *section;

    bench_ok(
        xipc_section_create(name_of(plan), size, NULL, XIPC_FOREVER, &section));
    return map_section(section);
}

void *road_memory_join(const road_plan *plan, size_t size)
{
    xipc_section *section;

    bench_ok(xipc_section_open(name_of(plan), NULL, XIPC_FOREVER, &section));
    bench_require(xipc_section_size(section) >= size, "too short a section");
    return map_section(section);
}

void road_memory_close(void *memory)
{
    for (unsigned at = 0; at < OPEN_MAX; at++) {
        if (opened[at].section && xipc_map_address(opened[at].map) == memory) {
            xipc_map_close(opened[at].map);
            xipc_section_close(opened[at].section);
            opened[at].section = NULL;
            return;
        }
    }
}

void road_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}
