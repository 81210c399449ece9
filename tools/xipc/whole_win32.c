/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#include "say.h"
#include "system_win32.h"
#include "whole.h"

enum { PATH_CAPACITY = 32768 };

/* A device's full path begins so, also that of "NUL". */
static const wchar_t device[] = L"\\\\.\\";

int whole_is_file(const char *path)
{
    wchar_t *wide = win32_wide(path);
    wchar_t *full = malloc(PATH_CAPACITY * sizeof *full);
    int is_file = 1;

    if (wide && full && GetFullPathNameW(wide, PATH_CAPACITY, full, NULL) > 0) {
        is_file = wcsncmp(full, device, wcslen(device)) != 0;
    }
    free(full);
    free(wide);
    return is_file;
}

/* Its folder says who may read it. */
void whole_protect(const char *part, const char *path)
{
    (void)part;
    (void)path;
}

int whole_place(const char *part, const char *path)
{
    wchar_t *from = win32_wide(part);
    wchar_t *to = win32_wide(path);
    int result = 0;

    if (!from || !to || !MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING)) {
        char text[256];

        win32_error_text(GetLastError(), text, sizeof text);
        say("%s: %s", path, text);
        result = -1;
    }
    free(from);
    free(to);
    return result;
}

void whole_remove(const char *part)
{
    wchar_t *wide = win32_wide(part);

    if (wide) {
        (void)DeleteFileW(wide);
    }
    free(wide);
}
