/* SPDX-License-Identifier: Apache-2.0 */
/* What all hosts share: the check after a death. */
#include "support/kill_anywhere.h"

#include <stdlib.h>

#define CHECK_NS_MAX  INT64_C(1000000000)
#define SLOW_IN_A_ROW 3

unsigned long kill_setting(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

int kill_check(const kill_plan *plan, const char *place)
{
    static unsigned slow_count;
    int64_t start = spec_now_ns();

    spec_within(place);
    if (plan->check) {
        plan->check(plan->context);
    }
    slow_count = spec_now_ns() - start > CHECK_NS_MAX ? slow_count + 1 : 0;
    if (slow_count == SLOW_IN_A_ROW) {
        spec_fail(__FILE__, __LINE__, "the check", "took over a second");
    }
    if (plan->tidy) {
        plan->tidy(plan->context);
    }
    spec_within(NULL);
    return slow_count > 0;
}
