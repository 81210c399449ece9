/* SPDX-License-Identifier: Apache-2.0 */
/* The word is the count. It is taken from and added to by compare and exchange,
 * sequentially consistent, so that a poster's wake-up follows its change. */
#include <assert.h>

#include "core/failure.h"
#include "core/sync.h"
#include "core/waitable.h"

static xipci_sync *sync_of(const xipc_semaphore *semaphore)
{
    return semaphore ? (xipci_sync *)&semaphore->sync : NULL;
}

static uint32_t look(xipc_object *object)
{
    const xipci_sync *sync = (const xipci_sync *)object;

    return atomic_load_explicit(&sync->body->word, memory_order_seq_cst) > 0
               ? XIPC_READABLE
               : 0;
}

static xipci_watch *watch_of(xipc_object *object)
{
    return &((xipci_sync *)object)->body->watch;
}

static const xipci_waitable waitable = {
    XIPC_READABLE, look, watch_of, NULL, NULL};

/* The last step of what makes a handle. */
static xipc_status give(
    xipc_status status, xipci_sync *const *sync, xipc_semaphore **semaphore_out)
{
    if (status == XIPC_OK) {
        assert(semaphore_out && *sync);
        (*sync)->object.waitable = &waitable;
        *semaphore_out = (xipc_semaphore *)*sync;
    }
    return xipci_answer(status);
}

static xipc_status check_plan(uint32_t initial, uint32_t max)
{
    if (max == 0) {
        return xipci_invalid("the semaphore's maximum is 0");
    }
    if (initial > max) {
        return xipci_invalid(
            "the semaphore's first count, %lu, is above its maximum, %lu",
            (unsigned long)initial, (unsigned long)max);
    }
    return XIPC_OK;
}

xipc_status xipc_semaphore_create(
    const char *name,
    uint32_t initial,
    uint32_t max,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_SEMAPHORE, max, initial};
    xipc_status status = check_plan(initial, max);

    if (status == XIPC_OK) {
        status = xipci_sync_create(
            &plan, name, options, deadline, semaphore_out ? &sync : NULL);
    }
    return give(status, &sync, semaphore_out);
}

xipc_status xipc_semaphore_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open(
            XIPC_KIND_SEMAPHORE, name, options, deadline,
            semaphore_out ? &sync : NULL),
        &sync, semaphore_out);
}

/* One more than six: what is made, how, when at the latest, and what became of
 * it. NOLINTNEXTLINE(readability-function-size) */
xipc_status xipc_semaphore_open_or_create(
    const char *name,
    uint32_t initial,
    uint32_t max,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out,
    int *created_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_SEMAPHORE, max, initial};
    xipc_status status = check_plan(initial, max);

    if (status == XIPC_OK) {
        status = xipci_sync_open_or_create(
            &plan, name, options, deadline, semaphore_out ? &sync : NULL,
            created_out);
    }
    return give(status, &sync, semaphore_out);
}

xipc_status xipc_semaphore_create_at(
    xipc_section *section,
    uint64_t offset,
    uint32_t initial,
    uint32_t max,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_SEMAPHORE, max, initial};
    xipc_status status = check_plan(initial, max);

    if (status == XIPC_OK) {
        status = xipci_sync_create_at(
            &plan, section, offset, deadline, semaphore_out ? &sync : NULL);
    }
    return give(status, &sync, semaphore_out);
}

xipc_status xipc_semaphore_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_at(
            XIPC_KIND_SEMAPHORE, section, offset, deadline,
            semaphore_out ? &sync : NULL),
        &sync, semaphore_out);
}

static xipc_status corrupt(const xipci_sync *sync)
{
    return xipci_sync_fail(sync, XIPC_E_CORRUPT, "its count was scribbled on");
}

static xipc_status take(void *context, int is_thorough)
{
    xipci_sync *sync = context;
    _Atomic uint32_t *word = &sync->body->word;
    uint32_t count = atomic_load_explicit(word, memory_order_seq_cst);

    (void)is_thorough;
    while (count > 0 && count <= sync->limit) {
        if (atomic_compare_exchange_weak_explicit(
                word, &count, count - 1, memory_order_seq_cst,
                memory_order_seq_cst)) {
            return XIPC_OK;
        }
    }
    return count == 0 ? XIPC_E_AGAIN : corrupt(sync);
}

static xipc_status wait(xipci_sync *sync, xipc_deadline deadline)
{
    xipc_status status = xipci_sync_check(sync);

    if (status != XIPC_OK) {
        return status;
    }
    return xipci_sync_wait(
        sync, take, sync, XIPCI_SLICE_MAX_NS, deadline, "its count was 0");
}

xipc_status
xipc_semaphore_wait(xipc_semaphore *semaphore, xipc_deadline deadline)
{
    return xipci_answer(wait(sync_of(semaphore), deadline));
}

static xipc_status add(xipci_sync *sync, uint32_t more)
{
    _Atomic uint32_t *word = &sync->body->word;
    uint32_t count = atomic_load_explicit(word, memory_order_relaxed);

    do {
        if (count > sync->limit) {
            return corrupt(sync);
        }
        if (more > sync->limit - count) {
            return xipci_fail(
                XIPC_E_LIMIT, sync->object.kind, sync->object.name,
                "%lu more would be above its maximum, %lu; its count is %lu",
                (unsigned long)more, (unsigned long)sync->limit,
                (unsigned long)count);
        }
    } while (!atomic_compare_exchange_weak_explicit(
        word, &count, count + more, memory_order_seq_cst,
        memory_order_relaxed));
    return XIPC_OK;
}

static xipc_status post(xipci_sync *sync, uint32_t more)
{
    xipc_status status = xipci_sync_check(sync);

    if (status == XIPC_OK && more == 0) {
        status = xipci_sync_fail(sync, XIPC_E_INVALID, "0 is nothing to add");
    }
    if (status == XIPC_OK) {
        status = add(sync, more);
    }
    if (status == XIPC_OK) {
        xipcos_park_wake(&sync->park, more);
        xipci_watch_ring(&sync->body->watch);
    }
    return status;
}

xipc_status xipc_semaphore_post(xipc_semaphore *semaphore, uint32_t count)
{
    return xipci_answer(post(sync_of(semaphore), count));
}

uint32_t xipc_semaphore_count(const xipc_semaphore *semaphore)
{
    const xipci_sync *sync = sync_of(semaphore);

    /* Relaxed: it may have changed before the caller looks at it. */
    return sync ? atomic_load_explicit(&sync->body->word, memory_order_relaxed)
                : 0;
}

uint32_t xipc_semaphore_max(const xipc_semaphore *semaphore)
{
    return semaphore ? semaphore->sync.limit : 0;
}

void xipc_semaphore_close(xipc_semaphore *semaphore)
{
    xipci_sync_close(sync_of(semaphore));
}

xipc_object *xipc_semaphore_object(xipc_semaphore *semaphore)
{
    return semaphore ? &semaphore->sync.object : NULL;
}
