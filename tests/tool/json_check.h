/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON as strictly as it is written down, and finds things in it. */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stddef.h>

/* Whether all of `text` is one JSON value, and nothing else but blanks. */
int json_is_valid(const char *text);

/*
 * The value at `path` in `text`, as it stands there, in `value`; texts with
 * their quotes. A path is keys and indices: "0.name", "objects.2.depth". 0, or
 * -1 if there is none.
 */
int json_find(const char *text, const char *path, char *value, size_t capacity);

#endif
