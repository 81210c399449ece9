/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process itself runs out: of descriptors at every possible one, of bytes
 * a file may have, of address space. Each call fails with its own status,
 * leaves nothing open and nothing behind, and no signal comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, DESCRIPTORS_MAX = 256 };

/* C libraries do not agree on the type of a resource kept in a variable. */
static int limit_read(int resource, struct rlimit *limit)
{
    switch (resource) {
    case RLIMIT_NOFILE: return getrlimit(RLIMIT_NOFILE, limit);
    case RLIMIT_FSIZE: return getrlimit(RLIMIT_FSIZE, limit);
    default: return getrlimit(RLIMIT_AS, limit);
    }
}

static int limit_write(int resource, const struct rlimit *limit)
{
    switch (resource) {
    case RLIMIT_NOFILE: return setrlimit(RLIMIT_NOFILE, limit);
    case RLIMIT_FSIZE: return setrlimit(RLIMIT_FSIZE, limit);
    default: return setrlimit(RLIMIT_AS, limit);
    }
}

static void limit_set(int resource, rlim_t soft)
{
    struct rlimit limit;

    REQUIRE(limit_read(resource, &limit) == 0);
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    REQUIRE(limit_write(resource, &limit) == 0);
}

static void limit_lift(int resource)
{
    limit_set(resource, RLIM_INFINITY);
}

static unsigned open_count(void)
{
    unsigned count = 0;
    int fd;

    for (fd = 0; fd < DESCRIPTORS_MAX; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1U : 0U;
    }
    return count;
}

/* One call that opens descriptors, and what undoes it. */
typedef struct hungry_call {
    const char *name;
    xipc_status (*make)(xipc_section **section_out);
} hungry_call;

static xipc_status call_create(xipc_section **section_out)
{
    return xipc_section_create("new", SIZE, NULL, XIPC_FOREVER, section_out);
}

static xipc_status call_create_growable(xipc_section **section_out)
{
    xipc_section_options options = growing_to(4 * SIZE);

    return xipc_section_create(
        "new", SIZE, &options, XIPC_FOREVER, section_out);
}

static xipc_status call_open_or_create(xipc_section **section_out)
{
    return xipc_section_open_or_create(
        "new", SIZE, NULL, XIPC_FOREVER, section_out, NULL);
}

static xipc_status call_open(xipc_section **section_out)
{
    return xipc_section_open("old", NULL, XIPC_FOREVER, section_out);
}

static xipc_status call_open_read_only(xipc_section **section_out)
{
    xipc_section_options options = flagged(XIPC_SECTION_READ_ONLY);

    return xipc_section_open("old", &options, XIPC_FOREVER, section_out);
}

static xipc_status call_create_anonymous(xipc_section **section_out)
{
    return xipc_section_create_anonymous(SIZE, NULL, section_out);
}

static const hungry_call hungry_calls[] = {
    {"create", call_create},
    {"create growable", call_create_growable},
    {"open or create", call_open_or_create},
    {"open", call_open},
    {"open read-only", call_open_read_only},
    {"create anonymous", call_create_anonymous},
};

enum { HUNGRY_CALLS = sizeof(hungry_calls) / sizeof(hungry_calls[0]) };

/* From no descriptor at all to as many as it takes. */
static void starve(const hungry_call *call)
{
    xipc_section *section = UNTOUCHED;
    unsigned before = open_count();
    unsigned allowed;
    xipc_status status = XIPC_E_NO_MEMORY;

    for (allowed = 0; status == XIPC_E_NO_MEMORY; allowed++) {
        REQUIRE(allowed < DESCRIPTORS_MAX);
        limit_set(RLIMIT_NOFILE, allowed);
        status = call->make(&section);
        limit_lift(RLIMIT_NOFILE);
        if (status == XIPC_OK) {
            break;
        }
        REQUIRE_STATUS(XIPC_E_NO_MEMORY, status);
        REQUIRE(section == UNTOUCHED);
        REQUIRE_UINT(before, open_count());
        require_absent("new");
        REQUIRE_UINT(before, open_count());
    }
    require_section_says(section, "");
    xipc_section_close(section);
    REQUIRE_UINT(before, open_count());
    spec_note("%s: fails with up to %u descriptors", call->name, allowed - 1);
}

static void starve_all(void *context)
{
    size_t index;

    (void)context;
    /* What the library keeps open for the life of a process is not a leak. */
    xipc_section_close(section_created("first", SIZE));
    for (index = 0; index < HUNGRY_CALLS; index++) {
        starve(&hungry_calls[index]);
    }
}

SPEC(
    without_descriptors_every_call_fails_clean_until_there_are_enough,
    "GEN-1 GEN-2")
{
    xipc_section *old = section_created("keeper", SIZE);

    xipc_section_close(
        section_created_with("old", SIZE, lasting(XIPC_PERSISTENT)));
    attack_run(0, starve_all, NULL);
    require_removed("old");
    xipc_section_close(old);
}

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->native_name != NULL);
    return 0;
}

static void look_around_starved(void *context)
{
    unsigned before = open_count();
    unsigned allowed;
    xipc_status status;

    (void)context;
    for (allowed = 0; allowed < 64; allowed++) {
        limit_set(RLIMIT_NOFILE, allowed);
        status = xipc_list(XIPC_SCOPE_USER, see_one, NULL);
        limit_lift(RLIMIT_NOFILE);
        REQUIRE(status == XIPC_OK || status == XIPC_E_NO_MEMORY);
        limit_set(RLIMIT_NOFILE, allowed);
        status = xipc_sweep(XIPC_SCOPE_USER, NULL);
        limit_lift(RLIMIT_NOFILE);
        REQUIRE(status == XIPC_OK || status == XIPC_E_NO_MEMORY);
        REQUIRE_UINT(before, open_count());
    }
    REQUIRE_STATUS(XIPC_OK, status);
}

SPEC(listing_without_descriptors_takes_nothing_that_is_held, "LIFE-6 LIFE-7")
{
    xipc_section *section = section_saying("old", "held");

    attack_run(0, look_around_starved, NULL);

    require_section_says(section, "held");
    require_holders("old", 1);
    xipc_section_close(section);
}

static const rlim_t file_limits[] = {
    0, 1, 63, 511, 512, 513, 4096, 65535, 65536, 65537, 65536 + SIZE - 1};

enum { FILE_LIMITS = sizeof(file_limits) / sizeof(file_limits[0]) };

static void create_under_file_limits(void *context)
{
    xipc_section_options lazy = flagged(XIPC_SECTION_LAZY);
    xipc_section *section = UNTOUCHED;
    size_t index;

    (void)context;
    for (index = 0; index < FILE_LIMITS; index++) {
        limit_set(RLIMIT_FSIZE, file_limits[index]);
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_section_create("new", SIZE, NULL, XIPC_FOREVER, &section));
        REQUIRE(strstr(xipc_detail(), "RLIMIT_FSIZE") != NULL);
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_section_create("new", SIZE, &lazy, XIPC_FOREVER, &section));
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_section_create_anonymous(SIZE, NULL, &section));
        limit_lift(RLIMIT_FSIZE);
        REQUIRE(section == UNTOUCHED);
        require_absent("new");
    }
    limit_set(RLIMIT_FSIZE, 65536 + SIZE);
    xipc_section_close(section_created("new", SIZE));
}

SPEC(a_limit_on_file_sizes_is_a_status_and_not_a_signal, "GEN-3 SHM-2 GEN-2")
{
    attack_run(0, create_under_file_limits, NULL);
    require_absent("new");
}

static void use_under_file_limits(void *context)
{
    xipc_section *section;
    size_t index;

    (void)context;
    for (index = 0; index < FILE_LIMITS; index++) {
        limit_set(RLIMIT_FSIZE, file_limits[index]);
        section = section_opened("old");
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_section_grow(section, 2 * SIZE, XIPC_FOREVER));
        REQUIRE_UINT(SIZE, xipc_section_size(section));
        REQUIRE_OK(xipc_section_refresh(section, NULL));
        REQUIRE_UINT(SIZE, xipc_section_size(section));
        require_section_says(section, "old words");
        REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
        xipc_section_close(section);
        limit_lift(RLIMIT_FSIZE);
    }
}

SPEC(what_exists_can_be_used_under_any_limit_on_file_sizes, "GEN-3 SHM-6")
{
    xipc_section *section =
        section_created_with("old", SIZE, growing_to(4 * SIZE));
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), "old words", 10);
    xipc_map_close(map);
    attack_run(0, use_under_file_limits, NULL);
    xipc_section_close(section);
    require_absent("old");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ADDRESS_SPACE_CAN_BE_LIMITED 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef ADDRESS_SPACE_CAN_BE_LIMITED
#endif
#endif
#endif

#if defined(ADDRESS_SPACE_CAN_BE_LIMITED)

/* Room for this process as it is, and a little more. */
static void limit_address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file) {
        spec_skip("this host does not tell how much address space is used");
    }
    REQUIRE(fscanf(file, "%lu", &pages) == 1);
    (void)fclose(file);
    limit_set(
        RLIMIT_AS, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (4 << 20));
}

static void map_without_address_space(void *context)
{
    xipc_section_options options = growing_to(UINT64_C(256) << 20);
    xipc_section *section;
    xipc_map *map = UNTOUCHED;
    unsigned round;

    (void)context;
    options.flags = XIPC_SECTION_LAZY;
    section = section_created_with("wide", UINT64_C(64) << 20, options);
    limit_address_space();
    for (round = 0; round < 100; round++) {
        REQUIRE_STATUS(
            XIPC_E_NO_MEMORY,
            xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
        REQUIRE_STATUS(
            XIPC_E_NO_MEMORY, xipc_section_map(section, 0, 32 << 20, 0, &map));
        REQUIRE(map == UNTOUCHED);
    }
    REQUIRE_OK(xipc_section_map(section, 0, SIZE, XIPC_MAP_WRITE, &map));
    bytes_of(map)[SIZE - 1] = 1;
    xipc_map_close(map);
    limit_lift(RLIMIT_AS);
    xipc_map_close(mapped(section));
    xipc_section_close(section);
}

SPEC(without_address_space_mapping_is_a_status_and_not_a_signal, "SHM-3 GEN-1")
{
    attack_run(0, map_without_address_space, NULL);
    require_absent("wide");
}

#endif
