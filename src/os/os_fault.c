/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One per thread: written by its failing calls, read by its own questions. */
static _Thread_local int64_t fault_native_error;
static _Thread_local char fault_text[XIPCOS_FAULT_TEXT_SIZE];

xipc_status
xipcos_fault(xipc_status status, int64_t native_error, const char *format, ...)
{
    int saved_errno = errno;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault_text, sizeof fault_text, format, arguments);
    va_end(arguments);
    fault_native_error = native_error;
    errno = saved_errno;
    return status;
}

void xipcos_fault_subject(const char *format, ...)
{
    int saved_errno = errno;
    char sentence[XIPCOS_FAULT_TEXT_SIZE];
    va_list arguments;
    size_t size;

    memcpy(sentence, fault_text, sizeof sentence);
    va_start(arguments, format);
    vsnprintf(fault_text, sizeof fault_text, format, arguments);
    va_end(arguments);
    size = strlen(fault_text);
    snprintf(
        fault_text + size, sizeof fault_text - size, ": %.*s",
        (int)(sizeof fault_text - size), sentence);
    errno = saved_errno;
}

const char *xipcos_fault_text(void)
{
    return fault_text;
}

int64_t xipcos_fault_native_error(void)
{
    return fault_native_error;
}
