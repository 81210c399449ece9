/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_lease.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os_process.h"
#include "posix/posix_bell.h"
#include "posix/posix_member.h"
#include "posix/posix_memory.h"
#include "posix/posix_pipe.h"
#include "posix/posix_queue.h"
#include "posix/posix_ringer.h"
#include "posix/posix_roll.h"
#include "posix/posix_socket.h"
#include "posix/posix_user.h"

/* Part of the layout too. */
#define POSIX_LEASE_COUNT ((off_t)1 << 32)
#define POSIX_LEASE_END   (POSIX_LEASE_FIRST + POSIX_LEASE_COUNT)
#define TO_THE_END        0
#define COUNT_MAX         256

_Static_assert(sizeof(off_t) == 8, "build with _FILE_OFFSET_BITS=64");

static pthread_mutex_t leases_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t leases_once = PTHREAD_ONCE_INIT;
static posix_lease *leases;

/* The one that ended last, for whoever opens the same path again. */
static posix_lease *spare;

/* The parent's leases are not the child's: it has none of the locks. */
static void leases_forget(void)
{
    leases = NULL;
    posix_roll_forget();
    posix_memory_forked();
    posix_member_forget();
    posix_bell_forget();
    posix_pipe_forget();
    posix_listener_forget();
    posix_ringer_rest();
    pthread_mutex_unlock(&leases_mutex);
}

static void leases_fork_lock(void)
{
    pthread_mutex_lock(&leases_mutex);
}

static void leases_start(void)
{
    pthread_atfork(leases_fork_lock, posix_leases_unlock, leases_forget);
}

void posix_leases_lock(void)
{
    pthread_once(&leases_once, leases_start);
    pthread_mutex_lock(&leases_mutex);
}

void posix_leases_unlock(void)
{
    pthread_mutex_unlock(&leases_mutex);
}

int posix_lease_any(void)
{
    return leases != NULL;
}

posix_lease *posix_lease_find(const struct stat *file)
{
    for (posix_lease *lease = leases; lease; lease = lease->next) {
        if (lease->inode == file->st_ino && lease->device == file->st_dev &&
            lease->epoch == xipcos_fork_epoch()) {
            return lease;
        }
    }
    return NULL;
}

static int is_transient(const posix_lease *lease)
{
    return lease->front.prefix.lifetime == XIPC_TRANSIENT;
}

const char *posix_lease_path(xipcos_place place)
{
    int is_spare = spare && place.user != 0 && spare->user == place.user &&
                   strcmp(spare->path + spare->name_at, place.native_name) == 0;

    return is_spare ? spare->path : NULL;
}

/* The spare one, if `path` is what posix_lease_path() said. */
static posix_lease *allocate(xipcos_place place, const char *path)
{
    posix_lease *lease = spare;
    size_t path_size;

    if (lease && lease->path == path) {
        spare = NULL;
        return lease;
    }
    path_size = strlen(path) + 1;
    lease = malloc(sizeof *lease + path_size);
    if (lease) {
        lease->user = place.user;
        lease->name_at = path_size - 1 - strlen(place.native_name);
        memcpy(lease->path, path, path_size);
    }
    return lease;
}

posix_lease *posix_lease_new(xipcos_place place, const char *path)
{
    posix_lease *lease = allocate(place, path);

    if (lease) {
        lease->parked = NULL;
        lease->parked_count = 0;
        lease->is_claimed = 0;
        lease->is_section_taken = 0;
        atomic_init(&lease->member, 0);
    }
    return lease;
}

void posix_lease_free(posix_lease *lease)
{
    free(spare);
    spare = lease;
}

void posix_lease_begin(
    posix_lease *lease, int fd, int is_writable, const struct stat *file)
{
    lease->next = leases;
    lease->use_count = 1;
    lease->epoch = xipcos_fork_epoch();
    lease->device = file->st_dev;
    lease->inode = file->st_ino;
    lease->read_fd = is_writable ? -1 : fd;
    lease->write_fd = is_writable ? fd : -1;
    leases = lease;
    if (is_transient(lease)) {
        posix_roll_enter();
    }
}

void posix_lease_add_fd(posix_lease *lease, int fd, int is_writable)
{
    *(is_writable ? &lease->write_fd : &lease->read_fd) = fd;
}

static void park(posix_lease *lease, int fd)
{
    int *parked =
        realloc(lease->parked, (lease->parked_count + 1) * sizeof *parked);

    /* Without memory the descriptor stays open: better than a lost lock. */
    if (parked) {
        lease->parked = parked;
        lease->parked[lease->parked_count] = fd;
        lease->parked_count++;
    }
}

void posix_lease_close_fd(int fd, const struct stat *file)
{
    posix_lease *lease = posix_lease_find(file);

    if (lease) {
        park(lease, fd);
    } else {
        close(fd);
    }
}

void posix_lease_close_any(int fd)
{
    struct stat file;

    posix_leases_lock();
    if (fstat(fd, &file) == 0) {
        posix_lease_close_fd(fd, &file);
    } else {
        close(fd);
    }
    posix_leases_unlock();
}

static int lock_range(int fd, short type, off_t start, off_t size)
{
    struct flock range = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = size};
    int status;

    do {
        status = fcntl(fd, F_SETLK, &range);
    } while (status < 0 && errno == EINTR);
    if (status == 0) {
        return 0;
    }
    return errno == EACCES ? EAGAIN : errno;
}

static off_t own_byte(void)
{
    return POSIX_LEASE_FIRST + (off_t)posix_process_id() % POSIX_LEASE_COUNT;
}

int posix_lease_hold(int fd)
{
    return lock_range(fd, F_RDLCK, own_byte(), 1);
}

static void unhold(int fd)
{
    lock_range(fd, F_UNLCK, own_byte(), 1);
}

int posix_lease_gate(int fd, int alone)
{
    return lock_range(fd, F_WRLCK, POSIX_LEASE_GATE, alone ? TO_THE_END : 1);
}

void posix_lease_ungate(int fd)
{
    lock_range(fd, F_UNLCK, POSIX_LEASE_GATE, 1);
}

int posix_lease_lock_byte(int fd, off_t at)
{
    return lock_range(fd, F_WRLCK, at, 1);
}

void posix_lease_unlock_byte(int fd, off_t at)
{
    lock_range(fd, F_UNLCK, at, 1);
}

/* A lock of another process that touches [start, end); 0 if there is none. */
static int find_lock(int fd, off_t start, off_t end, struct flock *found)
{
    *found = (struct flock){
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = start,
        .l_len = end - start};
    return fcntl(fd, F_GETLK, found) == 0 && found->l_type != F_UNLCK;
}

int posix_lease_is_locked(int fd, off_t at)
{
    struct flock found = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

    return fcntl(fd, F_GETLK, &found) < 0 || found.l_type != F_UNLCK;
}

/*
 * The kernel shows one lock at a time, in an order of its own: look again on
 * either side of it. Whoever takes thousands of locks to be hard to count is
 * counted as far as `patience` goes.
 */
static void count_holders(
    int fd, off_t start, off_t end, int *patience, posix_lease_view *view)
{
    struct flock found;

    if (start >= end || *patience == 0 || !find_lock(fd, start, end, &found)) {
        return;
    }
    --*patience;
    if (found.l_type == F_WRLCK) {
        view->is_gated = 1;
        return;
    }
    view->holder_count++;
    count_holders(fd, start, found.l_start, patience, view);
    count_holders(fd, found.l_start + 1, end, patience, view);
}

posix_lease_view posix_lease_look(int fd, int count)
{
    posix_lease_view view = {0, 0};
    int patience = COUNT_MAX;
    struct flock found;

    if (find_lock(fd, POSIX_LEASE_GATE, POSIX_LEASE_END, &found)) {
        view.is_gated = found.l_type == F_WRLCK;
        view.holder_count = found.l_type != F_WRLCK;
    }
    if (count && view.holder_count > 0) {
        view.holder_count = 0;
        count_holders(fd, POSIX_LEASE_FIRST, POSIX_LEASE_END, &patience, &view);
    }
    return view;
}

static int
is_named(const struct stat *file, const char *path, struct stat *named_out)
{
    return lstat(path, named_out) == 0 && file->st_ino == named_out->st_ino &&
           file->st_dev == named_out->st_dev;
}

int posix_lease_is_named(const struct stat *file, const char *path)
{
    struct stat named;

    return is_named(file, path, &named);
}

/* What goes with the file goes first: who is killed between leaves a file that
 * somebody will find. */
int posix_lease_unlink(const struct stat *file, const char *path)
{
    struct stat named;

    if (!is_named(file, path, &named)) {
        return ESTALE;
    }
    if ((named.st_mode & POSIX_QUEUE_MARK) != 0) {
        posix_queue_unlink(&named, path);
        posix_socket_unlink(path);
    }
    return unlink(path) == 0 ? 0 : errno;
}

/* As much of a stat as tells files apart. */
static struct stat lease_file(const posix_lease *lease)
{
    return (struct stat){.st_dev = lease->device, .st_ino = lease->inode};
}

int posix_lease_write_fd(posix_lease *lease)
{
    struct stat file;
    int fd;

    if (lease->write_fd >= 0) {
        return lease->write_fd;
    }
    fd = open(lease->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &file) < 0) {
        close(fd);
        return -1;
    }
    if (file.st_ino != lease->inode || file.st_dev != lease->device) {
        /* The name is another file's by now, and that may be leased too. */
        posix_lease_close_fd(fd, &file);
        errno = ESTALE;
        return -1;
    }
    posix_lease_add_fd(lease, fd, 1);
    return fd;
}

static void lease_close(posix_lease *lease)
{
    for (size_t at = 0; at < lease->parked_count; at++) {
        close(lease->parked[at]);
    }
    if (lease->read_fd >= 0) {
        close(lease->read_fd);
    }
    if (lease->write_fd >= 0) {
        close(lease->write_fd);
    }
    free(lease->parked);
    posix_lease_free(lease);
}

/* A forked child's copy: it may have a lease of its own on the same file. */
static void lease_close_inherited(posix_lease *lease)
{
    const struct stat file = lease_file(lease);

    if (lease->read_fd >= 0) {
        posix_lease_close_fd(lease->read_fd, &file);
    }
    if (lease->write_fd >= 0) {
        posix_lease_close_fd(lease->write_fd, &file);
    }
    for (size_t at = 0; at < lease->parked_count; at++) {
        posix_lease_close_fd(lease->parked[at], &file);
    }
    free(lease->parked);
    posix_lease_free(lease);
}

static void lease_forget(const posix_lease *lease)
{
    for (posix_lease **at = &leases; *at; at = &(*at)->next) {
        if (*at == lease) {
            *at = lease->next;
            return;
        }
    }
}

/*
 * Lets go first and looks then whether anybody is left: of two that leave at
 * once, whoever looks second sees nobody.
 */
static void leave_transient(posix_lease *lease)
{
    const struct stat file = lease_file(lease);
    int fd = posix_lease_write_fd(lease);

    if (fd >= 0) {
        unhold(fd);
        if (posix_lease_gate(fd, 1) == 0) {
            posix_lease_unlink(&file, lease->path);
        }
    }
}

void posix_lease_release(posix_lease *lease)
{
    if (--lease->use_count > 0) {
        return;
    }
    lease_forget(lease);
    if (lease->epoch != xipcos_fork_epoch()) {
        lease_close_inherited(lease);
        return;
    }
    if (is_transient(lease)) {
        leave_transient(lease);
    }
    lease_close(lease);
}
