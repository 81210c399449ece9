/* SPDX-License-Identifier: Apache-2.0 */
#include "road_run.h"

#include <stdio.h>

#include "ticks.h"

#define CHECKED_COUNT 300
#define CHECKED_BYTES (8 << 20)
#define FIRST_COUNT   8
#define COUNT_MAX     50000000
#define PATIENCE_MS   20000
#define LOOK_MS       100

#define ONE(end) (1u << (end))

/* ---- tasks --------------------------------------------------------------- */

static unsigned end_count(const road_run *run)
{
    return run->clients + 1;
}

static unsigned all_ends(const road_run *run)
{
    return ONE(end_count(run)) - 1;
}

/* Who makes the road. */
static unsigned maker(const road_run *run)
{
    return (run->kind->flags & ROAD_SERVES) != 0 ? ROAD_SECOND : ROAD_FIRST;
}

static void end_processes(road_run *run, int patience_ms)
{
    for (unsigned end = 0; end < end_count(run); end++) {
        bench_process_stop(run->processes[end], patience_ms);
    }
    road_talk_close(&run->talk);
    run->is_open = 0;
}

static int fail(road_run *run, const char *reason)
{
    snprintf(run->failure, sizeof run->failure, "%s", reason);
    end_processes(run, 0);
    return 0;
}

static int is_done(const road_run *run, unsigned end, xipc_deadline deadline)
{
    return xipc_event_wait(run->talk.done[end], deadline) == XIPC_OK;
}

/* Whether this one is done; says why if it never will be. Whoever leaves may be
 * done and gone. */
static int look(const road_run *run, unsigned end, const char **why_out)
{
    const road_report *report = &run->talk.words->reports[end];
    int was_alive;

    if (is_done(run, end, xipc_after_ms(LOOK_MS))) {
        return 1;
    }
    was_alive = bench_process_is_alive(run->processes[end]);
    if (was_alive || is_done(run, end, XIPC_NOW)) {
        return !was_alive;
    }
    *why_out = report->failure[0] ? report->failure : "it has died";
    return 0;
}

/* Takes off `ends` whoever is done. */
static const char *look_at(const road_run *run, unsigned *ends)
{
    const char *why = NULL;

    for (unsigned end = 0; end < end_count(run); end++) {
        if ((*ends & ONE(end)) != 0 && look(run, end, &why)) {
            *ends &= ~ONE(end);
        }
    }
    return why;
}

static int wait_for(road_run *run, unsigned ends)
{
    xipc_deadline deadline = xipc_after_ms(PATIENCE_MS);
    const char *why = NULL;

    while (ends != 0 && !why) {
        why = look_at(run, &ends);
        if (ends != 0 && bench_is_interrupted()) {
            why = "interrupted";
        } else if (ends != 0 && !why && xipc_after_ns(0) > deadline) {
            why = "nothing has moved for 20 seconds";
        }
    }
    return why ? fail(run, why) : 1;
}

static int do_task(road_run *run, road_task task, unsigned ends)
{
    run->talk.words->task = task;
    run->talk.words->count = run->count;
    for (unsigned end = 0; end < end_count(run); end++) {
        if ((ends & ONE(end)) != 0) {
            bench_ok(xipc_event_set(run->talk.go[end]));
        }
    }
    return wait_for(run, ends);
}

/* ---- opening ------------------------------------------------------------- */

static int processor_of(result_place place, unsigned end)
{
    switch (place) {
    case RESULT_APART: return (int)end;
    case RESULT_ONE: return 0;
    case RESULT_FREE: break;
    }
    return BENCH_ANY_PROCESSOR;
}

/* They take over where this one may run, and so does whatever they start. */
static void start_processes(road_run *run, const char *talk_name)
{
    static const char *const options[] = {
        ROAD_OPTION_FIRST, ROAD_OPTION_SECOND, ROAD_OPTION_MORE};

    for (unsigned end = 0; end < end_count(run); end++) {
        bench_process_pin(processor_of(run->place, end));
        run->processes[end] =
            bench_process_start(options[end < 2 ? end : 2], talk_name);
    }
    bench_process_pin(BENCH_ANY_PROCESSOR);
    run->is_open = 1;
}

static void start(road_run *run, const char *folder)
{
    static unsigned number;
    char talk_name[96];
    road_words *words;

    snprintf(
        talk_name, sizeof talk_name, "xipc-bench-%llx-%u-talk",
        (unsigned long long)xipc_after_ns(0), number);
    road_talk_create(&run->talk, talk_name);
    words = run->talk.words;
    snprintf(
        words->name, sizeof words->name, "xipc-bench-%llx-%u",
        (unsigned long long)xipc_after_ns(0), number++);
    snprintf(words->folder, sizeof words->folder, "%s", folder);
    words->kind = run->kind_index;
    words->is_filled = (uint32_t)run->is_filled;
    words->crowd[ROAD_FIRST] = run->crowd[ROAD_FIRST];
    words->crowd[ROAD_SECOND] = run->crowd[ROAD_SECOND];
    words->clients = run->clients;
    words->size = run->size;
    words->clock_cost = ticks_cost();
    start_processes(run, talk_name);
}

/* Every byte, both ways if it is to go both ways. */
static int check(road_run *run)
{
    uint64_t most = CHECKED_BYTES / run->size;

    run->count = most < CHECKED_COUNT ? most : CHECKED_COUNT;
    run->talk.words->checks_all = 1;
    if (!do_task(run, run->task, all_ends(run))) {
        return 0;
    }
    run->talk.words->checks_all = 0;
    return 1;
}

/* The longest of all: some do nothing. */
static double elapsed(const road_run *run)
{
    double longest = 0;

    for (unsigned end = 0; end < end_count(run); end++) {
        double ns = run->talk.words->reports[end].elapsed_ns;

        longest = ns > longest ? ns : longest;
    }
    return longest;
}

/* How long so many messages take; the better of two, as one may be disturbed.
 */
static int try_count(road_run *run, double *passed_out)
{
    double first;
    double second;

    if (!do_task(run, run->task, all_ends(run))) {
        return 0;
    }
    first = elapsed(run);
    if (!do_task(run, run->task, all_ends(run))) {
        return 0;
    }
    second = elapsed(run);
    *passed_out = first < second ? first : second;
    return 1;
}

/* Grows the count until it takes long enough to tell. */
static int calibrate(road_run *run, double target_ns)
{
    double passed = 0;
    double count;

    run->count = FIRST_COUNT;
    while (passed < target_ns / 8 && run->count < COUNT_MAX) {
        run->count *= passed * 64 < target_ns ? 4 : 2;
        if (!try_count(run, &passed)) {
            return 0;
        }
    }
    count = (double)run->count * target_ns / passed;
    run->count = count < FIRST_COUNT ? FIRST_COUNT : (uint64_t)count;
    return 1;
}

int road_run_open(road_run *run, const char *folder, double target_ns)
{
    start(run, folder);
    return do_task(run, ROAD_CREATE, ONE(maker(run))) &&
           do_task(run, ROAD_JOIN, all_ends(run)) && check(run) &&
           calibrate(run, target_ns);
}

/* ---- measuring ----------------------------------------------------------- */

/* A second, from the first one's first to the last one's last. */
static double call_rate(const road_run *run)
{
    const road_report *reports = run->talk.words->reports;
    xipc_deadline began = reports[ROAD_FIRST].began;
    xipc_deadline ended = reports[ROAD_FIRST].ended;

    for (unsigned end = ROAD_SIDES; end < end_count(run); end++) {
        began = reports[end].began < began ? reports[end].began : began;
        ended = reports[end].ended > ended ? reports[end].ended : ended;
    }
    return (double)run->count * run->clients * 1e9 / (double)(ended - began);
}

int road_run_measure(road_run *run, double *value_out)
{
    road_words *words = run->talk.words;

    words->times = (histogram){0};
    if (!do_task(run, run->task, all_ends(run))) {
        return 0;
    }
    for (unsigned end = 0; end < end_count(run); end++) {
        run->cpu_sum += words->reports[end].cpu_ns;
    }
    run->message_sum += (double)run->count * run->clients;
    if (run->task == ROAD_ROUND_TRIPS) {
        *value_out = histogram_quantile(&words->times, 0.5) * ticks_ns();
        histogram_merge(&run->all, &words->times);
    } else if (run->task == ROAD_CALLS) {
        *value_out = call_rate(run);
    } else {
        *value_out = (double)(run->count - 1) * 1e9 /
                     words->reports[ROAD_SECOND].stream_ns;
    }
    return 1;
}

int road_run_close(road_run *run)
{
    if (run->is_open && do_task(run, ROAD_LEAVE, all_ends(run))) {
        end_processes(run, PATIENCE_MS);
    }
    return run->failure[0] == '\0';
}
