/* SPDX-License-Identifier: Apache-2.0 */
/* The seam's own spec: what pipes of the system carry, and how they end. */
#include <stdlib.h>
#include <string.h>

#include "os/os_clock.h"
#include "os/os_pipe_kit.h"

static void require_bytes_both_ways(two ends)
{
    char text[LONGEST + 1];

    REQUIRE_STATUS(XIPC_E_AGAIN, get(ends.first, text, LONGEST));
    REQUIRE_OK(put(ends.second, "there"));
    require_next(ends.first, "there");
    REQUIRE_OK(put(ends.first, "and back"));
    REQUIRE_OK(get(ends.second, text, 3));
    REQUIRE_TEXT("and", text);
    require_next(ends.second, " back");
    REQUIRE_STATUS(XIPC_E_AGAIN, get(ends.second, text, LONGEST));
}

SPEC(two_ends_carry_bytes_one_way, "PIPE-1")
{
    two ends = made_together(&bytes, 0);
    char text[LONGEST + 1];

    REQUIRE_UINT(XIPC_READABLE, xipcos_pipe_directions(ends.first));
    REQUIRE_UINT(XIPC_WRITABLE, xipcos_pipe_directions(ends.second));
    REQUIRE_STATUS(XIPC_E_AGAIN, get(ends.first, text, LONGEST));
    REQUIRE_OK(put(ends.second, "some bytes"));
    REQUIRE_OK(get(ends.first, text, 4));
    REQUIRE_TEXT("some", text);
    require_next(ends.first, " bytes");
    closed(ends);
}

SPEC(two_ends_carry_bytes_both_ways, "PIPE-1")
{
    two ends = made_together(&bytes, 1);

    require_bytes_both_ways(ends);
    closed(ends);
}

SPEC(a_connection_carries_bytes_both_ways, "PIPE-4")
{
    place made = place_made(&bytes);
    two ends = two_connected(&made);

    REQUIRE_UINT(0, xipcos_pipe_message_max(ends.second));
    require_bytes_both_ways(ends);
    closed(ends);
    place_ended(&made);
}

SPEC(messages_stay_whole_and_may_be_empty, "PIPE-5")
{
    place made = place_made(&messages);
    two together = made_together(&messages, 1);
    two ends = two_connected(&made);

    REQUIRE_UINT(LONGEST, xipcos_pipe_message_max(ends.first));
    REQUIRE_UINT(LONGEST, xipcos_pipe_message_max(ends.second));
    require_messages(together.first, together.second);
    require_messages(together.second, together.first);
    require_messages(ends.first, ends.second);
    require_messages(ends.second, ends.first);
    closed(together);
    closed(ends);
    place_ended(&made);
}

SPEC(what_was_written_arrives_before_the_end_in_good_order, "PIPE-6")
{
    place made = place_made(&bytes);
    two together = made_together(&bytes, 0);
    two ends = two_connected(&made);
    char text[LONGEST + 1];

    REQUIRE_OK(put(together.second, "last"));
    xipcos_pipe_close(together.second);
    REQUIRE_OK(get(together.first, text, 2));
    require_next(together.first, "st");
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(together.first));
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(together.first));
    xipcos_pipe_close(together.first);

    REQUIRE_OK(put(ends.second, "last"));
    xipcos_pipe_close(ends.second);
    require_next(ends.first, "last");
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(ends.first));
    REQUIRE_STATUS(XIPC_E_CLOSED, put(ends.first, "to nobody"));
    xipcos_pipe_close(ends.first);
    place_ended(&made);
}

SPEC(an_end_that_writes_no_more_still_reads, "PIPE-6")
{
    place made = place_made(&messages);
    two together = made_together(&messages, 1);
    two all[2];

    all[0] = together;
    all[1] = two_connected(&made);
    for (int at = 0; at < 2; at++) {
        two ends = all[at];

        REQUIRE_OK(put(ends.first, "a question"));
        REQUIRE_OK(xipcos_pipe_shutdown_write(ends.first));
        REQUIRE_OK(xipcos_pipe_shutdown_write(ends.first));
        REQUIRE_STATUS(XIPC_E_CLOSED, put(ends.first, "more"));
        require_next(ends.second, "a question");
        REQUIRE_STATUS(XIPC_E_CLOSED, end_of(ends.second));
        REQUIRE_OK(put(ends.second, "an answer"));
        require_next(ends.first, "an answer");
        REQUIRE_STATUS(XIPC_E_AGAIN, end_of(ends.first));
        closed(ends);
    }
    place_ended(&made);
}

SPEC(a_write_that_nobody_reads_says_so, "PIPE-1 PIPE-6")
{
    place made = place_made(&bytes);
    two together = made_together(&bytes, 0);
    two ends = two_connected(&made);

    xipcos_pipe_close(together.first);
    REQUIRE_STATUS(XIPC_E_CLOSED, put(together.second, "to nobody"));
    xipcos_pipe_close(together.second);

    REQUIRE_OK(put(ends.second, "unread"));
    xipcos_pipe_close(ends.second);
    REQUIRE_STATUS(XIPC_E_CLOSED, put(ends.first, "to nobody"));
    require_next(ends.first, "unread");
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(ends.first));
    xipcos_pipe_close(ends.first);
    place_ended(&made);
}

/* ---- room ---- */

static void require_exact_writes(two ends)
{
    unsigned char *data = numbered();
    xipcos_patience soon = {XIPC_NOW, NULL};
    size_t written = 0;
    size_t total;
    char text[3];

    total = fill(ends.second, data, MUCH);
    REQUIRE((xipcos_pipe_ready(ends.second) & XIPC_WRITABLE) == 0);
    /* A part is read, so that a piece of it is cut in the middle. */
    REQUIRE_OK(get(ends.first, text, 2));
    soon.deadline = xipc_after_ms(20);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipcos_pipe_write(
            ends.second, data + total, MUCH - total, &soon, &written));
    total += written;
    require_exactly(ends.first, data + 2, total - 2, 4000);
    free(data);
}

SPEC(a_write_that_is_given_up_says_what_the_other_side_gets, "PIPE-2")
{
    place made = place_made(&bytes);
    two together = made_together(&bytes, 0);
    two ends = two_connected(&made);

    require_exact_writes(together);
    require_exact_writes(ends);
    closed(together);
    closed(ends);
    place_ended(&made);
}

SPEC(a_message_that_is_given_up_is_never_received, "PIPE-5 PIPE-2")
{
    place made = place_made(&messages);
    two ends = two_connected(&made);
    xipcos_patience soon;
    char text[LONGEST + 1];
    unsigned count = 0;
    unsigned met = 0;
    size_t written = 7;

    memset(text, 'm', LONGEST);
    text[LONGEST] = '\0';
    while (put(ends.second, text) == XIPC_OK) {
        count++;
    }
    soon = (xipcos_patience){xipc_after_ms(5), NULL};
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipcos_pipe_write(ends.second, text, LONGEST, &soon, &written));
    REQUIRE(written == 0);
    /* Also an empty one may have no room. */
    while (put(ends.second, "") == XIPC_OK) {
        count++;
    }
    while (get(ends.first, text, LONGEST) == XIPC_OK) {
        met++;
    }
    REQUIRE_UINT(count, met);
    REQUIRE_OK(put(ends.second, "after it"));
    REQUIRE_OK(put(ends.second, ""));
    require_next(ends.first, "after it");
    require_next(ends.first, "");
    closed(ends);
    place_ended(&made);
}

SPEC(a_full_connection_still_ends_in_good_order, "PIPE-6")
{
    unsigned char *data = numbered();
    unsigned char *got = malloc(MUCH);
    place made = place_made(&bytes);
    two ends = two_connected(&made);
    size_t total = fill(ends.second, data, MUCH);
    size_t left = total;
    size_t count;

    /* Somebody waits for room, and then gives up. */
    REQUIRE((xipcos_pipe_ready(ends.second) & XIPC_WRITABLE) == 0);
    xipcos_pipe_close(ends.second);
    REQUIRE(got != NULL);
    while (left > 0) {
        REQUIRE_OK(xipcos_pipe_read(ends.first, got, MUCH, &now, &count));
        REQUIRE(memcmp(got, data + (total - left), count) == 0);
        left -= count;
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, end_of(ends.first));
    xipcos_pipe_close(ends.first);
    place_ended(&made);
    free(data);
    free(got);
}

typedef struct reader {
    xipcos_pipe *pipe;
    const unsigned char *data;
} reader;

static void read_much(void *context)
{
    const reader *self = context;
    unsigned char *got = malloc(70000);
    size_t total = 0;
    size_t count = 0;

    REQUIRE(got != NULL);
    while (total < MUCH) {
        REQUIRE_OK(xipcos_pipe_read(
            self->pipe, got, total % 2 ? 70000 : 999, &forever, &count));
        REQUIRE(count <= MUCH - total);
        REQUIRE(memcmp(got, self->data + total, count) == 0);
        total += count;
    }
    free(got);
}

SPEC(a_long_write_goes_through_while_it_is_read, "PIPE-2")
{
    place made = place_made(&bytes);
    two all[2];

    all[0] = made_together(&bytes, 0);
    all[1] = two_connected(&made);
    for (int at = 0; at < 2; at++) {
        reader other = {all[at].first, numbered()};
        spec_thread *thread = spec_thread_start(read_much, &other);
        size_t written;

        REQUIRE_OK(xipcos_pipe_write(
            all[at].second, other.data, MUCH, &forever, &written));
        spec_thread_join(thread);
        free((void *)other.data);
        closed(all[at]);
    }
    place_ended(&made);
}
