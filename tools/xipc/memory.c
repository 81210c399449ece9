/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

void *memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);

    if (!memory) {
        say("no memory left for %zu bytes", size);
        exit(CODE_NO_ROOM);
    }
    return memory;
}

char *memory_text(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_resize(NULL, size), text, size);
}
