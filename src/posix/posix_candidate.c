/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_candidate.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_status.h"
#include "posix/posix_user.h"

/* O_NONBLOCK: a FIFO that was put in the way must not block us. */
#define OPEN_FLAGS   (O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
#define QUICK_ROUNDS 8

xipc_status posix_try_again(void)
{
    return xipcos_fault(
        XIPC_E_AGAIN, 0, "another process is making or removing it");
}

xipc_status posix_not_found(void)
{
    return xipcos_fault(XIPC_E_NOT_FOUND, ENOENT, "nothing has that name");
}

xipc_status
posix_check_owner(const struct stat *file, xipc_trust trust, uint64_t user)
{
    uid_t self;

    if (trust == XIPC_TRUST_EVERYONE || file->st_uid == 0) {
        return XIPC_OK;
    }
    self = user != 0 ? posix_user_of(user) : geteuid();
    if (file->st_uid != self) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0,
            "it belongs to user %lu, and only user %lu and the administrator "
            "are trusted",
            (unsigned long)file->st_uid, (unsigned long)self);
    }
    return XIPC_OK;
}

xipc_status posix_check_type(const struct stat *file)
{
    if (S_ISLNK(file->st_mode)) {
        return xipcos_fault(XIPC_E_ACCESS, 0, "a symbolic link stands there");
    }
    if (!S_ISREG(file->st_mode)) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "what stands there is not shared memory");
    }
    return XIPC_OK;
}

static xipc_status open_fault(int os_error)
{
    switch (os_error) {
    case ENOENT: return posix_not_found();
    case ELOOP:
        return xipcos_fault(
            XIPC_E_ACCESS, os_error, "a symbolic link stands there");
    case EISDIR:
    case ENXIO:
        return xipcos_fault(
            XIPC_E_CORRUPT, os_error, "what stands there is not shared memory");
    default: return posix_fault(os_error, "opening it");
    }
}

xipc_status posix_candidate_open(posix_candidate *found, int is_read_only)
{
    found->fd =
        open(found->path, (is_read_only ? O_RDONLY : O_RDWR) | OPEN_FLAGS);
    if (found->fd < 0) {
        return open_fault(errno);
    }
    if (fstat(found->fd, &found->file) < 0) {
        xipc_status status = posix_fault(errno, "looking at it");

        close(found->fd);
        return status;
    }
    return XIPC_OK;
}

void posix_candidate_close(posix_candidate *found)
{
    posix_lease_close_fd(found->fd, &found->file);
}

xipc_status
posix_candidate_is_live(const posix_candidate *found, int is_read_only)
{
    posix_lease_view view;
    int os_error;

    if (found->front->prefix.lifetime == XIPC_PERSISTENT) {
        return XIPC_OK;
    }
    /* Only a holder that was seen makes it live: one who merely takes a stale
       name away is not, and may die doing it. */
    view = posix_lease_look(found->fd, 0);
    if (view.is_gated) {
        return posix_try_again();
    }
    if (view.holder_count > 0) {
        return XIPC_OK;
    }
    if (is_read_only) {
        return posix_not_found();
    }
    os_error = posix_lease_gate(found->fd, 1);
    if (os_error == EAGAIN) {
        return posix_try_again();
    }
    if (os_error != 0) {
        return posix_fault(os_error, "looking who holds it");
    }
    /* What cannot be unlinked is another user's: nothing to us either way. */
    return posix_lease_unlink(&found->file, found->path) == ESTALE
               ? posix_try_again()
               : posix_not_found();
}

xipc_status posix_candidate_read(posix_candidate *found)
{
    return posix_front_read(
        found->fd, (uint64_t)found->file.st_size, found->front);
}

xipc_status posix_no_memory(void)
{
    return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory for a handle");
}

/* Most gates are passed in microseconds: the first rounds look again at once.
 */
static xipc_status pause_between(unsigned round, xipc_deadline deadline)
{
    if (round < QUICK_ROUNDS) {
        return XIPC_OK;
    }
    return xipcos_clock_pause(round - QUICK_ROUNDS, deadline);
}

xipc_status
posix_repeat(posix_attempt *attempt, void *context, xipc_deadline deadline)
{
    xipc_status status = XIPC_OK;

    for (unsigned round = 0; status == XIPC_OK; round++) {
        posix_leases_lock();
        status = attempt(context);
        posix_leases_unlock();
        if (status != XIPC_E_AGAIN) {
            break;
        }
        status = pause_between(round, deadline);
    }
    return status;
}
