/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings that stand inside a section.
 *
 * Whoever makes or joins one has the section's claim meanwhile. A maker sets
 * the mark to "making" first and to its final value last: so what is half-made
 * while one has the claim was left by a maker that died, and is nothing.
 */
#include <string.h>

#include "core/failure.h"
#include "core/ring_make.h"
#include "core/section.h"
#include "os/os_member.h"

#define WORD_COUNT (XIPCI_RING_HEAD_SIZE / sizeof(uint32_t))

static uint32_t mark_of(const xipci_ring_head *head)
{
    /* Acquire: pairs with the release of whoever made it. */
    return atomic_load_explicit(&head->mark, memory_order_acquire);
}

/* With the claim, and the mark 0: nobody else looks at these bytes. */
static int is_blank(const xipci_ring_head *head)
{
    const volatile uint32_t *words = (const volatile uint32_t *)head;
    uint32_t seen = 0;

    for (size_t at = 0; at < WORD_COUNT; at++) {
        seen |= words[at];
    }
    return seen == 0;
}

static xipc_status map_head(xipc_ring *ring, uint64_t offset)
{
    void *at;
    xipc_status status = xipci_stand_map(
        &ring->stand, &ring->object, offset, XIPCI_RING_HEAD_SIZE, &at);

    if (status == XIPC_OK) {
        ring->head = at;
    }
    return status;
}

/* With the claim, and the head mapped. */
static xipc_status make(const xipc_ring *ring, const xipc_ring_options *options)
{
    xipci_ring_head *head = ring->head;
    uint32_t mark = mark_of(head);
    xipci_ring_head plan;

    if (mark != XIPCI_RING_MAKING && (mark != 0 || !is_blank(head))) {
        return xipci_ring_fail(
            ring, XIPC_E_EXISTS, "its first bytes are not all zero");
    }
    xipci_ring_head_fill(&plan, options);
    /* The claim orders these among makers; joiners see the mark last. */
    atomic_store_explicit(&head->mark, XIPCI_RING_MAKING, memory_order_seq_cst);
    memcpy(
        (unsigned char *)head + sizeof head->mark,
        (const unsigned char *)&plan + sizeof plan.mark,
        sizeof plan - sizeof plan.mark);
    return XIPC_OK;
}

/* With the claim. Nothing is there, as before. */
static void unmake(xipci_ring_head *head)
{
    atomic_store_explicit(&head->mark, XIPCI_RING_MAKING, memory_order_seq_cst);
    memset(
        (unsigned char *)head + sizeof head->mark, 0,
        sizeof *head - sizeof head->mark);
    atomic_store_explicit(&head->mark, 0, memory_order_release);
}

static xipc_status find(const xipc_ring *ring)
{
    uint32_t mark = mark_of(ring->head);

    if (mark == XIPCI_RING_MARK) {
        return XIPC_OK;
    }
    if (mark == 0) {
        return xipci_ring_fail(ring, XIPC_E_NOT_FOUND, "nothing is there");
    }
    if (mark == XIPCI_RING_MAKING) {
        return xipci_ring_fail(
            ring, XIPC_E_NOT_FOUND, "its maker died making it");
    }
    if (XIPCI_STAND_IS_OURS(mark)) {
        return xipci_ring_fail(
            ring, XIPC_E_INCOMPATIBLE,
            "another kind, or another layout version, stands there");
    }
    return xipci_ring_fail(
        ring, XIPC_E_CORRUPT, "what stands there is not a ring");
}

/* With the claim. `options` NULL: joins what is there. */
static xipc_status
make_or_find(xipc_ring *ring, const xipc_ring_options *options, uint64_t offset)
{
    uint64_t there = xipcos_section_size(ring->stand.native);
    xipc_status status = map_head(ring, offset);

    if (status == XIPC_OK) {
        status = options ? make(ring, options) : find(ring);
    }
    if (status != XIPC_OK) {
        return status;
    }
    status = xipci_ring_map(ring, offset, there);
    if (status == XIPC_OK && options) {
        atomic_store_explicit(
            xipci_ring_word(ring, 0), 0, memory_order_relaxed);
    }
    if (status == XIPC_OK) {
        status = xipci_ring_join(ring, offset);
    }
    if (options && status == XIPC_OK) {
        atomic_store_explicit(
            &ring->head->mark, XIPCI_RING_MARK, memory_order_release);
    } else if (options) {
        unmake(ring->head);
    }
    return status;
}

static xipc_status place(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    const xipc_ring_options *options,
    xipc_deadline deadline,
    xipc_ring **ring_out)
{
    char name[XIPCI_STAND_NAME_SIZE];
    xipc_ring *ring;
    xipc_status status;

    xipci_stand_name(section, offset, name);
    ring = xipci_ring_new(name, role);
    if (!ring) {
        return XIPC_E_NO_MEMORY;
    }
    xipci_stand_in(&ring->stand, section);
    ring->object.scope = section->object.scope;
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

static xipc_status check_naming(const xipc_naming *naming)
{
    if (naming->scope != XIPC_SCOPE_USER ||
        naming->access != XIPC_ACCESS_PRIVATE ||
        naming->lifetime != XIPC_TRANSIENT ||
        naming->trust != XIPC_TRUST_SELF) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_RING, NULL,
            "there is no name to say more about");
    }
    return XIPC_OK;
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
        status = check_naming(&options->naming);
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
