/* SPDX-License-Identifier: Apache-2.0 */
/* xipc info: all that is known of what has a name. */
#include <inttypes.h>

#include "args.h"
#include "catalog.h"
#include "commands.h"
#include "figures.h"
#include "say.h"

/* How long an object in the making is waited for. */
#define PATIENCE_MS 1000

/* What only who opens it learns. */
typedef struct details {
    xipc_status status; /* of opening it */
    int has_mailbox;
    uint32_t capacity;
    uint32_t message_max;
    uint32_t flags;
    uint64_t dropped;
    int has_section;
    uint64_t size;
    uint64_t max_size;
} details;

static void look_mailbox(const char *name, xipc_scope scope, details *seen)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box = NULL;

    options.naming.scope = scope;
    options.naming.trust = XIPC_TRUST_EVERYONE;
    seen->status =
        xipc_mailbox_open(name, &options, xipc_after_ms(PATIENCE_MS), &box);
    if (seen->status == XIPC_OK) {
        seen->has_mailbox = 1;
        seen->capacity = xipc_mailbox_capacity(box);
        seen->message_max = xipc_mailbox_message_max(box);
        seen->flags = xipc_mailbox_flags(box);
        seen->dropped = xipc_mailbox_dropped(box);
    }
    xipc_mailbox_close(box);
}

static void look_section(const char *name, xipc_scope scope, details *seen)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_section *section = NULL;

    options.naming.scope = scope;
    options.naming.trust = XIPC_TRUST_EVERYONE;
    options.flags = XIPC_SECTION_READ_ONLY;
    seen->status =
        xipc_section_open(name, &options, xipc_after_ms(PATIENCE_MS), &section);
    if (seen->status == XIPC_OK) {
        seen->has_section = 1;
        seen->size = xipc_section_size(section);
        seen->max_size = xipc_section_max_size(section);
    }
    xipc_section_close(section);
}

static details look(xipc_kind kind, const char *name, xipc_scope scope)
{
    details seen = {0};

    if (kind == XIPC_KIND_MAILBOX) {
        look_mailbox(name, scope, &seen);
    } else if (kind == XIPC_KIND_SECTION) {
        look_section(name, scope, &seen);
    }
    return seen;
}

typedef struct flag_name {
    uint32_t flag;
    const char *name;
} flag_name;

static const flag_name flag_names[] = {
    {XIPC_MAILBOX_FIXED_SIZE, "fixed-size"},
    {XIPC_MAILBOX_EXCLUSIVE, "exclusive"},
    {XIPC_MAILBOX_OWNED, "owned"},
    {XIPC_MAILBOX_ACKED, "acked"},
    {0, NULL}};

/* ---- for programs ---- */

static void mailbox_json(json *out, const details *seen)
{
    if (seen->capacity == XIPC_UNBOUNDED) {
        json_null(out, "capacity");
    } else {
        json_number(out, "capacity", seen->capacity);
    }
    json_number(out, "message_max", seen->message_max);
    json_number(out, "dropped", seen->dropped);
    json_array_begin(out, "flags");
    for (const flag_name *one = flag_names; one->name; one++) {
        if (seen->flags & one->flag) {
            json_text(out, NULL, one->name);
        }
    }
    json_array_end(out);
}

static void details_json(json *out, const details *seen)
{
    if (seen->has_mailbox) {
        mailbox_json(out, seen);
    }
    if (seen->has_section) {
        json_number(out, "size_now", seen->size);
        json_number(out, "max_size", seen->max_size);
    }
    if (seen->status != XIPC_OK) {
        json_text(out, "not_opened", xipc_status_name(seen->status));
    }
}

/* ---- for people ---- */

static void row(table *rows, const char *what, const char *value)
{
    table_add(rows, "  %s", what);
    table_add(rows, "%s", value);
}

static void row_number(table *rows, const char *what, uint64_t value)
{
    table_add(rows, "  %s", what);
    table_add(rows, "%" PRIu64, value);
}

static void row_bytes(table *rows, const char *what, uint64_t value)
{
    char text[FIGURE_SIZE];

    table_add(rows, "  %s", what);
    table_add(rows, "%s (%" PRIu64 ")", figure_bytes(value, text), value);
}

static void mailbox_rows(table *rows, const details *seen)
{
    if (seen->capacity == XIPC_UNBOUNDED) {
        row(rows, "capacity", "unbounded");
    } else {
        row_number(rows, "capacity", seen->capacity);
    }
    row_bytes(rows, "message max", seen->message_max);
    row_number(rows, "dropped", seen->dropped);
    for (const flag_name *one = flag_names; one->name; one++) {
        if (seen->flags & one->flag) {
            row(rows, "flag", one->name);
        }
    }
}

static void details_rows(table *rows, const details *seen)
{
    if (seen->has_mailbox) {
        mailbox_rows(rows, seen);
    }
    if (seen->has_section && seen->max_size != seen->size) {
        row_bytes(rows, "grows to", seen->max_size);
    }
    if (seen->status != XIPC_OK) {
        row(rows, "not opened", xipc_status_text(seen->status));
    }
}

static void print_entry(const catalog_entry *entry, const details *seen)
{
    table rows = {2, 0, NULL, 0};
    char age[FIGURE_SIZE];

    printf("%s %s\n", xipc_kind_name(entry->kind), entry->name);
    row(&rows, "scope", scope_name(entry->scope));
    row(&rows, "lifetime", lifetime_name(entry->lifetime));
    row(&rows, "provider", entry->provider);
    row(&rows, "native name", entry->native_name);
    row_bytes(&rows, "size", entry->size);
    if (catalog_has_depth(entry)) {
        row_number(&rows, "depth", entry->depth);
    }
    if (catalog_counts_sent(entry)) {
        row_number(&rows, "sent", entry->sent_count);
    }
    row_number(&rows, "holders", entry->holder_count);
    row(&rows, "age", catalog_age(entry, age));
    row(&rows, "stale", entry->is_stale ? "yes" : "no");
    details_rows(&rows, seen);
    table_print(&rows);
}

/* ---- the two ---- */

/* What the system lists nowhere is opened, and that is all there is to know. */
static int show_native(const char *name)
{
    xipc_kind kind = kind_chosen();
    details seen = look(kind, name, XIPC_SCOPE_USER);
    table rows = {2, 0, NULL, 0};
    json out = {stdout, 0};

    if (kind != XIPC_KIND_MAILBOX && kind != XIPC_KIND_SECTION) {
        return say_usage("%s: --kind must be mailbox or section", name);
    }
    if (seen.status != XIPC_OK) {
        return say_status(seen.status, name);
    }
    if (common.is_json) {
        json_array_begin(&out, NULL);
        json_object_begin(&out, NULL);
        json_text(&out, "kind", xipc_kind_name(kind));
        json_text(&out, "name", name);
        details_json(&out, &seen);
        json_object_end(&out);
        json_array_end(&out);
        json_end(&out);
        return CODE_DONE;
    }
    printf("%s %s\n", xipc_kind_name(kind), name);
    details_rows(&rows, &seen);
    table_print(&rows);
    return CODE_DONE;
}

static void show(const catalog *found)
{
    json out = {stdout, 0};

    if (common.is_json) {
        json_array_begin(&out, NULL);
    }
    for (size_t at = 0; at < found->count; at++) {
        const catalog_entry *entry = &found->entries[at];
        details seen = look(entry->kind, entry->name, entry->scope);

        if (!common.is_json) {
            print_entry(entry, &seen);
            continue;
        }
        json_object_begin(&out, NULL);
        catalog_json(&out, entry);
        details_json(&out, &seen);
        json_object_end(&out);
    }
    if (common.is_json) {
        json_array_end(&out);
        json_end(&out);
    }
}

int do_info(char **operands, size_t count)
{
    catalog found;
    int code;

    (void)count;
    if (is_native_name(operands[0])) {
        return show_native(operands[0]);
    }
    code = catalog_read(&found, kind_chosen(), operands[0]);
    if (found.count == 0 && code == CODE_DONE) {
        code = catalog_nobody(operands[0]);
    }
    if (found.count > 0 || common.is_json) {
        show(&found);
    }
    catalog_free(&found);
    return code;
}
