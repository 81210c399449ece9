/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the name of a listener. */
#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/pipe.h"
#include "core/shared.h"
#include "os/os_member.h"

/* "XV" and the layout version, or 0 of one that is being made. */
const xipci_marks xipci_pipe_marks = {
    UINT32_C(0x58560001), UINT32_C(0x58560000)};

#define SPOT_BITS   40
#define LETTERS     8
#define BEFORE_HASH 7 /* "xipc-n-" */

void xipci_pipe_write_spot(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    const uint64_t spot[2],
    char text[XIPCOS_SPOT_SIZE])
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    xipci_name_hash(kind, name, scope, native_name);
    memcpy(text, native_name + BEFORE_HASH, LETTERS);
    for (int half = 0; half < 2; half++) {
        xipci_name_letters(
            text + (half + 1) * LETTERS,
            spot[half] & ((UINT64_C(1) << SPOT_BITS) - 1));
    }
    text[XIPCOS_SPOT_SIZE - 1] = '\0';
}

/* ---- taking one ---- */

typedef struct name_call {
    xipci_pipe_name *taken;
    const xipc_object *object;
    const char *name;
    const xipc_naming *naming;
    xipc_deadline deadline;
} name_call;

static xipc_status create_half(const void *context)
{
    const name_call *call = context;
    xipci_pipe_head head = {0};
    xipcos_section_plan memory = {.data = &head, .data_size = sizeof head};

    atomic_init(&head.mark, xipci_pipe_marks.made);
    memory.size = xipci_shared_round_up(sizeof head);
    memory.max_size = memory.size;
    return xipci_shared_create(
        call->object->kind, call->name, call->naming, &memory, call->deadline,
        &call->taken->claim.native);
}

static xipc_status open_half(const void *context)
{
    const name_call *call = context;

    return xipci_shared_open(
        call->object->kind, call->name, call->naming, 0, call->deadline,
        &call->taken->claim.native);
}

static xipc_status map_head(
    const xipc_object *object, xipci_stand *stand, xipci_pipe_head **head_out)
{
    void *at;
    xipc_status status =
        xipci_stand_map(stand, object, 0, sizeof **head_out, &at);

    if (status != XIPC_OK) {
        return status;
    }
    *head_out = at;
    status = xipci_stand_find(object, &(*head_out)->mark, &xipci_pipe_marks);
    /* Something has the name, so it is not that nothing is there. */
    return status == XIPC_E_NOT_FOUND ? XIPC_E_CORRUPT : status;
}

static uint32_t holder_of(const xipci_pipe_head *head)
{
    return atomic_load_explicit(&head->holder, memory_order_seq_cst);
}

static int has_holder(const xipci_pipe_head *head, xipcos_section *native)
{
    uint32_t holder = holder_of(head);

    return holder != 0 && (holder & XIPCI_PIPE_LEFT) == 0 &&
           xipcos_member_lives(native, holder);
}

/* With the claim. Nobody is found until it is published. */
static xipc_status
become_holder(xipci_pipe_name *taken, const xipc_object *object)
{
    xipci_pipe_head *head = taken->head;
    xipc_status status = xipci_object_relay(
        object, xipcos_member_join(taken->claim.native, &taken->member));

    if (status != XIPC_OK) {
        return status;
    }
    if (has_holder(head, taken->claim.native)) {
        return xipci_object_fail(
            object, XIPC_E_EXISTS, "somebody living listens under that name");
    }
    atomic_store_explicit(&head->message_max, 0, memory_order_seq_cst);
    atomic_store_explicit(&head->spot[0], 0, memory_order_seq_cst);
    atomic_store_explicit(&head->spot[1], 0, memory_order_seq_cst);
    atomic_store_explicit(&head->holder, taken->member, memory_order_seq_cst);
    taken->has_name = 1;
    return XIPC_OK;
}

xipc_status xipci_pipe_take_name(
    xipci_pipe_name *taken,
    const xipc_object *object,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline)
{
    const name_call call = {taken, object, name, naming, deadline};
    const xipci_shared_either either = {object->kind, name,      deadline,
                                        create_half,  open_half, &call};
    xipc_status status = xipci_shared_open_or_create(&either, NULL);

    if (status == XIPC_OK) {
        status = map_head(object, &taken->claim, &taken->head);
    }
    if (status == XIPC_OK) {
        status = xipci_stand_claim(&taken->claim, object, deadline);
    }
    if (status == XIPC_OK) {
        status = become_holder(taken, object);
        xipcos_member_unclaim(taken->claim.native);
    }
    return status;
}

/* The first half of the spot last: as long as it is 0 nobody listens yet. */
void xipci_pipe_publish(
    xipci_pipe_name *taken, const uint64_t spot[2], uint32_t message_max)
{
    xipci_pipe_head *head = taken->head;

    atomic_store_explicit(
        &head->message_max, message_max, memory_order_seq_cst);
    atomic_store_explicit(&head->spot[1], spot[1], memory_order_seq_cst);
    atomic_store_explicit(&head->spot[0], spot[0], memory_order_seq_cst);
}

void xipci_pipe_free_name(xipci_pipe_name *taken)
{
    if (taken->has_name) {
        atomic_store_explicit(
            &taken->head->holder, taken->member | XIPCI_PIPE_LEFT,
            memory_order_seq_cst);
        taken->has_name = 0;
    }
    if (taken->claim.native) {
        xipci_stand_leave(&taken->claim);
    }
}

/* ---- looking one up ---- */

/* What two holders wrote is of neither: it leads nowhere, and is looked up
 * again. */
static int read_head(
    const xipci_pipe_head *head,
    xipcos_section *native,
    uint64_t spot[2],
    uint32_t *message_max_out)
{
    uint32_t holder = holder_of(head);

    if (!has_holder(head, native)) {
        return 0;
    }
    spot[0] = atomic_load_explicit(&head->spot[0], memory_order_seq_cst);
    spot[1] = atomic_load_explicit(&head->spot[1], memory_order_seq_cst);
    *message_max_out =
        atomic_load_explicit(&head->message_max, memory_order_seq_cst);
    return spot[0] != 0 && *message_max_out <= XIPC_PIPE_MESSAGE_MAX_LIMIT &&
           holder_of(head) == holder;
}

xipc_status xipci_pipe_look_up(
    const xipc_object *object,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipci_pipe_found *found_out)
{
    xipci_pipe_found found = {.stand = {.section = NULL}};
    xipci_pipe_head *head;
    uint64_t spot[2] = {0, 0};
    xipc_status status = xipci_shared_open(
        object->kind, name, naming, 0, deadline, &found.stand.native);

    if (status != XIPC_OK) {
        return status;
    }
    status = map_head(object, &found.stand, &head);
    if (status == XIPC_OK &&
        !read_head(head, found.stand.native, spot, &found.message_max)) {
        status = xipci_object_fail(
            object, XIPC_E_NOT_FOUND, "nobody listens under that name");
    }
    if (status != XIPC_OK) {
        xipci_stand_leave(&found.stand);
        return status;
    }
    xipci_pipe_write_spot(object->kind, name, naming->scope, spot, found.spot);
    *found_out = found;
    return XIPC_OK;
}
