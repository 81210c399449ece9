/* SPDX-License-Identifier: Apache-2.0 */
/* serve, call. */
#include <stdio.h>
#include <stdlib.h>

#include "tool/tool_kit.h"

enum { FILE_SIZE = 300001 };

static void
called(const char *want, const char *address, const char *option, const char *n)
{
    tool_result result = TOOL("call", address, "--text", "words", option, n);

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT(want, result.output);
    tool_freed(&result);
}

/* The program is the tool itself, which calls another one: no other program
 * that is there on every system leaves all bytes as they are. */
SPEC(a_file_goes_to_a_program_and_its_answer_comes_back, "CALL-2")
{
    tool echo = TOOL_BEGUN(NULL, "serve", "--count", "1", "echo", "--echo");
    tool client;
    tool server;

    file_made("file", FILE_SIZE, 3);
    client = TOOL_BEGUN(NULL, "call", "sums", "file", "--output", "copy");
    server = TOOL_BEGUN(
        NULL, "serve", "--count", "1", "sums", tool_path(), "call", "echo");
    tool_require_end(0, &client);
    tool_require_end(0, &server);
    tool_require_end(0, &echo);
    require_same_file("copy", FILE_SIZE, 3);
    REQUIRE(remove("file") == 0);
}

SPEC(the_standard_input_is_called_with_and_the_output_has_the_reply, "TOOL-5")
{
    tool server =
        TOOL_BEGUN(NULL, "serve", "--count", "1", "sums", probe_path(), "cat");
    tool_result result;

    text_written("file", "words");
    result = tool_ran("file", (const char *const[]){"call", "sums", NULL});
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);
    tool_require_end(0, &server);
    REQUIRE(remove("file") == 0);
}

SPEC(the_same_is_served_over_a_network, "CALL-8")
{
    char address[XIPC_CALL_ADDRESS_SIZE];
    tool server = TOOL_BEGUN(
        NULL, "serve", "--echo", "--count", "2", "tcp://127.0.0.1:0");

    error_awaited(&server, "listening at ", address, sizeof address);
    called("words", address, "--method", "1");
    called("words", address, "--timeout", "forever");
    tool_require_end(0, &server);
}

SPEC(the_exit_code_of_the_program_is_that_of_the_call, "CALL-2")
{
    tool server = TOOL_BEGUN(
        NULL, "serve", "sums", "--count", "2", probe_path(), "exit", "5");
    tool_result result = TOOL("call", "sums", "--text", "");

    REQUIRE_CODE(5, result);
    require_in(result.error, "sums: method 1 ended with 5");
    tool_freed(&result);
    result = TOOL("call", "sums", "--text", "12", "--json");
    REQUIRE_CODE(5, result);
    require_json(result.output, "address", "\"sums\"");
    require_json(result.output, "method", "1");
    require_json(result.output, "calls", "1");
    require_json(result.output, "sent", "2");
    require_json(result.output, "result", "5");
    require_json(result.output, "received", "0");
    require_json(result.output, "text", "\"\"");
    tool_freed(&result);
    tool_require_end(0, &server);
}

SPEC(each_method_has_a_program, "CALL-1")
{
    char program[1200];
    char absent[] = "7='no such program'";
    tool server;
    tool_result result;

    snprintf(program, sizeof program, "0x3='%s'", probe_path());
    TOOL_CODE(2, "serve", "sums", "--method", program);
    snprintf(program, sizeof program, "3='%s'", probe_path());
    server = TOOL_BEGUN(
        NULL, "serve", "sums", "--echo", "--method", program, "--method",
        absent, "--count", "3");
    called("words", "sums", "--method", "1");
    /* The probe without an order complains. */
    TOOL_CODE(99, "call", "sums", "--text", "", "--method", "3");
    TOOL_CODE(3, "call", "sums", "--text", "", "--method", "4");
    TOOL_CODE(127, "call", "sums", "--text", "", "--method", "7");
    result = tool_ended(&server);
    REQUIRE_CODE(0, result);
    require_in(result.error, "no such program");
    tool_freed(&result);
}

SPEC(the_program_of_a_method_has_arguments, "CALL-1")
{
    char program[1200];
    tool server;

    snprintf(
        program, sizeof program, "2= \"%s\"\tsay 'two  \"words\"'s\\",
        probe_path());
    server =
        TOOL_BEGUN(NULL, "serve", "sums", "--method", program, "--count", "1");
    called("two  \"words\"s\\", "sums", "--method", "2");
    tool_require_end(0, &server);
}

/* Where a link is a plain stream nobody vouches for the client's process. */
SPEC(the_program_is_told_what_it_answers_and_to_whom, "CALL-7")
{
    SPEC_NEEDS(XIPC_FEATURE_CALL_RINGS);
    tool server;
    tool client;
    char program[1200];
    char want[64];
    char *told;

    snprintf(program, sizeof program, "7='%s' environment told", probe_path());
    server =
        TOOL_BEGUN(NULL, "serve", "sums", "--method", program, "--count", "1");
    client =
        TOOL_BEGUN(NULL, "call", "sums", "--text", "words", "--method", "7");
    snprintf(
        want, sizeof want, "XIPC_CLIENT_PROCESS=%lld",
        (long long)xipc_process_id(client.process));
    tool_require_end(0, &client);
    tool_require_end(0, &server);
    told = file_taken("told", NULL);
    require_in(told, "XIPC_METHOD=7");
    require_in(told, "XIPC_ADDRESS=sums");
    require_in(told, want);
    require_in(told, "XIPC_CLIENT_USER=");
    /* And what it would have been told without. */
    require_in(told, "XIPC_RUNTIME_DIR=");
    free(told);
}

/* A program that is told serves itself, and what it starts is not told the
 * same. */
SPEC(over_a_network_the_program_is_not_told_who_calls, "CALL-7 CALL-8")
{
    char port[XIPC_CALL_ADDRESS_SIZE];
    char address[XIPC_CALL_ADDRESS_SIZE + 8];
    char want[XIPC_CALL_ADDRESS_SIZE + 32];
    tool server = TOOL_BEGUN(
        NULL, "serve", "--count", "1", "sums", tool_path(), "serve", "--count",
        "1", "tcp://127.0.0.1:0", probe_path(), "environment", "told");
    tool client = TOOL_BEGUN(NULL, "call", "sums", "--text", "");
    char *told;

    error_awaited(&server, "listening at tcp://", port, sizeof port);
    snprintf(address, sizeof address, "tcp://%s", port);
    TOOL_CODE(0, "call", address, "--text", "");
    tool_require_end(0, &client);
    tool_require_end(0, &server);
    snprintf(want, sizeof want, "XIPC_ADDRESS=%s", address);
    told = file_taken("told", NULL);
    require_in(told, "XIPC_METHOD=1");
    require_in(told, want);
    require_not_in(told, "XIPC_ADDRESS=sums");
    require_not_in(told, "XIPC_CLIENT_");
    free(told);
}

SPEC(a_service_tells_a_program_what_happens, "TOOL-4")
{
    char absent[] = "7='no such program'";
    tool server = TOOL_BEGUN(
        NULL, "serve", "sums", "--echo", "--method", absent, "--count", "2",
        "--json");
    tool_result result;

    called("words", "sums", "--method", "1");
    TOOL_CODE(127, "call", "sums", "--text", "", "--method", "7");
    result = tool_ended(&server);
    REQUIRE_CODE(0, result);
    require_line(result.output, 0, "event", "\"listening\"");
    require_line(result.output, 0, "address", "\"sums\"");
    require_line(result.output, 1, "event", "\"link\"");
    require_line(result.output, 1, "link", "1");
    require_line(result.output, 2, "event", "\"answer\"");
    require_line(result.output, 2, "link", "1");
    require_line(result.output, 2, "method", "1");
    require_line(result.output, 2, "one_way", "false");
    require_line(result.output, 2, "received", "5");
    require_line(result.output, 2, "status", "\"XIPC_OK\"");
    require_line(result.output, 2, "result", "0");
    require_line(result.output, 2, "sent", "5");
    require_line(result.output, 3, "event", "\"gone\"");
    require_line(result.output, 3, "link", "1");
    require_line(result.output, 3, "status", "\"XIPC_E_CLOSED\"");
    require_line(result.output, 4, "link", "2");
    require_line(result.output, 5, "method", "7");
    require_line(result.output, 5, "received", "0");
    require_line(result.output, 5, "result", "127");
    require_line(result.output, 6, "event", "\"gone\"");
    require_line(result.output, 7, "event", "\"end\"");
    require_line(result.output, 7, "answered", "2");
    require_line(result.output, 7, "code", "0");
    tool_freed(&result);
}

SPEC(a_call_one_way_is_answered_though_its_caller_has_left, "CALL-4")
{
    tool server = TOOL_BEGUN(
        NULL, "serve", "sums", "--count", "1", tool_path(), "recv", "jobs",
        "copy");
    tool_result result = TOOL("call", "--post", "sums", "--text", "words");
    xipc_mailbox *box = box_awaited("jobs");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("", result.output);
    tool_freed(&result);
    REQUIRE_OK(xipc_mailbox_send(box, "late", 4, NULL, XIPC_FOREVER));
    tool_require_end(0, &server);
    require_file("copy", "late");
    xipc_mailbox_close(box);
}

SPEC(many_calls_tell_how_fast_they_were, "TOOL-4")
{
    tool server = TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "51");
    tool_result result =
        TOOL("call", "sums", "--text", "words", "--count", "50");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    require_in(result.error, "50 calls in ");
    tool_freed(&result);
    /* Only one more is wanted. */
    TOOL_CODE(8, "call", "sums", "--text", "words", "--count", "2");
    tool_require_end(0, &server);
}

SPEC(a_program_whose_caller_is_gone_is_killed, "CALL-5 CALL-6")
{
    /* It waits until its message is received, which nobody does. */
    tool server = TOOL_BEGUN(
        NULL, "serve", "--json", "sums", "--count", "1", tool_path(), "send",
        "jobs");
    tool client = TOOL_BEGUN(NULL, "call", "sums", "--text", "words");
    xipc_mailbox *box = box_awaited("jobs");
    tool_result gone;

    depth_awaited(box, 1);
    REQUIRE_OK(xipc_process_terminate(client.process));
    gone = tool_ended(&client);
    tool_freed(&gone);
    gone = tool_ended(&server);
    REQUIRE_CODE(0, gone);
    require_in(gone.output, "\"status\": \"XIPC_E_CANCELED\"");
    tool_freed(&gone);
    xipc_mailbox_close(box);
}

SPEC(as_many_are_answered_at_once_as_there_are_workers, "CALL-1")
{
    /* Each waits until its message is received. */
    tool server = TOOL_BEGUN(
        NULL, "serve", "--workers", "2", "--count", "2", "sums", tool_path(),
        "send", "jobs");
    tool one = TOOL_BEGUN(NULL, "call", "sums", "--text", "words");
    tool other = TOOL_BEGUN(NULL, "call", "sums", "--text", "words");
    xipc_mailbox *box = box_awaited("jobs");
    uint32_t capacity = xipc_mailbox_message_max(box);
    char *bytes = malloc(capacity);
    size_t size;

    REQUIRE(bytes != NULL);
    depth_awaited(box, 2);
    for (int message = 0; message < 2; message++) {
        REQUIRE_OK(xipc_mailbox_receive(
            box, bytes, capacity, &size, NULL, XIPC_FOREVER));
    }
    free(bytes);
    tool_require_end(0, &one);
    tool_require_end(0, &other);
    tool_require_end(0, &server);
    xipc_mailbox_close(box);
}

SPEC(a_program_that_is_late_is_killed, "TOOL-8")
{
    tool server = TOOL_BEGUN(
        NULL, "serve", "--count", "1", "sums", "--timeout", "20ms",
        probe_path(), "sleep");
    tool_result result = TOOL("call", "sums", "--text", "", "--json");

    REQUIRE(result.code >= 128);
    require_json(result.output, "received", "0");
    tool_freed(&result);
    result = tool_ended(&server);
    REQUIRE_CODE(0, result);
    require_in(result.error, "was killed");
    tool_freed(&result);
}

SPEC(what_one_side_does_not_take_the_other_one_is_told, "CALL-3")
{
    tool server = TOOL_BEGUN(
        NULL, "serve", "--count", "1", "--payload-max", "4", "sums", "--echo",
        "--method", "2=no such program");
    tool_result result = TOOL("call", "sums", "--text", "words");

    REQUIRE_CODE(8, result);
    require_in(result.error, "--payload-max");
    tool_freed(&result);
    TOOL_CODE(8, "call", "sums", "--text", "four", "--payload-max", "3");
    tool_require_end(0, &server);
}

SPEC(a_program_that_writes_too_much_is_not_heard_out, "CALL-3")
{
    tool server = TOOL_BEGUN(
        NULL, "serve", "--count", "1", "sums", probe_path(), "say", "words");

    TOOL_CODE(8, "call", "sums", "--text", "", "--payload-max", "4");
    tool_require_end(0, &server);
}

SPEC(what_is_no_call_or_has_no_service_is_told_apart, "TOOL-1")
{
    TOOL_CODE(4, "call", "sums", "--text", "", "--timeout", "10ms");
    TOOL_CODE(3, "call", "tcp://127.0.0.1:1", "--text", "", "--timeout", "now");
    TOOL_CODE(2, "call");
    TOOL_CODE(2, "call", "over there", "--text", "");
    TOOL_CODE(2, "call", "sums", "--text", "", "--count", "0");
    TOOL_CODE(2, "call", "sums", "--text", "", "file");
    TOOL_CODE(2, "call", "sums", "--text", "", "--method", "4294967296");
    TOOL_CODE(2, "call", "sums", "--text", "", "--payload-max", "2G");
    TOOL_CODE(2, "call", "sums", "--text", "", "--post", "--output", "copy");
    TOOL_CODE(1, "call", "sums", "no such file");
    TOOL_CODE(1, "call", "sums", "--text", "", "--output", "no folder/copy");
    TOOL_CODE(2, "serve", "sums");
    TOOL_CODE(2, "serve", "sums", "--echo", "cat");
    TOOL_CODE(2, "serve", "sums", "--echo", "--method", "1=cat");
    TOOL_CODE(2, "serve", "sums", "--method", "cat");
    TOOL_CODE(2, "serve", "sums", "--method", "2=");
    TOOL_CODE(2, "serve", "sums", "--method", "2= ");
    TOOL_CODE(2, "serve", "sums", "--method", "2=cat 'no end");
    TOOL_CODE(2, "serve", "sums", "--echo", "--workers", "0");
    TOOL_CODE(2, "serve", "sums", "--echo", "--payload-max", "0");
    TOOL_CODE(2, "serve", "over there", "--echo");
}

SPEC(a_service_is_listed_and_its_address_is_taken, "LIFE-7")
{
    tool server = TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "1");
    char rest[64];
    tool_result result;

    error_awaited(&server, "listening at ", rest, sizeof rest);
    result = TOOL("ls", "--json", "--kind", "call", "--scope", "user");
    REQUIRE_CODE(0, result);
    require_json(result.output, "0.kind", "\"call\"");
    require_json(result.output, "0.name", "\"sums\"");
    tool_freed(&result);
    TOOL_CODE(5, "serve", "sums", "--echo");
    called("words", "sums", "--count", "1");
    tool_require_end(0, &server);
}
