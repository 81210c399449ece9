/* SPDX-License-Identifier: Apache-2.0 */
/* Local sockets and other users: who may connect, and whom one meets. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "posix/attack_kit.h"
#include "support/socket_kit.h"

/* The socket that stands beside the companion of "a". */
static void socket_path(xipc_scope scope, char path[ATTACK_PATH_SIZE + 1])
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    native_path_of(scope, "a", path);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SOCKET, "a", scope, native_name, sizeof native_name));
    (void)snprintf(
        strrchr(path, '/') + 1, XIPC_NATIVE_NAME_SIZE + 1, "%ss", native_name);
}

static mode_t mode_of(const char *path)
{
    struct stat found;

    REQUIRE(lstat(path, &found) == 0);
    REQUIRE(S_ISSOCK(found.st_mode));
    return found.st_mode & 0777;
}

SPEC(a_socket_is_private_whatever_the_umask, "SOCK-5 NAME-6")
{
    static const mode_t masks[] = {022, 0, 0777, 0277};

    for (size_t at = 0; at < sizeof masks / sizeof masks[0]; at++) {
        char path[ATTACK_PATH_SIZE + 1];
        mode_t before = umask(masks[at]);
        xipc_socket_listener *named = socket_listening("unix:a");
        xipc_socket_listener *placed = socket_listening(uri_of_path("s"));

        umask(before);
        socket_path(XIPC_SCOPE_USER, path);
        REQUIRE_UINT(0600, mode_of(path));
        REQUIRE_UINT(0600, mode_of(uri_of_path("s") + strlen("unix:")));
        xipc_socket_close(connected("unix:a"));
        xipc_socket_close(connected(uri_of_path("s")));
        xipc_socket_listener_close(named);
        xipc_socket_listener_close(placed);
    }
}

static xipc_socket_options of_machine(xipc_access access, xipc_trust trust)
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;

    options.naming.scope = XIPC_SCOPE_MACHINE;
    options.naming.access = access;
    options.naming.trust = trust;
    return options;
}

static xipc_status connects(xipc_trust trust)
{
    xipc_socket_options options = of_machine(XIPC_ACCESS_PRIVATE, trust);
    xipc_socket *socket = NULL;
    xipc_status status =
        xipc_socket_connect("unix:a", &options, soon(), &socket);

    xipc_socket_close(socket);
    return status;
}

static void cannot_connect(void *context)
{
    (void)context;
    REQUIRE_STATUS(XIPC_E_ACCESS, connects(XIPC_TRUST_EVERYONE));
}

static void can_connect_who_trusts(void *context)
{
    (void)context;
    REQUIRE_OK(connects(XIPC_TRUST_EVERYONE));
}

SPEC(who_may_connect_is_said_when_listening, "SOCK-5 NAME-5 NAME-6")
{
    xipc_socket_options options =
        of_machine(XIPC_ACCESS_PRIVATE, XIPC_TRUST_SELF);
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;
    xipc_socket_listener *listener;
    xipc_socket *socket;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_CREDENTIALS);
    attack_needs_users();
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    attack_run(attack_stranger(), cannot_connect, NULL);
    xipc_socket_listener_close(listener);
    options.naming.access = XIPC_ACCESS_EVERYONE_READ;
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    attack_run(attack_stranger(), cannot_connect, NULL);
    xipc_socket_listener_close(listener);
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    attack_run(attack_stranger(), can_connect_who_trusts, NULL);
    socket = socket_accepted(listener);
    REQUIRE_OK(xipc_peer_credentials(xipc_socket_object(socket), &credentials));
    REQUIRE_UINT(attack_stranger(), credentials.user);
    xipc_socket_close(socket);
    xipc_socket_listener_close(listener);
    attack_users_gone();
}

static void finds_nobody(void *context)
{
    (void)context;
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, connects(XIPC_TRUST_EVERYONE));
}

/* As it stands between being bound and having its mode, with a usual umask. */
SPEC(who_is_not_let_in_yet_finds_nobody, "SOCK-5 LIFE-4 NAME-6")
{
    const xipc_socket_options options =
        of_machine(XIPC_ACCESS_EVERYONE_WRITE, XIPC_TRUST_SELF);
    char path[ATTACK_PATH_SIZE + 1];
    xipc_socket_listener *listener;

    attack_needs_users();
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    socket_path(XIPC_SCOPE_MACHINE, path);
    REQUIRE_UINT(0666, mode_of(path));
    REQUIRE(chmod(path, 0744) == 0);
    attack_run(attack_stranger(), finds_nobody, NULL);
    REQUIRE(chmod(path, 0666) == 0);
    attack_run(attack_stranger(), can_connect_who_trusts, NULL);
    xipc_socket_close(socket_accepted(listener));
    xipc_socket_listener_close(listener);
    attack_users_gone();
}

/* A place that the other user reaches, and what he finds there. */
typedef struct path_wanted {
    char uri[64];
    xipc_status status;
} path_wanted;

static void connects_to_path(void *context)
{
    const path_wanted *wanted = context;
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_socket *socket = NULL;

    options.naming.trust = XIPC_TRUST_EVERYONE;
    REQUIRE_STATUS(
        wanted->status,
        xipc_socket_connect(wanted->uri, &options, soon(), &socket));
    xipc_socket_close(socket);
}

SPEC(who_is_not_let_in_to_a_path_yet_finds_nobody, "SOCK-5 LIFE-4")
{
    const xipc_socket_options options =
        of_machine(XIPC_ACCESS_EVERYONE_WRITE, XIPC_TRUST_SELF);
    char directory[] = "/tmp/xipc-early-XXXXXX";
    path_wanted wanted;
    xipc_socket_listener *listener;
    const char *path = wanted.uri + 5;

    attack_needs_users();
    REQUIRE(mkdtemp(directory) != NULL);
    REQUIRE(chmod(directory, 0755) == 0);
    snprintf(wanted.uri, sizeof wanted.uri, "unix:%s/a", directory);
    REQUIRE_OK(xipc_socket_listen(wanted.uri, &options, soon(), &listener));
    REQUIRE_UINT(0666, mode_of(path));

    REQUIRE(chmod(path, 0744) == 0);
    wanted.status = XIPC_E_NOT_FOUND;
    attack_run(attack_stranger(), connects_to_path, &wanted);
    REQUIRE(chmod(path, 0600) == 0);
    wanted.status = XIPC_E_ACCESS;
    attack_run(attack_stranger(), connects_to_path, &wanted);
    REQUIRE(chmod(path, 0666) == 0);
    wanted.status = XIPC_OK;
    attack_run(attack_stranger(), connects_to_path, &wanted);
    xipc_socket_listener_close(listener);
    REQUIRE(rmdir(directory) == 0);
    attack_users_gone();
}

/* Programs without this library have that mode for good. */
SPEC(who_is_not_let_in_by_a_foreign_listener_is_told_so, "SOCK-5")
{
    char directory[] = "/tmp/xipc-early-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    path_wanted wanted = {.status = XIPC_E_ACCESS};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    attack_needs_users();
    REQUIRE(mkdtemp(directory) != NULL);
    REQUIRE(chmod(directory, 0755) == 0);
    snprintf(wanted.uri, sizeof wanted.uri, "unix:%s/a", directory);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", wanted.uri + 5);
    REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(chmod(address.sun_path, 0744) == 0);
    REQUIRE(listen(fd, 4) == 0);
    attack_run(attack_stranger(), connects_to_path, &wanted);
    REQUIRE(close(fd) == 0);
    REQUIRE(unlink(address.sun_path) == 0);
    REQUIRE(rmdir(directory) == 0);
    attack_users_gone();
}

/* The attacker listens at the system's own socket, without a companion. */
static void squats(void *context)
{
    const char *path = context;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    REQUIRE(fd >= 0);
    REQUIRE(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(chmod(path, 0666) == 0);
    REQUIRE(listen(fd, 4) == 0);
    for (;;) {
        int one = accept(fd, NULL, NULL);

        REQUIRE(one >= 0);
        close(one);
    }
}

static void is_not_deceived(void *context)
{
    (void)context;
    REQUIRE_STATUS(XIPC_E_ACCESS, connects(XIPC_TRUST_SELF));
}

static int is_listening(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int result;

    memcpy(address.sun_path, path, strlen(path));
    result = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return result;
}

SPEC(who_squats_a_socket_is_not_taken_for_its_listener, "SOCK-5 NAME-8")
{
    char path[ATTACK_PATH_SIZE + 1];
    pid_t squatter;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_CREDENTIALS);
    attack_needs_users();
    socket_path(XIPC_SCOPE_MACHINE, path);
    squatter = attack_start(attack_stranger(), squats, path);
    while (!is_listening(path)) {
        let_pass(1);
    }
    attack_run(attack_victim(), is_not_deceived, NULL);
    attack_kill(squatter);
    REQUIRE(unlink(path) == 0);
    attack_users_gone();
}

static void cannot_listen(void *context)
{
    xipc_socket_options options =
        of_machine(XIPC_ACCESS_EVERYONE_WRITE, XIPC_TRUST_SELF);
    xipc_socket_listener *listener = UNTOUCHED;
    xipc_status status =
        xipc_socket_listen("unix:a", &options, soon(), &listener);

    (void)context;
    REQUIRE(status == XIPC_E_ACCESS || status == XIPC_E_EXISTS);
    REQUIRE(listener == UNTOUCHED);
}

SPEC(a_name_that_another_user_has_is_not_taken, "SOCK-5 NAME-8")
{
    xipc_socket_options options =
        of_machine(XIPC_ACCESS_EVERYONE_WRITE, XIPC_TRUST_SELF);
    xipc_socket_listener *listener;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_CREDENTIALS);
    attack_needs_users();
    REQUIRE_OK(xipc_socket_listen("unix:a", &options, soon(), &listener));
    attack_run(attack_stranger(), cannot_listen, NULL);
    REQUIRE_OK(connects(XIPC_TRUST_SELF));
    xipc_socket_close(socket_accepted(listener));
    xipc_socket_listener_close(listener);
    attack_users_gone();
}

/* ---- what stands at a path ---- */

static void is_left_alone(const char *file)
{
    xipc_socket_listener *listener = UNTOUCHED;
    struct stat before;
    struct stat after;

    REQUIRE(lstat(file, &before) == 0);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_socket_listen(uri_of_path("s"), NULL, soon(), &listener));
    REQUIRE(listener == UNTOUCHED);
    REQUIRE(lstat(file, &after) == 0);
    REQUIRE(before.st_ino == after.st_ino && before.st_mode == after.st_mode);
}

SPEC(what_is_no_socket_is_left_where_it_stands, "SOCK-5 NAME-7")
{
    char path[XIPC_SOCKET_URI_SIZE];
    char other[XIPC_SOCKET_URI_SIZE + 8];

    (void)snprintf(path, sizeof path, "%s", uri_of_path("s") + 5);
    (void)snprintf(other, sizeof other, "%s.other", path);
    file_made(path, "precious", 8, 0600);
    is_left_alone(path);
    REQUIRE(rename(path, other) == 0);
    REQUIRE(symlink(other, path) == 0);
    is_left_alone(path);
    REQUIRE(unlink(path) == 0);
    REQUIRE(unlink(other) == 0);
    REQUIRE(mkdir(path, 0700) == 0);
    is_left_alone(path);
    REQUIRE(rmdir(path) == 0);
}

SPEC(a_foreign_listener_that_lives_is_never_replaced, "SOCK-5")
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    xipc_socket_listener *listener = UNTOUCHED;
    const char *path = uri_of_path("s") + 5;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, path, strlen(path));
    REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(listen(fd, 1) == 0);
    for (int round = 0; round < 6; round++) { /* also when it is full */
        REQUIRE_STATUS(
            XIPC_E_EXISTS,
            xipc_socket_listen(uri_of_path("s"), NULL, soon(), &listener));
    }
    close(fd);
    listener = socket_listening(uri_of_path("s"));
    xipc_socket_close(connected(uri_of_path("s")));
    xipc_socket_listener_close(listener);
}

SPEC(a_path_that_is_too_long_is_told_with_the_limit, "SOCK-1 GEN-2")
{
    char uri[XIPC_SOCKET_URI_SIZE] = "unix:/tmp/";
    xipc_socket_listener *listener = UNTOUCHED;

    memset(uri + 10, 'a', 120);
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_socket_listen(uri, NULL, soon(), &listener));
    REQUIRE(strstr(xipc_detail(), "has 10") != NULL);
}

SPEC(what_a_killed_listener_left_is_swept, "SOCK-5 LIFE-7")
{
    char path[ATTACK_PATH_SIZE + 1];
    pid_t child = fork();
    size_t removed = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        (void)socket_listening("unix:a");
        _exit(0); /* without closing anything */
    }
    attack_join(child);
    socket_path(XIPC_SCOPE_USER, path);
    REQUIRE(file_exists(path));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, &removed));
    REQUIRE(removed >= 1);
    REQUIRE(!file_exists(path));
}

/* ---- what stands at a path's lock ---- */

SPEC(what_is_no_lock_is_left_where_it_stands, "SOCK-5 NAME-7")
{
    char path[XIPC_SOCKET_URI_SIZE + 8];
    xipc_socket_listener *listener = UNTOUCHED;

    (void)snprintf(path, sizeof path, "%s.lock", uri_of_path("s") + 5);
    file_made(path, "precious", 8, 0600);
    for (int what = 0; what < 3; what++) {
        REQUIRE_STATUS(
            XIPC_E_EXISTS,
            xipc_socket_listen(uri_of_path("s"), NULL, soon(), &listener));
        REQUIRE(file_exists(path));
        REQUIRE((what == 2 ? rmdir(path) : unlink(path)) == 0);
        REQUIRE(what != 0 || mkfifo(path, 0600) == 0);
        REQUIRE(what != 1 || mkdir(path, 0700) == 0);
    }
    REQUIRE(listener == UNTOUCHED);
    xipc_socket_listener_close(socket_listening(uri_of_path("s")));
    REQUIRE(!file_exists(path));
}

/* Not the administrator, who may open anything. */
static void listens_again(void *context)
{
    pid_t child;

    umask(0777);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)socket_listening(context);
        _exit(0); /* without closing anything */
    }
    attack_join(child);
    xipc_socket_listener_close(socket_listening(context));
}

SPEC(a_killed_listeners_path_is_taken_whatever_its_umask, "SOCK-5 LIFE-1")
{
    /* Others cannot enter the case's directory. */
    char directory[] = "/tmp/xipc-umask-XXXXXX";
    char uri[XIPC_SOCKET_URI_SIZE];

    attack_needs_users();
    REQUIRE(mkdtemp(directory) != NULL);
    REQUIRE(chown(directory, attack_stranger(), (gid_t)-1) == 0);
    (void)snprintf(uri, sizeof uri, "unix:%s/s", directory);
    attack_run(attack_stranger(), listens_again, uri);
    REQUIRE(rmdir(directory) == 0);
    attack_users_gone();
}
