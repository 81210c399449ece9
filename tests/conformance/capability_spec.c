/* SPDX-License-Identifier: Apache-2.0 */
/* What this system can do, told before anything is made. */
#include <string.h>

#include "support/section_kit.h"

static xipc_capability_info capability_of(xipc_feature feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    REQUIRE_OK(xipc_capability(feature, &info));
    return info;
}

/* What a call that needs the feature and is right otherwise must answer. */
static xipc_status answer_of(xipc_feature feature)
{
    return capability_of(feature).support == XIPC_SUPPORT_ABSENT
               ? XIPC_E_NOT_SUPPORTED
               : XIPC_OK;
}

SPEC(every_feature_is_named_and_explained, "CAP-1")
{
    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        xipc_capability_info info = capability_of((xipc_feature)i);

        REQUIRE(info.name != NULL);
        REQUIRE(info.name[0] != '\0');
        REQUIRE(info.text != NULL);
        REQUIRE(info.text[0] != '\0');
    }
}

SPEC(no_two_features_have_one_name, "CAP-1")
{
    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        const char *name = capability_of((xipc_feature)i).name;

        for (int j = 0; j < i; j++) {
            REQUIRE(strcmp(name, capability_of((xipc_feature)j).name) != 0);
        }
    }
}

SPEC(the_name_of_a_feature_is_lower_case_words_and_dots, "CAP-1")
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz_.-";

    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        const char *name = capability_of((xipc_feature)i).name;

        REQUIRE(strspn(name, allowed) == strlen(name));
    }
    REQUIRE_TEXT(
        "section.persistent",
        capability_of(XIPC_FEATURE_SECTION_PERSISTENT).name);
}

SPEC(a_feature_is_native_or_emulated_or_absent, "CAP-1")
{
    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        xipc_capability_info info = capability_of((xipc_feature)i);

        REQUIRE(
            info.support == XIPC_SUPPORT_NATIVE ||
            info.support == XIPC_SUPPORT_EMULATED ||
            info.support == XIPC_SUPPORT_ABSENT);
        REQUIRE(info.has_limit == 0 || info.has_limit == 1);
        REQUIRE_UINT(sizeof info, info.info_size);
    }
}

SPEC(an_answer_stays_the_same, "CAP-1")
{
    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        xipc_capability_info first = capability_of((xipc_feature)i);
        xipc_capability_info second = capability_of((xipc_feature)i);

        REQUIRE_TEXT(first.name, second.name);
        REQUIRE_TEXT(first.text, second.text);
        REQUIRE(first.support == second.support);
        REQUIRE(first.has_limit == second.has_limit);
    }
}

SPEC(asking_makes_nothing, "CAP-1")
{
    for (int i = 0; i < XIPC_FEATURE_COUNT; i++) {
        REQUIRE(capability_of((xipc_feature)i).name != NULL);
    }
    require_nothing_exists();
}

SPEC(every_system_has_named_sections, "CAP-1 SHM-1")
{
    REQUIRE(capability_of(XIPC_FEATURE_SECTION).support != XIPC_SUPPORT_ABSENT);
}

SPEC(a_limit_of_sections_leaves_room_for_one, "CAP-1 SHM-1")
{
    xipc_capability_info info = capability_of(XIPC_FEATURE_SECTION);

    REQUIRE(!info.has_limit || info.limit >= 65536);
}

static void require_no_answer(int feature, size_t info_size)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    info.info_size = info_size;
    info.limit = 77;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_capability((xipc_feature)feature, &info));
    REQUIRE_UINT(info_size, info.info_size);
    REQUIRE_UINT(77, info.limit);
    REQUIRE(info.name == NULL);
    REQUIRE(info.text == NULL);
}

SPEC(an_unknown_feature_is_refused, "CAP-1 GEN-7")
{
    require_no_answer(XIPC_FEATURE_COUNT, sizeof(xipc_capability_info));
    require_no_answer(XIPC_FEATURE_COUNT + 1, sizeof(xipc_capability_info));
    require_no_answer(-1, sizeof(xipc_capability_info));
    require_no_answer(1000000, sizeof(xipc_capability_info));
}

SPEC(an_info_size_nobody_knows_is_refused, "CAP-1 GEN-7")
{
    require_no_answer(XIPC_FEATURE_SECTION, 0);
    require_no_answer(XIPC_FEATURE_SECTION, sizeof(xipc_capability_info) - 1);
    require_no_answer(XIPC_FEATURE_SECTION, sizeof(xipc_capability_info) + 1);
    require_no_answer(XIPC_FEATURE_SECTION, SIZE_MAX);
}

SPEC(nowhere_to_put_the_answer_is_refused, "CAP-1 GEN-7")
{
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_capability(XIPC_FEATURE_SECTION, NULL));
}

/* Creating with `options` works if and only if the feature is not absent. */
static void
require_as_told(xipc_feature feature, const xipc_section_options *options)
{
    xipc_section *section = NULL;

    REQUIRE_STATUS(
        answer_of(feature),
        xipc_section_create("a", 1, options, XIPC_FOREVER, &section));
    xipc_section_close(section);
}

SPEC(persistent_sections_are_there_if_told_so, "CAP-1 LIFE-2")
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);

    require_as_told(XIPC_FEATURE_SECTION_PERSISTENT, &options);
    if (answer_of(XIPC_FEATURE_SECTION_PERSISTENT) == XIPC_OK) {
        require_removed("a");
    }
    require_nothing_exists();
}

SPEC(growable_sections_are_there_if_told_so, "CAP-1 SHM-6")
{
    xipc_section_options options = growing_to(1 << 20);

    require_as_told(XIPC_FEATURE_SECTION_GROW, &options);
    require_nothing_exists();
}

SPEC(anonymous_sections_are_there_if_told_so, "CAP-1 SHM-5")
{
    xipc_section *section = NULL;

    REQUIRE_STATUS(
        answer_of(XIPC_FEATURE_SECTION_ANONYMOUS),
        xipc_section_create_anonymous(1, NULL, &section));
    xipc_section_close(section);
}

SPEC(access_for_the_group_is_refused_if_told_so, "CAP-1 NAME-6")
{
    static const xipc_access accesses[] = {
        XIPC_ACCESS_GROUP_READ, XIPC_ACCESS_GROUP_WRITE};

    for (int i = 0; i < 2; i++) {
        xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
        xipc_section *section = NULL;
        xipc_status status;

        options.naming.access = accesses[i];
        status = xipc_section_create("a", 1, &options, XIPC_FOREVER, &section);
        REQUIRE(
            status == answer_of(XIPC_FEATURE_GROUP_ACCESS) ||
            status == XIPC_E_ACCESS);
        xipc_section_close(section);
    }
    require_nothing_exists();
}

SPEC(whether_huge_pages_have_an_effect_is_told, "CAP-1 SHM-7")
{
    xipc_section_options options = flagged(XIPC_SECTION_HUGE);
    xipc_section *section = NULL;

    REQUIRE(capability_of(XIPC_FEATURE_SECTION_HUGE_PAGES).text[0] != '\0');
    REQUIRE_OK(
        xipc_section_create("a", 1 << 22, &options, XIPC_FOREVER, &section));

    xipc_section_close(section);
}
