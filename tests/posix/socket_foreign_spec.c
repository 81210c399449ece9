/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that know nothing of the library: socat, nc. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/socket_kit.h"

/* Runs it in a shell, in a group of its own. */
static pid_t program(const char *line)
{
    pid_t pid = fork();

    REQUIRE(pid >= 0);
    if (pid == 0) {
        (void)setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    (void)setpgid(pid, pid);
    return pid;
}

static int ends_with(pid_t pid)
{
    int how = 0;

    while (waitpid(pid, &how, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void is_ended(pid_t pid)
{
    (void)kill(-pid, SIGKILL);
    (void)ends_with(pid);
}

static void needs(const char *name)
{
    char line[100];

    (void)snprintf(line, sizeof line, "command -v %s >/dev/null", name);
    if (ends_with(program(line)) != 0) {
        spec_skip("this host has no socat, or no nc");
    }
}

static unsigned port_of(const char *uri)
{
    unsigned port = 0;

    REQUIRE(sscanf(strrchr(uri, ':'), ":%u", &port) == 1);
    return port;
}

/* A port that nobody has now. */
static unsigned free_port(void)
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    unsigned port = port_of(uri_of_listener(listener));

    xipc_socket_listener_close(listener);
    return port;
}

/* It takes a moment to listen. */
static xipc_socket *connected_when_it_listens(const char *uri)
{
    xipc_socket *socket = NULL;
    xipc_status status;

    do {
        let_pass(2);
        status = xipc_socket_connect(uri, NULL, soon(), &socket);
    } while (status == XIPC_E_NOT_FOUND);
    REQUIRE_OK(status);
    return socket;
}

/* A foreign client says a line, and requires another one as the answer. */
static void is_served(const char *uri, const char *client)
{
    xipc_socket_listener *listener = socket_listening(uri);
    const char *place = uri_of_listener(listener);
    char line[600];
    xipc_socket *socket;
    pid_t pid;

    if (is_local(uri)) {
        (void)snprintf(line, sizeof line, client, place + 5);
    } else {
        (void)snprintf(line, sizeof line, client, port_of(place));
    }
    pid = program(line);
    socket = socket_accepted(listener);
    hears(socket, "hello\n");
    says(socket, "world\n");
    REQUIRE_OK(xipc_socket_shutdown_write(socket));
    hears_the_end(socket);
    xipc_socket_close(socket);
    REQUIRE_UINT(0, (uint64_t)ends_with(pid));
    xipc_socket_listener_close(listener);
}

#define REQUIRES_WORLD " | grep -qx world"

SPEC(socat_and_nc_are_served_over_tcp, "SOCK-2")
{
    needs("socat");
    needs("nc");
    is_served(
        "tcp://127.0.0.1:0",
        "echo hello | socat -t 10 - TCP:127.0.0.1:%u" REQUIRES_WORLD);
    if (has_ipv6()) {
        is_served(
            "tcp://[::1]:0",
            "echo hello | socat -t 10 - 'TCP6:[::1]:%u'" REQUIRES_WORLD);
    }
    is_served("tcp://*:0", "echo hello | nc -N 127.0.0.1 %u" REQUIRES_WORLD);
}

SPEC(socat_and_nc_are_served_locally, "SOCK-2 SOCK-5")
{
    needs("socat");
    needs("nc");
    is_served(
        uri_of_path("s"),
        "echo hello | socat -t 10 - UNIX-CONNECT:%s" REQUIRES_WORLD);
    is_served(uri_of_path("s"), "echo hello | nc -N -U %s" REQUIRES_WORLD);
}

/* 3 MiB there and back, in pieces of all sizes. What is on its way must fit
 * into the pipe in which the other side keeps it. */
static void echoes(xipc_socket *socket)
{
    enum { SIZE = 3 << 20, ON_ITS_WAY = 32768 };
    unsigned char *sent = malloc(SIZE);
    unsigned char *got = malloc(SIZE);
    size_t written = 0;
    size_t back = 0;

    REQUIRE(sent && got);
    for (size_t at = 0; at < SIZE; at++) {
        sent[at] = (unsigned char)(at ^ at >> 9);
    }
    while (back < SIZE) {
        size_t size = 1 + back % 9999;

        if (written + size <= SIZE && written + size - back <= ON_ITS_WAY) {
            REQUIRE_OK(
                xipc_socket_write(socket, sent + written, size, soon(), NULL));
            written += size;
            continue;
        }
        if (written == back) {
            REQUIRE_OK(xipc_socket_write(
                socket, sent + written, SIZE - written, soon(), NULL));
            written = SIZE;
        }
        REQUIRE_OK(
            xipc_socket_read(socket, got + back, SIZE - back, soon(), &size));
        back += size;
    }
    REQUIRE(memcmp(sent, got, SIZE) == 0);
    REQUIRE_OK(xipc_socket_shutdown_write(socket));
    hears_the_end(socket);
    free(sent);
    free(got);
}

SPEC(our_client_talks_with_socat_over_tcp, "SOCK-2")
{
    char line[200];
    char uri[100];
    xipc_socket *socket;
    pid_t pid;
    unsigned port;

    needs("socat");
    port = free_port();
    (void)snprintf(
        line, sizeof line,
        "exec socat TCP-LISTEN:%u,bind=127.0.0.1,reuseaddr PIPE", port);
    (void)snprintf(uri, sizeof uri, "tcp://localhost:%u", port);
    pid = program(line);
    socket = connected_when_it_listens(uri);
    echoes(socket);
    xipc_socket_close(socket);
    REQUIRE_UINT(0, (uint64_t)ends_with(pid));
}

SPEC(our_client_talks_with_socat_locally, "SOCK-2 SOCK-5")
{
    char line[600];
    xipc_socket *socket;
    pid_t pid;

    needs("socat");
    (void)snprintf(
        line, sizeof line, "exec socat UNIX-LISTEN:%s,unlink-close=1 PIPE",
        uri_of_path("s") + 5);
    pid = program(line);
    socket = connected_when_it_listens(uri_of_path("s"));
    echoes(socket);
    xipc_socket_close(socket);
    REQUIRE_UINT(0, (uint64_t)ends_with(pid));
}

/* A foreign listener that was killed has left its socket, and, unlike one that
 * forks, no children that somebody has to see the end of. */
SPEC(what_a_killed_nc_left_is_replaced, "SOCK-5")
{
    char line[600];
    xipc_socket_listener *listener = UNTOUCHED;
    pid_t pid;

    needs("nc");
    (void)snprintf(
        line, sizeof line, "exec nc -lkU %s >/dev/null", uri_of_path("s") + 5);
    pid = program(line);
    xipc_socket_close(connected_when_it_listens(uri_of_path("s")));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_socket_listen(uri_of_path("s"), NULL, soon(), &listener));
    is_ended(pid);
    listener = socket_listening(uri_of_path("s"));
    xipc_socket_close(connected(uri_of_path("s")));
    xipc_socket_listener_close(listener);
}

SPEC(datagrams_go_to_and_from_socat, "SOCK-2")
{
    xipc_socket *server = bound("udp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];
    char line[200];
    xipc_address from;
    pid_t pid;

    needs("socat");
    REQUIRE_OK(xipc_socket_uri(server, uri, sizeof uri));
    (void)snprintf(
        line, sizeof line,
        "echo hello | socat -t 3 - UDP:127.0.0.1:%u"
        " | head -n 1 | grep -qx world",
        port_of(uri));
    pid = program(line);
    gets_letter(server, "hello\n", &from);
    posts(server, &from, "world\n");
    REQUIRE_UINT(0, (uint64_t)ends_with(pid));
    xipc_socket_close(server);
}

SPEC(our_datagrams_reach_socat_and_come_back, "SOCK-2")
{
    unsigned port = free_port();
    char line[200];
    char uri[100];
    char back[20];
    size_t size = 0;
    xipc_socket *client;
    pid_t pid;

    needs("socat");
    (void)snprintf(
        line, sizeof line,
        "exec socat UDP-LISTEN:%u,bind=127.0.0.1,reuseaddr PIPE", port);
    (void)snprintf(uri, sizeof uri, "udp://127.0.0.1:%u", port);
    pid = program(line);
    client = connected(uri);
    /* Nobody tells whether it listens: what is lost is sent again. */
    do {
        posts(client, NULL, "ping");
    } while (xipc_socket_receive(
                 client, back, sizeof back, xipc_after_ms(20), &size, NULL) !=
             XIPC_OK);
    /* Of several it may have made one. */
    REQUIRE(size > 0 && size % 4 == 0);
    REQUIRE(memcmp(back, "ping", 4) == 0);
    is_ended(pid);
    xipc_socket_close(client);
}

SPEC(a_group_has_foreign_members_and_senders, "SOCK-3")
{
    xipc_socket *member;
    xipc_socket *sender;
    char line[300];
    char uri[100];
    unsigned port = 20000 + (unsigned)(getpid() % 20000);
    xipc_address group;
    pid_t pid;
    int is_heard = 0;

    needs("socat");
    (void)snprintf(uri, sizeof uri, "udp://239.77.2.1:%u?if=lo", port);
    member = bound(uri);
    (void)snprintf(
        line, sizeof line,
        "echo from afar | socat - UDP4-DATAGRAM:239.77.2.1:%u,"
        "ip-multicast-if=127.0.0.1",
        port);
    REQUIRE_UINT(0, (uint64_t)ends_with(program(line)));
    gets_letter(member, "from afar\n", NULL);

    (void)snprintf(
        line, sizeof line,
        "socat -u UDP4-RECV:%u,bind=239.77.2.1,reuseaddr,"
        "ip-add-membership=239.77.2.1:127.0.0.1 STDOUT"
        " | head -c 3 | grep -q abc",
        port);
    sender = bound("udp://127.0.0.1:0?if=lo");
    (void)snprintf(uri, sizeof uri, "udp://239.77.2.1:%u", port);
    group = address_of(uri);
    pid = program(line);
    /* It takes a moment to join, and what came before is lost on it. */
    while (!is_heard) {
        int how = 0;

        posts(sender, &group, "abc");
        let_pass(5);
        is_heard = waitpid(pid, &how, WNOHANG) == pid;
        REQUIRE(!is_heard || (WIFEXITED(how) && WEXITSTATUS(how) == 0));
    }
    xipc_socket_close(sender);
    xipc_socket_close(member);
}

/* ---- one that breaks off ---- */

static int raw_listener(char *uri, size_t size)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t here_size = sizeof here;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
    REQUIRE(listen(fd, 1) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&here, &here_size) == 0);
    (void)snprintf(
        uri, size, "tcp://127.0.0.1:%u", (unsigned)ntohs(here.sin_port));
    return fd;
}

/* What was cut off is not all there was, whoever is told of it first. */
SPEC(a_connection_that_broke_is_a_broken_one_to_every_call, "SOCK-2")
{
    const struct linger at_once = {1, 0};
    char uri[XIPC_SOCKET_URI_SIZE];
    int listener = raw_listener(uri, sizeof uri);
    xipc_socket *socket = connected(uri);
    int other = accept(listener, NULL, NULL);
    xipc_status status = XIPC_OK;
    size_t size;
    char byte;

    REQUIRE(send(other, "half", 4, 0) == 4);
    hears(socket, "h"); /* all of it is there now */
    REQUIRE(
        setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) ==
        0);
    REQUIRE(close(other) == 0);
    while (status == XIPC_OK) {
        status = xipc_socket_write(socket, "x", 1, soon(), NULL);
    }
    REQUIRE_STATUS(XIPC_E_PEER_DIED, status);
    hears(socket, "alf");
    for (int round = 0; round < 3; round++) {
        REQUIRE_STATUS(
            XIPC_E_PEER_DIED,
            xipc_socket_read(socket, &byte, 1, soon(), &size));
        REQUIRE_STATUS(
            XIPC_E_PEER_DIED, xipc_socket_write(socket, "x", 1, soon(), NULL));
    }
    xipc_socket_close(socket);
    REQUIRE(close(listener) == 0);
}

SPEC(who_sent_to_an_adopted_socket_of_both_families_is_answered, "SOCK-2")
{
    const int no = 0;
    struct sockaddr_in6 here = {.sin6_family = AF_INET6};
    socklen_t here_size = sizeof here;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    xipc_socket *one = bound("udp://127.0.0.1:0");
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_address from;
    xipc_address to;
    xipc_socket *both;

    if (!has_ipv6()) {
        spec_skip("this host has no IPv6");
    }
    REQUIRE(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0);
    REQUIRE(bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&here, &here_size) == 0);
    REQUIRE_OK(xipc_socket_adopt(fd, &both));
    (void)snprintf(
        uri, sizeof uri, "udp://127.0.0.1:%u", (unsigned)ntohs(here.sin6_port));
    to = address_of(uri);
    posts(one, &to, "question");
    gets_letter(both, "question", &from);
    posts(both, &from, "answer");
    gets_letter(one, "answer", NULL);
    xipc_socket_close(both);
    xipc_socket_close(one);
    REQUIRE(close(fd) == 0);
}
