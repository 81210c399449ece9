/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as messages of a ring.
 *
 * Most frames are short: a whole request or reply without handles, of which
 * nothing is worth saying but what it is, which call and which method. Such a
 * frame with eight bytes takes half a cache line of the ring, and passes from
 * one processor to the other with it. All others are long, and say everything.
 *
 *     short  kind, flags  method  call  body
 *     long   kind, flags  method  call  the rest  values of handles  body
 *
 * Every word of a head is read once, and then looked at.
 */
#include <string.h>

#include "core/call_ring_line.h"
#include "core/failure.h"
#include "core/park.h"
#include "core/ring.h"
#include "core/waitable.h"

/* In `what`: the kind, the flags, and whether it is long. */
#define KIND_BITS 8
#define KIND_MASK UINT32_C(0xff)
#define FLAG_BITS 16
#define FLAG_MASK UINT32_C(0xffff)
#define IS_LONG   (UINT32_C(1) << 31)

/* Of any frame: two words. */
#define FRONT_SIZE 16

static uint64_t first_word(uint32_t what, uint32_t method)
{
    return what | (uint64_t)method << 32;
}

typedef struct front {
    uint32_t what;
    uint32_t method;
    uint64_t call;
} front;

/* What a long one has besides. */
typedef struct long_rest {
    uint32_t kind;
    uint32_t flags;
    uint32_t result;
    uint32_t size;
    uint32_t total;
    uint32_t handle_count;
    uint32_t unused;
    uint32_t padding;
} long_rest;

_Static_assert(sizeof(long_rest) == 32, "part of the layout");

#define LONG_SIZE (FRONT_SIZE + sizeof(long_rest))

/* What follows a long head is at most so much before the body. */
#define VALUES_MAX (XIPC_CALL_HANDLE_MAX * sizeof(int64_t))

/* Bytes of a body: a quarter of the ring, so that one can be on its way while
 * the next is written; and no more than a processor has at hand. */
#define PIECES    4
#define PIECE_MAX UINT32_C(65536)

/* So many tries in a row that found nothing, and the kernel is asked. */
#define VAIN_TRIES 16

static const atomic_int never = 0;

uint32_t xipci_ring_line_piece_max(uint64_t capacity)
{
    uint64_t room = capacity / PIECES;
    uint64_t heads = LONG_SIZE + VALUES_MAX;

    room = room > 2 * heads ? room - heads : heads;
    return room < PIECE_MAX ? (uint32_t)room : PIECE_MAX;
}

/* ---- sending ---- */

/* One look for all of it. */
static int is_short(const xipci_frame *frame)
{
    return ((frame->kind & ~KIND_MASK) | (frame->flags & ~FLAG_MASK) |
            (frame->total ^ frame->size) | frame->handle_count | frame->result |
            frame->unused) == 0;
}

static int has_values(void)
{
    return xipcos_handles_go() == XIPCOS_HANDLES_COPIED;
}

static size_t values_size(size_t handle_count)
{
    return has_values() ? handle_count * sizeof(int64_t) : 0;
}

static void
write_long(unsigned char *at, const xipci_frame *frame, const int64_t *values)
{
    const uint64_t words[2] = {first_word(IS_LONG, frame->method), frame->call};
    const long_rest rest = {
        frame->kind,  frame->flags,        frame->result, frame->size,
        frame->total, frame->handle_count, frame->unused, 0};

    memcpy(at, words, sizeof words);
    memcpy(at + FRONT_SIZE, &rest, sizeof rest);
    if (frame->handle_count > 0) {
        memcpy(at + LONG_SIZE, values, values_size(frame->handle_count));
    }
}

static xipc_status check_other(const xipci_ring_line *self)
{
    return !xipci_ring_has_left(self->out)
               ? XIPC_OK
               : xipci_ring_line_fail(
                     self, XIPC_E_CLOSED,
                     "the other side has ended, nobody reads it any more");
}

/* For who asks whether there is some. */
static xipc_status note_room(xipci_ring_line *self, xipc_status status)
{
    const int is_full = status != XIPC_OK;

    if (atomic_load_explicit(&self->is_full, memory_order_relaxed) != is_full) {
        atomic_store_explicit(&self->is_full, is_full, memory_order_relaxed);
    }
    return status;
}

static xipc_status
reserve(xipci_ring_line *self, size_t size, void **at, xipc_deadline deadline)
{
    xipc_status status = check_other(self);

    return status == XIPC_OK
               ? note_room(
                     self, xipc_ring_reserve(self->out, size, at, deadline))
               : status;
}

static xipc_status send_short(
    xipci_ring_line *self,
    const xipci_frame *frame,
    const void *body,
    xipc_deadline deadline)
{
    const uint32_t what = frame->kind | frame->flags << KIND_BITS;
    xipc_status status = check_other(self);

    return status == XIPC_OK
               ? note_room(
                     self, xipci_ring_put(
                               self->out, first_word(what, frame->method),
                               frame->call, body, frame->size, deadline))
               : status;
}

/*
 * Whoever has taken all frames has taken all handles; the others come with the
 * frames that he has still to take. So there is no room before he has taken
 * all; and if he has, somebody keeps handles on their way.
 */
static xipc_status no_room_for_handles(xipci_ring_line *self)
{
    xipc_ring *ring = self->out;

    if (atomic_load_explicit(&ring->head->taken, memory_order_seq_cst) ==
        xipci_ring_position(ring)) {
        return xipci_ring_line_fail(
            self, XIPC_E_NO_MEMORY,
            "too many handles are on their way, and nobody takes them");
    }
    atomic_store_explicit(&ring->need, ring->size, memory_order_relaxed);
    return note_room(self, XIPC_E_AGAIN);
}

/* Room first: once the handles are on their way the frame follows. */
static xipc_status send_long(
    xipci_ring_line *self,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    const xipcos_patience *patience)
{
    const size_t before = LONG_SIZE + values_size(frame->handle_count);
    int64_t values[XIPC_CALL_HANDLE_MAX] = {0};
    void *at = NULL;
    xipc_status status =
        reserve(self, before + frame->size, &at, patience->deadline);

    if (status != XIPC_OK) {
        return status;
    }
    if (frame->handle_count > 0) {
        status = xipci_ring_line_give(
            self, natives, frame->handle_count, values, patience);
    }
    if (status != XIPC_OK) {
        (void)xipc_ring_cancel(self->out);
        return status == XIPC_E_AGAIN ? no_room_for_handles(self) : status;
    }
    write_long(at, frame, values);
    if (frame->size > 0) {
        memcpy((unsigned char *)at + before, body, frame->size);
    }
    status = xipc_ring_commit(self->out, before + frame->size);
    if (frame->handle_count > 0 && has_values()) {
        xipci_ring_line_given(self);
    }
    return status;
}

xipc_status xipci_ring_line_send(
    xipci_line *line,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    const xipcos_patience *patience)
{
    xipci_ring_line *self = (xipci_ring_line *)line;

    self->out->interrupted =
        patience->is_interrupted ? patience->is_interrupted : &never;
    return is_short(frame) ? send_short(self, frame, body, patience->deadline)
                           : send_long(self, frame, body, natives, patience);
}

/* ---- receiving ---- */

/* What was read of a message: once, into private memory. */
static void read_once(void *to, const void *from, size_t size)
{
    const volatile uint64_t *words = from;
    unsigned char *bytes = to;

    for (size_t at = 0; at < size / sizeof *words; at++) {
        uint64_t word = words[at];

        memcpy(bytes + at * sizeof word, &word, sizeof word);
    }
}

typedef struct message {
    const unsigned char *bytes;
    size_t size;
    size_t body_at;
} message;

static front read_front(const unsigned char *bytes)
{
    const volatile uint64_t *words =
        (const volatile uint64_t *)(const void *)bytes;
    const uint64_t first = words[0];

    return (front){(uint32_t)first, (uint32_t)(first >> 32), words[1]};
}

static int unpack_long(message *of, const front *head, xipci_frame *frame)
{
    long_rest rest;

    if (of->size < LONG_SIZE) {
        return 0;
    }
    read_once(&rest, of->bytes + FRONT_SIZE, sizeof rest);
    *frame = (xipci_frame){head->call,   rest.kind,         rest.flags,
                           head->method, rest.result,       rest.size,
                           rest.total,   rest.handle_count, rest.unused};
    if (rest.handle_count > XIPC_CALL_HANDLE_MAX) {
        return 0;
    }
    of->body_at = LONG_SIZE + values_size(rest.handle_count);
    return of->size >= of->body_at && of->size - of->body_at == rest.size;
}

/* Whether it makes sense. */
static int unpack(const xipci_ring_line *self, message *of, xipci_frame *frame)
{
    front head;

    if (of->size < FRONT_SIZE) {
        return 0;
    }
    head = read_front(of->bytes);
    if ((head.what & IS_LONG) != 0) {
        return unpack_long(of, &head, frame) &&
               frame->size <= self->line.piece_max;
    }
    of->body_at = FRONT_SIZE;
    *frame = (xipci_frame){
        .call = head.call,
        .kind = head.what & KIND_MASK,
        .flags = head.what >> KIND_BITS,
        .method = head.method,
        .size = (uint32_t)of->size - FRONT_SIZE,
        .total = (uint32_t)of->size - FRONT_SIZE};
    return frame->size <= self->line.piece_max;
}

/* No frame comes any more: that is what all receives say from now on. */
static xipc_status end_line(xipci_ring_line *self, xipc_status status)
{
    atomic_store_explicit(&self->broken, (int)status, memory_order_relaxed);
    return xipci_ring_line_fail(
        self, status,
        status == XIPC_E_PEER_DIED
            ? "the other side died, and with it the handles that it sent"
            : "what the other side sent makes no sense");
}

/* Of one who does not wait: whether there is nothing new. The kernel is asked
 * how the other side is only now and then. */
static int is_idle(xipci_ring_line *self)
{
    if (xipci_ring_is_there(self->in) || xipci_ring_has_left(self->in)) {
        return 0;
    }
    return ++self->vain_count % VAIN_TRIES != 0;
}

static xipc_status
peek(xipci_ring_line *self, message *next, xipc_deadline deadline)
{
    const xipc_status broken =
        (xipc_status)atomic_load_explicit(&self->broken, memory_order_relaxed);
    xipc_status status;

    if (broken != XIPC_OK) {
        return end_line(self, broken);
    }
    if (deadline == XIPC_NOW && is_idle(self)) {
        return XIPC_E_AGAIN;
    }
    status = xipci_ring_get(self->in, &next->bytes, &next->size, deadline);
    if (status == XIPC_OK) {
        self->vain_count = 0;
    }
    return status;
}

static xipc_status take_handles(
    xipci_ring_line *self,
    const message *of,
    size_t count,
    intptr_t *natives_out)
{
    int64_t values[XIPC_CALL_HANDLE_MAX] = {0};

    read_once(values, of->bytes + LONG_SIZE, values_size(count));
    return xipci_ring_line_take(self, values, count, natives_out);
}

xipc_status xipci_ring_line_receive(
    xipci_line *line,
    xipci_frame *frame_out,
    const void **body_out,
    intptr_t *natives_out,
    const xipcos_patience *patience)
{
    xipci_ring_line *self = (xipci_ring_line *)line;
    message next = {NULL, 0, 0};
    xipc_status status;

    self->in->interrupted =
        patience->is_interrupted ? patience->is_interrupted : &never;
    status = peek(self, &next, patience->deadline);
    if (status != XIPC_OK) {
        return status;
    }
    status = unpack(self, &next, frame_out) ? XIPC_OK : XIPC_E_CORRUPT;
    if (status == XIPC_OK && frame_out->handle_count > 0) {
        status =
            take_handles(self, &next, frame_out->handle_count, natives_out);
    }
    if (status != XIPC_OK) {
        xipci_ring_got(self->in);
        return end_line(
            self, status == XIPC_E_PEER_DIED ? status : XIPC_E_CORRUPT);
    }
    *body_out = next.bytes + next.body_at;
    return XIPC_OK;
}

void xipci_ring_line_release(xipci_line *line)
{
    xipci_ring_got(((xipci_ring_line *)line)->in);
}

int xipci_ring_line_skip(
    xipci_ring_line *self, int64_t *values, size_t *count_out)
{
    xipci_frame frame;
    message next = {NULL, 0, 0};

    if (peek(self, &next, XIPC_NOW) != XIPC_OK) {
        return 0;
    }
    if (!unpack(self, &next, &frame)) {
        (void)end_line(self, XIPC_E_CORRUPT);
        return 0;
    }
    read_once(values, next.bytes + LONG_SIZE, values_size(frame.handle_count));
    *count_out = frame.handle_count;
    xipci_ring_got(self->in);
    return 1;
}
