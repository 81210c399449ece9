/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "posix/posix_directory.h"
#include "posix/posix_reserve.h"
#include "posix/posix_status.h"

int posix_memory_check_limit(uint64_t to)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
        limit.rlim_cur != RLIM_INFINITY && to > limit.rlim_cur) {
        return EFBIG;
    }
    return 0;
}

/*
 * Signals wait meanwhile: older kernels give a long reservation up at each
 * signal, and under a steady timer it never ends. That costs two calls more, so
 * it is for those that were disturbed once.
 */
static int reserve_undisturbed(int fd, off_t from, off_t to)
{
    sigset_t all;
    sigset_t before;
    int os_error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    do {
        os_error = posix_reserve(fd, from, to);
    } while (os_error == EINTR);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return os_error;
}

static int reserve(int fd, uint64_t from, uint64_t to, int is_lazy)
{
    int os_error;

    if (is_lazy) {
        /* Only the last page: unlike ftruncate() this never shortens a file
           that somebody has meanwhile made longer. */
        from = to - xipcos_page_size();
    }
    os_error = posix_reserve(fd, (off_t)from, (off_t)to);
    return os_error == EINTR ? reserve_undisturbed(fd, (off_t)from, (off_t)to)
                             : os_error;
}

int posix_memory_extend(int fd, uint64_t from, uint64_t to, int is_lazy)
{
    int os_error = posix_memory_check_limit(to);

    return os_error == 0 ? reserve(fd, from, to, is_lazy) : os_error;
}

/* What the data begins with. */
static int write_data(int fd, const xipcos_section_plan *plan)
{
    const char *at = plan->data;
    size_t left = plan->data_size;
    off_t offset = POSIX_DATA_OFFSET;

    while (left > 0) {
        ssize_t size = pwrite(fd, at, left, offset);

        if (size < 0 && errno != EINTR) {
            return errno;
        }
        if (size > 0) {
            at += size;
            offset += size;
            left -= (size_t)size;
        }
    }
    return 0;
}

int posix_memory_fill(
    int fd, const xipcos_section_plan *plan, const posix_front *front)
{
    uint64_t end = POSIX_DATA_OFFSET + plan->size;
    int os_error = posix_memory_check_limit(end);

    if (os_error == 0) {
        os_error = posix_front_write(fd, front);
    }
    if (os_error == 0) {
        os_error = reserve(fd, POSIX_DATA_OFFSET, end, plan->is_lazy);
    }
    return os_error == 0 && plan->data ? write_data(fd, plan) : os_error;
}

xipc_status
posix_extend_fault(int os_error, int fd, const char *where, uint64_t size)
{
    unsigned long long asked = size;
    struct rlimit limit;

    if (os_error == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
        limit.rlim_cur != RLIM_INFINITY) {
        return xipcos_fault(
            XIPC_E_NO_SPACE, os_error,
            "%llu bytes asked for, files of this process may have %llu "
            "(RLIMIT_FSIZE)",
            asked, (unsigned long long)limit.rlim_cur);
    }
    if (os_error == ENOSPC && where) {
        return xipcos_fault(
            XIPC_E_NO_SPACE, os_error,
            "%llu bytes asked for, %llu are free in %s", asked,
            (unsigned long long)posix_free_space(fd), where);
    }
    posix_fault(os_error, "reserving %llu bytes", asked);
    return os_error == ENOMEM ? XIPC_E_NO_SPACE : xipcos_status(os_error);
}
