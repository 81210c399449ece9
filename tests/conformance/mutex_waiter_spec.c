/* SPDX-License-Identifier: Apache-2.0 */
/* Those who wait for a mutex while somebody dies. */
#include "support/sync_kit.h"

#define HAND_COUNT 4

static int64_t thread_waits(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    spec_peer *owner = owner_at(place);
    sync_call call;
    int64_t start;
    int64_t took;

    call_begin(&call, do_visit, set, XIPC_FOREVER);
    require_locked(set.mutex);
    spec_kill(owner);
    start = spec_now_ns();
    REQUIRE_STATUS(XIPC_E_OWNER_DIED, call_end(&call));
    took = spec_now_ns() - start;

    require_unlocked(set.mutex);
    xipc_mutex_close(set.mutex);
    return took;
}

static int64_t process_waits(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *owner = owner_at(place);
    spec_peer *hand = hand_at(place);
    int64_t start;
    int64_t took;

    hand_does(hand, "lock now", XIPC_E_AGAIN);
    spec_tell(hand, "visit");
    require_locked(mutex);
    spec_kill(owner);
    start = spec_now_ns();
    hand_answers(hand, XIPC_E_OWNER_DIED);
    took = spec_now_ns() - start;

    hand_ends(hand);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    return took;
}

static void lock_it(void *context)
{
    REQUIRE_OK(xipc_mutex_lock(context, XIPC_FOREVER));
}

PEER(a_process_whose_thread_ends)
{
    xipc_mutex *mutex = mutex_joined(spec_argument(0));
    spec_thread *thread = spec_thread_start(lock_it, mutex);

    spec_thread_join(thread);
    spec_tell(NULL, "ended");
    spec_expect(NULL, "end");
    xipc_mutex_close(mutex);
}

/* Waits while a thread of a process that lives on ends with it. */
static int64_t thread_of_another_ends(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    sync_call call;
    spec_peer *peer;
    int64_t start;
    int64_t took;

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    peer = START(a_process_whose_thread_ends, place);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    spec_expect(peer, "ended");
    start = spec_now_ns();
    call_begin(&call, do_visit, set, XIPC_FOREVER);
    REQUIRE_STATUS(XIPC_E_OWNER_DIED, call_end(&call));
    took = spec_now_ns() - start;

    spec_tell(peer, "end");
    spec_join(peer);
    require_unlocked(set.mutex);
    xipc_mutex_close(set.mutex);
    return took;
}

static void somebody_waits(const char *place)
{
    within_a_second(thread_waits, place);
    within_a_second(process_waits, place);
    within_a_second(thread_of_another_ends, place);
}

SPEC(who_waits_when_the_owner_dies_has_it_within_a_second, "SYNC-1 GEN-11")
{
    in_both_forms(somebody_waits);
}

/* How many of all that wait when the owner is killed are told so. */
static unsigned told_of_the_death(const char *place, const char *order)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *owner = owner_at(place);
    spec_peer *hands[HAND_COUNT];
    unsigned count = 0;
    int i;

    for (i = 0; i < HAND_COUNT; i++) {
        hands[i] = hand_at(place);
        hand_does(hands[i], "lock now", XIPC_E_AGAIN);
        spec_tell(hands[i], order);
    }
    require_locked(mutex);
    spec_kill(owner);
    for (i = 0; i < HAND_COUNT; i++) {
        xipc_status status = hand_answer(hands[i]);

        REQUIRE(status == XIPC_OK || status == XIPC_E_OWNER_DIED);
        count += status == XIPC_E_OWNER_DIED ? 1U : 0U;
        hand_ends(hands[i]);
    }
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    return count;
}

static void many_wait(const char *place)
{
    REQUIRE_UINT(1, told_of_the_death(place, "visit"));
    REQUIRE_UINT(1, told_of_the_death(place, "visit 60000"));
}

SPEC(of_all_that_wait_one_is_told_of_the_death, "SYNC-1 GEN-11")
{
    in_both_forms(many_wait);
}

static void lost_while_others_wait(const char *place)
{
    sync_set set = {.mutex = mutex_made(place)};
    spec_peer *hands[HAND_COUNT];
    sync_call call;

    spec_kill(owner_at(place));
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(set.mutex, xipc_after_ms(1000)));
    for (int i = 0; i < HAND_COUNT; i++) {
        hands[i] = hand_at(place);
        hand_does(hands[i], "lock now", XIPC_E_AGAIN);
        spec_tell(hands[i], "lock");
    }
    call_begin(&call, do_lock, set, XIPC_FOREVER);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    REQUIRE_STATUS(XIPC_E_NOT_RECOVERABLE, call_end(&call));
    for (int i = 0; i < HAND_COUNT; i++) {
        hand_answers(hands[i], XIPC_E_NOT_RECOVERABLE);
        hand_ends(hands[i]);
    }
    xipc_mutex_close(set.mutex);
}

SPEC(those_who_wait_for_a_mutex_that_is_lost_are_told, "SYNC-1 GEN-11")
{
    in_both_forms(lost_while_others_wait);
}

static int64_t waiter_killed(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *first = hand_at(place);
    spec_peer *second = hand_at(place);
    int64_t start;
    int64_t took;

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    hand_does(first, "lock now", XIPC_E_AGAIN);
    hand_does(second, "lock now", XIPC_E_AGAIN);
    spec_tell(first, "visit");
    spec_tell(second, "visit");
    spec_kill(first);
    start = spec_now_ns();
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    hand_answers(second, XIPC_OK);
    took = spec_now_ns() - start;

    hand_ends(second);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    return took;
}

static void waiters_killed(const char *place)
{
    for (int i = 0; i < 5; i++) {
        within_a_second(waiter_killed, place);
    }
}

SPEC(a_waiter_that_is_killed_keeps_it_from_nobody, "SYNC-1 GEN-11")
{
    in_both_forms(waiters_killed);
}
