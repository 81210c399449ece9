/* SPDX-License-Identifier: Apache-2.0 */
/* An environment is one block of strings, sorted by their names without regard
 * to case, with an empty one at the end. */
#include <stdlib.h>
#include <string.h>

#include "win32/win32_status.h"
#include "win32/win32_system.h"
#include "win32/win32_words.h"

typedef struct block {
    wchar_t **entries; /* each its own memory */
    size_t count;
} block;

static xipc_status no_memory(void)
{
    xipcos_fault(
        XIPC_E_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY,
        "no memory for its environment");
    return XIPC_E_NO_MEMORY;
}

static void drop(block *self)
{
    for (size_t at = 0; at < self->count; at++) {
        free(self->entries[at]);
    }
    free(self->entries);
}

/* The system's own names begin with the sign. */
static int name_size(const wchar_t *entry)
{
    const wchar_t *sign = *entry ? wcschr(entry + 1, L'=') : NULL;

    return sign ? (int)(sign - entry) : (int)wcslen(entry);
}

static int compare(const void *one, const void *other)
{
    const wchar_t *first = *(wchar_t *const *)one;
    const wchar_t *second = *(wchar_t *const *)other;

    return CompareStringOrdinal(
               first, name_size(first), second, name_size(second), TRUE) -
           CSTR_EQUAL;
}

static int is_variable(const wchar_t *entry, const char *variable)
{
    for (; *variable; entry++, variable++) {
        if (towupper(*entry) != (wint_t)(unsigned char)*variable) {
            return 0;
        }
    }
    return 1;
}

/* Takes the entry over. */
static void keep(block *self, wchar_t *entry, const char *variable)
{
    if (is_variable(entry, variable)) {
        free(entry);
    } else {
        self->entries[self->count++] = entry;
    }
}

static xipc_status
take_given(block *self, const char *const *entries, const char *variable)
{
    size_t count = 0;

    while (entries[count]) {
        count++;
    }
    self->entries = calloc(count + 1, sizeof *self->entries);
    if (!self->entries) {
        return no_memory();
    }
    for (size_t at = 0; at < count; at++) {
        wchar_t *wide = NULL;
        xipc_status status = win32_wide_of(entries[at], &wide);

        if (status != XIPC_OK) {
            return status;
        }
        keep(self, wide, variable);
    }
    return XIPC_OK;
}

static xipc_status
take_from(block *self, const wchar_t *strings, const char *variable)
{
    size_t count = 0;

    for (const wchar_t *at = strings; *at; at += wcslen(at) + 1) {
        count++;
    }
    self->entries = calloc(count + 1, sizeof *self->entries);
    for (; self->entries && *strings; strings += wcslen(strings) + 1) {
        wchar_t *copy = _wcsdup(strings);

        if (!copy) {
            return no_memory();
        }
        keep(self, copy, variable);
    }
    return self->entries ? XIPC_OK : no_memory();
}

static xipc_status take_own(block *self, const char *variable)
{
    wchar_t *strings = GetEnvironmentStringsW();
    xipc_status status;

    if (!strings) {
        return no_memory();
    }
    status = take_from(self, strings, variable);
    FreeEnvironmentStringsW(strings);
    return status;
}

static xipc_status join(block *self, wchar_t **block_out)
{
    size_t size = 2; /* an empty one has two zeros, too */
    wchar_t *text;
    wchar_t *at;

    for (size_t index = 0; index < self->count; index++) {
        size += wcslen(self->entries[index]) + 1;
    }
    text = calloc(size, sizeof *text);
    if (!text) {
        return no_memory();
    }
    at = text;
    for (size_t index = 0; index < self->count; index++) {
        size = wcslen(self->entries[index]) + 1;
        wmemcpy(at, self->entries[index], size);
        at += size;
    }
    *block_out = text;
    return XIPC_OK;
}

xipc_status win32_environment_of(
    const char *const *entries,
    const char *variable,
    const char *value,
    wchar_t **block_out)
{
    block self = {NULL, 0};
    xipc_status status = entries ? take_given(&self, entries, variable)
                                 : take_own(&self, variable);

    if (status == XIPC_OK && value) {
        status = win32_wide_of(value, &self.entries[self.count]);
        self.count += status == XIPC_OK;
    }
    if (status == XIPC_OK) {
        qsort(self.entries, self.count, sizeof *self.entries, compare);
        status = join(&self, block_out);
    }
    drop(&self);
    return status;
}
