/* SPDX-License-Identifier: Apache-2.0 */
/* What mutex, semaphore, event and condition have in common. */
#include "support/sync_kit.h"

const xipc_kind sync_kinds[SYNC_KIND_COUNT] = {
    XIPC_KIND_MUTEX,
    XIPC_KIND_SEMAPHORE,
    XIPC_KIND_EVENT,
    XIPC_KIND_CONDITION,
};

void for_each_kind(kind_body *body)
{
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        spec_within(xipc_kind_name(sync_kinds[i]));
        body(sync_kinds[i]);
    }
    spec_within(NULL);
}

xipc_sync_options sync_lasting(xipc_lifetime lifetime)
{
    xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;

    options.naming.lifetime = lifetime;
    return options;
}

static xipc_status no_such_kind(xipc_kind kind)
{
    spec_fail(__FILE__, __LINE__, xipc_kind_name(kind), "is none of sync.h");
}

xipc_status sync_create(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out)
{
    switch (kind) {
    case XIPC_KIND_MUTEX:
        return xipc_mutex_create(
            name, options, deadline, handle_out ? &handle_out->mutex : NULL);
    case XIPC_KIND_SEMAPHORE:
        return xipc_semaphore_create(
            name, 1, 1, options, deadline,
            handle_out ? &handle_out->semaphore : NULL);
    case XIPC_KIND_EVENT:
        return xipc_event_create(
            name, XIPC_EVENT_AUTO, options, deadline,
            handle_out ? &handle_out->event : NULL);
    case XIPC_KIND_CONDITION:
        return xipc_condition_create(
            name, options, deadline,
            handle_out ? &handle_out->condition : NULL);
    default: return no_such_kind(kind);
    }
}

xipc_status sync_open(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out)
{
    switch (kind) {
    case XIPC_KIND_MUTEX:
        return xipc_mutex_open(
            name, options, deadline, handle_out ? &handle_out->mutex : NULL);
    case XIPC_KIND_SEMAPHORE:
        return xipc_semaphore_open(
            name, options, deadline,
            handle_out ? &handle_out->semaphore : NULL);
    case XIPC_KIND_EVENT:
        return xipc_event_open(
            name, options, deadline, handle_out ? &handle_out->event : NULL);
    case XIPC_KIND_CONDITION:
        return xipc_condition_open(
            name, options, deadline,
            handle_out ? &handle_out->condition : NULL);
    default: return no_such_kind(kind);
    }
}

xipc_status sync_open_or_create(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out,
    int *created_out)
{
    switch (kind) {
    case XIPC_KIND_MUTEX:
        return xipc_mutex_open_or_create(
            name, options, deadline, handle_out ? &handle_out->mutex : NULL,
            created_out);
    case XIPC_KIND_SEMAPHORE:
        return xipc_semaphore_open_or_create(
            name, 1, 1, options, deadline,
            handle_out ? &handle_out->semaphore : NULL, created_out);
    case XIPC_KIND_EVENT:
        return xipc_event_open_or_create(
            name, XIPC_EVENT_AUTO, options, deadline,
            handle_out ? &handle_out->event : NULL, created_out);
    case XIPC_KIND_CONDITION:
        return xipc_condition_open_or_create(
            name, options, deadline, handle_out ? &handle_out->condition : NULL,
            created_out);
    default: return no_such_kind(kind);
    }
}

xipc_status sync_create_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    sync_handle *handle_out)
{
    switch (kind) {
    case XIPC_KIND_MUTEX:
        return xipc_mutex_create_at(
            section, offset, deadline, handle_out ? &handle_out->mutex : NULL);
    case XIPC_KIND_SEMAPHORE:
        return xipc_semaphore_create_at(
            section, offset, 1, 1, deadline,
            handle_out ? &handle_out->semaphore : NULL);
    case XIPC_KIND_EVENT:
        return xipc_event_create_at(
            section, offset, XIPC_EVENT_AUTO, deadline,
            handle_out ? &handle_out->event : NULL);
    case XIPC_KIND_CONDITION:
        return xipc_condition_create_at(
            section, offset, deadline,
            handle_out ? &handle_out->condition : NULL);
    default: return no_such_kind(kind);
    }
}

xipc_status sync_open_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    sync_handle *handle_out)
{
    switch (kind) {
    case XIPC_KIND_MUTEX:
        return xipc_mutex_open_at(
            section, offset, deadline, handle_out ? &handle_out->mutex : NULL);
    case XIPC_KIND_SEMAPHORE:
        return xipc_semaphore_open_at(
            section, offset, deadline,
            handle_out ? &handle_out->semaphore : NULL);
    case XIPC_KIND_EVENT:
        return xipc_event_open_at(
            section, offset, deadline, handle_out ? &handle_out->event : NULL);
    case XIPC_KIND_CONDITION:
        return xipc_condition_open_at(
            section, offset, deadline,
            handle_out ? &handle_out->condition : NULL);
    default: return no_such_kind(kind);
    }
}

void sync_close(xipc_kind kind, sync_handle handle)
{
    switch (kind) {
    case XIPC_KIND_MUTEX: xipc_mutex_close(handle.mutex); break;
    case XIPC_KIND_SEMAPHORE: xipc_semaphore_close(handle.semaphore); break;
    case XIPC_KIND_EVENT: xipc_event_close(handle.event); break;
    case XIPC_KIND_CONDITION: xipc_condition_close(handle.condition); break;
    default: no_such_kind(kind);
    }
}

xipc_object *sync_object(xipc_kind kind, sync_handle handle)
{
    switch (kind) {
    case XIPC_KIND_MUTEX: return xipc_mutex_object(handle.mutex);
    case XIPC_KIND_SEMAPHORE: return xipc_semaphore_object(handle.semaphore);
    case XIPC_KIND_EVENT: return xipc_event_object(handle.event);
    case XIPC_KIND_CONDITION: return xipc_condition_object(handle.condition);
    default: no_such_kind(kind); return NULL;
    }
}
