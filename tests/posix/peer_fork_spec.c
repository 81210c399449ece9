/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's peers: nothing that works,
 * and nothing that disturbs.
 *
 * A child here runs one function and ends with its result: 0 is success. It
 * leaves by _exit(), so that nothing of the test's own ends twice.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/peer_kit.h"

typedef int child_body(xipc_peer *peer);

static void require_child_succeeds(child_body *body, xipc_peer *peer)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(peer));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_every_call_forked(xipc_peer *peer)
{
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    char bytes[8];

    if (xipc_peer_send(peer, "bob", "x", 1, 0, XIPC_NOW) != XIPC_E_FORKED ||
        xipc_peer_send(peer, "bob", "x", 1, 0, XIPC_FOREVER) != XIPC_E_FORKED) {
        return 1;
    }
    if (xipc_peer_receive(peer, "bob", bytes, 8, &mail, XIPC_FOREVER) !=
            XIPC_E_FORKED ||
        xipc_peer_receive_any(peer, bytes, 8, &mail, XIPC_FOREVER) !=
            XIPC_E_FORKED ||
        xipc_peer_link_count(peer) != 0) {
        return 2;
    }
    return xipc_interrupt(xipc_peer_object(peer)) == XIPC_E_FORKED ? 0 : 3;
}

static int leaves(xipc_peer *peer)
{
    xipc_peer_leave(peer);
    return 0;
}

static int just_ends(xipc_peer *peer)
{
    return peer == NULL;
}

static int forks_again(xipc_peer *peer)
{
    pid_t child = fork();
    int how = 0;

    if (child == 0) {
        _exit(finds_every_call_forked(peer));
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how)) {
        return 10;
    }
    leaves(peer);
    return WEXITSTATUS(how);
}

/* What was sent before is there, both can go on, and nobody else is ann. */
static void with_a_child(child_body *body)
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined("bob");
    xipc_peer *other = UNTOUCHED;

    peer_sends(ann, "bob", 1, 10);
    peer_sends(bob, "ann", 2, 20);
    require_child_succeeds(body, ann);
    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_peer_join("ann", NULL, XIPC_FOREVER, &other));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_receive(ann, "eve", 0, 0, xipc_after_ms(30)));
    peer_sends(ann, "bob", 3, 30);
    peer_sends(bob, "ann", 4, 40);
    peer_receives(bob, "ann", 1, 10);
    peer_receives(bob, "ann", 3, 30);
    peer_receives(ann, "bob", 2, 20);
    peer_receives(ann, "bob", 4, 40);
    require_no_mail(ann);
    require_no_mail(bob);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(a_peer_inherited_through_fork_tells_so, "GEN-8 PEER-1")
{
    with_a_child(finds_every_call_forked);
}

SPEC(a_child_that_leaves_or_ends_takes_nothing_of_a_peer, "GEN-8 PEER-1")
{
    with_a_child(leaves);
    with_a_child(just_ends);
    with_a_child(forks_again);
}

/* ---- a child that joins itself ---- */

static int sends_from_the_child(xipc_peer *parents)
{
    xipc_peer *eve = peer_joined("eve");

    for (uint64_t number = 0; number < 500; number++) {
        REQUIRE_OK(peer_send(
            eve, "ann", number, message_size(number, 900), XIPC_FOREVER));
    }
    xipc_peer_leave(eve);
    xipc_peer_leave(parents);
    return 0;
}

SPEC(a_child_that_joins_is_a_peer_of_its_own, "GEN-8 PEER-1")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer_mail mail;
    int how = 0;
    pid_t child;

    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(sends_from_the_child(ann));
    }
    for (uint64_t number = 0; number < 500; number++) {
        REQUIRE_OK(peer_fetch(ann, &mail, XIPC_FOREVER));
        REQUIRE_UINT(number, mail.type);
        REQUIRE_UINT((uint64_t)child, mail.sender_process);
        REQUIRE_UINT((uint64_t)getuid(), mail.sender_user);
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, peer_receive(ann, "eve", 0, 0, XIPC_NOW));
    xipc_peer_leave(ann);
}

/* ---- a child that outlives its parent ---- */

#define LIFE_LINE "life-line"

/* Forks a child that outlives it. The child tells its number through the FIFO
 * of argument 0, which it holds open, and stays until killed. */
PEER(a_peer_whose_child_outlives_it)
{
    xipc_peer *bob = peer_joined("bob");

    peer_sends(bob, "ann", 1, 10);
    REQUIRE_OK(peer_receive(bob, "ann", 2, 20, XIPC_FOREVER));
    if (fork() == 0) {
        int line = open(spec_argument(0), O_WRONLY);
        pid_t self = getpid();

        if (line < 0 || write(line, &self, sizeof self) < 0) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    spec_expect(NULL, "never told");
}

SPEC(the_child_of_a_dead_peer_is_not_that_peer, "GEN-8 PEER-1 PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    char path[512];
    spec_peer *peer;
    pid_t child = 0;
    int line;

    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(mkfifo(path, 0600) == 0);
    peer = START(a_peer_whose_child_outlives_it, path);
    REQUIRE_OK(peer_receive(ann, "bob", 1, 10, XIPC_FOREVER));
    peer_sends(ann, "bob", 2, 20);
    line = open(path, O_RDONLY);
    REQUIRE(line >= 0);
    REQUIRE(read(line, &child, sizeof child) == (ssize_t)sizeof child);
    spec_kill(peer);

    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "bob", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send(ann, "bob", 3, 1, XIPC_NOW));
    xipc_peer_leave(peer_joined_soon("bob"));
    REQUIRE(kill(child, 0) == 0);
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(read(line, path, 1) == 0);
    close(line);
    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(unlink(path) == 0);
    xipc_peer_leave(ann);
}

/* ---- descriptors ---- */

static unsigned open_count(const char *was_open)
{
    unsigned count = 0;

    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !was_open[fd]) {
            REQUIRE((flags & FD_CLOEXEC) != 0);
            count++;
        }
    }
    return count;
}

SPEC(every_descriptor_behind_a_peer_closes_on_exec, "GEN-8 PEER-1")
{
    static char was_open[1024];
    xipc_peer *ann;
    xipc_peer *bob;

    for (int fd = 0; fd < 1024; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    ann = peer_joined("ann");
    bob = peer_joined("bob");
    peer_sends(ann, "bob", 1, 10);
    peer_receives(bob, "ann", 1, 10);
    REQUIRE(open_count(was_open) > 0);

    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
    REQUIRE_UINT(0, open_count(was_open));
}
