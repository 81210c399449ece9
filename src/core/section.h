/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle, which its maps use as well: closing it ends the caller's use, and
 * the last use ends the hold on the memory. It stands in the room of the native
 * section (xipcos_section_room()) and ends with it.
 */
#ifndef XIPC_CORE_SECTION_H
#define XIPC_CORE_SECTION_H

#include <stdatomic.h>

#include <xipc/section.h>

#include "core/object.h"
#include "os/os_section.h"

struct xipc_section {
    xipc_object object;
    /* The caller's own and one for each map. Any thread adds and drops. A drop
       releases what the thread did with the memory, and the last one acquires
       it all before it closes. */
    atomic_uint use_count;
    xipcos_section *native;
};

/* Its handle, in its room; also of an object of another kind. */
xipc_section *
xipci_section_over(xipcos_section *native, const char *name, xipc_scope scope);

void xipci_section_use(xipc_section *section);
void xipci_section_drop(xipc_section *section);

#endif
