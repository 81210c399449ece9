/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bell is a FIFO with a number for a name, in the directory that all users
 * share; ringing is to write a token, four bytes, which a FIFO takes whole.
 *
 * Its owner has both ends open: reading, so that the kernel knows that somebody
 * is there; writing, so that it is not told of an end each time a ringer goes.
 * Who rings (posix_ringer.c) opens it for writing, which fails when nobody
 * reads it: the kernel says so as soon as the owner is dead.
 *
 * A bell has its name only once it can be rung: it is made under another one.
 * A name that nobody reads was left by a dead process and is taken away by the
 * next sweep, which may meet one that is being made; then it is made again.
 */
#include "posix/posix_bell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_process.h"
#include "os/os_random.h"
#include "posix/posix_directory.h"
#include "posix/posix_lease.h"
#include "posix/posix_roll.h"
#include "posix/posix_status.h"

#define OWNER_ONLY    0600
#define ALL_MAY_RING  0622
#define OPEN_FLAGS    (O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
#define MAKE_MAX      64
#define PATH_CAPACITY (POSIX_PATH_SIZE + 32)

struct xipcos_bell {
    xipcos_bell *next; /* of this process's; under the leases' lock */
    int is_hung;       /* the rest is there; under the leases' lock too */
    uint32_t number;
    int read_fd;
    int keep_fd; /* the end that keeps it from ending */
    uint64_t epoch;
    char path[PATH_CAPACITY];
};

static xipcos_bell *bells;

/* Bells of all users are in one place: who rings knows only the number. */
static xipc_status
write_path(const char *prefix, uint32_t number, char path[PATH_CAPACITY])
{
    char directory[POSIX_PATH_SIZE];
    xipc_status status =
        posix_directory(XIPC_SCOPE_MACHINE, 0, directory, sizeof directory);

    if (status == XIPC_OK) {
        snprintf(
            path, PATH_CAPACITY, "%s/%s%08lx", directory, prefix,
            (unsigned long)number);
    }
    return status;
}

/* Only a FIFO: what else may stand there is not ours to write to. */
static int open_fifo(const char *path, int way, struct stat *file)
{
    int fd = open(path, way | OPEN_FLAGS);

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, file) < 0 || !S_ISFIFO(file->st_mode)) {
        posix_lease_close_any(fd); /* whatever it is, it may be leased */
        errno = ENOENT;
        return -1;
    }
    return fd;
}

int posix_bell_open(uint32_t number, struct stat *file)
{
    char path[PATH_CAPACITY];

    if (write_path(POSIX_BELL_PREFIX, number, path) != XIPC_OK) {
        errno = EACCES;
        return -1;
    }
    return open_fifo(path, O_WRONLY, file);
}

int posix_bell_write(int fd, uint32_t token)
{
    ssize_t size;

    do {
        size = write(fd, &token, sizeof token);
    } while (size < 0 && errno == EINTR);
    return size < 0 ? errno : 0;
}

static void close_ends(xipcos_bell *bell)
{
    if (bell->read_fd >= 0) {
        close(bell->read_fd);
    }
    if (bell->keep_fd >= 0) {
        close(bell->keep_fd);
    }
    bell->read_fd = -1;
    bell->keep_fd = -1;
}

/* Both ends of the FIFO under `path`. 0, or errno. */
static int open_ends(xipcos_bell *bell, const char *path)
{
    struct stat file;
    int os_error;

    /* Whatever the umask. The directory is sticky: nobody can replace it. */
    if (chmod(path, OWNER_ONLY) < 0) {
        return errno;
    }
    bell->read_fd = open_fifo(path, O_RDONLY, &file);
    if (bell->read_fd >= 0) {
        bell->keep_fd = open_fifo(path, O_WRONLY, &file);
    }
    if (bell->keep_fd >= 0) {
        return 0;
    }
    os_error = errno;
    close_ends(bell);
    return os_error;
}

/* 0, or errno; EEXIST and ENOENT: try again with another number. */
static int make(xipcos_bell *bell, const char *making)
{
    int os_error;

    if (mkfifo(making, OWNER_ONLY) < 0) {
        return errno;
    }
    os_error = open_ends(bell, making);
    if (os_error == 0 && link(making, bell->path) < 0) {
        os_error = errno;
        close_ends(bell);
    }
    unlink(making);
    return os_error;
}

static xipc_status make_somewhere(xipcos_bell *bell)
{
    char making[PATH_CAPACITY];
    int os_error = EEXIST;
    xipc_status status;

    for (int turn = 0;
         turn < MAKE_MAX && (os_error == EEXIST || os_error == ENOENT);
         turn++) {
        bell->number = (uint32_t)xipcos_random();
        if (bell->number == 0) {
            continue;
        }
        status = write_path(POSIX_BELL_MAKING_PREFIX, bell->number, making);
        if (status == XIPC_OK) {
            status = write_path(POSIX_BELL_PREFIX, bell->number, bell->path);
        }
        if (status != XIPC_OK) {
            return status;
        }
        os_error = make(bell, making);
    }
    return os_error == 0 ? XIPC_OK
                         : posix_fault(os_error, "making a FIFO to wait at");
}

/* In the roll, so that the names of the dead are looked for when this process
 * dies. */
static void enlist(xipcos_bell *bell)
{
    posix_leases_lock();
    posix_roll_enter();
    bell->next = bells;
    bells = bell;
    posix_leases_unlock();
}

/* From now on it can be rung from this process. */
static void hang(xipcos_bell *bell)
{
    posix_leases_lock();
    bell->is_hung = 1;
    posix_leases_unlock();
}

/* A child has forgotten those that it inherited. */
static void delist(const xipcos_bell *bell)
{
    posix_leases_lock();
    for (xipcos_bell **at = &bells; *at; at = &(*at)->next) {
        if (*at == bell) {
            *at = bell->next;
            break;
        }
    }
    posix_leases_unlock();
}

void posix_bell_forget(void)
{
    for (xipcos_bell *bell = bells; bell; bell = bell->next) {
        close_ends(bell);
    }
    bells = NULL;
}

xipc_status xipcos_bell_create(xipcos_bell **bell_out)
{
    xipcos_bell *bell = malloc(sizeof *bell);
    xipc_status status;

    if (!bell) {
        return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a handle");
    }
    bell->is_hung = 0;
    bell->read_fd = -1;
    bell->keep_fd = -1;
    bell->epoch = xipcos_fork_epoch();
    posix_sweep_if_needed();
    enlist(bell);
    status = make_somewhere(bell);
    if (status != XIPC_OK) {
        delist(bell);
        free(bell);
        return status;
    }
    hang(bell);
    *bell_out = bell;
    return XIPC_OK;
}

void xipcos_bell_close(xipcos_bell *bell)
{
    if (!bell) {
        return;
    }
    if (bell->epoch == xipcos_fork_epoch()) {
        unlink(bell->path);
    }
    delist(bell);
    close_ends(bell);
    free(bell);
}

uint32_t xipcos_bell_number(const xipcos_bell *bell)
{
    return bell->number;
}

int posix_bell_fd(const xipcos_bell *bell)
{
    return bell->read_fd;
}

xipc_status xipcos_bell_open_to_all(xipcos_bell *bell)
{
    return fchmod(bell->keep_fd, ALL_MAY_RING) < 0
               ? posix_fault(errno, "letting all users ring")
               : XIPC_OK;
}

int posix_bell_ring_own(uint32_t number, uint32_t token)
{
    const xipcos_bell *bell = bells;

    while (bell && !(bell->is_hung && bell->number == number)) {
        bell = bell->next;
    }
    if (!bell || bell->epoch != xipcos_fork_epoch()) {
        return 0;
    }
    (void)posix_bell_write(bell->keep_fd, token); /* full is as good as rung */
    return 1;
}

void xipcos_bell_wake(xipcos_bell *bell)
{
    (void)posix_bell_write(bell->keep_fd, 0); /* full is as good as rung */
}

/* A FIFO that is full turns tokens away. */
static int is_full(const xipcos_bell *bell)
{
    struct pollfd end = {.fd = bell->keep_fd, .events = POLLOUT};

    return poll(&end, 1, 0) == 0;
}

size_t xipcos_bell_take(
    xipcos_bell *bell, uint32_t *tokens, size_t capacity, int *has_lost_out)
{
    ssize_t size;

    *has_lost_out = is_full(bell);
    do {
        size = read(bell->read_fd, tokens, capacity * sizeof *tokens);
    } while (size < 0 && errno == EINTR);
    /* Somebody who means harm wrote a piece of one, and so cut others up. */
    *has_lost_out |= size > 0 && (size_t)size % sizeof *tokens != 0;
    return size > 0 ? (size_t)size / sizeof *tokens : 0;
}

int posix_bell_sweep(const char *path)
{
    struct stat file;
    int fd = open_fifo(path, O_WRONLY, &file);

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    return errno == ENXIO && unlink(path) == 0;
}
