/* SPDX-License-Identifier: Apache-2.0 */
/* What a child begins with: program, environment, directory, streams. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spawn_kit.h"

static void require_name(const char *program, uint32_t flags)
{
    const char *arguments[] = {"another name", "name", "told", NULL};
    xipc_spawn_options options = spawn_with(flags);
    xipc_process *process;
    const char *name;
    size_t size;
    char *text;
    char *at;

    REQUIRE_OK(xipc_spawn(program, arguments, &options, &process));
    process_done(process);

    at = text = file_taken("told", NULL);
    name = told_next(&at, &size);
    REQUIRE(name != NULL);
    REQUIRE_TEXT("another name", name);
    free(text);
}

SPEC(a_program_is_started_under_the_name_that_it_is_given, "PROC-1")
{
    require_name(probe_path(), 0);
}

SPEC(a_path_is_not_searched_for, "PROC-1")
{
    require_name(probe_path(), XIPC_SPAWN_SEARCH);
}

static void look_for_programs_in(const char *list)
{
    char *path = malloc(strlen(list) + 1);

    REQUIRE(path != NULL);
    strcpy(path, list);
    kit_set_environment("PATH", path);
    free(path);
}

SPEC(a_name_is_searched_for_in_the_path, "PROC-1")
{
    look_for_programs_in(probe_directory());

    require_name(PROBE_NAME, XIPC_SPAWN_SEARCH);
}

SPEC(without_being_asked_nobody_searches, "PROC-1")
{
    const char *arguments[] = {PROBE_NAME, "exit", "0", NULL};
    xipc_process *process = UNTOUCHED;

    look_for_programs_in(probe_directory());

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_spawn(PROBE_NAME, arguments, NULL, &process));
    REQUIRE(process == UNTOUCHED);
}

/* ---- what cannot be started ---- */

static xipc_status status_of(const char *program, const char *directory)
{
    const char *arguments[] = {"nothing", NULL};
    xipc_spawn_options options = spawn_with(XIPC_SPAWN_SEARCH);
    xipc_process *process = UNTOUCHED;
    xipc_status status;

    options.directory = directory;
    status = xipc_spawn(program, arguments, &options, &process);
    REQUIRE(status != XIPC_OK);
    REQUIRE(process == UNTOUCHED);
    return status;
}

SPEC(a_program_that_is_not_there_is_not_found, "PROC-1 GEN-2")
{
    static const char *const absent[] = {
        "no-such-program-anywhere", "./no-such-program",
        "no-such-directory/program"};

    for (size_t at = 0; at < sizeof absent / sizeof *absent; at++) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status_of(absent[at], NULL));
        REQUIRE(strstr(xipc_detail(), absent[at]) != NULL);
        REQUIRE(xipc_native_error() != 0);
    }
}

SPEC(a_directory_that_is_not_there_is_not_found, "PROC-1 GEN-2")
{
    text_written("file", "");

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, status_of(probe_path(), "no-such-directory"));
    REQUIRE(strstr(xipc_detail(), "directory") != NULL);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, status_of(probe_path(), "file"));
    require_file("file", "");
}

SPEC(what_is_not_a_program_is_not_started, "PROC-1")
{
    xipc_status status;

    text_written("text.txt", "this is no program\n");
    status = status_of("./text.txt", NULL);

    REQUIRE(status == XIPC_E_ACCESS || status == XIPC_E_NOT_SUPPORTED);
    require_file("text.txt", "this is no program\n");
}

SPEC(a_hundred_failures_leave_nothing, "PROC-1")
{
    for (unsigned i = 0; i < 100; i++) {
        REQUIRE_STATUS(XIPC_E_NOT_FOUND, status_of("./no-such-program", NULL));
    }
}

SPEC(arguments_that_are_too_long_are_too_big, "PROC-1")
{
    enum { LONG_SIZE = 40 << 20 };
    char *text = malloc(LONG_SIZE + 1);
    const char *arguments[] = {"probe", text, NULL};
    xipc_process *process = UNTOUCHED;

    REQUIRE(text != NULL);
    memset(text, 'x', LONG_SIZE);
    text[LONG_SIZE] = '\0';

    REQUIRE_STATUS(
        XIPC_E_TOO_BIG, xipc_spawn(probe_path(), arguments, NULL, &process));
    REQUIRE(process == UNTOUCHED);
    free(text);
}

/* ---- environment ---- */

/* Whether the probe has that entry. */
static int is_told(const char *entry, unsigned *count_out)
{
    char *text = file_taken("told", NULL);
    char *at = text;
    const char *told;
    int is_there = 0;
    size_t size;

    *count_out = 0;
    while ((told = told_next(&at, &size)) != NULL) {
        is_there |= strcmp(told, entry) == 0;
        /* Windows adds names of its own. */
        *count_out += told[0] != '=';
    }
    free(text);
    return is_there;
}

SPEC(a_child_has_the_environment_that_it_is_given, "PROC-1")
{
    static const char *const given[] = {
        "zebra=1", "Alpha=two words", "beta=", "XIPC_EQUAL=a=b=c", NULL};
    xipc_spawn_options options = spawn_with(0);
    unsigned count;

    options.environment = given;
    for (unsigned i = 0; i < 4; i++) {
        PROBE_DONE(&options, "environment", "told");
        REQUIRE(is_told(given[i], &count));
    }
}

SPEC(a_child_has_this_environment_by_default, "PROC-1")
{
    unsigned count;

    kit_set_environment("XIPC_SPEC_WORD", "own");

    PROBE_DONE(NULL, "environment", "told");
    REQUIRE(is_told("XIPC_SPEC_WORD=own", &count));
}

SPEC(a_given_environment_takes_the_place_of_this_one, "PROC-1")
{
    static const char *const given[] = {"only=this", NULL};
    xipc_spawn_options options = spawn_with(0);
    unsigned count;

    kit_set_environment("XIPC_SPEC_WORD", "own");
    options.environment = given;

    PROBE_DONE(&options, "environment", "told");
    REQUIRE(!is_told("XIPC_SPEC_WORD=own", &count));
}

SPEC(an_environment_may_be_empty, "PROC-1")
{
    static const char *const given[] = {NULL};
    xipc_spawn_options options = spawn_with(0);

    options.environment = given;

    PROBE_DONE(&options, "exit", "0");
}

/* ---- directory ---- */

static char *directory_told(const xipc_spawn_options *options, const char *file)
{
    char *text;
    char *at;
    char *copy;
    const char *told;
    size_t size;

    PROBE_DONE(options, "directory", file);
    at = text = file_taken(file, NULL);
    told = told_next(&at, &size);
    REQUIRE(told != NULL);
    copy = malloc(size + 1);
    REQUIRE(copy != NULL);
    memcpy(copy, told, size + 1);
    free(text);
    return copy;
}

SPEC(a_child_starts_in_the_directory_that_it_is_given, "PROC-1")
{
    xipc_spawn_options options = spawn_with(0);
    char file[1100];
    char *own = directory_told(NULL, "told");
    char *given;

    options.directory = "..";
    snprintf(file, sizeof file, "%s/told", spec_directory());
    given = directory_told(&options, file);

    REQUIRE(strlen(given) < strlen(own));
    REQUIRE(strncmp(given, own, strlen(given)) == 0);
    REQUIRE(own[strlen(given)] == '/' || own[strlen(given)] == '\\');
    REQUIRE(strpbrk(own + strlen(given) + 1, "/\\") == NULL);
    free(given);
    free(own);
}

/* ---- streams ---- */

static xipc_stream stream_to(xipc_native_handle native)
{
    return (xipc_stream){XIPC_STREAM_NATIVE, NULL, native};
}

SPEC(a_childs_output_goes_where_it_is_sent, "PROC-1")
{
    xipc_native_handle output = native_file_made("output");
    xipc_native_handle error = native_file_made("error");
    xipc_spawn_options options = spawn_with(0);

    options.output = stream_to(output);
    options.error = stream_to(error);
    PROBE_DONE(&options, "say", "out it goes");
    PROBE_DONE(&options, "complain", "an error");
    native_file_closed(output);
    native_file_closed(error);

    require_file("output", "out it goes");
    require_file("error", "an error");
}

SPEC(one_handle_can_be_several_streams, "PROC-1")
{
    xipc_native_handle file = native_file_made("both");
    xipc_spawn_options options = spawn_with(0);

    options.output = stream_to(file);
    options.error = stream_to(file);
    PROBE_DONE(&options, "say", "one ");
    PROBE_DONE(&options, "complain", "two");
    native_file_closed(file);

    require_file("both", "one two");
}

SPEC(a_childs_input_comes_from_where_it_is_given, "PROC-1")
{
    xipc_spawn_options options = spawn_with(0);
    xipc_native_handle input;
    xipc_native_handle output = native_file_made("output");

    text_written("input", "read this\n");
    input = native_file_opened("input");
    options.input = stream_to(input);
    options.output = stream_to(output);
    PROBE_DONE(&options, "cat");
    native_file_closed(input);
    native_file_closed(output);

    require_file("input", "read this\n");
    require_file("output", "read this\n");
}

SPEC(the_null_device_gives_nothing_and_takes_all, "PROC-1")
{
    xipc_native_handle output = native_file_made("output");
    xipc_spawn_options options = spawn_with(0);

    options.input.kind = XIPC_STREAM_NULL;
    options.output = stream_to(output);
    PROBE_DONE(&options, "cat");
    options.output.kind = XIPC_STREAM_NULL;
    PROBE_DONE(&options, "say", "nobody hears it");
    native_file_closed(output);

    require_file("output", "");
}

SPEC(a_child_uses_this_processs_streams_by_default, "PROC-1")
{
    /* What the case prints is the runner's to look at: it must only work. */
    PROBE_DONE(NULL, "say", "");
    PROBE_DONE(NULL, "cat");
}
