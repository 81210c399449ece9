/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener that may not share memory with its client says so in welcome: from
 * then on both speak over the channel.
 */
#include "core/call_ring_line.h"
#include "core/call_wire.h"
#include "core/core_line_kit.h"

enum { LENGTH = 5000 };

static const xipc_call_options defaults = XIPC_CALL_OPTIONS_INIT;

/* ---- a listener by hand ---- */

static xipci_channel_listener *hand_listening(void)
{
    xipci_channel_listener *listener = NULL;

    REQUIRE_OK(xipci_channel_listen(
        LINE_NAME, &defaults.naming, line_soon(), &listener));
    return listener;
}

static xipci_channel *hand_accepted(xipci_channel_listener *listener)
{
    xipci_channel *channel = NULL;
    xipc_status status;

    do {
        status = xipci_channel_accept(listener, &channel);
    } while (status == XIPC_E_AGAIN);
    REQUIRE_OK(status);
    return channel;
}

static void hears_hello(xipci_channel *channel)
{
    xipci_ring_hello letter;
    xipcos_parcel parcel = {.data = &letter, .size = sizeof letter};
    const xipcos_patience patience = line_patience();

    REQUIRE_OK(xipci_channel_receive(channel, &parcel, &patience));
    REQUIRE_UINT(sizeof letter, parcel.size);
    REQUIRE_UINT(XIPCI_HELLO_MARK, letter.mark);
    for (size_t at = 0; at < parcel.count; at++) {
        xipcos_handle_close(parcel.natives[at]);
    }
}

static void welcomes_without_rings(xipci_channel *channel)
{
    const xipci_ring_welcome letter = {XIPCI_WELCOME_MARK, 0, XIPC_OK, 1};
    const xipcos_patience patience = line_patience();
    size_t written = 0;

    REQUIRE_OK(xipci_channel_write(
        channel, &letter, sizeof letter, &patience, &written));
}

static void connect_line(void *context)
{
    *(xipci_line **)context = line_connected(0);
}

SPEC(a_client_without_rings_goes_on_over_the_channel, "CALL-2 CALL-9")
{
    const xipcos_patience patience = line_patience();
    xipci_channel_listener *listener;
    xipci_channel *channel;
    xipci_line *client = NULL;
    xipci_line *server = NULL;
    spec_thread *thread;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    listener = hand_listening();
    thread = spec_thread_start(connect_line, &client);
    channel = hand_accepted(listener);
    hears_hello(channel);
    welcomes_without_rings(channel);
    REQUIRE_OK(xipci_wire_line_over(channel, &patience, &server));
    spec_thread_join(thread);

    REQUIRE(!client->kind->takes_handles(client));
    line_sends(client, 1, LENGTH);
    line_gets(server, 1, LENGTH);
    line_sends(server, 2, 8);
    line_gets(client, 2, 8);
    line_closed(client);
    REQUIRE_STATUS(XIPC_E_CLOSED, line_end(server));
    line_closed(server);
    xipci_channel_listener_close(listener);
}

static xipc_status connect_status;

static void try_to_connect(void *context)
{
    const xipcos_patience patience = line_patience();
    xipci_line *line = NULL;

    (void)context;
    connect_status =
        xipci_ring_line_connect(LINE_NAME, &defaults, &patience, &line);
}

SPEC(a_listener_that_ends_behind_its_welcome_is_told_as_ended, "CALL-6")
{
    xipci_channel_listener *listener;
    xipci_channel *channel;
    spec_thread *thread;

    SPEC_NEEDS(XIPC_FEATURE_SYNC_ANONYMOUS);
    listener = hand_listening();
    thread = spec_thread_start(try_to_connect, NULL);
    channel = hand_accepted(listener);
    hears_hello(channel);
    welcomes_without_rings(channel);
    xipci_channel_close(channel);
    spec_thread_join(thread);
    REQUIRE(
        connect_status == XIPC_E_PEER_DIED || connect_status == XIPC_E_CLOSED);
    xipci_channel_listener_close(listener);
}
