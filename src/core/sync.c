/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronisation objects that have a name, and what the placed ones share with
 * them. */
#include "core/sync.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/shared.h"
#include "core/waitable.h"
#include "os/os_member.h"

#define LAYOUT_VERSION 1u
#define MAKING         UINT32_C(0x58530000)

static const xipc_sync_options default_options = XIPC_SYNC_OPTIONS_INIT;

xipci_marks xipci_sync_marks(xipc_kind kind)
{
    return (xipci_marks){MAKING | (uint32_t)kind << 8 | LAYOUT_VERSION, MAKING};
}

xipc_status
xipci_sync_fail(const xipci_sync *sync, xipc_status status, const char *why)
{
    return xipci_object_fail(&sync->object, status, why);
}

xipc_status xipci_sync_check(const xipci_sync *sync)
{
    if (!sync) {
        return xipci_invalid("the handle is NULL");
    }
    return xipci_object_check(&sync->object);
}

/* For an interrupt. Whoever sleeps there for another handle looks, and sleeps
 * again. */
static void wake(xipc_object *object)
{
    xipcos_park_wake(&((xipci_sync *)object)->park, XIPCI_WAKE_ALL);
}

xipci_sync *xipci_sync_new(xipc_kind kind, const char *name)
{
    xipci_sync *sync = calloc(1, sizeof *sync);

    if (!sync) {
        xipci_fail(XIPC_E_NO_MEMORY, kind, name, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&sync->object, kind, name);
    sync->object.wake = wake;
    return sync;
}

void xipci_sync_close(xipci_sync *sync)
{
    if (!sync) {
        return;
    }
    xipci_poller_forget(&sync->object);
    xipcos_park_close(&sync->park);
    xipci_stand_leave(&sync->stand);
    free(sync);
}

xipc_status xipci_sync_map(xipci_sync *sync, uint64_t offset)
{
    void *at;
    xipc_status status = xipci_stand_map(
        &sync->stand, &sync->object, offset, sizeof *sync->body, &at);

    if (status == XIPC_OK) {
        sync->body = at;
    }
    return status;
}

static int limit_makes_sense(xipc_kind kind, uint32_t limit)
{
    switch (kind) {
    case XIPC_KIND_SEMAPHORE: return limit > 0;
    case XIPC_KIND_EVENT: return limit <= XIPC_EVENT_MANUAL;
    default: return limit == 0;
    }
}

static xipc_status check_body(xipci_sync *sync)
{
    const xipci_marks marks = xipci_sync_marks(sync->object.kind);
    xipc_status status =
        xipci_stand_find(&sync->object, &sync->body->mark, &marks);

    if (status != XIPC_OK) {
        return status;
    }
    sync->limit = *(volatile uint32_t *)&sync->body->limit; /* read once */
    if (!limit_makes_sense(sync->object.kind, sync->limit)) {
        return xipci_sync_fail(
            sync, XIPC_E_CORRUPT, "its limit was scribbled on");
    }
    return XIPC_OK;
}

xipc_status xipci_sync_join(xipci_sync *sync, uint64_t offset)
{
    uint64_t spot = offset + offsetof(xipci_sync_body, spot);
    xipc_status status = check_body(sync);

    if (status != XIPC_OK) {
        return status;
    }
    if (sync->object.kind == XIPC_KIND_MUTEX) {
        status = xipcos_member_join(sync->stand.native, &sync->member);
    }
    if (status == XIPC_OK) {
        status = xipcos_park_open(
            sync->stand.native, spot, &sync->body->spot, &sync->park);
    }
    return xipci_object_relay(&sync->object, status);
}

/* Checks what create and open have in common; `*options` may become the
 * default. */
static xipc_status check_call(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options **options,
    xipci_sync **sync_out)
{
    xipc_status status = xipci_name_check(kind, name);

    if (status != XIPC_OK) {
        return status;
    }
    if (!sync_out) {
        return xipci_invalid("the place for the handle is NULL");
    }
    if (!*options) {
        *options = &default_options;
    }
    if ((*options)->options_size != sizeof **options) {
        return xipci_fail(
            XIPC_E_INVALID, kind, name,
            "options_size is unknown; use XIPC_SYNC_OPTIONS_INIT");
    }
    status = xipci_name_check_native(kind, name);
    return status == XIPC_OK
               ? xipci_naming_check(kind, name, &(*options)->naming)
               : status;
}

/* A named one stands alone at the start of its memory. */
static xipc_status join_named(xipci_sync *sync, xipc_deadline deadline)
{
    xipc_status status = xipci_sync_map(sync, 0);

    if (status == XIPC_OK) {
        status = xipci_stand_claim(&sync->stand, &sync->object, deadline);
    }
    if (status == XIPC_OK) {
        status = xipci_sync_join(sync, 0);
        xipcos_member_unclaim(sync->stand.native);
    }
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static xipc_status finish(
    xipci_sync *sync,
    xipc_status status,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    if (status == XIPC_OK) {
        status = join_named(sync, deadline);
    }
    if (status != XIPC_OK) {
        xipci_sync_close(sync);
        return status;
    }
    *sync_out = sync;
    return XIPC_OK;
}

/* What has a name by now and could not be joined goes again. */
static xipc_status finish_new(
    xipci_sync *sync,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    xipc_status status = join_named(sync, deadline);

    if (status == XIPC_OK) {
        *sync_out = sync;
        return XIPC_OK;
    }
    if (naming->lifetime == XIPC_PERSISTENT) {
        status = xipci_shared_take_back(
            status, sync->object.kind, sync->object.name, naming);
    }
    xipci_sync_close(sync);
    return status;
}

xipc_status xipci_sync_create(
    const xipci_sync_plan *plan,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    xipci_sync_body body = {.limit = plan->limit};
    xipcos_section_plan memory = {
        .size = xipci_shared_round_up(sizeof body),
        .max_size = xipci_shared_round_up(sizeof body),
        .data = &body,
        .data_size = sizeof body,
    };
    xipc_status status = check_call(plan->kind, name, &options, sync_out);
    xipci_sync *sync;

    if (status != XIPC_OK) {
        return status;
    }
    sync = xipci_sync_new(plan->kind, name);
    if (!sync) {
        return XIPC_E_NO_MEMORY;
    }
    atomic_init(&body.mark, xipci_sync_marks(plan->kind).made);
    atomic_init(&body.word, plan->word);
    sync->object.scope = options->naming.scope;
    status = xipci_shared_create(
        plan->kind, name, &options->naming, &memory, deadline,
        &sync->stand.native);
    return status == XIPC_OK
               ? finish_new(sync, &options->naming, deadline, sync_out)
               : finish(sync, status, deadline, sync_out);
}

xipc_status xipci_sync_open(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    xipc_status status = check_call(kind, name, &options, sync_out);
    xipci_sync *sync;

    if (status != XIPC_OK) {
        return status;
    }
    sync = xipci_sync_new(kind, name);
    if (!sync) {
        return XIPC_E_NO_MEMORY;
    }
    sync->object.scope = options->naming.scope;
    status = xipci_shared_open(
        kind, name, &options->naming, 0, deadline, &sync->stand.native);
    return finish(sync, status, deadline, sync_out);
}

typedef struct either_call {
    const xipci_sync_plan *plan;
    const char *name;
    const xipc_sync_options *options;
    xipc_deadline deadline;
    xipci_sync **sync_out;
} either_call;

static xipc_status create_half(const void *context)
{
    const either_call *call = context;

    return xipci_sync_create(
        call->plan, call->name, call->options, call->deadline, call->sync_out);
}

static xipc_status open_half(const void *context)
{
    const either_call *call = context;

    return xipci_sync_open(
        call->plan->kind, call->name, call->options, call->deadline,
        call->sync_out);
}

xipc_status xipci_sync_open_or_create(
    const xipci_sync_plan *plan,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipci_sync **sync_out,
    int *created_out)
{
    const either_call call = {plan, name, options, deadline, sync_out};
    const xipci_shared_either either = {plan->kind,  name,      deadline,
                                        create_half, open_half, &call};

    return xipci_shared_open_or_create(&either, created_out);
}

xipc_status xipci_sync_wait(
    xipci_sync *sync,
    xipci_attempt *attempt,
    void *context,
    int64_t slice_max,
    xipc_deadline deadline,
    const char *what)
{
    const xipci_wait wait = {
        &sync->object.is_interrupted, &sync->park, attempt, context, slice_max};

    return xipci_park_result(
        &sync->object, xipci_park_wait(&wait, deadline), what);
}
