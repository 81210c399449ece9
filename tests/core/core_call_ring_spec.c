/* SPDX-License-Identifier: Apache-2.0 */
/* The local line of calls: frames go both ways over rings, and it tells how the
 * other side has ended. */
#include <string.h>

#include "core/core_line_kit.h"
#include "os/os_process.h"

enum { SMALL = 4096, ROUNDS = 20000 };

SPEC(frames_go_both_ways_over_a_local_line, "CALL-2")
{
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    for (uint32_t size = 0; size < 300; size++) {
        line_sends(self.client, size + 1, size);
        line_gets(self.server, size + 1, size);
        line_sends(self.server, size + 2, 300 - size);
        line_gets(self.client, size + 2, 300 - size);
    }

    line_ends_close(&self);
}

SPEC(a_frame_is_as_long_as_piece_max_and_no_longer, "CALL-3")
{
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(SMALL);

    REQUIRE(self.client->piece_max == self.server->piece_max);
    line_sends(self.client, 1, self.client->piece_max);
    line_gets(self.server, 1, self.client->piece_max);
    line_sends(self.client, 2, self.client->piece_max + 1);
    REQUIRE_STATUS(XIPC_E_CORRUPT, line_end(self.server));
    REQUIRE_STATUS(XIPC_E_CORRUPT, line_end(self.server));

    line_ends_close(&self);
}

SPEC(every_field_of_a_frame_arrives, "CALL-2")
{
    const xipci_frame frames[] = {
        {UINT64_MAX, 255, 0xffff, UINT32_MAX, 0, 0, 0, 0, 0},
        {1, 256, 0, 0, 0, 0, 0, 0, 0},
        {1, 1, 0x10000, 0, 0, 0, 0, 0, 0},
        {1, 1, 0, 0, 7, 0, 0, 0, 0},
        {1, 1, 0, 0, 0, 0, 9, 0, 0},
        {1, 1, 0, 0, 0, 0, 0, 0, 5},
        {UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0,
         UINT32_MAX, 0, UINT32_MAX}};
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    for (size_t at = 0; at < sizeof frames / sizeof frames[0]; at++) {
        intptr_t natives[XIPC_CALL_HANDLE_MAX];
        xipci_frame frame;
        const void *body;

        REQUIRE_OK(self.client->kind->send(
            self.client, &frames[at], NULL, NULL, &line_now));
        REQUIRE_OK(self.server->kind->receive(
            self.server, &frame, &body, natives, &line_now));
        REQUIRE(memcmp(&frame, &frames[at], sizeof frame) == 0);
        self.server->kind->release(self.server);
    }

    line_ends_close(&self);
}

SPEC(a_full_line_has_no_room_until_something_is_taken, "CALL-2")
{
    line_ends self;
    uint64_t sent = 0;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(SMALL);

    while (line_send(self.client, sent, 100, XIPC_NOW) == XIPC_OK) {
        sent++;
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, line_send(self.client, sent, 100, XIPC_NOW));
    REQUIRE((self.client->kind->ready(self.client) & XIPC_WRITABLE) == 0);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, line_send(self.client, sent, 100, xipc_after_ms(20)));
    for (uint64_t call = 0; call < sent; call++) {
        line_gets(self.server, call, 100);
    }
    REQUIRE((self.client->kind->ready(self.client) & XIPC_WRITABLE) != 0);
    line_sends(self.client, sent, 100);
    line_gets(self.server, sent, 100);

    line_ends_close(&self);
}

SPEC(an_end_in_good_order_comes_after_all_that_was_sent, "CALL-6")
{
    line_ends self;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);

    line_sends(self.client, 1, 8);
    line_sends(self.client, 2, 8);
    line_closed(self.client);
    REQUIRE((self.server->kind->ready(self.server) & XIPC_READABLE) != 0);
    line_gets(self.server, 1, 8);
    line_gets(self.server, 2, 8);
    REQUIRE((self.server->kind->ready(self.server) & XIPC_READABLE) != 0);
    REQUIRE_STATUS(XIPC_E_CLOSED, line_end(self.server));
    REQUIRE_STATUS(XIPC_E_CLOSED, line_send(self.server, 3, 8, line_soon()));

    line_closed(self.server);
    listener_closed(self.listener);
}

SPEC(nobody_listens_and_nobody_is_waited_for_with_now, "CALL-2")
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipci_line *line = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipci_ring_line_connect(LINE_NAME, &options, &line_now, &line));
}

SPEC(a_connect_that_nobody_takes_in_ends_at_its_deadline, "CALL-2")
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipcos_patience patience = {0, NULL};
    xipci_line_listener *listener;
    xipci_line *line = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    listener = line_listening();
    patience.deadline = xipc_after_ms(50);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipci_ring_line_connect(LINE_NAME, &options, &patience, &line));
    REQUIRE(xipc_after_ms(0) >= patience.deadline);
    listener_closed(listener);
    patience.deadline = xipc_after_ms(50);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipci_ring_line_connect(LINE_NAME, &options, &patience, &line));
}

SPEC(a_living_listeners_name_is_taken, "CALL-1")
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;
    xipci_line_listener *listener;
    xipci_line_listener *other = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    listener = line_listening();
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipci_ring_line_listen(LINE_NAME, &options, XIPC_NOW, &other));
    listener_closed(listener);
    listener_closed(line_listening());
}

/* ---- interrupts ---- */

typedef struct waiting {
    xipci_line *line;
    atomic_int word;
    xipc_status status;
} waiting;

static void wait_for_a_frame(void *context)
{
    waiting *self = context;
    const xipcos_patience patience = {XIPC_FOREVER, &self->word};
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    xipci_frame frame;
    const void *body;

    self->status = self->line->kind->receive(
        self->line, &frame, &body, natives, &patience);
}

SPEC(a_wake_ends_a_receive_that_was_interrupted, "CALL-5")
{
    line_ends self;
    waiting receiver = {.status = XIPC_OK};
    spec_thread *thread;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    self = line_ends_of(0);
    receiver.line = self.client;
    atomic_init(&receiver.word, 0);

    thread = spec_thread_start(wait_for_a_frame, &receiver);
    atomic_store(&receiver.word, 1);
    self.client->kind->wake(self.client);
    spec_thread_join(thread);
    REQUIRE_STATUS(XIPC_E_CANCELED, receiver.status);

    line_ends_close(&self);
}

/* ---- two processes ---- */

static void answer_all(xipci_line *line)
{
    const xipcos_patience patience = {XIPC_FOREVER, NULL};
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
    unsigned char bytes[64];
    xipci_frame frame;
    const void *body;

    while (line->kind->receive(line, &frame, &body, natives, &patience) ==
           XIPC_OK) {
        REQUIRE(frame.size <= sizeof bytes);
        memcpy(bytes, body, frame.size);
        line->kind->release(line);
        REQUIRE_OK(line->kind->send(line, &frame, bytes, NULL, &patience));
    }
}

PEER(serves_one_line)
{
    xipci_line_listener *listener = line_listening();
    xipci_line *line;

    spec_tell(NULL, "listening");
    line = line_accepted(listener);
    answer_all(line);
    line_closed(line);
    listener_closed(listener);
}

SPEC(two_processes_talk_over_a_local_line, "CALL-2 CALL-7")
{
    spec_peer *peer;
    xipci_line *line;
    xipcos_other other;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    peer = START(serves_one_line);
    spec_expect(peer, "listening");
    line = line_connected(0);

    REQUIRE_OK(line->kind->other(line, &other));
    REQUIRE(other.user == xipcos_user_id());
    REQUIRE_UINT((uint64_t)spec_peer_id(peer), other.process);
    for (uint64_t call = 0; call < ROUNDS; call++) {
        line_sends(line, call, 8);
        line_gets(line, call, 8);
    }

    line_closed(line);
    spec_join(peer);
}

SPEC(a_server_that_is_killed_is_known_to_be_dead, "CALL-6")
{
    spec_peer *peer;
    xipci_line *line;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    peer = START(serves_one_line);
    spec_expect(peer, "listening");
    line = line_connected(0);
    line_sends(line, 1, 8);
    line_gets(line, 1, 8);

    spec_kill(peer);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, line_end(line));

    line_closed(line);
}

PEER(connects_and_waits)
{
    xipci_line *line = line_connected(0);

    line_sends(line, 1, 8);
    spec_expect(NULL, "never");
    line_closed(line);
}

SPEC(a_client_that_is_killed_is_read_to_its_end, "CALL-6")
{
    xipci_line_listener *listener;
    xipci_line *line;
    spec_peer *peer;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    listener = line_listening();
    peer = START(connects_and_waits);
    line = line_accepted(listener);

    line_gets(line, 1, 8);
    line_sends(line, 2, 8);
    spec_kill(peer);
    REQUIRE_STATUS(XIPC_E_PEER_DIED, line_end(line));

    line_closed(line);
    listener_closed(listener);
}
