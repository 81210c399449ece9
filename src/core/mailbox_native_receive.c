/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving from a mailbox that is a queue of the system. */
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/mailbox_native.h"
#include "core/waitable.h"
#include "os/os_thread.h"

/* A letter up to this size needs no memory that has to be got. */
#define HERE_SIZE 8448

/* `letter` is where it is received: the caller's buffer, one on the stack, or
 * that of `own`. */
typedef struct incoming {
    xipc_mailbox *box;
    const xipci_native_receiving *call;
    unsigned char *letter;
    xipci_held *own;
    size_t size; /* of the letter; then of the message that was too long */
} incoming;

static xipci_held *get_buffer(xipci_native *native)
{
    xipci_held *spare = NULL;

    if (atomic_load_explicit(&native->spare, memory_order_relaxed)) {
        spare = atomic_exchange_explicit(
            &native->spare, NULL, memory_order_acquire);
    }
    return spare ? spare : malloc(sizeof *spare + native->letter_max);
}

static void give_buffer(xipci_native *native, xipci_held *buffer)
{
    free(
        atomic_exchange_explicit(&native->spare, buffer, memory_order_acq_rel));
}

static int makes_sense(
    const xipci_native *native,
    const unsigned char *letter,
    size_t size,
    xipci_letter_head *head_out)
{
    *head_out = (xipci_letter_head){0};
    if (native->head_size == 0) {
        return 1;
    }
    if (size < sizeof *head_out) {
        return 0;
    }
    memcpy(head_out, letter, sizeof *head_out);
    return head_out->mark == XIPCI_LETTER_MARK;
}

static void tell_of(
    xipci_native *native,
    const xipci_letter_head *head,
    uint32_t priority,
    xipc_envelope *envelope)
{
    uint64_t received = 0;

    if (native->head) { /* relaxed: it orders nothing */
        received = atomic_fetch_add_explicit(
                       &native->head->received, 1, memory_order_relaxed) +
                   1;
    }
    if (!envelope) {
        return;
    }
    envelope->type = head->type;
    envelope->priority = priority;
    envelope->flags = 0;
    envelope->sender_process = head->process;
    envelope->sender_user = head->user;
    envelope->sequence = received;
    envelope->sent_at = head->sent_at;
}

/* The message is the caller's, and gone. */
static void hand_out(
    incoming *receiving,
    const unsigned char *letter,
    const xipci_letter_head *head,
    uint32_t priority)
{
    const xipci_native_receiving *call = receiving->call;
    xipci_native *native = receiving->box->native;
    size_t size = receiving->size - native->head_size;

    if (size > 0 && letter != call->buffer) {
        memcpy(call->buffer, letter + native->head_size, size);
    }
    tell_of(native, head, priority, call->envelope);
    *call->size_out = size;
    if (native->has_credit) {
        xipci_credit_taken(&native->credit, head->number);
    }
}

/* It stays this handle's. Other threads of it may be waiting, and pollers. */
static void hold(incoming *receiving, uint32_t priority)
{
    xipci_native *native = receiving->box->native;
    xipci_held **at = &native->held;

    receiving->own->next = NULL;
    receiving->own->size = receiving->size;
    receiving->own->priority = priority;
    xipcos_thread_lock();
    while (*at) {
        at = &(*at)->next;
    }
    *at = receiving->own;
    atomic_fetch_add_explicit(&native->held_count, 1, memory_order_seq_cst);
    xipcos_thread_unlock();
    receiving->own = NULL;
    xipcos_queue_wake(native->queue);
    xipci_poller_stir(&receiving->box->object);
}

/* With the process's lock; takes the first off if it fits. */
static xipc_status take_first(incoming *receiving, xipci_held **held_out)
{
    xipci_native *native = receiving->box->native;
    xipci_held *first = native->held;

    if (!first) {
        return XIPC_E_AGAIN;
    }
    receiving->size = first->size;
    if (first->size - native->head_size > receiving->call->capacity) {
        return XIPC_E_TOO_SMALL;
    }
    native->held = first->next;
    atomic_fetch_sub_explicit(&native->held_count, 1, memory_order_seq_cst);
    *held_out = first;
    return XIPC_OK;
}

static xipc_status take_held(incoming *receiving)
{
    xipci_letter_head head;
    xipci_held *held;
    xipc_status status;

    xipcos_thread_lock();
    status = take_first(receiving, &held);
    xipcos_thread_unlock();
    if (status == XIPC_OK) {
        /* It made sense before it was held. */
        (void)makes_sense(
            receiving->box->native, held->bytes, held->size, &head);
        hand_out(receiving, held->bytes, &head, held->priority);
        free(held);
    }
    return status;
}

static xipc_status look_into(incoming *receiving, uint32_t priority)
{
    xipc_mailbox *box = receiving->box;
    xipci_letter_head head;

    if (!makes_sense(box->native, receiving->letter, receiving->size, &head)) {
        return xipci_box_fail(
            box, XIPC_E_CORRUPT,
            "a message that nobody sent with this library was in its queue; "
            "it is gone");
    }
    if (receiving->size - box->native->head_size > receiving->call->capacity) {
        hold(receiving, priority);
        return XIPC_E_TOO_SMALL;
    }
    hand_out(receiving, receiving->letter, &head, priority);
    return XIPC_OK;
}

static xipc_status try_receive(void *context, int is_thorough)
{
    incoming *receiving = context;
    xipci_native *native = receiving->box->native;
    xipc_status status = XIPC_E_AGAIN;
    uint32_t priority = 0;

    (void)is_thorough;
    if (xipci_native_holds(native)) {
        status = take_held(receiving);
    }
    if (status != XIPC_E_AGAIN) {
        return status;
    }
    status = xipcos_queue_receive(
        native->queue, receiving->letter, native->letter_max, &receiving->size,
        &priority);
    return status == XIPC_OK ? look_into(receiving, priority) : status;
}

static xipc_status receive_result(incoming *receiving, xipc_status status)
{
    const xipc_mailbox *box = receiving->box;
    size_t size = receiving->size - box->native->head_size;

    switch (status) {
    case XIPC_OK:
    case XIPC_E_CORRUPT: return status;
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED:
        return xipci_park_result(&box->object, status, "no message was there");
    case XIPC_E_CLOSED:
        return xipci_box_fail(box, status, "its owner has ended it, or died");
    case XIPC_E_TOO_SMALL:
        *receiving->call->size_out = size;
        return xipci_fail(
            status, XIPC_KIND_MAILBOX, box->object.name,
            "the message has %zu bytes, the buffer %zu", size,
            receiving->call->capacity);
    default: return xipci_object_relay(&box->object, status);
    }
}

static xipc_status receive_into(incoming *receiving)
{
    xipc_mailbox *box = receiving->box;
    const xipci_native_waiting wait = {
        box, try_receive, receiving, &box->receiving, XIPC_READABLE};
    xipc_status status = try_receive(receiving, 0);

    if (status == XIPC_E_AGAIN) {
        status = xipci_native_wait(&wait, receiving->call->deadline);
    }
    return status == XIPC_OK ? status : receive_result(receiving, status);
}

/* Also what is too long for the caller must have a place, before the system
 * gives it away. */
static xipc_status receive_held(incoming *receiving)
{
    xipci_native *native = receiving->box->native;
    xipc_status status;

    receiving->own = get_buffer(native);
    if (!receiving->own) {
        return xipci_box_fail(
            receiving->box, XIPC_E_NO_MEMORY, "no memory for a message");
    }
    receiving->letter = receiving->own->bytes;
    status = receive_into(receiving);
    if (receiving->own) {
        give_buffer(native, receiving->own);
    }
    return status;
}

xipc_status xipci_native_check_receiver(const xipc_mailbox *box)
{
    if (box->native->bounds.has_many_receivers || box->is_owner) {
        return XIPC_OK;
    }
    return xipci_box_fail(
        box, XIPC_E_NOT_SUPPORTED,
        "a queue of this system is read with the handle that made it, and no "
        "other one (mailbox.native.receivers)");
}

xipc_status
xipci_native_receive(xipc_mailbox *box, const xipci_native_receiving *call)
{
    xipci_native *native = box->native;
    incoming receiving = {.box = box, .call = call};
    unsigned char here[HERE_SIZE];

    if (call->capacity < native->letter_max - native->head_size) {
        return receive_held(&receiving);
    }
    if (native->head_size == 0) {
        receiving.letter = call->buffer;
    } else if (native->letter_max <= sizeof here) {
        receiving.letter = here;
    } else {
        return receive_held(&receiving);
    }
    return receive_into(&receiving);
}
