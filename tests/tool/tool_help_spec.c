/* SPDX-License-Identifier: Apache-2.0 */
/* Help, and what is not a command line. */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

SPEC(the_help_lists_the_commands_and_the_exit_codes, "TOOL-3")
{
    tool_result result = TOOL("--help");

    REQUIRE_CODE(0, result);
    require_in(result.output, "\n  send ");
    require_in(result.output, "\n  pipe listen ");
    require_in(result.output, "\n    4  not in time\n");
    tool_freed(&result);
}

SPEC(each_command_tells_of_its_options, "TOOL-3")
{
    tool_result result = TOOL("send", "--help");

    REQUIRE_CODE(0, result);
    require_in(result.output, "usage: xipc send [OPTION]... BOX [FILE]...");
    require_in(result.output, "--priority N");
    tool_freed(&result);

    result = TOOL("help", "pipe", "listen");
    REQUIRE_CODE(0, result);
    require_in(result.output, "usage: xipc pipe listen");
    tool_freed(&result);

    result = TOOL("pipe", "--help");
    REQUIRE_CODE(0, result);
    require_in(result.output, "xipc pipe connect");
    tool_freed(&result);
}

/* Each word of the first line. */
static void require_titles(const char *list, const char *text)
{
    char title[40];

    for (list += strspn(list, " "); *list > ' '; list += strspn(list, " ")) {
        size_t size = strcspn(list, " \r\n");

        REQUIRE(size < sizeof title - 4);
        (void)snprintf(title, sizeof title, "\n  %.*s ", (int)size, list);
        require_in(text, title);
        list += size;
    }
}

SPEC(the_help_tells_of_each_column, "TOOL-3")
{
    tool_result help = TOOL("ls", "--help");
    tool_result list = TOOL("ls");

    require_in(list.output, "HOLDERS");
    require_titles(list.output, help.output);
    tool_freed(&help);
    tool_freed(&list);

    help = TOOL("watch", "--help");
    list = TOOL("watch", "--count", "1");
    require_in(list.output, "TAKEN/S");
    require_titles(list.output, help.output);
    tool_freed(&help);
    tool_freed(&list);
}

/* Each name of a member in the objects. */
static void require_members(const char *objects, const char *text)
{
    char member[40];

    for (const char *at = objects; (at = strchr(at, '"')); at++) {
        size_t size = strcspn(at + 1, "\"");

        REQUIRE(size < sizeof member - 5);
        (void)snprintf(member, sizeof member, "\n  %.*s ", (int)size, at + 1);
        at += size + 1;
        if (at[1] == ':') {
            require_in(text, member);
        }
    }
}

SPEC(the_help_tells_of_each_member_of_a_message, "TOOL-3")
{
    tool_result help = TOOL("recv", "--help");
    xipc_mailbox *box;
    tool_result message;

    REQUIRE_OK(xipc_mailbox_create("jobs", NULL, XIPC_NOW, &box));
    REQUIRE_OK(xipc_mailbox_send(box, "five\xff", 5, NULL, XIPC_NOW));
    message = TOOL("recv", "jobs", "--json");
    REQUIRE_CODE(0, message);
    require_members(message.output, help.output);
    tool_freed(&message);
    tool_freed(&help);
    xipc_mailbox_close(box);
}

SPEC(the_help_tells_of_each_member_of_what_a_service_tells, "TOOL-3")
{
    tool_result help = TOOL("serve", "--help");
    tool echo =
        TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "1", "--json");
    tool taker = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy", "--json");
    tool_result told;

    text_written("file", "words");
    TOOL_CODE(0, "call", "sums", "file");
    TOOL_CODE(0, "call", "files", "--pieces", "file");
    told = tool_ended(&echo);
    REQUIRE_CODE(0, told);
    require_in(told.output, "\"answer\"");
    require_members(told.output, help.output);
    tool_freed(&told);
    told = tool_ended(&taker);
    REQUIRE_CODE(0, told);
    require_in(told.output, "\"file\"");
    require_members(told.output, help.output);
    tool_freed(&told);
    tool_freed(&help);
    require_file("copy", "words");
    REQUIRE(remove("file") == 0);
}

SPEC(the_version_is_the_librarys, "TOOL-3")
{
    tool_result result = TOOL("--version");

    REQUIRE_CODE(0, result);
    require_in(result.output, xipc_version());
    tool_freed(&result);
}

SPEC(what_is_no_command_is_wrong_usage, "TOOL-2")
{
    TOOL_CODE(2, "fly");
    TOOL_CODE(2, "pipe", "fly");
    tool_require_run(2, NULL, (const char *const[]){NULL});
}

SPEC(half_a_command_is_told_the_other_half, "TOOL-2")
{
    tool_result result = TOOL("pipe");

    REQUIRE_CODE(2, result);
    require_in(result.error, "pipe: which command? There are: listen, connect");
    tool_freed(&result);
    result = TOOL("pipe", "fly");
    REQUIRE_CODE(2, result);
    require_in(result.error, "fly; there are: listen, connect");
    tool_freed(&result);
}

SPEC(wrong_usage_is_said_with_the_way_to_the_help, "TOOL-2")
{
    tool_result result = TOOL("send", "--wings", "box");

    REQUIRE_CODE(2, result);
    require_in(result.error, "xipc send: there is no option --wings");
    require_in(result.error, "xipc send --help");
    tool_freed(&result);
}

SPEC(a_value_that_an_option_does_not_take_is_wrong_usage, "TOOL-2")
{
    tool_result result = TOOL("recv", "--timeout", "500", "box");

    REQUIRE_CODE(2, result);
    require_in(result.error, "250ms");
    tool_freed(&result);
    TOOL_CODE(2, "recv", "--timeout");
    result = TOOL("recv", "--capacity=12X", "box");
    REQUIRE_CODE(2, result);
    require_in(result.error, "64K");
    tool_freed(&result);
    TOOL_CODE(2, "ls", "--kind", "chair");
    TOOL_CODE(2, "ls", "--json=yes");
}

SPEC(too_few_or_too_many_operands_are_wrong_usage, "TOOL-2")
{
    tool_result result;

    TOOL_CODE(2, "info");
    TOOL_CODE(2, "info", "a", "b");
    result = TOOL("sweep", "all");
    REQUIRE_CODE(2, result);
    require_in(result.error, "it takes no operand: all");
    tool_freed(&result);
}

SPEC(behind_two_hyphens_all_is_operands, "TOOL-2")
{
    tool_result result = TOOL("info", "--", "--json");

    /* Not a legal name. */
    REQUIRE_CODE(2, result);
    require_in(result.error, "--json");
    tool_freed(&result);
}

SPEC(what_may_help_fits_what_failed, "TOOL-1")
{
    tool_result result =
        TOOL("sock", "connect", "tcp://127.0.0.1:1", "--timeout", "1ms");

    require_in(result.error, "127.0.0.1:1");
    require_not_in(result.error, "xipc ls");
    tool_freed(&result);
    result = TOOL("run", "--directory", "nowhere", tool_path());
    REQUIRE_CODE(127, result);
    require_in(result.error, "entering its directory");
    require_not_in(result.error, "PATH");
    tool_freed(&result);
}
