/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mailbox whose messages lie in a queue of the system (os/os_queue.h).
 *
 * One with a name of ours has a companion, a small object in shared memory that
 * has the name, the members and the box's properties: the head of a mailbox
 * with a mark of its own and no blocks. The queue is made after the companion
 * has its name, and goes with it; see mailbox_native_make.c. Each of its
 * messages begins with a letter head of ours.
 *
 * One with a name of the system's is the queue alone, and a message is as
 * anybody has sent it.
 *
 * A queue gives a message away when it shows it. So one that was too long for
 * its receiver's buffer is held by his handle, in front of those in the queue.
 */
#ifndef XIPC_CORE_MAILBOX_NATIVE_H
#define XIPC_CORE_MAILBOX_NATIVE_H

#include "core/mailbox.h"
#include "core/mailbox_credit.h"
#include "os/os_queue.h"

/* In front of each message of a box with a companion; what any process wrote.
 * In the machine's own order, as a queue is one machine's. */
typedef struct xipci_letter_head {
    uint32_t mark;
    uint32_t type;
    uint32_t process;
    uint32_t user;
    int64_t sent_at;
    uint64_t number; /* where core counts (mailbox_credit.h); else 0 */
} xipci_letter_head;

#define XIPCI_LETTER_HEAD_SIZE 32
#define XIPCI_LETTER_MARK      UINT32_C(0x584c0001) /* "XL" and the version */

_Static_assert(
    sizeof(xipci_letter_head) == XIPCI_LETTER_HEAD_SIZE, "part of the layout");

/* What has become of a companion's queue; all else means that it is to be made.
 */
#define XIPCI_QUEUE_THERE  1
#define XIPCI_QUEUE_FAILED 2

/* Shared. `queue`: written by its maker alone. `maker`: that one's member
 * number, written with the claim; 0: nobody yet. `received`: messages that
 * were, of which each has its number. */
typedef struct xipci_native_head {
    xipci_box_head box;
    _Atomic uint32_t queue;
    _Atomic uint32_t maker;
    _Atomic uint64_t received;
    xipci_credit_body credit;
} xipci_native_head;

/* A message in this process's memory. */
typedef struct xipci_held {
    struct xipci_held *next;
    size_t size;
    uint32_t priority;
    unsigned char bytes[];
} xipci_held;

/* Beside a handle. The list of what is held: with the process's lock
 * (os_thread.h), and `held_count` is read by anybody to see whether it is worth
 * taking that. `spare`, exchanged: a buffer that nobody uses, or NULL. */
typedef struct xipci_native {
    xipcos_queue *queue;
    xipcos_queue_bounds bounds;
    xipci_native_head *head; /* NULL: no companion */
    size_t head_size;        /* of a letter */
    size_t letter_max;       /* bytes of the longest, with its head */
    xipci_held *held;
    _Atomic uint32_t held_count;
    xipci_held *_Atomic spare;
    xipci_credit credit;
    int has_credit;
    int is_maker; /* of the companion's queue */
} xipci_native;

extern const xipci_marks xipci_native_marks;

/* ---- mailbox_native_make.c ---- */

/* Whether that name and that provider go together, and are there.
 * XIPC_E_INVALID, XIPC_E_NOT_SUPPORTED. */
xipc_status
xipci_native_check(const char *name, const xipc_mailbox_options *options);

/* Of a new one: the options, the companion's head, and the memory for it. */
xipc_status xipci_native_plan(
    const char *name,
    const xipc_mailbox_options *options,
    xipci_native_head *head,
    xipcos_section_plan *memory);

/* The handle has a companion, which is mapped there; XIPC_E_NO_MEMORY. And
 * private copies of what never changes. */
xipc_status xipci_native_begin(xipc_mailbox *box);
xipc_status xipci_native_read_head(xipc_mailbox *box);

/* With the claim: its queue is for this handle to make, if it is for nobody
 * else who lives. */
void xipci_native_become_maker(xipc_mailbox *box);

/* Makes the companion's queue; joins it, which its maker may be about to make,
 * or have died before he could. */
xipc_status xipci_native_make(
    xipc_mailbox *box, xipc_access access, xipc_deadline deadline);
xipc_status xipci_native_meet(xipc_mailbox *box, xipc_deadline deadline);

/* A box under a name of the system's, in an empty handle. */
typedef xipc_status xipci_native_take(
    xipc_mailbox *box, const char *name, const xipc_mailbox_options *options);

xipci_native_take xipci_native_create;
xipci_native_take xipci_native_open;

/* Accepts NULL. */
void xipci_native_close(xipci_native *native);

/* Messages in the queue of the companion that is mapped at `head`. */
uint64_t xipci_native_depth_of(
    const xipcos_section *companion,
    const char *native_name,
    const xipci_native_head *head);

/* ---- mailbox_native.c ---- */

/* What a call waits for at the queue; `events` is one of them. */
typedef struct xipci_native_waiting {
    xipc_mailbox *box;
    xipci_attempt *attempt;
    void *context;
    xipci_lookout *lookout;
    uint32_t events;
} xipci_native_waiting;

/* There was an attempt, in vain: makes others, and sleeps between them. As
 * xipci_park_wait(), or XIPC_E_CLOSED. */
xipc_status
xipci_native_wait(const xipci_native_waiting *wait, xipc_deadline deadline);

static inline int xipci_native_holds(const xipci_native *native)
{
    return atomic_load_explicit(&native->held_count, memory_order_seq_cst) > 0;
}

/* The arguments are checked. */
xipc_status xipci_native_send(
    xipc_mailbox *box,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline);
/* XIPC_E_NOT_SUPPORTED: there are no blocks in it. */
xipc_status xipci_native_refuse(const xipc_mailbox *box);

uint64_t xipci_native_depth(const xipc_mailbox *box);

/* Ends the waits of this handle. */
void xipci_native_wake(xipc_mailbox *box);

/* What a poller may ask of such a handle. */
const xipci_waitable *xipci_native_waitable(const xipc_mailbox *box);

/* ---- mailbox_native_receive.c ---- */

/* XIPC_E_NOT_SUPPORTED: the system gives messages to its owner's handle only.
 */
xipc_status xipci_native_check_receiver(const xipc_mailbox *box);

typedef struct xipci_native_receiving {
    void *buffer;
    size_t capacity;
    size_t *size_out;
    xipc_envelope *envelope;
    xipc_deadline deadline;
} xipci_native_receiving;

xipc_status
xipci_native_receive(xipc_mailbox *box, const xipci_native_receiving *call);

#endif
