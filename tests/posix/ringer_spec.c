/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ringing: this process's own bells, and those of others, whose ends are kept
 * open for a while. What is kept is never in anybody's way.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_bell.h"
#include "posix/bell_kit.h"

enum { BELL_COUNT = 20, KEPT_MAX = 8, TOKEN = 7, FD_MAX = 256 };

/* A process that hears at FIFOs with the numbers from `first` on. */
typedef struct hearer {
    uint32_t first;
    uint32_t count;
    atomic_int is_on;
    atomic_uint heard; /* tokens, at all of them */
    pid_t pid;
    struct stat files[BELL_COUNT];
} hearer;

static void hears(void *context)
{
    hearer *self = context;
    int fds[BELL_COUNT] = {0};
    uint32_t token;

    for (uint32_t at = 0; at < self->count; at++) {
        char path[ATTACK_PATH_SIZE];

        bell_path_of(self->first + at, path);
        REQUIRE(mkfifo(path, 0600) == 0);
        fds[at] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        REQUIRE(fds[at] >= 0 && fstat(fds[at], &self->files[at]) == 0);
    }
    atomic_store(&self->is_on, 1);
    for (uint32_t at = 0;; at = (at + 1) % self->count) {
        if (read(fds[at], &token, sizeof token) == (ssize_t)sizeof token) {
            REQUIRE_UINT(TOKEN, token);
            atomic_fetch_add(&self->heard, 1);
        }
    }
}

static hearer *hearer_begun(uint32_t first, uint32_t count)
{
    hearer *self = attack_memory(sizeof *self);

    self->first = first;
    self->count = count;
    self->pid = attack_start(0, hears, self);
    while (!atomic_load(&self->is_on)) {
        /* the watchdog ends it */
    }
    return self;
}

/* Its names stay, as a dead process's do, until somebody sweeps. */
static void hearer_killed(const hearer *self)
{
    attack_kill(self->pid);
}

static void names_gone(const hearer *self)
{
    for (uint32_t at = 0; at < self->count; at++) {
        char path[ATTACK_PATH_SIZE];

        bell_path_of(self->first + at, path);
        REQUIRE(unlink(path) == 0 || errno == ENOENT);
    }
}

static void hearer_gone(hearer *self)
{
    hearer_killed(self);
    names_gone(self);
    attack_memory_free(self, sizeof *self);
}

static void require_heard(hearer *self, unsigned count)
{
    while (atomic_load(&self->heard) < count) {
        /* the watchdog ends it */
    }
    REQUIRE_UINT(count, atomic_load(&self->heard));
}

/* No other case has it. */
static uint32_t a_number(void)
{
    return UINT32_C(0xabf00000) + (uint32_t)getpid() % 0x8000 * BELL_COUNT;
}

/* The descriptors that this process has of that FIFO; the last one. */
static unsigned kept_of(const struct stat *bell, int *fd_out)
{
    struct stat file;
    unsigned count = 0;

    for (int fd = 0; fd < FD_MAX; fd++) {
        if (fstat(fd, &file) == 0 && file.st_ino == bell->st_ino &&
            file.st_dev == bell->st_dev) {
            *fd_out = fd;
            count++;
        }
    }
    return count;
}

static unsigned kept_of_all(const hearer *self)
{
    unsigned count = 0;
    int fd;

    for (uint32_t at = 0; at < self->count; at++) {
        count += kept_of(&self->files[at], &fd);
    }
    return count;
}

SPEC(a_bell_of_ones_own_rings_whatever_stands_under_its_name, "WAIT-2 GEN-10")
{
    xipcos_bell *bell = NULL;
    char path[ATTACK_PATH_SIZE];
    uint32_t token = 0;
    struct stat file;
    int has_lost = 7;

    REQUIRE_OK(xipcos_bell_create(&bell));
    bell_path_of(xipcos_bell_number(bell), path);
    REQUIRE(unlink(path) == 0);
    file_made(path, "", 0, 0600);

    REQUIRE(xipcos_bell_ring(xipcos_bell_number(bell), TOKEN));

    REQUIRE_UINT(1, xipcos_bell_take(bell, &token, 1, &has_lost));
    REQUIRE_UINT(TOKEN, token);
    REQUIRE(!has_lost);
    REQUIRE(stat(path, &file) == 0);
    REQUIRE_UINT(0, (uint64_t)file.st_size);
    xipcos_bell_close(bell);
    REQUIRE(!xipcos_bell_ring(0, TOKEN));
}

SPEC(a_bell_that_is_closed_is_rung_no_more, "WAIT-2")
{
    xipcos_bell *bell = NULL;
    uint32_t number;

    REQUIRE_OK(xipcos_bell_create(&bell));
    number = xipcos_bell_number(bell);
    REQUIRE(xipcos_bell_ring(number, TOKEN));
    xipcos_bell_close(bell);

    REQUIRE(!xipcos_bell_ring(number, TOKEN));
}

/* What was opened once is rung again, even if the name is another's by now. */
SPEC(a_bell_rung_before_rings_whatever_stands_under_its_name, "WAIT-2 NAME-8")
{
    hearer *other = hearer_begun(a_number(), 1);
    thing one = thing_made(THING_COUNT, "a");
    char path[ATTACK_PATH_SIZE];
    struct stat file;

    bell_path_of(other->first, path);
    REQUIRE(xipcos_bell_ring(other->first, TOKEN));
    require_heard(other, 1);
    REQUIRE(unlink(path) == 0);
    file_made(path, "", 0, 0600);

    REQUIRE(xipcos_bell_ring(other->first, TOKEN));

    require_heard(other, 2);
    REQUIRE(stat(path, &file) == 0);
    REQUIRE_UINT(0, (uint64_t)file.st_size);
    hearer_gone(other);
    thing_closed(&one);
}

static volatile sig_atomic_t signal_count;

static void count_signal(int number)
{
    (void)number;
    signal_count++;
}

SPEC(a_bell_rung_before_whose_owner_is_dead_raises_no_signal, "GEN-3 GEN-11")
{
    struct sigaction action = {.sa_handler = count_signal};
    hearer *other = hearer_begun(a_number(), 1);
    thing one = thing_made(THING_COUNT, "a");

    REQUIRE(sigaction(SIGPIPE, &action, NULL) == 0);
    REQUIRE(xipcos_bell_ring(other->first, TOKEN));
    hearer_killed(other);

    REQUIRE(!xipcos_bell_ring(other->first, TOKEN));

    REQUIRE(signal_count == 0);
    REQUIRE_UINT(0, kept_of_all(other));
    names_gone(other);
    attack_memory_free(other, sizeof *other);
    thing_closed(&one);
}

SPEC(a_number_that_is_another_bells_by_now_rings_that_one, "GEN-11 WAIT-2")
{
    hearer *other = hearer_begun(a_number(), 1);
    thing one = thing_made(THING_COUNT, "a");
    hearer *next;

    REQUIRE(xipcos_bell_ring(other->first, TOKEN));
    hearer_gone(other);
    next = hearer_begun(a_number(), 1);

    REQUIRE(xipcos_bell_ring(next->first, TOKEN));

    require_heard(next, 1);
    hearer_gone(next);
    thing_closed(&one);
}

/* As if the program had closed all descriptors that it did not know. */
SPEC(what_has_a_kept_descriptors_number_by_now_is_not_written_to, "GEN-10")
{
    hearer *other = hearer_begun(a_number(), 1);
    thing one = thing_made(THING_COUNT, "a");
    struct stat file;
    int kept_fd = -1;
    int fd;

    file_made("mine", "", 0, 0600);
    fd = open("mine", O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);
    REQUIRE(xipcos_bell_ring(other->first, TOKEN));
    REQUIRE_UINT(1, kept_of(&other->files[0], &kept_fd));
    REQUIRE(dup2(fd, kept_fd) == kept_fd);

    REQUIRE(xipcos_bell_ring(other->first, TOKEN));

    require_heard(other, 2);
    REQUIRE(fstat(kept_fd, &file) == 0);
    REQUIRE_UINT(0, (uint64_t)file.st_size);
    thing_closed(&one);
    REQUIRE(close(kept_fd) == 0);
    REQUIRE(close(fd) == 0);
    REQUIRE(unlink("mine") == 0);
    hearer_gone(other);
}

SPEC(few_bells_are_kept_and_none_beyond_the_last_section, "WAIT-2 GEN-8")
{
    hearer *others = hearer_begun(a_number(), BELL_COUNT);
    thing one = thing_made(THING_COUNT, "a");

    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t at = 0; at < BELL_COUNT; at++) {
            REQUIRE(xipcos_bell_ring(others->first + at, TOKEN));
        }
    }
    require_heard(others, 2 * BELL_COUNT);
    REQUIRE_UINT(KEPT_MAX, kept_of_all(others));
    thing_closed(&one);
    REQUIRE_UINT(0, kept_of_all(others));

    hearer_gone(others);
}

static void has_none_of_them(void *context)
{
    const hearer *others = context;

    REQUIRE_UINT(0, kept_of_all(others));
}

SPEC(a_forked_child_keeps_no_bells_of_its_parents, "GEN-8 WAIT-2")
{
    hearer *other = hearer_begun(a_number(), 1);
    thing one = thing_made(THING_COUNT, "a");

    REQUIRE(xipcos_bell_ring(other->first, TOKEN));
    attack_run(0, has_none_of_them, other);
    REQUIRE_UINT(1, kept_of_all(other));

    hearer_gone(other);
    thing_closed(&one);
}
