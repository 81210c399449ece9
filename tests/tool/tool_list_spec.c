/* SPDX-License-Identifier: Apache-2.0 */
/* ls, watch, info, rm, sweep, doctor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool_kit.h"

SPEC(ls_shows_what_is_there_and_how_many_have_it, "LIFE-7")
{
    xipc_section *section = section_created("table", 10000);
    tool_result result = TOOL("ls");

    REQUIRE_CODE(0, result);
    require_in(result.output, "KIND");
    require_in(result.output, "section  table");
    tool_freed(&result);
    xipc_section_close(section);
}

SPEC(ls_tells_a_program_the_exact_figures, "LIFE-7")
{
    xipc_section *section = section_created("table", 1 << 20);
    tool_result result = TOOL("ls", "--json");

    REQUIRE_CODE(0, result);
    require_json(result.output, "0.kind", "\"section\"");
    require_json(result.output, "0.name", "\"table\"");
    require_json(result.output, "0.scope", "\"user\"");
    require_json(result.output, "0.provider", "\"shm\"");
    require_json(result.output, "0.holders", "1");
    require_json(result.output, "0.stale", "false");
    tool_freed(&result);
    xipc_section_close(section);
}

SPEC(what_has_no_messages_has_no_number_of_them, "LIFE-7")
{
    xipc_section *section = section_created("table", 1);
    tool_result result = TOOL("ls", "--json");

    REQUIRE_CODE(0, result);
    require_json(result.output, "0.depth", "null");
    require_json(result.output, "0.sent", "null");
    tool_freed(&result);
    result = TOOL("info", "table");
    REQUIRE_CODE(0, result);
    require_not_in(result.output, "depth");
    require_not_in(result.output, "sent");
    tool_freed(&result);
    xipc_section_close(section);
}

SPEC(ls_of_nothing_is_an_empty_list, "TOOL-11")
{
    tool_result result = TOOL("ls", "--json", "--scope", "user");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("[]\n", result.output);
    tool_freed(&result);
}

SPEC(ls_of_one_name_or_one_kind_leaves_the_others_out, "TOOL-11")
{
    xipc_section *one = section_created("one", 1);
    xipc_section *other = section_created("other", 1);
    tool_result result = TOOL("ls", "one");

    REQUIRE_CODE(0, result);
    require_in(result.output, "one");
    require_not_in(result.output, "other");
    tool_freed(&result);
    result = TOOL("ls", "--kind", "mailbox");
    REQUIRE_CODE(0, result);
    require_not_in(result.output, "one");
    tool_freed(&result);
    xipc_section_close(one);
    xipc_section_close(other);
}

SPEC(info_tells_of_a_mailbox_what_it_was_made_with, "TOOL-11")
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box;
    tool_result result;

    options.capacity = 7;
    options.message_max = 99;
    options.flags = XIPC_MAILBOX_ACKED;
    REQUIRE_OK(xipc_mailbox_create("jobs", &options, XIPC_NOW, &box));
    REQUIRE_OK(xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW));

    result = TOOL("info", "--json", "jobs");
    REQUIRE_CODE(0, result);
    require_json(result.output, "0.capacity", "7");
    require_json(result.output, "0.message_max", "99");
    require_json(result.output, "0.flags", "[\"acked\"]");
    require_json(result.output, "0.depth", "1");
    require_json(result.output, "0.sent", "1");
    tool_freed(&result);
    result = TOOL("info", "jobs");
    REQUIRE_CODE(0, result);
    require_in(result.output, "mailbox jobs\n");
    require_in(result.output, "age          ");
    tool_freed(&result);
    xipc_mailbox_close(box);
}

SPEC(of_what_is_not_there_is_no_info, "TOOL-1")
{
    tool_result result = TOOL("info", "nobody");

    REQUIRE_CODE(3, result);
    require_in(result.error, "nobody");
    require_in(result.error, "xipc ls");
    tool_freed(&result);
    result = TOOL("info", "--json", "nobody");
    REQUIRE_CODE(3, result);
    REQUIRE_TEXT("[]\n", result.output);
    tool_freed(&result);
    TOOL_CODE(3, "ls", "nobody");
}

SPEC(what_is_no_name_is_not_looked_for, "NAME-1")
{
    TOOL_CODE(2, "ls", "bad/name");
    TOOL_CODE(2, "info", "bad/name");
    TOOL_CODE(2, "rm", "bad/name");
}

SPEC(rm_takes_the_name_of_a_persistent_object_away, "LIFE-5")
{
    xipc_section_close(
        section_created_with("kept", 1, lasting(XIPC_PERSISTENT)));

    TOOL_CODE(0, "rm", "kept");

    require_absent("kept");
}

SPEC(rm_says_what_it_removed_to_a_program, "TOOL-4")
{
    tool_result result;

    xipc_section_close(
        section_created_with("kept", 1, lasting(XIPC_PERSISTENT)));
    result = TOOL("rm", "--json", "kept");
    REQUIRE_CODE(0, result);
    require_json(result.output, "0.kind", "\"section\"");
    require_json(result.output, "0.name", "\"kept\"");
    tool_freed(&result);
}

SPEC(rm_does_not_take_what_is_held_or_not_there, "LIFE-5")
{
    xipc_section *section = section_created("held", 1);
    tool_result result = TOOL("rm", "held");

    REQUIRE_CODE(6, result);
    require_in(result.error, "; xipc info tells how many have it");
    tool_freed(&result);
    TOOL_CODE(3, "rm", "nobody");

    xipc_section_close(section);
}

SPEC(rm_asks_which_where_two_have_the_name, "NAME-2")
{
    xipc_mailbox *box;

    xipc_section_close(
        section_created_with("both", 1, lasting(XIPC_PERSISTENT)));
    REQUIRE_OK(xipc_mailbox_create("both", NULL, XIPC_NOW, &box));

    TOOL_CODE(2, "rm", "both");
    TOOL_CODE(0, "rm", "both", "--kind", "section");

    xipc_mailbox_close(box);
}

PEER(a_holder_that_is_killed)
{
    xipc_section *section = section_created("left", 4096);

    spec_tell(NULL, "ready");
    spec_expect(NULL, "never");
    xipc_section_close(section);
}

SPEC(sweep_says_how_much_it_removed, "LIFE-6")
{
    spec_peer *peer = START(a_holder_that_is_killed);
    tool_result result;
    char value[32];

    spec_expect(peer, "ready");
    spec_kill(peer);
    result = TOOL("sweep", "--json");
    REQUIRE_CODE(0, result);
    REQUIRE(json_find(result.output, "removed", value, sizeof value) == 0);
    tool_freed(&result);
    require_absent("left");
}

SPEC(watch_tells_of_each_round, "TOOL-4")
{
    xipc_section *section = section_created("table", 1);
    tool_result result =
        TOOL("watch", "--json", "--count", "2", "--interval", "1ms");
    char *second;

    REQUIRE_CODE(0, result);
    second = strchr(result.output, '\n');
    REQUIRE(second != NULL);
    *second++ = '\0';
    require_json(result.output, "objects.0.name", "\"table\"");
    require_json(second, "objects.0.sent_per_second", "null");
    require_json(second, "objects.0.taken_per_second", "null");
    tool_freed(&result);
    result = TOOL("watch", "--count", "1");
    REQUIRE_CODE(0, result);
    require_in(result.output, "       -        -\n");
    require_not_in(result.output, "\033");
    tool_freed(&result);
    TOOL_CODE(2, "watch", "--interval", "now");
    xipc_section_close(section);
}

SPEC(watch_tells_of_less_than_a_message_a_second, "TOOL-4")
{
    tool watcher;
    tool first;
    xipc_mailbox *box;
    tool_result result;
    const char *second;
    char value[512];

    REQUIRE_OK(xipc_mailbox_create("jobs", NULL, XIPC_NOW, &box));
    watcher =
        TOOL_BEGUN(NULL, "watch", "--json", "--count", "2", "--interval", "2s");
    /* The first round is awaited where errors would be. */
    first = watcher;
    memcpy(first.error, watcher.output, sizeof first.error);
    error_awaited(&first, "\"jobs\"", value, sizeof value);
    REQUIRE_OK(xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW));
    result = tool_ended(&watcher);
    REQUIRE_CODE(0, result);
    second = strchr(result.output, '\n');
    REQUIRE(second != NULL);
    REQUIRE(
        json_find(
            second + 1, "objects.0.sent_per_second", value, sizeof value) == 0);
    REQUIRE(strtod(value, NULL) > 0 && strtod(value, NULL) < 1);
    tool_freed(&result);
    xipc_mailbox_close(box);
}

/* Its standard output is a file that it may only read. */
static void require_told(const char *const *arguments)
{
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    const char *all[10] = {tool_path()};
    xipc_stream none = {XIPC_STREAM_NATIVE, NULL, -1};
    xipc_stream error = {XIPC_STREAM_NATIVE, NULL, -1};
    xipc_process *process;
    char *said;

    for (size_t at = 0; arguments[at]; at++) {
        all[at + 1] = arguments[at];
    }
    text_written("none", "");
    none.native = native_file_opened("none");
    error.native = native_file_made("said");
    options.input.kind = XIPC_STREAM_NULL;
    options.output = none;
    options.error = error;
    REQUIRE_OK(xipc_spawn(tool_path(), all, &options, &process));
    native_file_closed(none.native);
    native_file_closed(error.native);
    REQUIRE_UINT(1, (uint64_t)process_ended(process).code);
    said = file_taken("said", NULL);
    require_in(said, "the standard output does not take it all");
    free(said);
    REQUIRE(remove("none") == 0);
}

#define REQUIRE_TOLD(...)         \
    (spec_at(__FILE__, __LINE__), \
     require_told((const char *const[]){__VA_ARGS__, NULL}))

SPEC(an_output_that_does_not_take_it_all_is_told, "TOOL-7")
{
    REQUIRE_TOLD("ls");
    REQUIRE_TOLD("ls", "--json");
    REQUIRE_TOLD("shm", "create", "table", "--size", "1", "--json");
    REQUIRE_TOLD("info", "table", "--json");
    REQUIRE_TOLD("watch");
    REQUIRE_TOLD("watch", "--json");
    REQUIRE_TOLD("rm", "table", "--json");
    REQUIRE_TOLD("sweep", "--json");
    REQUIRE_TOLD("doctor", "--json");
}

SPEC(doctor_tells_the_capabilities_and_tries_them, "CAP-1")
{
    tool_result result = TOOL("doctor", "--json");
    char value[256];

    REQUIRE_CODE(0, result);
    require_json(result.output, "capabilities.0.name", "\"section\"");
    REQUIRE(
        json_find(result.output, "findings.0.value", value, sizeof value) == 0);
    require_in(result.output, "\"trial.mailbox\", \"verdict\": \"ok\"");
    require_not_in(result.output, "\"bad\"");
    tool_freed(&result);
    result = TOOL("doctor");
    REQUIRE_CODE(0, result);
    require_in(result.output, "\n  mailbox ");
    require_in(result.output, "runtime directory");
    tool_freed(&result);
}
