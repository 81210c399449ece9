/* SPDX-License-Identifier: Apache-2.0 */
/* glibc has two strerror_r(); this asks for the one in POSIX. */
#undef _GNU_SOURCE
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#endif

#include "posix/posix_status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

xipc_status xipcos_status(int os_error)
{
    switch (os_error) {
    case 0: return XIPC_OK;
    case EINVAL:
    case EBADF: return XIPC_E_INVALID;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EAGAIN: return XIPC_E_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return XIPC_E_NO_SPACE;
    case EEXIST: return XIPC_E_EXISTS;
    case ENOENT: return XIPC_E_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case ENOTDIR: return XIPC_E_ACCESS;
    case ETIMEDOUT: return XIPC_E_TIMEOUT;
    case EPIPE:
    case ECONNRESET: return XIPC_E_CLOSED;
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOLCK: return XIPC_E_NOT_SUPPORTED;
    default: return XIPC_E_OS;
    }
}

xipc_status posix_fault(int os_error, const char *format, ...)
{
    char what[XIPCOS_FAULT_TEXT_SIZE / 2];
    char reason[64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (strerror_r(os_error, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", os_error);
    }
    return xipcos_fault(
        os_error != 0 ? xipcos_status(os_error) : XIPC_E_OS, os_error, "%s: %s",
        what, reason);
}
