/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_random.h"

#include <sys/random.h>
#include <unistd.h>

#include "os/os_clock.h"

uint64_t xipcos_random(void)
{
    uint64_t number = 0;

    /* Fails only where the kernel has no random device. What is asked of us
       then is a number nobody else has, and time and process make one. */
    if (getentropy(&number, sizeof number) < 0) {
        number = (uint64_t)xipcos_clock_ns() ^ ((uint64_t)getpid() << 40);
    }
    return number != 0 ? number : 1;
}
