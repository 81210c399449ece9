/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static size_t count_of(const char *const *entries)
{
    size_t count = 0;

    while (entries[count]) {
        count++;
    }
    return count;
}

static int is_replaced(const char *entry, const char *const *entries)
{
    size_t size = strcspn(entry, "=");

    for (; *entries; entries++) {
        if (strcspn(*entries, "=") == size &&
            environment_is_name(entry, *entries, size)) {
            return 1;
        }
    }
    return 0;
}

char **environment_with(const char *const *entries)
{
    char **all = environment_read();
    size_t count = 0;

    for (char **from = all; *from; from++) {
        if (is_replaced(*from, entries)) {
            free(*from);
        } else {
            all[count++] = *from;
        }
    }
    all = memory_resize(
        (void *)all, (count + count_of(entries) + 1) * sizeof *all);
    for (; *entries; entries++) {
        if (strchr(*entries, '=')) {
            all[count++] = memory_text(*entries);
        }
    }
    all[count] = NULL;
    return all;
}

void environment_free(char **environment)
{
    for (char **at = environment; at && *at; at++) {
        free(*at);
    }
    free((void *)environment);
}
