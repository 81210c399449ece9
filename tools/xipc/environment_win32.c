/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include "environment.h"
#include "memory.h"
#include "system_win32.h"

/* The current folders of drives ("=C:=...") have no name, and stay behind. */
char **environment_read(void)
{
    char **all = memory_resize(NULL, sizeof *all);
    wchar_t *block = GetEnvironmentStringsW();
    size_t count = 0;

    for (const wchar_t *from = block; from && *from; from += wcslen(from) + 1) {
        char *text = *from == L'=' ? NULL : win32_narrow(from);

        if (text) {
            all = memory_resize((void *)all, (count + 2) * sizeof *all);
            all[count++] = text;
        }
    }
    if (block) {
        FreeEnvironmentStringsW(block);
    }
    all[count] = NULL;
    return all;
}

int environment_is_name(const char *one, const char *other, size_t size)
{
    return _strnicmp(one, other, size) == 0;
}
