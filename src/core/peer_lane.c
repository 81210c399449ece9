/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of the own inbox: they come, and they end. */
#include <stdlib.h>
#include <string.h>

#include "core/name.h"
#include "core/peer.h"
#include "os/os_member.h"

/* ---- new ones ---- */

static uint32_t state_of(const xipci_peer_record *record)
{
    /* Acquire: what its sender wrote before. */
    return atomic_load_explicit(&record->state, memory_order_seq_cst);
}

/* A private copy of what the sender says of itself, looked at once. 0: it makes
 * no sense. */
static int read_record(const xipci_peer_record *record, xipci_peer_lane *lane)
{
    const volatile xipci_peer_record *there = record;

    lane->process = there->process;
    lane->user = there->user;
    lane->arrival = there->arrival;
    lane->generation = there->generation;
    lane->name_size = there->name_size;
    if (lane->name_size == 0 || lane->name_size > XIPC_NAME_MAX) {
        lane->name_size = 0;
        return 0;
    }
    for (size_t at = 0; at < lane->name_size; at++) {
        lane->name[at] = there->name[at];
    }
    return xipci_name_legal_size(lane->name, lane->name_size) ==
           lane->name_size;
}

static xipc_status open_ring(const xipc_peer *peer, xipci_peer_lane *lane)
{
    const xipci_inbox *inbox = &peer->inbox;
    const xipci_ring_lane ring =
        xipci_inbox_lane(inbox, lane->index, &peer->object);
    xipc_status status = xipcos_section_refresh(inbox->stand.native);

    if (status == XIPC_OK &&
        xipcos_section_size(inbox->stand.native) <
            xipci_inbox_size(&inbox->shape, lane->index + 1)) {
        status = XIPC_E_CORRUPT;
    }
    return status == XIPC_OK ? xipci_ring_open_lane(&ring, &lane->ring)
                             : status;
}

/* As open_ring(). One that makes no sense is had all the same, so that it can
 * end; its sender finds it closed. */
static xipc_status open_or_refuse(xipc_peer *peer, xipci_peer_lane *lane)
{
    int is_sound =
        read_record(xipci_inbox_record(&peer->inbox, lane->index), lane);
    xipc_status status = open_ring(peer, lane);

    if (status == XIPC_OK && !is_sound) {
        xipci_lane_refuse(lane);
        status = XIPC_E_CORRUPT;
    }
    if (xipci_ring_is_refused(status)) {
        peer->has_refused = 1;
        status = XIPC_OK;
    }
    return status;
}

static xipc_status accept_lane(xipc_peer *peer, uint32_t index, uint32_t sender)
{
    xipci_peer_lane *lane = calloc(1, sizeof *lane);
    xipc_status status;

    if (!lane) {
        return xipci_peer_fail(
            peer, XIPC_E_NO_MEMORY, "no memory for a new link");
    }
    lane->index = index;
    lane->sender = sender;
    status = open_or_refuse(peer, lane);
    if (status != XIPC_OK) {
        free(lane);
        return status;
    }
    peer->lanes[index] = lane;
    peer->last = NULL; /* it may be older */
    if (index >= peer->lane_count) {
        peer->lane_count = index + 1;
    }
    return XIPC_OK;
}

xipc_status xipci_peer_accept(xipc_peer *peer)
{
    const xipci_inbox *inbox = &peer->inbox;
    uint64_t arrivals =
        atomic_load_explicit(&inbox->head->arrivals, memory_order_seq_cst);
    uint32_t count;
    xipc_status status = XIPC_OK;

    if (arrivals == peer->arrivals) {
        return XIPC_OK;
    }
    if (atomic_exchange_explicit(
            &inbox->head->is_full, 0, memory_order_seq_cst) != 0) {
        xipci_peer_reap(peer, 1);
    }
    count =
        atomic_load_explicit(&inbox->head->lane_count, memory_order_seq_cst);
    if (count > inbox->shape.link_max) {
        count = inbox->shape.link_max;
    }
    for (uint32_t at = 0; status == XIPC_OK && at < count; at++) {
        uint32_t sender = state_of(xipci_inbox_record(inbox, at));

        if (!peer->lanes[at] && sender != 0) {
            status = accept_lane(peer, at, sender);
        }
    }
    if (status == XIPC_OK) {
        peer->arrivals = arrivals;
    }
    return status;
}

int xipci_peer_has_mail(const xipc_peer *peer)
{
    if (atomic_load_explicit(
            &peer->inbox.head->arrivals, memory_order_seq_cst) !=
        peer->arrivals) {
        return 1;
    }
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        const xipci_peer_lane *lane = peer->lanes[at];

        if (lane && lane->ring && xipci_ring_is_there(lane->ring)) {
            return 1;
        }
    }
    return 0;
}

/* ---- the end of one ---- */

xipc_status xipci_lane_end(
    const xipc_peer *peer, const xipci_peer_lane *lane, int is_thorough)
{
    xipc_status status;

    if (!lane->ring) {
        return !is_thorough || xipcos_member_lives(
                                   peer->inbox.stand.native, lane->sender)
                   ? XIPC_OK
                   : XIPC_E_PEER_DIED;
    }
    status = xipci_ring_peer(lane->ring, is_thorough);
    /* What he sent before he went comes first. */
    return status != XIPC_OK && xipci_ring_is_there(lane->ring) ? XIPC_OK
                                                                : status;
}

void xipci_lane_refuse(xipci_peer_lane *lane)
{
    xipc_ring_close(lane->ring);
    lane->ring = NULL;
}

void xipci_lane_drop(xipc_peer *peer, xipci_peer_lane *lane)
{
    xipci_peer_record *record = xipci_inbox_record(&peer->inbox, lane->index);

    xipc_ring_close(lane->ring);
    peer->lanes[lane->index] = NULL;
    peer->last = NULL;
    if (peer->recent == lane) {
        peer->recent = NULL;
    }
    /* Release: whoever takes it sees that nothing of ours is there. */
    atomic_store_explicit(&record->state, 0, memory_order_seq_cst);
    free(lane);
}

int xipci_peer_is_crowded(const xipc_peer *peer)
{
    if (peer->lane_count < peer->inbox.shape.link_max) {
        return 0;
    }
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        if (!peer->lanes[at]) {
            return 0;
        }
    }
    return 1;
}

static void reap_lane(xipc_peer *peer, xipci_peer_lane *lane, int is_thorough)
{
    xipc_status status = xipci_lane_end(peer, lane, is_thorough);

    if (status != XIPC_OK) {
        if (lane->ring) {
            xipci_peer_lost(peer, lane, status);
        }
        xipci_lane_drop(peer, lane);
    }
}

void xipci_peer_reap(xipc_peer *peer, int is_thorough)
{
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        xipci_peer_lane *lane = peer->lanes[at];

        if (lane) {
            reap_lane(peer, lane, is_thorough);
        }
    }
    while (peer->lane_count > 0 && !peer->lanes[peer->lane_count - 1]) {
        peer->lane_count--;
    }
}

/* ---- who was told of a death ---- */

static int
is_unmourned(const xipci_peer_lane *lane, const xipci_peer_link *link)
{
    return lane && lane->ring && !lane->is_mourned &&
           lane->name_size == link->name_size &&
           memcmp(lane->name, link->name, lane->name_size) == 0;
}

int xipci_peer_mourns(xipc_peer *peer, const xipci_peer_link *link)
{
    int is_dead = 0;

    xipci_latch_take(&peer->receiving);
    (void)xipci_peer_accept(peer); /* those that it cannot are not known yet */
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        xipci_peer_lane *lane = peer->lanes[at];

        if (is_unmourned(lane, link) &&
            xipci_ring_peer(lane->ring, 1) == XIPC_E_PEER_DIED) {
            lane->is_mourned = 1;
            is_dead = 1;
        }
    }
    xipci_latch_give(&peer->receiving);
    return is_dead;
}

/* Whether the system says yet that the lane's sender is dead does not matter:
 * there is one of that link at most. */
void xipci_peer_mourn(xipc_peer *peer, const xipci_peer_link *link)
{
    xipci_latch_take(&peer->receiving);
    (void)xipci_peer_accept(peer);
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        xipci_peer_lane *lane = peer->lanes[at];

        if (is_unmourned(lane, link) && lane->generation == link->generation) {
            lane->is_mourned = 1;
        }
    }
    xipci_latch_give(&peer->receiving);
}
