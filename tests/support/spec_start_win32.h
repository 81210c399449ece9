/* SPDX-License-Identifier: Apache-2.0 */
/* Starting this program again with exactly the handles it is to have. */
#ifndef SPEC_START_WIN32_H
#define SPEC_START_WIN32_H

#include <windows.h>

#include "support/spec_text.h"

enum { SPEC_INHERIT_MAX = 8 };

typedef struct spec_start_plan {
    const char *const *arguments;       /* end with NULL */
    HANDLE standard[3];                 /* input, output, errors */
    HANDLE inherited[SPEC_INHERIT_MAX]; /* besides these; inheritable */
    DWORD inherited_count;
    DWORD flags; /* for CreateProcess() */
} spec_start_plan;

/* 0, or GetLastError(). */
DWORD spec_start_process(
    const spec_start_plan *plan, PROCESS_INFORMATION *started);

/* An inheritable copy; NULL if there is none to be had. */
HANDLE spec_inheritable_copy(HANDLE handle);

#endif
