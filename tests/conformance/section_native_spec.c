/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "native:" names: the operating system's own sections. They promise only what
 * the system does, so these cases ask for no lifetime and no rounding.
 */
#include <stdio.h>
#include <string.h>

#include "support/section_kit.h"

#define NATIVE_NAME_SIZE 64

/*
 * A name every system takes and no other case has: the native name of a plain
 * one is different for each case's directory.
 */
static const char *native_name_for(const char *plain, char *name)
{
    char hashed[XIPC_NATIVE_NAME_SIZE];

    SPEC_NEEDS(XIPC_FEATURE_SECTION_NATIVE);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, plain, XIPC_SCOPE_USER, hashed, sizeof hashed));
    snprintf(name, NATIVE_NAME_SIZE, "native:/spec-%s", hashed);
    return name;
}

/* Where the system keeps its sections, the name must be taken away by hand;
 * elsewhere it goes with the last handle. */
static void close_and_remove(xipc_section *section, const char *name)
{
    xipc_status status;

    xipc_section_close(section);
    status =
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER);
    REQUIRE(
        status == XIPC_OK || status == XIPC_E_NOT_FOUND ||
        status == XIPC_E_NOT_SUPPORTED);
    require_absent(name);
}

SPEC(a_native_section_is_shared_by_those_who_name_it, "NAME-4")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section =
        section_saying(native_name_for("shared", name), "natively");
    xipc_section *opened = section_opened(name);

    require_section_says(opened, "natively");

    xipc_section_close(opened);
    close_and_remove(section, name);
}

SPEC(a_native_section_is_at_least_as_large_as_asked, "NAME-4 SHM-1")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section =
        section_created(native_name_for("sized", name), 100000);
    xipc_section *opened = section_opened(name);

    REQUIRE(xipc_section_size(section) >= 100000);
    REQUIRE(xipc_section_size(opened) >= 100000);

    xipc_section_close(opened);
    close_and_remove(section, name);
}

SPEC(a_native_name_is_taken_like_any_other, "NAME-4 LIFE-3")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section = section_created(native_name_for("taken", name), 1);
    xipc_section *second = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create(name, 1, NULL, XIPC_FOREVER, &second));
    REQUIRE(second == UNTOUCHED);

    close_and_remove(section, name);
}

SPEC(the_native_name_of_a_native_name_is_what_follows, "NAME-3 NAME-4")
{
    char buffer[XIPC_NATIVE_NAME_SIZE];

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "native:/their own/Name", XIPC_SCOPE_USER, buffer,
        sizeof buffer));

    REQUIRE_TEXT("/their own/Name", buffer);
}

SPEC(a_native_section_that_is_not_there_is_not_found, "NAME-4 LIFE-3")
{
    char name[NATIVE_NAME_SIZE];

    require_absent(native_name_for("missing", name));
}

SPEC(a_native_section_is_no_object_of_ours_in_the_list, "NAME-4 LIFE-7")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section =
        section_created(native_name_for("foreign", name), 1);

    require_nothing_exists();

    close_and_remove(section, name);
}

SPEC(a_read_only_native_section_cannot_be_mapped_writable, "NAME-4 SHM-3")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section =
        section_saying(native_name_for("reader", name), "look");
    xipc_section *reader =
        section_opened_with(name, flagged(XIPC_SECTION_READ_ONLY));
    xipc_map *map = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_section_map(reader, 0, 0, XIPC_MAP_WRITE, &map));
    REQUIRE(map == UNTOUCHED);
    require_section_says(reader, "look");

    xipc_section_close(reader);
    close_and_remove(section, name);
}

PEER(a_process_that_reads_a_native_section)
{
    xipc_section *section = section_opened(spec_argument(0));

    require_section_says(section, "across");
    xipc_section_close(section);
}

SPEC(a_native_section_reaches_another_process, "NAME-4")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section =
        section_saying(native_name_for("across", name), "across");

    spec_join(START(a_process_that_reads_a_native_section, name));

    close_and_remove(section, name);
}

SPEC(open_or_create_says_which_it_was_for_native_names_too, "NAME-4 LIFE-3")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section = NULL;
    xipc_section *joined = NULL;
    int created = 77;

    native_name_for("either", name);
    REQUIRE_OK(xipc_section_open_or_create(
        name, 1, NULL, XIPC_FOREVER, &section, &created));
    REQUIRE(created == 1);
    REQUIRE_OK(xipc_section_open_or_create(
        name, 1, NULL, XIPC_FOREVER, &joined, &created));
    REQUIRE(created == 0);

    xipc_section_close(joined);
    close_and_remove(section, name);
}

SPEC(a_native_section_takes_no_options_of_ours, "NAME-4 GEN-7")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section_options options[3];

    native_name_for("plain", name);
    options[0] = growing_to(1 << 20);
    options[1] = scoped(XIPC_SCOPE_MACHINE);
    options[2] = scoped(XIPC_SCOPE_MACHINE);
    options[2].naming.access = XIPC_ACCESS_EVERYONE_WRITE;

    for (int i = 0; i < 3; i++) {
        xipc_section *section = UNTOUCHED;

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_section_create(name, 1, &options[i], XIPC_FOREVER, &section));
        REQUIRE(section == UNTOUCHED);
    }
    require_absent(name);
}
