/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_random.h"

#include "win32/win32_system.h"

/* RtlGenRandom(); it is exported under this name only. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

uint64_t xipcos_random(void)
{
    uint64_t number = 0;

    /* It fails only while the system starts, before any program runs. */
    while (!SystemFunction036(&number, (ULONG)sizeof number) || number == 0) {
        SwitchToThread();
    }
    return number;
}
