/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands under a native name is not a section's file: a link that leads
 * elsewhere, or something that would block whoever opens it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 65536, CANARY_SIZE = 200000, PROMPTLY_MS = 5000 };

static const xipc_scope scopes[] = {XIPC_SCOPE_USER, XIPC_SCOPE_MACHINE};

enum { SCOPES = sizeof(scopes) / sizeof(scopes[0]) };

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing->native_name != NULL);
    return 0;
}

/* No call gets anything from it, none waits, none takes it away. */
static void require_unusable(xipc_scope scope, xipc_status opened)
{
    xipc_section_options options = scoped(scope);
    xipc_section *section = UNTOUCHED;
    int64_t start = spec_now_ns();

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("thing", SIZE, &options, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        opened, xipc_section_open("thing", &options, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        opened, xipc_section_open_or_create(
                    "thing", SIZE, &options, XIPC_FOREVER, &section, NULL));
    options.flags = XIPC_SECTION_READ_ONLY;
    REQUIRE_STATUS(
        opened, xipc_section_open("thing", &options, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);
    REQUIRE_OK(xipc_list(scope, see_one, NULL));
    REQUIRE_OK(xipc_sweep(scope, NULL));
    REQUIRE(ms_since(start) < PROMPTLY_MS);
}

static void canary_made(char *path)
{
    unsigned char bytes[CANARY_SIZE];

    snprintf(path, ATTACK_PATH_SIZE, "%s/canary", spec_directory());
    memset(bytes, 'c', sizeof(bytes));
    file_made(path, bytes, sizeof(bytes), 0600);
}

static void require_canary(const char *path)
{
    unsigned char bytes[CANARY_SIZE + 1];
    struct stat file;
    size_t size = file_read(path, 0, bytes, sizeof(bytes));

    REQUIRE_UINT(CANARY_SIZE, size);
    REQUIRE(bytes[0] == 'c');
    REQUIRE(memcmp(bytes, bytes + 1, size - 1) == 0);
    REQUIRE(stat(path, &file) == 0);
    REQUIRE_UINT(0600, file.st_mode & 07777);
}

SPEC(a_symbolic_link_under_a_name_is_never_followed, "NAME-7 NAME-8")
{
    char path[ATTACK_PATH_SIZE];
    char canary[ATTACK_PATH_SIZE];
    size_t index;

    canary_made(canary);
    for (index = 0; index < SCOPES; index++) {
        native_path_of(scopes[index], "thing", path);
        REQUIRE(symlink(canary, path) == 0);

        require_unusable(scopes[index], XIPC_E_ACCESS);

        require_canary(canary);
        REQUIRE(unlink(path) == 0);
    }
    REQUIRE(unlink(canary) == 0);
}

SPEC(a_symbolic_link_to_nothing_makes_nothing_there, "NAME-7 NAME-8")
{
    char path[ATTACK_PATH_SIZE];
    char target[ATTACK_PATH_SIZE];
    size_t index;

    snprintf(target, sizeof(target), "%s/made", spec_directory());
    for (index = 0; index < SCOPES; index++) {
        native_path_of(scopes[index], "thing", path);
        REQUIRE(symlink(target, path) == 0);

        require_unusable(scopes[index], XIPC_E_ACCESS);

        REQUIRE(!file_exists(target));
        REQUIRE(unlink(path) == 0);
    }
}

SPEC(a_symbolic_link_to_a_section_is_not_that_section, "NAME-7 NAME-8")
{
    char path[ATTACK_PATH_SIZE];
    char target[ATTACK_PATH_SIZE];
    xipc_section *section = section_saying("other", "not yours");

    native_path_of(XIPC_SCOPE_USER, "thing", path);
    native_path_of(XIPC_SCOPE_USER, "other", target);
    REQUIRE(symlink(target, path) == 0);

    require_unusable(XIPC_SCOPE_USER, XIPC_E_ACCESS);

    require_section_says(section, "not yours");
    REQUIRE(unlink(path) == 0);
    xipc_section_close(section);
    require_absent("other");
}

SPEC(removing_a_symbolic_link_spares_what_it_points_to, "NAME-7 LIFE-5")
{
    char path[ATTACK_PATH_SIZE];
    char canary[ATTACK_PATH_SIZE];
    xipc_status status;

    canary_made(canary);
    native_path_of(XIPC_SCOPE_USER, "thing", path);
    REQUIRE(symlink(canary, path) == 0);

    status =
        xipc_remove(XIPC_KIND_SECTION, "thing", XIPC_SCOPE_USER, XIPC_FOREVER);

    REQUIRE(status == XIPC_OK || status == XIPC_E_ACCESS);
    REQUIRE((status == XIPC_OK) == !file_exists(path));
    require_canary(canary);
    if (status != XIPC_OK) {
        REQUIRE(unlink(path) == 0);
    }
    REQUIRE(unlink(canary) == 0);
}

SPEC(a_hard_link_to_another_section_is_not_that_section, "NAME-3 GEN-9")
{
    char path[ATTACK_PATH_SIZE];
    char target[ATTACK_PATH_SIZE];
    xipc_section *other;
    xipc_section *section = UNTOUCHED;
    xipc_status status;

    other = section_created_with("other", SIZE, lasting(XIPC_PERSISTENT));
    xipc_section_close(other);
    native_path_of(XIPC_SCOPE_USER, "thing", path);
    native_path_of(XIPC_SCOPE_USER, "other", target);
    REQUIRE(link(target, path) == 0);

    status = xipc_section_open("thing", NULL, XIPC_FOREVER, &section);

    REQUIRE(status != XIPC_OK && is_open_status(status));
    REQUIRE(section == UNTOUCHED);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("thing", SIZE, NULL, XIPC_FOREVER, &section));
    REQUIRE(unlink(path) == 0);
    xipc_section_close(section_opened("other"));
    require_removed("other");
}

SPEC(a_directory_under_a_name_is_refused, "NAME-8 GEN-9")
{
    char path[ATTACK_PATH_SIZE];
    size_t index;

    for (index = 0; index < SCOPES; index++) {
        native_path_of(scopes[index], "thing", path);
        REQUIRE(mkdir(path, 0700) == 0);
        require_unusable(scopes[index], XIPC_E_CORRUPT);
        REQUIRE(rmdir(path) == 0);
    }
}

SPEC(a_fifo_under_a_name_is_refused_and_blocks_nobody, "NAME-8 GEN-9")
{
    char path[ATTACK_PATH_SIZE];
    size_t index;

    for (index = 0; index < SCOPES; index++) {
        native_path_of(scopes[index], "thing", path);
        REQUIRE(mkfifo(path, 0600) == 0);
        require_unusable(scopes[index], XIPC_E_CORRUPT);
        REQUIRE(unlink(path) == 0);
    }
}

SPEC(a_socket_under_a_name_is_refused, "NAME-8 GEN-9")
{
    struct sockaddr_un address;
    char path[ATTACK_PATH_SIZE];
    int listener;

    native_path_of(XIPC_SCOPE_USER, "thing", path);
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(address.sun_path)) {
        spec_skip("the native path is too long for a socket's address");
    }
    memcpy(address.sun_path, path, strlen(path));
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(listener >= 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);

    require_unusable(XIPC_SCOPE_USER, XIPC_E_CORRUPT);

    close(listener);
    REQUIRE(unlink(path) == 0);
}

SPEC(a_device_under_a_name_is_refused, "NAME-8 GEN-9")
{
    char path[ATTACK_PATH_SIZE];

    native_path_of(XIPC_SCOPE_USER, "thing", path);
    if (mknod(path, S_IFCHR | 0600, (dev_t)0x103) != 0) {
        spec_skip("this user may not make a device");
    }

    require_unusable(XIPC_SCOPE_USER, XIPC_E_CORRUPT);

    REQUIRE(unlink(path) == 0);
}
