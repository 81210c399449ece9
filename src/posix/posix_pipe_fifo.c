/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIFOs as files: where they stand, and who removes them.
 *
 * Whoever makes a FIFO reads it. So one that nobody reads was left by a dead
 * process, and any sweep takes it away. A FIFO that was made and is not yet
 * open for reading would be taken too: so it is made under one name, opened,
 * and then given its own by a rename, which fails if a sweep was faster.
 *
 * Of scope USER all stand in the directory of this user's own, which nobody
 * else can enter. Of scope MACHINE a listener's stands where all users find it,
 * and can be written by those who may connect. Both FIFOs of a connection can
 * be written by whoever knows their names, as there is no other way for one
 * user to let a certain other one do that; so each stands in a directory of its
 * user's own that others can enter and not list, under a name that nobody can
 * guess, for as long as it takes the other side to open it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os_random.h"
#include "posix/posix_directory.h"
#include "posix/posix_lease.h"
#include "posix/posix_pipe.h"
#include "posix/posix_roll.h"
#include "posix/posix_status.h"
#include "posix/posix_user.h"

#define OPEN_FLAGS      (O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
#define OWNER_ONLY      0600
#define ENTER_ONLY      0711
#define OTHERS_CAN_MAKE (S_IWGRP | S_IWOTH)
#define MAKE_MAX        64

/* ---- names ---- */

void posix_fifo_draw(char letters[XIPCOS_SPOT_SIZE])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t bits = 0;

    for (int at = 0; at < XIPCOS_SPOT_SIZE - 1; at++) {
        if (at % 12 == 0) {
            bits = xipcos_random();
        }
        letters[at] = alphabet[bits & 31];
        bits >>= 5;
    }
    letters[XIPCOS_SPOT_SIZE - 1] = '\0';
}

static xipc_status write_path(
    const char *directory,
    const char *prefix,
    const char *letters,
    char path[POSIX_FIFO_PATH])
{
    int size =
        snprintf(path, POSIX_FIFO_PATH, "%s/%s%s", directory, prefix, letters);

    return size > 0 && size < POSIX_FIFO_PATH
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_ACCESS, 0,
                     "the runtime directory's path is too long");
}

xipc_status posix_fifo_knock_path(
    xipc_scope scope, const char *letters, char path[POSIX_FIFO_PATH])
{
    char directory[POSIX_PATH_SIZE];
    xipc_status status = posix_directory(scope, 0, directory, sizeof directory);

    return status == XIPC_OK
               ? write_path(directory, POSIX_KNOCK_PREFIX, letters, path)
               : status;
}

/* ---- where connections of scope MACHINE stand ---- */

static xipc_status wire_directory(uid_t user, char path[POSIX_FIFO_PATH])
{
    char digits[POSIX_USER_SIZE];
    char shared[POSIX_PATH_SIZE];
    xipc_status status =
        posix_directory(XIPC_SCOPE_MACHINE, 0, shared, sizeof shared);

    posix_user_write(user, digits);
    return status == XIPC_OK
               ? write_path(shared, POSIX_WIRE_PREFIX, digits, path)
               : status;
}

static xipc_status refuse(const char *path)
{
    return xipcos_fault(
        XIPC_E_ACCESS, 0,
        "directory %s is not safe to use: it is not a directory, or not that "
        "user's, or others can write to it",
        path);
}

static xipc_status check_directory(const char *path, uid_t user)
{
    struct stat found;

    if (lstat(path, &found) < 0) {
        return posix_fault(errno, "looking at directory %s", path);
    }
    if (!S_ISDIR(found.st_mode) || found.st_uid != user ||
        (found.st_mode & OTHERS_CAN_MAKE) != 0) {
        return refuse(path);
    }
    /* Whatever the umask. */
    if (user == geteuid() && (found.st_mode & 0777) != ENTER_ONLY &&
        chmod(path, ENTER_ONLY) < 0) {
        return posix_fault(errno, "setting the mode of directory %s", path);
    }
    return XIPC_OK;
}

static xipc_status own_directory(const char *path, uid_t user)
{
    if (user == geteuid() && mkdir(path, ENTER_ONLY) < 0 && errno != EEXIST) {
        return posix_fault(errno, "making directory %s", path);
    }
    return check_directory(path, user);
}

xipc_status posix_fifo_wire_path(
    xipc_scope scope,
    uid_t user,
    const char *letters,
    char path[POSIX_FIFO_PATH])
{
    char directory[POSIX_FIFO_PATH];
    xipc_status status =
        scope == XIPC_SCOPE_USER
            ? posix_directory(scope, 1, directory, POSIX_PATH_SIZE)
            : wire_directory(user, directory);

    if (status == XIPC_OK && scope != XIPC_SCOPE_USER) {
        status = own_directory(directory, user);
    }
    return status == XIPC_OK
               ? write_path(directory, POSIX_WIRE_PREFIX, letters, path)
               : status;
}

int posix_fifo_directory(char path[POSIX_FIFO_PATH])
{
    return wire_directory(geteuid(), path) == XIPC_OK &&
           check_directory(path, geteuid()) == XIPC_OK;
}

/* ---- files ---- */

/* Another name in the directory of `path`. */
static void write_making(const char *path, char making[POSIX_FIFO_PATH])
{
    size_t size = (size_t)(strrchr(path, '/') + 1 - path);
    char letters[XIPCOS_SPOT_SIZE];

    posix_fifo_draw(letters);
    memcpy(making, path, size);
    snprintf(
        making + size, POSIX_FIFO_PATH - size, "%s%s", POSIX_WIRE_PREFIX,
        letters);
}

/* 0, or errno; ENOENT: a sweep was faster. */
static int make(const char *path, const char *making, mode_t mode, int *fd_out)
{
    int os_error = 0;
    int fd;

    if (mkfifo(making, OWNER_ONLY) < 0) {
        return errno;
    }
    if (chmod(making, OWNER_ONLY) < 0) { /* whatever the umask */
        os_error = errno;
        unlink(making);
        return os_error;
    }
    fd = open(making, O_RDONLY | OPEN_FLAGS);
    if (fd < 0 || fchmod(fd, mode) < 0 || rename(making, path) < 0) {
        os_error = errno;
        unlink(making);
        if (fd >= 0) {
            close(fd);
        }
        return os_error;
    }
    *fd_out = fd;
    return 0;
}

/* So that the names of the dead are looked for when this process dies. */
static void enter_roll(void)
{
    posix_leases_lock();
    posix_roll_enter();
    posix_leases_unlock();
}

xipc_status posix_fifo_make(const char *path, mode_t mode, int *fd_out)
{
    char making[POSIX_FIFO_PATH];
    int os_error = ENOENT;

    enter_roll();
    for (int turn = 0; turn < MAKE_MAX && os_error == ENOENT; turn++) {
        write_making(path, making);
        os_error = make(path, making, mode, fd_out);
    }
    return os_error == 0 ? XIPC_OK : posix_fault(os_error, "making a FIFO");
}

int posix_fifo_open(const char *path, int *fd_out, struct stat *file_out)
{
    int fd = open(path, O_WRONLY | OPEN_FLAGS);

    if (fd < 0) {
        return errno;
    }
    if (fstat(fd, file_out) < 0 || !S_ISFIFO(file_out->st_mode)) {
        posix_lease_close_any(fd); /* whatever it is, it may be leased */
        return ENOENT;
    }
    *fd_out = fd;
    return 0;
}

int posix_fifo_sweep(const char *path)
{
    struct stat file;
    int fd = -1;
    int os_error;

    if (lstat(path, &file) < 0 || !S_ISFIFO(file.st_mode)) {
        return 0;
    }
    os_error = posix_fifo_open(path, &fd, &file);
    if (os_error == 0) {
        close(fd);
    }
    return os_error == ENXIO && unlink(path) == 0;
}
