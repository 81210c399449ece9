/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever dies while the local line is made, used or closed, at whatever step:
 * the other side gets what was sent and then learns of it, and nothing is left.
 */
#include <string.h>

#include "core/call_ring_line.h"
#include "core/core_line_kit.h"
#include "support/kill_anywhere.h"

enum { FRAMES = 3, LAST_CALL = 999 };

static int is_end(xipc_status status)
{
    return status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED;
}

/* A frame with a section. */
static void sends_section(xipci_line *line)
{
    const xipcos_patience patience = {XIPC_FOREVER, NULL};
    xipci_frame frame = line_frame(7, 0);
    xipc_section *section = NULL;
    xipc_native_handle native;

    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    frame.handle_count = 1;
    REQUIRE_OK(line->kind->send(line, &frame, NULL, &native, &patience));
    xipc_section_close(section);
}

/* What comes next; the handles that come with it are closed. */
static xipc_status
takes_one(xipci_line *line, xipc_deadline until, uint64_t *call_out)
{
    const xipcos_patience patience = {until, NULL};
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    xipci_frame frame;
    const void *body;
    xipc_status status =
        line->kind->receive(line, &frame, &body, natives, &patience);

    if (status == XIPC_OK) {
        xipci_ring_line_drop(natives, frame.handle_count);
        line->kind->release(line);
        *call_out = frame.call;
    }
    return status;
}

/* ---- a client ---- */

KILLED(connects_and_sends)
{
    xipci_line *line;

    kill_begin();
    line = line_connected(0);
    for (uint64_t call = 0; call < FRAMES; call++) {
        line_sends(line, call, 8);
    }
    sends_section(line);
    line_closed(line);
    kill_end();
}

/* Whether it was somebody who lives, and says that it is over. */
static int is_read_to_its_end(xipci_line *line)
{
    xipc_status status;
    uint64_t call = 0;
    int count = 0;

    while ((status = line->kind->advance(line)) == XIPC_E_AGAIN) {
        line_awaits_news(line);
    }
    while (status == XIPC_OK) {
        status = takes_one(line, line_soon(), &call);
        count += status == XIPC_OK;
    }
    REQUIRE_TEXT("", is_end(status) ? "" : xipc_status_name(status));
    REQUIRE(count <= FRAMES + 1);
    line_closed(line);
    return call == LAST_CALL;
}

/* In a process of its own: who is killed is started by one that has no other
 * threads. */
PEER(serves_whoever_comes)
{
    xipci_line_listener *listener = line_listening();
    xipci_line *line;
    int is_over = 0;

    spec_tell(NULL, "listening");
    while (!is_over) {
        if (listener->kind->accept(listener, &line) == XIPC_OK) {
            is_over = is_read_to_its_end(line);
        } else {
            line_awaits_client(listener);
        }
    }
    listener_closed(listener);
}

SPEC(a_client_of_a_line_may_die_anywhere, "GEN-11 CALL-6")
{
    kill_plan plan = {NULL, NULL, NULL, NULL};
    spec_peer *server;
    xipci_line *line;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    server = START(serves_whoever_comes);
    spec_expect(server, "listening");

    KILL_ANYWHERE(connects_and_sends, &plan);

    line = line_connected(0);
    line_sends(line, LAST_CALL, 8);
    line_closed(line);
    spec_join(server);
}

/* ---- a server ---- */

KILLED(listens_and_answers)
{
    xipci_line_listener *listener;
    xipci_line *line;
    uint64_t call;

    kill_begin();
    listener = line_listening();
    line = line_accepted(listener);
    for (int turn = 0; turn < FRAMES; turn++) {
        REQUIRE_OK(takes_one(line, XIPC_FOREVER, &call));
        line_sends(line, 1, 8);
    }
    sends_section(line);
    line_closed(line);
    listener_closed(listener);
    kill_end();
}

/* As long as somebody answers. Whether he said that it is over. */
static int asks_one(xipci_line *line)
{
    xipc_status status = XIPC_OK;
    uint64_t call = 0;

    while (status == XIPC_OK) {
        status = line_send(line, 1, 8, line_soon());
        if (status == XIPC_OK) {
            status = takes_one(line, line_soon(), &call);
        }
    }
    REQUIRE_TEXT("", is_end(status) ? "" : xipc_status_name(status));
    line_closed(line);
    return call == LAST_CALL;
}

PEER(asks_whoever_serves)
{
    const xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    const xipcos_patience patience = {XIPC_FOREVER, NULL};
    int is_over = 0;

    while (!is_over) {
        xipci_line *line = NULL;
        xipc_status status =
            xipci_ring_line_connect(LINE_NAME, &options, &patience, &line);

        if (status == XIPC_OK) {
            is_over = asks_one(line);
        } else {
            REQUIRE_TEXT("", is_end(status) ? "" : xipc_status_name(status));
        }
    }
}

SPEC(a_server_of_a_line_may_die_anywhere, "GEN-11 CALL-6")
{
    kill_plan plan = {NULL, NULL, NULL, NULL};
    xipci_line_listener *listener;
    xipci_line *line;
    spec_peer *client;
    uint64_t call;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    client = START(asks_whoever_serves);

    KILL_ANYWHERE(listens_and_answers, &plan);

    listener = line_listening();
    line = line_accepted(listener);
    REQUIRE_OK(takes_one(line, line_soon(), &call));
    line_sends(line, LAST_CALL, 8);
    line_closed(line);
    listener_closed(listener);
    spec_join(client);
}
