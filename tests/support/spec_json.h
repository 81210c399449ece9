/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON, as strictly as it is written down, and finds things in it. */
#ifndef SPEC_JSON_H
#define SPEC_JSON_H

#include <stddef.h>

typedef enum spec_json_kind {
    SPEC_JSON_NULL,
    SPEC_JSON_BOOLEAN,
    SPEC_JSON_NUMBER,
    SPEC_JSON_TEXT,
    SPEC_JSON_LIST,
    SPEC_JSON_OBJECT
} spec_json_kind;

typedef struct spec_json {
    spec_json_kind kind;
    char *name; /* of a member of an object; else NULL */
    char *text; /* of a text, without quotes; else as it stands there */
    /* As it stands in what was read, with quotes, as long as that is there. */
    const char *raw;
    size_t raw_size;
    struct spec_json *first; /* of a list, or of an object */
    struct spec_json *next;  /* beside this one */
} spec_json;

/* NULL: it is no JSON, from the line `*line_out` on. */
spec_json *spec_json_read(const char *text, size_t *line_out);

/* Accepts NULL. */
void spec_json_free(spec_json *value);

/* The member of that name; NULL: none, or not an object, or NULL. */
const spec_json *spec_json_member(const spec_json *object, const char *name);

/* The value at a path of keys and indices: "0.name", "objects.2.depth". NULL:
 * there is none. */
const spec_json *spec_json_at(const spec_json *root, const char *path);

/* Its text; "" if it is missing, or not a text or a number. */
const char *spec_json_member_text(const spec_json *object, const char *name);

#endif
