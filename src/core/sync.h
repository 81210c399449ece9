/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mutex, semaphore, event and condition have in common: 128 bytes of
 * shared memory, found by a name or inside a section, and a spot to sleep at.
 */
#ifndef XIPC_CORE_SYNC_H
#define XIPC_CORE_SYNC_H

#include <stdatomic.h>

#include <xipc/sync.h>

#include "core/object.h"
#include "core/park.h"
#include "core/stand.h"
#include "core/watch.h"

/*
 * The shared part. `mark` is stored last by whoever makes it, release, and read
 * by whoever joins, acquire; `limit` never changes; the words are the kind's,
 * written and read by all, as told in its own file.
 */
typedef struct xipci_sync_body {
    alignas(8) _Atomic uint32_t mark; /* kind and layout version; 0: nothing */
    uint32_t limit; /* the semaphore's maximum, the event's mode */
    xipcos_spot spot;
    _Atomic uint32_t word;
    uint32_t unused;
    _Atomic uint64_t owner; /* the mutex's: a thread, and of which process */
    uint32_t unused_too[4];
    xipci_watch watch; /* of those that can be waited for in a poller */
} xipci_sync_body;

_Static_assert(sizeof(xipci_sync_body) == XIPC_SYNC_SIZE, "part of the layout");

/* What one is made with. */
typedef struct xipci_sync_plan {
    xipc_kind kind;
    uint32_t limit;
    uint32_t word;
} xipci_sync_plan;

/* The handle of each kind is one of these. */
typedef struct xipci_sync {
    xipc_object object;
    xipci_stand stand;
    xipci_sync_body *body;
    xipcos_park park;
    uint32_t limit;  /* a private copy, checked */
    uint32_t member; /* the mutex's: this process's number */
    /* The mutex's: its place among those that are open, see mutex.h. */
    struct xipci_sync *next;
    struct xipci_sync **link;
} xipci_sync;

struct xipc_mutex {
    xipci_sync sync;
};

struct xipc_semaphore {
    xipci_sync sync;
};

struct xipc_event {
    xipci_sync sync;
};

struct xipc_condition {
    xipci_sync sync;
};

/* The calls of sync.h, for any kind. `sync_out` is the caller's, unchecked. */
xipc_status xipci_sync_create(
    const xipci_sync_plan *plan,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out);
xipc_status xipci_sync_open(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out);
xipc_status xipci_sync_open_or_create(
    const xipci_sync_plan *plan,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out,
    int *created_out);
xipc_status xipci_sync_create_at(
    const xipci_sync_plan *plan,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipci_sync **sync_out);
xipc_status xipci_sync_open_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipci_sync **sync_out);
void xipci_sync_close(xipci_sync *sync);

/* Between the two ways to come to be (sync.c, sync_at.c) and not for others. */
xipci_sync *xipci_sync_new(xipc_kind kind, const char *name);
/* "XS", the kind and the layout version; or 0 for both. */
xipci_marks xipci_sync_marks(xipc_kind kind);

/* It stands somewhere, and `offset` is inside: maps the body. */
xipc_status xipci_sync_map(xipci_sync *sync, uint64_t offset);

/* With the claim and the body made: checks it and joins. */
xipc_status xipci_sync_join(xipci_sync *sync, uint64_t offset);

/* XIPC_E_INVALID for NULL, XIPC_E_FORKED. */
xipc_status xipci_sync_check(const xipci_sync *sync);

/* Records why a call on the object failed. */
xipc_status
xipci_sync_fail(const xipci_sync *sync, xipc_status status, const char *why);

/*
 * xipci_park_wait() at the object's spot; `what` it waited for is said when it
 * does not come: "it was locked".
 */
xipc_status xipci_sync_wait(
    xipci_sync *sync,
    xipci_attempt *attempt,
    void *context,
    int64_t slice_max,
    xipc_deadline deadline,
    const char *what);

#endif
