/* SPDX-License-Identifier: Apache-2.0 */
#include "whole.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "say.h"

#define SUFFIX ".part"

int whole_open(whole_file *self, const char *path)
{
    self->path = path;
    self->part = NULL;
    if (!stream_is_standard(path) && whole_is_file(path)) {
        size_t size = strlen(path);

        self->part = memory_resize(NULL, size + sizeof SUFFIX);
        memcpy(self->part, path, size);
        memcpy(self->part + size, SUFFIX, sizeof SUFFIX);
        /* What a killed one left, or a link to where nobody wants it. */
        whole_remove(self->part);
    }
    self->stream = stream_open_to_write(self->part ? self->part : path);
    if (!self->stream) {
        free(self->part);
        self->part = NULL;
        return code_of_failure();
    }
    if (self->part) {
        whole_protect(self->part, path);
    }
    return CODE_DONE;
}

int whole_finish(whole_file *self)
{
    int result = stream_close(self->stream);

    self->stream = NULL;
    if (result == 0 && self->part) {
        result = whole_place(self->part, self->path);
    }
    if (result < 0) {
        return code_of_failure();
    }
    free(self->part);
    self->part = NULL;
    return CODE_DONE;
}

void whole_drop(whole_file *self)
{
    (void)stream_close(self->stream);
    self->stream = NULL;
    if (self->part) {
        whole_remove(self->part);
    }
    free(self->part);
    self->part = NULL;
}
