/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll(), where there is nothing better (posix_poller_linux.c,
 * posix_poller_darwin.c): each wait costs as much as there are descriptors.
 *
 * A wait polls a copy of the list. Whoever changes the list rings the bell, and
 * the wait ends and begins again with the new one.
 */
#include "os/os_poller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "posix/posix_bell.h"
#include "posix/posix_status.h"

#define NS_PER_MS      1000000
#define CAPACITY_FIRST 16

typedef struct wanted {
    struct pollfd poll;
    uint32_t token;
} wanted;

struct xipcos_poller {
    pthread_mutex_t lock; /* guards what follows */
    wanted *all;          /* the first one is the bell's */
    size_t count;
    size_t capacity;
    size_t first; /* where the next look begins, for fairness */
    xipcos_bell *bell;
};

static int grow(xipcos_poller *poller)
{
    size_t capacity = poller->capacity ? poller->capacity * 2 : CAPACITY_FIRST;
    wanted *all = realloc(poller->all, capacity * sizeof *all);

    if (!all) {
        return 0;
    }
    poller->all = all;
    poller->capacity = capacity;
    return 1;
}

static xipc_status no_memory(void)
{
    return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a handle");
}

static size_t find(const xipcos_poller *poller, int fd)
{
    size_t at = 0;

    while (at < poller->count && poller->all[at].poll.fd != fd) {
        at++;
    }
    return at;
}

/* With the lock. */
static xipc_status
append(xipcos_poller *poller, int fd, uint32_t events, uint32_t token)
{
    int bits = ((events & XIPC_READABLE) != 0 ? POLLIN : 0) |
               ((events & XIPC_WRITABLE) != 0 ? POLLOUT : 0);

    if (find(poller, fd) < poller->count) {
        return xipcos_fault(
            XIPC_E_EXISTS, EEXIST, "descriptor %d is in this poller", fd);
    }
    if (poller->count == poller->capacity && !grow(poller)) {
        return no_memory();
    }
    poller->all[poller->count] =
        (wanted){.poll = {.fd = fd, .events = (short)bits}, .token = token};
    poller->count++;
    return XIPC_OK;
}

xipc_status xipcos_poller_create(xipcos_bell *bell, xipcos_poller **poller_out)
{
    xipcos_poller *poller = calloc(1, sizeof *poller);
    xipc_status status;

    if (!poller) {
        xipcos_bell_close(bell);
        return no_memory();
    }
    pthread_mutex_init(&poller->lock, NULL);
    poller->bell = bell;
    status = append(poller, posix_bell_fd(bell), XIPC_READABLE, 0);
    if (status != XIPC_OK) {
        xipcos_poller_close(poller);
        return status;
    }
    *poller_out = poller;
    return XIPC_OK;
}

void xipcos_poller_close(xipcos_poller *poller)
{
    if (!poller) {
        return;
    }
    pthread_mutex_destroy(&poller->lock);
    xipcos_bell_close(poller->bell);
    free(poller->all);
    free(poller);
}

xipc_status xipcos_poller_add(
    xipcos_poller *poller, intptr_t native, uint32_t events, uint32_t token)
{
    xipc_status status;

    if (native < 0 || native > INT_MAX || fcntl((int)native, F_GETFD) < 0) {
        return xipcos_fault(
            XIPC_E_INVALID, EBADF, "%lld is no open descriptor",
            (long long)native);
    }
    pthread_mutex_lock(&poller->lock);
    status = append(poller, (int)native, events, token);
    pthread_mutex_unlock(&poller->lock);
    xipcos_bell_wake(poller->bell);
    return status;
}

void xipcos_poller_remove(
    xipcos_poller *poller, intptr_t native, uint32_t token)
{
    size_t at;

    (void)token;
    pthread_mutex_lock(&poller->lock);
    at = find(poller, (int)native);
    if (at < poller->count) {
        poller->count--;
        poller->all[at] = poller->all[poller->count];
    }
    pthread_mutex_unlock(&poller->lock);
    xipcos_bell_wake(poller->bell);
}

static uint32_t events_of(short seen)
{
    return ((seen & POLLIN) != 0 ? XIPC_READABLE : 0U) |
           ((seen & POLLOUT) != 0 ? XIPC_WRITABLE : 0U) |
           ((seen & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? XIPC_HUNG_UP : 0U);
}

static int milliseconds(int64_t ns)
{
    if (ns >= (int64_t)INT_MAX * NS_PER_MS) {
        return ns == XIPC_FOREVER ? -1 : INT_MAX;
    }
    return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* A copy of the list as two arrays in one block; NULL: no memory. */
typedef struct look {
    struct pollfd *polls;
    uint32_t *tokens;
    size_t count;
    size_t first;
} look;

static int begin_look(xipcos_poller *poller, look *look_out)
{
    size_t each = sizeof *look_out->polls + sizeof *look_out->tokens;

    pthread_mutex_lock(&poller->lock);
    look_out->count = poller->count;
    look_out->first = poller->first++;
    look_out->polls = malloc(poller->count * each);
    if (look_out->polls) {
        look_out->tokens = (uint32_t *)(look_out->polls + poller->count);
        for (size_t at = 0; at < poller->count; at++) {
            look_out->polls[at] = poller->all[at].poll;
            look_out->tokens[at] = poller->all[at].token;
        }
    }
    pthread_mutex_unlock(&poller->lock);
    return look_out->polls != NULL;
}

/* From another place each time, so that nobody is always the last. */
static size_t tell(const look *all, xipcos_polled *ready, size_t capacity)
{
    size_t count = 0;

    for (size_t step = 0; step < all->count && count < capacity; step++) {
        size_t at = (all->first + step) % all->count;

        if (all->polls[at].revents != 0) {
            ready[count].token = all->tokens[at];
            ready[count].events = events_of(all->polls[at].revents);
            count++;
        }
    }
    return count;
}

size_t xipcos_poller_wait(
    xipcos_poller *poller, xipcos_polled *ready, size_t capacity, int64_t ns)
{
    size_t count = 0;
    look all;

    if (!begin_look(poller, &all)) {
        return 0;
    }
    if (poll(all.polls, (nfds_t)all.count, milliseconds(ns)) > 0) {
        count = tell(&all, ready, capacity);
    }
    free(all.polls);
    return count;
}

xipc_status xipcos_poller_beat(xipcos_poller *poller, int64_t ns)
{
    (void)poller;
    (void)ns;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0, "nobody else waits at this poller");
}

xipc_status
xipcos_poller_native_handle(xipcos_poller *poller, intptr_t *native_out)
{
    (void)poller;
    (void)native_out;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "poll() has no descriptor that stands for many");
}
