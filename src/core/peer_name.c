/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a name. */
#include "core/failure.h"
#include "core/peer.h"
#include "core/shared.h"
#include "os/os_member.h"

/* "XN" and the layout version, or 0 of one that is being made. */
const xipci_marks xipci_peer_marks = {
    UINT32_C(0x584e0001), UINT32_C(0x584e0000)};

/* ---- taking one ---- */

typedef struct name_call {
    xipc_peer *peer;
    xipc_deadline deadline;
} name_call;

static xipc_status create_half(const void *context)
{
    const name_call *call = context;
    xipci_peer_head head = {0};
    xipcos_section_plan memory = {.data = &head, .data_size = sizeof head};

    atomic_init(&head.mark, xipci_peer_marks.made);
    memory.size = xipci_shared_round_up(sizeof head);
    memory.max_size = memory.size;
    return xipci_shared_create(
        XIPC_KIND_PEER, call->peer->name, &call->peer->naming, &memory,
        call->deadline, &call->peer->claim.native);
}

static xipc_status open_half(const void *context)
{
    const name_call *call = context;

    return xipci_shared_open(
        XIPC_KIND_PEER, call->peer->name, &call->peer->naming, 0,
        call->deadline, &call->peer->claim.native);
}

static xipc_status map_head(
    const xipc_object *object, xipci_stand *stand, xipci_peer_head **head_out)
{
    void *at;
    xipc_status status =
        xipci_stand_map(stand, object, 0, sizeof **head_out, &at);

    if (status != XIPC_OK) {
        return status;
    }
    *head_out = at;
    status = xipci_stand_find(object, &(*head_out)->mark, &xipci_peer_marks);
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static uint32_t holder_of(const xipci_peer_head *head)
{
    return atomic_load_explicit(&head->holder, memory_order_seq_cst);
}

static int has_holder(const xipci_peer_head *head, xipcos_section *native)
{
    uint32_t holder = holder_of(head);

    return holder != 0 && (holder & XIPCI_PEER_LEFT) == 0 &&
           xipcos_member_lives(native, holder);
}

/* With the claim. Whoever looks it up meanwhile finds nobody, and not one with
 * another one's inbox. */
static xipc_status become_holder(xipc_peer *peer)
{
    xipci_peer_head *head = peer->head;
    xipc_status status = xipci_object_relay(
        &peer->object, xipcos_member_join(peer->claim.native, &peer->member));

    if (status != XIPC_OK) {
        return status;
    }
    if (has_holder(head, peer->claim.native)) {
        return xipci_peer_fail(
            peer, XIPC_E_EXISTS, "somebody living has that name");
    }
    atomic_store_explicit(&head->holder, 0, memory_order_seq_cst);
    atomic_store_explicit(
        &head->generation, peer->inbox.shape.generation, memory_order_seq_cst);
    atomic_store_explicit(&head->holder, peer->member, memory_order_seq_cst);
    peer->has_name = 1;
    return XIPC_OK;
}

xipc_status xipci_peer_take_name(xipc_peer *peer, xipc_deadline deadline)
{
    const name_call call = {peer, deadline};
    const xipci_shared_either either = {XIPC_KIND_PEER, peer->name, deadline,
                                        create_half,    open_half,  &call};
    xipc_status status = xipci_shared_open_or_create(&either, NULL);

    if (status == XIPC_OK) {
        status = map_head(&peer->object, &peer->claim, &peer->head);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_claim(&peer->claim, &peer->object, deadline);
    }
    if (status == XIPC_OK) {
        status = become_holder(peer);
        xipcos_member_unclaim(peer->claim.native);
    }
    return status;
}

void xipci_peer_free_name(xipc_peer *peer)
{
    if (peer->has_name) {
        atomic_store_explicit(
            &peer->head->holder, peer->member | XIPCI_PEER_LEFT,
            memory_order_seq_cst);
        peer->has_name = 0;
    }
}

/* ---- looking one up ---- */

/* One who takes it meanwhile has another number, or has left before, and then
 * either generation was his. */
static int read_generation(
    const xipci_peer_head *head,
    xipcos_section *native,
    uint64_t *generation_out)
{
    uint32_t holder = holder_of(head);

    if (!has_holder(head, native)) {
        return 0;
    }
    *generation_out =
        atomic_load_explicit(&head->generation, memory_order_seq_cst);
    return holder_of(head) == holder;
}

xipc_status xipci_peer_look_up(
    const xipc_peer *peer,
    const char *name,
    xipc_deadline deadline,
    uint64_t *generation_out)
{
    xipci_stand stand = {.section = NULL};
    xipci_peer_head *head;
    xipc_status status = xipci_shared_open(
        XIPC_KIND_PEER, name, &peer->naming, 0, deadline, &stand.native);

    if (status != XIPC_OK) {
        return status;
    }
    status = map_head(&peer->object, &stand, &head);
    if (status == XIPC_OK &&
        !read_generation(head, stand.native, generation_out)) {
        status = xipci_fail(
            XIPC_E_NOT_FOUND, XIPC_KIND_PEER, name, "nobody has that name");
    }
    xipci_stand_leave(&stand);
    return status;
}
