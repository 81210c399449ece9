/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process: how it is told, waited for, brought about. */
#include <stdio.h>
#include <string.h>

#include "support/poller_kit.h"
#include "support/spawn_kit.h"

SPEC(an_exit_code_is_told, "PROC-2")
{
    static const int codes[] = {0, 1, 3, 127, 128, 255};

    for (size_t at = 0; at < sizeof codes / sizeof *codes; at++) {
        char text[16];
        xipc_exit seen;

        snprintf(text, sizeof text, "%d", codes[at]);
        seen = process_ended(PROBE(NULL, "exit", text));
        REQUIRE_UINT(XIPC_ENDED_EXIT, seen.ending);
        REQUIRE_UINT((uint64_t)codes[at], (uint64_t)seen.code);
    }
}

SPEC(a_crash_is_told_from_an_exit, "PROC-2")
{
    xipc_spawn_options options = spawn_with(0);
    xipc_exit seen;

    options.error.kind = XIPC_STREAM_NULL; /* what a host says of it */
    seen = process_ended(PROBE(&options, "crash"));

    REQUIRE_UINT(XIPC_ENDED_CRASH, seen.ending);
    REQUIRE(seen.code != 0);
}

SPEC(a_process_can_be_terminated, "PROC-2")
{
    xipc_process *process = PROBE(NULL, "sleep");

    REQUIRE_OK(xipc_process_terminate(process));

    REQUIRE_UINT(XIPC_ENDED_CRASH, process_ended(process).ending);
}

SPEC(terminating_what_has_ended_changes_nothing, "PROC-2")
{
    xipc_process *process = PROBE(NULL, "exit", "7");
    xipc_exit seen = XIPC_EXIT_INIT;

    REQUIRE_OK(xipc_process_wait(process, XIPC_FOREVER, &seen));
    REQUIRE_OK(xipc_process_terminate(process));
    REQUIRE_OK(xipc_process_terminate(process));

    REQUIRE_UINT(7, (uint64_t)process_ended(process).code);
}

SPEC(an_end_is_told_as_often_as_it_is_asked_for, "PROC-2")
{
    xipc_process *process = PROBE(NULL, "exit", "5");

    for (int i = 0; i < 3; i++) {
        xipc_exit seen = XIPC_EXIT_INIT;

        REQUIRE_OK(xipc_process_wait(process, XIPC_FOREVER, &seen));
        REQUIRE_UINT(5, (uint64_t)seen.code);
        REQUIRE_OK(xipc_process_wait(process, XIPC_NOW, NULL));
    }
    xipc_process_close(process);
}

SPEC(a_wait_for_a_process_that_runs_does_not_end_early, "PROC-2 GEN-4")
{
    xipc_process *process = PROBE(NULL, "sleep");
    xipc_exit seen = XIPC_EXIT_INIT;
    xipc_deadline deadline;

    seen.code = 77;
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_process_wait(process, XIPC_NOW, &seen));
    deadline = xipc_after_ms(30);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_process_wait(process, deadline, &seen));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(-1), NULL));

    REQUIRE_UINT(77, (uint64_t)seen.code);
    process_killed(process);
}

/* ---- many waiters ---- */

typedef struct wait_call {
    xipc_process *process;
    xipc_deadline deadline;
    xipc_status status;
    xipc_exit seen;
    spec_thread *thread;
} wait_call;

static void wait_for_it(void *context)
{
    wait_call *call = context;

    call->status =
        xipc_process_wait(call->process, call->deadline, &call->seen);
}

static void
wait_begins(wait_call *call, xipc_process *process, xipc_deadline deadline)
{
    *call = (wait_call){.process = process, .deadline = deadline};
    call->seen = (xipc_exit)XIPC_EXIT_INIT;
    call->thread = spec_thread_start(wait_for_it, call);
}

SPEC(all_who_wait_are_told_of_the_end, "PROC-2 GEN-6")
{
    xipc_process *process = PROBE(NULL, "sleep");
    wait_call calls[4];

    for (int i = 0; i < 4; i++) {
        wait_begins(
            &calls[i], process,
            i % 2 == 0 ? XIPC_FOREVER : xipc_after_ms(600000));
    }
    REQUIRE_OK(xipc_process_terminate(process));

    for (int i = 0; i < 4; i++) {
        spec_thread_join(calls[i].thread);
        REQUIRE_OK(calls[i].status);
        REQUIRE_UINT(XIPC_ENDED_CRASH, calls[i].seen.ending);
    }
    xipc_process_close(process);
}

SPEC(an_interrupt_ends_every_wait_for_a_process, "PROC-2 GEN-5")
{
    xipc_process *process = PROBE(NULL, "sleep");
    xipc_object *object = xipc_process_object(process);

    for (int round = 0; round < 20; round++) {
        wait_call calls[3];

        for (int i = 0; i < 3; i++) {
            wait_begins(&calls[i], process, XIPC_FOREVER);
        }
        REQUIRE_OK(xipc_interrupt(object));
        for (int i = 0; i < 3; i++) {
            spec_thread_join(calls[i].thread);
            REQUIRE_STATUS(XIPC_E_CANCELED, calls[i].status);
        }
        REQUIRE_STATUS(
            XIPC_E_CANCELED, xipc_process_wait(process, XIPC_FOREVER, NULL));
        REQUIRE_STATUS(
            XIPC_E_AGAIN, xipc_process_wait(process, XIPC_NOW, NULL));
        REQUIRE_OK(xipc_interrupt_clear(object));
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_process_wait(process, xipc_after_ms(2), NULL));
    }
    process_killed(process);
}

SPEC(an_interrupt_hides_no_end, "PROC-2 GEN-5")
{
    xipc_process *process = PROBE(NULL, "exit", "0");

    REQUIRE_OK(xipc_process_wait(process, XIPC_FOREVER, NULL));
    REQUIRE_OK(xipc_interrupt(xipc_process_object(process)));

    process_done(process);
}

/* ---- a poller ---- */

SPEC(a_poller_tells_of_an_end, "PROC-2 WAIT-1")
{
    xipc_process *process = PROBE(NULL, "sleep");
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_process_object(process), process);
    require_silent(poller);
    REQUIRE_OK(xipc_process_terminate(process));

    require_told(poller, process);
    require_told(poller, process);
    REQUIRE_OK(xipc_process_wait(process, XIPC_NOW, NULL));
    require_told(poller, process);
    xipc_process_close(process);
    require_silent(poller);
    xipc_poller_close(poller);
}

SPEC(a_poller_tells_at_once_of_what_ended_before, "PROC-2 WAIT-1")
{
    xipc_process *process = PROBE(NULL, "exit", "0");
    xipc_poller *poller = poller_made();

    REQUIRE_OK(xipc_process_wait(process, XIPC_FOREVER, NULL));
    poller_takes(poller, xipc_process_object(process), process);

    require_told(poller, process);
    poller_drops(poller, xipc_process_object(process));
    require_silent(poller);
    xipc_process_close(process);
    xipc_poller_close(poller);
}

SPEC(a_poller_waits_for_processes_among_other_things, "PROC-2 WAIT-1")
{
    enum { COUNT = 5 };
    xipc_poller *poller = poller_made();
    xipc_process *processes[COUNT];
    unsigned told_count = 0;

    for (int i = 0; i < COUNT; i++) {
        processes[i] = PROBE(NULL, "exit", "0");
        poller_takes(poller, xipc_process_object(processes[i]), &processes[i]);
    }
    while (told_count < COUNT) {
        answer all = told(poller);

        for (size_t at = 0; at < all.count; at++) {
            xipc_process **ended = all.ready[at].cookie;

            process_done(*ended);
            told_count++;
        }
    }
    require_silent(poller);
    xipc_poller_close(poller);
}

SPEC(a_process_cannot_be_written_to, "PROC-2 WAIT-1")
{
    xipc_process *process = PROBE(NULL, "exit", "0");
    xipc_poller *poller = poller_made();

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_poller_add(
            poller, xipc_process_object(process), XIPC_WRITABLE, NULL));

    process_done(process);
    xipc_poller_close(poller);
}

/* ---- closing ---- */

static xipc_event *manual_event(const char *name)
{
    xipc_event *event = NULL;

    REQUIRE_OK(
        xipc_event_create(name, XIPC_EVENT_MANUAL, NULL, XIPC_FOREVER, &event));
    return event;
}

SPEC(a_process_goes_on_when_its_handle_is_closed, "PROC-2")
{
    xipc_mutex *mutex = NULL;
    xipc_event *there = manual_event("there");
    xipc_event *go = manual_event("go");
    xipc_process *process;

    REQUIRE_OK(xipc_mutex_create("held", NULL, XIPC_FOREVER, &mutex));
    process = PROBE(NULL, "keep", "held", "there", "go");
    REQUIRE_OK(xipc_event_wait(there, XIPC_FOREVER));

    xipc_process_close(process);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, xipc_mutex_lock(mutex, xipc_after_ms(50)));
    REQUIRE_OK(xipc_event_set(go));
    REQUIRE_OK(xipc_mutex_lock(mutex, XIPC_FOREVER)); /* it did not die */
    REQUIRE_OK(xipc_mutex_unlock(mutex));
    while (sighted(XIPC_SCOPE_USER, "held").listing.holder_count > 1) {
        /* it closes that last */
    }
    xipc_event_close(go);
    xipc_event_close(there);
    xipc_mutex_close(mutex);
}

SPEC(many_processes_are_started_and_closed_before_they_end, "PROC-2")
{
    for (unsigned i = 0; i < rounds_here(100, 8); i++) {
        xipc_process_close(PROBE(NULL, "exit", "0"));
    }
    process_done(PROBE(NULL, "exit", "0"));
}
