/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of what it does with a mutex, and each time the
 * next one is told so exactly if it had it.
 *
 * The one who dies says all the time what its death would mean at that moment.
 * A bystander, another process, waits on the other side; after the death both
 * the bystander and the case have to get the mutex.
 */
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

/* What may be found after a death. */
enum { NO_DEATH = 1, ONE_DEATH = 2, THE_END = 4 };

/* What the case holds while others die. */
typedef struct survivor {
    const char *place;
    xipc_mutex *mutex;
    xipc_semaphore *gate; /* "gate": the bystander goes on */
    spec_peer *bystander;
    xipc_map *words;
} survivor;

static survivor survivor_at(const char *place)
{
    return (survivor){
        place, mutex_made(place), semaphore_made(place, 0, 2), hand_at(place),
        words_made()};
}

static void survivor_ends(survivor *self)
{
    require_unlocked(self->mutex);
    hand_ends(self->bystander);
    xipc_semaphore_close(self->gate);
    xipc_mutex_close(self->mutex);
    xipc_map_close(self->words);
}

/* The one who dies. */
typedef struct mortal {
    xipc_mutex *mutex;
    xipc_semaphore *gate;
    xipc_map *words;
} mortal;

static mortal mortal_at(const char *place)
{
    return (mortal){
        mutex_joined(place), semaphore_joined(place), words_joined()};
}

static void mortal_ends(mortal *self)
{
    xipc_map_close(self->words);
    xipc_semaphore_close(self->gate);
    xipc_mutex_close(self->mutex);
}

/* The bystander goes through the gate and then for the mutex. */
static void bystander_waits_at_the_gate(void *context)
{
    survivor *self = context;

    while (xipc_semaphore_count(self->gate) > 0) {
        REQUIRE_OK(xipc_semaphore_wait(self->gate, XIPC_FOREVER));
    }
    words_say(self->words, NO_DEATH);
    spec_tell(self->bystander, "take");
    spec_tell(self->bystander, "visit");
}

static void require_meant(const survivor *self, unsigned death_count)
{
    uint32_t found = death_count == 0 ? NO_DEATH : ONE_DEATH;

    REQUIRE(death_count <= 1);
    REQUIRE((words_said(self->words) & found) != 0);
}

/* Exactly one of the two is told, if there is anything to tell. */
static void both_get_it(void *context)
{
    survivor *self = context;
    sync_set set = {.mutex = self->mutex};
    unsigned death_count;

    REQUIRE_OK(xipc_semaphore_post(self->gate, 1));
    hand_answers(self->bystander, XIPC_OK);
    death_count = deaths_told(hand_answer(self->bystander));
    death_count += deaths_told(do_visit(&set, XIPC_FOREVER));
    require_meant(self, death_count);
    require_unlocked(self->mutex);
}

/* Locks, lets the bystander come, unlocks. */
static void lock_and_unlock(const char *place)
{
    mortal self = mortal_at(place);

    kill_begin();
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH);
    REQUIRE_OK(xipc_semaphore_post(self.gate, 1));
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    words_say(self.words, NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

KILLED(locks_and_unlocks)
{
    lock_and_unlock("a");
}

SPEC(
    whoever_dies_with_a_mutex_passes_it_on_and_nobody_else,
    "GEN-11 SYNC-1 SYNC-2")
{
    survivor self = survivor_at("a");
    kill_plan plan = {bystander_waits_at_the_gate, both_get_it, NULL, &self};

    KILL_ANYWHERE(locks_and_unlocks, &plan);
    survivor_ends(&self);
}

KILLED(locks_and_unlocks_in_a_section)
{
    lock_and_unlock("@a");
}

SPEC(
    whoever_dies_with_a_mutex_in_a_section_passes_it_on_and_nobody_else,
    "GEN-11 SYNC-1 SYNC-2")
{
    survivor self = survivor_at("@a");
    kill_plan plan = {bystander_waits_at_the_gate, both_get_it, NULL, &self};

    KILL_ANYWHERE(locks_and_unlocks_in_a_section, &plan);
    survivor_ends(&self);
}

/* The case has the mutex, and the bystander waits for it too. */
static void nobody_can_have_it(void *context)
{
    survivor *self = context;

    words_say(self->words, NO_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self->mutex, XIPC_FOREVER));
    spec_tell(self->bystander, "visit");
}

static void the_bystander_gets_it(void *context)
{
    survivor *self = context;

    REQUIRE_OK(xipc_mutex_unlock(self->mutex));
    hand_answers(self->bystander, XIPC_OK);
    require_unlocked(self->mutex);
}

KILLED(waits_in_vain)
{
    mortal self = mortal_at("a");

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mutex_lock(self.mutex, xipc_after_ms(25)));
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_waiting_for_a_mutex_keeps_it_from_nobody, "GEN-11 SYNC-1")
{
    survivor self = survivor_at("a");
    kill_plan plan = {nobody_can_have_it, the_bystander_gets_it, NULL, &self};

    KILL_ANYWHERE(waits_in_vain, &plan);
    survivor_ends(&self);
}

/* The bystander has it, and lets go when the gate opens. */
static void the_bystander_has_it(void *context)
{
    survivor *self = context;

    while (xipc_semaphore_count(self->gate) > 0) {
        REQUIRE_OK(xipc_semaphore_wait(self->gate, XIPC_FOREVER));
    }
    words_say(self->words, NO_DEATH);
    hand_does(self->bystander, "lock", XIPC_OK);
    spec_tell(self->bystander, "take");
    spec_tell(self->bystander, "unlock");
    spec_tell(self->bystander, "visit");
}

static void both_get_it_after_the_bystander(void *context)
{
    survivor *self = context;
    sync_set set = {.mutex = self->mutex};
    unsigned death_count;

    REQUIRE_OK(xipc_semaphore_post(self->gate, 1));
    hand_answers(self->bystander, XIPC_OK);
    hand_answers(self->bystander, XIPC_OK);
    death_count = deaths_told(hand_answer(self->bystander));
    death_count += deaths_told(do_visit(&set, XIPC_FOREVER));
    require_meant(self, death_count);
    require_unlocked(self->mutex);
}

KILLED(waits_until_it_is_let_in)
{
    mortal self = mortal_at("a");

    kill_begin();
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_semaphore_post(self.gate, 1));
    REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mutex_lock(self.mutex, XIPC_NOW));
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    words_say(self.words, NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_while_he_is_let_in_passes_it_on, "GEN-11 SYNC-1")
{
    survivor self = survivor_at("a");
    kill_plan plan = {
        the_bystander_has_it, both_get_it_after_the_bystander, NULL, &self};

    KILL_ANYWHERE(waits_until_it_is_let_in, &plan);
    survivor_ends(&self);
}

/* Its last owner closed it. */
static void leave_it_in_doubt(void *context)
{
    survivor *self = context;

    words_say(self->words, ONE_DEATH);
    hand_does(self->bystander, "lock", XIPC_OK);
    hand_does(self->bystander, "drop", XIPC_OK);
}

static void the_bystander_is_told_if_need_be(void *context)
{
    survivor *self = context;
    unsigned death_count;

    spec_tell(self->bystander, "visit");
    death_count = deaths_told(hand_answer(self->bystander));
    require_meant(self, death_count);
    require_unlocked(self->mutex);
}

KILLED(recovers_from_a_death)
{
    mortal self = mortal_at("a");

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    REQUIRE_OK(xipc_mutex_recovered(self.mutex));
    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    words_say(self.words, NO_DEATH);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_while_recovering_leaves_the_doubt, "GEN-11 SYNC-1")
{
    survivor self = survivor_at("a");
    kill_plan plan = {
        leave_it_in_doubt, the_bystander_is_told_if_need_be, NULL, &self};

    KILL_ANYWHERE(recovers_from_a_death, &plan);
    survivor_ends(&self);
}

/* A fresh mutex each time: one that is lost is lost. */
static void leave_a_fresh_one_in_doubt(void *context)
{
    survivor *self = context;

    xipc_mutex_close(self->mutex);
    self->mutex = mutex_made(self->place);
    leave_it_in_doubt(context);
}

static void it_is_in_doubt_or_lost(void *context)
{
    survivor *self = context;
    uint32_t may_be = words_said(self->words);
    xipc_status status;

    spec_tell(self->bystander, "visit");
    status = hand_answer(self->bystander);
    if (status == XIPC_E_NOT_RECOVERABLE) {
        REQUIRE((may_be & THE_END) != 0);
        REQUIRE_STATUS(
            XIPC_E_NOT_RECOVERABLE, xipc_mutex_lock(self->mutex, XIPC_NOW));
    } else {
        REQUIRE_STATUS(XIPC_E_OWNER_DIED, status);
        REQUIRE((may_be & ONE_DEATH) != 0);
        require_unlocked(self->mutex);
    }
    hand_does(self->bystander, "drop", XIPC_OK);
}

KILLED(gives_up_on_it)
{
    mortal self = mortal_at("a");

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH | THE_END);
    REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    words_say(self.words, THE_END);
    kill_end();
    mortal_ends(&self);
}

SPEC(whoever_dies_while_giving_up_leaves_the_doubt_or_the_end, "GEN-11 SYNC-1")
{
    survivor self = survivor_at("a");
    kill_plan plan = {
        leave_a_fresh_one_in_doubt, it_is_in_doubt_or_lost, NULL, &self};

    KILL_ANYWHERE(gives_up_on_it, &plan);
    xipc_mutex_close(self.mutex);
    self.mutex = mutex_made("a");
    survivor_ends(&self);
}

KILLED(closes_what_it_has_locked)
{
    mortal self = mortal_at("a");

    words_say(self.words, NO_DEATH | ONE_DEATH);
    REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    words_say(self.words, ONE_DEATH);
    kill_begin();
    REQUIRE_OK(xipc_semaphore_post(self.gate, 1));
    xipc_mutex_close(self.mutex);
    kill_end();
    self.mutex = NULL;
    mortal_ends(&self);
}

SPEC(closing_what_is_locked_is_one_death_wherever_it_ends, "GEN-11 SYNC-1")
{
    survivor self = survivor_at("a");
    kill_plan plan = {bystander_waits_at_the_gate, both_get_it, NULL, &self};

    KILL_ANYWHERE(closes_what_it_has_locked, &plan);
    survivor_ends(&self);
}

KILLED(comes_and_goes)
{
    xipc_mutex *mutex;

    kill_begin();
    mutex = mutex_joined("a");
    xipc_mutex_close(mutex);
    kill_end();
}

SPEC(
    whoever_dies_opening_or_closing_takes_nothing_along, "GEN-11 SYNC-1 LIFE-6")
{
    survivor self = survivor_at("a");
    kill_plan plan = {bystander_waits_at_the_gate, both_get_it, NULL, &self};

    KILL_ANYWHERE(comes_and_goes, &plan);
    survivor_ends(&self);
}
