/* SPDX-License-Identifier: Apache-2.0 */
/* Joining and leaving. */
#include "core/peer.h"

#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/waitable.h"
#include "os/os_process.h"

static const xipc_peer_options default_options = XIPC_PEER_OPTIONS_INIT;

xipc_status
xipci_peer_fail(const xipc_peer *peer, xipc_status status, const char *why)
{
    return xipci_object_fail(&peer->object, status, why);
}

xipc_status xipci_peer_explain(const xipc_peer *peer)
{
    return peer ? xipci_object_check(&peer->object)
                : xipci_invalid("the peer is NULL");
}

static xipc_status check_name(const char *name)
{
    xipc_status status = xipci_name_check(XIPC_KIND_PEER, name);

    return status == XIPC_OK ? xipci_name_check_native(XIPC_KIND_PEER, name)
                             : status;
}

xipc_status
xipci_peer_check_other(const xipc_peer *peer, const char *name, size_t *size)
{
    /* The one it was last is legal; what else is not equal to its own. */
    xipc_status status = check_name(name);

    if (status != XIPC_OK) {
        return status;
    }
    *size = strlen(name);
    if (*size == peer->name_size && memcmp(name, peer->name, *size) == 0) {
        return xipci_peer_fail(
            peer, XIPC_E_INVALID, "a peer has no link with itself");
    }
    return XIPC_OK;
}

/* ---- what is asked for ---- */

static const char *why_not(const xipc_peer_options *options)
{
    if (options->options_size != sizeof *options) {
        return "options_size is unknown; use XIPC_PEER_OPTIONS_INIT";
    }
    if (options->naming.lifetime != XIPC_TRANSIENT) {
        return "a peer is not persistent";
    }
    if (options->message_max > XIPC_PEER_MESSAGE_MAX_LIMIT) {
        return "message_max is above XIPC_PEER_MESSAGE_MAX_LIMIT";
    }
    if (options->capacity > 2 * XIPC_PEER_MESSAGE_MAX_LIMIT) {
        return "the capacity is above twice XIPC_PEER_MESSAGE_MAX_LIMIT";
    }
    if (options->link_max == 0 ||
        options->link_max > XIPC_PEER_LINK_MAX_LIMIT) {
        return "link_max is 0, or above XIPC_PEER_LINK_MAX_LIMIT";
    }
    return NULL;
}

static xipc_status check_call(
    const char *name, const xipc_peer_options **options, xipc_peer **peer_out)
{
    const char *why;
    xipc_status status = check_name(name);

    if (status == XIPC_OK && !peer_out) {
        status = xipci_invalid("peer_out is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (!*options) {
        *options = &default_options;
    }
    why = why_not(*options);
    return why ? xipci_fail(XIPC_E_INVALID, XIPC_KIND_PEER, name, "%s", why)
               : xipci_naming_check(XIPC_KIND_PEER, name, &(*options)->naming);
}

/* ---- the handle ---- */

/* For an interrupt. */
static void wake(xipc_object *object)
{
    xipc_peer *peer = (xipc_peer *)object;

    xipcos_park_wake(&peer->inbox.park, XIPCI_WAKE_ALL);
    xipci_peer_wake_senders(peer);
}

static xipc_peer *new_handle(const char *name, const xipc_peer_options *options)
{
    xipc_peer *peer = calloc(1, sizeof *peer);

    if (peer) {
        peer->lanes = calloc(options->link_max, sizeof(xipci_peer_lane *));
    }
    if (!peer || !peer->lanes) {
        free(peer);
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_PEER, name, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&peer->object, XIPC_KIND_PEER, name);
    peer->object.scope = options->naming.scope;
    peer->object.wake = wake;
    peer->naming = options->naming;
    peer->name_size = strlen(name);
    memcpy(peer->name, name, peer->name_size);
    peer->process = xipcos_process_id();
    peer->user = xipcos_user_id();
    return peer;
}

static xipc_status join(
    const char *name,
    const xipc_peer_options *options,
    xipc_deadline deadline,
    xipc_peer **peer_out)
{
    xipc_peer *peer;
    xipc_status status = check_call(name, &options, peer_out);

    if (status != XIPC_OK) {
        return status;
    }
    peer = new_handle(name, options);
    if (!peer) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipci_inbox_create(peer, options, deadline);
    if (status == XIPC_OK) {
        status = xipci_peer_take_name(peer, deadline);
    }
    if (status != XIPC_OK) {
        xipc_peer_leave(peer);
        return status;
    }
    peer->object.waitable = &xipci_peer_waitable;
    *peer_out = peer;
    return XIPC_OK;
}

xipc_status xipc_peer_join(
    const char *name,
    const xipc_peer_options *options,
    xipc_deadline deadline,
    xipc_peer **peer_out)
{
    return xipci_answer(join(name, options, deadline, peer_out));
}

/* ---- leaving ---- */

/* Says so first, and then to those who are there: who comes later sees it. */
static void close_inbox(xipc_peer *peer)
{
    if (peer->inbox.member != 0) {
        atomic_store_explicit(
            &peer->inbox.head->holder, peer->inbox.member | XIPCI_PEER_LEFT,
            memory_order_seq_cst);
        /* Those for whom there is no memory look at the holder themselves. */
        (void)xipci_peer_accept(peer);
    }
}

static void free_lanes(xipc_peer *peer)
{
    uint32_t count = peer->lane_count;

    for (uint32_t at = 0; at < count; at++) {
        if (peer->lanes[at]) {
            xipc_ring_close(peer->lanes[at]->ring);
            free(peer->lanes[at]);
        }
    }
    free(peer->lanes);
}

void xipc_peer_leave(xipc_peer *peer)
{
    if (!peer) {
        return;
    }
    xipci_poller_forget(&peer->object);
    if (xipci_object_is_own(&peer->object)) {
        xipci_peer_free_name(peer);
        close_inbox(peer);
    }
    free_lanes(peer);
    xipci_peer_close_links(peer);
    xipci_inbox_close(&peer->inbox);
    if (peer->claim.native) {
        xipci_stand_leave(&peer->claim);
    }
    free(peer);
}

/* ---- what it is ---- */

const char *xipc_peer_name(const xipc_peer *peer)
{
    return peer ? peer->name : "";
}

uint32_t xipc_peer_message_max(const xipc_peer *peer)
{
    return peer ? peer->inbox.shape.message_max : 0;
}

xipc_object *xipc_peer_object(xipc_peer *peer)
{
    return peer ? &peer->object : NULL;
}
