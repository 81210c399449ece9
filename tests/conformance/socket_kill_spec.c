/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever dies at a socket, at whatever step: the other side reads what had
 * arrived and then learns of the end, the address is free, and nobody waits.
 */
#include <stdio.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/socket_kit.h"

enum { WRITES = 3 };

static const char words[] = "0123456789abcdef";

/* "address": where the survivor listens, or where the mortal is to. */
static void address_written(const char *uri)
{
    char path[400];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/address", spec_directory());
    file = fopen(path, "w");
    REQUIRE(file != NULL);
    REQUIRE(fputs(uri, file) >= 0);
    REQUIRE(fclose(file) == 0);
}

static void address_gone(void)
{
    char path[400];

    (void)snprintf(path, sizeof path, "%s/address", spec_directory());
    REQUIRE(remove(path) == 0);
}

static const char *address_read(void)
{
    static char uri[XIPC_SOCKET_URI_SIZE];
    char path[400];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/address", spec_directory());
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    REQUIRE(fgets(uri, sizeof uri, file) != NULL);
    (void)fclose(file);
    return uri;
}

static int is_end(xipc_status status)
{
    return status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED;
}

/* What arrives is the beginning of what was written, and then it ends. */
static void reads_to_the_end(xipc_socket *socket)
{
    size_t count = 0;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        char bytes[7];
        size_t size = 0;

        status = xipc_socket_read(socket, bytes, sizeof bytes, soon(), &size);
        for (size_t at = 0; status == XIPC_OK && at < size; at++, count++) {
            REQUIRE(bytes[at] == words[count % (sizeof words - 1)]);
        }
    }
    REQUIRE(is_end(status));
    REQUIRE(count <= WRITES * (sizeof words - 1));
}

/* ---- a client ---- */

KILLED(connects_and_writes)
{
    const char *uri = address_read();
    xipc_socket *socket = NULL;

    kill_begin();
    REQUIRE_OK(xipc_socket_connect(uri, NULL, XIPC_FOREVER, &socket));
    for (int i = 0; i < WRITES; i++) {
        REQUIRE_OK(xipc_socket_write(
            socket, words, sizeof words - 1, XIPC_FOREVER, NULL));
    }
    xipc_socket_close(socket);
    kill_end();
}

static void all_that_came_is_read(void *context)
{
    xipc_socket_listener *listener = context;
    xipc_socket *socket;

    while (xipc_socket_accept(listener, XIPC_NOW, &socket) == XIPC_OK) {
        reads_to_the_end(socket);
        xipc_socket_close(socket);
    }
    socket = connected(address_read());
    xipc_socket_close(socket_accepted(listener));
    xipc_socket_close(socket);
}

static void a_client_dies(const char *uri)
{
    xipc_socket_listener *listener = socket_listening(uri);
    kill_plan plan = {NULL, all_that_came_is_read, NULL, listener};

    address_written(uri_of_listener(listener));
    KILL_ANYWHERE(connects_and_writes, &plan);
    address_gone();
    xipc_socket_listener_close(listener);
}

SPEC(a_client_that_dies_is_read_to_its_end_over_tcp, "GEN-11 SOCK-2")
{
    a_client_dies("tcp://127.0.0.1:0");
}

SPEC(a_client_that_dies_is_read_to_its_end_locally, "GEN-11 SOCK-2")
{
    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    a_client_dies("unix:a");
}

/* ---- a server ---- */

KILLED(listens_accepts_and_writes)
{
    const char *uri = address_read();
    xipc_socket_listener *listener = NULL;
    xipc_socket *client = NULL;
    xipc_socket *socket = NULL;

    kill_begin();
    REQUIRE_OK(xipc_socket_listen(uri, NULL, XIPC_FOREVER, &listener));
    REQUIRE_OK(xipc_socket_connect(
        uri_of_listener(listener), NULL, XIPC_FOREVER, &client));
    REQUIRE_OK(xipc_socket_accept(listener, XIPC_FOREVER, &socket));
    REQUIRE_OK(
        xipc_socket_write(socket, words, sizeof words - 1, XIPC_FOREVER, NULL));
    xipc_socket_close(socket);
    xipc_socket_close(client);
    xipc_socket_listener_close(listener);
    kill_end();
}

static void the_place_is_free(void *context)
{
    const char *uri = context;
    xipc_socket *nobody = UNTOUCHED;
    ends self;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_socket_connect(uri, NULL, soon(), &nobody));
    self = ends_of(uri);
    says(self.client, "x");
    hears(self.server, "x");
    ends_close(&self);
}

static void a_server_dies(const char *uri)
{
    kill_plan plan = {NULL, the_place_is_free, NULL, (void *)uri};

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    address_written(uri);
    KILL_ANYWHERE(listens_accepts_and_writes, &plan);
    address_gone();
}

SPEC(a_listener_that_dies_leaves_its_name_free, "GEN-11 SOCK-5")
{
    a_server_dies("unix:a");
}

SPEC(a_listener_that_dies_leaves_its_path_free, "GEN-11 SOCK-5")
{
    char uri[XIPC_SOCKET_URI_SIZE];

    (void)snprintf(uri, sizeof uri, "%s", uri_of_path("s"));
    a_server_dies(uri);
}

/* ---- whoever talks with one who dies ---- */

KILLED(answers_one_client)
{
    xipc_socket *socket = connected(address_read());
    char bytes[16];

    kill_begin();
    for (int i = 0; i < WRITES; i++) {
        REQUIRE_OK(reads_all(socket, bytes, sizeof bytes, XIPC_FOREVER));
        REQUIRE_OK(xipc_socket_write(
            socket, words, sizeof words - 1, XIPC_FOREVER, NULL));
    }
    xipc_socket_close(socket);
    kill_end();
}

/* As long as somebody answers. */
static void asks_one(xipc_socket *socket)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        char bytes[16];

        status = xipc_socket_write(
            socket, words, sizeof words - 1, XIPC_FOREVER, NULL);
        if (status == XIPC_OK) {
            status = reads_all(socket, bytes, sizeof bytes, XIPC_FOREVER);
        }
    }
    REQUIRE(is_end(status));
    xipc_socket_close(socket);
}

/* In a thread of its own. */
static void asks(void *context)
{
    xipc_socket *socket = NULL;
    xipc_status status = xipc_socket_accept(context, XIPC_FOREVER, &socket);

    while (status == XIPC_OK) {
        asks_one(socket);
        status = xipc_socket_accept(context, XIPC_FOREVER, &socket);
    }
    REQUIRE_STATUS(XIPC_E_CANCELED, status);
}

SPEC(whoever_talks_with_one_who_dies_learns_of_it, "GEN-11 SOCK-2")
{
    xipc_socket_listener *listener = socket_listening("tcp://127.0.0.1:0");
    kill_plan plan = {NULL, NULL, NULL, NULL};
    spec_thread *thread = spec_thread_start(asks, listener);

    address_written(uri_of_listener(listener));
    KILL_ANYWHERE(answers_one_client, &plan);
    address_gone();
    REQUIRE_OK(xipc_interrupt(xipc_socket_listener_object(listener)));
    spec_thread_join(thread);
    xipc_socket_listener_close(listener);
}
