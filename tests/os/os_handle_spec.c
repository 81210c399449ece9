/* SPDX-License-Identifier: Apache-2.0 */
/* Handles go from one process into another, in the way that the system has. */
#include "os/os_handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/pipe.h>

#include "core/socket.h"
#include "os/os_process.h"
#include "support/socket_kit.h"

enum { MOST = XIPCOS_HANDLE_MAX, LITTLE = 8, UNTOUCHED_NATIVE = 77 };

static const xipcos_patience now = {XIPC_NOW, NULL};
static const xipcos_patience for_ever = {XIPC_FOREVER, NULL};

static int are_sent(void)
{
    return xipcos_handles_go() == XIPCOS_HANDLES_SENT;
}

/* ---- sections with a number in them ---- */

static xipc_section *numbered(uint32_t number)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;

    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));
    REQUIRE_OK(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
    memcpy(xipc_map_address(map), &number, sizeof number);
    xipc_map_close(map);
    return section;
}

static intptr_t native_of(const xipc_section *section)
{
    xipc_native_handle native = 0;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    return native;
}

/* Closes it. */
static uint32_t number_in(intptr_t native)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;
    uint32_t number;

    REQUIRE_OK(xipc_section_adopt(native, &section));
    REQUIRE_OK(xipc_section_map(section, 0, 0, 0, &map));
    memcpy(&number, xipc_map_address(map), sizeof number);
    xipc_map_close(map);
    xipc_section_close(section);
    xipcos_handle_close(native);
    return number;
}

/* A number that is no handle's any more. */
static intptr_t closed_native(void)
{
    xipc_section *section = numbered(0);
    intptr_t copy = -1;

    REQUIRE_OK(xipcos_handle_copy(native_of(section), &copy));
    xipc_section_close(section);
    xipcos_handle_close(copy);
    return copy;
}

/* ---- the way ---- */

typedef struct road {
    ends stream;           /* where they are sent */
    xipcos_fellow *fellow; /* else: this process, as if it were another */
} road;

static road road_made(void)
{
    road self = {.fellow = NULL};

    if (are_sent()) {
        self.stream = ends_of("unix:road");
    } else {
        REQUIRE_OK(xipcos_fellow_open(xipcos_process_id(), &self.fellow));
    }
    return self;
}

static void road_closed(road *self)
{
    if (are_sent()) {
        ends_close(&self->stream);
    }
    xipcos_fellow_close(self->fellow);
}

static xipc_status send_parcel(
    const road *self, const intptr_t *natives, size_t count, size_t size)
{
    char bytes[LITTLE] = "bytes";
    xipcos_parcel parcel = {.data = bytes, .size = size, .count = count};

    memcpy(parcel.natives, natives, count * sizeof *natives);
    return xipcos_socket_send_parcel(
        self->stream.client->native, &parcel, &for_ever);
}

/* With room for more bytes than one parcel has. */
static size_t get_parcel(const road *self, intptr_t *natives, size_t size)
{
    char bytes[4 * LITTLE];
    xipcos_parcel parcel = {.data = bytes, .size = sizeof bytes};

    REQUIRE_OK(xipcos_socket_receive_parcel(
        self->stream.server->native, &parcel, &for_ever));
    REQUIRE_UINT(size, parcel.size);
    REQUIRE(!parcel.has_lost);
    memcpy(natives, parcel.natives, parcel.count * sizeof *natives);
    return parcel.count;
}

/* There, and back here: copied out of the process they were copied into. */
static xipc_status copies(const road *self, intptr_t native, intptr_t *there)
{
    int64_t theirs = 0;
    xipc_status status = xipcos_fellow_give(self->fellow, native, &theirs);

    if (status == XIPC_OK) {
        REQUIRE_OK(xipcos_fellow_take(self->fellow, theirs, there));
        xipcos_fellow_take_back(self->fellow, theirs);
    }
    return status;
}

static xipc_status
travel(const road *self, const intptr_t *natives, size_t count, intptr_t *there)
{
    xipc_status status = XIPC_OK;

    if (are_sent()) {
        status = send_parcel(self, natives, count, 1);
        if (status == XIPC_OK) {
            REQUIRE_UINT(count, get_parcel(self, there, 1));
        }
        return status;
    }
    for (size_t at = 0; at < count && status == XIPC_OK; at++) {
        status = copies(self, natives[at], &there[at]);
    }
    return status;
}

static intptr_t travelled(const road *self, intptr_t native)
{
    intptr_t there = -1;

    REQUIRE_OK(travel(self, &native, 1, &there));
    REQUIRE(there != native);
    return there;
}

/* ---- either way ---- */

SPEC(a_copy_of_a_handle_stays_when_the_other_one_goes, "CALL-9")
{
    xipc_section *section = numbered(7);
    intptr_t copy = -1;

    REQUIRE_OK(xipcos_handle_copy(native_of(section), &copy));
    REQUIRE(copy != native_of(section));
    xipc_section_close(section);
    REQUIRE_UINT(7, number_in(copy));
}

/* On either system. */
static const intptr_t no_handles[] = {-1,        -2,     -3,    INT32_MIN,
                                      INT32_MAX, 123456, 123457};

enum { NO_HANDLES = sizeof no_handles / sizeof no_handles[0] };

SPEC(what_is_no_open_handle_is_not_copied, "CALL-9")
{
    intptr_t copy = UNTOUCHED_NATIVE;

    for (int at = 0; at < NO_HANDLES; at++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID, xipcos_handle_copy(no_handles[at], &copy));
    }
    REQUIRE_STATUS(XIPC_E_INVALID, xipcos_handle_copy(closed_native(), &copy));
    REQUIRE(copy == UNTOUCHED_NATIVE);
}

SPEC(a_section_travels, "CALL-9 SHM-5")
{
    xipc_section *section = numbered(11);
    intptr_t there;
    road self;

    self = road_made();
    there = travelled(&self, native_of(section));
    xipc_section_close(section);
    REQUIRE_UINT(11, number_in(there));
    road_closed(&self);
}

SPEC(a_pipe_s_end_travels, "CALL-9")
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    xipc_native_handle native = 0;
    xipc_pipe *reader = NULL;
    xipc_pipe *writer = NULL;
    xipc_pipe *adopted = NULL;
    char bytes[4] = "";
    size_t size = 0;
    intptr_t there;
    road self;

    self = road_made();
    options.mode = XIPC_PIPE_BYTES;
    REQUIRE_OK(xipc_pipe_create(&options, &reader, &writer));
    REQUIRE_OK(xipc_pipe_native_handle(writer, XIPC_WRITABLE, &native));
    there = travelled(&self, native);
    xipc_pipe_close(writer);
    REQUIRE_OK(xipc_pipe_adopt(there, &options, &adopted));
    xipcos_handle_close(there);
    REQUIRE_OK(xipc_pipe_write(adopted, "abc", 3, XIPC_FOREVER, &size));
    xipc_pipe_close(adopted);
    REQUIRE_OK(
        xipc_pipe_read(reader, bytes, sizeof bytes, XIPC_FOREVER, &size));
    REQUIRE_UINT(3, size);
    REQUIRE_STATUS(
        XIPC_E_CLOSED,
        xipc_pipe_read(reader, bytes, sizeof bytes, XIPC_FOREVER, &size));
    xipc_pipe_close(reader);
    road_closed(&self);
}

SPEC(a_socket_travels, "CALL-9")
{
    ends stream;
    xipc_native_handle native = 0;
    xipc_socket *adopted = NULL;
    intptr_t there;
    road self;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    self = road_made();
    stream = ends_of("tcp://127.0.0.1:0");
    REQUIRE_OK(xipc_socket_native_handle(stream.client, &native));
    there = travelled(&self, native);
    REQUIRE_OK(xipc_socket_adopt(there, &adopted));
    xipcos_handle_close(there);
    says(adopted, "abc");
    hears(stream.server, "abc");
    says(stream.server, "def");
    hears(adopted, "def");
    xipc_socket_close(adopted);
    ends_close(&stream);
    road_closed(&self);
}

SPEC(as_many_travel_at_once_as_may_and_in_order, "CALL-9")
{
    xipc_section *sections[MOST];
    intptr_t natives[MOST];
    intptr_t there[MOST];
    road self;

    self = road_made();
    for (uint32_t at = 0; at < MOST; at++) {
        sections[at] = numbered(at + 100);
        natives[at] = native_of(sections[at]);
    }
    REQUIRE_OK(travel(&self, natives, MOST, there));
    for (uint32_t at = 0; at < MOST; at++) {
        xipc_section_close(sections[at]);
        REQUIRE_UINT(at + 100, number_in(there[at]));
    }
    road_closed(&self);
}

SPEC(what_is_no_open_handle_does_not_travel, "CALL-9")
{
    xipc_section *section = numbered(1);
    intptr_t native;
    intptr_t there;
    road self;

    self = road_made();
    native = closed_native();
    REQUIRE_STATUS(XIPC_E_INVALID, travel(&self, &native, 1, &there));
    for (int at = 0; at < NO_HANDLES; at++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID, travel(&self, &no_handles[at], 1, &there));
    }
    REQUIRE_UINT(1, number_in(travelled(&self, native_of(section))));
    xipc_section_close(section);
    road_closed(&self);
}

/* ---- sent ---- */

static void require_nothing_on_its_way(const road *self)
{
    char bytes[LITTLE];
    xipcos_parcel parcel = {.data = bytes, .size = sizeof bytes};

    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipcos_socket_receive_parcel(
                          self->stream.server->native, &parcel, &now));
}

SPEC(a_parcel_with_what_is_no_handle_goes_not_at_all, "CALL-9")
{
    xipc_section *section;
    intptr_t natives[2];
    road self;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    self = road_made();
    section = numbered(1);
    natives[0] = native_of(section);
    natives[1] = closed_native();
    REQUIRE_STATUS(XIPC_E_INVALID, send_parcel(&self, natives, 2, LITTLE));
    require_nothing_on_its_way(&self);
    xipc_section_close(section);
    road_closed(&self);
}

SPEC(bytes_and_handles_stay_with_their_parcel, "CALL-9")
{
    xipc_section *sections[3];
    intptr_t natives[3];
    intptr_t there[MOST];
    road self;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    self = road_made();
    for (uint32_t at = 0; at < 3; at++) {
        sections[at] = numbered(at);
        natives[at] = native_of(sections[at]);
    }
    REQUIRE_OK(send_parcel(&self, natives, 1, LITTLE));
    REQUIRE_OK(send_parcel(&self, natives + 1, 2, 3));
    REQUIRE_UINT(1, get_parcel(&self, there, LITTLE));
    REQUIRE_UINT(0, number_in(there[0]));
    REQUIRE_UINT(2, get_parcel(&self, there, 3));
    REQUIRE_UINT(1, number_in(there[0]));
    REQUIRE_UINT(2, number_in(there[1]));
    require_nothing_on_its_way(&self);
    for (int at = 0; at < 3; at++) {
        xipc_section_close(sections[at]);
    }
    road_closed(&self);
}

SPEC(a_parcel_for_which_there_is_no_room_goes_not_at_all, "CALL-9")
{
    char bytes[LITTLE] = "bytes";
    xipcos_parcel parcel = {.data = bytes, .size = sizeof bytes, .count = 1};
    xipc_section *section;
    intptr_t there[MOST];
    xipc_status status;
    size_t sent = 0;
    road self;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    self = road_made();
    section = numbered(5);
    parcel.natives[0] = native_of(section);
    while ((status = xipcos_socket_send_parcel(
                self.stream.client->native, &parcel, &now)) == XIPC_OK) {
        sent++;
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    for (size_t at = 0; at < sent; at++) {
        REQUIRE_UINT(1, get_parcel(&self, there, LITTLE));
        REQUIRE_UINT(5, number_in(there[0]));
    }
    require_nothing_on_its_way(&self);
    xipc_section_close(section);
    road_closed(&self);
}

SPEC(who_has_closed_is_sent_nothing, "CALL-9")
{
    xipc_section *section;
    intptr_t native;
    xipc_status status;
    road self;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_HANDLES);
    self = road_made();
    section = numbered(5);
    native = native_of(section);
    REQUIRE_OK(send_parcel(&self, &native, 1, 1)); /* nobody receives it */
    xipc_socket_close(self.stream.server);
    self.stream.server = NULL;
    status = send_parcel(&self, &native, 1, 1);
    REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    xipc_section_close(section);
    road_closed(&self);
}

SPEC(handles_go_over_no_network, "CALL-9")
{
    char byte = 'x';
    xipcos_parcel parcel = {.data = &byte, .size = 1};
    ends stream = ends_of("tcp://127.0.0.1:0");

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipcos_socket_send_parcel(stream.client->native, &parcel, &now));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipcos_socket_receive_parcel(stream.server->native, &parcel, &now));
    ends_close(&stream);
}

/* ---- copied ---- */

static int is_copying_told_absent(void)
{
    xipcos_fellow *fellow = NULL;

    if (!are_sent()) {
        return 0;
    }
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipcos_fellow_open(xipcos_process_id(), &fellow));
    REQUIRE(!fellow);
    xipcos_fellow_close(fellow);
    return 1;
}

static int64_t heard_number(spec_peer *peer)
{
    char line[40];

    spec_hear(peer, line, sizeof line);
    return strtoll(line, NULL, 10);
}

static void tell_number(spec_peer *peer, int64_t number)
{
    char line[40];

    snprintf(line, sizeof line, "%lld", (long long)number);
    spec_tell(peer, line);
}

PEER(is_given_a_handle_and_lends_one)
{
    xipc_section *section = numbered(31);

    tell_number(NULL, xipcos_process_id());
    REQUIRE_UINT(30, number_in((intptr_t)heard_number(NULL)));
    tell_number(NULL, native_of(section));
    spec_expect(NULL, "seen");
    xipc_section_close(section);
}

SPEC(handles_are_copied_into_and_out_of_another_process, "CALL-9")
{
    xipcos_fellow *fellow = NULL;
    xipc_section *section;
    spec_peer *peer;
    intptr_t here = -1;
    int64_t theirs = 0;

    if (is_copying_told_absent()) {
        return;
    }
    section = numbered(30);
    peer = START(is_given_a_handle_and_lends_one);
    REQUIRE_OK(xipcos_fellow_open((uint32_t)heard_number(peer), &fellow));
    REQUIRE_OK(xipcos_fellow_give(fellow, native_of(section), &theirs));
    xipc_section_close(section);
    tell_number(peer, theirs);
    REQUIRE_OK(xipcos_fellow_take(fellow, heard_number(peer), &here));
    REQUIRE_UINT(31, number_in(here));
    spec_tell(peer, "seen");
    spec_join(peer);
    xipcos_fellow_close(fellow);
}

SPEC(what_is_no_number_of_a_handle_is_not_taken, "CALL-9 CALL-10")
{
    static const int64_t numbers[] = {
        0,         -1,        -2,        123457,    1,
        INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, INT64_C(1) << 32};
    intptr_t here = UNTOUCHED_NATIVE;
    road self;

    if (is_copying_told_absent()) {
        return;
    }
    self = road_made();
    for (size_t at = 0; at < sizeof numbers / sizeof numbers[0]; at++) {
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipcos_fellow_take(self.fellow, numbers[at], &here));
        xipcos_fellow_take_back(self.fellow, numbers[at]);
    }
    REQUIRE(here == UNTOUCHED_NATIVE);
    road_closed(&self);
}

SPEC(what_was_given_can_be_taken_back, "CALL-9")
{
    xipc_section *section;
    intptr_t here = UNTOUCHED_NATIVE;
    int64_t theirs = 0;
    road self;

    if (is_copying_told_absent()) {
        return;
    }
    self = road_made();
    section = numbered(3);
    REQUIRE_OK(xipcos_fellow_give(self.fellow, native_of(section), &theirs));
    xipcos_fellow_take_back(self.fellow, theirs);
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_fellow_take(self.fellow, theirs, &here));
    REQUIRE(here == UNTOUCHED_NATIVE);
    xipc_section_close(section);
    road_closed(&self);
}

PEER(tells_its_number_and_is_killed)
{
    tell_number(NULL, xipcos_process_id());
    spec_expect(NULL, "nothing");
}

SPEC(with_who_has_died_nothing_is_copied, "CALL-6 CALL-9")
{
    xipcos_fellow *fellow = NULL;
    xipc_section *section;
    spec_peer *peer;
    intptr_t here = -1;
    int64_t theirs = 0;

    if (is_copying_told_absent()) {
        return;
    }
    section = numbered(3);
    peer = START(tells_its_number_and_is_killed);
    REQUIRE_OK(xipcos_fellow_open((uint32_t)heard_number(peer), &fellow));
    REQUIRE_OK(xipcos_fellow_give(fellow, native_of(section), &theirs));
    spec_kill(peer);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED,
        xipcos_fellow_give(fellow, native_of(section), &theirs));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, xipcos_fellow_take(fellow, theirs, &here));
    xipcos_fellow_take_back(fellow, theirs);
    xipcos_fellow_close(fellow);
    xipc_section_close(section);
}

SPEC(a_process_that_is_none_is_not_opened, "CALL-9")
{
    xipcos_fellow *fellow = NULL;

    if (is_copying_told_absent()) {
        return;
    }
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipcos_fellow_open(0, &fellow));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipcos_fellow_open(UINT32_MAX, &fellow));
    REQUIRE(!fellow);
}
