/* SPDX-License-Identifier: Apache-2.0 */
/* A great many messages from one process to another; every byte of them is
 * looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

enum { LONGEST = 400 };

static uint64_t message_count(void)
{
    return rounds_here(200000, 20000);
}

/* ---- with a copy ---- */

static void send_copies(xipc_mailbox *box, uint64_t end)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = 0; number < end; number++) {
        size_t size = message_size(number, LONGEST);

        message_fill(bytes, size, number);
        REQUIRE_OK(xipc_mailbox_send(box, bytes, size, NULL, XIPC_FOREVER));
    }
}

static void receive_copies(xipc_mailbox *box, uint64_t end)
{
    unsigned char bytes[LONGEST];
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;

    for (uint64_t number = 0; number < end; number++) {
        size_t size = 0;

        REQUIRE_OK(xipc_mailbox_receive(
            box, bytes, LONGEST, &size, &envelope, XIPC_FOREVER));
        REQUIRE_UINT(message_size(number, LONGEST), size);
        REQUIRE(message_is(bytes, size, number));
        REQUIRE_UINT(number + 1, envelope.sequence);
    }
}

/* ---- without ---- */

static void send_blocks(xipc_mailbox *box, uint64_t end)
{
    for (uint64_t number = 0; number < end; number++) {
        size_t size = message_size(number, LONGEST);
        void *block = NULL;

        REQUIRE_OK(xipc_mailbox_reserve(box, LONGEST, &block, XIPC_FOREVER));
        message_fill(block, size, number);
        REQUIRE_OK(xipc_mailbox_commit(box, block, size, NULL, XIPC_FOREVER));
    }
}

/* A few are kept for a while. */
static void receive_blocks(xipc_mailbox *box, uint64_t end)
{
    enum { KEPT_COUNT = 5 };
    const void *kept[KEPT_COUNT] = {NULL};
    size_t sizes[KEPT_COUNT] = {0};

    for (uint64_t number = 0; number < end + KEPT_COUNT; number++) {
        size_t at = (size_t)(number % KEPT_COUNT);

        if (number >= KEPT_COUNT) {
            REQUIRE(message_is(kept[at], sizes[at], number - KEPT_COUNT));
            REQUIRE_OK(xipc_mailbox_release(box, kept[at]));
        }
        if (number < end) {
            REQUIRE_OK(xipc_mailbox_take(
                box, &kept[at], &sizes[at], NULL, XIPC_FOREVER));
            REQUIRE_UINT(message_size(number, LONGEST), sizes[at]);
        }
    }
}

/* ---- both ---- */

/* Argument 0: "copies" or "blocks"; 1: how many. */
PEER(a_sender_of_very_many)
{
    xipc_mailbox *box = box_joined("a");
    uint64_t end = strtoull(spec_argument(1), NULL, 10);

    if (strcmp(spec_argument(0), "copies") == 0) {
        send_copies(box, end);
    } else {
        send_blocks(box, end);
    }
    spec_expect(NULL, "close");
    xipc_mailbox_close(box);
}

static void carry(uint32_t capacity, int with_copies, uint64_t count)
{
    xipc_mailbox_options options = box_of(capacity, LONGEST);
    xipc_mailbox *box = box_made("a", &options);
    char text[24];
    spec_peer *peer;
    int64_t start;

    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    peer =
        START(a_sender_of_very_many, with_copies ? "copies" : "blocks", text);
    start = spec_now_ns();
    if (with_copies) {
        receive_copies(box, count);
    } else {
        receive_blocks(box, count);
    }
    start = spec_now_ns() - start;
    require_no_message(box);
    spec_note(
        "%s: %llu messages, %lld ns each", with_copies ? "copies" : "blocks",
        (unsigned long long)count, (long long)(start / (int64_t)count));
    spec_tell(peer, "close");
    spec_join(peer);
    xipc_mailbox_close(box);
}

SPEC(very_many_messages_arrive_in_a_mailbox_with_much_room, "MBOX-3 MBOX-4")
{
    carry(256, 1, message_count());
    carry(256, 0, message_count());
}

SPEC(very_many_messages_arrive_in_a_mailbox_with_little_room, "MBOX-3 MBOX-1")
{
    carry(1, 1, message_count() / 4);
    carry(6, 0, message_count() / 4);
}

SPEC(very_many_messages_arrive_in_a_mailbox_without_room, "MBOX-3 MBOX-1")
{
    carry(0, 1, message_count() / 8);
    carry(0, 0, message_count() / 8);
}

SPEC(very_many_messages_arrive_in_a_mailbox_without_bounds, "MBOX-3 MBOX-1")
{
    carry(XIPC_UNBOUNDED, 1, message_count());
    carry(XIPC_UNBOUNDED, 0, message_count());
}
