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

struct xipci_waitable {
    uint32_t events; /* XIPC_READABLE and the like: what it can be asked for */
    /* Those of its events that are the case now. What it reads of shared memory
       is read with sequential consistency. */
    uint32_t (*look)(xipc_object *object);
    /* Where the pollers of all processes stand in the shared memory. */
    xipci_watch *(*watch)(xipc_object *object);
    /* Makes whoever changes it look at the watch from now on; NULL: they do. */
    void (*prepare)(xipc_object *object);
};

/* Takes a handle that is being closed out of every poller. */
void xipci_poller_forget(xipc_object *object);

#endif
