/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of kernel objects, and the gate of one name: a mutex that whoever
 * makes or removes the object of that name holds meanwhile.
 *
 * The kernel frees the gate of a process that dies at it, and the gate itself
 * vanishes when nobody is at it.
 */
#ifndef XIPC_WIN32_GATE_H
#define XIPC_WIN32_GATE_H

#include <xipc/base.h>

#include "os/os_section.h"
#include "win32/win32_system.h"

#define WIN32_KERNEL_NAME_COUNT 96

/* "Local\" or "Global\", `name`, `tail`. */
void win32_kernel_name(
    xipc_scope scope,
    const char *name,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT]);

/*
 * XIPC_E_AGAIN    `deadline` is XIPC_NOW and somebody is at the gate
 * XIPC_E_TIMEOUT  somebody was at the gate until `deadline`
 * XIPC_E_ACCESS   another user made something under the gate's name
 */
xipc_status
win32_gate_enter(xipcos_place place, xipc_deadline deadline, HANDLE *gate_out);
void win32_gate_leave(HANDLE gate);

#endif
