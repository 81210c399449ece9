/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the local line (call_ring.h) share among themselves. */
#ifndef XIPC_CORE_CALL_RING_LINE_H
#define XIPC_CORE_CALL_RING_LINE_H

#include <xipc/ring.h>
#include <xipc/section.h>

#include "core/call_ring.h"
#include "core/channel.h"

/* "XL" and the layout version: of what goes over the channel, and of what the
 * section begins with. */
#define XIPCI_HELLO_MARK   UINT32_C(0x584c0001)
#define XIPCI_WELCOME_MARK UINT32_C(0x584c5701)
#define XIPCI_LINE_MARK    UINT32_C(0x584c4c01)

typedef struct xipci_ring_hello {
    uint32_t mark;
    uint32_t capacity; /* of each ring */
    uint64_t number;   /* as the section bears it */
    int64_t section;   /* where handles are copied: the client's of it */
    uint32_t takes_handles;
    uint32_t unused;
} xipci_ring_hello;

typedef struct xipci_ring_welcome {
    uint32_t mark;
    uint32_t takes_handles;
    int32_t refusal;    /* a status; XIPC_OK: welcome */
    uint32_t is_stream; /* no rings: it goes on over the channel */
} xipci_ring_welcome;

/* Room for either. */
#define XIPCI_LETTER_MAX 32

_Static_assert(
    sizeof(xipci_ring_hello) == XIPCI_LETTER_MAX, "part of the layout");

/* Before the first frame. */
typedef enum xipci_ring_line_stage {
    XIPCI_LINE_HEARS,   /* hello comes */
    XIPCI_LINE_JOINS,   /* it is whole */
    XIPCI_LINE_ANSWERS, /* welcome goes */
    XIPCI_LINE_PASSES,  /* the channel, to a line over it */
    XIPCI_LINE_UP
} xipci_ring_line_stage;

/*
 * The section begins with it; the first ring follows. Mark and number are
 * written before hello is sent. The rest is for handles that are copied, see
 * call_ring_copy.c.
 */
typedef struct xipci_ring_line_head {
    uint32_t mark;
    uint32_t unused;
    uint64_t number;
    _Atomic uint64_t settled; /* the client's */
    _Atomic uint32_t left;    /* either's: who has left */
    uint32_t unused_either;
} xipci_ring_line_head;

_Static_assert(
    sizeof(xipci_ring_line_head) <= XIPC_RING_ALIGNMENT,
    "it ends before the first ring");

/* Numbers of handles in the client's process, which went with the frame that
 * ends at that position of its ring. */
typedef struct xipci_ring_loan {
    struct xipci_ring_loan *next;
    uint64_t position;
    size_t count;
    int64_t numbers[XIPC_CALL_HANDLE_MAX];
} xipci_ring_loan;

typedef struct xipci_ring_loans {
    xipci_ring_loan *first;
    xipci_ring_loan *last;
    size_t count;
} xipci_ring_loans;

/*
 * `in` and what concerns receiving are the receiving thread's, `out` and what
 * concerns sending the sending one's; `broken` is the receiver's, and looked at
 * by others, relaxed: it never changes back.
 */
typedef struct xipci_ring_line {
    xipci_line line; /* first */
    char name[XIPC_NAME_MAX + 1];
    xipci_channel *channel; /* NULL: not needed any more */
    xipc_ring *in;
    xipc_ring *out;
    xipcos_other other;
    int has_other;
    int is_server;
    int is_stream;  /* the server may not open the client: no rings */
    int has_passed; /* the channel is another line's by now */
    int takes_handles;
    int trusts;        /* the client: nobody else can have the name */
    atomic_int broken; /* the status that all receives end with; or XIPC_OK */
    /* How many tries in a row found nothing, of those that do not wait. */
    uint32_t vain_count;
    /* The last send found no room; relaxed, a hint for `ready`. */
    atomic_int is_full;
    /* Frames with handles, one direction each. */
    uint32_t sent_number;
    uint32_t received_number;
    /* Where handles are copied: to and from whom, by the server; what was sent,
       and what the server has received. */
    xipcos_fellow *fellow;
    xipci_ring_loans lent;
    xipci_ring_loans borrowed;
    xipc_map *map;
    xipci_ring_line_head *head;
    /* The handshake. */
    xipci_ring_line_stage stage;
    int64_t give_up_at;
    unsigned char letter[XIPCI_LETTER_MAX];
    size_t letter_size; /* of it that came, or went */
    intptr_t section_native;
    int has_section;
} xipci_ring_line;

extern const xipci_line_kind xipci_ring_line_kind;

/* ---- call_ring.c ---- */

/* With that channel, from then on its own. NULL: no memory, with a fault. */
xipci_ring_line *
xipci_ring_line_new(const char *name, xipci_channel *channel, int is_server);

void xipci_ring_line_close(xipci_line *line);

/* Both rings are there. */
void xipci_ring_line_begin(xipci_ring_line *self);

xipc_status xipci_ring_line_fail(
    const xipci_ring_line *self, xipc_status status, const char *why);

/* ---- call_ring_hello.c ---- */

xipc_status xipci_ring_line_advance(xipci_line *line);
xipc_status xipci_ring_line_succeed(xipci_line *line, xipci_line **next_out);

/* The client's part, with `capacity` bytes for each ring; or `is_stream` is
 * set, and there are none. */
xipc_status xipci_ring_line_greet(
    xipci_ring_line *self, uint32_t capacity, const xipcos_patience *patience);

/* ---- call_ring_frame.c ---- */

xipc_status xipci_ring_line_send(
    xipci_line *line,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    const xipcos_patience *patience);
xipc_status xipci_ring_line_receive(
    xipci_line *line,
    xipci_frame *frame_out,
    const void **body_out,
    intptr_t *natives_out,
    const xipcos_patience *patience);
void xipci_ring_line_release(xipci_line *line);

/* Most bytes of a body, of a ring of that capacity. */
uint32_t xipci_ring_line_piece_max(uint64_t capacity);

/* Of a line that is at its end: past the next frame; what it told of handles.
 * 0: there is none. */
int xipci_ring_line_skip(
    xipci_ring_line *self, int64_t *values, size_t *count_out);

/* ---- call_ring_handle.c ---- */

/*
 * Gets `count` natives on their way, before the frame that they go with is
 * committed, and says in `values` what that frame has to tell of each.
 */
xipc_status xipci_ring_line_give(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values,
    const xipcos_patience *patience);

/*
 * What came with the frame that said so, never waiting: XIPC_E_CORRUPT, or
 * another failure, if it did not. A place is XIPCI_NO_NATIVE if this process
 * had no room for that one.
 */
xipc_status xipci_ring_line_take(
    xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out);

/* Closes those that there are. */
void xipci_ring_line_drop(const intptr_t *natives, size_t count);

/* ---- call_ring_copy.c ---- */

/* The same, where handles are copied. */
xipc_status xipci_ring_line_give_copies(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values);
xipc_status xipci_ring_line_take_copies(
    xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out);

/* The frame that they go with is committed. */
void xipci_ring_line_given(xipci_ring_line *self);

/* Before the rings are closed: nothing of what is on its way is left over. */
void xipci_ring_line_leave(xipci_ring_line *self);

#endif
