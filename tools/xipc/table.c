/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { CELL_SIZE = 512, COLUMN_MAX = 32 };

void table_add(table *self, const char *format, ...)
{
    char text[CELL_SIZE];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    self->cells =
        memory_resize(self->cells, (self->count + 1) * sizeof *self->cells);
    self->cells[self->count++] = memory_text(text);
}

static size_t width_of(const table *self, size_t column)
{
    size_t width = 0;

    for (size_t at = column; at < self->count; at += self->column_count) {
        size_t size = strlen(self->cells[at]);

        width = size > width ? size : width;
    }
    return width;
}

static void print_cell(const table *self, size_t at, size_t width)
{
    size_t column = at % self->column_count;
    int is_last = column + 1 == self->column_count;

    if (self->right >> column & 1) {
        printf("%*s", (int)width, self->cells[at]);
    } else if (is_last) {
        printf("%s", self->cells[at]);
    } else {
        printf("%-*s", (int)width, self->cells[at]);
    }
    printf("%s", is_last ? "\n" : "  ");
}

void table_print(table *self)
{
    size_t widths[COLUMN_MAX];

    assert(self->column_count > 0 && self->column_count <= COLUMN_MAX);
    for (size_t column = 0; column < self->column_count; column++) {
        widths[column] = width_of(self, column);
    }
    for (size_t at = 0; at < self->count; at++) {
        print_cell(self, at, widths[at % self->column_count]);
        free(self->cells[at]);
    }
    free(self->cells);
    self->cells = NULL;
    self->count = 0;
}
