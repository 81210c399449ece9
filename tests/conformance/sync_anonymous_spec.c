/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutexes, semaphores, events and conditions in sections without a name, and in
 * the operating system's own.
 */
#include <stdio.h>
#include <string.h>

#include "support/sync_kit.h"

#define SIZE             65536
#define NATIVE_NAME_SIZE 64

static xipc_section *anonymous(void)
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(SIZE, NULL, &section));
    return section;
}

static xipc_native_handle native_handle_of(const xipc_section *section)
{
    xipc_native_handle native = -1;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    return native;
}

static void require_zeros(xipc_section *section, uint64_t offset)
{
    xipc_map *map = mapped(section);

    for (int i = 0; i < XIPC_SYNC_SIZE; i++) {
        REQUIRE_UINT(0, bytes_of(map)[offset + (uint64_t)i]);
    }
    xipc_map_close(map);
}

/* A mutex cannot be there, and trying has changed nothing. */
static void require_no_mutex(xipc_section *section)
{
    xipc_mutex *mutex = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mutex_create_at(section, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
    REQUIRE(mutex == UNTOUCHED);
    require_zeros(section, MUTEX_OFFSET);
}

SPEC(a_mutex_in_an_anonymous_section_is_there_if_told_so, "SYNC-1 SHM-5 CAP-1")
{
    xipc_section *section = anonymous();
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    xipc_mutex *mutex = NULL;

    REQUIRE_OK(xipc_capability(XIPC_FEATURE_SYNC_ANONYMOUS, &info));
    if (info.support == XIPC_SUPPORT_ABSENT) {
        require_no_mutex(section);
    } else {
        REQUIRE_OK(
            xipc_mutex_create_at(section, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
        require_unlocked(mutex);
    }

    xipc_mutex_close(mutex);
    xipc_section_close(section);
}

/* The mutex of an anonymous section, and a hand that was given it. */
typedef struct shared {
    xipc_section *section;
    xipc_mutex *mutex;
    spec_peer *hand;
} shared;

static shared shared_mutex(void)
{
    shared self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self.section = anonymous();
    self.mutex = NULL;
    REQUIRE_OK(xipc_mutex_create_at(
        self.section, MUTEX_OFFSET, XIPC_FOREVER, &self.mutex));
    self.hand = hand_given(native_handle_of(self.section));
    return self;
}

static void shared_end(shared *self)
{
    require_unlocked(self->mutex);
    xipc_mutex_close(self->mutex);
    xipc_section_close(self->section);
}

SPEC(a_mutex_in_an_anonymous_section_excludes_who_was_given_it, "SYNC-1 SHM-5")
{
    shared self = shared_mutex();

    hand_does(self.hand, "lock", XIPC_OK);
    require_locked(self.mutex);
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(self.mutex));
    spec_tell(self.hand, "unlock");
    REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    hand_answers(self.hand, XIPC_OK);
    hand_does(self.hand, "lock now", XIPC_E_AGAIN);
    hand_does(self.hand, "unlock", XIPC_E_NOT_OWNER);
    spec_tell(self.hand, "visit");
    REQUIRE_OK(xipc_mutex_unlock(self.mutex));
    hand_answers(self.hand, XIPC_OK);

    hand_ends(self.hand);
    shared_end(&self);
}

SPEC(
    an_owner_in_an_anonymous_section_dies_like_any_other, "SYNC-1 GEN-11 SHM-5")
{
    shared self = shared_mutex();
    spec_peer *waiter = hand_given(native_handle_of(self.section));

    hand_does(self.hand, "lock", XIPC_OK);
    hand_does(waiter, "lock now", XIPC_E_AGAIN);
    spec_tell(waiter, "visit");
    spec_kill(self.hand);
    hand_answers(waiter, XIPC_E_OWNER_DIED);
    hand_does(waiter, "lock", XIPC_OK);
    hand_does(waiter, "drop", XIPC_OK);
    require_owner_died(self.mutex);
    hand_does(waiter, "lock", XIPC_OK);
    hand_leaves(waiter);

    require_owner_died(self.mutex);
    shared_end(&self);
}

SPEC(closing_the_anonymous_section_leaves_its_mutex_as_it_is, "SYNC-1 SHM-5")
{
    shared self = shared_mutex();

    xipc_section_close(self.section);
    self.section = NULL;
    hand_does(self.hand, "lock", XIPC_OK);
    require_locked(self.mutex);
    spec_kill(self.hand);

    require_owner_died(self.mutex);
    shared_end(&self);
}

SPEC(one_process_may_adopt_its_own_section_and_use_both, "SYNC-1 SHM-5")
{
    shared self = shared_mutex();
    xipc_section *adopted = NULL;
    sync_set other = {.mutex = NULL};
    sync_call call;

    REQUIRE_OK(xipc_section_adopt(native_handle_of(self.section), &adopted));
    REQUIRE_OK(
        xipc_mutex_open_at(adopted, MUTEX_OFFSET, XIPC_FOREVER, &other.mutex));
    REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
    call_begin(&call, do_lock, other, xipc_after_ms(20));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_end(&call));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mutex_lock(other.mutex, xipc_after_ms(20)));
    REQUIRE_OK(xipc_mutex_unlock(other.mutex));
    call_begin(&call, do_visit, other, XIPC_FOREVER);
    REQUIRE_OK(call_end(&call));

    xipc_mutex_close(other.mutex);
    xipc_section_close(adopted);
    hand_ends(self.hand);
    shared_end(&self);
}

SPEC(an_anonymous_section_shares_semaphores_and_events, "SYNC-2 SYNC-3 SHM-5")
{
    xipc_section *section = anonymous();
    spec_peer *hand = hand_given(native_handle_of(section));
    xipc_semaphore *semaphore = NULL;
    xipc_event *event = NULL;

    REQUIRE_OK(xipc_semaphore_create_at(
        section, SEMAPHORE_OFFSET, 1, 2, XIPC_FOREVER, &semaphore));
    REQUIRE_OK(xipc_event_create_at(
        section, EVENT_OFFSET, XIPC_EVENT_AUTO, XIPC_FOREVER, &event));
    hand_does(hand, "take", XIPC_OK);
    spec_tell(hand, "take");
    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    hand_answers(hand, XIPC_OK);
    hand_does(hand, "post", XIPC_OK);
    REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    spec_tell(hand, "pass");
    REQUIRE_OK(xipc_event_set(event));
    hand_answers(hand, XIPC_OK);
    hand_does(hand, "set", XIPC_OK);
    REQUIRE_OK(xipc_event_wait(event, XIPC_NOW));

    hand_ends(hand);
    xipc_event_close(event);
    xipc_semaphore_close(semaphore);
    xipc_section_close(section);
}

SPEC(an_anonymous_section_shares_a_condition_and_its_mutex, "SYNC-4 SHM-5")
{
    shared self = shared_mutex();
    xipc_condition *condition = NULL;

    REQUIRE_OK(xipc_condition_create_at(
        self.section, CONDITION_OFFSET, XIPC_FOREVER, &condition));
    for (int i = 0; i < 20; i++) {
        hand_does(self.hand, "lock", XIPC_OK);
        spec_tell(self.hand, "await");
        REQUIRE_OK(xipc_mutex_lock(self.mutex, XIPC_FOREVER));
        REQUIRE_OK(xipc_condition_notify_one(condition));
        REQUIRE_OK(xipc_mutex_unlock(self.mutex));
        hand_answers(self.hand, XIPC_OK);
        hand_does(self.hand, "unlock", XIPC_OK);
    }

    hand_ends(self.hand);
    xipc_condition_close(condition);
    shared_end(&self);
}

/* A section of the operating system's that no other case has. */
static xipc_section *native_section(char *name)
{
    char hashed[XIPC_NATIVE_NAME_SIZE];

    SPEC_NEEDS(XIPC_FEATURE_SECTION_NATIVE);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "sync", XIPC_SCOPE_USER, hashed, sizeof hashed));
    snprintf(name, NATIVE_NAME_SIZE, "native:/spec-%s", hashed);
    return section_created(name, SIZE);
}

static void native_end(xipc_section *section, const char *name)
{
    xipc_status status;

    xipc_section_close(section);
    status =
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER);
    REQUIRE(
        status == XIPC_OK || status == XIPC_E_NOT_FOUND ||
        status == XIPC_E_NOT_SUPPORTED);
}

SPEC(a_native_section_holds_no_mutex, "SYNC-1 NAME-4")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section = native_section(name);

    require_no_mutex(section);

    native_end(section, name);
}

/* Takes what is in the native section of argument 0, and says what there is. */
PEER(a_process_with_the_native_section)
{
    xipc_section *section = section_opened(spec_argument(0));
    xipc_semaphore *semaphore = NULL;
    xipc_event *event = NULL;

    REQUIRE_OK(xipc_semaphore_open_at(
        section, SEMAPHORE_OFFSET, XIPC_FOREVER, &semaphore));
    REQUIRE_OK(xipc_event_open_at(section, EVENT_OFFSET, XIPC_FOREVER, &event));
    REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_FOREVER));
    REQUIRE_OK(xipc_event_set(event));
    xipc_event_close(event);
    xipc_semaphore_close(semaphore);
    xipc_section_close(section);
}

SPEC(a_native_section_holds_a_semaphore_and_an_event, "SYNC-2 SYNC-3 NAME-4")
{
    char name[NATIVE_NAME_SIZE];
    xipc_section *section = native_section(name);
    xipc_semaphore *semaphore = NULL;
    xipc_event *event = NULL;
    spec_peer *peer;

    REQUIRE_OK(xipc_semaphore_create_at(
        section, SEMAPHORE_OFFSET, 0, 1, XIPC_FOREVER, &semaphore));
    REQUIRE_OK(xipc_event_create_at(
        section, EVENT_OFFSET, XIPC_EVENT_AUTO, XIPC_FOREVER, &event));
    peer = START(a_process_with_the_native_section, name);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    REQUIRE_OK(xipc_event_wait(event, XIPC_FOREVER));
    spec_join(peer);

    xipc_event_close(event);
    xipc_semaphore_close(semaphore);
    native_end(section, name);
}
