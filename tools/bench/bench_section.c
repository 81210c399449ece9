/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/xipc.h>

#include "bench.h"

#define NAME "xipc-bench"

static xipc_section *held;
static xipc_section_options persistent = XIPC_SECTION_OPTIONS_INIT;

static void begin_anonymous(void)
{
    bench_raw_begin();
    bench_ok(xipc_section_create_anonymous(BENCH_SECTION_SIZE, NULL, &held));
}

static void end_anonymous(void)
{
    xipc_section_close(held);
    bench_raw_end();
}

/* Held by nobody, so that each open is the first of this process. */
static void begin_persistent(void)
{
    bench_raw_begin();
    persistent.naming.lifetime = XIPC_PERSISTENT;
    bench_ok(xipc_section_open_or_create(
        NAME, BENCH_SECTION_SIZE, &persistent, XIPC_FOREVER, &held, NULL));
    xipc_section_close(held);
}

static void end_persistent(void)
{
    bench_ok(
        xipc_remove(XIPC_KIND_SECTION, NAME, XIPC_SCOPE_USER, XIPC_FOREVER));
    bench_raw_end();
}

static void map(unsigned count)
{
    xipc_map *mapped;

    while (count-- > 0) {
        bench_ok(xipc_section_map(held, 0, 0, XIPC_MAP_WRITE, &mapped));
        xipc_map_close(mapped);
    }
}

static void open_only(unsigned count)
{
    xipc_section *section;

    while (count-- > 0) {
        bench_ok(xipc_section_open(NAME, NULL, XIPC_FOREVER, &section));
        xipc_section_close(section);
    }
}

static void open_and_map(unsigned count)
{
    xipc_section *section;
    xipc_map *mapped;

    while (count-- > 0) {
        bench_ok(xipc_section_open(NAME, NULL, XIPC_FOREVER, &section));
        bench_ok(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &mapped));
        xipc_map_close(mapped);
        xipc_section_close(section);
    }
}

static void create(unsigned count)
{
    xipc_section *section;

    while (count-- > 0) {
        bench_ok(xipc_section_create(
            NAME, BENCH_SECTION_SIZE, NULL, XIPC_FOREVER, &section));
        xipc_section_close(section);
    }
}

const bench_row bench_section_rows[] = {
    {"section: map, unmap", "fstat, mmap", map, bench_raw_map, begin_anonymous,
     end_anonymous},
    {"section: open, close", "open, fstat, pread, lock, lstat", open_only,
     bench_raw_open, begin_persistent, end_persistent},
    {"section: open, map, unmap, close", "the same, fstat, mmap", open_and_map,
     bench_raw_open_map, begin_persistent, end_persistent},
    {"section: create 1 MiB, close", "make, reserve, lock, name", create,
     bench_raw_create, bench_raw_begin, bench_raw_end},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
