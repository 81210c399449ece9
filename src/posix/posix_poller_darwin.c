/* SPDX-License-Identifier: Apache-2.0 */
/* kqueue, for macOS and the BSDs. It tells reading and writing one by one, so
 * one descriptor may come twice. */
#include "os/os_poller.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include "posix/posix_bell.h"
#include "posix/posix_status.h"

#define NS_PER_S 1000000000
#define AT_ONCE  64

struct xipcos_poller {
    int fd;
    xipcos_bell *bell;
};

static int change(int queue, int fd, int filter, int flags, uint32_t token)
{
    struct kevent wanted;

    EV_SET(
        &wanted, (uintptr_t)fd, (int16_t)filter, (uint16_t)flags, 0, 0,
        (void *)(uintptr_t)token);
    return kevent(queue, &wanted, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

static xipc_status add(int queue, int fd, uint32_t events, uint32_t token)
{
    int os_error = 0;

    if ((events & XIPC_READABLE) != 0) {
        os_error = change(queue, fd, EVFILT_READ, EV_ADD, token);
    }
    if (os_error == 0 && (events & XIPC_WRITABLE) != 0) {
        os_error = change(queue, fd, EVFILT_WRITE, EV_ADD, token);
        if (os_error != 0) {
            change(queue, fd, EVFILT_READ, EV_DELETE, token);
        }
    }
    switch (os_error) {
    case 0: return XIPC_OK;
    case EBADF:
        return xipcos_fault(
            XIPC_E_INVALID, EBADF, "descriptor %d is not open", fd);
    case EINVAL:
    case EPERM:
    case ENODEV:
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, os_error,
            "descriptor %d is of a kind that cannot be waited for", fd);
    default: return posix_fault(os_error, "waiting for descriptor %d", fd);
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
    poller->fd = kqueue(); /* a forked child does not inherit it */
    status = poller->fd < 0
                 ? posix_fault(errno, "making a kqueue")
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

/* Of the two filters, that is gone which is not there. */
void xipcos_poller_remove(
    xipcos_poller *poller, intptr_t native, uint32_t token)
{
    change(poller->fd, (int)native, EVFILT_READ, EV_DELETE, token);
    change(poller->fd, (int)native, EVFILT_WRITE, EV_DELETE, token);
}

static uint32_t events_of(const struct kevent *seen)
{
    uint32_t events =
        seen->filter == EVFILT_WRITE ? XIPC_WRITABLE : XIPC_READABLE;

    return (seen->flags & EV_EOF) != 0 ? events | XIPC_HUNG_UP : events;
}

size_t xipcos_poller_wait(
    xipcos_poller *poller, xipcos_polled *ready, size_t capacity, int64_t ns)
{
    struct timespec time = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    struct kevent seen[AT_ONCE];
    int most = capacity < AT_ONCE ? (int)capacity : AT_ONCE;
    int count = kevent(
        poller->fd, NULL, 0, seen, most, ns == XIPC_FOREVER ? NULL : &time);

    for (int at = 0; at < count; at++) {
        ready[at].token = (uint32_t)(uintptr_t)seen[at].udata;
        ready[at].events = events_of(&seen[at]);
    }
    return count > 0 ? (size_t)count : 0;
}

xipc_status xipcos_poller_beat(xipcos_poller *poller, int64_t ns)
{
    struct kevent wanted;

    EV_SET(
        &wanted, 0, EVFILT_TIMER, EV_ADD, NOTE_NSECONDS, ns,
        (void *)(uintptr_t)XIPCOS_TOKEN_MAX);
    return kevent(poller->fd, &wanted, 1, NULL, 0, NULL) < 0
               ? posix_fault(errno, "making a timer")
               : XIPC_OK;
}

xipc_status
xipcos_poller_native_handle(xipcos_poller *poller, intptr_t *native_out)
{
    *native_out = poller->fd;
    return XIPC_OK;
}
