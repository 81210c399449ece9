/* SPDX-License-Identifier: Apache-2.0 */
/* membarrier(2), MEMBARRIER_CMD_GLOBAL_EXPEDITED (Linux 4.16): it interrupts
 * the processors that run registered processes, and no others. A sandbox may
 * refuse it. */
#include <linux/membarrier.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os_barrier.h"
#include "os/os_process.h"

static int call(int command)
{
    return (int)syscall(SYS_membarrier, command, 0, 0);
}

int xipcos_barrier_join(void)
{
    /* In which process this one last joined: a child has to do it again.
       Relaxed: to do it twice does no harm. */
    static _Atomic uint64_t joined;
    uint64_t epoch = xipcos_fork_epoch();

    if (atomic_load_explicit(&joined, memory_order_relaxed) == epoch) {
        return 1;
    }
    if (call(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) != 0) {
        return 0;
    }
    atomic_store_explicit(&joined, epoch, memory_order_relaxed);
    return 1;
}

void xipcos_barrier_all(void)
{
    /* Does not fail in a process that has registered. */
    call(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}
