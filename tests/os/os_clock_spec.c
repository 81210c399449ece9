/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "os/os_clock.h"
#include "os/os_process.h"
#include "os/os_random.h"
#include "support/spec.h"

SPEC(the_clock_is_above_zero_and_never_goes_back, "GEN-4")
{
    int64_t before = xipcos_clock_ns();

    REQUIRE(before > 0);
    for (int round = 0; round < 100000; round++) {
        int64_t now = xipcos_clock_ns();

        if (now < before) {
            REQUIRE(now >= before);
        }
        before = now;
    }
}

SPEC(a_pause_without_time_does_not_sleep, "GEN-4")
{
    REQUIRE_STATUS(XIPC_E_AGAIN, xipcos_clock_pause(0, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipcos_clock_pause(0, xipc_after_ns(-1)));
}

SPEC(pauses_end_at_the_deadline_and_not_before, "GEN-4")
{
    xipc_deadline deadline = xipc_after_ms(20);
    unsigned round = 0;

    while (xipcos_clock_pause(round, deadline) == XIPC_OK) {
        round++;
    }

    REQUIRE(xipcos_clock_ns() >= deadline);
    REQUIRE(round > 0);
}

SPEC(random_numbers_are_not_zero_and_differ, "GEN-9")
{
    uint64_t first = xipcos_random();
    uint64_t second = xipcos_random();

    REQUIRE(first != 0);
    REQUIRE(second != 0);
    REQUIRE(first != second);
}

SPEC(the_fork_epoch_stays_the_same_in_one_process, "GEN-8")
{
    uint64_t epoch = xipcos_fork_epoch();

    REQUIRE(epoch != 0);
    REQUIRE_UINT(epoch, xipcos_fork_epoch());
}

SPEC(the_user_has_an_identity, "NAME-3")
{
    uint64_t user = xipcos_user();

    REQUIRE(user != 0);
    REQUIRE_UINT(user, xipcos_user());
}

SPEC(the_cheap_clock_goes_on_and_never_back, "GEN-4")
{
    int64_t start = xipcos_clock_about_ns();
    int64_t last = start;

    REQUIRE(start > 0);
    while (last == start) {
        int64_t now = xipcos_clock_about_ns();

        REQUIRE(now >= last);
        last = now;
    }
    REQUIRE(last - start < INT64_C(10000000000));
}
