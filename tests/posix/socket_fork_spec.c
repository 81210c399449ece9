/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's sockets: nothing that works,
 * and nothing that disturbs. And what signals do to waits: nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/alarm_kit.h"
#include "support/socket_kit.h"

typedef int child_body(ends *self);

static void in_child(child_body *body, ends *self)
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

static int finds_every_call_forked(ends *self)
{
    char uri[XIPC_SOCKET_URI_SIZE];
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;
    xipc_native_handle native;
    xipc_socket *socket;
    char byte;
    size_t size;

    if (xipc_socket_read(self->client, &byte, 1, XIPC_NOW, &size) !=
            XIPC_E_FORKED ||
        xipc_socket_write(self->client, "x", 1, XIPC_FOREVER, NULL) !=
            XIPC_E_FORKED ||
        xipc_socket_shutdown_write(self->client) != XIPC_E_FORKED) {
        return 1;
    }
    if (xipc_socket_accept(self->listener, XIPC_FOREVER, &socket) !=
            XIPC_E_FORKED ||
        xipc_socket_listener_uri(self->listener, uri, sizeof uri) !=
            XIPC_E_FORKED ||
        xipc_socket_uri(self->client, uri, sizeof uri) != XIPC_E_FORKED ||
        xipc_socket_native_handle(self->client, &native) != XIPC_E_FORKED ||
        xipc_socket_send_handle(self->client, 0, XIPC_NOW) != XIPC_E_FORKED ||
        xipc_socket_receive_handle(self->client, XIPC_NOW, &native) !=
            XIPC_E_FORKED) {
        return 2;
    }
    return xipc_interrupt(xipc_socket_object(self->client)) == XIPC_E_FORKED &&
                   xipc_peer_credentials(
                       xipc_socket_object(self->client), &credentials) ==
                       XIPC_E_FORKED
               ? 0
               : 3;
}

static int closes_all(ends *self)
{
    ends_close(self);
    return 0;
}

static int just_ends(ends *self)
{
    (void)self;
    return 0;
}

static void a_child_disturbs_nothing(const char *uri)
{
    child_body *bodies[] = {finds_every_call_forked, closes_all, just_ends};
    ends self = ends_of(uri);

    for (int at = 0; at < 3; at++) {
        xipc_socket *client;

        in_child(bodies[at], &self);
        says(self.client, "still");
        hears(self.server, "still");
        says(self.server, "here");
        hears(self.client, "here");
        client = connected(uri_of_listener(self.listener));
        xipc_socket_close(socket_accepted(self.listener));
        xipc_socket_close(client);
    }
    ends_close(&self);
}

SPEC(a_forked_child_has_no_sockets_and_disturbs_none, "GEN-8 SOCK-2")
{
    with_all_streams(a_child_disturbs_nothing);
}

/* Elsewhere a child's copy of a port goes on listening. */
#if defined(__linux__)
#define IS_DEAF_WITH_ITS_PARENT 1
#else
#define IS_DEAF_WITH_ITS_PARENT 0
#endif

/* The child has copies as long as it lives; the parent's end is an end. */
static void the_parent_ends_alone(const char *uri)
{
    ends self = ends_of(uri);
    char address[XIPC_SOCKET_URI_SIZE];
    xipc_socket *nobody = UNTOUCHED;
    int gate[2];
    pid_t child;
    char byte;

    REQUIRE(pipe(gate) == 0);
    (void)snprintf(
        address, sizeof address, "%s", uri_of_listener(self.listener));
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
    xipc_socket_close(self.client);
    self.client = NULL;
    hears_the_end(self.server);
    xipc_socket_listener_close(self.listener);
    self.listener = NULL;
    if (is_local(uri) || IS_DEAF_WITH_ITS_PARENT) {
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND,
            xipc_socket_connect(address, NULL, soon(), &nobody));
        xipc_socket_listener_close(socket_listening(address));
    }
    close(gate[0]);
    close(gate[1]);
    REQUIRE(waitpid(child, NULL, 0) == child);
    ends_close(&self);
}

SPEC(a_parent_ends_its_sockets_whatever_its_child_has, "GEN-8 SOCK-2")
{
    with_all_streams(the_parent_ends_alone);
}

/* ---- descriptors ---- */

static void is_closed_on_exec(xipc_socket *socket)
{
    xipc_native_handle native;

    REQUIRE_OK(xipc_socket_native_handle(socket, &native));
    REQUIRE((fcntl((int)native, F_GETFD) & FD_CLOEXEC) != 0);
}

static void all_are_closed_on_exec(const char *uri)
{
    ends self = ends_of(uri);

    is_closed_on_exec(self.client);
    is_closed_on_exec(self.server);
    ends_close(&self);
}

SPEC(no_socket_leaks_into_another_program, "GEN-8")
{
    xipc_socket *letters = bound("udp://127.0.0.1:0");

    with_all_streams(all_are_closed_on_exec);
    is_closed_on_exec(letters);
    xipc_socket_close(letters);
}

/* Whoever gets it may read as long as he likes. */
SPEC(a_descriptor_that_is_given_away_waits_as_any_other, "SOCK-2")
{
    ends self = ends_of("tcp://127.0.0.1:0");
    struct timeval time = {9, 9};
    socklen_t size = sizeof time;
    xipc_native_handle native;
    char byte;
    size_t got;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_read(self.client, &byte, 1, xipc_after_ms(60), &got));
    REQUIRE_OK(xipc_socket_native_handle(self.client, &native));
    REQUIRE(
        getsockopt((int)native, SOL_SOCKET, SO_RCVTIMEO, &time, &size) == 0);
    REQUIRE(time.tv_sec == 0 && time.tv_usec == 0);
    REQUIRE((fcntl((int)native, F_GETFL) & O_NONBLOCK) == 0);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_socket_read(self.client, &byte, 1, xipc_after_ms(30), &got));
    says(self.server, "x");
    hears(self.client, "x");
    ends_close(&self);
}

static xipc_status reads_byte(void *context, xipc_deadline deadline)
{
    char byte;
    size_t size;

    return xipc_socket_read(context, &byte, 1, deadline, &size);
}

SPEC(a_descriptor_may_be_asked_for_while_others_read, "SOCK-2 GEN-6")
{
    for (int round = 0; round < 40; round++) {
        ends self = ends_of("unix:a");
        socket_call call = {.verb = reads_byte, .context = self.client};
        xipc_native_handle native;

        socket_begins(&call, XIPC_FOREVER);
        let_pass(round % 3);
        REQUIRE_OK(xipc_socket_native_handle(self.client, &native));
        REQUIRE_OK(xipc_interrupt(xipc_socket_object(self.client)));
        REQUIRE_STATUS(XIPC_E_CANCELED, socket_ends(&call));
        ends_close(&self);
    }
}

/* ---- adopting ---- */

SPEC(an_adopted_socket_leaves_the_other_ones_as_they_were, "SOCK-2")
{
    int pair[2];
    xipc_socket *one;
    xipc_socket *two;
    int flags;

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    flags = fcntl(pair[0], F_GETFL);
    REQUIRE_OK(xipc_socket_adopt(pair[0], &one));
    REQUIRE_OK(xipc_socket_adopt(pair[1], &two));
    says(one, "hello");
    hears(two, "hello");
    REQUIRE_STATUS(XIPC_E_TIMEOUT, reads_byte(two, xipc_after_ms(40)));
    REQUIRE(fcntl(pair[0], F_GETFL) == flags);
    xipc_socket_close(one);
    REQUIRE_STATUS(XIPC_E_AGAIN, reads_byte(two, XIPC_NOW));
    REQUIRE(write(pair[0], "!", 1) == 1);
    hears(two, "!");
    close(pair[0]);
    hears_the_end(two);
    xipc_socket_close(two);
    close(pair[1]);
}

SPEC(what_is_no_socket_of_these_sorts_is_not_adopted, "SOCK-2 GEN-7")
{
    xipc_socket *socket_out = UNTOUCHED;
    int file = open("/dev/null", O_RDWR);
    int loose = socket(AF_INET, SOCK_STREAM, 0);
    int letters = socket(AF_UNIX, SOCK_DGRAM, 0);

    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_socket_adopt(file, &socket_out));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_socket_adopt(loose, &socket_out));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipc_socket_adopt(letters, &socket_out));
    REQUIRE(listen(loose, 1) == 0);
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_socket_adopt(loose, &socket_out));
    close(file);
    close(loose);
    close(letters);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_socket_adopt(loose, &socket_out));
    REQUIRE(socket_out == UNTOUCHED);
}

/* ---- handles ---- */

typedef union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(16 * sizeof(int))];
} control;

/* As many as there is room for, with one byte. */
static void handles_sent(int fd, int count)
{
    control about = {.bytes = {0}};
    struct iovec part = {"H", 1};
    struct msghdr message = {.msg_iov = &part, .msg_control = &about};
    int copies[16];

    for (int at = 0; at < count; at++) {
        copies[at] = fd;
    }
    message.msg_iovlen = 1;
    message.msg_controllen = (socklen_t)CMSG_SPACE((size_t)count * sizeof(int));
    about.head.cmsg_level = SOL_SOCKET;
    about.head.cmsg_type = SCM_RIGHTS;
    about.head.cmsg_len = (socklen_t)CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(&about.head), copies, (size_t)count * sizeof(int));
    REQUIRE(sendmsg(fd, &message, 0) == 1);
}

/* That none is left the runner sees. */
SPEC(handles_that_nobody_asked_for_are_not_kept, "SOCK-5 GEN-10")
{
    int pair[2];
    xipc_socket *one;

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE_OK(xipc_socket_adopt(pair[0], &one));
    for (int count = 1; count <= 16; count++) {
        xipc_native_handle native = -1;

        handles_sent(pair[1], count);
        REQUIRE_OK(xipc_socket_receive_handle(one, soon(), &native));
        REQUIRE(close((int)native) == 0);
        handles_sent(pair[1], count);
        hears(one, "H");
    }
    xipc_socket_close(one);
    close(pair[0]);
    close(pair[1]);
}

/* ---- signals ---- */

static xipc_status receives_byte(void *context, xipc_deadline deadline)
{
    char byte;
    size_t size;

    return xipc_socket_receive(context, &byte, 1, deadline, &size, NULL);
}

static xipc_status writes_much(void *context, xipc_deadline deadline)
{
    static char bytes[1 << 20];

    return xipc_socket_write(context, bytes, sizeof bytes, deadline, NULL);
}

static xipc_status accepts_one(void *context, xipc_deadline deadline)
{
    xipc_socket *socket;

    return xipc_socket_accept(context, deadline, &socket);
}

static void in_vain(socket_verb *verb, void *context)
{
    for (int64_t ms = 5; ms < 100; ms *= 4) {
        xipc_deadline deadline = xipc_after_ms(ms);

        REQUIRE_STATUS(XIPC_E_TIMEOUT, verb(context, deadline));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
}

SPEC(a_signal_does_not_shorten_the_wait_at_a_socket, "GEN-3 GEN-4 SOCK-2")
{
    ends self = narrow_ends_of("tcp://127.0.0.1:0");
    xipc_socket *letters = bound("udp://127.0.0.1:0");

    (void)fills(self.server);
    alarms_begin();
    in_vain(reads_byte, self.server);
    in_vain(writes_much, self.server);
    in_vain(accepts_one, self.listener);
    in_vain(receives_byte, letters);
    alarms_end();
    xipc_socket_close(letters);
    ends_close(&self);
}

static void flows(void *context)
{
    char bytes[1000];

    for (int at = 0; at < 400; at++) {
        REQUIRE_OK(reads_all(context, bytes, sizeof bytes, XIPC_FOREVER));
        REQUIRE_OK(xipc_socket_write(
            context, bytes, sizeof bytes, XIPC_FOREVER, NULL));
    }
}

SPEC(a_signal_ends_no_wait_at_a_socket_that_comes_true, "GEN-3 SOCK-2")
{
    ends self = ends_of("tcp://127.0.0.1:0");
    char bytes[1000] = "";
    spec_thread *thread;

    alarms_begin();
    thread = spec_thread_start(flows, self.server);
    for (int at = 0; at < 400; at++) {
        REQUIRE_OK(xipc_socket_write(
            self.client, bytes, sizeof bytes, XIPC_FOREVER, NULL));
        REQUIRE_OK(reads_all(self.client, bytes, sizeof bytes, soon()));
        if (at % 20 == 0) {
            let_pass(2);
        }
    }
    spec_thread_join(thread);
    alarms_end();
    ends_close(&self);
}
