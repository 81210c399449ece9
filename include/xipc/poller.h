/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting on many things at once.
 *
 * A poller is given objects, and native handles of the operating system, each
 * with a cookie, and tells which are ready, however many there are. It belongs
 * to this process; others do not see it.
 *
 *     xipc_poller *poller;
 *     xipc_ready ready[16];
 *     size_t count;
 *
 *     xipc_poller_create(&poller);
 *     xipc_poller_add(poller, xipc_event_object(event), XIPC_READABLE, &a);
 *     xipc_poller_add_native(poller, socket, XIPC_READABLE, &b);
 *     while (xipc_poller_wait(poller, ready, 16, XIPC_FOREVER, &count) ==
 *            XIPC_OK) {
 *         for (size_t at = 0; at < count; at++) {
 *             handle(ready[at].cookie);
 *         }
 *     }
 *
 * Ready means: as long as nobody else is faster, the call that takes what is
 * there will not wait. What is ready is told at each wait until it is not
 * (level-triggered).
 *
 *     object     XIPC_READABLE                XIPC_WRITABLE
 *     semaphore  its count is above 0
 *     event      it is set
 *     ring       there is something in it     there is room
 *     mailbox    there is a message           there is room for one
 *     peer       anybody has sent it one
 *     process    it has ended
 *     pipe       a read will not wait         there is room
 *     socket     there is something to read   there is room
 *     listener   a client waits for an accept
 *     link       a call may have been
 *                answered (call.h)
 *
 * Every call is safe from any thread, except that closing the poller must be
 * its last use, and none is safe in a signal handler. Several threads may wait
 * at one poller; each is told of all that is ready.
 */
#ifndef XIPC_POLLER_H
#define XIPC_POLLER_H

#include <xipc/base.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_poller xipc_poller;

enum {
    XIPC_READABLE = 1 << 0, /* there is something to take */
    XIPC_WRITABLE = 1 << 1, /* there is room to give */
    XIPC_HUNG_UP = 1 << 2   /* told without asking: the other side is gone,
                               or will send no more */
};

/* One thing that is ready. */
typedef struct xipc_ready {
    void *cookie;    /* what it was added with */
    uint32_t events; /* XIPC_READABLE and the like, as many as are the case */
} xipc_ready;

/*
 * XIPC_OK           `*poller_out` is yours; xipc_poller_close() ends it
 * XIPC_E_NO_MEMORY  no memory or handles left for this process
 * XIPC_E_ACCESS, XIPC_E_OS
 *                   the system refuses what other processes ring with
 * XIPC_E_INVALID    NULL
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_poller_create(xipc_poller **poller_out);

/*
 * Waits for `object` too from now on: the one that xipc_event_object(),
 * xipc_semaphore_object() and the like give. An object can be in several
 * pollers, once in each. Closing the object's handle takes it out.
 *
 * XIPC_OK               it is waited for
 * XIPC_E_EXISTS         it is in this poller already
 * XIPC_E_NOT_SUPPORTED  nothing of its kind can be waited for that way
 * XIPC_E_LIMIT          eight living pollers, of all processes, wait for it
 * XIPC_E_NO_MEMORY
 * XIPC_E_INVALID        NULL; no events, or unknown ones
 * XIPC_E_FORKED         poller or object came through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_poller_add(
    xipc_poller *poller, xipc_object *object, uint32_t events, void *cookie);

/* XIPC_E_NOT_FOUND: it is not in this poller. */
XIPC_API xipc_status
xipc_poller_remove(xipc_poller *poller, xipc_object *object);

/*
 * The same for what is not the library's: a descriptor that poll() takes, or a
 * HANDLE that can be waited for. It stays the caller's, who takes it out before
 * closing it. Of a HANDLE there is only XIPC_READABLE: it is signalled; what
 * waiting changes (an automatic event, a semaphore's count) is taken for the
 * poller, at the latest when it is told. A mutex cannot be waited for.
 *
 * XIPC_OK               it is waited for
 * XIPC_E_EXISTS         it is in this poller already
 * XIPC_E_NOT_SUPPORTED  the system cannot wait for this, or for these events
 * XIPC_E_NO_MEMORY, XIPC_E_INVALID, XIPC_E_FORKED
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_poller_add_native(
    xipc_poller *poller,
    xipc_native_handle native,
    uint32_t events,
    void *cookie);

/* XIPC_E_NOT_FOUND: it is not in this poller. */
XIPC_API xipc_status
xipc_poller_remove_native(xipc_poller *poller, xipc_native_handle native);

/*
 * Waits until something is ready, and tells of up to `capacity` such things;
 * of the others at the next waits, so that none is forgotten.
 *
 * XIPC_OK          `*count_out` > 0 entries of `ready` are filled in
 * XIPC_E_TIMEOUT   nothing was ready until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt() of the poller
 * XIPC_E_INVALID   NULL, or `capacity` is 0
 * XIPC_E_FORKED
 *
 * On any other status than XIPC_OK `ready` and `*count_out` are unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_poller_wait(
    xipc_poller *poller,
    xipc_ready *ready,
    size_t capacity,
    xipc_deadline deadline,
    size_t *count_out);

/*
 * One handle for another loop to wait at: a descriptor that is readable, or a
 * HANDLE that is signalled, when xipc_poller_wait() with XIPC_NOW is worth
 * calling. It may be so without anything being ready, and after a call that
 * told of something it is, until a call that does not. It is the poller's.
 *
 * XIPC_OK               `*native_out` is valid as long as the poller
 * XIPC_E_NOT_SUPPORTED  see XIPC_FEATURE_POLLER_HANDLE
 * XIPC_E_INVALID, XIPC_E_FORKED
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_poller_native_handle(xipc_poller *poller, xipc_native_handle *native_out);

/* Whatever is in it stays open. Accepts NULL. */
XIPC_API void xipc_poller_close(xipc_poller *poller);

/* For xipc_interrupt(); NULL for NULL. */
XIPC_API xipc_object *xipc_poller_object(xipc_poller *poller);

#ifdef __cplusplus
}
#endif

#endif
