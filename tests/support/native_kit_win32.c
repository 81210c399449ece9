/* SPDX-License-Identifier: Apache-2.0 */
#include <windows.h>

#include "support/native_kit.h"

native_thing native_made(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    REQUIRE(event != NULL);
    return (native_thing){(xipc_native_handle)event, (intptr_t)event};
}

void native_closed(native_thing *self)
{
    REQUIRE(CloseHandle((HANDLE)self->handle));
}

void native_set(const native_thing *self)
{
    native_set_from_afar(self->other);
}

void native_reset(const native_thing *self)
{
    REQUIRE(ResetEvent((HANDLE)self->handle));
}

void native_set_from_afar(intptr_t other)
{
    REQUIRE(SetEvent((HANDLE)other));
}

void native_let_go(intptr_t other)
{
    REQUIRE(CloseHandle((HANDLE)other));
}

size_t native_wait(const xipc_native_handle *handles, size_t count, int ms)
{
    HANDLE all[NATIVE_MAX];
    DWORD got;

    REQUIRE(count <= NATIVE_MAX);
    for (size_t at = 0; at < count; at++) {
        all[at] = (HANDLE)handles[at];
    }
    got = WaitForMultipleObjects(
        (DWORD)count, all, FALSE, ms < 0 ? INFINITE : (DWORD)ms);
    REQUIRE(got != WAIT_FAILED);
    if (got == WAIT_TIMEOUT) {
        return NATIVE_NONE;
    }
    REQUIRE(got - WAIT_OBJECT_0 < count);
    return got - WAIT_OBJECT_0;
}
