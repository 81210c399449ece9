/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every handle begins with, whatever its kind: the first member of each
 * handle's struct, so that a pointer to one is a pointer to the other.
 */
#ifndef XIPC_CORE_OBJECT_H
#define XIPC_CORE_OBJECT_H

#include <stdatomic.h>

#include <xipc/name.h>

typedef struct xipci_waitable xipci_waitable;
typedef struct xipci_heritage xipci_heritage;
typedef struct xipcos_other xipcos_other; /* os/os_other.h */

struct xipc_object {
    xipc_kind kind;
    xipc_scope scope;    /* who else can have it open */
    uint64_t fork_epoch; /* of the process that made the handle */
    /* Written by xipc_interrupt() and its clearing, read by every round of a
       wait. Sequentially consistent: who interrupts is a waker (park.h). */
    atomic_int is_interrupted;
    /* Ends the sleep of its calls; NULL: they only pause. */
    void (*wake)(xipc_object *object);
    /* What a poller may ask of it (waitable.h); NULL: it cannot be waited for.
       And the pollers it is in: guarded by the process's lock (poller.h). */
    const xipci_waitable *waitable;
    struct xipci_entry *entries;
    /* How it goes to a child (heritage.h); NULL: it cannot. */
    const xipci_heritage *heritage;
    /* Who is at the other end; NULL: it is not a connection. */
    xipc_status (*other)(const xipc_object *object, xipcos_other *other_out);
    char name[XIPC_NAME_MAX + 56]; /* for words to people; cut if native */
};

/* What an interrupt of it sets; NULL for NULL. */
static inline const atomic_int *
xipci_object_interrupts(const xipc_object *object)
{
    return object ? &object->is_interrupted : NULL;
}

void xipci_object_init(xipc_object *object, xipc_kind kind, const char *name);

/* Whether this process made the handle; it did not if it came by fork(). */
int xipci_object_is_own(const xipc_object *object);

/* XIPC_E_FORKED if this process did not make the handle. */
xipc_status xipci_object_check(const xipc_object *object);

/*
 * One round of a wait that has nothing to be woken by: XIPC_OK to look again,
 * else XIPC_E_CANCELED, XIPC_E_AGAIN or XIPC_E_TIMEOUT.
 */
xipc_status xipci_object_pause(
    const xipc_object *object, unsigned round, xipc_deadline deadline);

/* As xipci_fail() and xipci_relay(), with the object's own name. */
xipc_status xipci_object_fail(
    const xipc_object *object, xipc_status status, const char *why);
xipc_status xipci_object_relay(const xipc_object *object, xipc_status status);

#endif
