/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a name to a mailbox that is a queue of the system.
 *
 * The companion has its name first. Then its creator writes with the claim that
 * he is the maker of its queue, makes it, and says that it is there. Whoever
 * opens it meanwhile waits as long as the maker lives. If he has died, whoever
 * gets the claim is the maker, where anybody would make the same queue; what
 * the dead one may have left of it is replaced.
 */
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/mailbox_native.h"
#include "core/name.h"
#include "core/shared.h"
#include "os/os_clock.h"
#include "os/os_member.h"

/* How long a creator that lives can take from giving the name to being the
 * maker. */
#define BECOMES_MAKER_NS 500000000

#define ALL_FLAGS \
    (XIPC_MAILBOX_FIXED_SIZE | XIPC_MAILBOX_EXCLUSIVE | XIPC_MAILBOX_OWNED)

/* Mailboxes with one of these share the letter and not the layout. */
const xipci_marks xipci_native_marks = {
    UINT32_C(0x584e0001), UINT32_C(0x584e0000)};

/* ---- what is asked for ---- */

xipc_status
xipci_native_check(const char *name, const xipc_mailbox_options *options)
{
    xipcos_queue_bounds bounds;
    int has_native_name = xipci_name_native(name) != NULL;

    if ((unsigned)options->provider > XIPC_PROVIDER_NATIVE) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, name, "an unknown provider");
    }
    if (has_native_name && options->provider == XIPC_PROVIDER_SHM) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, name,
            "what has a name of the system's is not in shared memory");
    }
    if ((has_native_name || options->provider == XIPC_PROVIDER_NATIVE) &&
        !xipcos_queue_limits(&bounds)) {
        return xipci_fail(
            XIPC_E_NOT_SUPPORTED, XIPC_KIND_MAILBOX, name,
            "this system has no message queues (mailbox.native)");
    }
    return XIPC_OK;
}

static const char *what_none_has(const xipc_mailbox_options *options)
{
    if (options->capacity == 0) {
        return "a system's queue has a capacity, and hands nothing over "
               "(mailbox.native.rendezvous)";
    }
    if (options->capacity == XIPC_UNBOUNDED) {
        return "a system's queue has a capacity (mailbox.native.unbounded)";
    }
    if (options->overflow == XIPC_OVERFLOW_DROP_OLDEST) {
        return "a system's queue drops nothing (mailbox.native.drop)";
    }
    if ((options->flags & XIPC_MAILBOX_ACKED) != 0) {
        return "a system's queue takes no message back "
               "(mailbox.native.redelivery)";
    }
    if (options->naming.lifetime == XIPC_PERSISTENT) {
        return "a system's queue with a name of ours goes with its last holder "
               "(mailbox.native.persistent)";
    }
    return NULL;
}

static xipc_status
check_supported(const char *name, const xipc_mailbox_options *options)
{
    const char *why = what_none_has(options);

    return why ? xipci_fail(
                     XIPC_E_NOT_SUPPORTED, XIPC_KIND_MAILBOX, name, "%s", why)
               : XIPC_OK;
}

/* Who else opens it knows nothing of what this handle was told. */
static xipc_status check_foreign(
    const char *name, const xipc_mailbox_options *options, int is_create)
{
    xipc_mailbox_options asked = *options;

    if (asked.naming.scope != XIPC_SCOPE_USER ||
        asked.naming.access != XIPC_ACCESS_PRIVATE) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, name,
            "a native name takes no scope or access");
    }
    if (is_create && asked.flags != 0) {
        return xipci_fail(
            XIPC_E_NOT_SUPPORTED, XIPC_KIND_MAILBOX, name,
            "a queue under a name of the system's has no flags");
    }
    asked.naming.lifetime = XIPC_TRANSIENT; /* the system's own */
    if (!is_create) { /* all but the overflow is the queue's */
        asked.flags = 0;
        asked.capacity = 1;
    }
    return check_supported(name, &asked);
}

xipc_status xipci_native_plan(
    const char *name,
    const xipc_mailbox_options *options,
    xipci_native_head *head,
    xipcos_section_plan *memory)
{
    xipc_status status = check_supported(name, options);
    xipcos_queue_bounds bounds;

    if (status != XIPC_OK || !xipcos_queue_limits(&bounds)) {
        return status;
    }
    memset(head, 0, sizeof *head);
    head->box.flags = options->flags;
    if (!bounds.outlives_creator) {
        head->box.flags |= XIPC_MAILBOX_OWNED;
    }
    head->box.overflow = options->overflow;
    head->box.capacity = options->capacity;
    head->box.message_max = options->message_max;
    atomic_init(&head->box.mark, xipci_native_marks.made);
    *memory = (xipcos_section_plan){
        .size = xipci_shared_round_up(sizeof *head),
        .max_size = xipci_shared_round_up(sizeof *head),
        .has_queue = 1,
        .data = head,
        .data_size = sizeof *head};
    return XIPC_OK;
}

/* ---- a handle's own part ---- */

static void wake(xipc_object *object)
{
    xipci_native_wake((xipc_mailbox *)object);
}

static xipc_status new_native(xipc_mailbox *box)
{
    if (!box->native) {
        box->native = calloc(1, sizeof *box->native);
    }
    if (!box->native) {
        return xipci_box_fail(box, XIPC_E_NO_MEMORY, "no memory for a handle");
    }
    if (!xipcos_queue_limits(&box->native->bounds)) {
        return xipci_box_fail(
            box, XIPC_E_NOT_SUPPORTED,
            "it is a queue of a system, and this one has none "
            "(mailbox.native)");
    }
    box->object.wake = wake;
    return XIPC_OK;
}

/* Maps the rest of its head. */
xipc_status xipci_native_begin(xipc_mailbox *box)
{
    xipc_status status = new_native(box);
    void *at;

    if (status == XIPC_OK &&
        xipcos_section_size(box->stand.native) < sizeof(xipci_native_head)) {
        status = xipci_box_corrupt(box);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_map(
            &box->stand, &box->object, 0, sizeof(xipci_native_head), &at);
    }
    if (status == XIPC_OK) {
        box->head = at;
        box->native->head = at;
        box->native->head_size = sizeof(xipci_letter_head);
    }
    return status;
}

xipc_status xipci_native_read_head(xipc_mailbox *box)
{
    const volatile xipci_box_head *head = box->head; /* read once */
    uint32_t overflow = head->overflow;

    box->flags = head->flags;
    box->capacity = head->capacity;
    box->message_max = head->message_max;
    if ((box->flags & ~(uint32_t)ALL_FLAGS) != 0 ||
        overflow > XIPC_OVERFLOW_FAIL || box->capacity == 0 ||
        box->capacity > XIPC_MAILBOX_CAPACITY_MAX ||
        box->message_max > XIPC_MAILBOX_MESSAGE_MAX_LIMIT) {
        return xipci_box_corrupt(box);
    }
    box->overflow = (xipc_overflow)overflow;
    box->native->letter_max = box->native->head_size + box->message_max;
    return XIPC_OK;
}

static xipc_status open_credit(xipc_mailbox *box)
{
    xipci_native *native = box->native;
    xipc_status status;

    if (native->bounds.is_bounded) {
        return XIPC_OK;
    }
    native->credit.watch = &native->head->box.watch;
    status = xipci_object_relay(
        &box->object, xipci_credit_open(
                          &native->credit, &native->head->credit,
                          offsetof(xipci_native_head, credit),
                          box->stand.native, box->member, box->capacity));
    native->has_credit = status == XIPC_OK;
    return status;
}

void xipci_native_close(xipci_native *native)
{
    if (!native) {
        return;
    }
    while (native->held) {
        xipci_held *held = native->held;

        native->held = held->next;
        free(held);
    }
    free(atomic_load_explicit(&native->spare, memory_order_relaxed));
    if (native->is_maker && !native->queue) {
        /* Relaxed: there is nothing to find. */
        atomic_store_explicit(
            &native->head->queue, XIPCI_QUEUE_FAILED, memory_order_relaxed);
    }
    xipci_credit_close(&native->credit);
    xipcos_queue_close(native->queue);
    free(native);
}

/* ---- the companion's queue ---- */

static xipcos_queue_place
place_of(const xipc_mailbox *box, char native_name[XIPC_NATIVE_NAME_SIZE])
{
    xipci_name_hash(
        XIPC_KIND_MAILBOX, box->object.name, box->object.scope, native_name);
    return (xipcos_queue_place){box->stand.native, native_name};
}

static uint32_t queue_state(const xipc_mailbox *box)
{
    return atomic_load_explicit(
        &box->native->head->queue, memory_order_acquire);
}

static uint32_t maker_of(const xipc_mailbox *box)
{
    return atomic_load_explicit(
        &box->native->head->maker, memory_order_acquire);
}

static int lives(const xipc_mailbox *box, uint32_t maker)
{
    return maker == box->member ||
           xipcos_member_lives(box->stand.native, maker);
}

void xipci_native_become_maker(xipc_mailbox *box)
{
    uint32_t maker = maker_of(box);
    uint32_t state = queue_state(box);

    if (state != XIPCI_QUEUE_THERE && state != XIPCI_QUEUE_FAILED &&
        (maker == 0 || !lives(box, maker))) {
        box->native->is_maker = 1;
        atomic_store_explicit(
            &box->native->head->maker, box->member, memory_order_release);
    }
}

static xipc_status make_queue(xipc_mailbox *box, xipc_access access)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_queue_place place = place_of(box, native_name);
    const xipcos_queue_plan plan = {
        box->capacity, (uint32_t)box->native->letter_max, access};
    xipc_status status = xipci_object_relay(
        &box->object, xipcos_queue_create(place, &plan, &box->native->queue));

    if (status == XIPC_OK) {
        /* Release: whoever sees it finds the queue. */
        atomic_store_explicit(
            &box->native->head->queue, XIPCI_QUEUE_THERE, memory_order_release);
    }
    return status;
}

/* A queue of another size than its companion says is not the one that was made
 * with it. */
static xipc_status check_size(const xipc_mailbox *box)
{
    uint32_t capacity;
    uint32_t message_max;

    if (!box->native->bounds.is_bounded) {
        return XIPC_OK;
    }
    xipcos_queue_geometry(box->native->queue, &capacity, &message_max);
    return capacity == box->capacity && message_max == box->native->letter_max
               ? XIPC_OK
               : xipci_box_corrupt(box);
}

static xipc_status join_queue(xipc_mailbox *box)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_queue_place place = place_of(box, native_name);
    xipc_status status = xipci_object_relay(
        &box->object, xipcos_queue_open(place, &box->native->queue));

    if (status == XIPC_E_NOT_FOUND && box->native->bounds.outlives_creator) {
        return xipci_box_fail(
            box, XIPC_E_CORRUPT,
            "its message queue is gone, or not to be seen from here");
    }
    return status == XIPC_OK ? check_size(box) : status;
}

/* Whether any handle would make the same queue: this user's, for nobody else.
 * What has an owner is for him to make. */
static int is_anybodys(const xipc_mailbox *box)
{
    return box->native->bounds.outlives_creator &&
           (box->flags & XIPC_MAILBOX_OWNED) == 0 &&
           box->object.scope == XIPC_SCOPE_USER;
}

/* Its maker has died, perhaps after he was done. */
static xipc_status inherit(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_status status;

    if (!is_anybodys(box)) {
        return queue_state(box) == XIPCI_QUEUE_THERE
                   ? XIPC_OK
                   : xipci_box_fail(
                         box, XIPC_E_NOT_FOUND, "its creator died making it");
    }
    status = xipci_stand_claim(&box->stand, &box->object, deadline);
    if (status != XIPC_OK) {
        return status;
    }
    xipci_native_become_maker(box);
    xipcos_member_unclaim(box->stand.native);
    return box->native->is_maker ? make_queue(box, XIPC_ACCESS_PRIVATE)
                                 : XIPC_OK;
}

/* Whether nobody who lives will make it. `until`: how long nobody need be the
 * maker. */
static int is_left_alone(const xipc_mailbox *box, int64_t until)
{
    uint32_t maker = maker_of(box);

    return maker == 0 ? xipcos_clock_ns() >= until : !lives(box, maker);
}

static xipc_status await_queue(xipc_mailbox *box, xipc_deadline deadline)
{
    int64_t until = xipcos_clock_ns() + BECOMES_MAKER_NS;
    xipc_status status = XIPC_OK;
    uint32_t state = queue_state(box);

    for (unsigned round = 0; status == XIPC_OK && state != XIPCI_QUEUE_THERE;
         round++) {
        if (state == XIPCI_QUEUE_FAILED) {
            return xipci_box_fail(
                box, XIPC_E_NOT_FOUND, "its creator could not make it");
        }
        status = is_left_alone(box, until)
                     ? inherit(box, deadline)
                     : xipci_object_pause(&box->object, round, deadline);
        state = queue_state(box);
    }
    return status;
}

static xipc_status meet(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_status status = await_queue(box, deadline);

    return status == XIPC_OK && !box->native->queue ? join_queue(box) : status;
}

xipc_status xipci_native_meet(xipc_mailbox *box, xipc_deadline deadline)
{
    xipc_status status = open_credit(box);

    return status == XIPC_OK ? meet(box, deadline) : status;
}

/* One who was so slow that another one makes it has to wait for that. */
xipc_status
xipci_native_make(xipc_mailbox *box, xipc_access access, xipc_deadline deadline)
{
    xipc_deadline patience = xipci_box_patience();
    xipc_status status = open_credit(box);

    if (status != XIPC_OK) {
        return status;
    }
    return box->native->is_maker
               ? make_queue(box, access)
               : meet(box, deadline > patience ? deadline : patience);
}

/* ---- a queue without a companion ---- */

static void finish_foreign(
    xipc_mailbox *box, const xipc_mailbox_options *options, int is_creator)
{
    xipci_native *native = box->native;

    xipcos_queue_geometry(native->queue, &box->capacity, &box->message_max);
    if (box->message_max == 0) { /* nobody says */
        box->message_max = native->bounds.message_max;
    }
    box->overflow = options->overflow;
    box->is_owner = is_creator;
    native->letter_max = box->message_max;
}

xipc_status xipci_native_create(
    xipc_mailbox *box, const char *name, const xipc_mailbox_options *options)
{
    const xipcos_queue_place place = {NULL, xipci_name_native(name)};
    const xipcos_queue_plan plan = {
        options->capacity, options->message_max > 0 ? options->message_max : 1,
        options->naming.access};
    xipc_status status = check_foreign(name, options, 1);

    if (status == XIPC_OK) {
        status = new_native(box);
    }
    if (status == XIPC_OK) {
        status = xipci_object_relay(
            &box->object,
            xipcos_queue_create(place, &plan, &box->native->queue));
    }
    if (status == XIPC_OK) {
        finish_foreign(box, options, 1);
    }
    return status;
}

xipc_status xipci_native_open(
    xipc_mailbox *box, const char *name, const xipc_mailbox_options *options)
{
    const xipcos_queue_place place = {NULL, xipci_name_native(name)};
    xipc_status status = check_foreign(name, options, 0);

    if (status == XIPC_OK) {
        status = new_native(box);
    }
    if (status == XIPC_OK) {
        status = xipci_object_relay(
            &box->object, xipcos_queue_open(place, &box->native->queue));
    }
    if (status == XIPC_OK) {
        finish_foreign(box, options, 0);
    }
    return status;
}

/* ---- for a listing ---- */

uint64_t xipci_native_depth_of(
    const xipcos_section *companion,
    const char *native_name,
    const xipci_native_head *head)
{
    const xipcos_queue_place place = {companion, native_name};
    xipcos_queue_bounds bounds;
    xipcos_queue *queue;
    uint64_t depth;

    if (!xipcos_queue_limits(&bounds)) {
        return 0;
    }
    if (!bounds.is_bounded) {
        return xipci_credit_depth(&head->credit);
    }
    if (xipcos_queue_open(place, &queue) != XIPC_OK) {
        return 0;
    }
    depth = xipcos_queue_depth(queue);
    xipcos_queue_close(queue);
    return depth;
}
