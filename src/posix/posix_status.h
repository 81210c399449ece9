/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where errno becomes an xipc_status. */
#ifndef XIPC_POSIX_STATUS_H
#define XIPC_POSIX_STATUS_H

#include <xipc/base.h>

#include "os/os_fault.h"

/* Call it on the line after the failing call, before any cleanup. */
xipc_status xipcos_status(int os_error);

/*
 * The whole story of a failed call in one line: "<what>: <strerror>", with the
 * status that `os_error` stands for.
 */
xipc_status posix_fault(int os_error, const char *format, ...)
    XIPCOS_PRINTF(2, 3);

#endif
