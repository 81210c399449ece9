/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_CORE_PROCESS_HANDLE_H
#define XIPC_CORE_PROCESS_HANDLE_H

#include "core/object.h"
#include "os/os_spawn.h"

struct xipc_process {
    xipc_object object; /* its name is the program's */
    xipcos_child *child;
};

/* Without a child, which can be closed. NULL: no memory. */
xipc_process *xipci_process_new(const char *program);

#endif
