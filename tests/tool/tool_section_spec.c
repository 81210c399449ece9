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

SPEC(a_section_is_shown_in_numbers_and_letters, "")
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

SPEC(what_does_not_fit_into_a_section_is_told, "")
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

SPEC(run_ends_as_its_program_does, "PROC-2")
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

SPEC(the_programs_beside_it_are_started_with_their_arguments, "")
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
