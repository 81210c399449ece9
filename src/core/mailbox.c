/* SPDX-License-Identifier: Apache-2.0 */
/* From a name to a handle of a mailbox. */
#include "core/mailbox.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/mailbox_make.h"
#include "core/mailbox_native.h"
#include "core/name.h"
#include "core/shared.h"
#include "core/waitable.h"
#include "os/os_clock.h"
#include "os/os_member.h"

/* Handles of this process, so that each has a number. Relaxed: that is all. */
static _Atomic uint32_t handle_count;

/* ---- from memory to a handle ---- */

typedef enum joining { AS_CREATOR, AS_OPENER, AS_SUCCESSOR } joining;

/* For an interrupt. */
static void wake(xipc_object *object)
{
    xipc_mailbox *box = (xipc_mailbox *)object;

    xipcos_park_wake(&box->readable, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->room, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->handover, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->senders.park, XIPCI_WAKE_ALL);
    xipcos_park_wake(&box->receivers.park, XIPCI_WAKE_ALL);
}

static xipc_mailbox *new_handle(const char *name, xipc_scope scope)
{
    xipc_mailbox *box = calloc(1, sizeof *box);

    if (!box) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_MAILBOX, name,
            "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&box->object, XIPC_KIND_MAILBOX, name);
    box->object.scope = scope;
    box->object.wake = wake;
    box->serial =
        atomic_fetch_add_explicit(&handle_count, 1, memory_order_relaxed) + 1;
    atomic_init(&box->kept, XIPCI_BOX_NIL);
    atomic_init(&box->done, XIPCI_BOX_NIL);
    box->process = xipcos_process_id();
    box->user = (uint32_t)xipcos_user_id();
    return box;
}

/* A box in shared memory, or the companion of a native one. */
static xipc_status find_either(xipc_mailbox *box)
{
    const _Atomic uint32_t *mark = &box->head->mark;

    if (atomic_load_explicit(mark, memory_order_acquire) !=
        xipci_native_marks.made) {
        return xipci_stand_find(&box->object, mark, &xipci_box_marks);
    }
    return xipci_native_begin(box);
}

static xipc_status map_head(xipc_mailbox *box)
{
    void *at;
    xipc_status status =
        xipci_stand_map(&box->stand, &box->object, 0, XIPCI_BOX_HEAD_SIZE, &at);

    if (status == XIPC_OK) {
        box->head = at;
        status = find_either(box);
    }
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static xipc_status map_all(xipc_mailbox *box)
{
    uint64_t end = box->blocks_at + (uint64_t)box->count_max * box->stride;
    void *at;
    xipc_status status = xipci_stand_map(
        &box->stand, &box->object, 0, (size_t)xipci_shared_round_up(end), &at);

    if (status == XIPC_OK) {
        unsigned char *circles = (unsigned char *)at + XIPCI_BOX_HEAD_SIZE;

        box->head = at;
        box->sent = (_Atomic uint32_t *)(void *)circles;
        box->returned = box->sent + box->entry_mask + 1;
        box->blocks = (unsigned char *)at + box->blocks_at;
    }
    return status;
}

static xipc_status
open_park(const xipc_mailbox *box, xipcos_spot *spot, xipcos_park *park)
{
    uint64_t offset =
        (uint64_t)((unsigned char *)spot - (unsigned char *)box->head);

    return xipci_object_relay(
        &box->object, xipcos_park_open(box->stand.native, offset, spot, park));
}

static xipc_status
open_lock(const xipc_mailbox *box, xipci_lock_body *body, xipci_lock *lock)
{
    lock->body = body;
    lock->native = box->stand.native;
    lock->member = box->member;
    return open_park(box, &body->spot, &lock->park);
}

static xipc_status open_parks(xipc_mailbox *box)
{
    xipc_status status =
        open_lock(box, &box->head->senders.lock, &box->senders);

    if (status == XIPC_OK) {
        status = open_lock(box, &box->head->receivers.lock, &box->receivers);
    }
    if (status == XIPC_OK) {
        status = open_park(box, &box->head->readable, &box->readable);
    }
    if (status == XIPC_OK) {
        status = open_park(box, &box->head->room, &box->room);
    }
    return status == XIPC_OK
               ? open_park(box, &box->head->handover, &box->handover)
               : status;
}

/* With the claim. */
static xipc_status become_member(xipc_mailbox *box, joining as)
{
    xipc_status status = xipci_object_relay(
        &box->object, xipcos_member_join(box->stand.native, &box->member));

    if (status != XIPC_OK || as != AS_CREATOR) {
        return status;
    }
    if (box->native) {
        xipci_native_become_maker(box);
    }
    if ((box->flags & XIPC_MAILBOX_OWNED) != 0) {
        xipci_box_become_owner(box);
    }
    return XIPC_OK;
}

static xipc_status join(xipc_mailbox *box, joining as, xipc_deadline deadline)
{
    xipc_status status = map_head(box);

    if (status == XIPC_OK) {
        status = box->native ? xipci_native_read_head(box)
                             : xipci_box_read_head(box);
    }
    if (status == XIPC_OK && !box->native) {
        status = map_all(box);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_claim(&box->stand, &box->object, deadline);
    }
    if (status == XIPC_OK) {
        status = become_member(box, as);
        xipcos_member_unclaim(box->stand.native);
    }
    if (status == XIPC_OK) {
        status = open_parks(box);
    }
    if (status == XIPC_OK && as == AS_OPENER) {
        status = xipci_box_meet_owner(box, deadline);
    }
    if (status == XIPC_OK) {
        box->object.waitable =
            box->native ? xipci_native_waitable(box) : &xipci_box_waitable;
    }
    return status;
}

void xipc_mailbox_close(xipc_mailbox *mailbox)
{
    if (!mailbox) {
        return;
    }
    xipci_poller_forget(&mailbox->object);
    if (mailbox->head && mailbox->object.waitable &&
        xipci_object_is_own(&mailbox->object)) {
        xipci_box_leave(mailbox);
    }
    xipci_native_close(mailbox->native);
    xipcos_park_close(&mailbox->senders.park);
    xipcos_park_close(&mailbox->receivers.park);
    xipcos_park_close(&mailbox->readable);
    xipcos_park_close(&mailbox->room);
    xipcos_park_close(&mailbox->handover);
    xipci_stand_leave(&mailbox->stand);
    free(mailbox);
}

/* ---- by name ---- */

/* What has a name by now and could not be joined goes again. */
static xipc_status finish_new(
    xipc_mailbox *box,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out)
{
    xipc_status status = join(box, AS_CREATOR, deadline);

    if (status == XIPC_OK && box->native) {
        status = xipci_native_make(box, naming->access, deadline);
    }
    if (status == XIPC_OK) {
        *mailbox_out = box;
        return XIPC_OK;
    }
    if (naming->lifetime == XIPC_PERSISTENT) {
        status = xipci_shared_take_back(
            status, XIPC_KIND_MAILBOX, box->object.name, naming);
    }
    xipc_mailbox_close(box);
    return status;
}

/* Only what is the same can be the same box again. XIPC_E_BUSY: it is not, and
 * will not become free by waiting. In a scope that is not the user's alone
 * others may have it open with whatever rights. */
static xipc_status
check_same(const xipc_mailbox *box, const xipc_mailbox_options *options)
{
    if (!box->native && options->provider != XIPC_PROVIDER_NATIVE &&
        options->naming.scope == XIPC_SCOPE_USER &&
        box->flags == options->flags && box->overflow == options->overflow &&
        box->capacity == options->capacity &&
        box->message_max == options->message_max &&
        box->byte_max == options->byte_max) {
        return XIPC_OK;
    }
    xipci_box_fail(
        box, XIPC_E_EXISTS,
        box->native ? "its owner has ended it and others still have it open; "
                      "a queue of the system's gets no other owner"
                    : "it is there with other options; if its owner has ended "
                      "it, others still have it open");
    return XIPC_E_BUSY;
}

static xipc_status take_over(
    xipc_mailbox *box,
    const xipc_mailbox_options *options,
    xipc_deadline deadline)
{
    xipc_status status = xipci_shared_open(
        XIPC_KIND_MAILBOX, box->object.name, &options->naming, 0, deadline,
        &box->stand.native);

    if (status == XIPC_OK) {
        status = join(box, AS_SUCCESSOR, deadline);
    }
    if (status == XIPC_OK && !xipci_box_is_ended(box)) {
        status = XIPC_E_EXISTS;
    }
    if (status == XIPC_OK) {
        status = check_same(box, options);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_claim(&box->stand, &box->object, deadline);
    }
    if (status == XIPC_OK) {
        status = xipci_box_take_over(box, deadline);
        xipcos_member_unclaim(box->stand.native);
    }
    return status;
}

/* The name is taken; perhaps by a box that its owner has ended. */
static xipc_status succeed(
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox *box,
    xipc_mailbox **mailbox_out)
{
    xipc_status status = take_over(box, options, deadline);

    switch (status) {
    case XIPC_OK: *mailbox_out = box; return XIPC_OK;
    /* Gone, about to be made, another kind of thing, or another user's. */
    case XIPC_E_NOT_FOUND:
    case XIPC_E_ACCESS:
    case XIPC_E_INCOMPATIBLE:
    case XIPC_E_CORRUPT:
    case XIPC_E_EXISTS:
        status = xipci_box_fail(
            box, XIPC_E_EXISTS, "a mailbox of that name is there");
        break;
    default: break;
    }
    xipc_mailbox_close(box);
    return status;
}

/* Under a name of the system's. */
static xipc_status take_native(
    const char *name,
    const xipc_mailbox_options *options,
    xipci_native_take *take,
    xipc_mailbox **mailbox_out)
{
    xipc_mailbox *box = new_handle(name, options->naming.scope);
    xipc_status status;

    if (!box) {
        return XIPC_E_NO_MEMORY;
    }
    status = take(box, name, options);
    if (status != XIPC_OK) {
        xipc_mailbox_close(box);
        return status;
    }
    box->object.waitable = xipci_native_waitable(box);
    *mailbox_out = box;
    return XIPC_OK;
}

/* What a new box's memory begins with, and how much it needs. */
typedef struct new_plan {
    xipcos_section_plan memory;
    union {
        xipci_box_head shm;
        xipci_native_head native;
    } head;
} new_plan;

static xipc_status
make_plan(const char *name, const xipc_mailbox_options *options, new_plan *plan)
{
    if (options->provider == XIPC_PROVIDER_NATIVE) {
        return xipci_native_plan(
            name, options, &plan->head.native, &plan->memory);
    }
    xipci_box_fill_head(&plan->head.shm, options);
    return xipci_box_plan_memory(name, &plan->head.shm, &plan->memory);
}

static xipc_status create_box(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out)
{
    new_plan plan;
    xipc_mailbox *box;
    xipc_status status = xipci_box_check_call(name, &options, mailbox_out);

    if (status == XIPC_OK && xipci_name_native(name)) {
        return take_native(name, options, xipci_native_create, mailbox_out);
    }
    if (status == XIPC_OK) {
        status = make_plan(name, options, &plan);
    }
    if (status != XIPC_OK) {
        return status;
    }
    box = new_handle(name, options->naming.scope);
    if (!box) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_shared_create(
        XIPC_KIND_MAILBOX, name, &options->naming, &plan.memory, deadline,
        &box->stand.native);
    if (status == XIPC_E_EXISTS && (options->flags & XIPC_MAILBOX_OWNED) != 0) {
        return succeed(options, deadline, box, mailbox_out);
    }
    if (status != XIPC_OK) {
        xipc_mailbox_close(box);
        return status;
    }
    return finish_new(box, &options->naming, deadline, mailbox_out);
}

xipc_status xipc_mailbox_create(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out)
{
    xipc_status status = create_box(name, options, deadline, mailbox_out);

    return xipci_answer(status == XIPC_E_BUSY ? XIPC_E_EXISTS : status);
}

static xipc_status check_provider(const xipc_mailbox *box, xipc_provider asked)
{
    if (asked == XIPC_PROVIDER_AUTO || asked == xipc_mailbox_provider(box)) {
        return XIPC_OK;
    }
    return xipci_box_fail(
        box, XIPC_E_INCOMPATIBLE,
        box->native ? "it is a queue of the system's, not in shared memory"
                    : "it is in shared memory, not a queue of the system's");
}

static xipc_status open_box(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out)
{
    xipc_status status = xipci_box_check_call(name, &options, mailbox_out);
    xipc_mailbox *box;

    if (status == XIPC_OK && xipci_name_native(name)) {
        return take_native(name, options, xipci_native_open, mailbox_out);
    }
    if (status != XIPC_OK) {
        return status;
    }
    box = new_handle(name, options->naming.scope);
    if (!box) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_shared_open(
        XIPC_KIND_MAILBOX, name, &options->naming, 0, deadline,
        &box->stand.native);
    if (status == XIPC_OK) {
        status = join(box, AS_OPENER, deadline);
    }
    if (status == XIPC_OK) {
        status = check_provider(box, options->provider);
    }
    if (status == XIPC_OK && box->native) {
        status = xipci_native_meet(box, deadline);
    }
    if (status != XIPC_OK) {
        xipc_mailbox_close(box);
        return status;
    }
    *mailbox_out = box;
    return XIPC_OK;
}

xipc_status xipc_mailbox_open(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out)
{
    return xipci_answer(open_box(name, options, deadline, mailbox_out));
}

typedef struct either_call {
    const char *name;
    const xipc_mailbox_options *options;
    xipc_deadline deadline;
    xipc_mailbox **mailbox_out;
} either_call;

static xipc_status create_half(const void *context)
{
    const either_call *call = context;

    return create_box(
        call->name, call->options, call->deadline, call->mailbox_out);
}

static xipc_status open_half(const void *context)
{
    const either_call *call = context;

    return open_box(
        call->name, call->options, call->deadline, call->mailbox_out);
}

xipc_status xipc_mailbox_open_or_create(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out,
    int *created_out)
{
    const either_call call = {name, options, deadline, mailbox_out};
    const xipci_shared_either either = {XIPC_KIND_MAILBOX, name,      deadline,
                                        create_half,       open_half, &call};

    xipc_status status = xipci_shared_open_or_create(&either, created_out);

    return xipci_answer(status == XIPC_E_BUSY ? XIPC_E_EXISTS : status);
}

/* ---- what it is ---- */

uint32_t xipc_mailbox_capacity(const xipc_mailbox *mailbox)
{
    return mailbox ? mailbox->capacity : 0;
}

uint32_t xipc_mailbox_message_max(const xipc_mailbox *mailbox)
{
    return mailbox ? mailbox->message_max : 0;
}

uint32_t xipc_mailbox_flags(const xipc_mailbox *mailbox)
{
    return mailbox ? mailbox->flags : 0;
}

xipc_provider xipc_mailbox_provider(const xipc_mailbox *mailbox)
{
    if (!mailbox) {
        return XIPC_PROVIDER_AUTO;
    }
    return mailbox->native ? XIPC_PROVIDER_NATIVE : XIPC_PROVIDER_SHM;
}

static uint64_t depth_in(const xipci_box_head *head)
{
    uint64_t gone = xipci_get64(&head->receivers.gone);
    uint64_t tail = xipci_get64(&head->senders.tail);

    return tail > gone ? tail - gone : 0;
}

/* Of an owner's box those that were sent in his time. */
static uint64_t sent_in(const xipci_box_head *head)
{
    uint64_t base = xipci_get64(&head->base);
    uint64_t tail = xipci_get64(&head->senders.tail);

    return tail > base ? tail - base : 0;
}

uint64_t xipc_mailbox_depth(const xipc_mailbox *mailbox)
{
    if (!mailbox) {
        return 0;
    }
    return mailbox->native ? xipci_native_depth(mailbox)
                           : depth_in(mailbox->head);
}

void xipci_box_describe(
    const xipcos_section *native,
    const void *bytes,
    size_t room,
    xipc_listing *listing)
{
    const xipci_box_head *head = bytes;
    uint32_t mark;

    if (room < sizeof(xipci_native_head)) { /* as large as a head */
        return;
    }
    mark = atomic_load_explicit(&head->mark, memory_order_acquire);
    if (mark == xipci_box_marks.made) {
        listing->depth = depth_in(head);
        listing->sent_count = sent_in(head);
    } else if (mark == xipci_native_marks.made) {
        listing->provider = "native";
        listing->depth =
            xipci_native_depth_of(native, listing->native_name, bytes);
        listing->sent_count =
            listing->depth +
            xipci_get64(&((const xipci_native_head *)bytes)->received);
    }
}

uint64_t xipc_mailbox_dropped(const xipc_mailbox *mailbox)
{
    return mailbox && mailbox->head
               ? xipci_get64(&mailbox->head->receivers.dropped)
               : 0;
}

xipc_object *xipc_mailbox_object(xipc_mailbox *mailbox)
{
    return mailbox ? &mailbox->object : NULL;
}
