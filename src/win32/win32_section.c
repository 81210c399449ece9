/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_section.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_clock.h"
#include "os/os_fault.h"
#include "os/os_random.h"
#include "win32/win32_crash.h"
#include "win32/win32_directory.h"
#include "win32/win32_gate.h"
#include "win32/win32_nt.h"
#include "win32/win32_pages.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define CREATE_ROUNDS_MAX 1000 /* about a second */

xipcos_section *win32_section_new(void)
{
    xipcos_section *section = calloc(1, sizeof *section);

    if (!section) {
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for its handle");
        return NULL;
    }
    section->data_offset = WIN32_DATA_OFFSET;
    return section;
}

void win32_section_release(xipcos_section *section)
{
    if (section->prefix) {
        UnmapViewOfFile(section->prefix);
        section->prefix = NULL;
    }
    win32_lease_drop(section->lease);
    section->lease = NULL;
    if (section->mapping) {
        CloseHandle(section->mapping);
        section->mapping = NULL;
    }
    if (section->file) {
        CloseHandle(section->file);
        section->file = NULL;
    }
    section->is_read_only = 0;
    section->is_reserved = 0;
    section->max_size = 0;
    atomic_store_explicit(&section->size, 0, memory_order_relaxed);
}

xipc_scope win32_section_lease_scope(xipc_scope scope, win32_kind kind)
{
    return kind == WIN32_KIND_TRANSIENT ? scope : XIPC_SCOPE_MACHINE;
}

xipc_status win32_section_kernel_name(
    const xipcos_section *section,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT])
{
    if (section->instance == 0) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "the system does not tell its full name");
    }
    win32_instance_name(
        section->kernel_scope, section->instance, tail, kernel_name);
    return XIPC_OK;
}

const char *
win32_section_others(const xipcos_section *section, const char *others)
{
    return section->scope == XIPC_SCOPE_MACHINE ? others : NULL;
}

static xipc_status map_prefix(xipcos_section *section, DWORD access)
{
    section->prefix =
        MapViewOfFile(section->mapping, access, 0, 0, WIN32_FIRST_SIZE);
    if (!section->prefix) {
        return win32_fault(GetLastError(), "cannot map its first page");
    }
    return XIPC_OK;
}

static xipc_status
fill_data(xipcos_section *section, const xipcos_section_plan *plan)
{
    xipc_status status;
    void *data = NULL;

    assert(plan->data_size <= plan->size);
    if (!plan->data || plan->data_size == 0) {
        return XIPC_OK;
    }
    status = xipcos_section_map(section, 0, plan->data_size, 1, &data);
    if (data) {
        memcpy(data, plan->data, plan->data_size);
        xipcos_section_unmap(data, plan->data_size);
    }
    return status;
}

xipc_status win32_section_write(
    xipcos_section *section, const xipcos_section_plan *plan, win32_kind kind)
{
    xipc_status status = map_prefix(section, FILE_MAP_WRITE);

    if (status == XIPC_OK) {
        status = fill_data(section, plan);
    }
    if (status != XIPC_OK) {
        return status;
    }
    section->kernel_scope = win32_section_lease_scope(section->scope, kind);
    section->instance = xipcos_random();
    section->is_reserved =
        kind != WIN32_KIND_PERSISTENT && plan->max_size > plan->size;
    section->max_size = plan->max_size;
    atomic_store_explicit(&section->size, plan->size, memory_order_relaxed);
    memcpy(section->head, plan->head, sizeof section->head);
    win32_layout_write(section->prefix, plan, kind, section->instance);
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

/* A half-made section that grows does not have its first page yet. */
static int has_first_page(const xipcos_section *section)
{
    MEMORY_BASIC_INFORMATION region;

    return VirtualQuery(section->prefix, &region, sizeof region) != 0 &&
           region.State == MEM_COMMIT;
}

xipc_status
win32_section_read(xipcos_section *section, win32_kind kind, int is_read_only)
{
    win32_section_facts facts;
    win32_claim claim = {0};
    xipc_status status = win32_nt_section(section->mapping, &facts);

    if (status != XIPC_OK) {
        return status;
    }
    if (facts.is_file_backed != (kind == WIN32_KIND_PERSISTENT)) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "a file stands behind it that must not");
    }
    status = map_prefix(section, is_read_only ? FILE_MAP_READ : FILE_MAP_WRITE);
    if (status != XIPC_OK) {
        return status;
    }
    if (has_first_page(section)) {
        win32_layout_read(section->prefix, &claim);
    }
    status = win32_layout_check(&claim, kind, facts.size);
    if (status != XIPC_OK) {
        return status;
    }
    if (facts.is_reserved) {
        status = win32_pages_check(
            section->mapping, 0, WIN32_DATA_OFFSET + claim.size);
        if (status != XIPC_OK) {
            return status;
        }
    }
    section->is_read_only = is_read_only;
    section->is_reserved = facts.is_reserved;
    section->max_size = claim.max_size;
    section->kernel_scope = win32_section_lease_scope(section->scope, kind);
    section->instance = claim.instance;
    atomic_store_explicit(&section->size, claim.size, memory_order_relaxed);
    memcpy(section->head, section->prefix->head, sizeof section->head);
    return XIPC_OK;
}

size_t xipcos_page_size(void)
{
    return WIN32_PAGE_SIZE;
}

size_t xipcos_map_granularity(void)
{
    return WIN32_DATA_OFFSET;
}

/* The other lifetime must not have the name either. */
static xipc_status create_at_gate(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipcos_section *section)
{
    xipc_status status = win32_persistent_exists(place);

    if (status == XIPC_OK) {
        return xipcos_fault(
            XIPC_E_EXISTS, 0, "a persistent object has the name");
    }
    if (status != XIPC_E_NOT_FOUND) {
        return status;
    }
    if (plan->lifetime == XIPC_TRANSIENT) {
        return win32_transient_create(place, plan, section);
    }
    if (win32_transient_exists(place)) {
        return xipcos_fault(
            XIPC_E_EXISTS, 0, "a transient object has the name");
    }
    return win32_persistent_create(place, plan, section);
}

/*
 * With the gate held. What nobody holds is gone in a moment, unless a program
 * that knows nothing of holders keeps it open: then it has the name.
 */
static xipc_status create_in_rounds(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section *section)
{
    xipc_status status = XIPC_OK;

    for (unsigned round = 0; status == XIPC_OK; round++) {
        status = create_at_gate(place, plan, section);
        if (status == XIPC_OK) {
            break;
        }
        win32_section_release(section);
        if (status != XIPC_E_AGAIN) {
            break;
        }
        if (round == CREATE_ROUNDS_MAX) {
            return xipcos_fault(
                XIPC_E_EXISTS, ERROR_ALREADY_EXISTS,
                "another program keeps the name of an object that is gone");
        }
        status = xipcos_clock_pause(round, deadline);
    }
    return status;
}

xipc_status xipcos_section_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section **section_out)
{
    xipcos_section *section = win32_section_new();
    xipc_status status;
    HANDLE gate;

    assert(plan->size > 0 && plan->size % WIN32_PAGE_SIZE == 0);
    assert(plan->max_size >= plan->size);
    if (!section) {
        return XIPC_E_NO_MEMORY;
    }
    if (plan->lifetime == XIPC_PERSISTENT) {
        win32_directory_sweep(place.scope);
    }
    status = win32_gate_enter(place, deadline, &gate);
    if (status != XIPC_OK) {
        goto free_section;
    }
    status = create_in_rounds(place, plan, deadline, section);
    win32_gate_leave(gate);
    if (status != XIPC_OK) {
        goto free_section;
    }
    *section_out = section;
    return XIPC_OK;

free_section:
    free(section);
    return status;
}

/* A persistent object needs no holder to exist, a transient one does. */
static xipc_status hold(xipcos_section *section, win32_kind kind)
{
    if (kind == WIN32_KIND_TRANSIENT) {
        return win32_lease_join(
            section->scope, section->instance, &section->lease);
    }
    return win32_lease_take(
        win32_section_lease_scope(section->scope, kind), section->instance,
        &section->lease);
}

/*
 * Looks for a section, then for a file. `is_at_gate` says that no living
 * process is making this name, so that a half-made section is nothing.
 */
static xipc_status open_once(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    int is_at_gate,
    xipcos_section *section)
{
    xipc_status status =
        win32_transient_attach(place, trust, is_read_only, section);

    if (status == XIPC_OK) {
        status = hold(section, WIN32_KIND_TRANSIENT);
    }
    if (status == XIPC_E_NOT_FOUND || (status == XIPC_E_AGAIN && is_at_gate)) {
        win32_section_release(section);
        status = win32_persistent_attach(place, trust, is_read_only, section);
        WIN32_CRASH_POINT();
        if (status == XIPC_OK) {
            status = hold(section, WIN32_KIND_PERSISTENT);
        }
    }
    if (status != XIPC_OK) {
        /* At once: even a look keeps what a dead creator left alive. */
        win32_section_release(section);
    }
    WIN32_CRASH_POINT();
    return status;
}

static xipc_status open_at_gate(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section *section)
{
    HANDLE gate;
    xipc_status status = win32_gate_enter(place, deadline, &gate);

    if (status != XIPC_OK) {
        return status;
    }
    status = open_once(place, trust, is_read_only, 1, section);
    win32_gate_leave(gate);
    return status;
}

static xipc_status not_found(void)
{
    return xipcos_fault(
        XIPC_E_NOT_FOUND, ERROR_FILE_NOT_FOUND, "nothing has that name");
}

xipc_status xipcos_section_open(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section **section_out)
{
    xipcos_section *section = win32_section_new();
    xipc_status status;
    unsigned round;

    if (!section) {
        return XIPC_E_NO_MEMORY;
    }
    section->scope = place.scope;
    status = open_once(place, trust, is_read_only, 0, section);
    for (round = 0; status == XIPC_E_AGAIN; round++) {
        status = open_at_gate(place, trust, is_read_only, deadline, section);
        if (status != XIPC_E_AGAIN || deadline == XIPC_NOW) {
            break;
        }
        status = xipcos_clock_pause(round, deadline);
        if (status == XIPC_OK) {
            status = XIPC_E_AGAIN;
        }
    }
    if (status != XIPC_OK) {
        free(section);
        return status == XIPC_E_NOT_FOUND ? not_found() : status;
    }
    *section_out = section;
    return XIPC_OK;
}

void xipcos_section_close(xipcos_section *section)
{
    int was_removed;

    if (!section) {
        return;
    }
    was_removed = section->file && win32_persistent_is_removed(section->file);
    WIN32_CRASH_POINT();
    win32_section_release(section);
    WIN32_CRASH_POINT();
    if (was_removed) {
        /* This may have been its last holder. */
        win32_directory_sweep(section->scope);
    }
    free(section);
}

const void *xipcos_section_head(const xipcos_section *section)
{
    return section->prefix ? section->head : NULL;
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
    /* Relaxed: see the field. */
    return atomic_load_explicit(&section->size, memory_order_relaxed);
}

uint64_t xipcos_section_max_size(const xipcos_section *section)
{
    return section->max_size;
}

/* Raises a size, never lowers it, whoever else raises it at the same time. */
static void raise_size(_Atomic uint64_t *size, uint64_t to, memory_order order)
{
    /* Relaxed: a wrong guess only costs another turn. */
    uint64_t seen = atomic_load_explicit(size, memory_order_relaxed);

    while (seen < to && !atomic_compare_exchange_weak_explicit(
                            size, &seen, to, order, memory_order_relaxed)) {
    }
}

xipc_status xipcos_section_refresh(xipcos_section *section)
{
    uint64_t seen = xipcos_section_size(section);
    uint64_t size;
    xipc_status status = XIPC_OK;

    if (!section->prefix) {
        return XIPC_OK; /* a native section has one size */
    }
    /* Acquire: pairs with the release in xipcos_section_grow(). */
    size = atomic_load_explicit(&section->prefix->size, memory_order_acquire);
    if (size < seen || size > section->max_size ||
        size % WIN32_PAGE_SIZE != 0) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "its size was scribbled on from outside");
    }
    if (section->is_reserved && size > seen) {
        status = win32_pages_check(
            section->mapping, WIN32_DATA_OFFSET + seen,
            WIN32_DATA_OFFSET + size);
    }
    if (status == XIPC_OK) {
        raise_size(&section->size, size, memory_order_relaxed);
    }
    return status;
}

xipc_status xipcos_section_grow(xipcos_section *section, uint64_t size)
{
    xipc_status status = xipcos_section_refresh(section);
    uint64_t seen = xipcos_section_size(section);

    assert(size <= section->max_size && size % WIN32_PAGE_SIZE == 0);
    if (section->is_read_only) {
        return xipcos_fault(XIPC_E_ACCESS, 0, "it was opened for reading only");
    }
    if (status != XIPC_OK || size <= seen) {
        return status;
    }
    /* A file has had all its room since it was made. */
    if (section->is_reserved) {
        status = win32_pages_commit(
            section->mapping, WIN32_DATA_OFFSET + seen,
            WIN32_DATA_OFFSET + size);
        if (status != XIPC_OK) {
            return status;
        }
    }
    WIN32_CRASH_POINT();
    /* Release: whoever sees the size sees the pages. */
    raise_size(&section->prefix->size, size, memory_order_release);
    WIN32_CRASH_POINT();
    return xipcos_section_refresh(section);
}

/* What a section has committed stays committed on this system. */
void xipcos_section_give_back(
    xipcos_section *section, uint64_t offset, uint64_t size)
{
    (void)section;
    (void)offset;
    (void)size;
}

xipc_status
xipcos_section_reserve(xipcos_section *section, uint64_t offset, uint64_t size)
{
    (void)section;
    (void)offset;
    (void)size;
    return XIPC_OK;
}

xipc_status xipcos_section_map(
    xipcos_section *section,
    uint64_t offset,
    size_t span,
    int is_writable,
    void **address_out)
{
    uint64_t from = section->data_offset + offset;
    void *address = MapViewOfFile(
        section->mapping, is_writable ? FILE_MAP_WRITE : FILE_MAP_READ,
        (DWORD)(from >> 32), (DWORD)(from & 0xffffffffU), span);

    if (!address) {
        return win32_fault(
            GetLastError(), "cannot map %" PRIu64 " bytes into this process",
            (uint64_t)span);
    }
    *address_out = address;
    return XIPC_OK;
}

void xipcos_section_unmap(void *address, size_t span)
{
    (void)span; /* a view goes as a whole */
    UnmapViewOfFile(address);
}

/* XIPC_E_AGAIN: a program of the system has the file for itself. */
static xipc_status remove_at_gate(xipcos_place place)
{
    xipc_status status = win32_persistent_remove(place);

    if (status != XIPC_E_NOT_FOUND) {
        return status;
    }
    if (win32_transient_exists(place)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "it is transient: its last holder ends it");
    }
    return not_found();
}

xipc_status xipcos_section_remove(xipcos_place place, xipc_deadline deadline)
{
    HANDLE gate;
    xipc_status status = win32_gate_enter(place, deadline, &gate);
    unsigned round;

    if (status != XIPC_OK) {
        return status;
    }
    for (round = 0;; round++) {
        status = remove_at_gate(place);
        if (status != XIPC_E_AGAIN) {
            break;
        }
        status = xipcos_clock_pause(round, deadline);
        if (status != XIPC_OK) {
            break;
        }
    }
    win32_gate_leave(gate);
    return status;
}
