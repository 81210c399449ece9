/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that says nonsense, or nothing, while the local line is made, and
 * one that scribbles on it later: the server is told, waits for nobody, and
 * keeps nothing.
 */
#include <string.h>

#include "core/call_ring_line.h"
#include "core/core_line_kit.h"
#include "core/ring.h"

enum { CAPACITY = 4096, ROUNDS = 120, MANY = 1000, BITS = 6 };

/* ---- somebody who speaks the language by hand ---- */

typedef struct raw_ends {
    xipci_line_listener *listener;
    xipci_line *server;
    xipci_channel *channel;
} raw_ends;

static void connect_by_hand(void *context)
{
    const xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    const xipcos_patience patience = line_patience();

    REQUIRE_OK(
        xipci_channel_connect(LINE_NAME, &options.naming, &patience, context));
}

static raw_ends raw_ends_of(void)
{
    raw_ends self = {.channel = NULL};
    spec_thread *thread;
    xipc_status status;

    self.listener = line_listening();
    thread = spec_thread_start(connect_by_hand, &self.channel);
    do {
        status = self.listener->kind->accept(self.listener, &self.server);
        if (status == XIPC_E_AGAIN) {
            line_awaits_client(self.listener);
        }
    } while (status == XIPC_E_AGAIN);
    REQUIRE_OK(status);
    spec_thread_join(thread);
    return self;
}

static void raw_ends_close(raw_ends *self)
{
    xipci_channel_close(self->channel);
    line_closed(self->server);
    listener_closed(self->listener);
}

/* What the handshake ends with. */
static xipc_status outcome(xipci_line *line)
{
    xipc_status status;

    while ((status = line->kind->advance(line)) == XIPC_E_AGAIN) {
        line_awaits_news(line);
    }
    return status;
}

static xipci_ring_hello sound_hello(void)
{
    return (xipci_ring_hello){XIPCI_HELLO_MARK, CAPACITY, 1, -1, 1, 0};
}

static void says_hello(
    xipci_channel *channel, const xipci_ring_hello *letter, intptr_t native)
{
    xipci_ring_hello copy = *letter;
    xipcos_parcel parcel = {.data = &copy, .size = sizeof copy};
    const xipcos_patience patience = line_patience();

    if (native >= 0 && xipcos_handles_go() == XIPCOS_HANDLES_SENT) {
        parcel.natives[0] = native;
        parcel.count = 1;
    } else if (native >= 0) {
        copy.section = native;
    }
    REQUIRE_OK(xipci_channel_send(channel, &parcel, &patience));
}

/* How a hello with that section ends. */
static xipc_status
outcome_of(const xipci_ring_hello *letter, uint64_t section_size)
{
    raw_ends self = raw_ends_of();
    xipc_section *section = NULL;
    xipc_native_handle native = -1;
    xipc_status status;

    if (section_size > 0) {
        REQUIRE_OK(xipc_section_create_anonymous(section_size, NULL, &section));
        REQUIRE_OK(xipc_section_native_handle(section, &native));
    }
    says_hello(self.channel, letter, native);
    status = outcome(self.server);
    xipc_section_close(section);
    raw_ends_close(&self);
    return status;
}

SPEC(a_hello_that_makes_no_sense_is_the_end_of_that_client, "CALL-10")
{
    xipci_ring_hello letter;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    letter = sound_hello();
    letter.mark = 7;
    REQUIRE_STATUS(XIPC_E_INCOMPATIBLE, outcome_of(&letter, 65536));
    letter = sound_hello();
    letter.capacity = 0;
    REQUIRE_STATUS(XIPC_E_CORRUPT, outcome_of(&letter, 65536));
    letter.capacity = UINT32_MAX;
    REQUIRE_STATUS(XIPC_E_CORRUPT, outcome_of(&letter, 65536));
    letter.capacity = CAPACITY + 1;
    REQUIRE_STATUS(XIPC_E_CORRUPT, outcome_of(&letter, 65536));
    letter = sound_hello();
    REQUIRE_STATUS(XIPC_E_CORRUPT, outcome_of(&letter, 4096));
    REQUIRE_STATUS(XIPC_E_CORRUPT, outcome_of(&letter, 65536));
    letter.section = 123456;
    REQUIRE(outcome_of(&letter, 0) != XIPC_OK);
    letter.section = INT64_MIN;
    REQUIRE(outcome_of(&letter, 0) != XIPC_OK);
}

SPEC(a_client_that_is_refused_is_told_why, "CALL-10")
{
    const xipcos_patience patience = line_patience();
    xipci_ring_hello letter = sound_hello();
    xipci_ring_welcome answer;
    raw_ends self;
    size_t size = 0;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = raw_ends_of();
    letter.mark++;

    says_hello(self.channel, &letter, -1);
    REQUIRE_STATUS(XIPC_E_INCOMPATIBLE, outcome(self.server));
    REQUIRE_OK(xipci_channel_read(
        self.channel, &answer, sizeof answer, &patience, &size));
    REQUIRE_UINT(sizeof answer, size);
    REQUIRE_UINT(XIPCI_WELCOME_MARK, answer.mark);
    REQUIRE(answer.refusal == XIPC_E_INCOMPATIBLE);

    raw_ends_close(&self);
}

SPEC(a_hello_may_come_in_pieces_and_end_in_the_middle, "CALL-10")
{
    const xipcos_patience patience = line_patience();
    xipci_ring_hello letter = sound_hello();
    size_t written;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    for (size_t size = 0; size < sizeof letter; size += 5) {
        raw_ends self = raw_ends_of();

        for (size_t at = 0; at < size; at++) {
            REQUIRE_OK(xipci_channel_write(
                self.channel, (unsigned char *)&letter + at, 1, &patience,
                &written));
        }
        REQUIRE_STATUS(XIPC_E_AGAIN, self.server->kind->advance(self.server));
        xipci_channel_close(self.channel);
        self.channel = NULL;
        REQUIRE_STATUS(XIPC_E_CLOSED, outcome(self.server));
        raw_ends_close(&self);
    }
}

/* It takes the five seconds that a server is patient. */
SPEC(a_client_that_says_nothing_is_given_up, "CALL-10")
{
    raw_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = raw_ends_of();

    REQUIRE_STATUS(XIPC_E_TIMEOUT, outcome(self.server));

    raw_ends_close(&self);
}

SPEC(a_client_is_closed_before_it_was_taken_in, "CALL-10")
{
    raw_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = raw_ends_of();

    REQUIRE_STATUS(XIPC_E_AGAIN, self.server->kind->advance(self.server));

    raw_ends_close(&self);
}

/* ---- later ---- */

static xipci_channel *channel_of(xipci_line *line)
{
    return ((xipci_ring_line *)line)->channel;
}

SPEC(handles_that_are_announced_and_do_not_come_end_the_line, "CALL-10")
{
    xipci_ring_line *client;
    line_ends self;
    void *block;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);
    client = (xipci_ring_line *)self.client;

    /* A long head as it stands in the ring, and no handle. */
    REQUIRE_OK(xipc_ring_reserve(client->out, 176, &block, XIPC_NOW));
    memset(block, 0, 176);
    ((uint32_t *)block)[0] = UINT32_C(1) << 31;
    ((uint32_t *)block)[9] = XIPC_CALL_HANDLE_MAX;
    REQUIRE_OK(xipc_ring_commit(
        client->out, xipcos_handles_go() == XIPCOS_HANDLES_SENT ? 48 : 176));
    REQUIRE_STATUS(XIPC_E_CORRUPT, line_end(self.server));
    line_sends(self.client, 2, 8);
    REQUIRE_STATUS(XIPC_E_CORRUPT, line_end(self.server));

    line_ends_close(&self);
}

SPEC(handles_without_a_frame_are_nobodys, "CALL-10")
{
    line_ends self;
    uint64_t note = 0;
    xipcos_parcel parcel = {.data = &note, .size = sizeof note};
    xipc_native_handle native;
    xipc_section *section;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));
    REQUIRE_OK(xipc_section_native_handle(section, &native));

    if (xipcos_handles_go() == XIPCOS_HANDLES_SENT) {
        parcel.count = XIPCOS_HANDLE_MAX;
        for (size_t at = 0; at < parcel.count; at++) {
            parcel.natives[at] = native;
        }
    }
    for (int i = 0; i < MANY; i++) {
        (void)xipci_channel_send(channel_of(self.client), &parcel, &line_now);
    }
    line_sends(self.client, 1, 8);
    line_gets(self.server, 1, 8);
    line_sends(self.server, 2, 8);
    line_gets(self.client, 2, 8);

    xipc_section_close(section);
    line_ends_close(&self);
}

/* Frames are taken, and what comes over the channel is not. */
SPEC(who_takes_no_handles_is_not_sent_any_and_not_waited_for, "CALL-10")
{
    xipci_frame frame = line_frame(1, 0);
    xipc_native_handle native;
    xipci_ring_line *client;
    xipc_section *section;
    const unsigned char *bytes;
    xipc_status status = XIPC_OK;
    line_ends self;
    size_t size;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    if (xipcos_handles_go() != XIPCOS_HANDLES_SENT) {
        return; /* there they go with the frame */
    }
    self = line_ends_of(0);
    client = (xipci_ring_line *)self.client;
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    frame.handle_count = 1;

    while (status == XIPC_OK) {
        status = self.server->kind->send(
            self.server, &frame, NULL, &native, &line_now);
        if (status == XIPC_E_AGAIN) {
            REQUIRE(
                (self.server->kind->ready(self.server) & XIPC_WRITABLE) == 0);
            status = XIPC_OK;
        }
        while (xipci_ring_get(client->in, &bytes, &size, XIPC_NOW) == XIPC_OK) {
            xipci_ring_got(client->in);
        }
    }
    REQUIRE_STATUS(XIPC_E_NO_MEMORY, status);
    line_sends(self.server, 2, 8);
    line_sends(self.client, 2, 8);
    line_gets(self.server, 2, 8);

    xipc_section_close(section);
    line_ends_close(&self);
}

SPEC(who_closes_the_channel_alone_still_has_frames, "CALL-10")
{
    xipci_ring_line *client;
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);
    client = (xipci_ring_line *)self.client;
    xipci_channel_close(client->channel);
    client->channel = NULL;

    line_sends(self.client, 1, 8);
    line_gets(self.server, 1, 8);
    line_sends(self.server, 2, 8);
    line_gets(self.client, 2, 8);

    line_ends_close(&self);
}

/* ---- nonsense in the section ---- */

static uint32_t thrown(uint32_t *dice, uint32_t sides)
{
    *dice = *dice * UINT32_C(1664525) + UINT32_C(1013904223);
    return (*dice >> 8) % sides;
}

/* Heads are in front, and so are the first records. */
static void spoil(unsigned char *bytes, size_t size, uint32_t *dice)
{
    static const uint32_t values[] = {
        0, 1, 8, 24, 49, 4096, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
    size_t part = thrown(dice, 2) == 0 ? 1024 : size;
    size_t word = (size_t)thrown(dice, (uint32_t)part / 4) * 4;

    switch (thrown(dice, 6)) {
    case 0: memset(bytes, (int)thrown(dice, 256), part); break;
    case 1:
    case 2: memcpy(bytes + word, &values[thrown(dice, 10)], 4); break;
    default:
        bytes[thrown(dice, (uint32_t)part)] = (unsigned char)thrown(dice, 256);
        break;
    }
}

/* Every call answers, in time. */
static void tries(xipci_line *line, uint64_t call)
{
    const xipcos_patience patience = {xipc_after_ms(1), NULL};
    const xipcos_patience *both[2] = {&line_now, &patience};
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    xipci_frame frame;
    const void *body;

    for (int at = 0; at < 2; at++) {
        (void)line->kind->ready(line);
        (void)line_send(line, call, 100, both[at]->deadline);
        if (line->kind->receive(line, &frame, &body, natives, both[at]) ==
            XIPC_OK) {
            REQUIRE(frame.size <= line->piece_max);
            REQUIRE(frame.handle_count <= XIPC_CALL_HANDLE_MAX);
            xipci_ring_line_drop(natives, frame.handle_count);
            line->kind->release(line);
        }
    }
}

static void scribble_round(uint32_t seed)
{
    line_ends self = line_ends_of(CAPACITY);
    xipci_ring_line *client = (xipci_ring_line *)self.client;
    uint32_t dice = seed;
    /* From the head on the whole section is mapped for the second ring. */
    unsigned char *bytes = (unsigned char *)client->in->stand.address;
    size_t size = client->in->stand.span;

    for (uint64_t call = 0; call < 8; call++) {
        (void)line_send(self.client, call, 50, XIPC_NOW);
    }
    for (int turn = 0; turn < 8; turn++) {
        spoil(bytes, size, &dice);
        tries(self.server, 1);
    }
    line_ends_close(&self);
}

SPEC(a_scribbled_line_ends_and_its_server_does_not_hang, "CALL-10 GEN-10")
{
    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        scribble_round(round * 2654435761u + 1);
    }
}
