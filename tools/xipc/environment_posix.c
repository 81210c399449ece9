/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "environment.h"
#include "memory.h"

extern char **environ;

/* What has no name, and so could not be given on, is left out. */
char **environment_read(void)
{
    char **all = memory_resize(NULL, sizeof *all);
    size_t count = 0;

    for (char **from = environ; from && *from; from++) {
        const char *end = strchr(*from, '=');

        if (end && end != *from) {
            all = memory_resize((void *)all, (count + 2) * sizeof *all);
            all[count++] = memory_text(*from);
        }
    }
    all[count] = NULL;
    return all;
}

int environment_is_name(const char *one, const char *other, size_t size)
{
    return memcmp(one, other, size) == 0;
}
