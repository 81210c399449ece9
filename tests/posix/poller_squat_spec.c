/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands under a poller's bell's name and is not that bell: put there when
 * the bell was taken away, or before there was one. Nobody writes to it, waits
 * for it, or takes it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sync.h"
#include "posix/bell_kit.h"

/* A cookie. */
static char a;

typedef void squatter(const char *path);

static void puts_nothing(const char *path)
{
    (void)path;
}

static void puts_a_file(const char *path)
{
    file_made(path, "", 0, 0666);
}

/* To what stands in the case's directory, from wherever the link does. */
static void link_to(const char *name, const char *path)
{
    char target[ATTACK_PATH_SIZE];

    snprintf(target, sizeof target, "%s/%s", spec_directory(), name);
    REQUIRE(symlink(target, path) == 0);
}

static void puts_a_link(const char *path)
{
    link_to("victim", path);
}

static void puts_a_link_to_nothing(const char *path)
{
    link_to("nothing", path);
}

static void puts_a_directory(const char *path)
{
    REQUIRE(mkdir(path, 0777) == 0);
}

static void puts_a_pipe(const char *path)
{
    REQUIRE(mkfifo(path, 0666) == 0);
}

static void puts_a_pipe_without_rights(const char *path)
{
    REQUIRE(mkfifo(path, 0) == 0);
}

static void puts_a_link_to_a_pipe(const char *path)
{
    link_to("pipe", path);
}

static squatter *const squatters[] = {
    puts_nothing,          puts_a_file,
    puts_a_link,           puts_a_link_to_nothing,
    puts_a_link_to_a_pipe, puts_a_directory,
    puts_a_pipe,           puts_a_pipe_without_rights};

#define SQUATTER_COUNT (sizeof squatters / sizeof squatters[0])

/* What links lead to: a file, and a pipe that this process hears. */
static int pipe_fd;

static void victims_made(void)
{
    file_made("victim", "", 0, 0600);
    REQUIRE(mkfifo("pipe", 0600) == 0);
    pipe_fd = open("pipe", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(pipe_fd >= 0);
}

static void victims_gone(void)
{
    close(pipe_fd);
    REQUIRE(unlink("pipe") == 0);
    REQUIRE(unlink("victim") == 0);
}

static void require_victims_whole(void)
{
    struct stat file;
    char byte;

    REQUIRE(stat("victim", &file) == 0);
    REQUIRE_UINT(0, (uint64_t)file.st_size);
    REQUIRE(!file_exists("nothing"));
    REQUIRE(read(pipe_fd, &byte, 1) < 0 && errno == EAGAIN);
}

/* Nobody wrote into what stands there, nor took it away. A pipe that nobody
 * reads looks like a dead poller's, and goes. */
static void require_left_alone(squatter *put, const char *path)
{
    struct stat file;

    if (put == puts_nothing) {
        REQUIRE(!file_exists(path));
    } else if (put != puts_a_pipe && put != puts_a_pipe_without_rights) {
        REQUIRE(lstat(path, &file) == 0);
        REQUIRE(!S_ISREG(file.st_mode) || file.st_size == 0);
    }
    require_victims_whole();
}

static void take_away(const char *path)
{
    if (unlink(path) != 0) {
        (void)rmdir(path);
    }
    REQUIRE(!file_exists(path));
}

static void instead_of(squatter *put)
{
    char path[ATTACK_PATH_SIZE];
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    spec_peer *hand = hand_at("a");

    bell_path(poller, path);
    REQUIRE(unlink(path) == 0);
    put(path);
    for (int i = 0; i < 3; i++) {
        require_silent(poller);
        hand_does(hand, "set", XIPC_OK);
        require_told(poller, &a);
        take_it(&one);
    }
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    require_left_alone(put, path);
    take_away(path);

    hand_ends(hand);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(a_poller_whose_bell_was_replaced_goes_on, "GEN-10 NAME-8")
{
    victims_made();
    for (size_t i = 0; i < SQUATTER_COUNT; i++) {
        instead_of(squatters[i]);
    }
    victims_gone();
}

/* In each of the object's places the number of what somebody made. */
static void points_at(const thing *one, uint32_t number)
{
    xipci_watch *watch = &((xipci_sync *)thing_object(one))->body->watch;

    for (int place = 0; place < XIPCI_WATCH_COUNT; place++) {
        atomic_store(&watch->places[place], (uint64_t)number << 32 | 1);
    }
    atomic_store(&watch->armed, 0xff);
}

static void squatted(squatter *put, uint32_t number)
{
    char path[ATTACK_PATH_SIZE];
    char in_the_making[ATTACK_PATH_SIZE];
    thing one = thing_made(THING_COUNT, "a");

    bell_path_of(number, path);
    bell_path_in_the_making(number, in_the_making);
    put(path);
    put(in_the_making);
    points_at(&one, number);
    make_ready(&one);
    points_at(&one, number);
    make_ready(&one);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    require_left_alone(put, path);
    require_left_alone(put, in_the_making);
    take_away(path);
    take_away(in_the_making);

    thing_closed(&one);
}

SPEC(what_only_looks_like_a_bell_is_neither_rung_nor_swept, "GEN-10 NAME-8")
{
    uint32_t number = UINT32_C(0xabc00000) + (uint32_t)getpid();

    victims_made();
    for (size_t i = 0; i < SQUATTER_COUNT; i++) {
        squatted(squatters[i], number);
    }
    victims_gone();
}

/* Full, and its reader does not read. */
static void never_reads(void *context)
{
    static const unsigned char bytes[4096];
    assault *plan = context;
    int fd;

    REQUIRE(mkfifo(plan->path, 0600) == 0);
    fd = open(plan->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd >= 0);
    while (write(fd, bytes, sizeof bytes) > 0) {
    }
    atomic_store(&plan->is_on, 1);
    for (;;) {
        pause();
    }
}

SPEC(a_bell_that_nobody_hears_holds_up_nobody, "GEN-10 GEN-4")
{
    thing one = thing_made(THING_COUNT, "a");
    assault *plan = assault_on(NULL);
    uint32_t number = UINT32_C(0xabd00000) + (uint32_t)getpid();
    pid_t attacker;

    bell_path_of(number, plan->path);
    attacker = assault_begins(plan, never_reads);
    for (int i = 0; i < 100; i++) {
        points_at(&one, number);
        make_ready(&one);
    }
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));
    REQUIRE(file_exists(plan->path));
    attack_kill(attacker);
    make_ready(&one);
    take_away(plan->path);

    assault_over(plan);
    thing_closed(&one);
}

static volatile sig_atomic_t signal_count;

static void count_signal(int number)
{
    (void)number;
    signal_count++;
}

/*
 * Hears a moment, and not for another one, so that who rings may find nobody
 * between his opening it and his writing. Anybody's sweep may take it away.
 */
static void hears_now_and_then(void *context)
{
    assault *plan = context;

    for (;;) {
        int fd = open(plan->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0) {
            atomic_store(&plan->is_on, 1);
            close(fd);
        } else {
            REQUIRE(errno == ENOENT);
            REQUIRE(mkfifo(plan->path, 0600) == 0);
        }
    }
}

SPEC(a_bell_that_is_heard_now_and_then_raises_no_signal, "GEN-3 GEN-10")
{
    struct sigaction action = {.sa_handler = count_signal};
    thing one = thing_made(THING_COUNT, "a");
    assault *plan = assault_on(NULL);
    uint32_t number = UINT32_C(0xabe00000) + (uint32_t)getpid();
    pid_t attacker;

    bell_path_of(number, plan->path);
    REQUIRE(sigaction(SIGPIPE, &action, NULL) == 0);
    attacker = assault_begins(plan, hears_now_and_then);
    for (int i = 0; i < 20000; i++) {
        points_at(&one, number);
        make_ready(&one);
    }
    attack_kill(attacker);
    REQUIRE(signal_count == 0);
    take_away(plan->path);

    assault_over(plan);
    thing_closed(&one);
}

/* One that was there before is there afterwards. */
SPEC(a_signal_of_the_programs_own_is_not_taken_by_ringing, "GEN-3")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    sigset_t pipe_only;
    sigset_t pending;
    sigset_t before;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    REQUIRE(sigprocmask(SIG_BLOCK, &pipe_only, &before) == 0);
    REQUIRE(raise(SIGPIPE) == 0);
    require_silent(poller);
    make_ready(&one);
    require_told(poller, &a);
    REQUIRE(sigpending(&pending) == 0);
    REQUIRE(sigismember(&pending, SIGPIPE));
    REQUIRE(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    REQUIRE(sigprocmask(SIG_SETMASK, &before, NULL) == 0);

    xipc_poller_close(poller);
    thing_closed(&one);
}
