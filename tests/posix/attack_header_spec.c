/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in an object's file is another process's word: every byte of its
 * front is turned, its sizes are forged with a right checksum, and the file is
 * cut at every interesting length.
 */
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_checksum.h"
#include "posix/attack_kit.h"
#include "posix/posix_layout.h"

enum { SIZE = 2 * 65536, FRONT_SIZE = 512 };

#define WORDS "as it was made"

/* A persistent section without holders, so that only its file speaks. */
static void victim_made(const char *name, char *path)
{
    xipc_section *section =
        section_created_with(name, SIZE, lasting(XIPC_PERSISTENT));
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), WORDS, sizeof(WORDS));
    xipc_map_close(map);
    xipc_section_close(section);
    native_path_of(XIPC_SCOPE_USER, name, path);
}

static void require_whole(xipc_section *section)
{
    REQUIRE_UINT(SIZE, xipc_section_size(section));
    REQUIRE_UINT(SIZE, xipc_section_max_size(section));
    require_section_says(section, WORDS);
}

static int see_name(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->name != NULL);
    REQUIRE(strlen(listing->name) <= XIPC_NAME_MAX);
    REQUIRE(strlen(listing->native_name) < XIPC_NATIVE_NAME_SIZE);
    return 0;
}

/* Whatever was done to it: refused, or exactly as it was. Says which. */
static int require_refused_or_whole(const char *name)
{
    xipc_section_options options = flagged(XIPC_SECTION_READ_ONLY);
    xipc_section *section = UNTOUCHED;
    xipc_status status;

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_name, NULL));
    status = xipc_section_open(name, NULL, xipc_after_ms(500), &section);
    if (status == XIPC_OK) {
        require_whole(section);
        xipc_section_close(section);
        return 1;
    }
    REQUIRE(
        status == XIPC_E_CORRUPT || status == XIPC_E_INCOMPATIBLE ||
        status == XIPC_E_NOT_FOUND);
    REQUIRE(section == UNTOUCHED);
    REQUIRE(xipc_detail()[0] != '\0');
    REQUIRE(
        xipc_section_open(name, &options, xipc_after_ms(500), &section) ==
        status);
    return 0;
}

static void turn_every_byte(unsigned char with, unsigned *accepted_count)
{
    unsigned char front[FRONT_SIZE];
    unsigned char turned;
    char path[ATTACK_PATH_SIZE];
    off_t offset;

    victim_made("turned", path);
    REQUIRE_UINT(FRONT_SIZE, file_read(path, 0, front, FRONT_SIZE));
    for (offset = 0; offset < FRONT_SIZE; offset++) {
        turned = (unsigned char)(front[offset] ^ with);
        file_written(path, offset, &turned, 1);
        if (require_refused_or_whole("turned")) {
            (*accepted_count)++;
        }
        /* Even nonsense may have been taken for stale and cleared away. */
        if (!file_exists(path)) {
            victim_made("turned", path);
            REQUIRE_UINT(FRONT_SIZE, file_read(path, 0, front, FRONT_SIZE));
        }
        file_written(path, offset, &front[offset], 1);
    }
    REQUIRE(require_refused_or_whole("turned"));
    require_removed("turned");
}

SPEC(no_turned_byte_of_the_front_goes_unnoticed, "GEN-9 GEN-10")
{
    static const unsigned char patterns[] = {0x01, 0x80, 0xff};
    unsigned accepted_count = 0;
    size_t index;

    for (index = 0; index < sizeof(patterns); index++) {
        turn_every_byte(patterns[index], &accepted_count);
    }

    REQUIRE_UINT(0, accepted_count);
}

SPEC(a_zeroed_or_random_front_is_refused, "GEN-9 GEN-10")
{
    unsigned char front[FRONT_SIZE];
    unsigned char noise[FRONT_SIZE];
    uint32_t dice = (uint32_t)spec_now_ns() | 1;
    char path[ATTACK_PATH_SIZE];
    unsigned round;
    size_t index;

    victim_made("noisy", path);
    REQUIRE_UINT(FRONT_SIZE, file_read(path, 0, front, FRONT_SIZE));
    memset(noise, 0, sizeof(noise));
    spec_note("seed %u", dice);

    for (round = 0; round < 500; round++) {
        file_written(path, 0, noise, sizeof(noise));
        REQUIRE(!require_refused_or_whole("noisy"));
        for (index = 0; index < sizeof(noise); index++) {
            noise[index] = (unsigned char)thrown(&dice, 256);
        }
    }

    REQUIRE(file_exists(path));
    file_written(path, 0, front, sizeof(front));
    REQUIRE(require_refused_or_whole("noisy"));
    require_removed("noisy");
}

static const off_t lengths[] = {
    0, 1, 63, 64, 511, 512, 513, 4096, 65535, 65536, 65537, SIZE, SIZE + 65535,
};

SPEC(a_file_that_was_cut_short_is_corrupt, "GEN-9 GEN-10 SHM-6")
{
    unsigned char front[FRONT_SIZE];
    xipc_section *section = UNTOUCHED;
    char path[ATTACK_PATH_SIZE];
    size_t index;

    victim_made("cut", path);
    REQUIRE_UINT(FRONT_SIZE, file_read(path, 0, front, FRONT_SIZE));

    for (index = 0; index < sizeof(lengths) / sizeof(lengths[0]); index++) {
        file_truncated(path, lengths[index]);
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipc_section_open("cut", NULL, XIPC_FOREVER, &section));
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipc_section_open_or_create(
                "cut", SIZE, NULL, XIPC_FOREVER, &section, NULL));
        REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_name, NULL));
        file_truncated(path, 65536 + SIZE);
        file_written(path, 0, front, sizeof(front));
    }

    REQUIRE(section == UNTOUCHED);
    require_removed("cut");
    require_absent("cut");
}

SPEC(a_file_that_was_lengthened_beyond_its_limit_is_corrupt, "GEN-9 GEN-10")
{
    static const off_t excess[] = {1, 4096, (off_t)1 << 31, (off_t)1 << 40};
    xipc_section *section = UNTOUCHED;
    char path[ATTACK_PATH_SIZE];
    size_t index;

    victim_made("long", path);
    for (index = 0; index < sizeof(excess) / sizeof(excess[0]); index++) {
        file_truncated(path, 65536 + SIZE + excess[index]);
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipc_section_open("long", NULL, XIPC_FOREVER, &section));
    }

    REQUIRE(section == UNTOUCHED);
    require_removed("long");
}

/* The file's own words say nothing true, but its checksum is right. */
static void forge(const char *path, uint64_t first_size, uint64_t max_size)
{
    posix_prefix prefix;

    REQUIRE_UINT(sizeof(prefix), file_read(path, 0, &prefix, sizeof(prefix)));
    prefix.first_size = first_size;
    prefix.max_size = max_size;
    prefix.checksum =
        xipcos_checksum(0, &prefix, offsetof(posix_prefix, checksum));
    file_written(path, 0, &prefix, sizeof(prefix));
}

/* It may be believed only as far as the file really goes. */
static void use_what_was_forged(void)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;
    xipc_status status;
    uint64_t size;

    status = xipc_section_open("forged", NULL, XIPC_FOREVER, &section);
    REQUIRE(is_open_status(status));
    if (status != XIPC_OK) {
        return;
    }
    size = xipc_section_size(section);
    REQUIRE_UINT(SIZE, size);
    REQUIRE(xipc_section_max_size(section) >= size);
    status = xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map);
    if (status == XIPC_OK) {
        REQUIRE(xipc_map_size(map) <= size);
        bytes_of(map)[0] = 'a';
        bytes_of(map)[xipc_map_size(map) - 1] = 0;
        xipc_map_close(map);
    } else {
        REQUIRE(status == XIPC_E_NO_MEMORY || status == XIPC_E_CORRUPT);
    }
    xipc_section_close(section);
}

static const uint64_t sizes[] = {
    0,
    1,
    4095,
    4096,
    65535,
    65536,
    SIZE - 1,
    SIZE,
    SIZE + 1,
    UINT64_C(0x7fffffff),
    UINT64_C(0x80000000),
    UINT64_C(0x80000001),
    UINT64_C(0xffffffff),
    UINT64_C(0x100000000),
    UINT64_C(0x100000001),
    UINT64_C(0x4000000000000000),
    UINT64_C(0x7fffffffffff0000),
    UINT64_C(0x7fffffffffffffff),
    UINT64_C(0x8000000000000000),
    UINT64_C(0xfffffffffffeffff),
    UINT64_C(0xffffffffffff0000),
    UINT64_C(0xfffffffffffff000),
    UINT64_C(0xffffffffffffffff),
};

SPEC(forged_sizes_are_believed_only_as_far_as_the_file_goes, "GEN-10")
{
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    char path[ATTACK_PATH_SIZE];
    size_t first;
    size_t most;

    victim_made("forged", path);
    for (first = 0; first < COUNT; first++) {
        for (most = 0; most < COUNT; most++) {
            forge(path, sizes[first], sizes[most]);
            use_what_was_forged();
            REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_name, NULL));
        }
    }

    forge(path, SIZE, SIZE);
    require_removed("forged");
}

SPEC(what_makes_no_sense_holds_its_name_until_it_is_removed, "GEN-9 LIFE-5")
{
    xipc_section *section = UNTOUCHED;
    char path[ATTACK_PATH_SIZE];
    unsigned char byte = 0;

    victim_made("spoilt", path);
    file_written(path, 0, &byte, 1);
    REQUIRE_STATUS(
        XIPC_E_CORRUPT,
        xipc_section_open("spoilt", NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("spoilt", SIZE, NULL, XIPC_FOREVER, &section));

    require_removed("spoilt");

    require_absent("spoilt");
    xipc_section_close(section_created("spoilt", SIZE));
}
