/* SPDX-License-Identifier: Apache-2.0 */
/* Pollers and what a POSIX process has besides them: descriptors of all kinds,
 * signals, limits. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "posix/attack_kit.h"
#include "support/native_kit.h"

enum { DESCRIPTOR_MAX = 1024 };

#if defined(__linux__) && !defined(XIPC_POSIX_BASELINE)
#define HAS_EPOLL 1
#else
#define HAS_EPOLL 0
#endif

/* Cookies. */
static char a;
static char n;

/* ---- descriptors ---- */

typedef struct ends {
    int in; /* for reading */
    int out;
} ends;

static ends pipe_made(void)
{
    int both[2];

    REQUIRE(pipe(both) == 0);
    for (int i = 0; i < 2; i++) {
        REQUIRE(fcntl(both[i], F_SETFD, FD_CLOEXEC) == 0);
        REQUIRE(fcntl(both[i], F_SETFL, O_NONBLOCK) == 0);
    }
    return (ends){both[0], both[1]};
}

static ends sockets_made(void)
{
    int both[2];

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    for (int i = 0; i < 2; i++) {
        REQUIRE(fcntl(both[i], F_SETFD, FD_CLOEXEC) == 0);
        REQUIRE(fcntl(both[i], F_SETFL, O_NONBLOCK) == 0);
    }
    return (ends){both[0], both[1]};
}

static xipc_poller *poller_of_descriptor(int fd, uint32_t events)
{
    xipc_poller *poller = poller_made();

    REQUIRE_OK(xipc_poller_add_native(poller, fd, events, &n));
    return poller;
}

/* What is the case with the one that is in it; 0: nothing. */
static uint32_t events_now(xipc_poller *poller)
{
    xipc_ready ready = {NULL, 0};
    size_t count = 0;
    xipc_status status = xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count);

    if (status == XIPC_E_AGAIN) {
        return 0;
    }
    REQUIRE_OK(status);
    REQUIRE_UINT(1, count);
    REQUIRE(ready.cookie == &n);
    return ready.events;
}

static void fill(int fd)
{
    static const char bytes[4096];
    ssize_t size;

    do {
        size = write(fd, bytes, sizeof bytes);
    } while (size > 0);
    REQUIRE(errno == EAGAIN);
}

static void drain(int fd)
{
    char bytes[4096];
    ssize_t size;

    do {
        size = read(fd, bytes, sizeof bytes);
    } while (size > 0);
}

SPEC(a_pipe_that_nobody_writes_to_any_more_is_hung_up, "WAIT-1")
{
    ends ours = pipe_made();
    xipc_poller *poller = poller_of_descriptor(ours.in, XIPC_READABLE);

    REQUIRE_UINT(0, events_now(poller));
    REQUIRE(write(ours.out, "x", 1) == 1);
    REQUIRE_UINT(XIPC_READABLE, events_now(poller));
    close(ours.out);
    REQUIRE_UINT(XIPC_READABLE | XIPC_HUNG_UP, events_now(poller));
    drain(ours.in);
    for (int i = 0; i < 3; i++) {
        REQUIRE((events_now(poller) & XIPC_HUNG_UP) != 0);
    }
    REQUIRE_OK(xipc_poller_remove_native(poller, ours.in));
    REQUIRE_UINT(0, events_now(poller));

    xipc_poller_close(poller);
    close(ours.in);
}

SPEC(a_pipe_that_nobody_reads_any_more_is_hung_up, "WAIT-1")
{
    ends ours = pipe_made();
    xipc_poller *poller = poller_of_descriptor(ours.out, XIPC_WRITABLE);

    REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
    fill(ours.out);
    REQUIRE_UINT(0, events_now(poller));
    drain(ours.in);
    REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
    close(ours.in);
    REQUIRE((events_now(poller) & XIPC_HUNG_UP) != 0);
    REQUIRE((events_now(poller) & XIPC_READABLE) == 0);

    xipc_poller_close(poller);
    close(ours.out);
}

SPEC(a_socket_is_told_for_what_it_is_ready, "WAIT-1")
{
    ends ours = sockets_made();
    xipc_poller *poller =
        poller_of_descriptor(ours.in, XIPC_READABLE | XIPC_WRITABLE);

    REQUIRE_UINT(XIPC_WRITABLE, events_now(poller));
    REQUIRE(write(ours.out, "x", 1) == 1);
    REQUIRE_UINT(XIPC_READABLE | XIPC_WRITABLE, events_now(poller));
    fill(ours.in);
    REQUIRE_UINT(XIPC_READABLE, events_now(poller));
    drain(ours.in);
    REQUIRE_UINT(0, events_now(poller));
    close(ours.out);
    REQUIRE((events_now(poller) & XIPC_HUNG_UP) != 0);

    xipc_poller_close(poller);
    close(ours.in);
}

PEER(a_process_that_has_the_other_end)
{
    spec_tell(NULL, "it is open");
    spec_expect(NULL, "never told");
}

SPEC(a_process_that_dies_hangs_up_on_who_sleeps, "WAIT-1 GEN-11")
{
    ends ours = sockets_made();
    xipc_poller *poller = poller_of_descriptor(ours.in, XIPC_READABLE);
    spec_peer *peer = START_WITH(ours.out, a_process_that_has_the_other_end);
    xipc_ready ready = {NULL, 0};
    size_t count = 0;

    close(ours.out);
    spec_expect(peer, "it is open");
    REQUIRE_UINT(0, events_now(poller));
    spec_kill(peer);
    REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
    REQUIRE_UINT(1, count);
    REQUIRE(ready.cookie == &n && (ready.events & XIPC_HUNG_UP) != 0);

    xipc_poller_close(poller);
    close(ours.in);
}

SPEC(a_regular_file_is_waited_for_only_where_the_system_can, "WAIT-1")
{
    int fd = open("regular", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    xipc_poller *poller = poller_made();
    xipc_status status = xipc_poller_add_native(poller, fd, XIPC_READABLE, &n);

    if (HAS_EPOLL) {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, status);
    }
    if (status == XIPC_OK) {
        REQUIRE_UINT(XIPC_READABLE, events_now(poller));
        REQUIRE_OK(xipc_poller_remove_native(poller, fd));
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, status);
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, fd));
    }
    require_silent(poller);

    xipc_poller_close(poller);
    close(fd);
    REQUIRE(unlink("regular") == 0);
}

SPEC(what_is_no_descriptor_is_refused, "WAIT-1 GEN-7")
{
    static const intptr_t numbers[] = {
        -1, -2, INT_MIN, INT_MAX, INTPTR_MAX, INTPTR_MIN, DESCRIPTOR_MAX - 1};
    xipc_poller *poller = poller_made();

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_poller_add_native(poller, numbers[i], XIPC_READABLE, &n));
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND, xipc_poller_remove_native(poller, numbers[i]));
    }
    require_silent(poller);

    xipc_poller_close(poller);
}

static void in_itself(void)
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_native_handle handle;

    REQUIRE_OK(xipc_poller_native_handle(poller, &handle));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add_native(poller, handle, XIPC_READABLE, &n));
    require_silent(poller);
    make_ready(&one);
    require_told(poller, &a);

    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(a_poller_does_not_wait_for_its_own_handle, "WAIT-1 WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    in_itself();
}

/* Its number is free again as soon as it was taken out and closed. */
SPEC(a_descriptors_number_may_come_again, "WAIT-1")
{
    xipc_poller *poller = poller_made();

    for (int i = 0; i < 100; i++) {
        ends ours = pipe_made();

        REQUIRE_OK(xipc_poller_add_native(poller, ours.in, XIPC_READABLE, &n));
        REQUIRE_UINT(0, events_now(poller));
        REQUIRE(write(ours.out, "x", 1) == 1);
        REQUIRE_UINT(XIPC_READABLE, events_now(poller));
        REQUIRE_OK(xipc_poller_remove_native(poller, ours.in));
        close(ours.in);
        close(ours.out);
    }
    require_silent(poller);

    xipc_poller_close(poller);
}

/* ---- signals ---- */

static volatile sig_atomic_t signal_count;

static void count_signal(int number)
{
    (void)number;
    signal_count++;
}

/* A signal each millisecond, without SA_RESTART; stopped by 0. */
static void signals_every_ms(suseconds_t ms)
{
    struct sigaction action;
    struct itimerval timer = {{0, ms * 1000}, {0, ms * 1000}};

    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void require_full_wait(xipc_poller *poller, int64_t ms)
{
    xipc_deadline deadline = xipc_after_ms(ms);
    xipc_ready ready;
    size_t count;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_poller_wait(poller, &ready, 1, deadline, &count));
    REQUIRE(xipc_after_ms(0) >= deadline);
}

SPEC(signals_do_not_shorten_or_lengthen_a_wait_at_a_poller, "GEN-3 GEN-4")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    xipc_poller *empty = poller_made();
    spec_peer *hand = hand_at("a");

    hand_does(hand, "pass now", XIPC_E_AGAIN);
    signal_count = 0;
    signals_every_ms(1);
    require_full_wait(poller, 60);
    require_full_wait(empty, 60);
    for (int i = 0; i < 20; i++) {
        spec_tell(hand, "set");
        require_told(poller, &a);
        take_it(&one);
        hand_answers(hand, XIPC_OK);
    }
    signals_every_ms(0);

    REQUIRE(signal_count > 0);
    hand_ends(hand);
    xipc_poller_close(empty);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* ---- limits ---- */

static int open_count(void)
{
    int count = 0;

    for (int fd = 0; fd < DESCRIPTOR_MAX; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static int lowest_free(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
    close(fd);
    return fd;
}

/* Descriptors up to `fd` and not that one. */
static void allow_descriptors(int fd)
{
    struct rlimit limit;

    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)fd;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void cannot_have_a_poller(void *context)
{
    xipc_status status = XIPC_E_NO_MEMORY;
    xipc_poller *poller = UNTOUCHED;
    int first;
    int limit;
    int count;

    (void)context;
    xipc_poller_close(poller_made()); /* what stays open is open now */
    first = lowest_free();
    count = open_count();
    for (limit = first; status != XIPC_OK; limit++) {
        allow_descriptors(limit);
        status = xipc_poller_create(&poller);
        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_NO_MEMORY, status);
            REQUIRE(poller == UNTOUCHED);
        }
        allow_descriptors(DESCRIPTOR_MAX);
        REQUIRE(status == XIPC_OK || open_count() == count);
    }
    REQUIRE(limit > first + 1);
    require_silent(poller);
    xipc_poller_close(poller);
    REQUIRE_UINT((unsigned)count, (unsigned)open_count());
}

SPEC(a_process_without_descriptors_has_no_poller_and_loses_nothing, "WAIT-1")
{
    attack_run(0, cannot_have_a_poller, NULL);
}

static void sets_without_descriptors(void *context)
{
    thing same = thing_joined(THING_MANUAL, "a");

    (void)context;
    allow_descriptors(lowest_free());
    make_ready(&same);
    allow_descriptors(DESCRIPTOR_MAX);
    thing_closed(&same);
}

SPEC(what_a_process_without_descriptors_sets_is_told, "WAIT-2 GEN-11")
{
    thing one = thing_made(THING_MANUAL, "a");
    xipc_poller *poller = poller_of(&one, &a);

    for (int i = 0; i < 5; i++) {
        require_silent(poller);
        attack_run(0, sets_without_descriptors, NULL);
        require_told(poller, &a);
        take_it(&one);
    }

    xipc_poller_close(poller);
    thing_closed(&one);
}
