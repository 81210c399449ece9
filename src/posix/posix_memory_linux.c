/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posix/posix_reserve.h"

#define OWNER_ONLY 0600

/* A nameless file cannot be found by anybody, and a kill leaves nothing. */
int posix_memory_make(const char *directory, posix_memory *memory)
{
    int os_error;

    memory->temporary[0] = '\0';
    memory->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, OWNER_ONLY);
    if (memory->fd < 0) {
        return errno;
    }
    os_error = posix_lease_hold(memory->fd);
    if (os_error != 0) {
        close(memory->fd);
    }
    return os_error;
}

/*
 * Naming a descriptor directly needs a privilege before Linux 6.10 (ENOENT);
 * through /proc it does not.
 */
int posix_memory_publish(posix_memory *memory, const char *path)
{
    char self[64];

    if (linkat(memory->fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0) {
        return 0;
    }
    if (errno != ENOENT) {
        return errno;
    }
    snprintf(self, sizeof self, "/proc/self/fd/%d", memory->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
               ? 0
               : errno;
}

int posix_memory_is_making(const struct stat *file)
{
    (void)file; /* what has no name is never met */
    return 0;
}

void posix_memory_forked(void)
{
}

void posix_memory_leased(posix_memory *memory)
{
    (void)memory;
}

void posix_memory_forget(posix_memory *memory)
{
    (void)memory; /* it never had a name */
}

int posix_reserve(int fd, off_t from, off_t to)
{
    return fallocate(fd, 0, from, to - from) < 0 ? errno : 0;
}

void posix_memory_give_back(int fd, uint64_t from, uint64_t to)
{
    int is_given = fallocate(
                       fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                       (off_t)from, (off_t)(to - from)) == 0;

    (void)is_given; /* what is kept costs memory and nothing else */
}

int posix_memory_get_back(int fd, uint64_t from, uint64_t to)
{
    return posix_reserve(fd, (off_t)from, (off_t)to);
}

int posix_memory_anonymous(int *fd_out)
{
    int fd = memfd_create("xipc", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0) {
        return errno;
    }
    *fd_out = fd;
    return 0;
}

int posix_memory_seal(int fd, int can_grow)
{
    int seals = F_SEAL_SHRINK | F_SEAL_SEAL | (can_grow ? 0 : F_SEAL_GROW);

    return fcntl(fd, F_ADD_SEALS, seals) < 0 ? errno : 0;
}

int posix_memory_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}
