/* SPDX-License-Identifier: Apache-2.0 */
/* What no call on processes takes. */
#include <string.h>

#include "support/spawn_kit.h"

static const char *const arguments[] = {"probe", "exit", "0", NULL};

static xipc_status answer_to(const xipc_spawn_options *options)
{
    xipc_process *process = UNTOUCHED;
    xipc_status status = xipc_spawn(probe_path(), arguments, options, &process);

    REQUIRE(process == UNTOUCHED);
    return status;
}

SPEC(a_spawn_needs_program_arguments_and_output, "PROC-1 GEN-7")
{
    static const char *const none[] = {NULL};
    xipc_process *process = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_spawn(NULL, arguments, NULL, &process));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_spawn("", arguments, NULL, &process));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_spawn(probe_path(), NULL, NULL, &process));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_spawn(probe_path(), none, NULL, &process));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_spawn(probe_path(), arguments, NULL, NULL));
    REQUIRE(process == UNTOUCHED);
}

SPEC(unknown_options_are_refused, "PROC-1 GEN-7")
{
    xipc_spawn_options options = spawn_with(0);

    options.options_size++;
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    options = spawn_with(1U << 31);
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    options = spawn_with(0);
    options.input.kind = (xipc_stream_kind)4;
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    options = spawn_with(0);
    options.error.kind = (xipc_stream_kind)-1;
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    options = spawn_with(0);
    options.inherit_count = 1;
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
}

SPEC(an_environment_entry_is_a_name_and_a_value, "PROC-1 GEN-7")
{
    static const char *const wrong[] = {"", "name", "=", "=value"};

    for (size_t at = 0; at < sizeof wrong / sizeof *wrong; at++) {
        const char *const environment[] = {"good=1", wrong[at], NULL};
        xipc_spawn_options options = spawn_with(0);

        options.environment = environment;
        REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    }
}

SPEC(a_native_handle_must_be_open, "PROC-1 GEN-7")
{
    static const xipc_native_handle nonsense[] = {
        -1, -2, INTPTR_MIN, 0x7ffffff0, 0x3ffffffc, 0x7fffffff, INTPTR_MAX};

    for (size_t at = 0; at < sizeof nonsense / sizeof *nonsense; at++) {
        const xipc_inherit inherits[] = {{"it", NULL, nonsense[at]}};
        xipc_spawn_options options = spawn_with(0);

        options.inherits = inherits;
        options.inherit_count = 1;
        REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
        options = spawn_with(0);
        options.input = (xipc_stream){XIPC_STREAM_NATIVE, NULL, nonsense[at]};
        REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
    }
}

SPEC(a_stream_of_an_object_needs_one, "PROC-1 GEN-7")
{
    xipc_spawn_options options = spawn_with(0);

    options.output.kind = XIPC_STREAM_OBJECT;

    REQUIRE_STATUS(XIPC_E_INVALID, answer_to(&options));
}

static xipc_status answer_to_labels(const char *one, const char *other)
{
    xipc_native_handle file = native_file_made("file");
    const xipc_inherit inherits[] = {{one, NULL, file}, {other, NULL, file}};
    xipc_spawn_options options = spawn_with(0);
    xipc_status status;

    options.inherits = inherits;
    options.inherit_count = 2;
    status = answer_to(&options);
    native_file_closed(file);
    require_file("file", "");
    return status;
}

SPEC(a_label_is_a_legal_name_of_its_own, "PROC-1 GEN-7 NAME-1")
{
    static const char *const wrong[] = {
        "", ".a", "-a", "a b", "a;b", "a|b", "a:b", "a=b", "native:a", "\xc3"};
    char too_long[XIPC_NAME_MAX + 2];

    memset(too_long, 'x', XIPC_NAME_MAX + 1);
    too_long[XIPC_NAME_MAX + 1] = '\0';

    for (size_t at = 0; at < sizeof wrong / sizeof *wrong; at++) {
        xipc_section *section = UNTOUCHED;

        REQUIRE_STATUS(XIPC_E_NAME, answer_to_labels("good", wrong[at]));
        REQUIRE_STATUS(
            XIPC_E_NAME, xipc_inherited_section(wrong[at], &section));
        REQUIRE(section == UNTOUCHED);
    }
    REQUIRE_STATUS(XIPC_E_NAME, answer_to_labels(too_long, "good"));
    REQUIRE_STATUS(XIPC_E_INVALID, answer_to_labels("good", NULL));
    REQUIRE_STATUS(XIPC_E_EXISTS, answer_to_labels("good", "good"));
}

SPEC(calls_on_no_process_are_refused, "PROC-2 GEN-7")
{
    xipc_process *process = PROBE(NULL, "exit", "0");
    xipc_exit seen = XIPC_EXIT_INIT;

    seen.exit_size--;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_process_wait(process, XIPC_FOREVER, &seen));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_process_wait(NULL, XIPC_FOREVER, NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_process_terminate(NULL));
    REQUIRE_UINT(0, (uint64_t)xipc_process_id(NULL));
    REQUIRE(xipc_process_object(NULL) == NULL);
    xipc_process_close(NULL);
    process_done(process);
}

SPEC(claims_need_a_label_and_an_output, "PROC-1 GEN-7")
{
    xipc_section *section = UNTOUCHED;
    xipc_native_handle native = 77;

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_inherited_section(NULL, &section));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_inherited_section("a", NULL));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_inherited_native(NULL, &native));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_inherited_native("a", NULL));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(native == 77);
}
