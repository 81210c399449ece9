/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX has nothing of the sort. */
#include "os/os_barrier.h"

int xipcos_barrier_join(void)
{
    return 0;
}

void xipcos_barrier_all(void)
{
}
