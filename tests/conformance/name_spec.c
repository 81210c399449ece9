/* SPDX-License-Identifier: Apache-2.0 */
/* Which names are legal, and what they look like to the operating system. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/section_kit.h"

static const char *const legal_names[] = {
    "a",
    "Z",
    "0",
    "9",
    "_",
    "a.",
    "a-",
    "a..b",
    "_.-",
    "jobs",
    "com.example.jobs-2_b",
    "CON",
    "nul.txt",
    "xipc",
    "native",
    "Local",
};

static const char *const illegal_names[] = {
    "",    ".",    "..",          ".a",      "-",        "-a",       "a/b",
    "/a",  "a\\b", "Local\\a",    "a b",     " a",       "a ",       "a:b",
    "a\n", "\x7f", "caf\xc3\xa9", "native:", "NATIVE:a", "Native:a",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int is_legal_inside(int byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' ||
           byte == '-';
}

static int is_legal_first(int byte)
{
    return is_legal_inside(byte) && byte != '.' && byte != '-';
}

static const char *name_of_length(char *buffer, size_t length)
{
    memset(buffer, 'n', length);
    buffer[length] = '\0';
    return buffer;
}

static void require_usable(const char *name)
{
    xipc_section *section = section_saying(name, name);
    xipc_section *opened = section_opened(name);

    require_section_says(opened, name);
    xipc_section_close(opened);
    xipc_section_close(section);
}

static void require_refused(const char *name)
{
    xipc_section *section = UNTOUCHED;
    int created = 77;
    char native_name[XIPC_NATIVE_NAME_SIZE] = "kept";

    REQUIRE_STATUS(
        XIPC_E_NAME,
        xipc_section_create(name, 1, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_section_open(name, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_section_open_or_create(
                         name, 1, NULL, XIPC_FOREVER, &section, &created));
    REQUIRE_STATUS(
        XIPC_E_NAME,
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_native_name(
                         XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, native_name,
                         sizeof native_name));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(created == 77);
    REQUIRE_TEXT("kept", native_name);
}

SPEC(letters_digits_dot_underscore_and_dash_make_a_name, "NAME-1")
{
    for (size_t i = 0; i < COUNT(legal_names); i++) {
        require_usable(legal_names[i]);
    }
}

SPEC(every_call_refuses_an_illegal_name_and_changes_nothing, "NAME-1 GEN-7")
{
    for (size_t i = 0; i < COUNT(illegal_names); i++) {
        require_refused(illegal_names[i]);
    }
    require_nothing_exists();
}

SPEC(of_all_bytes_only_letters_digits_and_underscore_begin_a_name, "NAME-1")
{
    char name[2] = "";

    for (int byte = 0; byte <= 255; byte++) {
        name[0] = (char)byte;
        if (is_legal_first(byte)) {
            require_usable(name);
        } else {
            require_refused(name);
        }
    }
}

SPEC(of_all_bytes_dot_and_dash_too_go_on_with_a_name, "NAME-1")
{
    char name[4] = "a?b";

    for (int byte = 1; byte <= 255; byte++) {
        name[1] = (char)byte;
        if (is_legal_inside(byte)) {
            require_usable(name);
        } else {
            require_refused(name);
        }
    }
}

SPEC(a_name_of_200_bytes_is_legal, "NAME-1")
{
    char name[XIPC_NAME_MAX + 1];

    require_usable(name_of_length(name, XIPC_NAME_MAX));
}

SPEC(a_name_of_201_bytes_or_more_is_refused, "NAME-1")
{
    static char name[70001];

    require_refused(name_of_length(name, XIPC_NAME_MAX + 1));
    require_refused(name_of_length(name, 70000));
    require_nothing_exists();
}

SPEC(names_that_differ_in_case_are_two_objects, "NAME-1")
{
    xipc_section *lower = section_saying("case", "lower");
    xipc_section *upper = section_saying("CASE", "upper");
    xipc_section *opened = section_opened("case");

    require_section_says(opened, "lower");

    xipc_section_close(opened);
    xipc_section_close(upper);
    xipc_section_close(lower);
}

SPEC(long_names_that_differ_in_the_last_byte_are_two_objects, "NAME-1 NAME-3")
{
    char first[XIPC_NAME_MAX + 1];
    char second[XIPC_NAME_MAX + 1];
    xipc_section *one;
    xipc_section *two;

    name_of_length(first, XIPC_NAME_MAX);
    name_of_length(second, XIPC_NAME_MAX);
    second[XIPC_NAME_MAX - 1] = 'o';
    one = section_saying(first, "one");
    two = section_saying(second, "two");

    require_section_says(one, "one");
    require_section_says(two, "two");

    xipc_section_close(two);
    xipc_section_close(one);
}

SPEC(the_name_of_a_kind_is_a_plain_word, "NAME-2")
{
    REQUIRE_TEXT("section", xipc_kind_name(XIPC_KIND_SECTION));
}

SPEC(a_kind_nobody_knows_is_called_an_object, "NAME-2 GEN-7")
{
    REQUIRE_TEXT("object", xipc_kind_name((xipc_kind)0));
    REQUIRE_TEXT("object", xipc_kind_name((xipc_kind)-1));
    REQUIRE_TEXT("object", xipc_kind_name((xipc_kind)INT_MAX));
}

/* The native name of `name`, in `native_name`. */
static const char *
native_name_of(const char *name, xipc_scope scope, char *native_name)
{
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, name, scope, native_name, XIPC_NATIVE_NAME_SIZE));
    return native_name;
}

SPEC(a_native_name_is_at_most_30_bytes_however_long_the_name, "NAME-3")
{
    char name[XIPC_NAME_MAX + 1];
    char native_name[XIPC_NATIVE_NAME_SIZE];

    name_of_length(name, XIPC_NAME_MAX);

    REQUIRE(strlen(native_name_of("a", XIPC_SCOPE_USER, native_name)) > 0);
    REQUIRE(strlen(native_name) <= 30);
    REQUIRE(strlen(native_name_of(name, XIPC_SCOPE_USER, native_name)) > 0);
    REQUIRE(strlen(native_name) <= 30);
}

SPEC(asking_for_a_native_name_creates_nothing, "NAME-3")
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    native_name_of("never-made", XIPC_SCOPE_USER, native_name);

    require_nothing_exists();
    require_absent("never-made");
}

PEER(a_process_that_tells_a_native_name)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    spec_tell(
        NULL, native_name_of(spec_argument(0), XIPC_SCOPE_USER, native_name));
}

SPEC(a_native_name_is_the_same_in_every_process_and_every_time, "NAME-3")
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    char again[XIPC_NATIVE_NAME_SIZE];
    spec_peer *peer = START(a_process_that_tells_a_native_name, "stable");

    native_name_of("stable", XIPC_SCOPE_USER, native_name);

    REQUIRE_TEXT(native_name, native_name_of("stable", XIPC_SCOPE_USER, again));
    spec_expect(peer, native_name);
    spec_join(peer);
}

SPEC(the_scopes_have_different_native_names, "NAME-3 NAME-5")
{
    char user[XIPC_NATIVE_NAME_SIZE];
    char machine[XIPC_NATIVE_NAME_SIZE];

    native_name_of("a", XIPC_SCOPE_USER, user);
    native_name_of("a", XIPC_SCOPE_MACHINE, machine);

    REQUIRE(strcmp(user, machine) != 0);
}

#define MANY_NAMES 2000

static int compare_native_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

SPEC(two_thousand_names_have_two_thousand_native_names, "NAME-3")
{
    static char native_names[MANY_NAMES][XIPC_NATIVE_NAME_SIZE];
    char name[16];

    for (int i = 0; i < MANY_NAMES; i++) {
        snprintf(name, sizeof name, "n%d", i);
        native_name_of(name, XIPC_SCOPE_USER, native_names[i]);
    }

    qsort(
        native_names, MANY_NAMES, XIPC_NATIVE_NAME_SIZE, compare_native_names);
    for (int i = 1; i < MANY_NAMES; i++) {
        REQUIRE(strcmp(native_names[i - 1], native_names[i]) != 0);
    }
}

SPEC(a_native_name_in_too_little_room_is_refused_and_not_begun, "NAME-3 GEN-1")
{
    char whole[XIPC_NATIVE_NAME_SIZE];
    char room[XIPC_NATIVE_NAME_SIZE] = "kept";
    size_t needed = strlen(native_name_of("a", XIPC_SCOPE_USER, whole)) + 1;

    for (size_t capacity = 0; capacity < needed; capacity++) {
        REQUIRE_STATUS(
            XIPC_E_TOO_SMALL,
            xipc_native_name(
                XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, room, capacity));
        REQUIRE_TEXT("kept", room);
    }
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, room, needed));
    REQUIRE_TEXT(whole, room);
}
