/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes without a copy: room that is reserved and committed, messages that
 * are taken and released, or go back. */
#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void releases(xipc_mailbox *box, const void *data)
{
    REQUIRE_OK(xipc_mailbox_release(box, data));
}

static void cancels(xipc_mailbox *box, void *data)
{
    REQUIRE_OK(xipc_mailbox_cancel(box, data));
}

/* The next one, which came before. */
static const void *
takes_again(xipc_mailbox *box, uint64_t number, size_t size, uint64_t sequence)
{
    const void *data = NULL;
    box_mail mail;

    REQUIRE_OK(box_take(box, &mail, &data, XIPC_NOW));
    REQUIRE_UINT(number, mail.number);
    REQUIRE_UINT(size, mail.size);
    REQUIRE_UINT(sequence, mail.envelope.sequence);
    REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, mail.envelope.flags);
    return data;
}

static void receives_again(
    xipc_mailbox *box, uint64_t number, size_t size, uint64_t sequence)
{
    box_mail mail = box_gives(box);

    REQUIRE_UINT(number, mail.number);
    REQUIRE_UINT(size, mail.size);
    REQUIRE_UINT(sequence, mail.envelope.sequence);
    REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, mail.envelope.flags);
}

/* ---- one ---- */

SPEC(a_block_of_a_mailbox_has_any_size_up_to_the_longest, "MBOX-9 MBOX-2")
{
    static const uint32_t longest[] = {0, 1, 7, 8, 9, 63, 64, 65, 200};

    for (size_t i = 0; i < COUNT(longest); i++) {
        xipc_mailbox_options options = box_of(3, longest[i]);
        xipc_mailbox *box = box_made("a", &options);

        for (size_t size = 0; size <= longest[i]; size++) {
            void *block = box_reserves(box, size, size);

            require_no_message(box);
            box_commits(box, block, size, size);
            releases(box, box_takes(box, size, size));
            require_no_message(box);
        }
        xipc_mailbox_close(box);
    }
}

SPEC(with_and_without_a_copy_a_mailbox_has_the_same_messages, "MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 2);

    for (uint64_t number = 0; number < 500; number++) {
        box_commits(box, box_reserves(box, number, 40), number, 40);
        box_sends(box, number, 41);
        box_receives(box, number, 40);
        releases(box, box_takes(box, number, 41));
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

SPEC(a_block_of_a_mailbox_may_be_used_in_part, "MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 1);

    for (uint64_t number = 0; number < 500; number++) {
        size_t size = (size_t)(number * 7 % 257);
        size_t used = (size_t)(number * 5) % (size + 1);
        void *block = box_reserves(box, number, size);

        REQUIRE_STATUS(
            XIPC_E_INVALID, box_commit(box, block, number, size + 1, XIPC_NOW));
        REQUIRE_STATUS(
            XIPC_E_INVALID, box_commit(box, block, number, SIZE_MAX, XIPC_NOW));
        require_no_message(box);
        box_commits(box, block, number, used);
        box_receives(box, number, used);
    }
    xipc_mailbox_close(box);
}

SPEC(what_is_canceled_in_a_mailbox_was_never_there, "MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 2);

    for (uint64_t number = 0; number < 200; number++) {
        void *one = box_reserves(box, 77, 100);
        void *two = box_reserves(box, 78, 20);

        require_no_room(box, 10);
        cancels(box, number % 2 == 0 ? one : two);
        box_sends(box, number, 50);
        require_no_room(box, 10);
        cancels(box, number % 2 == 0 ? two : one);
        box_sends(box, number, 60);
        box_receives(box, number, 50);
        box_receives(box, number, 60);
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

/* ---- many ---- */

enum { BLOCK_COUNT = 7 };

static void reserve_all(xipc_mailbox *box, void **blocks)
{
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        blocks[i] = box_reserves(box, i, 10 + i);
        for (size_t j = 0; j < i; j++) {
            REQUIRE(blocks[i] != blocks[j]);
        }
    }
    require_no_room(box, 0);
}

SPEC(blocks_are_committed_in_any_order, "MBOX-9 MBOX-3")
{
    xipc_mailbox *box = box_sized("a", BLOCK_COUNT);

    for (size_t step = 1; step < BLOCK_COUNT; step++) {
        void *blocks[BLOCK_COUNT];

        reserve_all(box, blocks);
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            size_t at = i * step % BLOCK_COUNT;

            REQUIRE(message_is(blocks[at], 10 + at, at));
            box_commits(box, blocks[at], at, 10 + at);
        }
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            size_t at = i * step % BLOCK_COUNT;

            box_receives(box, at, 10 + at);
        }
    }
    xipc_mailbox_close(box);
}

SPEC(what_is_taken_is_released_in_any_order, "MBOX-9 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", BLOCK_COUNT);

    for (size_t step = 1; step < BLOCK_COUNT; step++) {
        const void *data[BLOCK_COUNT];

        REQUIRE_UINT(BLOCK_COUNT, box_fill(box, 0, 99));
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            data[i] = box_takes(box, i, 99);
            REQUIRE_UINT(BLOCK_COUNT - i - 1, xipc_mailbox_depth(box));
        }
        require_no_message(box);
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            size_t at = i * step % BLOCK_COUNT;

            REQUIRE(message_is(data[at], 99, at));
            releases(box, data[at]);
        }
        REQUIRE_UINT(BLOCK_COUNT, box_fill(box, 50, 98));
        box_empty(box, 50, BLOCK_COUNT, 98);
    }
    xipc_mailbox_close(box);
}

SPEC(what_is_taken_stays_as_it_is_while_others_come_and_go, "MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 8);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 10; i++) {
        const void *one;
        const void *two;

        box_sends(box, 1, 200);
        box_sends(box, 2, 256);
        one = box_takes(box, 1, 200);
        two = box_takes(box, 2, 256);
        for (uint64_t lap = 0; lap < 5; lap++) {
            hand_does(hand, "produce 10 6 256", XIPC_OK);
            REQUIRE_UINT(6, hand_count(hand));
            hand_does(hand, "consume 10 6 256", XIPC_OK);
            REQUIRE_UINT(6, hand_count(hand));
        }
        REQUIRE(message_is(one, 200, 1));
        REQUIRE(message_is(two, 256, 2));
        releases(box, one);
        releases(box, two);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

typedef struct errand {
    xipc_mailbox *box;
    void *block;
    const void *data;
} errand;

static void finish_both(void *context)
{
    errand *self = context;

    box_commits(self->box, self->block, 2, 30);
    releases(self->box, self->data);
}

SPEC(another_thread_may_commit_and_release, "MBOX-9 GEN-6")
{
    xipc_mailbox *box = box_sized("a", 2);
    errand self = {.box = box};

    for (int i = 0; i < 20; i++) {
        box_sends(box, 1, 20);
        self.data = box_takes(box, 1, 20);
        self.block = box_reserves(box, 2, 30);
        spec_thread_join(spec_thread_start(finish_both, &self));
        box_receives(box, 2, 30);
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

/* ---- back again ---- */

SPEC(what_is_returned_comes_again_marked, "MBOX-9 MBOX-8")
{
    static const uint32_t flags[] = {0, XIPC_MAILBOX_ACKED};

    for (size_t i = 0; i < COUNT(flags); i++) {
        xipc_mailbox_options options = box_flagged(flags[i]);
        xipc_mailbox *box = box_made("a", &options);
        const void *data;

        box_sends(box, 1, 10);
        box_sends(box, 2, 20);
        for (int again = 0; again < 10; again++) {
            data =
                again == 0 ? box_takes(box, 1, 10) : takes_again(box, 1, 10, 1);
            REQUIRE_UINT(1, xipc_mailbox_depth(box));
            REQUIRE_OK(xipc_mailbox_return(box, data));
            REQUIRE_UINT(2, xipc_mailbox_depth(box));
        }
        receives_again(box, 1, 10, 1);
        REQUIRE_UINT(0, box_gives(box).envelope.flags);
        require_no_message(box);
        xipc_mailbox_close(box);
    }
}

/* But for the flags. */
static void
require_same_envelope(const xipc_envelope *got, const xipc_envelope *want)
{
    REQUIRE_UINT(want->type, got->type);
    REQUIRE_UINT(want->priority, got->priority);
    REQUIRE_UINT(want->sender_process, got->sender_process);
    REQUIRE_UINT(want->sender_user, got->sender_user);
    REQUIRE_UINT(want->sequence, got->sequence);
    REQUIRE(got->sent_at == want->sent_at);
}

SPEC(what_is_returned_keeps_its_priority_and_all_else, "MBOX-9 MBOX-3 MBOX-4")
{
    xipc_mailbox *box = box_sized("a", 8);
    const void *data = NULL;
    box_mail before;
    box_mail after;

    REQUIRE_OK(box_send_at(box, 1, 100, 5, XIPC_NOW));
    REQUIRE_OK(box_send_at(box, 2, 20, 5, XIPC_NOW));
    REQUIRE_OK(box_take(box, &before, &data, XIPC_NOW));
    REQUIRE_UINT(1, before.number);
    REQUIRE_OK(box_send_at(box, 3, 30, 6, XIPC_NOW));
    REQUIRE_OK(box_send_at(box, 4, 40, 4, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_return(box, data));
    box_receives(box, 3, 30);
    after = box_gives(box);
    REQUIRE_UINT(XIPC_MESSAGE_REDELIVERED, after.envelope.flags);
    REQUIRE(after.number == before.number && after.size == before.size);
    require_same_envelope(&after.envelope, &before.envelope);
    box_receives(box, 2, 20);
    box_receives(box, 4, 40);
    xipc_mailbox_close(box);
}

SPEC(what_is_returned_wakes_another_receiver, "MBOX-9 MBOX-5")
{
    xipc_mailbox *box = box_sized("a", 1);
    spec_peer *hand = box_hand_at("a");
    unsigned rounds = rounds_here(50, 10);

    for (unsigned i = 0; i < rounds; i++) {
        const void *data;

        box_sends(box, 1, 10);
        data = box_takes(box, 1, 10);
        spec_tell(hand, "take 1 10");
        let_pass(i % 2);
        REQUIRE_OK(xipc_mailbox_return(box, data));
        hand_answers(hand, XIPC_OK);
        require_no_message(box);
        hand_does(hand, i % 3 == 0 ? "return" : "release", XIPC_OK);
        if (i % 3 == 0) {
            receives_again(box, 1, 10, i + 1);
        }
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(a_box_can_be_full_and_all_of_it_come_again, "MBOX-9 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", BLOCK_COUNT);

    for (int lap = 0; lap < 5; lap++) {
        const void *data[BLOCK_COUNT];

        REQUIRE_UINT(BLOCK_COUNT, box_fill(box, 0, 9));
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            data[i] = box_takes(box, i, 9);
        }
        for (size_t i = BLOCK_COUNT; i > 0; i--) {
            REQUIRE_OK(xipc_mailbox_return(box, data[i - 1]));
        }
        require_no_room(box, 9);
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            receives_again(box, i, 9, (uint64_t)lap * BLOCK_COUNT + i + 1);
        }
        require_no_message(box);
    }
    xipc_mailbox_close(box);
}

/* ---- closing ---- */

SPEC(to_close_gives_up_what_was_reserved, "MBOX-9 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 3);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 10; i++) {
        xipc_mailbox *other = box_joined("a");

        (void)box_reserves(other, 1, 10);
        hand_does(hand, "reserve 2 20 now", XIPC_OK);
        (void)box_reserves(other, 3, 256);
        require_no_room(box, 0);
        xipc_mailbox_close(other);
        hand_does(hand, "close", XIPC_OK);
        REQUIRE_UINT(3, box_fill(box, 4, 10));
        box_empty(box, 4, 3, 10);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(to_close_releases_what_was_taken, "MBOX-9 MBOX-1")
{
    xipc_mailbox *box = box_sized("a", 2);
    spec_peer *hand = box_hand_at("a");

    for (int i = 0; i < 10; i++) {
        xipc_mailbox *other = box_joined("a");

        box_fill(box, 1, 10);
        (void)box_takes(other, 1, 10);
        hand_does(hand, "take 2 10 now", XIPC_OK);
        hand_does(hand, "close", XIPC_OK);
        xipc_mailbox_close(other);
        require_no_message(box);
        REQUIRE_UINT(2, box_fill(box, 1, 256));
        box_empty(box, 1, 2, 256);
    }
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(what_one_who_closes_has_not_released_comes_again, "MBOX-8 MBOX-9")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_ACKED);
    xipc_mailbox *box = box_made("a", &options);
    spec_peer *hand = box_hand_at("a");

    for (uint64_t i = 0; i < 10; i++) {
        xipc_mailbox *other = box_joined("a");

        box_sends(box, 1, 10);
        box_sends(box, 2, 20);
        box_sends(box, 3, 30);
        box_sends(box, 4, 40);
        (void)box_takes(other, 1, 10);
        hand_does(hand, "take 2 20 now", XIPC_OK);
        releases(other, box_takes(other, 3, 30));
        xipc_mailbox_close(other);
        receives_again(box, 1, 10, 4 * i + 1);
        hand_does(hand, "close", XIPC_OK);
        receives_again(box, 2, 20, 4 * i + 2);
        box_receives(box, 4, 40);
        require_no_message(box);
    }
    REQUIRE_UINT(16, box_fill(box, 0, 9));
    hand_ends(hand);
    xipc_mailbox_close(box);
}

SPEC(what_was_received_whole_is_released_in_any_box, "MBOX-8 MBOX-9")
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_ACKED);
    xipc_mailbox *box = box_made("a", &options);
    xipc_mailbox *other = box_joined("a");

    REQUIRE_UINT(16, box_fill(box, 0, 9));
    for (uint64_t number = 0; number < 16; number++) {
        box_receives(other, number, 9);
    }
    xipc_mailbox_close(other);
    require_no_message(box);
    REQUIRE_UINT(16, box_fill(box, 0, 9));
    xipc_mailbox_close(box);
}

/* ---- what is nobody's, or another one's ---- */

static void require_foreign(xipc_mailbox *box, void *data)
{
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(box, data, 0, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_cancel(box, data));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_release(box, data));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_return(box, data));
}

SPEC(what_is_not_of_the_mailbox_is_refused, "MBOX-9 GEN-7")
{
    static uint64_t elsewhere[64];
    xipc_mailbox *box = box_sized("a", 4);
    unsigned char *block = box_reserves(box, 1, 100);
    unsigned char *taken;

    box_sends(box, 2, 200);
    taken = (unsigned char *)(uintptr_t)box_takes(box, 2, 200);
    require_foreign(box, NULL);
    require_foreign(box, elsewhere);
    require_foreign(box, box);
    for (int at = 1; at < 300; at++) {
        require_foreign(box, block + at);
        require_foreign(box, block - at);
    }
    require_foreign(box, (void *)8);
    require_foreign(box, (void *)UINTPTR_MAX);
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    box_commits(box, block, 1, 100);
    releases(box, taken);
    box_receives(box, 1, 100);
    REQUIRE_UINT(4, box_fill(box, 0, 0));
    xipc_mailbox_close(box);
}

SPEC(each_block_is_finished_once, "MBOX-9 GEN-7")
{
    xipc_mailbox *box = box_sized("a", 4);
    void *block = box_reserves(box, 1, 10);
    void *taken;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_release(box, block));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_return(box, block));
    box_commits(box, block, 1, 10);
    require_foreign(box, block);
    taken = (void *)(uintptr_t)box_takes(box, 1, 10);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_cancel(box, taken));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(box, taken, 0, NULL, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_return(box, taken));
    require_foreign(box, taken);
    taken = (void *)(uintptr_t)box_takes(box, 1, 10);
    releases(box, taken);
    require_foreign(box, taken);
    block = box_reserves(box, 1, 10);
    cancels(box, block);
    require_foreign(box, block);
    REQUIRE_UINT(4, box_fill(box, 0, 0));
    xipc_mailbox_close(box);
}

SPEC(a_block_belongs_to_one_handle_only, "MBOX-9 GEN-7")
{
    xipc_mailbox *box = box_sized("a", 4);
    xipc_mailbox *other = box_joined("a");
    void *block = box_reserves(box, 1, 10);
    void *taken;

    box_sends(box, 2, 20);
    taken = (void *)(uintptr_t)box_takes(box, 2, 20);
    require_foreign(other, block);
    require_foreign(other, taken);
    releases(box, taken);
    box_commits(box, block, 1, 10);
    box_receives(other, 1, 10);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}
