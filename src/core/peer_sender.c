/* SPDX-License-Identifier: Apache-2.0 */
/* Sending: over a link, which the first message makes. */
#include <string.h>

#include "core/failure.h"
#include "core/peer.h"
#include "os/os_clock.h"
#include "os/os_member.h"

/* What find_free() says if all lanes are taken; no call that it stands beside
 * does. */
#define ALL_TAKEN XIPC_E_EXISTS

/* After so many looks in vain a sender asks for a lane again. */
#define ASK_EVERY 8

/* Times in a row that the other one may have gone while he was looked for,
 * before that is waited for. */
#define QUICK_ROUNDS 4

typedef struct sending {
    xipc_peer *peer;
    const char *to;
    size_t to_size;
    const void *data;
    size_t size;
    uint32_t type;
    xipc_deadline deadline;
} sending;

static xipc_status too_big(const sending *call, const xipci_inbox_shape *shape)
{
    return xipci_fail(
        XIPC_E_TOO_BIG, XIPC_KIND_PEER, call->peer->name,
        "%zu bytes, '%s' takes %lu at most", call->size, call->to,
        (unsigned long)shape->message_max);
}

/* There is room, or it is waited for. */
static xipc_status
put(const sending *call, xipc_ring *ring, xipc_deadline deadline)
{
    xipci_peer_stamp stamp = {call->type, 0};
    void *block;
    xipc_status status =
        xipc_ring_reserve(ring, sizeof stamp + call->size, &block, deadline);

    if (status != XIPC_OK) {
        return status;
    }
    memcpy(block, &stamp, sizeof stamp);
    if (call->data && call->size > 0) {
        memcpy((unsigned char *)block + sizeof stamp, call->data, call->size);
    }
    return xipc_ring_commit(ring, sizeof stamp + call->size);
}

/* ---- the link, with the claim of the other one's inbox ---- */

/* ALL_TAKEN. */
static xipc_status find_free(const xipci_inbox *inbox, uint32_t *index_out)
{
    for (uint32_t at = 0; at < inbox->shape.link_max; at++) {
        /* Acquire: its receiver is done with it. */
        if (atomic_load_explicit(
                &xipci_inbox_record(inbox, at)->state, memory_order_seq_cst) ==
            0) {
            *index_out = at;
            return XIPC_OK;
        }
    }
    return ALL_TAKEN;
}

static void fill_record(
    const sending *call, const xipci_inbox *inbox, xipci_peer_record *record)
{
    const xipc_peer *peer = call->peer;

    record->process = peer->process;
    record->user = peer->user;
    record->generation = peer->inbox.shape.generation;
    /* Taken, so that no other one has that number, also if this process dies
       before the lane is there. */
    record->arrival = atomic_fetch_add_explicit(
        &inbox->head->arrivals, 1, memory_order_seq_cst);
    record->name_size = (uint32_t)peer->name_size;
    memcpy(record->name, peer->name, peer->name_size);
}

/* It is there, with its first message. XIPC_E_CLOSED: too late. */
static xipc_status
publish(const xipci_inbox *inbox, xipci_peer_record *record, uint32_t index)
{
    xipci_inbox_head *head = inbox->head;

    atomic_store_explicit(&record->state, inbox->member, memory_order_seq_cst);
    if (atomic_load_explicit(&head->lane_count, memory_order_seq_cst) <=
        index) {
        atomic_store_explicit(
            &head->lane_count, index + 1, memory_order_seq_cst);
    }
    atomic_fetch_add_explicit(&head->arrivals, 1, memory_order_seq_cst);
    return xipci_inbox_holder(inbox, 0);
}

static xipc_status make_ring(
    const sending *call,
    const xipci_inbox *inbox,
    uint32_t index,
    xipc_ring **ring_out)
{
    const xipci_ring_lane lane =
        xipci_inbox_lane(inbox, index, &call->peer->object);
    xipci_peer_record *record = xipci_inbox_record(inbox, index);
    xipc_ring *ring = NULL;
    xipc_status status = xipci_ring_make_lane(
        &lane,
        atomic_load_explicit(&inbox->head->holder, memory_order_seq_cst) &
            ~XIPCI_PEER_LEFT,
        &ring);

    if (status != XIPC_OK) {
        return status;
    }
    status = put(call, ring, XIPC_NOW);
    if (status == XIPC_OK) {
        fill_record(call, inbox, record);
        status = publish(inbox, record, index);
    }
    if (status != XIPC_OK) {
        xipc_ring_close(ring);
        return status;
    }
    *ring_out = ring;
    return XIPC_OK;
}

/* XIPC_E_BUSY: there is no memory for it yet. ALL_TAKEN. */
static xipc_status
make_lane(const sending *call, xipci_inbox *inbox, xipc_ring **ring_out)
{
    uint32_t index;
    xipc_status status = xipci_object_relay(
        &call->peer->object,
        xipcos_member_join(inbox->stand.native, &inbox->member));

    if (status == XIPC_OK && xipci_inbox_holder(inbox, 1) != XIPC_OK) {
        status = XIPC_E_CLOSED;
    }
    if (status == XIPC_OK) {
        status = find_free(inbox, &index);
    }
    if (status == XIPC_OK && xipcos_section_size(inbox->stand.native) <
                                 xipci_inbox_size(&inbox->shape, index + 1)) {
        status = XIPC_E_BUSY;
    }
    return status == XIPC_OK ? make_ring(call, inbox, index, ring_out) : status;
}

/* ---- without the claim ---- */

/* Whether that was done and the receiver has not looked since. */
static int is_asked_for_lanes(const xipci_inbox *inbox)
{
    return atomic_load_explicit(&inbox->head->is_full, memory_order_seq_cst) !=
           0;
}

/* The receiver is to look for those that are dead. */
static void ask_for_lanes(xipci_inbox *inbox)
{
    atomic_store_explicit(&inbox->head->is_full, 1, memory_order_seq_cst);
    atomic_fetch_add_explicit(&inbox->head->arrivals, 1, memory_order_seq_cst);
    xipci_inbox_tell(inbox);
}

static xipc_status no_lane(const sending *call, xipc_status status)
{
    return xipci_fail(
        status, XIPC_KIND_PEER, call->peer->name,
        "'%s' has as many links as it takes", call->to);
}

/* So that there is memory for the next lane. To grow takes the claim itself.
 * XIPC_E_BUSY: somebody else has it. ALL_TAKEN. */
static xipc_status grow(const sending *call, const xipci_inbox *inbox)
{
    xipcos_section *native = inbox->stand.native;
    uint32_t index;
    uint64_t size;
    xipc_status status = find_free(inbox, &index);

    if (status == XIPC_OK) {
        status = xipci_object_relay(
            &call->peer->object, xipcos_section_refresh(native));
    }
    if (status != XIPC_OK) {
        return status;
    }
    size = xipci_inbox_size(&inbox->shape, index + 1);
    if (size > xipcos_section_max_size(native)) {
        return xipci_peer_fail(
            call->peer, XIPC_E_CORRUPT, "somebody scribbled on an inbox");
    }
    if (size > xipcos_section_size(native)) {
        status = xipci_object_relay(
            &call->peer->object, xipcos_section_grow(native, size));
    }
    return status == XIPC_E_AGAIN ? XIPC_E_BUSY : status;
}

/* XIPC_E_CLOSED: nobody is there any more, so nobody makes room either. */
static xipc_status
try_lane(const sending *call, xipci_inbox *inbox, xipc_ring **ring_out)
{
    xipc_status status;

    if (xipci_inbox_holder(inbox, 1) != XIPC_OK) {
        return XIPC_E_CLOSED;
    }
    status = grow(call, inbox);
    if (status == XIPC_OK) {
        status = xipci_stand_claim(
            &inbox->stand, &call->peer->object, call->deadline);
    }
    if (status == XIPC_OK) {
        status = make_lane(call, inbox, ring_out);
        xipcos_member_unclaim(inbox->stand.native);
    }
    return status;
}

/* Again and again as long as all lanes are taken, or others make some. */
static xipc_status
await_lane(const sending *call, xipci_inbox *inbox, xipc_ring **ring_out)
{
    xipc_status status = try_lane(call, inbox, ring_out);
    int has_asked = 0;

    for (unsigned round = 0; status == ALL_TAKEN || status == XIPC_E_BUSY;
         round++) {
        xipc_status pause;

        /* Whoever has a lane may end while this waits. */
        if (status == ALL_TAKEN &&
            (!has_asked ||
             (round % ASK_EVERY == 0 && !is_asked_for_lanes(inbox)))) {
            ask_for_lanes(inbox);
            has_asked = 1;
        }
        pause = xipci_object_pause(&call->peer->object, round, call->deadline);
        if (pause != XIPC_OK) {
            return status == XIPC_E_BUSY || pause == XIPC_E_CANCELED
                       ? pause
                       : no_lane(call, pause);
        }
        status = try_lane(call, inbox, ring_out);
    }
    return status;
}

static xipc_status
link_with(const sending *call, xipci_peer_link *link, xipci_inbox *inbox)
{
    xipc_ring *ring = NULL;
    xipc_status status;

    if (call->size > inbox->shape.message_max) {
        return too_big(call, &inbox->shape);
    }
    status = await_lane(call, inbox, &ring);
    if (status == XIPC_OK) {
        link->checked_at = xipcos_clock_about_ns();
        xipci_link_set(call->peer, link, ring, inbox);
        xipci_inbox_tell(&link->inbox);
    }
    return status;
}

static xipc_status died(const sending *call)
{
    return xipci_fail(
        XIPC_E_PEER_DIED, XIPC_KIND_PEER, call->peer->name, "'%s' died",
        call->to);
}

/*
 * XIPC_E_CLOSED: he went while he was looked for. Whether somebody died under
 * the name is asked when it is known who has it now: so whoever died before a
 * successor came is seen, and what is meant for him does not go there.
 */
static xipc_status make_link(const sending *call, xipci_peer_link *link)
{
    xipc_peer *peer = call->peer;
    xipci_inbox inbox = {.section = NULL};
    uint64_t generation;
    xipc_status status =
        xipci_peer_look_up(peer, call->to, call->deadline, &generation);

    if ((status == XIPC_OK || status == XIPC_E_NOT_FOUND) &&
        xipci_peer_mourns(peer, link)) {
        return died(call);
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipci_peer_sweep(peer);
    status =
        xipci_inbox_open(peer, call->to, generation, call->deadline, &inbox);
    if (status != XIPC_OK) {
        return status == XIPC_E_NOT_FOUND ? XIPC_E_CLOSED : status;
    }
    status = link_with(call, link, &inbox);
    if (status != XIPC_OK) {
        xipci_inbox_close(&inbox);
    }
    return status;
}

/* ---- over a link ---- */

/* Whoever was there a moment ago is not asked for each message. */
static xipc_status ask(xipci_peer_link *link)
{
    /* Nor is anybody believed who a receiver of ours was told is gone. */
    int is_due =
        xipci_peer_is_due(&link->checked_at) || xipci_link_was_told(link);
    xipc_status status = xipci_ring_peer(link->ring, is_due);

    /* He may have left without having opened his side. */
    return status == XIPC_OK && is_due ? xipci_inbox_holder(&link->inbox, 0)
                                       : status;
}

static xipc_status send_over(const sending *call, xipci_peer_link *link)
{
    xipc_status status = ask(link);

    if (status == XIPC_OK && call->size > link->inbox.shape.message_max) {
        return too_big(call, &link->inbox.shape);
    }
    if (status == XIPC_OK) {
        status = put(call, link->ring, call->deadline);
    }
    if (status == XIPC_OK) {
        xipci_inbox_tell_if_asked(&link->inbox);
        return XIPC_OK;
    }
    if (status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED ||
        status == XIPC_E_CORRUPT) {
        xipci_link_lose(call->peer, link, status);
    }
    if (status == XIPC_E_PEER_DIED) {
        xipci_peer_mourn(call->peer, link);
    }
    return xipci_park_result(&call->peer->object, status, "there was no room");
}

static xipc_status begin_link(const sending *call, xipci_peer_link *link)
{
    return xipci_link_untold(call->peer, link) == XIPC_OK
               ? make_link(call, link)
               : died(call);
}

/* Who comes and goes all the time is waited for. */
static xipc_status pause_between(const sending *call, unsigned round)
{
    return round < QUICK_ROUNDS
               ? XIPC_OK
               : xipci_object_pause(
                     &call->peer->object, round - QUICK_ROUNDS, call->deadline);
}

/* With the link's latch. */
static xipc_status send_by(const sending *call, xipci_peer_link *link)
{
    xipc_status status = XIPC_E_CLOSED;

    for (unsigned round = 0; status == XIPC_E_CLOSED; round++) {
        xipc_status pause = pause_between(call, round);

        if (pause != XIPC_OK) {
            return pause;
        }
        /* Who has left may have a successor. */
        status = link->ring ? send_over(call, link) : begin_link(call, link);
    }
    return status;
}

static xipc_status take_link(sending *call, xipci_peer_link **link_out)
{
    xipc_status status;

    *link_out =
        call->to ? xipci_peer_take_last_link(call->peer, call->to) : NULL;
    if (*link_out) {
        return XIPC_OK;
    }
    status = xipci_peer_check_other(call->peer, call->to, &call->to_size);
    return status == XIPC_OK ? xipci_peer_take_link(
                                   call->peer, call->to, call->to_size,
                                   call->deadline, link_out)
                             : status;
}

static xipc_status send_it(sending *call)
{
    xipci_peer_link *link;
    xipc_status status = xipci_peer_check(call->peer);

    if (status == XIPC_OK && !call->data && call->size > 0) {
        status =
            xipci_peer_fail(call->peer, XIPC_E_INVALID, "the data is NULL");
    }
    if (status == XIPC_OK) {
        status = take_link(call, &link);
    }
    if (status == XIPC_OK) {
        status = send_by(call, link);
        xipci_peer_give_link(call->peer, link);
    }
    return status;
}

xipc_status xipc_peer_send(
    xipc_peer *peer,
    const char *to,
    const void *data,
    size_t size,
    uint32_t type,
    xipc_deadline deadline)
{
    sending call = {
        .peer = peer,
        .to = to,
        .data = data,
        .size = size,
        .type = type,
        .deadline = deadline};

    return xipci_answer(send_it(&call));
}
