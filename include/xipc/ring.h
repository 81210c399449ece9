/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring is a bounded buffer in shared memory, from one producer to one
 * consumer: the fastest road between two processes.
 *
 * It carries messages, whole and in order, or a plain stream of bytes. Each
 * handle is one side of it. While both sides run, neither calls the system, and
 * the only thing that passes between them is the message itself.
 *
 *     process 1                            process 2
 *     xipc_ring_create("jobs",             xipc_ring_open("jobs",
 *         XIPC_RING_PRODUCER, ...)             XIPC_RING_CONSUMER, ...)
 *     xipc_ring_send(ring, data, size,     xipc_ring_receive(ring, buffer,
 *         xipc_after_ms(250))                  sizeof buffer, &size,
 *                                              XIPC_FOREVER)
 *
 * Without a copy: the producer reserves room, writes there, and commits; the
 * consumer peeks, reads there, and releases. Several messages can be reserved
 * before one commit, and several peeked before one release.
 *
 * The death of either side, at any instruction, leaves the ring as the last
 * commit and the last release left it. The other side learns of it when it
 * would have to wait: the consumer after it has read what was committed. A new
 * producer or consumer may then take the dead one's place, or that of one who
 * has closed his handle.
 *
 * A handle is used by one thread at a time, except for xipc_interrupt() and for
 * a poller it is in. No call is safe in a signal handler. A signal does not
 * shorten or lengthen a wait. xipc_interrupt(xipc_ring_object(ring)) ends the
 * waits on that handle with XIPC_E_CANCELED.
 *
 * In a poller (xipc_poller_add()) a consumer is XIPC_READABLE when there is
 * something to peek at, a producer is XIPC_WRITABLE when there is room for what
 * was last refused for want of it, or for a little; and XIPC_HUNG_UP means that
 * the other side closed its handle or died.
 *
 * What calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID  the handle is NULL, or the other side's
 *     XIPC_E_FORKED   the handle was inherited through fork()
 *     XIPC_E_CORRUPT  another process scribbled on the ring
 */
#ifndef XIPC_RING_H
#define XIPC_RING_H

#include <xipc/base.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_ring xipc_ring;

/* Which side of the ring a handle is. */
typedef enum xipc_ring_role {
    XIPC_RING_PRODUCER = 1,
    XIPC_RING_CONSUMER = 2
} xipc_ring_role;

/* Whether what is sent keeps its bounds. */
typedef enum xipc_ring_mode {
    XIPC_RING_MESSAGES = 0, /* xipc_ring_send(), xipc_ring_receive() */
    XIPC_RING_BYTES = 1     /* xipc_ring_write(), xipc_ring_read() */
} xipc_ring_mode;

/* What both sides do when they must wait. */
typedef enum xipc_ring_wait {
    /* Look for as long as has paid lately, some microseconds at most, then
       sleep in the kernel. */
    XIPC_RING_ADAPTIVE = 0,
    /* Look, for as long as it takes. Nobody sleeps, so nobody is woken: the
       shortest delay, for two processors that have nothing else to do. Not for
       a poller. */
    XIPC_RING_SPIN = 1,
    /* Sleep in the kernel at once. */
    XIPC_RING_PARK = 2
} xipc_ring_wait;

/* Bytes: the capacity of who asks for none, and the most. */
#define XIPC_RING_CAPACITY_DEFAULT ((uint64_t)1 << 20)
#define XIPC_RING_CAPACITY_MAX     ((uint64_t)1 << 31)

typedef struct xipc_ring_options {
    size_t options_size; /* set by XIPC_RING_OPTIONS_INIT */
    xipc_naming naming;
    /* Of the ring, so create only. */
    uint64_t capacity;   /* bytes; 0: XIPC_RING_CAPACITY_DEFAULT */
    xipc_ring_mode mode; /* XIPC_RING_MESSAGES */
    xipc_ring_wait wait; /* XIPC_RING_ADAPTIVE */
} xipc_ring_options;

#define XIPC_RING_OPTIONS_INIT                                     \
    {                                                              \
        sizeof(xipc_ring_options),                                 \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
             XIPC_TRUST_SELF},                                     \
            0, XIPC_RING_MESSAGES, XIPC_RING_ADAPTIVE              \
    }

/*
 * By name: create takes a name that no ring has, open joins the ring that has
 * it, open_or_create does either in one step and says in `*created_out` (may be
 * NULL) which. The caller becomes one side of it.
 *
 * `options` may be NULL for the defaults. Capacity, mode and wait are the
 * ring's own: whoever opens it gets them as it was made. The capacity is
 * rounded up to whole 128 bytes; a message takes 8 bytes more than it has,
 * rounded up to whole 8 bytes. All of it is reserved. Access for reading only
 * is access to nothing here, since reading a ring writes to it. A name with
 * "native:" is XIPC_E_NOT_SUPPORTED.
 *
 * XIPC_OK              `*ring_out` is yours; xipc_ring_close() ends it
 * XIPC_E_BUSY          open: the ring has that side, and it lives
 * XIPC_E_EXISTS        create: the name is taken
 * XIPC_E_NOT_FOUND     open: nothing has that name, or only what a dead process
 *                      left
 * XIPC_E_CORRUPT       open: what is there makes no sense
 * XIPC_E_INVALID       NULL, unknown role, mode, wait or options_size, a
 *                      capacity above XIPC_RING_CAPACITY_MAX, or as below
 * XIPC_E_ACCESS, XIPC_E_INCOMPATIBLE, XIPC_E_NAME, XIPC_E_NO_MEMORY,
 * XIPC_E_NO_SPACE, XIPC_E_TIMEOUT, XIPC_E_AGAIN
 *                      as xipc_section_create() and xipc_section_open()
 * XIPC_E_LIMIT         a thousand million processes have opened this ring
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_create(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_open(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_open_or_create(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out,
    int *created_out);

/* Offsets of rings inside sections are multiples of this. */
#define XIPC_RING_ALIGNMENT 128

/* Bytes that a ring of that capacity takes inside a section; 0 if there can be
 * no such ring. */
XIPC_API uint64_t xipc_ring_size(uint64_t capacity);

/*
 * Inside a section, xipc_ring_size() bytes from `offset` on: create_at makes it
 * of bytes of which the first 512 are zero, as a new section's are; open_at
 * joins what another process made there. The handle keeps the section's memory,
 * so the section may be closed before it. There is no call to remove it: when
 * nobody uses it any more, set its first 512 bytes to zero. The naming of
 * `options` must be all defaults.
 *
 * XIPC_OK               `*ring_out` is yours; xipc_ring_close() ends it
 * XIPC_E_BUSY           open_at: the ring has that side, and it lives
 * XIPC_E_EXISTS         create_at: something is there
 * XIPC_E_NOT_FOUND      open_at: nothing is there
 * XIPC_E_INCOMPATIBLE   open_at: another kind or layout version is there
 * XIPC_E_CORRUPT        open_at: what is there makes no sense
 * XIPC_E_ACCESS         the section was opened for reading only
 * XIPC_E_NOT_SUPPORTED  a "native:" section, or an anonymous one where
 *                       XIPC_FEATURE_SYNC_ANONYMOUS is absent: there is no way
 *                       to learn of the other side's death
 * XIPC_E_TIMEOUT        another process was in the middle of making something
 *                       in that section until `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_INVALID        as above; an offset that is no multiple of
 *                       XIPC_RING_ALIGNMENT, or a ring that is not inside the
 *                       section
 * XIPC_E_NO_MEMORY, XIPC_E_LIMIT, XIPC_E_FORKED
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    xipc_deadline deadline,
    xipc_ring **ring_out);

/*
 * The producer copies a message of `size` bytes into the ring, waiting for room
 * until `deadline`.
 *
 * XIPC_OK           the consumer can have it; it survives the producer's death
 * XIPC_E_TIMEOUT    there was no room until `deadline` (XIPC_NOW:
 *                   XIPC_E_AGAIN)
 * XIPC_E_TOO_BIG    `size` is above xipc_ring_message_max()
 * XIPC_E_PEER_DIED  there is no room, and the consumer is dead
 * XIPC_E_CLOSED     there is no room, and the consumer closed its handle
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_INVALID    `data` is NULL and `size` is not 0; a ring of bytes; or
 *                   something is reserved and not committed
 *
 * On any other status than XIPC_OK nothing was sent.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_send(
    xipc_ring *ring, const void *data, size_t size, xipc_deadline deadline);

/*
 * The consumer copies the next message out of the ring, waiting for it until
 * `deadline`.
 *
 * XIPC_OK           `*size_out` bytes of `buffer` are the message
 * XIPC_E_TOO_SMALL  it is longer than `capacity`: `*size_out` is its size, and
 *                   it stays
 * XIPC_E_TIMEOUT    nothing came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_PEER_DIED  there is nothing, and the producer is dead
 * XIPC_E_CLOSED     there is nothing, and the producer closed its handle
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_INVALID    NULL (`buffer` may be with `capacity` 0); a ring of bytes;
 *                   or something is peeked at and not released
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_receive(
    xipc_ring *ring,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline);

/*
 * The producer's next bytes, waiting for room for all of them until `deadline`.
 *
 * XIPC_OK  `*written_out` bytes (may be NULL) are the consumer's to have: all,
 *          or as many as there was room for when the wait ended, if any
 *
 * Other statuses as for xipc_ring_send(), and then nothing was written.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_write(
    xipc_ring *ring,
    const void *data,
    size_t size,
    size_t *written_out,
    xipc_deadline deadline);

/*
 * The consumer's next bytes, waiting for the first of them until `deadline`.
 *
 * XIPC_OK  `*size_out` > 0 bytes of `buffer`: what is there, at most `capacity`
 *
 * Other statuses as for xipc_ring_receive(); XIPC_E_INVALID if `capacity` is 0.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_read(
    xipc_ring *ring,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_deadline deadline);

/*
 * Room for a message, or for a run of bytes, in the ring itself: `size` bytes
 * from `*block_out` on, aligned to 8, to be written by the producer and nobody
 * else. What is reserved is nothing to the consumer until it is committed; a
 * producer that dies first has reserved nothing. More can be reserved behind
 * it.
 *
 * XIPC_E_NO_SPACE  what is reserved and not committed leaves no room for it:
 *                  commit first
 * XIPC_E_INVALID   NULL; or 0 bytes of a ring of bytes
 *
 * Other statuses as for xipc_ring_send(). On any but XIPC_OK what was reserved
 * before still is.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_reserve(
    xipc_ring *ring, size_t size, void **block_out, xipc_deadline deadline);

/*
 * Gives all that is reserved to the consumer, in one step: he sees all of it or
 * nothing. `size` is what was used of the block that was reserved last. Of a
 * ring of bytes that may be 0.
 *
 * XIPC_OK         it is the consumer's
 * XIPC_E_INVALID  nothing is reserved, or `size` is more than was
 */
XIPC_API xipc_status xipc_ring_commit(xipc_ring *ring, size_t size);

/* Gives up all that is reserved: it is as if it had never been. */
XIPC_API xipc_status xipc_ring_cancel(xipc_ring *ring);

/*
 * The next message, or the next run of bytes, where it is: `*size_out` bytes
 * from `*data_out` on, aligned to 8 unless it is the rest of a run. The
 * consumer may read them until it releases them. Peeking again without that
 * gives what follows; whoever peeks at all that a full ring holds and waits for
 * more waits for himself.
 *
 * The bytes stand in memory that the producer can write: if it is not trusted,
 * copy first and look then.
 *
 * Statuses as for xipc_ring_receive(), without XIPC_E_TOO_SMALL; on any but
 * XIPC_OK what was peeked at before still is.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_ring_peek(
    xipc_ring *ring,
    const void **data_out,
    size_t *size_out,
    xipc_deadline deadline);

/*
 * Gives all that was peeked at back to the producer as room. Whoever takes this
 * consumer's place goes on behind it.
 *
 * XIPC_E_INVALID  nothing was peeked at
 */
XIPC_API xipc_status xipc_ring_release(xipc_ring *ring);

/*
 * The first `size` bytes of what was peeked at last, and all that was peeked at
 * before; the rest comes again. A ring of bytes only.
 *
 * XIPC_E_INVALID  nothing was peeked at, or less; or a ring of messages
 */
XIPC_API xipc_status xipc_ring_release_bytes(xipc_ring *ring, size_t size);

/* What was peeked at and not released comes again. */
XIPC_API xipc_status xipc_ring_rewind(xipc_ring *ring);

/*
 * Waits until somebody alive is the other side. For the side that would else
 * leave, or give up, before the other one came: who was here and has closed is
 * nobody any more, though all he sent can still be received. So a consumer who
 * expects something does not wait for a producer, he receives.
 *
 * XIPC_OK          there is one, or was a moment ago
 * XIPC_E_TIMEOUT   there was none until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_ring_wait_peer(xipc_ring *ring, xipc_deadline deadline);

/* Bytes, as rounded up. 0 for NULL. */
XIPC_API uint64_t xipc_ring_capacity(const xipc_ring *ring);

/* The longest message, or block: half the capacity. 0 for NULL. */
XIPC_API size_t xipc_ring_message_max(const xipc_ring *ring);

/* What it was made as; XIPC_RING_MESSAGES and XIPC_RING_ADAPTIVE for NULL. */
XIPC_API xipc_ring_mode xipc_ring_mode_of(const xipc_ring *ring);
XIPC_API xipc_ring_wait xipc_ring_wait_of(const xipc_ring *ring);

/*
 * Ends this side. What is reserved was never there; what is peeked at comes
 * again to the next consumer. The other side is told, and finds what was
 * committed, as long as it has the ring open or the ring is persistent.
 * Accepts NULL. In a forked child it frees the child's copy only.
 */
XIPC_API void xipc_ring_close(xipc_ring *ring);

/* For xipc_interrupt() and pollers; NULL for NULL. */
XIPC_API xipc_object *xipc_ring_object(xipc_ring *ring);

#ifdef __cplusplus
}
#endif

#endif
