/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "support/native_kit.h"

native_thing native_made(void)
{
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    REQUIRE(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0);
    REQUIRE(fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0);
    return (native_thing){ends[0], ends[1]};
}

void native_closed(native_thing *self)
{
    REQUIRE(close((int)self->handle) == 0);
    REQUIRE(close((int)self->other) == 0);
}

void native_set(const native_thing *self)
{
    native_set_from_afar(self->other);
}

void native_reset(const native_thing *self)
{
    char byte;

    REQUIRE(read((int)self->handle, &byte, 1) == 1);
}

void native_set_from_afar(intptr_t other)
{
    REQUIRE(write((int)other, "x", 1) == 1);
}

void native_let_go(intptr_t other)
{
    REQUIRE(close((int)other) == 0);
}

size_t native_wait(const xipc_native_handle *handles, size_t count, int ms)
{
    struct pollfd all[NATIVE_MAX];
    int ready;

    REQUIRE(count <= NATIVE_MAX);
    for (size_t at = 0; at < count; at++) {
        all[at] = (struct pollfd){.fd = (int)handles[at], .events = POLLIN};
    }
    ready = poll(all, (nfds_t)count, ms);
    REQUIRE(ready >= 0 || errno == EINTR);
    for (size_t at = 0; ready > 0 && at < count; at++) {
        if (all[at].revents != 0) {
            REQUIRE((all[at].revents & POLLIN) != 0);
            return at;
        }
    }
    return NATIVE_NONE;
}
