/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of sync.h that break the contract: the right status, outputs
 * unchanged, nothing made. Offsets are in sync_place_spec.c.
 */
#include <limits.h>
#include <string.h>

#include "support/sync_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

SPEC(calls_on_no_mutex_are_refused, "GEN-7 SYNC-1")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_unlock(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_recovered(NULL));
    REQUIRE(xipc_mutex_object(NULL) == NULL);
    xipc_mutex_close(NULL);
}

SPEC(calls_on_no_semaphore_are_refused, "GEN-7 SYNC-2")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_semaphore_wait(NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_semaphore_wait(NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_semaphore_post(NULL, 1));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_semaphore_post(NULL, 0));
    REQUIRE_UINT(0, xipc_semaphore_count(NULL));
    REQUIRE_UINT(0, xipc_semaphore_max(NULL));
    REQUIRE(xipc_semaphore_object(NULL) == NULL);
    xipc_semaphore_close(NULL);
}

SPEC(calls_on_no_event_are_refused, "GEN-7 SYNC-3")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_event_wait(NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_event_wait(NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_event_set(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_event_reset(NULL));
    REQUIRE(xipc_event_object(NULL) == NULL);
    xipc_event_close(NULL);
}

SPEC(calls_on_no_condition_are_refused, "GEN-7 SYNC-4")
{
    sync_set set = {.mutex = mutex_made("a"), .condition = condition_made("a")};
    spec_peer *hand = hand_at("a");

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_condition_wait(NULL, set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_condition_wait(set.condition, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_condition_wait(NULL, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_condition_notify_one(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_condition_notify_all(NULL));
    REQUIRE(xipc_condition_object(NULL) == NULL);
    xipc_condition_close(NULL);
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    hand_ends(hand);
    xipc_condition_close(set.condition);
    xipc_mutex_close(set.mutex);
}

/* Neither of the three calls by name makes or finds anything of this kind. */
static void require_no_name(
    xipc_status want,
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options)
{
    sync_handle handle = {UNTOUCHED};
    int created = 77;

    REQUIRE_STATUS(
        want, sync_create(kind, name, options, XIPC_FOREVER, &handle));
    REQUIRE_STATUS(want, sync_open(kind, name, options, XIPC_FOREVER, &handle));
    REQUIRE_STATUS(
        want, sync_open_or_create(
                  kind, name, options, XIPC_FOREVER, &handle, &created));
    REQUIRE(handle.any == UNTOUCHED);
    REQUIRE(created == 77);
}

static void require_no_kind(
    xipc_status want, const char *name, const xipc_sync_options *options)
{
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        require_no_name(want, sync_kinds[i], name, options);
    }
}

SPEC(illegal_names_are_refused_for_each_kind, "NAME-1 SYNC-1 SYNC-2 SYNC-3")
{
    static const char *const names[] = {"",    ".",   "..",      ".a",
                                        "-a",  "a b", "a/b",     "a\\b",
                                        "a:b", "@a",  "\xc3\xa4"};
    char too_long[XIPC_NAME_MAX + 2];

    for (size_t i = 0; i < COUNT(names); i++) {
        require_no_kind(XIPC_E_NAME, names[i], NULL);
    }
    memset(too_long, 'a', XIPC_NAME_MAX + 1);
    too_long[XIPC_NAME_MAX + 1] = '\0';
    require_no_kind(XIPC_E_NAME, too_long, NULL);
    require_nothing_exists();
}

SPEC(no_name_is_refused_for_each_kind, "GEN-7 NAME-1 SYNC-1 SYNC-2 SYNC-3")
{
    require_no_kind(XIPC_E_INVALID, NULL, NULL);
    require_nothing_exists();
}

SPEC(native_names_are_not_supported_for_any_kind, "NAME-4 SYNC-1 SYNC-2 SYNC-3")
{
    require_no_kind(XIPC_E_NOT_SUPPORTED, "native:/a", NULL);
    require_no_kind(XIPC_E_NOT_SUPPORTED, "native:a", NULL);
    require_nothing_exists();
}

SPEC(an_options_size_nobody_knows_is_refused_for_each_kind, "GEN-7 SYNC-1")
{
    static const size_t sizes[] = {
        0,
        1,
        sizeof(xipc_sync_options) - 1,
        sizeof(xipc_sync_options) + 1,
        sizeof(xipc_section_options),
        SIZE_MAX};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;

        options.options_size = sizes[i];
        require_no_kind(XIPC_E_INVALID, "a", &options);
    }
    require_nothing_exists();
}

SPEC(a_naming_nobody_knows_is_refused_for_each_kind, "GEN-7 NAME-5 SYNC-1")
{
    static const int no_enum[] = {-1, 100, INT_MAX, INT_MIN};

    for (size_t i = 0; i < COUNT(no_enum); i++) {
        xipc_sync_options scope = XIPC_SYNC_OPTIONS_INIT;
        xipc_sync_options access = XIPC_SYNC_OPTIONS_INIT;
        xipc_sync_options lifetime = XIPC_SYNC_OPTIONS_INIT;
        xipc_sync_options trust = XIPC_SYNC_OPTIONS_INIT;

        scope.naming.scope = (xipc_scope)no_enum[i];
        access.naming.access = (xipc_access)no_enum[i];
        lifetime.naming.lifetime = (xipc_lifetime)no_enum[i];
        trust.naming.trust = (xipc_trust)no_enum[i];
        require_no_kind(XIPC_E_INVALID, "a", &scope);
        require_no_kind(XIPC_E_INVALID, "a", &access);
        require_no_kind(XIPC_E_INVALID, "a", &lifetime);
        require_no_kind(XIPC_E_INVALID, "a", &trust);
    }
    require_nothing_exists();
}

SPEC(access_for_others_needs_the_scope_of_all_for_each_kind, "NAME-6 SYNC-1")
{
    xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;

    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_handle handle = {UNTOUCHED};

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            sync_create(sync_kinds[i], "a", &options, XIPC_FOREVER, &handle));
        REQUIRE(handle.any == UNTOUCHED);
    }
    require_nothing_exists();
}

SPEC(no_place_for_the_handle_is_refused_for_each_kind, "GEN-7 SYNC-1 SYNC-2")
{
    xipc_section *section = section_created("table", 4096);
    int created = 77;

    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        xipc_kind kind = sync_kinds[i];

        REQUIRE_STATUS(
            XIPC_E_INVALID, sync_create(kind, "a", NULL, XIPC_FOREVER, NULL));
        REQUIRE_STATUS(
            XIPC_E_INVALID, sync_open(kind, "a", NULL, XIPC_FOREVER, NULL));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            sync_open_or_create(kind, "a", NULL, XIPC_FOREVER, NULL, &created));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            sync_create_at(kind, section, 0, XIPC_FOREVER, NULL));
        REQUIRE_STATUS(
            XIPC_E_INVALID, sync_open_at(kind, section, 0, XIPC_FOREVER, NULL));
    }

    REQUIRE(created == 77);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(no_section_is_refused_for_each_kind, "GEN-7 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_handle handle = {UNTOUCHED};

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            sync_create_at(sync_kinds[i], NULL, 0, XIPC_FOREVER, &handle));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            sync_open_at(sync_kinds[i], NULL, 0, XIPC_FOREVER, &handle));
        REQUIRE(handle.any == UNTOUCHED);
    }
}

/* What nothing was made in. */
static void require_untouched(xipc_section *section)
{
    xipc_map *map = mapped(section);
    const unsigned char *bytes = bytes_of(map);

    REQUIRE(bytes[0] == 0);
    REQUIRE(memcmp(bytes, bytes + 1, xipc_map_size(map) - 1) == 0);
    xipc_map_close(map);
}

static void
require_no_semaphore(xipc_section *section, uint32_t initial, uint32_t max)
{
    xipc_semaphore *semaphore = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_semaphore_create(
                            "a", initial, max, NULL, XIPC_FOREVER, &semaphore));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_semaphore_open_or_create(
            "a", initial, max, NULL, XIPC_FOREVER, &semaphore, &created));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_semaphore_create_at(
            section, 0, initial, max, XIPC_FOREVER, &semaphore));
    REQUIRE(semaphore == UNTOUCHED);
    REQUIRE(created == 77);
}

SPEC(a_count_above_the_maximum_or_a_maximum_of_0_is_refused, "GEN-7 SYNC-2")
{
    xipc_section *section = section_created("table", 4096);

    require_no_semaphore(section, 0, 0);
    require_no_semaphore(section, 1, 0);
    require_no_semaphore(section, 2, 1);
    require_no_semaphore(section, UINT32_MAX, UINT32_MAX - 1);
    require_no_semaphore(section, UINT32_MAX, 0);

    require_untouched(section);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(a_post_of_nothing_is_refused, "GEN-7 SYNC-2")
{
    xipc_semaphore *semaphore = semaphore_made("a", 1, 2);

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_semaphore_post(semaphore, 0));
    REQUIRE_UINT(1, xipc_semaphore_count(semaphore));

    xipc_semaphore_close(semaphore);
}

static void require_no_event(xipc_section *section, int mode)
{
    xipc_event *event = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_event_create(
            "a", (xipc_event_mode)mode, NULL, XIPC_FOREVER, &event));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_event_open_or_create(
            "a", (xipc_event_mode)mode, NULL, XIPC_FOREVER, &event, &created));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_event_create_at(
            section, 0, (xipc_event_mode)mode, XIPC_FOREVER, &event));
    REQUIRE(event == UNTOUCHED);
    REQUIRE(created == 77);
}

SPEC(an_unknown_mode_of_an_event_is_refused, "GEN-7 SYNC-3")
{
    xipc_section *section = section_created("table", 4096);

    require_no_event(section, 2);
    require_no_event(section, 77);
    require_no_event(section, -1);
    require_no_event(section, INT_MAX);
    require_no_event(section, INT_MIN);

    require_untouched(section);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(section);
}

SPEC(what_failed_and_on_which_object_is_told, "GEN-2 SYNC-1 SYNC-2")
{
    xipc_mutex *mutex = mutex_made("stock");
    xipc_semaphore *semaphore = semaphore_made("seats", 2, 5);

    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(mutex));
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 4));
    REQUIRE(strstr(xipc_detail(), "seats") != NULL);
    REQUIRE(strstr(xipc_detail(), "5") != NULL);

    xipc_semaphore_close(semaphore);
    xipc_mutex_close(mutex);
}

SPEC(closing_does_not_change_what_failed_last, "GEN-2 SYNC-1")
{
    char detail[512];
    xipc_mutex *mutex = mutex_made("stock");
    xipc_mutex *other = mutex_made("other");

    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(mutex));
    REQUIRE(strlen(xipc_detail()) < sizeof detail);
    strcpy(detail, xipc_detail());
    xipc_mutex_close(other);
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    xipc_mutex_close(mutex);

    REQUIRE_TEXT(detail, xipc_detail());
}
