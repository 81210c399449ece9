/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting with a mutex until something is so. */
#include "support/sync_kit.h"

#define THREAD_COUNT 4

/*
 * Locks while a hand that had it locked waits for the condition: who gets it
 * knows that the hand has given it up, so that no notification is too early.
 * The contract lets the hand return without one; the library never does.
 */
static void lock_while_it_waits(const sync_set *set)
{
    REQUIRE_OK(xipc_mutex_lock(set->mutex, XIPC_FOREVER));
}

/* A hand that waits for the condition. This thread has the mutex. */
static spec_peer *waiter_at(const char *place, const sync_set *set)
{
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    spec_tell(hand, "await");
    lock_while_it_waits(set);
    return hand;
}

static void without_the_mutex(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = hand_at(place);
    sync_call call;

    REQUIRE_STATUS(
        XIPC_E_NOT_OWNER,
        xipc_condition_wait(set.condition, set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_NOT_OWNER,
        xipc_condition_wait(set.condition, set.mutex, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    hand_does(hand, "await", XIPC_E_NOT_OWNER);
    call_begin(&call, do_await, set, XIPC_FOREVER);
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, call_end(&call));
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    require_unlocked(set.mutex);
    hand_ends(hand);
    pair_closed(set);
}

SPEC(only_who_has_the_mutex_can_wait_for_the_condition, "SYNC-4")
{
    in_both_forms(without_the_mutex);
}

static void in_vain(const char *place)
{
    static const int64_t distances[] = {0, 1, 9, 10, 11, 35, 250};
    sync_set set = pair_made(place);
    spec_peer *hand = hand_at(place);

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        xipc_deadline deadline = xipc_after_ms(distances[i]);
        xipc_status status;

        do {
            status = xipc_condition_wait(set.condition, set.mutex, deadline);
            hand_does(hand, "lock now", XIPC_E_AGAIN);
        } while (status == XIPC_OK);
        REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    hand_ends(hand);
    pair_closed(set);
}

SPEC(a_wait_in_vain_ends_at_its_deadline_with_the_mutex, "SYNC-4 GEN-4")
{
    in_both_forms(in_vain);
}

static void not_waiting(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = hand_at(place);
    xipc_status status;

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    do {
        status = xipc_condition_wait(set.condition, set.mutex, XIPC_NOW);
        hand_does(hand, "lock now", XIPC_E_AGAIN);
    } while (status == XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    hand_ends(hand);
    pair_closed(set);
}

SPEC(a_condition_that_is_not_waited_for_says_so, "SYNC-4 GEN-4")
{
    in_both_forms(not_waiting);
}

static void gives_it_up(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = waiter_at(place, &set);

    REQUIRE_OK(xipc_condition_notify_one(set.condition));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_answers(hand, XIPC_OK);
    require_locked(set.mutex);
    hand_does(hand, "unlock", XIPC_OK);

    require_unlocked(set.mutex);
    hand_ends(hand);
    pair_closed(set);
}

SPEC(a_waiter_gives_the_mutex_up_and_has_it_again_afterwards, "SYNC-4")
{
    in_both_forms(gives_it_up);
}

static void notified(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hand = hand_at(place);
    unsigned rounds = rounds_here(200, 50);

    for (unsigned i = 0; i < rounds; i++) {
        hand_does(hand, "lock", XIPC_OK);
        spec_tell(hand, "await");
        lock_while_it_waits(&set);
        REQUIRE_OK(xipc_mutex_unlock(set.mutex));
        REQUIRE_OK(
            i % 2 == 0 ? xipc_condition_notify_one(set.condition)
                       : xipc_condition_notify_all(set.condition));
        hand_answers(hand, XIPC_OK);
        hand_does(hand, "unlock", XIPC_OK);
    }

    hand_ends(hand);
    pair_closed(set);
}

SPEC(no_notification_is_lost_once_the_mutex_is_given_up, "SYNC-4")
{
    in_both_forms(notified);
}

/* Whose turn it is, kept right by the mutex alone. */
typedef struct game {
    sync_set set;
    unsigned turn;
    unsigned player_count;
    unsigned round_count;
} game;

typedef struct player {
    game *table;
    unsigned number;
} player;

static void wait_for_turn(game *table, unsigned number)
{
    while (table->turn % table->player_count != number) {
        REQUIRE_OK(xipc_condition_wait(
            table->set.condition, table->set.mutex, XIPC_FOREVER));
    }
}

static void play(void *context)
{
    player *self = context;
    game *table = self->table;

    REQUIRE_OK(xipc_mutex_lock(table->set.mutex, XIPC_FOREVER));
    for (unsigned i = 0; i < table->round_count; i++) {
        wait_for_turn(table, self->number);
        table->turn++;
        REQUIRE_OK(
            table->player_count == 2
                ? xipc_condition_notify_one(table->set.condition)
                : xipc_condition_notify_all(table->set.condition));
    }
    REQUIRE_OK(xipc_mutex_unlock(table->set.mutex));
}

static void players(const char *place, unsigned count)
{
    game table = {pair_made(place), 0, count, rounds_here(1000, 100)};
    spec_thread *threads[THREAD_COUNT];
    player seats[THREAD_COUNT];

    for (unsigned i = 0; i < count; i++) {
        seats[i] = (player){&table, i};
        threads[i] = spec_thread_start(play, &seats[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE_UINT(count * table.round_count, table.turn);
    pair_closed(table.set);
}

static void two_players(const char *place)
{
    players(place, 2);
}

SPEC(two_threads_take_turns_by_notifying_one, "SYNC-4 GEN-6")
{
    in_both_forms(two_players);
}

static void four_players(const char *place)
{
    players(place, 4);
}

SPEC(threads_take_turns_by_notifying_all, "SYNC-4 GEN-6")
{
    in_both_forms(four_players);
}

/* What waiters take, one each. */
typedef struct ration {
    sync_set set;
    unsigned available;
    unsigned waiting;
    unsigned served;
} ration;

static void be_served(void *context)
{
    ration *store = context;

    REQUIRE_OK(xipc_mutex_lock(store->set.mutex, XIPC_FOREVER));
    store->waiting++;
    while (store->available == 0) {
        REQUIRE_OK(xipc_condition_wait(
            store->set.condition, store->set.mutex, XIPC_FOREVER));
    }
    store->available--;
    store->served++;
    REQUIRE_OK(xipc_mutex_unlock(store->set.mutex));
}

/* Until that many are waiting, or have been served. This thread has the mutex
 * then. */
static void lock_until(ration *store, const unsigned *count, unsigned want)
{
    REQUIRE_OK(xipc_mutex_lock(store->set.mutex, XIPC_FOREVER));
    while (*count < want) {
        REQUIRE_OK(xipc_mutex_unlock(store->set.mutex));
        REQUIRE_OK(xipc_mutex_lock(store->set.mutex, XIPC_FOREVER));
    }
}

static void one_for_each(const char *place)
{
    ration store = {pair_made(place), 0, 0, 0};
    spec_thread *threads[THREAD_COUNT];

    for (int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = spec_thread_start(be_served, &store);
    }
    lock_until(&store, &store.waiting, THREAD_COUNT);
    for (unsigned i = 1; i <= THREAD_COUNT; i++) {
        store.available++;
        REQUIRE_OK(xipc_condition_notify_one(store.set.condition));
        REQUIRE_OK(xipc_mutex_unlock(store.set.mutex));
        lock_until(&store, &store.served, i);
        REQUIRE_UINT(i, store.served);
        REQUIRE_UINT(0, store.available);
    }
    REQUIRE_OK(xipc_mutex_unlock(store.set.mutex));
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(threads[i]);
    }

    pair_closed(store.set);
}

SPEC(notifying_one_lets_as_many_through_as_there_is_something_for, "SYNC-4")
{
    in_both_forms(one_for_each);
}

static void one_at_once(const char *place)
{
    ration store = {pair_made(place), 0, 0, 0};
    spec_thread *threads[THREAD_COUNT];

    for (int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = spec_thread_start(be_served, &store);
    }
    lock_until(&store, &store.waiting, THREAD_COUNT);
    store.available = THREAD_COUNT;
    for (int i = 0; i < THREAD_COUNT; i++) {
        REQUIRE_OK(xipc_condition_notify_one(store.set.condition));
    }
    REQUIRE_OK(xipc_mutex_unlock(store.set.mutex));
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE_UINT(THREAD_COUNT, store.served);
    pair_closed(store.set);
}

SPEC(as_many_notifications_of_one_as_waiters_reach_all, "SYNC-4")
{
    in_both_forms(one_at_once);
}

static void all_of_them(const char *place)
{
    sync_set set = pair_made(place);
    spec_peer *hands[THREAD_COUNT];

    for (int i = 0; i < THREAD_COUNT; i++) {
        hands[i] = waiter_at(place, &set);
        REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    }
    REQUIRE_OK(xipc_condition_notify_all(set.condition));
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_tell(hands[i], "unlock");
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        hand_answers(hands[i], XIPC_OK);
        hand_answers(hands[i], XIPC_OK);
        hand_ends(hands[i]);
    }

    require_unlocked(set.mutex);
    pair_closed(set);
}

SPEC(notifying_all_reaches_every_process_that_waits, "SYNC-4")
{
    in_both_forms(all_of_them);
}

static void nobody_waits(const char *place)
{
    sync_set set = pair_made(place);
    xipc_status status;

    for (int i = 0; i < 1000; i++) {
        REQUIRE_OK(xipc_condition_notify_one(set.condition));
        REQUIRE_OK(xipc_condition_notify_all(set.condition));
    }
    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    do {
        status =
            xipc_condition_wait(set.condition, set.mutex, xipc_after_ms(20));
    } while (status == XIPC_OK);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, status);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));

    pair_closed(set);
}

SPEC(notifying_nobody_is_fine_and_is_forgotten, "SYNC-4")
{
    in_both_forms(nobody_waits);
}

/* One who waits for a short time, and says when he is back. */
typedef struct latecomer {
    sync_set set;
    atomic_int has_begun;
    atomic_int is_back;
} latecomer;

static void come_back_late(void *context)
{
    latecomer *self = context;

    REQUIRE_OK(xipc_mutex_lock(self->set.mutex, XIPC_FOREVER));
    atomic_store(&self->has_begun, 1);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_condition_wait(
            self->set.condition, self->set.mutex, xipc_after_ms(30)));
    atomic_store(&self->is_back, 1);
    REQUIRE_OK(xipc_mutex_unlock(self->set.mutex));
}

/* On a slow machine he was back before this thread had the mutex. */
static void kept_waiting(const char *place)
{
    latecomer self = {.set = pair_made(place)};
    spec_thread *thread;
    sync_call call;
    int was_back;

    atomic_init(&self.has_begun, 0);
    atomic_init(&self.is_back, 0);
    thread = spec_thread_start(come_back_late, &self);
    while (!atomic_load(&self.has_begun)) {
        /* the watchdog ends it */
    }
    REQUIRE_OK(xipc_mutex_lock(self.set.mutex, XIPC_FOREVER));
    was_back = atomic_load(&self.is_back);
    call_begin(&call, do_lock, self.set, xipc_after_ms(60));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_end(&call));
    REQUIRE(atomic_load(&self.is_back) == was_back);
    REQUIRE_OK(xipc_mutex_unlock(self.set.mutex));
    spec_thread_join(thread);

    REQUIRE(atomic_load(&self.is_back));
    pair_closed(self.set);
}

SPEC(a_waiter_comes_back_with_the_mutex_however_long_that_takes, "SYNC-4")
{
    in_both_forms(kept_waiting);
}

static void of_two_forms(void)
{
    sync_set set = {
        .mutex = mutex_made("a"), .condition = condition_made("@b")};
    ration store = {set, 0, 0, 0};
    spec_thread *thread = spec_thread_start(be_served, &store);

    lock_until(&store, &store.waiting, 1);
    store.available = 1;
    REQUIRE_OK(xipc_condition_notify_one(set.condition));
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    spec_thread_join(thread);

    pair_closed(set);
}

SPEC(a_condition_and_its_mutex_need_not_stand_together, "SYNC-4")
{
    for (int i = 0; i < 20; i++) {
        of_two_forms();
    }
}
