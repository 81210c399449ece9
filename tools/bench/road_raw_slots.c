/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory, and what counts the filled and free slots in it: POSIX
 * semaphores, futexes, eventfds. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "road_raw_posix.h"
#include "road_slots.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#endif

#define NAME_SIZE 160

#define SLOTS .group = ROAD_RAW, .send = slots_send, .receive = slots_receive

/* ---- semaphores ---------------------------------------------------------- */

typedef struct named_semaphores {
    sem_t *semaphores[SLOTS_COUNT_OF_COUNTS];
} named_semaphores;

static void sem_post_one(slots *road, unsigned which)
{
    named_semaphores *own = road->own;

    raw_require(sem_post(own->semaphores[which]) == 0, "sem_post");
}

static void sem_wait_one(slots *road, unsigned which)
{
    named_semaphores *own = road->own;

    raw_require(sem_wait(own->semaphores[which]) == 0, "sem_wait");
}

static void *open_sem(const road_plan *plan)
{
    slots *road = slots_open(plan, sem_post_one, sem_wait_one);
    named_semaphores *own = calloc(1, sizeof *own);
    char name[NAME_SIZE];

    bench_require(own != NULL, "no memory");
    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        snprintf(name, sizeof name, "/%.140s-%u", plan->name, at);
        own->semaphores[at] = sem_open(name, O_CREAT, 0600, 0);
        raw_require(own->semaphores[at] != SEM_FAILED, "sem_open");
        if (plan->is_second) { /* both have it: nothing is to be left */
            sem_unlink(name);
        }
    }
    road->own = own;
    return road;
}

static void close_sem(void *context)
{
    slots *road = context;
    named_semaphores *own = road->own;

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        sem_close(own->semaphores[at]);
    }
    free(own);
    slots_close(road);
}

const road_kind road_raw_sem = {
    .name = "memory, sem_open",
    .create = open_sem,
    .join = open_sem,
    .close = close_sem,
    SLOTS};

#if defined(__linux__)

/* ---- futexes ------------------------------------------------------------- */

#define COUNT_DISTANCE 128

static _Atomic uint32_t *count_of(const slots *road, unsigned which)
{
    return (_Atomic uint32_t *)(void *)(road->memory + which * COUNT_DISTANCE);
}

/* The plainest semaphore there is: always tells the kernel. */
static void futex_post(slots *road, unsigned which)
{
    _Atomic uint32_t *count = count_of(road, which);

    atomic_fetch_add_explicit(count, 1, memory_order_release);
    raw_require(
        syscall(SYS_futex, count, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0, "futex");
}

static void futex_wait(slots *road, unsigned which)
{
    _Atomic uint32_t *count = count_of(road, which);
    uint32_t seen = atomic_load_explicit(count, memory_order_relaxed);

    for (;;) {
        if (seen == 0) {
            syscall(SYS_futex, count, FUTEX_WAIT, 0, NULL, NULL, 0);
            seen = atomic_load_explicit(count, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(
                       count, &seen, seen - 1, memory_order_acquire,
                       memory_order_relaxed)) {
            return;
        }
    }
}

static void *open_futex(const road_plan *plan)
{
    return slots_open(plan, futex_post, futex_wait);
}

static void close_slots(void *road)
{
    slots_close(road);
}

const road_kind road_raw_futex = {
    .name = "memory, futex",
    .flags = ROAD_REFERENCE,
    .create = open_futex,
    .join = open_futex,
    .close = close_slots,
    SLOTS};

/* ---- eventfds ------------------------------------------------------------ */

typedef struct event_fds {
    int fds[SLOTS_COUNT_OF_COUNTS];
    int listener;
    char path[NAME_SIZE + 256];
} event_fds;

static void event_post(slots *road, unsigned which)
{
    raw_require(
        eventfd_write(((event_fds *)road->own)->fds[which], 1) == 0,
        "eventfd_write");
}

static void event_wait(slots *road, unsigned which)
{
    eventfd_t value;

    raw_require(
        eventfd_read(((event_fds *)road->own)->fds[which], &value) == 0,
        "eventfd_read");
}

static slots *new_event_road(const road_plan *plan, event_fds **own_out)
{
    slots *road = slots_open(plan, event_post, event_wait);
    event_fds *own = calloc(1, sizeof *own);

    bench_require(own != NULL, "no memory");
    snprintf(
        own->path, sizeof own->path, "%.200s/%.140s-fds", plan->directory,
        plan->name);
    road->own = own;
    *own_out = own;
    return road;
}

static void *create_event_fds(const road_plan *plan)
{
    event_fds *own;
    slots *road = new_event_road(plan, &own);
    const struct sockaddr_un address = raw_address(own->path);

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        own->fds[at] = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
        raw_require(own->fds[at] >= 0, "eventfd");
    }
    own->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    raw_require(
        bind(
            own->listener, (const struct sockaddr *)&address, sizeof address) ==
                0 &&
            listen(own->listener, 1) == 0,
        "listen");
    return road;
}

typedef union fd_message {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(SLOTS_COUNT_OF_COUNTS * sizeof(int))];
} fd_message;

static void pass_event_fds(void *context)
{
    event_fds *own = ((slots *)context)->own;
    fd_message control = {0};
    char byte = 'f';
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    int fd = accept(own->listener, NULL, NULL);

    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof own->fds);
    memcpy(CMSG_DATA(part), own->fds, sizeof own->fds);
    raw_require(fd >= 0 && sendmsg(fd, &message, 0) == 1, "sendmsg");
    close(fd);
    close(own->listener);
    unlink(own->path);
}

static void *join_event_fds(const road_plan *plan)
{
    event_fds *own;
    slots *road = new_event_road(plan, &own);
    const struct sockaddr_un address = raw_address(own->path);
    fd_message control = {0};
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    raw_require(
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0,
        "connect");
    raw_require(
        recvmsg(fd, &message, MSG_CMSG_CLOEXEC) == 1 &&
            CMSG_FIRSTHDR(&message) != NULL,
        "recvmsg");
    memcpy(own->fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof own->fds);
    close(fd);
    return road;
}

static void close_event_fds(void *context)
{
    slots *road = context;
    event_fds *own = road->own;

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        close(own->fds[at]);
    }
    free(own);
    slots_close(road);
}

const road_kind road_raw_eventfd = {
    .name = "memory, eventfd",
    .create = create_event_fds,
    .join = join_event_fds,
    .accept = pass_event_fds,
    .close = close_event_fds,
    SLOTS};

#endif
