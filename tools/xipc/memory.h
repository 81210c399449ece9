/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, or the program ends: it has no use for less. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* As realloc(). */
void *memory_resize(void *old, size_t size);
char *memory_text(const char *text);

#endif
