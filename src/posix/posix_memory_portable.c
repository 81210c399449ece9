/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With nothing but POSIX: a file under a temporary name, which a link gives
 * its final name. A kill may leave a temporary name that nobody holds; the
 * next survey removes it.
 */
#include "posix/posix_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os_random.h"
#include "posix/posix_directory.h"
#include "posix/posix_reserve.h"

#define OWNER_ONLY 0600

static int make_temporary(const char *directory, posix_memory *memory)
{
    int os_error;

    snprintf(
        memory->temporary, sizeof memory->temporary,
        "%s/" POSIX_TEMPORARY_PREFIX "%016llx", directory,
        (unsigned long long)xipcos_random());
    memory->fd = open(
        memory->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
        OWNER_ONLY);
    if (memory->fd < 0) {
        return errno;
    }
    os_error = posix_lease_hold(memory->fd);
    if (os_error != 0) {
        posix_memory_forget(memory);
        close(memory->fd);
    }
    return os_error;
}

/* A survey takes a temporary name that nobody holds for a dead process's, and
 * may have met this one before it was held. */
static int is_still_there(const posix_memory *memory)
{
    struct stat file;

    return fstat(memory->fd, &file) == 0 &&
           posix_lease_is_named(&file, memory->temporary);
}

int posix_memory_make(const char *directory, posix_memory *memory)
{
    int os_error;

    /* EAGAIN: such a survey stands at its gate right now. */
    do {
        os_error = make_temporary(directory, memory);
        if (os_error == 0 && is_still_there(memory)) {
            return 0;
        }
        if (os_error == 0) {
            close(memory->fd);
        }
    } while (os_error == 0 || os_error == EAGAIN);
    return os_error;
}

int posix_memory_publish(posix_memory *memory, const char *path)
{
    if (link(memory->temporary, path) < 0) {
        return errno;
    }
    unlink(memory->temporary);
    return 0;
}

void posix_memory_forget(posix_memory *memory)
{
    unlink(memory->temporary);
}

#if defined(__APPLE__)
int posix_reserve(int fd, off_t from, off_t to)
{
    fstore_t store = {
        .fst_flags = F_ALLOCATEALL,
        .fst_posmode = F_PEOFPOSMODE,
        .fst_offset = 0,
        .fst_length = to - from};

    if (fcntl(fd, F_PREALLOCATE, &store) < 0 || ftruncate(fd, to) < 0) {
        return errno;
    }
    return 0;
}
#else
int posix_reserve(int fd, off_t from, off_t to)
{
    int os_error;

    do {
        os_error = posix_fallocate(fd, from, to - from);
    } while (os_error == EINTR);
    return os_error;
}
#endif

int posix_memory_anonymous(int *fd_out)
{
    char directory[POSIX_PATH_SIZE];
    posix_memory memory;
    int os_error;

    if (posix_directory(XIPC_SCOPE_USER, 1, directory, sizeof directory) !=
        XIPC_OK) {
        return EACCES;
    }
    os_error = posix_memory_make(directory, &memory);
    if (os_error != 0) {
        return os_error;
    }
    unlink(memory.temporary);
    *fd_out = memory.fd;
    return 0;
}

int posix_memory_seal(int fd, int can_grow)
{
    (void)fd;
    (void)can_grow;
    return 0;
}

int posix_memory_is_sealed(int fd)
{
    (void)fd;
    return 1;
}
