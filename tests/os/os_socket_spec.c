/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of the system, as the seam promises them. */
#include <string.h>

#include "os/os_resolve.h"
#include "os/os_socket.h"
#include "support/ring_kit.h"

static const xipc_socket_options defaults = XIPC_SOCKET_OPTIONS_INIT;
static const xipcos_socket_plan stream = {
    .options = &defaults, .network_interface = ""};
static const xipcos_socket_plan letters = {
    .options = &defaults, .is_datagram = 1, .network_interface = ""};

static const xipcos_patience now = {XIPC_NOW, NULL};
static const xipcos_patience for_ever = {XIPC_FOREVER, NULL};

static xipc_address here(uint16_t port)
{
    xipc_address address;

    REQUIRE(xipcos_address_read("127.0.0.1", port, &address));
    return address;
}

static xipc_address address_of(const xipcos_socket *socket)
{
    xipc_address address;

    REQUIRE_OK(xipcos_socket_address(socket, 0, &address));
    return address;
}

typedef struct two {
    xipcos_socket *listener;
    xipcos_socket *server;
    xipcos_socket *client;
} two;

static two two_made(void)
{
    const xipc_address chosen = here(0);
    two self = {NULL, NULL, NULL};
    xipc_address address;
    int is_connected = 0;
    size_t index = 7;

    REQUIRE_OK(xipcos_socket_listen(&stream, &chosen, &self.listener));
    address = address_of(self.listener);
    REQUIRE_OK(xipcos_socket_start_connect(
        &stream, &address, &self.client, &is_connected));
    if (!is_connected) {
        REQUIRE_OK(
            xipcos_socket_wait_connected(&self.client, 1, &for_ever, &index));
        REQUIRE_UINT(0, index);
    }
    REQUIRE_OK(xipcos_socket_accept(self.listener, &for_ever, &self.server));
    return self;
}

static void two_closed(two *self)
{
    xipcos_socket_close(self->client, 1);
    xipcos_socket_close(self->server, 1);
    xipcos_socket_close(self->listener, 1);
}

SPEC(an_address_is_read_only_from_numbers, "SOCK-1")
{
    static const char *const wrong[] = {"",           "localhost", "1",
                                        "1.2.3",      "1.2.3.4.5", "256.1.1.1",
                                        "0x7f.0.0.1", " 1.2.3.4",  "1.2.3.4 ",
                                        ":",          "::g",       "1::2::3"};
    char host[100];
    xipc_address address;
    uint16_t port;

    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        spec_within(wrong[at]);
        REQUIRE(!xipcos_address_read(wrong[at], 1, &address));
    }
    spec_within(NULL);
    REQUIRE(xipcos_address_read("10.1.2.3", 77, &address));
    REQUIRE_UINT(XIPCOS_FAMILY_IPV4, xipcos_address_family(&address));
    REQUIRE(!xipcos_address_is_group(&address));
    xipcos_address_write(&address, host, sizeof host, &port);
    REQUIRE_TEXT("10.1.2.3", host);
    REQUIRE_UINT(77, port);
    REQUIRE(xipcos_address_read("fe80::1:2", 78, &address));
    REQUIRE_UINT(XIPCOS_FAMILY_IPV6, xipcos_address_family(&address));
    xipcos_address_write(&address, host, sizeof host, &port);
    REQUIRE_TEXT("[fe80::1:2]", host);
}

SPEC(groups_are_known_in_both_families, "SOCK-3")
{
    static const char *const groups[] = {
        "224.0.0.1", "239.255.255.255", "ff02::1", "ff15::77"};
    static const char *const others[] = {
        "223.255.255.255", "240.0.0.0", "fe80::1", "255.255.255.255"};
    xipc_address address;

    for (int at = 0; at < 4; at++) {
        REQUIRE(xipcos_address_read(groups[at], 1, &address));
        REQUIRE(xipcos_address_is_group(&address));
        REQUIRE(xipcos_address_read(others[at], 1, &address));
        REQUIRE(!xipcos_address_is_group(&address));
    }
}

SPEC(a_socket_says_what_is_the_case, "WAIT-1 SOCK-2")
{
    two self = two_made();
    size_t written = 0;
    char bytes[3];
    size_t size;

    REQUIRE_UINT(0, xipcos_socket_ready(self.listener) & XIPC_READABLE);
    REQUIRE_UINT(XIPC_WRITABLE, xipcos_socket_ready(self.client));
    REQUIRE_OK(xipcos_socket_write(self.server, "abc", 3, &for_ever, &written));
    REQUIRE_UINT(3, written);
    REQUIRE_OK(xipcos_socket_read(self.client, bytes, 1, &for_ever, &size));
    REQUIRE_UINT(
        XIPC_READABLE | XIPC_WRITABLE, xipcos_socket_ready(self.client));
    REQUIRE_OK(xipcos_socket_read(self.client, bytes, 2, &for_ever, &size));
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipcos_socket_read(self.client, bytes, 1, &now, &size));
    REQUIRE_OK(xipcos_socket_shutdown_write(self.server));
    REQUIRE_STATUS(
        XIPC_E_CLOSED,
        xipcos_socket_read(self.client, bytes, 1, &for_ever, &size));
    REQUIRE_UINT(
        XIPC_READABLE | XIPC_WRITABLE | XIPC_HUNG_UP,
        xipcos_socket_ready(self.client));
    two_closed(&self);
}

SPEC(the_first_that_connects_or_fails_is_told, "SOCK-2")
{
    two self = two_made();
    const xipc_address chosen = here(0);
    xipcos_socket *gone;
    xipcos_socket *sockets[2];
    xipc_address address;
    int is_connected[2];
    size_t index = 7;
    xipc_status status;

    REQUIRE_OK(xipcos_socket_listen(&stream, &chosen, &gone));
    address = address_of(gone);
    xipcos_socket_close(gone, 1);
    status = xipcos_socket_start_connect(
        &stream, &address, &sockets[0], &is_connected[0]);
    if (status == XIPC_OK) {
        address = address_of(self.listener);
        REQUIRE_OK(xipcos_socket_start_connect(
            &stream, &address, &sockets[1], &is_connected[1]));
        status = xipcos_socket_wait_connected(sockets, 2, &for_ever, &index);
        if (status == XIPC_OK) {
            REQUIRE_UINT(1, index);
            status =
                xipcos_socket_wait_connected(sockets, 1, &for_ever, &index);
        }
        REQUIRE_UINT(0, index);
        xipcos_socket_close(sockets[0], 1);
        xipcos_socket_close(sockets[1], 1);
    }
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, status);
    two_closed(&self);
}

/* One thread sleeps to read and one to write; neither takes the other's news.
 */
typedef struct sleeper {
    xipcos_socket *socket;
    size_t count;
} sleeper;

static void reads(void *context)
{
    sleeper *self = context;
    char bytes[1000];

    while (self->count > 0) {
        size_t size = 0;

        REQUIRE_OK(xipcos_socket_read(
            self->socket, bytes, sizeof bytes, &for_ever, &size));
        self->count -= size;
    }
}

static void writes(void *context)
{
    static const char bytes[100000];
    const sleeper *self = context;
    size_t written = 0;

    REQUIRE_OK(xipcos_socket_write(
        self->socket, bytes, self->count, &for_ever, &written));
    REQUIRE_UINT(self->count, written);
}

SPEC(who_reads_and_who_writes_do_not_wake_each_other_in_vain, "GEN-6 SOCK-2")
{
    two self = two_made();

    for (int round = 0; round < 20; round++) {
        sleeper there[2] = {{self.client, 100000}, {self.server, 100000}};
        sleeper back[2] = {{self.server, 100000}, {self.client, 100000}};
        spec_thread *threads[4] = {
            spec_thread_start(reads, &there[1]),
            spec_thread_start(reads, &back[1]),
            spec_thread_start(writes, &there[0]),
            spec_thread_start(writes, &back[0])};

        for (int at = 0; at < 4; at++) {
            spec_thread_join(threads[at]);
        }
    }
    two_closed(&self);
}

SPEC(a_wake_ends_a_sleep_to_look_at_the_interrupt, "GEN-5 SOCK-2")
{
    two self = two_made();
    atomic_int is_interrupted = 0;
    const xipcos_patience patience = {XIPC_FOREVER, &is_interrupted};
    char byte;
    size_t size;

    atomic_store(&is_interrupted, 1);
    xipcos_socket_wake(self.client);
    REQUIRE_STATUS(
        XIPC_E_CANCELED,
        xipcos_socket_read(self.client, &byte, 1, &patience, &size));
    two_closed(&self);
}

SPEC(a_letter_from_a_family_that_it_has_not_is_refused, "SOCK-2 GEN-7")
{
    const xipc_address chosen = here(0);
    xipcos_socket *socket;
    xipc_address wide;

    REQUIRE_OK(xipcos_socket_bind(&letters, &chosen, &socket));
    REQUIRE(xipcos_address_read("::1", 9, &wide));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_socket_send(socket, &wide, "x", 1, &now));
    xipcos_socket_close(socket, 1);
}

SPEC(what_is_no_socket_is_not_adopted, "SOCK-2 GEN-7")
{
    xipcos_socket *socket;
    int is_datagram;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_socket_adopt(-1, &socket, &is_datagram));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipcos_socket_adopt(0x7fffffe, &socket, &is_datagram));
}

/* The system's own table of names has it, whoever is asked. */
SPEC(a_name_is_looked_up_by_another_thread, "SOCK-1")
{
    const xipcos_patience patience = {xipc_after_ms(20000), NULL};
    xipc_address addresses[XIPCOS_CONNECT_MAX];
    size_t count = 0;
    char host[100];
    uint16_t port;

    REQUIRE_OK(xipcos_resolve(
        "localhost", 77, &patience, addresses, XIPCOS_CONNECT_MAX, &count));
    REQUIRE(count >= 1);
    xipcos_address_write(&addresses[0], host, sizeof host, &port);
    REQUIRE(strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0);
    REQUIRE_UINT(77, port);
}
