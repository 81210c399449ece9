/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A section of the operating system, shared by the handle that opened it and
 * by its maps: it is closed when the last of them lets go.
 */
#ifndef XIPC_CORE_MEMORY_H
#define XIPC_CORE_MEMORY_H

#include "os/os_section.h"

typedef struct xipci_memory xipci_memory;

/* One use, which belongs to the caller, of nothing yet. NULL: no memory. */
xipci_memory *xipci_memory_new(void);

/* Once, before anybody else uses it. Takes over `section`. */
void xipci_memory_fill(xipci_memory *memory, xipcos_section *section);

xipci_memory *xipci_memory_use(xipci_memory *memory);
void xipci_memory_drop(xipci_memory *memory);

xipcos_section *xipci_memory_section(const xipci_memory *memory);

#endif
