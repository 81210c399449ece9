/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's mailboxes: nothing that
 * works, and nothing that disturbs.
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

#include "support/mailbox_kit.h"

/* The handle that is inherited, with one block reserved and one taken. */
typedef struct inherited {
    xipc_mailbox *box;
    void *reserved;
    const void *taken;
} inherited;

typedef int child_body(const inherited *self);

static void require_child_succeeds(child_body *body, const inherited *self)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(self));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_sending_forked(const inherited *self)
{
    xipc_mailbox *box = self->box;
    void *data = UNTOUCHED;

    return xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_mailbox_send(box, "x", 1, NULL, XIPC_FOREVER) ==
               XIPC_E_FORKED &&
           xipc_mailbox_reserve(box, 1, &data, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_mailbox_commit(box, self->reserved, 1, NULL, XIPC_NOW) ==
               XIPC_E_FORKED &&
           xipc_mailbox_cancel(box, self->reserved) == XIPC_E_FORKED &&
           data == UNTOUCHED;
}

static int finds_receiving_forked(const inherited *self)
{
    xipc_mailbox *box = self->box;
    const void *data = UNTOUCHED;
    char bytes[256];
    size_t size = 77;

    return xipc_mailbox_receive(
               box, bytes, sizeof bytes, &size, NULL, XIPC_FOREVER) ==
               XIPC_E_FORKED &&
           xipc_mailbox_take(box, &data, &size, NULL, XIPC_NOW) ==
               XIPC_E_FORKED &&
           xipc_mailbox_release(box, self->taken) == XIPC_E_FORKED &&
           xipc_mailbox_return(box, self->taken) == XIPC_E_FORKED &&
           xipc_interrupt(xipc_mailbox_object(box)) == XIPC_E_FORKED &&
           xipc_interrupt_clear(xipc_mailbox_object(box)) == XIPC_E_FORKED &&
           size == 77 && data == UNTOUCHED;
}

static int finds_it_in_no_poller(xipc_mailbox *box)
{
    xipc_poller *poller = NULL;
    int is_refused;

    if (xipc_poller_create(&poller) != XIPC_OK) {
        return 0;
    }
    is_refused = xipc_poller_add(
                     poller, xipc_mailbox_object(box), XIPC_READABLE, NULL) ==
                 XIPC_E_FORKED;
    xipc_poller_close(poller);
    return is_refused;
}

static int finds_every_call_forked(const inherited *self)
{
    if (!finds_sending_forked(self)) {
        return 1;
    }
    if (!finds_receiving_forked(self)) {
        return 2;
    }
    return finds_it_in_no_poller(self->box) ? 0 : 3;
}

static int closes_it(const inherited *self)
{
    xipc_mailbox_close(self->box);
    return 0;
}

static int just_ends(const inherited *self)
{
    return self == NULL;
}

static int forks_again(const inherited *self)
{
    pid_t child = fork();
    int how = 0;

    if (child == 0) {
        _exit(finds_every_call_forked(self));
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how)) {
        return 10;
    }
    closes_it(self);
    return WEXITSTATUS(how);
}

/* What was reserved and taken before is as it was; whoever is the owner, or
 * the only receiver, still is. Others wait long enough to look for the dead. */
static void require_undisturbed(const inherited *self, uint32_t flags)
{
    xipc_mailbox *other = box_joined("a");
    box_mail mail;

    if ((flags & XIPC_MAILBOX_EXCLUSIVE) != 0) {
        REQUIRE_STATUS(XIPC_E_BUSY, box_fetch(other, &mail, xipc_after_ms(30)));
    } else {
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, box_fetch(other, &mail, xipc_after_ms(30)));
    }
    for (uint64_t number = 10; number < 25; number++) {
        box_sends(other, number, 50);
    }
    require_no_room(other, 50);
    REQUIRE(message_is(self->taken, 20, 2));
    REQUIRE_OK(xipc_mailbox_release(self->box, self->taken));
    REQUIRE(message_is(self->reserved, 40, 3));
    box_commits(self->box, self->reserved, 3, 40);
    for (uint64_t number = 10; number < 25; number++) {
        box_receives(self->box, number, 50);
    }
    box_empty(self->box, 3, 1, 40);
    xipc_mailbox_close(other);
}

static void with_a_child(uint32_t flags, child_body *body)
{
    xipc_mailbox_options options = box_flagged(flags);
    inherited self = {.box = box_made("a", &options)};

    box_sends(self.box, 1, 10);
    box_sends(self.box, 2, 20);
    box_receives(self.box, 1, 10);
    self.taken = box_takes(self.box, 2, 20);
    self.reserved = box_reserves(self.box, 3, 40);
    require_child_succeeds(body, &self);
    require_undisturbed(&self, flags);

    xipc_mailbox_close(self.box);
}

SPEC(a_mailbox_inherited_through_fork_tells_so, "GEN-8 MBOX-1")
{
    with_a_child(0, finds_every_call_forked);
}

static void left_alone(uint32_t flags)
{
    with_a_child(flags, closes_it);
    with_a_child(flags, just_ends);
    with_a_child(flags, forks_again);
}

SPEC(a_child_that_closes_or_ends_takes_nothing_of_a_mailbox, "GEN-8 MBOX-8")
{
    left_alone(0);
    left_alone(XIPC_MAILBOX_ACKED);
}

SPEC(a_child_is_neither_owner_nor_receiver_of_a_mailbox, "GEN-8 MBOX-5 MBOX-7")
{
    left_alone(XIPC_MAILBOX_EXCLUSIVE);
    left_alone(XIPC_MAILBOX_OWNED);
}

/* ---- a child that opens the box itself ---- */

static int sends_from_the_child(void)
{
    xipc_mailbox *box = box_joined("a");

    for (uint64_t number = 0; number < 500; number++) {
        REQUIRE_OK(
            box_send(box, number, message_size(number, 250), XIPC_FOREVER));
    }
    xipc_mailbox_close(box);
    return 0;
}

static void with_a_child_at_work(uint32_t capacity)
{
    xipc_mailbox *box = box_sized("a", capacity);
    int how = 0;
    pid_t child = fork();

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(sends_from_the_child());
    }
    for (uint64_t number = 0; number < 500; number++) {
        box_mail mail;

        REQUIRE_OK(box_fetch(box, &mail, XIPC_FOREVER));
        REQUIRE_UINT(number, mail.number);
        REQUIRE_UINT((uint64_t)child, mail.envelope.sender_process);
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    require_no_message(box);
    xipc_mailbox_close(box);
}

BOX_SPEC(a_child_that_opens_the_mailbox_sends_on_its_own, "GEN-8 MBOX-4 MBOX-5")
{
    for_each_capacity(with_a_child_at_work);
}

/* ---- a child that outlives its parent ---- */

#define LIFE_LINE "life-line"

/*
 * Takes a message, and forks a child that outlives it. The child tells its
 * number through the FIFO of argument 0, which it holds open, and stays until
 * killed.
 */
PEER(a_receiver_whose_child_outlives_it)
{
    xipc_mailbox *box = box_joined("a");

    box_takes(box, 1, 30);
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

SPEC(the_child_of_a_dead_receiver_does_not_keep_its_message, "GEN-8 MBOX-8")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_ACKED);
    xipc_mailbox *box = box_made("a", &options);
    char path[512];
    spec_peer *peer;
    pid_t child = 0;
    int64_t start;
    int line;

    box_sends(box, 1, 30);
    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(mkfifo(path, 0600) == 0);
    peer = START(a_receiver_whose_child_outlives_it, path);
    line = open(path, O_RDONLY);
    REQUIRE(line >= 0);
    REQUIRE(read(line, &child, sizeof child) == (ssize_t)sizeof child);
    require_no_message(box);
    spec_kill(peer);
    start = spec_now_ns();
    REQUIRE_OK(box_receive(box, 1, 30, XIPC_FOREVER));
    spec_note(
        "it came after %lld us", (long long)(spec_now_ns() - start) / 1000);

    REQUIRE(kill(child, 0) == 0);
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(read(line, path, 1) == 0);
    close(line);
    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(unlink(path) == 0);
    xipc_mailbox_close(box);
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

BOX_SPEC(every_descriptor_behind_a_mailbox_closes_on_exec, "GEN-8 MBOX-1")
{
    static char was_open[1024];
    xipc_mailbox *made;
    xipc_mailbox *joined;

    for (int fd = 0; fd < 1024; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    made = box_sized("a", box_is_native() ? 8 : XIPC_UNBOUNDED);
    joined = box_joined("a");
    box_sends(made, 1, 20);
    box_receives(joined, 1, 20);
    REQUIRE(open_count(was_open) > 0);

    xipc_mailbox_close(joined);
    xipc_mailbox_close(made);
    REQUIRE_UINT(0, open_count(was_open));
}
