/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of processes: Linux 5.4, and before that as elsewhere. */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/posix_child.h"

#if !defined(SYS_pidfd_send_signal)
#define SYS_pidfd_send_signal 424
#endif

#define WAIT_FOR_PIDFD ((idtype_t)3)

/* What a descriptor of a process tells of it (linux/pidfd.h), from Linux 6.15
 * on also when it was waited for. */
typedef struct pidfd_answer {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t ids[11];
    int32_t status;
} pidfd_answer;

_Static_assert(sizeof(pidfd_answer) == 64, "the kernel's first version of it");

/* Larger than what some C libraries' ioctl() takes. */
#define ASK_PIDFD  _IOWR(0xff, 11, pidfd_answer)
#define ASK_STATUS 8

int posix_can_tie(void)
{
    return 1;
}

int posix_child_ask(const xipcos_child *child, siginfo_t *info)
{
    if (child->exit_fd >= 0) {
        if (waitid(
                WAIT_FOR_PIDFD, (id_t)child->exit_fd, info,
                WEXITED | WNOHANG) == 0) {
            return 0;
        }
        if (errno != EINVAL) {
            return errno;
        }
    }
    return waitid(P_PID, (id_t)child->id, info, WEXITED | WNOHANG) < 0 ? errno
                                                                       : 0;
}

int posix_child_recall(const xipcos_child *child, int *status_out)
{
    pidfd_answer answer = {.mask = ASK_STATUS};

    if (child->exit_fd < 0 ||
        syscall(SYS_ioctl, child->exit_fd, ASK_PIDFD, &answer) < 0 ||
        (answer.mask & ASK_STATUS) == 0) {
        return 0;
    }
    *status_out = answer.status;
    return 1;
}

int posix_child_kill(const xipcos_child *child)
{
    if (child->exit_fd >= 0) {
        if (syscall(SYS_pidfd_send_signal, child->exit_fd, SIGKILL, NULL, 0) ==
            0) {
            return 0;
        }
        if (errno != ENOSYS) {
            return errno;
        }
    }
    return kill(child->id, SIGKILL) < 0 ? errno : 0;
}

int posix_child_wake_open(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void posix_child_wake_set(int fd)
{
    const uint64_t one = 1;
    ssize_t size = write(fd, &one, sizeof one);

    (void)size; /* a full one is readable all the same */
}

void posix_child_wake_reset(int fd)
{
    uint64_t count;
    ssize_t size = read(fd, &count, sizeof count);

    (void)size; /* another thread may have been faster */
}
