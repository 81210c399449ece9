/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "args.h"
#include "figures.h"
#include "memory.h"
#include "say.h"

#define NS_PER_S 1000000000

const uint32_t catalog_right = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7;

const char *scope_name(xipc_scope scope)
{
    return scope == XIPC_SCOPE_MACHINE ? "machine" : "user";
}

const char *lifetime_name(xipc_lifetime lifetime)
{
    return lifetime == XIPC_PERSISTENT ? "persistent" : "transient";
}

static int is_chosen(xipc_scope scope)
{
    return common.scope < 0 || common.scope == SCOPE_ALL ||
           scope_chosen() == scope;
}

int each_scope(scope_visit *visit, void *context)
{
    static const xipc_scope scopes[] = {XIPC_SCOPE_USER, XIPC_SCOPE_MACHINE};
    int code = CODE_DONE;

    for (int at = 0; at < 2 && code == CODE_DONE; at++) {
        xipc_status status =
            is_chosen(scopes[at]) ? visit(scopes[at], context) : XIPC_OK;
        int is_extra = common.scope < 0 && scopes[at] == XIPC_SCOPE_MACHINE;

        if (status != XIPC_OK) {
            code = say_status(status, scope_name(scopes[at]));
            code = is_extra ? CODE_DONE : code;
        }
    }
    return code;
}

typedef struct gathering {
    catalog *catalog;
    const char *name;
    xipc_kind kind;
} gathering;

static int gather(const xipc_listing *listing, void *context)
{
    gathering *into = context;
    catalog *self = into->catalog;
    catalog_entry *entry;

    if ((into->kind && listing->kind != into->kind) ||
        (into->name && strcmp(into->name, listing->name) != 0)) {
        return 0;
    }
    self->entries =
        memory_resize(self->entries, (self->count + 1) * sizeof *self->entries);
    entry = &self->entries[self->count++];
    entry->kind = listing->kind;
    entry->scope = listing->scope;
    entry->lifetime = listing->lifetime;
    entry->is_stale = listing->is_stale;
    entry->name = memory_text(listing->name);
    entry->native_name = memory_text(listing->native_name);
    entry->provider = memory_text(listing->provider);
    entry->size = listing->size;
    entry->depth = listing->depth;
    entry->holder_count = listing->holder_count;
    entry->made_at = listing->made_at;
    entry->sent_count = listing->sent_count;
    return 0;
}

static xipc_status list_scope(xipc_scope scope, void *context)
{
    return xipc_list(scope, gather, context);
}

static int compare(const void *one, const void *other)
{
    const catalog_entry *a = one;
    const catalog_entry *b = other;

    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

int catalog_read(catalog *self, xipc_kind kind, const char *name)
{
    gathering into = {self, name, kind};
    int code;

    self->entries = NULL;
    self->count = 0;
    code = each_scope(list_scope, &into);
    if (self->count > 1) {
        qsort(self->entries, self->count, sizeof *self->entries, compare);
    }
    return code;
}

void catalog_free(catalog *self)
{
    for (size_t at = 0; at < self->count; at++) {
        free(self->entries[at].name);
        free(self->entries[at].native_name);
        free(self->entries[at].provider);
    }
    free(self->entries);
    self->entries = NULL;
    self->count = 0;
}

int catalog_nobody(const char *name)
{
    char native[XIPC_NATIVE_NAME_SIZE];
    xipc_status status = xipc_native_name(
        XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, native, sizeof native);

    if (status == XIPC_E_NAME) {
        say("%s: no legal name, which is 1 to %d of A-Z a-z 0-9 . _ -, the "
            "first neither . nor -",
            name, XIPC_NAME_MAX);
        return CODE_USAGE;
    }
    say("%s: nothing has that name; xipc ls shows what is there", name);
    return CODE_NOT_FOUND;
}

int catalog_has_depth(const catalog_entry *entry)
{
    return entry->kind == XIPC_KIND_MAILBOX || entry->kind == XIPC_KIND_RING ||
           entry->kind == XIPC_KIND_INBOX;
}

int catalog_counts_sent(const catalog_entry *entry)
{
    return entry->kind == XIPC_KIND_MAILBOX;
}

void catalog_titles(table *rows, const field *fields)
{
    for (; fields->name; fields++) {
        table_add(rows, "%s", fields->name);
    }
}

const char *catalog_age(const catalog_entry *entry, char *text)
{
    return figure_age(
        entry->made_at ? (int64_t)time(NULL) - entry->made_at / NS_PER_S : -1,
        text);
}

void catalog_row(table *rows, const catalog_entry *entry)
{
    char size[FIGURE_SIZE];
    char age[FIGURE_SIZE];

    table_add(rows, "%s", xipc_kind_name(entry->kind));
    table_add(rows, "%s", entry->name[0] ? entry->name : "?");
    table_add(rows, "%s", scope_name(entry->scope));
    table_add(rows, "%s", lifetime_name(entry->lifetime));
    table_add(rows, "%s", figure_bytes(entry->size, size));
    if (catalog_has_depth(entry)) {
        table_add(rows, "%" PRIu64, entry->depth);
    } else {
        table_add(rows, "-");
    }
    table_add(rows, "%" PRIu64, entry->holder_count);
    table_add(rows, "%s", catalog_age(entry, age));
    table_add(rows, "%s", entry->provider);
    table_add(rows, "%s", entry->is_stale ? "stale" : "-");
}

void catalog_json(json *out, const catalog_entry *entry)
{
    json_text(out, "kind", xipc_kind_name(entry->kind));
    json_text(out, "name", entry->name);
    json_text(out, "scope", scope_name(entry->scope));
    json_text(out, "lifetime", lifetime_name(entry->lifetime));
    json_text(out, "provider", entry->provider);
    json_text(out, "native_name", entry->native_name);
    json_number(out, "size", entry->size);
    if (catalog_has_depth(entry)) {
        json_number(out, "depth", entry->depth);
    } else {
        json_null(out, "depth");
    }
    if (catalog_counts_sent(entry)) {
        json_number(out, "sent", entry->sent_count);
    } else {
        json_null(out, "sent");
    }
    json_number(out, "holders", entry->holder_count);
    json_signed(out, "made_at", entry->made_at / NS_PER_S);
    json_truth(out, "stale", entry->is_stale);
}
