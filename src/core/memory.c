/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

struct xipci_memory {
    /* Any thread adds and drops. A drop releases what the thread did with the
       memory, and the last one acquires it all before it closes. */
    atomic_uint use_count;
    xipcos_section *section;
};

xipci_memory *xipci_memory_new(void)
{
    xipci_memory *memory = malloc(sizeof *memory);

    if (!memory) {
        return NULL;
    }
    atomic_init(&memory->use_count, 1);
    memory->section = NULL;
    return memory;
}

void xipci_memory_fill(xipci_memory *memory, xipcos_section *section)
{
    memory->section = section;
}

xipci_memory *xipci_memory_use(xipci_memory *memory)
{
    atomic_fetch_add_explicit(&memory->use_count, 1, memory_order_relaxed);
    return memory;
}

void xipci_memory_drop(xipci_memory *memory)
{
    if (atomic_fetch_sub_explicit(
            &memory->use_count, 1, memory_order_acq_rel) == 1) {
        xipcos_section_close(memory->section);
        free(memory);
    }
}

xipcos_section *xipci_memory_section(const xipci_memory *memory)
{
    return memory->section;
}
