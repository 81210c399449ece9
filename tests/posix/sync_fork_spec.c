/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's mutexes, semaphores, events
 * and conditions: nothing that works, and nothing that disturbs. Above all a
 * child is not the owner of what its parent has locked.
 *
 * A child here runs one function and ends with its result: 0 is success. It
 * leaves by _exit(), so that nothing of the test's own ends twice.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/sync_kit.h"

typedef int child_body(const sync_set *set);

static void require_child_succeeds(child_body *body, const sync_set *set)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(set));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static sync_set all_made(const char *place)
{
    return (sync_set){
        mutex_made(place), semaphore_made(place, 1, 2),
        event_made(place, XIPC_EVENT_MANUAL), condition_made(place)};
}

static void all_closed(const sync_set *set)
{
    xipc_condition_close(set->condition);
    xipc_event_close(set->event);
    xipc_semaphore_close(set->semaphore);
    xipc_mutex_close(set->mutex);
}

static int finds_the_mutex_forked(const sync_set *set)
{
    xipc_mutex *mutex = set->mutex;

    return xipc_mutex_lock(mutex, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_mutex_lock(mutex, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_mutex_recovered(mutex) == XIPC_E_FORKED &&
           xipc_mutex_unlock(mutex) == XIPC_E_FORKED &&
           xipc_interrupt(xipc_mutex_object(mutex)) == XIPC_E_FORKED &&
           xipc_interrupt_clear(xipc_mutex_object(mutex)) == XIPC_E_FORKED;
}

static int finds_the_semaphore_forked(const sync_set *set)
{
    xipc_semaphore *semaphore = set->semaphore;
    xipc_object *object = xipc_semaphore_object(semaphore);

    return xipc_semaphore_wait(semaphore, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_semaphore_wait(semaphore, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_semaphore_post(semaphore, 1) == XIPC_E_FORKED &&
           xipc_interrupt(object) == XIPC_E_FORKED;
}

static int finds_the_event_forked(const sync_set *set)
{
    xipc_event *event = set->event;

    return xipc_event_wait(event, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_event_wait(event, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_event_set(event) == XIPC_E_FORKED &&
           xipc_event_reset(event) == XIPC_E_FORKED &&
           xipc_interrupt(xipc_event_object(event)) == XIPC_E_FORKED;
}

static int finds_the_condition_forked(const sync_set *set)
{
    xipc_condition *condition = set->condition;
    xipc_object *object = xipc_condition_object(condition);

    return xipc_condition_wait(condition, set->mutex, XIPC_FOREVER) ==
               XIPC_E_FORKED &&
           xipc_condition_wait(condition, set->mutex, XIPC_NOW) ==
               XIPC_E_FORKED &&
           xipc_condition_notify_one(condition) == XIPC_E_FORKED &&
           xipc_condition_notify_all(condition) == XIPC_E_FORKED &&
           xipc_interrupt(object) == XIPC_E_FORKED;
}

static int finds_every_call_forked(const sync_set *set)
{
    if (!finds_the_mutex_forked(set)) {
        return 1;
    }
    if (!finds_the_semaphore_forked(set)) {
        return 2;
    }
    if (!finds_the_event_forked(set)) {
        return 3;
    }
    return finds_the_condition_forked(set) ? 0 : 4;
}

/* Locked by this thread alone, and all else as it was made. */
static void require_undisturbed(const char *place, const sync_set *set)
{
    spec_peer *hand = hand_at(place);

    hand_does(hand, "lock now", XIPC_E_AGAIN);
    hand_does(hand, "pass now", XIPC_E_AGAIN);
    hand_does(hand, "take now", XIPC_OK);
    hand_does(hand, "post", XIPC_OK);
    REQUIRE_UINT(1, xipc_semaphore_count(set->semaphore));
    REQUIRE_OK(xipc_mutex_unlock(set->mutex));
    hand_does(hand, "visit", XIPC_OK);
    REQUIRE_OK(xipc_mutex_lock(set->mutex, XIPC_NOW));
    hand_ends(hand);
}

static void with_a_child(const char *place, child_body *body)
{
    sync_set set = all_made(place);

    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    require_child_succeeds(body, &set);
    require_undisturbed(place, &set);

    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    all_closed(&set);
}

static void told_so(const char *place)
{
    with_a_child(place, finds_every_call_forked);
}

SPEC(
    each_kind_inherited_through_fork_tells_so,
    "GEN-8 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    in_both_forms(told_so);
}

static int closes_all(const sync_set *set)
{
    all_closed(set);
    return 0;
}

static void closed_in_the_child(const char *place)
{
    with_a_child(place, closes_all);
}

SPEC(
    a_child_that_closes_what_its_parent_has_locked_disturbs_nothing,
    "GEN-8 SYNC-1")
{
    in_both_forms(closed_in_the_child);
}

static int just_ends(const sync_set *set)
{
    return set == NULL;
}

static void leave(void *value)
{
    _exit(value == NULL);
}

/*
 * The forked thread ends, as a thread does that may have something locked. The
 * system tells of its end those who asked first, the library, and then `leave`.
 */
static int ends_its_thread(const sync_set *set)
{
    pthread_key_t key;

    if (xipc_mutex_unlock(set->mutex) != XIPC_E_FORKED) {
        return 1;
    }
    if (pthread_key_create(&key, leave) != 0 ||
        pthread_setspecific(key, set) != 0) {
        return 2;
    }
    pthread_exit(NULL);
}

static void ended_in_the_child(const char *place)
{
    with_a_child(place, just_ends);
    with_a_child(place, ends_its_thread);
}

SPEC(a_child_that_ends_is_not_the_death_of_an_owner, "GEN-8 SYNC-1")
{
    in_both_forms(ended_in_the_child);
}

static int forks_again(const sync_set *set)
{
    pid_t child = fork();
    int how = 0;

    if (child == 0) {
        _exit(finds_every_call_forked(set));
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how)) {
        return 10;
    }
    all_closed(set);
    return WEXITSTATUS(how);
}

static void forked_twice(const char *place)
{
    with_a_child(place, forks_again);
}

SPEC(a_grandchild_has_no_more_of_a_mutex_than_a_child, "GEN-8 SYNC-1")
{
    in_both_forms(forked_twice);
}

/* The place that the child joins anew: fork() has copied it. */
static const char *own_place;

static int joins_anew(const sync_set *set)
{
    xipc_mutex *mutex = mutex_joined(own_place);
    xipc_status status = xipc_mutex_lock(mutex, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        return 1;
    }
    if (xipc_mutex_unlock(mutex) != XIPC_E_NOT_OWNER) {
        return 2;
    }
    xipc_mutex_close(mutex);
    all_closed(set);
    return 0;
}

static void joined_by_the_child(const char *place)
{
    own_place = place;
    with_a_child(place, joins_anew);
}

SPEC(a_child_that_joins_anew_is_somebody_else, "GEN-8 SYNC-1")
{
    in_both_forms(joined_by_the_child);
}

static int dies_with_it(const sync_set *set)
{
    xipc_mutex *mutex = mutex_joined(own_place);

    (void)set;
    return xipc_mutex_lock(mutex, XIPC_FOREVER) != XIPC_OK;
}

static void child_dies(const char *place)
{
    sync_set set = all_made(place);

    own_place = place;
    for (int i = 0; i < 3; i++) {
        require_child_succeeds(dies_with_it, &set);
        require_owner_died(set.mutex);
    }

    require_unlocked(set.mutex);
    all_closed(&set);
}

SPEC(a_child_that_dies_with_it_is_the_owner_that_died, "GEN-8 SYNC-1 GEN-11")
{
    in_both_forms(child_dies);
}

static int uses_all_anew(const sync_set *set)
{
    sync_set own = {
        mutex_joined(own_place), semaphore_joined(own_place),
        event_joined(own_place), condition_joined(own_place)};
    int failed = xipc_mutex_lock(own.mutex, XIPC_FOREVER) != XIPC_OK ||
                 xipc_condition_wait(own.condition, own.mutex, XIPC_NOW) !=
                     XIPC_E_AGAIN ||
                 xipc_mutex_unlock(own.mutex) != XIPC_OK ||
                 xipc_semaphore_wait(own.semaphore, XIPC_NOW) != XIPC_OK ||
                 xipc_semaphore_post(own.semaphore, 1) != XIPC_OK ||
                 xipc_event_wait(own.event, XIPC_NOW) != XIPC_E_AGAIN;

    (void)set;
    all_closed(&own);
    return failed;
}

static atomic_int threads_may_stop;

static void wait_for_it(void *context)
{
    while (!atomic_load(&threads_may_stop)) {
        REQUIRE_OK(xipc_mutex_lock(context, XIPC_FOREVER));
        REQUIRE_OK(xipc_mutex_unlock(context));
    }
}

static void forked_among_threads(const char *place)
{
    sync_set set = all_made(place);
    spec_thread *threads[2];

    own_place = place;
    atomic_store(&threads_may_stop, 0);
    for (int i = 0; i < 2; i++) {
        threads[i] = spec_thread_start(wait_for_it, set.mutex);
    }
    for (int i = 0; i < 50; i++) {
        require_child_succeeds(uses_all_anew, &set);
    }
    atomic_store(&threads_may_stop, 1);
    for (int i = 0; i < 2; i++) {
        spec_thread_join(threads[i]);
    }

    require_unlocked(set.mutex);
    all_closed(&set);
}

SPEC(a_child_forked_while_other_threads_lock_can_go_on, "GEN-8 GEN-6 SYNC-1")
{
    in_both_forms(forked_among_threads);
}

#define LIFE_LINE "life-line"

/*
 * Locks what is at the place of argument 0, then forks a child that outlives
 * it. The child tells its number through the FIFO of argument 1, which it holds
 * open, and stays until killed.
 */
PEER(an_owner_whose_child_outlives_it)
{
    xipc_mutex *mutex = mutex_joined(spec_argument(0));
    char path[512];

    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER));
    snprintf(path, sizeof path, "%s", spec_argument(1));
    if (fork() == 0) {
        int line = open(path, O_WRONLY);
        pid_t self = getpid();

        if (line < 0 || write(line, &self, sizeof self) < 0) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    spec_expect(NULL, "never told");
}

/* A child that lives on though its parent is dead. */
typedef struct orphan {
    char path[512];
    int line;
    pid_t child;
} orphan;

static void orphan_expected(orphan *self)
{
    snprintf(self->path, sizeof self->path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(mkfifo(self->path, 0600) == 0);
}

static void orphan_met(orphan *self)
{
    self->line = open(self->path, O_RDONLY);
    REQUIRE(self->line >= 0);
    REQUIRE(
        read(self->line, &self->child, sizeof self->child) ==
        (ssize_t)sizeof self->child);
}

static void orphan_ends(orphan *self)
{
    char byte;

    REQUIRE(kill(self->child, 0) == 0);
    REQUIRE(kill(self->child, SIGKILL) == 0);
    REQUIRE(read(self->line, &byte, 1) == 0);
    close(self->line);
    REQUIRE(unlink(self->path) == 0);
}

static int64_t orphaned(const char *place)
{
    xipc_mutex *mutex = mutex_made(place);
    spec_peer *peer;
    orphan child;
    int64_t killed;
    int64_t took;

    orphan_expected(&child);
    peer = START(an_owner_whose_child_outlives_it, place, child.path);
    orphan_met(&child);
    require_locked(mutex);
    spec_kill(peer);
    killed = spec_now_ns();
    require_owner_died(mutex);
    took = spec_now_ns() - killed;

    orphan_ends(&child);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    return took;
}

static void owner_dies_before_its_child(const char *place)
{
    within_a_second(orphaned, place);
}

SPEC(a_dead_owners_child_does_not_keep_a_mutex_locked, "GEN-8 GEN-11 SYNC-1")
{
    in_both_forms(owner_dies_before_its_child);
}

static xipc_section *anonymous_table(void)
{
    xipc_section *section = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(65536, NULL, &section));
    return section;
}

static int64_t orphaned_without_a_name(const char *place)
{
    xipc_section *section = anonymous_table();
    xipc_native_handle native = -1;
    xipc_mutex *mutex = NULL;
    spec_peer *peer;
    orphan child;
    int64_t killed;
    int64_t took;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    REQUIRE_OK(
        xipc_mutex_create_at(section, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
    orphan_expected(&child);
    peer =
        START_WITH(native, an_owner_whose_child_outlives_it, place, child.path);
    orphan_met(&child);
    require_locked(mutex);
    spec_kill(peer);
    killed = spec_now_ns();
    require_owner_died(mutex);
    took = spec_now_ns() - killed;

    orphan_ends(&child);
    require_unlocked(mutex);
    xipc_mutex_close(mutex);
    xipc_section_close(section);
    return took;
}

SPEC(
    a_dead_owners_child_does_not_keep_an_anonymous_mutex_locked,
    "GEN-8 GEN-11 SYNC-1 SHM-5")
{
    within_a_second(orphaned_without_a_name, "+");
}

SPEC(an_anonymous_mutex_inherited_through_fork_tells_so, "GEN-8 SYNC-1 SHM-5")
{
    xipc_section *section = anonymous_table();
    xipc_native_handle native = -1;
    sync_set set = {.mutex = NULL};
    spec_peer *hand;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    REQUIRE_OK(
        xipc_mutex_create_at(section, MUTEX_OFFSET, XIPC_FOREVER, &set.mutex));
    hand = hand_given(native);
    REQUIRE_OK(xipc_mutex_lock(set.mutex, XIPC_FOREVER));
    require_child_succeeds(closes_all, &set);
    require_child_succeeds(just_ends, &set);
    hand_does(hand, "lock now", XIPC_E_AGAIN);
    hand_does(hand, "lock 300", XIPC_E_TIMEOUT);
    REQUIRE_OK(xipc_mutex_unlock(set.mutex));
    hand_does(hand, "visit", XIPC_OK);

    hand_ends(hand);
    xipc_mutex_close(set.mutex);
    xipc_section_close(section);
}

static xipc_section *inherited_section;

static int finds_the_section_forked(const sync_set *set)
{
    (void)set;
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_handle handle = {UNTOUCHED};

        if (sync_create_at(
                sync_kinds[i], inherited_section, 0, XIPC_NOW, &handle) !=
                XIPC_E_FORKED ||
            sync_open_at(
                sync_kinds[i], inherited_section, 0, XIPC_NOW, &handle) !=
                XIPC_E_FORKED ||
            handle.any != UNTOUCHED) {
            return i + 1;
        }
    }
    return 0;
}

SPEC(nothing_is_placed_in_an_inherited_section, "GEN-8 SYNC-1 SYNC-2")
{
    inherited_section = section_created("a", 65536);

    require_child_succeeds(finds_the_section_forked, NULL);

    xipc_section_close(inherited_section);
}

/* Which descriptors are open, and whether those beyond close on exec. */
static unsigned closing_beyond(const int *was_open, int count)
{
    unsigned opened = 0;

    for (int fd = 0; fd < count; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !was_open[fd]) {
            REQUIRE((flags & FD_CLOEXEC) != 0);
            opened++;
        }
    }
    return opened;
}

SPEC(every_descriptor_behind_a_mutex_closes_on_exec, "GEN-8 SYNC-1 SYNC-2")
{
    static int was_open[1024];
    xipc_section *section = NULL;
    xipc_mutex *mutex = NULL;
    sync_set named;
    sync_set placed;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    for (int fd = 0; fd < 1024; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    named = all_made("a");
    placed = all_made("@a");
    section = anonymous_table();
    REQUIRE_OK(
        xipc_mutex_create_at(section, MUTEX_OFFSET, XIPC_FOREVER, &mutex));
    require_unlocked(mutex);

    REQUIRE(closing_beyond(was_open, 1024) > 0);
    xipc_mutex_close(mutex);
    xipc_section_close(section);
    all_closed(&placed);
    all_closed(&named);
    REQUIRE_UINT(0, closing_beyond(was_open, 1024));
}
