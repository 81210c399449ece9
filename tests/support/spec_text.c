/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void spec_die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("spec: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

void spec_text_add_bytes(spec_text *text, const char *bytes, size_t size)
{
    char *grown = realloc(text->bytes, text->size + size + 1);

    if (!grown) {
        spec_die("no memory");
    }
    memcpy(grown + text->size, bytes, size);
    text->bytes = grown;
    text->size += size;
    grown[text->size] = '\0';
}

void spec_text_add(spec_text *text, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return;
    }
    if ((size_t)size >= sizeof line) {
        size = (int)sizeof line - 1;
    }
    spec_text_add_bytes(text, line, (size_t)size);
}

int spec_text_write(const spec_text *text, const char *path)
{
    FILE *file = fopen(path, "wb");
    int is_written =
        file && fwrite(text->bytes, 1, text->size, file) == text->size;

    return file && fclose(file) == 0 && is_written ? 0 : -1;
}

const char *spec_path_name(const char *path)
{
    const char *name = path;

    for (; *path; path++) {
        if (*path == '/' || *path == '\\') {
            name = path + 1;
        }
    }
    return name;
}

void spec_text_free(spec_text *text)
{
    free(text->bytes);
    text->bytes = NULL;
    text->size = 0;
}

const char *spec_text_of(const spec_text *text)
{
    return text->bytes ? text->bytes : "";
}

const char *spec_text_line(const char **rest, size_t *size_out)
{
    const char *line = *rest;

    if (*line == '\0') {
        return NULL;
    }
    *size_out = strcspn(line, "\n");
    *rest = line + *size_out + (line[*size_out] == '\n');
    return line;
}

int spec_text_has_line(const char *text, const char *line, size_t size)
{
    const char *candidate;
    size_t candidate_size;

    while ((candidate = spec_text_line(&text, &candidate_size)) != NULL) {
        if (candidate_size == size && memcmp(candidate, line, size) == 0) {
            return 1;
        }
    }
    return 0;
}

void spec_text_add_sentence(spec_text *text, const char *name)
{
    for (; *name; name++) {
        spec_text_add_bytes(text, *name == '_' ? " " : name, 1);
    }
}
