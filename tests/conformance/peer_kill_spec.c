/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer "ann" dies at each step of what it does. Its name is free, the
 * others go on, and what it had sent comes once and in order.
 */
#include "support/kill_anywhere.h"
#include "support/peer_kit.h"

enum { BATCH = 3, SIZE = 24, VAIN_MS = 2 };

/* The survivor, which is the case itself: the peer "bob". */
typedef struct survivor {
    xipc_peer *bob;
    xipc_map *map;
    ring_ledger *page; /* of what is sent to bob */
    uint64_t next;
} survivor;

static survivor survivor_made(void)
{
    survivor self = {.bob = peer_joined("bob"), .map = ledger_made()};

    self.page = ledger_of(self.map);
    return self;
}

static void survivor_ends(survivor *self)
{
    xipc_map_close(self->map);
    xipc_peer_leave(self->bob);
}

static void nothing_is_written(void *context)
{
    survivor *self = context;

    ledger_set(self->page, self->next);
}

/* ---- those who die ---- */

typedef struct mortal {
    xipc_peer *ann;
    xipc_map *map;
    ring_ledger *page;
    uint64_t next;
} mortal;

static mortal mortal_here(void)
{
    mortal self = {.map = ledger_joined()};

    self.page = ledger_of(self.map);
    self.next = atomic_load(&self.page->done);
    return self;
}

static mortal mortal_joined(void)
{
    mortal self = mortal_here();

    self.ann = peer_joined("ann");
    return self;
}

static void mortal_ends(mortal *self)
{
    xipc_peer_leave(self->ann);
    xipc_map_close(self->map);
}

/* 0: there is no room. */
static int sends_if_it_can(mortal *self)
{
    xipc_status status;

    atomic_store(&self->page->tried, self->next + 1);
    status = peer_send(self->ann, "bob", self->next, SIZE, XIPC_NOW);
    if (status == XIPC_E_AGAIN) {
        return 0;
    }
    REQUIRE_OK(status);
    self->next++;
    atomic_store(&self->page->done, self->next);
    return 1;
}

static void sends_next(mortal *self)
{
    REQUIRE(sends_if_it_can(self));
}

/* ---- what is asked of the survivor ---- */

/* Whatever came of ann comes to its end, and it came in order. */
static void all_that_was_sent_comes_once(survivor *self)
{
    uint64_t first = self->next;
    xipc_peer_mail mail;
    xipc_status status = peer_fetch_from(self->bob, "ann", &mail, XIPC_NOW);

    while (status == XIPC_OK) {
        REQUIRE_UINT(self->next, mail.type);
        REQUIRE_UINT(SIZE, mail.size);
        self->next++;
        status = peer_fetch_from(self->bob, "ann", &mail, XIPC_NOW);
    }
    REQUIRE(self->next >= atomic_load(&self->page->done));
    REQUIRE(self->next <= atomic_load(&self->page->tried));
    if (self->next > first && status == XIPC_E_AGAIN) {
        status = peer_fetch_from(self->bob, "ann", &mail, XIPC_FOREVER);
    }
    if (self->next > first) {
        REQUIRE(status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED);
    }
}

/* Another one can be ann, and talk with bob. */
static void its_name_is_free(survivor *self)
{
    xipc_peer *ann = peer_joined_soon("ann");

    peer_sends(ann, "bob", 5, 10);
    REQUIRE_OK(peer_receive(self->bob, "ann", 5, 10, XIPC_FOREVER));
    REQUIRE_OK(peer_send(self->bob, "ann", 6, 11, XIPC_FOREVER));
    peer_receives(ann, "bob", 6, 11);
    require_no_mail(ann);
    xipc_peer_leave(ann);
    REQUIRE_STATUS(
        XIPC_E_CLOSED, peer_receive(self->bob, "ann", 0, 0, XIPC_NOW));
    require_no_mail(self->bob);
}

static void bob_goes_on(void *context)
{
    survivor *self = context;

    /* Nothing of it is left before another one comes. */
    while (peer_send(self->bob, "ann", 0, 0, XIPC_NOW) == XIPC_E_PEER_DIED) {
    }
    all_that_was_sent_comes_once(self);
    its_name_is_free(self);
}

/* ---- joining and leaving ---- */

KILLED(joins_and_leaves)
{
    xipc_peer *ann = NULL;

    kill_begin();
    REQUIRE_OK(xipc_peer_join("ann", NULL, XIPC_FOREVER, &ann));
    xipc_peer_leave(ann);
    kill_end();
}

SPEC(whoever_dies_joining_leaves_its_name_free, "GEN-11 PEER-1")
{
    survivor self = survivor_made();
    kill_plan plan = {nothing_is_written, bob_goes_on, NULL, &self};

    KILL_ANYWHERE(joins_and_leaves, &plan);
    survivor_ends(&self);
}

KILLED(leaves_after_it_has_sent)
{
    mortal self = mortal_joined();

    sends_next(&self);
    kill_begin();
    sends_next(&self);
    xipc_peer_leave(self.ann);
    kill_end();
    xipc_map_close(self.map);
}

SPEC(whoever_dies_leaving_has_sent_what_it_sent, "GEN-11 PEER-1")
{
    survivor self = survivor_made();
    kill_plan plan = {nothing_is_written, bob_goes_on, NULL, &self};

    KILL_ANYWHERE(leaves_after_it_has_sent, &plan);
    survivor_ends(&self);
}

/* ---- sending ---- */

KILLED(sends_the_first_ones)
{
    mortal self = mortal_joined();

    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        sends_next(&self);
    }
    kill_end();
    mortal_ends(&self);
}

SPEC(a_message_that_its_sender_dies_sending_comes_once_or_not, "GEN-11 PEER-2")
{
    survivor self = survivor_made();
    kill_plan plan = {nothing_is_written, bob_goes_on, NULL, &self};

    KILL_ANYWHERE(sends_the_first_ones, &plan);
    survivor_ends(&self);
}

KILLED(sends_over_a_link)
{
    mortal self = mortal_joined();

    sends_next(&self);
    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        sends_next(&self);
    }
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_sending_over_a_link_has_sent_it_or_not, "GEN-11 PEER-2")
{
    survivor self = survivor_made();
    kill_plan plan = {nothing_is_written, bob_goes_on, NULL, &self};

    KILL_ANYWHERE(sends_over_a_link, &plan);
    survivor_ends(&self);
}

/* ---- waiting ---- */

KILLED(waits_in_vain)
{
    mortal self = mortal_joined();
    xipc_peer_mail mail;

    while (sends_if_it_can(&self)) {
    }
    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        peer_send(self.ann, "bob", 1, SIZE, xipc_after_ms(VAIN_MS)));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        peer_fetch_from(self.ann, "bob", &mail, xipc_after_ms(VAIN_MS)));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, peer_fetch(self.ann, &mail, xipc_after_ms(VAIN_MS)));
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_waiting_keeps_nobody_waiting, "GEN-11 PEER-2")
{
    survivor self = survivor_made();
    kill_plan plan = {nothing_is_written, bob_goes_on, NULL, &self};

    KILL_ANYWHERE(waits_in_vain, &plan);
    survivor_ends(&self);
}

/* ---- receiving ---- */

/* What the feeder and the case tell each other. */
typedef struct feed {
    _Atomic uint64_t absent_count; /* times that ann was not there */
    _Atomic uint64_t echo_count;
    _Atomic uint32_t is_over;
} feed;

static xipc_map *feed_joined(void)
{
    xipc_section *section = section_opened("feed");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

/* One message and its echo. The next ann may have come before all is told of
 * the last one: then word of that one's death can come in place of an echo,
 * which is there afterwards. */
static xipc_status
exchange(xipc_peer *bob, uint64_t number, uint64_t *unanswered, feed *page)
{
    xipc_peer_mail mail;
    xipc_status status = peer_send(bob, "ann", number, SIZE, XIPC_FOREVER);

    if (status != XIPC_OK) {
        return status;
    }
    status = peer_fetch_from(bob, "ann", &mail, XIPC_FOREVER);
    if (status == XIPC_OK && mail.type != number) {
        REQUIRE_UINT(*unanswered, mail.type);
        status = peer_fetch_from(bob, "ann", &mail, XIPC_FOREVER);
    }
    if (status == XIPC_OK) {
        REQUIRE_UINT(number, mail.type);
        atomic_fetch_add(&page->echo_count, 1);
    } else {
        *unanswered = number;
    }
    return status;
}

/* Nobody is there. What is told of those who were is told before the next one
 * sends; an echo that word of a death had come in place of is among it. */
static void settle(xipc_peer *bob, uint64_t unanswered)
{
    xipc_peer_mail mail;
    xipc_status status = peer_fetch_from(bob, "ann", &mail, XIPC_NOW);

    if (status == XIPC_OK) {
        REQUIRE_UINT(unanswered, mail.type);
        status = peer_fetch_from(bob, "ann", &mail, XIPC_NOW);
    }
    REQUIRE(
        status == XIPC_E_AGAIN || status == XIPC_E_PEER_DIED ||
        status == XIPC_E_CLOSED);
}

PEER(a_peer_that_feeds_ann)
{
    xipc_map *map = feed_joined();
    feed *page = xipc_map_address(map);
    xipc_peer *bob = peer_joined("bob");
    uint64_t unanswered = UINT64_MAX;

    spec_tell(NULL, "here");
    for (uint64_t number = 0; !atomic_load(&page->is_over); number++) {
        xipc_status status = exchange(bob, number, &unanswered, page);

        if (status == XIPC_E_NOT_FOUND) {
            settle(bob, unanswered);
            atomic_fetch_add(&page->absent_count, 1);
            let_pass(1);
        } else if (status != XIPC_OK) {
            REQUIRE(status == XIPC_E_PEER_DIED || status == XIPC_E_CLOSED);
        }
    }
    xipc_peer_leave(bob);
    xipc_map_close(map);
}

KILLED(answers_what_it_receives)
{
    xipc_peer *ann;
    xipc_peer_mail mail;

    kill_begin();
    ann = peer_joined("ann");
    for (int i = 0; i < BATCH; i++) {
        if (i % 2 == 0) {
            REQUIRE_OK(peer_fetch(ann, &mail, XIPC_FOREVER));
        } else {
            REQUIRE_OK(peer_fetch_from(ann, "bob", &mail, XIPC_FOREVER));
        }
        REQUIRE_OK(peer_send(ann, "bob", mail.type, SIZE, XIPC_FOREVER));
    }
    xipc_peer_leave(ann);
    kill_end();
}

/* Bob finds out that nobody is there, and once more after that. */
static void bob_is_not_kept(void *context)
{
    feed *page = context;
    uint64_t count = atomic_load(&page->absent_count);
    int64_t start = spec_now_ns();

    while (atomic_load(&page->absent_count) < count + 2) {
        REQUIRE(is_within(start, INT64_C(20000000000)));
        let_pass(1);
    }
}

SPEC(whoever_dies_receiving_and_answering_keeps_nobody, "GEN-11 PEER-2 PEER-3")
{
    xipc_section *section = section_created("feed", sizeof(feed));
    xipc_map *map = mapped(section);
    feed *page = xipc_map_address(map);
    spec_peer *bob = START(a_peer_that_feeds_ann);
    kill_plan plan = {NULL, bob_is_not_kept, NULL, page};

    spec_expect(bob, "here");
    KILL_ANYWHERE(answers_what_it_receives, &plan);
    spec_note(
        "%llu answers", (unsigned long long)atomic_load(&page->echo_count));
    REQUIRE(atomic_load(&page->echo_count) >= BATCH);
    atomic_store(&page->is_over, 1);
    spec_join(bob);
    xipc_map_close(map);
    xipc_section_close(section);
}
