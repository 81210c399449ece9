/* SPDX-License-Identifier: Apache-2.0 */
/* The story of a failure: xipc_detail() and xipc_native_error(). */
#include <stdio.h>
#include <string.h>

#include "support/section_kit.h"

static void require_told(const char *word)
{
    if (strstr(xipc_detail(), word) == NULL) {
        spec_note("'%s' is missing in: %s", word, xipc_detail());
    }
    REQUIRE(strstr(xipc_detail(), word) != NULL);
}

static void fail_to_open(const char *name, xipc_status why)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(why, xipc_section_open(name, NULL, XIPC_FOREVER, &section));
}

static void fail_to_create(const char *name, xipc_status why)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        why, xipc_section_create(name, 1, NULL, XIPC_FOREVER, &section));
}

static void require_no_story(void *context)
{
    (void)context;
    REQUIRE_TEXT("", xipc_detail());
    REQUIRE(xipc_native_error() == 0);
}

SPEC(a_thread_that_never_failed_has_an_empty_detail, "GEN-2")
{
    fail_to_open("missing", XIPC_E_NOT_FOUND);

    spec_thread_join(spec_thread_start(require_no_story, NULL));
}

SPEC(the_detail_of_a_missing_section_tells_kind_and_name, "GEN-2")
{
    fail_to_open("no-such-thing", XIPC_E_NOT_FOUND);

    require_told("section");
    require_told("no-such-thing");
}

SPEC(the_detail_of_a_taken_name_tells_kind_and_name, "GEN-2")
{
    xipc_section *section = section_created("already-there", 1);

    fail_to_create("already-there", XIPC_E_EXISTS);

    require_told("section");
    require_told("already-there");
    xipc_section_close(section);
}

SPEC(the_detail_of_an_illegal_name_tells_kind_and_byte, "GEN-2 NAME-1")
{
    fail_to_create("half/way", XIPC_E_NAME);

    require_told("section");
    require_told("0x2f");
}

SPEC(the_detail_of_a_name_too_long_tells_the_limit, "GEN-2 NAME-1")
{
    char name[XIPC_NAME_MAX + 2];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';

    fail_to_create(name, XIPC_E_NAME);

    require_told("200");
}

SPEC(the_detail_of_growing_too_far_tells_the_limit, "GEN-2 SHM-6")
{
    xipc_section *section =
        section_created_with("grows", 65536, growing_to(UINT64_C(1) << 20));
    char limit[32];

    snprintf(
        limit, sizeof limit, "%llu",
        (unsigned long long)xipc_section_max_size(section));
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_section_grow(section, UINT64_C(1) << 21, XIPC_FOREVER));

    require_told("grows");
    require_told(limit);
    xipc_section_close(section);
}

SPEC(the_detail_of_a_failed_remove_tells_kind_and_name, "GEN-2")
{
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_remove(
            XIPC_KIND_SECTION, "long-gone", XIPC_SCOPE_USER, XIPC_FOREVER));

    require_told("section");
    require_told("long-gone");
}

SPEC(a_detail_is_one_line_whatever_the_name, "GEN-2 GEN-7")
{
    fail_to_create("two\nlines\rand\ta\x1b[31mcolour", XIPC_E_NAME);

    REQUIRE(xipc_detail()[0] != '\0');
    for (const char *at = xipc_detail(); *at != '\0'; at++) {
        REQUIRE((unsigned char)*at >= 32);
    }
}

SPEC(a_detail_is_at_most_511_bytes_whatever_the_name, "GEN-2 GEN-7")
{
    static char name[5000];

    memset(name, 'n', sizeof name - 1);

    fail_to_create(name, XIPC_E_NAME);

    REQUIRE(strlen(xipc_detail()) > 0);
    REQUIRE(strlen(xipc_detail()) <= 511);
}

/* Fails, lets `succeed` call the library, and looks at the story again. */
static void require_story_stays(void (*succeed)(void))
{
    char story[512];
    int64_t error;

    fail_to_open("missing", XIPC_E_NOT_FOUND);
    memcpy(story, xipc_detail(), strlen(xipc_detail()) + 1);
    error = xipc_native_error();
    succeed();

    REQUIRE_TEXT(story, xipc_detail());
    REQUIRE(xipc_native_error() == error);
}

static void create_and_close(void)
{
    xipc_section_close(section_created("present", 1));
}

SPEC(a_create_that_succeeds_leaves_the_story_of_the_last_failure, "GEN-2")
{
    require_story_stays(create_and_close);
}

static void open_or_create_twice(void)
{
    xipc_section *section = NULL;
    xipc_section *joined = NULL;

    REQUIRE_OK(xipc_section_open_or_create(
        "either", 1, NULL, XIPC_FOREVER, &section, NULL));
    REQUIRE_OK(xipc_section_open_or_create(
        "either", 1, NULL, XIPC_FOREVER, &joined, NULL));
    xipc_section_close(joined);
    xipc_section_close(section);
}

SPEC(an_open_or_create_leaves_the_story_of_the_last_failure, "GEN-2")
{
    require_story_stays(open_or_create_twice);
}

static void use_a_section(void)
{
    xipc_section *section =
        section_created_with("used", 65536, growing_to(1 << 20));

    REQUIRE_OK(xipc_section_grow(section, 1 << 20, XIPC_FOREVER));
    REQUIRE_OK(xipc_section_refresh(section, NULL));
    xipc_map_close(mapped(section));
    xipc_section_close(section_opened("used"));
    xipc_section_close(section);
}

SPEC(using_a_section_leaves_the_story_of_the_last_failure, "GEN-2")
{
    require_story_stays(use_a_section);
}

static void list_and_sweep(void)
{
    REQUIRE_UINT(0, listed_count(XIPC_SCOPE_USER));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
}

SPEC(listing_and_sweeping_leave_the_story_of_the_last_failure, "GEN-2")
{
    require_story_stays(list_and_sweep);
}

static void make_and_remove(void)
{
    xipc_section_close(
        section_created_with("lasting", 1, lasting(XIPC_PERSISTENT)));
    require_removed("lasting");
}

SPEC(a_remove_leaves_the_story_of_the_last_failure, "GEN-2 LIFE-5")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    require_story_stays(make_and_remove);
}

SPEC(the_next_failure_replaces_the_story, "GEN-2")
{
    fail_to_open("first", XIPC_E_NOT_FOUND);
    fail_to_open("second", XIPC_E_NOT_FOUND);

    require_told("second");
    REQUIRE(strstr(xipc_detail(), "first") == NULL);
}

static void fail_in_this_thread(void *context)
{
    (void)context;
    fail_to_open("theirs", XIPC_E_NOT_FOUND);
    require_told("theirs");
}

SPEC(another_threads_failure_does_not_change_my_story, "GEN-2 GEN-6")
{
    fail_to_open("mine", XIPC_E_NOT_FOUND);

    spec_thread_join(spec_thread_start(fail_in_this_thread, NULL));

    require_told("mine");
}

SPEC(the_native_error_of_a_missing_section_is_kept_aside, "GEN-2")
{
    fail_to_open("missing", XIPC_E_NOT_FOUND);

    REQUIRE(xipc_native_error() != 0);
}

SPEC(a_failure_without_a_system_call_has_no_native_error, "GEN-2")
{
    fail_to_open("missing", XIPC_E_NOT_FOUND);
    fail_to_open("not/legal", XIPC_E_NAME);

    REQUIRE(xipc_native_error() == 0);
}

SPEC(every_kind_of_failure_has_a_detail, "GEN-2")
{
    xipc_map *map = UNTOUCHED;
    char room[4] = "";

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_map(NULL, 0, 0, 0, &map));
    REQUIRE(xipc_detail()[0] != '\0');
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_native_name(
            XIPC_KIND_SECTION, "fits-not", XIPC_SCOPE_USER, room, sizeof room));
    REQUIRE(xipc_detail()[0] != '\0');
}
