/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a mailbox that is a queue of the system. */
#include "core/mailbox_native.h"

#include "core/failure.h"
#include "core/waitable.h"
#include "os/os_clock.h"
#include "os/os_thread.h"

/* A look is a call to the system: not too often. */
#define LOOK_PAUSES 64

static xipc_status
fail(const xipc_mailbox *box, xipc_status status, const char *why)
{
    return xipci_box_fail(box, status, why);
}

xipc_status xipci_native_refuse(const xipc_mailbox *box)
{
    return fail(
        box, XIPC_E_NOT_SUPPORTED,
        "its messages lie in the system's queue, where nobody can write or "
        "read them; send and receive copy");
}

/* ---- waiting ---- */

static int is_interrupted(const xipc_mailbox *box)
{
    return atomic_load_explicit(
               &box->object.is_interrupted, memory_order_seq_cst) != 0;
}

/* An owner's death wakes nobody at the queue. */
static int64_t next_slice(const xipc_mailbox *box, int64_t slice)
{
    if ((box->flags & XIPC_MAILBOX_OWNED) == 0 || box->is_owner) {
        return INT64_MAX;
    }
    if (slice == 0) {
        return XIPCI_SLICE_FIRST_NS;
    }
    return slice * 2 < XIPCI_SLICE_MAX_NS ? slice * 2 : XIPCI_SLICE_MAX_NS;
}

/* Before a receive says that there was nothing: what was sent by now may be on
 * its way. */
static xipc_status
last_look(const xipci_native_waiting *wait, xipc_status status)
{
    xipci_native *native = wait->box->native;
    xipc_status last = XIPC_E_AGAIN;

    if (wait->events == XIPC_READABLE &&
        !(native->has_credit && xipci_credit_depth(native->credit.body) == 0) &&
        xipcos_queue_settle(native->queue)) {
        last = wait->attempt(wait->context, 0);
    }
    return last == XIPC_E_AGAIN ? status : last;
}

/* The ticket comes before the looks, so that no wake is lost. That the queue is
 * ready by now ends the wait at once. */
static xipc_status sleep_once(const xipci_native_waiting *wait, int64_t ns)
{
    xipci_native *native = wait->box->native;
    uint32_t ticket = xipcos_queue_ticket(native->queue);
    xipc_status status = xipci_box_ask_owner(wait->box, 1);

    if (status == XIPC_OK && is_interrupted(wait->box)) {
        return last_look(wait, XIPC_E_CANCELED);
    }
    if (status == XIPC_OK &&
        !(wait->events == XIPC_READABLE && xipci_native_holds(native))) {
        xipcos_queue_wait(native->queue, wait->events, ticket, ns);
    }
    return status == XIPC_OK ? wait->attempt(wait->context, 0) : status;
}

static xipc_status
sleep_until(const xipci_native_waiting *wait, xipc_deadline deadline)
{
    xipc_status status = XIPC_E_AGAIN;
    int64_t left = XIPC_FOREVER; /* for which no clock is read */
    int64_t slice = 0;

    while (status == XIPC_E_AGAIN) {
        if (deadline != XIPC_FOREVER) {
            left = deadline - xipcos_clock_ns();
        }
        if (left <= 0) {
            return last_look(wait, XIPC_E_TIMEOUT);
        }
        slice = next_slice(wait->box, slice);
        status = sleep_once(wait, left < slice ? left : slice);
    }
    return status;
}

/* There was an attempt, in vain. */
xipc_status
xipci_native_wait(const xipci_native_waiting *wait, xipc_deadline deadline)
{
    xipc_status status = XIPC_E_AGAIN;

    if (deadline == XIPC_NOW) {
        status = xipci_box_ask_owner(wait->box, 1);
        return status == XIPC_OK ? last_look(wait, XIPC_E_AGAIN)
                                 : XIPC_E_CLOSED;
    }
    status =
        xipci_look(wait->lookout, wait->attempt, wait->context, LOOK_PAUSES);
    return status == XIPC_E_AGAIN ? sleep_until(wait, deadline) : status;
}

/* ---- sending ---- */

typedef struct sending {
    xipc_mailbox *box;
    xipci_letter_head head;
    xipcos_letter letter;
} sending;

static xipc_status try_send(void *context, int is_thorough)
{
    const sending *call = context;

    (void)is_thorough;
    return xipcos_queue_send(call->box->native->queue, &call->letter, XIPC_NOW);
}

/* Where there is nothing to wait at. */
static xipc_status send_pausing(sending *call, xipc_deadline deadline)
{
    xipc_status status = XIPC_E_AGAIN;

    for (unsigned round = 0; status == XIPC_E_AGAIN; round++) {
        status = xipci_object_pause(&call->box->object, round, deadline);
        if (status != XIPC_OK) {
            return status;
        }
        status = try_send(call, 0);
    }
    return status;
}

static xipc_status write_counted(void *context, uint64_t number)
{
    sending *call = context;

    call->head.number = number;
    return try_send(call, 0);
}

static xipc_status ask_counted(void *context, int is_thorough)
{
    const sending *call = context;

    return xipci_box_ask_owner(call->box, is_thorough);
}

static xipc_status send_counted(sending *call, xipc_deadline deadline)
{
    const xipci_credit_call counted = {write_counted, ask_counted, call};

    return xipci_credit_send(
        &call->box->native->credit, &call->box->object, &counted, deadline);
}

static xipc_status wait_and_send(sending *call, xipc_deadline deadline)
{
    xipc_mailbox *box = call->box;
    const xipci_native_waiting wait = {
        box, try_send, call, &box->sending, XIPC_WRITABLE};

    return box->native->bounds.is_bounded ? xipci_native_wait(&wait, deadline)
                                          : send_pausing(call, deadline);
}

/* What only the calls on a queue's own name have to look at. */
static xipc_status
check_postage(const xipc_mailbox *box, const xipc_postage *postage)
{
    const xipci_native *native = box->native;

    if (postage->priority >= native->bounds.priority_count) {
        return fail(
            box, XIPC_E_NOT_SUPPORTED,
            "a queue of this system has no priorities but 0");
    }
    if (postage->type != 0 && !native->head) {
        return fail(
            box, XIPC_E_NOT_SUPPORTED,
            "a message under a name of the system's has no type");
    }
    return XIPC_OK;
}

static xipc_status result_of(const xipc_mailbox *box, xipc_status status)
{
    switch (status) {
    case XIPC_OK: return XIPC_OK;
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED:
        return xipci_park_result(&box->object, status, "there was no room");
    case XIPC_E_CLOSED:
        return fail(box, status, "its owner has ended it, or died");
    default: return xipci_object_relay(&box->object, status);
    }
}

xipc_status xipci_native_send(
    xipc_mailbox *box,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline)
{
    xipci_native *native = box->native;
    sending call = {
        .box = box, .letter = {NULL, 0, data, size, postage->priority}};
    xipc_status status = check_postage(box, postage);

    if (status != XIPC_OK) {
        return status;
    }
    if (native->head) {
        call.head = (xipci_letter_head){
            .mark = XIPCI_LETTER_MARK,
            .type = postage->type,
            .process = box->process,
            .user = box->user,
            .sent_at = xipcos_clock_ns()};
        call.letter.head = &call.head;
        call.letter.head_size = sizeof call.head;
    }
    if (box->overflow == XIPC_OVERFLOW_FAIL) {
        deadline = XIPC_NOW;
    }
    if (native->has_credit) {
        status = send_counted(&call, deadline);
    } else {
        status = try_send(&call, 0);
        if (status == XIPC_E_AGAIN) {
            status = wait_and_send(&call, deadline);
        }
    }
    return status == XIPC_OK ? XIPC_OK : result_of(box, status);
}

/* ---- what it is like ---- */

uint64_t xipci_native_depth(const xipc_mailbox *box)
{
    xipci_native *native = box->native;

    if (native->has_credit) {
        return xipci_credit_depth(native->credit.body);
    }
    return xipcos_queue_depth(native->queue) +
           atomic_load_explicit(&native->held_count, memory_order_seq_cst);
}

void xipci_native_wake(xipc_mailbox *box)
{
    xipci_native *native = box->native;

    if (native->queue) {
        xipcos_queue_wake(native->queue);
    }
    if (native->has_credit) {
        xipci_credit_wake(&native->credit);
    }
}

/* ---- for a poller ---- */

/* A message for this handle is counted, and may be on its way. */
static int is_coming(const xipc_mailbox *box)
{
    return box->native->has_credit && box->is_owner &&
           xipci_credit_depth(box->native->credit.body) > 0;
}

static uint32_t look(xipc_object *object)
{
    xipc_mailbox *box = (xipc_mailbox *)object;
    xipci_native *native = box->native;
    uint32_t events;

    if (xipci_box_ask_owner(box, 1) != XIPC_OK) {
        return XIPC_READABLE | XIPC_WRITABLE | XIPC_HUNG_UP;
    }
    events = xipcos_queue_ready(native->queue);
    if (xipci_native_holds(native) || is_coming(box)) {
        events |= XIPC_READABLE;
    }
    if (native->has_credit && xipci_credit_has_room(&native->credit)) {
        events |= XIPC_WRITABLE;
    }
    return events;
}

/* Where there is an owner, who may die without a word, or core counts. Of all
 * else the system tells. */
static xipci_watch *watch_of(xipc_object *object)
{
    const xipc_mailbox *box = (const xipc_mailbox *)object;
    int is_owned = (box->flags & XIPC_MAILBOX_OWNED) != 0;

    return is_owned || box->native->has_credit ? &box->native->head->box.watch
                                               : NULL;
}

/* Where core counts, whoever sends and whoever receives rings. */
static uint32_t
native_handle(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    const xipci_native *native = ((xipc_mailbox *)object)->native;

    if (native->has_credit ||
        xipcos_queue_native_handle(native->queue, native_out) != XIPC_OK) {
        return 0;
    }
    return native->bounds.is_bounded ? events : events & XIPC_READABLE;
}

const xipci_waitable *xipci_native_waitable(const xipc_mailbox *box)
{
    static const xipci_waitable both = {
        XIPC_READABLE | XIPC_WRITABLE, look, watch_of, NULL, native_handle};
    static const xipci_waitable reading = {
        XIPC_READABLE, look, watch_of, NULL, native_handle};

    return box->native->bounds.is_bounded || box->native->head ? &both
                                                               : &reading;
}
