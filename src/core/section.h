/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_CORE_SECTION_H
#define XIPC_CORE_SECTION_H

#include <xipc/section.h>

#include "core/memory.h"
#include "core/object.h"

struct xipc_section {
    xipc_object object;
    xipci_memory *memory;
};

#endif
