/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word counts notifications. Who waits reads it before it gives the mutex
 * up, and waits until it is another one. What it waits for is made true under
 * the same mutex, and notified after that: so either the waiter had not looked
 * yet and sees it, or it has read the word before it is raised.
 *
 * Somebody who waits and wakes for whatever reason after a notification goes
 * on, even if it was meant for one, and to wake another. So a process that dies
 * after it was woken takes nothing from anybody: the others see the other
 * number when their slice is over, and look for themselves.
 *
 * The word comes back to what it was after four thousand million notifications,
 * far more than there can be in a slice. The model is condition.pml.
 */
#include <assert.h>

#include "core/failure.h"
#include "core/mutex.h"

static xipci_sync *sync_of(xipc_condition *condition)
{
    return condition ? &condition->sync : NULL;
}

/* The last step of what makes a handle. */
static xipc_status give(
    xipc_status status, xipci_sync *const *sync, xipc_condition **condition_out)
{
    if (status == XIPC_OK) {
        assert(condition_out && *sync);
        *condition_out = (xipc_condition *)*sync;
    }
    return xipci_answer(status);
}

static const xipci_sync_plan plan = {XIPC_KIND_CONDITION, 0, 0};

xipc_status xipc_condition_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_create(
            &plan, name, options, deadline, condition_out ? &sync : NULL),
        &sync, condition_out);
}

xipc_status xipc_condition_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open(
            XIPC_KIND_CONDITION, name, options, deadline,
            condition_out ? &sync : NULL),
        &sync, condition_out);
}

xipc_status xipc_condition_open_or_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out,
    int *created_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_or_create(
            &plan, name, options, deadline, condition_out ? &sync : NULL,
            created_out),
        &sync, condition_out);
}

xipc_status xipc_condition_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_condition **condition_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_create_at(
            &plan, section, offset, deadline, condition_out ? &sync : NULL),
        &sync, condition_out);
}

xipc_status xipc_condition_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_condition **condition_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_at(
            XIPC_KIND_CONDITION, section, offset, deadline,
            condition_out ? &sync : NULL),
        &sync, condition_out);
}

typedef struct condition_wait {
    xipci_sync *sync;
    const xipc_mutex *mutex;
    uint32_t before; /* the word when the mutex was given up */
} condition_wait;

/* Whoever died with the mutex may have died on its way to notify. */
static xipc_status see_notification(void *context, int is_thorough)
{
    const condition_wait *wait = context;
    uint32_t word =
        atomic_load_explicit(&wait->sync->body->word, memory_order_seq_cst);

    if (word != wait->before ||
        (is_thorough && xipci_mutex_is_orphaned(wait->mutex))) {
        return XIPC_OK;
    }
    return XIPC_E_AGAIN;
}

static xipc_status
wait(xipci_sync *sync, xipc_mutex *mutex, xipc_deadline deadline)
{
    condition_wait context = {sync, mutex, 0};
    xipc_status status = xipci_sync_check(sync);
    xipc_status retaken;

    if (status != XIPC_OK) {
        return status;
    }
    context.before =
        atomic_load_explicit(&sync->body->word, memory_order_seq_cst);
    status = xipci_mutex_yield(mutex);
    if (status != XIPC_OK) {
        return status;
    }
    status = xipci_sync_wait(
        sync, see_notification, &context, XIPCI_SLICE_MAX_NS, deadline,
        "it was not notified");
    retaken = xipci_mutex_retake(mutex);
    return retaken == XIPC_OK ? status : retaken;
}

xipc_status xipc_condition_wait(
    xipc_condition *condition, xipc_mutex *mutex, xipc_deadline deadline)
{
    return xipci_answer(wait(sync_of(condition), mutex, deadline));
}

static xipc_status notify(xipci_sync *sync, uint32_t count)
{
    xipc_status status = xipci_sync_check(sync);

    if (status == XIPC_OK) {
        atomic_fetch_add_explicit(&sync->body->word, 1, memory_order_seq_cst);
        xipcos_park_wake(&sync->park, count);
    }
    return status;
}

xipc_status xipc_condition_notify_one(xipc_condition *condition)
{
    return xipci_answer(notify(sync_of(condition), 1));
}

xipc_status xipc_condition_notify_all(xipc_condition *condition)
{
    return xipci_answer(notify(sync_of(condition), XIPCI_WAKE_ALL));
}

void xipc_condition_close(xipc_condition *condition)
{
    xipci_sync_close(sync_of(condition));
}

xipc_object *xipc_condition_object(xipc_condition *condition)
{
    return condition ? &condition->sync.object : NULL;
}
