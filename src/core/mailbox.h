/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mailbox: a head, two circles of numbers, and blocks with a message in each.
 *
 * There are two locks (core/lock.h). The senders' guards what is at the
 * entrance: free blocks, and the end of the circle `sent`. The receivers'
 * guards what is at the exit: the beginning of `sent`, a list for each
 * priority, and the end of the circle `returned`, through which blocks come
 * back. So a sender and a receiver do not wait for each other. Nobody has both
 * locks at once: who needs the other one gives up his own.
 *
 *      free --get--> SPARE, RESERVED --put--> SENT, in the circle `sent`
 *        ^                  |                  |
 *        | absorb           | give up          | move
 *        |                  v                  v
 *     RETURNED, in       (free)             QUEUED, in a priority's list
 *     the circle                               |
 *     `returned` <-- DONE <-- TAKING, TAKEN <--take
 *
 * A sender that copies has a SPARE block, which counts as room only when it is
 * sent; one that was asked to reserve has a RESERVED block, which counts. Of a
 * message that is received TAKING says that its receiver is still copying it,
 * TAKEN that he has seen it; DONE, which he sets without the lock, that he has
 * no use for it any more. With each message goes one round of either lock: with
 * the senders' a block is sent and the next one got; with the receivers' what
 * is DONE is returned and the next message taken.
 *
 * No message is copied under a lock: in those states the block is somebody's.
 *
 * What death leaves. Each block has one word, its state, that says where it is,
 * and where it is somebody's also whose. All else, lists, stacks, counts and
 * ends of circles, follows from the states; whoever inherits a lock makes what
 * it guards again from them (mailbox_repair.c). Each step above has one store
 * that decides it, that of the new state:
 *
 *     put      the number of the message, then the state, then the entry in the
 *              circle, then its end. Dead before the state: not sent, and a
 *              block of somebody dead. After it: sent, and the repair puts into
 *              the circle what is missing there.
 *     move     the state, the list, the entry's zero, then the circle's
 *              beginning. The repair sees from the state how far it went.
 *     take     out of the list, then the state. Dead between: it is QUEUED, and
 *              the repair puts it into its list.
 *     return   as put; absorb, as move.
 *
 * The states that belong to somebody are looked through by those who wait in
 * vain. SPARE and RESERVED of the dead become free. TAKING of the dead, whose
 * receiver was still copying, is QUEUED again as if nothing had been. TAKEN of
 * the dead was seen by its receiver: it ends there, or in a box with
 * XIPC_MAILBOX_ACKED is QUEUED again and marked.
 *
 * A number of a block that is read from shared memory is checked against the
 * blocks there are, a size against message_max; no loop is longer than the
 * blocks are many.
 *
 * The model is mailbox.pml.
 */
#ifndef XIPC_CORE_MAILBOX_H
#define XIPC_CORE_MAILBOX_H

#include <stdalign.h>
#include <stdatomic.h>

#include <xipc/mailbox.h>

#include "core/lock.h"
#include "core/look.h"
#include "core/mailbox_block.h"
#include "core/object.h"
#include "core/park.h"
#include "core/stand.h"
#include "core/watch.h"
#include "os/os_process.h"

#define XIPCI_BOX_LINES     128 /* two cache lines: they are fetched in pairs */
#define XIPCI_BOX_LIST_SIZE (XIPC_PRIORITY_MAX + 1)
#define XIPCI_BOX_NIL       UINT32_MAX

/* The entrance; all of it but what is said otherwise with its lock. Relaxed,
 * because the lock orders it. */
typedef struct xipci_box_senders {
    alignas(XIPCI_BOX_LINES) xipci_lock_body lock;
    /* Messages sent so far: where the next entry goes. Read by all. */
    _Atomic uint64_t tail;
    _Atomic uint64_t absorbed; /* blocks that came back */
    _Atomic uint32_t free;     /* the first of the stack; NIL */
    _Atomic uint32_t free_count;
    _Atomic uint32_t fresh; /* from here on blocks are in no stack, and free */
    _Atomic uint32_t reserved; /* RESERVED blocks, and SPARE ones */
    _Atomic uint32_t spare;
    _Atomic uint32_t credit; /* messages that surely have room */
    _Atomic uint32_t count;  /* blocks. Read by all */
} xipci_box_senders;

/* The exit; likewise. */
typedef struct xipci_box_receivers {
    alignas(XIPCI_BOX_LINES) xipci_lock_body lock;
    /* Entries moved so far. Read by all. */
    _Atomic uint64_t at;
    _Atomic uint64_t finished; /* blocks sent back */
    /* Messages that left the lists, less those that came again. Read by
       senders. */
    _Atomic uint64_t gone;
    _Atomic uint32_t queued; /* in the lists. Read by all */
    _Atomic uint32_t busy;   /* TAKING, TAKEN or DONE. Read by all */
    _Atomic uint32_t used;   /* bit n: the list of priority n is not empty */
    _Atomic uint32_t raised; /* the head's, when entries were moved last */
    _Atomic uint64_t taken;  /* a box of capacity 0: so many were taken */
    _Atomic uint64_t dropped;
    _Atomic uint32_t heads[XIPCI_BOX_LIST_SIZE];
    _Atomic uint32_t tails[XIPCI_BOX_LIST_SIZE];
} xipci_box_receivers;

/*
 * Shared. What is not atomic never changes. `owner` and `base`: see
 * mailbox_owner.c. `receiver`: which handle of which member is the exclusive
 * one, 0: nobody; taken by compare and exchange. `raised`: how many messages
 * with a priority above 0 were sent; written with the senders' lock, once the
 * message is there. While it does not change, what is still in the circle
 * `sent` comes after all that is in the lists: so those who have the lists need
 * not look there, at a line that senders write to.
 */
typedef struct xipci_box_head {
    alignas(XIPCI_BOX_LINES) _Atomic uint32_t mark; /* 0: nothing */
    uint32_t flags;
    uint32_t overflow;
    uint32_t capacity;
    uint32_t message_max;
    uint32_t entry_count; /* of each circle; a power of two */
    uint32_t first_count; /* blocks at first */
    uint32_t count_max;   /* blocks at last */
    uint64_t byte_max;    /* for words to people */
    _Atomic uint64_t owner;
    _Atomic uint64_t receiver;
    _Atomic uint64_t base;
    _Atomic uint32_t raised;
    uint32_t unused;
    xipci_box_senders senders;
    xipci_box_receivers receivers;
    alignas(XIPCI_BOX_LINES) xipcos_spot readable; /* receivers wait here, */
    alignas(XIPCI_BOX_LINES) xipcos_spot room;     /* senders for room, */
    alignas(XIPCI_BOX_LINES) xipcos_spot handover; /* and for a receiver */
    xipci_watch watch;
    _Atomic uint32_t waiting; /* receivers, about; see mailbox_sender.c */
    /* 1: a sender has found no block. Set with the senders' lock, cleared by
       receivers, who then keep none back. */
    _Atomic uint32_t starved;
} xipci_box_head;

#define XIPCI_BOX_HEAD_SIZE 1024
#define XIPCI_BOX_LEFT      (UINT64_C(1) << 31)
#define XIPCI_BOX_OWNER     (UINT32_C(0x7fffffff)) /* the member's number */

_Static_assert(
    sizeof(xipci_box_head) == XIPCI_BOX_HEAD_SIZE, "part of the layout");

/* The handle. */
struct xipc_mailbox {
    xipc_object object;
    xipci_stand stand;
    xipci_box_head *head; /* NULL: a queue under a name of the system's */
    struct xipci_native *native; /* NULL: the messages are in shared memory */
    _Atomic uint32_t *sent;
    _Atomic uint32_t *returned;
    unsigned char *blocks;
    /* Private copies, checked. */
    uint32_t flags;
    xipc_overflow overflow;
    uint32_t capacity;
    uint32_t message_max;
    uint32_t entry_mask;
    uint32_t first_count;
    uint32_t count_max;
    uint64_t byte_max;
    uint64_t blocks_at; /* offset of the first block */
    size_t stride;
    /* Blocks that are known to be inside: raised by any thread, relaxed. */
    _Atomic uint32_t known_count;
    uint32_t member;
    uint32_t serial; /* of this process's handles */
    uint32_t process;
    uint32_t user;
    uint64_t owner; /* the word, when it joined */
    int is_owner;
    _Atomic uint32_t held; /* reserved or taken. Relaxed: any thread */
    /* Blocks, or NIL, that a call of any thread left to the next one: SPARE,
       and DONE. Filled by exchange; `kept` emptied by exchange, `done` with the
       receivers' lock. */
    _Atomic uint32_t kept;
    _Atomic uint32_t done;
    _Atomic uint32_t refusals; /* relaxed: any thread */
    /* When its owner was last looked up. Relaxed: any thread. */
    _Atomic int64_t owner_seen_at;
    _Atomic int64_t reaped_at; /* likewise, as the next */
    _Atomic int64_t shrunk_at;
    xipci_lock senders;
    xipci_lock receivers;
    xipcos_park readable;
    xipcos_park room;
    xipcos_park handover;
    xipci_lookout sending;
    xipci_lookout receiving;
};

/* ---- whose it is: mailbox_owner.c ---- */

/* XIPC_E_INVALID for NULL, XIPC_E_FORKED, XIPC_E_CLOSED. */
xipc_status xipci_box_explain(xipc_mailbox *box);

static inline xipc_status xipci_box_check(xipc_mailbox *box)
{
    return box && box->object.fork_epoch == xipcos_fork_epoch() &&
                   (box->flags & XIPC_MAILBOX_OWNED) == 0
               ? XIPC_OK
               : xipci_box_explain(box);
}

/* The owner's end, or what is found of his death: for everybody. */
void xipci_box_end(xipc_mailbox *box);

/* XIPC_OK; XIPC_E_CLOSED: its owner has ended it. `is_thorough`: or died. */
xipc_status xipci_box_ask(xipc_mailbox *box, int is_thorough);

static inline xipc_status
xipci_box_ask_owner(xipc_mailbox *box, int is_thorough)
{
    return (box->flags & XIPC_MAILBOX_OWNED) == 0
               ? XIPC_OK
               : xipci_box_ask(box, is_thorough);
}

/* Records that it is over. */
xipc_status xipci_box_over(const xipc_mailbox *box);

/* With either lock: whether the box still is the one that this handle joined.
 */
static inline int xipci_box_is_over(const xipc_mailbox *box)
{
    return (box->flags & XIPC_MAILBOX_OWNED) != 0 &&
           atomic_load_explicit(&box->head->owner, memory_order_acquire) !=
               box->owner;
}

/* With the receivers' lock: whether it was sent to an owner before this one. */
static inline int
xipci_box_is_of_before(const xipc_mailbox *box, const xipci_box_block *block)
{
    return atomic_load_explicit(&block->sequence, memory_order_relaxed) <=
           atomic_load_explicit(&box->head->base, memory_order_acquire);
}

/* What of the box that stands in these bytes a listing shows; `depth` is 0 if
 * that cannot be seen. */
void xipci_box_describe(
    const xipcos_section *native,
    const void *bytes,
    size_t room,
    xipc_listing *listing);

/* Records why a call on the box failed. */
xipc_status
xipci_box_fail(const xipc_mailbox *box, xipc_status status, const char *why);
xipc_status xipci_box_corrupt(const xipc_mailbox *box);

/* ---- blocks: mailbox_block.c ---- */

/* Whether there is such a block, though it was not known to be inside. */
int xipci_box_is_inside(xipc_mailbox *box, uint32_t number);

/* The block of that number, which anybody may have written; NULL if there is
 * none. */
static inline xipci_box_block *xipci_box_at(xipc_mailbox *box, uint32_t number)
{
    uint32_t known =
        atomic_load_explicit(&box->known_count, memory_order_relaxed);

    return number < known || xipci_box_is_inside(box, number)
               ? (xipci_box_block
                      *)(void *)(box->blocks + (size_t)number * box->stride)
               : NULL;
}

/* The block whose message begins there, if it is this handle's and in that
 * state; NULL. */
xipci_box_block *xipci_box_held(
    xipc_mailbox *box,
    const void *data,
    xipci_box_state state,
    uint32_t *number_out);

/* Makes it this handle's. */
void xipci_box_hold(
    const xipc_mailbox *box, xipci_box_block *block, xipci_box_state state);

/* When at the latest: for what a call has to do besides, whatever its deadline,
 * because a process that is stopped may keep a lock. */
xipc_deadline xipci_box_patience(void);

/* Records why that was in vain. */
xipc_status xipci_box_impatient(const xipc_mailbox *box, xipc_status status);

/* Waits at that park until an attempt does not say XIPC_E_AGAIN. */
xipc_status xipci_box_wait(
    xipc_mailbox *box,
    xipcos_park *park,
    xipci_lookout *lookout,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline);

/* Now and then, for one who never waits: whether to look for the dead. */
int xipci_box_is_time_to_ask(xipc_mailbox *box);

/* It will be written to soon; of a large one the beginning is enough. */
static inline void xipci_box_fetch(const xipc_mailbox *box, uint32_t number)
{
    const unsigned char *block = box->blocks + (size_t)number * box->stride;

    XIPCOS_FETCH_OWN(block);
    if (box->stride > 64) {
        XIPCOS_FETCH_OWN(block + 64);
    }
}

/* What a handle has by xipc_mailbox_reserve() and xipc_mailbox_take(). */
static inline void xipci_box_count_held(xipc_mailbox *box, int more)
{
    atomic_fetch_add_explicit(&box->held, (uint32_t)more, memory_order_relaxed);
}

/* Who finds a circle full helps to empty it, and looks again. More rounds than
 * can be necessary, if nobody scribbles: between two of them others have filled
 * all of it. */
#define XIPCI_BOX_ROUNDS_MAX 100

/* The header of the block of an entry some way behind, which will be looked at
 * soon. */
#define XIPCI_BOX_FETCH_AHEAD 12

static inline void xipci_box_fetch_ahead(
    const xipc_mailbox *box, const _Atomic uint32_t *circle, uint64_t position)
{
    uint32_t number = xipci_get32(
        &circle[(position + XIPCI_BOX_FETCH_AHEAD) & box->entry_mask]);

    if (number != 0 && number - 1 < xipci_get32(&box->known_count)) {
        XIPCOS_FETCH_OWN(box->blocks + (size_t)(number - 1) * box->stride);
    }
}

/* ---- the entrance: mailbox_free.c, mailbox_room.c ---- */

/* With the senders' lock, when the entry of a message with a priority is there.
 */
static inline void xipci_box_raise(xipc_mailbox *box)
{
    atomic_store_explicit(
        &box->head->raised, xipci_get32(&box->head->raised) + 1,
        memory_order_release);
}

/* The senders' lock, and what it guards in order. */
xipc_status xipci_box_enter_senders(
    xipc_mailbox *box, int is_asked, xipc_deadline deadline);

/* With it: takes in what came back. XIPC_OK, XIPC_E_CORRUPT. */
xipc_status xipci_box_absorb(xipc_mailbox *box);

/* With it: takes one that is free. XIPC_E_AGAIN: none is, for now. */
xipc_status xipci_box_find_free(
    xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out);

/* With it: onto the stack of those that are free. */
void xipci_box_push_free(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* A call that sends, and the block that it has. */
typedef struct xipci_reserving {
    xipc_mailbox *box;
    xipc_deadline deadline;
    int is_claimed; /* RESERVED, not SPARE */
    uint32_t number;
    xipci_box_block *block;
    uint64_t sequence; /* once it is sent */
    int is_gone;       /* and then is this call's no more */
    xipc_status (*step)(struct xipci_reserving *call);
} xipci_reserving;

/* These wait, as the box's overflow says. A block that is this handle's, SPARE;
 * one that is RESERVED, and has room; and the message in it is sent. */
xipc_status xipci_box_obtain(xipci_reserving *call);
xipc_status xipci_box_reserve(xipci_reserving *call);
xipc_status xipci_box_post(xipci_reserving *call);

/* What was obtained and not sent; reserved and not sent; and the spare block
 * that a handle keeps. */
void xipci_box_let_go(xipci_reserving *call);
xipc_status xipci_box_unreserve(xipci_reserving *call);
void xipci_box_let_kept_go(xipc_mailbox *box);

/* Messages came again: the room that is known may not be there. */
void xipci_box_count_room(xipc_mailbox *box);

/* What was taken back counts again as what it was. */
void xipci_box_count_again(xipci_reserving *call);

/* Without the lock: whether it is worth taking; and whether the capacity has
 * room for `share` more messages. */
int xipci_box_looks_roomy(const xipc_mailbox *box);
int xipci_box_looks_free(const xipc_mailbox *box, uint32_t share);

/* The same, for a receiver who has not got it. */
xipc_status xipci_box_help_absorb(xipc_mailbox *box);

/* An unbounded box that is empty: back to its first size. */
void xipci_box_shrink(xipc_mailbox *box);

/* Room for a message may have come. */
void xipci_box_tell_senders(xipc_mailbox *box);

/* ---- the exit: mailbox_list.c ---- */

xipc_status xipci_box_enter_receivers(
    xipc_mailbox *box, int is_asked, xipc_deadline deadline);

/* With the receivers' lock: all that was sent, into the lists; and whether
 * there may be something there that comes before what is in them. */
xipc_status xipci_box_move(xipc_mailbox *box);
int xipci_box_must_move(const xipc_mailbox *box);

/* With it: in its list before what was sent later, and again to be received.
 * The caller has made it QUEUED. */
void xipci_box_put_back(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* With it: at the end of its list. */
void xipci_box_enqueue(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* With it: the one to be received next. XIPC_E_AGAIN: there is none. */
xipc_status xipci_box_first(
    xipc_mailbox *box, uint32_t *number_out, xipci_box_block **block_out);

/* With it: that one, which is not QUEUED any more, leaves its list. */
void xipci_box_unlink_first(
    xipc_mailbox *box, const xipci_box_block *block, uint32_t number);

/* Without the lock: whether it is worth taking. */
int xipci_box_looks_ready(const xipc_mailbox *box);

/* With it: sends a block back. XIPC_E_AGAIN: the circle is full. */
xipc_status
xipci_box_send_back(xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* Whether to look for the dead though nobody waits in vain. */
int xipci_box_is_time_to_reap(xipc_mailbox *box);

/* With it: drops all messages. XIPC_E_BUSY: the circle is full. */
xipc_status xipci_box_empty(xipc_mailbox *box);

/* Drops the oldest message of the lowest priority. XIPC_E_AGAIN: there is
 * none, or room by now. XIPC_E_TIMEOUT: somebody keeps the lock; `deadline` is
 * not XIPC_NOW, which would not tell the two apart. */
xipc_status xipci_box_drop(xipc_mailbox *box, xipc_deadline deadline);

/* Takes back a message that nobody took; then the block is this handle's again,
 * as it was. XIPC_E_AGAIN: somebody did take it. */
xipc_status xipci_box_take_back(xipci_reserving *call);

/* Messages may have come. */
void xipci_box_tell_receivers(xipc_mailbox *box);

/* ---- what is done: mailbox_done.c ---- */

/* With the receivers' lock, with which alone `done` is emptied: what this
 * handle has no use for any more. XIPC_E_AGAIN: it still has it, the circle is
 * full. */
xipc_status xipci_box_return_done(xipc_mailbox *box);

/* At once. */
void xipci_box_flush_done(xipc_mailbox *box, xipc_deadline deadline);

/* Of one that this call has taken, and nobody else knows. XIPC_E_CORRUPT. */
xipc_status xipci_box_finish_taking(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* XIPC_E_INVALID: another thread has released it. */
xipc_status xipci_box_finish_taken(
    xipc_mailbox *box, xipci_box_block *block, uint32_t number);

/* ---- a handle that closes: mailbox_receiver.c ---- */

void xipci_box_leave(xipc_mailbox *box);

/* ---- after a death: mailbox_repair.c ---- */

/* With that lock, inherited. XIPC_OK, XIPC_E_CORRUPT. */
xipc_status xipci_box_repair_senders(xipc_mailbox *box);
xipc_status xipci_box_repair_receivers(xipc_mailbox *box);

/* With that lock: what belongs to the dead. Of the receivers' it can change the
 * lists. */
xipc_status xipci_box_reap_senders(xipc_mailbox *box);
xipc_status xipci_box_reap_receivers(xipc_mailbox *box);

extern const xipci_waitable xipci_box_waitable;

#endif
