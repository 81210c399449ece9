/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define GAP "  "

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

/* Returns the columns that are left of `room`. */
static size_t
print_cell(const table *self, size_t at, size_t width, size_t room)
{
    size_t column = at % self->column_count;
    int is_last = column + 1 == self->column_count;
    char text[CELL_SIZE + sizeof GAP];
    size_t size;

    if (self->right >> column & 1) {
        (void)snprintf(
            text, sizeof text, "%*s%s", (int)width, self->cells[at],
            is_last ? "" : GAP);
    } else if (is_last) {
        (void)snprintf(text, sizeof text, "%s", self->cells[at]);
    } else {
        (void)snprintf(
            text, sizeof text, "%-*s" GAP, (int)width, self->cells[at]);
    }
    size = strlen(text);
    size = size < room ? size : room;
    printf("%.*s", (int)size, text);
    return room - size;
}

static void
print_row(const table *self, size_t row, const size_t *widths, size_t columns)
{
    size_t room = columns;

    for (size_t column = 0; column < self->column_count; column++) {
        room = print_cell(
            self, row * self->column_count + column, widths[column], room);
    }
    printf("\n");
}

void table_print_within(table *self, size_t columns, size_t lines)
{
    size_t widths[COLUMN_MAX];
    size_t rows;
    size_t shown;

    assert(self->column_count > 0 && self->column_count <= COLUMN_MAX);
    assert(lines >= 2);
    rows = self->count / self->column_count;
    shown = rows > lines ? lines - 1 : rows;
    for (size_t column = 0; column < self->column_count; column++) {
        widths[column] = width_of(self, column);
    }
    for (size_t row = 0; row < shown; row++) {
        print_row(self, row, widths, columns);
    }
    if (shown < rows) {
        printf("... %zu more\n", rows - shown);
    }
    for (size_t at = 0; at < self->count; at++) {
        free(self->cells[at]);
    }
    free(self->cells);
    self->cells = NULL;
    self->count = 0;
}

void table_print(table *self)
{
    table_print_within(self, SIZE_MAX, SIZE_MAX);
}
