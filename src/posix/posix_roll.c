/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_roll.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/posix_directory.h"
#include "posix/posix_lease.h"
#include "posix/posix_memory.h"
#include "posix/posix_survey.h"

#define SLOT_COUNT   65536
#define SLOT_SPREAD  64 /* few, so that the roll of few processes is short */
#define READ_SIZE    4096
#define ROLL_SHORT   2048 /* less than one read, so that it needs no other */
#define SWEEP_MAX    64   /* dead processes cleaned up after at a time */
#define OWNER_ONLY   0600
#define NO_SLOT      (-1)
#define MARK_HOLDING '\1'
#define MARK_NOTHING '\0'

/*
 * Guarded by the leases' lock. There is never more than one descriptor of the
 * roll in a process, because closing any would drop the locks of all; so it
 * stays open as long as the process lives.
 */
static int roll_fd = -1;
static off_t roll_slot = NO_SLOT;
static int is_sweeping;

static int roll_open(void)
{
    char directory[POSIX_PATH_SIZE];
    char path[POSIX_PATH_SIZE + 8];

    if (posix_directory(XIPC_SCOPE_USER, 1, directory, sizeof directory) !=
        XIPC_OK) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/roll", directory);
    return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, OWNER_ONLY);
}

static int roll_is_open(void)
{
    if (roll_fd < 0) {
        roll_fd = roll_open();
    }
    return roll_fd >= 0;
}

static int slot_lock(off_t slot)
{
    struct flock range = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};

    return fcntl(roll_fd, F_SETLK, &range) == 0;
}

static void slot_unlock(off_t slot)
{
    struct flock range = {
        .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};

    fcntl(roll_fd, F_SETLK, &range);
}

static char slot_mark(off_t slot)
{
    char mark = MARK_NOTHING;

    if (pread(roll_fd, &mark, 1, slot) != 1) {
        return MARK_NOTHING;
    }
    return mark;
}

static int slot_set_mark(off_t slot, char mark)
{
    return posix_memory_check_limit((uint64_t)slot + 1) == 0 &&
           pwrite(roll_fd, &mark, 1, slot) == 1;
}

/* Locks a slot that nobody has and that no dead process left marked. */
static off_t slot_take(void)
{
    off_t first = getpid() % SLOT_SPREAD;

    for (off_t step = 0; step < SLOT_COUNT; step++) {
        off_t slot = (first + step) % SLOT_COUNT;

        /* A marked one may be this process's own sweep's: locking it again
           and letting go would let go of the sweep's lock. */
        if (slot_mark(slot) != MARK_NOTHING || !slot_lock(slot)) {
            continue;
        }
        if (slot_mark(slot) == MARK_NOTHING &&
            slot_set_mark(slot, MARK_HOLDING)) {
            return slot;
        }
        slot_unlock(slot);
    }
    return NO_SLOT;
}

void posix_roll_enter(void)
{
    if (roll_slot == NO_SLOT && roll_is_open()) {
        roll_slot = slot_take();
    }
}

void posix_roll_forget(void)
{
    if (roll_fd >= 0) {
        close(roll_fd);
    }
    roll_fd = -1;
    roll_slot = NO_SLOT;
    is_sweeping = 0;
}

/* Locks a slot whose mark was seen, if a dead process left it. */
static int take_dead_slot(off_t slot)
{
    if (slot == roll_slot || !slot_lock(slot)) {
        return 0;
    }
    if (slot_mark(slot) == MARK_NOTHING) {
        slot_unlock(slot); /* swept by another meanwhile */
        return 0;
    }
    return 1;
}

typedef struct dead_slots {
    off_t slots[SWEEP_MAX];
    size_t count;
} dead_slots;

/* The first that is marked, from `at` on; `size` if none is. Most are not, and
 * every create looks. */
static size_t next_marked(const char *marks, size_t at, size_t size)
{
    uint64_t eight = 0;

    for (; eight == 0 && size - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, marks + at, sizeof eight);
    }
    at -= eight != 0 ? sizeof eight : 0;
    while (at < size && marks[at] == MARK_NOTHING) {
        at++;
    }
    return at;
}

static void
take_dead_in(const char *marks, size_t size, off_t first, dead_slots *dead)
{
    size_t at = next_marked(marks, 0, size);

    while (at < size && dead->count < SWEEP_MAX) {
        if (take_dead_slot(first + (off_t)at)) {
            dead->slots[dead->count] = first + (off_t)at;
            dead->count++;
        }
        at = next_marked(marks, at + 1, size);
    }
}

/* Locks the slots that dead processes left marked. */
static void take_dead_slots(dead_slots *dead)
{
    char marks[READ_SIZE];
    ssize_t size = sizeof marks;

    for (off_t first = 0; first < SLOT_COUNT && dead->count < SWEEP_MAX &&
                          size == (ssize_t)sizeof marks;
         first += size) {
        size = pread(roll_fd, marks, sizeof marks, first);
        if (size > 0) {
            take_dead_in(marks, (size_t)size, first, dead);
        }
    }
}

static size_t begin_sweep(dead_slots *dead)
{
    dead->count = 0;
    posix_leases_lock();
    if (!is_sweeping && roll_is_open()) {
        take_dead_slots(dead);
        is_sweeping = dead->count > 0;
    }
    posix_leases_unlock();
    return dead->count;
}

/* Whether nothing is marked from `first` on, as far as there are slots. */
static int is_clear(off_t first)
{
    char marks[READ_SIZE];
    ssize_t size = sizeof marks;

    for (; first < SLOT_COUNT && size == (ssize_t)sizeof marks; first += size) {
        size = pread(roll_fd, marks, sizeof marks, first);
        if (size < 0 || next_marked(marks, 0, (size_t)size) < (size_t)size) {
            return 0;
        }
    }
    return 1;
}

/*
 * Every create reads all of the roll. Thousands that lived at once have made it
 * long; when they are gone it gets short again. Nobody can take a slot out
 * there meanwhile, and whoever looks for one finds one in the short part.
 */
static void shorten(void)
{
    struct flock rest = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = ROLL_SHORT,
        .l_len = 0};
    struct stat roll;
    int is_short;

    if (fstat(roll_fd, &roll) < 0 || roll.st_size <= ROLL_SHORT ||
        roll_slot >= ROLL_SHORT || fcntl(roll_fd, F_SETLK, &rest) < 0) {
        return;
    }
    is_short = is_clear(ROLL_SHORT) && ftruncate(roll_fd, ROLL_SHORT) == 0;
    (void)is_short; /* a long one costs time and nothing else */
    rest.l_type = F_UNLCK;
    fcntl(roll_fd, F_SETLK, &rest);
}

/* A slot stays marked if the sweep failed, so that somebody does it again. */
static void end_sweep(const dead_slots *dead, int is_clean)
{
    posix_leases_lock();
    for (size_t at = 0; at < dead->count; at++) {
        if (is_clean) {
            slot_set_mark(dead->slots[at], MARK_NOTHING);
        }
        slot_unlock(dead->slots[at]);
    }
    if (is_clean) {
        shorten();
    }
    is_sweeping = 0;
    posix_leases_unlock();
}

void posix_sweep_if_needed(void)
{
    dead_slots dead;
    int is_clean = 1;

    while (is_clean && begin_sweep(&dead) > 0) {
        is_clean = posix_sweep(XIPC_SCOPE_USER) == XIPC_OK &&
                   posix_sweep(XIPC_SCOPE_MACHINE) == XIPC_OK;
        end_sweep(&dead, is_clean);
    }
}
