/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of processes, as locks on the section's own file: far behind its end
 * each number has a byte, which the process that has the number keeps
 * write-locked (posix_lease.h). So whoever sees the file sees who lives.
 *
 * The next number stands in the file, behind the front, where nothing else is.
 * It is read and written with the claim, which a dying process drops: a number
 * is used up before anybody has it.
 *
 * Whose lock it is: where there is a lease, the process's, as the lease's own
 * lock is, and with the same trap and the same care. A section without a name
 * has descriptors that its users close as they like, so there it belongs to an
 * opening of ours alone (posix_private.h), which forked children close.
 */
#include "posix/posix_member.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/posix_lease.h"
#include "posix/posix_private.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

/* Part of the layout. */
#define NEXT_OFFSET ((off_t)sizeof(posix_front))

/* So many numbers may be locked by those who never drew them. */
#define DRAW_MAX 64

static off_t member_byte(uint32_t member)
{
    return POSIX_LEASE_MEMBER + (off_t)member;
}

/*
 * What this process has on a file without a name, whatever number of sections
 * it has of it: to threads and handles of one process it is one process.
 */
struct posix_own {
    posix_own *next;
    unsigned use_count;
    dev_t device;
    ino_t inode;
    int fd; /* -1: there are no such locks here */
    int is_claimed;
    _Atomic uint32_t member; /* as in the lease */
};

/* Under the leases' lock. */
static posix_own *owns;

void posix_member_forget(void)
{
    for (posix_own *own = owns; own; own = own->next) {
        if (own->fd >= 0) {
            close(own->fd);
            own->fd = -1;
        }
    }
    owns = NULL;
}

void posix_member_leave(xipcos_section *section)
{
    posix_own **at = &owns;
    posix_own *own = section->own;

    if (!own || --own->use_count > 0) {
        return;
    }
    while (*at && *at != own) {
        at = &(*at)->next;
    }
    if (*at) { /* not what a forked child inherited */
        *at = own->next;
    }
    if (own->fd >= 0) {
        close(own->fd);
    }
    free(own);
}

/* That this process is full says nothing of what there is here. */
static int is_full(int os_error)
{
    return os_error == EMFILE || os_error == ENFILE || os_error == ENOMEM;
}

/* 0, or errno. */
static int make_own(int fd, const struct stat *file, posix_own **own_out)
{
    posix_own *own = calloc(1, sizeof *own);
    int os_error;

    if (!own) {
        return ENOMEM;
    }
    own->device = file->st_dev;
    own->inode = file->st_ino;
    os_error = posix_private_open(fd, &own->fd);
    if (is_full(os_error)) {
        free(own);
        return os_error;
    }
    if (os_error != 0) {
        own->fd = -1;
    }
    own->next = owns;
    owns = own;
    *own_out = own;
    return 0;
}

/* 0, or errno. */
static int find_own(xipcos_section *section)
{
    posix_own *own = owns;
    struct stat file;
    int os_error = 0;

    if (section->lease || section->own) {
        return 0;
    }
    if (fstat(section->fd, &file) < 0) {
        return errno;
    }
    while (own && (own->inode != file.st_ino || own->device != file.st_dev)) {
        own = own->next;
    }
    if (!own) {
        os_error = make_own(section->fd, &file, &own);
    }
    if (os_error != 0) {
        return os_error;
    }
    own->use_count++;
    section->own = own;
    return 0;
}

static int private_fd(const xipcos_section *section)
{
    return section->own ? section->own->fd : -1;
}

static int lock_byte(const xipcos_section *section, off_t at)
{
    return private_fd(section) >= 0
               ? posix_private_lock(private_fd(section), at)
               : posix_lease_lock_byte(section->fd, at);
}

static void unlock_byte(const xipcos_section *section, off_t at)
{
    if (private_fd(section) >= 0) {
        posix_private_unlock(private_fd(section), at);
    } else {
        posix_lease_unlock_byte(section->fd, at);
    }
}

/* The kernel's lock keeps processes apart, this flag the threads of one. */
static int *claim_flag(const xipcos_section *section)
{
    return section->lease ? &section->lease->is_claimed
                          : &section->own->is_claimed;
}

/* Under the leases' lock. 0, or errno. */
static int claim(xipcos_section *section)
{
    int os_error = find_own(section);

    if (os_error == 0 && *claim_flag(section)) {
        os_error = EAGAIN;
    }
    if (os_error == 0) {
        os_error = lock_byte(section, POSIX_LEASE_CLAIM);
        *claim_flag(section) = os_error == 0;
    }
    return os_error;
}

xipc_status xipcos_member_claim(xipcos_section *section)
{
    int os_error;

    posix_leases_lock();
    os_error = claim(section);
    posix_leases_unlock();
    if (os_error == EAGAIN) {
        return xipcos_fault(
            XIPC_E_AGAIN, 0, "another process is making something in it");
    }
    return os_error == 0 ? XIPC_OK : posix_fault(os_error, "locking it");
}

void xipcos_member_unclaim(xipcos_section *section)
{
    posix_leases_lock();
    unlock_byte(section, POSIX_LEASE_CLAIM);
    *claim_flag(section) = 0;
    posix_leases_unlock();
}

/* Uses up one number. 0, or errno. */
static int use_number(int fd, uint32_t *number_out)
{
    uint32_t last = 0;

    if (pread(fd, &last, sizeof last, NEXT_OFFSET) != (ssize_t)sizeof last) {
        return EIO;
    }
    if (last >= XIPCOS_MEMBER_MAX) {
        return ERANGE;
    }
    last++;
    if (pwrite(fd, &last, sizeof last, NEXT_OFFSET) != (ssize_t)sizeof last) {
        return EIO;
    }
    *number_out = last;
    return 0;
}

/* A number that is not locked already, as one is where the file was scribbled
 * on. */
static int draw(const xipcos_section *section, uint32_t *number_out)
{
    int os_error = EAGAIN;

    for (int turn = 0; os_error == EAGAIN && turn < DRAW_MAX; turn++) {
        os_error = use_number(section->fd, number_out);
        if (os_error == 0) {
            os_error = lock_byte(section, member_byte(*number_out));
        }
    }
    return os_error;
}

static _Atomic uint32_t *member_of(xipcos_section *section)
{
    return section->lease ? &section->lease->member : &section->own->member;
}

static xipc_status draw_fault(int os_error)
{
    switch (os_error) {
    case ERANGE:
        return xipcos_fault(
            XIPC_E_LIMIT, 0, "%lu processes have used it, which is the limit",
            (unsigned long)XIPCOS_MEMBER_MAX);
    case EAGAIN:
    case EIO:
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "its processes' numbers make no sense");
    default: return posix_fault(os_error, "locking a number of its own");
    }
}

/* With the claim, so that no other thread of this process is here. */
xipc_status xipcos_member_join(xipcos_section *section, uint32_t *member_out)
{
    uint32_t member;
    int os_error;

    if (!section->front) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "who holds something in a foreign program's section cannot be "
            "known");
    }
    if (!section->lease && private_fd(section) < 0) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "who holds something in an anonymous section cannot be known "
            "without locks of open files (and /proc)");
    }
    member = atomic_load_explicit(member_of(section), memory_order_relaxed);
    if (member == 0) {
        os_error = draw(section, &member);
        if (os_error != 0) {
            return draw_fault(os_error);
        }
        atomic_store_explicit(member_of(section), member, memory_order_relaxed);
    }
    *member_out = member;
    return XIPC_OK;
}

int xipcos_member_lives(xipcos_section *section, uint32_t member)
{
    off_t at = member_byte(member);

    if (member == 0) {
        return 0;
    }
    /* The kernel does not show a process its own locks. */
    if (member ==
        atomic_load_explicit(member_of(section), memory_order_relaxed)) {
        return 1;
    }
    return private_fd(section) >= 0
               ? posix_private_is_locked(private_fd(section), at)
               : posix_lease_is_locked(section->fd, at);
}
