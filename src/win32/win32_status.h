/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where GetLastError() becomes an xipc_status. */
#ifndef XIPC_WIN32_STATUS_H
#define XIPC_WIN32_STATUS_H

#include <wchar.h>

#include <xipc/base.h>

#include "os/os_fault.h"

/* Call it on the line after the failing call, before any cleanup. */
xipc_status xipcos_status(unsigned long os_error);

/*
 * The whole story of a failed call in one line: "<what>: <the system's words>",
 * with the status that `os_error` stands for.
 */
xipc_status win32_fault(unsigned long os_error, const char *format, ...)
    XIPCOS_PRINTF(2, 3);

/* The same with a status that this place knows better than the map. */
xipc_status win32_fault_as(
    xipc_status status, unsigned long os_error, const char *format, ...)
    XIPCOS_PRINTF(3, 4);

/*
 * For a call that wanted `asked` bytes from the page file: what reads like a
 * lack of memory is XIPC_E_NO_SPACE, with asked and free bytes in the text.
 */
xipc_status win32_space_fault(unsigned long os_error, uint64_t asked);

/*
 * A path as UTF-8 for a fault's text, without what lifts its length limit, and
 * with its end cut off where it is too long.
 * Takes the place of %ls, which knows only the C locale. It may change the
 * last error: read that first.
 */
typedef struct win32_utf8 {
    char text[208];
} win32_utf8;

win32_utf8 win32_utf8_of(const wchar_t *path);

#endif
