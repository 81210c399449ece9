/* SPDX-License-Identifier: Apache-2.0 */
/* Owners that die, and what becomes of what they had locked. */
#include "support/sync_kit.h"

/* This thread has it then, and what it guards is in doubt. */
static void lock_after_a_death(xipc_mutex *mutex)
{
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(mutex, xipc_after_ms(1000)));
}

static void killed(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    spec_kill(owner_at(place));

    lock_after_a_death(mutex);
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    hand_does(hand, "lock 20", XIPC_E_TIMEOUT);
    REQUIRE_OK(xipc_mutex_recovered(mutex));
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_does(hand, "visit", XIPC_OK);

    hand_ends(hand);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(the_next_locker_after_a_killed_owner_has_it_and_is_told, "SYNC-1 GEN-11")
{
    in_both_forms(killed);
}

static void told_who_does_not_wait(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    int64_t until;
    xipc_status status;

    spec_kill(owner_at(place));
    until = spec_now_ns() + NS_PER_S;
    do {
        status = xipc_mutex_lock(mutex, XIPC_NOW);
    } while (status == XIPC_E_AGAIN && spec_now_ns() < until);

    REQUIRE_STATUS(XIPC_E_OWNER_DIED, status);
    REQUIRE_OK(xipc_mutex_recovered(mutex));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    xipc_mutex_close(mutex);
}

SPEC(a_locker_that_does_not_wait_is_told_too, "SYNC-1 GEN-4 GEN-11")
{
    in_both_forms(told_who_does_not_wait);
}

static void recovered(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    spec_kill(owner_at(place));
    hand_does(hand, "lock", XIPC_E_OWNER_DIED);
    hand_does(hand, "recover", XIPC_OK);
    hand_does(hand, "recover", XIPC_E_INVALID);
    hand_does(hand, "unlock", XIPC_OK);

    for (int i = 0; i < 100; i++) {
        require_unlocked(mutex);
    }
    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    xipc_mutex_close(mutex);
}

SPEC(what_was_recovered_is_as_if_nobody_had_died, "SYNC-1")
{
    in_both_forms(recovered);
}

static void require_lost(xipc_mutex *mutex)
{
    REQUIRE_STATUS(
        XIPC_E_NOT_RECOVERABLE, xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_NOT_RECOVERABLE, xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_RECOVERABLE, xipc_mutex_lock(mutex, xipc_after_ms(20)));
    REQUIRE_STATUS(
        XIPC_E_NOT_RECOVERABLE, xipc_mutex_lock(mutex, xipc_after_ms(-1000)));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(mutex));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_recovered(mutex));
}

static void never_recovered(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *later;
    spec_peer *hand = hand_at(place);

    hand_does(hand, "visit", XIPC_OK);
    spec_kill(owner_at(place));
    lock_after_a_death(mutex);
    REQUIRE_OK(xipc_mutex_unlock(mutex));

    require_lost(mutex);
    hand_does(hand, "lock", XIPC_E_NOT_RECOVERABLE);
    later = mutex_joined(place);
    require_lost(later);
    hand_does(hand, "lock now", XIPC_E_NOT_RECOVERABLE);
    hand_does(hand, "unlock", XIPC_E_NOT_OWNER);
    hand_ends(hand);
    xipc_mutex_close(later);
    xipc_mutex_close(mutex);
}

SPEC(a_mutex_unlocked_without_recovery_is_lost_for_all, "SYNC-1")
{
    in_both_forms(never_recovered);
}

static void one_death_after_another(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);

    spec_kill(owner_at(place));
    for (int i = 0; i < 3; i++) {
        spec_peer *hand = hand_at(place);

        hand_does(hand, "lock", XIPC_E_OWNER_DIED);
        spec_kill(hand);
    }

    require_owner_died(mutex);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(who_dies_before_recovering_leaves_the_doubt_to_the_next, "SYNC-1 GEN-11")
{
    in_both_forms(one_death_after_another);
}

static void recovered_and_killed(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    spec_kill(owner_at(place));
    hand_does(hand, "lock", XIPC_E_OWNER_DIED);
    hand_does(hand, "recover", XIPC_OK);
    spec_kill(hand);

    require_owner_died(mutex);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(who_dies_after_recovering_has_died_with_it_all_the_same, "SYNC-1 GEN-11")
{
    in_both_forms(recovered_and_killed);
}

static void killed_without_it(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    hand_does(hand, "unlock", XIPC_OK);
    spec_kill(hand);
    require_unlocked(mutex);
    hand = hand_at(place);
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    hand_does(hand, "lock 20", XIPC_E_TIMEOUT);
    spec_kill(hand);
    REQUIRE_OK(xipc_mutex_unlock(mutex));

    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(who_dies_without_having_it_takes_nothing_along, "SYNC-1 GEN-11")
{
    in_both_forms(killed_without_it);
}

static void drop_it(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = owner_at(place);

    hand_does(hand, "drop", XIPC_OK);
    require_owner_died(mutex);
    hand_does(hand, "visit", XIPC_OK);
    hand_does(hand, "lock", XIPC_OK);
    hand_does(hand, "drop", XIPC_OK);
    hand_does(hand, "visit", XIPC_E_OWNER_DIED);

    hand_ends(hand);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(closing_what_is_locked_is_dying_with_it, "SYNC-1")
{
    in_both_forms(drop_it);
}

static void drop_one_of_two(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again = mutex_joined(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_mutex_lock(again, XIPC_FOREVER));
    xipc_mutex_close(again);

    hand_does(hand, "visit", XIPC_E_OWNER_DIED);
    require_unlocked(mutex);
    hand_ends(hand);
    xipc_mutex_close(mutex);
}

SPEC(closing_what_this_thread_locked_is_dying_though_others_use_it, "SYNC-1")
{
    in_both_forms(drop_one_of_two);
}

static void leave_it(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);

    hand_leaves(owner_at(place));

    require_owner_died(mutex);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(exiting_with_what_is_locked_is_dying_with_it, "SYNC-1")
{
    in_both_forms(leave_it);
}

static void lock_it(void *context)
{
    REQUIRE_OK(xipc_mutex_lock(context, XIPC_FOREVER));
}

static void touch_it(void *context)
{
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(context));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_recovered(context));
}

/* Threads that come later may have what the system called the first one. */
static void owner_thread_ends(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    spec_peer *hand = hand_at(place);
    sync_call call;

    spec_thread_join(spec_thread_start(lock_it, set.mutex));
    for (int i = 0; i < 100; i++) {
        spec_thread_join(spec_thread_start(touch_it, set.mutex));
    }
    hand_does(hand, "visit", XIPC_E_OWNER_DIED);
    spec_thread_join(spec_thread_start(lock_it, set.mutex));
    call_begin(&call, do_visit, set, XIPC_FOREVER);
    REQUIRE_STATUS(XIPC_E_OWNER_DIED, call_end(&call));

    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    require_unlocked(set.mutex);
    xipc_mutex_close(set.mutex);
}

SPEC(a_thread_that_ends_with_it_has_died_with_it, "SYNC-1")
{
    in_both_forms(owner_thread_ends);
}

static void lock_in_doubt(void *context)
{
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(context, xipc_after_ms(1000)));
}

static void threads_end_one_after_another(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again = mutex_joined(place);

    spec_thread_join(spec_thread_start(lock_it, again));
    for (int i = 0; i < 3; i++) {
        spec_thread_join(spec_thread_start(lock_in_doubt, mutex));
    }
    xipc_mutex_close(again);

    require_owner_died(mutex);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(a_thread_that_ends_in_doubt_leaves_the_doubt_to_the_next, "SYNC-1")
{
    in_both_forms(threads_end_one_after_another);
}

static void visit_all(void *context)
{
    xipc_mutex *const *mutexes = context;

    for (int i = 0; i < 3; i++) {
        REQUIRE_OK(xipc_mutex_lock(mutexes[i], XIPC_FOREVER));
    }
    REQUIRE_OK(xipc_mutex_unlock(mutexes[1]));
}

SPEC(a_thread_that_ends_dies_with_what_it_has_and_nothing_else, "SYNC-1")
{
    xipc_mutex *mutexes[3] = {
        mutex_made("a"), mutex_made("@a"), mutex_made("@b")};
    xipc_mutex *own = mutex_made("own");

    REQUIRE_OK(xipc_mutex_lock(own, XIPC_FOREVER));
    spec_thread_join(spec_thread_start(visit_all, mutexes));

    require_owner_died(mutexes[0]);
    require_unlocked(mutexes[1]);
    require_owner_died(mutexes[2]);
    REQUIRE_OK(xipc_mutex_unlock(own));
    xipc_mutex_close(own);
    for (int i = 0; i < 3; i++) {
        xipc_mutex_close(mutexes[i]);
    }
}

static void in_doubt(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again = mutex_joined(place);
    spec_peer *hand = hand_at(place);

    spec_kill(owner_at(place));
    lock_after_a_death(mutex);

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(again, XIPC_NOW));
    hand_does(hand, "recover", XIPC_E_NOT_OWNER);
    hand_does(hand, "unlock", XIPC_E_NOT_OWNER);
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_recovered(again));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    xipc_mutex_close(again);
    xipc_mutex_close(mutex);
}

SPEC(what_is_in_doubt_is_locked_like_anything_else, "SYNC-1")
{
    in_both_forms(in_doubt);
}

static void many_deaths(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    unsigned rounds = rounds_here(60, 10);

    for (unsigned i = 0; i < rounds; i++) {
        spec_kill(owner_at(place));
        require_owner_died(mutex);
    }

    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(one_mutex_outlives_many_owners, "SYNC-1 GEN-11")
{
    in_both_forms(many_deaths);
}

PEER(a_process_that_has_three)
{
    xipc_mutex *mutexes[3] = {
        mutex_joined("a"), mutex_joined("@a"), mutex_joined("@b")};

    for (int i = 0; i < 3; i++) {
        REQUIRE_OK(xipc_mutex_lock(mutexes[i], XIPC_FOREVER));
    }
    spec_tell(NULL, "locked");
    spec_expect(NULL, "this never comes");
}

SPEC(whoever_dies_with_several_passes_all_of_them_on, "SYNC-1 GEN-11")
{
    xipc_mutex *mutexes[3] = {
        mutex_made("a"), mutex_made("@a"), mutex_made("@b")};
    spec_peer *peer = START(a_process_that_has_three);

    spec_expect(peer, "locked");
    spec_kill(peer);

    for (int i = 0; i < 3; i++) {
        require_owner_died(mutexes[i]);
        xipc_mutex_close(mutexes[i]);
    }
}

static void others_die(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *owner = owner_at(place);

    for (int i = 0; i < 5; i++) {
        spec_peer *hand = hand_at(place);

        hand_does(hand, "lock now", XIPC_E_AGAIN);
        spec_kill(hand);
    }
    require_locked(mutex);
    hand_does(owner, "unlock", XIPC_OK);

    require_unlocked(mutex);
    hand_ends(owner);
    xipc_mutex_close(mutex);
}

SPEC(the_deaths_of_others_take_nothing_from_the_owner, "SYNC-1 LIFE-6")
{
    in_both_forms(others_die);
}

static void maker_dies(const char *place)
{
    spec_peer *maker = hand_at(place);
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again;

    hand_does(maker, "lock", XIPC_OK);
    again = mutex_joined(place);
    xipc_mutex_close(mutex);
    spec_kill(maker);

    require_owner_died(again);
    mutex = mutex_joined(place);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    xipc_mutex_close(again);
}

SPEC(a_mutex_does_not_depend_on_who_made_it, "SYNC-1 LIFE-1")
{
    in_both_forms(maker_dies);
}

SPEC(a_persistent_mutex_tells_of_an_owner_long_dead, "SYNC-1 LIFE-2 GEN-11")
{
    xipc_sync_options options = sync_lasting(XIPC_PERSISTENT);
    xipc_mutex *mutex = NULL;
    spec_peer *hand;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    REQUIRE_OK(xipc_mutex_create("a", &options, XIPC_FOREVER, &mutex));
    hand = owner_at("a");
    xipc_mutex_close(mutex);
    spec_kill(hand);

    mutex = mutex_joined("a");
    require_owner_died(mutex);
    xipc_mutex_close(mutex);
    mutex = mutex_joined("a");
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_MUTEX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(a_persistent_mutex_that_is_lost_stays_lost, "SYNC-1 LIFE-2")
{
    xipc_sync_options options = sync_lasting(XIPC_PERSISTENT);
    xipc_mutex *mutex = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    REQUIRE_OK(xipc_mutex_create("a", &options, XIPC_FOREVER, &mutex));
    spec_kill(owner_at("a"));
    lock_after_a_death(mutex);
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    xipc_mutex_close(mutex);

    mutex = mutex_joined("a");
    require_lost(mutex);
    xipc_mutex_close(mutex);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_MUTEX, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

static void stopped(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *owner = owner_at(place);
    xipc_deadline deadline;

    spec_suspend(owner);
    deadline = xipc_after_ms(300);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, deadline));
    spec_resume(owner);
    hand_does(owner, "unlock", XIPC_OK);

    require_unlocked(mutex);
    hand_ends(owner);
    xipc_mutex_close(mutex);
}

SPEC(an_owner_that_is_stopped_has_not_died, "SYNC-1 LIFE-6")
{
    in_both_forms(stopped);
}
