/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_crash.h"

#include "win32/win32_system.h"

#if defined(XIPC_CRASH_POINTS)
#include <stdatomic.h>
#include <stdlib.h>

#define KILLED_EXIT_CODE 137

/* Counted by every thread; only the number itself matters: relaxed. */
static _Atomic unsigned long points_passed;

void win32_crash_point(void)
{
    char text[16];
    DWORD size =
        GetEnvironmentVariableA("XIPC_CRASH_AT", text, (DWORD)sizeof text);
    unsigned long crash_at = 0;
    unsigned long passed =
        1 + atomic_fetch_add_explicit(&points_passed, 1, memory_order_relaxed);

    if (size > 0 && size < sizeof text) {
        crash_at = strtoul(text, NULL, 10);
    }
    if (crash_at != 0 && passed == crash_at) {
        TerminateProcess(GetCurrentProcess(), KILLED_EXIT_CODE);
    }
}
#endif
