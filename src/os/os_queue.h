/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: the system's own queue of messages, which programs without this
 * library use too.
 *
 * A queue has a name of its own or that of a companion, a section of ours, and
 * then it goes with that: whoever takes the companion's name away has taken the
 * queue away before. What is in a message is core's business.
 *
 * Some systems have none: then xipcos_queue_limits() returns 0 and nothing else
 * here is called. Each backend defines every function here. Core has already
 * checked the arguments. All functions are safe from any thread, except that
 * closing a queue is its last use. A call that does not return XIPC_OK (or
 * XIPC_E_AGAIN from send and receive) has left a fault (os_fault.h), and its
 * outputs alone.
 */
#ifndef XIPCOS_QUEUE_H
#define XIPCOS_QUEUE_H

#include <stddef.h>

#include "os/os_section.h"

typedef struct xipcos_queue xipcos_queue;

/*
 * What a queue of this system can have at most, for this process and now. The
 * texts say where that is set, for people ("/proc/sys/fs/mqueue/msg_max"); NULL
 * where nobody can set it.
 */
typedef struct xipcos_queue_bounds {
    uint32_t capacity_max; /* messages */
    uint32_t message_max;  /* bytes of one, core's header included */
    uint64_t byte_max;     /* of all queues of this user; 0: nobody counts */
    /* Priorities are 0 to this less 1, and the highest comes first; 1: none. */
    uint32_t priority_count;
    int has_many_receivers; /* 0: only the creator's handle receives */
    /* The system keeps to the capacity, and says AGAIN to a sender. 0: core
       counts; `capacity_max` is then what the system surely takes. */
    int is_bounded;
    int outlives_creator; /* it stands until it is removed */
    const char *text;     /* what stands behind it: "mq_open()" */
    const char *capacity_from;
    const char *message_from;
    const char *byte_from;
} xipcos_queue_bounds;

/* Whether this system has queues; then *out tells of them. Cheap enough to ask
 * at each create. */
int xipcos_queue_limits(xipcos_queue_bounds *bounds_out);

/*
 * Whose queue. With a companion it is that one's, and `native_name` is the
 * companion's own (xipcos_place); else it is the system's name, what followed
 * "native:", not empty. The companion's section outlives the queue.
 */
typedef struct xipcos_queue_place {
    const xipcos_section *companion; /* NULL: none */
    const char *native_name;
} xipcos_queue_place;

typedef struct xipcos_queue_plan {
    uint32_t capacity;    /* messages, > 0 */
    uint32_t message_max; /* bytes of one with core's header; > 0 */
    xipc_access access;
} xipcos_queue_plan;

/*
 * Makes the queue, to send and to receive. With a companion, which only one
 * process in the world makes a queue for, what stands there already is of the
 * dead and is replaced, if it is this user's.
 *
 * XIPC_E_EXISTS    the name is taken
 * XIPC_E_LIMIT     larger than the system allows; the fault says what and where
 * XIPC_E_NAME      not a name for a queue of this system
 * XIPC_E_ACCESS, XIPC_E_NO_SPACE, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_queue_create(
    xipcos_queue_place place,
    const xipcos_queue_plan *plan,
    xipcos_queue **queue_out);

/*
 * Joins one: to send and to receive, or without `has_many_receivers` to send
 * only. One that stands without a companion may be one that this user can only
 * read or only write: then send or receive is XIPC_E_ACCESS.
 *
 * XIPC_E_NOT_FOUND  none of that name; with a companion: not yet, or no more
 * XIPC_E_ACCESS     the system refuses, or with a companion: it is not of the
 *                   user that the companion is of
 * XIPC_E_NAME, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status
xipcos_queue_open(xipcos_queue_place place, xipcos_queue **queue_out);

/* Takes the name of one without a companion away, whoever has it open.
 * XIPC_E_NOT_FOUND, XIPC_E_ACCESS, XIPC_E_NAME; XIPC_E_NOT_SUPPORTED: it goes
 * with its creator. */
xipc_status xipcos_queue_remove(const char *native_name);

/* Accepts NULL. In a forked child it touches nothing that the parent has. With
 * `outlives_creator` the queue stands on. Does not wait for messages. */
void xipcos_queue_close(xipcos_queue *queue);

/* As it was made; a message_max of 0: the system does not tell (a sender). */
void xipcos_queue_geometry(
    const xipcos_queue *queue, uint32_t *capacity_out, uint32_t *message_out);

/*
 * One message, of `head_size` bytes (may be 0) and then `size` bytes.
 *
 * With `is_bounded` it never waits: XIPC_E_AGAIN if the queue is full, with no
 * fault. Else it may wait for the system, not past `deadline` (XIPC_E_TIMEOUT,
 * XIPC_E_AGAIN; nothing was sent).
 *
 * XIPC_E_CLOSED  the creator is gone (not with `outlives_creator`)
 * XIPC_E_TOO_BIG, XIPC_E_ACCESS, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
typedef struct xipcos_letter {
    const void *head;
    size_t head_size;
    const void *data; /* NULL if `size` is 0 */
    size_t size;
    uint32_t priority; /* < priority_count */
} xipcos_letter;

xipc_status xipcos_queue_send(
    xipcos_queue *queue, const xipcos_letter *letter, xipc_deadline deadline);

/*
 * The next message, without waiting: XIPC_E_AGAIN if there is none, with no
 * fault. `capacity` is at least the queue's message_max.
 *
 * XIPC_E_NOT_SUPPORTED  not a handle that receives
 * XIPC_E_ACCESS, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_queue_receive(
    xipcos_queue *queue,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    uint32_t *priority_out);

/*
 * For who found nothing and is about to say so: returns when a receive finds
 * whatever was sent before the call. 0: nothing is ever on its way, and there
 * is no need to look again.
 */
int xipcos_queue_settle(xipcos_queue *queue);

/* Messages that a receive would find one after the other, as far as this handle
 * can see (0 for one that only sends). */
uint64_t xipcos_queue_depth(xipcos_queue *queue);

/*
 * To wait without missing a wake: take a ticket, look (send, receive, whatever
 * may end the wait), and wait with that ticket. The wait is over when the queue
 * is ready for `events` (XIPC_READABLE, with `is_bounded` also XIPC_WRITABLE,
 * one of them), at once if there was a wake since the ticket, after `ns`
 * nanoseconds (>= 0), or for no reason at all; the caller looks again.
 */
uint32_t xipcos_queue_ticket(const xipcos_queue *queue);
void xipcos_queue_wait(
    xipcos_queue *queue, uint32_t events, uint32_t ticket, int64_t ns);

/* Those of XIPC_READABLE and XIPC_WRITABLE that are the case now, as the wait
 * and a poller see it. */
uint32_t xipcos_queue_ready(xipcos_queue *queue);

/* Ends the waits on this handle in this process. */
void xipcos_queue_wake(xipcos_queue *queue);

/*
 * What a poller waits for, still the queue's own: it is readable, or signalled,
 * while there is a message, and with `is_bounded` writable while there is room.
 * XIPC_E_NOT_SUPPORTED: nothing to wait for with this handle.
 */
xipc_status
xipcos_queue_native_handle(xipcos_queue *queue, intptr_t *native_out);

#endif
