/* SPDX-License-Identifier: Apache-2.0 */
/* Who shares a name, and who may open what stands under it. */
#include <string.h>

#include "support/section_kit.h"

/*
 * Creates under scope MACHINE. A system may refuse that to this user; then
 * NULL, and the refusal was XIPC_E_ACCESS and not a narrower scope.
 */
static xipc_section *machine_section(const char *name, xipc_access access)
{
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    xipc_section *section = NULL;
    xipc_status status;

    options.naming.access = access;
    status = xipc_section_create(name, 1, &options, XIPC_FOREVER, &section);
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_ACCESS, status);
        require_nothing_exists();
        spec_note("this user may not make names of all users");
        return NULL;
    }
    return section;
}

SPEC(a_name_of_all_users_does_not_meet_the_same_name_of_one, "NAME-5")
{
    xipc_section *section;
    xipc_section *opened = UNTOUCHED;
    xipc_section_options machine = scoped(XIPC_SCOPE_MACHINE);

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    section = section_created("both", 1);

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_section_open("both", &machine, XIPC_FOREVER, &opened));
    REQUIRE(opened == UNTOUCHED);

    xipc_section_close(section);
}

SPEC(a_section_of_all_users_is_found_in_that_scope_only, "NAME-5")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    section = machine_section("wide", XIPC_ACCESS_PRIVATE);
    require_absent("wide");
    if (section == NULL) {
        return;
    }

    xipc_section_close(section_opened_with("wide", scoped(XIPC_SCOPE_MACHINE)));
    REQUIRE_UINT(1, sighted(XIPC_SCOPE_MACHINE, "wide").count);
    REQUIRE_UINT(0, sighted(XIPC_SCOPE_USER, "wide").count);

    xipc_section_close(section);
}

SPEC(a_section_for_everyone_opens_for_its_maker, "NAME-6")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    section = machine_section("public", XIPC_ACCESS_EVERYONE_WRITE);
    if (section == NULL) {
        return;
    }

    xipc_section_close(
        section_opened_with("public", scoped(XIPC_SCOPE_MACHINE)));

    xipc_section_close(section);
}

SPEC(a_section_others_may_only_read_is_writable_for_its_maker, "NAME-6")
{
    xipc_section *section;
    xipc_section *opened;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    section = machine_section("notice", XIPC_ACCESS_EVERYONE_READ);
    if (section == NULL) {
        return;
    }

    opened = section_opened_with("notice", scoped(XIPC_SCOPE_MACHINE));
    xipc_map_close(mapped(opened));

    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_section_for_the_group_opens_for_its_maker, "NAME-6")
{
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    SPEC_NEEDS(XIPC_FEATURE_GROUP_ACCESS);
    section = machine_section("team", XIPC_ACCESS_GROUP_WRITE);
    if (section == NULL) {
        return;
    }

    xipc_section_close(section_opened_with("team", scoped(XIPC_SCOPE_MACHINE)));

    xipc_section_close(section);
}

SPEC(access_for_others_needs_a_name_that_others_can_find, "NAME-6 GEN-7")
{
    static const xipc_access shared[] = {
        XIPC_ACCESS_GROUP_READ, XIPC_ACCESS_GROUP_WRITE,
        XIPC_ACCESS_EVERYONE_READ, XIPC_ACCESS_EVERYONE_WRITE};

    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        xipc_section_options options = scoped(XIPC_SCOPE_USER);
        xipc_section *section = UNTOUCHED;

        options.naming.access = shared[i];
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_section_create("a", 1, &options, XIPC_FOREVER, &section));
        REQUIRE(section == UNTOUCHED);
    }
    require_nothing_exists();
}

SPEC(who_trusts_everyone_opens_what_is_this_users_own, "NAME-8")
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_section *section = section_saying("own", "mine");
    xipc_section *opened;

    options.naming.trust = XIPC_TRUST_EVERYONE;
    opened = section_opened_with("own", options);

    require_section_says(opened, "mine");

    xipc_section_close(opened);
    xipc_section_close(section);
}
