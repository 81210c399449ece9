/* SPDX-License-Identifier: Apache-2.0 */
/* Rings inside sections. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of a ring's first bytes, those that have to be zero. */
enum { SIZE = 65536, HEAD = 512, CAPACITY = 1024, CANARY = 0x5a };

static uint64_t ring_bytes(void)
{
    return xipc_ring_size(CAPACITY);
}

static xipc_status try_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    xipc_ring **ring_out)
{
    xipc_ring_options options = ring_of_messages(CAPACITY);

    return xipc_ring_create_at(
        section, offset, role, &options, XIPC_FOREVER, ring_out);
}

static sides made_at(xipc_section *section, uint64_t offset)
{
    sides ring = {NULL, NULL};

    REQUIRE_OK(
        try_create_at(section, offset, XIPC_RING_CONSUMER, &ring.consumer));
    REQUIRE_OK(xipc_ring_open_at(
        section, offset, XIPC_RING_PRODUCER, XIPC_FOREVER, &ring.producer));
    return ring;
}

static void
require_no_create_at(xipc_status want, xipc_section *section, uint64_t offset)
{
    xipc_ring *ring = UNTOUCHED;

    REQUIRE_STATUS(
        want, try_create_at(section, offset, XIPC_RING_PRODUCER, &ring));
    REQUIRE_STATUS(
        want, try_create_at(section, offset, XIPC_RING_CONSUMER, &ring));
    REQUIRE(ring == UNTOUCHED);
}

static void
require_no_open_at(xipc_status want, xipc_section *section, uint64_t offset)
{
    xipc_ring *ring = UNTOUCHED;

    REQUIRE_STATUS(
        want, xipc_ring_open_at(
                  section, offset, XIPC_RING_PRODUCER, XIPC_FOREVER, &ring));
    REQUIRE_STATUS(
        want, xipc_ring_open_at(
                  section, offset, XIPC_RING_CONSUMER, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
}

static void
require_all(const unsigned char *bytes, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++) {
        REQUIRE_UINT(value, bytes[i]);
    }
}

/* Traffic of all sizes, several times around. */
static void carry(const sides *ring)
{
    for (uint64_t number = 0; number < 500; number++) {
        size_t size = message_size(number, CAPACITY / 2);

        sends(ring->producer, number, size);
        receives(ring->consumer, number, size);
    }
    while (ring_send(ring->producer, 0, 0, XIPC_NOW) == XIPC_OK) {
        /* to the last byte */
    }
}

SPEC(a_ring_takes_its_own_bytes_of_a_section_and_no_more, "RING-1 GEN-10")
{
    const uint64_t offsets[] = {
        0, XIPC_RING_ALIGNMENT, 33 * XIPC_RING_ALIGNMENT, SIZE - ring_bytes()};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (size_t i = 0; i < COUNT(offsets); i++) {
        size_t offset = (size_t)offsets[i];
        size_t end = offset + (size_t)ring_bytes();
        sides ring;

        memset(bytes_of(map), CANARY, SIZE);
        memset(bytes_of(map) + offset, 0, HEAD);
        ring = made_at(section, offset);
        carry(&ring);
        require_all(bytes_of(map), offset, CANARY);
        require_all(bytes_of(map) + end, SIZE - end, CANARY);
        sides_closed(&ring);
        require_all(bytes_of(map), offset, CANARY);
        require_all(bytes_of(map) + end, SIZE - end, CANARY);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(only_the_first_bytes_of_a_new_ring_have_to_be_zero, "RING-1")
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (size_t i = 0; i < COUNT(fillings); i++) {
        sides ring;

        memset(bytes_of(map), fillings[i], SIZE);
        memset(bytes_of(map) + 1024, 0, HEAD);
        ring = made_at(section, 1024);
        require_empty(ring.consumer);
        carry(&ring);
        sides_closed(&ring);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(where_all_bytes_are_zero_no_ring_is_found, "RING-1 LIFE-3")
{
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    require_no_open_at(XIPC_E_NOT_FOUND, section, 0);
    require_no_open_at(XIPC_E_NOT_FOUND, section, 5 * XIPC_RING_ALIGNMENT);
    require_no_open_at(XIPC_E_NOT_FOUND, section, SIZE - HEAD);
    require_all(bytes_of(map), SIZE, 0);

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(bytes_that_are_not_all_zero_make_no_ring, "RING-1 GEN-10")
{
    static const unsigned char values[] = {1, 0x80, 0xff};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);
    unsigned char *bytes = bytes_of(map) + 1024;
    unsigned char before[HEAD];

    for (size_t i = 0; i < HEAD; i++) {
        memset(bytes, 0, HEAD);
        bytes[i] = values[i % COUNT(values)];
        memcpy(before, bytes, HEAD);
        require_no_create_at(XIPC_E_EXISTS, section, 1024);
        REQUIRE(memcmp(before, bytes, HEAD) == 0);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(what_makes_no_sense_as_a_ring_is_not_joined, "RING-1 GEN-9 GEN-10")
{
    static const unsigned char fillings[] = {0xff, 0xa5, 0x7f, 0x11};
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (size_t i = 0; i < COUNT(fillings); i++) {
        memset(bytes_of(map), fillings[i], SIZE);
        require_no_open_at(XIPC_E_CORRUPT, section, 1024);
        require_no_create_at(XIPC_E_EXISTS, section, 1024);
        require_all(bytes_of(map), SIZE, fillings[i]);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_ring_keeps_its_place, "RING-1 LIFE-3")
{
    xipc_section *section = section_created("a", SIZE);
    sides ring = made_at(section, 1024);
    xipc_ring *again = NULL;

    require_no_create_at(XIPC_E_EXISTS, section, 1024);
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_handle handle = {UNTOUCHED};

        REQUIRE_STATUS(
            XIPC_E_EXISTS,
            sync_create_at(
                sync_kinds[i], section, 1024, XIPC_FOREVER, &handle));
        REQUIRE(handle.any == UNTOUCHED);
    }
    sends(ring.producer, 1, 10);
    sides_closed(&ring);
    require_no_create_at(XIPC_E_EXISTS, section, 1024);
    REQUIRE_OK(xipc_ring_open_at(
        section, 1024, XIPC_RING_CONSUMER, XIPC_FOREVER, &again));
    receives(again, 1, 10);

    xipc_ring_close(again);
    xipc_section_close(section);
}

SPEC(rings_and_other_kinds_are_told_apart_inside_a_section, "RING-1 GEN-9")
{
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        xipc_section *section = section_created("a", SIZE);
        sync_handle handle = {NULL};
        sync_handle other = {UNTOUCHED};
        sides ring;

        REQUIRE_OK(sync_create_at(
            sync_kinds[i], section, 1024, XIPC_FOREVER, &handle));
        require_no_create_at(XIPC_E_EXISTS, section, 1024);
        require_no_open_at(XIPC_E_INCOMPATIBLE, section, 1024);
        ring = made_at(section, 2048);
        REQUIRE_STATUS(
            XIPC_E_INCOMPATIBLE,
            sync_open_at(sync_kinds[i], section, 2048, XIPC_FOREVER, &other));
        REQUIRE(other.any == UNTOUCHED);
        carry(&ring);
        sides_closed(&ring);
        sync_close(sync_kinds[i], handle);
        xipc_section_close(section);
    }
}

SPEC(zeros_take_a_ring_away, "RING-1")
{
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);

    for (int i = 0; i < 10; i++) {
        sides ring = made_at(section, 1024);

        carry(&ring);
        sides_closed(&ring);
        memset(bytes_of(map) + 1024, 0, HEAD);
        require_no_open_at(XIPC_E_NOT_FOUND, section, 1024);
    }
    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_ring_between_or_beyond_the_places_is_refused, "GEN-7 RING-1")
{
    static const uint64_t offsets[] = {
        1,
        8,
        64,
        XIPC_RING_ALIGNMENT - 1,
        XIPC_RING_ALIGNMENT + 64,
        SIZE - 1,
        SIZE,
        SIZE + XIPC_RING_ALIGNMENT,
        UINT64_C(1) << 32,
        UINT64_C(1) << 63,
        UINT64_MAX,
        UINT64_MAX - XIPC_RING_ALIGNMENT + 1,
    };
    xipc_section *section = section_created("a", SIZE);
    xipc_map *map = mapped(section);
    uint64_t last = SIZE - ring_bytes();

    for (size_t i = 0; i < COUNT(offsets); i++) {
        require_no_create_at(XIPC_E_INVALID, section, offsets[i]);
        require_no_open_at(XIPC_E_INVALID, section, offsets[i]);
    }
    require_no_create_at(XIPC_E_INVALID, section, last + XIPC_RING_ALIGNMENT);
    require_no_create_at(XIPC_E_INVALID, section, SIZE - XIPC_RING_ALIGNMENT);
    require_no_open_at(XIPC_E_INVALID, section, SIZE - XIPC_RING_ALIGNMENT);
    require_all(bytes_of(map), SIZE, 0);

    xipc_map_close(map);
    xipc_section_close(section);
}

SPEC(a_ring_larger_than_the_section_is_refused, "GEN-7 RING-1")
{
    static const uint64_t capacities[] = {
        0, SIZE, UINT64_C(1) << 20, XIPC_RING_CAPACITY_MAX};
    xipc_section *section = section_created("a", SIZE);
    xipc_ring *ring = UNTOUCHED;

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_ring_options options = ring_of_messages(capacities[i]);

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_ring_create_at(
                section, 0, XIPC_RING_PRODUCER, &options, XIPC_FOREVER, &ring));
    }
    REQUIRE(ring == UNTOUCHED);
    require_no_open_at(XIPC_E_NOT_FOUND, section, 0);

    xipc_section_close(section);
}

SPEC(a_section_for_reading_only_holds_no_ring, "RING-1 SHM-3")
{
    xipc_section *section = section_created("a", SIZE);
    sides ring = made_at(section, 1024);
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));

    require_no_create_at(XIPC_E_ACCESS, reader, 8192);
    require_no_open_at(XIPC_E_ACCESS, reader, 1024);
    require_no_open_at(XIPC_E_NOT_FOUND, section, 8192);
    carry(&ring);

    xipc_section_close(reader);
    sides_closed(&ring);
    xipc_section_close(section);
}

SPEC(a_handle_of_a_ring_keeps_the_section_that_it_is_in, "RING-1 LIFE-1 SHM-4")
{
    xipc_section *section = section_created("a", SIZE);
    sides ring = made_at(section, 1024);

    xipc_section_close(section);
    carry(&ring);
    xipc_ring_close(ring.producer);
    section = section_opened("a");
    REQUIRE_OK(xipc_ring_open_at(
        section, 1024, XIPC_RING_PRODUCER, XIPC_FOREVER, &ring.producer));
    xipc_section_close(section);
    xipc_ring_close(ring.consumer);
    xipc_section_close(section_opened("a"));
    xipc_ring_close(ring.producer);

    require_absent("a");
}

SPEC(a_ring_inside_a_section_is_in_no_list, "RING-1 LIFE-7")
{
    xipc_section *section = section_created("a", SIZE);
    sides ring = made_at(section, 0);

    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    require_holders("a", 1);

    sides_closed(&ring);
    xipc_section_close(section);
}

SPEC(rings_and_their_neighbours_do_not_disturb_each_other, "RING-1 SYNC-2")
{
    xipc_section *section = section_created("a", SIZE);
    sides one = made_at(section, 0);
    sides two = made_at(section, ring_bytes());
    xipc_semaphore *semaphore = NULL;

    REQUIRE_OK(xipc_semaphore_create_at(
        section, 2 * ring_bytes(), 3, 9, XIPC_FOREVER, &semaphore));
    for (uint64_t number = 0; number < 300; number++) {
        sends(one.producer, number, 300);
        sends(two.producer, number + 7, 200);
        REQUIRE_UINT(3, xipc_semaphore_count(semaphore));
        receives(one.consumer, number, 300);
        receives(two.consumer, number + 7, 200);
    }
    xipc_semaphore_close(semaphore);
    sides_closed(&two);
    sides_closed(&one);
    xipc_section_close(section);
}

SPEC(what_a_section_grew_by_has_room_for_a_ring, "RING-1 SHM-6")
{
    xipc_section *section;
    xipc_section *other;
    sides ring = {NULL, NULL};

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    section = section_created_with("a", SIZE, growing_to(4 * SIZE));
    other = section_opened("a");
    require_no_create_at(XIPC_E_INVALID, section, SIZE);
    REQUIRE_OK(xipc_section_grow(section, 4 * SIZE, XIPC_FOREVER));
    REQUIRE_OK(try_create_at(
        section, 4 * SIZE - ring_bytes(), XIPC_RING_PRODUCER, &ring.producer));
    REQUIRE_OK(xipc_ring_open_at(
        other, 4 * SIZE - ring_bytes(), XIPC_RING_CONSUMER, XIPC_FOREVER,
        &ring.consumer));
    carry(&ring);

    sides_closed(&ring);
    xipc_section_close(other);
    xipc_section_close(section);
}

SPEC(a_ring_that_stays_in_a_persistent_section_is_joined_later, "RING-4 LIFE-2")
{
    xipc_section *section;
    sides ring;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = section_created_with("a", SIZE, lasting(XIPC_PERSISTENT));
    ring = made_at(section, 1024);
    sends(ring.producer, 1, 100);
    sends(ring.producer, 2, 0);
    sides_closed(&ring);
    xipc_section_close(section);

    section = section_opened("a");
    REQUIRE_OK(xipc_ring_open_at(
        section, 1024, XIPC_RING_CONSUMER, XIPC_FOREVER, &ring.consumer));
    xipc_section_close(section);
    receives(ring.consumer, 1, 100);
    receives(ring.consumer, 2, 0);
    xipc_ring_close(ring.consumer);
    require_removed("a");
}

/* ---- sections without a name ---- */

static xipc_section *anonymous(void)
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(SIZE, NULL, &section));
    return section;
}

SPEC(a_ring_in_an_anonymous_section_is_there_if_told_so, "RING-4 SHM-5 CAP-1")
{
    xipc_section *section = anonymous();
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    REQUIRE_OK(xipc_capability(XIPC_FEATURE_SYNC_ANONYMOUS, &info));
    if (info.support == XIPC_SUPPORT_ABSENT) {
        require_no_create_at(XIPC_E_NOT_SUPPORTED, section, 0);
    } else {
        sides ring = made_at(section, 0);

        carry(&ring);
        sides_closed(&ring);
    }
    xipc_section_close(section);
}

SPEC(who_was_given_an_anonymous_section_is_the_other_side, "RING-4 SHM-5")
{
    xipc_native_handle native = -1;
    xipc_section *section;
    xipc_ring *ring = NULL;
    spec_peer *hand;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    section = anonymous();
    REQUIRE_OK(try_create_at(section, RING_OFFSET, XIPC_RING_CONSUMER, &ring));
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    hand = ring_hand_given(native, XIPC_RING_PRODUCER);
    hand_does(hand, "send 1 100", XIPC_OK);
    hand_does(hand, "reserve 2 100", XIPC_OK);
    receives(ring, 1, 100);
    require_empty(ring);
    spec_kill(hand);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, ring_receive(ring, 2, 100, XIPC_FOREVER));
    hand = ring_hand_given(native, XIPC_RING_PRODUCER);
    spec_tell(hand, "send 3 100");
    hand_answers(hand, XIPC_OK);
    receives(ring, 3, 100);
    hand_ends(hand);
    REQUIRE_STATUS(XIPC_E_CLOSED, ring_receive(ring, 4, 100, XIPC_FOREVER));

    xipc_ring_close(ring);
    xipc_section_close(section);
}

/* ---- at the same moment ---- */

typedef struct racer {
    xipc_section *section;
    xipc_ring *ring;
    xipc_status status; /* of the last call */
} racer;

/* The producer of a new one, or the consumer of another's. */
static void make_or_join(void *context)
{
    racer *self = context;

    self->status =
        try_create_at(self->section, 0, XIPC_RING_PRODUCER, &self->ring);
    if (self->status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_EXISTS, self->status);
        self->status = xipc_ring_open_at(
            self->section, 0, XIPC_RING_CONSUMER, XIPC_FOREVER, &self->ring);
    }
}

enum { RACERS = 4 };

/* One made it, one joined it, and to the others it was taken. */
static void require_one_of_each(racer *racers)
{
    sides ring = {NULL, NULL};
    unsigned busy_count = 0;

    for (int i = 0; i < RACERS; i++) {
        if (racers[i].status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_BUSY, racers[i].status);
            busy_count++;
        } else if (
            xipc_ring_cancel(racers[i].ring) == XIPC_OK && !ring.producer) {
            ring.producer = racers[i].ring;
        } else {
            REQUIRE(!ring.consumer);
            ring.consumer = racers[i].ring;
        }
    }
    REQUIRE_UINT(RACERS - 2, busy_count);
    sends(ring.producer, 1, 10);
    receives(ring.consumer, 1, 10);
    sides_closed(&ring);
}

SPEC(of_many_who_come_at_once_each_place_goes_to_one, "RING-4 LIFE-3 LIFE-4")
{
    unsigned rounds = rounds_here(50, 10);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_section *section = section_created("a", SIZE);
        racer racers[RACERS];
        spec_thread *threads[RACERS];

        for (int j = 0; j < RACERS; j++) {
            racers[j] = (racer){section, NULL, XIPC_OK};
            threads[j] = spec_thread_start(make_or_join, &racers[j]);
        }
        for (int j = 0; j < RACERS; j++) {
            spec_thread_join(threads[j]);
        }
        require_one_of_each(racers);
        xipc_section_close(section);
    }
}
