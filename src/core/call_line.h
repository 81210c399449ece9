/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the calls (call.h) ask of a line: frames, whole and in order, both ways,
 * between two processes.
 *
 * A frame is a head of fixed size and a body of at most piece_max bytes. What
 * frames mean is the engine's business: a line carries them and knows nothing
 * of calls. There are two sorts of lines: rings in memory that both sides have
 * (call_ring.h), and a stream of bytes over the network (call_wire.h).
 *
 * One thread at a time sends, and one, perhaps another one, receives: the
 * engine sees to that. The others of these functions are for any thread. A call
 * that fails has left a fault, but for XIPC_E_AGAIN, XIPC_E_TIMEOUT and
 * XIPC_E_CANCELED.
 */
#ifndef XIPC_CORE_CALL_LINE_H
#define XIPC_CORE_CALL_LINE_H

#include <stddef.h>

#include <xipc/call.h>
#include <xipc/poller.h>

#include "core/object.h"
#include "os/os_other.h"
#include "os/os_patience.h"

/* In the order of bytes of this machine; a line that goes to others writes it
 * as it has agreed with them. */
typedef struct xipci_frame {
    uint64_t call;  /* the number its caller gave the call */
    uint32_t kind;  /* request, reply and the like: the engine's; 0: a line's */
    uint32_t flags; /* more pieces follow and the like: the engine's */
    uint32_t method; /* or status, by kind */
    uint32_t result;
    uint32_t size;  /* bytes of this piece */
    uint32_t total; /* bytes of the whole, in the first piece */
    uint32_t handle_count;
    uint32_t unused;
} xipci_frame;

_Static_assert(sizeof(xipci_frame) == 40, "part of the layout");

typedef struct xipci_line xipci_line;

typedef struct xipci_line_kind {
    /*
     * Whole, or not at all. `body` may be NULL if the frame's size is 0.
     * `natives` are copied: the caller keeps its own.
     *
     * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED  there is no room
     * XIPC_E_CLOSED, XIPC_E_PEER_DIED   the other side has ended
     * XIPC_E_CORRUPT        what the other side wrote makes no sense
     * XIPC_E_NOT_SUPPORTED  handles over a line that takes none
     * XIPC_E_INVALID        not an open handle
     * XIPC_E_NO_MEMORY, XIPC_E_OS
     */
    xipc_status (*send)(
        xipci_line *line,
        const xipci_frame *frame,
        const void *body,
        const intptr_t *natives,
        const xipcos_patience *patience);
    /*
     * The next frame. `*frame_out` is a private copy, and checked: size is at
     * most piece_max, handle_count at most XIPC_CALL_HANDLE_MAX. `*body_out` is
     * readable until `release`, and may be memory that the other side can
     * change: the engine copies it once. `natives_out` has
     * XIPC_CALL_HANDLE_MAX places; what is put there is this process's from
     * then on.
     *
     * This is the only place where a line looks before it sleeps; with XIPC_NOW
     * it looks once.
     *
     * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED  none came
     * XIPC_E_CLOSED     all was received, and the other side closed in good
     *                   order
     * XIPC_E_PEER_DIED, XIPC_E_CORRUPT, XIPC_E_NO_MEMORY, XIPC_E_OS
     */
    xipc_status (*receive)(
        xipci_line *line,
        xipci_frame *frame_out,
        const void **body_out,
        intptr_t *natives_out,
        const xipcos_patience *patience);
    /* After each receive that gave a frame. */
    void (*release)(xipci_line *line);
    /* XIPC_READABLE: a receive will not wait, also because it would tell of the
       end. XIPC_WRITABLE: there is room for a whole frame, or it has ended. */
    uint32_t (*ready)(xipci_line *line);
    /*
     * Up to two objects to be put in a poller, with the events to be asked for,
     * which together tell of XIPC_READABLE and, with `wants_room`, of
     * XIPC_WRITABLE. Returns how many. One with no events is not to be in a
     * poller. They, and their events, may be others after each `advance`.
     */
    size_t (*objects)(
        xipci_line *line,
        int wants_room,
        xipc_object *objects_out[2],
        uint32_t events_out[2]);
    /* Ends the sleep of a send and of a receive, to look at *is_interrupted. */
    void (*wake)(xipci_line *line);
    /* XIPC_E_NOT_SUPPORTED where nobody vouches. */
    xipc_status (*other)(const xipci_line *line, xipcos_other *other_out);
    int (*takes_handles)(const xipci_line *line);
    /*
     * One step of what both sides do before the first frame, of a line that was
     * accepted; never waits.
     *
     * XIPC_OK       it is up
     * XIPC_E_AGAIN  once more, when its objects are ready, and now and then
     * Else it is to be closed.
     */
    xipc_status (*advance)(xipci_line *line);
    /* When an advance has said that it is up: the line that goes on in its
       place, over the same stream, and has to be advanced in its turn. This one
       is closed then, and may be woken until it is. NULL in `*next_out`, or no
       function: it goes on itself. XIPC_E_NO_MEMORY. */
    xipc_status (*succeed)(xipci_line *line, xipci_line **next_out);
    /* Sends what an earlier send has kept back. XIPC_OK: nothing is left; else
       as send. NULL: it never keeps any. */
    xipc_status (*flush)(xipci_line *line, const xipcos_patience *patience);
    /* Before `close`: what an earlier send has kept back, and the last word.
       NULL: `close` says it, and there is always room for it. */
    xipc_status (*finish)(xipci_line *line, const xipcos_patience *patience);
    /* In good order: what was sent still arrives. Never waits. In a forked
       child it frees the child's copy only. */
    void (*close)(xipci_line *line);
    /* A whole frame was read ahead, of which no object tells. Any thread, the
       better informed the one that receives. NULL: never. */
    int (*has_more)(const xipci_line *line);
    /* To look whether anything came takes a call to the system: nobody looks
       for a while before he sleeps. */
    int is_costly;
} xipci_line_kind;

/* The first member of each line's struct. */
struct xipci_line {
    const xipci_line_kind *kind;
    uint32_t piece_max;
};

/* Those who listen, likewise. */
typedef struct xipci_line_listener xipci_line_listener;

typedef struct xipci_line_listener_kind {
    /* The next one that comes, or XIPC_E_AGAIN: never waits. It has to be
       advanced until it is up. */
    xipc_status (*accept)(xipci_line_listener *listener, xipci_line **line_out);
    /* To be put in a poller, for XIPC_READABLE. */
    xipc_object *(*object)(xipci_line_listener *listener);
    /* Where others connect, with the port that the system chose. */
    const char *(*address)(const xipci_line_listener *listener);
    /* Frees the address. In a forked child it frees the child's copy only. */
    void (*close)(xipci_line_listener *listener);
} xipci_line_listener_kind;

struct xipci_line_listener {
    const xipci_line_listener_kind *kind;
};

/*
 * One pair for each sort of line, in the header of its own. `options` are
 * checked, and not NULL. Statuses as for xipc_call_listen() and
 * xipc_call_connect(); a line that connect gives is up.
 *
 *     xipc_status xipci_ring_line_listen(
 *         const char *name,
 *         const xipc_call_options *options,
 *         xipc_deadline deadline,
 *         xipci_line_listener **listener_out);
 *     xipc_status xipci_ring_line_connect(
 *         const char *name,
 *         const xipc_call_options *options,
 *         const xipcos_patience *patience,
 *         xipci_line **line_out);
 */

#endif
