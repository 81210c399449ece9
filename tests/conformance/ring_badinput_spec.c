/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of ring.h that break the contract: the right status, outputs
 * unchanged, nothing made, nothing sent. Offsets are in ring_place_spec.c.
 */
#include <limits.h>
#include <string.h>

#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

SPEC(calls_on_no_ring_are_refused, "GEN-7 RING-1 RING-3")
{
    char bytes[8];
    size_t size = 77;
    void *block = UNTOUCHED;
    const void *data = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_send(NULL, "x", 1, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_receive(NULL, bytes, 8, &size, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_write(NULL, "x", 1, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_read(NULL, bytes, 8, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_reserve(NULL, 8, &block, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(NULL, 0));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_cancel(NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_peek(NULL, &data, &size, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release_bytes(NULL, 0));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_rewind(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_wait_peer(NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_wait_peer(NULL, XIPC_FOREVER));
    REQUIRE(size == 77 && block == UNTOUCHED && data == UNTOUCHED);
}

SPEC(what_no_ring_has_is_0, "GEN-7 RING-1")
{
    REQUIRE_UINT(0, xipc_ring_capacity(NULL));
    REQUIRE_UINT(0, xipc_ring_message_max(NULL));
    REQUIRE(xipc_ring_mode_of(NULL) == XIPC_RING_MESSAGES);
    REQUIRE(xipc_ring_wait_of(NULL) == XIPC_RING_ADAPTIVE);
    REQUIRE(xipc_ring_object(NULL) == NULL);
    xipc_ring_close(NULL);
}

/* ---- the other side's calls ---- */

static void of_the_consumer(const sides *ring)
{
    char bytes[8] = "same";
    size_t size = 77;
    const void *data = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_receive(ring->producer, bytes, 8, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(ring->producer, bytes, 8, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_peek(ring->producer, &data, &size, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release(ring->producer));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release_bytes(ring->producer, 0));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_rewind(ring->producer));
    REQUIRE_TEXT("same", bytes);
    REQUIRE(size == 77 && data == UNTOUCHED);
}

static void of_the_producer(const sides *ring)
{
    size_t size = 77;
    void *block = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_send(ring->consumer, "x", 1, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_write(ring->consumer, "x", 1, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_reserve(ring->consumer, 8, &block, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring->consumer, 0));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_cancel(ring->consumer));
    REQUIRE(size == 77 && block == UNTOUCHED);
}

static void each_side(const char *place)
{
    static const xipc_ring_mode modes[] = {XIPC_RING_MESSAGES, XIPC_RING_BYTES};

    for (size_t i = 0; i < COUNT(modes); i++) {
        xipc_ring_options options =
            ring_shaped(1024, modes[i], XIPC_RING_ADAPTIVE);
        sides ring = sides_made(place, &options);

        of_the_consumer(&ring);
        of_the_producer(&ring);
        require_empty(ring.consumer);
        sides_closed(&ring);
    }
}

SPEC(one_side_refuses_what_the_other_one_does, "GEN-7 RING-1 RING-3")
{
    in_both_forms(each_side);
}

/* ---- what the calls are given ---- */

SPEC(no_buffer_is_refused_unless_there_is_nothing_to_it, "GEN-7 RING-1")
{
    xipc_ring_options as_bytes = ring_of_bytes(1024);
    sides messages = sides_made("a", NULL);
    sides bytes = sides_made("b", &as_bytes);
    char buffer[8] = "same";
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_send(messages.producer, NULL, 1, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_write(bytes.producer, NULL, 1, &size, XIPC_NOW));
    require_empty(messages.consumer);
    require_empty(bytes.consumer);
    REQUIRE_OK(xipc_ring_send(messages.producer, NULL, 0, XIPC_NOW));
    REQUIRE_OK(xipc_ring_write(bytes.producer, "abc", 3, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_receive(messages.consumer, NULL, 1, &size, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_receive(messages.consumer, buffer, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(bytes.consumer, NULL, 1, &size, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(bytes.consumer, buffer, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(bytes.consumer, buffer, 0, &size, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_read(bytes.consumer, NULL, 0, &size, XIPC_FOREVER));
    REQUIRE_UINT(77, size);
    REQUIRE_TEXT("same", buffer);
    receives(messages.consumer, 0, 0);
    REQUIRE_OK(xipc_ring_read(bytes.consumer, buffer, 8, &size, XIPC_NOW));
    REQUIRE_UINT(3, size);

    sides_closed(&bytes);
    sides_closed(&messages);
}

SPEC(no_place_for_a_block_is_refused, "GEN-7 RING-3")
{
    sides ring = sides_made("a", NULL);
    const void *data = UNTOUCHED;
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_reserve(ring.producer, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring.producer, 0));
    sends(ring.producer, 1, 10);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_peek(ring.consumer, NULL, &size, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_peek(ring.consumer, &data, NULL, XIPC_NOW));
    REQUIRE(size == 77 && data == UNTOUCHED);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_release(ring.consumer));
    receives(ring.consumer, 1, 10);

    sides_closed(&ring);
}

/* ---- what a ring is made with ---- */

/* None of the calls that make or find one does. */
static void require_none(
    xipc_status want,
    const char *name,
    int role,
    const xipc_ring_options *options)
{
    xipc_ring *ring = UNTOUCHED;
    xipc_ring_role given = (xipc_ring_role)role;
    int created = 77;

    REQUIRE_STATUS(
        want, xipc_ring_create(name, given, options, XIPC_FOREVER, &ring));
    REQUIRE_STATUS(
        want, xipc_ring_open(name, given, options, XIPC_FOREVER, &ring));
    REQUIRE_STATUS(
        want, xipc_ring_open_or_create(
                  name, given, options, XIPC_FOREVER, &ring, &created));
    REQUIRE(ring == UNTOUCHED);
    REQUIRE(created == 77);
}

static void require_none_at(int role, const xipc_ring_options *options)
{
    xipc_section *section = section_created("table", 65536);
    xipc_map *map = mapped(section);
    xipc_ring *ring = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_create_at(
            section, 0, (xipc_ring_role)role, options, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
    REQUIRE(bytes_of(map)[0] == 0);
    REQUIRE(memcmp(bytes_of(map), bytes_of(map) + 1, 65535) == 0);
    xipc_map_close(map);
    xipc_section_close(section);
}

static void require_no_options(const xipc_ring_options *options)
{
    require_none(XIPC_E_INVALID, "a", XIPC_RING_PRODUCER, options);
    require_none_at(XIPC_RING_PRODUCER, options);
}

static const int no_enum[] = {-1, 3, 100, INT_MAX, INT_MIN};

SPEC(an_unknown_role_is_refused, "GEN-7 RING-1")
{
    xipc_section *section;
    xipc_ring *ring = UNTOUCHED;
    xipc_ring *made;

    require_none(XIPC_E_INVALID, "a", 0, NULL);
    require_none_at(0, NULL);
    for (size_t i = 0; i < COUNT(no_enum); i++) {
        require_none(XIPC_E_INVALID, "a", no_enum[i], NULL);
        require_none_at(no_enum[i], NULL);
    }
    require_nothing_exists();
    made = ring_made("@a", XIPC_RING_PRODUCER, NULL);
    section = section_opened("a");
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_open_at(
            section, RING_OFFSET, (xipc_ring_role)0, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
    xipc_section_close(section);
    xipc_ring_close(made);
}

SPEC(unknown_modes_and_ways_to_wait_are_refused, "GEN-7 RING-1 RING-2")
{
    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_ring_options mode = XIPC_RING_OPTIONS_INIT;
        xipc_ring_options wait = XIPC_RING_OPTIONS_INIT;

        mode.mode = (xipc_ring_mode)no_enum[i];
        wait.wait = (xipc_ring_wait)no_enum[i];
        require_no_options(&mode);
        require_no_options(&wait);
    }
    require_nothing_exists();
}

SPEC(a_capacity_above_the_most_is_refused, "GEN-7 RING-1")
{
    static const uint64_t capacities[] = {
        XIPC_RING_CAPACITY_MAX + 1,
        XIPC_RING_CAPACITY_MAX + XIPC_RING_ALIGNMENT,
        UINT64_C(1) << 32,
        UINT64_C(1) << 63,
        UINT64_MAX - 200,
        UINT64_MAX,
    };

    for (size_t i = 0; i < COUNT(capacities); i++) {
        xipc_ring_options options = ring_of_messages(capacities[i]);

        require_no_options(&options);
    }
    require_nothing_exists();
}

SPEC(an_options_size_nobody_knows_is_refused_for_rings, "GEN-7 RING-1")
{
    static const size_t sizes[] = {
        0,
        1,
        sizeof(xipc_ring_options) - 1,
        sizeof(xipc_ring_options) + 1,
        sizeof(xipc_section_options),
        SIZE_MAX};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_ring_options options = XIPC_RING_OPTIONS_INIT;

        if (sizes[i] == sizeof options) {
            continue;
        }
        options.options_size = sizes[i];
        require_no_options(&options);
    }
    require_nothing_exists();
}

SPEC(a_naming_nobody_knows_is_refused_for_rings, "GEN-7 NAME-5 RING-1")
{
    static const int none[] = {-1, 100, INT_MAX, INT_MIN};

    for (size_t i = 0; i < COUNT(none); i++) {
        xipc_ring_options options[4];

        for (size_t j = 0; j < COUNT(options); j++) {
            options[j] = ring_of_messages(0);
        }
        options[0].naming.scope = (xipc_scope)none[i];
        options[1].naming.access = (xipc_access)none[i];
        options[2].naming.lifetime = (xipc_lifetime)none[i];
        options[3].naming.trust = (xipc_trust)none[i];
        for (size_t j = 0; j < COUNT(options); j++) {
            require_no_options(&options[j]);
        }
    }
    require_nothing_exists();
}

/* Where there is no name, there is nothing to say about it. */
SPEC(a_naming_is_refused_for_a_ring_inside_a_section, "GEN-7 RING-1")
{
    xipc_ring_options options[4];

    for (size_t i = 0; i < COUNT(options); i++) {
        options[i] = ring_of_messages(1024);
    }
    options[0].naming.scope = XIPC_SCOPE_MACHINE;
    options[1].naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    options[2].naming.lifetime = XIPC_PERSISTENT;
    options[3].naming.trust = XIPC_TRUST_EVERYONE;
    for (size_t i = 0; i < COUNT(options); i++) {
        require_none_at(XIPC_RING_PRODUCER, &options[i]);
    }
    require_nothing_exists();
}

SPEC(access_for_others_needs_the_scope_of_all_for_rings, "NAME-6 RING-1")
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    xipc_ring *ring = UNTOUCHED;

    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_create(
            "a", XIPC_RING_PRODUCER, &options, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
    require_nothing_exists();
}

SPEC(illegal_names_are_refused_for_rings, "NAME-1 NAME-4 GEN-7 RING-1")
{
    static const char *const names[] = {"",    ".",   "..",      ".a",
                                        "-a",  "a b", "a/b",     "a\\b",
                                        "a:b", "@a",  "\xc3\xa4"};
    char too_long[XIPC_NAME_MAX + 2];

    for (size_t i = 0; i < COUNT(names); i++) {
        require_none(XIPC_E_NAME, names[i], XIPC_RING_PRODUCER, NULL);
    }
    memset(too_long, 'a', XIPC_NAME_MAX + 1);
    too_long[XIPC_NAME_MAX + 1] = '\0';
    require_none(XIPC_E_NAME, too_long, XIPC_RING_CONSUMER, NULL);
    require_none(XIPC_E_INVALID, NULL, XIPC_RING_CONSUMER, NULL);
    require_none(XIPC_E_NOT_SUPPORTED, "native:/a", XIPC_RING_CONSUMER, NULL);
    require_none(XIPC_E_NOT_SUPPORTED, "native:a", XIPC_RING_PRODUCER, NULL);
    require_nothing_exists();
}

SPEC(no_place_for_the_ring_is_refused, "GEN-7 RING-1")
{
    xipc_section *section = section_created("table", 65536);
    xipc_ring_options options = ring_of_messages(1024);
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_create("a", XIPC_RING_PRODUCER, NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_open("a", XIPC_RING_PRODUCER, NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_open_or_create(
            "a", XIPC_RING_PRODUCER, NULL, XIPC_NOW, NULL, &created));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_create_at(
            section, 0, XIPC_RING_PRODUCER, &options, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_open_at(section, 0, XIPC_RING_PRODUCER, XIPC_NOW, NULL));
    REQUIRE(created == 77);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));

    xipc_section_close(section);
}

SPEC(a_ring_in_no_section_is_refused, "GEN-7 RING-1")
{
    xipc_ring *ring = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_create_at(
            NULL, 0, XIPC_RING_PRODUCER, NULL, XIPC_FOREVER, &ring));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_ring_open_at(NULL, 0, XIPC_RING_PRODUCER, XIPC_FOREVER, &ring));
    REQUIRE(ring == UNTOUCHED);
}

SPEC(a_detail_of_a_ring_says_which_one_and_what_the_limit_was, "GEN-2 RING-1")
{
    sides ring = sides_made("stock", NULL);
    char bytes[16];
    size_t size;

    sends(ring.producer, 1, 100);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_ring_receive(ring.consumer, bytes, 16, &size, XIPC_NOW));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
    REQUIRE(strstr(xipc_detail(), "100") != NULL);
    REQUIRE(strstr(xipc_detail(), "16") != NULL);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_ring_send(ring.consumer, "x", 1, XIPC_NOW));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
    REQUIRE(strstr(xipc_detail(), "consumer") != NULL);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_ring_commit(ring.producer, 0));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);

    sides_closed(&ring);
}
