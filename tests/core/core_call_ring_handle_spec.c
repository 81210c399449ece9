/* SPDX-License-Identifier: Apache-2.0 */
/* Handles go with frames of the local line, both ways, and none is left. */
#include <string.h>

#include "core/call_ring_line.h"
#include "core/core_line_kit.h"

enum { SMALL = 4096, TURNS = 200, MANY = XIPC_CALL_HANDLE_MAX };

/* ---- what is sent: sections that have a number in them ---- */

static void write_number(xipc_section *section, uint32_t number)
{
    xipc_map *map;

    REQUIRE_OK(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
    memcpy(xipc_map_address(map), &number, sizeof number);
    xipc_map_close(map);
}

static uint32_t number_of(intptr_t native)
{
    xipc_section *section;
    xipc_map *map;
    uint32_t number;

    REQUIRE_OK(xipc_section_adopt(native, &section));
    REQUIRE_OK(xipc_section_map(section, 0, 0, 0, &map));
    memcpy(&number, xipc_map_address(map), sizeof number);
    xipc_map_close(map);
    xipc_section_close(section);
    return number;
}

static xipc_status send_sections(
    xipci_line *line,
    uint64_t call,
    uint32_t size,
    size_t count,
    xipc_deadline until)
{
    static const unsigned char zeros[1024];
    const xipcos_patience patience = {until, NULL};
    xipc_section *sections[MANY];
    intptr_t natives[MANY];
    xipci_frame frame = line_frame(call, size);
    xipc_status status;

    for (size_t at = 0; at < count; at++) {
        REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &sections[at]));
        write_number(sections[at], (uint32_t)(call * 100 + at));
        REQUIRE_OK(xipc_section_native_handle(sections[at], &natives[at]));
    }
    frame.handle_count = (uint32_t)count;
    status = line->kind->send(line, &frame, zeros, natives, &patience);
    for (size_t at = 0; at < count; at++) {
        xipc_section_close(sections[at]);
    }
    return status;
}

static void
sends_sections(xipci_line *line, uint64_t call, uint32_t size, size_t count)
{
    REQUIRE_OK(send_sections(line, call, size, count, line_soon()));
}

static void
gets_sections(xipci_line *line, uint64_t call, uint32_t size, size_t count)
{
    const xipcos_patience patience = line_patience();
    intptr_t natives[MANY];
    xipci_frame frame;
    const void *body;

    REQUIRE_OK(line->kind->receive(line, &frame, &body, natives, &patience));
    REQUIRE_UINT(call, frame.call);
    REQUIRE_UINT(size, frame.size);
    REQUIRE_UINT(count, frame.handle_count);
    line->kind->release(line);
    for (size_t at = 0; at < count; at++) {
        REQUIRE_UINT(call * 100 + at, number_of(natives[at]));
        xipcos_handle_close(natives[at]);
    }
}

SPEC(handles_go_both_ways_with_frames, "CALL-9")
{
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    REQUIRE(self.client->kind->takes_handles(self.client));
    REQUIRE(self.server->kind->takes_handles(self.server));
    for (uint64_t call = 0; call < TURNS; call++) {
        size_t count = (size_t)(call % MANY) + 1;

        sends_sections(self.client, call, (uint32_t)call, count);
        line_sends(self.client, call, 8);
        gets_sections(self.server, call, (uint32_t)call, count);
        line_gets(self.server, call, 8);
        sends_sections(self.server, call, 0, count);
        gets_sections(self.client, call, 0, count);
    }

    line_ends_close(&self);
}

SPEC(handles_that_nobody_received_go_with_the_line, "CALL-9")
{
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    sends_sections(self.client, 1, 0, MANY);
    sends_sections(self.client, 2, 0, MANY);
    sends_sections(self.server, 1, 0, MANY);
    sends_sections(self.server, 2, 0, MANY);
    gets_sections(self.server, 1, 0, MANY);
    gets_sections(self.client, 1, 0, MANY);

    line_ends_close(&self);
}

SPEC(what_is_no_open_handle_is_not_sent, "CALL-9")
{
    line_ends self;
    intptr_t natives[2] = {-1, 123456};
    xipci_frame frame = line_frame(1, 0);

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    for (int at = 0; at < 2; at++) {
        frame.handle_count = 1;
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            self.client->kind->send(
                self.client, &frame, NULL, &natives[at], &line_now));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            self.server->kind->send(
                self.server, &frame, NULL, &natives[at], &line_now));
    }
    line_sends(self.client, 2, 8);
    line_gets(self.server, 2, 8);
    sends_sections(self.client, 3, 8, 3);
    gets_sections(self.server, 3, 8, 3);
    line_sends(self.server, 2, 8);
    line_gets(self.client, 2, 8);

    line_ends_close(&self);
}

SPEC(handles_for_which_there_is_no_room_are_not_sent, "CALL-9")
{
    line_ends self;
    uint64_t sent = 0;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(SMALL);

    while (send_sections(self.client, sent, 200, 2, XIPC_NOW) == XIPC_OK) {
        sent++;
    }
    for (uint64_t call = 0; call < sent; call++) {
        gets_sections(self.server, call, 200, 2);
    }
    sends_sections(self.client, sent, 200, 2);
    gets_sections(self.server, sent, 200, 2);

    line_ends_close(&self);
}

PEER(sends_handles_back)
{
    xipci_line_listener *listener = line_listening();
    xipci_line *line;

    spec_tell(NULL, "listening");
    line = line_accepted(listener);
    for (uint64_t call = 0; call < TURNS; call++) {
        gets_sections(line, call, 8, 2);
        sends_sections(line, call + 1, 8, 3);
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, line_end(line));
    line_closed(line);
    listener_closed(listener);
}

SPEC(handles_go_from_process_to_process_with_frames, "CALL-9")
{
    spec_peer *peer;
    xipci_line *line;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    peer = START(sends_handles_back);
    spec_expect(peer, "listening");
    line = line_connected(0);

    for (uint64_t call = 0; call < TURNS; call++) {
        sends_sections(line, call, 8, 2);
        gets_sections(line, call + 1, 8, 3);
    }

    line_closed(line);
    spec_join(peer);
}
