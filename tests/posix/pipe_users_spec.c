/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes between users, and those who mean harm. */
#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pipe.h"
#include "posix/attack_kit.h"
#include "posix/posix_pipe_knock.h"
#include "support/pipe_kit.h"

static xipc_pipe_options for_all(xipc_access access)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    options.naming.scope = XIPC_SCOPE_MACHINE;
    options.naming.access = access;
    options.naming.trust = XIPC_TRUST_EVERYONE;
    return options;
}

static xipc_pipe_listener *listening_for(xipc_access access)
{
    xipc_pipe_options options = for_all(access);
    xipc_pipe_listener *listener = NULL;

    REQUIRE_OK(xipc_pipe_listen("open", &options, XIPC_FOREVER, &listener));
    return listener;
}

/* The FIFO that clients knock at, of the only listener there is. */
static void knock_path(xipc_pipe_listener *listener, char *path)
{
    memcpy(path, listener->native->path, ATTACK_PATH_SIZE);
}

static void stranger_connects(void *context)
{
    xipc_pipe_options options = for_all(XIPC_ACCESS_PRIVATE);
    xipc_credentials other = XIPC_CREDENTIALS_INIT;
    xipc_pipe *pipe;

    (void)context;
    REQUIRE_OK(
        xipc_pipe_connect("open", &options, xipc_after_ms(20000), &pipe));
    REQUIRE_OK(xipc_peer_credentials(xipc_pipe_object(pipe), &other));
    REQUIRE_UINT(0, other.user);
    pipe_puts(pipe, 1, 1000);
    pipe_gets(pipe, 2, 2000);
    xipc_pipe_close(pipe);
}

SPEC(another_user_connects_and_is_known, "PIPE-7 NAME-5 NAME-6")
{
    static const mode_t masks[] = {022, 0, 0777, 0277};

    attack_needs_users();
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        mode_t before = umask(masks[i]);
        xipc_pipe_listener *listener =
            listening_for(XIPC_ACCESS_EVERYONE_WRITE);
        xipc_credentials other = XIPC_CREDENTIALS_INIT;
        pid_t stranger =
            attack_start(attack_stranger(), stranger_connects, NULL);
        xipc_pipe *pipe = accepted(listener);

        umask(before);
        REQUIRE_OK(xipc_peer_credentials(xipc_pipe_object(pipe), &other));
        REQUIRE_UINT(attack_stranger(), other.user);
        REQUIRE_UINT((uint64_t)stranger, other.process);
        pipe_gets(pipe, 1, 1000);
        pipe_puts(pipe, 2, 2000);
        require_end(pipe, XIPC_E_CLOSED);
        attack_join(stranger);
        xipc_pipe_close(pipe);
        xipc_pipe_listener_close(listener);
    }
    attack_users_gone();
}

static void stranger_dies(void *context)
{
    xipc_pipe_options options = for_all(XIPC_ACCESS_PRIVATE);
    xipc_pipe *pipe;

    (void)context;
    REQUIRE_OK(
        xipc_pipe_connect("open", &options, xipc_after_ms(20000), &pipe));
    pipe_puts(pipe, 1, 1000);
    _exit(0);
}

SPEC(another_users_death_is_told_from_its_close, "PIPE-6 PIPE-7")
{
    xipc_pipe_listener *listener;
    pid_t stranger;
    xipc_pipe *pipe;

    attack_needs_users();
    listener = listening_for(XIPC_ACCESS_EVERYONE_WRITE);
    stranger = attack_start(attack_stranger(), stranger_dies, NULL);
    pipe = accepted(listener);
    pipe_gets(pipe, 1, 1000);
    require_end(pipe, XIPC_E_PEER_DIED);
    attack_join(stranger);
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);
    attack_users_gone();
}

static void stranger_is_refused(void *context)
{
    xipc_pipe_options options = for_all(XIPC_ACCESS_PRIVATE);
    xipc_pipe *pipe = UNTOUCHED;

    (void)context;
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_pipe_connect("open", &options, xipc_after_ms(20000), &pipe));
    REQUIRE(pipe == UNTOUCHED);
}

SPEC(another_user_is_refused_what_is_not_for_it, "NAME-6 PIPE-7")
{
    static const xipc_access narrow[] = {
        XIPC_ACCESS_PRIVATE, XIPC_ACCESS_GROUP_WRITE,
        XIPC_ACCESS_EVERYONE_READ};

    attack_needs_users();
    for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
        xipc_pipe_listener *listener = listening_for(narrow[i]);

        attack_run(attack_stranger(), stranger_is_refused, NULL);
        xipc_pipe_listener_close(listener);
    }
    attack_users_gone();
}

/* Who does not trust others does not talk to them. */
static void stranger_listens(void *context)
{
    atomic_int *step = context;
    xipc_pipe_listener *listener = listening_for(XIPC_ACCESS_EVERYONE_WRITE);

    atomic_store(step, 1);
    while (atomic_load(step) == 1) {
        let_pass(1);
    }
    xipc_pipe_listener_close(listener);
}

SPEC(another_users_listener_is_refused_unless_it_is_trusted, "NAME-8 PIPE-7")
{
    xipc_pipe_options options = for_all(XIPC_ACCESS_PRIVATE);
    atomic_int *step = attack_memory(sizeof *step);
    xipc_pipe *pipe = UNTOUCHED;
    pid_t stranger;

    attack_needs_users();
    options.naming.trust = XIPC_TRUST_SELF;
    stranger = attack_start(attack_stranger(), stranger_listens, step);
    while (atomic_load(step) == 0) {
        let_pass(1);
    }
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_pipe_connect("open", &options, XIPC_NOW, &pipe));
    atomic_store(step, 2);
    attack_join(stranger);
    attack_memory_free(step, sizeof *step);
    attack_users_gone();
}

/* What may be written there may be anything. */
static void knock_with(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static void knock_in_every_wrong_way(const char *path, uint32_t *dice)
{
    posix_knock knock;
    unsigned char bytes[4096];

    for (int kind = 0; kind < 8; kind++) {
        posix_knock_fill(
            &knock, (posix_knock_kind)kind, "aaaaaaaaaaaaaaaaaaaaaaaa");
        knock_with(path, &knock, sizeof knock);
        knock_with(path, &knock, 7);
        knock.user += 1;
        knock_with(path, &knock, sizeof knock);
        memcpy(knock.letters, "../../../../etc/passwd..", 24);
        knock_with(path, &knock, sizeof knock);
    }
    for (size_t at = 0; at < sizeof bytes; at++) {
        bytes[at] = (unsigned char)thrown(dice, 256);
    }
    knock_with(path, bytes, sizeof bytes);
    knock_with(path, bytes, 1);
    /* One that is begun, and would be ended by the next one who knocks. */
    posix_knock_fill(
        &knock, thrown(dice, 2) ? POSIX_KNOCK_NUDGE : POSIX_KNOCK_REFUSED,
        NULL);
    knock_with(path, &knock, offsetof(posix_knock, letters));
}

SPEC(nonsense_at_a_listener_disturbs_no_client, "GEN-10 PIPE-4")
{
    char path[ATTACK_PATH_SIZE];
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    uint32_t dice = dice_cast();

    knock_path(listener, path);
    for (int round = 0; round < 20; round++) {
        pipe_caller caller;
        xipc_pipe *pipe;

        knock_in_every_wrong_way(path, &dice);
        caller_begins(&caller, "a", xipc_after_ms(20000));
        pipe = accepted(listener);
        REQUIRE_OK(caller_ends(&caller));
        pipe_puts(pipe, 1, 10);
        pipe_gets(caller.pipe, 1, 10);
        xipc_pipe_close(pipe);
        xipc_pipe_close(caller.pipe);
    }
    xipc_pipe_listener_close(listener);
}

/* A client that says hello and never comes takes nobody's place for ever. */
SPEC(clients_that_never_come_keep_nobody_out, "GEN-10 PIPE-4")
{
    enum { COUNT = 200 };
    char path[ATTACK_PATH_SIZE];
    char wires[COUNT][POSIX_FIFO_PATH];
    int fds[COUNT];
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    pipe_caller caller;
    xipc_pipe *pipe;

    knock_path(listener, path);
    for (int i = 0; i < COUNT; i++) {
        char letters[XIPCOS_SPOT_SIZE];
        posix_knock hello;

        posix_fifo_draw(letters);
        REQUIRE_OK(posix_fifo_wire_path(
            XIPC_SCOPE_USER, geteuid(), letters, wires[i]));
        REQUIRE_OK(posix_fifo_make(wires[i], 0600, &fds[i]));
        posix_knock_fill(&hello, POSIX_KNOCK_HELLO, letters);
        knock_with(path, &hello, sizeof hello);
    }
    caller_begins(&caller, "a", xipc_after_ms(20000));
    pipe = accepted(listener);
    REQUIRE_OK(caller_ends(&caller));
    xipc_pipe_close(pipe);
    xipc_pipe_close(caller.pipe);
    xipc_pipe_listener_close(listener);
    for (int i = 0; i < COUNT; i++) {
        close(fds[i]);
        unlink(wires[i]);
    }
}

SPEC(a_writer_of_no_messages_is_told_and_disturbs_nobody, "GEN-10 PIPE-5")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_MESSAGES);
    xipc_native_handle native;
    const unsigned char nonsense[8] = {255, 255, 255, 255, 1, 2, 3, 4};

    pipe_puts(pair.writer, 1, 100);
    REQUIRE_OK(xipc_pipe_native_handle(pair.writer, XIPC_WRITABLE, &native));
    REQUIRE(write((int)native, nonsense, sizeof nonsense) == sizeof nonsense);
    pipe_gets(pair.reader, 1, 100);
    REQUIRE_STATUS(XIPC_E_CORRUPT, pipe_get(pair.reader, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_CORRUPT, pipe_get(pair.reader, XIPC_NOW));
    ends_closed(&pair);
}
