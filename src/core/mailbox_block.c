/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks, whose they are, and how calls on a box wait. */
#include "core/failure.h"
#include "core/mailbox.h"
#include "os/os_clock.h"

#define PATIENCE_NS 1000000000

/* To look at the receivers' lines takes them away from them: not too often. */
#define SENDER_PAUSES 64

/* Refusals after which one who never waits looks for the dead, and so on. */
#define REFUSALS_FIRST 4
#define REFUSALS_EVERY 16

xipc_status
xipci_box_fail(const xipc_mailbox *box, xipc_status status, const char *why)
{
    return xipci_fail(status, XIPC_KIND_MAILBOX, box->object.name, "%s", why);
}

xipc_status xipci_box_corrupt(const xipc_mailbox *box)
{
    return xipci_box_fail(
        box, XIPC_E_CORRUPT, "another process scribbled on it");
}

/* ---- blocks ---- */

/* Others may have made it larger. */
int xipci_box_is_inside(xipc_mailbox *box, uint32_t number)
{
    uint32_t known =
        atomic_load_explicit(&box->known_count, memory_order_relaxed);
    uint64_t size;
    uint64_t count;

    if (number >= box->count_max ||
        xipcos_section_refresh(box->stand.native) != XIPC_OK) {
        return 0;
    }
    size = xipcos_section_size(box->stand.native);
    count = size > box->blocks_at ? (size - box->blocks_at) / box->stride : 0;
    if (count > box->count_max) {
        count = box->count_max;
    }
    /* Only raised: another thread may have seen more. */
    while (known < count && !atomic_compare_exchange_weak_explicit(
                                &box->known_count, &known, (uint32_t)count,
                                memory_order_relaxed, memory_order_relaxed)) {
    }
    return number < count;
}

xipci_box_block *xipci_box_held(
    xipc_mailbox *box,
    const void *data,
    xipci_box_state state,
    uint32_t *number_out)
{
    const unsigned char *first = box->blocks + XIPCI_BOX_BLOCK_SIZE;
    uintptr_t offset = (uintptr_t)data - (uintptr_t)first;
    xipci_box_block *block;

    if (offset % box->stride != 0 ||
        offset / box->stride >= xipci_get32(&box->known_count)) {
        return NULL;
    }
    *number_out = (uint32_t)(offset / box->stride);
    block = xipci_box_at(box, *number_out);
    return block && xipci_box_word(block) == xipci_box_of(state, box->member) &&
                   xipci_get32(&block->link) == box->serial
               ? block
               : NULL;
}

void xipci_box_hold(
    const xipc_mailbox *box, xipci_box_block *block, xipci_box_state state)
{
    /* Last the state: whose it is counts from then on. */
    xipci_set32(&block->link, box->serial);
    xipci_box_set(block, state, box->member);
}

/* ---- waiting ---- */

xipc_deadline xipci_box_patience(void)
{
    return xipcos_clock_ns() + PATIENCE_NS;
}

xipc_status xipci_box_impatient(const xipc_mailbox *box, xipc_status status)
{
    return xipci_park_result(
        &box->object, status, "a process that does not go on keeps its lock");
}

int xipci_box_is_time_to_ask(xipc_mailbox *box)
{
    uint32_t count =
        atomic_fetch_add_explicit(&box->refusals, 1, memory_order_relaxed);

    return count < REFUSALS_FIRST || count % REFUSALS_EVERY == 0;
}

xipc_status xipci_box_wait(
    xipc_mailbox *box,
    xipcos_park *park,
    xipci_lookout *lookout,
    xipci_attempt *attempt,
    void *context,
    xipc_deadline deadline)
{
    const xipci_wait wait = {
        &box->object.is_interrupted, park, attempt, context,
        XIPCI_SLICE_MAX_NS};
    xipc_status status = attempt(context, deadline == XIPC_NOW);

    if (status == XIPC_E_AGAIN && deadline != XIPC_NOW) {
        status = xipci_look(
            lookout, attempt, context,
            park == &box->readable ? 1 : SENDER_PAUSES);
    }
    return status == XIPC_E_AGAIN && deadline != XIPC_NOW
               ? xipci_park_wait(&wait, deadline)
               : status;
}
