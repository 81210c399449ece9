/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody writes nonsense into what peers share: the head of an inbox, its
 * records, its lanes, the section of a name. Every call answers, in time, with
 * a status of peer.h; and peers that are not concerned go on.
 */
#include <stdlib.h>
#include <string.h>

#include "os/os_process.h"
#include "os/os_section.h"
#include "support/kill_anywhere.h"
#include "support/peer_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { LONGEST = 128, LINKS = 3, AREA_MAX = 6 };

/* ---- the bytes of an object ---- */

typedef struct area {
    xipcos_section *native;
    unsigned char *bytes;
    size_t size;
} area;

typedef struct areas {
    area all[AREA_MAX];
    size_t count;
} areas;

static int open_area(const xipc_listing *listing, void *context)
{
    areas *self = context;
    area *one = &self->all[self->count];
    xipcos_place place = {
        .scope = XIPC_SCOPE_USER,
        .native_name = listing->native_name,
        .user = xipcos_user()};
    void *address;

    if (listing->is_stale || /* of who scribbled in the round before */
        (listing->kind != XIPC_KIND_INBOX && listing->kind != XIPC_KIND_PEER)) {
        return 0;
    }
    REQUIRE(self->count < AREA_MAX);
    REQUIRE_OK(xipcos_section_open(
        place, XIPC_TRUST_SELF, 0, XIPC_FOREVER, &one->native));
    one->size = (size_t)xipcos_section_size(one->native);
    REQUIRE_OK(xipcos_section_map(one->native, 0, one->size, 1, &address));
    one->bytes = address;
    self->count++;
    return 0;
}

static areas areas_open(void)
{
    areas self = {.count = 0};

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, open_area, &self));
    REQUIRE_UINT(4, self.count);
    return self;
}

static void areas_close(areas *self)
{
    for (size_t i = 0; i < self->count; i++) {
        xipcos_section_unmap(self->all[i].bytes, self->all[i].size);
        xipcos_section_close(self->all[i].native);
    }
}

static void spoil(const areas *self, uint32_t *dice)
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    static const uint32_t values[] = {
        0, 1, 2, 8, 127, 4096, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
    const area *one = &self->all[thrown(dice, (uint32_t)self->count)];
    /* Heads and records are in front. */
    size_t part = thrown(dice, 2) == 0 && one->size > 2048 ? 2048 : one->size;
    size_t word = (size_t)thrown(dice, (uint32_t)part / 4) * 4;
    uint32_t value = thrown(dice, 400);
    uint32_t count = thrown(dice, 6) + 1;

    switch (thrown(dice, 8)) {
    case 0: memset(one->bytes, fillings[thrown(dice, 5)], part); break;
    case 1:
        memset(one->bytes + part / 2, fillings[thrown(dice, 5)], part / 2);
        break;
    case 2:
    case 3:
        memcpy(one->bytes + word, &values[thrown(dice, COUNT(values))], 4);
        break;
    case 4: memcpy(one->bytes + word, &value, 4); break;
    default:
        for (; count > 0; count--) {
            one->bytes[thrown(dice, (uint32_t)part)] =
                (unsigned char)thrown(dice, 256);
        }
        break;
    }
}

/* ---- calls ---- */

static void require_among(
    const char *what, const xipc_status *may, size_t count, xipc_status status)
{
    for (size_t i = 0; i < count; i++) {
        if (status == may[i]) {
            return;
        }
    }
    spec_fail(__FILE__, __LINE__, what, xipc_status_name(status));
}

static const xipc_status of_sends[] = {
    XIPC_OK,         XIPC_E_AGAIN,     XIPC_E_TIMEOUT, XIPC_E_NOT_FOUND,
    XIPC_E_TOO_BIG,  XIPC_E_PEER_DIED, XIPC_E_CORRUPT, XIPC_E_INCOMPATIBLE,
    XIPC_E_NO_SPACE, XIPC_E_NO_MEMORY, XIPC_E_LIMIT};
static const xipc_status of_receives[] = {
    XIPC_OK,          XIPC_E_AGAIN,  XIPC_E_TIMEOUT, XIPC_E_TOO_SMALL,
    XIPC_E_PEER_DIED, XIPC_E_CLOSED, XIPC_E_CORRUPT, XIPC_E_NO_MEMORY};

static void try_send(xipc_peer *peer, const char *to, xipc_deadline when)
{
    static const unsigned char bytes[LONGEST] = {1};
    int64_t start = spec_now_ns();

    require_among(
        "sending", of_sends, COUNT(of_sends),
        xipc_peer_send(peer, to, bytes, 50, 3, when));
    REQUIRE(is_within(start, INT64_C(5000000000)));
}

static void try_receive(xipc_peer *peer, const char *from, xipc_deadline when)
{
    unsigned char bytes[LONGEST];
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    int64_t start = spec_now_ns();
    xipc_status status =
        from ? xipc_peer_receive(peer, from, bytes, LONGEST, &mail, when)
             : xipc_peer_receive_any(peer, bytes, LONGEST, &mail, when);

    require_among("receiving", of_receives, COUNT(of_receives), status);
    REQUIRE(is_within(start, INT64_C(5000000000)));
    if (status == XIPC_OK) {
        REQUIRE(mail.size <= LONGEST);
        REQUIRE(strlen(mail.sender) <= XIPC_NAME_MAX);
    }
}

static void use(xipc_peer *peer, const char *other, uint32_t *dice)
{
    xipc_deadline soon = xipc_after_ms(2);

    switch (thrown(dice, 8)) {
    case 0:
    case 1: try_send(peer, other, XIPC_NOW); break;
    case 2: try_send(peer, other, soon); break;
    case 3: try_receive(peer, other, XIPC_NOW); break;
    case 4: try_receive(peer, NULL, XIPC_NOW); break;
    case 5: try_receive(peer, other, soon); break;
    case 6: try_receive(peer, NULL, soon); break;
    default: REQUIRE(xipc_peer_link_count(peer) <= 2 * LINKS); break;
    }
}

static void leaves(xipc_peer *peer)
{
    int64_t start = spec_now_ns();

    xipc_peer_leave(peer);
    REQUIRE(is_within(start, INT64_C(5000000000)));
}

SPEC(calls_survive_whatever_they_find_in_what_peers_share, "GEN-10 PEER-2")
{
    xipc_peer_options options = peer_shaped(LONGEST, 1000, LINKS);
    unsigned rounds =
        (unsigned)kill_setting("XIPC_SCRIBBLE_ROUNDS", rounds_here(600, 60));
    uint32_t dice = dice_cast();

    for (unsigned i = 0; i < rounds; i++) {
        xipc_peer *ann = peer_joined_with("ann", &options);
        xipc_peer *bob = peer_joined_with("bob", &options);
        areas shared;

        for (uint32_t turn = thrown(&dice, 4); turn > 0; turn--) {
            use(ann, "bob", &dice);
            use(bob, "ann", &dice);
        }
        shared = areas_open();
        for (int turn = 0; turn < 6; turn++) {
            spoil(&shared, &dice);
            use(ann, "bob", &dice);
            use(bob, "ann", &dice);
            use(ann, "bob", &dice);
            use(bob, "ann", &dice);
        }
        leaves(ann);
        leaves(bob);
        areas_close(&shared);
    }
}

/* ---- meanwhile ---- */

PEER(a_process_that_scribbles_on_what_peers_share)
{
    areas shared = areas_open();
    uint32_t dice = 12345;

    spec_tell(NULL, "at it");
    for (;;) {
        spoil(&shared, &dice);
    }
}

SPEC(calls_survive_while_another_process_scribbles, "GEN-10 PEER-2")
{
    xipc_peer_options options = peer_shaped(LONGEST, 1000, LINKS);
    unsigned rounds = rounds_here(30, 5);
    uint32_t dice = dice_cast();

    for (unsigned i = 0; i < rounds; i++) {
        xipc_peer *ann = peer_joined_with("ann", &options);
        xipc_peer *bob = peer_joined_with("bob", &options);
        spec_peer *peer;

        peer_sends(ann, "bob", 1, 10);
        peer_sends(bob, "ann", 1, 10);
        peer = START(a_process_that_scribbles_on_what_peers_share);
        spec_expect(peer, "at it");
        for (int turn = 0; turn < 200; turn++) {
            use(ann, "bob", &dice);
            use(bob, "ann", &dice);
        }
        leaves(ann);
        leaves(bob);
        spec_kill(peer);
    }
}

/* ---- others ---- */

/* Of the first lane, which stands behind the records. */
static void spoil_mark_of_lane(const areas *self)
{
    const size_t at = 384 + LINKS * 256;

    for (size_t i = 0; i < self->count; i++) {
        if (self->all[i].size > at + 4) {
            memset(self->all[i].bytes + at, 0x2e, 4);
        }
    }
}

SPEC(a_link_that_makes_no_sense_swallows_nothing, "GEN-10 PEER-1 PEER-2")
{
    xipc_peer_options options = peer_shaped(LONGEST, 1000, LINKS);
    xipc_peer *ann = peer_joined_with("ann", &options);
    xipc_peer *bob = peer_joined_with("bob", &options);
    areas shared;
    xipc_peer_mail mail;

    peer_sends(ann, "bob", 1, 40);
    shared = areas_open();
    spoil_mark_of_lane(&shared);
    REQUIRE_STATUS(XIPC_E_CORRUPT, peer_fetch(bob, &mail, XIPC_NOW));
    require_no_mail(bob);
    peer_sends(ann, "bob", 2, 30);
    peer_receives(bob, "ann", 2, 30);
    require_no_mail(bob);

    areas_close(&shared);
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

SPEC(a_link_that_was_scribbled_on_ends_alone, "GEN-10 PEER-1 PEER-2")
{
    xipc_peer_options options = peer_shaped(LONGEST, 1000, LINKS);
    xipc_peer *ann = peer_joined_with("ann", &options);
    xipc_peer *bob = peer_joined_with("bob", &options);
    xipc_peer *eve;
    areas shared;
    xipc_peer_mail mail;

    peer_sends(ann, "bob", 1, 40);
    peer_receives(bob, "ann", 1, 40);
    shared = areas_open();
    /* What is behind the records is the lane of the only link. */
    for (size_t i = 0; i < shared.count; i++) {
        size_t at = 384 + LINKS * 256 + 512;

        if (shared.all[i].size > at) {
            memset(shared.all[i].bytes + at, 0xee, 500);
        }
    }
    REQUIRE_STATUS(XIPC_E_CORRUPT, peer_fetch(bob, &mail, XIPC_NOW));
    require_no_mail(bob);
    eve = peer_joined_with("eve", &options);
    peer_sends(eve, "bob", 2, 20);
    peer_receives(bob, "eve", 2, 20);
    /* And ann may have another one. */
    peer_sends(ann, "bob", 3, 30);
    peer_receives(bob, "ann", 3, 30);

    areas_close(&shared);
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
    xipc_peer_leave(eve);
}
