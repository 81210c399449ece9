/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailboxes that are POSIX message queues: with a program that does not know
 * the library, and with a child made by fork().
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/mailbox_kit.h"
#include "support/poller_kit.h"

enum { PLAIN_LONGEST = 200, PLAIN_COUNT = 1000, CAPACITY = 8 };

#define NATIVE "native:"

/* ---- the program ---- */

static size_t plain_fill(unsigned char *bytes, unsigned number)
{
    size_t size = number % PLAIN_LONGEST;

    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

/* "native:" and a name that no other run of this case has. */
static const char *queue_name(void)
{
    static char name[64];

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    snprintf(name, sizeof name, NATIVE "/xipc-spec-%ld", (long)getpid());
    return name;
}

static const char *plain_name(const char *name)
{
    return name + strlen(NATIVE);
}

/* It stands beside this one. */
static void plain_path(char *path, size_t capacity)
{
    ssize_t size = readlink("/proc/self/exe", path, capacity - 1);
    char *last;

    REQUIRE(size > 0);
    path[size] = '\0';
    last = strrchr(path, '/');
    REQUIRE(last != NULL && last + sizeof "/mq_plain" <= path + capacity);
    memcpy(last, "/mq_plain", sizeof "/mq_plain");
}

static pid_t plain_begun(const char *verb, const char *name, unsigned count)
{
    char path[1024];
    char number[16];
    char longest[16];
    char *arguments[] = {path,   (char *)verb, (char *)plain_name(name),
                         number, longest,      NULL};
    pid_t pid;

    plain_path(path, sizeof path);
    snprintf(number, sizeof number, "%u", count);
    snprintf(longest, sizeof longest, "%d", PLAIN_LONGEST);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        execv(path, arguments);
        _exit(127);
    }
    return pid;
}

static void plain_ended(pid_t pid)
{
    int status = 0;

    REQUIRE(waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void plain(const char *verb, const char *name, unsigned count)
{
    plain_ended(plain_begun(verb, name, count));
}

static xipc_mailbox *box_here(const char *name)
{
    xipc_mailbox_options options = box_of(CAPACITY, PLAIN_LONGEST);

    options.capacity = CAPACITY;
    return box_made(name, &options);
}

static void box_gone(xipc_mailbox *box, const char *name)
{
    xipc_mailbox_close(box);
    REQUIRE_OK(xipc_remove(XIPC_KIND_MAILBOX, name, XIPC_SCOPE_USER, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_MAILBOX, name, XIPC_SCOPE_USER, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open(name, NULL, XIPC_NOW, &box));
}

/* The next message of the program's, of whichever priority. */
static void take_plain(xipc_mailbox *box, unsigned due[3])
{
    unsigned char bytes[PLAIN_LONGEST];
    unsigned char want[PLAIN_LONGEST];
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    size_t size = 0;
    uint32_t priority;

    REQUIRE_OK(xipc_mailbox_receive(
        box, bytes, sizeof bytes, &size, &envelope, XIPC_FOREVER));
    priority = envelope.priority;
    REQUIRE(priority < 3);
    REQUIRE_UINT(plain_fill(want, due[priority]), size);
    REQUIRE(memcmp(bytes, want, size) == 0);
    REQUIRE(envelope.type == 0 && envelope.flags == 0);
    REQUIRE(envelope.sender_process == 0 && envelope.sender_user == 0);
    REQUIRE(envelope.sequence == 0 && envelope.sent_at == 0);
    due[priority] += 3;
}

SPEC(a_plain_program_sends_to_a_box_of_ours, "NAME-4 MBOX-2 MBOX-3")
{
    const char *name = queue_name();
    xipc_mailbox *box = box_here(name);
    pid_t pid = plain_begun("send", name, PLAIN_COUNT);
    unsigned due[3] = {0, 1, 2};

    for (unsigned i = 0; i < PLAIN_COUNT; i++) {
        take_plain(box, due);
    }
    plain_ended(pid);
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    box_gone(box, name);
}

SPEC(a_plain_program_wakes_our_poller, "NAME-4 WAIT-1 WAIT-4")
{
    const char *name = queue_name();
    xipc_mailbox *box = box_here(name);
    xipc_poller *poller = poller_made();
    pid_t pid;
    unsigned due[3] = {0, 1, 2};

    poller_takes(poller, xipc_mailbox_object(box), box);
    require_silent(poller);
    pid = plain_begun("send", name, PLAIN_COUNT);
    for (unsigned i = 0; i < PLAIN_COUNT; i++) {
        xipc_ready ready;
        size_t count = 0;

        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
        REQUIRE(count == 1 && ready.cookie == box);
        take_plain(box, due);
    }
    plain_ended(pid);
    require_silent(poller);
    xipc_poller_close(poller);
    box_gone(box, name);
}

static void send_plain(xipc_mailbox *box, unsigned number)
{
    unsigned char bytes[PLAIN_LONGEST];
    size_t size = plain_fill(bytes, number);
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.priority = number % 3;
    REQUIRE_OK(xipc_mailbox_send(box, bytes, size, &postage, XIPC_FOREVER));
}

SPEC(a_plain_program_receives_from_a_queue_of_its_own, "NAME-4 MBOX-2 MBOX-3")
{
    const char *name = queue_name();
    xipc_mailbox *box;
    pid_t pid;

    plain("make", name, CAPACITY);
    box = box_joined(name);
    REQUIRE(xipc_mailbox_provider(box) == XIPC_PROVIDER_NATIVE);
    REQUIRE_UINT(CAPACITY, xipc_mailbox_capacity(box));
    REQUIRE_UINT(PLAIN_LONGEST, xipc_mailbox_message_max(box));
    pid = plain_begun("receive", name, PLAIN_COUNT);
    for (unsigned number = 0; number < PLAIN_COUNT; number++) {
        send_plain(box, number);
    }
    plain_ended(pid);
    xipc_mailbox_close(box);
    plain("remove", name, 0);
}

SPEC(priorities_of_both_sides_are_one_order, "NAME-4 MBOX-3")
{
    const char *name = queue_name();
    xipc_mailbox *box = box_here(name);
    unsigned due[3] = {0, 1, 2};

    plain("send", name, 6); /* two of each */
    for (unsigned i = 0; i < 6; i++) {
        take_plain(box, due);
        REQUIRE(due[2] - 2 == 3 * (i + 1 < 2 ? i + 1 : 2));
        REQUIRE(due[0] == 3 * (i < 4 ? 0 : i - 3));
    }
    for (unsigned number = 0; number < 6; number++) {
        send_plain(box, number);
    }
    plain("receive", name, 6);
    box_gone(box, name);
}

/* What the program sends may be higher than any of ours. */
SPEC(a_foreign_priority_is_told_as_it_is, "NAME-4 MBOX-4")
{
    const char *name = queue_name();
    xipc_mailbox *box = box_here(name);
    mqd_t queue = mq_open(plain_name(name), O_WRONLY);
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    char bytes[PLAIN_LONGEST];
    size_t size = 77;

    REQUIRE(queue != (mqd_t)-1);
    REQUIRE(mq_send(queue, "high", 4, 12345) == 0);
    mq_close(queue);
    REQUIRE_OK(xipc_mailbox_receive(
        box, bytes, sizeof bytes, &size, &envelope, XIPC_NOW));
    REQUIRE_UINT(4, size);
    REQUIRE_UINT(12345, envelope.priority);
    box_gone(box, name);
}

SPEC(a_queue_stays_until_it_is_removed, "NAME-4 LIFE-5")
{
    const char *name = queue_name();
    xipc_mailbox *box = box_here(name);
    xipc_mailbox *second = UNTOUCHED;

    REQUIRE_OK(xipc_mailbox_send(box, "stays", 5, NULL, XIPC_NOW));
    xipc_mailbox_close(box);
    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_mailbox_create(name, NULL, XIPC_NOW, &second));
    box = box_joined(name);
    REQUIRE_UINT(1, xipc_mailbox_depth(box));
    require_nothing_exists(); /* it is no object of ours */
    box_gone(box, name);
}

/* One way only, as the queue's mode says. */
SPEC(a_queue_that_is_not_for_both_is_opened_one_way, "NAME-4 NAME-6")
{
    const char *name = queue_name();
    struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 32};
    xipc_mailbox *box;
    mqd_t queue;
    char bytes[32];
    size_t size;

    if (geteuid() == 0) {
        spec_skip("the administrator may do everything");
    }
    queue =
        mq_open(plain_name(name), O_CREAT | O_EXCL | O_RDWR, 0200, &attributes);
    REQUIRE(queue != (mqd_t)-1);
    box = box_joined(name);
    REQUIRE_OK(xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_mailbox_receive(box, bytes, 32, &size, NULL, XIPC_NOW));
    mq_close(queue);
    box_gone(box, name);
}

/* ---- a child made by fork() ---- */

static int has_nothing_of(xipc_mailbox *box)
{
    char bytes[PLAIN_LONGEST];
    size_t size = 77;

    if (xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW) != XIPC_E_FORKED ||
        xipc_mailbox_receive(
            box, bytes, sizeof bytes, &size, NULL, XIPC_FOREVER) !=
            XIPC_E_FORKED ||
        xipc_interrupt(xipc_mailbox_object(box)) != XIPC_E_FORKED) {
        return 1;
    }
    xipc_mailbox_close(box);
    return 0;
}

/* It is still the parent's, and so are its rights. */
static void require_undisturbed(xipc_mailbox *box, uint32_t flags)
{
    xipc_mailbox *other = box_joined("a");
    box_mail mail;

    box_sends(other, 2, 20);
    box_receives(box, 1, 10);
    if ((flags & XIPC_MAILBOX_EXCLUSIVE) != 0) {
        REQUIRE_STATUS(XIPC_E_BUSY, box_fetch(other, &mail, XIPC_NOW));
    }
    box_receives(box, 2, 20);
    REQUIRE_UINT(CAPACITY, box_fill(other, 0, 30));
    box_empty(box, 0, CAPACITY, 30);
    xipc_mailbox_close(other);
}

SPEC(a_child_has_nothing_of_its_parents_queue, "GEN-8 MBOX-5 MBOX-7")
{
    static const uint32_t flags[] = {
        0, XIPC_MAILBOX_EXCLUSIVE, XIPC_MAILBOX_OWNED};

    box_natively();
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        xipc_mailbox_options options = box_flagged(flags[i]);
        xipc_mailbox *box = box_made("a", &options);
        pid_t child;

        box_sends(box, 0, 5);
        box_receives(box, 0, 5);
        box_sends(box, 1, 10);
        child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            _exit(has_nothing_of(box));
        }
        plain_ended(child);
        require_undisturbed(box, flags[i]);
        xipc_mailbox_close(box);
        require_nothing_exists();
    }
}
