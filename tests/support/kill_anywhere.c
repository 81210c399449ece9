/* SPDX-License-Identifier: Apache-2.0 */
/* What all hosts share: the check after a death. */
#include "support/kill_anywhere.h"

#include <stdlib.h>

#define CHECK_NS_MAX INT64_C(1000000000)

unsigned long kill_setting(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

void kill_check(const kill_plan *plan, const char *place)
{
    int64_t start = spec_now_ns() - kill_crowded_ns();
    int64_t took;

    spec_within(place);
    if (plan->check) {
        plan->check(plan->context);
    }
    took = spec_now_ns() - kill_crowded_ns() - start;
    if (took > CHECK_NS_MAX) {
        spec_fail(__FILE__, __LINE__, "the check", "took over a second");
    }
    if (plan->tidy) {
        plan->tidy(plan->context);
    }
    spec_within(NULL);
}
