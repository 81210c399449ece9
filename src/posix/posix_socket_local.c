/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where local listeners stand.
 *
 * A socket that nobody listens at stays in its directory, and nobody can be
 * bound there until it is taken away; and between finding that nobody listens
 * and taking it away somebody may have begun to. So whoever takes a place has
 * the right to it first: of a companion's place by the companion, which only
 * one process has; of a path by a lock on "path.lock", which he keeps as long
 * as he listens. Programs without this library know of no lock: of theirs, one
 * that can be connected to is alive.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "posix/posix_socket.h"
#include "posix/posix_status.h"

#define LOCK_END  ".lock"
#define LOCK_SIZE (sizeof((posix_local_place *)NULL)->path + sizeof LOCK_END)

#define ALL_MODES 0777
#define LOCK_MODE 0600

static void write_lock_path(const char *path, char lock_path[LOCK_SIZE])
{
    snprintf(lock_path, LOCK_SIZE, "%s%s", path, LOCK_END);
}

/* ---- the right to a path ---- */

/* Whoever had it before has taken the file away, and somebody may have made
 * another one since. */
static int is_still_there(int fd, const char *lock_path)
{
    struct stat ours;
    struct stat named;

    return fstat(fd, &ours) == 0 && lstat(lock_path, &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* What stands there may be somebody else's, who wants it back: ours are empty.
 * A umask may have kept us from opening it once more. */
static xipc_status check_lock(int fd, const char *lock_path)
{
    struct stat found;

    if (fstat(fd, &found) < 0) {
        return posix_fault(errno, "looking at %s", lock_path);
    }
    if (!S_ISREG(found.st_mode) || found.st_size != 0) {
        return xipcos_fault(
            XIPC_E_EXISTS, 0, "%s is another thing than a lock", lock_path);
    }
    if ((found.st_mode & ALL_MODES) != LOCK_MODE) {
        (void)fchmod(fd, LOCK_MODE);
    }
    return XIPC_OK;
}

/* XIPC_E_AGAIN: that file is not the lock any more. */
static xipc_status take_lock(int fd, const char *lock_path)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return errno == EWOULDBLOCK
                   ? xipcos_fault(
                         XIPC_E_EXISTS, EWOULDBLOCK, "somebody listens there")
                   : posix_fault(errno, "locking %s", lock_path);
    }
    return is_still_there(fd, lock_path) ? check_lock(fd, lock_path)
                                         : XIPC_E_AGAIN;
}

static xipc_status lock_path_of(posix_local_place *place)
{
    char lock_path[LOCK_SIZE];
    xipc_status status;
    int fd;

    write_lock_path(place->path, lock_path);
    fd = open(
        lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
        LOCK_MODE);
    if (fd < 0 && errno == EISDIR) {
        return xipcos_fault(
            XIPC_E_EXISTS, EISDIR, "%s is another thing than a lock",
            lock_path);
    }
    if (fd < 0) {
        return posix_fault(errno, "opening %s", lock_path);
    }
    status = take_lock(fd, lock_path);
    if (status == XIPC_OK) {
        place->lock_fd = fd;
    } else {
        close(fd);
    }
    return status;
}

/* It goes first, and then the lock on it: who waits for that sees that it is
 * another one's by now. */
static void unlock_path_of(posix_local_place *place, int is_own)
{
    char lock_path[LOCK_SIZE];

    if (place->lock_fd < 0) {
        return;
    }
    if (is_own) {
        write_lock_path(place->path, lock_path);
        if (is_still_there(place->lock_fd, lock_path)) {
            unlink(lock_path);
        }
        flock(place->lock_fd, LOCK_UN); /* also of what a child has of it */
    }
    close(place->lock_fd);
    place->lock_fd = -1;
}

/* ---- what stands there ---- */

/* With the right to it. What cannot be asked is not known to be dead. */
static xipc_status check_dead(const posix_sockaddr *native)
{
    int fd = posix_socket_open(AF_UNIX, SOCK_STREAM);
    int os_error = 0;

    if (fd < 0) {
        return posix_fault(errno, "making a socket to ask who listens there");
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    do {
        os_error =
            connect(fd, &native->any, sizeof native->local) < 0 ? errno : 0;
    } while (os_error == EINTR);
    close(fd);
    switch (os_error) {
    case ECONNREFUSED:
    case ENOENT: return XIPC_OK;
    case EACCES: return posix_fault(os_error, "asking who listens there");
    default:
        return xipcos_fault(XIPC_E_EXISTS, os_error, "somebody listens there");
    }
}

static xipc_status clear(const char *path, const posix_sockaddr *native)
{
    struct stat found;
    xipc_status status;

    if (lstat(path, &found) < 0) {
        return errno == ENOENT ? XIPC_OK : posix_fault(errno, "looking at it");
    }
    if (!S_ISSOCK(found.st_mode)) {
        return xipcos_fault(
            XIPC_E_EXISTS, 0, "what stands there is not a socket");
    }
    status = native ? check_dead(native) : XIPC_OK;
    if (status != XIPC_OK) {
        return status;
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        return posix_fault(errno, "taking a dead listener's socket away");
    }
    return XIPC_OK;
}

void posix_socket_unlink(const char *path)
{
    char socket_path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
    struct stat found;
    int size = snprintf(socket_path, sizeof socket_path, "%ss", path);

    if (size > 0 && (size_t)size < sizeof socket_path &&
        lstat(socket_path, &found) == 0 && S_ISSOCK(found.st_mode)) {
        unlink(socket_path);
    }
}

/* ---- to be bound there ---- */

/* Who connects must be able to write. */
static mode_t mode_of(xipc_access access)
{
    switch (access) {
    case XIPC_ACCESS_GROUP_WRITE: return 0660;
    case XIPC_ACCESS_EVERYONE_WRITE: return 0666;
    case XIPC_ACCESS_GROUP_READ:
    case XIPC_ACCESS_EVERYONE_READ:
    case XIPC_ACCESS_PRIVATE: break;
    }
    return 0600;
}

/* Added while the socket's mode is not what it will be: none of ours has it
 * else. One of a program without this library may. */
#define BEING_MADE 0100

/* Of the sockets at a path those are ours beside which the lock stands. */
static int has_lock(const char *path)
{
    char lock_path[LOCK_SIZE];
    struct stat found;

    write_lock_path(path, lock_path);
    return lstat(lock_path, &found) == 0 && S_ISREG(found.st_mode) &&
           found.st_size == 0;
}

int posix_local_is_being_made(const posix_sockaddr *native, int is_companions)
{
    const char *path = native->local.sun_path;
    struct stat found;

    return native->any.sa_family == AF_UNIX && lstat(path, &found) == 0 &&
           S_ISSOCK(found.st_mode) && (found.st_mode & BEING_MADE) != 0 &&
           (is_companions || has_lock(path));
}

/* Of the socket, not of what somebody puts a link to in its place meanwhile,
 * where the system can tell them apart. */
static int change_mode(const char *path, mode_t mode)
{
    int result = fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);

    return result < 0 && errno == EOPNOTSUPP ? chmod(path, mode) : result;
}

/*
 * The mode is there from the first moment on, where the system takes it from
 * the socket that is not bound yet. A umask can only have made it narrower, and
 * has no say in the end; so that others whom it keeps out until then can tell,
 * the mode is marked where they are to come in.
 */
static xipc_status
bind_to(xipcos_socket *socket, const posix_sockaddr *native, mode_t mode)
{
    posix_local_place *place = &socket->place;
    struct stat made;

    (void)fchmod(socket->fd, mode == 0600 ? mode : mode | BEING_MADE);
    if (bind(socket->fd, &native->any, sizeof native->local) < 0) {
        return errno == EADDRINUSE
                   ? xipcos_fault(
                         XIPC_E_EXISTS, EADDRINUSE, "something stands there")
                   : posix_fault(errno, "binding a socket to %s", place->path);
    }
    place->is_bound = 1;
    if (lstat(place->path, &made) < 0) {
        return posix_fault(errno, "looking at the new socket");
    }
    place->device = made.st_dev;
    place->inode = made.st_ino;
    if ((made.st_mode & ALL_MODES) != mode &&
        change_mode(place->path, mode) < 0) {
        return posix_fault(errno, "setting the socket's mode");
    }
    return XIPC_OK;
}

xipc_status posix_local_bind(
    xipcos_socket *socket,
    const posix_sockaddr *native,
    const xipcos_socket_plan *plan)
{
    posix_local_place *place = &socket->place;
    xipc_status status = XIPC_OK;

    memcpy(place->path, native->local.sun_path, sizeof place->path - 1);
    place->path[sizeof place->path - 1] = '\0';
    if (!plan->is_companions) {
        status = lock_path_of(place);
    }
    if (status == XIPC_OK) {
        status = clear(place->path, plan->is_companions ? NULL : native);
    }
    if (status == XIPC_OK) {
        status = bind_to(socket, native, mode_of(plan->options->naming.access));
    }
    return status;
}

void posix_local_leave(xipcos_socket *socket, int is_own)
{
    posix_local_place *place = &socket->place;
    struct stat found;

    if (is_own && place->is_bound && lstat(place->path, &found) == 0 &&
        found.st_dev == place->device && found.st_ino == place->inode) {
        unlink(place->path);
    }
    unlock_path_of(place, is_own);
}
