/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/failure.h"
#include "core/section.h"
#include "os/os_member.h"

xipc_status xipci_stand_check_place(
    xipc_kind kind,
    const xipc_section *section,
    uint64_t offset,
    unsigned alignment)
{
    xipc_status status;

    if (!section) {
        return xipci_invalid("the section is NULL");
    }
    status = xipci_object_check(&section->object);
    if (status != XIPC_OK) {
        return status;
    }
    if ((offset & (alignment - 1)) != 0) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SECTION, section->object.name,
            "a %s stands on a multiple of %u, not at %" PRIu64,
            xipc_kind_name(kind), alignment, offset);
    }
    if (xipcos_section_is_read_only(section->native)) {
        return xipci_fail(
            XIPC_E_ACCESS, XIPC_KIND_SECTION, section->object.name,
            "it was opened for reading only");
    }
    return XIPC_OK;
}

xipc_status xipci_stand_check_size(
    const xipc_section *section, uint64_t offset, uint64_t size)
{
    uint64_t there;
    xipc_status status = xipcos_section_refresh(section->native);

    if (status != XIPC_OK) {
        return xipci_object_relay(&section->object, status);
    }
    there = xipcos_section_size(section->native);
    if (offset >= there || there - offset < size) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SECTION, section->object.name,
            "%" PRIu64 " bytes from %" PRIu64 " on are not inside its %" PRIu64
            " bytes",
            size, offset, there);
    }
    return XIPC_OK;
}

void xipci_stand_name(const xipc_section *section, uint64_t offset, char *name)
{
    snprintf(
        name, XIPCI_STAND_NAME_SIZE, "%.200s at %" PRIu64,
        section->object.name[0] ? section->object.name : "anonymous section",
        offset);
}

void xipci_stand_in(xipci_stand *stand, xipc_section *section)
{
    xipci_section_use(section);
    stand->section = section;
    stand->native = section->native;
}

static void unmap(xipci_stand *stand)
{
    if (stand->address) {
        xipcos_section_unmap(stand->address, stand->span);
        stand->address = NULL;
    }
}

xipc_status xipci_stand_map(
    xipci_stand *stand,
    const xipc_object *object,
    uint64_t offset,
    size_t size,
    void **at_out)
{
    uint64_t base = offset & ~(uint64_t)(xipcos_map_granularity() - 1);
    size_t span = (size_t)(offset - base) + size;
    void *address;
    xipc_status status =
        xipcos_section_map(stand->native, base, span, 1, &address);

    if (status != XIPC_OK) {
        return xipci_object_relay(object, status);
    }
    unmap(stand);
    stand->address = address;
    stand->span = span;
    *at_out = (unsigned char *)address + (offset - base);
    return XIPC_OK;
}

xipc_status xipci_stand_claim(
    const xipci_stand *stand, const xipc_object *object, xipc_deadline deadline)
{
    xipc_status status = xipcos_member_claim(stand->native);

    for (unsigned round = 0; status == XIPC_E_AGAIN; round++) {
        status = xipci_object_pause(object, round, deadline);
        if (status != XIPC_OK) {
            return status;
        }
        status = xipcos_member_claim(stand->native);
    }
    return xipci_object_relay(object, status);
}

void xipci_stand_leave(xipci_stand *stand)
{
    unmap(stand);
    if (stand->section) {
        xipci_section_drop(stand->section);
        stand->section = NULL;
    } else {
        xipcos_section_close(stand->native);
    }
    stand->native = NULL;
}

#define IS_OURS(mark) ((mark) >> 24 == 0x58) /* 'X' */

xipc_status xipci_stand_find(
    const xipc_object *object,
    const _Atomic uint32_t *mark,
    const xipci_marks *marks)
{
    /* Acquire: pairs with the release of whoever made it. */
    uint32_t seen = atomic_load_explicit(mark, memory_order_acquire);

    if (seen == marks->made) {
        return XIPC_OK;
    }
    if (seen == 0) {
        return xipci_object_fail(object, XIPC_E_NOT_FOUND, "nothing is there");
    }
    if (seen == marks->making) {
        return xipci_object_fail(
            object, XIPC_E_NOT_FOUND, "its maker died making it");
    }
    if (!IS_OURS(seen)) {
        return xipci_object_fail(
            object, XIPC_E_CORRUPT, "what stands there makes no sense");
    }
    return xipci_object_fail(
        object, XIPC_E_INCOMPATIBLE,
        "another kind, or another layout version, stands there");
}

/* With the mark 0 nobody else looks at these bytes. */
static int is_blank(const _Atomic uint32_t *mark, size_t size)
{
    const volatile uint32_t *words = (const volatile uint32_t *)mark;
    uint32_t seen = 0;

    for (size_t at = 0; at < size / sizeof *words; at++) {
        seen |= words[at];
    }
    return seen == 0;
}

xipc_status xipci_stand_begin(
    const xipc_object *object,
    _Atomic uint32_t *mark,
    size_t size,
    const xipci_marks *marks)
{
    uint32_t seen = atomic_load_explicit(mark, memory_order_acquire);

    if (seen != marks->making && (seen != 0 || !is_blank(mark, size))) {
        return xipci_object_fail(
            object, XIPC_E_EXISTS, "the bytes there are not all zero");
    }
    /* The claim orders this among makers; joiners see the final one last. */
    atomic_store_explicit(mark, marks->making, memory_order_seq_cst);
    return XIPC_OK;
}

void xipci_stand_undo(
    _Atomic uint32_t *mark, size_t size, const xipci_marks *marks)
{
    atomic_store_explicit(mark, marks->making, memory_order_seq_cst);
    memset((void *)(mark + 1), 0, size - sizeof *mark);
    atomic_store_explicit(mark, 0, memory_order_release);
}
