/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who can open what: the mode of every object, whatever the umask, and another
 * user who tries all the time while objects come and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, CYCLES = 3000 };

typedef struct expectation {
    xipc_scope scope;
    xipc_access access;
    mode_t mode;
} expectation;

static const expectation expectations[] = {
    {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, 0600},
    {XIPC_SCOPE_MACHINE, XIPC_ACCESS_PRIVATE, 0600},
    {XIPC_SCOPE_MACHINE, XIPC_ACCESS_GROUP_READ, 0640},
    {XIPC_SCOPE_MACHINE, XIPC_ACCESS_GROUP_WRITE, 0660},
    {XIPC_SCOPE_MACHINE, XIPC_ACCESS_EVERYONE_READ, 0644},
    {XIPC_SCOPE_MACHINE, XIPC_ACCESS_EVERYONE_WRITE, 0666},
};

enum { EXPECTATIONS = sizeof(expectations) / sizeof(expectations[0]) };

static const mode_t umasks[] = {0, 022, 077, 0777};

enum { UMASKS = sizeof(umasks) / sizeof(umasks[0]) };

static void
require_mode(const expectation *want, xipc_lifetime lifetime, uint64_t max_size)
{
    xipc_section_options options = scoped(want->scope);
    char path[ATTACK_PATH_SIZE];
    xipc_section *section;
    struct stat file;

    options.naming.access = want->access;
    options.naming.lifetime = lifetime;
    options.max_size = max_size;
    section = section_created_with("moded", SIZE, options);
    native_path_of(want->scope, "moded", path);
    REQUIRE(lstat(path, &file) == 0);
    REQUIRE(S_ISREG(file.st_mode));
    REQUIRE_UINT(want->mode, file.st_mode & 07777);
    REQUIRE_UINT(geteuid(), file.st_uid);
    REQUIRE_UINT(1, file.st_nlink);
    xipc_section_close(section);
    if (lifetime == XIPC_PERSISTENT) {
        REQUIRE_OK(
            xipc_remove(XIPC_KIND_SECTION, "moded", want->scope, XIPC_FOREVER));
    }
    REQUIRE(!file_exists(path));
}

static void require_modes(void)
{
    size_t index;

    for (index = 0; index < EXPECTATIONS; index++) {
        require_mode(&expectations[index], XIPC_TRANSIENT, 0);
        require_mode(&expectations[index], XIPC_PERSISTENT, 0);
        require_mode(&expectations[index], XIPC_TRANSIENT, 4 * SIZE);
    }
}

SPEC(
    every_object_has_exactly_the_mode_its_access_says_whatever_the_umask,
    "NAME-6")
{
    mode_t before = umask(077);
    size_t index;

    for (index = 0; index < UMASKS; index++) {
        umask(umasks[index]);
        require_modes();
        REQUIRE_UINT(umasks[index], umask(before));
    }
}

typedef struct victims_directory {
    char path[ATTACK_PATH_SIZE];
    mode_t umask;
    mode_t mode;
    uid_t owner;
} victims_directory;

static void make_a_directory_under_umask(void *context)
{
    victims_directory *seen = context;
    struct stat directory;

    umask(seen->umask);
    xipc_section_close(section_created("first", SIZE));
    native_directory(seen->path);
    REQUIRE(lstat(seen->path, &directory) == 0);
    seen->mode = directory.st_mode;
    seen->owner = directory.st_uid;
}

static void tell_the_directory(void *context)
{
    victims_directory *seen = context;

    native_directory(seen->path);
}

SPEC(the_users_directory_is_made_for_the_user_alone, "NAME-7 NAME-6")
{
    victims_directory *seen = attack_memory(sizeof(*seen));
    size_t index;

    attack_needs_users();
    attack_run(attack_victim(), tell_the_directory, seen);
    if (strncmp(seen->path, "/dev/shm/", 9) != 0) {
        spec_skip("the user's directory is chosen by the environment here");
    }
    attack_users_gone();
    for (index = 0; index < UMASKS; index++) {
        seen->umask = umasks[index];
        attack_run(attack_victim(), make_a_directory_under_umask, seen);
        REQUIRE(S_ISDIR(seen->mode));
        REQUIRE_UINT(0700, seen->mode & 07777);
        REQUIRE_UINT(attack_victim(), seen->owner);
        attack_users_gone();
        REQUIRE(!file_exists(seen->path));
    }
    attack_memory_free(seen, sizeof(*seen));
}

/* What the stranger did while the victim worked. */
typedef struct siege {
    char path[ATTACK_PATH_SIZE];
    atomic_int is_over;
    atomic_ulong try_count;
    atomic_ulong denied_count;
    atomic_ulong entry_count;
    atomic_ulong surprise_count; /* neither denied nor absent */
} siege;

static void count_try(siege *war, int fd)
{
    atomic_fetch_add(&war->try_count, 1);
    if (fd >= 0) {
        atomic_fetch_add(&war->entry_count, 1);
        close(fd);
    } else if (errno == EACCES) {
        atomic_fetch_add(&war->denied_count, 1);
    } else if (errno != ENOENT) {
        atomic_fetch_add(&war->surprise_count, 1);
    }
}

static void stranger_tries_every_door(void *context)
{
    siege *war = context;

    while (!atomic_load(&war->is_over)) {
        count_try(war, open(war->path, O_RDONLY | O_CLOEXEC));
        count_try(war, open(war->path, O_WRONLY | O_CLOEXEC));
        count_try(war, open(war->path, O_RDWR | O_CLOEXEC));
    }
}

SPEC(
    another_user_never_gets_hold_of_a_private_object_however_often_it_is_made,
    "NAME-6 NAME-8")
{
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    siege *war = attack_memory(sizeof(*war));
    pid_t stranger;
    unsigned cycle;

    attack_needs_users();
    native_path_of(XIPC_SCOPE_MACHINE, "door", war->path);
    stranger = attack_start(attack_stranger(), stranger_tries_every_door, war);

    for (cycle = 0; cycle < CYCLES; cycle++) {
        xipc_section_close(section_created_with("door", SIZE, options));
    }
    while (atomic_load(&war->try_count) == 0) {
    }
    atomic_store(&war->is_over, 1);
    attack_join(stranger);

    spec_note(
        "%lu tries, %lu denied, %lu times in", atomic_load(&war->try_count),
        atomic_load(&war->denied_count), atomic_load(&war->entry_count));
    REQUIRE_UINT(0, atomic_load(&war->entry_count));
    REQUIRE_UINT(0, atomic_load(&war->surprise_count));
    attack_memory_free(war, sizeof(*war));
}

static void stranger_is_denied(void *context)
{
    const expectation *want = context;
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    xipc_section *section = UNTOUCHED;
    int can_read = (want->mode & 0004) != 0;
    int can_write = (want->mode & 0002) != 0;

    options.naming.trust = XIPC_TRUST_EVERYONE;
    REQUIRE_STATUS(
        can_write ? XIPC_OK : XIPC_E_ACCESS,
        xipc_section_open("shown", &options, XIPC_FOREVER, &section));
    if (can_write) {
        require_section_says(section, "for whom");
        xipc_section_close(section);
    }
    options.flags = XIPC_SECTION_READ_ONLY;
    REQUIRE_STATUS(
        can_read ? XIPC_OK : XIPC_E_ACCESS,
        xipc_section_open("shown", &options, XIPC_FOREVER, &section));
    if (can_read) {
        require_section_says(section, "for whom");
        xipc_section_close(section);
    }
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_remove(
            XIPC_KIND_SECTION, "shown", XIPC_SCOPE_MACHINE, XIPC_FOREVER));
}

SPEC(another_user_can_do_exactly_what_the_access_says, "NAME-6 SHM-3")
{
    size_t index;

    attack_needs_users();
    for (index = 1; index < EXPECTATIONS; index++) {
        expectation want = expectations[index];
        xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
        xipc_section *section;
        xipc_map *map;

        options.naming.access = want.access;
        options.naming.lifetime = XIPC_PERSISTENT;
        section = section_created_with("shown", SIZE, options);
        map = mapped(section);
        memcpy(bytes_of(map), "for whom", 9);
        xipc_map_close(map);

        attack_run(attack_stranger(), stranger_is_denied, &want);

        xipc_section_close(section);
        REQUIRE_OK(xipc_remove(
            XIPC_KIND_SECTION, "shown", XIPC_SCOPE_MACHINE, XIPC_FOREVER));
    }
    attack_users_gone();
}
