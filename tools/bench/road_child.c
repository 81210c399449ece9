/* SPDX-License-Identifier: Apache-2.0 */
/* A process that has one end of a road and does what it is told. */
#include <stdatomic.h>

#include "process.h"
#include "road_crowd.h"
#include "road_talk.h"
#include "ticks.h"

/* Round trips that are not counted: they wake the other process first. */
#define WARM_UP 4

static road_end end;
static road_talk talk;
static unsigned place; /* among all ends */

static int is_maker(road_side side)
{
    unsigned flags = road_kind_at(talk.words->kind)->flags;

    return side == ((flags & ROAD_SERVES) != 0 ? ROAD_SECOND : ROAD_FIRST);
}

static void open_road(road_side side)
{
    const road_words *words = talk.words;
    const road_plan plan = {
        words->name, words->folder, (size_t)words->size, side == ROAD_SECOND,
        words->clients};

    road_end_begin(
        &end, road_kind_at(words->kind), plan.size, (int)words->is_filled);
    end.road = is_maker(side) ? end.kind->create(&plan) : end.kind->join(&plan);
    bench_require(end.road != NULL, "the road cannot be made");
}

static void join(road_side side)
{
    if (!is_maker(side)) {
        open_road(side);
        return;
    }
    for (unsigned at = 0; at < talk.words->clients && end.kind->accept; at++) {
        end.kind->accept(end.road);
    }
}

static void make_round_trips(uint64_t count)
{
    histogram *times = &talk.words->times;
    uint64_t cost = talk.words->clock_cost;
    int is_counter = ticks_are_counter();

    for (uint64_t number = 0; number < count; number++) {
        uint64_t before = ticks_now(is_counter);
        uint64_t passed;

        road_send(&end, number);
        road_receive(&end, number);
        passed = ticks_now(is_counter) - before;
        if (number >= WARM_UP) {
            histogram_add(times, passed > cost ? passed - cost : 0);
        }
    }
}

static void answer_round_trips(uint64_t count)
{
    if ((end.kind->flags & ROAD_ANSWERS) != 0) {
        return;
    }
    for (uint64_t number = 0; number < count; number++) {
        road_receive(&end, number);
        road_send(&end, number);
    }
}

static void send_stream(uint64_t count)
{
    for (uint64_t number = 0; number < count; number++) {
        road_send(&end, number);
    }
}

static void receive_stream(uint64_t count, road_report *report)
{
    xipc_deadline first = 0;

    for (uint64_t number = 0; number < count; number++) {
        road_receive(&end, number);
        if (number == 0) {
            first = xipc_after_ns(0);
        }
    }
    report->stream_ns = (double)(xipc_after_ns(0) - first);
}

static void stream(road_side side, uint64_t count, road_report *report)
{
    unsigned threads = talk.words->crowd[side];
    int is_crowd =
        talk.words->crowd[ROAD_FIRST] + talk.words->crowd[ROAD_SECOND] >
        ROAD_SIDES;

    if (side == ROAD_FIRST && !is_crowd) {
        send_stream(count);
    } else if (side == ROAD_FIRST) {
        road_crowd_send(&end, threads, count);
    } else if (!is_crowd) {
        receive_stream(count, report);
    } else {
        report->stream_ns = road_crowd_receive(&end, threads, count);
    }
}

static void make_calls(uint64_t count, road_report *report)
{
    report->began = xipc_after_ns(0);
    for (uint64_t number = 0; number < count; number++) {
        road_send(&end, number);
        road_receive(&end, number);
    }
    report->ended = xipc_after_ns(0);
}

/* Whosever is next. */
static void answer_calls(uint64_t count)
{
    if ((end.kind->flags & ROAD_ANSWERS) != 0) {
        return;
    }
    for (uint64_t number = 0; number < count; number++) {
        road_send(&end, road_receive_any(&end));
    }
}

static void do_task(road_side side, road_report *report)
{
    uint64_t count = talk.words->count;

    switch ((road_task)talk.words->task) {
    case ROAD_CREATE: open_road(side); break;
    case ROAD_JOIN: join(side); break;
    case ROAD_LEAVE: road_end_finish(&end); break;
    case ROAD_ROUND_TRIPS:
        if (side == ROAD_FIRST) {
            make_round_trips(count);
        } else {
            answer_round_trips(count);
        }
        break;
    case ROAD_STREAM: stream(side, count, report); break;
    case ROAD_CALLS:
        if (side == ROAD_FIRST) {
            make_calls(count, report);
        } else {
            answer_calls(count * talk.words->clients);
        }
        break;
    }
}

static void report_task(road_side side)
{
    road_report *report = &talk.words->reports[place];
    double cpu_before = bench_process_cpu_ns();
    xipc_deadline before = xipc_after_ns(0);

    end.checks_all = (int)talk.words->checks_all;
    do_task(side, report);
    report->elapsed_ns = (double)(xipc_after_ns(0) - before);
    report->cpu_ns = bench_process_cpu_ns() - cpu_before;
}

static void leave_nothing(void)
{
    if (talk.words) {
        bench_folder_remove(talk.words->folder);
    }
}

void road_child(const char *name, road_end_kind which)
{
    road_side side = which == ROAD_END_SECOND ? ROAD_SECOND : ROAD_FIRST;
    road_task task = ROAD_CREATE;
    road_report *report;

    bench_process_end_with_parent(leave_nothing);
    road_talk_join(&talk, name);
    place = which == ROAD_END_MORE
                ? ROAD_SIDES + atomic_fetch_add(&talk.words->more, 1)
                : (unsigned)side;
    report = &talk.words->reports[place];
    bench_fail_into(report->failure, sizeof report->failure);
    while (task != ROAD_LEAVE) {
        bench_ok(xipc_event_wait(talk.go[place], XIPC_FOREVER));
        task = (road_task)talk.words->task;
        report_task(side);
        bench_ok(xipc_event_set(talk.done[place]));
    }
}
