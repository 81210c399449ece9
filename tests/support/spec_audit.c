/* SPDX-License-Identifier: Apache-2.0 */
/* What a case may leave behind inside its process and in its names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_process.h"

typedef struct spec_handle {
    intptr_t number;
    char text[200];
} spec_handle;

struct spec_handles {
    spec_handle *items;
    size_t count;
    size_t capacity;
};

static void add_handle(intptr_t number, const char *text, void *context)
{
    spec_handles *handles = context;
    spec_handle *item;

    if (handles->count == handles->capacity) {
        size_t capacity = handles->capacity * 2 + 64;
        void *grown = realloc(handles->items, capacity * sizeof *item);

        if (!grown) {
            spec_die("no memory");
        }
        handles->items = grown;
        handles->capacity = capacity;
    }
    item = &handles->items[handles->count++];
    item->number = number;
    (void)snprintf(item->text, sizeof item->text, "%s", text);
}

spec_handles *spec_handles_take(void)
{
    spec_handles *handles = calloc(1, sizeof *handles);

    if (!handles) {
        spec_die("no memory");
    }
    spec_host_each_handle(add_handle, handles);
    return handles;
}

void spec_handles_free(spec_handles *handles)
{
    if (handles) {
        free(handles->items);
        free(handles);
    }
}

static int has_handle(const spec_handles *handles, const spec_handle *wanted)
{
    for (size_t index = 0; index < handles->count; index++) {
        const spec_handle *item = &handles->items[index];

        if (item->number == wanted->number &&
            strcmp(item->text, wanted->text) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Those that say the same, up to `last` (NULL: all), and are not in `others`.
 */
static size_t count_new(
    const spec_handles *handles,
    const spec_handles *others,
    const char *text,
    const spec_handle *last)
{
    size_t count = 0;

    for (size_t index = 0; index < handles->count; index++) {
        const spec_handle *item = &handles->items[index];

        count += strcmp(item->text, text) == 0 && !has_handle(others, item);
        if (item == last) {
            break;
        }
    }
    return count;
}

/*
 * Whether it is one of `handles` alone. Where the host opens handles late it
 * closes them late, too, as a pool does that has not been used for a while, and
 * opens others: as many of a kind as are gone may have come.
 */
static int is_new(
    const spec_handles *handles,
    const spec_handles *others,
    const spec_handle *item)
{
    return !has_handle(others, item) &&
           (!spec_host_opens_late() ||
            count_new(handles, others, item->text, item) >
                count_new(others, handles, item->text, NULL));
}

size_t spec_handles_compare(
    const spec_handles *before, const spec_handles *after, spec_text *text)
{
    size_t count = 0;

    for (size_t index = 0; index < after->count; index++) {
        const spec_handle *item = &after->items[index];

        if (is_new(after, before, item)) {
            spec_text_add(
                text, "handle %lld: %s\n", (long long)item->number, item->text);
            count++;
        }
    }
    for (size_t index = 0; index < before->count; index++) {
        const spec_handle *item = &before->items[index];

        if (is_new(before, after, item)) {
            spec_text_add(
                text, "handle %lld is gone, and was not the case's: %s\n",
                (long long)item->number, item->text);
            count++;
        }
    }
    return count;
}

static int look_at_name(const xipc_listing *listing, void *context)
{
    const int *may_leave_stale = context;
    const char *removed = "";

    if (listing->is_stale && *may_leave_stale) {
        return 0;
    }
    /* What makes no sense tells no name: it may be any other case's. */
    if (listing->name[0] == '\0') {
        return 0;
    }
    if (listing->lifetime == XIPC_PERSISTENT) {
        xipc_status status = xipc_remove(
            listing->kind, listing->name, listing->scope, xipc_after_ms(1000));

        removed = status == XIPC_OK ? ", removed now" : ", cannot be removed";
    }
    spec_left(
        "%s \"%s\" (%s scope, %s, %llu holders%s%s)",
        xipc_kind_name(listing->kind), listing->name,
        listing->scope == XIPC_SCOPE_USER ? "user" : "machine",
        listing->lifetime == XIPC_PERSISTENT ? "persistent" : "transient",
        (unsigned long long)listing->holder_count,
        listing->is_stale ? ", stale" : "", removed);
    return 0;
}

void spec_audit_names(void)
{
    int may_leave_stale = atomic_load(&spec_self.record->may_leave_stale);
    xipc_status status;

    status = xipc_list(XIPC_SCOPE_USER, look_at_name, &may_leave_stale);
    if (status != XIPC_OK) {
        spec_left(
            "names that cannot be listed: %s (%s)", xipc_status_name(status),
            xipc_detail());
    }
    status = xipc_list(XIPC_SCOPE_MACHINE, look_at_name, &may_leave_stale);
    if (status != XIPC_OK && status != XIPC_E_NOT_SUPPORTED &&
        status != XIPC_E_ACCESS) {
        spec_left(
            "names of the machine that cannot be listed: %s (%s)",
            xipc_status_name(status), xipc_detail());
    }
    atomic_store(&spec_self.record->is_audited, 1);
}
