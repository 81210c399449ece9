/* SPDX-License-Identifier: Apache-2.0 */
/* Rings that have a name, and what the placed ones share with them: from shared
 * memory to a handle of one side. */
#include "core/ring.h"

#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/ring_make.h"
#include "core/shared.h"
#include "core/waitable.h"
#include "os/os_barrier.h"
#include "os/os_member.h"

const xipci_marks xipci_ring_marks = {
    UINT32_C(0x58520001), UINT32_C(0x58520000)};

static const xipc_ring_options default_options = XIPC_RING_OPTIONS_INIT;

xipc_status
xipci_ring_fail(const xipc_ring *ring, xipc_status status, const char *why)
{
    return xipci_object_fail(&ring->object, status, why);
}

xipc_status xipci_ring_corrupt(const xipc_ring *ring)
{
    return xipci_ring_fail(
        ring, XIPC_E_CORRUPT, "another process scribbled on it");
}

xipc_status xipci_ring_explain(const xipc_ring *ring, xipc_ring_role role)
{
    if (!ring) {
        return xipci_invalid("the ring is NULL");
    }
    if (ring->role != role) {
        return xipci_ring_fail(
            ring, XIPC_E_INVALID,
            role == XIPC_RING_PRODUCER ? "this handle is the consumer's"
                                       : "this handle is the producer's");
    }
    return xipci_object_check(&ring->object);
}

xipc_status xipci_ring_cannot_copy(const xipc_ring *ring, xipc_ring_mode mode)
{
    int is_producer = ring->role == XIPC_RING_PRODUCER;

    if (ring->mode != mode && mode == XIPC_RING_MESSAGES) {
        return xipci_ring_fail(
            ring, XIPC_E_INVALID,
            is_producer ? "it carries bytes; use xipc_ring_write()"
                        : "it carries bytes; use xipc_ring_read()");
    }
    if (ring->mode != mode) {
        return xipci_ring_fail(
            ring, XIPC_E_INVALID,
            is_producer ? "it carries messages; use xipc_ring_send()"
                        : "it carries messages; use xipc_ring_receive()");
    }
    if (ring->pending > 0) {
        return xipci_ring_fail(
            ring, XIPC_E_INVALID,
            is_producer ? "something is reserved; commit it or cancel it first"
                        : "something is peeked at; release it or rewind first");
    }
    return xipci_ring_fail(
        ring, XIPC_E_INVALID,
        is_producer ? "the data is NULL" : "the buffer is NULL");
}

/* ---- what is asked for ---- */

xipc_status xipci_ring_check_role(const char *name, xipc_ring_role role)
{
    if (role == XIPC_RING_PRODUCER || role == XIPC_RING_CONSUMER) {
        return XIPC_OK;
    }
    return xipci_fail(XIPC_E_INVALID, XIPC_KIND_RING, name, "an unknown role");
}

xipc_status
xipci_ring_check_options(const char *name, const xipc_ring_options **options)
{
    const xipc_ring_options *given = *options ? *options : &default_options;
    const char *why = NULL;

    if (given->options_size != sizeof *given) {
        why = "options_size is unknown; use XIPC_RING_OPTIONS_INIT";
    } else if ((unsigned)given->mode > XIPC_RING_BYTES) {
        why = "an unknown mode";
    } else if ((unsigned)given->wait > XIPC_RING_PARK) {
        why = "an unknown way to wait";
    } else if (given->capacity > XIPC_RING_CAPACITY_MAX) {
        why = "the capacity is above XIPC_RING_CAPACITY_MAX";
    }
    if (why) {
        return xipci_fail(XIPC_E_INVALID, XIPC_KIND_RING, name, "%s", why);
    }
    *options = given;
    return XIPC_OK;
}

static xipc_status check_call(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options **options,
    xipc_ring **ring_out)
{
    xipc_status status = xipci_name_check(XIPC_KIND_RING, name);

    if (status == XIPC_OK && !ring_out) {
        status = xipci_invalid("ring_out is NULL");
    }
    if (status == XIPC_OK) {
        status = xipci_ring_check_role(name, role);
    }
    if (status == XIPC_OK) {
        status = xipci_ring_check_options(name, options);
    }
    if (status == XIPC_OK) {
        status = xipci_name_check_native(XIPC_KIND_RING, name);
    }
    return status == XIPC_OK
               ? xipci_naming_check(XIPC_KIND_RING, name, &(*options)->naming)
               : status;
}

static uint64_t round_up(uint64_t capacity)
{
    if (capacity == 0) {
        capacity = XIPC_RING_CAPACITY_DEFAULT;
    }
    return (capacity + XIPCI_RING_LINES - 1) &
           ~(uint64_t)(XIPCI_RING_LINES - 1);
}

/* A record of half the capacity fits wherever the last one ended: what is left
 * before the end, when that is too short, and the record are together at most
 * the capacity and two words. */
static uint64_t data_size(uint64_t capacity)
{
    return capacity + XIPCI_RING_LINES;
}

uint64_t xipc_ring_size(uint64_t capacity)
{
    return capacity > XIPC_RING_CAPACITY_MAX
               ? 0
               : XIPCI_RING_HEAD_SIZE + data_size(round_up(capacity));
}

void xipci_ring_head_fill(
    xipci_ring_head *head, const xipc_ring_options *options)
{
    memset(head, 0, sizeof *head);
    head->mode = options->mode;
    head->wait = options->wait;
    head->has_barrier =
        options->wait == XIPC_RING_ADAPTIVE && xipcos_barrier_join();
    head->capacity = round_up(options->capacity);
}

/* ---- from memory to a handle ---- */

/* For an interrupt. */
static void wake(xipc_object *object)
{
    xipcos_park_wake(&((xipc_ring *)object)->own_park, XIPCI_WAKE_ALL);
}

xipc_ring *xipci_ring_new(const char *name, xipc_ring_role role)
{
    xipc_ring *ring = calloc(1, sizeof *ring);

    if (!ring) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_RING, name, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&ring->object, XIPC_KIND_RING, name);
    ring->object.wake = wake;
    ring->role = role;
    ring->interrupted = &ring->object.is_interrupted;
    /* Room for a little. */
    atomic_init(&ring->need, 3 * XIPCI_RING_WORD);
    return ring;
}

/* Private copies of what never changes, if it makes sense. */
static xipc_status read_head(xipc_ring *ring, uint64_t room)
{
    const volatile xipci_ring_head *head = ring->head; /* read once */
    uint32_t mode = head->mode;
    uint32_t wait = head->wait;
    uint32_t has_barrier = head->has_barrier;
    uint64_t capacity = head->capacity;

    if (mode > XIPC_RING_BYTES || wait > XIPC_RING_PARK || capacity == 0 ||
        capacity % XIPCI_RING_LINES != 0 || capacity > XIPC_RING_CAPACITY_MAX ||
        data_size(capacity) > room) {
        return xipci_ring_corrupt(ring);
    }
    ring->mode = (xipc_ring_mode)mode;
    ring->wait = (xipc_ring_wait)wait;
    ring->capacity = capacity;
    ring->size = (uint32_t)data_size(capacity);
    ring->message_max = (uint32_t)(capacity / 2);
    ring->has_barrier = has_barrier != 0 && xipcos_barrier_join();
    return XIPC_OK;
}

xipc_status xipci_ring_map_head(xipc_ring *ring, uint64_t offset)
{
    void *at;
    xipc_status status = xipci_stand_map(
        &ring->stand, &ring->object, offset, XIPCI_RING_HEAD_SIZE, &at);

    if (status == XIPC_OK) {
        ring->head = at;
    }
    return status;
}

xipc_status xipci_ring_map_all(xipc_ring *ring, uint64_t offset)
{
    uint64_t room =
        xipcos_section_size(ring->stand.native) - offset - XIPCI_RING_HEAD_SIZE;
    xipc_status status = read_head(ring, room);
    void *at;

    if (status != XIPC_OK) {
        return status;
    }
    status = xipci_stand_map(
        &ring->stand, &ring->object, offset,
        (size_t)XIPCI_RING_HEAD_SIZE + ring->size, &at);
    if (status != XIPC_OK) {
        return status;
    }
    ring->head = at;
    ring->data = (unsigned char *)at + XIPCI_RING_HEAD_SIZE;
    return XIPC_OK;
}

static xipc_status open_park(
    const xipc_ring *ring,
    uint64_t offset,
    xipci_ring_end *end,
    xipcos_park *park)
{
    const unsigned char *start = (const unsigned char *)ring->head;
    const unsigned char *spot = (const unsigned char *)&end->spot;

    return xipci_object_relay(
        &ring->object,
        xipcos_park_open(
            ring->stand.native, offset + (uint64_t)(spot - start), &end->spot,
            park));
}

static xipc_status open_ends(xipc_ring *ring, uint64_t offset)
{
    int is_producer = ring->role == XIPC_RING_PRODUCER;
    xipc_status status;

    ring->own_end = is_producer ? &ring->head->writable : &ring->head->readable;
    ring->peer_end =
        is_producer ? &ring->head->readable : &ring->head->writable;
    status = open_park(ring, offset, ring->own_end, &ring->own_park);
    return status == XIPC_OK
               ? open_park(ring, offset, ring->peer_end, &ring->peer_park)
               : status;
}

static _Atomic uint32_t *own_word(const xipc_ring *ring)
{
    return ring->role == XIPC_RING_PRODUCER ? &ring->head->producer
                                            : &ring->head->consumer;
}

/* Whoever waits at the other end, whether for somebody to come or for what he
 * does. */
static void tell_all(xipc_ring *ring)
{
    xipcos_park_wake(&ring->peer_park, XIPCI_WAKE_ALL);
    xipci_watch_ring(&ring->peer_end->watch);
}

/* With the claim, so that no other comes at once. */
static xipc_status check_side(const xipc_ring *ring)
{
    uint32_t holder =
        atomic_load_explicit(own_word(ring), memory_order_seq_cst);

    if (holder == 0 || (holder & XIPCI_RING_LEFT) != 0 ||
        !xipcos_member_lives(ring->stand.native, holder)) {
        return XIPC_OK;
    }
    return xipci_ring_fail(
        ring, XIPC_E_BUSY,
        ring->role == XIPC_RING_PRODUCER ? "it has a producer, who lives"
                                         : "it has a consumer, who lives");
}

static xipc_status take_side(xipc_ring *ring)
{
    xipc_status status = ring->role == XIPC_RING_PRODUCER
                             ? xipci_ring_resume_producer(ring)
                             : xipci_ring_resume_consumer(ring);

    if (status == XIPC_OK) {
        xipci_ring_begin_waits(ring);
        atomic_store_explicit(
            own_word(ring), ring->member, memory_order_seq_cst);
        ring->has_side = 1;
        tell_all(ring);
    }
    return status;
}

xipc_status xipci_ring_join(xipc_ring *ring, uint64_t offset, int is_promised)
{
    xipc_status status = xipci_object_relay(
        &ring->object, xipcos_member_join(ring->stand.native, &ring->member));

    if (status == XIPC_OK) {
        status = open_ends(ring, offset);
    }
    if (status == XIPC_OK && !is_promised) {
        status = check_side(ring);
    }
    if (status == XIPC_OK) {
        status = take_side(ring);
    }
    if (status == XIPC_OK && ring->wait != XIPC_RING_SPIN) {
        ring->object.waitable = ring->role == XIPC_RING_PRODUCER
                                    ? &xipci_ring_producer_waitable
                                    : &xipci_ring_consumer_waitable;
    }
    return status;
}

/* The side is nobody's from now on, unless a forked child closes its copy. */
static void leave_side(xipc_ring *ring)
{
    if (!ring->has_side || !xipci_object_is_own(&ring->object)) {
        return;
    }
    atomic_store_explicit(
        own_word(ring), ring->member | XIPCI_RING_LEFT, memory_order_seq_cst);
    tell_all(ring);
}

void xipc_ring_close(xipc_ring *ring)
{
    if (!ring) {
        return;
    }
    xipci_poller_forget(&ring->object);
    leave_side(ring);
    xipcos_park_close(&ring->own_park);
    xipcos_park_close(&ring->peer_park);
    xipci_stand_leave(&ring->stand);
    free(ring);
}

/* ---- by name ---- */

/* A named one stands alone at the start of its memory. */
static xipc_status join_named(xipc_ring *ring, xipc_deadline deadline)
{
    xipc_status status = xipci_ring_map_head(ring, 0);

    if (status == XIPC_OK) {
        status = xipci_stand_find(
            &ring->object, &ring->head->mark, &xipci_ring_marks);
    }
    if (status == XIPC_OK) {
        status = xipci_ring_map_all(ring, 0);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_claim(&ring->stand, &ring->object, deadline);
    }
    if (status == XIPC_OK) {
        status = xipci_ring_join(ring, 0, 0);
        xipcos_member_unclaim(ring->stand.native);
    }
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static xipc_status finish(
    xipc_ring *ring,
    xipc_status status,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    if (status == XIPC_OK) {
        status = join_named(ring, deadline);
    }
    if (status != XIPC_OK) {
        xipc_ring_close(ring);
        return status;
    }
    *ring_out = ring;
    return XIPC_OK;
}

/* What has a name by now and could not be joined goes again. */
static xipc_status finish_new(
    xipc_ring *ring,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipc_status status = join_named(ring, deadline);

    if (status == XIPC_OK) {
        *ring_out = ring;
        return XIPC_OK;
    }
    if (naming->lifetime == XIPC_PERSISTENT) {
        status = xipci_shared_take_back(
            status, XIPC_KIND_RING, ring->object.name, naming);
    }
    xipc_ring_close(ring);
    return status;
}

static xipc_status create_ring(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipci_ring_head head;
    xipcos_section_plan memory = {.data = &head, .data_size = sizeof head};
    xipc_status status = check_call(name, role, &options, ring_out);
    xipc_ring *ring;

    if (status != XIPC_OK) {
        return status;
    }
    ring = xipci_ring_new(name, role);
    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    xipci_ring_head_fill(&head, options);
    atomic_init(&head.mark, xipci_ring_marks.made);
    memory.size = xipci_shared_round_up(xipc_ring_size(options->capacity));
    memory.max_size = memory.size;
    ring->object.scope = options->naming.scope;
    status = xipci_shared_create(
        XIPC_KIND_RING, name, &options->naming, &memory, deadline,
        &ring->stand.native);
    return status == XIPC_OK
               ? finish_new(ring, &options->naming, deadline, ring_out)
               : finish(ring, status, deadline, ring_out);
}

xipc_status xipc_ring_create(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    return xipci_answer(create_ring(name, role, options, deadline, ring_out));
}

static xipc_status open_ring(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipc_status status = check_call(name, role, &options, ring_out);
    xipc_ring *ring;

    if (status != XIPC_OK) {
        return status;
    }
    ring = xipci_ring_new(name, role);
    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    ring->object.scope = options->naming.scope;
    status = xipci_shared_open(
        XIPC_KIND_RING, name, &options->naming, 0, deadline,
        &ring->stand.native);
    return finish(ring, status, deadline, ring_out);
}

xipc_status xipc_ring_open(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    return xipci_answer(open_ring(name, role, options, deadline, ring_out));
}

typedef struct either_call {
    const char *name;
    xipc_ring_role role;
    const xipc_ring_options *options;
    xipc_deadline deadline;
    xipc_ring **ring_out;
} either_call;

static xipc_status create_half(const void *context)
{
    const either_call *call = context;

    return create_ring(
        call->name, call->role, call->options, call->deadline, call->ring_out);
}

static xipc_status open_half(const void *context)
{
    const either_call *call = context;

    return open_ring(
        call->name, call->role, call->options, call->deadline, call->ring_out);
}

xipc_status xipc_ring_open_or_create(
    const char *name,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out,
    int *created_out)
{
    const either_call call = {name, role, options, deadline, ring_out};
    const xipci_shared_either either = {XIPC_KIND_RING, name,      deadline,
                                        create_half,    open_half, &call};

    return xipci_answer(xipci_shared_open_or_create(&either, created_out));
}

/* ---- what it is ---- */

uint64_t xipc_ring_capacity(const xipc_ring *ring)
{
    return ring ? ring->capacity : 0;
}

size_t xipc_ring_message_max(const xipc_ring *ring)
{
    return ring ? ring->message_max : 0;
}

xipc_ring_mode xipc_ring_mode_of(const xipc_ring *ring)
{
    return ring ? ring->mode : XIPC_RING_MESSAGES;
}

xipc_ring_wait xipc_ring_wait_of(const xipc_ring *ring)
{
    return ring ? ring->wait : XIPC_RING_ADAPTIVE;
}

xipc_object *xipc_ring_object(xipc_ring *ring)
{
    return ring ? &ring->object : NULL;
}
