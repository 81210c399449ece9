/* SPDX-License-Identifier: Apache-2.0 */
/* send and recv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool_kit.h"

/* Many pieces, and not a whole number of them. */
enum { FILE_SIZE = 300001, OTHER_SIZE = 200003 };

static xipc_mailbox *box_created(uint32_t capacity, uint32_t message_max)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box;

    options.capacity = capacity;
    options.message_max = message_max;
    REQUIRE_OK(xipc_mailbox_create("jobs", &options, XIPC_NOW, &box));
    return box;
}

static void require_message(xipc_mailbox *box, const char *text)
{
    char buffer[128];
    size_t size;

    REQUIRE_OK(xipc_mailbox_receive(
        box, buffer, sizeof buffer - 1, &size, NULL, XIPC_FOREVER));
    buffer[size] = '\0';
    REQUIRE_TEXT(text, buffer);
}

SPEC(a_small_file_is_one_message, "MBOX-1")
{
    xipc_mailbox *box = box_created(4, 100);
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    char buffer[100];
    size_t size;

    text_written("file", "five\n");
    TOOL_CODE(
        0, "send", "jobs", "file", "--type", "77", "--priority=3", "--no-wait");

    REQUIRE_OK(xipc_mailbox_receive(
        box, buffer, sizeof buffer, &size, &envelope, XIPC_NOW));
    REQUIRE_UINT(5, size);
    REQUIRE(memcmp(buffer, "five\n", 5) == 0);
    REQUIRE_UINT(77, envelope.type);
    REQUIRE_UINT(3, envelope.priority);
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(what_goes_with_a_box_that_nobody_else_has_is_said, "LIFE-1")
{
    tool_result result;
    xipc_mailbox *box;

    text_written("file", "five\n");
    result = TOOL("send", "jobs", "file", "--no-wait");
    REQUIRE_CODE(0, result);
    require_in(result.error, "jobs: nobody else has it open");
    tool_freed(&result);
    box = box_created(4, 100);
    result = TOOL("send", "jobs", "file", "--no-wait");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("", result.error);
    tool_freed(&result);
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(lines_are_messages, "TOOL-5")
{
    xipc_mailbox *box = box_created(4, 100);
    tool_result result;

    text_written("lines", "one\n\nthree");
    result = tool_ran(
        "lines", (const char *const[]){
                     "send", "--lines", "--json", "--no-wait", "jobs", NULL});
    REQUIRE_CODE(0, result);
    require_json(result.output, "messages", "3");
    require_json(result.output, "bytes", "8");
    tool_freed(&result);
    require_message(box, "one");
    require_message(box, "");
    require_message(box, "three");
    xipc_mailbox_close(box);
    REQUIRE(remove("lines") == 0);
}

SPEC(what_is_received_is_what_was_sent, "TOOL-5")
{
    xipc_mailbox *box = box_created(4, 100);
    tool_result result;

    REQUIRE_OK(xipc_mailbox_send(box, "a\0b", 3, NULL, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_send(box, "c", 1, NULL, XIPC_NOW));
    result = TOOL("recv", "jobs");
    REQUIRE_CODE(0, result);
    REQUIRE_UINT(3, result.output_size);
    REQUIRE(memcmp(result.output, "a\0b", 3) == 0);
    tool_freed(&result);
    result = TOOL("recv", "jobs", "--lines", "--count", "1");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("c\n", result.output);
    tool_freed(&result);
    xipc_mailbox_close(box);
}

SPEC(a_program_is_told_all_of_a_message, "TOOL-4")
{
    xipc_mailbox *box = box_created(4, 100);
    xipc_postage postage = XIPC_POSTAGE_INIT;
    tool_result result;
    char *second;

    postage.type = 5;
    REQUIRE_OK(xipc_mailbox_send(box, "a\"\n", 3, &postage, XIPC_NOW));
    REQUIRE_OK(xipc_mailbox_send(box, "\xff\0", 2, &postage, XIPC_NOW));
    result = TOOL("recv", "--json", "jobs", "--count", "0", "--timeout", "now");
    REQUIRE_CODE(0, result);
    second = strchr(result.output, '\n');
    REQUIRE(second != NULL);
    *second++ = '\0';
    require_json(result.output, "type", "5");
    require_json(result.output, "text", "\"a\\\"\\n\"");
    require_json(second, "base64", "\"/wA=\"");
    require_json(second, "sequence", "2");
    tool_freed(&result);
    xipc_mailbox_close(box);
}

static void carry(tool *first, tool *second)
{
    tool_require_end(0, first);
    tool_require_end(0, second);
    require_same_file("copy", FILE_SIZE, 1);
    REQUIRE(remove("file") == 0);
    require_nothing_exists();
}

SPEC(a_large_file_is_sent_and_then_received, "TOOL-5")
{
    tool sender;
    tool receiver;
    xipc_mailbox *box;

    file_made("file", FILE_SIZE, 1);
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    box = box_awaited("jobs");
    depth_awaited(box, 5);
    xipc_mailbox_close(box);
    receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");
    carry(&receiver, &sender);
}

SPEC(a_large_file_is_received_by_one_that_was_there_before, "TOOL-5")
{
    tool sender;
    tool receiver;

    file_made("file", FILE_SIZE, 1);
    receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");
    xipc_mailbox_close(box_awaited("jobs"));
    sender =
        tool_begun("file", (const char *const[]){"send", "jobs", "-", NULL});
    carry(&receiver, &sender);
}

SPEC(a_large_file_goes_through_a_queue_of_the_systems, "TOOL-5")
{
    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    tool sender;
    tool receiver;

    file_made("file", FILE_SIZE, 1);
    sender = TOOL_BEGUN(NULL, "send", "--native", "jobs", "file");
    receiver = TOOL_BEGUN(NULL, "recv", "--native", "jobs", "copy");
    carry(&receiver, &sender);
}

SPEC(what_is_in_a_queue_of_the_systems_is_waited_for_too, "TOOL-5")
{
    SPEC_NEEDS(XIPC_FEATURE_NATIVE_RECEIVERS);
    tool sender;
    tool_result result;

    text_written("file", "small");
    sender = TOOL_BEGUN(NULL, "send", "--native", "jobs", "file");
    xipc_mailbox_close(box_awaited("jobs"));
    result = TOOL("recv", "jobs");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("small", result.output);
    tool_freed(&result);
    tool_require_end(0, &sender);
    REQUIRE(remove("file") == 0);
}

SPEC(files_of_two_senders_do_not_mix, "TOOL-5")
{
    tool senders[2];
    xipc_mailbox *box = box_created(4, 4096);

    file_made("file", FILE_SIZE, 1);
    file_made("other", OTHER_SIZE, 1);
    senders[0] = TOOL_BEGUN(NULL, "send", "jobs", "file");
    senders[1] = TOOL_BEGUN(NULL, "send", "jobs", "other");
    TOOL_CODE(0, "recv", "jobs", "copy");
    TOOL_CODE(0, "recv", "jobs", "copy2");
    tool_require_end(0, &senders[0]);
    tool_require_end(0, &senders[1]);
    xipc_mailbox_close(box);

    /* Either came first; the shorter one is the beginning of the longer. */
    size_t size;
    char *bytes = file_taken("copy", &size);

    free(bytes);
    require_same_file("copy2", size == FILE_SIZE ? OTHER_SIZE : FILE_SIZE, 1);
    REQUIRE(remove("file") == 0);
    REQUIRE(remove("other") == 0);
}

SPEC(a_message_that_comes_between_the_pieces_is_kept, "TOOL-5")
{
    xipc_mailbox *box = box_created(2, 4096);
    tool sender;

    file_made("file", FILE_SIZE, 1);
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    depth_awaited(box, 2);

    tool receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");

    REQUIRE_OK(xipc_mailbox_send(box, "note", 4, NULL, XIPC_FOREVER));
    tool_require_end(0, &receiver);
    tool_result result = TOOL("recv", "jobs");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("note", result.output);
    tool_freed(&result);
    tool_require_end(0, &sender);
    require_same_file("copy", FILE_SIZE, 1);
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(the_death_of_the_sender_ends_a_file, "TOOL-6")
{
    xipc_mailbox *box = box_created(2, 4096);
    tool sender;

    file_made("file", FILE_SIZE, 1);
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    depth_awaited(box, 2);
    process_killed(sender.process);
    free(file_taken(sender.output, NULL));
    free(file_taken(sender.error, NULL));

    TOOL_CODE(7, "recv", "jobs", "copy");

    free(file_taken("copy", NULL));
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(the_rest_of_a_file_whose_receiver_was_killed_is_left_out, "TOOL-6")
{
    xipc_mailbox *box = box_created(2, 4096);
    tool sender;
    tool receiver;
    tool_result result;
    char piece[4096];
    size_t size;

    file_made("file", FILE_SIZE, 1);
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    REQUIRE_OK(xipc_mailbox_receive(
        box, piece, sizeof piece, &size, NULL, XIPC_FOREVER));
    receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");
    tool_require_end(0, &sender);
    REQUIRE_OK(xipc_mailbox_send(box, "next", 4, NULL, XIPC_FOREVER));
    result = tool_ended(&receiver);
    REQUIRE_CODE(0, result);
    require_in(result.error, "left out");
    tool_freed(&result);
    require_file("copy", "next");
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(what_cannot_be_written_stays_in_the_box, "TOOL-7")
{
    xipc_mailbox *box = box_created(2, 32);

    REQUIRE_OK(xipc_mailbox_send(box, "kept", 4, NULL, XIPC_NOW));
    TOOL_CODE(1, "recv", "jobs", "no such directory/file");
    require_message(box, "kept");
    xipc_mailbox_close(box);
}

SPEC(a_file_that_cannot_be_written_is_not_waited_for, "TOOL-7")
{
    tool_result result =
        TOOL("recv", "jobs", "no such directory/file", "--timeout", "10ms");

    REQUIRE_CODE(1, result);
    require_in(result.error, "no such directory/file");
    tool_freed(&result);
    TOOL_CODE(1, "recv", "jobs", ".", "--timeout", "10ms");
}

SPEC(a_large_file_that_cannot_be_written_stays_in_the_box, "TOOL-7")
{
    xipc_mailbox *box = box_created(64, 65536);
    tool sender;

    file_made("file", FILE_SIZE, 4);
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    depth_awaited(box, FILE_SIZE / 65536 + 1);
    TOOL_CODE(1, "recv", "jobs", "no such directory/file");
    TOOL_CODE(0, "recv", "jobs", "copy");
    tool_require_end(0, &sender);
    xipc_mailbox_close(box);
    require_same_file("copy", FILE_SIZE, 4);
    REQUIRE(remove("file") == 0);
}

/* It is tried before whether it can be written, and that leaves no trace. */
SPEC(a_file_for_which_nothing_came_is_as_it_was, "TOOL-7")
{
    FILE *file;

    TOOL_CODE(4, "recv", "jobs", "copy", "--timeout", "10ms");
    file = fopen("copy", "rb");
    REQUIRE(file == NULL);
    text_written("copy", "before");
    TOOL_CODE(4, "recv", "jobs", "copy", "--timeout", "10ms");
    require_file("copy", "before");
}

SPEC(a_box_for_short_messages_takes_no_pieces, "TOOL-1")
{
    xipc_mailbox *box = box_created(2, 32);

    file_made("file", 33, 1);
    TOOL_CODE(8, "send", "jobs", "file");
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
    xipc_mailbox_close(box);
    REQUIRE(remove("file") == 0);
}

SPEC(nothing_in_time_is_a_code_of_its_own, "TOOL-8")
{
    tool_result result = TOOL("recv", "jobs", "--timeout", "10ms");

    REQUIRE_CODE(4, result);
    require_in(result.error, "jobs");
    require_in(result.error, "--timeout");
    tool_freed(&result);
    TOOL_CODE(4, "recv", "jobs", "--timeout", "now");
    text_written("file", "x");
    TOOL_CODE(4, "send", "jobs", "file", "--timeout", "10ms");
    REQUIRE(remove("file") == 0);
}

SPEC(a_box_is_there_or_not_as_it_was_asked_for, "TOOL-1")
{
    xipc_mailbox *box = box_created(2, 32);

    TOOL_CODE(3, "recv", "--open", "nobody");
    TOOL_CODE(5, "recv", "--create", "jobs");
    TOOL_CODE(2, "recv", "--create", "--open", "jobs");
    TOOL_CODE(2, "recv", "--unbounded", "--capacity", "4", "jobs");
    TOOL_CODE(2, "recv", "no/name");
    xipc_mailbox_close(box);
}

SPEC(a_persistent_box_keeps_its_messages, "LIFE-2")
{
    text_written("file", "kept");
    TOOL_CODE(0, "send", "--persistent", "jobs", "file");
    tool_result result = TOOL("recv", "jobs");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("kept", result.output);
    tool_freed(&result);
    TOOL_CODE(0, "rm", "jobs");
    REQUIRE(remove("file") == 0);
}

SPEC(a_file_that_is_not_there_is_named, "TOOL-1")
{
    tool_result result = TOOL("send", "jobs", "no such file");

    REQUIRE_CODE(1, result);
    require_in(result.error, "no such file: ");
    tool_freed(&result);
    TOOL_CODE(2, "send", "jobs", "--priority", "32");
    TOOL_CODE(2, "recv", "jobs", "file", "--json");
}

SPEC(a_files_name_may_be_anything, "PROC-3")
{
    xipc_mailbox *box = box_created(2, 32);

    REQUIRE_OK(xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW));
    TOOL_CODE(0, "recv", "jobs", "\xc3\xa4 \xe2\x82\xac");
    TOOL_CODE(0, "send", "jobs", "--no-wait", "\xc3\xa4 \xe2\x82\xac");
    require_message(box, "x");
    xipc_mailbox_close(box);
    tool_removed("\xc3\xa4 \xe2\x82\xac");
}
