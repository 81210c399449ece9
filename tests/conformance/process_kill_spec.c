/* SPDX-License-Identifier: Apache-2.0 */
/* Children that die with the process that started them, and not before. */
#include <string.h>

#include "support/spawn_kit.h"

static xipc_mutex *mutex_held(void)
{
    xipc_mutex *mutex = NULL;

    REQUIRE_OK(xipc_mutex_create("held", NULL, XIPC_FOREVER, &mutex));
    return mutex;
}

static xipc_event *event_there(void)
{
    xipc_event *event = NULL;

    REQUIRE_OK(xipc_event_create(
        "there", XIPC_EVENT_AUTO, NULL, XIPC_FOREVER, &event));
    return event;
}

static void let_go(xipc_mutex *mutex, xipc_event *event)
{
    REQUIRE_OK(xipc_mutex_recovered(mutex));
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    xipc_event_close(event);
    xipc_mutex_close(mutex);
}

/* The child that holds the mutex is gone within a second. */
static void require_gone(xipc_mutex *mutex)
{
    REQUIRE_STATUS(
        XIPC_E_OWNER_DIED, xipc_mutex_lock(mutex, xipc_after_ms(1000)));
}

static xipc_process *tied_child(void)
{
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_DIE_WITH_PARENT);

    return PROBE(&options, "hold", "held", "there");
}

static void start_one(void *context)
{
    *(xipc_process **)context = tied_child();
}

static void start_in_a_thread(xipc_process **process_out)
{
    spec_thread_join(spec_thread_start(start_one, process_out));
}

/* Starts it as its argument says, and lives on. */
PEER(a_process_with_a_child)
{
    xipc_process *process = NULL;

    if (strcmp(spec_argument(0), "thread") == 0) {
        start_in_a_thread(&process);
    } else {
        process = tied_child();
    }
    if (strcmp(spec_argument(1), "closed") == 0) {
        xipc_process_close(process);
    }
    spec_expect(NULL, "end");
}

static void parent_dies(const char *from, const char *handle)
{
    xipc_mutex *mutex = mutex_held();
    xipc_event *event = event_there();
    spec_peer *peer = START(a_process_with_a_child, from, handle);

    REQUIRE_OK(xipc_event_wait(event, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, xipc_after_ms(50)));
    spec_kill(peer);

    require_gone(mutex);
    let_go(mutex, event);
}

SPEC(a_child_dies_with_its_parent, "PROC-2 GEN-11")
{
    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    parent_dies("main", "open");
}

SPEC(a_child_of_a_thread_that_ended_dies_with_its_parent, "PROC-2 GEN-11")
{
    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    parent_dies("thread", "open");
}

SPEC(a_child_whose_handle_is_closed_dies_with_its_parent, "PROC-2 GEN-11")
{
    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    parent_dies("main", "closed");
    parent_dies("thread", "closed");
}

SPEC(a_child_does_not_die_with_the_thread_that_started_it, "PROC-2")
{
    xipc_mutex *mutex;
    xipc_event *event;
    xipc_process *process = NULL;

    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    mutex = mutex_held();
    event = event_there();
    start_in_a_thread(&process);
    REQUIRE_OK(xipc_event_wait(event, XIPC_FOREVER));

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(100), NULL));
    process_killed(process);
    require_gone(mutex);
    let_go(mutex, event);
}

SPEC(a_child_that_is_to_die_with_its_parent_can_end_by_itself, "PROC-2")
{
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_DIE_WITH_PARENT);

    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    for (int i = 0; i < 3; i++) {
        PROBE_DONE(&options, "exit", "0");
    }
    REQUIRE_UINT(0, handles_of_probe(&options, "told"));
}

SPEC(a_failure_to_start_is_told_of_such_a_child_too, "PROC-2 PROC-1")
{
    const char *arguments[] = {"nothing", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_DIE_WITH_PARENT);
    xipc_process *process = UNTOUCHED;

    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_spawn("./no-such-program", arguments, &options, &process));
    REQUIRE(process == UNTOUCHED);
}

/* Ends in good order, with a child that is to die with it. */
PEER(a_process_that_ends_before_its_child)
{
    xipc_process *process = tied_child();

    spec_expect(NULL, "end");
    xipc_process_close(process);
}

SPEC(a_child_dies_with_a_parent_that_ends_in_good_order, "PROC-2")
{
    xipc_mutex *mutex;
    xipc_event *event;
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    mutex = mutex_held();
    event = event_there();
    peer = START(a_process_that_ends_before_its_child);
    REQUIRE_OK(xipc_event_wait(event, XIPC_FOREVER));
    spec_tell(peer, "end");
    spec_join(peer);

    require_gone(mutex);
    let_go(mutex, event);
}

/* Starts such children until it is killed. */
PEER(a_process_that_starts_many)
{
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_DIE_WITH_PARENT);

    spec_tell(NULL, "begun");
    for (;;) {
        xipc_process_close(PROBE(&options, "sleep"));
    }
}

/* So that it dies anywhere in it. */
static void let_some_time_pass(uint32_t *dice)
{
    int64_t until = spec_now_ns() + thrown(dice, 3000) * INT64_C(1000);

    while (spec_now_ns() < until) {
        /* a kill at a moment that nobody chose */
    }
}

/* The runner finds any that is left. */
SPEC(no_child_survives_a_parent_killed_while_it_starts_some, "PROC-2 GEN-11")
{
    uint32_t dice = (uint32_t)spec_now_ns() | 1;

    SPEC_NEEDS(XIPC_FEATURE_DIE_WITH_PARENT);
    for (unsigned round = 0; round < rounds_here(60, 4); round++) {
        spec_peer *peer = START(a_process_that_starts_many);

        spec_expect(peer, "begun");
        let_some_time_pass(&dice);
        spec_kill(peer);
    }
}
