/* SPDX-License-Identifier: Apache-2.0 */
/* The table of those to whom a peer sends. */
#include <stdlib.h>
#include <string.h>

#include "core/peer.h"

/* With fewer than that nobody need be forgotten. */
#define LINKS_MANY 128

/* ---- the table; with `linking` ---- */

static xipci_peer_link **
bucket_of(xipc_peer *peer, const char *name, size_t name_size)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t at = 0; at < name_size; at++) {
        hash = (hash ^ (unsigned char)name[at]) * 16777619U;
    }
    return &peer->buckets[(hash ^ hash >> 16) % XIPCI_PEER_BUCKETS];
}

static int
is_it(const xipci_peer_link *link, const char *name, size_t name_size)
{
    return link && link->name_size == name_size &&
           memcmp(link->name, name, name_size) == 0;
}

/* Of those in a bucket; NULL: it is not there. */
static xipci_peer_link *
find(xipci_peer_link *first, const char *name, size_t name_size)
{
    while (first && !is_it(first, name, name_size)) {
        first = first->next;
    }
    return first;
}

/* One that was another's and that nobody is at, with its latch. */
static xipci_peer_link *take_spare(xipc_peer *peer)
{
    xipci_peer_link *link = peer->spare;

    if (link && xipci_latch_try(&link->latch)) {
        peer->spare = link->next;
        return link;
    }
    return NULL;
}

static xipci_peer_link *new_link(void)
{
    xipci_peer_link *link = calloc(1, sizeof *link);

    if (link) {
        atomic_init(&link->latch.is_taken, 1);
    }
    return link;
}

/* NULL: no memory. */
static xipci_peer_link *
add(xipc_peer *peer,
    xipci_peer_link **bucket,
    const char *name,
    size_t name_size)
{
    xipci_peer_link *link = take_spare(peer);

    link = link ? link : new_link();
    if (!link) {
        return NULL;
    }
    memcpy(link->name, name, name_size);
    link->name[name_size] = '\0';
    link->name_size = name_size;
    atomic_store_explicit(&link->loss_count, 0, memory_order_relaxed);
    link->asked_at = 0;
    link->untold = XIPC_OK;
    atomic_store_explicit(&link->told_generation, 0, memory_order_relaxed);
    link->next = *bucket;
    *bucket = link;
    peer->link_count++;
    xipci_latch_give(&link->latch);
    return link;
}

/* With its latch, and out of the table: for another name. Its memory stays that
 * of a link as long as the peer, since somebody may just be looking at it. */
static void put_away(xipc_peer *peer, xipci_peer_link *link)
{
    link->next = peer->spare;
    peer->spare = link;
    xipci_latch_give(&link->latch);
}

static xipci_peer_link *
find_or_add(xipc_peer *peer, const char *name, size_t name_size)
{
    xipci_peer_link **bucket = bucket_of(peer, name, name_size);
    xipci_peer_link *link = find(*bucket, name, name_size);

    return link ? link : add(peer, bucket, name, name_size);
}

/* Nobody uses it, or waits for it, or has to be told of it. */
static int is_idle(const xipci_peer_link *link)
{
    return link->user_count == 0 && !link->ring && link->untold == XIPC_OK;
}

static void take_out(xipc_peer *peer, xipci_peer_link *link)
{
    xipci_peer_link **at = bucket_of(peer, link->name, link->name_size);

    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    peer->link_count--;
}

static xipc_status no_memory(const xipc_peer *peer)
{
    return xipci_peer_fail(peer, XIPC_E_NO_MEMORY, "no memory for a new link");
}

/* ---- one of them ---- */

xipci_peer_link *
xipci_peer_use_link(xipc_peer *peer, const char *name, size_t name_size)
{
    xipci_peer_link *link;

    xipci_latch_take(&peer->linking);
    link = find_or_add(peer, name, name_size);
    if (link) {
        link->user_count++;
    }
    xipci_latch_give(&peer->linking);
    return link;
}

void xipci_peer_unuse_link(xipc_peer *peer, xipci_peer_link *link)
{
    int is_over;

    xipci_latch_take(&peer->linking);
    link->user_count--;
    /* Who has its latch takes it out himself. */
    is_over = is_idle(link) && xipci_latch_try(&link->latch);
    if (is_over) {
        take_out(peer, link);
        put_away(peer, link);
    }
    xipci_latch_give(&peer->linking);
}

/* Somebody else has it now. */
static xipc_status
wait_for_link(xipc_peer *peer, xipci_peer_link *link, xipc_deadline deadline)
{
    return xipci_park_result(
        &peer->object,
        xipci_latch_take_by(&link->latch, &peer->object, deadline),
        "another thread was sending to the same one");
}

xipc_status xipci_peer_take_link(
    xipc_peer *peer,
    const char *name,
    size_t name_size,
    xipc_deadline deadline,
    xipci_peer_link **link_out)
{
    xipci_peer_link *link;
    xipc_status status = XIPC_OK;
    int is_taken;

    xipci_latch_take(&peer->linking);
    link = find_or_add(peer, name, name_size);
    is_taken = link && xipci_latch_try(&link->latch);
    if (link && !is_taken) {
        link->user_count++;
    }
    xipci_latch_give(&peer->linking);
    if (!link) {
        return no_memory(peer);
    }
    if (!is_taken) {
        status = wait_for_link(peer, link, deadline);
        if (status != XIPC_OK) {
            xipci_peer_unuse_link(peer, link);
            return status;
        }
        xipci_latch_take(&peer->linking);
        link->user_count--;
        xipci_latch_give(&peer->linking);
    }
    atomic_store_explicit(&peer->last_link, link, memory_order_release);
    *link_out = link;
    return XIPC_OK;
}

xipci_peer_link *xipci_peer_take_last_link(xipc_peer *peer, const char *name)
{
    xipci_peer_link *link =
        atomic_load_explicit(&peer->last_link, memory_order_acquire);

    if (!link || !xipci_latch_try(&link->latch)) {
        return NULL;
    }
    if (link->ring && strcmp(link->name, name) == 0) {
        return link;
    }
    xipci_latch_give(&link->latch);
    return NULL;
}

void xipci_peer_give_link(xipc_peer *peer, xipci_peer_link *link)
{
    if (link->ring) {
        xipci_latch_give(&link->latch);
        return;
    }
    xipci_latch_take(&peer->linking);
    if (is_idle(link)) {
        take_out(peer, link);
        put_away(peer, link);
    } else {
        xipci_latch_give(&link->latch);
    }
    xipci_latch_give(&peer->linking);
}

void xipci_link_set(
    xipc_peer *peer,
    xipci_peer_link *link,
    xipc_ring *ring,
    const xipci_inbox *inbox)
{
    link->inbox = *inbox;
    xipci_latch_take(&peer->linking);
    link->ring = ring;
    link->asked_at = 0;
    link->generation = inbox->shape.generation;
    xipci_latch_give(&peer->linking);
}

/* With `linking`: all who wait for word of that generation have it. */
static void tell(
    xipc_peer *peer,
    xipci_peer_link *link,
    uint64_t generation,
    xipc_status loss)
{
    atomic_store_explicit(
        &link->told_generation, generation, memory_order_relaxed);
    link->loss = loss;
    atomic_fetch_add_explicit(&link->loss_count, 1, memory_order_seq_cst);
    xipcos_park_wake(&peer->inbox.park, XIPCI_WAKE_ALL);
}

/* With the latch: all but the place. */
static void drop(xipc_peer *peer, xipci_peer_link *link, xipc_status untold)
{
    xipc_ring *ring;

    xipci_latch_take(&peer->linking);
    ring = link->ring;
    link->ring = NULL;
    link->untold = untold;
    xipci_latch_give(&peer->linking);
    xipc_ring_close(ring);
    xipci_inbox_close(&link->inbox);
}

void xipci_link_lose(xipc_peer *peer, xipci_peer_link *link, xipc_status reason)
{
    xipci_latch_take(&peer->linking);
    if (!xipci_link_was_told(link)) {
        tell(peer, link, link->generation, reason);
    }
    xipci_latch_give(&peer->linking);
    drop(peer, link, XIPC_OK);
}

xipc_status xipci_link_untold(xipc_peer *peer, xipci_peer_link *link)
{
    xipc_status untold;

    xipci_latch_take(&peer->linking);
    untold = link->untold;
    link->untold = XIPC_OK;
    xipci_latch_give(&peer->linking);
    return untold;
}

/* ---- word of it, for receivers ---- */

int xipci_peer_is_link_due(xipc_peer *peer, const char *name, size_t name_size)
{
    xipci_peer_link *link;
    int is_due;

    xipci_latch_take(&peer->linking);
    link = find(*bucket_of(peer, name, name_size), name, name_size);
    is_due = link && link->ring && xipci_peer_is_due(&link->asked_at);
    xipci_latch_give(&peer->linking);
    return is_due;
}

/* The other half of that lane's link, if it is there, with its latch; NULL:
 * none, or somebody just sends and finds out himself. */
static xipci_peer_link *
take_half(xipc_peer *peer, const xipci_peer_lane *lane, xipc_status loss)
{
    xipci_peer_link *link;

    xipci_latch_take(&peer->linking);
    link = find(
        *bucket_of(peer, lane->name, lane->name_size), lane->name,
        lane->name_size);
    if (link) {
        tell(peer, link, lane->generation, loss);
    }
    if (link && !xipci_latch_try(&link->latch)) {
        link = NULL;
    }
    xipci_latch_give(&peer->linking);
    return link;
}

void xipci_peer_lost(
    xipc_peer *peer, const xipci_peer_lane *lane, xipc_status loss)
{
    xipci_peer_link *link = take_half(peer, lane, loss);

    if (!link) {
        return;
    }
    if (link->ring && link->generation == lane->generation) {
        drop(peer, link, loss == XIPC_E_PEER_DIED ? loss : XIPC_OK);
    }
    xipci_peer_give_link(peer, link);
}

/* With the link's latch. */
static xipc_status look_at(xipc_peer *peer, xipci_peer_link *link)
{
    xipc_status status = link->ring ? xipci_ring_peer(link->ring, 1) : XIPC_OK;

    if (status == XIPC_OK || xipci_link_was_told(link)) {
        return XIPC_OK;
    }
    xipci_latch_take(&peer->linking);
    tell(peer, link, link->generation, status);
    xipci_latch_give(&peer->linking);
    return status;
}

xipc_status
xipci_link_end(xipc_peer *peer, xipci_peer_link *link, uint32_t loss_count)
{
    xipc_status status = XIPC_OK;

    xipci_latch_take(&peer->linking);
    if (xipci_link_losses(link) != loss_count) {
        status = link->loss;
    }
    xipci_latch_give(&peer->linking);
    /* Whoever has the latch finds out himself, if it is to be found out. */
    if (status == XIPC_OK && xipci_latch_try(&link->latch)) {
        status = look_at(peer, link);
        xipci_latch_give(&link->latch);
    }
    return status;
}

/* ---- all of them ---- */

/* One that is dead, or was left over, with its latch and out of the table;
 * NULL: none there. */
static xipci_peer_link *find_dead(xipc_peer *peer, xipci_peer_link *first)
{
    for (xipci_peer_link *link = first; link; link = link->next) {
        if (link->user_count > 0 || !xipci_latch_try(&link->latch)) {
            continue;
        }
        if (!link->ring || xipci_ring_peer(link->ring, 1) != XIPC_OK) {
            take_out(peer, link);
            return link;
        }
        xipci_latch_give(&link->latch);
    }
    return NULL;
}

/* Who waits for what comes over it is told that nothing does any more. */
static void close_link(const xipc_peer *peer, xipci_peer_link *link)
{
    xipc_ring *ring = link->ring;

    link->ring = NULL;
    xipc_ring_close(ring);
    if (ring && xipci_object_is_own(&peer->object)) {
        xipci_inbox_tell(&link->inbox);
    }
    xipci_inbox_close(&link->inbox);
}

void xipci_peer_sweep(xipc_peer *peer)
{
    xipci_peer_link *link = NULL;

    xipci_latch_take(&peer->linking);
    if (peer->link_count > LINKS_MANY) {
        link = find_dead(peer, peer->buckets[peer->sweep]);
    }
    if (!link) {
        peer->sweep = (peer->sweep + 1) % XIPCI_PEER_BUCKETS;
    }
    xipci_latch_give(&peer->linking);
    if (link) {
        close_link(peer, link);
        xipci_latch_take(&peer->linking);
        put_away(peer, link);
        xipci_latch_give(&peer->linking);
    }
}

static void free_links(const xipc_peer *peer, xipci_peer_link *first)
{
    while (first) {
        xipci_peer_link *link = first;

        first = link->next;
        close_link(peer, link);
        free(link);
    }
}

void xipci_peer_close_links(xipc_peer *peer)
{
    for (int at = 0; at < XIPCI_PEER_BUCKETS; at++) {
        free_links(peer, peer->buckets[at]);
    }
    free_links(peer, peer->spare);
}

static void wake_all(const xipci_peer_link *first)
{
    for (const xipci_peer_link *link = first; link; link = link->next) {
        if (link->ring) {
            xipcos_park_wake(&link->ring->own_park, XIPCI_WAKE_ALL);
        }
    }
}

void xipci_peer_wake_senders(xipc_peer *peer)
{
    xipci_latch_take(&peer->linking);
    for (int at = 0; at < XIPCI_PEER_BUCKETS; at++) {
        wake_all(peer->buckets[at]);
    }
    xipci_latch_give(&peer->linking);
}

/* Whether that link's other side has a lane too, which is counted there. */
static int has_lane(const xipc_peer *peer, const xipci_peer_link *link)
{
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        const xipci_peer_lane *lane = peer->lanes[at];

        if (lane && lane->ring && lane->generation == link->generation &&
            is_it(link, lane->name, lane->name_size)) {
            return 1;
        }
    }
    return 0;
}

static uint32_t count_lanes(const xipc_peer *peer)
{
    uint32_t count = 0;

    for (uint32_t at = 0; at < peer->lane_count; at++) {
        count += peer->lanes[at] && peer->lanes[at]->ring ? 1U : 0U;
    }
    return count;
}

static uint32_t count_links(const xipc_peer *peer)
{
    uint32_t count = 0;

    for (int at = 0; at < XIPCI_PEER_BUCKETS; at++) {
        for (const xipci_peer_link *link = peer->buckets[at]; link;
             link = link->next) {
            count += link->ring && !has_lane(peer, link) ? 1U : 0U;
        }
    }
    return count;
}

uint32_t xipc_peer_link_count(xipc_peer *peer)
{
    uint32_t count;

    if (!peer || !xipci_object_is_own(&peer->object)) {
        return 0;
    }
    xipci_latch_take(&peer->receiving);
    (void)xipci_peer_accept(peer); /* if it cannot, it is not one's own yet */
    xipci_latch_take(&peer->linking);
    count = count_lanes(peer) + count_links(peer);
    xipci_latch_give(&peer->linking);
    xipci_latch_give(&peer->receiving);
    return count;
}
