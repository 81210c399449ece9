/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A native mailbox whose companion has its name and whose queue is not there
 * yet: its maker is about to make it, has given up, or has died. The companion
 * is made to look so, as no process can be stopped just there everywhere.
 */
#include "core/mailbox_native.h"
#include "os/os_member.h"
#include "os/os_process.h"
#include "os/os_section.h"
#include "support/mailbox_kit.h"

enum { CAPACITY = 4, TO_BE_MADE = 0 };

typedef struct companion {
    xipcos_section *native;
    xipci_native_head *head;
} companion;

static int open_companion(const xipc_listing *listing, void *context)
{
    companion *self = context;
    xipcos_place place = {
        .scope = XIPC_SCOPE_USER,
        .native_name = listing->native_name,
        .user = xipcos_user()};
    void *address;

    if (listing->kind != XIPC_KIND_MAILBOX) {
        return 0;
    }
    REQUIRE(!self->native);
    REQUIRE_OK(xipcos_section_open(
        place, XIPC_TRUST_SELF, 0, XIPC_FOREVER, &self->native));
    REQUIRE_OK(
        xipcos_section_map(self->native, 0, sizeof *self->head, 1, &address));
    self->head = address;
    return 0;
}

static companion companion_open(void)
{
    companion self = {NULL, NULL};

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, open_companion, &self));
    REQUIRE(self.native != NULL);
    REQUIRE_UINT(XIPCI_QUEUE_THERE, atomic_load(&self.head->queue));
    REQUIRE(atomic_load(&self.head->maker) != 0);
    return self;
}

static void companion_close(companion *self)
{
    xipcos_section_unmap(self->head, sizeof *self->head);
    xipcos_section_close(self->native);
}

PEER(one_who_makes_a_native_box)
{
    xipc_mailbox *box = box_sized("a", CAPACITY);

    spec_tell(NULL, "made");
    spec_expect(NULL, "end");
    xipc_mailbox_close(box);
}

static spec_peer *maker_begun(void)
{
    spec_peer *maker;

    box_natively();
    maker = START(one_who_makes_a_native_box);
    spec_expect(maker, "made");
    return maker;
}

static void require_not_opened(xipc_status want, xipc_deadline deadline)
{
    xipc_mailbox *box = UNTOUCHED;

    REQUIRE_STATUS(want, xipc_mailbox_open("a", NULL, deadline, &box));
    REQUIRE(box == UNTOUCHED);
}

SPEC(a_queue_is_waited_for_while_its_maker_lives, "LIFE-3 GEN-5 MBOX-1")
{
    spec_peer *maker = maker_begun();
    companion self = companion_open();

    atomic_store(&self.head->queue, TO_BE_MADE);
    require_not_opened(XIPC_E_AGAIN, XIPC_NOW);
    /* Longer than anybody who is no maker is waited for. */
    require_not_opened(XIPC_E_TIMEOUT, xipc_after_ms(700));
    atomic_store(&self.head->queue, XIPCI_QUEUE_THERE);
    xipc_mailbox_close(box_joined("a"));
    companion_close(&self);
    spec_tell(maker, "end");
    spec_join(maker);
    require_nothing_exists();
}

SPEC(a_queue_that_could_not_be_made_is_not_found, "LIFE-3 MBOX-1")
{
    spec_peer *maker = maker_begun();
    companion self = companion_open();

    atomic_store(&self.head->queue, XIPCI_QUEUE_FAILED);
    require_not_opened(XIPC_E_NOT_FOUND, XIPC_FOREVER);
    require_not_opened(XIPC_E_NOT_FOUND, XIPC_NOW);
    companion_close(&self);
    spec_tell(maker, "end");
    spec_join(maker);
    require_nothing_exists();
}

static void require_one_queue(xipc_mailbox *box)
{
    spec_peer *hand = box_hand_at("a");

    for (int turn = 0; turn < 3; turn++) {
        hand_does(hand, "send 1 10", XIPC_OK);
        box_receives(box, 1, 10);
        box_sends(box, 2, 20);
        hand_does(hand, "receive 2 20", XIPC_OK);
    }
    hand_ends(hand);
}

/* He died before he said that he was the maker, or after it. */
SPEC(a_queue_that_its_dead_maker_did_not_make_is_made, "GEN-11 LIFE-3 MBOX-8")
{
    box_natively();
    SPEC_NEEDS(XIPC_FEATURE_NATIVE_LASTING);
    for (int was_maker = 0; was_maker < 2; was_maker++) {
        spec_peer *maker = maker_begun();
        xipc_mailbox_options options = box_of(CAPACITY, 64);
        xipc_mailbox *box = NULL;
        int created = 77;
        companion self = companion_open();

        spec_kill(maker);
        atomic_store(&self.head->queue, TO_BE_MADE);
        if (!was_maker) {
            atomic_store(&self.head->maker, 0);
        }
        REQUIRE_OK(xipc_mailbox_open_or_create(
            "a", &options, XIPC_FOREVER, &box, &created));
        REQUIRE(created == 0);
        REQUIRE_UINT(CAPACITY, xipc_mailbox_capacity(box));
        REQUIRE_UINT(XIPCI_QUEUE_THERE, atomic_load(&self.head->queue));
        require_one_queue(box);
        xipc_mailbox_close(box);
        companion_close(&self);
        require_nothing_exists();
    }
}

/* Nobody can own what is another one's. */
SPEC(an_owners_queue_that_he_did_not_make_is_not_found, "GEN-11 MBOX-7 MBOX-8")
{
    xipc_mailbox_options options;
    xipc_mailbox *box;
    companion self;

    box_natively();
    options = box_flagged(XIPC_MAILBOX_OWNED);
    box = box_made("a", &options);
    self = companion_open();
    atomic_store(&self.head->queue, TO_BE_MADE);
    atomic_store(&self.head->maker, XIPCOS_MEMBER_MAX); /* nobody */
    require_not_opened(XIPC_E_NOT_FOUND, XIPC_FOREVER);
    atomic_store(&self.head->queue, XIPCI_QUEUE_THERE);
    xipc_mailbox_close(box_joined("a"));
    companion_close(&self);
    xipc_mailbox_close(box);
    require_nothing_exists();
}
