/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same on every system. */
#include "stream.h"

#include <string.h>

int stream_is_standard(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

int64_t stream_fill(stream *self, void *buffer, size_t capacity)
{
    unsigned char *bytes = buffer;
    size_t size = 0;

    while (size < capacity) {
        int64_t got = stream_read(self, bytes + size, capacity - size);

        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        size += (size_t)got;
    }
    return (int64_t)size;
}
