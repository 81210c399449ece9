/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a poller: entries, found by token, by object, by native handle.
 *
 * One lock of the process (os_thread.h) guards all pollers' entries and lists.
 * It is never held while a thread sleeps.
 */
#ifndef XIPC_CORE_POLLER_H
#define XIPC_CORE_POLLER_H

#include <xipc/poller.h>

#include "core/object.h"
#include "core/waitable.h"
#include "os/os_poller.h"

typedef struct xipci_entry xipci_entry;

struct xipci_entry {
    xipc_poller *poller;
    uint32_t token; /* its index in the poller's table */
    uint32_t events;
    void *cookie;
    /* An object: */
    xipc_object *object; /* NULL: a native handle */
    xipci_watch *watch;
    unsigned place;
    int native_count; /* the system waits for so many of these too */
    int is_told;      /* and tells all that is asked for */
    intptr_t natives[2];
    xipci_entry *next_of_object; /* of all pollers' */
    /* A native handle: */
    intptr_t native;
    xipci_entry *next_in_bucket;
    /* An object that is not armed, because it may be ready, is hot. */
    int is_hot;
    xipci_entry *next_hot;
    xipci_entry **hot_link;
};

struct xipc_poller {
    xipc_object object;
    xipcos_poller *native;
    xipcos_bell *bell;  /* the native poller's */
    int is_driven;      /* another loop waits at its native handle */
    int is_native_turn; /* in the next answer they may fill all */
    unsigned waiter_count;
    int64_t look_around_at; /* not before this moment again */
    uint32_t cursor; /* the token looked at last, of those nobody rang for */
    uint32_t told_cursor; /* likewise, of those of which the system tells all */
    xipci_entry **table;  /* by token; NULL: free. [0] stays free */
    xipci_entry **buckets; /* native handles; as many as the table has */
    uint32_t capacity;     /* a power of two; 0: no table yet */
    uint32_t count;
    uint32_t watched_count; /* entries with an object */
    uint32_t last_token;    /* taken last */
    xipci_entry *hot;       /* those that are hot, in turn */
    xipci_entry **hot_end;
    size_t hot_count;
};

/* Records why a call on the poller failed. */
xipc_status xipci_poller_fail(xipc_status status, const char *why);

/* XIPC_E_INVALID for NULL, XIPC_E_FORKED. */
xipc_status xipci_poller_check(const xipc_poller *poller);

/* All that follow with the lock. */

/* A new entry, in the table and in no list. NULL: no memory, or no token. */
xipci_entry *
xipci_entry_new(xipc_poller *poller, uint32_t events, void *cookie);

/* Out of the table and of every list of the poller's, and freed. */
void xipci_entry_free(xipci_entry *entry);

void xipci_entry_index_native(xipci_entry *entry, intptr_t native);
xipci_entry *xipci_entry_of_native(const xipc_poller *poller, intptr_t native);

/* NULL if there is none with that token, which anybody may have sent. */
xipci_entry *xipci_entry_of_token(const xipc_poller *poller, uint32_t token);

/* To the end of those that are hot; out of them. Either may be so already. */
void xipci_entry_heat(xipci_entry *entry);
void xipci_entry_cool(xipci_entry *entry);

#endif
