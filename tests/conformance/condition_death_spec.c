/* SPDX-License-Identifier: Apache-2.0 */
/* Those who die with a condition's mutex, and those who die waiting. */
#include "support/sync_kit.h"

/* A hand that waits for the condition as it was told. This thread has the
 * mutex, which it could only get from the waiting hand. */
static spec_peer *
waiter_at(const char *place, const sync_set *set, const char *order)
{
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    spec_tell(hand, order);
    REQUIRE_OK(xipc_mutex_lock(set->mutex, XIPC_FOREVER));
    return hand;
}

static int64_t answer_to_a_death(const char *place, int is_notified)
{
    sync_set set = pair_made(place);
    spec_peer *hand = waiter_at(place, &set, "await");
    spec_peer *owner = hand_at(place);
    int64_t start;
    int64_t took;

    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_does(owner, "lock", XIPC_OK);
    if (is_notified) {
        hand_does(owner, "notify", XIPC_OK);
    }
    spec_kill(owner);
    start = spec_now_ns();
    hand_answers(hand, XIPC_E_OWNER_DIED);
    took = spec_now_ns() - start;

    require_locked(set.mutex);
    hand_does(hand, "recover", XIPC_OK);
    hand_does(hand, "unlock", XIPC_OK);
    require_unlocked(set.mutex);
    hand_ends(hand);
    pair_closed(set);
    return took;
}

static int64_t notified_of_a_death(const char *place)
{
    return answer_to_a_death(place, 1);
}

static int64_t not_notified_of_a_death(const char *place)
{
    return answer_to_a_death(place, 0);
}

static void dies_before_it_notifies(const char *place)
{
    within_a_second(not_notified_of_a_death, place);
}

SPEC(whoever_dies_with_the_mutex_ends_the_waits, "SYNC-4 GEN-11")
{
    in_both_forms(dies_before_it_notifies);
}

static void notifier_dies(const char *place)
{
    within_a_second(notified_of_a_death, place);
}

SPEC(a_waiter_is_told_that_the_mutex_comes_from_a_dead_owner, "SYNC-4 GEN-11")
{
    in_both_forms(notifier_dies);
}

/*
 * What a hand says that waits so long while another one locks and dies. Both
 * get the mutex in any case: on a slow machine the wait is over before.
 */
static xipc_status answer_after_a_death(const char *place, const char *order)
{
    spec_peer *hand = hand_at(place);
    spec_peer *owner = hand_at(place);
    xipc_status status;

    hand_does(hand, "lock", XIPC_OK);
    spec_tell(hand, order);
    spec_tell(hand, "recover");
    spec_tell(hand, "unlock");
    hand_does(owner, "lock", XIPC_OK);
    spec_kill(owner);
    status = hand_answer(hand);
    hand_answers(hand, status == XIPC_E_OWNER_DIED ? XIPC_OK : XIPC_E_INVALID);
    hand_answers(hand, XIPC_OK);
    hand_ends(hand);
    return status;
}

static void times_out_after_a_death(const char *place)
{
    static const char *const orders[] = {
        "await 50", "await 200", "await 1000", "await 5000"};
    sync_set set = pair_made(place);
    xipc_status status = XIPC_E_TIMEOUT;

    for (int i = 0; i < 4 && status != XIPC_E_OWNER_DIED; i++) {
        status = answer_after_a_death(place, orders[i]);
        if (status != XIPC_E_OWNER_DIED) {
            REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
            require_owner_died(set.mutex);
        }
    }

    REQUIRE_STATUS(XIPC_E_OWNER_DIED, status);
    require_unlocked(set.mutex);
    pair_closed(set);
}

SPEC(a_wait_that_times_out_tells_of_a_dead_owner_first, "SYNC-4 GEN-11")
{
    in_both_forms(times_out_after_a_death);
}

/* Who waits looks for himself now and then, and would take the mutex over from
 * the dead; so he is kept from looking until it is lost. */
static void lost_meanwhile(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = waiter_at(place, &set, "await");
    spec_peer *owner = hand_at(place);

    spec_suspend(hand);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_does(owner, "lock", XIPC_OK);
    spec_kill(owner);
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(set.mutex, xipc_after_ms(1000)));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    REQUIRE_OK(xipc_condition_notify_one(set.condition));
    spec_resume(hand);
    hand_answers(hand, XIPC_E_NOT_RECOVERABLE);
    hand_does(hand, "unlock", XIPC_E_NOT_OWNER);
    hand_does(hand, "await", XIPC_E_NOT_OWNER);

    hand_ends(hand);
    pair_closed(set);
}

SPEC(a_waiter_whose_mutex_is_lost_comes_back_without_it, "SYNC-4 SYNC-1")
{
    in_both_forms(lost_meanwhile);
}

static void in_doubt(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *owner = hand_at(place);
    spec_peer *hand = hand_at(place);

    hand_does(owner, "lock", XIPC_OK);
    spec_kill(owner);
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(set.mutex, xipc_after_ms(1000)));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_condition_wait(set.condition, set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_condition_wait(set.condition, set.mutex, XIPC_NOW));
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_recovered(set.mutex));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_condition_wait(set.condition, set.mutex, xipc_after_ms(5)));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    pair_closed(set);
}

SPEC(nobody_waits_while_the_mutex_is_in_doubt, "SYNC-4 GEN-7")
{
    in_both_forms(in_doubt);
}

static int64_t waiter_dies(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *first = waiter_at(place, &set, "await");
    spec_peer *second;
    int64_t start;
    int64_t took;

    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    second = waiter_at(place, &set, "await");
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    spec_kill(first);
    start = spec_now_ns();
    REQUIRE_OK(xipc_condition_notify_one(set.condition));
    hand_answers(second, XIPC_OK);
    took = spec_now_ns() - start;

    hand_does(second, "unlock", XIPC_OK);
    require_unlocked(set.mutex);
    hand_ends(second);
    pair_closed(set);
    return took;
}

static void waiters_die(const char *place)
{
    for (int i = 0; i < 5; i++) {
        within_a_second(waiter_dies, place);
    }
}

SPEC(a_waiter_that_dies_takes_no_notification_with_it, "SYNC-4 GEN-11")
{
    in_both_forms(waiters_die);
}

static void nobody_is_hurt(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = waiter_at(place, &set, "await");

    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    spec_kill(hand);
    require_unlocked(set.mutex);
    hand = waiter_at(place, &set, "await");
    REQUIRE_OK(xipc_condition_notify_all(set.condition));
    spec_kill(hand);

    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    require_unlocked(set.mutex);
    pair_closed(set);
}

SPEC(a_waiter_that_dies_had_not_the_mutex, "SYNC-4 SYNC-1 GEN-11")
{
    in_both_forms(nobody_is_hurt);
}

static void came_back_and_died(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = waiter_at(place, &set, "await");

    REQUIRE_OK(xipc_condition_notify_one(set.condition));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_answers(hand, XIPC_OK);
    spec_kill(hand);

    require_owner_died(set.mutex);
    pair_closed(set);
}

SPEC(a_waiter_that_came_back_and_dies_had_it, "SYNC-4 SYNC-1 GEN-11")
{
    in_both_forms(came_back_and_died);
}
