/* SPDX-License-Identifier: Apache-2.0 */
/* serve --into, call --pieces: a file by calls. */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

/* Longer than one request of them all. */
enum { FILE_SIZE = 3000001, HEAD_SIZE = 32, PIECE_ROOM = 64, STEP = 10 };

#define PIECES UINT32_C(0x63656970)

/* ---- what the tool does by itself ---- */

static void
sent_and_taken(const char *input, const char *const *sender, size_t size)
{
    tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
    tool_result result = tool_ran(input, sender);

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("", result.output);
    REQUIRE_TEXT("", result.error);
    tool_freed(&result);
    tool_require_end(0, &server);
    require_same_file("copy", size, 5);
    REQUIRE(remove("file") == 0);
}

SPEC(a_file_of_any_size_goes_by_calls, "CALL-2")
{
    file_made("file", FILE_SIZE, 5);
    sent_and_taken(
        NULL, (const char *const[]){"call", "files", "--pieces", "file", NULL},
        FILE_SIZE);
}

SPEC(an_empty_file_goes_by_calls, "CALL-3")
{
    file_made("file", 0, 5);
    sent_and_taken(
        NULL, (const char *const[]){"call", "files", "--pieces", "file", NULL},
        0);
}

SPEC(what_comes_in_goes_by_calls, "CALL-2")
{
    file_made("file", FILE_SIZE, 5);
    sent_and_taken(
        "file", (const char *const[]){"call", "files", "--pieces", NULL},
        FILE_SIZE);
}

SPEC(a_file_goes_by_calls_over_a_network, "CALL-8")
{
    char address[XIPC_CALL_ADDRESS_SIZE];
    tool server = TOOL_BEGUN(NULL, "serve", "--into", "-", "tcp://127.0.0.1:0");
    tool_result result;

    text_written("file", "words");
    error_awaited(&server, "listening at ", address, sizeof address);
    TOOL_CODE(0, "call", address, "--pieces", "file");
    result = tool_ended(&server);
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);
    REQUIRE(remove("file") == 0);
}

SPEC(both_sides_tell_a_program_what_was_moved, "TOOL-4")
{
    SPEC_NEEDS(XIPC_FEATURE_CALL_RINGS); /* the client's process is told */
    tool server =
        TOOL_BEGUN(NULL, "serve", "files", "--into", "copy", "--json");
    char process[32];
    tool_result result;
    tool client;

    file_made("file", FILE_SIZE, 5);
    client = TOOL_BEGUN(NULL, "call", "files", "--pieces", "file", "--json");
    snprintf(
        process, sizeof process, "%lld",
        (long long)xipc_process_id(client.process));
    result = tool_ended(&client);
    REQUIRE_CODE(0, result);
    require_json(result.output, "address", "\"files\"");
    require_json(result.output, "bytes", "3000001");
    tool_freed(&result);

    result = tool_ended(&server);
    REQUIRE_CODE(0, result);
    require_line(result.output, 0, "event", "\"listening\"");
    require_line(result.output, 0, "address", "\"files\"");
    require_line(result.output, 1, "event", "\"link\"");
    require_line(result.output, 1, "link", "1");
    require_line(result.output, 1, "process", process);
    require_line(result.output, 2, "event", "\"file\"");
    require_line(result.output, 2, "file", "\"copy\"");
    require_line(result.output, 2, "bytes", "3000001");
    require_line(result.output, 3, "event", "\"gone\"");
    require_line(result.output, 3, "link", "1");
    require_line(result.output, 4, "event", "\"end\"");
    require_line(result.output, 4, "code", "0");
    tool_freed(&result);
    require_same_file("copy", FILE_SIZE, 5);
    REQUIRE(remove("file") == 0);
}

SPEC(what_takes_or_sends_no_file_by_calls_says_so, "TOOL-1")
{
    tool server = TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "1");

    text_written("file", "words");
    TOOL_CODE(3, "call", "sums", "--pieces", "file");
    TOOL_CODE(0, "call", "sums", "file");
    tool_require_end(0, &server);
    TOOL_CODE(1, "call", "files", "--pieces", "no such file");
    TOOL_CODE(2, "call", "files", "--pieces", "--text", "words");
    TOOL_CODE(2, "call", "files", "--pieces", "file", "--output", "copy");
    TOOL_CODE(2, "call", "files", "--pieces", "file", "--post");
    TOOL_CODE(2, "call", "files", "--pieces", "file", "--count", "2");
    TOOL_CODE(2, "call", "files", "--pieces", "file", "--method", "2");
    TOOL_CODE(2, "serve", "files", "--into", "copy", "--echo");
    TOOL_CODE(2, "serve", "files", "--into", "copy", "cat");
    TOOL_CODE(2, "serve", "files", "--into", "copy", "--count", "2");
    TOOL_CODE(2, "serve", "files", "--into", "copy", "--workers", "2");
    TOOL_CODE(2, "serve", "files", "--into", "-", "--json");
    TOOL_CODE(2, "serve", "over there", "--into", "copy");
    TOOL_CODE(1, "serve", "files", "--into", "no such folder/copy");
    TOOL_CODE(4, "serve", "files", "--into", "copy", "--timeout", "10ms");
    REQUIRE(remove("file") == 0);
}

/* ---- senders by hand ---- */

static xipc_link *link_to_files(void)
{
    xipc_link *link = NULL;

    REQUIRE_OK(xipc_call_connect(NULL, "files", NULL, XIPC_FOREVER, &link));
    return link;
}

static void put(unsigned char *bytes, uint64_t value, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(value >> (8 * at) & 0xff);
    }
}

/* Sends a piece, and returns the code that comes back. */
static int piece(
    xipc_link *link, uint64_t file, uint64_t offset, const char *text, int end)
{
    unsigned char bytes[HEAD_SIZE + PIECE_ROOM] = {0};
    size_t size = strlen(text);
    xipc_call_data request = {.data = bytes, .size = HEAD_SIZE + size};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;

    REQUIRE(size < PIECE_ROOM);
    put(bytes, file, 8);
    put(bytes + 8, offset, 8);
    put(bytes + 16, UINT64_MAX, 8);
    put(bytes + 28, (uint64_t)end, 4);
    snprintf((char *)bytes + HEAD_SIZE, PIECE_ROOM, "%s", text);
    REQUIRE_OK(xipc_call(link, PIECES, &request, &answer, XIPC_FOREVER));
    return answer.result;
}

SPEC(what_stood_in_the_file_stays_until_the_new_one_is_whole, "TOOL-6")
{
    tool server;
    tool_result result;
    xipc_link *link;

    text_written("copy", "old");
    server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy", "--json");
    link = link_to_files();
    REQUIRE_UINT(0, (uint64_t)piece(link, 1, 0, "half", 0));
    xipc_link_close(link);
    result = tool_ended(&server);
    REQUIRE_CODE(7, result);
    require_in(result.error, "4 bytes came, and are not all");
    require_line(result.output, 2, "event", "\"gone\"");
    require_line(result.output, 3, "event", "\"end\"");
    require_line(result.output, 3, "code", "7");
    tool_freed(&result);
    require_file("copy", "old");
    /* And nothing else is there: the case would fail. */
}

SPEC(the_answer_to_the_last_piece_says_that_the_file_is_whole, "TOOL-6")
{
    tool server;
    xipc_link *link;

    text_written("copy", "old");
    server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
    link = link_to_files();
    REQUIRE_UINT(0, (uint64_t)piece(link, 1, 0, "one", 0));
    REQUIRE_UINT(0, (uint64_t)piece(link, 1, 3, "two", 1));
    require_file("copy", "onetwo");
    xipc_link_close(link);
    tool_require_end(0, &server);
}

SPEC(a_piece_out_of_turn_and_a_second_sender_are_refused, "TOOL-5")
{
    tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
    xipc_link *link = link_to_files();
    xipc_link *other = link_to_files();
    tool_result result;

    text_written("file", "words");
    REQUIRE_UINT(5, (uint64_t)piece(link, 1, 3, "too early", 0));
    REQUIRE_UINT(0, (uint64_t)piece(link, 1, 0, "one", 0));
    REQUIRE_UINT(5, (uint64_t)piece(link, 1, 0, "again", 0));
    REQUIRE_UINT(5, (uint64_t)piece(link, 1, 4, "too far", 0));
    REQUIRE_UINT(5, (uint64_t)piece(link, 2, 3, "another file", 0));
    REQUIRE_UINT(5, (uint64_t)piece(other, 1, 3, "another's", 1));
    result = TOOL("call", "files", "--pieces", "file");
    REQUIRE_CODE(5, result);
    require_in(result.error, "refused");
    tool_freed(&result);
    REQUIRE_UINT(0, (uint64_t)piece(link, 1, 3, "two", 1));
    xipc_link_close(link);
    xipc_link_close(other);
    tool_require_end(0, &server);
    require_file("copy", "onetwo");
    REQUIRE(remove("file") == 0);
}

SPEC(a_client_that_sends_no_pieces_harms_nobody, "CALL-10")
{
    tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
    static const char long_one[1 << 20];
    xipc_call_data request = {.data = "no piece", .size = 8};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_link *link = link_to_files();

    REQUIRE_OK(xipc_call(link, PIECES, &request, &answer, XIPC_FOREVER));
    REQUIRE_UINT(2, (uint64_t)answer.result);
    REQUIRE_OK(xipc_call(link, PIECES, NULL, &answer, XIPC_FOREVER));
    REQUIRE_UINT(2, (uint64_t)answer.result);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_call(link, 1, &request, &answer, XIPC_FOREVER));
    request.data = long_one;
    request.size = sizeof long_one;
    REQUIRE_STATUS(
        XIPC_E_TOO_BIG,
        xipc_call(link, PIECES, &request, &answer, XIPC_FOREVER));

    file_made("file", FILE_SIZE, 5);
    TOOL_CODE(0, "call", "files", "--pieces", "file");
    tool_require_end(0, &server);
    require_same_file("copy", FILE_SIZE, 5);
    xipc_link_close(link);
    REQUIRE(remove("file") == 0);
}

/* ---- killed ---- */

/* Sends what comes through the pipe. */
static tool sender_begun(xipc_pipe **input)
{
    const char *arguments[] = {tool_path(), "call", "files", "--pieces", NULL};
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    tool self = {NULL, "sender-output", "sender-error"};
    xipc_native_handle output = native_file_made(self.output);
    xipc_native_handle error = native_file_made(self.error);
    xipc_pipe *its_input = NULL;

    REQUIRE_OK(xipc_pipe_create(NULL, &its_input, input));
    options.input.kind = XIPC_STREAM_OBJECT;
    options.input.object = xipc_pipe_object(its_input);
    options.output.kind = XIPC_STREAM_NATIVE;
    options.output.native = output;
    options.error.kind = XIPC_STREAM_NATIVE;
    options.error.native = error;
    REQUIRE_OK(xipc_spawn(tool_path(), arguments, &options, &self.process));
    xipc_pipe_close(its_input);
    native_file_closed(output);
    native_file_closed(error);
    return self;
}

static size_t size_of(const char *name)
{
    FILE *file = fopen(name, "rb");
    long size = 0;

    if (file) {
        REQUIRE(fseek(file, 0, SEEK_END) == 0);
        size = ftell(file);
        fclose(file);
    }
    return (size_t)size;
}

/* So many pieces more, each of which has arrived before the next is sent. */
static void fed(xipc_pipe *input, const tool *sender, int count)
{
    for (int step = 1; step <= count; step++) {
        size_t want = size_of("copy.part") + STEP;

        REQUIRE_OK(
            xipc_pipe_write(input, "0123456789", STEP, XIPC_FOREVER, NULL));
        while (size_of("copy.part") != want) {
            REQUIRE_STATUS(
                XIPC_E_TIMEOUT,
                xipc_process_wait(sender->process, xipc_after_ms(2), NULL));
        }
    }
}

static void killed(tool *one)
{
    tool_result gone;

    REQUIRE_OK(xipc_process_terminate(one->process));
    gone = tool_ended(one);
    tool_freed(&gone);
}

SPEC(whoever_receives_says_that_the_sender_was_killed, "CALL-6")
{
    for (int count = 1; count <= 3; count++) {
        tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
        xipc_pipe *input = NULL;
        tool sender = sender_begun(&input);
        tool_result result;

        fed(input, &sender, count);
        killed(&sender);
        result = tool_ended(&server);
        REQUIRE_CODE(7, result);
        require_in(result.error, "0 bytes came, and are not all");
        tool_freed(&result);
        xipc_pipe_close(input);
    }
}

SPEC(whoever_sends_says_that_the_receiver_was_killed, "CALL-6")
{
    for (int count = 1; count <= 3; count++) {
        tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
        xipc_pipe *input = NULL;
        tool sender = sender_begun(&input);
        tool_result result;

        fed(input, &sender, count);
        killed(&server);
        xipc_pipe_close(input);
        result = tool_ended(&sender);
        REQUIRE_CODE(7, result);
        require_in(result.error, "files");
        tool_freed(&result);
        REQUIRE(remove("copy.part") == 0);
    }
    TOOL_CODE(0, "sweep");
}
