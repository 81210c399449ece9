/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SPEC_OPTIONS_H
#define SPEC_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "support/spec.h"

enum { SPEC_FILTER_MAX = 32, SPEC_JOBS_MAX = 32 };

typedef enum spec_command {
    SPEC_COMMAND_RUN,
    SPEC_COMMAND_LIST,
    SPEC_COMMAND_CAPABILITIES,
    SPEC_COMMAND_CAPABILITIES_JSON,
    SPEC_COMMAND_PAGE,
    SPEC_COMMAND_HELP,
    SPEC_COMMAND_VERSION
} spec_command;

/* What --filter or --exclude said, each time. */
typedef struct spec_filters {
    const char *texts[SPEC_FILTER_MAX];
    size_t count;
} spec_filters;

typedef struct spec_options {
    const char *program; /* its name, without folder and ".exe" */
    spec_command command;
    spec_filters filters;
    spec_filters excludes;
    const char *exact; /* NULL: every case that the filters let through */
    const char *junit;
    const char *json;
    const char *page;
    const char *const *results; /* files to make the page of */
    size_t result_count;
    unsigned repeat;
    unsigned jobs;
    int64_t timeout_ns;
    int is_shuffled;
    int has_seed;
    uint64_t seed;
    int is_alone;
} spec_options;

/* 0; or -1, and the reason is on the standard error. */
int spec_options_read(
    spec_options *options, int argument_count, const char *const *arguments);

void spec_options_help(const spec_options *options);

/* The filters and --exact let this case through. */
int spec_options_select(const spec_options *options, const spec_entry *entry);

#endif
