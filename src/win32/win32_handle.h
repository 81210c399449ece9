/* SPDX-License-Identifier: Apache-2.0 */
/* What a handle of the caller's is, and what waiting does to it, found out
 * without waiting. */
#ifndef XIPC_WIN32_HANDLE_H
#define XIPC_WIN32_HANDLE_H

#include <xipc/base.h>

#include "win32/win32_system.h"

/* Whether it can be one of the system's. Negative numbers stand for this
 * process and the like; so does one more, since Windows 95. */
static inline int win32_is_handle(HANDLE handle)
{
    return (intptr_t)handle > 0 && (intptr_t)handle != 0x7fffffff;
}

/*
 * `*is_constant_out`: that a wait was let through changes nothing, and whether
 * it would be can be asked again. 0 where that is not known.
 *
 * XIPC_E_INVALID        it is no open handle
 * XIPC_E_NOT_SUPPORTED  it cannot be waited for, or only by its future owner
 */
xipc_status win32_handle_check(HANDLE handle, int *is_constant_out);

#endif
