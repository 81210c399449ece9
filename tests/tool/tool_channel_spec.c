/* SPDX-License-Identifier: Apache-2.0 */
/* pipe listen, pipe connect, sock listen, sock connect, sock send, sock recv.
 */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

enum { FILE_SIZE = 300001 };

static void carried(tool *one, tool *other)
{
    require_carried(one, other, FILE_SIZE, 2);
}

/* ---- pipes ---- */

SPEC(a_file_goes_through_a_pipe, "PIPE-4")
{
    tool client;
    tool server;

    file_made("file", FILE_SIZE, 2);
    client = TOOL_BEGUN(NULL, "pipe", "connect", "jobs", "file");
    server = TOOL_BEGUN(NULL, "pipe", "listen", "jobs", "copy");
    carried(&client, &server);
}

SPEC(a_file_goes_from_who_listens_to_who_connects, "PIPE-4")
{
    tool server;
    tool client;

    file_made("file", FILE_SIZE, 2);
    server = tool_begun(
        "file",
        (const char *const[]){"pipe", "listen", "--send", "jobs", NULL});
    client = TOOL_BEGUN(NULL, "pipe", "connect", "--receive", "jobs", "copy");
    carried(&server, &client);
}

SPEC(who_listens_takes_messages, "PIPE-5")
{
    tool server =
        TOOL_BEGUN(NULL, "pipe", "listen", "jobs", "copy", "--messages");
    xipc_pipe *pipe;

    REQUIRE_OK(xipc_pipe_connect("jobs", NULL, XIPC_FOREVER, &pipe));
    REQUIRE_UINT(XIPC_PIPE_MESSAGE_MAX_DEFAULT, xipc_pipe_message_max(pipe));
    REQUIRE_OK(xipc_pipe_write(pipe, "one", 3, XIPC_FOREVER, NULL));
    REQUIRE_OK(xipc_pipe_write(pipe, NULL, 0, XIPC_FOREVER, NULL));
    REQUIRE_OK(xipc_pipe_write(pipe, "two", 3, XIPC_FOREVER, NULL));
    xipc_pipe_close(pipe);
    tool_require_end(0, &server);
    require_file("copy", "onetwo");
}

SPEC(what_comes_back_goes_to_the_standard_output, "TOOL-5")
{
    xipc_pipe_listener *listener;
    xipc_pipe *pipe;
    tool client;
    tool_result result;
    char byte;
    size_t size;

    text_written("file", "?");
    REQUIRE_OK(xipc_pipe_listen("jobs", NULL, XIPC_NOW, &listener));
    client = TOOL_BEGUN(NULL, "pipe", "connect", "jobs", "file");
    REQUIRE_OK(xipc_pipe_accept(listener, XIPC_FOREVER, &pipe));
    REQUIRE_OK(xipc_pipe_read(pipe, &byte, 1, XIPC_FOREVER, &size));
    REQUIRE_STATUS(
        XIPC_E_CLOSED, xipc_pipe_read(pipe, &byte, 1, XIPC_FOREVER, &size));
    REQUIRE_OK(xipc_pipe_write(pipe, "answer", 6, XIPC_FOREVER, NULL));
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);

    result = tool_ended(&client);
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("answer", result.output);
    tool_freed(&result);
    REQUIRE(remove("file") == 0);
}

SPEC(a_pipe_without_the_other_side_ends_in_time, "TOOL-8")
{
    xipc_pipe_listener *listener;

    TOOL_CODE(4, "pipe", "connect", "jobs", "--timeout", "10ms");
    TOOL_CODE(4, "pipe", "listen", "jobs", "copy", "--timeout", "10ms");
    REQUIRE_OK(xipc_pipe_listen("jobs", NULL, XIPC_NOW, &listener));
    TOOL_CODE(5, "pipe", "listen", "jobs", "copy");
    xipc_pipe_listener_close(listener);
    TOOL_CODE(2, "pipe", "listen", "jobs", "--message-max", "0");
    TOOL_CODE(2, "pipe", "connect");
}

SPEC(a_file_of_no_use_is_not_waited_with, "TOOL-7")
{
    TOOL_CODE(
        1, "pipe", "listen", "jobs", "no such directory/file", "--timeout",
        "10ms");
    TOOL_CODE(1, "pipe", "connect", "jobs", "no file", "--timeout", "10ms");
    TOOL_CODE(2, "pipe", "listen", "jobs", "--json", "--timeout", "10ms");
    TOOL_CODE(
        1, "ring", "recv", "jobs", "no such directory/file", "--timeout",
        "10ms");
    TOOL_CODE(1, "peer", "send", "jobs", "no file", "--timeout", "10ms");
    TOOL_CODE(
        1, "peer", "recv", "jobs", "no such directory/file", "--timeout",
        "10ms");
    TOOL_CODE(
        1, "sock", "listen", "tcp://127.0.0.1:0", "no such directory/file",
        "--timeout", "10ms");
    TOOL_CODE(
        1, "sock", "recv", "udp://127.0.0.1:0", "no such directory/file",
        "--timeout", "10ms");
}

/* ---- sockets ---- */

SPEC(a_file_goes_over_a_socket, "SOCK-2")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool server;
    tool client;

    file_made("file", FILE_SIZE, 2);
    server = TOOL_BEGUN(NULL, "sock", "listen", "tcp://127.0.0.1:0", "copy");
    error_awaited(&server, "listening at ", uri, sizeof uri);
    client = TOOL_BEGUN(NULL, "sock", "connect", uri, "file");
    carried(&server, &client);
}

SPEC(a_program_is_told_how_much_was_sent, "TOOL-4")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool server;
    tool_result result;

    text_written("file", "four");
    server = TOOL_BEGUN(NULL, "sock", "listen", "tcp://127.0.0.1:0", "copy");
    error_awaited(&server, "listening at ", uri, sizeof uri);
    result = TOOL("sock", "connect", "--json", uri, "file");
    REQUIRE_CODE(0, result);
    require_json(result.output, "bytes", "4");
    tool_freed(&result);
    tool_require_end(0, &server);
    require_file("copy", "four");
    REQUIRE(remove("file") == 0);
}

SPEC(a_socket_is_tried_until_somebody_listens, "TOOL-5")
{
    SPEC_NEEDS(XIPC_FEATURE_SOCKET_LOCAL);
    tool client;
    tool server;

    file_made("file", FILE_SIZE, 2);
    client = TOOL_BEGUN(NULL, "sock", "connect", "unix:jobs", "file");
    server = TOOL_BEGUN(NULL, "sock", "listen", "unix:jobs", "copy");
    carried(&client, &server);
}

SPEC(what_is_no_address_or_has_no_listener_is_told_apart, "TOOL-1")
{
    TOOL_CODE(2, "sock", "connect", "over there");
    TOOL_CODE(3, "sock", "connect", "tcp://127.0.0.1:1", "--timeout", "now");
    TOOL_CODE(4, "sock", "connect", "tcp://127.0.0.1:1", "--timeout", "60ms");
    TOOL_CODE(2, "sock", "listen", "tcp://127.0.0.1:0", "--send", "--receive");
    TOOL_CODE(2, "sock", "send", "udp://127.0.0.1:1", "--size", "65508");
    TOOL_CODE(2, "sock", "recv", "udp://127.0.0.1:0", "--json");
    TOOL_CODE(
        4, "sock", "recv", "udp://127.0.0.1:0", "copy", "--timeout", "10ms");
}

/* And whoever listens there does not take it for a client. */
SPEC(datagrams_and_streams_are_not_taken_for_one_another, "TOOL-1")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool_result result;
    tool server;

    text_written("file", "four");
    server = TOOL_BEGUN(NULL, "sock", "listen", "tcp://127.0.0.1:0", "copy");
    error_awaited(&server, "listening at ", uri, sizeof uri);
    result = TOOL("sock", "send", uri, "file");
    REQUIRE_CODE(2, result);
    require_in(result.error, "xipc sock connect");
    tool_freed(&result);
    TOOL_CODE(0, "sock", "connect", uri, "file");
    tool_require_end(0, &server);
    require_file("copy", "four");
    TOOL_CODE(2, "sock", "send", "unix:jobs", "file");
    result = TOOL("sock", "connect", "udp://127.0.0.1:1", "file");
    REQUIRE_CODE(2, result);
    require_in(result.error, "xipc sock send");
    tool_freed(&result);
    TOOL_CODE(2, "sock", "listen", "udp://127.0.0.1:0", "copy");
    REQUIRE(remove("file") == 0);
}

SPEC(both_sides_count_the_same_datagrams, "TOOL-4")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool receiver;
    tool_result result;

    text_written("file", "four");
    receiver =
        TOOL_BEGUN(NULL, "sock", "recv", "--json", "udp://127.0.0.1:0", "copy");
    error_awaited(&receiver, "listening at ", uri, sizeof uri);
    result = TOOL("sock", "send", "--json", "--size", "3", uri, "file");
    REQUIRE_CODE(0, result);
    require_json(result.output, "datagrams", "2");
    require_json(result.output, "bytes", "4");
    tool_freed(&result);
    result = tool_ended(&receiver);
    REQUIRE_CODE(0, result);
    require_json(result.output, "datagrams", "2");
    require_json(result.output, "bytes", "4");
    tool_freed(&result);
    require_file("copy", "four");
    REQUIRE(remove("file") == 0);
}

SPEC(a_file_goes_in_datagrams_up_to_an_empty_one, "SOCK-2")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool receiver;

    /* Few enough that none is lost on this machine. */
    file_made("file", 3000, 2);
    receiver = TOOL_BEGUN(NULL, "sock", "recv", "udp://127.0.0.1:0", "copy");
    error_awaited(&receiver, "listening at ", uri, sizeof uri);
    TOOL_CODE(0, "sock", "send", uri, "file");
    tool_require_end(0, &receiver);
    require_same_file("copy", 3000, 2);
    REQUIRE(remove("file") == 0);
}
