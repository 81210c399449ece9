/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a mutex is, while nobody dies. */
#include "support/sync_kit.h"

#define THREAD_COUNT 4

static void a_locked_one(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    require_locked(mutex);
    hand_does(hand, "unlock", XIPC_OK);
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    hand_does(hand, "lock 20", XIPC_E_TIMEOUT);
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_does(hand, "lock now", XIPC_OK);
    hand_does(hand, "unlock", XIPC_OK);

    hand_ends(hand);
    xipc_mutex_close(mutex);
}

SPEC(a_locked_mutex_is_locked_for_every_other_process, "SYNC-1 GEN-4")
{
    in_both_forms(a_locked_one);
}

static void another_thread(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    sync_call call;

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    call_begin(&call, do_lock, set, XIPC_NOW);
    REQUIRE_STATUS(XIPC_E_AGAIN, call_end(&call));
    call_begin(&call, do_lock, set, xipc_after_ms(20));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_end(&call));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    call_begin(&call, do_visit, set, XIPC_NOW);
    REQUIRE_OK(call_end(&call));

    xipc_mutex_close(set.mutex);
}

SPEC(a_locked_mutex_is_locked_for_every_other_thread, "SYNC-1 GEN-4")
{
    in_both_forms(another_thread);
}

/* Nothing of it is atomic: only the mutex keeps it right. */
typedef struct guarded {
    xipc_mutex *mutex;
    int is_inside;
    unsigned count;
} guarded;

static void count_up(void *context)
{
    guarded *shared = context;
    unsigned rounds = rounds_here(5000, 500);

    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(xipc_mutex_lock(shared->mutex, XIPC_FOREVER));
        REQUIRE(!shared->is_inside);
        shared->is_inside = 1;
        shared->count++;
        shared->is_inside = 0;
        REQUIRE_OK(xipc_mutex_unlock(shared->mutex));
    }
}

static void threads_count(const char *place)
{
    guarded shared = {mutex_made(place), 0, 0};
    spec_thread *threads[THREAD_COUNT];

    for (int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = spec_thread_start(count_up, &shared);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE_UINT(THREAD_COUNT * rounds_here(5000, 500), shared.count);
    xipc_mutex_close(shared.mutex);
}

SPEC(a_mutex_lets_one_thread_in_at_a_time, "SYNC-1 GEN-6")
{
    in_both_forms(threads_count);
}

static void passed_deadline(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_mutex_lock(mutex, xipc_after_ms(-1000)));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_does(hand, "lock", XIPC_OK);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, xipc_after_ms(-1000)));

    hand_does(hand, "unlock", XIPC_OK);
    hand_ends(hand);
    xipc_mutex_close(mutex);
}

SPEC(a_deadline_that_passed_locks_only_what_is_free, "SYNC-1 GEN-4")
{
    in_both_forms(passed_deadline);
}

SPEC(a_lock_that_need_not_wait_proceeds_with_now, "SYNC-1 GEN-4")
{
    xipc_mutex *mutex = mutex_made("a");

    for (int i = 0; i < 1000; i++) {
        require_unlocked(mutex);
    }

    xipc_mutex_close(mutex);
}

static void various_deadlines(const char *place)
{
    static const int64_t distances[] = {0, 1, 9, 10, 11, 35, 250};
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        xipc_deadline deadline = xipc_after_ms(distances[i]);

        REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, deadline));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }

    hand_does(hand, "unlock", XIPC_OK);
    hand_ends(hand);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(a_lock_gives_up_no_earlier_than_its_deadline, "SYNC-1 GEN-4")
{
    in_both_forms(various_deadlines);
}

SPEC(one_deadline_is_spent_across_several_locks, "SYNC-1 GEN-4")
{
    xipc_mutex *one = mutex_made("a");
    xipc_mutex *two = mutex_made("@a");
    xipc_deadline deadline = xipc_after_ms(60);
    spec_peer *hand = hand_at("a");

    hand_does(hand, "lock", XIPC_OK);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(one, deadline));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(one, deadline));
    REQUIRE_OK(xipc_mutex_lock(two, deadline));
    REQUIRE_OK(xipc_mutex_unlock(two));

    hand_does(hand, "unlock", XIPC_OK);
    hand_ends(hand);
    xipc_mutex_close(two);
    xipc_mutex_close(one);
}

static void relock(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again = mutex_joined(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(mutex, xipc_after_ms(5)));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(again, XIPC_FOREVER));
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_does(hand, "visit now", XIPC_OK);

    hand_ends(hand);
    xipc_mutex_close(again);
    xipc_mutex_close(mutex);
}

SPEC(a_thread_cannot_lock_twice_what_it_has, "SYNC-1 GEN-7")
{
    in_both_forms(relock);
}

static void two_handles(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *again = mutex_joined(place);

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_OK(xipc_mutex_unlock(again));
    REQUIRE_OK(xipc_mutex_lock(again, XIPC_FOREVER));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    require_unlocked(again);
    xipc_mutex_close(again);
    require_unlocked(mutex);

    xipc_mutex_close(mutex);
}

SPEC(a_thread_unlocks_by_any_of_its_handles, "SYNC-1")
{
    in_both_forms(two_handles);
}

static void unlock_it(void *context)
{
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(context));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_recovered(context));
}

static void unlock_by_others(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "unlock", XIPC_E_NOT_OWNER);
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    spec_thread_join(spec_thread_start(unlock_it, mutex));
    hand_does(hand, "unlock", XIPC_E_NOT_OWNER);
    hand_does(hand, "recover", XIPC_E_NOT_OWNER);
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_unlock(mutex));

    hand_does(hand, "visit", XIPC_OK);
    hand_ends(hand);
    xipc_mutex_close(mutex);
}

SPEC(only_the_thread_that_has_it_can_unlock_it, "SYNC-1")
{
    in_both_forms(unlock_by_others);
}

static void unlock_what_is_free(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);

    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(mutex));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_recovered(mutex));
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(mutex));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_recovered(mutex));
    require_unlocked(mutex);

    xipc_mutex_close(mutex);
}

SPEC(unlocking_what_nobody_has_changes_nothing, "SYNC-1")
{
    in_both_forms(unlock_what_is_free);
}

SPEC(there_is_nothing_to_recover_where_nobody_died, "SYNC-1 GEN-7")
{
    xipc_mutex *mutex = mutex_made("a");

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_recovered(mutex));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    require_unlocked(mutex);

    xipc_mutex_close(mutex);
}

static void handed_on(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    spec_peer *hand = hand_at(place);
    sync_call call;

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    spec_tell(hand, "visit");
    call_begin(&call, do_visit, set, XIPC_FOREVER);
    REQUIRE(!atomic_load(&call.is_over));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    REQUIRE_OK(call_end(&call));
    hand_answers(hand, XIPC_OK);
    hand_ends(hand);
    require_unlocked(set.mutex);
    xipc_mutex_close(set.mutex);
}

SPEC(who_waits_for_a_mutex_gets_it_when_it_is_unlocked, "SYNC-1")
{
    for (int i = 0; i < 20; i++) {
        in_both_forms(handed_on);
    }
}

#define HAND_COUNT 4

static void all_in_turn(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *hands[HAND_COUNT];

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    for (int i = 0; i < HAND_COUNT; i++) {
        hands[i] = hand_at(place);
        hand_does(hands[i], "lock now", XIPC_E_AGAIN);
        spec_tell(hands[i], i % 2 == 0 ? "visit" : "visit 60000");
    }
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    for (int i = 0; i < HAND_COUNT; i++) {
        hand_answers(hands[i], XIPC_OK);
        hand_ends(hands[i]);
    }

    require_unlocked(mutex);
    xipc_mutex_close(mutex);
}

SPEC(everybody_who_waits_for_a_mutex_gets_it_in_the_end, "SYNC-1 GEN-11")
{
    in_both_forms(all_in_turn);
}

static void one_of_many(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    xipc_mutex *other = mutex_made(place[0] == '@' ? "@b" : "b");
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_mutex_lock(other, XIPC_FOREVER));
    hand_does(hand, "lock now", XIPC_OK);
    REQUIRE_OK(xipc_mutex_unlock(other));
    REQUIRE_OK(xipc_mutex_lock(other, XIPC_FOREVER));
    require_locked(mutex);
    hand_does(hand, "unlock", XIPC_OK);
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_unlock(other));
    REQUIRE_OK(xipc_mutex_unlock(mutex));

    hand_ends(hand);
    xipc_mutex_close(other);
    xipc_mutex_close(mutex);
}

SPEC(two_mutexes_have_nothing_to_do_with_each_other, "SYNC-1")
{
    in_both_forms(one_of_many);
}
