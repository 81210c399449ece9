/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX message queues, whose descriptors Linux can poll. */
#include "os/os_queue.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xipc/poller.h>

#include "os/os_fault.h"
#include "posix/posix_queue.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

#define NAME_SIZE 256

/*
 * `wakes`: read by anybody, written with the lock. `waiters` and `to_leave`:
 * with the lock. `wake` can be read from a wake on until the last of those who
 * waited then has left; `to_leave`: so many of them are still to leave.
 */
struct xipcos_queue {
    mqd_t queue;
    int wake;
    int can_send;
    int can_receive;
    uint32_t capacity;
    uint32_t message_max;
    pthread_mutex_t lock;
    unsigned waiters;
    unsigned to_leave;
    _Atomic uint32_t wakes;
};

/* ---- names ---- */

static void
name_of_file(char name[NAME_SIZE], const struct stat *file, const char *path)
{
    const char *last = strrchr(path, '/');

    snprintf(
        name, NAME_SIZE, "/%.128s.%" PRIx64 ".%" PRIx64, last ? last + 1 : path,
        (uint64_t)file->st_dev, (uint64_t)file->st_ino);
}

void posix_queue_unlink(const struct stat *file, const char *path)
{
    char name[NAME_SIZE];

    name_of_file(name, file, path);
    mq_unlink(name);
}

/* The queue's name; of a companion also its file. */
static xipc_status
name_of(xipcos_queue_place place, char name[NAME_SIZE], struct stat *file)
{
    const char *native = place.native_name;

    if (place.companion) {
        if (fstat(place.companion->fd, file) < 0) {
            return posix_fault(errno, "looking at its file");
        }
        name_of_file(name, file, native);
        return XIPC_OK;
    }
    if (native[0] != '/' || native[1] == '\0' || strchr(native + 1, '/') ||
        strlen(native) >= NAME_SIZE) {
        return xipcos_fault(
            XIPC_E_NAME, 0,
            "a message queue's own name is a slash and 1 to 254 bytes without "
            "another one: native:/jobs");
    }
    memcpy(name, native, strlen(native) + 1);
    return XIPC_OK;
}

/* ---- to make one and to join one ---- */

static mode_t mode_of(xipc_access access)
{
    switch (access) {
    case XIPC_ACCESS_GROUP_WRITE: return 0660;
    case XIPC_ACCESS_EVERYONE_WRITE: return 0666;
    case XIPC_ACCESS_GROUP_READ: /* access to nothing, in a mailbox */
    case XIPC_ACCESS_EVERYONE_READ:
    case XIPC_ACCESS_PRIVATE: break;
    }
    return 0600;
}

static void discard(xipcos_queue *queue)
{
    if (queue->queue != (mqd_t)-1) {
        mq_close(queue->queue);
    }
    if (queue->wake >= 0) {
        close(queue->wake);
    }
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* NULL, with a fault. */
static xipcos_queue *new_queue(void)
{
    xipcos_queue *queue = calloc(1, sizeof *queue);

    if (!queue) {
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a queue");
        return NULL;
    }
    queue->queue = (mqd_t)-1;
    pthread_mutex_init(&queue->lock, NULL);
    queue->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->wake < 0) {
        posix_fault(errno, "making an event to wake by");
        discard(queue);
        return NULL;
    }
    return queue;
}

static xipc_status measure(xipcos_queue *queue)
{
    struct mq_attr attributes;

    if (mq_getattr(queue->queue, &attributes) < 0) {
        return posix_fault(errno, "looking at the message queue");
    }
    queue->capacity = (uint32_t)attributes.mq_maxmsg;
    queue->message_max = (uint32_t)attributes.mq_msgsize;
    return XIPC_OK;
}

static mqd_t make(const char *name, mode_t mode, const xipcos_queue_plan *plan)
{
    struct mq_attr attributes = {
        .mq_maxmsg = (long)plan->capacity,
        .mq_msgsize = (long)plan->message_max};

    return mq_open(
        name, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK | O_CLOEXEC, mode,
        &attributes);
}

/* Of a companion's name whatever has it was left by somebody who died. */
static xipc_status make_under(
    xipcos_queue *queue,
    const char *name,
    mode_t mode,
    int is_ours,
    const xipcos_queue_plan *plan)
{
    queue->queue = make(name, mode, plan);
    if (queue->queue == (mqd_t)-1 && errno == EEXIST && is_ours) {
        if (mq_unlink(name) < 0 && errno != ENOENT) {
            return posix_fault(errno, "clearing away a message queue");
        }
        queue->queue = make(name, mode, plan);
    }
    if (queue->queue == (mqd_t)-1) {
        return posix_queue_explain(errno, plan);
    }
    /* Given explicitly, so that the umask has no say. */
    if (mode != 0600 && fchmod(queue->queue, mode) < 0) {
        return posix_fault(errno, "setting the message queue's mode");
    }
    return measure(queue);
}

xipc_status xipcos_queue_create(
    xipcos_queue_place place,
    const xipcos_queue_plan *plan,
    xipcos_queue **queue_out)
{
    char name[NAME_SIZE];
    struct stat file;
    xipcos_queue *queue;
    xipc_status status = name_of(place, name, &file);

    if (status != XIPC_OK) {
        return status;
    }
    queue = new_queue();
    if (!queue) {
        return XIPC_E_NO_MEMORY;
    }
    queue->can_send = 1;
    queue->can_receive = 1;
    status = make_under(
        queue, name, mode_of(plan->access), place.companion != NULL, plan);
    if (status != XIPC_OK) {
        if (queue->queue != (mqd_t)-1) {
            mq_unlink(name);
        }
        discard(queue);
        return status;
    }
    *queue_out = queue;
    return XIPC_OK;
}

static int join(xipcos_queue *queue, const char *name, int how)
{
    queue->queue = mq_open(name, how | O_NONBLOCK | O_CLOEXEC);
    queue->can_send = how != O_RDONLY;
    queue->can_receive = how != O_WRONLY;
    return queue->queue != (mqd_t)-1;
}

/* What stands without a companion may be open one way only. */
static xipc_status
join_either(xipcos_queue *queue, const char *name, int is_ours)
{
    int is_there = join(queue, name, O_RDWR);

    if (!is_there && errno == EACCES && !is_ours) {
        is_there = join(queue, name, O_WRONLY);
    }
    if (!is_there && errno == EACCES && !is_ours) {
        is_there = join(queue, name, O_RDONLY);
    }
    return is_there ? measure(queue)
                    : posix_fault(errno, "opening the message queue");
}

/* Anybody could have made one of that name; who has the file is known. */
static xipc_status check_owner(const xipcos_queue *queue, uid_t user)
{
    struct stat file;

    if (fstat(queue->queue, &file) < 0) {
        return posix_fault(errno, "looking at the message queue");
    }
    return file.st_uid == user
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_ACCESS, 0, "its message queue is user %lu's",
                     (unsigned long)file.st_uid);
}

xipc_status
xipcos_queue_open(xipcos_queue_place place, xipcos_queue **queue_out)
{
    char name[NAME_SIZE];
    struct stat file;
    xipcos_queue *queue;
    xipc_status status = name_of(place, name, &file);

    if (status != XIPC_OK) {
        return status;
    }
    queue = new_queue();
    if (!queue) {
        return XIPC_E_NO_MEMORY;
    }
    status = join_either(queue, name, place.companion != NULL);
    if (status == XIPC_OK && place.companion) {
        status = check_owner(queue, file.st_uid);
    }
    if (status != XIPC_OK) {
        discard(queue);
        return status;
    }
    *queue_out = queue;
    return XIPC_OK;
}

xipc_status xipcos_queue_remove(const char *native_name)
{
    const xipcos_queue_place place = {.native_name = native_name};
    char name[NAME_SIZE];
    struct stat file; /* of a companion, which there is none of here */
    xipc_status status = name_of(place, name, &file);

    if (status == XIPC_OK && mq_unlink(name) < 0) {
        status = posix_fault(errno, "removing the message queue");
    }
    return status;
}

void xipcos_queue_close(xipcos_queue *queue)
{
    if (queue) {
        discard(queue);
    }
}

void xipcos_queue_geometry(
    const xipcos_queue *queue, uint32_t *capacity_out, uint32_t *message_out)
{
    *capacity_out = queue->capacity;
    *message_out = queue->message_max;
}

/* ---- messages ---- */

/* What is longer is joined in memory that is got for it. */
#define JOINED_SIZE 8448

static int
put(xipcos_queue *queue, const void *bytes, size_t size, unsigned priority)
{
    int result;

    do {
        result = mq_send(queue->queue, bytes, size, priority);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

static int put_joined(
    xipcos_queue *queue, const xipcos_letter *letter, unsigned char *bytes)
{
    memcpy(bytes, letter->head, letter->head_size);
    if (letter->size > 0) {
        memcpy(bytes + letter->head_size, letter->data, letter->size);
    }
    return put(
        queue, bytes, letter->head_size + letter->size, letter->priority);
}

static int put_letter(xipcos_queue *queue, const xipcos_letter *letter)
{
    unsigned char here[JOINED_SIZE];
    size_t size = letter->head_size + letter->size;
    unsigned char *bytes = here;
    int os_error;

    if (letter->head_size == 0) {
        return put(
            queue, letter->data ? letter->data : "", size, letter->priority);
    }
    if (size > sizeof here) {
        bytes = malloc(size);
        if (!bytes) {
            return ENOMEM;
        }
    }
    os_error = put_joined(queue, letter, bytes);
    if (bytes != here) {
        free(bytes);
    }
    return os_error;
}

xipc_status xipcos_queue_send(
    xipcos_queue *queue, const xipcos_letter *letter, xipc_deadline deadline)
{
    int os_error = queue->can_send ? put_letter(queue, letter) : EACCES;

    (void)deadline;
    switch (os_error) {
    case 0: return XIPC_OK;
    case EAGAIN: return XIPC_E_AGAIN;
    case EMSGSIZE:
        return xipcos_fault(
            XIPC_E_TOO_BIG, EMSGSIZE,
            "%zu bytes; a message of it has %" PRIu32 " at most",
            letter->head_size + letter->size, queue->message_max);
    default: return posix_fault(os_error, "sending to the message queue");
    }
}

xipc_status xipcos_queue_receive(
    xipcos_queue *queue,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    uint32_t *priority_out)
{
    unsigned priority = 0;
    ssize_t size;

    assert(capacity >= queue->message_max);
    if (!queue->can_receive) {
        return posix_fault(EACCES, "receiving from the message queue");
    }
    do {
        size = mq_receive(queue->queue, buffer, capacity, &priority);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return errno == EAGAIN
                   ? XIPC_E_AGAIN
                   : posix_fault(errno, "receiving from the message queue");
    }
    *size_out = (size_t)size;
    *priority_out = priority;
    return XIPC_OK;
}

uint64_t xipcos_queue_depth(xipcos_queue *queue)
{
    struct mq_attr attributes;

    return mq_getattr(queue->queue, &attributes) == 0
               ? (uint64_t)attributes.mq_curmsgs
               : 0;
}

/* ---- waiting ---- */

uint32_t xipcos_queue_ticket(const xipcos_queue *queue)
{
    return atomic_load_explicit(
        &((xipcos_queue *)queue)->wakes, memory_order_seq_cst);
}

/* Whether there was no wake since the ticket. */
static int enter(xipcos_queue *queue, uint32_t ticket)
{
    int is_in;

    pthread_mutex_lock(&queue->lock);
    is_in = xipcos_queue_ticket(queue) == ticket;
    if (is_in) {
        queue->waiters++;
    }
    pthread_mutex_unlock(&queue->lock);
    return is_in;
}

/* With the lock. */
static void put_to_sleep(xipcos_queue *queue)
{
    uint64_t count;
    ssize_t size;

    do {
        size = read(queue->wake, &count, sizeof count);
    } while (size < 0 && errno == EINTR);
}

/* Who entered after the last wake is not meant by it. */
static void leave(xipcos_queue *queue, uint32_t ticket)
{
    pthread_mutex_lock(&queue->lock);
    queue->waiters--;
    if (queue->to_leave > 0 && ticket != xipcos_queue_ticket(queue)) {
        queue->to_leave--;
        if (queue->to_leave == 0) {
            put_to_sleep(queue);
        }
    }
    pthread_mutex_unlock(&queue->lock);
}

void xipcos_queue_wait(
    xipcos_queue *queue, uint32_t events, uint32_t ticket, int64_t ns)
{
    struct pollfd polled[2] = {
        {.fd = queue->queue,
         .events = events & XIPC_READABLE ? POLLIN : POLLOUT},
        {.fd = queue->wake, .events = POLLIN}};
    const struct timespec time = {
        .tv_sec = (time_t)(ns / 1000000000),
        .tv_nsec = (long)(ns % 1000000000)};

    if (!enter(queue, ticket)) {
        return;
    }
    (void)ppoll(polled, 2, &time, NULL);
    leave(queue, ticket);
}

/* What mq_send() has taken mq_receive() finds. */
int xipcos_queue_settle(xipcos_queue *queue)
{
    (void)queue;
    return 0;
}

uint32_t xipcos_queue_ready(xipcos_queue *queue)
{
    struct pollfd polled = {.fd = queue->queue, .events = POLLIN | POLLOUT};

    if (poll(&polled, 1, 0) <= 0) {
        return 0;
    }
    return (polled.revents & POLLIN ? XIPC_READABLE : 0U) |
           (polled.revents & POLLOUT ? XIPC_WRITABLE : 0U);
}

void xipcos_queue_wake(xipcos_queue *queue)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&queue->lock);
    atomic_fetch_add_explicit(&queue->wakes, 1, memory_order_seq_cst);
    /* Once is enough until it is read. */
    if (queue->waiters > 0 &&
        (queue->to_leave > 0 ||
         write(queue->wake, &one, sizeof one) == sizeof one)) {
        queue->to_leave = queue->waiters;
    }
    pthread_mutex_unlock(&queue->lock);
}

xipc_status
xipcos_queue_native_handle(xipcos_queue *queue, intptr_t *native_out)
{
    *native_out = queue->queue;
    return XIPC_OK;
}
