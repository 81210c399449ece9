/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes without bounds: as many messages as there is memory for, which they
 * take as they need it. */
#include <stdio.h>
#include <string.h>

#include "support/mailbox_kit.h"

enum { LONGEST = 1000 };

static xipc_mailbox *unbounded(uint64_t byte_max)
{
    xipc_mailbox_options options = box_of(XIPC_UNBOUNDED, LONGEST);

    options.byte_max = byte_max;
    return box_made("a", &options);
}

/* Sends from `number` on until there is no more memory; how many. */
static uint64_t send_all(xipc_mailbox *box, uint64_t number, size_t size)
{
    uint64_t count = 0;
    xipc_status status = box_send(box, number, size, XIPC_FOREVER);

    while (status == XIPC_OK) {
        count++;
        status = box_send(box, number + count, size, XIPC_FOREVER);
    }
    REQUIRE_STATUS(XIPC_E_NO_SPACE, status);
    return count;
}

SPEC(an_unbounded_mailbox_takes_whatever_is_sent, "MBOX-1")
{
    xipc_mailbox *box = unbounded(XIPC_MAILBOX_BYTE_MAX_DEFAULT);
    uint64_t count = rounds_here(20000, 5000);

    REQUIRE_UINT(XIPC_UNBOUNDED, xipc_mailbox_capacity(box));
    for (uint64_t number = 0; number < count; number++) {
        REQUIRE_OK(box_send(
            box, number, message_size(number, LONGEST),
            number % 2 == 0 ? XIPC_NOW : XIPC_FOREVER));
    }
    REQUIRE_UINT(count, xipc_mailbox_depth(box));
    for (uint64_t number = 0; number < count; number++) {
        box_receives(box, number, message_size(number, LONGEST));
    }
    require_no_message(box);
    xipc_mailbox_close(box);
}

/* Up and down, never more at once than is allowed in all. */
SPEC(an_unbounded_mailbox_grows_again_and_again, "MBOX-1")
{
    xipc_mailbox *box = unbounded(UINT64_C(8) << 20);
    uint64_t number = 0;

    for (uint64_t lap = 0; lap < 30; lap++) {
        uint64_t count = lap % 3 == 0 ? 5000 : lap * 20 + 1;

        for (uint64_t i = 0; i < count; i++) {
            box_sends(box, number + i, (size_t)(i % 300));
        }
        for (uint64_t i = 0; i < count; i++) {
            box_receives(box, number + i, (size_t)(i % 300));
        }
        require_no_message(box);
        number += count;
    }
    xipc_mailbox_close(box);
}

SPEC(what_others_sent_while_it_grew_is_received_here, "MBOX-1")
{
    xipc_mailbox *box = unbounded(UINT64_C(16) << 20);
    xipc_mailbox *other = box_joined("a");
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 3; i++) {
        hand_does(hand, "produce 0 3000 1000", XIPC_OK);
        REQUIRE_UINT(3000, hand_count(hand));
        for (uint64_t number = 0; number < 1500; number++) {
            box_receives(box, number, message_size(number, LONGEST));
        }
        for (uint64_t number = 1500; number < 3000; number++) {
            box_receives(other, number, message_size(number, LONGEST));
        }
        require_no_message(box);
        for (uint64_t number = 0; number < 4000; number++) {
            box_sends(box, number, message_size(number, LONGEST));
        }
        hand_does(hand, "consume 0 4000 1000", XIPC_OK);
        REQUIRE_UINT(4000, hand_count(hand));
    }
    hand_ends(hand);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* ---- its limit ---- */

SPEC(an_unbounded_mailbox_ends_at_its_limit_and_says_so, "MBOX-1 GEN-2")
{
    xipc_mailbox *box = unbounded(UINT64_C(1) << 20);
    void *data = NULL;
    uint64_t count = send_all(box, 0, LONGEST);

    REQUIRE(strstr(xipc_detail(), "1048576") != NULL);
    /* 1000 bytes and the 64 that a message has beside them, in whole 64. */
    REQUIRE(count * LONGEST <= UINT64_C(1) << 20);
    REQUIRE(count * 1088 >= UINT64_C(1) << 19);
    REQUIRE_UINT(count, xipc_mailbox_depth(box));
    REQUIRE_STATUS(XIPC_E_NO_SPACE, box_send(box, 0, 0, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NO_SPACE, box_send(box, 0, 0, xipc_after_ms(600000)));
    REQUIRE_STATUS(
        XIPC_E_NO_SPACE, box_reserve(box, 0, 0, &data, XIPC_FOREVER));
    REQUIRE_UINT(0, xipc_mailbox_dropped(box));
    box_empty(box, 0, count, LONGEST);
    xipc_mailbox_close(box);
}

SPEC(an_unbounded_mailbox_works_on_after_its_limit, "MBOX-1")
{
    xipc_mailbox *box = unbounded(UINT64_C(1) << 20);
    uint64_t most = send_all(box, 0, LONGEST);
    uint64_t number = most;
    uint64_t left = most;

    for (int i = 0; i < 6; i++) {
        uint64_t gone = i % 2 == 0 ? left / 2 : left;

        for (uint64_t j = 0; j < gone; j++) {
            box_receives(box, number - left + j, LONGEST);
        }
        left -= gone;
        REQUIRE_UINT(most, left + send_all(box, number, LONGEST));
        number += most - left;
        left = most;
    }
    box_empty(box, number - left, left, LONGEST);
    xipc_mailbox_close(box);
}

SPEC(what_is_full_of_reserved_and_taken_has_no_room_either, "MBOX-1 MBOX-9")
{
    xipc_mailbox *box = unbounded(UINT64_C(1) << 18);
    void *blocks[300];
    const void *taken[300];
    size_t block_count = 0;
    size_t taken_count = 0;
    void *block = NULL;

    while (box_reserve(box, block_count, 900, &block, XIPC_NOW) == XIPC_OK) {
        REQUIRE(block_count < 300);
        blocks[block_count++] = block;
    }
    for (size_t i = 0; i < block_count; i++) {
        REQUIRE(message_is(blocks[i], 900, i));
        box_commits(box, blocks[i], i, 900);
    }
    for (; taken_count < block_count; taken_count++) {
        taken[taken_count] = box_takes(box, taken_count, 900);
    }
    REQUIRE_STATUS(XIPC_E_NO_SPACE, box_send(box, 0, 0, XIPC_FOREVER));
    for (size_t i = 0; i < taken_count; i++) {
        REQUIRE(message_is(taken[i], 900, i));
        REQUIRE_OK(xipc_mailbox_release(box, taken[i]));
    }
    REQUIRE_UINT(block_count, send_all(box, 0, 900));
    xipc_mailbox_close(box);
}

SPEC(messages_of_a_megabyte_fill_an_unbounded_mailbox, "MBOX-1 MBOX-2")
{
    xipc_mailbox_options options = box_of(XIPC_UNBOUNDED, 1 << 20);
    xipc_mailbox *box;
    uint64_t count;

    options.byte_max = UINT64_C(24) << 20;
    box = box_made("a", &options);
    for (int lap = 0; lap < 2; lap++) {
        count = send_all(box, 5, 1 << 20);
        REQUIRE(count >= 8 && count < 24);
        box_empty(box, 5, count, 1 << 20);
    }
    xipc_mailbox_close(box);
}

SPEC(priorities_hold_while_an_unbounded_mailbox_grows, "MBOX-1 MBOX-3")
{
    xipc_mailbox *box = unbounded(UINT64_C(64) << 20);
    uint64_t due[4] = {0};

    for (uint64_t number = 0; number < 8000; number++) {
        REQUIRE_OK(box_send_at(box, number / 4, 50, number % 4 * 10, XIPC_NOW));
    }
    for (uint64_t i = 0; i < 8000; i++) {
        box_mail mail = box_gives(box);

        REQUIRE_UINT(30 - i / 2000 * 10, mail.envelope.priority);
        REQUIRE_UINT(due[i / 2000]++, mail.number);
    }
    require_no_message(box);
    xipc_mailbox_close(box);
}

/* ---- many at once ---- */

typedef struct grower {
    xipc_mailbox *box;
    uint64_t first;
    uint64_t count;
    tally *marks;
} grower;

static void send_many(void *context)
{
    grower *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        REQUIRE_OK(
            box_send(self->box, self->first + i, (size_t)i % 999, XIPC_NOW));
    }
}

static void receive_many(void *context)
{
    grower *self = context;
    box_mail mail;

    for (uint64_t i = 0; i < self->count; i++) {
        REQUIRE_OK(box_fetch(self->box, &mail, XIPC_FOREVER));
        tally_mark(self->marks, mail.number);
    }
}

SPEC(many_send_and_receive_while_an_unbounded_mailbox_grows, "MBOX-1 MBOX-5")
{
    static tally marks;
    uint64_t each = rounds_here(10000, 3000);
    xipc_mailbox *boxes[4] = {unbounded(XIPC_MAILBOX_BYTE_MAX_DEFAULT)};
    grower growers[4];
    spec_thread *threads[4];

    for (size_t i = 0; i < 4; i++) {
        if (i > 0) {
            boxes[i] = box_joined("a");
        }
        growers[i] = (grower){boxes[i], each * (i % 2), each, &marks};
        threads[i] =
            spec_thread_start(i < 2 ? send_many : receive_many, &growers[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        spec_thread_join(threads[i]);
    }
    for (uint64_t number = 0; number < 2 * each; number++) {
        REQUIRE(tally_has(&marks, number));
    }
    require_no_message(boxes[0]);
    for (size_t i = 0; i < 4; i++) {
        xipc_mailbox_close(boxes[i]);
    }
}
