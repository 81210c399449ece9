/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system of one mebibyte under the names: create and grow say what
 * there is no room for, and what was created can be filled to the last byte.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "posix/attack_kit.h"

#if defined(CLONE_NEWNS)

enum { MEBIBYTE = 1 << 20, PAGE = 4096, PROMPTLY_MS = 5000 };

/* In a mount namespace of the case's own process, seen by nobody else. */
static void small_memory(void)
{
    char directory[ATTACK_PATH_SIZE];

    native_directory(directory);
    if (strncmp(directory, "/dev/shm/", 9) != 0) {
        spec_skip("names do not stand in /dev/shm here");
    }
    if (!attack_unshare(
            geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev/shm", "tmpfs", 0, "size=1m,mode=1777") != 0) {
        spec_skip("this user may not mount a file system of its own");
    }
}

static void memory_as_before(void)
{
    REQUIRE(umount2("/dev/shm", MNT_DETACH) == 0);
}

static uint64_t free_bytes(void)
{
    struct statvfs space;

    REQUIRE(statvfs("/dev/shm", &space) == 0);
    return (uint64_t)space.f_bavail * space.f_frsize;
}

/* Files in the user's directory, besides the library's own bookkeeping. */
static unsigned file_count(void)
{
    char path[ATTACK_PATH_SIZE];
    const struct dirent *entry;
    unsigned count = 0;
    DIR *directory;

    native_directory(path);
    directory = opendir(path);
    REQUIRE(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        count += entry->d_name[0] != '.' && strcmp(entry->d_name, "roll") != 0
                     ? 1U
                     : 0U;
    }
    closedir(directory);
    return count;
}

/*
 * The detail's numbers are what was asked and what was free at that moment,
 * when the first page or two of the new object were already taken.
 */
static void require_numbers(uint64_t asked, uint64_t free_before)
{
    static const char digits[] = "0123456789";
    const char *at = strrchr(xipc_detail(), ':');
    unsigned long long told_asked;
    unsigned long long told_free;
    char *end;

    REQUIRE(at != NULL);
    at += strcspn(at, digits);
    told_asked = strtoull(at, &end, 10);
    at = end + strcspn(end, digits);
    told_free = strtoull(at, &end, 10);
    REQUIRE_UINT(asked, told_asked);
    REQUIRE(told_free <= free_before);
    REQUIRE(free_before - told_free <= 2 * PAGE);
}

SPEC(a_section_larger_than_the_memory_there_is_is_not_created, "SHM-2 GEN-2")
{
    static const uint64_t sizes[] = {
        MEBIBYTE, 2 * MEBIBYTE, 64 * MEBIBYTE, UINT64_C(1) << 40};
    xipc_section *section = UNTOUCHED;
    uint64_t before;
    size_t index;

    small_memory();
    xipc_section_close(section_created("first", PAGE));
    before = free_bytes();
    for (index = 0; index < sizeof(sizes) / sizeof(sizes[0]); index++) {
        REQUIRE_STATUS(
            XIPC_E_NO_SPACE,
            xipc_section_create(
                "large", sizes[index], NULL, XIPC_FOREVER, &section));
        require_numbers(sizes[index], before);
        REQUIRE_UINT(before, free_bytes());
        REQUIRE_UINT(0, file_count());
    }
    REQUIRE(section == UNTOUCHED);
    require_absent("large");
    memory_as_before();
}

/* Creates the largest section there is room for. */
static xipc_section *largest_created(uint64_t max_size)
{
    xipc_section_options options = growing_to(max_size);
    xipc_section *section = NULL;
    uint64_t size = free_bytes();

    while (xipc_section_create(
               "large", size, &options, XIPC_FOREVER, &section) != XIPC_OK) {
        REQUIRE(size > PAGE);
        size -= PAGE;
    }
    REQUIRE(xipc_section_size(section) > MEBIBYTE / 2);
    return section;
}

SPEC(every_page_of_what_was_created_can_be_written, "SHM-2")
{
    xipc_section *section;
    xipc_map *map;

    small_memory();
    section = largest_created(0);
    map = mapped(section);

    memset(bytes_of(map), 0x5a, xipc_map_size(map));

    REQUIRE(bytes_of(map)[xipc_map_size(map) - 1] == 0x5a);
    xipc_map_close(map);
    xipc_section_close(section);
    REQUIRE_UINT(0, file_count());
    memory_as_before();
}

static void fills_the_rest(void *context)
{
    char path[] = "/dev/shm/filler";
    static const char page[PAGE];
    FILE *file = fopen(path, "we");

    (void)context;
    REQUIRE(file != NULL);
    setbuf(file, NULL);
    while (fwrite(page, sizeof(page), 1, file) == 1) {
    }
    (void)fclose(file);
}

SPEC(a_neighbour_that_fills_the_memory_takes_none_of_ours, "SHM-2")
{
    xipc_section *section;
    xipc_map *map;

    small_memory();
    section = section_created("ours", MEBIBYTE / 2);
    attack_run(0, fills_the_rest, NULL);
    map = mapped(section);

    memset(bytes_of(map), 0x5a, xipc_map_size(map));

    REQUIRE(bytes_of(map)[xipc_map_size(map) - 1] == 0x5a);
    REQUIRE(free_bytes() < MEBIBYTE / 2);
    xipc_map_close(map);
    xipc_section_close(section);
    REQUIRE(unlink("/dev/shm/filler") == 0);
    memory_as_before();
}

SPEC(growing_beyond_the_memory_there_is_changes_nothing, "SHM-6 SHM-2 GEN-2")
{
    xipc_section *section;
    uint64_t before;

    small_memory();
    section = section_created_with(
        "grower", MEBIBYTE / 4, growing_to(UINT64_C(1) << 32));
    before = free_bytes();

    REQUIRE_STATUS(
        XIPC_E_NO_SPACE,
        xipc_section_grow(section, 2 * MEBIBYTE, XIPC_FOREVER));

    require_numbers(2 * MEBIBYTE - MEBIBYTE / 4, before);
    REQUIRE_UINT(before, free_bytes());
    REQUIRE_OK(xipc_section_refresh(section, NULL));
    REQUIRE_UINT(MEBIBYTE / 4, xipc_section_size(section));
    REQUIRE_OK(xipc_section_grow(section, MEBIBYTE / 2, XIPC_FOREVER));
    REQUIRE_UINT(MEBIBYTE / 2, xipc_section_size(section));
    xipc_section_close(section);
    REQUIRE_UINT(0, file_count());
    memory_as_before();
}

/* When not even a byte of bookkeeping can be written. */
SPEC(nothing_hangs_or_dies_when_the_memory_is_full, "SHM-2 GEN-3")
{
    xipc_section *section = UNTOUCHED;
    int64_t start;

    small_memory();
    attack_run(0, fills_the_rest, NULL);
    start = spec_now_ns();

    REQUIRE_STATUS(
        XIPC_E_NO_SPACE,
        xipc_section_create("none", PAGE, NULL, XIPC_FOREVER, &section));
    require_absent("none");
    require_nothing_exists();

    REQUIRE(ms_since(start) < PROMPTLY_MS);
    REQUIRE(section == UNTOUCHED);
    REQUIRE(unlink("/dev/shm/filler") == 0);
    xipc_section_close(section_created("none", PAGE));
    memory_as_before();
}

#endif
