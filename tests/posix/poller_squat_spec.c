/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands under a poller's bell's name and is not that bell: put there when
 * the bell was taken away, or before there was one. Nobody writes to it, waits
 * for it, or takes it away.
 */
#include <fcntl.h>
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

static void puts_a_link(const char *path)
{
    REQUIRE(symlink("victim", path) == 0);
}

static void puts_a_link_to_nothing(const char *path)
{
    REQUIRE(symlink("nothing", path) == 0);
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

static squatter *const squatters[] = {
    puts_nothing,
    puts_a_file,
    puts_a_link,
    puts_a_link_to_nothing,
    puts_a_directory,
    puts_a_pipe,
    puts_a_pipe_without_rights};

#define SQUATTER_COUNT (sizeof squatters / sizeof squatters[0])

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
    REQUIRE(stat("victim", &file) == 0);
    REQUIRE_UINT(0, (uint64_t)file.st_size);
    REQUIRE(!file_exists("nothing"));
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
    file_made("victim", "", 0, 0600);
    for (size_t i = 0; i < SQUATTER_COUNT; i++) {
        instead_of(squatters[i]);
    }
    REQUIRE(unlink("victim") == 0);
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

    file_made("victim", "", 0, 0600);
    for (size_t i = 0; i < SQUATTER_COUNT; i++) {
        squatted(squatters[i], number);
    }
    REQUIRE(unlink("victim") == 0);
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
