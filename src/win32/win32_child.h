/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_WIN32_CHILD_H
#define XIPC_WIN32_CHILD_H

#include <stdatomic.h>

#include "os/os_spawn.h"
#include "win32/win32_system.h"

struct xipcos_child {
    HANDLE process;
    DWORD id;
    /* A manual event, set while a thread that waits is to look up; 0: none has
       waited yet. Made once, by whoever waits first. */
    atomic_intptr_t wake;
};

#endif
