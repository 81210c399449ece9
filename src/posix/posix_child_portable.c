/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX knows a child by its number alone. */
#include <errno.h>
#include <sys/wait.h>

#include "posix/posix_child.h"

int posix_can_tie(void)
{
    return 0;
}

int posix_child_ask(const xipcos_child *child, siginfo_t *info)
{
    return waitid(P_PID, (id_t)child->id, info, WEXITED | WNOHANG) < 0 ? errno
                                                                       : 0;
}

int posix_child_recall(const xipcos_child *child, int *status_out)
{
    (void)child;
    (void)status_out;
    return 0;
}

int posix_child_kill(const xipcos_child *child)
{
    return kill(child->id, SIGKILL) < 0 ? errno : 0;
}

/* A pipe could be inherited by another thread's child before it is marked. So
 * whoever waits does so in slices, which its end needs in any case. */
int posix_child_wake_open(void)
{
    return -1;
}

void posix_child_wake_set(int fd)
{
    (void)fd;
}

void posix_child_wake_reset(int fd)
{
    (void)fd;
}
