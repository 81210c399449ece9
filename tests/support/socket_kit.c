/* SPDX-License-Identifier: Apache-2.0 */
#include "support/socket_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef socket_listening
#undef connected
#undef socket_accepted
#undef hears
#undef hears_the_end
#undef gets_letter
#undef socket_ends

#define SOON_MS 20000

/* ---- which there are ---- */

static int has_feature(xipc_feature feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    REQUIRE_OK(xipc_capability(feature, &info));
    return info.support != XIPC_SUPPORT_ABSENT;
}

/* A machine may be without it, which is not the library's fault. */
int has_ipv6(void)
{
    xipc_socket_listener *listener;
    xipc_status status =
        xipc_socket_listen("tcp://[::1]:0", NULL, XIPC_NOW, &listener);

    if (status == XIPC_E_NOT_FOUND) {
        spec_note("no IPv6 here: %s", xipc_detail());
        return 0;
    }
    REQUIRE_OK(status);
    xipc_socket_listener_close(listener);
    return 1;
}

int is_local(const char *uri)
{
    return strncmp(uri, "unix:", 5) == 0;
}

const char *uri_of_path(const char *file)
{
    static char uri[XIPC_SOCKET_URI_SIZE];

    (void)snprintf(uri, sizeof uri, "unix:%s/%s", spec_directory(), file);
    return uri;
}

static void with_stream(const char *uri, stream_body *body)
{
    spec_within(uri);
    body(uri);
    spec_within(NULL);
}

void with_all_streams(stream_body *body)
{
    with_stream("tcp://127.0.0.1:0", body);
    if (has_ipv6()) {
        with_stream("tcp://[::1]:0", body);
    }
    if (has_feature(XIPC_FEATURE_SOCKET_LOCAL)) {
        char path[XIPC_SOCKET_URI_SIZE];

        with_stream("unix:a", body);
        (void)snprintf(path, sizeof path, "%s", uri_of_path("s"));
        with_stream(path, body);
    }
}

xipc_deadline soon(void)
{
    return xipc_after_ms(SOON_MS);
}

/* ---- streams ---- */

xipc_socket_listener *socket_listening(const char *uri)
{
    xipc_socket_listener *listener = NULL;

    REQUIRE_OK(xipc_socket_listen(uri, NULL, soon(), &listener));
    REQUIRE(listener != NULL);
    return listener;
}

const char *uri_of_listener(const xipc_socket_listener *listener)
{
    static char uri[XIPC_SOCKET_URI_SIZE];

    REQUIRE_OK(xipc_socket_listener_uri(listener, uri, sizeof uri));
    return uri;
}

xipc_socket *connected(const char *uri)
{
    xipc_socket *socket = NULL;

    REQUIRE_OK(xipc_socket_connect(uri, NULL, soon(), &socket));
    REQUIRE(socket != NULL);
    return socket;
}

xipc_socket *socket_accepted(xipc_socket_listener *listener)
{
    xipc_socket *socket = NULL;

    REQUIRE_OK(xipc_socket_accept(listener, soon(), &socket));
    REQUIRE(socket != NULL);
    return socket;
}

ends ends_of(const char *uri)
{
    ends self = {.listener = socket_listening(uri)};

    self.client = connected(uri_of_listener(self.listener));
    self.server = socket_accepted(self.listener);
    return self;
}

ends narrow_ends_of(const char *uri)
{
    xipc_socket_options options = XIPC_SOCKET_OPTIONS_INIT;
    ends self;

    options.send_buffer = 16384;
    options.receive_buffer = 16384;
    REQUIRE_OK(xipc_socket_listen(uri, &options, soon(), &self.listener));
    REQUIRE_OK(xipc_socket_connect(
        uri_of_listener(self.listener), &options, soon(), &self.client));
    self.server = socket_accepted(self.listener);
    return self;
}

void ends_close(ends *self)
{
    xipc_socket_close(self->client);
    xipc_socket_close(self->server);
    xipc_socket_listener_close(self->listener);
}

void says(xipc_socket *socket, const char *text)
{
    size_t written = 0;

    REQUIRE_OK(xipc_socket_write(socket, text, strlen(text), soon(), &written));
    REQUIRE_UINT(strlen(text), written);
}

xipc_status
reads_all(xipc_socket *socket, void *buffer, size_t size, xipc_deadline until)
{
    unsigned char *at = buffer;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && size > 0) {
        size_t got = 0;

        status = xipc_socket_read(socket, at, size, until, &got);
        if (status == XIPC_OK) {
            REQUIRE(got > 0 && got <= size);
            at += got;
            size -= got;
        }
    }
    return status;
}

void hears(xipc_socket *socket, const char *text)
{
    char buffer[1000] = "";

    REQUIRE_OK(reads_all(socket, buffer, strlen(text), soon()));
    REQUIRE_TEXT(text, buffer);
}

void hears_the_end(xipc_socket *socket)
{
    char byte;
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_CLOSED, xipc_socket_read(socket, &byte, 1, soon(), &size));
    REQUIRE_UINT(77, size);
}

/* What the system takes it may hand on a moment later, and take more. */
size_t fills(xipc_socket *socket)
{
    static const char bytes[65536];
    size_t filled = 0;

    for (int idle = 0; idle < 10; idle++) {
        size_t written = 0;
        xipc_status status = XIPC_OK;

        while (status == XIPC_OK) {
            status = xipc_socket_write(
                socket, bytes, sizeof bytes, XIPC_NOW, &written);
            filled += written;
            idle = written > 0 ? 0 : idle;
        }
        REQUIRE_STATUS(XIPC_E_AGAIN, status);
        let_pass(2);
    }
    return filled;
}

/* ---- datagrams ---- */

xipc_socket *bound(const char *uri)
{
    xipc_socket *socket = NULL;

    REQUIRE_OK(xipc_socket_bind(uri, NULL, soon(), &socket));
    return socket;
}

xipc_address address_of(const char *uri)
{
    xipc_address address;

    REQUIRE_OK(xipc_address_find(uri, soon(), &address));
    return address;
}

xipc_address address_here(const xipc_socket *socket)
{
    char uri[XIPC_SOCKET_URI_SIZE];

    REQUIRE_OK(xipc_socket_uri(socket, uri, sizeof uri));
    return address_of(uri);
}

void posts(xipc_socket *socket, const xipc_address *to, const char *text)
{
    REQUIRE_OK(xipc_socket_send(socket, to, text, strlen(text), soon()));
}

void gets_letter(xipc_socket *socket, const char *text, xipc_address *from)
{
    char buffer[1000] = "";
    size_t size = 0;

    REQUIRE_OK(xipc_socket_receive(
        socket, buffer, sizeof buffer, soon(), &size, from));
    REQUIRE_UINT(strlen(text), size);
    REQUIRE(memcmp(buffer, text, size) == 0);
}

/* ---- calls in threads ---- */

static void make_call(void *context)
{
    socket_call *self = context;

    self->status = self->verb(self->context, self->deadline);
}

void socket_begins(socket_call *self, xipc_deadline deadline)
{
    self->deadline = deadline;
    self->thread = spec_thread_start(make_call, self);
}

xipc_status socket_ends(socket_call *self)
{
    spec_thread_join(self->thread);
    return self->status;
}
