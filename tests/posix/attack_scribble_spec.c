/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that may write an object writes nonsense into its front, all the
 * time, while others open, list and sweep: torn bytes, and lies whose
 * checksums are right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "core/layout.h"
#include "os/os_checksum.h"
#include "posix/attack_kit.h"
#include "posix/posix_layout.h"

enum { SIZE = 65536, SIEGE_MS = 2000, FRONT_SIZE = 512 };

typedef struct siege {
    char path[ATTACK_PATH_SIZE];
    unsigned char front[FRONT_SIZE]; /* as it was made */
    uint32_t seed;
    atomic_int is_over;
    atomic_ulong write_count;
} siege;

typedef void spoiler(unsigned char *front, uint32_t *dice);

static void spoil_bytes(unsigned char *front, uint32_t *dice)
{
    unsigned count = thrown(dice, 8) + 1;

    while (count-- > 0) {
        front[thrown(dice, FRONT_SIZE)] = (unsigned char)thrown(dice, 256);
    }
}

static uint64_t any_number(uint32_t *dice)
{
    static const uint64_t limits[] = {
        0,
        1,
        4096,
        65536,
        UINT64_C(1) << 31,
        UINT64_C(1) << 32,
        UINT64_C(1) << 62,
        UINT64_C(1) << 63};

    return limits[thrown(dice, 8)] + thrown(dice, 3) - 1;
}

/* Lies that were signed. */
static void spoil_with_right_checksums(unsigned char *front, uint32_t *dice)
{
    posix_prefix prefix;
    xipci_head head;

    memcpy(&prefix, front, sizeof(prefix));
    memcpy(&head, front + sizeof(prefix), sizeof(head));
    switch (thrown(dice, 9)) {
    case 0: prefix.first_size = any_number(dice); break;
    case 1: prefix.max_size = any_number(dice); break;
    case 2: prefix.lifetime = (uint32_t)any_number(dice); break;
    case 3: prefix.flags = (uint32_t)any_number(dice); break;
    case 4: head.name_size = (uint32_t)any_number(dice); break;
    case 5: memset(head.name, 'a', sizeof(head.name)); break;
    case 6: head.kind = (uint32_t)any_number(dice); break;
    case 7: head.scope = (uint32_t)any_number(dice); break;
    default:
        head.details[thrown(dice, XIPCI_HEAD_DETAIL_COUNT)] = any_number(dice);
        break;
    }
    prefix.checksum =
        xipcos_checksum(0, &prefix, offsetof(posix_prefix, checksum));
    head.checksum = xipcos_checksum(0, &head, offsetof(xipci_head, checksum));
    memcpy(front, &prefix, sizeof(prefix));
    memcpy(front + sizeof(prefix), &head, sizeof(head));
}

/* Writes whatever file has the name at the moment. */
static void scribble(siege *war, spoiler *spoil)
{
    unsigned char front[FRONT_SIZE];
    uint32_t dice = war->seed;
    unsigned count;
    int fd;

    while (!atomic_load(&war->is_over)) {
        fd = open(war->path, O_WRONLY | O_CLOEXEC);
        for (count = 0; fd >= 0 && count < 200; count++) {
            memcpy(front, war->front, sizeof(front));
            spoil(front, &dice);
            REQUIRE(
                pwrite(fd, front, sizeof(front), 0) == (ssize_t)sizeof(front));
            atomic_fetch_add(&war->write_count, 1);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
}

static void attacker_tears(void *context)
{
    scribble(context, spoil_bytes);
}

static void attacker_lies(void *context)
{
    scribble(context, spoil_with_right_checksums);
}

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(strlen(listing->name) <= XIPC_NAME_MAX);
    REQUIRE(strlen(listing->native_name) < XIPC_NATIVE_NAME_SIZE);
    REQUIRE(
        listing->lifetime == XIPC_TRANSIENT ||
        listing->lifetime == XIPC_PERSISTENT);
    return 0;
}

/* What was opened can be used as far as the kernel says it goes. */
static void use(xipc_section *section)
{
    xipc_map *map = NULL;
    xipc_status status = xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map);

    REQUIRE(
        status == XIPC_OK || status == XIPC_E_NO_MEMORY ||
        status == XIPC_E_CORRUPT);
    if (status == XIPC_OK) {
        REQUIRE(xipc_map_size(map) <= SIZE);
        bytes_of(map)[0] = 1;
        bytes_of(map)[xipc_map_size(map) - 1] = 1;
    }
    xipc_map_close(map);
    REQUIRE_OK(xipc_section_refresh(section, NULL));
}

static void open_and_use(uint32_t flags)
{
    xipc_section_options options = flagged(flags);
    xipc_section *section = NULL;
    xipc_status status;

    status =
        xipc_section_open("scribbled", &options, xipc_after_ms(500), &section);
    REQUIRE(is_open_status(status));
    if (status == XIPC_OK && flags == 0) {
        use(section);
    }
    xipc_section_close(section);
}

static void make_it_again(void)
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);
    xipc_section *section = NULL;
    xipc_status status = xipc_section_create(
        "scribbled", SIZE, &options, xipc_after_ms(500), &section);

    REQUIRE(
        status == XIPC_OK || status == XIPC_E_EXISTS ||
        status == XIPC_E_TIMEOUT);
    xipc_section_close(section);
}

static void live_with_it(void)
{
    open_and_use(0);
    open_and_use(XIPC_SECTION_READ_ONLY);
    make_it_again();
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
}

/* The front may have been left saying that another layout version made it,
 * which alone may take it away. */
static void clear_up(const siege *war)
{
    xipc_status status = xipc_remove(
        XIPC_KIND_SECTION, "scribbled", XIPC_SCOPE_USER, XIPC_FOREVER);

    if (status == XIPC_E_INCOMPATIBLE) {
        file_written(war->path, 0, war->front, sizeof(war->front));
        status = xipc_remove(
            XIPC_KIND_SECTION, "scribbled", XIPC_SCOPE_USER, XIPC_FOREVER);
    }
    REQUIRE(status == XIPC_OK || status == XIPC_E_NOT_FOUND);
    require_absent("scribbled");
}

/* Every call answers, with a documented status, and in the end all is well. */
static void withstand(attack_role *attacker)
{
    siege *war = attack_memory(sizeof(*war));
    int64_t start = spec_now_ns();
    unsigned round_count = 0;
    pid_t pid;

    make_it_again();
    native_path_of(XIPC_SCOPE_USER, "scribbled", war->path);
    REQUIRE_UINT(FRONT_SIZE, file_read(war->path, 0, war->front, FRONT_SIZE));
    war->seed = (uint32_t)start | 1;
    pid = attack_start(0, attacker, war);
    while (ms_since(start) < SIEGE_MS) {
        live_with_it();
        round_count++;
    }
    atomic_store(&war->is_over, 1);
    attack_join(pid);

    spec_note(
        "seed %u: %lu writes, %u rounds of calls", war->seed,
        atomic_load(&war->write_count), round_count);
    clear_up(war);
    xipc_section_close(section_created("scribbled", SIZE));
    attack_memory_free(war, sizeof(*war));
}

SPEC(calls_survive_while_another_process_tears_the_front, "GEN-10 GEN-9 GEN-3")
{
    withstand(attacker_tears);
}

SPEC(
    calls_survive_while_another_process_writes_signed_lies_into_the_front,
    "GEN-10 GEN-9 GEN-3")
{
    withstand(attacker_lies);
}

SPEC(who_holds_a_section_does_not_notice_what_becomes_of_its_front, "GEN-10")
{
    siege *war = attack_memory(sizeof(*war));
    xipc_section *section =
        section_created_with("scribbled", SIZE, growing_to(4 * SIZE));
    xipc_map *map = mapped(section);
    pid_t pid;

    memcpy(bytes_of(map), "mine", 5);
    native_path_of(XIPC_SCOPE_USER, "scribbled", war->path);
    war->seed = (uint32_t)spec_now_ns() | 1;
    pid = attack_start(0, attacker_tears, war);
    while (atomic_load(&war->write_count) < 1000) {
        REQUIRE_OK(xipc_section_refresh(section, NULL));
        require_section_says(section, "mine");
    }
    atomic_store(&war->is_over, 1);
    attack_join(pid);

    REQUIRE_OK(xipc_section_grow(section, 2 * SIZE, XIPC_FOREVER));
    REQUIRE_UINT(2 * SIZE, xipc_section_size(section));
    REQUIRE_UINT(4 * SIZE, xipc_section_max_size(section));
    xipc_map_close(map);
    xipc_section_close(section);
    require_absent("scribbled");
    attack_memory_free(war, sizeof(*war));
}
