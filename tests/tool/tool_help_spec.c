/* SPDX-License-Identifier: Apache-2.0 */
/* Help, and what is not a command line. */
#include <string.h>

#include "tool/tool_kit.h"

SPEC(the_help_lists_the_commands_and_the_exit_codes, "")
{
    tool_result result = TOOL("--help");

    REQUIRE_CODE(0, result);
    require_in(result.output, "\n  send ");
    require_in(result.output, "\n  pipe listen ");
    require_in(result.output, "\n    4  not in time\n");
    tool_freed(&result);
}

SPEC(each_command_tells_of_its_options, "")
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

SPEC(the_version_is_the_librarys, "")
{
    tool_result result = TOOL("--version");

    REQUIRE_CODE(0, result);
    require_in(result.output, xipc_version());
    tool_freed(&result);
}

SPEC(what_is_no_command_is_wrong_usage, "")
{
    TOOL_CODE(2, "fly");
    TOOL_CODE(2, "pipe", "fly");
    tool_require_run(2, NULL, (const char *const[]){NULL});
}

SPEC(wrong_usage_is_said_with_the_way_to_the_help, "")
{
    tool_result result = TOOL("send", "--wings", "box");

    REQUIRE_CODE(2, result);
    require_in(result.error, "xipc send: there is no option --wings");
    require_in(result.error, "xipc send --help");
    tool_freed(&result);
}

SPEC(a_value_that_an_option_does_not_take_is_wrong_usage, "")
{
    TOOL_CODE(2, "recv", "--timeout", "soon", "box");
    TOOL_CODE(2, "recv", "--timeout");
    TOOL_CODE(2, "recv", "--capacity=12X", "box");
    TOOL_CODE(2, "ls", "--kind", "chair");
    TOOL_CODE(2, "ls", "--json=yes");
}

SPEC(too_few_or_too_many_operands_are_wrong_usage, "")
{
    TOOL_CODE(2, "info");
    TOOL_CODE(2, "info", "a", "b");
}

SPEC(behind_two_hyphens_all_is_operands, "")
{
    tool_result result = TOOL("info", "--", "--json");

    /* Not a legal name, and so nothing has it. */
    REQUIRE_CODE(3, result);
    require_in(result.error, "--json");
    tool_freed(&result);
}
