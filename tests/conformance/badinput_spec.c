/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments that break the contract: the right status, outputs unchanged,
 * nothing made. Illegal names are in name_spec.c, ranges of maps in
 * section_map_spec.c.
 */
#include <limits.h>
#include <string.h>

#include "support/section_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All three calls that create give this, and nothing comes of it. */
static void require_no_create(
    xipc_status want, uint64_t size, const xipc_section_options *options)
{
    xipc_section *section = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        want, xipc_section_create("a", size, options, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        want, xipc_section_open_or_create(
                  "a", size, options, XIPC_FOREVER, &section, &created));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(created == 77);
}

static void
require_no_anonymous(uint64_t size, const xipc_section_options *options)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_create_anonymous(size, options, &section));
    REQUIRE(section == UNTOUCHED);
}

static void require_no_open(const xipc_section_options *options)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_section_open("a", options, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);
}

SPEC(a_section_of_no_bytes_is_refused, "GEN-7 SHM-1")
{
    xipc_section_options lazy = flagged(XIPC_SECTION_LAZY);
    xipc_section_options growable = growing_to(65536);

    require_no_create(XIPC_E_INVALID, 0, NULL);
    require_no_create(XIPC_E_INVALID, 0, &lazy);
    require_no_create(XIPC_E_INVALID, 0, &growable);
    require_no_anonymous(0, NULL);
    require_no_anonymous(0, &lazy);
    require_nothing_exists();
}

SPEC(a_size_beyond_all_addresses_is_refused, "GEN-7 SHM-1")
{
    static const uint64_t sizes[] = {
        UINT64_MAX,
        UINT64_MAX - 1,
        UINT64_MAX - 4095,
        UINT64_MAX - 65536,
        UINT64_MAX / 2 + 1,
        UINT64_MAX / 2,
        UINT64_MAX / 2 - 65536,
    };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_section_options lazy = flagged(XIPC_SECTION_LAZY);

        require_no_create(XIPC_E_INVALID, sizes[i], NULL);
        require_no_create(XIPC_E_INVALID, sizes[i], &lazy);
        require_no_anonymous(sizes[i], NULL);
        require_no_anonymous(sizes[i], &lazy);
    }
    require_nothing_exists();
}

SPEC(a_limit_below_the_size_is_refused, "GEN-7 SHM-6")
{
    xipc_section_options tiny = growing_to(1);
    xipc_section_options less = growing_to(99999);

    require_no_create(XIPC_E_INVALID, 100000, &tiny);
    require_no_create(XIPC_E_INVALID, 100000, &less);
    require_no_anonymous(100000, &less);
    require_nothing_exists();
}

SPEC(a_limit_beyond_all_addresses_is_refused, "GEN-7 SHM-6")
{
    xipc_section_options most = growing_to(UINT64_MAX);
    xipc_section_options half = growing_to(UINT64_MAX / 2);

    require_no_create(XIPC_E_INVALID, 1, &most);
    require_no_create(XIPC_E_INVALID, 1, &half);
    require_no_anonymous(1, &most);
    require_nothing_exists();
}

SPEC(an_options_size_nobody_knows_is_refused, "GEN-7")
{
    static const size_t sizes[] = {
        0,
        1,
        sizeof(xipc_section_options) - 1,
        sizeof(xipc_section_options) + 1,
        sizeof(xipc_section_options) * 2,
        SIZE_MAX};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

        options.options_size = sizes[i];
        require_no_create(XIPC_E_INVALID, 1, &options);
        require_no_anonymous(1, &options);
        require_no_open(&options);
    }
    require_nothing_exists();
}

SPEC(unknown_flags_are_refused, "GEN-7")
{
    for (unsigned bit = 3; bit < 32; bit++) {
        xipc_section_options options = flagged(UINT32_C(1) << bit);

        require_no_create(XIPC_E_INVALID, 1, &options);
        require_no_anonymous(1, &options);
        require_no_open(&options);
    }
    require_nothing_exists();
}

SPEC(a_known_flag_does_not_excuse_an_unknown_one, "GEN-7")
{
    xipc_section_options options =
        flagged(XIPC_SECTION_LAZY | (UINT32_C(1) << 31));

    require_no_create(XIPC_E_INVALID, 1, &options);
    require_no_anonymous(1, &options);
    require_nothing_exists();
}

static const int no_enum[] = {-1, 100, INT_MAX, INT_MIN};

SPEC(an_unknown_scope_is_refused_everywhere, "GEN-7 NAME-5")
{
    char native_name[XIPC_NATIVE_NAME_SIZE] = "kept";
    size_t removed = 77;

    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_scope scope = (xipc_scope)no_enum[i];
        xipc_section_options options = scoped(scope);

        require_no_create(XIPC_E_INVALID, 1, &options);
        require_no_anonymous(1, &options);
        require_no_open(&options);
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipc_native_name(
                                XIPC_KIND_SECTION, "a", scope, native_name,
                                sizeof native_name));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_remove(XIPC_KIND_SECTION, "a", scope, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_INVALID, xipc_sweep(scope, &removed));
    }
    REQUIRE_TEXT("kept", native_name);
    REQUIRE_UINT(77, removed);
    require_nothing_exists();
}

static int require_not_called(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(listing == NULL);
    return 1;
}

SPEC(listing_an_unknown_scope_calls_nobody, "GEN-7 LIFE-7")
{
    xipc_section *section = section_created("a", 1);

    for (size_t i = 0; i < COUNT(no_enum); i++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_list((xipc_scope)no_enum[i], require_not_called, NULL));
    }

    xipc_section_close(section);
}

SPEC(listing_to_nobody_is_refused, "GEN-7 LIFE-7")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_list(XIPC_SCOPE_USER, NULL, NULL));
}

SPEC(an_unknown_kind_is_refused, "GEN-7 NAME-2")
{
    char native_name[XIPC_NATIVE_NAME_SIZE] = "kept";

    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_kind kind = (xipc_kind)no_enum[i];

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_native_name(
                kind, "a", XIPC_SCOPE_USER, native_name, sizeof native_name));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_remove(kind, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    }
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_remove((xipc_kind)0, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_TEXT("kept", native_name);
}

SPEC(an_unknown_access_is_refused, "GEN-7 NAME-6")
{
    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_section_options options = flagged(0);

        options.naming.access = (xipc_access)no_enum[i];
        require_no_create(XIPC_E_INVALID, 1, &options);
        require_no_anonymous(1, &options);
        options.naming.scope = XIPC_SCOPE_MACHINE;
        require_no_create(XIPC_E_INVALID, 1, &options);
    }
    require_nothing_exists();
}

SPEC(an_unknown_lifetime_is_refused, "GEN-7 LIFE-1")
{
    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_section_options options = lasting((xipc_lifetime)no_enum[i]);

        require_no_create(XIPC_E_INVALID, 1, &options);
        require_no_anonymous(1, &options);
    }
    require_nothing_exists();
}

SPEC(an_unknown_trust_is_refused, "GEN-7 NAME-8")
{
    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_section_options options = flagged(0);

        options.naming.trust = (xipc_trust)no_enum[i];
        require_no_open(&options);
        require_no_anonymous(1, &options);
    }
}

SPEC(no_name_is_refused, "GEN-7 NAME-1")
{
    xipc_section *section = UNTOUCHED;
    char native_name[XIPC_NATIVE_NAME_SIZE] = "kept";

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_section_create(NULL, 1, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_open(NULL, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_open_or_create(
                            NULL, 1, NULL, XIPC_FOREVER, &section, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_remove(XIPC_KIND_SECTION, NULL, XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_native_name(
                            XIPC_KIND_SECTION, NULL, XIPC_SCOPE_USER,
                            native_name, sizeof native_name));
    REQUIRE(section == UNTOUCHED);
    REQUIRE_TEXT("kept", native_name);
}

SPEC(no_room_for_the_result_is_refused, "GEN-7")
{
    xipc_section *section = section_created("a", 1);

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_create("b", 1, NULL, XIPC_FOREVER, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_open("a", NULL, XIPC_FOREVER, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_section_open_or_create("b", 1, NULL, XIPC_FOREVER, NULL, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_section_create_anonymous(1, NULL, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_map(section, 0, 0, 0, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_native_handle(section, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_adopt(0, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_native_name(
                            XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, NULL,
                            XIPC_NATIVE_NAME_SIZE));

    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(no_section_is_refused, "GEN-7")
{
    xipc_map *map = UNTOUCHED;
    uint64_t size = 77;
    xipc_native_handle native = 77;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_map(NULL, 0, 0, 0, &map));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_grow(NULL, 1, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_refresh(NULL, &size));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_native_handle(NULL, &native));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_interrupt(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_interrupt_clear(NULL));

    REQUIRE(map == UNTOUCHED);
    REQUIRE_UINT(77, size);
    REQUIRE(native == 77);
}

SPEC(the_properties_of_nothing_are_nothing, "GEN-7")
{
    REQUIRE_UINT(0, xipc_section_size(NULL));
    REQUIRE_UINT(0, xipc_section_max_size(NULL));
    REQUIRE_UINT(0, xipc_map_size(NULL));
    REQUIRE(xipc_map_address(NULL) == NULL);
    REQUIRE(xipc_section_object(NULL) == NULL);
}
