/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an object stands: in shared memory of its own, found by a name, or in
 * the caller's section, at an offset. The kinds that can be either have one of
 * these in their handle.
 *
 * Calls that fail name the object, or the section, in front of the fault.
 */
#ifndef XIPC_CORE_STAND_H
#define XIPC_CORE_STAND_H

#include <stdatomic.h>

#include <xipc/section.h>

#include "core/object.h"
#include "os/os_section.h"

/* All zeros: nowhere, which can be left. */
typedef struct xipci_stand {
    xipc_section *section;  /* the caller's; NULL: it has a name */
    xipcos_section *native; /* the section's, or its own */
    void *address;          /* of the map */
    size_t span;
} xipci_stand;

/*
 * Whether `size` bytes of an object of that kind can stand there.
 *
 * XIPC_E_INVALID  NULL, off the alignment (a power of two), or not inside
 * XIPC_E_ACCESS   the section was opened for reading only
 * XIPC_E_FORKED, XIPC_E_CORRUPT
 */
xipc_status xipci_stand_check_place(
    xipc_kind kind,
    const xipc_section *section,
    uint64_t offset,
    unsigned alignment);
xipc_status xipci_stand_check_size(
    const xipc_section *section, uint64_t offset, uint64_t size);

/* What to call an object there: "jobs at 4096". */
#define XIPCI_STAND_NAME_SIZE 256
void xipci_stand_name(const xipc_section *section, uint64_t offset, char *name);

/* From now on the object's handle keeps the section. */
void xipci_stand_in(xipci_stand *stand, xipc_section *section);

/* Makes `size` bytes from `offset` on visible, instead of what was before.
 * They are inside. */
xipc_status xipci_stand_map(
    xipci_stand *stand,
    const xipc_object *object,
    uint64_t offset,
    size_t size,
    void **at_out);

/* Waits for the right to make or join something there (os/os_member.h). */
xipc_status xipci_stand_claim(
    const xipci_stand *stand,
    const xipc_object *object,
    xipc_deadline deadline);

void xipci_stand_leave(xipci_stand *stand);

/*
 * What stands in a section begins with a mark, which tells its kind and layout
 * version; those of all kinds begin with 'X'. Whoever makes it has the claim,
 * sets the mark to that of one being made first, and to its final value last,
 * release. So what bears the former while one has the claim was left by a maker
 * that died, and is nothing.
 */
typedef struct xipci_marks {
    uint32_t made;
    uint32_t making;
} xipci_marks;

/*
 * With the claim, or where nothing is made any more: whether the object is
 * there. Acquires what its maker wrote.
 *
 * XIPC_E_NOT_FOUND     nothing, or one half-made
 * XIPC_E_INCOMPATIBLE  another kind, or another layout version
 * XIPC_E_CORRUPT       what makes no sense
 */
xipc_status xipci_stand_find(
    const xipc_object *object,
    const _Atomic uint32_t *mark,
    const xipci_marks *marks);

/* With the claim, `size` bytes from the mark on: sets it to being made.
 * XIPC_E_EXISTS if these bytes are neither all zero nor half-made. */
xipc_status xipci_stand_begin(
    const xipc_object *object,
    _Atomic uint32_t *mark,
    size_t size,
    const xipci_marks *marks);

/* With the claim: nothing is there, as before. */
void xipci_stand_undo(
    _Atomic uint32_t *mark, size_t size, const xipci_marks *marks);

#endif
