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

/* Guarded by the leases' lock. */
static posix_memory *making;

int posix_memory_is_making(const struct stat *file)
{
    for (const posix_memory *at = making; at; at = at->next) {
        if (at->file.st_ino == file->st_ino &&
            at->file.st_dev == file->st_dev) {
            return 1;
        }
    }
    return 0;
}

void posix_memory_forked(void)
{
    making = NULL;
}

void posix_memory_leased(posix_memory *memory)
{
    for (posix_memory **at = &making; *at; at = &(*at)->next) {
        if (*at == memory) {
            *at = memory->next;
            return;
        }
    }
}

void posix_memory_forget(posix_memory *memory)
{
    posix_leases_lock();
    posix_memory_leased(memory);
    unlink(memory->temporary);
    posix_leases_unlock();
}

/*
 * A survey of another process takes a temporary name that nobody holds for a
 * dead process's, and may have met this one before it was held.
 */
static int is_still_there(posix_memory *memory)
{
    return fstat(memory->fd, &memory->file) == 0 &&
           posix_lease_is_named(&memory->file, memory->temporary);
}

/* Under the leases' lock. EAGAIN: a survey was faster. */
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
    if (os_error == 0 && is_still_there(memory)) {
        memory->next = making;
        making = memory;
        return 0;
    }
    unlink(memory->temporary);
    close(memory->fd);
    return os_error != 0 ? os_error : EAGAIN;
}

int posix_memory_make(const char *directory, posix_memory *memory)
{
    int os_error;

    do {
        posix_leases_lock();
        os_error = make_temporary(directory, memory);
        posix_leases_unlock();
    } while (os_error == EAGAIN);
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
    return posix_fallocate(fd, from, to - from);
}
#endif

/* A file's middle cannot be given back in any way that POSIX knows. */
void posix_memory_give_back(int fd, uint64_t from, uint64_t to)
{
    (void)fd;
    (void)from;
    (void)to;
}

int posix_memory_get_back(int fd, uint64_t from, uint64_t to)
{
    (void)fd;
    (void)from;
    (void)to;
    return 0;
}

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
    posix_memory_forget(&memory);
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
