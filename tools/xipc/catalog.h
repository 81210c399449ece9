/* SPDX-License-Identifier: Apache-2.0 */
/* What xipc_list() tells, kept and sorted. */
#ifndef CATALOG_H
#define CATALOG_H

#include <xipc/xipc.h>

#include "args.h"
#include "json.h"
#include "table.h"

typedef struct catalog_entry {
    xipc_kind kind;
    xipc_scope scope;
    xipc_lifetime lifetime;
    int is_stale;
    char *name;
    char *native_name;
    char *provider;
    uint64_t size;
    uint64_t depth;
    uint64_t holder_count;
    int64_t made_at; /* nanoseconds since 1970; 0: nobody knows */
    uint64_t sent_count;
} catalog_entry;

typedef struct catalog {
    catalog_entry *entries;
    size_t count;
} catalog;

/* All objects of that kind (0: all) and name (NULL: all) in the scopes that
 * were chosen. Returns a code, after it said what failed. */
int catalog_read(catalog *self, xipc_kind kind, const char *name);
void catalog_free(catalog *self);

/* Nothing has that name, or it is none: says so, and returns the code. */
int catalog_nobody(const char *name);

/* Whether messages wait in what is of that kind, and whether it counts those
 * that are sent to it. */
int catalog_has_depth(const catalog_entry *entry);
int catalog_counts_sent(const catalog_entry *entry);

const char *scope_name(xipc_scope scope);
const char *lifetime_name(xipc_lifetime lifetime);

/* Calls `visit` for each scope that was chosen, as long as that returns
 * CODE_DONE. Where none was chosen, it is said if the machine's cannot be had,
 * and that is no failure. */
typedef xipc_status scope_visit(xipc_scope scope, void *context);
int each_scope(scope_visit *visit, void *context);

/* One entry as `xipc ls` shows it; the titles before the first, which are the
 * names of `fields`. */
enum { CATALOG_COLUMNS = 10 };
#define CATALOG_FIELDS                                                       \
    {"KIND", "what it is: section, mutex, mailbox, pipe, ..."},              \
        {"NAME", "what programs call it"},                                   \
        {"SCOPE", "whose names it is among: this user's, or the machine's"}, \
        {"LIFETIME", "transient: goes with its last holder; persistent"},    \
        {"SIZE", "memory or storage that it takes"},                         \
        {"DEPTH", "messages in it, or the bytes in a ring of bytes"},        \
        {"HOLDERS", "how many processes have it open"},                      \
        {"AGE", "how long ago it was made"},                                 \
        {"PROVIDER", "what it is made of on this system"},                   \
    {                                                                        \
        "STATE", "stale: left behind by killed processes, and cleared now"   \
    }
extern const uint32_t catalog_right;
void catalog_titles(table *rows, const field *fields);
/* Of FIGURE_SIZE bytes. */
const char *catalog_age(const catalog_entry *entry, char *text);
void catalog_row(table *rows, const catalog_entry *entry);

/* Its members; the object around them is the caller's. */
void catalog_json(json *out, const catalog_entry *entry);

#endif
