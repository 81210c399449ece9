/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronisation objects that stand inside a section. */
#include "core/sync.h"

#include <string.h>

#include "core/failure.h"
#include "core/section.h"
#include "os/os_member.h"

/* A handle whose body is mapped and not looked at. */
static xipc_status begin(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipci_sync **sync_out)
{
    char name[XIPCI_STAND_NAME_SIZE];
    xipci_sync *sync;
    xipc_status status =
        xipci_stand_check_place(kind, section, offset, XIPC_SYNC_SIZE);

    if (status == XIPC_OK) {
        status = xipci_stand_check_size(section, offset, XIPC_SYNC_SIZE);
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipci_stand_name(section, offset, name);
    sync = xipci_sync_new(kind, name);
    if (!sync) {
        return XIPC_E_NO_MEMORY;
    }
    xipci_stand_in(&sync->stand, section);
    sync->object.scope = section->object.scope;
    status = xipci_sync_map(sync, offset);
    if (status != XIPC_OK) {
        xipci_sync_close(sync);
        return status;
    }
    *sync_out = sync;
    return XIPC_OK;
}

/* With the claim. */
static xipc_status make(xipci_sync *sync, const xipci_sync_plan *plan)
{
    const xipci_marks marks = xipci_sync_marks(plan->kind);
    xipci_sync_body *body = sync->body;
    xipc_status status =
        xipci_stand_begin(&sync->object, &body->mark, sizeof *body, &marks);

    if (status != XIPC_OK) {
        return status;
    }
    body->limit = plan->limit;
    memset(&body->watch, 0, sizeof body->watch);
    atomic_store_explicit(&body->spot.account, 0, memory_order_relaxed);
    atomic_store_explicit(&body->spot.sequence, 0, memory_order_relaxed);
    atomic_store_explicit(&body->owner, 0, memory_order_relaxed);
    atomic_store_explicit(&body->word, plan->word, memory_order_relaxed);
    atomic_store_explicit(&body->mark, marks.made, memory_order_release);
    return XIPC_OK;
}

/* `plan` NULL: joins what is there. */
static xipc_status make_or_find(
    xipci_sync *sync,
    const xipci_sync_plan *plan,
    uint64_t offset,
    xipc_deadline deadline)
{
    const xipci_marks marks = xipci_sync_marks(sync->object.kind);
    xipc_status status =
        xipci_stand_claim(&sync->stand, &sync->object, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    status = plan ? make(sync, plan) : XIPC_OK;
    if (status == XIPC_OK) {
        status = xipci_sync_join(sync, offset);
        if (status != XIPC_OK && plan) {
            xipci_stand_undo(&sync->body->mark, sizeof *sync->body, &marks);
        }
    }
    xipcos_member_unclaim(sync->stand.native);
    return status;
}

static xipc_status place(
    xipc_kind kind,
    const xipci_sync_plan *plan,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    xipci_sync *sync = NULL;
    xipc_status status;

    if (!sync_out) {
        return xipci_invalid("the place for the handle is NULL");
    }
    status = begin(kind, section, offset, &sync);
    if (status != XIPC_OK) {
        return status;
    }
    status = make_or_find(sync, plan, offset, deadline);
    if (status != XIPC_OK) {
        xipci_sync_close(sync);
        return status;
    }
    *sync_out = sync;
    return XIPC_OK;
}

xipc_status xipci_sync_create_at(
    const xipci_sync_plan *plan,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    return place(plan->kind, plan, section, offset, deadline, sync_out);
}

xipc_status xipci_sync_open_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipci_sync **sync_out)
{
    return place(kind, NULL, section, offset, deadline, sync_out);
}
