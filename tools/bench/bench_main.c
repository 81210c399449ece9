/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says, in which order it is measured, and where the
 * results go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xipc/xipc.h>

#include "bench.h"
#include "calls.h"
#include "process.h"
#include "road_drive.h"
#include "road_talk.h"
#include "ticks.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "another compiler"
#endif

#define TABLE_MAX 128
#define PLACES    3

typedef struct options {
    int has_calls;
    int has_round_trips;
    int has_stream;
    int has_clients;
    int places[PLACES]; /* by result_place */
    int is_client_place[PLACES];
    int is_quick;
    road_choice roads;
    calls_choice calls;
    const char *json;
    const char *html;
    unsigned failures; /* rows that should have been there */
    result_table tables[TABLE_MAX];
    size_t table_count;
    result_machine machine;
} options;

const char *bench_program;

static char *failure;
static size_t failure_size;

void bench_fail_into(char *text, size_t size)
{
    failure = text;
    failure_size = size;
}

void bench_fail(const char *what)
{
    if (failure) {
        snprintf(failure, failure_size, "%s", what);
    } else {
        fprintf(stderr, "xipc-bench: %s\n", what);
    }
    exit(EXIT_FAILURE);
}

int bench_lets_through(const bench_filter *filter, const char *name)
{
    unsigned at = 0;

    while (at < filter->count && !strstr(name, filter->texts[at])) {
        at++;
    }
    return filter->count == 0 || at < filter->count;
}

static int usage(FILE *stream, int exit_code)
{
    fprintf(
        stream,
        "usage: xipc-bench [calls] [rtt] [stream] [clients] [OPTION...]\n"
        "\n"
        "  calls    calls beside the raw calls they are made of\n"
        "  rtt      round trips between two processes\n"
        "  stream   one way between two processes\n"
        "  clients  calls of one process and of eight to one that serves\n"
        "           all of them unless some are named\n"
        "\n"
        "  --sizes N,N,...      bytes, multiples of 8 "
        "(8,64,1024,65536,1048576)\n"
        "  --filter TEXT        only rows with TEXT in their name; may be\n"
        "                       repeated: those with one of the texts, and "
        "what\n"
        "                       they are compared to\n"
        "  --repetitions N      of each row, in turn (7; calls: 15)\n"
        "  --pin one|two|free   both processes on one processor, each on its\n"
        "                       own, or wherever; may be repeated (one and "
        "two;\n"
        "                       clients: free)\n"
        "  --spin, --sleep      only the rows that look, or that sleep\n"
        "  --json FILE          all that was measured\n"
        "  --html FILE          a page with plots\n"
        "  --quick              one short repetition: whether all rows work\n"
        "  --list               the rows, and what is missing here\n"
        "\n"
        "In each repetition each row of a table is measured once, in turn. A\n"
        "ratio is formed within the repetition; its median counts. The spread\n"
        "is the middle four fifths.\n"
        "\n"
        "Exit code: 0; 1 if a row failed, a byte was wrong, or a file cannot\n"
        "be written; 2 for a wrong command line. What this build or machine\n"
        "does not have is no failure.\n");
    return exit_code;
}

/* ---- the command line ---------------------------------------------------- */

static int set_sizes(road_choice *roads, const char *text)
{
    roads->size_count = 0;
    while (*text && roads->size_count < ROAD_SIZE_MAX_COUNT) {
        char *end;
        unsigned long size = strtoul(text, &end, 10);

        if (end == text || size < 8 || size % 8 != 0 || size > 1 << 20) {
            return 0;
        }
        roads->sizes[roads->size_count++] = size;
        text = *end == ',' ? end + 1 : end;
    }
    return roads->size_count > 0;
}

static int set_repetitions(options *all, const char *text)
{
    unsigned long count = strtoul(text, NULL, 10);

    all->roads.repetitions = (unsigned)count;
    all->calls.repetitions = (unsigned)count;
    return count > 0 && count <= RESULT_REPETITION_MAX;
}

static int set_place(options *all, const char *text)
{
    static const char *const names[] = {"two", "one", "free"};

    for (int place = 0; place < PLACES; place++) {
        if (strcmp(text, names[place]) == 0) {
            all->places[place] = 1;
            return 1;
        }
    }
    return 0;
}

static int add_filter(options *all, const char *text)
{
    bench_filter *filter = &all->roads.filter;

    if (filter->count == BENCH_FILTER_MAX) {
        return 0;
    }
    filter->texts[filter->count++] = text;
    all->calls.filter = *filter;
    return 1;
}

/* An option with a value. -1: there is no such. */
static int set_value(options *all, const char *option, const char *value)
{
    if (strcmp(option, "--sizes") == 0) {
        return set_sizes(&all->roads, value);
    }
    if (strcmp(option, "--filter") == 0) {
        return add_filter(all, value);
    }
    if (strcmp(option, "--repetitions") == 0) {
        return set_repetitions(all, value);
    }
    if (strcmp(option, "--pin") == 0) {
        return set_place(all, value);
    }
    if (strcmp(option, "--json") == 0) {
        all->json = value;
        return 1;
    }
    if (strcmp(option, "--html") == 0) {
        all->html = value;
        return 1;
    }
    return -1;
}

static int set_word(options *all, const char *word)
{
    const struct {
        const char *word;
        int *place;
    } words[] = {
        {"calls", &all->has_calls},
        {"rtt", &all->has_round_trips},
        {"stream", &all->has_stream},
        {"clients", &all->has_clients},
        {"--spin", &all->roads.without_sleeping},
        {"--sleep", &all->roads.without_spinning},
        {"--quick", &all->is_quick},
    };

    for (size_t at = 0; at < sizeof words / sizeof *words; at++) {
        if (strcmp(word, words[at].word) == 0) {
            *words[at].place = 1;
            return 1;
        }
    }
    return 0;
}

static int read_line(options *all, int argc, char **argv)
{
    for (int at = 1; at < argc; at++) {
        int is_set = set_word(all, argv[at]);

        if (!is_set && at + 1 < argc) {
            is_set = set_value(all, argv[at], argv[at + 1]) == 1;
            at++;
        }
        if (!is_set) {
            return 0;
        }
    }
    return 1;
}

/* What was not said. */
static void complete(options *all)
{
    static const size_t sizes[] = {8, 64, 1024, 65536, 1048576};
    static const size_t quick_sizes[] = {8, 1024};
    int has_any = all->has_calls || all->has_round_trips || all->has_stream ||
                  all->has_clients;

    if (!has_any) {
        all->has_calls = all->has_round_trips = all->has_stream = 1;
        all->has_clients = 1;
    }
    all->is_client_place[RESULT_ONE] = all->places[RESULT_ONE];
    all->is_client_place[RESULT_FREE] =
        all->places[RESULT_FREE] || !all->places[RESULT_ONE];
    if (bench_processor_count() < 2 && all->places[RESULT_APART]) {
        fprintf(stderr, "xipc-bench: there is one processor only\n");
    }
    if (!all->places[RESULT_APART] && !all->places[RESULT_ONE] &&
        !all->places[RESULT_FREE]) {
        all->places[RESULT_APART] = bench_processor_count() > 1;
        all->places[RESULT_ONE] = 1;
    }
    if (all->roads.size_count == 0) {
        memcpy(
            all->roads.sizes, all->is_quick ? quick_sizes : sizes,
            all->is_quick ? sizeof quick_sizes : sizeof sizes);
        all->roads.size_count = all->is_quick ? 2 : 5;
    }
    if (all->roads.repetitions == 0) {
        all->roads.repetitions = all->is_quick ? 1 : 7;
        all->calls.repetitions = all->is_quick ? 1 : 15;
    }
    all->roads.target_ns = all->is_quick ? 5e6 : 60e6;
    all->calls.target_ns = all->is_quick ? 1e6 : 20e6;
}

/* ---- what is measured where ---------------------------------------------- */

static void describe(result_machine *machine, int argc, char **argv)
{
    time_t now = time(NULL);
    size_t size = 0;

    bench_machine(machine);
    snprintf(
        machine->build, sizeof machine->build, "xipc %s, " COMPILER,
        xipc_version());
    for (int at = 0; at < argc && size < sizeof machine->command; at++) {
        size += (size_t)snprintf(
            machine->command + size, sizeof machine->command - size, "%s%s",
            at > 0 ? " " : "", at > 0 ? argv[at] : "xipc-bench");
    }
    strftime(
        machine->when, sizeof machine->when, "%Y-%m-%dT%H:%M:%SZ",
        gmtime(&now));
}

static void print_head(const options *all)
{
    printf(
        "%s; %s; %s; %s\n", all->machine.system, all->machine.processor,
        all->machine.build, all->machine.when);
    printf(
        "Each round trip is timed by the %s, less what that takes, %.0f ns.\n",
        ticks_are_counter() ? "processor's counter" : "monotonic clock",
        (double)ticks_cost() * ticks_ns());
    road_print_absent();
}

static void
run_table(options *all, result_measure measure, result_place place, size_t size)
{
    result_table *table = &all->tables[all->table_count];

    bench_require(all->table_count < TABLE_MAX, "too many tables");
    all->failures += road_table(&all->roads, measure, place, size, table);
    if (table->row_count > 0) {
        all->table_count++;
    } else {
        road_table_free(table);
    }
}

static void run_place(options *all, result_measure measure, result_place place)
{
    for (unsigned at = 0; at < all->roads.size_count; at++) {
        run_table(all, measure, place, all->roads.sizes[at]);
    }
}

static void
run_roads(options *all, result_measure measure, const int is_place[PLACES])
{
    for (int place = 0; place < PLACES; place++) {
        if (is_place[place]) {
            run_place(all, measure, (result_place)place);
        }
    }
}

static int write_files(const options *all)
{
    const result_report report = {all->machine, all->tables, all->table_count};
    int result = all->failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;

    if (all->json && !result_write_json(all->json, &report)) {
        fprintf(stderr, "xipc-bench: cannot write %s\n", all->json);
        result = EXIT_FAILURE;
    }
    if (all->html && !result_write_html(all->html, &report)) {
        fprintf(stderr, "xipc-bench: cannot write %s\n", all->html);
        result = EXIT_FAILURE;
    }
    return result;
}

static void run_calls(options *all)
{
    result_table *table = &all->tables[all->table_count];

    calls_table(&all->calls, table);
    if (table->row_count > 0) {
        all->table_count++;
    } else {
        calls_table_free(table);
    }
}

static int run(options *all)
{
    int result;

    print_head(all);
    if (all->has_calls) {
        run_calls(all);
    }
    if (all->has_round_trips) {
        run_roads(all, RESULT_ROUND_TRIP, all->places);
    }
    if (all->has_stream) {
        run_roads(all, RESULT_STREAM, all->places);
    }
    if (all->has_clients) {
        run_roads(all, RESULT_CLIENTS, all->is_client_place);
    }
    if (all->table_count == 0) {
        fprintf(stderr, "xipc-bench: no row is so\n");
        return 2;
    }
    result = write_files(all);
    for (size_t at = 0; at < all->table_count; at++) {
        if (all->tables[at].measure == RESULT_CALL) {
            calls_table_free(&all->tables[at]);
        } else {
            road_table_free(&all->tables[at]);
        }
    }
    return result;
}

/* Another process's whole life. */
static int live_as(const char *option, const char *name)
{
    if (strcmp(option, BENCH_SECOND) == 0) {
        bench_sync_second(name);
    } else if (strcmp(option, ROAD_OPTION_FIRST) == 0) {
        road_child(name, ROAD_END_FIRST);
    } else if (strcmp(option, ROAD_OPTION_SECOND) == 0) {
        road_child(name, ROAD_END_SECOND);
    } else if (strcmp(option, ROAD_OPTION_MORE) == 0) {
        road_child(name, ROAD_END_MORE);
    } else {
        return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    static options all;

    bench_program = argv[0];
    if (argc == 3 && live_as(argv[1], argv[2])) {
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], BENCH_NOTHING) == 0) {
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        return usage(stdout, EXIT_SUCCESS);
    }
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        road_list();
        return EXIT_SUCCESS;
    }
    if (!read_line(&all, argc, argv)) {
        return usage(stderr, 2);
    }
    complete(&all);
    describe(&all.machine, argc, argv);
    return run(&all);
}
