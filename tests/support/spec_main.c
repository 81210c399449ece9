/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "support/spec_page.h"
#include "support/spec_process.h"
#include "support/spec_report.h"
#include "support/spec_runner.h"

static int print_capabilities_json(void)
{
    spec_text json = {NULL, 0};

    spec_capabilities_json(&json);
    printf("%s\n", spec_text_of(&json));
    spec_text_free(&json);
    return SPEC_RUN_PASSED;
}

static int run_command(spec_options *options)
{
    switch (options->command) {
    case SPEC_COMMAND_RUN: return spec_runner_run(options);
    case SPEC_COMMAND_LIST: return spec_runner_list(options);
    case SPEC_COMMAND_CAPABILITIES: spec_capabilities_print(); break;
    case SPEC_COMMAND_CAPABILITIES_JSON: return print_capabilities_json();
    case SPEC_COMMAND_PAGE:
        return spec_page_write(
                   options->program, options->page, options->results,
                   options->result_count) == 0
                   ? SPEC_RUN_PASSED
                   : SPEC_RUN_IMPOSSIBLE;
    case SPEC_COMMAND_HELP: spec_options_help(options); break;
    case SPEC_COMMAND_VERSION:
        printf(
            "%s %s, library %s, host %s\n", options->program, XIPC_VERSION,
            xipc_version(), spec_host());
        break;
    }
    return SPEC_RUN_PASSED;
}

int main(int argc, char **argv)
{
    const char *const *arguments = (const char *const *)argv;
    spec_options options;

    spec_entries_sort();
    if (argc == 4 && strcmp(argv[1], "--case") == 0) {
        return spec_run_case(argv[2], argv[3]);
    }
    if (argc > 2 && strcmp(argv[1], "--peer") == 0) {
        return spec_run_peer(argc - 2, arguments + 2);
    }
    if (argc == 3 && strcmp(argv[1], "--audit") == 0) {
        return spec_run_audit(argv[2]);
    }
    if (spec_options_read(&options, argc, arguments) != 0) {
        return SPEC_RUN_IMPOSSIBLE;
    }
    return run_command(&options);
}
