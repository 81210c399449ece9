/* SPDX-License-Identifier: Apache-2.0 */
#include "core/poller.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

static xipci_entry **bucket_of(const xipc_poller *poller, intptr_t native)
{
    uint64_t bits = (uint64_t)native * UINT64_C(0x9e3779b97f4a7c15);

    return &poller->buckets[(uint32_t)(bits >> 32) & (poller->capacity - 1)];
}

static void put_in_bucket(xipci_entry *entry)
{
    xipci_entry **bucket = bucket_of(entry->poller, entry->native);

    entry->next_in_bucket = *bucket;
    *bucket = entry;
}

/* A native handle that was indexed is in its bucket, and others are not. */
static void take_from_bucket(const xipci_entry *entry)
{
    xipci_entry **at = bucket_of(entry->poller, entry->native);

    while (*at && *at != entry) {
        at = &(*at)->next_in_bucket;
    }
    if (*at) {
        *at = entry->next_in_bucket;
    }
}

static void fill_buckets(xipc_poller *poller)
{
    for (uint32_t token = 1; token < poller->capacity; token++) {
        if (poller->table[token] && !poller->table[token]->object) {
            put_in_bucket(poller->table[token]);
        }
    }
}

/* Twice the room. 0: no memory, and all is as it was. */
static int grow(xipc_poller *poller)
{
    uint32_t before = poller->capacity;
    uint32_t capacity = before ? before * 2 : CAPACITY_FIRST;
    xipci_entry **buckets = calloc(capacity, sizeof(xipci_entry *));
    xipci_entry **table =
        buckets ? realloc(poller->table, capacity * sizeof(xipci_entry *))
                : NULL;

    if (!table) {
        free(buckets);
        return 0;
    }
    memset(table + before, 0, (capacity - before) * sizeof(xipci_entry *));
    free(poller->buckets);
    poller->table = table;
    poller->buckets = buckets;
    poller->capacity = capacity;
    fill_buckets(poller);
    return 1;
}

/* There is room. */
static uint32_t free_token(const xipc_poller *poller)
{
    uint32_t token = poller->last_token;

    do {
        token = token + 1 < poller->capacity ? token + 1 : 1;
    } while (poller->table[token]);
    return token;
}

xipci_entry *xipci_entry_new(xipc_poller *poller, uint32_t events, void *cookie)
{
    xipci_entry *entry;

    /* Half of the table stays free, so that a free token is near. */
    if (poller->count >= poller->capacity / 2 &&
        (poller->capacity > XIPCOS_TOKEN_MAX / 2 || !grow(poller))) {
        return NULL;
    }
    entry = calloc(1, sizeof *entry);
    if (!entry) {
        return NULL;
    }
    entry->poller = poller;
    entry->events = events;
    entry->cookie = cookie;
    entry->token = free_token(poller);
    poller->last_token = entry->token;
    poller->table[entry->token] = entry;
    poller->count++;
    return entry;
}

void xipci_entry_free(xipci_entry *entry)
{
    xipci_entry_cool(entry);
    if (!entry->object) {
        take_from_bucket(entry);
    }
    entry->poller->table[entry->token] = NULL;
    entry->poller->count--;
    free(entry);
}

void xipci_entry_index_native(xipci_entry *entry, intptr_t native)
{
    entry->native = native;
    put_in_bucket(entry);
}

xipci_entry *xipci_entry_of_native(const xipc_poller *poller, intptr_t native)
{
    xipci_entry *entry = NULL;

    if (poller->capacity > 0) {
        entry = *bucket_of(poller, native);
    }
    while (entry && entry->native != native) {
        entry = entry->next_in_bucket;
    }
    return entry;
}

xipci_entry *xipci_entry_of_token(const xipc_poller *poller, uint32_t token)
{
    return token < poller->capacity ? poller->table[token] : NULL;
}

void xipci_entry_heat(xipci_entry *entry)
{
    xipc_poller *poller = entry->poller;

    if (entry->is_hot) {
        return;
    }
    entry->is_hot = 1;
    entry->next_hot = NULL;
    entry->hot_link = poller->hot_end;
    *poller->hot_end = entry;
    poller->hot_end = &entry->next_hot;
    poller->hot_count++;
}

void xipci_entry_cool(xipci_entry *entry)
{
    xipc_poller *poller = entry->poller;

    if (!entry->is_hot) {
        return;
    }
    entry->is_hot = 0;
    *entry->hot_link = entry->next_hot;
    if (entry->next_hot) {
        entry->next_hot->hot_link = entry->hot_link;
    } else {
        poller->hot_end = entry->hot_link;
    }
    poller->hot_count--;
}
