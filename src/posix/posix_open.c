/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a name to a section: open. What the other ways share with it stands in
 * posix_candidate.c.
 *
 * Opening, creating and removing are each a loop of attempts. An attempt runs
 * under the leases' lock, never waits, and ends in one of three ways: done,
 * failed for good, or XIPC_E_AGAIN because another process stands at the
 * object's gate. Then the loop lets go of the lock, pauses, and looks from the
 * beginning.
 *
 * Why an opener can trust what it holds: it takes the holder's lock first and
 * then looks whether the name still names this file. A closer that found
 * itself alone has the whole range write-locked until after the unlink: so
 * either the opener's lock failed (try again), or it came after the unlink
 * (the name is gone or another file's: try again), or before the closer looked
 * (the closer is not alone and leaves the name).
 *
 * Why nothing stale is joined: an opener of a transient object takes its own
 * lock only after it has seen a holder's. So every holder but the creator
 * began while another one held, and the contents were never left alone. Where
 * nobody holds it, the opener takes the gate and the name away, and has found
 * nothing.
 */
#include <errno.h>

#include "posix/posix_candidate.h"
#include "posix/posix_directory.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

typedef struct open_call {
    xipcos_place place;
    xipc_trust trust;
    int is_read_only;
    xipcos_section **section_out;
} open_call;

/* Becomes a holder, if the file still is what the name means. */
static xipc_status
candidate_join(posix_candidate *found, int is_read_only, posix_lease *lease)
{
    int os_error = posix_lease_hold(found->fd);

    if (os_error == EAGAIN) {
        return posix_try_again();
    }
    if (os_error != 0) {
        return posix_fault(os_error, "locking it against removal");
    }
    if (!posix_lease_is_named(&found->file, found->path)) {
        return posix_try_again();
    }
    posix_lease_begin(lease, found->fd, !is_read_only, &found->file);
    return XIPC_OK;
}

/* What has to be true of an open file before it is joined. */
static xipc_status
candidate_check(posix_candidate *found, const open_call *call)
{
    xipc_status status = posix_check_type(&found->file);

    if (status == XIPC_OK) {
        status = posix_check_owner(&found->file, call->trust, call->place.user);
    }
    if (status == XIPC_OK) {
        status = posix_candidate_read(found);
    }
    if (status == XIPC_OK) {
        status = posix_candidate_is_live(found, call->is_read_only);
    }
    return status;
}

/* Reads the open file's front into the lease that it may get. */
static xipc_status join_file(
    posix_candidate *found, const open_call *call, posix_lease **lease_out)
{
    posix_lease *lease = posix_lease_new(call->place, found->path);
    xipc_status status;

    if (!lease) {
        return posix_no_memory();
    }
    found->front = &lease->front;
    status = candidate_check(found, call);
    if (status == XIPC_OK) {
        status = candidate_join(found, call->is_read_only, lease);
    }
    if (status != XIPC_OK) {
        posix_lease_free(lease);
        return status;
    }
    *lease_out = lease;
    return XIPC_OK;
}

/* The object is new to this process. */
static xipc_status
join_new(posix_candidate *found, const open_call *call, posix_lease **lease_out)
{
    xipc_status status = posix_candidate_open(found, call->is_read_only);

    if (status != XIPC_OK) {
        return status;
    }
    if (posix_lease_find(&found->file)) {
        status = posix_try_again(); /* the name changed hands since we looked */
    } else {
        status = join_file(found, call, lease_out);
    }
    if (status != XIPC_OK) {
        posix_candidate_close(found);
    }
    return status;
}

/* This process holds the object already: share the lease. */
static xipc_status
join_known(posix_candidate *found, const open_call *call, posix_lease *lease)
{
    int ro = call->is_read_only;
    xipc_status status =
        posix_check_owner(&found->file, call->trust, call->place.user);
    posix_candidate again = {.path = found->path};

    if (status == XIPC_OK && (ro ? lease->read_fd : lease->write_fd) < 0) {
        status = posix_candidate_open(&again, ro);
        if (status == XIPC_OK && posix_lease_find(&again.file) != lease) {
            posix_candidate_close(&again);
            status = posix_try_again();
        }
        if (status == XIPC_OK) {
            posix_lease_add_fd(lease, again.fd, !ro);
        }
    }
    if (status == XIPC_OK) {
        lease->use_count++;
    }
    return status;
}

/* The lease of what the path names, if this process has it. */
static xipc_status look_up(posix_candidate *found, posix_lease **lease_out)
{
    *lease_out = NULL;
    if (!posix_lease_any()) {
        return XIPC_OK;
    }
    if (lstat(found->path, &found->file) < 0) {
        return errno == ENOENT ? posix_not_found()
                               : posix_fault(errno, "looking at it");
    }
    *lease_out = posix_lease_find(&found->file);
    return XIPC_OK;
}

static xipc_status open_at(const open_call *call, const char *path)
{
    posix_candidate found;
    posix_lease *lease;
    xipc_status status;

    found.path = path; /* the rest is filled in as it is found */
    status = look_up(&found, &lease);
    if (status != XIPC_OK) {
        return status;
    }
    status = lease ? join_known(&found, call, lease)
                   : join_new(&found, call, &lease);
    if (status != XIPC_OK) {
        return status;
    }
    return posix_section_on(
        lease, call->is_read_only, (uint64_t)found.file.st_size,
        call->section_out);
}

static xipc_status open_attempt(void *context)
{
    const open_call *call = context;
    const char *known = posix_lease_path(call->place);
    char path[POSIX_PATH_SIZE];
    xipc_status status;

    if (known) {
        return open_at(call, known);
    }
    status = posix_path(call->place, 0, path, sizeof path);
    return status == XIPC_OK ? open_at(call, path) : status;
}

xipc_status xipcos_section_open(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section **section_out)
{
    open_call call = {place, trust, is_read_only, section_out};

    return posix_repeat(open_attempt, &call, deadline);
}
