/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and posts on their way: each waits for its turn, and for room. */
#include "core/call_send.h"
#include "os/os_clock.h"

/*
 * So long who waits for room does nothing else. Between two such sleeps he
 * receives, if nobody does: two sides that both wait for room would wait for
 * ever.
 */
#define ROOM_SLICE_NS 5000000

typedef struct turn {
    xipc_pending *pending;
    int has_credit;
} turn;

/* From here on the other side may answer. */
static void begin(xipc_link *link, xipc_pending *pending)
{
    pending->numbered.call = link->next_call++;
    pending->sending.frame.call = pending->numbered.call;
    link->call_count++;
    if (pending->sending.frame.kind == XIPCI_FRAME_POST) {
        link->posts_begun++;
        link->posts_bytes_begun += pending->sending.size;
        return;
    }
    pending->is_in_table = 1;
    xipci_table_put(&link->pendings, &pending->numbered);
}

/* With the latch. */
static int has_credit(const xipc_link *link, const xipc_pending *pending)
{
    return link->credits > 0 &&
           link->bytes_begun + pending->sending.size <= link->bytes_max;
}

static void take_credit(xipc_link *link, const xipc_pending *pending)
{
    link->credits--;
    link->bytes_begun += pending->sending.size;
}

void xipci_call_link_give_credit(
    xipc_link *link, uint32_t count, uint64_t bytes)
{
    link->credits += count;
    link->bytes_begun -= bytes;
    xipci_call_link_wake_each(link, XIPCI_WANTS_CREDIT);
}

/*
 * Nothing of it was sent. 0: the other side has answered it all the same, and
 * may be about to do so: it stays as it is.
 */
static int unbegin(xipc_link *link, xipc_pending *pending)
{
    uint64_t size = pending->sending.size;

    if (pending->sending.frame.kind == XIPCI_FRAME_POST) {
        if (link->posts_begun == 0 || link->posts_bytes_begun < size) {
            return 0;
        }
        link->posts_begun--;
        link->posts_bytes_begun -= size;
    } else if (!pending->is_in_table || pending->has_begun) {
        return 0;
    } else {
        xipci_table_take(&link->pendings, &pending->numbered);
        pending->is_in_table = 0;
    }
    pending->is_done = 1;
    link->call_count--;
    xipci_call_link_give_credit(link, 1, size);
    /* Who waits for a credit may be asleep where he receives. */
    xipci_call_link_nudge(link);
    return 1;
}

static xipci_verdict
has_turn(xipc_link *link, void *context, xipci_want *want_out)
{
    turn *self = context;

    if (link->state != XIPCI_LINK_UP) {
        return XIPCI_NOT_YET;
    }
    *want_out = XIPCI_WANTS_CREDIT;
    if (!self->has_credit && !has_credit(link, self->pending)) {
        return XIPCI_NOT_YET;
    }
    if (!self->has_credit) {
        take_credit(link, self->pending);
        self->has_credit = 1;
    }
    *want_out = XIPCI_WANTS_ROLE;
    if (!xipci_take_role(link)) {
        return XIPCI_NOT_HERE;
    }
    begin(link, self->pending);
    return XIPCI_IT_IS_SO;
}

int xipci_call_link_try_turn(xipc_link *link, xipc_pending *pending)
{
    if (!has_credit(link, pending) || !xipci_take_role(link)) {
        return 0;
    }
    take_credit(link, pending);
    begin(link, pending);
    return 1;
}

static xipci_verdict
has_role(xipc_link *link, void *context, xipci_want *want_out)
{
    (void)context;
    *want_out = XIPCI_WANTS_ROLE;
    return xipci_take_role(link) ? XIPCI_IT_IS_SO : XIPCI_NOT_HERE;
}

static xipc_status
wait_turn(xipc_link *link, xipc_pending *pending, xipc_deadline deadline)
{
    turn self = {pending, 0};
    const xipci_waiting wait = {
        .link = link, .test = has_turn, .context = &self, .deadline = deadline};
    xipc_status status = xipci_call_link_wait(&wait);

    if (status != XIPC_OK) {
        xipci_call_link_latch(link);
        pending->is_done = 1;
        if (self.has_credit) {
            xipci_call_link_give_credit(link, 1, pending->sending.size);
            xipci_call_link_nudge(link);
        }
        xipci_call_link_unlatch(link);
    }
    return status;
}

/* Others go between two pieces. */
static xipc_status let_others(xipc_link *link, xipc_deadline deadline)
{
    const xipci_waiting wait = {
        .link = link, .test = has_role, .deadline = deadline};

    xipci_leave_role(link, 1);
    return xipci_call_link_wait(&wait);
}

static xipc_status time_left(const xipc_link *link, xipc_deadline deadline)
{
    if (deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (atomic_load_explicit(
            &link->object.is_interrupted, memory_order_seq_cst)) {
        return XIPC_E_CANCELED;
    }
    return deadline != XIPC_FOREVER && deadline <= xipcos_clock_ns()
               ? XIPC_E_TIMEOUT
               : XIPC_OK;
}

static int has_ended(xipc_link *link)
{
    int has_ended;

    xipci_call_link_latch(link);
    has_ended = link->state != XIPCI_LINK_UP;
    xipci_call_link_unlatch(link);
    return has_ended;
}

/* One try: the next piece, or what the line has kept of the last one. */
static xipc_status send_or_flush(
    xipc_link *link, xipci_sending *sending, const xipcos_patience *patience)
{
    xipc_status status = XIPC_OK;

    if (!xipci_is_sent(sending)) {
        status = xipci_send_piece(link, sending, patience);
    }
    return status == XIPC_OK ? xipci_flush_line(link, patience) : status;
}

static xipc_status
wait_for_room(xipc_link *link, xipci_sending *sending, xipc_deadline deadline)
{
    xipc_status status = XIPC_E_AGAIN;

    while (xipci_is_only_waiting(status)) {
        xipcos_patience slice = {
            xipcos_clock_ns() + ROOM_SLICE_NS, &link->send_nudge};

        /* Before the look at the interrupt: whoever interrupts nudges after
           it. */
        atomic_store_explicit(&link->send_nudge, 0, memory_order_seq_cst);
        status = time_left(link, deadline);
        if (status != XIPC_OK) {
            return status;
        }
        if (has_ended(link)) {
            return link->end;
        }
        if (deadline < slice.deadline) {
            slice.deadline = deadline;
        }
        status = send_or_flush(link, sending, &slice);
        if (xipci_is_only_waiting(status)) {
            (void)xipci_call_link_pump(link, 0, XIPCI_PUMP_MAX);
        }
    }
    return status;
}

/* With the role, which may be lost: *has_role says so. */
static xipc_status send_all(
    xipc_link *link,
    xipci_sending *sending,
    xipc_deadline deadline,
    int *has_role_out)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        status = send_or_flush(link, sending, &xipci_at_once);
        if (status == XIPC_E_AGAIN) {
            status = wait_for_room(link, sending, deadline);
        }
        if (status != XIPC_OK || xipci_is_sent(sending)) {
            break;
        }
        status = let_others(link, deadline);
        *has_role_out = status == XIPC_OK;
    }
    return status;
}

/* Whoever waits for the reply takes the other role in the same breath. */
static void leave_or_receive(xipc_link *link, xipc_pending *pending)
{
    int has_left;

    xipci_call_link_latch(link);
    has_left = xipci_leave_at_once(link);
    if (has_left && pending->is_awaited && !pending->is_done) {
        pending->is_receiver = xipci_call_link_take_receiving(link);
    }
    xipci_call_link_unlatch(link);
    if (!has_left) {
        xipci_leave_role(link, 0);
    }
}

/* Of one that was begun to be sent the other side is told that the rest will
 * not come. */
static void drop_call(xipc_link *link, xipc_pending *pending)
{
    int is_sound = 1;

    xipci_call_link_latch(link);
    if (!pending->sending.is_begun && link->state < XIPCI_LINK_BURIED) {
        is_sound = unbegin(link, pending);
    }
    xipci_call_link_unlatch(link);
    if (!is_sound) {
        xipci_call_link_end(
            link, XIPC_E_CORRUPT, "it answers what was not sent");
    }
}

xipc_status
xipci_send_call(xipc_link *link, xipc_pending *pending, xipc_deadline deadline)
{
    xipc_status status = XIPC_OK;
    int is_ours = 1;

    if (!pending->has_turn) {
        status = wait_turn(link, pending, deadline);
    }
    pending->has_turn = 0;
    if (status != XIPC_OK) {
        return status;
    }
    status = send_all(link, &pending->sending, deadline, &is_ours);
    if (status == XIPC_OK) {
        leave_or_receive(link, pending);
        return status;
    }
    drop_call(link, pending);
    if (is_ours) {
        xipci_leave_role(link, 0);
    }
    if (xipci_is_end(status)) {
        xipci_meet_end(link, status);
    }
    return status;
}
