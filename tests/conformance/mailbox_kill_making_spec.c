/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of making a mailbox, of joining one and of
 * closing it: then it is whole, or not there.
 */
#include "support/mailbox_kill_kit.h"

enum { CAPACITY = 6 };

static xipc_mailbox_options options_here(void)
{
    return box_of(CAPACITY, BOX_LONGEST);
}

static xipc_status box_try_join(xipc_mailbox **box_out)
{
    return xipc_mailbox_open("a", NULL, XIPC_FOREVER, box_out);
}

static void require_no_box(void)
{
    xipc_mailbox *box = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, box_try_join(&box));
    REQUIRE(box == UNTOUCHED);
}

static void require_works(xipc_mailbox *box)
{
    require_no_message(box);
    REQUIRE_UINT(CAPACITY, box_fill(box, 0, 40));
    box_empty(box, 0, CAPACITY, 40);
}

static void its_name_is_free(void *context)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box;

    (void)context;
    require_no_box();
    box = box_made("a", &options);
    require_works(box);
    xipc_mailbox_close(box);
    require_no_box();
}

KILLED(makes_and_closes)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box = NULL;

    kill_begin();
    REQUIRE_OK(xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    xipc_mailbox_close(box);
    kill_end();
}

BOX_SPEC(
    whoever_dies_making_a_mailbox_leaves_its_name_free, "GEN-11 LIFE-1 MBOX-8")
{
    box_needs(XIPC_FEATURE_NATIVE_LASTING);
    kill_plan plan = {NULL, its_name_is_free, NULL, NULL};

    KILL_ANYWHERE(makes_and_closes, &plan);
}

static void it_is_whole_or_absent(void *context)
{
    xipc_mailbox *box = NULL;
    xipc_status status = box_try_join(&box);

    if (status == XIPC_OK) {
        require_works(box);
        xipc_mailbox_close(box);
        REQUIRE_OK(
            xipc_remove(XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    } else {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    }
    its_name_is_free(context);
}

KILLED(makes_a_persistent_one)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box = NULL;

    options.naming.lifetime = XIPC_PERSISTENT;
    kill_begin();
    REQUIRE_OK(
        xipc_mailbox_open_or_create("a", &options, XIPC_FOREVER, &box, NULL));
    kill_end();
    xipc_mailbox_close(box);
}

SPEC(
    whoever_dies_making_a_persistent_mailbox_leaves_it_whole_or_absent,
    "GEN-11 LIFE-2 MBOX-7 MBOX-8")
{
    kill_plan plan = {NULL, it_is_whole_or_absent, NULL, NULL};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);

    KILL_ANYWHERE(makes_a_persistent_one, &plan);
}

/* ---- coming and going ---- */

KILLED(joins_and_leaves)
{
    xipc_mailbox *box = NULL;

    kill_begin();
    REQUIRE_OK(box_try_join(&box));
    xipc_mailbox_close(box);
    kill_end();
}

static void it_is_as_it_was(void *context)
{
    survivor *self = context;
    xipc_mailbox *other = box_joined("a");

    box_receives(other, self->next, 33);
    xipc_mailbox_close(other);
    self->next++;
    box_sends(self->box, self->next, 33);
    REQUIRE_UINT(1, xipc_mailbox_depth(self->box));
}

BOX_SPEC(whoever_dies_joining_a_mailbox_changes_nothing_in_it, "GEN-11 LIFE-6")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox_options options = options_here();
    survivor self = survivor_of(&options);
    kill_plan plan = {NULL, it_is_as_it_was, NULL, &self};

    box_sends(self.box, self.next, 33);
    KILL_ANYWHERE(joins_and_leaves, &plan);
    box_receives(self.box, self.next, 33);
    self.is_gapless = 0;
    require_whole_again(&self);
    survivor_ends(&self);
}

/* ---- a box that ends with its owner ---- */

KILLED(makes_and_closes_its_own)
{
    xipc_mailbox_options options = options_here();
    xipc_mailbox *box = NULL;

    options.flags = XIPC_MAILBOX_OWNED;
    kill_begin();
    REQUIRE_OK(xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    xipc_mailbox_close(box);
    kill_end();
}

BOX_SPEC(
    whoever_dies_making_a_mailbox_of_its_own_leaves_the_name_free,
    "GEN-11 MBOX-7 MBOX-8")
{
    box_needs(XIPC_FEATURE_NATIVE_LASTING);
    kill_plan plan = {NULL, its_name_is_free, NULL, NULL};

    KILL_ANYWHERE(makes_and_closes_its_own, &plan);
}

/* Says in the ledger that it has come, and waits until the box ends. */
static void receive_to_the_end(xipc_mailbox *box, box_ledger *page)
{
    xipc_status status = XIPC_OK;
    box_mail mail;

    atomic_store(&page->is_over, 1);
    while (status == XIPC_OK) {
        status = box_fetch(box, &mail, XIPC_FOREVER);
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    REQUIRE_STATUS(XIPC_E_CLOSED, box_send(box, 1, 1, XIPC_FOREVER));
    xipc_mailbox_close(box);
}

/* Comes when there is a box. Where its owner dies making it there is none. */
PEER(a_receiver_of_an_owned_box)
{
    xipc_map *map = box_ledger_joined();
    box_ledger *page = box_ledger_of(map);
    char line[16];

    spec_tell(NULL, "here");
    for (spec_hear(NULL, line, sizeof line); line[0] == 'g';
         spec_hear(NULL, line, sizeof line)) {
        xipc_mailbox *box = NULL;
        xipc_status status = box_try_join(&box);

        while (status == XIPC_E_NOT_FOUND && !atomic_load(&page->has_ended)) {
            let_pass(1);
            status = box_try_join(&box);
        }
        if (status != XIPC_E_NOT_FOUND) {
            REQUIRE_OK(status);
            receive_to_the_end(box, page);
        }
        spec_tell(NULL, "done");
    }
    xipc_map_close(map);
}

KILLED(owns_one)
{
    xipc_mailbox_options options = options_here();
    mortal self = mortal_here();

    options.flags = XIPC_MAILBOX_OWNED;
    self.box = box_made("a", &options);
    while (atomic_load(&self.page->is_over) == 0) {
        let_pass(1);
    }
    kill_begin();
    mortal_sends(&self);
    mortal_sends(&self);
    xipc_mailbox_close(self.box);
    kill_end();
    xipc_map_close(self.map);
}

typedef struct watch {
    xipc_map *map;
    spec_peer *peer;
} watch;

static void the_receiver_comes(void *context)
{
    watch *self = context;

    box_ledger_set(box_ledger_of(self->map), 0);
    spec_tell(self->peer, "go");
}

static void the_receiver_is_told(void *context)
{
    watch *self = context;

    atomic_store(&box_ledger_of(self->map)->has_ended, 1);
    spec_expect(self->peer, "done");
    its_name_is_free(NULL);
}

BOX_SPEC(
    who_waits_at_a_box_is_told_wherever_its_owner_dies, "GEN-11 MBOX-7 MBOX-8")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    watch self = {box_ledger_made(), START(a_receiver_of_an_owned_box)};
    kill_plan plan = {the_receiver_comes, the_receiver_is_told, NULL, &self};

    spec_expect(self.peer, "here");
    KILL_ANYWHERE(owns_one, &plan);
    spec_tell(self.peer, "end");
    spec_join(self.peer);
    xipc_map_close(self.map);
}
