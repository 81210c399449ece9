/* SPDX-License-Identifier: Apache-2.0 */
/* The names and the lives of rings. */
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const xipc_ring_role roles[] = {XIPC_RING_PRODUCER, XIPC_RING_CONSUMER};

static xipc_ring_options ring_lasting(xipc_lifetime lifetime)
{
    xipc_ring_options options = ring_of_messages(1024);

    options.naming.lifetime = lifetime;
    return options;
}

static void require_gone(void)
{
    xipc_ring *ring = UNTOUCHED;

    for (size_t i = 0; i < COUNT(roles); i++) {
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND,
            xipc_ring_open("a", roles[i], NULL, XIPC_FOREVER, &ring));
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND,
            xipc_ring_open("a", roles[i], NULL, XIPC_NOW, &ring));
    }
    REQUIRE(ring == UNTOUCHED);
}

SPEC(a_name_that_is_taken_makes_no_second_ring, "RING-1 LIFE-3")
{
    xipc_ring *ring = ring_made("a", XIPC_RING_PRODUCER, NULL);
    xipc_ring *second = UNTOUCHED;

    for (size_t i = 0; i < COUNT(roles); i++) {
        REQUIRE_STATUS(
            XIPC_E_EXISTS,
            xipc_ring_create("a", roles[i], NULL, XIPC_FOREVER, &second));
        REQUIRE_STATUS(
            XIPC_E_EXISTS,
            xipc_ring_create("a", roles[i], NULL, XIPC_NOW, &second));
    }
    REQUIRE(second == UNTOUCHED);

    xipc_ring_close(ring);
}

SPEC(open_or_create_says_which_it_was_for_rings, "RING-1 LIFE-3")
{
    xipc_ring *one = NULL;
    xipc_ring *two = NULL;
    int created = 77;

    for (size_t i = 0; i < COUNT(roles); i++) {
        REQUIRE_OK(xipc_ring_open_or_create(
            "a", roles[i], NULL, XIPC_FOREVER, &one, &created));
        REQUIRE(created == 1);
        REQUIRE_OK(xipc_ring_open_or_create(
            "a", other_role(roles[i]), NULL, XIPC_FOREVER, &two, &created));
        REQUIRE(created == 0);
        xipc_ring_close(two);
        REQUIRE_OK(xipc_ring_open_or_create(
            "a", other_role(roles[i]), NULL, XIPC_NOW, &two, NULL));
        xipc_ring_close(one);
        xipc_ring_close(two);
        require_gone();
    }
}

SPEC(a_ring_that_was_never_made_is_not_found, "RING-1 LIFE-3")
{
    require_gone();
    require_nothing_exists();
}

SPEC(a_ring_meets_no_other_kind_of_its_name, "NAME-2 RING-1")
{
    xipc_ring *ring = ring_made("a", XIPC_RING_CONSUMER, NULL);
    xipc_section *section;
    sync_handle handles[SYNC_KIND_COUNT];
    char native_names[2][XIPC_NATIVE_NAME_SIZE];

    require_absent("a");
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        handles[i].any = UNTOUCHED;
        REQUIRE_STATUS(
            XIPC_E_NOT_FOUND,
            sync_open(sync_kinds[i], "a", NULL, XIPC_FOREVER, &handles[i]));
        REQUIRE_OK(
            sync_create(sync_kinds[i], "a", NULL, XIPC_FOREVER, &handles[i]));
    }
    section = section_created("a", 1);
    REQUIRE_UINT(SYNC_KIND_COUNT + 2, sighted(XIPC_SCOPE_USER, "a").count);
    xipc_ring_close(ring);
    require_gone();
    xipc_section_close(section_opened("a"));
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_close(sync_kinds[i], handles[i]);
    }
    xipc_section_close(section);

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_RING, "a", XIPC_SCOPE_USER, native_names[0],
        XIPC_NATIVE_NAME_SIZE));
    REQUIRE(strlen(native_names[0]) <= 30);
    for (int i = 0; i <= SYNC_KIND_COUNT; i++) {
        REQUIRE_OK(xipc_native_name(
            i == SYNC_KIND_COUNT ? XIPC_KIND_SECTION : sync_kinds[i], "a",
            XIPC_SCOPE_USER, native_names[1], XIPC_NATIVE_NAME_SIZE));
        REQUIRE(strcmp(native_names[0], native_names[1]) != 0);
    }
    REQUIRE_TEXT("ring", xipc_kind_name(XIPC_KIND_RING));
}

SPEC(a_ring_takes_the_longest_name, "NAME-1 RING-1")
{
    char name[XIPC_NAME_MAX + 1];
    sides ring;

    memset(name, 'm', XIPC_NAME_MAX);
    name[XIPC_NAME_MAX] = '\0';
    ring = sides_made(name, NULL);
    REQUIRE_UINT(1, sighted(XIPC_SCOPE_USER, name).count);

    sides_closed(&ring);
}

SPEC(the_scopes_of_rings_do_not_meet, "NAME-5 RING-1")
{
    xipc_ring_options options = ring_of_messages(1024);
    xipc_ring *ring = NULL;
    xipc_ring *other = NULL;
    xipc_status status;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    options.naming.scope = XIPC_SCOPE_MACHINE;
    status = xipc_ring_create(
        "a", XIPC_RING_PRODUCER, &options, XIPC_FOREVER, &ring);
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_ACCESS, status);
        return;
    }
    require_gone();
    REQUIRE_OK(xipc_ring_open(
        "a", XIPC_RING_CONSUMER, &options, XIPC_FOREVER, &other));
    sends(ring, 1, 100);
    receives(other, 1, 100);

    xipc_ring_close(other);
    xipc_ring_close(ring);
}

SPEC(a_ring_goes_with_its_last_handle, "LIFE-1 RING-1")
{
    for (size_t i = 0; i < COUNT(roles); i++) {
        xipc_ring *one = ring_made("a", roles[i], NULL);
        xipc_ring *two = ring_joined("a", other_role(roles[i]));

        xipc_ring_close(one);
        xipc_ring_close(ring_joined("a", roles[i]));
        xipc_ring_close(two);
        require_gone();
        xipc_ring_close(ring_made("a", roles[i], NULL));
        require_gone();
    }
    require_nothing_exists();
}

SPEC(a_persistent_ring_stays_until_it_is_removed, "LIFE-2 LIFE-5 RING-1")
{
    xipc_ring_options lasts = ring_lasting(XIPC_PERSISTENT);

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_ring_close(ring_made("a", XIPC_RING_PRODUCER, &lasts));
    xipc_ring_close(ring_joined("a", XIPC_RING_PRODUCER));
    xipc_ring_close(ring_joined("a", XIPC_RING_CONSUMER));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_OK(xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    require_gone();
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(whoever_holds_a_removed_ring_keeps_it, "LIFE-5 RING-1")
{
    xipc_ring_options lasts = ring_lasting(XIPC_PERSISTENT);
    sides old;
    sides new;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    old = sides_made("a", &lasts);
    sends(old.producer, 1, 10);
    REQUIRE_OK(xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    require_gone();
    new = sides_made("a", NULL);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(XIPC_KIND_RING, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    sends(new.producer, 2, 20);
    sends(old.producer, 3, 30);
    receives(new.consumer, 2, 20);
    require_empty(new.consumer);
    receives(old.consumer, 1, 10);
    receives(old.consumer, 3, 30);
    require_empty(old.consumer);

    sides_closed(&old);
    sides_closed(&new);
    require_gone();
}

SPEC(a_ring_is_listed_with_its_properties, "LIFE-7 RING-1")
{
    xipc_ring_options options = ring_of_messages(5000);
    xipc_ring *ring = ring_made("a", XIPC_RING_PRODUCER, &options);
    sighting seen = sighted(XIPC_SCOPE_USER, "a");
    char native_name[XIPC_NATIVE_NAME_SIZE];
    spec_peer *hand = ring_hand_at("a", XIPC_RING_CONSUMER);

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_RING, "a", XIPC_SCOPE_USER, native_name, sizeof native_name));
    REQUIRE_UINT(1, seen.count);
    REQUIRE(seen.listing.kind == XIPC_KIND_RING);
    REQUIRE(seen.listing.scope == XIPC_SCOPE_USER);
    REQUIRE(seen.listing.lifetime == XIPC_TRANSIENT);
    REQUIRE(!seen.listing.is_stale);
    REQUIRE_UINT(1, seen.listing.holder_count);
    REQUIRE(seen.listing.size >= xipc_ring_size(5000));
    REQUIRE_TEXT("shm", seen.provider);
    REQUIRE_TEXT(native_name, seen.native_name);
    hand_does(hand, "open", XIPC_OK);
    require_holders("a", 2);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    spec_kill(hand);
    require_holders("a", 1);
    hand = ring_hand_at("a", XIPC_RING_CONSUMER);
    hand_does(hand, "open", XIPC_OK);

    xipc_ring_close(ring);
    require_holders("a", 1);
    hand_ends(hand);
    require_nothing_exists();
}

/* ---- at the same moment ---- */

typedef struct crowd {
    xipc_ring_role role;
    atomic_uint got_count;
} crowd;

static void come_and_go(void *context)
{
    crowd *self = context;
    unsigned rounds = rounds_here(300, 50);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_ring *ring = NULL;
        xipc_status status = xipc_ring_open_or_create(
            "a", self->role, NULL, XIPC_FOREVER, &ring, NULL);

        if (status != XIPC_OK) {
            REQUIRE_STATUS(XIPC_E_BUSY, status);
            continue;
        }
        REQUIRE_UINT(1, 1 + atomic_fetch_add(&self->got_count, 1));
        REQUIRE_UINT(1, atomic_fetch_sub(&self->got_count, 1));
        xipc_ring_close(ring);
    }
}

SPEC(threads_make_drop_and_share_the_sides_of_a_ring, "GEN-6 LIFE-1 RING-4")
{
    crowd crowds[2] = {
        {.role = XIPC_RING_PRODUCER}, {.role = XIPC_RING_CONSUMER}};
    spec_thread *threads[4];

    atomic_init(&crowds[0].got_count, 0);
    atomic_init(&crowds[1].got_count, 0);
    for (int i = 0; i < 4; i++) {
        threads[i] = spec_thread_start(come_and_go, &crowds[i % 2]);
    }
    for (int i = 0; i < 4; i++) {
        spec_thread_join(threads[i]);
    }
    require_gone();
}
