/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The producer and the consumer, five ways.
 *
 *     five_ways ring|mailbox|pipe|semaphores|monitor
 *
 * This process consumes numbers that a child produces, one after the other, and
 * says what they add up to. Between them never lies more than a few: who is too
 * quick waits. docs/guide.md tells when to take which way.
 *
 * Each way is three functions: what the consumer makes before the child starts,
 * what either does with one number. What they wait for they wait ten seconds at
 * most: if the other one is killed, they are told so at once, or then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define NUMBERS  10000
#define ROOM     64 /* numbers that lie between the two */
#define PATIENCE xipc_after_ms(10000)

typedef struct shared {
    int64_t numbers[ROOM];
    uint64_t put; /* in all; of a monitor, under its mutex */
    uint64_t got;
} shared;

/* What one of the two has; of that, what its way needs. */
typedef struct side {
    const char *name;
    xipc_ring *ring;
    xipc_mailbox *mailbox;
    xipc_pipe_listener *listener;
    xipc_pipe *pipe;
    xipc_section *section;
    xipc_map *map;
    shared *shared;
    xipc_semaphore *room;
    xipc_semaphore *filled;
    xipc_mutex *mutex;
    xipc_condition *changed;
} side;

/* ---- a ring: the quickest, for one producer and one consumer ---- */

static xipc_status ring_open(side *self, int is_producer)
{
    return is_producer ? xipc_ring_open(
                             self->name, XIPC_RING_PRODUCER, NULL, XIPC_NOW,
                             &self->ring)
                       : xipc_ring_create(
                             self->name, XIPC_RING_CONSUMER, NULL, XIPC_NOW,
                             &self->ring);
}

static xipc_status ring_put(side *self, int64_t number)
{
    return xipc_ring_send(self->ring, &number, sizeof number, PATIENCE);
}

static xipc_status ring_get(side *self, int64_t *number)
{
    size_t size;

    return xipc_ring_receive(
        self->ring, number, sizeof *number, &size, PATIENCE);
}

/* ---- a mailbox: for any number of either, with priorities ---- */

static xipc_status mailbox_open(side *self, int is_producer)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

    options.capacity = ROOM;
    options.message_max = sizeof(int64_t);
    return is_producer
               ? xipc_mailbox_open(self->name, NULL, XIPC_NOW, &self->mailbox)
               : xipc_mailbox_create(
                     self->name, &options, XIPC_NOW, &self->mailbox);
}

static xipc_status mailbox_put(side *self, int64_t number)
{
    return xipc_mailbox_send(
        self->mailbox, &number, sizeof number, NULL, PATIENCE);
}

static xipc_status mailbox_get(side *self, int64_t *number)
{
    size_t size;

    return xipc_mailbox_receive(
        self->mailbox, number, sizeof *number, &size, NULL, PATIENCE);
}

/* ---- a pipe: through the kernel, which tells each who the other is ---- */

static xipc_status pipe_open(side *self, int is_producer)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    options.mode = XIPC_PIPE_MESSAGES;
    return is_producer
               ? xipc_pipe_connect(self->name, NULL, PATIENCE, &self->pipe)
               : xipc_pipe_listen(
                     self->name, &options, XIPC_NOW, &self->listener);
}

static xipc_status pipe_put(side *self, int64_t number)
{
    return xipc_pipe_write(self->pipe, &number, sizeof number, PATIENCE, NULL);
}

static xipc_status pipe_get(side *self, int64_t *number)
{
    xipc_status status = XIPC_OK;
    size_t size;

    if (!self->pipe) {
        status = xipc_pipe_accept(self->listener, PATIENCE, &self->pipe);
    }
    return status == XIPC_OK
               ? xipc_pipe_read(
                     self->pipe, number, sizeof *number, PATIENCE, &size)
               : status;
}

/* ---- shared memory, which both ways below keep in step ---- */

static xipc_status section_open(side *self, int is_producer)
{
    xipc_status status =
        is_producer
            ? xipc_section_open(self->name, NULL, XIPC_NOW, &self->section)
            : xipc_section_create(
                  self->name, sizeof(shared), NULL, XIPC_NOW, &self->section);

    if (status == XIPC_OK) {
        status =
            xipc_section_map(self->section, 0, 0, XIPC_MAP_WRITE, &self->map);
    }
    if (status == XIPC_OK) {
        self->shared = xipc_map_address(self->map);
    }
    return status;
}

/* "five-ways" and "room" make "five-ways.room". */
static const char *name_of(const side *self, const char *part)
{
    static char name[XIPC_NAME_MAX + 1];

    (void)snprintf(name, sizeof name, "%s.%s", self->name, part);
    return name;
}

/* ---- semaphores: they count what lies there, and the room that is left ----
 */

static xipc_status semaphore_open(
    const side *self,
    const char *part,
    uint32_t count,
    int is_producer,
    xipc_semaphore **out)
{
    return is_producer
               ? xipc_semaphore_open(name_of(self, part), NULL, XIPC_NOW, out)
               : xipc_semaphore_create(
                     name_of(self, part), count, ROOM, NULL, XIPC_NOW, out);
}

static xipc_status semaphores_open(side *self, int is_producer)
{
    xipc_status status = section_open(self, is_producer);

    if (status == XIPC_OK) {
        status = semaphore_open(self, "room", ROOM, is_producer, &self->room);
    }
    return status == XIPC_OK
               ? semaphore_open(self, "filled", 0, is_producer, &self->filled)
               : status;
}

static xipc_status semaphores_put(side *self, int64_t number)
{
    xipc_status status = xipc_semaphore_wait(self->room, PATIENCE);

    if (status == XIPC_OK) {
        self->shared->numbers[self->shared->put++ % ROOM] = number;
        status = xipc_semaphore_post(self->filled, 1);
    }
    return status;
}

static xipc_status semaphores_get(side *self, int64_t *number)
{
    xipc_status status = xipc_semaphore_wait(self->filled, PATIENCE);

    if (status == XIPC_OK) {
        *number = self->shared->numbers[self->shared->got++ % ROOM];
        status = xipc_semaphore_post(self->room, 1);
    }
    return status;
}

/* ---- a monitor: a mutex, and a condition that what it guards has changed ----
 */

static xipc_status monitor_open(side *self, int is_producer)
{
    xipc_status status = section_open(self, is_producer);

    if (status == XIPC_OK) {
        status =
            is_producer
                ? xipc_mutex_open(
                      name_of(self, "mutex"), NULL, XIPC_NOW, &self->mutex)
                : xipc_mutex_create(
                      name_of(self, "mutex"), NULL, XIPC_NOW, &self->mutex);
    }
    if (status == XIPC_OK) {
        status =
            is_producer
                ? xipc_condition_open(
                      name_of(self, "changed"), NULL, XIPC_NOW, &self->changed)
                : xipc_condition_create(
                      name_of(self, "changed"), NULL, XIPC_NOW, &self->changed);
    }
    return status;
}

/* Locks, and waits until `put` is not that far before `got`. If the other one
 * died with the mutex, there is nobody to go on with: it is not recovered. */
static xipc_status monitor_enter(side *self, uint64_t distance)
{
    const shared *between = self->shared;
    xipc_deadline deadline = PATIENCE;
    xipc_status status = xipc_mutex_lock(self->mutex, deadline);

    while (status == XIPC_OK && between->put - between->got == distance) {
        status = xipc_condition_wait(self->changed, self->mutex, deadline);
    }
    if (status != XIPC_OK) {
        (void)xipc_mutex_unlock(self->mutex);
    }
    return status;
}

static xipc_status monitor_leave(side *self)
{
    xipc_status status = xipc_mutex_unlock(self->mutex);

    return status == XIPC_OK ? xipc_condition_notify_one(self->changed)
                             : status;
}

static xipc_status monitor_put(side *self, int64_t number)
{
    xipc_status status = monitor_enter(self, ROOM);

    if (status == XIPC_OK) {
        self->shared->numbers[self->shared->put++ % ROOM] = number;
        status = monitor_leave(self);
    }
    return status;
}

static xipc_status monitor_get(side *self, int64_t *number)
{
    xipc_status status = monitor_enter(self, 0);

    if (status == XIPC_OK) {
        *number = self->shared->numbers[self->shared->got++ % ROOM];
        status = monitor_leave(self);
    }
    return status;
}

/* ---- the two processes ---- */

static const struct way {
    const char *name;
    xipc_status (*open)(side *self, int is_producer);
    xipc_status (*put)(side *self, int64_t number);
    xipc_status (*get)(side *self, int64_t *number);
} ways[] = {
    {"ring", ring_open, ring_put, ring_get},
    {"mailbox", mailbox_open, mailbox_put, mailbox_get},
    {"pipe", pipe_open, pipe_put, pipe_get},
    {"semaphores", semaphores_open, semaphores_put, semaphores_get},
    {"monitor", monitor_open, monitor_put, monitor_get},
};

static void close_all(side *self)
{
    xipc_ring_close(self->ring);
    xipc_mailbox_close(self->mailbox);
    xipc_pipe_close(self->pipe);
    xipc_pipe_listener_close(self->listener);
    xipc_semaphore_close(self->room);
    xipc_semaphore_close(self->filled);
    xipc_condition_close(self->changed);
    xipc_mutex_close(self->mutex);
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

static int failed(const char *doing)
{
    (void)fprintf(stderr, "five_ways: %s: %s\n", doing, xipc_detail());
    return EXIT_FAILURE;
}

static int produce(const struct way *way, side *self)
{
    if (way->open(self, 1) != XIPC_OK) {
        return failed("the producer's beginning");
    }
    for (int64_t number = 1; number <= NUMBERS; number++) {
        if (way->put(self, number) != XIPC_OK) {
            return failed("producing");
        }
    }
    return EXIT_SUCCESS;
}

static int consume_all(const struct way *way, side *self)
{
    int64_t sum = 0;

    for (int64_t expected = 1; expected <= NUMBERS; expected++) {
        int64_t number = 0;

        if (way->get(self, &number) != XIPC_OK) {
            return failed("consuming");
        }
        if (number != expected) {
            (void)fprintf(
                stderr, "five_ways: %lld came in place of %lld\n",
                (long long)number, (long long)expected);
            return EXIT_FAILURE;
        }
        sum += number;
    }
    printf("%s: %lld\n", way->name, (long long)sum);
    return EXIT_SUCCESS;
}

static int consume(const struct way *way, side *self, const char *program)
{
    const char *arguments[] = {program, way->name, self->name, NULL};
    xipc_exit how = XIPC_EXIT_INIT;
    xipc_process *child;
    int result;

    if (way->open(self, 0) != XIPC_OK) {
        return failed("the consumer's beginning");
    }
    if (xipc_spawn(program, arguments, NULL, &child) != XIPC_OK) {
        return failed("starting the producer");
    }
    result = consume_all(way, self);
    if (xipc_process_wait(child, PATIENCE, &how) != XIPC_OK || how.code != 0) {
        result = EXIT_FAILURE; /* it has said why */
    }
    xipc_process_close(child);
    return result;
}

int main(int argc, char **argv)
{
    /* Each consumer its own name. */
    char name[64];
    side self = {.name = name};
    int result = 2;

    (void)snprintf(
        name, sizeof name, "five-ways-%llx",
        (unsigned long long)xipc_after_ns(0));
    for (size_t at = 0; at < sizeof ways / sizeof ways[0]; at++) {
        if (argc < 2 || strcmp(argv[1], ways[at].name) != 0) {
            continue;
        }
        if (argc == 3) {
            self.name = argv[2];
            result = produce(&ways[at], &self);
        } else if (argc == 2) {
            result = consume(&ways[at], &self, argv[0]);
        }
    }
    close_all(&self);
    if (result == 2) {
        (void)fprintf(
            stderr, "usage: five_ways ring|mailbox|pipe|semaphores|monitor\n");
    }
    return result;
}
