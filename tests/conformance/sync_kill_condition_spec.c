/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of notifying, and of waiting for, a condition.
 *
 * A bystander, another process, waits for it all the time, and a notification
 * always lets it go on. If the one who dies has the mutex at that moment,
 * which he says all the time, exactly one of the others is told.
 */
#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

enum { VAIN_MS = 25 };

/* What a death would mean; HAS_NOTIFIED besides. */
enum { NO_DEATH = 1, ONE_DEATH = 2, HAS_NOTIFIED = 4 };

/* What the case holds while others die. */
typedef struct survivor {
    sync_set set;
    xipc_semaphore *gate; /* the ringer goes on */
    spec_peer *bystander;
    spec_peer *ringer;
    xipc_map *words;
} survivor;

static survivor survivor_made(void)
{
    return (survivor){
        {.mutex = mutex_made("a"), .condition = condition_made("a")},
        semaphore_made("a", 0, 2),
        hand_at("a"),
        hand_at("a"),
        words_made()};
}

static void survivor_ends(survivor *self)
{
    require_unlocked(self->set.mutex);
    hand_ends(self->ringer);
    hand_ends(self->bystander);
    xipc_semaphore_close(self->gate);
    xipc_condition_close(self->set.condition);
    xipc_mutex_close(self->set.mutex);
    xipc_map_close(self->words);
}

/* The one who dies. */
typedef struct mortal {
    sync_set set;
    xipc_semaphore *gate;
    xipc_map *words;
} mortal;

static mortal mortal_made(void)
{
    return (mortal){
        {.mutex = mutex_joined("a"), .condition = condition_joined("a")},
        semaphore_joined("a"),
        words_joined()};
}

static void mortal_ends(mortal *self)
{
    xipc_map_close(self->words);
    xipc_semaphore_close(self->gate);
    xipc_condition_close(self->set.condition);
    xipc_mutex_close(self->set.mutex);
}

/* Who can lock what the bystander had locked knows that it waits. */
static void the_bystander_waits(void *context)
{
    survivor *self = context;

    words_say(self->words, NO_DEATH);
    hand_does(self->bystander, "lock", XIPC_OK);
    spec_tell(self->bystander, "linger");
    REQUIRE_OK(xipc_mutex_lock(self->set.mutex, XIPC_FOREVER));
    REQUIRE_OK(xipc_mutex_unlock(self->set.mutex));
}

static void require_meant(const survivor *self, unsigned death_count)
{
    uint32_t found = death_count == 0 ? NO_DEATH : ONE_DEATH;

    REQUIRE(death_count <= 1);
    REQUIRE((words_said(self->words) & found) != 0);
}

static void the_bystander_goes_on(void *context)
{
    survivor *self = context;
    unsigned death_count;

    if ((words_said(self->words) & HAS_NOTIFIED) == 0) {
        REQUIRE_OK(xipc_condition_notify_one(self->set.condition));
    }
    death_count = deaths_told(hand_answer(self->bystander));
    death_count += deaths_told(do_visit(&self->set, XIPC_FOREVER));
    require_meant(self, death_count);
    require_unlocked(self->set.mutex);
}

KILLED(notifies_one)
{
    mortal self = mortal_made();

    kill_begin();
    REQUIRE_OK(xipc_condition_notify_one(self.set.condition));
    words_say(self.words, HAS_NOTIFIED | NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_notifying_has_notified_or_not, "GEN-11 SYNC-4")
{
    survivor self = survivor_made();
    kill_plan plan = {the_bystander_waits, the_bystander_goes_on, NULL, &self};

    KILL_ANYWHERE(notifies_one, &plan);
    survivor_ends(&self);
}

KILLED(notifies_all_with_the_mutex)
{
    mortal self = mortal_made();

    kill_begin();
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self.set.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH);
    REQUIRE_OK(xipc_condition_notify_all(self.set.condition));
    words_say(self.words, HAS_NOTIFIED | NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.set.mutex));
    words_say(self.words, HAS_NOTIFIED | NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_notifying_with_the_mutex_passes_it_on, "GEN-11 SYNC-4 SYNC-1")
{
    survivor self = survivor_made();
    kill_plan plan = {the_bystander_waits, the_bystander_goes_on, NULL, &self};

    KILL_ANYWHERE(notifies_all_with_the_mutex, &plan);
    survivor_ends(&self);
}

KILLED(waits_for_nothing)
{
    mortal self = mortal_made();

    kill_begin();
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self.set.mutex, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_condition_wait(
            self.set.condition, self.set.mutex, xipc_after_ms(VAIN_MS)));
    words_say(self.words, ONE_DEATH);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(self.set.mutex, XIPC_NOW));
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.set.mutex));
    words_say(self.words, NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_waiting_takes_no_notification_with_it, "GEN-11 SYNC-4")
{
    survivor self = survivor_made();
    kill_plan plan = {the_bystander_waits, the_bystander_goes_on, NULL, &self};

    KILL_ANYWHERE(waits_for_nothing, &plan);
    survivor_ends(&self);
}

/* And the ringer notifies one as soon as the other one waits as well. */
static void the_ringer_is_ready(void *context)
{
    survivor *self = context;

    while (xipc_semaphore_count(self->gate) > 0) {
        REQUIRE_OK(xipc_semaphore_wait(self->gate, XIPC_FOREVER));
    }
    the_bystander_waits(context);
    spec_tell(self->ringer, "take");
    spec_tell(self->ringer, "visit");
    spec_tell(self->ringer, "notify");
}

/*
 * The first notification may have been for the one who died; the second one is
 * for the bystander, unless it has gone on already.
 */
static void everybody_goes_on(void *context)
{
    survivor *self = context;
    unsigned death_count;

    REQUIRE_OK(xipc_semaphore_post(self->gate, 1));
    hand_answers(self->ringer, XIPC_OK);
    death_count = deaths_told(hand_answer(self->ringer));
    hand_answers(self->ringer, XIPC_OK);
    REQUIRE_OK(xipc_condition_notify_one(self->set.condition));
    death_count += deaths_told(hand_answer(self->bystander));
    death_count += deaths_told(do_visit(&self->set, XIPC_FOREVER));
    require_meant(self, death_count);
    require_unlocked(self->set.mutex);
}

KILLED(waits_and_is_notified)
{
    mortal self = mortal_made();
    xipc_status status;

    kill_begin();
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self.set.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH);
    REQUIRE_OK(xipc_semaphore_post(self.gate, 1));
    words_say(self.words, NO_DEATH | ONE_DEATH);
    status = xipc_condition_wait(
        self.set.condition, self.set.mutex, xipc_after_ms(VAIN_MS));
    words_say(self.words, ONE_DEATH);
    REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.set.mutex));
    words_say(self.words, NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_when_notified_keeps_the_next_from_nobody, "GEN-11 SYNC-4")
{
    survivor self = survivor_made();
    kill_plan plan = {the_ringer_is_ready, everybody_goes_on, NULL, &self};

    KILL_ANYWHERE(waits_and_is_notified, &plan);
    survivor_ends(&self);
}
