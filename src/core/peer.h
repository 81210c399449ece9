/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer: a name, an inbox, and links.
 *
 * The name is a section of its own (peer_name.c) that says who has it and which
 * inbox is his. Nobody but its holder keeps it open. The inbox is another
 * section, with a name that no other inbox ever has: so a successor begins with
 * an empty one, and those who still have the dead one's open disturb nobody.
 *
 * An inbox is a head, a record for each lane, and lanes. A lane is a ring
 * (core/ring.h) from one sender to the inbox's holder, made by the sender with
 * his first message, in the memory of the receiver: what a sender was told is
 * sent does not go with him. The other half of the link is a lane in the
 * sender's own inbox, made when he is first answered; so of each link there is
 * one lane at most either way, and who sends to whom at the same moment does
 * not matter.
 *
 *     record.state    0: free. Else the number of its sender
 *
 *     sender, with the inbox's claim     receiver
 *     1  finds a free record, grows      1  sees `arrivals`, looks for records
 *     2  writes it, makes the ring,      2  opens its side of the ring
 *        commits the first message       3  receives; where the sender is gone
 *     3  state, then `arrivals`             and nothing left: closes its side
 *     4  is the holder still there?      4  state: free
 *
 * The receiver needs no claim: no other one opens that side or frees a record.
 * So a process that stops with the claim keeps others from linking, and nobody
 * from receiving. Whoever dies before 3 on the left has sent nothing and left a
 * record that is free; the next one makes the ring anew from zeros.
 *
 * He who leaves says so in `holder` first and looks through the records then; a
 * sender looks at `holder` last: so one of them sees the other (both are
 * sequentially consistent).
 *
 * Whoever receives waits at his own inbox, whomever he waits for, as
 * ring_wait.c tells of a side that waits: with a guard that senders look at
 * without a fence as long as it is down. Whoever sends waits at the lane, as at
 * any ring.
 *
 * What a sender can write is never believed: names are checked and copied,
 * numbers of lanes are bounded by what the inbox was made with, and a lane that
 * makes no sense is ended alone.
 *
 * In a process, latches (core/latch.h) keep the threads of a handle apart:
 * `receiving` all that receive, for as long as it takes to look and to copy; a
 * link's own, those that send over it, also while one of them waits for room;
 * and `linking` guards the table of links. Taken in this order; a link's by
 * whoever has another one only if it is free. But whoever has a link's waits
 * for `receiving` to learn who died under its name; which is sound because
 * whoever receives takes a link's only if it is free.
 */
#ifndef XIPC_CORE_PEER_H
#define XIPC_CORE_PEER_H

#include <stdalign.h>
#include <stdatomic.h>

#include <xipc/peer.h>

#include "core/latch.h"
#include "core/look.h"
#include "core/object.h"
#include "core/park.h"
#include "core/ring.h"
#include "core/ring_make.h"
#include "core/section.h"
#include "core/stand.h"
#include "core/watch.h"
#include "os/os_clock.h"
#include "os/os_process.h"

#define XIPCI_PEER_LEFT (UINT32_C(1) << 31)

/* So long it is believed that who lived does, without asking the kernel. */
#define XIPCI_PEER_BELIEVED_NS 10000000

/* What has the name. `holder` is a member number of this section. */
typedef struct xipci_peer_head {
    _Atomic uint32_t mark;
    _Atomic uint32_t holder; /* with XIPCI_PEER_LEFT, or 0: nobody */
    alignas(8) _Atomic uint64_t generation; /* names the holder's inbox */
} xipci_peer_head;

/* A lane's. Written with the claim while the state is 0; read once when it is
 * not. */
typedef struct xipci_peer_record {
    _Atomic uint32_t state;
    uint32_t process;
    alignas(8) uint64_t user;
    uint64_t arrival;    /* its number among all lanes of the inbox */
    uint64_t generation; /* of the sender's own inbox */
    uint32_t name_size;
    char name[220];
} xipci_peer_record;

typedef struct xipci_inbox_head {
    alignas(XIPCI_RING_LINES) _Atomic uint32_t mark;
    uint32_t message_max;
    uint32_t link_max;
    uint32_t has_barrier; /* its users share os/os_barrier.h */
    uint64_t capacity;    /* of each lane */
    uint64_t generation;
    _Atomic uint32_t holder; /* the receiver; with XIPCI_PEER_LEFT */
    /* Senders', with the claim. */
    alignas(XIPCI_RING_LINES) _Atomic uint64_t arrivals;
    _Atomic uint32_t lane_count; /* records that were ever used */
    _Atomic uint32_t is_full;    /* somebody came in vain, and so counted */
    /* Where the receiver waits, and its pollers are. */
    alignas(XIPCI_RING_LINES) xipcos_spot spot;
    _Atomic uint32_t guard; /* not 0: look */
    uint32_t unused;
    xipci_watch watch;
} xipci_inbox_head;

_Static_assert(sizeof(xipci_peer_head) == 16, "part of the layout");
_Static_assert(sizeof(xipci_peer_record) == 256, "part of the layout");
_Static_assert(sizeof(xipci_inbox_head) == 384, "part of the layout");

/* What stands before a message. */
typedef struct xipci_peer_stamp {
    uint32_t type;
    uint32_t unused;
} xipci_peer_stamp;

/* Private copies of what an inbox was made with, checked. */
typedef struct xipci_inbox_shape {
    uint32_t message_max;
    uint32_t link_max;
    uint64_t capacity;
    uint64_t generation;
    int has_barrier; /* the inbox, and this process too */
} xipci_inbox_shape;

/* An inbox that this process has open, its own or another one's. */
typedef struct xipci_inbox {
    xipc_section *section;
    xipci_stand stand;
    xipci_inbox_head *head;
    xipci_inbox_shape shape;
    uint32_t member; /* this process's number there */
    xipcos_park park;
} xipci_inbox;

/* A lane of the own inbox. */
typedef struct xipci_peer_lane {
    xipc_ring *ring;  /* NULL: it made no sense */
    int64_t asked_at; /* by one who does not wait, whether the sender lives */
    uint32_t index;
    uint32_t sender; /* its number, as it says */
    uint32_t process;
    uint64_t user;
    uint64_t arrival;
    uint64_t generation;
    int is_mourned; /* a sender was told of its death */
    size_t name_size;
    char name[XIPC_NAME_MAX + 1];
} xipci_peer_lane;

typedef struct xipci_peer_link xipci_peer_link;

/* The half of a link that sends; or only the place of one. */
struct xipci_peer_link {
    xipci_peer_link *next; /* in its bucket */
    /* Those who wait for the latch, or for word of the link. */
    uint32_t user_count; /* with `linking` */
    xipci_latch latch;
    /* With the latch; the ring and the generation also with `linking`. */
    xipc_ring *ring;     /* NULL: there is no link */
    uint64_t generation; /* of the other's inbox */
    xipci_inbox inbox;   /* the other's */
    int64_t checked_at;  /* when it was known to live */
    /* With `linking`: when one who does not wait asked whether the other one
       lives; how often one was lost to receivers, how the last time, and of
       which generation that was. The count and that are read without it too. */
    int64_t asked_at;
    _Atomic uint32_t loss_count;
    xipc_status loss;
    xipc_status untold; /* what who sends next is told */
    _Atomic uint64_t told_generation;
    size_t name_size;
    char name[XIPC_NAME_MAX + 1];
};

#define XIPCI_PEER_BUCKETS 64

struct xipc_peer {
    xipc_object object;
    xipc_naming naming;
    size_t name_size;
    char name[XIPC_NAME_MAX + 1];
    uint32_t process;
    uint64_t user;
    /* The name. */
    xipci_stand claim;
    xipci_peer_head *head;
    uint32_t member;
    int has_name;
    xipci_inbox inbox;
    /* Guarded by `receiving`. */
    xipci_latch receiving;
    xipci_peer_lane **lanes; /* by index; NULL: none; as many as link_max */
    uint32_t lane_count;     /* behind the last one */
    uint32_t cursor;         /* the one whose turn is next */
    xipci_peer_lane *last;   /* found by name last; NULL: look for it */
    xipci_peer_lane *recent; /* that had the last message, if it is there */
    int64_t asked_at;        /* who lives, by one who does not wait */
    uint64_t arrivals;       /* that were looked at */
    int has_refused;         /* a lane, and nobody was told */
    /* Guarded by `linking`. */
    xipci_latch linking;
    /* Whom was sent to last: read without the latch. */
    xipci_peer_link *_Atomic last_link;
    xipci_peer_link *spare; /* those for whom there is no name */
    xipci_peer_link *buckets[XIPCI_PEER_BUCKETS];
    uint32_t link_count; /* in the table */
    uint32_t sweep;      /* the bucket to look for the dead in next */
    /* How waiting goes, see peer_wait.c. */
    xipci_lookout lookout;
    xipci_latch guarding;
    uint32_t sleeper_count;
    uint32_t wakeful;
    _Atomic uint32_t is_guarded;
};

xipc_status xipci_peer_explain(const xipc_peer *peer);

/* XIPC_E_INVALID, XIPC_E_FORKED. */
static inline xipc_status xipci_peer_check(const xipc_peer *peer)
{
    return peer && peer->object.fork_epoch == xipcos_fork_epoch()
               ? XIPC_OK
               : xipci_peer_explain(peer);
}

/* Records why a call failed. */
xipc_status
xipci_peer_fail(const xipc_peer *peer, xipc_status status, const char *why);

/* The name of another one: XIPC_E_NAME, XIPC_E_INVALID. */
xipc_status
xipci_peer_check_other(const xipc_peer *peer, const char *name, size_t *size);

/* ---- peer_name.c ---- */

/* Takes the name for the peer, whose inbox is there. XIPC_E_EXISTS. */
xipc_status xipci_peer_take_name(xipc_peer *peer, xipc_deadline deadline);
void xipci_peer_free_name(xipc_peer *peer);

/* Which inbox belongs to whoever has that name. XIPC_E_NOT_FOUND. */
xipc_status xipci_peer_look_up(
    const xipc_peer *peer,
    const char *name,
    xipc_deadline deadline,
    uint64_t *generation_out);

/* ---- peer_inbox.c ---- */

extern const xipci_marks xipci_peer_marks;
extern const xipci_marks xipci_inbox_marks;

/* Fills in peer->inbox; whatever is there by then, xipci_inbox_close() ends. */
xipc_status xipci_inbox_create(
    xipc_peer *peer, const xipc_peer_options *options, xipc_deadline deadline);

/* Another one's, without a number there. XIPC_E_NOT_FOUND, XIPC_E_CORRUPT. */
xipc_status xipci_inbox_open(
    const xipc_peer *peer,
    const char *name,
    uint64_t generation,
    xipc_deadline deadline,
    xipci_inbox *inbox);
void xipci_inbox_close(xipci_inbox *inbox);

/* Bytes of an inbox with so many lanes. */
uint64_t xipci_inbox_size(const xipci_inbox_shape *shape, uint32_t lane_count);

xipci_peer_record *xipci_inbox_record(const xipci_inbox *inbox, uint32_t index);

/* The ring of that lane. */
xipci_ring_lane xipci_inbox_lane(
    const xipci_inbox *inbox, uint32_t index, const xipc_object *interrupted);

/* XIPC_OK: its holder is there; XIPC_E_CLOSED: it has left. And, if it is to be
 * looked up, XIPC_E_PEER_DIED. */
xipc_status xipci_inbox_holder(const xipci_inbox *inbox, int is_thorough);

/* ---- peer_lane.c: what comes in; with `receiving` ---- */

/* Lanes that are new, if any are. Those that make no sense are refused.
 * XIPC_E_NO_MEMORY and the like: some could not be had yet. */
xipc_status xipci_peer_accept(xipc_peer *peer);

/* Whether there may be something to receive. */
int xipci_peer_has_mail(const xipc_peer *peer);

/* Whether there is nothing in it and its sender is gone: XIPC_E_CLOSED, or, if
 * it is to be looked up, XIPC_E_PEER_DIED. */
xipc_status xipci_lane_end(
    const xipc_peer *peer, const xipci_peer_lane *lane, int is_thorough);

/* It is not the peer's any more. */
void xipci_lane_drop(xipc_peer *peer, xipci_peer_lane *lane);

/* It makes no sense. */
void xipci_lane_refuse(xipci_peer_lane *lane);

/* Whether there is no place for another one. */
int xipci_peer_is_crowded(const xipc_peer *peer);

/* Drops those whose senders are gone, if it is to be looked up also by death,
 * and that are empty. */
void xipci_peer_reap(xipc_peer *peer, int is_thorough);

/* Whether a sender of that name died, and nobody was told. Without the latch
 * `receiving`, with the link's. */
int xipci_peer_mourns(xipc_peer *peer, const xipci_peer_link *link);

/* Of the link that was just lost: whoever sends was told of its death. Like
 * that. */
void xipci_peer_mourn(xipc_peer *peer, const xipci_peer_link *link);

/* ---- peer_link.c: what goes out ---- */

/* The one under that name, with its latch. XIPC_E_NO_MEMORY, and as
 * xipci_latch_take_by(). */
xipc_status xipci_peer_take_link(
    xipc_peer *peer,
    const char *name,
    size_t name_size,
    xipc_deadline deadline,
    xipci_peer_link **link_out);

/* The same quickly, of who was sent to last: only if there is a link under that
 * name, which is then a legal one. NULL: not so. */
xipci_peer_link *xipci_peer_take_last_link(xipc_peer *peer, const char *name);
void xipci_peer_give_link(xipc_peer *peer, xipci_peer_link *link);

/* The same without the latch, for word of it. NULL: no memory. */
xipci_peer_link *
xipci_peer_use_link(xipc_peer *peer, const char *name, size_t name_size);
void xipci_peer_unuse_link(xipc_peer *peer, xipci_peer_link *link);

/* With its latch: there is none any more, for that reason. */
void xipci_link_lose(
    xipc_peer *peer, xipci_peer_link *link, xipc_status reason);

/* With its latch: makes it, of the ring and the inbox. */
void xipci_link_set(
    xipc_peer *peer,
    xipci_peer_link *link,
    xipc_ring *ring,
    const xipci_inbox *inbox);

/* Whether it is time to ask if the one whom a link under that name is with
 * lives. Without a link it never is. */
int xipci_peer_is_link_due(xipc_peer *peer, const char *name, size_t name_size);

/* Sequentially consistent, as it decides about waiting. */
static inline uint32_t xipci_link_losses(const xipci_peer_link *link)
{
    return atomic_load_explicit(&link->loss_count, memory_order_seq_cst);
}

/* A receiver's: the other one is gone and that was not told. XIPC_OK: it is
 * not, as far as is known. */
xipc_status
xipci_link_end(xipc_peer *peer, xipci_peer_link *link, uint32_t loss_count);

/* Of a lane that is about to be dropped: the rest of the link is dropped too,
 * and word of it left for those who wait and for who sends next. */
void xipci_peer_lost(
    xipc_peer *peer, const xipci_peer_lane *lane, xipc_status loss);

/* With its latch: of a death that who sends is to be told. XIPC_OK: none. */
xipc_status xipci_link_untold(xipc_peer *peer, xipci_peer_link *link);

/* Whether it is time to ask the kernel, which it is then said to be. */
static inline int xipci_peer_is_due(int64_t *asked_at)
{
    int64_t now = xipcos_clock_about_ns();
    int is_due = now - *asked_at >= XIPCI_PEER_BELIEVED_NS;

    if (is_due) {
        *asked_at = now;
    }
    return is_due;
}

/* With its latch. Relaxed: who was told and sends then is in order with
 * himself. */
static inline int xipci_link_was_told(const xipci_peer_link *link)
{
    return atomic_load_explicit(&link->told_generation, memory_order_relaxed) ==
           link->generation;
}

/* Looks whether some of them are dead links. */
void xipci_peer_sweep(xipc_peer *peer);
void xipci_peer_close_links(xipc_peer *peer);
void xipci_peer_wake_senders(xipc_peer *peer);

/* ---- peer_wait.c ---- */

/* Makes attempts until one does not say XIPC_E_AGAIN; leaves the fault of how a
 * wait ended to the caller. */
xipc_status xipci_peer_wait(
    xipc_peer *peer,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline);

/* Of another one's inbox, after something was put there. */
void xipci_inbox_tell(xipci_inbox *inbox);

static inline void xipci_inbox_tell_if_asked(xipci_inbox *inbox)
{
    /* The compiler keeps the order; the processor as core/ring.h tells. */
    atomic_signal_fence(memory_order_seq_cst);
    if (!inbox->shape.has_barrier ||
        atomic_load_explicit(&inbox->head->guard, memory_order_relaxed) != 0) {
        xipci_inbox_tell(inbox);
    }
}

extern const xipci_waitable xipci_peer_waitable;

#endif
