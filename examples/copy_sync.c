/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another through a few slots in a section,
 * which the two take turns at. Start both, in either order:
 *
 *     copy_sync send HOW NAME FILE
 *     copy_sync receive HOW NAME FILE
 *
 * HOW is what keeps them in step; each is a way to solve the producer-consumer
 * problem, and each stands inside the section beside the slots:
 *
 *     semaphore   two counts: of free slots and of filled ones
 *     condition   one count, a mutex around it and two conditions
 *     event       one slot, and two events that pass it to and fro
 *     poller      as semaphore, but waiting in a poller, which could wait for
 *                 other things as well
 *
 * Whoever is left alone by a dead partner says so after some seconds; of the
 * partner nothing is left.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define SLOT_COUNT 8
#define SLOT_SIZE  65536
#define PATIENCE   10000 /* milliseconds */

/* Where things stand in the section. */
enum {
    AT_MUTEX = 0,
    AT_FREE = 1 * XIPC_SYNC_SIZE,   /* semaphore, condition or event */
    AT_FILLED = 2 * XIPC_SYNC_SIZE, /* likewise */
    AT_COUNT = 3 * XIPC_SYNC_SIZE,  /* the condition's filled slots */
    AT_SIZES = 4 * XIPC_SYNC_SIZE,  /* bytes in each slot */
    AT_SLOTS = SLOT_SIZE,
    SECTION_SIZE = AT_SLOTS + SLOT_COUNT * SLOT_SIZE
};

typedef struct copy copy;

/* A way to keep in step. Each call returns 0, or -1 after it said why not. */
typedef struct way {
    const char *name;
    uint32_t slot_count;
    int (*join)(copy *self);
    int (*wait_free)(copy *self);
    int (*pass_filled)(copy *self);
    int (*wait_filled)(copy *self);
    int (*pass_free)(copy *self);
} way;

struct copy {
    const way *way;
    FILE *file;
    const char *path;
    xipc_section *section;
    xipc_map *map;
    unsigned char *bytes;
    xipc_mutex *mutex;
    xipc_semaphore *free_slots, *filled_slots;
    xipc_condition *is_free, *is_filled;
    xipc_event *free_event, *filled_event;
    xipc_poller *poller; /* waits for one of the two semaphores */
    uint32_t turn;       /* slots used so far */
    int is_send;
};

static xipc_deadline soon(void)
{
    return xipc_after_ms(PATIENCE);
}

/* 0 for XIPC_OK, else -1 and a line about it. */
static int done(xipc_status status)
{
    if (status == XIPC_OK) {
        return 0;
    }
    fprintf(
        stderr, "copy_sync: %s: %s\n", xipc_status_name(status), xipc_detail());
    return -1;
}

/* ---- two counts ---- */

static int
join_count(copy *self, uint64_t at, uint32_t first, xipc_semaphore **out)
{
    xipc_status status = xipc_semaphore_create_at(
        self->section, at, first, SLOT_COUNT, soon(), out);

    if (status == XIPC_E_EXISTS) {
        status = xipc_semaphore_open_at(self->section, at, soon(), out);
    }
    return done(status);
}

static int join_counts(copy *self)
{
    return join_count(self, AT_FREE, SLOT_COUNT, &self->free_slots) == 0
               ? join_count(self, AT_FILLED, 0, &self->filled_slots)
               : -1;
}

static int wait_free_count(copy *self)
{
    return done(xipc_semaphore_wait(self->free_slots, soon()));
}

static int pass_filled_count(copy *self)
{
    return done(xipc_semaphore_post(self->filled_slots, 1));
}

static int wait_filled_count(copy *self)
{
    return done(xipc_semaphore_wait(self->filled_slots, soon()));
}

static int pass_free_count(copy *self)
{
    return done(xipc_semaphore_post(self->free_slots, 1));
}

/* ---- a mutex and two conditions ---- */

static int join_condition(copy *self, uint64_t at, xipc_condition **out)
{
    xipc_status status =
        xipc_condition_create_at(self->section, at, soon(), out);

    if (status == XIPC_E_EXISTS) {
        status = xipc_condition_open_at(self->section, at, soon(), out);
    }
    return done(status);
}

static int join_conditions(copy *self)
{
    xipc_status status =
        xipc_mutex_create_at(self->section, AT_MUTEX, soon(), &self->mutex);

    if (status == XIPC_E_EXISTS) {
        status =
            xipc_mutex_open_at(self->section, AT_MUTEX, soon(), &self->mutex);
    }
    if (done(status) != 0 ||
        join_condition(self, AT_FREE, &self->is_free) != 0) {
        return -1;
    }
    return join_condition(self, AT_FILLED, &self->is_filled);
}

/* Guarded by the mutex. */
static uint32_t *filled_count(copy *self)
{
    return (uint32_t *)(void *)(self->bytes + AT_COUNT);
}

/*
 * Waits until the count of filled slots is not `unwanted`. A partner that died
 * with the mutex is the end of the copy here: unlocking without having called
 * xipc_mutex_recovered() leaves the mutex lost for everybody.
 */
static int wait_count(copy *self, uint32_t unwanted, xipc_condition *condition)
{
    xipc_deadline deadline = soon();
    xipc_status status = xipc_mutex_lock(self->mutex, deadline);

    if (status == XIPC_E_OWNER_DIED) {
        done(status);
        xipc_mutex_unlock(self->mutex);
        return -1;
    }
    if (status != XIPC_OK) {
        return done(status);
    }
    while (status == XIPC_OK && *filled_count(self) == unwanted) {
        status = xipc_condition_wait(condition, self->mutex, deadline);
    }
    if (status != XIPC_E_NOT_RECOVERABLE) {
        xipc_mutex_unlock(self->mutex);
    }
    return done(status);
}

static int change_count(copy *self, uint32_t by, xipc_condition *condition)
{
    xipc_status status = xipc_mutex_lock(self->mutex, soon());

    if (status != XIPC_OK) {
        done(status);
        if (status == XIPC_E_OWNER_DIED) {
            xipc_mutex_unlock(self->mutex);
        }
        return -1;
    }
    *filled_count(self) += by;
    xipc_mutex_unlock(self->mutex);
    return done(xipc_condition_notify_one(condition));
}

static int wait_free_condition(copy *self)
{
    return wait_count(self, SLOT_COUNT, self->is_free);
}

static int pass_filled_condition(copy *self)
{
    return change_count(self, 1, self->is_filled);
}

static int wait_filled_condition(copy *self)
{
    return wait_count(self, 0, self->is_filled);
}

static int pass_free_condition(copy *self)
{
    return change_count(self, (uint32_t)-1, self->is_free);
}

/* ---- two events ---- */

static int join_event(copy *self, uint64_t at, xipc_event **out)
{
    xipc_status status =
        xipc_event_create_at(self->section, at, XIPC_EVENT_AUTO, soon(), out);

    if (status == XIPC_E_EXISTS) {
        status = xipc_event_open_at(self->section, at, soon(), out);
    }
    return done(status);
}

static int join_events(copy *self)
{
    return join_event(self, AT_FREE, &self->free_event) == 0
               ? join_event(self, AT_FILLED, &self->filled_event)
               : -1;
}

/* The first time it is free without anybody having said so. */
static int wait_free_event(copy *self)
{
    return self->turn == 0 ? 0
                           : done(xipc_event_wait(self->free_event, soon()));
}

static int pass_filled_event(copy *self)
{
    return done(xipc_event_set(self->filled_event));
}

static int wait_filled_event(copy *self)
{
    return done(xipc_event_wait(self->filled_event, soon()));
}

static int pass_free_event(copy *self)
{
    return done(xipc_event_set(self->free_event));
}

/* ---- two counts in a poller ---- */

/* The sender waits for free slots, the receiver for filled ones. */
static int join_poller(copy *self)
{
    xipc_semaphore **mine =
        self->is_send ? &self->free_slots : &self->filled_slots;

    if (join_counts(self) != 0 ||
        done(xipc_poller_create(&self->poller)) != 0) {
        return -1;
    }
    return done(xipc_poller_add(
        self->poller, xipc_semaphore_object(*mine), XIPC_READABLE, *mine));
}

/* What was ready may have been taken by another: then it is waited for again.
 */
static int wait_in_poller(copy *self, xipc_semaphore *semaphore)
{
    xipc_deadline deadline = soon();
    xipc_status status;
    xipc_ready ready;
    size_t count;

    do {
        status = xipc_poller_wait(self->poller, &ready, 1, deadline, &count);
        if (status == XIPC_OK && ready.cookie == semaphore) {
            status = xipc_semaphore_wait(semaphore, XIPC_NOW);
        }
    } while (status == XIPC_E_AGAIN);
    return done(status);
}

static int wait_free_in_poller(copy *self)
{
    return wait_in_poller(self, self->free_slots);
}

static int wait_filled_in_poller(copy *self)
{
    return wait_in_poller(self, self->filled_slots);
}

static const way ways[] = {
    {"semaphore", SLOT_COUNT, join_counts, wait_free_count, pass_filled_count,
     wait_filled_count, pass_free_count},
    {"condition", SLOT_COUNT, join_conditions, wait_free_condition,
     pass_filled_condition, wait_filled_condition, pass_free_condition},
    {"event", 1, join_events, wait_free_event, pass_filled_event,
     wait_filled_event, pass_free_event},
    {"poller", SLOT_COUNT, join_poller, wait_free_in_poller, pass_filled_count,
     wait_filled_in_poller, pass_free_count},
};

/* ---- the copy ---- */

static int fail_file(copy *self)
{
    fprintf(stderr, "copy_sync: %s: %s\n", self->path, strerror(errno));
    return -1;
}

static unsigned char *slot(copy *self)
{
    return self->bytes + AT_SLOTS +
           (size_t)(self->turn % self->way->slot_count) * SLOT_SIZE;
}

static uint32_t *slot_size(copy *self)
{
    return (uint32_t *)(void *)(self->bytes + AT_SIZES) +
           self->turn % self->way->slot_count;
}

/*
 * An empty slot is the end. The sender stays until all slots are free again:
 * what it has put there lives as long as somebody has the section open.
 */
static int send_file(copy *self)
{
    size_t size = 1;

    for (; size > 0; self->turn++) {
        if (self->way->wait_free(self) != 0) {
            return -1;
        }
        size = fread(slot(self), 1, SLOT_SIZE, self->file);
        if (ferror(self->file)) {
            return fail_file(self);
        }
        *slot_size(self) = (uint32_t)size;
        if (self->way->pass_filled(self) != 0) {
            return -1;
        }
    }
    for (uint32_t left = self->way->slot_count; left > 0; left--) {
        if (self->way->wait_free(self) != 0) {
            return -1;
        }
        /* The condition's count says how many are filled; fill them up. */
        if (self->mutex && change_count(self, 1, self->is_free) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The size is what another process wrote: read once, then checked. */
static int receive_file(copy *self)
{
    uint32_t size = 1;

    for (; size > 0; self->turn++) {
        if (self->way->wait_filled(self) != 0) {
            return -1;
        }
        size = *(volatile uint32_t *)slot_size(self);
        if (size > SLOT_SIZE) {
            fprintf(
                stderr, "copy_sync: a slot of %lu bytes\n",
                (unsigned long)size);
            return -1;
        }
        if (fwrite(slot(self), 1, size, self->file) != size) {
            return fail_file(self);
        }
        if (self->way->pass_free(self) != 0) {
            return -1;
        }
    }
    return 0;
}

static int join(copy *self, const char *name)
{
    if (done(xipc_section_open_or_create(
            name, SECTION_SIZE, NULL, soon(), &self->section, NULL)) != 0 ||
        done(xipc_section_map(
            self->section, 0, 0, XIPC_MAP_WRITE, &self->map)) != 0) {
        return -1;
    }
    if (xipc_map_size(self->map) < SECTION_SIZE) {
        fprintf(stderr, "copy_sync: another kind of section has the name\n");
        return -1;
    }
    self->bytes = xipc_map_address(self->map);
    return self->way->join(self);
}

static int run(copy *self, int argc, char **argv)
{
    self->is_send = argc == 5 && strcmp(argv[1], "send") == 0;
    for (size_t at = 0; argc == 5 && at < sizeof ways / sizeof *ways; at++) {
        if (strcmp(argv[2], ways[at].name) == 0) {
            self->way = &ways[at];
        }
    }
    if (!self->way || (!self->is_send && strcmp(argv[1], "receive") != 0)) {
        fprintf(
            stderr, "usage: copy_sync send|receive "
                    "semaphore|condition|event|poller NAME FILE\n");
        return -1;
    }
    self->path = argv[4];
    self->file = fopen(self->path, self->is_send ? "rb" : "wb");
    if (!self->file) {
        return fail_file(self);
    }
    if (join(self, argv[3]) != 0) {
        return -1;
    }
    return self->is_send ? send_file(self) : receive_file(self);
}

int main(int argc, char **argv)
{
    copy self = {0};
    int result = run(&self, argc, argv);

    if (self.file && fclose(self.file) != 0 && result == 0) {
        result = fail_file(&self);
    }
    xipc_poller_close(self.poller);
    xipc_mutex_close(self.mutex);
    xipc_semaphore_close(self.free_slots);
    xipc_semaphore_close(self.filled_slots);
    xipc_condition_close(self.is_free);
    xipc_condition_close(self.is_filled);
    xipc_event_close(self.free_event);
    xipc_event_close(self.filled_event);
    xipc_map_close(self.map);
    xipc_section_close(self.section);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
