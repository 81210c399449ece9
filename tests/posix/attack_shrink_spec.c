/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody makes the memory shorter under those who use it, or takes pages out
 * of its middle. Where the system can forbid it, it is forbidden; elsewhere
 * every call notices and none dies of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 4 * 65536, SIEGE_MS = 1500 };

static int handle_of(const xipc_section *section)
{
    xipc_native_handle native = -1;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    return (int)native;
}

static xipc_section *anonymous_of(uint64_t max_size)
{
    xipc_section_options options = growing_to(max_size);
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_create_anonymous(SIZE, &options, &section));
    return section;
}

static void try_every_length(int fd, off_t length)
{
    off_t shorter;

    for (shorter = 0; shorter < length; shorter += 4096) {
        REQUIRE(ftruncate(fd, shorter) < 0);
        REQUIRE(errno == EPERM);
    }
}

/* Also through a descriptor that it opens for itself. */
static void attacker_cuts_the_handle(void *context)
{
    const int *fd = context;
    char path[64];
    struct stat file;
    int again;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
    REQUIRE(fstat(*fd, &file) == 0);
    try_every_length(*fd, file.st_size);
    again = open(path, O_RDWR | O_CLOEXEC);
    if (again >= 0) {
        try_every_length(again, file.st_size);
        close(again);
    }
}

SPEC(nobody_can_shrink_an_anonymous_section, "SHM-6 GEN-10")
{
    static const uint64_t max_sizes[] = {0, 4 * SIZE};
    size_t index;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);

    for (index = 0; index < 2; index++) {
        xipc_section *section = anonymous_of(max_sizes[index]);
        xipc_map *map = mapped(section);
        int fd = handle_of(section);

        attack_run(0, attacker_cuts_the_handle, &fd);

        memset(bytes_of(map), 0x5a, xipc_map_size(map));
        REQUIRE_OK(xipc_section_refresh(section, NULL));
        REQUIRE_UINT(SIZE, xipc_section_size(section));
        xipc_map_close(map);
        xipc_section_close(section);
    }
}

SPEC(nobody_can_lengthen_an_anonymous_section_that_does_not_grow, "SHM-6")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);

    section = anonymous_of(0);
    REQUIRE(ftruncate(handle_of(section), (off_t)1 << 40) < 0);
    REQUIRE(errno == EPERM);
    xipc_section_close(section);
}

SPEC(memory_that_somebody_could_shrink_is_not_adopted, "SHM-5 GEN-10")
{
    xipc_section *section;
    xipc_section *adopted = UNTOUCHED;
    unsigned char front[512];
    char path[ATTACK_PATH_SIZE];
    int fd;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);

    /* Every byte as in a real one, but in a plain file. */
    section = anonymous_of(0);
    REQUIRE(
        pread(handle_of(section), front, sizeof(front), 0) ==
        (ssize_t)sizeof(front));
    snprintf(path, sizeof(path), "%s/forged", spec_directory());
    file_made(path, front, sizeof(front), 0600);
    file_truncated(path, 65536 + SIZE);
    fd = open(path, O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);

    REQUIRE_STATUS(XIPC_E_CORRUPT, xipc_section_adopt(fd, &adopted));

    REQUIRE(adopted == UNTOUCHED);
    REQUIRE(close(fd) == 0);
    REQUIRE(unlink(path) == 0);
    xipc_section_close(section);
}

#if defined(FALLOC_FL_PUNCH_HOLE)

static void punch(int fd, off_t offset, off_t size)
{
    REQUIRE(
        fallocate(
            fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) == 0);
}

SPEC(a_hole_punched_into_a_sealed_section_reads_as_zeros, "SHM-6 GEN-10")
{
    xipc_section *section;
    xipc_map *map;
    uint32_t dice = (uint32_t)spec_now_ns() | 1;
    unsigned round;
    size_t page;
    size_t index;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);

    section = anonymous_of(0);
    map = mapped(section);
    for (round = 0; round < 200; round++) {
        page = thrown(&dice, SIZE / 4096) * (size_t)4096;
        memset(bytes_of(map), 0x5a, SIZE);
        punch(handle_of(section), (off_t)(65536 + page), 4096);
        for (index = 0; index < SIZE; index += 512) {
            int is_in_hole = index >= page && index < page + 4096;

            REQUIRE(bytes_of(map)[index] == (is_in_hole ? 0 : 0x5a));
        }
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_section_whose_front_was_punched_out_is_not_adopted, "SHM-5 GEN-9")
{
    xipc_section *section;
    xipc_section *adopted = UNTOUCHED;
    int copy;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);

    section = anonymous_of(0);
    copy = fcntl(handle_of(section), F_DUPFD_CLOEXEC, 0);
    REQUIRE(copy >= 0);
    punch(copy, 0, 65536);

    REQUIRE_STATUS(XIPC_E_CORRUPT, xipc_section_adopt(copy, &adopted));

    REQUIRE(adopted == UNTOUCHED);
    REQUIRE(close(copy) == 0);
    REQUIRE_OK(xipc_section_refresh(section, NULL));
    xipc_section_close(section);
}

#endif

SPEC(a_section_cut_short_under_its_holder_is_corrupt_for_every_call, "SHM-6")
{
    static const off_t lengths[] = {0, 512, 65536, 65536 + SIZE - 4096};
    xipc_section *section =
        section_created_with("cut", SIZE, growing_to(4 * SIZE));
    xipc_map *map = UNTOUCHED;
    uint64_t size = 7;
    char path[ATTACK_PATH_SIZE];
    size_t index;

    native_path_of(XIPC_SCOPE_USER, "cut", path);
    for (index = 0; index < sizeof(lengths) / sizeof(lengths[0]); index++) {
        REQUIRE(truncate(path, lengths[index]) == 0);
        REQUIRE_STATUS(XIPC_E_CORRUPT, xipc_section_refresh(section, &size));
        REQUIRE_STATUS(
            XIPC_E_CORRUPT, xipc_section_grow(section, 2 * SIZE, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
        REQUIRE_UINT(7, size);
        REQUIRE(map == UNTOUCHED);
        REQUIRE(truncate(path, 65536 + SIZE) == 0);
        REQUIRE_OK(xipc_section_refresh(section, NULL));
    }
    xipc_section_close(section);
    require_absent("cut");
}

typedef struct siege {
    char path[ATTACK_PATH_SIZE];
    atomic_int is_over;
    atomic_ulong round_count;
} siege;

static void attacker_cuts_and_regrows(void *context)
{
    static const off_t lengths[] = {0, 100, 65536, 65536 + SIZE, 65540};
    siege *war = context;
    size_t turn = 0;

    while (!atomic_load(&war->is_over)) {
        if (truncate(war->path, lengths[turn++ % 5]) != 0) {
            REQUIRE(errno == ENOENT);
        }
        atomic_fetch_add(&war->round_count, 1);
    }
}

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->native_name[0] != '\0');
    return 0;
}

/* Never touches what it maps: that alone the system cannot make safe. */
static void use_it_once(xipc_section *section)
{
    xipc_section *again = NULL;
    xipc_map *map = NULL;
    xipc_status status = xipc_section_refresh(section, NULL);

    REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
    status = xipc_section_grow(section, 2 * SIZE, XIPC_FOREVER);
    REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
    status = xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map);
    REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
    xipc_map_close(map);
    status = xipc_section_open("sawn", NULL, xipc_after_ms(500), &again);
    REQUIRE(is_open_status(status));
    if (status == XIPC_OK) {
        xipc_section_close(again);
    }
}

static void bystander_looks(void *context)
{
    siege *war = context;
    xipc_section *section;
    xipc_status status;

    while (!atomic_load(&war->is_over)) {
        section = NULL;
        status = xipc_section_open("sawn", NULL, xipc_after_ms(500), &section);
        REQUIRE(is_open_status(status));
        xipc_section_close(section);
        REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
        REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    }
}

SPEC(
    calls_survive_while_another_process_shrinks_and_regrows_the_file,
    "SHM-6 GEN-10 GEN-3")
{
    siege *war = attack_memory(sizeof(*war));
    xipc_section *section =
        section_created_with("sawn", SIZE, growing_to(4 * SIZE));
    int64_t start = spec_now_ns();
    unsigned round_count = 0;
    pid_t attacker;
    pid_t bystander;

    native_path_of(XIPC_SCOPE_USER, "sawn", war->path);
    attacker = attack_start(0, attacker_cuts_and_regrows, war);
    bystander = attack_start(0, bystander_looks, war);
    while (ms_since(start) < SIEGE_MS) {
        use_it_once(section);
        round_count++;
    }
    atomic_store(&war->is_over, 1);
    attack_join(attacker);
    attack_join(bystander);

    spec_note(
        "%lu cuts, %u rounds of calls", atomic_load(&war->round_count),
        round_count);
    xipc_section_close(section);
    unlink(war->path);
    require_absent("sawn");
    xipc_section_close(section_created("sawn", SIZE));
    attack_memory_free(war, sizeof(*war));
}
