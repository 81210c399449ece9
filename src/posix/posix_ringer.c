/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ringing. This process's own bells it writes to itself. The ends of others'
 * that it rang last it keeps open for the next time: to look for a name, open
 * it, see what it is and close it takes five times as long as to write.
 *
 * An end stays good as long as somebody reads the FIFO, whatever becomes of its
 * name. When nobody does, writing says so (EPIPE), the end is closed, and the
 * name is looked for again: the number may be another bell's by now.
 *
 * They are few, closed in forked children, and closed with a section when no
 * named one is left open: a process that uses nothing here keeps nothing here.
 * A program may have closed a descriptor that it does not know, and have
 * another file under that number: so an end is looked at before it is written
 * to.
 */
#include "posix/posix_ringer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/posix_bell.h"
#include "posix/posix_lease.h"

#define KEPT_MAX 8

typedef struct kept_end {
    uint32_t number; /* 0: none */
    int fd;
    dev_t device;
    ino_t inode;
} kept_end;

/* Guarded by the leases' lock. The next one kept takes the place of the one at
 * `kept_next`. Every close comes by: with nothing kept, it looks no further. */
static kept_end kept[KEPT_MAX];
static unsigned kept_next;
static int keeps_any;

static int is_pending(int number)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
}

/*
 * The owner may die before the write. The signal is this thread's own, so it is
 * kept away while it writes, and taken if it came; one that was there before,
 * which only one that was kept away before can be, stays. Where SIGPIPE is
 * ignored, some systems do not even note it.
 */
static int write_unharmed(int fd, uint32_t token)
{
    sigset_t pipe_only;
    sigset_t before;
    int was_pending;
    int os_error;
    int number;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    was_pending = sigismember(&before, SIGPIPE) == 1 && is_pending(SIGPIPE);
    os_error = posix_bell_write(fd, token);
    if (os_error == EPIPE && !was_pending && is_pending(SIGPIPE)) {
        sigwait(&pipe_only, &number);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return os_error;
}

/* A full one was rung often enough. */
static int is_rung(int os_error)
{
    return os_error == 0 || os_error == EAGAIN;
}

/* Whether the descriptor still is what was kept. */
static int is_same(const kept_end *end)
{
    struct stat file;

    return fstat(end->fd, &file) == 0 && file.st_ino == end->inode &&
           file.st_dev == end->device;
}

static void let_go(kept_end *end)
{
    if (end->number != 0 && is_same(end)) {
        close(end->fd);
    }
    end->number = 0;
}

void posix_ringer_rest(void)
{
    for (unsigned at = 0; keeps_any && at < KEPT_MAX; at++) {
        let_go(&kept[at]);
    }
    keeps_any = 0;
}

static kept_end *find(uint32_t number)
{
    for (unsigned at = 0; at < KEPT_MAX; at++) {
        if (kept[at].number == number) {
            return &kept[at];
        }
    }
    return NULL;
}

/* Whether it was rung at a kept end, under the leases' lock. */
static int ring_kept(uint32_t number, uint32_t token)
{
    kept_end *end = find(number);

    if (!end) {
        return 0;
    }
    if (is_same(end) && is_rung(write_unharmed(end->fd, token))) {
        return 1;
    }
    let_go(end);
    return 0;
}

/* Takes the descriptor over. Another thread may have been faster. */
static void keep(uint32_t number, int fd, const struct stat *file)
{
    posix_leases_lock();
    if (find(number)) {
        close(fd);
    } else {
        let_go(&kept[kept_next]);
        kept[kept_next] = (kept_end){number, fd, file->st_dev, file->st_ino};
        kept_next = (kept_next + 1) % KEPT_MAX;
        keeps_any = 1;
    }
    posix_leases_unlock();
}

static int ring_by_name(uint32_t number, uint32_t token)
{
    struct stat file;
    int fd = posix_bell_open(number, &file);

    if (fd < 0) {
        return 0;
    }
    if (!is_rung(write_unharmed(fd, token))) {
        close(fd);
        return 0;
    }
    keep(number, fd, &file);
    return 1;
}

int xipcos_bell_ring(uint32_t number, uint32_t token)
{
    int has_rung;

    if (number == 0) {
        return 0;
    }
    posix_leases_lock();
    has_rung = posix_bell_ring_own(number, token) || ring_kept(number, token);
    posix_leases_unlock();
    return has_rung || ring_by_name(number, token);
}

int xipcos_bell_lives(uint32_t number)
{
    struct stat file;
    int fd = posix_bell_open(number, &file);

    if (fd < 0) {
        return errno != ENXIO && errno != ENOENT;
    }
    close(fd);
    return 1;
}
