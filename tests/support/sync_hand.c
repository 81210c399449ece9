/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that does as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/sync_kit.h"

#undef hand_at
#undef owner_at
#undef hand_given
#undef hand_does
#undef hand_answers
#undef hand_answer
#undef hand_ends
#undef hand_leaves
/* Nor does what the hand's starter does here move its place. */
#undef spec_tell
#undef spec_hear
#undef spec_expect
#undef spec_join

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static sync_set held;
static const char *held_place;

static void have_mutex(void)
{
    held.mutex = held.mutex ? held.mutex : mutex_joined(held_place);
}

static void have_semaphore(void)
{
    held.semaphore =
        held.semaphore ? held.semaphore : semaphore_joined(held_place);
}

static void have_event(void)
{
    held.event = held.event ? held.event : event_joined(held_place);
}

static void have_condition(void)
{
    have_mutex();
    held.condition =
        held.condition ? held.condition : condition_joined(held_place);
}

static xipc_status do_unlock(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_mutex_unlock(set->mutex);
}

static xipc_status do_recover(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_mutex_recovered(set->mutex);
}

static xipc_status do_drop(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    xipc_mutex_close(set->mutex);
    held.mutex = NULL;
    return XIPC_OK;
}

static xipc_status do_post(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_semaphore_post(set->semaphore, 1);
}

static xipc_status do_set(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_event_set(set->event);
}

static xipc_status do_reset(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_event_reset(set->event);
}

static xipc_status do_notify(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_condition_notify_one(set->condition);
}

static xipc_status do_rouse(const sync_set *set, xipc_deadline deadline)
{
    (void)deadline;
    return xipc_condition_notify_all(set->condition);
}

static const struct order {
    const char *word;
    void (*have)(void);
    sync_verb *verb;
} orders[] = {
    {"lock", have_mutex, do_lock},
    {"unlock", have_mutex, do_unlock},
    {"recover", have_mutex, do_recover},
    {"visit", have_mutex, do_visit},
    {"drop", have_mutex, do_drop},
    {"take", have_semaphore, do_take},
    {"post", have_semaphore, do_post},
    {"pass", have_event, do_pass},
    {"set", have_event, do_set},
    {"reset", have_event, do_reset},
    {"await", have_condition, do_await},
    {"linger", have_condition, do_linger},
    {"attend", have_condition, do_attend},
    {"notify", have_condition, do_notify},
    {"rouse", have_condition, do_rouse},
};

static xipc_deadline deadline_said(const char *words)
{
    if (*words == '\0') {
        return XIPC_FOREVER;
    }
    return strcmp(words, " now") == 0 ? XIPC_NOW
                                      : xipc_after_ms(strtol(words, NULL, 10));
}

static void obey(const char *line)
{
    size_t size = strcspn(line, " ");

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const struct order *order = &orders[i];

        if (strlen(order->word) == size &&
            memcmp(order->word, line, size) == 0) {
            order->have();
            spec_tell(
                NULL, xipc_status_name(
                          order->verb(&held, deadline_said(line + size))));
            return;
        }
    }
    spec_fail(__FILE__, __LINE__, line, "is no order for a hand");
}

static void let_go(void)
{
    xipc_condition_close(held.condition);
    xipc_event_close(held.event);
    xipc_semaphore_close(held.semaphore);
    xipc_mutex_close(held.mutex);
}

PEER(a_hand)
{
    char line[64];

    held_place = spec_argument(0);
    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0 && strcmp(line, "leave") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
    if (strcmp(line, "end") == 0) {
        let_go();
    }
}

spec_peer *hand_at(const char *place)
{
    return spec_start(a_hand_entry.name, (const char *const[]){place, NULL});
}

spec_peer *hand_given(xipc_native_handle native)
{
    return spec_start_with(
        native, a_hand_entry.name, (const char *const[]){"+", NULL});
}

spec_peer *owner_at(const char *place)
{
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock", XIPC_OK);
    return hand;
}

void hand_does(spec_peer *hand, const char *order, xipc_status want)
{
    spec_tell(hand, order);
    spec_expect(hand, xipc_status_name(want));
}

void hand_answers(spec_peer *hand, xipc_status want)
{
    spec_expect(hand, xipc_status_name(want));
}

xipc_status hand_answer(spec_peer *hand)
{
    char line[64];
    int status = XIPC_OK;

    spec_hear(hand, line, sizeof line);
    while (status >= XIPC_E_OS &&
           strcmp(line, xipc_status_name((xipc_status)status)) != 0) {
        status--;
    }
    if (status < XIPC_E_OS) {
        spec_fail(__FILE__, __LINE__, line, "is no status");
    }
    return (xipc_status)status;
}

void hand_ends(spec_peer *hand)
{
    spec_tell(hand, "end");
    spec_join(hand);
}

void hand_leaves(spec_peer *hand)
{
    spec_tell(hand, "leave");
    spec_join(hand);
}
