/* SPDX-License-Identifier: Apache-2.0 */
/* What starting a process is like on Windows alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>

#include "support/spawn_kit.h"
#include "win32/win32_words.h"

static xipc_status status_of(const char *program, const char *first)
{
    const char *arguments[] = {first, "exit", "0", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);
    xipc_process *process = UNTOUCHED;
    xipc_status status = xipc_spawn(program, arguments, &options, &process);

    if (status == XIPC_OK) {
        process_done(process);
    } else {
        REQUIRE(process == UNTOUCHED);
    }
    return status;
}

SPEC(batch_files_are_refused_under_every_spelling, "PROC-3")
{
    static const char *const names[] = {
        "x.bat",   "x.cmd",    "X.BAT",   "x.Cmd",    ".\\x.bat",
        "./x.cmd", "x.bat.",   "x.bat ",  "x.cmd. .", "a b.bat",
        "x.y.bat", "x.bat...", "C:x.bat", ".bat"};

    text_written("x.bat", "@exit /b 0\r\n");
    text_written("x.cmd", "@exit /b 0\r\n");
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, status_of(names[at], "x"));
    }
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, status_of("x", "x"));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, status_of(".\\x", "x"));
    require_file("x.bat", "@exit /b 0\r\n");
    require_file("x.cmd", "@exit /b 0\r\n");
}

SPEC(exe_may_be_left_out, "PROC-1")
{
    char path[1100];

    snprintf(path, sizeof path, "%s\\spawn_probe", probe_directory());
    REQUIRE_OK(status_of(path, "probe"));
    kit_set_environment("PATH", probe_directory());
    REQUIRE_OK(status_of("spawn_probe", "probe"));
    REQUIRE_OK(status_of("SPAWN_PROBE.EXE", "probe"));
    snprintf(path, sizeof path, "C:\\none;\"%s\";;", probe_directory());
    kit_set_environment("PATH", path);
    REQUIRE_OK(status_of("spawn_probe", "probe"));
}

SPEC(what_cannot_be_written_as_the_first_argument_is_refused, "PROC-3")
{
    REQUIRE_STATUS(XIPC_E_INVALID, status_of(probe_path(), "a\"b"));
    REQUIRE_STATUS(XIPC_E_INVALID, status_of(probe_path(), "a b\\"));
    REQUIRE_OK(status_of(probe_path(), "a\\"));
    REQUIRE_OK(status_of(probe_path(), "a \\b"));
    REQUIRE_OK(status_of(probe_path(), ""));
}

SPEC(what_is_not_utf8_is_refused, "PROC-3 GEN-7")
{
    static const char *const wrong[] = {
        "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf8\x88\x80\x80\x80"};

    for (size_t at = 0; at < sizeof wrong / sizeof *wrong; at++) {
        const char *arguments[] = {"probe", wrong[at], NULL};
        char entry[32];
        const char *const environment[] = {entry, NULL};
        xipc_spawn_options options = spawn_with(0);
        xipc_process *process = UNTOUCHED;

        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_spawn(probe_path(), arguments, &options, &process));
        REQUIRE_STATUS(XIPC_E_INVALID, status_of(wrong[at], "x"));
        snprintf(entry, sizeof entry, "x=%s", wrong[at]);
        arguments[1] = NULL;
        options.environment = environment;
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_spawn(probe_path(), arguments, &options, &process));
        REQUIRE(process == UNTOUCHED);
    }
}

/* ---- the words themselves ---- */

static void require_line(const char *const *arguments, const wchar_t *want)
{
    wchar_t *line = NULL;

    REQUIRE_OK(win32_command_line_of(arguments, &line));
    REQUIRE(wcscmp(line, want) == 0);
    free(line);
}

SPEC(a_command_line_has_no_more_quotes_than_it_needs, "PROC-3")
{
    const char *plain[] = {"cmd", "/c", "echo", "a&b", "x\\y\\", NULL};
    const char *quoted[] = {"my program", "a b\\", "", "\\\\\"", NULL};

    require_line(plain, L"cmd /c echo a&b x\\y\\");
    require_line(quoted, L"\"my program\" \"a b\\\\\" \"\" \"\\\\\\\\\\\"\"");
}

/* Three bytes are one character. */
static xipc_status status_of_signs(size_t count)
{
    char *text = malloc(count * 3 + 1);
    const char *arguments[] = {"p", text, NULL};
    wchar_t *line = NULL;
    xipc_status status;

    REQUIRE(text != NULL);
    for (size_t at = 0; at < count; at++) {
        memcpy(text + at * 3, "\xe2\x82\xac", 3);
    }
    text[count * 3] = '\0';
    status = win32_command_line_of(arguments, &line);
    free(line);
    free(text);
    return status;
}

SPEC(a_command_line_is_as_long_as_the_system_takes, "PROC-3")
{
    static char text[1000];
    const char *many[5000] = {"p"};

    REQUIRE_OK(status_of_signs(32764));
    REQUIRE_STATUS(XIPC_E_TOO_BIG, status_of_signs(32765));
    REQUIRE_STATUS(XIPC_E_TOO_BIG, status_of_signs(1000000));
    memset(text, 'x', sizeof text - 1);
    for (size_t at = 1; at < 4999; at++) {
        many[at] = text;
    }
    REQUIRE_STATUS(
        XIPC_E_TOO_BIG, win32_command_line_of(many, &(wchar_t *){0}));
}

SPEC(an_environment_is_sorted_without_regard_to_case, "PROC-1")
{
    static const char *const given[] = {
        "zoo=1",    "Beta=2", "alpha=3", "BETA_2=4",   "XIPC_INHERITED=old",
        "=C:=C:\\", "a_b=5",  "A=6",     "\xc3\xa4=7", NULL};
    static const wchar_t want[] =
        L"=C:=C:\\\0A=6\0alpha=3\0a_b=5\0Beta=2\0BETA_2=4\0XIPC_INHERITED=new"
        L"\0zoo=1\0\u00e4=7\0";
    wchar_t *block = NULL;

    REQUIRE_OK(win32_environment_of(
        given, "XIPC_INHERITED=", "XIPC_INHERITED=new", &block));
    REQUIRE(memcmp(block, want, sizeof want) == 0);
    free(block);
}

/* ---- foreign programs ---- */

SPEC(the_systems_own_programs_can_be_started, "PROC-1")
{
    const char *arguments[] = {"cmd", "/c", "exit", "5", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);
    xipc_process *process;

    REQUIRE_OK(xipc_spawn("cmd", arguments, &options, &process));
    REQUIRE_UINT(5, (uint64_t)process_ended(process).code);
}

SPEC(an_exit_code_of_minus_one_is_no_crash, "PROC-2")
{
    xipc_exit seen = process_ended(PROBE(NULL, "exit", "-1"));

    REQUIRE_UINT(XIPC_ENDED_EXIT, seen.ending);
    REQUIRE_UINT(0xffffffff, (uint64_t)seen.code);
}

static xipc_status status_of_gifts(size_t count, xipc_process **process_out)
{
    static char labels[400][XIPC_NAME_MAX + 1];
    static xipc_inherit inherits[400];
    const char *arguments[] = {"probe", "spend", labels[0], NULL};
    xipc_native_handle file = native_file_made("file");
    xipc_spawn_options options = spawn_with(0);
    xipc_status status;

    for (size_t at = 0; at < count; at++) {
        snprintf(labels[at], sizeof labels[at], "%0200zu", at);
        inherits[at] = (xipc_inherit){labels[at], NULL, file};
    }
    options.inherits = inherits;
    options.inherit_count = count;
    status = xipc_spawn(probe_path(), arguments, &options, process_out);
    native_file_closed(file);
    return status;
}

/* They have names in one variable, which cannot be longer than a line. */
SPEC(more_than_a_variable_can_name_is_too_big, "PROC-1")
{
    xipc_process *process = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_TOO_BIG, status_of_gifts(400, &process));
    REQUIRE(process == UNTOUCHED);
    REQUIRE_OK(status_of_gifts(100, &process));
    process_done(process);
    require_file("file", "spent");
}

/* A handle that the child's parent has is no gift of the child's. */
PEER(a_process_that_finds_nothing)
{
    xipc_native_handle native = 77;

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_inherited_native("table", &native));
    REQUIRE(native == 77);
}

SPEC(a_variable_that_names_another_giver_gives_nothing, "PROC-1 GEN-10")
{
    static const char *const nonsense[] = {
        "",
        ";",
        "||;",
        "table",
        "table:n:0:0|4|1;",
        "table:n:0:0|zz|1;",
        "table:n:0:0|4",
        "table:n:0:0|ffffffffffffffff|%lx;",
        "table:n:0:0|fff0|%lx;",
        "table:n:0:0|0|%lx;"};

    for (size_t at = 0; at < sizeof nonsense / sizeof *nonsense; at++) {
        char text[128];
        const char *mark = strstr(nonsense[at], "%lx");

        if (mark) {
            snprintf(
                text, sizeof text, "%.*s%lx;", (int)(mark - nonsense[at]),
                nonsense[at], (unsigned long)GetCurrentProcessId());
        } else {
            snprintf(text, sizeof text, "%s", nonsense[at]);
        }
        kit_set_environment("XIPC_INHERITED", text);
        spec_within(nonsense[at]);
        spec_join(START(a_process_that_finds_nothing));
        spec_within(NULL);
    }
}
