/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a name away while others hold the object. */
#include <errno.h>
#include <unistd.h>

#include "posix/posix_candidate.h"
#include "posix/posix_directory.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

static xipc_status held(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "it is transient and in use: it goes with its last holder");
}

/* At the gate nobody else takes the name away, and nobody can give it to
 * another file while ours still has it. */
static xipc_status
unlink_at_gate(int fd, const struct stat *file, const char *path)
{
    int os_error = posix_lease_gate(fd, 0);

    if (os_error == EAGAIN) {
        return posix_try_again();
    }
    if (os_error != 0) {
        return posix_fault(os_error, "locking it to take its name away");
    }
    os_error = posix_lease_unlink(file, path);
    posix_lease_ungate(fd);
    if (os_error == ESTALE) {
        return posix_try_again();
    }
    return os_error == 0 ? XIPC_OK
                         : posix_fault(os_error, "taking its name away");
}

/* A file of ours that this process does not hold. */
static xipc_status remove_candidate(posix_candidate *found)
{
    xipc_status status = posix_candidate_read(found);

    /* What makes no sense is nobody's: whoever owns the file may clear it. */
    if (status != XIPC_OK && status != XIPC_E_CORRUPT) {
        return status;
    }
    if (status == XIPC_E_CORRUPT ||
        found->front->prefix.lifetime == XIPC_PERSISTENT) {
        return unlink_at_gate(found->fd, &found->file, found->path);
    }
    status = posix_candidate_is_live(found, 0);
    return status == XIPC_OK ? held() : status;
}

static xipc_status
remove_known(posix_lease *lease, const posix_candidate *found)
{
    int fd;

    if (lease->front.prefix.lifetime == XIPC_TRANSIENT) {
        return held();
    }
    fd = posix_lease_write_fd(lease);
    if (fd < 0 && errno == ESTALE) {
        return posix_try_again();
    }
    if (fd < 0) {
        return posix_fault(errno, "opening it to take its name away");
    }
    return unlink_at_gate(fd, &found->file, found->path);
}

static xipc_status remove_attempt(void *context)
{
    posix_front front;
    posix_candidate found = {.path = context, .front = &front};
    posix_lease *lease;
    xipc_status status;

    if (lstat(found.path, &found.file) < 0) {
        return errno == ENOENT ? posix_not_found()
                               : posix_fault(errno, "looking at it");
    }
    if (found.file.st_uid != geteuid() && geteuid() != 0) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "it belongs to user %lu",
            (unsigned long)found.file.st_uid);
    }
    if (!S_ISREG(found.file.st_mode)) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "what stands there is not shared memory");
    }
    lease = posix_lease_find(&found.file);
    if (lease) {
        return remove_known(lease, &found);
    }
    status = posix_candidate_open(&found, 0);
    if (status != XIPC_OK) {
        return status;
    }
    status = posix_lease_find(&found.file) ? posix_try_again()
                                           : remove_candidate(&found);
    posix_candidate_close(&found);
    return status;
}

xipc_status xipcos_section_remove(xipcos_place place, xipc_deadline deadline)
{
    char path[POSIX_PATH_SIZE];
    xipc_status status = posix_path(place, 0, path, sizeof path);

    if (status != XIPC_OK) {
        return status;
    }
    return posix_repeat(remove_attempt, path, deadline);
}
