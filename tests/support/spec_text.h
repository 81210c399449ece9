/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows. All zeros is the empty text. */
#ifndef SPEC_TEXT_H
#define SPEC_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__MINGW32__) && !defined(__clang__)
#define SPEC_FORMAT(string, first) \
    __attribute__((format(gnu_printf, string, first)))
#elif defined(__GNUC__)
#define SPEC_FORMAT(string, first) \
    __attribute__((format(printf, string, first)))
#else
#define SPEC_FORMAT(string, first)
#endif

typedef struct spec_text {
    char *bytes; /* ends with a zero; NULL while empty */
    size_t size; /* without the zero */
} spec_text;

void spec_text_add(spec_text *text, const char *format, ...) SPEC_FORMAT(2, 3);
void spec_text_add_bytes(spec_text *text, const char *bytes, size_t size);
void spec_text_free(spec_text *text);

/* Never NULL. */
const char *spec_text_of(const spec_text *text);

/* The next line of `*rest`, with its size, and moves `*rest` behind it. NULL
 * when there is none. */
const char *spec_text_line(const char **rest, size_t *size_out);

/* One of the lines of `text` is exactly this. */
int spec_text_has_line(const char *text, const char *line, size_t size);

/* 0, or -1 if the file cannot be written. */
int spec_text_write(const spec_text *text, const char *path);

/* What a path has behind its folders. */
const char *spec_path_name(const char *path);

/* A sentence as people read it: `_` is a space. */
void spec_text_add_sentence(spec_text *text, const char *name);

/* Ends this process: no memory, or a file that cannot be written. */
_Noreturn void spec_die(const char *format, ...) SPEC_FORMAT(1, 2);

#endif
