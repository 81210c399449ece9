/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that are as wide as what is in them. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "say.h"

typedef struct table {
    size_t column_count;
    uint32_t right; /* bit n: column n is set to the right */
    char **cells;   /* row by row, the titles first */
    size_t count;
} table;

/* The next cell. */
void table_add(table *self, const char *format, ...) SAY_FORMAT(2, 3);

/* Prints it, frees its cells, and leaves it empty. */
void table_print(table *self);

/* The same, cut to what there is room for; how many rows are not shown is the
 * last line then. `lines` is 2 or more. */
void table_print_within(table *self, size_t columns, size_t lines);

#endif
