/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: pipes of the system. Two ends that are made together, or a
 * connection between whoever listens at a place and whoever knows it.
 *
 * An end reads, writes, or does both, and then its two directions have nothing
 * to do with each other. It carries bytes, or whole messages.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments, and that an end has the direction that is asked of it. All
 * functions are safe from any thread, except that closing is the last use. No
 * call raises a signal. A call that fails has left a fault (os_fault.h), but
 * for XIPC_E_AGAIN, XIPC_E_TIMEOUT and XIPC_E_CANCELED, and its outputs alone,
 * unless it says otherwise.
 */
#ifndef XIPCOS_PIPE_H
#define XIPCOS_PIPE_H

#include <stddef.h>

#include <xipc/poller.h>

#include "os/os_other.h"
#include "os/os_patience.h"
#include "os/os_section.h"

typedef struct xipcos_pipe xipcos_pipe;
typedef struct xipcos_listener xipcos_listener;

typedef struct xipcos_pipe_plan {
    uint32_t message_max; /* bytes of one; 0: bytes, no messages */
    uint32_t buffer_size; /* bytes on their way, advice; 0: the system's best */
    xipc_access access;   /* of a listener: who may connect */
} xipcos_pipe_plan;

/* ---- ends ---- */

/*
 * Two ends. One way: `first` reads and `second` writes. The end that writes is
 * closed, by whoever has it, in good order or not: XIPC_E_CLOSED.
 *
 * XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_pipe_create(
    const xipcos_pipe_plan *plan,
    int is_duplex,
    xipcos_pipe **first_out,
    xipcos_pipe **second_out);

/*
 * An end over a copy of a native handle that somebody else has made, a pipe's
 * or what behaves like one; or of two, of which one reads and the other one
 * writes. Which way it goes the handle says. No call waits longer because
 * others use the same handle, where the system allows that.
 *
 * XIPC_E_INVALID        not an open handle; two that go the same way
 * XIPC_E_NOT_SUPPORTED  not of a pipe
 * XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_pipe_adopt(
    const intptr_t *natives,
    unsigned count,
    const xipcos_pipe_plan *plan,
    xipcos_pipe **pipe_out);

/* Those of XIPC_READABLE and XIPC_WRITABLE that it was made for. Never
 * changes. */
uint32_t xipcos_pipe_directions(const xipcos_pipe *pipe);

/* As it was made; where one connects the listener says. 0: bytes. */
uint32_t xipcos_pipe_message_max(const xipcos_pipe *pipe);

/*
 * At least one byte, at most `capacity` (> 0); or one whole message, of 0 bytes
 * too (then `capacity` may be 0).
 *
 * XIPC_E_CLOSED     all was read, and the other side has ended in good order,
 *                   or has ended to write
 * XIPC_E_PEER_DIED  all was read, and it died; of ends that were created
 *                   together: in the middle of a message
 * XIPC_E_TOO_SMALL  the message has *size_out bytes, and stays
 * XIPC_E_CORRUPT    what came is no message; so it stays
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_pipe_read(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);

/*
 * All of it. On any other status *written_out says how much of it the other
 * side can get: of a message nothing.
 *
 * XIPC_E_CLOSED     nobody reads it any more, or this end has ended to write
 * XIPC_E_PEER_DIED  likewise, and the other side of the connection died
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_pipe_write(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out);

/* The other side gets what was written, and then XIPC_E_CLOSED. Writes that
 * wait in other threads end with that too, or go on to their end. Any number of
 * times. */
xipc_status xipcos_pipe_shutdown_write(xipcos_pipe *pipe);

/* Accepts NULL. In good order: what was written arrives, then XIPC_E_CLOSED.
 * Never waits. In a forked child it touches nothing that the parent has. */
void xipcos_pipe_close(xipcos_pipe *pipe);

/* Ends the sleep of the calls on this end, to look at *is_interrupted. */
void xipcos_pipe_wake(xipcos_pipe *pipe);

/*
 * What is the case now: XIPC_READABLE (a read will not wait, also because it
 * would say that the other side has ended), XIPC_WRITABLE (there is room, or a
 * write would say so too), XIPC_HUNG_UP (the other side has ended, or died, or
 * has only ended to write).
 */
uint32_t xipcos_pipe_ready(xipcos_pipe *pipe);

/*
 * A handle for a poller (os_poller.h), still the end's own, and those of the
 * `events` that it tells; 0: none. A poller asks again for the rest, at most
 * once, and adds both handles under one token; where a poller can have only one
 * for a token, the first answer is all of them.
 */
uint32_t
xipcos_pipe_waitable(xipcos_pipe *pipe, uint32_t events, intptr_t *native_out);

/*
 * The system's own handle for that direction (XIPC_READABLE or XIPC_WRITABLE),
 * still the end's. The library's calls are made for it: it does not block.
 */
intptr_t xipcos_pipe_native_handle(const xipcos_pipe *pipe, uint32_t direction);

/*
 * A handle for that direction to be given to another program, which knows
 * nothing of how this end is used here: reads and writes of it block. The
 * caller's, who closes it when the other program has a copy; not inheritable.
 * What this end is used for here works on, also its deadlines.
 *
 * XIPC_E_NOT_SUPPORTED  not of such an end
 * XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status
xipcos_pipe_give(xipcos_pipe *pipe, uint32_t direction, intptr_t *native_out);

/* XIPC_E_NOT_SUPPORTED: not a connection. */
xipc_status xipcos_pipe_other(const xipcos_pipe *pipe, xipcos_other *other_out);

/* Whether xipcos_pipe_other() of a connection vouches for the process. */
int xipcos_pipe_vouches_process(void);

/* ---- listening ---- */

/*
 * Where somebody listens. Core has the name: a companion, a transient section,
 * tells who has it and `spot`, a text that is new each time somebody begins to
 * listen and that nobody can guess before. It has XIPCOS_SPOT_SIZE - 1 letters
 * (a-z, 2-7); the first eight follow from the name, so that a companion that
 * was scribbled on leads to no other name's listener. Who owns the companion
 * is whose listener it must be.
 */
#define XIPCOS_SPOT_SIZE 25

typedef struct xipcos_pipe_place {
    const xipcos_section *companion;
    const char *spot;
    xipc_scope scope;
} xipcos_pipe_place;

/* XIPC_E_ACCESS, XIPC_E_NO_SPACE, XIPC_E_NO_MEMORY, XIPC_E_OS */
xipc_status xipcos_listener_create(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out);

/*
 * The next one who has connected. XIPC_E_AGAIN, XIPC_E_TIMEOUT,
 * XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_listener_accept(
    xipcos_listener *listener,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out);

/* Accepts NULL. Who connected and was not accepted gets XIPC_E_CLOSED; accepted
 * connections live on. In a forked child as xipcos_pipe_close(). */
void xipcos_listener_close(xipcos_listener *listener);

void xipcos_listener_wake(xipcos_listener *listener);

/* XIPC_READABLE: an accept will not wait. It may have to do some of the work of
 * an accept to know. */
uint32_t xipcos_listener_ready(xipcos_listener *listener);

/* As xipcos_pipe_waitable(), at once for all it can tell: XIPC_READABLE, or 0:
 * a poller cannot wait for this one. It may be ready for nothing. */
uint32_t
xipcos_listener_waitable(xipcos_listener *listener, intptr_t *native_out);

/*
 * Connects; message_max is the listener's, as the companion tells. Waits until
 * the listener has taken this side in, by an accept or a look whether there is
 * something to accept; a backend may be faster. With XIPC_NOW it need not even
 * try.
 *
 * XIPC_E_NOT_FOUND  nobody listens there, or no more: core looks whether
 *                   somebody else has the name, and comes again
 * XIPC_E_ACCESS     not for this user, or not the companion's owner's
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_pipe_connect(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out);

/* ---- the system's own names ---- */

/*
 * Byte semantics; `native_name` is what followed "native:", not empty; one end
 * has no word of how the other one ended: XIPC_E_CLOSED.
 *
 * Opens a pipe that another program has made: a FIFO that is there,
 * `directions` being exactly one of XIPC_READABLE and XIPC_WRITABLE; or a pipe
 * that a program serves, where it may be both. A FIFO that nobody writes (yet)
 * is opened for reading at once, and its reads wait for the first one who does;
 * for writing, the open waits for somebody to read.
 *
 * XIPC_E_NOT_FOUND      nothing has that name (a reason to wait for core)
 * XIPC_E_INVALID        not that direction, or those two, on this system
 * XIPC_E_NOT_SUPPORTED  what has that name is not a pipe
 * XIPC_E_ACCESS, XIPC_E_NAME, XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_NO_MEMORY,
 * XIPC_E_OS
 */
xipc_status xipcos_pipe_open_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out);

/*
 * Makes one, which goes with the listener: an accept waits for a foreign
 * program to come to the other side. `directions` are those of this side.
 *
 * XIPC_E_EXISTS, XIPC_E_INVALID, XIPC_E_ACCESS, XIPC_E_NAME, XIPC_E_NO_MEMORY,
 * XIPC_E_OS
 */
xipc_status xipcos_listener_create_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out);

#endif
