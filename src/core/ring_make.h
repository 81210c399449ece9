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

/* With the claim, the head checked and all mapped: becomes that side. */
xipc_status xipci_ring_join(xipc_ring *ring, uint64_t offset);

#endif
