/* SPDX-License-Identifier: Apache-2.0 */
/* How a mailbox is laid out: from options to a head, and from a head to what a
 * handle believes of it. */
#include <string.h>

#include "core/failure.h"
#include "core/mailbox_make.h"
#include "core/mailbox_native.h"
#include "core/name.h"
#include "core/shared.h"

#define ALL_FLAGS                                                            \
    (XIPC_MAILBOX_FIXED_SIZE | XIPC_MAILBOX_EXCLUSIVE | XIPC_MAILBOX_OWNED | \
     XIPC_MAILBOX_ACKED)

#define BLOCK_LINES     64u
#define ENTRY_COUNT_MIN 16u

/* Entries of an unbounded box: who finds none helps the other side along. */
#define ENTRY_COUNT_OPEN 4096u
#define ENTRY_COUNT_MAX  (UINT32_C(1) << 25)
#define COUNT_OPEN_MAX   (UINT32_C(1) << 26)

/* What an unbounded box begins with. */
#define FIRST_BYTES ((uint64_t)64 << 10)
#define FIRST_MIN   4u

const xipci_marks xipci_box_marks = {
    UINT32_C(0x58420001), UINT32_C(0x58420000)};

static const xipc_mailbox_options default_options = XIPC_MAILBOX_OPTIONS_INIT;

/* ---- what is asked for ---- */

static const char *why_not(const xipc_mailbox_options *options)
{
    int is_open = options->capacity == XIPC_UNBOUNDED;

    if ((options->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return "options has an unknown flag";
    }
    if ((unsigned)options->overflow > XIPC_OVERFLOW_DROP_OLDEST) {
        return "an unknown overflow";
    }
    if (!is_open && options->capacity > XIPC_MAILBOX_CAPACITY_MAX) {
        return "the capacity is above XIPC_MAILBOX_CAPACITY_MAX";
    }
    if (options->message_max > XIPC_MAILBOX_MESSAGE_MAX_LIMIT) {
        return "message_max is above XIPC_MAILBOX_MESSAGE_MAX_LIMIT";
    }
    if (options->overflow == XIPC_OVERFLOW_DROP_OLDEST &&
        (is_open || options->capacity == 0)) {
        return "there is no oldest to drop without a capacity";
    }
    if ((options->flags & XIPC_MAILBOX_OWNED) != 0 &&
        options->naming.lifetime == XIPC_PERSISTENT) {
        return "what ends with its owner is not persistent";
    }
    return NULL;
}

static xipc_status
check_options(const char *name, const xipc_mailbox_options **options)
{
    const char *why = NULL;

    if (!*options) {
        *options = &default_options;
    }
    if ((*options)->options_size != sizeof **options) {
        why = "options_size is unknown; use XIPC_MAILBOX_OPTIONS_INIT";
    } else {
        why = why_not(*options);
    }
    return why ? xipci_fail(XIPC_E_INVALID, XIPC_KIND_MAILBOX, name, "%s", why)
               : XIPC_OK;
}

xipc_status xipci_box_check_call(
    const char *name,
    const xipc_mailbox_options **options,
    xipc_mailbox **mailbox_out)
{
    xipc_status status = xipci_name_check(XIPC_KIND_MAILBOX, name);

    if (status == XIPC_OK && !mailbox_out) {
        status = xipci_invalid("mailbox_out is NULL");
    }
    if (status == XIPC_OK) {
        status = check_options(name, options);
    }
    if (status == XIPC_OK) {
        status = xipci_native_check(name, *options);
    }
    return status == XIPC_OK ? xipci_naming_check(
                                   XIPC_KIND_MAILBOX, name, &(*options)->naming)
                             : status;
}

/* ---- the layout ---- */

static uint64_t stride_of(uint32_t message_max)
{
    return ((uint64_t)XIPCI_BOX_BLOCK_SIZE + message_max + BLOCK_LINES - 1) /
           BLOCK_LINES * BLOCK_LINES;
}

/* Blocks beside those that wait: being written or read. */
static uint32_t spare_count(uint64_t stride)
{
    if (stride <= 4096) {
        return 16;
    }
    return stride <= 65536 + BLOCK_LINES ? 8 : 4;
}

static uint32_t entry_count_for(uint32_t count)
{
    uint32_t entries = ENTRY_COUNT_MIN;

    while (entries < count) {
        entries *= 2;
    }
    return entries;
}

static uint64_t blocks_at(uint32_t entry_count)
{
    return XIPCI_BOX_HEAD_SIZE + (uint64_t)entry_count * 2 * sizeof(uint32_t);
}

static void count_open(
    xipci_box_head *head, const xipc_mailbox_options *options, uint64_t stride)
{
    uint64_t most = options->byte_max / stride;
    uint64_t first = FIRST_BYTES / stride;

    most = most < COUNT_OPEN_MAX ? most : COUNT_OPEN_MAX;
    first = first > FIRST_MIN ? first : FIRST_MIN;
    first = first < most ? first : most;
    head->first_count = (uint32_t)first;
    head->count_max = (uint32_t)most;
    head->entry_count = entry_count_for(
        head->count_max < ENTRY_COUNT_OPEN ? head->count_max
                                           : ENTRY_COUNT_OPEN);
}

void xipci_box_fill_head(
    xipci_box_head *head, const xipc_mailbox_options *options)
{
    uint64_t stride = stride_of(options->message_max);
    uint32_t spare = spare_count(stride);

    memset(head, 0, sizeof *head);
    head->flags = options->flags;
    head->overflow = options->overflow;
    head->capacity = options->capacity;
    head->message_max = options->message_max;
    head->byte_max = options->byte_max;
    if (options->capacity == XIPC_UNBOUNDED) {
        count_open(head, options, stride);
    } else {
        head->first_count =
            options->capacity == 0 ? 4 * spare : options->capacity + spare;
        head->count_max = head->first_count;
        head->entry_count = entry_count_for(head->first_count);
    }
    atomic_init(&head->senders.free, XIPCI_BOX_NIL);
    atomic_init(&head->senders.count, head->first_count);
    atomic_init(&head->mark, xipci_box_marks.made);
}

/* Whether blocks of that stride fit behind such circles, at first and at last.
 */
static int fits(const xipc_mailbox *box, uint64_t stride)
{
    uint64_t first = box->blocks_at + box->first_count * stride;
    uint64_t last = box->blocks_at + box->count_max * stride;

    return first <= xipcos_section_size(box->stand.native) &&
           last <= xipcos_section_max_size(box->stand.native) &&
           xipci_shared_round_up(last) <= SIZE_MAX;
}

/* Private copies of what never changes, if it makes sense. */
xipc_status xipci_box_read_head(xipc_mailbox *box)
{
    const volatile xipci_box_head *head = box->head; /* read once */
    uint32_t overflow = head->overflow;
    uint32_t entries = head->entry_count;
    uint64_t stride;
    int is_open;

    box->flags = head->flags;
    box->capacity = head->capacity;
    box->message_max = head->message_max;
    box->first_count = head->first_count;
    box->count_max = head->count_max;
    box->byte_max = head->byte_max;
    is_open = box->capacity == XIPC_UNBOUNDED;
    if ((box->flags & ~(uint32_t)ALL_FLAGS) != 0 ||
        overflow > XIPC_OVERFLOW_DROP_OLDEST ||
        box->message_max > XIPC_MAILBOX_MESSAGE_MAX_LIMIT ||
        (!is_open && box->capacity > XIPC_MAILBOX_CAPACITY_MAX) ||
        entries < ENTRY_COUNT_MIN || entries > ENTRY_COUNT_MAX ||
        (entries & (entries - 1)) != 0 || box->first_count == 0 ||
        box->count_max < box->first_count || box->count_max > COUNT_OPEN_MAX ||
        (!is_open && entries < box->count_max)) {
        return xipci_box_corrupt(box);
    }
    stride = stride_of(box->message_max);
    box->overflow = (xipc_overflow)overflow;
    box->entry_mask = entries - 1;
    box->blocks_at = blocks_at(entries);
    if (!fits(box, stride)) {
        return xipci_box_corrupt(box);
    }
    box->stride = (size_t)stride;
    atomic_init(&box->known_count, box->first_count);
    return XIPC_OK;
}

xipc_status xipci_box_plan_memory(
    const char *name, xipci_box_head *head, xipcos_section_plan *memory)
{
    uint64_t stride = stride_of(head->message_max);
    uint64_t first = blocks_at(head->entry_count) + head->first_count * stride;
    uint64_t last = blocks_at(head->entry_count) + head->count_max * stride;

    if (head->count_max == 0) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, name,
            "byte_max has no room for one message");
    }
    if (xipci_shared_round_up(last) > SIZE_MAX) {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_MAILBOX, name,
            "that many messages of that size are too large to address");
    }
    *memory = (xipcos_section_plan){
        .size = xipci_shared_round_up(first),
        .max_size = xipci_shared_round_up(last),
        .data = head,
        .data_size = sizeof *head};
    return XIPC_OK;
}
