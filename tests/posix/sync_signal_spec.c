/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that interrupt a wait again and again, and do not change it. */
#include "posix/alarm_kit.h"
#include "support/sync_kit.h"

#define WAIT_MS 120

static void require_times_out(sync_verb *verb, const sync_set *set)
{
    xipc_deadline deadline = xipc_after_ms(WAIT_MS);

    REQUIRE_STATUS(XIPC_E_TIMEOUT, verb(set, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
}

static void interrupted(const char *place)
{
    sync_set set = {
        mutex_made(place), semaphore_made(place, 0, 1),
        event_made(place, XIPC_EVENT_AUTO), condition_made(place)};
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    alarms_begin();
    require_times_out(do_lock, &set);
    require_times_out(do_take, &set);
    require_times_out(do_pass, &set);
    alarms_end();
    hand_does(hand, "unlock", XIPC_OK);
    alarms_begin();
    require_times_out(do_attend, &set);
    alarms_end();

    require_unlocked(set.mutex);
    hand_ends(hand);
    xipc_condition_close(set.condition);
    xipc_event_close(set.event);
    xipc_semaphore_close(set.semaphore);
    xipc_mutex_close(set.mutex);
}

SPEC(
    a_signal_does_not_shorten_a_wait, "GEN-3 GEN-4 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    in_both_forms(interrupted);
}

static void succeeds(const char *place)
{
    sync_set set = {
        .mutex = mutex_made(place), .semaphore = semaphore_made(place, 0, 1)};
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    alarms_begin();
    for (int i = 0; i < 50; i++) {
        spec_tell(hand, "unlock");
        REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
        hand_answers(hand, XIPC_OK);
        spec_tell(hand, "post");
        REQUIRE_OK(xipc_semaphore_wait(set.semaphore, xipc_after_ms(600000)));
        hand_answers(hand, XIPC_OK);
        REQUIRE_OK(xipc_mutex_unlock(set.mutex));
        hand_does(hand, "lock", XIPC_OK);
    }
    spec_tell(hand, "unlock");
    require_times_out(do_take, &set);
    hand_answers(hand, XIPC_OK);
    alarms_end();

    hand_ends(hand);
    xipc_semaphore_close(set.semaphore);
    xipc_mutex_close(set.mutex);
}

SPEC(a_signal_does_not_end_a_wait_that_comes_true, "GEN-3 SYNC-1 SYNC-2")
{
    in_both_forms(succeeds);
}
