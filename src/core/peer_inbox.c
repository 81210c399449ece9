/* SPDX-License-Identifier: Apache-2.0 */
/* Inboxes: their memory, and who has them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/failure.h"
#include "core/peer.h"
#include "core/shared.h"
#include "os/os_barrier.h"
#include "os/os_member.h"
#include "os/os_process.h"
#include "os/os_random.h"

#define NAME_SIZE 208

/* "XI" and the layout version, or 0 of one that is being made. */
const xipci_marks xipci_inbox_marks = {
    UINT32_C(0x58490001), UINT32_C(0x58490000)};

/* ---- the layout ---- */

static uint64_t whole_lines(uint64_t size)
{
    return (size + XIPCI_RING_LINES - 1) & ~(uint64_t)(XIPCI_RING_LINES - 1);
}

static uint64_t lanes_at(uint32_t link_max)
{
    return sizeof(xipci_inbox_head) +
           (uint64_t)link_max * sizeof(xipci_peer_record);
}

uint64_t xipci_inbox_size(const xipci_inbox_shape *shape, uint32_t lane_count)
{
    return xipci_shared_round_up(
        lanes_at(shape->link_max) +
        lane_count * whole_lines(xipc_ring_size(shape->capacity)));
}

xipci_peer_record *xipci_inbox_record(const xipci_inbox *inbox, uint32_t index)
{
    return (xipci_peer_record *)(void *)(inbox->head + 1) + index;
}

xipci_ring_lane xipci_inbox_lane(
    const xipci_inbox *inbox, uint32_t index, const xipc_object *interrupted)
{
    return (xipci_ring_lane){
        .section = inbox->section,
        .offset = lanes_at(inbox->shape.link_max) +
                  index * whole_lines(xipc_ring_size(inbox->shape.capacity)),
        .capacity = inbox->shape.capacity,
        .interrupted = interrupted};
}

/* A message of the longest kind takes half of a ring at most. */
static uint64_t least_capacity(uint32_t message_max)
{
    return whole_lines(2 * ((uint64_t)message_max + sizeof(xipci_peer_stamp)));
}

static xipci_inbox_shape shape_of(const xipc_peer_options *options)
{
    uint64_t least = least_capacity(options->message_max);
    uint64_t asked = whole_lines(options->capacity);

    return (xipci_inbox_shape){
        .message_max = options->message_max,
        .link_max = options->link_max,
        .capacity = asked > least ? asked : least,
        .generation = xipcos_random(),
        .has_barrier = xipcos_barrier_join()};
}

/* Private copies of what never changes, if it makes sense. */
static int read_shape(xipci_inbox *inbox)
{
    const volatile xipci_inbox_head *head = inbox->head; /* read once */
    xipci_inbox_shape shape = {
        .message_max = head->message_max,
        .link_max = head->link_max,
        .capacity = head->capacity,
        .generation = head->generation,
        .has_barrier = head->has_barrier != 0 && xipcos_barrier_join()};

    inbox->shape = shape;
    return shape.message_max <= XIPC_PEER_MESSAGE_MAX_LIMIT &&
           shape.link_max > 0 && shape.link_max <= XIPC_PEER_LINK_MAX_LIMIT &&
           shape.capacity % XIPCI_RING_LINES == 0 &&
           shape.capacity <= XIPC_RING_CAPACITY_MAX &&
           shape.capacity >= least_capacity(shape.message_max);
}

/* ---- from memory to a handle ---- */

static void name_it(const char *name, uint64_t generation, char *inbox_name)
{
    snprintf(inbox_name, NAME_SIZE, "%.180s-%016" PRIx64, name, generation);
}

static xipc_status
map(const xipc_peer *peer, xipci_inbox *inbox, uint64_t size, void **at_out)
{
    if (xipcos_section_size(inbox->stand.native) < size) {
        xipci_peer_fail(peer, XIPC_E_CORRUPT, "an inbox is too small");
        return XIPC_E_CORRUPT;
    }
    return xipci_stand_map(
        &inbox->stand, &peer->object, 0, (size_t)size, at_out);
}

static xipc_status map_head(const xipc_peer *peer, xipci_inbox *inbox)
{
    void *at = NULL;
    xipc_status status = map(peer, inbox, sizeof *inbox->head, &at);

    if (status == XIPC_OK) {
        inbox->head = at;
        status = xipci_stand_find(
            &peer->object, &inbox->head->mark, &xipci_inbox_marks);
    }
    if (status == XIPC_OK && !read_shape(inbox)) {
        status = xipci_peer_fail(
            peer, XIPC_E_CORRUPT, "somebody scribbled on an inbox");
    }
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static xipc_status set_up(
    const xipc_peer *peer,
    const char *inbox_name,
    xipcos_section *native,
    xipci_inbox *inbox)
{
    void *at = NULL;
    xipc_status status;

    inbox->section = xipci_section_over(native, inbox_name, peer->naming.scope);
    xipci_stand_in(&inbox->stand, inbox->section);
    status = map_head(peer, inbox);
    if (status == XIPC_OK) {
        status = map(peer, inbox, lanes_at(inbox->shape.link_max), &at);
    }
    if (status != XIPC_OK) {
        return status;
    }
    inbox->head = at;
    return xipci_object_relay(
        &peer->object,
        xipcos_park_open(
            native,
            (uint64_t)((unsigned char *)&inbox->head->spot -
                       (unsigned char *)inbox->head),
            &inbox->head->spot, &inbox->park));
}

void xipci_inbox_close(xipci_inbox *inbox)
{
    if (inbox->section) {
        xipcos_park_close(&inbox->park);
        xipci_stand_leave(&inbox->stand);
        xipc_section_close(inbox->section);
    }
    *inbox = (xipci_inbox){.section = NULL};
}

static void fill_head(xipci_inbox_head *head, const xipci_inbox_shape *shape)
{
    memset(head, 0, sizeof *head);
    head->message_max = shape->message_max;
    head->link_max = shape->link_max;
    head->has_barrier = (uint32_t)shape->has_barrier;
    head->capacity = shape->capacity;
    head->generation = shape->generation;
    atomic_init(&head->mark, xipci_inbox_marks.made);
}

/* Its holder is this process from now on. */
static xipc_status become_holder(xipc_peer *peer, xipc_deadline deadline)
{
    xipci_inbox *inbox = &peer->inbox;
    xipc_status status =
        xipci_stand_claim(&inbox->stand, &peer->object, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    status = xipci_object_relay(
        &peer->object, xipcos_member_join(inbox->stand.native, &inbox->member));
    if (status == XIPC_OK) {
        atomic_store_explicit(
            &inbox->head->guard, inbox->shape.has_barrier ? 0 : 1,
            memory_order_relaxed);
        atomic_store_explicit(
            &inbox->head->holder, inbox->member, memory_order_seq_cst);
    }
    xipcos_member_unclaim(inbox->stand.native);
    return status;
}

xipc_status xipci_inbox_create(
    xipc_peer *peer, const xipc_peer_options *options, xipc_deadline deadline)
{
    xipci_inbox_shape shape = shape_of(options);
    xipci_inbox_head head;
    xipcos_section_plan memory = {
        .size = xipci_inbox_size(&shape, 0),
        .max_size = xipci_inbox_size(&shape, shape.link_max),
        .data = &head,
        .data_size = sizeof head};
    char inbox_name[NAME_SIZE];
    xipcos_section *native;
    xipc_status status;

    fill_head(&head, &shape);
    name_it(peer->name, shape.generation, inbox_name);
    status = xipci_shared_create(
        XIPC_KIND_INBOX, inbox_name, &peer->naming, &memory, deadline, &native);
    if (status == XIPC_OK) {
        status = set_up(peer, inbox_name, native, &peer->inbox);
    }
    return status == XIPC_OK ? become_holder(peer, deadline) : status;
}

xipc_status xipci_inbox_open(
    const xipc_peer *peer,
    const char *name,
    uint64_t generation,
    xipc_deadline deadline,
    xipci_inbox *inbox)
{
    char inbox_name[NAME_SIZE];
    xipcos_section *native;
    xipc_status status;

    name_it(name, generation, inbox_name);
    status = xipci_shared_open(
        XIPC_KIND_INBOX, inbox_name, &peer->naming, 0, deadline, &native);
    if (status == XIPC_OK) {
        status = set_up(peer, inbox_name, native, inbox);
    }
    if (status == XIPC_OK && inbox->shape.generation != generation) {
        status = xipci_peer_fail(
            peer, XIPC_E_CORRUPT, "somebody scribbled on an inbox");
    }
    if (status != XIPC_OK) {
        xipci_inbox_close(inbox);
    }
    return status;
}

xipc_status xipci_inbox_holder(const xipci_inbox *inbox, int is_thorough)
{
    uint32_t holder =
        atomic_load_explicit(&inbox->head->holder, memory_order_seq_cst);

    if (holder == 0 || (holder & XIPCI_PEER_LEFT) != 0) {
        return XIPC_E_CLOSED;
    }
    return !is_thorough || xipcos_member_lives(inbox->stand.native, holder)
               ? XIPC_OK
               : XIPC_E_PEER_DIED;
}
