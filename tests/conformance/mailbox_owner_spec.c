/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes that belong to a process and end with it, for everybody. */
#include "support/mailbox_kit.h"

static xipc_mailbox *owned_box(uint32_t capacity)
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_OWNED);

    options.capacity = capacity;
    return box_made("a", &options);
}

static void require_closed(xipc_mailbox *box)
{
    void *block = NULL;
    const void *data = NULL;
    box_mail mail;

    REQUIRE_STATUS(XIPC_E_CLOSED, box_send(box, 1, 1, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_send(box, 1, 1, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_fetch(box, &mail, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_fetch(box, &mail, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_reserve(box, 1, 1, &block, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_take(box, &mail, &data, XIPC_FOREVER));
}

/* Nobody can open it, though others have it open. */
static void require_not_to_be_found(void)
{
    xipc_mailbox *box = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_FOREVER, &box));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_NOW, &box));
    REQUIRE(box == UNTOUCHED);
}

BOX_SPEC(a_mailbox_with_an_owner_is_as_any_other_while_he_has_it, "MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = owned_box(4);
    xipc_mailbox *other = box_joined("a");
    spec_peer *hand = box_hand_at("a");

    REQUIRE_UINT(XIPC_MAILBOX_OWNED, xipc_mailbox_flags(other));
    for (int i = 0; i < 5; i++) {
        hand_does(hand, "send 1 10", XIPC_OK);
        box_sends(other, 2, 20);
        box_sends(box, 3, 30);
        box_receives(other, 1, 10);
        box_receives(box, 2, 20);
        hand_does(hand, "receive 3 30", XIPC_OK);
        hand_does(hand, "close", XIPC_OK);
        xipc_mailbox_close(other);
        other = box_joined("a");
    }
    hand_ends(hand);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
    require_nothing_exists();
}

BOX_SPEC(an_owner_that_closes_ends_the_mailbox_for_all, "MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for (int i = 0; i < 3; i++) {
        xipc_mailbox *box = owned_box(4);
        xipc_mailbox *other = box_joined("a");
        spec_peer *hand = box_hand_at("a");

        hand_does(hand, "send 1 10", XIPC_OK);
        hand_does(hand, "send 2 20", XIPC_OK);
        box_receives(other, 1, 10);
        xipc_mailbox_close(box);
        require_closed(other);
        hand_does(hand, "receive 2 20", XIPC_E_CLOSED);
        hand_does(hand, "send 3 30", XIPC_E_CLOSED);
        hand_does(hand, "send 3 30 now", XIPC_E_CLOSED);
        require_not_to_be_found();
        hand_ends(hand);
        require_closed(other);
        xipc_mailbox_close(other);
        require_not_to_be_found();
        require_nothing_exists();
    }
}

/* Another handle of the owner's process is one like all others. */
BOX_SPEC(it_is_the_owners_first_handle_that_counts, "MBOX-7")
{
    xipc_mailbox *box = owned_box(4);
    xipc_mailbox *other = box_joined("a");
    xipc_mailbox *last = box_joined("a");

    xipc_mailbox_close(other);
    box_sends(last, 1, 10);
    box_receives(box, 1, 10);
    xipc_mailbox_close(box);
    require_closed(last);
    xipc_mailbox_close(last);
    require_nothing_exists();
}

SPEC(blocks_of_an_ended_mailbox_can_still_be_touched, "MBOX-7 MBOX-9")
{
    xipc_mailbox *box = owned_box(4);
    xipc_mailbox *other = box_joined("a");
    void *block = box_reserves(other, 1, 100);
    const void *data;

    box_sends(box, 2, 200);
    data = box_takes(other, 2, 200);
    xipc_mailbox_close(box);
    REQUIRE_STATUS(
        XIPC_E_CLOSED, box_commit(other, block, 1, 100, XIPC_FOREVER));
    REQUIRE(message_is(block, 100, 1));
    REQUIRE(message_is(data, 200, 2));
    require_closed(other);
    xipc_mailbox_close(other);
    require_nothing_exists();
}

/* ---- in the middle of a wait ---- */

static int is_for_room(const box_deed *deed)
{
    return deed->is_sending && deed->capacity > 0;
}

static spec_peer *owner_of(const box_deed *deed)
{
    spec_peer *owner = box_hand_at("a");

    hand_does(owner, "own", XIPC_OK);
    if (is_for_room(deed)) {
        hand_does(
            owner, box_is_native() ? "produce 1 8 16" : "produce 1 16 16",
            XIPC_OK);
        REQUIRE_UINT(box_room(16), hand_count(owner));
    }
    return owner;
}

static void ended_while_waiting(const box_deed *deed)
{
    spec_peer *owner;
    xipc_mailbox *box;
    box_call call;

    if (deed->capacity == 0) {
        return; /* a hand owns boxes that have room */
    }
    for (int i = 0; i < 3; i++) {
        owner = owner_of(deed);
        box = box_joined("a");
        box_call_begin(&call, deed->verb, box, XIPC_FOREVER);
        let_pass(2 * i);
        hand_does(owner, "close", XIPC_OK);
        REQUIRE_STATUS(XIPC_E_CLOSED, box_call_end(&call));
        require_closed(box);
        hand_ends(owner);
        xipc_mailbox_close(box);
    }
}

BOX_SPEC(an_owner_that_closes_ends_the_waits_of_others, "MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(ended_while_waiting);
}

static void ended_here_while_waiting(const box_deed *deed)
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_OWNED);
    xipc_mailbox *box;
    xipc_mailbox *other;
    box_call call;

    options.capacity = deed->capacity;
    box = box_made("a", &options);
    other = box_joined("a");
    if (is_for_room(deed)) {
        REQUIRE_UINT(deed->capacity, box_fill(box, 1, 16));
    }
    box_call_begin(&call, deed->verb, other, XIPC_FOREVER);
    let_pass(2);
    xipc_mailbox_close(box);
    REQUIRE_STATUS(XIPC_E_CLOSED, box_call_end(&call));
    xipc_mailbox_close(other);
}

BOX_SPEC(a_handle_that_closes_ends_the_waits_at_its_box, "MBOX-7 MBOX-1")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(ended_here_while_waiting);
}

/* ---- killed ---- */

static const box_deed *current_deed;

static int64_t time_to_tell(const char *name)
{
    spec_peer *owner = owner_of(current_deed);
    xipc_mailbox *box = box_joined(name);
    int64_t start;
    box_call call;

    box_call_begin(&call, current_deed->verb, box, XIPC_FOREVER);
    let_pass(3);
    spec_kill(owner);
    start = spec_now_ns();
    REQUIRE_STATUS(XIPC_E_CLOSED, box_call_end(&call));
    start = spec_now_ns() - start;
    require_closed(box);
    require_not_to_be_found();
    xipc_mailbox_close(box);
    return start;
}

static void told_in_time(const box_deed *deed)
{
    if (deed->capacity > 0) {
        current_deed = deed;
        within_a_second(time_to_tell, "a");
    }
}

BOX_SPEC(
    those_who_wait_are_told_within_a_second_of_the_owners_death,
    "MBOX-7 GEN-11")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    for_each_box_deed(told_in_time);
}

/* Those who do not wait, too. */
static int64_t time_to_end(const char *name)
{
    spec_peer *owner = box_hand_at("a");
    xipc_mailbox *box;
    xipc_status status = XIPC_OK;
    int64_t start;

    hand_does(owner, "own", XIPC_OK);
    hand_does(owner, "send 1 10", XIPC_OK);
    box = box_joined(name);
    spec_kill(owner);
    start = spec_now_ns();
    while (status == XIPC_OK) {
        status = box_send(box, 2, 20, XIPC_NOW);
        if (status == XIPC_OK) {
            box_mail mail;

            status = box_fetch(box, &mail, XIPC_NOW);
        }
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    start = spec_now_ns() - start;
    require_closed(box);
    require_not_to_be_found();
    xipc_mailbox_close(box);
    return start;
}

BOX_SPEC(a_mailbox_ends_within_a_second_of_its_owners_death, "MBOX-7 GEN-11")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    within_a_second(time_to_end, "a");
}

BOX_SPEC(the_name_of_a_dead_owners_mailbox_is_free, "MBOX-7 LIFE-1")
{
    for (int i = 0; i < 3; i++) {
        spec_peer *owner = box_hand_at("a");
        xipc_mailbox *box;

        hand_does(owner, "own", XIPC_OK);
        hand_does(owner, "send 1 10", XIPC_OK);
        spec_kill(owner);
        box = box_sized("a", 3);
        require_no_message(box);
        box_sends(box, 2, 20);
        box_receives(box, 2, 20);
        xipc_mailbox_close(box);
        require_nothing_exists();
    }
}
