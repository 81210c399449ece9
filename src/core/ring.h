/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring: a head of words that both sides share, and behind it the data.
 *
 * The data is a circle of records. A record is a word, four bytes of which tell
 * its size, and what was sent, rounded up to whole words. It never wraps: where
 * the next one would not fit before the end, a pad fills the rest.
 *
 *     word       0: nothing yet. PAD: go on at the beginning. Else size + 1
 *     part       of a ring of bytes: how much of it was consumed
 *     contents
 *
 * There is no shared index of the producer's. A record is there when its word
 * is not zero; the word where the next record will be is zeroed before. So what
 * passes between the two processors for a small message is one cache line, the
 * one with the message in it:
 *
 *     producer                             consumer
 *     1  zeroes the next record's word     1  reads the word; 0: nothing yet
 *     2  writes the contents               2  reads the contents
 *     3  writes this record's word         3  writes `taken`
 *
 * The word is written with release and read with acquire. Several records are
 * committed by writing the first one's word last: the others' are then there.
 *
 * The consumer's index is `taken`, in a line of its own: behind what was
 * released last. The producer reads it only when the room that it knows of is
 * used up.
 *
 * What death leaves: a producer that dies before step 3 has written to room
 * that is free, and behind the last record stands a zero; the next producer
 * walks from `taken` to there. A consumer that dies before its step 3 has read
 * and no more; the next one begins at `taken`. Whoever comes new has private
 * words made from these.
 *
 * What the other side can write is never believed: a size is looked at once,
 * and taken if the record ends inside the data; `taken`, if it is between what
 * it was and the end of what was sent. No word decides how far a loop goes that
 * does not wait.
 *
 * How sides wait is told in ring_wait.c; the model is ring.pml.
 */
#ifndef XIPC_CORE_RING_H
#define XIPC_CORE_RING_H

#include <stdalign.h>
#include <stdatomic.h>

#include <xipc/ring.h>

#include "core/look.h"
#include "core/object.h"
#include "core/park.h"
#include "core/stand.h"
#include "core/watch.h"
#include "os/os_process.h"

#define XIPCI_RING_WORD  8u
#define XIPCI_RING_LINES 128 /* two cache lines: they are fetched in pairs */
#define XIPCI_RING_PAD   UINT32_MAX

/* Where one side sleeps, and which pollers it is in. Written by that side when
 * it goes to sleep, read by the other one each time it has done something. */
typedef struct xipci_ring_end {
    alignas(XIPCI_RING_LINES) xipcos_spot spot;
    /* Not 0: somebody may sleep there, so look; see ring_wait.c. */
    _Atomic uint32_t guard;
    uint32_t unused;
    /* The producer's: the position that `taken` has to reach before it is worth
       waking. */
    _Atomic uint64_t wanted;
    xipci_watch watch;
} xipci_ring_end;

/*
 * Shared. Sides are member numbers (os/os_member.h), with XIPCI_RING_LEFT when
 * the handle was closed; 0: nobody yet. Each is written by whoever takes the
 * side, with the claim, and by whoever has it.
 */
typedef struct xipci_ring_head {
    alignas(XIPCI_RING_LINES) _Atomic uint32_t mark; /* 0: nothing */
    uint32_t mode;
    uint32_t wait;
    uint32_t has_barrier; /* its users share os/os_barrier.h */
    uint64_t capacity;
    _Atomic uint32_t producer;
    _Atomic uint32_t consumer;
    alignas(XIPCI_RING_LINES) _Atomic uint64_t taken;
    xipci_ring_end readable; /* where the consumer waits */
    xipci_ring_end writable; /* where the producer does */
} xipci_ring_head;

#define XIPCI_RING_HEAD_SIZE 512
#define XIPCI_RING_LEFT      (UINT32_C(1) << 31)

_Static_assert(
    sizeof(xipci_ring_head) == XIPCI_RING_HEAD_SIZE, "part of the layout");

/* The handle. */
struct xipc_ring {
    xipc_object object;
    xipci_stand stand;
    xipci_ring_head *head;
    unsigned char *data;
    /* Private copies, checked. */
    uint32_t size; /* bytes of data */
    uint32_t message_max;
    uint64_t capacity;
    xipc_ring_mode mode;
    xipc_ring_wait wait;
    xipc_ring_role role;
    uint32_t member;
    int has_side;
    const atomic_int *interrupted; /* not 0 ends its waits: its own, or that of
                                      what it is a part of */
    int has_barrier;               /* the ring, and this process too */
    /* Where this side waits, and where the other one does. */
    xipcos_park own_park;
    xipcos_park peer_park;
    xipci_ring_end *own_end;
    xipci_ring_end *peer_end;

    /* Where the next record is: the producer writes it, the consumer reads it.
       Relaxed: pollers of other threads look, and look again. */
    _Atomic uint32_t at;
    /* The producer: the position behind what is committed. The consumer: that
       of the first record which is not released. */
    _Atomic uint64_t position;
    /* From there to `at`: what is reserved, or peeked at. */
    uint32_t pending;
    uint32_t first;      /* its offset, */
    uint32_t last;       /* that of its last record, */
    uint32_t last_size;  /* and the bytes in that */
    uint32_t first_word; /* the producer's, kept back until the commit */
    /* The consumer: how much of the record at `at` is consumed, and how many
       records were there without a wait since the last one. */
    uint32_t part;
    uint32_t run;
    /* The producer: bytes it knows to be free, and how many behind what is
       committed were last asked for in vain. */
    uint32_t credit;
    _Atomic uint32_t need;
    int is_streaming; /* the consumer was quick to make room lately */
    /* How waiting has gone lately, see ring_wait.c. */
    xipci_lookout lookout;
    uint32_t refusals;
    int is_guarded;
    uint32_t wakeful; /* waits without sleep in a row */
};

/* XIPC_E_INVALID for NULL and for the other side's handle, XIPC_E_FORKED. */
xipc_status xipci_ring_explain(const xipc_ring *ring, xipc_ring_role role);

static inline xipc_status
xipci_ring_check(const xipc_ring *ring, xipc_ring_role role)
{
    return ring && ring->role == role &&
                   ring->object.fork_epoch == xipcos_fork_epoch()
               ? XIPC_OK
               : xipci_ring_explain(ring, role);
}

/* Records why a call on the ring failed. */
xipc_status
xipci_ring_fail(const xipc_ring *ring, xipc_status status, const char *why);
xipc_status xipci_ring_corrupt(const xipc_ring *ring);

/* Bytes of a record with so much in it; `size` is at most message_max. */
static inline uint32_t xipci_ring_record(uint32_t size)
{
    return (size + 2 * XIPCI_RING_WORD - 1) & ~(XIPCI_RING_WORD - 1);
}

/* The word of the record at that offset, which is below the size. */
static inline _Atomic uint32_t *
xipci_ring_word(const xipc_ring *ring, uint32_t at)
{
    return (_Atomic uint32_t *)(void *)(ring->data + at);
}

/* A handle's own place, which its pollers look at too. */
static inline uint32_t xipci_ring_at(const xipc_ring *ring)
{
    return atomic_load_explicit(&ring->at, memory_order_relaxed);
}

static inline void xipci_ring_set_at(xipc_ring *ring, uint32_t at)
{
    atomic_store_explicit(&ring->at, at, memory_order_relaxed);
}

static inline uint64_t xipci_ring_position(const xipc_ring *ring)
{
    return atomic_load_explicit(&ring->position, memory_order_relaxed);
}

/* What a call that copies `size` bytes asks of the ring; and why it does not
 * have that. */
static inline int xipci_ring_can_copy(
    const xipc_ring *ring, xipc_ring_mode mode, const void *bytes, size_t size)
{
    return ring->mode == mode && (bytes || size == 0) && ring->pending == 0;
}

xipc_status xipci_ring_cannot_copy(const xipc_ring *ring, xipc_ring_mode mode);

static inline uint32_t xipci_ring_next(const xipc_ring *ring, uint32_t end)
{
    return end == ring->size ? 0 : end;
}

/* Whether a record with that word can stand at that offset. A pad can, but not
 * at the beginning. */
static inline int
xipci_ring_is_sound(const xipc_ring *ring, uint32_t at, uint32_t word)
{
    if (word == XIPCI_RING_PAD) {
        return at != 0;
    }
    return word - 1 <= ring->message_max &&
           xipci_ring_record(word - 1) <= ring->size - at &&
           (word > 1 || ring->mode == XIPC_RING_MESSAGES);
}

/*
 * ring_wait.c: waits as the ring's users chose, until an attempt does not say
 * XIPC_E_AGAIN. `what` is said of a wait that ends without it.
 */
xipc_status xipci_ring_wait(
    xipc_ring *ring,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline,
    const char *what);

/* XIPC_OK: the other side is there, or may come; XIPC_E_CLOSED. And, if it is
 * to be looked up, XIPC_E_PEER_DIED. */
xipc_status xipci_ring_peer(const xipc_ring *ring, int is_thorough);

/* After a fence that followed a change: wakes the other side, if it sleeps. */
void xipci_ring_wake_peer(xipc_ring *ring);
void xipci_ring_wake_own(xipc_ring *ring);

/* Whether the other side is to be looked at after a change that was stored with
 * release; there was a fence if so. */
static inline int xipci_ring_must_look(const xipc_ring *ring)
{
    /* The compiler keeps the order; the processor, when it counts: either by
       the fence below, or by that which a sleeper makes it execute. */
    atomic_signal_fence(memory_order_seq_cst);
    if (ring->has_barrier &&
        atomic_load_explicit(&ring->peer_end->guard, memory_order_relaxed) ==
            0) {
        return 0;
    }
    if (ring->wait == XIPC_RING_SPIN) {
        return 0;
    }
    atomic_thread_fence(memory_order_seq_cst);
    return 1;
}

/* The consumer's: whether there is something to peek at. Any thread. */
int xipci_ring_is_there(const xipc_ring *ring);

/* The producer's, who found no room: whether there is as much as he looked for.
 * Any thread. */
int xipci_ring_has_room(const xipc_ring *ring);

/* The consumer's, who found nothing and is going to look again and again. */
void xipci_ring_give_a_start(xipc_ring *ring);

/*
 * For who uses a ring of messages as a part of something larger, and has
 * checked what calls of ring.h check: whose the handle is, that nothing is
 * reserved, or peeked at, that the message is not longer than message_max. Else
 * as xipc_ring_send(), of two words and a body, which may be NULL if its size
 * is 0; as xipc_ring_peek(); and as xipc_ring_release() of what was got.
 */
xipc_status xipci_ring_put(
    xipc_ring *ring,
    uint64_t first,
    uint64_t second,
    const void *body,
    uint32_t body_size,
    xipc_deadline deadline);
xipc_status xipci_ring_get(
    xipc_ring *ring,
    const unsigned char **bytes_out,
    size_t *size_out,
    xipc_deadline deadline);
void xipci_ring_got(xipc_ring *ring);

/* Whether the other side has closed its handle. */
static inline int xipci_ring_has_left(const xipc_ring *ring)
{
    const _Atomic uint32_t *peer = ring->role == XIPC_RING_PRODUCER
                                       ? &ring->head->consumer
                                       : &ring->head->producer;

    return (atomic_load_explicit(peer, memory_order_seq_cst) &
            XIPCI_RING_LEFT) != 0;
}

/* What a new side begins with: XIPC_OK, or XIPC_E_CORRUPT. */
xipc_status xipci_ring_resume_producer(xipc_ring *ring);
xipc_status xipci_ring_resume_consumer(xipc_ring *ring);

/* Of a new side, which nobody uses yet. */
void xipci_ring_begin_waits(xipc_ring *ring);

/* Before it is in a poller; any thread. */
void xipci_ring_prepare(xipc_object *object);

extern const xipci_waitable xipci_ring_producer_waitable;
extern const xipci_waitable xipci_ring_consumer_waitable;

#endif
