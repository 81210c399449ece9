/* SPDX-License-Identifier: Apache-2.0 */
/* shm create, shm write, shm dump; run, bench, conformance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool_kit.h"

/* More than one window (do_shm.c), and not a whole number of pages. */
enum { FILE_SIZE = (16 << 20) + 12345 };

SPEC(a_section_is_made_of_a_file_and_dumped_again, "SHM-1 LIFE-2")
{
    char size[32];

    file_made("file", FILE_SIZE, 3);
    TOOL_CODE(0, "shm", "create", "table", "--from", "file");
    snprintf(size, sizeof size, "%d", (int)FILE_SIZE);
    TOOL_CODE(0, "shm", "dump", "table", "copy", "--size", size);
    require_same_file("copy", FILE_SIZE, 3);
    TOOL_CODE(0, "rm", "table");
    REQUIRE(remove("file") == 0);
}

SPEC(a_file_is_written_into_a_section, "SHM-3")
{
    xipc_section *section = section_saying("table", "good morning");
    tool_result result;

    text_written("file", "evening");
    result = tool_ran(
        "file", (const char *const[]){
                    "shm", "write", "table", "--offset", "5", "--json", NULL});
    REQUIRE_CODE(0, result);
    require_json(result.output, "written", "7");
    tool_freed(&result);
    require_section_says(section, "good evening");
    result = TOOL("shm", "dump", "table", "--offset=5", "--size=7");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("evening", result.output);
    tool_freed(&result);
    xipc_section_close(section);
    REQUIRE(remove("file") == 0);
}

SPEC(a_section_is_shown_in_numbers_and_letters, "TOOL-11")
{
    xipc_section *section = section_saying("table", "good morning");
    tool_result result = TOOL("shm", "dump", "--hex", "table", "--size", "20");

    REQUIRE_CODE(0, result);
    REQUIRE_TEXT(
        "00000000  67 6f 6f 64 20 6d 6f 72 6e 69 6e 67 00 00 00 00  "
        "|good morning....|\n"
        "00000010  00 00 00 00                                      |....|\n",
        result.output);
    tool_freed(&result);
    xipc_section_close(section);
}

SPEC(a_program_is_told_how_much_of_a_section_was_dumped, "TOOL-4")
{
    xipc_section *section = section_saying("table", "good morning");
    tool_result result =
        TOOL("shm", "dump", "--json", "table", "copy", "--size", "12");

    REQUIRE_CODE(0, result);
    require_json(result.output, "name", "\"table\"");
    require_json(result.output, "dumped", "12");
    tool_freed(&result);
    require_file("copy", "good morning");
    TOOL_CODE(2, "shm", "dump", "--json", "table");
    xipc_section_close(section);
}

SPEC(a_section_of_what_is_no_file_needs_a_size, "TOOL-2")
{
    tool_result result = TOOL("shm", "create", "table", "--from", "-");

    REQUIRE_CODE(2, result);
    require_in(result.error, "--size must say");
    require_in(result.error, "standard input");
    tool_freed(&result);
    require_absent("table");
}

SPEC(what_does_not_fit_into_a_section_is_told, "TOOL-1")
{
    xipc_section *section = section_created("table", 4096);

    file_made("file", 100000, 3);
    TOOL_CODE(8, "shm", "write", "table", "file");
    TOOL_CODE(2, "shm", "write", "table", "file", "--offset", "1G");
    TOOL_CODE(2, "shm", "dump", "table", "copy", "--size", "1G");
    TOOL_CODE(3, "shm", "dump", "nobody");
    TOOL_CODE(5, "shm", "create", "table", "--size", "1K");
    TOOL_CODE(2, "shm", "create", "other");
    TOOL_CODE(8, "shm", "create", "other", "--size", "1", "--from", "file");
    xipc_section_close(section);
    REQUIRE(remove("file") == 0);
    require_absent("other");
}

/* ---- run ---- */

SPEC(a_program_is_given_a_section_and_what_it_wrote_is_saved, "PROC-1")
{
    char *bytes;

    text_written("file", "for you");
    TOOL_CODE(
        0, "run", "--section", "table=@file", "--save", "table=saved",
        probe_path(), "claim", "table");
    bytes = file_taken("saved", NULL);
    REQUIRE_TEXT("claimed", bytes);
    free(bytes);
    REQUIRE(remove("file") == 0);
}

SPEC(a_program_is_given_a_pipe_that_a_file_comes_from, "PROC-1")
{
    tool_result result;

    text_written("file", "words");
    result = TOOL("run", "--input", "in=file", probe_path(), "hear", "in");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);
    REQUIRE(remove("file") == 0);
}

SPEC(a_program_is_given_a_pipe_that_goes_to_a_file, "PROC-1")
{
    TOOL_CODE(
        0, "run", "--output", "out=copy", "--", probe_path(), "tell", "out",
        "--words");
    require_file("copy", "--words");
}

SPEC(run_ends_as_its_program_does, "PROC-2 TOOL-1")
{
    tool_result result = TOOL("run", probe_path(), "exit", "9");

    REQUIRE_UINT(9, (uint64_t)result.code);
    tool_freed(&result);
    TOOL_CODE(4, "run", "--timeout", "10ms", probe_path(), "sleep");
    TOOL_CODE(127, "run", "./no-such-program");
    TOOL_CODE(2, "run", "--section", "table", probe_path(), "exit", "0");
    TOOL_CODE(2, "run", "--save", "table=file", probe_path(), "exit", "0");
    TOOL_CODE(2, "run");
}

SPEC(a_program_is_told_how_another_one_ended, "TOOL-4")
{
    tool_result result;
    const char *last;

    result = TOOL("run", "--json", "--timeout", "10ms", probe_path(), "sleep");
    REQUIRE_UINT(4, (uint64_t)result.code);
    require_json(result.output, "ending", "\"killed\"");
    tool_freed(&result);
    result = TOOL(
        "run", "--json", "--section", "table=5000", "--save", "table=saved",
        probe_path(), "exit", "9");
    REQUIRE_UINT(9, (uint64_t)result.code);
    require_json(result.output, "ending", "\"exit\"");
    require_json(result.output, "code", "9");
    require_in(result.output, "\"saved\": []");
    tool_freed(&result);

    text_written("file", "words\n");
    result = TOOL(
        "run", "--json", "--section", "table=@file", "--save", "table=saved",
        probe_path(), "exit", "0");
    REQUIRE_CODE(0, result);
    require_json(result.output, "saved.0.label", "\"table\"");
    require_json(result.output, "saved.0.file", "\"saved\"");
    tool_freed(&result);
    REQUIRE(remove("saved") == 0);

    /* Behind what the program says. */
    result =
        TOOL("run", "--json", "--input", "in=file", probe_path(), "hear", "in");
    REQUIRE_CODE(0, result);
    last = strchr(result.output, '\n');
    REQUIRE(last != NULL);
    require_json(last + 1, "code", "0");
    tool_freed(&result);
    REQUIRE(remove("file") == 0);
    TOOL_CODE(127, "run", "--json", "./no-such-program");
}

SPEC(the_programs_beside_it_are_started_with_their_arguments, "TOOL-12")
{
    tool_result result = TOOL("conformance", "--capabilities=json");

    REQUIRE_CODE(0, result);
    require_json(result.output, "0.name", "\"section\"");
    tool_freed(&result);
    result = TOOL("conformance", "--no-such-option");
    REQUIRE(result.code != 0);
    tool_freed(&result);
    result = TOOL("bench", "--help");
    require_in(result.output, "xipc-bench");
    tool_freed(&result);
}
