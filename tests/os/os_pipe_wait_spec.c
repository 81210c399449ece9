/* SPDX-License-Identifier: Apache-2.0 */
/* The seam's own spec: waiting for pipes, listening, and handles of pipes. */
#include <stdlib.h>
#include <string.h>

#include "os/os_clock.h"
#include "os/os_pipe_kit.h"
#include "os/os_process.h"
#include "support/native_kit.h"

/* ---- waiting ---- */

SPEC(a_wait_ends_with_its_time_or_with_a_wake, "PIPE-2 GEN-4")
{
    atomic_int is_interrupted;
    two ends = made_together(&bytes, 0);
    xipcos_patience soon = {xipc_after_ms(10), NULL};
    xipcos_patience told = {XIPC_FOREVER, &is_interrupted};
    char text[4];
    size_t size = 9;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipcos_pipe_read(ends.first, text, sizeof text, &soon, &size));
    REQUIRE(xipc_after_ms(0) >= soon.deadline);
    atomic_init(&is_interrupted, 1);
    REQUIRE_STATUS(
        XIPC_E_CANCELED,
        xipcos_pipe_read(ends.first, text, sizeof text, &told, &size));
    REQUIRE(size == 9);
    closed(ends);
}

typedef struct sleeper {
    xipcos_pipe *pipe;
    xipcos_listener *listener;
    int writes;
    atomic_int is_interrupted;
    atomic_int has_begun;
    xipc_status status;
} sleeper;

static void sleep_there(void *context)
{
    sleeper *self = context;
    const xipcos_patience told = {XIPC_FOREVER, &self->is_interrupted};
    static unsigned char much[MUCH];
    xipcos_pipe *accepted;
    char text[4];
    size_t size;

    atomic_store(&self->has_begun, 1);
    if (self->listener) {
        self->status = xipcos_listener_accept(self->listener, &told, &accepted);
    } else if (self->writes) {
        self->status = xipcos_pipe_write(self->pipe, much, MUCH, &told, &size);
    } else {
        self->status =
            xipcos_pipe_read(self->pipe, text, sizeof text, &told, &size);
    }
}

static void wake_it(sleeper *self)
{
    spec_thread *thread = spec_thread_start(sleep_there, self);

    while (!atomic_load(&self->has_begun)) {
        (void)xipcos_clock_pause(9, XIPC_FOREVER);
    }
    (void)xipcos_clock_pause(9, XIPC_FOREVER);
    atomic_store(&self->is_interrupted, 1);
    if (self->listener) {
        xipcos_listener_wake(self->listener);
    } else {
        xipcos_pipe_wake(self->pipe);
    }
    spec_thread_join(thread);
    REQUIRE_STATUS(XIPC_E_CANCELED, self->status);
}

SPEC(who_sleeps_is_woken_to_look, "GEN-4")
{
    place made = place_made(&bytes);
    two together = made_together(&bytes, 0);
    two ends = two_connected(&made);
    sleeper all[] = {
        {.pipe = together.first},
        {.pipe = together.second, .writes = 1},
        {.pipe = ends.first},
        {.pipe = ends.second, .writes = 1},
        {.listener = made.listener}};

    for (size_t at = 0; at < sizeof all / sizeof *all; at++) {
        wake_it(&all[at]);
    }
    closed(together);
    closed(ends);
    place_ended(&made);
}

SPEC(a_write_that_sleeps_ends_when_writing_is_ended, "PIPE-6")
{
    place made = place_made(&bytes);
    two ends = two_connected(&made);
    sleeper writer = {.pipe = ends.second, .writes = 1};
    spec_thread *thread = spec_thread_start(sleep_there, &writer);
    static unsigned char got[65536];
    xipc_status status;
    size_t size;

    do {
        status = xipcos_pipe_read(ends.first, got, 100, &forever, &size);
        REQUIRE_OK(status);
    } while (!atomic_load(&writer.has_begun));
    (void)xipcos_clock_pause(9, XIPC_FOREVER);
    REQUIRE_OK(xipcos_pipe_shutdown_write(ends.second));
    while (status == XIPC_OK) {
        status = xipcos_pipe_read(ends.first, got, sizeof got, &forever, &size);
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    spec_thread_join(thread);
    REQUIRE(writer.status == XIPC_E_CLOSED || writer.status == XIPC_OK);
    closed(ends);
    place_ended(&made);
}

/* ---- what is the case ---- */

static void require_readiness(two ends)
{
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) == 0);
    REQUIRE((xipcos_pipe_ready(ends.second) & XIPC_WRITABLE) != 0);
    REQUIRE_OK(put(ends.second, "ab"));
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) != 0);
    require_next(ends.first, "ab");
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) == 0);
    REQUIRE_OK(put(ends.second, "cd"));
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) != 0);
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_HUNG_UP) == 0);
    xipcos_pipe_close(ends.second);
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) != 0);
    require_next(ends.first, "cd");
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_READABLE) != 0);
    REQUIRE((xipcos_pipe_ready(ends.first) & XIPC_HUNG_UP) != 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(ends.first));
    xipcos_pipe_close(ends.first);
}

SPEC(an_end_says_what_is_the_case, "WAIT-1 PIPE-6")
{
    place made = place_made(&bytes);

    require_readiness(made_together(&bytes, 0));
    require_readiness(two_connected(&made));
    require_readiness(made_together(&messages, 0));
    place_ended(&made);
}

SPEC(an_empty_message_is_something_to_read, "WAIT-1 PIPE-5")
{
    place made = place_made(&messages);
    two all[2];

    all[0] = made_together(&messages, 0);
    all[1] = two_connected(&made);
    for (int at = 0; at < 2; at++) {
        REQUIRE((xipcos_pipe_ready(all[at].first) & XIPC_READABLE) == 0);
        REQUIRE_OK(put(all[at].second, ""));
        REQUIRE((xipcos_pipe_ready(all[at].first) & XIPC_READABLE) != 0);
        require_next(all[at].first, "");
        REQUIRE((xipcos_pipe_ready(all[at].first) & XIPC_READABLE) == 0);
        closed(all[at]);
    }
    place_ended(&made);
}

/* A write that waits may be seen by who reads; then it is given up. */
SPEC(what_was_taken_back_is_nothing_to_read, "WAIT-1 PIPE-2")
{
    const xipcos_pipe_plan small = {0, 4096, XIPC_ACCESS_PRIVATE};
    two ends = made_together(&small, 0);
    sleeper writer = {.pipe = ends.second, .writes = 1};
    spec_thread *thread = spec_thread_start(sleep_there, &writer);
    char text[512];
    xipc_status status;
    size_t size;

    while (xipcos_pipe_ready(ends.first) == 0) {
        (void)xipcos_clock_pause(9, XIPC_FOREVER);
    }
    atomic_store(&writer.is_interrupted, 1);
    xipcos_pipe_wake(ends.second);
    spec_thread_join(thread);
    REQUIRE_STATUS(XIPC_E_CANCELED, writer.status);
    do {
        status = xipcos_pipe_read(ends.first, text, sizeof text, &now, &size);
    } while (status == XIPC_OK);
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    REQUIRE_UINT(0, xipcos_pipe_ready(ends.first));
    REQUIRE_OK(put(ends.second, "x"));
    REQUIRE_UINT(XIPC_READABLE, xipcos_pipe_ready(ends.first));
    closed(ends);
}

SPEC(a_full_end_is_writable_again_when_it_was_read, "WAIT-1")
{
    unsigned char *data = numbered();
    place made = place_made(&bytes);
    two ends = two_connected(&made);
    size_t total = fill(ends.second, data, MUCH);

    REQUIRE((xipcos_pipe_ready(ends.second) & XIPC_WRITABLE) == 0);
    require_exactly(ends.first, data, total, 70000);
    REQUIRE((xipcos_pipe_ready(ends.second) & XIPC_WRITABLE) != 0);
    total = fill(ends.second, data, MUCH);
    require_exactly(ends.first, data, total, 500);
    closed(ends);
    place_ended(&made);
    free(data);
}

/* ---- listening ---- */

SPEC(nobody_is_found_where_nobody_listens, "PIPE-4")
{
    place made = place_made(&bytes);
    xipcos_patience soon = {xipc_after_ms(2000), NULL};
    xipcos_pipe *none = NULL;

    xipcos_listener_close(made.listener);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipcos_pipe_connect(made.at, &bytes, &soon, &none));
    made.listener = NULL;
    REQUIRE(none == NULL);
    place_ended(&made);
}

SPEC(a_client_waits_until_it_is_taken_in, "PIPE-4")
{
    place made = place_made(&bytes);
    xipcos_patience soon = {xipc_after_ms(20), NULL};
    xipcos_pipe *pipe = NULL;

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipcos_pipe_connect(made.at, &bytes, &soon, &pipe));
    REQUIRE(pipe == NULL);
    place_ended(&made);
}

SPEC(accepting_waits_for_a_client, "PIPE-4")
{
    place made = place_made(&bytes);
    xipcos_patience soon = {xipc_after_ms(10), NULL};
    xipcos_pipe *pipe = NULL;
    two ends;

    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipcos_listener_accept(made.listener, &now, &pipe));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipcos_listener_accept(made.listener, &soon, &pipe));
    REQUIRE_UINT(0, xipcos_listener_ready(made.listener));
    ends = two_connected(&made);
    REQUIRE_UINT(0, xipcos_listener_ready(made.listener));
    closed(ends);
    place_ended(&made);
}

SPEC(who_was_taken_in_and_not_accepted_is_told_of_the_end, "PIPE-4 PIPE-6")
{
    place made = place_made(&bytes);
    caller client = {made.at, made.plan, forever, XIPC_OK, NULL};
    spec_thread *thread = spec_thread_start(call_in, &client);

    while (xipcos_listener_ready(made.listener) == 0) {
        (void)xipcos_clock_pause(9, XIPC_FOREVER);
    }
    spec_thread_join(thread);
    REQUIRE_OK(client.status);
    xipcos_listener_close(made.listener);
    made.listener = NULL;
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(client.pipe));
    xipcos_pipe_close(client.pipe);
    place_ended(&made);
}

SPEC(connections_outlive_their_listener, "PIPE-4")
{
    place made = place_made(&messages);
    two ends = two_connected(&made);

    place_ended(&made);
    require_messages(ends.first, ends.second);
    closed(ends);
}

SPEC(many_clients_are_told_apart, "PIPE-4")
{
    enum { CLIENTS = 20 };
    place made = place_made(&bytes);
    two ends[CLIENTS];

    for (int at = 0; at < CLIENTS; at++) {
        char text[2] = {(char)('A' + at), '\0'};

        ends[at] = two_connected(&made);
        REQUIRE_OK(put(ends[at].second, text));
    }
    for (int at = CLIENTS; at-- > 0;) {
        char text[2] = {(char)('A' + at), '\0'};

        require_next(ends[at].first, text);
        closed(ends[at]);
    }
    place_ended(&made);
}

SPEC(both_sides_know_who_the_other_one_is, "PIPE-7")
{
    place made = place_made(&bytes);
    two ends = two_connected(&made);
    two together = made_together(&bytes, 0);
    xipcos_other others[2];

    REQUIRE_OK(xipcos_pipe_other(ends.first, &others[0]));
    REQUIRE_OK(xipcos_pipe_other(ends.second, &others[1]));
    for (int at = 0; at < 2; at++) {
        REQUIRE(others[at].user == xipcos_user_id());
        REQUIRE_UINT(xipcos_process_id(), others[at].process);
        REQUIRE(others[at].is_process_vouched == xipcos_pipe_vouches_process());
    }
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipcos_pipe_other(together.first, &others[0]));
    closed(together);
    closed(ends);
    place_ended(&made);
}

/* ---- handles ---- */

SPEC(an_end_that_is_given_away_works_on_here, "PIPE-3")
{
    for (int gives_reader = 0; gives_reader < 2; gives_reader++) {
        two ends = made_together(&bytes, 0);
        xipcos_patience soon = {XIPC_NOW, NULL};
        xipcos_pipe *adopted = NULL;
        intptr_t given = -1;
        char text[8];
        size_t size;

        REQUIRE_OK(xipcos_pipe_give(
            gives_reader ? ends.first : ends.second,
            gives_reader ? XIPC_READABLE : XIPC_WRITABLE, &given));
        REQUIRE_OK(xipcos_pipe_adopt(&given, 1, &bytes, &adopted));
        REQUIRE_UINT(
            gives_reader ? XIPC_READABLE : XIPC_WRITABLE,
            xipcos_pipe_directions(adopted));
        soon.deadline = xipc_after_ms(10);
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipcos_pipe_read(
                gives_reader ? adopted : ends.first, text, 8, &soon, &size));
        REQUIRE_OK(put(gives_reader ? ends.second : adopted, "via it"));
        require_next(gives_reader ? adopted : ends.first, "via it");
        REQUIRE_OK(put(ends.second, "here"));
        require_next(ends.first, "here");
        xipcos_pipe_close(adopted);
        closed(ends);
        native_let_go(given);
    }
}

SPEC(who_writes_to_what_was_given_away_is_told_that_it_ended, "WAIT-1 PIPE-3")
{
    two ends = made_together(&bytes, 0);
    intptr_t given = -1;
    intptr_t ours;
    xipcos_pipe *adopted = NULL;

    REQUIRE_OK(xipcos_pipe_give(ends.first, XIPC_READABLE, &given));
    ours = xipcos_pipe_native_handle(ends.second, XIPC_WRITABLE);
    REQUIRE_OK(xipcos_pipe_adopt(&ours, 1, &bytes, &adopted));
    REQUIRE_UINT(XIPC_WRITABLE, xipcos_pipe_directions(adopted));
    REQUIRE_UINT(XIPC_WRITABLE, xipcos_pipe_ready(ends.second));
    xipcos_pipe_close(ends.first);
    native_let_go(given);
    REQUIRE_UINT(XIPC_WRITABLE | XIPC_HUNG_UP, xipcos_pipe_ready(ends.second));
    xipcos_pipe_close(adopted);
    xipcos_pipe_close(ends.second);
}

SPEC(an_adopted_end_goes_the_way_its_handle_goes, "PIPE-3")
{
    two ends = made_together(&messages, 0);
    const intptr_t reads = xipcos_pipe_native_handle(ends.first, XIPC_READABLE);
    const intptr_t nothing = -1;
    xipcos_pipe *adopted = NULL;
    char text[4];

    REQUIRE_OK(xipcos_pipe_adopt(&reads, 1, &messages, &adopted));
    REQUIRE_UINT(XIPC_READABLE, xipcos_pipe_directions(adopted));
    REQUIRE_STATUS(XIPC_E_AGAIN, get(adopted, text, 3));
    require_messages(ends.second, adopted);
    xipcos_pipe_close(adopted);
    require_messages(ends.second, ends.first);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_pipe_adopt(&nothing, 1, &bytes, &adopted));
    closed(ends);
}

SPEC(two_handles_are_adopted_as_one_end, "PIPE-1 PIPE-3")
{
    two ends = made_together(&messages, 1);
    const intptr_t natives[2] = {
        xipcos_pipe_native_handle(ends.second, XIPC_WRITABLE),
        xipcos_pipe_native_handle(ends.second, XIPC_READABLE)};
    const intptr_t same[2] = {natives[0], natives[0]};
    xipcos_pipe *adopted = NULL;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_pipe_adopt(same, 2, &messages, &adopted));
    REQUIRE_OK(xipcos_pipe_adopt(natives, 2, &messages, &adopted));
    REQUIRE_UINT(
        XIPC_READABLE | XIPC_WRITABLE, xipcos_pipe_directions(adopted));
    require_messages(ends.first, adopted);
    require_messages(adopted, ends.first);
    xipcos_pipe_close(adopted);
    closed(ends);
}
