/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the waits on one handle. */
#include "support/socket_kit.h"

static char bytes[1 << 20];

static xipc_status reads_byte(void *context, xipc_deadline deadline)
{
    char byte;
    size_t size;

    return xipc_socket_read(context, &byte, 1, deadline, &size);
}

/* Some systems take all of it wherever there is room for a byte. */
static xipc_status writes_much(void *context, xipc_deadline deadline)
{
    xipc_status status;

    do {
        status =
            xipc_socket_write(context, bytes, sizeof bytes, deadline, NULL);
    } while (status == XIPC_OK);
    return status;
}

static xipc_status receives_one(void *context, xipc_deadline deadline)
{
    char byte;
    size_t size;

    return xipc_socket_receive(context, &byte, 1, deadline, &size, NULL);
}

static xipc_status accepts(void *context, xipc_deadline deadline)
{
    xipc_socket *socket;

    return xipc_socket_accept(context, deadline, &socket);
}

/* Three threads wait, and none does after it; then it goes as before. */
static void is_canceled(
    const char *what, socket_verb *verb, void *context, xipc_object *object)
{
    enum { THREADS = 3 };
    socket_call calls[THREADS];

    spec_within(what);
    for (int round = 0; round < 3; round++) {
        for (int at = 0; at < THREADS; at++) {
            calls[at] = (socket_call){.verb = verb, .context = context};
            socket_begins(
                &calls[at], at == 0 ? xipc_after_ms(600000) : XIPC_FOREVER);
        }
        let_pass(round * 15);
        REQUIRE_OK(xipc_interrupt(object));
        for (int at = 0; at < THREADS; at++) {
            REQUIRE_STATUS(XIPC_E_CANCELED, socket_ends(&calls[at]));
        }
        REQUIRE_STATUS(XIPC_E_CANCELED, verb(context, XIPC_FOREVER));
        REQUIRE_STATUS(XIPC_E_AGAIN, verb(context, XIPC_NOW));
        REQUIRE_OK(xipc_interrupt_clear(object));
        REQUIRE_STATUS(XIPC_E_TIMEOUT, verb(context, xipc_after_ms(1)));
    }
    spec_within(NULL);
}

static void streams_are_interrupted(const char *uri)
{
    ends self = narrow_ends_of(uri);

    is_canceled(
        "reading", reads_byte, self.server, xipc_socket_object(self.server));
    (void)fills(self.client);
    is_canceled(
        "writing", writes_much, self.client, xipc_socket_object(self.client));
    is_canceled(
        "accepting", accepts, self.listener,
        xipc_socket_listener_object(self.listener));
    ends_close(&self);
}

SPEC(an_interrupt_ends_the_waits_on_a_stream_and_a_listener, "GEN-5 SOCK-2")
{
    with_all_streams(streams_are_interrupted);
}

SPEC(an_interrupt_ends_the_waits_for_datagrams, "GEN-5 SOCK-2")
{
    xipc_socket *socket = bound("udp://127.0.0.1:0");

    is_canceled("receiving", receives_one, socket, xipc_socket_object(socket));
    xipc_socket_close(socket);
}

SPEC(who_was_interrupted_still_gets_what_is_there, "GEN-5 SOCK-2")
{
    ends self = ends_of("tcp://127.0.0.1:0");

    says(self.client, "there");
    hears(self.server, "t"); /* all of it is there now */
    REQUIRE_OK(xipc_interrupt(xipc_socket_object(self.server)));
    hears(self.server, "here");
    REQUIRE_STATUS(XIPC_E_CANCELED, reads_byte(self.server, XIPC_FOREVER));
    ends_close(&self);
}
