/* SPDX-License-Identifier: Apache-2.0 */
/* The environment that a program is started with. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stddef.h>

/*
 * This process's own with these entries instead of what it has under their
 * names: "NAME=value" each, or "NAME", which takes it out. NULL is at the end
 * of both. For environment_free().
 */
char **environment_with(const char *const *entries);
void environment_free(char **environment);

/* What this process has, as the system keeps it; a copy. */
char **environment_read(void);
/* Whether two names of `size` bytes are the same one to the system. */
int environment_is_name(const char *one, const char *other, size_t size);

#endif
