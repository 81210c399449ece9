/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done with a section once it is there. */
#include "posix/posix_section.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posix/posix_candidate.h"
#include "posix/posix_lease.h"
#include "posix/posix_member.h"
#include "posix/posix_memory.h"
#include "posix/posix_ringer.h"
#include "posix/posix_status.h"

size_t xipcos_page_size(void)
{
    /* Written by any thread, to the same value; 0: not asked yet. */
    static atomic_size_t known;
    size_t size = atomic_load_explicit(&known, memory_order_relaxed);

    if (size == 0) {
        size = (size_t)sysconf(_SC_PAGESIZE);
        atomic_store_explicit(&known, size, memory_order_relaxed);
    }
    return size;
}

size_t xipcos_map_granularity(void)
{
    return xipcos_page_size();
}

static uint64_t data_offset(const xipcos_section *section)
{
    return section->front ? POSIX_DATA_OFFSET : 0;
}

static void section_init(
    xipcos_section *section,
    int fd,
    posix_lease *lease,
    const posix_front *front,
    uint64_t file_size)
{
    section->lease = lease;
    section->fd = fd;
    section->is_read_only = 0;
    section->own = NULL;
    section->max_size = front ? front->prefix.max_size : file_size;
    section->front = front;
    atomic_init(&section->size, file_size - data_offset(section));
}

xipcos_section *
posix_section_new(int fd, const posix_front *front, uint64_t file_size)
{
    size_t front_size = front ? sizeof *front : 0;
    xipcos_section *section = malloc(sizeof *section + front_size);

    if (!section) {
        return NULL;
    }
    if (front) {
        front = memcpy(section + 1, front, front_size);
    }
    section_init(section, fd, NULL, front, file_size);
    return section;
}

xipc_status posix_section_on(
    posix_lease *lease,
    int is_read_only,
    uint64_t file_size,
    xipcos_section **section_out)
{
    int fd = is_read_only ? lease->read_fd : lease->write_fd;
    xipcos_section *section;

    if (file_size <= POSIX_DATA_OFFSET) {
        posix_lease_release(lease);
        return xipcos_fault(XIPC_E_CORRUPT, 0, "it was cut short");
    }
    section =
        lease->is_section_taken ? malloc(sizeof *section) : &lease->section;
    if (!section) {
        posix_lease_release(lease);
        return posix_no_memory();
    }
    lease->is_section_taken = 1;
    section_init(section, fd, lease, &lease->front, file_size);
    section->is_read_only = is_read_only;
    *section_out = section;
    return XIPC_OK;
}

static void close_leased(xipcos_section *section)
{
    posix_lease *lease = section->lease;

    if (section == &lease->section) {
        lease->is_section_taken = 0;
    } else {
        free(section);
    }
    posix_lease_release(lease);
}

/* A process that has nothing named open keeps no end of a bell. */
static void rest_if_unused(void)
{
    if (!posix_lease_any()) {
        posix_ringer_rest();
    }
}

void xipcos_section_close(xipcos_section *section)
{
    if (!section) {
        return;
    }
    posix_leases_lock();
    if (section->lease) {
        close_leased(section);
        rest_if_unused();
        posix_leases_unlock();
        return;
    }
    posix_member_leave(section);
    rest_if_unused();
    posix_leases_unlock();
    posix_lease_close_any(section->fd);
    free(section);
}

const void *xipcos_section_head(const xipcos_section *section)
{
    return section->front ? section->front->head : NULL;
}

void *xipcos_section_room(xipcos_section *section)
{
    return section->room;
}

int xipcos_section_is_read_only(const xipcos_section *section)
{
    return section->is_read_only;
}

uint64_t xipcos_section_size(const xipcos_section *section)
{
    return atomic_load_explicit(
        &((xipcos_section *)section)->size, memory_order_relaxed);
}

uint64_t xipcos_section_max_size(const xipcos_section *section)
{
    return section->max_size;
}

intptr_t xipcos_section_native_handle(const xipcos_section *section)
{
    return section->fd;
}

/* Remembers a size that was seen, unless a larger one was seen meanwhile. */
static void remember_size(xipcos_section *section, uint64_t size)
{
    uint64_t seen = atomic_load_explicit(&section->size, memory_order_relaxed);

    while (seen < size && !atomic_compare_exchange_weak_explicit(
                              &section->size, &seen, size, memory_order_relaxed,
                              memory_order_relaxed)) {
    }
}

xipc_status xipcos_section_refresh(xipcos_section *section)
{
    uint64_t known = xipcos_section_size(section);
    uint64_t size = 0;
    struct stat file;

    if (fstat(section->fd, &file) < 0) {
        return posix_fault(errno, "looking at its size");
    }
    if ((uint64_t)file.st_size >= data_offset(section)) {
        size = (uint64_t)file.st_size - data_offset(section);
    }
    if (size < known) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0,
            "it was cut short from outside: it had %llu bytes, %llu are left",
            (unsigned long long)known, (unsigned long long)size);
    }
    if (section->front && size > section->max_size) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0,
            "it was lengthened from outside: %llu bytes, its limit is %llu",
            (unsigned long long)size, (unsigned long long)section->max_size);
    }
    remember_size(section, size);
    return XIPC_OK;
}

static xipc_status extend(xipcos_section *section, uint64_t size)
{
    uint64_t known;
    int os_error;
    xipc_status status = xipcos_section_refresh(section);

    known = xipcos_section_size(section);
    if (status != XIPC_OK || known >= size) {
        return status;
    }
    os_error = posix_memory_extend(
        section->fd, data_offset(section) + known, data_offset(section) + size,
        section->front &&
            (section->front->prefix.flags & POSIX_PREFIX_LAZY) != 0);
    if (os_error != 0) {
        return posix_extend_fault(
            os_error, section->fd, section->lease ? section->lease->path : NULL,
            size - known);
    }
    remember_size(section, size);
    return XIPC_OK;
}

xipc_status xipcos_section_grow(xipcos_section *section, uint64_t size)
{
    xipc_status status;

    assert(size <= section->max_size);
    if (section->is_read_only) {
        return xipcos_fault(XIPC_E_ACCESS, 0, "it was opened for reading only");
    }
    status = xipcos_member_claim(section);
    if (status != XIPC_OK) {
        return status;
    }
    status = extend(section, size);
    xipcos_member_unclaim(section);
    return status;
}

void xipcos_section_give_back(
    xipcos_section *section, uint64_t offset, uint64_t size)
{
    uint64_t from = data_offset(section) + offset;

    posix_memory_give_back(section->fd, from, from + size);
}

xipc_status
xipcos_section_reserve(xipcos_section *section, uint64_t offset, uint64_t size)
{
    uint64_t from = data_offset(section) + offset;
    int os_error = posix_memory_get_back(section->fd, from, from + size);

    return os_error == 0
               ? XIPC_OK
               : posix_extend_fault(
                     os_error, section->fd,
                     section->lease ? section->lease->path : NULL, size);
}

xipc_status xipcos_section_map(
    xipcos_section *section,
    uint64_t offset,
    size_t span,
    int is_writable,
    void **address_out)
{
    int protection = PROT_READ | (is_writable ? PROT_WRITE : 0);
    void *address = mmap(
        NULL, span, protection, MAP_SHARED, section->fd,
        (off_t)(data_offset(section) + offset));

    if (address == MAP_FAILED) {
        return posix_fault(errno, "mapping %zu bytes", span);
    }
#if defined(MADV_HUGEPAGE)
    if (section->front &&
        (section->front->prefix.flags & POSIX_PREFIX_HUGE) != 0) {
        madvise(address, span, MADV_HUGEPAGE); /* advice: it may be refused */
    }
#endif
    *address_out = address;
    return XIPC_OK;
}

void xipcos_section_unmap(void *address, size_t span)
{
    munmap(address, span);
}
