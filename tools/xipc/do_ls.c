/* SPDX-License-Identifier: Apache-2.0 */
/* xipc ls, rm, sweep: what is there, and how it goes away. */
#include <inttypes.h>

#include "args.h"
#include "catalog.h"
#include "commands.h"
#include "say.h"

/* ---- ls ---- */

const field list_fields[] = {CATALOG_FIELDS, FIELD_END};

static void print_json(const catalog *all)
{
    json out = {stdout, 0};

    json_array_begin(&out, NULL);
    for (size_t at = 0; at < all->count; at++) {
        json_object_begin(&out, NULL);
        catalog_json(&out, &all->entries[at]);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_end(&out);
}

static void print_table(const catalog *all)
{
    table rows = {CATALOG_COLUMNS, catalog_right, NULL, 0};

    catalog_titles(&rows, list_fields);
    for (size_t at = 0; at < all->count; at++) {
        catalog_row(&rows, &all->entries[at]);
    }
    table_print(&rows);
}

int do_ls(char **operands, size_t count)
{
    catalog all;
    int code =
        catalog_read(&all, kind_chosen(), count > 0 ? operands[0] : NULL);

    if (common.is_json) {
        print_json(&all);
    } else {
        print_table(&all);
    }
    if (code == CODE_DONE && count > 0 && all.count == 0) {
        code = catalog_nobody(operands[0]);
    }
    catalog_free(&all);
    return code;
}

/* ---- rm ---- */

/* Which object is meant. Returns a code, after it said what is wrong. */
static int find_one(const char *name, xipc_kind *kind, xipc_scope *scope)
{
    catalog found;
    int code;

    *kind = kind_chosen();
    *scope = scope_chosen();
    if (is_native_name(name)) {
        return *kind ? CODE_DONE
                     : say_usage("%s: --kind must say what it is", name);
    }
    code = catalog_read(&found, kind_chosen(), name);
    if (code == CODE_DONE && found.count == 1) {
        *kind = found.entries[0].kind;
        *scope = found.entries[0].scope;
    } else if (code == CODE_DONE && found.count > 1) {
        code = say_usage(
            "%s: that many have this name: %zu; --kind and --scope choose one",
            name, found.count);
    } else if (code == CODE_DONE) {
        code = catalog_nobody(name);
    }
    catalog_free(&found);
    return code;
}

static int remove_one(const char *name, json *out)
{
    xipc_kind kind;
    xipc_scope scope;
    xipc_status status;
    int code = find_one(name, &kind, &scope);

    if (code != CODE_DONE) {
        return code;
    }
    status = xipc_remove(kind, name, scope, deadline_after(common.timeout));
    if (status != XIPC_OK) {
        return status == XIPC_E_NOT_SUPPORTED
                   ? say_remedy(
                         status, name, "xipc info tells how many have it")
                   : say_status(status, name);
    }
    if (common.is_json) {
        json_object_begin(out, NULL);
        json_text(out, "kind", xipc_kind_name(kind));
        json_text(out, "name", name);
        json_text(out, "scope", scope_name(scope));
        json_object_end(out);
    }
    return CODE_DONE;
}

int do_rm(char **operands, size_t count)
{
    json out = {stdout, 0};
    int code = CODE_DONE;

    if (common.is_json) {
        json_array_begin(&out, NULL);
    }
    for (size_t at = 0; at < count; at++) {
        int one = remove_one(operands[at], &out);

        code = code == CODE_DONE ? one : code;
    }
    if (common.is_json) {
        json_array_end(&out);
        json_end(&out);
    }
    return code;
}

/* ---- sweep ---- */

static xipc_status sweep_scope(xipc_scope scope, void *context)
{
    uint64_t *all = context;
    size_t removed = 0;
    xipc_status status = xipc_sweep(scope, &removed);

    if (status == XIPC_OK) {
        *all += removed;
    }
    return status;
}

int do_sweep(char **operands, size_t count)
{
    uint64_t removed = 0;
    int code;
    json out = {stdout, 0};

    (void)operands;
    (void)count;
    code = each_scope(sweep_scope, &removed);
    if (common.is_json) {
        json_object_begin(&out, NULL);
        json_number(&out, "removed", removed);
        json_object_end(&out);
        json_end(&out);
    } else {
        printf("%" PRIu64 " removed\n", removed);
    }
    return code;
}
