/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_page.h"

typedef enum option_kind {
    OPTION_LIST,
    OPTION_FILTER,
    OPTION_EXCLUDE,
    OPTION_EXACT,
    OPTION_REPEAT,
    OPTION_SHUFFLE,
    OPTION_JOBS,
    OPTION_TIMEOUT,
    OPTION_ALONE,
    OPTION_JUNIT,
    OPTION_JSON,
    OPTION_REPORT,
    OPTION_CAPABILITIES,
    OPTION_VERSION,
    OPTION_HELP
} option_kind;

typedef enum option_value {
    VALUE_NONE,
    VALUE_NEEDED,
    VALUE_AFTER_EQUALS
} option_value;

static const struct option {
    const char *name;
    option_kind kind;
    option_value value;
    const char *help;
} all_options[] = {
    {"--list", OPTION_LIST, VALUE_NONE,
     "--list               print each case with its clauses"},
    {"--filter", OPTION_FILTER, VALUE_NEEDED,
     "--filter TEXT        only cases of a clause (SHM-4) or a family of them\n"
     "                       (SHM-), or with TEXT in their sentence; several\n"
     "                       filters select what any of them selects"},
    {"--exclude", OPTION_EXCLUDE, VALUE_NEEDED,
     "--exclude TEXT       not what --filter TEXT would select"},
    {"--exact", OPTION_EXACT, VALUE_NEEDED,
     "--exact SENTENCE     only this case, its words joined by _"},
    {"--repeat", OPTION_REPEAT, VALUE_NEEDED,
     "--repeat N           run each case N times"},
    {"--shuffle", OPTION_SHUFFLE, VALUE_AFTER_EQUALS,
     "--shuffle[=SEED]     in random order; the seed is printed"},
    {"--jobs", OPTION_JOBS, VALUE_NEEDED,
     "--jobs N             N cases at a time (1)"},
    {"--timeout", OPTION_TIMEOUT, VALUE_NEEDED,
     "--timeout SECONDS    stop and fail a case that takes longer (60)"},
    {"--alone", OPTION_ALONE, VALUE_NONE,
     "--alone              nobody else uses the library on this machine now:\n"
     "                       also fail a case that leaves a file where the\n"
     "                       system keeps named memory"},
    {"--junit", OPTION_JUNIT, VALUE_NEEDED,
     "--junit FILE         write the results as JUnit XML"},
    {"--json", OPTION_JSON, VALUE_NEEDED,
     "--json FILE          write the results as JSON"},
    {"--report", OPTION_REPORT, VALUE_NEEDED,
     "--report FILE        write a page of clauses and their cases; with\n"
     "                       RESULTS behind all options, of these runs, each\n"
     "                       a column named as its file, and run nothing"},
    {"--capabilities", OPTION_CAPABILITIES, VALUE_AFTER_EQUALS,
     "--capabilities[=json]  print what the library can do on this system"},
    {"--version", OPTION_VERSION, VALUE_NONE,
     "--version            print the versions of program, library and host"},
    {"--help", OPTION_HELP, VALUE_NONE, "--help               print this"},
};

static const char *program_name(const char *path)
{
    static char name[128];
    size_t size;

    (void)snprintf(name, sizeof name, "%s", spec_path_name(path));
    size = strlen(name);
    if (size > 4 && strcmp(name + size - 4, ".exe") == 0) {
        name[size - 4] = '\0';
    }
    return name;
}

static int
refuse(const spec_options *options, const char *what, const char *value)
{
    (void)fprintf(
        stderr, "%s: %s: %s; see --help\n", options->program, what, value);
    return -1;
}

static int read_count(
    const spec_options *options,
    const char *value,
    unsigned long limit,
    unsigned *count_out)
{
    char *end;
    unsigned long count = strtoul(value, &end, 10);

    if (!isdigit((unsigned char)value[0]) || *end != '\0' || count == 0 ||
        count > limit) {
        return refuse(options, "not a number that can be used here", value);
    }
    *count_out = (unsigned)count;
    return 0;
}

static int read_timeout(spec_options *options, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);

    if (*value == '\0' || *end != '\0' || !(seconds > 0) || seconds > 1e6) {
        return refuse(options, "not a time in seconds", value);
    }
    options->timeout_ns = (int64_t)(seconds * 1e9);
    return 0;
}

static int read_shuffle(spec_options *options, const char *value)
{
    char *end;

    options->is_shuffled = 1;
    if (!value) {
        return 0;
    }
    options->has_seed = 1;
    options->seed = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0') {
        return refuse(options, "not a seed", value);
    }
    return 0;
}

static int read_capabilities(spec_options *options, const char *value)
{
    options->command = SPEC_COMMAND_CAPABILITIES;
    if (!value) {
        return 0;
    }
    if (strcmp(value, "json") != 0) {
        return refuse(options, "--capabilities knows only json", value);
    }
    options->command = SPEC_COMMAND_CAPABILITIES_JSON;
    return 0;
}

static int
add_filter(spec_options *options, spec_filters *filters, const char *text)
{
    if (filters->count == SPEC_FILTER_MAX) {
        return refuse(options, "too many filters", text);
    }
    filters->texts[filters->count++] = text;
    return 0;
}

static int
take_option(spec_options *options, option_kind kind, const char *value)
{
    const char *text = value ? value : "";

    switch (kind) {
    case OPTION_LIST: options->command = SPEC_COMMAND_LIST; return 0;
    case OPTION_EXACT: options->exact = value; return 0;
    case OPTION_REPEAT:
        return read_count(options, text, 1000000, &options->repeat);
    case OPTION_SHUFFLE: return read_shuffle(options, value);
    case OPTION_JOBS:
        return read_count(options, text, SPEC_JOBS_MAX, &options->jobs);
    case OPTION_TIMEOUT: return read_timeout(options, text);
    case OPTION_ALONE: options->is_alone = 1; return 0;
    case OPTION_JUNIT: options->junit = value; return 0;
    case OPTION_JSON: options->json = value; return 0;
    case OPTION_REPORT: options->page = value; return 0;
    case OPTION_CAPABILITIES: return read_capabilities(options, value);
    case OPTION_VERSION: options->command = SPEC_COMMAND_VERSION; return 0;
    case OPTION_HELP: options->command = SPEC_COMMAND_HELP; return 0;
    case OPTION_FILTER: return add_filter(options, &options->filters, value);
    case OPTION_EXCLUDE: return add_filter(options, &options->excludes, value);
    }
    return -1;
}

static const struct option *find_option(const char *argument, size_t name_size)
{
    for (size_t index = 0; index < sizeof all_options / sizeof all_options[0];
         index++) {
        const struct option *option = &all_options[index];

        if (strlen(option->name) == name_size &&
            memcmp(option->name, argument, name_size) == 0) {
            return option;
        }
    }
    return NULL;
}

/* Reads the option at the start of `arguments`, which end with NULL. Returns
 * how many more of them were its value, or -1. */
static int read_option(spec_options *options, const char *const *arguments)
{
    const char *name = arguments[0];
    const char *equals = strchr(name, '=');
    const char *value = equals ? equals + 1 : NULL;
    const struct option *option =
        find_option(name, equals ? (size_t)(equals - name) : strlen(name));
    int used = 0;

    if (!option) {
        return refuse(options, "unknown option", name);
    }
    if (option->value == VALUE_NONE && value) {
        return refuse(options, "this option takes no value", name);
    }
    if (option->value == VALUE_NEEDED && !value) {
        value = arguments[1];
        used = 1;
    }
    if (option->value == VALUE_NEEDED && !value) {
        return refuse(options, "a value is missing after", name);
    }
    return take_option(options, option->kind, value) == 0 ? used : -1;
}

/* What stands behind the options. */
static int
take_results(spec_options *options, const char *const *files, size_t count)
{
    if (!options->page) {
        return refuse(options, "files of results need --report", files[0]);
    }
    if (count > SPEC_PAGE_RUNS_MAX) {
        return refuse(options, "too many files of results", files[count - 1]);
    }
    for (size_t at = 0; at < count; at++) {
        if (files[at][0] == '-') {
            return refuse(options, "an option behind results", files[at]);
        }
    }
    options->command = SPEC_COMMAND_PAGE;
    options->results = files;
    options->result_count = count;
    return 0;
}

int spec_options_read(
    spec_options *options, int argument_count, const char *const *arguments)
{
    *options = (spec_options){
        .program = program_name(arguments[0]),
        .repeat = 1,
        .jobs = 1,
        .timeout_ns = INT64_C(60000000000)};

    for (int index = 1; index < argument_count; index++) {
        int used;

        if (arguments[index][0] != '-') {
            return take_results(
                options, arguments + index, (size_t)(argument_count - index));
        }
        used = read_option(options, arguments + index);

        if (used < 0) {
            return -1;
        }
        index += used;
    }
    return 0;
}

void spec_options_help(const spec_options *options)
{
    printf(
        "usage: %s [OPTION]... [RESULTS.json]...\n\n"
        "Runs the cases, each in processes of its own, and reports them in "
        "TAP\n"
        "(version 13) with a closing line of counts.\n\n",
        options->program);
    for (size_t index = 0; index < sizeof all_options / sizeof all_options[0];
         index++) {
        printf("  %s\n", all_options[index].help);
    }
    printf("\nExit status: 0 if none failed, 1 if one did, 2 if nothing could "
           "be run,\n77 if every case was skipped.\n");
}

static char folded(char byte)
{
    return (char)(byte == '_' ? ' ' : tolower((unsigned char)byte));
}

static int contains(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t at = 0;

        while (part[at] && text[at] && folded(text[at]) == folded(part[at])) {
            at++;
        }
        if (part[at] == '\0') {
            return 1;
        }
    }
    return 0;
}

/* SHM-1 means that clause and not SHM-10; SHM- means all of them. */
static int has_clause(const char *clauses, const char *wanted)
{
    size_t wanted_size = strlen(wanted);

    while (*clauses) {
        size_t size = strcspn(clauses, " ");

        if (wanted_size > 0 && wanted_size <= size &&
            memcmp(clauses, wanted, wanted_size) == 0 &&
            (size == wanted_size ||
             !isdigit((unsigned char)wanted[wanted_size - 1]))) {
            return 1;
        }
        clauses += size + strspn(clauses + size, " ");
    }
    return 0;
}

static int any_selects(const spec_filters *filters, const spec_entry *entry)
{
    for (size_t index = 0; index < filters->count; index++) {
        if (has_clause(entry->clauses, filters->texts[index]) ||
            contains(entry->name, filters->texts[index])) {
            return 1;
        }
    }
    return 0;
}

int spec_options_select(const spec_options *options, const spec_entry *entry)
{
    if (!entry->clauses ||
        (options->exact && strcmp(options->exact, entry->name) != 0)) {
        return 0;
    }
    return (options->filters.count == 0 ||
            any_selects(&options->filters, entry)) &&
           !any_selects(&options->excludes, entry);
}
