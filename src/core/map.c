/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done with an open section: grow, look again, map. */
#include <stdlib.h>

#include "core/failure.h"
#include "core/section.h"

struct xipc_map {
    xipc_section *section;
    void *address;
    size_t span;  /* bytes of address space */
    int is_whole; /* follows the section's size, up to `span` */
};

xipc_object *xipc_section_object(xipc_section *section)
{
    return section ? &section->object : NULL;
}

void xipci_section_use(xipc_section *section)
{
    atomic_fetch_add_explicit(&section->use_count, 1, memory_order_relaxed);
}

void xipci_section_drop(xipc_section *section)
{
    /* Whoever has the only use need not say so. */
    if (atomic_load_explicit(&section->use_count, memory_order_acquire) == 1 ||
        atomic_fetch_sub_explicit(
            &section->use_count, 1, memory_order_acq_rel) == 1) {
        xipcos_section_close(section->native); /* with the handle */
    }
}

void xipc_section_close(xipc_section *section)
{
    if (section) {
        xipci_section_drop(section);
    }
}

uint64_t xipc_section_size(const xipc_section *section)
{
    return section ? xipcos_section_size(section->native) : 0;
}

uint64_t xipc_section_max_size(const xipc_section *section)
{
    return section ? xipcos_section_max_size(section->native) : 0;
}

static xipc_status check_section(const xipc_section *section)
{
    if (!section) {
        return xipci_invalid("the section is NULL");
    }
    return xipci_object_check(&section->object);
}

static xipc_status
fail(const xipc_section *section, xipc_status status, const char *what)
{
    return xipci_fail(
        status, XIPC_KIND_SECTION, section->object.name, "%s", what);
}

static xipc_status refresh(xipc_section *section, uint64_t *size_out)
{
    xipc_status status = check_section(section);

    if (status != XIPC_OK) {
        return status;
    }
    status = xipcos_section_refresh(section->native);
    if (status != XIPC_OK) {
        return xipci_object_relay(&section->object, status);
    }
    if (size_out) {
        *size_out = xipcos_section_size(section->native);
    }
    return XIPC_OK;
}

xipc_status xipc_section_refresh(xipc_section *section, uint64_t *size_out)
{
    return xipci_answer(refresh(section, size_out));
}

static int is_read_only(const xipc_section *section)
{
    return xipcos_section_is_read_only(section->native);
}

static xipc_status check_growth(const xipc_section *section, uint64_t size)
{
    uint64_t max_size = xipc_section_max_size(section);

    if (size == 0) {
        return fail(section, XIPC_E_INVALID, "the size is 0");
    }
    if (is_read_only(section)) {
        return fail(section, XIPC_E_ACCESS, "it was opened for reading only");
    }
    if (size > max_size) {
        return xipci_fail(
            XIPC_E_LIMIT, XIPC_KIND_SECTION, section->object.name,
            "%llu bytes asked for, it was created to grow to %llu",
            (unsigned long long)size, (unsigned long long)max_size);
    }
    return XIPC_OK;
}

/* Whole pages, but never more than the limit, which is at least `size` and,
 * for a foreign program's memory, need not be whole pages itself. */
static uint64_t round_up(uint64_t size, uint64_t max_size)
{
    uint64_t page_size = xipcos_page_size();

    if (size > max_size - max_size % page_size) {
        return max_size;
    }
    return (size + page_size - 1) / page_size * page_size;
}

static xipc_status
grow(xipc_section *section, uint64_t size, xipc_deadline deadline)
{
    xipc_status status = check_section(section);

    if (status == XIPC_OK) {
        status = check_growth(section, size);
    }
    if (status != XIPC_OK) {
        return status;
    }
    size = round_up(size, xipcos_section_max_size(section->native));
    for (unsigned round = 0;; round++) {
        status = xipcos_section_grow(section->native, size);
        if (status != XIPC_E_AGAIN) {
            return xipci_object_relay(&section->object, status);
        }
        status = xipci_object_pause(&section->object, round, deadline);
        if (status != XIPC_OK) {
            return status;
        }
    }
}

xipc_status
xipc_section_grow(xipc_section *section, uint64_t size, xipc_deadline deadline)
{
    return xipci_answer(grow(section, size, deadline));
}

size_t xipc_map_granularity(void)
{
    return xipcos_map_granularity();
}

static xipc_status
check_map(const xipc_section *section, uint64_t offset, uint32_t flags)
{
    if ((flags & ~(uint32_t)XIPC_MAP_WRITE) != 0) {
        return fail(section, XIPC_E_INVALID, "an unknown map flag");
    }
    if ((offset & (xipcos_map_granularity() - 1)) != 0) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SECTION, section->object.name,
            "offset %llu is not a multiple of xipc_map_granularity(), %zu",
            (unsigned long long)offset, xipcos_map_granularity());
    }
    if ((flags & XIPC_MAP_WRITE) != 0 && is_read_only(section)) {
        return fail(section, XIPC_E_ACCESS, "it was opened for reading only");
    }
    return XIPC_OK;
}

/*
 * How many bytes of address space the map takes. A whole map takes all that
 * the section may grow to, so that growth needs no other address.
 */
static xipc_status find_span(
    const xipc_section *section, uint64_t offset, size_t size, size_t *span_out)
{
    uint64_t section_size = xipc_section_size(section);
    uint64_t span = size;

    if (offset >= section_size || size > section_size - offset) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SECTION, section->object.name,
            "%llu bytes from %llu on are not inside its %llu bytes",
            (unsigned long long)size, (unsigned long long)offset,
            (unsigned long long)section_size);
    }
    if (size == 0) {
        span = offset == 0 ? xipc_section_max_size(section)
                           : section_size - offset;
    }
    if (span > SIZE_MAX) {
        return fail(
            section, XIPC_E_NO_MEMORY,
            "it does not fit into this process's address space; map ranges");
    }
    *span_out = (size_t)span;
    return XIPC_OK;
}

/* Takes over the mapped bytes, also when it fails. */
static xipc_status make_map(
    xipc_section *section,
    void *address,
    size_t span,
    int is_whole,
    xipc_map **map_out)
{
    xipc_map *map = malloc(sizeof *map);

    if (!map) {
        xipcos_section_unmap(address, span);
        return fail(section, XIPC_E_NO_MEMORY, "no memory for a handle");
    }
    xipci_section_use(section);
    map->section = section;
    map->address = address;
    map->span = span;
    map->is_whole = is_whole;
    *map_out = map;
    return XIPC_OK;
}

static xipc_status map_section(
    xipc_section *section,
    uint64_t offset,
    size_t size,
    uint32_t flags,
    xipc_map **map_out)
{
    void *address;
    size_t span = 0;
    xipc_status status = check_section(section);

    if (status != XIPC_OK) {
        return status;
    }
    if (!map_out) {
        return fail(section, XIPC_E_INVALID, "map_out is NULL");
    }
    status = check_map(section, offset, flags);
    if (status == XIPC_OK) {
        status = refresh(section, NULL);
    }
    if (status == XIPC_OK) {
        status = find_span(section, offset, size, &span);
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = xipcos_section_map(
        section->native, offset, span, (flags & XIPC_MAP_WRITE) != 0, &address);
    if (status != XIPC_OK) {
        return xipci_object_relay(&section->object, status);
    }
    return make_map(section, address, span, offset == 0 && size == 0, map_out);
}

xipc_status xipc_section_map(
    xipc_section *section,
    uint64_t offset,
    size_t size,
    uint32_t flags,
    xipc_map **map_out)
{
    return xipci_answer(map_section(section, offset, size, flags, map_out));
}

void *xipc_map_address(const xipc_map *map)
{
    return map ? map->address : NULL;
}

size_t xipc_map_size(const xipc_map *map)
{
    uint64_t section_size;

    if (!map) {
        return 0;
    }
    if (!map->is_whole) {
        return map->span;
    }
    section_size = xipcos_section_size(map->section->native);
    return section_size < map->span ? (size_t)section_size : map->span;
}

void xipc_map_close(xipc_map *map)
{
    if (!map) {
        return;
    }
    xipcos_section_unmap(map->address, map->span);
    xipci_section_drop(map->section);
    free(map);
}
