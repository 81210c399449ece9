/* SPDX-License-Identifier: Apache-2.0 */
/* The names and the lives of mailboxes. */
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void require_gone(void)
{
    xipc_mailbox *box = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_FOREVER, &box));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_NOW, &box));
    REQUIRE(box == UNTOUCHED);
}

static void require_box_removed(void)
{
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

/* ---- making and finding ---- */

BOX_SPEC(a_name_that_is_taken_makes_no_second_mailbox, "LIFE-3 MBOX-7")
{
    xipc_mailbox *box = box_made("a", NULL);
    xipc_mailbox *second = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_mailbox_create("a", box_options(), XIPC_FOREVER, &second));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_mailbox_create("a", box_options(), XIPC_NOW, &second));
    REQUIRE(second == UNTOUCHED);
    REQUIRE(strstr(xipc_detail(), "mailbox") != NULL);
    xipc_mailbox_close(box);
}

BOX_SPEC(open_or_create_says_which_it_was_for_mailboxes, "LIFE-3 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *one = NULL;
    xipc_mailbox *two = NULL;
    int created = 77;

    for (int i = 0; i < 3; i++) {
        REQUIRE_OK(xipc_mailbox_open_or_create(
            "a", box_options(), XIPC_FOREVER, &one, &created));
        REQUIRE(created == 1);
        box_sends(one, 1, 10);
        REQUIRE_OK(xipc_mailbox_open_or_create(
            "a", box_options(), XIPC_FOREVER, &two, &created));
        REQUIRE(created == 0);
        box_receives(two, 1, 10);
        xipc_mailbox_close(two);
        REQUIRE_OK(xipc_mailbox_open_or_create(
            "a", box_options(), XIPC_NOW, &two, NULL));
        xipc_mailbox_close(one);
        xipc_mailbox_close(two);
        require_gone();
    }
}

SPEC(a_mailbox_that_was_never_made_is_not_found, "LIFE-3 MBOX-7")
{
    require_gone();
    REQUIRE(strstr(xipc_detail(), "mailbox") != NULL);
    REQUIRE(strstr(xipc_detail(), "a") != NULL);
    require_nothing_exists();
}

static void others_are_absent(void)
{
    xipc_ring *ring = UNTOUCHED;

    require_absent("a");
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_ring_open("a", XIPC_RING_PRODUCER, NULL, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
}

SPEC(a_mailbox_meets_no_other_kind_of_its_name, "NAME-2 MBOX-7")
{
    static const xipc_kind kinds[] = {XIPC_KIND_SECTION,   XIPC_KIND_MUTEX,
                                      XIPC_KIND_SEMAPHORE, XIPC_KIND_EVENT,
                                      XIPC_KIND_CONDITION, XIPC_KIND_RING};
    xipc_mailbox *box = box_made("a", NULL);
    xipc_section *section;
    xipc_ring *ring;
    sync_handle handles[SYNC_KIND_COUNT];
    char names[2][XIPC_NATIVE_NAME_SIZE];

    others_are_absent();
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        REQUIRE_OK(
            sync_create(sync_kinds[i], "a", NULL, XIPC_FOREVER, &handles[i]));
    }
    section = section_created("a", 1);
    ring = ring_made("a", XIPC_RING_PRODUCER, NULL);
    REQUIRE_UINT(SYNC_KIND_COUNT + 3, sighted(XIPC_SCOPE_USER, "a").count);
    xipc_mailbox_close(box);
    require_gone();
    xipc_ring_close(ring);
    xipc_section_close(section);
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_close(sync_kinds[i], handles[i]);
    }

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, names[0],
        XIPC_NATIVE_NAME_SIZE));
    REQUIRE(strlen(names[0]) <= 30);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        REQUIRE_OK(xipc_native_name(
            kinds[i], "a", XIPC_SCOPE_USER, names[1], XIPC_NATIVE_NAME_SIZE));
        REQUIRE(strcmp(names[0], names[1]) != 0);
    }
    REQUIRE_TEXT("mailbox", xipc_kind_name(XIPC_KIND_MAILBOX));
}

BOX_SPEC(a_mailbox_takes_the_longest_name, "NAME-1 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    char name[XIPC_NAME_MAX + 1];
    xipc_mailbox *box;
    xipc_mailbox *other;

    memset(name, 'm', XIPC_NAME_MAX);
    name[XIPC_NAME_MAX] = '\0';
    box = box_made(name, NULL);
    other = box_joined(name);
    REQUIRE_UINT(1, sighted(XIPC_SCOPE_USER, name).count);
    box_sends(box, 1, 10);
    box_receives(other, 1, 10);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

SPEC(the_case_of_a_mailboxes_name_matters, "NAME-1 MBOX-7")
{
    xipc_mailbox *small = box_made("a", NULL);
    xipc_mailbox *large = box_made("A", NULL);

    box_sends(small, 1, 10);
    require_no_message(large);
    box_receives(small, 1, 10);
    xipc_mailbox_close(large);
    xipc_mailbox_close(small);
}

BOX_SPEC(the_scopes_of_mailboxes_do_not_meet, "NAME-5 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox_options options = box_of(16, 256);
    xipc_mailbox *box = NULL;
    xipc_mailbox *other = NULL;
    xipc_status status;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    options.naming.scope = XIPC_SCOPE_MACHINE;
    status = xipc_mailbox_create("a", &options, XIPC_FOREVER, &box);
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_ACCESS, status);
        return;
    }
    require_gone();
    REQUIRE_OK(xipc_mailbox_open("a", &options, XIPC_FOREVER, &other));
    box_sends(box, 1, 100);
    box_receives(other, 1, 100);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* ---- transient ---- */

BOX_SPEC(
    a_mailbox_goes_with_its_last_handle_and_all_that_is_in_it, "LIFE-1 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_LASTING);
    for (int i = 0; i < 5; i++) {
        xipc_mailbox *one = box_made("a", NULL);
        xipc_mailbox *two = box_joined("a");

        box_sends(one, 1, 10);
        xipc_mailbox_close(one);
        one = box_joined("a");
        xipc_mailbox_close(two);
        box_receives(one, 1, 10);
        box_sends(one, 2, 20);
        xipc_mailbox_close(one);
        require_gone();
        one = box_made("a", NULL);
        require_no_message(one);
        xipc_mailbox_close(one);
    }
    require_nothing_exists();
}

BOX_SPEC(a_mailbox_lives_on_when_who_made_it_is_gone, "LIFE-1 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_LASTING);
    xipc_mailbox *box = box_made("a", NULL);
    spec_peer *hand = box_hand_at("a");
    spec_peer *other = box_hand_at("a");

    hand_does(hand, "send 1 10", XIPC_OK);
    xipc_mailbox_close(box);
    hand_does(other, "send 2 20", XIPC_OK);
    hand_does(hand, "receive 1 10", XIPC_OK);
    hand_leaves(hand);
    hand_does(other, "receive 2 20", XIPC_OK);
    hand_does(other, "send 3 30", XIPC_OK);
    hand_ends(other);
    require_gone();
    require_nothing_exists();
}

BOX_SPEC(a_mailbox_goes_when_its_last_holder_is_killed, "LIFE-1 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_LASTING);
    xipc_mailbox *box = box_made("a", NULL);
    spec_peer *hand = box_hand_at("a");

    hand_does(hand, "send 1 10", XIPC_OK);
    hand_does(hand, box_is_native() ? "send 2 20" : "reserve 2 20", XIPC_OK);
    xipc_mailbox_close(box);
    spec_kill(hand);
    require_gone();
    box = box_made("a", NULL);
    require_no_message(box);
    xipc_mailbox_close(box);
    require_nothing_exists();
}

/* ---- persistent ---- */

SPEC(a_persistent_mailbox_keeps_what_is_in_it, "LIFE-2 MBOX-7 MBOX-4")
{
    xipc_mailbox_options lasts = box_lasting(XIPC_PERSISTENT);
    xipc_mailbox *box;
    spec_peer *hand;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    box = box_made("a", &lasts);
    box_sends(box, 1, 10);
    REQUIRE_OK(box_send_at(box, 2, 256, 9, XIPC_NOW));
    (void)box_reserves(box, 7, 100);
    xipc_mailbox_close(box);
    hand = box_hand_at("a");
    hand_does(hand, "send 3 30", XIPC_OK);
    hand_does(hand, "receive 2 256", XIPC_OK);
    hand_leaves(hand);
    box = box_joined("a");
    REQUIRE_UINT(2, xipc_mailbox_depth(box));
    box_receives(box, 1, 10);
    REQUIRE_UINT(3, box_gives(box).envelope.sequence);
    require_no_message(box);
    REQUIRE_UINT(16, box_fill(box, 0, 256));
    xipc_mailbox_close(box);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    require_box_removed();
    require_gone();
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(a_persistent_mailbox_outlives_who_is_killed, "LIFE-2 MBOX-7 GEN-11")
{
    xipc_mailbox_options lasts = box_lasting(XIPC_PERSISTENT);
    xipc_mailbox *box;
    spec_peer *hand;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    box = box_made("a", &lasts);
    hand = box_hand_at("a");
    hand_does(hand, "send 1 10", XIPC_OK);
    hand_does(hand, "reserve 2 20", XIPC_OK);
    xipc_mailbox_close(box);
    spec_kill(hand);
    box = box_joined("a");
    box_receives(box, 1, 10);
    for (uint64_t number = 0; number < 16; number++) {
        /* What he had reserved is free again, within a second. */
        REQUIRE_OK(box_send(box, number, 256, xipc_after_ms(10000)));
    }
    box_empty(box, 0, 16, 256);
    xipc_mailbox_close(box);
    require_box_removed();
}

SPEC(an_unbounded_mailbox_can_be_persistent, "LIFE-2 MBOX-7 MBOX-1")
{
    xipc_mailbox_options lasts = box_lasting(XIPC_PERSISTENT);
    xipc_mailbox *box;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    lasts.capacity = XIPC_UNBOUNDED;
    box = box_made("a", &lasts);
    for (uint64_t number = 0; number < 2000; number++) {
        box_sends(box, number, 256);
    }
    xipc_mailbox_close(box);
    box = box_joined("a");
    for (uint64_t number = 0; number < 1000; number++) {
        box_receives(box, number, 256);
    }
    xipc_mailbox_close(box);
    box = box_joined("a");
    for (uint64_t number = 1000; number < 2000; number++) {
        box_receives(box, number, 256);
    }
    require_no_message(box);
    xipc_mailbox_close(box);
    require_box_removed();
}

SPEC(whoever_holds_a_removed_mailbox_keeps_it, "LIFE-5 MBOX-7")
{
    xipc_mailbox_options lasts = box_lasting(XIPC_PERSISTENT);
    xipc_mailbox *old_one;
    xipc_mailbox *other;
    xipc_mailbox *new_one;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    old_one = box_made("a", &lasts);
    other = box_joined("a");
    box_sends(old_one, 1, 10);
    require_box_removed();
    require_gone();
    new_one = box_made("a", NULL);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    box_sends(new_one, 2, 20);
    box_sends(other, 3, 30);
    box_receives(other, 1, 10);
    box_receives(old_one, 3, 30);
    require_no_message(other);
    box_receives(new_one, 2, 20);
    xipc_mailbox_close(other);
    xipc_mailbox_close(old_one);
    xipc_mailbox_close(new_one);
    require_gone();
}

/* ---- the list ---- */

BOX_SPEC(a_mailbox_is_listed_with_its_properties, "LIFE-7 MBOX-7")
{
    xipc_mailbox *box = box_sized("a", 100);
    sighting seen = sighted(XIPC_SCOPE_USER, "a");
    char native_name[XIPC_NATIVE_NAME_SIZE];
    spec_peer *hand = box_hand_at("a");

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, native_name,
        sizeof native_name));
    REQUIRE_UINT(1, seen.count);
    REQUIRE(seen.listing.kind == XIPC_KIND_MAILBOX);
    REQUIRE(seen.listing.scope == XIPC_SCOPE_USER);
    REQUIRE(seen.listing.lifetime == XIPC_TRANSIENT);
    REQUIRE(!seen.listing.is_stale);
    REQUIRE_UINT(1, seen.listing.holder_count);
    REQUIRE(seen.listing.size >= (box_is_native() ? 1 : UINT64_C(100) * 320));
    REQUIRE_TEXT(box_is_native() ? "native" : "shm", seen.provider);
    REQUIRE_TEXT(native_name, seen.native_name);
    hand_does(hand, "open", XIPC_OK);
    require_holders("a", 2);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    spec_kill(hand);
    require_holders("a", 1);
    xipc_mailbox_close(box);
    require_nothing_exists();
}

BOX_SPEC(the_list_says_how_many_messages_wait, "LIFE-7 MBOX-7")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    xipc_mailbox *box = box_sized("a", 8);

    for (uint64_t number = 0; number < 8; number++) {
        REQUIRE_UINT(number, sighted(XIPC_SCOPE_USER, "a").listing.depth);
        REQUIRE_OK(box_send_at(box, number, 8, (uint32_t)number / 4, XIPC_NOW));
    }
    REQUIRE_UINT(8, sighted(XIPC_SCOPE_USER, "a").listing.depth);
    if (!box_is_native()) {
        const void *data = box_takes(box, 4, 8);

        REQUIRE_UINT(7, sighted(XIPC_SCOPE_USER, "a").listing.depth);
        REQUIRE_OK(xipc_mailbox_return(box, data));
    }
    REQUIRE_UINT(8, sighted(XIPC_SCOPE_USER, "a").listing.depth);
    for (uint64_t count = 8; count > 0; count--) {
        (void)box_gives(box);
        REQUIRE_UINT(count - 1, sighted(XIPC_SCOPE_USER, "a").listing.depth);
        REQUIRE_UINT(8, sighted(XIPC_SCOPE_USER, "a").listing.sent_count);
    }
    box_sends(box, 9, 10);
    REQUIRE_UINT(9, sighted(XIPC_SCOPE_USER, "a").listing.sent_count);
    xipc_mailbox_close(box);
}

SPEC(the_list_says_what_waits_where_nobody_is, "LIFE-7 LIFE-2 MBOX-7")
{
    xipc_mailbox_options lasts = box_lasting(XIPC_PERSISTENT);
    xipc_mailbox *box;
    sighting seen;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    box = box_made("a", &lasts);
    box_sends(box, 1, 10);
    box_sends(box, 2, 20);
    xipc_mailbox_close(box);
    seen = sighted(XIPC_SCOPE_USER, "a");
    REQUIRE_UINT(2, seen.listing.depth);
    REQUIRE_UINT(2, seen.listing.sent_count);
    REQUIRE_UINT(0, seen.listing.holder_count);
    REQUIRE(seen.listing.lifetime == XIPC_PERSISTENT);
    REQUIRE(!seen.listing.is_stale);
    require_box_removed();
}
