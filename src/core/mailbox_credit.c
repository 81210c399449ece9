/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mailbox_credit.h"

#include <stddef.h>

#include "os/os_clock.h"

/* The longest sleep. Nobody rings when the system, for which there is credit,
 * takes messages again. */
#define SLICE_MAX_NS 20000000

/* A sender that never has to wait still asks so often whether the owner lives:
 * what it sends after the owner's death is lost. */
#define ASK_NS 200000000

/* No honest number is further ahead. */
#define AHEAD_MAX (UINT64_C(1) << 32)

typedef struct send_call {
    xipci_credit *credit;
    const xipci_credit_call *call;
} send_call;

static uint64_t get(const _Atomic uint64_t *number)
{
    /* Sequentially consistent: this may be the look before a sleep. */
    return atomic_load_explicit(number, memory_order_seq_cst);
}

static xipc_status open_park(
    xipci_credit *credit, uint64_t at, xipcos_spot *spot, xipcos_park *out)
{
    return xipcos_park_open(credit->lock.native, at, spot, out);
}

xipc_status xipci_credit_open(
    xipci_credit *credit,
    xipci_credit_body *body,
    uint64_t offset,
    xipcos_section *native,
    uint32_t member,
    uint32_t capacity)
{
    xipc_status status;

    credit->body = body;
    credit->capacity = capacity;
    credit->lock.body = &body->lock;
    credit->lock.native = native;
    credit->lock.member = member;
    status = open_park(
        credit,
        offset + offsetof(xipci_credit_body, lock) +
            offsetof(xipci_lock_body, spot),
        &body->lock.spot, &credit->lock.park);
    if (status == XIPC_OK) {
        status = open_park(
            credit, offset + offsetof(xipci_credit_body, room), &body->room,
            &credit->room);
    }
    return status;
}

void xipci_credit_close(xipci_credit *credit)
{
    xipcos_park_close(&credit->room);
    xipcos_park_close(&credit->lock.park);
}

uint64_t xipci_credit_depth(const xipci_credit_body *body)
{
    /* In this order: what is sent meanwhile cannot be less than was taken. */
    uint64_t taken = get(&body->taken);
    uint64_t sent = get(&body->sent);

    return sent > taken ? sent - taken : 0;
}

int xipci_credit_has_room(const xipci_credit *credit)
{
    return xipci_credit_depth(credit->body) < credit->capacity;
}

/* With the lock. */
static xipc_status write_next(const send_call *send)
{
    xipci_credit_body *body = send->credit->body;
    uint64_t taken = get(&body->taken);
    uint64_t number = get(&body->sent);
    xipc_status status;

    if (!xipci_credit_has_room(send->credit)) {
        return XIPC_E_AGAIN;
    }
    number = (number > taken ? number : taken) + 1;
    status = send->call->write(send->call->context, number);
    if (status == XIPC_OK) {
        atomic_store_explicit(&body->sent, number, memory_order_seq_cst);
    }
    return status;
}

static int is_time_to_ask(xipci_credit *credit)
{
    int64_t now = xipcos_clock_ns();

    if (now - atomic_load_explicit(&credit->asked_at, memory_order_relaxed) <
        ASK_NS) {
        return 0;
    }
    atomic_store_explicit(&credit->asked_at, now, memory_order_relaxed);
    return 1;
}

static xipc_status attempt(void *context, int is_thorough)
{
    const send_call *send = context;
    xipci_credit *credit = send->credit;
    int has_room = xipci_credit_has_room(credit);
    int asks = is_time_to_ask(credit) || (is_thorough && !has_room);
    xipc_status status = send->call->ask(send->call->context, asks);
    int is_inherited; /* nothing to repair */

    if (status != XIPC_OK) {
        return status;
    }
    if (!has_room ||
        xipci_lock_take(&credit->lock, NULL, XIPC_NOW, &is_inherited) !=
            XIPC_OK) {
        return XIPC_E_AGAIN;
    }
    status = write_next(send);
    xipci_lock_give(&credit->lock);
    if (status == XIPC_OK) {
        xipci_watch_ring(credit->watch);
    }
    return status;
}

xipc_status xipci_credit_send(
    xipci_credit *credit,
    const xipc_object *object,
    const xipci_credit_call *call,
    xipc_deadline deadline)
{
    send_call send = {credit, call};
    const xipci_wait wait = {
        xipci_object_interrupts(object), &credit->room, attempt, &send,
        SLICE_MAX_NS};

    return xipci_park_wait(&wait, deadline);
}

void xipci_credit_taken(xipci_credit *credit, uint64_t number)
{
    xipci_credit_body *body = credit->body;
    uint64_t taken = get(&body->taken);

    while (number > taken && number - taken < AHEAD_MAX &&
           !atomic_compare_exchange_weak_explicit(
               &body->taken, &taken, number, memory_order_seq_cst,
               memory_order_seq_cst)) {
    }
    xipcos_park_wake(&credit->room, 1);
    xipci_watch_ring(credit->watch);
}

void xipci_credit_wake(xipci_credit *credit)
{
    xipcos_park_wake(&credit->room, XIPCI_WAKE_ALL);
    xipcos_park_wake(&credit->lock.park, XIPCI_WAKE_ALL);
}
