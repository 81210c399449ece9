/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that go with frames of the local line, where they are copied.
 *
 * The server does all of it, since a client need not be able to open the
 * server's process; the frame tells numbers of handles in the client's process.
 *
 *     to the client  the server makes a handle there, and the frame tells its
 *                    number: a gift
 *     to the server  the client keeps a copy of its own, and the frame tells
 *                    its number; the server copies it from there: a loan
 *
 * A gift that the client has received is the client's. A loan ends when the
 * server has released the frame: then the client closes its copy, and says how
 * far it has done so in `settled`.
 *
 * What is on its way when the line ends belongs to nobody then. So each side,
 * when it closes, first says that it leaves, and then looks whether the other
 * one has: who comes last cleans up, and where both have seen each other, the
 * one that takes the mop. Who comes first leaves all as it is, because the
 * other one still may receive what was sent. So each keeps a list: the client
 * of its loans, the server of gifts that are not received yet, and of loans
 * that are not settled. Of a client that died the system closes all.
 *
 * All numbers are those of the client's process; where it lies about them, or
 * scribbles on the words below, it harms itself. What a server says the client
 * believes only if it trusts it (XIPC_TRUST_SELF): who has given no handle can
 * tell a number all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "core/call_ring_line.h"
#include "core/ring.h"

/* ---- lists ---- */

/* Bytes of a frame with a handle, at least. */
#define FRAME_LEAST 48

/* Before the frame is committed; far ahead of any position. */
#define NOT_YET (UINT64_MAX >> 1)

static xipc_status
add(const xipci_ring_line *self,
    xipci_ring_loans *list,
    const int64_t *numbers,
    size_t count,
    uint64_t position)
{
    xipci_ring_loan *loan = calloc(1, sizeof *loan);

    if (!loan) {
        return xipci_ring_line_fail(
            self, XIPC_E_NO_MEMORY, "no memory to pass handles on");
    }
    memcpy(loan->numbers, numbers, count * sizeof *numbers);
    loan->count = count;
    loan->position = position;
    if (list->last) {
        list->last->next = loan;
    } else {
        list->first = loan;
    }
    list->last = loan;
    list->count++;
    return XIPC_OK;
}

typedef void end_number(const xipci_ring_line *self, int64_t number);

static void keep(const xipci_ring_line *self, int64_t number)
{
    (void)self;
    (void)number;
}

static void close_ours(const xipci_ring_line *self, int64_t number)
{
    (void)self;
    xipcos_handle_close((intptr_t)number);
}

static void close_theirs(const xipci_ring_line *self, int64_t number)
{
    xipcos_fellow_take_back(self->fellow, number);
}

static void end_all_of(
    const xipci_ring_line *self,
    const int64_t *numbers,
    size_t count,
    end_number *end)
{
    for (size_t at = 0; at < count; at++) {
        end(self, numbers[at]);
    }
}

/* Those whose frame ends at or before that position. */
static void end_until(
    const xipci_ring_line *self,
    xipci_ring_loans *list,
    uint64_t position,
    end_number *end)
{
    while (list->first && (int64_t)(position - list->first->position) >= 0) {
        xipci_ring_loan *loan = list->first;

        end_all_of(self, loan->numbers, loan->count, end);
        list->first = loan->next;
        list->count--;
        free(loan);
    }
    if (!list->first) {
        list->last = NULL;
    }
}

static void
end_all(const xipci_ring_line *self, xipci_ring_loans *list, end_number *end)
{
    while (list->first) {
        end_until(self, list, list->first->position, end);
    }
}

/* ---- how far they are ---- */

static uint64_t taken_of(const xipc_ring *ring)
{
    return atomic_load_explicit(&ring->head->taken, memory_order_acquire);
}

/* Behind the frame that is looked at. */
static uint64_t position_of_frame(const xipc_ring *ring)
{
    return xipci_ring_position(ring) + ring->pending;
}

/* The client's: those that have been copied. */
static void settle(xipci_ring_line *self)
{
    uint64_t taken = taken_of(self->out);

    end_until(self, &self->lent, taken, close_ours);
    /* Release: when the server sees it, the copies are closed. */
    atomic_store_explicit(&self->head->settled, taken, memory_order_release);
}

static uint64_t settled_of(const xipci_ring_line *self)
{
    return atomic_load_explicit(&self->head->settled, memory_order_acquire);
}

/* ---- the server's part ---- */

static xipc_status give_gifts(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values)
{
    xipc_status status = XIPC_OK;
    size_t given = 0;

    end_until(self, &self->lent, taken_of(self->out), keep);
    while (status == XIPC_OK && given < count) {
        status =
            xipcos_fellow_give(self->fellow, natives[given], &values[given]);
        given += status == XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = add(self, &self->lent, values, count, NOT_YET);
    }
    if (status != XIPC_OK) {
        end_all_of(self, values, given, close_theirs);
    }
    return status;
}

static xipc_status copy_loans(
    const xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out)
{
    xipc_status status = XIPC_OK;
    size_t taken = 0;

    while (status == XIPC_OK && taken < count) {
        status = xipcos_fellow_take(
            self->fellow, values[taken], &natives_out[taken]);
        if (status == XIPC_E_NO_MEMORY) {
            natives_out[taken] = XIPCI_NO_NATIVE;
            status = XIPC_OK;
        }
        taken += status == XIPC_OK;
    }
    if (status != XIPC_OK) {
        xipci_ring_line_drop(natives_out, taken);
    }
    return status;
}

/* As if there had been no room for them. */
static void lose(intptr_t *natives, size_t count)
{
    xipci_ring_line_drop(natives, count);
    for (size_t at = 0; at < count; at++) {
        natives[at] = XIPCI_NO_NATIVE;
    }
}

static xipc_status take_loans(
    xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out)
{
    xipc_status status;

    end_until(self, &self->borrowed, settled_of(self), keep);
    /* A client settles before each loan: no more are open than its ring has
       room for. */
    if (self->borrowed.count > self->in->capacity / FRAME_LEAST) {
        return XIPC_E_CORRUPT;
    }
    status = copy_loans(self, values, count, natives_out);
    if (status != XIPC_OK) {
        return status;
    }
    status =
        add(self, &self->borrowed, values, count, position_of_frame(self->in));
    if (status != XIPC_OK) {
        lose(natives_out, count);
    }
    return XIPC_OK;
}

/* ---- the client's part ---- */

static xipc_status lend(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values)
{
    xipc_status status = XIPC_OK;
    size_t copied = 0;

    settle(self);
    while (status == XIPC_OK && copied < count) {
        intptr_t copy = XIPCI_NO_NATIVE;

        status = xipcos_handle_copy(natives[copied], &copy);
        values[copied] = copy;
        copied += status == XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = add(self, &self->lent, values, count, NOT_YET);
    }
    if (status != XIPC_OK) {
        end_all_of(self, values, copied, close_ours);
    }
    return status;
}

/* ---- either ---- */

xipc_status xipci_ring_line_give_copies(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values)
{
    return self->is_server ? give_gifts(self, natives, count, values)
                           : lend(self, natives, count, values);
}

void xipci_ring_line_given(xipci_ring_line *self)
{
    if (self->lent.last) {
        self->lent.last->position = xipci_ring_position(self->out);
    }
}

xipc_status xipci_ring_line_take_copies(
    xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out)
{
    if (self->is_server) {
        return take_loans(self, values, count, natives_out);
    }
    for (size_t at = 0; at < count; at++) {
        natives_out[at] = (intptr_t)values[at];
    }
    return XIPC_OK;
}

/* ---- at the end ---- */

/* What came and is not received. */
static void end_unread(xipci_ring_line *self, end_number *end)
{
    int64_t values[XIPC_CALL_HANDLE_MAX];
    size_t count;

    while (self->takes_handles && xipci_ring_line_skip(self, values, &count)) {
        end_all_of(self, values, count, end);
    }
}

static void clean_up(xipci_ring_line *self)
{
    if (!self->is_server) {
        end_all(self, &self->lent, close_ours);
        end_unread(self, close_ours);
        return;
    }
    end_until(self, &self->lent, taken_of(self->out), keep);
    end_all(self, &self->lent, close_theirs);
    end_until(self, &self->borrowed, settled_of(self), keep);
    end_all(self, &self->borrowed, close_theirs);
    end_unread(self, close_theirs);
}

/* Of the client's process nothing is left, or it has left and will not clean
 * up; of the server, likewise. Sequentially consistent: of two that leave at
 * once one sees the other. */
static int comes_last(xipci_ring_line *self)
{
    const uint32_t own = self->is_server ? 1 : 2;
    const uint32_t left =
        atomic_fetch_or_explicit(&self->head->left, own, memory_order_seq_cst);

    return left != 0 || xipci_ring_peer(self->out, 1) == XIPC_E_PEER_DIED;
}

void xipci_ring_line_leave(xipci_ring_line *self)
{
    if (self->in->pending > 0) {
        (void)xipc_ring_release(self->in); /* it was received */
    }
    if (!self->is_server) {
        settle(self);
    }
    if (comes_last(self)) {
        clean_up(self);
    }
    end_all(self, &self->lent, keep);
    end_all(self, &self->borrowed, keep);
}
