/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_pipe_kit.h"

#include <stdlib.h>
#include <string.h>

#include "os/os_name_kit.h"

const xipcos_patience now = {XIPC_NOW, NULL};
const xipcos_patience forever = {XIPC_FOREVER, NULL};

const xipcos_pipe_plan bytes = {0, 0, XIPC_ACCESS_PRIVATE};
const xipcos_pipe_plan messages = {LONGEST, 0, XIPC_ACCESS_PRIVATE};

place place_made(const xipcos_pipe_plan *plan)
{
    static unsigned char head[XIPCOS_HEAD_SIZE] = "a listener's";
    xipcos_section_plan memory = {
        .size = xipcos_map_granularity(),
        .max_size = xipcos_map_granularity(),
        .lifetime = XIPC_TRANSIENT,
        .head = head};
    place made = {plan, NULL, NULL, {NULL, own_word(), XIPC_SCOPE_USER}};

    REQUIRE_OK(xipcos_section_create(
        (xipcos_place){
            .scope = XIPC_SCOPE_USER, .native_name = own_native_name('v', 'a')},
        &memory, XIPC_FOREVER, &made.companion));
    made.at.companion = made.companion;
    REQUIRE_OK(xipcos_listener_create(made.at, plan, &made.listener));
    return made;
}

void place_ended(place *made)
{
    xipcos_listener_close(made->listener);
    xipcos_section_close(made->companion);
}

void call_in(void *context)
{
    caller *self = context;

    self->status =
        xipcos_pipe_connect(self->at, self->plan, &self->patience, &self->pipe);
}

two two_connected(place *made)
{
    caller client = {made->at, made->plan, forever, XIPC_OK, NULL};
    spec_thread *thread = spec_thread_start(call_in, &client);
    two ends = {NULL, NULL};

    REQUIRE_OK(xipcos_listener_accept(made->listener, &forever, &ends.first));
    spec_thread_join(thread);
    REQUIRE_OK(client.status);
    ends.second = client.pipe;
    return ends;
}

two made_together(const xipcos_pipe_plan *plan, int is_duplex)
{
    two ends = {NULL, NULL};

    REQUIRE_OK(xipcos_pipe_create(plan, is_duplex, &ends.first, &ends.second));
    return ends;
}

void closed(two ends)
{
    xipcos_pipe_close(ends.first);
    xipcos_pipe_close(ends.second);
}

xipc_status put(xipcos_pipe *pipe, const char *text)
{
    size_t written = 77;
    xipc_status status =
        xipcos_pipe_write(pipe, text, strlen(text), &now, &written);

    REQUIRE(status == XIPC_OK || written == 0);
    return status;
}

xipc_status get(xipcos_pipe *pipe, char *text, size_t capacity)
{
    size_t size = 0;
    xipc_status status = xipcos_pipe_read(pipe, text, capacity, &now, &size);

    if (status == XIPC_OK) {
        text[size] = '\0';
    }
    return status;
}

void require_next(xipcos_pipe *pipe, const char *wanted)
{
    char text[LONGEST + 1];

    REQUIRE_OK(get(pipe, text, LONGEST));
    REQUIRE_TEXT(wanted, text);
}

xipc_status end_of(xipcos_pipe *pipe)
{
    char text[LONGEST + 1];

    return get(pipe, text, LONGEST);
}

void require_messages(xipcos_pipe *from, xipcos_pipe *to)
{
    char text[LONGEST + 1];
    size_t size = 0;

    REQUIRE_OK(put(from, "one"));
    REQUIRE_OK(put(from, ""));
    REQUIRE_OK(put(from, ""));
    REQUIRE_OK(put(from, "another"));
    require_next(to, "one");
    require_next(to, "");
    REQUIRE_OK(xipcos_pipe_read(to, NULL, 0, &now, &size));
    REQUIRE(size == 0);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL, xipcos_pipe_read(to, text, 3, &now, &size));
    REQUIRE(size == 7);
    require_next(to, "another");
    REQUIRE_STATUS(XIPC_E_AGAIN, get(to, text, LONGEST));
    REQUIRE_STATUS(XIPC_E_AGAIN, get(to, text, 1));
}

/* Writes until there is no room; returns how much the other side can get. */
size_t fill(xipcos_pipe *pipe, const unsigned char *data, size_t size)
{
    xipc_status status = XIPC_OK;
    size_t total = 0;

    while (status == XIPC_OK && total < size) {
        size_t written = 0;

        status =
            xipcos_pipe_write(pipe, data + total, size - total, &now, &written);
        total += written;
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    REQUIRE(total > 0);
    return total;
}

unsigned char *numbered(void)
{
    unsigned char *data = malloc(MUCH);

    REQUIRE(data != NULL);
    for (size_t at = 0; at < MUCH; at++) {
        data[at] = (unsigned char)(at * 7 + (at >> 8) * 3 + (at >> 16));
    }
    return data;
}

/* Exactly so much, and nothing after it. */
void require_exactly(
    xipcos_pipe *pipe, const unsigned char *data, size_t size, size_t step)
{
    unsigned char *got = malloc(step);
    size_t total = 0;
    size_t count = 0;

    REQUIRE(got != NULL);
    while (total < size) {
        REQUIRE_OK(xipcos_pipe_read(pipe, got, step, &now, &count));
        REQUIRE(count > 0 && count <= size - total);
        REQUIRE(memcmp(got, data + total, count) == 0);
        total += count;
    }
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipcos_pipe_read(pipe, got, step, &now, &count));
    free(got);
}
