/* SPDX-License-Identifier: Apache-2.0 */
#include "box.h"

#include <stdio.h>

#include "nap.h"
#include "say.h"
#include "stop.h"

#define CAPACITY_UNSAID    UINT64_MAX
#define MESSAGE_MAX_UNSAID UINT64_MAX
#define MESSAGE_MAX_USUAL  65536u
#define LIBRARYS_OWN       32 /* bytes of a message of a native box */
#define RETRY_MS           50

box_choices box_chosen = {
    .capacity = CAPACITY_UNSAID, .message_max = MESSAGE_MAX_UNSAID};

/* ---- pieces ---- */

static void put(uint64_t value, size_t size, unsigned char *bytes)
{
    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(value >> (8 * at) & 0xff);
    }
}

static uint64_t get(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t at = 0; at < size; at++) {
        value |= (uint64_t)bytes[at] << (8 * at);
    }
    return value;
}

void piece_head_write(const piece_head *head, unsigned char *bytes)
{
    put(head->file, 8, bytes);
    put(head->offset, 8, bytes + 8);
    put(head->total, 8, bytes + 16);
    put(head->type, 4, bytes + 24);
    put((uint64_t)head->is_last, 4, bytes + 28);
}

piece_head piece_head_read(const unsigned char *bytes)
{
    piece_head head = {
        .file = get(bytes, 8),
        .offset = get(bytes + 8, 8),
        .total = get(bytes + 16, 8),
        .type = (uint32_t)get(bytes + 24, 4),
        .is_last = get(bytes + 28, 4) == 1};

    return head;
}

/* ---- the box ---- */

static uint64_t limit_of(xipc_feature feature, uint64_t usual)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    if (xipc_capability(feature, &info) == XIPC_OK && info.has_limit &&
        info.limit < usual) {
        return info.limit;
    }
    return usual;
}

/* What nobody has said: a queue of the system's has less room, of which the
 * library takes some for a name of its own. */
static void settle(const char *name)
{
    int is_native = box_chosen.is_native || is_native_name(name);
    uint64_t capacity = XIPC_MAILBOX_CAPACITY_DEFAULT;
    uint64_t message_max = MESSAGE_MAX_USUAL;

    if (is_native) {
        capacity = limit_of(XIPC_FEATURE_MAILBOX_NATIVE, capacity);
        message_max = limit_of(XIPC_FEATURE_NATIVE_MESSAGE, message_max);
    }
    if (is_native && !is_native_name(name) && message_max > LIBRARYS_OWN) {
        message_max -= LIBRARYS_OWN;
    }
    if (box_chosen.capacity == CAPACITY_UNSAID) {
        box_chosen.capacity = capacity;
    }
    if (box_chosen.message_max == MESSAGE_MAX_UNSAID) {
        box_chosen.message_max = message_max;
    }
}

static int fill_options(const char *name, xipc_mailbox_options *options)
{
    int is_capacity_said = box_chosen.capacity != CAPACITY_UNSAID;

    settle(name);
    if (box_chosen.capacity >= XIPC_UNBOUNDED ||
        box_chosen.message_max > XIPC_MAILBOX_MESSAGE_MAX_LIMIT) {
        return say_usage(
            "--capacity is at most %u, --message-max %u",
            XIPC_MAILBOX_CAPACITY_MAX, XIPC_MAILBOX_MESSAGE_MAX_LIMIT);
    }
    if (box_chosen.is_create && box_chosen.is_open) {
        return say_usage("--create or --open, not both");
    }
    if (is_capacity_said && box_chosen.is_unbounded) {
        return say_usage("--capacity or --unbounded, not both");
    }
    options->naming.scope = scope_chosen();
    options->naming.lifetime =
        box_chosen.is_persistent ? XIPC_PERSISTENT : XIPC_TRANSIENT;
    options->capacity = box_chosen.is_unbounded ? XIPC_UNBOUNDED
                                                : (uint32_t)box_chosen.capacity;
    options->message_max = (uint32_t)box_chosen.message_max;
    options->flags |= box_chosen.is_exclusive ? XIPC_MAILBOX_EXCLUSIVE : 0u;
    options->flags |= box_chosen.is_acked ? XIPC_MAILBOX_ACKED : 0u;
    if (box_chosen.is_native) {
        options->provider = XIPC_PROVIDER_NATIVE;
    }
    return CODE_DONE;
}

/* Where a queue of the system's has one receiver, that is who makes it. */
static int is_receivers_own(const char *name)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    return (box_chosen.is_native || is_native_name(name)) &&
           xipc_capability(XIPC_FEATURE_NATIVE_RECEIVERS, &info) == XIPC_OK &&
           info.support == XIPC_SUPPORT_ABSENT;
}

/* Waits until the receiver has made it. Returns a code. */
static int open_made(
    const char *name, const xipc_mailbox_options *options, xipc_mailbox **out)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    xipc_status status = xipc_mailbox_open(name, options, deadline, out);

    while (status == XIPC_E_NOT_FOUND && nap_before(deadline, RETRY_MS) > 0) {
        status = xipc_mailbox_open(name, options, deadline, out);
    }
    if (status == XIPC_OK) {
        return CODE_DONE;
    }
    if (stop_asked()) {
        return CODE_STOPPED;
    }
    if (status != XIPC_E_NOT_FOUND) {
        return say_status(status, name);
    }
    say("%s: no receiver has made it in time (%s); xipc recv makes it, and "
        "--timeout TIME waits longer",
        name, xipc_status_name(XIPC_E_TIMEOUT));
    return CODE_TIMEOUT;
}

int box_open(const char *name, int is_receiver, xipc_mailbox **box_out)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_deadline deadline = deadline_after(common.timeout);
    xipc_status status;
    int code = fill_options(name, &options);

    if (code != CODE_DONE) {
        return code;
    }
    /* One with a name of the system's takes no flags, and needs none. */
    if (is_receivers_own(name) && !is_native_name(name)) {
        options.flags |= XIPC_MAILBOX_OWNED;
    }
    if (!box_chosen.is_create && !box_chosen.is_open && !is_receiver &&
        is_receivers_own(name)) {
        return open_made(name, &options, box_out);
    }
    if (box_chosen.is_create) {
        status = xipc_mailbox_create(name, &options, deadline, box_out);
    } else if (box_chosen.is_open) {
        status = xipc_mailbox_open(name, &options, deadline, box_out);
    } else {
        status = xipc_mailbox_open_or_create(
            name, &options, deadline, box_out, NULL);
    }
    if (status != XIPC_OK && stop_asked()) {
        return CODE_STOPPED;
    }
    return status == XIPC_OK ? CODE_DONE : say_status(status, name);
}

xipc_status box_lock_open(const char *name, int is_sender, xipc_mutex **out)
{
    xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;
    char lock[XIPC_NAME_MAX + 32];
    xipc_deadline deadline = xipc_after_ms(1000);

    if (is_native_name(name)) {
        return XIPC_E_NOT_SUPPORTED;
    }
    (void)snprintf(lock, sizeof lock, "%.*s.xipc-send", XIPC_NAME_MAX, name);
    options.naming.scope = scope_chosen();
    return is_sender
               ? xipc_mutex_open_or_create(lock, &options, deadline, out, NULL)
               : xipc_mutex_open(lock, &options, deadline, out);
}
