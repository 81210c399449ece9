/* SPDX-License-Identifier: Apache-2.0 */
/* A mailbox whose owner has ended it, and that others still have open, is made
 * again under its name. */
#include <string.h>

#include "support/mailbox_kill_kit.h"

/* As the hands make theirs. */
static xipc_mailbox_options options_here(void)
{
    return box_flagged(XIPC_MAILBOX_OWNED);
}

static xipc_mailbox *own(void)
{
    xipc_mailbox_options options = options_here();

    return box_made("a", &options);
}

static void require_over(xipc_mailbox *box)
{
    box_mail mail;

    REQUIRE_STATUS(XIPC_E_CLOSED, box_send(box, 1, 1, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_CLOSED, box_fetch(box, &mail, XIPC_FOREVER));
}

/* Empty, and with a count of its own. */
static void require_new(xipc_mailbox *box)
{
    box_mail mail;

    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    require_no_message(box);
    REQUIRE_UINT(0, xipc_mailbox_dropped(box));
    REQUIRE_UINT(16, box_fill(box, 100, 60));
    mail = box_gives(box);
    REQUIRE_UINT(100, mail.number);
    REQUIRE_UINT(1, mail.envelope.sequence);
    box_empty(box, 101, 15, 60);
}

SPEC(the_name_is_free_though_others_have_the_mailbox_open, "MBOX-7 LIFE-1")
{
    for (int i = 0; i < 3; i++) {
        xipc_mailbox *first = own();
        xipc_mailbox *old = box_joined("a");
        xipc_mailbox *box;
        xipc_mailbox *other;

        box_sends(old, 7, 70);
        box_sends(old, 8, 80);
        xipc_mailbox_close(first);
        box = own();
        require_new(box);
        other = box_joined("a");
        box_sends(other, 1, 10);
        require_over(old);
        box_receives(box, 1, 10);
        xipc_mailbox_close(old);
        box_sends(box, 2, 20);
        box_receives(other, 2, 20);
        xipc_mailbox_close(box);
        require_over(other);
        xipc_mailbox_close(other);
        require_nothing_exists();
    }
}

SPEC(a_dead_owner_has_a_successor, "MBOX-7 LIFE-1 GEN-11")
{
    for (int i = 0; i < 3; i++) {
        spec_peer *owner = box_hand_at("a");
        xipc_mailbox *old;
        xipc_mailbox *box;

        hand_does(owner, "own", XIPC_OK);
        hand_does(owner, "send 1 10", XIPC_OK);
        old = box_joined("a");
        spec_kill(owner);
        box = own();
        require_new(box);
        require_over(old);
        xipc_mailbox_close(box);
        xipc_mailbox_close(old);
        require_nothing_exists();
    }
}

SPEC(a_successor_is_told_from_the_one_before, "MBOX-7 LIFE-3")
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *first = own();
    xipc_mailbox *old = box_joined("a");
    xipc_mailbox *box = UNTOUCHED;
    int is_created = 7;

    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    REQUIRE_OK(xipc_mailbox_open_or_create(
        "a", &options, XIPC_FOREVER, &box, &is_created));
    REQUIRE(is_created == 0);
    xipc_mailbox_close(box);
    xipc_mailbox_close(first);
    REQUIRE_OK(xipc_mailbox_open_or_create(
        "a", &options, XIPC_FOREVER, &box, &is_created));
    REQUIRE(is_created == 1);
    require_over(old);
    xipc_mailbox_close(old);
    xipc_mailbox_close(box);
}

SPEC(a_successor_is_made_as_the_one_before_was, "MBOX-7 LIFE-3")
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *first = own();
    xipc_mailbox *old = box_joined("a");
    xipc_mailbox *box = UNTOUCHED;

    xipc_mailbox_close(first);
    options.capacity++;
    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    REQUIRE(box == UNTOUCHED);
    xipc_mailbox_close(old);
    box = box_made("a", &options);
    xipc_mailbox_close(box);
}

SPEC(what_was_in_hand_does_not_come_to_a_successor, "MBOX-7 MBOX-8 MBOX-9")
{
    xipc_mailbox_options options = options_here();
    spec_peer *dying = box_hand_at("a");
    xipc_mailbox *first;
    xipc_mailbox *old;
    xipc_mailbox *box;
    const void *taken;
    void *reserved;

    options.flags |= XIPC_MAILBOX_ACKED;
    first = box_made("a", &options);
    old = box_joined("a");
    box_sends(old, 1, 10);
    box_sends(old, 2, 20);
    box_sends(old, 3, 30);
    taken = box_takes(old, 1, 10);
    hand_does(dying, "take 2 20", XIPC_OK);
    reserved = box_reserves(old, 4, 40);
    xipc_mailbox_close(first);
    box = box_made("a", &options);
    require_no_message(box);
    REQUIRE(message_is(taken, 10, 1));
    REQUIRE_STATUS(
        XIPC_E_CLOSED, box_commit(old, reserved, 4, 40, XIPC_FOREVER));
    spec_kill(dying);
    xipc_mailbox_close(old);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, box_receive(box, 0, 0, xipc_after_ms(300)));
    require_new(box);
    xipc_mailbox_close(box);
    require_nothing_exists();
}

/* ---- several want to ---- */

PEER(one_who_wants_to_own_it)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box = NULL;
    xipc_status status;

    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
    status = xipc_mailbox_create("a", &options, XIPC_FOREVER, &box);
    spec_tell(NULL, xipc_status_name(status));
    spec_expect(NULL, "end");
    xipc_mailbox_close(box);
}

SPEC(a_mailbox_has_one_successor, "MBOX-7 LIFE-3")
{
    enum { COUNT = 3, ROUNDS = 10 };

    for (int round = 0; round < ROUNDS; round++) {
        xipc_mailbox *first = own();
        xipc_mailbox *old = box_joined("a");
        spec_peer *peers[COUNT];
        int owners = 0;
        char line[64];

        for (int i = 0; i < COUNT; i++) {
            peers[i] = START(one_who_wants_to_own_it);
            spec_expect(peers[i], "ready");
        }
        xipc_mailbox_close(first);
        for (int i = 0; i < COUNT; i++) {
            spec_tell(peers[i], "go");
        }
        for (int i = 0; i < COUNT; i++) {
            spec_hear(peers[i], line, sizeof line);
            owners += strcmp(line, "XIPC_OK") == 0;
            REQUIRE(
                strcmp(line, "XIPC_OK") == 0 ||
                strcmp(line, "XIPC_E_EXISTS") == 0);
        }
        REQUIRE(owners == 1);
        for (int i = 0; i < COUNT; i++) {
            spec_tell(peers[i], "end");
            spec_join(peers[i]);
        }
        require_over(old);
        xipc_mailbox_close(old);
        require_nothing_exists();
    }
}

/* ---- a successor dies ---- */

KILLED(takes_it_over)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box = NULL;

    kill_begin();
    REQUIRE_OK(xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    kill_end();
    xipc_mailbox_close(box);
}

static void there_is_another(void *context)
{
    xipc_mailbox *box = own();

    require_over(context);
    require_new(box);
    box_sends(box, 5, 50); /* for the next one to drop */
    xipc_mailbox_close(box);
}

SPEC(whoever_dies_taking_it_over_has_a_successor_too, "MBOX-7 GEN-11")
{
    xipc_mailbox *first = own();
    xipc_mailbox *old = box_joined("a");
    kill_plan plan = {NULL, there_is_another, NULL, old};

    box_sends(first, 1, 10);
    xipc_mailbox_close(first);
    KILL_ANYWHERE(takes_it_over, &plan);
    xipc_mailbox_close(old);
}
