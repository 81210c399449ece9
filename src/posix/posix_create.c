/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a name to a new section. It is complete, reserved and held before it
 * has a name; naming it is one step of the file system's own, which fails if
 * the name is taken.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "posix/posix_candidate.h"
#include "posix/posix_directory.h"
#include "posix/posix_memory.h"
#include "posix/posix_queue.h"
#include "posix/posix_roll.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

#define ALL_MODES 07777

static xipc_status taken(const char *by_what)
{
    return xipcos_fault(
        XIPC_E_EXISTS, EEXIST, "the name is taken by %s", by_what);
}

/*
 * A file of this user's without holders: takes the name away if it is a
 * transient object's. XIPC_OK: the name is free.
 */
static xipc_status clear_stale(posix_candidate *found)
{
    xipc_status status = posix_candidate_read(found);

    if (status != XIPC_OK) {
        return taken("something that makes no sense; xipc_remove() frees it");
    }
    if (found->front->prefix.lifetime == XIPC_PERSISTENT) {
        return taken("a persistent object");
    }
    status = posix_candidate_is_live(found, 0);
    if (status == XIPC_OK) {
        return taken("a live object");
    }
    if (status == XIPC_E_NOT_FOUND &&
        posix_lease_is_named(&found->file, found->path)) {
        return taken("a stale object that only its owner or the administrator "
                     "can clear");
    }
    return status == XIPC_E_NOT_FOUND ? XIPC_OK : status;
}

/* What stands there could not be opened. */
static xipc_status open_refused(xipc_status status)
{
    switch (status) {
    case XIPC_E_NOT_FOUND: return XIPC_OK;
    case XIPC_E_NO_MEMORY: return status;
    default: return taken("an object that cannot be opened");
    }
}

/* A part of the path that is not there is not the name that is not there. */
static xipc_status place_fault(int os_error, const char *what, const char *path)
{
    xipc_status status = posix_fault(os_error, "%s %s", what, path);

    return status == XIPC_E_NOT_FOUND ? XIPC_E_ACCESS : status;
}

/* XIPC_OK: nothing has the name, now that what was stale is gone. */
static xipc_status make_room(const char *path)
{
    posix_front front;
    posix_candidate found = {.path = path, .front = &front};
    xipc_status status;

    if (lstat(path, &found.file) < 0) {
        return errno == ENOENT ? XIPC_OK : posix_fault(errno, "looking at it");
    }
    if (!S_ISREG(found.file.st_mode)) {
        return taken("something that is not shared memory");
    }
    if (posix_lease_find(&found.file)) {
        return taken("a live object");
    }
    if (found.file.st_uid != geteuid() && geteuid() != 0) {
        return taken("another user's object");
    }
    status = posix_candidate_open(&found, 0);
    if (status != XIPC_OK) {
        return open_refused(status);
    }
    status =
        posix_lease_find(&found.file) ? posix_try_again() : clear_stale(&found);
    posix_candidate_close(&found);
    return status;
}

static mode_t mode_of(xipc_access access)
{
    switch (access) {
    case XIPC_ACCESS_GROUP_READ: return 0640;
    case XIPC_ACCESS_GROUP_WRITE: return 0660;
    case XIPC_ACCESS_EVERYONE_READ: return 0644;
    case XIPC_ACCESS_EVERYONE_WRITE: return 0666;
    case XIPC_ACCESS_PRIVATE: break;
    }
    return 0600;
}

/* Everything about the file but its name. It is nobody's business yet. */
static xipc_status fill(
    posix_memory *memory,
    const char *directory,
    const xipcos_section_plan *plan,
    const posix_front *front)
{
    mode_t mode =
        mode_of(plan->access) | (plan->has_queue ? POSIX_QUEUE_MARK : 0);
    int os_error = posix_memory_fill(memory->fd, plan, front);

    if (os_error != 0) {
        return posix_extend_fault(os_error, memory->fd, directory, plan->size);
    }
    if (fstat(memory->fd, &memory->file) < 0) {
        return posix_fault(errno, "looking at the new file");
    }
    /* Given explicitly, so that the umask has no say. */
    if ((memory->file.st_mode & ALL_MODES) != mode &&
        fchmod(memory->fd, mode) < 0) {
        return posix_fault(errno, "setting its mode");
    }
    return XIPC_OK;
}

/* XIPC_E_AGAIN if the name was taken and is free by now. */
typedef struct publish_call {
    posix_memory *memory;
    const char *path;
} publish_call;

static xipc_status publish_attempt(void *context)
{
    const publish_call *call = context;
    int os_error = posix_memory_publish(call->memory, call->path);
    xipc_status status;

    if (os_error == EEXIST) {
        status = make_room(call->path);
        return status == XIPC_OK ? posix_try_again() : status;
    }
    return os_error == 0
               ? XIPC_OK
               : place_fault(os_error, "giving it its name", call->path);
}

/*
 * The lease comes before the name, and with it the entry in the roll: so there
 * is no moment at which a kill leaves a name that nobody is told to look for.
 * From here on the lease owns the descriptor.
 */
static xipc_status begin_lease(
    posix_memory *memory,
    posix_lease *lease,
    const xipcos_section_plan *plan,
    xipcos_section **section_out)
{
    xipc_status status;

    posix_leases_lock();
    posix_lease_begin(lease, memory->fd, 1, &memory->file);
    posix_memory_leased(memory);
    status =
        posix_section_on(lease, 0, POSIX_DATA_OFFSET + plan->size, section_out);
    posix_leases_unlock();
    return status;
}

static posix_lease *new_lease(xipcos_place place, const char *path)
{
    posix_lease *lease;

    posix_leases_lock();
    lease = posix_lease_new(place, path);
    posix_leases_unlock();
    return lease;
}

/* Accepts NULL. */
static void free_lease(posix_lease *lease)
{
    posix_leases_lock();
    posix_lease_free(lease);
    posix_leases_unlock();
}

typedef struct create_call {
    xipcos_place place;
    const xipcos_section_plan *plan;
    char directory[POSIX_PATH_SIZE];
    char path[POSIX_PATH_SIZE];
} create_call;

/* A section over a new file that has everything but its name. */
static xipc_status make_section(
    posix_memory *memory, const create_call *call, xipcos_section **section_out)
{
    posix_lease *lease = new_lease(call->place, call->path);
    xipc_status status;

    if (lease) {
        posix_front_fill(&lease->front, call->plan);
        status = fill(memory, call->directory, call->plan, &lease->front);
    } else {
        status = posix_no_memory();
    }
    if (status != XIPC_OK) {
        posix_memory_forget(memory);
        close(memory->fd);
        free_lease(lease);
        return status;
    }
    return begin_lease(memory, lease, call->plan, section_out);
}

static xipc_status create_at(
    const create_call *call,
    xipc_deadline deadline,
    xipcos_section **section_out)
{
    posix_memory memory;
    publish_call publish = {&memory, call->path};
    xipcos_section *section = NULL;
    xipc_status status;
    int os_error = posix_memory_make(call->directory, &memory);

    if (os_error != 0) {
        return place_fault(os_error, "making a file in", call->directory);
    }
    status = make_section(&memory, call, &section);
    if (status == XIPC_OK) {
        status = posix_repeat(publish_attempt, &publish, deadline);
    }
    if (status != XIPC_OK) {
        posix_memory_forget(&memory);
        xipcos_section_close(section);
        return status;
    }
    *section_out = section;
    return XIPC_OK;
}

/* Only saves work: what is found here is looked at again when it counts. */
static xipc_status look_first(const char *path)
{
    xipc_status status;

    posix_leases_lock();
    status = make_room(path);
    posix_leases_unlock();
    return status == XIPC_E_AGAIN ? XIPC_OK : status;
}

xipc_status xipcos_section_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section **section_out)
{
    create_call call;
    xipc_status status = posix_path(place, 1, call.path, sizeof call.path);

    if (status == XIPC_OK) {
        status = look_first(call.path);
    }
    if (status != XIPC_OK) {
        return status;
    }
    call.place = place;
    call.plan = plan;
    memcpy(call.directory, call.path, sizeof call.path);
    *strrchr(call.directory, '/') = '\0';
    posix_sweep_if_needed();
    return create_at(&call, deadline, section_out);
}
