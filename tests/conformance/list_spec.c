/* SPDX-License-Identifier: Apache-2.0 */
/* Seeing what there is, and sweeping away what is stale. */
#include <string.h>
#include <time.h>

#include "support/section_kit.h"

SPEC(where_nothing_was_made_nothing_is_listed, "LIFE-7")
{
    require_nothing_exists();
}

SPEC(a_transient_section_is_listed_with_all_its_properties, "LIFE-7")
{
    xipc_section *section = section_created("com.example.jobs", 100000);
    sighting seen = sighted(XIPC_SCOPE_USER, "com.example.jobs");

    REQUIRE_UINT(1, seen.count);
    REQUIRE(seen.listing.kind == XIPC_KIND_SECTION);
    REQUIRE(seen.listing.scope == XIPC_SCOPE_USER);
    REQUIRE(seen.listing.lifetime == XIPC_TRANSIENT);
    REQUIRE(seen.listing.is_stale == 0);
    REQUIRE_TEXT("shm", seen.provider);
    REQUIRE_UINT(xipc_section_size(section), seen.listing.size);
    REQUIRE_UINT(0, seen.listing.depth);
    REQUIRE_UINT(1, seen.listing.holder_count);

    xipc_section_close(section);
}

SPEC(a_persistent_section_is_listed_when_nobody_holds_it, "LIFE-7 LIFE-2")
{
    sighting seen;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(
        section_created_with("a", 100000, lasting(XIPC_PERSISTENT)));
    seen = sighted(XIPC_SCOPE_USER, "a");

    REQUIRE_UINT(1, seen.count);
    REQUIRE(seen.listing.kind == XIPC_KIND_SECTION);
    REQUIRE(seen.listing.lifetime == XIPC_PERSISTENT);
    REQUIRE(seen.listing.is_stale == 0);
    REQUIRE(seen.listing.size >= 100000);
    REQUIRE_UINT(0, seen.listing.holder_count);
    require_removed("a");
}

static uint64_t depth_of(const char *name)
{
    return sighted(XIPC_SCOPE_USER, name).listing.depth;
}

/* More than once around. */
SPEC(a_ring_is_listed_with_the_messages_that_wait_in_it, "LIFE-7 RING-1")
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    xipc_ring *producer;
    xipc_ring *consumer;
    char got[64];
    size_t size;

    options.capacity = 256;
    REQUIRE_OK(xipc_ring_create(
        "a", XIPC_RING_PRODUCER, &options, XIPC_NOW, &producer));
    REQUIRE_OK(
        xipc_ring_open("a", XIPC_RING_CONSUMER, NULL, XIPC_NOW, &consumer));
    REQUIRE_UINT(0, depth_of("a"));
    for (int round = 0; round < 20; round++) {
        REQUIRE_OK(xipc_ring_send(producer, "first", 5, XIPC_NOW));
        REQUIRE_OK(xipc_ring_send(producer, NULL, 0, XIPC_NOW));
        REQUIRE_OK(xipc_ring_send(producer, "the third one", 13, XIPC_NOW));
        REQUIRE_UINT(3, depth_of("a"));
        for (uint64_t left = 3; left-- > 0;) {
            REQUIRE_OK(
                xipc_ring_receive(consumer, got, sizeof got, &size, XIPC_NOW));
            REQUIRE_UINT(left, depth_of("a"));
        }
    }
    xipc_ring_close(consumer);
    xipc_ring_close(producer);
}

SPEC(a_ring_of_bytes_is_listed_with_the_bytes_in_it, "LIFE-7 RING-1")
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    xipc_ring *producer;
    xipc_ring *consumer;
    char got[64];
    size_t size;

    options.capacity = 256;
    options.mode = XIPC_RING_BYTES;
    REQUIRE_OK(xipc_ring_create(
        "a", XIPC_RING_PRODUCER, &options, XIPC_NOW, &producer));
    REQUIRE_OK(
        xipc_ring_open("a", XIPC_RING_CONSUMER, NULL, XIPC_NOW, &consumer));
    for (int round = 0; round < 20; round++) {
        REQUIRE_OK(xipc_ring_write(producer, "0123456789", 10, NULL, XIPC_NOW));
        REQUIRE_UINT(10, depth_of("a"));
        REQUIRE_OK(xipc_ring_read(consumer, got, 4, &size, XIPC_NOW));
        REQUIRE_UINT(4, size);
        REQUIRE_UINT(6, depth_of("a"));
        REQUIRE_OK(xipc_ring_read(consumer, got, 10, &size, XIPC_NOW));
        REQUIRE_UINT(6, size);
        REQUIRE_UINT(0, depth_of("a"));
    }
    xipc_ring_close(consumer);
    xipc_ring_close(producer);
}

static int add_depth(const xipc_listing *listing, void *context)
{
    uint64_t *sum = context;

    if (listing->kind == XIPC_KIND_INBOX) {
        *sum += listing->depth;
    }
    return 0;
}

static uint64_t inbox_depth(void)
{
    uint64_t sum = 0;

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, add_depth, &sum));
    return sum;
}

SPEC(an_inbox_is_listed_with_the_messages_of_all_its_senders, "LIFE-7 PEER-1")
{
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    xipc_peer *ann;
    xipc_peer *bob;
    xipc_peer *eve;

    REQUIRE_OK(xipc_peer_join("ann", NULL, XIPC_NOW, &ann));
    REQUIRE_OK(xipc_peer_join("bob", NULL, XIPC_NOW, &bob));
    REQUIRE_OK(xipc_peer_join("eve", NULL, XIPC_NOW, &eve));
    REQUIRE_UINT(0, inbox_depth());
    REQUIRE_OK(xipc_peer_send(bob, "ann", NULL, 0, 1, XIPC_NOW));
    REQUIRE_OK(xipc_peer_send(bob, "ann", NULL, 0, 2, XIPC_NOW));
    REQUIRE_OK(xipc_peer_send(eve, "ann", NULL, 0, 3, XIPC_NOW));
    REQUIRE_UINT(3, inbox_depth());
    REQUIRE_OK(xipc_peer_receive(ann, "bob", NULL, 0, &mail, XIPC_NOW));
    REQUIRE_UINT(2, inbox_depth());
    xipc_peer_leave(eve);
    xipc_peer_leave(bob);
    REQUIRE_UINT(2, inbox_depth());
    xipc_peer_leave(ann);
}

/* That clock may be a moment behind the one which the library reads. */
SPEC(a_listing_tells_when_it_was_made, "LIFE-7")
{
    int64_t before = (int64_t)time(NULL);
    xipc_section *section = section_created("a", 1);
    int64_t made_at = sighted(XIPC_SCOPE_USER, "a").listing.made_at;

    REQUIRE(made_at / 1000000000 >= before);
    REQUIRE(made_at / 1000000000 <= (int64_t)time(NULL) + 1);
    REQUIRE(sighted(XIPC_SCOPE_USER, "a").listing.made_at == made_at);
    xipc_section_close(section);
}

SPEC(a_listing_tells_the_native_name, "LIFE-7 NAME-3")
{
    xipc_section *section = section_created("a", 1);
    sighting seen = sighted(XIPC_SCOPE_USER, "a");
    char native_name[XIPC_NATIVE_NAME_SIZE];

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, native_name,
        sizeof native_name));

    REQUIRE_TEXT(native_name, seen.native_name);
    xipc_section_close(section);
}

SPEC(a_listing_tells_how_large_it_is_itself, "LIFE-7 GEN-7")
{
    xipc_section *section = section_created("a", 1);
    sighting seen = sighted(XIPC_SCOPE_USER, "a");

    REQUIRE_UINT(sizeof(xipc_listing), seen.listing.listing_size);

    xipc_section_close(section);
}

SPEC(a_listing_shows_the_longest_name_in_full, "LIFE-7 NAME-3")
{
    char name[XIPC_NAME_MAX + 1];
    xipc_section *section;

    memset(name, 'l', XIPC_NAME_MAX);
    name[XIPC_NAME_MAX] = '\0';
    section = section_created(name, 1);

    REQUIRE_UINT(1, sighted(XIPC_SCOPE_USER, name).count);

    xipc_section_close(section);
}

SPEC(a_listing_tells_the_size_after_growth, "LIFE-7 SHM-6")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    section = section_created_with("a", 65536, growing_to(1 << 20));
    REQUIRE_OK(xipc_section_grow(section, 1 << 18, XIPC_FOREVER));

    REQUIRE_UINT(1 << 18, sighted(XIPC_SCOPE_USER, "a").listing.size);

    xipc_section_close(section);
}

SPEC(a_process_counts_once_however_many_handles_it_has, "LIFE-7")
{
    xipc_section *section = section_created("a", 1);
    xipc_section *opened = section_opened("a");
    xipc_section *reader =
        section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));
    xipc_map *map = mapped(section);

    require_holders("a", 1);

    xipc_map_close(map);
    xipc_section_close(reader);
    xipc_section_close(opened);
    require_holders("a", 1);
    xipc_section_close(section);
}

PEER(a_process_that_holds)
{
    xipc_section *section = section_opened(spec_argument(0));

    spec_tell(NULL, "opened");
    spec_expect(NULL, "close");
    xipc_section_close(section);
}

static spec_peer *holder_of(const char *name)
{
    spec_peer *peer = START(a_process_that_holds, name);

    spec_expect(peer, "opened");
    return peer;
}

SPEC(each_process_that_has_it_open_counts, "LIFE-7")
{
    xipc_section *section = section_created("a", 1);
    spec_peer *one = holder_of("a");
    spec_peer *two;

    require_holders("a", 2);
    two = holder_of("a");
    require_holders("a", 3);
    spec_tell(one, "close");
    spec_join(one);
    require_holders("a", 2);
    spec_kill(two);
    require_holders("a", 1);

    xipc_section_close(section);
}

SPEC(a_persistent_section_counts_its_holders_too, "LIFE-7 LIFE-2")
{
    xipc_section *section;
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    section = section_created_with("a", 1, lasting(XIPC_PERSISTENT));
    peer = holder_of("a");
    require_holders("a", 2);
    spec_kill(peer);
    require_holders("a", 1);
    xipc_section_close(section);
    require_holders("a", 0);

    require_removed("a");
}

PEER(a_process_that_lists_what_it_does_not_hold)
{
    require_holders(spec_argument(0), 1);
}

SPEC(looking_at_a_list_is_not_holding, "LIFE-7")
{
    xipc_section *section = section_created("a", 1);

    spec_join(START(a_process_that_lists_what_it_does_not_hold, "a"));

    require_holders("a", 1);
    xipc_section_close(section);
}

SPEC(looking_at_a_list_does_not_let_go_of_what_one_holds, "LIFE-7 LIFE-6")
{
    xipc_section *section = section_saying("a", "held");
    spec_peer *peer;

    for (int i = 0; i < 10; i++) {
        require_holders("a", 1);
    }
    peer = holder_of("a");

    require_holders("a", 2);
    spec_tell(peer, "close");
    spec_join(peer);
    require_section_says(section, "held");
    xipc_section_close(section);
}

/* Holds argument 0, which nobody else does. */
PEER(a_process_that_makes_and_holds)
{
    xipc_section *section = section_created(spec_argument(0), 1);

    spec_tell(NULL, "created");
    spec_expect(NULL, "close");
    xipc_section_close(section);
}

/* Leaves a section without holder, the way a crash does. */
static void leave_stale(const char *name)
{
    spec_peer *peer = START(a_process_that_makes_and_holds, name);

    spec_expect(peer, "created");
    spec_kill(peer);
}

SPEC(what_is_stale_is_shown_as_such_at_most_once, "LIFE-7 LIFE-1")
{
    sighting seen;

    leave_stale("a");
    seen = sighted(XIPC_SCOPE_USER, "a");

    REQUIRE(seen.count <= 1);
    REQUIRE(seen.count == 0 || seen.listing.is_stale != 0);
    REQUIRE(seen.count == 0 || seen.listing.holder_count == 0);
    require_nothing_exists();
}

/* One that another program's sweeper has in hand is left to him; if he is
 * killed at it, as other cases do, it stays for the next one. Not three times.
 */
SPEC(what_is_stale_goes_when_anything_is_created, "LIFE-1")
{
    int is_gone = 0;

    for (int round = 0; round < 3 && !is_gone; round++) {
        xipc_section *section;

        leave_stale("a");
        section = section_created("b", 1);
        is_gone = sighted(XIPC_SCOPE_USER, "a").count == 0;
        xipc_section_close(section);
    }
    REQUIRE(is_gone);
}

SPEC(a_sweep_removes_what_is_stale, "LIFE-7 LIFE-1")
{
    size_t removed = 77;

    leave_stale("a");
    leave_stale("b");
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, &removed));

    REQUIRE(removed != 77);
    require_nothing_exists();
    require_nothing_to_sweep();
}

SPEC(a_sweep_need_not_tell_how_many, "LIFE-7")
{
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
}

SPEC(a_sweep_never_touches_what_this_process_holds, "LIFE-6")
{
    xipc_section *section = section_saying("a", "held");
    xipc_section *opened;

    leave_stale("b");
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    require_nothing_to_sweep();

    opened = section_opened("a");
    require_section_says(opened, "held");
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_sweep_never_touches_what_another_process_holds, "LIFE-6")
{
    spec_peer *peer = START(a_process_that_makes_and_holds, "a");

    spec_expect(peer, "created");
    require_nothing_to_sweep();

    xipc_section_close(section_opened("a"));
    spec_tell(peer, "close");
    spec_join(peer);
}

SPEC(a_sweep_never_touches_what_only_a_map_holds, "LIFE-6 SHM-4")
{
    xipc_section *section = section_saying("a", "mapped");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));

    REQUIRE_TEXT("mapped", (const char *)bytes_of(map));
    section = section_opened("a");
    require_section_says(section, "mapped");
    xipc_section_close(section);
    xipc_map_close(map);
}

SPEC(a_sweep_of_all_users_leaves_the_names_of_this_one, "LIFE-6 NAME-5")
{
    xipc_section *section = section_created("a", 1);

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_MACHINE, NULL));

    xipc_section_close(section_opened("a"));
    xipc_section_close(section);
}

static int stop_at_once(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    REQUIRE(listing != NULL);
    (*count)++;
    return 1;
}

SPEC(a_callback_ends_the_listing_when_it_has_seen_enough, "LIFE-7")
{
    xipc_section *one = section_created("one", 1);
    xipc_section *two = section_created("two", 1);
    unsigned count = 0;

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, stop_at_once, &count));

    REQUIRE_UINT(1, count);
    xipc_section_close(two);
    xipc_section_close(one);
}

/* Uses the library in every way from within a listing. */
static int call_the_library(const xipc_listing *listing, void *context)
{
    unsigned *count = context;
    xipc_section *section;
    xipc_map *map;

    if (listing->name[0] == '\0') {
        return 0; /* not of this case; see section_kit.h */
    }
    section = section_opened(listing->name);
    map = mapped(section);
    if (*count == 0) {
        xipc_section_close(section_created("made-meanwhile", 1));
        REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
        REQUIRE(listed_count(XIPC_SCOPE_USER) >= 2);
    }
    (*count)++;
    xipc_map_close(map);
    xipc_section_close(section);
    return 0;
}

SPEC(a_callback_may_call_the_library, "LIFE-7 GEN-6")
{
    xipc_section *one = section_created("one", 1);
    xipc_section *two = section_created("two", 1);
    unsigned count = 0;

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, call_the_library, &count));

    REQUIRE_UINT(2, count);
    xipc_section_close(two);
    xipc_section_close(one);
}

static int remove_it(const xipc_listing *listing, void *context)
{
    (void)context;
    if (listing->name[0] != '\0') {
        require_removed(listing->name);
    }
    return 0;
}

SPEC(a_callback_may_remove_what_it_is_shown, "LIFE-7 LIFE-5")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    xipc_section_close(section_created_with("a", 1, lasting(XIPC_PERSISTENT)));
    xipc_section_close(section_created_with("b", 1, lasting(XIPC_PERSISTENT)));

    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, remove_it, NULL));

    require_nothing_exists();
}
