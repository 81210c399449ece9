/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two machines, as far as sockets can tell: this process and a child, each in a
 * network of its own, with a cable between them that can be cut. All of it goes
 * with the two processes. The names of hosts are this process's own too.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/attack_kit.h"
#include "support/socket_kit.h"

/* Here is 10.77.0.1, there 10.77.0.2, and nobody 10.77.0.3 to 10.77.0.5. */
#define THERE "tcp://10.77.0.2:7000"

typedef struct machine {
    pid_t pid;
    int to;   /* what it is told */
    int from; /* what it says */
} machine;

static int runs(const char *format, long number)
{
    char line[400];
    pid_t pid;
    int how = 0;

    (void)snprintf(line, sizeof line, format, number);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    while (waitpid(pid, &how, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static void does(const char *format, long number)
{
    REQUIRE(runs(format, number));
}

static void word_sent(int fd, char word)
{
    REQUIRE(write(fd, &word, 1) == 1);
}

static char word_got(int fd)
{
    char word = 0;
    ssize_t size;

    do {
        size = read(fd, &word, 1);
    } while (size < 0 && errno == EINTR);
    if (size != 1) {
        word = 0;
    }
    return word;
}

/* What is sent before the cable is plugged in at both ends is lost. */
static void waits_for_the_cable(void)
{
    while (!runs("ip -br link show cable | grep -q ' UP '", 0)) {
        let_pass(5);
    }
}

typedef void machine_body(int from, int to);

/* Both in networks of their own, which are empty. */
static machine second_machine(machine_body *body)
{
    machine self;
    int there[2];
    int here[2];

    if (runs("command -v ip >/dev/null", 0) == 0) {
        spec_skip("this host has no ip");
    }
    if (geteuid() != 0 || !attack_unshare(CLONE_NEWNET | CLONE_NEWNS)) {
        spec_skip("this host does not let us make networks");
    }
    REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    REQUIRE(pipe(there) == 0 && pipe(here) == 0);
    self.pid = fork();
    REQUIRE(self.pid >= 0);
    if (self.pid == 0) {
        close(there[1]);
        close(here[0]);
        REQUIRE(attack_unshare(CLONE_NEWNET));
        word_sent(here[1], 'm');
        REQUIRE(word_got(there[0]) == 'c'); /* the cable is there */
        does("ip link set lo up", 0);
        does("ip addr add 10.77.0.2/24 dev cable", 0);
        does("ip link set cable up", 0);
        waits_for_the_cable();
        body(there[0], here[1]);
        _exit(0);
    }
    close(there[0]);
    close(here[1]);
    self.to = there[1];
    self.from = here[0];
    REQUIRE(word_got(self.from) == 'm');
    does("ip link set lo up", 0);
    does(
        "ip link add cable type veth peer name cable netns %ld",
        (long)self.pid);
    does("ip addr add 10.77.0.1/24 dev cable", 0);
    does("ip link set cable up", 0);
    for (long nobody = 3; nobody < 6; nobody++) {
        does(
            "ip neigh add 10.77.0.%ld lladdr 02:00:00:00:00:99 dev cable",
            nobody);
    }
    word_sent(self.to, 'c');
    waits_for_the_cable();
    return self;
}

static void machine_ends(machine *self)
{
    int how = 0;

    close(self->to);
    while (waitpid(self->pid, &how, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    close(self->from);
}

/* Echoes what the first client says, until it is told to end. */
static void serves_one(int from, int to)
{
    xipc_socket_listener *listener = socket_listening(THERE);
    xipc_socket *socket;

    word_sent(to, 'l');
    socket = socket_accepted(listener);
    hears(socket, "hello");
    says(socket, "hello");
    REQUIRE(word_got(from) == '\0');
    xipc_socket_close(socket);
    xipc_socket_listener_close(listener);
}

static xipc_socket *talking(const machine *self)
{
    xipc_socket *socket;

    REQUIRE(word_got(self->from) == 'l');
    socket = connected(THERE);
    says(socket, "hello");
    hears(socket, "hello");
    return socket;
}

SPEC(a_cut_link_makes_the_deadline, "SOCK-2 GEN-4")
{
    machine there = second_machine(serves_one);
    xipc_socket *socket = talking(&there);
    char *bytes = calloc(1, 16 << 20);
    xipc_deadline deadline;
    size_t written = 0;
    char byte;

    REQUIRE(bytes != NULL);
    does("ip link set cable down", 0);
    deadline = xipc_after_ms(300);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_socket_read(socket, &byte, 1, deadline, &written));
    REQUIRE(xipc_after_ms(0) >= deadline);
    deadline = xipc_after_ms(300);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_write(socket, bytes, 16 << 20, deadline, &written));
    REQUIRE(written < (16 << 20));
    REQUIRE(xipc_after_ms(0) >= deadline && xipc_after_ms(-2000) < deadline);
    xipc_socket_close(socket);
    free(bytes);
    machine_ends(&there);
}

SPEC(a_machine_that_is_not_there_makes_the_deadline, "SOCK-2 GEN-4")
{
    machine there = second_machine(serves_one);
    xipc_socket *socket = UNTOUCHED;
    xipc_deadline deadline = xipc_after_ms(300);

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_connect("tcp://10.77.0.3:7000", NULL, deadline, &socket));
    REQUIRE(xipc_after_ms(0) >= deadline && xipc_after_ms(-2000) < deadline);
    REQUIRE(socket == UNTOUCHED);
    xipc_socket_close(talking(&there));
    machine_ends(&there);
}

SPEC(a_connection_that_is_reset_broke, "SOCK-2")
{
    machine there = second_machine(serves_one);
    xipc_socket *socket = talking(&there);
    xipc_status status = XIPC_OK;

    /* The other side's firewall, or its restart, answers like this. */
    if (!runs(
            "command -v ss >/dev/null && ss -K dst 10.77.0.2 >/dev/null 2>&1 "
            "&& test -z \"$(ss -Hnt state established dst 10.77.0.2)\"",
            0)) {
        spec_note("this host cannot reset a connection");
    } else {
        while (status == XIPC_OK) {
            status = xipc_socket_write(socket, "x", 1, soon(), NULL);
        }
        REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    }
    xipc_socket_close(socket);
    machine_ends(&there);
}

/* The names of hosts, from a file of this case's own. */
static void hosts_are(const char *lines)
{
    char path[400];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/hosts", spec_directory());
    file = fopen(path, "w");
    REQUIRE(file != NULL);
    REQUIRE(fputs(lines, file) >= 0);
    REQUIRE(fclose(file) == 0);
    REQUIRE(mount(path, "/etc/hosts", NULL, MS_BIND, NULL) == 0);
}

static void hosts_are_gone(void)
{
    char path[400];

    (void)snprintf(path, sizeof path, "%s/hosts", spec_directory());
    REQUIRE(umount2("/etc/hosts", MNT_DETACH) == 0);
    REQUIRE(unlink(path) == 0);
}

SPEC(of_many_addresses_the_first_that_answers_is_it, "SOCK-2 GEN-4")
{
    machine there = second_machine(serves_one);
    int64_t before;
    int64_t took;
    xipc_socket *socket;
    char uri[XIPC_SOCKET_URI_SIZE];

    hosts_are("10.77.0.3 many\n10.77.0.4 many\n10.77.0.2 many\n");
    REQUIRE(word_got(there.from) == 'l');
    before = spec_now_ns();
    socket = connected("tcp://many:7000");
    took = (spec_now_ns() - before) / 1000000;
    spec_note("two dead addresses cost %lld ms", (long long)took);
    REQUIRE(took < 5000);
    REQUIRE_OK(xipc_socket_peer_uri(socket, uri, sizeof uri));
    says(socket, "hello");
    hears(socket, "hello");
    xipc_socket_close(socket);
    hosts_are_gone();
    machine_ends(&there);
}

SPEC(of_many_addresses_that_do_not_answer_the_deadline_is_kept, "SOCK-2 GEN-4")
{
    machine there = second_machine(serves_one);
    xipc_deadline deadline;
    xipc_socket *socket = UNTOUCHED;

    hosts_are("10.77.0.3 many\n10.77.0.4 many\n10.77.0.5 many\n");
    deadline = xipc_after_ms(700);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_connect("tcp://many:7000", NULL, deadline, &socket));
    REQUIRE(xipc_after_ms(0) >= deadline && xipc_after_ms(-2000) < deadline);
    REQUIRE(socket == UNTOUCHED);
    xipc_socket_close(talking(&there));
    hosts_are_gone();
    machine_ends(&there);
}

/* Whoever could answer is 10.77.0.3, and never does. */
SPEC(a_name_server_that_does_not_answer_makes_the_deadline, "SOCK-1 GEN-4")
{
    machine there = second_machine(serves_one);
    char path[400];
    FILE *file;
    xipc_deadline deadline;
    xipc_address address;

    (void)snprintf(path, sizeof path, "%s/resolv", spec_directory());
    file = fopen(path, "w");
    REQUIRE(file != NULL);
    REQUIRE(
        fputs("nameserver 10.77.0.3\noptions timeout:1 attempts:1\n", file) >=
        0);
    REQUIRE(fclose(file) == 0);
    REQUIRE(mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0);
    deadline = xipc_after_ms(300);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_address_find("udp://example.org:53", deadline, &address));
    REQUIRE(xipc_after_ms(0) >= deadline && xipc_after_ms(-2000) < deadline);
    /* When this one is over the first one is, and leaves nothing behind. */
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_address_find("udp://example.net:53", soon(), &address));
    REQUIRE(umount2("/etc/resolv.conf", MNT_DETACH) == 0);
    REQUIRE(unlink(path) == 0);
    xipc_socket_close(talking(&there));
    machine_ends(&there);
}

/* ---- groups ---- */

#define GROUP "udp://239.77.3.1:7001"

static void receives_two(int from, int to)
{
    xipc_socket *member = bound(GROUP "?if=cable");

    word_sent(to, 'l');
    gets_letter(member, "without a loop", NULL);
    gets_letter(member, "with a loop", NULL);
    word_sent(to, 'r');
    REQUIRE(word_got(from) == '\0');
    xipc_socket_close(member);
}

SPEC(a_group_spans_machines_and_loops_only_if_it_is_to, "SOCK-3")
{
    machine there = second_machine(receives_two);
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_socket *near = bound(GROUP "?if=cable");
    xipc_socket *loud = bound("udp://10.77.0.1:0?if=10.77.0.1");
    xipc_address group = address_of(GROUP);
    xipc_socket *silent;

    options.flags = XIPC_SOCKET_NO_LOOP;
    REQUIRE_OK(xipc_socket_bind(
        "udp://10.77.0.1:0?if=cable", &options, soon(), &silent));
    REQUIRE(word_got(there.from) == 'l');
    posts(silent, &group, "without a loop");
    posts(loud, &group, "with a loop");
    gets_letter(near, "with a loop", NULL);
    REQUIRE(word_got(there.from) == 'r');
    xipc_socket_close(silent);
    xipc_socket_close(loud);
    xipc_socket_close(near);
    machine_ends(&there);
}

#define WIDE_GROUP "udp://[ff15::77:1]:7001"

static void receives_one_wide(int from, int to)
{
    xipc_socket *member = bound(WIDE_GROUP "?if=cable");

    word_sent(to, 'l');
    gets_letter(member, "to all of us", NULL);
    word_sent(to, 'r');
    REQUIRE(word_got(from) == '\0');
    xipc_socket_close(member);
}

SPEC(a_group_of_ipv6_spans_machines, "SOCK-3 SOCK-1")
{
    machine there = second_machine(receives_one_wide);
    xipc_address group = address_of(WIDE_GROUP);
    xipc_socket *near;
    xipc_socket *sender;

    if (!has_ipv6()) {
        spec_skip("this host has no IPv6");
    }
    does("ip -6 addr add fd77::1/64 dev cable nodad", 0);
    near = bound(WIDE_GROUP "?if=cable");
    sender = bound("udp://[::]:0?if=cable");
    REQUIRE(word_got(there.from) == 'l');
    posts(sender, &group, "to all of us");
    gets_letter(near, "to all of us", NULL);
    REQUIRE(word_got(there.from) == 'r');
    xipc_socket_close(sender);
    xipc_socket_close(near);
    machine_ends(&there);
}

SPEC(what_is_sent_to_a_group_with_ttl_0_stays_here, "SOCK-3")
{
    machine there = second_machine(receives_two);
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    xipc_socket *near = bound(GROUP "?if=cable");
    xipc_socket *wide = bound("udp://10.77.0.1:0?if=cable");
    xipc_address group = address_of(GROUP);
    xipc_socket *local;

    options.ttl = 0;
    REQUIRE_OK(xipc_socket_bind(
        "udp://10.77.0.1:0?if=cable", &options, soon(), &local));
    REQUIRE(word_got(there.from) == 'l');
    posts(local, &group, "only here");
    gets_letter(near, "only here", NULL);
    posts(wide, &group, "without a loop");
    posts(wide, &group, "with a loop");
    REQUIRE(word_got(there.from) == 'r'); /* these two, and nothing before */
    xipc_socket_close(local);
    xipc_socket_close(wide);
    xipc_socket_close(near);
    machine_ends(&there);
}

/* A group of one link only, which each interface has for itself. */
#define LINK_GROUP "udp://[ff02::77:2]:7001"

static void receives_one_of_the_link(int from, int to)
{
    xipc_socket *member = bound(LINK_GROUP "?if=cable");

    word_sent(to, 'l');
    gets_letter(member, "to the link", NULL);
    word_sent(to, 'r');
    REQUIRE(word_got(from) == '\0');
    xipc_socket_close(member);
}

SPEC(a_group_of_one_link_is_that_of_its_interface, "SOCK-3 SOCK-1")
{
    machine there = second_machine(receives_one_of_the_link);
    xipc_address group = address_of(LINK_GROUP);
    xipc_socket *nowhere = UNTOUCHED;
    xipc_socket *by_name;
    xipc_socket *by_address;
    xipc_socket *by_zone;
    xipc_socket *sender;

    if (!has_ipv6()) {
        spec_skip("this host has no IPv6");
    }
    does("ip -6 addr add fd77::1/64 dev cable nodad", 0);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_socket_bind(LINK_GROUP, NULL, soon(), &nowhere));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_socket_bind(LINK_GROUP "?if=10.77.0.9", NULL, soon(), &nowhere));
    REQUIRE(nowhere == UNTOUCHED);
    by_name = bound(LINK_GROUP "?if=cable");
    by_address = bound(LINK_GROUP "?if=10.77.0.1");
    by_zone = bound("udp://[ff02::77:2%cable]:7001");
    sender = bound("udp://[::]:0?if=10.77.0.1");
    REQUIRE(word_got(there.from) == 'l');
    posts(sender, &group, "to the link");
    gets_letter(by_name, "to the link", NULL);
    gets_letter(by_address, "to the link", NULL);
    gets_letter(by_zone, "to the link", NULL);
    REQUIRE(word_got(there.from) == 'r');
    xipc_socket_close(sender);
    xipc_socket_close(by_name);
    xipc_socket_close(by_address);
    xipc_socket_close(by_zone);
    machine_ends(&there);
}

/* ---- what routers answer ---- */

static void forwards_nothing(int from, int to)
{
    does("echo 1 > /proc/sys/net/ipv4/ip_forward", 0);
    does("echo 0 > /proc/sys/net/ipv4/icmp_ratelimit", 0);
    does("ip route add prohibit 10.78.0.9", 0);
    word_sent(to, 'l');
    REQUIRE(word_got(from) == '\0');
}

/* As a firewall does: "administratively prohibited". */
SPEC(that_a_datagram_was_refused_on_its_way_is_told_to_nobody, "SOCK-2")
{
    machine there = second_machine(forwards_nothing);
    xipc_socket *socket;
    char byte;
    size_t size;

    REQUIRE(word_got(there.from) == 'l');
    does("ip route add 10.78.0.0/24 via 10.77.0.2", 0);
    socket = connected("udp://10.78.0.9:7000");
    for (int round = 0; round < 10; round++) {
        posts(socket, NULL, "anybody?");
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_socket_receive(
                socket, &byte, 1, xipc_after_ms(30), &size, NULL));
        posts(socket, NULL, "anybody?");
        let_pass(10);
    }
    xipc_socket_close(socket);
    machine_ends(&there);
}
