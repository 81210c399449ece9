/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving, from one peer or from any. */
#include <string.h>

#include "core/failure.h"
#include "core/peer.h"

typedef struct receiving {
    xipc_peer *peer;
    const char *from; /* NULL: anybody */
    size_t from_size;
    void *buffer;
    size_t capacity;
    xipc_peer_mail *mail;
    /* The half that sends to `from`, for word of its death, and how often it
       was lost when the call began. */
    xipci_peer_link *link;
    uint32_t loss_count;
} receiving;

/* ---- one message ---- */

static void tell_of(
    const xipci_peer_lane *lane,
    const xipci_peer_stamp *stamp,
    size_t size,
    xipc_peer_mail *mail)
{
    mail->size = size;
    mail->type = stamp->type;
    mail->sender_process = lane->process;
    mail->sender_user = lane->user;
    memcpy(mail->sender, lane->name, lane->name_size);
    mail->sender[lane->name_size] = '\0';
}

/* XIPC_E_CORRUPT: no message of ours. */
static xipc_status copy_out(receiving *call, const xipci_peer_lane *lane)
{
    const void *data;
    size_t size;
    xipci_peer_stamp stamp;
    xipc_status status = xipc_ring_peek(lane->ring, &data, &size, XIPC_NOW);

    if (status != XIPC_OK || size < sizeof stamp ||
        size - sizeof stamp > call->peer->inbox.shape.message_max) {
        return XIPC_E_CORRUPT;
    }
    size -= sizeof stamp;
    if (size > call->capacity) {
        call->mail->size = size;
        return xipc_ring_rewind(lane->ring) == XIPC_OK ? XIPC_E_TOO_SMALL
                                                       : XIPC_E_CORRUPT;
    }
    memcpy(&stamp, data, sizeof stamp);
    if (size > 0) {
        memcpy(call->buffer, (const unsigned char *)data + sizeof stamp, size);
    }
    tell_of(lane, &stamp, size, call->mail);
    return xipc_ring_release(lane->ring);
}

static xipc_status take_from(receiving *call, xipci_peer_lane *lane)
{
    xipc_status status = copy_out(call, lane);

    call->peer->recent = lane;
    if (status == XIPC_E_CORRUPT) {
        xipci_lane_refuse(lane);
    }
    return status;
}

/* ---- from whom ---- */

static xipc_status take_from_any(receiving *call, int is_thorough)
{
    xipc_peer *peer = call->peer;

    for (uint32_t turn = 0; turn < peer->lane_count; turn++) {
        uint32_t at = (peer->cursor + turn) % peer->lane_count;
        xipci_peer_lane *lane = peer->lanes[at];

        if (lane && lane->ring && xipci_ring_is_there(lane->ring)) {
            xipc_status status = take_from(call, lane);

            /* What is too large for him stays next in turn. */
            peer->cursor = status == XIPC_E_TOO_SMALL ? at : at + 1;
            return status;
        }
    }
    /* Who asks for one that is gone learns of it, unless its place is needed.
     */
    if (xipci_peer_is_crowded(peer)) {
        xipci_peer_reap(peer, is_thorough);
    }
    return XIPC_E_AGAIN;
}

static int is_from(const receiving *call, const xipci_peer_lane *lane)
{
    return lane && lane->ring && lane->name_size == call->from_size &&
           memcmp(lane->name, call->from, call->from_size) == 0;
}

/* The lane of that name: of several the oldest, which is a dead one's, or that
 * of one who left. NULL: there is none. */
static xipci_peer_lane *find_lane(receiving *call)
{
    xipc_peer *peer = call->peer;
    xipci_peer_lane *found = NULL;

    if (is_from(call, peer->last)) {
        return peer->last;
    }
    for (uint32_t at = 0; at < peer->lane_count; at++) {
        xipci_peer_lane *lane = peer->lanes[at];

        if (is_from(call, lane) && (!found || lane->arrival < found->arrival)) {
            found = lane;
        }
    }
    peer->last = found;
    return found;
}

/* It is what is told of the link: not another time by the half that sends. */
static xipc_status
end_lane(receiving *call, xipci_peer_lane *lane, xipc_status status)
{
    xipci_peer_lost(call->peer, lane, status);
    xipci_lane_drop(call->peer, lane);
    return status;
}

/* Somebody else was told that a link was lost, and not the lane's: what is in
 * it is a successor's. */
static int has_word(const receiving *call, const xipci_peer_lane *lane)
{
    const xipci_peer_link *link = call->link;

    return link && xipci_link_losses(link) != call->loss_count &&
           (!lane || lane->generation !=
                         atomic_load_explicit(
                             &link->told_generation, memory_order_relaxed));
}

/* Of the half that sends. */
static xipc_status end_link(const receiving *call)
{
    xipc_status status =
        xipci_link_end(call->peer, call->link, call->loss_count);

    return status == XIPC_OK ? XIPC_E_AGAIN : status;
}

static xipc_status take_from_one(receiving *call, int is_thorough)
{
    xipci_peer_lane *lane = find_lane(call);
    xipc_status status;

    if (has_word(call, lane)) {
        return end_link(call);
    }
    if (!lane) {
        return is_thorough ? end_link(call) : XIPC_E_AGAIN;
    }
    if (!xipci_ring_is_there(lane->ring)) {
        status = xipci_lane_end(call->peer, lane, is_thorough);
        if (status != XIPC_OK) {
            return end_lane(call, lane, status);
        }
    }
    return xipci_ring_is_there(lane->ring) ? take_from(call, lane)
                                           : XIPC_E_AGAIN;
}

/* ---- the call ---- */

/* The same quickly, of whom it was last: if there is a message, and then the
 * name is a legal one. XIPC_E_AGAIN: not so. */
static xipc_status take_from_last(receiving *call)
{
    xipc_peer *peer = call->peer;
    xipci_peer_lane *lane;
    xipc_status status = XIPC_E_AGAIN;

    xipci_latch_take(&peer->receiving);
    /* Those who come are seen too while there is always something of one; what
       is wrong with them is told when there is not. */
    (void)xipci_peer_accept(peer);
    lane = peer->last;
    if (lane && lane->ring && xipci_ring_is_there(lane->ring) &&
        strcmp(lane->name, call->from) == 0) {
        status = take_from(call, lane);
    }
    xipci_latch_give(&peer->receiving);
    return status;
}

static xipc_status accept(xipc_peer *peer)
{
    xipc_status status = xipci_peer_accept(peer);

    if (status == XIPC_OK && peer->has_refused) {
        peer->has_refused = 0;
        status = XIPC_E_CORRUPT;
    }
    return status;
}

static xipc_status attempt(void *context, int is_thorough)
{
    receiving *call = context;
    xipc_peer *peer = call->peer;
    xipc_status status;

    xipci_latch_take(&peer->receiving);
    status = accept(peer);
    if (status == XIPC_OK) {
        status = call->from ? take_from_one(call, is_thorough)
                            : take_from_any(call, is_thorough);
    }
    xipci_latch_give(&peer->receiving);
    return status;
}

/* Whoever just sent is given a start, as at any ring. */
static void give_a_start(xipc_peer *peer)
{
    xipci_latch_take(&peer->receiving);
    if (peer->recent && peer->recent->ring) {
        xipci_ring_give_a_start(peer->recent->ring);
    }
    xipci_latch_give(&peer->receiving);
}

static xipc_status begin(receiving *call)
{
    if (call->from) {
        call->link =
            xipci_peer_use_link(call->peer, call->from, call->from_size);
        if (!call->link) {
            return xipci_peer_fail(
                call->peer, XIPC_E_NO_MEMORY, "no memory for a new link");
        }
        call->loss_count = xipci_link_losses(call->link);
    }
    return XIPC_OK;
}

static void end(receiving *call)
{
    if (call->link) {
        xipci_peer_unuse_link(call->peer, call->link);
    }
}

static xipc_status explain(const receiving *call, xipc_status status)
{
    const xipc_peer *peer = call->peer;

    switch (status) {
    case XIPC_E_TOO_SMALL:
        return xipci_fail(
            status, XIPC_KIND_PEER, peer->name,
            "the message has %zu bytes, the buffer %zu", call->mail->size,
            call->capacity);
    case XIPC_E_CORRUPT:
        return xipci_peer_fail(
            peer, status, "a sender scribbled on its link, which has ended");
    default:
        return xipci_park_result(&peer->object, status, "no message was there");
    }
}

/* By now it is worth to know more of who is awaited. */
static xipc_status insist(receiving *call, xipc_deadline deadline)
{
    xipc_status status = begin(call);

    if (status == XIPC_OK) {
        status = deadline == XIPC_NOW
                     ? attempt(call, 1)
                     : xipci_peer_wait(call->peer, attempt, call, deadline);
        end(call);
    }
    return status;
}

/* One who never waits is told of a death too, if not at once. Whom he asks in
 * between makes no difference. */
static int is_due(receiving *call)
{
    xipc_peer *peer = call->peer;
    xipci_peer_lane *lane = NULL;
    int is_due = 0;

    xipci_latch_take(&peer->receiving);
    if (call->from) {
        lane = find_lane(call);
    }
    if (lane || !call->from) {
        is_due = xipci_peer_is_due(lane ? &lane->asked_at : &peer->asked_at);
    }
    xipci_latch_give(&peer->receiving);
    return lane || !call->from
               ? is_due
               : xipci_peer_is_link_due(peer, call->from, call->from_size);
}

static xipc_status receive(receiving *call, xipc_deadline deadline)
{
    xipc_status status = attempt(call, 0);

    if (status != XIPC_E_AGAIN) {
        return status;
    }
    if (deadline == XIPC_NOW) {
        return is_due(call) ? insist(call, XIPC_NOW) : XIPC_E_AGAIN;
    }
    give_a_start(call->peer);
    return insist(call, deadline);
}

static xipc_status check(const receiving *call)
{
    xipc_status status = xipci_peer_check(call->peer);

    if (status != XIPC_OK) {
        return status;
    }
    if (!call->buffer && call->capacity > 0) {
        return xipci_peer_fail(
            call->peer, XIPC_E_INVALID, "the buffer is NULL");
    }
    if (!call->mail || call->mail->mail_size != sizeof *call->mail) {
        return xipci_peer_fail(
            call->peer, XIPC_E_INVALID,
            call->mail ? "mail_size is unknown; use XIPC_PEER_MAIL_INIT"
                       : "mail is NULL");
    }
    return XIPC_OK;
}

static xipc_status receive_from(receiving *call, xipc_deadline deadline)
{
    xipc_status status = check(call);

    if (status != XIPC_OK) {
        return status;
    }
    if (call->from) {
        status = take_from_last(call);
    }
    if (!call->from || status == XIPC_E_AGAIN) {
        status =
            xipci_peer_check_other(call->peer, call->from, &call->from_size);
        if (status != XIPC_OK) {
            return status;
        }
        status = receive(call, deadline);
    }
    return status == XIPC_OK ? status : explain(call, status);
}

xipc_status xipc_peer_receive(
    xipc_peer *peer,
    const char *from,
    void *buffer,
    size_t capacity,
    xipc_peer_mail *mail,
    xipc_deadline deadline)
{
    receiving call = {
        .peer = peer,
        .from = from,
        .buffer = buffer,
        .capacity = capacity,
        .mail = mail};

    return xipci_answer(receive_from(&call, deadline));
}

xipc_status xipc_peer_receive_any(
    xipc_peer *peer,
    void *buffer,
    size_t capacity,
    xipc_peer_mail *mail,
    xipc_deadline deadline)
{
    receiving call = {
        .peer = peer, .buffer = buffer, .capacity = capacity, .mail = mail};
    xipc_status status = check(&call);

    if (status == XIPC_OK) {
        status = receive(&call, deadline);
        status = status == XIPC_OK ? status : explain(&call, status);
    }
    return xipci_answer(status);
}
