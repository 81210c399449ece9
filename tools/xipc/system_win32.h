/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYSTEM_WIN32_H
#define SYSTEM_WIN32_H

#include <stddef.h>
#include <wchar.h>

/* UTF-8 to what the system takes; the caller frees. NULL: it is not UTF-8, or
 * no memory; GetLastError() tells. */
wchar_t *win32_wide(const char *text);

/* And back. */
char *win32_narrow(const wchar_t *wide);

/* What the system says of an error, in one line. */
void win32_error_text(unsigned long error, char *text, size_t capacity);

#endif
