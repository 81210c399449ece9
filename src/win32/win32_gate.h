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

/* The same for what belongs to the object of that instance number. */
void win32_instance_name(
    xipc_scope scope,
    uint64_t instance,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT]);

/* One of the system's calls that make a kernel object or open it. */
typedef HANDLE
win32_maker(SECURITY_ATTRIBUTES *attributes, const wchar_t *kernel_name);

/*
 * Makes the kernel object of that name or opens it; `*is_new_out`, which may
 * be NULL, says which. `others` as in win32_security.h.
 *
 * XIPC_E_ACCESS  another user, or something of another kind, has the name
 */
xipc_status win32_kernel_make(
    win32_maker *make,
    const wchar_t *kernel_name,
    const char *others,
    HANDLE *object_out,
    int *is_new_out);

/*
 * XIPC_E_AGAIN    `deadline` is XIPC_NOW and somebody is at the gate
 * XIPC_E_TIMEOUT  somebody was at the gate until `deadline`
 * XIPC_E_ACCESS   another user made something under the gate's name
 */
xipc_status
win32_gate_enter(xipcos_place place, xipc_deadline deadline, HANDLE *gate_out);
void win32_gate_leave(HANDLE gate);

/* The same with a mutex of any name; win32_gate_leave() ends it. */
xipc_status win32_gate_enter_at(
    const wchar_t *kernel_name,
    const char *others,
    xipc_deadline deadline,
    HANDLE *gate_out);

#endif
