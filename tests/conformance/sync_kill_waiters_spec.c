/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process dies at each step of what it does with a semaphore, an event or a
 * condition. Nobody waits for what is there, and what is there adds up.
 *
 * A bystander, another process, waits for the same all the time. The one who
 * dies says all the time how far he has come.
 */
#include "support/kill_anywhere.h"
#include "support/sync_kit.h"

enum { VAIN_MS = 25 };

/* How far the one who dies has come: he has not begun, is at it, has done it,
 * has given up. */
enum { BEFORE, DURING, DONE, GAVE_UP };

/* What the case holds while others die. */
typedef struct survivor {
    sync_set set;
    spec_peer *bystander;
    xipc_map *words;
} survivor;

static survivor survivor_with(sync_set set)
{
    return (survivor){set, hand_at("a"), words_made()};
}

static void survivor_ends(survivor *self)
{
    hand_ends(self->bystander);
    xipc_condition_close(self->set.condition);
    xipc_event_close(self->set.event);
    xipc_semaphore_close(self->set.semaphore);
    xipc_mutex_close(self->set.mutex);
    xipc_map_close(self->words);
}

static survivor survivor_with_semaphore(void)
{
    return survivor_with((sync_set){.semaphore = semaphore_made("a", 0, 10)});
}

static survivor survivor_with_event(xipc_event_mode mode)
{
    return survivor_with((sync_set){.event = event_made("a", mode)});
}

static void bystander_takes(void *context)
{
    survivor *self = context;

    words_say(self->words, BEFORE);
    spec_tell(self->bystander, "take");
}

static void take_all(xipc_semaphore *semaphore)
{
    while (xipc_semaphore_count(semaphore) > 0) {
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    }
}

/* Two were posted or none; the bystander gets one of what there is. */
static void it_adds_up_after_a_post(void *context)
{
    survivor *self = context;
    xipc_semaphore *semaphore = self->set.semaphore;
    uint32_t said = words_said(self->words);
    uint32_t count;

    if (said != DONE) {
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    }
    hand_answers(self->bystander, XIPC_OK);
    count = xipc_semaphore_count(semaphore);
    switch (said) {
    case BEFORE: REQUIRE_UINT(0, count); break;
    case DURING: REQUIRE(count == 0 || count == 2); break;
    default: REQUIRE_UINT(1, count); break;
    }
    take_all(semaphore);
}

KILLED(posts_two)
{
    xipc_map *words = words_joined();
    xipc_semaphore *semaphore = semaphore_joined("a");

    kill_begin();
    words_say(words, DURING);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 2));
    words_say(words, DONE);
    kill_end();
    xipc_semaphore_close(semaphore);
    xipc_map_close(words);
}

SPEC(whoever_dies_posting_has_posted_all_or_nothing, "GEN-11 SYNC-2")
{
    survivor self = survivor_with_semaphore();
    kill_plan plan = {bystander_takes, it_adds_up_after_a_post, NULL, &self};

    KILL_ANYWHERE(posts_two, &plan);
    survivor_ends(&self);
}

static void the_bystander_gets_one(void *context)
{
    survivor *self = context;

    REQUIRE_OK(xipc_semaphore_post(self->set.semaphore, 1));
    hand_answers(self->bystander, XIPC_OK);
    REQUIRE_UINT(0, xipc_semaphore_count(self->set.semaphore));
}

KILLED(takes_in_vain)
{
    xipc_semaphore *semaphore = semaphore_joined("a");

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_semaphore_wait(semaphore, xipc_after_ms(VAIN_MS)));
    kill_end();
    xipc_semaphore_close(semaphore);
}

SPEC(whoever_dies_waiting_for_a_semaphore_takes_nothing, "GEN-11 SYNC-2")
{
    survivor self = survivor_with_semaphore();
    kill_plan plan = {bystander_takes, the_bystander_gets_one, NULL, &self};

    KILL_ANYWHERE(takes_in_vain, &plan);
    survivor_ends(&self);
}

/* The dead one posted one for himself or the bystander, if he came that far;
 * now there is another. */
static void it_adds_up_after_a_wait(void *context)
{
    survivor *self = context;
    xipc_semaphore *semaphore = self->set.semaphore;
    uint32_t count;

    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    hand_answers(self->bystander, XIPC_OK);
    count = xipc_semaphore_count(semaphore);
    switch (words_said(self->words)) {
    case DURING: REQUIRE(count <= 1); break;
    case GAVE_UP: REQUIRE_UINT(1, count); break;
    default: REQUIRE_UINT(0, count); break;
    }
    take_all(semaphore);
}

KILLED(takes_against_the_bystander)
{
    xipc_map *words = words_joined();
    xipc_semaphore *semaphore = semaphore_joined("a");
    xipc_status status;

    kill_begin();
    words_say(words, DURING);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    status = xipc_semaphore_wait(semaphore, xipc_after_ms(VAIN_MS));
    words_say(words, status == XIPC_OK ? DONE : GAVE_UP);
    kill_end();
    xipc_semaphore_close(semaphore);
    xipc_map_close(words);
}

SPEC(whoever_dies_taking_has_taken_one_at_most, "GEN-11 SYNC-2")
{
    survivor self = survivor_with_semaphore();
    kill_plan plan = {bystander_takes, it_adds_up_after_a_wait, NULL, &self};

    KILL_ANYWHERE(takes_against_the_bystander, &plan);
    survivor_ends(&self);
}

static void bystander_passes(void *context)
{
    survivor *self = context;

    words_say(self->words, BEFORE);
    spec_tell(self->bystander, "pass");
}

/* What was set lets the bystander through; what may have been is set again. */
static void the_bystander_passes_for_sure(void *context)
{
    survivor *self = context;

    if (words_said(self->words) != DONE) {
        REQUIRE_OK(xipc_event_set(self->set.event));
    }
    hand_answers(self->bystander, XIPC_OK);
    REQUIRE_OK(xipc_event_reset(self->set.event));
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_event_wait(self->set.event, XIPC_NOW));
}

KILLED(sets_an_event)
{
    xipc_map *words = words_joined();
    xipc_event *event = event_joined("a");

    kill_begin();
    words_say(words, DURING);
    REQUIRE_OK(xipc_event_set(event));
    words_say(words, DONE);
    kill_end();
    xipc_event_close(event);
    xipc_map_close(words);
}

SPEC(whoever_dies_setting_an_event_has_set_it_or_not, "GEN-11 SYNC-3")
{
    survivor self = survivor_with_event(XIPC_EVENT_AUTO);
    kill_plan plan = {
        bystander_passes, the_bystander_passes_for_sure, NULL, &self};

    KILL_ANYWHERE(sets_an_event, &plan);
    survivor_ends(&self);
}

KILLED(sets_and_resets_an_event)
{
    xipc_event *event = event_joined("a");

    kill_begin();
    REQUIRE_OK(xipc_event_set(event));
    REQUIRE_OK(xipc_event_reset(event));
    kill_end();
    xipc_event_close(event);
}

SPEC(whoever_dies_pulsing_an_event_leaves_one_that_works, "GEN-11 SYNC-3")
{
    survivor self = survivor_with_event(XIPC_EVENT_MANUAL);
    kill_plan plan = {
        bystander_passes, the_bystander_passes_for_sure, NULL, &self};

    KILL_ANYWHERE(sets_and_resets_an_event, &plan);
    survivor_ends(&self);
}

KILLED(passes_in_vain)
{
    xipc_event *event = event_joined("a");

    kill_begin();
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_event_wait(event, xipc_after_ms(VAIN_MS)));
    kill_end();
    xipc_event_close(event);
}

SPEC(whoever_dies_waiting_for_an_event_takes_nothing, "GEN-11 SYNC-3")
{
    survivor self = survivor_with_event(XIPC_EVENT_AUTO);
    kill_plan plan = {
        bystander_passes, the_bystander_passes_for_sure, NULL, &self};

    KILL_ANYWHERE(passes_in_vain, &plan);
    survivor_ends(&self);
}

/* Sets it himself by then, so that one of the two may pass. */
KILLED(passes_against_the_bystander)
{
    xipc_event *event = event_joined("a");
    xipc_status status;

    REQUIRE_OK(xipc_event_set(event));
    kill_begin();
    status = xipc_event_wait(event, xipc_after_ms(VAIN_MS));
    kill_end();
    REQUIRE(status == XIPC_OK || status == XIPC_E_TIMEOUT);
    xipc_event_close(event);
}

SPEC(whoever_dies_passing_an_event_keeps_the_next_from_nobody, "GEN-11 SYNC-3")
{
    survivor self = survivor_with_event(XIPC_EVENT_AUTO);
    kill_plan plan = {
        bystander_passes, the_bystander_passes_for_sure, NULL, &self};

    KILL_ANYWHERE(passes_against_the_bystander, &plan);
    survivor_ends(&self);
}
