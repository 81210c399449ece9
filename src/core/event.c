/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lowest bit of the word says whether it is set. The other bits of a manual
 * event count how often it was: who waits remembers the count, and is let
 * through by another one even if the event was reset before he looked. Both
 * are changed by compare and exchange, sequentially consistent, so that the
 * setter's wake-up follows its change.
 */
#include <assert.h>

#include "core/failure.h"
#include "core/sync.h"
#include "core/waitable.h"

#define IS_SET    1u
#define ONE_COUNT 2u

static xipci_sync *sync_of(xipc_event *event)
{
    return event ? &event->sync : NULL;
}

static uint32_t look(xipc_object *object)
{
    const xipci_sync *sync = (const xipci_sync *)object;

    return (atomic_load_explicit(&sync->body->word, memory_order_seq_cst) &
            IS_SET) != 0
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
static xipc_status
give(xipc_status status, xipci_sync *const *sync, xipc_event **event_out)
{
    if (status == XIPC_OK) {
        assert(event_out && *sync);
        (*sync)->object.waitable = &waitable;
        *event_out = (xipc_event *)*sync;
    }
    return xipci_answer(status);
}

static xipc_status check_mode(xipc_event_mode mode)
{
    return (unsigned)mode <= XIPC_EVENT_MANUAL
               ? XIPC_OK
               : xipci_invalid("an unknown mode of an event");
}

xipc_status xipc_event_create(
    const char *name,
    xipc_event_mode mode,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_EVENT, (uint32_t)mode, 0};
    xipc_status status = check_mode(mode);

    if (status == XIPC_OK) {
        status = xipci_sync_create(
            &plan, name, options, deadline, event_out ? &sync : NULL);
    }
    return give(status, &sync, event_out);
}

xipc_status xipc_event_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open(
            XIPC_KIND_EVENT, name, options, deadline, event_out ? &sync : NULL),
        &sync, event_out);
}

xipc_status xipc_event_open_or_create(
    const char *name,
    xipc_event_mode mode,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out,
    int *created_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_EVENT, (uint32_t)mode, 0};
    xipc_status status = check_mode(mode);

    if (status == XIPC_OK) {
        status = xipci_sync_open_or_create(
            &plan, name, options, deadline, event_out ? &sync : NULL,
            created_out);
    }
    return give(status, &sync, event_out);
}

xipc_status xipc_event_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_event_mode mode,
    xipc_deadline deadline,
    xipc_event **event_out)
{
    xipci_sync *sync = NULL;
    const xipci_sync_plan plan = {XIPC_KIND_EVENT, (uint32_t)mode, 0};
    xipc_status status = check_mode(mode);

    if (status == XIPC_OK) {
        status = xipci_sync_create_at(
            &plan, section, offset, deadline, event_out ? &sync : NULL);
    }
    return give(status, &sync, event_out);
}

xipc_status xipc_event_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_event **event_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_at(
            XIPC_KIND_EVENT, section, offset, deadline,
            event_out ? &sync : NULL),
        &sync, event_out);
}

static int is_manual(const xipci_sync *sync)
{
    return sync->limit == XIPC_EVENT_MANUAL;
}

typedef struct event_wait {
    xipci_sync *sync;
    uint32_t before; /* the word when the wait began */
} event_wait;

static xipc_status pass_manual(void *context, int is_thorough)
{
    const event_wait *wait = context;
    uint32_t word =
        atomic_load_explicit(&wait->sync->body->word, memory_order_seq_cst);

    (void)is_thorough;
    return (word & IS_SET) != 0 || (word ^ wait->before) >= ONE_COUNT
               ? XIPC_OK
               : XIPC_E_AGAIN;
}

static xipc_status pass_auto(void *context, int is_thorough)
{
    const event_wait *wait = context;
    _Atomic uint32_t *word = &wait->sync->body->word;
    uint32_t seen = atomic_load_explicit(word, memory_order_seq_cst);

    (void)is_thorough;
    while ((seen & IS_SET) != 0) {
        if (atomic_compare_exchange_weak_explicit(
                word, &seen, seen & ~IS_SET, memory_order_seq_cst,
                memory_order_seq_cst)) {
            return XIPC_OK;
        }
    }
    return XIPC_E_AGAIN;
}

static xipc_status wait(xipci_sync *sync, xipc_deadline deadline)
{
    event_wait context = {sync, 0};
    xipc_status status = xipci_sync_check(sync);

    if (status != XIPC_OK) {
        return status;
    }
    context.before =
        atomic_load_explicit(&sync->body->word, memory_order_seq_cst);
    return xipci_sync_wait(
        sync, is_manual(sync) ? pass_manual : pass_auto, &context,
        XIPCI_SLICE_MAX_NS, deadline, "it was not set");
}

xipc_status xipc_event_wait(xipc_event *event, xipc_deadline deadline)
{
    return xipci_answer(wait(sync_of(event), deadline));
}

static xipc_status set(xipci_sync *sync)
{
    _Atomic uint32_t *word;
    uint32_t seen;
    uint32_t more;
    xipc_status status = xipci_sync_check(sync);

    if (status != XIPC_OK) {
        return status;
    }
    word = &sync->body->word;
    more = is_manual(sync) ? ONE_COUNT + IS_SET : IS_SET;
    seen = atomic_load_explicit(word, memory_order_seq_cst);
    do {
        if ((seen & IS_SET) != 0) {
            return XIPC_OK;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        word, &seen, seen + more, memory_order_seq_cst, memory_order_seq_cst));
    xipcos_park_wake(&sync->park, is_manual(sync) ? XIPCI_WAKE_ALL : 1);
    xipci_watch_ring(&sync->body->watch);
    return XIPC_OK;
}

xipc_status xipc_event_set(xipc_event *event)
{
    return xipci_answer(set(sync_of(event)));
}

static xipc_status reset(xipci_sync *sync)
{
    xipc_status status = xipci_sync_check(sync);

    if (status == XIPC_OK) {
        atomic_fetch_and_explicit(
            &sync->body->word, ~IS_SET, memory_order_seq_cst);
    }
    return status;
}

xipc_status xipc_event_reset(xipc_event *event)
{
    return xipci_answer(reset(sync_of(event)));
}

void xipc_event_close(xipc_event *event)
{
    xipci_sync_close(sync_of(event));
}

xipc_object *xipc_event_object(xipc_event *event)
{
    return event ? &event->sync.object : NULL;
}
