/* SPDX-License-Identifier: Apache-2.0 */
/* What this process was given by the one that started it. */
#include "core/heritage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "os/os_spawn.h"
#include "os/os_thread.h"

/* One handle that nobody has claimed. */
typedef struct heirloom heirloom;

struct heirloom {
    heirloom *next;
    char kind;
    unsigned part; /* which of the object's handles it is */
    uint64_t facts;
    intptr_t native;
    char label[XIPC_NAME_MAX + 1];
};

/* Both guarded by the process's lock. */
static heirloom *unclaimed;
static int is_looked_up;

static xipc_status fail(xipc_status status, const char *label, const char *why)
{
    return xipcos_fault(
        status, 0, "label '%.*s': %s", XIPC_NAME_MAX, label, why);
}

xipc_status xipci_inherit_check_label(const char *label)
{
    size_t size;

    if (!label) {
        return xipci_invalid("a label is NULL");
    }
    size = xipci_name_legal_size(label, XIPC_NAME_MAX + 1);
    if (size == 0 || size > XIPC_NAME_MAX || label[size] != '\0' ||
        label[0] == '.' || label[0] == '-') {
        return fail(
            XIPC_E_NAME, label,
            "a label is 1 to 200 of A-Z a-z 0-9 . _ - and does not start with "
            ". or -");
    }
    return XIPC_OK;
}

void xipci_inherit_words(
    const char *label,
    const xipci_legacy *legacy,
    unsigned part,
    char words[XIPCI_LEGACY_WORDS_SIZE])
{
    snprintf(
        words, XIPCI_LEGACY_WORDS_SIZE, "%s:%c:%" PRIx64 ":%u", label,
        legacy->kind, legacy->facts, part);
}

/* Digits to the base, up to `end` and no further. */
static int read_number(const char *at, const char *end, int base, uint64_t *out)
{
    char digits[20];
    size_t size = (size_t)(end - at);
    char *stop;

    if (size == 0 || size >= sizeof digits) {
        return 0;
    }
    memcpy(digits, at, size);
    digits[size] = '\0';
    *out = strtoull(digits, &stop, base);
    return *stop == '\0';
}

/* They come from the environment, which anybody may have written. */
static int read_words(const char *at, const char *end, heirloom *read)
{
    const char *colon = memchr(at, ':', (size_t)(end - at));
    uint64_t part = 0;

    if (!colon || colon == at || colon - at > XIPC_NAME_MAX) {
        return 0;
    }
    memcpy(read->label, at, (size_t)(colon - at));
    at = colon + 1;
    if (end - at < 2 || at[1] != ':') {
        return 0;
    }
    read->kind = at[0];
    at += 2;
    colon = memchr(at, ':', (size_t)(end - at));
    if (!colon || !read_number(at, colon, 16, &read->facts) ||
        !read_number(colon + 1, end, 10, &part) ||
        part >= XIPCI_LEGACY_NATIVE_MAX) {
        return 0;
    }
    read->part = (unsigned)part;
    return xipci_inherit_check_label(read->label) == XIPC_OK;
}

/* With the lock. The link to the one with that part; NULL: there is none. */
static heirloom **find(const char *label, unsigned part)
{
    heirloom **link = &unclaimed;

    while (*link &&
           ((*link)->part != part || strcmp((*link)->label, label) != 0)) {
        link = &(*link)->next;
    }
    return *link ? link : NULL;
}

/* With the lock. What cannot be kept nobody can claim. */
static void keep(const char *words, size_t size, intptr_t native, void *context)
{
    heirloom *kept = calloc(1, sizeof *kept);

    (void)context;
    if (!kept || !read_words(words, words + size, kept) ||
        find(kept->label, kept->part)) {
        free(kept);
        return;
    }
    kept->native = native;
    kept->next = unclaimed;
    unclaimed = kept;
}

/* With the lock. */
static void look_up(void)
{
    if (!is_looked_up) {
        is_looked_up = 1;
        xipcos_gifts_visit(keep, NULL);
    }
}

static void take_out(heirloom **link, xipci_legacy *legacy)
{
    heirloom *taken = *link;

    *link = taken->next;
    legacy->natives[legacy->native_count++] = taken->native;
    free(taken);
}

/* With the lock. */
static xipc_status
take_all(const char *label, char kind, xipci_legacy *legacy_out)
{
    heirloom **link = find(label, 0);

    if (!link) {
        return fail(
            XIPC_E_NOT_FOUND, label,
            "nothing was given under it, or it was taken or closed");
    }
    if ((*link)->kind != kind) {
        return fail(
            XIPC_E_INCOMPATIBLE, label, "something else was given under it");
    }
    *legacy_out = (xipci_legacy){.kind = kind, .facts = (*link)->facts};
    while (link && legacy_out->native_count < XIPCI_LEGACY_NATIVE_MAX) {
        take_out(link, legacy_out);
        link = find(label, legacy_out->native_count);
    }
    return XIPC_OK;
}

xipc_status
xipci_inherit_claim(const char *label, char kind, xipci_legacy *legacy_out)
{
    xipc_status status = xipci_inherit_check_label(label);

    if (status != XIPC_OK) {
        return status;
    }
    xipcos_thread_lock();
    look_up();
    status = take_all(label, kind, legacy_out);
    xipcos_thread_unlock();
    return status;
}

void xipci_inherit_put_back(const char *label, const xipci_legacy *legacy)
{
    char words[XIPCI_LEGACY_WORDS_SIZE];

    xipcos_thread_lock();
    for (unsigned part = 0; part < legacy->native_count; part++) {
        xipci_inherit_words(label, legacy, part, words);
        keep(words, strlen(words), legacy->natives[part], NULL);
    }
    xipcos_thread_unlock();
}

static xipc_status
inherit_section(const char *label, xipc_section **section_out)
{
    xipci_legacy legacy = {.native_count = 0};
    xipc_status status;

    if (!section_out) {
        return xipci_invalid("section_out is NULL");
    }
    status = xipci_inherit_claim(label, XIPCI_LEGACY_SECTION, &legacy);
    if (status != XIPC_OK) {
        return status;
    }
    status = xipc_section_adopt(legacy.natives[0], section_out);
    if (status != XIPC_OK) {
        xipci_inherit_put_back(label, &legacy);
        return status;
    }
    xipcos_gift_close(legacy.natives[0]);
    return XIPC_OK;
}

xipc_status
xipc_inherited_section(const char *label, xipc_section **section_out)
{
    return xipci_answer(inherit_section(label, section_out));
}

static xipc_status
inherit_native(const char *label, xipc_native_handle *native_out)
{
    xipci_legacy legacy = {.native_count = 0};
    xipc_status status;

    if (!native_out) {
        return xipci_invalid("native_out is NULL");
    }
    status = xipci_inherit_claim(label, XIPCI_LEGACY_NATIVE, &legacy);
    if (status == XIPC_OK) {
        *native_out = legacy.natives[0];
    }
    return status;
}

xipc_status
xipc_inherited_native(const char *label, xipc_native_handle *native_out)
{
    return xipci_answer(inherit_native(label, native_out));
}
