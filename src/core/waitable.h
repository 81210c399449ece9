/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a poller asks of an object: is it ready, and where can a bell be left.
 * A kind that can be waited for gives each of its handles one of these.
 */
#ifndef XIPC_CORE_WAITABLE_H
#define XIPC_CORE_WAITABLE_H

#include <xipc/poller.h>

#include "core/object.h"
#include "core/watch.h"

/* Of what `look` says: one direction may have hung up alone, which is no news
 * to who waits for the other one. So that is told with an event that was asked
 * for, or not at all. */
#define XIPCI_HUNG_UP_IS_HALF (UINT32_C(1) << 31)

struct xipci_waitable {
    uint32_t events; /* XIPC_READABLE and the like: what it can be asked for */
    /* Those of its events that are the case now. What it reads of shared memory
       is read with sequential consistency. */
    uint32_t (*look)(xipc_object *object);
    /* Where the pollers of all processes stand in the shared memory. NULL:
       there is none, and what is not said by `native` nobody else changes. */
    xipci_watch *(*watch)(xipc_object *object);
    /* Makes whoever changes it look at the watch from now on; NULL: they do. */
    void (*prepare)(xipc_object *object);
    /* A handle that the system can wait for, and which of `events` that tells:
       it is ready when `look` finds one of them. 0: none; NULL: never. Is asked
       once more for events that the first answer leaves out. */
    uint32_t (*native)(
        xipc_object *object, uint32_t events, intptr_t *native_out);
};

/* In this process the object may have become ready, and nobody rings: every
 * poller looks. Without the process's lock. */
void xipci_poller_stir(xipc_object *object);

/*
 * Around a call that changes the handles of `native`, or what `watch` gives,
 * and likewise: if another process has what one was before, the system goes on
 * waiting for that, and nobody can tell it any more to leave it.
 */
void xipci_poller_let_go(xipc_object *object);
void xipci_poller_take_up(xipc_object *object);

/* Takes a handle that is being closed out of every poller. */
void xipci_poller_forget(xipc_object *object);

#endif
