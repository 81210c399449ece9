/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller must not do with pipes, and what it is told. */
#include <string.h>

#include "support/pipe_kit.h"

static void require_no_listen(
    xipc_status want, const char *name, const xipc_pipe_options *options)
{
    xipc_pipe_listener *listener = UNTOUCHED;

    REQUIRE_STATUS(want, xipc_pipe_listen(name, options, XIPC_NOW, &listener));
    REQUIRE(listener == UNTOUCHED);
    REQUIRE(strlen(xipc_detail()) > 0);
}

static void require_no_connect(
    xipc_status want, const char *name, const xipc_pipe_options *options)
{
    xipc_pipe *pipe = UNTOUCHED;

    REQUIRE_STATUS(want, xipc_pipe_connect(name, options, XIPC_NOW, &pipe));
    REQUIRE(pipe == UNTOUCHED);
    REQUIRE(strlen(xipc_detail()) > 0);
}

static void require_no_pipe(const xipc_pipe_options *options)
{
    xipc_pipe *one = UNTOUCHED;
    xipc_pipe *two = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_create(options, &one, &two));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_create_duplex(options, &one, &two));
    REQUIRE(one == UNTOUCHED && two == UNTOUCHED);
}

static void require_nowhere(const xipc_pipe_options *options)
{
    require_no_listen(XIPC_E_INVALID, "a", options);
    require_no_connect(XIPC_E_INVALID, "a", options);
    require_no_pipe(options);
}

SPEC(making_pipes_refuses_options_that_make_no_sense, "GEN-1 GEN-7 PIPE-4")
{
    const xipc_pipe_options good = XIPC_PIPE_OPTIONS_INIT;
    xipc_pipe_options options = good;

    options.options_size--;
    require_nowhere(&options);
    options = good;
    options.mode = (xipc_pipe_mode)2;
    require_nowhere(&options);
    options = good;
    options.flags = 1u << 7;
    require_nowhere(&options);
    options = good;
    options.flags = XIPC_PIPE_READ_ONLY;
    require_nowhere(&options);
    options = good;
    options.message_max = 0;
    require_nowhere(&options);
    options.message_max = XIPC_PIPE_MESSAGE_MAX_LIMIT + 1;
    require_nowhere(&options);
    options = good;
    options.naming.lifetime = XIPC_PERSISTENT;
    require_nowhere(&options);
    options = good;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    require_nowhere(&options);
    options = good;
    options.naming.scope = XIPC_SCOPE_MACHINE;
    require_no_pipe(&options);
    require_nothing_exists();
}

SPEC(names_of_pipes_that_make_no_sense_are_refused, "GEN-1 NAME-1 PIPE-4")
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    require_no_listen(XIPC_E_INVALID, NULL, NULL);
    require_no_listen(XIPC_E_NAME, "", NULL);
    require_no_listen(XIPC_E_NAME, "no/name", NULL);
    require_no_listen(XIPC_E_NAME, "native:", NULL);
    require_no_connect(XIPC_E_INVALID, NULL, NULL);
    require_no_connect(XIPC_E_NAME, "no/name", NULL);
    require_no_connect(XIPC_E_NAME, "native:", NULL);
    options.mode = XIPC_PIPE_MESSAGES;
    require_no_listen(XIPC_E_INVALID, "native:a", &options);
    require_no_connect(XIPC_E_INVALID, "native:a", &options);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_listen("a", NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_connect("a", NULL, XIPC_NOW, NULL));
    require_nothing_exists();
}

SPEC(calls_on_pipes_refuse_what_makes_no_sense, "GEN-1 GEN-7 PIPE-2")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_pipe *other = UNTOUCHED;
    char byte = 'x';
    size_t size = 7;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_create(NULL, NULL, &other));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_create(NULL, &other, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_write(NULL, "a", 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_write(pair.writer, NULL, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_read(NULL, &byte, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_read(pair.reader, NULL, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_read(pair.reader, &byte, 0, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_read(pair.reader, &byte, 1, XIPC_NOW, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_shutdown_write(NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_accept(NULL, XIPC_NOW, &other));
    REQUIRE(other == UNTOUCHED && byte == 'x');
    REQUIRE_UINT(7, size);
    require_dry(pair.reader);
    ends_closed(&pair);
}

SPEC(credentials_refuse_what_makes_no_sense, "GEN-1 GEN-7 PIPE-7")
{
    pipe_pair pair = pair_connected(XIPC_PIPE_BYTES, 0);
    xipc_object *object = xipc_pipe_object(pair.reader);
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_peer_credentials(NULL, &credentials));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_peer_credentials(object, NULL));
    credentials.credentials_size++;
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_peer_credentials(object, &credentials));
    credentials.credentials_size--;
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_peer_credentials(
            xipc_pipe_listener_object(pair.listener), &credentials));
    ends_closed(&pair);
}

SPEC(a_pipe_is_not_removed, "LIFE-5 PIPE-4")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(XIPC_KIND_PIPE, "a", XIPC_SCOPE_USER, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(XIPC_KIND_PIPE, "native:a", XIPC_SCOPE_USER, XIPC_NOW));
    xipc_pipe_listener_close(listener);
}
