/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that work on names without opening anything. */
#include <string.h>

#include "core/depth.h"
#include "core/failure.h"
#include "core/layout.h"
#include "core/mailbox.h"
#include "core/name.h"
#include "os/os_process.h"
#include "os/os_queue.h"

static xipc_status check_scope(xipc_scope scope)
{
    return xipci_scope_is_known(scope) ? XIPC_OK
                                       : xipci_invalid("an unknown scope");
}

static xipc_status
check_name(xipc_kind kind, const char *name, xipc_scope scope)
{
    if (!xipci_kind_is_known(kind)) {
        return xipci_invalid("an unknown kind");
    }
    if (!xipci_scope_is_known(scope)) {
        return check_scope(scope);
    }
    return xipci_name_check(kind, name);
}

static xipc_status write_native_name(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    char *buffer,
    size_t capacity)
{
    char hashed[XIPC_NATIVE_NAME_SIZE];
    const char *native_name = hashed;
    xipc_status status = check_name(kind, name, scope);

    if (status != XIPC_OK) {
        return status;
    }
    if (!buffer) {
        return xipci_invalid("the buffer is NULL");
    }
    if (xipci_name_native(name)) {
        native_name = xipci_name_native(name);
    } else {
        xipci_name_hash(kind, name, scope, hashed);
    }
    if (strlen(native_name) >= capacity) {
        return xipci_fail(
            XIPC_E_TOO_SMALL, kind, name,
            "its native name takes %zu bytes, the buffer has %zu",
            strlen(native_name) + 1, capacity);
    }
    memcpy(buffer, native_name, strlen(native_name) + 1);
    return XIPC_OK;
}

xipc_status xipc_native_name(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    char *buffer,
    size_t capacity)
{
    return xipci_answer(write_native_name(kind, name, scope, buffer, capacity));
}

static xipc_status remove_native(xipc_kind kind, const char *native_name)
{
    xipcos_queue_bounds bounds;

    if (kind == XIPC_KIND_PIPE) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "it goes with who made it");
    }
    if (kind != XIPC_KIND_MAILBOX) {
        return xipcos_section_remove_native(native_name);
    }
    return xipcos_queue_limits(&bounds)
               ? xipcos_queue_remove(native_name)
               : xipcos_fault(
                     XIPC_E_NOT_SUPPORTED, 0,
                     "this system has no message queues (mailbox.native)");
}

static xipc_status remove_name(
    xipc_kind kind, const char *name, xipc_scope scope, xipc_deadline deadline)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = scope, .native_name = native_name};
    xipc_status status = check_name(kind, name, scope);

    if (status == XIPC_OK) {
        status = xipci_name_check_native(kind, name);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (xipci_name_native(name)) {
        status = remove_native(kind, xipci_name_native(name));
    } else {
        place.user = xipci_name_hash(kind, name, scope, native_name);
        status = xipcos_section_remove(place, deadline);
    }
    return xipci_relay(status, kind, name);
}

xipc_status xipc_remove(
    xipc_kind kind, const char *name, xipc_scope scope, xipc_deadline deadline)
{
    return xipci_answer(remove_name(kind, name, scope, deadline));
}

typedef struct list_call {
    xipc_scope scope;
    xipc_list_callback *callback;
    void *context;
} list_call;

/* What cannot be read is shown under its native name, in every name space. */
static int
show_unreadable(const xipcos_section_finding *finding, const list_call *call)
{
    const xipc_listing listing = {
        .listing_size = sizeof listing,
        .kind = XIPC_KIND_SECTION,
        .scope = call->scope,
        .lifetime = finding->lifetime,
        .name = "",
        .native_name = finding->native_name,
        .provider = "shm",
        .size = finding->size,
        .holder_count = finding->holder_count,
    };

    return call->callback(&listing, call->context);
}

/* What stands in its memory. */
static void describe_memory(
    const xipcos_section *native,
    const void *bytes,
    size_t room,
    xipc_listing *listing)
{
    switch (listing->kind) {
    case XIPC_KIND_MAILBOX:
        xipci_box_describe(native, bytes, room, listing);
        break;
    case XIPC_KIND_RING: listing->depth = xipci_ring_depth(bytes, room); break;
    case XIPC_KIND_INBOX:
        listing->depth = xipci_inbox_depth(bytes, room);
        break;
    default: break;
    }
}

/* All that this process can map of it. */
static void describe_all(xipcos_section *native, xipc_listing *listing)
{
    uint64_t size = xipcos_section_size(native);
    void *address;

    if (size <= SIZE_MAX &&
        xipcos_section_map(native, 0, (size_t)size, 0, &address) == XIPC_OK) {
        describe_memory(native, address, (size_t)size, listing);
        xipcos_section_unmap(address, (size_t)size);
    }
}

static void describe(xipc_listing *listing)
{
    xipcos_place place = {
        .scope = listing->scope,
        .native_name = listing->native_name,
        .user = listing->scope == XIPC_SCOPE_USER ? xipcos_user() : 0};
    xipcos_section *native;

    if (listing->is_stale ||
        (listing->kind != XIPC_KIND_MAILBOX &&
         listing->kind != XIPC_KIND_RING && listing->kind != XIPC_KIND_INBOX)) {
        return;
    }
    if (xipcos_section_open(place, XIPC_TRUST_EVERYONE, 1, XIPC_NOW, &native) ==
        XIPC_OK) {
        describe_all(native, listing);
        xipcos_section_close(native);
    }
}

static int visit(const xipcos_section_finding *finding, void *context)
{
    const list_call *call = context;
    xipci_head head;
    xipc_listing listing;

    if (!finding->head) {
        return show_unreadable(finding, call);
    }
    memcpy(&head, finding->head, sizeof head);
    if (xipci_head_check(&head) != XIPC_OK) {
        return show_unreadable(finding, call);
    }
    if (head.name_space != xipci_name_space() ||
        head.scope != (uint32_t)call->scope) {
        return 0;
    }
    listing = (xipc_listing){
        .listing_size = sizeof listing,
        .kind = (xipc_kind)head.kind,
        .scope = call->scope,
        .lifetime = finding->lifetime,
        .is_stale = finding->is_stale,
        .name = head.name,
        .native_name = finding->native_name,
        .provider = "shm",
        .size = finding->size,
        .holder_count = finding->holder_count,
        .made_at = head.made_at,
    };
    describe(&listing);
    return call->callback(&listing, call->context);
}

static xipc_status
list_objects(xipc_scope scope, xipc_list_callback *callback, void *context)
{
    list_call call = {scope, callback, context};
    size_t removed_count;
    xipc_status status = check_scope(scope);

    if (status == XIPC_OK && !callback) {
        status = xipci_invalid("the callback is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    return xipcos_section_survey(scope, visit, &call, &removed_count);
}

xipc_status
xipc_list(xipc_scope scope, xipc_list_callback *callback, void *context)
{
    return xipci_answer(list_objects(scope, callback, context));
}

static xipc_status sweep_objects(xipc_scope scope, size_t *removed_count_out)
{
    size_t removed_count = 0;
    xipc_status status = check_scope(scope);

    if (status == XIPC_OK) {
        status = xipcos_section_survey(scope, NULL, NULL, &removed_count);
    }
    if (status == XIPC_OK && removed_count_out) {
        *removed_count_out = removed_count;
    }
    return status;
}

xipc_status xipc_sweep(xipc_scope scope, size_t *removed_count_out)
{
    return xipci_answer(sweep_objects(scope, removed_count_out));
}
