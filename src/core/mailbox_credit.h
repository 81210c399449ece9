/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capacity of a native box whose system does not keep to one: how many
 * messages were sent, and how many of them were taken, in the companion.
 *
 *     sender, with the lock                      receiver
 *     1  sent - taken < capacity?                1  gets a message
 *     2  number = the larger of both, plus 1     2  hands it out
 *     3  writes the message, with its number     3  taken = its number,
 *     4  sent = number                              if that is more
 *
 * Nothing has to be repaired, wherever anybody dies. Before 3 nothing was sent
 * or counted. Between 3 and 4 a message is in the box that is not counted, and
 * the next one may get the same number: until both are taken there may be one
 * message more than the capacity allows. A receiver that dies ends the box.
 *
 * The lock is held across the write, which must not wait. So numbers come out
 * of the system's queue in order.
 *
 * The model is mailbox_credit.pml.
 */
#ifndef XIPC_CORE_MAILBOX_CREDIT_H
#define XIPC_CORE_MAILBOX_CREDIT_H

#include "core/lock.h"
#include "core/watch.h"

/*
 * Shared; all zeros is a box that nothing was sent to. `sent`: written with the
 * lock, read by all. `taken`: only raised, by the receiver's process, by
 * compare and exchange. Both sequentially consistent: who changes them is a
 * waker of those in the box's watch, and who raises `taken` also of those who
 * sleep at `room`.
 */
typedef struct xipci_credit_body {
    xipci_lock_body lock;
    _Atomic uint64_t sent;
    _Atomic uint64_t taken;
    xipcos_spot room;
} xipci_credit_body;

_Static_assert(sizeof(xipci_credit_body) == 56, "part of the layout");

/* A process's own end of one. All zeros is one that closes cleanly. */
typedef struct xipci_credit {
    xipci_credit_body *body;
    xipci_watch *watch; /* the box's; set by whoever opens it */
    xipci_lock lock;
    xipcos_park room;
    uint32_t capacity;
    /* When the kernel was last asked whether the box's owner lives. Relaxed:
       asking twice does no harm. */
    _Atomic int64_t asked_at;
} xipci_credit;

/* `body` stands `offset` bytes into the data of `native`, which is mapped there
 * and outlives the credit; `member` is this process's number in it. */
xipc_status xipci_credit_open(
    xipci_credit *credit,
    xipci_credit_body *body,
    uint64_t offset,
    xipcos_section *native,
    uint32_t member,
    uint32_t capacity);
void xipci_credit_close(xipci_credit *credit);

/* Gives the message to the system, without waiting. XIPC_E_AGAIN: it takes none
 * at the moment. */
typedef xipc_status xipci_credit_write(void *context, uint64_t number);

/* XIPC_OK, or XIPC_E_CLOSED: the owner is gone. `is_thorough`: whatever he
 * says, ask the kernel. */
typedef xipc_status xipci_credit_ask(void *context, int is_thorough);

typedef struct xipci_credit_call {
    xipci_credit_write *write;
    xipci_credit_ask *ask;
    void *context;
} xipci_credit_call;

/*
 * Sends when there is room. What `write` or `ask` said; or, without a fault,
 *
 * XIPC_E_AGAIN     `deadline` is XIPC_NOW and there is no room
 * XIPC_E_TIMEOUT   there was none until `deadline`
 * XIPC_E_CANCELED  xipc_interrupt() of `object`
 */
xipc_status xipci_credit_send(
    xipci_credit *credit,
    const xipc_object *object,
    const xipci_credit_call *call,
    xipc_deadline deadline);

/* The receiver has handed out the message of that number, whatever that is: it
 * is what another process wrote. */
void xipci_credit_taken(xipci_credit *credit, uint64_t number);

/* Sent and not taken, about. */
uint64_t xipci_credit_depth(const xipci_credit_body *body);

int xipci_credit_has_room(const xipci_credit *credit);

/* Ends all sleeps, in every process, so that they look again. */
void xipci_credit_wake(xipci_credit *credit);

#endif
