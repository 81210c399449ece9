/* SPDX-License-Identifier: Apache-2.0 */
/* The steps from shared memory to a handle, between the two ways to find the
 * memory (ring.c, ring_at.c) and not for others. */
#ifndef XIPC_CORE_RING_MAKE_H
#define XIPC_CORE_RING_MAKE_H

#include "core/ring.h"

/* "XR" and the layout version, or 0 of one that is being made. */
extern const xipci_marks xipci_ring_marks;

xipc_status xipci_ring_check_role(const char *name, xipc_ring_role role);

/* `*options` may become the default. */
xipc_status
xipci_ring_check_options(const char *name, const xipc_ring_options **options);

/* A new ring's, without its mark. */
void xipci_ring_head_fill(
    xipci_ring_head *head, const xipc_ring_options *options);

/* NULL: no memory, and the fault says so. */
xipc_ring *xipci_ring_new(const char *name, xipc_ring_role role);

/* The head alone, which is inside; then, of a head that was made, all. */
xipc_status xipci_ring_map_head(xipc_ring *ring, uint64_t offset);
xipc_status xipci_ring_map_all(xipc_ring *ring, uint64_t offset);

/*
 * With the claim, the head checked and all mapped: becomes that side.
 * `is_promised`: nobody else ever comes to be it, so that no claim is needed if
 * this process has its number already.
 */
xipc_status xipci_ring_join(xipc_ring *ring, uint64_t offset, int is_promised);

/*
 * A ring of messages that is part of another object, in whose section it
 * stands: its lane. That object knows whose either side is, so there is no
 * other to wait for or to keep out; and its interrupt ends the lane's waits.
 */
typedef struct xipci_ring_lane {
    xipc_section *section;
    uint64_t offset;
    uint64_t capacity; /* as xipc_ring_capacity() says */
    const xipc_object *interrupted;
} xipci_ring_lane;

/* With the claim, where nobody uses the bytes: makes it, and is its producer.
 * `consumer` is the number of the process that will be the other side. */
xipc_status xipci_ring_make_lane(
    const xipci_ring_lane *lane, uint32_t consumer, xipc_ring **ring_out);

/* That process, which has drawn its number. What is its maker's fault is
 * refused: he sees a consumer that has left. */
xipc_status
xipci_ring_open_lane(const xipci_ring_lane *lane, xipc_ring **ring_out);

static inline int xipci_ring_is_refused(xipc_status status)
{
    return status == XIPC_E_CORRUPT || status == XIPC_E_NOT_FOUND ||
           status == XIPC_E_INCOMPATIBLE;
}

#endif
