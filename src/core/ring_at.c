/* SPDX-License-Identifier: Apache-2.0 */
/* Rings that stand inside a section. */
#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/ring_make.h"
#include "core/section.h"
#include "os/os_member.h"

/* With the claim, and the head mapped: all of it but the final mark. */
static xipc_status make(const xipc_ring *ring, const xipc_ring_options *options)
{
    xipci_ring_head *head = ring->head;
    xipci_ring_head plan;
    xipc_status status = xipci_stand_begin(
        &ring->object, &head->mark, sizeof *head, &xipci_ring_marks);

    if (status == XIPC_OK) {
        xipci_ring_head_fill(&plan, options);
        memcpy(
            (unsigned char *)head + sizeof head->mark,
            (const unsigned char *)&plan + sizeof plan.mark,
            sizeof plan - sizeof plan.mark);
    }
    return status;
}

/* With the claim, and the head made or found. */
static xipc_status join(xipc_ring *ring, uint64_t offset, int is_new)
{
    xipc_status status = xipci_ring_map_all(ring, offset);

    if (status == XIPC_OK && is_new) {
        atomic_store_explicit(
            xipci_ring_word(ring, 0), 0, memory_order_relaxed);
    }
    return status == XIPC_OK ? xipci_ring_join(ring, offset, 0) : status;
}

/* With the claim. `options` NULL: joins what is there. */
static xipc_status
make_or_find(xipc_ring *ring, const xipc_ring_options *options, uint64_t offset)
{
    xipc_status status = xipci_ring_map_head(ring, offset);

    if (status != XIPC_OK) {
        return status;
    }
    if (!options) {
        status = xipci_stand_find(
            &ring->object, &ring->head->mark, &xipci_ring_marks);
        return status == XIPC_OK ? join(ring, offset, 0) : status;
    }
    status = make(ring, options);
    if (status != XIPC_OK) {
        return status;
    }
    status = join(ring, offset, 1);
    if (status == XIPC_OK) {
        atomic_store_explicit(
            &ring->head->mark, xipci_ring_marks.made, memory_order_release);
    } else {
        xipci_stand_undo(
            &ring->head->mark, sizeof *ring->head, &xipci_ring_marks);
    }
    return status;
}

/* A handle for what stands there, or will. NULL: no memory. */
static xipc_ring *
new_at(xipc_section *section, uint64_t offset, xipc_ring_role role)
{
    char name[XIPCI_STAND_NAME_SIZE];
    xipc_ring *ring;

    xipci_stand_name(section, offset, name);
    ring = xipci_ring_new(name, role);
    if (ring) {
        xipci_stand_in(&ring->stand, section);
        ring->object.scope = section->object.scope;
    }
    return ring;
}

static xipc_status place(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipc_ring *ring = new_at(section, offset, role);
    xipc_status status;

    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_stand_claim(&ring->stand, &ring->object, deadline);
    if (status == XIPC_OK) {
        status = make_or_find(ring, options, offset);
        xipcos_member_unclaim(ring->stand.native);
    }
    if (status != XIPC_OK) {
        xipc_ring_close(ring);
        return status;
    }
    *ring_out = ring;
    return XIPC_OK;
}

/* `size` bytes at least have to be there. */
static xipc_status check_call(
    const xipc_section *section,
    uint64_t offset,
    uint64_t size,
    xipc_ring_role role,
    xipc_ring **ring_out)
{
    xipc_status status;

    if (!ring_out) {
        return xipci_invalid("ring_out is NULL");
    }
    status = xipci_ring_check_role(NULL, role);
    if (status == XIPC_OK) {
        status = xipci_stand_check_place(
            XIPC_KIND_RING, section, offset, XIPC_RING_ALIGNMENT);
    }
    return status == XIPC_OK ? xipci_stand_check_size(section, offset, size)
                             : status;
}

xipc_status xipc_ring_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipc_status status = xipci_ring_check_options(NULL, &options);

    if (status == XIPC_OK) {
        status = xipci_naming_check_none(XIPC_KIND_RING, &options->naming);
    }
    if (status == XIPC_OK) {
        status = check_call(
            section, offset, xipc_ring_size(options->capacity), role, ring_out);
    }
    if (status == XIPC_OK) {
        status = place(section, offset, role, options, deadline, ring_out);
    }
    return xipci_answer(status);
}

xipc_status xipc_ring_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    xipc_status status =
        check_call(section, offset, XIPCI_RING_HEAD_SIZE, role, ring_out);

    if (status == XIPC_OK) {
        status = place(section, offset, role, NULL, deadline, ring_out);
    }
    return xipci_answer(status);
}

/* ---- lanes: of another object, which says who comes ---- */

static xipc_status
make_lane(xipc_ring *ring, const xipci_ring_lane *lane, uint32_t consumer)
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    xipc_status status = xipci_ring_map_head(ring, lane->offset);

    if (status != XIPC_OK) {
        return status;
    }
    options.capacity = lane->capacity;
    memset(ring->head, 0, sizeof *ring->head); /* what the last one left */
    status = make(ring, &options);
    if (status == XIPC_OK) {
        atomic_store_explicit(
            &ring->head->consumer, consumer, memory_order_relaxed);
        status = join(ring, lane->offset, 1);
    }
    if (status == XIPC_OK) {
        atomic_store_explicit(
            &ring->head->mark, xipci_ring_marks.made, memory_order_release);
    }
    return status;
}

static xipc_status hand_out_lane(
    xipc_ring *ring,
    const xipci_ring_lane *lane,
    xipc_status status,
    xipc_ring **ring_out)
{
    if (status == XIPC_OK && ring->capacity != lane->capacity) {
        status = xipci_ring_corrupt(ring);
    }
    if (status != XIPC_OK) {
        xipc_ring_close(ring);
        return status;
    }
    ring->interrupted = &lane->interrupted->is_interrupted;
    *ring_out = ring;
    return XIPC_OK;
}

xipc_status xipci_ring_make_lane(
    const xipci_ring_lane *lane, uint32_t consumer, xipc_ring **ring_out)
{
    xipc_ring *ring = new_at(lane->section, lane->offset, XIPC_RING_PRODUCER);

    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    return hand_out_lane(ring, lane, make_lane(ring, lane, consumer), ring_out);
}

static xipc_status open_lane(xipc_ring *ring, const xipci_ring_lane *lane)
{
    xipc_status status = xipci_ring_map_head(ring, lane->offset);

    if (status != XIPC_OK) {
        return status;
    }
    status =
        xipci_stand_find(&ring->object, &ring->head->mark, &xipci_ring_marks);
    if (status == XIPC_OK) {
        status = xipci_ring_map_all(ring, lane->offset);
    }
    if (status == XIPC_OK) {
        status = xipci_ring_join(ring, lane->offset, 1);
    }
    if (xipci_ring_is_refused(status)) {
        atomic_store_explicit(
            &ring->head->consumer, XIPCI_RING_LEFT, memory_order_seq_cst);
    }
    return status;
}

xipc_status
xipci_ring_open_lane(const xipci_ring_lane *lane, xipc_ring **ring_out)
{
    xipc_ring *ring = new_at(lane->section, lane->offset, XIPC_RING_CONSUMER);

    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    return hand_out_lane(ring, lane, open_lane(ring, lane), ring_out);
}
