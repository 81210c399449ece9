/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct fault_story {
    int64_t native_error;
    char text[XIPCOS_FAULT_TEXT_SIZE];
} fault_story;

/* Each thread's own: the fault last met, and the failure last returned. */
static _Thread_local fault_story met;
static _Thread_local fault_story returned;

xipc_status
xipcos_fault(xipc_status status, int64_t native_error, const char *format, ...)
{
    int saved_errno = errno;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(met.text, sizeof met.text, format, arguments);
    va_end(arguments);
    met.native_error = native_error;
    errno = saved_errno;
    return status;
}

xipc_status xipcos_fault_words(xipc_status status, const char *const *words)
{
    size_t size = 0;

    for (; *words; words++) {
        size_t more = strlen(*words);

        if (more > sizeof met.text - 1 - size) {
            more = sizeof met.text - 1 - size;
        }
        memcpy(met.text + size, *words, more);
        size += more;
    }
    met.text[size] = '\0';
    met.native_error = 0;
    return status;
}

void xipcos_fault_subject(const char *format, ...)
{
    int saved_errno = errno;
    char sentence[XIPCOS_FAULT_TEXT_SIZE];
    va_list arguments;
    size_t size;

    memcpy(sentence, met.text, sizeof sentence);
    va_start(arguments, format);
    vsnprintf(met.text, sizeof met.text, format, arguments);
    va_end(arguments);
    size = strlen(met.text);
    snprintf(
        met.text + size, sizeof met.text - size, ": %.*s",
        (int)(sizeof met.text - size), sentence);
    errno = saved_errno;
}

const char *xipcos_fault_text(void)
{
    return met.text;
}

int64_t xipcos_fault_native_error(void)
{
    return met.native_error;
}

void xipcos_fault_return(void)
{
    returned = met;
}

const char *xipcos_returned_text(void)
{
    return returned.text;
}

int64_t xipcos_returned_native_error(void)
{
    return returned.native_error;
}
