/* SPDX-License-Identifier: Apache-2.0 */
/* epoll: what a wait costs does not depend on how many descriptors there are,
 * and the poller is one itself, which other loops can wait for. */
#include "os/os_poller.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "posix/posix_bell.h"
#include "posix/posix_status.h"

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000
#define AT_ONCE   64

struct xipcos_poller {
    int fd;
    int timer_fd; /* -1: there is no beat */
    xipcos_bell *bell;
};

static xipc_status add(int epoll, int fd, uint32_t events, uint32_t token)
{
    struct epoll_event wanted = {
        .events = ((events & XIPC_READABLE) != 0 ? EPOLLIN : 0U) |
                  ((events & XIPC_WRITABLE) != 0 ? EPOLLOUT : 0U),
        .data = {.u32 = token},
    };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) == 0) {
        return XIPC_OK;
    }
    switch (errno) {
    case EBADF:
        return xipcos_fault(
            XIPC_E_INVALID, EBADF, "descriptor %d is not open", fd);
    case EPERM:
    case EINVAL:
    case ELOOP:
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, errno,
            "descriptor %d is of a kind that cannot be waited for", fd);
    default: return posix_fault(errno, "waiting for descriptor %d", fd);
    }
}

xipc_status xipcos_poller_create(xipcos_bell *bell, xipcos_poller **poller_out)
{
    xipcos_poller *poller = malloc(sizeof *poller);
    xipc_status status;

    if (!poller) {
        xipcos_bell_close(bell);
        return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a handle");
    }
    poller->bell = bell;
    poller->timer_fd = -1;
    poller->fd = epoll_create1(EPOLL_CLOEXEC);
    status = poller->fd < 0
                 ? posix_fault(errno, "making an epoll descriptor")
                 : add(poller->fd, posix_bell_fd(bell), XIPC_READABLE, 0);
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
    if (poller->fd >= 0) {
        close(poller->fd);
    }
    if (poller->timer_fd >= 0) {
        close(poller->timer_fd);
    }
    xipcos_bell_close(poller->bell);
    free(poller);
}

xipc_status xipcos_poller_add(
    xipcos_poller *poller, intptr_t native, uint32_t events, uint32_t token)
{
    if (native < 0 || native > INT_MAX) {
        return xipcos_fault(
            XIPC_E_INVALID, EBADF, "%lld is no descriptor", (long long)native);
    }
    return add(poller->fd, (int)native, events, token);
}

void xipcos_poller_remove(
    xipcos_poller *poller, intptr_t native, uint32_t token)
{
    struct epoll_event unused = {0};

    (void)token;
    epoll_ctl(poller->fd, EPOLL_CTL_DEL, (int)native, &unused);
}

static uint32_t events_of(uint32_t seen)
{
    return ((seen & EPOLLIN) != 0 ? XIPC_READABLE : 0U) |
           ((seen & EPOLLOUT) != 0 ? XIPC_WRITABLE : 0U) |
           ((seen & (EPOLLHUP | EPOLLERR)) != 0 ? XIPC_HUNG_UP : 0U);
}

/* Rounded up, so that no wait is too short. */
static int milliseconds(int64_t ns)
{
    if (ns >= (int64_t)INT_MAX * NS_PER_MS) {
        return ns == XIPC_FOREVER ? -1 : INT_MAX;
    }
    return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* Until it beats again. Another thread may have been faster. */
static void hear_timer(const xipcos_poller *poller)
{
    uint64_t beats;
    ssize_t size = read(poller->timer_fd, &beats, sizeof beats);

    (void)size;
}

size_t xipcos_poller_wait(
    xipcos_poller *poller, xipcos_polled *ready, size_t capacity, int64_t ns)
{
    struct epoll_event seen[AT_ONCE];
    int most = capacity < AT_ONCE ? (int)capacity : AT_ONCE;
    int count = epoll_wait(poller->fd, seen, most, milliseconds(ns));

    for (int at = 0; at < count; at++) {
        if (seen[at].data.u32 == XIPCOS_TOKEN_MAX) {
            hear_timer(poller);
        }
        ready[at].token = seen[at].data.u32;
        ready[at].events = events_of(seen[at].events);
    }
    return count > 0 ? (size_t)count : 0; /* a signal ends it early */
}

xipc_status xipcos_poller_beat(xipcos_poller *poller, int64_t ns)
{
    struct timespec each = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    struct itimerspec times = {each, each};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    xipc_status status;

    if (fd < 0) {
        return posix_fault(errno, "making a timer");
    }
    timerfd_settime(fd, 0, &times, NULL); /* nothing in it can be wrong */
    poller->timer_fd = fd;
    status = add(poller->fd, fd, XIPC_READABLE, XIPCOS_TOKEN_MAX);
    if (status != XIPC_OK) {
        poller->timer_fd = -1;
        close(fd);
    }
    return status;
}

xipc_status
xipcos_poller_native_handle(xipcos_poller *poller, intptr_t *native_out)
{
    *native_out = poller->fd;
    return XIPC_OK;
}
