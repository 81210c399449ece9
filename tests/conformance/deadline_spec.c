/* SPDX-License-Identifier: Apache-2.0 */
/* Moments on the monotonic clock. */
#include "support/section_kit.h"

#define NS_PER_MS INT64_C(1000000)

SPEC(now_is_zero_and_forever_is_the_last_moment_there_is, "GEN-4")
{
    REQUIRE(XIPC_NOW == 0);
    REQUIRE(XIPC_FOREVER == INT64_MAX);
}

SPEC(the_present_moment_is_neither_now_nor_forever, "GEN-4")
{
    REQUIRE(xipc_after_ms(0) > XIPC_NOW);
    REQUIRE(xipc_after_ms(0) < XIPC_FOREVER);
    REQUIRE(xipc_after_ns(0) > XIPC_NOW);
    REQUIRE(xipc_after_ns(0) < XIPC_FOREVER);
}

SPEC(moments_never_go_backwards, "GEN-4")
{
    xipc_deadline last = xipc_after_ns(0);

    for (int i = 0; i < 10000; i++) {
        xipc_deadline moment = xipc_after_ns(0);

        REQUIRE(moment >= last);
        last = moment;
    }
}

SPEC(a_deadline_runs_with_the_clock, "GEN-4")
{
    int64_t begun = spec_now_ns();
    xipc_deadline first = xipc_after_ns(0);
    xipc_deadline last;
    int64_t ended = begun;

    while (ended - begun < 20 * NS_PER_MS) {
        ended = spec_now_ns();
    }
    last = xipc_after_ns(0);

    REQUIRE(last - first >= 5 * NS_PER_MS);
    REQUIRE(last - first <= spec_now_ns() - begun + 20 * NS_PER_MS);
}

SPEC(milliseconds_and_nanoseconds_from_now_agree, "GEN-4")
{
    xipc_deadline before = xipc_after_ns(250 * NS_PER_MS);
    xipc_deadline between = xipc_after_ms(250);
    xipc_deadline after = xipc_after_ns(250 * NS_PER_MS);

    REQUIRE(before <= between);
    REQUIRE(between <= after);
}

SPEC(a_deadline_lies_as_far_from_the_present_as_was_asked, "GEN-4")
{
    xipc_deadline before = xipc_after_ms(0);
    xipc_deadline deadline = xipc_after_ms(250);
    xipc_deadline after = xipc_after_ms(0);

    REQUIRE(deadline >= before + 250 * NS_PER_MS);
    REQUIRE(deadline <= after + 250 * NS_PER_MS);
}

SPEC(a_distance_too_far_to_express_is_forever, "GEN-4")
{
    REQUIRE(xipc_after_ns(INT64_MAX) == XIPC_FOREVER);
    REQUIRE(xipc_after_ms(INT64_MAX) == XIPC_FOREVER);
    REQUIRE(xipc_after_ms(INT64_MAX / NS_PER_MS) == XIPC_FOREVER);
    REQUIRE(xipc_after_ms(INT64_MAX / NS_PER_MS + 1) == XIPC_FOREVER);
}

SPEC(a_hundred_years_is_not_forever, "GEN-4")
{
    int64_t century_ms = INT64_C(1000) * 60 * 60 * 24 * 365 * 100;

    REQUIRE(xipc_after_ms(century_ms) < XIPC_FOREVER);
    REQUIRE(xipc_after_ms(century_ms) > xipc_after_ms(century_ms / 2));
}

SPEC(a_negative_distance_is_a_moment_that_has_passed, "GEN-4")
{
    static const int64_t distances[] = {
        -1, -1000, INT64_MIN / NS_PER_MS, INT64_MIN + 1, INT64_MIN};

    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        REQUIRE(xipc_after_ms(distances[i]) < xipc_after_ns(0));
        REQUIRE(xipc_after_ns(distances[i]) < xipc_after_ns(0));
    }
}

SPEC(a_moment_that_has_passed_is_never_taken_for_now, "GEN-4")
{
    REQUIRE(xipc_after_ms(-1) != XIPC_NOW);
    REQUIRE(xipc_after_ms(INT64_MIN) != XIPC_NOW);
    REQUIRE(xipc_after_ns(INT64_MIN) != XIPC_NOW);
}

static void require_every_call_proceeds(xipc_deadline deadline)
{
    xipc_section_options options = lasting(XIPC_PERSISTENT);
    xipc_section *section = NULL;
    xipc_section *opened = NULL;
    xipc_section *joined = NULL;

    REQUIRE_OK(xipc_section_create("a", 1, &options, deadline, &section));
    REQUIRE_OK(xipc_section_open("a", NULL, deadline, &opened));
    REQUIRE_OK(
        xipc_section_open_or_create("a", 1, &options, deadline, &joined, NULL));
    REQUIRE_OK(xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, deadline));
    xipc_section_close(joined);
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_call_that_need_not_wait_proceeds_with_now, "GEN-4")
{
    require_every_call_proceeds(XIPC_NOW);
}

SPEC(a_call_that_need_not_wait_proceeds_with_a_deadline_that_passed, "GEN-4")
{
    require_every_call_proceeds(xipc_after_ms(-1000));
}

SPEC(one_deadline_can_be_spent_across_several_calls, "GEN-4")
{
    xipc_deadline deadline = xipc_after_ms(60000);

    require_every_call_proceeds(deadline);
    require_every_call_proceeds(deadline);
}
