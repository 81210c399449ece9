/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits at a link. Of all who wait for what comes over it one receives, in
 * the line's own wait, and hands over to the others, who sleep each at a place
 * of his own. When he has what he waited for, he wakes the next one.
 */
#include <stdlib.h>

#include "core/call.h"
#include "core/failure.h"
#include "os/os_clock.h"

/* ---- those who sleep; all with the latch ---- */

static void leave_list(xipci_waiter *waiter)
{
    if (waiter->link) {
        *waiter->link = waiter->next;
        if (waiter->next) {
            waiter->next->link = waiter->link;
        }
        waiter->link = NULL;
    }
}

static void take_out(xipc_link *link, xipci_waiter *waiter)
{
    if (link->waiters_end == &waiter->next) {
        link->waiters_end = waiter->link;
    }
    leave_list(waiter);
}

static void append(xipc_link *link, xipci_waiter *waiter)
{
    waiter->next = NULL;
    waiter->link = link->waiters_end;
    *link->waiters_end = waiter;
    link->waiters_end = &waiter->next;
}

/* Once: who was woken is in no list, and puts himself there again. */
static void wake(xipc_link *link, xipci_waiter *waiter)
{
    take_out(link, waiter);
    xipcos_sleeper_wake(waiter->sleeper);
}

void xipci_waiter_wake(xipc_link *link, xipci_waiter *waiter)
{
    if (waiter && waiter->link) {
        wake(link, waiter);
    }
}

xipci_waiter *xipci_call_link_first(xipc_link *link, xipci_want want)
{
    xipci_waiter *waiter = link->waiters;

    while (waiter && waiter->want != want) {
        waiter = waiter->next;
    }
    return waiter;
}

void xipci_call_link_wake(xipc_link *link, xipci_want want)
{
    xipci_waiter_wake(link, xipci_call_link_first(link, want));
}

void xipci_call_link_wake_each(xipc_link *link, xipci_want want)
{
    xipci_waiter *waiter = xipci_call_link_first(link, want);

    while (waiter) {
        wake(link, waiter);
        waiter = xipci_call_link_first(link, want);
    }
}

void xipci_call_link_wake_all(xipc_link *link)
{
    while (link->waiters) {
        wake(link, link->waiters);
    }
}

void xipci_call_link_pass_on(xipc_link *link)
{
    xipci_waiter *waiter = link->waiters;

    if (link->is_receiving) {
        return;
    }
    while (waiter && !waiter->may_receive) {
        waiter = waiter->next;
    }
    xipci_waiter_wake(link, waiter);
}

void xipci_call_link_nudge(xipc_link *link)
{
    atomic_store_explicit(&link->receive_nudge, 1, memory_order_seq_cst);
    atomic_store_explicit(&link->send_nudge, 1, memory_order_seq_cst);
    if (link->line && (link->is_receiving || link->is_sending)) {
        link->line->kind->wake(link->line);
    }
}

static xipci_waiter *waiter_new(xipc_link *link)
{
    xipci_waiter *waiter = link->free_waiters;

    if (waiter) {
        link->free_waiters = waiter->next;
        return waiter;
    }
    waiter = calloc(1, sizeof *waiter);
    if (!waiter) {
        xipci_object_fail(
            &link->object, XIPC_E_NO_MEMORY, "no memory to wait with");
        return NULL;
    }
    if (xipcos_sleeper_create(&waiter->sleeper) != XIPC_OK) {
        free(waiter);
        return NULL;
    }
    return waiter;
}

static void waiter_free(xipc_link *link, xipci_waiter *waiter)
{
    waiter->next = link->free_waiters;
    link->free_waiters = waiter;
}

void xipci_waiters_free(xipc_link *link)
{
    while (link->free_waiters) {
        xipci_waiter *waiter = link->free_waiters;

        link->free_waiters = waiter->next;
        xipcos_sleeper_free(waiter->sleeper);
        free(waiter);
    }
}

/* ---- to receive ---- */

static int is_only_waiting(xipc_status status)
{
    return status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT ||
           status == XIPC_E_CANCELED;
}

typedef struct arrival {
    xipci_frame frame;
    const void *body;
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
} arrival;

static xipc_status
receive(xipc_link *link, const xipcos_patience *patience, arrival *it)
{
    return link->line->kind->receive(
        link->line, &it->frame, &it->body, it->natives, patience);
}

/* With the role and the latch, which may be given meanwhile. */
static xipc_status
take_in(xipc_link *link, xipc_status status, arrival *it, xipc_pending *own)
{
    if (status == XIPC_OK) {
        status = xipci_call_link_take_frame(
            link, &it->frame, it->body, it->natives, own);
        link->line->kind->release(link->line);
    }
    if (status != XIPC_OK && !is_only_waiting(status)) {
        xipci_call_link_unlatch(link);
        xipci_call_link_end(link, status, NULL);
        xipci_call_link_latch(link);
    }
    return status;
}

/* With the role, without the latch, which is taken. */
static xipc_status
receive_one(xipc_link *link, const xipcos_patience *patience, xipc_pending *own)
{
    arrival it;
    xipc_status status = receive(link, patience, &it);

    xipci_call_link_latch(link);
    return take_in(link, status, &it, own);
}

/* With the role, which is then given up, with the latch. */
static xipc_status receive_for_all(const xipci_waiting *wait)
{
    xipc_link *link = wait->link;
    xipcos_patience patience = {wait->deadline, &link->receive_nudge};
    xipc_status status;

    /* The nudge was cleared before this look at the interrupt: whoever
       interrupts nudges after it. */
    if (atomic_load_explicit(
            &link->object.is_interrupted, memory_order_seq_cst)) {
        patience.deadline = XIPC_NOW;
    }
    status = receive_one(link, &patience, wait->pending);
    link->is_receiving = 0;
    return status;
}

/* With the latch. What it is nudged for from here on is not missed: it was not
 * before, or it is forgotten before anything else is looked at. */
static void take_role(xipc_link *link)
{
    link->is_receiving = 1;
    link->is_led = 0;
    if (atomic_load_explicit(&link->receive_nudge, memory_order_seq_cst)) {
        atomic_store_explicit(&link->receive_nudge, 0, memory_order_seq_cst);
    }
}

int xipci_call_link_take_receiving(xipc_link *link)
{
    if (link->is_receiving || link->state != XIPCI_LINK_UP) {
        return 0;
    }
    take_role(link);
    return 1;
}

/* What the line has read ahead no object tells of. */
static int has_more(const xipc_link *link)
{
    return link->line && link->line->kind->has_more &&
           link->line->kind->has_more(link->line);
}

/* Whoever only looks is not nudged. */
static const xipcos_patience now = {XIPC_NOW, NULL};

int xipci_call_link_pump(xipc_link *link, int is_leader, int max)
{
    xipc_status status = XIPC_OK;
    int count = 0;

    xipci_call_link_latch(link);
    if (link->is_receiving || link->state != XIPCI_LINK_UP) {
        xipci_call_link_unlatch(link);
        return 0;
    }
    link->is_receiving = 1;
    link->is_led = is_leader;
    while (status == XIPC_OK && (count < max || has_more(link))) {
        xipci_latch_give(&link->latch);
        status = receive_one(link, &now, NULL);
        count += status == XIPC_OK;
    }
    link->is_receiving = 0;
    xipci_call_link_pass_on(link);
    xipci_call_link_unlatch(link);
    if (status == XIPC_OK) {
        return 2;
    }
    return count > 0 || !is_only_waiting(status);
}

int xipci_call_link_look(xipc_link *link)
{
    arrival it;
    uint32_t events = 0;
    xipc_status status;

    if (link->is_costly) {
        return xipci_call_link_pump(link, 1, 1);
    }
    xipci_call_link_latch(link);
    if (link->state == XIPCI_LINK_UP) {
        events = link->line->kind->ready(link->line);
    }
    if (link->is_receiving || (events & XIPC_READABLE) == 0) {
        int has_room = link->wants_room && !link->is_sending &&
                       (events & XIPC_WRITABLE) != 0;

        xipci_latch_give(&link->latch);
        if (has_room) {
            xipci_call_link_flush(link);
        }
        return has_room;
    }
    link->is_receiving = 1;
    link->is_led = 1;
    status = take_in(link, receive(link, &now, &it), &it, NULL);
    link->is_receiving = 0;
    xipci_call_link_pass_on(link);
    xipci_call_link_unlatch(link);
    return !is_only_waiting(status);
}

/* ---- to wait ---- */

/* So many frames may come before who waits looks at the time. */
#define FRAMES_MAX 64

static int is_interrupted(const xipc_link *link)
{
    return atomic_load_explicit(
        &link->object.is_interrupted, memory_order_seq_cst);
}

/* XIPC_OK: there is still time. */
static xipc_status time_left(const xipci_waiting *wait)
{
    if (wait->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (atomic_load_explicit(
            &wait->link->object.is_interrupted, memory_order_seq_cst)) {
        return XIPC_E_CANCELED;
    }
    return wait->deadline != XIPC_FOREVER && wait->deadline <= xipcos_clock_ns()
               ? XIPC_E_TIMEOUT
               : XIPC_OK;
}

/* With the latch, which is given meanwhile. */
static xipc_status
sleep_there(const xipci_waiting *wait, xipci_want want, int may_receive)
{
    xipc_link *link = wait->link;
    xipc_status status = time_left(wait);
    xipci_waiter *waiter;

    if (status != XIPC_OK) {
        return status;
    }
    waiter = waiter_new(link);
    if (!waiter) {
        return XIPC_E_NO_MEMORY;
    }
    waiter->want = want;
    waiter->may_receive = may_receive;
    append(link, waiter);
    if (wait->pending) {
        wait->pending->waiter = waiter;
    }
    xipci_call_link_pass_on(link); /* this thread may have received */
    xipci_call_link_unlatch(link);
    xipcos_sleeper_sleep(waiter->sleeper, wait->deadline);
    xipci_call_link_latch(link);
    if (wait->pending) {
        wait->pending->waiter = NULL;
    }
    if (waiter->link) {
        take_out(link, waiter);
    }
    if (link->promised == waiter) {
        link->promised = NULL; /* the test that follows takes it */
    }
    waiter_free(link, waiter);
    return XIPC_OK;
}

/* With the latch: what is waited for is not the case. XIPC_OK: look again. */
static xipc_status wait_once(
    const xipci_waiting *wait,
    xipci_verdict verdict,
    xipci_want want,
    unsigned *frame_count)
{
    xipc_link *link = wait->link;
    xipc_status status;

    /* Whoever buries it ends its calls where he takes the line away. */
    if (link->state == XIPCI_LINK_BURIED && !link->line) {
        return link->end;
    }
    if (verdict == XIPCI_NOT_HERE || link->is_receiving ||
        link->state != XIPCI_LINK_UP) {
        return sleep_there(wait, want, verdict == XIPCI_NOT_YET);
    }
    take_role(link);
    /* What this thread took in before may be news to a poller. */
    xipci_call_link_unlatch(link);
    status = receive_for_all(wait);
    /* Also of an end it is XIPC_OK: the state tells. And who is sent things
       without end has a deadline all the same. */
    return is_only_waiting(status) || ++*frame_count % FRAMES_MAX == 0 ||
                   is_interrupted(link)
               ? time_left(wait)
               : XIPC_OK;
}

xipc_status xipci_call_link_wait(const xipci_waiting *wait)
{
    xipc_link *link = wait->link;
    xipci_want want = XIPCI_WANTS_RESULT;
    unsigned frame_count = 0;
    xipci_verdict verdict;
    xipc_status status = XIPC_OK;

    if (wait->is_receiver) {
        status = receive_for_all(wait);
        status = is_only_waiting(status) ? time_left(wait) : XIPC_OK;
    } else {
        xipci_call_link_latch(link);
    }
    verdict = wait->test(link, wait->context, &want);
    while (verdict != XIPCI_IT_IS_SO && status == XIPC_OK) {
        /* Who gave up the role last may have to bury it. */
        if (link->state == XIPCI_LINK_ENDED && !link->is_receiving &&
            !link->is_sending && !link->is_parting) {
            xipci_call_link_unlatch(link);
            xipci_call_link_latch(link);
        } else {
            status = wait_once(wait, verdict, want, &frame_count);
        }
        verdict = wait->test(link, wait->context, &want);
    }
    xipci_call_link_pass_on(link);
    link->is_to_stir |= !link->is_receiving && has_more(link);
    xipci_call_link_unlatch(link);
    if (link->is_costly && link->service) {
        /* Of what its line has read ahead no poller tells the service. */
        (void)xipci_call_link_pump(link, 0, XIPCI_PUMP_MAX);
    }
    return verdict == XIPCI_IT_IS_SO ? XIPC_OK : status;
}
